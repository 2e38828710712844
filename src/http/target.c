// SPDX-License-Identifier: MPL-2.0
// The request target, decoded piece by piece from the raw text.
#include <string.h>

#include <gridcase/core/text.h>

#include "http_internal.h"

static int target_error(struct error *error, const char *what)
{
    return error_set(error, ERROR_INPUT, "http.bad_target", "request target: %s", what);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Decodes raw[0..length) into the arena. plus: '+' is a blank (query only).
static int decode(struct http_request *request, const char *raw, size_t length, bool plus,
                  const char **ret_text, struct error *error)
{
    char *out = arena_copy(request->arena, raw, length);
    if (!out) {
        return error_set(error, ERROR_LIMIT, "http.bad_target", "request target: too long");
    }
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = raw[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_value(raw[i + 1]) : -1;
            int low = high >= 0 ? hex_value(raw[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return target_error(error, "bad percent escape");
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        unsigned char byte = (unsigned char)c;
        if (byte == 0 || (!plus && byte < 0x20) || byte == 0x7f) {
            return target_error(error, "control character");
        }
        out[used++] = c;
    }
    out[used] = '\0';
    if (!text_is_utf8(out, used)) {
        return target_error(error, "not UTF-8");
    }
    *ret_text = out;
    return 0;
}

static int parse_path(struct http_request *request, const char *path, size_t length,
                      struct error *error)
{
    size_t at = 1; // behind the first slash
    while (at < length) {
        const char *slash = memchr(path + at, '/', length - at);
        size_t end = slash ? (size_t)(slash - path) : length;
        if (end == at) {
            return target_error(error, "empty segment");
        }
        if (request->segment_count == HTTP_SEGMENTS) {
            return target_error(error, "too many segments");
        }
        const char *text = NULL;
        int code = decode(request, path + at, end - at, false, &text, error);
        if (code || !text) { // one or the other
            return code ? code : ERROR_BUG;
        }
        if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
            return target_error(error, "dot segment");
        }
        request->segments[request->segment_count++] = text;
        at = end + 1;
    }
    request->ends_in_slash = path[length - 1] == '/';
    return 0;
}

static int parse_query(struct http_request *request, const char *query, size_t length,
                       struct error *error)
{
    size_t at = 0;
    while (at < length) {
        const char *next = memchr(query + at, '&', length - at);
        size_t end = next ? (size_t)(next - query) : length;
        if (end > at) {
            const char *equals = memchr(query + at, '=', end - at);
            size_t name_end = equals ? (size_t)(equals - query) : end;
            size_t value_at = equals ? name_end + 1 : end;
            if (request->query_count == HTTP_QUERIES) {
                return target_error(error, "too many query parameters");
            }
            struct http_query *item = &request->queries[request->query_count];
            int code = decode(request, query + at, name_end - at, true, &item->name, error);
            if (!code) {
                code = decode(request, query + value_at, end - value_at, true, &item->value,
                              error);
            }
            if (code) {
                return code;
            }
            request->query_count++;
        }
        at = end + 1;
    }
    return 0;
}

int http_target_parse(struct http_request *request, struct error *error)
{
    const char *path = request->target;
    if (strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0) {
        path = strchr(strchr(path, ':') + 3, '/'); // absolute form, from a proxy
    }
    if (!path || *path != '/') {
        return target_error(error, "does not begin with a slash");
    }
    size_t length = strlen(path);
    if (length > HTTP_TARGET_CEILING) {
        return target_error(error, "too long");
    }
    if (memchr(path, '#', length)) {
        return target_error(error, "has a fragment");
    }
    const char *mark = memchr(path, '?', length);
    size_t path_length = mark ? (size_t)(mark - path) : length;
    int code = parse_path(request, path, path_length, error);
    if (!code && mark) {
        code = parse_query(request, mark + 1, length - path_length - 1, error);
    }
    return code;
}
