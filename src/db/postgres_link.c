// SPDX-License-Identifier: MPL-2.0
// Connections to PostgreSQL: opening, coming back, asking, errors.
#include "db_postgres.h"

#include <stdio.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

// ---- errors ----

static const struct {
    const char *state; // SQLSTATE, or the class alone
    int code;
    const char *slug;
} states[] = {
    {"23505", ERROR_CONFLICT, "db.unique"},
    {"23503", ERROR_CONFLICT, "db.foreign_key"},
    {"23514", ERROR_CONFLICT, "db.check"},
    {"23502", ERROR_CONFLICT, "db.not_null"},
    {"23", ERROR_CONFLICT, "db.constraint"},
    {"57014", ERROR_BUSY, "db.over_budget"},
    {"40", ERROR_BUSY, "db.busy"},    // serialization, deadlock
    {"55P03", ERROR_BUSY, "db.busy"}, // a lock was not to be had in time
    {"53100", ERROR_IO, "disk.full"},
    {"53300", ERROR_BUSY, "store.unavailable"}, // too many connections
    {"53", ERROR_STORE, "db.no_memory"},
    {"08", ERROR_BUSY, "store.unavailable"},    // the connection
    {"57P", ERROR_BUSY, "store.unavailable"},   // shutting down, starting up
    {"25006", ERROR_BUSY, "store.unavailable"}, // read only: no primary any more
    {"25P02", ERROR_STORE, "db.transaction_lost"},
    {"58030", ERROR_IO, "db.io"},
    {"XX", ERROR_STORE, "db.corrupt"},
    {"22", ERROR_INPUT, "db.bad_value"}, // not UTF-8, out of range
    {"54", ERROR_LIMIT, "db.too_big"},
    {"28", ERROR_STORE, "store.denied"}, // user, password
    {"3D", ERROR_NOT_FOUND, "store.missing"},
};

int pg_error(struct pg_link *link, const PGresult *result, struct error *error)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *primary =
        result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char message[256];
    snprintf(message, sizeof message, "%s",
             primary        ? primary
             : link->handle ? PQerrorMessage(link->handle)
                            : "no memory");
    for (char *p = message; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = p[1] ? ' ' : '\0';
    for (size_t i = 0; state && i < sizeof states / sizeof states[0]; i++)
        if (text_starts(state, states[i].state))
            return error_set(error, states[i].code, states[i].slug, "%s (%s)", message,
                             state);
    if (state)
        return error_set(error, ERROR_STORE, "db.failed", "%s (%s)", message, state);
    link->broken = true; // libpq's own: it could not send, or nothing came back
    return error_set(error, ERROR_BUSY, "store.unavailable",
                     "the database does not answer: %s", message);
}

// ---- connections ----

bool pg_link_is_up(const struct pg_link *link)
{
    return link && link->handle && !link->broken && PQstatus(link->handle) == CONNECTION_OK;
}

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

// PgBouncer makes up the process that it tells a client.
static int look(struct pg_link *link, struct error *error)
{
    int64_t process = 0;
    int code = pg_link_ask(link, QUERY_POSTGRES_PROCESS, NULL, 0, &process, error);
    link->direct = code == 0 && process == PQbackendPID(link->handle);
    return code;
}

int pg_link_open(struct pg_link *link, const char *address, struct error *error)
{
    // What stands before dbname may be said otherwise by the address, what follows not.
    static const char *const names[] = {
        "connect_timeout",  "keepalives_idle",           "keepalives_interval",
        "keepalives_count", "tcp_user_timeout",          "dbname",
        "client_encoding",  "fallback_application_name", NULL};
    const char *values[] = {"3",     "10",   "5",        "3", "15000",
                            address, "UTF8", "gridcase", NULL};
    link->broken = false;
    link->handle = PQconnectdbParams(names, values, 1);
    if (!pg_link_is_up(link)) {
        int code = pg_error(link, NULL, error);
        if (link->handle && PQconnectionNeedsPassword(link->handle))
            code = error_set(error, ERROR_STORE, "store.denied",
                             "the database asks for a password");
        pg_link_close(link);
        return code;
    }
    PQsetNoticeReceiver(link->handle, ignore_notice, NULL);
    return look(link, error);
}

void pg_link_close(struct pg_link *link)
{
    if (link->handle)
        PQfinish(link->handle);
    link->handle = NULL;
}

