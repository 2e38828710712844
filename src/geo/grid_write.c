// SPDX-License-Identifier: MPL-2.0
// The plane that surfaces are measured on, and the file of cells.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/grid.h>

#include "gdal_internal.h"

struct grid_plane {
    OGRSpatialReferenceH degrees, metres;
    OGRCoordinateTransformationH transform;
    char name[80];
    double *x, *y; // scratch for a ring
    size_t capacity;
};

// ---- the plane ----
struct grid_plane *grid_plane_free(struct grid_plane *plane)
{
    if (!plane)
        return NULL;
    if (plane->transform)
        OCTDestroyCoordinateTransformation(plane->transform);
    if (plane->degrees)
        OSRDestroySpatialReference(plane->degrees);
    if (plane->metres)
        OSRDestroySpatialReference(plane->metres);
    free(plane->x);
    free(plane->y);
    free(plane);
    return NULL;
}

const char *grid_plane_name(const struct grid_plane *plane)
{
    return plane->name;
}

static int fitting_crs(char *out, size_t size, struct geo_box box, bool china)
{
    double lon = ((double)box.west + box.east) / 2 / GEO_LATTICE_PER_DEG;
    double lat = ((double)box.south + box.north) / 2 / GEO_LATTICE_PER_DEG;
    if (china && lon >= 73.5 && lon < 136.5) // EPSG:4534 has its meridian at 75 degrees
        return text_format(out, size, "EPSG:%d", 4534 + (int)floor((lon - 73.5) / 3));
    int zone = (int)floor((lon + 180) / 6) % 60 + 1;
    return text_format(out, size, "EPSG:%d", (lat < 0 ? 32700 : 32600) + zone);
}

static int plane_crs(struct grid_plane *plane, const char *crs, struct error *error)
{
    plane->degrees = OSRNewSpatialReference(NULL);
    plane->metres = OSRNewSpatialReference(NULL);
    if (OSRImportFromEPSG(plane->degrees, 4326) != OGRERR_NONE)
        return error_set(error, ERROR_GEO, "grid.crs", "PROJ does not know EPSG:4326");
    if (OSRSetFromUserInput(plane->metres, crs) != OGRERR_NONE)
        return error_set(error, ERROR_INPUT, "grid.crs", "unknown CRS \"%.200s\"", crs);
    double unit = OSRGetLinearUnits(plane->metres, NULL);
    if (!OSRIsProjected(plane->metres) || fabs(unit - 1) > 1e-9)
        return error_set(
            error, ERROR_INPUT, "grid.crs",
            "%.200s is no projected CRS in metres: surfaces are measured in it", crs);
    OSRSetAxisMappingStrategy(plane->degrees, OAMS_TRADITIONAL_GIS_ORDER);
    OSRSetAxisMappingStrategy(plane->metres, OAMS_TRADITIONAL_GIS_ORDER);
    CPLSetThreadLocalConfigOption("OGR_CT_OP_SELECTION", "FIRST_MATCHING"); // as a reader
    plane->transform = OCTNewCoordinateTransformation(plane->degrees, plane->metres);
    CPLSetThreadLocalConfigOption("OGR_CT_OP_SELECTION", NULL);
    if (!plane->transform)
        return error_set(error, ERROR_INPUT, "grid.crs", "no way from degrees to %.200s",
                         crs);
    const char *authority = OSRGetAuthorityName(plane->metres, NULL);
    const char *number = OSRGetAuthorityCode(plane->metres, NULL);
    const char *name = OSRGetName(plane->metres);
    if (authority && number)
        snprintf(plane->name, sizeof(plane->name), "%.30s:%.30s", authority, number);
    else
        snprintf(plane->name, sizeof(plane->name), "%.70s", name ? name : "unnamed");
    return 0;
}

int grid_plane_open(const char *crs, struct geo_box box, bool china,
                    struct grid_plane **ret_plane, struct error *error)
{
    char fitting[32];
    gdal_start();
    struct grid_plane *plane = memory_array(1, sizeof(*plane));
    if (!plane)
        return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
    int code = crs ? 0 : fitting_crs(fitting, sizeof(fitting), box, china);
    gdal_quiet_begin();
    if (code == 0)
        code = plane_crs(plane, crs ? crs : fitting, error);
    gdal_quiet_end();
    if (code < 0)
        grid_plane_free(plane);
    else
        *ret_plane = plane;
    return code;
}

