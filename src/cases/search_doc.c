// SPDX-License-Identifier: MPL-2.0
// A case as the tokens that the index holds.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "search_internal.h"

// ---- filters as tokens ----

void search_filter_token(enum search_filter filter, int64_t value,
                         char out[SEARCH_FILTER_SIZE])
{
    snprintf(out, SEARCH_FILTER_SIZE, "_%c%" PRId64, (char)filter, value);
}

int64_t search_day(int64_t instant_ms)
{
    return instant_ms < 0 ? 0 : instant_ms / INT64_C(86400000);
}

int64_t search_stretch(int64_t instant_ms)
{
    return search_day(instant_ms) / SEARCH_DAYS;
}

double search_cell_deg(enum search_filter filter)
{
    return filter == SEARCH_BY_CELL ? 0.02 : 0.16;
}

int64_t search_cell(enum search_filter filter, double lon_deg, double lat_deg)
{
    double size = search_cell_deg(filter);
    return (int64_t)floor((lon_deg + 180) / size) * 100000 +
           (int64_t)floor((lat_deg + 90) / size);
}

int64_t search_number_date(const char *number, size_t digits)
{
    enum { DATE = 8 };
    size_t length = strlen(number), from = length;
    int64_t value = 0;
    while (from > 0 && number[from - 1] >= '0' && number[from - 1] <= '9')
        from--;
    if (length - from <= DATE || text_to_int(number + from, digits, &value, NULL) != 0)
        return 0;
    return value;
}

// ---- collecting ----

static void doc_add(void *context, const char *token, size_t length)
{
    struct search_doc *doc = context;
    if (doc->count == doc->capacity) {
        size_t capacity = doc->capacity > 0 ? doc->capacity * 2 : 64;
        struct search_token *more =
            capacity > doc->limit ? NULL : arena_array(doc->arena, capacity, sizeof *more);
        if (more == NULL)
            return; // of so long a case the beginning is found
        if (doc->count > 0)
            memcpy(more, doc->tokens, doc->count * sizeof *more);
        doc->tokens = more;
        doc->capacity = capacity;
    }
    const char *copy = arena_copy(doc->arena, token, length);
    if (copy != NULL)
        doc->tokens[doc->count++] = (struct search_token){copy, length};
}

static void add_filter(struct search_doc *doc, enum search_filter filter, int64_t value)
{
    char token[SEARCH_FILTER_SIZE];
    search_filter_token(filter, value, token);
    doc_add(doc, token, strlen(token));
}

static void add_known(struct search_doc *doc, enum search_filter filter, int64_t id)
{
    if (id > 0)
        add_filter(doc, filter, id);
}

static int compare(const void *a, const void *b)
{
    const struct search_token *x = a, *y = b;
    size_t least = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->text, y->text, least);
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static void seal(struct search_doc *doc)
{
    size_t kept = 0;
    if (doc->count > 0)
        qsort(doc->tokens, doc->count, sizeof *doc->tokens, compare);
    for (size_t i = 0; i < doc->count; i++)
        if (kept == 0 || compare(&doc->tokens[kept - 1], &doc->tokens[i]) != 0)
            doc->tokens[kept++] = doc->tokens[i];
    doc->count = kept;
}

// ---- what a case has ----

struct number_fold {
    char text[SEARCH_TOKEN_SIZE];
};

static void keep_first(void *context, const char *token, size_t length)
{
    struct number_fold *fold = context;
    if (fold->text[0] == '\0')
        memcpy(fold->text, token, length);
}

static void add_number(struct search_doc *doc, const char *number)
{
    struct number_fold fold = {{0}};
    char token[SEARCH_TOKEN_SIZE + 8];
    search_cut_number(number, keep_first, &fold);
    int length = snprintf(token, sizeof token, "_%c%s", SEARCH_WHOLE_NUMBER, fold.text);
    doc_add(doc, token, (size_t)length);
}

// The tokens that the whole number stands for.
static void open_number(struct search_doc *doc, const char *number)
{
    search_cut_number(number, doc_add, doc);
    add_known(doc, SEARCH_BY_NUMBER, search_number_date(number, 4));
    add_known(doc, SEARCH_BY_NUMBER, search_number_date(number, 6));
}

