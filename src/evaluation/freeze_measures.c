// SPDX-License-Identifier: MPL-2.0
// What is frozen: every measure there is, with its definition, as tables from which it can
// be counted again.
#include <string.h>

#include <gridcase/core/table.h>
#include <gridcase/rules/expression.h>
#include <gridcase/rules/zone.h>

#include "freeze_internal.h"

const char *freeze_measure_words(const struct evaluation *evaluation, struct arena *arena)
{
    struct buffer words BUFFER_CLEANUP;
    buffer_init(&words, BUFFER_CEILING_LINE);
    for (size_t i = 0; i < evaluation_measures(evaluation); i++)
        buffer_format(&words, "%s%s", i > 0 ? "," : "",
                      evaluation_measure(evaluation, i)->code);
    return arena_text(arena, words.data != NULL ? words.data : "");
}

const char *freeze_measure_code(const struct figure_query *query, size_t at)
{
    return figure_measure(query, at)->code;
}

void freeze_put_measures(struct json_writer *json, const struct figure_query *query)
{
    json_begin_array(json, "measures");
    for (size_t i = 0; i < query->measure_count; i++) {
        const struct indicator *measure = figure_measure(query, i);
        json_begin_object(json, NULL);
        json_put_text(json, "code", measure->code);
        json_put_text(json, "version", measure->version);
        label_put(json, "name", &measure->name);
        json_put_text(json, "unit", indicator_unit_to_str(measure->unit));
        json_put_bool(json, "stock", measure->stock);
        json_end_object(json);
    }
    json_end_array(json);
}

// ---- definitions as tables ----
static struct table *begin_table(const char *name, const char *const *columns)
{
    struct table *table = table_new(name, "frozen");
    for (; *columns != NULL; columns++)
        if (table_add_column(table, *columns, NULL) != 0)
            return table_free(table);
    return table;
}

static void set(struct table *table, size_t row, const char *column, const char *text)
{
    table_set(table, row, (size_t)table_column(table, column), text);
}

static size_t put_common(struct table *table, const struct indicator *measure)
{
    size_t row = table_add_row(table, measure->line);
    set(table, row, "code", measure->code);
    set(table, row, "version", measure->version);
    set(table, row, "name_en", label_text(&measure->name, "en"));
    set(table, row, "name_zh", label_text(&measure->name, "zh-CN"));
    set(table, row, "unit", indicator_unit_to_str(measure->unit));
    set(table, row, "better", indicator_better_to_str(measure->better));
    set(table, row, "source", measure->source);
    return row;
}

static struct table *counts_of(const struct evaluation *evaluation)
{
    static const char *const COLUMNS[] = {"code", "version", "name_en", "name_zh",
                                          "on",   "until",   "when",    "value",
                                          "unit", "better",  "source",  NULL};
    struct table *table = begin_table("counts", COLUMNS);
    for (size_t i = 0; table != NULL && i < evaluation_measures(evaluation); i++) {
        const struct indicator *measure = evaluation_measure(evaluation, i);
        if (!measure->is_count)
            continue;
        size_t row = put_common(table, measure);
        set(table, row, "on", expression_word(measure->on)->name);
        if (measure->until >= 0)
            set(table, row, "until",
                expression_word((enum fact_field)measure->until)->name);
        set(table, row, "when", measure->when.text);
        set(table, row, "value", measure->value.text);
    }
    return table;
}

static struct table *indicators_of(const struct evaluation *evaluation, struct arena *arena)
{
    static const char *const COLUMNS[] = {"code",    "version", "name_en", "name_zh",
                                          "formula", "if_zero", "unit",    "better",
                                          "source",  NULL};
    struct table *table = begin_table("indicators", COLUMNS);
    for (size_t i = 0; table != NULL && i < evaluation_measures(evaluation); i++) {
        const struct indicator *measure = evaluation_measure(evaluation, i);
        if (measure->is_count)
            continue;
        size_t row = put_common(table, measure);
        set(table, row, "formula", measure->formula.text);
        set(table, row, "if_zero",
            measure->zero == INDICATOR_ZERO_NUMBER
                ? arena_format(arena, "%.9g", measure->zero_value)
                : "blank");
    }
    return table;
}

static struct table *given_of(const struct evaluation *evaluation, struct arena *arena)
{
    static const char *const COLUMNS[] = {"code", "from", "to", "value", NULL};
    struct table *table = begin_table("given", COLUMNS);
    for (size_t i = 0; table != NULL && i < evaluation_given(evaluation); i++) {
        const struct given_number *given = evaluation_given_at(evaluation, i);
        char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
        date_to_text(given->from_day, from);
        date_to_text(given->to_day, to);
        size_t row = table_add_row(table, given->line);
        set(table, row, "code", given->code);
        set(table, row, "from", from);
        set(table, row, "to", to);
        set(table, row, "value", arena_format(arena, "%.15g", given->value));
    }
    return table;
}

static int put_table(struct json_writer *json, const char *name, const struct table *table,
                     struct error *error)
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    if (table == NULL)
        return error_set(error, ERROR_BUG, "freeze.definitions", "no table of %s", name);
    table_write_csv(table, &text);
    json_put_text(json, name, text.data != NULL ? text.data : "");
    return buffer_check(&text, error);
}

int freeze_put_definitions(struct json_writer *json, const struct evaluation *evaluation,
                           struct arena *arena, struct error *error)
{
    char digest[HASH_HEX_SIZE];
    struct table *counts TABLE_CLEANUP = counts_of(evaluation);
    struct table *indicators TABLE_CLEANUP = indicators_of(evaluation, arena);
    struct table *given TABLE_CLEANUP = given_of(evaluation, arena);
    hash_to_hex(evaluation_digest(evaluation), digest);
    json_begin_object(json, "indicators");
    json_put_text(json, "digest", digest);
    int code = put_table(json, "counts", counts, error);
    if (code == 0)
        code = put_table(json, "indicators", indicators, error);
    if (code == 0)
        code = put_table(json, "given", given, error);
    json_end_object(json);
    return code;
}

// ---- and back ----
struct reading {
    struct table *counts, *indicators, *given;
};

static const struct table *find(void *context, const char *name)
{
    const struct reading *reading = context;
    if (strcmp(name, "counts") == 0)
        return reading->counts;
    if (strcmp(name, "indicators") == 0)
        return reading->indicators;
    return strcmp(name, "given") == 0 ? reading->given : NULL;
}

static int read_table(const struct json *definitions, const char *name,
                      struct table **ret_table, struct error *error)
{
    const char *text = NULL;
    int code =
        json_get_text(definitions, name, JSON_REQUIRED, BUFFER_CEILING_REPLY, &text, error);
    return code != 0
               ? code
               : table_parse_csv(name, "frozen", text, strlen(text), ret_table, error);
}

int freeze_read_definitions(const struct json *document, const struct evaluation *present,
                            struct evaluation **ret_evaluation, struct error *error)
{
    const struct json *definitions = NULL;
    struct arena *arena ARENA_CLEANUP = arena_new(1024 * 1024);
    struct reading reading = {0};
    int code = json_get_object(document, "indicators", JSON_REQUIRED, &definitions, error);
    if (code == 0)
        code = read_table(definitions, "counts", &reading.counts, error);
    if (code == 0)
        code = read_table(definitions, "indicators", &reading.indicators, error);
    reading.given = given_of(present, arena); // numbers entered since then count
    if (code == 0)
        code = evaluation_new(&(struct evaluation_source){find, &reading}, NULL,
                              ret_evaluation, error);
    table_free(reading.counts);
    table_free(reading.indicators);
    table_free(reading.given);
    return code;
}
