// SPDX-License-Identifier: MPL-2.0
// A tile out of the set of points: one feature for the cases of each cell.
#include <stdlib.h>
#include <string.h>

#include "points_internal.h"

enum {
    CELLS_FAR = 12,   // cells of a tile's side below CASE_POINTS_ZOOM: 43 pixels of 512
    CELLS_NEAR = 256, // from there on: 2 pixels, in which cases lie upon each other
    GROUPS_MOST = 2000,
};

struct group {
    uint32_t count;
    uint32_t by_light[CLOCK_LIGHT_COUNT];
    uint64_t x, y; // sums
    struct tile_box box;
    int64_t case_id;      // of the most urgent
    uint32_t slot;        // likewise
    uint8_t light;        // of it
    struct tile_point at; // likewise
};

struct drawing {
    struct case_points *points;
    const struct city_snapshot *city;
    const struct actor *actor;
    struct case_filter filter; // as asked, without its light: those of the dots count
    int light;                 // asked for, or -1
    struct account_sight sight;
    int64_t now_ms;
    const struct tile_id *tile;
    struct tile_box box;
    bool all;           // neither a filter nor the rights leave anything out
    unsigned side;      // cells of the tile's side
    uint32_t *group_of; // by cell: + 1
    struct group *groups;
    size_t group_count, group_capacity;
    int64_t until_ms;
    bool failed;
};

// ---- who is in ----
static bool is_plain(const struct case_filter *f)
{
    return f->stage < 0 && f->step == NULL && f->department_id == 0 && f->class_id == 0 &&
           f->condition_id == 0 && f->grid_id == 0 && f->area_id == 0 &&
           f->number == NULL && (f->queue == NULL || *f->queue == '\0') && f->source < 0 &&
           f->reported_by == 0 && f->opened_from_ms == INSTANT_NONE &&
           f->opened_to_ms == INSTANT_NONE;
}

static bool is_in(const struct drawing *drawing, const struct point_dot *dot,
                  struct case_row *row)
{
    const struct point_case *one = &drawing->points->cases[dot->slot];
    point_case_row(one, row);
    return case_filter_fits(drawing->city, drawing->actor, &drawing->filter,
                            drawing->now_ms, row) &&
           case_held_visible(drawing->city, &drawing->sight, row, one->holders,
                             one->holder_count);
}

// ---- groups ----
static int urgency(uint8_t light)
{
    static const int order[CLOCK_LIGHT_COUNT] = {[CLOCK_LIGHT_RED] = 3,
                                                 [CLOCK_LIGHT_YELLOW] = 2,
                                                 [CLOCK_LIGHT_GREEN] = 1,
                                                 [CLOCK_LIGHT_NONE] = 0};
    return light < CLOCK_LIGHT_COUNT ? order[light] : 0;
}

static struct group *group_at(struct drawing *drawing, size_t cell)
{
    uint32_t *at = &drawing->group_of[cell];
    if (*at != 0)
        return &drawing->groups[*at - 1];
    if (drawing->group_count == drawing->group_capacity) {
        const size_t bigger = drawing->group_capacity * 2 + 256;
        struct group *fresh = realloc(drawing->groups, bigger * sizeof *fresh);
        if (fresh == NULL) {
            drawing->failed = true;
            return NULL;
        }
        drawing->groups = fresh;
        drawing->group_capacity = bigger;
    }
    drawing->groups[drawing->group_count++] = (struct group){0};
    *at = (uint32_t)drawing->group_count;
    return &drawing->groups[drawing->group_count - 1];
}

// The same whatever the order in which the cases come.
static bool is_more_urgent(const struct group *group, const struct point_dot *dot,
                           uint8_t light)
{
    if (group->count == 0)
        return true;
    const int was = urgency(group->light), is = urgency(light);
    return is != was ? is > was : dot->case_id < group->case_id;
}

static uint8_t light_now(const struct point_dot *dot, int64_t now_ms, int64_t *until_ms)
{
    const int turn = (now_ms >= dot->turn_ms[0]) + (now_ms >= dot->turn_ms[1]);
    if (turn < 2 && dot->turn_ms[turn] < *until_ms)
        *until_ms = dot->turn_ms[turn];
    return dot->light[turn];
}

static void extend(struct tile_box *box, struct tile_point at)
{
    box->west = at.x < box->west ? at.x : box->west;
    box->east = at.x > box->east ? at.x : box->east;
    box->north = at.y < box->north ? at.y : box->north;
    box->south = at.y > box->south ? at.y : box->south;
}

