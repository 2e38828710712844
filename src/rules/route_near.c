// SPDX-License-Identifier: MPL-2.0
#include "route_near.h"

#include <math.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>

enum { PER_CELL = 8, CELLS_MOST = 4 * 1024 * 1024 };

// ---- cells ----
static size_t clamp(double value, size_t count)
{
    if (!(value > 0))
        return 0;
    return value >= (double)count ? count - 1 : (size_t)value;
}

static size_t column_of(const struct route_near *near, double x_m)
{
    return clamp((x_m - near->west_m) / near->side_m, near->columns);
}
static size_t row_of(const struct route_near *near, double y_m)
{
    return clamp((y_m - near->south_m) / near->side_m, near->rows);
}
static size_t cell_of(const struct route_near *near, const struct route_sample *sample)
{
    return row_of(near, sample->y_m) * near->columns + column_of(near, sample->x_m);
}

static void choose_cells(struct route_near *near, const struct route_sample *const *samples)
{
    double east = -HUGE_VAL, north = -HUGE_VAL;
    near->west_m = near->south_m = HUGE_VAL;
    for (size_t i = 0; i < near->count; i++) {
        near->west_m = fmin(near->west_m, samples[i]->x_m);
        near->south_m = fmin(near->south_m, samples[i]->y_m);
        east = fmax(east, samples[i]->x_m);
        north = fmax(north, samples[i]->y_m);
    }
    double width = near->count ? east - near->west_m : 0;
    double height = near->count ? north - near->south_m : 0;
    double cells = fmin((double)near->count / PER_CELL + 1, CELLS_MOST / 4);
    near->side_m = fmax(sqrt(width * height / cells), fmax(width, height) / cells);
    near->side_m = fmax(near->side_m, 1);
    near->columns = (size_t)(width / near->side_m) + 1;
    near->rows = (size_t)(height / near->side_m) + 1;
}

int route_near_init(struct route_near *near, const struct route_sample *const *samples,
                    size_t count, struct error *error)
{
    *near = (struct route_near){.count = count};
    choose_cells(near, samples);
    size_t cells = near->columns * near->rows;
    near->sample = memory_array(count + 1, sizeof *near->sample);
    near->cell_start = memory_array(cells + 2, sizeof *near->cell_start);
    if (!near->sample || !near->cell_start) {
        route_near_done(near);
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    }
    for (size_t i = 0; i < count; i++) // counting sort by cell
        near->cell_start[cell_of(near, samples[i]) + 2]++;
    for (size_t i = 2; i < cells + 2; i++)
        near->cell_start[i] += near->cell_start[i - 1];
    for (size_t i = 0; i < count; i++)
        near->sample[near->cell_start[cell_of(near, samples[i]) + 1]++] = samples[i];
    return 0;
}

void route_near_done(struct route_near *near)
{
    free(near->sample);
    free(near->cell_start);
    *near = (struct route_near){0};
}

// ---- the nearest, in a heap whose top is the worst ----
static bool is_worse(const struct route_neighbour *a, const struct route_neighbour *b)
{
    if (a->distance2 != b->distance2)
        return a->distance2 > b->distance2;
    return a->sample->day < b->sample->day;
}

static void swap(struct route_neighbour *a, struct route_neighbour *b)
{
    struct route_neighbour keep = *a;
    *a = *b;
    *b = keep;
}

static void sink(struct route_neighbour *heap, size_t count)
{
    for (size_t i = 0;;) {
        size_t worst = i, left = 2 * i + 1, right = left + 1;
        if (left < count && is_worse(&heap[left], &heap[worst]))
            worst = left;
        if (right < count && is_worse(&heap[right], &heap[worst]))
            worst = right;
        if (worst == i)
            return;
        swap(&heap[i], &heap[worst]);
        i = worst;
    }
}

static void rise(struct route_neighbour *heap, size_t i)
{
    while (i > 0 && is_worse(&heap[i], &heap[(i - 1) / 2])) {
        swap(&heap[i], &heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

struct search {
    const struct route_near *near;
    double x_m, y_m;
    struct route_neighbour *heap;
    size_t count;
};

static void look_in_cell(struct search *search, size_t column, size_t row)
{
    const struct route_near *near = search->near;
    size_t cell = row * near->columns + column;
    for (uint32_t i = near->cell_start[cell]; i < near->cell_start[cell + 1]; i++) {
        double dx = near->sample[i]->x_m - search->x_m;
        double dy = near->sample[i]->y_m - search->y_m;
        struct route_neighbour one = {near->sample[i], dx * dx + dy * dy};
        if (search->count < ROUTE_NEAR_MOST) {
            search->heap[search->count] = one;
            rise(search->heap, search->count++);
        } else if (is_worse(&search->heap[0], &one)) {
            search->heap[0] = one;
            sink(search->heap, search->count);
        }
    }
}

// All cells whose column or row is exactly `ring` away from the middle one.
static void look_in_ring(struct search *search, int64_t column, int64_t row, int64_t ring)
{
    const struct route_near *near = search->near;
    for (int64_t r = row - ring; r <= row + ring; r++) {
        if (r < 0 || r >= (int64_t)near->rows)
            continue;
        bool whole = r == row - ring || r == row + ring || ring == 0;
        int64_t step = whole ? 1 : 2 * ring;
        for (int64_t c = column - ring; c <= column + ring; c += step)
            if (c >= 0 && c < (int64_t)near->columns)
                look_in_cell(search, (size_t)c, (size_t)r);
    }
}

static int by_nearness(const void *a, const void *b)
{
    const struct route_neighbour *x = a, *y = b;
    return is_worse(x, y) ? 1 : is_worse(y, x) ? -1 : 0;
}

size_t route_near_find(const struct route_near *near, double x_m, double y_m,
                       struct route_neighbour found[ROUTE_NEAR_MOST])
{
    struct search search = {near, x_m, y_m, found, 0};
    int64_t column = (int64_t)column_of(near, x_m), row = (int64_t)row_of(near, y_m);
    int64_t rings = (int64_t)(near->columns > near->rows ? near->columns : near->rows);
    for (int64_t ring = 0; ring <= rings && near->count > 0; ring++) {
        look_in_ring(&search, column, row, ring);
        double seen_m = (double)ring * near->side_m; // nothing unseen is nearer
        if (search.count == ROUTE_NEAR_MOST && found[0].distance2 <= seen_m * seen_m)
            break;
    }
    qsort(found, search.count, sizeof *found, by_nearness);
    return search.count;
}
