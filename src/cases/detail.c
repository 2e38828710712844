// SPDX-License-Identifier: MPL-2.0
// One case with everything: tasks, clocks, history, photos, reporter, allowed actions.
#include <stdlib.h>
#include <string.h>

#include "contact_internal.h"

enum { READ_ARENA = 1024 * 1024, ALLOWED_MOST = 64, ROWS_STEP = 32 };

int case_find(struct db *db, const char *number, int64_t *ret_case_id, struct error *error)
{
    int code = db_fetch_int(db, QUERY_CASE_BY_NUMBER, (struct db_value[]){DB_TEXT(number)},
                            1, ret_case_id, error);
    if (code == ERROR_NOT_FOUND)
        return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no case '%.40s'",
                         number);
    return code;
}

static const char *kept(struct arena *arena, struct db_statement *s, int column)
{
    const char *text = db_column_text(s, column);
    return arena_text(arena, text != NULL ? text : "");
}

// Room for one more item in an arena array that grows by doubling.
static void *grow(struct arena *arena, void *items, size_t count, size_t size)
{
    bool full = count == 0 || (count >= ROWS_STEP && (count & (count - 1)) == 0);
    if (!full)
        return items;
    void *more = arena_array(arena, count < ROWS_STEP ? ROWS_STEP : 2 * count, size);
    if (more != NULL && count > 0)
        memcpy(more, items, count * size);
    return more;
}

static int too_much(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "case.too_much",
                     "the case does not fit in memory");
}

// ---- history ----
static void read_history(struct db_statement *s, struct arena *arena, int64_t case_id,
                         struct case_history_row *row)
{
    int64_t task_no = db_column_int(s, 7);
    *row = (struct case_history_row){
        .seq = db_column_int(s, 0),
        .action = kept(arena, s, 1),
        .kind = (enum process_kind)db_column_int(s, 2),
        .mark = (enum case_mark)db_column_int(s, 3),
        .from = kept(arena, s, 4),
        .to = kept(arena, s, 5),
        .stage_to = (enum process_stage)db_column_int(s, 6),
        .task_id = task_no != 0 ? case_id * (1 << CASE_TASK_SHIFT) + task_no : 0,
        .task_version = db_column_int(s, 8),
        .actor_id = db_column_int(s, 9),
        .system = db_column_int(s, 10) != 0,
        .on_behalf_of = db_column_int(s, 11),
        .department_id = db_column_int(s, 12),
        .behalf_department_id = db_column_int(s, 23),
        .opinion = kept(arena, s, 13),
        .inputs = db_column_is_null(s, 14) ? "{}" : kept(arena, s, 14),
        .clock_effect = kept(arena, s, 17),
        .done_ms = db_column_int(s, 18),
        .received_ms = db_column_int(s, 19),
    };
    size_t length = 0;
    const void *digest = db_column_blob(s, 21, &length);
    if (digest != NULL && length == HASH_SIZE)
        memcpy(row->digest, digest, HASH_SIZE);
}

int case_history(struct db *db, int64_t case_id, int64_t task_id, int64_t after,
                 struct arena *arena, struct case_history_row **ret_rows, size_t *ret_count,
                 struct error *error)
{
    struct case_history_row *rows = NULL;
    size_t count = 0;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_HISTORY_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, after);
    db_bind_int(s, 3, task_id & CASE_TASKS_PER_CASE);
    while ((code = db_step(s, error)) == DB_ROW) {
        rows = grow(arena, rows, count, sizeof *rows);
        if (rows == NULL)
            return too_much(error);
        read_history(s, arena, case_id, &rows[count++]);
    }
    if (code < 0)
        return code;
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

// ---- tasks and clocks ----
static int read_tasks(struct db *db, struct arena *arena, struct case_detail *detail,
                      struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_TASKS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, detail->summary.id);
    while ((code = db_step(s, error)) == DB_ROW) {
        detail->tasks =
            grow(arena, detail->tasks, detail->task_count, sizeof *detail->tasks);
        if (detail->tasks == NULL)
            return too_much(error);
        detail->tasks[detail->task_count++] = (struct case_task){
            .id = db_column_int(s, 0),
            .kind = (enum process_task)db_column_int(s, 1),
            .open = db_column_is_null(s, 9),
            .version = db_column_int(s, 3),
            .department_id = db_column_int(s, 4),
            .holder_role = (int)db_column_int(s, 5),
            .person_id = db_column_int(s, 6),
            .opened_ms = db_column_int(s, 7),
            .closed_ms = db_column_instant(s, 9),
            .due_ms = INSTANT_NONE,
            .timer_ms = db_column_instant(s, 11),
        };
    }
    return code;
}

