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
// What cannot be the actor's is left out at a glance.
static bool may_be_mine(const struct point_case *one, const struct actor *actor,
                        uint32_t roles)
{
    if (one->holder_person == actor->person_id && one->holder_person != 0)
        return true;
    const bool beat = one->holder_role == PROCESS_COLLECTOR;
    if (one->holder_person != 0 && !beat)
        return false;
    return one->holder_role >= 0 && one->holder_role < 32 &&
           (roles >> one->holder_role & 1) != 0;
}

int64_t case_points_mine(struct case_points *points, const struct city_snapshot *city,
                         const struct actor *actor, int64_t now_ms)
{
    struct case_filter mine = case_filter_all();
    struct account_sight sight;
    struct case_row row;
    uint32_t roles = 0;
    int64_t count = 0;
    mine.open = 1;
    mine.queue = "mine";
    account_sight(actor, RIGHT_CASE_READ, &sight);
    for (size_t i = 0; i < actor->grant_count; i++)
        roles |= (unsigned)actor->grants[i].role < 32 ? 1u << actor->grants[i].role : 0;
    case_row_init(&row);
    pthread_rwlock_rdlock(&points->lock);
    for (size_t i = 0; i < points->case_count && count < CASE_COUNT_MOST; i++) {
        const struct point_case *one = &points->cases[i];
        if (one->case_id == 0 || !may_be_mine(one, actor, roles))
            continue;
        point_case_row(one, &row);
        count += case_filter_fits(city, actor, &mine, now_ms, &row) &&
                 case_held_visible(city, &sight, &row, one->holders, one->holder_count);
    }
    pthread_rwlock_unlock(&points->lock);
    return count;
}
