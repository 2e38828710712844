// SPDX-License-Identifier: MPL-2.0
// Office tables of a model: reading, column mapping, codes, departments.
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "department.h"
#include "model_internal.h"
#include "model_report.h"

struct table *model_table(const struct city_model *model, const char *name)
{
    for (size_t i = 0; i < model->table_count; i++)
        if (text_equal(table_name(model->table[i]), name))
            return model->table[i];
    return NULL;
}

const struct table *city_model_table(const struct city_model *model, const char *name)
{
    return model_table(model, name);
}

// A copy of the table with its columns named as "column.OURS = THEIRS" says.
static int rename_columns(struct city_model *model, const char *section,
                          struct table **table, struct error *error)
{
    struct table *renamed = table_new(table_name(*table), table_source(*table));
    int code = 0;
    for (size_t c = 0; c < table_columns(*table) && code == 0; c++) {
        const char *name = table_column_name(*table, c);
        for (size_t i = 0; i < ini_entries(model->ini); i++) {
            const struct ini_entry *entry = ini_entry(model->ini, i);
            if (text_equal(entry->section, section) && text_starts(entry->key, "column.") &&
                strcasecmp(entry->value, name) == 0)
                name = entry->key + strlen("column.");
        }
        code = table_add_column(renamed, name, error);
    }
    for (size_t r = 0; r < table_rows(*table) && code == 0; r++) {
        size_t row = table_add_row(renamed, table_line(*table, r));
        for (size_t c = 0; c < table_columns(*table); c++)
            table_set(renamed, row, c, table_cell(*table, r, (int)c));
    }
    if (code < 0) {
        table_free(renamed);
        return code;
    }
    table_free(*table);
    *table = renamed;
    return 0;
}

static void check_widths(struct city_model *model, const char *section,
                         const struct table *table)
{
    for (size_t i = 0; i < ini_entries(model->ini); i++) {
        const struct ini_entry *entry = ini_entry(model->ini, i);
        if (!text_equal(entry->section, section) || !text_starts(entry->key, "width."))
            continue;
        const char *column = entry->key + strlen("width.");
        int64_t width = 0;
        struct model_where where = {"city.ini", section, entry->line};
        if (text_to_int(entry->value, strlen(entry->value), &width, NULL) < 0)
            model_report(model, CITY_ERROR, "ini.number", &where, "%s is no number",
                         entry->value);
        int c = table_column(table, column);
        for (size_t row = 0; c >= 0 && row < table_rows(table); row++) {
            const char *code = table_cell(table, row, c);
            size_t length = strlen(code);
            where =
                (struct model_where){table_source(table), section, table_line(table, row)};
            bool decimal = length > 2 && strcmp(code + length - 2, ".0") == 0;
            if (length > 0 && ((int64_t)length < width || decimal))
                model_report(model, CITY_ERROR, "code.number", &where,
                             "%s \"%s\" should have %lld characters: the spreadsheet has "
                             "stored this code as a number",
                             column, code, (long long)width);
        }
    }
}

static void read_one(struct city_model *model, const char *section)
{
    const char *name = section + strlen("table ");
    const char *file = model_key(model, section, "source");
    struct model_where where = {file[0] ? file : "city.ini", section, -1};
    struct error error = {0};
    struct table *table = NULL;
    if (model->table_count == MODEL_TABLES_MOST) {
        model_report(model, CITY_ERROR, "table.too_many", &where, "more than %d tables",
                     MODEL_TABLES_MOST);
        return;
    }
    int code = geo_table_read(model_path(model, file), model_key(model, section, "sheet"),
                              model_key(model, section, "encoding"), name, &table, &error);
    if (code == 0)
        code = geo_table_check_text(table, &error);
    if (code == 0)
        code = rename_columns(model, section, &table, &error);
    if (code < 0) {
        table_free(table);
        model_report(model, CITY_ERROR, error.slug, &where, "%s", error.message);
        return;
    }
    check_widths(model, section, table);
    model->table[model->table_count++] = table;
}

void model_read_tables(struct city_model *model)
{
    const char *last = "";
    for (size_t i = 0; i < ini_entries(model->ini); i++) {
        const struct ini_entry *entry = ini_entry(model->ini, i);
        if (text_starts(entry->section, "table ") && !text_equal(entry->section, last))
            read_one(model, entry->section);
        last = entry->section;
    }
    model_read_templates(model);
}

// ---- codes ----
struct model_codes {
    struct city_model *model;
    const char *section;
    const char *pattern;
    bool compiled;
    regex_t regex;
    int64_t width;     // 0: not declared
    const char **seen; // open addressing
    int64_t *seen_row;
    size_t count, capacity;
};

struct model_codes *model_codes_new(struct city_model *model, const char *section)
{
    struct model_codes *codes = memory_new(sizeof(*codes));
    codes->model = model;
    codes->section = section;
    codes->pattern = model_key(model, section, "code_pattern");
    codes->width = (int64_t)model_number(model, section, "code_width", 0);
    if (codes->pattern[0]) {
        const char *anchored = arena_format(model->arena, "^(%s)$", codes->pattern);
        codes->compiled = regcomp(&codes->regex, anchored, REG_EXTENDED | REG_NOSUB) == 0;
        struct model_where where = {"city.ini", section, -1};
        if (!codes->compiled)
            model_report(model, CITY_ERROR, "ini.pattern", &where,
                         "code_pattern \"%s\" is no regular expression", codes->pattern);
    }
    return codes;
}

struct model_codes *model_codes_free(struct model_codes *codes)
{
    if (codes) {
        if (codes->compiled)
            regfree(&codes->regex);
        free(codes->seen);
        free(codes->seen_row);
        free(codes);
    }
    return NULL;
}

