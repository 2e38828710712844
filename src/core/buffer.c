// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/buffer.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buffer, size_t ceiling)
{
    *buffer = (struct buffer){.ceiling = ceiling};
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->ceiling);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->data)
        buffer->data[0] = '\0';
}

// Room for more bytes and the NUL, or failed.
static bool reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed || more > buffer->ceiling - buffer->length) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->length + more + 1;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (!reserve(buffer, length))
        return;
    if (length > 0)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    buffer_append(buffer, &c, 1);
}

// Without printf: that walks its slow path in a program where some library has registered
// conversions of its own.
void buffer_append_int(struct buffer *buffer, int64_t value)
{
    char text[24], *end = text + sizeof text, *at = end;
    uint64_t left = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *--at = '-';
    buffer_append(buffer, at, (size_t)(end - at));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list list;
    if (!reserve(buffer, 0))
        return;
    // Mostly it fits in what is there.
    size_t room = buffer->capacity - buffer->length;
    va_start(list, format);
    int length = vsnprintf(buffer->data + buffer->length, room, format, list);
    va_end(list);
    if (length >= 0 && (size_t)length < room) {
        if (reserve(buffer, (size_t)length)) // no: past the ceiling
            buffer->length += (size_t)length;
        buffer->data[buffer->length] = '\0';
        return;
    }
    buffer->data[buffer->length] = '\0';
    if (length < 0 || !reserve(buffer, (size_t)length)) {
        buffer->failed = true;
        return;
    }
    va_start(list, format);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, list);
    va_end(list);
    buffer->length += (size_t)length;
}

int buffer_check(const struct buffer *buffer, struct error *error)
{
    if (buffer->failed)
        return error_set(error, ERROR_LIMIT, "buffer.full",
                         "more than %zu bytes, or out of memory", buffer->ceiling);
    return 0;
}

char *buffer_take(struct buffer *buffer, size_t *ret_length)
{
    if (!reserve(buffer, 0))
        return NULL;
    char *data = buffer->data;
    if (!data)
        return NULL;
    data[buffer->length] = '\0';
    if (ret_length)
        *ret_length = buffer->length;
    buffer_init(buffer, buffer->ceiling);
    return data;
}
