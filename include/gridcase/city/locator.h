// SPDX-License-Identifier: MPL-2.0
// Locator: point -> polygon, exactly and fast, from flat arrays.
//
// The plane is cut into pixels (a power of two of lattice steps, about a tenth of a typical
// polygon). A pixel inside one polygon answers at once; a border pixel tests only the edges
// that cross it, with integer arithmetic. Blocks of 32 x 32 pixels that are uniform or
// empty cost one entry, so memory follows the polygons and not their bounding box.
//
// Half-open rule: a point is taken as if it lay an infinitely small step to the north and a
// larger, still infinitely small step to the east. So a point on an edge or vertex shared
// by several polygons belongs to exactly one of them, always the same; of polygons that
// overlap, the first in the order of building wins.
//
// A locator is immutable and may be used from every thread. It lives in memory or in a
// mapped file; swapping in a new one is the owner's business (city snapshot).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/geo/shape.h>

struct locator;

// One polygon to build from; borrowed. Rings need no orientation (even-odd rule).
struct locator_shape {
    int64_t id; // what the caller calls it, at least 1
    const struct geo_polygon *polygon;
};

// ERROR_LIMIT "locator.too_dense" when more than 64 polygons meet within a few metres;
// ERROR_INPUT "locator.wraps" for a polygon wider than half the globe.
int locator_build(const struct locator_shape *shapes, size_t count, int64_t model_version,
                  struct locator **ret_locator, struct error *error) ERROR_MUST_CHECK;
// Durable: written beside, synced, renamed.
int locator_write(const struct locator *locator, const char *path,
                  struct error *error) ERROR_MUST_CHECK;
// Maps a file. ERROR_INPUT "locator.file" when it is damaged, truncated, of another format
// version or of another model version than asked for (0: any); ERROR_NOT_FOUND.
int locator_open(const char *path, int64_t model_version, struct locator **ret_locator,
                 struct error *error) ERROR_MUST_CHECK;
struct locator *locator_free(struct locator *locator); // takes NULL, returns NULL
static inline void locator_cleanup(struct locator **locator)
{
    *locator = locator_free(*locator);
}
#define LOCATOR_CLEANUP __attribute__((cleanup(locator_cleanup)))

int64_t locator_model_version(const struct locator *locator);
size_t locator_shapes(const struct locator *locator);
size_t locator_bytes(const struct locator *locator); // of memory or file

// Id of the shape that holds the point, 0 when none does.
int64_t locator_find(const struct locator *locator, struct geo_point point);
// The same for many points; faster than one by one, because it asks memory ahead.
void locator_find_many(const struct locator *locator, const struct geo_point *points,
                       size_t count, int64_t *ret_ids);
// Id of the shape that holds the point, or else of the one whose border is nearest, if it
// is within tolerance_m (at most 2,000); 0 when there is none. *ret_distance_m (on the
// ground, exact to about 1 %) is written when the answer is not 0; inside a shape it is 0.
int64_t locator_nearest(const struct locator *locator, struct geo_point point,
                        double tolerance_m, double *ret_distance_m);
