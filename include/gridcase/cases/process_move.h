// SPDX-License-Identifier: MPL-2.0
// Open cases that began under an older process go on in the one in force.
//
// By itself a case keeps the process it began with until it ends. An office that replaced
// its process may move all open cases: a case stays in its step when the new process has a
// step of that code, and otherwise goes where a table of the office says (columns from,
// to). A step that leads nowhere refuses the whole move, with the list. Each case keeps its
// history; the move stands in it.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/cases/case.h>
#include <gridcase/core/table.h>

enum { PROCESS_MOVE_ROWS = 400 };

struct process_move_row {
    const char *step; // code in the older process
    const char *to;   // in the one in force; NULL: there is none
    int64_t cases;
    const char *example; // number of one of them
};
struct process_move_plan {
    struct process_move_row rows[PROCESS_MOVE_ROWS];
    size_t count;
    size_t unplaced; // rows without a place
    int64_t cases;   // all together
};

// What would go where. map may be NULL. ERROR_INPUT "process.map" for a table that names no
// open step of the process in force, or names one step twice.
int process_move_plan(struct db *db, const struct city_snapshot *city,
                      const struct table *map, struct arena *arena,
                      struct process_move_plan *ret_plan,
                      struct error *error) ERROR_MUST_CHECK;
// The plan as lines for a person.
void process_move_tell(const struct process_move_plan *plan, struct buffer *out);
// ERROR_CONFLICT "process.steps_left" with the list when a row has no place.
int process_move_check(const struct process_move_plan *plan,
                       struct error *error) ERROR_MUST_CHECK;
// Plans and, unless dry, moves all in the city's writer lane, fifty to a transaction, so
// that nobody waits for all of them. Adds to report what a person should read.
struct process_move_order {
    const struct table *map; // NULL: none
    bool dry;
    const atomic_bool *stop; // NULL: never
};
struct db_lane;
int process_move_all(struct db_lane *lane, const struct city_snapshot *city,
                     const struct process_move_order *order, int64_t now_ms,
                     struct buffer *report, struct error *error) ERROR_MUST_CHECK;
// Moves at most `most` cases (*ret_done == most: call again), inside a write transaction.
// ERROR_CONFLICT "process.steps_left" when a case stands in a step without a place: its
// message begins the list.
int process_move_run(struct db *db, const struct city_snapshot *city,
                     const struct table *map, int64_t now_ms, unsigned most,
                     unsigned *ret_done, struct error *error) ERROR_MUST_CHECK;
