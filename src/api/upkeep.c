// SPDX-License-Identifier: MPL-2.0
// Hourly upkeep of an open city: sessions, links and failures that have ended; files that
// no row names after a day, a twenty-fourth of the store each hour; uploads that were given
// up. In the worker pool, behind nobody.
#include <stdlib.h>

#include <gridcase/core/log.h>
#include <gridcase/media/media.h>

#include "api_internal.h"

enum { EVERY_MS = 3600 * 1000, PARTS = (MEDIA_PARTS + 23) / 24 };

struct upkeep_job {
    struct api *api;
    struct api_city *city; // one reference
    int64_t now_ms;
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

static void work(void *context)
{
    struct upkeep_job *job = context;
    struct error error = {0};
    int removed = 0;
    int code = atomic_load(&job->api->stopping)
                   ? error_set(&error, ERROR_BUSY, "server.stopping", "the server stops")
                   : api_city_open(job->api, job->city, &error);
    if (!code) {
        code = db_lane_call(job->city->lane, DB_MACHINES, sweep_accounts, job, &error);
    }
    if (!code) {
        code = sweep_photos(job, &removed, &error);
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

void api_upkeep(struct api *api, struct api_city *city, int64_t uptime_ms)
{
    if (city->swept_ms != 0 && uptime_ms - city->swept_ms < EVERY_MS) {
        return;
    }
    struct error error = {0};
    struct upkeep_job *job = memory_new(sizeof(*job));
    *job = (struct upkeep_job){api, api_city_ref(api, city), instant_now_ms()};
    city->swept_ms = uptime_ms;
    if (pool_submit(api->pool, city->key, work, job, &error)) { // busy: next hour
        api_city_unref(api, job->city);
        free(job);
    }
}
