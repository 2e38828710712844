// SPDX-License-Identifier: MPL-2.0
// SQLite: the engine of one folder on a local file system.
#include "db_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "db_internal.h"
#include "db_spatialite.h"
#include "sqlite_vfs.h"

enum { BUSY_READ_MS = 1000, BUSY_WRITE_MS = 5000, BUDGET_STEPS = 2000 };

// ---- errors ----

static const struct {
    int sqlite; // extended, or primary with the low byte only
    int code;
    const char *slug;
} codes[] = {
    {SQLITE_CONSTRAINT_UNIQUE, ERROR_CONFLICT, "db.unique"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, ERROR_CONFLICT, "db.unique"},
    {SQLITE_CONSTRAINT_ROWID, ERROR_CONFLICT, "db.unique"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, ERROR_CONFLICT, "db.foreign_key"},
    {SQLITE_CONSTRAINT_CHECK, ERROR_CONFLICT, "db.check"},
    {SQLITE_CONSTRAINT_NOTNULL, ERROR_CONFLICT, "db.not_null"},
    {SQLITE_CONSTRAINT, ERROR_CONFLICT, "db.constraint"},
    {SQLITE_BUSY, ERROR_BUSY, "db.busy"},
    {SQLITE_LOCKED, ERROR_BUSY, "db.busy"},
    {SQLITE_INTERRUPT, ERROR_BUSY, "db.over_budget"},
    {SQLITE_FULL, ERROR_IO, "disk.full"},
    {SQLITE_IOERR, ERROR_IO, "db.io"},
    {SQLITE_CANTOPEN, ERROR_IO, "db.io"},
    {SQLITE_NOMEM, ERROR_STORE, "db.no_memory"},
    {SQLITE_CORRUPT, ERROR_STORE, "db.corrupt"},
    {SQLITE_NOTADB, ERROR_STORE, "db.corrupt"},
    {SQLITE_TOOBIG, ERROR_LIMIT, "db.too_big"},
    {SQLITE_READONLY, ERROR_BUG, "db.misuse"},
    {SQLITE_MISUSE, ERROR_BUG, "db.misuse"},
    {SQLITE_RANGE, ERROR_BUG, "db.misuse"},
};

int sqlite_error(sqlite3 *handle, int code, struct error *error)
{
    const char *message = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
            if (codes[i].sqlite == (pass == 0 ? code : code & 0xff))
                return error_set(error, codes[i].code, codes[i].slug, "%s (%d)", message,
                                 code);
    return error_set(error, ERROR_STORE, "db.failed", "%s (%d)", message, code);
}

