// SPDX-License-Identifier: MPL-2.0
// The pen: features of one layer after the other, in the wire format of Mapbox Vector Tile
// 2.1 (protocol buffers written by hand: five messages, three kinds of fields).
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "tile_internal.h"

enum {
    LAYER_CEILING = 16 * 1024 * 1024,
    KEYS_MOST = 24,
    TAGS_MOST = 2 * KEYS_MOST,
    // Fields: number << 3 | wire type.
    TILE_LAYERS = 3 << 3 | 2,
    LAYER_NAME = 1 << 3 | 2,
    LAYER_FEATURES = 2 << 3 | 2,
    LAYER_KEYS = 3 << 3 | 2,
    LAYER_VALUES = 4 << 3 | 2,
    LAYER_EXTENT = 5 << 3 | 0,
    LAYER_VERSION = 15 << 3 | 0,
    FEATURE_ID = 1 << 3 | 0,
    FEATURE_TAGS = 2 << 3 | 2,
    FEATURE_TYPE = 3 << 3 | 0,
    FEATURE_GEOMETRY = 4 << 3 | 2,
    VALUE_TEXT = 1 << 3 | 2,
    VALUE_SINT = 6 << 3 | 0,
    VALUE_UINT = 5 << 3 | 0,
    MOVE_TO = 1,
    LINE_TO = 2,
    CLOSE_PATH = 7,
};

struct bytes {
    uint8_t *data;
    size_t length, capacity;
    bool failed;
};

struct value_slot { // of the table of values seen: where it stands in `values`
    uint32_t start, length, number;
    uint32_t stamp; // of the layer: older ones are empty
};

struct tile_pen {
    const char *name;
    unsigned shift_left, shift_right; // world units to units of the tile
    unsigned snap;
    int64_t west, north; // world units
    struct bytes features, values, geometry;
    size_t feature_count, value_count;
    const char *key[KEYS_MOST];
    size_t key_count;
    uint32_t tag[TAGS_MOST];
    size_t tag_count;
    enum tile_kind kind; // of the feature being drawn
    struct value_slot *slot;
    size_t slot_count; // power of two
    uint32_t stamp;
    struct tile_outline outline;
    struct tile_vertex *line; // scratch
    size_t line_capacity;
    size_t checked, repaired;
    bool failed;
};

// ---- bytes ----
static uint8_t *bytes_room(struct bytes *bytes, size_t more)
{
    if (bytes->length + more > bytes->capacity && !bytes->failed) {
        size_t bigger = (bytes->length + more) * 2 + 1024;
        uint8_t *fresh = bigger < LAYER_CEILING ? realloc(bytes->data, bigger) : NULL;
        bytes->failed = fresh == NULL;
        if (fresh) {
            bytes->data = fresh;
            bytes->capacity = bigger;
        }
    }
    return bytes->failed ? NULL : bytes->data + bytes->length;
}

