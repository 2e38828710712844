// SPDX-License-Identifier: MPL-2.0
// Replies compressed as they are made.
//
// Length tells something about what was compressed (BREACH): an attacker who can make a
// browser ask, put words of his own into the answer and watch its length could guess a
// secret in it. So only answers to GET and HEAD are compressed, none of which holds a
// secret of ours (session tokens live in cookies, one-time links and bearer tokens only in
// answers to POST), and session cookies are SameSite=Strict: another site's request is
// nobody's.
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <gridcase/core/text.h>

#include "http_internal.h"

enum { LEVEL_HERE = 1, LEVEL_ELSEWHERE = 5, GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8 };

static bool is_compressible(const char *type)
{
    static const char *const types[] = {
        "application/json",
        "application/geo+json",
        "application/openapi+json",
        "text/csv",
        "text/html",
        "text/plain",
        "text/xml",
        "application/xml",
        "image/svg+xml",
        "text/calendar",
    };
    size_t length = type ? strcspn(type, "; ") : 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strlen(types[i]) == length && strncmp(types[i], type, length) == 0) {
            return true;
        }
    }
    return false;
}

// Of the right kind, whoever asks.
static bool is_candidate(const struct http_request *request)
{
    const struct http_reply *reply = &request->reply;
    return reply->kind == HTTP_REPLY_BUFFER && reply->status == 200 &&
           reply->length >= HTTP_GZIP_LEAST && http_request_is_safe(request) &&
           is_compressible(reply->type) &&
           !http_reply_header_value(reply, "Content-Encoding");
}

bool http_reply_is_heavy(const struct http_request *request)
{
    return !request->gzip_tried && request->reply.length > HTTP_GZIP_HERE &&
           is_candidate(request) && http_request_accepts(request, "gzip");
}

// NULL when it would not become smaller.
static char *deflate_bytes(const char *bytes, size_t length, int level, size_t *ret_length)
{
    z_stream stream = {0};
    if (length > UINT32_MAX / 2 || deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW,
                                                GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        return NULL;
    }
    char *out = malloc(length);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)length;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)length;
    int code = out ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
    *ret_length = stream.total_out;
    deflateEnd(&stream);
    if (code != Z_STREAM_END) {
        free(out);
        return NULL;
    }
    return out;
}

static void tag(struct http_request *request)
{
    char zipped[128];
    const char *etag = http_reply_header_value(&request->reply, "ETag");
    size_t length = etag ? strlen(etag) : 0;
    if (length >= 2 && !text_format(zipped, sizeof(zipped), "%.*s" HTTP_GZIP_TAG "\"",
                                    (int)length - 1, etag)) {
        http_reply_header(request, "ETag", zipped);
    }
}

static void vary(struct http_request *request)
{
    char both[160];
    const char *others = http_reply_header_value(&request->reply, "Vary");
    if (!others) {
        http_reply_header(request, "Vary", "Accept-Encoding");
    } else if (!strcasestr(others, "accept-encoding") && strcmp(others, "*") != 0 &&
               !text_format(both, sizeof(both), "%s, Accept-Encoding", others)) {
        http_reply_header(request, "Vary", both);
    }
}

static void compress_reply(struct http_request *request, int level)
{
    struct http_reply *reply = &request->reply;
    size_t length = 0;
    request->gzip_tried = true;
    if (!is_candidate(request)) {
        return;
    }
    vary(request);
    if (!http_request_accepts(request, "gzip")) {
        return;
    }
    char *bytes = deflate_bytes(reply->bytes, reply->length, level, &length);
    if (bytes) {
        free(reply->bytes);
        reply->bytes = bytes;
        reply->length = length;
        http_reply_header(request, "Content-Encoding", "gzip");
        tag(request);
    }
}

void http_reply_compress(struct http_request *request)
{
    if (!request->gzip_tried) {
        compress_reply(request, LEVEL_ELSEWHERE);
    }
}

void http_gzip_light(struct http_request *request)
{
    if (request->gzip_tried) {
        return;
    }
    if (request->reply.length <= HTTP_GZIP_HERE) {
        compress_reply(request, LEVEL_HERE);
    } else if (is_candidate(request)) {
        vary(request);
    }
}
