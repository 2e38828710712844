// SPDX-License-Identifier: MPL-2.0
// Filling a snapshot: every version of the rules, rebuilt from the tables as stored; staff.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "snapshot_internal.h"

enum { TABLES_MOST = 64 };

int snapshot_table(struct db *db, const char *name, int64_t version,
                   struct table **ret_table, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    *ret_table = NULL;
    int code = db_prepare(db, QUERY_CITY_TABLE_NEWEST, &row, error);
    if (code < 0)
        return code;
    db_bind_text(row, 1, name);
    db_bind_int(row, 2, version);
    code = db_step(row, error);
    if (code != DB_ROW || db_column_length(row, 0) == 0)
        return code < 0 ? code : 0;
    return table_parse_csv(name, db_column_text(row, 1), db_column_text(row, 0),
                           db_column_length(row, 0), ret_table, error);
}

// ---- tables as they were at a version ----
struct tables_at {
    struct db *db;
    int64_t version;
    size_t count;
    struct table *table[TABLES_MOST];
    int code; // of reading
    struct error error;
};

static const struct table *find_table(void *context, const char *name)
{
    struct tables_at *tables = context;
    for (size_t i = 0; i < tables->count; i++)
        if (text_equal(table_name(tables->table[i]), name))
            return tables->table[i];
    struct table *table = NULL;
    int code = snapshot_table(tables->db, name, tables->version, &table, &tables->error);
    if (code < 0)
        tables->code = code;
    if (table && tables->count < TABLES_MOST)
        tables->table[tables->count++] = table;
    return table;
}

static void tables_done(struct tables_at *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        table_free(tables->table[i]);
    tables->count = 0;
}

// ---- names in routing rules ----
static int64_t find_name(void *context, enum routing_name name, int64_t parent,
                         const char *code)
{
    const struct city_snapshot *city = context;
    switch (name) {
    case ROUTING_NAME_DEPARTMENT:
        for (size_t i = 0; i < city->department_count; i++)
            if (text_equal(city->department[i].code, code))
                return city->department[i].id;
        return 0;
    case ROUTING_NAME_LAYER:
        for (size_t i = 0; i < city->layer_count; i++)
            if (text_equal(city->layer[i].code, code))
                return city->layer[i].id;
        return 0;
    case ROUTING_NAME_COVERAGE:
        for (size_t i = 0; i < city->coverage_count; i++)
            if (city->layer[city->coverage[i].layer].id == parent &&
                text_equal(city->coverage[i].code, code))
                return city->coverage[i].id;
        return 0;
    case ROUTING_NAME_LEVEL:
        for (size_t i = 0; i < city->level_count; i++)
            if (text_equal(city->level[i].code, code))
                return city->level[i].id;
        return 0;
    case ROUTING_NAME_AREA:
        for (size_t i = 0; i < city->area_count; i++)
            if (city->level[city->area[i].level].id == parent &&
                text_equal(city->area[i].code, code))
                return city->area[i].id;
        return 0;
    }
    return 0;
}

// ---- versions ----
static int read_versions(struct city_snapshot *city, struct db *db, enum city_rules rules,
                         struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_RULES_LIST, &row, error);
    if (code < 0)
        return code;
    size_t capacity = 0;
    db_bind_text(row, 1, rules_word(rules));
    db_bind_int(row, 2, city->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        size_t count = city->rules_count[rules];
        if (count == capacity) {
            capacity = capacity * 2 + 16;
            struct snapshot_rules *bigger =
                arena_array(city->arena, capacity, sizeof(*bigger));
            if (!bigger)
                return error_set(error, ERROR_LIMIT, "city.memory", "out of memory");
            if (count)
                memcpy(bigger, city->rules[rules], count * sizeof(*bigger));
            city->rules[rules] = bigger;
        }
        city->rules[rules][count].version = db_column_int(row, 0);
        city->rules_count[rules]++;
    }
    return code;
}

// The rules in force at a version.
static struct snapshot_rules *rules_until(struct city_snapshot *city, enum city_rules rules,
                                          int64_t version)
{
    struct snapshot_rules *found = NULL;
    for (size_t i = 0; i < city->rules_count[rules]; i++)
        if (city->rules[rules][i].version <= version)
            found = &city->rules[rules][i];
    return found;
}

