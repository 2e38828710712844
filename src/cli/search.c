// SPDX-License-Identifier: MPL-2.0
// gridcase search: the index of a city. See gridcase-search(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>

#include <gridcase/cases/search.h>
#include <gridcase/city/city.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>

enum { SERVER_S = 60, PATH_SIZE = 128, BATCH_ARENA = 64 * 1024 * 1024 };

struct building {
    struct db_store *store;
    struct city_snapshot *city;
    struct db *cases, *index;
    struct db_lane *lane; // of the index: keeps its log short
    struct case_search_batch *batch;
    struct case_search_writer *writer;
    struct case_search_state state;
    uint64_t done;
};

static void building_done(struct building *building)
{
    case_search_writer_free(building->writer);
    db_lane_put(building->lane);
    db_close(building->index);
    db_close(building->cases);
    city_snapshot_free(building->city);
    db_store_close(building->store);
}

static int write_batch(struct db *db, void *context, struct error *error)
{
    const struct building *building = context;
    return case_search_batch_write(building->writer, db, building->batch, error);
}

// One batch in a transaction of its own. 1: there may be more.
static int batch(struct building *building, struct error *error)
{
    ARENA_CLEANUP struct arena *arena = arena_new(BATCH_ARENA);
    int code = case_search_batch_read(building->cases, building->city, &building->state,
                                      arena, &building->batch, error);
    if (code != 0 || building->batch == NULL)
        return code;
    code = db_lane_call(building->lane, DB_MACHINES, write_batch, building, error);
    if (code != 0)
        return code;
    building->state = case_search_batch_done(building->writer, building->batch);
    building->done += case_search_batch_cases(building->batch);
    return 1;
}

static int build(struct building *building, const char *slug, bool quiet,
                 struct error *error)
{
    int code = city_snapshot_open(building->store, slug, &building->city, error);
    if (code == 0)
        code = db_store_discard_search(building->store, slug, error);
    if (code == 0)
        code = db_open(building->store, slug, DB_CASES, DB_READ, &building->cases, error);
    if (code == 0)
        code = db_lane_get(building->store, slug, DB_SEARCH, &building->lane, error);
    if (code != 0)
        return code;
    building->writer = case_search_writer_new();
    while ((code = batch(building, error)) == 1)
        if (!quiet && building->done % 10000 < 500)
            fprintf(stderr, "\r%llu cases ", (unsigned long long)building->done);
    if (!quiet)
        fprintf(stderr, "\r");
    return code;
}

static int rebuild_here(const char *data, const char *slug, bool quiet, struct error *error)
{
    struct building building = {0};
    int64_t began_us = instant_monotonic_us();
    int code = db_store_open(data, 0, &building.store, error);
    if (code == 0)
        code = build(&building, slug, quiet, error);
    if (code == 0)
        printf("%llu cases in %.1f s\n", (unsigned long long)building.done,
               (double)(instant_monotonic_us() - began_us) / 1e6);
    building_done(&building);
    return code;
}

static int rebuild(int argc, char **argv, struct error *error)
{
    char path[PATH_SIZE];
    struct buffer answer BUFFER_CLEANUP;
    buffer_init(&answer, BUFFER_CEILING_REPLY);
    const char *data = cli_data_folder(&argc, argv);
    bool quiet = cli_flag(&argc, argv, "--quiet") != 0;
    int code = cli_words(argc, argv, 1, 1, error);
    if (code != 0)
        return code;
    if (!text_is_slug(argv[0]))
        return error_set(error, ERROR_NOT_FOUND, "city.unknown", "no city %s", argv[0]);
    if (!control_is_running(data))
        return rebuild_here(data, argv[0], quiet, error);
    code = text_format(path, sizeof path, "/control/cities/%s/search", argv[0]);
    if (code == 0)
        code = control_run(data, path, "{}", SERVER_S, &answer, error);
    if (code == 0)
        printf("the running server makes the index anew; see gridcase search status %s\n",
               argv[0]);
    return code;
}

static int tell(bool complete, const struct case_search_lag *lag)
{
    printf("%s, %lld changes (%.1f s) behind\n", complete ? "complete" : "partial",
           (long long)lag->changes, (double)lag->ms / 1e3);
    return 0;
}

static int status_here(const char *data, const char *slug, struct error *error)
{
    struct building building = {0};
    struct case_search_lag lag = {0, 0};
    int code = db_store_open(data, DB_STORE_READ_ONLY, &building.store, error);
    if (code == 0)
        code = db_open(building.store, slug, DB_CASES, DB_READ, &building.cases, error);
    if (code == 0) {
        code = db_open(building.store, slug, DB_SEARCH, DB_READ, &building.index, error);
        if (code == ERROR_NOT_FOUND) { // none was made yet
            error_clear(error);
            code = 0;
        }
    }
    if (code == 0 && building.index != NULL)
        code = case_search_state(building.index, &building.state, error);
    if (code == 0 && building.state.known)
        code =
            case_search_lag(building.cases, &building.state, instant_now_ms(), &lag, error);
    if (code == 0 && !building.state.known)
        printf("there is no index yet\n");
    else if (code == 0)
        code = tell(building.state.below == 0, &lag);
    building_done(&building);
    return code;
}

static int status(int argc, char **argv, struct error *error)
{
    char path[PATH_SIZE];
    struct buffer answer BUFFER_CLEANUP;
    JSON_CLEANUP struct json *json = NULL;
    struct case_search_lag lag = {0, 0};
    bool complete = false;
    buffer_init(&answer, BUFFER_CEILING_REPLY);
    const char *data = cli_data_folder(&argc, argv);
    int code = cli_words(argc, argv, 1, 1, error);
    if (code != 0)
        return code;
    if (!text_is_slug(argv[0]))
        return error_set(error, ERROR_NOT_FOUND, "city.unknown", "no city %s", argv[0]);
    if (!control_is_running(data))
        return status_here(data, argv[0], error);
    code = text_format(path, sizeof path, "/control/cities/%s/search", argv[0]);
    if (code == 0)
        code = control_run(data, path, NULL, SERVER_S, &answer, error);
    if (code == 0)
        code = json_parse(answer.data, answer.length, &json, error);
    if (code == 0)
        code = json_get_bool(json, "complete", JSON_REQUIRED, &complete, error);
    if (code == 0)
        code =
            json_get_int(json, "behind", JSON_REQUIRED, 0, INT64_MAX, &lag.changes, error);
    if (code == 0)
        code = json_get_int(json, "behind_ms", JSON_REQUIRED, 0, INT64_MAX, &lag.ms, error);
    return code == 0 ? tell(complete, &lag) : code;
}

const struct cli_command cli_search_commands[] = {
    {"search", "rebuild", "CITY [--quiet]", "makes the index for searching cases anew",
     rebuild},
    {"search", "status", "CITY", "tells how far the index for searching cases has come",
     status},
    {0},
};
