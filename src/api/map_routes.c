// SPDX-License-Identifier: MPL-2.0
// GeoJSON of what a page's map shows. Everything is bounded and says when it was cut.
#include <math.h>
#include <string.h>

#include <gridcase/city/geometry.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { MAP_MOST = 5000 };

static const char *asked_language(struct api_call *call)
{
    const char *language = http_request_query(call->request, "language");
    return language && *language ? language : city_language(call->snapshot, 0);
}

// near=lon,lat: a box of about 100 m around the point.
static int near_box(const char *text, double box[4], struct error *error)
{
    const double reach_deg = 0.001;
    double lon = 0, lat = 0;
    const char *comma = strchr(text, ',');
    if (!comma || text_to_double(text, (size_t)(comma - text), &lon, NULL) ||
        text_to_double(comma + 1, strlen(comma + 1), &lat, NULL) || fabs(lon) > 180 ||
        fabs(lat) > 89) {
        return error_set(error, ERROR_INPUT, "api.bad_near", "near is lon,lat in degrees");
    }
    const double wide = reach_deg / cos(lat * M_PI / 180);
    box[0] = lon - wide;
    box[1] = lat - reach_deg;
    box[2] = lon + wide;
    box[3] = lat + reach_deg;
    return 0;
}

// The box that was asked for, or the whole city.
static int asked_box(struct api_call *call, struct city_bbox *ret_box, struct error *error)
{
    double box[4];
    bool has = false;
    const char *near = http_request_query(call->request, "near");
    int code = near ? near_box(near, box, error) : api_query_box(call, box, &has, error);
    has = has || near;
    if (!code) {
        if (!has) {
            city_bbox(call->snapshot, box);
        }
        *ret_box = (struct city_bbox){box[0], box[1], box[2], box[3]};
    }
    return code;
}

static void reply_geojson(struct api_call *call, struct buffer *body)
{
    api_reply_tagged(call, "application/geo+json", body);
}

int map_areas(struct api_call *call, struct db *db, struct error *error)
{
    const struct city_level *level =
        city_level_by_code(call->snapshot, call->parameters[0]);
    if (!level) {
        return error_set(error, ERROR_NOT_FOUND, "area.level_unknown", "no such level");
    }
    if (api_reply_model_tag(call, level->code)) {
        return 0;
    }
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    int code = city_areas_geojson(db, call->snapshot, level->position, asked_language(call),
                                  &body, error);
    if (!code) {
        http_reply_buffer(call->request, 200, "application/geo+json", &body);
    }
    return code;
}

typedef int features_write(struct db *db, const struct city_snapshot *city,
                           const struct city_bbox *bbox, size_t limit, struct buffer *out,
                           struct error *error);

static int reply_features(struct api_call *call, struct db *db, features_write *write,
                          struct error *error)
{
    struct city_bbox box;
    int64_t limit = MAP_MOST;
    int code = asked_box(call, &box, error);
    if (!code) {
        code = api_query_int(call, "limit", 1, CITY_FEATURES_MOST, &limit, error);
    }
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    if (!code) {
        code = write(db, call->snapshot, &box, (size_t)limit, &body, error);
    }
    if (!code) {
        reply_geojson(call, &body);
    }
    return code;
}

int map_grids(struct api_call *call, struct db *db, struct error *error)
{
    return reply_features(call, db, city_grids_geojson, error);
}

int map_streets(struct api_call *call, struct db *db, struct error *error)
{
    return reply_features(call, db, city_streets_geojson, error);
}

int map_components(struct api_call *call, struct db *db, struct error *error)
{
    return reply_features(call, db, city_components_geojson, error);
}

static void put_point(struct json_writer *json, const struct city_snapshot *city,
                      const struct case_map_point *point)
{
    const char *class_code = city_class_code(city, point->class_id);
    json_begin_object(json, NULL);
    json_put_text(json, "type", "Feature");
    json_put_text(json, "id", point->number);
    json_begin_object(json, "geometry");
    json_put_text(json, "type", "Point");
    json_begin_array(json, "coordinates");
    json_put_double(json, NULL, point->lon_deg, 7);
    json_put_double(json, NULL, point->lat_deg, 7);
    json_end_array(json);
    json_end_object(json);
    json_begin_object(json, "properties");
    json_put_text(json, "number", point->number);
    json_put_text(json, "stage", process_stage_to_str((int)point->stage));
    json_put_text(json, "light", clock_light_to_str(point->light));
    json_put_text(json, "class", class_code);
    json_put_int(json, "class_id", point->class_id);
    json_put_int(json, "department", point->department_id);
    json_end_object(json);
    json_end_object(json);
}

int map_cases(struct api_call *call, struct db *db, struct error *error)
{
    struct case_filter filter;
    struct case_map map;
    int code = api_case_filter(call, &filter, error);
    if (!code) {
        filter.cursor = NULL;
        filter.limit = MAP_MOST;
        code = case_map(db, call->snapshot, &call->session.actor, &filter, call->now_ms,
                        call->arena, &map, error);
        if (code && api_search_give_up(call, &filter, code)) {
            code = case_map(db, call->snapshot, &call->session.actor, &filter, call->now_ms,
                            call->arena, &map, error);
        }
    }
    if (code) {
        return code;
    }
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    json_put_text(&json, "type", "FeatureCollection");
    json_put_bool(&json, "truncated", map.truncated);
    json_put_instant(&json, "as_of", call->now_ms);
    if (filter.search) {
        api_put_search(call, &json);
    }
    json_begin_array(&json, "features");
    for (size_t i = 0; i < map.count; i++) {
        put_point(&json, call->snapshot, &map.items[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
    reply_geojson(call, &body);
    return 0;
}
