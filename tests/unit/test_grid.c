// SPDX-License-Identifier: MPL-2.0
// Unit grids cut out of areas: a partition in every case, even sizes, numbers in order,
// clear errors. Boston and Haidian are cut as they are.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/geo/grid.h>
#include <gridcase/geo/layer.h>
#include <gridcase/geo/partition.h>

#include "assert_ok.h"

static struct error error;

static uint64_t random_state;
static uint32_t random_below(uint32_t most)
{
    random_state =
        random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % most;
}

// ---- a small world in metres around 116.35 E, 40 N ----
static const double step_x_m = 0.00854, step_y_m = 0.01110; // of a lattice step, about

static struct geo_point at(double x_m, double y_m)
{
    return (struct geo_point){1163500000 + (int32_t)lround(x_m / step_x_m),
                              400000000 + (int32_t)lround(y_m / step_y_m)};
}

// Polygons come as text would: one ring of well-known binary.
static struct geo_polygon *polygon_of(const struct geo_point *point, size_t count)
{
    uint8_t wkb[4096];
    size_t n = 0;
    uint32_t head[] = {3, 1, (uint32_t)count + 1};
    wkb[n++] = 1;
    memcpy(wkb + n, head, sizeof head);
    n += sizeof head;
    for (size_t i = 0; i <= count; i++) {
        struct geo_point p = point[i % count];
        double both[] = {p.x / GEO_LATTICE_PER_DEG, p.y / GEO_LATTICE_PER_DEG};
        assert_true(n + sizeof both <= sizeof wkb);
        memcpy(wkb + n, both, sizeof both);
        n += sizeof both;
    }
    struct geo_polygon *polygon = NULL;
    assert_ok(geo_polygon_from_wkb(wkb, n, &polygon, &error));
    return polygon;
}

static struct geo_polygon *rectangle(double x, double y, double width, double height)
{
    struct geo_point corners[] = {at(x, y), at(x + width, y), at(x + width, y + height),
                                  at(x, y + height)};
    return polygon_of(corners, 4);
}

enum { AREAS_MOST = 64, LINES_MOST = 200, POINTS_MOST = 12 };

struct world {
    struct grid_area area[AREAS_MOST];
    size_t area_count;
    struct grid_along along[LINES_MOST];
    struct geo_point point[LINES_MOST][POINTS_MOST];
    size_t along_count;
};

static void world_done(struct world *world)
{
    for (size_t i = 0; i < world->area_count; i++)
        geo_polygon_free(world->area[i].polygon);
    free(world);
}

static void add_area(struct world *world, const char *code, struct geo_polygon *polygon)
{
    world->area[world->area_count++] = (struct grid_area){polygon, code};
}

static void add_road(struct world *world, size_t count, double xy[][2], uint8_t strength)
{
    size_t i = world->along_count++;
    for (size_t k = 0; k < count; k++)
        world->point[i][k] = at(xy[k][0], xy[k][1]);
    world->along[i] = (struct grid_along){world->point[i], count, false, strength};
}

static struct grid_input input_of(struct world *world)
{
    return (struct grid_input){.area = world->area,
                               .area_count = world->area_count,
                               .along = world->along,
                               .along_count = world->along_count,
                               .size_m2 = 10000,
                               .snap_m = 0.03,
                               .serial_most = 999};
}

// ---- what must always hold ----
// Twice the surface in lattice steps, exactly.
__extension__ typedef __int128 wide;
static wide twice(const struct geo_polygon *polygon)
{
    wide sum = 0;
    for (size_t r = 0; r < polygon->ring_count; r++)
        for (uint32_t i = polygon->ring_start[r]; i < polygon->ring_start[r + 1]; i++) {
            uint32_t next =
                i + 1 < polygon->ring_start[r + 1] ? i + 1 : polygon->ring_start[r];
            struct geo_point a = polygon->point[i], b = polygon->point[next];
            sum += (wide)a.x * b.y - (wide)b.x * a.y;
        }
    return sum;
}

struct flaws {
    size_t gaps, overlaps;
    double gap_m2, overlap_m2;
};

