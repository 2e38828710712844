// SPDX-License-Identifier: MPL-2.0
// Statements of the PostgreSQL engine.
//
// A statement is its text, sent with its parameters. One that comes again on a connection
// to the server itself is prepared there; a pooler's connection is somebody else's next
// time. What it answers is fetched at once, or, where it may be very much (db_text.many),
// through a cursor as it is stepped through.
#include "db_postgres.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/text.h>

enum { PARAMETERS_MAX = 99, FETCH_FIRST = 64, FETCH_MOST = 4096, DECLARE_ROOM = 64 };
enum { CELL_TEXT = 40 };

struct pg_statement {
    struct pg_connection *connection;
    char *text;    // with room for the DECLARE before it
    char *declare; // begins there
    int highest;   // n of $n
    bool writes, many;
    bool keyed;
    struct pg_use use;
    Oid unused[PARAMETERS_MAX]; // type of a number that the text leaves out, else 0
    Oid types[PARAMETERS_MAX];
    char *values[PARAMETERS_MAX]; // NULL: NULL; owned
    int lengths[PARAMETERS_MAX];
    PGresult *result;  // NULL: not run
    PGresult *pending; // rows that follow those of result
    int row, rows;
    bool run;
    unsigned cursor; // its number, 0: none is open
    unsigned since;  // connection->lost when it was opened
    int fetch;
    char (*texts)[CELL_TEXT]; // of columns that are no texts, made when asked for
    struct pg_statement *next_cursor;
};

// ---- making ----

// The highest n of $n; a number that the text leaves out (parts do) gets some type, since
// PostgreSQL cannot find one.
static int count_parameters(const char *text, Oid unused[PARAMETERS_MAX])
{
    int highest = 0;
    for (int i = 0; i < PARAMETERS_MAX; i++)
        unused[i] = PG_INT8;
    for (const char *p = text; *p; p++) {
        if (*p == '\'') {
            const char *end = strchr(p + 1, '\'');
            if (!end)
                break;
            p = end;
        } else if (*p == '$') {
            int n = 0;
            for (p++; isdigit((unsigned char)*p) && n < 1000; p++)
                n = n * 10 + (*p - '0');
            p--;
            highest = n > highest ? n : highest;
            if (n >= 1 && n <= PARAMETERS_MAX)
                unused[n - 1] = 0;
        }
    }
    return highest;
}

static bool text_writes(const char *text)
{
    static const char *const words[] = {"INSERT", "UPDATE", "DELETE"};
    bool with = text_starts(text, "WITH ");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_starts(text, words[i]) || (with && strstr(text, words[i])))
            return true;
    return false;
}

int pg_prepare(void *given, const struct db_text *text, void **ret_statement,
               struct error *error)
{
    struct pg_statement *statement = memory_new(sizeof *statement);
    char *room = malloc(DECLARE_ROOM + text->length + 1);
    if (!room)
        abort();
    memcpy(room + DECLARE_ROOM, text->text, text->length);
    room[DECLARE_ROOM + text->length] = '\0';
    statement->connection = given;
    statement->declare = room;
    statement->text = room + DECLARE_ROOM;
    statement->many = text->many;
    statement->writes = text_writes(statement->text);
    statement->highest = count_parameters(statement->text, statement->unused);
    memcpy(statement->types, statement->unused, sizeof statement->types);
    if (statement->highest > PARAMETERS_MAX) {
        pg_release(statement);
        return error_set(error, ERROR_BUG, "db.misuse", "more than %d parameters",
                         PARAMETERS_MAX);
    }
    *ret_statement = statement;
    return 0;
}

void pg_release(void *given)
{
    struct pg_statement *statement = given;
    pg_reset(statement);
    pg_clear(statement);
    free(statement->texts);
    free(statement->declare);
    free(statement);
}

const char *pg_statement_text(void *given)
{
    return ((struct pg_statement *)given)->text;
}

int pg_parameters(void *given)
{
    return ((struct pg_statement *)given)->highest;
}

bool pg_writes(void *given)
{
    return ((struct pg_statement *)given)->writes;
}

// ---- binding ----

static void keep(struct pg_statement *statement, int at, Oid type, const void *bytes,
                 size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy)
        abort();
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    statement->types[at] = type;
    statement->values[at] = copy;
    statement->lengths[at] = (int)length;
}

