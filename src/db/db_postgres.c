// SPDX-License-Identifier: MPL-2.0
// PostgreSQL with PostGIS: the engine of installations that outgrow one machine.
#include "db_postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

// ---- names ----

int64_t pg_key_of(const char *text)
{
    uint8_t digest[HASH_SIZE];
    uint64_t key = 0;
    hash_bytes(text, strlen(text), digest);
    for (int i = 0; i < 8; i++)
        key = key << 8 | digest[i];
    return (int64_t)key;
}

// gridcase_system, gridcase_boston_cases. A slug has no underscore, so '-' may become one.
// A name that would be cut at PostgreSQL's 63 bytes ends in a digest of the slug.
void pg_schema_of(const struct db_target *target, char out[PG_SCHEMA_SIZE])
{
    char slug[DB_SLUG_SIZE];
    const char *kind = db_database_to_str(target->database);
    snprintf(slug, sizeof slug, "%s", target->slug ? target->slug : "");
    for (char *p = slug; *p; p++)
        *p = *p == '-' ? '_' : *p;
    if (target->database == DB_SYSTEM)
        snprintf(out, PG_SCHEMA_SIZE, "gridcase_%s", kind);
    else if (strlen(slug) <= 40)
        snprintf(out, PG_SCHEMA_SIZE, "gridcase_%s_%s", slug, kind);
    else
        snprintf(out, PG_SCHEMA_SIZE, "gridcase_%.24s__%016llx_%s", slug,
                 (unsigned long long)pg_key_of(target->slug), kind);
    if (target->load)
        snprintf(out + strlen(out), PG_SCHEMA_SIZE - strlen(out), PG_LOAD_TAIL);
}

// ---- connections ----

static void pg_disconnect(void *given)
{
    struct pg_connection *connection = given;
    pg_link_close(&connection->apart);
    pg_pool_give(connection);
    pg_pool_leave(connection->pool);
    free(connection);
}

static int make_schema(struct pg_connection *connection, const struct db_target *target,
                       struct error *error)
{
    char text[128];
    int code = 0;
    if (target->database == DB_CITY) {
        code =
            pg_link_script(connection->link,
                           "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public", error);
        if (code != 0)
            error_prefix(error,
                         "PostGIS is missing in this database and we may not add it");
    }
    snprintf(text, sizeof text, "CREATE SCHEMA IF NOT EXISTS %s", connection->schema);
    if (code == 0)
        code = pg_link_script(connection->link, text, error);
    return code;
}

static int check_schema(struct pg_connection *connection, const struct db_target *target,
                        struct error *error)
{
    int64_t count = 0;
    const char *name = connection->schema;
    int code =
        pg_link_ask(connection->link, QUERY_POSTGRES_SCHEMA_COUNT, &name, 1, &count, error);
    if (code == 0 && count == 0)
        code = target->create ? make_schema(connection, target, error)
                              : error_set(error, ERROR_NOT_FOUND, "db.missing",
                                          "%s: no such schema", name);
    return code;
}

static int pg_connect(const struct db_target *target, void **ret_connection,
                      struct error *error)
{
    struct pg_connection *connection = memory_new(sizeof *connection);
    pg_schema_of(target, connection->schema);
    snprintf(connection->search_path, sizeof connection->search_path, "%s, public",
             connection->schema);
    connection->lock_key = pg_key_of(connection->schema);
    connection->writer = target->mode == DB_WRITE;
    connection->lazy = target->unsafe || target->load || target->database == DB_SEARCH;
    if (!target->load && !target->holds &&
        target->database != DB_SYSTEM && target->database != DB_SEARCH)
        snprintf(connection->slug, sizeof connection->slug, "%s", target->slug);
    connection->home = (uint64_t)pg_key_of(target->slug ? target->slug : "");
    connection->pool = pg_pool_join(target->address);
    int code = pg_pool_take(connection, error);
    if (code == 0)
        code = check_schema(connection, target, error);
    pg_pool_give(connection);
    if (code != 0) {
        pg_disconnect(connection);
        return code;
    }
    *ret_connection = connection;
    return 0;
}

static int pg_is_new(void *given, bool *ret_new, struct error *error)
{
    struct pg_connection *connection = given;
    int64_t count = 0;
    const char *names[] = {connection->schema, "migration"};
    int code = pg_pool_take(connection, error);
    if (code == 0)
        code = pg_link_ask(connection->link, QUERY_POSTGRES_TABLE_COUNT, names, 2, &count,
                           error);
    pg_settle(connection);
    if (code == 0)
        *ret_new = count == 0;
    return code;
}

static int pg_run_script(void *given, const char *text, struct error *error)
{
    struct pg_connection *connection = given;
    int code = pg_pool_take(connection, error);
    if (code == 0 && (code = pg_link_script(connection->link, text, error)) != 0)
        code = pg_fail(connection, NULL, error);
    pg_settle(connection);
    return code;
}

static int64_t pg_changes(void *given)
{
    return ((struct pg_connection *)given)->changes;
}

