// SPDX-License-Identifier: MPL-2.0
// From sums to rows: stocks from flows, rates from their parts.
#include "figures_internal.h"

#include <math.h>

struct telling {
    struct figure_cells *cells;
    struct arena *arena;
    struct figure_answer *answer;
    size_t room;
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

static double rate(double numerator, double denominator)
{
    return denominator > 0 ? numerator / denominator : (double)NAN;
}

struct cell_sums {
    int64_t of[SUM_COUNT];
    int64_t open, overdue;
    bool future; // the period has not begun
};

static double value_of(const struct cell_sums *sums, enum figure_measure measure)
{
    const int64_t *of = sums->of;
    switch (measure) {
    case FIGURE_OPENED:
        return (double)of[SUM_OPENED];
    case FIGURE_ENDED:
        return (double)of[SUM_ENDED];
    case FIGURE_CLOSED:
        return (double)of[SUM_CLOSED];
    case FIGURE_OPEN:
        return sums->future ? (double)NAN : (double)sums->open;
    case FIGURE_OVERDUE:
        return sums->future ? (double)NAN : (double)sums->overdue;
    case FIGURE_CLOSING_RATE:
        return rate((double)of[SUM_CLOSED_OF_OPENED], (double)of[SUM_TO_CLOSE]);
    case FIGURE_CLOSED_OF_OPENED:
        return (double)of[SUM_CLOSED_OF_OPENED];
    case FIGURE_TO_CLOSE:
        return (double)of[SUM_TO_CLOSE];
    case FIGURE_ON_TIME_RATE:
        return rate((double)of[SUM_HANDLED_IN_TIME], (double)of[SUM_TO_HANDLE]);
    case FIGURE_HANDLED_IN_TIME:
        return (double)of[SUM_HANDLED_IN_TIME];
    case FIGURE_TO_HANDLE:
        return (double)of[SUM_TO_HANDLE];
    case FIGURE_TARGET_RATE:
        return rate((double)of[SUM_TARGET_MET], (double)of[SUM_WITH_TARGET]);
    case FIGURE_TARGET_MET:
        return (double)of[SUM_TARGET_MET];
    case FIGURE_WITH_TARGET:
        return (double)of[SUM_WITH_TARGET];
    case FIGURE_MEAN_TIME_TO_CLOSE:
        return rate((double)of[SUM_DURATION_S], (double)of[SUM_CLOSED]);
    case FIGURE_MEASURE_COUNT:
        break;
    }
    return (double)NAN;
}

static double *values_of(const struct figure_query *query, const struct cell_sums *sums,
                         struct arena *arena)
{
    double *values = arena_array(arena, query->measure_count, sizeof *values);
    for (size_t i = 0; values != NULL && i < query->measure_count; i++)
        values[i] = value_of(sums, query->measures[i]);
    return values;
}

static int no_room(struct error *error)
{
    return error_set(error, ERROR_INPUT, "figures.too_many",
                     "more than %d rows: ask for a shorter period or fewer dimensions",
                     FIGURE_ROWS_MOST);
}

struct stocks {
    const int64_t *open, *overdue;
};

static struct cell_sums sums_at(const struct figure_cells *cells,
                                const struct stocks *stocks, size_t bucket, size_t cell)
{
    struct cell_sums sums = {.future = cells->time.keys[bucket - 1].from_day >
                                       cells->query->today};
    size_t at = bucket * cells->width + cell;
    const int64_t *own = figure_cell(cells, bucket, cell);
    for (int i = 0; i < SUM_COUNT; i++)
        sums.of[i] = cells->place[i] >= 0 ? own[cells->place[i]] : 0;
    sums.open = stocks->open != NULL ? stocks->open[at] : 0;
    sums.overdue = stocks->overdue != NULL ? stocks->overdue[at] : 0;
    return sums;
}

static bool has_something(const struct figure_query *query, const struct cell_sums *sums)
{
    for (size_t i = 0; i < query->measure_count; i++) {
        double value = value_of(sums, query->measures[i]);
        if (!isnan(value) && value != 0)
            return true;
    }
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
        .values = values_of(telling->cells->query, sums, telling->arena)};
    return row->values != NULL ? 0 : no_room(error);
}

// A key of the dimension at a position of the answer, for bucket and cell.
static const struct figure_key *key_at(const struct figure_cells *cells, size_t which,
                                       size_t bucket, size_t cell)
{
    const struct figure_query *query = cells->query;
    if (which >= query->by_count)
        return NULL;
    if (query->by[which].dimension <= FIGURE_BY_MONTH)
        return &cells->time.keys[bucket - 1];
    bool first = which == 0 || query->by[0].dimension <= FIGURE_BY_MONTH;
    return first ? &cells->axes[0].keys[cell / cells->axes[1].count]
                 : &cells->axes[1].keys[cell % cells->axes[1].count];
}

static int tell_rows(struct telling *telling, const struct stocks *stocks,
                     struct error *error)
{
    struct figure_cells *cells = telling->cells;
    const struct figure_query *query = cells->query;
    bool time_last = query->by_count == 2 && query->by[1].dimension <= FIGURE_BY_MONTH;
    size_t buckets = cells->time.count, width = cells->width;
    bool all = query->by_count == 1 && query->by[0].dimension <= FIGURE_BY_MONTH;
    int code = 0;
    for (size_t i = 0; i < buckets * width && query->by_count > 0 && code == 0; i++) {
        size_t bucket = 1 + (time_last ? i % buckets : i / width);
        size_t cell = time_last ? i / buckets : i % width;
        struct cell_sums sums = sums_at(cells, stocks, bucket, cell);
        if (all || has_something(query, &sums))
            code = add_row(telling, &sums, key_at(cells, 0, bucket, cell),
                           key_at(cells, 1, bucket, cell), error);
    }
    return code;
}

// Every case is in one cell of a bucket; a stock is that of the last bucket that has begun.
static int tell_totals(struct telling *telling, const struct stocks *stocks,
                       struct error *error)
{
    struct figure_cells *cells = telling->cells;
    struct cell_sums total = {.future = cells->query->from_day > cells->query->today};
    for (size_t bucket = 1; bucket <= cells->time.count; bucket++) {
        if (bucket == 1 || cells->time.keys[bucket - 1].from_day <= cells->query->today)
            total.open = total.overdue = 0;
        for (size_t cell = 0; cell < cells->width; cell++) {
            struct cell_sums sums = sums_at(cells, stocks, bucket, cell);
            for (int i = 0; i < SUM_COUNT; i++)
                total.of[i] += sums.of[i];
            total.open += sums.future && bucket > 1 ? 0 : sums.open;
            total.overdue += sums.future && bucket > 1 ? 0 : sums.overdue;
        }
    }
    telling->answer->totals = values_of(cells->query, &total, telling->arena);
    return telling->answer->totals != NULL ? 0 : no_room(error);
}

int figure_cells_tell(struct figure_cells *cells, struct arena *arena,
                      struct figure_answer *answer, struct error *error)
{
    struct telling telling = {.cells = cells, .arena = arena, .answer = answer};
    struct stocks stocks = {0};
    const int *place = cells->place;
    if (cells->open &&
        (stocks.open = stock(cells, place[SUM_OPENED], place[SUM_ENDED], arena)) == NULL)
        return no_room(error);
    if (place[SUM_OVERDUE] >= 0 &&
        (stocks.overdue = stock(cells, place[SUM_OVERDUE], -1, arena)) == NULL)
        return no_room(error);
    int code = tell_rows(&telling, &stocks, error);
    return code != 0 ? code : tell_totals(&telling, &stocks, error);
}
