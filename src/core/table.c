// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/table.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

enum { ROWS_MOST = 1000000, COLUMNS_MOST = 200, CELL_MOST = 64 * 1024 };
#define TEXT_MOST ((size_t)1 << 30)

struct row {
    int64_t line;
    const char **cells; // COLUMNS_MOST at most; grown with the columns
    size_t cell_count;
};

struct table {
    struct arena *arena;
    char *name;
    char *source;
    const char *columns[COLUMNS_MOST];
    size_t column_count;
    struct row *rows;
    size_t row_count;
    size_t row_room;
};

struct table *table_new(const char *name, const char *source)
{
    struct table *table = memory_new(sizeof *table);
    table->arena = arena_new(TEXT_MOST);
    table->name = memory_text(name);
    table->source = memory_text(source);
    return table;
}

struct table *table_free(struct table *table)
{
    if (!table)
        return NULL;
    arena_free(table->arena);
    free(table->rows);
    free(table->name);
    free(table->source);
    free(table);
    return NULL;
}

static const char *copy_trimmed(struct table *table, const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", *text)) {
        text++;
        length--;
    }
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    if (length == 0)
        return "";
    char *copy = arena_copy(table->arena, text, length);
    if (!copy)
        abort(); // the ceiling of a table is far above what its readers let in
    return copy;
}

int table_add_column(struct table *table, const char *name, struct error *error)
{
    if (table->column_count == COLUMNS_MOST)
        return error_set(error, ERROR_LIMIT, "table.too_wide", "%s: more than %d columns",
                         table->source, COLUMNS_MOST);
    const char *copy = copy_trimmed(table, name, strlen(name));
    if (*copy == '\0')
        return error_set(error, ERROR_INPUT, "table.blank_column",
                         "%s: column %zu has no name", table->source,
                         table->column_count + 1);
    char *lower = arena_text(table->arena, copy);
    for (char *p = lower; p && *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    if (!lower || table_column(table, lower) >= 0)
        return error_set(error, ERROR_INPUT, "table.double_column",
                         "%s: column '%.60s' is there twice", table->source, copy);
    table->columns[table->column_count++] = lower;
    return 0;
}

size_t table_add_row(struct table *table, int64_t line)
{
    if (table->row_count == table->row_room) {
        table->row_room = table->row_room ? table->row_room * 2 : 64;
        struct row *rows = realloc(table->rows, table->row_room * sizeof *rows);
        if (!rows)
            abort();
        table->rows = rows;
    }
    struct row *row = &table->rows[table->row_count];
    *row = (struct row){.line = line, .cell_count = table->column_count};
    row->cells = arena_array(table->arena, table->column_count, sizeof *row->cells);
    if (!row->cells)
        abort();
    for (size_t i = 0; i < row->cell_count; i++)
        row->cells[i] = "";
    return table->row_count++;
}

void table_set(struct table *table, size_t row, size_t column, const char *text)
{
    if (row < table->row_count && column < table->rows[row].cell_count)
        table->rows[row].cells[column] =
            text ? copy_trimmed(table, text, strlen(text)) : "";
}

const char *table_name(const struct table *table)
{
    return table->name;
}
const char *table_source(const struct table *table)
{
    return table->source;
}
size_t table_rows(const struct table *table)
{
    return table->row_count;
}
size_t table_columns(const struct table *table)
{
    return table->column_count;
}

const char *table_column_name(const struct table *table, size_t column)
{
    return column < table->column_count ? table->columns[column] : "";
}

int table_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return (int)i;
    return -1;
}

int64_t table_line(const struct table *table, size_t row)
{
    return row < table->row_count ? table->rows[row].line : 0;
}

const char *table_cell(const struct table *table, size_t row, int column)
{
    if (column < 0 || row >= table->row_count ||
        (size_t)column >= table->rows[row].cell_count)
        return "";
    return table->rows[row].cells[column];
}

const char *table_value(const struct table *table, size_t row, const char *column_name)
{
    return table_cell(table, row, table_column(table, column_name));
}

int table_error(const struct table *table, size_t row, const char *column, const char *slug,
                struct error *error, const char *format, ...)
{
    char message[400];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    return error_set(error, ERROR_INPUT, slug, "%s:%lld: %s%s%s", table->source,
                     (long long)table_line(table, row), column ? column : "",
                     column ? ": " : "", message);
}

// ---- CSV ----

struct csv {
    const char *text;
    size_t length;
    size_t at;
    int64_t line; // of the character at 'at'
    bool quoted;  // the last cell was
    const char *source;
};

enum csv_end { CSV_CELL, CSV_LINE, CSV_FILE };

static int csv_quoted(struct csv *csv, struct buffer *cell, struct error *error)
{
    int64_t opened = csv->line;
    for (csv->at++; csv->at < csv->length; csv->at++) {
        char c = csv->text[csv->at];
        if (c == '\n')
            csv->line++;
        if (c != '"') {
            buffer_append_char(cell, c);
            continue;
        }
        if (csv->at + 1 < csv->length && csv->text[csv->at + 1] == '"') {
            buffer_append_char(cell, '"');
            csv->at++;
            continue;
        }
        csv->at++;
        return 0;
    }
    return error_set(error, ERROR_INPUT, "table.open_quote",
                     "%s:%lld: a quoted cell is never closed", csv->source,
                     (long long)opened);
}

