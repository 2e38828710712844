// SPDX-License-Identifier: MPL-2.0
// The smallest shift of work as advice: holders and their pace, the plan, what is told.
#include <stdlib.h>
#include <string.h>

#include <gridcase/rules/calendar.h>

#include "shift_internal.h"

enum { GROUP_OF_DEPARTMENTS = 100 };

static const struct limit OFFICE = {.unit = LIMIT_WORKING_HOUR};

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for the shift");
}

// ---- departments as parties ----
// Crews stand below the department whose duty it is: the highest node above them that is
// neither the root of the tree, which is the centre, nor a desk.
static int64_t duty_of(const struct city_snapshot *city,
                       const struct city_department *department)
{
    const struct city_department *top = department;
    for (;;) {
        const struct city_department *above = city_department_by_id(city, top->parent);
        if (above == NULL || above->parent == 0 || above->command > 0)
            return top->id;
        top = above;
    }
}

static int add_department(struct shift_desk *desk, const struct city_department *department,
                          uint32_t *parties, struct error *error)
{
    uint32_t index;
    int64_t duty = duty_of(desk->city, department);
    struct shift_party party = {.id = department->id,
                                .role = -1,
                                .group_id = duty,
                                .overdue = desk->overdue[department->id]};
    int code =
        shift_party_add(desk, &party, GROUP_OF_DEPARTMENTS + (uint32_t)duty, &index, error);
    if (code == 0)
        parties[department->id] = index + 1;
    return code;
}

// Those that hold something, or finished something lately; items name them from now on.
static int take_departments(struct shift_desk *desk, size_t items, struct error *error)
{
    int code = 0;
    uint32_t *parties = calloc(desk->departments + 1, sizeof(*parties)); // index + 1
    if (parties == NULL)
        return no_memory(error);
    for (size_t i = 0; i < items; i++)
        parties[desk->items[i].party] = UINT32_MAX;
    for (size_t i = 0; i < city_departments(desk->city) && code == 0; i++) {
        const struct city_department *one = city_department(desk->city, i);
        bool works = !one->closed &&
                     shift_tally_find(&desk->tallies, shift_key(-1, (uint32_t)one->id));
        if (works || parties[one->id] == UINT32_MAX || desk->overdue[one->id] > 0)
            code = add_department(desk, one, parties, error);
    }
    size_t kept = 0;
    for (size_t i = 0; i < items && code == 0; i++) {
        uint32_t index = parties[desk->items[i].party];
        if (index == 0 || index == UINT32_MAX)
            continue; // of a department that the model does not know
        desk->items[kept] = desk->items[i];
        desk->items[kept++].party = index - 1;
    }
    desk->item_count = code == 0 ? kept : desk->item_count;
    free(parties);
    return code;
}

// ---- the plan ----
struct planning {
    struct shift_desk *desk;
    struct shift_work work;
    int64_t day_ms[SHIFT_DAYS]; // office time of each day before today
};

static bool may_take(const void *context, const struct shift_piece *piece, uint32_t holder)
{
    const struct shift_desk *desk = context;
    const struct shift_item *item = &desk->items[piece->order];
    const struct shift_party *party = &desk->parties[holder];
    if (party->role < 0)
        return item->class_id < desk->classes &&
               desk->finished[(size_t)party->id * desk->classes + item->class_id] != 0 &&
               !city_department_by_id(desk->city, party->id)->closed;
    const struct actor *to = &desk->actors[holder], *from = &desk->actors[item->party];
    for (size_t i = 0; i < to->grant_count; i++) {
        const struct role_grant *grant = &to->grants[i];
        bool area = grant->area_id == 0, office = grant->department_id == 0;
        if ((int)grant->role != party->role)
            continue;
        for (int k = 0; k < CITY_LEVEL_LIMIT; k++)
            area |= grant->area_id != 0 && item->areas[k] == grant->area_id;
        for (size_t k = 0; k < from->grant_count; k++)
            office |= from->grants[k].role == grant->role &&
                      from->grants[k].department_id == grant->department_id;
        if (area && office)
            return true;
    }
    return false;
}

static void set_pace(const struct planning *planning, struct shift_party *party,
                     struct shift_holder *holder)
{
    const struct shift_tally *tally = shift_tally_find(
        &planning->desk->tallies, shift_key(party->role, (uint32_t)party->id));
    int64_t office_ms = 0, days = 0;
    holder->before = party->overdue;
    if (tally == NULL || tally->done < SHIFT_DONE_LEAST)
        return;
    for (int i = 0; i < SHIFT_DAYS; i++)
        if ((tally->days >> i & 1) != 0) {
            office_ms += planning->day_ms[i];
            days++;
        }
    holder->piece_ms = office_ms / tally->done;
    if (holder->piece_ms > 0)
        party->a_day = (double)tally->done / (double)days;
}

static int make_plan(struct planning *planning, struct error *error)
{
    struct shift_desk *desk = planning->desk;
    struct shift_work *work = &planning->work;
    work->holders = calloc(desk->party_count + 1, sizeof(*work->holders));
    work->pieces = calloc(desk->item_count + 1, sizeof(*work->pieces));
    if (work->holders == NULL || work->pieces == NULL)
        return no_memory(error);
    work->holder_count = desk->party_count;
    work->piece_count = desk->item_count;
    work->may = may_take;
    work->context = desk;
    for (int i = 0; i < SHIFT_DAYS; i++)
        planning->day_ms[i] =
            calendar_count(desk->calendar, &OFFICE,
                           calendar_day_start(desk->calendar, desk->today - i - 1),
                           calendar_day_start(desk->calendar, desk->today - i));
    for (size_t i = 0; i < desk->party_count; i++) {
        work->holders[i].group = desk->groups[i];
        set_pace(planning, &desk->parties[i], &work->holders[i]);
    }
    for (size_t i = 0; i < desk->item_count; i++)
        work->pieces[i] = (struct shift_piece){
            .holder = desk->items[i].party,
            .left_ms = calendar_count(desk->calendar, &OFFICE, desk->now_ms,
                                      desk->items[i].due_ms),
            .order = i};
    return shift_plan(work, error);
}

