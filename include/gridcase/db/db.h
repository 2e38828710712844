// SPDX-License-Identifier: MPL-2.0
// Database handles and the small verbs on them. The only door to a database.
//
// A handle is bound to one database of one city, so no statement names a city. Statements
// are named in sql/queries and asked for by id; text never stands in C.
// Thread rule: a handle, its statements and transactions belong to one thread at a time.
//
// Errors of the verbs: ERROR_CONFLICT "db.unique" "db.foreign_key" "db.check" "db.not_null"
// "db.constraint"; ERROR_BUSY "db.busy", "db.over_budget"; ERROR_IO "disk.full", "db.io";
// ERROR_STORE "db.failed", "db.corrupt"; ERROR_BUSY "store.unavailable" (the server does
// not answer; nothing was done) and "store.uncertain" (it went away while it committed);
// ERROR_BUG "db.misuse" (wrong database, wrong number of parameters, write on a DB_READ
// handle).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/db/queries.h> // generated: enum query_id
#include <gridcase/db/store.h>

struct db;
struct db_statement;

enum db_mode { DB_READ, DB_WRITE };

// ---- handles ----
// slug is NULL for DB_SYSTEM. At most one DB_WRITE handle of a database is out at a time, a
// lane's own counted: ERROR_BUSY "db.writer_taken". Server code writes through lanes only.
int db_open(struct db_store *store, const char *slug, enum db_database database,
            enum db_mode mode, struct db **ret_db, struct error *error) ERROR_MUST_CHECK;
struct db *db_close(struct db *db); // rolls back what is open; takes NULL, returns NULL
static inline void db_cleanup(struct db **db)
{
    *db = db_close(*db);
}
#define DB_CLEANUP __attribute__((cleanup(db_cleanup)))

// A DB_READ handle out of the store's pool (made when none is idle), with its statements
// still prepared. Give it back from any thread; never close it. ERROR_NOT_FOUND
// "city.unknown".
int db_reader_borrow(struct db_store *store, const char *slug, enum db_database database,
                     struct db **ret_db, struct error *error) ERROR_MUST_CHECK;
struct db *db_reader_return(struct db *db); // takes NULL, returns NULL
static inline void db_reader_cleanup(struct db **db)
{
    *db = db_reader_return(*db);
}
#define DB_READER_CLEANUP __attribute__((cleanup(db_reader_cleanup)))

// From now on reading on this handle may take budget_us altogether; a statement that runs
// over it ends with ERROR_BUSY "db.over_budget". 0: no budget. A returned reader has none.
enum { DB_READ_BUDGET_US = 20000 };
void db_set_budget(struct db *db, int64_t budget_us);

struct db_store *db_store_of(const struct db *db);
const char *db_slug(const struct db *db); // "" for the system database
enum db_database db_database_of(const struct db *db);
bool db_is_writer(const struct db *db);

// ---- statements ----
// A cached statement, reset, nothing bound (all NULL). The same id may be out once more
// while the first is still in use (a second copy is made).
int db_prepare(struct db *db, enum query_id query, struct db_statement **ret_statement,
               struct error *error) ERROR_MUST_CHECK;
enum { DB_PARTS_MAX = 32 };
// A statement put together from parts, a blank between: the way to filters that use their
// indexes. Cached by the list of parts. Parameter numbers are shared by all parts; binding
// one that no part mentions is ignored.
int db_prepare_parts(struct db *db, const enum query_id *parts, size_t count,
                     struct db_statement **ret_statement,
                     struct error *error) ERROR_MUST_CHECK;

// index counts from 1 as $1. An error is kept and told by the next db_step.
// Text and blobs are copied. text NULL binds NULL; INSTANT_NONE binds NULL by
// db_bind_instant.
void db_bind_int(struct db_statement *statement, int index, int64_t value);
void db_bind_double(struct db_statement *statement, int index, double value); // NaN: error
void db_bind_text(struct db_statement *statement, int index, const char *text);
void db_bind_text_length(struct db_statement *statement, int index, const char *text,
                         size_t length);
void db_bind_blob(struct db_statement *statement, int index, const void *bytes,
                  size_t length);
void db_bind_null(struct db_statement *statement, int index);
void db_bind_instant(struct db_statement *statement, int index, int64_t instant_ms);

