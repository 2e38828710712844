// SPDX-License-Identifier: MPL-2.0
// Commands about people, from the command line to the server that owns the data folder.
#include <gridcase/account/command.h>
#include <gridcase/account/lookups.h>

#include "api_internal.h"
#include "routes_internal.h"

struct person_job {
    struct account_command *command;
    const struct city_snapshot *city;
    int64_t now_ms;
};

static int run_job(struct db *db, void *context, struct error *error)
{
    const struct person_job *job = context;
    int code = account_command_run(db, job->command, job->now_ms, error);
    return code ? code
                : account_roster_person(db, city_roster(job->city),
                                        account_command_login(job->command), error);
}

static int carry_out(struct api_call *call, struct api_city *city, struct error *error)
{
    const struct json *request = NULL;
    struct person_job job = {.now_ms = call->now_ms};
    int code = api_city_open(call->api, city, error);
    if (code == 0) {
        code = api_body(call, &request, error);
    }
    if (code != 0) {
        return code;
    }
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot =
        api_city_snapshot(call->api, city);
    struct account_lookups lookups = account_lookups_of(snapshot);
    job.city = snapshot;
    code = account_command_new(request, &lookups, &job.command, error);
    if (code == 0) {
        code = db_lane_call(city->lane, DB_PEOPLE, run_job, &job, error);
    }
    if (code == 0) {
        BUFFER_CLEANUP struct buffer body;
        buffer_init(&body, BUFFER_CEILING_LINE);
        account_command_write(job.command, &body);
        changes_sessions(call->api->changes, city); // streams look at their sessions again
        http_reply_json(call->request, 200, &body);
    }
    account_command_free(job.command);
    return code;
}

int control_person(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (code == 0) {
        code = carry_out(call, city, error);
    }
    api_city_unref(call->api, city);
    return code;
}
