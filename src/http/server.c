// SPDX-License-Identifier: MPL-2.0
// Life cycle of a server and the callbacks of libmicrohttpd.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>

#include "http_internal.h"
#include "listen_internal.h"

// TLS 1.2 and 1.3, forward secrecy only.
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"

enum { TICK_MS = 500, CONNECTION_MEMORY = 32 * 1024, CLOSING_MS = 2000 };

void http_server_options_init(struct http_server_options *options)
{
    *options = (struct http_server_options){
        .address = "127.0.0.1",
        .threads = 2,
        .connections = 4096,
        .idle_s = 60,
        .headers_s = 20,
    };
}

// ---- callbacks ----

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    return http_request_new(context, target);
}

// ---- the end ----

static void refuse(struct http_request *request)
{
    struct error error = {0};
    error_set(&error, ERROR_BUSY, "server.stopping", "the server stops");
    http_reply_header(request, "Connection", "close");
    http_reply_problem(request, &error, NULL);
}

// The application may defer a request: whoever ends the server has to know before that it
// is at work, and once the server is closed nothing begins any more.
static bool work_begin(struct http_server *server, struct http_request *request)
{
    atomic_fetch_add(&server->deferred, 1);
    if (!atomic_load(&server->closed)) {
        return true;
    }
    atomic_fetch_sub(&server->deferred, 1);
    refuse(request);
    return false;
}

static void work_end(struct http_server *server)
{
    atomic_fetch_sub(&server->deferred, 1);
}

// ---- the way of a request ----

static void on_headers(struct http_server *server, struct http_request *request,
                       struct MHD_Connection *connection, const char *method)
{
    http_request_start(request, connection, method);
    if (!http_reply_is_set(request) && atomic_load(&server->stopping)) {
        refuse(request); // a connection that was kept: what comes now has not begun
    }
    if (!http_reply_is_set(request)) {
        server->app.headers(server->app.context, request);
    }
    http_body_admit(request);
    request->discard = http_reply_is_set(request);
    http_request_phase(request, HTTP_PHASE_BODY);
    atomic_store(&request->state, HTTP_REQUEST_BODY);
}

static void on_body_end(struct http_server *server, struct http_request *request)
{
    http_request_phase(request, HTTP_PHASE_WORK);
    http_body_finish(request);
    if (!http_reply_is_set(request) && work_begin(server, request)) {
        atomic_store(&request->state, HTTP_REQUEST_WORK);
        server->app.request(server->app.context, request);
        work_end(server);
    }
}

static enum MHD_Result queue_or_bug(struct http_request *request)
{
    if (!http_reply_is_set(request)) {
        struct error error = {0};
        error_set(&error, ERROR_BUG, "http.no_reply", "no reply was made");
        http_reply_problem(request, &error, NULL);
    }
    return http_reply_queue(request);
}

static enum MHD_Result on_resumed(struct http_server *server, struct http_request *request)
{
    if (!http_reply_is_set(request) && server->app.resumed && work_begin(server, request)) {
        atomic_store(&request->state, HTTP_REQUEST_WORK);
        server->app.resumed(server->app.context, request);
        work_end(server);
        int state = atomic_load(&request->state);
        if (state == HTTP_REQUEST_DEFERRED || state == HTTP_REQUEST_READY) {
            return MHD_YES;
        }
    }
    return queue_or_bug(request);
}

// A deferred request may be finished by another thread at any moment; it stays in memory
// until the completed callback, which runs on this thread, so its state may be read.
static enum MHD_Result on_body(struct http_server *server, struct http_request *request,
                               const char *upload, size_t *upload_size)
{
    if (*upload_size > 0) {
        bool go_on = http_body_take(request, upload, *upload_size);
        *upload_size = 0;
        return go_on ? MHD_YES : MHD_NO;
    }
    on_body_end(server, request);
    int state = atomic_load(&request->state);
    if (state == HTTP_REQUEST_DEFERRED || state == HTTP_REQUEST_READY) {
        return MHD_YES; // called again when resumed
    }
    return queue_or_bug(request);
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection,
                                 const char *url, const char *method, const char *version,
                                 const char *upload, size_t *upload_size, void **state)
{
    (void)url;
    (void)version;
    struct http_server *server = context;
    struct http_request *request = *state;
    switch (atomic_load(&request->state)) {
    case HTTP_REQUEST_NEW:
        on_headers(server, request, connection, method);
        if (request->discard && request->content_length > HTTP_DISCARD_CEILING) {
            return http_reply_queue(request); // the connection ends with this reply
        }
        return MHD_YES;
    case HTTP_REQUEST_BODY:
        return on_body(server, request, upload, upload_size);
    case HTTP_REQUEST_READY:
        return on_resumed(server, request);
    default:
        return MHD_YES;
    }
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection;
    (void)code;
    struct http_server *server = context;
    struct http_request *request = *state;
    if (!request) {
        return;
    }
    if (request->connection) {
        atomic_fetch_add(&server->requests, 1);
        http_request_phase(request, HTTP_PHASE_IDLE);
        if (server->app.done) {
            server->app.done(server->app.context, request);
        }
    }
    *state = http_request_free(request);
}