static void take_dot(struct drawing *drawing, const struct point_dot *dot, uint8_t light)
{
    const unsigned shift = 32 - drawing->tile->z;
    const uint64_t x = dot->at.x - drawing->box.west, y = dot->at.y - drawing->box.north;
    const size_t cell = (size_t)(y * drawing->side >> shift) * drawing->side +
                        (size_t)(x * drawing->side >> shift);
    struct group *group = group_at(drawing, cell);
    if (group == NULL)
        return;
    if (is_more_urgent(group, dot, light)) {
        group->slot = dot->slot;
        group->case_id = dot->case_id;
        group->light = light;
        group->at = dot->at;
    }
    if (group->count++ == 0)
        group->box = (struct tile_box){dot->at.x, dot->at.y, dot->at.x, dot->at.y};
    extend(&group->box, dot->at);
    group->by_light[light]++;
    group->x += dot->at.x;
    group->y += dot->at.y;
}

static void take_bucket(struct drawing *drawing, const struct point_bucket *bucket)
{
    struct case_row row;
    const struct tile_box *box = &drawing->box;
    case_row_init(&row);
    row.place.has_point = true;
    for (uint32_t i = 0; i < bucket->count && !drawing->failed; i++) {
        const struct point_dot *dot = &bucket->dots[i];
        if (dot->at.x < box->west || dot->at.x > box->east || dot->at.y < box->north ||
            dot->at.y > box->south)
            continue;
        if (!drawing->all && !is_in(drawing, dot, &row))
            continue;
        const uint8_t light = light_now(dot, drawing->now_ms, &drawing->until_ms);
        if (drawing->light < 0 || drawing->light == (int)light)
            take_dot(drawing, dot, light);
    }
}

static void take_all(struct drawing *drawing)
{
    const struct case_points *points = drawing->points;
    const struct tile_box *box = &drawing->box;
    const uint32_t west = box->west >> POINT_BUCKET_SHIFT,
                   east = box->east >> POINT_BUCKET_SHIFT,
                   north = box->north >> POINT_BUCKET_SHIFT,
                   south = box->south >> POINT_BUCKET_SHIFT;
    const uint64_t places = (uint64_t)(east - west + 1) * (south - north + 1);
    if (places > points->bucket_count) {
        for (size_t i = 0; i < points->bucket_count; i++) {
            const struct point_bucket *bucket = &points->buckets[i];
            if (bucket->x >= west && bucket->x <= east && bucket->y >= north &&
                bucket->y <= south)
                take_bucket(drawing, bucket);
        }
        return;
    }
    for (uint32_t y = north; y <= south; y++)
        for (uint32_t x = west; x <= east; x++) {
            uint32_t index = 0;
            if (point_map_find(&points->by_place, (uint64_t)x << 32 | y, &index))
                take_bucket(drawing, &points->buckets[index]);
        }
}

// ---- features ----
// The middle of the cases, but in the inner half of their cell: groups keep apart, and what
// is on one side of a tile's edge stays there.
static uint32_t middle(uint64_t sum, uint32_t count, uint32_t origin, unsigned side,
                       unsigned shift)
{
    const uint64_t at = sum / count - origin;
    const uint64_t cell = (UINT64_C(1) << shift) / side;
    const uint64_t first = (at * side >> shift) * cell;
    const uint64_t low = first + cell / 4, high = first + cell - cell / 4;
    return (uint32_t)(origin + (at < low ? low : at > high ? high : at));
}

static struct tile_point place_of(const struct drawing *drawing, const struct group *group)
{
    const unsigned shift = 32 - drawing->tile->z;
    if (group->count == 1 || drawing->tile->z >= CASE_POINTS_ZOOM)
        return group->at;
    return (struct tile_point){
        middle(group->x, group->count, drawing->box.west, drawing->side, shift),
        middle(group->y, group->count, drawing->box.north, drawing->side, shift)};
}

static void put_one(const struct drawing *drawing, struct tile_pen *pen,
                    const struct group *group)
{
    const struct point_case *one = &drawing->points->cases[group->slot];
    tile_put_text(pen, "number", one->number);
    tile_put_text(pen, "light", clock_light_to_str((enum clock_light)group->light));
    tile_put_text(pen, "stage", process_stage_to_str(one->stage));
    tile_put_text(pen, "class", city_class_code(drawing->city, one->class_id));
    tile_put_int(pen, "department", one->department_id);
    tile_put_feature(pen, (uint64_t)one->case_id);
}

