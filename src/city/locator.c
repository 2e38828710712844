// SPDX-License-Identifier: MPL-2.0
// Answering, and the life of a locator.
#include "locator_internal.h"

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

// Word of the pixel that holds lattice offset (u, v), 0 when nothing can be there.
// A uniform block answers with its id as an inside pixel would.
static inline const uint32_t *pixel_of(const struct locator *locator, uint64_t u,
                                       uint64_t v)
{
    static const uint32_t nothing = 0;
    const struct locator_header *header = locator->header;
    if (u >= header->width || v >= header->height)
        return &nothing;
    const unsigned shift = header->shift;
    const unsigned super_shift = shift + LOCATOR_BLOCK_BITS + LOCATOR_SUPER_BITS;
    uint32_t super =
        locator->supers[(v >> super_shift) * header->super_columns + (u >> super_shift)];
    if (super == 0)
        return &nothing;
    const unsigned block_shift = shift + LOCATOR_BLOCK_BITS;
    const uint32_t *entry = locator->directories +
                            (size_t)(super - 1) * LOCATOR_SUPER_BLOCKS +
                            ((v >> block_shift) & (LOCATOR_SUPER - 1)) * LOCATOR_SUPER +
                            ((u >> block_shift) & (LOCATOR_SUPER - 1));
    if (*entry == 0 || (*entry & LOCATOR_FLAG))
        return entry;
    return locator->blocks + (size_t)(*entry - 1) * LOCATOR_BLOCK_PIXELS +
           ((v >> shift) & (LOCATOR_BLOCK - 1)) * LOCATOR_BLOCK +
           ((u >> shift) & (LOCATOR_BLOCK - 1));
}

static int64_t in_compact(const uint32_t *record, int32_t x, int32_t y)
{
    const uint32_t candidates = record[0] & 0xFF, edges = (record[0] >> 8) & 0xFFFF;
    const uint8_t *masks = (const uint8_t *)(record + 1 + candidates);
    const int16_t *edge = (const int16_t *)(record + 1 + candidates + (1 + edges + 3) / 4);
    uint32_t inside = masks[0];
    for (uint32_t i = 0; i < edges; i++, edge += 4)
        if (locator_crosses(edge[0], edge[1], edge[2], edge[3], x, y))
            inside ^= masks[1 + i];
    return inside ? (int64_t)record[1 + __builtin_ctz(inside)] : 0;
}

static uint64_t two_words(const uint32_t *word)
{
    return word[0] | (uint64_t)word[1] << 32;
}

static int64_t in_wide(const uint32_t *record, struct geo_point corner,
                       struct geo_point point)
{
    const uint32_t candidates = record[0] & 0xFF, edges = (record[0] >> 8) & 0xFFFF;
    const uint32_t *word = record + 1 + candidates;
    uint64_t inside = two_words(word);
    word += 2;
    for (uint32_t i = 0; i < edges; i++, word += 6) {
        int32_t edge[4];
        memcpy(edge, word, sizeof edge);
        if (locator_crosses_wide((locator_wide_number)edge[0] - corner.x,
                                 (locator_wide_number)edge[1] - corner.y,
                                 (locator_wide_number)edge[2] - corner.x,
                                 (locator_wide_number)edge[3] - corner.y,
                                 (locator_wide_number)point.x - corner.x,
                                 (locator_wide_number)point.y - corner.y))
            inside ^= two_words(word + 4);
    }
    return inside ? (int64_t)record[1 + __builtin_ctzll(inside)] : 0;
}

// What a flagged word of a block says about the point. A uniform block's word is flagged
// too, but stands in a directory.
static int64_t resolve(const struct locator *locator, const uint32_t *pixel,
                       struct geo_point point)
{
    const uint32_t word = *pixel;
    if (!(word & LOCATOR_FLAG))
        return word;
    if (pixel < locator->blocks)
        return word & ~LOCATOR_FLAG;
    const uint32_t *record = locator->records + (word & ~LOCATOR_FLAG);
    const struct locator_header *header = locator->header;
    const int64_t inside_pixel = ((int64_t)1 << header->shift) - 1;
    const int64_t u = point.x - header->west, v = point.y - header->south;
    const int64_t x = u & inside_pixel, y = v & inside_pixel;
    if (!(record[0] & LOCATOR_WIDE))
        return in_compact(record, (int32_t)x, (int32_t)y);
    struct geo_point corner = {(int32_t)(point.x - x), (int32_t)(point.y - y)};
    return in_wide(record, corner, point);
}

int64_t locator_find(const struct locator *locator, struct geo_point point)
{
    const uint32_t *pixel = pixel_of(locator, (uint64_t)(point.x - locator->header->west),
                                     (uint64_t)(point.y - locator->header->south));
    return resolve(locator, pixel, point);
}

void locator_find_many(const struct locator *locator, const struct geo_point *points,
                       size_t count, int64_t *ret_ids)
{
    enum { AHEAD = 16 };
    const uint32_t *pixels[AHEAD];
    for (size_t start = 0; start < count; start += AHEAD) {
        size_t some = count - start < AHEAD ? count - start : AHEAD;
        for (size_t i = 0; i < some; i++) {
            pixels[i] =
                pixel_of(locator, (uint64_t)(points[start + i].x - locator->header->west),
                         (uint64_t)(points[start + i].y - locator->header->south));
            __builtin_prefetch(pixels[i]);
        }
        for (size_t i = 0; i < some; i++)
            if ((*pixels[i] & LOCATOR_FLAG) && pixels[i] >= locator->blocks)
                __builtin_prefetch(locator->records + (*pixels[i] & ~LOCATOR_FLAG));
        for (size_t i = 0; i < some; i++)
            ret_ids[start + i] = resolve(locator, pixels[i], points[start + i]);
    }
}

struct locator *locator_free(struct locator *locator)
{
    if (!locator)
        return NULL;
    free(locator->memory);
    file_map_close(&locator->map);
    free(locator);
    return NULL;
}

int64_t locator_model_version(const struct locator *locator)
{
    return locator->header->model_version;
}

size_t locator_shapes(const struct locator *locator)
{
    return (size_t)locator->header->shapes;
}

size_t locator_bytes(const struct locator *locator)
{
    return (size_t)locator->header->bytes;
}