int sqlite_run(struct sqlite_connection *connection, const char *text, struct error *error)
{
    int code = sqlite3_exec(connection->handle, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : sqlite_error(connection->handle, code, error);
}

// ---- connections ----

int sqlite_path_of(const struct db_target *target, char out[DB_PATH_SIZE],
                   struct error *error)
{
    int code = target->database == DB_SYSTEM
                   ? text_format(out, DB_PATH_SIZE, "%s/system.db", target->folder)
                   : text_format(out, DB_PATH_SIZE, "%s/cities/%s/%s%s.db", target->folder,
                                 target->slug, db_database_to_str(target->database),
                                 target->load ? ".load" : "");
    if (code != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path of %s too long",
                         target->slug);
    return 0;
}

static int on_commit(void *context, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    struct sqlite_connection *connection = context;
    connection->counters.commits++;
    connection->counters.log_pages = (uint64_t)pages;
    return SQLITE_OK;
}

static int over_budget(void *context)
{
    struct sqlite_connection *connection = context;
    if (instant_monotonic_us() < connection->budget_end_us)
        return 0;
    connection->was_over_budget = true;
    return 1;
}

// One line per setting and whom it is for.
static int configure(struct sqlite_connection *connection, const struct db_target *target,
                     struct error *error)
{
    bool loads = target->load, writer = target->mode == DB_WRITE && !loads;
    bool spatial = target->database == DB_CITY;
    bool remade = target->database == DB_SEARCH; // from the cases, should it be lost
    bool small = remade || target->database == DB_TRACKS; // written at its end
    const struct {
        bool wanted;
        const char *text;
    } settings[] = {
        {writer, "PRAGMA journal_mode = WAL"},
        {writer && !target->unsafe && !remade, "PRAGMA synchronous = FULL"},
        {writer && !target->unsafe && remade, "PRAGMA synchronous = NORMAL"},
        {writer && target->unsafe, "PRAGMA synchronous = OFF"},
        {writer, "PRAGMA foreign_keys = ON"},
        {writer && !small, "PRAGMA cache_size = -65536"},
        {writer && small, "PRAGMA cache_size = -16384"},
        {target->mode == DB_READ, "PRAGMA query_only = ON"},
        {!writer, "PRAGMA wal_autocheckpoint = 0"},
        {!writer && !loads, "PRAGMA cache_size = -8192"},
        {loads, "PRAGMA journal_mode = OFF"},
        {loads, "PRAGMA synchronous = OFF"},
        {loads, "PRAGMA foreign_keys = OFF"},
        {loads, "PRAGMA cache_size = -524288"}, // also what indexes are sorted in
        {!loads, "PRAGMA mmap_size = 2147418112"},
        {!loads, "PRAGMA temp_store = MEMORY"},
        {true, "PRAGMA cell_size_check = ON"},
        {!spatial, "PRAGMA trusted_schema = OFF"}, // SpatiaLite's triggers call functions
    };
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof settings / sizeof settings[0]; i++)
        if (settings[i].wanted)
            code = sqlite_run(connection, settings[i].text, error);
    if (code != 0)
        return code;
    // Only the lane's own connection checkpoints, and only when it says so.
    sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!spatial) {
        sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
        sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    }
    if (writer)
        sqlite3_wal_hook(connection->handle, on_commit, connection);
    return 0;
}

static void sqlite_disconnect(void *given)
{
    struct sqlite_connection *connection = given;
    sqlite_checkpoint_done(connection);
    for (size_t i = 0; i < SQLITE_CONTROLS; i++)
        sqlite3_finalize(connection->controls[i]);
    sqlite_load_free(connection->load);
    int code = sqlite3_close(connection->handle);
    (void)code; // a statement left open would be a bug of db.c: the handle leaks then
    spatialite_detach(connection->spatialite);
    free(connection);
}

int sqlite_open(const char *path, bool create, sqlite3 **ret_handle, struct error *error)
{
    if (sqlite_vfs_register() != SQLITE_OK)
        return error_set(error, ERROR_STORE, "db.failed", "no SQLite VFS");
    sqlite3 *handle = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (create ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &handle, flags, SQLITE_VFS_NAME);
    if (code != SQLITE_OK) {
        code = sqlite_error(handle, code, error);
        error_prefix(error, "%s", path);
        sqlite3_close(handle);
        return code;
    }
    *ret_handle = handle;
    return 0;
}

static int sqlite_connect(const struct db_target *target, void **ret_connection,
                          struct error *error)
{
    char path[DB_PATH_SIZE];
    int code = sqlite_path_of(target, path, error);
    if (code != 0)
        return code;
    if (!target->create && !file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "db.missing", "%s: no such database",
                         path);
    sqlite3 *handle = NULL;
    code = sqlite_open(path, target->create, &handle, error);
    if (code != 0)
        return code;
    struct sqlite_connection *connection = memory_new(sizeof *connection);
    connection->handle = handle;
    snprintf(connection->path, sizeof connection->path, "%s", path);
    sqlite3_busy_timeout(handle, target->mode == DB_WRITE ? BUSY_WRITE_MS : BUSY_READ_MS);
    if (target->database == DB_CITY) {
        connection->spatialite = spatialite_attach(handle);
        if (!connection->spatialite)
            code = error_set(error, ERROR_STORE, "db.failed", "SpatiaLite did not start");
    }
    if (code == 0)
        code = configure(connection, target, error);
    if (code != 0) {
        error_prefix(error, "%s", path);
        sqlite_disconnect(connection);
        return code;
    }
    *ret_connection = connection;
    return 0;
}

