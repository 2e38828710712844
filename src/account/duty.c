// SPDX-License-Identifier: MPL-2.0
// Which logins of a roster are open accounts.
#include <gridcase/rules/roster.h>

#include "account_internal.h"

int account_roster_person(struct db *db, const struct roster *roster, const char *login,
                          struct error *error)
{
    struct error absent = {0};
    int64_t person_id = 0;
    int code = db_fetch_int(db, QUERY_PERSON_OPEN_BY_LOGIN,
                            (struct db_value[]){DB_TEXT(login)}, 1, &person_id, &absent);
    if (code != 0 && code != ERROR_NOT_FOUND)
        return error_set(error, code, absent.slug, "%s", absent.message);
    roster_learn(roster, login, code == 0 ? person_id : 0);
    return 0;
}

int account_roster_learn(struct db *db, const struct roster *roster, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < roster_persons(roster) && code == 0; i++)
        code = account_roster_person(db, roster, roster_person_login(roster, i), error);
    return code;
}