static size_t slot_of(const struct model_codes *codes, const char *code)
{
    size_t hash = 5381;
    for (const char *c = code; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    size_t slot = hash & (codes->capacity - 1);
    while (codes->seen[slot] && strcmp(codes->seen[slot], code) != 0)
        slot = (slot + 1) & (codes->capacity - 1);
    return slot;
}

static bool codes_grow(struct model_codes *codes)
{
    if ((codes->count + 1) * 2 <= codes->capacity)
        return true;
    struct model_codes old = *codes;
    codes->capacity = old.capacity ? old.capacity * 4 : 1024;
    codes->seen = calloc(codes->capacity, sizeof(*codes->seen));
    codes->seen_row = calloc(codes->capacity, sizeof(*codes->seen_row));
    if (!codes->seen || !codes->seen_row)
        return false;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.seen[i]) {
            size_t slot = slot_of(codes, old.seen[i]);
            codes->seen[slot] = old.seen[i];
            codes->seen_row[slot] = old.seen_row[i];
        }
    free(old.seen);
    free(old.seen_row);
    return true;
}

void model_codes_check(struct model_codes *codes, const char *code,
                       const struct model_where *where)
{
    struct city_model *model = codes->model;
    size_t length = strlen(code);
    bool number = length > 2 && strcmp(code + length - 2, ".0") == 0;
    if (length == 0) {
        model_report(model, CITY_ERROR, "code.missing", where, "no code");
        return;
    }
    if (number || (codes->width > 0 && (int64_t)length < codes->width))
        model_report(model, CITY_ERROR, "code.number", where,
                     "code \"%s\" should have %lld characters: the spreadsheet has stored "
                     "this code as a number",
                     code, (long long)codes->width);
    else if (codes->compiled && regexec(&codes->regex, code, 0, NULL, 0) != 0)
        model_report(model, CITY_ERROR, "code.pattern", where,
                     "code \"%s\" does not follow the pattern %s", code, codes->pattern);
    if (!codes_grow(codes))
        return;
    size_t slot = slot_of(codes, code);
    bool rounded = length == 16 && code[15] == '0';
    if (codes->seen[slot]) {
        model_report(model, CITY_ERROR, "code.duplicate", where,
                     "code \"%s\" is also that of row %lld%s", code,
                     (long long)codes->seen_row[slot],
                     rounded ? ": the spreadsheet has stored this code as a number" : "");
    } else {
        codes->seen[slot] = code;
        codes->seen_row[slot] = where->row;
        codes->count++;
    }
}

// ---- departments ----
bool model_has_department(const struct city_model *model, const char *code)
{
    const struct table *table = model_table(model, "departments");
    int column = table ? table_column(table, "code") : -1;
    for (size_t row = 0; table && row < table_rows(table); row++)
        if (text_equal(table_cell(table, row, column), code))
            return true;
    return false;
}

static const char *parent_of(const struct table *table, const char *code)
{
    for (size_t row = 0; row < table_rows(table); row++)
        if (text_equal(table_value(table, row, "code"), code))
            return table_value(table, row, "parent");
    return "";
}

// Level, limits and marks of a row; a desk stands below a higher level.
static void check_levels(struct city_model *model, const struct table *table, size_t row,
                         const struct model_where *where)
{
    struct city_department found = {0}, above = {0};
    struct error error = {0};
    const char *column = "";
    bool company = false;
    if (department_row(table, row, &found, &company, &column, &error) != 0) {
        model_report(model, CITY_ERROR, error.slug, where, "%s: %s", column, error.message);
        return;
    }
    const char *parent = table_value(table, row, "parent");
    for (size_t steps = 0; parent[0] && steps < table_rows(table); steps++) {
        size_t at = 0;
        while (at < table_rows(table) &&
               !text_equal(table_value(table, at, "code"), parent))
            at++;
        if (at == table_rows(table) ||
            department_row(table, at, &above, &company, &column, NULL) != 0)
            return;
        if (found.command > 0 && above.command >= found.command)
            model_report(model, CITY_ERROR, "department.level", where,
                         "level of command %d below \"%s\", which has level %d",
                         found.command, parent, above.command);
        parent = above.command > 0 ? "" : table_value(table, at, "parent");
    }
    bool limits = found.desk_limit.unit != LIMIT_NONE || found.inner_percent > 0;
    if (limits && found.command < 2)
        model_report(model, CITY_ERROR, "department.limit", where,
                     "only a desk (level of command 2 or more) has a limit of its own");
}

void model_check_departments(struct city_model *model)
{
    const struct table *table = model_table(model, "departments");
    struct model_where where = {"city.ini", "table departments", -1};
    if (!table) {
        model_report(model, CITY_ERROR, "department.missing", &where,
                     "the model has no table of departments");
        return;
    }
    struct model_codes *codes = model_codes_new(model, "table departments");
    for (size_t row = 0; row < table_rows(table); row++) {
        const char *code = table_value(table, row, "code");
        const char *parent = table_value(table, row, "parent");
        where = (struct model_where){table_source(table), "table departments",
                                     table_line(table, row)};
        model_codes_check(codes, code, &where);
        check_levels(model, table, row, &where);
        if (parent[0] && !model_has_department(model, parent))
            model_report(model, CITY_ERROR, "department.unknown", &where,
                         "parent department \"%s\" is unknown", parent);
        size_t steps = 0;
        for (const char *at = parent; at[0] && steps <= table_rows(table); steps++)
            at = parent_of(table, at);
        if (steps > table_rows(table))
            model_report(model, CITY_ERROR, "department.circle", &where,
                         "department \"%s\" stands below itself", code);
    }
    model_codes_free(codes);
}
