// SPDX-License-Identifier: MPL-2.0
// Which open cases will go late: what became of past ones that had stood at the same point
// of their time. docs/figures.md ("Looking ahead") tells the reckoning and how well it
// held.
//
// What an actor may not see is neither told nor reckoned with, as in figures.h.
#pragma once

#include <gridcase/evaluation/figures.h>

enum {
    AHEAD_CASES_MOST = 3000000, // looked at for one answer
    AHEAD_LIST_MOST = 200,
    AHEAD_WINDOW_DAYS = 365, // how far back past cases may lie
    AHEAD_PAST_LEAST = 30,   // fewer past cases say nothing
    AHEAD_USUAL_DAYS = 28,   // a shorter record does not tell what is usual
    AHEAD_STANDS_MOST = 60,  // past days of one calibration
    AHEAD_TENTHS = 10,
};

// Whose past was looked at: the narrowest that has AHEAD_PAST_LEAST cases.
enum ahead_basis {
    AHEAD_OF_CLASS, // of this department and class
    AHEAD_OF_MAJOR, // of this department and major class
    AHEAD_OF_DEPARTMENT,
    AHEAD_OF_ALL,  // that the actor sees
    AHEAD_UNKNOWN, // too few anywhere: nothing is said
    AHEAD_BASIS_COUNT
};
const char *ahead_basis_to_str(enum ahead_basis basis);

// One sentence: of `past` cases that were not handled either when `gone` of their time was
// gone, `late` would go late under the present load, which is `load` cases where `usual`
// is usual.
struct ahead_forecast {
    enum ahead_basis basis;
    int64_t past, late;
    double gone;        // 0..1, in office time
    double load, usual; // open cases of the department that are still within their time;
                        // usual 0: not known
    double probability; // late / past; 0 when unknown
};
struct ahead_case {
    int64_t case_id;
    const char *number; // arena
    int64_t department_id, class_id;
    int64_t due_ms;
    struct ahead_forecast forecast;
};
struct ahead_department {
    int64_t id;
    int64_t open;    // within their time
    int64_t overdue; // late already: nothing is forecast
    int64_t likely;  // of the open: a half and more
    double expected; // sum of probabilities
    double load, usual;
};
struct ahead_query {
    struct figure_query figures; // only its filters and now_ms count
    size_t most;                 // 1..AHEAD_LIST_MOST
};
struct ahead_answer {
    int64_t open, overdue, likely, unknown;
    double expected;
    int64_t past; // cases whose end is known, AHEAD_WINDOW_DAYS back
    size_t count;
    struct ahead_case *cases; // arena; the likeliest first, then by deadline; none unknown
    size_t department_count;
    struct ahead_department *departments; // arena; the most expected first
    struct error trouble;                 // of the columns' file
};
// ERROR_INPUT "ahead.too_many".
int ahead_forecasts(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, const struct ahead_query *query,
                    struct arena *arena, struct ahead_answer *ret_answer,
                    struct error *error) ERROR_MUST_CHECK;

// Stands at noon of past days, forecasts with what was known then of deadlines that had
// passed, and compares with what became of each case. A case counts once for each day on
// which it was open and within its time.
struct ahead_tenth {
    int64_t count, late;
    double expected; // sum of probabilities
};
struct ahead_calibration {
    int64_t from_day, to_day, step_days;
    int64_t stands;
    int64_t count, late, unknown; // forecasts; of them that went late; said nothing
    int64_t pending;              // left out: the deadline has not passed yet
    struct ahead_tenth tenths[AHEAD_TENTHS];
    // Mean squared error: of the forecast, of the same without load, and of saying for each
    // case the share of past cases that went late.
    double brier, brier_plain, brier_base;
    struct error trouble;
};
// From and to of the query's figures.
int ahead_calibrate(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, const struct ahead_query *query,
                    struct ahead_calibration *ret_calibration,
                    struct error *error) ERROR_MUST_CHECK;
