// SPDX-License-Identifier: MPL-2.0
// People, signing in, sessions, links, staff tables, against a real store.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/account/account.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>

#include "fault/postgres.h"
#include "fault/temporary.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };
static const int64_t start_ms = 1800000000000;
static const char ADDRESS[] = "192.0.2.7";

static char folder[256];
static struct db_store *store;
static struct db *db;
static struct error error;

#define assert_ok(call)                                                                    \
    do {                                                                                   \
        error = (struct error){0};                                                         \
        int code_ = (call);                                                                \
        if (code_ < 0)                                                                     \
            fail_msg("%s: %d %s: %s", #call, code_, error.slug, error.message);            \
    } while (0)
#define assert_fails(call, expected_code, expected_slug)                                   \
    do {                                                                                   \
        error = (struct error){0};                                                         \
        assert_int_equal((call), (expected_code));                                         \
        assert_string_equal(error.slug, (expected_slug));                                  \
    } while (0)

static int set_up(void **state)
{
    (void)state;
    char location[300];
    temporary_folder(folder, sizeof folder);
    snprintf(location, sizeof location, "%s/data", folder);
    engine_store(location);
    assert_ok(db_store_open(location, DB_STORE_CREATE, &store, &error));
    assert_ok(db_store_city_create(store, "tinytown", start_ms, &error));
    assert_ok(db_open(store, "tinytown", DB_CASES, DB_WRITE, &db, &error));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db = db_close(db);
    store = db_store_close(store);
    temporary_remove(folder);
    return 0;
}

// Hashing takes 25 ms: the same encoded form serves all tests.
static const char *encoded_secret(void)
{
    static char encoded[PASSWORD_ENCODED_SIZE];
    if (encoded[0] == '\0')
        assert_ok(password_hash("open sesame!", 12, encoded, &error));
    return encoded;
}

static int64_t person_with_password(const char *login, enum role role, int64_t department)
{
    int64_t id = 0;
    struct role_grant grant = {.role = role, .department_id = department};
    assert_ok(account_person_add(db, login, "Somebody", department, start_ms, &id, &error));
    assert_ok(account_person_set_roles(db, id, &grant, 1, start_ms, &error));
    assert_ok(account_password_set(db, id, encoded_secret(), false, start_ms, &error));
    return id;
}

static int sign_in(const char *login, const char *password, const char *address,
                   int64_t now_ms, struct account_login *ret_login)
{
    int code = account_login_begin(db, login, address, now_ms, ret_login, NULL, &error);
    if (code == 0)
        code = account_login_verify(ret_login, password, strlen(password), &error);
    if (code == 0)
        code = account_login_finish(db, ret_login, &error);
    return code != 0 ? code : account_login_result(ret_login, &error);
}

static int find(const char *token, int64_t now_ms, struct account_session *ret_session)
{
    return account_session_find(db, token, strlen(token), false, now_ms, ret_session,
                                &error);
}

static void signing_in_gives_a_session_with_the_roles(void **state)
{
    (void)state;
    int64_t id = person_with_password("Maria.Lopez", ROLE_DISPATCHER, 30);
    struct account_login login;
    struct account_session session;
    assert_ok(sign_in("maria.LOPEZ", "open sesame!", ADDRESS, start_ms, &login));
    assert_int_equal(strlen(login.token), 43);
    assert_ok(find(login.token, start_ms + 1, &session));
    assert_int_equal(session.actor.person_id, id);
    assert_int_equal(session.actor.grant_count, 1);
    assert_int_equal(session.actor.grants[0].role, ROLE_DISPATCHER);
    assert_true(actor_acts_for(&session.actor, 30));
    assert_false(session.bearer);
    assert_false(session.touch_due);
    struct account_session again;
    assert_ok(account_session_again(db, session.session_id, start_ms + 2, &again, &error));
    assert_memory_equal(&again.actor, &session.actor, sizeof again.actor);
    login.token[0] ^= 1;
    assert_fails(find(login.token, start_ms, &session), ERROR_UNAUTHENTICATED,
                 "account.session_gone");
    assert_fails(find("short", start_ms, &session), ERROR_UNAUTHENTICATED,
                 "account.session_gone");
}

static void unknown_closed_and_wrong_answer_alike(void **state)
{
    (void)state;
    struct account_login login;
    int64_t id = person_with_password("first", ROLE_ADMINISTRATOR, 0);
    int64_t closed = person_with_password("gone", ROLE_COLLECTOR, 0);
    int64_t without = 0;
    assert_ok(
        account_person_add(db, "silent", "No Password", 0, start_ms, &without, &error));
    assert_ok(account_person_close(db, closed, start_ms, &error));
    const char *const logins[] = {"first", "gone", "silent", "nobody"};
    for (size_t i = 0; i < 4; i++)
        assert_fails(sign_in(logins[i], i == 0 ? "wrong password" : "open sesame!", ADDRESS,
                             start_ms, &login),
                     ERROR_UNAUTHENTICATED, "account.wrong");
    assert_fails(sign_in("in valid", "x", ADDRESS, start_ms, &login), ERROR_INPUT,
                 "account.login_malformed");
    (void)id;
}

static void failures_slow_down_a_login_and_time_heals(void **state)
{
    (void)state;
    struct account_login login;
    person_with_password("maria", ROLE_DISPATCHER, 0);
    // Failures without hashing: begin, finish.
    for (int i = 0; i < 5; i++) {
        assert_ok(account_login_begin(db, "maria", "", start_ms, &login, NULL, &error));
        assert_ok(account_login_finish(db, &login, &error));
    }
    int retry_s = 0;
    assert_fails(account_login_begin(db, "maria", "", start_ms, &login, &retry_s, &error),
                 ERROR_BUSY, "account.throttled");
    assert_int_equal(retry_s, 1);
    // Each further failure doubles the wait, up to a quarter of an hour.
    int64_t now_ms = start_ms;
    for (int i = 0; i < 15; i++) {
        now_ms += 15 * MINUTE_MS;
        assert_ok(account_login_begin(db, "maria", "", now_ms, &login, NULL, &error));
        assert_ok(account_login_finish(db, &login, &error));
    }
    assert_fails(account_login_begin(db, "maria", "", now_ms, &login, &retry_s, &error),
                 ERROR_BUSY, "account.throttled");
    assert_int_equal(retry_s, 15 * 60);
    // The right password too has to wait, and then works and clears the count.
    assert_fails(sign_in("maria", "open sesame!", "", now_ms, &login), ERROR_BUSY,
                 "account.throttled");
    now_ms += 15 * MINUTE_MS;
    assert_ok(sign_in("maria", "open sesame!", "", now_ms, &login));
    for (int i = 0; i < 4; i++) {
        assert_ok(account_login_begin(db, "maria", "", now_ms, &login, NULL, &error));
        assert_ok(account_login_finish(db, &login, &error));
    }
    assert_ok(account_login_begin(db, "maria", "", now_ms, &login, NULL, &error));
    assert_ok(account_login_finish(db, &login, &error));
    assert_fails(account_login_begin(db, "maria", "", now_ms, &login, &retry_s, &error),
                 ERROR_BUSY, "account.throttled");
    // A clock set back by a year does not lock anybody out for a year; whoever goes on
    // guessing waits by the new time.
    now_ms -= 365LL * 24 * HOUR_MS;
    assert_ok(account_login_begin(db, "maria", "", now_ms, &login, NULL, &error));
    assert_ok(account_login_finish(db, &login, &error));
    assert_fails(account_login_begin(db, "maria", "", now_ms, &login, &retry_s, &error),
                 ERROR_BUSY, "account.throttled");
    assert_in_range(retry_s, 1, 15 * 60);
    assert_ok(sign_in("maria", "open sesame!", "", now_ms + 15 * MINUTE_MS, &login));
}

static void failures_of_many_logins_slow_down_an_address(void **state)
{
    (void)state;
    struct account_login login;
    char name[32];
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "guess%d", i);
        assert_ok(account_login_begin(db, name, ADDRESS, start_ms, &login, NULL, &error));
        assert_ok(account_login_finish(db, &login, &error));
    }
    assert_fails(account_login_begin(db, "fresh", ADDRESS, start_ms, &login, NULL, &error),
                 ERROR_BUSY, "account.throttled");
    assert_ok(
        account_login_begin(db, "fresh", "198.51.100.1", start_ms, &login, NULL, &error));
}

