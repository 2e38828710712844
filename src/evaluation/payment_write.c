// SPDX-License-Identifier: MPL-2.0
// The payment sheet on pages, as a workbook that reckons, as CSV and JSON.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/document/book.h>
#include <gridcase/document/paper.h>
#include <gridcase/evaluation/payment.h>

#include "report_internal.h"

enum { SHEET_ARENA = 32 * 1024 * 1024, TEXT_SIZE = 60, HEAD = 2, FIRST = 3 };

static void value_text(const struct payment_sheet *sheet, const struct payment_item *item,
                       char out[REPORT_VALUE_SIZE])
{
    struct report_measure measure = {.unit = item->unit};
    report_value(&measure, item->value, sheet->chinese, out);
}

// "12.50 each", "5 % of the above when 90 % or more"
static void rule_text(const struct payment_sheet *sheet, const struct payment_item *item,
                      struct buffer *out)
{
    const struct payment_rule *rule = item->rule;
    struct report_measure measure = {.unit = item->unit};
    char bound[REPORT_VALUE_SIZE];
    if (rule->kind == PAYMENT_PERCENT) {
        buffer_format(out, REPORT_TEXT(sheet, "%g %% of the above", "以上合计的 %g %%"),
                      rule->amount * 100);
    } else {
        buffer_format(out, "%.2f", rule->amount);
    }
    if (rule->kind == PAYMENT_FIXED) {
        buffer_append_text(out, REPORT_TEXT(sheet, " a month", " / 月"));
    } else if (rule->kind == PAYMENT_EACH) {
        buffer_append_text(out, REPORT_TEXT(sheet, " each", " / 件"));
    }
    if (rule->kind >= PAYMENT_ONCE && !isinf(rule->least)) {
        report_value(&measure, rule->least, sheet->chinese, bound);
        buffer_format(out, " ≥ %s", bound);
    }
    if (rule->kind >= PAYMENT_ONCE && !isinf(rule->most)) {
        report_value(&measure, rule->most, sheet->chinese, bound);
        buffer_format(out, " < %s", bound);
    }
}

// ---- pages ----

static const struct paper_table *company_table(const struct payment_sheet *sheet,
                                               const struct payment_company *company,
                                               struct arena *arena)
{
    const struct paper_column heads[] = {
        {REPORT_TEXT(sheet, "Item", "项目"), 3, false},
        {REPORT_TEXT(sheet, "Measure", "指标"), 2.4, false},
        {REPORT_TEXT(sheet, "Value", "数值"), 1.2, true},
        {REPORT_TEXT(sheet, "Rule", "规则"), 2.4, false},
        {REPORT_TEXT(sheet, "Sum", "金额"), 1.5, true}};
    struct paper_table *table = arena_alloc(arena, sizeof(*table));
    struct paper_column *columns = arena_array(arena, 5, sizeof(*columns));
    struct paper_cell *cells =
        arena_array(arena, (company->item_count + 1) * 5, sizeof(*cells));
    struct paper_cell *cell = cells;
    memcpy(columns, heads, sizeof(heads));
    for (size_t i = 0; i < company->item_count; i++) {
        const struct payment_item *item = &company->items[i];
        char value[REPORT_VALUE_SIZE];
        BUFFER_CLEANUP struct buffer rule;
        buffer_init(&rule, BUFFER_CEILING_LINE);
        value_text(sheet, item, value);
        rule_text(sheet, item, &rule);
        *cell++ = (struct paper_cell){item->name, PAPER_PLAIN};
        *cell++ = (struct paper_cell){item->measure, PAPER_FAINT};
        *cell++ = (struct paper_cell){arena_text(arena, value), PAPER_PLAIN};
        *cell++ = (struct paper_cell){arena_text(arena, rule.data), PAPER_FAINT};
        *cell++ = (struct paper_cell){arena_format(arena, "%.2f", item->sum),
                                      item->sum < 0 ? PAPER_BAD : PAPER_PLAIN};
    }
    *cell = (struct paper_cell){REPORT_TEXT(sheet, "Total", "合计"), PAPER_PLAIN};
    cell[4] = (struct paper_cell){
        arena_format(arena, "%.2f %s", company->total, company->currency), PAPER_PLAIN};
    *table = (struct paper_table){5, columns, company->item_count + 1, cells, true};
    return table;
}

