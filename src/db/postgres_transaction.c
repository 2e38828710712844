// SPDX-License-Identifier: MPL-2.0
// Transactions of the PostgreSQL engine.
//
// A reading transaction sees one moment (REPEATABLE READ). A writing one takes the turn of
// its database first, so that there is one at a time as on SQLite, and then sees all that
// was committed before (READ COMMITTED).
#include "db_postgres.h"

#include <stdio.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

// ---- settings ----

static const Oid settings_types[] = {PG_TEXT, PG_TEXT, PG_TEXT, PG_TEXT};

int pg_settings_make(struct pg_connection *connection, struct pg_settings *ret_settings,
                     struct error *error)
{
    int64_t left_ms = 0;
    if (connection->budget_end_us > 0) {
        int64_t left_us = connection->budget_end_us - instant_monotonic_us();
        if (left_us <= 0) {
            connection->was_over_budget = true;
            return error_set(error, ERROR_BUSY, "db.over_budget", "no time is left");
        }
        left_ms = left_us / 1000 + 1;
    }
    snprintf(ret_settings->timeout, sizeof ret_settings->timeout, "%lld",
             (long long)left_ms);
    snprintf(ret_settings->lock, sizeof ret_settings->lock, "%d",
             connection->writer ? PG_LOCK_MS : 0);
    ret_settings->values[0] = connection->search_path;
    ret_settings->values[1] = ret_settings->timeout;
    ret_settings->values[2] = connection->lazy ? "off" : "";
    ret_settings->values[3] = ret_settings->lock;
    for (int i = 0; i < 4; i++)
        ret_settings->lengths[i] = (int)strlen(ret_settings->values[i]);
    ret_settings->send =
        (struct pg_send){.text = db_query_texts[QUERY_POSTGRES_SETTINGS].text,
                         .count = 4,
                         .types = settings_types,
                         .values = ret_settings->values,
                         .lengths = ret_settings->lengths};
    return 0;
}

void pg_turn_make(const struct pg_connection *connection, bool beside, struct pg_turn *turn)
{
    static const Oid types[] = {PG_INT8};
    static const int lengths[] = {8};
    pg_put_int(turn->key, connection->lock_key);
    turn->values[0] = (const char *)turn->key;
    enum query_id query = beside ? QUERY_POSTGRES_WRITER_BESIDE : QUERY_POSTGRES_WRITER;
    turn->send = (struct pg_send){.text = db_query_texts[query].text,
                                  .count = 1,
                                  .types = types,
                                  .values = turn->values,
                                  .lengths = lengths};
    static const Oid hold_types[] = {PG_TEXT};
    turn->hold_values[0] = connection->slug;
    turn->hold_lengths[0] = (int)strlen(connection->slug);
    turn->hold = (struct pg_send){.count = 1,
                                  .types = hold_types,
                                  .values = turn->hold_values,
                                  .lengths = turn->hold_lengths};
    if (connection->slug[0])
        turn->hold.text = db_query_texts[QUERY_POSTGRES_HOLD].text;
}

size_t pg_turn_add(struct pg_turn *turn, struct pg_send *sends, size_t count)
{
    if (turn->hold.text)
        sends[count++] = turn->hold;
    sends[count++] = turn->send;
    if (turn->hold.text)
        sends[count++] = turn->hold;
    return count;
}

int pg_turn_failed(const struct pg_connection *connection, int code, struct error *error)
{
    if (!connection->slug[0] || !strstr(error->message, "(22012)"))
        return code;
    return error_set(error, ERROR_BUSY, "city.held",
                     "%s is being moved to another store, nobody may write to it now",
                     connection->slug);
}

// ---- failures ----

void pg_lose(struct pg_connection *connection)
{
    connection->open = false;
    connection->cursors = 0;
    connection->lost++;
}

void pg_settle(struct pg_connection *connection)
{
    if (!connection->open && connection->cursors == 0)
        pg_pool_give(connection);
}

int pg_fail(struct pg_connection *connection, const PGresult *result, struct error *error)
{
    int code = result || error->code == 0 ? pg_error(connection->link, result, error)
                                          : error->code;
    if (text_equal(error->slug, "db.over_budget"))
        connection->was_over_budget = true;
    // What comes after a statement that ran out of time has the same reason.
    else if (text_equal(error->slug, "db.transaction_lost") && connection->was_over_budget)
        code = error_set(error, ERROR_BUSY, "db.over_budget", "no time is left");
    if (!pg_link_is_up(connection->link)) {
        pg_lose(connection);
        pg_pool_give(connection);
    }
    return code;
}

// ---- begin ----

enum how { READING, WRITING, BESIDE };

