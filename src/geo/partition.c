// SPDX-License-Identifier: MPL-2.0
// Gaps, overlaps and shares of noded polygon sets.
#include <gridcase/geo/partition.h>

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GEOS_USE_ONLY_R_API
#include <geos_c.h>

#include "shape_internal.h"

// ---- GEOS geometries in lattice units ----
struct geos_set {
    GEOSContextHandle_t geos;
    GEOSSTRtree *tree;
    GEOSGeometry **shape;
    const GEOSPreparedGeometry **prepared; // made when first asked for
    size_t *index;                         // 0, 1, 2 ...: what the tree gives back
    size_t count;
};

static GEOSGeometry *geos_ring(GEOSContextHandle_t geos, const struct geo_point *point,
                               size_t count)
{
    GEOSCoordSequence *points = GEOSCoordSeq_create_r(geos, (unsigned)count + 1, 2);
    for (size_t i = 0; points && i <= count; i++) {
        struct geo_point p = point[i < count ? i : 0];
        GEOSCoordSeq_setXY_r(geos, points, (unsigned)i, p.x, p.y);
    }
    return points ? GEOSGeom_createLinearRing_r(geos, points) : NULL;
}

static GEOSGeometry *geos_part(GEOSContextHandle_t geos, const struct geo_polygon *polygon,
                               size_t part)
{
    uint32_t first = polygon->part_start[part];
    uint32_t end = polygon->part_start[part + 1];
    GEOSGeometry *shell = NULL;
    GEOSGeometry **holes = calloc((size_t)(end - first) + 1, sizeof(GEOSGeometry *));
    unsigned count = 0;
    for (uint32_t r = first; r < end && holes; r++) {
        size_t points = polygon->ring_start[r + 1] - polygon->ring_start[r];
        if (points < 3)
            continue;
        GEOSGeometry *ring =
            geos_ring(geos, polygon->point + polygon->ring_start[r], points);
        if (ring && r == first)
            shell = ring;
        else if (ring)
            holes[count++] = ring;
    }
    GEOSGeometry *result =
        shell ? GEOSGeom_createPolygon_r(geos, shell, holes, count) : NULL;
    free(holes);
    return result;
}

static GEOSGeometry *geos_polygon(GEOSContextHandle_t geos,
                                  const struct geo_polygon *polygon)
{
    GEOSGeometry **parts = calloc(polygon->part_count + 1, sizeof(GEOSGeometry *));
    unsigned count = 0;
    for (size_t i = 0; parts && i < polygon->part_count; i++) {
        GEOSGeometry *part = geos_part(geos, polygon, i);
        if (part)
            parts[count++] = part;
    }
    GEOSGeometry *result =
        parts ? GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts, count) : NULL;
    free(parts);
    if (result && GEOSisValid_r(geos, result) != 1) { // noding may leave touching rings
        GEOSGeometry *valid = GEOSMakeValid_r(geos, result);
        GEOSGeom_destroy_r(geos, result);
        result = valid;
    }
    return result;
}

static void geos_set_done(struct geos_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->prepared && set->prepared[i])
            GEOSPreparedGeom_destroy_r(set->geos, set->prepared[i]);
        if (set->shape && set->shape[i])
            GEOSGeom_destroy_r(set->geos, set->shape[i]);
    }
    if (set->tree)
        GEOSSTRtree_destroy_r(set->geos, set->tree);
    free(set->shape);
    free(set->prepared);
    free(set->index);
    if (set->geos)
        GEOS_finish_r(set->geos);
    *set = (struct geos_set){0};
}

static int geos_set_init(struct geos_set *set, struct geo_polygon *const *polygons,
                         size_t count, struct error *error)
{
    *set = (struct geos_set){.geos = GEOS_init_r()};
    set->shape = calloc(count + 1, sizeof(*set->shape));
    set->prepared = calloc(count + 1, sizeof(*set->prepared));
    set->index = calloc(count + 1, sizeof(*set->index));
    set->tree = GEOSSTRtree_create_r(set->geos, 8);
    if (!set->shape || !set->prepared || !set->index || !set->tree)
        return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    set->count = count;
    for (size_t i = 0; i < count; i++) {
        set->index[i] = i;
        if (!polygons[i])
            continue;
        set->shape[i] = geos_polygon(set->geos, polygons[i]);
        if (!set->shape[i])
            return error_set(error, ERROR_GEO, "geo.polygon", "polygon %zu cannot be built",
                             i + 1);
        GEOSSTRtree_insert_r(set->geos, set->tree, set->shape[i], &set->index[i]);
    }
    return 0;
}

static const GEOSPreparedGeometry *geos_prepared(struct geos_set *set, size_t index)
{
    if (!set->prepared[index])
        set->prepared[index] = GEOSPrepare_r(set->geos, set->shape[index]);
    return set->prepared[index];
}

