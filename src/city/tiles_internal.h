// SPDX-License-Identifier: MPL-2.0
// Inside of a set of tiles; only for the city room.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include <gridcase/city/city.h>
#include <gridcase/city/tiles.h>
#include <gridcase/core/arena.h>
#include <gridcase/db/db.h>

enum { TILES_ARENA_CEILING = 512 * 1024 * 1024, STREET_RANKS = 4 };

struct tiles_street {
    uint64_t id;
    const char *name, *kind;
    unsigned rank;  // 0: main roads ... 3: the least; from which zoom it is shown
    float weight_m; // its own length, or of all streets of its name
};

struct tiles_component {
    uint64_t id;
    const char *code, *class_code, *name, *state;
    struct tile_point at;
};

// One layer as it was loaded; ids by shape.
struct tiles_layer {
    atomic_bool loaded;
    struct tile_shapes *shapes; // NULL for components
    int64_t *id;                // of areas and grids
    struct tile_point *inside;  // a point in each area or grid
    struct tiles_street *street;
    struct tiles_component *component; // by x
    size_t component_count;
};

struct city_tiles {
    atomic_int references;
    const struct city_snapshot *city;
    pthread_mutex_t lock; // loading
    struct arena *arena;  // texts of streets and components; under the lock
    char name_key[CITY_LANGUAGE_LIMIT][32]; // "name:en"
    unsigned grid_zoom;
    struct tiles_layer areas[CITY_LEVEL_LIMIT];
    struct tiles_layer other[CITY_TILE_LAYER_COUNT];
};

struct tiles_layer *tiles_layer_of(struct city_tiles *tiles, enum city_tile_layer layer,
                                   size_t level);
// tiles_load.c: fills an empty layer.
int tiles_load_areas(struct city_tiles *tiles, struct db *db, size_t level,
                     struct error *error) ERROR_MUST_CHECK;
int tiles_load_grids(struct city_tiles *tiles, struct db *db,
                     struct error *error) ERROR_MUST_CHECK;
int tiles_load_streets(struct city_tiles *tiles, struct db *db,
                       struct error *error) ERROR_MUST_CHECK;
int tiles_load_components(struct city_tiles *tiles, struct db *db,
                          struct error *error) ERROR_MUST_CHECK;