static void connection_open(struct http_server *server, struct MHD_Connection *connection,
                            void **socket_context)
{
    struct http_connection *socket = memory_new(sizeof(*socket));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    socket->descriptor = info ? info->connect_fd : -1;
    atomic_store(&socket->since_us, instant_monotonic_us());
    pthread_mutex_lock(&server->lock);
    socket->next = server->connections;
    if (socket->next) {
        socket->next->previous = socket;
    }
    server->connections = socket;
    pthread_mutex_unlock(&server->lock);
    atomic_fetch_add(&server->accepted, 1);
    atomic_fetch_add(&server->open, 1);
    *socket_context = socket;
}

// Called before the descriptor is closed, so the ticker never cuts somebody else's.
static void connection_close(struct http_server *server, void **socket_context)
{
    struct http_connection *socket = *socket_context;
    pthread_mutex_lock(&server->lock);
    if (socket->previous) {
        socket->previous->next = socket->next;
    } else {
        server->connections = socket->next;
    }
    if (socket->next) {
        socket->next->previous = socket->previous;
    }
    pthread_mutex_unlock(&server->lock);
    atomic_fetch_sub(&server->open, 1);
    free(socket);
    *socket_context = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection,
                          void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_open(context, connection, socket_context);
    } else if (*socket_context) {
        connection_close(context, socket_context);
    }
}

// ---- the ticker: heartbeats, and connections that stay too long in one phase ----

static int64_t allowed_ms(const struct http_server *server, struct http_connection *socket)
{
    switch ((enum http_phase)atomic_load(&socket->phase)) {
    case HTTP_PHASE_IDLE: // the next request's line may be dribbling in
        return ((int64_t)server->options.idle_s + server->options.headers_s) * 1000;
    case HTTP_PHASE_HEADERS:
        return (int64_t)server->options.headers_s * 1000;
    case HTTP_PHASE_BODY:
        return HTTP_BODY_GRACE_MS +
               atomic_load(&socket->received) * 1000 / HTTP_BODY_BYTES_PER_S;
    case HTTP_PHASE_REPLY:
        return HTTP_REPLY_MS;
    case HTTP_PHASE_WORK:
    case HTTP_PHASE_STREAM:
        break;
    }
    return INT64_MAX;
}

static void cut_slow(struct http_server *server, int64_t now_us)
{
    pthread_mutex_lock(&server->lock);
    for (struct http_connection *at = server->connections; at; at = at->next) {
        int64_t age_ms = (now_us - atomic_load(&at->since_us)) / 1000;
        if (!at->cut && age_ms > allowed_ms(server, at)) {
            at->cut = true;
            shutdown(at->descriptor, SHUT_RDWR);
            atomic_fetch_add(&server->cut, 1);
        }
    }
    pthread_mutex_unlock(&server->lock);
}

static void *ticker_run(void *context)
{
    struct http_server *server = context;
    while (!atomic_load(&server->ticker_stop)) {
        instant_sleep_ms(TICK_MS);
        int64_t now_us = instant_monotonic_us();
        http_streams_beat(server, now_us);
        cut_slow(server, now_us);
        if (server->tls) {
            http_tls_watch(server->tls, now_us);
        }
    }
    return NULL;
}

// ---- life ----

static char *copy_or_null(const char *text)
{
    return text ? memory_text(text) : NULL;
}

static struct http_server *server_new(const struct http_server_options *options,
                                      const struct http_app *app)
{
    struct http_server *server = memory_new(sizeof(*server));
    server->options = *options;
    server->options.address = copy_or_null(options->address);
    server->options.unix_path = copy_or_null(options->unix_path);
    server->options.spool_folder = copy_or_null(options->spool_folder);
    server->options.content_security_policy =
        copy_or_null(options->content_security_policy);
    server->options.trusted_proxies = copy_or_null(options->trusted_proxies);
    server->options.version = copy_or_null(options->version);
    server->options.tls_certificate = NULL; // tls.c keeps them
    server->options.tls_key = NULL;
    snprintf(server->hsts, sizeof(server->hsts), "max-age=%u", options->hsts_s);
    server->app = *app;
    server->listener = -1;
    pthread_mutex_init(&server->lock, NULL);
    uint64_t first = 0;
    random_bytes(&first, sizeof(first)); // ids of two runs do not meet in a log
    atomic_store(&server->next_id, first);
    return server;
}

static void server_drop(struct http_server *server)
{
    if (server->listener >= 0) {
        close(server->listener);
    }
    if (server->options.unix_path) {
        unlink(server->options.unix_path);
    }
    http_tls_free(server->tls);
    free(server->proxies);
    pthread_mutex_destroy(&server->lock);
    free((char *)(uintptr_t)server->options.trusted_proxies);
    free((char *)(uintptr_t)server->options.version);
    free((char *)(uintptr_t)server->options.address);
    free((char *)(uintptr_t)server->options.unix_path);
    free((char *)(uintptr_t)server->options.spool_folder);
    free((char *)(uintptr_t)server->options.content_security_policy);
    free(server);
}

