// SPDX-License-Identifier: MPL-2.0
// Reads classes and filing conditions; gridcase-catalogue(5).
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "catalogue_internal.h"

// Above what any table that fits a struct table can need: never reached.
#define CATALOGUE_CEILING ((size_t)8 << 30)
enum { CLASSES_MOST = 100000, CONDITIONS_MOST = 200000 };

// ---- classes.csv ----

static bool good_or_blank(struct catalogue_build *build, size_t row, const char *column,
                          size_t width)
{
    const struct table *table = build->source->classes;
    return *table_value(table, row, column) == '\0' ||
           rules_code_good(&build->check, table, row, column, width);
}

// The code column, or the kind's letter with major and minor.
static const char *class_code(struct catalogue_build *build, size_t row,
                              enum catalogue_kind kind)
{
    static const char letters[CATALOGUE_KIND_COUNT] = {'c', 'e', 's'};
    const struct table *table = build->source->classes;
    struct arena *arena = build->catalogue->arena;
    const char *major = table_value(table, row, "major");
    const char *minor = table_value(table, row, "minor");
    bool parts = good_or_blank(build, row, "major", build->source->major_width);
    parts = good_or_blank(build, row, "minor", build->source->minor_width) && parts;
    parts = good_or_blank(build, row, "region", build->source->region_width) && parts;
    if (!parts)
        return NULL;
    if (*table_value(table, row, "code") || !*major || !*minor)
        return rules_code_good(&build->check, table, row, "code",
                               build->source->class_width)
                   ? arena_text(arena, table_value(table, row, "code"))
                   : NULL;
    return arena_format(arena, "%c%s%s", letters[kind], major, minor);
}

static bool read_yes(struct catalogue_build *build, const struct table *table, size_t row,
                     const char *column, bool absent)
{
    const char *text = table_value(table, row, column);
    if (*text == '\0')
        return absent;
    if (strcmp(text, "yes") == 0 || strcmp(text, "1") == 0 || strcmp(text, "是") == 0)
        return true;
    if (strcmp(text, "no") != 0 && strcmp(text, "0") != 0 && strcmp(text, "否") != 0)
        rules_error(&build->check, table, row, column, "catalogue.yes_or_no",
                    "'%.20s' is neither yes nor no", text);
    return false;
}

static int64_t read_near(struct catalogue_build *build, size_t row, const char *column,
                         int64_t absent, int64_t most)
{
    const struct table *table = build->source->classes;
    const char *text = table_value(table, row, column);
    int64_t number = 0;
    if (*text == '\0')
        return absent;
    if (text_to_int(text, strlen(text), &number, NULL) != 0 || number < 0 || number > most)
        rules_error(&build->check, table, row, column, "catalogue.near",
                    "'%.20s' is no whole number from 0 to %lld", text, (long long)most);
    return number;
}

static void read_class(struct catalogue_build *build, size_t row)
{
    struct catalogue *catalogue = build->catalogue;
    const struct table *table = build->source->classes;
    struct catalogue_class *class = &catalogue->classes[catalogue->class_count];
    struct error error;
    size_t other;
    if (catalogue_kind_from_str(table_value(table, row, "kind"), &class->kind, &error)) {
        rules_error(&build->check, table, row, "kind", "catalogue.kind_unknown", "%s",
                    error.message);
        return;
    }
    class->code = class_code(build, row, class->kind);
    if (!class->code)
        return;
    if (!rules_index_add(&catalogue->class_codes, class->code, catalogue->class_count,
                         &other)) {
        rules_error(&build->check, table, row, "code", "code.duplicate",
                    "the class '%s' is there already", class->code);
        return;
    }
    class->id = (int64_t)catalogue->class_count + 1;
    class->region = arena_text(catalogue->arena, table_value(table, row, "region"));
    class->major = arena_text(catalogue->arena, table_value(table, row, "major"));
    class->minor = arena_text(catalogue->arena, table_value(table, row, "minor"));
    label_read(table, row, "major_name", catalogue->arena, &class->major_name);
    label_read(table, row, "name", catalogue->arena, &class->name);
    class->is_public = read_yes(build, table, row, "public", true);
    class->near_m =
        read_near(build, row, "near_m", CATALOGUE_NEAR_M, CATALOGUE_NEAR_M_MOST);
    class->near_days =
        read_near(build, row, "near_days", CATALOGUE_NEAR_DAYS, CATALOGUE_NEAR_DAYS_MOST);
    if (class->name.count == 0)
        rules_error(&build->check, table, row, "name", "catalogue.name_missing",
                    "the class '%s' has no name", class->code);
    catalogue->class_count++;
}

