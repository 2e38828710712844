// SPDX-License-Identifier: MPL-2.0
// How a transaction of the PostgreSQL engine ends: the commit, with what comes right before
// it in the same round trip, and whether it happened when its answer was lost.
#include "db_postgres.h"

#include <stdio.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

// What the server answers about our transaction: 0 committed, ERROR_CONFLICT not, or it
// cannot be told yet. A server that has crashed, and one that took over, may give the
// number of a transaction that it never heard of to another one: what it says of ours
// counts only in the same life (postgres_writer's third column).
static int ask_outcome(struct pg_connection *connection, bool *ret_same,
                       struct error *error)
{
    static const Oid types[] = {PG_TEXT};
    const char *values[] = {connection->xid};
    int lengths[] = {(int)strlen(connection->xid)};
    struct pg_send send = {.text = db_query_texts[QUERY_POSTGRES_OUTCOME].text,
                           .count = 1,
                           .types = types,
                           .values = values,
                           .lengths = lengths};
    PGresult *results[PG_STEPS_MAX];
    int code = pg_pool_take(connection, error);
    if (code != 0)
        return code;
    code = pg_link_run(connection->link, &send, 1, results, error);
    pg_pool_give(connection);
    if (code != 0) // a number of the future: it has not come about here
        return strstr(error->message, "(22023)") ? ERROR_CONFLICT : ERROR_BUSY;
    const char *word = PQgetvalue(results[0], 0, 0);
    *ret_same = text_equal(PQgetvalue(results[0], 0, 1), connection->mark);
    code = text_equal(word, "committed") ? 0
           : text_equal(word, "aborted") ? ERROR_CONFLICT
                                         : ERROR_BUSY;
    PQclear(results[0]);
    return code;
}

// Was the transaction committed whose answer was lost? 0: it was, and safely.
static int outcome(struct pg_connection *connection, struct error *error)
{
    int64_t end_us = instant_monotonic_us() + PG_OUTCOME_MS * 1000LL;
    while (instant_monotonic_us() < end_us) {
        struct error own = {0};
        bool same = false;
        int code = ask_outcome(connection, &same, &own);
        if (code == 0 && same)
            return 0;
        if (code == 0)
            break;
        if (code == ERROR_CONFLICT)
            return error_set(error, ERROR_BUSY, "store.unavailable",
                             "the database went away before it had committed");
        instant_sleep_ms(PG_BACKOFF_MS);
    }
    return error_set(error, ERROR_BUSY, "store.uncertain",
                     "the database went away while it committed: ask again with the same "
                     "key");
}

// After a commit was tried: took it place?
static int ended(struct pg_connection *connection, bool committed, int code,
                 struct error *error)
{
    bool writes = connection->xid[0] != '\0';
    pg_lose(connection);
    bool gone = !pg_link_is_up(connection->link);
    pg_settle(connection);
    if (committed) {
        connection->counters.commits += writes ? 1 : 0;
        connection->counters.syncs += writes && !connection->lazy ? 1 : 0;
    } else if (gone && writes) {
        error_clear(error);
        code = outcome(connection, error);
    }
    return code;
}

static int lost_before(struct error *error)
{
    return error_set(error, ERROR_STORE, "db.transaction_lost",
                     "a statement of the transaction has failed");
}

int pg_commit(struct pg_connection *connection, struct error *error)
{
    if (!connection->link || pg_is_spoiled(connection))
        return lost_before(error);
    PGresult *result = PQexec(connection->link->handle, "COMMIT");
    bool committed = PQresultStatus(result) == PGRES_COMMAND_OK &&
                     text_equal(PQcmdStatus(result), "COMMIT");
    int code = committed ? 0 : pg_error(connection->link, result, error);
    PQclear(result);
    return ended(connection, committed, code, error);
}

// ---- with what comes before it ----

enum { PREPARED_MOST = 32 };

struct last {
    struct pg_connection *connection;
    bool (*next)(void *context, struct db_last *ret_last);
    void *context;
    struct db_last db;
    unsigned char bytes[DB_LAST_VALUES][8];
    const char *values[DB_LAST_VALUES];
    int lengths[DB_LAST_VALUES];
    const char *keyed;                      // the text that use.key is of
    struct pg_use use, made[PREPARED_MOST]; // this one's; those that are prepared here
    size_t made_count;
    struct pg_send waiting[2]; // behind the one that was given
    size_t waiting_count;
    bool over; // the commit was given
};

static const Oid last_types[DB_LAST_VALUES] = {
    PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8,
    PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8, PG_INT8};

static struct pg_send bind_last(struct last *last)
{
    for (size_t i = 0; i < last->db.count; i++) {
        pg_put_int(last->bytes[i], last->db.values[i]);
        last->values[i] = (const char *)last->bytes[i];
        last->lengths[i] = 8;
    }
    return (struct pg_send){.text = last->db.text,
                            .count = (int)last->db.count,
                            .types = last_types,
                            .values = last->values,
                            .lengths = last->lengths};
}

// What runs the statement, first what has to come before: the rest waits.
static void plan_last(struct last *last, struct pg_send *ret_send)
{
    struct pg_send sends[3];
    struct pg_use *use = &last->use;
    const struct pg_send send = bind_last(last);
    if (last->keyed != last->db.text && last->connection->link->direct)
        pg_statement_key(last->connection->schema, last->db.text, use->key);
    last->keyed = last->db.text;
    size_t count = pg_use_add(last->connection, use, &send, sends, 0);
    if (use->prepare && last->made_count < PREPARED_MOST)
        last->made[last->made_count++] = *use;
    *ret_send = sends[0];
    last->waiting_count = count - 1;
    for (size_t i = 1; i < count; i++)
        last->waiting[last->waiting_count - i] = sends[i];
}

static bool next_send(void *context, struct pg_send *ret_send)
{
    struct last *last = context;
    if (last->waiting_count > 0)
        *ret_send = last->waiting[--last->waiting_count];
    else if (last->over)
        return false;
    else if (last->next(last->context, &last->db))
        plan_last(last, ret_send);
    else {
        *ret_send = (struct pg_send){.text = "COMMIT"};
        last->over = true;
    }
    return true;
}

int pg_commit_after(void *given, bool (*next)(void *context, struct db_last *ret_last),
                    void *context, struct error *error)
{
    struct pg_connection *connection = given;
    struct last last = {.connection = connection, .next = next, .context = context};
    PGresult *result = NULL;
    if (!connection->link || pg_is_spoiled(connection))
        return lost_before(error);
    int code = pg_link_run_all(connection->link, next_send, &last, &result, error);
    if (code == 0) {
        bool committed = text_equal(PQcmdStatus(result), "COMMIT");
        PQclear(result);
        return ended(connection, committed, committed ? 0 : lost_before(error), error);
    }
    for (size_t i = 0; i < last.made_count; i++)
        pg_pool_statement_failed(connection, &last.made[i], error);
    pg_pool_statement_failed(connection, &last.use, error);
    // One of the statements has failed: it can be rolled back.
    if (pg_is_spoiled(connection) && pg_link_is_up(connection->link))
        return code;
    return ended(connection, false, code, error);
}
