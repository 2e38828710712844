// SPDX-License-Identifier: MPL-2.0
#include <gridcase/geo/territory.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>

#define GEOS_USE_ONLY_R_API
#include <geos_c.h>

#include "shape_internal.h"

struct diagram {
    GEOSContextHandle_t geos;
    double stretch;       // a lattice step east, in lattice steps north
    GEOSGeometry **point; // per site; user data is the site
    GEOSSTRtree *tree;
    GEOSGeometry *cells;
    GEOSGeometry **piece; // cells, sorted by label
    size_t *piece_start;  // per label + 1
    size_t count, label_count, piece_count;
};

static int broken(struct error *error, const char *what)
{
    return error_set(error, ERROR_GEO, "geo.territory", "territories: %s failed", what);
}

static void diagram_done(struct diagram *diagram)
{
    GEOSContextHandle_t geos = diagram->geos;
    if (!geos)
        return;
    for (size_t i = 0; diagram->point && i < diagram->count; i++)
        if (diagram->point[i])
            GEOSGeom_destroy_r(geos, diagram->point[i]);
    for (size_t i = 0; diagram->piece && i < diagram->piece_count; i++)
        if (diagram->piece[i])
            GEOSGeom_destroy_r(geos, diagram->piece[i]);
    if (diagram->tree)
        GEOSSTRtree_destroy_r(geos, diagram->tree);
    if (diagram->cells)
        GEOSGeom_destroy_r(geos, diagram->cells);
    free(diagram->point);
    free(diagram->piece);
    free(diagram->piece_start);
    GEOS_finish_r(geos);
}

// ---- cells ----
static int add_points(struct diagram *diagram, const struct geo_site *sites,
                      struct error *error)
{
    for (size_t i = 0; i < diagram->count; i++) {
        diagram->point[i] = GEOSGeom_createPointFromXY_r(
            diagram->geos, sites[i].at.x * diagram->stretch, sites[i].at.y);
        if (!diagram->point[i])
            return broken(error, "a point");
        GEOSGeom_setUserData_r(diagram->geos, diagram->point[i],
                               (void *)(uintptr_t)&sites[i]);
        GEOSSTRtree_insert_r(diagram->geos, diagram->tree, diagram->point[i],
                             diagram->point[i]);
    }
    return 0;
}

static GEOSGeometry *many_points(struct diagram *diagram)
{
    GEOSGeometry **copies = memory_array(diagram->count + 1, sizeof(GEOSGeometry *));
    for (size_t i = 0; copies && i < diagram->count; i++)
        copies[i] = GEOSGeom_clone_r(diagram->geos, diagram->point[i]);
    GEOSGeometry *many = copies
                             ? GEOSGeom_createCollection_r(diagram->geos, GEOS_MULTIPOINT,
                                                           copies, (unsigned)diagram->count)
                             : NULL;
    free(copies);
    return many;
}

static int make_cells(struct diagram *diagram, struct geo_box box, struct error *error)
{
    GEOSContextHandle_t geos = diagram->geos;
    GEOSGeometry *many = many_points(diagram);
    GEOSGeometry *frame =
        GEOSGeom_createRectangle_r(geos, box.west * diagram->stretch, box.south,
                                   box.east * diagram->stretch, box.north);
    if (many && frame && diagram->count == 1) { // a diagram of one site would be empty
        diagram->cells =
            GEOSGeom_createCollection_r(geos, GEOS_GEOMETRYCOLLECTION, &frame, 1);
        frame = NULL;
    } else if (many && frame) {
        diagram->cells = GEOSVoronoiDiagram_r(geos, many, frame, 0, 0);
    }
    if (many)
        GEOSGeom_destroy_r(geos, many);
    if (frame)
        GEOSGeom_destroy_r(geos, frame);
    return diagram->cells ? 0 : broken(error, "the Voronoi diagram");
}

