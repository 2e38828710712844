// SPDX-License-Identifier: MPL-2.0
// The smallest shift of work that avoids lateness: from whom, to whom, which cases. Crews
// within one department, and people of one post; never another department, whose duty it is
// not. Advice alone: nobody is moved by it. docs/figures.md ("Shift of work") says the
// rule.
//
// What an actor may not see is neither told nor reckoned with, as in figures.h.
#pragma once

#include <gridcase/evaluation/figures.h>

enum {
    SHIFT_LIST_MOST = 200,
    SHIFT_DAYS = 28,        // whose work tells the usual pace
    SHIFT_DONE_LEAST = 5,   // fewer pieces of work do not
    SHIFT_CLASS_DAYS = 365, // a crew takes classes that it has finished since
    SHIFT_TASKS_MOST = 50000,
};

struct shift_party { // a department, or a person in a post
    int64_t id;
    int role;                 // enum role; -1: a department
    int64_t group_id;         // the department that all of the group stand in; 0: of a post
    const char *name, *login; // of a person; NULL: of a department
    int64_t held, overdue;    // within their time; late already
    double a_day;             // usual, on a day of work; 0: not known
    int64_t late;             // of the held: not to be reached in time
    int64_t given, taken;
};
struct shift_move {
    int64_t case_id;
    const char *number;
    int64_t class_id, task_id; // task: what a person holds; 0: of a department
    int64_t due_ms;
    int64_t from_at_ms, to_at_ms; // when it would be reached where it lies, and there
    size_t from, to;              // of the parties
};
struct shift_answer {
    int64_t late;      // would not be reached in time where they lie
    int64_t avoided;   // of them by moving them
    int64_t unknown;   // held by somebody whose pace is not known
    int64_t looked_at; // cases and tasks within their time
    int64_t passed_over;
    size_t count;
    struct shift_move *moves; // by deadline; at most SHIFT_LIST_MOST
    size_t party_count;
    struct shift_party *parties; // of groups in which something is late
    struct error trouble;        // of the columns' file
};
// Only filters and now_ms of the query count; the filters choose which moves are told.
int shift_advise(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct actor *actor, const struct figure_query *query,
                 struct arena *arena, struct shift_answer *ret_answer,
                 struct error *error) ERROR_MUST_CHECK;