static int write_pdf(const struct payment_sheet *sheet, const struct report_write *how,
                     struct buffer *out, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(SHEET_ARENA);
    size_t count = 2 + sheet->company_count * 2;
    struct paper_block *blocks = arena_array(arena, count, sizeof(*blocks));
    const char *period = report_period_words(&sheet->period, sheet->chinese, arena);
    char created[INSTANT_TEXT_SIZE];
    instant_to_text(sheet->made_ms, created);
    const char *title = arena_format(
        arena, "%s%s", sheet->city,
        REPORT_TEXT(sheet, ": Payment of collection companies", "信息采集服务费结算单"));
    size_t n = 0;
    blocks[n++] = (struct paper_block){
        .kind = PAPER_TITLE,
        .text = title,
        .below = arena_format(
            arena, "%s%s · %s", period,
            sheet->running ? REPORT_TEXT(sheet, " (not over yet)", "（未结束）") : "",
            sheet->made)};
    for (size_t i = 0; i < sheet->company_count; i++) {
        const struct payment_company *company = &sheet->companies[i];
        blocks[n++] = (struct paper_block){
            .kind = PAPER_HEADING,
            .text = arena_format(arena, "%s (%s)", company->name, company->code)};
        blocks[n++] = (struct paper_block){.kind = PAPER_TABLE,
                                           .table = company_table(sheet, company, arena)};
    }
    blocks[n++] = (struct paper_block){
        .kind = PAPER_SMALL,
        .text = REPORT_TEXT(sheet,
                            "Signed for the office:            Signed for the "
                            "company:",
                            "采购单位（签章）：            采集公司（签章）：")};
    struct paper paper = {
        .size = how->phone ? PAPER_PHONE : PAPER_A4,
        .language = sheet->language,
        .title = title,
        .author = sheet->city,
        .created = created,
        .footer = arena_format(arena, "%s · %s", sheet->city, sheet->period.code),
        .block_count = n,
        .blocks = blocks};
    return paper_pdf(&paper, out, error);
}

// ---- a workbook ----

// Row numbers of formulas count from 1. Columns: C value, D least, E below, F amount, G
// sum.
static void item_formula(const struct payment_rule *rule, unsigned row, char *out,
                         size_t size)
{
    char within[120];
    snprintf(within, sizeof(within),
             "AND(ISNUMBER(C%u),OR(D%u=\"\",C%u>=D%u),OR(E%u=\"\",C%u<E%u))", row, row, row,
             row, row, row, row);
    if (rule->kind == PAYMENT_ONCE) {
        snprintf(out, size, "=IF(%s,ROUND(F%u,2),0)", within, row);
    } else if (rule->kind == PAYMENT_PERCENT && row > FIRST + 1) {
        snprintf(out, size, "=IF(%s,ROUND(F%u*SUM(G$%d:G%u),2),0)", within, row, FIRST + 1,
                 row - 1);
    } else if (rule->kind == PAYMENT_PERCENT) {
        snprintf(out, size, "=0");
    } else {
        snprintf(out, size, "=ROUND(N(C%u)*F%u,2)", row, row);
    }
}

static void put_item(struct book *book, uint32_t row, const struct payment_item *item)
{
    enum book_style style = item->unit == REPORT_SHARE ? BOOK_SHARE : BOOK_NUMBER;
    char formula[260];
    book_text(book, row, 0, item->name, BOOK_TEXT);
    book_text(book, row, 1, item->measure, BOOK_TEXT);
    book_number(book, row, 2, item->value, style);
    if (!isinf(item->rule->least)) {
        book_number(book, row, 3, item->rule->least, style);
    }
    if (!isinf(item->rule->most)) {
        book_number(book, row, 4, item->rule->most, style);
    }
    book_number(book, row, 5, item->rule->amount,
                item->rule->kind == PAYMENT_PERCENT ? BOOK_SHARE : BOOK_NUMBER);
    item_formula(item->rule, row + 1, formula, sizeof(formula));
    book_formula(book, row, 6, formula, item->sum, BOOK_NUMBER);
}

