// SPDX-License-Identifier: MPL-2.0
// What tools/embed_sql makes of sql/queries/*.sql and sql/schema/*.sql.
//
// A query block begins with `-- name: case_by_id` (gives QUERY_CASE_BY_ID) or with
// `-- part: case_list_open` (a piece of a statement for db_prepare_parts, id made the same
// way), then `-- database: system|city|cases|search|any`, then comment lines if wanted,
// then text. The `;` at the end of a statement is not part of the text. "any": made for
// every database (a schema file NNNN_name.any.sql likewise).
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct db_query_text {
    const char *name;     // "case_by_id"
    const char *database; // "system", "city", "cases", "search", "any"; "sqlite" and
                          // "postgres": only the engine itself uses it
    const char *text;     // SQL without the `;` at its end
    const char *postgres; // the same for PostgreSQL; NULL: text will do
    int parameters;       // the highest n of $n in it
    bool part;            // begins with `-- part:`: cannot be prepared alone
    bool many;            // `-- rows: many`: not fetched at once
};

struct db_migration_text {
    int number;                // from the file name, unique over all databases
    const char *name;          // "0001_system"
    const char *database;      // as above
    const char *text;          // the whole file: several statements
    const char *postgres;      // translated by tools/embed_postgres.c, with its twin
    const char *postgres_twin; // NULL: no twin
    const char *sha256; // hexadecimal, of the file's bytes; NULL: computed when needed
};

// Ordered by number.
extern const struct db_migration_text db_migration_texts[];
extern const size_t db_migration_count;
// Indexed by enum query_id (<gridcase/db/queries.h>, generated): QUERY_COUNT entries.
extern const struct db_query_text db_query_texts[];
