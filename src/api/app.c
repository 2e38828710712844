// SPDX-License-Identifier: MPL-2.0
// Life of the api, and the three applications that it gives to HTTP servers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/http/asset.h>

#include "api_internal.h"
#include "tile_cache.h"

enum { TILE_CACHE_BYTES = 64 * 1024 * 1024 };

enum { HTTP_TARGET_MOST = 9000 };

void api_options_init(struct api_options *options)
{
    *options = (struct api_options){
        .workers = 2,
        .worker_queue = 256,
        .cities_open = 32,
        .city_idle_ms = (int64_t)15 * 60 * 1000,
    };
    media_limits_init(&options->media);
}

int api_new(const struct api_options *options, struct api **ret_api, struct error *error)
{
    struct api *api = memory_new(sizeof(*api));
    api->options = *options;
    api->store = options->store;
    api->started_ms = instant_now_ms();
    pthread_mutex_init(&api->lock, NULL);
    pthread_mutex_init(&api->replay_lock, NULL);
    pthread_cond_init(&api->opened, NULL);
    api->metrics = metrics_new();
    api->health = health_watch_new();
    api->tiles = tile_cache_new(TILE_CACHE_BYTES);
    api->pool = pool_new(options->workers, options->worker_queue);
    int code = api_cities_load(api, error);
    if (!code) {
        code = changes_new(api, &api->changes, error);
    }
    if (!code) {
        code = relay_new(api, error);
    }
    if (!code) {
        code = search_new(api, &api->search, error);
    }
    if (!code) {
        code = api_timers_start(api, error);
    }
    if (!code) {
        code = api_backups_start(api, error);
    }
    if (!code) {
        code = api_mails_start(api, error);
    }
    if (code) {
        api_free(api);
        return code;
    }
    *ret_api = api;
    return 0;
}

void api_quiesce(struct api *api)
{
    atomic_store(&api->stopping, true);
    api_backups_stop(api);
    api_mails_stop(api);
    api_replays_stop(api);
    api_what_ifs_stop(api);
    api_timers_stop(api);
    relay_stop(api);
    changes_stop(api->changes);
    search_stop(api->search);
}

struct api *api_free(struct api *api)
{
    if (api) {
        api_quiesce(api);
        pool_free(api->pool);
        relay_free(api);
        changes_free(api->changes);
        search_free(api->search);
        api_cities_close(api);
        metrics_free(api->metrics);
        tile_cache_free(api->tiles);
        api_backups_free(api);
        api_mails_free(api);
        health_watch_free(api->health);
        pthread_cond_destroy(&api->opened);
        pthread_mutex_destroy(&api->replay_lock);
        pthread_mutex_destroy(&api->lock);
        free(api);
    }
    return NULL;
}

void api_set_server(struct api *api, struct http_server *server)
{
    pthread_mutex_lock(&api->lock);
    api->server = server;
    pthread_mutex_unlock(&api->lock);
}

struct http_server *api_server(struct api *api)
{
    pthread_mutex_lock(&api->lock);
    struct http_server *server = api->server;
    pthread_mutex_unlock(&api->lock);
    return server;
}

// ---- the public application ----

// Finds the city and how many segments name it.
static size_t find_city(struct api_call *call)
{
    call->city = api_city_by_host(call->api, http_request_host(call->request));
    call->by_host = call->city != NULL;
    if (call->by_host || http_request_segments(call->request) == 0) {
        return 0;
    }
    call->city = api_city_by_slug(call->api, http_request_segment(call->request, 0));
    return 1;
}

static bool is_api(const struct http_request *request, size_t first)
{
    const char *api = http_request_segment(request, first);
    const char *version = http_request_segment(request, first + 1);
    return api && version && strcmp(api, "api") == 0 && strcmp(version, "v1") == 0;
}

static void app_headers(void *context, struct http_request *request)
{
    struct api_call *call = api_call_new(context, request);
    if (!call) {
        return;
    }
    call->first = find_city(call);
    struct error error = {0};
    if (is_api(request, call->first)) {
        if (call->city) {
            api_call_route(call, api_routes, api_route_count, call->first + 2);
        } else {
            error_set(&error, ERROR_NOT_FOUND, "city.unknown", "there is no such city");
            api_reply_error(call, &error);
        }
    } else if (http_request_method(request) != HTTP_GET &&
               http_request_method(request) != HTTP_HEAD) {
        error_set(&error, ERROR_INPUT, "http.method", "this address takes GET, HEAD");
        http_reply_header(request, "Allow", "GET, HEAD");
        api_reply_error(call, &error);
    }
}

static void app_request(void *context, struct http_request *request)
{
    (void)context;
    struct api_call *call = http_request_user(request);
    if (!call) {
        http_reply_empty(request, 503);
    } else if (call->route) {
        api_call_run(call);
    } else {
        api_page(call);
    }
}

