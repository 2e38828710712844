// SPDX-License-Identifier: MPL-2.0
// Shifted datums, survey axes and systems of a city's own: all ways to the same point.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/geo/datum.h>
#include <gridcase/geo/layer.h>

#include "assert_ok.h"
#include "fault/temporary.h"

static struct error error;

static double metres(double lon_a, double lat_a, double lon_b, double lat_b)
{
    double x = (lon_a - lon_b) * cos((lat_a + lat_b) * M_PI / 360) * 111320;
    return hypot(x, (lat_a - lat_b) * 111132);
}

static enum geo_datum datum_of(const char *word)
{
    enum geo_datum datum = GEO_WGS84;
    assert_ok(geo_datum_from_str(word, strlen(word), &datum, &error));
    return datum;
}

static void knows_public_reference_points(void **state)
{
    (void)state;
    FILE *table = fopen("tests/tables/datum.txt", "r");
    char line[300], word[20];
    size_t rows = 0;
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        double lon, lat, x, y, within_m;
        if (*line == '#' || *line == '\n')
            continue;
        assert_int_equal(
            sscanf(line, "%19s %lf %lf %lf %lf %lf", word, &lon, &lat, &x, &y, &within_m),
            6);
        geo_datum_shift(datum_of(word), &lon, &lat);
        if (metres(lon, lat, x, y) > within_m)
            fail_msg("%s gives %.10f %.10f, %.3f m off", line, lon, lat,
                     metres(lon, lat, x, y));
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 10);
}

// Forth and back all over China: under a tenth of a millimetre, a hundred times better than
// the lattice of what is stored.
static void comes_back_to_the_same_point(void **state)
{
    (void)state;
    double worst_m = 0, least_m = 1e9, most_m = 0;
    for (int shifted = GEO_GCJ02; shifted <= GEO_BD09; shifted++)
        for (double lon = 73.1; lon < 136; lon += 0.37)
            for (double lat = 3.1; lat < 54; lat += 0.31) {
                double x = lon, y = lat;
                geo_datum_shift((enum geo_datum)shifted, &x, &y);
                double away_m = metres(lon, lat, x, y);
                least_m = fmin(least_m, away_m);
                most_m = fmax(most_m, away_m);
                geo_datum_unshift((enum geo_datum)shifted, &x, &y);
                worst_m = fmax(worst_m, metres(lon, lat, x, y));
            }
    assert_true(worst_m < 1e-4);
    printf("shifts of %.0f to %.0f m, back to within %.1e m\n", least_m, most_m, worst_m);
    assert_true(least_m > 10 && most_m < 4000);
}

