// SPDX-License-Identifier: MPL-2.0
// Which row of the process a move is: role, holder, inputs and guards, in the table's
// order.
#include <string.h>

#include "case_internal.h"

_Static_assert((int)PROCESS_COLLECTOR == (int)ROLE_COLLECTOR, "roles");
_Static_assert((int)PROCESS_ACCEPTOR == (int)ROLE_ACCEPTOR, "roles");
_Static_assert((int)PROCESS_SHIFT_LEADER == (int)ROLE_SHIFT_LEADER, "roles");
_Static_assert((int)PROCESS_DISPATCHER == (int)ROLE_DISPATCHER, "roles");
_Static_assert((int)PROCESS_DEPARTMENT == (int)ROLE_DEPARTMENT, "roles");
_Static_assert((int)PROCESS_INSPECTOR == (int)ROLE_INSPECTOR, "roles");
_Static_assert((int)PROCESS_MANAGER == (int)ROLE_MANAGER, "roles");
_Static_assert((int)PROCESS_ADMINISTRATOR == (int)ROLE_ADMINISTRATOR, "roles");
_Static_assert((int)PROCESS_COMPANY == (int)ROLE_COMPANY, "roles");
_Static_assert((int)PROCESS_ROLE_COUNT == (int)ROLE_COUNT, "roles");

static bool covers(const struct case_work *work, const struct role_grant *grant,
                   const struct case_task_row *task)
{
    const struct case_row *row = &work->row;
    if (work->is_new)
        return true; // anybody may report anything; who may see it is another question
    if (task != NULL && task->person_id != 0 &&
        task->person_id == work->move->actor->person_id)
        return true; // one's own task, wherever one was sent
    if (grant->area_id != 0) {
        bool inside = false;
        for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
            inside |= row->place.areas[i] == grant->area_id;
        if (!inside)
            return false;
    }
    if (grant->department_id == 0)
        return true;
    if (task != NULL && task->department_id != 0 &&
        city_department_within(work->city, task->department_id, grant->department_id))
        return true;
    return row->department_id != 0 &&
           city_department_within(work->city, row->department_id, grant->department_id);
}

// A department's task is its own: whoever comes in the role department acts for it or for
// an office above it. Another role that the row lists acts by itself.
static bool holds(const struct case_work *work, const struct process_action *action,
                  const struct role_grant *grant, const struct case_task_row *task)
{
    // A desk moves a case on through the tasks that it holds, or those below it.
    if (task == NULL)
        return work->is_new || action->stays || case_grant_reaches(work->city, grant, 0);
    if (!case_grant_reaches(work->city, grant, task->department_id))
        return false;
    if ((int)grant->role != task->role)
        return true;
    return case_actor_holds(work->city, work->move->actor, task->person_id,
                            task->department_id) ||
           (task->person_id != 0 && case_roster_stands_in(work, task));
}

int case_may_act(const struct case_work *work, const struct process_action *action,
                 const struct case_task_row *task, struct error *error)
{
    const struct actor *actor = work->move->actor;
    if (actor->system)
        return 0;
    if (actor_is_nobody(actor)) {
        if ((action->roles & (1u << PROCESS_PUBLIC)) != 0)
            return 0;
        return error_set(error, ERROR_DENIED, "case.role", "the public may not '%s'",
                         action->code);
    }
    if (task != NULL && task->role < 0 && task->person_id != 0 &&
        task->person_id == actor->person_id)
        return 0; // the reporter's own task
    bool role = false;
    for (size_t i = 0; i < actor->grant_count; i++) {
        const struct role_grant *grant = &actor->grants[i];
        if ((action->roles & (1u << (unsigned)grant->role)) == 0)
            continue;
        if (!covers(work, grant, task))
            continue;
        role = true;
        if (holds(work, action, grant, task))
            return 0;
    }
    if (role)
        return error_set(error, ERROR_DENIED, "case.holder",
                         "the task is held by somebody else");
    return error_set(error, ERROR_DENIED, "case.role",
                     "none of your roles may '%s' this case", action->code);
}