static int begin(struct pg_connection *connection, enum how how, struct error *error)
{
    bool write = how != READING;
    static const char *const words[] = {
        "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE"};
    struct pg_settings settings;
    struct pg_turn turn = {.hold = {.text = NULL}};
    PGresult *results[PG_STEPS_MAX];
    int code = pg_pool_take(connection, error);
    if (code == 0)
        code = pg_settings_make(connection, &settings, error);
    if (code != 0)
        return code;
    struct pg_send sends[2 + PG_TURN_STEPS] = {{.text = words[write]}, settings.send};
    size_t count = 2;
    if (write) {
        pg_turn_make(connection, how == BESIDE, &turn);
        count = pg_turn_add(&turn, sends, count);
    }
    const size_t taken = turn.hold.text ? 3 : 2;
    code = pg_link_run(connection->link, sends, count, results, error);
    if (code != 0) {
        code = pg_turn_failed(connection, pg_fail(connection, NULL, error), error);
        // The transaction block may stand there, spoiled.
        struct error ignored = {0};
        if (pg_link_is_up(connection->link) &&
            PQtransactionStatus(connection->link->handle) != PQTRANS_IDLE)
            (void)pg_link_script(connection->link, "ROLLBACK", &ignored);
        return code;
    }
    connection->xid[0] = '\0';
    if (write) {
        snprintf(connection->xid, sizeof connection->xid, "%s",
                 PQgetvalue(results[taken], 0, 1));
        snprintf(connection->mark, sizeof connection->mark, "%s",
                 PQgetvalue(results[taken], 0, 2));
    }
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
    return 0;
}

bool pg_again(const struct pg_connection *connection, const struct error *error)
{
    return text_equal(error->slug, "store.unavailable") && !pg_pool_waits(connection);
}

// A connection that had died unnoticed is found out by its next transaction, which has done
// nothing yet: it begins once more on a new one.
static int begin_or_again(struct pg_connection *connection, enum how how,
                          struct error *error)
{
    int code = begin(connection, how, error);
    if (code != 0 && !connection->link && pg_again(connection, error)) {
        error_clear(error);
        code = begin(connection, how, error);
    }
    if (code != 0)
        pg_settle(connection);
    return code;
}

int pg_own_begin(struct pg_connection *connection, struct error *error)
{
    return connection->cursors > 0 ? 0 : begin_or_again(connection, READING, error);
}

void pg_own_end(struct pg_connection *connection)
{
    struct error ignored = {0};
    connection->lost++;
    if (pg_link_is_up(connection->link))
        (void)pg_link_script(connection->link, "COMMIT", &ignored);
    pg_settle(connection);
}

static int begin_open(struct pg_connection *connection, enum how how, struct error *error)
{
    // Lone statements that are still stepped through get what they have not fetched yet.
    int code = connection->cursors > 0 ? pg_cursors_drain(connection, error) : 0;
    if (code == 0)
        code = begin_or_again(connection, how, error);
    connection->open = code == 0;
    if (code == 0 && how != READING &&
        (code = pg_look_after_room(connection, error)) != 0) {
        struct error ignored = {0};
        (void)pg_control(connection, DB_CONTROL_ROLLBACK, 0, &ignored);
    }
    return code;
}

// ---- apart ----

int pg_fetch_apart(void *given, const struct db_text *text, const int64_t *values,
                   size_t count, int64_t *ret_value, struct error *error)
{
    enum { VALUES_MOST = 4 };
    static const Oid types[VALUES_MOST] = {PG_INT8, PG_INT8, PG_INT8, PG_INT8};
    static const int lengths[VALUES_MOST] = {8, 8, 8, 8};
    struct pg_connection *connection = given;
    unsigned char bytes[VALUES_MOST][8];
    const char *places[VALUES_MOST];
    struct pg_settings settings;
    PGresult *results[PG_STEPS_MAX];
    for (size_t i = 0; i < count && i < VALUES_MOST; i++) {
        pg_put_int(bytes[i], values[i]);
        places[i] = (const char *)bytes[i];
    }
    int code = 0;
    if (!pg_link_is_up(&connection->apart)) {
        pg_link_close(&connection->apart);
        code = pg_link_open(&connection->apart, pg_pool_address(connection), error);
    }
    if (code == 0)
        code = pg_settings_make(connection, &settings, error);
    if (code != 0)
        return code;
    // A number is lost with the log at worst together with all that has used it.
    settings.values[2] = "off";
    settings.lengths[2] = 3;
    struct pg_send sends[] = {{.text = "BEGIN"},
                              settings.send,
                              {.text = text->text,
                               .count = (int)count,
                               .types = types,
                               .values = places,
                               .lengths = lengths},
                              {.text = "COMMIT"}};
    code = pg_link_run(&connection->apart, sends, 4, results, error);
    if (code != 0) {
        pg_link_close(&connection->apart); // whatever stands open there
        return code;
    }
    struct pg_cell cell = {.bytes = PQgetvalue(results[2], 0, 0),
                           .length = (size_t)PQgetlength(results[2], 0, 0),
                           .type = PQftype(results[2], 0)};
    *ret_value = pg_cell_int(&cell);
    for (int i = 0; i < 4; i++)
        PQclear(results[i]);
    return 0;
}

