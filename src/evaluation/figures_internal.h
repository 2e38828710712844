// SPDX-License-Identifier: MPL-2.0
// Counting: axes, sums, and what is told of them.
#pragma once

#include "evaluation_internal.h"

// What is added up, cell by cell, in groups that are placed on the day of the same column.
enum figure_sum {
    SUM_OPENED, // on FACTS_OPENED
    SUM_CLOSED_OF_OPENED,
    SUM_TO_CLOSE,
    SUM_ENDED, // on FACTS_ENDED
    SUM_CLOSED,
    SUM_DURATION_S,
    SUM_HANDLED_IN_TIME, // on FACTS_JUDGED
    SUM_TO_HANDLE,
    SUM_OVERDUE,    // on FACTS_DUE, less those on FACTS_LEFT
    SUM_TARGET_MET, // on FACTS_ENDED
    SUM_WITH_TARGET,
    SUM_COUNT,
};

// A condition or value, ready to be run over columns (facts_field.c).
enum { FACT_CHUNK = 2048 };
struct fact_program {
    const struct expression *expression;        // NULL: none
    const uint8_t *coded[EXPRESSION_SETS_MOST]; // by class id: is it one of the codes?
    size_t classes;                             // size of these
    int32_t now;
};
int fact_program_make(const struct expression *expression, const struct city_snapshot *city,
                      uint32_t class_most, int64_t now_ms, struct arena *arena,
                      struct fact_program *ret_program,
                      struct error *error) ERROR_MUST_CHECK;
// Rows of a block: `count` from `from` on, or those that rows names, counted from there.
struct fact_rows {
    const struct facts_block *block;
    size_t from, count;   // at most FACT_CHUNK
    const uint32_t *rows; // NULL: side by side
};
// Truths come as 0 and -1. out has room for FACT_CHUNK.
void fact_program_run(const struct fact_program *program, const struct fact_rows *rows,
                      int32_t *out);
int fact_day_column(enum fact_field instant); // enum facts_narrow
// Hour of the day, or weekday, of an instant of each row.
struct fact_clock {
    const struct zone *zone;
    int64_t from_s, until_s; // of what is known of the zone
    int64_t offset_s;
};
void fact_hours(struct fact_clock *clock, enum fact_field instant,
                const struct fact_rows *rows, int32_t *out);

// A dimension other than time: values of a column, mapped to positions.
struct figure_axis {
    size_t count;            // positions; 1 without a dimension
    struct figure_key *keys; // one a position
    int column; // enum facts_wide; -1: source; -2: no dimension; -3: weekday; -4: hour
    const uint32_t *position; // by value; values beyond room are position 0
    size_t room;
};
// Time: bucket 0 is before the period, 1..count the period's, count + 1 what does not
// count.
struct figure_time {
    size_t count;
    struct figure_key *keys;
    const uint32_t *bucket; // by day, UINT16_MAX + 1 of them
};

// A measure that is a count, and where its sum stands in a cell.
struct figure_count {
    const struct indicator *count;
    size_t measure; // of the query
    int place;      // of its own sum; -1: hand-made, see sum
    struct fact_program when, value;
};

struct figure_cells {
    const struct figure_query *query;
    const struct city_snapshot *city;
    struct figure_time time;
    struct figure_axis axes[2];
    size_t width; // cells of a bucket
    bool open;    // the stock of open cases is asked for
    bool clock;   // by weekday or hour: the cell hangs on the count's own instant
    bool whole;   // the whole city, all its cases: given numbers hold
    struct figure_count *counts;
    size_t count_count;
    int at[EVALUATION_MEASURES_MOST]; // of a measure of the evaluation: in the query
    // The sums of a cell stand together: [(bucket * width + cell) * stride + place[sum]].
    int place[SUM_COUNT]; // -1: not wanted
    size_t stride;
    int64_t *sums;
    const uint32_t *start; // by day: of the bucket's first cell
    uint32_t now_s;
};
static inline bool figure_is_period(const struct figure_by *by)
{
    return by->dimension <= FIGURE_BY_YEAR;
}
static inline int64_t *figure_cell(const struct figure_cells *cells, size_t bucket,
                                   size_t cell)
{
    return cells->sums + (bucket * cells->width + cell) * cells->stride;
}

// facts NULL: no columns are held (rollups).
int figure_cells_make(const struct city_snapshot *city, const struct figure_query *query,
                      const struct facts *facts, uint32_t class_most, struct arena *arena,
                      struct figure_cells *ret_cells, struct error *error) ERROR_MUST_CHECK;
void figure_cells_add(struct figure_cells *cells, const struct figure_scope *scope,
                      const struct facts_block *block);
// The same out of the rollups, where figures_rollup_fits: no columns are needed.
bool figures_rollup_fits(const struct figure_query *query,
                         const struct figure_scope *scope);
int figures_rollup_add(struct db *db, struct figure_cells *cells,
                       const struct figure_scope *scope, struct figure_answer *answer,
                       struct error *error) ERROR_MUST_CHECK;
int figure_cells_tell(struct figure_cells *cells, struct arena *arena,
                      struct figure_answer *answer, struct error *error) ERROR_MUST_CHECK;
// Which rows count for a count in the query's period (0 or -1 each): for lists.
void figure_marks(const struct figure_query *query, const struct figure_count *count,
                  struct fact_clock *clock, const struct fact_rows *rows, int32_t *out);
// Programs of a count.
int figure_count_make(const struct indicator *count, const struct city_snapshot *city,
                      const struct figure_query *query, uint32_t class_most,
                      struct arena *arena, struct figure_count *ret_count,
                      struct error *error) ERROR_MUST_CHECK;
int figure_id_column(enum figure_id id); // enum facts_wide