static int read_clocks(struct db *db, struct arena *arena, struct case_detail *detail,
                       struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_CLOCKS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, detail->summary.id);
    while ((code = db_step(s, error)) == DB_ROW) {
        detail->clocks =
            grow(arena, detail->clocks, detail->clock_count, sizeof *detail->clocks);
        if (detail->clocks == NULL)
            return too_much(error);
        struct case_clock_row row;
        case_clock_read(s, &row);
        int64_t task_id = row.task_no != 0
                              ? detail->summary.id * (1 << CASE_TASK_SHIFT) + row.task_no
                              : 0;
        detail->clocks[detail->clock_count++] =
            (struct case_clock){.id = (int64_t)row.kind << CASE_TASK_SHIFT | row.task_no,
                                .kind = (enum process_clock)row.kind,
                                .task_id = task_id,
                                .state = row.clock,
                                .extensions = row.extensions};
        for (size_t i = 0; i < detail->task_count; i++)
            if (detail->tasks[i].id == task_id)
                detail->tasks[i].due_ms = row.clock.due_ms;
    }
    return code;
}

static int read_media(struct db *db, struct arena *arena, struct case_detail *detail,
                      struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_MEDIA_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, detail->summary.id);
    while ((code = db_step(s, error)) == DB_ROW) {
        detail->media =
            grow(arena, detail->media, detail->media_count, sizeof *detail->media);
        if (detail->media == NULL)
            return too_much(error);
        struct case_media *media = &detail->media[detail->media_count++];
        *media = (struct case_media){.seq = db_column_int(s, 1),
                                     .stage = (enum process_stage)db_column_int(s, 2),
                                     .received = !db_column_is_null(s, 3),
                                     .added_ms = db_column_int(s, 4),
                                     .shows = (enum case_shows)db_column_int(s, 5),
                                     .named_by = db_column_int(s, 6)};
        size_t length = 0;
        const void *digest = db_column_blob(s, 0, &length);
        if (digest != NULL && length == HASH_SIZE)
            memcpy(media->sha256, digest, HASH_SIZE);
    }
    return code;
}

static int read_reporter(struct db *db, struct arena *arena, struct case_detail *detail,
                         struct error *error)
{
    detail->reporter = (struct case_reporter_row){
        .id = detail->summary.reporter_id, .name = "", .phone = "", .email = ""};
    if (detail->reporter.id == 0)
        return 0;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_REPORTER_BY_ID, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, detail->reporter.id);
    code = db_step(s, error);
    if (code == DB_ROW) {
        detail->reporter.name = kept(arena, s, 0);
        detail->reporter.phone = kept(arena, s, 1);
        detail->reporter.email = kept(arena, s, 2);
        detail->reporter.agreed = db_column_int(s, 3) != 0;
        code = 0;
    }
    return code;
}

static int read_contacts(struct case_work *work, struct case_detail *detail,
                         struct error *error)
{
    const int64_t *fact = work->fact.values;
    struct case_merged *merged = arena_alloc(work->arena, sizeof *merged);
    if (merged == NULL)
        return too_much(error);
    *merged = (struct case_merged){.into = ""};
    detail->merged = merged;
    int code = 0;
    if (fact[FACT_MERGED_IN] > 0 || work->row.outcome == PROCESS_MERGED)
        code = case_merged_read(work->db, work->row.case_id, work->arena, merged, error);
    if (code == 0 && (fact[FACT_CONTACTS] > 0 || fact[FACT_MERGED_IN] > 0))
        code = contact_of_case(work->db, work->row.case_id, work->arena, &detail->contacts,
                               &detail->contact_count, error);
    return code;
}

static int read_successors(struct db *db, struct arena *arena, struct case_detail *detail,
                           struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    detail->follows = "";
    int code = db_prepare(db, QUERY_CASE_SUCCESSORS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, detail->summary.id);
    while ((code = db_step(s, error)) == DB_ROW) {
        if (db_column_int(s, 0) == 0)
            detail->follows = kept(arena, s, 1);
        else if (detail->successor_count < CASE_SUCCESSORS_MOST)
            detail->successors[detail->successor_count++] = kept(arena, s, 1);
    }
    return code;
}

