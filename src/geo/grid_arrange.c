// SPDX-License-Identifier: MPL-2.0
// From lines to faces: noding by snap rounding, faces, whose area they lie in, and the
// edges between them.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "grid_internal.h"

// A face thinner than this is what rounding or two drawings of one border leave.
static const double SLIVER_M = 0.03;
enum { NEAR_STEPS = 3 };

int grid_failed(struct error *error, const char *what)
{
    return error_set(error, ERROR_GEO, "grid.failed", "unit grids: %s failed", what);
}

int grid_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
}

void grid_metres(int32_t y, double *ret_x_m, double *ret_y_m)
{
    static const double axis_m = 6378137.0, flattening = 1 / 298.257223563;
    double step = M_PI / 180 / GEO_LATTICE_PER_DEG;
    double square = flattening * (2 - flattening);
    double sine = sin(y * step), cosine = cos(y * step);
    double bend = 1 - square * sine * sine;
    *ret_x_m = axis_m / sqrt(bend) * fmax(cosine, 1e-6) * step;
    *ret_y_m = axis_m * (1 - square) / (bend * sqrt(bend)) * step;
}

// ---- lines ----
int grid_lines_add(struct grid_lines *lines, const struct geo_point *point, size_t count,
                   bool closed, struct error *error)
{
    if (count < 2)
        return 0;
    lines->points += count;
    if (lines->points > GRID_POINTS_MOST)
        return error_set(error, ERROR_LIMIT, "grid.limit",
                         "the lines have more than %d points", GRID_POINTS_MOST);
    if (lines->count == lines->capacity) {
        size_t capacity = lines->capacity * 2 + 256;
        GEOSGeometry **bigger = realloc(lines->line, capacity * sizeof(GEOSGeometry *));
        if (!bigger)
            return grid_memory(error);
        lines->line = bigger;
        lines->capacity = capacity;
    }
    size_t total = count + (closed ? 1 : 0);
    GEOSCoordSequence *points = GEOSCoordSeq_create_r(lines->geos, (unsigned)total, 2);
    for (size_t i = 0; points && i < total; i++) {
        struct geo_point p = point[i < count ? i : 0];
        GEOSCoordSeq_setXY_r(lines->geos, points, (unsigned)i, p.x, p.y);
    }
    GEOSGeometry *line = points ? GEOSGeom_createLineString_r(lines->geos, points) : NULL;
    if (!line)
        return grid_memory(error);
    lines->line[lines->count++] = line;
    return 0;
}

void grid_lines_done(struct grid_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        GEOSGeom_destroy_r(lines->geos, lines->line[i]);
    free(lines->line);
    *lines = (struct grid_lines){.geos = lines->geos};
}

// Every vertex of the noded lines is a point of the lattice, lines meet only there.
static GEOSGeometry *polygonise(struct grid_lines *lines)
{
    GEOSContextHandle_t geos = lines->geos;
    GEOSGeometry *all = GEOSGeom_createCollection_r(geos, GEOS_MULTILINESTRING, lines->line,
                                                    (unsigned)lines->count);
    if (all)
        lines->count = 0; // they are the collection's now
    GEOSGeometry *noded = all ? GEOSUnaryUnionPrec_r(geos, all, 1.0) : NULL;
    if (all)
        GEOSGeom_destroy_r(geos, all);
    const GEOSGeometry *input[] = {noded};
    GEOSGeometry *faces = noded ? GEOSPolygonize_r(geos, input, 1) : NULL;
    if (noded)
        GEOSGeom_destroy_r(geos, noded);
    return faces;
}

// ---- faces ----
struct ring_view {
    const GEOSCoordSequence *points;
    unsigned count; // the closing point not counted
};

static struct geo_point view_point(GEOSContextHandle_t geos, const struct ring_view *view,
                                   unsigned index)
{
    double x = 0, y = 0;
    GEOSCoordSeq_getXY_r(geos, view->points, index % view->count, &x, &y);
    return (struct geo_point){(int32_t)lround(x), (int32_t)lround(y)};
}