static void guesses_in_flight_count_when_they_land(void **state)
{
    (void)state;
    struct account_login flying[8], right;
    person_with_password("maria", ROLE_DISPATCHER, 0);
    for (int i = 0; i < 8; i++)
        assert_ok(account_login_begin(db, "maria", "", start_ms, &flying[i], NULL, &error));
    assert_ok(account_login_begin(db, "maria", "", start_ms, &right, NULL, &error));
    assert_ok(account_login_verify(&right, "open sesame!", 12, &error));
    for (int i = 0; i < 8; i++)
        assert_ok(account_login_finish(db, &flying[i], &error));
    assert_ok(account_login_finish(db, &right, &error));
    assert_fails(account_login_result(&right, &error), ERROR_BUSY, "account.throttled");
    struct account_session session;
    assert_fails(find(right.token, start_ms, &session), ERROR_UNAUTHENTICATED,
                 "account.session_gone");
}

static void sessions_end_by_idling_by_age_and_by_signing_out(void **state)
{
    (void)state;
    struct account_login login;
    struct account_session session;
    person_with_password("maria", ROLE_DISPATCHER, 0);
    assert_ok(sign_in("maria", "open sesame!", ADDRESS, start_ms, &login));
    assert_ok(find(login.token, start_ms + 11 * MINUTE_MS, &session));
    assert_true(session.touch_due);
    assert_ok(find(login.token, start_ms - HOUR_MS, &session)); // clock set back
    assert_false(session.touch_due);
    assert_fails(find(login.token, start_ms + 13LL * HOUR_MS, &session),
                 ERROR_UNAUTHENTICATED, "account.session_gone");
    for (int i = 1; i <= 16; i++) { // somebody who never leaves
        int64_t now_ms = start_ms + i * 10LL * HOUR_MS;
        assert_ok(find(login.token, now_ms, &session));
        assert_ok(account_session_touch(db, session.session_id, now_ms, &error));
    }
    assert_fails(find(login.token, start_ms + 169LL * HOUR_MS, &session),
                 ERROR_UNAUTHENTICATED, "account.session_gone");
    assert_ok(account_session_end(db, session.session_id, start_ms, &error));
    assert_ok(
        account_session_end(db, session.session_id, start_ms, &error)); // again: nothing
    assert_fails(find(login.token, start_ms + 1, &session), ERROR_UNAUTHENTICATED,
                 "account.session_gone");
}

