// SPDX-License-Identifier: MPL-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "http_internal.h"

#define POLICY_PAGE                                                                        \
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; "                   \
    "worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; "                     \
    "connect-src 'self'; object-src 'none'; base-uri 'none'; "                             \
    "form-action 'self'; frame-ancestors 'none'"
#define POLICY_DATA "default-src 'none'; frame-ancestors 'none'"

void http_reply_clear(struct http_request *request)
{
    struct http_reply *reply = &request->reply;
    free(reply->bytes);
    if (reply->descriptor >= 0) {
        close(reply->descriptor);
    }
    if (reply->stream) {
        http_stream_drop(reply->stream);
    }
    *reply = (struct http_reply){.descriptor = -1};
}

// Drops the body and keeps the headers, so that they may be set before it.
static struct http_reply *reply_begin(struct http_request *request, unsigned status,
                                      const char *type)
{
    struct http_reply kept = request->reply;
    request->reply.header_count = 0;
    http_reply_clear(request);
    struct http_reply *reply = &request->reply;
    reply->header_count = kept.header_count;
    memcpy(reply->headers, kept.headers, sizeof(kept.headers));
    reply->status = status;
    reply->type = type;
    return reply;
}

void http_reply_header(struct http_request *request, const char *name, const char *value)
{
    struct http_reply *reply = &request->reply;
    for (const char *c = value; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return;
        }
    }
    size_t slot = 0;
    // Set-Cookie may stand twice, anything else replaces.
    while (slot < reply->header_count && (strcmp(reply->headers[slot].name, name) != 0 ||
                                          strcmp(name, "Set-Cookie") == 0)) {
        slot++;
    }
    const char *copy = arena_text(request->arena, value);
    if (slot < HTTP_REPLY_HEADERS && copy) {
        reply->headers[slot].name = name;
        reply->headers[slot].value = copy;
        reply->header_count += slot == reply->header_count;
    }
}

void http_reply_buffer(struct http_request *request, unsigned status, const char *type,
                       struct buffer *body)
{
    struct error error = {0};
    if (buffer_check(body, &error)) {
        http_reply_problem_status(request, 500, &error, NULL);
        return;
    }
    struct http_reply *reply = reply_begin(request, status, type);
    reply->kind = HTTP_REPLY_BUFFER;
    reply->bytes = buffer_take(body, &reply->length);
}

void http_reply_json(struct http_request *request, unsigned status, struct buffer *body)
{
    http_reply_buffer(request, status, "application/json", body);
}

void http_reply_text(struct http_request *request, unsigned status, const char *text)
{
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    buffer_append_text(&body, text);
    http_reply_buffer(request, status, "text/plain; charset=utf-8", &body);
}

void http_reply_static(struct http_request *request, unsigned status, const char *type,
                       const void *bytes, size_t length)
{
    struct http_reply *reply = reply_begin(request, status, type);
    reply->kind = HTTP_REPLY_STATIC;
    reply->borrowed = bytes;
    reply->length = length;
}

void http_reply_empty(struct http_request *request, unsigned status)
{
    http_reply_static(request, status, NULL, "", 0);
}

void http_reply_file(struct http_request *request, unsigned status, const char *type,
                     const char *path)
{
    struct error error = {0};
    struct stat state;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0 || fstat(descriptor, &state) || !S_ISREG(state.st_mode)) {
        error_set(&error, ERROR_IO, "http.file_missing", "a file of the store is missing");
        if (descriptor >= 0) {
            close(descriptor);
        }
        http_reply_problem(request, &error, NULL);
        return;
    }
    http_reply_descriptor(request, status, type, descriptor, state.st_size);
}

void http_reply_descriptor(struct http_request *request, unsigned status, const char *type,
                           int descriptor, int64_t length)
{
    struct http_reply *reply = reply_begin(request, status, type);
    reply->kind = HTTP_REPLY_FILE;
    reply->descriptor = descriptor;
    reply->length = (size_t)length;
}

void http_reply_redirect(struct http_request *request, unsigned status,
                         const char *location)
{
    http_reply_empty(request, status);
    http_reply_header(request, "Location", location);
}

bool http_reply_is_set(const struct http_request *request)
{
    return request->reply.kind != HTTP_REPLY_NONE;
}

unsigned http_reply_status(const struct http_request *request)
{
    return request->reply.status;
}

bool http_request_has_etag(const struct http_request *request, const char *etag)
{
    const char *list = http_request_header(request, "If-None-Match");
    size_t length = strlen(etag);
    while (list && *list) {
        list += strspn(list, " \t,");
        if (*list == '*') {
            return true;
        }
        if (strncmp(list, "W/", 2) == 0) {
            list += 2;
        }
        if (strncmp(list, etag, length) == 0 &&
            strchr(" \t,", list[length]) /* or the end */) {
            return true;
        }
        list += strcspn(list, ",");
    }
    return false;
}

