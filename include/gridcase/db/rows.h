// SPDX-License-Identifier: MPL-2.0
// Whole tables as rows, whichever engine keeps them: listed, read in order of their key,
// digested, and brought from one database into another.
//
// What tables there are is asked of an empty SQLite database that has had every migration
// of this program: a table that a migration adds belongs to it without further ado. Tables
// and columns that one engine alone has are its own business. Left out are virtual tables,
// which are indexes, and `migration`, which is each engine's own.
#pragma once

#include <stdatomic.h>

#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>
#include <gridcase/db/db.h>

enum { DB_KEY_MAX = 8, DB_COLUMNS_MAX = 160, DB_TABLES_MAX = 128 };

// A shape travels as well-known binary without its system, which is 4326.
enum db_kind {
    DB_KIND_INT = 1,
    DB_KIND_DOUBLE,
    DB_KIND_TEXT,
    DB_KIND_BLOB,
    DB_KIND_SHAPE,
};
struct db_table_column {
    const char *name;
    enum db_kind kind;
};
struct db_table {
    const char *name;
    const struct db_table_column *columns; // in order of name
    size_t column_count;
    size_t key[DB_KEY_MAX]; // columns of the primary key
    size_t key_count;
    // Statements: all rows in order of the key; those whose first part of the key is $1 to
    // $2; a row put in, over an older one; one removed; rows counted; an empty table
    // filled.
    const char *read, *read_range, *put, *remove, *count, *fill;
};
struct db_catalogue {
    const struct db_table *tables; // first those that others name
    size_t count;
};
// Made once per process, borrowed for ever.
int db_catalogue(enum db_database database, const struct db_catalogue **ret_catalogue,
                 struct error *error) ERROR_MUST_CHECK;
// NULL: there is none.
const struct db_table *db_catalogue_find(const struct db_catalogue *catalogue,
                                         const char *name);

// ---- reading ----
// Of the first part of the key, which is an integer then; both ends belong to it.
struct db_range {
    int64_t first, last;
};
struct db_rows;
// range NULL: all rows. The handle is in a transaction, which holds the moment.
int db_rows_open(struct db *db, const struct db_table *table, const struct db_range *range,
                 struct db_rows **ret_rows, struct error *error) ERROR_MUST_CHECK;
// DB_ROW, DB_DONE or a code.
int db_rows_next(struct db_rows *rows, struct error *error) ERROR_MUST_CHECK;
// Of the present row, borrowed until the next one. Bytes are the same on every engine.
const struct db_value *db_rows_values(const struct db_rows *rows);
const struct buffer *db_rows_bytes(const struct db_rows *rows);
struct db_rows *db_rows_close(struct db_rows *rows); // takes NULL, returns NULL

int db_table_count(struct db *db, const struct db_table *table, int64_t *ret_rows,
                   struct error *error) ERROR_MUST_CHECK;

// ---- digests ----
struct db_digest {
    int64_t rows;
    uint8_t sha256[HASH_SIZE];
};
// Counts and digests a table as the handle's open transaction sees it. tell (may be NULL)
// hears now and then how many rows more were read; stops when it returns false, ERROR_BUSY
// "copy.stopped".
struct db_teller {
    bool (*tell)(void *context, int64_t rows);
    void *context;
};
int db_table_digest(struct db *db, const struct db_table *table,
                    const struct db_teller *teller, struct db_digest *ret_digest,
                    struct error *error) ERROR_MUST_CHECK;

// ---- bringing ----
// Makes a table (or a range of it) what it is in another database: rows that are missing or
// differ are put, in transactions of a bounded size; what is there already is only read, so
// that a copy which was cut short goes on where it was.
struct db_bring {
    struct db *from; // in a transaction, which holds the moment
    struct db *to;   // DB_WRITE, in no transaction
    struct db *seen; // DB_READ on the database of `to`, in no transaction
    const struct db_table *table;
    const struct db_range *range; // NULL: all
    struct db_teller teller;
    bool only_looks; // nothing is written: put counts what is missing or differs
    // Results, added up: rows that were there to bring, those put, those too many.
    int64_t rows, put, extra;
    struct db_digest digest; // of all rows at `from`, when there is no range
};
int db_bring_rows(struct db_bring *bring, struct error *error) ERROR_MUST_CHECK;
// Removes what is too many: tables in the opposite order, after all rows were brought.
int db_bring_removals(struct db_bring *bring, struct error *error) ERROR_MUST_CHECK;
// When all tables are whole: numbers are drawn on from the highest; filled: and the planner
// looks at them.
int db_bring_end(struct db *to, bool filled, struct error *error) ERROR_MUST_CHECK;
