// SPDX-License-Identifier: MPL-2.0
// Runs a route's handler where its row says: on the HTTP thread, in the writer lane, in the
// worker pool. A call belongs to one thread at a time.
#include <assert.h>
#include <string.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/log.h>

#include "api_internal.h"

static void call_continue(struct api_call *call);

enum { MODELS_MOST = 3 }; // loaded while one call is written

static int reader(struct api_call *call, struct db **ret_db, struct error *error)
{
    enum db_database database = call->route->flags & API_CITY_DB ? DB_CITY : DB_CASES;
    if (!call->city || call->route->flags & API_NO_DB) { // or a control route about no city
        *ret_db = NULL;
        return 0;
    }
    return db_reader_borrow(call->api->store, call->city->slug, database, ret_db, error);
}

// A handler, or what replies after a write: its own error, or that of a piece of the reply.
static int run_handler(struct api_call *call,
                       int (*handler)(struct api_call *call, struct db *db,
                                      struct error *error),
                       struct db *db, struct error *error)
{
    error_clear(&call->missing);
    int code = handler(call, db, error);
    if (!code && call->missing.code) {
        *error = call->missing;
        code = error->code;
    }
    return code;
}

// ---- slow: the worker pool ----

static void slow_work(void *context)
{
    struct api_call *call = context;
    DB_READER_CLEANUP struct db *db = NULL;
    struct error error = {0};
    int code = reader(call, &db, &error);
    if (!code) {
        code = run_handler(call, call->route->handler, db, &error);
    }
    if (code) {
        call->error = error;
    }
    db = db_reader_return(db); // before the reply: the call is not ours afterwards
    http_reply_compress(call->request);
    http_request_finish(call->request);
}

static void run_slow(struct api_call *call)
{
    struct api *api = call->api;
    call->phase = API_PHASE_WORKING;
    http_request_defer(call->request);
    struct error error = {0};
    uint64_t key = call->city ? call->city->key : 0;
    if (pool_submit(api->pool, key, slow_work, call, &error)) {
        call->error = error;
        http_request_finish(call->request);
    }
}

// ---- large replies: compressed by the worker pool ----

static void compress_work(void *context)
{
    struct api_call *call = context;
    http_reply_compress(call->request);
    http_request_finish(call->request);
}

// When nobody is free to do it, the reply leaves as it is.
static void compress_elsewhere(struct api_call *call)
{
    struct error error = {0};
    uint64_t key = call->city ? call->city->key : 0;
    if (!http_reply_is_heavy(call->request)) {
        return;
    }
    http_request_defer(call->request);
    if (pool_submit(call->api->pool, key, compress_work, call, &error)) {
        http_request_finish(call->request);
    }
}

// ---- read: this thread, within a budget ----

static void run_read(struct api_call *call)
{
    DB_READER_CLEANUP struct db *db = NULL;
    struct error error = {0};
    int code = reader(call, &db, &error);
    if (!code) {
        if (db) {
            db_set_budget(db, DB_READ_BUDGET_US);
        }
        code = run_handler(call, call->route->handler, db, &error);
    }
    if (code && strcmp(error.slug, "db.over_budget") == 0) {
        db = db_reader_return(db);
        run_slow(call);
    } else if (code) {
        api_reply_error(call, &error);
    } else {
        db = db_reader_return(db);
        compress_elsewhere(call);
    }
}

bool api_is_slow(const struct api_call *call)
{
    return call->phase == API_PHASE_WORKING;
}

int api_go_slow(struct error *error)
{
    return error_set(error, ERROR_BUSY, "db.over_budget", "this goes to the worker pool");
}

// ---- write: the city's lane ----

static void reload_work(void *context)
{
    struct api_call *call = context;
    struct error error = {0};
    if (api_city_reload(call->api, call->city, &error)) {
        call->error = error;
    }
    http_request_finish(call->request);
}

static int write_work(struct db *db, void *context, struct error *error)
{
    struct api_call *call = context;
    int code = call->city->lane && db_database_of(db) == DB_CASES
                   ? city_hold_current(db, call->snapshot, error)
                   : 0;
    return code ? code : call->route->handler(call, db, error);
}

// Another server has loaded a model: this one reads it, and the call begins anew with it.
static bool repeat_with_model(struct api_call *call, const struct error *why)
{
    struct error error = {0};
    if (strcmp(why->slug, "city.model_changed") != 0 || call->models++ >= MODELS_MOST) {
        return false;
    }
    call->phase = API_PHASE_OPENING;
    return pool_submit(call->api->pool, call->city->key, reload_work, call, &error) == 0;
}

static void write_done(void *context, const struct error *error)
{
    struct api_call *call = context;
    if (error && repeat_with_model(call, error)) {
        return;
    }
    if (error) {
        call->error = *error;
    } else {
        atomic_store(&call->city->changed, true); // a timer may come sooner now
        changes_notify(call->api->changes, call->city);
    }
    http_request_finish(call->request);
}

