// SPDX-License-Identifier: MPL-2.0
// Where it was: the map of unit grids (of the lowest areas in a city that counts by none),
// and the worst spots with what was seen there.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/city/geometry.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/document/paper.h>
#include <gridcase/media/media.h>

#include "report_internal.h"

enum { LOOK_AT_CASES = 12, PHOTO_MOST = 700 * 1000, RINGS_MOST = 4096, SHADES_FROM = 1 };

struct place_count {
    int64_t id;
    double value;
};
struct place_counts { // by rising id
    size_t count;
    struct place_count *items;
};
struct places {
    struct report_asked asked;
    struct place_counts now, before;
    const char *by;              // "grid", "area:ward"
    int level;                   // of areas; -1: unit grids
    double bounds[PAPER_SHADES]; // least number of cases of each shade
    size_t shades;
};

static int out_of_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
}

// ---- counts ----

static int lowest_level(const struct city_snapshot *city)
{
    int level = -1;
    for (size_t i = 0; i < city_levels(city); i++) {
        level = city_level(city, i)->kind == CITY_NESTING ? (int)i : level;
    }
    return level;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const struct place_count *)a)->id;
    int64_t y = ((const struct place_count *)b)->id;
    return x < y ? -1 : x > y;
}

static int index_counts(struct report_job *job, const struct report_asked *asked,
                        struct place_counts *counts, struct error *error)
{
    counts->items =
        arena_array(job->arena, asked->answer.row_count + 1, sizeof(*counts->items));
    if (!counts->items) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < asked->answer.row_count; i++) {
        const struct figure_row *row = &asked->answer.rows[i];
        counts->items[counts->count++] =
            (struct place_count){row->keys[0].id, row->values[0]};
    }
    qsort(counts->items, counts->count, sizeof(*counts->items), by_id);
    return 0;
}

static double count_at(const struct place_counts *counts, int64_t id)
{
    struct place_count key = {id, 0};
    const struct place_count *found =
        counts->count ? bsearch(&key, counts->items, counts->count, sizeof(key), by_id)
                      : NULL;
    return found ? found->value : 0;
}

static int ask_places(struct report_job *job, struct places *places, struct error *error)
{
    const struct report_period *period = &job->report->period;
    struct error ignored = {0};
    struct report_asked before;
    struct report_ask ask = {.measures = "opened",
                             .by = "grid",
                             .from_day = period->from_day,
                             .to_day = period->to_day};
    places->level = -1;
    int code = report_ask(job, &ask, &places->asked, &ignored);
    if (code) {
        places->level = lowest_level(job->from->city);
        const char *level = places->level < 0
                                ? ""
                                : city_level(job->from->city, (size_t)places->level)->code;
        ask.by = arena_format(job->arena, "area:%s", level);
        code = report_ask(job, &ask, &places->asked, error);
    }
    places->by = ask.by;
    ask.from_day = period->before_from;
    ask.to_day = period->before_to;
    if (!code) {
        code = report_ask(job, &ask, &before, error);
    }
    if (!code) {
        code = index_counts(job, &places->asked, &places->now, error);
    }
    return code ? code : index_counts(job, &before, &places->before, error);
}

// ---- shades ----

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Five shades: few places have most of the cases, and the darkest are those.
static int set_bounds(struct report_job *job, struct places *places, struct error *error)
{
    static const double parts[PAPER_SHADES] = {0, 0.35, 0.65, 0.85, 0.95};
    size_t count = 0;
    double *values =
        arena_array(job->arena, places->asked.answer.row_count + 1, sizeof(*values));
    if (!values) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < places->asked.answer.row_count; i++) {
        double value = places->asked.answer.rows[i].values[0];
        if (places->asked.answer.rows[i].keys[0].id != 0 && value > 0) {
            values[count++] = value;
        }
    }
    qsort(values, count, sizeof(*values), ascending);
    for (size_t i = 0; i < PAPER_SHADES && count > 0; i++) {
        double bound = i == 0 ? SHADES_FROM : values[(size_t)((double)count * parts[i])];
        if (places->shades == 0 || bound > places->bounds[places->shades - 1]) {
            places->bounds[places->shades++] = bound;
        }
    }
    return 0;
}

