// SPDX-License-Identifier: MPL-2.0
// Cities of a store: their folders and their rows in system.db.
#include <stdio.h>
#include <unistd.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

struct city_change {
    enum query_id query;
    struct db_value values[4];
    size_t count;
    bool must_hit; // a row must have been changed
};

static int change_work(struct db *db, void *context, struct error *error)
{
    const struct city_change *change = context;
    int code = db_execute(db, change->query, change->values, change->count, error);
    if (code == 0 && change->must_hit && db_changes(db) == 0)
        return error_set(error, ERROR_NOT_FOUND, "city.unknown", "no city %s",
                         change->values[0].as.text);
    return code;
}

static int change_system(struct db_store *store, struct city_change *change,
                         struct error *error)
{
    struct db_lane *lane = NULL;
    int code = db_lane_get(store, NULL, DB_SYSTEM, &lane, error);
    if (code == 0)
        code = db_lane_call(lane, DB_PEOPLE, change_work, change, error);
    db_lane_put(lane);
    return code;
}

static int row_exists(struct db_store *store, const char *slug, bool *ret_exists,
                      struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int64_t count = 0;
    int code = db_reader_borrow(store, NULL, DB_SYSTEM, &db, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_SYSTEM_CITY_COUNT, (struct db_value[]){DB_TEXT(slug)},
                            1, &count, error);
    if (code == 0)
        *ret_exists = count > 0;
    return code;
}

bool db_store_city_exists(struct db_store *store, const char *slug)
{
    bool exists = false;
    struct error ignored = {0};
    return text_is_slug(slug) && row_exists(store, slug, &exists, &ignored) == 0 && exists;
}

// Removes a folder and what is in it; links are removed, not followed.
static int remove_tree(const char *path, struct error *error)
{
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? 0 : error_errno(error, "db.io", path);
    int code = 0;
    for (struct dirent *entry; code == 0 && (entry = readdir(folder));) {
        char below[DB_PATH_SIZE];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        code = file_path(below, sizeof below, path, entry->d_name, error);
        if (code == 0 && lstat(below, &info) == 0 && S_ISDIR(info.st_mode))
            code = remove_tree(below, error);
        else if (code == 0 && unlink(below) != 0)
            code = error_errno(error, "db.io", below);
    }
    closedir(folder);
    if (code == 0 && rmdir(path) != 0)
        code = error_errno(error, "db.io", path);
    return code;
}

