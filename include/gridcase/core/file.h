// SPDX-License-Identifier: MPL-2.0
// Files that are there after a power cut, or not at all.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// The calls by which files are changed. All writing of files outside the store goes through
// them, so that a test can stand in for a disk that loses power or is full.
struct file_system {
    int (*open)(const char *path, int flags, unsigned mode); // fd, or -1 with errno
    int64_t (*write)(int fd, const void *bytes, size_t length);
    int (*sync)(int fd); // of a file or of a directory
    int (*close)(int fd);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*make_directory)(const char *path, unsigned mode);
};
const struct file_system *file_system(void);
// Tests only, before any file is written. NULL: the real one.
void file_system_set(const struct file_system *files);

// Writes through the file system above until nothing is left; -1 with errno.
int file_write_all(int fd, const void *bytes, size_t length) ERROR_MUST_CHECK;

// Reads a whole file of at most out->ceiling bytes.
int file_read(const char *path, struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// Writes beside, syncs, renames, syncs the directory. ERROR_IO slug "disk.full" on ENOSPC.
int file_write_atomic(const char *path, const void *bytes, size_t length,
                      struct error *error) ERROR_MUST_CHECK;
// The same for a file that lies in several pieces; padding zeros follow each piece.
struct file_part {
    const void *bytes;      // may be NULL when length is 0
    size_t length, padding; // padding at most FILE_PADDING_MOST
};
enum { FILE_PADDING_MOST = 64 };
int file_write_parts_atomic(const char *path, const struct file_part *parts, size_t count,
                            struct error *error) ERROR_MUST_CHECK;
int file_make_directory(const char *path,
                        struct error *error) ERROR_MUST_CHECK; // with parents
int file_sync_directory(const char *path, struct error *error) ERROR_MUST_CHECK;
// ERROR_LIMIT when the path does not fit.
int file_path(char *out, size_t size, const char *directory, const char *name,
              struct error *error) ERROR_MUST_CHECK;
int file_exists(const char *path);         // 1 or 0
int64_t file_free_bytes(const char *path); // -1 when unknown

// Read-only map of a whole file; shared, so that several processes pay once.
struct file_map {
    const void *data; // NULL when not mapped
    size_t length;
};
int file_map_open(const char *path, struct file_map *ret_map,
                  struct error *error) ERROR_MUST_CHECK;
void file_map_close(struct file_map *map);
