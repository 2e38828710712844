// SPDX-License-Identifier: MPL-2.0
// Commands about people as the command line and the server's socket send them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/account/command.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>

#include "fault/postgres.h"
#include "fault/temporary.h"

static const int64_t start_ms = 1800000000000;
static char folder[256];
static struct db_store *store;
static struct db *db;
static struct error error;

static int64_t department_of(void *context, const char *code)
{
    (void)context;
    return text_equal(code, "PWD") ? 30 : 0;
}
static int64_t area_of(void *context, const char *level, const char *code)
{
    (void)context;
    return text_equal(level, "ward") && text_equal(code, "07") ? 7 : 0;
}
static const struct account_lookups lookups = {NULL, department_of, area_of};

static int set_up(void **state)
{
    (void)state;
    char location[300];
    temporary_folder(folder, sizeof folder);
    snprintf(location, sizeof location, "%s/data", folder);
    engine_store(location);
    assert_int_equal(db_store_open(location, DB_STORE_CREATE, &store, &error), 0);
    assert_int_equal(db_store_city_create(store, "tinytown", start_ms, &error), 0);
    assert_int_equal(db_open(store, "tinytown", DB_CASES, DB_WRITE, &db, &error), 0);
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

// Runs a command; the answer's text in out.
static int run(const char *request, struct buffer *out)
{
    JSON_CLEANUP struct json *document = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct account_command *command = NULL;
    error = (struct error){0};
    buffer_clear(out);
    assert_int_equal(json_parse(request, strlen(request), &document, &error), 0);
    int code = account_command_new(document, &lookups, &command, &error);
    if (code != 0)
        return code;
    assert_int_equal(db_begin(db, DB_WRITE, &transaction, &error), 0);
    code = account_command_run(db, command, start_ms, &error);
    if (code == 0)
        code = db_commit(&transaction, &error);
    if (code == 0)
        account_command_write(command, out);
    account_command_free(command);
    return code;
}

static void people_are_added_invited_changed_and_closed(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer answer;
    buffer_init(&answer, BUFFER_CEILING_LINE);
    assert_int_equal(run("{\"command\":\"add\",\"login\":\"Pat\",\"name\":\"Pat Wood\","
                         "\"department\":\"PWD\",\"roles\":[\"department/PWD\","
                         "\"collector@ward:07\"]}",
                         &answer),
                     0);
    assert_non_null(strstr(answer.data, "\"link\":\""));
    struct account_person person;
    struct actor actor;
    assert_int_equal(account_person_by_login(db, "pat", &person, &error), 0);
    assert_int_equal(person.department_id, 30);
    assert_int_equal(account_person_actor(db, person.id, &actor, &error), 0);
    assert_int_equal(actor.grant_count, 2);
    assert_int_equal(
        run("{\"command\":\"roles\",\"login\":\"pat\",\"roles\":[\"manager\"]}", &answer),
        0);
    assert_int_equal(account_person_actor(db, person.id, &actor, &error), 0);
    assert_int_equal(actor_roles(&actor), 1u << ROLE_MANAGER);
    assert_int_equal(run("{\"command\":\"password\",\"login\":\"pat\"}", &answer), 0);
    const char *password = strstr(answer.data, "\"password\":\"");
    assert_non_null(password);
    struct account_login login;
    char text[PASSWORD_NEW_SIZE] = "";
    memcpy(text, password + 12, PASSWORD_NEW_SIZE - 1);
    assert_int_equal(account_login_begin(db, "pat", "", start_ms, &login, NULL, &error), 0);
    assert_int_equal(account_login_verify(&login, text, strlen(text), &error), 0);
    assert_true(login.right);
    assert_true(login.must_change_password);
    assert_int_equal(run("{\"command\":\"close\",\"login\":\"pat\"}", &answer), 0);
    assert_int_equal(run("{\"command\":\"invite\",\"login\":\"pat\"}", &answer),
                     ERROR_CONFLICT);
    assert_string_equal(error.slug, "account.closed");
    assert_int_equal(run("{\"command\":\"reopen\",\"login\":\"pat\"}", &answer), 0);
    assert_int_equal(run("{\"command\":\"invite\",\"login\":\"pat\"}", &answer), 0);
}

static void a_failed_command_leaves_nothing(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer answer;
    buffer_init(&answer, BUFFER_CEILING_LINE);
    static const struct {
        const char *request, *slug;
    } rows[] = {
        {"{\"command\":\"promote\",\"login\":\"pat\"}", "person.command"},
        {"{\"command\":\"close\",\"login\":\"nobody\"}", "account.person_unknown"},
        {"{\"command\":\"add\",\"login\":\"x y\",\"name\":\"X\"}",
         "account.login_malformed"},
        {"{\"command\":\"add\",\"login\":\"pat\",\"name\":\"P\",\"roles\":[\"mayor\"]}",
         "role.unknown"},
        {"{\"command\":\"add\",\"login\":\"pat\",\"name\":\"P\",\"roles\":[\"department\"]"
         "}",
         "staff.department_missing"},
        {"{\"command\":\"add\",\"login\":\"pat\",\"name\":\"P\",\"roles\":[\"manager/X\"]}",
         "staff.department_unknown"},
        {"{\"command\":\"add\",\"login\":\"pat\",\"name\":\"P\",\"roles\":[\"manager@07\"]"
         "}",
         "role.malformed"},
        {"{\"command\":\"add\",\"login\":\"pat\",\"name\":\"P\",\"roles\":[\"manager@ward:"
         "8\"]}",
         "staff.area_unknown"},
        {"{\"command\":\"add\",\"login\":\"pat\",\"name\":\"P\",\"roles\":[7]}",
         "role.unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(run(rows[i].request, &answer) < 0);
        assert_string_equal(error.slug, rows[i].slug);
        struct account_person person;
        assert_int_equal(account_person_by_login(db, "pat", &person, &error),
                         ERROR_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(people_are_added_invited_changed_and_closed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failed_command_leaves_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
