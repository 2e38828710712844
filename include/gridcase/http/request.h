// SPDX-License-Identifier: MPL-2.0
// One request: what the client said, taken apart strictly.
//
// The target is taken raw and decoded per segment, so "%2F" stays inside its segment.
// Targets with bad escapes, %00, control characters, invalid UTF-8, empty or dot segments
// are answered with 400 "http.bad_target" before the application sees them.
// All texts are borrowed until the request is done. A request belongs to one thread at a
// time: the HTTP thread until it is deferred, then whoever will finish it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>

struct http_request;
struct http_server;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER,
    HTTP_METHOD_COUNT
};

const char *http_method_to_str(enum http_method method);

enum http_method http_request_method(const struct http_request *request);
bool http_request_is_safe(const struct http_request *request);       // GET, HEAD, OPTIONS
const char *http_request_target(const struct http_request *request); // raw, with query
// Decoded segments of the path: "/a/b%2Fc/" has "a" and "b/c", and ends in a slash.
size_t http_request_segments(const struct http_request *request);
const char *http_request_segment(const struct http_request *request, size_t index);
bool http_request_ends_in_slash(const struct http_request *request);

// Decoded query parameter ("" when it has no value), NULL when absent. A name given twice
// answers with the first one; http_request_query_count says how many there are.
const char *http_request_query(const struct http_request *request, const char *name);
size_t http_request_query_count(const struct http_request *request, const char *name);
size_t http_request_queries(const struct http_request *request);
void http_request_query_at(const struct http_request *request, size_t index,
                           const char **ret_name, const char **ret_value);

const char *http_request_header(const struct http_request *request, const char *name);
const char *http_request_cookie(const struct http_request *request, const char *name);
// Lower case, without port and final dot; "" when there is none. What a trusted proxy says
// in X-Forwarded-Host counts for it.
const char *http_request_host(const struct http_request *request);
// The Content-Type without parameters, lower case; "" when there is none.
const char *http_request_content_type(const struct http_request *request);
// True when Origin is absent, or names the Host of this request (and https, when that is
// how it came).
bool http_request_same_origin(const struct http_request *request);
// Came over TLS, to us or to a trusted proxy.
bool http_request_is_secure(const struct http_request *request);
// Address of the client as text: the other end, or what trusted proxies say of it; "unix"
// on a socket file.
const char *http_request_peer(const struct http_request *request);
// 16 hexadecimal digits, for logs and for X-Request-Id.
const char *http_request_id(const struct http_request *request);
int64_t http_request_age_us(const struct http_request *request); // since its headers came

// Does the client take this content coding ("gzip", "br")?
bool http_request_accepts(const struct http_request *request, const char *coding);

// -1 when the client did not say (chunked).
int64_t http_request_content_length(const struct http_request *request);
// Only in app.headers. A body of more than ceiling bytes is refused with 413
// "http.body_too_large", on the headers where they tell. as_file keeps it in a file of the
// spool folder instead of memory.
void http_request_allow_body(struct http_request *request, size_t ceiling, bool as_file);
// The body in memory ("" when there is none).
const char *http_request_body(const struct http_request *request, size_t *ret_length);
// The file with the body: removed when the request is done, unless it was renamed before.
const char *http_request_body_file(const struct http_request *request,
                                   uint64_t *ret_length);

// Memory that lives as long as the request.
struct arena *http_request_arena(struct http_request *request);
void http_request_set_user(struct http_request *request, void *user);
void *http_request_user(const struct http_request *request);

// Parks the request: the HTTP thread serves others until http_request_finish. After this
// call the request belongs to whoever will finish it; the caller must return to the server
// without touching it again (hand it over after deferring, not before).
void http_request_defer(struct http_request *request);
// Any thread; a reply is set, or app.resumed will set it. The request must not be touched
// afterwards.
void http_request_finish(struct http_request *request);
