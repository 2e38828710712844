// SPDX-License-Identifier: MPL-2.0
// Storing a life that has been played.
#include <string.h>

#include "bulk_internal.h"
#include "contact_internal.h"

static int store_change(struct db *db, const struct bulk_life *life, size_t at,
                        int64_t *position, struct error *error)
{
    const struct history_row *row = &life->history[at];
    const struct bulk_move *move = &life->moves[at];
    int64_t next = *position + 1;
    int code = db_execute(
        db, QUERY_BULK_CHANGE_ADD,
        (struct db_value[]){DB_INT(next), DB_INT(life->row.case_id), DB_INT(row->entry.seq),
                            DB_INT(row->entry.kind), DB_INT(row->stage_to),
                            DB_INT(row->entry.received_ms), DB_INT(move->moved)},
        7, error);
    if (code == 0 && move->moved)
        code = case_change_before_add(db, next, move->areas_before, error);
    if (code == 0)
        *position = next;
    return code;
}

// Whoever was called back has had the answer.
static int call_backs(struct db *db, const struct bulk_life *life, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < life->move_count && code == 0; i++) {
        const struct history_entry *entry = &life->history[i].entry;
        bool stays = strcmp(entry->step_from, entry->step_to) == 0;
        if (entry->kind == PROCESS_CALLED_BACK)
            code = contact_called_back(db, &life->row, contact_try_of(&life->fact, stays),
                                       entry->done_ms, entry->actor_id, error);
    }
    return code;
}

int bulk_store(struct db *db, const struct city_snapshot *city, struct bulk_life *life,
               int64_t *position, struct error *error)
{
    struct case_row *row = &life->row;
    int code = row->reporter_id != 0
                   ? case_reporter_add(db, life->draft->reporter, &row->reporter_id, error)
                   : 0;
    if (code == 0)
        code = case_row_add(db, row, error);
    if (code == 0)
        code = contact_open(db, row, life->draft, error);
    if (code == 0)
        code = call_backs(db, life, error);
    for (size_t i = 0; i < life->task_count && code == 0; i++)
        code = case_task_add(db, row->case_id, &life->tasks[i], error);
    for (size_t i = 0; i < life->clock_count && code == 0; i++)
        code = case_clock_put(db, row->case_id, &life->clocks[i], error);
    for (size_t i = 0; i < life->move_count && code == 0; i++) {
        code = history_write(db, row->case_id, &life->history[i], error);
        if (code == 0)
            code = store_change(db, life, i, position, error);
    }
    if (code == 0)
        code = fact_put(db, row->case_id, &life->fact, error);
    if (code == 0)
        code = fact_add_rollups(db, city_calendar(city, 0), &life->fact, error);
    if (code == 0 && row->closed_ms == INSTANT_NONE && row->place.has_point)
        code = case_point_add(db, row, error);
    return code;
}
