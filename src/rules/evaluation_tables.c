// SPDX-License-Identifier: MPL-2.0
// counts.csv and indicators.csv, row by row; formulas follow when all codes are known.
#include "evaluation_internal.h"

#include <string.h>

#include <gridcase/core/text.h>

void evaluation_problem(struct evaluation_reading *reading, const char *column,
                        const char *slug, const struct error *error)
{
    rules_error(&reading->check, reading->table, reading->row, column, slug, "%s",
                error->message);
}

static const char *cell(const struct evaluation_reading *reading, const char *column)
{
    return table_value(reading->table, reading->row, column);
}

static const char *kept(const struct evaluation_reading *reading, const char *column)
{
    return arena_text(reading->evaluation->arena, cell(reading, column));
}

static bool is_code(const char *code)
{
    size_t length = strlen(code);
    if (length == 0 || length > 40 || code[0] < 'a' || code[0] > 'z' ||
        expression_field_find(code, length) == FIELD_CLASS)
        return false;
    return strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static void note_origin(struct evaluation_reading *reading, size_t measure)
{
    reading->origins[measure].table = reading->table;
    reading->origins[measure].row = reading->row;
}

// The place of the row's measure: a new one, or the one that a city's own row replaces.
static struct indicator *place(struct evaluation_reading *reading, bool own, bool is_count)
{
    struct evaluation *evaluation = reading->evaluation;
    const char *code = kept(reading, "code");
    size_t at = 0;
    if (!is_code(code) || text_equal(code, "days")) {
        rules_error(&reading->check, reading->table, reading->row, "code",
                    "indicators.code",
                    "'%.60s' is no code: a-z, 0-9 and '_', a letter first, up to 40", code);
        return NULL;
    }
    if (rules_index_find(&evaluation->by_code, code, &at)) {
        struct indicator *known = &evaluation->measures[at];
        if (own && !known->own && known->is_count == is_count) {
            note_origin(reading, at);
            return known;
        }
        rules_error(&reading->check, reading->table, reading->row, "code",
                    "indicators.twice", "'%s' is there already, %s", code,
                    known->is_count == is_count ? "in another row"
                    : known->is_count           ? "as a count"
                                                : "as an indicator");
        return NULL;
    }
    if (evaluation->count == EVALUATION_MEASURES_MOST) {
        rules_error(&reading->check, reading->table, reading->row, "code",
                    "indicators.too_many", "more than %d counts and indicators",
                    EVALUATION_MEASURES_MOST);
        return NULL;
    }
    rules_index_add(&evaluation->by_code, code, evaluation->count, NULL);
    note_origin(reading, evaluation->count);
    return &evaluation->measures[evaluation->count++];
}

static void read_unit(struct evaluation_reading *reading, struct indicator *measure,
                      enum indicator_unit otherwise)
{
    const char *unit = cell(reading, "unit");
    measure->unit = otherwise;
    for (int i = 0; unit[0] != '\0'; i++) {
        if (i == INDICATOR_UNIT_COUNT) {
            rules_error(&reading->check, reading->table, reading->row, "unit",
                        "indicators.unit",
                        "'%.40s' is none of cases, share, s, number, money", unit);
            return;
        }
        if (text_equal(indicator_unit_to_str((enum indicator_unit)i), unit)) {
            measure->unit = (enum indicator_unit)i;
            return;
        }
    }
}

static void read_better(struct evaluation_reading *reading, struct indicator *measure)
{
    const char *better = cell(reading, "better");
    if (text_equal(better, "more"))
        measure->better = INDICATOR_MORE;
    else if (text_equal(better, "less"))
        measure->better = INDICATOR_LESS;
    else if (better[0] != '\0')
        rules_error(&reading->check, reading->table, reading->row, "better",
                    "indicators.better", "'%.40s' is neither more nor less", better);
}

static void read_common(struct evaluation_reading *reading, struct indicator *measure,
                        bool own)
{
    struct arena *arena = reading->evaluation->arena;
    measure->code = kept(reading, "code");
    measure->version = cell(reading, "version")[0] ? kept(reading, "version") : "1";
    measure->source = kept(reading, "source");
    measure->own = own;
    measure->line = table_line(reading->table, reading->row);
    label_read(reading->table, reading->row, "name", arena, &measure->name);
    label_read(reading->table, reading->row, "note", arena, &measure->note);
    if (measure->name.count == 0)
        rules_error(&reading->check, reading->table, reading->row, "name",
                    "indicators.name", "no name in any language");
    read_better(reading, measure);
}

static int read_day(struct evaluation_reading *reading, const char *column)
{
    const char *name = cell(reading, column);
    int field = expression_field_find(name, strlen(name));
    if (field >= 0 && expression_word((enum fact_field)field)->type == EXPRESSION_INSTANT)
        return field;
    rules_error(&reading->check, reading->table, reading->row, column, "indicators.day",
                "'%.40s' is no instant of a case: opened, filed, ended ...", name);
    return -1;
}

static void read_expression(struct evaluation_reading *reading, const char *column,
                            enum expression_type want, struct expression *ret_expression)
{
    struct error error = {0};
    const char *text = cell(reading, column);
    *ret_expression = (struct expression){.text = ""};
    if (!text_is_blank(text) && expression_of_facts(text, want, reading->evaluation->arena,
                                                    ret_expression, &error) != 0)
        evaluation_problem(reading, column, "indicators.expression", &error);
}

// ---- which of the house's own sums a count is ----
static const struct {
    enum fact_field on;
    int until;
    const char *when, *value;
} SUMS[INDICATOR_SUM_COUNT] = {
    [INDICATOR_SUM_OPENED] = {FIELD_OPENED, -1, "", ""},
    [INDICATOR_SUM_ENDED] = {FIELD_ENDED, -1, "", ""},
    [INDICATOR_SUM_CLOSED] = {FIELD_ENDED, -1, "closed", ""},
    [INDICATOR_SUM_OPEN] = {FIELD_OPENED, FIELD_ENDED, "", ""},
    [INDICATOR_SUM_OVERDUE] = {FIELD_DUE, FIELD_LEFT,
                               "was_overdue or pending and due < now", ""},
    [INDICATOR_SUM_CLOSED_OF_OPENED] = {FIELD_OPENED, -1, "closed", ""},
    [INDICATOR_SUM_TO_CLOSE] = {FIELD_OPENED, -1, "closed or open", ""},
    [INDICATOR_SUM_HANDLED_IN_TIME] = {FIELD_JUDGED, -1, "in_time", ""},
    [INDICATOR_SUM_TO_HANDLE] = {FIELD_JUDGED, -1,
                                 "in_time or late or pending and due < now", ""},
    [INDICATOR_SUM_TARGET_MET] = {FIELD_ENDED, -1, "closed and target_in_time = yes", ""},
    [INDICATOR_SUM_WITH_TARGET] = {FIELD_ENDED, -1, "closed and target_in_time != unknown",
                                   ""},
    [INDICATOR_SUM_CLOSED_SECONDS] = {FIELD_ENDED, -1, "closed", "total_seconds"},
};

static bool same_words(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == ' ')
            a++;
        while (*b == ' ')
            b++;
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
    }
}

