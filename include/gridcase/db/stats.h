// SPDX-License-Identifier: MPL-2.0
// What a store weighs and which statements cost most: gridcase-store-stats(1).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/db/db.h>

enum { DB_STATS_MOST = 100, DB_STATS_NAME_SIZE = 128 };

struct db_statement_figures {
    char name[DB_STATS_NAME_SIZE]; // in sql/queries, or the beginning of its text
    int64_t calls;
    double total_ms, mean_ms, worst_ms; // of one call
};

// The statements that have cost this process most time since it began, by the sum of their
// time, at most `most` of them. Of statements put together of parts the first part's name.
// Any thread.
size_t db_statements_costly(struct db_statement_figures *out, size_t most);

// The same as the database server counts them for this installation (pg_stat_statements),
// by whomever they were run, since *ret_since_ms. *ret_count is -1 when it does not: there
// is no such server, or the extension is not there.
int db_statements_on_server(struct db *db, struct db_statement_figures *out, size_t most,
                            int *ret_count, int64_t *ret_since_ms,
                            struct error *error) ERROR_MUST_CHECK;

struct db_table_size {
    const char *name; // borrowed for the call
    int64_t rows;     // about: PostgreSQL's is an estimate
    int64_t bytes, index_bytes;
    int64_t parts; // partitions; 1: not partitioned
};
// Calls `each` for the tables of a database, the biggest first. SQLite reads the whole file
// for it. `each` returns 0 to go on.
int db_tables_sizes(struct db *db,
                    int (*each)(void *context, const struct db_table_size *size),
                    void *context, struct error *error) ERROR_MUST_CHECK;
