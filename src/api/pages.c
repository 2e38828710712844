// SPDX-License-Identifier: MPL-2.0
// Pages: the list of cities, the faces below a city, assets at the root.
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

// The faces of a city, each one page below it: "/boston/field/".
static const struct face {
    const char *folder;
    const char *english;
    const char *chinese;
} faces[] = {
    {"console", "Console", "工作台"},
    {"field", "Field", "现场"},
    {"dashboard", "Dashboard", "看板"},
};
enum { FACES = sizeof(faces) / sizeof(faces[0]) };

static void append_name(struct buffer *out, const struct api_city_name *name)
{
    append_escaped(out, name->english);
    if (name->chinese[0] && strcmp(name->chinese, name->english) != 0) {
        buffer_append_text(out, " <span lang=\"zh-CN\">");
        append_escaped(out, name->chinese);
        buffer_append_text(out, "</span>");
    }
}

static void append_city(void *context, struct api_city *city)
{
    struct api_call *call = context;
    struct buffer *out = call->data;
    struct api_city_name name;
    api_city_name(call->api, city, &name);
    buffer_append_text(out, "<li><h2>");
    append_name(out, &name);
    buffer_append_text(out, "</h2><p>");
    for (size_t i = 0; i < FACES; i++) {
        buffer_append_text(out, "<a href=\"/");
        append_escaped(out, city->slug);
        buffer_format(out, "/%s/\">%s <span lang=\"zh-CN\">%s</span></a> ", faces[i].folder,
                      faces[i].english, faces[i].chinese);
    }
    buffer_append_text(out, "</p></li>\n");
}

static void list_cities(struct api_call *call)
{
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    buffer_append_text(
        &body, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
               "<link rel=\"stylesheet\" href=\"/assets/cities-2.css\">"
               "<title>gridcase</title></head>\n<body><main><h1>gridcase</h1>\n"
               "<p>Choose your city and what you work with. "
               "<span lang=\"zh-CN\">请选择城市和要用的页面。</span></p>\n<ul>\n");
    call->data = &body;
    api_cities_each(call->api, append_city, call);
    call->data = NULL;
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

// A worker has the policy of its own script, and fetches the shell and the API.
static void worker_policy(struct api_call *call, const char *file)
{
    if (strcmp(file, "sw.js") == 0) {
        http_reply_header(call->request, "Content-Security-Policy",
                          "default-src 'none'; script-src 'self'; connect-src 'self'");
    }
}

// A face is one page: whatever address below it, the page itself finds its way. Files that
// must stand in its folder (manifest, service worker, icons) have a dot in their name.
static void reply_face(struct api_call *call, const struct face *face)
{
    struct http_request *request = call->request;
    size_t count = http_request_segments(request);
    size_t at = call->first + 1;
    char path[256];
    if (count == at && !http_request_ends_in_slash(request)) {
        snprintf(path, sizeof(path), "/%s/", face->folder);
        redirect(call, path);
        return;
    }
    const char *last = count > at ? http_request_segment(request, count - 1) : "";
    if (strchr(last, '.')) {
        bool told = count == at + 1 &&
                    text_format(path, sizeof(path), "/%s/%s", face->folder, last) == 0;
        if (told) {
            worker_policy(call, last);
        }
        if (!told || !reply_asset(call, path)) {
            not_found(call);
        }
        return;
    }
    snprintf(path, sizeof(path), "/%s/index.html", face->folder);
    if (!reply_asset(call, path)) {
        http_reply_text(request, 404, "the pages were not built into this server\n");
    }
}

static const struct face *face_named(const char *folder)
{
    for (size_t i = 0; i < FACES; i++) {
        if (strcmp(faces[i].folder, folder) == 0) {
            return &faces[i];
        }
    }
    return NULL;
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
    } else if (face_named(page)) {
        reply_face(call, face_named(page));
    } else {
        not_found(call);
    }
}
