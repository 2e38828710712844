// SPDX-License-Identifier: MPL-2.0
// Between the two halves of building a locator: the tree and the records in its leaves.
#pragma once

#include "locator_internal.h"

struct builder_edge { // a is the southern end, the western one of a level edge
    struct geo_point a, b;
    uint32_t shape;
};

// The shapes that hold some lattice point, in ascending order.
struct cover {
    size_t count;
    uint32_t shape[LOCATOR_CANDIDATES];
};

struct cell {
    int64_t west, south; // lattice coordinates of the first lattice point
    uint32_t shift;
};

struct builder {
    const struct locator_shape *shapes;
    bool direct;
    struct builder_edge *edges;
    size_t edge_count;
    uint32_t pixel_shift;
    uint32_t *entries;
    size_t entry_count, entry_capacity;
    uint64_t *records;
    size_t word_count, word_capacity;
    struct error *error;
};

static inline int64_t cell_last(int64_t first, uint32_t shift)
{
    return first + (INT64_C(1) << shift) - 1;
}

// A ray to the east from (x, y) crosses the edge.
static inline bool edge_east(const struct builder_edge *e, int64_t x, int64_t y)
{
    if ((e->a.y > y) == (e->b.y > y))
        return false;
    return (locator_wide_int)((int64_t)e->b.x - e->a.x) * (y - e->a.y) -
               (locator_wide_int)(x - e->a.x) * ((int64_t)e->b.y - e->a.y) >
           0;
}

// A ray to the north from (x, y), moved by the half-open rule, crosses the edge.
static inline bool edge_north(const struct builder_edge *e, int64_t x, int64_t y)
{
    bool a_east = e->a.x > x;
    if (a_east == (e->b.x > x))
        return false;
    const struct geo_point *w = a_east ? &e->b : &e->a;
    const struct geo_point *o = a_east ? &e->a : &e->b;
    locator_wide_int side = (locator_wide_int)((int64_t)o->x - w->x) * (y - w->y) -
                            (locator_wide_int)((int64_t)o->y - w->y) * (x - w->x);
    return side < 0 || (side == 0 && o->y > w->y);
}

// False when more than LOCATOR_CANDIDATES shapes would be in it.
bool cover_toggle(struct cover *cover, uint32_t shape);
uint32_t builder_value(const struct builder *b, uint32_t shape); // entry of kind value
// Reserves space; sets *ret_at (an index). ERROR_LIMIT.
int builder_reserve_entries(struct builder *b, size_t count, size_t *ret_at);
int builder_reserve_words(struct builder *b, size_t count, size_t *ret_at);
int builder_too_dense(struct builder *b, const struct cell *cell);

struct edge_list {
    const uint32_t *edge;
    size_t count;
};

// Makes the entry of a cell crossed by edges; corner holds the cell's last lattice point.
// *ret_crowded instead when the cell has too many edges or shapes for one record.
int builder_record(struct builder *b, const struct cell *cell, struct edge_list list,
                   const struct cover *corner, uint32_t *ret_entry) ERROR_MUST_CHECK;
enum { BUILDER_CROWDED = 1 }; // returned by builder_record
