// SPDX-License-Identifier: MPL-2.0
// Files that are there after a power cut, or not at all.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// Reads a whole file of at most out->ceiling bytes.
int file_read(const char *path, struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// Writes beside, syncs, renames, syncs the directory. ERROR_IO slug "disk.full" on ENOSPC.
int file_write_atomic(const char *path, const void *bytes, size_t length,
                      struct error *error) ERROR_MUST_CHECK;
int file_make_directory(const char *path, struct error *error) ERROR_MUST_CHECK; // with parents
int file_sync_directory(const char *path, struct error *error) ERROR_MUST_CHECK;
// ERROR_LIMIT when the path does not fit.
int file_path(char *out, size_t size, const char *directory, const char *name,
              struct error *error) ERROR_MUST_CHECK;
int file_exists(const char *path); // 1 or 0
int64_t file_free_bytes(const char *path); // -1 when unknown

// Read-only map of a whole file; shared, so that several processes pay once.
struct file_map {
    const void *data; // NULL when not mapped
    size_t length;
};
int file_map_open(const char *path, struct file_map *ret_map, struct error *error)
    ERROR_MUST_CHECK;
void file_map_close(struct file_map *map);