static void app_resumed(void *context, struct http_request *request)
{
    (void)context;
    api_call_resumed(http_request_user(request));
}

static void app_done(void *context, struct http_request *request)
{
    (void)context;
    struct api_call *call = http_request_user(request);
    if (call) {
        api_call_done(call);
    }
}

struct http_app api_app(struct api *api)
{
    return (struct http_app){
        .context = api,
        .headers = app_headers,
        .request = app_request,
        .resumed = app_resumed,
        .done = app_done,
    };
}

// ---- from http to https ----

static bool is_host(const char *host)
{
    size_t length = strlen(host);
    return length > 0 && length < 256 &&
           strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_[]:") == length;
}

static void redirect_headers(void *context, struct http_request *request)
{
    struct api *api = context;
    const char *host = http_request_host(request);
    const char *target = http_request_target(request);
    struct http_server *server = api_server(api);
    unsigned port = server ? http_server_port(server) : 0;
    char to[HTTP_TARGET_MOST];
    char suffix[16] = "";
    struct error error = {0};
    if (port != 443) {
        snprintf(suffix, sizeof(suffix), ":%u", port);
    }
    if ((http_request_method(request) != HTTP_GET &&
         http_request_method(request) != HTTP_HEAD) ||
        !is_host(host) || target[0] != '/' ||
        text_format(to, sizeof(to), "https://%s%s%s", host, suffix, target)) {
        error_set(&error, ERROR_INPUT, "http.https_only", "this server speaks https");
        http_reply_problem(request, &error, NULL);
        return;
    }
    http_reply_redirect(request, 308, to);
}

struct http_app api_redirect_app(struct api *api)
{
    return (struct http_app){
        .context = api, .headers = redirect_headers, .request = redirect_headers};
}

// ---- the socket file ----

static void control_headers(void *context, struct http_request *request)
{
    struct api_call *call = api_call_new(context, request);
    const char *first = http_request_segment(request, 0);
    if (!call) {
        return;
    }
    if (first && strcmp(first, "control") == 0) {
        api_call_route(call, api_control_routes, api_control_route_count, 1);
    } else {
        struct error error = {0};
        error_set(&error, ERROR_NOT_FOUND, "http.no_such_address", "no such address");
        api_reply_error(call, &error);
    }
}

struct http_app api_control_app(struct api *api)
{
    struct http_app app = api_app(api);
    app.headers = control_headers;
    return app;
}

// ---- health and metrics ----

static void ops_headers(void *context, struct http_request *request)
{
    (void)context;
    (void)request;
}

// 200 while it serves, whatever stands in the lines; who wants a status for what is
// critical asks with ?strict.
static void reply_health(struct api *api, struct http_request *request)
{
    if (atomic_load(&api->stopping)) {
        http_reply_text(request, 503, "stopping\n");
        return;
    }
    BUFFER_CLEANUP struct buffer body;
    enum health_level worst = HEALTH_OK;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    api_health_text(api, &body, &worst);
    bool strict = http_request_query(request, "strict") != NULL;
    http_reply_buffer(request, strict && worst == HEALTH_CRITICAL ? 503 : 200,
                      "text/plain; charset=utf-8", &body);
}

static void ops_request(void *context, struct http_request *request)
{
    struct api *api = context;
    const char *first = http_request_segment(request, 0);
    bool known = first && http_request_segments(request) == 1;
    if (known && strcmp(first, "health") == 0) {
        reply_health(api, request);
    } else if (known && strcmp(first, "metrics") == 0) {
        BUFFER_CLEANUP struct buffer body;
        buffer_init(&body, BUFFER_CEILING_REPLY);
        metrics_write(api, &body);
        http_reply_buffer(request, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
    } else {
        http_reply_text(request, 404, "there are /health and /metrics\n");
    }
}

struct http_app api_ops_app(struct api *api)
{
    return (struct http_app){
        .context = api, .headers = ops_headers, .request = ops_request};
}

// ---- what serve asks before it listens ----

struct demo_question {
    struct api *api;
    int has;
    struct error error;
};

static void ask_demo(void *context, struct api_city *city)
{
    struct demo_question *question = context;
    DB_READER_CLEANUP struct db *db = NULL;
    bool has = false;
    struct error error = {0};
    int code = db_reader_borrow(question->api->store, city->slug, DB_CASES, &db, &error);
    if (!code) {
        code = account_has_demo_logins(db, &has, &error);
    }
    if (code) {
        log_event(LOG_WARNING, "city.failed", "city=%s code=%s", city->slug, error.slug);
        question->has = 1; // not known is not none
    } else if (has) {
        question->has = 1;
    }
}

int api_has_demo_logins(struct api *api, int *ret_has, struct error *error)
{
    struct demo_question question = {.api = api};
    (void)error;
    api_cities_each(api, ask_demo, &question);
    *ret_has = question.has;
    return 0;
}