static int shade_of(const struct places *places, double value)
{
    int shade = -1;
    for (size_t i = 0; i < places->shades; i++) {
        shade = value >= places->bounds[i] ? (int)i : shade;
    }
    return shade;
}

static void set_legend(struct report_job *job, const struct places *places,
                       struct paper_map *map)
{
    map->none = REPORT_TEXT(job->report, "none", "无案件");
    for (size_t i = 0; i < places->shades; i++) {
        bool last = i + 1 == places->shades;
        double to = last ? 0 : places->bounds[i + 1] - 1;
        map->legend[i] = last ? arena_format(job->arena, "≥ %.0f", places->bounds[i])
                         : to > places->bounds[i]
                             ? arena_format(job->arena, "%.0f–%.0f", places->bounds[i], to)
                             : arena_format(job->arena, "%.0f", places->bounds[i]);
    }
}

// ---- shapes ----

static bool read_ring(struct arena *arena, const struct json *from, struct paper_ring *ring)
{
    size_t count = json_array_length(from);
    double *out = arena_array(arena, count * 2 + 1, sizeof(*out));
    for (size_t i = 0; out && i < count; i++) {
        const struct json *point = json_array_item(from, i);
        if (!json_as_double(json_array_item(point, 0), &out[2 * i]) ||
            !json_as_double(json_array_item(point, 1), &out[2 * i + 1])) {
            return false;
        }
    }
    *ring = (struct paper_ring){count, out};
    return out != NULL;
}

static size_t count_rings(const struct json *polygons, bool several)
{
    size_t count = 0;
    for (size_t i = 0; several && i < json_array_length(polygons); i++) {
        count += json_array_length(json_array_item(polygons, i));
    }
    return several ? count : json_array_length(polygons);
}

static bool read_shape(struct arena *arena, const struct json *geometry,
                       struct paper_shape *shape)
{
    struct error ignored = {0};
    const struct json *coordinates = NULL;
    const char *type = "";
    if (json_get_text(geometry, "type", JSON_REQUIRED, 40, &type, &ignored) ||
        json_get_array(geometry, "coordinates", JSON_REQUIRED, &coordinates, &ignored)) {
        return false;
    }
    bool several = strcmp(type, "MultiPolygon") == 0;
    size_t count = count_rings(coordinates, several);
    struct paper_ring *rings = arena_array(arena, count + 1, sizeof(*rings));
    if (!rings || count > RINGS_MOST || (!several && strcmp(type, "Polygon") != 0)) {
        return false;
    }
    size_t polygons = several ? json_array_length(coordinates) : 1;
    for (size_t i = 0; i < polygons; i++) {
        const struct json *polygon =
            several ? json_array_item(coordinates, i) : coordinates;
        for (size_t k = 0; k < json_array_length(polygon); k++) {
            if (!read_ring(arena, json_array_item(polygon, k), &rings[shape->ring_count])) {
                return false;
            }
            shape->ring_count++;
        }
    }
    shape->rings = rings;
    return true;
}

// Every feature of a collection; counted: shaded by what stands under its id.
static int read_shapes(struct report_job *job, const struct buffer *text,
                       const struct places *counted, struct paper_shape **ret_shapes,
                       size_t *ret_count, struct error *error)
{
    JSON_CLEANUP struct json *document = NULL;
    const struct json *features = NULL;
    int code = json_parse(text->data, text->length, &document, error);
    if (!code) {
        code = json_get_array(document, "features", JSON_REQUIRED, &features, error);
    }
    size_t count = code ? 0 : json_array_length(features);
    struct paper_shape *shapes = arena_array(job->arena, count + 1, sizeof(*shapes));
    if (!code && !shapes) {
        code = out_of_memory(error);
    }
    for (size_t i = 0; i < count && !code; i++) {
        const struct json *feature = json_array_item(features, i);
        const struct json *geometry = NULL;
        struct error ignored = {0};
        int64_t id = 0;
        if (json_get_int(feature, "id", JSON_REQUIRED, 0, INT64_MAX, &id, &ignored) ||
            json_get_object(feature, "geometry", JSON_OPTIONAL, &geometry, &ignored) ||
            !geometry || !read_shape(job->arena, geometry, &shapes[*ret_count])) {
            continue; // a place without a shape stays off the map
        }
        shapes[*ret_count].shade =
            counted ? shade_of(counted, count_at(&counted->now, id)) : -1;
        ++*ret_count;
    }
    *ret_shapes = shapes;
    return code;
}

