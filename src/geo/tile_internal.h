// SPDX-License-Identifier: MPL-2.0
// Inside of shapes and pen; only for the geo floor.
#pragma once

#include <gridcase/geo/tile.h>

// One level of the tree of boxes has a box for each TILE_FANOUT of the level below.
enum { TILE_FANOUT = 16, TILE_TREE_LEVELS = 8 };

struct tile_shapes {
    enum tile_kind kind;
    size_t count, capacity;
    uint32_t *first_ring; // per shape, count + 1: into ring_start
    struct tile_box *box; // per shape
    // Least distance between parts of the outline that are no neighbours, in world units;
    // 0: not known.
    uint32_t *clearance;
    size_t ring_count, ring_capacity;
    uint32_t *ring_start; // ring_count + 1: into point
    bool *ring_hole;
    size_t point_count, point_capacity;
    struct tile_point *point;
    uint32_t *order; // shapes along a curve: leaves of the tree
    size_t level_count;
    size_t level_size[TILE_TREE_LEVELS];
    struct tile_box *level[TILE_TREE_LEVELS];
    bool failed; // out of memory
    bool sealed;
};

struct tile_vertex {
    int32_t x, y;
};

struct tile_ring {
    size_t start, count; // into the outline's vertices
    bool hole;
};

// The outline of one feature in units of a tile.
struct tile_outline {
    struct tile_vertex *vertex;
    size_t count, capacity;
    struct tile_ring *ring;
    size_t ring_count, ring_capacity;
    bool failed; // out of memory
};

struct tile_vertex *outline_room(struct tile_outline *outline, size_t more);
bool outline_ring(struct tile_outline *outline, size_t start, bool hole);
void outline_clear(struct tile_outline *outline);
void outline_done(struct tile_outline *outline);

// Twice the area of a ring, positive when it runs as an outer one does.
int64_t tile_area2(const struct tile_vertex *vertex, size_t count);
// Takes out repeated vertices, straight ones and spikes; how many remain (less than 3:
// none).
size_t tile_clean(struct tile_vertex *vertex, size_t count);
// True when no two edges of the outline touch but neighbours at their common end, and each
// hole lies in the outer ring before it.
bool tile_is_simple(const struct tile_outline *outline);
// Cuts a ring at the margin of the tile. In place, at the end of the outline. *simple
// becomes false when it crosses a side more than twice: its pieces may hang together by
// edges along that side then.
size_t tile_cut_ring(struct tile_outline *outline, size_t start, bool *simple);
// Makes a valid outline of one that is not (GEOS). False when nothing remains.
bool tile_repair(struct tile_outline *outline);
// tile_lines.c: one line in pieces inside the margin; rings of the outline are the pieces.
void tile_cut_line(struct tile_outline *outline, const struct tile_vertex *vertex,
                   size_t count);
