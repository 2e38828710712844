// SPDX-License-Identifier: MPL-2.0
// Composite scores and grades as tables (gridcase-scores(5)): what a department, an area or
// a person is scored by, with which weights, and what a grade begins at. The standard ones
// are built in (grids/standard/evaluation) and stand wherever a city's model has no table
// of that name. Each score has versions; the one in force on a period's last day counts.
#pragma once

#include <gridcase/rules/evaluation.h>

enum score_kind {
    SCORE_RATE,    // a share as points: 0.93 is 93; from `full` on it is 100
    SCORE_INVERSE, // 100 less that
    SCORE_BRACKET, // points of the first bracket that a number does not exceed
    SCORE_MANUAL,  // points that people give; nobody gave any: the weight is spread
    SCORE_EACH,    // `full` points added for each, negative: taken off; no weight
    SCORE_ADJUST,  // points that people add or take off; no weight
    SCORE_KIND_COUNT,
};
const char *score_kind_to_str(enum score_kind kind);

enum { SCORE_PARTS_MOST = 16, SCORE_LIST_MOST = 64, SCORE_GRADES_MOST = 16 };

struct score_part {
    const char *code;
    struct label name;
    enum score_kind kind;
    int measure;         // of the evaluation; -1: people give the points
    double weight;       // percent
    double full;         // RATE: the share that is worth 100; EACH: points for each
    double least;        // EACH: never takes off more than this (a negative number)
    const char *bracket; // name; "": none
    const char *by; // dimension of its measure: the score's, or another post of a person
    int64_t line;
};
struct score {
    const char *code;
    const char *version;
    int64_t from_day; // in force for periods that end on this day or later
    const char *by;   // dimension of figures: "department", "area", "grid", "sent_by" ...
    int requires; // measure: who has none of it is not in the table; -1: whoever has any
    struct label name;
    const char *source; // "GB/T 30428.4", "city"
    size_t part_count;
    struct score_part parts[SCORE_PARTS_MOST];
    double weights; // sum of those of the parts that have one: 100
    int64_t line;
};
struct score_grade {
    const char *code;   // "A"
    double from;        // points, this and more
    const char *colour; // "#1a7f37"
    struct label name;
};

struct scores; // immutable, any thread

// Tables scores, score_parts, score_brackets, score_grades: of the source, else the
// standard ones. ERROR_INPUT "scores.invalid"; the report tells each row that is wrong.
int scores_new(const struct evaluation_source *source, const struct evaluation *evaluation,
               const struct rules_report *report, struct scores **ret_scores,
               struct error *error) ERROR_MUST_CHECK;
struct scores *scores_free(struct scores *scores); // NULL too

// In table order, a version each; NULL beyond.
size_t scores_count(const struct scores *scores);
const struct score *scores_at(const struct scores *scores, size_t index);
// The version in force for a period that ends on this day; NULL: none.
const struct score *scores_find(const struct scores *scores, const char *code, int64_t day);
// From the best on; NULL beyond.
const struct score_grade *scores_grade(const struct scores *scores, size_t index);
const struct score_grade *scores_grade_of(const struct scores *scores, double points);
// Points of a part for the value of its measure, 0..100 for those with a weight. NaN is
// "nothing to divide by" and gives full marks (0 where each counts). area_class "": none.
double scores_points(const struct scores *scores, const struct score_part *part,
                     const char *area_class, double value);
// SHA-256 of all definitions.
const uint8_t *scores_digest(const struct scores *scores); // HASH_SIZE
