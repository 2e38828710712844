// SPDX-License-Identifier: MPL-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/file.h>

__extension__ typedef __int128 wide;

// ---- chance that is the same in every run ----
static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
    chance_state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = chance_state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) % below);
}

static int32_t between(int32_t low, int32_t high)
{
    return low + (int32_t)chance((uint32_t)(high - low + 1));
}

// ---- brute force: every edge of every shape, even-odd, half-open ----
static bool holds(const struct geo_polygon *polygon, struct geo_point p)
{
    bool inside = false;
    for (size_t r = 0; r < polygon->ring_count; r++) {
        uint32_t first = polygon->ring_start[r];
        uint32_t end = polygon->ring_start[r + 1];
        for (uint32_t i = first; i < end; i++) {
            struct geo_point a = polygon->point[i];
            struct geo_point b = polygon->point[i + 1 < end ? i + 1 : first];
            if ((a.y > p.y) == (b.y > p.y))
                continue;
            wide left = (wide)((int64_t)p.x - a.x) * ((int64_t)b.y - a.y);
            wide right = (wide)((int64_t)b.x - a.x) * ((int64_t)p.y - a.y);
            inside ^= b.y > a.y ? left < right : left > right;
        }
    }
    return inside;
}

struct world {
    size_t count;
    struct geo_polygon *polygon;
    struct locator_shape *shape;
};

static struct geo_polygon ring_polygon(const struct geo_point *point, size_t count)
{
    struct geo_polygon p = {.part_count = 1, .ring_count = 1, .point_count = count};
    p.part_start = calloc(2, sizeof(*p.part_start));
    p.ring_start = calloc(2, sizeof(*p.ring_start));
    p.point = calloc(count + 1, sizeof(*p.point));
    assert_true(p.part_start && p.ring_start && p.point);
    p.part_start[1] = 1;
    p.ring_start[1] = (uint32_t)count;
    memcpy(p.point, point, count * sizeof(*point));
    return p;
}

static void add_ring(struct geo_polygon *p, const struct geo_point *point, size_t count)
{
    p->ring_start = realloc(p->ring_start, (p->ring_count + 2) * sizeof(*p->ring_start));
    p->point = realloc(p->point, (p->point_count + count) * sizeof(*p->point));
    assert_true(p->ring_start && p->point);
    memcpy(p->point + p->point_count, point, count * sizeof(*point));
    p->point_count += count;
    p->ring_start[++p->ring_count] = (uint32_t)p->point_count;
    p->part_start[1] = (uint32_t)p->ring_count;
}

static void polygon_done(struct geo_polygon *p)
{
    free(p->part_start);
    free(p->ring_start);
    free(p->point);
}

static struct world world_new(size_t count)
{
    struct world w = {count, calloc(count + 1, sizeof(*w.polygon)),
                      calloc(count + 1, sizeof(*w.shape))};
    assert_true(w.polygon && w.shape);
    for (size_t i = 0; i < count; i++)
        w.shape[i] = (struct locator_shape){(int64_t)i + 1, &w.polygon[i]};
    return w;
}

static void world_done(struct world *w)
{
    for (size_t i = 0; i < w->count; i++)
        polygon_done(&w->polygon[i]);
    free(w->polygon);
    free(w->shape);
}

static int64_t brute(const struct world *w, struct geo_point p)
{
    for (size_t i = 0; i < w->count; i++)
        if (holds(&w->polygon[i], p))
            return w->shape[i].id;
    return 0;
}

// Irregular cells that share their borders, vertex for vertex: columns x rows of them, each
// about `side` lattice steps wide, with `bends` vertices along a side.
struct mesh {
    int32_t columns, rows, side, bends;
    struct geo_point origin;
};

