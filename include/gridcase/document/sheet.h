// SPDX-License-Identifier: MPL-2.0
// A table for people: rows of typed cells, written as CSV or as an XLSX workbook.
//
// Rows go to a temporary file as they come, so memory does not grow with their number. The
// file has no name: it is gone with its descriptor. A sheet belongs to one thread.
//
// CSV (RFC 4180, UTF-8 with byte order mark, so that spreadsheet programs take it for what
// it is): instants as local time "2026-03-04 14:05:09", numbers with a point. A text that a
// spreadsheet would take for a formula gets an apostrophe in front. XLSX: instants and
// numbers are typed, texts are never formulas, the header row stays in sight and filters.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct zone;
struct sheet;

enum sheet_format { SHEET_CSV, SHEET_XLSX, SHEET_FORMAT_COUNT };
const char *sheet_format_type(enum sheet_format format);   // media type
const char *sheet_format_ending(enum sheet_format format); // "csv"

enum {
    SHEET_ROWS_MOST = 1000000, // of a worksheet
    SHEET_COLUMNS_MOST = 64,
    SHEET_TEXT_MOST = 32000, // bytes of a cell: what is longer is cut at a character
};

struct sheet_column {
    const char *title;
    double width; // in characters; XLSX only
};
struct sheet_options {
    enum sheet_format format;
    const char *directory; // for temporary files; NULL: the system's
    const char
        *name; // of the worksheet: at most 31 characters, none of []:*?/ and backslash
    const char *notes; // name of the second worksheet, likewise
    const struct sheet_column *columns;
    size_t column_count;     // 1 .. SHEET_COLUMNS_MOST
    const struct zone *zone; // of the instants; borrowed until sheet_free
};
// Everything in options but the zone is copied or used at once. The header row is written.
// ERROR_IO "document.io", "disk.full"; ERROR_LIMIT "document.limit".
int sheet_new(const struct sheet_options *options, struct sheet **ret_sheet,
              struct error *error) ERROR_MUST_CHECK;
struct sheet *sheet_free(struct sheet *sheet); // takes NULL, returns NULL
static inline void sheet_cleanup(struct sheet **sheet)
{
    *sheet = sheet_free(*sheet);
}
#define SHEET_CLEANUP __attribute__((cleanup(sheet_cleanup)))

// Background of a cell, as the lights of a list (XLSX only).
enum sheet_tone { SHEET_PLAIN, SHEET_GREEN, SHEET_YELLOW, SHEET_RED, SHEET_TONE_COUNT };

// The next cells of the row; cells beyond the last column are left out. Failures are kept
// and told by sheet_end_row and sheet_finish.
void sheet_text(struct sheet *sheet, const char *text, enum sheet_tone tone); // NULL: empty
void sheet_number(struct sheet *sheet, double number, int decimals);
void sheet_instant(struct sheet *sheet, int64_t instant_ms); // INSTANT_NONE: empty
void sheet_empty(struct sheet *sheet);
int sheet_end_row(struct sheet *sheet, struct error *error) ERROR_MUST_CHECK;

// A line about the table itself: on a second worksheet of an XLSX, not in a CSV.
void sheet_note(struct sheet *sheet, const char *name, const char *value);

// Closes the table: the descriptor, to be closed by the caller, stands at the file's start.
int sheet_finish(struct sheet *sheet, int *ret_descriptor, int64_t *ret_length,
                 struct error *error) ERROR_MUST_CHECK;
