// SPDX-License-Identifier: MPL-2.0
// Levels of command. A desk that has received a case has a task `desk` and, under the same
// number, a clock of that kind: it runs while the case is in the desk's own hands and
// pauses while others have it. The desks of a case are these clocks in the order of their
// numbers, the highest first; the one that runs is where the case is.
#include <string.h>

#include "case_internal.h"

enum { PERCENT = 100 };

static bool is_live(const struct case_clock_row *row)
{
    return row->kind == PROCESS_CLOCK_DESK &&
           (row->clock.status == CLOCK_RUNNING || row->clock.status == CLOCK_PAUSED);
}

// A desk that was taken out of the model, or made a plain department, is passed over.
static bool is_in_force(const struct case_work *work, const struct case_clock_row *row)
{
    return is_live(row) &&
           city_department_is_desk(city_department_by_id(work->city, row->department_id));
}

// A time order may hold a clock that would run: it goes on when the order ends.
static bool runs(const struct case_clock_row *row)
{
    return row->clock.status == CLOCK_RUNNING ||
           (row->clock.status == CLOCK_PAUSED && row->held != 0 && row->goes_on);
}

static struct case_clock_row *running(struct case_work *work)
{
    for (size_t i = 0; i < work->clock_count; i++)
        if (is_live(&work->clocks[i]) && runs(&work->clocks[i]))
            return &work->clocks[i];
    return NULL;
}

// The lowest desk in force above a number (INT64_MAX: of all).
static struct case_clock_row *lowest_before(struct case_work *work, int64_t task_no)
{
    struct case_clock_row *found = NULL;
    for (size_t i = 0; i < work->clock_count; i++) {
        struct case_clock_row *row = &work->clocks[i];
        if (is_in_force(work, row) && row->task_no < task_no &&
            (found == NULL || row->task_no > found->task_no))
            found = row;
    }
    return found;
}

static struct case_clock_row *highest(struct case_work *work)
{
    struct case_clock_row *found = NULL;
    for (size_t i = 0; i < work->clock_count; i++) {
        struct case_clock_row *row = &work->clocks[i];
        if (is_in_force(work, row) && (found == NULL || row->task_no < found->task_no))
            found = row;
    }
    return found;
}

int64_t case_desk_now(struct case_work *work)
{
    const struct case_clock_row *row = running(work);
    return row != NULL ? row->department_id : 0;
}

int64_t case_desk_lowest(struct case_work *work)
{
    const struct case_clock_row *row = lowest_before(work, INT64_MAX);
    return row != NULL ? row->department_id : 0;
}

bool case_desk_above(struct case_work *work)
{
    const struct case_clock_row *now = running(work);
    return now != NULL && lowest_before(work, now->task_no) != NULL;
}

bool case_desk_inside(struct case_work *work, int64_t department_id)
{
    int64_t outer = case_desk_now(work);
    if (outer == 0)
        outer = work->row.department_id;
    return outer != 0 && department_id != 0 &&
           city_department_within(work->city, department_id, outer);
}

// ---- clocks ----
// Rows move when one is added: what is looked for again is its number.
static int move_desk(struct case_work *work, int64_t task_no, enum clock_effect effect,
                     struct error *error)
{
    return case_clock_move(work, PROCESS_CLOCK_DESK, task_no, effect, NULL, error);
}

static int rest(struct case_work *work, int kind, int64_t task_no, struct error *error)
{
    const struct case_clock_row *row = case_clock_find(work, kind, task_no);
    if (row == NULL || !runs(row))
        return 0;
    return case_clock_move(work, kind, task_no, CLOCK_EFFECT_PAUSE, NULL, error);
}

static int go_on(struct case_work *work, int64_t task_no, struct error *error)
{
    int code = rest(work, PROCESS_CLOCK_INNER, task_no, error);
    const struct case_clock_row *row = case_clock_find(work, PROCESS_CLOCK_DESK, task_no);
    if (code != 0 || row == NULL || runs(row))
        return code;
    return move_desk(work, task_no, CLOCK_EFFECT_RESUME, error);
}

static int stop(struct case_work *work, int kind, int64_t task_no, struct error *error)
{
    const struct case_clock_row *row = case_clock_find(work, kind, task_no);
    if (row == NULL ||
        (row->clock.status != CLOCK_RUNNING && row->clock.status != CLOCK_PAUSED))
        return 0;
    return case_clock_move(work, kind, task_no, CLOCK_EFFECT_STOP, NULL, error);
}

