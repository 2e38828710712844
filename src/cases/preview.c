// SPDX-License-Identifier: MPL-2.0
// What a move would change, without making it.
#include <string.h>

#include "case_internal.h"

// Grid, areas, class, route, limit and deadline as the case stands in work.
static int look(struct case_work *work, struct case_prospect *prospect, struct error *error)
{
    const struct case_row *row = &work->row;
    int64_t line = 0;
    *prospect = (struct case_prospect){.class_id = row->place.class_id,
                                       .condition_id = row->place.condition_id,
                                       .grid_id = row->place.grid_id,
                                       .department_id = row->department_id,
                                       .due_ms = INSTANT_NONE};
    memcpy(prospect->areas, row->place.areas, sizeof prospect->areas);
    work->routed = false;
    int code = case_route(work, error);
    if (code != 0)
        return code;
    prospect->route_id = work->route.manual ? 0 : work->route.lead;
    case_limit(work, PROCESS_CLOCK_HANDLING, &prospect->limit, &line);
    const struct case_clock_row *clock = case_clock_find(work, PROCESS_CLOCK_HANDLING, 0);
    if (clock != NULL && clock->clock.status != CLOCK_IDLE) {
        prospect->limit = clock->clock.limit;
        prospect->due_ms = clock->clock.due_ms;
    }
    const struct process_step *step =
        process_step(work->process, (size_t)process_step_find(work->process, row->step));
    prospect->step = step; // of the process, which the snapshot keeps
    return 0;
}

static int preview(struct case_work *work, struct case_preview *preview,
                   struct error *error)
{
    struct case_row before;
    struct history_row history;
    int code = case_begin_known(work, error);
    if (code == 0)
        code = look(work, &preview->before, error);
    work->routed = false;
    if (code == 0)
        code = case_make(work, &before, &history, error);
    return code != 0 ? code : look(work, &preview->after, error);
}

int case_has_ended(struct db *db, int64_t case_id, bool *ret_ended, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(256 * 1024);
    struct case_row row;
    int code = case_row_load(db, case_id, arena, &row, error);
    *ret_ended = code == 0 && row.closed_ms != INSTANT_NONE;
    return code;
}

int case_preview(struct db *db, const struct city_snapshot *city,
                 const struct case_move *move, struct case_preview *ret_preview,
                 struct error *error)
{
    struct case_preview found = {0};
    struct case_work *work = case_work_new(db, city, move);
    int code = preview(work, &found, error);
    case_work_free(work);
    if (code == 0)
        *ret_preview = found;
    return code;
}
