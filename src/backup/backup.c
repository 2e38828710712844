// SPDX-License-Identifier: MPL-2.0
// Making a backup: see the header for its shape, docs/operation.md for its use.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gridcase/cases/read.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>

#include "backup_internal.h"

enum { STEP_BYTES = 512 * 1024, DIGESTS_A_PAGE = 1000 };

struct making {
    struct db_store *store;
    const struct backup_options *options;
    struct backup_pace pace;
    struct backup_manifest *manifest;
    char part[BACKUP_PATH_SIZE];     // being made
    char previous[BACKUP_NAME_SIZE]; // the backup before; "": none
    struct backup_result result;
};

// ---- databases ----

static int add_file(struct making *making, const char *name, struct error *error)
{
    char path[BACKUP_PATH_SIZE];
    struct backup_file *file = backup_manifest_add_file(making->manifest);
    if (text_format(file->path, sizeof file->path, "%s", name) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %s", name);
    int code = backup_path(path, error, "%s/%s", making->part, name);
    if (code == 0) // what the disk gives back is what is digested
        code = backup_digest_file(path, &making->pace, &file->digest, error);
    if (code == 0 && !db_store_has_files(making->store))
        making->result.bytes += file->digest.bytes;
    return code;
}

// name: "cities/boston/cases.db". The transaction has read already.
static int copy_database(struct making *making, struct db *db, const char *name,
                         struct error *error)
{
    char path[BACKUP_PATH_SIZE];
    struct db_copy *copy = NULL;
    int64_t done = 0, all = 0, before = 0;
    int code = backup_path(path, error, "%s/%s", making->part, name);
    if (code == 0)
        code = db_copy_begin(db, path, &copy, error);
    if (code == 0)
        code = db_copy_step(copy, 1, error);
    if (code == DB_COPY_MORE) {
        db_copy_progress(copy, &done, &all);
        backup_pace_begin(&making->pace, name, all);
        int failed = backup_need_space(making->options->target, all, error);
        code = failed ? failed : code;
    }
    while (code == DB_COPY_MORE) {
        int failed = backup_pace_spend(&making->pace, done - before, error);
        before = done;
        code = failed ? failed : db_copy_step(copy, STEP_BYTES, error);
        if (code == DB_COPY_MORE)
            db_copy_progress(copy, &done, &all);
    }
    making->result.bytes += all;
    db_copy_free(copy);
    return code;
}

static int copy_system(struct making *making, struct error *error)
{
    struct db *db = NULL;
    struct db_transaction transaction = {0};
    int code = db_open(making->store, NULL, DB_SYSTEM, DB_READ, &db, error);
    if (code == 0)
        code = db_begin(db, DB_READ, &transaction, error);
    if (code == 0)
        code = copy_database(making, db, "system.db", error);
    db_rollback(&transaction);
    db_close(db);
    return code == 0 ? add_file(making, "system.db", error) : code;
}

// ---- a city ----

struct copying {
    struct making *making;
    const char *slug;
    char folder[BACKUP_PATH_SIZE];  // in the backup
    char digests[BACKUP_PATH_SIZE]; // of the photos that its cases name
    struct db *cases, *city;
    struct db_transaction cases_moment, city_moment;
};

static bool go_on(void *context, int64_t rows)
{
    const struct making *making = context;
    (void)rows;
    return !making->options->stop || !atomic_load(making->options->stop);
}

// Photos that the cases of this moment name.
static int write_digests(struct copying *copying, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    uint8_t last[HASH_SIZE] = {0};
    FILE *out = fopen(copying->digests, "we");
    int code = out ? db_prepare(copying->cases, QUERY_MEDIA_DIGEST_LIST, &s, error)
                   : error_errno(error, "backup.io", copying->digests);
    for (int64_t rows = DIGESTS_A_PAGE; code == 0 && rows == DIGESTS_A_PAGE;) {
        db_reset(s);
        db_bind_blob(s, 1, last, HASH_SIZE);
        db_bind_int(s, 2, DIGESTS_A_PAGE);
        for (rows = 0; (code = db_step(s, error)) == DB_ROW; rows++) {
            size_t length = 0;
            const void *digest = db_column_blob(s, 0, &length);
            if (length == HASH_SIZE) {
                memcpy(last, digest, HASH_SIZE);
                if (fwrite(last, HASH_SIZE, 1, out) != 1) {
                    fclose(out);
                    return error_errno(error, "backup.io", copying->digests);
                }
            }
        }
    }
    if (out && fclose(out) != 0 && code == 0)
        code = error_errno(error, "backup.io", copying->digests);
    return code;
}

// The cases' moment first: the model that they name is in the copy of city.db for certain.
static int take_moment(struct copying *copying, struct backup_city *entry,
                       struct error *error)
{
    struct case_stream stream = {0};
    struct db_store *store = copying->making->store;
    int code = db_open(store, copying->slug, DB_CASES, DB_READ, &copying->cases, error);
    if (code == 0)
        code = db_open(store, copying->slug, DB_CITY, DB_READ, &copying->city, error);
    if (code == 0)
        code = db_begin(copying->cases, DB_READ, &copying->cases_moment, error);
    if (code == 0)
        code = db_begin(copying->city, DB_READ, &copying->city_moment, error);
    entry->taken_ms = instant_now_ms();
    if (code == 0)
        code = case_stream(copying->cases, &stream, error);
    if (code == 0)
        snprintf(entry->position, sizeof entry->position, "%lld-%lld",
                 (long long)stream.epoch, (long long)stream.last);
    return code;
}

static int digests_while_held(void *context, struct db *cases, struct error *error)
{
    struct copying *copying = context;
    copying->cases = cases;
    int code = write_digests(copying, error);
    copying->cases = NULL;
    return code;
}

static int bring_databases(struct copying *copying, struct backup_city *entry,
                           struct error *error)
{
    struct making *making = copying->making;
    struct backup_rows_taken taken = {
        .pace = &making->pace, .while_held = digests_while_held, .context = copying};
    int code = backup_rows_city(making->store, making->part, copying->slug, &taken, error);
    entry->taken_ms = taken.taken_ms;
    entry->digest = taken.digest;
    snprintf(entry->position, sizeof entry->position, "%lld-%lld", (long long)taken.epoch,
             (long long)taken.position);
    return code;
}

// The digest is of the same moment as the files.
static int take_digest(struct copying *copying, struct backup_city *entry,
                       struct error *error)
{
    char name[96];
    snprintf(name, sizeof name, "%s: digest", copying->slug);
    backup_pace_begin(&copying->making->pace, name, 0);
    return city_digest_take(copying->cases, copying->city,
                            &(struct db_teller){go_on, copying->making}, &entry->digest,
                            error);
}

static int copy_files(struct copying *copying, struct backup_city *entry, const char *cases,
                      const char *city, struct error *error)
{
    int code = take_moment(copying, entry, error);
    if (code == 0)
        code = take_digest(copying, entry, error);
    if (code == 0)
        code = copy_database(copying->making, copying->city, city, error);
    db_rollback(&copying->city_moment);
    if (code == 0)
        code = write_digests(copying, error);
    if (code == 0)
        code = copy_database(copying->making, copying->cases, cases, error);
    db_rollback(&copying->cases_moment);
    copying->cases = db_close(copying->cases); // the log may begin anew
    copying->city = db_close(copying->city);
    return code;
}

// Of a city where tracks are recorded; of another moment than its cases, which do not name
// them.
static int copy_tracks(struct copying *copying, const char *name, struct error *error)
{
    DB_CLEANUP struct db *db = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
    struct error why = {0};
    int64_t last = 0;
    int code =
        db_open(copying->making->store, copying->slug, DB_TRACKS, DB_READ, &db, &why);
    if (code == ERROR_NOT_FOUND && strcmp(why.slug, "db.missing") == 0)
        return 0;
    if (code != 0) {
        *error = why;
        return code;
    }
    code = db_begin(db, DB_READ, &moment, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_TRACK_LAST, NULL, 0, &last, error);
    return code == 0 ? copy_database(copying->making, db, name, error) : code;
}

static int add_tracks(struct copying *copying, struct error *error)
{
    char name[128], path[BACKUP_PATH_SIZE];
    struct making *making = copying->making;
    int code = text_format(name, sizeof name, "cities/%s/tracks.db", copying->slug);
    if (code != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "a city's name is long");
    if (db_store_has_files(making->store))
        code = copy_tracks(copying, name, error);
    if (code == 0)
        code = backup_path(path, error, "%s/%s", making->part, name);
    return code == 0 && file_exists(path) ? add_file(making, name, error) : code;
}

static int copy_databases(struct copying *copying, struct backup_city *entry,
                          struct error *error)
{
    char cases[128], city[128];
    if (text_format(cases, sizeof cases, "cities/%s/cases.db", copying->slug) != 0 ||
        text_format(city, sizeof city, "cities/%s/city.db", copying->slug) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "a city's name is long");
    int code = db_store_has_files(copying->making->store)
                   ? copy_files(copying, entry, cases, city, error)
                   : bring_databases(copying, entry, error);
    if (code == 0)
        code = add_file(copying->making, cases, error);
    if (code == 0)
        code = add_file(copying->making, city, error);
    return code == 0 ? add_tracks(copying, error) : code;
}

static int copy_photos(struct copying *copying, struct backup_city *entry,
                       struct error *error)
{
    char source[BACKUP_PATH_SIZE], pool[BACKUP_PATH_SIZE], previous[BACKUP_PATH_SIZE],
        list[BACKUP_PATH_SIZE], name[128];
    struct making *making = copying->making;
    const char *target = making->options->target;
    struct backup_photo_job job = {.source = source,
                                   .digests = copying->digests,
                                   .pool = pool,
                                   .previous = making->previous[0] ? previous : NULL,
                                   .list = list,
                                   .pace = &making->pace};
    int code =
        db_store_city_path(making->store, copying->slug, "media", source, sizeof source);
    if (code != 0)
        code = error_set(error, ERROR_LIMIT, "file.long_path", "path too long");
    if (code == 0)
        code = backup_path(pool, error, "%s/media/%s", target, copying->slug);
    if (code == 0)
        code = backup_path(previous, error, "%s/%s/cities/%s/photos.txt", target,
                           making->previous, copying->slug);
    if (code == 0)
        code = backup_path(list, error, "%s/photos.txt", copying->folder);
    snprintf(name, sizeof name, "%s: photos", copying->slug);
    backup_pace_begin(&making->pace, name, 0);
    if (code == 0)
        code = backup_photos_copy(&job, error);
    entry->photos = job.photos;
    entry->photo_bytes = job.bytes;
    making->result.photos += job.photos;
    making->result.photos_copied += job.copied;
    making->result.photo_bytes += job.copied_bytes;
    making->result.problems += job.problems;
    snprintf(name, sizeof name, "cities/%s/photos.txt", copying->slug);
    return code == 0 ? add_file(making, name, error) : code;
}

static int copy_city(struct making *making, const char *slug, struct error *error)
{
    struct copying copying = {.making = making, .slug = slug};
    struct backup_city entry = {0};
    int code = backup_path(copying.folder, error, "%s/cities/%s", making->part, slug);
    if (code == 0)
        code = backup_path(copying.digests, error, "%s/digests.tmp", copying.folder);
    if (code == 0)
        code = file_make_directory(copying.folder, error);
    if (code == 0)
        code = copy_databases(&copying, &entry, error);
    db_rollback(&copying.cases_moment);
    db_rollback(&copying.city_moment);
    db_close(copying.cases);
    db_close(copying.city);
    if (code == 0)
        code = copy_photos(&copying, &entry, error);
    file_system()->unlink(copying.digests);
    if (code == 0)
        code = file_sync_directory(copying.folder, error);
    if (code != 0)
        return error_prefix(error, "%s", slug);
    snprintf(entry.slug, sizeof entry.slug, "%s", slug);
    *backup_manifest_add_city(making->manifest) = entry;
    making->result.cities++;
    return 0;
}

// ---- all of it ----

struct slugs {
    char (*list)[64];
    size_t count;
};

static int add_slug(void *context, const struct db_city_row *row)
{
    struct slugs *slugs = context;
    void *more = realloc(slugs->list, (slugs->count + 1) * sizeof *slugs->list);
    if (!more)
        return ERROR_LIMIT;
    slugs->list = more;
    snprintf(slugs->list[slugs->count++], sizeof *slugs->list, "%.63s", row->slug);
    return 0;
}

static int copy_settings(struct making *making, struct error *error)
{
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE];
    struct backup_file file = {.path = "gridcase.ini"};
    int code = backup_path(from, error, "%s/gridcase.ini", db_store_folder(making->store));
    if (code == 0)
        code = backup_path(to, error, "%s/gridcase.ini", making->part);
    if (code != 0 || backup_file_bytes(from) < 0)
        return code;
    code = backup_copy_file(from, to, true, NULL, &file.digest, error);
    if (code == 0)
        *backup_manifest_add_file(making->manifest) = file;
    return code;
}