static void on_flaw(void *context, const struct geo_flaw *flaw)
{
    struct flaws *flaws = context;
    if (flaw->kind == GEO_GAP) {
        flaws->gaps++;
        flaws->gap_m2 += flaw->area_m2;
    } else {
        flaws->overlaps++;
        flaws->overlap_m2 += flaw->area_m2;
    }
}

static struct flaws flaws_of(const struct grid_result *result)
{
    struct flaws flaws = {0};
    struct geo_polygon **cell = calloc(result->count + 1, sizeof(*cell));
    for (size_t i = 0; i < result->count; i++)
        cell[i] = result->cell[i].polygon;
    // No noding here: neighbours have to share every vertex as they are.
    assert_ok(geo_partition_flaws(cell, result->count, on_flaw, &flaws, &error));
    free(cell);
    return flaws;
}

// No ring touches itself.
static void assert_simple(const struct geo_polygon *polygon)
{
    for (size_t r = 0; r < polygon->ring_count; r++)
        for (uint32_t i = polygon->ring_start[r]; i < polygon->ring_start[r + 1]; i++)
            for (uint32_t k = i + 1; k < polygon->ring_start[r + 1]; k++)
                if (polygon->point[i].x == polygon->point[k].x &&
                    polygon->point[i].y == polygon->point[k].y)
                    fail_msg("a ring visits %.7f,%.7f twice",
                             polygon->point[i].x / GEO_LATTICE_PER_DEG,
                             polygon->point[i].y / GEO_LATTICE_PER_DEG);
}

static void assert_numbers(const struct grid_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        bool first = i == 0 || result->cell[i - 1].area != result->cell[i].area;
        assert_int_equal(result->cell[i].serial,
                         first ? 1 : result->cell[i - 1].serial + 1);
        assert_simple(result->cell[i].polygon);
    }
}

// Without gaps between the areas: the cells of each area make exactly its surface, but for
// what lies along its border and was rounded.
static void assert_partition(const struct world *world, const struct grid_result *result,
                             double tolerance_m2)
{
    wide sum[AREAS_MOST] = {0};
    struct flaws flaws = flaws_of(result);
    assert_int_equal(flaws.gaps, 0);
    assert_int_equal(flaws.overlaps, 0);
    assert_numbers(result);
    for (size_t i = 0; i < result->count; i++)
        sum[result->cell[i].area] += twice(result->cell[i].polygon);
    for (size_t a = 0; a < world->area_count; a++) {
        double away = (double)(sum[a] - twice(world->area[a].polygon)) / 2;
        if (fabs(away) * step_x_m * step_y_m > tolerance_m2)
            fail_msg("area %s: cells differ from it by %.4f m2", world->area[a].code,
                     away * step_x_m * step_y_m);
    }
}

// ---- one community, nothing else ----
static void cuts_a_square_along_its_axis(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    add_area(world, "110108010001", rectangle(0, 0, 400, 200));
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(result.count, 8);
    assert_partition(world, &result, 0.5);
    for (size_t i = 0; i < result.count; i++)
        assert_true(fabs(result.cell[i].area_m2 - 10000) < 30);
    // West to east in the northern row, then the southern one.
    for (size_t i = 0; i < 8; i++) {
        struct geo_point p = geo_polygon_inside(result.cell[i].polygon);
        struct geo_point low = at(100.0 * (double)(i % 4), i < 4 ? 100 : 0);
        struct geo_point high = at(100.0 * (double)(i % 4) + 100, i < 4 ? 200 : 100);
        assert_true(p.x > low.x && p.x < high.x && p.y > low.y && p.y < high.y);
    }
    grid_result_done(&result);
    world_done(world);
}

static void a_small_community_is_one_cell(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    add_area(world, "110108010001", rectangle(0, 0, 40, 30));
    double road[][2] = {{-50, 15}, {90, 16}};
    add_road(world, 2, road, 9);
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(result.count, 1);
    assert_partition(world, &result, 0.1);
    grid_result_done(&result);
    world_done(world);
}

