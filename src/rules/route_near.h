// SPDX-License-Identifier: MPL-2.0
// The nearest cases around a point, among the placed samples of one class.
#pragma once

#include <gridcase/rules/route_learn.h>

enum { ROUTE_NEAR_MOST = 150 };

struct route_near {
    const struct route_sample **sample; // sorted by cell
    size_t count;
    double west_m, south_m, side_m; // of the cells
    size_t columns, rows;
    uint32_t *cell_start; // columns * rows + 1
};

struct route_neighbour {
    const struct route_sample *sample;
    double distance2; // square metres
};

// samples: placed ones of one class; the array is copied, the samples are borrowed.
int route_near_init(struct route_near *near, const struct route_sample *const *samples,
                    size_t count, struct error *error) ERROR_MUST_CHECK;
void route_near_done(struct route_near *near);
// Nearest first, of equal distance the newest; returns how many (at most ROUTE_NEAR_MOST).
size_t route_near_find(const struct route_near *near, double x_m, double y_m,
                       struct route_neighbour found[ROUTE_NEAR_MOST]);