static int remove_files(struct db_store *store, const char *slug, struct error *error)
{
    char path[DB_PATH_SIZE];
    if (db_store_city_path(store, slug, NULL, path, sizeof path) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long");
    struct db_target target = db_target_of(store, slug, DB_CASES, DB_WRITE);
    int code = store->engine->remove_city(&target, error);
    if (code == 0)
        code = remove_tree(path, error);
    return code;
}

static int make_databases(struct db_store *store, const char *slug, struct error *error)
{
    char path[DB_PATH_SIZE], cities[DB_PATH_SIZE];
    int code = file_path(cities, sizeof cities, store->folder, "cities", error);
    if (code == 0)
        code = file_path(path, sizeof path, cities, slug, error);
    if (code == 0) // what a failed creation has left
        code = remove_files(store, slug, error);
    if (code == 0)
        code = file_make_directory(path, error);
    if (code != 0)
        return code;
    db_places_renew(store, slug);
    snprintf(store->creating, sizeof store->creating, "%s", slug);
    code = db_store_city_migrate(store, slug, error);
    store->creating[0] = '\0';
    if (code == 0)
        code = file_sync_directory(path, error);
    if (code == 0)
        code = file_sync_directory(cities, error);
    return code;
}

// The row comes last: a folder without one is what a failed creation has left.
int db_store_city_create(struct db_store *store, const char *slug, int64_t now_ms,
                         struct error *error)
{
    bool exists = false;
    if (!text_is_slug(slug))
        return error_set(error, ERROR_INPUT, "city.bad_slug",
                         "a city's short name is 1 to 63 lower-case letters, digits, '-'");
    pthread_mutex_lock(&store->creation);
    int code = row_exists(store, slug, &exists, error);
    if (code == 0 && exists)
        code = error_set(error, ERROR_CONFLICT, "city.exists", "city %s is there", slug);
    if (code == 0)
        code = make_databases(store, slug, error);
    struct city_change change = {.query = QUERY_SYSTEM_CITY_INSERT,
                                 .values = {DB_TEXT(slug), DB_INT(now_ms)},
                                 .count = 2};
    if (code == 0)
        code = change_system(store, &change, error);
    pthread_mutex_unlock(&store->creation);
    return code;
}

// Another server that has it open would go on as if it were there.
static int remove_alone(struct db_store *store, const char *slug, struct error *error)
{
    char photos[DB_PATH_SIZE];
    int code = db_store_alone(store, error);
    if (code != 0)
        return code;
    code = db_places_close(store, slug, error);
    struct city_change change = {
        .query = QUERY_SYSTEM_CITY_DELETE, .values = {DB_TEXT(slug)}, .count = 1};
    if (code == 0 && (code = change_system(store, &change, error)) != 0)
        db_places_renew(store, slug);
    if (code == 0)
        code = remove_files(store, slug, error);
    if (code == 0)
        code = db_photos_of(store, slug, photos, error);
    if (code == 0 && *photos)
        code = remove_tree(photos, error);
    db_store_alone_over(store);
    return code;
}

int db_store_city_remove(struct db_store *store, const char *slug, struct error *error)
{
    bool exists = false;
    int code = row_exists(store, slug, &exists, error);
    if (code == 0 && !exists)
        code = error_set(error, ERROR_NOT_FOUND, "city.unknown", "no city %s", slug);
    return code == 0 ? remove_alone(store, slug, error) : code;
}

int db_store_city_set(struct db_store *store, const char *slug, const char *state,
                      const char *host, const char *reason, struct error *error)
{
    struct city_change change = {
        .query = QUERY_SYSTEM_CITY_SET,
        .values = {DB_TEXT(slug), DB_TEXT(state), DB_TEXT(host), DB_TEXT(reason)},
        .count = 4,
        .must_hit = true};
    return change_system(store, &change, error);
}

int db_store_city_hold_all(struct db_store *store, const char *slug, int64_t ms,
                           struct error *error)
{
    struct city_change change = {.query = ms > 0 ? QUERY_SYSTEM_CITY_HOLD
                                                 : QUERY_SYSTEM_CITY_HOLD_OVER,
                                 .values = {DB_TEXT(slug), DB_INT(ms)},
                                 .count = ms > 0 ? 2 : 1};
    return store->engine->watch ? change_system(store, &change, error) : 0;
}

int db_store_city_each(struct db_store *store,
                       int (*visit)(void *context, const struct db_city_row *city),
                       void *context, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_reader_borrow(store, NULL, DB_SYSTEM, &db, error);
    if (code == 0)
        code = db_prepare(db, QUERY_SYSTEM_CITY_LIST, &row, error);
    if (code != 0)
        return code;
    while ((code = db_step(row, error)) == DB_ROW) {
        struct db_city_row city = {.slug = db_column_text(row, 0),
                                   .state = db_column_text(row, 1),
                                   .host = db_column_text(row, 2),
                                   .reason = db_column_text(row, 3),
                                   .created_ms = db_column_int(row, 4)};
        code = visit(context, &city);
        if (code != 0)
            return code;
    }
    return code;
}

int db_store_city_migrate(struct db_store *store, const char *slug, struct error *error)
{
    static const enum db_database databases[] = {DB_CITY, DB_CASES};
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
        struct db_place *place = NULL;
        int code = db_place_enter(store, slug, databases[i], DB_READ, &place, error);
        if (code != 0)
            return code;
        db_place_leave(place, DB_READ);
    }
    return 0;
}
