// SPDX-License-Identifier: MPL-2.0
// Text stands in <w:t> elements of runs; a paragraph's are read as one text, so that a
// field in several runs is one. ECMA-376 part 1, 17.3 (paragraphs) and 17.4 (tables).
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/core/zip.h>
#include <gridcase/document/docx.h>

#include "docx_picture.h"

enum { PIECES_MOST = 512, NAME_MOST = 64 };

struct span { // of the part's bytes
    const char *start, *end;
};

struct fill {
    const struct docx_values *values;
    const struct docx_rows *rows; // the table whose row is written; NULL: none
    size_t row;
    struct docx_pictures *pictures; // NULL: this part has none
    struct buffer *out;
};

// ---- walking ----

// The next element of that name at or behind at, from '<' to '>'; start NULL: none.
static struct span find_tag(const char *at, const char *end, const char *name)
{
    size_t length = strlen(name);
    while (at < end) {
        const char *open = memchr(at, '<', (size_t)(end - at));
        if (!open || (size_t)(end - open) <= length + 1) {
            break;
        }
        const char *close = memchr(open, '>', (size_t)(end - open));
        if (!close) {
            break;
        }
        char next = open[1 + length];
        if (memcmp(open + 1, name, length) == 0 &&
            (next == '>' || next == ' ' || next == '/')) {
            return (struct span){open, close + 1};
        }
        at = close + 1;
    }
    return (struct span){NULL, NULL};
}

static bool is_empty_tag(struct span tag)
{
    return tag.end[-2] == '/';
}

// ---- values ----

static const char *find_value(const struct fill *fill, const char *name)
{
    const char *point = strchr(name, '.');
    if (fill->rows && point &&
        strncmp(fill->rows->name, name, (size_t)(point - name)) == 0 &&
        fill->rows->name[point - name] == '\0') {
        for (size_t i = 0; i < fill->rows->column_count; i++) {
            if (strcmp(fill->rows->columns[i], point + 1) == 0) {
                const char *cell =
                    fill->rows->cells[fill->row * fill->rows->column_count + i];
                return cell ? cell : "";
            }
        }
        return NULL;
    }
    for (size_t i = 0; i < fill->values->field_count; i++) {
        if (strcmp(fill->values->fields[i].name, name) == 0) {
            return fill->values->fields[i].value ? fill->values->fields[i].value : "";
        }
    }
    return NULL;
}

// Inside a <w:t>; a line's end is a break of the run.
static void put_value(struct buffer *out, const char *text)
{
    if (!text_is_utf8(text, strlen(text))) {
        text = "?";
    }
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&') {
            buffer_append_text(out, "&amp;");
        } else if (c == '<') {
            buffer_append_text(out, "&lt;");
        } else if (c == '>') {
            buffer_append_text(out, "&gt;");
        } else if (c == '\n') {
            buffer_append_text(out, "</w:t><w:br/><w:t xml:space=\"preserve\">");
        } else if (c >= 0x20 || c == '\t') {
            buffer_append_char(out, (char)c);
        }
    }
}

// The name between the braces at text, trimmed; the bytes up to behind "}}", or 0.
static size_t read_name(const char *text, size_t length, char name[NAME_MOST])
{
    size_t kept = 0;
    size_t at = 2;
    while (at < length && text[at] == ' ') {
        at++;
    }
    while (at < length && kept < NAME_MOST - 1 && text[at] != ' ' && text[at] != '}') {
        name[kept++] = text[at++];
    }
    while (at < length && text[at] == ' ') {
        at++;
    }
    name[kept] = '\0';
    return kept > 0 && at + 1 < length && text[at] == '}' && text[at + 1] == '}' ? at + 2
                                                                                 : 0;
}

// ---- a paragraph ----

struct pieces {
    size_t count;
    struct span text[PIECES_MOST]; // of each <w:t>, what stands in it
};

static int bad_field(struct error *error, const char *text)
{
    return error_set(error, ERROR_INPUT, "docx.field",
                     "the template has a field that there is not: {{%.60s}}", text);
}

// The picture of this row when the field is one.
static const struct docx_picture *find_picture(const struct fill *fill, const char *name)
{
    const struct docx_rows *rows = fill->rows;
    const char *point = strchr(name, '.');
    bool found = rows && rows->picture && point &&
                 strncmp(rows->name, name, (size_t)(point - name)) == 0 &&
                 rows->name[point - name] == '\0' && strcmp(rows->picture, point + 1) == 0;
    return found ? &rows->pictures[fill->row] : NULL;
}

