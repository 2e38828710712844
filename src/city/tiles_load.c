// SPDX-License-Identifier: MPL-2.0
// Layers of a city for its tiles, read from city.db and projected once.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "tiles_internal.h"

enum { GRID_SIDE_UNITS = 64 }; // grids are drawn one by one from this size on

// ---- areas and grids ----
struct loading {
    struct city_tiles *tiles;
    struct tiles_layer *layer;
    size_t capacity;
};

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "tile.memory", "out of memory");
}

static int add_shape(struct loading *loading, struct db_statement *row,
                     struct tile_point inside, struct error *error)
{
    struct tiles_layer *layer = loading->layer;
    const size_t at = tile_shapes_count(layer->shapes);
    if (at == loading->capacity) {
        const size_t bigger = at * 2 + 1024;
        int64_t *id = realloc(layer->id, bigger * sizeof(*id));
        layer->id = id ? id : layer->id;
        struct tile_point *point = realloc(layer->inside, bigger * sizeof(*point));
        layer->inside = point ? point : layer->inside;
        if (!id || !point)
            return no_memory(error);
        loading->capacity = bigger;
    }
    size_t length = 0;
    const void *wkb = db_column_blob(row, 1, &length);
    struct geo_polygon *polygon = NULL;
    int code = geo_polygon_from_wkb(wkb, length, &polygon, error);
    if (code != 0)
        return code;
    tile_shapes_add_polygon(layer->shapes, polygon);
    geo_polygon_free(polygon);
    if (tile_shapes_count(layer->shapes) == at)
        return no_memory(error);
    layer->id[at] = db_column_int(row, 0);
    layer->inside[at] = inside;
    return 0;
}

static struct tile_point inside_of(const struct city_snapshot *city, bool grid, int64_t id)
{
    const struct city_grid *found_grid = grid ? city_grid_by_id(city, id) : NULL;
    const struct city_area *found_area = grid ? NULL : city_area_by_id(city, id);
    if (found_grid)
        return tile_project(found_grid->lon_deg, found_grid->lat_deg);
    return found_area ? tile_project(found_area->lon_deg, found_area->lat_deg)
                      : (struct tile_point){0, 0};
}

static int load_polygons(struct city_tiles *tiles, struct db *db, struct tiles_layer *layer,
                         int64_t level_id, struct error *error)
{
    struct loading loading = {tiles, layer, 0};
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(
        db, level_id ? QUERY_CITY_SHAPE_GEOMETRY : QUERY_CITY_GRID_GEOMETRY, &row, error);
    if (code != 0)
        return code;
    if (level_id)
        db_bind_int(row, 1, level_id);
    db_bind_int(row, level_id ? 2 : 1, city_model_version(tiles->city));
    layer->shapes = tile_shapes_new(TILE_POLYGON);
    while ((code = db_step(row, error)) == DB_ROW) {
        const int64_t id = db_column_int(row, 0);
        code = add_shape(&loading, row, inside_of(tiles->city, level_id == 0, id), error);
        if (code != 0)
            return code;
    }
    return code < 0 ? code : tile_shapes_seal(layer->shapes, error);
}

int tiles_load_areas(struct city_tiles *tiles, struct db *db, size_t level,
                     struct error *error)
{
    return load_polygons(tiles, db, &tiles->areas[level],
                         city_level(tiles->city, level)->id, error);
}

