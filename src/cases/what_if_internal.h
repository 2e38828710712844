// SPDX-License-Identifier: MPL-2.0
// One case on both sides of a draft: by the rules in force, and by the draft's.
#pragma once

#include <gridcase/cases/what_if.h>

#include "case_internal.h"

enum what_if_outcome {
    WHAT_IF_JUDGED,
    WHAT_IF_NO_CLASS,   // the draft has not its class or condition
    WHAT_IF_CHAIN,      // the draft's limit is a chain of other parts
    WHAT_IF_UNREADABLE, // its clock's moves do not fit the draft's limit
};

// A side: a city, and room to make one case's clocks and route by its rules.
struct what_if_judge {
    struct case_work *works[2]; // in force, draft
    struct case_move move;
    struct actor actor;
    const struct city_snapshot *city, *draft;
    int64_t now_ms;
    bool same_calendar;
    struct arena *arena;     // of the slice
    struct limit granted[4]; // of the handling clock and the parts, as really granted
};
void what_if_judge_begin(struct what_if_judge *judge);
void what_if_judge_end(struct what_if_judge *judge); // takes a zeroed one, too

// The case under both rules: class, place and limit. Later calls are about this case.
enum what_if_outcome what_if_take(struct what_if_judge *judge, const struct case_row *row);
// Whether its history has to be played: limits or calendars differ, and it has a limit.
bool what_if_needs_clocks(const struct what_if_judge *judge, bool *ret_clocked);

// What one row of the history did to the clocks, on both sides, in the order of the case.
enum what_if_outcome what_if_play(struct what_if_judge *judge, const char *effects,
                                  int64_t done_ms);
// After the last row.
void what_if_conclude(const struct what_if_judge *judge, struct what_if_case *one);
// Where the routing rules send it.
int what_if_send(struct what_if_judge *judge, struct what_if_case *one,
                 struct error *error) ERROR_MUST_CHECK;
