// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/text.h>

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int text_to_int(const char *text, size_t length, int64_t *ret_value, struct error *error)
{
    size_t i = 0;
    bool negative = length > 0 && text[0] == '-';
    if (negative)
        i = 1;
    if (i == length || length > 20)
        return error_set(error, ERROR_INPUT, "text.not_a_number",
                         "'%.*s' is no whole number", (int)(length > 40 ? 40 : length),
                         text);
    int64_t value = 0;
    for (; i < length; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return error_set(error, ERROR_INPUT, "text.not_a_number",
                             "'%.*s' is no whole number", (int)(length > 40 ? 40 : length),
                             text);
    }
    *ret_value = value;
    return 0;
}

static locale_t c_locale(void)
{
    static locale_t locale;
    locale_t known = __atomic_load_n(&locale, __ATOMIC_ACQUIRE);
    if (known)
        return known;
    locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t none = (locale_t)0;
    if (!__atomic_compare_exchange_n(&locale, &none, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        freelocale(made);
        return none;
    }
    return made;
}

int text_to_double(const char *text, size_t length, double *ret_value, struct error *error)
{
    char copy[64];
    bool plain = length > 0 && length < sizeof copy;
    for (size_t i = 0; plain && i < length; i++)
        plain = strchr("0123456789+-.eE", text[i]) != NULL && text[i] != '\0';
    if (plain) {
        memcpy(copy, text, length);
        copy[length] = '\0';
        char *end;
        double value = strtod_l(copy, &end, c_locale());
        if (*end == '\0' && end != copy && isfinite(value)) {
            *ret_value = value;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "text.not_a_number", "'%.*s' is no number",
                     (int)(length > 40 ? 40 : length), text);
}

// Length of the UTF-8 sequence at text (1 to 4), 0 when it is not valid.
static size_t sequence(const unsigned char *text, size_t left)
{
    if (text[0] < 0x80)
        return text[0] != 0;
    size_t length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : text[0] >= 0xC2 ? 2 : 0;
    if (length == 0 || length > left || text[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
        (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F))
        return 0;
    return length;
}

bool text_is_utf8(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = sequence((const unsigned char *)text + i, length - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

size_t text_characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_is_blank(const char *text)
{
    return !text || text[strspn(text, " \t")] == '\0';
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_is_slug(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < 64 && text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

char *text_trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

const char *text_next(const char **cursor, char separator, size_t *ret_length)
{
    if (!*cursor)
        return NULL;
    const char *start = *cursor;
    const char *end = strchr(start, separator);
    *cursor = end ? end + 1 : NULL;
    if (!end)
        end = start + strlen(start);
    while (start < end && strchr(" \t", *start))
        start++;
    while (end > start && strchr(" \t", end[-1]))
        end--;
    *ret_length = (size_t)(end - start);
    return start;
}

int text_format(char *out, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(out, size, format, list);
    va_end(list);
    return length >= 0 && (size_t)length < size ? 0 : ERROR_LIMIT;
}
