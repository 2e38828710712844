// SPDX-License-Identifier: MPL-2.0
// Health of a running server: what it watches on the way, and who may ask.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

#define SAMPLES "health.disk" // a setting of system.db

enum {
    SAMPLE_MS = 6 * 3600 * 1000,     // between two looks at the disk that are kept
    STEP_TOLD_MS = 24 * 3600 * 1000, // a set clock is told for so long
    SEARCH_BEHIND_MS = 60 * 1000,
};

struct health_watch {
    pthread_mutex_t lock;
    struct health_samples samples;
    bool samples_read;
    atomic_bool sampling;
    int64_t sampled_us; // the tick's own
    int64_t wall_ms, monotonic_us;
    int64_t step_ms, stepped_ms;
    uint64_t tls_loads;
    char tls_failure[64];
};

struct health_watch *health_watch_new(void)
{
    struct health_watch *watch = memory_new(sizeof(*watch));
    pthread_mutex_init(&watch->lock, NULL);
    return watch;
}

struct health_watch *health_watch_free(struct health_watch *watch)
{
    if (watch) {
        pthread_mutex_destroy(&watch->lock);
    }
    free(watch);
    return NULL;
}

// ---- the disk, now and then ----

int health_samples_load(struct db_store *store, struct health_samples *samples,
                        struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    int code = db_reader_borrow(store, NULL, DB_SYSTEM, &db, error);
    if (!code) {
        code = db_prepare(db, QUERY_SYSTEM_SETTING_GET, &s, error);
    }
    if (code) {
        return code;
    }
    db_bind_text(s, 1, SAMPLES);
    code = db_step(s, error);
    if (code == DB_ROW) {
        health_samples_read(samples, db_column_text(s, 0));
    }
    return code < 0 ? code : 0;
}

static int write_work(struct db *db, void *context, struct error *error)
{
    return db_execute(db, QUERY_SYSTEM_SETTING_SET,
                      (struct db_value[]){DB_TEXT(SAMPLES), DB_TEXT(context)}, 2, error);
}

static void read_samples(struct api *api)
{
    struct health_samples samples = {0};
    struct error error = {0};
    int code = health_samples_load(api->store, &samples, &error);
    pthread_mutex_lock(&api->health->lock);
    if (!code && !api->health->samples_read) {
        api->health->samples = samples;
        api->health->samples_read = true;
    }
    pthread_mutex_unlock(&api->health->lock);
}

static void sample(void *context)
{
    struct api *api = context;
    struct health_watch *watch = api->health;
    BUFFER_CLEANUP struct buffer text;
    struct db_lane *lane = NULL;
    struct error error = {0};
    int64_t now_ms = instant_now_ms();
    int64_t free_bytes = file_free_bytes(db_store_folder(api->store));
    buffer_init(&text, BUFFER_CEILING_LINE);
    pthread_mutex_lock(&watch->lock);
    size_t count = watch->samples.count;
    int64_t last_ms = count ? watch->samples.list[count - 1].at_ms : INSTANT_NONE;
    // After a restart the last one may be young; a clock that was set back begins anew.
    bool due = last_ms == INSTANT_NONE || now_ms - last_ms >= SAMPLE_MS || last_ms > now_ms;
    if (last_ms > now_ms && last_ms != INSTANT_NONE) {
        watch->samples.count = 0;
    }
    if (due && free_bytes >= 0) {
        health_samples_add(&watch->samples, now_ms, free_bytes);
        health_samples_write(&watch->samples, &text);
    }
    pthread_mutex_unlock(&watch->lock);
    int code = 0;
    if (text.length > 0) {
        code = db_lane_get(api->store, NULL, DB_SYSTEM, &lane, &error);
    }
    if (!code && lane) {
        code = db_lane_call(lane, DB_MACHINES, write_work, text.data, &error);
    }
    db_lane_put(lane);
    if (code) {
        log_event(LOG_WARNING, "health.sample", "code=%s text=\"%s\"", error.slug,
                  error.message);
    }
    atomic_store(&watch->sampling, false);
}

// ---- the clock, at every tick ----

static void watch_clock(struct api *api, int64_t now_us)
{
    struct health_watch *watch = api->health;
    int64_t now_ms = instant_now_ms();
    int64_t limit_ms = api->options.health.clock_step_ms;
    pthread_mutex_lock(&watch->lock);
    int64_t step_ms = (now_ms - watch->wall_ms) - (now_us - watch->monotonic_us) / 1000;
    bool stepped = watch->wall_ms != 0 && (step_ms >= limit_ms || -step_ms >= limit_ms);
    watch->wall_ms = now_ms;
    watch->monotonic_us = now_us;
    if (stepped) {
        watch->step_ms = step_ms;
        watch->stepped_ms = now_ms;
    }
    pthread_mutex_unlock(&watch->lock);
    if (stepped) {
        log_event(LOG_WARNING, "clock.set", "step_ms=%lld", (long long)step_ms);
    }
}

static void watch_tls(struct api *api)
{
    struct http_tls_state state;
    struct health_watch *watch = api->health;
    struct http_server *server = api_server(api);
    if (!server) {
        return;
    }
    http_server_tls_state(server, &state);
    if (state.enabled && state.loads != watch->tls_loads) {
        watch->tls_loads = state.loads;
        watch->tls_failure[0] = '\0';
        log_event(LOG_INFO, "tls.loaded", "names=\"%s\" days=%lld", state.names,
                  (long long)((state.not_after_ms - instant_now_ms()) / 86400000));
    }
    if (state.failure.code && strcmp(state.failure.slug, watch->tls_failure) != 0) {
        (void)memcpy(watch->tls_failure, state.failure.slug, sizeof(watch->tls_failure));
        log_event(LOG_ERROR, "tls.failed", "code=%s text=\"%s\"", state.failure.slug,
                  state.failure.message);
    }
}

