// SPDX-License-Identifier: MPL-2.0
// Guards: what the words of the process vocabulary mean for a case.
#include <string.h>

#include <gridcase/core/text.h>

#include "contact_internal.h"

static int has_photo(struct case_work *work, const struct case_inputs *inputs,
                     bool *ret_has, struct error *error)
{
    *ret_has = work->is_new && work->move->draft != NULL
                   ? work->move->draft->media_count > 0
                   : inputs->media_count > 0;
    if (*ret_has || work->is_new || work->past != NULL) // a life in memory has no photos
        return 0;
    int64_t count = 0;
    int code =
        db_fetch_int(work->db, QUERY_CASE_HAS_MEDIA,
                     (struct db_value[]){DB_INT(work->row.case_id)}, 1, &count, error);
    *ret_has = count > 0;
    return code;
}

// Of the files that this move names; a photo may still be on its way, a document not.
static int gives(struct case_work *work, const struct case_inputs *inputs, int64_t what,
                 bool *ret_gives, struct error *error)
{
    const struct case_draft *draft = work->is_new ? work->move->draft : NULL;
    size_t count = draft != NULL ? draft->media_count : inputs->media_count;
    *ret_gives = false;
    if (work->past != NULL) {
        *ret_gives = count > 0; // a life in memory has no photos
        return 0;
    }
    for (size_t i = 0; i < count && !*ret_gives; i++) {
        const uint8_t *sha256 = draft != NULL ? draft->media[i] : inputs->media[i];
        struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
        int code = db_prepare(work->db, QUERY_CASE_MEDIA_FILE_TYPE, &s, error);
        if (code != 0)
            return code;
        db_bind_blob(s, 1, sha256, HASH_SIZE);
        code = db_step(s, error);
        if (code < 0)
            return code;
        const char *type = code == DB_ROW ? db_column_text(s, 0) : NULL;
        bool document = type != NULL && strcmp(type, "application/pdf") == 0;
        bool photo = type == NULL || text_starts(type, "image/");
        const uint8_t *shows = draft != NULL ? draft->media_shows : inputs->media_shows;
        int side = shows != NULL ? shows[i] : CASE_SHOWS_STAGE;
        *ret_gives = what == PROCESS_GIVEN_DOCUMENT ? document
                     : what == PROCESS_GIVEN_BEFORE ? photo && side == CASE_SHOWS_BEFORE
                     : what == PROCESS_GIVEN_AFTER  ? photo && side == CASE_SHOWS_AFTER
                                                    : photo;
    }
    return 0;
}

static int has_document(struct case_work *work, const struct case_inputs *inputs,
                        bool *ret_has, struct error *error)
{
    int code = gives(work, inputs, PROCESS_GIVEN_DOCUMENT, ret_has, error);
    if (code != 0 || *ret_has || work->is_new || work->past != NULL)
        return code;
    int64_t count = 0;
    code = db_fetch_int(work->db, QUERY_CASE_HAS_DOCUMENT,
                        (struct db_value[]){DB_INT(work->row.case_id)}, 1, &count, error);
    *ret_has = count > 0;
    return code;
}

static int has_thing(struct case_work *work, const struct case_inputs *inputs,
                     int64_t thing, bool *ret_has, struct error *error)
{
    const struct case_row *row = &work->row;
    int code = 0;
    switch (thing) {
    case PROCESS_HAS_CLASS:
        *ret_has = row->place.class_id != 0;
        return 0;
    case PROCESS_HAS_CONDITION:
        *ret_has = row->place.condition_id != 0;
        return 0;
    case PROCESS_HAS_POINT:
        *ret_has = row->place.has_point;
        return 0;
    case PROCESS_HAS_GRID:
        *ret_has = row->place.grid_id != 0;
        return 0;
    case PROCESS_HAS_ROUTE:
        code = case_route(work, error);
        *ret_has = code == 0 && !work->route.manual && work->route.lead != 0;
        return code;
    case PROCESS_HAS_DEPARTMENT:
        *ret_has = row->department_id != 0;
        return 0;
    case PROCESS_HAS_REPORTER:
        *ret_has = row->reporter_id != 0 || row->reported_by != 0;
        return 0;
    case PROCESS_HAS_CALLER:
        return contact_can_be_called(work, ret_has, error);
    case PROCESS_HAS_DOCUMENT:
        return has_document(work, inputs, ret_has, error);
    default:
        return has_photo(work, inputs, ret_has, error);
    }
}

