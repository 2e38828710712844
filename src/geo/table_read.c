// SPDX-License-Identifier: MPL-2.0
// Office tables: CSV by our own reader (exact lines, any encoding), sheets through OGR.
#include <gridcase/geo/layer.h>

#include <string.h>
#include <strings.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <ogr_api.h>

#include <gridcase/core/file.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/encoding.h>

#include "gdal_internal.h"

int geo_table_check_text(const struct table *table, struct error *error)
{
    for (size_t row = 0; row < table_rows(table); row++)
        for (size_t column = 0; column < table_columns(table); column++) {
            const char *text = table_cell(table, row, (int)column);
            const char *guess = NULL;
            if (encoding_is_garbled(text, strlen(text), &guess))
                return table_error(
                    table, row, table_column_name(table, column), "layer.encoding", error,
                    "\"%.60s\" is garbled text (bytes look like %s): declare "
                    "the encoding",
                    text, guess);
        }
    return 0;
}

// A file's bytes; "x.gz" is read through. out's ceiling holds for what comes out of it.
static int read_bytes(const char *path, struct buffer *out, struct error *error)
{
    size_t length = strlen(path);
    char name[4096 + 16];
    char piece[64 * 1024];
    if (length <= 3 || strcmp(path + length - 3, ".gz") != 0)
        return file_read(path, out, error);
    int code = text_format(name, sizeof(name), "/vsigzip/%s", path);
    if (code < 0)
        return error_set(error, code, "layer.missing", "file name is too long");
    gdal_start();
    gdal_quiet_begin();
    VSILFILE *file = VSIFOpenL(name, "rb");
    size_t got = 0;
    while (file && !out->failed && (got = VSIFReadL(piece, 1, sizeof(piece), file)) > 0)
        buffer_append(out, piece, got);
    if (!file)
        code = error_set(error, ERROR_IO, "layer.broken", "%s: cannot be opened", path);
    else
        VSIFCloseL(file);
    if (code == 0 && CPLGetLastErrorType() == CE_Failure)
        code = error_set(error, ERROR_INPUT, "layer.broken", "%s: %s", path,
                         CPLGetLastErrorMsg());
    gdal_quiet_end();
    return code < 0 ? code : buffer_check(out, error);
}

static int read_csv(const char *path, const char *encoding, const char *name,
                    struct table **ret_table, struct error *error)
{
    BUFFER_CLEANUP struct buffer bytes;
    buffer_init(&bytes, BUFFER_CEILING_FILE);
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_FILE);
    if (!file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "layer.missing", "%s: no such file", path);
    int code = read_bytes(path, &bytes, error);
    if (code < 0)
        return code;
    const char *data = bytes.data ? bytes.data : "";
    if (!encoding || !encoding[0])
        encoding = encoding_recognise(data, bytes.length);
    if (!encoding)
        return error_set(error, ERROR_INPUT, "layer.encoding",
                         "%s: the text is neither UTF-8 nor GB 18030: declare the encoding",
                         path);
    code = encoding_to_utf8(encoding, data, bytes.length, &text, error);
    if (code == 0)
        code = buffer_check(&text, error);
    if (code < 0)
        return error_prefix(error, "%s", path);
    const char *base = strrchr(path, '/');
    return table_parse_csv(name, base ? base + 1 : path, text.data ? text.data : "",
                           text.length, ret_table, error);
}

static int read_rows(OGRLayerH source, struct table *table, struct error *error)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(source);
    int columns = OGR_FD_GetFieldCount(definition);
    int code = 0;
    for (int i = 0; i < columns && code == 0; i++)
        code = table_add_column(
            table, OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(definition, i)), error);
    OGRFeatureH feature;
    while (code == 0 && (feature = OGR_L_GetNextFeature(source))) {
        size_t row = table_add_row(table, OGR_F_GetFID(feature));
        for (int i = 0; i < columns; i++)
            if (OGR_F_IsFieldSetAndNotNull(feature, i))
                table_set(table, row, (size_t)i, OGR_F_GetFieldAsString(feature, i));
        OGR_F_Destroy(feature);
    }
    return code;
}

static int read_sheet(const char *path, const char *sheet, const char *name,
                      struct table **ret_table, struct error *error)
{
    GDALDatasetH dataset = NULL;
    gdal_quiet_begin();
    int code = gdal_open(path, NULL, &dataset, error);
    if (code == 0) {
        OGRLayerH source = sheet && sheet[0] ? GDALDatasetGetLayerByName(dataset, sheet)
                                             : GDALDatasetGetLayer(dataset, 0);
        const char *base = strrchr(path, '/');
        struct table *table = table_new(name, base ? base + 1 : path);
        if (!source)
            code = error_set(error, ERROR_NOT_FOUND, "layer.missing", "%s: no sheet \"%s\"",
                             path, sheet ? sheet : "");
        if (code == 0)
            code = read_rows(source, table, error);
        if (code == 0)
            *ret_table = table;
        else
            table_free(table);
        GDALClose(dataset);
    }
    gdal_quiet_end();
    return code;
}

int geo_table_read(const char *path, const char *sheet, const char *encoding,
                   const char *name, struct table **ret_table, struct error *error)
{
    size_t length = strlen(path);
    const char *end = length > 4 ? path + length - 4 : path;
    TABLE_CLEANUP struct table *table = NULL;
    int code = strcasecmp(end, "xlsx") == 0 || strcasecmp(end, ".ods") == 0
                   ? read_sheet(path, sheet, name, &table, error)
                   : read_csv(path, encoding, name, &table, error);
    if (code < 0)
        return code;
    *ret_table = table;
    table = NULL;
    return 0;
}
