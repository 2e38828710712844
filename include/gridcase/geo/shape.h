// SPDX-License-Identifier: MPL-2.0
// Points, lines and polygons on the integer lattice of 1e-7 degree (about 1 cm), the one
// space in which the whole program is exact: x = longitude, y = latitude, times 10^7.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

#define GEO_LATTICE_PER_DEG 1e7

struct geo_point {
    int32_t x, y;
};

struct geo_box {
    int32_t west, south, east, north; // inclusive; west > east when empty
};

// Rings in one flat array of points; a ring's last point is not its first one again. A part
// is one outer ring (counter-clockwise) and the holes in it (clockwise).
struct geo_polygon {
    size_t part_count;
    uint32_t *part_start; // part_count + 1 ring indexes
    size_t ring_count;
    uint32_t *ring_start; // ring_count + 1 point indexes
    size_t point_count;
    struct geo_point *point;
};

struct geo_line {
    size_t point_count;
    struct geo_point *point;
};

// Nearest lattice point. ERROR_INPUT "point.invalid" when not finite or beyond +-180, +-90.
int geo_point_from_deg(double lon_deg, double lat_deg, struct geo_point *ret_point,
                       struct error *error) ERROR_MUST_CHECK;

struct geo_polygon *
geo_polygon_free(struct geo_polygon *polygon); // takes NULL, returns NULL
struct geo_box geo_polygon_box(const struct geo_polygon *polygon);
// On the WGS 84 ellipsoid.
double geo_polygon_area_m2(const struct geo_polygon *polygon);
// A point well inside: the middle of the widest piece of a horizontal line through it.
struct geo_point geo_polygon_inside(const struct geo_polygon *polygon);
// Even-odd with the half-open rule: a point on an edge that two polygons share is in
// exactly one of them.
int geo_polygon_holds(const struct geo_polygon *polygon, struct geo_point point);

// Well-known binary, little-endian, MultiPolygon / LineString / Point, in degrees.
void geo_polygon_to_wkb(const struct geo_polygon *polygon, struct buffer *out);
void geo_line_to_wkb(const struct geo_line *line, struct buffer *out);
void geo_point_to_wkb(struct geo_point point, struct buffer *out);
// Polygon or MultiPolygon as written by the function above (2D, either byte order): ends on
// exactly the same lattice points. Caller frees.
int geo_polygon_from_wkb(const void *bytes, size_t length, struct geo_polygon **ret_polygon,
                         struct error *error) ERROR_MUST_CHECK;

struct geo_line *geo_line_free(struct geo_line *line);
int geo_line_from_wkb(const void *bytes, size_t length, struct geo_line **ret_line,
                      struct error *error) ERROR_MUST_CHECK;
// Length on the ground.
double geo_line_length_m(const struct geo_line *line);
