// SPDX-License-Identifier: MPL-2.0
// A handling limit that is a chain: make safe, repair, restore, each on a clock of its own
// that goes with the handling clock. And what was received late: told and contested.
#include <string.h>

#include <gridcase/core/text.h>

#include "case_internal.h"

bool case_is_part(int kind)
{
    return kind >= PROCESS_CLOCK_SAFE && kind <= PROCESS_CLOCK_RESTORE;
}

// A part belongs to the handling clock's present run, not to one for another department.
static bool is_of_run(const struct case_clock_row *part,
                      const struct case_clock_row *handling)
{
    if (part->clock.status == CLOCK_IDLE || handling == NULL ||
        handling->clock.status == CLOCK_IDLE)
        return false;
    // Stopped by the restart in the very millisecond in which it had started: of the old
    // one.
    bool empty = part->clock.status == CLOCK_STOPPED &&
                 part->clock.since_ms == part->clock.started_at_ms;
    return part->clock.started_at_ms > handling->clock.started_at_ms ||
           (part->clock.started_at_ms == handling->clock.started_at_ms && !empty);
}

static const struct case_clock_row *handling_of(const struct case_work *work)
{
    for (size_t i = 0; i < work->clock_count; i++)
        if (work->clocks[i].kind == PROCESS_CLOCK_HANDLING && work->clocks[i].task_no == 0)
            return &work->clocks[i];
    return NULL;
}

struct case_clock_row *case_part_now(struct case_work *work)
{
    const struct case_clock_row *handling = handling_of(work);
    struct case_clock_row *last = NULL;
    for (size_t i = 0; i < work->clock_count; i++) {
        struct case_clock_row *row = &work->clocks[i];
        if (case_is_part(row->kind) && is_of_run(row, handling) &&
            (last == NULL || row->kind > last->kind))
            last = row;
    }
    return last;
}

bool case_has_parts(const struct case_work *work)
{
    for (size_t i = 0; i < work->clock_count; i++)
        if (case_is_part(work->clocks[i].kind) &&
            is_of_run(&work->clocks[i], handling_of(work)))
            return true;
    return false;
}

bool case_parts_in_time(const struct case_work *work, int64_t at_ms)
{
    const struct case_clock_row *handling = handling_of(work);
    for (size_t i = 0; i < work->clock_count; i++) {
        const struct case_clock_row *row = &work->clocks[i];
        if (case_is_part(row->kind) && is_of_run(row, handling) &&
            clock_is_over(&row->clock, at_ms))
            return false;
    }
    return true;
}

static int start_part(struct case_work *work, int kind, struct error *error)
{
    struct limit limit;
    int64_t line = 0;
    case_limit(work, kind, &limit, &line);
    const struct case_clock_row *handling = handling_of(work);
    struct case_clock_row *row = case_clock_find(work, kind, 0);
    bool fresh = row == NULL || row->clock.status == CLOCK_IDLE;
    int code = case_clock_move(
        work, kind, 0, fresh ? CLOCK_EFFECT_START : CLOCK_EFFECT_RESTART, &limit, error);
    row = case_clock_find(work, kind, 0);
    if (code == 0 && row != NULL && handling != NULL) {
        row->department_id = handling->department_id;
        row->extensions = 0;
        row->limit_line = line;
    }
    return code;
}

// The first part from that kind on that the condition has a limit for; 0: none.
static int part_from(const struct case_work *work, int kind)
{
    for (; kind <= PROCESS_CLOCK_RESTORE; kind++) {
        struct limit limit;
        int64_t line = 0;
        case_limit(work, kind, &limit, &line);
        if (limit.unit != LIMIT_NONE)
            return kind;
    }
    return 0;
}

int case_parts_begin(struct case_work *work, struct error *error)
{
    int kind = part_from(work, PROCESS_CLOCK_SAFE), code = 0;
    for (size_t i = 0; i < work->clock_count && code == 0; i++) {
        const struct case_clock_row *row = &work->clocks[i];
        if (case_is_part(row->kind) && row->kind != kind &&
            (row->clock.status == CLOCK_RUNNING || row->clock.status == CLOCK_PAUSED))
            code = case_clock_move(work, row->kind, 0, CLOCK_EFFECT_STOP, NULL, error);
    }
    return code == 0 && kind != 0 ? start_part(work, kind, error) : code;
}