static int open_ring(GEOSContextHandle_t geos, const GEOSGeometry *polygon, int ring,
                     struct ring_view *ret_view)
{
    const GEOSGeometry *line = ring == 0 ? GEOSGetExteriorRing_r(geos, polygon)
                                         : GEOSGetInteriorRingN_r(geos, polygon, ring - 1);
    ret_view->points = line ? GEOSGeom_getCoordSeq_r(geos, line) : NULL;
    unsigned count = 0;
    if (!ret_view->points || !GEOSCoordSeq_getSize_r(geos, ret_view->points, &count) ||
        count < 4)
        return -1;
    ret_view->count = count - 1;
    return 0;
}

// Twice the signed area in lattice steps, counter-clockwise positive.
static double view_turn(GEOSContextHandle_t geos, const struct ring_view *view)
{
    struct geo_point o = view_point(geos, view, 0);
    double sum = 0;
    for (unsigned i = 1; i + 1 < view->count; i++) {
        struct geo_point a = view_point(geos, view, i);
        struct geo_point b = view_point(geos, view, i + 1);
        sum += ((double)a.x - o.x) * ((double)b.y - o.y) -
               ((double)b.x - o.x) * ((double)a.y - o.y);
    }
    return sum;
}

struct edges { // half edges while the map is made: right is filled by pairing
    struct grid_edge *edge;
    size_t count, capacity;
};

static int add_edges(GEOSContextHandle_t geos, const struct ring_view *view, bool reverse,
                     uint32_t face, struct edges *edges, struct error *error)
{
    if (edges->count + view->count > edges->capacity) {
        size_t capacity = edges->capacity * 2 + view->count + 4096;
        struct grid_edge *bigger = realloc(edges->edge, capacity * sizeof(*bigger));
        if (!bigger)
            return grid_memory(error);
        edges->edge = bigger;
        edges->capacity = capacity;
    }
    for (unsigned i = 0; i < view->count; i++) {
        struct geo_point a = view_point(geos, view, reverse ? i + 1 : i);
        struct geo_point b = view_point(geos, view, reverse ? i : i + 1);
        double x_m, y_m;
        grid_metres(a.y, &x_m, &y_m);
        double length = hypot(((double)b.x - a.x) * x_m, ((double)b.y - a.y) * y_m);
        edges->edge[edges->count++] =
            (struct grid_edge){a, b, face, GRID_NONE, (float)length, 0};
    }
    return 0;
}

static int read_face(GEOSContextHandle_t geos, const GEOSGeometry *polygon, uint32_t index,
                     struct grid_face *ret_face, struct edges *edges, struct error *error)
{
    int holes = GEOSGetNumInteriorRings_r(geos, polygon);
    size_t first = edges->count;
    double turn = 0;
    if (holes < 0)
        return grid_failed(error, "reading a face");
    for (int ring = 0; ring <= holes; ring++) {
        struct ring_view view;
        if (open_ring(geos, polygon, ring, &view) < 0)
            return grid_failed(error, "reading a ring");
        double ring_turn = view_turn(geos, &view);
        turn += ring == 0 ? fabs(ring_turn) : -fabs(ring_turn);
        int code =
            add_edges(geos, &view, (ring_turn > 0) != (ring == 0), index, edges, error);
        if (code < 0)
            return code;
    }
    double x = 0, y = 0, x_m, y_m;
    GEOSGeometry *inside = GEOSPointOnSurface_r(geos, polygon);
    bool found = inside && GEOSGeomGetX_r(geos, inside, &x) == 1 &&
                 GEOSGeomGetY_r(geos, inside, &y) == 1;
    if (inside)
        GEOSGeom_destroy_r(geos, inside);
    if (!found) { // thinner than a step: any of its points
        x = edges->edge[first].a.x;
        y = edges->edge[first].a.y;
    }
    *ret_face = (struct grid_face){.area = GRID_NONE, .group = index};
    ret_face->at = (struct geo_point){(int32_t)lround(x), (int32_t)lround(y)};
    grid_metres(ret_face->at.y, &x_m, &y_m);
    ret_face->m2 = fabs(turn) / 2 * x_m * y_m;
    for (size_t i = first; i < edges->count; i++)
        ret_face->perimeter_m += (double)edges->edge[i].length_m;
    return 0;
}

// ---- an order that does not hang on the noder's ----
struct ordered {
    struct geo_point at; // lowest, then westernmost vertex, and where the ring goes from it
    struct geo_point next;
    int index;
};

