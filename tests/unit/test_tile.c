// SPDX-License-Identifier: MPL-2.0
// Vector tiles: projection, finding, cutting, and that every polygon is valid.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define GEOS_USE_ONLY_R_API
#include <geos_c.h>

#include <gridcase/core/gzip.h>
#include <gridcase/geo/tile.h>

#include "tile_decode.h"

static struct error error;

static uint64_t random_state = 7;
static uint32_t random_below(uint32_t most)
{
    random_state =
        random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % most;
}
static double random_share(void)
{
    return random_below(1000000) / 1e6;
}

// ---- shapes ----
static struct geo_polygon *star(double lon, double lat, double reach, unsigned corners,
                                double rough, bool hole)
{
    struct geo_polygon *polygon = calloc(1, sizeof *polygon);
    const unsigned rings = hole ? 2 : 1;
    polygon->part_count = 1;
    polygon->part_start = calloc(2, sizeof(uint32_t));
    polygon->part_start[1] = rings;
    polygon->ring_count = rings;
    polygon->ring_start = calloc(rings + 1, sizeof(uint32_t));
    polygon->point = calloc((size_t)corners * rings, sizeof *polygon->point);
    for (unsigned r = 0; r < rings; r++) {
        for (unsigned i = 0; i < corners;
             i++) { // outer: counter-clockwise, hole: clockwise
            const unsigned turn = r == 0 ? i : corners - 1 - i;
            const double angle = 2 * M_PI * turn / corners;
            const double far =
                reach * (r == 0 ? 1 - rough * random_share() : 0.3 * (1 - rough) - 0.01);
            polygon->point[polygon->point_count++] =
                (struct geo_point){(int32_t)lround((lon + far * cos(angle)) * 1e7),
                                   (int32_t)lround((lat + far * sin(angle)) * 1e7)};
        }
        polygon->ring_start[r + 1] = (uint32_t)polygon->point_count;
    }
    return polygon;
}

static void add_star(struct tile_shapes *shapes, double lon, double lat, double reach,
                     unsigned corners, double rough, bool hole)
{
    struct geo_polygon *polygon = star(lon, lat, reach, corners, rough, hole);
    tile_shapes_add_polygon(shapes, polygon);
    geo_polygon_free(polygon);
}

static struct tile_id tile_at(double lon, double lat, unsigned z)
{
    const struct tile_point at = tile_project(lon, lat);
    const unsigned shift = 32 - z;
    return (struct tile_id){z, (uint32_t)((uint64_t)at.x >> shift),
                            (uint32_t)((uint64_t)at.y >> shift)};
}

// ---- validity, by GEOS ----
static GEOSGeometry *ring_of(GEOSContextHandle_t geos, const struct decoded_layer *layer,
                             const struct decoded_ring *ring)
{
    GEOSCoordSequence *points = GEOSCoordSeq_create_r(geos, (unsigned)ring->count + 1, 2);
    for (size_t i = 0; i <= ring->count; i++) {
        const int64_t *xy = layer->xy + 2 * (ring->start + i % ring->count);
        GEOSCoordSeq_setXY_r(geos, points, (unsigned)i, (double)xy[0], (double)xy[1]);
    }
    return GEOSGeom_createLinearRing_r(geos, points);
}

static GEOSGeometry *polygon_of(GEOSContextHandle_t geos, const struct decoded_layer *layer,
                                const struct decoded_feature *feature)
{
    GEOSGeometry *parts[4096], *holes[4096];
    unsigned part_count = 0;
    for (size_t i = 0; i < feature->ring_count;) {
        const struct decoded_ring *ring = &layer->rings[feature->first_ring + i++];
        unsigned hole_count = 0;
        assert_true(decoded_area2(layer, ring) > 0); // an outer ring comes first
        while (i < feature->ring_count &&
               decoded_area2(layer, &layer->rings[feature->first_ring + i]) < 0)
            holes[hole_count++] =
                ring_of(geos, layer, &layer->rings[feature->first_ring + i++]);
        parts[part_count++] =
            GEOSGeom_createPolygon_r(geos, ring_of(geos, layer, ring), holes, hole_count);
    }
    return GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts, part_count);
}

