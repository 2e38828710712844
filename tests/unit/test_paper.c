// SPDX-License-Identifier: MPL-2.0
// Pages: what is refused, and that a document of every block comes out as a PDF. What is on
// the pages, tests/http/report.test.mjs reads with another program.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/file.h>
#include <gridcase/document/paper.h>

#include "unit/assert_ok.h"

static const char *const months[] = {"2026-05", "2026-06", "2026-07",
                                     "2026-08", "2026-09", "2026-10"};
static const double came[] = {120, 132, 90, NAN, 160, 171};
static const double went[] = {100, 128, 99, NAN, 150, 169};
static const struct paper_series series[] = {{"上报", came}, {"结案 closed", went}};

static const struct paper_card cards[] = {
    {"上报数", "1,713", "+ 4.2 % 环比", PAPER_BAD},
    {"结案率", "96.3 %", "+ 1.1 个百分点", PAPER_GOOD},
    {"按期处置率", "91.0 %", "不变", PAPER_FAINT},
    {"超期未处置", "17", "− 3", PAPER_GOOD},
};
static const struct paper_column columns[] = {
    {"部门", 3, false}, {"应处置", 1, true}, {"按期处置率", 1, true}};
static const struct paper_cell cells[] = {
    {"市政管理处", PAPER_PLAIN},      {"120", PAPER_PLAIN}, {"98.3 %", PAPER_GOOD},
    {"Water & <Sewer>", PAPER_PLAIN}, {"7", PAPER_PLAIN},   {NULL, PAPER_BAD}};
static const double ring[] = {116.30, 39.90, 116.34, 39.90, 116.34, 39.93, 116.30, 39.93};
static const struct paper_ring rings[] = {{4, ring}};
static const struct paper_shape shapes[] = {{1, rings, 3}};
static const double marks[] = {116.31, 39.91};

static const struct paper_cards card_block = {4, cards};
static const struct paper_table table = {3, columns, 2, cells, true};
static const struct paper_map map = {1,    shapes, 1,    shapes, {"1 – 9", "10 – 20"},
                                     "无", 1,      marks};
static const struct paper_picture pictures[] = {{NULL, 0, "学院路 1 号", "井盖破损 14 件"}};
static const struct paper_pictures photos = {1, pictures, "无照片"};

static void every_block_comes_out_as_a_pdf(void **state)
{
    struct error error = {0};
    struct buffer out;
    struct paper_chart charts[PAPER_FORM_COUNT];
    (void)state;
    for (int i = 0; i < PAPER_FORM_COUNT; i++) {
        charts[i] =
            (struct paper_chart){(enum paper_form)i, 6, months, i ? 2 : 1, series, false};
    }
    const struct paper_block blocks[] = {
        {.kind = PAPER_TITLE, .text = "城市管理评价月报", .below = "2026 年 10 月"},
        {.kind = PAPER_CARDS, .cards = &card_block},
        {.kind = PAPER_TEXT, .text = "本月上报 1,713 件。\x01 Bad bytes: \x02."},
        {.kind = PAPER_TABLE, .table = &table},
        {.kind = PAPER_HEADING, .text = "图"},
        {.kind = PAPER_CHART, .chart = &charts[PAPER_BARS]},
        {.kind = PAPER_CHART, .chart = &charts[PAPER_COLUMNS]},
        {.kind = PAPER_CHART, .chart = &charts[PAPER_LINES]},
        {.kind = PAPER_CHART, .chart = &charts[PAPER_SHARES]},
        {.kind = PAPER_NEW_PAGE},
        {.kind = PAPER_MAP, .map = &map},
        {.kind = PAPER_PICTURES, .pictures = &photos},
        {.kind = PAPER_SMALL, .text = "\xff not UTF-8"},
    };
    for (int size = 0; size < PAPER_SIZE_COUNT; size++) {
        struct paper paper = {.size = (enum paper_size)size,
                              .language = size ? "en" : "zh-CN",
                              .title = "城市管理评价月报",
                              .created = "2026-11-01T00:00:00Z",
                              .footer = "root 0123",
                              .block_count = sizeof(blocks) / sizeof(blocks[0]),
                              .blocks = blocks};
        buffer_init(&out, BUFFER_CEILING_REPLY);
        assert_ok(paper_pdf(&paper, &out, &error));
        assert_memory_equal(out.data, "%PDF-1.", 7);
        assert_true(out.length > 5000);
        const char *look = getenv("GRIDCASE_LOOK"); // a folder: to see the pages
        if (look) {
            char path[4096];
            assert_ok(
                file_path(path, sizeof(path), look, size ? "phone.pdf" : "a4.pdf", &error));
            assert_ok(file_write_atomic(path, out.data, out.length, &error));
        }
        buffer_done(&out);
    }
}

static void what_cannot_be_laid_out_is_refused(void **state)
{
    struct error error = {0};
    struct buffer out;
    (void)state;
    struct paper_table wide = {PAPER_COLUMNS_MOST + 1, columns, 0, NULL, false};
    struct paper_picture fake = {(const uint8_t *)"GIF89a....", 10, "", ""};
    struct paper_pictures wrong = {1, &fake, ""};
    struct paper_block block = {.kind = PAPER_TABLE, .table = &wide};
    struct paper paper = {
        .language = "en", .title = "", .footer = "", .block_count = 1, .blocks = &block};
    buffer_init(&out, BUFFER_CEILING_REPLY);
    assert_int_equal(paper_pdf(&paper, &out, &error), ERROR_LIMIT);
    block = (struct paper_block){.kind = PAPER_PICTURES, .pictures = &wrong};
    assert_int_equal(paper_pdf(&paper, &out, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "document.picture");
    struct paper_block many[PAPER_PAGES_MOST * 2 + 4];
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
        many[i] = i % 2 ? (struct paper_block){.kind = PAPER_NEW_PAGE}
                        : (struct paper_block){.kind = PAPER_TEXT, .text = "x"};
    }
    paper.block_count = sizeof(many) / sizeof(many[0]);
    paper.blocks = many;
    assert_int_equal(paper_pdf(&paper, &out, &error), ERROR_LIMIT);
    assert_string_equal(error.slug, "document.limit");
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_comes_out_as_a_pdf),
        cmocka_unit_test(what_cannot_be_laid_out_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
