// SPDX-License-Identifier: MPL-2.0
// A draft of the model tried over past cases: a thread, one for a city at a time, that
// keeps how far it is, and then its answer, in a file of the city's folder, so that any
// server of the city tells it.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/cases/what_if.h>
#include <gridcase/city/draft.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"
#include "what_if_job.h"

enum { PATH_SIZE = 4096, JOB_ARENA = 256 * 1024 * 1024, TELL_MS = 1000 };

struct what_if_job {
    struct what_if_job *next;
    struct api *api;
    struct api_city *city; // one reference
    struct city_snapshot *snapshot;
    struct what_if_asked asked;
    int64_t started_ms, told_ms;
    pthread_t thread;
    atomic_bool stop, ended;
};

static void job_free(struct what_if_job *job)
{
    city_snapshot_free(job->snapshot);
    api_city_unref(job->api, job->city);
    free(job);
}

int what_if_path(const struct api *api, const char *slug, char *out, size_t size,
                 struct error *error)
{
    int code = db_store_city_path(api->store, slug, "what-if.json", out, size);
    return code ? error_set(error, code, "file.path", "path is too long") : 0;
}

// ---- the file ----
static void put_head(struct json_writer *json, const struct what_if_job *job,
                     const char *state)
{
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
    date_to_text(job->asked.from_day, from);
    date_to_text(job->asked.to_day, to);
    json_put_text(json, "state", state);
    json_put_text(json, "tag", job->asked.tag);
    json_put_text(json, "from", from);
    json_put_text(json, "to", to);
    json_put_instant(json, "started_at", job->started_ms);
    json_put_instant(json, "at", instant_now_ms());
}

static int write_file(const struct what_if_job *job, const struct buffer *text,
                      struct error *error)
{
    char path[PATH_SIZE];
    int code = buffer_check(text, error);
    if (!code) {
        code = what_if_path(job->api, job->city->slug, path, sizeof(path), error);
    }
    return code ? code : file_write_atomic(path, text->data, text->length, error);
}

static int tell_state(const struct what_if_job *job, int64_t done, int64_t of,
                      struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    struct json_writer json;
    buffer_init(&text, BUFFER_CEILING_LINE);
    json_writer_init(&json, &text);
    json_begin_object(&json, NULL);
    put_head(&json, job, "running");
    json_put_int(&json, "done", done);
    json_put_int(&json, "of", of);
    json_end_object(&json);
    return write_file(job, &text, error);
}

static void on_progress(void *context, int64_t done, int64_t of)
{
    struct what_if_job *job = context;
    struct error ignored = {0}; // the next one, or the end, tells it
    int64_t now_ms = instant_now_ms();
    if (now_ms - job->told_ms < TELL_MS) {
        return;
    }
    job->told_ms = now_ms;
    (void)!tell_state(job, done, of, &ignored);
}

static void tell_failure(const struct what_if_job *job, const struct error *why)
{
    BUFFER_CLEANUP struct buffer text;
    struct json_writer json;
    struct error error = {0};
    buffer_init(&text, BUFFER_CEILING_LINE);
    json_writer_init(&json, &text);
    json_begin_object(&json, NULL);
    put_head(&json, job, "failed");
    json_put_text(&json, "code", why->slug);
    json_put_text(&json, "message", why->message);
    json_end_object(&json);
    if (write_file(job, &text, &error)) {
        log_event(LOG_ERROR, "what_if.file", "city=%s text=\"%s\"", job->city->slug,
                  error.message);
    }
}

// ---- the work ----
static int check_tag(const struct what_if_job *job, const struct city_diff *diff,
                     struct error *error)
{
    char tag[65];
    city_diff_tag(diff, tag);
    return strcmp(tag, job->asked.tag) == 0
               ? 0
               : error_set(error, ERROR_CONFLICT, "proposal.changed",
                           "the folder or the city has changed since this was proposed: "
                           "have it proposed again");
}

static int put_result(const struct what_if_job *job, const struct city_snapshot *draft,
                      const struct what_if_result *result, struct buffer *text,
                      struct error *error)
{
    struct json_writer json;
    json_writer_init(&json, text);
    json_begin_object(&json, NULL);
    put_head(&json, job, "done");
    json_begin_object(&json, "result");
    what_if_put(&json, job->snapshot, draft, result);
    json_end_object(&json);
    json_end_object(&json);
    return buffer_check(text, error);
}

