// SPDX-License-Identifier: MPL-2.0
// Cutting texts and questions into tokens.
#include <gridcase/rules/search.h>

#include <string.h>

#include <glib.h>

#include <gridcase/core/text.h>

enum { FOLDED_MOST = 18 }; // characters that one character may become

// ---- characters ----

// Scripts without blanks between words: each character is a token, and each pair.
static bool is_dense(gunichar c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x3041 && c <= 0x30FF && c != 0x30FB && g_unichar_isalpha(c)) ||
           (c >= 0xAC00 && c <= 0xD7A3) || c == 0x3005 || c == 0x3007 ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x323AF);
}

static bool is_mark(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK;
}

// One character as the letters, digits and dense characters that it counts as: none for
// what parts words. Returns how many; *ret_joins for what vanishes inside a word.
static size_t fold(gunichar c, gunichar out[FOLDED_MOST], bool *ret_joins)
{
    *ret_joins = false;
    if (c < 0x80) {
        *ret_joins = c == '\'';
        out[0] = (gunichar)g_ascii_tolower((gchar)c);
        return g_ascii_isalnum((gchar)c) ? 1 : 0;
    }
    if (c == 0x2019 || c == 0xFF07 || c == 0x00AD || is_mark(c)) {
        *ret_joins = true;
        return 0;
    }
    bool kana = c >= 0x3041 && c <= 0x30FF; // half-width kana carry their marks apart
    if (is_dense(c) && c < 0xF900 && !kana) {
        out[0] = c;
        return 1;
    }
    gunichar parts[FOLDED_MOST];
    gsize count = g_unichar_fully_decompose(c, TRUE, parts, FOLDED_MOST);
    size_t kept = 0;
    *ret_joins = true;
    for (gsize i = 0; i < count && i < FOLDED_MOST; i++) {
        gunichar part = g_unichar_tolower(parts[i]);
        int digit = g_unichar_digit_value(part);
        if (digit >= 0)
            part = (gunichar)('0' + digit);
        *ret_joins &= is_mark(part);
        if (!is_mark(part) && (g_unichar_isalnum(part) || is_dense(part)))
            out[kept++] = part;
    }
    return kept;
}

// ---- the cutter ----

struct cutter {
    search_emit *emit;
    void *context;
    bool question; // of a run of dense characters only pairs, the single one alone
    char word[SEARCH_TOKEN_SIZE];
    size_t word_length;
    bool word_full;
    char dense[8]; // the dense character before
    size_t dense_length;
    size_t run;   // dense characters in a row
    size_t units; // words and runs that have ended
};

static void end_word(struct cutter *cutter)
{
    if (cutter->word_length > 0) {
        cutter->emit(cutter->context, cutter->word, cutter->word_length);
        cutter->units++;
    }
    cutter->word_length = 0;
    cutter->word_full = false;
}

static void end_run(struct cutter *cutter)
{
    if (cutter->run == 1 && cutter->question)
        cutter->emit(cutter->context, cutter->dense, cutter->dense_length);
    cutter->units += cutter->run > 0;
    cutter->run = 0;
    cutter->dense_length = 0;
}

static void add_dense(struct cutter *cutter, const char *bytes, size_t length)
{
    char pair[16];
    end_word(cutter);
    if (!cutter->question)
        cutter->emit(cutter->context, bytes, length);
    if (cutter->run > 0) {
        memcpy(pair, cutter->dense, cutter->dense_length);
        memcpy(pair + cutter->dense_length, bytes, length);
        cutter->emit(cutter->context, pair, cutter->dense_length + length);
    }
    memcpy(cutter->dense, bytes, length);
    cutter->dense_length = length;
    cutter->run++;
}

static void add_letter(struct cutter *cutter, const char *bytes, size_t length)
{
    end_run(cutter);
    cutter->word_full |= cutter->word_length + length >= sizeof cutter->word;
    if (cutter->word_full)
        return;
    memcpy(cutter->word + cutter->word_length, bytes, length);
    cutter->word_length += length;
}

static void add_character(struct cutter *cutter, gunichar c)
{
    gunichar folded[FOLDED_MOST];
    bool joins = false;
    size_t count = fold(c, folded, &joins);
    if (count == 0 && !joins) {
        end_word(cutter);
        end_run(cutter);
    }
    for (size_t i = 0; i < count; i++) {
        char bytes[8];
        size_t length = (size_t)g_unichar_to_utf8(folded[i], bytes);
        if (is_dense(folded[i]))
            add_dense(cutter, bytes, length);
        else
            add_letter(cutter, bytes, length);
    }
}

static void cut(struct cutter *cutter, const char *text, size_t length)
{
    size_t at = 0;
    if (length > SEARCH_TEXT_MOST)
        length = SEARCH_TEXT_MOST;
    while (at < length) {
        gunichar c = (unsigned char)text[at];
        size_t step = 1;
        if (c >= 0x80) {
            c = g_utf8_get_char_validated(text + at, (gssize)(length - at));
            bool bad = c == (gunichar)-1 || c == (gunichar)-2;
            step = bad ? 1 : (size_t)g_unichar_to_utf8(c, NULL);
            if (bad)
                c = ' ';
        }
        add_character(cutter, c);
        at += step;
    }
    end_word(cutter);
    end_run(cutter);
}

void search_cut(const char *text, size_t length, search_emit *emit, void *context)
{
    struct cutter cutter = {.emit = emit, .context = context};
    cut(&cutter, text, length);
}

// ---- case numbers ----

struct joined {
    char text[SEARCH_TOKEN_SIZE];
    size_t length;
};

