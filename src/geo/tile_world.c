// SPDX-License-Identifier: MPL-2.0
// Shapes in the world of tiles: projected, kept in flat arrays, found through a tree of
// boxes.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "tile_internal.h"

enum { CLEARANCE_POINTS = 160 }; // outlines of more vertices are always checked

static const double WORLD = 4294967296.0;
static const double EQUATOR_M = 40075016.685578488;

static uint32_t to_unit(double share)
{
    const double at = floor(share * WORLD);
    return at < 0 ? 0 : at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}

struct tile_point tile_project(double lon_deg, double lat_deg)
{
    const double lat = fmax(-89.9, fmin(89.9, lat_deg)) * M_PI / 180;
    return (struct tile_point){to_unit(lon_deg / 360 + 0.5),
                               to_unit(0.5 - asinh(tan(lat)) / (2 * M_PI))};
}

bool tile_id_exists(const struct tile_id *tile)
{
    return tile->z <= TILE_ZOOM_MOST && tile->x >> tile->z == 0 && tile->y >> tile->z == 0;
}

static uint32_t clamp_unit(int64_t value)
{
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

struct tile_box tile_id_box(const struct tile_id *tile, unsigned margin)
{
    const int64_t side = INT64_C(1) << (32 - tile->z);
    const int64_t extra = (side * margin + TILE_EXTENT - 1) / TILE_EXTENT;
    const int64_t west = tile->x * side;
    const int64_t north = tile->y * side;
    return (struct tile_box){clamp_unit(west - extra), clamp_unit(north - extra),
                             clamp_unit(west + side - 1 + extra),
                             clamp_unit(north + side - 1 + extra)};
}

bool tile_box_meets(const struct tile_box *a, const struct tile_box *b)
{
    return a->west <= b->east && b->west <= a->east && a->north <= b->south &&
           b->north <= a->south;
}

double tile_unit_m(const struct tile_id *tile)
{
    const double side = pow(2, 32 - (double)tile->z);
    const double y = (tile->y + 0.5) * side / WORLD;
    return EQUATOR_M / pow(2, tile->z) / TILE_EXTENT / cosh((0.5 - y) * 2 * M_PI);
}

// ---- building ----
struct tile_shapes *tile_shapes_new(enum tile_kind kind)
{
    struct tile_shapes *shapes = memory_new(sizeof(*shapes));
    shapes->kind = kind;
    return shapes;
}

struct tile_shapes *tile_shapes_free(struct tile_shapes *shapes)
{
    if (shapes) {
        free(shapes->first_ring);
        free(shapes->box);
        free(shapes->clearance);
        free(shapes->ring_start);
        free(shapes->ring_hole);
        free(shapes->point);
        free(shapes->order);
        for (size_t i = 1; i < shapes->level_count; i++)
            free(shapes->level[i]);
        free(shapes);
    }
    return NULL;
}

// Room for one element more of an array that doubles.
static bool grow(void **array, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return true;
    size_t bigger = *capacity * 2 + 1024;
    bigger = bigger < need ? need : bigger;
    void *fresh = bigger < UINT32_MAX ? realloc(*array, bigger * size) : NULL;
    if (fresh) {
        *array = fresh;
        *capacity = bigger;
    }
    return fresh != NULL;
}

static bool room_for_shape(struct tile_shapes *shapes)
{
    size_t a = shapes->capacity, b = shapes->capacity, c = shapes->capacity;
    bool good =
        grow((void **)&shapes->first_ring, &a, shapes->count + 2, sizeof(uint32_t)) &&
        grow((void **)&shapes->box, &b, shapes->count + 2, sizeof(struct tile_box)) &&
        grow((void **)&shapes->clearance, &c, shapes->count + 2, sizeof(uint32_t));
    if (good)
        shapes->capacity = a;
    return good;
}

static bool room_for_ring(struct tile_shapes *shapes, size_t points)
{
    size_t a = shapes->ring_capacity, b = shapes->ring_capacity;
    size_t need = shapes->ring_count + 2;
    bool good = grow((void **)&shapes->ring_start, &a, need, sizeof(uint32_t)) &&
                grow((void **)&shapes->ring_hole, &b, need, sizeof(bool)) &&
                grow((void **)&shapes->point, &shapes->point_capacity,
                     shapes->point_count + points, sizeof(struct tile_point));
    if (good)
        shapes->ring_capacity = a;
    return good;
}

static void begin_shape(struct tile_shapes *shapes)
{
    shapes->failed |= !room_for_shape(shapes);
    if (!shapes->failed) {
        shapes->first_ring[shapes->count] = (uint32_t)shapes->ring_count;
        shapes->box[shapes->count] = (struct tile_box){UINT32_MAX, UINT32_MAX, 0, 0};
        shapes->clearance[shapes->count] = 0;
    }
}

static void extend(struct tile_box *box, struct tile_point point)
{
    box->west = point.x < box->west ? point.x : box->west;
    box->east = point.x > box->east ? point.x : box->east;
    box->north = point.y < box->north ? point.y : box->north;
    box->south = point.y > box->south ? point.y : box->south;
}

// Points backwards for rings: y runs to the south here, which turns them round.
static void add_run(struct tile_shapes *shapes, const struct geo_point *point, size_t count,
                    bool backwards, bool hole)
{
    shapes->failed |= !room_for_ring(shapes, count);
    if (shapes->failed)
        return;
    shapes->ring_start[shapes->ring_count] = (uint32_t)shapes->point_count;
    shapes->ring_hole[shapes->ring_count++] = hole;
    for (size_t i = 0; i < count; i++) {
        struct geo_point from = point[backwards ? count - 1 - i : i];
        struct tile_point to =
            tile_project(from.x / GEO_LATTICE_PER_DEG, from.y / GEO_LATTICE_PER_DEG);
        shapes->point[shapes->point_count++] = to;
        extend(&shapes->box[shapes->count], to);
    }
}

static void end_shape(struct tile_shapes *shapes)
{
    if (!shapes->failed) {
        shapes->count++;
        shapes->first_ring[shapes->count] = (uint32_t)shapes->ring_count;
        if (shapes->ring_start)
            shapes->ring_start[shapes->ring_count] = (uint32_t)shapes->point_count;
    }
}

// ---- clearance ----
struct edge {
    double ax, ay, bx, by;
    size_t ring, at, last; // place in its ring, the ring's last edge
};

static double point_edge2(double x, double y, const struct edge *e)
{
    const double dx = e->bx - e->ax, dy = e->by - e->ay;
    const double length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? ((x - e->ax) * dx + (y - e->ay) * dy) / length2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const double px = e->ax + t * dx - x, py = e->ay + t * dy - y;
    return px * px + py * py;
}

static double gap(double a, double b, double c, double d)
{
    const double low = fmax(fmin(a, b), fmin(c, d));
    const double high = fmin(fmax(a, b), fmax(c, d));
    return low > high ? low - high : 0;
}

static double side_of(const struct edge *e, double x, double y)
{
    return (e->bx - e->ax) * (y - e->ay) - (e->by - e->ay) * (x - e->ax);
}

static bool edges_cross(const struct edge *a, const struct edge *b)
{
    return side_of(a, b->ax, b->ay) * side_of(a, b->bx, b->by) <= 0 &&
           side_of(b, a->ax, a->ay) * side_of(b, a->bx, a->by) <= 0;
}

// The least of best and the distance between two edges, squared.
static double edges2(const struct edge *a, const struct edge *b, double best)
{
    const double gx = gap(a->ax, a->bx, b->ax, b->bx);
    const double gy = gap(a->ay, a->by, b->ay, b->by);
    if (gx * gx + gy * gy >= best)
        return best;
    if (gx + gy <= 0 && edges_cross(a, b))
        return 0;
    best = fmin(best, point_edge2(a->ax, a->ay, b));
    best = fmin(best, point_edge2(a->bx, a->by, b));
    best = fmin(best, point_edge2(b->ax, b->ay, a));
    return fmin(best, point_edge2(b->bx, b->by, a));
}

static bool neighbours(const struct edge *a, const struct edge *b)
{
    return a->ring == b->ring && (a->at + 1 == b->at || (a->at == 0 && b->at == b->last));
}

static uint32_t clearance_of(const struct tile_shapes *shapes, size_t shape)
{
    struct edge edge[CLEARANCE_POINTS];
    size_t count = 0;
    for (size_t r = shapes->first_ring[shape]; r < shapes->first_ring[shape + 1]; r++) {
        const size_t start = shapes->ring_start[r];
        const size_t size = shapes->ring_start[r + 1] - start;
        if (count + size > CLEARANCE_POINTS || size < 4)
            return 0;
        for (size_t i = 0; i < size; i++) {
            struct tile_point a = shapes->point[start + i];
            struct tile_point b = shapes->point[start + (i + 1 < size ? i + 1 : 0)];
            edge[count++] = (struct edge){a.x, a.y, b.x, b.y, r, i, size - 1};
        }
    }
    double best = 1e18;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            if (!neighbours(&edge[i], &edge[k]))
                best = edges2(&edge[i], &edge[k], best);
    return (uint32_t)fmin(sqrt(best), 4e9);
}

void tile_shapes_add_polygon(struct tile_shapes *shapes, const struct geo_polygon *polygon)
{
    begin_shape(shapes);
    for (size_t part = 0; part < polygon->part_count && !shapes->failed; part++) {
        const uint32_t first = polygon->part_start[part];
        for (uint32_t r = first; r < polygon->part_start[part + 1]; r++) {
            const uint32_t start = polygon->ring_start[r];
            add_run(shapes, polygon->point + start, polygon->ring_start[r + 1] - start,
                    true, r != first);
        }
    }
    end_shape(shapes);
    if (!shapes->failed)
        shapes->clearance[shapes->count - 1] = clearance_of(shapes, shapes->count - 1);
}

void tile_shapes_add_line(struct tile_shapes *shapes, const struct geo_line *line)
{
    begin_shape(shapes);
    if (!shapes->failed)
        add_run(shapes, line->point, line->point_count, false, false);
    end_shape(shapes);
}

// ---- the tree of boxes ----
static uint64_t spread(uint32_t value)
{
    uint64_t v = value;
    v = (v | v << 16) & 0x0000ffff0000ffffu;
    v = (v | v << 8) & 0x00ff00ff00ff00ffu;
    v = (v | v << 4) & 0x0f0f0f0f0f0f0f0fu;
    v = (v | v << 2) & 0x3333333333333333u;
    return (v | v << 1) & 0x5555555555555555u;
}

struct place {
    uint64_t curve;
    uint32_t shape;
};

static int by_curve(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->curve > y->curve) - (x->curve < y->curve);
}

