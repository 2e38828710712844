// SPDX-License-Identifier: MPL-2.0
// A data folder out of a backup: everything is checked against the manifest as it is
// copied, and the folder opens only when all of it is there.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/account/account.h>
#include <gridcase/backup/copy.h>
#include <gridcase/cases/case.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>

#include "backup_internal.h"

struct restoring {
    const struct restore_options *options;
    struct backup_pace pace;
    struct backup_manifest *manifest;
    char backup[BACKUP_PATH_SIZE];
    char pool[BACKUP_PATH_SIZE];
    bool made; // the data folder is ours
    struct restore_result *result;
};

static int damaged(struct error *error, const char *what, const char *why)
{
    return error_set(error, ERROR_STORE, "backup.damaged", "%.300s: %s", what, why);
}

// ---- where from ----

static int find_backup(struct restoring *restoring, struct error *error)
{
    char path[BACKUP_PATH_SIZE], name[BACKUP_NAME_SIZE] = "";
    const char *given = restoring->options->backup;
    int code = backup_path(path, error, "%s/manifest.json", given);
    if (code == 0 && file_exists(path))
        code = backup_path(restoring->backup, error, "%s", given);
    else if (code == 0) {
        code = backup_target_newest(given, name, error);
        if (code == 0 && !name[0])
            code = error_set(error, ERROR_NOT_FOUND, "backup.none",
                             "%.300s: no whole backup there", given);
        if (code == 0)
            code = backup_path(restoring->backup, error, "%s/%s", given, name);
    }
    if (code == 0)
        code = backup_path(restoring->pool, error, "%s/../media", restoring->backup);
    return code;
}

// ---- where to ----

static int empty_folder(const char *path, bool *ret_unfinished, struct error *error)
{
    DIR *folder = opendir(path);
    bool empty = true, store = false;
    if (!folder)
        return errno == ENOENT ? 0 : error_errno(error, "backup.io", path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name;
        *ret_unfinished |= strcmp(name, DB_STORE_UNFINISHED) == 0;
        store |= strcmp(name, "system.db") == 0;
        empty &= strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
                 strcmp(name, "lost+found") == 0;
    }
    closedir(folder);
    if (empty || *ret_unfinished)
        return 0;
    return error_set(error, ERROR_CONFLICT, "restore.not_empty",
                     "%.300s: %s; a backup is restored into an empty folder only, so that "
                     "nothing newer is lost: move the old one away",
                     path, store ? "there is a store already" : "not an empty folder");
}

// What a restore that was cut short has left, or this one when it failed.
static int empty_again(const char *path, struct error *error)
{
    DIR *folder = opendir(path);
    int code = 0;
    for (struct dirent *entry; folder && code == 0 && (entry = readdir(folder));) {
        char below[BACKUP_PATH_SIZE];
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            strcmp(name, "lost+found") == 0 || strcmp(name, DB_STORE_UNFINISHED) == 0)
            continue;
        code = backup_path(below, error, "%s/%s", path, name);
        if (code == 0 && entry->d_type == DT_DIR)
            code = backup_remove_tree(below, error);
        else if (code == 0 && file_system()->unlink(below) != 0)
            code = error_errno(error, "backup.io", below);
    }
    if (folder)
        closedir(folder);
    return code;
}

static int marker_path(const char *data, char out[BACKUP_PATH_SIZE], struct error *error)
{
    return backup_path(out, error, "%s/%s", data, DB_STORE_UNFINISHED);
}

static int64_t bytes_of(const struct backup_manifest *manifest)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < manifest->file_count; i++)
        bytes += manifest->files[i].digest.bytes;
    for (size_t i = 0; i < manifest->city_count; i++)
        bytes += manifest->cities[i].photo_bytes;
    return bytes;
}

