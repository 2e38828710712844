// SPDX-License-Identifier: MPL-2.0
// The counting itself: a block of columns at a time, sums by bucket and cell.
#include "figures_internal.h"

#include <string.h>

enum { CHUNK = 2048 };

// Rows of a chunk that count, column by column, and where the sums of their cells begin.
struct chunk {
    size_t count;
    const uint32_t *wide[FACTS_WIDE];
    const uint16_t *narrow[FACTS_NARROW];
    uint32_t cells[CHUNK];
    uint32_t rows[CHUNK]; // only where some rows do not count: these do, copied ...
    uint32_t wide_room[4][CHUNK];
    uint16_t narrow_room[FACTS_NARROW][CHUNK]; // ... to here
};

// ---- rows that count ----
static void copy_wide(struct chunk *chunk, const struct facts_block *block, size_t from,
                      int column, size_t room)
{
    const uint32_t *values = block->wide[column];
    if (values == NULL)
        return;
    for (size_t i = 0; i < chunk->count; i++)
        chunk->wide_room[room][i] = values[from + chunk->rows[i]];
    chunk->wide[column] = chunk->wide_room[room];
}

static void copy_chosen(struct chunk *chunk, const struct figure_cells *cells,
                        const struct facts_block *block, size_t from)
{
    copy_wide(chunk, block, from, FACTS_DURATION_S, 0);
    copy_wide(chunk, block, from, FACTS_DUE_S, 1);
    for (size_t k = 0; k < 2; k++)
        if (cells->axes[k].column >= 0)
            copy_wide(chunk, block, from, cells->axes[k].column, 2 + k);
    for (size_t k = 0; k < FACTS_NARROW; k++) {
        const uint16_t *values = block->narrow[k];
        for (size_t i = 0; i < chunk->count; i++)
            chunk->narrow_room[k][i] = values[from + chunk->rows[i]];
        chunk->narrow[k] = chunk->narrow_room[k];
    }
}

static void take(struct chunk *chunk, const struct figure_cells *cells,
                 const struct figure_scope *scope, const struct facts_block *block,
                 size_t from)
{
    size_t count = block->count - from < CHUNK ? block->count - from : CHUNK;
    for (size_t k = 0; k < FACTS_WIDE; k++)
        chunk->wide[k] = block->wide[k] != NULL ? block->wide[k] + from : NULL;
    for (size_t k = 0; k < FACTS_NARROW; k++)
        chunk->narrow[k] = block->narrow[k] + from;
    chunk->count = count;
    if (!scope->filtered)
        return;
    chunk->count = 0;
    for (size_t row = 0; row < count; row++) {
        chunk->rows[chunk->count] = (uint32_t)row;
        chunk->count += figure_scope_fits(scope, block, from + row);
    }
    if (chunk->count < count)
        copy_chosen(chunk, cells, block, from);
}

static void add_axis(const struct figure_axis *axis, size_t step, struct chunk *chunk)
{
    if (axis->column == -2)
        return;
    if (axis->column == -1) {
        for (size_t i = 0; i < chunk->count; i++)
            chunk->cells[i] += (uint32_t)step *
                               axis->position[chunk->narrow[FACTS_FLAGS][i] & FACTS_SOURCE];
        return;
    }
    const uint32_t *values = chunk->wide[axis->column];
    for (size_t i = 0; i < chunk->count && values != NULL; i++)
        chunk->cells[i] +=
            (uint32_t)step * (values[i] < axis->room ? axis->position[values[i]] : 0);
}

// ---- sums ----
struct adding {
    const struct figure_cells *cells;
    const struct chunk *chunk;
    int64_t weight;
};

// Where the sums of row i on this day begin.
#define AT(a, day, i) (sums + (a)->cells->start[day] + (a)->chunk->cells[i])
// All bits of the weight where a flag stands, none otherwise.
#define IF(flags, mask) (weight & -(int64_t)(((flags) & (mask)) != 0))

static void add_opened(const struct adding *a, int64_t *sums)
{
    const uint16_t *days = a->chunk->narrow[FACTS_OPENED],
                   *flags = a->chunk->narrow[FACTS_FLAGS];
    const int64_t weight = a->weight;
    for (size_t i = 0; i < a->chunk->count; i++) {
        int64_t *at = AT(a, days[i], i);
        at[0] += weight;
        at[1] += IF(flags[i], FACTS_CLOSED);
        at[2] += IF(flags[i], FACTS_CLOSED | FACTS_OPEN);
    }
}

