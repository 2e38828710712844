// SPDX-License-Identifier: MPL-2.0
#include <string.h>

#include "http_internal.h"

static const struct http_route *route_at(const struct http_route *routes, size_t stride,
                                         size_t index)
{
    return (const void *)((const char *)(const void *)routes + index * stride);
}

// Compares the template with the segments from first on.
static bool path_matches(const struct http_request *request, size_t first, const char *path,
                         const char *parameters[HTTP_PARAMETERS])
{
    size_t at = first;
    size_t found = 0;
    while (*path == '/' && path[1]) {
        path++;
        size_t length = strcspn(path, "/");
        const char *segment = http_request_segment(request, at++);
        if (!segment) {
            return false;
        }
        if (*path == '{') {
            if (found < HTTP_PARAMETERS) {
                parameters[found++] = segment;
            }
        } else if (strlen(segment) != length || memcmp(segment, path, length) != 0) {
            return false;
        }
        path += length;
    }
    bool slash = *path == '/';
    return at == request->segment_count &&
           (slash == request->ends_in_slash || (slash && at == 0));
}

void http_route_find(const struct http_request *request, size_t first,
                     const struct http_route *routes, size_t count, size_t stride,
                     struct http_match *ret_match)
{
    struct http_match match = {0};
    enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    for (size_t i = 0; i < count; i++) {
        const struct http_route *route = route_at(routes, stride, i);
        const char *parameters[HTTP_PARAMETERS] = {0};
        if (!path_matches(request, first, route->path, parameters)) {
            continue;
        }
        match.methods |= 1u << route->method;
        if (!match.route && route->method == method) {
            match.route = route;
            memcpy(match.parameters, parameters, sizeof(parameters));
        }
    }
    match.other_method = !match.route && match.methods;
    *ret_match = match;
}

void http_match_allow(const struct http_match *match, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < HTTP_OTHER; i++) {
        bool has = match->methods & (1u << i) ||
                   (i == HTTP_HEAD && match->methods & (1u << HTTP_GET));
        const char *name = http_method_to_str((enum http_method)i);
        size_t need = strlen(name) + (used ? 2 : 0);
        if (!has || used + need + 1 > size) {
            continue;
        }
        if (used) {
            memcpy(out + used, ", ", 2);
            used += 2;
        }
        memcpy(out + used, name, strlen(name) + 1);
        used += strlen(name);
    }
}
