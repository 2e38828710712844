// SPDX-License-Identifier: MPL-2.0
// Groups of faces back to polygons: their outer edges, walked ring by ring. Nothing is
// computed, so that neighbours share every vertex.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "grid_internal.h"

static int compare_points(struct geo_point a, struct geo_point b)
{
    if (a.y != b.y)
        return a.y > b.y ? 1 : -1;
    return (a.x > b.x) - (a.x < b.x);
}

static int compare_borders(const void *left, const void *right)
{
    const struct grid_border *x = left, *y = right;
    if (x->group != y->group)
        return x->group > y->group ? 1 : -1;
    int order = compare_points(x->a, y->a);
    return order ? order : compare_points(x->b, y->b);
}

int grid_borders_make(const struct grid_map *map, struct grid_borders *ret_borders,
                      struct error *error)
{
    struct grid_border *border = memory_array(map->edge_count * 2 + 1, sizeof(*border));
    if (!border)
        return grid_memory(error);
    size_t count = 0;
    for (size_t i = 0; i < map->edge_count; i++) {
        const struct grid_edge *e = &map->edge[i];
        uint32_t left = grid_group(map, e->left);
        uint32_t right = e->right == GRID_NONE ? GRID_NONE : grid_group(map, e->right);
        if (left == right)
            continue;
        if (map->face[left].area != GRID_NONE)
            border[count++] = (struct grid_border){e->a, e->b, left, false};
        if (right != GRID_NONE && map->face[right].area != GRID_NONE)
            border[count++] = (struct grid_border){e->b, e->a, right, false};
    }
    qsort(border, count, sizeof(*border), compare_borders);
    *ret_borders = (struct grid_borders){border, count};
    return 0;
}

void grid_borders_done(struct grid_borders *borders)
{
    free(borders->border);
    *borders = (struct grid_borders){0};
}

