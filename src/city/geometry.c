// SPDX-License-Identifier: MPL-2.0
// GeoJSON of the map, straight from city.db: the spatial index finds, AsGeoJSON writes.
#include <gridcase/city/geometry.h>

#include <math.h>

#include <gridcase/city/city.h>
#include <gridcase/core/json.h>
#include <gridcase/db/db.h>

// A collection under way.
struct collection {
    struct json_writer writer;
    size_t count, limit;
    bool truncated;
};

static void collection_begin(struct collection *collection, struct buffer *out,
                             size_t limit)
{
    if (limit == 0 || limit > CITY_FEATURES_MOST)
        limit = CITY_FEATURES_MOST;
    *collection = (struct collection){.limit = limit};
    json_writer_init(&collection->writer, out);
    json_begin_object(&collection->writer, NULL);
    json_put_text(&collection->writer, "type", "FeatureCollection");
    json_begin_array(&collection->writer, "features");
}

// False when the limit is reached: the row was asked for only to know that there is more.
static bool feature_begin(struct collection *collection, int64_t id)
{
    if (collection->count == collection->limit) {
        collection->truncated = true;
        return false;
    }
    collection->count++;
    json_begin_object(&collection->writer, NULL);
    json_put_text(&collection->writer, "type", "Feature");
    json_put_int(&collection->writer, "id", id);
    json_begin_object(&collection->writer, "properties");
    return true;
}

static void feature_end(struct collection *collection, struct db_statement *row, int column)
{
    const char *geometry = db_column_text(row, column);
    json_end_object(&collection->writer);
    if (geometry)
        json_put_raw(&collection->writer, "geometry", geometry,
                     db_column_length(row, column));
    else
        json_put_null(&collection->writer, "geometry");
    json_end_object(&collection->writer);
}

static int collection_end(struct collection *collection, const struct buffer *out,
                          struct error *error)
{
    json_end_array(&collection->writer);
    json_put_bool(&collection->writer, "truncated", collection->truncated);
    json_end_object(&collection->writer);
    return buffer_check(out, error);
}

static int check_bbox(const struct city_bbox *bbox, struct error *error)
{
    if (!isfinite(bbox->west_deg) || !isfinite(bbox->south_deg) ||
        !isfinite(bbox->east_deg) || !isfinite(bbox->north_deg) ||
        bbox->west_deg > bbox->east_deg || bbox->south_deg > bbox->north_deg)
        return error_set(error, ERROR_INPUT, "bbox.invalid",
                         "a box is west,south,east,north in degrees");
    return 0;
}

static void bind_bbox(struct db_statement *statement, int first,
                      const struct city_bbox *bbox)
{
    db_bind_double(statement, first, bbox->west_deg);
    db_bind_double(statement, first + 1, bbox->south_deg);
    db_bind_double(statement, first + 2, bbox->east_deg);
    db_bind_double(statement, first + 3, bbox->north_deg);
}

int city_areas_geojson(struct db *db, const struct city_snapshot *city, size_t level,
                       const char *language, struct buffer *out, struct error *error)
{
    const struct city_level *found = city_level(city, level);
    if (!found)
        return error_set(error, ERROR_NOT_FOUND, "level.unknown", "no such area level");
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct collection collection;
    int code = db_prepare(db, QUERY_CITY_MAP_AREAS, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, found->id);
    db_bind_int(row, 2, city_model_version(city));
    collection_begin(&collection, out, 0);
    while ((code = db_step(row, error)) == DB_ROW) {
        const struct city_area *area = city_area_by_id(city, db_column_int(row, 0));
        if (!area || !feature_begin(&collection, area->id))
            break;
        json_put_text(&collection.writer, "code", area->code);
        json_put_text(&collection.writer, "name",
                      city_names_text(city, &area->name, language));
        json_put_text(&collection.writer, "level", found->code);
        feature_end(&collection, row, 1);
    }
    return code < 0 ? code : collection_end(&collection, out, error);
}

// Rows of one table in a box: id, two texts named by `names`, geometry.
static int features_in_box(struct db *db, enum query_id query, int64_t version,
                           const struct city_bbox *bbox, struct collection *collection,
                           const char *const names[2], struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = check_bbox(bbox, error);
    if (code == 0)
        code = db_prepare(db, query, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, version);
    bind_bbox(row, 2, bbox);
    db_bind_int(row, 6, (int64_t)collection->limit + 1);
    while ((code = db_step(row, error)) == DB_ROW &&
           feature_begin(collection, db_column_int(row, 0))) {
        json_put_text(&collection->writer, names[0], db_column_text(row, 1));
        json_put_text(&collection->writer, names[1], db_column_text(row, 2));
        feature_end(collection, row, 3);
    }
    return code < 0 ? code : 0;
}

int city_grids_geojson(struct db *db, const struct city_snapshot *city,
                       const struct city_bbox *bbox, size_t limit, struct buffer *out,
                       struct error *error)
{
    struct collection collection;
    collection_begin(&collection, out, limit);
    int code =
        features_in_box(db, QUERY_CITY_MAP_GRIDS, city_model_version(city), bbox,
                        &collection, (const char *const[]){"code", "area_class"}, error);
    return code < 0 ? code : collection_end(&collection, out, error);
}

int city_streets_geojson(struct db *db, const struct city_snapshot *city,
                         const struct city_bbox *bbox, size_t limit, struct buffer *out,
                         struct error *error)
{
    struct collection collection;
    collection_begin(&collection, out, limit);
    int code = features_in_box(db, QUERY_CITY_MAP_STREETS, city_model_version(city), bbox,
                               &collection, (const char *const[]){"name", "kind"}, error);
    return code < 0 ? code : collection_end(&collection, out, error);
}

static void put_component(struct collection *collection, struct db_statement *row)
{
    struct json_writer *writer = &collection->writer;
    json_put_text(writer, "code", db_column_text(row, 1));
    json_put_text(writer, "class", db_column_text(row, 2));
    json_put_text(writer, "name", db_column_text(row, 3));
    json_put_text(writer, "state", db_column_text(row, 4));
    json_end_object(writer);
    json_begin_object(writer, "geometry");
    json_put_text(writer, "type", "Point");
    json_begin_array(writer, "coordinates");
    json_put_double(writer, NULL, db_column_double(row, 5), 7);
    json_put_double(writer, NULL, db_column_double(row, 6), 7);
    json_end_array(writer);
    json_end_object(writer);
    json_end_object(writer);
}

int city_components_geojson(struct db *db, const struct city_snapshot *city,
                            const struct city_bbox *bbox, size_t limit, struct buffer *out,
                            struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct collection collection;
    (void)city; // a register of its own, without versions
    int code = check_bbox(bbox, error);
    if (code == 0)
        code = db_prepare(db, QUERY_CITY_MAP_COMPONENTS, &row, error);
    if (code < 0)
        return code;
    collection_begin(&collection, out, limit);
    bind_bbox(row, 1, bbox);
    db_bind_int(row, 5, (int64_t)collection.limit + 1);
    while ((code = db_step(row, error)) == DB_ROW &&
           feature_begin(&collection, db_column_int(row, 0)))
        put_component(&collection, row);
    return code < 0 ? code : collection_end(&collection, out, error);
}
