// SPDX-License-Identifier: MPL-2.0
// Telephone numbers as callers leave them: any bytes give digits within their ceiling, the
// tail is their end, and a number is the same as itself and as itself with a prefix.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/rules/phone.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char digits[PHONE_DIGITS_SIZE], again[PHONE_DIGITS_SIZE];
    char tail[PHONE_TAIL_SIZE], other_tail[PHONE_TAIL_SIZE];
    char longer[PHONE_DIGITS_SIZE + 2];
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    phone_digits(text, digits, tail);
    free(text);
    size_t count = strlen(digits), last = strlen(tail);
    if (strspn(digits, "0123456789") != count || last > count ||
        strcmp(digits + count - last, tail) != 0)
        abort();
    phone_digits(digits, again, other_tail);
    if (strcmp(digits, again) != 0 || strcmp(tail, other_tail) != 0)
        abort();
    size_t significant = strlen(digits + strspn(digits, "0"));
    snprintf(longer, sizeof longer, "86%s", digits + strspn(digits, "0"));
    if (phone_same(digits, digits) != (significant > 0))
        abort();
    if (phone_same(digits, longer) != (significant >= PHONE_TAIL_SIZE - 1))
        abort();
    return 0;
}
