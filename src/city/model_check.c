// SPDX-License-Identifier: MPL-2.0
// Checks of a model's geometry: borders, gaps, overlaps, nesting, points in grids.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/partition.h>

#include "model_internal.h"

// Shares below this part of a grid are what survey differences along a border make.
static const double LEAST_SHARE = 1e-9;

struct layer_check {
    struct city_model *model;
    struct model_layer *layer;
    struct model_layer *boundary; // what has to be covered, or NULL
    double gap_m2, overlap_m2;    // up to these a warning
    struct geo_polygon **polygon; // of the layer's areas, in order
};

static void on_flaw(void *context, const struct geo_flaw *flaw)
{
    struct layer_check *check = context;
    struct city_model *model = check->model;
    const struct model_area *first = &model->area[check->layer->first + flaw->first];
    const struct model_area *second = &model->area[check->layer->first + flaw->second];
    struct model_where where = {check->layer->file, check->layer->section, first->row};
    double lon = flaw->at.x / GEO_LATTICE_PER_DEG;
    double lat = flaw->at.y / GEO_LATTICE_PER_DEG;
    if (flaw->kind == GEO_OVERLAP) {
        model_report(model, flaw->area_m2 > check->overlap_m2 ? CITY_ERROR : CITY_WARNING,
                     "area.overlap", &where,
                     "%s overlaps %s (row %lld) by %.2f m2 at %.7f,%.7f", first->code,
                     second->code, (long long)second->row, flaw->area_m2, lon, lat);
        return;
    }
    const struct model_layer *boundary = check->boundary;
    for (size_t i = 0; boundary && i < boundary->count; i++)
        if (geo_polygon_holds(model->area[boundary->first + i].polygon, flaw->at))
            boundary = NULL;
    bool outside = check->boundary && boundary; // a hole of the city itself: water
    enum city_severity severity = outside                         ? CITY_NOTE
                                  : flaw->area_m2 > check->gap_m2 ? CITY_ERROR
                                                                  : CITY_WARNING;
    model_report(model, severity, outside ? "area.hole" : "area.gap", &where,
                 "%s of %.2f m2 beside %s at %.7f,%.7f",
                 outside ? "hole outside the boundary" : "gap", flaw->area_m2, first->code,
                 lon, lat);
}

static void check_partition(struct city_model *model, struct model_layer *layer)
{
    struct layer_check check = {.model = model, .layer = layer};
    struct model_where where = {layer->file, layer->section, -1};
    struct error error = {0};
    bool tiles = layer->family == MODEL_GRIDS || layer->family == MODEL_LEVEL;
    double snap_m = model_number(model, layer->section, "snap_m", 0.03);
    int tolerance = (int)fmin(snap_m / 0.0111319490793 + 0.5, 1000);
    check.gap_m2 = model_number(model, layer->section, "gap_m2", 0);
    check.overlap_m2 = model_number(model, layer->section, "overlap_m2", 0);
    check.boundary = model_layer_of(model, MODEL_BOUNDARY, NULL);
    check.polygon = calloc(layer->count + 1, sizeof(*check.polygon));
    if (!check.polygon)
        return;
    for (size_t i = 0; i < layer->count; i++)
        check.polygon[i] = model->area[layer->first + i].polygon;
    int code = geo_partition_node(check.polygon, layer->count, tolerance, &error);
    for (size_t i = 0; i < layer->count; i++) {
        struct model_area *area = &model->area[layer->first + i];
        area->inside = geo_polygon_inside(area->polygon);
        area->area_m2 = geo_polygon_area_m2(area->polygon);
        where.row = area->row;
        if (!(area->area_m2 > 0))
            model_report(model, CITY_ERROR, "geometry.unusable", &where,
                         "%s has no area left", area->code);
    }
    where.row = -1;
    if (code == 0 && tiles)
        code = geo_partition_flaws(check.polygon, layer->count, on_flaw, &check, &error);
    if (code < 0)
        model_report(model, CITY_ERROR, error.slug, &where, "%s", error.message);
    free(check.polygon);
}

