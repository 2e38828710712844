// SPDX-License-Identifier: MPL-2.0
// From sums to rows: stocks from flows, rates from their parts.
#include "figures_internal.h"

#include <math.h>

struct cell_sums;
struct telling {
    struct figure_cells *cells;
    struct arena *arena;
    struct figure_answer *answer;
    size_t room;
    struct cell_sums *sums, *total; // large: not on the stack
};

// Stocks: what had come less what had gone, added up bucket by bucket.
static int64_t *stock(const struct figure_cells *cells, int in, int out,
                      struct arena *arena)
{
    size_t width = cells->width, buckets = cells->time.count + 1;
    int64_t *sums = arena_array(arena, width * buckets, sizeof *sums);
    for (size_t i = 0; sums != NULL && i < width * buckets; i++) {
        const int64_t *cell = cells->sums + i * cells->stride;
        sums[i] =
            (i >= width ? sums[i - width] : 0) + cell[in] - (out >= 0 ? cell[out] : 0);
    }
    return sums;
}

// The counts of one row, by place among the cells' counts.
struct cell_sums {
    int64_t from_day, to_day; // up to today
    bool future;              // the period has not begun
    int64_t of[EVALUATION_MEASURES_MOST];
};

static double value_of(const struct figure_cells *cells, const struct cell_sums *sums,
                       size_t measure);

static double formula_of(const struct figure_cells *cells, const struct cell_sums *sums,
                         const struct indicator *indicator)
{
    const struct evaluation *evaluation = cells->query->evaluation;
    double loads[INDICATOR_LOADS];
    bool known = !indicator->lacks_given;
    for (size_t i = 0; i < INDICATOR_LOADS; i++)
        loads[i] = (double)NAN;
    for (size_t i = 0; i < indicator->part_count; i++) {
        loads[i] = value_of(cells, sums, (size_t)cells->at[indicator->parts[i]]);
        known &= !isnan(loads[i]);
    }
    loads[INDICATOR_LOAD_DAYS] =
        sums->future ? 0 : (double)(sums->to_day - sums->from_day + 1);
    for (size_t i = 0; i < indicator->given_count; i++) {
        const char *code =
            evaluation_given_at(evaluation, (size_t)indicator->given[i])->code;
        if (cells->whole && !sums->future)
            loads[INDICATOR_LOAD_GIVEN + i] =
                evaluation_given_sum(evaluation, code, sums->from_day, sums->to_day);
        known &= !isnan(loads[INDICATOR_LOAD_GIVEN + i]);
    }
    double value = expression_number(&indicator->formula, loads);
    if (isnan(value) && known && indicator->zero == INDICATOR_ZERO_NUMBER)
        return indicator->zero_value;
    return value;
}

static double value_of(const struct figure_cells *cells, const struct cell_sums *sums,
                       size_t measure)
{
    const struct indicator *indicator = figure_measure(cells->query, measure);
    if (!indicator->is_count)
        return formula_of(cells, sums, indicator);
    if (indicator->stock && sums->future)
        return (double)NAN;
    for (size_t i = 0; i < cells->count_count; i++)
        if (cells->counts[i].measure == measure)
            return (double)sums->of[i];
    return (double)NAN;
}

static double *values_of(const struct figure_cells *cells, const struct cell_sums *sums,
                         struct arena *arena)
{
    size_t count = cells->query->measure_count;
    double *values = arena_array(arena, count, sizeof *values);
    for (size_t i = 0; values != NULL && i < count; i++)
        values[i] = value_of(cells, sums, i);
    return values;
}

static int no_room(struct error *error)
{
    return error_set(error, ERROR_INPUT, "figures.too_many",
                     "more than %d rows: ask for a shorter period or fewer dimensions",
                     FIGURE_ROWS_MOST);
}

// By count: its stock by bucket and cell, NULL where it is a plain sum.
struct stocks {
    const int64_t **of;
};

static int hand_made(const struct figure_cells *cells, const struct indicator *count)
{
    static const enum figure_sum SUMS[INDICATOR_SUM_COUNT] = {
        [INDICATOR_SUM_OPENED] = SUM_OPENED,
        [INDICATOR_SUM_ENDED] = SUM_ENDED,
        [INDICATOR_SUM_CLOSED] = SUM_CLOSED,
        [INDICATOR_SUM_OPEN] = SUM_OPENED,
        [INDICATOR_SUM_OVERDUE] = SUM_OVERDUE,
        [INDICATOR_SUM_CLOSED_OF_OPENED] = SUM_CLOSED_OF_OPENED,
        [INDICATOR_SUM_TO_CLOSE] = SUM_TO_CLOSE,
        [INDICATOR_SUM_HANDLED_IN_TIME] = SUM_HANDLED_IN_TIME,
        [INDICATOR_SUM_TO_HANDLE] = SUM_TO_HANDLE,
        [INDICATOR_SUM_TARGET_MET] = SUM_TARGET_MET,
        [INDICATOR_SUM_WITH_TARGET] = SUM_WITH_TARGET,
        [INDICATOR_SUM_CLOSED_SECONDS] = SUM_DURATION_S,
    };
    return cells->place[SUMS[count->sum]];
}

static int place_of(const struct figure_cells *cells, const struct figure_count *count)
{
    return count->place >= 0 ? count->place : hand_made(cells, count->count);
}

static void sums_at(const struct figure_cells *cells, const struct stocks *stocks,
                    size_t bucket, size_t cell, struct cell_sums *ret_sums)
{
    const struct figure_key *period = &cells->time.keys[bucket - 1];
    size_t at = bucket * cells->width + cell;
    const int64_t *own = figure_cell(cells, bucket, cell);
    int64_t today = cells->query->today;
    ret_sums->future = period->from_day > today;
    ret_sums->from_day = period->from_day;
    ret_sums->to_day = period->to_day < today ? period->to_day : today;
    for (size_t i = 0; i < cells->count_count; i++)
        ret_sums->of[i] = stocks->of[i] != NULL ? stocks->of[i][at]
                                                : own[place_of(cells, &cells->counts[i])];
}