static void closing_a_person_ends_everything_at_once(void **state)
{
    (void)state;
    struct account_login login;
    struct account_session session;
    char token[TOKEN_TEXT_SIZE], link[TOKEN_TEXT_SIZE];
    int64_t id = person_with_password("maria", ROLE_DISPATCHER, 0), bearer = 0;
    assert_ok(sign_in("maria", "open sesame!", ADDRESS, start_ms, &login));
    token_new(token);
    token_new(link);
    assert_ok(account_token_add(db, id, "sensor", start_ms, INSTANT_NONE, token, &bearer,
                                &error));
    assert_ok(account_link_add(db, id, start_ms, link, &error));
    assert_ok(find(login.token, start_ms, &session));
    assert_ok(account_person_close(db, id, start_ms, &error));
    assert_fails(account_session_again(db, session.session_id, start_ms, &session, &error),
                 ERROR_UNAUTHENTICATED, "account.session_gone");
    assert_fails(
        account_session_find(db, token, strlen(token), true, start_ms, &session, &error),
        ERROR_UNAUTHENTICATED, "account.session_gone");
    char name[ACCOUNT_LOGIN_MOST + 1];
    assert_fails(account_link_find(db, link, strlen(link), start_ms, &id, name, &error),
                 ERROR_NOT_FOUND, "account.link_gone");
    struct account_person person;
    assert_ok(account_person_by_login(db, "maria", &person, &error)); // still known
    assert_int_equal(person.closed_at_ms, start_ms);
    assert_ok(account_person_reopen(db, id, start_ms, &error));
    assert_ok(sign_in("maria", "open sesame!", ADDRESS, start_ms, &login));
}

