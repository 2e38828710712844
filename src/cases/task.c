// SPDX-License-Identifier: MPL-2.0
// Tasks of a case: the step's own, and those opened beside it.
#include <string.h>

#include "case_internal.h"

void case_task_read(struct db_statement *s, struct case_task_row *task)
{
    *task = (struct case_task_row){
        .no = db_column_int(s, 0) & CASE_TASKS_PER_CASE,
        .kind = (int)db_column_int(s, 1),
        .parent_no = db_column_int(s, 2) & CASE_TASKS_PER_CASE,
        .version = db_column_int(s, 3),
        .department_id = db_column_int(s, 4),
        .role = (int)db_column_int(s, 5),
        .person_id = db_column_int(s, 6),
        .opened_ms = db_column_int(s, 7),
        .acted_ms = db_column_int(s, 8),
        .closed_ms = db_column_instant(s, 9),
        .undone = db_column_int(s, 10) != 0,
        .timer_ms = db_column_instant(s, 11),
        .aside = db_column_int(s, 12) != 0,
    };
}

int case_tasks_load(struct case_work *work, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_CASE_TASKS_OPEN, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, work->row.case_id);
    while ((code = db_step(s, error)) == DB_ROW && work->task_count < CASE_TASKS_OPEN)
        case_task_read(s, &work->tasks[work->task_count++]);
    return code < 0 ? code : 0;
}

struct case_task_row *case_task_find(struct case_work *work, int64_t no)
{
    for (size_t i = 0; i < work->task_count; i++)
        if (work->tasks[i].no == no)
            return &work->tasks[i];
    return NULL;
}

struct case_task_row *case_task_of_kind(struct case_work *work, int kind)
{
    // The step's own task first: another of its kind may be open beside it.
    struct case_task_row *own = case_task_find(work, work->row.task_no);
    if (own != NULL && own->kind == kind && own->closed_ms == INSTANT_NONE)
        return own;
    for (size_t i = 0; i < work->task_count; i++)
        if (work->tasks[i].kind == kind && work->tasks[i].closed_ms == INSTANT_NONE)
            return &work->tasks[i];
    return NULL;
}

struct case_task_row *case_task_new(struct case_work *work, int kind, struct error *error)
{
    if (work->task_count == CASE_TASKS_OPEN ||
        work->row.task_count == CASE_TASKS_PER_CASE) {
        error_set(error, ERROR_LIMIT, "case.too_many_tasks",
                  "a case has at most %d tasks, %d of them open", CASE_TASKS_PER_CASE,
                  CASE_TASKS_OPEN);
        return NULL;
    }
    struct case_task_row *task = &work->tasks[work->task_count++];
    *task = (struct case_task_row){.no = ++work->row.task_count,
                                   .kind = kind,
                                   .version = 1,
                                   .role = -1,
                                   .opened_ms = work->effective_ms,
                                   .acted_ms = work->effective_ms,
                                   .closed_ms = INSTANT_NONE,
                                   .timer_ms = INSTANT_NONE,
                                   .added = true};
    return task;
}

void case_task_end(struct case_work *work, struct case_task_row *task, bool undone)
{
    if (task == NULL || task->closed_ms != INSTANT_NONE)
        return;
    task->version++;
    task->acted_ms =
        work->effective_ms > task->acted_ms ? work->effective_ms : task->acted_ms;
    task->closed_ms = task->acted_ms;
    task->undone = undone;
    task->timer_ms = INSTANT_NONE;
    task->changed = true;
}

static int64_t task_id(int64_t case_id, int64_t no)
{
    return case_id * (1 << CASE_TASK_SHIFT) + no;
}

int case_task_add(struct db *db, int64_t case_id, const struct case_task_row *task,
                  struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_TASK_ADD, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, task_id(case_id, task->no));
    db_bind_int(s, 2, task->kind);
    if (task->parent_no != 0)
        db_bind_int(s, 3, task_id(case_id, task->parent_no));
    db_bind_int(s, 4, task->version);
    db_bind_int(s, 5, task->department_id);
    db_bind_int(s, 6, task->role);
    db_bind_int(s, 7, task->person_id);
    db_bind_int(s, 8, task->opened_ms);
    db_bind_int(s, 9, task->acted_ms);
    db_bind_instant(s, 10, task->timer_ms);
    db_bind_instant(s, 11, task->closed_ms);
    db_bind_int(s, 12, task->undone);
    db_bind_int(s, 13, task->aside);
    code = db_step(s, error);
    return code < 0 ? code : 0;
}

static int store_closed(struct case_work *work, const struct case_task_row *task,
                        struct error *error)
{
    return db_execute(work->db, QUERY_CASE_TASK_CLOSE,
                      (struct db_value[]){DB_INT(task_id(work->row.case_id, task->no)),
                                          DB_INT(task->version), DB_INT(task->closed_ms),
                                          DB_INT(task->undone)},
                      4, error);
}

static int store_changed(struct case_work *work, const struct case_task_row *task,
                         struct error *error)
{
    struct db_value timer =
        task->timer_ms == INSTANT_NONE ? DB_NULL : DB_INT(task->timer_ms);
    return db_execute(work->db, QUERY_CASE_TASK_UPDATE,
                      (struct db_value[]){DB_INT(task_id(work->row.case_id, task->no)),
                                          DB_INT(task->version),
                                          DB_INT(task->department_id), DB_INT(task->role),
                                          DB_INT(task->person_id), DB_INT(task->acted_ms),
                                          timer},
                      7, error);
}

