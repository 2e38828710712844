// SPDX-License-Identifier: MPL-2.0
// A desk that is taken out of the model while it has cases: they go on by the row of kind
// level_removed that their process has for it.
#include "case_internal.h"

enum { DESKS_AT_ONCE = 256, CASES_AT_ONCE = 256, UPKEEP_ARENA = 256 * 1024 };

// Departments that hold steps of desks, but are none.
static int former_desks(struct db *db, const struct city_snapshot *city, int64_t *ids,
                        size_t *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    size_t count = 0;
    int code = db_prepare(db, QUERY_CASE_DESKS_HOLDING, &s, error);
    if (code != 0)
        return code;
    while (count < DESKS_AT_ONCE && (code = db_step(s, error)) == DB_ROW) {
        int64_t id = db_column_int(s, 0);
        if (!city_department_is_desk(city_department_by_id(city, id)))
            ids[count++] = id;
    }
    *ret_count = count;
    return code < 0 ? code : 0;
}

static int cases_of(struct db *db, int64_t desk_id, unsigned most, int64_t *ids,
                    unsigned *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    unsigned count = 0;
    int code = db_prepare(db, QUERY_CASE_DESK_CASES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, desk_id);
    db_bind_int(s, 2, most);
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        ids[count++] = db_column_int(s, 0);
    *ret_count = count;
    return code < 0 ? code : 0;
}

static const char *removal_of(const struct process *process, const char *step)
{
    size_t count = 0;
    int at = process != NULL ? process_step_find(process, step) : -1;
    const int *rows = at >= 0 ? process_actions_from(process, at, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const struct process_action *action = process_action(process, (size_t)rows[i]);
        if (action->kind == PROCESS_LEVEL_REMOVED &&
            (action->roles & (1u << PROCESS_SYSTEM)) != 0)
            return action->code;
    }
    return NULL;
}

// *ret_moved: whether it went on; a process without such a row leaves it to the office
// above, whose people hold what stands below them.
static int move_on(struct db *db, const struct city_snapshot *city, int64_t case_id,
                   int64_t now_ms, bool *ret_moved, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(UPKEEP_ARENA);
    struct actor system = actor_system();
    struct case_row row;
    struct case_result result;
    int code = case_row_load(db, case_id, arena, &row, error);
    if (code != 0)
        return code;
    struct case_move move = {
        .actor = &system,
        .action = removal_of(city_process(city, row.process_version), row.step),
        .case_id = case_id,
        .received_ms = now_ms,
        .done_ms = INSTANT_NONE};
    if (move.action == NULL)
        return 0;
    code = case_apply(db, city, &move, &result, error);
    *ret_moved = code == 0;
    if (code == ERROR_CONFLICT) {
        error_clear(error);
        code = 0;
    }
    return code;
}

int case_levels_upkeep(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                       unsigned most, unsigned *ret_done, struct error *error)
{
    int64_t desks[DESKS_AT_ONCE], cases[CASES_AT_ONCE];
    size_t desk_count = 0;
    unsigned done = 0;
    if (most > CASES_AT_ONCE)
        most = CASES_AT_ONCE;
    int code = former_desks(db, city, desks, &desk_count, error);
    for (size_t i = 0; i < desk_count && code == 0 && done < most; i++) {
        unsigned count = 0;
        code = cases_of(db, desks[i], most - done, cases, &count, error);
        for (unsigned k = 0; k < count && code == 0; k++) {
            bool moved = false;
            code = move_on(db, city, cases[k], now_ms, &moved, error);
            done += moved;
        }
    }
    if (code == 0)
        *ret_done = done;
    return code;
}