// A ring's points on the plane, in plane->x and plane->y.
static int project_ring(struct grid_plane *plane, const struct geo_polygon *polygon,
                        size_t ring, size_t *ret_count, struct error *error)
{
    uint32_t first = polygon->ring_start[ring], end = polygon->ring_start[ring + 1];
    size_t count = end - first;
    if (count > plane->capacity) {
        free(plane->x);
        free(plane->y);
        plane->capacity = count * 2;
        plane->x = memory_array(plane->capacity, sizeof(double));
        plane->y = memory_array(plane->capacity, sizeof(double));
        if (!plane->x || !plane->y) {
            plane->capacity = 0;
            return error_set(error, ERROR_LIMIT, "geo.memory", "out of memory");
        }
    }
    for (size_t i = 0; i < count; i++) {
        plane->x[i] = polygon->point[first + i].x / GEO_LATTICE_PER_DEG;
        plane->y[i] = polygon->point[first + i].y / GEO_LATTICE_PER_DEG;
    }
    gdal_quiet_begin();
    bool good = OCTTransform(plane->transform, (int)count, plane->x, plane->y, NULL);
    gdal_quiet_end();
    for (size_t i = 0; i < count && good; i++)
        good = isfinite(plane->x[i]) && isfinite(plane->y[i]);
    *ret_count = count;
    return good ? 0
                : error_set(error, ERROR_GEO, "grid.crs", "%.7f,%.7f has no place in %s",
                            polygon->point[first].x / GEO_LATTICE_PER_DEG,
                            polygon->point[first].y / GEO_LATTICE_PER_DEG, plane->name);
}

int grid_plane_area(struct grid_plane *plane, const struct geo_polygon *polygon,
                    double *ret_m2, struct error *error)
{
    double sum = 0;
    for (size_t r = 0; r < polygon->ring_count; r++) {
        size_t count = 0;
        int code = project_ring(plane, polygon, r, &count, error);
        if (code < 0)
            return code;
        const double *x = plane->x, *y = plane->y;
        for (size_t i = 1; i + 1 < count; i++)
            sum += (x[i] - x[0]) * (y[i + 1] - y[0]) - (x[i + 1] - x[0]) * (y[i] - y[0]);
    }
    *ret_m2 = fabs(sum) / 2;
    return 0;
}

// ---- the file ----
struct sheet_writer {
    struct grid_plane *plane;
    const struct grid_sheet *sheet;
    bool degrees;
    OGRLayerH layer;
};

static int write_failed(struct error *error)
{
    return error_set(error, ERROR_IO, "grid.write", "the cells cannot be written: %.300s",
                     CPLGetLastErrorMsg());
}

static int make_ring(struct sheet_writer *writer, const struct geo_polygon *polygon,
                     size_t ring, OGRGeometryH *ret_ring, struct error *error)
{
    uint32_t first = polygon->ring_start[ring];
    size_t count = polygon->ring_start[ring + 1] - first;
    int code =
        writer->degrees ? 0 : project_ring(writer->plane, polygon, ring, &count, error);
    if (code < 0)
        return code;
    OGRGeometryH line = OGR_G_CreateGeometry(wkbLinearRing);
    for (size_t i = 0; i <= count; i++) {
        size_t k = i < count ? i : 0;
        double lon = polygon->point[first + k].x / GEO_LATTICE_PER_DEG;
        double lat = polygon->point[first + k].y / GEO_LATTICE_PER_DEG;
        OGR_G_AddPoint_2D(line, writer->degrees ? lon : writer->plane->x[k],
                          writer->degrees ? lat : writer->plane->y[k]);
    }
    *ret_ring = line;
    return 0;
}

static int make_geometry(struct sheet_writer *writer, const struct geo_polygon *polygon,
                         OGRGeometryH *ret_geometry, struct error *error)
{
    OGRGeometryH many = OGR_G_CreateGeometry(wkbMultiPolygon);
    int code = 0;
    for (size_t part = 0; part < polygon->part_count && code == 0; part++) {
        OGRGeometryH one = OGR_G_CreateGeometry(wkbPolygon);
        for (uint32_t r = polygon->part_start[part];
             r < polygon->part_start[part + 1] && code == 0; r++) {
            OGRGeometryH ring = NULL;
            code = make_ring(writer, polygon, r, &ring, error);
            if (code == 0)
                OGR_G_AddGeometryDirectly(one, ring);
        }
        OGR_G_AddGeometryDirectly(many, one);
    }
    if (code < 0)
        OGR_G_DestroyGeometry(many);
    else
        *ret_geometry = many;
    return code;
}

