// SPDX-License-Identifier: MPL-2.0
// Parts of a file (RFC 9110, section 14): one range of bytes. A list of ranges is answered
// with the whole, which the standard allows and nobody who plays a film asks for.
#include <string.h>
#include <unistd.h>

#include <gridcase/core/text.h>

#include "http_internal.h"

static bool number(const char *text, size_t length, int64_t *ret)
{
    return length > 0 && length < 19 && text[0] != '-' &&
           text_to_int(text, length, ret, NULL) == 0;
}

enum http_range http_range_parse(const char *text, int64_t length, int64_t *ret_first,
                                 int64_t *ret_last)
{
    static const char unit[] = "bytes=";
    int64_t first = 0;
    int64_t last = length - 1;
    if (!text || strncmp(text, unit, sizeof(unit) - 1) != 0) {
        return HTTP_RANGE_NONE;
    }
    text += sizeof(unit) - 1;
    const char *dash = strchr(text, '-');
    if (!dash) {
        return HTTP_RANGE_NONE;
    }
    bool has_first = dash != text;
    bool has_last = dash[1] != '\0';
    if ((has_first && !number(text, (size_t)(dash - text), &first)) ||
        (has_last && !number(dash + 1, strlen(dash + 1), &last)) ||
        (!has_first && !has_last) || (has_first && has_last && last < first)) {
        return HTTP_RANGE_NONE; // what is no range counts as none
    }
    if (!has_first) { // the last bytes
        if (last == 0 || length == 0) {
            return HTTP_RANGE_OUTSIDE;
        }
        first = last < length ? length - last : 0;
        last = length - 1;
    }
    if (first >= length) {
        return HTTP_RANGE_OUTSIDE;
    }
    *ret_first = first;
    *ret_last = last < length ? last : length - 1;
    return HTTP_RANGE_PART;
}

static enum http_range wanted(const struct http_request *request, const char *etag,
                              int64_t length, int64_t *ret_first, int64_t *ret_last)
{
    const char *only_if = http_request_header(request, "If-Range");
    if (request->method != HTTP_GET || (only_if && strcmp(only_if, etag) != 0)) {
        return HTTP_RANGE_NONE;
    }
    return http_range_parse(http_request_header(request, "Range"), length, ret_first,
                            ret_last);
}

void http_reply_ranged(struct http_request *request, const char *type, int descriptor,
                       int64_t length, const char *etag)
{
    int64_t first = 0;
    int64_t last = length - 1;
    char text[80];
    struct error error = {0};
    enum http_range range = wanted(request, etag, length, &first, &last);
    http_reply_header(request, "Accept-Ranges", "bytes");
    if (range == HTTP_RANGE_OUTSIDE) {
        close(descriptor);
        if (text_format(text, sizeof(text), "bytes */%lld", (long long)length) == 0) {
            http_reply_header(request, "Content-Range", text);
        }
        error_set(&error, ERROR_INPUT, "http.range", "the file has %lld bytes",
                  (long long)length);
        http_reply_problem_status(request, 416, &error, NULL);
        return;
    }
    if (range == HTTP_RANGE_PART &&
        text_format(text, sizeof(text), "bytes %lld-%lld/%lld", (long long)first,
                    (long long)last, (long long)length) == 0) {
        http_reply_header(request, "Content-Range", text);
        http_reply_descriptor(request, 206, type, descriptor, last - first + 1);
        request->reply.offset = first;
        return;
    }
    http_reply_descriptor(request, 200, type, descriptor, length);
}
