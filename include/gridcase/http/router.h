// SPDX-License-Identifier: MPL-2.0
// Finds the row of a const table that serves a method and a path.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <gridcase/http/request.h>

struct http_route {
    enum http_method method;
    const char *path; // "/cases/{number}/actions": {name} stands for one segment
};

enum { HTTP_PARAMETERS = 4 }; // most {name} of one path

struct http_match {
    const struct http_route *route;          // NULL when nothing serves the path
    const char *parameters[HTTP_PARAMETERS]; // decoded segments, in order of the path
    bool other_method;                       // the path exists, but not with this method
    unsigned methods;                        // bit per enum http_method that the path has
};

// routes[i] stands at (char *)routes + i * stride, so that a table may hold more columns.
// Segments before first are not looked at (a city in front). GET rows serve HEAD too.
void http_route_find(const struct http_request *request, size_t first,
                     const struct http_route *routes, size_t count, size_t stride,
                     struct http_match *ret_match);
// "GET, HEAD, POST" of match->methods, for the Allow header.
void http_match_allow(const struct http_match *match, char *out, size_t size);
