// SPDX-License-Identifier: MPL-2.0
// Hourly upkeep of an open city: sessions, links and failures that have ended; files that
// no row names after a day, a twenty-fourth of the store each hour; uploads that were given
// up; tracks that are older than the city keeps; each night a root over what came since the
// last one, for a city that is closed too. In the worker pool, behind nobody.
#include <stdlib.h>

#include <gridcase/cases/seal.h>
#include <gridcase/core/log.h>
#include <gridcase/media/media.h>

#include "api_internal.h"

enum { EVERY_MS = 3600 * 1000, PARTS = (MEDIA_PARTS + 23) / 24 };

struct upkeep_job {
    struct api *api;
    struct api_city *city; // one reference
    int64_t now_ms;
    bool closed;
};

static int sweep_accounts(struct db *db, void *context, struct error *error)
{
    const struct upkeep_job *job = context;
    return account_sweep(db, job->now_ms, error);
}

static int sweep_photos(struct upkeep_job *job, int *ret_removed, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int code = db_reader_borrow(job->api->store, job->city->slug, DB_CASES, &db, error);
    int first = (int)(job->now_ms / EVERY_MS % 24) * PARTS;
    for (int part = first; part < first + PARTS && part < MEDIA_PARTS && !code; part++) {
        int removed = 0;
        code = media_sweep(job->city->media, db, part, job->now_ms, &removed, error);
        *ret_removed += removed;
    }
    int removed = 0;
    if (!code) {
        code = media_parts_sweep(job->city->media, job->now_ms, &removed, error);
    }
    *ret_removed += removed;
    return code;
}

// Not open: opened only when there is something to seal.
static int seal_due(struct upkeep_job *job, bool *ret_due, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot =
        api_city_is_open(job->api, job->city) ? api_city_snapshot(job->api, job->city)
                                              : NULL;
    int code = db_reader_borrow(job->api->store, job->city->slug, DB_CASES, &db, error);
    if (!code) {
        code = case_seal_due(db, snapshot ? city_calendar(snapshot, 0) : NULL, job->now_ms,
                             ret_due, error);
    }
    return code;
}

int api_city_seal(struct api *api, struct api_city *city, int64_t now_ms,
                  struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    unsigned made = 0;
    struct case_seal last;
    int code = db_reader_borrow(api->store, city->slug, DB_CASES, &db, error);
    if (!code) {
        code = case_seal_all(db, city->lane, now_ms, &made, error);
    }
    if (!code && made > 0) {
        code = case_seal_last(db, &last, error);
    }
    if (!code && made > 0) {
        char line[SEAL_LINE_SIZE];
        case_seal_line(&last, line);
        log_event(LOG_INFO, "root.made", "city=%s line=\"%s\"", city->slug, line);
        api_city_mail_seal(api, city, &last, now_ms);
    }
    return code;
}

// Once a night: first what corrections changed in frozen figures, then the root over both.
static int seal_night(struct upkeep_job *job, struct error *error)
{
    bool due = false;
    int code = seal_due(job, &due, error);
    if (!code && due) {
        code = api_city_open(job->api, job->city, error);
    }
    if (!code && due) {
        code = api_city_renew_frozen(job->api, job->city, job->now_ms, error);
    }
    if (!code && due) {
        code = api_city_seal(job->api, job->city, job->now_ms, error);
    }
    return code;
}

static int sweep_tracks(struct upkeep_job *job, struct error *error)
{
    int64_t batches = 0;
    int code = api_tracks_sweep(job->api, job->city, job->now_ms, &batches, error);
    if (!code && batches > 0) {
        log_event(LOG_INFO, "upkeep.tracks", "city=%s batches=%lld", job->city->slug,
                  (long long)batches);
    }
    return code;
}

static int work_open(struct upkeep_job *job, int *ret_removed, struct error *error)
{
    int code = api_city_open(job->api, job->city, error);
    if (!code) {
        code = db_lane_call(job->city->lane, DB_MACHINES, sweep_accounts, job, error);
    }
    if (!code) {
        code = sweep_photos(job, ret_removed, error);
    }
    if (!code) {
        code = sweep_tracks(job, error);
    }
    if (!code) {
        code = seal_night(job, error);
    }
    return code;
}

static void work(void *context)
{
    struct upkeep_job *job = context;
    struct error error = {0};
    int removed = 0;
    int code = 0;
    if (atomic_load(&job->api->stopping)) {
        code = error_set(&error, ERROR_BUSY, "server.stopping", "the server stops");
    } else if (job->closed) {
        code = seal_night(job, &error);
    } else {
        code = work_open(job, &removed, &error);
    }
    if (code) {
        log_event(LOG_WARNING, "upkeep.failed", "city=%s code=%s text=\"%s\"",
                  job->city->slug, error.slug, error.message);
    } else if (removed > 0) {
        log_event(LOG_INFO, "upkeep.photos", "city=%s removed=%d", job->city->slug,
                  removed);
    }
    api_city_unref(job->api, job->city);
    free(job);
}

void api_upkeep(struct api *api, struct api_city *city, bool open, int64_t uptime_ms)
{
    if (city->swept_ms != 0 && uptime_ms - city->swept_ms < EVERY_MS) {
        return;
    }
    struct error error = {0};
    struct upkeep_job *job = memory_new(sizeof(*job));
    *job = (struct upkeep_job){api, api_city_ref(api, city), instant_now_ms(), !open};
    city->swept_ms = uptime_ms;
    if (pool_submit(api->pool, city->key, work, job, &error)) { // busy: next hour
        api_city_unref(api, job->city);
        free(job);
    }
}
