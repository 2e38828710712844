// SPDX-License-Identifier: MPL-2.0
// Filling a snapshot from city.db: settings, levels, areas, unit grids, departments.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gridcase/core/text.h>

#include "department.h"
#include "snapshot_internal.h"

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "city.memory", "the model does not fit in memory");
}

// ---- rows of growing number into the arena ----
struct rows {
    char *data;
    size_t count, capacity, size;
};

// A zeroed new row; NULL when memory ran out. Old places are left behind in the arena.
static void *rows_add(struct arena *arena, struct rows *rows)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity * 2 + 64;
        char *bigger = arena_array(arena, capacity, rows->size);
        if (!bigger)
            return NULL;
        if (rows->count)
            memcpy(bigger, rows->data, rows->count * rows->size);
        rows->data = bigger;
        rows->capacity = capacity;
    }
    return rows->data + rows->count++ * rows->size;
}

static const char *column_text(struct city_snapshot *city, struct db_statement *row,
                               int column)
{
    const char *text = db_column_text(row, column);
    return arena_text(city->arena, text ? text : "");
}

// ---- settings ----
const char *snapshot_setting(const struct city_snapshot *city, const char *section,
                             const char *key)
{
    for (size_t i = 0; i < city->setting_count; i++)
        if (text_equal(city->setting[i].section, section) &&
            text_equal(city->setting[i].key, key))
            return city->setting[i].value;
    return "";
}

struct city_names snapshot_names(const struct city_snapshot *city, const char *section,
                                 const char *prefix)
{
    struct city_names names = {{NULL}};
    size_t length = strlen(prefix);
    for (size_t i = 0; i < city->setting_count; i++) {
        const struct snapshot_setting *setting = &city->setting[i];
        if (!text_equal(setting->section, section) || !text_starts(setting->key, prefix) ||
            setting->key[length] != '.')
            continue;
        for (size_t l = 0; l < city->language_count; l++)
            if (strcasecmp(setting->key + length + 1, city->language[l]) == 0)
                names.text[l] = setting->value;
    }
    return names;
}

static void split_languages(struct city_snapshot *city)
{
    const char *cursor = snapshot_setting(city, "city", "languages");
    size_t length;
    for (const char *tag = text_next(&cursor, ',', &length);
         tag && city->language_count < CITY_LANGUAGE_LIMIT;
         tag = text_next(&cursor, ',', &length))
        if (length)
            city->language[city->language_count++] = arena_copy(city->arena, tag, length);
}

int snapshot_read_settings(struct city_snapshot *city, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct rows rows = {.size = sizeof(struct snapshot_setting)};
    int code = db_prepare(db, QUERY_CITY_SETTING_LIST, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, city->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        struct snapshot_setting *setting = rows_add(city->arena, &rows);
        if (!setting)
            return no_memory(error);
        setting->section = column_text(city, row, 0);
        setting->key = column_text(city, row, 1);
        setting->value = column_text(city, row, 2);
    }
    city->setting = (struct snapshot_setting *)(void *)rows.data;
    city->setting_count = rows.count;
    split_languages(city);
    city->name = snapshot_names(city, "city", "name");
    const char *demo = snapshot_setting(city, "city", "demo");
    city->demo =
        text_equal(demo, "yes") || text_equal(demo, "1") || text_equal(demo, "true");
    return code;
}

// ---- levels and coverage layers ----
static int level_id(struct db *db, const char *code, const char *family, int64_t *ret_id,
                    struct error *error)
{
    return db_fetch_int(db, QUERY_CITY_LEVEL_ID,
                        (struct db_value[]){DB_TEXT(code), DB_TEXT(family)}, 2, ret_id,
                        error);
}

static int add_level(struct city_snapshot *city, struct db *db, const char *section,
                     struct error *error)
{
    struct city_level *level = &city->level[city->level_count];
    level->code = section + strlen("level ");
    level->name = snapshot_names(city, section, "title");
    level->kind = text_equal(snapshot_setting(city, section, "kind"), "overlay")
                      ? CITY_OVERLAY
                      : CITY_NESTING;
    level->position = city->level_count++;
    return level_id(db, level->code, "level", &level->id, error);
}

