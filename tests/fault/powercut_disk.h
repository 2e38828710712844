// SPDX-License-Identifier: MPL-2.0
// The model behind powercut_vfs.h: what the disk holds and what it has only heard of.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_inode;

// All take the model's lock themselves. Those that change return false when power is off:
// the caller fails, nothing happened. path is absolute; outside the root: no inode, always
// true.
bool disk_step(void); // counts an operation
struct disk_inode *disk_open(const char *path, bool create);
bool disk_write(struct disk_inode *inode, const void *bytes, size_t length, int64_t offset);
bool disk_truncate(struct disk_inode *inode, int64_t size);
bool disk_sync(struct disk_inode *inode);
bool disk_sync_folder(const char *path);
bool disk_sync_folder_of(const char *path);
bool disk_rename(const char *from, const char *to);
bool disk_remove(const char *path);
bool disk_make_folder(const char *path);
bool disk_is_full(void);
bool disk_forgets_file_syncs(void);