// A city that cannot be read does not cost the others their backup: it is told.
static int leave_out(struct making *making, const char *slug, size_t files_before,
                     struct error *error)
{
    char folder[BACKUP_PATH_SIZE];
    struct backup_left *left = backup_manifest_add_left(making->manifest);
    snprintf(left->slug, sizeof left->slug, "%s", slug);
    snprintf(left->reason, sizeof left->reason, "%.199s", error->message);
    making->manifest->file_count = files_before;
    making->result.left_out++;
    error_clear(error);
    int code = backup_path(folder, error, "%s/cities/%s", making->part, slug);
    return code == 0 ? backup_remove_tree(folder, error) : code;
}

static int copy_cities(struct making *making, const struct slugs *slugs,
                       struct error *error)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < slugs->count; i++) {
        size_t files = making->manifest->file_count;
        code = copy_city(making, slugs->list[i], error);
        bool last = making->result.cities == 0 && i + 1 == slugs->count;
        if ((code == ERROR_STORE || code == ERROR_NOT_FOUND) && !last)
            code = leave_out(making, slugs->list[i], files, error);
    }
    return code;
}

static int copy_all(struct making *making, struct error *error)
{
    struct slugs slugs = {0};
    char cities[BACKUP_PATH_SIZE];
    making->result.taken_ms = making->manifest->taken_ms = instant_now_ms();
    bool files = db_store_has_files(making->store);
    int code = files ? copy_system(making, error) : 0;
    if (code == 0)
        code = db_store_city_each(making->store, add_slug, &slugs, error);
    if (code == 0)
        code = copy_cities(making, &slugs, error);
    free(slugs.list);
    if (code == 0 && !files)
        code = backup_rows_system(making->store, making->part, &making->pace, error);
    if (code == 0 && !files)
        code = add_file(making, "system.db", error);
    if (code == 0)
        code = copy_settings(making, error);
    if (code == 0)
        code = backup_path(cities, error, "%s/cities", making->part);
    if (code == 0 && file_exists(cities))
        code = file_sync_directory(cities, error);
    making->manifest->finished_ms = instant_now_ms();
    if (code == 0)
        code = backup_manifest_write(making->manifest, making->part, error);
    return code == 0 ? file_sync_directory(making->part, error) : code;
}

