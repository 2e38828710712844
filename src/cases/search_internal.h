// SPDX-License-Identifier: MPL-2.0
// What the files of search share.
#pragma once

#include <gridcase/cases/search.h>

#include "case_internal.h"

enum {
    SEARCH_OPINIONS_MOST = 50, // of a case, the newest
    SEARCH_NAMED_MOST = 4096,  // things of one kind that a word may name
};

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
    uint64_t all; // a bit for each term
    uint64_t unit_bits[SEARCH_TERMS_MOST];
    struct search_ids named[SEARCH_TERMS_MOST][SEARCH_NAMED_COUNT]; // by unit
};

// The texts of a case that its index holds, cut: all but opinions.
void case_search_cut_row(const struct city_snapshot *city, const struct case_row *row,
                         search_emit *emit, void *context);
// Every term is satisfied by the row, the names of what it refers to, or an opinion.
int case_search_fits(const struct case_search *search, struct db *db,
                     const struct case_row *row, bool *ret_fits,
                     struct error *error) ERROR_MUST_CHECK;
