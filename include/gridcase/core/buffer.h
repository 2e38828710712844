// SPDX-License-Identifier: MPL-2.0
// A growing byte buffer that cannot exist without a ceiling.
//
// Appending past the ceiling (or out of memory) sets failed and drops the bytes; callers
// append freely and check once at the end. data is always NUL-terminated once anything
// was appended.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct buffer {
    char *data; // owned; NULL while empty
    size_t length;
    size_t capacity;
    size_t ceiling; // bytes, fixed by buffer_init
    bool failed;
};

// Ceilings have names in one place.
enum {
    BUFFER_CEILING_LINE = 64 * 1024,
    BUFFER_CEILING_REPLY = 32 * 1024 * 1024,
    BUFFER_CEILING_FILE = 256 * 1024 * 1024,
};

void buffer_init(struct buffer *buffer, size_t ceiling);
void buffer_done(struct buffer *buffer);  // frees; the buffer may be used again
void buffer_clear(struct buffer *buffer); // keeps the memory and the ceiling
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_int(struct buffer *buffer, int64_t value); // decimal digits
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// 0, or ERROR_LIMIT when something did not fit.
int buffer_check(const struct buffer *buffer, struct error *error) ERROR_MUST_CHECK;
// Gives the bytes to the caller (free with free()); the buffer is empty afterwards.
char *buffer_take(struct buffer *buffer, size_t *ret_length);

#define BUFFER_CLEANUP __attribute__((cleanup(buffer_done)))
