// SPDX-License-Identifier: MPL-2.0
#include <gridcase/geo/shape.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <geodesic.h>

#include "shape_internal.h"

static const double WGS84_RADIUS_M = 6378137.0;
static const double WGS84_FLATTENING = 1 / 298.257223563;

int geo_point_from_deg(double lon_deg, double lat_deg, struct geo_point *ret_point,
                       struct error *error)
{
    if (!isfinite(lon_deg) || !isfinite(lat_deg))
        return error_set(error, ERROR_INPUT, "point.invalid", "coordinates are no numbers");
    if (fabs(lon_deg) > 180 || fabs(lat_deg) > 90)
        return error_set(error, ERROR_INPUT, "point.invalid",
                         "longitude %.7g, latitude %.7g is not on earth", lon_deg, lat_deg);
    ret_point->x = (int32_t)lround(lon_deg * GEO_LATTICE_PER_DEG);
    ret_point->y = (int32_t)lround(lat_deg * GEO_LATTICE_PER_DEG);
    return 0;
}

struct geo_polygon *geo_polygon_free(struct geo_polygon *polygon)
{
    if (polygon) {
        free(polygon->part_start);
        free(polygon->ring_start);
        free(polygon->point);
        free(polygon);
    }
    return NULL;
}

struct geo_line *geo_line_free(struct geo_line *line)
{
    if (line) {
        free(line->point);
        free(line);
    }
    return NULL;
}

struct geo_box geo_polygon_box(const struct geo_polygon *polygon)
{
    struct geo_box box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (size_t i = 0; i < polygon->point_count; i++) {
        struct geo_point p = polygon->point[i];
        box.west = p.x < box.west ? p.x : box.west;
        box.east = p.x > box.east ? p.x : box.east;
        box.south = p.y < box.south ? p.y : box.south;
        box.north = p.y > box.north ? p.y : box.north;
    }
    return box;
}

double geo_polygon_area_m2(const struct geo_polygon *polygon)
{
    struct geod_geodesic ellipsoid;
    geod_init(&ellipsoid, WGS84_RADIUS_M, WGS84_FLATTENING);
    double sum = 0;
    for (size_t r = 0; r < polygon->ring_count; r++) {
        struct geod_polygon ring;
        geod_polygon_init(&ring, 0);
        for (uint32_t i = polygon->ring_start[r]; i < polygon->ring_start[r + 1]; i++)
            geod_polygon_addpoint(&ellipsoid, &ring,
                                  polygon->point[i].y / GEO_LATTICE_PER_DEG,
                                  polygon->point[i].x / GEO_LATTICE_PER_DEG);
        double area = 0;
        double perimeter = 0;
        geod_polygon_compute(&ellipsoid, &ring, 0, 1, &area, &perimeter);
        sum += area;
    }
    return fabs(sum);
}

double geo_line_length_m(const struct geo_line *line)
{
    struct geod_geodesic ellipsoid;
    geod_init(&ellipsoid, WGS84_RADIUS_M, WGS84_FLATTENING);
    double sum = 0;
    for (size_t i = 1; i < line->point_count; i++) {
        const struct geo_point *a = &line->point[i - 1];
        const struct geo_point *b = &line->point[i];
        double length = 0;
        geod_inverse(&ellipsoid, a->y / GEO_LATTICE_PER_DEG, a->x / GEO_LATTICE_PER_DEG,
                     b->y / GEO_LATTICE_PER_DEG, b->x / GEO_LATTICE_PER_DEG, &length, NULL,
                     NULL);
        sum += length;
    }
    return sum;
}

__extension__ typedef __int128 wide;

// A ray to the east crosses the edge; ends are half-open in y, so that a vertex counts
// once.
static bool edge_crosses(struct geo_point a, struct geo_point b, struct geo_point p)
{
    if ((a.y > p.y) == (b.y > p.y))
        return false;
    if (a.y > b.y) {
        struct geo_point swap = a;
        a = b;
        b = swap;
    }
    wide cross = (wide)((int64_t)b.x - a.x) * ((int64_t)p.y - a.y) -
                 (wide)((int64_t)p.x - a.x) * ((int64_t)b.y - a.y);
    return cross > 0;
}

