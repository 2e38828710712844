// SPDX-License-Identifier: MPL-2.0
// Commands about people as JSON: the one form in which the command line and a running
// server's local socket carry them out.
//
//   {"command":"add","login":L,"name":N,"department":CODE?,"roles":[R...]?}  with a link
//   {"command":"roles","login":L,"roles":[R...]}
//   {"command":"admit", ...as add}     with a code to print instead of a link
//   {"command":"change","login":L,"name":N,"department":CODE?}
//   {"command":"code","login":L}       a new sign-in code to print; earlier links end
//   {"command":"invite","login":L}     a new one-time link; earlier ones end
//   {"command":"password","login":L}   a new password, to be changed at the next sign-in
//   {"command":"close","login":L}      {"command":"reopen","login":L}
//
// A role R is ROLE[@LEVEL:CODE][/DEPARTMENT]: "acceptor", "collector@ward:07",
// "department/PWD". The answer is {"person":ID,"login":L,"link":TOKEN?,
// "code":CODE?,"password":P?}.
#pragma once

#include <gridcase/account/account.h>

struct account_command;

// Checks the request and hashes what is to be hashed: worker pool or command line, no
// transaction. ERROR_INPUT "person.command", "role.unknown", "role.malformed",
// "staff.area_unknown", "staff.department_unknown" and those of json_get_*.
int account_command_new(const struct json *request, const struct account_lookups *lookups,
                        struct account_command **ret_command,
                        struct error *error) ERROR_MUST_CHECK;
struct account_command *account_command_free(struct account_command *command);
// Inside a write transaction; may be run again.
int account_command_run(struct db *db, struct account_command *command, int64_t now_ms,
                        struct error *error) ERROR_MUST_CHECK;
// Answers with a link or a password: for a shell only, not for a page.
bool account_command_is_secret(const struct account_command *command);
// The login it was about, for account_roster_person; borrowed.
const char *account_command_login(const struct account_command *command);
// The answer, after the commit: it holds secrets, so it goes to whoever asked and nowhere
// else.
void account_command_write(const struct account_command *command, struct buffer *out);

// ROLE[@LEVEL:CODE][/DEPARTMENT] to a grant.
int account_role_parse(const char *text, const struct account_lookups *lookups,
                       struct role_grant *ret_grant, struct error *error) ERROR_MUST_CHECK;
