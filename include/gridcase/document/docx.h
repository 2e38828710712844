// SPDX-License-Identifier: MPL-2.0
// Filling an office's own text document: what stands between double braces becomes a value,
// everything else stays as the office made it. Nothing is laid out here.
//
//   {{period}}         a field, anywhere in the text, in head or foot of the page; a value
//                      may have several lines
//   {{groups.name}}    in a row of a table: the row comes once for each row of "groups"
//   {{spots.photo}}    a picture, where the table has one: 45 mm wide, in the line of the
//   text
//
// A word processor may have cut a field into pieces of different look; it is found all the
// same and takes the look of its first piece.
#pragma once

#include <stddef.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

struct docx_field {
    const char *name, *value;
};
struct docx_picture {
    const void *jpeg; // NULL: there is none
    size_t length;
};
struct docx_rows {
    const char *name;
    size_t column_count;
    const char *const *columns;
    size_t row_count;
    const char *const *cells; // row by row; NULL: empty
    // One more column of that name, a picture a row; without one: `missing`. NULL: no
    // column.
    const char *picture;
    const struct docx_picture *pictures;
    const char *missing;
};
struct docx_values {
    size_t field_count;
    const struct docx_field *fields;
    size_t rows_count;
    const struct docx_rows *rows;
};
enum { DOCX_BYTES_MOST = 8 * 1024 * 1024 }; // of a template, and of a part of it

// ERROR_INPUT "zip.broken", "docx.broken" (no text document), "docx.field" (one that there
// is not, or braces that do not close), "document.picture" (no JPEG).
int docx_fill(const void *bytes, size_t length, const struct docx_values *values,
              struct buffer *out, struct error *error) ERROR_MUST_CHECK;
