// SPDX-License-Identifier: MPL-2.0
// Nearest points: items sorted by the cell they lie in; a search looks at the rows of cells
// that its circle touches.
#include <gridcase/city/place.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "place_internal.h"

struct sorted {
    uint64_t cell;
    struct near_item item;
};

struct near_index {
    size_t count;
    struct sorted items[];
};

uint64_t place_cell(int64_t x, int64_t y)
{
    // Offsets keep both parts positive, and what lies over the edge of the world belongs to
    // its last cells; y first, so that a row of cells is one run.
    const int64_t x_most = 1800000000, y_most = 900000000;
    x = x < -x_most ? -x_most : x > x_most ? x_most : x;
    y = y < -y_most ? -y_most : y > y_most ? y_most : y;
    return (uint64_t)((y + y_most) / PLACE_CELL) << 32 |
           (uint64_t)((x + x_most) / PLACE_CELL);
}

struct place_scale place_scale_at(struct geo_point point)
{
    const double per_step = 6371008.8 * M_PI / 180 / GEO_LATTICE_PER_DEG;
    double squeeze = cos((double)point.y / GEO_LATTICE_PER_DEG * M_PI / 180);
    return (struct place_scale){.x_m = per_step * (squeeze < 0.01 ? 0.01 : squeeze),
                                .y_m = per_step};
}

static int by_cell(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    return (x->item.id > y->item.id) - (x->item.id < y->item.id);
}

int near_index_new(const struct near_item *items, size_t count,
                   struct near_index **ret_index, struct error *error)
{
    struct near_index *index =
        count < SIZE_MAX / sizeof(struct sorted) - 1
            ? calloc(1, sizeof *index + count * sizeof index->items[0])
            : NULL;
    if (!index)
        return error_set(error, ERROR_LIMIT, "near.memory", "not enough memory");
    index->count = count;
    for (size_t i = 0; i < count; i++)
        index->items[i] =
            (struct sorted){place_cell(items[i].point.x, items[i].point.y), items[i]};
    qsort(index->items, count, sizeof index->items[0], by_cell);
    *ret_index = index;
    return 0;
}

struct near_index *near_index_free(struct near_index *index)
{
    free(index);
    return NULL;
}

// First item whose cell is not before the given one.
static size_t first_from(const struct near_index *index, uint64_t cell)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->items[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t insert(struct near_hit *hits, size_t count, size_t most, struct near_hit hit)
{
    size_t at = count;
    while (at > 0 && hits[at - 1].distance_m > hit.distance_m)
        at--;
    if (at == most)
        return count;
    size_t moved = (count < most ? count : most - 1) - at;
    memmove(hits + at + 1, hits + at, moved * sizeof *hits);
    hits[at] = hit;
    return count < most ? count + 1 : most;
}

size_t near_index_find(const struct near_index *index, struct geo_point point,
                       double radius_m, struct near_hit *ret_hits, size_t most)
{
    if (!(radius_m >= 0) || most == 0)
        return 0;
    if (radius_m > PLACE_RADIUS_MOST_M)
        radius_m = PLACE_RADIUS_MOST_M;
    const struct place_scale scale = place_scale_at(point);
    const int64_t dx = (int64_t)(radius_m / scale.x_m) + 1,
                  dy = (int64_t)(radius_m / scale.y_m) + 1;
    const uint64_t first_row = place_cell(0, point.y - dy) >> 32;
    const uint64_t last_row = place_cell(0, point.y + dy) >> 32;
    const uint64_t west = place_cell(point.x - dx, 0) & UINT32_MAX;
    const uint64_t east = place_cell(point.x + dx, 0) & UINT32_MAX;
    size_t count = 0;
    for (uint64_t row = first_row; row <= last_row; row++) {
        for (size_t i = first_from(index, row << 32 | west);
             i < index->count && index->items[i].cell <= (row << 32 | east); i++) {
            const struct near_item *item = &index->items[i].item;
            double away = hypot((double)(item->point.x - (int64_t)point.x) * scale.x_m,
                                (double)(item->point.y - (int64_t)point.y) * scale.y_m);
            if (away <= radius_m)
                count = insert(ret_hits, count, most, (struct near_hit){item->id, away});
        }
    }
    return count;
}
