// SPDX-License-Identifier: MPL-2.0
// Reading GIS layers and office tables through GDAL/OGR.
//
// Any format of an explicit list of drivers, any CRS, any text encoding. A layer is read
// whole into memory: attributes as text (nothing guessed, leading zeros kept), geometry as
// longitude/latitude on the lattice of 1e-7 degree, polygons made valid.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/geo/shape.h>

struct geo_layer; // opaque

struct geo_layer_options {
    const char *path;       // file ("x.gz" is read through), or "PG:..." connection text
    const char *layer;      // layer name; NULL or "": the only (or first) one
    const char *crs;        // "EPSG:2249": wins over what the file says; NULL: the file's
    const char *encoding;   // "GBK": wins over what the file says; NULL: recognised
    const char *target_crs; // longitude/latitude system to store; NULL: EPSG:4326
    const char *lon, *lat;  // columns with coordinates (CSV, XLSX); NULL: the geometry
    bool swap_axes;         // the file's first coordinate is north, its second east
};

enum geo_kind { GEO_NONE, GEO_POINT, GEO_LINE, GEO_POLYGON };

struct geo_feature {
    int64_t row; // as in the file: line of a CSV, feature id otherwise
    enum geo_kind kind;
    struct geo_point point;      // GEO_POINT
    struct geo_line *line;       // GEO_LINE: the parts of a MultiLineString are features
    struct geo_polygon *polygon; // GEO_POLYGON; owned by the layer unless taken
    const char *repaired; // what was wrong with a polygon that had to be repaired, or NULL
    const char *problem;  // why there is no usable geometry, or NULL
};

// ERROR_NOT_FOUND "layer.missing"; ERROR_INPUT "layer.driver", "layer.crs_missing",
// "layer.crs" (unknown, or its coordinates do not fit), "layer.encoding"; ERROR_GEO
// "layer.broken".
int geo_layer_read(const struct geo_layer_options *options, struct geo_layer **ret_layer,
                   struct error *error) ERROR_MUST_CHECK;
struct geo_layer *geo_layer_free(struct geo_layer *layer); // takes NULL, returns NULL
static inline void geo_layer_cleanup(struct geo_layer **layer)
{
    *layer = geo_layer_free(*layer);
}
#define GEO_LAYER_CLEANUP __attribute__((cleanup(geo_layer_cleanup)))

size_t geo_layer_features(const struct geo_layer *layer);
struct geo_feature *geo_layer_feature(struct geo_layer *layer, size_t index);
// Column of the attributes; -1 when there is none. Names compare without case.
int geo_layer_field(const struct geo_layer *layer, const char *name);
// "" for an empty cell or column -1.
const char *geo_layer_text(const struct geo_layer *layer, size_t feature, int field);
const char *geo_layer_name(const struct geo_layer *layer);
// Set when the declared CRS was used against what the file says: "EPSG:4326" or "none".
const char *geo_layer_overruled_crs(const struct geo_layer *layer);
const char *geo_layer_encoding(const struct geo_layer *layer); // as used

// An office table: CSV (any encoding), XLSX or ODS with its header forced and no types
// guessed. sheet may be NULL.
int geo_table_read(const char *path, const char *sheet, const char *encoding,
                   const char *name, struct table **ret_table,
                   struct error *error) ERROR_MUST_CHECK;
// ERROR_INPUT "layer.encoding" naming the first cell that looks like wrongly decoded text
// (see encoding_is_garbled). Records of requests carry such dirt; tables of a model may
// not.
int geo_table_check_text(const struct table *table, struct error *error) ERROR_MUST_CHECK;
