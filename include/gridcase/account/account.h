// SPDX-License-Identifier: MPL-2.0
// People of a city: persons, roles, passwords, sessions, bearer tokens, one-time links.
// All rows live in the city's cases.db. Functions that write are called inside a write
// transaction (a job of the city's writer lane); those that hash passwords never are.
#pragma once

#include <gridcase/account/actor.h>
#include <gridcase/account/right.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/json.h>
#include <gridcase/core/password.h>
#include <gridcase/core/table.h>

struct db;

enum {
    ACCOUNT_LOGIN_MOST = 64, // bytes of a login name
    ACCOUNT_NAME_MOST = 200, // bytes of a person's name
    ACCOUNT_SESSION_IDLE_MS = 12 * 3600 * 1000,
    ACCOUNT_SESSION_MOST_H = 7 * 24, // a session's whole life
    ACCOUNT_LINK_LIFE_H = 72,
    ACCOUNT_CODE_LIFE_H = 14 * 24, // of a printed sign-in code
    ACCOUNT_CODE_SIZE = 15,        // "7K3M-Q9PX-4TWB" with NUL
    ACCOUNT_TOKENS_MOST = 20,      // bearer tokens of one person
};

// ---- signing in, in three steps ----
// 1. account_login_begin reads (a read handle will do): throttle and credential.
// 2. account_login_verify hashes: worker pool, no store. Steps 1 and 2 together on a
// worker,
//    so that attempts which wait for a place have not passed the throttle already.
// 3. account_login_finish writes the session or the failure: writer lane. It returns 0 for
//    a wrong password too, so that the lane commits the failure; may be run again.
// Then account_login_result tells the person's answer.
struct account_login {
    char login[ACCOUNT_LOGIN_MOST + 1]; // lower case
    uint8_t login_key[HASH_SIZE];
    uint8_t address_key[HASH_SIZE];
    int64_t now_ms;
    int64_t person_id; // 0: unknown login
    char encoded[PASSWORD_ENCODED_SIZE];
    bool right;     // the password was right
    bool throttled; // meanwhile others have failed too often: right or not, no
    bool demo;      // the password is one made for a demo
    bool must_change_password;
    char rehashed[PASSWORD_ENCODED_SIZE]; // "" unless the parameters had changed
    char token[TOKEN_TEXT_SIZE];          // after verify, when right: for the cookie
    int64_t expires_at_ms;
};
// ERROR_BUSY "account.throttled" (message names the seconds; *ret_retry_s too, when not
// NULL), ERROR_INPUT "account.login_malformed". An unknown login is no error here.
int account_login_begin(struct db *db, const char *login, const char *address,
                        int64_t now_ms, struct account_login *ret_login, int *ret_retry_s,
                        struct error *error) ERROR_MUST_CHECK;
int account_login_verify(struct account_login *login, const char *password, size_t length,
                         struct error *error) ERROR_MUST_CHECK;
int account_login_finish(struct db *db, struct account_login *login,
                         struct error *error) ERROR_MUST_CHECK;
// 0, or ERROR_UNAUTHENTICATED "account.wrong" (the same for unknown, closed and wrong),
// or ERROR_BUSY "account.throttled".
int account_login_result(const struct account_login *login,
                         struct error *error) ERROR_MUST_CHECK;

// ---- sessions and bearer tokens ----
struct account_session {
    int64_t session_id;
    bool bearer; // came by Authorization, not by cookie: no Origin check needed
    bool demo;   // signed in with a password made for a demo
    bool must_change_password; // may only change it and sign out until then
    int64_t expires_at_ms;
    bool touch_due; // call account_session_touch in a lane job some time
    struct actor actor;
};
// token: the text of the cookie or after "Bearer ". ERROR_UNAUTHENTICATED
// "account.session_gone" when unknown, expired, revoked, or the person is closed.
int account_session_find(struct db *db, const char *token, size_t length, bool bearer,
                         int64_t now_ms, struct account_session *ret_session,
                         struct error *error) ERROR_MUST_CHECK;