static int set_ids(struct city_snapshot *city, struct catalogue *catalogue,
                   struct error *error)
{
    for (size_t i = 0; i < catalogue_class_count(catalogue); i++) {
        int64_t id = city_class_id(city, catalogue_class(catalogue, i)->code);
        catalogue_set_class_id(catalogue, i, id);
    }
    for (size_t i = 0; i < catalogue_condition_count(catalogue); i++) {
        int64_t id = city_condition_id(city, catalogue_condition(catalogue, i)->code);
        catalogue_set_condition_id(catalogue, i, id);
    }
    return catalogue_index(catalogue, error);
}

static int build_one(struct city_snapshot *city, struct db *db, enum city_rules rules,
                     struct snapshot_rules *one, struct error *error)
{
    struct tables_at tables = {.db = db, .version = one->version};
    struct rules_source source = {find_table, &tables, city_time_zone(city), one->version,
                                  NULL};
    struct routing_names names = {find_name, city};
    struct snapshot_rules *calendar = rules_until(city, CITY_CALENDAR, one->version);
    struct snapshot_rules *catalogue = rules_until(city, CITY_CATALOGUE, one->version);
    int code = 0;
    switch (rules) {
    case CITY_CALENDAR:
        code = rules_calendar(&source, &one->as.calendar, error);
        break;
    case CITY_CATALOGUE:
        code = rules_catalogue(&source, calendar ? calendar->as.calendar : NULL,
                               &one->as.catalogue, error);
        if (code == 0)
            code = set_ids(city, one->as.catalogue, error);
        break;
    case CITY_ROUTING:
        code = rules_routing(&source, catalogue ? catalogue->as.catalogue : NULL, &names,
                             &one->as.routing, error);
        break;
    case CITY_PROCESS:
        code = rules_process(&source, &one->as.process, error);
        break;
    case CITY_RULES_COUNT:
        break;
    }
    if (tables.code < 0) {
        code = tables.code;
        if (error)
            *error = tables.error;
    }
    tables_done(&tables);
    if (code < 0)
        error_prefix(error, "%s of version %lld", rules_word(rules),
                     (long long)one->version);
    return code;
}

// ---- rosters, offices, labels, indicators: of this version only ----
static int64_t duty_grid_id(void *context, const char *code)
{
    const struct city_snapshot *city = context;
    const struct city_area *area =
        city->roster_level < 0 ? NULL
                               : city_area_by_code(city, (size_t)city->roster_level, code);
    return area != NULL ? area->id : 0;
}

static int64_t department_id(void *context, const char *code)
{
    return find_name(context, ROUTING_NAME_DEPARTMENT, 0, code);
}

static int read_roster(struct city_snapshot *city, struct db *db, struct error *error)
{
    struct tables_at tables = {.db = db, .version = city->version};
    struct rules_source source = {find_table, &tables, city_time_zone(city), city->version,
                                  NULL};
    const char *level = snapshot_setting(city, "roster", "level");
    const struct city_level *found = level[0] ? city_level_by_code(city, level) : NULL;
    city->roster_level = found ? (int)found->position : -1;
    struct roster_source ids = {.has_level = found != NULL,
                                .context = city,
                                .department_id = department_id,
                                .duty_grid_id = duty_grid_id};
    int code = rules_roster(&source, city_calendar(city, 0), &ids, &city->roster, error);
    if (code == 0)
        code = rules_words(&source, &city->words, error);
    if (code == 0)
        code = rules_evaluation(&source, &city->evaluation, error);
    if (code == 0)
        code = rules_scores(&source, city->evaluation, &city->scores, error);
    if (code == 0)
        code = rules_reports(&source, &ids, city->evaluation, &city->report_plan, error);
    if (tables.code < 0) {
        code = tables.code;
        *error = tables.error;
    }
    tables_done(&tables);
    return code;
}

int snapshot_read_rules(struct city_snapshot *city, struct db *db, struct error *error)
{
    static const enum city_rules order[] = {CITY_CALENDAR, CITY_CATALOGUE, CITY_ROUTING,
                                            CITY_PROCESS};
    int code = 0;
    for (size_t k = 0; k < CITY_RULES_COUNT && code == 0; k++) {
        code = read_versions(city, db, order[k], error);
        for (size_t i = 0; i < city->rules_count[order[k]] && code == 0; i++)
            code = build_one(city, db, order[k], &city->rules[order[k]][i], error);
    }
    if (code == 0)
        code = snapshot_table(db, "staff", city->version, &city->staff, error);
    return code == 0 ? read_roster(city, db, error) : code;
}
