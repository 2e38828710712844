// SPDX-License-Identifier: MPL-2.0
// Formulas of indicators: which measures they are made of, circles, what stands above and
// below the line.
#include "evaluation_internal.h"

#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>

struct naming {
    struct evaluation *evaluation;
    struct indicator *indicator;
    bool too_many;
};

static int part_of(struct naming *naming, int measure)
{
    struct indicator *indicator = naming->indicator;
    for (size_t i = 0; i < indicator->part_count; i++)
        if (indicator->parts[i] == measure)
            return (int)i;
    if (indicator->part_count == INDICATOR_PARTS_MOST) {
        naming->too_many = true;
        return -1;
    }
    indicator->parts[indicator->part_count] = measure;
    return (int)indicator->part_count++;
}

// given.CODE: the first row of that code stands for all.
static int given_of(struct naming *naming, const char *code, size_t length)
{
    struct indicator *indicator = naming->indicator;
    for (size_t k = 0; k < naming->evaluation->given_count; k++) {
        const char *own = naming->evaluation->given[k].code;
        if (strlen(own) != length || memcmp(own, code, length) != 0)
            continue;
        for (size_t i = 0; i < indicator->given_count; i++)
            if (indicator->given[i] == (int)k)
                return INDICATOR_LOAD_GIVEN + (int)i;
        if (indicator->given_count == INDICATOR_PARTS_MOST) {
            naming->too_many = true;
            return -1;
        }
        indicator->given[indicator->given_count] = (int)k;
        return INDICATOR_LOAD_GIVEN + (int)indicator->given_count++;
    }
    indicator->lacks_given = true;
    return INDICATOR_LOAD_LACKING;
}

static int find_name(void *context, const char *name, size_t length)
{
    struct naming *naming = context;
    if (length == 4 && memcmp(name, "days", 4) == 0)
        return INDICATOR_LOAD_DAYS;
    if (length > 6 && memcmp(name, "given.", 6) == 0)
        return given_of(naming, name + 6, length - 6);
    int measure = evaluation_find(naming->evaluation, name, length);
    return measure < 0 ? -1 : part_of(naming, measure);
}

// Where the steps that leave the topmost value begin.
static size_t begin_of(const struct expression *formula, size_t end)
{
    int need = 1;
    while (end > 0 && need > 0) {
        enum expression_op op = formula->steps[--end].op;
        if (op <= EXPRESSION_NOW)
            need--;
        else if (op != EXPRESSION_NEGATE)
            need++;
    }
    return end;
}

static uint32_t parts_in(const struct expression *formula, size_t from, size_t to)
{
    uint32_t bits = 0;
    for (size_t i = from; i < to; i++)
        if (formula->steps[i].op == EXPRESSION_LOAD &&
            formula->steps[i].index < INDICATOR_PARTS_MOST)
            bits |= UINT32_C(1) << formula->steps[i].index;
    return bits;
}

static void find_line(struct indicator *indicator)
{
    const struct expression *formula = &indicator->formula;
    if (formula->count == 0 || formula->steps[formula->count - 1].op != EXPRESSION_DIVIDE)
        return;
    size_t below = begin_of(formula, formula->count - 1);
    indicator->quotient = true;
    indicator->above = parts_in(formula, 0, below);
    indicator->below = parts_in(formula, below, formula->count - 1);
}

// A denominator of numbers alone that comes to nothing.
static bool divides_by_nothing(const struct expression *formula)
{
    double ones[INDICATOR_LOADS];
    for (size_t i = 0; i < INDICATOR_LOADS; i++)
        ones[i] = 0.7310585 + (double)i * 0.37; // nothing that cancels out by itself
    return isnan(expression_number(formula, ones)) != 0;
}

static void one_formula(struct evaluation_reading *reading, struct indicator *indicator)
{
    struct naming naming = {reading->evaluation, indicator, false};
    struct error error = {0};
    const char *text = indicator->formula.text;
    if (expression_of_names(text, find_name, &naming, reading->evaluation->arena,
                            &indicator->formula, &error) != 0) {
        indicator->formula = (struct expression){.text = text};
        if (naming.too_many)
            error_set(&error, ERROR_INPUT, "indicators.parts",
                      "a formula is made of %d counts at most", INDICATOR_PARTS_MOST);
        evaluation_problem(reading, "formula",
                           text_equal(error.slug, "expression.word")
                               ? "indicators.count_unknown"
                               : "indicators.formula",
                           &error);
        return;
    }
    if (divides_by_nothing(&indicator->formula)) {
        error_set(&error, ERROR_INPUT, "indicators.formula", "it always divides by 0");
        evaluation_problem(reading, "formula", "indicators.divides_by_zero", &error);
    }
    find_line(indicator);
}

// Depth first; 1: on the way, 2: done.
static bool is_circular(const struct evaluation *evaluation, size_t at, uint8_t *seen)
{
    const struct indicator *indicator = &evaluation->measures[at];
    if (seen[at] != 0)
        return seen[at] == 1;
    seen[at] = 1;
    for (size_t i = 0; i < indicator->part_count; i++)
        if (is_circular(evaluation, (size_t)indicator->parts[i], seen))
            return true;
    seen[at] = 2;
    return false;
}

void evaluation_formulas(struct evaluation_reading *reading)
{
    struct evaluation *evaluation = reading->evaluation;
    uint8_t seen[EVALUATION_MEASURES_MOST] = {0};
    struct error error = {0};
    for (size_t i = 0; i < evaluation->count; i++) {
        reading->table = reading->origins[i].table;
        reading->row = reading->origins[i].row;
        if (!evaluation->measures[i].is_count)
            one_formula(reading, &evaluation->measures[i]);
    }
    for (size_t i = 0; i < evaluation->count; i++) {
        reading->table = reading->origins[i].table;
        reading->row = reading->origins[i].row;
        if (!is_circular(evaluation, i, seen))
            continue;
        error_set(&error, ERROR_INPUT, "indicators.circle",
                  "'%s' is made of itself, through others", evaluation->measures[i].code);
        evaluation_problem(reading, "formula", "indicators.circle", &error);
        return;
    }
}