void api_health_tick(struct api *api)
{
    struct health_watch *watch = api->health;
    int64_t now_us = instant_monotonic_us();
    struct error ignored = {0};
    watch_clock(api, now_us);
    watch_tls(api);
    if (!watch->samples_read) {
        read_samples(api);
    }
    if (watch->sampled_us == 0 ||
        now_us - watch->sampled_us >= (int64_t)SAMPLE_MS * 1000 / 24) {
        watch->sampled_us = now_us;
        if (!atomic_exchange(&watch->sampling, true) &&
            pool_submit(api->pool, 0, sample, api, &ignored)) {
            atomic_store(&watch->sampling, false);
        }
    }
}

// ---- asking ----

struct city_sum {
    struct api *api;
    struct health *health;
    unsigned cities, open, failed;
};

static void add_city(void *context, struct api_city *city)
{
    struct city_sum *sum = context;
    char name[80];
    bool open = api_city_is_open(sum->api, city);
    struct error failure;
    pthread_mutex_lock(&sum->api->lock);
    failure = city->failure;
    pthread_mutex_unlock(&sum->api->lock);
    snprintf(name, sizeof(name), "city %s", city->slug);
    sum->cities++;
    sum->open += open;
    if (failure.code) {
        sum->failed++;
        health_add(sum->health, name, HEALTH_CRITICAL, "out of service: %.240s",
                   failure.message);
    } else if (open && atomic_load(&city->search_behind_ms) > SEARCH_BEHIND_MS) {
        health_add(sum->health, name, HEALTH_WARNING, "search is %lld changes behind",
                   (long long)atomic_load(&city->search_behind));
    }
}

void api_health(struct api *api, struct health *out)
{
    struct health_watch *watch = api->health;
    const struct health_limits *limits = &api->options.health;
    struct http_tls_state tls = {0};
    struct backup_state state;
    struct error error = {0};
    struct city_sum sum = {.api = api, .health = out};
    int64_t now_ms = instant_now_ms();
    health_init(out);
    pthread_mutex_lock(&watch->lock);
    struct health_samples samples = watch->samples;
    bool told = now_ms - watch->stepped_ms < STEP_TOLD_MS;
    int64_t step_ms = told ? watch->step_ms : 0;
    int64_t stepped_ms = watch->stepped_ms;
    pthread_mutex_unlock(&watch->lock);
    health_disk(out, limits, db_store_folder(api->store), &samples);
    if (backup_state_read(api->store, &state, &error)) {
        health_add(out, "backup", HEALTH_CRITICAL, "system.db cannot be read: %s",
                   error.message);
    } else {
        health_backup(out, limits, &state, now_ms);
    }
    api_mails_health(api, out);
    health_store(out, api->store);
    health_clock(out, limits, step_ms, stepped_ms);
    struct http_server *server = atomic_load(&api->stopping) ? NULL : api_server(api);
    if (server) {
        http_server_tls_state(server, &tls);
        health_tls(out, limits, &tls, now_ms);
    }
    api_cities_each(api, add_city, &sum);
    health_add(out, "cities", HEALTH_OK, "%u served, %u open, %u out of service",
               sum.cities, sum.open, sum.failed);
}

void api_health_text(struct api *api, struct buffer *out, enum health_level *ret_worst)
{
    struct health *health = memory_new(sizeof(*health));
    api_health(api, health);
    *ret_worst = health_worst(health);
    buffer_format(out, "%s\n", health_level_to_str(*ret_worst));
    for (size_t i = 0; i < health->count; i++) {
        buffer_format(out, "%s: %s: %s\n", health->items[i].name,
                      health_level_to_str(health->items[i].level), health->items[i].text);
    }
    free(health);
}

int control_health(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    struct health *health = memory_new(sizeof(*health));
    api_health(call->api, health);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_text(json, "version", GRIDCASE_VERSION);
    json_put_instant(json, "started_at", call->api->started_ms);
    json_put_bool(json, "backup_running", api_backup_is_running(call->api));
    health_put(health, json);
    free(health);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

void api_health_metrics(struct api *api, struct buffer *out)
{
    struct health *health = memory_new(sizeof(*health));
    api_health(api, health);
    const struct {
        const char *name, *help;
        double value;
    } gauges[] = {
        {"gridcase_disk_free_percent", "Free disk of the data folder.",
         health->disk_free_percent},
        {"gridcase_disk_full_days", "Days until the disk is full, as it grows.",
         health->disk_days},
        {"gridcase_backup_age_seconds", "Age of the last whole backup.",
         health->backup_age_s},
        {"gridcase_tls_days", "Days until the certificate ends.", health->tls_days},
        {"gridcase_clock_error_seconds", "What the clock may be wrong by.",
         health->clock_error_ms / 1000},
    };
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        if (gauges[i].value >= 0) {
            buffer_format(out, "# HELP %s %s\n# TYPE %s gauge\n%s %.3f\n", gauges[i].name,
                          gauges[i].help, gauges[i].name, gauges[i].name, gauges[i].value);
        }
    }
    buffer_append_text(out, "# HELP gridcase_health Level: 0 ok, 1 warning, 2 critical.\n"
                            "# TYPE gridcase_health gauge\n");
    for (size_t i = 0; i < health->count; i++) {
        buffer_format(out, "gridcase_health{item=\"%s\"} %d\n", health->items[i].name,
                      (int)health->items[i].level);
    }
    free(health);
}