// Does the session still live with the same rights? For streams: cheap, no token needed.
// ERROR_UNAUTHENTICATED as above. Fills the session anew (rights may have changed).
int account_session_again(struct db *db, int64_t session_id, int64_t now_ms,
                          struct account_session *ret_session,
                          struct error *error) ERROR_MUST_CHECK;
int account_session_touch(struct db *db, int64_t session_id, int64_t now_ms,
                          struct error *error) ERROR_MUST_CHECK;
int account_session_end(struct db *db, int64_t session_id, int64_t now_ms,
                        struct error *error) ERROR_MUST_CHECK;
// Ends every browser's session and every one-time link: of a restored store, which may know
// some that were ended since. Bearer tokens stay. In a write transaction.
int account_end_everybody(struct db *db, struct error *error) ERROR_MUST_CHECK;
// Deletes what expired more than a day ago: sessions, links, throttle rows.
int account_sweep(struct db *db, int64_t now_ms, struct error *error) ERROR_MUST_CHECK;

// A bearer token for programs: shown once, kept as digest. name is what the person calls
// it. ERROR_LIMIT "account.too_many_tokens". expires_at_ms INSTANT_NONE: a year.
int account_token_add(struct db *db, int64_t person_id, const char *name, int64_t now_ms,
                      int64_t expires_at_ms, const char token[TOKEN_TEXT_SIZE],
                      int64_t *ret_id, struct error *error) ERROR_MUST_CHECK;
// [{id,name,created_at,expires_at,last_used_at}]
int account_tokens_write(struct db *db, int64_t person_id, struct json_writer *writer,
                         const char *member, struct error *error) ERROR_MUST_CHECK;
// ERROR_NOT_FOUND "account.token_unknown" for another person's token too.
int account_token_end(struct db *db, int64_t person_id, int64_t token_id, int64_t now_ms,
                      struct error *error) ERROR_MUST_CHECK;

// ---- passwords ----
// Change by the person: begin (read; throttled like signing in), verify (hash: old checked,
// new made), finish (write). All other sessions of the person end.
struct account_password_change {
    struct account_login login;          // of the person; right tells whether old was right
    char encoded[PASSWORD_ENCODED_SIZE]; // of the new one
};
int account_password_begin(struct db *db, int64_t person_id, const char *address,
                           int64_t now_ms, struct account_password_change *ret_change,
                           struct error *error) ERROR_MUST_CHECK;
int account_password_verify(struct account_password_change *change,
                            const char *old_password, const char *new_password,
                            struct error *error) ERROR_MUST_CHECK;
// keep_session_id stays signed in; 0: all end. Returns 0 for a wrong old password too.
int account_password_finish(struct db *db, struct account_password_change *change,
                            int64_t keep_session_id, struct error *error) ERROR_MUST_CHECK;
// 0 or ERROR_DENIED "account.wrong".
int account_password_result(const struct account_password_change *change,
                            struct error *error) ERROR_MUST_CHECK;
// Sets a password without asking for the old one (command line, links). encoded from
// password_hash. Ends all sessions.
int account_password_set(struct db *db, int64_t person_id, const char *encoded,
                         bool must_change, int64_t now_ms,
                         struct error *error) ERROR_MUST_CHECK;

// ---- one-time links ----
// An invitation or a new start: whoever has it sets the person's password. Earlier links
// of the person end. The address is /{city}/console/#link=TOKEN.
int account_link_add(struct db *db, int64_t person_id, int64_t now_ms,
                     const char token[TOKEN_TEXT_SIZE],
                     struct error *error) ERROR_MUST_CHECK;
// A sign-in code to print: a link's token that people can type, 60 random bits in letters
// and digits that are not taken for each other. Where a link is asked for, a code does too,
// however it was typed (small letters, blanks, O for 0). It ends like a link: by its use,
// by a newer one, after ACCOUNT_CODE_LIFE_H.
void account_code_new(char out[ACCOUNT_CODE_SIZE]);
int account_code_add(struct db *db, int64_t person_id, int64_t now_ms,
                     const char code_text[ACCOUNT_CODE_SIZE],
                     struct error *error) ERROR_MUST_CHECK;
