// SPDX-License-Identifier: MPL-2.0
// Tiles out of any polygons, valid or not: what is written can be read again, lies inside
// the margin and is valid. The first byte chooses; a second mode reads the bytes as a tile.
#include <stdlib.h>

#define GEOS_USE_ONLY_R_API
#include <geos_c.h>

#include <gridcase/core/gzip.h>
#include <gridcase/geo/tile.h>

#include "../unit/tile_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void check(const struct decoded_layer *layer, const struct decoded_feature *feature)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry **parts = calloc(feature->ring_count + 1, sizeof *parts);
    GEOSGeometry **holes = calloc(feature->ring_count + 1, sizeof *holes);
    unsigned part_count = 0;
    for (size_t i = 0; i < feature->ring_count;) {
        const struct decoded_ring *ring = &layer->rings[feature->first_ring + i++];
        unsigned hole_count = 0;
        if (decoded_area2(layer, ring) <= 0)
            abort();
        while (i < feature->ring_count &&
               decoded_area2(layer, &layer->rings[feature->first_ring + i]) < 0)
            holes[hole_count++] =
                ring_of(geos, layer, &layer->rings[feature->first_ring + i++]);
        parts[part_count++] =
            GEOSGeom_createPolygon_r(geos, ring_of(geos, layer, ring), holes, hole_count);
    }
    GEOSGeometry *all =
        GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts, part_count);
    if (GEOSisValid_r(geos, all) != 1)
        abort();
    GEOSGeom_destroy_r(geos, all);
    free(parts);
    free(holes);
    GEOS_finish_r(geos);
}

static void read_back(const struct buffer *out)
{
    struct decoded_tile tile;
    if (!decode_tile(out->data, out->length, &tile))
        abort();
    for (size_t i = 0; tile.layer_count > 0 && i < tile.layers[0].xy_count; i++)
        if (tile.layers[0].xy[i] < -TILE_EXTENT || tile.layers[0].xy[i] > 2 * TILE_EXTENT)
            abort();
    for (size_t i = 0; tile.layer_count > 0 && i < tile.layers[0].feature_count; i++)
        check(&tile.layers[0], &tile.layers[0].features[i]);
    decoded_done(&tile);
}

// Rings of up to 16 vertices each, three bytes a vertex; the first is the outer one.
static void draw(const uint8_t *data, size_t size, unsigned zoom, unsigned snap)
{
    enum { PER_RING = 16, MOST = 64 };
    struct geo_point point[MOST];
    uint32_t parts[] = {0, 0}, rings[MOST / 3 + 2] = {0};
    struct geo_polygon polygon = {1, parts, 0, rings, 0, point};
    while (size >= 9 && polygon.point_count + 3 <= MOST) {
        size_t count = size / 3 < PER_RING ? size / 3 : PER_RING;
        if (count > MOST - polygon.point_count)
            count = MOST - polygon.point_count;
        for (size_t i = 0; i < count; i++, data += 3, size -= 3)
            point[polygon.point_count++] = (struct geo_point){
                (data[0] | (data[2] & 15) << 8) * 37, (data[1] | (data[2] >> 4) << 8) * 37};
        rings[++polygon.ring_count] = (uint32_t)polygon.point_count;
        parts[1] = (uint32_t)polygon.ring_count;
    }
    struct tile_shapes *shapes = tile_shapes_new(TILE_POLYGON);
    struct tile_pen *pen = tile_pen_new();
    struct error error;
    struct buffer out;
    buffer_init(&out, BUFFER_CEILING_FILE);
    if (polygon.ring_count > 0)
        tile_shapes_add_polygon(shapes, &polygon);
    if (tile_shapes_seal(shapes, &error) == 0 && polygon.ring_count > 0) {
        const struct tile_point middle = tile_project(0.0035, 0.0035);
        const struct tile_id tile = {zoom, (uint32_t)((uint64_t)middle.x >> (32 - zoom)),
                                     (uint32_t)((uint64_t)middle.y >> (32 - zoom))};
        tile_begin(pen, "shapes", &tile, snap);
        if (tile_draw_shape(pen, shapes, 0))
            tile_put_feature(pen, 1);
        if (tile_end(pen, &out, &error) == 0)
            read_back(&out);
    }
    tile_shapes_free(shapes);
    tile_pen_free(pen);
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (data[0] == 255) { // our reader is no worse than the writer
        struct decoded_tile tile;
        struct buffer plain;
        struct error error;
        (void)decode_tile(data + 1, size - 1, &tile);
        decoded_done(&tile);
        buffer_init(&plain, 1 << 20);
        (void)!gzip_unpack(data + 1, size - 1, &plain, &error);
        buffer_done(&plain);
        return 0;
    }
    draw(data + 2, size - 2, data[0] % (TILE_ZOOM_MOST + 1),
         data[1] % (TILE_SNAP_MOST + 1));
    return 0;
}
