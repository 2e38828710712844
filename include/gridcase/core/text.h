// SPDX-License-Identifier: MPL-2.0
// Reading text strictly: nothing is guessed, nothing depends on the locale.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

// Whole text is one decimal integer, optional minus sign, no blanks. ERROR_INPUT otherwise.
int text_to_int(const char *text, size_t length, int64_t *ret_value,
                struct error *error) ERROR_MUST_CHECK;
// Decimal point only, finite only (no NaN, no infinity, no hexadecimal).
int text_to_double(const char *text, size_t length, double *ret_value,
                   struct error *error) ERROR_MUST_CHECK;
// Valid UTF-8 without NUL, surrogates or overlong forms.
bool text_is_utf8(const char *text, size_t length);
// Characters (code points) of valid UTF-8.
size_t text_characters(const char *text, size_t length);
bool text_equal(const char *a, const char *b); // NULL equals only NULL
bool text_is_blank(const char *text);          // NULL, empty or only spaces and tabs
bool text_starts(const char *text, const char *prefix);
// Lower-case letters, digits, '-' and '_', 1 to 63 long, begins with a letter: city and
// code names that go into addresses and file names.
bool text_is_slug(const char *text);
// Cuts spaces, tabs, CR and LF at both ends in place; returns the new start.
char *text_trim(char *text);
// Next piece of a list separated by separator; *cursor moves on, NULL at the end.
// Pieces are trimmed and not NUL-terminated: *ret_length says how long.
const char *text_next(const char **cursor, char separator, size_t *ret_length);
// snprintf that says when it had to cut: ERROR_LIMIT.
int text_format(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4))) ERROR_MUST_CHECK;
