// SPDX-License-Identifier: MPL-2.0
// What texts and questions are cut into, so that one finds the other. docs/search.md tells
// it for people, tests/tables/search.txt by examples.
//
// A token is a word of letters and digits (lower case, full width made half width, simple
// accents taken off, an apostrophe inside dropped), or one or two neighbouring characters
// of a script that puts no blanks between words (Chinese, kana, hangul). Everything else
// parts tokens and is never one. Tokens are UTF-8 without blanks, quotes or '_': what an
// engine's own query language means by those cannot be reached from here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

enum {
    SEARCH_RULES = 3,            // raised whenever the cutting changes: indexes begin anew
    SEARCH_TOKEN_SIZE = 64,      // bytes with NUL; a longer word counts by its beginning
    SEARCH_QUESTION_MOST = 200,  // characters of a question
    SEARCH_TERMS_MOST = 64,      // tokens of a question
    SEARCH_TEXT_MOST = 64 * 1024 // bytes looked at of one text
};

typedef void search_emit(void *context, const char *token, size_t length);

// Cuts a text for the index: words, single characters and pairs, in the order of the text;
// the same token may come more than once. Bytes that are no UTF-8 part tokens.
void search_cut(const char *text, size_t length, search_emit *emit, void *context);

// The tokens of a case number ("BOS202611220001"): the whole, its letters, letters and
// date, date, all digits, month to end, day to end, the serial.
void search_cut_number(const char *number, search_emit *emit, void *context);

struct search_term {
    char token[SEARCH_TOKEN_SIZE];
    uint8_t length;
    uint8_t unit; // terms of one word or one run of characters have the same
    bool prefix;  // a longer word that begins so fits too: the last word of a question
    bool number;  // has digits and is the last: a case number may begin so
};

// A question: every term must be found.
struct search_question {
    struct search_term terms[SEARCH_TERMS_MOST];
    size_t count;
    size_t units;
    // Letters and digits of the whole question, folded: what is compared with a number.
    char plain[SEARCH_TOKEN_SIZE];
};

// ERROR_INPUT "search.nothing" when no token is in it, "search.too_long" for more than
// SEARCH_QUESTION_MOST characters or SEARCH_TERMS_MOST tokens.
int search_question_read(const char *text, size_t length,
                         struct search_question *ret_question,
                         struct error *error) ERROR_MUST_CHECK;

// Is it a word of letters alone (no digit, no dense script), and so one that may be typed
// in part?
bool search_is_word(const char *token, size_t length);
// The beginnings of such a word that an index holds as tokens: '_' '_' and its first two
// and three letters. Longer beginnings are looked up in a list of words. Returns how many.
enum { SEARCH_BEGINNINGS = 2, SEARCH_BEGINNING_MOST = 3 };
size_t search_beginnings(const char *token, size_t length,
                         char out[SEARCH_BEGINNINGS][SEARCH_TOKEN_SIZE]);

// Does the token satisfy the term?
bool search_term_fits(const struct search_term *term, const char *token, size_t length);
// Is it the beginning of this case number, of all of it or of its digits?
bool search_term_begins(const struct search_term *term, const char *number);
