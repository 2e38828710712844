// SPDX-License-Identifier: MPL-2.0
// case_apply: the one door.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "contact_internal.h"

enum { CASE_ARENA = 1024 * 1024 };

// ---- a key that was used before ----
static int repeat(struct case_work *work, struct db_statement *s,
                  struct case_result *result, struct error *error)
{
    size_t length = 0;
    const struct case_move *move = work->move;
    const void *digest = db_column_blob(s, 2, &length);
    bool same_body = move->body_digest == NULL
                         ? digest == NULL
                         : digest != NULL && length == HASH_SIZE &&
                               memcmp(digest, move->body_digest, HASH_SIZE) == 0;
    if (!same_body || db_column_int(s, 3) != move->actor->person_id)
        return error_set(error, ERROR_CONFLICT, "case.key_reused",
                         "the Idempotency-Key was used for another request");
    result->case_id = db_column_int(s, 0);
    result->seq = db_column_int(s, 1);
    const char *number = db_column_text(s, 4);
    snprintf(result->number, sizeof result->number, "%s", number != NULL ? number : "");
    result->version = db_column_int(s, 5);
    if (db_column_int(s, 6) != 0) {
        result->task_id = result->case_id * (1 << CASE_TASK_SHIFT) + db_column_int(s, 6);
        result->task_version = db_column_int(s, 7);
    }
    result->repeated = true;
    return DB_ROW;
}

// DB_ROW: the first answer was found; 0: a new move.
static int look_up_key(struct case_work *work, struct case_result *result,
                       struct error *error)
{
    if (work->move->key == NULL)
        return 0;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_CASE_BY_KEY, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, work->move->key, 16);
    code = db_step(s, error);
    return code == DB_ROW ? repeat(work, s, result, error) : code;
}

// ---- a new case ----
static int check_texts(const struct case_draft *draft, struct error *error)
{
    const char *texts[] = {draft->description, draft->address, draft->external_id};
    const size_t most[] = {CASE_DESCRIPTION_MOST, CASE_ADDRESS_MOST, 200};
    for (size_t i = 0; i < 3; i++) {
        const char *text = texts[i] != NULL ? texts[i] : "";
        if (!text_is_utf8(text, strlen(text)))
            return error_set(error, ERROR_INPUT, "case.text", "a text is not UTF-8");
        if (text_characters(text, strlen(text)) > most[i])
            return error_set(error, ERROR_LIMIT, "case.text_too_long",
                             "a text has more than %zu characters", most[i]);
    }
    if (draft->media_count > CASE_MEDIA_MOST)
        return error_set(error, ERROR_LIMIT, "case.too_many_photos", "more than %d photos",
                         CASE_MEDIA_MOST);
    return 0;
}

static int check_point(const struct case_draft *draft, struct error *error)
{
    double lon = draft->point.lon_deg, lat = draft->point.lat_deg;
    if (!draft->has_point)
        return 0;
    if (!isfinite(lon) || !isfinite(lat) || fabs(lon) > 180 || fabs(lat) > 90)
        return error_set(error, ERROR_INPUT, "point.invalid",
                         "longitude or latitude is out of range");
    return 0;
}

static void take_component(struct case_row *row, const struct case_component *component)
{
    if (component == NULL)
        return;
    row->place.component = component->code;
    row->place.component_id = component->id;
    row->place.links[ROUTING_OWNER] = component->owner_id;
    row->place.links[ROUTING_MAINTAINER] = component->maintainer_id;
    row->place.links[ROUTING_COMPETENT] = component->competent_id;
}

// What the catalogue says about class, component and urgency of a report.
static int check_words(struct case_work *work, struct error *error)
{
    const struct case_component *component = work->move->draft->component;
    struct case_row *row = &work->row;
    int code = case_place_classify(work->catalogue, &row->place, error);
    if (code != 0)
        return code;
    if (component != NULL && row->place.class_id != component->class_id)
        return error_set(error, ERROR_INPUT, "case.component_class",
                         "component %s is not of the class reported", component->code);
    if (!catalogue_has_urgencies(work->catalogue))
        row->urgency = "";
    if (*row->urgency != '\0' && !catalogue_knows_urgency(work->catalogue, row->urgency))
        return error_set(error, ERROR_INPUT, "case.urgency_unknown",
                         "no limit of the catalogue knows the urgency '%.40s'",
                         row->urgency);
    return 0;
}

