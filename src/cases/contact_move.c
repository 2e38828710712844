// SPDX-License-Identifier: MPL-2.0
// What contacts do to cases, and cases to those who wait: moves that stand in no process
// table, the contact that opens a case, the end that makes answers due.
#include <stdlib.h>
#include <string.h>

#include "contact_internal.h"

enum { MOVE_ARENA = 1024 * 1024 };

// ---- moves of a case without a row in its process ----
static int builtin(struct case_work *work, const char *code, const char *json,
                   struct error *error)
{
    int result = case_begin_known(work, error);
    if (result != 0)
        return result;
    struct case_row before = work->row;
    work->action = case_builtin_action(code);
    work->effective_ms = work->move->received_ms > work->row.opened_ms
                             ? work->move->received_ms
                             : work->row.opened_ms;
    work->inputs.opinion = "";
    work->inputs.json = json;
    random_bytes(work->salt, sizeof work->salt);
    return case_store(work, &before, error);
}

int case_builtin_move(struct db *db, const struct city_snapshot *city,
                      const struct case_move *move, const char *code, const char *json,
                      struct error *error)
{
    struct case_work *work = memory_new(sizeof *work);
    work->db = db;
    work->city = city;
    work->move = move;
    work->arena = arena_new(MOVE_ARENA);
    buffer_init(&work->clock_effect, BUFFER_CEILING_LINE);
    int result = builtin(work, code, json, error);
    buffer_done(&work->clock_effect);
    arena_free(work->arena);
    free(work);
    return result;
}

// ---- the contact that opens a case ----
static bool given(const char *text)
{
    return text != NULL && *text != '\0';
}

static struct contact_draft draft_of(const struct case_draft *draft)
{
    const struct case_reporter *reporter = draft->reporter;
    if (draft->contact != NULL)
        return *draft->contact;
    return (struct contact_draft){
        .channel = draft->source == PROCESS_SOURCE_CITIZEN ? CONTACT_WEB : CONTACT_CALL,
        .wants_answer =
            reporter != NULL && (given(reporter->phone) || given(reporter->email))};
}

int contact_open(struct db *db, const struct case_row *row, const struct case_draft *draft,
                 struct error *error)
{
    if (row->reporter_id == 0)
        return 0;
    struct contact_draft contact = draft_of(draft);
    int64_t id = 0;
    bool due = contact.wants_answer && row->closed_ms != INSTANT_NONE;
    return db_fetch_int(
        db, QUERY_CONTACT_ADD,
        (struct db_value[]){DB_INT(row->opened_ms), DB_INT(contact.channel),
                            DB_INT(CONTACT_OPENED), DB_INT(row->case_id), DB_NULL,
                            DB_INT(row->reporter_id), DB_INT(row->reported_by),
                            DB_TEXT(contact.words), DB_INT(contact.wants_answer),
                            due ? DB_INT(row->closed_ms) : DB_NULL, DB_NULL, DB_INT(0),
                            DB_INT(0), DB_INT(-1), DB_NULL, DB_NULL, DB_NULL},
        17, &id, error);
}

// ---- what follows from a move ----
enum contact_try contact_try_of(const struct fact *fact, bool stays)
{
    if (fact->values[FACT_REACHED] == 1)
        return fact->values[FACT_SOLVED] != 0 ? CONTACT_TOLD : CONTACT_NOT_REACHED;
    return stays ? CONTACT_NOT_REACHED : CONTACT_GIVEN_UP;
}

int contact_called_back(struct db *db, const struct case_row *row, enum contact_try result,
                        int64_t at_ms, int64_t person_id, struct error *error)
{
    if (row->reporter_id == 0)
        return 0;
    if (result == CONTACT_NOT_REACHED)
        return db_execute(db, QUERY_CONTACT_NOT_REACHED,
                          (struct db_value[]){DB_INT(row->reporter_id)}, 1, error);
    return db_execute(db, QUERY_CONTACT_CALLED_BACK,
                      (struct db_value[]){DB_INT(row->reporter_id), DB_INT(at_ms),
                                          DB_INT(person_id),
                                          DB_INT(result == CONTACT_TOLD)},
                      4, error);
}

int contact_can_be_called(const struct case_work *work, bool *ret_can, struct error *error)
{
    int64_t reporter_id = work->row.reporter_id, count = 0;
    const struct case_draft *draft = work->move->draft;
    if (draft != NULL && draft->reporter != NULL) {
        *ret_can = given(draft->reporter->phone) || given(draft->reporter->email);
        return 0;
    }
    *ret_can = reporter_id != 0; // of a life in memory no more is known
    if (reporter_id <= 0 || work->past != NULL)
        return 0;
    int code = db_fetch_int(work->db, QUERY_REPORTER_CALLABLE,
                            (struct db_value[]){DB_INT(reporter_id)}, 1, &count, error);
    *ret_can = count > 0;
    return code;
}

int contact_follow(struct case_work *work, const struct case_row *before,
                   struct error *error)
{
    const struct case_row *row = &work->row;
    const int64_t *fact = work->fact.values;
    bool ended = row->stage == PROCESS_ENDED;
    bool was = !work->is_new && before->stage == PROCESS_ENDED;
    int code = 0;
    if (work->action->kind == PROCESS_CALLED_BACK)
        code = contact_called_back(work->db, row,
                                   contact_try_of(&work->fact, work->action->stays),
                                   work->effective_ms, work->move->actor->person_id, error);
    if (code != 0)
        return code;
    if (work->merge_into != 0)
        return case_merge_store(work, error);
    if (ended == was || (fact[FACT_CONTACTS] == 0 && fact[FACT_MERGED_IN] == 0))
        return 0;
    if (ended)
        return db_execute(
            work->db, QUERY_CONTACT_DUE,
            (struct db_value[]){DB_INT(row->case_id), DB_INT(work->effective_ms)}, 2,
            error);
    return db_execute(work->db, QUERY_CONTACT_NOT_DUE,
                      (struct db_value[]){DB_INT(row->case_id)}, 1, error);
}
