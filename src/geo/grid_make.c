// SPDX-License-Identifier: MPL-2.0
// Unit grids: arrangement, merging, cutting, a second arrangement with the cuts, numbering.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/partition.h>

#include "grid_internal.h"

static const double LARGE = 1.5; // of the wanted size: is cut
static const double LONE = 0.35; // of it: what lies alone joins the nearest cell

// ---- input ----
static int check_input(const struct grid_input *input, struct error *error)
{
    double sum = 0;
    if (!(input->size_m2 >= GRID_SIZE_LEAST_M2) || !(input->size_m2 <= GRID_SIZE_MOST_M2))
        return error_set(error, ERROR_INPUT, "grid.size",
                         "a cell of %.7g m2 is not between %.0f and %.0f", input->size_m2,
                         GRID_SIZE_LEAST_M2, GRID_SIZE_MOST_M2);
    if (!input->area_count)
        return error_set(error, ERROR_INPUT, "grid.area", "there is no area to cut");
    for (size_t i = 0; i < input->area_count; i++) {
        double m2 =
            input->area[i].polygon ? geo_polygon_area_m2(input->area[i].polygon) : 0;
        sum += m2;
        if (!(m2 >= 1))
            return error_set(
                error, ERROR_INPUT, "grid.area", "area %s has %s", input->area[i].code,
                input->area[i].polygon ? "less than a square metre" : "no polygon");
    }
    if (sum / input->size_m2 > GRID_CELLS_MOST)
        return error_set(error, ERROR_LIMIT, "grid.limit",
                         "%.0f km2 in cells of %.0f m2 make more than %d", sum / 1e6,
                         input->size_m2, GRID_CELLS_MOST);
    return 0;
}

static int node_areas(const struct grid_input *input, struct error *error)
{
    struct geo_polygon **polygon = memory_array(input->area_count + 1, sizeof(*polygon));
    if (!polygon)
        return grid_memory(error);
    for (size_t i = 0; i < input->area_count; i++)
        polygon[i] = input->area[i].polygon;
    int tolerance = (int)fmin(fmax(input->snap_m, 0) / 0.0111319490793 + 0.5, 1000);
    int code = geo_partition_node(polygon, input->area_count, tolerance, error);
    free(polygon);
    return code;
}

static struct geo_box bounds(const struct grid_input *input)
{
    struct geo_box all = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (size_t i = 0; i < input->area_count; i++) {
        struct geo_box box = geo_polygon_box(input->area[i].polygon);
        all.west = box.west < all.west ? box.west : all.west;
        all.south = box.south < all.south ? box.south : all.south;
        all.east = box.east > all.east ? box.east : all.east;
        all.north = box.north > all.north ? box.north : all.north;
    }
    return all;
}

static bool meets(const struct grid_along *along, const struct geo_box *box)
{
    struct geo_box own = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (size_t i = 0; i < along->count; i++) {
        own.west = along->point[i].x < own.west ? along->point[i].x : own.west;
        own.east = along->point[i].x > own.east ? along->point[i].x : own.east;
        own.south = along->point[i].y < own.south ? along->point[i].y : own.south;
        own.north = along->point[i].y > own.north ? along->point[i].y : own.north;
    }
    return own.west <= box->east && own.east >= box->west && own.south <= box->north &&
           own.north >= box->south;
}

static int gather_lines(const struct grid_input *input, struct grid_lines *lines,
                        struct error *error)
{
    struct geo_box box = bounds(input);
    int code = 0;
    for (size_t i = 0; i < input->area_count && code == 0; i++) {
        const struct geo_polygon *p = input->area[i].polygon;
        for (size_t r = 0; r < p->ring_count && code == 0; r++)
            code = grid_lines_add(lines, p->point + p->ring_start[r],
                                  p->ring_start[r + 1] - p->ring_start[r], true, error);
    }
    for (size_t i = 0; i < input->along_count && code == 0; i++)
        if (meets(&input->along[i], &box))
            code = grid_lines_add(lines, input->along[i].point, input->along[i].count,
                                  input->along[i].closed, error);
    return code;
}

// ---- cutting what is too large ----
static unsigned pieces_of(const struct grid_input *input, const struct grid_face *face)
{
    double share = face->m2 / input->size_m2;
    return share > LARGE ? (unsigned)fmax(round(share), 2) : 1;
}

