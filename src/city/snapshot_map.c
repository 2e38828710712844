// SPDX-License-Identifier: MPL-2.0
// Filling a snapshot: locators (mapped from their files, made anew when lost), nearest
// components, places in words.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include <gridcase/core/text.h>

#include "locator_path.h"
#include "snapshot_internal.h"

// ---- locators ----
struct shapes {
    struct locator_shape *shape;
    struct geo_polygon **polygon;
    size_t count, capacity;
};

static void shapes_done(struct shapes *shapes)
{
    for (size_t i = 0; i < shapes->count; i++)
        geo_polygon_free(shapes->polygon[i]);
    free(shapes->polygon);
    free(shapes->shape);
}

static bool shapes_grow(struct shapes *shapes)
{
    if (shapes->count < shapes->capacity)
        return true;
    size_t capacity = shapes->capacity * 2 + 256;
    struct locator_shape *shape = realloc(shapes->shape, capacity * sizeof(*shape));
    if (shape)
        shapes->shape = shape;
    struct geo_polygon **polygon = realloc(shapes->polygon, capacity * sizeof(*polygon));
    if (polygon)
        shapes->polygon = polygon;
    if (shape && polygon)
        shapes->capacity = capacity;
    return shape && polygon;
}

static int read_shapes(struct db_statement *row, struct shapes *shapes, struct error *error)
{
    int code;
    while ((code = db_step(row, error)) == DB_ROW) {
        size_t length = 0;
        const void *wkb = db_column_blob(row, 1, &length);
        if (!shapes_grow(shapes))
            return error_set(error, ERROR_LIMIT, "city.memory", "out of memory");
        code = geo_polygon_from_wkb(wkb, length, &shapes->polygon[shapes->count], error);
        if (code < 0)
            return code;
        shapes->shape[shapes->count] =
            (struct locator_shape){db_column_int(row, 0), shapes->polygon[shapes->count]};
        shapes->count++;
    }
    return code;
}

static int rebuild(struct city_snapshot *city, struct db *db, int64_t level_id,
                   const char *path, struct locator **ret_locator, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct shapes shapes = {0};
    int code = db_prepare(
        db, level_id ? QUERY_CITY_SHAPE_GEOMETRY : QUERY_CITY_GRID_GEOMETRY, &row, error);
    if (code < 0)
        return code;
    if (level_id)
        db_bind_int(row, 1, level_id);
    db_bind_int(row, level_id ? 2 : 1, city->version);
    code = read_shapes(row, &shapes, error);
    if (code == 0)
        code = locator_build(shapes.shape, shapes.count, city->version, ret_locator, error);
    shapes_done(&shapes);
    struct error unwritten; // it works from memory as well
    if (code == 0 && locator_write(*ret_locator, path, &unwritten) < 0)
        return 0;
    return code;
}

static int open_locator(struct city_snapshot *city, struct db_store *store, struct db *db,
                        int64_t level_id, struct locator **ret_locator, struct error *error)
{
    char path[4096];
    int code =
        locator_path(store, city->slug, city->version, level_id, path, sizeof(path), error);
    if (code < 0)
        return code;
    struct error lost;
    if (locator_open(path, city->version, ret_locator, &lost) == 0)
        return 0;
    return rebuild(city, db, level_id, path, ret_locator, error);
}

struct snapshot_opening {
    char path[4096];
    int64_t version;
    struct locator *locator;
    pthread_t thread;
};

static void *open_file(void *context)
{
    struct snapshot_opening *opening = context;
    struct error lost; // snapshot_read_map makes it anew
    if (locator_open(opening->path, opening->version, &opening->locator, &lost) != 0)
        opening->locator = NULL;
    return NULL;
}

struct snapshot_opening *snapshot_open_grids_begin(const struct city_snapshot *city,
                                                   const struct db_store *store)
{
    struct snapshot_opening *opening = memory_new(sizeof *opening);
    struct error ignored = {0};
    opening->version = city->version;
    if (locator_path(store, city->slug, city->version, 0, opening->path,
                     sizeof opening->path, &ignored) == 0 &&
        pthread_create(&opening->thread, NULL, open_file, opening) == 0)
        return opening;
    free(opening);
    return NULL;
}

struct locator *snapshot_open_grids_end(struct snapshot_opening *opening)
{
    if (!opening)
        return NULL;
    pthread_join(opening->thread, NULL);
    struct locator *locator = opening->locator;
    free(opening);
    return locator;
}

