// SPDX-License-Identifier: MPL-2.0
// Storing a model: sweep, version, settings, tables, registries.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "locator_path.h"
#include "rules_set.h"
#include "store_internal.h"

int locator_path(const struct db_store *store, const char *slug, int64_t version,
                 int64_t level_id, char *out, size_t size, struct error *error)
{
    char name[64];
    int code =
        level_id ? text_format(name, sizeof(name), "locator-%lld-%lld.bin",
                               (long long)version, (long long)level_id)
                 : text_format(name, sizeof(name), "locator-%lld.bin", (long long)version);
    if (code == 0)
        code = db_store_city_path(store, slug, name, out, size);
    return code < 0 ? error_set(error, code, "file.path", "path is too long") : 0;
}

void digest_text(struct hash *hash, const char *text)
{
    uint64_t length = strlen(text);
    hash_add(hash, &length, sizeof(length));
    hash_add(hash, text, length);
}

// ---- sweep ----
static const enum query_id sweeps[] = {
    QUERY_CITY_SWEEP_GRID_AREAS,     QUERY_CITY_SWEEP_GRIDS,
    QUERY_CITY_SWEEP_GRIDS_REOPEN,   QUERY_CITY_SWEEP_SHAPES,
    QUERY_CITY_SWEEP_SHAPES_REOPEN,  QUERY_CITY_SWEEP_STREETS,
    QUERY_CITY_SWEEP_STREETS_REOPEN, QUERY_CITY_SWEEP_PLACES,
    QUERY_CITY_SWEEP_PLACES_REOPEN,  QUERY_CITY_SWEEP_SETTINGS,
    QUERY_CITY_SWEEP_TABLES,         QUERY_CITY_SWEEP_RULES,
    QUERY_CITY_SWEEP_VERSION,
};

int phase_sweep(struct load_job *job, struct db *db, struct error *error)
{
    int64_t version = 0;
    int code = db_fetch_int(db, QUERY_CITY_VERSION_LOADING, NULL, 0, &version, error);
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        return PHASE_DONE;
    }
    size_t which = job->next.index++ % (sizeof(sweeps) / sizeof(*sweeps));
    if (code == 0)
        code =
            db_execute(db, sweeps[which], (struct db_value[]){DB_INT(version)}, 1, error);
    return code < 0 ? code : PHASE_AGAIN;
}

int phase_version(struct load_job *job, struct db *db, struct error *error)
{
    job->previous = 0;
    int code = db_fetch_int(db, QUERY_CITY_VERSION_VALID, NULL, 0, &job->previous, error);
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        code = 0;
    }
    if (code == 0)
        code = db_fetch_int(db, QUERY_CITY_VERSION_NEXT, NULL, 0, &job->version, error);
    if (code == 0)
        code = db_execute(db, QUERY_CITY_VERSION_INSERT,
                          (struct db_value[]){DB_INT(job->version), DB_INT(job->now_ms),
                                              DB_TEXT(job->model->folder)},
                          3, error);
    return code < 0 ? code : PHASE_DONE;
}

// ---- settings and tables ----
int phase_settings(struct load_job *job, struct db *db, struct error *error)
{
    const struct ini *ini = job->model->ini;
    int code = 0;
    for (size_t i = 0; i < ini_entries(ini) && code == 0; i++) {
        const struct ini_entry *entry = ini_entry(ini, i);
        code = db_execute(db, QUERY_CITY_SETTING_INSERT,
                          (struct db_value[]){DB_INT(job->version), DB_INT((int64_t)i),
                                              DB_TEXT(entry->section), DB_TEXT(entry->key),
                                              DB_TEXT(entry->value)},
                          5, error);
    }
    return code < 0 ? code : PHASE_DONE;
}

int table_same(struct db *db, const char *name, int64_t version,
               const uint8_t digest[HASH_SIZE], bool *ret_same, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    *ret_same = false;
    int code = db_prepare(db, QUERY_CITY_TABLE_DIGEST, &row, error);
    if (code < 0)
        return code;
    db_bind_text(row, 1, name);
    db_bind_int(row, 2, version);
    code = db_step(row, error);
    if (code == DB_ROW) {
        size_t length = 0;
        const void *stored = db_column_blob(row, 0, &length);
        *ret_same = length == HASH_SIZE && memcmp(stored, digest, HASH_SIZE) == 0;
    }
    return code < 0 ? code : 0;
}

static int store_text(struct load_job *job, struct db *db, const char *name,
                      const char *source, const struct buffer *text, struct error *error)
{
    uint8_t digest[HASH_SIZE];
    const char *data = text->data ? text->data : "";
    bool same = false;
    hash_bytes(data, text->length, digest);
    int code = table_same(db, name, job->version, digest, &same, error);
    if (code < 0 || same)
        return code;
    job->next.changes++;
    for (int rules = 0; rules < CITY_RULES_COUNT; rules++)
        if (rules_depend((enum city_rules)rules, name))
            job->next.rules |= 1U << rules;
    return db_execute(db, QUERY_CITY_TABLE_INSERT,
                      (struct db_value[]){DB_TEXT(name), DB_INT(job->version),
                                          DB_TEXT(source), DB_BLOB(digest, HASH_SIZE),
                                          DB_TEXT(data)},
                      5, error);
}

