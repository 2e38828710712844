// SPDX-License-Identifier: MPL-2.0
// Noding: borders that two polygons share become the same chain of vertices.
//
// Vertices within the tolerance of each other become one; a vertex within the tolerance of
// an edge is put into it. An edge is cut from its lower end to its upper one whichever way
// round a polygon walks it, so that both neighbours get the same chain.
#include <gridcase/geo/partition.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PASSES = 8, CUTS = 512 };

// Distinct vertices in square cells, found through a hash of the cell.
struct vertices {
    struct geo_point *point;
    uint32_t *next; // in the same cell; UINT32_MAX at the end
    uint32_t *head; // by hash
    size_t count, capacity, buckets;
    int64_t cell;
};

static size_t bucket_of(const struct vertices *set, int64_t cx, int64_t cy)
{
    uint64_t h = (uint64_t)cx * 0x9E3779B97F4A7C15U ^ (uint64_t)cy * 0xC2B2AE3D27D4EB4FU;
    h ^= h >> 29;
    h *= 0xBF58476D1CE4E5B9U;
    return (size_t)((h >> 32) & (set->buckets - 1));
}

static int64_t cell_of(const struct vertices *set, int64_t value)
{
    return value >= 0 ? value / set->cell : -((-value + set->cell - 1) / set->cell);
}

static int vertices_init(struct vertices *set, size_t capacity, int64_t cell,
                         struct error *error)
{
    *set = (struct vertices){.capacity = capacity, .buckets = 16, .cell = cell};
    while (set->buckets < capacity)
        set->buckets *= 2;
    set->point = calloc(capacity + 1, sizeof(*set->point));
    set->next = calloc(capacity + 1, sizeof(*set->next));
    set->head = malloc(set->buckets * sizeof(*set->head));
    if (!set->point || !set->next || !set->head)
        return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    memset(set->head, 0xFF, set->buckets * sizeof(*set->head));
    return 0;
}

static void vertices_done(struct vertices *set)
{
    free(set->point);
    free(set->next);
    free(set->head);
    *set = (struct vertices){0};
}

static void vertices_add(struct vertices *set, struct geo_point point)
{
    size_t bucket = bucket_of(set, cell_of(set, point.x), cell_of(set, point.y));
    set->point[set->count] = point;
    set->next[set->count] = set->head[bucket];
    set->head[bucket] = (uint32_t)set->count++;
}

// A vertex of the set within tolerance of point; NULL when there is none.
static const struct geo_point *vertices_near(const struct vertices *set,
                                             struct geo_point point, int64_t tolerance)
{
    int64_t x = cell_of(set, point.x);
    int64_t y = cell_of(set, point.y);
    for (int64_t cy = y - 1; cy <= y + 1; cy++)
        for (int64_t cx = x - 1; cx <= x + 1; cx++)
            for (uint32_t i = set->head[bucket_of(set, cx, cy)]; i != UINT32_MAX;
                 i = set->next[i]) {
                int64_t dx = (int64_t)set->point[i].x - point.x;
                int64_t dy = (int64_t)set->point[i].y - point.y;
                if (llabs(dx) <= tolerance && llabs(dy) <= tolerance &&
                    dx * dx + dy * dy <= tolerance * tolerance)
                    return &set->point[i];
            }
    return NULL;
}

static bool same(struct geo_point a, struct geo_point b)
{
    return a.x == b.x && a.y == b.y;
}

// ---- merging vertices ----
static int merge_vertices(struct geo_polygon **polygons, size_t count, int tolerance,
                          struct error *error)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += polygons[i] ? polygons[i]->point_count : 0;
    struct vertices set;
    int code = vertices_init(&set, total, (int64_t)tolerance + 1, error);
    for (size_t i = 0; i < count && code == 0; i++)
        for (size_t p = 0; polygons[i] && p < polygons[i]->point_count; p++) {
            struct geo_point *point = &polygons[i]->point[p];
            const struct geo_point *other = vertices_near(&set, *point, tolerance);
            if (other)
                *point = *other;
            else
                vertices_add(&set, *point);
        }
    vertices_done(&set);
    return code;
}

