// SPDX-License-Identifier: MPL-2.0
// Territories: each point of the plane belongs to the label of its nearest site (Voronoi
// cells, united by label). This is how routes learned at points become areas on a map.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/geo/shape.h>

enum { GEO_SITES_MOST = 1000 * 1000 };

struct geo_site {
    struct geo_point at; // no two sites at the same point
    uint32_t label;      // below label_count
};

// ret_territories: label_count entries, NULL for a label without sites; the caller frees
// each. Together they cover box (which should hold the sites), neighbours share borders.
// Distances are those of a plane at the box's middle latitude. ERROR_LIMIT, ERROR_GEO.
int geo_territories(const struct geo_site *sites, size_t count, struct geo_box box,
                    struct geo_polygon **ret_territories, size_t label_count,
                    struct error *error) ERROR_MUST_CHECK;
// As GeoJSON geometry (MultiPolygon, degrees with 7 decimals).
void geo_polygon_to_json(const struct geo_polygon *polygon, struct buffer *out);
