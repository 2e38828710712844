// SPDX-License-Identifier: MPL-2.0
// Bodies: refused on the headers where they tell, bounded where they do not, in memory or
// in a spool file.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/core/text.h>

#include "http_internal.h"

void http_request_allow_body(struct http_request *request, size_t ceiling, bool as_file)
{
    request->body_ceiling = ceiling;
    request->body_as_file = as_file && request->server->options.spool_folder;
}

const char *http_request_body(const struct http_request *request, size_t *ret_length)
{
    *ret_length = request->body.length;
    return request->body.data ? request->body.data : "";
}

const char *http_request_body_file(const struct http_request *request, uint64_t *ret_length)
{
    *ret_length = request->body_length;
    return request->spool_path[0] ? request->spool_path : NULL;
}

static void refuse_size(struct http_request *request)
{
    struct error error = {0};
    error_set(&error, ERROR_LIMIT, "http.body_too_large",
              "the body is larger than %zu bytes", request->body_ceiling);
    http_reply_problem(request, &error, NULL);
    request->body_too_large = true;
}

void http_body_admit(struct http_request *request)
{
    if (!http_reply_is_set(request) && request->content_length > 0 &&
        (uint64_t)request->content_length > request->body_ceiling) {
        refuse_size(request);
    }
    if (!http_reply_is_set(request)) {
        buffer_init(&request->body, request->body_ceiling + 1);
    }
}

static void spool_open(struct http_request *request)
{
    struct error *error = &request->body_error;
    if (text_format(request->spool_path, sizeof(request->spool_path), "%s/spool-%s-XXXXXX",
                    request->server->options.spool_folder, request->id)) {
        error_set(error, ERROR_IO, "http.spool", "the spool folder's name is too long");
        request->spool_path[0] = '\0';
        return;
    }
    request->spool = mkostemp(request->spool_path, O_CLOEXEC);
    if (request->spool < 0) {
        error_errno(error, "http.spool", "spool file");
        request->spool_path[0] = '\0';
    }
}

static void spool_write(struct http_request *request, const char *bytes, size_t length)
{
    while (length > 0 && !request->body_error.code) {
        ssize_t wrote = write(request->spool, bytes, length);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            error_errno(&request->body_error, errno == ENOSPC ? "disk.full" : "http.spool",
                        "spool file");
            return;
        }
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

bool http_body_take(struct http_request *request, const char *bytes, size_t length)
{
    request->body_length += length;
    if (request->socket) {
        atomic_fetch_add(&request->socket->received, (long long)length);
    }
    if (!request->discard && request->body_length > request->body_ceiling) {
        refuse_size(request);
        request->discard = true;
    }
    if (request->discard) {
        return request->body_length <=
               HTTP_DISCARD_CEILING + (uint64_t)request->body_ceiling;
    }
    if (!request->body_as_file) {
        buffer_append(&request->body, bytes, length);
        return true;
    }
    if (request->spool < 0 && !request->body_error.code) {
        spool_open(request);
    }
    spool_write(request, bytes, length);
    return true;
}

void http_body_finish(struct http_request *request)
{
    if (request->discard) {
        return;
    }
    if (!request->body_error.code && buffer_check(&request->body, &request->body_error)) {
        error_prefix(&request->body_error, "body");
    }
    if (request->spool >= 0) {
        if (close(request->spool) && !request->body_error.code) {
            error_errno(&request->body_error, "http.spool", "spool file");
        }
        request->spool = -1;
    }
    if (request->body_error.code) {
        http_reply_problem(request, &request->body_error, NULL);
    }
}

void http_body_done(struct http_request *request)
{
    if (request->spool >= 0) {
        close(request->spool);
        request->spool = -1;
    }
    if (request->spool_path[0]) {
        unlink(request->spool_path);
    }
    if (request->body.ceiling) {
        buffer_done(&request->body);
    }
}