static int begin_new(struct case_work *work, struct error *error)
{
    const struct case_draft *draft = work->move->draft;
    struct case_row *row = &work->row;
    case_row_init(row);
    if (draft == NULL)
        return error_set(error, ERROR_BUG, "case.no_draft", "a new case needs a draft");
    int code = draft->follows_id != 0 && work->db != NULL
                   ? db_needs_turn(work->db, error) // what it follows must stay ended
                   : 0;
    if (code == 0)
        code = check_texts(draft, error);
    if (code == 0)
        code = check_point(draft, error);
    if (code != 0)
        return code;
    row->process_version = city_rules_current(work->city, CITY_PROCESS);
    row->catalogue_version = city_rules_current(work->city, CITY_CATALOGUE);
    row->routing_version = city_rules_current(work->city, CITY_ROUTING);
    row->source = (int)draft->source;
    row->mark = (int)work->move->mark;
    row->place.class_id = draft->class_id;
    row->place.condition_id = draft->condition_id;
    row->place.has_point = draft->has_point;
    row->place.point = draft->point;
    row->place.address = draft->address != NULL ? draft->address : "";
    row->description = draft->description != NULL ? draft->description : "";
    row->urgency = draft->urgency != NULL ? draft->urgency : "";
    take_component(row, draft->component);
    row->external_id = draft->external_id;
    row->reported_by = work->move->actor->person_id;
    // Has one, be it unnamed: the row comes later.
    row->reporter_id = draft->reporter != NULL || draft->contact != NULL ? -1 : 0;
    row->opened_ms = work->effective_ms;
    return case_place_locate(work->city, &row->place, error);
}

int case_number(const struct city_snapshot *city, int64_t opened_ms, int64_t serial,
                char out[CASE_NUMBER_SIZE], struct error *error)
{
    struct zone_local local;
    calendar_local(city_calendar(city, 0), opened_ms, &local);
    if (text_format(out, CASE_NUMBER_SIZE, "%s%04d%02d%02d%04lld", city_number_prefix(city),
                    (int)local.year, (int)local.month, (int)local.day,
                    (long long)serial) != 0)
        return error_set(error, ERROR_LIMIT, "case.number", "the case number is too long");
    return 0;
}

static int number_case(struct case_work *work, struct error *error)
{
    int64_t serial = 0, day = calendar_day(work->calendar, work->row.opened_ms);
    int code = db_fetch_block(work->db, QUERY_CASE_SERIAL_NEXT, day, &serial, error);
    if (code != 0)
        return code;
    return case_number(work->city, work->row.opened_ms, serial, work->row.number, error);
}

// The source's own target, kept beside our deadline on a clock of its own.
static int start_imported(struct case_work *work, struct error *error)
{
    int64_t due_ms = work->move->draft->imported_due_ms;
    if (due_ms == INSTANT_NONE || due_ms == 0)
        return 0;
    struct limit none = {.unit = LIMIT_NONE};
    int code =
        case_clock_move(work, PROCESS_CLOCK_IMPORTED, 0, CLOCK_EFFECT_START, &none, error);
    struct case_clock_row *row = case_clock_find(work, PROCESS_CLOCK_IMPORTED, 0);
    if (code == 0 && row != NULL) {
        row->clock.due_ms = due_ms;
        buffer_format(&work->clock_effect, " due %lld", (long long)due_ms);
    }
    return code;
}

// ---- a case that is there ----
int case_take_rules(struct case_work *work, struct error *error)
{
    work->process = city_process(work->city, work->row.process_version);
    work->catalogue = city_catalogue(work->city, work->row.catalogue_version);
    work->calendar = city_calendar(work->city, 0);
    if (work->process == NULL || work->catalogue == NULL || work->calendar == NULL)
        return error_set(error, ERROR_BUG, "case.no_rules",
                         "the city has no process, catalogue or calendar for the case");
    return 0;
}

