// SPDX-License-Identifier: MPL-2.0
// Is a snapshot still the model in force? Other servers of the store load models, too.
#include <gridcase/city/city.h>
#include <gridcase/db/db.h>

int city_is_current(struct db *db, const struct city_snapshot *city, bool *ret_current,
                    struct error *error)
{
    int64_t version = 0;
    int code = db_fetch_int(db, QUERY_CITY_VERSION_VALID, NULL, 0, &version, error);
    if (code == 0)
        *ret_current = version == city_model_version(city);
    return code;
}

int city_hold_current(struct db *db, const struct city_snapshot *city, struct error *error)
{
    int64_t version = 0;
    int code = db_watch(db, DB_CITY, QUERY_CITY_VERSION_VALID, &version, error);
    if (code == DB_ROW && version != city_model_version(city))
        return error_set(error, ERROR_BUSY, "city.model_changed",
                         "model %lld is in force by now: try again", (long long)version);
    return code < 0 ? code : 0;
}