static int read_levels(struct city_snapshot *city, struct db *db, struct error *error)
{
    const char *last = "";
    int code = 0;
    for (size_t i = 0; i < city->setting_count && code == 0; i++) {
        const char *section = city->setting[i].section;
        if (text_equal(section, last))
            continue;
        last = section;
        if (text_starts(section, "level ") && city->level_count < CITY_LEVEL_LIMIT) {
            code = add_level(city, db, section, error);
        } else if (text_starts(section, "coverage ") &&
                   city->layer_count < CITY_COVERAGE_LIMIT) {
            struct snapshot_layer *layer = &city->layer[city->layer_count++];
            layer->code = section + strlen("coverage ");
            code = level_id(db, layer->code, "coverage", &layer->id, error);
        }
    }
    return code;
}

// ---- departments ----
static int read_codes(struct city_snapshot *city, struct db *db, enum query_id query,
                      struct snapshot_code **ret_codes, size_t *ret_count,
                      struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct rows rows = {.size = sizeof(struct snapshot_code)};
    int code = db_prepare(db, query, &row, error);
    if (code < 0)
        return code;
    while ((code = db_step(row, error)) == DB_ROW) {
        struct snapshot_code *one = rows_add(city->arena, &rows);
        if (!one)
            return no_memory(error);
        one->id = db_column_int(row, 0);
        one->code = column_text(city, row, 1);
    }
    *ret_codes = (struct snapshot_code *)(void *)rows.data;
    *ret_count = rows.count;
    return code;
}

static struct city_names row_names(struct city_snapshot *city, const struct table *table,
                                   size_t row)
{
    struct city_names names = {{NULL}};
    struct label label;
    label_read(table, row, "name", city->arena, &label);
    for (size_t l = 0; l < city->language_count; l++)
        for (size_t i = 0; i < label.count; i++)
            if (strcasecmp(label.tags[i], city->language[l]) == 0 ||
                text_equal(label.tags[i], "und"))
                names.text[l] = label.texts[i];
    return names;
}

static int64_t department_id(const struct city_snapshot *city, const char *code)
{
    for (size_t i = 0; code[0] && i < city->department_count; i++)
        if (text_equal(city->department[i].code, code))
            return city->department[i].id;
    return 0;
}

// Takes names and parents from a version of the table for departments not met in a newer.
static int fill_departments(struct city_snapshot *city, const struct table *table,
                            bool current, bool *company, struct error *error)
{
    for (size_t row = 0; row < table_rows(table); row++) {
        const char *code = table_value(table, row, "code");
        for (size_t i = 0; i < city->department_count; i++) {
            struct city_department *department = &city->department[i];
            if (!text_equal(department->code, code) || department->kind)
                continue;
            department->kind = arena_text(city->arena, table_value(table, row, "kind"));
            department->parent = department_id(city, table_value(table, row, "parent"));
            department->name = row_names(city, table, row);
            department->closed = !current;
            const char *column = "";
            int read = department_row(table, row, department, &company[i], &column, error);
            if (read != 0)
                return error_prefix(error, "departments: %s: %s", code, column);
        }
    }
    return 0;
}

