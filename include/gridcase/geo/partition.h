// SPDX-License-Identifier: MPL-2.0
// A set of polygons that should tile a city: shared borders become identical chains of
// vertices; gaps and overlaps are found; shares of one set in another are measured.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/geo/shape.h>

// Puts a vertex into every edge that passes within `tolerance` lattice steps of another
// polygon's vertex, and moves vertices that lie so close onto each other, until nothing
// changes (snap rounding). Polygons are changed in place; NULL entries are allowed.
int geo_partition_node(struct geo_polygon **polygons, size_t count, int tolerance,
                       struct error *error) ERROR_MUST_CHECK;

struct geo_flaw {
    enum { GEO_GAP, GEO_OVERLAP } kind;
    size_t first, second; // an overlap's two polygons; a gap's neighbour in first
    double area_m2;
    struct geo_point at; // a point in it
};
// Calls visit for each gap (hole in the union) and each overlap. Needs noded polygons.
int geo_partition_flaws(struct geo_polygon *const *polygons, size_t count,
                        void (*visit)(void *context, const struct geo_flaw *flaw),
                        void *context, struct error *error) ERROR_MUST_CHECK;

struct geo_share {
    size_t part;  // index in parts
    size_t whole; // index in wholes
    double share; // of the part's area, 0 .. 1
};
// Every pair of a part and a whole that share more than `least` of the part's area, parts
// in order, largest share first. Caller frees *ret_shares with free().
int geo_partition_shares(struct geo_polygon *const *parts, size_t part_count,
                         struct geo_polygon *const *wholes, size_t whole_count,
                         double least, struct geo_share **ret_shares, size_t *ret_count,
                         struct error *error) ERROR_MUST_CHECK;