static int by_size(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// The zoom from which the middling grid is large enough to be drawn by itself.
static unsigned grid_zoom(const struct tile_shapes *shapes)
{
    const size_t count = tile_shapes_count(shapes);
    uint32_t *side = count ? malloc(count * sizeof(*side)) : NULL;
    if (!side)
        return 12;
    for (size_t i = 0; i < count; i++) {
        const struct tile_box box = tile_shapes_box(shapes, i);
        side[i] = box.east - box.west;
    }
    qsort(side, count, sizeof(*side), by_size);
    const uint32_t middle = side[count / 2];
    free(side);
    unsigned zoom = 0;
    while (zoom < 18 && (uint64_t)middle < (UINT64_C(1) << (20 - zoom)) * GRID_SIDE_UNITS)
        zoom++;
    return zoom;
}

int tiles_load_grids(struct city_tiles *tiles, struct db *db, struct error *error)
{
    struct tiles_layer *layer = &tiles->other[CITY_TILE_GRIDS];
    int code = load_polygons(tiles, db, layer, 0, error);
    if (code == 0)
        tiles->grid_zoom = grid_zoom(layer->shapes);
    return code;
}

// ---- streets ----
struct named {
    const char *name;
    double length_m;
};

static int by_name(const void *a, const void *b)
{
    const struct tiles_street *x = *(struct tiles_street *const *)a;
    const struct tiles_street *y = *(struct tiles_street *const *)b;
    return strcmp(x->name, y->name);
}

// Streets of one name count together: a long road is cut into many short pieces.
static void sum_names(struct tiles_street **list, size_t count)
{
    qsort(list, count, sizeof(*list), by_name);
    for (size_t i = 0; i < count;) {
        size_t end = i;
        float sum = 0;
        while (end < count && strcmp(list[end]->name, list[i]->name) == 0)
            sum += list[end++]->weight_m;
        for (; i < end; i++)
            if (list[i]->name[0])
                list[i]->weight_m = sum;
    }
}

static int by_weight(const void *a, const void *b)
{
    const struct tiles_street *x = *(struct tiles_street *const *)a;
    const struct tiles_street *y = *(struct tiles_street *const *)b;
    return (x->weight_m < y->weight_m) - (x->weight_m > y->weight_m);
}

// Words that OpenStreetMap's `highway` has; a city that says something else has its streets
// ranked by the length of their names.
static bool known_rank(const char *kind, unsigned *ret_rank)
{
    static const struct {
        const char *word;
        unsigned rank;
    } words[] = {
        {"motorway", 0},  {"trunk", 0},        {"primary", 1},      {"secondary", 1},
        {"tertiary", 2},  {"residential", 2},  {"unclassified", 2}, {"living_street", 2},
        {"road", 2},      {"service", 3},      {"footway", 3},      {"path", 3},
        {"cycleway", 3},  {"pedestrian", 3},   {"track", 3},        {"steps", 3},
        {"bridleway", 3}, {"construction", 3}, {"proposed", 3},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (text_starts(kind, words[i].word)) { // "motorway_link" is one as well
            *ret_rank = words[i].rank;
            return true;
        }
    return false;
}

static void rank_streets(struct tiles_street **list, size_t count)
{
    sum_names(list, count);
    qsort(list, count, sizeof(*list), by_weight);
    for (size_t i = 0; i < count; i++) {
        struct tiles_street *street = list[i];
        if (known_rank(street->kind, &street->rank))
            continue;
        street->rank = i * 20 < count ? 0 : i * 6 < count ? 1 : street->name[0] ? 2 : 3;
    }
}

struct street_list {
    struct tiles_street *street;
    size_t count, capacity;
};

static int add_street(struct city_tiles *tiles, struct street_list *list,
                      struct db_statement *row, struct error *error)
{
    struct tiles_layer *layer = &tiles->other[CITY_TILE_STREETS];
    if (list->count == list->capacity) {
        const size_t bigger = list->count * 2 + 1024;
        struct tiles_street *fresh = realloc(list->street, bigger * sizeof(*fresh));
        if (!fresh)
            return no_memory(error);
        layer->street = list->street = fresh;
        list->capacity = bigger;
    }
    size_t length = 0;
    const void *wkb = db_column_blob(row, 3, &length);
    struct geo_line *line = NULL;
    int code = geo_line_from_wkb(wkb, length, &line, error);
    if (code != 0)
        return code;
    tile_shapes_add_line(layer->shapes, line);
    const char *name = db_column_text(row, 1), *kind = db_column_text(row, 2);
    list->street[list->count++] =
        (struct tiles_street){.id = (uint64_t)db_column_int(row, 0),
                              .name = arena_text(tiles->arena, name ? name : ""),
                              .kind = arena_text(tiles->arena, kind ? kind : ""),
                              .weight_m = (float)geo_line_length_m(line)};
    geo_line_free(line);
    const struct tiles_street *last = &list->street[list->count - 1];
    return last->name && last->kind && tile_shapes_count(layer->shapes) == list->count
               ? 0
               : no_memory(error);
}

int tiles_load_streets(struct city_tiles *tiles, struct db *db, struct error *error)
{
    struct tiles_layer *layer = &tiles->other[CITY_TILE_STREETS];
    struct street_list list = {0};
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_TILE_STREETS, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, city_model_version(tiles->city));
    layer->shapes = tile_shapes_new(TILE_LINE);
    while ((code = db_step(row, error)) == DB_ROW)
        if ((code = add_street(tiles, &list, row, error)) != 0)
            return code;
    if (code < 0)
        return code;
    struct tiles_street **order = malloc((list.count + 1) * sizeof(*order));
    if (!order)
        return no_memory(error);
    for (size_t i = 0; i < list.count; i++)
        order[i] = &list.street[i];
    rank_streets(order, list.count);
    free(order);
    return tile_shapes_seal(layer->shapes, error);
}

// ---- components ----
static int by_x(const void *a, const void *b)
{
    const struct tiles_component *x = a, *y = b;
    if (x->at.x != y->at.x)
        return x->at.x < y->at.x ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

int tiles_load_components(struct city_tiles *tiles, struct db *db, struct error *error)
{
    struct tiles_layer *layer = &tiles->other[CITY_TILE_COMPONENTS];
    size_t capacity = 0;
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_TILE_COMPONENTS, &row, error);
    if (code != 0)
        return code;
    while ((code = db_step(row, error)) == DB_ROW) {
        if (layer->component_count == capacity) {
            capacity = capacity * 2 + 1024;
            struct tiles_component *fresh =
                realloc(layer->component, capacity * sizeof(*fresh));
            if (!fresh)
                return no_memory(error);
            layer->component = fresh;
        }
        const char *text[4];
        for (int i = 0; i < 4; i++) {
            const char *from = db_column_text(row, i + 1);
            text[i] = arena_text(tiles->arena, from ? from : "");
            if (!text[i])
                return no_memory(error);
        }
        layer->component[layer->component_count++] = (struct tiles_component){
            .id = (uint64_t)db_column_int(row, 0),
            .code = text[0],
            .class_code = text[1],
            .name = text[2],
            .state = text[3],
            .at = tile_project(db_column_double(row, 5), db_column_double(row, 6))};
    }
    if (code == 0 && layer->component_count > 0)
        qsort(layer->component, layer->component_count, sizeof(*layer->component), by_x);
    return code;
}
