// SPDX-License-Identifier: MPL-2.0
// What lies under a case's point, which limit and which department follow from it.
#include <string.h>

#include <gridcase/core/text.h>

#include "case_internal.h"

int case_place_locate(const struct city_snapshot *city, struct case_place *place,
                      struct error *error)
{
    place->grid_id = 0;
    memset(place->areas, 0, sizeof place->areas);
    if (!place->has_point)
        return 0;
    struct city_place found;
    int code = city_locate(city, place->point.lon_deg, place->point.lat_deg, &found, error);
    if (code != 0)
        return code;
    place->grid_id = found.grid;
    memcpy(place->areas, found.areas, sizeof place->areas);
    return 0;
}

int case_place_classify(const struct catalogue *catalogue, struct case_place *place,
                        struct error *error)
{
    if (place->class_id == 0) {
        if (place->condition_id != 0)
            return error_set(error, ERROR_INPUT, "case.condition_unknown",
                             "a condition needs its class");
        return 0;
    }
    const struct catalogue_class *class = catalogue_class_by_id(catalogue, place->class_id);
    if (class == NULL)
        return error_set(error, ERROR_INPUT, "case.class_unknown",
                         "the catalogue has no class %lld", (long long)place->class_id);
    if (place->condition_id == 0) {
        if (class->condition_count == 1)
            place->condition_id =
                catalogue_condition(catalogue, class->first_condition)->id;
        return 0;
    }
    const struct catalogue_condition *condition =
        catalogue_condition_by_id(catalogue, place->condition_id);
    if (condition == NULL ||
        catalogue_class(catalogue, condition->class_index)->id != place->class_id)
        return error_set(error, ERROR_INPUT, "case.condition_unknown",
                         "the class has no condition %lld", (long long)place->condition_id);
    return 0;
}

int case_route(struct case_work *work, struct error *error)
{
    if (work->routed)
        return 0;
    const struct case_row *row = &work->row;
    const struct routing *routing = city_routing(work->city, row->routing_version);
    work->route = (struct routing_answer){.manual = true, .name = ""};
    work->routed = true;
    if (routing == NULL)
        return 0;
    struct routing_hit hits[CITY_COVERAGE_LIMIT];
    struct routing_place places[CITY_LEVEL_LIMIT];
    struct routing_query query = {.class_id = row->place.class_id,
                                  .condition_id = row->place.condition_id,
                                  .hits = hits,
                                  .places = places};
    struct city_place under = {0};
    if (row->place.has_point) {
        int code = city_locate(work->city, row->place.point.lon_deg,
                               row->place.point.lat_deg, &under, error);
        if (code != 0)
            return code;
    }
    for (size_t i = 0; i < city_coverage_layers(work->city); i++) {
        const struct city_coverage_area *area =
            city_coverage_by_id(work->city, under.coverage[i]);
        if (area != NULL)
            hits[query.hit_count++] = (struct routing_hit){
                .layer_id = city_coverage_layer_id(work->city, area->layer),
                .coverage_id = area->id,
                .department_id = area->department};
    }
    for (size_t i = 0; i < city_levels(work->city); i++)
        if (row->place.areas[i] != 0)
            places[query.place_count++] = (struct routing_place){
                .level_id = city_level(work->city, i)->id, .area_id = row->place.areas[i]};
    memcpy(query.links, row->place.links, sizeof query.links);
    routing_answer(routing, &query, &work->route);
    return 0;
}

void case_limit(const struct case_work *work, int clock_kind, struct limit *ret_limit,
                int64_t *ret_line)
{
    *ret_limit = (struct limit){.unit = LIMIT_NONE};
    *ret_line = 0;
    const struct city_grid *grid = city_grid_by_id(work->city, work->row.place.grid_id);
    const char *area_class = grid != NULL ? grid->area_class : "";
    bool part = case_is_part(clock_kind);
    if (clock_kind != PROCESS_CLOCK_HANDLING && !part) {
        catalogue_stage_limit(work->catalogue, process_clock_to_str(clock_kind), area_class,
                              work->row.urgency, ret_limit, ret_line);
        return;
    }
    const struct catalogue_condition *condition =
        catalogue_condition_by_id(work->catalogue, work->row.place.condition_id);
    enum limit_part which = LIMIT_PART_WHOLE;
    if (part)
        which = (enum limit_part)(LIMIT_PART_SAFE + clock_kind - PROCESS_CLOCK_SAFE);
    if (condition != NULL)
        catalogue_part_limit(work->catalogue, condition, which,
                             &(struct catalogue_where){area_class, work->row.urgency},
                             ret_limit, ret_line);
}

// "lon,lat[,accuracy_m[,datum]]", as the source has it: converted here.
int case_point_parse(const char *text, struct case_point *ret_point, struct error *error)
{
    struct case_point point = {.accuracy_m = -1};
    double numbers[3] = {0, 0, -1};
    size_t count = 0;
    size_t length = 0;
    for (const char *piece; (piece = text_next(&text, ',', &length)) != NULL; count++) {
        bool fine = count < 4;
        if (count < 3)
            fine = text_to_double(piece, length, &numbers[count], NULL) == 0;
        else if (fine)
            fine = geo_datum_from_str(piece, length, &point.datum, NULL) == 0;
        if (!fine)
            return error_set(error, ERROR_INPUT, "case.point",
                             "'%.*s' is no part of a point", (int)length, piece);
    }
    if (count < 2)
        return error_set(error, ERROR_INPUT, "case.point", "a point is lon,lat");
    if (numbers[0] < -180 || numbers[0] > 180 || numbers[1] < -90 || numbers[1] > 90)
        return error_set(error, ERROR_INPUT, "point.invalid",
                         "longitude or latitude is out of range");
    geo_datum_unshift(point.datum, &numbers[0], &numbers[1]);
    point.lon_deg = numbers[0];
    point.lat_deg = numbers[1];
    point.accuracy_m = numbers[2];
    *ret_point = point;
    return 0;
}