static int run_for_int(struct sqlite_connection *connection, enum query_id query,
                       int64_t *ret_value, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->handle, db_query_texts[query].text, -1,
                                  &statement, 0);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(statement, 0);
    else
        sqlite_error(connection->handle, code, error);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : error->code;
}

static int sqlite_is_new(void *given, bool *ret_new, struct error *error)
{
    struct sqlite_connection *connection = given;
    int64_t value = 0;
    int code = 0;
    bool is_new = sqlite3_table_column_metadata(connection->handle, NULL, "migration", NULL,
                                                NULL, NULL, NULL, NULL, NULL) != SQLITE_OK;
    if (is_new && connection->spatialite) {
        code = run_for_int(connection, QUERY_SYSTEM_SPATIAL_CHECK, &value, error);
        if (code == 0 && value == 0) {
            code = run_for_int(connection, QUERY_SYSTEM_SPATIAL_INIT, &value, error);
            if (code == 0 && value != 1)
                code = error_set(error, ERROR_STORE, "db.failed",
                                 "SpatiaLite could not make its tables");
        }
    }
    if (code == 0)
        *ret_new = is_new;
    return code;
}

static int sqlite_run_script(void *connection, const char *text, struct error *error)
{
    return sqlite_run(connection, text, error);
}

// Prepared at first use and kept in a slot of the connection.
static int run_kept(struct sqlite_connection *connection, unsigned slot, const char *text,
                    struct error *error)
{
    sqlite3_stmt **kept = &connection->controls[slot];
    int code = SQLITE_OK;
    if (!*kept)
        code = sqlite3_prepare_v3(connection->handle, text, -1, SQLITE_PREPARE_PERSISTENT,
                                  kept, NULL);
    if (code != SQLITE_OK)
        return sqlite_error(connection->handle, code, error);
    code = sqlite3_step(*kept);
    if (code == SQLITE_DONE) {
        sqlite3_reset(*kept);
        return 0;
    }
    code = sqlite_error(connection->handle, code, error);
    sqlite3_reset(*kept);
    return code;
}

static int run_level(struct sqlite_connection *connection, unsigned slot, const char *word,
                     unsigned level, struct error *error)
{
    char text[32] = "";
    bool keeps = level < SQLITE_LEVELS;
    if (!keeps || !connection->controls[slot + level])
        snprintf(text, sizeof text, "%s s%u", word, level);
    return keeps ? run_kept(connection, slot + level, text, error)
                 : sqlite_run(connection, text, error);
}

enum { SLOT_BEGIN_READ, SLOT_BEGIN_WRITE, SLOT_COMMIT, SLOT_SAVEPOINT };

static int sqlite_control(void *given, enum db_control control, unsigned level,
                          struct error *error)
{
    struct sqlite_connection *connection = given;
    char text[96];
    uint64_t syncs = sqlite_vfs_log_syncs();
    switch (control) {
    case DB_CONTROL_BEGIN_READ:
        return run_kept(connection, SLOT_BEGIN_READ, "BEGIN", error);
    case DB_CONTROL_BEGIN_WRITE:
    case DB_CONTROL_BEGIN_BESIDE: // nobody is
        return run_kept(connection, SLOT_BEGIN_WRITE, "BEGIN IMMEDIATE", error);
    case DB_CONTROL_ROLLBACK:
        return sqlite_run(connection, "ROLLBACK", error);
    case DB_CONTROL_COMMIT: {
        int code = run_kept(connection, SLOT_COMMIT, "COMMIT", error);
        connection->counters.syncs += sqlite_vfs_log_syncs() - syncs;
        return code;
    }
    case DB_CONTROL_SAVEPOINT:
        return run_level(connection, SLOT_SAVEPOINT, "SAVEPOINT", level, error);
    case DB_CONTROL_RELEASE:
        return run_level(connection, SLOT_SAVEPOINT + SQLITE_LEVELS, "RELEASE", level,
                         error);
    case DB_CONTROL_ROLLBACK_TO:
        snprintf(text, sizeof text, "ROLLBACK TO s%u; RELEASE s%u", level, level);
        break;
    }
    return sqlite_run(connection, text, error);
}

