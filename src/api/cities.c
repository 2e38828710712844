// SPDX-License-Identifier: MPL-2.0
// The cities of an installation: opened on first use, closed when idle, under a limit. One
// that cannot be opened is out of service with its reason; the others run.
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/points.h>
#include <gridcase/city/tiles.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/facts.h>
#include <gridcase/media/media.h>

#include "api_internal.h"
#include "session_cache.h"

enum { RETRY_MS = 10000 };

// ---- the list ----

static struct api_city *find_slug(struct api *api, const char *slug)
{
    struct api_city *city = api->cities;
    while (city && strcmp(city->slug, slug) != 0) {
        city = city->next;
    }
    return city;
}

static uint64_t key_of(const char *slug)
{
    uint64_t key = 14695981039346656037u; // FNV-1a
    for (; *slug; slug++) {
        key = (key ^ (unsigned char)*slug) * 1099511628211u;
    }
    return key;
}

static void copy_text(char *out, size_t size, const char *text)
{
    if (!text || text_format(out, size, "%s", text)) {
        out[0] = '\0';
    }
}

static int add_city(void *context, const struct db_city_row *row)
{
    struct api *api = context;
    struct api_city *city = find_slug(api, row->slug);
    if (!city && strlen(row->slug) < sizeof(city->slug)) {
        city = memory_new(sizeof(*city));
        city->sessions = session_cache_new();
        copy_text(city->slug, sizeof(city->slug), row->slug);
        city->key = key_of(row->slug);
        city->next = api->cities;
        api->cities = city;
    }
    if (city) {
        copy_text(city->host, sizeof(city->host), row->host);
        city->retry_ms = 0;
        atomic_store(&city->off, text_equal(row->state, "off"));
        db_store_city_hold(api->store, city->slug,
                           atomic_load(&city->off) ||
                               atomic_load(&city->held_until_us) != 0);
        if (atomic_load(&city->off)) {
            error_set(&city->failure, ERROR_BUSY, "city.out_of_service",
                      "the city is out of service: %s", row->reason ? row->reason : "off");
        } else {
            error_clear(&city->failure);
        }
    }
    return 0;
}

int api_cities_load(struct api *api, struct error *error)
{
    pthread_mutex_lock(&api->lock);
    int code = db_store_city_each(api->store, add_city, api, error);
    pthread_mutex_unlock(&api->lock);
    return code;
}

static struct api_city *take(struct api_city *city)
{
    if (city) {
        city->references++;
        city->used_ms = instant_monotonic_us() / 1000;
    }
    return city;
}

struct api_city *api_city_by_slug(struct api *api, const char *slug)
{
    pthread_mutex_lock(&api->lock);
    struct api_city *city = take(find_slug(api, slug));
    pthread_mutex_unlock(&api->lock);
    return city;
}

int api_city_named(struct api *api, const char *slug, struct api_city **ret_city,
                   struct error *error)
{
    struct api_city *city = api_city_by_slug(api, slug);
    if (!city) {
        int code = api_cities_load(api, error);
        if (code) {
            return code;
        }
        city = api_city_by_slug(api, slug);
    }
    *ret_city = city;
    return city
               ? 0
               : error_set(error, ERROR_NOT_FOUND, "city.unknown", "there is no such city");
}

struct api_city *api_city_by_host(struct api *api, const char *host)
{
    pthread_mutex_lock(&api->lock);
    struct api_city *city = host[0] ? api->cities : NULL;
    while (city && strcmp(city->host, host) != 0) {
        city = city->next;
    }
    take(city);
    pthread_mutex_unlock(&api->lock);
    return city;
}

struct api_city *api_city_ref(struct api *api, struct api_city *city)
{
    pthread_mutex_lock(&api->lock);
    take(city);
    pthread_mutex_unlock(&api->lock);
    return city;
}

