// SPDX-License-Identifier: MPL-2.0
// One case under a time order: its clocks are paused, extended or let go, through the door.
#include <stdlib.h>
#include <string.h>

#include "order_internal.h"

enum { TREAT_ARENA = 1024 * 1024 };

static bool in_scope(const struct case_order *order, const struct case_clock_row *row)
{
    if (row->kind == PROCESS_CLOCK_IMPORTED || row->kind == PROCESS_CLOCK_HOTLINE)
        return false; // somebody else's deadlines
    return order->scope == CASE_ORDER_ALL || row->kind == PROCESS_CLOCK_HANDLING ||
           case_is_part(row->kind);
}

static bool is_live(const struct case_clock_row *row)
{
    return row->clock.status == CLOCK_RUNNING || row->clock.status == CLOCK_PAUSED;
}

static struct case_turn turn_of(const struct case_order *order,
                                const struct case_clock_row *row, enum clock_effect effect,
                                int64_t at_ms)
{
    return (struct case_turn){.kind = row->kind,
                              .task_no = row->task_no,
                              .effect = effect,
                              .at_ms = at_ms,
                              .order = order->id};
}

// A stage without a limit has no clock that could carry the mark on to the next.
static int mark_case(struct case_work *work, const struct case_order *order,
                     struct error *error)
{
    struct case_clock_row *row = case_clock_find(work, PROCESS_CLOCK_HOLD, 0);
    if (row == NULL)
        row = case_clock_add(work, PROCESS_CLOCK_HOLD, 0, error);
    if (row == NULL)
        return error->code;
    row->held = order->id;
    row->held_scope = (int)order->scope;
    row->changed = true;
    return 0;
}

static int hold(struct case_work *work, const struct case_order *order, int *ret_treated,
                struct error *error)
{
    for (size_t i = 0; i < work->clock_count; i++) {
        struct case_clock_row *row = &work->clocks[i];
        if (!in_scope(order, row) || !is_live(row))
            continue;
        row->held = order->id;
        row->held_scope = (int)order->scope;
        row->goes_on = row->clock.status == CLOCK_RUNNING;
        row->changed = true;
        ++*ret_treated;
        if (!row->goes_on)
            continue; // it stands already: the order sees to it that it stays so
        struct case_turn turn = turn_of(order, row, CLOCK_EFFECT_PAUSE, order->signed_ms);
        int code = case_clock_turn(work, &turn, error);
        if (code != 0)
            return code;
    }
    return *ret_treated > 0 && order->scope == CASE_ORDER_ALL
               ? mark_case(work, order, error)
               : 0;
}

// The time given, in the clock's own measure: as it is, or as much of that measure as lies
// between the deadline and the deadline plus the time. False when that is nothing.
static bool amount_for(const struct case_work *work, const struct case_order *order,
                       const struct case_clock_row *row, struct limit *ret_by)
{
    const struct limit *limit = &row->clock.limit;
    struct clock trial = row->clock;
    struct error ignored = {0};
    *ret_by = order->amount;
    if (clock_extend(&trial, work->calendar, ret_by, order->signed_ms, &ignored) == 0)
        return true;
    if (row->clock.due_ms == INSTANT_NONE)
        return false;
    int64_t until_ms = calendar_due(work->calendar, &order->amount, row->clock.due_ms);
    int64_t more_ms = calendar_count(work->calendar, limit, row->clock.due_ms, until_ms);
    bool minutes = calendar_is_continuous(limit) || limit->hours[0] != '\0';
    *ret_by = *limit;
    ret_by->unit = minutes ? LIMIT_MINUTE : LIMIT_WORKING_HOUR;
    ret_by->milli = more_ms / (minutes ? 60 : 3600);
    return ret_by->milli > 0 && ret_by->milli <= LIMIT_MILLI_MOST;
}

static int extend(struct case_work *work, const struct case_order *order, int *ret_treated,
                  bool *ret_refused, struct error *error)
{
    for (size_t i = 0; i < work->clock_count; i++) {
        struct case_clock_row *row = &work->clocks[i];
        struct limit by;
        if (!in_scope(order, row) || !is_live(row) || row->clock.limit.unit == LIMIT_NONE)
            continue;
        if (!amount_for(work, order, row, &by)) {
            *ret_refused = true;
            continue;
        }
        struct case_turn turn =
            turn_of(order, row, CLOCK_EFFECT_EXTEND, work->effective_ms);
        turn.limit = &by;
        int code = case_clock_turn(work, &turn, error);
        if (code != 0)
            return code;
        ++*ret_treated;
    }
    return 0;
}

