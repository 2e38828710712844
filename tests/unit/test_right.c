// SPDX-License-Identifier: MPL-2.0
// Actors, the table of rights (tests/tables/rights.csv) and the masks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/account/right.h>
#include <gridcase/core/file.h>
#include <gridcase/core/table.h>
#include <gridcase/core/text.h>

enum { ME = 5, OTHER = 6 };

static int64_t cell_id(const struct table *table, size_t row, const char *column)
{
    const char *text = table_value(table, row, column);
    int64_t value = 0;
    if (text[0] != '\0')
        assert_int_equal(text_to_int(text, strlen(text), &value, NULL), 0);
    return value;
}

static struct actor row_actor(const struct table *table, size_t row)
{
    struct actor actor = actor_nobody();
    struct error error = {0};
    struct role_grant grant = {.area_id = cell_id(table, row, "grant_area"),
                               .department_id = cell_id(table, row, "grant_department")};
    const char *role = table_value(table, row, "role");
    if (role[0] == '\0')
        return actor;
    actor.person_id = ME;
    assert_int_equal(role_from_str(role, strlen(role), &grant.role, &error), 0);
    assert_int_equal(actor_add_grant(&actor, grant, &error), 0);
    return actor;
}

static void check_row(const struct table *table, size_t row)
{
    struct error error = {0};
    enum right right;
    const char *text = table_value(table, row, "right");
    assert_int_equal(right_from_str(text, strlen(text), &right, &error), 0);
    struct actor actor = row_actor(table, row);
    int64_t area = cell_id(table, row, "area");
    int64_t department = cell_id(table, row, "department");
    int64_t person = text_equal(table_value(table, row, "person"), "me") ? ME : OTHER;
    struct account_scope scope = {.area_ids = &area,
                                  .area_count = area != 0,
                                  .department_ids = &department,
                                  .department_count = department != 0,
                                  .person_ids = &person,
                                  .person_count = 1};
    bool expected = text_equal(table_value(table, row, "may"), "yes");
    bool may = account_may(&actor, right, &scope);
    if (may != expected)
        print_error("rights.csv:%d: %s\n", (int)table_line(table, row), text);
    assert_int_equal(may, expected);
    struct account_sight sight;
    account_sight(&actor, right, &sight);
    assert_int_equal(account_sight_allows(&sight, &scope), expected);
    int code = account_require(&actor, right, &scope, &error);
    int refused = actor_is_nobody(&actor) ? ERROR_UNAUTHENTICATED : ERROR_DENIED;
    assert_int_equal(code, expected ? 0 : refused);
    if (expected) // whoever may do it to something may enter the route
        assert_true(account_may(&actor, right, NULL));
}

static void each_row_of_the_table_holds(void **state)
{
    (void)state;
    const char *root = getenv("GRIDCASE_ROOT");
    char path[4096];
    struct error error = {0};
    BUFFER_CLEANUP struct buffer text;
    TABLE_CLEANUP struct table *table = NULL;
    buffer_init(&text, BUFFER_CEILING_FILE);
    assert_int_equal(
        text_format(path, sizeof path, "%s/tests/tables/rights.csv", root ? root : "."), 0);
    assert_int_equal(file_read(path, &text, &error), 0);
    assert_int_equal(
        table_parse_csv("rights", "rights.csv", text.data, text.length, &table, &error), 0);
    assert_true(table_rows(table) > 40);
    for (size_t row = 0; row < table_rows(table); row++)
        check_row(table, row);
}

static void the_system_has_every_right(void **state)
{
    (void)state;
    struct actor system = actor_system();
    struct account_scope nothing = {0};
    for (unsigned right = 0; right < RIGHT_COUNT; right++) {
        assert_true(account_may(&system, (enum right)right, NULL));
        assert_true(account_may(&system, (enum right)right, &nothing));
    }
}

static void nobody_has_only_what_is_public(void **state)
{
    (void)state;
    struct actor nobody = actor_nobody();
    for (unsigned right = 0; right < RIGHT_COUNT; right++)
        assert_int_equal(account_may(&nobody, (enum right)right, NULL),
                         right == RIGHT_PUBLIC);
}