void api_city_unref(struct api *api, struct api_city *city)
{
    if (city) {
        pthread_mutex_lock(&api->lock);
        city->references--;
        pthread_mutex_unlock(&api->lock);
    }
}

void api_cities_each(struct api *api, void (*visit)(void *context, struct api_city *city),
                     void *context)
{
    pthread_mutex_lock(&api->lock);
    for (struct api_city *city = api->cities; city; city = city->next) {
        city->references++;
        pthread_mutex_unlock(&api->lock);
        visit(context, city);
        pthread_mutex_lock(&api->lock);
        city->references--; // cities never leave the list while the api lives
    }
    pthread_mutex_unlock(&api->lock);
}

// ---- names ----

void api_city_name(struct api *api, struct api_city *city, struct api_city_name *ret_name)
{
    pthread_mutex_lock(&api->lock);
    *ret_name = city->name;
    pthread_mutex_unlock(&api->lock);
    if (!ret_name->english[0]) {
        copy_text(ret_name->english, sizeof(ret_name->english), city->slug);
    }
}

// With the lock held, or nobody else looking.
static void name_from(struct api_city_name *name, const struct city_snapshot *snapshot)
{
    struct city_names names = city_names(snapshot);
    name->chinese[0] = '\0';
    for (size_t i = 0; i < city_languages(snapshot); i++) {
        if (text_starts(city_language(snapshot, i), "zh") && names.text[i]) {
            copy_text(name->chinese, sizeof(name->chinese), names.text[i]);
        }
    }
    copy_text(name->english, sizeof(name->english), city_name(snapshot, "en"));
    name->known = true;
}

void api_city_name_learn(struct api *api, struct api_city *city)
{
    struct api_city_name name;
    api_city_name(api, city, &name);
    if (name.known) {
        return;
    }
    DB_READER_CLEANUP struct db *db = NULL;
    struct error error = {0};
    int code = db_reader_borrow(api->store, city->slug, DB_CITY, &db, &error);
    if (!code) {
        code = city_name_read(db, "en", name.english, sizeof(name.english), &error);
    }
    if (!code) {
        code = city_name_read(db, "zh-CN", name.chinese, sizeof(name.chinese), &error);
    }
    if (code) { // it is called by its slug until it is opened
        log_event(LOG_WARNING, "city.name", "city=%s code=%s", city->slug, error.slug);
    }
    if (!name.english[0]) {
        copy_text(name.english, sizeof(name.english), name.chinese);
    }
    name.known = true;
    pthread_mutex_lock(&api->lock);
    if (!city->name.known) {
        city->name = name;
    }
    pthread_mutex_unlock(&api->lock);
}

struct case_points *api_city_points(struct api *api, struct api_city *city)
{
    pthread_mutex_lock(&api->lock);
    if (!city->points) {
        city->points = case_points_new();
    }
    struct case_points *points = city->points;
    pthread_mutex_unlock(&api->lock);
    return points;
}

struct read_job {
    struct api *api;
    struct api_city *city;
};

static void read_over(struct read_job *job, int code, const struct error *error,
                      atomic_bool *reading)
{
    if (code && code != ERROR_BUSY) {
        log_event(LOG_WARNING, "city.read", "city=%s code=%s text=\"%s\"", job->city->slug,
                  error->slug, error->message);
    }
    atomic_store(reading, false);
    api_city_unref(job->api, job->city);
    free(job);
}

static void points_work(void *context)
{
    struct read_job *job = context;
    struct error error = {0};
    DB_READER_CLEANUP struct db *db = NULL;
    int code = db_reader_borrow(job->api->store, job->city->slug, DB_CASES, &db, &error);
    if (!code) {
        code = case_points_refresh(api_city_points(job->api, job->city), db, true, &error);
    }
    db = db_reader_return(db);
    read_over(job, code, &error, &job->city->points_reading);
}