// ---- cutting edges ----
struct cut {
    double along; // 0 at the edge's lower end
    struct geo_point point;
};

static int compare_cuts(const void *a, const void *b)
{
    const struct cut *x = a;
    const struct cut *y = b;
    if (x->along != y->along)
        return x->along > y->along ? 1 : -1;
    if (x->point.y != y->point.y)
        return x->point.y > y->point.y ? 1 : -1;
    return (x->point.x > y->point.x) - (x->point.x < y->point.x);
}

static void try_cut(struct geo_point a, struct geo_point b, struct geo_point v,
                    int64_t tolerance, struct cut *cuts, size_t *count)
{
    double dx = (double)b.x - a.x;
    double dy = (double)b.y - a.y;
    double px = (double)v.x - a.x;
    double py = (double)v.y - a.y;
    double square = dx * dx + dy * dy;
    double along = (px * dx + py * dy) / square;
    double away = px * dy - py * dx;
    double limit = (double)tolerance * (double)tolerance;
    if (along > 0 && along < 1 && away * away <= limit * square && !same(a, v) &&
        !same(b, v) && *count < CUTS)
        cuts[(*count)++] = (struct cut){along, v};
}

static void cell_cuts(const struct vertices *set, int64_t cx, int64_t cy,
                      const struct geo_point ends[2], int64_t tolerance, struct cut *cuts,
                      size_t *count)
{
    for (uint32_t i = set->head[bucket_of(set, cx, cy)]; i != UINT32_MAX; i = set->next[i])
        if (cell_of(set, set->point[i].x) == cx && cell_of(set, set->point[i].y) == cy)
            try_cut(ends[0], ends[1], set->point[i], tolerance, cuts, count);
}

// Vertices on the edge from ends[0] (lower) to ends[1], in order.
static size_t edge_cuts(const struct vertices *set, const struct geo_point ends[2],
                        int64_t tolerance, struct cut *cuts)
{
    size_t count = 0;
    struct geo_point a = ends[0];
    struct geo_point b = ends[1];
    int64_t first = cell_of(set, a.y - tolerance);
    int64_t last = cell_of(set, b.y + tolerance);
    double slope = b.y > a.y ? ((double)b.x - a.x) / ((double)b.y - a.y) : 0;
    for (int64_t cy = first; cy <= last; cy++) {
        // The piece of the edge in this row of cells, a little widened.
        double low = fmax((double)(cy * set->cell - tolerance), a.y);
        double high = fmin((double)((cy + 1) * set->cell + tolerance), b.y);
        double x0 = b.y > a.y ? a.x + (low - a.y) * slope : a.x;
        double x1 = b.y > a.y ? a.x + (high - a.y) * slope : b.x;
        double west = fmin(x0, x1) - (double)tolerance - 1;
        double east = fmax(x0, x1) + (double)tolerance + 1;
        for (int64_t cx = cell_of(set, (int64_t)floor(west));
             cx <= cell_of(set, (int64_t)ceil(east)); cx++)
            cell_cuts(set, cx, cy, ends, tolerance, cuts, &count);
    }
    qsort(cuts, count, sizeof(*cuts), compare_cuts);
    return count;
}

struct points {
    struct geo_point *point;
    size_t count, capacity;
};

static bool points_add(struct points *out, struct geo_point point)
{
    if (out->count == out->capacity) {
        size_t capacity = out->capacity * 2 + 64;
        struct geo_point *bigger = realloc(out->point, capacity * sizeof(*bigger));
        if (!bigger)
            return false;
        out->point = bigger;
        out->capacity = capacity;
    }
    out->point[out->count++] = point;
    return true;
}

// Takes repeated points and spikes (a, b, a) out of the ring that begins at `first`.
static void ring_clean(struct points *out, size_t first)
{
    size_t kept = first;
    for (size_t i = first; i < out->count; i++) {
        struct geo_point p = out->point[i];
        if (kept > first && same(out->point[kept - 1], p))
            continue;
        if (kept > first + 1 && same(out->point[kept - 2], p)) {
            kept--;
            continue;
        }
        out->point[kept++] = p;
    }
    while (kept > first + 1 && same(out->point[kept - 1], out->point[first]))
        kept--;
    out->count = kept;
}

