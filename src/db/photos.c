// SPDX-License-Identifier: MPL-2.0
// The file in a store's folder that says where its photos are, when servers share them.
#include <gridcase/db/store.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

static int read_folder(const char *folder, char out[DB_PATH_SIZE], struct error *error)
{
    char path[DB_PATH_SIZE];
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, DB_PATH_SIZE);
    *out = '\0';
    int code = file_path(path, sizeof path, folder, DB_STORE_PHOTOS, error);
    if (code != 0 || !file_exists(path))
        return code;
    code = file_read(path, &text, error);
    if (code != 0)
        return code;
    size_t length = strcspn(text.data, "\n");
    if (length == 0 || text.data[0] != '/' || length >= DB_PATH_SIZE)
        return error_set(error, ERROR_INPUT, "store.photos",
                         "%s: its first line is no path of a folder", path);
    snprintf(out, DB_PATH_SIZE, "%.*s", (int)length, text.data);
    return 0;
}

int db_store_use_photos(const char *folder, const char *photos, struct error *error)
{
    char path[DB_PATH_SIZE], was[DB_PATH_SIZE], line[DB_PATH_SIZE + 1];
    struct stat info;
    if (photos[0] != '/' || strpbrk(photos, "\r\n") || stat(photos, &info) != 0 ||
        !S_ISDIR(info.st_mode))
        return error_set(error, ERROR_INPUT, "store.photos",
                         "%.200s: photos need the absolute path of a folder that is there",
                         photos);
    int code = file_path(path, sizeof path, folder, DB_STORE_PHOTOS, error);
    if (code == 0)
        code = read_folder(folder, was, error);
    if (code != 0 || text_equal(was, photos))
        return code;
    if (*was)
        return error_set(error, ERROR_CONFLICT, "store.elsewhere",
                         "%s: the photos of this folder are in %s", folder, was);
    if (text_format(line, sizeof line, "%s\n", photos) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long");
    code = file_make_directory(folder, error);
    return code == 0 ? file_write_atomic(path, line, strlen(line), error) : code;
}

int db_photos_of(const struct db_store *store, const char *slug, char out[DB_PATH_SIZE],
                 struct error *error)
{
    char folder[DB_PATH_SIZE];
    int code = read_folder(store->folder, folder, error);
    *out = '\0';
    return code != 0 || !*folder ? code : file_path(out, DB_PATH_SIZE, folder, slug, error);
}

int db_photos_link(const struct db_store *store, const char *slug, struct error *error)
{
    char there[DB_PATH_SIZE], here[DB_PATH_SIZE];
    struct stat info;
    int code = db_photos_of(store, slug, there, error);
    if (code != 0 || !*there)
        return code;
    if (db_store_city_path(store, slug, "media", here, sizeof here) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long");
    code = file_make_directory(there, error);
    if (code != 0 || symlink(there, here) == 0)
        return code;
    if (errno != EEXIST)
        return error_errno(error, "db.io", here);
    return lstat(here, &info) == 0 && S_ISLNK(info.st_mode)
               ? 0
               : error_set(error, ERROR_CONFLICT, "store.photos",
                           "%s is a folder: move what is in it to %s and remove it", here,
                           there);
}
