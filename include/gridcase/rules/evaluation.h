// SPDX-License-Identifier: MPL-2.0
// Counts and indicators: what is counted, on which day, and what is reckoned from it, as
// tables that a city can add to (gridcase-indicators(5)). The standard ones are built in
// (grids/standard/evaluation) and stand wherever a city's model has no table of that name;
// tables own_counts and own_indicators replace rows by code and add others.
#pragma once

#include <gridcase/core/hash.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/expression.h>
#include <gridcase/rules/label.h>
#include <gridcase/rules/report.h>

enum indicator_unit {
    INDICATOR_CASES,
    INDICATOR_SHARE, // 0..1, shown as a percentage
    INDICATOR_SECONDS,
    INDICATOR_NUMBER, // of anything: moves, calls, cases a day
    INDICATOR_MONEY,
    INDICATOR_UNIT_COUNT,
};
const char *indicator_unit_to_str(enum indicator_unit unit); // "cases", "share", "s" ...
enum indicator_better { INDICATOR_NEITHER, INDICATOR_MORE, INDICATOR_LESS };
const char *indicator_better_to_str(enum indicator_better better); // "", "more", "less"

// Which of the house's own sums says the same as a count: those are counted by hand-made
// code, and the first ones out of rollups. A test compares them with the definition.
enum indicator_sum {
    INDICATOR_SUM_NONE = -1,
    INDICATOR_SUM_OPENED,
    INDICATOR_SUM_ENDED,
    INDICATOR_SUM_CLOSED,
    INDICATOR_SUM_OPEN,
    INDICATOR_SUM_OVERDUE,
    INDICATOR_SUM_CLOSED_OF_OPENED,
    INDICATOR_SUM_TO_CLOSE,
    INDICATOR_SUM_HANDLED_IN_TIME,
    INDICATOR_SUM_TO_HANDLE,
    INDICATOR_SUM_TARGET_MET,
    INDICATOR_SUM_WITH_TARGET,
    INDICATOR_SUM_CLOSED_SECONDS,
    INDICATOR_SUM_COUNT,
};

enum { INDICATOR_PARTS_MOST = 12, EVALUATION_MEASURES_MOST = 250 };
enum { // what a formula loads
    INDICATOR_LOAD_PART = 0,
    INDICATOR_LOAD_DAYS = INDICATOR_PARTS_MOST, // of the period, up to today
    INDICATOR_LOAD_GIVEN,
    INDICATOR_LOAD_LACKING = INDICATOR_LOAD_GIVEN + INDICATOR_PARTS_MOST, // always nothing
    INDICATOR_LOADS,
};
enum indicator_zero { INDICATOR_ZERO_BLANK, INDICATOR_ZERO_NUMBER };

// A count or an indicator: both are measures that can be asked for by their code.
struct indicator {
    const char *code;
    const char *version; // of the definition, as its table says
    struct label name, note;
    const char *source; // "GB/T 30428.4", "city"
    enum indicator_unit unit;
    enum indicator_better better;
    bool stock; // as it stood at the end of the period, not over it
    bool is_count;
    bool own; // of the city's own table
    int64_t line;

    // A count: on the day of `on` where `when` holds, worth `value` (1 without). A stock is
    // there from that day until the day of `until`.
    enum fact_field on;
    int until;                     // enum fact_field; -1: none
    struct expression when, value; // text "": none
    enum indicator_sum sum;

    // An indicator. Its parts are counts or other indicators, by position.
    struct expression formula;
    size_t part_count;
    int parts[INDICATOR_PARTS_MOST];
    size_t given_count;
    int given[INDICATOR_PARTS_MOST]; // of evaluation_given: the first of the code
    bool lacks_given;                // nobody has entered what it needs
    // Of a quotient: which parts stand above and below the line (bits of parts).
    bool quotient;
    uint32_t above, below;
    enum indicator_zero zero; // where the formula divides by 0
    double zero_value;
};

// A number that the city enters for a period and that no case tells: money, complaints
// counted elsewhere, what inspectors found.
struct given_number {
    const char *code;
    int64_t from_day, to_day; // both count; parts of the period by days
    double value;
    const char *note;
    int64_t line;
};
// A figure of before the system, entered once, to be shown beside today's.
struct figure_before {
    const char *code; // as measure; others are told too
    struct label name;
    const char *value; // as entered: "26.7 %"
    const char *period, *source;
};
// When a report from outside means that a collector missed something.
struct missed_rule {
    const char *class_code; // or major, or "*"
    bool is_major;
    int64_t within_ms; // nothing of theirs of the class in the grid within so long before
    bool any_shift;    // true: though nobody was on duty there
    int64_t line;
};

struct evaluation; // immutable, any thread

struct evaluation_source {
    // The model's table of this name, NULL: none. Standard tables need not be found.
    const struct table *(*find)(void *context, const char *name);
    void *context;
};
// ERROR_INPUT "indicators.invalid"; the report tells each row that is wrong.
int evaluation_new(const struct evaluation_source *source,
                   const struct rules_report *report, struct evaluation **ret_evaluation,
                   struct error *error) ERROR_MUST_CHECK;
// A draft: its tables in the place of those that base was made of, for a dry run.
int evaluation_draft(const struct evaluation *base, const struct evaluation_source *draft,
                     const struct rules_report *report, struct evaluation **ret_evaluation,
                     struct error *error) ERROR_MUST_CHECK;
// Names of the tables that are read, in that order; NULL past the last one.
const char *evaluation_table_name(size_t index);
struct evaluation *evaluation_free(struct evaluation *evaluation); // NULL too

// Measures: counts first, then indicators, in table order.
size_t evaluation_measures(const struct evaluation *evaluation);
const struct indicator *evaluation_measure(const struct evaluation *evaluation,
                                           size_t index); // NULL beyond
int evaluation_find(const struct evaluation *evaluation, const char *code,
                    size_t length); // -1: none
size_t evaluation_given(const struct evaluation *evaluation);
const struct given_number *evaluation_given_at(const struct evaluation *evaluation,
                                               size_t index);
// What is given under a code for these days: shares of periods by their days; NaN when a
// day of them has no number.
double evaluation_given_sum(const struct evaluation *evaluation, const char *code,
                            int64_t from_day, int64_t to_day);
size_t evaluation_before(const struct evaluation *evaluation);
const struct figure_before *evaluation_before_at(const struct evaluation *evaluation,
                                                 size_t index);
size_t evaluation_missed(const struct evaluation *evaluation);
const struct missed_rule *evaluation_missed_at(const struct evaluation *evaluation,
                                               size_t index);
// SHA-256 of all definitions: two that count alike have the same.
const uint8_t *evaluation_digest(const struct evaluation *evaluation); // HASH_SIZE

// A standard table that is built in, by name ("counts", "scores" ...); NULL: none. For the
// loaders of whatever else stands in grids/standard/evaluation. Parsed anew: table_free.
int evaluation_standard_table(const char *name, struct table **ret_table,
                              struct error *error) ERROR_MUST_CHECK;

// The vocabulary for people: words, types, labels.
void expression_words(struct buffer *out);
