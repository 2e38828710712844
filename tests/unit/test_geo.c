// SPDX-License-Identifier: MPL-2.0
// The geo floor: encodings, shapes, noding, gaps, overlaps, shares, layers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/geo/encoding.h>
#include <gridcase/geo/layer.h>
#include <gridcase/geo/partition.h>

#include "assert_ok.h"

static struct error error;

// ---- encodings ----
static void recognises_encodings(void **state)
{
    (void)state;
    assert_string_equal(encoding_recognise("roads", 5), "UTF-8");
    assert_string_equal(encoding_recognise("\xE5\xB8\x82\xE6\x94\xBF", 6), "UTF-8");
    assert_string_equal(encoding_recognise("\xCA\xD0\xD5\xFE,\xB5\xC0\xC2\xB7", 9),
                        "GB18030");
    assert_null(encoding_recognise("caf\xE9 de Paris", 13)); // Latin-1: must be declared
}

static void tells_garbled_text(void **state)
{
    (void)state;
    const char *guess = NULL;
    // GBK bytes of 市政 read as Latin-1.
    const char *gbk = "\xC3\x8A\xC3\x90\xC3\x95\xC3\xBE";
    assert_true(encoding_is_garbled(gbk, strlen(gbk), &guess));
    // UTF-8 bytes of é read as Latin-1.
    const char *utf8 = "caf\xC3\x83\xC2\xA9";
    assert_true(encoding_is_garbled(utf8, strlen(utf8), &guess));
    assert_string_equal(guess, "UTF-8");
    assert_true(encoding_is_garbled("a\xEF\xBF\xBD", 4, &guess));
    static const char *const good[] = {"",
                                       "Main St",
                                       "\xE5\xB8\x82\xE6\x94\xBF",
                                       "Caf\xC3\xA9 Z\xC3\xBCrich",
                                       ("Stra\xC3\x9F"
                                        "e"),
                                       "\xC3\x85ngstr\xC3\xB6m \xC2\xB7 5 m\xC2\xB2"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_false(encoding_is_garbled(good[i], strlen(good[i]), &guess));
}

// ---- shapes ----
static struct geo_polygon *polygon_of(const int32_t (*xy)[2], size_t count)
{
    struct geo_polygon *polygon = calloc(1, sizeof *polygon);
    polygon->part_count = polygon->ring_count = 1;
    polygon->part_start = calloc(2, sizeof(uint32_t));
    polygon->ring_start = calloc(2, sizeof(uint32_t));
    polygon->part_start[1] = 1;
    polygon->ring_start[1] = (uint32_t)count;
    polygon->point_count = count;
    polygon->point = calloc(count, sizeof *polygon->point);
    for (size_t i = 0; i < count; i++)
        polygon->point[i] = (struct geo_point){xy[i][0], xy[i][1]};
    return polygon;
}

static struct geo_polygon *box_of(int32_t w, int32_t s, int32_t e, int32_t n)
{
    const int32_t xy[4][2] = {{w, s}, {e, s}, {e, n}, {w, n}};
    return polygon_of(xy, 4);
}

static void binary_form_is_exact(void **state)
{
    (void)state;
    const int32_t xy[5][2] = {{1163434301, 399976701},
                              {1163434303, 399976702},
                              {-1799999999, 1},
                              {7, -899999999},
                              {-1, 3}};
    struct geo_polygon *polygon = polygon_of(xy, 3);
    struct buffer wkb BUFFER_CLEANUP;
    buffer_init(&wkb, BUFFER_CEILING_LINE);
    geo_polygon_to_wkb(polygon, &wkb);
    struct geo_polygon *back = NULL;
    assert_ok(geo_polygon_from_wkb(wkb.data, wkb.length, &back, &error));
    assert_int_equal(back->point_count, 3);
    for (size_t i = 0; i < wkb.length; i++) { // truncated anywhere: refused, no crash
        struct geo_polygon *none = NULL;
        assert_int_equal(geo_polygon_from_wkb(wkb.data, i, &none, &error), ERROR_INPUT);
    }
    geo_polygon_free(back);
    geo_polygon_free(polygon);
}

static void measures_on_the_ellipsoid(void **state)
{
    (void)state;
    // One hundredth of a degree at 45 N: 1111.4 m by 788.5 m.
    struct geo_polygon *polygon = box_of(100000000, 450000000, 100100000, 450100000);
    double area = geo_polygon_area_m2(polygon);
    assert_true(fabs(area - 1111.4 * 788.5) < 500);
    struct geo_point inside = geo_polygon_inside(polygon);
    assert_true(geo_polygon_holds(polygon, inside));
    geo_polygon_free(polygon);
}

static void refuses_points_off_the_earth(void **state)
{
    (void)state;
    struct geo_point point;
    assert_int_equal(geo_point_from_deg((double)NAN, 0, &point, &error), ERROR_INPUT);
    assert_int_equal(geo_point_from_deg(181, 0, &point, &error), ERROR_INPUT);
    assert_int_equal(geo_point_from_deg(0, -90.1, &point, &error), ERROR_INPUT);
    assert_ok(geo_point_from_deg(-71.0587, 42.3594, &point, &error));
    assert_int_equal(point.x, -710587000);
}

// ---- partitions ----
struct found {
    int gaps, overlaps;
    double gap_m2, overlap_m2;
};

static void on_flaw(void *context, const struct geo_flaw *flaw)
{
    struct found *found = context;
    if (flaw->kind == GEO_GAP) {
        found->gaps++;
        found->gap_m2 += flaw->area_m2;
    } else {
        found->overlaps++;
        found->overlap_m2 += flaw->area_m2;
    }
}

static struct found flaws_of(struct geo_polygon **polygons, size_t count)
{
    struct found found = {0};
    assert_ok(geo_partition_flaws(polygons, count, on_flaw, &found, &error));
    return found;
}

static void free_all(struct geo_polygon **polygons, size_t count)
{
    for (size_t i = 0; i < count; i++)
        geo_polygon_free(polygons[i]);
}

static void noding_makes_shared_borders_equal(void **state)
{
    (void)state;
    // One long edge against two short ones whose common vertex is a step off the line.
    struct geo_polygon *polygons[] = {
        box_of(0, 0, 10000, 20000),
        polygon_of(
            (const int32_t[][2]){{10000, 0}, {20000, 0}, {20000, 10000}, {10001, 10001}},
            4),
        polygon_of(
            (const int32_t[][2]){
                {10001, 10000}, {20000, 10000}, {20000, 20000}, {10000, 20000}},
            4),
    };
    assert_ok(geo_partition_node(polygons, 3, 3, &error));
    struct found found = flaws_of(polygons, 3);
    assert_int_equal(found.gaps, 0);
    assert_int_equal(found.overlaps, 0);
    assert_int_equal(polygons[0]->point_count, 5); // the vertex was put into the long edge
    free_all(polygons, 3);
}

static void finds_a_gap_and_an_overlap(void **state)
{
    (void)state;
    enum { SIDE = 3, COUNT = SIDE * SIDE };
    struct geo_polygon *polygons[COUNT];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            polygons[y * SIDE + x] =
                box_of(x * 10000, y * 10000, x * 10000 + 10000, y * 10000 + 10000);
    polygons[4]->point[2] = (struct geo_point){19000, 19000}; // pulled in: a gap beside it
    polygons[0]->point[1].x = 11000;                          // pushed out: an overlap
    assert_ok(geo_partition_node(polygons, COUNT, 3, &error));
    struct found found = flaws_of(polygons, COUNT);
    assert_int_equal(found.gaps, 1);
    assert_int_equal(found.overlaps, 1);
    // Two triangles of 10,000 by 1,000 steps are 10,000,000 squares of 1.11 cm, that is
    // 1,232 m2.
    assert_true(fabs(found.gap_m2 - 1232) < 15);
    assert_true(fabs(found.overlap_m2 - 616) < 10);
    free_all(polygons, COUNT);
}

static void finds_a_polygon_inside_another(void **state)
{
    (void)state;
    struct geo_polygon *polygons[] = {box_of(0, 0, 30000, 30000),
                                      box_of(10000, 10000, 20000, 20000)};
    assert_ok(geo_partition_node(polygons, 2, 3, &error));
    struct found found = flaws_of(polygons, 2);
    assert_int_equal(found.overlaps, 1);
    assert_int_equal(found.gaps, 0);
    free_all(polygons, 2);
}

static void measures_shares(void **state)
{
    (void)state;
    struct geo_polygon *parts[] = {box_of(0, 0, 10000, 10000)};
    struct geo_polygon *wholes[] = {box_of(0, 0, 2500, 10000),
                                    box_of(2500, 0, 30000, 10000)};
    struct geo_share *shares = NULL;
    size_t count = 0;
    assert_ok(geo_partition_shares(parts, 1, wholes, 2, 0, &shares, &count, &error));
    assert_int_equal(count, 2);
    assert_int_equal(shares[0].whole, 1);
    assert_true(fabs(shares[0].share - 0.75) < 1e-9);
    assert_true(fabs(shares[1].share - 0.25) < 1e-9);
    free(shares);
    free_all(parts, 1);
    free_all(wholes, 2);
}

// ---- layers and tables ----
static void reads_gbk_without_cpg(void **state)
{
    (void)state;
    struct geo_layer_options options = {.path = "fixtures/encodings/districts_gbk.shp"};
    struct geo_layer *layer GEO_LAYER_CLEANUP = NULL;
    assert_ok(geo_layer_read(&options, &layer, &error));
    assert_int_equal(geo_layer_features(layer), 2);
    assert_string_equal(geo_layer_encoding(layer), "GB18030");
    assert_string_equal(geo_layer_text(layer, 0, geo_layer_field(layer, "name_zh")),
                        "河西区");
}

static void refuses_garbled_names(void **state)
{
    (void)state;
    struct geo_layer_options options = {.path = "fixtures/encodings/districts_gbk.shp",
                                        .encoding = "ISO-8859-1"};
    struct geo_layer *layer = NULL;
    assert_int_equal(geo_layer_read(&options, &layer, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "layer.encoding");
    assert_non_null(strstr(error.message, "GBK"));
}

static void reads_gb18030_tables(void **state)
{
    (void)state;
    struct table *table TABLE_CLEANUP = NULL;
    assert_ok(geo_table_read("fixtures/encodings/departments_gb18030.csv", NULL, NULL,
                             "departments", &table, &error));
    assert_string_equal(table_value(table, 1, "name_zh"), "市政道路处");
}

static void keeps_leading_zeros_of_sheets(void **state)
{
    (void)state;
    struct table *table TABLE_CLEANUP = NULL;
    assert_ok(geo_table_read("fixtures/encodings/classes.xlsx", NULL, NULL, "classes",
                             &table, &error));
    assert_int_equal(table_rows(table), 5);
    assert_string_equal(table_value(table, 0, "code"), "c0101");
    assert_string_equal(table_value(table, 0, "major"), "01");
    assert_int_equal(table_line(table, 0), 2);
}

static void declared_crs_wins(void **state)
{
    (void)state;
    struct geo_layer_options options = {
        .path = "grids/boston/layers/precincts_epsg2249.geojson.gz", .crs = "EPSG:2249"};
    struct geo_layer *layer GEO_LAYER_CLEANUP = NULL;
    assert_ok(geo_layer_read(&options, &layer, &error));
    assert_string_equal(geo_layer_overruled_crs(layer), "EPSG:4326");
    struct geo_box box = geo_polygon_box(geo_layer_feature(layer, 0)->polygon);
    assert_true(box.west > -712000000 && box.east < -709000000);
    options.crs = NULL; // the lie: feet taken for degrees
    struct geo_layer *lie GEO_LAYER_CLEANUP = NULL;
    assert_ok(geo_layer_read(&options, &lie, &error));
    assert_non_null(strstr(geo_layer_feature(lie, 0)->problem, "declare the true one"));
}

static void refuses_what_no_driver_reads(void **state)
{
    (void)state;
    struct geo_layer *layer = NULL;
    struct geo_layer_options options = {.path = "README.md"};
    assert_int_equal(geo_layer_read(&options, &layer, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "layer.driver");
    options.path = "no/such.gpkg";
    assert_int_equal(geo_layer_read(&options, &layer, &error), ERROR_NOT_FOUND);
    options.path = "/vsicurl/http://example.org/x.geojson";
    assert_true(geo_layer_read(&options, &layer, &error) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognises_encodings),
        cmocka_unit_test(tells_garbled_text),
        cmocka_unit_test(binary_form_is_exact),
        cmocka_unit_test(measures_on_the_ellipsoid),
        cmocka_unit_test(refuses_points_off_the_earth),
        cmocka_unit_test(noding_makes_shared_borders_equal),
        cmocka_unit_test(finds_a_gap_and_an_overlap),
        cmocka_unit_test(finds_a_polygon_inside_another),
        cmocka_unit_test(measures_shares),
        cmocka_unit_test(reads_gbk_without_cpg),
        cmocka_unit_test(refuses_garbled_names),
        cmocka_unit_test(reads_gb18030_tables),
        cmocka_unit_test(keeps_leading_zeros_of_sheets),
        cmocka_unit_test(declared_crs_wins),
        cmocka_unit_test(refuses_what_no_driver_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
