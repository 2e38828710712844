// SPDX-License-Identifier: MPL-2.0
// The evaluation tables of a city as one checked whole.
#include "evaluation_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

enum { EVALUATION_ARENA = 16 * 1024 * 1024 };

const char *indicator_unit_to_str(enum indicator_unit unit)
{
    static const char *const NAMES[INDICATOR_UNIT_COUNT] = {"cases", "share", "s", "number",
                                                            "money"};
    return (unsigned)unit < INDICATOR_UNIT_COUNT ? NAMES[unit] : "";
}

const char *indicator_better_to_str(enum indicator_better better)
{
    return better == INDICATOR_MORE ? "more" : better == INDICATOR_LESS ? "less" : "";
}

int evaluation_standard_table(const char *name, struct table **ret_table,
                              struct error *error)
{
    *ret_table = NULL;
    for (size_t i = 0; evaluation_standard_tables[i].name != NULL; i++)
        if (text_equal(evaluation_standard_tables[i].name, name)) {
            const char *text = evaluation_standard_tables[i].text;
            return table_parse_csv(name, "standard", text, strlen(text), ret_table, error);
        }
    return 0;
}

// ---- the digest ----
static void add_text(struct hash *hash, const char *text)
{
    hash_add(hash, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
}

static void add_number(struct hash *hash, double number)
{
    hash_add(hash, &number, sizeof number);
}

static void make_digest(struct evaluation *evaluation)
{
    struct hash *hash = hash_new();
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct indicator *measure = &evaluation->measures[i];
        add_text(hash, measure->code);
        add_text(hash, measure->version);
        add_text(hash, measure->when.text);
        add_text(hash, measure->value.text);
        add_text(hash, measure->formula.text);
        add_number(hash, measure->on);
        add_number(hash, measure->until);
        add_number(hash, measure->zero == INDICATOR_ZERO_NUMBER ? measure->zero_value : -1);
    }
    for (size_t i = 0; i < evaluation->given_count; i++) {
        const struct given_number *given = &evaluation->given[i];
        add_text(hash, given->code);
        add_number(hash, (double)given->from_day);
        add_number(hash, (double)given->to_day);
        add_number(hash, given->value);
    }
    hash_finish(hash, evaluation->digest);
}

// ---- the whole ----
static const struct {
    const char *name;
    void (*measures)(struct evaluation_reading *reading, const struct table *table,
                     bool own);
    void (*rows)(struct evaluation_reading *reading, const struct table *table);
    bool own;
} TABLES[] = {
    {"counts", evaluation_read_counts, NULL, false},
    {"own_counts", evaluation_read_counts, NULL, true},
    {"indicators", evaluation_read_indicators, NULL, false},
    {"own_indicators", evaluation_read_indicators, NULL, true},
    {"given", NULL, evaluation_read_given, true},
    {"before", NULL, evaluation_read_before, true},
    {"missed", NULL, evaluation_read_missed, false},
};
enum { TABLE_COUNT = sizeof TABLES / sizeof TABLES[0] };
_Static_assert((int)TABLE_COUNT <= (int)EVALUATION_TABLES_MOST, "room for texts");

const char *evaluation_table_name(size_t index)
{
    return index < TABLE_COUNT ? TABLES[index].name : NULL;
}

// What a draft begins from.
static int keep_text(struct evaluation *evaluation, size_t which, const struct table *table,
                     struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, TABLE_TEXT_MOST);
    table_write_csv(table, &text);
    int code = buffer_check(&text, error);
    if (code == 0)
        evaluation->texts[which] =
            arena_copy(evaluation->arena, text.data != NULL ? text.data : "", text.length);
    return code;
}

// The city's tables, or the standard ones, which stay in `own` until all is understood.
static int read_tables(struct evaluation_reading *reading,
                       const struct evaluation_source *source,
                       struct table *own[TABLE_COUNT], struct error *error)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct table *table =
            source->find != NULL ? source->find(source->context, TABLES[i].name) : NULL;
        int code =
            table == NULL ? evaluation_standard_table(TABLES[i].name, &own[i], error) : 0;
        if (code == 0 && table != NULL)
            code = keep_text(reading->evaluation, i, table, error);
        if (code != 0)
            return code;
        table = table != NULL ? table : own[i];
        if (table != NULL && TABLES[i].measures != NULL)
            TABLES[i].measures(reading, table, TABLES[i].own);
        else if (table != NULL)
            TABLES[i].rows(reading, table);
    }
    evaluation_formulas(reading);
    return rules_check_result(&reading->check, "indicators.invalid", error);
}

