// SPDX-License-Identifier: MPL-2.0
// RFC 4180 with a byte order mark: Excel takes the file for UTF-8 by it, also in Chinese.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/core/arena.h>

#include "sheet_internal.h"

enum { FLUSH_AT = 64 * 1024 };

struct sheet_writer {
    struct buffer out;
    size_t written; // cells of this row
};

static int flush(struct sheet *sheet, struct error *error)
{
    struct buffer *out = &sheet->writer->out;
    int code = buffer_check(out, error);
    for (size_t done = 0; !code && done < out->length;) {
        ssize_t wrote = write(sheet->descriptor, out->data + done, out->length - done);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            code = error_set(error, ERROR_IO, errno == ENOSPC ? "disk.full" : "document.io",
                             "the table cannot be written: %s", strerror(errno));
        } else {
            done += (size_t)wrote;
        }
    }
    buffer_clear(out);
    return code;
}

// The commas up to the cell that comes now.
static struct buffer *cell(struct sheet *sheet)
{
    struct sheet_writer *writer = sheet->writer;
    for (; writer->written < sheet->column; writer->written++) {
        buffer_append_char(&writer->out, ',');
    }
    return &writer->out;
}

// Would a spreadsheet program calculate it? Also by a full-width sign, and behind blanks.
static bool is_formula(const char *text)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"};
    if (*text == '\t' || *text == '\n') {
        return true;
    }
    while (*text == ' ') {
        text++;
    }
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        if (strncmp(text, wide[i], strlen(wide[i])) == 0) {
            return true;
        }
    }
    return *text && strchr("=+-@", *text);
}

static void csv_text(struct sheet *sheet, const char *text, enum sheet_tone tone)
{
    (void)tone;
    struct buffer *out = cell(sheet);
    size_t length = strlen(text);
    bool quoted = strpbrk(text, ",\"\r\n;\t") || *text == ' ' || text[length - 1] == ' ';
    if (quoted) {
        buffer_append_char(out, '"');
    }
    if (is_formula(text)) {
        buffer_append_char(out, '\'');
    }
    for (; *text; text++) {
        if (*text == '"') {
            buffer_append_char(out, '"');
        }
        buffer_append_char(out, *text);
    }
    if (quoted) {
        buffer_append_char(out, '"');
    }
}

static void csv_number(struct sheet *sheet, double number, int decimals)
{
    buffer_format(cell(sheet), "%.*f", decimals, number);
}

static void csv_instant(struct sheet *sheet, const struct zone_local *local)
{
    buffer_format(cell(sheet), "%04d-%02d-%02d %02d:%02d:%02d", local->year, local->month,
                  local->day, local->hour, local->minute, local->second);
}

static int csv_end_row(struct sheet *sheet, struct error *error)
{
    sheet->column = sheet->columns - 1;
    cell(sheet);
    sheet->writer->written = 0;
    buffer_append_text(&sheet->writer->out, "\r\n");
    return sheet->writer->out.length >= FLUSH_AT ? flush(sheet, error) : 0;
}

static int csv_start(struct sheet *sheet, const struct sheet_options *options,
                     struct error *error)
{
    sheet->writer = memory_new(sizeof(*sheet->writer));
    buffer_init(&sheet->writer->out, BUFFER_CEILING_REPLY);
    buffer_append_text(&sheet->writer->out, "\xef\xbb\xbf");
    for (size_t i = 0; i < options->column_count; i++) {
        sheet->column = i;
        csv_text(sheet, options->columns[i].title, SHEET_PLAIN);
    }
    int code = csv_end_row(sheet, error);
    sheet->column = 0;
    return code;
}

static void csv_note(struct sheet *sheet, const char *name, const char *value)
{
    (void)sheet;
    (void)name;
    (void)value;
}

static void csv_stop(struct sheet *sheet)
{
    if (sheet->writer) {
        buffer_done(&sheet->writer->out);
        free(sheet->writer);
        sheet->writer = NULL;
    }
}

const struct sheet_backend sheet_csv = {
    .type = "text/csv; charset=utf-8",
    .ending = "csv",
    .start = csv_start,
    .text = csv_text,
    .number = csv_number,
    .instant = csv_instant,
    .end_row = csv_end_row,
    .note = csv_note,
    .finish = flush,
    .stop = csv_stop,
};
