// SPDX-License-Identifier: MPL-2.0
// given.csv, before.csv and missed.csv: numbers that a city enters, figures of before, and
// when a report from outside means that a collector missed something.
#include "evaluation_internal.h"

#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

static const char *cell(const struct evaluation_reading *reading, const char *column)
{
    return table_value(reading->table, reading->row, column);
}

static const char *kept(const struct evaluation_reading *reading, const char *column)
{
    return arena_text(reading->evaluation->arena, cell(reading, column));
}

static void wrong(struct evaluation_reading *reading, const char *column, const char *slug,
                  const char *what)
{
    rules_error(&reading->check, reading->table, reading->row, column, slug, "'%.60s' %s",
                cell(reading, column), what);
}

static void *room(struct evaluation_reading *reading, size_t most, size_t size)
{
    size_t rows = table_rows(reading->table);
    reading->row = 0;
    if (rows > most)
        rules_error(&reading->check, reading->table, RULES_NO_ROW, NULL,
                    "indicators.too_many", "more than %zu rows", most);
    return rows > most ? NULL : arena_array(reading->evaluation->arena, rows + 1, size);
}

// ---- given ----
static bool read_date(struct evaluation_reading *reading, const char *column,
                      int64_t *ret_day)
{
    const char *text = cell(reading, column);
    if (date_from_text(text, strlen(text), ret_day, NULL) == 0)
        return true;
    wrong(reading, column, "indicators.date", "is no date like 2026-10-01");
    return false;
}

static void read_given_row(struct evaluation_reading *reading, struct given_number *given)
{
    struct evaluation *evaluation = reading->evaluation;
    const char *value = cell(reading, "value");
    given->code = kept(reading, "code");
    given->note = kept(reading, "note");
    given->line = table_line(reading->table, reading->row);
    if (given->code[0] == '\0')
        wrong(reading, "code", "indicators.code", "is no code");
    if (!read_date(reading, "from", &given->from_day) ||
        !read_date(reading, "to", &given->to_day))
        return;
    if (given->to_day < given->from_day)
        wrong(reading, "to", "indicators.date", "is before the period begins");
    if (text_to_double(value, strlen(value), &given->value, NULL) != 0)
        wrong(reading, "value", "indicators.number", "is no number");
    for (size_t i = 0; i < evaluation->given_count; i++) {
        const struct given_number *other = &evaluation->given[i];
        if (text_equal(other->code, given->code) && other->from_day <= given->to_day &&
            given->from_day <= other->to_day)
            wrong(reading, "from", "indicators.overlap",
                  "is in a period that has a number of this code already");
    }
}

void evaluation_read_given(struct evaluation_reading *reading, const struct table *table)
{
    static const char *const needed[] = {"code", "from", "to", "value", NULL};
    static const char *const known[] = {"code", "from", "to", "value", "note", NULL};
    struct evaluation *evaluation = reading->evaluation;
    reading->table = table;
    if (!rules_needs_columns(&reading->check, table, needed))
        return;
    rules_known_columns(&reading->check, table, known, NULL);
    evaluation->given = room(reading, GIVEN_MOST, sizeof *evaluation->given);
    for (; evaluation->given != NULL && reading->row < table_rows(table); reading->row++) {
        read_given_row(reading, &evaluation->given[evaluation->given_count]);
        evaluation->given_count++;
    }
}

// ---- before ----
void evaluation_read_before(struct evaluation_reading *reading, const struct table *table)
{
    static const char *const needed[] = {"code", "value", "period", NULL};
    static const char *const known[] = {"code", "value", "period", "source", "name", NULL};
    static const char *const prefixes[] = {"name_", NULL};
    struct evaluation *evaluation = reading->evaluation;
    reading->table = table;
    if (!rules_needs_columns(&reading->check, table, needed))
        return;
    rules_known_columns(&reading->check, table, known, prefixes);
    evaluation->before = room(reading, BEFORE_MOST, sizeof *evaluation->before);
    for (; evaluation->before != NULL && reading->row < table_rows(table); reading->row++) {
        struct figure_before *before = &evaluation->before[evaluation->before_count++];
        before->code = kept(reading, "code");
        before->value = kept(reading, "value");
        before->period = kept(reading, "period");
        before->source = kept(reading, "source");
        label_read(table, reading->row, "name", evaluation->arena, &before->name);
        if (before->value[0] == '\0')
            wrong(reading, "value", "indicators.number", "says nothing");
        if (before->name.count == 0 &&
            evaluation_find(evaluation, before->code, strlen(before->code)) < 0)
            wrong(reading, "code", "indicators.count_unknown",
                  "is no measure, and the row has no name of its own");
    }
}

// ---- missed ----
static void read_missed_row(struct evaluation_reading *reading, struct missed_rule *rule)
{
    struct expression within = {0};
    struct error error = {0};
    const char *major = cell(reading, "major"), *shift = cell(reading, "shift");
    rule->is_major = major[0] != '\0';
    rule->class_code = kept(reading, rule->is_major ? "major" : "class");
    rule->line = table_line(reading->table, reading->row);
    if (rule->class_code[0] == '\0')
        wrong(reading, "class", "indicators.code", "is no class, and there is no major");
    if (expression_of_facts(cell(reading, "within"), EXPRESSION_NUMBER,
                            reading->evaluation->arena, &within, &error) != 0 ||
        within.count != 1 || within.steps[0].op != EXPRESSION_PUSH ||
        within.steps[0].number < 60)
        wrong(reading, "within", "indicators.number", "is no time like 24 h");
    else
        rule->within_ms = (int64_t)within.steps[0].number * 1000;
    rule->any_shift = text_equal(shift, "any");
    if (shift[0] != '\0' && !rule->any_shift && !text_equal(shift, "duty"))
        wrong(reading, "shift", "indicators.shift", "is neither duty nor any");
}

void evaluation_read_missed(struct evaluation_reading *reading, const struct table *table)
{
    static const char *const needed[] = {"within", NULL};
    static const char *const known[] = {"class", "major", "within", "shift", "note", NULL};
    struct evaluation *evaluation = reading->evaluation;
    reading->table = table;
    if (!rules_needs_columns(&reading->check, table, needed))
        return;
    rules_known_columns(&reading->check, table, known, NULL);
    evaluation->missed = room(reading, MISSED_MOST, sizeof *evaluation->missed);
    for (; evaluation->missed != NULL && reading->row < table_rows(table); reading->row++)
        read_missed_row(reading, &evaluation->missed[evaluation->missed_count++]);
}
