// SPDX-License-Identifier: MPL-2.0
// Asking a locator. See locator_internal.h for the form of the arrays.
#include <gridcase/city/locator.h>

#include <stdlib.h>

#include "locator_internal.h"

struct locator *locator_free(struct locator *locator)
{
    if (locator) {
        file_map_close(&locator->map);
        for (size_t i = 0; i < sizeof(locator->owned) / sizeof(*locator->owned); i++)
            free(locator->owned[i]);
        free(locator);
    }
    return NULL;
}

int64_t locator_model_version(const struct locator *locator)
{
    return locator->head.model_version;
}

size_t locator_shapes(const struct locator *locator)
{
    return locator->head.shapes;
}

size_t locator_bytes(const struct locator *locator)
{
    return locator->bytes;
}

// Where a point is in the tree.
struct position {
    uint32_t entry;
    uint32_t shift; // log2 of the side of the entry's cell
};

static inline struct position root_position(const struct locator *locator, uint32_t u,
                                            uint32_t v)
{
    const struct locator_head *head = &locator->head;
    uint32_t column = (u >> head->root_shift) - head->root_x;
    uint32_t row = (v >> head->root_shift) - head->root_y;
    struct position position = {0, head->root_shift};
    if (column < head->root_width && row < head->root_height)
        position.entry = locator->root[(size_t)row * head->root_width + column];
    return position;
}

// Address of the entry one level below a block.
static inline const uint32_t *below(const struct locator *locator, struct position position,
                                    uint32_t u, uint32_t v, uint32_t *ret_shift)
{
    uint32_t kind = position.entry >> LOCATOR_ENTRY_BITS;
    uint32_t step = kind == LOCATOR_KIND_BLOCK ? LOCATOR_BLOCK_SHIFT : LOCATOR_SPLIT_SHIFT;
    uint32_t shift = position.shift - step;
    uint32_t mask = (UINT32_C(1) << step) - 1;
    size_t at = (size_t)(position.entry & LOCATOR_ENTRY_MASK) * LOCATOR_UNIT +
                ((size_t)(v >> shift & mask) << step) + (u >> shift & mask);
    *ret_shift = shift;
    return locator->entries + at;
}

static inline bool is_block(uint32_t entry)
{
    return (entry >> LOCATOR_ENTRY_BITS) - 1 < 2;
}

static inline struct position descend(const struct locator *locator,
                                      struct position position, uint32_t u, uint32_t v)
{
    while (is_block(position.entry))
        position.entry = *below(locator, position, u, v, &position.shift);
    return position;
}

// ---- records ----
// Mask of the candidates that hold the point; x, y, last relative to the cell.
static inline uint32_t small_holders(const uint8_t *record, int32_t x, int32_t y,
                                     int32_t last)
{
    size_t edges = record[0];
    uint32_t parity = record[2];
    const int16_t *e =
        (const int16_t *)(const void *)(record + locator_small_edges_at(edges, record[1]));
    for (size_t i = 0; i < edges; i++, e += 4) {
        int32_t ax = e[0], ay = e[1], bx = e[2], by = e[3];
        int64_t cross = (int64_t)(bx - ax) * (y - ay) - (int64_t)(x - ax) * (by - ay);
        uint32_t a_north = ay > y;
        uint32_t b_north = by > y;
        uint32_t east = (a_north ^ b_north) & (cross > 0);
        east ^= ((uint32_t)(ax > last) & a_north) ^ ((uint32_t)(bx > last) & b_north);
        parity ^= record[4 + i] & (0 - east);
    }
    return parity;
}

static uint32_t small_find(const uint8_t *record, int32_t x, int32_t y, int32_t last)
{
    uint32_t parity = small_holders(record, x, y, last);
    if (!parity)
        return 0;
    const uint32_t *candidates =
        (const uint32_t *)(const void *)(record + locator_small_candidates_at(record[0]));
    return candidates[__builtin_ctz(parity)];
}

static uint32_t wide_find(const uint64_t *words, struct geo_point p, int64_t last)
{
    struct locator_wide record = locator_wide_open(words);
    uint64_t parity = record.base;
    const int32_t *e = record.edge;
    for (size_t i = 0; i < record.edges; i++, e += 4) {
        int64_t ax = e[0], ay = e[1], bx = e[2], by = e[3];
        locator_wide_int cross = (locator_wide_int)(bx - ax) * (p.y - ay) -
                                 (locator_wide_int)(p.x - ax) * (by - ay);
        uint64_t a_north = ay > p.y;
        uint64_t b_north = by > p.y;
        uint64_t east = (a_north ^ b_north) & (uint64_t)(cross > 0);
        east ^= ((uint64_t)(ax > last) & a_north) ^ ((uint64_t)(bx > last) & b_north);
        parity ^= record.masks[i] & (0 - east);
    }
    return parity ? record.candidate[__builtin_ctzll(parity)] : 0;
}

static inline uint32_t record_find(const struct locator *locator, struct position position,
                                   struct geo_point point)
{
    const uint64_t *record = locator->records + (position.entry & LOCATOR_ENTRY_MASK);
    const uint8_t *small = (const void *)record;
    uint32_t last = (UINT32_C(1) << position.shift) - 1;
    uint32_t u = locator_shifted(point.x);
    uint32_t v = locator_shifted(point.y);
    if (__builtin_expect(small[3] == 0, 1))
        return small_find(small, (int32_t)(u & last), (int32_t)(v & last), (int32_t)last);
    return wide_find(record, point, (int64_t)(u | last) + INT32_MIN);
}

static inline int64_t finish(const struct locator *locator, struct position position,
                             struct geo_point point)
{
    uint32_t value = position.entry;
    if (value >> LOCATOR_ENTRY_BITS == LOCATOR_KIND_RECORD)
        value = record_find(locator, position, point);
    return locator_id_of(locator, value);
}

int64_t locator_find(const struct locator *locator, struct geo_point point)
{
    uint32_t u = locator_shifted(point.x);
    uint32_t v = locator_shifted(point.y);
    return finish(locator, descend(locator, root_position(locator, u, v), u, v), point);
}

enum { FIND_STEP = 64 }; // points whose memory is asked for at once

void locator_find_many(const struct locator *locator, const struct geo_point *points,
                       size_t count, int64_t *ret_ids)
{
    struct position at[FIND_STEP];
    const uint32_t *next[FIND_STEP];
    for (size_t start = 0; start < count; start += FIND_STEP) {
        size_t some = count - start < FIND_STEP ? count - start : FIND_STEP;
        const struct geo_point *p = points + start;
        for (size_t i = 0; i < some; i++) {
            uint32_t u = locator_shifted(p[i].x);
            uint32_t v = locator_shifted(p[i].y);
            at[i] = root_position(locator, u, v);
            next[i] = &at[i].entry;
            if (is_block(at[i].entry)) {
                next[i] = below(locator, at[i], u, v, &at[i].shift);
                __builtin_prefetch(next[i]);
            }
        }
        for (size_t i = 0; i < some; i++) {
            at[i].entry = *next[i];
            at[i] =
                descend(locator, at[i], locator_shifted(p[i].x), locator_shifted(p[i].y));
            if (at[i].entry >> LOCATOR_ENTRY_BITS == LOCATOR_KIND_RECORD)
                __builtin_prefetch(locator->records + (at[i].entry & LOCATOR_ENTRY_MASK));
        }
        for (size_t i = 0; i < some; i++)
            ret_ids[start + i] = finish(locator, at[i], p[i]);
    }
}
