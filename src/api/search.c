// SPDX-License-Identifier: MPL-2.0
// The index of every open city: one thread reads what has changed and hands the difference
// to the lane of the index, never to that of the cases. What it finds broken, or of other
// cases, it throws away and makes anew while the city serves.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gridcase/core/log.h>

#include "api_internal.h"
#include "routes_internal.h"

enum {
    PASS_MS = 200,   // between two looks at the cities
    TURN_MS = 300,   // of one city, then the next
    RETRY_MS = 5000, // after a failure
    MOVED_MS = 1000, // after another server was first: it is at it
    ARENA_CEILING = 64 * 1024 * 1024,
};

struct search {
    struct api *api;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    bool more; // the thread's own: some city is not done
};

// One turn of a city.
struct turn {
    struct api_city *city;
    struct city_snapshot *snapshot;
    struct db *db;
    struct db_lane *lane; // of the index, when it was needed
    struct case_search_batch *batch;
};

static void turn_done(struct turn *turn)
{
    turn->lane = db_lane_put(turn->lane);
    turn->db = db_reader_return(turn->db);
    turn->snapshot = city_snapshot_free(turn->snapshot);
}

static int write_batch(struct db *db, void *context, struct error *error)
{
    const struct turn *turn = context;
    return case_search_batch_write(turn->city->search_writer, db, turn->batch, error);
}

// Where the index stands, asked once and after each failure.
static int read_state(struct api *api, struct api_city *city, struct error *error)
{
    DB_READER_CLEANUP struct db *index = NULL;
    if (city->search_writer) {
        return 0;
    }
    int code = db_reader_borrow(api->store, city->slug, DB_SEARCH, &index, error);
    if (!code) {
        code = case_search_state(index, &city->search_state, error);
    }
    if (!code) {
        city->search_writer = case_search_writer_new();
    }
    return code;
}

// DB_LANE_MORE after a batch, 0 when nothing is left.
static int step(struct api *api, struct turn *turn, struct error *error)
{
    struct api_city *city = turn->city;
    ARENA_CLEANUP struct arena *arena = arena_new(ARENA_CEILING);
    int code = case_search_batch_read(turn->db, turn->snapshot, &city->search_state, arena,
                                      &turn->batch, error);
    if (code || !turn->batch) {
        return code;
    }
    if (!turn->lane) {
        code = db_lane_get(api->store, city->slug, DB_SEARCH, &turn->lane, error);
    }
    if (!code) {
        code = db_lane_call(turn->lane, DB_MACHINES, write_batch, turn, error);
    }
    if (code) {
        return code;
    }
    city->search_state = case_search_batch_done(city->search_writer, turn->batch);
    atomic_store(&city->search_ready, true);
    atomic_store(&city->search_complete, city->search_state.below == 0);
    return DB_LANE_MORE;
}

static int note_lag(struct turn *turn, struct error *error)
{
    struct api_city *city = turn->city;
    struct case_search_lag lag = {0, 0};
    if (!city->search_state.known) {
        return 0;
    }
    int code =
        case_search_lag(turn->db, &city->search_state, instant_now_ms(), &lag, error);
    if (!code) {
        atomic_store(&city->search_behind, lag.changes);
        atomic_store(&city->search_behind_ms, lag.ms);
        atomic_store(&city->search_ready, true);
        atomic_store(&city->search_complete, city->search_state.below == 0);
    }
    return code;
}

// True when there is more to do in this city.
static int take_turn(struct search *search, struct turn *turn, struct error *error)
{
    struct api *api = search->api;
    struct api_city *city = turn->city;
    int64_t end_us = instant_monotonic_us() + (int64_t)TURN_MS * 1000;
    turn->snapshot = api_city_snapshot(api, city);
    if (!turn->snapshot) {
        return 0; // closed in between
    }
    int code = read_state(api, city, error);
    if (!code) {
        code = db_reader_borrow(api->store, city->slug, DB_CASES, &turn->db, error);
    }
    if (!code) {
        code = note_lag(turn, error);
    }
    if (code) {
        return code;
    }
    do {
        code = step(api, turn, error);
    } while (code == DB_LANE_MORE && instant_monotonic_us() < end_us &&
             !atomic_load(&search->stop));
    return code;
}

// Throws the index away; waits for those who still read it.
static void discard(struct api *api, struct api_city *city)
{
    struct error error = {0};
    atomic_store(&city->search_ready, false);
    atomic_store(&city->search_complete, false);
    city->search_writer = case_search_writer_free(city->search_writer);
    city->search_state = (struct case_search_state){0};
    int code = db_store_discard_search(api->store, city->slug, &error);
    if (!code) {
        atomic_store(&city->search_broken, false);
        log_event(LOG_INFO, "search.anew", "city=%s", city->slug);
    } else if (code != ERROR_BUSY) {
        log_event(LOG_WARNING, "search.failed", "city=%s code=%s text=\"%s\"", city->slug,
                  error.slug, error.message);
        city->search_retry_ms = instant_monotonic_us() / 1000 + RETRY_MS;
    }
}