static int prepare_folder(struct restoring *restoring, struct error *error)
{
    char marker[BACKUP_PATH_SIZE], cities[BACKUP_PATH_SIZE];
    const char *data = restoring->options->data;
    bool unfinished = false;
    int code = empty_folder(data, &unfinished, error);
    if (code == 0)
        code = file_make_directory(data, error);
    if (code == 0)
        code = backup_need_space(data, bytes_of(restoring->manifest), error);
    if (code == 0)
        code = marker_path(data, marker, error);
    if (code == 0)
        code = file_write_atomic(marker, "", 0, error);
    if (code != 0)
        return code;
    restoring->made = true;
    code = unfinished ? empty_again(data, error) : 0;
    if (code == 0)
        code = backup_path(cities, error, "%s/cities", data);
    return code == 0 ? file_make_directory(cities, error) : code;
}

// ---- copying ----

static int copy_one(struct restoring *restoring, const char *from, const char *to,
                    const struct backup_digest *wanted, struct error *error)
{
    struct backup_digest found = {0};
    int64_t bytes = backup_file_bytes(from);
    if (bytes < 0)
        return damaged(error, from, "missing in the backup");
    if (bytes != wanted->bytes)
        return damaged(error, from, "not as long as when the backup was made");
    int code = to ? backup_copy_file(from, to, false, &restoring->pace, &found, error)
                  : backup_digest_file(from, &restoring->pace, &found, error);
    if (code == 0 && memcmp(found.sha256, wanted->sha256, HASH_SIZE) != 0)
        code = damaged(error, from, "changed since the backup was made");
    restoring->result->files++;
    restoring->result->bytes += found.bytes;
    return code;
}

static int copy_listed(struct restoring *restoring, const struct backup_file *file,
                       struct error *error)
{
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE];
    const char *data = restoring->options->data;
    bool list = strlen(file->path) > 11 &&
                strcmp(file->path + strlen(file->path) - 11, "/photos.txt") == 0;
    int code = backup_path(from, error, "%s/%s", restoring->backup, file->path);
    if (code == 0 && data)
        code = backup_path(to, error, "%s/%s", data, file->path);
    backup_pace_begin(&restoring->pace, file->path, file->digest.bytes);
    // A list of photos is read from the backup, it is no file of a data folder.
    return code == 0
               ? copy_one(restoring, from, data && !list ? to : NULL, &file->digest, error)
               : code;
}

static int copy_photo(struct restoring *restoring, const char *slug,
                      const struct backup_photo *photo, struct error *error)
{
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE], folder[BACKUP_PATH_SIZE];
    const char *data = restoring->options->data;
    int code = backup_path(from, error, "%s/%s/%s", restoring->pool, slug, photo->name);
    if (code == 0 && data) {
        code = backup_path(to, error, "%s/cities/%s/media/%s", data, slug, photo->name);
        if (code == 0)
            code = backup_path(folder, error, "%s/cities/%s/media/%.2s", data, slug,
                               photo->name);
        if (code == 0 && !file_exists(folder))
            code = file_make_directory(folder, error);
    }
    return code == 0 ? copy_one(restoring, from, data ? to : NULL, &photo->digest, error)
                     : code;
}

static int copy_photos(struct restoring *restoring, const struct backup_city *city,
                       struct error *error)
{
    char path[BACKUP_PATH_SIZE], name[96];
    struct backup_photo photo;
    int64_t count = 0;
    int code =
        backup_path(path, error, "%s/cities/%s/photos.txt", restoring->backup, city->slug);
    struct backup_photos *list = code == 0 ? backup_photos_open(path) : NULL;
    if (code == 0 && !list)
        code = damaged(error, path, "missing in the backup");
    snprintf(name, sizeof name, "%s: photos", city->slug);
    backup_pace_begin(&restoring->pace, name, city->photo_bytes);
    while (code == 0 && (code = backup_photos_next(list, &photo, error)) == 1) {
        code = copy_photo(restoring, city->slug, &photo, error);
        count++;
    }
    backup_photos_close(list);
    if (code == 0 && count != city->photos)
        code = damaged(error, path, "not as many photos as when the backup was made");
    return code;
}

