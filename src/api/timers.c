// SPDX-License-Identifier: MPL-2.0
// Timers only notify: a thread sees which city has a timer due and gives the city's lane a
// machine's job of at most TIMERS_MOST moves, behind live requests. Also starts upkeep and
// closes what is idle.
#include <stdlib.h>

#include <gridcase/cases/order.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>

#include "api_internal.h"

enum {
    TICK_MS = 250,
    LOOK_MS = 5000,   // the next timer of an open city is asked for at least so often
    TIMERS_MOST = 32, // moves of one batch
    ORDERS_MOST = 64, // cases of a time order in one: it stops after 10 ms by itself
    SWEEP_MS = 60000, // upkeep of an open city's cases: new calendars, old keys
    IDLE_TICKS = 8,
    LIST_TICKS = 20,  // cities that others have made, or moved to another store
    OTHERS_TICKS = 4, // whether other servers work with the store
};

struct timer_job {
    struct api *api;
    struct api_city *city; // one reference
    struct city_snapshot *snapshot;
    int64_t now_ms;
    unsigned done;
    int64_t next_ms;
};

// When the next timer rings or a time order wants work.
static int next_due(struct db *db, int64_t *ret_ms, struct error *error)
{
    int64_t timer_ms = INSTANT_NONE, order_ms = INSTANT_NONE;
    int code = case_timers_next(db, &timer_ms, error);
    if (!code) {
        code = case_order_next(db, &order_ms, error);
    }
    if (code) {
        return code;
    }
    bool order =
        order_ms != INSTANT_NONE && (timer_ms == INSTANT_NONE || order_ms < timer_ms);
    *ret_ms = order ? order_ms : timer_ms;
    return 0;
}

static int timer_work(struct db *db, void *context, struct error *error)
{
    struct timer_job *job = context;
    int code = city_hold_current(db, job->snapshot, error);
    // What another server's timers have just done is not due any more.
    if (!code) {
        code =
            case_timers_run(db, job->snapshot, job->now_ms, TIMERS_MOST, &job->done, error);
    }
    unsigned swept = 0;
    if (!code && job->done < TIMERS_MOST) {
        code = case_upkeep_run(db, job->snapshot, job->now_ms, TIMERS_MOST - job->done,
                               &swept, error);
    }
    job->done += swept;
    unsigned ordered = 0;
    if (!code && job->done < TIMERS_MOST) {
        code =
            case_order_work(db, job->snapshot, job->now_ms, ORDERS_MOST, &ordered, error);
    }
    if (!code && ordered > 0 && !atomic_load(&job->api->timer_stop)) {
        job->done = TIMERS_MOST; // an order is worked to its end, slice by slice
        return DB_LANE_MORE;
    }
    if (!code && job->done == TIMERS_MOST && !atomic_load(&job->api->timer_stop)) {
        return DB_LANE_MORE; // there may be more
    }
    return code ? code : next_due(db, &job->next_ms, error);
}

static void slice_committed(void *context)
{
    struct timer_job *job = context;
    changes_notify(job->api->changes, job->city);
}

static void timer_done(void *context, const struct error *error)
{
    struct timer_job *job = context;
    if (error && text_equal(error->slug, "city.model_changed")) {
        api_city_refresh(job->api, job->city);
        job->next_ms = job->now_ms + LOOK_MS;
    } else if (error) {
        log_event(LOG_ERROR, "timers.failed", "city=%s code=%s text=\"%s\"",
                  job->city->slug, error->slug, error->message);
        job->next_ms = job->now_ms + LOOK_MS;
    } else if (job->done > 0) {
        changes_notify(job->api->changes, job->city);
    }
    atomic_store(&job->city->next_timer_ms, job->next_ms);
    atomic_store(&job->city->timer_running, false);
    city_snapshot_free(job->snapshot);
    api_city_unref(job->api, job->city);
    free(job);
}