// The question to a search index: at least one token of each group. Tokens are UTF-8 of
// letters, digits and '_'. Engines differ in how they say it.
struct db_match_group {
    const char *const *tokens;
    size_t count; // 1 or more
};
void db_bind_match(struct db_statement *statement, int index,
                   const struct db_match_group *groups, size_t count);

enum { DB_DONE = 0, DB_ROW = 1 };
// DB_ROW, DB_DONE, or a negative error code.
int db_step(struct db_statement *statement, struct error *error) ERROR_MUST_CHECK;
// Ready to be bound and run again, bindings kept.
void db_reset(struct db_statement *statement);

// column counts from 0. What they return is borrowed until the next step, reset or finish.
int db_columns(const struct db_statement *statement);
bool db_column_is_null(struct db_statement *statement, int column);
int64_t db_column_int(struct db_statement *statement, int column);     // NULL: 0
int64_t db_column_instant(struct db_statement *statement, int column); // NULL: INSTANT_NONE
double db_column_double(struct db_statement *statement, int column);   // NULL: 0
const char *db_column_text(struct db_statement *statement, int column); // NULL: NULL
const void *db_column_blob(struct db_statement *statement, int column, size_t *ret_length);
// Bytes of a text or blob column without the NUL.
size_t db_column_length(struct db_statement *statement, int column);

// Back to the cache. Takes NULL, returns NULL.
struct db_statement *db_finish(struct db_statement *statement);
static inline void db_statement_cleanup(struct db_statement **statement)
{
    *statement = db_finish(*statement);
}
#define DB_STATEMENT_CLEANUP __attribute__((cleanup(db_statement_cleanup)))

// ---- short forms ----
enum db_value_type {
    DB_TYPE_NULL,
    DB_TYPE_INT,
    DB_TYPE_DOUBLE,
    DB_TYPE_TEXT,
    DB_TYPE_BLOB
};
struct db_value {
    enum db_value_type type;
    size_t length; // of a blob
    union {
        int64_t integer;
        double real;
        const char *text;
        const void *bytes;
    } as;
};
#define DB_NULL          ((struct db_value){.type = DB_TYPE_NULL})
#define DB_INT(value)    ((struct db_value){.type = DB_TYPE_INT, .as.integer = (value)})
#define DB_DOUBLE(value) ((struct db_value){.type = DB_TYPE_DOUBLE, .as.real = (value)})
#define DB_TEXT(value)   ((struct db_value){.type = DB_TYPE_TEXT, .as.text = (value)})
#define DB_BLOB(value, size)                                                               \
    ((struct db_value){.type = DB_TYPE_BLOB, .length = (size), .as.bytes = (value)})

// Runs a statement to its end, rows ignored. values[0] is $1; count must be the number of
// parameters. Example:
//   db_execute(db, QUERY_X, (struct db_value[]){DB_INT(id), DB_TEXT(name)}, 2, error)
int db_execute(struct db *db, enum query_id query, const struct db_value *values,
               size_t count, struct error *error) ERROR_MUST_CHECK;
// First column of the first row. ERROR_NOT_FOUND "db.no_row" when there is none.
int db_fetch_int(struct db *db, enum query_id query, const struct db_value *values,
                 size_t count, int64_t *ret_value, struct error *error) ERROR_MUST_CHECK;
// Binds values from $1 on.
void db_bind_values(struct db_statement *statement, const struct db_value *values,
                    size_t count);
// Rows changed by the last statement that was run to its end.
int64_t db_changes(const struct db *db);

// The next number of a series: query takes ($1 key, $2 how many) and returns the last of
// them. In a transaction that runs beside others (db_is_beside) they are taken in blocks
// and for good, in a transaction of their own: what is rolled back, or left of a block, is
// a gap.
int db_fetch_block(struct db *db, enum query_id query, int64_t key, int64_t *ret_value,
                   struct error *error) ERROR_MUST_CHECK;

// ---- transactions ----
// The outermost is a transaction (DB_WRITE takes the write lock at once), one begun inside
// it a savepoint: code that begins its own runs alike on a handle of its own and in a lane
// job. Ended innermost first. Not committed when it goes out of scope: rolled back.
// A statement that fails spoils its innermost level: on some engines everything after it
// fails too, "db.transaction_lost", until that level is rolled back.
//   DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
//   int code = db_begin(db, DB_WRITE, &transaction, error);
//   ...
//   return db_commit(&transaction, error);
struct db_transaction {
    struct db *db; // NULL when nothing is open
    unsigned level;
};
#define db_begin(db, mode, ret_transaction, error)                                         \
    db_begin_at(db, mode, ret_transaction, __FILE__ ":" DB_LINE_TEXT(__LINE__), error)
