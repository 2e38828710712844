// SPDX-License-Identifier: MPL-2.0
// Tiles of a city's model, generalised by zoom and, where a tile is too large, further.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tiles_internal.h"

enum {
    ATTEMPTS = 14,
    SQUARE_UNITS = 128,  // of a square in which grids are counted
    CLUSTER_UNITS = 256, // likewise components
    COMPONENTS_MOST = 2000,
    NAME_ZOOM = 13, // names and codes stand in tiles from here on
    GRID_NAME_ZOOM = 15,
};

// ---- life ----
struct city_tiles *city_tiles_new(const struct city_snapshot *city)
{
    struct city_tiles *tiles = memory_new(sizeof(*tiles));
    atomic_init(&tiles->references, 1);
    tiles->city = city_snapshot_ref(city);
    tiles->arena = arena_new(TILES_ARENA_CEILING);
    pthread_mutex_init(&tiles->lock, NULL);
    for (size_t i = 0; i < city_languages(city); i++)
        snprintf(tiles->name_key[i], sizeof(tiles->name_key[i]), "name:%s",
                 city_language(city, i));
    return tiles;
}

struct city_tiles *city_tiles_ref(struct city_tiles *tiles)
{
    atomic_fetch_add_explicit(&tiles->references, 1, memory_order_relaxed);
    return tiles;
}

static void layer_done(struct tiles_layer *layer)
{
    layer->shapes = tile_shapes_free(layer->shapes);
    free(layer->id);
    free(layer->inside);
    free(layer->street);
    free(layer->component);
    *layer = (struct tiles_layer){.loaded = false};
}

struct city_tiles *city_tiles_free(struct city_tiles *tiles)
{
    if (!tiles ||
        atomic_fetch_sub_explicit(&tiles->references, 1, memory_order_acq_rel) > 1)
        return NULL;
    for (size_t i = 0; i < CITY_LEVEL_LIMIT; i++)
        layer_done(&tiles->areas[i]);
    for (size_t i = 0; i < CITY_TILE_LAYER_COUNT; i++)
        layer_done(&tiles->other[i]);
    arena_free(tiles->arena);
    pthread_mutex_destroy(&tiles->lock);
    city_snapshot_free((struct city_snapshot *)(uintptr_t)tiles->city);
    free(tiles);
    return NULL;
}

const struct city_snapshot *city_tiles_city(const struct city_tiles *tiles)
{
    return tiles->city;
}

unsigned city_tiles_grid_zoom(const struct city_tiles *tiles)
{
    return tiles->grid_zoom;
}

struct tiles_layer *tiles_layer_of(struct city_tiles *tiles, enum city_tile_layer layer,
                                   size_t level)
{
    return layer == CITY_TILE_AREAS ? &tiles->areas[level] : &tiles->other[layer];
}

bool city_tiles_loaded(struct city_tiles *tiles, enum city_tile_layer layer, size_t level)
{
    return atomic_load(&tiles_layer_of(tiles, layer, level)->loaded);
}

static size_t layer_bytes(struct tiles_layer *layer)
{
    if (!atomic_load(&layer->loaded))
        return 0;
    const size_t shapes = layer->shapes ? tile_shapes_count(layer->shapes) : 0;
    return (layer->shapes ? tile_shapes_bytes(layer->shapes) : 0) +
           (layer->id ? shapes * (sizeof(int64_t) + sizeof(struct tile_point)) : 0) +
           (layer->street ? shapes * sizeof(struct tiles_street) : 0) +
           layer->component_count * sizeof(struct tiles_component);
}

size_t city_tiles_bytes(struct city_tiles *tiles)
{
    pthread_mutex_lock(&tiles->lock);
    size_t bytes = sizeof(*tiles) + arena_used(tiles->arena);
    for (size_t i = 0; i < CITY_LEVEL_LIMIT; i++)
        bytes += layer_bytes(&tiles->areas[i]);
    for (size_t i = 0; i < CITY_TILE_LAYER_COUNT; i++)
        bytes += layer_bytes(&tiles->other[i]);
    pthread_mutex_unlock(&tiles->lock);
    return bytes;
}

static int load(struct city_tiles *tiles, struct db *db, enum city_tile_layer layer,
                size_t level, struct error *error)
{
    switch (layer) {
    case CITY_TILE_AREAS:
        return tiles_load_areas(tiles, db, level, error);
    case CITY_TILE_GRIDS:
        return tiles_load_grids(tiles, db, error);
    case CITY_TILE_STREETS:
        return tiles_load_streets(tiles, db, error);
    case CITY_TILE_COMPONENTS:
        return tiles_load_components(tiles, db, error);
    case CITY_TILE_LAYER_COUNT:
        break;
    }
    return error_set(error, ERROR_BUG, "tile.layer", "no such layer");
}

