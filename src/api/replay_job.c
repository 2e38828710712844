// SPDX-License-Identifier: MPL-2.0
// Replays and plays that a command handed over: a thread each, one for a city at a time,
// stopped and joined when the server stops.
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/play.h>
#include <gridcase/cases/replay.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

struct replay_job {
    struct replay_job *next;
    struct api *api;
    struct api_city *city; // one reference
    struct city_snapshot *snapshot;
    struct replay_options options; // texts owned
    struct play_options play;      // instead, where it has a plan; owned
    pthread_t thread;
    atomic_bool stop;
    atomic_bool ended;
};

static void job_free(struct replay_job *job)
{
    city_snapshot_free(job->snapshot);
    api_city_unref(job->api, job->city);
    free((char *)(uintptr_t)job->options.source);
    free((char *)(uintptr_t)job->options.map);
    free((char *)(uintptr_t)job->play.plan);
    free(job);
}

static int run_play(struct replay_job *job, struct error *error)
{
    struct play_progress progress = {0};
    int code = play_run(job->api->store, job->snapshot, &job->play, &progress, error);
    log_event(code ? LOG_ERROR : LOG_INFO, "play.ended",
              "city=%s reports=%lld moves=%lld refused=%lld code=%s text=\"%s\"",
              job->city->slug, (long long)progress.reports, (long long)progress.moves,
              (long long)progress.refused, code ? error->slug : "ok",
              code ? error->message : "");
    return code;
}

static int run_replay(struct replay_job *job, struct error *error)
{
    struct replay_progress progress = {0};
    int code = replay_run(job->api->store, job->snapshot, &job->options, &progress, error);
    log_event(
        code ? LOG_ERROR : LOG_INFO, "replay.ended",
        "city=%s reports=%lld moves=%lld repeated=%lld refused=%lld code=%s text=\"%s\"",
        job->city->slug, (long long)progress.reports, (long long)progress.moves,
        (long long)progress.repeated, (long long)progress.moves_refused,
        code ? error->slug : "ok", code ? error->message : "");
    return code;
}

static void *job_run(void *context)
{
    struct replay_job *job = context;
    struct error error = {0};
    (void)(job->play.plan ? run_play(job, &error) : run_replay(job, &error)); // told
    changes_notify(job->api->changes, job->city);
    atomic_store(&job->ended, true);
    return NULL;
}

// Joins those that have ended; all of them when stopping.
static void sweep(struct api *api, bool all)
{
    struct replay_job **at = &api->replays;
    while (*at) {
        struct replay_job *job = *at;
        if (all) {
            atomic_store(&job->stop, true);
        }
        if (all || atomic_load(&job->ended)) {
            pthread_join(job->thread, NULL);
            *at = job->next;
            job_free(job);
        } else {
            at = &job->next;
        }
    }
}

void api_replays_stop(struct api *api)
{
    pthread_mutex_lock(&api->replay_lock);
    sweep(api, true);
    pthread_mutex_unlock(&api->replay_lock);
}

static int read_options(struct api_call *call, struct replay_options *options,
                        const char **ret_city, struct error *error)
{
    static const char *const names[] = {
        "city",         "source",    "map",  "speed",     "gap_s",
        "shift_to_now", "until_now", "live", "most_rows", NULL};
    const struct json *body = NULL;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "city", JSON_REQUIRED, 63, ret_city, error);
    }
    if (!code) {
        code = json_get_text(body, "source", JSON_REQUIRED, 4096, &options->source, error);
    }
    if (!code) {
        code = json_get_text(body, "map", JSON_REQUIRED, 4096, &options->map, error);
    }
    if (!code) {
        code = json_get_double(body, "speed", JSON_OPTIONAL, &options->speed, error);
    }
    if (!code) {
        code = json_get_double(body, "gap_s", JSON_OPTIONAL, &options->gap_s, error);
    }
    if (!code) {
        code = json_get_bool(body, "shift_to_now", JSON_OPTIONAL, &options->shift_to_now,
                             error);
    }
    if (!code) {
        code = json_get_bool(body, "until_now", JSON_OPTIONAL, &options->until_now, error);
    }
    if (!code) {
        code = json_get_bool(body, "live", JSON_OPTIONAL, &options->live, error);
    }
    if (!code) {
        code = json_get_int(body, "most_rows", JSON_OPTIONAL, 0, INT64_MAX,
                            &options->most_rows, error);
    }
    return code;
}

static bool is_running(const struct api *api, const struct api_city *city)
{
    const struct replay_job *job = api->replays;
    while (job && job->city != city) {
        job = job->next;
    }
    return job != NULL;
}

// With the lock held. Takes the city's reference.
static int launch(struct api *api, struct api_city *city,
                  const struct replay_options *options, const struct play_options *play,
                  struct error *error)
{
    struct replay_job *job = memory_new(sizeof(*job));
    job->api = api;
    job->city = city;
    job->snapshot = api_city_snapshot(api, city);
    if (play) {
        job->play = *play;
        job->play.plan = memory_text(play->plan);
        job->play.stop = &job->stop;
    } else {
        job->options = *options;
        job->options.source = memory_text(options->source);
        job->options.map = memory_text(options->map);
        job->options.stop = &job->stop;
    }
    if (!job->snapshot || atomic_load(&api->stopping) ||
        pthread_create(&job->thread, NULL, job_run, job)) {
        job_free(job);
        return error_set(error, ERROR_BUSY, "server.busy", "no thread for the replay");
    }
    job->next = api->replays;
    api->replays = job;
    return 0;
}

// One of the two options is NULL.
static int begin(struct api_call *call, const char *slug,
                 const struct replay_options *options, const struct play_options *play,
                 struct error *error)
{
    struct api_city *city = NULL;
    int code = api_city_named(call->api, slug, &city, error);
    if (!code) {
        code = api_city_open(call->api, city, error);
    }
    if (code) {
        api_city_unref(call->api, city);
        return code;
    }
    pthread_mutex_lock(&call->api->replay_lock);
    sweep(call->api, false);
    if (is_running(call->api, city)) {
        code = error_set(error, ERROR_CONFLICT, "replay.running",
                         "a replay of this city is running");
        api_city_unref(call->api, city);
    } else {
        code = launch(call->api, city, options, play, error);
    }
    pthread_mutex_unlock(&call->api->replay_lock);
    if (!code) {
        http_reply_text(call->request, 202, "started\n");
    }
    return code;
}

int control_replay(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct replay_options options = {0};
    const char *slug = NULL;
    int code = read_options(call, &options, &slug, error);
    return code ? code : begin(call, slug, &options, NULL, error);
}

int control_play(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    static const char *const names[] = {"city", "plan", "seed", "speed", NULL};
    struct play_options options = {.live = true, .speed = 1};
    const struct json *body = NULL;
    const char *slug = NULL;
    int64_t seed = 1;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "city", JSON_REQUIRED, 63, &slug, error);
    }
    if (!code) {
        code = json_get_text(body, "plan", JSON_REQUIRED, 4096, &options.plan, error);
    }
    if (!code) {
        code = json_get_int(body, "seed", JSON_OPTIONAL, 0, INT64_MAX, &seed, error);
    }
    if (!code) {
        code = json_get_double(body, "speed", JSON_OPTIONAL, &options.speed, error);
    }
    if (!code && !(options.speed >= 0.1 && options.speed <= 1000)) {
        code = error_set(error, ERROR_INPUT, "api.bad_parameter", "speed is 0.1 to 1000");
    }
    options.seed = (uint64_t)seed;
    return code ? code : begin(call, slug, NULL, &options, error);
}
