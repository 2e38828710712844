// SPDX-License-Identifier: MPL-2.0
// The http floor against real sockets.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <gridcase/core/instant.h>
#include <gridcase/http/asset.h>
#include <gridcase/http/reply.h>
#include <gridcase/http/router.h>
#include <gridcase/http/server.h>
#include <gridcase/http/stream.h>

#include "../../src/http/http_internal.h"

enum { BODY_LIMIT = 1000, REPLY_SIZE = 65536 };

static const struct http_asset asset_table[] = {
    {"/assets/a-1.js", "whole", 5, "brotli", 6, "gz", 2},
    {"/index.html", "<p>", 3, NULL, 0, NULL, 0},
};
static struct http_assets *assets;
static pthread_mutex_t stream_lock = PTHREAD_MUTEX_INITIALIZER;
static struct http_stream *stream;

static const struct http_route routes[] = {
    {HTTP_GET, "/cases/{number}"},
    {HTTP_POST, "/cases/{number}/actions"},
    {HTTP_GET, "/"},
};

static void app_headers(void *context, struct http_request *request)
{
    (void)context;
    http_request_allow_body(request, BODY_LIMIT, false);
}

static void *finish_later(void *context)
{
    struct http_request *request = context;
    instant_sleep_ms(30);
    http_reply_text(request, 200, "later");
    http_request_finish(request);
    return NULL;
}

static void echo(struct http_request *request)
{
    char text[2048];
    size_t length = 0;
    const char *body = http_request_body(request, &length);
    const char *name = http_request_query(request, "name");
    snprintf(text, sizeof(text), "%zu|%s|%s|%s|%.*s", http_request_segments(request),
             http_request_segment(request, 1) ? http_request_segment(request, 1) : "-",
             name ? name : "-", http_request_host(request), (int)length, body);
    http_reply_text(request, 200, text);
}

static void app_request(void *context, struct http_request *request)
{
    (void)context;
    const char *first = http_request_segment(request, 0);
    struct http_match match;
    http_route_find(request, 0, routes, 3, sizeof(routes[0]), &match);
    if (first && strcmp(first, "echo") == 0) {
        echo(request);
    } else if (first && strcmp(first, "later") == 0) {
        pthread_t thread;
        http_request_defer(request);
        assert_int_equal(pthread_create(&thread, NULL, finish_later, request), 0);
        pthread_detach(thread);
    } else if (first && strcmp(first, "events") == 0) {
        struct error error = {0};
        pthread_mutex_lock(&stream_lock);
        stream = http_stream_free(stream);
        assert_int_equal(http_stream_open(request, 4096, &stream, &error), 0);
        pthread_mutex_unlock(&stream_lock);
    } else if (match.route) {
        http_reply_text(request, 200, match.parameters[0] ? match.parameters[0] : "root");
    } else if (match.other_method) {
        char allow[64];
        http_match_allow(&match, allow, sizeof(allow));
        http_reply_header(request, "Allow", allow);
        http_reply_empty(request, 405);
    } else if (first && http_assets_reply(assets, http_request_target(request), request)) {
        return;
    } else {
        struct error error = {0};
        error_set(&error, ERROR_NOT_FOUND, "test.nothing", "nothing \"here\"");
        http_reply_problem(request, &error, "\"more\":1");
    }
}

static int setup(void **state)
{
    struct http_server_options options;
    http_server_options_init(&options);
    struct http_app app = {.headers = app_headers, .request = app_request};
    struct http_server *server = NULL;
    struct error error = {0};
    assets = http_assets_new(asset_table, 2);
    assert_int_equal(http_server_start(&options, &app, &server, &error), 0);
    *state = server;
    return 0;
}

static int teardown(void **state)
{
    pthread_mutex_lock(&stream_lock);
    stream = http_stream_free(stream);
    pthread_mutex_unlock(&stream_lock);
    http_server_free(*state);
    assets = http_assets_free(assets);
    return 0;
}

static int dial(void **state)
{
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(*state))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(descriptor, (void *)&address, sizeof(address)), 0);
    return descriptor;
}

static void say(int descriptor, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t wrote = send(descriptor, text, length, MSG_NOSIGNAL);
        if (wrote <= 0) {
            return; // the server may have heard enough
        }
        text += wrote;
        length -= (size_t)wrote;
    }
}

// Reads until the end, or until text has come, at most 3 s.
static void hear(int descriptor, char out[REPLY_SIZE], const char *text)
{
    size_t used = 0;
    out[0] = '\0';
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    while (used + 1 < REPLY_SIZE && !(text && strstr(out, text)) &&
           poll(&wait, 1, 3000) > 0) {
        ssize_t got = read(descriptor, out + used, REPLY_SIZE - 1 - used);
        if (got <= 0) {
            break;
        }
        used += (size_t)got;
        out[used] = '\0';
    }
}

static char heard[REPLY_SIZE];

static const char *ask(void **state, const char *line, const char *headers,
                       const char *body)
{
    char text[8192];
    int descriptor = dial(state);
    snprintf(text, sizeof(text),
             "%s HTTP/1.1\r\nHost: Tiny.Test:80\r\nConnection: close\r\n%s\r\n%s", line,
             headers, body);
    say(descriptor, text);
    hear(descriptor, heard, NULL);
    close(descriptor);
    return heard;
}