static int put_field(struct fill *fill, const char *name, struct error *error)
{
    const struct docx_picture *picture = find_picture(fill, name);
    const char *value = picture ? fill->rows->missing : find_value(fill, name);
    if (!value) {
        return bad_field(error, name);
    }
    if (picture && picture->jpeg && fill->pictures) {
        return docx_picture_put(fill->pictures, picture, fill->out, error);
    }
    put_value(fill->out, value);
    return 0;
}

// The paragraph's texts as one.
static void join(const struct pieces *pieces, struct buffer *out)
{
    for (size_t i = 0; i < pieces->count; i++) {
        buffer_append(out, pieces->text[i].start,
                      (size_t)(pieces->text[i].end - pieces->text[i].start));
    }
}

// From..to of the part, texts written anew: what lies in a field is left out, and its value
// stands where it began.
static int put_paragraph(struct fill *fill, struct span part, const struct pieces *pieces,
                         struct error *error)
{
    BUFFER_CLEANUP struct buffer joined;
    buffer_init(&joined, DOCX_BYTES_MOST);
    join(pieces, &joined);
    const char *at = part.start;
    size_t position = 0; // in the joined text
    size_t hidden = 0;   // up to here it is inside a field
    for (size_t i = 0; i < pieces->count; i++) {
        struct span text = pieces->text[i];
        buffer_append(fill->out, at, (size_t)(text.start - at));
        for (at = text.start; at < text.end; at++, position++) {
            if (position < hidden) {
                continue;
            }
            if (joined.data[position] != '{' || joined.data[position + 1] != '{') {
                buffer_append_char(fill->out, *at);
                continue;
            }
            char name[NAME_MOST] = "";
            size_t length =
                read_name(joined.data + position, joined.length - position, name);
            int code = length ? put_field(fill, name, error) : bad_field(error, name);
            if (code) {
                return code;
            }
            hidden = position + length;
        }
    }
    buffer_append(fill->out, at, (size_t)(part.end - at));
    return buffer_check(fill->out, error);
}

// Paragraph after paragraph; what is between belongs to the next one.
static int put_text(struct fill *fill, struct span part, struct error *error)
{
    struct pieces pieces = {0};
    struct span rest = part;
    const char *at = part.start;
    int code = 0;
    while (!code && at < part.end) {
        struct span text = find_tag(at, part.end, "w:t");
        struct span stop = find_tag(at, part.end, "/w:p");
        if (text.start && (!stop.start || text.start < stop.start)) {
            at = text.end;
            struct span close = find_tag(at, part.end, "/w:t");
            if (is_empty_tag(text)) {
                continue;
            }
            if (!close.start || pieces.count == PIECES_MOST) {
                return error_set(error, ERROR_INPUT, "docx.broken",
                                 "a paragraph of the template is not whole, or too long");
            }
            pieces.text[pieces.count++] = (struct span){text.end, close.start};
            at = close.end;
        } else {
            at = stop.start ? stop.end : part.end;
            code = put_paragraph(fill, (struct span){rest.start, at}, &pieces, error);
            rest.start = at;
            pieces.count = 0;
        }
    }
    return code;
}

// ---- rows of tables ----

// The end of the row that begins with open, rows of tables in it counted.
static const char *row_end(struct span open, const char *end)
{
    int depth = 1;
    const char *at = open.end;
    while (depth > 0) {
        struct span inner = find_tag(at, end, "w:tr");
        struct span close = find_tag(at, end, "/w:tr");
        if (!close.start) {
            return NULL;
        }
        bool opens = inner.start && inner.start < close.start;
        depth += opens ? (is_empty_tag(inner) ? 0 : 1) : -1;
        at = opens ? inner.end : close.end;
    }
    return at;
}

// The table that the row's first field of a table names.
static const struct docx_rows *rows_of(const struct fill *fill, struct span row)
{
    BUFFER_CLEANUP struct buffer joined;
    buffer_init(&joined, DOCX_BYTES_MOST);
    for (struct span text = find_tag(row.start, row.end, "w:t"); text.start;
         text = find_tag(text.end, row.end, "w:t")) {
        struct span close = find_tag(text.end, row.end, "/w:t");
        if (!is_empty_tag(text) && close.start) {
            buffer_append(&joined, text.end, (size_t)(close.start - text.end));
        }
    }
    const char *at = joined.data;
    while (at && (at = strstr(at, "{{"))) {
        char name[NAME_MOST] = "";
        if (read_name(at, strlen(at), name) && strchr(name, '.')) {
            *strchr(name, '.') = '\0';
            for (size_t i = 0; i < fill->values->rows_count; i++) {
                if (strcmp(fill->values->rows[i].name, name) == 0) {
                    return &fill->values->rows[i];
                }
            }
        }
        at += 2;
    }
    return NULL;
}

