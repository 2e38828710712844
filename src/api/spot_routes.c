// SPDX-License-Identifier: MPL-2.0
// Places that stand out: hot against their own past, and the same spot again.
#include <stdio.h>
#include <string.h>

#include <gridcase/city/place.h>
#include <gridcase/evaluation/spots.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

enum {
    SPOTS_ARENA = 256 * 1024 * 1024,
    LIMIT_BY_DEFAULT = 30,
    WINDOWS_BY_DEFAULT = 12,
    DAYS_BY_DEFAULT = 30,
    REACH_BY_DEFAULT_M = 30,
};

static void put_day(struct json_writer *json, const char *name, int64_t day)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    json_put_text(json, name, text);
}

static void put_head(struct json_writer *json, const struct figure_query *query)
{
    put_day(json, "from", query->from_day);
    put_day(json, "to", query->to_day);
    put_day(json, "today", query->today);
    json_put_instant(json, "as_of", query->now_ms);
}

static void put_class(struct json_writer *json, const struct city_snapshot *city,
                      int64_t class_id)
{
    const struct catalogue_class *found =
        catalogue_class_by_id(city_catalogue(city, 0), class_id);
    json_begin_object(json, "class");
    json_put_int(json, "id", class_id);
    json_put_text(json, "code", city_class_code(city, class_id));
    if (found) {
        label_put(json, "name", &found->name);
    } else {
        json_put_null(json, "name");
    }
    json_end_object(json);
}

// Where it is: grid and areas, the point, and in words what stands there.
static void put_place(struct json_writer *json, const struct city_snapshot *city,
                      const struct city_place *place, double lon_deg, double lat_deg)
{
    struct geo_point point = {0};
    struct error error = {0};
    json_begin_object(json, "at");
    api_put_located(json, city, place->grid, place->areas);
    json_put_double(json, "lon", lon_deg, 7);
    json_put_double(json, "lat", lat_deg, 7);
    if (geo_point_from_deg(lon_deg, lat_deg, &point, &error) == 0) {
        api_put_place_words(json, city, point);
    } else {
        json_put_null(json, "place");
    }
    json_end_object(json);
}

static void put_list(struct json_writer *json, const struct figure_query *query,
                     const char *place, const struct hot_spot *spot)
{
    char list[160];
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    date_to_text(query->from_day, from);
    date_to_text(query->to_day, to);
    snprintf(list, sizeof(list), "from=%s&to=%s&%s=%lld&class=%lld", from, to, place,
             (long long)spot->place_id, (long long)spot->class_id);
    json_put_text(json, "list", list);
}

static void put_hot(struct json_writer *json, const struct city_snapshot *city,
                    const struct hot_query *query, const struct hot_spot *spot)
{
    struct city_place place = {0};
    double lon_deg = 0;
    double lat_deg = 0;
    const struct city_grid *grid = NULL;
    const struct city_area *area = NULL;
    if (query->level < 0 && (grid = city_grid_by_id(city, spot->place_id))) {
        place.grid = grid->id;
        memcpy(place.areas, grid->areas, sizeof(place.areas));
        lon_deg = grid->lon_deg;
        lat_deg = grid->lat_deg;
    } else if ((area = city_area_by_id(city, spot->place_id))) {
        place.areas[area->level] = area->id;
        lon_deg = area->lon_deg;
        lat_deg = area->lat_deg;
    }
    json_begin_object(json, NULL);
    json_put_int(json, "id", spot->place_id);
    put_place(json, city, &place, lon_deg, lat_deg);
    put_class(json, city, spot->class_id);
    json_put_int(json, "now", spot->now);
    json_put_double(json, "usual", spot->usual, 1);
    json_put_int(json, "most_before", spot->before);
    put_list(json, &query->figures, query->level < 0 ? "grid" : "area", spot);
    json_end_object(json);
}

