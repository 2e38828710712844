// SPDX-License-Identifier: MPL-2.0
// What near.c and place.c share: square cells of the lattice, and metres per lattice step.
#pragma once

#include <stdint.h>

#include <gridcase/geo/shape.h>

enum { PLACE_CELL = 20000, PLACE_RADIUS_MOST_M = 2000 }; // 0.002 degree, about 200 m

struct place_scale {
    double x_m, y_m; // metres per lattice step
};
struct place_scale place_scale_at(struct geo_point point);
// Row of cells in the upper half, column in the lower.
uint64_t place_cell(int64_t x, int64_t y);
