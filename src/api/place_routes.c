// SPDX-License-Identifier: MPL-2.0
// What lies at a point, and lists of grids and components.
#include <string.h>

#include <gridcase/city/place.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { GRIDS_MOST = 5000, NEAR_MOST = 5, NEAR_LIST_MOST = 100, WORDS_SIZE = 256 };

#define NEAR_RADIUS_M      100.0
#define NEAR_RADIUS_MOST_M 2000.0

void api_put_place_words(struct json_writer *json, const struct city_snapshot *city,
                         struct geo_point point)
{
    const struct place_index *index = city_place_words(city);
    struct place_words words = {0};
    if (index) {
        place_find(index, point, &words);
    }
    if (!index || words.kind == PLACE_NOTHING) {
        json_put_null(json, "place");
        return;
    }
    json_begin_object(json, "place");
    for (size_t i = 0; i < city_languages(city); i++) {
        char text[WORDS_SIZE];
        place_text(&words, city_language(city, i), text, sizeof(text));
        json_put_text(json, city_language(city, i), text);
    }
    json_end_object(json);
}

static int put_component(struct api_call *call, struct db *db, struct json_writer *json,
                         const struct near_hit *hit, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *statement = NULL;
    int code = db_prepare(db, QUERY_CITY_COMPONENT_BY_ID, &statement, error);
    if (code) {
        return code;
    }
    db_bind_int(statement, 1, hit->id);
    code = db_step(statement, error);
    if (code != DB_ROW) {
        return code; // gone since the snapshot was made
    }
    const struct catalogue *catalogue = city_catalogue(call->snapshot, 0);
    const char *class_code = db_column_text(statement, 1);
    const struct catalogue_class *class =
        catalogue ? catalogue_class_find(catalogue, class_code) : NULL;
    json_begin_object(json, NULL);
    json_put_int(json, "id", hit->id);
    json_put_text(json, "code", db_column_text(statement, 0));
    json_put_text(json, "class_code", class_code);
    json_put_int(json, "class_id", class ? class->id : 0);
    if (class) {
        label_put(json, "class", &class->name);
    } else {
        json_put_text(json, "class", class_code);
    }
    json_put_text(json, "name", db_column_text(statement, 2));
    json_put_double(json, "distance_m", hit->distance_m, 1);
    json_end_object(json);
    return 0;
}

struct near_question {
    struct geo_point point;
    double radius_m;
    size_t most;
};

// The components as items of the array that the caller has begun.
static int put_near(struct api_call *call, struct db *db, struct json_writer *json,
                    const struct near_question *question, struct error *error)
{
    const struct near_index *index = city_components_near(call->snapshot);
    struct near_hit hits[NEAR_LIST_MOST];
    size_t count = index ? near_index_find(index, question->point, question->radius_m, hits,
                                           question->most)
                         : 0;
    int code = 0;
    for (size_t i = 0; i < count && !code; i++) {
        code = put_component(call, db, json, &hits[i], error);
    }
    return code;
}

int place_locate(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"lon", "lat", "datum", NULL};
    struct city_place place;
    static const double absent = 1e9; // no place on earth
    double lon = absent;
    double lat = absent;
    struct geo_point point = {0};
    enum geo_datum datum = GEO_WGS84;
    int code = api_query_only(call, names, error);
    const char *word = http_request_query(call->request, "datum");
    if (!code && word) {
        code = geo_datum_from_str(word, strlen(word), &datum, error);
    }
    if (!code) {
        code = api_query_double(call, "lon", &lon, error);
    }
    if (!code) {
        code = api_query_double(call, "lat", &lat, error);
    }
    if (!code && (lon == absent || lat == absent)) {
        code =
            error_set(error, ERROR_INPUT, "api.bad_parameter", "lon and lat are required");
    }
    if (!code) {
        code = api_check_degrees(call->snapshot, lon, lat, error);
    }
    if (!code) {
        geo_datum_unshift(datum, &lon, &lat);
        code = city_locate(call->snapshot, lon, lat, &place, error);
    }
    if (!code) {
        code = geo_point_from_deg(lon, lat, &point, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    api_put_located(json, call->snapshot, place.grid, place.areas);
    json_put_bool(json, "inside", place.grid != 0);
    struct api_point at = {lon, lat};
    api_put_outside(json, call->snapshot, place.grid ? NULL : &at);
    api_put_place_words(json, call->snapshot, point);
    struct near_question question = {point, NEAR_RADIUS_M, NEAR_MOST};
    json_begin_array(json, "nearest_components");
    code = put_near(call, db, json, &question, error);
    json_end_array(json);
    if (!code) {
        api_answer_send(call, 200, &answer);
    }
    return code;
}

// near=lon,lat with radius= in metres and limit=
static int read_near(struct api_call *call, const char *near,
                     struct near_question *question, struct error *error)
{
    const char *comma = strchr(near, ',');
    int64_t most = 20;
    double lon = 0;
    double lat = 0;
    struct error ignored = {0};
    question->radius_m = NEAR_RADIUS_M;
    if (!comma || text_to_double(near, (size_t)(comma - near), &lon, &ignored) ||
        text_to_double(comma + 1, strlen(comma + 1), &lat, &ignored)) {
        return error_set(error, ERROR_INPUT, "api.bad_parameter", "near is lon,lat");
    }
    int code = geo_point_from_deg(lon, lat, &question->point, error);
    if (!code) {
        code = api_query_double(call, "radius", &question->radius_m, error);
    }
    if (!code) {
        code = api_query_int(call, "limit", 1, NEAR_LIST_MOST, &most, error);
    }
    if (!code && !(question->radius_m > 0 && question->radius_m <= NEAR_RADIUS_MOST_M)) {
        code = error_set(error, ERROR_INPUT, "api.bad_parameter",
                         "radius is metres, at most 2000");
    }
    question->most = (size_t)most;
    return code;
}

int place_components(struct api_call *call, struct db *db, struct error *error)
{
    const char *near = http_request_query(call->request, "near");
    struct near_question question = {0};
    if (!near) {
        return map_components(call, db, error);
    }
    int code = read_near(call, near, &question, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
    code = put_near(call, db, json, &question, error);
    json_end_array(json);
    if (!code) {
        api_answer_send(call, 200, &answer);
    }
    return code;
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
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
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
            json_begin_object(json, NULL);
            json_put_int(json, "id", grid->id);
            json_put_text(json, "code", grid->code);
            json_put_double(json, "lon", grid->lon_deg, 7);
            json_put_double(json, "lat", grid->lat_deg, 7);
            json_end_object(json);
        }
    }
    json_end_array(json);
    json_put_bool(json, "more", more);
    api_answer_send(call, 200, &answer);
    return 0;
}