static int cut_groups(const struct grid_input *input, const struct grid_map *map,
                      struct grid_borders *borders, struct grid_lines *lines,
                      size_t *ret_made, struct error *error)
{
    int code = 0;
    for (uint32_t i = 0; i < map->face_count && code == 0; i++) {
        const struct grid_face *face = &map->face[i];
        if (face->group != i || face->area == GRID_NONE || pieces_of(input, face) < 2)
            continue;
        struct geo_polygon *polygon = NULL;
        size_t made = 0;
        code = grid_trace(borders, i, &polygon, error);
        if (code == 0)
            code =
                grid_split(map->geos, polygon, pieces_of(input, face), lines, &made, error);
        *ret_made += made;
        geo_polygon_free(polygon);
    }
    return code;
}

// The borders between groups go into the second arrangement as they are.
static int keep_borders(const struct grid_map *map, struct grid_lines *lines,
                        struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < map->edge_count && code == 0; i++) {
        const struct grid_edge *e = &map->edge[i];
        uint32_t left = grid_group(map, e->left);
        uint32_t right = e->right == GRID_NONE ? GRID_NONE : grid_group(map, e->right);
        bool wanted = map->face[left].area != GRID_NONE ||
                      (right != GRID_NONE && map->face[right].area != GRID_NONE);
        struct geo_point ends[2] = {e->a, e->b};
        if (left != right && wanted)
            code = grid_lines_add(lines, ends, 2, false, error);
    }
    return code;
}

static int cut_large(const struct grid_input *input, struct grid_map *map,
                     struct grid_result *result, struct error *error)
{
    struct grid_lines lines = {.geos = map->geos};
    struct grid_borders borders = {0};
    struct grid_result again = {0};
    struct grid_map second = {.geos = map->geos};
    int code = grid_borders_make(map, &borders, error);
    if (code == 0)
        code = cut_groups(input, map, &borders, &lines, &result->cuts, error);
    if (code == 0 && result->cuts) {
        code = keep_borders(map, &lines, error);
        if (code == 0)
            code = grid_map_make(input, &lines, &second, &again, error);
        if (code == 0)
            code = grid_merge(input, &second, GRID_LAST, error);
        if (code == 0) {
            grid_map_done(map);
            *map = second;
        } else {
            grid_map_done(&second);
        }
    }
    grid_lines_done(&lines);
    grid_borders_done(&borders);
    return code;
}

// ---- pieces of an area that lie alone ----
static double distance_m(const struct grid_face *a, const struct grid_face *b)
{
    double x_m, y_m;
    grid_metres(a->at.y, &x_m, &y_m);
    return hypot(((double)a->at.x - b->at.x) * x_m, ((double)a->at.y - b->at.y) * y_m);
}

static void join_lone(const struct grid_input *input, struct grid_map *map)
{
    for (uint32_t i = 0; i < map->face_count; i++) {
        struct grid_face *face = &map->face[i];
        if (face->group != i || face->area == GRID_NONE ||
            face->m2 >= LONE * input->size_m2)
            continue;
        uint32_t nearest = GRID_NONE;
        double best = HUGE_VAL;
        for (uint32_t k = 0; k < map->face_count; k++) {
            const struct grid_face *other = &map->face[k];
            if (k == i || other->group != k || other->area != face->area ||
                other->m2 < face->m2 || distance_m(face, other) >= best)
                continue;
            best = distance_m(face, other);
            nearest = k;
        }
        if (nearest != GRID_NONE) {
            map->face[nearest].m2 += face->m2;
            face->group = nearest;
        }
    }
}

// ---- numbering ----
struct numbered {
    uint32_t area, group;
    int64_t row; // from the north
    struct geo_point middle;
};

