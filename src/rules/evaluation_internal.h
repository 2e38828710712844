// SPDX-License-Identifier: MPL-2.0
// What the readers of the evaluation tables share.
#pragma once

#include <gridcase/rules/evaluation.h>

#include "rules_internal.h"

enum { EVALUATION_TABLES_MOST = 8, TABLE_TEXT_MOST = 2 * 1024 * 1024 };
enum { GIVEN_MOST = 5000, BEFORE_MOST = 200, MISSED_MOST = 500 };

struct evaluation {
    struct arena *arena;
    struct indicator *measures;
    size_t count, counts; // the counts come first
    struct rules_index by_code;
    struct given_number *given;
    size_t given_count;
    struct figure_before *before;
    size_t before_count;
    struct missed_rule *missed;
    size_t missed_count;
    uint8_t digest[HASH_SIZE];
    const char *texts[EVALUATION_TABLES_MOST]; // the city's tables as CSV; NULL: standard
};

// One reading under way.
struct evaluation_reading {
    struct evaluation *evaluation;
    struct rules_check check;
    const struct table *table; // of the rows being read
    size_t row;
    struct {
        const struct table *table;
        size_t row;
    } origins[EVALUATION_MEASURES_MOST]; // of measures
};

// ---- evaluation_tables.c: one table each; problems go to the check ----
void evaluation_read_counts(struct evaluation_reading *reading, const struct table *table,
                            bool own);
void evaluation_read_indicators(struct evaluation_reading *reading,
                                const struct table *table, bool own);
// ---- evaluation_given.c ----
void evaluation_read_given(struct evaluation_reading *reading, const struct table *table);
void evaluation_read_before(struct evaluation_reading *reading, const struct table *table);
void evaluation_read_missed(struct evaluation_reading *reading, const struct table *table);

// ---- evaluation_formula.c: once all codes are known ----
void evaluation_formulas(struct evaluation_reading *reading);
// Tells it at the row being read.
void evaluation_problem(struct evaluation_reading *reading, const char *column,
                        const char *slug, const struct error *error);

// ---- generated from grids/standard/evaluation ----
struct evaluation_standard {
    const char *name, *text;
};
extern const struct evaluation_standard evaluation_standard_tables[]; // ends in NULLs
