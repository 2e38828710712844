// SPDX-License-Identifier: MPL-2.0
// The counting itself: a block of columns at a time, sums by bucket and cell.
#include "figures_internal.h"

#include <string.h>

enum { CHUNK = 2048 };

// Rows of a chunk that count, and the cells they count in.
struct chunk {
    size_t count;
    uint32_t rows[CHUNK]; // within the block
    uint32_t cells[CHUNK];
};

static uint32_t position(const struct figure_axis *axis, uint32_t value)
{
    return value < axis->room ? axis->position[value] : 0;
}

static void add_axis(const struct figure_axis *axis, const struct facts_block *block,
                     size_t others, struct chunk *chunk)
{
    if (axis->column == -2)
        return;
    const uint32_t *wide = axis->column >= 0 ? block->wide[axis->column] : NULL;
    const uint16_t *flags = block->narrow[FACTS_FLAGS];
    for (size_t i = 0; i < chunk->count; i++) {
        uint32_t row = chunk->rows[i];
        uint32_t value = axis->column == -1 ? flags[row] & FACTS_SOURCE
                         : wide != NULL     ? wide[row]
                                            : 0;
        chunk->cells[i] += (uint32_t)others * position(axis, value);
    }
}

static void choose(struct chunk *chunk, const struct figure_scope *scope,
                   const struct facts_block *block, size_t from)
{
    size_t end = from + CHUNK < block->count ? from + CHUNK : block->count;
    chunk->count = 0;
    for (size_t row = from; row < end; row++) {
        chunk->rows[chunk->count] = (uint32_t)row;
        chunk->count += !scope->filtered || figure_scope_fits(scope, block, row);
    }
    memset(chunk->cells, 0, chunk->count * sizeof *chunk->cells);
}

struct adding {
    const struct figure_cells *cells;
    const struct facts_block *block;
    const struct chunk *chunk;
};

// All rows on the day of a column.
static void add_all(const struct adding *a, enum figure_sum sum, enum facts_narrow day)
{
    int64_t *sums = a->cells->sums[sum];
    const uint16_t *days = a->block->narrow[day];
    for (size_t i = 0; sums != NULL && i < a->chunk->count; i++)
        sums[a->cells->time.bucket[days[a->chunk->rows[i]]] * a->cells->width +
             a->chunk->cells[i]] += a->block->weight;
}

// Rows with one of the flags.
static void add_flagged(const struct adding *a, enum figure_sum sum, enum facts_narrow day,
                        unsigned mask)
{
    int64_t *sums = a->cells->sums[sum];
    const uint16_t *days = a->block->narrow[day], *flags = a->block->narrow[FACTS_FLAGS];
    for (size_t i = 0; sums != NULL && i < a->chunk->count; i++) {
        uint32_t row = a->chunk->rows[i];
        int64_t on = (flags[row] & mask) != 0;
        sums[a->cells->time.bucket[days[row]] * a->cells->width + a->chunk->cells[i]] +=
            on * a->block->weight;
    }
}

static void add_durations(const struct adding *a)
{
    int64_t *sums = a->cells->sums[SUM_DURATION_S];
    const uint16_t *days = a->block->narrow[FACTS_ENDED],
                   *flags = a->block->narrow[FACTS_FLAGS];
    const uint32_t *duration = a->block->wide[FACTS_DURATION_S];
    for (size_t i = 0; sums != NULL && i < a->chunk->count; i++) {
        uint32_t row = a->chunk->rows[i];
        int64_t on = (flags[row] & FACTS_CLOSED) != 0;
        sums[a->cells->time.bucket[days[row]] * a->cells->width + a->chunk->cells[i]] +=
            on * duration[row] * a->block->weight;
    }
}

// Rows with one of the flags, or still to be handled and late by now.
static void add_late(const struct adding *a, enum figure_sum sum, enum facts_narrow day,
                     unsigned mask)
{
    int64_t *sums = a->cells->sums[sum];
    const uint16_t *days = a->block->narrow[day], *flags = a->block->narrow[FACTS_FLAGS];
    const uint32_t *due = a->block->wide[FACTS_DUE_S];
    for (size_t i = 0; sums != NULL && i < a->chunk->count; i++) {
        uint32_t row = a->chunk->rows[i];
        int64_t on = ((flags[row] & mask) != 0) |
                     (((flags[row] & FACTS_PENDING) != 0) & (due[row] < a->cells->now_s));
        sums[a->cells->time.bucket[days[row]] * a->cells->width + a->chunk->cells[i]] +=
            on * a->block->weight;
    }
}