// ---- what is told ----
static int by_due(const void *a_move, const void *b_move)
{
    const struct shift_move *a = a_move, *b = b_move;
    if (a->due_ms != b->due_ms)
        return (a->due_ms > b->due_ms) - (a->due_ms < b->due_ms);
    return (a->case_id > b->case_id) - (a->case_id < b->case_id);
}

// Parties of groups in which something is late; places: where each one went, plus 1.
static int tell_parties(const struct planning *planning, size_t *places,
                        struct shift_answer *answer, struct error *error)
{
    const struct shift_desk *desk = planning->desk;
    const struct shift_work *work = &planning->work;
    answer->parties =
        arena_array(desk->arena, desk->party_count + 1, sizeof(*answer->parties));
    if (answer->parties == NULL)
        return no_memory(error);
    for (size_t i = 0; i < desk->party_count; i++) {
        bool late = false;
        for (size_t k = 0; k < desk->party_count && !late; k++)
            late = desk->groups[k] == desk->groups[i] && work->holders[k].late > 0;
        if (!late)
            continue;
        struct shift_party *told = &answer->parties[answer->party_count++];
        *told = desk->parties[i];
        told->held = work->holders[i].held;
        told->late = work->holders[i].late;
        told->given = work->holders[i].given;
        told->taken = work->holders[i].taken;
        places[i] = answer->party_count;
    }
    return 0;
}

static int tell_moves(const struct planning *planning, const size_t *places,
                      struct shift_answer *answer, struct error *error)
{
    const struct shift_desk *desk = planning->desk;
    const struct shift_work *work = &planning->work;
    size_t count = 0;
    for (size_t i = 0; i < work->piece_count; i++) {
        const struct shift_piece *piece = &work->pieces[i];
        bool listed = desk->items[piece->order].listed;
        answer->looked_at += listed;
        answer->unknown += listed && work->holders[piece->holder].piece_ms == 0;
        answer->late += listed && piece->late;
        count += listed && piece->to >= 0;
    }
    answer->avoided = (int64_t)count;
    answer->moves = arena_array(desk->arena, count + 1, sizeof(*answer->moves));
    if (answer->moves == NULL)
        return no_memory(error);
    count = 0;
    for (size_t i = 0; i < work->piece_count; i++) {
        const struct shift_piece *piece = &work->pieces[i];
        const struct shift_item *item = &desk->items[piece->order];
        if (!item->listed || piece->to < 0)
            continue;
        answer->moves[count++] = (struct shift_move){
            .case_id = item->case_id,
            .number = item->number,
            .class_id = item->class_id,
            .task_id = item->task_id,
            .due_ms = item->due_ms,
            .from_at_ms =
                calendar_add(desk->calendar, &OFFICE, desk->now_ms, piece->from_ms),
            .to_at_ms = calendar_add(desk->calendar, &OFFICE, desk->now_ms, piece->to_ms),
            .from = places[piece->holder] - 1,
            .to = places[piece->to] - 1};
    }
    if (count > 0)
        qsort(answer->moves, count, sizeof(*answer->moves), by_due);
    answer->count = count < SHIFT_LIST_MOST ? count : SHIFT_LIST_MOST;
    return 0;
}

static int read_numbers(struct shift_desk *desk, struct shift_answer *answer,
                        struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(desk->db, QUERY_AHEAD_NUMBER, &row, error);
    for (size_t i = 0; i < answer->count && code == 0; i++) {
        if (answer->moves[i].number != NULL)
            continue;
        db_bind_int(row, 1, answer->moves[i].case_id);
        code = db_step(row, error);
        if (code < 0)
            return code;
        answer->moves[i].number =
            arena_text(desk->arena, code == DB_ROW ? db_column_text(row, 0) : "");
        code = answer->moves[i].number != NULL ? 0 : no_memory(error);
        db_reset(row);
    }
    return code;
}

static int tell(const struct planning *planning, struct shift_answer *answer,
                struct error *error)
{
    size_t *places = calloc(planning->desk->party_count + 1, sizeof(*places));
    if (places == NULL)
        return no_memory(error);
    answer->passed_over = planning->work.passed_over;
    int code = tell_parties(planning, places, answer, error);
    if (code == 0)
        code = tell_moves(planning, places, answer, error);
    free(places);
    return code == 0 ? read_numbers(planning->desk, answer, error) : code;
}

int shift_advise(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct actor *actor, const struct figure_query *query,
                 struct arena *arena, struct shift_answer *ret_answer, struct error *error)
{
    struct shift_desk desk = {.facts = facts,
                              .db = db,
                              .city = city,
                              .calendar = city_calendar(city, 0),
                              .now_ms = query->now_ms,
                              .arena = arena};
    struct planning planning = {.desk = &desk};
    struct shift_answer answer = {0};
    desk.today = calendar_day(desk.calendar, desk.now_ms);
    int code = shift_read_facts(&desk, actor, query, &answer.trouble, error);
    if (code == 0)
        code = take_departments(&desk, desk.item_count, error);
    if (code == 0)
        code = shift_read_tasks(&desk, error);
    if (code == 0)
        code = make_plan(&planning, error);
    if (code == 0)
        code = tell(&planning, &answer, error);
    free(planning.work.holders);
    free(planning.work.pieces);
    shift_desk_done(&desk);
    if (code == 0)
        *ret_answer = answer;
    return code;
}