struct found {
    size_t *index;
    size_t count, capacity;
};

static void on_found(void *item, void *context)
{
    struct found *found = context;
    if (found->count == found->capacity) {
        size_t capacity = found->capacity * 2 + 64;
        size_t *bigger = realloc(found->index, capacity * sizeof(*bigger));
        if (!bigger)
            return;
        found->index = bigger;
        found->capacity = capacity;
    }
    found->index[found->count++] = *(size_t *)item;
}

// Area that two share, in lattice units squared; *ret_at a point in it. 0 when GEOS fails.
static double common_area(GEOSContextHandle_t geos, const GEOSGeometry *a,
                          const GEOSGeometry *b, struct geo_point *ret_at)
{
    double area = 0;
    GEOSGeometry *common = GEOSIntersection_r(geos, a, b);
    if (common)
        GEOSArea_r(geos, common, &area);
    if (common && area > 0 && ret_at) {
        GEOSGeometry *at = GEOSPointOnSurface_r(geos, common);
        double x = 0;
        double y = 0;
        if (at && GEOSGeomGetX_r(geos, at, &x) == 1 && GEOSGeomGetY_r(geos, at, &y) == 1)
            *ret_at = (struct geo_point){(int32_t)lround(x), (int32_t)lround(y)};
        GEOSGeom_destroy_r(geos, at);
    }
    if (common)
        GEOSGeom_destroy_r(geos, common);
    return area;
}

// Square metres of one lattice unit squared at a latitude, near enough for shares and
// flaws.
static double unit_m2(int32_t y)
{
    double metres = 0.0111319490793; // 1e-7 degree of the equator
    return metres * metres * cos(y / GEO_LATTICE_PER_DEG * M_PI / 180);
}

// ---- edges ----
struct edge {
    struct geo_point a, b; // as its polygon walks it, the polygon on its left
    uint32_t polygon;
    bool used;
};

static int compare_points(struct geo_point a, struct geo_point b)
{
    if (a.y != b.y)
        return a.y > b.y ? 1 : -1;
    return (a.x > b.x) - (a.x < b.x);
}

static bool edge_up(const struct edge *edge)
{
    return compare_points(edge->a, edge->b) < 0;
}

static int compare_edges(const void *left, const void *right) // same line together
{
    const struct edge *x = left;
    const struct edge *y = right;
    int order = compare_points(edge_up(x) ? x->a : x->b, edge_up(y) ? y->a : y->b);
    if (order == 0)
        order = compare_points(edge_up(x) ? x->b : x->a, edge_up(y) ? y->b : y->a);
    if (order == 0)
        order = edge_up(x) - edge_up(y);
    return order;
}

static int compare_starts(const void *left, const void *right)
{
    const struct edge *x = left;
    const struct edge *y = right;
    int order = compare_points(x->a, y->a);
    return order ? order : compare_points(x->b, y->b);
}

static struct edge *all_edges(struct geo_polygon *const *polygons, size_t count,
                              size_t *ret_count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += polygons[i] ? polygons[i]->point_count : 0;
    struct edge *edges = calloc(total + 1, sizeof(*edges));
    size_t n = 0;
    for (size_t i = 0; i < count && edges; i++)
        for (size_t r = 0; polygons[i] && r < polygons[i]->ring_count; r++) {
            uint32_t first = polygons[i]->ring_start[r];
            uint32_t end = polygons[i]->ring_start[r + 1];
            for (uint32_t p = first; p < end; p++)
                edges[n++] = (struct edge){polygons[i]->point[p],
                                           polygons[i]->point[p + 1 < end ? p + 1 : first],
                                           (uint32_t)i, false};
        }
    *ret_count = n;
    return edges;
}

// Keeps only edges without a partner that runs the other way; marks polygons that have one,
// or that run along another in the same direction, as suspects.
static size_t unmatched_edges(struct edge *edges, size_t count, bool *suspect)
{
    qsort(edges, count, sizeof(*edges), compare_edges);
    size_t kept = 0;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count &&
               compare_points(edge_up(&edges[i]) ? edges[i].a : edges[i].b,
                              edge_up(&edges[end]) ? edges[end].a : edges[end].b) == 0 &&
               compare_points(edge_up(&edges[i]) ? edges[i].b : edges[i].a,
                              edge_up(&edges[end]) ? edges[end].b : edges[end].a) == 0)
            end++;
        size_t up = 0;
        for (size_t k = i; k < end; k++)
            up += edge_up(&edges[k]);
        size_t down = end - i - up;
        for (size_t k = i; k < end; k++)
            if (up != down || up > 1)
                suspect[edges[k].polygon] = true;
        // Sorted: those that run down first.
        size_t pairs = up < down ? up : down;
        for (size_t k = i; k < i + down - pairs; k++)
            edges[kept++] = edges[k];
        for (size_t k = i + down; k < end - pairs; k++)
            edges[kept++] = edges[k];
        i = end;
    }
    return kept;
}