static enum indicator_sum sum_of(const struct indicator *count)
{
    for (int i = 0; i < INDICATOR_SUM_COUNT; i++)
        if (SUMS[i].on == count->on && SUMS[i].until == count->until &&
            same_words(SUMS[i].when, count->when.text) &&
            same_words(SUMS[i].value, count->value.text))
            return (enum indicator_sum)i;
    return INDICATOR_SUM_NONE;
}

static void read_count(struct evaluation_reading *reading, bool own)
{
    struct indicator *count = place(reading, own, true);
    if (count == NULL)
        return;
    *count = (struct indicator){.is_count = true, .until = -1};
    read_common(reading, count, own);
    int on = read_day(reading, "on");
    count->on = on < 0 ? FIELD_OPENED : (enum fact_field)on;
    if (cell(reading, "until")[0] != '\0')
        count->until = read_day(reading, "until");
    count->stock = count->until >= 0;
    read_expression(reading, "when", EXPRESSION_TRUTH, &count->when);
    read_expression(reading, "value", EXPRESSION_NUMBER, &count->value);
    read_unit(reading, count,
              count->value.text[0] != '\0' ? INDICATOR_NUMBER : INDICATOR_CASES);
    if (count->unit == INDICATOR_CASES && count->value.text[0] != '\0')
        rules_error(&reading->check, reading->table, reading->row, "unit",
                    "indicators.unit", "with a value it is not cases: number, s or money");
    count->sum = sum_of(count);
}

void evaluation_read_counts(struct evaluation_reading *reading, const struct table *table,
                            bool own)
{
    static const char *const needed[] = {"code", "on", "when", NULL};
    static const char *const known[] = {"code", "version", "on",     "until",
                                        "when", "value",   "unit",   "better",
                                        "note", "name",    "source", NULL};
    static const char *const prefixes[] = {"name_", "note_", NULL};
    reading->table = table;
    if (!rules_needs_columns(&reading->check, table, needed))
        return;
    rules_known_columns(&reading->check, table, known, prefixes);
    for (reading->row = 0; reading->row < table_rows(table); reading->row++)
        read_count(reading, own);
}

// ---- indicators ----
static void read_zero(struct evaluation_reading *reading, struct indicator *indicator)
{
    const char *zero = cell(reading, "if_zero");
    indicator->zero = INDICATOR_ZERO_BLANK;
    if (zero[0] == '\0') {
        if (strchr(indicator->formula.text, '/') != NULL)
            rules_error(&reading->check, reading->table, reading->row, "if_zero",
                        "indicators.zero",
                        "the formula divides: say what it is over nothing, blank or a "
                        "number");
        return;
    }
    if (text_equal(zero, "blank"))
        return;
    indicator->zero = INDICATOR_ZERO_NUMBER;
    if (text_to_double(zero, strlen(zero), &indicator->zero_value, NULL) != 0)
        rules_error(&reading->check, reading->table, reading->row, "if_zero",
                    "indicators.zero", "'%.40s' is neither blank nor a number", zero);
}

static void read_indicator(struct evaluation_reading *reading, bool own)
{
    struct indicator *indicator = place(reading, own, false);
    if (indicator == NULL)
        return;
    *indicator = (struct indicator){.until = -1,
                                    .when = {.text = ""},
                                    .value = {.text = ""},
                                    .sum = INDICATOR_SUM_NONE};
    read_common(reading, indicator, own);
    read_unit(reading, indicator, INDICATOR_NUMBER);
    indicator->formula.text = kept(reading, "formula");
    read_zero(reading, indicator);
}

void evaluation_read_indicators(struct evaluation_reading *reading,
                                const struct table *table, bool own)
{
    static const char *const needed[] = {"code", "formula", "if_zero", "unit", NULL};
    static const char *const known[] = {"code",   "version", "formula", "if_zero", "unit",
                                        "better", "source",  "note",    "name",    NULL};
    static const char *const prefixes[] = {"name_", "note_", NULL};
    reading->table = table;
    if (!rules_needs_columns(&reading->check, table, needed))
        return;
    rules_known_columns(&reading->check, table, known, prefixes);
    for (reading->row = 0; reading->row < table_rows(table); reading->row++)
        read_indicator(reading, own);
}
