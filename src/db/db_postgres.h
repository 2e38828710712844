// SPDX-License-Identifier: MPL-2.0
// What the files of the PostgreSQL engine share: connections (postgres_link.c),
// transactions (postgres_transaction.c), statements (postgres_statement.c), databases as a
// whole (db_postgres.c).
//
// A database is a schema. Every transaction names it anew (SET LOCAL search_path), and a
// connection keeps nothing between two transactions: so connections may be PgBouncer's.
// Only where the server itself answers are statements prepared that come again.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "db_internal.h"

enum {
    PG_SCHEMA_SIZE = 64,
    PG_STEPS_MAX = 8,
    PG_LOCK_MS = 5000,      // a writer waits that long for another server's transaction
    PG_BACKOFF_MS = 50,     // after a failed attempt to connect, doubled each time
    PG_BACKOFF_MOST = 2000, // ... up to this
    PG_OUTCOME_MS = 8000,   // a commit's lost answer is asked for that long
    PG_KEY_SIZE = 16,       // of a statement's digest
    PG_MARK_SIZE = 64,
};

// A connection of libpq.
struct pg_link {
    PGconn *handle;
    bool broken; // an answer was lost: not to be used before it is made anew
    bool direct; // the server itself answers, no pooler: statements may be prepared
};

// What a handle stands on. It has a link only while it has something open.
struct pg_connection {
    struct pg_pool *pool;
    struct pg_slot *slot; // of the pool, with the link; NULL: none is taken
    struct pg_link *link;
    uint64_t home;        // of the city: where in the pool to look first
    struct pg_link apart; // for numbers taken apart from the open transaction
    char schema[PG_SCHEMA_SIZE];
    char search_path[PG_SCHEMA_SIZE + 16];
    int64_t lock_key;        // of the writers of this schema
    char slug[DB_SLUG_SIZE]; // whose hold writers obey; "": none
    bool writer;
    bool lazy;          // commits do not wait for the disk
    bool open;          // an explicit transaction, until it ends or the connection dies
    unsigned cursors;   // open in a transaction of the engine's own
    unsigned cursor_no; // names them
    unsigned lost;      // counts ended transactions: a cursor of an older one is gone
    char xid[32];       // of the writing transaction
    char mark[PG_MARK_SIZE]; // of the server's life in which it began
    unsigned room_left;      // writing transactions until partitions are looked after
    int64_t changes;
    int64_t budget_end_us; // 0: none
    bool was_over_budget;
    struct db_engine_counters counters;
    struct pg_statement *cursor_list; // statements with an open cursor
    struct buffer *fill;              // what a COPY has not been sent yet; NULL: none
};

// One statement with its parameters, all in binary form.
struct pg_send {
    const char *text;
    int count;
    const Oid *types;
    const char *const *values;
    const int *lengths;
    const char *prepared; // name of a prepared statement; NULL: none
    bool prepare;         // prepares it, and does not run it
};

// ---- postgres_link.c ----
int pg_link_open(struct pg_link *link, const char *address,
                 struct error *error) ERROR_MUST_CHECK;
void pg_link_close(struct pg_link *link);
bool pg_link_is_up(const struct pg_link *link);
// Fills error from a result, or from the connection when result is NULL.
int pg_error(struct pg_link *link, const PGresult *result, struct error *error);
// All steps in one round trip; the results of all are given back when all went well.
// Without a transaction block of their own they are one transaction.
int pg_link_run(struct pg_link *link, const struct pg_send *sends, size_t count,
                PGresult *results[PG_STEPS_MAX], struct error *error) ERROR_MUST_CHECK;
// As many as `next` gives, in one round trip; what they answer is dropped but for the last.
// What a send points to lasts until the next is asked for.
int pg_link_run_all(struct pg_link *link, bool (*next)(void *context, struct pg_send *send),
                    void *context, PGresult **ret_last,
                    struct error *error) ERROR_MUST_CHECK;
// A script: several statements, no parameters.
int pg_link_script(struct pg_link *link, const char *text, struct error *error);
// Text parameters only; the first column of the first row as an integer; 0 without a row.
int pg_link_ask(struct pg_link *link, enum query_id query, const char *const *texts,
                int count, int64_t *ret_value, struct error *error) ERROR_MUST_CHECK;