// The desk has nothing to do with the case any more.
static int leave(struct case_work *work, int64_t task_no, struct error *error)
{
    int code = stop(work, PROCESS_CLOCK_INNER, task_no, error);
    if (code == 0)
        code = stop(work, PROCESS_CLOCK_DESK, task_no, error);
    if (code == 0)
        case_task_end(work, case_task_find(work, task_no), true);
    return code;
}

// Leaves the desks whose number is higher; those that stand above `kept` (0: none) stay.
static int leave_below(struct case_work *work, int64_t task_no, int64_t kept,
                       struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < work->clock_count && code == 0; i++) {
        const struct case_clock_row *row = &work->clocks[i];
        if (!is_live(row) || row->task_no <= task_no)
            continue;
        if (kept != 0 && city_department_within(work->city, kept, row->department_id))
            continue;
        code = leave(work, row->task_no, error);
    }
    return code;
}

// What the desk gives those below, of the case's handling limit.
static int start_inner(struct case_work *work, int64_t task_no, int64_t desk_id,
                       struct error *error)
{
    const struct city_department *desk = city_department_by_id(work->city, desk_id);
    const struct case_clock_row *outer = case_clock_find(work, PROCESS_CLOCK_HANDLING, 0);
    if (desk == NULL || desk->inner_percent == 0 || outer == NULL ||
        outer->clock.limit.unit == LIMIT_NONE)
        return 0;
    struct limit limit = outer->clock.limit;
    limit.milli = limit.milli * desk->inner_percent / PERCENT;
    struct case_clock_row *row = case_clock_find(work, PROCESS_CLOCK_INNER, task_no);
    bool same = row != NULL && row->department_id == work->row.department_id;
    enum clock_effect effect = row == NULL || row->clock.status == CLOCK_IDLE
                                   ? CLOCK_EFFECT_START
                               : same ? CLOCK_EFFECT_RESUME
                                      : CLOCK_EFFECT_RESTART;
    if (same && runs(row))
        return 0;
    int code = case_clock_move(work, PROCESS_CLOCK_INNER, task_no, effect,
                               effect == CLOCK_EFFECT_RESUME ? NULL : &limit, error);
    row = case_clock_find(work, PROCESS_CLOCK_INNER, task_no);
    if (code == 0 && row != NULL)
        row->department_id = work->row.department_id;
    return code;
}

int case_inner_follow(struct case_work *work, enum clock_effect effect, struct error *error)
{
    bool goes_on = effect == CLOCK_EFFECT_RESUME;
    if (goes_on && running(work) != NULL)
        return 0; // a desk has the case, nobody below it
    int code = 0;
    for (size_t i = 0; i < work->clock_count && code == 0; i++) {
        const struct case_clock_row *row = &work->clocks[i];
        if (row->kind != PROCESS_CLOCK_INNER)
            continue;
        if (goes_on && row->clock.status == CLOCK_PAUSED)
            code = case_clock_move(work, row->kind, row->task_no, CLOCK_EFFECT_RESUME, NULL,
                                   error);
        else if (!goes_on)
            code = rest(work, row->kind, row->task_no, error);
    }
    return code;
}

// ---- effects ----
static int no_desk(struct error *error)
{
    return error_set(error, ERROR_CONFLICT, "case.no_desk", "no desk has the case");
}

static int desk_in(struct case_work *work, struct error *error)
{
    const struct city_department *desk =
        city_department_by_id(work->city, work->row.department_id);
    if (!city_department_is_desk(desk))
        return no_desk(error);
    const struct case_clock_row *above = running(work);
    int64_t above_no = above != NULL ? above->task_no : 0;
    int64_t above_id = above != NULL ? above->department_id : 0;
    if (above_id == desk->id)
        return error_set(error, ERROR_CONFLICT, "case.no_desk",
                         "the desk named has the case already");
    int code = leave_below(work, above_no, 0, error);
    if (code == 0 && above_no != 0)
        code = rest(work, PROCESS_CLOCK_DESK, above_no, error);
    if (code == 0 && above_no != 0)
        code = start_inner(work, above_no, above_id, error);
    struct case_task_row *task =
        code == 0 ? case_task_new(work, PROCESS_TASK_DESK, error) : NULL;
    if (task == NULL)
        return error->code;
    task->role = PROCESS_DISPATCHER;
    task->department_id = desk->id;
    task->parent_no = above_no;
    task->aside = true;
    int64_t task_no = task->no;
    code = case_clock_move(work, PROCESS_CLOCK_DESK, task_no, CLOCK_EFFECT_START,
                           &desk->desk_limit, error);
    struct case_clock_row *row = case_clock_find(work, PROCESS_CLOCK_DESK, task_no);
    if (code == 0 && row != NULL)
        row->department_id = desk->id;
    return code;
}