static int read_areas(struct report_job *job, size_t level, const struct places *counted,
                      struct paper_shape **ret_shapes, size_t *ret_count,
                      struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_FILE);
    int code = city_areas_geojson(job->from->city_db, job->from->city, level,
                                  job->report->language, &text, error);
    return code ? code : read_shapes(job, &text, counted, ret_shapes, ret_count, error);
}

static int read_grids(struct report_job *job, const struct places *counted,
                      struct paper_shape **ret_shapes, size_t *ret_count,
                      struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    double wsen[4];
    city_bbox(job->from->city, wsen);
    struct city_bbox box = {wsen[0], wsen[1], wsen[2], wsen[3]};
    buffer_init(&text, BUFFER_CEILING_FILE);
    int code = city_grids_geojson(job->from->city_db, job->from->city, &box,
                                  CITY_FEATURES_MOST, &text, error);
    return code ? code : read_shapes(job, &text, counted, ret_shapes, ret_count, error);
}

static int make_map(struct report_job *job, struct places *places, struct error *error)
{
    struct paper_map *map = arena_alloc(job->arena, sizeof(*map));
    struct paper_shape *shapes = NULL;
    struct paper_shape *outlines = NULL;
    double *marks = arena_array(job->arena, 2 * REPORT_SPOTS, sizeof(*marks));
    if (!map || !marks) {
        return out_of_memory(error);
    }
    int code = set_bounds(job, places, error);
    if (!code && places->level < 0) {
        code = read_grids(job, places, &shapes, &map->shape_count, error);
    } else if (!code) {
        code = read_areas(job, (size_t)places->level, places, &shapes, &map->shape_count,
                          error);
    }
    if (!code && city_levels(job->from->city) > 0 && places->level != 0) {
        code = read_areas(job, 0, NULL, &outlines, &map->outline_count, error);
    }
    if (code) {
        return code;
    }
    for (size_t i = 0; i < job->report->spot_count; i++) {
        marks[2 * i] = job->report->spots[i].lon_deg;
        marks[2 * i + 1] = job->report->spots[i].lat_deg;
    }
    map->shapes = shapes;
    map->outlines = outlines;
    map->mark_count = job->report->spot_count;
    map->marks = marks;
    set_legend(job, places, map);
    job->report->map = map->shape_count > 0 ? map : NULL;
    job->report->map_of =
        places->level < 0
            ? REPORT_TEXT(job->report, "Cases by unit grid", "单元网格案件分布")
            : REPORT_TEXT(job->report, "Cases by area", "区域案件分布");
    return 0;
}

// ---- spots ----

static void take_photo(struct report_job *job, const struct case_detail *detail,
                       struct report_spot *spot)
{
    struct error ignored = {0};
    for (size_t i = 0; i < detail->media_count && spot->photo.length == 0; i++) {
        struct media_file file;
        struct file_map map = {0};
        if (!detail->media[i].received ||
            media_file_find(job->from->cases, detail->media[i].sha256, &file, &ignored) ||
            media_type_class(file.type) != MEDIA_PHOTO) {
            continue;
        }
        for (int kind = MEDIA_RENDITION; kind <= MEDIA_THUMBNAIL; kind++) {
            if (spot->photo.length == 0 &&
                media_map(job->from->media, &file, (enum media_kind)kind, &map, &ignored) ==
                    0) {
                if (map.length <= PHOTO_MOST) {
                    buffer_append(&spot->photo, map.data, map.length);
                }
                file_map_close(&map);
            }
        }
    }
}

