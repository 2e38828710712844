// SPDX-License-Identifier: MPL-2.0
// Columns of case_file, to and from memory. The order of the columns is that of the queries
// case_add and case_load.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "case_internal.h"

void case_row_init(struct case_row *row)
{
    *row = (struct case_row){
        .step = "",
        .description = "",
        .urgency = "",
        .closed_ms = INSTANT_NONE,
        .holder_role = -1,
        .place = {.address = "", .component = "", .point = {.accuracy_m = -1}}};
    clock_init(&row->clock);
}

int64_t case_due_sort(const struct case_row *row)
{
    return row->clock.due_ms == INSTANT_NONE ? CASE_DUE_NEVER : row->clock.due_ms;
}

static const char *column_text(struct db_statement *statement, int column,
                               struct arena *arena)
{
    const char *text = db_column_text(statement, column);
    return text != NULL && arena != NULL ? arena_text(arena, text) : text;
}

void case_row_keep(struct case_row *row, struct arena *arena)
{
    row->step = arena_text(arena, row->step);
    row->place.address = arena_text(arena, row->place.address);
    row->place.component = arena_text(arena, row->place.component);
    row->description = arena_text(arena, row->description);
    row->urgency = arena_text(arena, row->urgency);
    row->external_id = arena_text(arena, row->external_id);
}

static void read_place(struct db_statement *s, int column, struct arena *arena,
                       struct case_place *place)
{
    place->class_id = db_column_int(s, column);
    place->condition_id = db_column_int(s, column + 1);
    // column + 2 is the department
    place->grid_id = db_column_int(s, column + 3);
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        place->areas[i] = db_column_int(s, column + 4 + i);
    place->has_point = !db_column_is_null(s, column + 12);
    place->point.lon_deg = db_column_double(s, column + 12);
    place->point.lat_deg = db_column_double(s, column + 13);
    place->point.datum = (enum geo_datum)db_column_int(s, column + 14);
    place->point.accuracy_m =
        db_column_is_null(s, column + 15) ? -1 : db_column_double(s, column + 15);
    place->address = column_text(s, column + 16, arena);
}

static void read_component(struct db_statement *s, int column, struct arena *arena,
                           struct case_place *place)
{
    place->component = column_text(s, column, arena);
    place->component_id = db_column_int(s, column + 1);
    place->links[ROUTING_OWNER] = db_column_int(s, column + 2);
    place->links[ROUTING_MAINTAINER] = db_column_int(s, column + 3);
    place->links[ROUTING_COMPETENT] = db_column_int(s, column + 4);
}

static void read_task_and_clock(struct db_statement *s, int column, struct arena *arena,
                                struct case_row *row)
{
    row->kinds_done = db_column_int(s, column++);
    row->task_count = db_column_int(s, column++);
    row->task_no = db_column_int(s, column++);
    row->task_version = db_column_int(s, column++);
    row->task_kind = (int)db_column_int(s, column++);
    row->holder_role = (int)db_column_int(s, column++);
    row->holder_person = db_column_int(s, column++);
    row->clock_kind = (int)db_column_int(s, column++);
    clock_init(&row->clock);
    row->clock.status = (enum clock_status)db_column_int(s, column++);
    row->clock.limit.unit = (enum limit_unit)db_column_int(s, column++);
    row->clock.limit.milli = db_column_int(s, column++);
    const char *season = column_text(s, column++, arena);
    snprintf(row->clock.limit.season, LIMIT_SEASON_SIZE, "%s",
             season != NULL ? season : "");
    row->clock.started_at_ms = db_column_instant(s, column++);
    row->clock.since_ms = db_column_instant(s, column++);
    row->clock.provisional = db_column_int(s, column++) != 0;
    row->clock.yellow_at_ms = db_column_instant(s, column++);
    row->clock.due_ms = db_column_instant(s, column);
}

