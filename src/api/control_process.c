// SPDX-License-Identifier: MPL-2.0
// Moving open cases to the process in force, for a command, in the server that owns the
// data folder: slice after slice in the writer lane, so that nobody waits for all of them.
#include <string.h>

#include <gridcase/cases/process_move.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { MOVE_SLICE = 50, MAP_BYTES = 32 * 1024 };

struct process_job {
    const struct city_snapshot *city;
    const struct table *map; // NULL: none
    struct process_move_plan plan;
    struct arena *arena;
    int64_t now_ms;
    unsigned done, moved;
};

static int plan_job(struct db *db, void *context, struct error *error)
{
    struct process_job *job = context;
    return process_move_plan(db, job->city, job->map, job->arena, &job->plan, error);
}

static int move_job(struct db *db, void *context, struct error *error)
{
    struct process_job *job = context;
    return process_move_run(db, job->city, job->map, job->now_ms, MOVE_SLICE, &job->done,
                            error);
}

static int move_all(struct api_call *call, struct api_city *city, struct process_job *job,
                    struct error *error)
{
    int code = process_move_check(&job->plan, error);
    do {
        job->done = 0;
        if (!code) {
            code = db_lane_call(city->lane, DB_MACHINES, move_job, job, error);
        }
        job->moved += job->done;
    } while (!code && job->done == MOVE_SLICE && !atomic_load(&call->api->stopping));
    return code;
}

static int read_map(const struct json *body, struct table **ret_map, struct error *error)
{
    const char *text = NULL;
    int code = json_get_text(body, "map", JSON_OPTIONAL, MAP_BYTES, &text, error);
    return code || !text
               ? code
               : table_parse_csv("map", "map", text, strlen(text), ret_map, error);
}

static int carry_out(struct api_call *call, struct api_city *city, struct error *error)
{
    const struct json *body = NULL;
    bool dry = false;
    struct table *map TABLE_CLEANUP = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot = NULL;
    struct process_job job = {.now_ms = call->now_ms, .arena = call->arena};
    int code = api_city_open(call->api, city, error);
    if (!code) {
        code = api_body(call, &body, error);
    }
    if (!code) {
        code = json_get_bool(body, "dry", JSON_OPTIONAL, &dry, error);
    }
    if (!code) {
        code = read_map(body, &map, error);
    }
    if (code) {
        return code;
    }
    snapshot = api_city_snapshot(call->api, city);
    job.city = snapshot;
    job.map = map;
    code = db_lane_call(city->lane, DB_MACHINES, plan_job, &job, error);
    if (!code && !dry) {
        code = move_all(call, city, &job, error);
    }
    if (!code) {
        BUFFER_CLEANUP struct buffer out;
        buffer_init(&out, BUFFER_CEILING_REPLY);
        process_move_tell(&job.plan, &out);
        if (!dry) {
            buffer_format(&out, "\n%u cases moved", job.moved);
        }
        http_reply_buffer(call->request, 200, "text/plain; charset=utf-8", &out);
    }
    return code;
}

int control_process(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (!code) {
        code = carry_out(call, city, error);
    }
    api_city_unref(call->api, city);
    return code;
}