int geo_polygon_holds(const struct geo_polygon *polygon, struct geo_point point)
{
    int inside = 0;
    for (size_t r = 0; r < polygon->ring_count; r++) {
        uint32_t first = polygon->ring_start[r];
        uint32_t end = polygon->ring_start[r + 1];
        for (uint32_t i = first; i < end; i++) {
            uint32_t next = i + 1 < end ? i + 1 : first;
            inside ^= edge_crosses(polygon->point[i], polygon->point[next], point);
        }
    }
    return inside;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

// Where the line at height y crosses the polygon's edges, in order. Returns how many.
static size_t crossings(const struct geo_polygon *polygon, double y, double *out)
{
    size_t count = 0;
    for (size_t r = 0; r < polygon->ring_count; r++) {
        uint32_t first = polygon->ring_start[r];
        uint32_t end = polygon->ring_start[r + 1];
        for (uint32_t i = first; i < end; i++) {
            struct geo_point a = polygon->point[i];
            struct geo_point b = polygon->point[i + 1 < end ? i + 1 : first];
            if ((a.y > y) != (b.y > y))
                out[count++] = a.x + (y - a.y) * ((double)b.x - a.x) / ((double)b.y - a.y);
        }
    }
    qsort(out, count, sizeof(*out), compare_doubles);
    return count;
}

struct geo_point geo_polygon_inside(const struct geo_polygon *polygon)
{
    static const double heights[] = {0.5, 0.25, 0.75, 0.4, 0.6, 0.1, 0.9};
    struct geo_box box = geo_polygon_box(polygon);
    struct geo_point best =
        polygon->point_count ? polygon->point[0] : (struct geo_point){0};
    double *x = calloc(polygon->point_count + 1, sizeof(*x));
    double widest = 0;
    for (size_t h = 0; x && h < sizeof(heights) / sizeof(*heights); h++) {
        int32_t y = (int32_t)(box.south + ((double)box.north - box.south) * heights[h]);
        size_t count = crossings(polygon, y + 0.5, x);
        for (size_t i = 0; i + 1 < count; i += 2) {
            struct geo_point p = {(int32_t)lround((x[i] + x[i + 1]) / 2), y};
            // The first height is good enough unless its widest piece is very narrow.
            if (x[i + 1] - x[i] > widest * (h ? 4 : 1) && geo_polygon_holds(polygon, p)) {
                widest = x[i + 1] - x[i];
                best = p;
            }
        }
    }
    free(x);
    return best;
}

// ---- well-known binary ----
static void put_u32(struct buffer *out, size_t value)
{
    assert(value <= UINT32_MAX);
    unsigned char bytes[4];
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    buffer_append(out, bytes, sizeof(bytes));
}

static void put_double(struct buffer *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_u32(out, bits & UINT32_MAX);
    put_u32(out, bits >> 32);
}

static void put_point(struct buffer *out, struct geo_point point)
{
    put_double(out, point.x / GEO_LATTICE_PER_DEG);
    put_double(out, point.y / GEO_LATTICE_PER_DEG);
}

static void put_head(struct buffer *out, enum wkb_type type)
{
    buffer_append_char(out, 1);
    put_u32(out, type);
}

void geo_point_to_wkb(struct geo_point point, struct buffer *out)
{
    put_head(out, WKB_POINT);
    put_point(out, point);
}

void geo_line_to_wkb(const struct geo_line *line, struct buffer *out)
{
    put_head(out, WKB_LINE);
    put_u32(out, line->point_count);
    for (size_t i = 0; i < line->point_count; i++)
        put_point(out, line->point[i]);
}

void geo_polygon_to_wkb(const struct geo_polygon *polygon, struct buffer *out)
{
    put_head(out, WKB_MULTIPOLYGON);
    put_u32(out, polygon->part_count);
    for (size_t part = 0; part < polygon->part_count; part++) {
        put_head(out, WKB_POLYGON);
        put_u32(out, polygon->part_start[part + 1] - polygon->part_start[part]);
        for (uint32_t r = polygon->part_start[part]; r < polygon->part_start[part + 1];
             r++) {
            uint32_t first = polygon->ring_start[r];
            uint32_t end = polygon->ring_start[r + 1];
            put_u32(out, (size_t)(end - first) + 1);
            for (uint32_t i = first; i < end; i++)
                put_point(out, polygon->point[i]);
            put_point(out, polygon->point[first]);
        }
    }
}

struct wkb_reader {
    const unsigned char *at;
    size_t left;
    bool big_endian;
    bool broken;
};

static uint64_t take(struct wkb_reader *reader, size_t size)
{
    if (reader->left < size) {
        reader->broken = true;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        size_t index = reader->big_endian ? i : size - 1 - i;
        value = value << 8 | reader->at[index];
    }
    reader->at += size;
    reader->left -= size;
    return value;
}

static double take_double(struct wkb_reader *reader)
{
    uint64_t bits = take(reader, 8);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint32_t take_head(struct wkb_reader *reader)
{
    reader->big_endian = take(reader, 1) == 0;
    return (uint32_t)take(reader, 4);
}

static void take_ring(struct wkb_reader *reader, struct shape_builder *builder)
{
    uint64_t count = take(reader, 4);
    if (count > reader->left / 16)
        reader->broken = true;
    shape_begin_ring(builder);
    for (uint64_t i = 0; i < count && !reader->broken; i++) {
        double x = take_double(reader);
        double y = take_double(reader);
        struct geo_point point = {0};
        if (geo_point_from_deg(x, y, &point, NULL) < 0)
            reader->broken = true;
        shape_add_point(builder, point);
    }
    shape_end_ring(builder);
}

static void take_part(struct wkb_reader *reader, struct shape_builder *builder)
{
    if (take_head(reader) != WKB_POLYGON)
        reader->broken = true;
    uint64_t rings = take(reader, 4);
    shape_begin_part(builder);
    for (uint64_t r = 0; r < rings && !reader->broken; r++)
        take_ring(reader, builder);
    shape_end_part(builder);
}

int geo_polygon_from_wkb(const void *bytes, size_t length, struct geo_polygon **ret_polygon,
                         struct error *error)
{
    struct wkb_reader reader = {.at = bytes, .left = length};
    struct wkb_reader start = reader;
    struct shape_builder builder = {0};
    uint32_t type = take_head(&reader);
    if (type == WKB_MULTIPOLYGON) {
        uint64_t parts = take(&reader, 4);
        for (uint64_t i = 0; i < parts && !reader.broken; i++)
            take_part(&reader, &builder);
    } else {
        reader = start;
        take_part(&reader, &builder);
    }
    struct geo_polygon *polygon = shape_finish(&builder);
    if (reader.broken || !polygon) {
        geo_polygon_free(polygon);
        return error_set(error, ERROR_INPUT, "geo.wkb", "no polygon in well-known binary");
    }
    *ret_polygon = polygon;
    return 0;
}

int geo_line_from_wkb(const void *bytes, size_t length, struct geo_line **ret_line,
                      struct error *error)
{
    struct wkb_reader reader = {.at = bytes, .left = length};
    bool is_line = take_head(&reader) == WKB_LINE;
    uint64_t count = take(&reader, 4);
    struct geo_line *line = NULL;
    if (is_line && !reader.broken && count > 0 && count <= reader.left / 16)
        line = calloc(1, sizeof(*line));
    if (line)
        line->point = calloc(count, sizeof(*line->point));
    for (uint64_t i = 0; line && line->point && i < count; i++) {
        double x = take_double(&reader);
        double y = take_double(&reader);
        if (geo_point_from_deg(x, y, &line->point[line->point_count++], NULL) < 0)
            reader.broken = true;
    }
    if (!line || !line->point || reader.broken) {
        geo_line_free(line);
        return error_set(error, ERROR_INPUT, "geo.wkb", "no line in well-known binary");
    }
    *ret_line = line;
    return 0;
}

// ---- building ----
static void *grown(void *old, size_t *capacity, size_t needed, size_t size, bool *failed)
{
    if (needed <= *capacity)
        return old;
    size_t wanted = *capacity * 2 > needed ? *capacity * 2 : needed + 16;
    void *bigger = wanted <= SIZE_MAX / size ? realloc(old, wanted * size) : NULL;
    if (!bigger) {
        *failed = true;
        return old;
    }
    *capacity = wanted;
    return bigger;
}

void shape_begin_part(struct shape_builder *builder)
{
    struct geo_polygon *p = &builder->polygon;
    builder->part_rings = p->ring_count;
    builder->lost_outer = false;
    p->part_start = grown(p->part_start, &builder->part_capacity, p->part_count + 2,
                          sizeof(*p->part_start), &builder->failed);
    if (!builder->failed)
        p->part_start[p->part_count] = (uint32_t)p->ring_count;
}

void shape_end_part(struct shape_builder *builder)
{
    if (builder->polygon.ring_count > builder->part_rings)
        builder->polygon.part_count++;
}

void shape_begin_ring(struct shape_builder *builder)
{
    struct geo_polygon *p = &builder->polygon;
    p->ring_start = grown(p->ring_start, &builder->ring_capacity, p->ring_count + 2,
                          sizeof(*p->ring_start), &builder->failed);
    if (!builder->failed)
        p->ring_start[p->ring_count] = (uint32_t)p->point_count;
    builder->ring_points = p->point_count;
}

void shape_add_point(struct shape_builder *builder, struct geo_point point)
{
    struct geo_polygon *p = &builder->polygon;
    size_t count = p->point_count;
    if (count > builder->ring_points && p->point[count - 1].x == point.x &&
        p->point[count - 1].y == point.y)
        return;
    p->point = grown(p->point, &builder->point_capacity, count + 1, sizeof(*p->point),
                     &builder->failed);
    if (!builder->failed)
        p->point[p->point_count++] = point;
}

// Twice the signed area, counter-clockwise positive.
static double ring_turn(const struct geo_point *point, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct geo_point a = point[i];
        struct geo_point b = point[i + 1 < count ? i + 1 : 0];
        sum += ((double)a.x - point[0].x) * ((double)b.y - point[0].y) -
               ((double)b.x - point[0].x) * ((double)a.y - point[0].y);
    }
    return sum;
}

void shape_end_ring(struct shape_builder *builder)
{
    struct geo_polygon *p = &builder->polygon;
    if (builder->failed)
        return;
    struct geo_point *point = p->point ? p->point + builder->ring_points : NULL;
    size_t count = p->point_count - builder->ring_points;
    while (count > 1 && point[0].x == point[count - 1].x &&
           point[0].y == point[count - 1].y)
        count--;
    double turn = count >= 3 ? ring_turn(point, count) : 0;
    bool outer = p->ring_count == builder->part_rings;
    if (turn == 0 || builder->lost_outer) { // without its outer ring a part has no holes
        p->point_count = builder->ring_points;
        builder->lost_outer = builder->lost_outer || outer;
        return;
    }
    if ((turn > 0) != outer) {
        for (size_t i = 0; i < count / 2; i++) {
            struct geo_point swap = point[i];
            point[i] = point[count - 1 - i];
            point[count - 1 - i] = swap;
        }
    }
    p->point_count = builder->ring_points + count;
    p->ring_count++;
}

struct geo_polygon *shape_finish(struct shape_builder *builder)
{
    struct geo_polygon *p = &builder->polygon;
    struct geo_polygon *polygon = NULL;
    if (!builder->failed && p->part_count > 0)
        polygon = malloc(sizeof(*polygon));
    if (!polygon) {
        free(p->part_start);
        free(p->ring_start);
        free(p->point);
    } else {
        p->part_start[p->part_count] = (uint32_t)p->ring_count;
        p->ring_start[p->ring_count] = (uint32_t)p->point_count;
        *polygon = *p;
    }
    *builder = (struct shape_builder){0};
    return polygon;
}
