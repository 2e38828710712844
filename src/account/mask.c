// SPDX-License-Identifier: MPL-2.0
// Masks of a reporter's personal data.
#include <gridcase/account/right.h>

#include <string.h>

// Bytes of the first UTF-8 character; a broken one counts as nothing.
static size_t first_character(const char *text)
{
    unsigned char c = (unsigned char)text[0];
    size_t length = c == 0      ? 0
                    : c < 0x80  ? 1
                    : c >= 0xf0 ? 4
                    : c >= 0xe0 ? 3
                    : c >= 0xc0 ? 2
                                : 0;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

// Appends as many whole pieces as fit.
static void put(char *out, size_t size, const char *piece, size_t length)
{
    size_t used = strlen(out);
    if (used + length + 1 > size)
        return;
    memcpy(out + used, piece, length);
    out[used + length] = '\0';
}

void account_mask_name(const char *name, char *out, size_t size)
{
    if (size == 0)
        return;
    out[0] = '\0';
    if (name == NULL || name[0] == '\0')
        return;
    put(out, size, name, first_character(name));
    put(out, size, "**", 2);
}

void account_mask_phone(const char *phone, char *out, size_t size)
{
    if (size == 0)
        return;
    out[0] = '\0';
    if (phone == NULL || phone[0] == '\0')
        return;
    size_t digits = 0;
    for (const char *p = phone; *p != '\0'; p++)
        digits += *p >= '0' && *p <= '9';
    put(out, size, "******", 6);
    if (digits < 6) // too short to keep anything
        return;
    size_t seen = 0;
    for (const char *p = phone; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            continue;
        if (++seen > digits - 2)
            put(out, size, p, 1);
    }
}

void account_mask_email(const char *email, char *out, size_t size)
{
    if (size == 0)
        return;
    out[0] = '\0';
    if (email == NULL || email[0] == '\0')
        return;
    const char *at = strrchr(email, '@');
    if (at == NULL) {
        put(out, size, "**", 2);
        return;
    }
    if (at != email)
        put(out, size, email, first_character(email));
    put(out, size, "**", 2);
    put(out, size, at, strlen(at));
}