static void takes_names_as_people_write_them(void **state)
{
    (void)state;
    enum geo_datum datum;
    assert_int_equal(datum_of("GCJ-02"), GEO_GCJ02);
    assert_int_equal(datum_of("bd09"), GEO_BD09);
    assert_int_equal(datum_of("BD_09"), GEO_BD09);
    assert_int_equal(datum_of("WGS 84"), GEO_WGS84);
    assert_int_equal(datum_of("CGCS2000"), GEO_CGCS2000);
    static const char *const wrong[] = {"",       "mars", "gcj",
                                        "gcj022", "bd0",  "cgcs2000cgcs2000cgcs2000"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(geo_datum_from_str(wrong[i], strlen(wrong[i]), &datum, &error),
                         ERROR_INPUT);
    assert_string_equal(error.slug, "point.datum");
}

// ---- layers ----
static struct {
    char folder[256];
    struct geo_layer *survey; // metres of EPSG:4548, X to the north
} world;

static int set_up(void **state)
{
    (void)state;
    temporary_folder(world.folder, sizeof world.folder);
    struct geo_layer_options options = {.path =
                                            "grids/haidian/layers/components_survey.csv",
                                        .crs = "EPSG:4548",
                                        .target_crs = "EPSG:4490",
                                        .lon = "X",
                                        .lat = "Y",
                                        .swap_axes = true};
    return geo_layer_read(&options, &world.survey, &error);
}

static int tear_down(void **state)
{
    (void)state;
    world.survey = geo_layer_free(world.survey);
    temporary_remove(world.folder);
    return 0;
}

// The components written anew as rewrite() says, read with the CRS, lie where they lay.
static void assert_same_points(const char *crs, bool north_first,
                               void (*rewrite)(struct geo_point at, const char *x,
                                               const char *y, double out[2]))
{
    char path[300];
    snprintf(path, sizeof path, "%s/points.csv", world.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "a,b\n");
    int x = geo_layer_field(world.survey, "X"), y = geo_layer_field(world.survey, "Y");
    for (size_t i = 0; i < geo_layer_features(world.survey); i++) {
        double out[2];
        rewrite(geo_layer_feature(world.survey, i)->point,
                geo_layer_text(world.survey, i, x), geo_layer_text(world.survey, i, y),
                out);
        fprintf(file, "%.9f,%.9f\n", out[0], out[1]);
    }
    fclose(file);
    struct geo_layer *layer GEO_LAYER_CLEANUP = NULL;
    struct geo_layer_options options = {.path = path,
                                        .crs = crs,
                                        .target_crs = "EPSG:4490",
                                        .lon = "a",
                                        .lat = "b",
                                        .swap_axes = north_first};
    assert_ok(geo_layer_read(&options, &layer, &error));
    assert_int_equal(geo_layer_features(layer), geo_layer_features(world.survey));
    for (size_t i = 0; i < geo_layer_features(layer); i++) {
        struct geo_point a = geo_layer_feature(layer, i)->point;
        struct geo_point b = geo_layer_feature(world.survey, i)->point;
        // One step of the lattice is 1 cm: what rounding may do.
        if (abs(a.x - b.x) > 1 || abs(a.y - b.y) > 1)
            fail_msg("%s: point %zu is %d, %d steps off", crs, i, a.x - b.x, a.y - b.y);
    }
}

static void rewrite_gcj02(struct geo_point at, const char *x, const char *y, double out[2])
{
    (void)x, (void)y;
    out[0] = at.x / GEO_LATTICE_PER_DEG;
    out[1] = at.y / GEO_LATTICE_PER_DEG;
    geo_datum_shift(GEO_GCJ02, &out[0], &out[1]);
}

static void rewrite_bd09(struct geo_point at, const char *x, const char *y, double out[2])
{
    (void)x, (void)y;
    out[0] = at.x / GEO_LATTICE_PER_DEG;
    out[1] = at.y / GEO_LATTICE_PER_DEG;
    geo_datum_shift(GEO_BD09, &out[0], &out[1]);
}

static void rewrite_bd09_north_first(struct geo_point at, const char *x, const char *y,
                                     double out[2])
{
    double east_first[2];
    rewrite_bd09(at, x, y, east_first);
    out[0] = east_first[1];
    out[1] = east_first[0];
}

// A city's own system: its origin lies 400 km and 4,400 km from that of the country's.
static void rewrite_local(struct geo_point at, const char *x, const char *y, double out[2])
{
    (void)at;
    out[0] = strtod(y, NULL) - 400000;
    out[1] = strtod(x, NULL) - 4400000;
}

static void rewrite_local_north_first(struct geo_point at, const char *x, const char *y,
                                      double out[2])
{
    double east_first[2];
    rewrite_local(at, x, y, east_first);
    out[0] = east_first[1];
    out[1] = east_first[0];
}

static void layers_of_map_services_are_taken_back(void **state)
{
    (void)state;
    assert_same_points("GCJ-02", false, rewrite_gcj02);
    assert_same_points("gcj02", false, rewrite_gcj02);
    assert_same_points("BD-09", false, rewrite_bd09);
    assert_same_points("BD-09", true, rewrite_bd09_north_first);
}

static void a_city_has_a_system_of_its_own(void **state)
{
    (void)state;
    static const char proj[] = "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=100000 "
                               "+y_0=-4400000 +ellps=GRS80 +units=m +no_defs";
    static const char wkt[] =
        "PROJCS[\"Local\",GEOGCS[\"CGCS2000\",DATUM[\"China_2000\",SPHEROID[\"CGCS2000\","
        "6378137,298.257222101]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\","
        "0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],"
        "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",117],"
        "PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\",100000],"
        "PARAMETER[\"false_northing\",-4400000],UNIT[\"metre\",1],"
        "AXIS[\"X\",NORTH],AXIS[\"Y\",EAST]]";
    assert_same_points(proj, false, rewrite_local);
    assert_same_points(proj, true, rewrite_local_north_first);
    assert_same_points(wkt, false, rewrite_local);
    assert_same_points(wkt, true, rewrite_local_north_first);
}

// Polygons, vertex by vertex; the file calls itself WGS 84, as such files do.
static void a_polygon_is_taken_back(void **state)
{
    (void)state;
    char path[300];
    double corner[4][2] = {
        {116.34, 39.99}, {116.36, 39.99}, {116.36, 40.01}, {116.34, 40.01}};
    snprintf(path, sizeof path, "%s/area.geojson", world.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
                  "\"properties\":{\"code\":\"1\"},\"geometry\":{\"type\":\"MultiPolygon\","
                  "\"coordinates\":[[[");
    for (int i = 0; i <= 4; i++) {
        double lon = corner[i % 4][0], lat = corner[i % 4][1];
        geo_datum_shift(GEO_GCJ02, &lon, &lat);
        fprintf(file, "%s[%.9f,%.9f]", i ? "," : "", lon, lat);
    }
    fprintf(file, "]]]}}]}\n");
    fclose(file);
    struct geo_layer *layer GEO_LAYER_CLEANUP = NULL;
    struct geo_layer_options options = {.path = path, .crs = "GCJ-02"};
    assert_ok(geo_layer_read(&options, &layer, &error));
    assert_string_equal(geo_layer_overruled_crs(layer), "EPSG:4326");
    struct geo_box box = geo_polygon_box(geo_layer_feature(layer, 0)->polygon);
    assert_true(abs(box.west - 1163400000) <= 1 && abs(box.east - 1163600000) <= 1);
    assert_true(abs(box.south - 399900000) <= 1 && abs(box.north - 400100000) <= 1);
}

static void what_is_stored_is_never_shifted(void **state)
{
    (void)state;
    struct geo_layer *layer = NULL;
    struct geo_layer_options options = {.path =
                                            "grids/haidian/layers/components_survey.csv",
                                        .crs = "EPSG:4548",
                                        .target_crs = "GCJ-02",
                                        .lon = "X",
                                        .lat = "Y"};
    assert_int_equal(geo_layer_read(&options, &layer, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "layer.crs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_public_reference_points),
        cmocka_unit_test(comes_back_to_the_same_point),
        cmocka_unit_test(takes_names_as_people_write_them),
        cmocka_unit_test(layers_of_map_services_are_taken_back),
        cmocka_unit_test(a_city_has_a_system_of_its_own),
        cmocka_unit_test(a_polygon_is_taken_back),
        cmocka_unit_test(what_is_stored_is_never_shifted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