bool http_reply_not_modified(struct http_request *request, const char *etag)
{
    char zipped[128];
    size_t length = strlen(etag);
    http_reply_header(request, "ETag", etag);
    if (!http_request_is_safe(request)) {
        return false;
    }
    if (http_request_has_etag(request, etag)) {
        http_reply_empty(request, 304);
        return true;
    }
    // What was sent compressed has a tag of its own: see gzip.c.
    if (length < 2 || text_format(zipped, sizeof(zipped), "%.*s" HTTP_GZIP_TAG "\"",
                                  (int)length - 1, etag)) {
        return false;
    }
    if (http_request_has_etag(request, zipped)) {
        http_reply_header(request, "ETag", zipped);
        http_reply_header(request, "Vary", "Accept-Encoding");
        http_reply_empty(request, 304);
        return true;
    }
    return false;
}

static struct MHD_Response *make_response(struct http_reply *reply)
{
    struct MHD_Response *response = NULL;
    switch (reply->kind) {
    case HTTP_REPLY_BUFFER:
        response = MHD_create_response_from_buffer(reply->length, reply->bytes,
                                                   MHD_RESPMEM_MUST_FREE);
        if (response) {
            reply->bytes = NULL;
        }
        break;
    case HTTP_REPLY_STATIC:
        // MHD does not write to persistent memory.
        response = MHD_create_response_from_buffer(
            reply->length, (void *)(uintptr_t)reply->borrowed, MHD_RESPMEM_PERSISTENT);
        break;
    case HTTP_REPLY_FILE:
        response = MHD_create_response_from_fd_at_offset64(reply->length, reply->descriptor,
                                                           (uint64_t)reply->offset);
        if (response) {
            reply->descriptor = -1;
        }
        break;
    case HTTP_REPLY_STREAM:
        response = http_stream_response(reply->stream);
        if (response) {
            reply->stream = NULL;
        }
        break;
    case HTTP_REPLY_NONE:
        break;
    }
    return response;
}

const char *http_reply_header_value(const struct http_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcmp(reply->headers[i].name, name) == 0) {
            return reply->headers[i].value;
        }
    }
    return NULL;
}

static bool has_header(const struct http_reply *reply, const char *name)
{
    return http_reply_header_value(reply, name) != NULL;
}

static void add_headers(const struct http_request *request, struct MHD_Response *response)
{
    const struct http_reply *reply = &request->reply;
    const char *policy = request->server->options.content_security_policy;
    bool page = reply->type && strncmp(reply->type, "text/html", 9) == 0;
    policy = policy ? policy : POLICY_PAGE;
    // A 304 must not say it: the browser would put it in place of the stored page's own.
    if (reply->status != 304 && !has_header(reply, "Content-Security-Policy")) {
        MHD_add_response_header(response, "Content-Security-Policy",
                                page ? policy : POLICY_DATA);
    }
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "same-origin");
    MHD_add_response_header(response, "X-Request-Id", request->id);
    char now[INSTANT_TEXT_SIZE]; // for devices that measure how far their clock is off
    instant_to_text(instant_now_ms(), now);
    MHD_add_response_header(response, "Gridcase-Time", now);
    if (request->server->options.version) {
        MHD_add_response_header(response, "Gridcase-Version",
                                request->server->options.version);
    }
    if (request->secure && request->server->options.hsts_s > 0) {
        MHD_add_response_header(response, "Strict-Transport-Security",
                                request->server->hsts);
    }
    if (page) {
        MHD_add_response_header(response, "X-Frame-Options", "DENY");
        MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    }
    if (reply->type) {
        MHD_add_response_header(response, "Content-Type", reply->type);
    }
    if (!has_header(reply, "Cache-Control")) {
        MHD_add_response_header(response, "Cache-Control", "no-store");
    }
    for (size_t i = 0; i < reply->header_count; i++) {
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    }
}

enum MHD_Result http_reply_queue(struct http_request *request)
{
    bool stream = request->reply.kind == HTTP_REPLY_STREAM;
    http_gzip_light(request);
    struct MHD_Response *response = make_response(&request->reply);
    if (!response) {
        return MHD_NO;
    }
    add_headers(request, response);
    atomic_store(&request->state, HTTP_REQUEST_QUEUED);
    http_request_phase(request, stream ? HTTP_PHASE_STREAM : HTTP_PHASE_REPLY);
    enum MHD_Result result =
        MHD_queue_response(request->connection, request->reply.status, response);
    MHD_destroy_response(response);
    return result;
}