static void set_text(OGRFeatureH feature, const char *name, const char *text)
{
    int field = name && text ? OGR_F_GetFieldIndex(feature, name) : -1;
    if (field >= 0)
        OGR_F_SetFieldString(feature, field, text);
}

static int write_row(struct sheet_writer *writer, const struct grid_row *row,
                     struct error *error)
{
    OGRGeometryH geometry = NULL;
    int code = make_geometry(writer, row->polygon, &geometry, error);
    if (code < 0)
        return code;
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(writer->layer));
    set_text(feature, "code", row->code);
    for (int i = 0; i < GRID_PARTS; i++)
        set_text(feature, writer->sheet->part_name[i], row->part[i]);
    set_text(feature, "name", row->name);
    OGR_F_SetFieldDouble(feature, OGR_F_GetFieldIndex(feature, "area_m2"),
                         round(row->area_m2 * 100) / 100);
    OGR_F_SetGeometryDirectly(feature, geometry);
    bool good = OGR_L_CreateFeature(writer->layer, feature) == OGRERR_NONE;
    OGR_F_Destroy(feature);
    return good ? 0 : write_failed(error);
}

static bool add_field(OGRLayerH layer, const char *name, OGRFieldType type)
{
    OGRFieldDefnH field = OGR_Fld_Create(name, type);
    bool good = OGR_L_CreateField(layer, field, 1) == OGRERR_NONE;
    OGR_Fld_Destroy(field);
    return good;
}

static int write_layer(struct sheet_writer *writer, GDALDatasetH dataset,
                       struct error *error)
{
    char **options = writer->degrees ? CSLSetNameValue(NULL, "COORDINATE_PRECISION", "7")
                                     : CSLSetNameValue(NULL, "GEOMETRY_NAME", "geom");
    writer->layer = GDALDatasetCreateLayer(
        dataset, "grids", writer->degrees ? writer->plane->degrees : writer->plane->metres,
        wkbMultiPolygon, options);
    CSLDestroy(options);
    bool good = writer->layer && add_field(writer->layer, "code", OFTString);
    for (int i = 0; i < GRID_PARTS && good; i++)
        if (writer->sheet->part_name[i])
            good = add_field(writer->layer, writer->sheet->part_name[i], OFTString);
    good = good && add_field(writer->layer, "name", OFTString) &&
           add_field(writer->layer, "area_m2", OFTReal);
    if (!good)
        return write_failed(error);
    bool transaction = GDALDatasetTestCapability(dataset, ODsCTransactions) &&
                       GDALDatasetStartTransaction(dataset, FALSE) == OGRERR_NONE;
    int code = 0;
    for (size_t i = 0; i < writer->sheet->count && code == 0; i++)
        code = write_row(writer, &writer->sheet->row[i], error);
    if (code == 0 && transaction && GDALDatasetCommitTransaction(dataset) != OGRERR_NONE)
        code = write_failed(error);
    return code;
}

static int write_dataset(struct sheet_writer *writer, const char *path, struct error *error)
{
    GDALDriverH driver = GDALGetDriverByName(writer->degrees ? "GeoJSON" : "GPKG");
    GDALDatasetH dataset =
        driver ? GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    if (!dataset)
        return write_failed(error);
    int code = write_layer(writer, dataset, error);
    CPLErrorReset();
    GDALClose(dataset); // flushes: what goes wrong there is only told
    if (code == 0 && CPLGetLastErrorType() >= CE_Failure)
        code = write_failed(error);
    return code;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

int grid_write(const char *path, struct grid_plane *plane, const struct grid_sheet *sheet,
               struct error *error)
{
    struct sheet_writer writer = {.plane = plane, .sheet = sheet};
    char temporary[4096];
    writer.degrees = ends_with(path, ".geojson");
    if (!writer.degrees && !ends_with(path, ".gpkg"))
        return error_set(error, ERROR_INPUT, "grid.format",
                         "%s: the name has to end in .gpkg or .geojson", path);
    int code = text_format(temporary, sizeof(temporary), "%s.%d.new%s", path, (int)getpid(),
                           writer.degrees ? ".geojson" : ".gpkg");
    if (code < 0)
        return error_set(error, ERROR_INPUT, "grid.format", "the file name is too long");
    gdal_quiet_begin();
    code = write_dataset(&writer, temporary, error);
    gdal_quiet_end();
    if (code == 0 && rename(temporary, path) < 0)
        code = error_errno(error, "grid.write", path);
    if (code < 0)
        unlink(temporary);
    return code;
}
