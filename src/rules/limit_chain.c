// SPDX-License-Identifier: MPL-2.0
// Chains of limits as offices write them: make safe, repair, restore.
#include <gridcase/rules/limit.h>

#include <string.h>

enum { PIECE_MOST = 160 };

static const char *const part_names[LIMIT_PART_COUNT] = {"", "safe", "repair", "restore"};

static const struct {
    const char *word;
    enum limit_part part;
} part_words[] = {
    {"安全防护", LIMIT_PART_SAFE},    {"排除危险", LIMIT_PART_SAFE},
    {"围挡", LIMIT_PART_SAFE},        {"围护", LIMIT_PART_SAFE},
    {"警戒", LIMIT_PART_SAFE},        {"排险", LIMIT_PART_SAFE},
    {"防护", LIMIT_PART_SAFE},        {"make safe", LIMIT_PART_SAFE},
    {"safe", LIMIT_PART_SAFE},        {"fence", LIMIT_PART_SAFE},
    {"恢复原状", LIMIT_PART_RESTORE}, {"恢复", LIMIT_PART_RESTORE},
    {"复原", LIMIT_PART_RESTORE},     {"restore", LIMIT_PART_RESTORE},
    {"修复", LIMIT_PART_REPAIR},      {"维修", LIMIT_PART_REPAIR},
    {"修理", LIMIT_PART_REPAIR},      {"更换", LIMIT_PART_REPAIR},
    {"repair", LIMIT_PART_REPAIR},    {"replace", LIMIT_PART_REPAIR},
};

const char *limit_part_to_str(enum limit_part part)
{
    return (unsigned)part < LIMIT_PART_COUNT ? part_names[part] : "?";
}

int limit_part_from_str(const char *text, enum limit_part *ret_part, struct error *error)
{
    for (int part = 0; part < LIMIT_PART_COUNT; part++) {
        if (strcmp(text, part_names[part]) == 0) {
            *ret_part = (enum limit_part)part;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "limit.part_unknown",
                     "'%.40s' is no part of a limit: safe, repair or restore", text);
}

// Length of the separator that the text begins with, 0: none.
static size_t separator(const char *text)
{
    static const char *const marks[] = {";", "；", "→", "+"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strncmp(text, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 0;
}

// The next piece, trimmed of blanks; false when it is too long.
static bool next_piece(const char **text, char out[PIECE_MOST])
{
    const char *from = *text;
    size_t length = 0, mark = 0;
    while (from[length] != '\0' && (mark = separator(from + length)) == 0)
        length++;
    *text = from + length + mark;
    while (length > 0 && *from == ' ') {
        from++;
        length--;
    }
    while (length > 0 && from[length - 1] == ' ')
        length--;
    if (length >= PIECE_MOST)
        return false;
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

static bool same_letters(const char *text, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
        if (c != word[i])
            return false;
    }
    return true;
}

// Cuts the word of a part off the front or the end of the piece.
static enum limit_part take_part(char piece[PIECE_MOST])
{
    size_t size = strlen(piece);
    for (size_t i = 0; i < sizeof part_words / sizeof *part_words; i++) {
        size_t length = strlen(part_words[i].word);
        if (length > size)
            continue;
        if (same_letters(piece, part_words[i].word, length)) {
            size_t skip = length;
            if (piece[skip] == ':')
                skip++;
            memmove(piece, piece + skip, size - skip + 1);
            return part_words[i].part;
        }
        if (same_letters(piece + size - length, part_words[i].word, length)) {
            piece[size - length] = '\0';
            return part_words[i].part;
        }
    }
    return LIMIT_PART_WHOLE;
}

static int refuse(const char *text, const char *why, struct error *error)
{
    return error_set(error, ERROR_INPUT, "limit.invalid",
                     "'%.100s' is no chain of limits: %s", text, why);
}

static int add_piece(const char *text, char piece[PIECE_MOST], const char *unit_hint,
                     enum limit_part *last, struct limit_chain *chain, bool *ret_conflict,
                     struct error *error)
{
    bool conflict = false;
    enum limit_part part = take_part(piece);
    if (part == LIMIT_PART_WHOLE)
        part = *last + 1;
    if (part >= LIMIT_PART_COUNT || part <= *last)
        return refuse(text, "its parts are make safe, repair and restore, in this order",
                      error);
    struct limit limit;
    int code = limit_parse(piece, unit_hint, &limit, &conflict, error);
    if (code == 0 && limit.unit == LIMIT_NONE)
        return refuse(text, "a part has no limit", error);
    if (code != 0)
        return code;
    *last = part;
    chain->limits[part] = limit;
    chain->named[part] = true;
    if (ret_conflict)
        *ret_conflict |= conflict;
    return 0;
}

int limit_chain_parse(const char *text, const char *unit_hint,
                      struct limit_chain *ret_chain, bool *ret_conflict,
                      struct error *error)
{
    struct limit_chain chain = {.named = {false}};
    char piece[PIECE_MOST];
    const char *rest = text;
    enum limit_part last = LIMIT_PART_WHOLE;
    int code = 0;
    if (ret_conflict)
        *ret_conflict = false;
    if (!next_piece(&rest, piece))
        return refuse(text, "it is too long", error);
    if (*rest == '\0') { // one piece: a whole limit, unless a part is named
        char copy[PIECE_MOST];
        memcpy(copy, piece, sizeof copy);
        if (take_part(copy) == LIMIT_PART_WHOLE) {
            code = limit_parse(text, unit_hint, &chain.limits[LIMIT_PART_WHOLE],
                               ret_conflict, error);
            chain.named[LIMIT_PART_WHOLE] = true;
            if (code == 0)
                *ret_chain = chain;
            return code;
        }
    }
    code = add_piece(text, piece, unit_hint, &last, &chain, ret_conflict, error);
    while (code == 0 && *rest != '\0') {
        if (!next_piece(&rest, piece))
            return refuse(text, "it is too long", error);
        if (piece[0] != '\0' || *rest != '\0')
            code = add_piece(text, piece, unit_hint, &last, &chain, ret_conflict, error);
    }
    if (code == 0)
        *ret_chain = chain;
    return code;
}
