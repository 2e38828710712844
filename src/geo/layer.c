// SPDX-License-Identifier: MPL-2.0
#include <gridcase/geo/layer.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>

#include <gridcase/core/text.h>
#include <gridcase/geo/encoding.h>

#include "gdal_internal.h"
#include "layer_internal.h"

enum { ARENA_CEILING_LAYER = 1024 * 1024 * 1024, SAMPLE_BYTES = 1024 * 1024 };

// ---- reading access ----
struct geo_layer *geo_layer_free(struct geo_layer *layer)
{
    if (!layer)
        return NULL;
    for (size_t i = 0; i < layer->feature_count; i++) {
        geo_polygon_free(layer->feature[i].polygon);
        geo_line_free(layer->feature[i].line);
    }
    free(layer->feature);
    free(layer->text);
    arena_free(layer->arena);
    free(layer);
    return NULL;
}

size_t geo_layer_features(const struct geo_layer *layer)
{
    return layer->feature_count;
}

struct geo_feature *geo_layer_feature(struct geo_layer *layer, size_t index)
{
    return &layer->feature[index];
}

int geo_layer_field(const struct geo_layer *layer, const char *name)
{
    for (size_t i = 0; name && i < layer->field_count; i++)
        if (strcasecmp(layer->field_name[i], name) == 0)
            return (int)i;
    return -1;
}

const char *geo_layer_text(const struct geo_layer *layer, size_t feature, int field)
{
    if (field < 0 || (size_t)field >= layer->field_count)
        return "";
    const char *text = layer->text[feature * layer->field_count + (size_t)field];
    return text ? text : "";
}

const char *geo_layer_name(const struct geo_layer *layer)
{
    return layer->name;
}
const char *geo_layer_overruled_crs(const struct geo_layer *layer)
{
    return layer->overruled_crs;
}
const char *geo_layer_encoding(const struct geo_layer *layer)
{
    return layer->encoding;
}

// ---- attributes ----
// Gives the features from `first` on the same texts (parts of one source feature).
static int set_texts(struct geo_layer *layer, size_t first, OGRFeatureH source,
                     size_t *texts_capacity, struct error *error)
{
    size_t needed = layer->feature_count * layer->field_count;
    if (needed > *texts_capacity) {
        size_t capacity = *texts_capacity * 2 + needed + 1024;
        const char **bigger = realloc(layer->text, capacity * sizeof(*bigger));
        if (!bigger)
            return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
        layer->text = bigger;
        *texts_capacity = capacity;
    }
    for (size_t f = 0; f < layer->field_count; f++) {
        const char *text = NULL;
        if (OGR_F_IsFieldSetAndNotNull(source, (int)f)) {
            const char *value = OGR_F_GetFieldAsString(source, (int)f);
            char *copy = arena_text(layer->arena, value);
            if (!copy)
                return error_set(error, ERROR_LIMIT, "layer.memory", "layer is too large");
            text = text_trim(copy);
        }
        for (size_t i = first; i < layer->feature_count; i++)
            layer->text[i * layer->field_count + f] = text;
    }
    return 0;
}

static int read_fields(struct geo_layer *layer, OGRLayerH source, struct error *error)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(source);
    int count = OGR_FD_GetFieldCount(definition);
    layer->field_count = (size_t)count;
    layer->field_name = arena_array(layer->arena, (size_t)count + 1, sizeof(char *));
    if (!layer->field_name)
        return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
    for (int i = 0; i < count; i++)
        layer->field_name[i] = arena_text(
            layer->arena, OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(definition, i)));
    return 0;
}

// ---- encoding ----
static void sample_texts(const struct geo_layer *layer, struct buffer *out)
{
    for (size_t i = 0; i < layer->field_count; i++)
        buffer_append_text(out, layer->field_name[i]);
    size_t cells = layer->feature_count * layer->field_count;
    for (size_t i = 0; i < cells && out->length < SAMPLE_BYTES; i++) {
        const char *text = layer->text[i];
        // Plain ASCII says nothing: only what has high bytes is worth looking at.
        for (const char *c = text; c && *c; c++)
            if (*(const unsigned char *)c >= 0x80) {
                buffer_append_text(out, text);
                buffer_append_char(out, '\n');
                break;
            }
    }
}

