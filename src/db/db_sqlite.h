// SPDX-License-Identifier: MPL-2.0
// What the files of the SQLite engine share: connection (db_sqlite.c), statements
// (sqlite_statement.c), log upkeep (sqlite_checkpoint.c).
#pragma once

#include <stdbool.h>

#include <sqlite3.h>

#include "db_internal.h"

enum { SQLITE_LEVELS = 4, SQLITE_CONTROLS = 3 + 2 * SQLITE_LEVELS };

struct sqlite_load;

struct sqlite_connection {
    sqlite3 *handle;
    void *spatialite; // NULL on databases without geometry
    char path[DB_PATH_SIZE];
    int64_t budget_end_us;
    bool was_over_budget;
    struct db_engine_counters counters;
    // Log upkeep: a second connection that holds a read mark in the log, see the file.
    sqlite3 *marker;
    uint64_t marked_page;     // 0: no mark is held
    bool distrusts_disk;      // a sync failed: the log is not copied any more
    uint64_t next_full;       // pages at which the whole log is tried again
    struct sqlite_load *load; // on a copy that is loaded: its indexes; else NULL
    // BEGIN, COMMIT and the like, prepared once: NULL until used.
    sqlite3_stmt *controls[SQLITE_CONTROLS];
};

// Fills error from an SQLite code; returns the code of ours.
int sqlite_error(sqlite3 *handle, int code, struct error *error);
int sqlite_run(struct sqlite_connection *connection, const char *text, struct error *error);
int sqlite_open(const char *path, bool create, sqlite3 **ret_handle, struct error *error);

// Path of a target's file.
int sqlite_path_of(const struct db_target *target, char out[DB_PATH_SIZE],
                   struct error *error) ERROR_MUST_CHECK;

// sqlite_load.c
int sqlite_load_copy(void *connection, const struct db_target *target, struct error *error);
int sqlite_load_indexes(void *connection, bool make, struct error *error);
int sqlite_load_publish(const struct db_target *target, struct error *error);
void sqlite_load_discard(const struct db_target *target);
struct sqlite_load *sqlite_load_free(struct sqlite_load *load);

void sqlite_upkeep(void *connection, enum db_upkeep upkeep);
void sqlite_checkpoint_done(struct sqlite_connection *connection);

int sqlite_prepare(void *connection, const struct db_text *text, void **ret_statement,
                   struct error *error);
void sqlite_release(void *statement);
int sqlite_parameters(void *statement);
bool sqlite_writes(void *statement);
int sqlite_bind(void *statement, int index, const struct db_value *value,
                struct error *error);
int sqlite_step(void *statement, struct error *error);
void sqlite_reset(void *statement);
void sqlite_clear(void *statement);
int sqlite_columns(void *statement);
bool sqlite_column_is_null(void *statement, int column);
int64_t sqlite_column_int(void *statement, int column);
double sqlite_column_double(void *statement, int column);
const char *sqlite_column_text(void *statement, int column);
const void *sqlite_column_blob(void *statement, int column, size_t *ret_length);

// ---- copies (sqlite_copy.c) ----
int sqlite_copy_begin(void *connection, const char *path, void **ret_copy,
                      struct error *error) ERROR_MUST_CHECK;
int sqlite_copy_step(void *copy, int64_t bytes, struct error *error) ERROR_MUST_CHECK;
void sqlite_copy_bytes(void *copy, int64_t *ret_done, int64_t *ret_all);
void sqlite_copy_end(void *copy);