static void facts_work(void *context)
{
    struct read_job *job = context;
    struct error error = {0};
    struct facts_state state;
    struct city_snapshot *snapshot = api_city_snapshot(job->api, job->city);
    DB_READER_CLEANUP struct db *db = NULL;
    int code = snapshot ? db_reader_borrow(job->api->store, job->city->slug, DB_CASES, &db,
                                           &error)
                        : ERROR_BUSY; // it was closed in between
    if (!code) {
        code = facts_hold(job->city->facts, db, snapshot, &state, &error);
    }
    if (!code) {
        facts_release(job->city->facts);
    }
    db = db_reader_return(db);
    city_snapshot_free(snapshot);
    read_over(job, code, &error, &job->city->facts_reading);
}

static void read_in_pool(struct api *api, struct api_city *city, void (*work)(void *job),
                         atomic_bool *reading)
{
    struct error error = {0};
    if (atomic_exchange(reading, true)) {
        return;
    }
    struct read_job *job = memory_new(sizeof(*job));
    *job = (struct read_job){api, api_city_ref(api, city)};
    if (pool_submit(api->pool, city->key, work, job, &error)) {
        atomic_store(reading, false); // whoever comes next tries again
        api_city_unref(api, city);
        free(job);
    }
}

void api_city_read_points(struct api *api, struct api_city *city)
{
    read_in_pool(api, city, points_work, &city->points_reading);
}

void api_city_read_facts(struct api *api, struct api_city *city)
{
    read_in_pool(api, city, facts_work, &city->facts_reading);
}

// ---- opening and closing ----

bool api_city_is_open(struct api *api, struct api_city *city)
{
    pthread_mutex_lock(&api->lock);
    bool open = city->open;
    pthread_mutex_unlock(&api->lock);
    return open;
}

struct parts {
    struct city_snapshot *snapshot;
    struct db_lane *lane;
    struct media_store *media;
    struct facts *facts;
    struct city_tiles *tiles;
    struct case_points *points;
};

static void parts_close(struct parts *parts)
{
    parts->points = case_points_free(parts->points);
    parts->tiles = city_tiles_free(parts->tiles);
    parts->lane = db_lane_put(parts->lane);
    parts->media = media_store_close(parts->media);
    parts->facts = facts_free(parts->facts);
    parts->snapshot = city_snapshot_free(parts->snapshot);
}

// Which logins of the roster are people: asked anew whenever the model was read.
static int learn_roster(struct api *api, const char *slug,
                        const struct city_snapshot *snapshot, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int code = db_reader_borrow(api->store, slug, DB_CASES, &db, error);
    return code ? code : account_roster_learn(db, city_roster(snapshot), error);
}

static int parts_open(struct api *api, const char *slug, struct parts *parts,
                      struct error *error)
{
    char folder[1024];
    int code = city_snapshot_open(api->store, slug, &parts->snapshot, error);
    if (!code) {
        code = learn_roster(api, slug, parts->snapshot, error);
    }
    if (!code) {
        code = db_lane_get(api->store, slug, DB_CASES, &parts->lane, error);
    }
    if (!code && db_store_city_path(api->store, slug, "media", folder, sizeof(folder))) {
        code = error_set(error, ERROR_LIMIT, "city.path", "the folder's name is too long");
    }
    if (!code) {
        code = media_store_open(folder, &api->options.media, &parts->media, error);
    }
    if (!code && db_store_city_path(api->store, slug, "facts", folder, sizeof(folder))) {
        code = error_set(error, ERROR_LIMIT, "city.path", "the folder's name is too long");
    }
    if (!code) {
        parts->facts = facts_new(folder);
    }
    if (code) {
        parts_close(parts);
    }
    return code;
}

// With the lock held. Keeps the reason that people are told.
static int note_failure(struct api_city *city, const struct error *why)
{
    city->retry_ms = instant_monotonic_us() / 1000 + RETRY_MS;
    return error_set(&city->failure, ERROR_BUSY, "city.out_of_service",
                     "the city is out of service: %s (%s)", why->message, why->slug);
}

