// SPDX-License-Identifier: MPL-2.0
// Clocks of a case as rows: loaded, moved by the rules' arithmetic, stored.
#include <stdio.h>
#include <string.h>

#include "case_internal.h"

void case_clock_read(struct db_statement *s, struct case_clock_row *row)
{
    *row = (struct case_clock_row){.kind = (int)db_column_int(s, 0),
                                   .task_no = db_column_int(s, 1)};
    struct clock *clock = &row->clock;
    clock_init(clock);
    clock->status = (enum clock_status)db_column_int(s, 2);
    clock->limit.unit = (enum limit_unit)db_column_int(s, 3);
    clock->limit.milli = db_column_int(s, 4);
    const char *season = db_column_text(s, 5);
    snprintf(clock->limit.season, LIMIT_SEASON_SIZE, "%s", season != NULL ? season : "");
    clock->extended_milli = db_column_int(s, 6);
    clock->extended_ms = db_column_int(s, 7);
    clock->started_at_ms = db_column_int(s, 8);
    clock->since_ms = db_column_int(s, 9);
    clock->consumed_ms = db_column_int(s, 10);
    clock->paused_ms = db_column_int(s, 11);
    clock->due_ms = db_column_instant(s, 12);
    clock->yellow_at_ms = db_column_instant(s, 13);
    clock->calendar_version = db_column_int(s, 14);
    clock->provisional = db_column_int(s, 15) != 0;
    row->department_id = db_column_int(s, 16);
    row->extensions = (int)db_column_int(s, 17);
    row->limit_line = db_column_int(s, 18);
    const char *hours = db_column_text(s, 19);
    snprintf(clock->limit.hours, LIMIT_HOURS_SIZE, "%s", hours != NULL ? hours : "");
    row->held = db_column_int(s, 20);
    row->held_scope = (int)db_column_int(s, 21);
    row->held_ms = db_column_int(s, 22);
    row->goes_on = db_column_int(s, 23) != 0;
}

int case_clocks_load(struct case_work *work, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_CASE_CLOCKS_LIVE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, work->row.case_id);
    while ((code = db_step(s, error)) == DB_ROW && work->clock_count < CASE_CLOCKS_LIVE)
        case_clock_read(s, &work->clocks[work->clock_count++]);
    return code < 0 ? code : 0;
}

struct case_clock_row *case_clock_find(struct case_work *work, int kind, int64_t task_no)
{
    for (size_t i = 0; i < work->clock_count; i++)
        if (work->clocks[i].kind == kind && work->clocks[i].task_no == task_no)
            return &work->clocks[i];
    return NULL;
}

static struct case_clock_row *add_clock(struct case_work *work, int kind, int64_t task_no,
                                        struct error *error)
{
    if (work->clock_count == CASE_CLOCKS_LIVE) {
        error_set(error, ERROR_LIMIT, "case.too_many_clocks", "more than %d clocks run",
                  CASE_CLOCKS_LIVE);
        return NULL;
    }
    struct case_clock_row *row = &work->clocks[work->clock_count++];
    *row = (struct case_clock_row){.kind = kind, .task_no = task_no};
    clock_init(&row->clock);
    return row;
}

// "handling start 2000 working_hour @1; accept#1 stop @1", @ the calendar's version: read
// back by case_noted_effect.
static void note_effect(struct case_work *work, const struct case_clock_row *row,
                        enum clock_effect effect, const struct limit *limit)
{
    struct buffer *out = &work->clock_effect;
    buffer_format(out, "%s%s", out->length > 0 ? "; " : "",
                  process_clock_to_str(row->kind));
    if (row->task_no != 0)
        buffer_format(out, "#%lld", (long long)row->task_no);
    buffer_format(out, " %s", clock_effect_to_str(effect));
    if (limit != NULL) {
        buffer_format(out, " %lld %s", (long long)limit->milli,
                      limit_unit_to_str(limit->unit));
        if (limit->season[0] != '\0')
            buffer_format(out, " %s", limit->season);
    }
    buffer_format(out, " @%lld", (long long)calendar_version(work->calendar));
}