// Reads whose link it is. ERROR_NOT_FOUND "account.link_gone" when used, expired, unknown.
int account_link_find(struct db *db, const char *token, size_t length, int64_t now_ms,
                      int64_t *ret_person_id, char ret_login[ACCOUNT_LOGIN_MOST + 1],
                      struct error *error) ERROR_MUST_CHECK;
// Uses it: sets the password and ends the link. ERROR_NOT_FOUND as above.
int account_link_use(struct db *db, const char *token, size_t length, const char *encoded,
                     int64_t now_ms, struct error *error) ERROR_MUST_CHECK;

// ---- people ----
struct account_person {
    int64_t id;
    char login[ACCOUNT_LOGIN_MOST + 1];
    char name[ACCOUNT_NAME_MOST + 1];
    int64_t department_id; // where the person belongs; 0: nowhere
    int64_t closed_at_ms;  // INSTANT_NONE while the account is open
    bool has_password;
};
int account_person_by_id(struct db *db, int64_t person_id,
                         struct account_person *ret_person,
                         struct error *error) ERROR_MUST_CHECK;
// ERROR_NOT_FOUND "account.person_unknown".
int account_person_by_login(struct db *db, const char *login,
                            struct account_person *ret_person,
                            struct error *error) ERROR_MUST_CHECK;
// login: 2 to 64 of a-z 0-9 . _ - @, upper case is folded. ERROR_CONFLICT
// "account.login_taken", ERROR_INPUT "account.login_malformed", "account.name_malformed".
int account_person_add(struct db *db, const char *login, const char *name,
                       int64_t department_id, int64_t now_ms, int64_t *ret_person_id,
                       struct error *error) ERROR_MUST_CHECK;
// Roles are replaced as a whole; the next request of a running session has the new ones.
int account_person_set_roles(struct db *db, int64_t person_id,
                             const struct role_grant *grants, size_t count, int64_t now_ms,
                             struct error *error) ERROR_MUST_CHECK;
// Closed, never deleted: histories keep their names. Sessions, tokens, links end.
// ERROR_CONFLICT "account.last_administrator".
int account_person_close(struct db *db, int64_t person_id, int64_t now_ms,
                         struct error *error) ERROR_MUST_CHECK;
int account_person_reopen(struct db *db, int64_t person_id, int64_t now_ms,
                          struct error *error) ERROR_MUST_CHECK;
// Roles of a person as an actor: what a session of theirs would carry.
int account_person_actor(struct db *db, int64_t person_id, struct actor *ret_actor,
                         struct error *error) ERROR_MUST_CHECK;
// [{id,login,name,department,closed,has_password,open_tasks,roles:[{role,area,department}]}],
// by login after the cursor ("" from the start), at most limit.
struct account_people {
    const char *after_login;
    int limit;
    int64_t home_id; // only those whose home this department is; 0: all
};
int account_people_write(struct db *db, const struct account_people *which,
                         struct json_writer *writer, const char *member, int *ret_count,
                         struct error *error) ERROR_MUST_CHECK;
// Logins of open accounts without a password, after a login, at most `most`; in the arena.
int account_people_waiting(struct db *db, const char *after_login, size_t most,
                           struct arena *arena, const char **ret_logins, size_t *ret_count,
                           struct error *error) ERROR_MUST_CHECK;
// Says in the audit who did what was noted since `after` (account_audit_last).
int account_audit_last(struct db *db, int64_t *ret_last,
                       struct error *error) ERROR_MUST_CHECK;
int account_audit_by(struct db *db, int64_t after, int64_t by_id,
                     struct error *error) ERROR_MUST_CHECK;
