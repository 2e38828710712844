// SPDX-License-Identifier: MPL-2.0
// The counting itself: a block of columns at a time, sums by bucket and cell.
#include "figures_internal.h"

#include <string.h>

#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

enum { CHUNK = FACT_CHUNK };

// Rows of a chunk that count, column by column, and where the sums of their cells begin.
struct chunk {
    size_t count;
    const uint32_t *wide[FACTS_WIDE];
    const uint16_t *narrow[FACTS_NARROW];
    struct fact_rows chosen; // the same rows, for conditions
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
    chunk->chosen = (struct fact_rows){.block = block, .from = from, .count = count};
    if (!scope->filtered)
        return;
    chunk->count = 0;
    for (size_t row = 0; row < count; row++) {
        chunk->rows[chunk->count] = (uint32_t)row;
        chunk->count += figure_scope_fits(scope, block, from + row);
    }
    if (chunk->count == count)
        return;
    chunk->chosen.count = chunk->count;
    chunk->chosen.rows = chunk->rows;
    copy_chosen(chunk, cells, block, from);
}

static void add_axis(const struct figure_axis *axis, size_t step, struct chunk *chunk)
{
    if (axis->column < -1)
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

// ---- counts by their definition ----
struct defining {
    const struct figure_cells *cells;
    const struct chunk *chunk;
    struct fact_clock clock;
    int32_t marks[CHUNK], values[CHUNK], hours[CHUNK];
    uint32_t at[CHUNK]; // cells by the count's own hour or weekday
};

static size_t clock_step(const struct figure_cells *cells, size_t which)
{
    return which == 0 ? cells->axes[1].count * cells->stride : cells->stride;
}

// Where the rows count by weekday or hour of this count; rows of another hour than asked
// for lose their mark.
static const uint32_t *clock_cells(struct defining *d, const struct figure_count *count)
{
    const struct figure_cells *cells = d->cells;
    const struct figure_query *query = cells->query;
    const uint16_t *days = d->chunk->narrow[fact_day_column(count->count->on)];
    memcpy(d->at, d->chunk->cells, d->chunk->count * sizeof *d->at);
    bool hours =
        query->hour >= 0 || cells->axes[0].column == -4 || cells->axes[1].column == -4;
    if (hours)
        fact_hours(&d->clock, count->count->on, &d->chunk->chosen, d->hours);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; cells->axes[k].column < -2 && i < d->chunk->count; i++)
            d->at[i] += (uint32_t)clock_step(cells, k) *
                        (cells->axes[k].column == -4 ? (uint32_t)d->hours[i]
                                                     : (uint32_t)date_weekday(days[i]) - 1);
    for (size_t i = 0; i < d->chunk->count; i++) {
        if (query->hour >= 0 && d->hours[i] != query->hour)
            d->marks[i] = 0;
        if (query->weekday >= 0 && date_weekday(days[i]) != query->weekday)
            d->marks[i] = 0;
    }
    return d->at;
}

static void add_defined(struct defining *d, const struct figure_count *count,
                        int64_t weight)
{
    const struct chunk *chunk = d->chunk;
    const uint16_t *days = chunk->narrow[fact_day_column(count->count->on)];
    const uint32_t *start = d->cells->start, *cells = chunk->cells;
    int64_t *sums = d->cells->sums + count->place;
    if (count->when.expression != NULL)
        fact_program_run(&count->when, &chunk->chosen, d->marks);
    else
        memset(d->marks, -1, chunk->count * sizeof *d->marks);
    if (d->cells->clock)
        cells = clock_cells(d, count);
    if (count->value.expression != NULL) {
        fact_program_run(&count->value, &chunk->chosen, d->values);
        for (size_t i = 0; i < chunk->count; i++)
            sums[start[days[i]] + cells[i]] += weight * (d->values[i] & d->marks[i]);
        return;
    }
    for (size_t i = 0; i < chunk->count; i++)
        sums[start[days[i]] + cells[i]] += weight & d->marks[i];
    if (count->count->until < 0)
        return;
    const uint16_t *gone =
        chunk->narrow[fact_day_column((enum fact_field)count->count->until)];
    for (size_t i = 0; i < chunk->count; i++)
        sums[start[gone[i]] + cells[i]] -= weight & d->marks[i];
}

// All of it was over before the period, or came after it: what came has gone again, and
// only open cases are still there at the period's end.
static bool is_beside(const struct figure_cells *cells, const struct facts_block *block)
{
    const struct figure_query *query = cells->query;
    bool stock = cells->open || cells->place[SUM_OVERDUE] >= 0;
    for (size_t i = 0; i < cells->count_count; i++)
        stock |= cells->counts[i].count->stock;
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
    struct defining d;
    d.cells = cells;
    d.chunk = &chunk;
    d.clock = (struct fact_clock){.zone = calendar_zone(city_calendar(cells->city, 0))};
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
        for (size_t i = 0; i < cells->count_count; i++)
            if (cells->counts[i].place >= 0)
                add_defined(&d, &cells->counts[i], block->weight);
    }
}

// ---- rows that count, for lists ----
void figure_marks(const struct figure_query *query, const struct figure_count *count,
                  struct fact_clock *clock, const struct fact_rows *rows, int32_t *out)
{
    const struct indicator *of = count->count;
    const uint16_t *days = rows->block->narrow[fact_day_column(of->on)] + rows->from;
    const uint16_t *gone =
        of->until >= 0
            ? rows->block->narrow[fact_day_column((enum fact_field)of->until)] + rows->from
            : NULL;
    int32_t values[CHUNK];
    if (count->when.expression != NULL)
        fact_program_run(&count->when, rows, out);
    else
        memset(out, -1, rows->count * sizeof *out);
    if (count->value.expression != NULL)
        fact_program_run(&count->value, rows, values);
    for (size_t i = 0; i < rows->count; i++) {
        int64_t from = of->stock ? 1 : query->from_day;
        bool holds = days[i] != 0 && days[i] >= from && days[i] <= query->to_day;
        if (gone != NULL && gone[i] != 0 && gone[i] <= query->to_day)
            holds = false;
        if (count->value.expression != NULL && values[i] == 0)
            holds = false;
        if (query->weekday >= 0 && date_weekday(days[i]) != query->weekday)
            holds = false;
        out[i] = holds ? out[i] : 0;
    }
    if (query->hour < 0)
        return;
    fact_hours(clock, of->on, rows, values);
    for (size_t i = 0; i < rows->count; i++)
        out[i] = values[i] == query->hour ? out[i] : 0;
}