static int compare_numbered(const void *left, const void *right)
{
    const struct numbered *x = left, *y = right;
    if (x->area != y->area)
        return x->area > y->area ? 1 : -1;
    if (x->row != y->row)
        return x->row > y->row ? 1 : -1;
    if (x->middle.x != y->middle.x)
        return x->middle.x > y->middle.x ? 1 : -1;
    if (x->middle.y != y->middle.y)
        return x->middle.y < y->middle.y ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

// Middle of the box around a polygon; its row counts in steps of a cell's side from the
// northern end of the area.
static void place_cell(const struct grid_input *input, const struct geo_polygon *polygon,
                       struct numbered *cell)
{
    struct geo_box box = geo_polygon_box(polygon);
    struct geo_box area = geo_polygon_box(input->area[cell->area].polygon);
    double x_m, y_m;
    cell->middle.x = (int32_t)(((int64_t)box.west + box.east) / 2);
    cell->middle.y = (int32_t)(((int64_t)box.south + box.north) / 2);
    grid_metres(area.north, &x_m, &y_m);
    cell->row =
        (int64_t)(((double)area.north - cell->middle.y) * y_m / sqrt(input->size_m2));
}

static int number_cells(const struct grid_input *input, const struct grid_map *map,
                        const struct numbered *order, size_t count,
                        struct geo_polygon **polygon, struct grid_result *result,
                        struct error *error)
{
    result->cell = memory_array(count + 1, sizeof(*result->cell));
    if (!result->cell)
        return grid_memory(error);
    unsigned serial = 0;
    for (size_t i = 0; i < count; i++) {
        serial = i > 0 && order[i - 1].area == order[i].area ? serial + 1 : 1;
        if (serial > input->serial_most) {
            size_t all = serial;
            for (size_t k = i + 1; k < count && order[k].area == order[i].area; k++)
                all++;
            return error_set(
                error, ERROR_LIMIT, "grid.serials",
                "area %s needs %zu cells, and codes end at %u: divide the area "
                "or take larger cells",
                input->area[order[i].area].code, all, input->serial_most);
        }
        result->cell[result->count++] = (struct grid_cell){
            order[i].area, serial, polygon[order[i].group], map->face[order[i].group].m2};
        polygon[order[i].group] = NULL;
    }
    return 0;
}

// An area that others cover would be lost without a word.
static int check_none_lost(const struct grid_input *input, const struct grid_result *result,
                           struct error *error)
{
    size_t i = 0;
    for (size_t a = 0; a < input->area_count; a++) {
        if (i >= result->count || result->cell[i].area != a)
            return error_set(error, ERROR_INPUT, "grid.area",
                             "area %s gets no cell: other areas cover it",
                             input->area[a].code);
        while (i < result->count && result->cell[i].area == a)
            i++;
    }
    return 0;
}

static int finish(const struct grid_input *input, const struct grid_map *map,
                  struct grid_result *result, struct error *error)
{
    struct grid_borders borders = {0};
    struct geo_polygon **polygon = memory_array(map->face_count + 1, sizeof(*polygon));
    struct numbered *order = memory_array(map->face_count + 1, sizeof(*order));
    size_t count = 0;
    int code =
        polygon && order ? grid_borders_make(map, &borders, error) : grid_memory(error);
    for (uint32_t i = 0; i < map->face_count && code == 0; i++) {
        if (map->face[i].group != i || map->face[i].area == GRID_NONE)
            continue;
        code = grid_trace(&borders, i, &polygon[i], error);
        if (code == 0) {
            order[count] = (struct numbered){.area = map->face[i].area, .group = i};
            place_cell(input, polygon[i], &order[count++]);
        }
    }
    if (code == 0 && count)
        qsort(order, count, sizeof(*order), compare_numbered);
    if (code == 0)
        code = number_cells(input, map, order, count, polygon, result, error);
    if (code == 0)
        code = check_none_lost(input, result, error);
    for (size_t i = 0; polygon && i < map->face_count; i++)
        geo_polygon_free(polygon[i]);
    free(polygon);
    free(order);
    grid_borders_done(&borders);
    return code;
}

static int make(const struct grid_input *input, GEOSContextHandle_t geos,
                struct grid_result *result, struct error *error)
{
    struct grid_lines lines = {.geos = geos};
    struct grid_map map = {.geos = geos};
    int code = gather_lines(input, &lines, error);
    if (code == 0)
        code = grid_map_make(input, &lines, &map, result, error);
    grid_lines_done(&lines);
    if (code == 0) {
        result->faces = map.face_count;
        code = grid_merge(input, &map, GRID_ROUGH, error);
    }
    if (code == 0)
        code = cut_large(input, &map, result, error);
    if (code == 0) {
        join_lone(input, &map);
        code = finish(input, &map, result, error);
    }
    grid_map_done(&map);
    return code;
}

int grid_make(const struct grid_input *input, struct grid_result *ret_result,
              struct error *error)
{
    struct grid_result result = {0};
    int code = check_input(input, error);
    if (code == 0)
        code = node_areas(input, error);
    GEOSContextHandle_t geos = code == 0 ? GEOS_init_r() : NULL;
    if (code == 0 && !geos)
        code = grid_memory(error);
    if (code == 0)
        code = make(input, geos, &result, error);
    if (geos)
        GEOS_finish_r(geos);
    if (code < 0)
        grid_result_done(&result);
    else
        *ret_result = result;
    return code;
}

void grid_result_done(struct grid_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        geo_polygon_free(result->cell[i].polygon);
    free(result->cell);
    *result = (struct grid_result){0};
}