// ---- what others may change ----

int pg_watch(void *given, const struct db_target *other, const struct db_text *text,
             int64_t *ret_value, struct error *error)
{
    static const Oid types[] = {PG_INT8, PG_TEXT}, over_types[] = {PG_TEXT};
    struct pg_connection *connection = given;
    char schema[PG_SCHEMA_SIZE], path[2 * PG_SCHEMA_SIZE + 16];
    unsigned char key[8];
    PGresult *results[PG_STEPS_MAX];
    pg_schema_of(other, schema);
    pg_put_int(key, pg_key_of(schema));
    snprintf(path, sizeof path, "%s, public", schema);
    const char *values[] = {(const char *)key, path};
    const char *over_values[] = {connection->search_path};
    const int lengths[] = {8, (int)strlen(path)};
    const int over_lengths[] = {(int)strlen(connection->search_path)};
    struct pg_send sends[] = {{.text = db_query_texts[QUERY_POSTGRES_WATCH].text,
                               .count = 2,
                               .types = types,
                               .values = values,
                               .lengths = lengths},
                              {.text = text->text},
                              {.text = db_query_texts[QUERY_POSTGRES_WATCH_OVER].text,
                               .count = 1,
                               .types = over_types,
                               .values = over_values,
                               .lengths = over_lengths}};
    int code = pg_link_run(connection->link, sends, 3, results, error);
    if (code != 0)
        return pg_fail(connection, NULL, error);
    *ret_value = 0;
    if (PQntuples(results[1]) > 0 && !PQgetisnull(results[1], 0, 0)) {
        struct pg_cell cell = {.bytes = PQgetvalue(results[1], 0, 0),
                               .length = (size_t)PQgetlength(results[1], 0, 0),
                               .type = PQftype(results[1], 0)};
        *ret_value = pg_cell_int(&cell);
    }
    for (int i = 0; i < 3; i++)
        PQclear(results[i]);
    return 0;
}

// ---- levels ----

static int level_script(struct pg_connection *connection, const char *format,
                        unsigned level, struct error *error)
{
    char text[64];
    if (!connection->link)
        return error_set(error, ERROR_STORE, "db.transaction_lost", "no transaction");
    snprintf(text, sizeof text, "%s s%u", format, level);
    int code = pg_link_script(connection->link, text, error);
    return code == 0 ? 0 : pg_fail(connection, NULL, error);
}

int pg_control(void *given, enum db_control control, unsigned level, struct error *error)
{
    struct pg_connection *connection = given;
    struct error own = {0};
    error = error ? error : &own;
    switch (control) {
    case DB_CONTROL_BEGIN_READ:
        return begin_open(connection, READING, error);
    case DB_CONTROL_BEGIN_WRITE:
        return begin_open(connection, WRITING, error);
    case DB_CONTROL_BEGIN_BESIDE:
        return begin_open(connection, BESIDE, error);
    case DB_CONTROL_COMMIT:
        return pg_commit(connection, error);
    case DB_CONTROL_ROLLBACK: {
        int code =
            connection->link ? pg_link_script(connection->link, "ROLLBACK", error) : 0;
        pg_lose(connection);
        pg_settle(connection);
        return code;
    }
    case DB_CONTROL_SAVEPOINT:
        return level_script(connection, "SAVEPOINT", level, error);
    case DB_CONTROL_RELEASE:
        return level_script(connection, "RELEASE", level, error);
    case DB_CONTROL_ROLLBACK_TO: {
        int code = level_script(connection, "ROLLBACK TO", level, error);
        return code == 0 ? level_script(connection, "RELEASE", level, error) : code;
    }
    }
    return error_set(error, ERROR_BUG, "db.misuse", "no such control");
}

bool pg_in_transaction(void *given)
{
    struct pg_connection *connection = given;
    return connection->open && pg_link_is_up(connection->link);
}

bool pg_is_spoiled(void *given)
{
    struct pg_connection *connection = given;
    return connection->link &&
           PQtransactionStatus(connection->link->handle) == PQTRANS_INERROR;
}