// ---- allowed actions ----
// Guards that look at what the actor has still to enter cannot be asked yet.
static bool guards_may_pass(struct case_work *work, const struct process_action *action)
{
    struct case_inputs none = {.opinion = ""};
    bool waits = false; // some input could make the guards pass
    for (size_t i = 0; i < action->input_count; i++) {
        enum process_input_type type = action->inputs[i].type;
        waits |= type == PROCESS_INPUT_CLASS || type == PROCESS_INPUT_CONDITION ||
                 type == PROCESS_INPUT_POINT;
    }
    for (size_t i = 0; i < action->guard_count; i++) {
        const struct process_term *guard = &action->guards[i];
        if (guard->word == PROCESS_GUARD_INPUT || guard->word == PROCESS_GUARD_INSIDE ||
            (guard->word == PROCESS_GUARD_DESK &&
             strcmp(guard->parameters[0], "lead") != 0) ||
            guard->word == PROCESS_GUARD_OTHER_DEPARTMENT ||
            guard->word == PROCESS_GUARD_GIVEN || guard->word == PROCESS_GUARD_AHEAD ||
            guard->word == PROCESS_GUARD_LAST ||
            (guard->word == PROCESS_GUARD_HAS &&
             (waits || guard->numbers[0] == PROCESS_HAS_PHOTO ||
              guard->numbers[0] == PROCESS_HAS_DOCUMENT)))
            continue;
        struct process_action one = {
            .code = action->code, .guards = guard, .guard_count = 1};
        if (case_guards_pass(work, &one, &none, NULL) != 0)
            return false;
    }
    return true;
}

static bool already(const struct case_detail *detail, const struct process_action *action,
                    int64_t task_id)
{
    for (size_t i = 0; i < detail->allowed_count; i++)
        if (strcmp(detail->allowed[i].action->code, action->code) == 0 &&
            detail->allowed[i].task_id == task_id)
            return true;
    return false;
}

// Where a department that is named must stand.
static int64_t inside_of(struct case_work *work, const struct process_action *action)
{
    for (size_t i = 0; i < action->guard_count; i++)
        if (action->guards[i].word == PROCESS_GUARD_INSIDE) {
            int64_t desk_id = case_desk_now(work);
            return desk_id != 0 ? desk_id : work->row.department_id;
        }
    return 0;
}

static void allow(struct case_work *work, const struct process_action *action,
                  const struct case_task_row *task, struct case_detail *detail)
{
    int64_t task_id =
        task != NULL ? work->row.case_id * (1 << CASE_TASK_SHIFT) + task->no : 0;
    if (detail->allowed_count == ALLOWED_MOST || already(detail, action, task_id))
        return;
    int64_t behalf_id = 0;
    if (case_may_act(work, action, task, NULL) != 0 &&
        (behalf_id = case_behalf_of(work, action, task)) == 0)
        return;
    if (!guards_may_pass(work, action))
        return;
    detail->allowed[detail->allowed_count++] =
        (struct case_allowed){.action = action,
                              .task_id = task_id,
                              .task_version = task != NULL ? task->version : 0,
                              .behalf_department_id = behalf_id,
                              .inside_id = inside_of(work, action)};
}

static void list_allowed(struct case_work *work, struct case_detail *detail)
{
    detail->allowed = arena_array(work->arena, ALLOWED_MOST, sizeof *detail->allowed);
    size_t count = 0;
    const int *rows = process_actions_from(
        work->process, process_step_find(work->process, work->row.step), &count);
    for (size_t i = 0; i < count && detail->allowed != NULL; i++) {
        const struct process_action *action =
            process_action(work->process, (size_t)rows[i]);
        if (action->task == PROCESS_TASK_NONE) {
            allow(work, action, NULL, detail);
            continue;
        }
        for (size_t k = 0; k < work->task_count; k++)
            if (work->tasks[k].kind == (int)action->task)
                allow(work, action, &work->tasks[k], detail);
    }
}

