// SPDX-License-Identifier: MPL-2.0
// Folders for one test.
#pragma once

#include <stddef.h>

// Makes an empty folder under TMPDIR; aborts when it cannot.
void temporary_folder(char *out, size_t size);
// Removes a folder made so, with everything in it.
void temporary_remove(const char *path);
