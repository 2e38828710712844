// SPDX-License-Identifier: MPL-2.0
// A format of tables as a struct of functions: sheet.c does what is common (temporary file,
// column count, cleaning of texts, local time), csv.c and xlsx.c write.
#pragma once

#include <gridcase/core/buffer.h>
#include <gridcase/document/sheet.h>
#include <gridcase/rules/zone.h>

struct sheet_writer;

struct sheet_backend {
    const char *type;   // media type
    const char *ending; // of file names
    int (*start)(struct sheet *sheet, const struct sheet_options *options,
                 struct error *error);
    // text is clean UTF-8 of at most SHEET_TEXT_MOST bytes, never empty
    void (*text)(struct sheet *sheet, const char *text, enum sheet_tone tone);
    void (*number)(struct sheet *sheet, double number, int decimals);
    void (*instant)(struct sheet *sheet, const struct zone_local *local);
    int (*end_row)(struct sheet *sheet, struct error *error);
    void (*note)(struct sheet *sheet, const char *name, const char *value);
    int (*finish)(struct sheet *sheet, struct error *error);
    void (*stop)(struct sheet *sheet); // frees; also after a failed start
};
extern const struct sheet_backend sheet_csv;
extern const struct sheet_backend sheet_xlsx;

struct sheet {
    const struct sheet_backend *backend;
    struct sheet_writer *writer; // the backend's own
    const struct zone *zone;
    size_t columns;
    size_t column; // of the next cell
    size_t row;    // of the next cell; the header is row 0
    int descriptor;
    char directory[4096]; // "" : the system's
    struct buffer clean;  // the text of the cell that is written
    struct error failure; // of a cell, told at the end of the row
};
