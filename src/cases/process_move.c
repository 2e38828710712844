// SPDX-License-Identifier: MPL-2.0
#include <gridcase/cases/process_move.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/db/lane.h>

#include "case_internal.h"

enum { MOVES_AT_ONCE = 256, MOVE_SLICE = 50, LIST_SIZE = 300 };

// ---- where a step leads ----
static int check_map(const struct process *process, const struct table *map,
                     struct error *error)
{
    for (size_t i = 0; map != NULL && i < table_rows(map); i++) {
        const char *from = table_value(map, i, "from"), *to = table_value(map, i, "to");
        int step = process_step_find(process, to);
        if (step < 0 || process_step(process, (size_t)step)->stage == PROCESS_ENDED)
            return error_set(error, ERROR_INPUT, "process.map",
                             "line %lld: the process in force has no open step '%.60s'",
                             (long long)table_line(map, i), to);
        for (size_t k = 0; k < i; k++)
            if (strcmp(table_value(map, k, "from"), from) == 0)
                return error_set(error, ERROR_INPUT, "process.map",
                                 "line %lld: '%.60s' stands twice",
                                 (long long)table_line(map, i), from);
    }
    return 0;
}

// Index of the step in the process in force, -1: there is none.
static int lead(const struct process *process, const struct table *map, const char *step)
{
    for (size_t i = 0; map != NULL && i < table_rows(map); i++)
        if (strcmp(table_value(map, i, "from"), step) == 0)
            return process_step_find(process, table_value(map, i, "to"));
    int same = process_step_find(process, step);
    return same >= 0 && process_step(process, (size_t)same)->stage != PROCESS_ENDED ? same
                                                                                    : -1;
}

int process_move_plan(struct db *db, const struct city_snapshot *city,
                      const struct table *map, struct arena *arena,
                      struct process_move_plan *ret_plan, struct error *error)
{
    const struct process *process = city_process(city, 0);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = check_map(process, map, error);
    if (code == 0)
        code = db_prepare(db, QUERY_CASE_PROCESS_STEPS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, city_rules_current(city, CITY_PROCESS));
    *ret_plan = (struct process_move_plan){0};
    while ((code = db_step(s, error)) == DB_ROW && ret_plan->count < PROCESS_MOVE_ROWS) {
        struct process_move_row *row = &ret_plan->rows[ret_plan->count++];
        *row =
            (struct process_move_row){.step = arena_text(arena, db_column_text(s, 0)),
                                      .cases = db_column_int(s, 1),
                                      .example = arena_text(arena, db_column_text(s, 2))};
        int to = lead(process, map, row->step);
        row->to = to >= 0 ? process_step(process, (size_t)to)->code : NULL;
        ret_plan->unplaced += to < 0;
        ret_plan->cases += row->cases;
    }
    return code < 0 ? code : 0;
}

void process_move_tell(const struct process_move_plan *plan, struct buffer *out)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct process_move_row *row = &plan->rows[i];
        buffer_format(out, "%-20s %6lld case%s -> %s (as %s)\n", row->step,
                      (long long)row->cases, row->cases == 1 ? " " : "s",
                      row->to != NULL ? row->to : "?", row->example);
    }
    buffer_format(out, "%lld open cases of older processes, %zu steps without a place",
                  (long long)plan->cases, plan->unplaced);
}

int process_move_check(const struct process_move_plan *plan, struct error *error)
{
    char list[LIST_SIZE] = "";
    size_t used = 0;
    if (plan->unplaced == 0)
        return 0;
    for (size_t i = 0; i < plan->count && used + 120 < sizeof list; i++)
        if (plan->rows[i].to == NULL)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%.40s (%lld, as %s)",
                                 used > 0 ? ", " : "", plan->rows[i].step,
                                 (long long)plan->rows[i].cases, plan->rows[i].example);
    return error_set(error, ERROR_CONFLICT, "process.steps_left",
                     "open cases stand in steps that the process in force does not have: "
                     "%s",
                     list);
}

// ---- one case ----
static bool knows_task(const struct process *process, int kind)
{
    for (size_t i = 0; i < process_actions(process); i++)
        if ((int)process_action(process, i)->task == kind)
            return true;
    return false;
}

static bool same_work(const struct process_step *a, const struct process_step *b)
{
    return strcmp(a->code, b->code) == 0 && a->task == b->task && a->holder == b->holder &&
           a->holder_role == b->holder_role && a->stage == b->stage && a->clock == b->clock;
}

// Takes the case out of its step by the old process and into the new one's.
static int change(struct case_work *work, struct process_action *action,
                  const struct process *next, struct error *error)
{
    const struct process_step *at = process_step(
        work->process, (size_t)process_step_find(work->process, work->row.step));
    const struct process_step *to = process_step(next, (size_t)action->to);
    for (size_t i = 0; i < work->task_count; i++)
        if (work->tasks[i].aside && !knows_task(next, work->tasks[i].kind))
            case_task_end(work, &work->tasks[i], true);
    if (at != NULL && same_work(at, to)) {
        work->process = next;
        return 0;
    }
    action->stays = false;
    int code = case_step_leave(work, error);
    work->process = next;
    return code != 0 ? code : case_step_enter(work, error);
}

