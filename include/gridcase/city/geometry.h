// SPDX-License-Identifier: MPL-2.0
// GeoJSON of a city's map, read from city.db (any DB_READ handle of the city).
//
// Each function appends one FeatureCollection with members "truncated" (true when limit cut
// it) and, per feature, "id" and properties in snake_case.
#pragma once

#include <stddef.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

struct city_snapshot;
struct db;

struct city_bbox {
    double west_deg, south_deg, east_deg, north_deg;
};

enum { CITY_FEATURES_MOST = 20000 };

// All areas of a level (position in the snapshot): code, name (of that language), level.
int city_areas_geojson(struct db *db, const struct city_snapshot *city, size_t level,
                       const char *language, struct buffer *out,
                       struct error *error) ERROR_MUST_CHECK;
// Unit grids that meet the box: code, area_class.
int city_grids_geojson(struct db *db, const struct city_snapshot *city,
                       const struct city_bbox *bbox, size_t limit, struct buffer *out,
                       struct error *error) ERROR_MUST_CHECK;
// Streets: name, kind; the longest first, so that a limit leaves the main roads.
int city_streets_geojson(struct db *db, const struct city_snapshot *city,
                         const struct city_bbox *bbox, size_t limit, struct buffer *out,
                         struct error *error) ERROR_MUST_CHECK;
// Components: code, class, name, state.
int city_components_geojson(struct db *db, const struct city_snapshot *city,
                            const struct city_bbox *bbox, size_t limit, struct buffer *out,
                            struct error *error) ERROR_MUST_CHECK;
