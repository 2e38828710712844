// SPDX-License-Identifier: MPL-2.0
// Effects: what the words of the process vocabulary do to a case.
#include <string.h>

#include "contact_internal.h"

static void cancel_kind(struct case_work *work, int kind)
{
    for (size_t i = 0; i < work->task_count; i++)
        if (work->tasks[i].kind == kind && work->tasks[i].no != work->task_no)
            case_task_end(work, &work->tasks[i], true);
}

// A pending request dies when the assignment changes.
static void cancel_requests(struct case_work *work)
{
    cancel_kind(work, PROCESS_TASK_APPROVE_RETURN);
    cancel_kind(work, PROCESS_TASK_APPROVE_EXTENSION);
    cancel_kind(work, PROCESS_TASK_APPROVE_SUSPENSION);
    cancel_kind(work, PROCESS_TASK_ENDORSE_EXTENSION);
    cancel_kind(work, PROCESS_TASK_ENDORSE_SUSPENSION);
    if (case_desk_now(work) == 0) // who helps a desk helps its units
        cancel_kind(work, PROCESS_TASK_ASSIST);
}

// Who has to answer changes with the department.
static void hand_over(struct case_work *work, int64_t department_id)
{
    for (size_t i = 0; i < work->task_count; i++) {
        struct case_task_row *task = &work->tasks[i];
        bool asks = task->kind == PROCESS_TASK_SUPERVISE || task->kind == PROCESS_TASK_URGE;
        if (!asks || task->closed_ms != INSTANT_NONE ||
            task->department_id != work->row.department_id)
            continue;
        task->department_id = department_id;
        task->version++;
        task->changed = true;
    }
}

void case_lead_set(struct case_work *work, int64_t department_id)
{
    if (work->row.department_id != 0 && department_id != work->row.department_id) {
        cancel_requests(work);
        hand_over(work, department_id);
    }
    work->row.department_id = department_id;
}

static int assign(struct case_work *work, int64_t from, struct error *error)
{
    int64_t department_id = work->inputs.department_id;
    if (from == PROCESS_FROM_ROUTE) {
        int code = case_route(work, error);
        if (code != 0)
            return code;
        department_id = work->route.lead;
    }
    if (department_id == 0)
        return error_set(error, ERROR_CONFLICT, "case.no_department",
                         "no department was named, and routing finds none");
    case_lead_set(work, department_id);
    return 0;
}

static int assist_one(struct case_work *work, int64_t department_id, struct error *error)
{
    if (department_id == work->row.department_id)
        return 0;
    struct case_task_row *task = case_task_new(work, PROCESS_TASK_ASSIST, error);
    if (task == NULL)
        return error->code;
    task->role = PROCESS_DEPARTMENT;
    task->department_id = department_id;
    task->parent_no = work->task_no;
    task->aside = true;
    return 0;
}

static int assist(struct case_work *work, int64_t from, struct error *error)
{
    const int64_t *departments = work->inputs.assistants;
    size_t count = work->inputs.assistant_count;
    if (from == PROCESS_FROM_ROUTE) {
        int code = case_route(work, error);
        if (code != 0)
            return code;
        departments = work->route.assistants;
        count = work->route.assistant_count;
    }
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++)
        code = assist_one(work, departments[i], error);
    return code;
}

static int open_task(struct case_work *work, const struct process_term *effect,
                     struct error *error)
{
    struct case_task_row *task = case_task_new(work, (int)effect->numbers[0], error);
    if (task == NULL)
        return error->code;
    task->parent_no = work->task_no;
    task->aside = true;
    if (effect->numbers[1] == PROCESS_HOLD_DEPARTMENT) {
        if (work->row.department_id == 0)
            return error_set(error, ERROR_CONFLICT, "case.no_department",
                             "the case has no department that could hold the task");
        task->role = PROCESS_DEPARTMENT;
        task->department_id = work->row.department_id;
    } else if (effect->numbers[1] == PROCESS_HOLD_DESK) {
        task->role = PROCESS_DISPATCHER;
        task->department_id = case_desk_lowest(work);
    } else {
        task->role = (int)effect->numbers[1];
    }
    return 0;
}

