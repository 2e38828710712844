// SPDX-License-Identifier: MPL-2.0
// Archives, and an office's template filled: fields cut by a word processor, rows repeated,
// what is not there refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/zip.h>
#include <gridcase/document/docx.h>

#include "unit/assert_ok.h"

static const struct docx_field fields[] = {
    {"city", "Big & <Small>"}, {"note", "one\ntwo"}, {"empty", NULL}};
static const char *const columns[] = {"name", "rate"};
static const char *const cells[] = {"Parks", "98 %", "道路处", NULL};
static const struct docx_rows tables[] = {{.name = "groups",
                                           .column_count = 2,
                                           .columns = columns,
                                           .row_count = 2,
                                           .cells = cells}};
static const struct docx_values values = {3, fields, 1, tables};

static void make(const char *document, struct buffer *out)
{
    struct error error = {0};
    struct zip_writer *writer = zip_writer_new(out);
    assert_ok(zip_add(writer, "[Content_Types].xml", "<Types/>", 8, &error));
    assert_ok(zip_add(writer, "word/document.xml", document, strlen(document), &error));
    assert_ok(
        zip_add(writer, "word/header1.xml", "<w:p><w:t>{{city}}</w:t></w:p>", 30, &error));
    assert_ok(zip_finish(writer, &error));
    zip_writer_free(writer);
}

// The document of a template with these words, filled; error->code when it is refused.
static char *fill(const char *document, struct error *error)
{
    struct buffer from;
    struct buffer to;
    struct buffer text;
    struct zip *zip = NULL;
    char *result = NULL;
    buffer_init(&from, BUFFER_CEILING_REPLY);
    buffer_init(&to, BUFFER_CEILING_REPLY);
    buffer_init(&text, BUFFER_CEILING_REPLY);
    *error = (struct error){0};
    make(document, &from);
    if (docx_fill(from.data, from.length, &values, &to, error) == 0) {
        assert_int_equal(zip_open(to.data, to.length, &zip, error), 0);
        assert_int_equal(zip_entries(zip), 3);
        assert_string_equal(zip_name(zip, 0), "[Content_Types].xml");
        assert_int_equal(zip_read(zip, 1, &text, error), 0);
        result = buffer_take(&text, NULL);
        zip_close(zip);
    }
    buffer_done(&from);
    buffer_done(&to);
    return result;
}

static void expect(const char *document, const char *filled)
{
    struct error error;
    char *text = fill(document, &error);
    if (!text) {
        fail_msg("%s: %s", document, error.message);
    }
    assert_string_equal(text, filled);
    free(text);
}

static void a_field_becomes_its_value_wherever_it_is_cut(void **state)
{
    (void)state;
    expect("<w:p><w:r><w:t>In {{city}}.</w:t></w:r></w:p>",
           "<w:p><w:r><w:t>In Big &amp; &lt;Small&gt;.</w:t></w:r></w:p>");
    expect("<w:p><w:t>a{</w:t><w:b/><w:t xml:space=\"preserve\">{ ci</w:t><w:t/><w:t>ty "
           "}}b</w:t></w:p>",
           "<w:p><w:t>aBig &amp; &lt;Small&gt;</w:t><w:b/><w:t "
           "xml:space=\"preserve\"></w:t><w:t/><w:t>b</w:t></w:p>");
    expect("<w:p><w:t>{{note}}{{empty}}</w:t></w:p>",
           "<w:p><w:t>one</w:t><w:br/><w:t xml:space=\"preserve\">two</w:t></w:p>");
    expect("<w:p><w:t>no { field } here</w:t></w:p>",
           "<w:p><w:t>no { field } here</w:t></w:p>");
}

static void a_row_comes_once_for_each_row_of_its_table(void **state)
{
    (void)state;
    expect("<w:tbl><w:tr a=\"1\"><w:p><w:t>Head</w:t></w:p></w:tr><w:tr><w:p><w:t>{{groups."
           "name}}</w:t></w:p><w:p><w:t>{{groups.rate}} {{empty}}</w:t></w:p></w:tr></"
           "w:tbl>",
           "<w:tbl><w:tr a=\"1\"><w:p><w:t>Head</w:t></w:p></w:tr>"
           "<w:tr><w:p><w:t>Parks</w:t></w:p><w:p><w:t>98 % </w:t></w:p></w:tr>"
           "<w:tr><w:p><w:t>道路处</w:t></w:p><w:p><w:t> </w:t></w:p></w:tr></w:tbl>");
}

