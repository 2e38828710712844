// SPDX-License-Identifier: MPL-2.0
// SQLite's side and the file calls' side of the disk that can lose power.
#include "fault/powercut_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <gridcase/core/file.h>

#include "fault/powercut_disk.h"

// ---- SQLite ----

struct cut_file {
    sqlite3_file base;
    struct disk_inode *inode;
};

static sqlite3_vfs layer;
static sqlite3_vfs *below;

static sqlite3_file *real(sqlite3_file *file)
{
    return (sqlite3_file *)((struct cut_file *)file + 1);
}

static struct disk_inode *inode_of(sqlite3_file *file)
{
    return ((struct cut_file *)file)->inode;
}

static int cut_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int cut_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

static int cut_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    sqlite3_int64 size = 0;
    if (disk_is_full() && real(file)->pMethods->xFileSize(real(file), &size) == SQLITE_OK &&
        offset + count > size)
        return SQLITE_FULL;
    if (!disk_write(inode_of(file), bytes, (size_t)count, offset))
        return SQLITE_IOERR_WRITE;
    return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

static int cut_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (!disk_truncate(inode_of(file), size))
        return SQLITE_IOERR_TRUNCATE;
    return real(file)->pMethods->xTruncate(real(file), size);
}

// The layer below syncs a new log's folder too, through the call that we stand in for.
static int cut_sync(sqlite3_file *file, int flags)
{
    if (!disk_sync(inode_of(file)))
        return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
}

static int cut_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real(file)->pMethods->xFileSize(real(file), size);
}

static int cut_lock(sqlite3_file *file, int lock)
{
    return real(file)->pMethods->xLock(real(file), lock);
}

static int cut_unlock(sqlite3_file *file, int lock)
{
    return real(file)->pMethods->xUnlock(real(file), lock);
}

static int cut_check_lock(sqlite3_file *file, int *result)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

static int cut_control(sqlite3_file *file, int operation, void *argument)
{
    // A size hint would grow the file behind the model's back.
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int cut_sector_size(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int cut_characteristics(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int cut_shm_map(sqlite3_file *file, int page, int size, int extend,
                       void volatile **memory)
{
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, memory);
}

static int cut_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void cut_shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int cut_shm_unmap(sqlite3_file *file, int remove)
{
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, // no memory maps: each byte passes here
    .xClose = cut_close,
    .xRead = cut_read,
    .xWrite = cut_write,
    .xTruncate = cut_truncate,
    .xSync = cut_sync,
    .xFileSize = cut_size,
    .xLock = cut_lock,
    .xUnlock = cut_unlock,
    .xCheckReservedLock = cut_check_lock,
    .xFileControl = cut_control,
    .xSectorSize = cut_sector_size,
    .xDeviceCharacteristics = cut_characteristics,
    .xShmMap = cut_shm_map,
    .xShmLock = cut_shm_lock,
    .xShmBarrier = cut_shm_barrier,
    .xShmUnmap = cut_shm_unmap,
};

static int cut_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    (void)vfs;
    struct cut_file *cut = (struct cut_file *)file;
    file->pMethods = NULL;
    cut->inode = NULL;
    if ((flags & SQLITE_OPEN_CREATE) && !disk_step())
        return SQLITE_CANTOPEN;
    int code = below->xOpen(below, name, real(file), flags, ret_flags);
    if (code == SQLITE_OK && name)
        cut->inode = disk_open(name, (flags & SQLITE_OPEN_CREATE) != 0);
    if (real(file)->pMethods)
        file->pMethods = &methods;
    return code;
}

static int cut_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    if (!disk_remove(name))
        return SQLITE_IOERR_DELETE;
    return below->xDelete(below, name, sync_folder);
}

// Stands in for the call by which SQLite opens a folder, which it does only to sync it.
static int (*real_open_folder)(const char *path, int *ret_fd);

static int open_folder(const char *path, int *ret_fd)
{
    if (!disk_sync_folder_of(path))
        return SQLITE_CANTOPEN;
    return real_open_folder(path, ret_fd);
}

// ---- file calls ----

enum { DESCRIPTORS = 4096 };
static char paths[DESCRIPTORS][512]; // of open files, "" for others
static struct disk_inode *inodes[DESCRIPTORS];
static pthread_mutex_t descriptors = PTHREAD_MUTEX_INITIALIZER;

static int fail_off(void)
{
    errno = EIO;
    return -1;
}

static int file_open(const char *path, int flags, unsigned mode)
{
    if ((flags & O_CREAT) && !disk_step())
        return fail_off();
    int fd = open(path, flags, (mode_t)mode);
    if (fd < 0 || fd >= DESCRIPTORS)
        return fd;
    pthread_mutex_lock(&descriptors);
    snprintf(paths[fd], sizeof paths[fd], "%s", path);
    inodes[fd] = (flags & O_DIRECTORY) ? NULL : disk_open(path, (flags & O_CREAT) != 0);
    pthread_mutex_unlock(&descriptors);
    if ((flags & O_TRUNC) && inodes[fd] && !disk_truncate(inodes[fd], 0)) {
        close(fd);
        return fail_off();
    }
    return fd;
}

static int64_t file_write(int fd, const void *bytes, size_t length)
{
    if (disk_is_full()) {
        errno = ENOSPC;
        return -1;
    }
    if (!disk_write(inodes[fd], bytes, length, lseek(fd, 0, SEEK_CUR)))
        return fail_off();
    return (int64_t)write(fd, bytes, length);
}

static int file_sync(int fd)
{
    if (disk_forgets_file_syncs())
        return powercut_is_off() ? fail_off() : 0;
    bool on = inodes[fd] ? disk_sync(inodes[fd]) : disk_sync_folder(paths[fd]);
    return on ? 0 : fail_off();
}

static int file_close(int fd)
{
    pthread_mutex_lock(&descriptors);
    if (fd >= 0 && fd < DESCRIPTORS) {
        paths[fd][0] = '\0';
        inodes[fd] = NULL;
    }
    pthread_mutex_unlock(&descriptors);
    return close(fd);
}

static int file_rename(const char *from, const char *to)
{
    return disk_rename(from, to) ? rename(from, to) : fail_off();
}

static int file_unlink(const char *path)
{
    return disk_remove(path) ? unlink(path) : fail_off();
}

static int file_make_folder(const char *path, unsigned mode)
{
    struct stat info;
    if (stat(path, &info) == 0) {
        errno = EEXIST;
        return -1;
    }
    return disk_make_folder(path) ? mkdir(path, (mode_t)mode) : fail_off();
}

static const struct file_system calls = {.open = file_open,
                                         .write = file_write,
                                         .sync = file_sync,
                                         .close = file_close,
                                         .rename = file_rename,
                                         .unlink = file_unlink,
                                         .make_directory = file_make_folder};

void powercut_register(void)
{
    below = sqlite3_vfs_find(NULL);
    layer = *below;
    layer.pNext = NULL;
    layer.zName = "powercut";
    layer.szOsFile = (int)sizeof(struct cut_file) + below->szOsFile;
    layer.xOpen = cut_open;
    layer.xDelete = cut_delete;
    union {
        sqlite3_syscall_ptr plain;
        int (*folder)(const char *path, int *ret_fd);
    } call;
    call.plain = below->xGetSystemCall(below, "openDirectory");
    real_open_folder = call.folder;
    call.folder = open_folder;
    below->xSetSystemCall(below, "openDirectory", call.plain);
    sqlite3_vfs_register(&layer, 1);
    file_system_set(&calls);
}