static int move_case(struct case_work *work, const struct table *map, struct error *error)
{
    int code = case_begin_known(work, error);
    if (code != 0)
        return code;
    struct case_row before = work->row;
    const struct process *next = city_process(work->city, 0);
    struct process_action action = *case_builtin_action("process_changed");
    action.to = lead(next, map, work->row.step);
    if (action.to < 0)
        return error_set(error, ERROR_CONFLICT, "process.steps_left",
                         "case %s stands in step '%s', which the process in force does "
                         "not have",
                         work->row.number, work->row.step);
    work->action = &action;
    work->effective_ms = work->move->received_ms > work->row.step_ms
                             ? work->move->received_ms
                             : work->row.step_ms;
    work->until_ms = INSTANT_NONE;
    work->inputs.opinion = "";
    random_bytes(work->salt, sizeof work->salt);
    int64_t version = city_rules_current(work->city, CITY_PROCESS);
    code = change(work, &action, next, error);
    if (code == 0)
        code = case_keep_pair(work, (const char *[]){"process_after", "process_before"},
                              (int64_t[]){version, before.process_version}, error);
    if (code == 0)
        code = case_store(work, &before, error);
    if (code == 0)
        code = db_execute(work->db, QUERY_CASE_PROCESS_SET,
                          (struct db_value[]){DB_INT(work->row.case_id), DB_INT(version)},
                          2, error);
    return code;
}

static int move_one(struct db *db, const struct city_snapshot *city,
                    const struct table *map, int64_t case_id, int64_t now_ms,
                    struct error *error)
{
    struct actor system = actor_system();
    struct case_move move = {.actor = &system,
                             .case_id = case_id,
                             .received_ms = now_ms,
                             .done_ms = INSTANT_NONE};
    struct case_work *work = case_work_new(db, city, &move);
    int code = move_case(work, map, error);
    case_work_free(work);
    return code;
}

int process_move_run(struct db *db, const struct city_snapshot *city,
                     const struct table *map, int64_t now_ms, unsigned most,
                     unsigned *ret_done, struct error *error)
{
    int64_t ids[MOVES_AT_ONCE];
    unsigned count = 0;
    struct process_move_plan plan;
    struct arena *arena ARENA_CLEANUP = arena_new(256 * 1024);
    int code = process_move_plan(db, city, map, arena, &plan, error);
    if (code == 0)
        code = process_move_check(&plan, error);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    if (code == 0)
        code = db_prepare(db, QUERY_CASE_PROCESS_OLDER, &s, error);
    if (code != 0)
        return code;
    most = most < MOVES_AT_ONCE ? most : MOVES_AT_ONCE;
    db_bind_int(s, 1, city_rules_current(city, CITY_PROCESS));
    db_bind_int(s, 2, most);
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        ids[count++] = db_column_int(s, 0);
    s = db_finish(s);
    code = code < 0 ? code : 0;
    for (unsigned i = 0; i < count && code == 0; i++)
        code = move_one(db, city, map, ids[i], now_ms, error);
    if (code == 0)
        *ret_done = count;
    return code;
}

// ---- all of them, for a command ----
struct moving {
    const struct city_snapshot *city;
    const struct process_move_order *order;
    struct process_move_plan plan;
    struct arena *arena;
    int64_t now_ms;
    unsigned done, moved;
};

static int plan_job(struct db *db, void *context, struct error *error)
{
    struct moving *moving = context;
    return process_move_plan(db, moving->city, moving->order->map, moving->arena,
                             &moving->plan, error);
}

static int move_job(struct db *db, void *context, struct error *error)
{
    struct moving *moving = context;
    return process_move_run(db, moving->city, moving->order->map, moving->now_ms,
                            MOVE_SLICE, &moving->done, error);
}

static int move_slices(struct db_lane *lane, struct moving *moving, struct error *error)
{
    const atomic_bool *stop = moving->order->stop;
    int code = process_move_check(&moving->plan, error);
    do {
        moving->done = 0;
        if (code == 0)
            code = db_lane_call(lane, DB_MACHINES, move_job, moving, error);
        moving->moved += moving->done;
    } while (code == 0 && moving->done == MOVE_SLICE &&
             (stop == NULL || !atomic_load(stop)));
    return code;
}

int process_move_all(struct db_lane *lane, const struct city_snapshot *city,
                     const struct process_move_order *order, int64_t now_ms,
                     struct buffer *report, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(1024 * 1024);
    struct moving *moving = memory_new(sizeof *moving);
    *moving =
        (struct moving){.city = city, .order = order, .arena = arena, .now_ms = now_ms};
    int code = db_lane_call(lane, DB_MACHINES, plan_job, moving, error);
    if (code == 0 && !order->dry)
        code = move_slices(lane, moving, error);
    if (code == 0)
        process_move_tell(&moving->plan, report);
    if (code == 0 && !order->dry)
        buffer_format(report, "\n%u cases moved", moving->moved);
    free(moving);
    return code;
}
