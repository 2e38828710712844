// SPDX-License-Identifier: MPL-2.0
// An XLSX workbook through libxlsxwriter, row by row in its constant-memory mode.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xlsxwriter.h>

#include <gridcase/core/arena.h>

#include "sheet_internal.h"

enum { DECIMALS_MOST = 7 };

struct sheet_writer {
    lxw_workbook *book;
    lxw_worksheet *table;
    lxw_worksheet *notes; // made with the first note
    char notes_name[128];
    lxw_row_t note_count;
    lxw_format *instant;
    lxw_format *wrapped;
    lxw_format *bold;
    lxw_format *tones[SHEET_TONE_COUNT];
    lxw_format *decimals[DECIMALS_MOST + 1];
};

static void fail(struct sheet *sheet, lxw_error code)
{
    if (code != LXW_NO_ERROR && !sheet->failure.code) {
        (void)error_set(&sheet->failure, ERROR_IO, "document.io",
                        "the table cannot be written: %s", lxw_strerror(code));
    }
}

static void make_formats(struct sheet_writer *writer)
{
    static const lxw_color_t colours[SHEET_TONE_COUNT] = {
        [SHEET_GREEN] = 0xd8f0dc, [SHEET_YELLOW] = 0xfdeec2, [SHEET_RED] = 0xf9d4d0};
    lxw_workbook *book = writer->book;
    writer->bold = workbook_add_format(book);
    format_set_bold(writer->bold);
    format_set_bottom(writer->bold, LXW_BORDER_THIN);
    format_set_bg_color(writer->bold, 0xe8edf2);
    format_set_text_wrap(writer->bold);
    format_set_align(writer->bold, LXW_ALIGN_VERTICAL_TOP);
    writer->wrapped = workbook_add_format(book);
    format_set_align(writer->wrapped, LXW_ALIGN_VERTICAL_TOP);
    writer->instant = workbook_add_format(book);
    format_set_num_format(writer->instant, "yyyy-mm-dd hh:mm");
    format_set_align(writer->instant, LXW_ALIGN_VERTICAL_TOP);
    format_set_align(writer->instant, LXW_ALIGN_LEFT);
    for (int i = 0; i <= DECIMALS_MOST; i++) {
        char text[16] = "0.";
        memset(text + 2, '0', (size_t)i);
        text[i == 0 ? 1 : i + 2] = '\0';
        writer->decimals[i] = workbook_add_format(book);
        format_set_num_format(writer->decimals[i], text);
        format_set_align(writer->decimals[i], LXW_ALIGN_VERTICAL_TOP);
    }
    for (int i = SHEET_GREEN; i < SHEET_TONE_COUNT; i++) {
        writer->tones[i] = workbook_add_format(book);
        format_set_bg_color(writer->tones[i], colours[i]);
        format_set_align(writer->tones[i], LXW_ALIGN_VERTICAL_TOP);
    }
    writer->tones[SHEET_PLAIN] = writer->wrapped;
}

static void lay_out(struct sheet *sheet, const struct sheet_options *options)
{
    lxw_worksheet *table = sheet->writer->table;
    lxw_col_t last = (lxw_col_t)(options->column_count - 1);
    for (size_t i = 0; i < options->column_count; i++) {
        lxw_col_t column = (lxw_col_t)i;
        fail(sheet,
             worksheet_set_column(table, column, column, options->columns[i].width, NULL));
    }
    worksheet_freeze_panes(table, 1, 1);
    worksheet_set_landscape(table);
    worksheet_set_paper(table, 9); // A4
    worksheet_fit_to_pages(table, 1, 0);
    fail(sheet, worksheet_repeat_rows(table, 0, 0));
    fail(sheet, worksheet_set_footer(table, "&L&A&R&P / &N"));
    for (size_t i = 0; i <= last; i++) {
        fail(sheet, worksheet_write_string(table, 0, (lxw_col_t)i,
                                           options->columns[i].title, sheet->writer->bold));
    }
}