int case_begin_known(struct case_work *work, struct error *error)
{
    int code = 0;
    if (db_is_beside(work->db))
        code = db_execute(work->db, QUERY_CASE_LOCK,
                          (struct db_value[]){DB_INT(work->move->case_id)}, 1, error);
    if (code == 0)
        code = case_row_load(work->db, work->move->case_id, work->arena, &work->row, error);
    if (code == 0)
        code = case_tasks_load(work, error);
    if (code == 0)
        code = case_clocks_load(work, error);
    if (code == 0)
        code = fact_load(work, error);
    work->place_before = work->row.place;
    work->department_before = work->row.department_id;
    return code != 0 ? code : case_take_rules(work, error);
}

// The task that the actor decided on must be as the actor saw it.
static int check_task(struct case_work *work, struct error *error)
{
    const struct case_move *move = work->move;
    if (move->task_id == 0)
        return 0;
    int64_t no = move->task_id & CASE_TASKS_PER_CASE;
    if (move->task_id >> CASE_TASK_SHIFT != work->row.case_id || no == 0 ||
        no > work->row.task_count)
        return error_set(error, ERROR_NOT_FOUND, "case.unknown_task",
                         "the case has no such task");
    const struct case_task_row *task = case_task_find(work, no);
    if (task == NULL)
        return error_set(error, ERROR_CONFLICT, "case.stale",
                         "the task is closed: somebody else was first");
    if (move->task_version != 0 && move->task_version != task->version)
        return error_set(error, ERROR_CONFLICT, "case.stale",
                         "the task has changed: somebody else was first");
    work->task_no = no;
    return 0;
}

static int check_version(const struct case_work *work, struct error *error)
{
    const struct case_move *move = work->move;
    if (work->is_new || work->task_no == 0 || move->actor->system)
        return 0;
    if (work->past != NULL)
        return 0; // what people decided on is not in a record
    if (move->task_id == 0 || move->task_version == 0)
        return error_set(error, ERROR_INPUT, "case.version_required",
                         "'%s' needs the task and the version it was decided on",
                         work->action->code);
    return 0;
}

// Effective time: as the device says, not in the future, and never before the last move of
// the task (nor, for the case itself, before it was opened). A server clock that was set
// back therefore stands still for a case instead of going backwards.
static int set_time(struct case_work *work, struct error *error)
{
    const struct case_move *move = work->move;
    int64_t done_ms = case_time_done(move);
    if (move->device == NULL && done_ms > move->received_ms + CASE_FUTURE_MS)
        return error_set(error, ERROR_INPUT, "case.time",
                         "done in the future: check the device's clock");
    // A device whose clock stands in another year: the report counts from its receipt.
    bool astray =
        move->mark == CASE_MARK_LIVE && move->received_ms - done_ms > CASE_PAST_MS;
    if (done_ms > move->received_ms || astray)
        done_ms = move->received_ms;
    int64_t least_ms = work->row.opened_ms;
    const struct case_task_row *task = case_task_find(work, work->task_no);
    if (work->is_new)
        least_ms = done_ms;
    else if (task != NULL)
        least_ms = task->acted_ms;
    else if (!work->action->stays)
        least_ms = work->row.step_ms;
    work->effective_ms = done_ms > least_ms ? done_ms : least_ms;
    return 0;
}

// ---- the move itself ----
static int move_on(struct case_work *work, struct error *error)
{
    struct case_task_row *task = case_task_find(work, work->task_no);
    int code = 0;
    if (work->action->stays) {
        if (task != NULL) {
            task->version++;
            task->acted_ms = work->effective_ms;
            if (work->move->actor->system && task->timer_ms <= work->effective_ms)
                task->timer_ms = INSTANT_NONE; // it has rung
            task->changed = true;
        }
        return case_effects_run(work, error);
    }
    if (!work->is_new)
        code = case_step_leave(work, error);
    if (code == 0)
        code = case_effects_run(work, error);
    if (code == 0 && task != NULL)
        case_task_end(work, task, false);
    return code != 0 ? code : case_step_enter(work, error);
}

static void summarise(struct case_work *work)
{
    struct case_row *row = &work->row;
    const struct case_task_row *own = case_task_find(work, row->task_no);
    row->task_version = own != NULL ? own->version : 0;
    row->task_kind = own != NULL ? own->kind : PROCESS_TASK_NONE;
    row->holder_role = own != NULL ? own->role : -1;
    row->holder_person = own != NULL ? own->person_id : 0;
    row->holder_department = own != NULL ? own->department_id : 0;
    row->kinds_done |= INT64_C(1) << (int)work->action->kind;
    case_clock_summarise(work);
}

