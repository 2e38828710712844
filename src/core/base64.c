// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/base64.h>

#include <stdint.h>
#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *bytes, size_t length, size_t line, struct buffer *out)
{
    const uint8_t *in = bytes;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t word = (uint32_t)in[i] << 16;
        word |= i + 1 < length ? (uint32_t)in[i + 1] << 8 : 0;
        word |= i + 2 < length ? in[i + 2] : 0;
        char four[4] = {alphabet[word >> 18], alphabet[word >> 12 & 63],
                        i + 1 < length ? alphabet[word >> 6 & 63] : '=',
                        i + 2 < length ? alphabet[word & 63] : '='};
        if (line && i > 0 && i / 3 * 4 % line == 0)
            buffer_append_text(out, "\r\n");
        buffer_append(out, four, 4);
    }
}

int base64_decode(const char *text, size_t length, struct buffer *out, struct error *error)
{
    uint32_t word = 0;
    int have = 0, padding = 0;
    for (size_t i = 0; i < length; i++) {
        const char *found = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (text[i] == '\r' || text[i] == '\n' || text[i] == ' ')
            continue;
        if (text[i] == '=' && have + padding >= 2 && padding < 2) {
            padding++;
            continue;
        }
        if (!found || padding > 0)
            return error_set(error, ERROR_INPUT, "base64.broken", "no base64");
        word = word << 6 | (uint32_t)(found - alphabet);
        if (++have == 4) {
            char three[3] = {(char)(word >> 16 & 255), (char)(word >> 8 & 255),
                             (char)(word & 255)};
            buffer_append(out, three, 3);
            word = 0;
            have = 0;
        }
    }
    if (have == 1 || (have > 0 && have + padding != 4) || (have == 0 && padding > 0))
        return error_set(error, ERROR_INPUT, "base64.broken", "no whole base64");
    if (have == 3) {
        char two[2] = {(char)(word >> 10 & 255), (char)(word >> 2 & 255)};
        buffer_append(out, two, 2);
    } else if (have == 2) {
        buffer_append_char(out, (char)(word >> 4 & 255));
    }
    return buffer_check(out, error);
}