// "20261122T061700Z"
static void name_of(int64_t taken_ms, unsigned serial, char out[BACKUP_NAME_SIZE])
{
    char text[INSTANT_TEXT_SIZE];
    size_t length = 0;
    instant_to_text(taken_ms, text);
    for (const char *c = text; *c && *c != '.'; c++)
        if (*c != '-' && *c != ':')
            out[length++] = *c;
    snprintf(out + length, BACKUP_NAME_SIZE - length, serial > 1 ? "Z-%u" : "Z", serial);
}

// From now on it is there.
static int put_in_place(struct making *making, struct error *error)
{
    const char *target = making->options->target;
    char path[BACKUP_PATH_SIZE];
    for (unsigned serial = 1; serial < 100; serial++) {
        name_of(making->result.taken_ms, serial, making->result.name);
        int code = backup_path(path, error, "%s/%s", target, making->result.name);
        if (code != 0)
            return code;
        if (!file_exists(path))
            break;
    }
    if (file_system()->rename(making->part, path) != 0)
        return error_errno(error, "backup.io", path);
    return file_sync_directory(target, error);
}

static bool lies_inside(const char *target, const char *data)
{
    char *inner = realpath(target, NULL), *outer = realpath(data, NULL);
    size_t length = outer ? strlen(outer) : 0;
    bool inside = inner && outer && strncmp(inner, outer, length) == 0 &&
                  (inner[length] == '/' || inner[length] == '\0');
    free(inner);
    free(outer);
    return inside;
}

