// SPDX-License-Identifier: MPL-2.0
// Validation of a process as a graph: no way in, no way out, no one who can move.
#include <string.h>

#include "process_internal.h"

#define GRAPH_PROBLEM(step, ...)                                                           \
    process_problem(problems, tables->steps, (size_t)(step), "code", "process.graph",      \
                    __VA_ARGS__)

// Steps that a case can reach, and steps from which it can end.
static void mark_reachable(const struct process *process, bool *reached)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < process->action_count; i++) {
            const struct process_action *action = &process->actions[i];
            bool from = action->from < 0 || reached[action->from];
            if (from && !reached[action->to])
                changed = reached[action->to] = true;
        }
    }
}

static void mark_finishing(const struct process *process, bool *finishes)
{
    for (size_t i = 0; i < process->step_count; i++)
        finishes[i] = process->steps[i].stage == PROCESS_ENDED;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < process->action_count; i++) {
            const struct process_action *action = &process->actions[i];
            if (action->from >= 0 && finishes[action->to] && !finishes[action->from])
                changed = finishes[action->from] = true;
        }
    }
}

static bool has_way_out(const struct process *process, size_t step)
{
    const struct process_rows *rows = &process->rows[step + 1];
    for (size_t i = 0; i < rows->count; i++)
        if (process->actions[rows->items[i]].to != (int)step)
            return true;
    return false;
}

// Whoever holds the step's task must be able to move it on.
static bool holder_moves(const struct process *process, size_t step)
{
    const struct process_step *at = &process->steps[step];
    if (at->holder == PROCESS_HOLDER_REPORTER)
        return true;
    const struct process_rows *rows = &process->rows[step + 1];
    for (size_t i = 0; i < rows->count; i++) {
        const struct process_action *action = &process->actions[rows->items[i]];
        if (action->task == at->task && (action->roles & (1u << at->holder_role)) != 0)
            return true;
    }
    return false;
}

static bool task_opens(const struct process *process, enum process_task task, int step)
{
    if (process->steps[step].task == task)
        return true;
    for (size_t i = 0; i < process->action_count; i++)
        for (size_t k = 0; k < process->actions[i].effect_count; k++) {
            const struct process_term *effect = &process->actions[i].effects[k];
            if (effect->word == PROCESS_EFFECT_OPEN && effect->numbers[0] == (int64_t)task)
                return true;
            if (effect->word == PROCESS_EFFECT_ASSIST && task == PROCESS_TASK_ASSIST)
                return true;
        }
    return false;
}

// How often a row adds to a counter.
static int counts(const struct process_action *action, int64_t counter)
{
    int times = 0;
    for (size_t i = 0; i < action->effect_count; i++)
        times += action->effects[i].word == PROCESS_EFFECT_COUNT_UP &&
                 action->effects[i].numbers[0] == counter;
    return times;
}

// The word that says which desk stands above the lead; -1: none does.
static int moves_desk(const struct process_action *action)
{
    int word = -1;
    for (size_t i = 0; i < action->effect_count; i++)
        if (action->effects[i].word == PROCESS_EFFECT_DESK_IN ||
            action->effects[i].word == PROCESS_EFFECT_DESK_AGAIN ||
            action->effects[i].word == PROCESS_EFFECT_DESK_OFF ||
            action->effects[i].word == PROCESS_EFFECT_DESK_OUT)
            word = action->effects[i].word;
    return word;
}

// A history row names action, step before and step after, and what happened to clocks and
// tasks stands beside it: rows that agree in these must count the same, or a recount could
// not tell which of them it was.
static bool same_effects(const struct process_action *a, const struct process_action *b)
{
    bool same = true;
    for (int64_t i = 0; i < PROCESS_COUNTER_COUNT; i++)
        same = same && counts(a, i) == counts(b, i);
    return same && moves_desk(a) == moves_desk(b);
}

