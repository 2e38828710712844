// SPDX-License-Identifier: MPL-2.0
// From a file's geometry to shapes on the lattice.
#include "layer_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>

#include <gridcase/core/text.h>

#include "gdal_internal.h"
#include "shape_internal.h"

// ---- CRS ----
static int crs_from_text(const char *text, OGRSpatialReferenceH *ret_crs,
                         struct error *error)
{
    OGRSpatialReferenceH crs = OSRNewSpatialReference(NULL);
    if (OSRSetFromUserInput(crs, text) != OGRERR_NONE) {
        OSRDestroySpatialReference(crs);
        return error_set(error, ERROR_INPUT, "layer.crs", "unknown CRS \"%s\"", text);
    }
    OSRSetAxisMappingStrategy(crs, OAMS_TRADITIONAL_GIS_ORDER);
    *ret_crs = crs;
    return 0;
}

static const char *crs_name(OGRSpatialReferenceH crs, struct arena *arena)
{
    const char *authority = OSRGetAuthorityName(crs, NULL);
    const char *number = OSRGetAuthorityCode(crs, NULL);
    if (authority && number)
        return arena_format(arena, "%s:%s", authority, number);
    const char *name = OSRGetName(crs);
    return arena_text(arena, name ? name : "unnamed");
}

// A datum of map services stands where a CRS does: crs = GCJ-02.
static bool is_shifted(const char *crs, enum geo_datum *ret_datum)
{
    return crs && geo_datum_from_str(crs, strlen(crs), ret_datum, NULL) == 0 &&
           (*ret_datum == GEO_GCJ02 || *ret_datum == GEO_BD09);
}

int layer_transform_open(const struct geo_layer_options *options,
                         OGRSpatialReferenceH source, struct layer_transform *ret_transform,
                         const char **ret_overruled, struct arena *arena,
                         struct error *error)
{
    OGRSpatialReferenceH from = NULL;
    OGRSpatialReferenceH to = NULL;
    OGRCoordinateTransformationH transform = NULL;
    *ret_overruled = NULL;
    int code =
        crs_from_text(options->target_crs ? options->target_crs : "EPSG:4326", &to, error);
    if (code < 0)
        return code;
    enum geo_datum datum = GEO_WGS84;
    bool shifted = is_shifted(options->crs, &datum);
    if (options->crs && options->crs[0]) {
        code = crs_from_text(shifted ? "EPSG:4490" : options->crs, &from, error);
        if (code == 0 && !source)
            *ret_overruled = "none";
        else if (code == 0 && (shifted || !OSRIsSame(source, from)))
            *ret_overruled = crs_name(source, arena);
    } else if (source) {
        from = OSRClone(source);
        OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER);
    } else {
        code = error_set(error, ERROR_INPUT, "layer.crs_missing",
                         "the file names no CRS: declare one (crs = EPSG:...)");
    }
    if (code == 0 && !OSRIsSame(from, to)) {
        // One operation for the whole layer: a change of operation between neighbours would
        // tear their shared borders.
        CPLSetThreadLocalConfigOption("OGR_CT_OP_SELECTION", "FIRST_MATCHING");
        transform = OCTNewCoordinateTransformation(from, to);
        CPLSetThreadLocalConfigOption("OGR_CT_OP_SELECTION", NULL);
        if (!transform)
            code = error_set(error, ERROR_INPUT, "layer.crs", "cannot convert from %s: %s",
                             crs_name(from, arena), CPLGetLastErrorMsg());
    }
    if (from)
        OSRDestroySpatialReference(from);
    OSRDestroySpatialReference(to);
    *ret_transform = (struct layer_transform){transform, options->swap_axes,
                                              shifted ? datum : GEO_WGS84};
    return code;
}

bool layer_transform_point(const struct layer_transform *transform, double *x, double *y)
{
    if (transform->swap_axes) {
        double north = *x;
        *x = *y;
        *y = north;
    }
    geo_datum_unshift(transform->datum, x, y);
    return !transform->transform || OCTTransform(transform->transform, 1, x, y, NULL);
}