// ---- clocks ----
// Clocks named by effects are the case's own (task 0).
static int start_clock(struct case_work *work, int kind, struct error *error)
{
    struct limit limit;
    int64_t line = 0;
    case_limit(work, kind, &limit, &line);
    struct case_clock_row *row = case_clock_find(work, kind, 0);
    bool fresh = row == NULL || row->clock.status == CLOCK_IDLE;
    int code = case_clock_move(
        work, kind, 0, fresh ? CLOCK_EFFECT_START : CLOCK_EFFECT_RESTART, &limit, error);
    row = case_clock_find(work, kind, 0);
    if (code == 0 && row != NULL) {
        row->department_id = work->row.department_id;
        row->extensions = 0;
        row->limit_line = line;
    }
    if (code == 0 && kind == PROCESS_CLOCK_HANDLING)
        code = case_parts_begin(work, error);
    return code;
}

static int resume_clock(struct case_work *work, int kind, bool or_restart,
                        struct error *error)
{
    struct case_clock_row *row = case_clock_find(work, kind, 0);
    if (row == NULL || row->clock.status == CLOCK_IDLE || row->department_id == 0)
        return start_clock(work, kind, error);
    if (or_restart && row->department_id != work->row.department_id)
        return start_clock(work, kind, error);
    row->department_id = work->row.department_id;
    if (row->clock.status == CLOCK_RUNNING)
        return 0;
    int code = case_clock_move(work, kind, 0, CLOCK_EFFECT_RESUME, NULL, error);
    if (code == 0 && kind == PROCESS_CLOCK_HANDLING)
        code = case_parts_follow(work, CLOCK_EFFECT_RESUME, error);
    if (code == 0 && kind == PROCESS_CLOCK_HANDLING)
        code = case_inner_follow(work, CLOCK_EFFECT_RESUME, error);
    return code;
}

static int halt_clock(struct case_work *work, int kind, enum clock_effect effect,
                      struct error *error)
{
    const struct case_clock_row *row = case_clock_find(work, kind, 0);
    if (row == NULL || row->clock.status == CLOCK_IDLE ||
        row->clock.status == CLOCK_STOPPED ||
        (row->clock.status == CLOCK_PAUSED && effect == CLOCK_EFFECT_PAUSE &&
         row->held == 0))
        return 0;
    int code = 0;
    if (kind == PROCESS_CLOCK_HANDLING) // the part first: its verdict counts
        code = case_parts_follow(work, effect, error);
    if (code == 0 && kind == PROCESS_CLOCK_HANDLING)
        code = case_inner_follow(work, effect, error);
    return code != 0 ? code : case_clock_move(work, kind, 0, effect, NULL, error);
}

static int clear_clock(struct case_work *work, int kind, struct error *error)
{
    int code = halt_clock(work, kind, CLOCK_EFFECT_STOP, error);
    struct case_clock_row *row = case_clock_find(work, kind, 0);
    if (code == 0 && row != NULL) {
        row->department_id = 0;
        row->changed = true;
    }
    return code;
}

static int extend_one(struct case_work *work, const struct process_term *effect,
                      const struct case_clock_row *row, struct error *error)
{
    struct limit by = row->clock.limit;
    if (strcmp(effect->parameters[1], "original") != 0) {
        int64_t until_ms = INSTANT_NONE;
        for (size_t i = 0; i < work->action->input_count; i++)
            if (strcmp(work->action->inputs[i].name, effect->parameters[1]) == 0)
                until_ms = work->inputs.instants[i];
        if (until_ms == INSTANT_NONE || row->clock.due_ms == INSTANT_NONE ||
            until_ms <= row->clock.due_ms)
            return error_set(error, ERROR_INPUT, "case.input",
                             "an extension ends after the present deadline");
        // In the clock's own measure, so that it may be added.
        int64_t more_ms =
            calendar_count(work->calendar, &row->clock.limit, row->clock.due_ms, until_ms);
        bool minutes = calendar_is_continuous(&row->clock.limit) || by.hours[0] != '\0';
        by.unit = minutes ? LIMIT_MINUTE : LIMIT_WORKING_HOUR;
        by.milli = more_ms / (minutes ? 60 : 3600);
        if (by.milli <= 0)
            return error_set(error, ERROR_INPUT, "case.input",
                             "no time of the limit's own measure lies before that instant");
        if (by.milli > LIMIT_MILLI_MOST)
            return error_set(error, ERROR_INPUT, "case.input", "the extension is too long");
    }
    return case_clock_move(work, row->kind, 0, CLOCK_EFFECT_EXTEND, &by, error);
}