static void check_twins(const struct process *process, const struct process_tables *tables,
                        struct process_problems *problems)
{
    for (size_t i = 0; i < process->action_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct process_action *a = &process->actions[i],
                                        *b = &process->actions[k];
            if (a->from != b->from || a->to != b->to || strcmp(a->code, b->code) != 0 ||
                same_effects(a, b))
                continue;
            process_problem(problems, tables->actions, RULES_NO_ROW, "effects",
                            "process.graph",
                            "lines %lld and %lld: rows of '%s' between the same steps "
                            "differ in effects",
                            (long long)b->line, (long long)a->line, a->code);
        }
}

// An ended case has only the tasks that rows of its own step open.
static bool opens_there(const struct process *process, enum process_task task, int step)
{
    const struct process_rows *rows = &process->rows[step + 1];
    for (size_t i = 0; i < rows->count; i++) {
        const struct process_action *action = &process->actions[rows->items[i]];
        for (size_t k = 0; k < action->effect_count && action->to == step; k++)
            if (action->effects[k].word == PROCESS_EFFECT_OPEN &&
                action->effects[k].numbers[0] == (int64_t)task)
                return true;
    }
    return false;
}

static bool system_acts_on(const struct process *process, int64_t task)
{
    for (size_t i = 0; i < process->action_count; i++)
        if ((int64_t)process->actions[i].task == task &&
            (process->actions[i].roles & (1u << PROCESS_SYSTEM)) != 0)
            return true;
    return false;
}

// timer(task, ...) rings for a row that the system may, until(...) in a step with a timer.
static void check_timers(const struct process *process, const struct process_tables *tables,
                         const struct process_action *action, size_t row,
                         struct process_problems *problems)
{
    for (size_t i = 0; i < action->effect_count; i++) {
        const struct process_term *effect = &action->effects[i];
        if (effect->word == PROCESS_EFFECT_TIMER &&
            !system_acts_on(process, effect->numbers[0]))
            process_problem(problems, tables->actions, row, "effects", "process.graph",
                            "'%s' rings for nobody: no row for that task has the role "
                            "system",
                            effect->text);
        if (effect->word == PROCESS_EFFECT_UNTIL &&
            process->steps[action->to].timer_action == NULL)
            process_problem(problems, tables->actions, row, "effects", "process.graph",
                            "'%s': step '%s' has no timer", effect->text,
                            process->steps[action->to].code);
    }
}

static bool merges(const struct process_action *action)
{
    for (size_t i = 0; i < action->effect_count; i++)
        if (action->effects[i].word == PROCESS_EFFECT_MERGE)
            return true;
    return false;
}

// A case that ends as merged says into which, and stays there: its reporters wait for the
// other case from then on.
static void check_merge(const struct process *process, const struct process_tables *tables,
                        const struct process_action *action, size_t row,
                        struct process_problems *problems)
{
    bool ends_merged = process->steps[action->to].outcome == PROCESS_MERGED;
    bool was_merged =
        action->from >= 0 && process->steps[action->from].outcome == PROCESS_MERGED;
    if (was_merged && !action->stays)
        process_problem(problems, tables->actions, row, "from", "process.graph",
                        "a merged case stays merged: no action leads out of step '%s'",
                        process->steps[action->from].code);
    else if (!was_merged && merges(action) != ends_merged)
        process_problem(problems, tables->actions, row, "effects", "process.graph",
                        "the effect merge() and a step with the outcome 'merged' belong "
                        "together");
    if (merges(action) && (action->from < 0 || (action->roles & 1u << PROCESS_PUBLIC) != 0))
        process_problem(problems, tables->actions, row, "effects", "process.graph",
                        "merge() is for people of the city, on a case that is there");
}