// ---- gaps ----
// Sharpest right turn after arriving at edge.b: walks round what lies outside, on the
// right.
static size_t next_edge(const struct edge *edges, size_t count, const struct edge *from)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_points(edges[middle].a, from->b) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    double back = atan2((double)from->a.y - from->b.y, (double)from->a.x - from->b.x);
    double best = 10;
    size_t found = SIZE_MAX;
    for (size_t i = low; i < count && compare_points(edges[i].a, from->b) == 0; i++) {
        if (edges[i].used)
            continue;
        double angle =
            atan2((double)edges[i].b.y - edges[i].a.y, (double)edges[i].b.x - edges[i].a.x);
        // Counter-clockwise from the way back: the first one met keeps the outside between.
        double turn = angle - back;
        while (turn <= 0)
            turn += 2 * M_PI;
        if (turn < best) {
            best = turn;
            found = i;
        }
    }
    return found;
}

static bool held_by_any(struct geos_set *set, struct geo_polygon *const *polygons,
                        struct geo_point at, size_t *ret_first)
{
    struct found found = {0};
    GEOSCoordSequence *point = GEOSCoordSeq_create_r(set->geos, 1, 2);
    GEOSCoordSeq_setXY_r(set->geos, point, 0, at.x, at.y);
    GEOSGeometry *geometry = GEOSGeom_createPoint_r(set->geos, point);
    GEOSSTRtree_query_r(set->geos, set->tree, geometry, on_found, &found);
    GEOSGeom_destroy_r(set->geos, geometry);
    bool held = false;
    for (size_t i = 0; i < found.count && !held; i++) {
        held = geo_polygon_holds(polygons[found.index[i]], at);
        *ret_first = found.index[i];
    }
    free(found.index);
    return held;
}

struct flaw_search {
    struct geo_polygon *const *polygons;
    struct geos_set set;
    void (*visit)(void *context, const struct geo_flaw *flaw);
    void *context;
};

// A closed walk: counter-clockwise it is an outer border, clockwise a gap.
static void judge_walk(struct flaw_search *search, const struct edge *edges,
                       const size_t *walk, size_t length)
{
    double turn = 0;
    struct geo_point origin = edges[walk[0]].a;
    for (size_t i = 0; i < length; i++) {
        struct geo_point a = edges[walk[i]].a;
        struct geo_point b = edges[walk[i]].b;
        turn += ((double)a.x - origin.x) * ((double)b.y - origin.y) -
                ((double)b.x - origin.x) * ((double)a.y - origin.y);
    }
    if (turn >= 0)
        return;
    struct shape_builder builder = {0};
    shape_begin_part(&builder);
    shape_begin_ring(&builder);
    for (size_t i = 0; i < length; i++)
        shape_add_point(&builder, edges[walk[i]].a);
    shape_end_ring(&builder);
    shape_end_part(&builder);
    struct geo_polygon *gap = shape_finish(&builder);
    if (!gap)
        return;
    struct geo_flaw flaw = {.kind = GEO_GAP, .first = edges[walk[0]].polygon};
    flaw.second = flaw.first;
    flaw.at = geo_polygon_inside(gap);
    flaw.area_m2 = geo_polygon_area_m2(gap);
    size_t holder;
    if (!held_by_any(&search->set, search->polygons, flaw.at, &holder))
        search->visit(search->context, &flaw);
    geo_polygon_free(gap);
}

static int find_gaps(struct flaw_search *search, struct edge *edges, size_t count,
                     struct error *error)
{
    size_t *walk = calloc(count + 1, sizeof(*walk));
    if (!walk)
        return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    qsort(edges, count, sizeof(*edges), compare_starts);
    for (size_t start = 0; start < count; start++) {
        size_t length = 0;
        size_t at = start;
        while (at != SIZE_MAX && !edges[at].used) {
            edges[at].used = true;
            walk[length++] = at;
            if (compare_points(edges[at].b, edges[start].a) == 0)
                break;
            at = next_edge(edges, count, &edges[at]);
        }
        if (at != SIZE_MAX && length > 2)
            judge_walk(search, edges, walk, length);
    }
    free(walk);
    return 0;
}