// ---- nesting ----
// Nearest area of the level to a grid that touches none; by the grid's inside point and the
// areas' vertices, which is near enough for "within some hundred metres".
static size_t nearest_area(const struct city_model *model, const struct model_layer *level,
                           struct geo_point from, double *ret_m)
{
    double scale = cos(from.y / GEO_LATTICE_PER_DEG * M_PI / 180);
    double best = HUGE_VAL;
    size_t found = SIZE_MAX;
    for (size_t i = level->first; i < level->first + level->count; i++)
        for (size_t p = 0; p < model->area[i].polygon->point_count; p++) {
            struct geo_point v = model->area[i].polygon->point[p];
            double d = hypot(((double)v.x - from.x) * scale, (double)v.y - from.y);
            if (d < best) {
                best = d;
                found = i;
            }
        }
    *ret_m = best * 0.0111319490793;
    return found;
}

static void place_outside(struct city_model *model, struct model_area *grid,
                          const struct model_layer *level, size_t position)
{
    struct model_where where = {grid->layer->file, grid->layer->section, grid->row};
    double limit_m = model_number(model, level->section, "nesting_outside_m", 0);
    double distance_m = 0;
    size_t nearest = nearest_area(model, level, grid->inside, &distance_m);
    if (nearest == SIZE_MAX || distance_m > limit_m) {
        model_report(model, CITY_ERROR, "grid.nowhere", &where,
                     "%s lies in no area of level %s (the nearest is %.0f m away)",
                     grid->code, level->code, distance_m);
        return;
    }
    grid->chain[position] = nearest;
    grid->share[position] = 1;
    model_report(model, CITY_WARNING, "grid.nowhere", &where,
                 "%s lies in no area of level %s: assigned to the nearest, %s, %.0f m away",
                 grid->code, level->code, model->area[nearest].code, distance_m);
}

static void report_straddler(struct city_model *model, const struct model_area *grid,
                             const struct model_layer *level, const struct geo_share *first,
                             const struct geo_share *second)
{
    struct model_where where = {grid->layer->file, grid->layer->section, grid->row};
    double least = model_number(model, level->section, "nesting_share", 0);
    const char *code = model->area[level->first + first->whole].code;
    bool nesting = level->kind == CITY_NESTING;
    enum city_severity severity = !nesting               ? CITY_NOTE
                                  : first->share < least ? CITY_ERROR
                                                         : CITY_WARNING;
    model_report(model, severity, nesting ? "grid.straddles" : "grid.straddles_overlay",
                 &where, "%s straddles the border of %s %s: %.1f %% in it%s%s%s",
                 grid->code, level->code, code, first->share * 100,
                 second ? ", also in " : ", rest outside",
                 second ? model->area[level->first + second->whole].code : "",
                 nesting ? "; assigned by largest share" : "; a point decides");
}

static int check_level(struct city_model *model, const struct model_layer *level,
                       size_t position, const struct model_layer *grids,
                       struct error *error)
{
    struct geo_polygon **parts = calloc(grids->count + 1, sizeof(*parts));
    struct geo_polygon **wholes = calloc(level->count + 1, sizeof(*wholes));
    struct geo_share *shares = NULL;
    size_t count = 0;
    if (!parts || !wholes) {
        free(parts);
        free(wholes);
        return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    }
    double straddle = model_number(model, level->section, "straddle_share", 0.99);
    for (size_t i = 0; i < grids->count; i++)
        parts[i] = model->area[grids->first + i].polygon;
    for (size_t i = 0; i < level->count; i++)
        wholes[i] = model->area[level->first + i].polygon;
    int code = geo_partition_shares(parts, grids->count, wholes, level->count, LEAST_SHARE,
                                    &shares, &count, error);
    size_t at = 0;
    for (size_t i = 0; code == 0 && i < grids->count; i++) {
        struct model_area *grid = &model->area[grids->first + i];
        grid->chain[position] = SIZE_MAX;
        if (at < count && shares[at].part == i) {
            bool more = at + 1 < count && shares[at + 1].part == i;
            grid->chain[position] = level->first + shares[at].whole;
            grid->share[position] = (float)shares[at].share;
            if (shares[at].share < straddle)
                report_straddler(model, grid, level, &shares[at],
                                 more ? &shares[at + 1] : NULL);
        } else if (level->kind == CITY_NESTING) {
            place_outside(model, grid, level, position);
        }
        while (at < count && shares[at].part == i)
            at++;
    }
    free(parts);
    free(wholes);
    free(shares);
    return code;
}