size_t case_start_actions(const struct city_snapshot *city, const struct actor *actor,
                          const struct process_action *ret_actions[], size_t most)
{
    const struct process *process = city_process(city, 0);
    struct case_move move = {.actor = actor};
    struct case_work *work = memory_new(sizeof *work);
    work->city = city;
    work->move = &move;
    work->is_new = true;
    size_t count = 0, found = 0;
    const int *rows = process != NULL ? process_actions_from(process, -1, &count) : NULL;
    for (size_t i = 0; i < count && found < most; i++) {
        const struct process_action *action = process_action(process, (size_t)rows[i]);
        bool twice = false;
        for (size_t k = 0; k < found; k++)
            twice |= strcmp(ret_actions[k]->code, action->code) == 0;
        if (!twice && case_may_act(work, action, NULL, NULL) == 0)
            ret_actions[found++] = action;
    }
    free(work);
    return found;
}

// ---- all together ----
int case_work_load(struct case_work *work, int64_t case_id, struct error *error)
{
    int code = case_row_load(work->db, case_id, work->arena, &work->row, error);
    if (code == 0)
        code = case_tasks_load(work, error);
    if (code == 0)
        code = case_clocks_load(work, error);
    if (code == 0)
        code = fact_load(work, error);
    if (code != 0)
        return code;
    work->process = city_process(work->city, work->row.process_version);
    work->catalogue = city_catalogue(work->city, work->row.catalogue_version);
    work->calendar = city_calendar(work->city, 0);
    if (work->process == NULL || work->catalogue == NULL || work->calendar == NULL)
        return error_set(error, ERROR_BUG, "case.no_rules",
                         "the city has no process, catalogue or calendar for the case");
    return 0;
}

static int read_all(struct case_work *work, int64_t case_id, int64_t now_ms,
                    struct case_detail *detail, struct error *error)
{
    int code = case_work_load(work, case_id, error);
    if (code != 0)
        return code;
    struct account_sight sight;
    bool visible = false;
    account_sight(work->move->actor, RIGHT_CASE_READ, &sight);
    code = case_row_visible(work->db, work->city, &sight, &work->row, &visible, error);
    if (code == 0 && !visible)
        return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
    if (code != 0)
        return code;
    work->effective_ms = now_ms;
    case_summarise(&work->row, work->arena, &detail->summary);
    detail->process = work->process;
    const struct case_place *place = &work->row.place;
    detail->component =
        (struct case_component){.id = place->component_id,
                                .code = place->component,
                                .class_id = place->class_id,
                                .owner_id = place->links[ROUTING_OWNER],
                                .maintainer_id = place->links[ROUTING_MAINTAINER],
                                .competent_id = place->links[ROUTING_COMPETENT]};
    detail->urgency = work->row.urgency;
    detail->one_sided = work->fact.values[FACT_ONE_SIDED] != 0;
    code = read_tasks(work->db, work->arena, detail, error);
    if (code == 0)
        code = read_clocks(work->db, work->arena, detail, error);
    if (code == 0)
        code = case_history(work->db, case_id, 0, 0, work->arena, &detail->history,
                            &detail->history_count, error);
    if (code == 0)
        code = read_media(work->db, work->arena, detail, error);
    if (code == 0)
        code = read_reporter(work->db, work->arena, detail, error);
    if (code == 0)
        code = case_shares(work, now_ms, detail, error);
    if (code == 0)
        code = read_contacts(work, detail, error);
    if (code == 0)
        code = read_successors(work->db, work->arena, detail, error);
    if (code == 0)
        list_allowed(work, detail);
    return code;
}

// One transaction: what it shows belongs together, and the log is looked at once.
int case_read_by_id(struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, int64_t case_id, int64_t now_ms,
                    struct arena *arena, struct case_detail *ret_detail,
                    struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    if (!db_in_transaction(db) && db_begin(db, DB_READ, &transaction, error) != 0)
        return error->code;
    struct case_detail detail = {0};
    struct case_move move = {.actor = actor, .case_id = case_id, .done_ms = INSTANT_NONE};
    struct case_work *work = memory_new(sizeof *work);
    work->db = db;
    work->city = city;
    work->move = &move;
    work->arena = arena;
    int code = read_all(work, case_id, now_ms, &detail, error);
    free(work);
    if (code == 0)
        *ret_detail = detail;
    if (transaction.db != NULL && code == 0)
        code = db_commit(&transaction, error);
    return code;
}

int case_read(struct db *db, const struct city_snapshot *city, const struct actor *actor,
              const char *number, int64_t now_ms, struct arena *arena,
              struct case_detail *ret_detail, struct error *error)
{
    int64_t case_id = 0;
    int code = case_find(db, number, &case_id, error);
    if (code != 0)
        return code;
    return case_read_by_id(db, city, actor, case_id, now_ms, arena, ret_detail, error);
}