// Vertex number `step` (0 .. bends + 1) of the border that starts at node (i, j) and runs
// east (up = 0) or north (up = 1): the same from both of its cells.
static struct geo_point mesh_vertex(const struct mesh *m, int32_t i, int32_t j, int up,
                                    int32_t step)
{
    if (step == m->bends + 1) {
        i += !up;
        j += up;
        step = 0;
    }
    uint64_t kept = chance_state;
    chance_state = (uint64_t)(uint32_t)(i + 7) << 32 ^ (uint64_t)(uint32_t)(j + 7) << 8 ^
                   (uint64_t)(uint32_t)(step * 2 + (step ? up : 0));
    int32_t jitter = step ? m->side / (3 * (m->bends + 1)) : m->side / 4;
    struct geo_point p = {m->origin.x + i * m->side, m->origin.y + j * m->side};
    p.x += between(-jitter, jitter);
    p.y += between(-jitter, jitter);
    chance_state = kept;
    if (step) {
        struct geo_point a = mesh_vertex(m, i, j, up, 0);
        struct geo_point b = mesh_vertex(m, i, j, up, m->bends + 1);
        p.x += a.x + (b.x - a.x) / (m->bends + 1) * step - m->origin.x - i * m->side;
        p.y += a.y + (b.y - a.y) / (m->bends + 1) * step - m->origin.y - j * m->side;
    }
    return p;
}

static struct world mesh_world(const struct mesh *m)
{
    struct world w = world_new((size_t)m->columns * (size_t)m->rows);
    struct geo_point *ring = calloc((size_t)(m->bends + 1) * 4, sizeof(*ring));
    assert_non_null(ring);
    for (int32_t j = 0; j < m->rows; j++)
        for (int32_t i = 0; i < m->columns; i++) {
            size_t n = 0;
            for (int32_t s = 0; s <= m->bends; s++)
                ring[n++] = mesh_vertex(m, i, j, 0, s);
            for (int32_t s = 0; s <= m->bends; s++)
                ring[n++] = mesh_vertex(m, i + 1, j, 1, s);
            for (int32_t s = m->bends + 1; s > 0; s--)
                ring[n++] = mesh_vertex(m, i, j + 1, 0, s);
            for (int32_t s = m->bends + 1; s > 0; s--)
                ring[n++] = mesh_vertex(m, i, j, 1, s);
            w.polygon[j * m->columns + i] = ring_polygon(ring, n);
        }
    free(ring);
    return w;
}

static struct locator *build(const struct world *w)
{
    struct locator *locator = NULL;
    struct error error = {0};
    if (locator_build(w->shape, w->count, 7, &locator, &error) < 0)
        fail_msg("%s", error.message);
    return locator;
}

// A point worth asking for: on a vertex, on or beside an edge, or anywhere near.
static struct geo_point interesting_point(const struct world *w, int32_t reach)
{
    const struct geo_polygon *p = &w->polygon[chance((uint32_t)w->count)];
    uint32_t i = chance((uint32_t)p->point_count);
    struct geo_point a = p->point[i];
    struct geo_point b = p->point[(i + 1) % p->point_count];
    switch (chance(5)) {
    case 0:
        return a;
    case 1: // beside a vertex
        return (struct geo_point){a.x + between(-1, 1), a.y + between(-1, 1)};
    case 2: // on an edge, or within a step of it
        b.x = (int32_t)(((int64_t)a.x + b.x) / 2);
        b.y = (int32_t)(((int64_t)a.y + b.y) / 2);
        return b;
    case 3:
        b.x = (int32_t)(a.x + ((int64_t)b.x - a.x) * chance(1000) / 1000) + between(-1, 1);
        b.y = (int32_t)(a.y + ((int64_t)b.y - a.y) * chance(1000) / 1000) + between(-1, 1);
        return b;
    default:
        return (struct geo_point){a.x + between(-reach, reach),
                                  a.y + between(-reach, reach)};
    }
}