static int compare_points(struct geo_point a, struct geo_point b)
{
    if (a.y != b.y)
        return a.y > b.y ? 1 : -1;
    return (a.x > b.x) - (a.x < b.x);
}

static int compare_ordered(const void *left, const void *right)
{
    const struct ordered *x = left, *y = right;
    int order = compare_points(x->at, y->at);
    order = order ? order : compare_points(x->next, y->next);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

// An outer ring has the face on one side only, so its lowest edge names the face.
static int order_faces(GEOSContextHandle_t geos, const GEOSGeometry *faces, int count,
                       struct ordered *order, struct error *error)
{
    for (int i = 0; i < count; i++) {
        struct ring_view view;
        if (open_ring(geos, GEOSGetGeometryN_r(geos, faces, i), 0, &view) < 0)
            return grid_failed(error, "reading a ring");
        bool ccw = view_turn(geos, &view) > 0;
        unsigned lowest = 0;
        struct geo_point at = view_point(geos, &view, 0);
        for (unsigned k = 1; k < view.count; k++) {
            struct geo_point p = view_point(geos, &view, k);
            if (compare_points(p, at) < 0) {
                at = p;
                lowest = k;
            }
        }
        order[i] = (struct ordered){
            at, view_point(geos, &view, lowest + (ccw ? 1 : view.count - 1)), i};
    }
    qsort(order, (size_t)count, sizeof(*order), compare_ordered);
    return 0;
}

// ---- pairing half edges ----
static struct geo_point low(const struct grid_edge *e)
{
    return compare_points(e->a, e->b) < 0 ? e->a : e->b;
}
static struct geo_point high(const struct grid_edge *e)
{
    return compare_points(e->a, e->b) < 0 ? e->b : e->a;
}

static int compare_lines(const void *left, const void *right)
{
    const struct grid_edge *x = left, *y = right;
    int order = compare_points(low(x), low(y));
    order = order ? order : compare_points(high(x), high(y));
    return order ? order : (x->left > y->left) - (x->left < y->left);
}

static int compare_sides(const void *left, const void *right)
{
    const struct grid_edge *x = left, *y = right;
    if (x->left != y->left)
        return x->left > y->left ? 1 : -1;
    if (x->right != y->right)
        return x->right > y->right ? 1 : -1;
    return compare_lines(x, y);
}

// Two half edges of the same line become one edge; one alone is a border of everything.
static size_t pair_edges(struct grid_edge *edge, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(edge, count, sizeof(*edge), compare_lines);
    for (size_t i = 0; i < count; i++) {
        struct grid_edge e = edge[i];
        if (i + 1 < count && compare_points(low(&e), low(&edge[i + 1])) == 0 &&
            compare_points(high(&e), high(&edge[i + 1])) == 0)
            e.right = edge[++i].left;
        edge[kept++] = e;
    }
    if (kept)
        qsort(edge, kept, sizeof(*edge), compare_sides);
    return kept;
}

// ---- in which area ----
static void find_area(const struct grid_input *input, const struct geo_box *box,
                      struct grid_face *face, struct grid_result *result)
{
    for (size_t i = 0; i < input->area_count; i++) {
        if (face->at.x < box[i].west || face->at.x > box[i].east ||
            face->at.y < box[i].south || face->at.y > box[i].north ||
            !geo_polygon_holds(input->area[i].polygon, face->at))
            continue;
        if (face->area == GRID_NONE) {
            face->area = (uint32_t)i;
        } else {
            result->overlaps++;
            result->overlap_m2 += face->m2;
            return;
        }
    }
}

static bool is_sliver(const struct grid_face *face)
{
    return face->m2 < face->perimeter_m / 2 * SLIVER_M;
}

// A sliver's point says little: it belongs where its longest border leads to.
static void adopt_slivers(struct grid_map *map, double *longest)
{
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < map->face_count; i++)
            longest[i] = 0;
        for (size_t i = 0; i < map->edge_count; i++) {
            struct grid_edge *e = &map->edge[i];
            uint32_t side[2] = {e->left, e->right};
            for (int k = 0; k < 2; k++) {
                if (side[k] == GRID_NONE || side[1 - k] == GRID_NONE ||
                    !is_sliver(&map->face[side[k]]))
                    continue;
                const struct grid_face *other = &map->face[side[1 - k]];
                if (!is_sliver(other) && other->area != GRID_NONE &&
                    (double)e->length_m > longest[side[k]]) {
                    longest[side[k]] = (double)e->length_m;
                    map->face[side[k]].area = other->area;
                }
            }
        }
    }
}

