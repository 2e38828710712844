// SPDX-License-Identifier: MPL-2.0
// RFC 9457 problem documents.
#include <stdio.h>

#include <gridcase/core/json.h>

#include "http_internal.h"

const char *http_status_to_str(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } names[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].status == status) {
            return names[i].text;
        }
    }
    return status < 400 ? "OK" : "Error";
}

void http_reply_problem_status(struct http_request *request, unsigned status,
                               const struct error *error, const char *members)
{
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    const char *slug = error->slug[0] ? error->slug : error_code_to_str(error->code);
    char type[96];
    snprintf(type, sizeof(type), "urn:gridcase:problem:%s", slug);
    struct json_writer json;
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    json_put_text(&json, "type", type);
    json_put_text(&json, "title", http_status_to_str(status));
    json_put_int(&json, "status", status);
    json_put_text(&json, "code", slug);
    json_put_text(&json, "detail", error->message);
    json_put_text(&json, "instance", request->id);
    if (members) {
        buffer_append_char(&body, ',');
        buffer_append_text(&body, members);
    }
    json_end_object(&json);
    if (status == 503 || status == 429) {
        http_reply_header(request, "Retry-After", "1");
    }
    if (body.failed) { // no more memory: the reply goes without a document
        http_reply_empty(request, status);
        return;
    }
    http_reply_buffer(request, status, "application/problem+json", &body);
}

void http_reply_problem(struct http_request *request, const struct error *error,
                        const char *members)
{
    http_reply_problem_status(request, (unsigned)error_http_status(error->code), error,
                              members);
}