int evaluation_new(const struct evaluation_source *source,
                   const struct rules_report *report, struct evaluation **ret_evaluation,
                   struct error *error)
{
    struct evaluation *evaluation = memory_new(sizeof *evaluation);
    struct evaluation_reading *reading = memory_new(sizeof *reading);
    struct table *own[TABLE_COUNT] = {0};
    struct error trouble = {0};
    reading->evaluation = evaluation;
    reading->check.report = report;
    evaluation->arena = arena_new(EVALUATION_ARENA);
    evaluation->measures =
        memory_array(EVALUATION_MEASURES_MOST, sizeof *evaluation->measures);
    rules_index_init(&evaluation->by_code, EVALUATION_MEASURES_MOST);
    int code = read_tables(reading, source, own, &trouble);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        table_free(own[i]);
    free(reading);
    if (code != 0) {
        if (error != NULL)
            *error = trouble;
        evaluation_free(evaluation);
        return code;
    }
    make_digest(evaluation);
    *ret_evaluation = evaluation;
    return 0;
}

// ---- drafts ----
struct drafting {
    const struct evaluation *base;
    const struct evaluation_source *draft;
    struct table *parsed[TABLE_COUNT];
};

static const struct table *find_draft(void *context, const char *name)
{
    struct drafting *drafting = context;
    const struct evaluation_source *draft = drafting->draft;
    const struct table *table =
        draft->find != NULL ? draft->find(draft->context, name) : NULL;
    for (size_t i = 0; table == NULL && i < TABLE_COUNT; i++) {
        const char *text = drafting->base->texts[i];
        if (text == NULL || !text_equal(TABLES[i].name, name))
            continue;
        // It was a table when it was kept.
        if (table_parse_csv(name, name, text, strlen(text), &drafting->parsed[i], NULL) !=
            0)
            return NULL;
        table = drafting->parsed[i];
    }
    return table;
}

int evaluation_draft(const struct evaluation *base, const struct evaluation_source *draft,
                     const struct rules_report *report, struct evaluation **ret_evaluation,
                     struct error *error)
{
    struct drafting drafting = {.base = base, .draft = draft};
    struct evaluation_source source = {find_draft, &drafting};
    int code = evaluation_new(&source, report, ret_evaluation, error);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        table_free(drafting.parsed[i]);
    return code;
}

struct evaluation *evaluation_free(struct evaluation *evaluation)
{
    if (evaluation != NULL) {
        rules_index_done(&evaluation->by_code);
        arena_free(evaluation->arena);
        free(evaluation->measures);
        free(evaluation);
    }
    return NULL;
}

// ---- asking ----
size_t evaluation_measures(const struct evaluation *evaluation)
{
    return evaluation != NULL ? evaluation->count : 0;
}

const struct indicator *evaluation_measure(const struct evaluation *evaluation,
                                           size_t index)
{
    return index < evaluation_measures(evaluation) ? &evaluation->measures[index] : NULL;
}

int evaluation_find(const struct evaluation *evaluation, const char *code, size_t length)
{
    for (size_t i = 0; i < evaluation_measures(evaluation); i++)
        if (strlen(evaluation->measures[i].code) == length &&
            memcmp(evaluation->measures[i].code, code, length) == 0)
            return (int)i;
    return -1;
}

size_t evaluation_given(const struct evaluation *evaluation)
{
    return evaluation != NULL ? evaluation->given_count : 0;
}

const struct given_number *evaluation_given_at(const struct evaluation *evaluation,
                                               size_t index)
{
    return index < evaluation_given(evaluation) ? &evaluation->given[index] : NULL;
}

double evaluation_given_sum(const struct evaluation *evaluation, const char *code,
                            int64_t from_day, int64_t to_day)
{
    double sum = 0;
    int64_t covered = 0;
    for (size_t i = 0; i < evaluation_given(evaluation); i++) {
        const struct given_number *given = &evaluation->given[i];
        int64_t from = given->from_day > from_day ? given->from_day : from_day;
        int64_t to = given->to_day < to_day ? given->to_day : to_day;
        if (from > to || !text_equal(given->code, code))
            continue;
        covered += to - from + 1;
        sum += given->value * (double)(to - from + 1) /
               (double)(given->to_day - given->from_day + 1);
    }
    return covered == to_day - from_day + 1 ? sum : (double)NAN;
}

size_t evaluation_before(const struct evaluation *evaluation)
{
    return evaluation != NULL ? evaluation->before_count : 0;
}

const struct figure_before *evaluation_before_at(const struct evaluation *evaluation,
                                                 size_t index)
{
    return index < evaluation_before(evaluation) ? &evaluation->before[index] : NULL;
}

size_t evaluation_missed(const struct evaluation *evaluation)
{
    return evaluation != NULL ? evaluation->missed_count : 0;
}

const struct missed_rule *evaluation_missed_at(const struct evaluation *evaluation,
                                               size_t index)
{
    return index < evaluation_missed(evaluation) ? &evaluation->missed[index] : NULL;
}

const uint8_t *evaluation_digest(const struct evaluation *evaluation)
{
    return evaluation->digest;
}
