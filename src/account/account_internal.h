// SPDX-License-Identifier: MPL-2.0
// Shared by the files of the account room only.
#pragma once

#include <gridcase/account/account.h>
#include <gridcase/db/db.h>

// One line in account_audit. person_id 0: unknown login.
int account_audit(struct db *db, int64_t person_id, const char *kind, int64_t now_ms,
                  struct error *error) ERROR_MUST_CHECK;
// Lower case into out. ERROR_INPUT "account.login_malformed".
int account_login_fold(const char *login, char out[ACCOUNT_LOGIN_MOST + 1],
                       struct error *error) ERROR_MUST_CHECK;
// Adds one row of (role, area, department) to the actor.
int account_actor_add_row(struct actor *actor, struct db_statement *statement,
                          int first_column, struct error *error) ERROR_MUST_CHECK;
// Copies a column's text; cut where the schema's bound in characters is more than ours in
// bytes. NULL becomes "".
void account_copy(char *out, size_t size, const char *text);