// {id,name,login,roles:[{role,area,department}],department} (area, department: ids or null)
int account_person_write(struct db *db, int64_t person_id, struct json_writer *writer,
                         const char *member, struct error *error) ERROR_MUST_CHECK;
// Is there any open account whose password was made for a demo? The server asks before it
// listens beyond loopback.
int account_has_demo_logins(struct db *db, bool *ret_has,
                            struct error *error) ERROR_MUST_CHECK;

// Tells a roster whose logins are open accounts (roster_learn), all of them. Call it for
// each new snapshot; account changes of single persons are told by account_roster_person.
struct roster;
int account_roster_learn(struct db *db, const struct roster *roster,
                         struct error *error) ERROR_MUST_CHECK;
int account_roster_person(struct db *db, const struct roster *roster, const char *login,
                          struct error *error) ERROR_MUST_CHECK;

// ---- staff table ----
// Columns: login, name, role, area, department, home. One row a role; a person with several
// roles has several rows with the same login (name and home from the first). role: a code
// of enum role, or blank for a person without one. area: blank, or LEVEL:CODE. department
// and home (where the person belongs): department codes or blank; home blank = the first
// row's department. People of the city that are not in the table are left alone.
struct account_lookups { // answers of the city model; ids, 0 when unknown
    void *context;
    int64_t (*department_id)(void *context, const char *code);
    int64_t (*area_id)(void *context, const char *level, const char *code);
};
struct account_staff; // checked rows, with passwords when the city is a demo

struct account_demo_login { // borrowed from the staff
    const char *login;
    const char *password;
    const char *name;
    char roles[512]; // codes, separated by blanks
};
// Checks the whole table; every wrong cell is told to report (may be NULL), then
// ERROR_INPUT "staff.invalid". demo: makes a new password for each person and hashes it (25
// ms each). Without demo nobody gets one.
struct account_staff_report {
    // Of each wrong cell: row as in table_value, its column, a message without the place.
    void (*report)(void *context, size_t row, const char *column, const char *slug,
                   const char *message);
    void *context;
};
int account_staff_new(const struct table *table, const struct account_lookups *lookups,
                      bool demo, const struct account_staff_report *report,
                      struct account_staff **ret_staff,
                      struct error *error) ERROR_MUST_CHECK;
struct account_staff *account_staff_free(struct account_staff *staff);
// Adds and updates people and roles. A person who has a password keeps it, and the staff's
// demo login of that person is dropped from the list below. May be run again.
int account_staff_store(struct db *db, struct account_staff *staff, int64_t now_ms,
                        struct error *error) ERROR_MUST_CHECK;
size_t account_staff_count(const struct account_staff *staff);
const char *account_staff_login(const struct account_staff *staff, size_t index);
// What storing would do.
struct account_staff_change {
    size_t added, changed, same;
    size_t closed; // of them: accounts that stay closed
};
int account_staff_compare(struct db *db, const struct account_staff *staff,
                          struct account_staff_change *ret_change,
                          struct error *error) ERROR_MUST_CHECK;
// -1 past the end. Only those whose password was really set by account_staff_store.
int account_staff_demo_login(const struct account_staff *staff, size_t index,
                             struct account_demo_login *ret_login);
// Adds the staff's demo logins to CITY_FOLDER/demo-logins.txt (0600; "login password roles
// name", tab-separated, one a line; replaces lines of the same login). After commit.
int account_demo_file_write(const struct account_staff *staff, const char *city_folder,
                            struct error *error) ERROR_MUST_CHECK;
// The file's text; empty when there is none.
int account_demo_file_read(const char *city_folder, struct buffer *out,
                           struct error *error) ERROR_MUST_CHECK;

// The first administrator of a city: person "admin" without password, and a one-time link.
// ERROR_CONFLICT "account.has_administrator" when an open account already has the role.
int account_first_administrator(struct db *db, int64_t now_ms,
                                const char token[TOKEN_TEXT_SIZE],
                                struct error *error) ERROR_MUST_CHECK;