// ---- cells by label ----
// A cell is convex: its middle lies in it, and the site nearest to that is the cell's own.
static uint32_t label_of(struct diagram *diagram, const GEOSGeometry *cell)
{
    GEOSGeometry *middle = GEOSGetCentroid_r(diagram->geos, cell);
    const GEOSGeometry *nearest =
        middle ? GEOSSTRtree_nearest_r(diagram->geos, diagram->tree, middle) : NULL;
    const struct geo_site *site =
        nearest ? GEOSGeom_getUserData_r(diagram->geos, nearest) : NULL;
    if (middle)
        GEOSGeom_destroy_r(diagram->geos, middle);
    return site ? site->label : UINT32_MAX;
}

static int sort_cells(struct diagram *diagram, struct error *error)
{
    int cells = GEOSGetNumGeometries_r(diagram->geos, diagram->cells);
    uint32_t *label = memory_array((size_t)(cells > 0 ? cells : 0) + 1, sizeof *label);
    diagram->piece =
        memory_array((size_t)(cells > 0 ? cells : 0) + 1, sizeof(GEOSGeometry *));
    diagram->piece_start =
        memory_array(diagram->label_count + 2, sizeof *diagram->piece_start);
    int code = label && diagram->piece && diagram->piece_start
                   ? 0
                   : error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    for (int i = 0; i < cells && code == 0; i++) {
        label[i] = label_of(diagram, GEOSGetGeometryN_r(diagram->geos, diagram->cells, i));
        if (label[i] >= diagram->label_count)
            code = broken(error, "the search for a cell's site");
        else
            diagram->piece_start[label[i] + 2]++;
    }
    for (size_t i = 2; i < diagram->label_count + 2 && code == 0; i++)
        diagram->piece_start[i] += diagram->piece_start[i - 1];
    diagram->piece_count = code == 0 && cells > 0 ? (size_t)cells : 0;
    for (int i = 0; i < cells && code == 0; i++)
        diagram->piece[diagram->piece_start[label[i] + 1]++] = GEOSGeom_clone_r(
            diagram->geos, GEOSGetGeometryN_r(diagram->geos, diagram->cells, i));
    free(label);
    return code;
}

// ---- back to the lattice ----
static int add_ring(struct diagram *diagram, struct shape_builder *builder,
                    const GEOSGeometry *ring)
{
    const GEOSCoordSequence *points = GEOSGeom_getCoordSeq_r(diagram->geos, ring);
    unsigned count = 0;
    if (!points || !GEOSCoordSeq_getSize_r(diagram->geos, points, &count))
        return -1;
    shape_begin_ring(builder);
    for (unsigned i = 0; i + 1 < count; i++) {
        double x = 0, y = 0;
        if (!GEOSCoordSeq_getXY_r(diagram->geos, points, i, &x, &y))
            return -1;
        shape_add_point(builder, (struct geo_point){(int32_t)lround(x / diagram->stretch),
                                                    (int32_t)lround(y)});
    }
    shape_end_ring(builder);
    return 0;
}

static int add_part(struct diagram *diagram, struct shape_builder *builder,
                    const GEOSGeometry *part)
{
    GEOSContextHandle_t geos = diagram->geos;
    const GEOSGeometry *outer = GEOSGetExteriorRing_r(geos, part);
    int holes = GEOSGetNumInteriorRings_r(geos, part);
    if (!outer || holes < 0)
        return -1;
    shape_begin_part(builder);
    int code = add_ring(diagram, builder, outer);
    for (int i = 0; i < holes && code == 0; i++)
        code = add_ring(diagram, builder, GEOSGetInteriorRingN_r(geos, part, i));
    shape_end_part(builder);
    return code;
}