int case_point_add(struct db *db, const struct case_row *row, struct error *error)
{
    return db_execute(db, QUERY_CASE_POINT_ADD,
                      (struct db_value[]){DB_INT(row->case_id),
                                          DB_DOUBLE(row->place.point.lon_deg),
                                          DB_DOUBLE(row->place.point.lat_deg)},
                      3, error);
}

static int store_point(struct case_work *work, bool was_open, struct error *error)
{
    const struct case_row *row = &work->row;
    const struct case_place *before = &work->place_before;
    bool had = !work->is_new && was_open && before->has_point;
    bool has = row->closed_ms == INSTANT_NONE && row->place.has_point;
    bool same = had && has &&
                !(fabs(before->point.lon_deg - row->place.point.lon_deg) > 0) &&
                !(fabs(before->point.lat_deg - row->place.point.lat_deg) > 0);
    if (same)
        return 0;
    int code = 0;
    if (had)
        code = db_execute(work->db, QUERY_CASE_POINT_REMOVE,
                          (struct db_value[]){DB_INT(row->case_id)}, 1, error);
    if (has && code == 0)
        code = case_point_add(work->db, row, error);
    return code;
}

bool case_place_moved(const struct case_work *work)
{
    return !work->is_new && memcmp(work->row.place.areas, work->place_before.areas,
                                   sizeof work->row.place.areas) != 0;
}

int case_change_before_add(struct db *db, int64_t position,
                           const int64_t areas[CITY_LEVEL_LIMIT], struct error *error)
{
    struct db_value values[1 + CITY_LEVEL_LIMIT] = {DB_INT(position)};
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        values[1 + i] = DB_INT(areas[i]);
    return db_execute(db, QUERY_CHANGE_BEFORE_ADD, values, 1 + CITY_LEVEL_LIMIT, error);
}

static int store_change(struct case_work *work, struct error *error)
{
    const struct case_row *row = &work->row;
    bool moved = case_place_moved(work);
    int code = db_fetch_int(
        work->db, QUERY_CHANGE_ADD,
        (struct db_value[]){DB_INT(row->case_id), DB_INT(row->version),
                            DB_INT((int64_t)work->action->kind), DB_INT(row->stage),
                            DB_INT(work->move->received_ms), DB_INT(moved)},
        6, &work->position, error);
    db_outbox_added(work->db);
    if (code != 0 || !moved)
        return code;
    return case_change_before_add(work->db, work->position, work->place_before.areas,
                                  error);
}

static int store_rows(struct case_work *work, struct history_row *history,
                      struct error *error)
{
    struct case_row *row = &work->row;
    int code = work->is_new ? number_case(work, error) : 0;
    if (code == 0 && work->is_new && row->reporter_id != 0)
        code = case_reporter_add(work->db, work->move->draft->reporter, &row->reporter_id,
                                 error);
    if (code != 0)
        return code;
    history_seal(history, row->number, row->digest);
    if (work->is_new)
        code = db_fetch_block(work->db, QUERY_CASE_ID_NEXT, -1, &row->case_id, error);
    if (code == 0)
        code = work->is_new ? case_row_add(work->db, row, error)
                            : case_row_update(work, error);
    if (code == 0 && work->is_new)
        code = contact_open(work->db, row, work->move->draft, error);
    if (code == 0)
        code = case_tasks_store(work, error);
    if (code == 0)
        code = case_clocks_store(work, error);
    if (code == 0)
        code = history_write(work->db, row->case_id, history, error);
    return code != 0 ? code : case_time_store(work, error);
}

// Writes everything after the move has been made in memory.
static int store(struct case_work *work, const struct case_row *before,
                 struct history_row *history, struct error *error)
{
    int stage_from = work->is_new ? PROCESS_REPORT : before->stage;
    int code = store_rows(work, history, error);
    if (code == 0)
        code = fact_store(work, error);
    if (code == 0)
        code = store_point(work, before->closed_ms == INSTANT_NONE, error);
    if (code == 0)
        code = case_media_store(work, stage_from, error);
    if (code == 0 && work->is_new && work->move->draft->follows_id != 0)
        code = db_execute(work->db, QUERY_CASE_SUCCESSOR_ADD,
                          (struct db_value[]){DB_INT(work->row.case_id),
                                              DB_INT(work->move->draft->follows_id)},
                          2, error);
    if (code == 0)
        code = store_change(work, error);
    if (code == 0)
        code = case_missed_judge(work, error);
    return code != 0 ? code : contact_follow(work, before, error);
}