static void new_roles_hold_for_the_next_request(void **state)
{
    (void)state;
    struct account_login login;
    struct account_session session;
    int64_t id = person_with_password("maria", ROLE_DISPATCHER, 0);
    assert_ok(sign_in("maria", "open sesame!", ADDRESS, start_ms, &login));
    const struct role_grant grants[] = {{.role = ROLE_DEPARTMENT, .department_id = 31},
                                        {.role = ROLE_COLLECTOR, .area_id = 7}};
    assert_ok(account_person_set_roles(db, id, grants, 2, start_ms, &error));
    assert_ok(find(login.token, start_ms, &session));
    assert_int_equal(actor_roles(&session.actor),
                     1u << ROLE_DEPARTMENT | 1u << ROLE_COLLECTOR);
    assert_ok(account_person_set_roles(db, id, NULL, 0, start_ms, &error));
    assert_ok(find(login.token, start_ms, &session));
    assert_int_equal(session.actor.grant_count, 0);
}

static void bearer_tokens_are_for_programs_only(void **state)
{
    (void)state;
    struct account_session session;
    char token[TOKEN_TEXT_SIZE];
    int64_t id = person_with_password("maria", ROLE_DISPATCHER, 0), other, bearer = 0;
    other = person_with_password("jon", ROLE_DISPATCHER, 0);
    token_new(token);
    assert_ok(account_token_add(db, id, "sensor", start_ms, INSTANT_NONE, token, &bearer,
                                &error));
    assert_ok(account_session_find(db, token, strlen(token), true, start_ms + 200 * HOUR_MS,
                                   &session, &error)); // no idling
    assert_true(session.bearer);
    assert_int_equal(session.session_id, bearer);
    assert_fails(find(token, start_ms, &session), ERROR_UNAUTHENTICATED,
                 "account.session_gone"); // not as a cookie
    assert_fails(account_token_end(db, other, bearer, start_ms, &error), ERROR_NOT_FOUND,
                 "account.token_unknown");
    assert_ok(account_token_end(db, id, bearer, start_ms, &error));
    assert_fails(
        account_session_find(db, token, strlen(token), true, start_ms, &session, &error),
        ERROR_UNAUTHENTICATED, "account.session_gone");
    for (int i = 0; i < ACCOUNT_TOKENS_MOST; i++) {
        token_new(token);
        assert_ok(account_token_add(db, id, "many", start_ms, INSTANT_NONE, token, &bearer,
                                    &error));
    }
    token_new(token);
    assert_fails(
        account_token_add(db, id, "many", start_ms, INSTANT_NONE, token, &bearer, &error),
        ERROR_LIMIT, "account.too_many_tokens");
    assert_fails(
        account_token_add(db, other, "", start_ms, INSTANT_NONE, token, &bearer, &error),
        ERROR_INPUT, "account.token_name");
}

