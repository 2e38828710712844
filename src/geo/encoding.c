// SPDX-License-Identifier: MPL-2.0
#include <gridcase/geo/encoding.h>

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include <gridcase/core/text.h>

int encoding_to_utf8(const char *encoding, const char *text, size_t length,
                     struct buffer *out, struct error *error)
{
    iconv_t converter = iconv_open("UTF-8", encoding);
    if (converter == (iconv_t)-1)
        return error_set(error, ERROR_INPUT, "encoding.unknown", "no such encoding: %s",
                         encoding);
    char *in = (char *)(uintptr_t)text; // iconv does not write to it
    size_t left = length;
    int code = 0;
    while (left > 0 && code == 0) {
        char piece[4096];
        char *to = piece;
        size_t room = sizeof(piece);
        size_t converted = iconv(converter, &in, &left, &to, &room);
        buffer_append(out, piece, sizeof(piece) - room);
        if (converted == (size_t)-1 && errno != E2BIG)
            code = error_set(error, ERROR_INPUT, "encoding.invalid",
                             "byte %zu is not valid %s", length - left + 1, encoding);
    }
    iconv_close(converter);
    return code;
}

// Reads one character of valid UTF-8.
static uint32_t next_character(const char **at, const char *end)
{
    const unsigned char *p = (const unsigned char *)*at;
    uint32_t c = *p++;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (more)
        c &= 0x3FU >> more;
    while (more-- > 0 && (const char *)p < end)
        c = c << 6 | (*p++ & 0x3FU);
    *at = (const char *)p;
    return c;
}

// Pairs of bytes that GB 2312 gives to characters; *ret_odd counts high bytes without one.
static size_t gb2312_pairs(const unsigned char *bytes, size_t length, size_t *ret_odd)
{
    size_t pairs = 0;
    size_t odd = 0;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < 0x80)
            continue;
        bool lead = (bytes[i] >= 0xB0 && bytes[i] <= 0xF7) ||
                    (bytes[i] >= 0xA1 && bytes[i] <= 0xA3);
        if (lead && i + 1 < length && bytes[i + 1] >= 0xA1 && bytes[i + 1] <= 0xFE) {
            pairs++;
            i++;
        } else {
            odd++;
        }
    }
    *ret_odd = odd;
    return pairs;
}

const char *encoding_recognise(const char *text, size_t length)
{
    if (length >= 2 && memcmp(text, "\xFF\xFE", 2) == 0)
        return "UTF-16LE";
    if (length >= 2 && memcmp(text, "\xFE\xFF", 2) == 0)
        return "UTF-16BE";
    if (text_is_utf8(text, length))
        return "UTF-8";
    // Chinese in GB 18030 is nearly all GB 2312; rare characters may stand between.
    size_t odd;
    size_t pairs = gb2312_pairs((const unsigned char *)text, length, &odd);
    BUFFER_CLEANUP struct buffer trial;
    buffer_init(&trial, length * 3 + 64);
    if (pairs >= 2 && pairs >= odd * 4 &&
        encoding_to_utf8("GB18030", text, length, &trial, NULL) == 0)
        return "GB18030";
    return NULL;
}

// Looks at one run of characters U+0080..U+00FF, given as the bytes they may have been.
static const char *judge_run(const unsigned char *run, size_t length)
{
    size_t odd;
    if (length >= 2 && text_is_utf8((const char *)run, length))
        return "UTF-8";
    size_t pairs = gb2312_pairs(run, length, &odd);
    if (pairs >= 2 && odd == 0)
        return "GBK";
    return NULL;
}

bool encoding_is_garbled(const char *text, size_t length, const char **ret_guess)
{
    unsigned char run[256];
    size_t run_length = 0;
    const char *guess = NULL;
    bool garbled = false;
    const char *end = text + length;
    for (const char *at = text; at < end && !garbled;) {
        uint32_t c = next_character(&at, end);
        if (c == 0xFFFD || (c >= 0x80 && c < 0xA0 && c != 0x85))
            garbled = true;
        if (c >= 0x80 && c <= 0xFF && run_length < sizeof(run))
            run[run_length++] = (unsigned char)c;
        if (c < 0x80 || c > 0xFF || at >= end) {
            guess = judge_run(run, run_length);
            garbled = garbled || guess;
            run_length = 0;
        }
    }
    if (garbled && ret_guess)
        *ret_guess = guess ? guess : "unknown";
    return garbled;
}