static uint8_t *write_number(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static void put_number(struct bytes *bytes, uint64_t value)
{
    uint8_t *room = bytes_room(bytes, 10);
    if (room)
        bytes->length += (size_t)(write_number(room, value) - room);
}

static void put_bytes(struct bytes *bytes, const void *data, size_t length)
{
    uint8_t *room = bytes_room(bytes, length);
    if (room && length > 0) {
        memcpy(room, data, length);
        bytes->length += length;
    }
}

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static size_t number_size(uint64_t value)
{
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}

// ---- life ----
struct tile_pen *tile_pen_new(void)
{
    return memory_new(sizeof(struct tile_pen));
}

struct tile_pen *tile_pen_free(struct tile_pen *pen)
{
    if (pen) {
        free(pen->features.data);
        free(pen->values.data);
        free(pen->geometry.data);
        free(pen->slot);
        free(pen->line);
        outline_done(&pen->outline);
        free(pen);
    }
    return NULL;
}

void tile_begin(struct tile_pen *pen, const char *layer, const struct tile_id *tile,
                unsigned snap)
{
    pen->name = layer;
    pen->shift_right = tile->z <= 20 ? 20 - tile->z : 0;
    pen->shift_left = tile->z <= 20 ? 0 : tile->z - 20;
    pen->snap = snap > TILE_SNAP_MOST ? TILE_SNAP_MOST : snap;
    pen->west = (int64_t)((uint64_t)tile->x << (32 - tile->z));
    pen->north = (int64_t)((uint64_t)tile->y << (32 - tile->z));
    pen->features.length = pen->values.length = pen->geometry.length = 0;
    pen->feature_count = pen->value_count = 0;
    pen->key_count = pen->tag_count = 0;
    pen->failed = false;
    pen->stamp++;
}

// ---- geometry ----
struct cursor {
    int32_t x, y;
};

static void put_step(struct bytes *bytes, struct cursor *cursor, struct tile_vertex v)
{
    uint8_t *room = bytes_room(bytes, 20);
    if (!room)
        return;
    uint8_t *at = write_number(room, zigzag((int64_t)v.x - cursor->x));
    at = write_number(at, zigzag((int64_t)v.y - cursor->y));
    bytes->length += (size_t)(at - room);
    *cursor = (struct cursor){v.x, v.y};
}

static void put_run(struct tile_pen *pen, struct cursor *cursor,
                    const struct tile_vertex *vertex, size_t count, bool closed)
{
    struct bytes *bytes = &pen->geometry;
    put_number(bytes, MOVE_TO | 1 << 3);
    put_step(bytes, cursor, vertex[0]);
    put_number(bytes, LINE_TO | (uint64_t)(count - 1) << 3);
    for (size_t i = 1; i < count; i++)
        put_step(bytes, cursor, vertex[i]);
    if (closed)
        put_number(bytes, CLOSE_PATH | 1 << 3);
}

// What lies further away than this is moved to it: products of differences stay in 64 bits.
#define FAR_AWAY (INT64_C(1) << 29)

// Rounded to the nearest multiple of 2^snap units: everywhere in the world the same.
static int32_t to_tile(const struct tile_pen *pen, int64_t world, int64_t origin)
{
    const int64_t from = world - origin;
    int64_t at = from * (INT64_C(1) << pen->shift_left);
    if (!pen->shift_left) {
        const unsigned shift = pen->shift_right + pen->snap;
        const int64_t half = shift ? INT64_C(1) << (shift - 1) : 0;
        at = ((from + half) >> shift) * (INT64_C(1) << pen->snap);
    }
    return (int32_t)(at < -FAR_AWAY ? -FAR_AWAY : at > FAR_AWAY ? FAR_AWAY : at);
}

enum where { WHERE_IN, WHERE_OUT, WHERE_ACROSS };

// Vertices from first on, in units; where they lie all together.
static enum where project_run(const struct tile_pen *pen, const struct tile_point *from,
                              size_t count, struct tile_vertex *to)
{
    int32_t west = INT32_MAX, north = INT32_MAX, east = INT32_MIN, south = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        const struct tile_vertex v = {to_tile(pen, from[i].x, pen->west),
                                      to_tile(pen, from[i].y, pen->north)};
        west = v.x < west ? v.x : west;
        east = v.x > east ? v.x : east;
        north = v.y < north ? v.y : north;
        south = v.y > south ? v.y : south;
        to[i] = v;
    }
    const int32_t low = -TILE_MARGIN, high = TILE_EXTENT + TILE_MARGIN;
    if (west > high || north > high || east < low || south < low)
        return WHERE_OUT;
    return west >= low && north >= low && east <= high && south <= high ? WHERE_IN
                                                                        : WHERE_ACROSS;
}

struct cutting {
    bool whole;  // nothing is to be cut
    bool cut;    // some ring was
    bool simple; // and crossed no side of the margin more than twice, nor touched one
};

// Adds a ring of the shape; false when nothing of it is seen.
static bool take_ring(struct tile_pen *pen, const struct tile_shapes *shapes, size_t ring,
                      struct cutting *cutting)
{
    struct tile_outline *outline = &pen->outline;
    const size_t first = shapes->ring_start[ring];
    const size_t count = shapes->ring_start[ring + 1] - first;
    const size_t start = outline->count;
    struct tile_vertex *room = outline_room(outline, count);
    if (!room)
        return false;
    const enum where where = project_run(pen, shapes->point + first, count, room);
    if (where == WHERE_OUT)
        return false;
    outline->count += count;
    if (where == WHERE_ACROSS && !cutting->whole) {
        cutting->cut = true;
        if (tile_cut_ring(outline, start, &cutting->simple) == 0) {
            outline->count = start;
            return false;
        }
    }
    const size_t left = tile_clean(outline->vertex + start, outline->count - start);
    const bool hole = shapes->ring_hole[ring];
    if (left == 0 || (tile_area2(outline->vertex + start, left) < 0) != hole) {
        outline->count = start;
        return false;
    }
    outline->count = start + left;
    return outline_ring(outline, start, hole);
}

