// SPDX-License-Identifier: MPL-2.0
// Files of a backup: copied and digested at a pace that leaves the disk to the people.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "backup_internal.h"

enum { PIECE = 256 * 1024, NAP_MS = 100, DEBT_US = 1000000, SPACE_LEFT = 16 * 1000 * 1000 };

int backup_path(char out[BACKUP_PATH_SIZE], struct error *error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(out, BACKUP_PATH_SIZE, format, list);
    va_end(list);
    if (length < 0 || length >= BACKUP_PATH_SIZE)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s", out);
    return 0;
}

// ---- pace ----

void backup_pace_begin(struct backup_pace *pace, const char *what, int64_t bytes)
{
    snprintf(pace->progress.what, sizeof pace->progress.what, "%s", what);
    pace->progress.done = 0;
    pace->progress.bytes = bytes;
}

int backup_pace_spend(struct backup_pace *pace, int64_t bytes, struct error *error)
{
    if (!pace)
        return 0;
    int64_t now_us = instant_monotonic_us();
    pace->bytes += bytes;
    pace->progress.done += bytes;
    if (pace->tell)
        pace->tell(pace->context, &pace->progress);
    if (pace->stop && atomic_load(pace->stop))
        return error_set(error, ERROR_BUSY, "backup.stopped", "the backup was stopped");
    if (pace->bytes_per_s <= 0)
        return 0;
    int64_t due_us =
        pace->begun_us + (int64_t)((double)pace->bytes / (double)pace->bytes_per_s * 1e6);
    if (now_us > due_us + DEBT_US) { // time that the disk took is not caught up with
        pace->begun_us = now_us;
        pace->bytes = 0;
    }
    while ((now_us = instant_monotonic_us()) < due_us) {
        int64_t wait_ms = (due_us - now_us) / 1000;
        instant_sleep_ms(wait_ms < NAP_MS ? wait_ms + 1 : NAP_MS);
        if (pace->stop && atomic_load(pace->stop))
            return error_set(error, ERROR_BUSY, "backup.stopped", "the backup was stopped");
    }
    return 0;
}

// ---- copying ----

static int io_error(struct error *error, const char *path)
{
    return error_errno(error, "backup.io", path);
}

// to: -1 only digests.
static int pump(int from, int to, struct backup_pace *pace, struct backup_digest *out,
                struct error *error)
{
    char *piece = memory_new(PIECE);
    struct hash *hash = hash_new();
    int code = 0;
    ssize_t got = 0;
    out->bytes = 0;
    while (code == 0 &&
           ((got = read(from, piece, PIECE)) > 0 || (got < 0 && errno == EINTR))) {
        if (got < 0)
            continue;
        hash_add(hash, piece, (size_t)got);
        out->bytes += got;
        if (to >= 0 && file_write_all(to, piece, (size_t)got) != 0)
            code = io_error(error, "writing");
        if (code == 0)
            code = backup_pace_spend(pace, got, error);
    }
    if (code == 0 && got < 0)
        code = error_errno(error, "backup.read", "reading");
    hash_finish(hash, out->sha256);
    free(piece);
    return code;
}

int backup_digest_file(const char *path, struct backup_pace *pace,
                       struct backup_digest *ret_digest, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_errno(error, "backup.read", path);
    int code = pump(fd, -1, pace, ret_digest, error);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    if (code != 0)
        error_prefix(error, "%s", path);
    return code;
}

int backup_copy_file(const char *from, const char *to, bool sync, struct backup_pace *pace,
                     struct backup_digest *ret_digest, struct error *error)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return error_errno(error, "backup.read", from);
    int out = file_system()->open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                                  0640);
    if (out < 0) {
        close(in);
        return io_error(error, to);
    }
    int code = pump(in, out, pace, ret_digest, error);
    if (code == 0 && sync && file_system()->sync(out) != 0)
        code = io_error(error, "syncing");
    file_system()->close(out);
    close(in);
    if (code != 0) {
        error_prefix(error, "%s", to);
        file_system()->unlink(to);
    }
    return code;
}

int64_t backup_file_bytes(const char *path)
{
    struct stat state;
    return lstat(path, &state) == 0 && S_ISREG(state.st_mode) ? (int64_t)state.st_size : -1;
}

int backup_need_space(const char *folder, int64_t bytes, struct error *error)
{
    int64_t free_bytes = file_free_bytes(folder);
    if (free_bytes >= 0 && free_bytes < bytes + SPACE_LEFT)
        return error_set(error, ERROR_IO, "backup.no_space",
                         "%.200s: %lld MB are needed and %lld MB are free", folder,
                         (long long)((bytes + SPACE_LEFT) / 1000000),
                         (long long)(free_bytes / 1000000));
    return 0;
}

int backup_remove_tree(const char *path, struct error *error)
{
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? 0 : io_error(error, path);
    int code = 0;
    for (struct dirent *entry; code == 0 && (entry = readdir(folder));) {
        char below[BACKUP_PATH_SIZE];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        code = file_path(below, sizeof below, path, entry->d_name, error);
        if (code == 0 && lstat(below, &info) == 0 && S_ISDIR(info.st_mode))
            code = backup_remove_tree(below, error);
        else if (code == 0 && file_system()->unlink(below) != 0)
            code = io_error(error, below);
    }
    closedir(folder);
    if (code == 0 && rmdir(path) != 0)
        code = io_error(error, path);
    return code;
}