static int xlsx_start(struct sheet *sheet, const struct sheet_options *options,
                      struct error *error)
{
    char path[64];
    sheet->writer = memory_new(sizeof(*sheet->writer));
    struct sheet_writer *writer = sheet->writer;
    lxw_workbook_options book = {.constant_memory = LXW_TRUE,
                                 .tmpdir = sheet->directory[0] ? sheet->directory : NULL};
    snprintf(writer->notes_name, sizeof(writer->notes_name), "%s", options->notes);
    // The file has no name; the library opens it by number when the workbook is closed.
    snprintf(path, sizeof(path), "/proc/self/fd/%d", sheet->descriptor);
    writer->book = workbook_new_opt(path, &book);
    writer->table =
        writer->book ? workbook_add_worksheet(writer->book, options->name) : NULL;
    if (!writer->table) {
        return error_set(error, ERROR_IO, "document.io", "a workbook cannot be made");
    }
    make_formats(writer);
    lay_out(sheet, options);
    *error = sheet->failure;
    return sheet->failure.code;
}

static void xlsx_text(struct sheet *sheet, const char *text, enum sheet_tone tone)
{
    fail(sheet, worksheet_write_string(sheet->writer->table, (lxw_row_t)sheet->row,
                                       (lxw_col_t)sheet->column, text,
                                       sheet->writer->tones[tone]));
}

static void xlsx_number(struct sheet *sheet, double number, int decimals)
{
    int shown = decimals < 0 ? 0 : decimals > DECIMALS_MOST ? DECIMALS_MOST : decimals;
    fail(sheet, worksheet_write_number(sheet->writer->table, (lxw_row_t)sheet->row,
                                       (lxw_col_t)sheet->column, number,
                                       sheet->writer->decimals[shown]));
}

static void xlsx_instant(struct sheet *sheet, const struct zone_local *local)
{
    lxw_datetime when = {local->year, local->month,  local->day,
                         local->hour, local->minute, (double)local->second};
    fail(sheet,
         worksheet_write_datetime(sheet->writer->table, (lxw_row_t)sheet->row,
                                  (lxw_col_t)sheet->column, &when, sheet->writer->instant));
}

static int xlsx_end_row(struct sheet *sheet, struct error *error)
{
    *error = sheet->failure;
    return sheet->failure.code;
}

static void xlsx_note(struct sheet *sheet, const char *name, const char *value)
{
    struct sheet_writer *writer = sheet->writer;
    if (!writer->notes) {
        writer->notes = workbook_add_worksheet(writer->book, writer->notes_name);
        if (!writer->notes) {
            return;
        }
        fail(sheet, worksheet_set_column(writer->notes, 0, 0, 24, NULL));
        fail(sheet, worksheet_set_column(writer->notes, 1, 1, 80, NULL));
    }
    lxw_row_t row = writer->note_count++;
    fail(sheet, worksheet_write_string(writer->notes, row, 0, name, writer->bold));
    if (*value) {
        fail(sheet, worksheet_write_string(writer->notes, row, 1, value, writer->wrapped));
    }
}

static int xlsx_finish(struct sheet *sheet, struct error *error)
{
    struct sheet_writer *writer = sheet->writer;
    fail(sheet, worksheet_autofilter(writer->table, 0, 0, (lxw_row_t)(sheet->row - 1),
                                     (lxw_col_t)(sheet->columns - 1)));
    lxw_error code = workbook_close(writer->book); // frees the book, whatever it says
    writer->book = NULL;
    fail(sheet, code);
    *error = sheet->failure;
    return sheet->failure.code;
}

static void xlsx_stop(struct sheet *sheet)
{
    if (sheet->writer) {
        if (sheet->writer->book) {
            lxw_workbook_free(sheet->writer->book);
        }
        free(sheet->writer);
        sheet->writer = NULL;
    }
}

const struct sheet_backend sheet_xlsx = {
    .type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    .ending = "xlsx",
    .start = xlsx_start,
    .text = xlsx_text,
    .number = xlsx_number,
    .instant = xlsx_instant,
    .end_row = xlsx_end_row,
    .note = xlsx_note,
    .finish = xlsx_finish,
    .stop = xlsx_stop,
};
