// SPDX-License-Identifier: MPL-2.0
// Who holds a task: the one place that says so, for moves, lists and maps.
#include <string.h>

#include <gridcase/core/text.h>

#include "case_internal.h"

// Roles of the supervision side: a node with a level of supervision has its own.
static bool supervises(const struct role_grant *grant,
                       const struct city_department *department)
{
    return department->supervision > 0 &&
           (grant->role == ROLE_COLLECTOR || grant->role == ROLE_ACCEPTOR ||
            grant->role == ROLE_SHIFT_LEADER || grant->role == ROLE_INSPECTOR);
}

// Somebody of a desk acts for that desk and for what stands below it, not for the centre.
static bool is_of_desk(const struct city_snapshot *city, const struct role_grant *grant)
{
    if (grant->department_id == 0)
        return false;
    const struct city_department *department =
        city_department_by_id(city, grant->department_id);
    return department != NULL && department->command >= 2 && !supervises(grant, department);
}

bool case_grant_reaches(const struct city_snapshot *city, const struct role_grant *grant,
                        int64_t department_id)
{
    if (!is_of_desk(city, grant))
        return true;
    return department_id != 0 &&
           city_department_within(city, department_id, grant->department_id);
}

bool case_actor_holds(const struct city_snapshot *city, const struct actor *actor,
                      int64_t person_id, int64_t department_id)
{
    if (person_id != 0)
        return person_id == actor->person_id;
    if (department_id == 0)
        return true;
    for (size_t i = 0; i < actor->department_count; i++)
        if (city_department_within(city, department_id, actor->departments[i]))
            return true;
    return false;
}

// ---- offices without login ----
// Dispatchers of the desk or centre above act for them, and say who spoke.
int64_t case_behalf_of(const struct case_work *work, const struct process_action *action,
                       const struct case_task_row *task)
{
    const struct actor *actor = work->move->actor;
    int64_t id = task != NULL ? task->department_id : 0;
    const struct city_department *department = city_department_by_id(work->city, id);
    if ((action->roles & (1u << PROCESS_DEPARTMENT)) == 0 || department == NULL ||
        !department->silent)
        return 0;
    for (size_t i = 0; i < actor->grant_count; i++) {
        const struct role_grant *grant = &actor->grants[i];
        bool area = grant->area_id == 0;
        for (int k = 0; k < CITY_LEVEL_LIMIT; k++)
            area |= work->row.place.areas[k] == grant->area_id;
        if (grant->role == ROLE_DISPATCHER && area &&
            (grant->department_id == 0 ||
             city_department_within(work->city, id, grant->department_id)))
            return id;
    }
    return 0;
}

int case_behalf_check(struct case_work *work, struct error *error)
{
    const char *contact = work->move->behalf;
    bool said = contact != NULL && *contact != '\0';
    if (work->behalf_department_id != 0 && !said)
        return error_set(error, ERROR_INPUT, "case.behalf",
                         "this department has no login: say who spoke for it");
    if (work->behalf_department_id == 0 && said)
        return error_set(error, ERROR_INPUT, "case.behalf",
                         "nobody is spoken for: the task is not one of a department "
                         "without login");
    if (said && (!text_is_utf8(contact, strlen(contact)) ||
                 text_characters(contact, strlen(contact)) > CASE_BEHALF_MOST))
        return error_set(error, ERROR_INPUT, "case.behalf",
                         "who spoke is told in at most %d characters of UTF-8",
                         CASE_BEHALF_MOST);
    return 0;
}