static int put_row(struct fill *fill, struct span row, struct error *error)
{
    const struct docx_rows *rows = rows_of(fill, row);
    int code = 0;
    if (!rows) {
        return put_text(fill, row, error);
    }
    fill->rows = rows;
    for (fill->row = 0; fill->row < rows->row_count && !code; fill->row++) {
        code = put_text(fill, row, error);
    }
    fill->rows = NULL;
    return code;
}

static int put_part(struct fill *fill, struct span part, struct error *error)
{
    int code = 0;
    while (!code && part.start < part.end) {
        struct span open = find_tag(part.start, part.end, "w:tr");
        if (open.start && is_empty_tag(open)) {
            return error_set(error, ERROR_INPUT, "docx.broken", "a row without cells");
        }
        const char *end = open.start ? row_end(open, part.end) : part.end;
        if (!end) {
            return error_set(error, ERROR_INPUT, "docx.broken", "a table is not whole");
        }
        const char *until = open.start ? open.start : part.end;
        code = put_text(fill, (struct span){part.start, until}, error);
        if (!code && open.start) {
            code = put_row(fill, (struct span){open.start, end}, error);
        }
        part.start = end;
    }
    return code;
}

// ---- the document ----

static bool has_text(const char *name)
{
    size_t length = strlen(name);
    return strcmp(name, "word/document.xml") == 0 ||
           ((text_starts(name, "word/header") || text_starts(name, "word/footer")) &&
            length > 4 && strcmp(name + length - 4, ".xml") == 0);
}

struct filling {
    const struct zip *zip;
    const struct docx_values *values;
    struct docx_pictures *pictures;
    struct zip_writer *writer;
};

static bool is_document(const char *name)
{
    return strcmp(name, "word/document.xml") == 0;
}

static int fill_entry(const struct filling *filling, size_t index, struct buffer *out,
                      struct error *error)
{
    BUFFER_CLEANUP struct buffer from;
    const char *name = zip_name(filling->zip, index);
    buffer_init(&from, DOCX_BYTES_MOST);
    int code = zip_read(filling->zip, index, &from, error);
    struct fill fill = {.values = filling->values,
                        .pictures = is_document(name) ? filling->pictures : NULL,
                        .out = out};
    const char *bytes = from.data ? from.data : "";
    if (!code && has_text(name)) {
        code = put_part(&fill, (struct span){bytes, bytes + from.length}, error);
    } else if (!code) {
        docx_picture_list(filling->pictures, name, bytes, from.length, out);
    }
    return code ? code : buffer_check(out, error);
}

// The document first: what it shows stands in lists that come before it.
static int fill_all(const struct filling *filling, size_t document, struct error *error)
{
    BUFFER_CLEANUP struct buffer filled;
    bool has_relations = false;
    buffer_init(&filled, BUFFER_CEILING_REPLY);
    int code = fill_entry(filling, document, &filled, error);
    for (size_t i = 0; i < zip_entries(filling->zip) && !code; i++) {
        BUFFER_CLEANUP struct buffer other;
        const char *name = zip_name(filling->zip, i);
        const struct buffer *from = i == document ? &filled : &other;
        has_relations = has_relations || docx_picture_is_relations(name);
        buffer_init(&other, BUFFER_CEILING_REPLY);
        code = i == document ? 0 : fill_entry(filling, i, &other, error);
        if (!code) {
            code = zip_add(filling->writer, name, from->data ? from->data : "",
                           from->length, error);
        }
    }
    if (!code) {
        code = docx_picture_files(filling->pictures, has_relations, filling->writer, error);
    }
    return code ? code : zip_finish(filling->writer, error);
}

int docx_fill(const void *bytes, size_t length, const struct docx_values *values,
              struct buffer *out, struct error *error)
{
    struct zip *zip = NULL;
    struct docx_pictures pictures = {0};
    size_t document = SIZE_MAX;
    int code = zip_open(bytes, length, &zip, error);
    if (code) {
        return code;
    }
    for (size_t i = 0; i < zip_entries(zip); i++) {
        document = is_document(zip_name(zip, i)) ? i : document;
    }
    if (document == SIZE_MAX) {
        code = error_set(error, ERROR_INPUT, "docx.broken", "the template is no .docx");
    }
    struct filling filling = {zip, values, &pictures, zip_writer_new(out)};
    if (!code) {
        code = fill_all(&filling, document, error);
    }
    zip_writer_free(filling.writer);
    zip_close(zip);
    return code;
}
