// SPDX-License-Identifier: MPL-2.0
// Large cells are cut across their longest axis into halves, and those again, so that all
// pieces have the same size. The cuts are straight on the plane of the cell's latitude.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "grid_internal.h"

enum { BISECTIONS = 48, DEPTH_MOST = 40 };

struct split {
    GEOSContextHandle_t geos;
    double x_m, y_m;         // metres of a lattice step
    struct geo_point origin; // plane coordinates count from here
    struct grid_lines *lines;
    size_t made;
};

struct cut { // points with x * east + y * north < at lie on the first side
    double east, north, at;
};

// ---- to the plane and back ----
static GEOSGeometry *plane_ring(const struct split *split,
                                const struct geo_polygon *polygon, uint32_t ring)
{
    uint32_t first = polygon->ring_start[ring], end = polygon->ring_start[ring + 1];
    GEOSCoordSequence *points =
        GEOSCoordSeq_create_r(split->geos, (unsigned)(end - first) + 1, 2);
    for (uint32_t i = first; points && i <= end; i++) {
        struct geo_point p = polygon->point[i < end ? i : first];
        GEOSCoordSeq_setXY_r(split->geos, points, i - first,
                             ((double)p.x - split->origin.x) * split->x_m,
                             ((double)p.y - split->origin.y) * split->y_m);
    }
    return points ? GEOSGeom_createLinearRing_r(split->geos, points) : NULL;
}

static GEOSGeometry *plane_part(const struct split *split,
                                const struct geo_polygon *polygon, size_t part)
{
    uint32_t first = polygon->part_start[part], end = polygon->part_start[part + 1];
    GEOSGeometry **holes = memory_array((size_t)(end - first) + 1, sizeof(GEOSGeometry *));
    GEOSGeometry *shell = holes ? plane_ring(split, polygon, first) : NULL;
    unsigned count = 0;
    bool good = shell;
    for (uint32_t r = first + 1; r < end && good; r++) {
        holes[count] = plane_ring(split, polygon, r);
        good = holes[count] != NULL;
        count += good;
    }
    GEOSGeometry *result = NULL;
    if (good)
        result = GEOSGeom_createPolygon_r(split->geos, shell, holes, count);
    for (unsigned i = 0; !good && i < count; i++)
        GEOSGeom_destroy_r(split->geos, holes[i]);
    if (!good && shell)
        GEOSGeom_destroy_r(split->geos, shell);
    free(holes);
    return result;
}

static int emit_ring(struct split *split, const GEOSGeometry *ring, struct error *error)
{
    const GEOSCoordSequence *points =
        ring ? GEOSGeom_getCoordSeq_r(split->geos, ring) : NULL;
    unsigned count = 0;
    if (!points || !GEOSCoordSeq_getSize_r(split->geos, points, &count) || count < 4)
        return grid_failed(error, "reading a cut ring");
    struct geo_point *out = memory_array(count, sizeof(*out));
    if (!out)
        return grid_memory(error);
    for (unsigned i = 0; i < count; i++) {
        double x = 0, y = 0;
        GEOSCoordSeq_getXY_r(split->geos, points, i, &x, &y);
        out[i] = (struct geo_point){(int32_t)lround(x / split->x_m + split->origin.x),
                                    (int32_t)lround(y / split->y_m + split->origin.y)};
    }
    int code = grid_lines_add(split->lines, out, count, false, error);
    free(out);
    return code;
}

static int emit(struct split *split, const GEOSGeometry *piece, struct error *error)
{
    int holes = GEOSGetNumInteriorRings_r(split->geos, piece);
    int code = emit_ring(split, GEOSGetExteriorRing_r(split->geos, piece), error);
    for (int i = 0; i < holes && code == 0; i++)
        code = emit_ring(split, GEOSGetInteriorRingN_r(split->geos, piece, i), error);
    split->made++;
    return code;
}

