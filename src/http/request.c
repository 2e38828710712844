// SPDX-License-Identifier: MPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "http_internal.h"

static const char *const method_names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};

const char *http_method_to_str(enum http_method method)
{
    return method < HTTP_METHOD_COUNT ? method_names[method] : "OTHER";
}

static enum http_method method_from_str(const char *text)
{
    for (int i = 0; i < HTTP_OTHER; i++) {
        if (strcmp(text, method_names[i]) == 0) {
            return (enum http_method)i;
        }
    }
    return HTTP_OTHER;
}

struct http_request *http_request_new(struct http_server *server, const char *target)
{
    struct http_request *request = memory_new(sizeof(*request));
    request->server = server;
    request->arena = arena_new(HTTP_ARENA_CEILING);
    request->target = arena_text(request->arena, target);
    request->spool = -1;
    request->reply.descriptor = -1;
    request->content_length = -1;
    request->started_us = instant_monotonic_us();
    snprintf(request->id, sizeof(request->id), "%016llx",
             (unsigned long long)atomic_fetch_add(&server->next_id, 1));
    return request;
}

struct http_request *http_request_free(struct http_request *request)
{
    if (request) {
        http_body_done(request);
        http_reply_clear(request);
        arena_free(request->arena);
        free(request);
    }
    return NULL;
}

void http_request_phase(struct http_request *request, enum http_phase phase)
{
    if (request->socket) {
        atomic_store(&request->socket->since_us, instant_monotonic_us());
        atomic_store(&request->socket->phase, (int)phase);
    }
}

static char *lower_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_copy(arena, text, length);
    for (char *c = copy; c && *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return copy;
}

static void read_host(struct http_request *request)
{
    const char *host = http_forwarded(request, "X-Forwarded-Host");
    host = host ? host : http_request_header(request, "Host");
    request->authority = host;
    request->host = lower_copy(request->arena, host ? host : "", host ? strlen(host) : 0);
    char *end = request->host;
    if (*end == '[') {
        end = strchr(end, ']');
        end = end ? end + 1 : request->host + strlen(request->host);
    } else {
        end += strcspn(end, ":");
    }
    *end = '\0';
    size_t length = strlen(request->host);
    if (length > 0 && request->host[length - 1] == '.') {
        request->host[length - 1] = '\0';
    }
}

void http_request_start(struct http_request *request, struct MHD_Connection *connection,
                        const char *method)
{
    request->connection = connection;
    request->started_us = instant_monotonic_us();
    request->method = method_from_str(method);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->socket = info ? info->socket_context : NULL;
    if (request->socket) {
        atomic_store(&request->socket->received, 0);
    }
    http_peer_read(request);
    read_host(request);
    const char *type = http_request_header(request, "Content-Type");
    size_t type_length = type ? strcspn(type, "; \t") : 0;
    request->content_type = lower_copy(request->arena, type ? type : "", type_length);
    const char *length = http_request_header(request, "Content-Length");
    struct error error = {0};
    if (length && text_to_int(length, strlen(length), &request->content_length, &error)) {
        error_set(&error, ERROR_INPUT, "http.bad_length", "Content-Length is not a number");
        http_reply_problem(request, &error, NULL);
    } else if (!request->target || http_target_parse(request, &error)) {
        http_reply_problem(request, &error, NULL);
    }
}

enum http_method http_request_method(const struct http_request *request)
{
    return request->method;
}

bool http_request_is_safe(const struct http_request *request)
{
    return request->method == HTTP_GET || request->method == HTTP_HEAD ||
           request->method == HTTP_OPTIONS;
}

const char *http_request_target(const struct http_request *request)
{
    return request->target;
}

size_t http_request_segments(const struct http_request *request)
{
    return request->segment_count;
}

const char *http_request_segment(const struct http_request *request, size_t index)
{
    return index < request->segment_count ? request->segments[index] : NULL;
}

bool http_request_ends_in_slash(const struct http_request *request)
{
    return request->ends_in_slash;
}

const char *http_request_query(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (strcmp(request->queries[i].name, name) == 0) {
            return request->queries[i].value;
        }
    }
    return NULL;
}

size_t http_request_query_count(const struct http_request *request, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->query_count; i++) {
        count += strcmp(request->queries[i].name, name) == 0;
    }
    return count;
}

size_t http_request_queries(const struct http_request *request)
{
    return request->query_count;
}

void http_request_query_at(const struct http_request *request, size_t index,
                           const char **ret_name, const char **ret_value)
{
    *ret_name = request->queries[index].name;
    *ret_value = request->queries[index].value;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_request_cookie(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
}

const char *http_request_host(const struct http_request *request)
{
    return request->host;
}

const char *http_request_content_type(const struct http_request *request)
{
    return request->content_type;
}

bool http_request_same_origin(const struct http_request *request)
{
    const char *site = http_request_header(request, "Sec-Fetch-Site");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0) {
        return false;
    }
    const char *origin = http_request_header(request, "Origin");
    if (!origin) {
        return true;
    }
    const char *mark = strstr(origin, "://");
    const char *host = request->authority;
    if (request->secure && strncasecmp(origin, "https:", 6) != 0) {
        return false;
    }
    return mark && host && strcasecmp(mark + 3, host) == 0;
}

bool http_request_is_secure(const struct http_request *request)
{
    return request->secure;
}

bool http_request_accepts(const struct http_request *request, const char *coding)
{
    const char *header = http_request_header(request, "Accept-Encoding");
    size_t length = strlen(coding);
    while (header && *header) {
        header += strspn(header, " \t,");
        size_t part = strcspn(header, ",");
        if (strncasecmp(header, coding, length) == 0 && strchr(" \t;,", header[length])) {
            const char *q = strstr(header, "q=");
            bool refused = q && q < header + part && strncmp(q, "q=0", 3) == 0 &&
                           strspn(q + 3, ".0") == strcspn(q + 3, " \t,");
            return !refused;
        }
        header += part;
    }
    return false;
}

const char *http_request_peer(const struct http_request *request)
{
    return request->peer;
}

const char *http_request_id(const struct http_request *request)
{
    return request->id;
}

int64_t http_request_age_us(const struct http_request *request)
{
    return instant_monotonic_us() - request->started_us;
}

int64_t http_request_content_length(const struct http_request *request)
{
    return request->content_length;
}

struct arena *http_request_arena(struct http_request *request)
{
    return request->arena;
}

void http_request_set_user(struct http_request *request, void *user)
{
    request->user = user;
}

void *http_request_user(const struct http_request *request)
{
    return request->user;
}

void http_request_defer(struct http_request *request)
{
    atomic_fetch_add(&request->server->deferred, 1);
    atomic_store(&request->state, HTTP_REQUEST_DEFERRED);
    MHD_suspend_connection(request->connection);
}

void http_request_finish(struct http_request *request)
{
    struct http_server *server = request->server;
    struct MHD_Connection *connection = request->connection;
    atomic_store(&request->state, HTTP_REQUEST_READY);
    MHD_resume_connection(connection);
    // Last: http_server_free waits for this count, with the resume behind it.
    atomic_fetch_sub(&server->deferred, 1);
}