// Every polygon of the layer is valid and, if not cut at the margin, within the next tiles;
// the sum of their areas.
static double check_polygons(const struct decoded_layer *layer)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    double sum = 0;
    for (size_t i = 0; i < layer->xy_count; i++)
        assert_in_range(layer->xy[i] + TILE_EXTENT, 0, 3 * TILE_EXTENT);
    for (size_t i = 0; i < layer->feature_count; i++) {
        const struct decoded_feature *feature = &layer->features[i];
        assert_int_equal(feature->type, TILE_POLYGON);
        GEOSGeometry *polygon = polygon_of(geos, layer, feature);
        if (GEOSisValid_r(geos, polygon) != 1) {
            char *why = GEOSisValidReason_r(geos, polygon);
            char *text = GEOSGeomToWKT_r(geos, polygon);
            fail_msg("%s: %.2000s", why, text);
        }
        double area = 0;
        GEOSArea_r(geos, polygon, &area);
        sum += area;
        GEOSGeom_destroy_r(geos, polygon);
    }
    GEOS_finish_r(geos);
    return sum;
}

static void draw(struct tile_pen *pen, const struct tile_shapes *shapes,
                 const struct tile_id *tile, unsigned snap, struct buffer *out)
{
    buffer_clear(out);
    tile_begin(pen, "shapes", tile, snap);
    for (size_t i = 0; i < tile_shapes_count(shapes); i++)
        if (tile_draw_shape(pen, shapes, i)) {
            tile_put_int(pen, "index", (int64_t)i);
            tile_put_feature(pen, i + 1);
        }
    assert_int_equal(tile_end(pen, out, &error), 0);
}

// ---- tests ----
static void points_are_where_the_definition_says(void **state)
{
    (void)state;
    struct tile_point p = tile_project(0, 0);
    assert_int_equal(p.x, 1u << 31);
    assert_int_equal(p.y, 1u << 31);
    p = tile_project(-180, 85.0511287798);
    assert_int_equal(p.x, 0);
    assert_in_range(p.y, 0, 8);
    assert_int_equal(tile_project(180, -90).x, UINT32_MAX);
    assert_int_equal(tile_project(180, -90).y, UINT32_MAX);
    // Boston's town hall: the tile that every slippy map shows there.
    struct tile_id tile = tile_at(-71.0579, 42.3603, 14);
    assert_int_equal(tile.x, 4958);
    assert_int_equal(tile.y, 6059);
    assert_true(fabs(tile_unit_m(&tile) - 0.441) <
                0.002); // 2.446 km / 4096 * cos(latitude)
    assert_true(tile_id_exists(&(struct tile_id){0, 0, 0}));
    assert_true(tile_id_exists(&(struct tile_id){22, (1u << 22) - 1, 0}));
    assert_false(tile_id_exists(&(struct tile_id){22, 1u << 22, 0}));
    assert_false(tile_id_exists(&(struct tile_id){23, 0, 0}));
}

struct found {
    bool seen[3000];
    size_t count;
};
static bool note(void *context, size_t index)
{
    struct found *found = context;
    assert_false(found->seen[index]);
    found->seen[index] = true;
    found->count++;
    return true;
}

static void finding_agrees_with_looking_at_each(void **state)
{
    (void)state;
    struct tile_shapes *shapes = tile_shapes_new(TILE_POLYGON);
    for (int i = 0; i < 3000; i++)
        add_star(shapes, random_share(), random_share(), 0.0005 + 0.02 * random_share(), 8,
                 0.3, false);
    assert_int_equal(tile_shapes_seal(shapes, &error), 0);
    assert_int_equal(tile_shapes_count(shapes), 3000);
    for (unsigned z = 0; z <= 18; z++) {
        const struct tile_id tile = tile_at(random_share(), random_share(), z);
        const struct tile_box box = tile_id_box(&tile, TILE_MARGIN);
        struct found found = {.count = 0};
        size_t expected = 0;
        tile_shapes_find(shapes, &box, note, &found);
        for (size_t i = 0; i < 3000; i++) {
            const struct tile_box one = tile_shapes_box(shapes, i);
            const bool meets = tile_box_meets(&one, &box);
            assert_int_equal(found.seen[i], meets);
            expected += meets;
        }
        assert_int_equal(found.count, expected);
    }
    tile_shapes_free(shapes);
}