static void test_target_is_decoded_per_segment(void **state)
{
    const char *text = ask(state, "GET /echo/a%2Fb?name=x+y%26&z HTTP/1.1\r\nX: ", "", "");
    assert_non_null(strstr(text, " 200 "));
    assert_non_null(strstr(text, "2|a/b|x y&|tiny.test|"));
}

static void test_percent_tricks_are_refused(void **state)
{
    static const char *const targets[] = {
        "/echo/%00",   "/echo/a%00b", "/echo/../x",  "/echo/%2e%2E/x", "/echo/.",
        "/echo//x",    "/echo/%zz",   "/echo/%4",    "/echo/%ff%fe",   "/echo/%0d%0aX:1",
        "/echo?a=%00", "/echo?a=%9",  "/echo?%ff=1", "//echo",         "echo",
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        char line[128];
        snprintf(line, sizeof(line), "GET %s", targets[i]);
        const char *text = ask(state, line, "", "");
        if (!strstr(text, " 400 ")) {
            print_error("%s: %.60s\n", targets[i], text);
        }
        assert_non_null(strstr(text, " 400 "));
    }
}

static void test_body_is_bounded_on_the_headers(void **state)
{
    const char *text = ask(state, "POST /echo/x", "Content-Length: 5\r\n", "hello");
    assert_non_null(strstr(text, "|hello"));
    text = ask(state, "POST /echo/x", "Content-Length: 99999999999\r\n", "");
    assert_non_null(strstr(text, " 413 "));
    assert_non_null(strstr(text, "http.body_too_large"));
    text = ask(state, "POST /echo/x", "Content-Length: 12x\r\n", "");
    assert_non_null(strstr(text, " 400 "));
    char chunk[1200];
    memset(chunk, 'a', sizeof(chunk));
    memcpy(chunk, "44c\r\n", 5);
    memcpy(chunk + 5 + 0x44c, "\r\n0\r\n\r\n", 8);
    text = ask(state, "POST /echo/x", "Transfer-Encoding: chunked\r\n", chunk);
    assert_non_null(strstr(text, " 413 "));
}

static void test_deferred_request_is_answered_by_another_thread(void **state)
{
    const char *text = ask(state, "GET /later", "", "");
    assert_non_null(strstr(text, "later"));
    // The answer is here before the server has counted it as given.
    struct http_server_figures figures = {.deferred = 1};
    for (int i = 0; i < 10000 && figures.deferred != 0; i++) {
        if (i > 0) {
            instant_sleep_ms(1);
        }
        http_server_figures(*state, &figures);
    }
    assert_int_equal(figures.deferred, 0);
}