static void keeps_to_roads_that_fit(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    add_area(world, "110108010001", rectangle(0, 0, 200, 100));
    double road[][2] = {{93, -20}, {93, 60}, {108, 120}}; // not straight
    add_road(world, 3, road, 5);
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(result.count, 2);
    assert_int_equal(result.cuts, 0);
    struct geo_point corner = at(93, 60);
    for (size_t i = 0; i < 2; i++) { // both cells have the road's corner
        bool found = false;
        for (size_t p = 0; p < result.cell[i].polygon->point_count; p++)
            found = found || (result.cell[i].polygon->point[p].x == corner.x &&
                              result.cell[i].polygon->point[p].y == corner.y);
        assert_true(found);
    }
    assert_partition(world, &result, 0.1);
    grid_result_done(&result);
    world_done(world);
}

static void small_blocks_join_over_the_weaker_border(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    add_area(world, "110108010001", rectangle(0, 0, 200, 100));
    double left[][2] = {{90, -10}, {90, 110}}, right[][2] = {{110, -10}, {110, 110}};
    add_road(world, 2, left, 9); // a river; the strip of 20 m joins what lies east of it
    add_road(world, 2, right, 1);
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(result.count, 2);
    struct geo_box west = geo_polygon_box(result.cell[0].polygon);
    assert_int_equal(west.east, at(90, 0).x);
    grid_result_done(&result);
    world_done(world);
}

// A place of 300 m2 that belongs to the community but lies apart is no cell of its own.
static void a_far_scrap_joins_the_nearest_cell(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    struct geo_polygon *whole = rectangle(0, 0, 200, 100),
                       *scrap = rectangle(260, 40, 20, 15);
    size_t points = whole->point_count + scrap->point_count;
    whole->point = realloc(whole->point, points * sizeof(*whole->point));
    memcpy(whole->point + whole->point_count, scrap->point,
           scrap->point_count * sizeof(*scrap->point));
    whole->ring_start = realloc(whole->ring_start, 3 * sizeof(uint32_t));
    whole->part_start = realloc(whole->part_start, 3 * sizeof(uint32_t));
    whole->ring_start[2] = (uint32_t)points;
    whole->part_start[2] = 2;
    whole->point_count = points;
    whole->ring_count = whole->part_count = 2;
    geo_polygon_free(scrap);
    add_area(world, "110108010001", whole);
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(result.count, 2);
    assert_int_equal(result.cell[0].polygon->part_count, 1);
    assert_int_equal(result.cell[1].polygon->part_count, 2);
    assert_partition(world, &result, 0.2);
    grid_result_done(&result);
    world_done(world);
}

// ---- random worlds ----
static struct world *random_world(uint64_t seed)
{
    random_state = seed;
    struct world *world = calloc(1, sizeof(*world));
    static char codes[AREAS_MOST][16];
    int columns = 1 + (int)random_below(4), rows = 1 + (int)random_below(3);
    double width = 150 + (double)random_below(500);
    double height = 120 + (double)random_below(400);
    // Corners of a net pushed about: neighbours share them, borders slope.
    double x[5][4], y[5][4];
    for (int c = 0; c <= columns; c++)
        for (int r = 0; r <= rows; r++) {
            x[c][r] = c * width + (double)random_below(60);
            y[c][r] = r * height + (double)random_below(50);
        }
    for (int c = 0; c < columns; c++)
        for (int r = 0; r < rows; r++) {
            struct geo_point ring[] = {at(x[c][r], y[c][r]), at(x[c + 1][r], y[c + 1][r]),
                                       at(x[c + 1][r + 1], y[c + 1][r + 1]),
                                       at(x[c][r + 1], y[c][r + 1])};
            snprintf(codes[world->area_count], sizeof codes[0], "110108%03d%03d", r, c);
            add_area(world, codes[world->area_count], polygon_of(ring, 4));
        }
    size_t roads = random_below(40);
    for (size_t i = 0; i < roads; i++) {
        double road[POINTS_MOST][2];
        size_t count = 2 + random_below(POINTS_MOST - 2);
        for (size_t k = 0; k < count; k++) {
            road[k][0] = (double)random_below((uint32_t)(columns * width) + 60) - 30;
            road[k][1] = (double)random_below((uint32_t)(rows * height) + 60) - 30;
        }
        add_road(world, count, road, (uint8_t)(1 + random_below(9)));
    }
    return world;
}

