// SPDX-License-Identifier: MPL-2.0
// Storing a model: areas, unit grids, base map, components.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "store_internal.h"

static double degrees(int32_t lattice)
{
    return lattice / GEO_LATTICE_PER_DEG;
}

// ---- areas of levels and coverage layers ----
static int area_wkb(const struct model_area *area, struct buffer *out, struct error *error)
{
    geo_polygon_to_wkb(area->polygon, out);
    return buffer_check(out, error);
}

void area_digest(const struct model_area *area, const struct buffer *wkb,
                 uint8_t digest[HASH_SIZE])
{
    struct hash *hash = hash_new();
    digest_text(hash, area->names);
    digest_text(hash, area->area_class);
    digest_text(hash, area->department);
    hash_add(hash, wkb->data, wkb->length);
    hash_finish(hash, digest);
}

static int open_row(struct db *db, enum query_id query, const struct db_value *key,
                    const uint8_t digest[HASH_SIZE], int64_t *ret_id, bool *ret_same,
                    struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    *ret_id = 0;
    *ret_same = false;
    int code = db_prepare(db, query, &row, error);
    if (code < 0)
        return code;
    db_bind_values(row, key, 1);
    code = db_step(row, error);
    if (code == DB_ROW) {
        size_t length = 0;
        const void *stored = db_column_blob(row, 1, &length);
        *ret_id = db_column_int(row, 0);
        *ret_same = length == HASH_SIZE && memcmp(stored, digest, HASH_SIZE) == 0;
    }
    return code < 0 ? code : 0;
}

static int insert_shape(struct load_job *job, struct db *db, size_t index,
                        const uint8_t digest[HASH_SIZE], const struct buffer *wkb,
                        struct error *error)
{
    const struct model_area *area = &job->model->area[index];
    struct geo_box box = geo_polygon_box(area->polygon);
    struct db_value values[] = {
        DB_INT(job->area_id[index]),
        DB_INT(job->version),
        DB_TEXT(area->names),
        DB_TEXT(area->area_class),
        DB_TEXT(area->department),
        DB_DOUBLE(degrees(area->inside.x)),
        DB_DOUBLE(degrees(area->inside.y)),
        DB_DOUBLE(degrees(box.west)),
        DB_DOUBLE(degrees(box.south)),
        DB_DOUBLE(degrees(box.east)),
        DB_DOUBLE(degrees(box.north)),
        DB_DOUBLE(area->area_m2),
        DB_BLOB(digest, HASH_SIZE),
        DB_BLOB(wkb->data, wkb->length),
    };
    return db_execute(db, QUERY_CITY_SHAPE_INSERT, values, sizeof(values) / sizeof(*values),
                      error);
}

static int store_area(struct load_job *job, struct db *db, size_t index,
                      struct error *error)
{
    const struct model_area *area = &job->model->area[index];
    BUFFER_CLEANUP struct buffer wkb;
    buffer_init(&wkb, BUFFER_CEILING_FILE);
    uint8_t digest[HASH_SIZE];
    int64_t level_id = job->level_id[area->layer - job->model->layer];
    struct db_value code_key[] = {DB_INT(level_id), DB_TEXT(area->code)};
    int64_t old = 0;
    bool same = false;
    int code = area_wkb(area, &wkb, error);
    if (code == 0)
        code = db_execute(db, QUERY_CITY_AREA_INSERT, code_key, 2, error);
    if (code == 0)
        code =
            db_fetch_int(db, QUERY_CITY_AREA_ID, code_key, 2, &job->area_id[index], error);
    if (code < 0)
        return code;
    area_digest(area, &wkb, digest);
    code = open_row(db, QUERY_CITY_SHAPE_OPEN, &DB_INT(job->area_id[index]), digest, &old,
                    &same, error);
    if (code < 0 || same)
        return code;
    job->next.changes++;
    job->next.result.areas_changed++;
    if (old)
        code = db_execute(db, QUERY_CITY_SHAPE_CLOSE,
                          (struct db_value[]){DB_INT(old), DB_INT(job->version)}, 2, error);
    return code < 0 ? code : insert_shape(job, db, index, digest, &wkb, error);
}

