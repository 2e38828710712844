// SPDX-License-Identifier: MPL-2.0
// Tasks that go to whoever is on duty for the case's point (gridcase-roster(5)): the main
// person of its duty grid with the fewest open tasks, else a backup, else whoever is on
// duty nearest, else anybody with the role.
#include <math.h>

#include <gridcase/rules/roster.h>

#include "case_internal.h"

enum { CANDIDATES = 32 };

int64_t case_duty_grid(const struct city_snapshot *city, const struct case_place *place)
{
    int level = city_roster_level(city);
    return level >= 0 ? place->areas[level] : 0;
}

bool case_missed_by(const struct case_work *work, int64_t person_id)
{
    const uint32_t public = 1u << PROCESS_SOURCE_HOTLINE | 1u << PROCESS_SOURCE_CITIZEN |
                            1u << PROCESS_SOURCE_MEDIA;
    int64_t area_id = case_duty_grid(work->city, &work->row.place);
    return !work->is_new && (public >> work->row.source & 1) != 0 && area_id != 0 &&
           roster_on_duty(city_roster(work->city), person_id, area_id, false,
                          work->row.opened_ms);
}

// The person's own missed report, where the process does not let them look at it.
static bool is_barred(const struct case_work *work, int step,
                      const struct case_task_row *task, int64_t person_id)
{
    size_t count = 0;
    const int *rows = process_actions_from(work->process, step, &count);
    for (size_t i = 0; i < count; i++) {
        const struct process_action *action =
            process_action(work->process, (size_t)rows[i]);
        for (size_t g = 0; (int)action->task == task->kind && g < action->guard_count; g++)
            if (action->guards[g].word == PROCESS_GUARD_MISSED && action->guards[g].negated)
                return case_missed_by(work, person_id);
    }
    return false;
}

static int open_tasks(struct case_work *work, int64_t person_id, int64_t *ret_count,
                      struct error *error)
{
    *ret_count = 0;
    if (work->past != NULL) // a life in memory: everybody is free
        return 0;
    return db_fetch_int(work->db, QUERY_PERSON_OPEN_TASKS,
                        (struct db_value[]){DB_INT(person_id)}, 1, ret_count, error);
}

int case_roster_hold(struct case_work *work, struct case_task_row *task,
                     struct error *error)
{
    return case_roster_again(work, work->action->to, task, error);
}

int case_roster_again(struct case_work *work, int step, struct case_task_row *task,
                      struct error *error)
{
    const struct case_place *place = &work->row.place;
    struct city_duty on_duty[CANDIDATES];
    double lon = place->has_point ? place->point.lon_deg : (double)NAN;
    double lat = place->has_point ? place->point.lat_deg : (double)NAN;
    size_t count = city_on_duty(work->city, case_duty_grid(work->city, place), lon, lat,
                                work->move->received_ms, on_duty, CANDIDATES);
    int64_t fewest = INT64_MAX;
    const struct city_duty *chosen = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct city_duty *one = &on_duty[i];
        int64_t tasks = 0;
        // A backup after all main ones, somebody near after all of the duty grid.
        if (chosen != NULL &&
            (one->backup != chosen->backup || one->distance_m > chosen->distance_m))
            break;
        if (one->person_id == task->person_id || // who hands it on
            is_barred(work, step, task, one->person_id))
            continue;
        int code = open_tasks(work, one->person_id, &tasks, error);
        if (code != 0)
            return code;
        if (tasks >= fewest)
            continue;
        fewest = tasks;
        chosen = one;
    }
    task->person_id = chosen != NULL ? chosen->person_id : 0;
    return 0;
}

bool case_roster_stands_in(const struct case_work *work, const struct case_task_row *task)
{
    const struct roster *roster = city_roster(work->city);
    int64_t now_ms = work->move->received_ms;
    int step = process_step_find(work->process, work->row.step);
    const struct process_step *at =
        step >= 0 ? process_step(work->process, (size_t)step) : NULL;
    if (at == NULL || at->holder != PROCESS_HOLDER_ROSTER || task->no != work->row.task_no)
        return false;
    int64_t area_id = case_duty_grid(work->city, &work->row.place);
    return (area_id != 0 &&
            roster_on_duty(roster, work->move->actor->person_id, area_id, true, now_ms)) ||
           !roster_on_duty(roster, task->person_id, 0, true, now_ms);
}