static void read_classes(struct catalogue_build *build)
{
    static const char *const columns[] = {"kind", NULL};
    static const char *const known[] = {"code",   "kind", "region", "major",     "minor",
                                        "public", "note", "near_m", "near_days", NULL};
    static const char *const prefixes[] = {"name", "major_name", NULL};
    const struct table *table = build->source->classes;
    struct catalogue *catalogue = build->catalogue;
    size_t rows = table_rows(table);
    rules_index_init(&catalogue->class_codes, rows + 1);
    catalogue->classes =
        arena_array(catalogue->arena, rows + 1, sizeof *catalogue->classes);
    if (!rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, prefixes);
    for (size_t row = 0; row < rows; row++)
        read_class(build, row);
    if (rows == 0)
        rules_error(&build->check, table, RULES_NO_ROW, NULL, "catalogue.empty",
                    "the catalogue has no class");
}

// ---- conditions.csv ----

static struct catalogue_condition *add_condition(struct catalogue *catalogue,
                                                 const char *code, size_t class_index)
{
    size_t other;
    size_t index = catalogue->condition_count;
    if (!rules_index_add(&catalogue->condition_codes, code, index, &other))
        return NULL;
    struct catalogue_condition *condition = &catalogue->conditions[index];
    condition->id = (int64_t)index + 1;
    condition->code = code;
    condition->class_index = class_index;
    catalogue->condition_count++;
    return condition;
}

static void read_condition(struct catalogue_build *build, size_t row, size_t class_index)
{
    const struct table *table = build->source->conditions;
    struct catalogue *catalogue = build->catalogue;
    if (!rules_code_good(&build->check, table, row, "code", build->source->condition_width))
        return;
    const char *code = arena_text(catalogue->arena, table_value(table, row, "code"));
    struct catalogue_condition *condition = add_condition(catalogue, code, class_index);
    if (!condition) {
        rules_error(&build->check, table, row, "code", "code.duplicate",
                    "the filing condition '%s' is there already", code);
        return;
    }
    label_read(table, row, "name", catalogue->arena, &condition->name);
    label_read(table, row, "closing", catalogue->arena, &condition->closing);
    if (condition->name.count == 0)
        rules_error(&build->check, table, row, "name", "catalogue.name_missing",
                    "the filing condition '%s' has no name", code);
}

// Rows of conditions.csv by the class they belong to: next[row] chains them.
struct chains {
    size_t *first; // per class, row + 1; 0 = none
    size_t *next;  // per row, row + 1
};

static void chain_rows(struct catalogue_build *build, struct chains *chains)
{
    const struct table *table = build->source->conditions;
    for (size_t row = table_rows(table); row-- > 0;) {
        const char *code = table_value(table, row, "class");
        size_t class_index;
        if (!rules_index_find(&build->catalogue->class_codes, code, &class_index)) {
            rules_error(&build->check, table, row, "class", "catalogue.class_unknown",
                        "there is no class '%.63s'", code);
            continue;
        }
        chains->next[row] = chains->first[class_index];
        chains->first[class_index] = row + 1;
    }
}

