// SPDX-License-Identifier: MPL-2.0
// A small reader of Mapbox Vector Tiles for tests and fuzzing, written from the format's
// description and not from our writer. It refuses what the format does not allow. (Tests
// over HTTP read the same tiles with Mapbox's own library.)
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct decoded_ring {
    size_t start, count; // into xy, in points; without the closing one
    bool closed;
};
struct decoded_feature {
    uint64_t id;
    unsigned type; // 1 point, 2 line, 3 polygon
    size_t first_ring, ring_count;
    size_t first_tag, tag_count; // into tags, in pairs
};
struct decoded_value {
    bool is_text;
    int64_t number;
    const char *text; // into the tile, not ended by a NUL
    size_t length;
};
struct decoded_layer {
    char name[64];
    uint32_t version, extent;
    struct decoded_feature *features;
    size_t feature_count, feature_capacity;
    char (*keys)[64];
    size_t key_count, key_capacity;
    struct decoded_value *values;
    size_t value_count, value_capacity;
    uint32_t *tags;
    size_t tag_count, tag_capacity;
    struct decoded_ring *rings;
    size_t ring_count, ring_capacity;
    int64_t *xy;
    size_t xy_count, xy_capacity;
};
struct decoded_tile {
    struct decoded_layer layers[8];
    size_t layer_count;
};

struct decode_input {
    const uint8_t *at, *end;
    bool bad;
};

#define DECODE_ROOM(array, count, capacity)                                                \
    do {                                                                                   \
        if ((count) == (capacity)) {                                                       \
            (capacity) = (capacity)*2 + 64;                                                \
            (array) = realloc((array), (capacity) * sizeof *(array));                      \
            if ((array) == NULL)                                                           \
                abort();                                                                   \
        }                                                                                  \
    } while (0)

static inline uint64_t decode_number(struct decode_input *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (in->at == in->end) {
            in->bad = true;
            return 0;
        }
        const uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    in->bad = true;
    return 0;
}

static inline struct decode_input decode_piece(struct decode_input *in)
{
    const uint64_t length = decode_number(in);
    struct decode_input piece = {in->at, in->at, false};
    if (in->bad || length > (uint64_t)(in->end - in->at)) {
        in->bad = true;
        return piece;
    }
    piece.end = in->at + length;
    in->at += length;
    return piece;
}

static inline void decode_skip(struct decode_input *in, unsigned wire)
{
    if (wire == 0)
        (void)decode_number(in);
    else if (wire == 2)
        (void)decode_piece(in);
    else if ((wire == 1 || wire == 5) && in->end - in->at >= (wire == 1 ? 8 : 4))
        in->at += wire == 1 ? 8 : 4;
    else
        in->bad = true;
}

static inline int64_t decode_zigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline void decode_geometry(struct decoded_layer *layer, struct decode_input in,
                                   struct decode_input *out)
{
    int64_t x = 0, y = 0;
    bool open = false;
    while (in.at < in.end && !in.bad) {
        const uint64_t command = decode_number(&in);
        const unsigned what = command & 7;
        const uint64_t times = command >> 3;
        if (what == 7) { // closes
            in.bad |= times != 1 || !open || layer->rings[layer->ring_count - 1].count < 3;
            if (!in.bad)
                layer->rings[layer->ring_count - 1].closed = true;
            open = false;
            continue;
        }
        in.bad |= (what != 1 && what != 2) || times == 0 || times > 1000000 ||
                  (what == 2 && !open);
        for (uint64_t i = 0; i < times && !in.bad; i++) {
            x += decode_zigzag(decode_number(&in));
            y += decode_zigzag(decode_number(&in));
            if (what == 1) {
                DECODE_ROOM(layer->rings, layer->ring_count, layer->ring_capacity);
                layer->rings[layer->ring_count++] =
                    (struct decoded_ring){.start = layer->xy_count / 2};
                open = true;
            }
            DECODE_ROOM(layer->xy, layer->xy_count, layer->xy_capacity);
            layer->xy[layer->xy_count++] = x;
            DECODE_ROOM(layer->xy, layer->xy_count, layer->xy_capacity);
            layer->xy[layer->xy_count++] = y;
            layer->rings[layer->ring_count - 1].count++;
        }
    }
    out->bad |= in.bad;
}

static inline void decode_feature(struct decoded_layer *layer, struct decode_input in,
                                  struct decode_input *out)
{
    struct decoded_feature feature = {.first_ring = layer->ring_count,
                                      .first_tag = layer->tag_count};
    while (in.at < in.end && !in.bad) {
        const uint64_t key = decode_number(&in);
        if (key == (1 << 3 | 0)) {
            feature.id = decode_number(&in);
        } else if (key == (3 << 3 | 0)) {
            feature.type = (unsigned)decode_number(&in);
        } else if (key == (2 << 3 | 2)) {
            struct decode_input tags = decode_piece(&in);
            while (tags.at < tags.end && !tags.bad) {
                DECODE_ROOM(layer->tags, layer->tag_count, layer->tag_capacity);
                layer->tags[layer->tag_count++] = (uint32_t)decode_number(&tags);
            }
            in.bad |= tags.bad;
        } else if (key == (4 << 3 | 2)) {
            decode_geometry(layer, decode_piece(&in), &in);
        } else {
            decode_skip(&in, key & 7);
        }
    }
    feature.ring_count = layer->ring_count - feature.first_ring;
    feature.tag_count = (layer->tag_count - feature.first_tag) / 2;
    in.bad |= feature.type < 1 || feature.type > 3 || feature.ring_count == 0 ||
              (layer->tag_count - feature.first_tag) % 2 != 0;
    for (size_t i = 0; i < feature.ring_count && !in.bad; i++) {
        const struct decoded_ring *ring = &layer->rings[feature.first_ring + i];
        in.bad |=
            (feature.type == 3) != ring->closed || (feature.type == 2 && ring->count < 2);
    }
    DECODE_ROOM(layer->features, layer->feature_count, layer->feature_capacity);
    layer->features[layer->feature_count++] = feature;
    out->bad |= in.bad;
}