static int copy_all(struct restoring *restoring, struct error *error)
{
    const struct backup_manifest *manifest = restoring->manifest;
    const char *data = restoring->options->data;
    int code = 0;
    for (size_t i = 0; code == 0 && data && i < manifest->city_count; i++) {
        char folder[BACKUP_PATH_SIZE];
        code = backup_path(folder, error, "%s/cities/%s", data, manifest->cities[i].slug);
        if (code == 0)
            code = file_make_directory(folder, error);
    }
    for (size_t i = 0; code == 0 && i < manifest->file_count; i++)
        code = copy_listed(restoring, &manifest->files[i], error);
    for (size_t i = 0; code == 0 && i < manifest->city_count; i++)
        code = copy_photos(restoring, &manifest->cities[i], error);
    restoring->result->cities = (unsigned)manifest->city_count;
    return code;
}

// ---- another store than the first one ----

static int renew_work(struct db *db, void *context, struct error *error)
{
    (void)context;
    int code = case_stream_renew(db, error);
    return code == 0 ? account_end_everybody(db, error) : code;
}

// The rows are what they were when the backup was made, as any engine sees them.
static int check_digest(struct db_store *store, const struct backup_city *city,
                        struct error *error)
{
    struct db *cases = NULL, *model = NULL;
    struct db_transaction cases_moment = {0}, model_moment = {0};
    struct city_digest digest = {0};
    int code = db_open(store, city->slug, DB_CASES, DB_READ, &cases, error);
    if (code == 0)
        code = db_open(store, city->slug, DB_CITY, DB_READ, &model, error);
    if (code == 0)
        code = db_begin(cases, DB_READ, &cases_moment, error);
    if (code == 0)
        code = db_begin(model, DB_READ, &model_moment, error);
    if (code == 0)
        code = city_digest_take(cases, model, NULL, &digest, error);
    db_rollback(&cases_moment);
    db_rollback(&model_moment);
    db_close(cases);
    db_close(model);
    if (code == 0 && strcmp(digest.hex, city->digest.hex) != 0)
        code = error_set(error, ERROR_STORE, "restore.differs",
                         "%s has the digest %s; when the backup was made it was %s",
                         city->slug, digest.hex, city->digest.hex);
    return code;
}

static int renew_city(struct db_store *store, const char *slug, struct error *error)
{
    struct db_lane *lane = NULL;
    int code = db_lane_get(store, slug, DB_CASES, &lane, error);
    if (code == 0)
        code = db_lane_call(lane, DB_PEOPLE, renew_work, NULL, error);
    db_lane_put(lane);
    return code == 0 ? 0 : error_prefix(error, "%s", slug);
}

static int renew(const struct restoring *restoring, struct error *error)
{
    struct db_store *store = NULL;
    const struct backup_manifest *manifest = restoring->manifest;
    int code = db_store_open(restoring->options->data, DB_STORE_RESTORING, &store, error);
    for (size_t i = 0; code == 0 && i < manifest->city_count; i++) {
        const struct backup_city *city = &manifest->cities[i];
        // A newer program has brought the rows up to date: their digest is another.
        if (manifest->same_schema && city->digest.hex[0])
            code = check_digest(store, city, error);
        if (code == 0)
            code = renew_city(store, city->slug, error);
    }
    db_store_close(store);
    return code;
}

static int sync_everything(const char *data, struct error *error)
{
    int fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = fd < 0 || syncfs(fd) != 0 ? error_errno(error, "backup.io", data) : 0;
    if (fd >= 0)
        close(fd);
    return code;
}