static void open_now(struct api *api, struct api_city *city)
{
    struct parts parts = {0};
    struct error why = {0};
    city->opening = true;
    pthread_mutex_unlock(&api->lock);
    int code = parts_open(api, city->slug, &parts, &why);
    if (code) {
        log_event(LOG_ERROR, "city.failed", "city=%s code=%s text=\"%s\"", city->slug,
                  why.slug, why.message);
    }
    pthread_mutex_lock(&api->lock);
    city->opening = false;
    if (code) {
        note_failure(city, &why);
    } else {
        error_clear(&city->failure);
        city->snapshot = parts.snapshot;
        name_from(&city->name, parts.snapshot);
        city->lane = parts.lane;
        city->media = parts.media;
        city->facts = parts.facts;
        city->open = true;
        atomic_store(&city->next_timer_ms, 0);
        api->cities_open++;
    }
    pthread_cond_broadcast(&api->opened);
}

int api_city_open(struct api *api, struct api_city *city, struct error *error)
{
    pthread_mutex_lock(&api->lock);
    while (city->opening) {
        pthread_cond_wait(&api->opened, &api->lock);
    }
    if (!city->open) {
        bool wait = city->failure.code && instant_monotonic_us() / 1000 < city->retry_ms;
        bool off = city->failure.code && city->retry_ms == 0;
        if (!wait && !off) {
            open_now(api, city);
        }
    }
    int code = 0;
    if (!city->open) {
        *error = city->failure;
        code = error->code;
    }
    pthread_mutex_unlock(&api->lock);
    return code;
}

struct city_snapshot *api_city_snapshot(struct api *api, struct api_city *city)
{
    pthread_mutex_lock(&api->lock);
    struct city_snapshot *snapshot =
        city->snapshot ? city_snapshot_ref(city->snapshot) : NULL;
    pthread_mutex_unlock(&api->lock);
    return snapshot;
}

int api_city_reload(struct api *api, struct api_city *city, struct error *error)
{
    if (!api_city_is_open(api, city)) {
        pthread_mutex_lock(&api->lock);
        city->retry_ms = 0;
        error_clear(&city->failure);
        pthread_mutex_unlock(&api->lock);
        return api_city_open(api, city, error);
    }
    struct city_snapshot *fresh = NULL;
    int code = city_snapshot_open(api->store, city->slug, &fresh, error);
    if (!code) {
        code = learn_roster(api, city->slug, fresh, error);
    }
    if (code) {
        city_snapshot_free(fresh);
        return code; // the old one stays in force
    }
    pthread_mutex_lock(&api->lock);
    struct city_snapshot *old = city->snapshot;
    city->snapshot = fresh;
    name_from(&city->name, fresh);
    pthread_mutex_unlock(&api->lock);
    city_snapshot_free(old);
    atomic_store(&city->next_timer_ms, 0);
    atomic_store(&city->reloaded, true);
    return 0;
}

// ---- what other servers do ----

struct refresh_job {
    struct api *api;
    struct api_city *city; // one reference
};

static int refresh(struct refresh_job *job, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot =
        api_city_snapshot(job->api, job->city);
    bool current = true;
    int code = snapshot
                   ? db_reader_borrow(job->api->store, job->city->slug, DB_CITY, &db, error)
                   : 0;
    if (!code && db) {
        code = city_is_current(db, snapshot, &current, error);
    }
    if (!code && !current) {
        code = api_city_reload(job->api, job->city, error);
    }
    if (!code && !current) {
        changes_wake(job->api->changes, job->city, true); // scopes may have changed
        log_event(LOG_INFO, "city.model",
                  "city=%s version=%lld text=\"another server has "
                  "loaded it\"",
                  job->city->slug, (long long)city_model_version(job->city->snapshot));
    }
    return code;
}

