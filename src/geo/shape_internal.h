// SPDX-License-Identifier: MPL-2.0
// Building polygons ring by ring; only for the geo floor.
#pragma once

#include <stdbool.h>

#include <gridcase/geo/shape.h>

enum wkb_type { WKB_POINT = 1, WKB_LINE = 2, WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6 };

// Begin part, begin ring (the first of a part is its outer one), add points, end ring, end
// part, finish. Repeated points are dropped, rings turned the right way round, rings
// without area left out.
struct shape_builder {
    struct geo_polygon polygon;
    size_t part_capacity, ring_capacity, point_capacity;
    size_t part_rings;  // ring_count when the part began
    size_t ring_points; // point_count when the ring began
    bool lost_outer;    // the part's outer ring collapsed
    bool failed;        // out of memory
};

void shape_begin_part(struct shape_builder *builder);
void shape_end_part(struct shape_builder *builder);
void shape_begin_ring(struct shape_builder *builder);
void shape_add_point(struct shape_builder *builder, struct geo_point point);
void shape_end_ring(struct shape_builder *builder);
// NULL when nothing with an area was built or memory ran out; the builder is empty after.
struct geo_polygon *shape_finish(struct shape_builder *builder);
