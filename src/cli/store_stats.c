// SPDX-License-Identifier: MPL-2.0
// gridcase store stats: what a store weighs, table by table, and the statements that cost
// most. See gridcase-store-stats(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/cli/control.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/stats.h>
#include <gridcase/db/store.h>

enum { CONTROL_S = 30, SHOWN = 20 };

struct stats {
    const char *data, *city; // city NULL: all
    struct db_store *store;
    bool as_json;
    struct json_writer json;
    const char *database;
    int64_t bytes, index_bytes;
    int64_t small_bytes; // of tables that are not shown one by one
    size_t small, seen;
    struct error *error;
};

static const enum db_database OF_A_CITY[] = {DB_CITY, DB_CASES, DB_SEARCH, DB_TRACKS};

// ---- sizes ----
static void print_bytes(int64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        value /= 1000;
    printf(unit == 0 ? "  %7.0f %-2s" : "  %7.1f %-2s", value, units[unit]);
}

static void put_size(struct stats *stats, const struct db_table_size *size)
{
    json_begin_object(&stats->json, NULL);
    json_put_text(&stats->json, "database", stats->database);
    json_put_text(&stats->json, "table", size->name);
    json_put_int(&stats->json, "rows", size->rows);
    json_put_int(&stats->json, "bytes", size->bytes);
    json_put_int(&stats->json, "index_bytes", size->index_bytes);
    json_put_int(&stats->json, "partitions", size->parts);
    json_end_object(&stats->json);
}

static int take_size(void *context, const struct db_table_size *size)
{
    static const int64_t SMALL_BYTES = 1000000;
    struct stats *stats = context;
    int64_t both = size->bytes + size->index_bytes;
    stats->bytes += size->bytes;
    stats->index_bytes += size->index_bytes;
    if (stats->as_json) {
        put_size(stats, size);
    } else if (stats->seen++ > 2 && both < SMALL_BYTES) {
        stats->small++;
        stats->small_bytes += both;
    } else {
        printf("  %-6s %-22s %12lld", stats->database, size->name, (long long)size->rows);
        print_bytes(size->bytes);
        print_bytes(size->index_bytes);
        if (size->parts > 1)
            printf("  in %lld partitions", (long long)size->parts);
        printf("\n");
    }
    return 0;
}

static int weigh(struct stats *stats, const char *slug, enum db_database database,
                 struct error *error)
{
    struct db *db DB_CLEANUP = NULL;
    stats->database = db_database_to_str(database);
    stats->seen = 0;
    int code = db_open(stats->store, slug, database, DB_READ, &db, error);
    // Made by the first server, by the first track.
    if (code == ERROR_NOT_FOUND && (database == DB_SEARCH || database == DB_TRACKS)) {
        error_clear(error);
        return 0;
    }
    return code == 0 ? db_tables_sizes(db, take_size, stats, error) : code;
}

static int weigh_city(void *context, const struct db_city_row *city)
{
    struct stats *stats = context;
    int code = 0;
    if (stats->city && !text_equal(stats->city, city->slug))
        return 0;
    stats->bytes = stats->index_bytes = stats->small_bytes = 0;
    stats->small = 0;
    if (stats->as_json) {
        json_begin_object(&stats->json, NULL);
        json_put_text(&stats->json, "city", city->slug);
        json_begin_array(&stats->json, "tables");
    } else {
        printf("%-29s  %12s  %10s  %10s\n", city->slug, "rows, about", "table", "indexes");
    }
    for (size_t i = 0; code == 0 && i < sizeof OF_A_CITY / sizeof OF_A_CITY[0]; i++)
        code = weigh(stats, city->slug, OF_A_CITY[i], stats->error);
    if (code == 0 && stats->as_json) {
        json_end_array(&stats->json);
        json_put_int(&stats->json, "bytes", stats->bytes);
        json_put_int(&stats->json, "index_bytes", stats->index_bytes);
        json_end_object(&stats->json);
    } else if (code == 0) {
        if (stats->small > 0) {
            printf("  %zu smaller tables%24s", stats->small, "");
            print_bytes(stats->small_bytes);
            printf("\n");
        }
        printf("  together%34s", "");
        print_bytes(stats->bytes);
        print_bytes(stats->index_bytes);
        printf("\n\n");
    }
    return code;
}

// ---- statements ----
static void end_source(struct stats *stats)
{
    if (stats->as_json) {
        json_end_array(&stats->json);
        json_end_object(&stats->json);
    } else {
        printf("\n");
    }
}

static void show(struct stats *stats, const struct db_statement_figures *list, size_t count)
{
    if (!stats->as_json && count > 0)
        printf("  %12s %12s %10s %10s\n", "calls", "ms together", "ms each", "slowest");
    for (size_t i = 0; i < count; i++) {
        if (!stats->as_json) {
            printf("  %12lld %12.0f %10.3f %10.1f  %s\n", (long long)list[i].calls,
                   list[i].total_ms, list[i].mean_ms, list[i].worst_ms, list[i].name);
            continue;
        }
        json_begin_object(&stats->json, NULL);
        json_put_text(&stats->json, "name", list[i].name);
        json_put_int(&stats->json, "calls", list[i].calls);
        json_put_double(&stats->json, "total_ms", list[i].total_ms, 3);
        json_put_double(&stats->json, "mean_ms", list[i].mean_ms, 3);
        json_put_double(&stats->json, "worst_ms", list[i].worst_ms, 3);
        json_end_object(&stats->json);
    }
    end_source(stats);
}