static const char *metadata(OGRLayerH source, const char *key)
{
    const char *value = GDALGetMetadataItem(source, key, "SHAPEFILE");
    return value && value[0] ? value : NULL;
}

// What a shapefile's side files say, or NULL. A language driver of 0 or 87 is what programs
// write who do not know.
static const char *shapefile_encoding(OGRLayerH source)
{
    const char *cpg = metadata(source, "ENCODING_FROM_CPG");
    if (!cpg)
        cpg = metadata(source, "CPG_VALUE");
    if (cpg)
        return cpg;
    const char *driver = metadata(source, "LDID_VALUE");
    if (!driver || text_equal(driver, "0") || text_equal(driver, "87"))
        return NULL;
    return metadata(source, "ENCODING_FROM_LDID");
}

static int convert_text(struct geo_layer *layer, const char **text, const char *encoding,
                        struct error *error)
{
    if (!*text || !**text)
        return 0;
    BUFFER_CLEANUP struct buffer converted;
    buffer_init(&converted, BUFFER_CEILING_LINE * 4);
    int code = encoding_to_utf8(encoding, *text, strlen(*text), &converted, error);
    if (code == 0)
        code = buffer_check(&converted, error);
    if (code < 0)
        return code;
    *text = arena_copy(layer->arena, converted.data, converted.length);
    return *text ? 0 : error_set(error, ERROR_LIMIT, "layer.memory", "layer is too large");
}

static int convert_all(struct geo_layer *layer, const char *encoding, struct error *error)
{
    int code = 0;
    for (size_t f = 0; f < layer->field_count && code == 0; f++)
        code = convert_text(layer, &layer->field_name[f], encoding, error);
    for (size_t i = 0; i < layer->feature_count && code == 0; i++)
        for (size_t f = 0; f < layer->field_count && code == 0; f++) {
            code = convert_text(layer, &layer->text[i * layer->field_count + f], encoding,
                                error);
            if (code < 0)
                error_prefix(error, "row %lld, %s", (long long)layer->feature[i].row,
                             layer->field_name[f]);
        }
    return code;
}

static int check_garbled(const struct geo_layer *layer, struct error *error)
{
    for (size_t i = 0; i < layer->feature_count; i++)
        for (size_t f = 0; f < layer->field_count; f++) {
            const char *text = layer->text[i * layer->field_count + f];
            const char *guess = NULL;
            if (text && encoding_is_garbled(text, strlen(text), &guess))
                return error_set(error, ERROR_INPUT, "layer.encoding",
                                 "row %lld, %s: \"%.60s\" is garbled text (bytes look like "
                                 "%s): declare the encoding",
                                 (long long)layer->feature[i].row, layer->field_name[f],
                                 text, guess);
        }
    return 0;
}

// Texts are still the file's bytes: finds out what they are and makes them UTF-8.
static int settle_encoding(struct geo_layer *layer, const char *declared,
                           const char *file_says, struct error *error)
{
    const char *encoding = declared && declared[0] ? declared : file_says;
    BUFFER_CLEANUP struct buffer sample;
    buffer_init(&sample, SAMPLE_BYTES * 2);
    sample_texts(layer, &sample);
    const char *looks = encoding_recognise(sample.data ? sample.data : "", sample.length);
    if (!encoding)
        encoding = looks;
    if (!encoding)
        return error_set(error, ERROR_INPUT, "layer.encoding",
                         "the text is neither UTF-8 nor GB 18030: declare the encoding");
    layer->encoding = arena_text(layer->arena, encoding);
    int code = 0;
    bool is_utf8 = strcasecmp(encoding, "UTF-8") == 0 || strcasecmp(encoding, "UTF8") == 0;
    if (!is_utf8 || !text_equal(looks, "UTF-8"))
        code = convert_all(layer, is_utf8 ? "UTF-8" : encoding, error);
    if (code < 0) {
        error_prefix(error, "encoding %s", encoding);
        return error_set(error, ERROR_INPUT, "layer.encoding", "%s",
                         error ? error->message : "");
    }
    return check_garbled(layer, error);
}