int pg_bind(void *given, int index, const struct db_value *value, struct error *error)
{
    struct pg_statement *statement = given;
    unsigned char number[8];
    uint64_t bits;
    if (index < 1 || index > PARAMETERS_MAX)
        return error_set(error, ERROR_BUG, "db.misuse", "no parameter $%d", index);
    if (value->length > INT32_MAX / 2)
        return error_set(error, ERROR_LIMIT, "db.too_big", "a value of %zu bytes",
                         value->length);
    int at = index - 1;
    free(statement->values[at]);
    statement->values[at] = NULL;
    statement->types[at] = statement->unused[at];
    if (index > statement->highest || statement->unused[at] != 0)
        return 0;
    switch (value->type) {
    case DB_TYPE_NULL:
        break;
    case DB_TYPE_INT:
        pg_put_int(number, value->as.integer);
        keep(statement, at, PG_INT8, number, 8);
        break;
    case DB_TYPE_DOUBLE:
        memcpy(&bits, &value->as.real, sizeof bits);
        pg_put_int(number, (int64_t)bits);
        keep(statement, at, PG_FLOAT8, number, 8);
        break;
    case DB_TYPE_TEXT:
        keep(statement, at, PG_TEXT, value->as.text, value->length);
        break;
    case DB_TYPE_BLOB:
        keep(statement, at, PG_BYTEA, value->as.bytes, value->length);
        break;
    }
    return 0;
}

void pg_clear(void *given)
{
    struct pg_statement *statement = given;
    for (int i = 0; i < statement->highest && i < PARAMETERS_MAX; i++) {
        free(statement->values[i]);
        statement->values[i] = NULL;
        statement->types[i] = statement->unused[i];
    }
}

// ---- running ----

static struct pg_send send_of(const struct pg_statement *statement, const char *text)
{
    return (struct pg_send){.text = text,
                            .count = statement->highest,
                            .types = statement->types,
                            .values = (const char *const *)statement->values,
                            .lengths = statement->lengths};
}

void pg_statement_key(const char *schema, const char *text, uint8_t out[PG_KEY_SIZE])
{
    uint8_t digest[HASH_SIZE];
    struct hash *hash = hash_new();
    hash_add(hash, schema, strlen(schema) + 1);
    hash_add(hash, text, strlen(text));
    hash_finish(hash, digest);
    memcpy(out, digest, PG_KEY_SIZE);
}

static void make_key(struct pg_statement *statement)
{
    pg_statement_key(statement->connection->schema, statement->text, statement->use.key);
    statement->keyed = true;
}

size_t pg_use_add(struct pg_connection *connection, struct pg_use *use,
                  const struct pg_send *send, struct pg_send *sends, size_t count)
{
    use->types = send->types;
    use->count = send->count;
    pg_pool_statement(connection, use);
    if (use->drop != 0) {
        snprintf(use->drop_text, sizeof use->drop_text, "DEALLOCATE s%u", use->drop);
        sends[count++] = (struct pg_send){.text = use->drop_text};
    }
    snprintf(use->name, sizeof use->name, "s%u", use->no);
    if (use->prepare) {
        sends[count] = *send;
        sends[count].types = use->known_types;
        sends[count].prepared = use->name;
        sends[count++].prepare = true;
    }
    sends[count] = *send;
    if (use->no != 0)
        sends[count].prepared = use->name;
    return count + 1;
}

static size_t add_sends(struct pg_statement *statement, struct pg_send *sends, size_t count)
{
    const struct pg_send send = send_of(statement, statement->text);
    if (!statement->keyed && statement->connection->link->direct)
        make_key(statement);
    return pg_use_add(statement->connection, &statement->use, &send, sends, count);
}

static void take(struct pg_statement *statement, PGresult *result)
{
    PQclear(statement->result);
    statement->result = result;
    statement->row = -1;
    statement->rows = PQntuples(result);
    const char *count = PQcmdTuples(result);
    int64_t changes = 0;
    if (statement->writes && text_to_int(count, strlen(count), &changes, NULL) == 0)
        statement->connection->changes = changes;
}

// The last of the results stays.
static int run_sends(struct pg_statement *statement, const struct pg_send *sends,
                     size_t count, PGresult *results[PG_STEPS_MAX], struct error *error)
{
    struct pg_connection *connection = statement->connection;
    int code = pg_link_run(connection->link, sends, count, results, error);
    if (code != 0) {
        pg_pool_statement_failed(connection, &statement->use, error);
        return pg_fail(connection, NULL, error);
    }
    for (size_t i = 0; i + 1 < count; i++)
        PQclear(results[i]);
    return 0;
}

