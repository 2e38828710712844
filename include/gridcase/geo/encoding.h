// SPDX-License-Identifier: MPL-2.0
// Text of unknown encoding: declared, recognised, and never garbled in silence.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// Converts text to UTF-8 and appends it. encoding is a name that iconv knows ("GBK").
// ERROR_INPUT "encoding.unknown", or "encoding.invalid" when the bytes do not fit it.
int encoding_to_utf8(const char *encoding, const char *text, size_t length,
                     struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// Says what the bytes are: "UTF-8" (ASCII included, byte order mark or not), "UTF-16LE",
// "UTF-16BE" (by their mark), "GB18030" when they decode as Chinese; NULL when unsure.
const char *encoding_recognise(const char *text, size_t length);
// True when valid UTF-8 text looks like the rubbish that wrong decoding makes: GBK or UTF-8
// bytes taken for Latin-1, replacement characters, C1 controls. *ret_guess (may be NULL)
// tells what the bytes look like they were.
bool encoding_is_garbled(const char *text, size_t length, const char **ret_guess);