static void run_write(struct api_call *call)
{
    assert(call->city); // a WRITE route is always about a city
    struct db_lane_job job = {.priority = DB_PEOPLE,
                              .work = write_work,
                              .done = write_done,
                              .context = call,
                              .beside = (call->route->flags & API_BESIDE) != 0};
    struct error error = {0};
    call->phase = API_PHASE_WRITING;
    http_request_defer(call->request);
    if (db_lane_submit(call->city->lane, &job, &error)) {
        call->error = error;
        http_request_finish(call->request);
    }
}

static void reply_written(struct api_call *call)
{
    DB_READER_CLEANUP struct db *db = NULL;
    struct error error = {0};
    int code = reader(call, &db, &error);
    if (!code) {
        code = run_handler(call, call->route->reply, db, &error);
    }
    if (code) {
        api_reply_error(call, &error);
    }
}

// ---- the way of a call ----

static void open_work(void *context)
{
    struct api_call *call = context;
    struct error error = {0};
    if (api_city_open(call->api, call->city, &error)) {
        call->error = error;
    }
    http_request_finish(call->request);
}

static void run_open(struct api_call *call)
{
    struct error error = {0};
    call->phase = API_PHASE_OPENING;
    http_request_defer(call->request);
    if (pool_submit(call->api->pool, call->city->key, open_work, call, &error)) {
        call->error = error;
        http_request_finish(call->request);
    }
}

static void run_mode(struct api_call *call)
{
    switch (call->route->mode) {
    case API_READ:
        run_read(call);
        return;
    case API_WRITE:
        run_write(call);
        return;
    case API_SLOW:
        run_slow(call);
        return;
    }
}

// What an Idempotency-Key stands for: the method, the address and the body.
static void digest_request(struct api_call *call)
{
    struct hash *hash = hash_new();
    const char *method = http_method_to_str(http_request_method(call->request));
    const char *target = http_request_target(call->request);
    size_t length = 0;
    const char *body = http_request_body(call->request, &length);
    hash_add(hash, method, strlen(method) + 1);
    hash_add(hash, target, strlen(target) + 1);
    hash_add(hash, body, length);
    hash_finish(hash, call->body_digest);
}

static void call_continue(struct api_call *call)
{
    struct error error = {0};
    int code = 0;
    if (call->city) {
        city_snapshot_free(call->snapshot); // of a call that begins anew
        call->snapshot = api_city_snapshot(call->api, call->city);
    }
    if (call->city && !call->snapshot) {
        code = error_set(&error, ERROR_BUSY, "city.out_of_service",
                         "the city was closed in between");
    }
    if (!code && call->city && call->route->http.method != HTTP_GET) {
        code = api_city_hold_check(call->city, &error);
    }
    if (!code && !call->authenticated) {
        code = api_authenticate(call, &error);
    }
    call->now_ms = instant_now_ms();
    if (!code && call->has_key) {
        digest_request(call);
    }
    if (call->data_done) { // likewise
        call->data_done(call->data);
        call->data_done = NULL;
        call->data = NULL;
    }
    if (!code && call->route->prepare) {
        code = call->route->prepare(call, &error);
    }
    if (code) {
        api_reply_error(call, &error);
    } else {
        run_mode(call);
    }
}

void api_call_run(struct api_call *call)
{
    struct error error = {0};
    if (call->city && api_city_off_check(call->api, call->city, &error)) {
        api_reply_error(call, &error);
    } else if (call->city && !api_city_is_open(call->api, call->city)) {
        run_open(call);
    } else {
        call_continue(call);
    }
}

// The HTTP thread again, after the lane or the pool.
void api_call_resumed(struct api_call *call)
{
    if (call->error.code) {
        api_reply_error(call, &call->error);
    } else if (call->phase == API_PHASE_OPENING) {
        call->phase = API_PHASE_START;
        call_continue(call);
    } else if (call->phase == API_PHASE_WRITING) {
        reply_written(call);
    }
}

void api_call_done(struct api_call *call)
{
    if (call->route) {
        metrics_count(call->api->metrics, call->route, http_reply_status(call->request),
                      http_request_age_us(call->request));
    }
    log_event(LOG_DEBUG, "http.request", "id=%s method=%s operation=%s status=%u us=%lld",
              http_request_id(call->request),
              http_method_to_str(http_request_method(call->request)),
              call->route ? call->route->operation : "-", http_reply_status(call->request),
              (long long)http_request_age_us(call->request));
    if (call->route && call->route->body == API_UPLOAD && call->phase == API_PHASE_START &&
        !http_reply_is_set(call->request)) {
        media_keep_part(call);
    }
    if (call->data_done) {
        call->data_done(call->data);
    }
    json_free(call->body);
    db_reader_return(call->index);
    city_snapshot_free(call->snapshot);
    api_city_unref(call->api, call->city);
}
