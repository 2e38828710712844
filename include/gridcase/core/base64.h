// SPDX-License-Identifier: MPL-2.0
// Base64 (RFC 4648, section 4).
#pragma once

#include <stddef.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// line: characters after which CR LF stands (a multiple of 4); 0: never.
void base64_encode(const void *bytes, size_t length, size_t line, struct buffer *out);
// Line ends and blanks are passed over. ERROR_INPUT "base64.broken".
int base64_decode(const char *text, size_t length, struct buffer *out,
                  struct error *error) ERROR_MUST_CHECK;
