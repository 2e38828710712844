// SPDX-License-Identifier: MPL-2.0
// Loading on a copy, as PostgreSQL does it: the copy is a second schema, which takes the
// first one's name in one transaction.
#include "db_postgres.h"

#include <stdio.h>
#include <string.h>

// Runs the statements that a query makes for two schemas.
static int run_made(struct pg_link *link, enum query_id query, const char *from,
                    const char *to, struct error *error)
{
    static const Oid types[] = {PG_TEXT, PG_TEXT};
    const char *values[] = {from, to};
    int lengths[] = {(int)strlen(from), (int)strlen(to)};
    struct pg_send send = {.text = db_query_texts[query].text,
                           .count = 2,
                           .types = types,
                           .values = values,
                           .lengths = lengths};
    PGresult *results[PG_STEPS_MAX];
    int code = pg_link_run(link, &send, 1, results, error);
    for (int i = 0; code == 0 && i < PQntuples(results[0]); i++) {
        code = pg_link_script(link, PQgetvalue(results[0], i, 0), error);
        if (code != 0)
            error_prefix(error, "%.80s", PQgetvalue(results[0], i, 0));
    }
    PQclear(results[0]);
    return code;
}

// The names of the database and of its copy.
static void names(const struct db_target *target, char real[PG_SCHEMA_SIZE],
                  char copy[PG_SCHEMA_SIZE])
{
    struct db_target other = *target;
    other.load = false;
    pg_schema_of(&other, real);
    other.load = true;
    pg_schema_of(&other, copy);
}

// What is run within one transaction on a connection of its own.
static int in_one(const struct db_target *target,
                  int (*work)(struct pg_link *link, const char *real, const char *copy,
                              struct error *error),
                  struct error *error)
{
    char real[PG_SCHEMA_SIZE], copy[PG_SCHEMA_SIZE];
    struct pg_link link = {0};
    names(target, real, copy);
    int code = pg_link_open(&link, target->address, error);
    if (code == 0)
        code = pg_link_script(&link, "BEGIN; SET LOCAL search_path TO public", error);
    if (code == 0)
        code = work(&link, real, copy, error);
    if (code == 0)
        code = pg_link_script(&link, "COMMIT", error);
    pg_link_close(&link);
    return code;
}

static int copy_all(struct pg_link *link, const char *real, const char *copy,
                    struct error *error)
{
    char text[256];
    snprintf(text, sizeof text, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", copy,
             copy);
    int code = pg_link_script(link, text, error);
    return code == 0 ? run_made(link, QUERY_POSTGRES_LOAD_TABLES, real, copy, error) : code;
}

int pg_load_copy(void *given, const struct db_target *target, struct error *error)
{
    (void)given;
    return in_one(target, copy_all, error);
}

int pg_load_indexes(void *given, bool make, struct error *error)
{
    struct pg_connection *connection = given;
    char real[PG_SCHEMA_SIZE];
    if (!make) // the copy was made without
        return 0;
    size_t length = strlen(connection->schema) - strlen(PG_LOAD_TAIL);
    snprintf(real, sizeof real, "%.*s", (int)length, connection->schema);
    int code = pg_pool_take(connection, error);
    if (code != 0)
        return code;
    code =
        pg_link_script(connection->link, "BEGIN; SET LOCAL search_path TO public", error);
    if (code == 0)
        code = run_made(connection->link, QUERY_POSTGRES_LOAD_REST, real,
                        connection->schema, error);
    if (code == 0)
        code = pg_link_script(connection->link, "COMMIT", error);
    pg_pool_give(connection); // closed when it is still in the transaction
    return code;
}

static int rename_copy(struct pg_link *link, const char *real, const char *copy,
                       struct error *error)
{
    char text[256];
    snprintf(text, sizeof text, "DROP SCHEMA %s CASCADE; ALTER SCHEMA %s RENAME TO %s",
             real, copy, real);
    return pg_link_script(link, text, error);
}

int pg_load_publish(const struct db_target *target, struct error *error)
{
    return in_one(target, rename_copy, error);
}

static int drop_copy(struct pg_link *link, const char *real, const char *copy,
                     struct error *error)
{
    char text[128];
    (void)real;
    snprintf(text, sizeof text, "DROP SCHEMA IF EXISTS %s CASCADE", copy);
    return pg_link_script(link, text, error);
}

void pg_load_discard(const struct db_target *target)
{
    struct error ignored = {0}; // what cannot be dropped now is dropped by the next load
    (void)in_one(target, drop_copy, &ignored);
}