// ---- overlaps ----
static void overlaps_of(struct flaw_search *search, size_t i, const bool *suspect)
{
    struct geos_set *set = &search->set;
    struct found found = {0};
    struct geo_point inside = geo_polygon_inside(search->polygons[i]);
    if (set->shape && set->shape[i])
        GEOSSTRtree_query_r(set->geos, set->tree, set->shape[i], on_found, &found);
    for (size_t k = 0; k < found.count; k++) {
        size_t other = found.index[k];
        if (other == i)
            continue;
        bool holds = geo_polygon_holds(search->polygons[other], inside);
        bool both = suspect[i] && suspect[other];
        if (!holds && (!both || other < i))
            continue; // a suspect pair is looked at once, from its lower index
        if (holds && both && other < i)
            continue;
        struct geo_flaw flaw = {.kind = GEO_OVERLAP, .first = i, .second = other};
        double area = common_area(set->geos, set->shape[i], set->shape[other], &flaw.at);
        flaw.area_m2 = area * unit_m2(inside.y);
        // Half a lattice step along a border is what rounding alone makes.
        if (area > 4)
            search->visit(search->context, &flaw);
    }
    free(found.index);
}

int geo_partition_flaws(struct geo_polygon *const *polygons, size_t count,
                        void (*visit)(void *context, const struct geo_flaw *flaw),
                        void *context, struct error *error)
{
    struct flaw_search search = {.polygons = polygons, .visit = visit, .context = context};
    size_t edge_count = 0;
    struct edge *edges = all_edges(polygons, count, &edge_count);
    bool *suspect = calloc(count + 1, sizeof(*suspect));
    if (!edges || !suspect) {
        free(edges);
        free(suspect);
        return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    }
    int code = geos_set_init(&search.set, polygons, count, error);
    if (code == 0) {
        edge_count = unmatched_edges(edges, edge_count, suspect);
        code = find_gaps(&search, edges, edge_count, error);
    }
    for (size_t i = 0; i < count && code == 0; i++)
        if (polygons[i])
            overlaps_of(&search, i, suspect);
    geos_set_done(&search.set);
    free(edges);
    free(suspect);
    return code;
}

// ---- shares ----
static int compare_shares(const void *left, const void *right)
{
    const struct geo_share *x = left;
    const struct geo_share *y = right;
    if (x->part != y->part)
        return x->part > y->part ? 1 : -1;
    if (x->share != y->share)
        return x->share < y->share ? 1 : -1;
    return (x->whole > y->whole) - (x->whole < y->whole);
}

struct share_list {
    struct geo_share *share;
    size_t count, capacity;
};

static bool share_add(struct share_list *list, struct geo_share share)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 1024;
        struct geo_share *bigger = realloc(list->share, capacity * sizeof(*bigger));
        if (!bigger)
            return false;
        list->share = bigger;
        list->capacity = capacity;
    }
    list->share[list->count++] = share;
    return true;
}

static bool shares_of(struct geos_set *wholes, const GEOSGeometry *shape, size_t part,
                      double least, struct share_list *list)
{
    struct found found = {0};
    double area = 0;
    bool good = GEOSArea_r(wholes->geos, shape, &area) == 1;
    GEOSSTRtree_query_r(wholes->geos, wholes->tree, shape, on_found, &found);
    for (size_t k = 0; k < found.count && good; k++) {
        size_t whole = found.index[k];
        const GEOSPreparedGeometry *prepared = geos_prepared(wholes, whole);
        double share = 1;
        if (GEOSPreparedCovers_r(wholes->geos, prepared, shape) != 1) {
            if (GEOSPreparedIntersects_r(wholes->geos, prepared, shape) == 0)
                continue;
            share = common_area(wholes->geos, wholes->shape[whole], shape, NULL) / area;
        }
        if (share > least)
            good = share_add(list, (struct geo_share){part, whole, fmin(share, 1)});
    }
    free(found.index);
    return good;
}

int geo_partition_shares(struct geo_polygon *const *parts, size_t part_count,
                         struct geo_polygon *const *wholes, size_t whole_count,
                         double least, struct geo_share **ret_shares, size_t *ret_count,
                         struct error *error)
{
    struct geos_set set;
    struct share_list list = {0};
    int code = geos_set_init(&set, wholes, whole_count, error);
    for (size_t i = 0; i < part_count && code == 0; i++) {
        GEOSGeometry *shape = parts[i] ? geos_polygon(set.geos, parts[i]) : NULL;
        if (shape && !shares_of(&set, shape, i, least, &list))
            code = error_set(error, ERROR_GEO, "geo.polygon",
                             "shares of polygon %zu failed", i + 1);
        if (shape)
            GEOSGeom_destroy_r(set.geos, shape);
    }
    geos_set_done(&set);
    if (code < 0) {
        free(list.share);
        return code;
    }
    if (list.count)
        qsort(list.share, list.count, sizeof(*list.share), compare_shares);
    *ret_shares = list.share;
    *ret_count = list.count;
    return 0;
}
