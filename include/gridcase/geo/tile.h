// SPDX-License-Identifier: MPL-2.0
// Vector tiles (Mapbox Vector Tile 2.1) out of shapes that were projected once.
//
// The world is web Mercator (EPSG:3857) as a square of 2^32 units, x to the east, y to the
// south from its north-western corner: a unit is 9.3 mm at the equator, and a tile of zoom
// z is 2^(32-z) of them. All is integer arithmetic, so neighbouring tiles agree about every
// vertex of a border that they share, and so do the shapes on its two sides.
//
// Polygons are valid in the sense of the simple features: rings that neither cross nor
// touch themselves, holes inside, outer rings positive. Most are so by proof (their
// clearance is wider than what rounding may move), the rest is checked, and what fails is
// repaired.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/geo/shape.h>

enum {
    TILE_EXTENT = 4096,       // units of a tile's side
    TILE_MARGIN = 64,         // units beyond it that lines and polygons are drawn to
    TILE_ZOOM_MOST = 22,      // deepest zoom
    TILE_BYTES_MOST = 200000, // no tile is larger than this before compression
    TILE_SNAP_MOST = 6,       // coarsest generalising: vertices on multiples of 2^6 units
};

struct tile_point {
    uint32_t x, y;
};
struct tile_box {
    uint32_t west, north, east, south; // inclusive
};
struct tile_id {
    unsigned z;
    uint32_t x, y;
};

// Beyond 85.0511 degrees of latitude: the edge of the square.
struct tile_point tile_project(double lon_deg, double lat_deg);
// True when z, x, y is a tile of the pyramid down to TILE_ZOOM_MOST.
bool tile_id_exists(const struct tile_id *tile);
// The tile's square with a margin (units of the tile) around it, cut at the world's edge.
struct tile_box tile_id_box(const struct tile_id *tile, unsigned margin);
bool tile_box_meets(const struct tile_box *a, const struct tile_box *b);
// Ground metres of one unit of the tile at its middle.
double tile_unit_m(const struct tile_id *tile);

// ---- shapes: many polygons or many lines, projected, with an index of their boxes ----
struct tile_shapes; // opaque; read by any thread once it is sealed

enum tile_kind { TILE_POINT = 1, TILE_LINE = 2, TILE_POLYGON = 3 }; // as in the format

struct tile_shapes *tile_shapes_new(enum tile_kind kind);         // line or polygon
struct tile_shapes *tile_shapes_free(struct tile_shapes *shapes); // takes NULL
void tile_shapes_add_polygon(struct tile_shapes *shapes, const struct geo_polygon *polygon);
void tile_shapes_add_line(struct tile_shapes *shapes, const struct geo_line *line);
// No more is added. ERROR_LIMIT "tile.memory" when memory ran out on the way.
int tile_shapes_seal(struct tile_shapes *shapes, struct error *error) ERROR_MUST_CHECK;
size_t tile_shapes_count(const struct tile_shapes *shapes);
size_t tile_shapes_bytes(const struct tile_shapes *shapes); // memory held
struct tile_box tile_shapes_box(const struct tile_shapes *shapes, size_t index);
struct tile_box tile_shapes_bounds(const struct tile_shapes *shapes); // of all
// Calls visit with the index of each shape whose box meets `box`, in no certain order,
// until visit returns false.
void tile_shapes_find(const struct tile_shapes *shapes, const struct tile_box *box,
                      bool (*visit)(void *context, size_t index), void *context);

// ---- the pen: writes tiles, layer by layer ----
// Holds scratch memory; one thread at a time.
struct tile_pen;

struct tile_pen *tile_pen_new(void);
struct tile_pen *tile_pen_free(struct tile_pen *pen); // takes NULL, returns NULL
static inline void tile_pen_cleanup(struct tile_pen **pen)
{
    *pen = tile_pen_free(*pen);
}
#define TILE_PEN_CLEANUP __attribute__((cleanup(tile_pen_cleanup)))

// Begins a layer. snap generalises: vertices are put on multiples of 2^snap units, so that
// shapes with a common border keep it.
void tile_begin(struct tile_pen *pen, const char *layer, const struct tile_id *tile,
                unsigned snap);
// A feature is one of these, then its properties, then tile_put_feature. False: nothing of
// it remains in this tile, nothing is to be put.
bool tile_draw_shape(struct tile_pen *pen, const struct tile_shapes *shapes, size_t index);
bool tile_draw_point(struct tile_pen *pen, struct tile_point point);
bool tile_draw_square(struct tile_pen *pen, int32_t west, int32_t north, int32_t side);
// Keys are borrowed until the layer ends (literals). Text: UTF-8, NULL and "" are left out.
void tile_put_text(struct tile_pen *pen, const char *key, const char *text);
void tile_put_int(struct tile_pen *pen, const char *key, int64_t value);
void tile_put_feature(struct tile_pen *pen, uint64_t id); // 0: without an id
size_t tile_features(const struct tile_pen *pen);         // of this layer
size_t tile_size(const struct tile_pen *pen);             // bytes it would have now
// Appends the layer; nothing when it has no feature. ERROR_LIMIT "tile.memory".
int tile_end(struct tile_pen *pen, struct buffer *out,
             struct error *error) ERROR_MUST_CHECK;
// How many polygons had to be checked, and how many repaired, since the pen was made.
void tile_pen_figures(const struct tile_pen *pen, size_t *ret_checked,
                      size_t *ret_repaired);