// Outside every transaction: settings and statement are one of their own.
static int run_lone(struct pg_statement *statement, struct error *error)
{
    struct pg_connection *connection = statement->connection;
    struct pg_settings settings;
    struct pg_turn turn;
    PGresult *results[PG_STEPS_MAX];
    int code = pg_pool_take(connection, error);
    if (code == 0)
        code = pg_settings_make(connection, &settings, error);
    if (code != 0)
        return code;
    struct pg_send sends[PG_STEPS_MAX] = {settings.send};
    size_t count = 1;
    if (statement->writes) {
        pg_turn_make(connection, false, &turn);
        count = pg_turn_add(&turn, sends, count);
    }
    count = add_sends(statement, sends, count);
    code = run_sends(statement, sends, count, results, error);
    if (code != 0)
        return statement->writes ? pg_turn_failed(connection, code, error) : code;
    connection->counters.commits += statement->writes ? 1 : 0;
    take(statement, results[count - 1]);
    return 0;
}

static int run_inside(struct pg_statement *statement, struct error *error)
{
    PGresult *results[PG_STEPS_MAX];
    struct pg_send sends[PG_STEPS_MAX];
    size_t count = add_sends(statement, sends, 0);
    int code = run_sends(statement, sends, count, results, error);
    if (code == 0)
        take(statement, results[count - 1]);
    return code;
}

// ---- cursors ----

static void unlist(struct pg_statement *statement)
{
    struct pg_statement **at = &statement->connection->cursor_list;
    while (*at && *at != statement)
        at = &(*at)->next_cursor;
    if (*at)
        *at = statement->next_cursor;
}

static void fetch_text(const struct pg_statement *statement, bool all, char out[64])
{
    if (all)
        snprintf(out, 64, "FETCH ALL FROM c%u", statement->cursor);
    else
        snprintf(out, 64, "FETCH %d FROM c%u", statement->fetch, statement->cursor);
}

// The cursor is at its end, or gone: nothing more is asked of it.
static void cursor_over(struct pg_statement *statement)
{
    struct pg_connection *connection = statement->connection;
    bool own = !connection->open && statement->since == connection->lost;
    statement->cursor = 0;
    unlist(statement);
    if (own && connection->cursors > 0 && --connection->cursors == 0)
        pg_own_end(connection);
    pg_settle(connection);
}

static int run_cursor(struct pg_statement *statement, struct error *error)
{
    struct pg_connection *connection = statement->connection;
    char head[DECLARE_ROOM], fetch[64];
    PGresult *results[PG_STEPS_MAX];
    if (!connection->open) {
        int code = pg_own_begin(connection, error);
        if (code != 0)
            return code;
        connection->cursors++;
    }
    statement->cursor = ++connection->cursor_no;
    statement->since = connection->lost;
    statement->fetch = FETCH_FIRST;
    statement->next_cursor = connection->cursor_list;
    connection->cursor_list = statement;
    int length =
        snprintf(head, sizeof head, "DECLARE c%u NO SCROLL CURSOR FOR ", statement->cursor);
    char *begin = statement->text - length;
    memcpy(begin, head, (size_t)length);
    fetch_text(statement, false, fetch);
    struct pg_send sends[2] = {send_of(statement, begin), {.text = fetch}};
    int code = pg_link_run(connection->link, sends, 2, results, error);
    if (code != 0) {
        code = pg_fail(connection, NULL, error);
        cursor_over(statement);
        return code;
    }
    PQclear(results[0]);
    take(statement, results[1]);
    if (statement->rows < statement->fetch)
        cursor_over(statement);
    return 0;
}

static int fetch_more(struct pg_statement *statement, bool all, struct error *error)
{
    struct pg_connection *connection = statement->connection;
    char text[64];
    PGresult *results[PG_STEPS_MAX];
    if (statement->since != connection->lost) {
        cursor_over(statement);
        return error_set(error, ERROR_STORE, "db.transaction_lost",
                         "the transaction ended while its rows were stepped through");
    }
    statement->fetch =
        statement->fetch * 4 > FETCH_MOST ? FETCH_MOST : statement->fetch * 4;
    fetch_text(statement, all, text);
    struct pg_send send = {.text = text};
    int code = pg_link_run(connection->link, &send, 1, results, error);
    if (code != 0) {
        code = pg_fail(connection, NULL, error);
        cursor_over(statement);
        return code;
    }
    if (all) {
        statement->pending = results[0];
        cursor_over(statement);
        return 0;
    }
    take(statement, results[0]);
    if (statement->rows < statement->fetch)
        cursor_over(statement);
    return 0;
}

