// SPDX-License-Identifier: MPL-2.0
// Databases of a backup out of a store that has none as files: the part that is being made
// is a store of SQLite's, into which the rows are brought as into any other.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>

#include "backup_internal.h"
#include "copy_internal.h"

struct backup_rows {
    struct backup_pace *pace;
    int64_t told; // rows
    struct copy_options options;
};

// How far it is, for the backup's own teller.
static void tell(void *context, const struct copy_progress *progress)
{
    struct backup_rows *rows = context;
    struct backup_progress *out = &rows->pace->progress;
    snprintf(out->what, sizeof out->what, "%.95s", progress->what);
    out->done = progress->done;
    out->bytes = progress->all;
    if (rows->pace->tell)
        rows->pace->tell(rows->pace->context, out);
}

static void rows_init(struct backup_rows *rows, struct backup_pace *pace)
{
    *rows = (struct backup_rows){.pace = pace};
    rows->options =
        (struct copy_options){.stop = pace->stop, .tell = tell, .context = rows};
}

// What a store leaves beside a database that is whole.
static int sweep(const char *part, const char *database, struct error *error)
{
    static const char *const tails[] = {"-wal", "-shm"};
    char path[BACKUP_PATH_SIZE];
    int code = 0;
    for (size_t i = 0; code == 0 && i < 2; i++) {
        code = backup_path(path, error, "%s/%s%s", part, database, tails[i]);
        if (code != 0 || !file_exists(path))
            continue;
        if (i == 0 && backup_file_bytes(path) > 0)
            code = error_set(error, ERROR_BUG, "db.misuse", "%s is not empty", path);
        else if (file_system()->unlink(path) != 0)
            code = error_errno(error, "backup.io", path);
    }
    return code;
}

static int open_part(const char *part, struct db_store **ret_store, struct error *error)
{
    char location[BACKUP_PATH_SIZE];
    int code = backup_path(location, error, "sqlite:%s", part);
    return code == 0 ? db_store_open(location, DB_STORE_CREATE, ret_store, error) : code;
}

static int close_part(struct db_store *store, const char *part, struct error *error)
{
    char lock[BACKUP_PATH_SIZE];
    db_store_close(store);
    int code = backup_path(lock, error, "%s/lock", part);
    if (code == 0)
        file_system()->unlink(lock);
    return code == 0 ? sweep(part, "system.db", error) : code;
}

static int bring_city(struct city_copy *copy, struct backup_rows_taken *taken,
                      struct error *error)
{
    int code = db_store_city_create(copy->to, copy->slug, instant_now_ms(), error);
    if (code == 0)
        code = city_copy_open(copy, error);
    if (code == 0)
        code = city_copy_moment(copy, error);
    if (code == 0)
        code = city_copy_all(copy, error);
    if (code == 0)
        code = taken->while_held(taken->context, copy->sides[1].from, error);
    city_copy_moment_end(copy);
    if (code == 0)
        code = city_copy_compare(copy, false, error);
    city_copy_close(copy);
    if (code == 0)
        code = city_copy_tracks(copy, false, error);
    return code;
}

int backup_rows_city(struct db_store *from, const char *part, const char *slug,
                     struct backup_rows_taken *taken, struct error *error)
{
    char database[128];
    struct backup_rows rows;
    struct city_copy *copy = memory_new(sizeof *copy);
    rows_init(&rows, taken->pace);
    *copy = (struct city_copy){.options = &rows.options, .from = from, .slug = slug};
    int code = open_part(part, &copy->to, error);
    if (code == 0)
        code = bring_city(copy, taken, error);
    int closed = close_part(copy->to, part, code == 0 ? error : &(struct error){0});
    code = code == 0 ? closed : code;
    static const enum db_database left[] = {DB_CITY, DB_CASES, DB_TRACKS};
    for (int i = 0; code == 0 && i < 3; i++) {
        snprintf(database, sizeof database, "cities/%.63s/%s.db", slug,
                 db_database_to_str(left[i]));
        code = sweep(part, database, error);
    }
    taken->taken_ms = copy->result.taken_ms;
    taken->epoch = copy->epoch;
    taken->position = copy->there.position;
    taken->digest = copy->result.digest;
    free(copy);
    return code;
}

static int bring_system(struct db_store *from, struct db_store *to,
                        struct backup_pace *pace, struct error *error)
{
    const struct db_catalogue *catalogue = NULL;
    struct db *source = NULL, *target = NULL, *seen = NULL;
    struct db_transaction moment = {0};
    int code = db_catalogue(DB_SYSTEM, &catalogue, error);
    if (code == 0)
        code = db_open(from, NULL, DB_SYSTEM, DB_READ, &source, error);
    if (code == 0)
        code = db_open(to, NULL, DB_SYSTEM, DB_WRITE, &target, error);
    if (code == 0)
        code = db_open(to, NULL, DB_SYSTEM, DB_READ, &seen, error);
    if (code == 0)
        code = db_begin(source, DB_READ, &moment, error);
    backup_pace_begin(pace, "system.db", 0);
    for (size_t i = 0; code == 0 && i < catalogue->count; i++) {
        struct db_bring bring = {
            .from = source, .to = target, .seen = seen, .table = &catalogue->tables[i]};
        code = db_bring_rows(&bring, error);
        if (code == 0 && bring.extra > 0)
            code = db_bring_removals(&bring, error);
    }
    if (code == 0)
        code = db_bring_end(target, true, error);
    db_rollback(&moment);
    db_close(source);
    db_close(seen);
    db_close(target);
    return code;
}

int backup_rows_system(struct db_store *from, const char *part, struct backup_pace *pace,
                       struct error *error)
{
    struct db_store *to = NULL;
    int code = open_part(part, &to, error);
    if (code == 0)
        code = bring_system(from, to, pace, error);
    int closed = close_part(to, part, code == 0 ? error : &(struct error){0});
    return code == 0 ? closed : code;
}