static void a_changed_password_ends_the_other_sessions(void **state)
{
    (void)state;
    struct account_login here, there;
    struct account_session session;
    struct account_password_change change;
    int64_t id = person_with_password("maria", ROLE_DISPATCHER, 0);
    assert_ok(sign_in("maria", "open sesame!", ADDRESS, start_ms, &here));
    assert_ok(sign_in("maria", "open sesame!", ADDRESS, start_ms, &there));
    assert_ok(find(here.token, start_ms, &session));
    assert_ok(account_password_begin(db, id, ADDRESS, start_ms, &change, &error));
    assert_fails(account_password_verify(&change, "open sesame!", "short", &error),
                 ERROR_INPUT, "password.too_short");
    assert_fails(account_password_verify(&change, "open sesame!", "open sesame!", &error),
                 ERROR_INPUT, "password.same");
    assert_ok(account_password_verify(&change, "wrong old one", "a new password", &error));
    assert_ok(account_password_finish(db, &change, session.session_id, &error));
    assert_fails(account_password_result(&change, &error), ERROR_DENIED, "account.wrong");
    assert_ok(account_password_begin(db, id, ADDRESS, start_ms, &change, &error));
    assert_ok(account_password_verify(&change, "open sesame!", "a new password", &error));
    assert_ok(account_password_finish(db, &change, session.session_id, &error));
    assert_ok(account_password_result(&change, &error));
    assert_ok(find(here.token, start_ms, &session));
    assert_fails(find(there.token, start_ms, &session), ERROR_UNAUTHENTICATED,
                 "account.session_gone");
    assert_fails(sign_in("maria", "open sesame!", ADDRESS, start_ms, &there),
                 ERROR_UNAUTHENTICATED, "account.wrong");
    assert_ok(sign_in("maria", "a new password", ADDRESS, start_ms, &there));
}

static void a_link_works_once_and_not_for_ever(void **state)
{
    (void)state;
    char old[TOKEN_TEXT_SIZE], link[TOKEN_TEXT_SIZE], login[ACCOUNT_LOGIN_MOST + 1];
    struct account_login signed_in;
    token_new(old);
    token_new(link);
    int64_t id = 0;
    assert_ok(account_first_administrator(db, start_ms, old, &error));
    token_new(link);
    assert_ok(account_link_find(db, old, strlen(old), start_ms, &id, login, &error));
    assert_string_equal(login, "admin");
    assert_ok(account_link_add(db, id, start_ms, link, &error)); // the earlier one ends
    assert_fails(account_link_find(db, old, strlen(old), start_ms, &id, login, &error),
                 ERROR_NOT_FOUND, "account.link_gone");
    assert_fails(account_link_find(db, link, strlen(link), start_ms + 73LL * HOUR_MS, &id,
                                   login, &error),
                 ERROR_NOT_FOUND, "account.link_gone");
    assert_ok(account_link_use(db, link, strlen(link), encoded_secret(), start_ms, &error));
    assert_fails(
        account_link_use(db, link, strlen(link), encoded_secret(), start_ms, &error),
        ERROR_NOT_FOUND, "account.link_gone");
    assert_ok(sign_in("admin", "open sesame!", ADDRESS, start_ms, &signed_in));
    assert_fails(account_first_administrator(db, start_ms, old, &error), ERROR_CONFLICT,
                 "account.has_administrator");
    assert_fails(account_person_close(db, id, start_ms, &error), ERROR_CONFLICT,
                 "account.last_administrator");
    assert_fails(account_person_set_roles(db, id, NULL, 0, start_ms, &error),
                 ERROR_CONFLICT, "account.last_administrator");
}

static void logins_and_names_are_checked(void **state)
{
    (void)state;
    int64_t id = 0;
    assert_ok(account_person_add(db, "Jon@Example.org", "Jon", 0, start_ms, &id, &error));
    assert_fails(account_person_add(db, "jon@example.ORG", "Jon", 0, start_ms, &id, &error),
                 ERROR_CONFLICT, "account.login_taken");
    static const char *const logins[] = {"", "a", "-ab", "a b", "ab\n", "王小明", "a'b"};
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++)
        assert_fails(account_person_add(db, logins[i], "X", 0, start_ms, &id, &error),
                     ERROR_INPUT, "account.login_malformed");
    static const char *const names[] = {"", "  ", "a\tb", "a\nb", "\xff"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_fails(account_person_add(db, "fine", names[i], 0, start_ms, &id, &error),
                     ERROR_INPUT, "account.name_malformed");
}

static void sweeping_removes_only_what_has_ended(void **state)
{
    (void)state;
    struct account_login login;
    struct account_session session;
    person_with_password("maria", ROLE_DISPATCHER, 0);
    assert_ok(sign_in("maria", "open sesame!", ADDRESS, start_ms, &login));
    assert_ok(account_sweep(db, start_ms + HOUR_MS, &error));
    assert_ok(find(login.token, start_ms + HOUR_MS, &session));
    assert_ok(account_sweep(db, start_ms + 9 * 24LL * HOUR_MS, &error));
    assert_fails(account_session_again(db, session.session_id, start_ms, &session, &error),
                 ERROR_UNAUTHENTICATED, "account.session_gone");
}