static void every_polygon_is_valid(void **state)
{
    (void)state;
    struct tile_pen *pen = tile_pen_new();
    struct buffer out;
    size_t features = 0, checked = 0, repaired = 0;
    buffer_init(&out, BUFFER_CEILING_FILE);
    for (int round = 0; round < 30; round++) {
        struct tile_shapes *shapes = tile_shapes_new(TILE_POLYGON);
        for (int i = 0; i < 60; i++)
            add_star(shapes, 116 + 0.02 * random_share(), 40 + 0.02 * random_share(),
                     0.0001 + 0.01 * random_share() * random_share(),
                     5 + random_below(round < 25 ? 60 : 900), 0.95 * random_share(),
                     random_below(3) == 0);
        assert_int_equal(tile_shapes_seal(shapes, &error), 0);
        for (unsigned z = 8; z <= 22; z++) {
            const struct tile_id tile =
                tile_at(116 + 0.02 * random_share(), 40 + 0.02 * random_share(), z);
            draw(pen, shapes, &tile, random_below(TILE_SNAP_MOST + 1), &out);
            struct decoded_tile decoded;
            assert_true(decode_tile(out.data, out.length, &decoded));
            if (decoded.layer_count > 0) {
                check_polygons(&decoded.layers[0]);
                features += decoded.layers[0].feature_count;
            }
            decoded_done(&decoded);
        }
        tile_shapes_free(shapes);
    }
    tile_pen_figures(pen, &checked, &repaired);
    // The test means something only when all three ways were gone.
    assert_true(features > 2000 && checked > 100 && repaired > 20 && features > checked);
    tile_pen_free(pen);
    buffer_done(&out);
}

// A square cut by a grid of tiles: the parts inside each tile add up to the whole.
static void neighbouring_tiles_share_a_polygon_without_gap(void **state)
{
    (void)state;
    struct tile_pen *pen = tile_pen_new();
    struct tile_shapes *shapes = tile_shapes_new(TILE_POLYGON);
    struct buffer out;
    buffer_init(&out, BUFFER_CEILING_FILE);
    add_star(shapes, 10, 50, 0.05, 40, 0.5, true);
    assert_int_equal(tile_shapes_seal(shapes, &error), 0);
    const struct tile_box box = tile_shapes_box(shapes, 0);
    GEOSContextHandle_t geos = GEOS_init_r();
    double whole = 0;
    for (unsigned z = 11; z <= 14; z++) {
        const unsigned shift = 32 - z;
        double sum = 0;
        for (uint32_t y = box.north >> shift; y <= box.south >> shift; y++)
            for (uint32_t x = box.west >> shift; x <= box.east >> shift; x++) {
                const struct tile_id tile = {z, x, y};
                struct decoded_tile decoded;
                draw(pen, shapes, &tile, 0, &out);
                assert_true(decode_tile(out.data, out.length, &decoded));
                for (size_t i = 0; decoded.layer_count && i < 1; i++) {
                    GEOSGeometry *polygon = polygon_of(geos, &decoded.layers[0],
                                                       &decoded.layers[0].features[0]);
                    GEOSGeometry *inner =
                        GEOSClipByRect_r(geos, polygon, 0, 0, TILE_EXTENT, TILE_EXTENT);
                    double area = 0;
                    GEOSArea_r(geos, inner, &area);
                    sum += area;
                    GEOSGeom_destroy_r(geos, inner);
                    GEOSGeom_destroy_r(geos, polygon);
                }
                decoded_done(&decoded);
            }
        // The same area at every zoom, but for rounding: a unit is 2^(14-z) of the last
        // one.
        const double scaled = sum * pow(4, 14.0 - z);
        if (z == 11)
            whole = scaled;
        if (fabs(scaled - whole) > 0.005 * whole || scaled < 1e6)
            fail_msg("zoom %u: %.0f against %.0f", z, scaled, whole);
    }
    GEOS_finish_r(geos);
    tile_shapes_free(shapes);
    tile_pen_free(pen);
    buffer_done(&out);
}

static void lines_are_cut_at_the_margin(void **state)
{
    (void)state;
    struct tile_pen *pen = tile_pen_new();
    struct tile_shapes *shapes = tile_shapes_new(TILE_LINE);
    struct buffer out;
    buffer_init(&out, BUFFER_CEILING_FILE);
    for (int i = 0; i < 300; i++) {
        struct geo_point points[40];
        struct geo_line line = {2 + random_below(38), points};
        double lon = 5 + random_share(), lat = 45 + random_share();
        for (size_t k = 0; k < line.point_count; k++) {
            points[k] =
                (struct geo_point){(int32_t)lround(lon * 1e7), (int32_t)lround(lat * 1e7)};
            lon += 0.2 * (random_share() - 0.5);
            lat += 0.2 * (random_share() - 0.5);
        }
        tile_shapes_add_line(shapes, &line);
    }
    assert_int_equal(tile_shapes_seal(shapes, &error), 0);
    size_t pieces = 0;
    for (unsigned z = 5; z <= 13; z++) {
        const struct tile_id tile = tile_at(5.5, 45.5, z);
        struct decoded_tile decoded;
        draw(pen, shapes, &tile, 0, &out);
        assert_true(decode_tile(out.data, out.length, &decoded));
        const struct decoded_layer *layer = decoded.layer_count ? &decoded.layers[0] : NULL;
        for (size_t i = 0; layer && i < layer->xy_count; i++)
            assert_in_range(layer->xy[i] + TILE_MARGIN, 0, TILE_EXTENT + 2 * TILE_MARGIN);
        for (size_t i = 0; layer && i < layer->feature_count; i++) {
            assert_int_equal(layer->features[i].type, TILE_LINE);
            pieces += layer->features[i].ring_count;
        }
        decoded_done(&decoded);
    }
    assert_true(pieces > 500);
    tile_shapes_free(shapes);
    tile_pen_free(pen);
    buffer_done(&out);
}