static void any_world_becomes_a_partition(void **state)
{
    (void)state;
    int worlds = getenv("GRIDCASE_LONG") ? 2000 : 60;
    for (int seed = 1; seed <= worlds; seed++) {
        struct world *world = random_world((uint64_t)seed);
        struct grid_input input = input_of(world);
        struct grid_result result;
        if (seed % 3 == 0)
            input.size_m2 = 2500;
        input.serial_most = 999999;
        assert_ok(grid_make(&input, &result, &error));
        assert_partition(world, &result, 12); // rounding along a border of some km
        grid_result_done(&result);
        world_done(world);
    }
}

static void the_order_of_lines_does_not_matter(void **state)
{
    (void)state;
    for (int seed = 100; seed < 106; seed++) {
        struct world *world = random_world((uint64_t)seed);
        struct grid_input input = input_of(world);
        struct grid_result first, second;
        assert_ok(grid_make(&input, &first, &error));
        for (size_t i = 0, k = world->along_count; i + 1 < k; i++) {
            struct grid_along swap = world->along[i];
            world->along[i] = world->along[--k];
            world->along[k] = swap;
        }
        assert_ok(grid_make(&input, &second, &error));
        assert_int_equal(first.count, second.count);
        for (size_t i = 0; i < first.count; i++) {
            const struct geo_polygon *a = first.cell[i].polygon,
                                     *b = second.cell[i].polygon;
            assert_int_equal(a->point_count, b->point_count);
            assert_memory_equal(a->point, b->point, a->point_count * sizeof(*a->point));
        }
        grid_result_done(&first);
        grid_result_done(&second);
        world_done(world);
    }
}

// ---- what cannot be ----
static void assert_refused(struct grid_input *input, int code, const char *slug)
{
    struct grid_result result;
    error_clear(&error);
    assert_int_equal(grid_make(input, &result, &error), code);
    assert_string_equal(error.slug, slug);
}

static void refuses_what_cannot_be_cut(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    struct grid_input input = input_of(world);
    assert_refused(&input, ERROR_INPUT, "grid.area"); // none
    add_area(world, "110108010001", rectangle(0, 0, 2000, 1500));
    input = input_of(world);
    input.size_m2 = 99;
    assert_refused(&input, ERROR_INPUT, "grid.size");
    input.size_m2 = NAN;
    assert_refused(&input, ERROR_INPUT, "grid.size");
    input.size_m2 = 2500; // 1,200 cells
    assert_refused(&input, ERROR_LIMIT, "grid.serials");
    assert_non_null(strstr(error.message, "110108010001"));
    input.size_m2 = 10000;
    add_area(world, "110108010002", rectangle(3000, 0, 0.5, 0.5));
    input.area_count = 2;
    assert_refused(&input, ERROR_INPUT, "grid.area");
    assert_non_null(strstr(error.message, "110108010002"));
    geo_polygon_free(world->area[1].polygon);
    world->area[1].polygon = NULL;
    assert_refused(&input, ERROR_INPUT, "grid.area");
    world->area[1].polygon = rectangle(100, 100, 300, 300); // wholly within the other
    assert_refused(&input, ERROR_INPUT, "grid.area");
    assert_non_null(strstr(error.message, "110108010002"));
    world_done(world);
}

static void lines_of_no_use_do_no_harm(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    add_area(world, "110108010001", rectangle(0, 0, 300, 300));
    double point[][2] = {{50, 50}, {50, 50}}, far[][2] = {{9000, 9000}, {9100, 9000}};
    double border[][2] = {{0, 0}, {300, 0}}, dead_end[][2] = {{100, 100}, {150, 150}};
    double there_and_back[][2] = {{10, 10}, {290, 10}, {10, 10}};
    add_road(world, 2, point, 5);
    add_road(world, 2, far, 5);
    add_road(world, 2, border, 5);
    add_road(world, 2, dead_end, 5);
    add_road(world, 3, there_and_back, 5);
    add_road(world, 1, point, 5);
    add_road(world, 0, point, 5);
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(result.count, 9);
    assert_partition(world, &result, 0.5);
    grid_result_done(&result);
    world_done(world);
}

