// SPDX-License-Identifier: MPL-2.0
// Photos of a city from one folder to another: named by their content and never changed, so
// a file that is there is whole, and one on the same disk is linked.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/core/file.h>
#include <gridcase/core/hash.h>

#include "backup_internal.h"
#include "copy_internal.h"

enum { FOLDERS = 256 };

struct mirror {
    struct city_copy *copy;
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE]; // media folders
};

// Linked or copied under another name first: a name is taken by whole files only.
static int bring_file(const char *from, const char *to, struct error *error)
{
    char beside[BACKUP_PATH_SIZE];
    struct backup_digest digest;
    if (link(from, to) == 0 || errno == EEXIST)
        return 0;
    int code = backup_path(beside, error, "%s.copy", to);
    if (code == 0)
        code = backup_copy_file(from, beside, true, NULL, &digest, error);
    if (code == 0 && file_system()->rename(beside, to) != 0)
        code = error_errno(error, "backup.io", to);
    return code;
}

static int bring_one(struct mirror *mirror, const char *prefix, const char *name,
                     struct error *error)
{
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE];
    struct city_copy *copy = mirror->copy;
    int code = backup_path(from, error, "%s/%s/%s", mirror->from, prefix, name);
    if (code == 0)
        code = backup_path(to, error, "%s/%s/%s", mirror->to, prefix, name);
    if (code != 0)
        return code;
    copy->result.photos++;
    if (file_exists(to))
        return 0;
    copy->result.photos_new++;
    if (copy->result.photos_new % 256 == 0)
        city_copy_tell(copy, copy->progress.state, "photos");
    if (copy->options->stop && atomic_load(copy->options->stop))
        return error_set(error, ERROR_BUSY, "copy.stopped", "stopped");
    code = bring_file(from, to, error);
    // A photo that was swept meanwhile is named by no case.
    return code != 0 && !file_exists(from) ? (error_clear(error), 0) : code;
}

static int bring_folder(struct mirror *mirror, const char *prefix, struct error *error)
{
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE];
    int code = backup_path(from, error, "%s/%s", mirror->from, prefix);
    if (code == 0)
        code = backup_path(to, error, "%s/%s", mirror->to, prefix);
    DIR *folder = code == 0 ? opendir(from) : NULL;
    if (!folder)
        return code != 0 || errno == ENOENT ? code
                                            : error_errno(error, "backup.read", from);
    int64_t before = mirror->copy->result.photos_new;
    code = file_make_directory(to, error);
    for (struct dirent *entry; code == 0 && (entry = readdir(folder));) {
        char name[PHOTO_NAME_SIZE];
        int length = snprintf(name, sizeof name, "%s/%s", prefix, entry->d_name);
        if (length > 0 && (size_t)length < sizeof name && backup_photo_is_name(name))
            code = bring_one(mirror, prefix, entry->d_name, error);
    }
    closedir(folder);
    if (code == 0 && mirror->copy->result.photos_new > before)
        code = file_sync_directory(to, error);
    return code;
}

int city_copy_photos(struct city_copy *copy, struct error *error)
{
    struct mirror *mirror = calloc(1, sizeof *mirror);
    if (!mirror)
        abort();
    mirror->copy = copy;
    copy->result.photos = 0;
    int code = 0;
    if (db_store_city_path(copy->from, copy->slug, "media", mirror->from,
                           sizeof mirror->from) != 0 ||
        db_store_city_path(copy->to, copy->slug, "media", mirror->to, sizeof mirror->to) !=
            0)
        code = error_set(error, ERROR_LIMIT, "file.long_path", "path too long");
    if (code == 0 && file_exists(mirror->from))
        code = file_make_directory(mirror->to, error);
    for (int i = 0; code == 0 && i < FOLDERS && file_exists(mirror->from); i++) {
        char prefix[3];
        snprintf(prefix, sizeof prefix, "%02x", i);
        code = bring_folder(mirror, prefix, error);
    }
    free(mirror);
    return code;
}
