// SPDX-License-Identifier: MPL-2.0
// Which logins of a roster are open accounts.
#include <gridcase/core/instant.h>
#include <gridcase/rules/roster.h>

#include "account_internal.h"

int account_roster_person(struct db *db, const struct roster *roster, const char *login,
                          struct error *error)
{
    struct error absent = {0};
    struct account_person person = {0};
    int code = account_person_by_login(db, login, &person, &absent);
    if (code != 0 && code != ERROR_NOT_FOUND)
        return error_set(error, code, absent.slug, "%s", absent.message);
    bool open = code == 0 && person.closed_at_ms == INSTANT_NONE;
    roster_learn(roster, login, open ? person.id : 0);
    if (code == 0 && !roster_learn_home(roster, person.id, person.department_id))
        return error_set(error, ERROR_LIMIT, "roster.too_many", "more than %d people",
                         ROSTER_HOMES_MOST);
    return 0;
}

static int learn_homes(struct db *db, const struct roster *roster, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_PERSON_HOMES, &row, error);
    while (code >= 0 && (code = db_step(row, error)) == DB_ROW)
        if (!roster_learn_home(roster, db_column_int(row, 0), db_column_int(row, 1)))
            return error_set(error, ERROR_LIMIT, "roster.too_many", "more than %d people",
                             ROSTER_HOMES_MOST);
    return code;
}

int account_roster_learn(struct db *db, const struct roster *roster, struct error *error)
{
    int code = learn_homes(db, roster, error);
    for (size_t i = 0; i < roster_persons(roster) && code == 0; i++)
        code = account_roster_person(db, roster, roster_person_login(roster, i), error);
    return code;
}