static void overlaps_are_told_and_given_once(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    add_area(world, "110108010001", rectangle(0, 0, 200, 100));
    add_area(world, "110108010002", rectangle(190, 0, 200, 100));
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    struct flaws flaws = flaws_of(&result);
    assert_int_equal(flaws.gaps + flaws.overlaps, 0);
    assert_int_equal(result.overlaps, 1);
    assert_true(fabs(result.overlap_m2 - 1000) < 5);
    grid_result_done(&result);
    world_done(world);
}

static void small_gaps_between_areas_are_closed(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof(*world));
    struct geo_point west[] = {at(0, 0), at(100, 0), at(97, 50), at(100, 100), at(0, 100)};
    struct geo_point east[] = {at(100, 0), at(200, 0), at(200, 100), at(100, 100)};
    add_area(world, "110108010001", polygon_of(west, 5));
    add_area(world, "110108010002", polygon_of(east, 4));
    struct grid_input input = input_of(world);
    struct grid_result result;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(flaws_of(&result).gaps, 1); // 150 m2
    grid_result_done(&result);
    input.gap_m2 = 200;
    assert_ok(grid_make(&input, &result, &error));
    assert_int_equal(flaws_of(&result).gaps, 0);
    assert_int_equal(result.gaps, 1);
    assert_true(fabs(result.gap_m2 - 150) < 2);
    grid_result_done(&result);
    world_done(world);
}

// ---- words, figures, planes ----
static void knows_how_much_a_line_divides(void **state)
{
    (void)state;
    assert_int_equal(grid_strength_of("motorway"), 9);
    assert_int_equal(grid_strength_of("footway"), 1);
    assert_int_equal(grid_strength_of("7"), 7);
    assert_int_equal(grid_strength_of("0"), 0);
    assert_int_equal(grid_strength_of("77"), 0);
    assert_int_equal(grid_strength_of(""), 0);
    double area[] = {20000, 10000, 9000, 11000, 4000};
    struct grid_figures figures;
    grid_figures(area, 5, 10000, &figures);
    assert_true(figures.median_m2 == 10000 && figures.sum_m2 == 54000);
    assert_true(fabs(figures.near_share - 0.6) < 1e-12);
    grid_figures(NULL, 0, 10000, &figures);
    assert_true(figures.count == 0 && figures.median_m2 == 0);
}

static void finds_a_fitting_plane(void **state)
{
    (void)state;
    struct geo_polygon *square = rectangle(0, 0, 100, 100);
    struct grid_plane *plane = NULL;
    double m2 = 0;
    assert_ok(grid_plane_open(NULL, geo_polygon_box(square), true, &plane, &error));
    assert_string_equal(grid_plane_name(plane), "EPSG:4548"); // meridian 117 E
    assert_ok(grid_plane_area(plane, square, &m2, &error));
    assert_true(fabs(m2 / geo_polygon_area_m2(square) - 1) < 1e-3);
    plane = grid_plane_free(plane);
    assert_ok(grid_plane_open(NULL, geo_polygon_box(square), false, &plane, &error));
    assert_string_equal(grid_plane_name(plane), "EPSG:32650");
    plane = grid_plane_free(plane);
    static const char *const bad[] = {"EPSG:4326", "EPSG:2249", "nonsense", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            grid_plane_open(bad[i], geo_polygon_box(square), true, &plane, &error),
            ERROR_INPUT);
        assert_string_equal(error.slug, "grid.crs");
    }
    geo_polygon_free(square);
}

// ---- cities ----
struct city_layers {
    struct geo_layer *areas, *roads;
    struct grid_area *area;
    struct grid_along *along;
    size_t area_count, along_count;
};

