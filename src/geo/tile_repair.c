// SPDX-License-Identifier: MPL-2.0
// Outlines that rounding or cutting has made invalid: GEOS makes them valid again and
// rounds them to whole units without breaking them (snap rounding).
#include <math.h>
#include <stdlib.h>

#define GEOS_USE_ONLY_R_API
#include <geos_c.h>

#include "tile_internal.h"

static GEOSGeometry *to_ring(GEOSContextHandle_t geos, const struct tile_vertex *vertex,
                             size_t count)
{
    GEOSCoordSequence *points = GEOSCoordSeq_create_r(geos, (unsigned)count + 1, 2);
    for (size_t i = 0; points && i <= count; i++)
        GEOSCoordSeq_setXY_r(geos, points, (unsigned)i, vertex[i % count].x,
                             vertex[i % count].y);
    return points ? GEOSGeom_createLinearRing_r(geos, points) : NULL;
}

// One outer ring and the holes after it; *at moves on to the next outer ring.
static GEOSGeometry *to_part(GEOSContextHandle_t geos, const struct tile_outline *outline,
                             size_t *at)
{
    const struct tile_ring *outer = &outline->ring[(*at)++];
    size_t count = 0;
    while (*at + count < outline->ring_count && outline->ring[*at + count].hole)
        count++;
    GEOSGeometry **holes = calloc(count + 1, sizeof(GEOSGeometry *));
    for (size_t i = 0; holes && i < count; i++) {
        const struct tile_ring *ring = &outline->ring[*at + i];
        holes[i] = to_ring(geos, outline->vertex + ring->start, ring->count);
    }
    *at += count;
    GEOSGeometry *shell = to_ring(geos, outline->vertex + outer->start, outer->count);
    GEOSGeometry *part = shell && holes
                             ? GEOSGeom_createPolygon_r(geos, shell, holes, (unsigned)count)
                             : NULL;
    free(holes);
    return part;
}

static GEOSGeometry *to_geometry(GEOSContextHandle_t geos,
                                 const struct tile_outline *outline)
{
    GEOSGeometry **parts = calloc(outline->ring_count + 1, sizeof(GEOSGeometry *));
    unsigned count = 0;
    for (size_t at = 0; parts && at < outline->ring_count;) {
        GEOSGeometry *part = to_part(geos, outline, &at);
        if (part)
            parts[count++] = part;
    }
    GEOSGeometry *all =
        parts ? GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts, count) : NULL;
    free(parts);
    return all;
}

static void take_ring(GEOSContextHandle_t geos, const GEOSGeometry *ring, bool hole,
                      struct tile_outline *outline)
{
    const GEOSCoordSequence *points = GEOSGeom_getCoordSeq_r(geos, ring);
    unsigned size = 0;
    if (!points || !GEOSCoordSeq_getSize_r(geos, points, &size) || size < 4 ||
        !outline_room(outline, size))
        return;
    const size_t start = outline->count;
    for (unsigned i = 0; i + 1 < size; i++) {
        double x = 0, y = 0;
        GEOSCoordSeq_getXY_r(geos, points, i, &x, &y);
        outline->vertex[outline->count++] =
            (struct tile_vertex){(int32_t)lround(x), (int32_t)lround(y)};
    }
    struct tile_vertex *v = outline->vertex + start;
    const size_t count = tile_clean(v, outline->count - start);
    outline->count = start + count;
    if (count == 0)
        return;
    if ((tile_area2(v, count) < 0) != hole)
        for (size_t i = 0; i < count / 2; i++) {
            struct tile_vertex swap = v[i];
            v[i] = v[count - 1 - i];
            v[count - 1 - i] = swap;
        }
    outline_ring(outline, start, hole);
}

static void take_geometry(GEOSContextHandle_t geos, const GEOSGeometry *geometry,
                          struct tile_outline *outline)
{
    if (GEOSGeomTypeId_r(geos, geometry) == GEOS_POLYGON) {
        const GEOSGeometry *shell = GEOSGetExteriorRing_r(geos, geometry);
        const size_t rings = outline->ring_count;
        if (shell && GEOSisEmpty_r(geos, geometry) == 0)
            take_ring(geos, shell, false, outline);
        const int holes =
            outline->ring_count > rings ? GEOSGetNumInteriorRings_r(geos, geometry) : 0;
        for (int i = 0; i < holes; i++)
            take_ring(geos, GEOSGetInteriorRingN_r(geos, geometry, i), true, outline);
    } else if (GEOSGeomTypeId_r(geos, geometry) >= GEOS_MULTIPOINT) {
        const int parts = GEOSGetNumGeometries_r(geos, geometry);
        for (int i = 0; i < parts; i++)
            take_geometry(geos, GEOSGetGeometryN_r(geos, geometry, i), outline);
    }
}

// Ring by ring, holes taken out of outer ones: where both were cut along the same edge, or
// the hole covers all of the tile, nothing is left between them.
static GEOSGeometry *make_valid(GEOSContextHandle_t geos, const GEOSGeometry *broken)
{
    GEOSMakeValidParams *params = GEOSMakeValidParams_create_r(geos);
    GEOSMakeValidParams_setMethod_r(geos, params, GEOS_MAKE_VALID_STRUCTURE);
    GEOSMakeValidParams_setKeepCollapsed_r(geos, params, 0);
    GEOSGeometry *valid = GEOSMakeValidWithParams_r(geos, broken, params);
    GEOSMakeValidParams_destroy_r(geos, params);
    return valid;
}

bool tile_repair(struct tile_outline *outline)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *broken = to_geometry(geos, outline);
    GEOSGeometry *valid = broken ? make_valid(geos, broken) : NULL;
    GEOSGeometry *whole = valid ? GEOSGeom_setPrecision_r(geos, valid, 1.0, 0) : NULL;
    outline_clear(outline);
    if (whole)
        take_geometry(geos, whole, outline);
    GEOSGeom_destroy_r(geos, whole);
    GEOSGeom_destroy_r(geos, valid);
    GEOSGeom_destroy_r(geos, broken);
    GEOS_finish_r(geos);
    return outline->ring_count > 0 && !outline->failed;
}