// Every vertex by itself: neighbours with the same vertex keep it.
static void unshift(OGRGeometryH geometry, enum geo_datum datum)
{
    for (int i = 0; i < OGR_G_GetGeometryCount(geometry); i++)
        unshift(OGR_G_GetGeometryRef(geometry, i), datum);
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    if (type != wkbPoint && type != wkbLineString && type != wkbLinearRing)
        return;
    for (int i = 0; i < OGR_G_GetPointCount(geometry); i++) {
        double x = OGR_G_GetX(geometry, i);
        double y = OGR_G_GetY(geometry, i);
        geo_datum_unshift(datum, &x, &y);
        OGR_G_SetPoint_2D(geometry, i, x, y);
    }
}

void layer_transform_close(struct layer_transform *transform)
{
    if (transform->transform)
        OCTDestroyCoordinateTransformation(transform->transform);
    transform->transform = NULL;
}

// ---- features ----
struct geo_feature *layer_add_feature(struct geo_layer *layer, int64_t row)
{
    if (layer->feature_count == layer->feature_capacity) {
        size_t capacity = layer->feature_capacity * 2 + 256;
        struct geo_feature *bigger =
            realloc(layer->feature, capacity * sizeof(*layer->feature));
        if (!bigger)
            return NULL;
        layer->feature = bigger;
        layer->feature_capacity = capacity;
    }
    struct geo_feature *feature = &layer->feature[layer->feature_count++];
    *feature = (struct geo_feature){.row = row};
    return feature;
}

static bool point_at(OGRGeometryH geometry, int index, struct geo_point *ret_point)
{
    double x = OGR_G_GetX(geometry, index);
    double y = OGR_G_GetY(geometry, index);
    return geo_point_from_deg(x, y, ret_point, NULL) == 0;
}

static bool add_rings(struct shape_builder *builder, OGRGeometryH polygon)
{
    bool good = true;
    shape_begin_part(builder);
    for (int r = 0; r < OGR_G_GetGeometryCount(polygon); r++) {
        OGRGeometryH ring = OGR_G_GetGeometryRef(polygon, r);
        shape_begin_ring(builder);
        for (int i = 0; i < OGR_G_GetPointCount(ring); i++) {
            struct geo_point point;
            good = good && point_at(ring, i, &point);
            if (good)
                shape_add_point(builder, point);
        }
        shape_end_ring(builder);
    }
    shape_end_part(builder);
    return good;
}

// Polygons anywhere inside a collection; what making valid leaves besides them is dropped.
static bool add_polygons(struct shape_builder *builder, OGRGeometryH geometry)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    if (type == wkbPolygon)
        return add_rings(builder, geometry);
    bool good = true;
    if (type == wkbMultiPolygon || type == wkbGeometryCollection)
        for (int i = 0; i < OGR_G_GetGeometryCount(geometry); i++)
            good = add_polygons(builder, OGR_G_GetGeometryRef(geometry, i)) && good;
    return good;
}

static const char *const not_on_earth =
    "coordinates do not fit the CRS (not on earth): declare the true one (crs = EPSG:...)";

static int add_polygon(struct geo_layer *layer, int64_t row, OGRGeometryH geometry,
                       const char *flaw, struct error *error)
{
    struct shape_builder builder = {0};
    bool good = add_polygons(&builder, geometry);
    struct geo_polygon *polygon = shape_finish(&builder);
    struct geo_feature *feature = layer_add_feature(layer, row);
    if (!feature) {
        geo_polygon_free(polygon);
        return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
    }
    if (!good || !polygon) {
        geo_polygon_free(polygon);
        feature->problem = good ? "polygon without area" : not_on_earth;
        return 0;
    }
    feature->kind = GEO_POLYGON;
    feature->polygon = polygon;
    feature->repaired = flaw;
    return 0;
}

static int add_line(struct geo_layer *layer, int64_t row, OGRGeometryH geometry,
                    struct error *error)
{
    struct geo_feature *feature = layer_add_feature(layer, row);
    int count = OGR_G_GetPointCount(geometry);
    struct geo_line *line = calloc(1, sizeof(*line));
    if (line && count > 0)
        line->point = calloc((size_t)count, sizeof(*line->point));
    if (!feature || !line || (count > 0 && !line->point)) {
        geo_line_free(line);
        return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
    }
    for (int i = 0; i < count && !feature->problem; i++) {
        struct geo_point point;
        if (!point_at(geometry, i, &point)) {
            feature->problem = not_on_earth;
            break;
        }
        struct geo_point *last =
            line->point_count ? &line->point[line->point_count - 1] : NULL;
        if (!last || last->x != point.x || last->y != point.y)
            line->point[line->point_count++] = point;
    }
    if (!feature->problem && line->point_count < 2)
        feature->problem = "line without length";
    if (feature->problem) {
        geo_line_free(line);
        return 0;
    }
    feature->kind = GEO_LINE;
    feature->line = line;
    return 0;
}