// The zoom at which all of a group fill half of a tile or more: there it comes apart.
static unsigned parting_zoom(const struct group *group)
{
    const uint32_t wide = group->box.east - group->box.west;
    const uint32_t high = group->box.south - group->box.north;
    const uint64_t reach = wide > high ? wide : high;
    unsigned zoom = 0;
    while (zoom < TILE_ZOOM_MOST && reach << (zoom + 1) < UINT64_C(1) << 32)
        zoom++;
    return zoom;
}

static void put_many(const struct drawing *drawing, struct tile_pen *pen,
                     const struct group *group)
{
    tile_put_int(pen, "count", group->count);
    tile_put_text(pen, "light", clock_light_to_str((enum clock_light)group->light));
    for (int light = 0; light < CLOCK_LIGHT_COUNT; light++)
        if (group->by_light[light] != 0)
            tile_put_int(pen, clock_light_to_str((enum clock_light)light),
                         group->by_light[light]);
    tile_put_int(pen, "zoom", parting_zoom(group));
    if (drawing->tile->z >= CASE_POINTS_ZOOM)
        tile_put_text(pen, "number", drawing->points->cases[group->slot].number);
    tile_put_feature(pen, 0);
}

static void put_groups(const struct drawing *drawing, struct tile_pen *pen)
{
    tile_begin(pen, "cases", drawing->tile, 0);
    for (size_t i = 0; i < drawing->group_count; i++) {
        const struct group *group = &drawing->groups[i];
        if (!tile_draw_point(pen, place_of(drawing, group)))
            continue;
        if (group->count == 1)
            put_one(drawing, pen, group);
        else
            put_many(drawing, pen, group);
    }
}

// In order of the cells, so that equal tiles are equal byte for byte.
static void put_in_order(struct drawing *drawing)
{
    struct group *sorted = malloc((drawing->group_count + 1) * sizeof *sorted);
    size_t used = 0;
    if (sorted == NULL) {
        drawing->failed = true;
        return;
    }
    for (size_t cell = 0; cell < (size_t)drawing->side * drawing->side; cell++)
        if (drawing->group_of[cell] != 0)
            sorted[used++] = drawing->groups[drawing->group_of[cell] - 1];
    free(drawing->groups);
    drawing->groups = sorted;
    drawing->group_capacity = drawing->group_count + 1;
}

static void gather(struct drawing *drawing, unsigned side)
{
    drawing->side = side;
    drawing->group_count = 0;
    drawing->until_ms = INT64_MAX;
    free(drawing->group_of);
    drawing->group_of = calloc((size_t)side * side, sizeof *drawing->group_of);
    drawing->failed |= drawing->group_of == NULL;
    if (!drawing->failed)
        take_all(drawing);
    if (!drawing->failed)
        put_in_order(drawing);
}

static int draw(struct drawing *drawing, struct tile_pen *pen, struct buffer *out,
                struct error *error)
{
    unsigned side = drawing->tile->z >= CASE_POINTS_ZOOM ? CELLS_NEAR : CELLS_FAR;
    for (bool fits = false; !fits && !drawing->failed; side /= 2) {
        gather(drawing, side);
        if (drawing->failed)
            break;
        fits = drawing->group_count <= GROUPS_MOST;
        if (fits) {
            put_groups(drawing, pen);
            fits = tile_size(pen) <= TILE_BYTES_MOST;
        }
    }
    return drawing->failed
               ? error_set(error, ERROR_LIMIT, "tile.memory", "out of memory for a tile")
               : tile_end(pen, out, error);
}

int case_points_tile(struct case_points *points, const struct city_snapshot *city,
                     const struct actor *actor, const struct case_filter *filter,
                     int64_t now_ms, const struct tile_id *tile, struct tile_pen *pen,
                     struct buffer *out, int64_t *ret_position, int64_t *ret_until_ms,
                     struct error *error)
{
    if (!tile_id_exists(tile))
        return error_set(error, ERROR_NOT_FOUND, "tile.unknown", "there is no such tile");
    struct drawing drawing = {.points = points,
                              .city = city,
                              .actor = actor,
                              .filter = *filter,
                              .light = filter->light,
                              .now_ms = now_ms,
                              .tile = tile,
                              .box = tile_id_box(tile, 0)};
    drawing.filter.light = -1;
    drawing.filter.has_box = false;
    account_sight(actor, RIGHT_CASE_READ, &drawing.sight);
    drawing.all = drawing.sight.everything && is_plain(filter);
    pthread_rwlock_rdlock(&points->lock);
    int code = draw(&drawing, pen, out, error);
    *ret_position = points->position;
    *ret_until_ms = drawing.until_ms;
    pthread_rwlock_unlock(&points->lock);
    free(drawing.group_of);
    free(drawing.groups);
    return code;
}
