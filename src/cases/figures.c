// SPDX-License-Identifier: MPL-2.0
// Headline figures: rollups of today's local day, and open work compared with the clock.
#include <string.h>

#include "case_internal.h"

enum { FIGURES_MOST = 5000 };

struct figures {
    struct db *db;
    struct arena *arena;
    struct case_figures *out;
    int64_t now_ms, day;
};

static struct case_figure *figure_of(struct arena *arena, struct case_figure **items,
                                     size_t *count, int64_t id)
{
    for (size_t i = 0; i < *count; i++)
        if ((*items)[i].id == id)
            return &(*items)[i];
    if (*items == NULL)
        *items = arena_array(arena, FIGURES_MOST, sizeof **items);
    if (*items == NULL || *count == FIGURES_MOST)
        return NULL;
    (*items)[*count] = (struct case_figure){.id = id};
    return &(*items)[(*count)++];
}

static int open_stages(struct figures *figures, struct error *error)
{
    struct case_figures *out = figures->out;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(figures->db, QUERY_FIGURES_OPEN_STAGE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, figures->now_ms);
    while ((code = db_step(s, error)) == DB_ROW) {
        int64_t stage = db_column_int(s, 0);
        int64_t open = db_column_int(s, 1), overdue = db_column_int(s, 2);
        out->open += open;
        out->overdue += overdue;
        if (stage >= 0 && stage < PROCESS_STAGE_COUNT) {
            out->by_stage[stage].open = open;
            out->by_stage[stage].overdue = overdue;
        }
    }
    return code;
}

static int open_departments(struct figures *figures, struct error *error)
{
    struct case_figures *out = figures->out;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(figures->db, QUERY_FIGURES_OPEN_DEPARTMENT, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, figures->now_ms);
    while ((code = db_step(s, error)) == DB_ROW) {
        struct case_figure *department =
            figure_of(figures->arena, &out->by_department, &out->department_count,
                      db_column_int(s, 0));
        if (department == NULL)
            continue;
        department->open = db_column_int(s, 1);
        department->overdue = db_column_int(s, 2);
    }
    return code;
}

static int open_queues(struct figures *figures, struct error *error)
{
    struct case_figures *out = figures->out;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(figures->db, QUERY_FIGURES_OPEN_QUEUE, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        int64_t queue = db_column_int(s, 0);
        out->where += queue == CASE_QUEUE_WHERE ? db_column_int(s, 1) : 0;
        out->manual += queue == CASE_QUEUE_MANUAL ? db_column_int(s, 1) : 0;
        code = 0;
    }
    return code;
}

static int open_areas(struct figures *figures, size_t level, struct error *error)
{
    static const enum query_id QUERIES[CITY_LEVEL_LIMIT] = {
        QUERY_FIGURES_OPEN_AREA_1, QUERY_FIGURES_OPEN_AREA_2, QUERY_FIGURES_OPEN_AREA_3,
        QUERY_FIGURES_OPEN_AREA_4, QUERY_FIGURES_OPEN_AREA_5, QUERY_FIGURES_OPEN_AREA_6,
        QUERY_FIGURES_OPEN_AREA_7, QUERY_FIGURES_OPEN_AREA_8,
    };
    struct case_figures *out = figures->out;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    if (level >= CITY_LEVEL_LIMIT)
        return 0;
    int code = db_prepare(figures->db, QUERIES[level], &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, figures->now_ms);
    while ((code = db_step(s, error)) == DB_ROW) {
        struct case_figure *area =
            figure_of(figures->arena, &out->by_area, &out->area_count, db_column_int(s, 0));
        if (area == NULL)
            continue;
        area->open = db_column_int(s, 1);
        area->overdue = db_column_int(s, 2);
    }
    return code;
}

static int today(struct figures *figures, bool areas, const struct city_snapshot *city,
                 size_t level, struct error *error)
{
    struct case_figures *out = figures->out;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(figures->db,
                          areas ? QUERY_FIGURES_AREA_DAY : QUERY_FIGURES_DEPARTMENT_DAY, &s,
                          error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, figures->day);
    while ((code = db_step(s, error)) == DB_ROW) {
        int64_t id = db_column_int(s, 0);
        const struct city_area *area = areas ? city_area_by_id(city, id) : NULL;
        if (areas && (area == NULL || area->level != level))
            continue;
        struct case_figure *figure =
            areas ? figure_of(figures->arena, &out->by_area, &out->area_count, id)
                  : figure_of(figures->arena, &out->by_department, &out->department_count,
                              id);
        if (!areas) {
            out->opened_today += db_column_int(s, 1);
            out->closed_today += db_column_int(s, 2);
        }
        if (figure == NULL)
            continue;
        figure->opened_today = db_column_int(s, 1);
        figure->closed_today = db_column_int(s, 2);
    }
    return code;
}

int case_figures(struct db *db, const struct city_snapshot *city, size_t level,
                 int64_t now_ms, struct arena *arena, struct case_figures *ret_figures,
                 struct error *error)
{
    struct case_figures out = {0};
    struct figures figures = {db, arena, &out, now_ms,
                              calendar_day(city_calendar(city, 0), now_ms)};
    for (int i = 0; i < PROCESS_STAGE_COUNT; i++)
        out.by_stage[i].id = i;
    int code = open_stages(&figures, error);
    if (code == 0)
        code = open_departments(&figures, error);
    if (code == 0)
        code = open_queues(&figures, error);
    if (code == 0)
        code = open_areas(&figures, level, error);
    if (code == 0)
        code = today(&figures, false, city, level, error);
    if (code == 0)
        code = today(&figures, true, city, level, error);
    if (code == 0)
        *ret_figures = out;
    return code;
}
