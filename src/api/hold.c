// SPDX-License-Identifier: MPL-2.0
// A city that is being handed over to another store: for a moment nobody may write to it.
// The command that moves it takes the databases' turns; this says so in words, and keeps
// work of our own away meanwhile. Other servers of the store are told by the store itself
// (db_store_city_hold_all). It ends by itself, should the command die.
#include <gridcase/core/instant.h>
#include <gridcase/core/log.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { HOLD_MOST_S = 600 };

int api_city_hold_check(struct api_city *city, struct error *error)
{
    int64_t until_us = atomic_load(&city->held_until_us);
    if (until_us == 0) {
        return 0;
    }
    return error_set(
        error, ERROR_BUSY, "city.held",
        "the city is being moved to another store: for a moment it can only be "
        "read; try again");
}

// The command may have died after it had moved the city: the row says so.
void api_city_hold_look(struct api *api, struct api_city *city)
{
    int64_t until_us = atomic_load(&city->held_until_us);
    struct error error = {0};
    if (until_us == 0 || instant_monotonic_us() < until_us) {
        return;
    }
    if (api_cities_load(api, &error)) {
        log_event(LOG_WARNING, "city.hold", "city=%s code=%s", city->slug, error.slug);
        return; // held until it can be read
    }
    log_event(LOG_WARNING, "city.hold_over", "city=%s off=%d", city->slug,
              (int)atomic_load(&city->off));
    atomic_store(&city->held_until_us, 0);
    db_store_city_hold(api->store, city->slug, atomic_load(&city->off));
}

int api_city_off_check(struct api *api, struct api_city *city, struct error *error)
{
    if (!atomic_load(&city->off)) {
        return 0;
    }
    pthread_mutex_lock(&api->lock);
    *error = city->failure;
    pthread_mutex_unlock(&api->lock);
    return error->code;
}

int control_hold(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    static const char *const names[] = {"seconds", NULL};
    const struct json *body = NULL;
    struct api_city *city = NULL;
    int64_t seconds = 0;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code =
            json_get_int(body, "seconds", JSON_REQUIRED, 0, HOLD_MOST_S, &seconds, error);
    }
    if (!code) {
        code = api_city_named(call->api, call->parameters[0], &city, error);
    }
    if (!code) {
        int64_t until_us = seconds > 0 ? instant_monotonic_us() + seconds * 1000000 : 0;
        db_store_city_hold(call->api->store, city->slug,
                           until_us != 0 || atomic_load(&city->off));
        atomic_store(&city->held_until_us, until_us);
        log_event(LOG_INFO, "city.held", "city=%s seconds=%lld", city->slug,
                  (long long)seconds);
        http_reply_empty(call->request, 204);
    }
    api_city_unref(call->api, city);
    return code;
}
