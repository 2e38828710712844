// SPDX-License-Identifier: MPL-2.0
// Separation of duties: who is of one company with whom, and who has dispatched or handled
// a case. A person counts for both, a company for what it handled.
#include "case_internal.h"

enum { TREE_DEPTH_MOST = 64 };

#define KIND(kind) (INT64_C(1) << (kind))

static const int64_t HANDLED = KIND(PROCESS_SIGNED) | KIND(PROCESS_FED_BACK) |
                               KIND(PROCESS_ASSISTED) | KIND(PROCESS_SELF_HANDLED);
static const int64_t DISPATCHED = KIND(PROCESS_SENT) | KIND(PROCESS_RESENT) |
                                  KIND(PROCESS_SORTED) | KIND(PROCESS_REVIEWED) |
                                  KIND(PROCESS_ENDORSED) | KIND(PROCESS_PASSED_ON);
static const int64_t CHECKED = KIND(PROCESS_VERIFIED) | KIND(PROCESS_CHECKED) |
                               KIND(PROCESS_CASE_CLOSED) | KIND(PROCESS_FORCED_CLOSED);

static int64_t company_of(const struct city_snapshot *city, int64_t department_id)
{
    const struct city_department *department = city_department_by_id(city, department_id);
    if (department == NULL)
        return 0;
    return department->company != 0 ? department->company : department->id;
}

// What the side that acted is known by, of one row of the history.
struct side_row {
    int64_t kind, stage_to, actor_id, company_id;
};

// One row against the actor: it took part, or its company did (*ret_company: which).
static bool takes_part(const struct case_work *work, const struct side_row *row,
                       int64_t *ret_company)
{
    const struct actor *actor = work->move->actor;
    int64_t kind = KIND(row->kind);
    // Before it is sent, passing a case on is the supervision's own affair.
    bool dispatched = (kind & DISPATCHED) != 0 &&
                      (row->kind != PROCESS_PASSED_ON || row->stage_to == PROCESS_HANDLE);
    bool handled = (kind & HANDLED) != 0;
    if (handled && row->company_id != 0) {
        if (work->known_company)
            return row->company_id == work->company_id;
        for (size_t i = 0; i < actor->department_count; i++)
            if (company_of(work->city, actor->departments[i]) == row->company_id) {
                *ret_company = row->company_id;
                return true;
            }
    }
    return (dispatched || handled) && actor->person_id != 0 &&
           row->actor_id == actor->person_id;
}

static int look_up(struct case_work *work, bool *ret_taken, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_HISTORY_SIDES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, work->row.case_id);
    while (!*ret_taken && (code = db_step(s, error)) == DB_ROW) {
        struct side_row row = {db_column_int(s, 0), db_column_int(s, 1),
                               db_column_int(s, 2), db_column_int(s, 3)};
        *ret_taken = takes_part(work, &row, &work->side_company);
    }
    return code < 0 ? code : 0;
}

int case_side_taken(struct case_work *work, bool *ret_taken, struct error *error)
{
    *ret_taken = false;
    work->side_company = 0;
    if (work->is_new || work->move->actor->system ||
        (work->row.kinds_done & (HANDLED | DISPATCHED)) == 0)
        return 0;
    if (work->past == NULL)
        return look_up(work, ret_taken, error);
    for (size_t i = 0; i < work->past->count && !*ret_taken; i++) {
        const struct history_row *past = &work->past->rows[i];
        struct side_row row = {past->entry.kind, past->stage_to, past->entry.actor_id,
                               past->entry.company_id};
        *ret_taken = takes_part(work, &row, &work->side_company);
    }
    return 0;
}

// The company in whose name a move is made: that of the department whose task it is, when
// the actor acts for it, else the actor's own.
static int64_t party(struct case_work *work)
{
    const struct actor *actor = work->move->actor;
    const struct case_task_row *task = case_task_find(work, work->task_no);
    if (work->behalf_department_id != 0)
        return company_of(work->city, work->behalf_department_id);
    for (size_t i = 0; task != NULL && i < actor->department_count; i++)
        if (task->department_id != 0 &&
            city_department_within(work->city, task->department_id, actor->departments[i]))
            return company_of(work->city, task->department_id);
    return actor->department_count > 0 ? company_of(work->city, actor->departments[0]) : 0;
}

// For whom the one worked who reported it, and who went to look last.
static void note_company(struct case_work *work)
{
    if (work->is_new)
        work->fact.values[FACT_REPORTER_COMPANY_ID] = work->company_id;
    else if (work->move->mark != CASE_MARK_FILLED &&
             (work->action->kind == PROCESS_VERIFIED ||
              work->action->kind == PROCESS_CHECKED))
        work->fact.values[FACT_CHECKER_COMPANY_ID] = work->company_id;
}

int case_side_note(struct case_work *work, struct error *error)
{
    bool taken = false;
    int code = 0;
    if (!work->known_company)
        work->company_id = work->move->actor->system ? 0 : party(work);
    note_company(work);
    if ((KIND(work->action->kind) & CHECKED) == 0)
        return 0;
    code = case_side_taken(work, &taken, error);
    if (!taken)
        return code;
    work->fact.values[FACT_ONE_SIDED] = 1;
    if (!work->known_company && work->side_company != 0)
        work->company_id = work->side_company;
    return code;
}