// ---- postgres_pool.c ----
// Of all handles with this address. Join and leave are paired.
struct pg_pool *pg_pool_join(const char *address);
void pg_pool_leave(struct pg_pool *pool);
const char *pg_pool_address(const struct pg_connection *connection);
// connection->link, up; waits for one, as long as the budget allows. Nothing when it has
// one. ERROR_BUSY "store.busy", "store.unavailable".
int pg_pool_take(struct pg_connection *connection, struct error *error) ERROR_MUST_CHECK;
// Back to the others; one that is broken or in a transaction is closed. Takes none, too.
void pg_pool_give(struct pg_connection *connection);
// Has an attempt to connect failed just now?
bool pg_pool_waits(const struct pg_connection *connection);
void pg_pool_tidy(const char *address, int64_t idle_ms); // closes what was idle so long
void pg_pool_count(const char *address, struct db_connection_counters *ret_counters);
// How a statement is run on the connection's link: as it is, or prepared.
struct pg_use {
    uint8_t key[PG_KEY_SIZE]; // of its schema and text
    const Oid *types;
    int count;
    // answered:
    bool prepare;                 // first prepare it ...
    const Oid *known_types;       // ... with these
    unsigned no;                  // of its name; 0: it is not prepared
    unsigned drop;                // name that is to be forgotten before; 0: none
    char name[24], drop_text[32]; // of the prepared statement; what forgets another one
};
void pg_pool_statement(struct pg_connection *connection, struct pg_use *use);
// What was to run by this has failed.
void pg_pool_statement_failed(struct pg_connection *connection, const struct pg_use *use,
                              const struct error *error);

// ---- postgres_transaction.c ----
// The transaction is over, one way or another.
void pg_lose(struct pg_connection *connection);
// Gives the link back unless something is open on it.
void pg_settle(struct pg_connection *connection);
// Is it worth to begin anew what has failed before it had begun?
bool pg_again(const struct pg_connection *connection, const struct error *error);
// The settings step of a transaction; buffers for what it points to.
struct pg_settings {
    struct pg_send send;
    char timeout[24], lock[24];
    const char *values[4];
    int lengths[4];
};
// ERROR_BUSY "db.over_budget" when nothing is left of the budget.
int pg_settings_make(struct pg_connection *connection, struct pg_settings *ret_settings,
                     struct error *error) ERROR_MUST_CHECK;
// The step that takes the writer's turn.
struct pg_turn {
    struct pg_send send;
    unsigned char key[8];
    const char *values[1];
    struct pg_send hold; // text NULL: none is obeyed
    const char *hold_values[1];
    int hold_lengths[1];
};
void pg_turn_make(const struct pg_connection *connection, bool beside,
                  struct pg_turn *turn);
// Adds the turn with what comes before and after it: at most PG_TURN_STEPS.
enum { PG_TURN_STEPS = 3 };
size_t pg_turn_add(struct pg_turn *turn, struct pg_send *sends, size_t count);
// What a failure in those steps means.
int pg_turn_failed(const struct pg_connection *connection, int code, struct error *error);
int pg_fetch_apart(void *connection, const struct db_text *text, const int64_t *values,
                   size_t count, int64_t *ret_value, struct error *error);
int pg_control(void *connection, enum db_control control, unsigned level,
               struct error *error);
bool pg_in_transaction(void *connection);
bool pg_is_spoiled(void *connection);
// A transaction of the engine's own around cursors of lone statements.
int pg_own_begin(struct pg_connection *connection, struct error *error) ERROR_MUST_CHECK;
void pg_own_end(struct pg_connection *connection);
// Fills error and takes note of what it means for the connection.
int pg_fail(struct pg_connection *connection, const PGresult *result, struct error *error);

// ---- postgres_commit.c ----
int pg_commit(struct pg_connection *connection, struct error *error);
int pg_commit_after(void *connection, bool (*next)(void *context, struct db_last *ret_last),
                    void *context, struct error *error);

// ---- postgres_statement.c ----
// Puts what runs `send` on the connection's link into sends: prepared when it comes again
// there, and before that what prepares it; three at most. They point into use.
size_t pg_use_add(struct pg_connection *connection, struct pg_use *use,
                  const struct pg_send *send, struct pg_send *sends, size_t count);