static bool sqlite_in_transaction(void *given)
{
    return !sqlite3_get_autocommit(((struct sqlite_connection *)given)->handle);
}

// What a failed statement did is undone by itself, and the transaction goes on.
static bool sqlite_is_spoiled(void *given)
{
    (void)given;
    return false;
}

static int64_t sqlite_changes(void *given)
{
    return sqlite3_changes64(((struct sqlite_connection *)given)->handle);
}

static void sqlite_set_budget(void *given, int64_t budget_us)
{
    struct sqlite_connection *connection = given;
    connection->budget_end_us = instant_monotonic_us() + budget_us;
    if (budget_us > 0)
        sqlite3_progress_handler(connection->handle, BUDGET_STEPS, over_budget, connection);
    else
        sqlite3_progress_handler(connection->handle, 0, NULL, NULL);
}

static bool sqlite_was_over_budget(void *given)
{
    struct sqlite_connection *connection = given;
    bool was = connection->was_over_budget;
    connection->was_over_budget = false;
    return was;
}

static void sqlite_count(void *given, struct db_engine_counters *ret_counters)
{
    *ret_counters = ((struct sqlite_connection *)given)->counters;
}

static int remove_database(const struct db_target *target, enum db_database database,
                           struct error *error)
{
    static const char *const tails[] = {".db", ".db-wal", ".db-shm", ".db-journal",
                                        ".load.db"};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char path[DB_PATH_SIZE];
        if (text_format(path, sizeof path, "%s/cities/%s/%s%s", target->folder,
                        target->slug, db_database_to_str(database), tails[i]) != 0)
            return error_set(error, ERROR_LIMIT, "file.long_path", "path too long");
        if (file_exists(path) && remove(path) != 0)
            return error_errno(error, "db.io", path);
    }
    return 0;
}

static int sqlite_remove_search(const struct db_target *target, struct error *error)
{
    return remove_database(target, DB_SEARCH, error);
}

static int sqlite_remove_city(const struct db_target *target, struct error *error)
{
    static const enum db_database databases[] = {DB_CITY, DB_CASES, DB_SEARCH, DB_TRACKS};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof databases / sizeof databases[0]; i++)
        code = remove_database(target, databases[i], error);
    return code;
}

// FTS5: strings are quoted, so that nothing in them is read as an operator.
static void sqlite_match_text(const struct db_match_group *groups, size_t count,
                              struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? " AND (" : "(");
        for (size_t k = 0; k < groups[i].count; k++) {
            buffer_append_text(out, k > 0 ? " OR \"" : "\"");
            buffer_append_text(out, groups[i].tokens[k]);
            buffer_append_char(out, '"');
        }
        buffer_append_char(out, ')');
    }
}

const struct db_engine db_engine_sqlite = {
    .prefix = "sqlite",
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .is_new = sqlite_is_new,
    .run_script = sqlite_run_script,
    .control = sqlite_control,
    .in_transaction = sqlite_in_transaction,
    .is_spoiled = sqlite_is_spoiled,
    .changes = sqlite_changes,
    .set_budget = sqlite_set_budget,
    .was_over_budget = sqlite_was_over_budget,
    .upkeep = sqlite_upkeep,
    .count = sqlite_count,
    .prepare = sqlite_prepare,
    .release = sqlite_release,
    .parameters = sqlite_parameters,
    .writes = sqlite_writes,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .clear = sqlite_clear,
    .columns = sqlite_columns,
    .column_is_null = sqlite_column_is_null,
    .column_int = sqlite_column_int,
    .column_double = sqlite_column_double,
    .column_text = sqlite_column_text,
    .column_blob = sqlite_column_blob,
    .load_copy = sqlite_load_copy,
    .load_indexes = sqlite_load_indexes,
    .load_publish = sqlite_load_publish,
    .load_discard = sqlite_load_discard,
    .match_text = sqlite_match_text,
    .copy_begin = sqlite_copy_begin,
    .copy_step = sqlite_copy_step,
    .copy_bytes = sqlite_copy_bytes,
    .copy_end = sqlite_copy_end,
    .remove_city = sqlite_remove_city,
    .remove_search = sqlite_remove_search,
};