void case_row_read(struct db_statement *s, struct arena *arena, struct case_row *row)
{
    case_row_init(row);
    row->case_id = db_column_int(s, 0);
    const char *number = db_column_text(s, 1);
    snprintf(row->number, sizeof row->number, "%s", number != NULL ? number : "");
    row->version = db_column_int(s, 2);
    size_t length = 0;
    const void *digest = db_column_blob(s, 3, &length);
    if (digest != NULL && length == HASH_SIZE)
        memcpy(row->digest, digest, HASH_SIZE);
    row->step = column_text(s, 4, arena);
    row->stage = (int)db_column_int(s, 5);
    row->outcome = (int)db_column_int(s, 6);
    row->step_ms = db_column_int(s, 7);
    row->queue = (int)db_column_int(s, 8);
    row->mark = (int)db_column_int(s, 9);
    row->source = (int)db_column_int(s, 10);
    row->process_version = db_column_int(s, 11);
    row->catalogue_version = db_column_int(s, 12);
    row->routing_version = db_column_int(s, 13);
    read_place(s, 14, arena, &row->place);
    row->department_id = db_column_int(s, 16);
    row->description = column_text(s, 31, arena);
    row->external_id = column_text(s, 32, arena);
    row->reporter_id = db_column_int(s, 33);
    row->reported_by = db_column_int(s, 34);
    row->opened_ms = db_column_int(s, 35);
    row->closed_ms = db_column_instant(s, 36);
    read_task_and_clock(s, 37, arena, row);
    read_component(s, 55, arena, &row->place);
    row->urgency = column_text(s, 60, arena);
    row->holder_department = db_column_int(s, 61);
}

int case_row_load(struct db *db, int64_t case_id, struct arena *arena, struct case_row *row,
                  struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_LOAD, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    code = db_step(s, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
    if (code == DB_ROW) {
        case_row_read(s, arena, row);
        code = 0;
    }
    return code;
}

static int bind_place(struct db_statement *s, int index, const struct case_place *place)
{
    db_bind_int(s, index++, place->grid_id);
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        db_bind_int(s, index++, place->areas[i]);
    if (place->has_point) {
        db_bind_double(s, index, place->point.lon_deg);
        db_bind_double(s, index + 1, place->point.lat_deg);
    }
    db_bind_int(s, index + 2, (int64_t)place->point.datum);
    if (place->has_point && place->point.accuracy_m >= 0)
        db_bind_double(s, index + 3, place->point.accuracy_m);
    db_bind_text(s, index + 4, place->address);
    return index + 5;
}

static int bind_component(struct db_statement *s, int index, const struct case_place *place)
{
    db_bind_text(s, index, place->component);
    db_bind_int(s, index + 1, place->component_id);
    db_bind_int(s, index + 2, place->links[ROUTING_OWNER]);
    db_bind_int(s, index + 3, place->links[ROUTING_MAINTAINER]);
    db_bind_int(s, index + 4, place->links[ROUTING_COMPETENT]);
    return index + 5;
}

static int bind_task_and_clock(struct db_statement *s, int index,
                               const struct case_row *row)
{
    db_bind_int(s, index++, row->task_no);
    db_bind_int(s, index++, row->task_version);
    db_bind_int(s, index++, row->task_kind);
    db_bind_int(s, index++, row->holder_role);
    db_bind_int(s, index++, row->holder_person);
    db_bind_int(s, index++, row->clock_kind);
    db_bind_int(s, index++, (int64_t)row->clock.status);
    db_bind_int(s, index++, (int64_t)row->clock.limit.unit);
    db_bind_int(s, index++, row->clock.limit.milli);
    db_bind_text(s, index++, row->clock.limit.season);
    db_bind_instant(s, index++, row->clock.started_at_ms);
    db_bind_instant(s, index++, row->clock.since_ms);
    db_bind_int(s, index++, row->clock.provisional);
    db_bind_instant(s, index++, row->clock.yellow_at_ms);
    db_bind_instant(s, index++, row->clock.due_ms);
    db_bind_int(s, index++, case_due_sort(row));
    return index;
}

int case_row_add(struct db *db, const struct case_row *row, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_ADD, &s, error);
    if (code != 0)
        return code;
    int i = 1;
    db_bind_text(s, i++, row->number);
    db_bind_int(s, i++, row->version);
    db_bind_blob(s, i++, row->digest, HASH_SIZE);
    db_bind_text(s, i++, row->step);
    db_bind_int(s, i++, row->stage);
    db_bind_int(s, i++, row->outcome);
    db_bind_int(s, i++, row->step_ms);
    db_bind_int(s, i++, row->queue);
    db_bind_int(s, i++, row->mark);
    db_bind_int(s, i++, row->source);
    db_bind_int(s, i++, row->process_version);
    db_bind_int(s, i++, row->catalogue_version);
    db_bind_int(s, i++, row->routing_version);
    db_bind_int(s, i++, row->place.class_id);
    db_bind_int(s, i++, row->place.condition_id);
    db_bind_int(s, i++, row->department_id);
    i = bind_place(s, i, &row->place);
    db_bind_text(s, i++, row->description);
    db_bind_text(s, i++, row->external_id);
    if (row->reporter_id != 0)
        db_bind_int(s, i, row->reporter_id);
    db_bind_int(s, i + 1, row->reported_by);
    db_bind_int(s, i + 2, row->opened_ms);
    db_bind_instant(s, i + 3, row->closed_ms);
    db_bind_int(s, i + 4, row->kinds_done);
    db_bind_int(s, i + 5, row->task_count);
    i = bind_task_and_clock(s, i + 6, row);
    i = bind_component(s, i, &row->place);
    db_bind_text(s, i, row->urgency);
    db_bind_int(s, i + 1, row->case_id);
    db_bind_int(s, i + 2, row->holder_department);
    code = db_step(s, error);
    return code < 0 ? error_prefix(error, "case row") : 0;
}