// Whether what rounding moves is less than what keeps the outline apart. A vertex moves by
// at most half a diagonal of the lattice that it is put on (0.71 of a step), two of them
// come closer by 1.41; where edges are cut, by another half a step each.
static bool is_safe(const struct tile_pen *pen, const struct tile_shapes *shapes,
                    size_t index, const struct cutting *cutting)
{
    const uint64_t step = UINT64_C(1) << (pen->shift_right + pen->snap);
    const uint64_t twice = (uint64_t)shapes->clearance[index] * 2;
    if (!cutting->cut)
        return twice > step * 3;
    const bool one_ring = shapes->first_ring[index + 1] - shapes->first_ring[index] == 1;
    return one_ring && cutting->simple && pen->snap == 0 && twice > step * 6;
}

// Whether a shape reaches no further than one tile beyond this one.
static bool is_near(const struct tile_pen *pen, const struct tile_box *box)
{
    const int32_t low = -TILE_EXTENT, high = 2 * TILE_EXTENT;
    return to_tile(pen, box->west, pen->west) >= low &&
           to_tile(pen, box->north, pen->north) >= low &&
           to_tile(pen, box->east, pen->west) <= high &&
           to_tile(pen, box->south, pen->north) <= high;
}

static void take_rings(struct tile_pen *pen, const struct tile_shapes *shapes, size_t index,
                       struct cutting *cutting)
{
    bool outer = false;
    outline_clear(&pen->outline);
    for (size_t r = shapes->first_ring[index]; r < shapes->first_ring[index + 1]; r++) {
        if (shapes->ring_hole[r] && !outer)
            continue; // its outer ring is not there
        const bool taken = take_ring(pen, shapes, r, cutting);
        outer = shapes->ring_hole[r] ? outer : taken;
    }
}

// A small shape whose pieces would hang together along the edge is left whole: cheaper than
// to take it apart, and drawn the same.
static bool outline_of(struct tile_pen *pen, const struct tile_shapes *shapes, size_t index)
{
    struct tile_outline *outline = &pen->outline;
    struct cutting cutting = {.simple = true};
    take_rings(pen, shapes, index, &cutting);
    if (outline->ring_count == 0 || is_safe(pen, shapes, index, &cutting))
        return outline->ring_count > 0;
    const struct cutting whole = {.whole = true, .simple = true};
    if (cutting.cut && is_safe(pen, shapes, index, &whole) &&
        is_near(pen, &shapes->box[index])) {
        cutting = whole;
        take_rings(pen, shapes, index, &cutting);
        return outline->ring_count > 0;
    }
    pen->checked++;
    if (tile_is_simple(outline))
        return true;
    pen->repaired++;
    return tile_repair(outline);
}

static bool draw_polygon(struct tile_pen *pen, const struct tile_shapes *shapes,
                         size_t index)
{
    const struct tile_outline *outline = &pen->outline;
    if (!outline_of(pen, shapes, index))
        return false;
    struct cursor cursor = {0, 0};
    for (size_t i = 0; i < outline->ring_count; i++)
        put_run(pen, &cursor, outline->vertex + outline->ring[i].start,
                outline->ring[i].count, true);
    return true;
}

static bool draw_line(struct tile_pen *pen, const struct tile_shapes *shapes, size_t index)
{
    const size_t ring = shapes->first_ring[index];
    const size_t first = shapes->ring_start[ring];
    const size_t count = shapes->ring_start[ring + 1] - first;
    if (count > pen->line_capacity) {
        struct tile_vertex *fresh = realloc(pen->line, (count * 2) * sizeof(*fresh));
        if (!fresh) {
            pen->failed = true;
            return false;
        }
        pen->line = fresh;
        pen->line_capacity = count * 2;
    }
    outline_clear(&pen->outline);
    if (project_run(pen, shapes->point + first, count, pen->line) == WHERE_OUT)
        return false;
    tile_cut_line(&pen->outline, pen->line, count);
    struct cursor cursor = {0, 0};
    for (size_t i = 0; i < pen->outline.ring_count; i++)
        put_run(pen, &cursor, pen->outline.vertex + pen->outline.ring[i].start,
                pen->outline.ring[i].count, false);
    return pen->outline.ring_count > 0;
}