// Inputs of these types change the case before guards look at it.
static int apply_inputs(struct case_work *work, const struct case_inputs *inputs,
                        struct error *error)
{
    struct case_place *place = &work->row.place;
    bool classify = inputs->class_id != 0 || inputs->condition_id != 0;
    if (inputs->class_id != 0 && inputs->class_id != place->class_id) {
        place->class_id = inputs->class_id;
        place->condition_id = 0;
        place->component = ""; // it was of the other class
        place->component_id = 0;
        memset(place->links, 0, sizeof place->links);
    }
    if (inputs->condition_id != 0)
        place->condition_id = inputs->condition_id;
    if (inputs->address != NULL)
        place->address = inputs->address;
    work->routed = work->routed && !classify && !inputs->has_point;
    int code = classify ? case_place_classify(work->catalogue, place, error) : 0;
    if (code == 0 && inputs->has_point) {
        place->has_point = true;
        place->point = inputs->point;
        code = case_place_locate(work->city, place, error);
    }
    return code;
}

// How far a row came before it was refused: the error of the one that came furthest is
// told.
enum refusal { REFUSED_ROLE, REFUSED_HOLDER, REFUSED_INPUT, REFUSED_GUARD, REFUSED_NOT };

// Rows for cases with and without desks stand side by side: what the wrong one lacks is not
// what the actor did wrong.
static bool is_of_this_level(struct case_work *work, const struct process_action *action,
                             struct error *error)
{
    static const struct case_inputs NONE = {.opinion = ""};
    for (size_t i = 0; i < action->guard_count; i++) {
        const struct process_term *guard = &action->guards[i];
        if (guard->word != PROCESS_GUARD_UNDER_DESK &&
            guard->word != PROCESS_GUARD_DESK_ABOVE)
            continue;
        struct process_action one = {
            .code = action->code, .guards = guard, .guard_count = 1};
        if (case_guards_pass(work, &one, &NONE, error) != 0)
            return false;
    }
    return true;
}

static enum refusal try_row(struct case_work *work, const struct process_action *action,
                            struct error *error)
{
    struct case_inputs inputs;
    struct case_task_row *task = NULL;
    if (action->task != PROCESS_TASK_NONE && action->from >= 0) {
        task = work->task_no != 0 ? case_task_find(work, work->task_no)
                                  : case_task_of_kind(work, (int)action->task);
        if (task == NULL || task->kind != (int)action->task) {
            error_set(error, ERROR_CONFLICT, "case.not_possible", "no task '%s' is open",
                      process_task_to_str((int)action->task));
            return REFUSED_ROLE;
        }
    }
    int code = case_may_act(work, action, task, error);
    work->behalf_department_id = code != 0 ? case_behalf_of(work, action, task) : 0;
    if (code != 0 && work->behalf_department_id == 0)
        return strcmp(error->slug, "case.holder") == 0 ? REFUSED_HOLDER : REFUSED_ROLE;
    if (!is_of_this_level(work, action, error))
        return REFUSED_ROLE;
    if (case_behalf_check(work, error) != 0 ||
        case_inputs_check(work, action, &inputs, error) != 0)
        return REFUSED_INPUT;
    struct case_place before = work->row.place;
    code = apply_inputs(work, &inputs, error);
    if (code == 0)
        code = case_guards_pass(work, action, &inputs, error);
    if (code != 0) {
        work->row.place = before;
        work->routed = work->routed && !inputs.has_point && inputs.class_id == 0;
        return REFUSED_GUARD;
    }
    work->action = action;
    work->inputs = inputs;
    work->task_no = task != NULL ? task->no : 0;
    return REFUSED_NOT;
}

int case_choose(struct case_work *work, struct error *error)
{
    const char *code = work->move->action;
    int step = work->is_new ? -1 : process_step_find(work->process, work->row.step);
    if (!work->is_new && step < 0)
        return error_set(error, ERROR_BUG, "case.step_unknown",
                         "its process has no step '%s'", work->row.step);
    size_t count = 0;
    const int *rows = process_actions_from(work->process, step, &count);
    enum refusal furthest = REFUSED_ROLE;
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        const struct process_action *action =
            process_action(work->process, (size_t)rows[i]);
        if (code == NULL)
            code = action->code;
        if (strcmp(action->code, code) != 0)
            continue;
        struct error refusal = {0};
        enum refusal how_far = try_row(work, action, &refusal);
        if (how_far == REFUSED_NOT)
            return 0;
        if (!found || how_far > furthest) {
            furthest = how_far;
            *error = refusal;
        }
        found = true;
    }
    if (found)
        return error->code;
    for (size_t i = 0; i < process_actions(work->process); i++)
        if (code != NULL && strcmp(process_action(work->process, i)->code, code) == 0)
            return error_set(error, ERROR_CONFLICT, "case.not_possible",
                             "'%s' is not possible in step '%s'", code, work->row.step);
    return error_set(error, ERROR_NOT_FOUND, "case.unknown_action",
                     "the process has no action '%s'", code != NULL ? code : "");
}
