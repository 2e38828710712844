// SPDX-License-Identifier: MPL-2.0
// Telephone numbers as people write them.
#include <gridcase/rules/phone.h>

#include <string.h>

// The digit that text starts with, -1: none. U+FF10 .. U+FF19 are digits of full width.
static int digit_at(const unsigned char *text, size_t *ret_bytes)
{
    *ret_bytes = 1;
    if (text[0] >= '0' && text[0] <= '9')
        return text[0] - '0';
    if (text[0] == 0xef && text[1] == 0xbc && text[2] >= 0x90 && text[2] <= 0x99) {
        *ret_bytes = 3;
        return text[2] - 0x90;
    }
    return -1;
}

void phone_digits(const char *phone, char ret_digits[PHONE_DIGITS_SIZE],
                  char ret_tail[PHONE_TAIL_SIZE])
{
    size_t count = 0, bytes = 0;
    const unsigned char *at = (const unsigned char *)(phone != NULL ? phone : "");
    for (; *at != '\0' && count < PHONE_DIGITS_SIZE - 1; at += bytes) {
        int digit = digit_at(at, &bytes);
        if (digit >= 0)
            ret_digits[count++] = (char)('0' + digit);
    }
    ret_digits[count] = '\0';
    size_t skip = count > PHONE_TAIL_SIZE - 1 ? count - (PHONE_TAIL_SIZE - 1) : 0;
    memcpy(ret_tail, ret_digits + skip, count - skip + 1);
}

bool phone_same(const char *digits, const char *other_digits)
{
    digits += strspn(digits, "0");
    other_digits += strspn(other_digits, "0");
    size_t length = strlen(digits), other_length = strlen(other_digits);
    size_t shorter = length < other_length ? length : other_length;
    if (shorter == 0 || (shorter < PHONE_TAIL_SIZE - 1 && length != other_length))
        return false;
    return memcmp(digits + length - shorter, other_digits + other_length - shorter,
                  shorter) == 0;
}
