// SPDX-License-Identifier: MPL-2.0
// Places by words: streets, crossings, landmarks, areas, unit grids, components. What
// stands in the model only: nothing here tells of cases or people.
#include <string.h>

#include <gridcase/city/place.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { PLACES_SHOWN = 8, PLACES_TEXT_MOST = 400, AREAS_MOST = 4, GRIDS_MOST = 4 };

struct places {
    struct api_call *call;
    struct json_writer *json;
    const struct place_query *query;
    const char *text; // trimmed
    size_t left;      // items that may still be written
};

static double deg(int32_t lattice)
{
    return lattice / 1e7;
}

static void put_box(struct json_writer *json, const double box[4])
{
    json_begin_array(json, "bbox");
    for (size_t i = 0; i < 4; i++) {
        json_put_double(json, NULL, box[i], 7);
    }
    json_end_array(json);
}

struct spot {
    const char *kind, *name, *other, *code, *level;
    double lon_deg, lat_deg;
    double box[4];
};

static void put_spot(struct places *places, const struct spot *spot,
                     const struct city_names *names)
{
    struct json_writer *json = places->json;
    places->left--;
    json_begin_object(json, NULL);
    json_put_text(json, "kind", spot->kind);
    if (names) {
        api_put_names(json, "name", places->call->snapshot, names);
    } else {
        json_begin_object(json, "name");
        json_put_text(json, "und", spot->name);
        json_end_object(json);
    }
    json_put_text(json, "other", spot->other);
    json_put_text(json, "code", spot->code);
    json_put_text(json, "level", spot->level);
    json_begin_object(json, "point");
    json_put_double(json, "lon", spot->lon_deg, 7);
    json_put_double(json, "lat", spot->lat_deg, 7);
    json_end_object(json);
    put_box(json, spot->box);
    json_end_object(json);
}

static void put_streets(struct places *places)
{
    static const char *const kinds[] = {[PLACE_CROSSING] = "crossing",
                                        [PLACE_STREET] = "street",
                                        [PLACE_LANDMARK] = "landmark"};
    struct place_hit hits[PLACES_SHOWN];
    const struct place_index *index = city_place_words(places->call->snapshot);
    size_t most = places->left < PLACES_SHOWN ? places->left : PLACES_SHOWN;
    size_t count = index ? place_search(index, places->query, hits, most) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct place_hit *hit = &hits[i];
        struct spot spot = {
            .kind = kinds[hit->kind],
            .name = hit->name,
            .other = hit->other,
            .lon_deg = deg(hit->point.x),
            .lat_deg = deg(hit->point.y),
            .box = {deg(hit->low.x), deg(hit->low.y), deg(hit->high.x), deg(hit->high.y)}};
        put_spot(places, &spot, NULL);
    }
}

// A name in any of the city's languages, or the code itself.
static bool area_fits(const struct places *places, const struct city_area *area)
{
    for (size_t i = 0; i < CITY_LANGUAGE_LIMIT; i++) {
        if (area->name.text[i] && place_query_fit(places->query, area->name.text[i])) {
            return true;
        }
    }
    return strcmp(area->code, places->text) == 0;
}

static void put_areas(struct places *places)
{
    const struct city_snapshot *city = places->call->snapshot;
    size_t shown = 0;
    for (size_t i = 0; i < city_areas(city) && shown < AREAS_MOST && places->left; i++) {
        const struct city_area *area = city_area(city, i);
        if (area->closed || !area_fits(places, area)) {
            continue;
        }
        struct spot spot = {
            .kind = "area",
            .code = area->code,
            .level = city_level(city, area->level)->code,
            .lon_deg = area->lon_deg,
            .lat_deg = area->lat_deg,
            .box = {area->west_deg, area->south_deg, area->east_deg, area->north_deg}};
        put_spot(places, &spot, &area->name);
        shown++;
    }
}

static void put_grids(struct places *places)
{
    const struct city_snapshot *city = places->call->snapshot;
    size_t length = strlen(places->text);
    size_t shown = 0;
    const size_t least = 3; // characters: less fits too many codes
    for (size_t i = 0;
         i < city_grids(city) && shown < GRIDS_MOST && places->left && length >= least;
         i++) {
        const struct city_grid *grid = city_grid(city, i);
        if (grid->closed || strncmp(grid->code, places->text, length) != 0) {
            continue;
        }
        struct spot spot = {
            .kind = "grid",
            .name = grid->code,
            .code = grid->code,
            .lon_deg = grid->lon_deg,
            .lat_deg = grid->lat_deg,
            .box = {grid->lon_deg, grid->lat_deg, grid->lon_deg, grid->lat_deg}};
        put_spot(places, &spot, NULL);
        shown++;
    }
}

static int put_component(struct places *places, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *statement = NULL;
    int code = db_prepare(db, QUERY_CITY_COMPONENT_BY_CODE, &statement, error);
    if (code) {
        return code;
    }
    db_bind_text(statement, 1, places->text);
    code = db_step(statement, error);
    bool stands = code == DB_ROW && !db_column_is_null(statement, 7);
    if (stands && strcmp(db_column_text(statement, 3), "removed") != 0 && places->left) {
        double lon = db_column_double(statement, 7), lat = db_column_double(statement, 8);
        struct spot spot = {.kind = "component",
                            .name = places->text,
                            .code = places->text,
                            .lon_deg = lon,
                            .lat_deg = lat,
                            .box = {lon, lat, lon, lat}};
        put_spot(places, &spot, NULL);
    }
    return code == DB_ROW ? 0 : code;
}

int places_search(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"q", "limit", NULL};
    const char *asked = http_request_query(call->request, "q");
    int64_t limit = PLACES_SHOWN;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = api_query_int(call, "limit", 1, PLACE_HITS_MOST, &limit, error);
    }
    if (!code && (!asked || text_is_blank(asked) || strlen(asked) > PLACES_TEXT_MOST)) {
        code = error_set(error, ERROR_INPUT, "place.query", "q is 1 to %d bytes of words",
                         PLACES_TEXT_MOST);
    }
    if (code) {
        return code;
    }
    PLACE_QUERY_CLEANUP struct place_query *query = place_query_new(asked);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct places places = {call, json, query, text_trim(arena_text(call->arena, asked)),
                            (size_t)limit};
    json_begin_array(json, "items");
    code = put_component(&places, db, error);
    put_grids(&places);
    put_areas(&places);
    put_streets(&places);
    json_end_array(json);
    if (!code) {
        api_answer_send(call, 200, &answer);
    }
    return code;
}
