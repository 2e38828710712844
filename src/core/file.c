// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <gridcase/core/text.h>

enum { PATH_SIZE = 4096, READ_STEP = 65536 };

static int real_open(const char *path, int flags, unsigned mode)
{
    return open(path, flags, (mode_t)mode);
}

static int64_t real_write(int fd, const void *bytes, size_t length)
{
    return (int64_t)write(fd, bytes, length);
}

static int real_make_directory(const char *path, unsigned mode)
{
    return mkdir(path, (mode_t)mode);
}

static const struct file_system real = {.open = real_open,
                                        .write = real_write,
                                        .sync = fsync,
                                        .close = close,
                                        .rename = rename,
                                        .unlink = unlink,
                                        .make_directory = real_make_directory};
static const struct file_system *files = &real;

const struct file_system *file_system(void)
{
    return files;
}

void file_system_set(const struct file_system *other)
{
    files = other ? other : &real;
}

int file_path(char *out, size_t size, const char *directory, const char *name,
              struct error *error)
{
    if (text_format(out, size, "%s/%s", directory, name) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s/%.60s",
                         directory, name);
    return 0;
}

int file_read(const char *path, struct buffer *out, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT)
            return error_set(error, ERROR_NOT_FOUND, "file.not_found", "%s: no such file",
                             path);
        return error_errno(error, "file.read", path);
    }
    char step[READ_STEP];
    ssize_t got;
    while ((got = read(fd, step, sizeof step)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0)
            buffer_append(out, step, (size_t)got);
    }
    int status = got < 0 ? error_errno(error, "file.read", path) : buffer_check(out, error);
    close(fd);
    return status;
}

int file_write_all(int fd, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0) {
        int64_t written = files->write(fd, next, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        next += written;
        length -= (size_t)written;
    }
    return 0;
}

static int parent_of(const char *path, char *out, size_t size, struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *directory = slash ? path : ".";
    size_t length = slash ? (size_t)(slash - path) : 1;
    if (slash == path)
        length = 1;
    if (length >= size)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         path);
    memcpy(out, directory, length);
    out[length] = '\0';
    return 0;
}

static int write_parts(int fd, const struct file_part *parts, size_t count)
{
    static const char zeros[FILE_PADDING_MOST];
    for (size_t i = 0; i < count; i++)
        if (file_write_all(fd, parts[i].bytes, parts[i].length) != 0 ||
            file_write_all(fd, zeros, parts[i].padding) != 0)
            return -1;
    return 0;
}

int file_write_atomic(const char *path, const void *bytes, size_t length,
                      struct error *error)
{
    return file_write_parts_atomic(path, &(struct file_part){bytes, length, 0}, 1, error);
}

int file_write_parts_atomic(const char *path, const struct file_part *parts, size_t count,
                            struct error *error)
{
    char beside[PATH_SIZE], parent[PATH_SIZE];
    // Two threads may write the same path at once: each has a file of its own beside it.
    static atomic_uint serial;
    if (text_format(beside, sizeof beside, "%s.new-%d-%u", path, (int)getpid(),
                    atomic_fetch_add(&serial, 1)) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         path);
    int status = parent_of(path, parent, sizeof parent, error);
    if (status != 0)
        return status;
    int fd = files->open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return error_errno(error, "file.write", beside);
    if (write_parts(fd, parts, count) != 0 || files->sync(fd) != 0) {
        status = error_errno(error, "file.write", beside);
        files->close(fd);
        files->unlink(beside);
        return status;
    }
    files->close(fd);
    if (files->rename(beside, path) != 0) {
        status = error_errno(error, "file.write", path);
        files->unlink(beside);
        return status;
    }
    return file_sync_directory(parent, error);
}

int file_sync_directory(const char *path, struct error *error)
{
    int fd = files->open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(error, "file.sync", path);
    int status = files->sync(fd) != 0 ? error_errno(error, "file.sync", path) : 0;
    files->close(fd);
    return status;
}

int file_make_directory(const char *path, struct error *error)
{
    char step[PATH_SIZE], parent[PATH_SIZE];
    if (text_format(step, sizeof step, "%s", path) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         path);
    for (char *p = step + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (files->make_directory(step, 0750) == 0) {
            int status = parent_of(step, parent, sizeof parent, error);
            if (status == 0)
                status = file_sync_directory(parent, error);
            if (status != 0)
                return status;
        } else if (errno != EEXIST) {
            return error_errno(error, "file.make_directory", step);
        }
        if (kept == '\0')
            return 0;
        *p = kept;
    }
}

int file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int64_t file_free_bytes(const char *path)
{
    struct statvfs disk;
    if (statvfs(path, &disk) != 0)
        return -1;
    return (int64_t)(disk.f_bavail * disk.f_frsize);
}

int file_map_open(const char *path, struct file_map *ret_map, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) {
        int status = errno == ENOENT ? error_set(error, ERROR_NOT_FOUND, "file.not_found",
                                                 "%s: no such file", path)
                                     : error_errno(error, "file.map", path);
        if (fd >= 0)
            close(fd);
        return status;
    }
    if (info.st_size <= 0) {
        close(fd);
        return error_set(error, ERROR_IO, "file.empty", "%s: empty", path);
    }
    void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
    int status = data == MAP_FAILED ? error_errno(error, "file.map", path) : 0;
    close(fd);
    if (status == 0)
        *ret_map = (struct file_map){.data = data, .length = (size_t)info.st_size};
    return status;
}

void file_map_close(struct file_map *map)
{
    if (map->data) {
        union {
            const void *kept;
            void *given;
        } pointer = {.kept = map->data};
        munmap(pointer.given, map->length);
    }
    *map = (struct file_map){0};
}