static void add_filters(struct search_doc *doc, const struct case_row *row)
{
    const struct case_place *place = &row->place;
    add_filter(doc, SEARCH_BY_OPEN, row->closed_ms == INSTANT_NONE);
    add_filter(doc, SEARCH_BY_STAGE, row->stage);
    add_filter(doc, SEARCH_BY_SOURCE, row->source);
    add_known(doc, SEARCH_BY_QUEUE, row->queue);
    add_known(doc, SEARCH_BY_DEPARTMENT, row->department_id);
    add_known(doc, SEARCH_BY_HOLDER, row->department_id);
    add_known(doc, SEARCH_BY_REPORTER, row->reported_by);
    add_known(doc, SEARCH_BY_PERSON, row->reported_by);
    add_known(doc, SEARCH_BY_PERSON, row->holder_person);
    add_known(doc, SEARCH_BY_CLASS, place->class_id);
    add_known(doc, SEARCH_BY_CONDITION, place->condition_id);
    add_known(doc, SEARCH_BY_GRID, place->grid_id);
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        add_known(doc, SEARCH_BY_AREA, place->areas[i]);
    add_filter(doc, SEARCH_BY_DAY, search_day(row->opened_ms));
    add_filter(doc, SEARCH_BY_STRETCH, search_stretch(row->opened_ms));
    if (place->has_point) {
        double lon = place->point.lon_deg, lat = place->point.lat_deg;
        add_filter(doc, SEARCH_BY_CELL, search_cell(SEARCH_BY_CELL, lon, lat));
        add_filter(doc, SEARCH_BY_BLOCK, search_cell(SEARCH_BY_BLOCK, lon, lat));
    }
    add_number(doc, row->number);
}

static int add_tasks(struct search_doc *doc, struct db *db, int64_t case_id,
                     struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_TASK_SCOPE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    while ((code = db_step(s, error)) == DB_ROW) {
        add_known(doc, SEARCH_BY_HOLDER, db_column_int(s, 0));
        add_known(doc, SEARCH_BY_PERSON, db_column_int(s, 1));
    }
    return code;
}

static int add_opinions(struct search_doc *doc, struct db *db, int64_t case_id,
                        struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_SEARCH_OPINIONS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, SEARCH_OPINIONS_MOST);
    while ((code = db_step(s, error)) == DB_ROW) {
        const char *text = db_column_text(s, 0);
        if (text != NULL)
            search_cut(text, db_column_length(s, 0), doc_add, doc);
    }
    return code;
}

int search_doc_read(struct db *db, const struct city_snapshot *city,
                    const struct case_row *row, struct arena *arena,
                    struct search_doc *ret_doc, struct error *error)
{
    struct search_doc doc = {.arena = arena, .limit = SEARCH_DOC_TOKENS};
    add_filters(&doc, row);
    int code = add_tasks(&doc, db, row->case_id, error);
    case_search_cut_texts(city, row, doc_add, &doc);
    if (code == 0)
        code = add_opinions(&doc, db, row->case_id, error);
    if (code != 0)
        return code;
    seal(&doc);
    *ret_doc = doc;
    return 0;
}

// ---- written and compared ----

void search_doc_parse(const char *text, size_t length, struct arena *arena,
                      struct search_doc *ret_doc)
{
    struct search_doc doc = {.arena = arena, .limit = SEARCH_OPEN_TOKENS};
    for (size_t at = 0; at < length;) {
        const char *blank = memchr(text + at, ' ', length - at);
        size_t end = blank != NULL ? (size_t)(blank - text) : length;
        doc_add(&doc, text + at, end - at);
        at = end + 1;
    }
    *ret_doc = doc;
}

static void write_token(const struct search_token *token, struct buffer *out)
{
    if (out->length > 0)
        buffer_append_char(out, ' ');
    buffer_append(out, token->text, token->length);
}

void search_doc_write(const struct search_doc *doc, struct buffer *out)
{
    for (size_t i = 0; i < doc->count; i++)
        write_token(&doc->tokens[i], out);
}

void search_doc_copy(struct search_doc *doc, struct arena *arena)
{
    struct search_token *tokens = arena_array(arena, doc->count, sizeof *tokens);
    if (tokens != NULL && doc->count > 0)
        memcpy(tokens, doc->tokens, doc->count * sizeof *tokens);
    doc->count = tokens != NULL ? doc->count : 0;
    doc->capacity = doc->count;
    doc->tokens = tokens;
    doc->arena = arena;
    doc->limit = SEARCH_OPEN_TOKENS;
}

void search_doc_open(struct search_doc *doc)
{
    size_t count = doc->count;
    for (size_t i = 0; i < count; i++) {
        if (doc->tokens[i].length > 2 && doc->tokens[i].text[0] == '_' &&
            doc->tokens[i].text[1] == SEARCH_WHOLE_NUMBER) {
            doc->tokens[i].text += 2;
            doc->tokens[i].length -= 2;
            open_number(doc, doc->tokens[i].text);
        }
        char beginning[SEARCH_BEGINNINGS][SEARCH_TOKEN_SIZE];
        size_t found =
            search_beginnings(doc->tokens[i].text, doc->tokens[i].length, beginning);
        for (size_t k = 0; k < found; k++)
            doc_add(doc, beginning[k], strlen(beginning[k]));
    }
    seal(doc);
}

void search_doc_less(const struct search_doc *doc, const struct search_doc *other,
                     struct buffer *out)
{
    size_t k = 0;
    for (size_t i = 0; i < doc->count; i++) {
        while (k < other->count && compare(&other->tokens[k], &doc->tokens[i]) < 0)
            k++;
        if (k == other->count || compare(&other->tokens[k], &doc->tokens[i]) != 0)
            write_token(&doc->tokens[i], out);
    }
}
