// SPDX-License-Identifier: MPL-2.0
#include "sqlite_vfs.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <sqlite3.h>

// Our file: this header, then the file of the layer below.
struct counted_file {
    sqlite3_file base;
    bool is_log;
};

static sqlite3_vfs layer;
static sqlite3_vfs *below;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int registered = SQLITE_ERROR;
static _Thread_local uint64_t log_syncs;

static sqlite3_file *real(sqlite3_file *file)
{
    return (sqlite3_file *)((struct counted_file *)file + 1);
}

static int file_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int count,
                      sqlite3_int64 offset)
{
    return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real(file)->pMethods->xTruncate(real(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    int code = real(file)->pMethods->xSync(real(file), flags);
    if (code == SQLITE_OK && ((struct counted_file *)file)->is_log)
        log_syncs++;
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real(file)->pMethods->xFileSize(real(file), size);
}

static int file_lock(sqlite3_file *file, int lock)
{
    return real(file)->pMethods->xLock(real(file), lock);
}

static int file_unlock(sqlite3_file *file, int lock)
{
    return real(file)->pMethods->xUnlock(real(file), lock);
}

static int file_check_lock(sqlite3_file *file, int *result)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int file_sector_size(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend,
                        void volatile **memory)
{
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static int file_fetch(sqlite3_file *file, sqlite3_int64 offset, int count, void **memory)
{
    return real(file)->pMethods->xFetch(real(file), offset, count, memory);
}

static int file_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *memory)
{
    return real(file)->pMethods->xUnfetch(real(file), offset, memory);
}

#define METHODS(version)                                                                   \
    {                                                                                      \
        .iVersion = (version), .xClose = file_close, .xRead = file_read,                   \
        .xWrite = file_write, .xTruncate = file_truncate, .xSync = file_sync,              \
        .xFileSize = file_size, .xLock = file_lock, .xUnlock = file_unlock,                \
        .xCheckReservedLock = file_check_lock, .xFileControl = file_control,               \
        .xSectorSize = file_sector_size, .xDeviceCharacteristics = file_characteristics,   \
        .xShmMap = file_shm_map, .xShmLock = file_shm_lock,                                \
        .xShmBarrier = file_shm_barrier, .xShmUnmap = file_shm_unmap,                      \
        .xFetch = file_fetch, .xUnfetch = file_unfetch                                     \
    }

// A layer below may know less than the newest interface.
static const sqlite3_io_methods methods[] = {METHODS(1), METHODS(1), METHODS(2),
                                             METHODS(3)};

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                      int *ret_flags)
{
    (void)vfs;
    struct counted_file *counted = (struct counted_file *)file;
    file->pMethods = NULL;
    counted->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    int code = below->xOpen(below, name, real(file), flags, ret_flags);
    if (real(file)->pMethods) {
        int version = real(file)->pMethods->iVersion;
        file->pMethods = &methods[version > 3 ? 3 : version];
    }
    return code;
}

static int layer_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs;
    return below->xDelete(below, name, sync_directory);
}

static int layer_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    (void)vfs;
    return below->xAccess(below, name, flags, result);
}

static int layer_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    return below->xFullPathname(below, name, size, out);
}

static void register_once(void)
{
    // Counting each allocation takes a lock that all threads share. Refused when somebody
    // has started SQLite before us: then it stays as it was.
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    below = sqlite3_vfs_find(NULL);
    if (!below)
        return;
    layer = *below; // what we do not stand in the way of goes straight down
    layer.pNext = NULL;
    layer.zName = SQLITE_VFS_NAME;
    layer.szOsFile = (int)sizeof(struct counted_file) + below->szOsFile;
    layer.xOpen = layer_open;
    layer.xDelete = layer_delete;
    layer.xAccess = layer_access;
    layer.xFullPathname = layer_path;
    registered = sqlite3_vfs_register(&layer, 0);
}

int sqlite_vfs_register(void)
{
    pthread_once(&once, register_once);
    return registered;
}

uint64_t sqlite_vfs_log_syncs(void)
{
    return log_syncs;
}
