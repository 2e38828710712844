// SPDX-License-Identifier: MPL-2.0
// Filling tables of PostgreSQL: COPY in its binary form, inside the writer's transaction.
#include "db_postgres.h"

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

enum { SEND_AT = 64 * 1024, FILL_CEILING = 128 * 1024 * 1024, WKB_HEAD = 5 };
enum { EWKB_HAS_SRID = 0x20000000, WGS84 = 4326 };

static void put_uint(struct buffer *out, uint64_t value, int bytes)
{
    char digits[8];
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        digits[i] = (char)(value & 0xff);
    buffer_append(out, digits, (size_t)bytes);
}

int pg_fill_begin(void *given, const char *text, struct error *error)
{
    static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
    struct pg_connection *connection = given;
    if (!connection->link)
        return error_set(error, ERROR_STORE, "db.transaction_lost", "no transaction");
    PGresult *result = PQexec(connection->link->handle, text);
    int code =
        PQresultStatus(result) == PGRES_COPY_IN ? 0 : pg_fail(connection, result, error);
    PQclear(result);
    if (code != 0)
        return code;
    connection->fill = memory_new(sizeof *connection->fill);
    buffer_init(connection->fill, FILL_CEILING);
    buffer_append(connection->fill, head, sizeof head - 1);
    return 0;
}

static int send(struct pg_connection *connection, struct error *error)
{
    struct buffer *fill = connection->fill;
    int code = buffer_check(fill, error);
    if (code == 0 && !connection->link)
        code = error_set(error, ERROR_STORE, "db.transaction_lost", "no transaction");
    if (code == 0 && fill->length > 0 &&
        PQputCopyData(connection->link->handle, fill->data, (int)fill->length) != 1)
        code = pg_fail(connection, NULL, error);
    buffer_clear(fill);
    return code;
}

// Well-known binary with its system, which a column is strict about.
static void put_shape(struct buffer *out, const char *bytes, size_t length)
{
    bool little = bytes[0] == 1;
    uint32_t type = 0;
    for (int i = 0; i < 4; i++)
        type |= (uint32_t)(unsigned char)bytes[little ? 1 + i : 4 - i] << (8 * i);
    uint32_t words[] = {type | EWKB_HAS_SRID, WGS84};
    put_uint(out, length + 4, 4);
    buffer_append(out, bytes, 1);
    for (int w = 0; w < 2; w++)
        for (int i = 0; i < 4; i++)
            buffer_append_char(out, (char)(words[w] >> (8 * (little ? i : 3 - i)) & 0xff));
    buffer_append(out, bytes + WKB_HEAD, length - WKB_HEAD);
}

int pg_fill_value(void *given, size_t first, const struct db_value *value, bool shape,
                  struct error *error)
{
    struct pg_connection *connection = given;
    struct buffer *out = connection->fill;
    uint64_t bits = 0;
    int code = first > 0 && out->length >= SEND_AT ? send(connection, error) : 0;
    if (first > 0)
        put_uint(out, first, 2);
    switch (value->type) {
    case DB_TYPE_NULL:
        put_uint(out, UINT32_MAX, 4);
        break;
    case DB_TYPE_INT:
        put_uint(out, 8, 4);
        put_uint(out, (uint64_t)value->as.integer, 8);
        break;
    case DB_TYPE_DOUBLE:
        memcpy(&bits, &value->as.real, sizeof bits);
        put_uint(out, 8, 4);
        put_uint(out, bits, 8);
        break;
    case DB_TYPE_TEXT:
    case DB_TYPE_BLOB:
        if (shape && value->length > WKB_HEAD) {
            put_shape(out, value->as.bytes, value->length);
            break;
        }
        put_uint(out, value->length, 4);
        buffer_append(out, value->type == DB_TYPE_TEXT ? value->as.text : value->as.bytes,
                      value->length);
        break;
    }
    return code;
}

static void forget(struct pg_connection *connection)
{
    if (connection->fill)
        buffer_done(connection->fill);
    free(connection->fill);
    connection->fill = NULL;
}

// What COPY answers; the last of several.
static int answer(struct pg_connection *connection, struct error *error)
{
    int code = 0;
    for (PGresult *result;
         connection->link && (result = PQgetResult(connection->link->handle));) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && code == 0)
            code = pg_fail(connection, result, error);
        PQclear(result);
    }
    return code;
}

int pg_fill_end(void *given, struct error *error)
{
    struct pg_connection *connection = given;
    put_uint(connection->fill, UINT16_MAX, 2);
    int code = send(connection, error);
    if (code == 0 && PQputCopyEnd(connection->link->handle, NULL) != 1)
        code = pg_fail(connection, NULL, error);
    if (code == 0)
        code = answer(connection, error);
    else
        pg_fill_drop(connection);
    forget(connection);
    return code;
}

void pg_fill_drop(void *given)
{
    struct pg_connection *connection = given;
    struct error ignored = {0};
    if (pg_link_is_up(connection->link) &&
        PQputCopyEnd(connection->link->handle, "the copy was cut short") == 1)
        (void)answer(connection, &ignored);
    forget(connection);
}

// Runs what a query makes for the schema, each in a transaction of its own.
static int run_made(struct pg_connection *connection, enum query_id query,
                    struct error *error)
{
    static const Oid types[] = {PG_TEXT};
    const char *values[] = {connection->schema};
    int lengths[] = {(int)strlen(connection->schema)};
    struct pg_send send = {.text = db_query_texts[query].text,
                           .count = 1,
                           .types = types,
                           .values = values,
                           .lengths = lengths};
    PGresult *results[PG_STEPS_MAX];
    int code = pg_link_run(connection->link, &send, 1, results, error);
    for (int i = 0; code == 0 && i < PQntuples(results[0]); i++) {
        const char *text = PQgetvalue(results[0], i, 0);
        code = pg_link_script(connection->link, text, error);
        if (code != 0)
            error_prefix(error, "%.80s", text);
    }
    PQclear(results[0]);
    return code;
}

int pg_fill_over(void *given, bool filled, struct error *error)
{
    struct pg_connection *connection = given;
    int code = pg_pool_take(connection, error);
    if (code == 0)
        code = run_made(connection, QUERY_POSTGRES_DRAW_ON, error);
    if (code == 0 && filled)
        code = run_made(connection, QUERY_POSTGRES_LOOK_OVER, error);
    pg_settle(connection);
    return code;
}
