// SPDX-License-Identifier: MPL-2.0
// Headline figures out of the rollups that case_apply keeps: arrivals, ended, closed and
// open by time, and by department or one level of areas. Stocks are counted back from what
// is open now.
#include "figures_internal.h"

#include <gridcase/cases/read.h>

enum { DAYS_MOST = 800 }; // further back the columns are as fast

struct adding {
    struct figure_cells *cells;
    const struct figure_scope *scope;
    const struct figure_axis *axis;
    bool by_area;
    bool stock; // asked for: what is open, counted back from now
};

// ---- may the rollups answer? ----
static bool measures_fit(const struct figure_query *query)
{
    for (size_t i = 0; i < query->measure_count; i++) {
        const struct indicator *measure = figure_measure(query, i);
        if (measure->is_count && measure->sum != INDICATOR_SUM_OPENED &&
            measure->sum != INDICATOR_SUM_ENDED && measure->sum != INDICATOR_SUM_CLOSED &&
            measure->sum != INDICATOR_SUM_OPEN)
            return false;
    }
    return !query->by_definition && query->weekday < 0 && query->hour < 0;
}

static bool asks_stock(const struct figure_query *query)
{
    for (size_t i = 0; i < query->measure_count; i++)
        if (figure_measure(query, i)->is_count &&
            figure_measure(query, i)->sum == INDICATOR_SUM_OPEN)
            return true;
    return false;
}

bool figures_rollup_fits(const struct figure_query *query, const struct figure_scope *scope)
{
    size_t places = 0;
    bool by_area = false;
    for (size_t i = 0; i < query->by_count; i++) {
        if (figure_is_period(&query->by[i]))
            continue;
        by_area |= query->by[i].dimension == FIGURE_BY_AREA;
        if (query->by[i].dimension != FIGURE_BY_AREA &&
            query->by[i].dimension != FIGURE_BY_DEPARTMENT)
            return false;
        places++;
    }
    for (size_t i = 0; i < scope->clause_count; i++)
        if (scope->clauses[i].area_column >= 0 || by_area)
            return false;
    bool departments = scope->department_count > 0 || scope->lead_id >= 0;
    return places < 2 && measures_fit(query) &&
           query->today - query->from_day <= DAYS_MOST && scope->area_count == 0 &&
           scope->outside_count == 0 && scope->in_major == NULL && scope->class_id < 0 &&
           scope->source < 0 && scope->id_count == 0 && !(by_area && departments);
}

static bool department_fits(const struct figure_scope *scope, int64_t id)
{
    bool known = id >= 0 && (size_t)id < scope->departments;
    for (size_t i = 0; i < scope->department_count; i++)
        if (!known || !scope->in_departments[i][id])
            return false;
    if (scope->lead_id >= 0 && id != scope->lead_id)
        return false;
    bool seen = scope->everything;
    for (size_t i = 0; i < scope->clause_count && !seen; i++)
        seen = scope->clauses[i].in == NULL || (known && scope->clauses[i].in[id]);
    return seen;
}

// ---- adding ----
static size_t cell_of(const struct adding *adding, int64_t id)
{
    const struct figure_axis *axis = adding->axis;
    return axis->column >= 0 && id >= 0 && (size_t)id < axis->room ? axis->position[id] : 0;
}

static void add(const struct figure_cells *cells, enum figure_sum sum, size_t bucket,
                size_t cell, int64_t amount)
{
    if (cells->place[sum] >= 0)
        figure_cell(cells, bucket, cell)[cells->place[sum]] += amount;
}

// What came and went since the period's begin is taken from what was there before it.
static void add_day(const struct adding *adding, struct db_statement *s, size_t cell,
                    int64_t sign)
{
    const struct figure_cells *cells = adding->cells;
    int64_t day = db_column_int(s, 0), opened = sign * db_column_int(s, 2),
            ended = sign * db_column_int(s, 3);
    size_t bucket = cells->time.bucket[day < 0            ? 0
                                       : day > UINT16_MAX ? UINT16_MAX
                                                          : (size_t)day];
    add(cells, SUM_OPENED, bucket, cell, opened);
    add(cells, SUM_ENDED, bucket, cell, ended);
    add(cells, SUM_CLOSED, bucket, cell, sign * db_column_int(s, 4));
    add(cells, SUM_OPENED, 0, cell, ended - opened);
}

static int add_rollup(const struct adding *adding, struct db *db, enum query_id rollup,
                      enum query_id open, struct error *error)
{
    bool areas = rollup == QUERY_FIGURES_ROLLUP_AREA;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, rollup, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, adding->cells->query->from_day);
    while ((code = db_step(s, error)) == DB_ROW) {
        int64_t id = db_column_int(s, 1);
        size_t cell = cell_of(adding, areas ? id : adding->by_area ? 0 : id);
        if (areas && cell != 0) { // in no area are all that are in none of these
            add_day(adding, s, cell, 1);
            add_day(adding, s, 0, -1);
        } else if (!areas && department_fits(adding->scope, id)) {
            add_day(adding, s, cell, 1);
        }
    }
    if (code != 0 || adding->by_area != areas || !adding->stock)
        return code;
    struct db_statement *now DB_STATEMENT_CLEANUP = NULL;
    code = db_prepare(db, open, &now, error);
    if (code != 0)
        return code;
    db_bind_int(now, 1, adding->cells->query->now_ms);
    while ((code = db_step(now, error)) == DB_ROW) {
        int64_t id = db_column_int(now, 0);
        if (areas || department_fits(adding->scope, id))
            add(adding->cells, SUM_OPENED, 0, cell_of(adding, id), db_column_int(now, 1));
    }
    return code;
}

int figures_rollup_add(struct db *db, struct figure_cells *cells,
                       const struct figure_scope *scope, struct figure_answer *answer,
                       struct error *error)
{
    static const enum query_id OPEN_AREAS[CITY_LEVEL_LIMIT] = {
        QUERY_FIGURES_OPEN_AREA_1, QUERY_FIGURES_OPEN_AREA_2, QUERY_FIGURES_OPEN_AREA_3,
        QUERY_FIGURES_OPEN_AREA_4, QUERY_FIGURES_OPEN_AREA_5, QUERY_FIGURES_OPEN_AREA_6,
        QUERY_FIGURES_OPEN_AREA_7, QUERY_FIGURES_OPEN_AREA_8,
    };
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct case_stream stream = {0};
    int column = cells->axes[0].column;
    struct adding adding = {.cells = cells,
                            .scope = scope,
                            .axis = &cells->axes[0],
                            .by_area = column >= FACTS_AREA,
                            .stock = asks_stock(cells->query)};
    int code = db_begin(db, DB_READ, &transaction, error);
    if (code == 0)
        code = case_stream(db, &stream, error);
    if (code == 0)
        code = add_rollup(&adding, db, QUERY_FIGURES_ROLLUP_DEPARTMENT,
                          QUERY_FIGURES_OPEN_DEPARTMENT, error);
    if (code == 0 && adding.by_area)
        code = add_rollup(&adding, db, QUERY_FIGURES_ROLLUP_AREA,
                          OPEN_AREAS[column - FACTS_AREA], error);
    answer->from_rollup = true;
    answer->epoch = stream.epoch;
    answer->position = stream.last;
    return code;
}
