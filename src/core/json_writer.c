// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/json.h>

#include <math.h>
#include <string.h>

#include <gridcase/core/instant.h>

void json_writer_init(struct json_writer *writer, struct buffer *out)
{
    *writer = (struct json_writer){.out = out};
}

static void put_string(struct buffer *out, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    buffer_append_char(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_append(out, text + start, i - start);
        start = i + 1;
        const char *known = strchr("\"\\\nn\rr\tt", c);
        if (c == '"' || c == '\\') {
            buffer_append_char(out, '\\');
            buffer_append_char(out, (char)c);
        } else if (c != 0 && known) {
            buffer_append_char(out, '\\');
            buffer_append_char(out, known[1]);
        } else {
            char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            buffer_append(out, escape, sizeof escape);
        }
    }
    buffer_append(out, text + start, length - start);
    buffer_append_char(out, '"');
}

// Comma and name before a value.
static void before(struct json_writer *writer, const char *name)
{
    uint32_t bit = UINT32_C(1) << writer->depth;
    if (writer->has_member & bit)
        buffer_append_char(writer->out, ',');
    writer->has_member |= bit;
    if (name) {
        put_string(writer->out, name, strlen(name));
        buffer_append_char(writer->out, ':');
    }
}

static void begin(struct json_writer *writer, const char *name, char c)
{
    before(writer, name);
    buffer_append_char(writer->out, c);
    if (writer->depth == JSON_DEPTH - 1) {
        writer->out->failed = true;
        return;
    }
    writer->depth++;
    writer->has_member &= ~(UINT32_C(1) << writer->depth);
}

static void end(struct json_writer *writer, char c)
{
    if (writer->depth == 0) {
        writer->out->failed = true;
        return;
    }
    writer->depth--;
    buffer_append_char(writer->out, c);
}

void json_begin_object(struct json_writer *writer, const char *name)
{
    begin(writer, name, '{');
}
void json_end_object(struct json_writer *writer)
{
    end(writer, '}');
}
void json_begin_array(struct json_writer *writer, const char *name)
{
    begin(writer, name, '[');
}
void json_end_array(struct json_writer *writer)
{
    end(writer, ']');
}

void json_put_text(struct json_writer *writer, const char *name, const char *text)
{
    if (text)
        json_put_text_length(writer, name, text, strlen(text));
    else
        json_put_null(writer, name);
}

void json_put_text_length(struct json_writer *writer, const char *name, const char *text,
                          size_t length)
{
    before(writer, name);
    put_string(writer->out, text, length);
}

void json_put_int(struct json_writer *writer, const char *name, int64_t value)
{
    before(writer, name);
    buffer_append_int(writer->out, value);
}

static void put_number(struct buffer *out, double value, int decimals)
{
    static const double scales[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    enum { KNOWN = sizeof scales / sizeof scales[0] };
    if (decimals < 1 || decimals >= KNOWN || fabs(value) >= 1e8) {
        buffer_format(out, "%.*f", decimals, value);
        return;
    }
    // As an integer of the last decimal.
    int64_t units = llround(fabs(value) * scales[decimals]);
    int64_t whole = (int64_t)scales[decimals];
    char text[16];
    if (value < 0 && units > 0)
        buffer_append_char(out, '-');
    buffer_append_int(out, units / whole);
    text[0] = '.';
    units %= whole;
    for (int i = decimals; i > 0; i--, units /= 10)
        text[i] = (char)('0' + units % 10);
    buffer_append(out, text, (size_t)decimals + 1);
}

void json_put_double(struct json_writer *writer, const char *name, double value,
                     int decimals)
{
    if (!isfinite(value)) {
        json_put_null(writer, name);
        return;
    }
    before(writer, name);
    put_number(writer->out, value, decimals);
}

void json_put_bool(struct json_writer *writer, const char *name, bool value)
{
    before(writer, name);
    buffer_append_text(writer->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *writer, const char *name)
{
    before(writer, name);
    buffer_append_text(writer->out, "null");
}

void json_put_instant(struct json_writer *writer, const char *name, int64_t instant_ms)
{
    if (instant_ms == INSTANT_NONE) {
        json_put_null(writer, name);
        return;
    }
    char text[INSTANT_TEXT_SIZE];
    instant_to_text(instant_ms, text);
    json_put_text(writer, name, text);
}

void json_put_raw(struct json_writer *writer, const char *name, const char *raw,
                  size_t length)
{
    before(writer, name);
    buffer_append(writer->out, raw, length);
}