// ---- reading through OGR ----
static int read_features(struct geo_layer *layer, OGRLayerH source,
                         const struct layer_transform *transform, struct error *error)
{
    size_t texts_capacity = 0;
    int code = 0;
    OGR_L_ResetReading(source);
    OGRFeatureH feature;
    while (code == 0 && (feature = OGR_L_GetNextFeature(source))) {
        size_t first = layer->feature_count;
        OGRGeometryH geometry = OGR_F_StealGeometry(feature);
        code = layer_add_geometry(layer, transform, OGR_F_GetFID(feature), geometry, error);
        if (code == 0)
            code = set_texts(layer, first, feature, &texts_capacity, error);
        OGR_F_Destroy(feature);
    }
    if (code == 0 && CPLGetLastErrorType() == CE_Failure &&
        CPLGetLastErrorNo() != CPLE_AppDefined)
        code = error_set(error, ERROR_GEO, "layer.broken", "%s", CPLGetLastErrorMsg());
    return code;
}

static OGRLayerH find_layer(GDALDatasetH dataset, const char *name, struct error *error)
{
    if (name && name[0]) {
        OGRLayerH layer = GDALDatasetGetLayerByName(dataset, name);
        if (!layer)
            error_set(error, ERROR_NOT_FOUND, "layer.missing", "no layer \"%s\"", name);
        return layer;
    }
    OGRLayerH layer =
        GDALDatasetGetLayerCount(dataset) > 0 ? GDALDatasetGetLayer(dataset, 0) : NULL;
    if (!layer)
        error_set(error, ERROR_NOT_FOUND, "layer.missing", "the file has no layer");
    return layer;
}

static bool has_driver(GDALDatasetH dataset, const char *name)
{
    return text_equal(GDALGetDriverShortName(GDALGetDatasetDriver(dataset)), name);
}

static int read_source(struct geo_layer *layer, GDALDatasetH dataset,
                       const struct geo_layer_options *options, struct error *error)
{
    OGRLayerH source = find_layer(dataset, options->layer, error);
    if (!source)
        return ERROR_NOT_FOUND;
    bool is_shapefile = has_driver(dataset, "ESRI Shapefile");
    layer->name = arena_text(layer->arena, OGR_L_GetName(source));
    struct layer_transform transform = {0};
    int code = layer_transform_open(options, OGR_L_GetSpatialRef(source), &transform,
                                    &layer->overruled_crs, layer->arena, error);
    if (code == 0)
        code = read_fields(layer, source, error);
    if (code == 0)
        code = read_features(layer, source, &transform, error);
    layer_transform_close(&transform);
    if (code == 0)
        code = settle_encoding(layer, options->encoding,
                               is_shapefile ? shapefile_encoding(source) : NULL, error);
    return code;
}

static int read_dataset(struct geo_layer *layer, const struct geo_layer_options *options,
                        struct error *error)
{
    char **open_options = NULL;
    size_t length = strlen(options->path);
    if (length > 4 && strcasecmp(options->path + length - 4, ".shp") == 0)
        open_options = CSLSetNameValue(open_options, "ENCODING", ""); // raw bytes, please
    else if (strstr(options->path, "json"))
        open_options = CSLSetNameValue(open_options, "DATE_AS_STRING", "YES");
    GDALDatasetH dataset = NULL;
    gdal_quiet_begin();
    int code = gdal_open(options->path, open_options, &dataset, error);
    CSLDestroy(open_options);
    if (code == 0) {
        CPLErrorReset();
        code = read_source(layer, dataset, options, error);
        GDALClose(dataset);
    }
    gdal_quiet_end();
    return code;
}