// Which statement it is, on any connection: of a schema and a text.
void pg_statement_key(const char *schema, const char *text, uint8_t out[PG_KEY_SIZE]);
int pg_prepare(void *connection, const struct db_text *text, void **ret_statement,
               struct error *error);
void pg_release(void *statement);
int pg_parameters(void *statement);
bool pg_writes(void *statement);
int pg_bind(void *statement, int index, const struct db_value *value, struct error *error);
int pg_step(void *statement, struct error *error);
void pg_reset(void *statement);
void pg_clear(void *statement);
const char *pg_statement_text(void *statement); // tests only
// Fetches what open cursors have left, so that their transaction may end.
int pg_cursors_drain(struct pg_connection *connection,
                     struct error *error) ERROR_MUST_CHECK;

// ---- postgres_column.c ----
struct pg_cell {
    const char *bytes; // NUL-terminated
    size_t length;
    Oid type;
    bool null;
};
int64_t pg_cell_int(const struct pg_cell *cell);
double pg_cell_double(const struct pg_cell *cell);
// Digits of a cell that is no text, into out.
void pg_cell_text(const struct pg_cell *cell, char *out, size_t size);
bool pg_cell_is_bytes(const struct pg_cell *cell); // its bytes are its text or blob
void pg_put_int(unsigned char out[8], int64_t value);
enum { PG_BOOL = 16, PG_BYTEA = 17, PG_INT8 = 20, PG_TEXT = 25, PG_FLOAT8 = 701 };

// ---- postgres_fill.c ----
int pg_fill_begin(void *connection, const char *text, struct error *error);
int pg_fill_value(void *connection, size_t first, const struct db_value *value, bool shape,
                  struct error *error);
int pg_fill_end(void *connection, struct error *error);
void pg_fill_drop(void *connection);
int pg_fill_over(void *connection, bool filled, struct error *error);

// ---- postgres_room.c ----
// Within a writing transaction: makes the partitions that are due, every now and then.
int pg_look_after_room(struct pg_connection *connection,
                       struct error *error) ERROR_MUST_CHECK;
int pg_make_room(void *connection, struct error *error) ERROR_MUST_CHECK; // now
int pg_watch(void *connection, const struct db_target *other, const struct db_text *text,
             int64_t *ret_value, struct error *error);

// ---- postgres_stats.c ----
int pg_statements(void *connection, struct db_statement_figures *out, size_t most,
                  int *ret_count, int64_t *ret_since_ms, struct error *error);

// ---- postgres_own.c ----
int64_t pg_key_of(const char *text); // db_postgres.c: of an advisory lock
int pg_own(const char *address, void **ret_lock, struct error *error);
void pg_disown(void *lock);
int pg_alone(void *lock, struct error *error);
void pg_alone_over(void *lock);
int pg_count_owners(void *lock, int64_t *ret_count, struct error *error);
// After a connection has come back: takes the lock again if it was lost with the others.
// ERROR_BUSY "store.locked": somebody else has it now.
int pg_own_renew(const char *address, struct error *error) ERROR_MUST_CHECK;

// ---- postgres_wake.c ----
int pg_wake_open(const char *address, bool must, void **ret_wake, struct error *error);
void pg_wake_close(void *wake);
int pg_wake_send(void *wake, const char *words, struct error *error);
int pg_wake_hear(void *wake, const struct db_hearing *hearing, struct error *error);

// ---- postgres_load.c ----
#define PG_LOAD_TAIL "_load"
void pg_schema_of(const struct db_target *target,
                  char out[PG_SCHEMA_SIZE]); // db_postgres.c
int pg_load_copy(void *connection, const struct db_target *target, struct error *error);
int pg_load_indexes(void *connection, bool make, struct error *error);
int pg_load_publish(const struct db_target *target, struct error *error);
void pg_load_discard(const struct db_target *target);

int pg_columns(void *statement);
bool pg_column_is_null(void *statement, int column);
int64_t pg_column_int(void *statement, int column);
double pg_column_double(void *statement, int column);
const char *pg_column_text(void *statement, int column);
const void *pg_column_blob(void *statement, int column, size_t *ret_length);