int case_clock_move(struct case_work *work, int kind, int64_t task_no,
                    enum clock_effect effect, const struct limit *limit,
                    struct error *error)
{
    struct case_clock_row *row = case_clock_find(work, kind, task_no);
    if (row == NULL && (row = add_clock(work, kind, task_no, error)) == NULL)
        return error->code;
    struct clock_event move = {.effect = effect, .at_ms = work->effective_ms};
    if (limit != NULL)
        move.limit = *limit;
    bool stops = effect == CLOCK_EFFECT_STOP;
    int64_t due_ms = row->clock.due_ms;
    int code = clock_apply(&row->clock, work->calendar, &move, error);
    if (code != 0)
        return error_prefix(error, "clock %s", process_clock_to_str(kind));
    row->changed = true;
    if (effect == CLOCK_EFFECT_EXTEND)
        row->extensions++;
    // A clock that stands before its deadline has no due instant: it is in time.
    if (stops && (due_ms != INSTANT_NONE || row->clock.limit.unit != LIMIT_NONE))
        fact_clock_stopped(work, kind,
                           due_ms == INSTANT_NONE || row->clock.since_ms <= due_ms);
    note_effect(work, row, effect, limit);
    return 0;
}

int case_clock_put(struct db *db, int64_t case_id, const struct case_clock_row *row,
                   struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_CLOCK_PUT, &s, error);
    if (code != 0)
        return code;
    const struct clock *clock = &row->clock;
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, row->kind);
    db_bind_int(s, 3, row->task_no);
    db_bind_int(s, 4, (int64_t)clock->status);
    db_bind_int(s, 5, (int64_t)clock->limit.unit);
    db_bind_int(s, 6, clock->limit.milli);
    db_bind_text(s, 7, clock->limit.season);
    db_bind_int(s, 8, clock->extended_milli);
    db_bind_int(s, 9, clock->extended_ms);
    db_bind_int(s, 10, clock->started_at_ms);
    db_bind_int(s, 11, clock->since_ms);
    db_bind_int(s, 12, clock->consumed_ms);
    db_bind_int(s, 13, clock->paused_ms);
    db_bind_instant(s, 14, clock->due_ms);
    db_bind_instant(s, 15, clock->yellow_at_ms);
    db_bind_int(s, 16, clock->calendar_version);
    db_bind_int(s, 17, clock->provisional);
    db_bind_int(s, 18, row->department_id);
    db_bind_int(s, 19, row->extensions);
    db_bind_int(s, 20, row->limit_line);
    db_bind_text(s, 21, clock->limit.hours);
    db_bind_int(s, 22, row->held);
    db_bind_int(s, 23, row->held_scope);
    db_bind_int(s, 24, row->held_ms);
    db_bind_int(s, 25, row->goes_on);
    code = db_step(s, error);
    return code < 0 ? error_prefix(error, "clock") : 0;
}

int case_clocks_store(struct case_work *work, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < work->clock_count && code == 0; i++)
        if (work->clocks[i].changed)
            code = case_clock_put(work->db, work->row.case_id, &work->clocks[i], error);
    return code;
}

// The clock a person should look at: handling while it runs or stands, else the step's own,
// else the source's, else the handling clock that stopped.
void case_clock_summarise(struct case_work *work)
{
    static const int IMPORTED = PROCESS_CLOCK_IMPORTED;
    const struct case_clock_row *handling =
        case_clock_find(work, PROCESS_CLOCK_HANDLING, 0);
    const struct case_clock_row *imported = case_clock_find(work, IMPORTED, 0);
    const struct case_clock_row *stage = NULL;
    for (size_t i = 0; i < work->clock_count; i++)
        if (work->clocks[i].task_no != 0 && work->clocks[i].task_no == work->row.task_no)
            stage = &work->clocks[i];
    const struct case_clock_row *best = handling;
    bool live = handling != NULL && (handling->clock.status == CLOCK_RUNNING ||
                                     handling->clock.status == CLOCK_PAUSED);
    if (live && handling->clock.limit.unit == LIMIT_NONE && imported != NULL)
        best = imported;
    else if (!live && stage != NULL)
        best = stage;
    else if (handling == NULL || handling->clock.status == CLOCK_IDLE)
        best = imported;
    struct case_row *row = &work->row;
    row->clock_kind = best != NULL ? best->kind : PROCESS_CLOCK_NONE;
    if (best != NULL)
        row->clock = best->clock;
    else
        clock_init(&row->clock);
}