// What no area has although areas lie all around it, up to a size: where their borders
// miss each other. Goes where its longest border leads to.
static void close_gaps(const struct grid_input *input, struct grid_map *map,
                       double *longest, struct grid_result *result)
{
    bool again = true;
    for (size_t i = 0; i < map->face_count; i++)
        longest[i] =
            map->face[i].area == GRID_NONE && map->face[i].m2 <= input->gap_m2 ? 0 : -1;
    for (size_t i = 0; i < map->edge_count; i++)
        if (map->edge[i].right == GRID_NONE)
            longest[map->edge[i].left] = -1; // open to the outside
    while (again) {
        again = false;
        for (size_t i = 0; i < map->edge_count; i++) {
            const struct grid_edge *e = &map->edge[i];
            for (int k = 0; k < 2 && e->right != GRID_NONE; k++) {
                uint32_t gap = k ? e->right : e->left, other = k ? e->left : e->right;
                uint32_t area = map->face[other].area;
                if (longest[gap] < 0 || area == GRID_NONE ||
                    (double)e->length_m <= longest[gap])
                    continue;
                if (longest[gap] == 0) {
                    again = true; // its neighbours may hang on it
                    result->gaps++;
                    result->gap_m2 += map->face[gap].m2;
                }
                longest[gap] = (double)e->length_m;
                map->face[gap].area = area;
            }
        }
    }
}

static int find_areas(const struct grid_input *input, struct grid_map *map,
                      struct grid_result *result, struct error *error)
{
    struct geo_box *box = memory_array(input->area_count + 1, sizeof(*box));
    double *longest = memory_array(map->face_count + 1, sizeof(*longest));
    int code = box && longest ? 0 : grid_memory(error);
    for (size_t i = 0; i < input->area_count && code == 0; i++)
        box[i] = geo_polygon_box(input->area[i].polygon);
    struct grid_result dropped = {0};
    for (size_t i = 0; i < map->face_count && code == 0; i++)
        find_area(input, box, &map->face[i], is_sliver(&map->face[i]) ? &dropped : result);
    if (code == 0) {
        adopt_slivers(map, longest);
        close_gaps(input, map, longest, result);
    }
    free(box);
    free(longest);
    return code;
}

// ---- strength of an edge: that of the strongest given line it lies on ----
struct segment {
    struct geo_point a, b;
    uint8_t strength;
};

static double distance_steps(const struct segment *s, double x, double y)
{
    double dx = (double)s->b.x - s->a.x, dy = (double)s->b.y - s->a.y;
    double square = dx * dx + dy * dy;
    double along = square > 0 ? ((x - s->a.x) * dx + (y - s->a.y) * dy) / square : 0;
    along = fmin(fmax(along, 0), 1);
    return hypot(x - s->a.x - along * dx, y - s->a.y - along * dy);
}

struct look {
    double x, y;
    uint8_t strength;
};

static void on_segment(void *item, void *context)
{
    const struct segment *segment = item;
    struct look *look = context;
    if (segment->strength > look->strength &&
        distance_steps(segment, look->x, look->y) <= NEAR_STEPS)
        look->strength = segment->strength;
}

static GEOSGeometry *box_around(GEOSContextHandle_t geos, const struct segment *s)
{
    return GEOSGeom_createRectangle_r(
        geos, fmin(s->a.x, s->b.x) - NEAR_STEPS, fmin(s->a.y, s->b.y) - NEAR_STEPS,
        fmax(s->a.x, s->b.x) + NEAR_STEPS, fmax(s->a.y, s->b.y) + NEAR_STEPS);
}

