// SPDX-License-Identifier: MPL-2.0
// Workbooks through libxlsxwriter.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>
#include <gridcase/document/book.h>

enum { SHEET_NAME_MOST = 31, TEXT_MOST = 32000 }; // characters; bytes of a cell

struct book {
    lxw_workbook *workbook;
    lxw_worksheet *sheet;
    lxw_format *styles[BOOK_STYLE_COUNT];
    size_t sheets;
    int descriptor;
    char *text;           // of the longest cell so far: cleaned
    char directory[4096]; // "": the system's
    struct error failure;
};

static void fail(struct book *book, lxw_error code)
{
    if (code != LXW_NO_ERROR && !book->failure.code) {
        (void)error_set(&book->failure, ERROR_IO, "document.io",
                        "the workbook cannot be written: %s", lxw_strerror(code));
    }
}

static void make_styles(struct book *book)
{
    static const char *const numbers[BOOK_STYLE_COUNT] = {
        [BOOK_COUNT] = "#,##0",
        [BOOK_SHARE] = "0.0%",
        [BOOK_HOURS] = "#,##0.0",
        [BOOK_NUMBER] = "#,##0.00",
    };
    for (int i = 0; i < BOOK_STYLE_COUNT; i++) {
        lxw_format *format = workbook_add_format(book->workbook);
        format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
        if (numbers[i]) {
            format_set_num_format(format, numbers[i]);
        }
        book->styles[i] = format;
    }
    format_set_text_wrap(book->styles[BOOK_TEXT]);
    format_set_bold(book->styles[BOOK_HEAD]);
    format_set_text_wrap(book->styles[BOOK_HEAD]);
    format_set_bottom(book->styles[BOOK_HEAD], LXW_BORDER_THIN);
    format_set_bg_color(book->styles[BOOK_HEAD], 0xe8edf2);
    format_set_bold(book->styles[BOOK_TITLE]);
    format_set_font_size(book->styles[BOOK_TITLE], 14);
    format_set_font_color(book->styles[BOOK_NOTE], 0x5f6b76);
}

int book_new(const char *directory, struct book **ret_book, struct error *error)
{
    char path[4200];
    if (text_format(path, sizeof(path), "%s/.book-XXXXXX",
                    directory ? directory : "/tmp")) {
        return error_set(error, ERROR_LIMIT, "document.limit", "the path is too long");
    }
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0) {
        return error_set(error, ERROR_IO, errno == ENOSPC ? "disk.full" : "document.io",
                         "a temporary file cannot be made: %s", strerror(errno));
    }
    unlink(path); // gone with its descriptor, whatever happens
    struct book *book = memory_new(sizeof(*book));
    char own[64];
    snprintf(own, sizeof(own), "/proc/self/fd/%d", descriptor);
    book->descriptor = descriptor;
    if (directory &&
        text_format(book->directory, sizeof(book->directory), "%s", directory)) {
        book_free(book);
        return error_set(error, ERROR_LIMIT, "document.limit", "the path is too long");
    }
    lxw_workbook_options options = {.tmpdir = book->directory[0] ? book->directory : NULL};
    book->workbook = workbook_new_opt(own, &options);
    if (!book->workbook) {
        book_free(book);
        return error_set(error, ERROR_IO, "document.io", "a workbook cannot be made");
    }
    make_styles(book);
    *ret_book = book;
    return 0;
}

struct book *book_free(struct book *book)
{
    if (book) {
        if (book->workbook) {
            lxw_workbook_free(book->workbook);
        }
        close(book->descriptor);
        free(book->text);
        free(book);
    }
    return NULL;
}

// At most 31 characters, none of []:*?/\ and no apostrophe.
static void sheet_name(const char *name, char *out, size_t size)
{
    size_t kept = 0;
    size_t characters = 0;
    for (; *name && kept + 5 < size; name++) {
        unsigned char c = (unsigned char)*name;
        bool first = (c & 0xc0) != 0x80;
        if (first && ++characters > SHEET_NAME_MOST - 4) { // room for a number
            break;
        }
        if (c >= 0x20 && !strchr("[]:*?/\\'", c)) {
            out[kept++] = (char)c;
        }
    }
    out[kept] = '\0';
}

