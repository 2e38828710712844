// SPDX-License-Identifier: MPL-2.0
// What the files of search share: search.c (a question, and does a case answer it),
// search_doc.c (a case as tokens), search_index.c (keeping the index), search_walk.c
// (asking it).
#pragma once

#include <gridcase/cases/search.h>

#include "case_internal.h"

enum {
    SEARCH_OPINIONS_MOST = 50,                  // of a case, the newest
    SEARCH_NAMED_MOST = 4096,                   // things of one kind that a word may name
    SEARCH_DOC_TOKENS = 8192,                   // of a case
    SEARCH_OPEN_TOKENS = 4 * SEARCH_DOC_TOKENS, // with beginnings of words
    SEARCH_DAYS = 30,                           // of a stretch of opening times
};

// ---- search.c ----
// What a word of the question may name.
enum search_named {
    SEARCH_CLASS,
    SEARCH_CONDITION,
    SEARCH_DEPARTMENT,
    SEARCH_AREA,
    SEARCH_NAMED_COUNT
};

struct search_ids {
    int64_t *ids; // in the order they were found, each once
    size_t count;
};

struct case_search {
    struct search_question question;
    const struct city_snapshot *city;
    struct db *index;  // NULL: without one, every row is looked at
    int64_t budget_us; // 0: none
    uint64_t all;      // a bit for each term
    uint64_t unit_bits[SEARCH_TERMS_MOST];
    struct search_ids named[SEARCH_TERMS_MOST][SEARCH_NAMED_COUNT]; // by unit
};

bool case_search_index(const struct case_search *search); // NULL: false
// The texts of a case that its index holds, cut: all but its number and opinions.
void case_search_cut_texts(const struct city_snapshot *city, const struct case_row *row,
                           search_emit *emit, void *context);
// Every term is satisfied by the row, the names of what it refers to, or an opinion.
int case_search_fits(const struct case_search *search, struct db *db,
                     const struct case_row *row, bool *ret_fits,
                     struct error *error) ERROR_MUST_CHECK;

// ---- search_doc.c ----
// Filters are tokens too, so that the index intersects them with the words: '_', a letter,
// a number.
enum search_filter {
    SEARCH_BY_OPEN = 'o', // 1 open, 0 ended
    SEARCH_BY_STAGE = 's',
    SEARCH_BY_DEPARTMENT = 'd', // lead
    SEARCH_BY_HOLDER = 'v',     // department that holds or held a task, the lead too
    SEARCH_BY_PERSON = 'p',     // reported, holds or held
    SEARCH_BY_AREA = 'a',
    SEARCH_BY_CLASS = 'c',
    SEARCH_BY_CONDITION = 'k',
    SEARCH_BY_GRID = 'g',
    SEARCH_BY_QUEUE = 'q',
    SEARCH_BY_SOURCE = 'r',
    SEARCH_BY_REPORTER = 'w',  // person
    SEARCH_BY_STRETCH = 't',   // of SEARCH_DAYS days: opened
    SEARCH_BY_DAY = 'e',       // opened, since 1970, UTC
    SEARCH_BY_CELL = 'x',      // of 0.02 degrees
    SEARCH_BY_BLOCK = 'y',     // of 0.16 degrees
    SEARCH_BY_NUMBER = 'n',    // year and month of a case number
    SEARCH_WHOLE_NUMBER = 'z', // with the number: stands for its tokens in a kept list
};
enum { SEARCH_FILTER_SIZE = 24 };
void search_filter_token(enum search_filter filter, int64_t value,
                         char out[SEARCH_FILTER_SIZE]);
// Days since 1970, and stretches of SEARCH_DAYS of them.
int64_t search_day(int64_t instant_ms);
int64_t search_stretch(int64_t instant_ms);
int64_t search_cell(enum search_filter filter, double lon_deg, double lat_deg);
double search_cell_deg(enum search_filter filter);
// Year (4) or month (6 digits) out of a folded number with a date in it; 0 when it has
// none.
int64_t search_number_date(const char *number, size_t digits);

struct search_token {
    const char *text;
    size_t length;
};
struct search_doc { // texts in the arena
    struct arena *arena;
    struct search_token *tokens;
    size_t count, capacity;
    size_t limit; // further tokens are left out
};
// A case as it is now, as a list to keep: ascending, each token once.
int search_doc_read(struct db *db, const struct city_snapshot *city,
                    const struct case_row *row, struct arena *arena,
                    struct search_doc *ret_doc, struct error *error) ERROR_MUST_CHECK;
// As it was written by search_doc_write.
void search_doc_parse(const char *text, size_t length, struct arena *arena,
                      struct search_doc *ret_doc);
void search_doc_write(const struct search_doc *doc, struct buffer *out);
// A list of its own in another arena; the texts are shared.
void search_doc_copy(struct search_doc *doc, struct arena *arena);
// From the list that is kept to the tokens that the index has: a number becomes all of its
// tokens, words get their beginnings.
void search_doc_open(struct search_doc *doc);
// What is in one and not in the other, a blank between.
void search_doc_less(const struct search_doc *doc, const struct search_doc *other,
                     struct buffer *out);

// ---- search_walk.c: cases that answer, in the order of a list, as rows ----
struct search_walk;
struct search_order {
    bool by_due;                  // else newest first
    int64_t after_sort, after_id; // where the page before ended
    bool first;                   // of all pages: a number hit comes first
};
int search_walk_begin(struct db *db, const struct case_filter *filter,
                      const struct account_sight *sight, const struct search_order *order,
                      struct search_walk **ret_walk, struct error *error) ERROR_MUST_CHECK;
// DB_ROW with a row that the question may fit (texts borrowed until the next), DB_DONE.
int search_walk_next(struct search_walk *walk, struct case_row *row,
                     struct error *error) ERROR_MUST_CHECK;
struct search_walk *search_walk_end(struct search_walk *walk); // takes NULL, returns NULL
// The row that came first because it has the very number asked for; 0: none did.
int64_t search_walk_exact(const struct search_walk *walk);