static int fill_tree(const struct grid_input *input, GEOSContextHandle_t geos,
                     GEOSSTRtree *tree, struct segment *segment, struct error *error)
{
    size_t n = 0;
    for (size_t i = 0; i < input->along_count; i++) {
        const struct grid_along *along = &input->along[i];
        size_t edges = along->closed ? along->count : along->count - 1;
        for (size_t k = 0; along->count > 1 && k < edges; k++, n++) {
            segment[n] = (struct segment){along->point[k],
                                          along->point[k + 1 < along->count ? k + 1 : 0],
                                          along->strength};
            GEOSGeometry *box = box_around(geos, &segment[n]);
            if (!box)
                return grid_memory(error);
            GEOSSTRtree_insert_r(geos, tree, box, &segment[n]);
            GEOSGeom_destroy_r(geos, box); // the tree keeps its bounds
        }
    }
    return 0;
}

static int find_strengths(const struct grid_input *input, struct grid_map *map,
                          struct error *error)
{
    GEOSContextHandle_t geos = map->geos;
    size_t segments = 0;
    for (size_t i = 0; i < input->along_count; i++)
        segments += input->along[i].count;
    if (!segments)
        return 0;
    struct segment *segment = memory_array(segments + 1, sizeof(*segment));
    GEOSSTRtree *tree = GEOSSTRtree_create_r(geos, 8);
    int code =
        segment && tree ? fill_tree(input, geos, tree, segment, error) : grid_memory(error);
    for (size_t i = 0; i < map->edge_count && code == 0; i++) {
        struct grid_edge *e = &map->edge[i];
        if (e->right == GRID_NONE || map->face[e->left].area != map->face[e->right].area)
            continue; // nothing is ever merged across it
        struct look look = {((double)e->a.x + e->b.x) / 2, ((double)e->a.y + e->b.y) / 2,
                            0};
        GEOSGeometry *point = GEOSGeom_createPointFromXY_r(geos, look.x, look.y);
        if (!point) {
            code = grid_memory(error);
            break;
        }
        GEOSSTRtree_query_r(geos, tree, point, on_segment, &look);
        GEOSGeom_destroy_r(geos, point);
        e->strength = look.strength;
    }
    if (tree)
        GEOSSTRtree_destroy_r(geos, tree);
    free(segment);
    return code;
}

// ---- all ----
static int read_faces(struct grid_map *map, const GEOSGeometry *faces, struct error *error)
{
    GEOSContextHandle_t geos = map->geos;
    int count = GEOSGetNumGeometries_r(geos, faces);
    if (count < 0)
        return grid_failed(error, "counting faces");
    struct edges edges = {0};
    struct ordered *order = memory_array((size_t)count + 1, sizeof(*order));
    map->face = memory_array((size_t)count + 1, sizeof(*map->face));
    int code = order && map->face ? 0 : grid_memory(error);
    if (code == 0)
        code = order_faces(geos, faces, count, order, error);
    for (int i = 0; i < count && code == 0; i++)
        code = read_face(geos, GEOSGetGeometryN_r(geos, faces, order[i].index), (uint32_t)i,
                         &map->face[i], &edges, error);
    free(order);
    map->edge = edges.edge;
    map->face_count = (size_t)count;
    map->edge_count = code == 0 ? pair_edges(edges.edge, edges.count) : 0;
    return code;
}

int grid_map_make(const struct grid_input *input, struct grid_lines *lines,
                  struct grid_map *ret_map, struct grid_result *result, struct error *error)
{
    struct grid_map map = {.geos = lines->geos};
    GEOSGeometry *faces = polygonise(lines);
    int code = faces ? read_faces(&map, faces, error) : grid_failed(error, "noding");
    if (faces)
        GEOSGeom_destroy_r(map.geos, faces);
    if (code == 0)
        code = find_areas(input, &map, result, error);
    if (code == 0)
        code = find_strengths(input, &map, error);
    if (code < 0)
        grid_map_done(&map);
    else
        *ret_map = map;
    return code;
}

void grid_map_done(struct grid_map *map)
{
    free(map->face);
    free(map->edge);
    *map = (struct grid_map){.geos = map->geos};
}

uint32_t grid_group(const struct grid_map *map, uint32_t face)
{
    while (map->face[face].group != face) {
        map->face[face].group = map->face[map->face[face].group].group;
        face = map->face[face].group;
    }
    return face;
}
