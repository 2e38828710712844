// SPDX-License-Identifier: MPL-2.0
// Vector tiles of a city's model: areas of a level, unit grids, streets, components.
//
// A set belongs to one snapshot (one model version). Its layers are projected once, when
// first asked for, and kept in memory. What a tile shows depends on its zoom alone; a tile
// that would be larger than TILE_BYTES_MOST is generalised further until it fits. Layers,
// properties and zooms: docs/tiles.md.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/geo/tile.h>

struct city_snapshot;
struct city_tiles;
struct db;

enum city_tile_layer {
    CITY_TILE_AREAS, // of a level
    CITY_TILE_GRIDS,
    CITY_TILE_STREETS,
    CITY_TILE_COMPONENTS,
    CITY_TILE_LAYER_COUNT,
};

// Zoom from which each unit grid, each component is a feature of its own; below they are
// counted in squares and clusters.
enum { CITY_TILE_COMPONENT_ZOOM = 16 };
unsigned city_tiles_grid_zoom(const struct city_tiles *tiles); // 0 before grids are loaded

// Holds a reference to the snapshot. Any thread may use a set.
struct city_tiles *city_tiles_new(const struct city_snapshot *city);
struct city_tiles *city_tiles_ref(struct city_tiles *tiles);
struct city_tiles *city_tiles_free(struct city_tiles *tiles); // takes NULL, returns NULL
size_t city_tiles_bytes(struct city_tiles *tiles);            // memory of what is loaded
const struct city_snapshot *city_tiles_city(const struct city_tiles *tiles);
// level: position of the area level, 0 for other layers.
bool city_tiles_loaded(struct city_tiles *tiles, enum city_tile_layer layer, size_t level);
// Reads and projects the layer from city.db unless it is there already: 100,000 unit grids
// take about a second.
int city_tiles_load(struct city_tiles *tiles, struct db *db, enum city_tile_layer layer,
                    size_t level, struct error *error) ERROR_MUST_CHECK;
// Appends the tile (nothing where nothing is). The layer must have been loaded.
int city_tiles_make(struct city_tiles *tiles, enum city_tile_layer layer, size_t level,
                    const struct tile_id *tile, struct tile_pen *pen, struct buffer *out,
                    struct error *error) ERROR_MUST_CHECK;
