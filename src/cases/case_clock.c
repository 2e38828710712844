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

struct case_clock_row *case_clock_add(struct case_work *work, int kind, int64_t task_no,
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
static void note_effect(struct case_work *work, const struct case_turn *turn)
{
    struct buffer *out = &work->clock_effect;
    const struct limit *limit = turn->limit;
    buffer_format(out, "%s%s", out->length > 0 ? "; " : "",
                  process_clock_to_str(turn->kind));
    if (turn->task_no != 0)
        buffer_format(out, "#%lld", (long long)turn->task_no);
    buffer_format(out, " %s", clock_effect_to_str(turn->effect));
    if (limit != NULL) {
        buffer_format(out, " %lld %s", (long long)limit->milli,
                      limit_unit_to_str(limit->unit));
        if (limit->season[0] != '\0')
            buffer_format(out, " %s", limit->season);
        if (limit->hours[0] != '\0')
            buffer_format(out, " hours %s", limit->hours);
    }
    buffer_format(out, " @%lld", (long long)calendar_version(work->calendar));
    if (turn->at_ms != work->effective_ms)
        buffer_format(out, " at %lld", (long long)turn->at_ms);
    if (turn->order != 0)
        buffer_format(out, " order %lld", (long long)turn->order);
}

static bool counts_as_done(const struct case_work *work)
{
    const struct case_move *move = work->move;
    return move->actor->system ||
           (move->mark != CASE_MARK_LIVE && move->mark != CASE_MARK_SYNTHETIC) ||
           move->received_ms <= work->effective_ms;
}

int64_t case_clock_instant(const struct case_work *work, int kind, enum clock_effect effect)
{
    const struct catalogue_time *time = catalogue_time(work->catalogue, kind);
    bool received = false;
    if (effect == CLOCK_EFFECT_START || effect == CLOCK_EFFECT_RESTART ||
        effect == CLOCK_EFFECT_RESUME)
        received = time->starts_received;
    else if (effect == CLOCK_EFFECT_STOP || effect == CLOCK_EFFECT_PAUSE)
        received = time->stops_received;
    return received && !counts_as_done(work) ? work->move->received_ms : work->effective_ms;
}

bool case_is_late(const struct case_work *work, int kind)
{
    return !counts_as_done(work) && work->move->received_ms - work->effective_ms >
                                        catalogue_time(work->catalogue, kind)->late_ms;
}

// What a stop says about the case. A clock that stands before its deadline has no due
// instant: it is in time.
static void judge_stop(struct case_work *work, const struct case_clock_row *row,
                       int64_t due_ms, const struct case_turn *turn)
{
    bool handling = row->kind == PROCESS_CLOCK_HANDLING;
    bool in_time = due_ms == INSTANT_NONE || row->clock.since_ms <= due_ms;
    bool parts = handling && case_has_parts(work);
    if (parts)
        in_time = in_time && case_parts_in_time(work, row->clock.since_ms);
    if (due_ms != INSTANT_NONE || row->clock.limit.unit != LIMIT_NONE || parts)
        fact_clock_stopped(work, row->kind, in_time);
    if (handling && turn->at_ms == work->effective_ms &&
        case_is_late(work, PROCESS_CLOCK_HANDLING))
        work->fact.values[FACT_LATE_RECEIVED] = 1;
}

// Time that orders give is counted on the clock that has the case's deadline.
static bool counts_orders(struct case_work *work, int kind)
{
    const struct case_clock_row *handling =
        case_clock_find(work, PROCESS_CLOCK_HANDLING, 0);
    bool whole = handling != NULL && handling->clock.limit.unit != LIMIT_NONE;
    if (kind == PROCESS_CLOCK_HANDLING)
        return whole || !case_has_parts(work);
    return case_is_part(kind) && !whole;
}

static void count_order(struct case_work *work, struct case_clock_row *row, int64_t due_ms,
                        const struct case_turn *turn)
{
    int64_t given_ms = 0;
    switch (turn->effect) {
    case CLOCK_EFFECT_PAUSE:
        row->held_ms = turn->order != 0 ? row->clock.since_ms : row->held_ms;
        return;
    case CLOCK_EFFECT_EXTEND:
        if (turn->order == 0)
            return;
        if (due_ms != INSTANT_NONE && row->clock.due_ms != INSTANT_NONE)
            given_ms = row->clock.due_ms - due_ms;
        else if (calendar_amount_ms(work->calendar, turn->limit) > 0)
            given_ms = calendar_amount_ms(work->calendar, turn->limit);
        break;
    case CLOCK_EFFECT_RECOMPUTE:
        if (turn->order == 0)
            return;
        row->held_ms = 0; // the order ends, the clock stands for another reason
        return;
    default:
        if (row->held_ms != 0 && row->clock.since_ms > row->held_ms)
            given_ms = row->clock.since_ms - row->held_ms;
        row->held_ms = 0;
    }
    if (counts_orders(work, row->kind))
        work->fact.values[FACT_ORDERED_MS] += given_ms;
}

int case_clock_turn(struct case_work *work, const struct case_turn *turn,
                    struct error *error)
{
    struct case_clock_row *row = case_clock_find(work, turn->kind, turn->task_no);
    if (row == NULL &&
        (row = case_clock_add(work, turn->kind, turn->task_no, error)) == NULL)
        return error->code;
    struct clock_event move = {.effect = turn->effect, .at_ms = turn->at_ms};
    if (turn->limit != NULL)
        move.limit = *turn->limit;
    int64_t due_ms = row->clock.due_ms;
    int code = clock_apply(&row->clock, work->calendar, &move, error);
    if (code != 0)
        return error_prefix(error, "clock %s", process_clock_to_str(turn->kind));
    row->changed = true;
    if (turn->effect == CLOCK_EFFECT_EXTEND && turn->order == 0)
        row->extensions++;
    if (turn->effect == CLOCK_EFFECT_STOP)
        judge_stop(work, row, due_ms, turn);
    count_order(work, row, due_ms, turn);
    note_effect(work, turn);
    return 0;
}

int case_clock_move(struct case_work *work, int kind, int64_t task_no,
                    enum clock_effect effect, const struct limit *limit,
                    struct error *error)
{
    struct case_clock_row *row = case_clock_find(work, kind, task_no);
    if (row != NULL && row->held != 0 && case_hold_notes(work, row, effect))
        return 0;
    struct case_turn turn = {.kind = kind,
                             .task_no = task_no,
                             .effect = effect,
                             .limit = limit,
                             .at_ms = case_clock_instant(work, kind, effect)};
    int code = case_clock_turn(work, &turn, error);
    row = case_clock_find(work, kind, task_no);
    if (code == 0 && row != NULL && row->clock.status == CLOCK_RUNNING &&
        effect != CLOCK_EFFECT_RECOMPUTE && effect != CLOCK_EFFECT_EXTEND)
        code = case_hold_again(work, row, turn.at_ms, error);
    return code;
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
    const struct case_clock_row *part = case_part_now(work);
    if (live && part != NULL && handling->clock.limit.unit == LIMIT_NONE)
        best = part;
    else if (live && handling->clock.limit.unit == LIMIT_NONE && imported != NULL)
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
