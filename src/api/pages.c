// SPDX-License-Identifier: MPL-2.0
// Pages: the list of cities, the console below a city, assets at the root.
#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/http/asset.h>

#include "api_internal.h"

static void not_found(struct api_call *call)
{
    struct error error = {0};
    error_set(&error, ERROR_NOT_FOUND, "http.no_such_address", "no such address");
    api_reply_error(call, &error);
}

static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("<>&\"'", *text)) {
            buffer_format(out, "&#%d;", *text);
        } else {
            buffer_append_char(out, *text);
        }
    }
}

static void append_city(void *context, struct api_city *city)
{
    struct buffer *out = context;
    buffer_append_text(out, "<li><a href=\"/");
    append_escaped(out, city->slug);
    buffer_append_text(out, "/\">");
    append_escaped(out, city->slug);
    buffer_append_text(out, "</a></li>\n");
}

static void list_cities(struct api_call *call)
{
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    buffer_append_text(
        &body, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
               "<link rel=\"stylesheet\" href=\"/assets/cities-1.css\">"
               "<title>gridcase</title></head>\n<body><main><h1>gridcase</h1>\n<ul>\n");
    api_cities_each(call->api, append_city, &body);
    buffer_append_text(&body, "</ul></main></body></html>\n");
    http_reply_header(call->request, "Cache-Control", "no-cache");
    http_reply_buffer(call->request, 200, "text/html; charset=utf-8", &body);
}

// "/boston" + "/console/"; only "/console/" on a city's own host.
static void redirect(struct api_call *call, const char *to)
{
    char location[160];
    if (call->by_host) {
        snprintf(location, sizeof(location), "%s", to);
    } else {
        snprintf(location, sizeof(location), "/%s%s", call->city->slug, to);
    }
    http_reply_redirect(call->request, 302, location);
}

static bool reply_asset(struct api_call *call, const char *path)
{
    const struct http_assets *assets = call->api->options.assets;
    return assets && http_assets_reply(assets, path, call->request);
}

// The console is one page: whatever address below it, the page itself finds its way.
static void console(struct api_call *call)
{
    size_t at = call->first + 1;
    if (http_request_segments(call->request) == at &&
        !http_request_ends_in_slash(call->request)) {
        redirect(call, "/console/");
    } else if (!reply_asset(call, "/console/index.html")) {
        http_reply_text(call->request, 404, "the pages were not built into this server\n");
    }
}

void api_page(struct api_call *call)
{
    struct http_request *request = call->request;
    size_t count = http_request_segments(request);
    const char *root = http_request_segment(request, 0);
    if (root && strcmp(root, "assets") == 0) {
        const char *target = http_request_target(request);
        const char *path = arena_copy(call->arena, target, strcspn(target, "?"));
        if (!path || !reply_asset(call, path)) {
            not_found(call);
        }
        return;
    }
    if (!call->city) {
        if (count == 0) {
            list_cities(call);
        } else {
            not_found(call);
        }
        return;
    }
    const char *page = http_request_segment(request, call->first);
    if (!page) {
        redirect(call, "/console/");
    } else if (strcmp(page, "console") == 0) {
        console(call);
    } else {
        not_found(call);
    }
}
