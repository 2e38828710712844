// SPDX-License-Identifier: MPL-2.0
// The polygon nearest to a point that lies in none.
#include <gridcase/city/locator.h>

#include <math.h>

#include "locator_internal.h"
#include "place_internal.h"

struct search {
    const struct locator *locator;
    struct geo_point point;
    struct place_scale scale;
    int64_t west, south, east, north; // what may be near enough, in lattice coordinates
    double best_m;
    uint32_t value; // of the nearest shape so far; 0 = none
};

struct cell_at {
    int64_t west, south;
    uint32_t shift;
};

static double edge_away_m(const struct search *s, int64_t ax, int64_t ay, int64_t bx,
                          int64_t by)
{
    double x = (double)(s->point.x - ax) * s->scale.x_m;
    double y = (double)(s->point.y - ay) * s->scale.y_m;
    double dx = (double)(bx - ax) * s->scale.x_m;
    double dy = (double)(by - ay) * s->scale.y_m;
    double length2 = dx * dx + dy * dy;
    double share = length2 > 0 ? (x * dx + y * dy) / length2 : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return hypot(x - share * dx, y - share * dy);
}

static void look_at(struct search *s, double away_m, uint32_t value)
{
    if (away_m <= s->best_m && (away_m < s->best_m || s->value == 0)) {
        s->best_m = away_m;
        s->value = value;
    }
}

static void search_small(struct search *s, const uint8_t *record,
                         const struct cell_at *cell)
{
    size_t edges = record[0];
    const uint32_t *candidate = (const void *)(record + locator_small_candidates_at(edges));
    const int16_t *e = (const void *)(record + locator_small_edges_at(edges, record[1]));
    for (size_t i = 0; i < edges; i++, e += 4)
        if (record[4 + i])
            look_at(s,
                    edge_away_m(s, cell->west + e[0], cell->south + e[1], cell->west + e[2],
                                cell->south + e[3]),
                    candidate[__builtin_ctz(record[4 + i])]);
}

static void search_wide(struct search *s, const uint64_t *words)
{
    struct locator_wide record = locator_wide_open(words);
    const int32_t *e = record.edge;
    for (size_t i = 0; i < record.edges; i++, e += 4)
        if (record.masks[i])
            look_at(s, edge_away_m(s, e[0], e[1], e[2], e[3]),
                    record.candidate[__builtin_ctzll(record.masks[i])]);
}

// Cells of a row or column that the search reaches.
static void reach(int64_t low, int64_t high, int64_t origin, uint32_t shift, int64_t count,
                  int64_t ret_range[2])
{
    ret_range[0] = low < origin ? 0 : (low - origin) >> shift;
    ret_range[1] = high < origin ? -1 : (high - origin) >> shift;
    if (ret_range[1] >= count)
        ret_range[1] = count - 1;
}

static void search_cell(struct search *s, uint32_t entry, const struct cell_at *cell);

static void search_cells(struct search *s, const uint32_t *entries,
                         const struct cell_at *first, int64_t columns, int64_t rows)
{
    int64_t x[2];
    int64_t y[2];
    reach(s->west, s->east, first->west, first->shift, columns, x);
    reach(s->south, s->north, first->south, first->shift, rows, y);
    for (int64_t row = y[0]; row <= y[1]; row++)
        for (int64_t column = x[0]; column <= x[1]; column++) {
            struct cell_at cell = {first->west + (column << first->shift),
                                   first->south + (row << first->shift), first->shift};
            search_cell(s, entries[row * columns + column], &cell);
        }
}

static void search_cell(struct search *s, uint32_t entry, const struct cell_at *cell)
{
    uint32_t kind = entry >> LOCATOR_ENTRY_BITS;
    size_t value = entry & LOCATOR_ENTRY_MASK;
    if (kind == LOCATOR_KIND_RECORD) {
        const uint64_t *record = s->locator->records + value;
        const uint8_t *small = (const void *)record;
        if (small[3] == 0)
            search_small(s, small, cell);
        else
            search_wide(s, record);
    } else if (kind != LOCATOR_KIND_VALUE) { // a covered cell has no border in it
        uint32_t step =
            kind == LOCATOR_KIND_BLOCK ? LOCATOR_BLOCK_SHIFT : LOCATOR_SPLIT_SHIFT;
        struct cell_at first = *cell;
        first.shift -= step;
        search_cells(s, s->locator->entries + value * LOCATOR_UNIT, &first,
                     INT64_C(1) << step, INT64_C(1) << step);
    }
}

int64_t locator_nearest(const struct locator *locator, struct geo_point point,
                        double tolerance_m, double *ret_distance_m)
{
    int64_t inside = locator_find(locator, point);
    if (inside)
        *ret_distance_m = 0;
    if (inside || !(tolerance_m >= 0))
        return inside;
    if (tolerance_m > PLACE_RADIUS_MOST_M)
        tolerance_m = PLACE_RADIUS_MOST_M;
    struct search s = {.locator = locator,
                       .point = point,
                       .scale = place_scale_at(point),
                       .best_m = tolerance_m};
    int64_t dx = (int64_t)(tolerance_m / s.scale.x_m) + 1;
    int64_t dy = (int64_t)(tolerance_m / s.scale.y_m) + 1;
    s.west = point.x - dx;
    s.east = point.x + dx;
    s.south = point.y - dy;
    s.north = point.y + dy;
    const struct locator_head *head = &locator->head;
    struct cell_at first = {((int64_t)head->root_x << head->root_shift) + INT32_MIN,
                            ((int64_t)head->root_y << head->root_shift) + INT32_MIN,
                            head->root_shift};
    search_cells(&s, locator->root, &first, head->root_width, head->root_height);
    if (!s.value)
        return 0;
    *ret_distance_m = s.best_m;
    return locator_id_of(locator, s.value);
}
