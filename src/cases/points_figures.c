// SPDX-License-Identifier: MPL-2.0
// Headline figures out of the set of open cases: what is late is compared with the clock at
// each look, so that a figure is right at every second.
#include "points_internal.h"

struct counting {
    struct case_figures *out;
    struct case_figure_rows departments, areas;
    struct arena *arena;
    size_t level;
    int64_t now_ms;
};

static void count_in(struct case_figure *figure, bool late)
{
    if (figure != NULL) {
        figure->open++;
        figure->overdue += late;
    }
}

static void count_case(struct counting *counting, const struct point_case *one)
{
    struct case_figures *out = counting->out;
    const bool late = one->due_sort_ms < counting->now_ms;
    out->open++;
    out->overdue += late;
    out->where += one->queue == CASE_QUEUE_WHERE;
    out->manual += one->queue == CASE_QUEUE_MANUAL;
    if (one->stage >= 0 && one->stage < PROCESS_STAGE_COUNT)
        count_in(&out->by_stage[one->stage], late);
    count_in(case_figure_at(&counting->departments, one->department_id, counting->arena),
             late);
    if (counting->level < CITY_LEVEL_LIMIT)
        count_in(
            case_figure_at(&counting->areas, one->areas[counting->level], counting->arena),
            late);
}

int case_points_figures(struct case_points *points, struct db *db,
                        const struct city_snapshot *city, size_t level, int64_t now_ms,
                        struct arena *arena, struct case_figures *ret_figures,
                        struct error *error)
{
    struct case_figures out = {0};
    struct counting counting = {
        .out = &out, .arena = arena, .level = level, .now_ms = now_ms};
    for (int i = 0; i < PROCESS_STAGE_COUNT; i++)
        out.by_stage[i].id = i;
    pthread_rwlock_rdlock(&points->lock);
    for (size_t i = 0; i < points->case_count; i++)
        if (points->cases[i].case_id != 0)
            count_case(&counting, &points->cases[i]);
    pthread_rwlock_unlock(&points->lock);
    int code = case_figures_add_today(db, city,
                                      &(struct case_figures_today){&counting.departments,
                                                                   &counting.areas, &out,
                                                                   level, now_ms},
                                      arena, error);
    if (code == 0)
        *ret_figures = out;
    return code;
}

// ---- whose work it is ----
struct looking {
    const struct city_snapshot *city;
    const struct actor *actor;
    uint32_t roles;               // bits
    struct point_map departments; // by id: 1 where the actor holds what they hold
};

static bool holds_for(struct looking *looking, int64_t department_id)
{
    uint32_t known = 0;
    if (!point_map_find(&looking->departments, (uint64_t)department_id, &known)) {
        known = case_actor_holds(looking->city, looking->actor, 0, department_id);
        if (!point_map_put(&looking->departments, (uint64_t)department_id, known))
            return true; // no memory to leave it out by
    }
    return known != 0;
}

// What cannot be the actor's is left out at a glance.
static bool may_be_mine(struct looking *looking, const struct point_case *one)
{
    if (one->holder_person != 0 && one->holder_person == looking->actor->person_id)
        return true;
    if (one->holder_person != 0 && one->holder_role != PROCESS_COLLECTOR)
        return false;
    return one->holder_role >= 0 && one->holder_role < 32 &&
           (looking->roles >> one->holder_role & 1) != 0 &&
           (one->holder_role != PROCESS_DEPARTMENT ||
            holds_for(looking, one->holder_department));
}

int64_t case_points_mine(struct case_points *points, const struct city_snapshot *city,
                         const struct actor *actor, int64_t now_ms)
{
    struct case_filter mine = case_filter_all();
    struct account_sight sight;
    struct case_row row;
    struct looking looking = {.city = city, .actor = actor};
    int64_t count = 0;
    mine.open = 1;
    mine.queue = "mine";
    account_sight(actor, RIGHT_CASE_READ, &sight);
    for (size_t i = 0; i < actor->grant_count; i++)
        looking.roles |=
            (unsigned)actor->grants[i].role < 32 ? 1u << actor->grants[i].role : 0;
    case_row_init(&row);
    pthread_rwlock_rdlock(&points->lock);
    for (size_t i = 0; i < points->case_count && count < CASE_COUNT_MOST; i++) {
        const struct point_case *one = &points->cases[i];
        if (one->case_id == 0 || !may_be_mine(&looking, one))
            continue;
        point_case_row(one, &row);
        count += case_filter_fits(city, actor, &mine, now_ms, &row) &&
                 case_held_visible(city, &sight, &row, one->holders, one->holder_count);
    }
    pthread_rwlock_unlock(&points->lock);
    point_map_done(&looking.departments);
    return count;
}
