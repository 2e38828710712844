// SPDX-License-Identifier: MPL-2.0
// What the server has counted of our statements: pg_stat_statements, where it is there.
#include "db_postgres.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static struct pg_cell cell_of(const PGresult *result, int row, int column)
{
    return (struct pg_cell){.bytes = PQgetvalue(result, row, column),
                            .length = (size_t)PQgetlength(result, row, column),
                            .type = PQftype(result, column),
                            .null = PQgetisnull(result, row, column) != 0};
}

// The name of the query with this text; NULL when none has it: the server has put marks in
// the place of numbers that stand in the text.
static const char *name_of(const char *text)
{
    for (int query = 0; query < QUERY_COUNT; query++) {
        const char *own = db_text_of(&db_engine_postgres, (enum query_id)query);
        size_t length = strlen(own);
        if (length > 0 && strncmp(own, text, length) == 0 &&
            (text[length] == '\0' || text[length] == '\n'))
            return db_query_texts[query].name;
    }
    return NULL;
}

// The beginning of a text, blanks run together, cut between characters.
static void shorten(const char *text, char out[DB_STATS_NAME_SIZE])
{
    size_t length = 0;
    for (; *text && length + 1 < DB_STATS_NAME_SIZE - 3; text++) {
        bool blank = isspace((unsigned char)*text) != 0;
        if (!blank || (length > 0 && out[length - 1] != ' '))
            out[length++] = blank ? ' ' : *text;
    }
    while (*text && length > 0 && ((unsigned char)*text & 0xC0) == 0x80 &&
           ((unsigned char)out[length - 1] & 0x80) != 0)
        length--;
    snprintf(out + length, DB_STATS_NAME_SIZE - length, "%s", *text ? "..." : "");
}

static void take(const PGresult *result, struct db_statement_figures *out, int *ret_count,
                 int64_t *ret_since_ms)
{
    *ret_count = PQntuples(result);
    for (int row = 0; row < *ret_count; row++) {
        const char *text = PQgetvalue(result, row, 0), *name = name_of(text);
        struct pg_cell calls = cell_of(result, row, 1), total = cell_of(result, row, 2),
                       mean = cell_of(result, row, 3), worst = cell_of(result, row, 4),
                       since = cell_of(result, row, 5);
        out[row] = (struct db_statement_figures){.calls = pg_cell_int(&calls),
                                                 .total_ms = pg_cell_double(&total),
                                                 .mean_ms = pg_cell_double(&mean),
                                                 .worst_ms = pg_cell_double(&worst)};
        *ret_since_ms = pg_cell_int(&since);
        if (name)
            snprintf(out[row].name, sizeof out[row].name, "%s", name);
        else
            shorten(text, out[row].name);
    }
}

// Within a transaction. The view is there without the library when the server was not told
// to load it: asking fails then, and that is an answer, too.
int pg_statements(void *given, struct db_statement_figures *out, size_t most,
                  int *ret_count, int64_t *ret_since_ms, struct error *error)
{
    static const Oid types[] = {PG_INT8};
    static const int lengths[] = {8};
    struct pg_connection *connection = given; // in a transaction: it has its link
    unsigned char number[8];
    const char *values[] = {(const char *)number};
    struct pg_send send = {.text = db_query_texts[QUERY_POSTGRES_STATEMENTS].text,
                           .count = 1,
                           .types = types,
                           .values = values,
                           .lengths = lengths};
    PGresult *results[PG_STEPS_MAX];
    int64_t known = 0;
    int code = pg_link_ask(connection->link, QUERY_POSTGRES_HAS_STATEMENTS, NULL, 0, &known,
                           error);
    if (code != 0 || known == 0)
        return code;
    pg_put_int(number, (int64_t)most);
    code = pg_link_run(connection->link, &send, 1, results, error);
    if (code != 0 && pg_link_is_up(connection->link)) {
        error_clear(error);
        return 0;
    }
    if (code != 0)
        return code;
    take(results[0], out, ret_count, ret_since_ms);
    PQclear(results[0]);
    return 0;
}
