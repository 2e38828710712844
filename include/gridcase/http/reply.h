// SPDX-License-Identifier: MPL-2.0
// The answer to a request. Setting a reply twice keeps the last one. Security headers
// (Content-Security-Policy, nosniff, Referrer-Policy, framing) are on every reply;
// "Cache-Control: no-store" is, unless the reply sets another.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

struct http_request;

// name is borrowed (a literal); value is copied. A value with control characters is
// dropped.
void http_reply_header(struct http_request *request, const char *name, const char *value);
// Takes the bytes out of body. type is borrowed (a literal).
void http_reply_buffer(struct http_request *request, unsigned status, const char *type,
                       struct buffer *body);
void http_reply_json(struct http_request *request, unsigned status, struct buffer *body);
void http_reply_text(struct http_request *request, unsigned status,
                     const char *text); // copied
void http_reply_empty(struct http_request *request, unsigned status);
// bytes must outlive the server (embedded data).
void http_reply_static(struct http_request *request, unsigned status, const char *type,
                       const void *bytes, size_t length);
// Sends a file; it may be unlinked afterwards. Sets a problem when it cannot be opened.
void http_reply_file(struct http_request *request, unsigned status, const char *type,
                     const char *path);
// Takes the open descriptor of a regular file.
void http_reply_descriptor(struct http_request *request, unsigned status, const char *type,
                           int descriptor, int64_t length);
// The same for 200 and the part that Range and If-Range ask for: 206, or 416 "http.range".
// etag: of the whole, with its quotes, strong.
void http_reply_ranged(struct http_request *request, const char *type, int descriptor,
                       int64_t length, const char *etag);
enum http_range { HTTP_RANGE_NONE, HTTP_RANGE_PART, HTTP_RANGE_OUTSIDE };
// The header Range (may be NULL) for a file of that length. PART: first <= last < length.
enum http_range http_range_parse(const char *text, int64_t length, int64_t *ret_first,
                                 int64_t *ret_last);
void http_reply_redirect(struct http_request *request, unsigned status,
                         const char *location);
// RFC 9457 application/problem+json: type, title, status, code (the slug), detail, instance
// (the request's id), and members: NULL, or the text of more members ("\"a\":1").
void http_reply_problem(struct http_request *request, const struct error *error,
                        const char *members);
void http_reply_problem_status(struct http_request *request, unsigned status,
                               const struct error *error, const char *members);
bool http_reply_is_set(const struct http_request *request);
unsigned http_reply_status(const struct http_request *request); // 0 when none is set
// Weak or strong comparison of If-None-Match with one entity tag (with its quotes).
bool http_request_has_etag(const struct http_request *request, const char *etag);
// Sets ETag and, when the client has it already (as it is or compressed), a 304: returns
// true then.
bool http_reply_not_modified(struct http_request *request, const char *etag);
// ---- compression ----
// Replies to GET in a compressible type are sent as gzip to who takes it, with an entity
// tag and a Vary of their own: small ones by themselves, when they are sent. Never what
// answers other methods (one-time links, tokens: length must not tell what is in them),
// streams, files, and what has a Content-Encoding already.
enum { HTTP_GZIP_LEAST = 1024, HTTP_GZIP_HERE = 64 * 1024 };
// True for a reply so large that it should not be compressed on the HTTP thread: call
// http_reply_compress on another thread then (deferred), or leave it: it is sent as it is.
bool http_reply_is_heavy(const struct http_request *request);
void http_reply_compress(struct http_request *request);

const char *http_status_to_str(unsigned status);
