// SPDX-License-Identifier: MPL-2.0
// The case's own moves, played with the limits and the calendar of each side: the same
// clocks, parts and routing as when a move is made (case_clock.c, place.c).
#include "what_if_internal.h"

#include <string.h>

#include <gridcase/core/text.h>

enum { IN_FORCE, DRAFT };

const char *what_if_verdict_to_str(enum what_if_verdict verdict)
{
    static const char *const NAMES[] = {"none", "in_time", "late", "running", "overdue"};
    return (unsigned)verdict < WHAT_IF_VERDICT_COUNT ? NAMES[verdict] : "none";
}

void what_if_judge_begin(struct what_if_judge *judge)
{
    judge->actor = actor_system();
    judge->move = (struct case_move){.actor = &judge->actor, .done_ms = INSTANT_NONE};
    for (int i = IN_FORCE; i <= DRAFT; i++) {
        const struct city_snapshot *city = i == DRAFT ? judge->draft : judge->city;
        struct case_work *work = case_work_new(NULL, city, &judge->move);
        work->catalogue = city_catalogue(city, 0);
        work->calendar = city_calendar(city, 0);
        work->effective_ms = INSTANT_NONE; // each turn says its own instant
        judge->works[i] = work;
    }
}

void what_if_judge_end(struct what_if_judge *judge)
{
    for (int i = IN_FORCE; i <= DRAFT; i++)
        if (judge->works[i] != NULL)
            judge->works[i] = case_work_free(judge->works[i]);
}

// ---- the case on the draft's side: its codes, the draft's ids ----
static int64_t draft_department(const struct what_if_judge *judge, int64_t id)
{
    const struct city_department *own = city_department_by_id(judge->city, id);
    const struct city_department *theirs =
        own != NULL ? city_department_by_code(judge->draft, own->code) : NULL;
    return theirs != NULL ? theirs->id : 0;
}

static void translate_place(const struct what_if_judge *judge, struct case_place *place)
{
    const struct city_grid *grid = city_grid_by_id(judge->city, place->grid_id);
    if (grid != NULL)
        grid = city_grid_by_code(judge->draft, grid->code);
    place->grid_id = grid != NULL ? grid->id : 0;
    for (size_t i = 0; i < CITY_LEVEL_LIMIT; i++) {
        const struct city_area *area = city_area_by_id(judge->city, place->areas[i]);
        const struct city_level *level =
            area != NULL
                ? city_level_by_code(judge->draft, city_level(judge->city, i)->code)
                : NULL;
        if (level != NULL)
            area = city_area_by_code(judge->draft, level->position, area->code);
        place->areas[i] = level != NULL && area != NULL ? area->id : 0;
    }
    for (int i = 0; i < ROUTING_LINKS; i++)
        place->links[i] = draft_department(judge, place->links[i]);
}

static bool translate_class(const struct what_if_judge *judge, struct case_place *place)
{
    const struct catalogue *catalogue = judge->works[DRAFT]->catalogue;
    const char *code = city_class_code(judge->city, place->class_id);
    const struct catalogue_class *class =
        code != NULL ? catalogue_class_find(catalogue, code) : NULL;
    if (place->class_id == 0)
        return true;
    if (class == NULL)
        return false;
    place->class_id = class->id;
    if (place->condition_id == 0)
        return true;
    code = city_condition_code(judge->city, place->condition_id);
    const struct catalogue_condition *condition =
        code != NULL ? catalogue_condition_find(catalogue, code) : NULL;
    if (condition == NULL && class->condition_count == 1)
        condition = catalogue_condition(catalogue, class->first_condition);
    place->condition_id = condition != NULL ? condition->id : 0;
    return condition != NULL;
}

static bool has_limit(const struct case_work *work, int kind)
{
    struct limit limit;
    int64_t line;
    case_limit(work, kind, &limit, &line);
    return limit.unit != LIMIT_NONE;
}

