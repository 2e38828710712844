// SPDX-License-Identifier: MPL-2.0
// What lies at a point, and lists of grids and components.
#include <gridcase/city/geometry.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { GRIDS_MOST = 5000 };

static void put_located(struct json_writer *json, const struct city_snapshot *city,
                        const struct city_place *place)
{
    const struct city_grid *grid = place->grid ? city_grid_by_id(city, place->grid) : NULL;
    if (grid) {
        json_begin_object(json, "grid");
        json_put_int(json, "id", grid->id);
        json_put_text(json, "code", grid->code);
        json_end_object(json);
    } else {
        json_put_null(json, "grid");
    }
    json_begin_array(json, "areas");
    for (size_t i = 0; i < city_levels(city); i++) {
        const struct city_area *area =
            place->areas[i] ? city_area_by_id(city, place->areas[i]) : NULL;
        if (area) {
            api_put_area(json, NULL, city, area);
        }
    }
    json_end_array(json);
    json_put_bool(json, "inside", grid != NULL);
}

int place_locate(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"lon", "lat", NULL};
    struct city_place place;
    double lon = 1e9; // no point at all when absent
    double lat = 1e9;
    (void)db;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = api_query_double(call, "lon", &lon, error);
    }
    if (!code) {
        code = api_query_double(call, "lat", &lat, error);
    }
    if (!code) {
        code = city_locate(call->snapshot, lon, lat, &place, error);
    }
    if (code) {
        return code;
    }
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    put_located(&json, call->snapshot, &place);
    json_put_null(&json, "place");
    json_begin_array(&json, "nearest_components");
    json_end_array(&json);
    json_end_object(&json);
    api_reply_json(call, 200, &body);
    return 0;
}

int place_components(struct api_call *call, struct db *db, struct error *error)
{
    return map_components(call, db, error);
}

int place_grids(struct api_call *call, struct db *db, struct error *error)
{
    double box[4];
    bool has = false;
    int64_t limit = GRIDS_MOST;
    (void)db;
    int code = api_query_box(call, box, &has, error);
    if (!code) {
        code = api_query_int(call, "limit", 1, GRIDS_MOST, &limit, error);
    }
    if (code) {
        return code;
    }
    const struct city_snapshot *city = call->snapshot;
    int64_t count = 0;
    bool more = false;
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    json_begin_array(&json, "items");
    for (size_t i = 0; i < city_grids(city) && !more; i++) {
        const struct city_grid *grid = city_grid(city, i);
        bool inside = !has || (grid->lon_deg >= box[0] && grid->lon_deg <= box[2] &&
                               grid->lat_deg >= box[1] && grid->lat_deg <= box[3]);
        if (grid->closed || !inside) {
            continue;
        }
        more = count == limit;
        if (!more) {
            count++;
            json_begin_object(&json, NULL);
            json_put_int(&json, "id", grid->id);
            json_put_text(&json, "code", grid->code);
            json_put_double(&json, "lon", grid->lon_deg, 7);
            json_put_double(&json, "lat", grid->lat_deg, 7);
            json_end_object(&json);
        }
    }
    json_end_array(&json);
    json_put_bool(&json, "more", more);
    json_end_object(&json);
    api_reply_json(call, 200, &body);
    return 0;
}
