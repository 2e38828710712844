// SPDX-License-Identifier: MPL-2.0
// Telephone numbers as people write them: what makes two of them the same.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    PHONE_DIGITS_SIZE = 21, // of a number, with NUL; what comes after is left out
    PHONE_TAIL_SIZE = 8,    // of its last seven digits
};

// The digits of a number, full-width ones too, and the last seven of them. NULL: none.
void phone_digits(const char *phone, char ret_digits[PHONE_DIGITS_SIZE],
                  char ret_tail[PHONE_TAIL_SIZE]);
// A number is the same as another when, leading zeros left out, one ends with the other:
// +86 10 6251 2345, 010-62512345 and 62512345 are. One of less than seven digits is the
// same as itself only.
bool phone_same(const char *digits, const char *other_digits);