// Of a chain the part that runs is extended, and the whole limit where there is one.
static int extend_clock(struct case_work *work, const struct process_term *effect,
                        struct error *error)
{
    int kind = (int)effect->numbers[0];
    const struct case_clock_row *row = case_clock_find(work, kind, 0);
    if (row == NULL)
        return error_set(error, ERROR_CONFLICT, "clock.not_started",
                         "there is no clock to extend");
    const struct case_clock_row *part =
        kind == PROCESS_CLOCK_HANDLING ? case_part_now(work) : NULL;
    int code = part != NULL ? extend_one(work, effect, part, error) : 0;
    if (code != 0 || (part != NULL && row->clock.limit.unit == LIMIT_NONE))
        return code;
    return extend_one(work, effect, row, error);
}

// The limit as class, condition and place have it now. A running clock counts it from where
// it last began to run; one that stands has it whole.
static int relimit_clock(struct case_work *work, int kind, struct error *error)
{
    struct case_clock_row *row = case_clock_find(work, kind, 0);
    if (row == NULL ||
        (row->clock.status != CLOCK_RUNNING && row->clock.status != CLOCK_PAUSED))
        return 0;
    struct limit limit;
    int64_t line = 0;
    case_limit(work, kind, &limit, &line);
    const struct case_clock_row *part =
        kind == PROCESS_CLOCK_HANDLING ? case_part_now(work) : NULL;
    bool part_live = part != NULL && (part->clock.status == CLOCK_RUNNING ||
                                      part->clock.status == CLOCK_PAUSED);
    int now = part_live ? part->kind : 0;
    if (limit_equal(&limit, &row->clock.limit))
        return kind == PROCESS_CLOCK_HANDLING ? case_parts_relimit(work, now, error) : 0;
    bool stands = row->clock.status == CLOCK_PAUSED;
    int code = case_clock_turn(
        work,
        &(struct case_turn){.kind = kind,
                            .effect = CLOCK_EFFECT_RESTART,
                            .limit = &limit,
                            .at_ms = stands ? work->effective_ms : row->clock.since_ms},
        error);
    if (code == 0 && stands)
        code = case_clock_move(work, kind, 0, CLOCK_EFFECT_PAUSE, NULL, error);
    row = case_clock_find(work, kind, 0);
    row->extensions = 0;
    row->limit_line = line;
    if (code == 0 && kind == PROCESS_CLOCK_HANDLING)
        code = case_parts_relimit(work, now, error);
    return code;
}

// ---- timers ----
static int ring_after(struct case_work *work, const struct process_term *effect,
                      struct error *error)
{
    struct case_task_row *task = NULL;
    for (size_t i = 0; i < work->task_count; i++) // the latest
        if (work->tasks[i].kind == (int)effect->numbers[0] &&
            work->tasks[i].closed_ms == INSTANT_NONE)
            task = &work->tasks[i];
    if (task == NULL)
        return error_set(error, ERROR_CONFLICT, "case.not_possible",
                         "no task '%s' is open that could ring", effect->parameters[0]);
    task->timer_ms = case_timer_at(work, effect->numbers[1] & ~PROCESS_TIMER_WORKING,
                                   (effect->numbers[1] & PROCESS_TIMER_WORKING) != 0);
    task->changed = true;
    return 0;
}

static int64_t instant_given(const struct case_work *work, const char *name)
{
    for (size_t i = 0; i < work->action->input_count; i++)
        if (strcmp(work->action->inputs[i].name, name) == 0 &&
            work->inputs.words[i] != NULL)
            return work->inputs.instants[i];
    return INSTANT_NONE;
}

static int64_t instant_in(const char *json, const char *name)
{
    struct json *document JSON_CLEANUP = NULL;
    const char *text = NULL;
    int64_t instant_ms = INSTANT_NONE;
    if (json == NULL || json_parse(json, strlen(json), &document, NULL) != 0 ||
        json_get_text(document, name, JSON_OPTIONAL, 64, &text, NULL) != 0 ||
        text == NULL || instant_from_text(text, strlen(text), &instant_ms, NULL) != 0)
        return INSTANT_NONE;
    return instant_ms;
}