static int write_book(const struct payment_sheet *sheet, const struct report_write *how,
                      struct buffer *out, struct error *error)
{
    const char *heads[] = {
        REPORT_TEXT(sheet, "Item", "项目"),  REPORT_TEXT(sheet, "Measure", "指标"),
        REPORT_TEXT(sheet, "Value", "数值"), REPORT_TEXT(sheet, "At least", "不低于"),
        REPORT_TEXT(sheet, "Below", "低于"), REPORT_TEXT(sheet, "Amount", "标准"),
        REPORT_TEXT(sheet, "Sum", "金额")};
    BOOK_CLEANUP struct book *book = NULL;
    int code = book_new(how->directory, &book, error);
    if (code) {
        return code;
    }
    for (size_t i = 0; i < sheet->company_count; i++) {
        const struct payment_company *company = &sheet->companies[i];
        uint32_t last = FIRST + (uint32_t)company->item_count;
        char formula[60];
        book_sheet(book, company->name, HEAD);
        book_width(book, 0, 1, 30);
        book_width(book, 2, 6, 14);
        book_text(book, 0, 0, company->name, BOOK_TITLE);
        book_text(book, 1, 0, sheet->period.code, BOOK_NOTE);
        for (uint16_t c = 0; c < 7; c++) {
            book_text(book, HEAD, c, heads[c], BOOK_HEAD);
        }
        for (size_t k = 0; k < company->item_count; k++) {
            put_item(book, FIRST + (uint32_t)k, &company->items[k]);
        }
        book_text(book, last, 0, REPORT_TEXT(sheet, "Total", "合计"), BOOK_HEAD);
        book_text(book, last, 5, company->currency, BOOK_NOTE);
        snprintf(formula, sizeof(formula), "=SUM(G%d:G%u)", FIRST + 1, last);
        book_formula(book, last, 6, company->item_count ? formula : "=0", company->total,
                     BOOK_NUMBER);
    }
    if (sheet->company_count == 0) {
        book_sheet(book, REPORT_TEXT(sheet, "Payment", "结算"), HEAD);
        book_text(book, 0, 0, REPORT_TEXT(sheet, "No company", "无采集公司"), BOOK_NOTE);
    }
    return book_finish(book, out, error);
}

// ---- data ----

static void put_item_json(struct json_writer *json, const struct payment_item *item)
{
    json_begin_object(json, NULL);
    json_put_text(json, "code", item->rule->code);
    json_put_text(json, "name", item->name);
    json_put_text(json, "kind", payment_kind_to_str(item->rule->kind));
    json_put_text(json, "measure", item->rule->measure);
    json_put_double(json, "value", item->value, 6);
    json_put_double(json, "amount", item->rule->amount, 6);
    json_put_double(json, "at_least", item->rule->least, 6);
    json_put_double(json, "below", item->rule->most, 6);
    json_put_double(json, "sum", item->sum, 2);
    json_end_object(json);
}

static int write_json(const struct payment_sheet *sheet, struct buffer *out,
                      struct error *error)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_put_text(&json, "city", sheet->slug);
    json_put_text(&json, "period", sheet->period.code);
    json_put_bool(&json, "running", sheet->running);
    json_put_instant(&json, "made_at", sheet->made_ms);
    json_put_int(&json, "position", sheet->position);
    json_begin_array(&json, "companies");
    for (size_t i = 0; i < sheet->company_count; i++) {
        const struct payment_company *company = &sheet->companies[i];
        json_begin_object(&json, NULL);
        json_put_text(&json, "code", company->code);
        json_put_text(&json, "name", company->name);
        json_put_text(&json, "currency", company->currency);
        json_put_double(&json, "total", company->total, 2);
        json_begin_array(&json, "items");
        for (size_t k = 0; k < company->item_count; k++) {
            put_item_json(&json, &company->items[k]);
        }
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buffer_append_char(out, '\n');
    return buffer_check(out, error);
}

static int write_csv(const struct payment_sheet *sheet, struct buffer *out,
                     struct error *error)
{
    buffer_append_text(out, "\xef\xbb\xbf");
    buffer_append_text(
        out, REPORT_TEXT(sheet, "Company,Name,Item,Label,Measure,Value,Amount,Sum\r\n",
                         "公司编码,公司,项目编码,项目,指标,数值,标准,金额\r\n"));
    for (size_t i = 0; i < sheet->company_count; i++) {
        const struct payment_company *company = &sheet->companies[i];
        for (size_t k = 0; k < company->item_count; k++) {
            const struct payment_item *item = &company->items[k];
            const char *texts[] = {company->code, company->name, item->rule->code,
                                   item->name, item->rule->measure};
            for (size_t t = 0; t < 5; t++) {
                report_csv_cell(out, texts[t]);
                buffer_append_char(out, ',');
            }
            if (!isnan(item->value)) {
                buffer_format(out, "%.4f", item->value);
            }
            buffer_format(out, ",%.4f,%.2f\r\n", item->rule->amount, item->sum);
        }
    }
    return buffer_check(out, error);
}

int payment_write(const struct payment_sheet *sheet, const struct report_write *how,
                  struct buffer *out, struct error *error)
{
    switch (how->format) {
    case REPORT_PDF:
        return write_pdf(sheet, how, out, error);
    case REPORT_XLSX:
        return write_book(sheet, how, out, error);
    case REPORT_CSV:
        return write_csv(sheet, out, error);
    case REPORT_JSON:
        return write_json(sheet, out, error);
    case REPORT_DOCX:
    case REPORT_FORMAT_COUNT:
        break;
    }
    return error_set(error, ERROR_INPUT, "payment.format",
                     "the payment sheet comes as pdf, xlsx, csv or json");
}