int city_tiles_load(struct city_tiles *tiles, struct db *db, enum city_tile_layer layer,
                    size_t level, struct error *error)
{
    struct tiles_layer *to = tiles_layer_of(tiles, layer, level);
    int code = 0;
    pthread_mutex_lock(&tiles->lock);
    if (!atomic_load(&to->loaded)) {
        code = load(tiles, db, layer, level, error);
        if (code == 0)
            atomic_store(&to->loaded, true);
        else
            layer_done(to);
    }
    pthread_mutex_unlock(&tiles->lock);
    return code;
}

// ---- one tile ----
struct making {
    struct city_tiles *tiles;
    struct tiles_layer *layer;
    enum city_tile_layer what;
    size_t level;
    const struct tile_id *tile;
    struct tile_pen *pen;
    uint32_t *found; // shapes that may be seen, large ones first
    size_t found_count, found_capacity;
    unsigned snap;
    uint64_t least; // world units: shapes whose box is smaller both ways are left out
    bool failed;
};

static bool note(void *context, size_t index)
{
    struct making *making = context;
    if (making->found_count == making->found_capacity) {
        const size_t bigger = making->found_capacity * 2 + 256;
        uint32_t *fresh = realloc(making->found, bigger * sizeof(*fresh));
        if (!fresh) {
            making->failed = true;
            return false;
        }
        making->found = fresh;
        making->found_capacity = bigger;
    }
    making->found[making->found_count++] = (uint32_t)index;
    return true;
}

static uint32_t box_side(const struct tile_shapes *shapes, size_t index)
{
    const struct tile_box box = tile_shapes_box(shapes, index);
    const uint32_t wide = box.east - box.west, high = box.south - box.north;
    return wide > high ? wide : high;
}

