// SPDX-License-Identifier: MPL-2.0
// Runs tests/tables/search.txt, which says itself how it is read; and the bounds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/search.h>

#include "rules_support.h"

enum { PARTS = 4 };

static int failures;

static void append(void *context, const char *token, size_t length)
{
    struct buffer *out = context;
    if (out->length > 0)
        buffer_append_char(out, ' ');
    buffer_append(out, token, length);
}

struct found {
    const struct search_question *question;
    uint64_t bits;
};

static void look(void *context, const char *token, size_t length)
{
    struct found *found = context;
    for (size_t i = 0; i < found->question->count; i++)
        if (search_term_fits(&found->question->terms[i], token, length))
            found->bits |= UINT64_C(1) << i;
}

static bool finds(const struct search_question *question, const char *text)
{
    struct found found = {question, 0};
    search_cut(text, strlen(text), look, &found);
    for (size_t i = 0; i < question->count; i++)
        if ((found.bits >> i & 1) == 0)
            return false;
    return true;
}

// \xHH becomes its byte.
static void unescape(char *text)
{
    char *out = text;
    for (; *text != '\0'; text++) {
        if (text[0] == '\\' && text[1] == 'x') {
            char hex[3] = {text[2], text[3], '\0'};
            *out++ = (char)strtol(hex, NULL, 16);
            text += 3;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

static void check(int line, const char *what, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) == 0)
        return;
    fprintf(stderr, "search.txt:%d: %s: got '%s', wanted '%s'\n", line, what, got, wanted);
    failures++;
}

static void run_line(int line, char *parts[PARTS], size_t count)
{
    struct search_question question;
    struct error error = {0};
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_LINE);
    buffer_append(&out, "", 0);
    const char *kind = parts[0];
    if (strcmp(kind, "cut") == 0 && count == 3) {
        search_cut(parts[1], strlen(parts[1]), append, &out);
        check(line, parts[1], out.data ? out.data : "", parts[2]);
    } else if (strcmp(kind, "number") == 0 && count == 3) {
        search_cut_number(parts[1], append, &out);
        check(line, parts[1], out.data ? out.data : "", parts[2]);
    } else if (strcmp(kind, "ask") == 0 && count == 4) {
        int code = search_question_read(parts[1], strlen(parts[1]), &question, &error);
        check(line, parts[1],
              code != 0                    ? error.slug
              : finds(&question, parts[2]) ? "yes"
                                           : "no",
              parts[3]);
    } else if (strcmp(kind, "refused") == 0 && count == 3) {
        int code = search_question_read(parts[1], strlen(parts[1]), &question, &error);
        check(line, parts[1], code != 0 ? error.slug : "taken", parts[2]);
    } else {
        check(line, "a line", kind, "cut, number, ask or refused with its parts");
    }
}

static void every_line_of_the_table_holds(void **state)
{
    (void)state;
    size_t length = 0;
    char *text = support_file("tests/tables/search.txt", &length);
    int number = 0, lines = 0;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        number++;
        char *parts[PARTS] = {NULL};
        size_t count = 0;
        line = text_trim(line);
        if (*line == '\0' || *line == '#')
            continue;
        for (char *part; count < PARTS && (part = strsep(&line, "|")) != NULL;) {
            parts[count] = text_trim(part);
            unescape(parts[count++]);
        }
        run_line(number, parts, count);
        lines++;
    }
    free(text);
    assert_int_equal(failures, 0);
    assert_true(lines > 50);
}

static void questions_are_bounded(void **state)
{
    (void)state;
    struct search_question question;
    struct error error = {0};
    char text[10001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(search_question_read(text, 10000, &question, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "search.too_long");
    assert_int_equal(search_question_read(text, SEARCH_QUESTION_MOST, &question, &error),
                     0);
    assert_int_equal(question.count, 1);
    assert_int_equal(question.terms[0].length, SEARCH_TOKEN_SIZE - 1);
    assert_true(question.terms[0].prefix);
    for (size_t i = 1; i < sizeof text - 1; i += 2)
        text[i] = ' ';
    assert_int_equal(search_question_read(text, SEARCH_QUESTION_MOST, &question, &error),
                     ERROR_INPUT);
    assert_string_equal(error.slug, "search.too_long");
    assert_int_equal(search_question_read(text, 2 * SEARCH_TERMS_MOST, &question, &error),
                     0);
    assert_int_equal(question.count, SEARCH_TERMS_MOST);
    assert_int_equal(question.units, SEARCH_TERMS_MOST);
}

static void pairs_of_one_run_are_one_unit(void **state)
{
    (void)state;
    struct search_question question;
    struct error error = {0};
    const char *text = "上水井盖 盖子 pothole";
    assert_int_equal(search_question_read(text, strlen(text), &question, &error), 0);
    assert_int_equal(question.count, 5);
    assert_int_equal(question.units, 3);
    assert_int_equal(question.terms[2].unit, 0);
    assert_int_equal(question.terms[3].unit, 1);
    assert_int_equal(question.terms[4].unit, 2);
    assert_false(question.terms[3].prefix);
    assert_true(question.terms[4].prefix);
}

static void a_number_typed_anyhow_is_plain(void **state)
{
    (void)state;
    struct search_question question;
    struct error error = {0};
    const char *const ways[] = {"BOS202611220001", "bos 20261122-0001",
                                "ＢＯＳ２０２６１１２２０００１"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(search_question_read(ways[i], strlen(ways[i]), &question, &error),
                         0);
        assert_string_equal(question.plain, "bos202611220001");
    }
}

static void tokens_never_hold_what_an_engine_might_read(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t length = (size_t)support_between(&seed, 0, 63);
        for (size_t i = 0; i < length; i++)
            text[i] = (char)support_between(&seed, 1, 255);
        BUFFER_CLEANUP struct buffer out;
        buffer_init(&out, BUFFER_CEILING_LINE);
        search_cut(text, length, append, &out);
        for (size_t i = 0; i < out.length; i++) {
            char c = out.data[i];
            assert_true(c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (unsigned char)c >= 0x80);
        }
        if (out.length > 0)
            assert_true(text_is_utf8(out.data, out.length));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_the_table_holds),
        cmocka_unit_test(questions_are_bounded),
        cmocka_unit_test(pairs_of_one_run_are_one_unit),
        cmocka_unit_test(a_number_typed_anyhow_is_plain),
        cmocka_unit_test(tokens_never_hold_what_an_engine_might_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
