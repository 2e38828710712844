// SPDX-License-Identifier: MPL-2.0
// Headline figures: rollups of today's local day, and open work compared with the clock.
#include <stdlib.h>
#include <string.h>

#include "case_internal.h"

enum { FIGURES_MOST = 5000, FIGURES_SLOTS = 16384 };

struct figures {
    struct db *db;
    struct arena *arena;
    struct case_figures *out;
    struct case_figure_rows departments, areas;
    int64_t now_ms;
};

struct case_figure *case_figure_at(struct case_figure_rows *rows, int64_t id,
                                   struct arena *arena)
{
    if (rows->items == NULL) {
        rows->items = arena_array(arena, FIGURES_MOST, sizeof *rows->items);
        rows->slots = arena_array(arena, FIGURES_SLOTS, sizeof *rows->slots);
    }
    if (rows->items == NULL || rows->slots == NULL)
        return NULL;
    size_t at = (size_t)((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) >> 40) % FIGURES_SLOTS;
    while (rows->slots[at] != 0 && rows->items[rows->slots[at] - 1].id != id)
        at = (at + 1) % FIGURES_SLOTS;
    if (rows->slots[at] == 0) {
        if (rows->count == FIGURES_MOST)
            return NULL;
        rows->items[rows->count] = (struct case_figure){.id = id};
        rows->slots[at] = (uint32_t)++rows->count;
    }
    return &rows->items[rows->slots[at] - 1];
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
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(figures->db, QUERY_FIGURES_OPEN_DEPARTMENT, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, figures->now_ms);
    while ((code = db_step(s, error)) == DB_ROW) {
        struct case_figure *department =
            case_figure_at(&figures->departments, db_column_int(s, 0), figures->arena);
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
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    if (level >= CITY_LEVEL_LIMIT)
        return 0;
    int code = db_prepare(figures->db, QUERIES[level], &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, figures->now_ms);
    while ((code = db_step(s, error)) == DB_ROW) {
        struct case_figure *area =
            case_figure_at(&figures->areas, db_column_int(s, 0), figures->arena);
        if (area == NULL)
            continue;
        area->open = db_column_int(s, 1);
        area->overdue = db_column_int(s, 2);
    }
    return code;
}

// ---- today ----
static int departments_today(struct db *db, int64_t day,
                             const struct case_figures_today *today, struct arena *arena,
                             struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_FIGURES_DEPARTMENT_DAY, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, day);
    while ((code = db_step(s, error)) == DB_ROW) {
        struct case_figure *figure =
            case_figure_at(today->departments, db_column_int(s, 0), arena);
        today->figures->opened_today += db_column_int(s, 1);
        today->figures->closed_today += db_column_int(s, 2);
        if (figure == NULL)
            continue;
        figure->opened_today = db_column_int(s, 1);
        figure->closed_today = db_column_int(s, 2);
    }
    return code;
}

static int areas_today(struct db *db, const struct city_snapshot *city, int64_t day,
                       const struct case_figures_today *today, struct arena *arena,
                       struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int64_t first = INT64_MAX, last = 0; // ids of the level lie between
    const struct city_area *area = NULL;
    for (size_t i = 0; (area = city_area(city, i)) != NULL; i++) {
        if (area->level != today->level)
            continue;
        first = area->id < first ? area->id : first;
        last = area->id > last ? area->id : last;
    }
    int code = db_prepare(db, QUERY_FIGURES_AREA_DAY, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, day);
    db_bind_int(s, 2, first);
    db_bind_int(s, 3, last);
    while ((code = db_step(s, error)) == DB_ROW) {
        area = city_area_by_id(city, db_column_int(s, 0));
        if (area == NULL || area->level != today->level)
            continue;
        struct case_figure *figure = case_figure_at(today->areas, area->id, arena);
        if (figure == NULL)
            continue;
        figure->opened_today = db_column_int(s, 1);
        figure->closed_today = db_column_int(s, 2);
    }
    return code;
}

static int compare_ids(const void *a_figure, const void *b_figure)
{
    const struct case_figure *a = a_figure, *b = b_figure;
    return (a->id > b->id) - (a->id < b->id);
}

static void sort(struct case_figure_rows *rows)
{
    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_ids);
}

int case_figures_add_today(struct db *db, const struct city_snapshot *city,
                           const struct case_figures_today *today, struct arena *arena,
                           struct error *error)
{
    const int64_t day = calendar_day(city_calendar(city, 0), today->now_ms);
    struct case_figures *out = today->figures;
    int code = departments_today(db, day, today, arena, error);
    if (code == 0)
        code = areas_today(db, city, day, today, arena, error);
    sort(today->departments);
    sort(today->areas);
    out->by_department = today->departments->items;
    out->department_count = today->departments->count;
    out->by_area = today->areas->items;
    out->area_count = today->areas->count;
    return code;
}

int case_figures(struct db *db, const struct city_snapshot *city, size_t level,
                 int64_t now_ms, struct arena *arena, struct case_figures *ret_figures,
                 struct error *error)
{
    struct case_figures out = {0};
    struct figures figures = {.db = db, .arena = arena, .out = &out, .now_ms = now_ms};
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
        code = case_figures_add_today(db, city,
                                      &(struct case_figures_today){&figures.departments,
                                                                   &figures.areas, &out,
                                                                   level, now_ms},
                                      arena, error);
    if (code == 0)
        *ret_figures = out;
    return code;
}