// ---- points of a table ----
// Names compare without case here as in geo_layer_field: tables keep theirs in small
// letters.
static int column_of(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table_columns(table); i++)
        if (strcasecmp(table_column_name(table, i), name) == 0)
            return (int)i;
    return -1;
}

static int add_table_point(struct geo_layer *layer, const struct table *table, size_t row,
                           const struct geo_layer_options *options,
                           const struct layer_transform *transform)
{
    const char *x_text = table_cell(table, row, column_of(table, options->lon));
    const char *y_text = table_cell(table, row, column_of(table, options->lat));
    double x = 0;
    double y = 0;
    struct geo_feature *feature = layer_add_feature(layer, table_line(table, row));
    if (!feature)
        return ERROR_LIMIT;
    if (!x_text[0] && !y_text[0]) {
        feature->problem = "no coordinates";
    } else if (text_to_double(x_text, strlen(x_text), &x, NULL) < 0 ||
               text_to_double(y_text, strlen(y_text), &y, NULL) < 0) {
        feature->problem = "coordinates are no numbers";
    } else {
        if (!layer_transform_point(transform, &x, &y))
            feature->problem = "coordinates do not fit the CRS";
        else if (geo_point_from_deg(x, y, &feature->point, NULL) < 0)
            feature->problem = "coordinates do not fit the CRS (not on earth)";
        else
            feature->kind = GEO_POINT;
    }
    return 0;
}

static int read_table(struct geo_layer *layer, const struct geo_layer_options *options,
                      struct error *error)
{
    TABLE_CLEANUP struct table *table = NULL;
    const char *wanted[] = {options->lon, options->lat};
    int code = geo_table_read(options->path, options->layer, options->encoding,
                              options->path, &table, error);
    for (size_t i = 0; code == 0 && i < 2; i++)
        if (column_of(table, wanted[i]) < 0)
            code =
                error_set(error, ERROR_INPUT, "layer.field", "no column \"%s\"", wanted[i]);
    if (code < 0)
        return code;
    layer->name = arena_text(layer->arena, options->layer ? options->layer : "");
    layer->encoding = options->encoding ? arena_text(layer->arena, options->encoding) : "";
    layer->field_count = table_columns(table);
    layer->field_name = arena_array(layer->arena, layer->field_count, sizeof(char *));
    layer->text = calloc(table_rows(table) * layer->field_count + 1, sizeof(char *));
    if (!layer->field_name || !layer->text)
        return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
    for (size_t f = 0; f < layer->field_count; f++)
        layer->field_name[f] = arena_text(layer->arena, table_column_name(table, f));
    struct layer_transform transform = {0};
    gdal_start();
    gdal_quiet_begin();
    code = layer_transform_open(options, NULL, &transform, &layer->overruled_crs,
                                layer->arena, error);
    layer->overruled_crs = NULL; // a table cannot say anything else
    for (size_t row = 0; code == 0 && row < table_rows(table); row++) {
        code = add_table_point(layer, table, row, options, &transform);
        for (size_t f = 0; code == 0 && f < layer->field_count; f++) {
            const char *text = arena_text(layer->arena, table_cell(table, row, (int)f));
            layer->text[row * layer->field_count + f] = text;
            if (!text)
                code = error_set(error, ERROR_LIMIT, "layer.memory", "layer is too large");
        }
    }
    layer_transform_close(&transform);
    gdal_quiet_end();
    return code;
}

int geo_layer_read(const struct geo_layer_options *options, struct geo_layer **ret_layer,
                   struct error *error)
{
    struct geo_layer *layer = calloc(1, sizeof(*layer));
    if (!layer)
        return error_set(error, ERROR_LIMIT, "layer.memory", "out of memory");
    layer->arena = arena_new(ARENA_CEILING_LAYER);
    int code = options->lon && options->lon[0] ? read_table(layer, options, error)
                                               : read_dataset(layer, options, error);
    if (code < 0) {
        geo_layer_free(layer);
        return code;
    }
    *ret_layer = layer;
    return 0;
}
