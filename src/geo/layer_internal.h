// SPDX-License-Identifier: MPL-2.0
// Inside of a layer in memory; only for the geo floor.
#pragma once

#include <ogr_api.h>
#include <ogr_srs_api.h>

#include <gridcase/core/arena.h>
#include <gridcase/geo/datum.h>
#include <gridcase/geo/layer.h>

struct geo_layer {
    struct arena *arena; // names and texts
    const char *name;
    const char *overruled_crs;
    const char *encoding;
    size_t field_count;
    const char **field_name;
    size_t feature_count, feature_capacity;
    struct geo_feature *feature;
    const char **text; // feature_count * field_count
};

// What turns a file's coordinates into longitude and latitude.
struct layer_transform {
    OGRCoordinateTransformationH transform; // NULL: they are already
    bool swap_axes;
    enum geo_datum datum; // shifted: taken back before the transform
};
// source is borrowed and may be NULL (then options->crs must be there).
int layer_transform_open(const struct geo_layer_options *options,
                         OGRSpatialReferenceH source, struct layer_transform *ret_transform,
                         const char **ret_overruled, struct arena *arena,
                         struct error *error) ERROR_MUST_CHECK;
// From the file's numbers to degrees, in place; false when they do not fit.
bool layer_transform_point(const struct layer_transform *transform, double *x, double *y);
void layer_transform_close(struct layer_transform *transform);

// Adds one feature per usable geometry (parts of a MultiLineString and of a MultiPoint each
// give one; none gives one with kind GEO_NONE). geometry is consumed. ERROR_LIMIT when
// memory runs out.
int layer_add_geometry(struct geo_layer *layer, const struct layer_transform *transform,
                       int64_t row, OGRGeometryH geometry,
                       struct error *error) ERROR_MUST_CHECK;
// Adds one feature without geometry.
struct geo_feature *layer_add_feature(struct geo_layer *layer, int64_t row);