void book_sheet(struct book *book, const char *name, uint32_t head_row)
{
    char shown[200];
    sheet_name(name, shown, sizeof(shown) - 8);
    if (!shown[0] || workbook_get_worksheet_by_name(book->workbook, shown)) {
        size_t length = strlen(shown);
        snprintf(shown + length, sizeof(shown) - length, " %zu", book->sheets + 1);
    }
    if (book->sheets++ >= BOOK_SHEETS_MOST ||
        !(book->sheet = workbook_add_worksheet(book->workbook, shown))) {
        fail(book, LXW_ERROR_WORKSHEET_MAX_NUMBER_URLS_EXCEEDED);
        return;
    }
    worksheet_freeze_panes(book->sheet, head_row + 1, 1);
    worksheet_set_landscape(book->sheet);
    worksheet_set_paper(book->sheet, 9); // A4
    worksheet_fit_to_pages(book->sheet, 1, 0);
    fail(book, worksheet_set_footer(book->sheet, "&L&A&R&P / &N"));
}

void book_width(struct book *book, uint16_t first, uint16_t last, double characters)
{
    if (book->sheet) {
        fail(book, worksheet_set_column(book->sheet, first, last, characters, NULL));
    }
}

static bool has_room(struct book *book, uint32_t row, uint16_t column)
{
    if (!book->failure.code && (row >= BOOK_ROWS_MOST || column >= BOOK_COLUMNS_MOST)) {
        (void)error_set(&book->failure, ERROR_LIMIT, "document.limit",
                        "a sheet of a workbook has at most %d rows", BOOK_ROWS_MOST);
    }
    return book->sheet && !book->failure.code;
}

void book_text(struct book *book, uint32_t row, uint16_t column, const char *text,
               enum book_style style)
{
    if (!text || !has_room(book, row, column)) {
        return;
    }
    size_t kept = 0;
    size_t length = strlen(text);
    free(book->text);
    book->text = memory_text(text_is_utf8(text, length) ? text : "?");
    length = strlen(book->text);
    size_t most = length < TEXT_MOST ? length : TEXT_MOST;
    while (most < length && ((unsigned char)book->text[most] & 0xc0) == 0x80) {
        most--; // not in the middle of a character
    }
    for (size_t i = 0; i < most; i++) {
        unsigned char c = (unsigned char)book->text[i];
        if (c >= 0x20 || c == '\n' || c == '\t') {
            book->text[kept++] = (char)c;
        }
    }
    book->text[kept] = '\0';
    fail(book,
         worksheet_write_string(book->sheet, row, column, book->text, book->styles[style]));
}

void book_number(struct book *book, uint32_t row, uint16_t column, double number,
                 enum book_style style)
{
    if (!isnan(number) && has_room(book, row, column)) {
        fail(book,
             worksheet_write_number(book->sheet, row, column, number, book->styles[style]));
    }
}

void book_formula(struct book *book, uint32_t row, uint16_t column, const char *formula,
                  double value, enum book_style style)
{
    if (!has_room(book, row, column)) {
        return;
    }
    fail(book, isnan(value) ? worksheet_write_formula_str(book->sheet, row, column, formula,
                                                          book->styles[style], "")
                            : worksheet_write_formula_num(book->sheet, row, column, formula,
                                                          book->styles[style], value));
}

int book_finish(struct book *book, struct buffer *out, struct error *error)
{
    char piece[16384];
    lxw_workbook *workbook = book->workbook;
    if (!book->failure.code) {
        book->workbook = NULL; // closing frees it, whatever comes of it
        fail(book, workbook_close(workbook));
    }
    if (book->failure.code) {
        *error = book->failure;
        return error->code;
    }
    for (off_t at = 0;;) {
        ssize_t got = pread(book->descriptor, piece, sizeof(piece), at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_set(error, ERROR_IO, "document.io", "the workbook cannot be read");
        }
        if (got == 0) {
            break;
        }
        buffer_append(out, piece, (size_t)got);
        at += got;
    }
    return buffer_check(out, error);
}