static size_t first_of(const struct grid_borders *borders, uint32_t group,
                       const struct geo_point *from)
{
    size_t low = 0, high = borders->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct grid_border *b = &borders->border[middle];
        bool less = b->group < group ||
                    (b->group == group && from && compare_points(b->a, *from) < 0);
        if (less)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Counter-clockwise from the way back, through what is outside: a ring that touches itself
// at a point becomes an outer ring and a hole.
static struct grid_border *next_border(struct grid_borders *borders,
                                       const struct grid_border *from)
{
    double back = atan2((double)from->a.y - from->b.y, (double)from->a.x - from->b.x);
    double best = 10;
    struct grid_border *found = NULL;
    for (size_t i = first_of(borders, from->group, &from->b); i < borders->count; i++) {
        struct grid_border *next = &borders->border[i];
        if (next->group != from->group || compare_points(next->a, from->b) != 0)
            break;
        double angle = atan2((double)next->b.y - next->a.y, (double)next->b.x - next->a.x);
        double turn = angle - back;
        while (turn <= 0)
            turn += 2 * M_PI;
        if (!next->used && turn < best) {
            best = turn;
            found = next;
        }
    }
    return found;
}

struct points {
    struct geo_point *point;
    size_t count, capacity;
};

struct rings {
    struct points done; // of all rings
    struct points walk; // of the ring under way
    struct ring_part {
        size_t start, count;
        double turn;  // twice the signed area
        size_t outer; // of a hole: index of the ring around it
    } * ring;
    size_t ring_count, ring_capacity;
};

static bool put_points(struct points *points, const struct geo_point *point, size_t count)
{
    if (points->count + count > points->capacity) {
        size_t capacity = points->capacity * 2 + count + 64;
        struct geo_point *bigger = realloc(points->point, capacity * sizeof(*bigger));
        if (!bigger)
            return false;
        points->point = bigger;
        points->capacity = capacity;
    }
    memcpy(points->point + points->count, point, count * sizeof(*point));
    points->count += count;
    return true;
}

// Makes a ring of the walk's points from `start` on and takes them off the walk.
static bool end_ring(struct rings *rings, size_t start)
{
    if (rings->ring_count == rings->ring_capacity) {
        size_t capacity = rings->ring_capacity * 2 + 4;
        struct ring_part *bigger = realloc(rings->ring, capacity * sizeof(*bigger));
        if (!bigger)
            return false;
        rings->ring = bigger;
        rings->ring_capacity = capacity;
    }
    size_t count = rings->walk.count - start;
    const struct geo_point *p = rings->walk.point + start;
    struct ring_part ring = {rings->done.count, count, 0, SIZE_MAX};
    for (size_t i = 1; i + 1 < count; i++)
        ring.turn += ((double)p[i].x - p[0].x) * ((double)p[i + 1].y - p[0].y) -
                     ((double)p[i + 1].x - p[0].x) * ((double)p[i].y - p[0].y);
    if (!put_points(&rings->done, p, count))
        return false;
    rings->ring[rings->ring_count++] = ring;
    rings->walk.count = start;
    return true;
}

// Do several borders of the group begin where this one does?
static bool is_pinched(const struct grid_borders *borders, const struct grid_border *at)
{
    const struct grid_border *end = borders->border + borders->count;
    return (at > borders->border && at[-1].group == at->group &&
            compare_points(at[-1].a, at->a) == 0) ||
           (at + 1 < end && at[1].group == at->group &&
            compare_points(at[1].a, at->a) == 0);
}

// Two pieces that touch at a point only are walked as one ring: what lies between two
// visits of a point is a ring of its own.
static bool put_vertex(const struct grid_borders *borders, const struct grid_border *at,
                       struct rings *rings)
{
    for (size_t i = rings->walk.count; i-- > 0 && is_pinched(borders, at);)
        if (compare_points(rings->walk.point[i], at->a) == 0) {
            if (!end_ring(rings, i))
                return false;
            break;
        }
    return put_points(&rings->walk, &at->a, 1);
}

static int walk(struct grid_borders *borders, uint32_t group, struct rings *rings,
                struct error *error)
{
    for (size_t i = first_of(borders, group, NULL);
         i < borders->count && borders->border[i].group == group; i++) {
        struct grid_border *at = &borders->border[i];
        struct geo_point begin = at->a;
        if (at->used)
            continue;
        for (;;) {
            at->used = true;
            if (!put_vertex(borders, at, rings))
                return grid_memory(error);
            if (compare_points(at->b, begin) == 0)
                break;
            at = next_border(borders, at);
            if (!at)
                return error_set(error, ERROR_BUG, "grid.ring", "a border does not close");
        }
        if (!end_ring(rings, 0))
            return grid_memory(error);
    }
    return 0;
}

// A point just inside of a hole's first edge lies in the ring around it: with several
// outer rings the smallest that holds the hole's middle of an edge.
static bool ring_holds(const struct rings *rings, const struct ring_part *ring, double x,
                       double y)
{
    bool inside = false;
    for (size_t i = 0; i < ring->count; i++) {
        struct geo_point a = rings->done.point[ring->start + i];
        struct geo_point b = rings->done.point[ring->start + (i + 1) % ring->count];
        if ((a.y > y) != (b.y > y) &&
            x < a.x + (y - a.y) * ((double)b.x - a.x) / ((double)b.y - a.y))
            inside = !inside;
    }
    return inside;
}

static void find_outer(struct rings *rings, struct ring_part *hole)
{
    struct geo_point a = rings->done.point[hole->start];
    struct geo_point b = rings->done.point[hole->start + 1];
    double x = ((double)a.x + b.x) / 2, y = ((double)a.y + b.y) / 2;
    double best = HUGE_VAL;
    for (size_t i = 0; i < rings->ring_count; i++) {
        const struct ring_part *ring = &rings->ring[i];
        if (ring->turn > 0 && ring->turn < best && ring_holds(rings, ring, x, y)) {
            best = ring->turn;
            hole->outer = i;
        }
    }
}

static void build_ring(struct shape_builder *builder, const struct rings *rings,
                       const struct ring_part *ring)
{
    shape_begin_ring(builder);
    for (size_t i = 0; i < ring->count; i++)
        shape_add_point(builder, rings->done.point[ring->start + i]);
    shape_end_ring(builder);
}

int grid_trace(struct grid_borders *borders, uint32_t group,
               struct geo_polygon **ret_polygon, struct error *error)
{
    struct rings rings = {0};
    struct shape_builder builder = {.failed = false};
    int code = walk(borders, group, &rings, error);
    for (size_t i = 0; i < rings.ring_count && code == 0; i++)
        if (rings.ring[i].turn < 0)
            find_outer(&rings, &rings.ring[i]);
    for (size_t i = 0; i < rings.ring_count && code == 0; i++) {
        if (rings.ring[i].turn <= 0)
            continue;
        shape_begin_part(&builder);
        build_ring(&builder, &rings, &rings.ring[i]);
        for (size_t h = 0; h < rings.ring_count; h++)
            if (rings.ring[h].outer == i)
                build_ring(&builder, &rings, &rings.ring[h]);
        shape_end_part(&builder);
    }
    struct geo_polygon *polygon = shape_finish(&builder);
    free(rings.done.point);
    free(rings.walk.point);
    free(rings.ring);
    if (code == 0 && !polygon)
        code = error_set(error, ERROR_BUG, "grid.ring", "a group without area");
    if (code < 0)
        geo_polygon_free(polygon);
    else
        *ret_polygon = polygon;
    return code;
}