// A grid without a class of its own has that of the lowest nesting area that has one.
static void inherit_class(struct city_model *model, const struct model_layer *grids)
{
    for (size_t i = grids->first; i < grids->first + grids->count; i++) {
        struct model_area *grid = &model->area[i];
        for (size_t position = model->level_count; position-- > 0;) {
            size_t above = grid->chain[position];
            if (!grid->area_class[0] && above != SIZE_MAX &&
                grid->layer != &model->layer[position] &&
                model->layer[position].kind == CITY_NESTING)
                grid->area_class = model->area[above].area_class;
        }
    }
}

// ---- points ----
static void check_points(struct city_model *model, struct model_layer *layer)
{
    struct model_where where = {layer->file, layer->section, -1};
    double most = model_number(model, layer->section, "points_outside_share", 0);
    size_t outside = 0;
    for (size_t i = layer->first; i < layer->first + layer->count; i++) {
        struct model_component *c = &model->component[i];
        int64_t id = model->grids ? locator_find(model->grids, c->point) : 0;
        if (id > 0)
            c->grid_code = model->area[id - 1].code;
        else
            outside++;
    }
    bool too_many = (double)outside > most * (double)layer->count;
    for (size_t i = layer->first; i < layer->first + layer->count; i++) {
        const struct model_component *c = &model->component[i];
        where.row = c->row;
        if (!c->grid_code[0])
            model_report(model, too_many ? CITY_ERROR : CITY_WARNING, "point.no_grid",
                         &where, "%s at %.7f,%.7f lies in no unit grid", c->code,
                         c->point.x / GEO_LATTICE_PER_DEG,
                         c->point.y / GEO_LATTICE_PER_DEG);
    }
    where.row = -1;
    if (outside)
        model_report(model, CITY_NOTE, "point.summary", &where,
                     "%zu of %zu points lie in unit grids", layer->count - outside,
                     layer->count);
}

void model_check_layers(struct city_model *model)
{
    struct model_layer *grids = model_layer_of(model, MODEL_GRIDS, NULL);
    struct error error = {0};
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layer[i].family == MODEL_LEVEL ||
            model->layer[i].family == MODEL_GRIDS ||
            model->layer[i].family == MODEL_COVERAGE)
            check_partition(model, &model->layer[i]);
    for (size_t i = 0; grids && i < grids->count; i++)
        for (size_t p = 0; p < CITY_LEVEL_LIMIT; p++)
            model->area[grids->first + i].chain[p] = SIZE_MAX;
    for (size_t position = 0; grids && position < model->level_count; position++) {
        struct model_layer *level = &model->layer[position];
        struct model_where where = {level->file, level->section, -1};
        if (level->count && check_level(model, level, position, grids, &error) < 0)
            model_report(model, CITY_ERROR, error.slug, &where, "%s", error.message);
    }
    if (grids && grids->count) {
        inherit_class(model, grids);
        model->grids = model_locator(model, grids);
    }
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layer[i].family == MODEL_COMPONENTS)
            check_points(model, &model->layer[i]);
}