static bool put_in_order(struct tile_shapes *shapes)
{
    struct place *place = malloc((shapes->count + 1) * sizeof(*place));
    shapes->order = malloc((shapes->count + 1) * sizeof(*shapes->order));
    bool good = place && shapes->order;
    for (size_t i = 0; good && i < shapes->count; i++) {
        const struct tile_box *box = &shapes->box[i];
        place[i].curve = spread(box->west + (box->east - box->west) / 2) |
                         spread(box->north + (box->south - box->north) / 2) << 1;
        place[i].shape = (uint32_t)i;
    }
    if (good)
        qsort(place, shapes->count, sizeof(*place), by_curve);
    for (size_t i = 0; good && i < shapes->count; i++)
        shapes->order[i] = place[i].shape;
    free(place);
    return good;
}

static const struct tile_box *box_at(const struct tile_shapes *shapes, size_t level,
                                     size_t at)
{
    return level == 0 ? &shapes->box[shapes->order[at]] : &shapes->level[level][at];
}

static bool build_level(struct tile_shapes *shapes, size_t level)
{
    const size_t below = shapes->level_size[level - 1];
    const size_t size = (below + TILE_FANOUT - 1) / TILE_FANOUT;
    struct tile_box *boxes = malloc(size * sizeof(*boxes));
    if (!boxes)
        return false;
    for (size_t i = 0; i < size; i++) {
        boxes[i] = (struct tile_box){UINT32_MAX, UINT32_MAX, 0, 0};
        for (size_t k = i * TILE_FANOUT; k < below && k < (i + 1) * TILE_FANOUT; k++) {
            const struct tile_box *box = box_at(shapes, level - 1, k);
            extend(&boxes[i], (struct tile_point){box->west, box->north});
            extend(&boxes[i], (struct tile_point){box->east, box->south});
        }
    }
    shapes->level[level] = boxes;
    shapes->level_size[level] = size;
    shapes->level_count = level + 1;
    return true;
}