static int by_index(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void put_names(struct making *making, const struct city_names *names)
{
    const struct city_snapshot *city = making->tiles->city;
    tile_put_text(making->pen, "name", city_names_text(city, names, NULL));
    for (size_t i = 0; i < city_languages(city); i++)
        tile_put_text(making->pen, making->tiles->name_key[i], names->text[i]);
}

static void put_area(struct making *making, size_t index)
{
    const int64_t id = making->layer->id[index];
    const struct city_area *area = city_area_by_id(making->tiles->city, id);
    tile_put_text(making->pen, "code", area->code);
    put_names(making, &area->name);
    tile_put_feature(making->pen, (uint64_t)id);
}

static void put_grid(struct making *making, size_t index)
{
    const int64_t id = making->layer->id[index];
    const struct city_grid *grid = city_grid_by_id(making->tiles->city, id);
    if (making->tile->z >= NAME_ZOOM) {
        tile_put_text(making->pen, "code", grid->code);
        tile_put_text(making->pen, "area_class", grid->area_class);
    }
    tile_put_feature(making->pen, (uint64_t)id);
}

// From which zoom streets of a rank are shown.
static bool street_shown(const struct making *making, size_t index)
{
    static const unsigned from[STREET_RANKS] = {0, 10, 12, 14};
    const struct tiles_street *street = &making->layer->street[index];
    return making->tile->z >= from[street->rank];
}

static void put_street(struct making *making, size_t index)
{
    const struct tiles_street *street = &making->layer->street[index];
    if (making->tile->z >= NAME_ZOOM)
        tile_put_text(making->pen, "name", street->name);
    tile_put_text(making->pen, "kind", street->kind);
    tile_put_int(making->pen, "rank", street->rank);
    tile_put_feature(making->pen, street->id);
}

static bool is_left_out(const struct making *making, size_t index)
{
    if (box_side(making->layer->shapes, index) < making->least)
        return true;
    return making->what == CITY_TILE_STREETS && !street_shown(making, index);
}

// False when the tile has become too large.
static bool draw_found(struct making *making)
{
    static const char *const names[CITY_TILE_LAYER_COUNT] = {"areas", "grids", "streets",
                                                             "components"};
    tile_begin(making->pen, names[making->what], making->tile, making->snap);
    for (size_t i = 0; i < making->found_count; i++) {
        const size_t index = making->found[i];
        if (is_left_out(making, index) ||
            !tile_draw_shape(making->pen, making->layer->shapes, index))
            continue;
        if (making->what == CITY_TILE_AREAS)
            put_area(making, index);
        else if (making->what == CITY_TILE_GRIDS)
            put_grid(making, index);
        else
            put_street(making, index);
        if ((i & 63) == 63 && tile_size(making->pen) > TILE_BYTES_MOST)
            return false;
    }
    return tile_size(making->pen) <= TILE_BYTES_MOST;
}

// Points where names are written: each in one tile only.
static int draw_names(struct making *making, struct buffer *out, struct error *error)
{
    const bool grids = making->what == CITY_TILE_GRIDS;
    if (making->what == CITY_TILE_STREETS || (grids && making->tile->z < GRID_NAME_ZOOM))
        return 0;
    tile_begin(making->pen, grids ? "grid_names" : "area_names", making->tile, 0);
    for (size_t i = 0; i < making->found_count; i++) {
        const size_t index = making->found[i];
        if (!tile_draw_point(making->pen, making->layer->inside[index]))
            continue;
        if (grids)
            put_grid(making, index);
        else
            put_area(making, index);
        if (out->length + tile_size(making->pen) > TILE_BYTES_MOST)
            return 0; // rather no name than half of them
    }
    return tile_end(making->pen, out, error);
}

static int make_shapes(struct making *making, struct buffer *out, struct error *error)
{
    const struct tile_box box = tile_id_box(making->tile, TILE_MARGIN);
    const unsigned z = making->tile->z;
    tile_shapes_find(making->layer->shapes, &box, note, making);
    if (making->failed)
        return error_set(error, ERROR_LIMIT, "tile.memory", "out of memory");
    if (making->found_count == 0)
        return 0;
    qsort(making->found, making->found_count, sizeof(*making->found), by_index);
    const unsigned base = z >= 14 || making->what == CITY_TILE_GRIDS ? 0 : z >= 11 ? 1 : 2;
    bool fits = false;
    for (unsigned attempt = 0; attempt < ATTEMPTS && !fits; attempt++) {
        making->snap = base + attempt > TILE_SNAP_MOST ? TILE_SNAP_MOST : base + attempt;
        // Streets shorter than two units are dots; what is left out grows with each
        // attempt.
        const uint64_t unit = z <= 20 ? UINT64_C(1) << (20 - z) : 1;
        making->least = making->what == CITY_TILE_STREETS ? 2 * unit : 0;
        if (attempt > 1)
            making->least = unit << attempt;
        fits = draw_found(making);
    }
    if (!fits)
        return error_set(error, ERROR_LIMIT, "tile.too_large", "the tile is too large");
    int code = tile_end(making->pen, out, error);
    return code ? code : draw_names(making, out, error);
}

// ---- grids from afar: how many lie in each square ----
struct squares {
    const struct making *making;
    uint32_t count[TILE_EXTENT / SQUARE_UNITS][TILE_EXTENT / SQUARE_UNITS];
};

// Place of a point in a tile; false outside.
static bool place_in(const struct tile_id *tile, struct tile_point point, unsigned *ret_x,
                     unsigned *ret_y)
{
    const unsigned shift = 32 - tile->z;
    if ((uint64_t)point.x >> shift != tile->x || (uint64_t)point.y >> shift != tile->y)
        return false;
    const uint64_t mask = (UINT64_C(1) << shift) - 1;
    *ret_x = (unsigned)((point.x & mask) * TILE_EXTENT >> shift);
    *ret_y = (unsigned)((point.y & mask) * TILE_EXTENT >> shift);
    return true;
}

static bool count_grid(void *context, size_t index)
{
    struct squares *squares = context;
    unsigned x = 0, y = 0;
    if (place_in(squares->making->tile, squares->making->layer->inside[index], &x, &y))
        squares->count[y / SQUARE_UNITS][x / SQUARE_UNITS]++;
    return true;
}

static int make_squares(struct making *making, struct buffer *out, struct error *error)
{
    struct squares *squares = memory_new(sizeof(*squares));
    const struct tile_box box = tile_id_box(making->tile, 0);
    squares->making = making;
    tile_shapes_find(making->layer->shapes, &box, count_grid, squares);
    tile_begin(making->pen, "grid_squares", making->tile, 0);
    for (int y = 0; y < TILE_EXTENT / SQUARE_UNITS; y++)
        for (int x = 0; x < TILE_EXTENT / SQUARE_UNITS; x++) {
            if (squares->count[y][x] == 0)
                continue;
            tile_draw_square(making->pen, x * SQUARE_UNITS, y * SQUARE_UNITS, SQUARE_UNITS);
            tile_put_int(making->pen, "count", squares->count[y][x]);
            tile_put_feature(making->pen, 0);
        }
    free(squares);
    return tile_end(making->pen, out, error);
}

// ---- components ----
struct cluster {
    uint32_t count;
    uint64_t x, y; // sums
};

static size_t first_from(const struct tiles_layer *layer, uint32_t x)
{
    size_t low = 0, high = layer->component_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (layer->component[middle].at.x < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int make_each(struct making *making, struct buffer *out, struct error *error)
{
    const struct tile_box box = tile_id_box(making->tile, 0);
    const struct tiles_layer *layer = making->layer;
    tile_begin(making->pen, "components", making->tile, 0);
    for (size_t i = first_from(layer, box.west);
         i < layer->component_count && layer->component[i].at.x <= box.east; i++) {
        const struct tiles_component *one = &layer->component[i];
        if (!tile_draw_point(making->pen, one->at))
            continue;
        tile_put_text(making->pen, "code", one->code);
        tile_put_text(making->pen, "class", one->class_code);
        tile_put_text(making->pen, "name", one->name);
        tile_put_text(making->pen, "state", one->state);
        tile_put_feature(making->pen, one->id);
    }
    return tile_size(making->pen) <= TILE_BYTES_MOST ? tile_end(making->pen, out, error)
                                                     : 0;
}

static int make_clusters(struct making *making, unsigned units, struct buffer *out,
                         struct error *error)
{
    const unsigned side = TILE_EXTENT / units;
    const struct tile_box box = tile_id_box(making->tile, 0);
    const struct tiles_layer *layer = making->layer;
    struct cluster *cluster = calloc((size_t)side * side, sizeof(*cluster));
    if (!cluster)
        return error_set(error, ERROR_LIMIT, "tile.memory", "out of memory");
    for (size_t i = first_from(layer, box.west);
         i < layer->component_count && layer->component[i].at.x <= box.east; i++) {
        const struct tile_point at = layer->component[i].at;
        unsigned x = 0, y = 0;
        if (!place_in(making->tile, at, &x, &y))
            continue;
        struct cluster *to = &cluster[(size_t)(y / units) * side + x / units];
        to->count++;
        to->x += at.x;
        to->y += at.y;
    }
    tile_begin(making->pen, "component_clusters", making->tile, 0);
    for (size_t i = 0; i < (size_t)side * side; i++) {
        const struct cluster *one = &cluster[i];
        if (one->count == 0)
            continue;
        const struct tile_point middle = {(uint32_t)(one->x / one->count),
                                          (uint32_t)(one->y / one->count)};
        if (!tile_draw_point(making->pen, middle))
            continue;
        tile_put_int(making->pen, "count", one->count);
        tile_put_feature(making->pen, 0);
    }
    free(cluster);
    return tile_end(making->pen, out, error);
}

static int make_components(struct making *making, struct buffer *out, struct error *error)
{
    if (making->tile->z >= CITY_TILE_COMPONENT_ZOOM) {
        int code = make_each(making, out, error);
        if (code != 0 || out->length > 0)
            return code; // one by one, where they fit
        return make_clusters(making, CLUSTER_UNITS / 4, out, error);
    }
    return make_clusters(making, CLUSTER_UNITS, out, error);
}

int city_tiles_make(struct city_tiles *tiles, enum city_tile_layer layer, size_t level,
                    const struct tile_id *tile, struct tile_pen *pen, struct buffer *out,
                    struct error *error)
{
    struct making making = {.tiles = tiles,
                            .layer = tiles_layer_of(tiles, layer, level),
                            .what = layer,
                            .level = level,
                            .tile = tile,
                            .pen = pen};
    if (!tile_id_exists(tile))
        return error_set(error, ERROR_NOT_FOUND, "tile.unknown", "there is no such tile");
    if (!atomic_load(&making.layer->loaded))
        return error_set(error, ERROR_BUG, "tile.layer", "the layer was not loaded");
    int code = 0;
    if (layer == CITY_TILE_COMPONENTS)
        code = make_components(&making, out, error);
    else if (layer == CITY_TILE_GRIDS && tile->z < tiles->grid_zoom)
        code = make_squares(&making, out, error);
    else
        code = make_shapes(&making, out, error);
    free(making.found);
    return code;
}
