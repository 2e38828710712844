// SPDX-License-Identifier: MPL-2.0
// Who may see a case: the one place that says so, over the rights of the account room.
#include <string.h>

#include <gridcase/rules/roster.h>

#include "case_internal.h"

enum { SCOPE_IDS = 64 };

struct seen {
    int64_t areas[CITY_LEVEL_LIMIT];
    int64_t departments[SCOPE_IDS];
    int64_t people[SCOPE_IDS];
    int64_t companies[SCOPE_IDS];
    struct account_scope scope;
};

static void add_id(int64_t *ids, size_t *count, int64_t id)
{
    for (size_t i = 0; i < *count; i++)
        if (ids[i] == id)
            return;
    if (id != 0 && *count < SCOPE_IDS)
        ids[(*count)++] = id;
}

// A department with all that stand above it: an office sees what its branches do.
static void add_department(struct seen *seen, const struct city_snapshot *city, int64_t id)
{
    for (int depth = 0; id != 0 && depth < 16; depth++) {
        add_id(seen->departments, &seen->scope.department_count, id);
        const struct city_department *department = city_department_by_id(city, id);
        id = department != NULL ? department->parent : 0;
    }
}

// Somebody who has to do with the case, and the company or office where they belong.
static void add_person(struct seen *seen, const struct city_snapshot *city, int64_t id)
{
    add_id(seen->people, &seen->scope.person_count, id);
    add_id(seen->companies, &seen->scope.company_count, roster_home(city_roster(city), id));
}

static void scope_of(struct seen *seen, const struct city_snapshot *city,
                     const struct case_row *row)
{
    const int64_t *areas = row->place.areas;
    memset(seen, 0, sizeof *seen);
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        if (areas[i] != 0)
            seen->areas[seen->scope.area_count++] = areas[i];
    add_department(seen, city, row->department_id);
    add_person(seen, city, row->reported_by);
    add_person(seen, city, row->holder_person);
    seen->scope.area_ids = seen->areas;
    seen->scope.department_ids = seen->departments;
    seen->scope.person_ids = seen->people;
    seen->scope.company_ids = seen->companies;
}

// All that hold or held a task, assistants too.
static int add_tasks(struct seen *seen, struct db *db, const struct city_snapshot *city,
                     int64_t case_id, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_TASK_SCOPE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    while ((code = db_step(s, error)) == DB_ROW) {
        add_department(seen, city, db_column_int(s, 0));
        add_person(seen, city, db_column_int(s, 1));
    }
    return code;
}

int case_row_visible(struct db *db, const struct city_snapshot *city,
                     const struct account_sight *sight, const struct case_row *row,
                     bool *ret_visible, struct error *error)
{
    struct seen seen;
    if (sight->everything) {
        *ret_visible = true;
        return 0;
    }
    scope_of(&seen, city, row);
    *ret_visible = account_sight_allows(sight, &seen.scope);
    // Nobody who has neither a department nor an own account gains by older tasks.
    bool departments = false;
    for (size_t i = 0; i < sight->clause_count; i++)
        departments |= sight->clauses[i].department_id != 0;
    if (*ret_visible || (!departments && sight->person_id == 0))
        return 0;
    int code = add_tasks(&seen, db, city, row->case_id, error);
    *ret_visible = code == 0 && account_sight_allows(sight, &seen.scope);
    return code;
}

bool case_held_visible(const struct city_snapshot *city, const struct account_sight *sight,
                       const struct case_row *row, const struct case_holder *holders,
                       size_t count)
{
    struct seen seen;
    if (sight->everything)
        return true;
    scope_of(&seen, city, row);
    for (size_t i = 0; i < count; i++) {
        add_department(&seen, city, holders[i].department_id);
        add_person(&seen, city, holders[i].person_id);
    }
    return account_sight_allows(sight, &seen.scope);
}

int case_visible(struct db *db, const struct city_snapshot *city, const struct actor *actor,
                 int64_t case_id, bool *ret_visible, struct error *error)
{
    struct account_sight sight;
    account_sight(actor, RIGHT_CASE_READ, &sight);
    struct arena *arena ARENA_CLEANUP = arena_new(256 * 1024);
    struct case_row row;
    int code = case_row_load(db, case_id, arena, &row, error);
    return code != 0 ? code : case_row_visible(db, city, &sight, &row, ret_visible, error);
}