static struct MHD_Daemon *daemon_start(struct http_server *server)
{
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     (server->tls ? MHD_USE_TLS : 0);
    unsigned threads = server->options.threads;
    struct MHD_OptionItem more[4] = {0};
    size_t count = 0;
    if (threads > 1) {
        more[count++] =
            (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL};
    }
    if (server->tls) {
        more[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                                (void *)(uintptr_t)TLS_PRIORITIES};
        more[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, http_tls_callback()};
    }
    more[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, server, MHD_OPTION_LISTEN_SOCKET, server->listener,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_CONNECTION_LIMIT, server->options.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, server->options.idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

static int prepare(struct http_server *server, const struct http_server_options *options,
                   struct error *error)
{
    int code = http_networks_parse(options->trusted_proxies, &server->proxies,
                                   &server->proxy_count, error);
    if (!code && (options->tls_certificate || options->tls_key)) {
        code =
            http_tls_new(options->tls_certificate, options->tls_key, &server->tls, error);
    }
    if (!code) {
        server->listener = http_listen(&server->options, &server->port, error);
        code = server->listener < 0 ? server->listener : 0;
    }
    return code;
}

int http_server_start(const struct http_server_options *options, const struct http_app *app,
                      struct http_server **ret_server, struct error *error)
{
    struct http_server *server = server_new(options, app);
    int code = prepare(server, options, error);
    if (code) {
        server_drop(server);
        return code;
    }
    if (pthread_create(&server->ticker, NULL, ticker_run, server)) {
        server_drop(server);
        return error_set(error, ERROR_IO, "http.start", "no thread for the server");
    }
    server->daemon = daemon_start(server);
    if (!server->daemon) {
        atomic_store(&server->ticker_stop, true);
        pthread_join(server->ticker, NULL);
        server_drop(server);
        return error_set(error, ERROR_IO, "http.start", "the server cannot start");
    }
    server->listener = -1; // the daemon closes it
    *ret_server = server;
    return 0;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_quiesce(struct http_server *server)
{
    if (!atomic_exchange(&server->stopping, true)) {
        server->listener = MHD_quiesce_daemon(server->daemon);
    }
    http_streams_close(server);
}

// Whether a reply is still being made or sent.
static bool server_is_working(struct http_server *server)
{
    if (atomic_load(&server->deferred) > 0) {
        return true;
    }
    bool working = false;
    pthread_mutex_lock(&server->lock);
    for (struct http_connection *at = server->connections; at; at = at->next) {
        int phase = atomic_load(&at->phase);
        working |= phase == HTTP_PHASE_WORK || phase == HTTP_PHASE_REPLY;
    }
    pthread_mutex_unlock(&server->lock);
    return working;
}

// Until what is at work has ended and its replies have left: for those there is a limit,
// counted from when the last work ended.
static void drain(struct http_server *server)
{
    int64_t idle_us = instant_monotonic_us();
    for (;;) {
        int64_t now_us = instant_monotonic_us();
        if (atomic_load(&server->deferred) > 0) {
            idle_us = now_us;
        } else if (!server_is_working(server) ||
                   now_us - idle_us >= (int64_t)CLOSING_MS * 1000) {
            break;
        }
        instant_sleep_ms(2);
    }
    atomic_store(&server->closed, true);
    while (atomic_load(&server->deferred) > 0) {
        instant_sleep_ms(2);
    }
}

struct http_server *http_server_free(struct http_server *server)
{
    if (!server) {
        return NULL;
    }
    http_server_quiesce(server);
    drain(server);
    // Stopping with a suspended connection aborts the process: streams were closed, which
    // resumes them, every deferred request was finished, and none is deferred any more.
    MHD_stop_daemon(server->daemon);
    atomic_store(&server->ticker_stop, true);
    pthread_join(server->ticker, NULL);
    server_drop(server);
    return NULL;
}

void http_server_tls_state(struct http_server *server, struct http_tls_state *ret)
{
    *ret = (struct http_tls_state){0};
    if (server->tls) {
        http_tls_state(server->tls, ret);
    }
}

void http_server_tls_look(struct http_server *server)
{
    if (server->tls) {
        http_tls_look(server->tls);
    }
}

void http_server_figures(struct http_server *server, struct http_server_figures *ret)
{
    *ret = (struct http_server_figures){
        .requests = atomic_load(&server->requests),
        .connections = atomic_load(&server->accepted),
        .open = atomic_load(&server->open),
        .deferred = atomic_load(&server->deferred),
        .cut = atomic_load(&server->cut),
    };
    pthread_mutex_lock(&server->lock);
    ret->streams = server->stream_count;
    pthread_mutex_unlock(&server->lock);
}
