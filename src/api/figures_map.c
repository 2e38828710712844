// SPDX-License-Identifier: MPL-2.0
// One figure or score of every unit grid or area, as small as a map needs it.
#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/evaluation/scores.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { MAP_ARENA = 256 * 1024 * 1024 };

#define M_PER_DEG 111195.0

struct figure_map {
    struct api_call *call;
    struct json_writer *json;
    const struct figure_query *query;
};

struct spot_shape {
    const char *code;
    const struct city_names *names; // of an area; NULL: a grid has none
    double lon_deg, lat_deg, side_m;
};

// Where a key lies, and how wide a square stands for it from afar.
static bool find_shape(const struct figure_map *map, int64_t id, struct spot_shape *ret)
{
    const struct city_snapshot *city = map->call->snapshot;
    const struct city_grid *grid = NULL;
    const struct city_area *area = NULL;
    if (map->query->by[0].dimension == FIGURE_BY_ID && (grid = city_grid_by_id(city, id))) {
        *ret = (struct spot_shape){grid->code, NULL, grid->lon_deg, grid->lat_deg,
                                   sqrt(grid->area_m2)};
    } else if (map->query->by[0].dimension == FIGURE_BY_AREA &&
               (area = city_area_by_id(city, id))) {
        double high = (area->north_deg - area->south_deg) * M_PER_DEG;
        *ret = (struct spot_shape){area->code, &area->name, area->lon_deg, area->lat_deg,
                                   high};
    }
    return grid || area;
}

// [id, code, lon, lat, side in m, value, grade, name]
static void put_place(const struct figure_map *map, int64_t id, double value,
                      const struct score_grade *grade)
{
    struct json_writer *json = map->json;
    struct spot_shape shape;
    if (isnan(value) || !find_shape(map, id, &shape)) {
        return;
    }
    json_begin_array(json, NULL);
    json_put_int(json, NULL, id);
    json_put_text(json, NULL, shape.code);
    json_put_double(json, NULL, shape.lon_deg, 6);
    json_put_double(json, NULL, shape.lat_deg, 6);
    json_put_double(json, NULL, shape.side_m, 0);
    json_put_double(json, NULL, value, 6);
    if (grade) {
        json_put_text(json, NULL, grade->code);
    } else {
        json_put_null(json, NULL);
    }
    if (shape.names) {
        api_put_names(json, NULL, map->call->snapshot, shape.names);
    } else {
        json_put_null(json, NULL);
    }
    json_end_array(json);
}

static void put_day(struct json_writer *json, const char *name, int64_t day)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    json_put_text(json, name, text);
}

static void put_head(const struct figure_map *map)
{
    struct json_writer *json = map->json;
    put_day(json, "from", map->query->from_day);
    put_day(json, "to", map->query->to_day);
    put_day(json, "today", map->query->today);
    json_put_instant(json, "as_of", map->query->now_ms);
    json_put_text(
        json, "by",
        figure_by_to_str(map->call->snapshot, &map->query->by[0], map->call->arena));
    figures_put_list(map->call, json, map->query, NULL);
}

static int reply_figure(struct api_call *call, struct db *db,
                        const struct figure_query *query, struct arena *arena,
                        struct error *error)
{
    struct figure_answer found;
    int code = figures_compute(call->city->facts, db, call->snapshot, &call->session.actor,
                               query, arena, &found, error);
    if (code) {
        return code;
    }
    figures_log_trouble(call, &found.trouble);
    API_ANSWER_CLEANUP struct api_answer answer;
    const struct figure_map map = {call, api_answer_begin(&answer), query};
    const struct indicator *measure = figure_measure(query, 0);
    put_head(&map);
    json_put_text(map.json, "measure", measure->code);
    label_put(map.json, "label", &measure->name);
    json_put_text(map.json, "unit", indicator_unit_to_str(measure->unit));
    json_put_text(map.json, "better", indicator_better_to_str(measure->better));
    json_begin_array(map.json, "places");
    for (size_t i = 0; i < found.row_count; i++) {
        put_place(&map, found.rows[i].keys[0].id, found.rows[i].values[0], NULL);
    }
    json_end_array(map.json);
    api_answer_send(call, 200, &answer);
    return 0;
}

static int reply_score(struct api_call *call, struct db *db,
                       const struct score_query *query, struct arena *arena,
                       struct error *error)
{
    struct score_answer found;
    int code = scores_compute(call->city->facts, db, call->snapshot, &call->session.actor,
                              query, arena, &found, error);
    if (code) {
        return code;
    }
    figures_log_trouble(call, &found.trouble);
    API_ANSWER_CLEANUP struct api_answer answer;
    const struct figure_map map = {call, api_answer_begin(&answer), &found.query};
    put_head(&map);
    json_put_text(map.json, "measure", query->score->code);
    label_put(map.json, "label", &query->score->name);
    json_put_text(map.json, "unit", "points");
    json_put_text(map.json, "better", "more");
    scores_put_grades(map.json, call->snapshot);
    json_begin_array(map.json, "places");
    for (size_t i = 0; i < found.count; i++) {
        put_place(&map, found.rows[i].key.id, found.rows[i].points, found.rows[i].grade);
    }
    json_end_array(map.json);
    api_answer_send(call, 200, &answer);
    return 0;
}

static bool is_place(const struct figure_query *query)
{
    const struct figure_by *by = &query->by[0];
    return query->by_count == 1 &&
           (by->dimension == FIGURE_BY_AREA ||
            (by->dimension == FIGURE_BY_ID && by->level == FIGURE_ID_GRID));
}

int figures_on_map(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"measures", "score", "by", FIGURES_FILTER_NAMES,
                                        NULL};
    const char *score = http_request_query(call->request, "score");
    struct score_query scoring = {.now_ms = call->now_ms};
    struct figure_query query;
    int code = api_query_only(call, names, error);
    if (!code) {
        figures_words(call, &scoring.words);
        code =
            figure_query_read(&scoring.words, call->snapshot, call->now_ms, &query, error);
    }
    if (!code && !is_place(&query)) {
        code = error_set(error, ERROR_INPUT, "figures.by", "by is grid or area:LEVEL here");
    }
    if (!code && score &&
        !(scoring.score = scores_find(city_scores(call->snapshot), score, query.to_day))) {
        code = error_set(error, ERROR_NOT_FOUND, "scores.unknown",
                         "there is no such score in that period");
    }
    if (code) {
        return code;
    }
    struct arena *arena ARENA_CLEANUP = arena_new(MAP_ARENA);
    if (!score) {
        return reply_figure(call, db, &query, arena, error);
    }
    scoring.before_from = scoring.words.from; // how it moved is not asked for here
    scoring.before_to = scoring.words.to;
    return reply_score(call, db, &scoring, arena, error);
}