static void add_ended(const struct adding *a, int64_t *sums)
{
    const uint16_t *days = a->chunk->narrow[FACTS_ENDED],
                   *flags = a->chunk->narrow[FACTS_FLAGS];
    const uint32_t *duration = a->chunk->wide[FACTS_DURATION_S];
    const int64_t weight = a->weight;
    for (size_t i = 0; i < a->chunk->count; i++) {
        int64_t *at = AT(a, days[i], i), closed = IF(flags[i], FACTS_CLOSED);
        at[0] += weight;
        at[1] += closed;
        at[2] += closed * duration[i];
    }
}

static void add_judged(const struct adding *a, int64_t *sums)
{
    const uint16_t *days = a->chunk->narrow[FACTS_JUDGED],
                   *flags = a->chunk->narrow[FACTS_FLAGS];
    const uint32_t *due = a->chunk->wide[FACTS_DUE_S], now_s = a->cells->now_s;
    const int64_t weight = a->weight;
    for (size_t i = 0; i < a->chunk->count; i++) {
        int64_t *at = AT(a, days[i], i);
        unsigned pending = due[i] < now_s ? FACTS_PENDING : 0;
        at[0] += IF(flags[i], FACTS_IN_TIME);
        at[1] += IF(flags[i], FACTS_IN_TIME | FACTS_LATE | pending);
    }
}

static void add_overdue(const struct adding *a, int64_t *sums)
{
    const uint16_t *from = a->chunk->narrow[FACTS_DUE], *to = a->chunk->narrow[FACTS_LEFT],
                   *flags = a->chunk->narrow[FACTS_FLAGS];
    const uint32_t *due = a->chunk->wide[FACTS_DUE_S], now_s = a->cells->now_s;
    const int64_t weight = a->weight;
    for (size_t i = 0; i < a->chunk->count; i++) {
        unsigned pending = due[i] < now_s ? FACTS_PENDING : 0;
        if ((flags[i] & (FACTS_WAS_OVERDUE | pending)) == 0)
            continue;
        *AT(a, from[i], i) += weight;
        *AT(a, to[i], i) -= weight;
    }
}

static void add_targets(const struct adding *a, int64_t *sums)
{
    const uint16_t *days = a->chunk->narrow[FACTS_ENDED],
                   *flags = a->chunk->narrow[FACTS_FLAGS];
    const int64_t weight = a->weight;
    for (size_t i = 0; i < a->chunk->count; i++) {
        int64_t *at = AT(a, days[i], i);
        at[0] += IF(flags[i], FACTS_TARGET_MET);
        at[1] += IF(flags[i], FACTS_TARGET_MET | FACTS_TARGET_MISSED);
    }
}

// All of it was over before the period, or came after it: what came has gone again, and
// only open cases are still there at the period's end.
static bool is_beside(const struct figure_cells *cells, const struct facts_block *block)
{
    const struct figure_query *query = cells->query;
    bool stock = cells->open || cells->place[SUM_OVERDUE] >= 0;
    return block->first_day > query->to_day ||
           (block->last_day < query->from_day && !(stock && block->has_open));
}

void figure_cells_add(struct figure_cells *cells, const struct figure_scope *scope,
                      const struct facts_block *block)
{
    static const struct {
        enum figure_sum first;
        void (*add)(const struct adding *a, int64_t *sums);
    } GROUPS[] = {{SUM_OPENED, add_opened},
                  {SUM_ENDED, add_ended},
                  {SUM_HANDLED_IN_TIME, add_judged},
                  {SUM_OVERDUE, add_overdue},
                  {SUM_TARGET_MET, add_targets}};
    struct chunk chunk;
    struct adding a = {cells, &chunk, block->weight};
    if (is_beside(cells, block))
        return;
    for (size_t from = 0; from < block->count; from += CHUNK) {
        take(&chunk, cells, scope, block, from);
        memset(chunk.cells, 0, chunk.count * sizeof *chunk.cells);
        add_axis(&cells->axes[0], cells->axes[1].count * cells->stride, &chunk);
        add_axis(&cells->axes[1], cells->stride, &chunk);
        for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
            if (cells->place[GROUPS[i].first] >= 0)
                GROUPS[i].add(&a, cells->sums + cells->place[GROUPS[i].first]);
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
