// SPDX-License-Identifier: MPL-2.0
// What a time order does to the clocks of one case while it holds them. The process goes
// on: a clock that a move starts or resumes stands still again at once, and runs when the
// order ends; one that a move pauses or stops stays so when the order ends.
#include <gridcase/cases/order.h>

#include "case_internal.h"

// The row that says which order holds the case; NULL: none does.
static const struct case_clock_row *hold_of(const struct case_work *work)
{
    for (size_t i = 0; i < work->clock_count; i++)
        if (work->clocks[i].held != 0)
            return &work->clocks[i];
    return NULL;
}

int case_hold_again(struct case_work *work, struct case_clock_row *row, int64_t at_ms,
                    struct error *error)
{
    const struct case_clock_row *hold = hold_of(work);
    if (hold == NULL || row->kind == PROCESS_CLOCK_IMPORTED ||
        (hold->held_scope != CASE_ORDER_ALL && row->kind != PROCESS_CLOCK_HANDLING &&
         !case_is_part(row->kind)))
        return 0;
    row->held = hold->held;
    row->held_scope = hold->held_scope;
    row->goes_on = true;
    struct case_turn turn = {.kind = row->kind,
                             .task_no = row->task_no,
                             .effect = CLOCK_EFFECT_PAUSE,
                             .at_ms = at_ms,
                             .order = row->held};
    return case_clock_turn(work, &turn, error);
}

bool case_hold_notes(struct case_work *work, struct case_clock_row *row,
                     enum clock_effect effect)
{
    if (row->clock.status != CLOCK_PAUSED)
        return false;
    if (effect == CLOCK_EFFECT_RESUME) {
        row->goes_on = true;
        row->changed = true;
        return true;
    }
    if (effect != CLOCK_EFFECT_PAUSE) {
        row->goes_on = false;
        return false;
    }
    if (!row->goes_on)
        return true;
    row->goes_on = false;
    row->changed = true;
    // Changes nothing of a clock that stands; it tells where the order's time ends.
    struct case_turn turn = {.kind = row->kind,
                             .task_no = row->task_no,
                             .effect = CLOCK_EFFECT_RECOMPUTE,
                             .at_ms = work->effective_ms,
                             .order = row->held};
    return case_clock_turn(work, &turn, NULL) == 0;
}