int pg_cursors_drain(struct pg_connection *connection, struct error *error)
{
    int code = 0;
    while (code == 0 && connection->cursor_list && connection->cursors > 0)
        code = fetch_more(connection->cursor_list, true, error);
    return code;
}

static int run(struct pg_statement *statement, struct error *error)
{
    struct pg_connection *connection = statement->connection;
    if (statement->many)
        return run_cursor(statement, error);
    if (connection->open || connection->cursors > 0)
        return run_inside(statement, error);
    int code = run_lone(statement, error);
    // What only reads is asked again on a new connection when the old one had died.
    if (code != 0 && !statement->writes && !connection->link &&
        pg_again(connection, error)) {
        error_clear(error);
        code = run_lone(statement, error);
    }
    pg_settle(connection);
    return code;
}

int pg_step(void *given, struct error *error)
{
    struct pg_statement *statement = given;
    if (!statement->run) {
        int code = run(statement, error);
        if (code != 0)
            return code;
        statement->run = true;
    }
    if (statement->row + 1 < statement->rows) {
        statement->row++;
        return DB_ROW;
    }
    if (statement->cursor == 0 && !statement->pending) {
        statement->row = statement->rows;
        return DB_DONE;
    }
    PGresult *pending = statement->pending;
    statement->pending = NULL;
    if (pending)
        take(statement, pending);
    int code = pending ? 0 : fetch_more(statement, false, error);
    if (code != 0)
        return code;
    statement->row = 0;
    return statement->rows > 0 ? DB_ROW : DB_DONE;
}

static void close_cursor(struct pg_statement *statement)
{
    struct pg_connection *connection = statement->connection;
    char text[32];
    struct error ignored = {0};
    bool lives = statement->since == connection->lost && pg_link_is_up(connection->link);
    // In a transaction of our own that ends with it, it need not be closed.
    if (lives && (connection->open || connection->cursors > 1) &&
        !pg_is_spoiled(connection)) {
        snprintf(text, sizeof text, "CLOSE c%u", statement->cursor);
        (void)pg_link_script(connection->link, text, &ignored);
    }
    cursor_over(statement);
}

void pg_reset(void *given)
{
    struct pg_statement *statement = given;
    if (statement->cursor != 0)
        close_cursor(statement);
    PQclear(statement->result);
    PQclear(statement->pending);
    statement->result = statement->pending = NULL;
    statement->run = false;
    statement->row = -1;
    statement->rows = 0;
}

// ---- columns ----

static struct pg_cell cell_of(struct pg_statement *statement, int column)
{
    PGresult *result = statement->result;
    int row = statement->row;
    if (!result || row < 0 || row >= statement->rows || column < 0 ||
        column >= PQnfields(result) || PQgetisnull(result, row, column))
        return (struct pg_cell){.null = true};
    return (struct pg_cell){.bytes = PQgetvalue(result, row, column),
                            .length = (size_t)PQgetlength(result, row, column),
                            .type = PQftype(result, column)};
}

int pg_columns(void *given)
{
    struct pg_statement *statement = given;
    return statement->result ? PQnfields(statement->result) : 0;
}

bool pg_column_is_null(void *given, int column)
{
    return cell_of(given, column).null;
}

int64_t pg_column_int(void *given, int column)
{
    struct pg_cell cell = cell_of(given, column);
    return cell.null ? 0 : pg_cell_int(&cell);
}

double pg_column_double(void *given, int column)
{
    struct pg_cell cell = cell_of(given, column);
    return cell.null ? 0 : pg_cell_double(&cell);
}

const char *pg_column_text(void *given, int column)
{
    struct pg_statement *statement = given;
    struct pg_cell cell = cell_of(statement, column);
    if (cell.null)
        return NULL;
    if (pg_cell_is_bytes(&cell))
        return cell.bytes;
    if (!statement->texts) {
        statement->texts =
            memory_array((size_t)PQnfields(statement->result), sizeof *statement->texts);
        if (!statement->texts)
            abort();
    }
    pg_cell_text(&cell, statement->texts[column], CELL_TEXT);
    return statement->texts[column];
}

const void *pg_column_blob(void *given, int column, size_t *ret_length)
{
    struct pg_cell cell = cell_of(given, column);
    if (!cell.null && !pg_cell_is_bytes(&cell)) {
        cell.bytes = pg_column_text(given, column);
        cell.length = strlen(cell.bytes);
    }
    *ret_length = cell.length;
    return cell.bytes;
}