static void look(void *context, struct api_city *city)
{
    struct search *search = context;
    struct turn turn = {.city = city};
    struct error error = {0};
    if (atomic_load(&search->stop) || !api_city_is_open(search->api, city) ||
        instant_monotonic_us() / 1000 < city->search_retry_ms) {
        return;
    }
    if (atomic_load(&city->search_broken)) {
        discard(search->api, city);
        search->more = true;
        return;
    }
    int code = take_turn(search, &turn, &error);
    turn_done(&turn);
    if (code == ERROR_BUSY && strcmp(error.slug, "search.moved") == 0) {
        city->search_writer = case_search_writer_free(city->search_writer); // read it anew
        city->search_retry_ms = instant_monotonic_us() / 1000 + MOVED_MS;
        return;
    }
    if (code == DB_LANE_MORE) {
        search->more = true;
    } else if (code == ERROR_CONFLICT || code == ERROR_STORE) {
        log_event(LOG_WARNING, "search.outdated", "city=%s code=%s text=\"%s\"", city->slug,
                  error.slug, error.message);
        atomic_store(&city->search_broken, true);
        search->more = true;
    } else if (code) {
        log_event(LOG_WARNING, "search.failed", "city=%s code=%s text=\"%s\"", city->slug,
                  error.slug, error.message);
        city->search_retry_ms = instant_monotonic_us() / 1000 + RETRY_MS;
    }
}

static void *search_run(void *context)
{
    struct search *search = context;
    while (!atomic_load(&search->stop)) {
        search->more = false;
        api_cities_each(search->api, look, search);
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (search->more ? 1 : PASS_MS) * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_mutex_lock(&search->lock);
        while (!atomic_load(&search->stop) &&
               pthread_cond_timedwait(&search->wake, &search->lock, &until) == 0) {
        }
        pthread_mutex_unlock(&search->lock);
    }
    return NULL;
}

// ---- life ----

int search_new(struct api *api, struct search **ret_search, struct error *error)
{
    struct search *search = memory_new(sizeof(*search));
    pthread_condattr_t attributes;
    search->api = api;
    pthread_mutex_init(&search->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&search->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&search->thread, NULL, search_run, search)) {
        search_free(search);
        return error_set(error, ERROR_IO, "search.start", "no thread for the index");
    }
    search->started = true;
    *ret_search = search;
    return 0;
}

void search_stop(struct search *search)
{
    if (search && search->started) {
        pthread_mutex_lock(&search->lock);
        atomic_store(&search->stop, true);
        pthread_cond_signal(&search->wake);
        pthread_mutex_unlock(&search->lock);
        pthread_join(search->thread, NULL);
        search->started = false;
    }
}

struct search *search_free(struct search *search)
{
    if (search) {
        search_stop(search);
        pthread_cond_destroy(&search->wake);
        pthread_mutex_destroy(&search->lock);
        free(search);
    }
    return NULL;
}

// ---- for handlers ----

void api_search_use(struct api_call *call, const struct case_filter *filter)
{
    struct error ignored = {0};
    int64_t budget_us = call->phase == API_PHASE_WORKING ? 0 : DB_READ_BUDGET_US;
    if (!call->index && atomic_load(&call->city->search_ready) &&
        !atomic_load(&call->city->search_broken) &&
        db_reader_borrow(call->api->store, call->city->slug, DB_SEARCH, &call->index,
                         &ignored)) {
        call->index = NULL; // it is being thrown away: the cases themselves are asked
    }
    if (call->index) {
        db_set_budget(call->index, budget_us);
    }
    case_search_use(filter->search, call->index, budget_us);
}

bool api_search_give_up(struct api_call *call, const struct case_filter *filter, int code)
{
    if (code != ERROR_STORE || !filter->search || !call->index) {
        return false;
    }
    log_event(LOG_ERROR, "search.broken", "city=%s", call->city->slug);
    atomic_store(&call->city->search_broken, true);
    call->index = db_reader_return(call->index);
    case_search_use(filter->search, NULL, 0);
    return true;
}

void api_put_search(struct api_call *call, struct json_writer *json)
{
    bool complete = call->index && atomic_load(&call->city->search_complete);
    json_begin_object(json, "search");
    json_put_bool(json, "complete", complete);
    json_put_int(json, "behind", atomic_load(&call->city->search_behind));
    json_end_object(json);
}

// ---- commands ----

int control_search_rebuild(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (!code) {
        code = api_city_open(call->api, city, error);
    }
    if (!code) {
        atomic_store(&city->search_ready, false);
        atomic_store(&city->search_broken, true);
        http_reply_empty(call->request, 204);
    }
    api_city_unref(call->api, city);
    return code;
}

int control_search_status(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (!code) {
        code = api_city_open(call->api, city, error);
    }
    if (!code) {
        bool ready = atomic_load(&city->search_ready) && !atomic_load(&city->search_broken);
        buffer_init(&body, BUFFER_CEILING_REPLY);
        json_writer_init(&json, &body);
        json_begin_object(&json, NULL);
        json_put_bool(&json, "ready", ready);
        json_put_bool(&json, "complete", ready && atomic_load(&city->search_complete));
        json_put_int(&json, "behind", atomic_load(&city->search_behind));
        json_put_int(&json, "behind_ms", atomic_load(&city->search_behind_ms));
        json_end_object(&json);
        http_reply_json(call->request, 200, &body);
    }
    api_city_unref(call->api, city);
    return code;
}
