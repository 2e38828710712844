// SPDX-License-Identifier: MPL-2.0
// Tables for people: CSV to the byte; the workbook is opened by another reader in
// tests/http/export.test.mjs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/document/sheet.h>
#include <gridcase/rules/zone.h>

static struct zone *zone;

static int set_up(void **state)
{
    (void)state;
    struct error error = {0};
    return zone_new("America/New_York", &zone, &error);
}

static int tear_down(void **state)
{
    (void)state;
    zone = zone_free(zone);
    return 0;
}

static const struct sheet_column three[] = {{"编号", 10}, {"What, where", 10}, {"At", 10}};

static struct sheet *begin(enum sheet_format format)
{
    struct sheet *sheet = NULL;
    struct error error = {0};
    struct sheet_options options = {.format = format,
                                    .name = "Cases",
                                    .notes = "About",
                                    .columns = three,
                                    .column_count = 3,
                                    .zone = zone};
    assert_int_equal(sheet_new(&options, &sheet, &error), 0);
    return sheet;
}

static size_t finish(struct sheet *sheet, char *out, size_t size)
{
    struct error error = {0};
    int descriptor = -1;
    int64_t length = 0;
    assert_int_equal(sheet_finish(sheet, &descriptor, &length, &error), 0);
    assert_in_range(length, 1, size - 1);
    assert_int_equal(read(descriptor, out, size - 1), length);
    out[length] = '\0';
    close(descriptor);
    sheet_free(sheet);
    return (size_t)length;
}

static void row(struct sheet *sheet, const char *a, const char *b, int64_t at)
{
    struct error error = {0};
    sheet_text(sheet, a, SHEET_PLAIN);
    sheet_text(sheet, b, SHEET_RED);
    sheet_instant(sheet, at);
    assert_int_equal(sheet_end_row(sheet, &error), 0);
}

static void test_csv_bytes(void **state)
{
    (void)state;
    char out[4096];
    struct sheet *sheet = begin(SHEET_CSV);
    row(sheet, "a \"b\"", "line\r\nbreak", 0);
    row(sheet, NULL, "", INSTANT_NONE);
    struct error error = {0};
    sheet_number(sheet, -71.05951234, 6);
    assert_int_equal(sheet_end_row(sheet, &error), 0); // a short row gets its commas
    finish(sheet, out, sizeof(out));
    assert_string_equal(out, "\xef\xbb\xbf编号,\"What, where\",At\r\n"
                             "\"a \"\"b\"\"\",\"line\nbreak\",1969-12-31 19:00:00\r\n"
                             ",,\r\n"
                             "-71.059512,,\r\n");
}

static void test_formulas_are_defused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "=1+1", "+1",    "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1",
        "  =1", "＝1+1", "\n=HYPERLINK(\"x\")"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char out[4096];
        struct sheet *sheet = begin(SHEET_CSV);
        row(sheet, bad[i], "1-2", INSTANT_NONE);
        finish(sheet, out, sizeof(out));
        const char *line = strchr(out, '\n') + 1;
        assert_int_equal(line[*line == '"'], '\'');
        assert_non_null(strstr(line, ",1-2,")); // not everything with a sign in it
    }
}

static void test_what_no_cell_can_hold(void **state)
{
    (void)state;
    static char out[100 * 1024], text[SHEET_TEXT_MOST + 3000];
    struct sheet *sheet = begin(SHEET_CSV);
    for (size_t i = 0; i + 3 < sizeof(text); i += 3) {
        memcpy(text + i, "格", 3);
    }
    row(sheet,
        "a\x01\x0b\x7f\xef\xbf\xbf\xef\xbf\xbe"
        "b",
        text, INSTANT_NONE);
    size_t length = finish(sheet, out, sizeof(out));
    assert_in_range(length, SHEET_TEXT_MOST, SHEET_TEXT_MOST + 200);
    assert_non_null(strstr(out, "\nab,格"));
    assert_non_null(strstr(out, "格,\r\n")); // cut at a character
}

static void test_cells_beyond_the_last_column(void **state)
{
    (void)state;
    char out[4096];
    struct error error = {0};
    struct sheet *sheet = begin(SHEET_CSV);
    for (int i = 0; i < 9; i++) {
        sheet_number(sheet, i, 0);
    }
    assert_int_equal(sheet_end_row(sheet, &error), 0);
    finish(sheet, out, sizeof(out));
    assert_non_null(strstr(out, "\r\n0,1,2\r\n"));
}

static void test_workbook_is_a_zip_and_leaves_no_file(void **state)
{
    (void)state;
    static char out[256 * 1024];
    struct sheet *sheet = begin(SHEET_XLSX);
    row(sheet, "=1", "格网", 0);
    sheet_note(sheet, "Zone", "America/New_York");
    size_t length = finish(sheet, out, sizeof(out));
    assert_memory_equal(out, "PK\x03\x04", 4);
    assert_in_range(length, 3000, sizeof(out));
    assert_string_equal(sheet_format_ending(SHEET_XLSX), "xlsx");
}

static void test_given_up_in_the_middle(void **state)
{
    (void)state;
    for (int format = 0; format < SHEET_FORMAT_COUNT; format++) {
        struct sheet *sheet = begin((enum sheet_format)format);
        row(sheet, "a", "b", 0);
        assert_null(sheet_free(sheet));
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct sheet *sheet = NULL;
    struct error error = {0};
    struct sheet_options options = {.format = SHEET_CSV, .columns = three, .zone = zone};
    assert_int_equal(sheet_new(&options, &sheet, &error), ERROR_LIMIT);
    assert_string_equal(error.slug, "document.limit");
    options.column_count = 3;
    options.directory = "/no/such/folder";
    assert_int_equal(sheet_new(&options, &sheet, &error), ERROR_IO);
    assert_string_equal(error.slug, "document.io");
    assert_null(sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_bytes),
        cmocka_unit_test(test_formulas_are_defused),
        cmocka_unit_test(test_what_no_cell_can_hold),
        cmocka_unit_test(test_cells_beyond_the_last_column),
        cmocka_unit_test(test_workbook_is_a_zip_and_leaves_no_file),
        cmocka_unit_test(test_given_up_in_the_middle),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