// One cell, and what ended it.
static int csv_cell(struct csv *csv, struct buffer *cell, enum csv_end *ret_end,
                    struct error *error)
{
    buffer_clear(cell);
    csv->quoted = csv->at < csv->length && csv->text[csv->at] == '"';
    if (csv->quoted) {
        int status = csv_quoted(csv, cell, error);
        if (status != 0)
            return status;
    }
    for (; csv->at < csv->length; csv->at++) {
        char c = csv->text[csv->at];
        if (c == ',' || c == '\n')
            break;
        if (c != '\r')
            buffer_append_char(cell, c);
    }
    if (cell->failed)
        return error_set(error, ERROR_LIMIT, "table.long_cell",
                         "%s:%lld: a cell is longer than %d bytes", csv->source,
                         (long long)csv->line, CELL_MOST);
    if (csv->at == csv->length)
        *ret_end = CSV_FILE;
    else
        *ret_end = csv->text[csv->at] == ',' ? CSV_CELL : CSV_LINE;
    if (*ret_end == CSV_LINE)
        csv->line++;
    if (*ret_end != CSV_FILE)
        csv->at++;
    return 0;
}

static int csv_header(struct csv *csv, struct table *table, struct buffer *cell,
                      struct error *error)
{
    enum csv_end end = CSV_CELL;
    while (end == CSV_CELL) {
        int status = csv_cell(csv, cell, &end, error);
        if (status == 0)
            status = table_add_column(table, cell->data ? cell->data : "", error);
        if (status != 0)
            return status;
    }
    return 0;
}

static int csv_row(struct csv *csv, struct table *table, struct buffer *cell,
                   struct error *error)
{
    int64_t line = csv->line;
    enum csv_end end = CSV_CELL;
    size_t row = 0;
    for (size_t column = 0; end == CSV_CELL; column++) {
        int status = csv_cell(csv, cell, &end, error);
        if (status != 0)
            return status;
        const char *text = cell->data ? cell->data : "";
        if (column == 0) {
            bool cell_alone = csv->quoted && table->column_count == 1;
            if (end != CSV_CELL && text_is_blank(text) && !cell_alone)
                return 0; // an empty line is no row
            if (table->row_count == ROWS_MOST)
                return error_set(error, ERROR_LIMIT, "table.too_long",
                                 "%s: more than %d rows", csv->source, ROWS_MOST);
            row = table_add_row(table, line);
        }
        if (column >= table->column_count && !text_is_blank(text))
            return error_set(error, ERROR_INPUT, "table.extra_cell",
                             "%s:%lld: more cells than the header has columns", csv->source,
                             (long long)line);
        table_set(table, row, column, text);
    }
    return 0;
}

int table_parse_csv(const char *name, const char *source, const char *text, size_t length,
                    struct table **ret_table, struct error *error)
{
    if (!text_is_utf8(text, length))
        return error_set(error, ERROR_INPUT, "table.not_utf8", "%s: not valid UTF-8",
                         source);
    struct csv csv = {.text = text, .length = length, .line = 1, .source = source};
    // Programs that put a byte order mark before one that is there do exist.
    while (length >= csv.at + 3 && memcmp(text + csv.at, "\xEF\xBB\xBF", 3) == 0)
        csv.at += 3;
    TABLE_CLEANUP struct table *table = table_new(name, source);
    struct buffer cell BUFFER_CLEANUP;
    buffer_init(&cell, CELL_MOST);
    int status = csv_header(&csv, table, &cell, error);
    while (status == 0 && csv.at < csv.length)
        status = csv_row(&csv, table, &cell, error);
    if (status != 0)
        return status;
    *ret_table = table;
    table = NULL;
    return 0;
}

static void write_cell(struct buffer *out, const char *text)
{
    // Quoted, what looks like a byte order mark is part of the text.
    if (!text[strcspn(text, "\",\r\n")] && strncmp(text, "\xEF\xBB\xBF", 3) != 0) {
        buffer_append_text(out, text);
        return;
    }
    buffer_append_char(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            buffer_append_char(out, '"');
        buffer_append_char(out, *p);
    }
    buffer_append_char(out, '"');
}

void table_write_csv(const struct table *table, struct buffer *out)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        write_cell(out, table->columns[i]);
    }
    buffer_append_char(out, '\n');
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if (i > 0)
                buffer_append_char(out, ',');
            // a single empty cell would read as an empty line
            if (table->column_count == 1 && *table_cell(table, row, 0) == '\0')
                buffer_append_text(out, "\"\"");
            write_cell(out, table_cell(table, row, (int)i));
        }
        buffer_append_char(out, '\n');
    }
}