static void compare(const struct world *w, const struct locator *locator, size_t points,
                    int32_t reach)
{
    struct geo_point batch[100];
    int64_t ids[100];
    for (size_t done = 0; done < points; done += 100) {
        for (size_t i = 0; i < 100; i++)
            batch[i] = interesting_point(w, reach);
        locator_find_many(locator, batch, 100, ids);
        for (size_t i = 0; i < 100; i++) {
            int64_t expected = brute(w, batch[i]);
            int64_t found = locator_find(locator, batch[i]);
            if (found != expected || ids[i] != expected)
                fail_msg("point %d %d: expected %lld, found %lld, in a batch %lld",
                         (int)batch[i].x, (int)batch[i].y, (long long)expected,
                         (long long)found, (long long)ids[i]);
        }
    }
}

static void a_mesh_agrees_with_brute_force(void **state)
{
    (void)state;
    static const struct mesh meshes[] = {
        {12, 9, 12000, 5, {-710000000, 423000000}},
        {12, 9, 12000, 0, {0, 0}},
        {7, 7, 300, 3, {-1000, -1000}},
        {20, 20, 12, 0, {-120, -120}},
        {3, 3, 40000000, 30, {1000000000, -300000000}},
        {6, 6, 900000, 40, {1149000000, 305000000}},
    };
    for (size_t i = 0; i < sizeof(meshes) / sizeof(*meshes); i++) {
        struct world w = mesh_world(&meshes[i]);
        struct locator *locator = build(&w);
        chance_state = i;
        compare(&w, locator, 20000, meshes[i].side);
        locator_free(locator);
        world_done(&w);
    }
}

static void every_lattice_point_of_a_small_partition_has_one_owner(void **state)
{
    (void)state;
    const struct mesh m = {6, 6, 40, 1, {-120, -120}};
    struct world w = mesh_world(&m);
    struct locator *locator = build(&w);
    for (int32_t y = -150; y < 150; y++)
        for (int32_t x = -150; x < 150; x++) {
            struct geo_point p = {x, y};
            size_t owners = 0;
            for (size_t i = 0; i < w.count; i++)
                owners += holds(&w.polygon[i], p);
            assert_true(owners <= 1);
            if (x > -90 && x < 90 && y > -90 && y < 90)
                assert_int_equal(owners, 1);
            assert_int_equal(locator_find(locator, p), brute(&w, p));
        }
    locator_free(locator);
    world_done(&w);
}

static void random_tangles_agree_with_brute_force(void **state)
{
    (void)state;
    // Shapes that cross themselves and each other, at every size from steps to continents.
    for (uint32_t round = 0; round < 150; round++) {
        chance_state = 1000 + round;
        struct world w = world_new(1 + chance(12));
        int32_t size = 4 << chance(27);
        struct geo_point origin = {between(-900000000, 900000000),
                                   between(-300000000, 300000000)};
        for (size_t i = 0; i < w.count; i++) {
            struct geo_point ring[12];
            size_t n = 3 + chance(10);
            int32_t own = size >> chance(4);
            for (size_t k = 0; k < n; k++)
                ring[k] = (struct geo_point){origin.x + between(-own, own) / 2,
                                             origin.y + between(-own, own) / 2};
            w.polygon[i] = ring_polygon(ring, n);
            if (chance(2))
                add_ring(&w.polygon[i], ring, 3); // a hole along the same edges
        }
        struct locator *locator = build(&w);
        compare(&w, locator, 2000, size / 2 + 2);
        locator_free(locator);
        world_done(&w);
    }
}

static void overlaps_go_to_the_first(void **state)
{
    (void)state;
    const struct geo_point a[] = {{0, 0}, {100000, 0}, {100000, 100000}, {0, 100000}};
    const struct geo_point b[] = {
        {50000, 0}, {150000, 0}, {150000, 100000}, {50000, 100000}};
    struct world w = world_new(2);
    w.polygon[0] = ring_polygon(a, 4);
    w.polygon[1] = ring_polygon(b, 4);
    w.shape[0].id = 9;
    w.shape[1].id = 3;
    struct locator *locator = build(&w);
    assert_int_equal(locator_find(locator, (struct geo_point){75000, 50000}), 9);
    assert_int_equal(locator_find(locator, (struct geo_point){120000, 50000}), 3);
    compare(&w, locator, 5000, 60000);
    locator_free(locator);
    world_done(&w);
}

