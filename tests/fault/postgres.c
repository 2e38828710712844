// SPDX-License-Identifier: MPL-2.0
#include "fault/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <gridcase/core/error.h>
#include <gridcase/db/store.h>

#include "../src/db/db_postgres.h"

static const char *cluster(void)
{
    const char *address = getenv("GRIDCASE_TEST_POSTGRES");
    if (!address) {
        fprintf(stderr, "no PostgreSQL: run this by tools/with_postgres.sh\n");
        abort();
    }
    return address;
}

static void run(const char *database, const char *text)
{
    char address[1024];
    snprintf(address, sizeof address, "%s&dbname=%s", cluster(), database);
    PGconn *connection = PQconnectdb(address);
    PGresult *result = PQexec(connection, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s: %s\n", text, PQerrorMessage(connection));
        abort();
    }
    PQclear(result);
    PQfinish(connection);
}

void postgres_store(const char *folder)
{
    static unsigned count;
    char name[64], text[160], address[1024];
    struct error error = {0};
    snprintf(name, sizeof name, "test_%d_%u", (int)getpid(), ++count);
    snprintf(text, sizeof text, "CREATE DATABASE %s TEMPLATE gridcase_template", name);
    run("postgres", text);
    snprintf(address, sizeof address, "%s&dbname=%s", cluster(), name);
    if (db_store_use(folder, address, &error) != 0) {
        fprintf(stderr, "%s: %s\n", error.slug, error.message);
        abort();
    }
}

void engine_store(const char *folder)
{
    const char *engine = getenv("GRIDCASE_ENGINE");
    if (engine && strcmp(engine, "postgres") == 0)
        postgres_store(folder);
}

void postgres_cut(void)
{
    run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname LIKE 'test%'");
}

int postgres_check(const struct db_statement *statement, int *ret_parameters)
{
    struct pg_connection *connection = statement->db->connection;
    char text[128];
    struct error error = {0};
    snprintf(text, sizeof text, "SET search_path TO %s", connection->search_path);
    if (pg_pool_take(connection, &error) != 0 ||
        pg_link_script(connection->link, text, &error) != 0)
        return error.code;
    PGresult *result = PQprepare(connection->link->handle, "",
                                 pg_statement_text(statement->native), 0, NULL);
    int code = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : ERROR_BUG;
    if (code != 0)
        fprintf(stderr, "%s\n%s", pg_statement_text(statement->native),
                PQresultErrorMessage(result));
    PQclear(result);
    result = PQdescribePrepared(connection->link->handle, "");
    *ret_parameters = PQnparams(result);
    // Integers are bound as BIGINT: what takes only INTEGER has to CAST.
    Oid types[100] = {0};
    for (int i = 0; i < PQnparams(result) && i < 100; i++)
        types[i] = PQparamtype(result, i) == 23 ? PG_INT8 : PQparamtype(result, i);
    int count = PQnparams(result);
    PQclear(result);
    result = PQprepare(connection->link->handle, "", pg_statement_text(statement->native),
                       count, types);
    if (code == 0 && PQresultStatus(result) != PGRES_COMMAND_OK) {
        code = ERROR_BUG;
        fprintf(stderr, "%s\n%s", pg_statement_text(statement->native),
                PQresultErrorMessage(result));
    }
    PQclear(result);
    if (pg_link_script(connection->link, "RESET search_path", &error) != 0)
        code = ERROR_BUG;
    pg_pool_give(connection);
    return code;
}

long long postgres_ask(struct db *db, const char *text)
{
    struct pg_connection *connection = db->connection;
    struct error error = {0};
    long long value = -1;
    if (pg_pool_take(connection, &error) != 0)
        return -1;
    PGresult *result = PQexec(connection->link->handle, text);
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0)
        value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    pg_pool_give(connection);
    return value;
}