#define DB_LINE_TEXT(line)  DB_LINE_TEXT_(line)
#define DB_LINE_TEXT_(line) #line
int db_begin_at(struct db *db, enum db_mode mode, struct db_transaction *ret_transaction,
                const char *where, struct error *error) ERROR_MUST_CHECK;
int db_commit(struct db_transaction *transaction, struct error *error) ERROR_MUST_CHECK;
void db_rollback(struct db_transaction *transaction); // nothing when not open
static inline void db_transaction_cleanup(struct db_transaction *transaction)
{
    db_rollback(transaction);
}
#define DB_TRANSACTION_CLEANUP __attribute__((cleanup(db_transaction_cleanup)))
bool db_in_transaction(const struct db *db);
// Within a writing transaction: makes room for what only grows (partitions, on the engine
// that has them), far enough ahead of the highest ids in the database. Transactions do it
// by themselves every now and then; who puts in rows with ids of their own, a million cases
// ahead, calls it in between.
int db_make_room(struct db *db, struct error *error) ERROR_MUST_CHECK;
// Does the open transaction write while others may (a lane's job that said so, on an engine
// that can, with other servers at work)? It locks the rows that it reads before it writes
// them, and gives up with db_needs_turn where it would touch what it has not locked.
bool db_is_beside(const struct db *db);
// ERROR_BUSY "db.needs_turn" when it is; the lane repeats such a job with nobody beside.
int db_needs_turn(const struct db *db, struct error *error) ERROR_MUST_CHECK;
// What a query of another database of the same city gives, and stays until the open writing
// transaction ends: nobody writes to that database meanwhile. DB_ROW; DB_DONE where nobody
// else can write, and nothing was asked. Asked once a transaction, so always with the same.
int db_watch(struct db *db, enum db_database other, enum query_id query, int64_t *ret_value,
             struct error *error) ERROR_MUST_CHECK;
// db_begin for writing, with nothing in the outbox of a cases database: what others have
// committed beside each other has its positions.
#define db_begin_settled(db, ret_transaction, error)                                       \
    db_begin_settled_at(db, ret_transaction, __FILE__ ":" DB_LINE_TEXT(__LINE__), error)
int db_begin_settled_at(struct db *db, struct db_transaction *ret_transaction,
                        const char *where, struct error *error) ERROR_MUST_CHECK;
// A row was added to the outbox: it is numbered with the commit.
void db_outbox_added(struct db *db);
// Numbers what an older program has left there, and adds what it has kept of figures. In an
// open transaction that has the turn.
int db_outbox_left(struct db *db, struct error *error) ERROR_MUST_CHECK;
// Numbers what was copied unnumbered, on any engine; in a transaction of its own.
int db_outbox_take_all(struct db *db, struct error *error) ERROR_MUST_CHECK;

// ---- rollups ----
enum { DB_ROLLUP_KEYS = 6, DB_ROLLUP_DELTAS = 12 };
// Adds deltas to the counter row that keys name. Sums are kept in memory and written by
// `query` (an upsert that adds: $1..$k the keys, then the deltas) once per row just before
// the outermost commit: statements of the same transaction do not see them. Rolled back
// with the savepoint. Needs an open write transaction.
int db_rollup_add(struct db *db, enum query_id query, const int64_t *keys, size_t key_count,
                  const int64_t *deltas, size_t delta_count,
                  struct error *error) ERROR_MUST_CHECK;

// ---- copies ----
// Copies a whole database, as the handle's open transaction sees it, into a new file at
// path, in steps; others write meanwhile. The moment is that of the transaction's first
// read: read something before. The handle's transaction stays open until db_copy_free.
enum { DB_COPY_MORE = 1 };
struct db_copy;
int db_copy_begin(struct db *db, const char *path, struct db_copy **ret_copy,
                  struct error *error) ERROR_MUST_CHECK;
// DB_COPY_MORE, 0 when it is whole and synced (the folder's entry is not), or a code:
// ERROR_IO "disk.full".
int db_copy_step(struct db_copy *copy, int64_t bytes, struct error *error) ERROR_MUST_CHECK;
void db_copy_progress(const struct db_copy *copy, int64_t *ret_done, int64_t *ret_all);
struct db_copy *db_copy_free(struct db_copy *copy); // takes NULL, returns NULL