enum what_if_outcome what_if_take(struct what_if_judge *judge, const struct case_row *row)
{
    for (int i = IN_FORCE; i <= DRAFT; i++) {
        struct case_work *work = judge->works[i];
        work->row = *row;
        work->row.routing_version = 0; // the one in force, on either side
        work->routed = false;
        work->clock_count = 0;
        work->fact.values[FACT_HANDLED_IN_TIME] = -1;
    }
    struct case_place *place = &judge->works[DRAFT]->row.place;
    translate_place(judge, place);
    if (!translate_class(judge, place))
        return WHAT_IF_NO_CLASS;
    for (int kind = PROCESS_CLOCK_SAFE; kind <= PROCESS_CLOCK_RESTORE; kind++)
        if (has_limit(judge->works[IN_FORCE], kind) != has_limit(judge->works[DRAFT], kind))
            return WHAT_IF_CHAIN;
    return WHAT_IF_JUDGED;
}

static bool limits_differ(const struct what_if_judge *judge, int kind, bool *ret_clocked)
{
    struct limit limits[2];
    for (int i = IN_FORCE; i <= DRAFT; i++) {
        int64_t line;
        case_limit(judge->works[i], kind, &limits[i], &line);
        *ret_clocked |= limits[i].unit != LIMIT_NONE;
    }
    return !limit_equal(&limits[IN_FORCE], &limits[DRAFT]);
}

bool what_if_needs_clocks(const struct what_if_judge *judge, bool *ret_clocked)
{
    *ret_clocked = false;
    bool differ = limits_differ(judge, PROCESS_CLOCK_HANDLING, ret_clocked);
    for (int kind = PROCESS_CLOCK_SAFE; kind <= PROCESS_CLOCK_RESTORE; kind++)
        differ |= limits_differ(judge, kind, ret_clocked);
    return *ret_clocked && (differ || !judge->same_calendar);
}

// ---- its moves ----
// An extension by the original limit is one by the side's own limit.
static bool is_by_original(const struct case_noted *noted, const struct limit *granted)
{
    return limit_equal(&noted->limit, granted);
}

static enum what_if_outcome turn(struct case_work *work, const struct case_noted *noted,
                                 int64_t at_ms, const struct limit *granted)
{
    struct limit limit = noted->limit;
    struct case_turn turn = {.kind = noted->kind,
                             .effect = noted->effect,
                             .limit = noted->has_limit ? &limit : NULL,
                             .at_ms = at_ms,
                             .order = noted->order};
    struct case_clock_row *row = case_clock_find(work, noted->kind, 0);
    int64_t line = row != NULL ? row->limit_line : 0;
    if (noted->effect == CLOCK_EFFECT_RECOMPUTE)
        return WHAT_IF_JUDGED; // each side keeps its one calendar
    if (noted->effect == CLOCK_EFFECT_START || noted->effect == CLOCK_EFFECT_RESTART) {
        case_limit(work, noted->kind, &limit, &line);
        turn.limit = &limit;
    } else if (noted->effect == CLOCK_EFFECT_EXTEND) {
        if (row == NULL || row->clock.limit.unit == LIMIT_NONE)
            return WHAT_IF_JUDGED; // nothing to extend on this side
        if (is_by_original(noted, granted))
            limit = row->clock.limit;
    }
    struct error error = {0};
    buffer_clear(&work->clock_effect);
    if (case_clock_turn(work, &turn, &error) != 0)
        return WHAT_IF_UNREADABLE;
    case_clock_find(work, noted->kind, 0)->limit_line = line;
    return WHAT_IF_JUDGED;
}

// The limit of the clock's last start as it was granted, read on the way.
static const struct limit *granted_now(struct what_if_judge *judge,
                                       const struct case_noted *noted)
{
    struct limit *granted = judge->granted;
    size_t at = noted->kind == PROCESS_CLOCK_HANDLING
                    ? 0
                    : (size_t)(noted->kind - PROCESS_CLOCK_SAFE) + 1;
    if (noted->effect == CLOCK_EFFECT_START || noted->effect == CLOCK_EFFECT_RESTART)
        granted[at] = noted->limit;
    return &granted[at];
}