// ---- where to cut ----
// The longer side of the smallest rectangle around the piece.
static bool longest_axis(const struct split *split, const GEOSGeometry *piece,
                         struct cut *ret_cut)
{
    GEOSGeometry *box = GEOSMinimumRotatedRectangle_r(split->geos, piece);
    const GEOSGeometry *ring = box && GEOSGeomTypeId_r(split->geos, box) == GEOS_POLYGON
                                   ? GEOSGetExteriorRing_r(split->geos, box)
                                   : NULL;
    const GEOSCoordSequence *points =
        ring ? GEOSGeom_getCoordSeq_r(split->geos, ring) : NULL;
    double x[3], y[3];
    bool good = points;
    for (unsigned i = 0; i < 3 && good; i++)
        good = GEOSCoordSeq_getXY_r(split->geos, points, i, &x[i], &y[i]) == 1;
    if (box)
        GEOSGeom_destroy_r(split->geos, box);
    if (!good)
        return false;
    double one = hypot(x[1] - x[0], y[1] - y[0]), two = hypot(x[2] - x[1], y[2] - y[1]);
    int from = one >= two ? 0 : 1;
    double length = fmax(one, two);
    if (!(length > 0))
        return false;
    *ret_cut =
        (struct cut){(x[from + 1] - x[from]) / length, (y[from + 1] - y[from]) / length, 0};
    if (ret_cut->east < 0 || (ret_cut->east == 0 && ret_cut->north < 0)) {
        ret_cut->east = -ret_cut->east;
        ret_cut->north = -ret_cut->north;
    }
    return true;
}

// Twice the signed area of a ring on the first side of the cut: the part beyond it is
// pushed onto it, which leaves no area there.
static double ring_below(const struct split *split, const GEOSGeometry *ring,
                         const struct cut *cut)
{
    const GEOSCoordSequence *points =
        ring ? GEOSGeom_getCoordSeq_r(split->geos, ring) : NULL;
    unsigned count = 0;
    double sum = 0, last_u = 0, last_v = 0;
    if (!points || !GEOSCoordSeq_getSize_r(split->geos, points, &count))
        return 0;
    for (unsigned i = 0; i < count; i++) {
        double x = 0, y = 0;
        GEOSCoordSeq_getXY_r(split->geos, points, i, &x, &y);
        double u = x * cut->east + y * cut->north, v = y * cut->east - x * cut->north;
        if (i > 0) { // the area between the edge and the cut line, as seen from it
            double a = last_u - cut->at, b = u - cut->at;
            double va = last_v, vb = v;
            if (a > 0 && b > 0)
                a = b = 0;
            else if (a > 0 || b > 0) {
                double share = a / (a - b);
                double crossing = va + (vb - va) * share;
                if (a > 0) {
                    va = crossing;
                    a = 0;
                } else {
                    vb = crossing;
                    b = 0;
                }
            }
            sum += (a + b) * (vb - va);
        }
        last_u = u;
        last_v = v;
    }
    return sum;
}

static double area_below(const struct split *split, const GEOSGeometry *piece,
                         const struct cut *cut)
{
    int holes = GEOSGetNumInteriorRings_r(split->geos, piece);
    double area = fabs(ring_below(split, GEOSGetExteriorRing_r(split->geos, piece), cut));
    for (int i = 0; i < holes; i++)
        area -= fabs(ring_below(split, GEOSGetInteriorRingN_r(split->geos, piece, i), cut));
    return area / 2;
}

struct reach {
    double low_u, high_u, low_v, high_v;
};

static struct reach reach_of(const struct split *split, const GEOSGeometry *piece,
                             const struct cut *cut)
{
    struct reach reach = {HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL};
    const GEOSGeometry *ring = GEOSGetExteriorRing_r(split->geos, piece);
    const GEOSCoordSequence *points =
        ring ? GEOSGeom_getCoordSeq_r(split->geos, ring) : NULL;
    unsigned count = 0;
    if (points)
        GEOSCoordSeq_getSize_r(split->geos, points, &count);
    for (unsigned i = 0; i < count; i++) {
        double x = 0, y = 0;
        GEOSCoordSeq_getXY_r(split->geos, points, i, &x, &y);
        double u = x * cut->east + y * cut->north, v = y * cut->east - x * cut->north;
        reach.low_u = fmin(reach.low_u, u);
        reach.high_u = fmax(reach.high_u, u);
        reach.low_v = fmin(reach.low_v, v);
        reach.high_v = fmax(reach.high_v, v);
    }
    return reach;
}

static bool place_cut(const struct split *split, const GEOSGeometry *piece, double share,
                      struct cut *cut, struct reach *ret_reach)
{
    double area = 0;
    if (GEOSArea_r(split->geos, piece, &area) != 1 || !(area > 0) ||
        !longest_axis(split, piece, cut))
        return false;
    *ret_reach = reach_of(split, piece, cut);
    double low = ret_reach->low_u, high = ret_reach->high_u;
    for (int i = 0; i < BISECTIONS; i++) {
        cut->at = (low + high) / 2;
        if (area_below(split, piece, cut) < area * share)
            low = cut->at;
        else
            high = cut->at;
    }
    return cut->at > ret_reach->low_u && cut->at < ret_reach->high_u;
}

