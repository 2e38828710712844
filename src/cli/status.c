// SPDX-License-Identifier: MPL-2.0
// gridcase status: how an installation is, for people and for monitors.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/api/health.h>
#include <gridcase/cli/cli.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "settings.h"

enum { CONTROL_S = 30, EXIT_WARNING = 20 }; // critical is one more

static int exit_status(const char *level)
{
    for (int i = 0; i < HEALTH_LEVEL_COUNT; i++)
        if (strcmp(level, health_level_to_str((enum health_level)i)) == 0)
            return i == HEALTH_OK ? 0 : EXIT_WARNING + i - 1;
    return EXIT_WARNING + HEALTH_CRITICAL - 1;
}

static void print_item(const char *name, const char *level, const char *text)
{
    printf("%-8s  %-16s  %s\n", level, name, text);
}

static int print_answer(const struct json *answer, int *ret_status, struct error *error)
{
    const struct json *items = NULL;
    const char *level = "", *version = "", *started = "";
    bool running = false;
    if (json_get_text(answer, "level", JSON_REQUIRED, 20, &level, error) ||
        json_get_text(answer, "version", JSON_REQUIRED, 60, &version, error) ||
        json_get_text(answer, "started_at", JSON_REQUIRED, 40, &started, error) ||
        json_get_bool(answer, "backup_running", JSON_REQUIRED, &running, error) ||
        json_get_array(answer, "items", JSON_REQUIRED, &items, error))
        return error->code;
    printf("%s: gridcase %s runs since %s%s\n", level, version, started,
           running ? "; a backup is being made" : "");
    for (size_t i = 0; i < json_array_length(items); i++) {
        const struct json *item = json_array_item(items, i);
        const char *name = "", *item_level = "", *text = "";
        if (json_get_text(item, "name", JSON_REQUIRED, 100, &name, error) ||
            json_get_text(item, "level", JSON_REQUIRED, 20, &item_level, error) ||
            json_get_text(item, "text", JSON_REQUIRED, 400, &text, error))
            return error->code;
        print_item(name, item_level, text);
    }
    *ret_status = exit_status(level);
    return 0;
}

static int ask_server(const char *data, bool as_json, int *ret_status, struct error *error)
{
    BUFFER_CLEANUP struct buffer body;
    JSON_CLEANUP struct json *answer = NULL;
    const char *level = "";
    buffer_init(&body, BUFFER_CEILING_REPLY);
    int code = control_run(data, "/control/health", NULL, CONTROL_S, &body, error);
    if (code == 0)
        code = json_parse(body.data ? body.data : "", body.length, &answer, error);
    if (code != 0)
        return code;
    if (!as_json)
        return print_answer(answer, ret_status, error);
    printf("%.*s\n", (int)body.length, body.data);
    code = json_get_text(answer, "level", JSON_REQUIRED, 20, &level, error);
    *ret_status = exit_status(level);
    return code;
}

struct cities {
    struct health *health;
    unsigned count;
};

static int add_city(void *context, const struct db_city_row *row)
{
    struct cities *cities = context;
    char name[80];
    cities->count++;
    snprintf(name, sizeof name, "city %s", row->slug);
    if (text_equal(row->state, "failed") || text_equal(row->state, "off"))
        health_add(cities->health, name, HEALTH_CRITICAL, "out of service: %.200s",
                   row->reason ? row->reason : row->state);
    return 0;
}

static int look_here(const char *data, const struct options *options, struct health *health,
                     struct error *error)
{
    struct db_store *store = NULL;
    struct backup_state state;
    struct health_limits limits;
    struct health_samples samples = {0};
    struct cities cities = {.health = health};
    health_limits_from(options, &limits);
    int code = db_store_open(data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0)
        code = backup_state_read(store, &state, error);
    if (code == 0)
        code = health_samples_load(store, &samples, error);
    if (code == 0) {
        health_add(health, "server", HEALTH_CRITICAL, "none is running on %.200s", data);
        health_disk(health, &limits, data, &samples);
        health_backup(health, &limits, &state, instant_now_ms());
        health_store(health, store);
        health_clock(health, &limits, 0, 0);
        code = db_store_city_each(store, add_city, &cities, error);
        health_add(health, "cities", HEALTH_OK, "%u in the data folder", cities.count);
    }
    db_store_close(store);
    return code;
}

static void print_json(const struct health *health)
{
    BUFFER_CLEANUP struct buffer out;
    struct json_writer json;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &out);
    json_begin_object(&json, NULL);
    json_put_text(&json, "version", GRIDCASE_VERSION);
    json_put_null(&json, "started_at");
    health_put(health, &json);
    json_end_object(&json);
    printf("%s\n", out.data ? out.data : "");
}

static int without_server(const char *data, const struct options *options, bool as_json,
                          int *ret_status, struct error *error)
{
    struct health *health = memory_new(sizeof *health);
    health_init(health);
    int code = look_here(data, options, health, error);
    if (code == 0 && as_json)
        print_json(health);
    for (size_t i = 0; code == 0 && !as_json && i < health->count; i++)
        print_item(health->items[i].name, health_level_to_str(health->items[i].level),
                   health->items[i].text);
    *ret_status = exit_status(health_level_to_str(health_worst(health)));
    free(health);
    return code;
}

static int run_status(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    bool as_json = cli_flag(&argc, argv, "--json") != 0;
    int status = 0;
    struct options *options = options_new();
    int code = cli_settings(&argc, argv, data, options, error);
    if (code == 0)
        code = cli_words(argc, argv, 0, 0, error);
    if (code == 0)
        code = control_is_running(data)
                   ? ask_server(data, as_json, &status, error)
                   : without_server(data, options, as_json, &status, error);
    options_free(options);
    return code == 0 ? status : code;
}

const struct cli_command cli_status_commands[] = {
    {"status", NULL, "[--json]",
     "how the installation is: disk, backup, clock, certificate", run_status},
    {0},
};
