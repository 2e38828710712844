// SPDX-License-Identifier: MPL-2.0
// A thin layer under SQLite that counts how often the log was really synced.
#pragma once

#include <stdint.h>

#define SQLITE_VFS_NAME "gridcase"

// Registers the layer over the VFS that is the default at this moment (a test's own one,
// when it was registered before the first store). Later calls do nothing. 0 or an SQLite
// code.
int sqlite_vfs_register(void);
// Successful syncs of write-ahead logs by the calling thread so far.
uint64_t sqlite_vfs_log_syncs(void);
