// SPDX-License-Identifier: MPL-2.0
// Timers: moves that the system makes when their instant has come, through the one door.
#include <stdlib.h>
#include <string.h>

#include "case_internal.h"

enum { TIMERS_AT_ONCE = 256 };

struct timer {
    int64_t task_id, at_ms;
};

static int read_due(struct db *db, int64_t now_ms, unsigned most, struct timer *timers,
                    unsigned *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_TIMERS_DUE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, now_ms);
    db_bind_int(s, 2, most);
    unsigned count = 0;
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        timers[count++] = (struct timer){db_column_int(s, 0), db_column_int(s, 1)};
    *ret_count = count;
    return code < 0 ? code : 0;
}

// The step's own timer; that of a task beside it rings for the first row of the step that
// the system may do with such a task.
static const char *timer_action(struct db *db, const struct city_snapshot *city,
                                int64_t task_id)
{
    struct arena *arena ARENA_CLEANUP = arena_new(256 * 1024);
    struct case_row row;
    if (case_row_load(db, task_id >> CASE_TASK_SHIFT, arena, &row, NULL) != 0)
        return NULL;
    const struct process *process = city_process(city, row.process_version);
    int step = process != NULL ? process_step_find(process, row.step) : -1;
    if (step < 0)
        return NULL;
    if ((task_id & CASE_TASKS_PER_CASE) == row.task_no)
        return process_step(process, (size_t)step)->timer_action;
    int64_t kind = 0;
    size_t count = 0;
    const int *rows = process_actions_from(process, step, &count);
    if (db_fetch_int(db, QUERY_CASE_TASK_KIND, (struct db_value[]){DB_INT(task_id)}, 1,
                     &kind, NULL) != 0)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct process_action *action = process_action(process, (size_t)rows[i]);
        if ((int64_t)action->task == kind && (action->roles & (1u << PROCESS_SYSTEM)) != 0)
            return action->code;
    }
    return NULL;
}

static int fire(struct db *db, const struct city_snapshot *city, const struct timer *timer,
                int64_t now_ms, struct error *error)
{
    int64_t case_id = timer->task_id >> CASE_TASK_SHIFT;
    struct actor system = actor_system();
    struct case_move move = {.actor = &system,
                             .action = timer_action(db, city, timer->task_id),
                             .case_id = case_id,
                             .task_id = timer->task_id,
                             .received_ms = now_ms,
                             .done_ms = timer->at_ms};
    struct case_result result;
    int code = ERROR_CONFLICT;
    if (move.action != NULL) {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        code = db_begin(db, DB_WRITE, &transaction, error);
        if (code == 0)
            code = case_apply(db, city, &move, &result, error);
        if (code == 0)
            code = db_commit(&transaction, error);
    }
    bool refused = code == ERROR_CONFLICT || code == ERROR_NOT_FOUND || code == ERROR_INPUT;
    if (!refused)
        return code;
    return db_execute(db, QUERY_CASE_TIMER_CLEAR,
                      (struct db_value[]){DB_INT(timer->task_id)}, 1, error);
}

int case_timers_run(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                    unsigned most, unsigned *ret_done, struct error *error)
{
    if (most > TIMERS_AT_ONCE)
        most = TIMERS_AT_ONCE;
    struct timer timers[TIMERS_AT_ONCE];
    unsigned count = 0;
    int code = read_due(db, now_ms, most, timers, &count, error);
    for (unsigned i = 0; i < count && code == 0; i++)
        code = fire(db, city, &timers[i], now_ms, error);
    if (code == 0)
        *ret_done = count;
    return code;
}

int case_timers_next(struct db *db, int64_t *ret_ms, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_TIMER_NEXT, &s, error);
    if (code != 0)
        return code;
    code = db_step(s, error);
    if (code == DB_ROW)
        *ret_ms = db_column_instant(s, 0);
    return code < 0 ? code : 0;
}