static int make(struct making *making, struct error *error)
{
    const char *target = making->options->target;
    struct error ignored = {0};
    int code = backup_target_newest(target, making->previous, error);
    if (code == 0)
        code = backup_path(making->part, error, "%s/.part-%d", target, (int)getpid());
    if (code == 0)
        code = file_make_directory(making->part, error);
    if (code == 0)
        code = copy_all(making, error);
    if (code == 0)
        code = put_in_place(making, error);
    if (code != 0 && backup_remove_tree(making->part, &ignored) != 0)
        error_prefix(error, "(%s could not be removed)", making->part);
    return code;
}

// "backup.io" of a full disk tells so.
static void name_full_disk(struct error *error)
{
    if (strcmp(error->slug, "backup.io") == 0 && strstr(error->message, strerror(ENOSPC)))
        snprintf(error->slug, sizeof error->slug, "disk.full");
}

int backup_run(struct db_store *store, const struct backup_options *options,
               struct backup_result *ret_result, struct error *error)
{
    int lock = -1;
    int64_t begun_us = instant_monotonic_us();
    struct making making = {.store = store,
                            .options = options,
                            .pace = {.bytes_per_s = options->bytes_per_s,
                                     .begun_us = begun_us,
                                     .stop = options->stop,
                                     .tell = options->tell,
                                     .context = options->context}};
    int code = backup_target_open(options->target, &lock, error);
    if (code != 0)
        return code;
    making.manifest = backup_manifest_new();
    if (lies_inside(options->target, db_store_folder(store)))
        code = error_set(error, ERROR_INPUT, "backup.inside",
                         "a backup inside the data folder is lost with it: choose another "
                         "disk");
    if (code == 0)
        code = make(&making, error);
    making.result.took_ms = (instant_monotonic_us() - begun_us) / 1000;
    if (code == 0)
        backup_state_note(store, options->target, &making.result, NULL);
    if (code == 0 && options->keep > 0)
        code = backup_target_prune(options->target, options->keep, &making.result.removed,
                                   error);
    if (code != 0) {
        name_full_disk(error);
        backup_state_note(store, options->target, &making.result, error);
    }
    backup_manifest_free(making.manifest);
    close(lock);
    if (code == 0)
        *ret_result = making.result;
    return code;
}