enum what_if_outcome what_if_play(struct what_if_judge *judge, const char *effects,
                                  int64_t done_ms)
{
    enum what_if_outcome outcome = WHAT_IF_JUDGED;
    size_t length = 0;
    for (const char *piece; outcome == WHAT_IF_JUDGED && effects != NULL &&
                            (piece = text_next(&effects, ';', &length)) != NULL;) {
        struct case_noted noted;
        if (length == 0 || !case_noted_effect(judge->arena, piece, length, &noted) ||
            noted.task_no != 0 ||
            (noted.kind != PROCESS_CLOCK_HANDLING && !case_is_part(noted.kind)))
            continue;
        int64_t at_ms = noted.at_ms != INSTANT_NONE ? noted.at_ms : done_ms;
        const struct limit *granted = granted_now(judge, &noted);
        for (int i = IN_FORCE; i <= DRAFT && outcome == WHAT_IF_JUDGED; i++)
            outcome = turn(judge->works[i], &noted, at_ms, granted);
    }
    return outcome;
}

static enum what_if_verdict
judge_clock(struct case_work *work, const struct case_clock_row *handling, int64_t now_ms)
{
    int64_t in_time = work->fact.values[FACT_HANDLED_IN_TIME];
    if (handling->clock.status == CLOCK_STOPPED)
        return in_time < 0 ? WHAT_IF_NONE : in_time ? WHAT_IF_IN_TIME : WHAT_IF_LATE;
    bool parts = case_has_parts(work);
    if (handling->clock.limit.unit == LIMIT_NONE && !parts)
        return WHAT_IF_NONE;
    bool over = clock_is_over(&handling->clock, now_ms) ||
                (parts && !case_parts_in_time(work, now_ms));
    return over ? WHAT_IF_OVERDUE : WHAT_IF_RUNNING;
}

static void conclude(struct case_work *work, int64_t now_ms, struct what_if_clock *clock)
{
    struct case_clock_row *row = case_clock_find(work, PROCESS_CLOCK_HANDLING, 0);
    *clock = (struct what_if_clock){.due_ms = INSTANT_NONE};
    if (row == NULL)
        return;
    clock->verdict = judge_clock(work, row, now_ms);
    if (row->clock.limit.unit == LIMIT_NONE && case_has_parts(work))
        row = case_part_now(work);
    clock->limit = row->clock.limit;
    clock->limit_line = row->limit_line;
    clock->due_ms = row->clock.due_ms;
}

void what_if_conclude(const struct what_if_judge *judge, struct what_if_case *one)
{
    struct case_work *work = judge->works[IN_FORCE];
    const struct case_clock_row *row = case_clock_find(work, PROCESS_CLOCK_HANDLING, 0);
    one->handled_ms = row != NULL && row->clock.status == CLOCK_STOPPED
                          ? row->clock.since_ms
                          : INSTANT_NONE;
    conclude(work, judge->now_ms, &one->now.clock);
    conclude(judge->works[DRAFT], judge->now_ms, &one->draft.clock);
}

// ---- where it is sent ----
static int send(struct case_work *work, struct what_if_route *route, struct error *error)
{
    struct case_place *place = &work->row.place;
    int code = place->has_point ? case_place_locate(work->city, place, error) : 0;
    if (code == 0)
        code = case_route(work, error);
    if (code != 0)
        return code;
    const struct city_department *lead =
        city_department_by_id(work->city, work->route.lead);
    *route = (struct what_if_route){
        .department = lead != NULL && !work->route.manual ? lead->code : "",
        .line = work->route.line,
        .rule = work->route.name != NULL ? work->route.name : ""};
    return 0;
}

int what_if_send(struct what_if_judge *judge, struct what_if_case *one, struct error *error)
{
    int code = send(judge->works[IN_FORCE], &one->now.route, error);
    return code != 0 ? code : send(judge->works[DRAFT], &one->draft.route, error);
}
