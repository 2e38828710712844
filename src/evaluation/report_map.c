// SPDX-License-Identifier: MPL-2.0
// The map of a report: shapes of unit grids, or of the lowest areas, as they are now,
// shaded by the report's cells.
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/geometry.h>
#include <gridcase/core/json.h>
#include <gridcase/document/paper.h>

#include "report_internal.h"

enum { RINGS_MOST = 4096, SHADES_FROM = 1 };

struct shading {
    double bounds[PAPER_SHADES]; // least number of cases of each shade
    size_t count;
};

static int out_of_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const struct report_cell *)a)->id;
    int64_t y = ((const struct report_cell *)b)->id;
    return x < y ? -1 : x > y;
}

static double cases_of(const struct report *report, int64_t id)
{
    struct report_cell key = {id, 0};
    const struct report_cell *found =
        report->cell_count
            ? bsearch(&key, report->cells, report->cell_count, sizeof(key), by_id)
            : NULL;
    return found ? found->cases : 0;
}

// ---- shades ----

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Five shades: few places have most of the cases, and the darkest are those.
static int set_bounds(struct report_job *job, struct shading *shading, struct error *error)
{
    const struct report *report = job->report;
    static const double parts[PAPER_SHADES] = {0, 0.35, 0.65, 0.85, 0.95};
    size_t count = 0;
    double *values = arena_array(job->arena, report->cell_count + 1, sizeof(*values));
    if (!values) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < report->cell_count; i++) {
        if (report->cells[i].id != 0 && report->cells[i].cases > 0) {
            values[count++] = report->cells[i].cases;
        }
    }
    qsort(values, count, sizeof(*values), ascending);
    for (size_t i = 0; i < PAPER_SHADES && count > 0; i++) {
        double bound = i == 0 ? SHADES_FROM : values[(size_t)((double)count * parts[i])];
        if (shading->count == 0 || bound > shading->bounds[shading->count - 1]) {
            shading->bounds[shading->count++] = bound;
        }
    }
    return 0;
}

static int shade_of(const struct shading *shading, double value)
{
    int shade = -1;
    for (size_t i = 0; i < shading->count; i++) {
        shade = value >= shading->bounds[i] ? (int)i : shade;
    }
    return shade;
}

static void set_legend(struct report_job *job, const struct shading *shading,
                       struct paper_map *map)
{
    map->none = REPORT_TEXT(job->report, "none", "无案件");
    for (size_t i = 0; i < shading->count; i++) {
        bool last = i + 1 == shading->count;
        double to = last ? 0 : shading->bounds[i + 1] - 1;
        map->legend[i] = last ? arena_format(job->arena, "≥ %.0f", shading->bounds[i])
                         : to > shading->bounds[i]
                             ? arena_format(job->arena, "%.0f–%.0f", shading->bounds[i], to)
                             : arena_format(job->arena, "%.0f", shading->bounds[i]);
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
                       const struct shading *counted, struct paper_shape **ret_shapes,
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
            counted ? shade_of(counted, cases_of(job->report, id)) : -1;
        ++*ret_count;
    }
    *ret_shapes = shapes;
    return code;
}

static int read_areas(struct report_job *job, size_t level, const struct shading *counted,
                      struct paper_shape **ret_shapes, size_t *ret_count,
                      struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_FILE);
    int code = city_areas_geojson(job->from->city_db, job->from->city, level,
                                  job->report->language, &text, error);
    return code ? code : read_shapes(job, &text, counted, ret_shapes, ret_count, error);
}

static int read_grids(struct report_job *job, const struct shading *counted,
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

static int read_map(struct report_job *job, struct paper_map *map,
                    struct paper_shape **ret_shapes, struct error *error)
{
    const struct report *report = job->report;
    struct shading shading = {0};
    struct paper_shape *outlines = NULL;
    bool grids = report->map_level < 0;
    int code = set_bounds(job, &shading, error);
    if (!code && grids) {
        code = read_grids(job, &shading, ret_shapes, &map->shape_count, error);
    } else if (!code && (size_t)report->map_level < city_levels(job->from->city)) {
        code = read_areas(job, (size_t)report->map_level, &shading, ret_shapes,
                          &map->shape_count, error);
    }
    if (!code && city_levels(job->from->city) > 0 && report->map_level != 0) {
        code = read_areas(job, 0, NULL, &outlines, &map->outline_count, error);
    }
    map->outlines = outlines;
    set_legend(job, &shading, map);
    return code;
}

int report_map_make(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    struct paper_map *map = arena_alloc(job->arena, sizeof(*map));
    struct paper_shape *shapes = NULL;
    double *marks = arena_array(job->arena, 2 * REPORT_SPOTS, sizeof(*marks));
    if (!job->from->city_db || city_levels(job->from->city) == 0) {
        return 0;
    }
    if (!map || !marks) {
        return out_of_memory(error);
    }
    int code = read_map(job, map, &shapes, error);
    if (code) {
        return code;
    }
    for (size_t i = 0; i < report->spot_count; i++) {
        marks[2 * i] = report->spots[i].lon_deg;
        marks[2 * i + 1] = report->spots[i].lat_deg;
    }
    map->shapes = shapes;
    map->mark_count = report->spot_count;
    map->marks = marks;
    report->map = map->shape_count > 0 ? map : NULL;
    report->map_of = report->map_level < 0
                         ? REPORT_TEXT(report, "Cases by unit grid", "单元网格案件分布")
                         : REPORT_TEXT(report, "Cases by area", "区域案件分布");
    return 0;
}