static int read_hot(struct api_call *call, struct hot_query *query, struct error *error)
{
    static const char *const names[] = {"by", "windows", "limit", FIGURES_FILTER_NAMES,
                                        NULL};
    int64_t windows = WINDOWS_BY_DEFAULT;
    int64_t limit = LIMIT_BY_DEFAULT;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figures_read_words(call, &query->figures, error);
    }
    if (!code) {
        code = api_query_int(call, "windows", 2, SPOT_WINDOWS_MOST, &windows, error);
    }
    if (!code) {
        code = api_query_int(call, "limit", 1, SPOT_LIST_MOST, &limit, error);
    }
    query->windows = (size_t)windows;
    query->most = (size_t)limit;
    query->level = -1;
    const struct figure_by *by = &query->figures.by[0];
    if (!code && query->figures.by_count == 1 && by->dimension == FIGURE_BY_AREA) {
        query->level = (int)by->level;
    } else if (!code && (query->figures.by_count > 1 ||
                         (query->figures.by_count == 1 && (by->dimension != FIGURE_BY_ID ||
                                                           by->level != FIGURE_ID_GRID)))) {
        code = error_set(error, ERROR_INPUT, "figures.by", "by is grid or area:LEVEL here");
    }
    return code;
}

int spots_get_hot(struct api_call *call, struct db *db, struct error *error)
{
    struct hot_query query = {0};
    struct hot_answer found;
    int code = read_hot(call, &query, error);
    if (code) {
        return code;
    }
    struct arena *arena ARENA_CLEANUP = arena_new(SPOTS_ARENA);
    code = spots_hot(call->city->facts, db, call->snapshot, &call->session.actor, &query,
                     arena, &found, error);
    if (code) {
        return code;
    }
    figures_log_trouble(call, &found.trouble);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    put_head(json, &query.figures);
    json_put_int(json, "windows", (int64_t)found.windows);
    json_put_int(json, "total", found.total);
    json_begin_array(json, "spots");
    for (size_t i = 0; i < found.count; i++) {
        put_hot(json, call->snapshot, &query, &found.spots[i]);
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
    return 0;
}

// ---- the same spot again ----

static int put_repeat(struct json_writer *json, const struct city_snapshot *city,
                      const struct repeat_spot *spot, struct error *error)
{
    struct city_place place = {0};
    int code = city_locate(city, spot->lon_deg, spot->lat_deg, &place, error);
    if (code) {
        return code;
    }
    json_begin_object(json, NULL);
    put_place(json, city, &place, spot->lon_deg, spot->lat_deg);
    put_class(json, city, spot->class_id);
    json_put_int(json, "repeats", spot->repeats);
    json_put_int(json, "count", spot->cases);
    json_begin_array(json, "cases");
    for (size_t i = 0; i < spot->count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "number", spot->named[i].number);
        json_put_instant(json, "opened_at", spot->named[i].opened_ms);
        if (spot->named[i].closed_ms) {
            json_put_instant(json, "closed_at", spot->named[i].closed_ms);
        } else {
            json_put_null(json, "closed_at");
        }
        json_put_bool(json, "repeats", spot->named[i].repeats);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
    return 0;
}

static int read_repeats(struct api_call *call, struct repeat_query *query,
                        struct error *error)
{
    static const char *const names[] = {"within_days", "reach_m", "limit",
                                        FIGURES_FILTER_NAMES, NULL};
    int64_t within = DAYS_BY_DEFAULT;
    int64_t reach = REACH_BY_DEFAULT_M;
    int64_t limit = LIMIT_BY_DEFAULT;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figures_read_words(call, &query->figures, error);
    }
    if (!code) {
        code = api_query_int(call, "within_days", 1, 366, &within, error);
    }
    if (!code) {
        code = api_query_int(call, "reach_m", 1, 500, &reach, error);
    }
    if (!code) {
        code = api_query_int(call, "limit", 1, SPOT_LIST_MOST, &limit, error);
    }
    query->within_days = (int)within;
    query->reach_m = (int)reach;
    query->most = (size_t)limit;
    return code;
}