// *ret_treated: clocks that run again.
static int let_go(struct case_work *work, const struct case_order *order, int *ret_treated,
                  struct error *error)
{
    for (size_t i = 0; i < work->clock_count; i++) {
        struct case_clock_row *row = &work->clocks[i];
        int code = 0;
        if (row->held != order->id)
            continue;
        if (row->clock.status == CLOCK_PAUSED && row->goes_on) {
            struct case_turn turn =
                turn_of(order, row, CLOCK_EFFECT_RESUME, order->lifted_ms);
            code = case_clock_turn(work, &turn, error);
            ++*ret_treated;
        }
        row->held = 0;
        row->held_scope = 0;
        row->held_ms = 0;
        row->goes_on = false;
        row->changed = true;
        if (code != 0)
            return code;
    }
    return 0;
}

static bool held_by_another(const struct case_work *work, const struct case_order *order)
{
    for (size_t i = 0; i < work->clock_count; i++)
        if (work->clocks[i].held != 0 && work->clocks[i].held != order->id)
            return true;
    return false;
}

static int name_order(struct case_work *work, const struct case_order *order,
                      struct error *error)
{
    struct buffer out BUFFER_CLEANUP;
    struct json_writer writer;
    buffer_init(&out, BUFFER_CEILING_LINE);
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    json_put_int(&writer, "order", order->id);
    json_put_text(&writer, "title", order->title);
    json_end_object(&writer);
    int code = buffer_check(&out, error);
    if (code == 0)
        work->inputs.json = arena_copy(work->arena, out.data, out.length);
    return code;
}

// DB_ROW: clocks were moved.
static int treat(struct case_work *work, struct order_case *one, struct error *error)
{
    const struct case_order *order = one->order;
    int treated = 0;
    bool refused = false;
    bool lifting = order->state == CASE_ORDER_LIFTING;
    int code = 0;
    if (lifting)
        code = let_go(work, order, &treated, error);
    else if (work->row.closed_ms != INSTANT_NONE)
        one->why = CASE_ORDER_ENDED;
    else if (order->what == CASE_ORDER_PAUSE && held_by_another(work, order))
        one->why = CASE_ORDER_HELD;
    else if (order->what == CASE_ORDER_PAUSE)
        code = hold(work, order, &treated, error);
    else
        code = extend(work, order, &treated, &refused, error);
    if (code == 0 && treated == 0 && one->why == 0 && !lifting)
        one->why = refused ? CASE_ORDER_REFUSED : CASE_ORDER_NO_CLOCK;
    return code != 0 ? code : treated > 0 ? DB_ROW : 0;
}

static int make(struct case_work *work, struct order_case *one, struct error *error)
{
    int code = case_begin_known(work, error);
    if (code != 0)
        return code;
    struct case_row before = work->row;
    one->version = before.version;
    work->action = case_builtin_action("time_order");
    work->effective_ms = work->move->received_ms > work->row.opened_ms
                             ? work->move->received_ms
                             : work->row.opened_ms;
    work->inputs.opinion = "";
    random_bytes(work->salt, sizeof work->salt);
    code = treat(work, one, error);
    if (code == 0) // nothing that the history should tell
        return case_clocks_store(work, error);
    if (code == DB_ROW && before.version != one->item.version &&
        one->order->state == CASE_ORDER_WORKING)
        one->why = CASE_ORDER_MOVED;
    if (code == DB_ROW)
        code = name_order(work, one->order, error);
    return code != 0 ? code : case_store(work, &before, error);
}

int case_order_treat(struct db *db, const struct city_snapshot *city,
                     struct order_case *one, struct error *error)
{
    const struct case_order *order = one->order;
    struct actor system = actor_system();
    system.on_behalf_of =
        order->state == CASE_ORDER_LIFTING ? order->lifted_by : order->signed_by;
    struct case_move move = {.actor = &system,
                             .case_id = one->item.case_id,
                             .received_ms = one->now_ms,
                             .done_ms = INSTANT_NONE};
    struct case_work *work = memory_new(sizeof *work);
    work->db = db;
    work->city = city;
    work->move = &move;
    work->arena = arena_new(TREAT_ARENA);
    buffer_init(&work->clock_effect, BUFFER_CEILING_LINE);
    int code = make(work, one, error);
    if (code == ERROR_NOT_FOUND) {
        one->why = CASE_ORDER_UNKNOWN;
        code = 0;
    }
    buffer_done(&work->clock_effect);
    arena_free(work->arena);
    free(work);
    return code;
}