// The pieces of a label as one polygon, NULL when it has no area on the lattice.
static int unite(struct diagram *diagram, uint32_t label, struct geo_polygon **ret_polygon,
                 struct error *error)
{
    GEOSContextHandle_t geos = diagram->geos;
    size_t start = diagram->piece_start[label], end = diagram->piece_start[label + 1];
    if (end == start)
        return 0;
    GEOSGeometry *pieces = GEOSGeom_createCollection_r(
        geos, GEOS_GEOMETRYCOLLECTION, diagram->piece + start, (unsigned)(end - start));
    for (size_t i = start; i < end && pieces; i++)
        diagram->piece[i] = NULL; // the collection's now
    GEOSGeometry *whole = pieces ? GEOSUnaryUnion_r(geos, pieces) : NULL;
    struct shape_builder builder = {.failed = false};
    int code = whole ? 0 : -1;
    for (int i = 0; code == 0 && i < GEOSGetNumGeometries_r(geos, whole); i++)
        code = add_part(diagram, &builder, GEOSGetGeometryN_r(geos, whole, i));
    *ret_polygon = shape_finish(&builder);
    if (pieces)
        GEOSGeom_destroy_r(geos, pieces);
    if (whole)
        GEOSGeom_destroy_r(geos, whole);
    return code == 0 ? 0 : broken(error, "the union of cells");
}

static int territories(struct diagram *diagram, const struct geo_site *sites,
                       struct geo_box box, struct geo_polygon **ret_territories,
                       struct error *error)
{
    diagram->point = memory_array(diagram->count + 1, sizeof(GEOSGeometry *));
    diagram->tree = diagram->geos ? GEOSSTRtree_create_r(diagram->geos, 8) : NULL;
    if (!diagram->point || !diagram->tree)
        return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    int code = add_points(diagram, sites, error);
    if (code == 0)
        code = make_cells(diagram, box, error);
    if (code == 0)
        code = sort_cells(diagram, error);
    for (size_t i = 0; i < diagram->label_count && code == 0; i++)
        code = unite(diagram, (uint32_t)i, &ret_territories[i], error);
    return code;
}

int geo_territories(const struct geo_site *sites, size_t count, struct geo_box box,
                    struct geo_polygon **ret_territories, size_t label_count,
                    struct error *error)
{
    static const double degree = 0.017453292519943295;
    for (size_t i = 0; i < label_count; i++)
        ret_territories[i] = NULL;
    if (count > GEO_SITES_MOST)
        return error_set(error, ERROR_LIMIT, "geo.sites", "more than %d sites",
                         GEO_SITES_MOST);
    if (count == 0)
        return 0;
    double middle_deg = ((double)box.south + box.north) / 2 / GEO_LATTICE_PER_DEG;
    struct diagram diagram = {.geos = GEOS_init_r(),
                              .stretch = fmax(cos(middle_deg * degree), 0.01),
                              .count = count,
                              .label_count = label_count};
    int code = territories(&diagram, sites, box, ret_territories, error);
    diagram_done(&diagram);
    for (size_t i = 0; code < 0 && i < label_count; i++)
        ret_territories[i] = geo_polygon_free(ret_territories[i]);
    return code;
}

// ---- GeoJSON ----
static void put_ring(const struct geo_polygon *polygon, size_t ring, struct buffer *out)
{
    uint32_t first = polygon->ring_start[ring], end = polygon->ring_start[ring + 1];
    buffer_append_char(out, '[');
    for (uint32_t i = first; i <= end; i++) {
        struct geo_point p = polygon->point[i < end ? i : first];
        buffer_format(out, "%s[%.7f,%.7f]", i > first ? "," : "", p.x / GEO_LATTICE_PER_DEG,
                      p.y / GEO_LATTICE_PER_DEG);
    }
    buffer_append_char(out, ']');
}

void geo_polygon_to_json(const struct geo_polygon *polygon, struct buffer *out)
{
    buffer_append_text(out, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (size_t part = 0; part < polygon->part_count; part++) {
        buffer_append_text(out, part ? ",[" : "[");
        for (uint32_t r = polygon->part_start[part]; r < polygon->part_start[part + 1];
             r++) {
            if (r > polygon->part_start[part])
                buffer_append_char(out, ',');
            put_ring(polygon, r, out);
        }
        buffer_append_char(out, ']');
    }
    buffer_append_text(out, "]}");
}