static bool has_something(const struct figure_cells *cells, const struct cell_sums *sums)
{
    for (size_t i = 0; i < cells->count_count; i++)
        if (sums->of[i] != 0 && !(sums->future && cells->counts[i].count->stock))
            return true;
    return false;
}

static int add_row(struct telling *telling, const struct cell_sums *sums,
                   const struct figure_key *first, const struct figure_key *second,
                   struct error *error)
{
    struct figure_answer *answer = telling->answer;
    if (answer->row_count == FIGURE_ROWS_MOST)
        return no_room(error);
    if (answer->row_count == telling->room) {
        size_t room = telling->room > 0 ? 2 * telling->room : 256;
        struct figure_row *rows = arena_array(telling->arena, room, sizeof *rows);
        if (rows == NULL)
            return no_room(error);
        for (size_t i = 0; i < answer->row_count; i++)
            rows[i] = answer->rows[i];
        answer->rows = rows;
        telling->room = room;
    }
    struct figure_row *row = &answer->rows[answer->row_count++];
    *row = (struct figure_row){
        .keys = {*first, second != NULL ? *second : (struct figure_key){0}},
        .values = values_of(telling->cells, sums, telling->arena)};
    return row->values != NULL ? 0 : no_room(error);
}

// A key of the dimension at a position of the answer, for bucket and cell.
static const struct figure_key *key_at(const struct figure_cells *cells, size_t which,
                                       size_t bucket, size_t cell)
{
    const struct figure_query *query = cells->query;
    if (which >= query->by_count)
        return NULL;
    if (figure_is_period(&query->by[which]))
        return &cells->time.keys[bucket - 1];
    bool first = which == 0 || figure_is_period(&query->by[0]);
    return first ? &cells->axes[0].keys[cell / cells->axes[1].count]
                 : &cells->axes[1].keys[cell % cells->axes[1].count];
}

static int tell_rows(struct telling *telling, const struct stocks *stocks,
                     struct error *error)
{
    struct figure_cells *cells = telling->cells;
    const struct figure_query *query = cells->query;
    bool time_last = query->by_count == 2 && figure_is_period(&query->by[1]);
    size_t buckets = cells->time.count, width = cells->width;
    bool all = query->by_count == 1 && figure_is_period(&query->by[0]);
    int code = 0;
    for (size_t i = 0; i < buckets * width && query->by_count > 0 && code == 0; i++) {
        size_t bucket = 1 + (time_last ? i % buckets : i / width);
        size_t cell = time_last ? i / buckets : i % width;
        sums_at(cells, stocks, bucket, cell, telling->sums);
        if (all || has_something(cells, telling->sums))
            code = add_row(telling, telling->sums, key_at(cells, 0, bucket, cell),
                           key_at(cells, 1, bucket, cell), error);
    }
    return code;
}

// Every case is in one cell of a bucket; a stock is that of the last bucket that has begun.
static int tell_totals(struct telling *telling, const struct stocks *stocks,
                       struct error *error)
{
    struct figure_cells *cells = telling->cells;
    const struct figure_query *query = cells->query;
    struct cell_sums *total = telling->total, *sums = telling->sums;
    total->from_day = query->from_day;
    total->to_day = query->to_day < query->today ? query->to_day : query->today;
    total->future = query->from_day > query->today;
    for (size_t bucket = 1; bucket <= cells->time.count; bucket++) {
        bool begun = bucket == 1 || cells->time.keys[bucket - 1].from_day <= query->today;
        for (size_t i = 0; begun && i < cells->count_count; i++)
            if (stocks->of[i] != NULL)
                total->of[i] = 0;
        for (size_t cell = 0; cell < cells->width; cell++) {
            sums_at(cells, stocks, bucket, cell, sums);
            for (size_t i = 0; i < cells->count_count; i++)
                if (begun || stocks->of[i] == NULL)
                    total->of[i] += sums->of[i];
        }
    }
    telling->answer->totals = values_of(cells, total, telling->arena);
    return telling->answer->totals != NULL ? 0 : no_room(error);
}

static int make_stocks(const struct figure_cells *cells, struct arena *arena,
                       struct stocks *stocks, struct error *error)
{
    stocks->of = arena_array(arena, cells->count_count + 1, sizeof *stocks->of);
    if (stocks->of == NULL)
        return no_room(error);
    for (size_t i = 0; i < cells->count_count; i++) {
        const struct figure_count *count = &cells->counts[i];
        int in = place_of(cells, count), out = -1;
        if (!count->count->stock)
            continue;
        if (count->place < 0 && count->count->sum == INDICATOR_SUM_OPEN)
            out = cells->place[SUM_ENDED];
        if ((stocks->of[i] = stock(cells, in, out, arena)) == NULL)
            return no_room(error);
    }
    return 0;
}

int figure_cells_tell(struct figure_cells *cells, struct arena *arena,
                      struct figure_answer *answer, struct error *error)
{
    struct telling telling = {.cells = cells, .arena = arena, .answer = answer};
    struct stocks stocks = {0};
    telling.sums = arena_alloc(arena, sizeof *telling.sums);
    telling.total = arena_alloc(arena, sizeof *telling.total);
    int code = telling.sums == NULL || telling.total == NULL
                   ? no_room(error)
                   : make_stocks(cells, arena, &stocks, error);
    if (code == 0)
        code = tell_rows(&telling, &stocks, error);
    return code != 0 ? code : tell_totals(&telling, &stocks, error);
}