static bool choice_made(const struct process_action *action,
                        const struct case_inputs *inputs, const char *name,
                        const char *words)
{
    for (size_t i = 0; i < action->input_count; i++) {
        const char *made = inputs->words[i];
        if (strcmp(action->inputs[i].name, name) != 0 || made == NULL)
            continue;
        size_t length = 0;
        for (const char *word; (word = text_next(&words, '|', &length)) != NULL;)
            if (strlen(made) == length && memcmp(word, made, length) == 0)
                return true;
    }
    return false;
}

static bool clock_is(struct case_work *work, int kind, int64_t mask)
{
    const struct case_clock_row *row = NULL;
    for (size_t i = 0; i < work->clock_count; i++)
        if (work->clocks[i].kind == kind)
            row = &work->clocks[i]; // the latest
    if (row == NULL || row->clock.status == CLOCK_IDLE)
        return (mask & (1 << PROCESS_CLOCK_IS_NONE)) != 0;
    int64_t state = 0;
    if (row->clock.status == CLOCK_RUNNING)
        state |= 1 << PROCESS_CLOCK_IS_RUNNING;
    if (row->clock.status == CLOCK_PAUSED)
        state |= 1 << PROCESS_CLOCK_IS_PAUSED;
    if (row->clock.status == CLOCK_STOPPED)
        state |= 1 << PROCESS_CLOCK_IS_STOPPED;
    if (clock_is_over(&row->clock, work->effective_ms))
        state |= 1 << PROCESS_CLOCK_IS_OVERDUE;
    return (mask & state) != 0;
}

// Who did the last thing of a kind; 0: nobody has.
static int last_actor(const struct case_work *work, int64_t kind, int64_t *ret_person,
                      struct error *error)
{
    struct error absent = {0};
    *ret_person = 0;
    if (work->is_new)
        return 0;
    if (work->past != NULL) {
        for (size_t i = work->past->count; i-- > 0;)
            if (work->past->rows[i].entry.kind == kind) {
                *ret_person = work->past->rows[i].entry.actor_id;
                break;
            }
        return 0;
    }
    int code = db_fetch_int(work->db, QUERY_HISTORY_LAST_ACTOR,
                            (struct db_value[]){DB_INT(work->row.case_id), DB_INT(kind)}, 2,
                            ret_person, &absent);
    if (code != 0 && code != ERROR_NOT_FOUND)
        return error_set(error, code, absent.slug, "%s", absent.message);
    return 0;
}

static int other_person(const struct case_work *work, int64_t kind, bool *ret_other,
                        struct error *error)
{
    int64_t last = 0;
    int code = last_actor(work, kind, &last, error);
    *ret_other = last == 0 || last != work->move->actor->person_id;
    return code;
}

// No instant entered: nothing to object to.
static bool lies_ahead(const struct case_work *work, const struct process_action *action,
                       const struct case_inputs *inputs, const struct process_term *guard)
{
    for (size_t i = 0; i < action->input_count; i++) {
        int64_t at_ms = inputs->instants[i];
        if (strcmp(action->inputs[i].name, guard->parameters[0]) == 0 &&
            inputs->words[i] != NULL)
            return at_ms > work->effective_ms &&
                   at_ms - work->effective_ms <= guard->numbers[1];
    }
    return true;
}

// acted: the task that the action works on, 0 while that is not known.
static bool is_last(const struct case_work *work, int64_t kind, int64_t acted)
{
    int others = 0, all = 0;
    for (size_t i = 0; i < work->task_count; i++) {
        const struct case_task_row *task = &work->tasks[i];
        if (task->kind != kind || task->closed_ms != INSTANT_NONE)
            continue;
        all++;
        others += task->no != acted;
    }
    return acted != 0 ? others == 0 : all <= 1;
}