// What an archive holds under a name; "" when there is none.
static char *entry(const struct buffer *archive, const char *name)
{
    struct error error = {0};
    struct zip *zip = NULL;
    struct buffer text;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    assert_ok(zip_open(archive->data, archive->length, &zip, &error));
    for (size_t i = 0; i < zip_entries(zip); i++) {
        if (strcmp(zip_name(zip, i), name) == 0) {
            assert_ok(zip_read(zip, i, &text, &error));
        }
    }
    zip_close(zip);
    buffer_append_char(&text, '\0');
    return buffer_take(&text, NULL);
}

static void a_picture_stands_in_its_row_and_in_both_lists(void **state)
{
    // The head of a frame 32 wide, 16 high.
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 32, 1, 1};
    static const struct docx_picture pictures[] = {{jpeg, sizeof(jpeg)}, {NULL, 0}};
    static const struct docx_rows spots[] = {{.name = "spots",
                                              .row_count = 2,
                                              .picture = "photo",
                                              .pictures = pictures,
                                              .missing = "no photo"}};
    static const struct docx_values with = {.rows_count = 1, .rows = spots};
    static const char document[] =
        "<w:tr><w:p><w:r><w:t>{{spots.photo}}</w:t></w:r></w:p></w:tr>";
    static const struct {
        const char *name, *has;
    } expected[] = {
        {"[Content_Types].xml", "<Types><Default Extension=\"gridcasejpg\" "},
        {"word/_rels/document.xml.rels", "Id=\"gridcase1\""},
        {"word/document.xml", "<wp:extent cx=\"1620000\" cy=\"810000\"/>"},
        {"word/document.xml", "<w:t>no photo</w:t>"},
        {"word/media/gridcase1.gridcasejpg", "\xff\xd8\xff\xc0"},
    };
    struct error error = {0};
    struct buffer from;
    struct buffer to;
    (void)state;
    buffer_init(&from, BUFFER_CEILING_REPLY);
    buffer_init(&to, BUFFER_CEILING_REPLY);
    struct zip_writer *writer = zip_writer_new(&from);
    assert_ok(zip_add(writer, "[Content_Types].xml", "<Types></Types>", 15, &error));
    assert_ok(zip_add(writer, "word/document.xml", document, strlen(document), &error));
    assert_ok(zip_finish(writer, &error));
    zip_writer_free(writer);
    assert_ok(docx_fill(from.data, from.length, &with, &to, &error));
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        char *text = entry(&to, expected[i].name);
        if (!strstr(text, expected[i].has)) {
            fail_msg("%s: %s", expected[i].name, text);
        }
        free(text);
    }
    buffer_done(&from);
    buffer_done(&to);
}

static void what_is_not_there_is_refused_by_name(void **state)
{
    static const char *const wrong[] = {
        "<w:p><w:t>{{nowhere}}</w:t></w:p>", "<w:p><w:t>{{city}</w:t></w:p>",
        "<w:p><w:t>{{groups.name}}</w:t></w:p>", // not in a row
        "<w:tr><w:p><w:t>{{groups.height}}</w:t></w:p></w:tr>"};
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_null(fill(wrong[i], &error));
        assert_string_equal(error.slug, "docx.field");
    }
    assert_null(fill("<w:tr><w:p><w:t>cut", &error));
    assert_string_equal(error.slug, "docx.broken");
}

static void an_archive_that_is_not_whole_is_refused(void **state)
{
    struct error error = {0};
    struct buffer from;
    struct buffer out;
    struct zip *zip = NULL;
    (void)state;
    buffer_init(&from, BUFFER_CEILING_REPLY);
    buffer_init(&out, BUFFER_CEILING_REPLY);
    make("<w:p/>", &from);
    for (size_t cut = 0; cut < from.length; cut++) {
        char *part = memcpy(malloc(cut + 1), from.data, cut); // so that reading past shows
        assert_int_equal(docx_fill(part, cut, &values, &out, &error), ERROR_INPUT);
        free(part);
    }
    for (size_t at = 0; at < from.length; at++) { // any byte wrong: read or refused
        from.data[at] = (char)(from.data[at] ^ 0x5a);
        if (zip_open(from.data, from.length, &zip, &error) == 0) {
            for (size_t i = 0; i < zip_entries(zip); i++) {
                buffer_clear(&out);
                (void)!zip_read(zip, i, &out, &error);
            }
            zip = zip_close(zip);
        }
        from.data[at] = (char)(from.data[at] ^ 0x5a);
    }
    buffer_done(&from);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_becomes_its_value_wherever_it_is_cut),
        cmocka_unit_test(a_row_comes_once_for_each_row_of_its_table),
        cmocka_unit_test(a_picture_stands_in_its_row_and_in_both_lists),
        cmocka_unit_test(what_is_not_there_is_refused_by_name),
        cmocka_unit_test(an_archive_that_is_not_whole_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
