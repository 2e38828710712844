// SPDX-License-Identifier: MPL-2.0
// A table of text, as an office writes it: what CSV and XLSX files become before anything
// is interpreted, and the form in which each version of a city's tables is kept.
//
// The rules floor builds calendars, catalogues, routes and processes from these; it knows
// neither files nor a store.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

struct table; // header, rows, and where each row came from

struct table *table_new(const char *name, const char *source); // both copied
struct table *table_free(struct table *table);
static inline void table_cleanup(struct table **table)
{
    *table = table_free(*table);
}
#define TABLE_CLEANUP __attribute__((cleanup(table_cleanup)))

// Names are trimmed and lower-cased (ASCII). ERROR_INPUT for a blank or double name.
int table_add_column(struct table *table, const char *name,
                     struct error *error) ERROR_MUST_CHECK;
// Adds an empty row. line is the row's number in its source, 1 = the first line of the
// file.
size_t table_add_row(struct table *table, int64_t line);
// Copied; trimmed at both ends; NULL is the empty text.
void table_set(struct table *table, size_t row, size_t column, const char *text);

const char *table_name(const struct table *table);
const char *table_source(const struct table *table);
size_t table_rows(const struct table *table);
size_t table_columns(const struct table *table);
const char *table_column_name(const struct table *table, size_t column);
// -1 when there is no such column.
int table_column(const struct table *table, const char *name);
int64_t table_line(const struct table *table, size_t row);
// Never NULL: "" for an empty cell or for column -1. Borrowed until the table is freed.
const char *table_cell(const struct table *table, size_t row, int column);
const char *table_value(const struct table *table, size_t row, const char *column_name);

// "source:line: column: " put before a message: errors name the cell they speak of.
int table_error(const struct table *table, size_t row, const char *column, const char *slug,
                struct error *error, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

// RFC 4180 with a header line, UTF-8, optional byte order mark; quoted cells may hold line
// breaks. Ceilings: 1,000,000 rows, 200 columns, 64 KiB a cell.
int table_parse_csv(const char *name, const char *source, const char *text, size_t length,
                    struct table **ret_table, struct error *error) ERROR_MUST_CHECK;
// The canonical form: header and rows in order, LF line ends, quotes only where needed.
void table_write_csv(const struct table *table, struct buffer *out);