static void properties_come_back(void **state)
{
    (void)state;
    struct tile_pen *pen = tile_pen_new();
    struct buffer out;
    struct decoded_tile decoded;
    const struct tile_id tile = {14, 4957, 6059};
    buffer_init(&out, BUFFER_CEILING_FILE);
    tile_begin(pen, "things", &tile, 0);
    for (int i = 0; i < 5000; i++) {
        char code[16];
        const struct tile_box box = tile_id_box(&tile, 0);
        snprintf(code, sizeof code, "c%d", i % 2500);
        assert_true(tile_draw_point(
            pen, (struct tile_point){box.west + (uint32_t)i * 50, box.north}));
        tile_put_text(pen, "code", code);
        tile_put_text(pen, "same", "为");
        tile_put_text(pen, "none", "");
        tile_put_int(pen, "number", i % 7 - 3);
        tile_put_feature(pen, (uint64_t)i + 1);
    }
    assert_false(tile_draw_point(pen, (struct tile_point){0, 0}));
    const size_t size = tile_size(pen);
    assert_int_equal(tile_end(pen, &out, &error), 0);
    assert_int_equal(out.length, size);
    assert_true(decode_tile(out.data, out.length, &decoded));
    const struct decoded_layer *layer = decoded_find(&decoded, "things");
    assert_int_equal(layer->feature_count, 5000);
    assert_int_equal(layer->value_count, 2500 + 1 + 7); // each kept once
    for (int i = 0; i < 5000; i++) {
        const struct decoded_feature *feature = &layer->features[i];
        char code[16];
        snprintf(code, sizeof code, "c%d", i % 2500);
        const struct decoded_value *value = decoded_get(layer, feature, "code");
        assert_int_equal(feature->id, i + 1);
        assert_int_equal(value->length, strlen(code));
        assert_memory_equal(value->text, code, value->length);
        assert_int_equal(decoded_get(layer, feature, "number")->number, i % 7 - 3);
        assert_null(decoded_get(layer, feature, "none"));
        assert_memory_equal(decoded_get(layer, feature, "same")->text, "为", 3);
    }
    decoded_done(&decoded);
    // A layer without features is no layer.
    buffer_clear(&out);
    tile_begin(pen, "nothing", &tile, 0);
    assert_int_equal(tile_end(pen, &out, &error), 0);
    assert_int_equal(out.length, 0);
    tile_pen_free(pen);
    buffer_done(&out);
}

static void packed_bytes_come_back_and_broken_ones_are_refused(void **state)
{
    (void)state;
    char bytes[100000];
    struct buffer packed, plain;
    buffer_init(&packed, BUFFER_CEILING_FILE);
    buffer_init(&plain, BUFFER_CEILING_FILE);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i / 7 + random_below(3));
    assert_int_equal(gzip_pack(bytes, sizeof bytes, 6, &packed, &error), 0);
    assert_true(packed.length < sizeof bytes);
    assert_int_equal(gzip_unpack(packed.data, packed.length, &plain, &error), 0);
    assert_int_equal(plain.length, sizeof bytes);
    assert_memory_equal(plain.data, bytes, sizeof bytes);
    for (size_t cut = 0; cut < packed.length; cut += 1 + packed.length / 50) {
        buffer_clear(&plain);
        assert_int_equal(gzip_unpack(packed.data, cut, &plain, &error), ERROR_INPUT);
        assert_string_equal(error.slug, "gzip.broken");
    }
    struct buffer small; // a bomb stops at the ceiling
    buffer_init(&small, 1000);
    assert_int_equal(gzip_unpack(packed.data, packed.length, &small, &error), ERROR_INPUT);
    buffer_done(&small);
    buffer_done(&packed);
    buffer_done(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_where_the_definition_says),
        cmocka_unit_test(finding_agrees_with_looking_at_each),
        cmocka_unit_test(every_polygon_is_valid),
        cmocka_unit_test(neighbouring_tiles_share_a_polygon_without_gap),
        cmocka_unit_test(lines_are_cut_at_the_margin),
        cmocka_unit_test(properties_come_back),
        cmocka_unit_test(packed_bytes_come_back_and_broken_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