static int try_out(struct what_if_job *job, const struct city_draft *draft,
                   const struct city_diff *diff, struct buffer *text, struct error *error)
{
    const struct calendar *calendar = city_calendar(job->snapshot, 0);
    struct arena *arena ARENA_CLEANUP = arena_new(JOB_ARENA);
    DB_READER_CLEANUP struct db *db = NULL;
    struct what_if_result result;
    struct what_if_options options = {
        .from_ms = calendar_day_start(calendar, job->asked.from_day),
        .to_ms = calendar_day_start(calendar, job->asked.to_day + 1),
        .now_ms = instant_now_ms(),
        .same_calendar = what_if_same_calendar(diff),
        .stop = &job->stop,
        .progress = on_progress,
        .context = job};
    int code = db_reader_borrow(job->api->store, job->city->slug, DB_CASES, &db, error);
    if (!code) {
        code = what_if_run(db, job->snapshot, city_draft_snapshot(draft), &options, arena,
                           &result, error);
    }
    return code ? code : put_result(job, city_draft_snapshot(draft), &result, text, error);
}

static int work(struct what_if_job *job, struct buffer *text, struct error *error)
{
    struct city_report *report = city_report_new();
    CITY_DIFF_CLEANUP struct city_diff *diff = city_diff_new();
    struct city_draft *draft = NULL;
    int code = city_draft_open(job->api->store, job->city->slug, job->asked.folder, report,
                               diff, &draft, error);
    if (!code) {
        code = check_tag(job, diff, error);
    }
    if (!code) {
        code = try_out(job, draft, diff, text, error);
    }
    city_draft_close(draft);
    city_report_free(report);
    return code;
}

static void *job_run(void *context)
{
    struct what_if_job *job = context;
    struct error error = {0};
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_FILE);
    int code = work(job, &text, &error);
    // Whoever has read the end may ask again at once: the next one waits for this thread.
    atomic_store(&job->ended, true);
    if (!code) {
        code = write_file(job, &text, &error);
    }
    if (code) {
        tell_failure(job, &error);
    }
    log_event(code ? LOG_WARNING : LOG_INFO, "what_if.ended", "city=%s code=%s text=\"%s\"",
              job->city->slug, code ? error.slug : "ok", code ? error.message : "");
    return NULL;
}

// ---- its life ----
// Joins those that have ended; all of them when stopping.
static void sweep(struct api *api, bool all)
{
    struct what_if_job **at = &api->what_ifs;
    while (*at) {
        struct what_if_job *job = *at;
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

void api_what_ifs_stop(struct api *api)
{
    pthread_mutex_lock(&api->replay_lock);
    sweep(api, true);
    pthread_mutex_unlock(&api->replay_lock);
}

// With the lock held.
static int launch(struct api_call *call, const struct what_if_asked *asked,
                  struct error *error)
{
    struct what_if_job *job = memory_new(sizeof(*job));
    job->api = call->api;
    job->city = call->city;
    job->asked = *asked;
    job->started_ms = job->told_ms = instant_now_ms();
    int code = api_city_named(call->api, call->city->slug, &job->city, error);
    if (code) {
        free(job);
        return code;
    }
    job->snapshot = city_snapshot_ref(call->snapshot);
    code = tell_state(job, 0, 0, error);
    if (!code && (atomic_load(&call->api->stopping) ||
                  pthread_create(&job->thread, NULL, job_run, job))) {
        code = error_set(error, ERROR_BUSY, "server.busy", "no thread for the trial");
        tell_failure(job, error);
    }
    if (code) {
        job_free(job);
        return code;
    }
    job->next = call->api->what_ifs;
    call->api->what_ifs = job;
    return 0;
}

static bool is_running(const struct api *api, const struct api_city *city)
{
    const struct what_if_job *job = api->what_ifs;
    while (job && job->city != city) {
        job = job->next;
    }
    return job != NULL;
}

int what_if_begin(struct api_call *call, const struct what_if_asked *asked,
                  struct error *error)
{
    int code = 0;
    pthread_mutex_lock(&call->api->replay_lock);
    sweep(call->api, false);
    if (is_running(call->api, call->city)) {
        code = error_set(error, ERROR_BUSY, "what_if.running",
                         "a draft of this city is being tried already");
    } else {
        code = launch(call, asked, error);
    }
    pthread_mutex_unlock(&call->api->replay_lock);
    return code;
}
