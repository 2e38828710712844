// SPDX-License-Identifier: MPL-2.0
// What if this model had been in force: cases of a period judged by the rules in force and
// by those of a draft, each replayed from its own history. docs/figures.md ("What if") says
// how, and what is left out.
//
// Both sides are made by the same code from the same moves, so a draft that changes nothing
// flips nothing. What really came of a case is told beside it.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/rules/limit.h>

struct city_snapshot;
struct db;

enum { WHAT_IF_LIST_MOST = 2000, WHAT_IF_DAYS = 90 };

// How the handling clock, with the parts of a chain, stands with its deadline.
enum what_if_verdict {
    WHAT_IF_NONE,    // no limit, or it never ran
    WHAT_IF_IN_TIME, // stopped in time
    WHAT_IF_LATE,
    WHAT_IF_RUNNING, // not stopped; the deadline has not passed, or the clock stands
    WHAT_IF_OVERDUE,
    WHAT_IF_VERDICT_COUNT
};
const char *what_if_verdict_to_str(enum what_if_verdict verdict);

struct what_if_clock {
    enum what_if_verdict verdict;
    struct limit limit; // of the part that decides, where the limit is a chain
    int64_t limit_line; // of the table limits; 0: none
    int64_t due_ms;     // the last deadline it had; INSTANT_NONE: none
};
struct what_if_route {
    const char *department; // code; "": to be sent by hand
    int64_t line;           // of the table routing; 0: no rule answers
    const char *rule;       // its name; ""
};
struct what_if_side {
    struct what_if_clock clock;
    struct what_if_route route;
};
struct what_if_case {
    const char *number;
    int64_t case_id, class_id, opened_ms;
    const char *department;       // code of the lead it really has
    int64_t handled_ms;           // the handling clock stopped; INSTANT_NONE: not yet
    enum what_if_verdict was;     // as it was judged when it happened
    bool late_flips, route_flips; // at least one
    struct what_if_side now, draft;
};
// Cases of one department (the lead they have) or class.
struct what_if_row {
    int64_t id;
    const char *code;
    int64_t cases, to_late, to_in_time, elsewhere;
};
struct what_if_result {
    int64_t cases;   // of the period that a department got
    int64_t clocked; // of them: with a handling limit on either side
    int64_t to_late, to_in_time, elsewhere;
    int64_t due_moved;  // the deadline is another, whether the verdict is or not
    int64_t since;      // judged otherwise by the rules in force than when it happened
    int64_t no_class;   // not compared: the draft has not their class or condition
    int64_t chain;      // not compared: a limit becomes a chain, or another one
    int64_t unreadable; // not compared: the draft's limit does not fit what happened
    size_t listed;      // newest first
    struct what_if_case *list;
    size_t department_count, class_count;
    struct what_if_row *departments, *classes; // the most flips first
};

struct what_if_options {
    int64_t from_ms, to_ms; // reported from, until before
    int64_t now_ms;
    bool same_calendar;      // known: deadlines differ only where limits do
    const atomic_bool *stop; // may be NULL: ERROR_BUSY "what_if.stopped"
    // After each slice; may be NULL. Ids that were looked at, of how many.
    void (*progress)(void *context, int64_t done, int64_t of);
    // Each case that flips, oldest first, borrowed for the call; may be NULL.
    int (*told)(void *context, const struct what_if_case *one, struct error *error);
    void *context;
};
struct city_diff;
// No table of the calendar differs, nor the settings, which name the time zone.
bool what_if_same_calendar(const struct city_diff *diff);
// db: a reader of the cases. Texts of the result lie in the arena or are of the cities.
int what_if_run(struct db *db, const struct city_snapshot *city,
                const struct city_snapshot *draft, const struct what_if_options *options,
                struct arena *arena, struct what_if_result *ret_result,
                struct error *error) ERROR_MUST_CHECK;