// ---- staff tables ----
static int64_t department_of(void *context, const char *code)
{
    (void)context;
    return text_equal(code, "PWD") ? 30 : text_equal(code, "ISD") ? 31 : 0;
}
static int64_t area_of(void *context, const char *level, const char *code)
{
    (void)context;
    return text_equal(level, "ward") && text_equal(code, "07") ? 7 : 0;
}
static const struct account_lookups lookups = {NULL, department_of, area_of};

static char told[4096];
static void tell(void *context, size_t row, const char *column, const char *slug,
                 const char *message)
{
    (void)context;
    (void)message;
    size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%zu %s %s\n", row, column, slug);
}

static int staff_of(const char *text, bool demo, struct account_staff **ret_staff)
{
    TABLE_CLEANUP struct table *table = NULL;
    told[0] = '\0';
    assert_ok(table_parse_csv("staff", "staff.csv", text, strlen(text), &table, &error));
    const struct account_staff_report report = {tell, NULL};
    return account_staff_new(table, &lookups, demo, &report, ret_staff, &error);
}

static const char good_staff[] = "login,name,role,area,department,home\n"
                                 "anna,Anna Ivanova,acceptor,,,\n"
                                 "anna,,shift_leader,,,\n"
                                 "pwd1,Pat Wood,department,,PWD,\n"
                                 "col7,Coll Seven,collector,ward:07,,ISD\n";