void ini_text(const struct city_model *model, struct buffer *out)
{
    for (size_t i = 0; i < ini_entries(model->ini); i++) {
        const struct ini_entry *entry = ini_entry(model->ini, i);
        buffer_format(out, "%s\t%s\t%s\n", entry->section, entry->key, entry->value);
    }
}

bool is_pseudo_table(const char *name)
{
    return text_equal(name, "city.ini") || text_equal(name, "time_zone") ||
           text_starts(name, "layer ");
}

// So that a change of city.ini alone makes a version too.
static int store_ini(struct load_job *job, struct db *db, struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_FILE);
    ini_text(job->model, &text);
    int code = store_text(job, db, "city.ini", "city.ini", &text, error);
    buffer_clear(&text);
    buffer_append_text(&text, model_key(job->model, "city", "time_zone"));
    if (code == 0)
        code = store_text(job, db, "time_zone", "city.ini", &text, error);
    return code;
}

static int store_removed(struct load_job *job, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct buffer nothing;
    buffer_init(&nothing, 64);
    int code = db_prepare(db, QUERY_CITY_TABLE_NAMES, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, job->previous);
    while ((code = db_step(row, error)) == DB_ROW) {
        const char *name = db_column_text(row, 0);
        if (!is_pseudo_table(name) && !model_table(job->model, name))
            code = store_text(job, db, name, "", &nothing, error);
        if (code < 0)
            break;
    }
    return code;
}

int phase_tables(struct load_job *job, struct db *db, struct error *error)
{
    size_t index = job->next.index++;
    int code = 0;
    if (index < job->model->table_count) {
        const struct table *table = job->model->table[index];
        BUFFER_CLEANUP struct buffer text;
        buffer_init(&text, BUFFER_CEILING_FILE);
        table_write_csv(table, &text);
        code = buffer_check(&text, error);
        if (code == 0)
            code =
                store_text(job, db, table_name(table), table_source(table), &text, error);
        return code < 0 ? code : PHASE_AGAIN;
    }
    code = store_ini(job, db, error);
    if (code == 0)
        code = store_removed(job, db, error);
    return code < 0 ? code : PHASE_DONE;
}

int phase_rules(struct load_job *job, struct db *db, struct error *error)
{
    int code = 0;
    for (int rules = 0; rules < CITY_RULES_COUNT && code == 0; rules++)
        if (job->next.rules & 1U << rules || job->previous == 0)
            code =
                db_execute(db, QUERY_CITY_RULES_INSERT,
                           (struct db_value[]){DB_TEXT(rules_word((enum city_rules)rules)),
                                               DB_INT(job->version)},
                           2, error);
    return code < 0 ? code : PHASE_DONE;
}

// ---- registries ----
static const struct table *find_table(void *context, const char *name)
{
    return model_table(context, name);
}

static int register_catalogue(struct load_job *job, struct db *db, struct error *error)
{
    struct rules_source source = {find_table, job->model,
                                  model_key(job->model, "city", "time_zone"), job->version,
                                  NULL};
    struct calendar *calendar = NULL;
    struct catalogue *catalogue = NULL;
    int code = rules_calendar(&source, &calendar, error);
    if (code == 0)
        code = rules_catalogue(&source, calendar, &catalogue, error);
    for (size_t i = 0; code == 0 && i < catalogue_class_count(catalogue); i++) {
        const struct catalogue_class *class = catalogue_class(catalogue, i);
        code = db_execute(db, QUERY_CITY_CLASS_INSERT,
                          (struct db_value[]){DB_TEXT(class->code)}, 1, error);
    }
    for (size_t i = 0; code == 0 && i < catalogue_condition_count(catalogue); i++) {
        const struct catalogue_condition *condition = catalogue_condition(catalogue, i);
        const char *class = catalogue_class(catalogue, condition->class_index)->code;
        code = db_execute(db, QUERY_CITY_CONDITION_INSERT,
                          (struct db_value[]){DB_TEXT(class), DB_TEXT(condition->code)}, 2,
                          error);
    }
    catalogue_free(catalogue);
    calendar_free(calendar);
    return code;
}

static int register_level(struct load_job *job, struct db *db, size_t index,
                          struct error *error)
{
    const struct model_layer *layer = &job->model->layer[index];
    if (layer->family != MODEL_LEVEL && layer->family != MODEL_COVERAGE)
        return 0;
    const char *family = layer->family == MODEL_LEVEL ? "level" : "coverage";
    struct db_value values[] = {DB_TEXT(layer->code), DB_TEXT(family)};
    int code = db_execute(db, QUERY_CITY_LEVEL_INSERT, values, 2, error);
    if (code == 0)
        code =
            db_fetch_int(db, QUERY_CITY_LEVEL_ID, values, 2, &job->level_id[index], error);
    return code;
}

int phase_registries(struct load_job *job, struct db *db, struct error *error)
{
    const struct table *departments = model_table(job->model, "departments");
    int code = 0;
    for (size_t row = 0; departments && row < table_rows(departments) && code == 0; row++)
        code = db_execute(
            db, QUERY_CITY_DEPARTMENT_INSERT,
            (struct db_value[]){DB_TEXT(table_value(departments, row, "code"))}, 1, error);
    for (size_t i = 0; i < job->model->layer_count && code == 0; i++)
        code = register_level(job, db, i, error);
    if (code == 0)
        code = register_catalogue(job, db, error);
    return code < 0 ? code : PHASE_DONE;
}