int case_tasks_store(struct case_work *work, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < work->task_count && code == 0; i++) {
        const struct case_task_row *task = &work->tasks[i];
        if (task->added)
            code = case_task_add(work->db, work->row.case_id, task, error);
        else if (task->changed && task->closed_ms != INSTANT_NONE)
            code = store_closed(work, task, error);
        else if (task->changed)
            code = store_changed(work, task, error);
    }
    return code;
}

// ---- the step's own task ----
int64_t case_timer_at(const struct case_work *work, int64_t after_ms, bool working)
{
    const struct limit hours = {.unit = LIMIT_WORKING_HOUR};
    return working ? calendar_add(work->calendar, &hours, work->effective_ms, after_ms)
                   : work->effective_ms + after_ms;
}

int case_step_leave(struct case_work *work, struct error *error)
{
    int step = process_step_find(work->process, work->row.step);
    const struct process_step *at = process_step(work->process, (size_t)step);
    struct case_task_row *own = case_task_find(work, work->row.task_no);
    if (own == NULL || at == NULL)
        return 0; // an ended case has none
    if (at->clock != PROCESS_CLOCK_NONE &&
        case_clock_find(work, (int)at->clock, own->no) != NULL) {
        int code =
            case_clock_move(work, (int)at->clock, own->no, CLOCK_EFFECT_STOP, NULL, error);
        if (code != 0)
            return code;
    }
    case_task_end(work, own, work->task_no != own->no);
    return 0;
}

// The lead; but what it has handed on to a crew of its own goes on there.
static int64_t holding_department(struct case_work *work)
{
    int64_t lead = work->row.department_id;
    const struct case_task_row *acted = case_task_find(work, work->task_no);
    bool crew = acted != NULL && acted->role == PROCESS_DEPARTMENT && !acted->aside &&
                acted->department_id != 0 && lead == work->department_before &&
                city_department_within(work->city, acted->department_id, lead);
    return crew ? acted->department_id : lead;
}

static int hold(struct case_work *work, const struct process_step *step,
                struct case_task_row *task, struct error *error)
{
    task->role = step->holder_role;
    switch (step->holder) {
    case PROCESS_HOLDER_DEPARTMENT:
        if (work->row.department_id == 0)
            return error_set(error, ERROR_CONFLICT, "case.no_department",
                             "the case has no department that could hold it");
        task->department_id = holding_department(work);
        return 0;
    case PROCESS_HOLDER_DESK:
        task->department_id = case_desk_now(work);
        if (task->department_id == 0)
            return error_set(error, ERROR_CONFLICT, "case.no_desk",
                             "no desk has the case that could hold it");
        return 0;
    case PROCESS_HOLDER_REPORTER:
    case PROCESS_HOLDER_FILER:
        task->person_id = work->row.reported_by;
        return 0;
    case PROCESS_HOLDER_ROSTER:
        return case_roster_hold(work, task, error);
    default:
        return 0;
    }
}

static int start_stage_clock(struct case_work *work, const struct process_step *step,
                             const struct case_task_row *task, struct error *error)
{
    struct limit limit;
    int64_t line = 0;
    if (step->clock == PROCESS_CLOCK_NONE)
        return 0;
    case_limit(work, (int)step->clock, &limit, &line);
    if (limit.unit == LIMIT_NONE)
        return 0;
    return case_clock_move(work, (int)step->clock, task->no, CLOCK_EFFECT_START, &limit,
                           error);
}

static int end_everything(struct case_work *work, struct error *error)
{
    for (size_t i = 0; i < work->task_count; i++) {
        const struct case_task_row *task = &work->tasks[i];
        // A desk through which the case went to its end has done its part.
        bool done = task->no == work->task_no || task->kind == PROCESS_TASK_DESK;
        case_task_end(work, &work->tasks[i], !done);
    }
    int code = 0;
    for (size_t i = 0; i < work->clock_count && code == 0; i++) {
        const struct case_clock_row *clock = &work->clocks[i];
        if (clock->clock.status == CLOCK_RUNNING || clock->clock.status == CLOCK_PAUSED)
            code = case_clock_move(work, clock->kind, clock->task_no, CLOCK_EFFECT_STOP,
                                   NULL, error);
    }
    return code;
}

static int queue_of(const struct process_step *step)
{
    if (strcmp(step->queue, "where") == 0)
        return CASE_QUEUE_WHERE;
    return strcmp(step->queue, "manual") == 0 ? CASE_QUEUE_MANUAL : CASE_QUEUE_NONE;
}

int case_step_enter(struct case_work *work, struct error *error)
{
    struct case_row *row = &work->row;
    const struct process_step *step = process_step(work->process, (size_t)work->action->to);
    row->step = step->code;
    row->stage = (int)step->stage;
    row->outcome = (int)step->outcome;
    row->step_ms = work->effective_ms;
    row->queue = queue_of(step);
    row->closed_ms = step->stage == PROCESS_ENDED ? work->effective_ms : INSTANT_NONE;
    row->task_no = 0;
    if (step->stage == PROCESS_ENDED)
        return end_everything(work, error);
    struct case_task_row *task = case_task_new(work, (int)step->task, error);
    if (task == NULL)
        return error->code;
    row->task_no = task->no;
    if (step->timer_action != NULL)
        task->timer_ms = case_timer_at(work, step->timer_ms, step->timer_working);
    if (work->until_ms != INSTANT_NONE && work->until_ms < task->timer_ms)
        task->timer_ms = work->until_ms;
    int code = hold(work, step, task, error);
    return code != 0 ? code : start_stage_clock(work, step, task, error);
}