static inline void decode_value(struct decoded_layer *layer, struct decode_input in,
                                struct decode_input *out)
{
    struct decoded_value value = {0};
    while (in.at < in.end && !in.bad) {
        const uint64_t key = decode_number(&in);
        if (key == (1 << 3 | 2)) {
            struct decode_input text = decode_piece(&in);
            value.is_text = true;
            value.text = (const char *)text.at;
            value.length = (size_t)(text.end - text.at);
        } else if (key == (5 << 3 | 0) || key == (4 << 3 | 0)) {
            value.number = (int64_t)decode_number(&in);
        } else if (key == (6 << 3 | 0)) {
            value.number = decode_zigzag(decode_number(&in));
        } else {
            decode_skip(&in, key & 7);
        }
    }
    DECODE_ROOM(layer->values, layer->value_count, layer->value_capacity);
    layer->values[layer->value_count++] = value;
    out->bad |= in.bad;
}

static inline void decode_layer(struct decoded_layer *layer, struct decode_input in,
                                struct decode_input *out)
{
    while (in.at < in.end && !in.bad) {
        const uint64_t key = decode_number(&in);
        if (key == (15 << 3 | 0)) {
            layer->version = (uint32_t)decode_number(&in);
        } else if (key == (5 << 3 | 0)) {
            layer->extent = (uint32_t)decode_number(&in);
        } else if (key == (1 << 3 | 2) || key == (3 << 3 | 2)) {
            struct decode_input text = decode_piece(&in);
            const size_t length = (size_t)(text.end - text.at);
            in.bad |= length > 63;
            char *to = layer->name;
            if (key == (3 << 3 | 2)) {
                DECODE_ROOM(layer->keys, layer->key_count, layer->key_capacity);
                to = layer->keys[layer->key_count++];
            }
            memset(to, 0, 64);
            memcpy(to, text.at, length > 63 ? 63 : length);
        } else if (key == (2 << 3 | 2)) {
            decode_feature(layer, decode_piece(&in), &in);
        } else if (key == (4 << 3 | 2)) {
            decode_value(layer, decode_piece(&in), &in);
        } else {
            decode_skip(&in, key & 7);
        }
    }
    for (size_t i = 0; i < layer->tag_count; i++)
        in.bad |= layer->tags[i] >= (i % 2 ? layer->value_count : layer->key_count);
    out->bad |=
        in.bad || layer->version != 2 || layer->extent == 0 || layer->name[0] == '\0';
}

// False when the bytes are no tile. Call decoded_done in any case.
static inline bool decode_tile(const void *bytes, size_t length, struct decoded_tile *tile)
{
    struct decode_input in = {bytes, (const uint8_t *)bytes + length, false};
    memset(tile, 0, sizeof *tile);
    while (in.at < in.end && !in.bad) {
        const uint64_t key = decode_number(&in);
        if (key != (3 << 3 | 2)) {
            decode_skip(&in, key & 7);
        } else if (tile->layer_count == sizeof tile->layers / sizeof *tile->layers) {
            in.bad = true;
        } else {
            decode_layer(&tile->layers[tile->layer_count++], decode_piece(&in), &in);
        }
    }
    return !in.bad;
}

static inline void decoded_done(struct decoded_tile *tile)
{
    for (size_t i = 0; i < tile->layer_count; i++) {
        struct decoded_layer *layer = &tile->layers[i];
        free(layer->features);
        free(layer->keys);
        free(layer->values);
        free(layer->tags);
        free(layer->rings);
        free(layer->xy);
    }
    tile->layer_count = 0;
}

static inline const struct decoded_layer *decoded_find(const struct decoded_tile *tile,
                                                       const char *name)
{
    for (size_t i = 0; i < tile->layer_count; i++)
        if (strcmp(tile->layers[i].name, name) == 0)
            return &tile->layers[i];
    return NULL;
}

static inline const struct decoded_value *decoded_get(const struct decoded_layer *layer,
                                                      const struct decoded_feature *feature,
                                                      const char *key)
{
    for (size_t i = 0; i < feature->tag_count; i++) {
        const uint32_t *tag = &layer->tags[feature->first_tag + 2 * i];
        if (strcmp(layer->keys[tag[0]], key) == 0)
            return &layer->values[tag[1]];
    }
    return NULL;
}

// Twice the area of a ring, positive for outer ones (y runs to the south).
static inline int64_t decoded_area2(const struct decoded_layer *layer,
                                    const struct decoded_ring *ring)
{
    const int64_t *xy = layer->xy + 2 * ring->start;
    int64_t sum = 0;
    for (size_t i = 0, before = ring->count - 1; i < ring->count; before = i++)
        sum += xy[2 * before] * xy[2 * i + 1] - xy[2 * i] * xy[2 * before + 1];
    return sum;
}