// What desks and sides make of a guard.
static int level_holds(struct case_work *work, const struct case_inputs *inputs,
                       const struct process_term *guard, bool *ret_holds,
                       struct error *error)
{
    int64_t id = inputs->department_id;
    int code = 0;
    switch (guard->word) {
    case PROCESS_GUARD_DESK:
        if (strcmp(guard->parameters[0], "lead") == 0)
            id = work->row.department_id;
        *ret_holds = city_department_is_desk(city_department_by_id(work->city, id));
        return 0;
    case PROCESS_GUARD_UNDER_DESK:
        *ret_holds = case_desk_lowest(work) != 0;
        return 0;
    case PROCESS_GUARD_DESK_ABOVE:
        *ret_holds = case_desk_above(work);
        return 0;
    case PROCESS_GUARD_INSIDE:
        *ret_holds = case_desk_inside(work, id);
        return 0;
    case PROCESS_GUARD_MISSED:
        *ret_holds = case_missed_by(work, work->move->actor->person_id);
        return 0;
    default:
        code = case_side_taken(work, ret_holds, error);
        *ret_holds = !*ret_holds;
        return code;
    }
}

static int guard_holds(struct case_work *work, const struct process_action *action,
                       const struct case_inputs *inputs, const struct process_term *guard,
                       struct error *error)
{
    const struct case_row *row = &work->row;
    bool holds = false;
    int code = 0;
    switch (guard->word) {
    case PROCESS_GUARD_HAS:
        code = has_thing(work, inputs, guard->numbers[0], &holds, error);
        break;
    case PROCESS_GUARD_SOURCE:
        holds = (guard->numbers[0] >> row->source & 1) != 0;
        break;
    case PROCESS_GUARD_DONE:
        holds = (row->kinds_done >> guard->numbers[0] & 1) != 0;
        break;
    case PROCESS_GUARD_INPUT:
        holds = choice_made(action, inputs, guard->parameters[0], guard->parameters[1]);
        break;
    case PROCESS_GUARD_CLOCK:
        holds = clock_is(work, (int)guard->numbers[0], guard->numbers[1]);
        break;
    case PROCESS_GUARD_OPEN:
        holds = case_task_of_kind(work, (int)guard->numbers[0]) != NULL;
        break;
    case PROCESS_GUARD_BELOW:
        holds = work->fact.values[FACT_RETURNED + guard->numbers[0]] < guard->numbers[1];
        break;
    case PROCESS_GUARD_WITHIN:
        holds = work->effective_ms - row->step_ms <= guard->numbers[0];
        break;
    case PROCESS_GUARD_OTHER_PERSON:
        code = other_person(work, guard->numbers[0], &holds, error);
        break;
    case PROCESS_GUARD_LATE:
    case PROCESS_GUARD_PART_LEFT:
        code = case_time_holds(work, guard, &holds, error);
        break;
    case PROCESS_GUARD_GIVEN:
        code = gives(work, inputs, guard->numbers[0], &holds, error);
        break;
    case PROCESS_GUARD_AHEAD:
        holds = lies_ahead(work, action, inputs, guard);
        break;
    case PROCESS_GUARD_LAST:
        holds = is_last(work, guard->numbers[0], work->task_no);
        break;
    case PROCESS_GUARD_OTHER_DEPARTMENT:
        holds = inputs->department_id != row->department_id;
        break;
    default:
        code = level_holds(work, inputs, guard, &holds, error);
        break;
    }
    return code != 0 ? code : holds != guard->negated;
}

int case_guards_pass(struct case_work *work, const struct process_action *action,
                     const struct case_inputs *inputs, struct error *error)
{
    for (size_t i = 0; i < action->guard_count; i++) {
        int code = guard_holds(work, action, inputs, &action->guards[i], error);
        if (code < 0)
            return code;
        if (code == 0 && action->guards[i].word == PROCESS_GUARD_MISSED)
            return error_set(error, ERROR_CONFLICT, "case.own_missed_report",
                             "the public reported it while you were on duty there: "
                             "somebody else looks at it");
        if (code == 0 && action->guards[i].word == PROCESS_GUARD_OTHER_SIDE)
            return error_set(error, ERROR_CONFLICT, "case.own_work",
                             "you or your company dispatched or handled the case: "
                             "somebody else checks it");
        if (code == 0)
            return error_set(error, ERROR_CONFLICT, "case.guard",
                             "'%s' is not possible now: %s", action->code,
                             action->guards[i].text);
    }
    return 0;
}