static void read_city(const char *areas, const char *crs, const char *code,
                      const char *roads, struct city_layers *city)
{
    char path[600];
    const char *root = getenv("GRIDCASE_ROOT");
    assert_ok(text_format(path, sizeof path, "%s/%s", root ? root : ".", areas));
    struct geo_layer_options options = {.path = path, .crs = crs};
    assert_ok(geo_layer_read(&options, &city->areas, &error));
    size_t features = geo_layer_features(city->areas);
    city->area = calloc(features, sizeof(*city->area));
    for (size_t i = 0; i < features; i++)
        city->area[city->area_count++] = (struct grid_area){
            geo_layer_feature(city->areas, i)->polygon,
            geo_layer_text(city->areas, i, geo_layer_field(city->areas, code))};
    assert_ok(text_format(path, sizeof path, "%s/%s", root ? root : ".", roads));
    options.crs = NULL;
    assert_ok(geo_layer_read(&options, &city->roads, &error));
    features = geo_layer_features(city->roads);
    city->along = calloc(features, sizeof(*city->along));
    for (size_t i = 0; i < features; i++) {
        const struct geo_feature *f = geo_layer_feature(city->roads, i);
        if (f->line)
            city->along[city->along_count++] =
                (struct grid_along){f->line->point, f->line->point_count, false, 4};
    }
}

static void cut_city(struct city_layers *city, size_t least, size_t most)
{
    struct grid_input input = {.area = city->area,
                               .area_count = city->area_count,
                               .along = city->along,
                               .along_count = city->along_count,
                               .size_m2 = 10000,
                               .snap_m = 0.03,
                               .gap_m2 = 100,
                               .serial_most = 999};
    struct grid_result result;
    struct grid_figures figures;
    double areas_m2 = 0;
    assert_ok(grid_make(&input, &result, &error));
    for (size_t i = 0; i < city->area_count; i++)
        areas_m2 += geo_polygon_area_m2(city->area[i].polygon);
    struct flaws flaws = flaws_of(&result);
    assert_int_equal(flaws.overlaps, 0);
    double *m2 = calloc(result.count, sizeof(*m2));
    for (size_t i = 0; i < result.count; i++)
        m2[i] = geo_polygon_area_m2(result.cell[i].polygon);
    assert_numbers(&result);
    grid_figures(m2, result.count, 10000, &figures);
    print_message("%zu cells, median %.0f m2, %.1f %% between 5,000 and 15,000\n",
                  figures.count, figures.median_m2, 100 * figures.near_share);
    assert_in_range(figures.count, least, most);
    assert_true(figures.median_m2 > 9000 && figures.median_m2 < 11000);
    assert_true(figures.near_share > 0.95);
    assert_true(fabs(figures.sum_m2 + result.overlap_m2 - result.gap_m2 - areas_m2) <
                areas_m2 * 1e-6);
    free(m2);
    grid_result_done(&result);
    geo_layer_free(city->areas);
    geo_layer_free(city->roads);
    free(city->area);
    free(city->along);
}

static void cuts_haidian(void **state)
{
    (void)state;
    struct city_layers city = {0};
    read_city("grids/haidian/layers/communities.geojson.gz", NULL, "code",
              "grids/haidian/layers/roads.geojson.gz", &city);
    cut_city(&city, 150, 185);
}

static void cuts_boston(void **state)
{
    (void)state;
    struct city_layers city = {0};
    read_city("grids/boston/layers/precincts_epsg2249.geojson.gz", "EPSG:2249",
              "WARD_PRECINCT", "grids/boston/layers/streets_osm.geojson.gz", &city);
    cut_city(&city, 12000, 13200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_a_square_along_its_axis),
        cmocka_unit_test(a_small_community_is_one_cell),
        cmocka_unit_test(keeps_to_roads_that_fit),
        cmocka_unit_test(small_blocks_join_over_the_weaker_border),
        cmocka_unit_test(a_far_scrap_joins_the_nearest_cell),
        cmocka_unit_test(any_world_becomes_a_partition),
        cmocka_unit_test(the_order_of_lines_does_not_matter),
        cmocka_unit_test(refuses_what_cannot_be_cut),
        cmocka_unit_test(lines_of_no_use_do_no_harm),
        cmocka_unit_test(overlaps_are_told_and_given_once),
        cmocka_unit_test(small_gaps_between_areas_are_closed),
        cmocka_unit_test(knows_how_much_a_line_divides),
        cmocka_unit_test(finds_a_fitting_plane),
        cmocka_unit_test(cuts_haidian),
        cmocka_unit_test(cuts_boston),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