// ---- asking ----

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static int send_one(struct pg_link *link, const struct pg_send *send)
{
    static const int binary[] = {
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    if (send->prepare)
        return PQsendPrepare(link->handle, send->prepared, send->text, send->count,
                             send->types);
    if (send->prepared)
        return PQsendQueryPrepared(link->handle, send->prepared, send->count, send->values,
                                   send->lengths, binary, 1);
    return PQsendQueryParams(link->handle, send->text, send->count, send->types,
                             send->values, send->lengths, binary, 1);
}

// One step's result in pipeline mode; NULL when the connection has gone.
static PGresult *take_result(struct pg_link *link)
{
    PGresult *result = PQgetResult(link->handle);
    if (!result)
        return NULL;
    // A second one for one statement is the error of a timeout that struck when the
    // statement was done and the server waited for what comes next: its transaction is
    // spoiled.
    for (PGresult *more; (more = PQgetResult(link->handle));) {
        PQclear(result);
        result = more;
    }
    return result;
}

// An error that comes after the last statement's result spoils it all (see take_result).
static int end_pipeline(struct pg_link *link, size_t steps, int code, struct error *error)
{
    for (size_t i = 0; i < 8 * (steps + 1) && pg_link_is_up(link); i++) {
        PGresult *result = PQgetResult(link->handle);
        bool synced = result && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (code == 0 && result && PQresultStatus(result) == PGRES_FATAL_ERROR)
            code = pg_error(link, result, error);
        PQclear(result);
        if (synced)
            break;
    }
    if (pg_link_is_up(link))
        (void)PQexitPipelineMode(link->handle);
    return code;
}

static int run_pipeline(struct pg_link *link, const struct pg_send *sends, size_t count,
                        PGresult *results[PG_STEPS_MAX], struct error *error)
{
    size_t sent = 0;
    int code = 0;
    if (!PQenterPipelineMode(link->handle))
        return pg_error(link, NULL, error);
    while (sent < count && send_one(link, &sends[sent]))
        sent++;
    if (sent < count)
        code = pg_error(link, NULL, error);
    if (!PQpipelineSync(link->handle) && code == 0)
        code = pg_error(link, NULL, error);
    for (size_t i = 0; i < sent && code == 0; i++) {
        results[i] = take_result(link);
        if (!results[i] || !is_good(results[i]))
            code = pg_error(link, results[i], error);
    }
    return end_pipeline(link, count, code, error);
}

int pg_link_run_all(struct pg_link *link, bool (*next)(void *context, struct pg_send *send),
                    void *context, PGresult **ret_last, struct error *error)
{
    struct pg_send send;
    PGresult *last = NULL;
    size_t sent = 0;
    int code = 0;
    if (!PQenterPipelineMode(link->handle))
        return pg_error(link, NULL, error);
    while (code == 0 && next(context, &send)) {
        if (send_one(link, &send))
            sent++;
        else
            code = pg_error(link, NULL, error);
    }
    if (!PQpipelineSync(link->handle) && code == 0)
        code = pg_error(link, NULL, error);
    for (size_t i = 0; i < sent && code == 0; i++) {
        PQclear(last);
        last = take_result(link);
        if (!last || !is_good(last))
            code = pg_error(link, last, error);
    }
    code = end_pipeline(link, sent, code, error);
    if (code == 0)
        *ret_last = last;
    else
        PQclear(last);
    return code;
}

int pg_link_run(struct pg_link *link, const struct pg_send *sends, size_t count,
                PGresult *results[PG_STEPS_MAX], struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < PG_STEPS_MAX; i++)
        results[i] = NULL;
    if (count == 1) {
        static const struct pg_send nothing;
        const struct pg_send *send = sends ? sends : &nothing;
        if (!send_one(link, send))
            return pg_error(link, NULL, error);
        results[0] = take_result(link);
        if (!results[0] || !is_good(results[0]))
            code = pg_error(link, results[0], error);
    } else {
        code = run_pipeline(link, sends, count, results, error);
    }
    for (size_t i = 0; code != 0 && i < count; i++) {
        PQclear(results[i]);
        results[i] = NULL;
    }
    return code;
}

int pg_link_script(struct pg_link *link, const char *text, struct error *error)
{
    PGresult *result = PQexec(link->handle, text);
    int code = is_good(result) || PQresultStatus(result) == PGRES_EMPTY_QUERY
                   ? 0
                   : pg_error(link, result, error);
    PQclear(result);
    return code;
}

int pg_link_ask(struct pg_link *link, enum query_id query, const char *const *texts,
                int count, int64_t *ret_value, struct error *error)
{
    static const Oid types[PG_STEPS_MAX] = {PG_TEXT, PG_TEXT, PG_TEXT, PG_TEXT};
    int lengths[PG_STEPS_MAX] = {0};
    PGresult *results[PG_STEPS_MAX];
    for (int i = 0; i < count; i++)
        lengths[i] = (int)strlen(texts[i]);
    struct pg_send send = {.text = db_query_texts[query].text,
                           .count = count,
                           .types = types,
                           .values = texts,
                           .lengths = lengths};
    int code = pg_link_run(link, &send, 1, results, error);
    if (code != 0)
        return code;
    *ret_value = 0;
    if (PQntuples(results[0]) > 0 && !PQgetisnull(results[0], 0, 0)) {
        struct pg_cell cell = {.bytes = PQgetvalue(results[0], 0, 0),
                               .length = (size_t)PQgetlength(results[0], 0, 0),
                               .type = PQftype(results[0], 0)};
        *ret_value = pg_cell_int(&cell);
    }
    PQclear(results[0]);
    return 0;
}