int case_part_next(struct case_work *work)
{
    const struct case_clock_row *now = case_part_now(work);
    if (now == NULL ||
        (now->clock.status != CLOCK_RUNNING && now->clock.status != CLOCK_PAUSED))
        return 0;
    return part_from(work, now->kind + 1);
}

int case_part_start_next(struct case_work *work, struct error *error)
{
    int next = case_part_next(work);
    if (next == 0)
        return error_set(error, ERROR_CONFLICT, "case.no_part",
                         "the limit has no further part");
    const struct case_clock_row *now = case_part_now(work);
    int code = case_clock_move(work, now->kind, 0, CLOCK_EFFECT_STOP, NULL, error);
    return code != 0 ? code : start_part(work, next, error);
}

// The part that runs, with the limit of the corrected case.
static int restart_part(struct case_work *work, struct case_clock_row *row,
                        struct error *error)
{
    struct limit limit;
    int64_t line = 0;
    bool stands = row->clock.status == CLOCK_PAUSED;
    case_limit(work, row->kind, &limit, &line);
    if (limit_equal(&limit, &row->clock.limit))
        return 0;
    struct case_turn turn = {.kind = row->kind,
                             .effect = CLOCK_EFFECT_RESTART,
                             .limit = &limit,
                             .at_ms = stands ? work->effective_ms : row->clock.since_ms};
    int code = case_clock_turn(work, &turn, error);
    row->extensions = 0;
    row->limit_line = line;
    if (code == 0 && stands)
        code = case_clock_move(work, row->kind, 0, CLOCK_EFFECT_PAUSE, NULL, error);
    return code;
}

int case_parts_relimit(struct case_work *work, int now, struct error *error)
{
    const struct case_clock_row *handling = handling_of(work);
    struct case_clock_row *row = now != 0 ? case_clock_find(work, now, 0) : NULL;
    int code = 0;
    if (row != NULL && part_from(work, now) == now)
        return restart_part(work, row, error);
    if (row != NULL) // the corrected case has no such part
        code = case_clock_move(work, now, 0, CLOCK_EFFECT_STOP, NULL, error);
    int next = part_from(work, now != 0 ? now : PROCESS_CLOCK_SAFE);
    if (code == 0 && next != 0)
        code = start_part(work, next, error);
    if (code == 0 && next != 0 && handling->clock.status == CLOCK_PAUSED)
        code = case_clock_move(work, next, 0, CLOCK_EFFECT_PAUSE, NULL, error);
    return code;
}

int case_parts_follow(struct case_work *work, enum clock_effect effect, struct error *error)
{
    const struct case_clock_row *now = case_part_now(work);
    if (now == NULL)
        return 0;
    enum clock_status status = now->clock.status;
    bool live = status == CLOCK_RUNNING || status == CLOCK_PAUSED;
    if (effect == CLOCK_EFFECT_RESUME && status == CLOCK_RUNNING)
        return 0;
    if (effect == CLOCK_EFFECT_PAUSE && status == CLOCK_PAUSED && now->held == 0)
        return 0;
    if (effect != CLOCK_EFFECT_RESUME && !live)
        return 0;
    return case_clock_move(work, now->kind, 0, effect, NULL, error);
}

// ---- received late ----
struct stop_found {
    int64_t done_ms, received_ms;
    bool found;
};

// Looks for the clock's stop in one row of the history; the last one found stays.
static void look_for_stop(struct case_work *work, int kind, const char *effects,
                          const int64_t times[2], struct stop_found *found)
{
    size_t length = 0;
    for (const char *piece;
         effects != NULL && (piece = text_next(&effects, ';', &length)) != NULL;) {
        struct case_noted noted;
        if (length > 0 && case_noted_effect(work->arena, piece, length, &noted) &&
            noted.kind == kind && noted.task_no == 0 && noted.effect == CLOCK_EFFECT_STOP)
            *found = (struct stop_found){
                noted.at_ms != INSTANT_NONE ? noted.at_ms : times[0], times[1], true};
    }
}