static void join(void *context, const char *token, size_t length)
{
    struct joined *joined = context;
    if (joined->length + length < sizeof joined->text) {
        memcpy(joined->text + joined->length, token, length);
        joined->length += length;
    }
}

// Letters and digits of a text, folded, as one.
static void join_all(const char *text, size_t length, struct joined *ret_joined)
{
    // As a question is cut: dense characters come once when single; of a longer run the
    // pairs would repeat them, which only makes such a text equal to no number.
    struct cutter cutter = {.emit = join, .context = ret_joined, .question = true};
    *ret_joined = (struct joined){{0}, 0};
    cut(&cutter, text, length);
    ret_joined->text[ret_joined->length] = '\0';
}

void search_cut_number(const char *number, search_emit *emit, void *context)
{
    enum { YEAR = 4, MONTH = 6, DATE = 8 };
    struct joined all;
    join_all(number, strlen(number), &all);
    size_t digits = all.length;
    while (digits > 0 && g_ascii_isdigit(all.text[digits - 1]))
        digits--;
    size_t count = all.length - digits;
    const struct {
        size_t from, to;
        bool dated; // needs a number with a date in it
    } parts[] = {
        {0, all.length, false},
        {0, digits, false},
        {digits, all.length, false},
        {0, digits + DATE, true},
        {digits, digits + DATE, true},
        {digits + YEAR, all.length, true},
        {digits + MONTH, all.length, true},
        {digits + DATE, all.length, true},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if ((parts[i].dated && count <= DATE) || parts[i].from >= parts[i].to)
            continue;
        if (i > 0 && parts[i].from == 0 && parts[i].to == all.length)
            continue; // the whole again
        emit(context, all.text + parts[i].from, parts[i].to - parts[i].from);
    }
}

// ---- questions ----

struct reading {
    struct search_question *question;
    const struct cutter *cutter;
    bool too_many;
};

static void add_term(void *context, const char *token, size_t length)
{
    struct reading *reading = context;
    struct search_question *question = reading->question;
    if (question->count == SEARCH_TERMS_MOST) {
        reading->too_many = true;
        return;
    }
    struct search_term *term = &question->terms[question->count++];
    memcpy(term->token, token, length);
    term->length = (uint8_t)length;
    term->unit = (uint8_t)reading->cutter->units;
    term->prefix = false;
    term->number = false;
}

bool search_is_word(const char *token, size_t length)
{
    if (length == 0 || token[0] == '_' ||
        ((unsigned char)token[0] >= 0x80 && is_dense(g_utf8_get_char(token))))
        return false;
    for (size_t i = 0; i < length; i++)
        if (g_ascii_isdigit(token[i]))
            return false;
    return true;
}

size_t search_beginnings(const char *token, size_t length,
                         char out[SEARCH_BEGINNINGS][SEARCH_TOKEN_SIZE])
{
    size_t found = 0, at = 0;
    if (!search_is_word(token, length))
        return 0;
    for (size_t letters = 1; letters <= SEARCH_BEGINNING_MOST && at < length; letters++) {
        at += (size_t)g_utf8_skip[(unsigned char)token[at]];
        if (letters < 2 || at > length)
            continue;
        memcpy(out[found], "__", 2);
        memcpy(out[found] + 2, token, at);
        out[found++][at + 2] = '\0';
    }
    return found;
}

static bool has_digit(const struct search_term *term)
{
    for (size_t i = 0; i < term->length; i++)
        if (g_ascii_isdigit(term->token[i]))
            return true;
    return false;
}

int search_question_read(const char *text, size_t length,
                         struct search_question *ret_question, struct error *error)
{
    struct search_question question = {.count = 0};
    struct reading reading = {.question = &question};
    if (length > SEARCH_QUESTION_MOST * 4 ||
        (text_is_utf8(text, length) &&
         text_characters(text, length) > SEARCH_QUESTION_MOST))
        return error_set(error, ERROR_INPUT, "search.too_long",
                         "at most %d characters can be searched for", SEARCH_QUESTION_MOST);
    struct cutter cutter = {.emit = add_term, .context = &reading, .question = true};
    reading.cutter = &cutter;
    cut(&cutter, text, length);
    if (question.count == 0)
        return error_set(error, ERROR_INPUT, "search.nothing",
                         "there is no letter, digit or character to search for");
    if (reading.too_many)
        return error_set(error, ERROR_INPUT, "search.too_long",
                         "at most %d words can be searched for", SEARCH_TERMS_MOST);
    // One letter begins too much; a run of dense characters needs no prefix.
    struct search_term *last = &question.terms[question.count - 1];
    last->prefix = search_is_word(last->token, last->length) &&
                   g_utf8_strlen(last->token, last->length) > 1;
    last->number = has_digit(last);
    question.units = last->unit + (size_t)1;
    struct joined all;
    join_all(text, length, &all);
    memcpy(question.plain, all.text, sizeof question.plain);
    *ret_question = question;
    return 0;
}

bool search_term_fits(const struct search_term *term, const char *token, size_t length)
{
    if (length < term->length || memcmp(term->token, token, term->length) != 0)
        return false;
    // What has a digit in it counts as a whole: an index keeps no beginnings of it.
    return length == term->length || (term->prefix && search_is_word(token, length));
}

bool search_term_begins(const struct search_term *term, const char *number)
{
    struct joined all;
    if (!term->number)
        return false;
    join_all(number, strlen(number), &all);
    size_t digits = all.length;
    while (digits > 0 && g_ascii_isdigit(all.text[digits - 1]))
        digits--;
    return (all.length >= term->length &&
            memcmp(all.text, term->token, term->length) == 0) ||
           (term->length >= 4 && all.length - digits >= term->length &&
            memcmp(all.text + digits, term->token, term->length) == 0);
}
