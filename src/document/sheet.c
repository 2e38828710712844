// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "sheet_internal.h"

static const struct sheet_backend *const backends[SHEET_FORMAT_COUNT] = {
    [SHEET_CSV] = &sheet_csv,
    [SHEET_XLSX] = &sheet_xlsx,
};

const char *sheet_format_type(enum sheet_format format)
{
    return backends[format]->type;
}

const char *sheet_format_ending(enum sheet_format format)
{
    return backends[format]->ending;
}

// A file without a name: nothing is left behind, whatever happens to the process.
static int open_temporary(struct sheet *sheet, struct error *error)
{
    char path[4200];
    const char *folder = sheet->directory[0] ? sheet->directory : "/tmp";
    int code = text_format(path, sizeof(path), "%s/.sheet-XXXXXX", folder);
    if (code) {
        return error_set(error, ERROR_LIMIT, "document.limit", "the path is too long");
    }
    sheet->descriptor = mkostemp(path, O_CLOEXEC);
    if (sheet->descriptor < 0) {
        return error_set(error, ERROR_IO, errno == ENOSPC ? "disk.full" : "document.io",
                         "a temporary file cannot be made: %s", strerror(errno));
    }
    unlink(path);
    return 0;
}

int sheet_new(const struct sheet_options *options, struct sheet **ret_sheet,
              struct error *error)
{
    if (options->column_count < 1 || options->column_count > SHEET_COLUMNS_MOST) {
        return error_set(error, ERROR_LIMIT, "document.limit", "1 to %d columns",
                         SHEET_COLUMNS_MOST);
    }
    SHEET_CLEANUP struct sheet *sheet = memory_new(sizeof(*sheet));
    sheet->backend = backends[options->format];
    sheet->zone = options->zone;
    sheet->columns = options->column_count;
    sheet->descriptor = -1;
    buffer_init(&sheet->clean, BUFFER_CEILING_LINE);
    int code = text_format(sheet->directory, sizeof(sheet->directory), "%s",
                           options->directory ? options->directory : "")
                   ? error_set(error, ERROR_LIMIT, "document.limit", "the path is too long")
                   : open_temporary(sheet, error);
    if (!code) {
        code = sheet->backend->start(sheet, options, error);
    }
    if (!code) {
        sheet->row = 1;
        *ret_sheet = sheet;
        sheet = NULL;
    }
    return code;
}

struct sheet *sheet_free(struct sheet *sheet)
{
    if (sheet) {
        sheet->backend->stop(sheet);
        if (sheet->descriptor >= 0) {
            close(sheet->descriptor);
        }
        buffer_done(&sheet->clean);
        free(sheet);
    }
    return NULL;
}

// Bytes of the character at text that may stand in a cell; 0: it is left out. *ret_length
// is the character's length. XML knows no control characters and no U+FFFE, U+FFFF.
static size_t keeps(const char *text, size_t *ret_length)
{
    unsigned char c = (unsigned char)*text;
    *ret_length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (c < 0x20) {
        return c == '\t' || c == '\n' || c == '\r';
    }
    if (c == 0x7f || strncmp(text, "\xef\xbf\xbe", 3) == 0 ||
        strncmp(text, "\xef\xbf\xbf", 3) == 0) {
        return 0;
    }
    return *ret_length;
}

static const char *clean(struct sheet *sheet, const char *text)
{
    size_t left = strlen(text);
    buffer_clear(&sheet->clean);
    if (!text_is_utf8(text, left)) {
        return "?"; // nothing of the store is like this
    }
    while (left > 0) {
        size_t length = 0;
        size_t kept = keeps(text, &length);
        if (sheet->clean.length + kept > SHEET_TEXT_MOST) {
            break;
        }
        if (*text == '\r') {
            kept = 0; // lines in a cell end with a line feed
        }
        buffer_append(&sheet->clean, text, kept);
        text += length;
        left -= length;
    }
    return sheet->clean.length ? sheet->clean.data : "";
}

static bool has_room(const struct sheet *sheet)
{
    return sheet->column < sheet->columns && !sheet->failure.code;
}

void sheet_text(struct sheet *sheet, const char *text, enum sheet_tone tone)
{
    const char *shown = text && has_room(sheet) ? clean(sheet, text) : "";
    if (*shown) {
        sheet->backend->text(sheet, shown, tone);
    }
    sheet->column++;
}

void sheet_number(struct sheet *sheet, double number, int decimals)
{
    if (has_room(sheet)) {
        sheet->backend->number(sheet, number, decimals);
    }
    sheet->column++;
}

void sheet_instant(struct sheet *sheet, int64_t instant_ms)
{
    if (has_room(sheet) && instant_ms != INSTANT_NONE) {
        struct zone_local local;
        zone_local(sheet->zone, instant_ms, &local);
        sheet->backend->instant(sheet, &local);
    }
    sheet->column++;
}

void sheet_empty(struct sheet *sheet)
{
    sheet->column++;
}

int sheet_end_row(struct sheet *sheet, struct error *error)
{
    if (sheet->failure.code) {
        *error = sheet->failure;
        return error->code;
    }
    if (sheet->row > SHEET_ROWS_MOST) {
        return error_set(error, ERROR_LIMIT, "document.limit",
                         "a sheet has at most %d rows", SHEET_ROWS_MOST);
    }
    int code = sheet->backend->end_row(sheet, error);
    sheet->column = 0;
    sheet->row++;
    return code;
}

void sheet_note(struct sheet *sheet, const char *name, const char *value)
{
    if (sheet->failure.code) {
        return;
    }
    char left[200];
    snprintf(left, sizeof(left), "%s", clean(sheet, name)); // names are short
    sheet->backend->note(sheet, left, clean(sheet, value));
}

int sheet_finish(struct sheet *sheet, int *ret_descriptor, int64_t *ret_length,
                 struct error *error)
{
    if (sheet->failure.code) {
        *error = sheet->failure;
        return error->code;
    }
    int code = sheet->backend->finish(sheet, error);
    off_t end = code ? 0 : lseek(sheet->descriptor, 0, SEEK_END);
    if (!code && (end < 0 || lseek(sheet->descriptor, 0, SEEK_SET) < 0)) {
        code = error_set(error, ERROR_IO, "document.io", "the file cannot be read back");
    }
    if (!code) {
        *ret_length = end;
        *ret_descriptor = sheet->descriptor;
        sheet->descriptor = -1;
    }
    return code;
}