int spots_get_repeats(struct api_call *call, struct db *db, struct error *error)
{
    struct repeat_query query = {0};
    struct repeat_answer found;
    int code = read_repeats(call, &query, error);
    if (code) {
        return code;
    }
    struct arena *arena ARENA_CLEANUP = arena_new(SPOTS_ARENA);
    code = spots_repeats(call->city->facts, db, call->snapshot, &call->session.actor,
                         &query, arena, &found, error);
    if (code) {
        return code;
    }
    figures_log_trouble(call, &found.trouble);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    put_head(json, &query.figures);
    json_put_int(json, "within_days", query.within_days);
    json_put_int(json, "reach_m", query.reach_m);
    json_put_int(json, "arrivals", found.arrivals);
    json_put_int(json, "repeats", found.repeats);
    json_put_int(json, "total", found.total);
    json_begin_array(json, "spots");
    for (size_t i = 0; i < found.count && !code; i++) {
        code = put_repeat(json, call->snapshot, &found.spots[i], error);
    }
    json_end_array(json);
    if (!code) {
        api_answer_send(call, 200, &answer);
    }
    return code;
}

// ---- how far collectors came ----

// Without a word: the lowest level that is made of grids.
static int read_level(struct api_call *call, struct coverage_query *query,
                      struct error *error)
{
    const struct figure_by *by = &query->figures.by[0];
    if (query->figures.by_count > 1 ||
        (query->figures.by_count == 1 && by->dimension != FIGURE_BY_AREA)) {
        return error_set(error, ERROR_INPUT, "figures.by", "by is area:LEVEL here");
    }
    query->level = by->level;
    for (size_t i = 0; query->figures.by_count == 0 && i < city_levels(call->snapshot);
         i++) {
        if (city_level(call->snapshot, i)->kind == CITY_NESTING) {
            query->level = i;
        }
    }
    return 0;
}

static void put_covered(struct json_writer *json, const struct coverage *coverage)
{
    json_put_int(json, "grids", coverage->grids);
    json_put_int(json, "visited", coverage->visited);
    json_put_int(json, "others", coverage->others);
    json_put_int(json, "reports", coverage->reports);
    json_put_int(json, "walked", coverage->walked);
}

static void put_covered_area(struct json_writer *json, const struct city_snapshot *city,
                             const struct coverage_query *query,
                             const struct coverage *coverage)
{
    char list[160];
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    const struct city_area *area = city_area_by_id(city, coverage->area_id);
    date_to_text(query->figures.from_day, from);
    date_to_text(query->figures.to_day, to);
    json_begin_object(json, NULL);
    json_put_int(json, "id", coverage->area_id);
    json_put_text(json, "code", area ? area->code : "");
    if (area) {
        api_put_names(json, "name", city, &area->name);
        snprintf(list, sizeof(list), "from=%s&to=%s&area=%lld", from, to,
                 (long long)area->id);
    } else {
        json_put_null(json, "name");
        snprintf(list, sizeof(list), "from=%s&to=%s&outside=%.60s", from, to,
                 city_level(city, query->level)->code);
    }
    put_covered(json, coverage);
    json_put_text(json, "list", list);
    json_end_object(json);
}

int spots_get_coverage(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"by", FIGURES_FILTER_NAMES, NULL};
    DB_READER_CLEANUP struct db *tracks = NULL;
    struct coverage_query query = {0};
    struct coverage_answer found;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figures_read_words(call, &query.figures, error);
    }
    if (!code) {
        code = read_level(call, &query, error);
    }
    if (!code) {
        code = api_tracks_read(call, &tracks, error);
    }
    query.tracks = tracks;
    if (code) {
        return code;
    }
    struct arena *arena ARENA_CLEANUP = arena_new(SPOTS_ARENA);
    code = spots_coverage(call->city->facts, db, call->snapshot, &call->session.actor,
                          &query, arena, &found, error);
    if (code) {
        return code;
    }
    figures_log_trouble(call, &found.trouble);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    put_head(json, &query.figures);
    json_put_text(json, "level", city_level(call->snapshot, query.level)->code);
    if (api_track_days(call->snapshot)) {
        json_put_int(json, "keep_days", api_track_days(call->snapshot));
    } else {
        json_put_null(json, "keep_days"); // no tracks are recorded
    }
    put_covered(json, &found.total);
    json_begin_array(json, "areas");
    for (size_t i = 0; i < found.count; i++) {
        put_covered_area(json, call->snapshot, &query, &found.areas[i]);
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
    return 0;
}