bool is_stored_area(const struct model_area *area)
{
    return area->layer->family == MODEL_LEVEL || area->layer->family == MODEL_COVERAGE;
}

int phase_areas(struct load_job *job, struct db *db, struct error *error)
{
    size_t index = job->next.index++;
    if (index >= job->model->area_count)
        return PHASE_DONE;
    if (!is_stored_area(&job->model->area[index]))
        return PHASE_AGAIN;
    job->next.result.areas++;
    int code = store_area(job, db, index, error);
    return code < 0 ? code : PHASE_AGAIN;
}

// ---- unit grids ----
static void grid_digest(const struct load_job *job, const struct model_area *grid,
                        const struct buffer *wkb, uint8_t digest[HASH_SIZE])
{
    struct hash *hash = hash_new();
    digest_text(hash, grid->area_class);
    for (size_t p = 0; p < job->model->level_count; p++)
        if (grid->chain[p] != SIZE_MAX) {
            hash_add(hash, &job->level_id[p], sizeof(job->level_id[p]));
            hash_add(hash, &job->area_id[grid->chain[p]], sizeof(int64_t));
        }
    hash_add(hash, wkb->data, wkb->length);
    hash_finish(hash, digest);
}

static int insert_grid(struct load_job *job, struct db *db, size_t index,
                       const uint8_t digest[HASH_SIZE], const struct buffer *wkb,
                       struct error *error)
{
    const struct model_area *grid = &job->model->area[index];
    struct db_value values[] = {
        DB_TEXT(grid->code),
        DB_INT(job->version),
        DB_DOUBLE(degrees(grid->inside.x)),
        DB_DOUBLE(degrees(grid->inside.y)),
        DB_DOUBLE(grid->area_m2),
        DB_TEXT(grid->area_class),
        DB_BLOB(digest, HASH_SIZE),
        DB_BLOB(wkb->data, wkb->length),
        DB_TEXT(grid->model_code ? grid->model_code : ""),
    };
    int code = db_fetch_int(db, QUERY_CITY_GRID_INSERT, values,
                            sizeof(values) / sizeof(*values), &job->area_id[index], error);
    for (size_t p = 0; p < job->model->level_count && code == 0; p++)
        if (grid->chain[p] != SIZE_MAX)
            code = db_execute(db, QUERY_CITY_GRID_AREA_INSERT,
                              (struct db_value[]){DB_INT(job->area_id[index]),
                                                  DB_INT(job->level_id[p]),
                                                  DB_INT(job->area_id[grid->chain[p]]),
                                                  DB_DOUBLE((double)grid->share[p])},
                              4, error);
    return code;
}

int phase_grids(struct load_job *job, struct db *db, struct error *error)
{
    const struct model_layer *layer = model_layer_of(job->model, MODEL_GRIDS, NULL);
    if (!layer || job->next.index >= layer->count)
        return PHASE_DONE;
    size_t index = layer->first + job->next.index++;
    const struct model_area *grid = &job->model->area[index];
    BUFFER_CLEANUP struct buffer wkb;
    buffer_init(&wkb, BUFFER_CEILING_FILE);
    uint8_t digest[HASH_SIZE];
    bool same = false;
    int64_t old = 0;
    int code = area_wkb(grid, &wkb, error);
    if (code < 0)
        return code;
    grid_digest(job, grid, &wkb, digest);
    code = open_row(db, QUERY_CITY_GRID_OPEN, &DB_TEXT(grid->code), digest, &old, &same,
                    error);
    if (code < 0)
        return code;
    job->area_id[index] = old;
    if (same)
        return PHASE_AGAIN;
    job->next.changes++;
    job->next.result.grids_new++;
    if (old) {
        job->next.result.grids_closed++;
        code = db_execute(db, QUERY_CITY_GRID_CLOSE,
                          (struct db_value[]){DB_INT(old), DB_INT(job->version)}, 2, error);
    }
    if (code == 0)
        code = insert_grid(job, db, index, digest, &wkb, error);
    return code < 0 ? code : PHASE_AGAIN;
}

