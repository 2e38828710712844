// SPDX-License-Identifier: MPL-2.0
// Open work of a person, handed to somebody else: one history row a task, by the one door's
// own means.
#include <gridcase/cases/work.h>

#include <stdlib.h>
#include <string.h>

#include <gridcase/account/account.h>

#include "case_internal.h"

enum { HANDING_ARENA = 1024 * 1024 };

// ---- the list ----
static int add_item(struct db *db, const struct city_snapshot *city,
                    const struct account_sight *sight, struct db_statement *s,
                    struct arena *arena, struct work_item *items, size_t *count,
                    struct error *error)
{
    struct case_row row;
    bool visible = false;
    int64_t task_id = db_column_int(s, 0);
    int code = case_row_load(db, task_id >> CASE_TASK_SHIFT, arena, &row, error);
    if (code == 0)
        code = case_row_visible(db, city, sight, &row, &visible, error);
    if (code != 0 || !visible)
        return code;
    struct work_item *item = &items[(*count)++];
    *item = (struct work_item){.task_id = task_id,
                               .kind = (enum process_task)db_column_int(s, 1),
                               .opened_ms = db_column_int(s, 2)};
    case_summarise(&row, arena, &item->summary);
    return 0;
}

int case_work_list(struct db *db, const struct city_snapshot *city,
                   const struct actor *actor, int64_t person_id, struct arena *arena,
                   struct work_item **ret_items, size_t *ret_count, int64_t *ret_total,
                   struct error *error)
{
    struct account_sight sight;
    account_sight(actor, RIGHT_CASE_READ, &sight);
    struct work_item *items = arena_array(arena, WORK_LIST_MOST, sizeof *items);
    size_t count = 0;
    int64_t total = 0;
    int code = db_fetch_int(db, QUERY_PERSON_OPEN_TASKS,
                            (struct db_value[]){DB_INT(person_id)}, 1, &total, error);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    if (code == 0)
        code = db_prepare(db, QUERY_PERSON_OPEN_TASK_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, person_id);
    db_bind_int(s, 2, WORK_LIST_MOST);
    while (items != NULL && code == 0 && (code = db_step(s, error)) == DB_ROW)
        code = add_item(db, city, &sight, s, arena, items, &count, error);
    if (items == NULL)
        return error_set(error, ERROR_LIMIT, "work.memory", "out of memory");
    if (code < 0)
        return code;
    *ret_items = items;
    *ret_count = count;
    *ret_total = total;
    return 0;
}

// ---- handing on ----
static int check_person(struct case_work *work, const struct case_task_row *task,
                        int64_t person_id, struct error *error)
{
    struct account_person person;
    struct actor actor;
    int code = account_person_by_id(work->db, person_id, &person, error);
    if (code == 0 && person.closed_at_ms != INSTANT_NONE)
        return error_set(error, ERROR_CONFLICT, "account.closed", "the account is closed");
    if (code == 0)
        code = account_person_actor(work->db, person_id, &actor, error);
    if (code == 0 && task->role >= 0 && !actor_has_role(&actor, (enum role)task->role))
        return error_set(error, ERROR_CONFLICT, "work.role",
                         "'%s' does not have the role '%s' that the task needs",
                         person.login, process_role_to_str(task->role));
    return code;
}

static int choose_holder(struct case_work *work, struct case_task_row *task, int64_t to,
                         struct error *error)
{
    int step = process_step_find(work->process, work->row.step);
    const struct process_step *at = process_step(work->process, (size_t)step);
    if (to != 0) {
        int code = check_person(work, task, to, error);
        task->person_id = code == 0 ? to : task->person_id;
        return code;
    }
    if (task->role < 0)
        return error_set(error, ERROR_CONFLICT, "work.nobody",
                         "this task needs a person: name one");
    if (at != NULL && at->holder == PROCESS_HOLDER_ROSTER && task->no == work->row.task_no)
        return case_roster_again(work, step, task, error);
    task->person_id = 0;
    return 0;
}

static int hand_on(struct case_work *work, const struct case_handing *handing,
                   struct error *error)
{
    int code = case_begin_known(work, error);
    if (code != 0)
        return code;
    struct case_row before = work->row;
    struct case_task_row *task =
        case_task_find(work, handing->task_id & CASE_TASKS_PER_CASE);
    if (task == NULL || task->person_id != handing->from)
        return error_set(error, ERROR_CONFLICT, "case.stale",
                         "the task is not that person's any more");
    work->action = case_builtin_action("task_handed");
    work->task_no = task->no;
    work->effective_ms =
        handing->now_ms > task->acted_ms ? handing->now_ms : task->acted_ms;
    work->inputs.opinion = handing->opinion;
    random_bytes(work->salt, sizeof work->salt);
    code = choose_holder(work, task, handing->to, error);
    if (code == 0)
        code = case_keep_pair(work, (const char *[]){"from", "to"},
                              (int64_t[]){handing->from, task->person_id}, error);
    if (code != 0)
        return code;
    task->version++;
    task->acted_ms = work->effective_ms;
    task->changed = true;
    return case_store(work, &before, error);
}

int case_hand_on(struct db *db, const struct city_snapshot *city,
                 const struct case_handing *handing, struct error *error)
{
    struct case_move move = {.actor = handing->actor,
                             .case_id = handing->task_id >> CASE_TASK_SHIFT,
                             .task_id = handing->task_id,
                             .received_ms = handing->now_ms,
                             .done_ms = INSTANT_NONE};
    if (strlen(handing->opinion) > WORK_OPINION_MOST)
        return error_set(error, ERROR_INPUT, "work.opinion", "more than %d bytes",
                         WORK_OPINION_MOST);
    struct case_work *work = memory_new(sizeof *work);
    work->db = db;
    work->city = city;
    work->move = &move;
    work->arena = arena_new(HANDING_ARENA);
    buffer_init(&work->clock_effect, BUFFER_CEILING_LINE);
    int code = hand_on(work, handing, error);
    buffer_done(&work->clock_effect);
    arena_free(work->arena);
    free(work);
    return code;
}