static void borders_and_corners_follow_the_half_open_rule(void **state)
{
    (void)state;
    // Four squares around the origin, 1 = south-west, 2 = south-east, 3 = north-west, 4.
    struct world w = world_new(4);
    for (int32_t i = 0; i < 4; i++) {
        int32_t x = i % 2 ? 0 : -1000;
        int32_t y = i / 2 ? 0 : -1000;
        const struct geo_point ring[] = {
            {x, y}, {x + 1000, y}, {x + 1000, y + 1000}, {x, y + 1000}};
        w.polygon[i] = ring_polygon(ring, 4);
    }
    struct locator *locator = build(&w);
    static const struct {
        struct geo_point p;
        int64_t id;
    } rows[] = {
        {{0, 0}, 4},        {{-1, -1}, 1},       {{0, -1}, 2},        {{-1, 0}, 3},
        {{0, -500}, 2},     {{-500, 0}, 3},      {{0, 500}, 4},       {{500, 0}, 4},
        {{-1000, 0}, 3},    {{-1000, -1000}, 1}, {{0, -1000}, 2},     {{1000, 0}, 0},
        {{0, 1000}, 0},     {{999, 999}, 4},     {{1000, 1000}, 0},   {{-1001, 0}, 0},
        {{500, 1000}, 0},   {{1000, -1000}, 0},  {{-1000, 1000}, 0},  {{-1000, 999}, 3},
        {{0, -1001}, 0},    {{INT32_MIN, 0}, 0}, {{INT32_MAX, 0}, 0}, {{0, INT32_MIN}, 0},
        {{0, INT32_MAX}, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_int_equal(locator_find(locator, rows[i].p), rows[i].id);
        assert_int_equal(brute(&w, rows[i].p), rows[i].id);
    }
    locator_free(locator);
    world_done(&w);
}

static void holes_and_islands_in_them_are_kept_apart(void **state)
{
    (void)state;
    const struct geo_point outer[] = {{0, 0}, {90000, 0}, {90000, 90000}, {0, 90000}};
    const struct geo_point hole[] = {
        {30000, 30000}, {60000, 30000}, {60000, 60000}, {30000, 60000}};
    const struct geo_point island[] = {
        {40000, 40000}, {50000, 40000}, {50000, 50000}, {40000, 50000}};
    struct world w = world_new(2);
    w.polygon[0] = ring_polygon(outer, 4);
    add_ring(&w.polygon[0], hole, 4);
    add_ring(&w.polygon[0], island, 4); // a second part of shape 1
    w.polygon[1] = ring_polygon(hole, 4);
    add_ring(&w.polygon[1], island, 4);
    struct locator *locator = build(&w);
    assert_int_equal(locator_find(locator, (struct geo_point){10, 10}), 1);
    assert_int_equal(locator_find(locator, (struct geo_point){35000, 45000}), 2);
    assert_int_equal(locator_find(locator, (struct geo_point){45000, 45000}), 1);
    assert_int_equal(locator_find(locator, (struct geo_point){30000, 45000}), 2);
    assert_int_equal(locator_find(locator, (struct geo_point){60000, 45000}), 1);
    compare(&w, locator, 5000, 60000);
    locator_free(locator);
    world_done(&w);
}

static void slivers_one_step_wide_are_found(void **state)
{
    (void)state;
    // Between two squares a sliver one lattice step wide at one end and none at the other.
    const int32_t n = 1000000;
    const struct geo_point a[] = {{0, 0}, {n, 0}, {n, n}, {0, n}};
    const struct geo_point b[] = {{n, 0}, {n + 1, n}, {n, n}};
    const struct geo_point c[] = {{n, 0}, {2 * n, 0}, {2 * n, n}, {n + 1, n}};
    struct world w = world_new(3);
    w.polygon[0] = ring_polygon(a, 4);
    w.polygon[1] = ring_polygon(b, 3);
    w.polygon[2] = ring_polygon(c, 4);
    struct locator *locator = build(&w);
    for (int32_t y = -2; y < n + 2; y += 999)
        for (int32_t x = n - 2; x <= n + 2; x++)
            assert_int_equal(locator_find(locator, (struct geo_point){x, y}),
                             brute(&w, (struct geo_point){x, y}));
    assert_int_equal(locator_find(locator, (struct geo_point){n, 500000}), 2);
    assert_int_equal(locator_find(locator, (struct geo_point){n + 1, 500000}), 3);
    locator_free(locator);
    world_done(&w);
}

static void no_shapes_and_flat_shapes_hold_nothing(void **state)
{
    (void)state;
    struct world w = world_new(0);
    struct locator *locator = build(&w);
    assert_int_equal(locator_find(locator, (struct geo_point){0, 0}), 0);
    assert_int_equal(locator_shapes(locator), 0);
    locator_free(locator);
    world_done(&w);
    const struct geo_point flat[] = {{0, 0}, {1000, 1000}, {500, 500}};
    const struct geo_point dot[] = {{5, 5}, {5, 5}};
    w = world_new(2);
    w.polygon[0] = ring_polygon(flat, 3);
    w.polygon[1] = ring_polygon(dot, 2);
    locator = build(&w);
    for (int32_t i = -2; i < 1002; i++)
        assert_int_equal(locator_find(locator, (struct geo_point){i, i}), 0);
    locator_free(locator);
    world_done(&w);
}

static void bad_shapes_are_refused(void **state)
{
    (void)state;
    const struct geo_point around[] = {{-1790000000, 0}, {1790000000, 0}, {0, 1000}};
    struct world w = world_new(1);
    w.polygon[0] = ring_polygon(around, 3);
    struct locator *locator = NULL;
    struct error error = {0};
    assert_int_equal(locator_build(w.shape, 1, 1, &locator, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "locator.wraps");
    w.polygon[0].point[0].x = 0;
    w.shape[0].id = 0;
    assert_int_equal(locator_build(w.shape, 1, 1, &locator, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "locator.id");
    assert_null(locator);
    world_done(&w);
}

static void many_shapes_at_one_point(void **state)
{
    (void)state;
    // A star of 60 wedges works; a pile of 100 equal shapes is refused.
    struct world w = world_new(60);
    static const int32_t square[][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    struct geo_point rim[61];
    for (int32_t i = 0; i < 60; i++) {
        int32_t side = i / 15;
        int32_t step = i % 15;
        const int32_t *a = square[side];
        const int32_t *b = square[(side + 1) % 4];
        rim[i] = (struct geo_point){a[0] * 15000 + (b[0] - a[0]) * 1000 * step,
                                    a[1] * 15000 + (b[1] - a[1]) * 1000 * step};
    }
    rim[60] = rim[0];
    for (size_t i = 0; i < 60; i++) {
        const struct geo_point ring[] = {{0, 0}, rim[i], rim[i + 1]};
        w.polygon[i] = ring_polygon(ring, 3);
    }
    struct locator *locator = build(&w);
    compare(&w, locator, 20000, 50);
    locator_free(locator);
    world_done(&w);
    w = world_new(100);
    for (size_t i = 0; i < 100; i++)
        w.polygon[i] = ring_polygon(rim, 60);
    struct error error = {0};
    locator = NULL;
    assert_int_equal(locator_build(w.shape, 100, 1, &locator, &error), ERROR_LIMIT);
    assert_string_equal(error.slug, "locator.too_dense");
    world_done(&w);
}

static void scattered_grids_cost_little_memory(void **state)
{
    (void)state;
    // 1,000 grids of about 100 m scattered over 300 x 300 km.
    struct world w = world_new(1000);
    chance_state = 5;
    for (size_t i = 0; i < w.count; i++) {
        int32_t x = 1000000000 + between(0, 35000000);
        int32_t y = 300000000 + between(0, 27000000);
        const struct geo_point ring[] = {{x, y},
                                         {x + 9000 + between(0, 3000), y + between(0, 900)},
                                         {x + 9000, y + 9000},
                                         {x + between(0, 900), y + 10000}};
        w.polygon[i] = ring_polygon(ring, 4);
    }
    struct locator *locator = build(&w);
    print_message("scattered: %.1f MB\n", (double)locator_bytes(locator) / 1e6);
    assert_true(locator_bytes(locator) < 20000000);
    compare(&w, locator, 3000, 12000);
    locator_free(locator);
    world_done(&w);
}

static void far_outliers_cost_little_memory(void **state)
{
    (void)state;
    // One stray grid on the other side of the globe, and one grid as large as a country.
    const struct mesh m = {20, 20, 9000, 3, {-710000000, 423000000}};
    struct world w = mesh_world(&m);
    for (size_t i = 0; i < w.polygon[0].point_count; i++)
        w.polygon[0].point[i].x += 1700000000;
    for (size_t i = 0; i < w.polygon[1].point_count; i++) {
        w.polygon[1].point[i].x = (w.polygon[1].point[i].x + 710000000) * 5000;
        w.polygon[1].point[i].y = (w.polygon[1].point[i].y - 423000000) * 1000;
    }
    struct locator *locator = build(&w);
    print_message("outliers: %.1f MB\n", (double)locator_bytes(locator) / 1e6);
    assert_true(locator_bytes(locator) < 60000000);
    compare(&w, locator, 3000, 12000);
    locator_free(locator);
    world_done(&w);
}

// ---- the nearest shape ----
static double away_m(const struct geo_polygon *polygon, struct geo_point p)
{
    const double y_m = 6371008.8 * M_PI / 180 / 1e7;
    const double x_m = y_m * cos(p.y / 1e7 * M_PI / 180);
    double best = HUGE_VAL;
    for (size_t i = 0; i < polygon->point_count; i++) {
        struct geo_point a = polygon->point[i];
        struct geo_point b = polygon->point[(i + 1) % polygon->point_count];
        double ax = ((double)a.x - p.x) * x_m;
        double ay = ((double)a.y - p.y) * y_m;
        double dx = ((double)b.x - a.x) * x_m;
        double dy = ((double)b.y - a.y) * y_m;
        double t = -(ax * dx + ay * dy) / (dx * dx + dy * dy);
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        best = fmin(best, hypot(ax + t * dx, ay + t * dy));
    }
    return best;
}

static void the_nearest_shape_agrees_with_brute_force(void **state)
{
    (void)state;
    const struct mesh m = {4, 4, 12000, 3, {-710000000, 423000000}};
    struct world w = mesh_world(&m);
    struct locator *locator = build(&w);
    chance_state = 3;
    size_t found_some = 0;
    for (int round = 0; round < 3000; round++) {
        struct geo_point p = {m.origin.x + between(-40000, 90000),
                              m.origin.y + between(-40000, 90000)};
        double best = HUGE_VAL;
        double found_m = -1;
        for (size_t i = 0; i < w.count; i++)
            best = fmin(best, away_m(&w.polygon[i], p));
        int64_t inside = brute(&w, p);
        int64_t found = locator_nearest(locator, p, 200, &found_m);
        if (inside) {
            assert_int_equal(found, inside);
            assert_true(found_m == 0);
        } else if (best > 200.001) {
            assert_int_equal(found, 0);
            assert_true(found_m == -1); // not written
        } else if (best < 199.999) {
            found_some++;
            assert_true(found > 0 && fabs(found_m - best) < 0.001);
            assert_true(fabs(away_m(&w.polygon[found - 1], p) - best) < 0.001);
        }
    }
    assert_true(found_some > 300);
    double unused;
    assert_int_equal(locator_nearest(locator, (struct geo_point){0, 0}, nan(""), &unused),
                     0);
    locator_free(locator);
    world_done(&w);
}

// ---- files ----
static const char file_path_text[] = "/tmp/gridcase-test-locator.bin";

static struct world small_world(int64_t first_id)
{
    const struct mesh m = {5, 5, 2000, 3, {0, 0}};
    struct world w = mesh_world(&m);
    for (size_t i = 0; i < w.count; i++)
        w.shape[i].id = first_id + (int64_t)i;
    return w;
}

static void a_file_answers_as_what_was_built(void **state)
{
    (void)state;
    static const int64_t firsts[] = {1, INT64_C(5000000000)}; // direct and listed ids
    for (size_t k = 0; k < 2; k++) {
        struct world w = small_world(firsts[k]);
        struct locator *built = build(&w);
        struct locator *opened = NULL;
        struct error error = {0};
        assert_int_equal(locator_write(built, file_path_text, &error), 0);
        assert_int_equal(locator_open(file_path_text, 7, &opened, &error), 0);
        compare(&w, opened, 5000, 3000);
        compare(&w, built, 5000, 3000);
        assert_int_equal(locator_model_version(opened), 7);
        assert_int_equal(locator_shapes(opened), 25);
        assert_int_equal(locator_bytes(opened), locator_bytes(built));
        // A new file under the same name leaves who has the old one open undisturbed.
        struct world other = small_world(100);
        struct locator *next = build(&other);
        assert_int_equal(locator_write(next, file_path_text, &error), 0);
        compare(&w, opened, 1000, 3000);
        locator_free(next);
        world_done(&other);
        locator_free(opened);
        locator_free(built);
        world_done(&w);
    }
    remove(file_path_text);
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    struct world w = small_world(1);
    struct locator *locator = build(&w);
    struct locator *opened = NULL;
    struct error error = {0};
    assert_int_equal(locator_open("/tmp/gridcase-test-no-such", 0, &opened, &error),
                     ERROR_NOT_FOUND);
    assert_int_equal(locator_write(locator, file_path_text, &error), 0);
    assert_int_equal(locator_open(file_path_text, 8, &opened, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "locator.file");
    struct buffer good;
    buffer_init(&good, BUFFER_CEILING_FILE);
    assert_int_equal(file_read(file_path_text, &good, &error), 0);
    for (uint32_t round = 0; round < 400; round++) {
        chance_state = round;
        char *bad = malloc(good.length);
        assert_non_null(bad);
        memcpy(bad, good.data, good.length);
        size_t length = good.length;
        if (round % 4 == 0)
            length = chance((uint32_t)length); // truncated
        else if (round % 4 == 1)
            bad[chance(128)] ^= (char)(1 << chance(8));
        else
            bad[chance((uint32_t)length)] ^= (char)(1 << chance(8));
        if (round % 4 != 0 && memcmp(bad, good.data, length) == 0)
            fail_msg("nothing was changed");
        assert_int_equal(file_write_atomic(file_path_text, bad, length, &error), 0);
        int code = locator_open(file_path_text, 0, &opened, &error);
        if (code != ERROR_INPUT || strcmp(error.slug, "locator.file") != 0)
            fail_msg("round %u: %d %s", round, code, error.message);
        free(bad);
    }
    buffer_done(&good);
    remove(file_path_text);
    locator_free(locator);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mesh_agrees_with_brute_force),
        cmocka_unit_test(every_lattice_point_of_a_small_partition_has_one_owner),
        cmocka_unit_test(random_tangles_agree_with_brute_force),
        cmocka_unit_test(overlaps_go_to_the_first),
        cmocka_unit_test(borders_and_corners_follow_the_half_open_rule),
        cmocka_unit_test(holes_and_islands_in_them_are_kept_apart),
        cmocka_unit_test(slivers_one_step_wide_are_found),
        cmocka_unit_test(no_shapes_and_flat_shapes_hold_nothing),
        cmocka_unit_test(bad_shapes_are_refused),
        cmocka_unit_test(many_shapes_at_one_point),
        cmocka_unit_test(scattered_grids_cost_little_memory),
        cmocka_unit_test(far_outliers_cost_little_memory),
        cmocka_unit_test(the_nearest_shape_agrees_with_brute_force),
        cmocka_unit_test(a_file_answers_as_what_was_built),
        cmocka_unit_test(broken_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