static void check_actions(const struct process *process,
                          const struct process_tables *tables,
                          struct process_problems *problems)
{
    for (size_t i = 0; i < process->action_count; i++) {
        const struct process_action *action = &process->actions[i];
        // The row of the table that this entry came from.
        size_t row = 0;
        while (row < table_rows(tables->actions) &&
               table_line(tables->actions, row) != action->line)
            row++;
        if (action->from >= 0 && action->task != PROCESS_TASK_NONE &&
            !task_opens(process, action->task, action->from))
            process_problem(problems, tables->actions, row, "task", "process.graph",
                            "no task '%s' is ever open in step '%s'",
                            process_task_to_str((int)action->task),
                            process->steps[action->from].code);
        if (action->from >= 0 && process->steps[action->from].stage == PROCESS_ENDED &&
            action->task != PROCESS_TASK_NONE &&
            !opens_there(process, action->task, action->from))
            process_problem(problems, tables->actions, row, "task", "process.graph",
                            "no row of step '%s' opens a task '%s' on an ended case",
                            process->steps[action->from].code,
                            process_task_to_str((int)action->task));
        check_timers(process, tables, action, row, problems);
        check_merge(process, tables, action, row, problems);
        if (action->from < 0 && action->stays)
            process_problem(problems, tables->actions, row, "to", "process.graph",
                            "what starts a case leads to a step");
    }
}

// Each timer's action must be a row of that step that the system may do.
static void check_timer(const struct process *process, const struct process_tables *tables,
                        size_t step, struct process_problems *problems)
{
    const char *code = process->steps[step].timer_action;
    const struct process_rows *rows = &process->rows[step + 1];
    for (size_t i = 0; i < rows->count; i++) {
        const struct process_action *action = &process->actions[rows->items[i]];
        if (strcmp(action->code, code) == 0 &&
            (action->roles & (1u << PROCESS_SYSTEM)) != 0)
            return;
    }
    process_problem(problems, tables->steps, step, "timer", "process.graph",
                    "the system has no action '%s' in step '%s'", code,
                    process->steps[step].code);
}

// A desk can be taken out of the model while it has a case: the system moves it on.
static void check_desk(const struct process *process, const struct process_tables *tables,
                       size_t step, struct process_problems *problems)
{
    const struct process_rows *rows = &process->rows[step + 1];
    for (size_t i = 0; i < rows->count; i++) {
        const struct process_action *action = &process->actions[rows->items[i]];
        if (action->kind == PROCESS_LEVEL_REMOVED && action->task != PROCESS_TASK_NONE &&
            (action->roles & (1u << PROCESS_SYSTEM)) != 0)
            return;
    }
    process_problem(problems, tables->steps, step, "holder", "process.graph",
                    "step '%s' is held by a desk: it needs a row of kind level_removed "
                    "that the system may do",
                    process->steps[step].code);
}

static void check_start(const struct process *process, const struct process_tables *tables,
                        struct process_problems *problems)
{
    const struct process_rows *rows = &process->rows[0];
    for (size_t i = 0; i < rows->count; i++)
        if (process->actions[rows->items[i]].guard_count == 0)
            return;
    process_problem(problems, tables->actions, RULES_NO_ROW, "from", "process.graph",
                    "a report could be refused: no row from '-' is without guards");
}

void process_check_graph(const struct process *process, const struct process_tables *tables,
                         struct process_problems *problems)
{
    bool reached[PROCESS_STEPS_MOST] = {false};
    bool finishes[PROCESS_STEPS_MOST] = {false};
    mark_reachable(process, reached);
    mark_finishing(process, finishes);
    for (size_t i = 0; i < process->step_count; i++) {
        const struct process_step *step = &process->steps[i];
        if (!reached[i]) {
            GRAPH_PROBLEM(i, "no case can come to step '%s'", step->code);
            continue;
        }
        if (step->stage == PROCESS_ENDED)
            continue;
        if (!has_way_out(process, i))
            GRAPH_PROBLEM(i, "step '%s' is a dead end: it has no way out", step->code);
        else if (!finishes[i])
            GRAPH_PROBLEM(i, "a case in step '%s' could never end", step->code);
        else if (!holder_moves(process, i))
            GRAPH_PROBLEM(i, "whoever holds the task of step '%s' can do nothing with it",
                          step->code);
        if (step->timer_action != NULL)
            check_timer(process, tables, i, problems);
        if (step->holder == PROCESS_HOLDER_DESK)
            check_desk(process, tables, i, problems);
    }
    check_actions(process, tables, problems);
    check_twins(process, tables, problems);
    check_start(process, tables, problems);
}