// ---- cutting ----
// The rectangle of the plane between two values of u.
static GEOSGeometry *band(const struct split *split, const struct cut *cut,
                          const struct reach *reach, double from_u, double to_u)
{
    double margin = 10 + (reach->high_v - reach->low_v);
    double v[2] = {reach->low_v - margin, reach->high_v + margin};
    double corner[5][2] = {
        {from_u, v[0]}, {to_u, v[0]}, {to_u, v[1]}, {from_u, v[1]}, {from_u, v[0]}};
    GEOSCoordSequence *points = GEOSCoordSeq_create_r(split->geos, 5, 2);
    for (unsigned i = 0; points && i < 5; i++)
        GEOSCoordSeq_setXY_r(split->geos, points, i,
                             corner[i][0] * cut->east - corner[i][1] * cut->north,
                             corner[i][0] * cut->north + corner[i][1] * cut->east);
    GEOSGeometry *ring = points ? GEOSGeom_createLinearRing_r(split->geos, points) : NULL;
    return ring ? GEOSGeom_createPolygon_r(split->geos, ring, NULL, 0) : NULL;
}

static int split_piece(struct split *split, const GEOSGeometry *piece, unsigned pieces,
                       int depth, struct error *error);

// One side of a cut may fall into several pieces: each gets its share of the number.
static int split_side(struct split *split, const GEOSGeometry *side, unsigned pieces,
                      int depth, struct error *error)
{
    int count = GEOSGetNumGeometries_r(split->geos, side), code = 0;
    double whole = 0;
    GEOSArea_r(split->geos, side, &whole);
    for (int i = 0; i < count && code == 0; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(split->geos, side, i);
        double area = 0;
        if (GEOSGeomTypeId_r(split->geos, part) != GEOS_POLYGON ||
            GEOSArea_r(split->geos, part, &area) != 1 || !(area > 0))
            continue;
        double share = whole > 0 ? round(pieces * area / whole) : 1;
        code = split_piece(split, part, share < 1 ? 1 : (unsigned)share, depth, error);
    }
    return code;
}

static int split_piece(struct split *split, const GEOSGeometry *piece, unsigned pieces,
                       int depth, struct error *error)
{
    struct cut cut;
    struct reach reach;
    unsigned first = pieces / 2;
    if (pieces < 2 || depth >= DEPTH_MOST ||
        !place_cut(split, piece, (double)first / pieces, &cut, &reach))
        return emit(split, piece, error);
    GEOSGeometry *bands[2] = {band(split, &cut, &reach, reach.low_u - 10, cut.at),
                              band(split, &cut, &reach, cut.at, reach.high_u + 10)};
    GEOSGeometry *side[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        side[i] = bands[i] ? GEOSIntersection_r(split->geos, piece, bands[i]) : NULL;
        if (bands[i])
            GEOSGeom_destroy_r(split->geos, bands[i]);
    }
    int code = 0;
    if (!side[0] || !side[1]) { // as it is: too large, but whole
        code = emit(split, piece, error);
    } else {
        code = split_side(split, side[0], first, depth + 1, error);
        if (code == 0)
            code = split_side(split, side[1], pieces - first, depth + 1, error);
    }
    for (int i = 0; i < 2; i++)
        if (side[i])
            GEOSGeom_destroy_r(split->geos, side[i]);
    return code;
}

int grid_split(GEOSContextHandle_t geos, const struct geo_polygon *polygon, unsigned pieces,
               struct grid_lines *lines, size_t *ret_made, struct error *error)
{
    struct geo_box box = geo_polygon_box(polygon);
    struct split split = {.geos = geos, .origin = {box.west, box.south}, .lines = lines};
    grid_metres((int32_t)(((int64_t)box.south + box.north) / 2), &split.x_m, &split.y_m);
    int code = 0;
    for (size_t part = 0; part < polygon->part_count && code == 0; part++) {
        GEOSGeometry *piece = plane_part(&split, polygon, part);
        if (!piece)
            return grid_memory(error);
        code = split_piece(&split, piece, pieces, 0, error);
        GEOSGeom_destroy_r(geos, piece);
    }
    *ret_made = split.made;
    return code;
}