int tile_shapes_seal(struct tile_shapes *shapes, struct error *error)
{
    bool good = !shapes->failed && put_in_order(shapes);
    shapes->level_size[0] = shapes->count;
    shapes->level_count = 1;
    for (size_t level = 1;
         good && level < TILE_TREE_LEVELS && shapes->level_size[level - 1] > 1; level++)
        good = build_level(shapes, level);
    shapes->sealed = good;
    return good ? 0 : error_set(error, ERROR_LIMIT, "tile.memory", "out of memory");
}

size_t tile_shapes_count(const struct tile_shapes *shapes)
{
    return shapes->count;
}

size_t tile_shapes_bytes(const struct tile_shapes *shapes)
{
    size_t bytes = sizeof(*shapes) + shapes->point_capacity * sizeof(struct tile_point) +
                   shapes->ring_capacity * (sizeof(uint32_t) + sizeof(bool)) +
                   shapes->capacity * (2 * sizeof(uint32_t) + sizeof(struct tile_box)) +
                   shapes->count * sizeof(uint32_t);
    for (size_t i = 1; i < shapes->level_count; i++)
        bytes += shapes->level_size[i] * sizeof(struct tile_box);
    return bytes;
}

struct tile_box tile_shapes_box(const struct tile_shapes *shapes, size_t index)
{
    return shapes->box[index];
}

struct tile_box tile_shapes_bounds(const struct tile_shapes *shapes)
{
    if (shapes->count == 0)
        return (struct tile_box){UINT32_MAX, UINT32_MAX, 0, 0};
    return *box_at(shapes, shapes->level_count - 1, 0);
}

struct tree_place {
    size_t level, at;
};

void tile_shapes_find(const struct tile_shapes *shapes, const struct tile_box *box,
                      bool (*visit)(void *context, size_t index), void *context)
{
    struct tree_place stack[TILE_TREE_LEVELS * TILE_FANOUT];
    size_t depth = 0;
    if (shapes->count > 0)
        stack[depth++] = (struct tree_place){shapes->level_count - 1, 0};
    while (depth > 0) {
        depth--;
        const size_t level = stack[depth].level, at = stack[depth].at;
        if (!tile_box_meets(box_at(shapes, level, at), box))
            continue;
        if (level == 0) {
            if (!visit(context, shapes->order[at]))
                return;
            continue;
        }
        const size_t below = shapes->level_size[level - 1];
        for (size_t k = at * TILE_FANOUT; k < below && k < (at + 1) * TILE_FANOUT; k++)
            stack[depth++] = (struct tree_place){level - 1, k};
    }
}