static int conclude(struct case_work *work, const struct case_row *before,
                    struct history_row *ret_history, struct error *error)
{
    summarise(work);
    fact_move(work, work->is_new ? PROCESS_REPORT : before->stage);
    int code = case_side_note(work, error);
    return code != 0 ? code : history_make(work, before->step, ret_history, error);
}

int case_store(struct case_work *work, const struct case_row *before, struct error *error)
{
    struct history_row history;
    int code = conclude(work, before, &history, error);
    return code != 0 ? code : store(work, before, &history, error);
}

// ---- what case_apply and case_bulk share: a move made in memory ----
static int begin(struct case_work *work, struct error *error)
{
    // What guards compare with; set_time settles it.
    work->effective_ms = case_time_done(work->move);
    work->until_ms = INSTANT_NONE;
    random_bytes(work->salt, sizeof work->salt);
    int code = work->is_new ? begin_new(work, error) : 0;
    if (code == 0 && work->is_new)
        code = case_take_rules(work, error);
    if (code == 0)
        code = work->is_new ? check_words(work, error) : check_task(work, error);
    return code;
}

int case_make(struct case_work *work, struct case_row *ret_before,
              struct history_row *ret_history, struct error *error)
{
    int code = begin(work, error);
    if (code == 0)
        code = case_choose(work, error);
    if (code == 0)
        code = check_version(work, error);
    if (code == 0)
        code = set_time(work, error);
    if (code != 0)
        return code;
    *ret_before = work->row; // of a new case: no step, open
    if (work->is_new)
        work->row.opened_ms = work->effective_ms;
    code = move_on(work, error);
    if (code == 0 && work->is_new)
        code = start_imported(work, error);
    if (code == 0)
        code = work->is_new ? case_report_inputs(work, error)
                            : case_inputs_keep_before(work, error);
    return code != 0 ? code : conclude(work, ret_before, ret_history, error);
}

// ---- the one door ----
static int apply(struct case_work *work, struct case_result *ret_result,
                 struct error *error)
{
    struct case_result result = {0};
    int code = city_hold_current(work->db, work->city, error);
    if (code == 0)
        code = look_up_key(work, &result, error);
    if (code < 0)
        return code;
    if (code == DB_ROW) {
        *ret_result = result;
        return 0;
    }
    struct case_row before;
    struct history_row history;
    work->is_new = work->move->case_id == 0;
    code = work->is_new ? 0 : case_begin_known(work, error);
    if (code == 0)
        code = case_make(work, &before, &history, error);
    if (code == 0)
        code = store(work, &before, &history, error);
    if (code != 0)
        return code;
    result = (struct case_result){.case_id = work->row.case_id,
                                  .seq = work->row.version,
                                  .version = work->row.version,
                                  .change = work->position,
                                  .line = work->action->line};
    if (work->row.task_no != 0) {
        result.task_id = work->row.case_id * (1 << CASE_TASK_SHIFT) + work->row.task_no;
        result.task_version = work->row.task_version;
    }
    memcpy(result.number, work->row.number, sizeof result.number);
    *ret_result = result;
    return 0;
}

struct case_work *case_work_new(struct db *db, const struct city_snapshot *city,
                                const struct case_move *move)
{
    struct case_work *work = memory_new(sizeof *work);
    work->db = db;
    work->city = city;
    work->move = move;
    work->arena = arena_new(CASE_ARENA);
    buffer_init(&work->clock_effect, BUFFER_CEILING_LINE);
    return work;
}

struct case_work *case_work_free(struct case_work *work)
{
    buffer_done(&work->clock_effect);
    arena_free(work->arena);
    free(work);
    return NULL;
}

int case_apply(struct db *db, const struct city_snapshot *city,
               const struct case_move *move, struct case_result *ret_result,
               struct error *error)
{
    struct case_work *work = case_work_new(db, city, move);
    int code = apply(work, ret_result, error);
    case_work_free(work);
    return code;
}