static int read_departments(struct city_snapshot *city, struct db *db, struct error *error)
{
    struct snapshot_code *codes = NULL;
    size_t count = 0;
    int code = read_codes(city, db, QUERY_CITY_DEPARTMENT_LIST, &codes, &count, error);
    if (code < 0)
        return code;
    city->department = arena_array(city->arena, count + 1, sizeof(*city->department));
    if (!city->department)
        return no_memory(error);
    for (size_t i = 0; i < count; i++)
        city->department[i] = (struct city_department){
            .id = codes[i].id, .code = codes[i].code, .closed = true};
    city->department_count = count;
    bool *company = arena_array(city->arena, count + 1, sizeof(*company));
    if (!company)
        return no_memory(error);
    bool has_levels = false;
    for (int64_t version = city->version; version > 0 && code == 0; version--) {
        TABLE_CLEANUP struct table *table = NULL;
        bool missing = version == city->version;
        for (size_t i = 0; i < count; i++)
            missing = missing || !city->department[i].kind;
        if (!missing)
            break;
        code = snapshot_table(db, "departments", version, &table, error);
        if (code == 0 && table && version == city->version)
            has_levels = department_has_levels(table);
        if (code == 0 && table)
            code = fill_departments(city, table, version == city->version, company, error);
    }
    department_finish(city->department, count, company, has_levels);
    for (size_t i = 0; i < count; i++)
        if (!city->department[i].kind)
            city->department[i].kind = "";
    return code;
}

// ---- areas ----
static struct city_names names_from_lines(struct city_snapshot *city, const char *lines)
{
    struct city_names names = {{NULL}};
    char *at = arena_text(city->arena, lines ? lines : "");
    while (at && *at) {
        char *tab = strchr(at, '\t');
        char *end = strchr(at, '\n');
        if (!tab || !end || tab > end)
            break;
        *tab = '\0';
        *end = '\0';
        for (size_t l = 0; l < city->language_count; l++)
            if (!*at ? !names.text[l] : strcasecmp(at, city->language[l]) == 0)
                names.text[l] = tab + 1;
        at = end + 1;
    }
    return names;
}

static int add_area(struct city_snapshot *city, struct db_statement *row,
                    struct rows *areas, struct rows *coverage)
{
    int64_t level = db_column_int(row, 1);
    for (size_t i = 0; i < city->layer_count; i++)
        if (city->layer[i].id == level) {
            struct city_coverage_area *area = rows_add(city->arena, coverage);
            if (!area)
                return ERROR_LIMIT;
            area->id = db_column_int(row, 0);
            area->layer = i;
            area->code = column_text(city, row, 2);
            area->department = department_id(city, db_column_text(row, 5));
            return 0;
        }
    for (size_t i = 0; i < city->level_count; i++) {
        if (city->level[i].id != level)
            continue;
        struct city_area *area = rows_add(city->arena, areas);
        if (!area)
            return ERROR_LIMIT;
        area->id = db_column_int(row, 0);
        area->level = i;
        area->code = column_text(city, row, 2);
        area->name = names_from_lines(city, db_column_text(row, 3));
        area->area_class = column_text(city, row, 4);
        area->lon_deg = db_column_double(row, 6);
        area->lat_deg = db_column_double(row, 7);
        area->west_deg = db_column_double(row, 8);
        area->south_deg = db_column_double(row, 9);
        area->east_deg = db_column_double(row, 10);
        area->north_deg = db_column_double(row, 11);
        area->closed = !db_column_int(row, 12);
    }
    return 0;
}