static void test_stop_waits_for_deferred(void **state)
{
    (void)state;
    struct http_assets *of_group = assets;
    void *own = NULL;
    setup(&own);
    int descriptor = dial(&own);
    say(descriptor, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    instant_sleep_ms(10);
    teardown(&own);
    hear(descriptor, heard, NULL);
    assert_non_null(strstr(heard, "later"));
    close(descriptor);
    assets = of_group;
}

static void test_client_gone_while_deferred(void **state)
{
    int descriptor = dial(state);
    say(descriptor, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    close(descriptor);
    instant_sleep_ms(60);
    assert_non_null(strstr(ask(state, "GET /", "", ""), "root"));
}

static void test_routes(void **state)
{
    assert_non_null(strstr(ask(state, "GET /cases/T%2F1", "", ""), "T/1"));
    assert_non_null(strstr(ask(state, "HEAD /cases/1", "", ""), " 200 "));
    const char *text = ask(state, "DELETE /cases/1", "", "");
    assert_non_null(strstr(text, " 405 "));
    assert_non_null(strstr(text, "Allow: GET, HEAD\r\n"));
    text = ask(state, "GET /none", "", "");
    assert_non_null(strstr(text, " 404 "));
    assert_non_null(strstr(text, "application/problem+json"));
    assert_non_null(strstr(text, "\"code\":\"test.nothing\""));
    assert_non_null(strstr(text, "\"more\":1}"));
    assert_non_null(strstr(text, "X-Content-Type-Options: nosniff"));
}

static void test_assets_negotiate_and_cache(void **state)
{
    const char *text =
        ask(state, "GET /assets/a-1.js", "Accept-Encoding: gzip, br\r\n", "");
    assert_non_null(strstr(text, "Content-Encoding: br"));
    assert_non_null(strstr(text, "immutable"));
    assert_non_null(strstr(text, "\r\n\r\nbrotli"));
    text = ask(state, "GET /assets/a-1.js", "Accept-Encoding: gzip;q=0, br;q=0.0\r\n", "");
    assert_null(strstr(text, "Content-Encoding"));
    assert_non_null(strstr(text, "\r\n\r\nwhole"));
    text = ask(state, "GET /index.html", "", "");
    assert_non_null(strstr(text, "no-cache"));
    assert_non_null(strstr(text, "frame-ancestors 'none'"));
    char etag[64] = "";
    const char *mark = strstr(text, "ETag: ");
    assert_non_null(mark);
    assert_int_equal(sscanf(mark, "ETag: %63s", etag), 1);
    char header[128];
    snprintf(header, sizeof(header), "If-None-Match: \"x\", W/%s\r\n", etag);
    assert_non_null(strstr(ask(state, "GET /index.html", header, ""), " 304 "));
}

static void test_event_stream_sends_and_ends(void **state)
{
    struct error error = {0};
    int descriptor = dial(state);
    say(descriptor, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    hear(descriptor, heard, "retry: 1000");
    assert_non_null(strstr(heard, "text/event-stream"));
    pthread_mutex_lock(&stream_lock);
    assert_int_equal(http_stream_send(stream, "case", "1-2", "{}", &error), 0);
    pthread_mutex_unlock(&stream_lock);
    hear(descriptor, heard, "data: {}");
    assert_non_null(strstr(heard, "id: 1-2\nevent: case\ndata: {}\n\n"));
    pthread_mutex_lock(&stream_lock);
    http_stream_close(stream);
    assert_int_equal(http_stream_send(stream, "case", NULL, "{}", &error), ERROR_NOT_FOUND);
    pthread_mutex_unlock(&stream_lock);
    hear(descriptor, heard, "0\r\n\r\n");
    assert_non_null(strstr(heard, "0\r\n\r\n"));
    close(descriptor);
}

static void test_reader_that_sleeps_loses_its_stream(void **state)
{
    struct error error = {0};
    int descriptor = dial(state);
    say(descriptor, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    hear(descriptor, heard, "retry: 1000");
    int code = 0;
    char data[1001];
    memset(data, 'x', sizeof(data));
    data[1000] = '\0';
    pthread_mutex_lock(&stream_lock);
    for (int i = 0; i < 100000 && !code; i++) {
        code = http_stream_send(stream, NULL, NULL, data, &error);
    }
    pthread_mutex_unlock(&stream_lock);
    assert_int_equal(code, ERROR_LIMIT);
    close(descriptor);
}

static const char *client_of(const char *networks, const char *list, char *peer,
                             size_t size)
{
    struct http_network *parsed = NULL;
    size_t count = 0;
    struct error error = {0};
    snprintf(peer, size, "127.0.0.1");
    assert_int_equal(http_networks_parse(networks, &parsed, &count, &error), 0);
    http_forwarded_client(parsed, count, list, peer, size);
    free(parsed);
    return peer;
}

static void test_client_behind_proxies(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"127.0.0.1", "192.0.2.1", "192.0.2.1"},
        {"127.0.0.1", "192.0.2.9, 192.0.2.1", "192.0.2.1"},
        {"127.0.0.1,10.0.0.0/8", "192.0.2.1, 10.1.2.3", "192.0.2.1"},
        {"127.0.0.1,10.0.0.0/8", "10.1.1.1, 10.1.2.3", "10.1.1.1"}, // all of them ours
        {"127.0.0.1", "unknown, 192.0.2.1", "192.0.2.1"},
        {"127.0.0.1", "192.0.2.1, unknown", "127.0.0.1"},
        {"127.0.0.1,10.0.0.0/8", "x, 10.1.2.3", "10.1.2.3"},
        {"127.0.0.1", "[2001:DB8::1]:443", "2001:db8::1"},
        {"127.0.0.1", "192.0.2.1:5000", "192.0.2.1"},
        {"127.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"},
        {"127.0.0.1", "", "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char peer[64];
        assert_string_equal(client_of(cases[i][0], cases[i][1], peer, sizeof(peer)),
                            cases[i][2]);
    }
}

static void test_networks_have_their_bits(void **state)
{
    (void)state;
    static const struct {
        const char *networks, *address;
        bool inside;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"192.0.2.128/25", "192.0.2.100", false},
        {"0.0.0.0/0", "203.0.113.1", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe80::1", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"::ffff:192.0.2.0/120", "192.0.2.7", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_network *networks = NULL;
        size_t count = 0;
        uint8_t address[16];
        struct error error = {0};
        assert_int_equal(http_networks_parse(cases[i].networks, &networks, &count, &error),
                         0);
        assert_true(
            http_address_parse(cases[i].address, strlen(cases[i].address), address));
        assert_int_equal(http_networks_have(networks, count, address), cases[i].inside);
        free(networks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_behind_proxies),
        cmocka_unit_test(test_networks_have_their_bits),
        cmocka_unit_test(test_target_is_decoded_per_segment),
        cmocka_unit_test(test_percent_tricks_are_refused),
        cmocka_unit_test(test_body_is_bounded_on_the_headers),
        cmocka_unit_test(test_deferred_request_is_answered_by_another_thread),
        cmocka_unit_test(test_client_gone_while_deferred),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_assets_negotiate_and_cache),
        cmocka_unit_test(test_event_stream_sends_and_ends),
        cmocka_unit_test(test_reader_that_sleeps_loses_its_stream),
        cmocka_unit_test(test_stop_waits_for_deferred),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