static void two_roles_add_up(void **state)
{
    (void)state;
    struct actor actor = {.person_id = ME};
    struct error error = {0};
    assert_int_equal(
        actor_add_grant(&actor, (struct role_grant){ROLE_ACCEPTOR, 7, 0}, &error), 0);
    assert_int_equal(
        actor_add_grant(&actor, (struct role_grant){ROLE_DEPARTMENT, 0, 30}, &error), 0);
    struct account_sight sight;
    account_sight(&actor, RIGHT_CASE_READ, &sight);
    assert_false(sight.everything);
    assert_int_equal(sight.clause_count, 2);
    int64_t elsewhere = 8, department = 30;
    struct account_scope scope = {.area_ids = &elsewhere,
                                  .area_count = 1,
                                  .department_ids = &department,
                                  .department_count = 1};
    assert_true(account_may(&actor, RIGHT_CASE_READ, &scope));
    assert_false(account_may(&actor, RIGHT_REPORTER_READ, &scope)); // only as acceptor of 7
    assert_true(actor_acts_for(&actor, 30));
    assert_false(actor_acts_for(&actor, 31));
    assert_int_equal(actor_roles(&actor), 1u << ROLE_ACCEPTOR | 1u << ROLE_DEPARTMENT);
}

static void names_of_roles_and_rights_go_there_and_back(void **state)
{
    (void)state;
    struct error error = {0};
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        enum role role;
        const char *text = role_to_str((enum role)i);
        assert_int_equal(role_from_str(text, strlen(text), &role, &error), 0);
        assert_int_equal(role, i);
        assert_string_not_equal(role_label(role, "en"), "");
        assert_string_not_equal(role_label(role, "zh-CN"), role_label(role, "en"));
    }
    for (unsigned i = 0; i < RIGHT_COUNT; i++) {
        enum right right;
        const char *text = right_to_str((enum right)i);
        assert_string_not_equal(text, "");
        assert_int_equal(right_from_str(text, strlen(text), &right, &error), 0);
        assert_int_equal(right, i);
    }
    enum role role;
    assert_int_equal(role_from_str("mayor", 5, &role, &error), ERROR_INPUT);
}

static void ceilings_of_an_actor_are_errors(void **state)
{
    (void)state;
    struct actor actor = {.person_id = ME};
    struct error error = {0};
    for (int i = 0; i < ACTOR_GRANTS_MAX; i++)
        assert_int_equal(
            actor_add_grant(&actor, (struct role_grant){ROLE_COLLECTOR, i + 1, 0}, &error),
            0);
    assert_int_equal(actor_add_grant(&actor, (struct role_grant){0}, &error), ERROR_LIMIT);
    for (int i = 0; i < ACTOR_DEPARTMENTS_MAX; i++)
        assert_int_equal(actor_add_department(&actor, 100 - i, &error), 0);
    assert_int_equal(actor_add_department(&actor, 80, &error), 0); // there already
    assert_int_equal(actor_add_department(&actor, 200, &error), ERROR_LIMIT);
    for (size_t i = 1; i < actor.department_count; i++)
        assert_true(actor.departments[i - 1] < actor.departments[i]);
}

static void masks_keep_little(void **state)
{
    (void)state;
    char out[64];
    account_mask_name("Margaret O'Neill", out, sizeof out);
    assert_string_equal(out, "M**");
    account_mask_name("王小明", out, sizeof out);
    assert_string_equal(out, "王**");
    account_mask_name("", out, sizeof out);
    assert_string_equal(out, "");
    account_mask_name(NULL, out, sizeof out);
    assert_string_equal(out, "");
    account_mask_name("\xe7\x8e", out, sizeof out); // half a character
    assert_string_equal(out, "**");
    account_mask_phone("+1 617 555 0142", out, sizeof out);
    assert_string_equal(out, "******42");
    account_mask_phone("911", out, sizeof out);
    assert_string_equal(out, "******");
    account_mask_email("maggie@example.org", out, sizeof out);
    assert_string_equal(out, "m**@example.org");
    account_mask_email("@example.org", out, sizeof out);
    assert_string_equal(out, "**@example.org");
    account_mask_email("nonsense", out, sizeof out);
    assert_string_equal(out, "**");
    account_mask_email("maggie@example.org", out, 4);
    assert_string_equal(out, "m**");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_table_holds),
        cmocka_unit_test(the_system_has_every_right),
        cmocka_unit_test(nobody_has_only_what_is_public),
        cmocka_unit_test(two_roles_add_up),
        cmocka_unit_test(names_of_roles_and_rights_go_there_and_back),
        cmocka_unit_test(ceilings_of_an_actor_are_errors),
        cmocka_unit_test(masks_keep_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