static void add_implicit(struct catalogue_build *build, size_t class_index)
{
    struct catalogue *catalogue = build->catalogue;
    struct catalogue_class *class = &catalogue->classes[class_index];
    struct catalogue_condition *condition =
        add_condition(catalogue, class->code, class_index);
    if (!condition) {
        rules_error(&build->check, build->source->conditions, RULES_NO_ROW, "code",
                    "code.duplicate",
                    "the class '%s' has no filing condition and its code is taken by the "
                    "condition of another class",
                    class->code);
        return;
    }
    condition->implicit = true;
    condition->name = class->name;
}

// Conditions stand in the order of their classes, so that a class is a stretch of them.
static void read_conditions(struct catalogue_build *build)
{
    static const char *const columns[] = {"code", "class", NULL};
    static const char *const known[] = {"code", "class",  "note", "limit",
                                        "unit", "season", NULL};
    static const char *const prefixes[] = {"name", "closing", NULL};
    const struct table *table = build->source->conditions;
    struct catalogue *catalogue = build->catalogue;
    size_t rows = table ? table_rows(table) : 0;
    struct chains chains = {
        .first = memory_array(catalogue->class_count + 1, sizeof *chains.first),
        .next = memory_array(rows + 1, sizeof *chains.next),
    };
    rules_index_init(&catalogue->condition_codes, rows + catalogue->class_count + 1);
    catalogue->conditions = arena_array(catalogue->arena, rows + catalogue->class_count + 1,
                                        sizeof *catalogue->conditions);
    if (table && rules_needs_columns(&build->check, table, columns)) {
        rules_known_columns(&build->check, table, known, prefixes);
        chain_rows(build, &chains);
    }
    for (size_t i = 0; i < catalogue->class_count; i++) {
        struct catalogue_class *class = &catalogue->classes[i];
        class->first_condition = catalogue->condition_count;
        for (size_t at = chains.first[i]; at; at = chains.next[at - 1])
            read_condition(build, at - 1, i);
        if (!chains.first[i])
            add_implicit(build, i);
        class->condition_count = catalogue->condition_count - class->first_condition;
    }
    free(chains.first);
    free(chains.next);
}

static int check_sizes(const struct catalogue_source *source, struct error *error)
{
    if (!source->classes)
        return error_set(error, ERROR_INPUT, "catalogue.invalid",
                         "the table of classes is missing");
    if (table_rows(source->classes) > CLASSES_MOST ||
        (source->conditions && table_rows(source->conditions) > CONDITIONS_MOST))
        return error_set(error, ERROR_LIMIT, "catalogue.too_large",
                         "more than %d classes or %d filing conditions", CLASSES_MOST,
                         CONDITIONS_MOST);
    return 0;
}

int catalogue_new(const struct catalogue_source *source, const struct rules_report *report,
                  struct catalogue **ret_catalogue, struct error *error)
{
    int code = check_sizes(source, error);
    if (code)
        return code;
    struct catalogue *catalogue = memory_new(sizeof *catalogue);
    catalogue->arena = arena_new(CATALOGUE_CEILING);
    catalogue->version = source->version;
    struct catalogue_build build = {
        .catalogue = catalogue, .source = source, .check = {.report = report}};
    read_classes(&build);
    read_conditions(&build);
    catalogue_read_limits(&build);
    catalogue_read_stage_limits(&build);
    catalogue_read_times(&build);
    catalogue_read_formers(&build);
    catalogue->class_ids = arena_array(catalogue->arena, catalogue->class_count + 1,
                                       sizeof *catalogue->class_ids);
    catalogue->condition_ids = arena_array(catalogue->arena, catalogue->condition_count + 1,
                                           sizeof *catalogue->condition_ids);
    code = rules_check_result(&build.check, "catalogue.invalid", error);
    if (!code)
        code = catalogue_index(catalogue, error);
    if (code) {
        catalogue_free(catalogue);
        return code;
    }
    *ret_catalogue = catalogue;
    return 0;
}
