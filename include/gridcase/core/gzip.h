// SPDX-License-Identifier: MPL-2.0
// Bytes in gzip's format, for what is kept compressed and sent as it is.
#pragma once

#include <stddef.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// level 1 (fast) to 9 (small). The same bytes give the same result: no time, no name.
// ERROR_LIMIT "gzip.memory".
int gzip_pack(const void *bytes, size_t length, int level, struct buffer *out,
              struct error *error) ERROR_MUST_CHECK;
// ERROR_INPUT "gzip.broken" when it is no gzip, is cut, or grows past out's ceiling.
int gzip_unpack(const void *bytes, size_t length, struct buffer *out,
                struct error *error) ERROR_MUST_CHECK;