// What the last action of the kind said.
static int instant_asked(struct case_work *work, const char *name, int64_t kind,
                         int64_t *ret_ms, struct error *error)
{
    *ret_ms = INSTANT_NONE;
    if (work->past != NULL) {
        for (size_t i = work->past->count; i-- > 0;)
            if (work->past->rows[i].entry.kind == kind) {
                *ret_ms = instant_in(work->past->rows[i].inputs, name);
                break;
            }
        return 0;
    }
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_HISTORY_LAST_INPUTS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, work->row.case_id);
    db_bind_int(s, 2, kind);
    code = db_step(s, error);
    if (code == DB_ROW)
        *ret_ms = instant_in(db_column_text(s, 0), name);
    return code < 0 ? code : 0;
}

static int ring_at(struct case_work *work, const struct process_term *effect,
                   struct error *error)
{
    int64_t until_ms = instant_given(work, effect->parameters[0]);
    if (until_ms == INSTANT_NONE) {
        int code = instant_asked(work, effect->parameters[0], effect->numbers[1], &until_ms,
                                 error);
        if (code != 0)
            return code;
    }
    if (until_ms != INSTANT_NONE && until_ms <= work->effective_ms)
        return error_set(error, ERROR_CONFLICT, "case.until_past",
                         "the end that was asked for has passed: name a later one");
    work->until_ms = until_ms;
    return 0;
}

static int run(struct case_work *work, const struct process_term *effect,
               struct error *error)
{
    int kind = (int)effect->numbers[0];
    switch (effect->word) {
    case PROCESS_EFFECT_ASSIGN:
        return assign(work, effect->numbers[0], error);
    case PROCESS_EFFECT_ASSIST:
        return assist(work, effect->numbers[0], error);
    case PROCESS_EFFECT_START:
        return start_clock(work, kind, error);
    case PROCESS_EFFECT_STOP:
        return halt_clock(work, kind, CLOCK_EFFECT_STOP, error);
    case PROCESS_EFFECT_PAUSE:
        return halt_clock(work, kind, CLOCK_EFFECT_PAUSE, error);
    case PROCESS_EFFECT_RESUME:
        return resume_clock(work, kind, false, error);
    case PROCESS_EFFECT_RESUME_OR_RESTART:
        return resume_clock(work, kind, true, error);
    case PROCESS_EFFECT_CLEAR:
        return clear_clock(work, kind, error);
    case PROCESS_EFFECT_EXTEND:
        return extend_clock(work, effect, error);
    case PROCESS_EFFECT_OPEN:
        return open_task(work, effect, error);
    case PROCESS_EFFECT_FINISH:
        case_task_end(work, case_task_find(work, work->task_no), false);
        return 0;
    case PROCESS_EFFECT_CANCEL:
        cancel_kind(work, kind);
        return 0;
    case PROCESS_EFFECT_UNTIL:
        return ring_at(work, effect, error);
    case PROCESS_EFFECT_TIMER:
        return ring_after(work, effect, error);
    case PROCESS_EFFECT_RELIMIT:
        return relimit_clock(work, kind, error);
    case PROCESS_EFFECT_COUNT_UP:
        work->fact.values[FACT_RETURNED + effect->numbers[0]]++;
        return 0;
    case PROCESS_EFFECT_MERGE:
        return case_merge_choose(work, effect->parameters[0], error);
    case PROCESS_EFFECT_CONTEST:
        return case_clock_contest(work, kind, error);
    case PROCESS_EFFECT_NEXT_PART:
        return case_part_start_next(work, error);
    case PROCESS_EFFECT_DESK_IN:
    case PROCESS_EFFECT_DESK_DOWN:
    case PROCESS_EFFECT_DESK_BACK:
    case PROCESS_EFFECT_DESK_UP:
    case PROCESS_EFFECT_DESK_OFF:
    case PROCESS_EFFECT_DESK_AGAIN:
    case PROCESS_EFFECT_DESK_OUT:
    case PROCESS_EFFECT_HAND_ON:
        return case_level_effect(work, effect->word, error);
    default:
        return error_set(error, ERROR_BUG, "case.effect", "effect '%s' does nothing",
                         effect->text);
    }
}

int case_effects_run(struct case_work *work, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < work->action->effect_count && code == 0; i++)
        code = run(work, &work->action->effects[i], error);
    return code;
}