// ---- nearest components ----
static int read_components(struct city_snapshot *city, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_COMPONENT_POINTS, &row, error);
    struct near_item *items = NULL;
    size_t count = 0;
    size_t capacity = 0;
    while (code >= 0 && (code = db_step(row, error)) == DB_ROW) {
        if (count == capacity) {
            capacity = capacity * 2 + 1024;
            struct near_item *bigger = realloc(items, capacity * sizeof(*bigger));
            if (!bigger) {
                code = error_set(error, ERROR_LIMIT, "city.memory", "out of memory");
                break;
            }
            items = bigger;
        }
        struct near_item item = {.id = db_column_int(row, 0)};
        if (geo_point_from_deg(db_column_double(row, 1), db_column_double(row, 2),
                               &item.point, NULL) == 0)
            items[count++] = item;
    }
    if (code == 0)
        code = near_index_new(items, count, &city->components, error);
    free(items);
    return code;
}

// ---- streets and landmarks ----
struct street_list {
    struct place_street *street;
    size_t count, capacity;
};

static int add_street(struct street_list *list, struct arena *arena,
                      struct db_statement *row, struct error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 1024;
        struct place_street *bigger = realloc(list->street, capacity * sizeof(*bigger));
        if (!bigger)
            return error_set(error, ERROR_LIMIT, "city.memory", "out of memory");
        list->street = bigger;
        list->capacity = capacity;
    }
    size_t length = 0;
    const void *wkb = db_column_blob(row, 1, &length);
    struct geo_line *line = NULL;
    int code = geo_line_from_wkb(wkb, length, &line, error);
    const char *name = db_column_text(row, 0);
    if (code == 0)
        list->street[list->count++] =
            (struct place_street){arena_text(arena, name ? name : ""), line};
    return code;
}

static int read_streets(struct city_snapshot *city, struct db *db, struct street_list *list,
                        struct arena *arena, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_STREET_GEOMETRY, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, city->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        code = add_street(list, arena, row, error);
        if (code < 0)
            break;
    }
    return code;
}

static int read_landmarks(struct city_snapshot *city, struct db *db, struct arena *arena,
                          struct place_landmark **ret_marks, size_t *ret_count,
                          struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    size_t capacity = 0;
    int code = db_prepare(db, QUERY_CITY_PLACE_LIST, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, city->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        if (*ret_count == capacity) {
            capacity = capacity * 2 + 256;
            struct place_landmark *bigger = realloc(*ret_marks, capacity * sizeof(*bigger));
            if (!bigger)
                return error_set(error, ERROR_LIMIT, "city.memory", "out of memory");
            *ret_marks = bigger;
        }
        struct place_landmark mark = {.name = arena_text(arena, db_column_text(row, 0))};
        if (geo_point_from_deg(db_column_double(row, 1), db_column_double(row, 2),
                               &mark.point, NULL) == 0)
            (*ret_marks)[(*ret_count)++] = mark;
    }
    return code;
}

static int read_places(struct city_snapshot *city, struct db *db, struct error *error)
{
    struct arena *arena = arena_new(256 * 1024 * 1024);
    struct street_list streets = {0};
    struct place_landmark *marks = NULL;
    size_t mark_count = 0;
    int code = read_streets(city, db, &streets, arena, error);
    if (code == 0)
        code = read_landmarks(city, db, arena, &marks, &mark_count, error);
    if (code == 0)
        code = place_index_new(streets.street, streets.count, marks, mark_count,
                               &city->places, error);
    for (size_t i = 0; i < streets.count; i++)
        geo_line_free((struct geo_line *)(uintptr_t)streets.street[i].line);
    free(streets.street);
    free(marks);
    arena_free(arena);
    return code;
}

int snapshot_read_map(struct city_snapshot *city, struct db_store *store, struct db *db,
                      struct locator *grids, struct error *error)
{
    city->grids = grids;
    int code = grids ? 0 : open_locator(city, store, db, 0, &city->grids, error);
    for (size_t i = 0; i < city->level_count && code == 0; i++)
        if (city->level[i].kind == CITY_OVERLAY)
            code = open_locator(city, store, db, city->level[i].id, &city->level_locator[i],
                                error);
    for (size_t i = 0; i < city->layer_count && code == 0; i++)
        code = open_locator(city, store, db, city->layer[i].id, &city->layer[i].locator,
                            error);
    if (code == 0)
        code = read_components(city, db, error);
    if (code == 0)
        code = read_places(city, db, error);
    return code;
}