static void tell_source(struct stats *stats, const char *source, int64_t since_ms)
{
    char when[INSTANT_TEXT_SIZE] = "";
    if (since_ms > 0)
        instant_to_text(since_ms, when);
    if (stats->as_json) {
        json_begin_object(&stats->json, NULL);
        json_put_text(&stats->json, "counted_by", source);
        json_put_text(&stats->json, "since", *when ? when : NULL);
        json_begin_array(&stats->json, "statements");
    } else {
        printf("statements that cost most, counted by %s%s%s\n", source,
               *when ? " since " : "", when);
    }
}

// What one entry of the server's answer says.
static int read_figures(const struct json *item, struct db_statement_figures *out,
                        struct error *error)
{
    const char *name = "";
    if (json_get_text(item, "name", JSON_REQUIRED, DB_STATS_NAME_SIZE, &name, error) ||
        json_get_int(item, "calls", JSON_REQUIRED, 0, INT64_MAX, &out->calls, error) ||
        json_get_double(item, "total_ms", JSON_REQUIRED, &out->total_ms, error) ||
        json_get_double(item, "mean_ms", JSON_REQUIRED, &out->mean_ms, error) ||
        json_get_double(item, "worst_ms", JSON_REQUIRED, &out->worst_ms, error))
        return error->code;
    snprintf(out->name, sizeof out->name, "%s", name);
    return 0;
}

static int ask_process(struct stats *stats, struct error *error)
{
    BUFFER_CLEANUP struct buffer body;
    JSON_CLEANUP struct json *answer = NULL;
    const struct json *items = NULL;
    const char *since = "";
    struct db_statement_figures list[SHOWN];
    size_t count = 0;
    int64_t since_ms = 0;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    int code =
        control_run(stats->data, "/control/statements", NULL, CONTROL_S, &body, error);
    if (code == 0)
        code = json_parse(body.data ? body.data : "", body.length, &answer, error);
    if (code == 0 && (json_get_text(answer, "since", JSON_REQUIRED, 40, &since, error) ||
                      json_get_array(answer, "statements", JSON_REQUIRED, &items, error)))
        code = error->code;
    if (code == 0)
        code = instant_from_text(since, strlen(since), &since_ms, error);
    for (; code == 0 && count < SHOWN && count < json_array_length(items); count++)
        code = read_figures(json_array_item(items, count), &list[count], error);
    if (code != 0)
        return code;
    tell_source(stats, "the server that runs on this folder", since_ms);
    show(stats, list, count);
    return 0;
}

static int tell_statements(struct stats *stats, struct error *error)
{
    struct db_statement_figures list[SHOWN];
    struct db *db DB_CLEANUP = NULL;
    int64_t since_ms = 0;
    int count = -1;
    int code = db_open(stats->store, NULL, DB_SYSTEM, DB_READ, &db, error);
    if (code == 0)
        code = db_statements_on_server(db, list, SHOWN, &count, &since_ms, error);
    if (code == 0 && count >= 0) {
        tell_source(stats, "the database server (pg_stat_statements)", since_ms);
        show(stats, list, (size_t)count);
    }
    if (code == 0 && control_is_running(stats->data)) {
        code = ask_process(stats, error);
    } else if (code == 0 && count < 0) {
        tell_source(stats, "nobody: no server is running on this folder", 0);
        end_source(stats);
    }
    return code;
}

// ---- the command ----
static int look(struct stats *stats, struct error *error)
{
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_FILE);
    json_writer_init(&stats->json, &out);
    stats->error = error;
    if (stats->as_json) {
        json_begin_object(&stats->json, NULL);
        json_begin_array(&stats->json, "cities");
    }
    int code = db_store_city_each(stats->store, weigh_city, stats, error);
    if (stats->as_json) {
        json_end_array(&stats->json);
        json_begin_array(&stats->json, "costs");
    }
    if (code == 0)
        code = tell_statements(stats, error);
    if (code != 0 || !stats->as_json)
        return code;
    json_end_array(&stats->json);
    json_end_object(&stats->json);
    code = buffer_check(&out, error);
    if (code == 0)
        printf("%s\n", out.data);
    return code;
}

static int run_stats(int argc, char **argv, struct error *error)
{
    struct stats stats = {.data = cli_data_folder(&argc, argv),
                          .city = cli_option(&argc, argv, "--city"),
                          .as_json = cli_flag(&argc, argv, "--json") != 0};
    int code = cli_words(argc, argv, 0, 0, error);
    if (code == 0)
        code = db_store_open(stats.data, DB_STORE_READ_ONLY, &stats.store, error);
    if (code == 0)
        code = look(&stats, error);
    db_store_close(stats.store);
    return code;
}

const struct cli_command cli_store_stats_commands[] = {
    {"store", "stats", "[--city CITY] [--json]",
     "what a store weighs, and the statements that cost most", run_stats},
    {0},
};