static int desk_down(struct case_work *work, struct error *error)
{
    const struct case_clock_row *now = running(work);
    if (now == NULL)
        return no_desk(error);
    int64_t task_no = now->task_no, desk_id = now->department_id;
    int code = leave_below(work, task_no, work->row.department_id, error);
    if (code == 0)
        code = rest(work, PROCESS_CLOCK_DESK, task_no, error);
    return code != 0 ? code : start_inner(work, task_no, desk_id, error);
}

static int desk_back(struct case_work *work, struct error *error)
{
    const struct case_clock_row *lowest = lowest_before(work, INT64_MAX);
    return lowest == NULL ? no_desk(error) : go_on(work, lowest->task_no, error);
}

static int desk_up(struct case_work *work, bool gives_up, struct error *error)
{
    const struct case_clock_row *now = running(work);
    if (now == NULL)
        return no_desk(error);
    int64_t task_no = now->task_no;
    const struct case_clock_row *above = lowest_before(work, task_no);
    int64_t above_no = above != NULL ? above->task_no : 0;
    int64_t above_id = above != NULL ? above->department_id : 0;
    int code = gives_up ? leave_below(work, task_no - 1, 0, error)
                        : rest(work, PROCESS_CLOCK_DESK, task_no, error);
    if (code == 0 && above_no != 0)
        code = go_on(work, above_no, error);
    if (code == 0 && gives_up && above_id != 0)
        case_lead_set(work, above_id);
    return code;
}

static int desk_again(struct case_work *work, struct error *error)
{
    const struct case_clock_row *first = highest(work);
    if (first == NULL)
        return no_desk(error);
    int64_t task_no = first->task_no;
    case_lead_set(work, first->department_id);
    int code = leave_below(work, task_no, 0, error);
    return code != 0 ? code : go_on(work, task_no, error);
}

static int desk_out(struct case_work *work, struct error *error)
{
    int64_t first_no = INT64_MAX, first_id = 0;
    for (size_t i = 0; i < work->clock_count; i++)
        if (is_live(&work->clocks[i]) && work->clocks[i].task_no < first_no) {
            first_no = work->clocks[i].task_no;
            first_id = work->clocks[i].department_id;
        }
    if (first_id != 0)
        case_lead_set(work, first_id);
    return leave_below(work, 0, 0, error);
}

static int hand_on(struct case_work *work, struct error *error)
{
    struct case_task_row *task = case_task_find(work, work->task_no);
    if (task == NULL || work->inputs.department_id == 0)
        return error_set(error, ERROR_CONFLICT, "case.no_department",
                         "no department was named to hand the task on to");
    task->department_id = work->inputs.department_id;
    task->changed = true;
    return 0;
}

int case_level_effect(struct case_work *work, int word, struct error *error)
{
    switch (word) {
    case PROCESS_EFFECT_DESK_IN:
        return desk_in(work, error);
    case PROCESS_EFFECT_DESK_DOWN:
        return desk_down(work, error);
    case PROCESS_EFFECT_DESK_BACK:
        return desk_back(work, error);
    case PROCESS_EFFECT_DESK_UP:
        return desk_up(work, false, error);
    case PROCESS_EFFECT_DESK_OFF:
        return desk_up(work, true, error);
    case PROCESS_EFFECT_DESK_AGAIN:
        return desk_again(work, error);
    case PROCESS_EFFECT_DESK_OUT:
        return desk_out(work, error);
    default:
        return hand_on(work, error);
    }
}

void case_level_fact(struct case_work *work)
{
    int64_t *desk = &work->fact.values[FACT_DESK_DEPARTMENT_ID];
    for (size_t i = 0; i < work->action->effect_count; i++)
        switch (work->action->effects[i].word) {
        case PROCESS_EFFECT_DESK_IN:
        case PROCESS_EFFECT_DESK_AGAIN:
            *desk = work->row.department_id;
            break;
        case PROCESS_EFFECT_DESK_OFF:
        case PROCESS_EFFECT_DESK_OUT:
            *desk = 0;
            break;
        default:
            break;
        }
}