// ---- what is no longer in the model ----
static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Rows of one kind: those still open of earlier versions, by a key, and how to close one.
struct leftovers {
    enum query_id mark, close;
    int key_column;
    int64_t *kept; // keys that stay, sorted
    size_t kept_count;
    size_t closed;
};

// Closes the open rows whose key is not among those that stay.
static int close_others(struct load_job *job, struct db *db, struct leftovers *rows,
                        struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, rows->mark, &row, error);
    if (code < 0)
        return code;
    qsort(rows->kept, rows->kept_count, sizeof(*rows->kept), compare_ids);
    db_bind_int(row, 1, job->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        int64_t key = db_column_int(row, rows->key_column);
        if (bsearch(&key, rows->kept, rows->kept_count, sizeof(key), compare_ids))
            continue;
        rows->closed++;
        struct db_value values[] = {DB_INT(db_column_int(row, 0)), DB_INT(job->version)};
        code = db_execute(db, rows->close, values, 2, error);
        if (code < 0)
            return code;
    }
    return code;
}

int phase_close(struct load_job *job, struct db *db, struct error *error)
{
    size_t count = job->model->area_count;
    struct leftovers areas = {QUERY_CITY_SHAPE_MARK, QUERY_CITY_SHAPE_CLOSE, 1, NULL, 0, 0};
    struct leftovers grids = {QUERY_CITY_GRID_MARK, QUERY_CITY_GRID_CLOSE, 0, NULL, 0, 0};
    areas.kept = calloc(count + 1, sizeof(*areas.kept));
    grids.kept = calloc(count + 1, sizeof(*grids.kept));
    if (!areas.kept || !grids.kept) {
        free(areas.kept);
        free(grids.kept);
        return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        if (is_stored_area(&job->model->area[i]))
            areas.kept[areas.kept_count++] = job->area_id[i];
        else if (job->model->area[i].layer->family == MODEL_GRIDS)
            grids.kept[grids.kept_count++] = job->area_id[i];
    }
    int code = close_others(job, db, &areas, error);
    if (code == 0)
        code = close_others(job, db, &grids, error);
    job->next.changes += areas.closed + grids.closed;
    job->next.result.areas_changed += areas.closed;
    job->next.result.grids_closed += grids.closed;
    free(areas.kept);
    free(grids.kept);
    return code < 0 ? code : PHASE_DONE;
}

// ---- base map ----
void base_digest(const struct city_model *model, const struct model_layer *layer,
                 uint8_t digest[HASH_SIZE])
{
    struct hash *hash = hash_new();
    int column =
        layer ? geo_layer_field(layer->data, model_key(model, layer->section, "name")) : -1;
    for (size_t i = 0; layer && i < geo_layer_features(layer->data); i++) {
        const struct geo_feature *feature = geo_layer_feature(layer->data, i);
        digest_text(hash, geo_layer_text(layer->data, i, column));
        if (feature->line)
            hash_add(hash, feature->line->point,
                     feature->line->point_count * sizeof(struct geo_point));
        hash_add(hash, &feature->point, sizeof(feature->point));
    }
    hash_finish(hash, digest);
}

// The whole layer is replaced when anything in it changed.
static int base_begin(struct load_job *job, struct db *db, const struct model_layer *layer,
                      const char *name, enum query_id close, bool *ret_same,
                      struct error *error)
{
    uint8_t digest[HASH_SIZE];
    base_digest(job->model, layer, digest);
    int code = table_same(db, name, job->version, digest, ret_same, error);
    if (code < 0 || *ret_same)
        return code;
    job->next.changes++;
    code = db_execute(db, QUERY_CITY_TABLE_INSERT,
                      (struct db_value[]){DB_TEXT(name), DB_INT(job->version), DB_TEXT(""),
                                          DB_BLOB(digest, HASH_SIZE), DB_TEXT("")},
                      5, error);
    if (code == 0)
        code = db_execute(db, close, (struct db_value[]){DB_INT(job->version)}, 1, error);
    return code;
}