static void submit(struct api *api, struct api_city *city, int64_t now_ms)
{
    struct timer_job *job = memory_new(sizeof(*job));
    job->api = api;
    job->city = api_city_ref(api, city);
    job->snapshot = api_city_snapshot(api, city);
    job->now_ms = now_ms;
    struct db_lane_job lane_job = {.priority = DB_MACHINES,
                                   .work = timer_work,
                                   .slice_committed = slice_committed,
                                   .done = timer_done,
                                   .context = job};
    struct error error = {0};
    atomic_store(&city->timer_running, true);
    int code = job->snapshot ? db_lane_submit(city->lane, &lane_job, &error) : ERROR_BUSY;
    if (code) {
        atomic_store(&city->timer_running, false);
        city_snapshot_free(job->snapshot);
        api_city_unref(api, job->city);
        free(job);
    }
}

// The next timer of a city that is closed, read without opening it.
static int64_t peek(struct api *api, struct api_city *city)
{
    DB_READER_CLEANUP struct db *db = NULL;
    struct error error = {0};
    struct case_stream stream = {0};
    int64_t next_ms = INSTANT_NONE;
    int code = db_reader_borrow(api->store, city->slug, DB_CASES, &db, &error);
    if (!code) {
        code = next_due(db, &next_ms, &error);
    }
    if (!code && db_store_has_others(api->store)) {
        code = case_stream(db, &stream, &error);
    }
    if (stream.waiting) {
        api_city_number(api, city);
    }
    return code ? instant_now_ms() + 60 * 1000 : next_ms;
}

static void look(void *context, struct api_city *city)
{
    struct api *api = context;
    int64_t now_ms = instant_now_ms();
    int64_t now_us = instant_monotonic_us();
    struct error held = {0};
    api_city_hold_look(api, city);
    if (atomic_load(&city->timer_running) || atomic_load(&api->timer_stop) ||
        api_city_hold_check(city, &held) || api_city_off_check(api, city, &held)) {
        return;
    }
    bool open = api_city_is_open(api, city);
    api_upkeep(api, city, open, now_us / 1000);
    bool unknown = atomic_load(&city->next_timer_ms) == 0;
    if (unknown) {
        api_city_name_learn(api, city);
    }
    if (unknown || (open && now_us / 1000 - city->looked_ms > LOOK_MS) ||
        atomic_exchange(&city->changed, false)) {
        city->looked_ms = now_us / 1000;
        if (open && db_store_has_others(api->store)) {
            api_city_refresh(api, city);
        }
        atomic_store(&city->next_timer_ms, peek(api, city));
    }
    int64_t next_ms = atomic_load(&city->next_timer_ms);
    bool sweep = open && (now_us / 1000 - city->case_upkeep_ms > SWEEP_MS ||
                          atomic_exchange(&city->reloaded, false));
    if (sweep) {
        city->case_upkeep_ms = now_us / 1000;
    } else if (next_ms == INSTANT_NONE || next_ms > now_ms) {
        return;
    }
    struct error error = {0};
    if (!open && api_city_open(api, city, &error)) {
        atomic_store(&city->next_timer_ms, now_ms + 60 * 1000);
        return;
    }
    submit(api, city, now_ms);
}

static void list_anew(struct api *api)
{
    struct error error = {0};
    if (api_cities_load(api, &error)) {
        log_event(LOG_WARNING, "cities.failed", "code=%s", error.slug);
    }
}

static void *timers_run(void *context)
{
    struct api *api = context;
    for (unsigned tick = 0; !atomic_load(&api->timer_stop); tick++) {
        api_health_tick(api);
        api_cities_each(api, look, api);
        if (tick % OTHERS_TICKS == 0) {
            db_store_look_around(api->store);
        }
        if (tick % LIST_TICKS == 0 && !db_store_has_files(api->store)) {
            list_anew(api);
        }
        if (tick % IDLE_TICKS == IDLE_TICKS - 1) {
            api_cities_tick(api, instant_monotonic_us() / 1000);
        }
        instant_sleep_ms(TICK_MS);
    }
    return NULL;
}

int api_timers_start(struct api *api, struct error *error)
{
    if (pthread_create(&api->timer, NULL, timers_run, api)) {
        return error_set(error, ERROR_IO, "timers.start", "no thread for timers");
    }
    api->timer_started = true;
    return 0;
}

void api_timers_stop(struct api *api)
{
    if (api->timer_started) {
        atomic_store(&api->timer_stop, true);
        pthread_join(api->timer, NULL);
        api->timer_started = false;
    }
}
