// SPDX-License-Identifier: MPL-2.0
// A workbook (XLSX) of several sheets whose cells may be formulas. For tables that people
// go on reckoning with; long lists are sheet.h's. Held in memory until it is finished.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

struct book;

enum book_style {
    BOOK_TEXT,
    BOOK_HEAD,
    BOOK_TITLE,
    BOOK_NOTE,
    BOOK_COUNT,  // 1,234
    BOOK_SHARE,  // 12.3 %
    BOOK_HOURS,  // 1.5
    BOOK_NUMBER, // 1,234.56
    BOOK_STYLE_COUNT
};
enum { BOOK_SHEETS_MOST = 32, BOOK_ROWS_MOST = 100000, BOOK_COLUMNS_MOST = 100 };

// directory: for temporary files; NULL: the system's.
int book_new(const char *directory, struct book **ret_book,
             struct error *error) ERROR_MUST_CHECK;
struct book *book_free(struct book *book); // takes NULL, returns NULL
static inline void book_cleanup(struct book **book)
{
    *book = book_free(*book);
}
#define BOOK_CLEANUP __attribute__((cleanup(book_cleanup)))

// A new sheet; what follows goes there. What cannot be in a name is left out, and names
// that are there already get a number. head_row: stays in sight, with those above it.
void book_sheet(struct book *book, const char *name, uint32_t head_row);
void book_width(struct book *book, uint16_t first, uint16_t last, double characters);

// Rows and columns count from 0. Failures are kept and told by book_finish.
void book_text(struct book *book, uint32_t row, uint16_t column, const char *text,
               enum book_style style); // NULL: empty
void book_number(struct book *book, uint32_t row, uint16_t column, double number,
                 enum book_style style); // NaN: empty
// formula: "=IF(C2=0,\"\",B2/C2)", English names, commas. value: what it comes to now, for
// programs that do not reckon (NaN: nothing).
void book_formula(struct book *book, uint32_t row, uint16_t column, const char *formula,
                  double value, enum book_style style);

// ERROR_IO "document.io"; ERROR_LIMIT "document.limit".
int book_finish(struct book *book, struct buffer *out,
                struct error *error) ERROR_MUST_CHECK;