// The newest cases there: the place in words, a photo, a number to look it up by.
static int look_at(struct report_job *job, const struct figure_list *list,
                   struct report_spot *spot, struct error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        struct case_detail detail;
        int code =
            case_read_by_id(job->from->cases, job->from->city, job->from->actor,
                            list->case_ids[i], job->now_ms, job->arena, &detail, error);
        if (code == ERROR_NOT_FOUND) { // counted, but not to be seen by this reader
            error_clear(error);
            continue;
        }
        if (code) {
            return code;
        }
        if (!spot->case_number) {
            spot->case_number = arena_text(job->arena, detail.summary.number);
        }
        if (!spot->place && detail.summary.place && detail.summary.place[0]) {
            spot->place = arena_text(job->arena, detail.summary.place);
        }
        if (job->from->media && spot->photo.length == 0) {
            take_photo(job, &detail, spot);
        }
        if (spot->place && (spot->photo.length > 0 || !job->from->media)) {
            break;
        }
    }
    return 0;
}

static void locate_spot(const struct report_job *job, const struct places *places,
                        int64_t id, struct report_spot *spot)
{
    const struct city_grid *grid =
        places->level < 0 ? city_grid_by_id(job->from->city, id) : NULL;
    const struct city_area *area =
        places->level < 0 ? NULL : city_area_by_id(job->from->city, id);
    spot->lon_deg = grid ? grid->lon_deg : area ? area->lon_deg : (double)NAN;
    spot->lat_deg = grid ? grid->lat_deg : area ? area->lat_deg : (double)NAN;
}

static int commonest_class(struct report_job *job, const struct report_ask *at,
                           struct report_spot *spot, struct error *error)
{
    struct report_asked asked;
    struct report_ask ask = *at;
    double most = 0;
    ask.by = "class";
    int code = report_ask(job, &ask, &asked, error);
    for (size_t i = 0; !code && i < asked.answer.row_count; i++) {
        const struct figure_row *row = &asked.answer.rows[i];
        if (row->values[0] > most) {
            most = row->values[0];
            spot->class_name = report_key_name(job, &asked.query.by[0], &row->keys[0]);
        }
    }
    return code;
}

static int make_spot(struct report_job *job, const struct places *places,
                     const struct figure_row *row, struct error *error)
{
    const struct figure_key *key = &row->keys[0];
    struct report_spot *spot = &job->report->spots[job->report->spot_count++];
    struct figure_list list;
    struct report_ask ask = {.measures = "opened",
                             .from_day = job->report->period.from_day,
                             .to_day = job->report->period.to_day,
                             .filter = key->filter,
                             .value = key->value};
    *spot = (struct report_spot){.code = key->code,
                                 .cases = row->values[0],
                                 .before = count_at(&places->before, key->id)};
    buffer_init(&spot->photo, PHOTO_MOST);
    locate_spot(job, places, key->id, spot);
    int code = commonest_class(job, &ask, spot, error);
    if (!code) {
        code = report_ask_cases(job, &ask, LOOK_AT_CASES, &list, error);
    }
    if (!code) {
        code = look_at(job, &list, spot, error);
    }
    if (!spot->place) {
        spot->place = places->level < 0
                          ? spot->code
                          : report_key_name(job, &places->asked.query.by[0], key);
    }
    return code;
}

static int make_spots(struct report_job *job, struct places *places, struct error *error)
{
    const struct figure_answer *answer = &places->asked.answer;
    const struct figure_row *taken[REPORT_SPOTS] = {NULL};
    int code = 0;
    for (size_t n = 0; n < REPORT_SPOTS && !code; n++) {
        const struct figure_row *worst = NULL;
        for (size_t i = 0; i < answer->row_count; i++) {
            const struct figure_row *row = &answer->rows[i];
            bool used = row->keys[0].id == 0 || !(row->values[0] >= 2);
            for (size_t k = 0; k < n && !used; k++) {
                used = taken[k] == row;
            }
            if (!used && (!worst || row->values[0] > worst->values[0])) {
                worst = row;
            }
        }
        if (!worst) {
            break;
        }
        taken[n] = worst;
        code = make_spot(job, places, worst, error);
    }
    return code;
}

int report_places_make(struct report_job *job, struct error *error)
{
    struct places places = {0};
    if (city_levels(job->from->city) == 0) {
        return 0;
    }
    int code = ask_places(job, &places, error);
    if (!code) {
        code = make_spots(job, &places, error);
    }
    return code ? code : make_map(job, &places, error);
}