int phase_streets(struct load_job *job, struct db *db, struct error *error)
{
    const struct model_layer *layer = model_layer_of(job->model, MODEL_STREETS, NULL);
    size_t index = job->next.index++;
    if (index == 0) {
        bool same = false;
        int code = base_begin(job, db, layer, "layer streets", QUERY_CITY_STREET_CLOSE_ALL,
                              &same, error);
        return code < 0 ? code : same ? PHASE_DONE : PHASE_AGAIN;
    }
    if (!layer || --index >= geo_layer_features(layer->data))
        return PHASE_DONE;
    const struct geo_feature *feature = geo_layer_feature(layer->data, index);
    if (feature->kind != GEO_LINE)
        return PHASE_AGAIN;
    const char *section = layer->section;
    BUFFER_CLEANUP struct buffer wkb;
    buffer_init(&wkb, BUFFER_CEILING_FILE);
    geo_line_to_wkb(feature->line, &wkb);
    int name = geo_layer_field(layer->data, model_key(job->model, section, "name"));
    int kind = geo_layer_field(layer->data, model_key(job->model, section, "kind"));
    job->next.result.streets++;
    int code = db_execute(db, QUERY_CITY_STREET_INSERT,
                          (struct db_value[]){
                              DB_INT(job->version),
                              DB_TEXT(geo_layer_text(layer->data, index, name)),
                              DB_TEXT(geo_layer_text(layer->data, index, kind)),
                              DB_BLOB(wkb.data, wkb.length),
                          },
                          4, error);
    return code < 0 ? code : PHASE_AGAIN;
}

int phase_places(struct load_job *job, struct db *db, struct error *error)
{
    const struct model_layer *layer = model_layer_of(job->model, MODEL_PLACES, NULL);
    size_t index = job->next.index++;
    if (index == 0) {
        bool same = false;
        int code = base_begin(job, db, layer, "layer places", QUERY_CITY_PLACE_CLOSE_ALL,
                              &same, error);
        return code < 0 ? code : same ? PHASE_DONE : PHASE_AGAIN;
    }
    if (!layer || --index >= geo_layer_features(layer->data))
        return PHASE_DONE;
    const struct geo_feature *feature = geo_layer_feature(layer->data, index);
    if (feature->kind != GEO_POINT)
        return PHASE_AGAIN;
    BUFFER_CLEANUP struct buffer wkb;
    buffer_init(&wkb, BUFFER_CEILING_LINE);
    geo_point_to_wkb(feature->point, &wkb);
    int name = geo_layer_field(layer->data, model_key(job->model, layer->section, "name"));
    int kind = geo_layer_field(layer->data, model_key(job->model, layer->section, "kind"));
    job->next.result.places++;
    int code = db_execute(db, QUERY_CITY_PLACE_INSERT,
                          (struct db_value[]){
                              DB_INT(job->version),
                              DB_TEXT(geo_layer_text(layer->data, index, name)),
                              DB_TEXT(geo_layer_text(layer->data, index, kind)),
                              DB_DOUBLE(degrees(feature->point.x)),
                              DB_DOUBLE(degrees(feature->point.y)),
                              DB_BLOB(wkb.data, wkb.length),
                          },
                          6, error);
    return code < 0 ? code : PHASE_AGAIN;
}

// ---- the last step of a load ----
int phase_valid(struct load_job *job, struct db *db, struct error *error)
{
    BUFFER_CLEANUP struct buffer note;
    buffer_init(&note, BUFFER_CEILING_LINE);
    buffer_format(&note, "%zu grids new, %zu closed, %zu areas changed",
                  job->next.result.grids_new, job->next.result.grids_closed,
                  job->next.result.areas_changed);
    int code = db_execute(
        db, QUERY_CITY_VERSION_MAKE_VALID,
        (struct db_value[]){DB_INT(job->version), DB_INT(job->now_ms), DB_TEXT(note.data)},
        3, error);
    return code < 0 ? code : PHASE_DONE;
}

