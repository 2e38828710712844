// SPDX-License-Identifier: MPL-2.0
// What near.c, place.c and place_search.c share: the index of places, square cells of the
// lattice, and metres per lattice step.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/geo/shape.h>

enum { PLACE_CELL = 20000, PLACE_RADIUS_MOST_M = 2000 }; // 0.002 degree, about 200 m

struct place_scale {
    double x_m, y_m; // metres per lattice step
};
struct place_scale place_scale_at(struct geo_point point);
// Row of cells in the upper half, column in the lower.
uint64_t place_cell(int64_t x, int64_t y);

// ---- the index of places (place.c) ----
struct segment {
    uint64_t cell;
    struct geo_point a, b;
    uint32_t name; // index in names
};

struct crossing {
    struct geo_point point;
    uint32_t name, other;
};

struct place_index {
    struct arena *arena;
    const char **names; // street names, each once, ascending
    size_t name_count;
    struct segment *segments; // by cell; a segment stands in each cell its box touches
    size_t segment_count;
    struct crossing *crossings;
    size_t crossing_count;
    struct near_index *near_crossings; // id: index in crossings + 1
    const char **landmarks;
    struct geo_point *landmark_points;
    size_t landmark_count;
    struct near_index *near_landmarks; // id: index in landmarks + 1
};
