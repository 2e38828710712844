// SPDX-License-Identifier: MPL-2.0
// A target: backups by name, one writer at a time, the oldest removed.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "backup_internal.h"

enum { NAMES_STEP = 64 };

// "20261122T061700Z", perhaps with "-2" behind it.
bool backup_is_name(const char *name)
{
    for (int i = 0; i < 16; i++) {
        char wanted = i == 8 ? 'T' : i == 15 ? 'Z' : '0';
        if (wanted == '0' ? name[i] < '0' || name[i] > '9' : name[i] != wanted)
            return false;
    }
    size_t digits = name[16] == '-' ? strspn(name + 17, "0123456789") : 0;
    return name[16] == '\0' || (digits > 0 && digits < 4 && name[17 + digits] == '\0');
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

int backup_target_list(const char *target, char (**ret_names)[BACKUP_NAME_SIZE],
                       size_t *ret_count, struct error *error)
{
    DIR *folder = opendir(target);
    if (!folder)
        return errno == ENOENT ? error_set(error, ERROR_NOT_FOUND, "backup.none",
                                           "%.300s: no such folder", target)
                               : error_errno(error, "backup.io", target);
    char(*names)[BACKUP_NAME_SIZE] = NULL;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[BACKUP_PATH_SIZE];
        if (!backup_is_name(entry->d_name) ||
            backup_path(path, NULL, "%s/%s/manifest.json", target, entry->d_name) != 0 ||
            !file_exists(path))
            continue;
        if (count % NAMES_STEP == 0) {
            void *more = realloc(names, (count + NAMES_STEP) * sizeof *names);
            if (!more)
                break;
            names = more;
        }
        snprintf(names[count++], BACKUP_NAME_SIZE, "%.31s", entry->d_name);
    }
    closedir(folder);
    if (names)
        qsort(names, count, sizeof *names, compare_names);
    *ret_names = names;
    *ret_count = count;
    return 0;
}

int backup_target_newest(const char *target, char out[BACKUP_NAME_SIZE],
                         struct error *error)
{
    char(*names)[BACKUP_NAME_SIZE] = NULL;
    size_t count = 0;
    int code = backup_target_list(target, &names, &count, error);
    if (code == 0)
        snprintf(out, BACKUP_NAME_SIZE, "%s", count > 0 ? names[count - 1] : "");
    free(names);
    return code;
}

// What a killed backup has left; we hold the lock, so nobody is at it.
static int sweep_leftovers(const char *target, struct error *error)
{
    DIR *folder = opendir(target);
    if (!folder)
        return error_errno(error, "backup.io", target);
    int code = 0;
    for (struct dirent *entry; code == 0 && (entry = readdir(folder));) {
        char path[BACKUP_PATH_SIZE];
        if (!text_starts(entry->d_name, ".part-") && !text_starts(entry->d_name, ".old-"))
            continue;
        code = backup_path(path, error, "%s/%s", target, entry->d_name);
        if (code == 0)
            code = backup_remove_tree(path, error);
    }
    closedir(folder);
    return code;
}

int backup_target_open(const char *target, int *ret_lock, struct error *error)
{
    char path[BACKUP_PATH_SIZE];
    int code = file_make_directory(target, error);
    if (code == 0)
        code = backup_path(path, error, "%s/lock", target);
    if (code != 0)
        return code;
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (lock < 0)
        return error_errno(error, "backup.io", path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        code = errno == EWOULDBLOCK
                   ? error_set(error, ERROR_BUSY, "backup.running",
                               "%.300s: another backup is being made there", target)
                   : error_errno(error, "backup.io", path);
        close(lock);
        return code;
    }
    code = sweep_leftovers(target, error);
    if (code != 0) {
        close(lock);
        return code;
    }
    *ret_lock = lock;
    return 0;
}

static int sweep_pool(const char *target, char (*names)[BACKUP_NAME_SIZE], size_t count,
                      struct error *error)
{
    char pool[BACKUP_PATH_SIZE];
    int code = backup_path(pool, error, "%s/media", target);
    DIR *folder = code == 0 ? opendir(pool) : NULL;
    if (!folder)
        return code;
    for (struct dirent *entry; code == 0 && (entry = readdir(folder));)
        if (text_is_slug(entry->d_name))
            code = backup_photos_sweep(target, entry->d_name, names, count, error);
    closedir(folder);
    return code;
}

// Renamed first: half a removal is never taken for a backup.
static int remove_one(const char *target, const char *name, struct error *error)
{
    char path[BACKUP_PATH_SIZE], away[BACKUP_PATH_SIZE];
    int code = backup_path(path, error, "%s/%s", target, name);
    if (code == 0)
        code = backup_path(away, error, "%s/.old-%s", target, name);
    if (code == 0 && file_system()->rename(path, away) != 0)
        code = error_errno(error, "backup.io", path);
    return code == 0 ? backup_remove_tree(away, error) : code;
}

int backup_target_prune(const char *target, unsigned keep, unsigned *ret_removed,
                        struct error *error)
{
    char(*names)[BACKUP_NAME_SIZE] = NULL;
    size_t count = 0, removed = 0;
    int code = backup_target_list(target, &names, &count, error);
    while (code == 0 && keep > 0 && count - removed > keep) {
        code = remove_one(target, names[removed], error);
        removed += code == 0;
    }
    if (code == 0 && removed > 0)
        code = sweep_pool(target, names + removed, count - removed, error);
    *ret_removed = (unsigned)removed;
    free(names);
    return code;
}