// ---- components: a register, edited row by row ----
void component_digest(const struct model_component *c, uint8_t digest[HASH_SIZE])
{
    const char *texts[] = {c->layer->code, c->class_code, c->name,
                           c->state,       c->competent,  c->owner,
                           c->maintainer,  c->note,       c->grid_code};
    struct hash *hash = hash_new();
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        digest_text(hash, texts[i]);
    hash_add(hash, &c->point, sizeof(c->point));
    hash_finish(hash, digest);
}

// Keeps the row as it was before a change.
static int component_remember(struct load_job *job, struct db *db, struct db_statement *row,
                              struct error *error)
{
    static const char *const columns[] = {
        NULL,           NULL,       "layer",         "class", "name", "state",
        "competent_id", "owner_id", "maintainer_id", "lon",   "lat",  "unit_grid_code",
        "note"};
    BUFFER_CLEANUP struct buffer was;
    BUFFER_CLEANUP struct buffer origin;
    buffer_init(&was, BUFFER_CEILING_LINE);
    buffer_init(&origin, BUFFER_CEILING_LINE);
    for (size_t i = 2; i < sizeof(columns) / sizeof(*columns); i++) {
        const char *value = db_column_text(row, (int)i);
        buffer_format(&was, "%s\t%s\n", columns[i], value ? value : "");
    }
    buffer_format(&origin, "load %" PRId64, job->committed.result.version);
    return db_execute(db, QUERY_CITY_COMPONENT_CHANGE_INSERT,
                      (struct db_value[]){DB_INT(db_column_int(row, 0)),
                                          DB_INT(job->now_ms), DB_TEXT(origin.data),
                                          DB_TEXT(was.data)},
                      4, error);
}

static int component_write(struct load_job *job, struct db *db, enum query_id query,
                           const struct model_component *c, const uint8_t digest[HASH_SIZE],
                           struct error *error)
{
    BUFFER_CLEANUP struct buffer wkb;
    buffer_init(&wkb, BUFFER_CEILING_LINE);
    geo_point_to_wkb(c->point, &wkb);
    struct db_value values[] = {
        DB_TEXT(c->code),
        DB_TEXT(c->layer->code),
        DB_TEXT(c->class_code),
        DB_TEXT(c->name),
        DB_TEXT(c->state[0] ? c->state : "intact"),
        DB_TEXT(c->competent),
        DB_TEXT(c->owner),
        DB_TEXT(c->maintainer),
        DB_DOUBLE(degrees(c->point.x)),
        DB_DOUBLE(degrees(c->point.y)),
        DB_TEXT(c->grid_code),
        DB_TEXT(c->note),
        DB_INT(job->now_ms),
        DB_BLOB(digest, HASH_SIZE),
        DB_BLOB(wkb.data, wkb.length),
    };
    return db_execute(db, query, values, sizeof(values) / sizeof(*values), error);
}

int phase_components(struct load_job *job, struct db *db, struct error *error)
{
    if (job->next.index >= job->model->component_count)
        return PHASE_DONE;
    const struct model_component *c = &job->model->component[job->next.index++];
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    uint8_t digest[HASH_SIZE];
    component_digest(c, digest);
    int code = db_prepare(db, QUERY_CITY_COMPONENT_GET, &row, error);
    if (code < 0)
        return code;
    db_bind_text(row, 1, c->code);
    code = db_step(row, error);
    if (code == DB_ROW) {
        size_t length = 0;
        const void *stored = db_column_blob(row, 1, &length);
        if (length == HASH_SIZE && memcmp(stored, digest, HASH_SIZE) == 0)
            return PHASE_AGAIN;
        job->next.result.components_changed++;
        code = component_remember(job, db, row, error);
        row = db_finish(row);
        if (code == 0)
            code = component_write(job, db, QUERY_CITY_COMPONENT_UPDATE, c, digest, error);
    } else if (code == DB_DONE) {
        job->next.result.components_new++;
        code = component_write(job, db, QUERY_CITY_COMPONENT_INSERT, c, digest, error);
    }
    return code < 0 ? code : PHASE_AGAIN;
}