struct ring {
    const struct geo_point *point;
    size_t count;
};

static bool ring_cut(const struct vertices *set, const struct ring *ring, int64_t tolerance,
                     struct points *out, bool *changed)
{
    struct cut cuts[CUTS];
    bool good = true;
    for (size_t i = 0; i < ring->count && good; i++) {
        struct geo_point a = ring->point[i];
        struct geo_point b = ring->point[i + 1 < ring->count ? i + 1 : 0];
        bool up = a.y < b.y || (a.y == b.y && a.x < b.x);
        struct geo_point ends[2] = {up ? a : b, up ? b : a};
        good = points_add(out, a);
        if (same(a, b))
            continue;
        size_t count = edge_cuts(set, ends, tolerance, cuts);
        *changed = *changed || count > 0;
        for (size_t k = 0; k < count && good; k++)
            good = points_add(out, cuts[up ? k : count - 1 - k].point);
    }
    return good;
}

static int polygon_cut(const struct vertices *set, struct geo_polygon *polygon,
                       int64_t tolerance, bool *changed, struct error *error)
{
    struct points out = {0};
    uint32_t begin = polygon->ring_start[0];
    for (size_t r = 0; r < polygon->ring_count; r++) {
        struct ring ring = {polygon->point + begin, polygon->ring_start[r + 1] - begin};
        size_t first = out.count;
        if (!ring_cut(set, &ring, tolerance, &out, changed)) {
            free(out.point);
            return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
        }
        ring_clean(&out, first);
        begin = polygon->ring_start[r + 1];
        polygon->ring_start[r + 1] = (uint32_t)out.count;
    }
    free(polygon->point);
    polygon->point = out.point;
    polygon->point_count = out.count;
    return 0;
}

static int64_t mean_edge(struct geo_polygon *const *polygons, size_t count)
{
    double sum = 0;
    size_t edges = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t p = 1; polygons[i] && p < polygons[i]->point_count; p++) {
            struct geo_point a = polygons[i]->point[p - 1];
            struct geo_point b = polygons[i]->point[p];
            sum += hypot((double)a.x - b.x, (double)a.y - b.y);
            edges++;
        }
    return edges ? (int64_t)(sum / (double)edges) + 1 : 1;
}

static int distinct_vertices(struct geo_polygon *const *polygons, size_t count,
                             int64_t cell, struct vertices *set, struct error *error)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += polygons[i] ? polygons[i]->point_count : 0;
    int code = vertices_init(set, total, cell, error);
    for (size_t i = 0; i < count && code == 0; i++)
        for (size_t p = 0; polygons[i] && p < polygons[i]->point_count; p++) {
            struct geo_point point = polygons[i]->point[p];
            size_t bucket = bucket_of(set, cell_of(set, point.x), cell_of(set, point.y));
            uint32_t at = set->head[bucket];
            while (at != UINT32_MAX && !same(set->point[at], point))
                at = set->next[at];
            if (at == UINT32_MAX)
                vertices_add(set, point);
        }
    return code;
}

int geo_partition_node(struct geo_polygon **polygons, size_t count, int tolerance,
                       struct error *error)
{
    int code = tolerance > 0 ? merge_vertices(polygons, count, tolerance, error) : 0;
    int64_t cell = mean_edge(polygons, count) * 2;
    if (cell < (int64_t)tolerance * 4)
        cell = (int64_t)tolerance * 4;
    bool changed = true;
    for (int pass = 0; pass < PASSES && changed && code == 0; pass++) {
        struct vertices set;
        changed = false;
        code = distinct_vertices(polygons, count, cell, &set, error);
        for (size_t i = 0; i < count && code == 0; i++)
            if (polygons[i])
                code = polygon_cut(&set, polygons[i], tolerance, &changed, error);
        vertices_done(&set);
    }
    return code;
}