bool tile_draw_shape(struct tile_pen *pen, const struct tile_shapes *shapes, size_t index)
{
    pen->geometry.length = 0;
    pen->tag_count = 0;
    pen->kind = shapes->kind;
    if (shapes->first_ring[index] == shapes->first_ring[index + 1])
        return false;
    return shapes->kind == TILE_LINE ? draw_line(pen, shapes, index)
                                     : draw_polygon(pen, shapes, index);
}

bool tile_draw_point(struct tile_pen *pen, struct tile_point point)
{
    pen->geometry.length = 0;
    pen->tag_count = 0;
    pen->kind = TILE_POINT;
    const int64_t x = point.x - pen->west, y = point.y - pen->north;
    struct tile_vertex v = {(int32_t)(x >> pen->shift_right),
                            (int32_t)(y >> pen->shift_right)};
    if (pen->shift_left)
        v = (struct tile_vertex){(int32_t)(x << pen->shift_left),
                                 (int32_t)(y << pen->shift_left)};
    if (x < 0 || y < 0 || v.x >= TILE_EXTENT || v.y >= TILE_EXTENT)
        return false;
    struct cursor cursor = {0, 0};
    put_number(&pen->geometry, MOVE_TO | 1 << 3);
    put_step(&pen->geometry, &cursor, v);
    return true;
}

bool tile_draw_square(struct tile_pen *pen, int32_t west, int32_t north, int32_t side)
{
    const struct tile_vertex v[] = {{west, north},
                                    {west + side, north},
                                    {west + side, north + side},
                                    {west, north + side}};
    struct cursor cursor = {0, 0};
    pen->geometry.length = 0;
    pen->tag_count = 0;
    pen->kind = TILE_POLYGON;
    put_run(pen, &cursor, v, 4, true);
    return true;
}

// ---- properties ----
static uint32_t key_number(struct tile_pen *pen, const char *key)
{
    for (size_t i = 0; i < pen->key_count; i++)
        if (pen->key[i] == key || strcmp(pen->key[i], key) == 0)
            return (uint32_t)i;
    if (pen->key_count == KEYS_MOST) {
        pen->failed = true;
        return 0;
    }
    pen->key[pen->key_count] = key;
    return (uint32_t)pen->key_count++;
}

static bool grow_slots(struct tile_pen *pen)
{
    const size_t bigger = pen->slot_count ? pen->slot_count * 2 : 1024;
    struct value_slot *fresh = calloc(bigger, sizeof(*fresh));
    if (!fresh)
        return false;
    for (size_t i = 0; i < pen->slot_count; i++) {
        const struct value_slot *old = &pen->slot[i];
        if (old->stamp != pen->stamp)
            continue;
        uint64_t hash = 14695981039346656037u;
        for (size_t k = 0; k < old->length; k++)
            hash = (hash ^ pen->values.data[old->start + k]) * 1099511628211u;
        size_t at = hash & (bigger - 1);
        while (fresh[at].stamp == pen->stamp)
            at = (at + 1) & (bigger - 1);
        fresh[at] = *old;
    }
    free(pen->slot);
    pen->slot = fresh;
    pen->slot_count = bigger;
    return true;
}

// The value message stands at the end of `values` from start on: it stays there when it is
// new, and is taken back when the layer has it already.
static uint32_t value_number(struct tile_pen *pen, size_t start)
{
    if (pen->values.failed ||
        ((pen->value_count + 1) * 2 > pen->slot_count && !grow_slots(pen))) {
        pen->failed = true;
        return 0;
    }
    const size_t length = pen->values.length - start;
    const uint8_t *bytes = pen->values.data + start;
    uint64_t hash = 14695981039346656037u; // FNV-1a
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    size_t at = hash & (pen->slot_count - 1);
    for (; pen->slot[at].stamp == pen->stamp; at = (at + 1) & (pen->slot_count - 1)) {
        const struct value_slot *slot = &pen->slot[at];
        if (slot->length == length &&
            memcmp(pen->values.data + slot->start, bytes, length) == 0) {
            pen->values.length = start;
            return slot->number;
        }
    }
    pen->slot[at] = (struct value_slot){(uint32_t)start, (uint32_t)length,
                                        (uint32_t)pen->value_count, pen->stamp};
    return (uint32_t)pen->value_count++;
}

static void put_tag(struct tile_pen *pen, const char *key, size_t value_start)
{
    const uint32_t value = value_number(pen, value_start);
    if (pen->tag_count + 2 <= TAGS_MOST) {
        pen->tag[pen->tag_count++] = key_number(pen, key);
        pen->tag[pen->tag_count++] = value;
    } else {
        pen->failed = true;
    }
}