static void a_demo_city_gets_logins_that_are_printed_once(void **state)
{
    (void)state;
    struct account_staff *staff = NULL;
    struct account_demo_login login;
    struct account_login signed_in;
    struct stat status;
    bool has = false;
    char path[300];
    assert_ok(staff_of(good_staff, true, &staff));
    assert_int_equal(account_staff_count(staff), 3);
    assert_int_equal(account_staff_demo_login(staff, 0, &login), -1); // not stored yet
    assert_ok(account_staff_store(db, staff, start_ms, &error));
    assert_ok(account_staff_demo_login(staff, 0, &login));
    assert_string_equal(login.roles, "acceptor shift_leader");
    assert_ok(sign_in(login.login, login.password, ADDRESS, start_ms, &signed_in));
    assert_true(signed_in.demo);
    assert_ok(account_has_demo_logins(db, &has, &error));
    assert_true(has);
    assert_int_equal(account_staff_demo_login(staff, 3, &login), -1);
    assert_ok(account_demo_file_write(staff, folder, &error));
    snprintf(path, sizeof path, "%s/demo-logins.txt", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    assert_ok(account_demo_file_read(folder, &text, &error));
    assert_non_null(strstr(text.data, "\nanna\t") ? text.data
                                                  : strstr(text.data, "anna\t"));
    staff = account_staff_free(staff);
    // The model is loaded again: people keep their passwords, the file its lines.
    assert_ok(staff_of(good_staff, true, &staff));
    assert_ok(account_staff_store(db, staff, start_ms, &error));
    assert_int_equal(account_staff_demo_login(staff, 0, &login), -1);
    assert_ok(account_demo_file_write(staff, folder, &error));
    BUFFER_CLEANUP struct buffer after;
    buffer_init(&after, BUFFER_CEILING_LINE);
    assert_ok(account_demo_file_read(folder, &after, &error));
    assert_string_equal(after.data, text.data);
    account_staff_free(staff);
}

static void a_real_city_gets_people_without_passwords(void **state)
{
    (void)state;
    struct account_staff *staff = NULL;
    struct account_person person;
    struct actor actor;
    bool has = true;
    assert_ok(staff_of(good_staff, false, &staff));
    assert_ok(account_staff_store(db, staff, start_ms, &error));
    assert_ok(account_person_by_login(db, "col7", &person, &error));
    assert_false(person.has_password);
    assert_int_equal(person.department_id, 31);
    assert_ok(account_person_actor(db, person.id, &actor, &error));
    assert_int_equal(actor.grants[0].area_id, 7);
    assert_ok(account_person_by_login(db, "pwd1", &person, &error));
    assert_int_equal(person.department_id, 30);
    assert_ok(account_has_demo_logins(db, &has, &error));
    assert_false(has);
    account_staff_free(staff);
}

static void each_wrong_cell_of_a_staff_table_is_told(void **state)
{
    (void)state;
    struct account_staff *staff = NULL;
    assert_fails(staff_of("login,name,role,area,department\n"
                          "a b,X,acceptor,,\n"
                          "bea,,acceptor,,\n"
                          "cem,C,mayor,,\n"
                          "dan,D,department,,NOPE\n"
                          "eve,E,department,,\n"
                          "fay,F,collector,ward:99,\n"
                          "gus,G,collector,07,\n"
                          "hal,H,collector,,\nhal,H,collector,,\n",
                          false, &staff),
                 ERROR_INPUT, "staff.invalid");
    assert_string_equal(told, "0 login account.login_malformed\n"
                              "1 name account.name_malformed\n"
                              "2 role role.unknown\n"
                              "3 department staff.department_unknown\n"
                              "4 department staff.department_missing\n"
                              "5 area staff.area_unknown\n6 area staff.area_unknown\n"
                              "8 role staff.role_twice\n");
    assert_fails(staff_of("login,role\n", false, &staff), ERROR_INPUT,
                 "staff.column_missing");
    assert_fails(staff_of("login,name,role,salary\n", false, &staff), ERROR_INPUT,
                 "staff.column_unknown");
}

static void people_are_written_as_json(void **state)
{
    (void)state;
    struct account_staff *staff = NULL;
    struct json_writer writer;
    int count = 0;
    assert_ok(staff_of(good_staff, false, &staff));
    assert_ok(account_staff_store(db, staff, start_ms, &error));
    account_staff_free(staff);
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    json_writer_init(&writer, &text);
    assert_ok(account_people_write(db, &(struct account_people){"", 1, 0}, &writer, NULL,
                                   &count, &error));
    assert_int_equal(count, 1);
    assert_string_equal(
        text.data,
        "[{\"id\":1,\"login\":\"anna\",\"name\":\"Anna Ivanova\",\"department\":null,"
        "\"closed\":false,\"has_password\":false,\"open_tasks\":0,\"roles\":["
        "{\"role\":\"acceptor\",\"area\":null,\"department\":null},"
        "{\"role\":\"shift_leader\",\"area\":null,\"department\":null}]}]");
    buffer_clear(&text);
    json_writer_init(&writer, &text);
    assert_ok(account_person_write(db, 3, &writer, NULL, &error));
    assert_string_equal(text.data,
                        "{\"id\":3,\"name\":\"Coll Seven\",\"login\":\"col7\",\"roles\":["
                        "{\"role\":\"collector\",\"area\":7,\"department\":null}],"
                        "\"department\":31}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signing_in_gives_a_session_with_the_roles),
        TEST(unknown_closed_and_wrong_answer_alike),
        TEST(failures_slow_down_a_login_and_time_heals),
        TEST(failures_of_many_logins_slow_down_an_address),
        TEST(guesses_in_flight_count_when_they_land),
        TEST(sessions_end_by_idling_by_age_and_by_signing_out),
        TEST(closing_a_person_ends_everything_at_once),
        TEST(new_roles_hold_for_the_next_request),
        TEST(bearer_tokens_are_for_programs_only),
        TEST(a_changed_password_ends_the_other_sessions),
        TEST(a_link_works_once_and_not_for_ever),
        TEST(logins_and_names_are_checked),
        TEST(sweeping_removes_only_what_has_ended),
        TEST(a_demo_city_gets_logins_that_are_printed_once),
        TEST(a_real_city_gets_people_without_passwords),
        TEST(each_wrong_cell_of_a_staff_table_is_told),
        TEST(people_are_written_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
