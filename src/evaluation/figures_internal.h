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

// A dimension other than time: values of a column, mapped to positions.
struct figure_axis {
    size_t count;             // positions; 1 without a dimension
    struct figure_key *keys;  // one a position
    int column;               // enum facts_wide; -1: the source; -2: no dimension
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

struct figure_cells {
    const struct figure_query *query;
    struct figure_time time;
    struct figure_axis axes[2];
    size_t width; // cells of a bucket
    bool open;    // the stock of open cases is asked for
    // The sums of a cell stand together: [(bucket * width + cell) * stride + place[sum]].
    int place[SUM_COUNT]; // -1: not wanted
    size_t stride;
    int64_t *sums;
    const uint32_t *start; // by day: of the bucket's first cell
    uint32_t now_s;
};
static inline int64_t *figure_cell(const struct figure_cells *cells, size_t bucket,
                                   size_t cell)
{
    return cells->sums + (bucket * cells->width + cell) * cells->stride;
}

int figure_cells_make(const struct city_snapshot *city, const struct figure_query *query,
                      uint32_t class_most, struct arena *arena,
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
// Does a row count for the measure in the query's period? One at a time, for lists.
bool figure_counts(const struct figure_query *query, enum figure_measure measure,
                   const struct facts_block *block, size_t row);