void figure_cells_add(struct figure_cells *cells, const struct figure_scope *scope,
                      const struct facts_block *block)
{
    struct chunk chunk;
    struct adding a = {cells, block, &chunk};
    for (size_t from = 0; from < block->count; from += CHUNK) {
        choose(&chunk, scope, block, from);
        add_axis(&cells->axes[0], block, cells->axes[1].count, &chunk);
        add_axis(&cells->axes[1], block, 1, &chunk);
        add_all(&a, SUM_OPENED, FACTS_OPENED);
        add_flagged(&a, SUM_CLOSED_OF_OPENED, FACTS_OPENED, FACTS_CLOSED);
        add_flagged(&a, SUM_TO_CLOSE, FACTS_OPENED, FACTS_CLOSED | FACTS_OPEN);
        add_all(&a, SUM_ENDED, FACTS_ENDED);
        add_flagged(&a, SUM_CLOSED, FACTS_ENDED, FACTS_CLOSED);
        add_flagged(&a, SUM_TARGET_MET, FACTS_ENDED, FACTS_TARGET_MET);
        add_flagged(&a, SUM_WITH_TARGET, FACTS_ENDED,
                    FACTS_TARGET_MET | FACTS_TARGET_MISSED);
        add_durations(&a);
        add_flagged(&a, SUM_HANDLED_IN_TIME, FACTS_JUDGED, FACTS_IN_TIME);
        add_late(&a, SUM_TO_HANDLE, FACTS_JUDGED, FACTS_IN_TIME | FACTS_LATE);
        add_late(&a, SUM_BECAME_OVERDUE, FACTS_DUE, FACTS_WAS_OVERDUE);
        add_all(&a, SUM_NO_LONGER_OVERDUE, FACTS_LEFT);
    }
}

// ---- one row, for lists ----
static bool within(const struct figure_query *query, uint16_t day)
{
    return day != 0 && day >= query->from_day && day <= query->to_day;
}

// By the end of the period.
static bool by_then(const struct figure_query *query, uint16_t day)
{
    return day != 0 && day <= query->to_day;
}

bool figure_counts(const struct figure_query *query, enum figure_measure measure,
                   const struct facts_block *block, size_t row)
{
    unsigned flags = block->narrow[FACTS_FLAGS][row];
    uint16_t opened = block->narrow[FACTS_OPENED][row],
             ended = block->narrow[FACTS_ENDED][row],
             judged = block->narrow[FACTS_JUDGED][row];
    bool late_now = (flags & FACTS_PENDING) != 0 &&
                    block->wide[FACTS_DUE_S][row] < (uint32_t)(query->now_ms / 1000);
    switch (measure) {
    case FIGURE_OPENED:
        return within(query, opened);
    case FIGURE_ENDED:
        return within(query, ended);
    case FIGURE_CLOSED:
    case FIGURE_MEAN_TIME_TO_CLOSE:
        return within(query, ended) && (flags & FACTS_CLOSED) != 0;
    case FIGURE_OPEN:
        return by_then(query, opened) && !by_then(query, ended);
    case FIGURE_OVERDUE:
        return (late_now || (flags & FACTS_WAS_OVERDUE) != 0) &&
               by_then(query, block->narrow[FACTS_DUE][row]) &&
               !by_then(query, block->narrow[FACTS_LEFT][row]);
    case FIGURE_CLOSING_RATE:
    case FIGURE_CLOSED_OF_OPENED:
        return within(query, opened) && (flags & FACTS_CLOSED) != 0;
    case FIGURE_TO_CLOSE:
        return within(query, opened) && (flags & (FACTS_CLOSED | FACTS_OPEN)) != 0;
    case FIGURE_ON_TIME_RATE:
    case FIGURE_HANDLED_IN_TIME:
        return within(query, judged) && (flags & FACTS_IN_TIME) != 0;
    case FIGURE_TO_HANDLE:
        return within(query, judged) &&
               (late_now || (flags & (FACTS_IN_TIME | FACTS_LATE)) != 0);
    case FIGURE_TARGET_RATE:
    case FIGURE_TARGET_MET:
        return within(query, ended) && (flags & FACTS_TARGET_MET) != 0;
    case FIGURE_WITH_TARGET:
        return within(query, ended) &&
               (flags & (FACTS_TARGET_MET | FACTS_TARGET_MISSED)) != 0;
    case FIGURE_MEASURE_COUNT:
        break;
    }
    return false;
}