static int fill_folder(struct restoring *restoring, struct error *error)
{
    char marker[BACKUP_PATH_SIZE];
    const char *data = restoring->options->data;
    int code = prepare_folder(restoring, error);
    if (code == 0)
        code = copy_all(restoring, error);
    if (code == 0)
        code = renew(restoring, error);
    if (code == 0)
        code = sync_everything(data, error);
    if (code == 0)
        code = marker_path(data, marker, error);
    if (code == 0 && file_system()->unlink(marker) != 0)
        code = error_errno(error, "backup.io", marker);
    if (code == 0)
        code = file_sync_directory(data, error);
    return code;
}

static void tell_left_out(const struct backup_manifest *manifest,
                          struct restore_result *result)
{
    size_t length = 0;
    for (size_t i = 0; i < manifest->left_count; i++) {
        size_t more = strlen(manifest->left[i].slug) + 2;
        if (length + more >= sizeof result->left_out)
            return;
        snprintf(result->left_out + length, sizeof result->left_out - length, " %s ",
                 manifest->left[i].slug);
        length += more;
    }
}

static int restore_files(const struct restore_options *options,
                         struct restore_result *ret_result, struct error *error)
{
    struct restore_result result = {0};
    struct error ignored = {0};
    char marker[BACKUP_PATH_SIZE];
    struct restoring restoring = {.options = options,
                                  .result = &result,
                                  .pace = {.begun_us = instant_monotonic_us(),
                                           .tell = options->tell,
                                           .context = options->context}};
    int code = find_backup(&restoring, error);
    if (code == 0)
        code = backup_manifest_read(restoring.backup, &restoring.manifest, error);
    if (code == 0)
        code = options->data ? fill_folder(&restoring, error) : copy_all(&restoring, error);
    if (code != 0 && restoring.made) {
        if (empty_again(options->data, &ignored) == 0 &&
            marker_path(options->data, marker, &ignored) == 0)
            file_system()->unlink(marker);
    }
    if (code != 0 && strcmp(error->slug, "backup.io") == 0 &&
        strstr(error->message, strerror(ENOSPC)))
        snprintf(error->slug, sizeof error->slug, "disk.full");
    if (code == 0) {
        result.taken_ms = restoring.manifest->taken_ms;
        tell_left_out(restoring.manifest, &result);
        snprintf(result.backup, sizeof result.backup, "%s", restoring.backup);
        *ret_result = result;
    }
    backup_manifest_free(restoring.manifest);
    return code;
}

// ---- to a server ----

static void tell_copy(void *context, const struct copy_progress *progress)
{
    const struct restore_options *options = *(const struct restore_options **)context;
    struct backup_progress out = {.done = progress->done, .bytes = progress->all};
    snprintf(out.what, sizeof out.what, "%.95s", progress->what);
    if (options->tell)
        options->tell(options->context, &out);
}

// An empty folder, or one in which the same has been cut short.
static int prepare_beside(const char *data, const char *beside, struct error *error)
{
    bool unfinished = false;
    if (!file_exists(beside)) {
        int code = empty_folder(data, &unfinished, error);
        return code == 0 ? file_make_directory(data, error) : code;
    }
    return backup_remove_tree(beside, error);
}

// First a folder of files, then its rows to the server and its photos by links.
static int restore_to_server(const struct restore_options *options,
                             struct restore_result *ret_result, struct error *error)
{
    char beside[BACKUP_PATH_SIZE];
    struct restore_options files = *options;
    struct copy_options copy = {
        .from = beside, .to = options->data, .tell = tell_copy, .context = &options};
    int code = backup_path(beside, error, "%s/.restore", options->data);
    if (code == 0)
        code = prepare_beside(options->data, beside, error);
    files.data = beside;
    if (code == 0)
        code = restore_files(&files, ret_result, error);
    if (code == 0)
        code = db_store_use(options->data, options->store, error);
    if (code == 0)
        code = store_copy(&copy, error);
    return code == 0 ? backup_remove_tree(beside, error) : code;
}

int backup_restore(const struct restore_options *options, struct restore_result *ret_result,
                   struct error *error)
{
    return options->data && options->store ? restore_to_server(options, ret_result, error)
                                           : restore_files(options, ret_result, error);
}