static void refresh_work(void *context)
{
    struct refresh_job *job = context;
    struct error error = {0};
    atomic_store(&job->city->refreshing, false); // who asks from now on is not too late
    if (!atomic_load(&job->api->stopping) && refresh(job, &error)) {
        log_event(LOG_WARNING, "city.model", "city=%s code=%s text=\"%s\"", job->city->slug,
                  error.slug, error.message);
    }
    api_city_unref(job->api, job->city);
    free(job);
}

void api_city_refresh(struct api *api, struct api_city *city)
{
    struct error error = {0};
    if (atomic_exchange(&city->refreshing, true)) {
        return;
    }
    struct refresh_job *job = memory_new(sizeof(*job));
    *job = (struct refresh_job){api, api_city_ref(api, city)};
    if (pool_submit(api->pool, city->key, refresh_work, job, &error)) { // looked at later
        atomic_store(&city->refreshing, false);
        api_city_unref(api, city);
        free(job);
    }
}

static int number_work(struct db *db, void *context, struct error *error)
{
    (void)context;
    return db_outbox_left(db, error);
}

static void number_done(void *context, const struct error *error)
{
    struct refresh_job *job = context;
    atomic_store(&job->city->numbering, false);
    if (!error) {
        changes_notify(job->api->changes, job->city);
    }
    api_city_unref(job->api, job->city);
    free(job);
}

void api_city_number(struct api *api, struct api_city *city)
{
    struct error error = {0};
    if (atomic_exchange(&city->numbering, true)) {
        return;
    }
    struct refresh_job *job = memory_new(sizeof(*job));
    struct db_lane_job lane_job = {
        .priority = DB_MACHINES, .work = number_work, .done = number_done, .context = job};
    *job = (struct refresh_job){api, api_city_ref(api, city)};
    if (!city->lane || db_lane_submit(city->lane, &lane_job, &error)) {
        atomic_store(&city->numbering, false);
        api_city_unref(api, city);
        free(job);
    }
}

// With the lock held, references 0: nobody can see the parts any more.
static void take_parts(struct api *api, struct api_city *city, struct parts *parts)
{
    *parts = (struct parts){city->snapshot, city->lane,  city->media,
                            city->facts,    city->tiles, city->points};
    session_cache_clear(city->sessions);
    city->tiles = NULL;
    city->points = NULL;
    city->snapshot = NULL;
    city->lane = NULL;
    city->media = NULL;
    city->facts = NULL;
    city->open = false;
    api->cities_open--;
}

static bool may_close(const struct api_city *city)
{
    return city->open && !city->opening && city->references == 0 &&
           atomic_load(&city->streams) == 0 && !atomic_load(&city->timer_running);
}

// The city that may go: idle for too long, or over the limit the one idle for longest.
static struct api_city *closable(struct api *api, int64_t now_ms)
{
    struct api_city *oldest = NULL;
    for (struct api_city *city = api->cities; city; city = city->next) {
        if (may_close(city) && (!oldest || city->used_ms < oldest->used_ms)) {
            oldest = city;
        }
    }
    bool over = api->cities_open > api->options.cities_open;
    bool idle = oldest && now_ms - oldest->used_ms > api->options.city_idle_ms;
    return over || idle ? oldest : NULL;
}

void api_cities_tick(struct api *api, int64_t now_ms)
{
    for (;;) {
        struct parts parts = {0};
        pthread_mutex_lock(&api->lock);
        struct api_city *city = closable(api, now_ms);
        if (city) {
            take_parts(api, city, &parts);
        }
        pthread_mutex_unlock(&api->lock);
        if (!city) {
            break;
        }
        parts_close(&parts);
    }
    db_store_close_idle(api->store, api->options.city_idle_ms);
}

void api_cities_close(struct api *api)
{
    while (api->cities) {
        struct api_city *city = api->cities;
        struct parts parts = {city->snapshot, city->lane,  city->media,
                              city->facts,    city->tiles, city->points};
        parts_close(&parts);
        api->cities = city->next;
        case_search_writer_free(city->search_writer);
        free(city);
    }
}
