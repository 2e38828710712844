// SPDX-License-Identifier: MPL-2.0
// League tables: scores of the city's tables (gridcase/rules/score.h) over a period, each
// beside the one before. docs/figures.md and gridcase-scores(5) define them.
#pragma once

#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/score.h>

enum { SCORE_ENTRIES_MOST = 20000 }; // of a score and a period

struct score_query {
    const struct score *score;
    struct figure_words words;           // period, filters; by NULL: as the score says
    const char *before_from, *before_to; // the period to compare with
    int64_t now_ms;
};
struct score_told { // a part of a row
    double value;   // of its measure, or the points given; NaN: none
    double points;  // NaN: the part does not count, because nobody gave points
};
struct score_row {
    struct figure_key key;
    size_t rank, rank_before; // 1 is best, equal points share a rank; 0: not there before
    double points, before;    // NaN: not there before
    const struct score_grade *grade;
    struct score_told *parts; // as the score's
};
struct score_answer {
    struct figure_query query;  // as it was understood: period, dimension
    struct figure_query before; // of the period before
    size_t count;
    struct score_row *rows; // arena; best first
    struct error trouble;
};
// Whoever has any figure in the period, in order. Errors as figures_compute has them.
int scores_compute(struct facts *facts, struct db *db, const struct city_snapshot *city,
                   const struct actor *actor, const struct score_query *query,
                   struct arena *arena, struct score_answer *ret_answer,
                   struct error *error) ERROR_MUST_CHECK;

// ---- points that people give ----
struct score_entry {
    int64_t id; // 0: a new one
    const char *score, *part;
    int64_t subject_id, from_day, to_day;
    bool taken_back;
    double points; // -100..100, to a thousandth
    const char *reason;
    int64_t entered_by, entered_at_ms;
};
// In a transaction of the caller's. ERROR_INPUT "scores.entry" when the score in force at
// the period's end has no such part, or the points are out of range: 0..100 for a part of
// kind manual, -100..100 for adjust.
int score_entry_add(struct db *db, const struct scores *scores,
                    const struct score_entry *entry, struct error *error) ERROR_MUST_CHECK;
// Oldest first; the last of a part and a subject counts.
int score_entries_read(struct db *db, const char *score, int64_t from_day, int64_t to_day,
                       struct arena *arena, struct score_entry **ret_entries,
                       size_t *ret_count, struct error *error) ERROR_MUST_CHECK;
