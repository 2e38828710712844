// SPDX-License-Identifier: MPL-2.0
// Statements of the SQLite engine.
#include <stdlib.h>

#include <gridcase/core/arena.h>

#include "db_sqlite.h"

enum { PARAMETERS_MAX = 99 };

struct sqlite_statement {
    struct sqlite_connection *connection;
    sqlite3_stmt *handle;
    int highest;                          // n of $n
    uint8_t index_of[PARAMETERS_MAX + 1]; // SQLite's number of $n, 0: not in the text
};

// SQLite numbers $n by first appearance: look each name up once.
static int map_parameters(struct sqlite_statement *statement, struct error *error)
{
    int count = sqlite3_bind_parameter_count(statement->handle);
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(statement->handle, i);
        int n = 0;
        for (const char *p = name ? name + 1 : ""; *p >= '0' && *p <= '9' && n < 1000; p++)
            n = n * 10 + (*p - '0');
        if (!name || name[0] != '$' || n < 1 || n > PARAMETERS_MAX || i > UINT8_MAX)
            return error_set(error, ERROR_BUG, "db.misuse", "parameter %s is not $1 to $%d",
                             name ? name : "?", PARAMETERS_MAX);
        statement->index_of[n] = (uint8_t)i;
        if (n > statement->highest)
            statement->highest = n;
    }
    return 0;
}

int sqlite_prepare(void *given, const struct db_text *text, void **ret_statement,
                   struct error *error)
{
    struct sqlite_connection *connection = given;
    sqlite3_stmt *handle = NULL;
    const char *tail = NULL;
    int code = sqlite3_prepare_v3(connection->handle, text->text, (int)text->length,
                                  SQLITE_PREPARE_PERSISTENT, &handle, &tail);
    if (code != SQLITE_OK)
        return sqlite_error(connection->handle, code, error);
    while (tail && (*tail == ' ' || *tail == '\n' || *tail == ';'))
        tail++;
    if (!handle || (tail && *tail != '\0')) {
        sqlite3_finalize(handle);
        return error_set(error, ERROR_BUG, "db.misuse", "not exactly one statement");
    }
    struct sqlite_statement *statement = memory_new(sizeof *statement);
    statement->connection = connection;
    statement->handle = handle;
    code = map_parameters(statement, error);
    if (code != 0) {
        sqlite_release(statement);
        return code;
    }
    *ret_statement = statement;
    return 0;
}

void sqlite_release(void *given)
{
    struct sqlite_statement *statement = given;
    sqlite3_finalize(statement->handle);
    free(statement);
}

int sqlite_parameters(void *given)
{
    return ((struct sqlite_statement *)given)->highest;
}

bool sqlite_writes(void *given)
{
    return !sqlite3_stmt_readonly(((struct sqlite_statement *)given)->handle);
}

int sqlite_bind(void *given, int index, const struct db_value *value, struct error *error)
{
    struct sqlite_statement *statement = given;
    if (index < 1 || index > PARAMETERS_MAX)
        return error_set(error, ERROR_BUG, "db.misuse", "no parameter $%d", index);
    int at = statement->index_of[index];
    if (at == 0)
        return 0;
    sqlite3_stmt *handle = statement->handle;
    int code = SQLITE_OK;
    switch (value->type) {
    case DB_TYPE_NULL:
        code = sqlite3_bind_null(handle, at);
        break;
    case DB_TYPE_INT:
        code = sqlite3_bind_int64(handle, at, value->as.integer);
        break;
    case DB_TYPE_DOUBLE:
        code = sqlite3_bind_double(handle, at, value->as.real);
        break;
    case DB_TYPE_TEXT:
        code = sqlite3_bind_text64(handle, at, value->as.text, value->length,
                                   SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
    case DB_TYPE_BLOB:
        code = value->length == 0 ? sqlite3_bind_zeroblob(handle, at, 0)
                                  : sqlite3_bind_blob64(handle, at, value->as.bytes,
                                                        value->length, SQLITE_TRANSIENT);
        break;
    }
    return code == SQLITE_OK ? 0 : sqlite_error(statement->connection->handle, code, error);
}

int sqlite_step(void *given, struct error *error)
{
    struct sqlite_statement *statement = given;
    int code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        return DB_ROW;
    if (code == SQLITE_DONE)
        return DB_DONE;
    return sqlite_error(statement->connection->handle, code, error);
}

void sqlite_reset(void *given)
{
    sqlite3_reset(((struct sqlite_statement *)given)->handle);
}

void sqlite_clear(void *given)
{
    sqlite3_clear_bindings(((struct sqlite_statement *)given)->handle);
}

int sqlite_columns(void *given)
{
    return sqlite3_column_count(((struct sqlite_statement *)given)->handle);
}

bool sqlite_column_is_null(void *given, int column)
{
    return sqlite3_column_type(((struct sqlite_statement *)given)->handle, column) ==
           SQLITE_NULL;
}

int64_t sqlite_column_int(void *given, int column)
{
    return sqlite3_column_int64(((struct sqlite_statement *)given)->handle, column);
}

double sqlite_column_double(void *given, int column)
{
    return sqlite3_column_double(((struct sqlite_statement *)given)->handle, column);
}

const char *sqlite_column_text(void *given, int column)
{
    struct sqlite_statement *statement = given;
    return (const char *)sqlite3_column_text(statement->handle, column);
}

const void *sqlite_column_blob(void *given, int column, size_t *ret_length)
{
    struct sqlite_statement *statement = given;
    const void *bytes = sqlite3_column_blob(statement->handle, column);
    *ret_length = (size_t)sqlite3_column_bytes(statement->handle, column);
    return bytes;
}