void tile_put_text(struct tile_pen *pen, const char *key, const char *text)
{
    const size_t length = text ? strlen(text) : 0;
    if (length == 0)
        return;
    const size_t start = pen->values.length;
    put_number(&pen->values, LAYER_VALUES);
    put_number(&pen->values, 1 + number_size(length) + length);
    put_number(&pen->values, VALUE_TEXT);
    put_number(&pen->values, length);
    put_bytes(&pen->values, text, length);
    put_tag(pen, key, start);
}

void tile_put_int(struct tile_pen *pen, const char *key, int64_t value)
{
    const size_t start = pen->values.length;
    const uint64_t coded = value < 0 ? zigzag(value) : (uint64_t)value;
    put_number(&pen->values, LAYER_VALUES);
    put_number(&pen->values, 1 + number_size(coded));
    put_number(&pen->values, value < 0 ? VALUE_SINT : VALUE_UINT);
    put_number(&pen->values, coded);
    put_tag(pen, key, start);
}

void tile_put_feature(struct tile_pen *pen, uint64_t id)
{
    size_t tags = 0;
    for (size_t i = 0; i < pen->tag_count; i++)
        tags += number_size(pen->tag[i]);
    const size_t geometry = pen->geometry.length;
    const size_t length = (id ? 1 + number_size(id) : 0) +
                          (tags ? 1 + number_size(tags) + tags : 0) + 2 + 1 +
                          number_size(geometry) + geometry;
    struct bytes *out = &pen->features;
    put_number(out, LAYER_FEATURES);
    put_number(out, length);
    if (id) {
        put_number(out, FEATURE_ID);
        put_number(out, id);
    }
    if (tags) {
        put_number(out, FEATURE_TAGS);
        put_number(out, tags);
        for (size_t i = 0; i < pen->tag_count; i++)
            put_number(out, pen->tag[i]);
    }
    put_number(out, FEATURE_TYPE);
    put_number(out, (uint64_t)pen->kind);
    put_number(out, FEATURE_GEOMETRY);
    put_number(out, geometry);
    put_bytes(out, pen->geometry.data, geometry);
    pen->feature_count++;
}

// ---- the layer ----
size_t tile_features(const struct tile_pen *pen)
{
    return pen->feature_count;
}

static size_t layer_length(const struct tile_pen *pen)
{
    const size_t name = strlen(pen->name);
    size_t length =
        2 + 3 + 1 + number_size(name) + name + pen->features.length + pen->values.length;
    for (size_t i = 0; i < pen->key_count; i++)
        length += 1 + number_size(strlen(pen->key[i])) + strlen(pen->key[i]);
    return length;
}

size_t tile_size(const struct tile_pen *pen)
{
    const size_t length = layer_length(pen);
    return pen->feature_count ? 1 + number_size(length) + length : 0;
}

static void append_number(struct buffer *out, uint64_t value)
{
    uint8_t bytes[10];
    buffer_append(out, bytes, (size_t)(write_number(bytes, value) - bytes));
}

static void append_text(struct buffer *out, unsigned field, const char *text)
{
    append_number(out, field);
    append_number(out, strlen(text));
    buffer_append(out, text, strlen(text));
}

int tile_end(struct tile_pen *pen, struct buffer *out, struct error *error)
{
    if (pen->failed || pen->features.failed || pen->values.failed || pen->geometry.failed ||
        pen->outline.failed)
        return error_set(error, ERROR_LIMIT, "tile.memory", "out of memory for a tile");
    if (pen->feature_count == 0)
        return 0;
    append_number(out, TILE_LAYERS);
    append_number(out, layer_length(pen));
    append_number(out, LAYER_VERSION);
    append_number(out, 2);
    append_text(out, LAYER_NAME, pen->name);
    buffer_append(out, pen->features.data, pen->features.length);
    for (size_t i = 0; i < pen->key_count; i++)
        append_text(out, LAYER_KEYS, pen->key[i]);
    if (pen->values.length > 0)
        buffer_append(out, pen->values.data, pen->values.length);
    append_number(out, LAYER_EXTENT);
    append_number(out, TILE_EXTENT);
    return buffer_check(out, error);
}

void tile_pen_figures(const struct tile_pen *pen, size_t *ret_checked, size_t *ret_repaired)
{
    *ret_checked = pen->checked;
    *ret_repaired = pen->repaired;
}