static int compare_area_id(const void *a, const void *b)
{
    const struct city_area *x = a;
    const struct city_area *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int compare_coverage_id(const void *a, const void *b)
{
    const struct city_coverage_area *x = a;
    const struct city_coverage_area *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int compare_area_code(const void *a, const void *b)
{
    const struct city_area *x = *(const struct city_area *const *)a;
    const struct city_area *y = *(const struct city_area *const *)b;
    if (x->level != y->level)
        return x->level > y->level ? 1 : -1;
    return strcmp(x->code, y->code);
}

static int index_areas(struct city_snapshot *city, struct error *error)
{
    city->area_by_code = arena_array(city->arena, city->area_count + 1, sizeof(void *));
    if (!city->area_by_code)
        return no_memory(error);
    if (city->area_count)
        qsort(city->area, city->area_count, sizeof(*city->area), compare_area_id);
    if (city->coverage_count)
        qsort(city->coverage, city->coverage_count, sizeof(*city->coverage),
              compare_coverage_id);
    for (size_t i = 0; i < city->area_count; i++)
        if (!city->area[i].closed)
            city->area_by_code[city->area_open++] = &city->area[i];
    qsort(city->area_by_code, city->area_open, sizeof(void *), compare_area_code);
    return 0;
}

int snapshot_read_areas(struct city_snapshot *city, struct db *db, struct error *error)
{
    struct rows areas = {.size = sizeof(struct city_area)};
    struct rows coverage = {.size = sizeof(struct city_coverage_area)};
    int code = read_levels(city, db, error);
    if (code == 0)
        code = read_departments(city, db, error);
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    if (code == 0)
        code = db_prepare(db, QUERY_CITY_AREA_LIST, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, city->version);
    while ((code = db_step(row, error)) == DB_ROW)
        if (add_area(city, row, &areas, &coverage) < 0)
            return no_memory(error);
    if (code < 0)
        return code;
    city->area = (struct city_area *)(void *)areas.data;
    city->area_count = areas.count;
    city->coverage = (struct city_coverage_area *)(void *)coverage.data;
    city->coverage_count = coverage.count;
    return index_areas(city, error);
}

// ---- unit grids ----
static int compare_grid_code(const void *a, const void *b)
{
    const struct city_grid *x = *(const struct city_grid *const *)a;
    const struct city_grid *y = *(const struct city_grid *const *)b;
    return strcmp(x->code, y->code);
}

static int read_chains(struct city_snapshot *city, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_GRID_AREA_LIST, &row, error);
    size_t at = 0;
    if (code < 0)
        return code;
    db_bind_int(row, 1, city->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        int64_t id = db_column_int(row, 0);
        while (at < city->grid_count && city->grid[at].id < id)
            at++;
        for (size_t i = 0; at < city->grid_count && i < city->level_count; i++)
            if (city->level[i].id == db_column_int(row, 1) &&
                city->level[i].kind == CITY_NESTING && city->grid[at].id == id)
                city->grid[at].areas[i] = db_column_int(row, 2);
    }
    return code;
}

// The outer bounds of the grids in force, not of their centres: a report at the edge of the
// city is not outside it.
static int read_bbox(struct city_snapshot *city, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_GRID_BOUNDS, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, city->version);
    code = db_step(row, error);
    for (int i = 0; code == DB_ROW && i < 4; i++)
        city->bbox[i] = db_column_double(row, i); // 0 for a city without grids
    return code < 0 ? code : 0;
}

int snapshot_read_grids(struct city_snapshot *city, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct rows rows = {.size = sizeof(struct city_grid)};
    int code = db_prepare(db, QUERY_CITY_GRID_LIST, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, city->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        struct city_grid *grid = rows_add(city->arena, &rows);
        if (!grid)
            return no_memory(error);
        grid->id = db_column_int(row, 0);
        grid->code = column_text(city, row, 1);
        grid->lon_deg = db_column_double(row, 2);
        grid->lat_deg = db_column_double(row, 3);
        grid->area_m2 = db_column_double(row, 4);
        grid->area_class = column_text(city, row, 5);
        grid->closed = !db_column_int(row, 6);
    }
    city->grid = (struct city_grid *)(void *)rows.data;
    city->grid_count = rows.count;
    city->grid_by_code = arena_array(city->arena, rows.count + 1, sizeof(void *));
    if (code < 0 || !city->grid_by_code)
        return code < 0 ? code : no_memory(error);
    for (size_t i = 0; i < city->grid_count; i++)
        if (!city->grid[i].closed)
            city->grid_by_code[city->grid_open++] = &city->grid[i];
    qsort(city->grid_by_code, city->grid_open, sizeof(void *), compare_grid_code);
    code = read_bbox(city, db, error);
    if (code == 0)
        code = read_chains(city, db, error);
    if (code == 0)
        code = read_codes(city, db, QUERY_CITY_CLASS_LIST, &city->class_code,
                          &city->class_count, error);
    if (code == 0)
        code = read_codes(city, db, QUERY_CITY_CONDITION_LIST, &city->condition_code,
                          &city->condition_count, error);
    return code;
}
