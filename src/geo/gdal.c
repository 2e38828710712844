// SPDX-License-Identifier: MPL-2.0
#include "gdal_internal.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <ogr_srs_api.h>

#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

// No VRT, nothing that follows addresses in a file to somewhere else.
static const char *const drivers[] = {
    "GPKG",         "ESRI Shapefile",
    "GeoJSON",      "GeoJSONSeq",
    "TopoJSON",     "OpenFileGDB",
    "FlatGeobuf",   "SQLite",
    "MapInfo File", "GML",
    "LIBKML",       "KML",
    "GPX",          "DXF",
    "PGDUMP",       "XLSX",
    "ODS",          "PostgreSQL",
    NULL,
};

static void start(void)
{
    GDALAllRegister();
    OSRSetPROJEnableNetwork(0);
    CPLSetConfigOption("CPL_VSIL_GZIP_WRITE_PROPERTIES", "NO");
    CPLSetConfigOption("OGR_XLSX_HEADERS", "FORCE");
    CPLSetConfigOption("OGR_XLSX_FIELD_TYPES", "STRING");
    CPLSetConfigOption("OGR_ODS_HEADERS", "FORCE");
    CPLSetConfigOption("OGR_ODS_FIELD_TYPES", "STRING");
}

void gdal_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
}

void gdal_quiet_begin(void)
{
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErrorReset();
}

void gdal_quiet_end(void)
{
    CPLPopErrorHandler();
}

int gdal_open(const char *path, char **open_options, GDALDatasetH *ret_dataset,
              struct error *error)
{
    gdal_start();
    char name[4096 + 16];
    bool is_database = text_starts(path, "PG:");
    if (text_starts(path, "/vsi"))
        return error_set(error, ERROR_INPUT, "layer.driver", "%s: no such file", path);
    if (!is_database && !file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "layer.missing", "%s: no such file", path);
    size_t length = strlen(path);
    bool is_gzip = length > 3 && strcmp(path + length - 3, ".gz") == 0;
    int code = text_format(name, sizeof(name), "%s%s", is_gzip ? "/vsigzip/" : "", path);
    if (code < 0)
        return error_set(error, code, "layer.missing", "file name is too long");
    GDALDatasetH dataset =
        GDALOpenEx(name, GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, drivers,
                   (const char *const *)open_options, NULL);
    if (!dataset)
        return error_set(error, ERROR_INPUT, "layer.driver", "%s: cannot be read: %s", path,
                         CPLGetLastErrorMsg());
    *ret_dataset = dataset;
    return 0;
}