static int add_point(struct geo_layer *layer, int64_t row, OGRGeometryH geometry,
                     struct error *error)
{
    struct geo_feature *feature = layer_add_feature(layer, row);
    if (!feature)
        return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
    if (point_at(geometry, 0, &feature->point))
        feature->kind = GEO_POINT;
    else
        feature->problem = not_on_earth;
    return 0;
}

static int add_flat(struct geo_layer *layer, int64_t row, OGRGeometryH geometry,
                    const char *flaw, struct error *error)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    int code = 0;
    switch (type) {
    case wkbPoint:
        return add_point(layer, row, geometry, error);
    case wkbLineString:
        return add_line(layer, row, geometry, error);
    case wkbPolygon:
    case wkbMultiPolygon:
        return add_polygon(layer, row, geometry, flaw, error);
    case wkbMultiPoint:
    case wkbMultiLineString:
    case wkbGeometryCollection:
        if (flaw) // what making an invalid polygon valid gave
            return add_polygon(layer, row, geometry, flaw, error);
        for (int i = 0; code == 0 && i < OGR_G_GetGeometryCount(geometry); i++)
            code = add_flat(layer, row, OGR_G_GetGeometryRef(geometry, i), NULL, error);
        return code;
    default: {
        struct geo_feature *feature = layer_add_feature(layer, row);
        if (!feature)
            return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
        feature->problem = "kind of geometry that a city model has no use for";
        return 0;
    }
    }
}

// Why a polygon is invalid, and the repaired one in *geometry; NULL when it was valid.
static const char *repair(OGRGeometryH *geometry, struct arena *arena)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(*geometry));
    if (type != wkbPolygon && type != wkbMultiPolygon)
        return NULL;
    CPLErrorReset();
    if (OGR_G_IsValid(*geometry))
        return NULL;
    const char *reason = CPLGetLastErrorMsg();
    const char *flaw = arena_text(arena, reason[0] ? reason : "invalid polygon");
    char *options[] = {CPLStrdup("METHOD=STRUCTURE"), NULL};
    OGRGeometryH valid = OGR_G_MakeValidEx(*geometry, options);
    CPLFree(options[0]);
    if (valid) {
        OGR_G_DestroyGeometry(*geometry);
        *geometry = valid;
    }
    return flaw;
}

int layer_add_geometry(struct geo_layer *layer, const struct layer_transform *transform,
                       int64_t row, OGRGeometryH geometry, struct error *error)
{
    size_t before = layer->feature_count;
    const char *problem = geometry ? NULL : "no geometry";
    const char *flaw = NULL;
    int code = 0;
    if (geometry && OGR_G_IsEmpty(geometry))
        problem = "empty geometry";
    if (!problem) {
        OGR_G_FlattenTo2D(geometry);
        if (OGR_G_HasCurveGeometry(geometry, 1)) {
            OGRGeometryH linear = OGR_G_GetLinearGeometry(geometry, 0, NULL);
            OGR_G_DestroyGeometry(geometry);
            geometry = linear;
        }
        if (transform->swap_axes)
            OGR_G_SwapXY(geometry);
        if (transform->datum != GEO_WGS84)
            unshift(geometry, transform->datum);
        flaw = repair(&geometry, layer->arena);
        if (transform->transform &&
            OGR_G_Transform(geometry, transform->transform) != OGRERR_NONE)
            problem = not_on_earth;
    }
    if (!problem)
        code = add_flat(layer, row, geometry, flaw, error);
    if (geometry)
        OGR_G_DestroyGeometry(geometry);
    if (code == 0 && layer->feature_count == before) {
        struct geo_feature *feature = layer_add_feature(layer, row);
        if (!feature)
            return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
        feature->problem = problem ? problem : "empty geometry";
    }
    return code;
}