static void pg_set_budget(void *given, int64_t budget_us)
{
    struct pg_connection *connection = given;
    connection->budget_end_us = budget_us > 0 ? instant_monotonic_us() + budget_us : 0;
}

static bool pg_was_over_budget(void *given)
{
    struct pg_connection *connection = given;
    bool was = connection->was_over_budget;
    connection->was_over_budget = false;
    return was;
}

// The server writes its own log into its tables.
static void pg_upkeep(void *given, enum db_upkeep upkeep)
{
    (void)given;
    (void)upkeep;
}

static void pg_count(void *given, struct db_engine_counters *ret_counters)
{
    *ret_counters = ((struct pg_connection *)given)->counters;
}

// tsquery: groups joined by &, tokens by |. Quoted, so that nothing in them is an operator.
static void pg_match_text(const struct db_match_group *groups, size_t count,
                          struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? " & (" : "(");
        for (size_t k = 0; k < groups[i].count; k++) {
            buffer_append_text(out, k > 0 ? " | '" : "'");
            buffer_append_text(out, groups[i].tokens[k]);
            buffer_append_char(out, '\'');
        }
        buffer_append_char(out, ')');
    }
}

// ---- databases as a whole ----

static int drop(const struct db_target *target, struct error *error)
{
    struct pg_link link = {0};
    char schema[PG_SCHEMA_SIZE], text[128];
    pg_schema_of(target, schema);
    snprintf(text, sizeof text, "DROP SCHEMA IF EXISTS %s CASCADE", schema);
    int code = pg_link_open(&link, target->address, error);
    if (code == 0)
        code = pg_link_script(&link, text, error);
    pg_link_close(&link);
    return code;
}

static int pg_remove_city(const struct db_target *target, struct error *error)
{
    static const enum db_database databases[] = {DB_CITY, DB_CASES, DB_SEARCH, DB_TRACKS};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof databases / sizeof databases[0]; i++) {
        struct db_target one = *target;
        one.database = databases[i];
        code = drop(&one, error);
    }
    return code;
}

static int pg_remove_search(const struct db_target *target, struct error *error)
{
    return drop(target, error);
}

static int pg_replicas(const char *address, struct db_replicas *ret_replicas,
                       struct error *error)
{
    struct pg_connection connection = {.pool = pg_pool_join(address)};
    int64_t found = 0;
    int code = pg_pool_take(&connection, error);
    if (code == 0)
        code =
            pg_link_ask(connection.link, QUERY_POSTGRES_REPLICAS, NULL, 0, &found, error);
    pg_pool_give(&connection);
    pg_pool_leave(connection.pool);
    if (code != 0)
        return code;
    *ret_replicas = (struct db_replicas){
        .server = true,
        .connected = (unsigned)(found / 8),
        .synchronous = (found & 4) != 0 && (found & 3) == 2,
        .named = (found & 4) != 0,
        .commits_wait = (found & 3) != 0,
    };
    return 0;
}

const struct db_engine db_engine_postgres = {
    .prefix = "postgresql",
    .twins = true,
    .own = pg_own,
    .disown = pg_disown,
    .tidy = pg_pool_tidy,
    .replicas = pg_replicas,
    .count_connections = pg_pool_count,
    .alone = pg_alone,
    .alone_over = pg_alone_over,
    .count_owners = pg_count_owners,
    .connect = pg_connect,
    .disconnect = pg_disconnect,
    .is_new = pg_is_new,
    .run_script = pg_run_script,
    .fetch_apart = pg_fetch_apart,
    .watch = pg_watch,
    .wake_open = pg_wake_open,
    .wake_close = pg_wake_close,
    .wake_send = pg_wake_send,
    .wake_hear = pg_wake_hear,
    .control = pg_control,
    .commit_after = pg_commit_after,
    .in_transaction = pg_in_transaction,
    .is_spoiled = pg_is_spoiled,
    .changes = pg_changes,
    .set_budget = pg_set_budget,
    .was_over_budget = pg_was_over_budget,
    .upkeep = pg_upkeep,
    .count = pg_count,
    .make_room = pg_make_room,
    .statements = pg_statements,
    .prepare = pg_prepare,
    .release = pg_release,
    .parameters = pg_parameters,
    .writes = pg_writes,
    .bind = pg_bind,
    .step = pg_step,
    .reset = pg_reset,
    .clear = pg_clear,
    .columns = pg_columns,
    .column_is_null = pg_column_is_null,
    .column_int = pg_column_int,
    .column_double = pg_column_double,
    .column_text = pg_column_text,
    .column_blob = pg_column_blob,
    .load_copy = pg_load_copy,
    .load_indexes = pg_load_indexes,
    .load_publish = pg_load_publish,
    .load_discard = pg_load_discard,
    .match_text = pg_match_text,
    .fill_begin = pg_fill_begin,
    .fill_value = pg_fill_value,
    .fill_end = pg_fill_end,
    .fill_drop = pg_fill_drop,
    .fill_over = pg_fill_over,
    .remove_city = pg_remove_city,
    .remove_search = pg_remove_search,
};