static int last_stop(struct case_work *work, int kind, struct stop_found *found,
                     struct error *error)
{
    *found = (struct stop_found){0};
    if (work->past != NULL) {
        for (size_t i = 0; i < work->past->count; i++) {
            const struct history_entry *entry = &work->past->rows[i].entry;
            look_for_stop(work, kind, entry->clock_effect,
                          (int64_t[]){entry->done_ms, entry->received_ms}, found);
        }
        return 0;
    }
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_HISTORY_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, work->row.case_id);
    db_bind_int(s, 2, 0);
    db_bind_int(s, 3, 0);
    while ((code = db_step(s, error)) == DB_ROW)
        look_for_stop(work, kind, db_column_text(s, 17),
                      (int64_t[]){db_column_int(s, 18), db_column_int(s, 19)}, found);
    return code;
}

static int stop_again(struct case_work *work, struct case_clock_row *row, int64_t at_ms,
                      struct error *error)
{
    struct case_turn turn = {
        .kind = row->kind, .effect = CLOCK_EFFECT_RESUME, .at_ms = row->clock.since_ms};
    int code = case_clock_turn(work, &turn, error);
    turn.effect = CLOCK_EFFECT_STOP;
    turn.at_ms = at_ms;
    return code != 0 ? code : case_clock_turn(work, &turn, error);
}

int case_clock_contest(struct case_work *work, int kind, struct error *error)
{
    struct stop_found stop;
    struct case_clock_row *row = case_clock_find(work, kind, 0);
    int code = last_stop(work, kind, &stop, error);
    if (code != 0)
        return code;
    if (row == NULL || row->clock.status != CLOCK_STOPPED || !stop.found ||
        stop.received_ms <= row->clock.since_ms)
        return error_set(error, ERROR_CONFLICT, "case.not_late",
                         "the clock did not stop before the news of it came");
    struct case_clock_row *part =
        kind == PROCESS_CLOCK_HANDLING ? case_part_now(work) : NULL;
    if (part != NULL && part->clock.status == CLOCK_STOPPED &&
        part->clock.since_ms == row->clock.since_ms)
        code = stop_again(work, part, stop.received_ms, error);
    return code != 0 ? code : stop_again(work, row, stop.received_ms, error);
}

// Times of the last row of a kind; 0, 0 without one.
static int last_times(struct case_work *work, int kind, int64_t ret_times[2],
                      struct error *error)
{
    ret_times[0] = ret_times[1] = 0;
    if (work->past != NULL) {
        for (size_t i = 0; i < work->past->count; i++) {
            const struct history_row *row = &work->past->rows[i];
            bool live = !row->entry.system && (row->entry.mark == CASE_MARK_LIVE ||
                                               row->entry.mark == CASE_MARK_SYNTHETIC);
            if (row->entry.kind == kind) {
                ret_times[0] = row->entry.done_ms;
                ret_times[1] = live ? row->entry.received_ms : row->entry.done_ms;
            }
        }
        return 0;
    }
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_HISTORY_LAST_TIMES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, work->row.case_id);
    db_bind_int(s, 2, kind);
    code = db_step(s, error);
    if (code == DB_ROW) {
        ret_times[0] = db_column_int(s, 0);
        ret_times[1] = db_column_int(s, 1);
    }
    return code < 0 ? code : 0;
}

// Contested already, it is not late any more.
static int was_late(struct case_work *work, int kind, bool *ret_late, struct error *error)
{
    int64_t times[2];
    *ret_late = false;
    if (work->is_new)
        return 0;
    int code = last_times(work, kind, times, error);
    const struct case_clock_row *handling = handling_of(work);
    bool contested = handling != NULL && handling->clock.status == CLOCK_STOPPED &&
                     handling->clock.since_ms >= times[1];
    if (code == 0 && !contested)
        *ret_late = times[1] - times[0] >
                    catalogue_time(work->catalogue, PROCESS_CLOCK_HANDLING)->late_ms;
    return code;
}

int case_time_holds(struct case_work *work, const struct process_term *guard,
                    bool *ret_holds, struct error *error)
{
    if (guard->word == PROCESS_GUARD_LATE)
        return was_late(work, (int)guard->numbers[0], ret_holds, error);
    *ret_holds = case_part_next(work) != 0;
    return 0;
}
