// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/ini.h>

static int parse(const char *text, struct ini **ret_ini, struct error *error)
{
    return ini_parse("t.ini", text, strlen(text), ret_ini, error);
}

static void sections_keys_and_continued_values_are_read(void **state)
{
    (void)state;
    struct error error = {0};
    INI_CLEANUP struct ini *ini = NULL;
    assert_int_equal(
        parse("a = 1\n# note\n[City]\r\nName = 海淀\n  district\n; x\nurl = a=b\n", &ini,
              &error),
        0);
    assert_string_equal(ini_value(ini, "", "a"), "1");
    assert_string_equal(ini_value(ini, "city", "name"), "海淀 district");
    assert_string_equal(ini_value(ini, "city", "url"), "a=b");
    assert_null(ini_value(ini, "city", "none"));
    assert_int_equal(ini_entries(ini), 3);
    assert_int_equal(ini_entry(ini, 2)->line, 7);
}

static void errors_name_the_line(void **state)
{
    (void)state;
    struct error error = {0};
    struct ini *ini = NULL;
    assert_int_equal(parse("[a]\nx\n", &ini, &error), ERROR_INPUT);
    assert_non_null(strstr(error.message, "t.ini:2"));
    assert_int_equal(parse("[a\n", &ini, &error), ERROR_INPUT);
    assert_int_equal(parse("a=1\na=2\n", &ini, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "ini.double_key");
    assert_int_equal(parse("=1\n", &ini, &error), ERROR_INPUT);
    assert_int_equal(parse("a=\xFF\n", &ini, &error), ERROR_INPUT);
    assert_null(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_keys_and_continued_values_are_read),
        cmocka_unit_test(errors_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