static int run(struct db_statement *s, struct error *error)
{
    int code = db_step(s, error);
    return code < 0 ? error_prefix(error, "case row") : 0;
}

static int bind_version(struct db_statement *s, const struct case_row *row)
{
    db_bind_int(s, 1, row->case_id);
    db_bind_int(s, 2, row->version);
    db_bind_blob(s, 3, row->digest, HASH_SIZE);
    db_bind_int(s, 4, row->kinds_done);
    db_bind_int(s, 5, row->task_count);
    return 6;
}

static int update_step(struct case_work *work, struct error *error)
{
    struct case_row *row = &work->row;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_CASE_STEP, &s, error);
    if (code != 0)
        return code;
    int i = bind_version(s, row);
    db_bind_text(s, i++, row->step);
    db_bind_int(s, i++, row->stage);
    db_bind_int(s, i++, row->outcome);
    db_bind_int(s, i++, row->step_ms);
    db_bind_int(s, i++, row->queue);
    db_bind_instant(s, i++, row->closed_ms);
    i = bind_task_and_clock(s, i, row);
    db_bind_int(s, i, row->holder_department);
    return run(s, error);
}

static int update_touch(struct case_work *work, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_CASE_TOUCH, &s, error);
    if (code != 0)
        return code;
    bind_version(s, &work->row);
    return run(s, error);
}

static int update_place(struct case_work *work, struct error *error)
{
    struct case_row *row = &work->row;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_CASE_CORRECT, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, row->case_id);
    db_bind_int(s, 2, row->place.class_id);
    db_bind_int(s, 3, row->place.condition_id);
    bind_component(s, bind_place(s, 4, &row->place), &row->place);
    return run(s, error);
}

static bool place_changed(const struct case_work *work)
{
    const struct case_place *a = &work->place_before, *b = &work->row.place;
    return a->class_id != b->class_id || a->condition_id != b->condition_id ||
           a->grid_id != b->grid_id || a->has_point != b->has_point ||
           memcmp(a->areas, b->areas, sizeof a->areas) != 0 ||
           fabs(a->point.lon_deg - b->point.lon_deg) > 0 ||
           fabs(a->point.lat_deg - b->point.lat_deg) > 0 ||
           strcmp(a->address, b->address) != 0 || a->component_id != b->component_id;
}

int case_row_update(struct case_work *work, struct error *error)
{
    // A statement touches each index of the columns it sets, whether they change or not:
    // so there is one for each kind of change.
    bool quiet = work->action->stays;
    for (size_t i = 0; i < work->task_count; i++)
        quiet = quiet && !work->tasks[i].changed && !work->tasks[i].added;
    for (size_t i = 0; i < work->clock_count; i++)
        quiet = quiet && !work->clocks[i].changed;
    int code = quiet ? update_touch(work, error) : update_step(work, error);
    if (code == 0 && work->row.department_id != work->department_before)
        code = db_execute(
            work->db, QUERY_CASE_ASSIGN,
            (struct db_value[]){DB_INT(work->row.case_id), DB_INT(work->row.department_id)},
            2, error);
    if (code == 0 && place_changed(work))
        code = update_place(work, error);
    return code;
}
