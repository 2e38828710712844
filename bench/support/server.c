// SPDX-License-Identifier: MPL-2.0
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "load.h"

static int is_listening(uint16_t port)
{
    char answer[512], request[128];
    int length = snprintf(request, sizeof request,
                          "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", port);
    return load_once(port, request, (size_t)length, answer, sizeof answer) != 0;
}

void bench_server_start(const char *build, const char *folder, const char *city,
                        uint16_t port, struct bench_server *ret_server)
{
    char program[1024], port_text[16], health[32];
    struct bench_server server = {
        .port = port, .health_port = (uint16_t)(port + 1), .folder = folder, .city = city};
    snprintf(program, sizeof program, "%s/gridcase", build);
    snprintf(port_text, sizeof port_text, "%d", port);
    snprintf(health, sizeof health, "127.0.0.1:%d", server.health_port);
    const char *const arguments[] = {program,   "serve",    "--data", folder, "--port",
                                     port_text, "--health", health,   NULL};
    server.start_us = instant_monotonic_us();
    server.process = fork();
    if (server.process == 0) {
        execv(program, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    for (int i = 0; i < 30000; i++) {
        if (is_listening(port)) {
            *ret_server = server;
            return;
        }
        instant_sleep_ms(2);
    }
    fprintf(stderr, "bench: the server does not answer\n");
    exit(1);
}

void bench_server_stop(struct bench_server *server)
{
    int status;
    kill(server->process, SIGTERM);
    waitpid(server->process, &status, 0);
}

static void find_password(const struct bench_server *server, const char *login,
                          char password[128])
{
    char path[1024], format[64] = "";
    struct buffer text BUFFER_CLEANUP;
    struct error error = {0};
    buffer_init(&text, 65536);
    snprintf(path, sizeof path, "%s/cities/%s/demo-logins.txt", server->folder,
             server->city);
    if (file_read(path, &text, &error) != 0) {
        fprintf(stderr, "bench: %s\n", error.message);
        exit(1);
    }
    for (char *line = text.data; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (sscanf(line, "%63s %127s", format, password) == 2 && strcmp(format, login) == 0)
            return;
    }
    fprintf(stderr, "bench: %s has no login %s\n", path, login);
    exit(1);
}

void bench_sign_in(const struct bench_server *server, const char *login, char *cookie,
                   size_t size)
{
    char request[1024], body[256], answer[8192], password[128] = "";
    find_password(server, login, password);
    int length = snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}",
                          login, password);
    int total = snprintf(request, sizeof request,
                         "POST /%s/api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         "Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         server->city, server->port, server->port, length, body);
    int status = load_once(server->port, request, (size_t)total, answer, sizeof answer);
    const char *set = strcasestr(answer, "\r\nset-cookie: ");
    if (status != 200 || !set) {
        fprintf(stderr, "bench: sign-in as '%s' failed: %d\n", login, status);
        exit(1);
    }
    set += strlen("\r\nset-cookie: ");
    snprintf(cookie, size, "%.*s", (int)strcspn(set, ";\r"), set);
}

size_t bench_get(const struct bench_server *server, const char *path, const char *cookie,
                 char *out, size_t room)
{
    int length = snprintf(out, room,
                          "GET /%s/api/v1%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                          "%s%s%s\r\n",
                          server->city, path, server->port, cookie ? "Cookie: " : "",
                          cookie ? cookie : "", cookie ? "\r\n" : "");
    return length > 0 && (size_t)length < room ? (size_t)length : 0;
}

double bench_metric(const struct bench_server *server, const char *name)
{
    static char answer[256 * 1024];
    char request[128];
    int length = snprintf(request, sizeof request,
                          "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                          server->health_port);
    if (load_once(server->health_port, request, (size_t)length, answer, sizeof answer) !=
        200)
        return -1;
    for (char *line = strstr(answer, "\r\n\r\n"); line; line = strchr(line + 1, '\n')) {
        const char *at = line + 1;
        size_t size = strlen(name);
        if (strncmp(at, name, size) == 0 && (at[size] == ' ' || at[size] == '{')) {
            const char *value = strchr(at, ' ');
            double number;
            if (text_to_double(value + 1, strcspn(value + 1, "\r\n"), &number, NULL) == 0)
                return number;
        }
    }
    return -1;
}

double bench_memory_mb(const struct bench_server *server)
{
    char path[64];
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, 16384);
    snprintf(path, sizeof path, "/proc/%d/status", (int)server->process);
    if (file_read(path, &text, NULL) != 0)
        return -1;
    const char *at = strstr(text.data, "VmRSS:");
    long long kilobytes = -1;
    return at && sscanf(at, "VmRSS: %lld", &kilobytes) == 1 ? (double)kilobytes / 1024 : -1;
}

double bench_process_s(pid_t process)
{
    char path[64];
    struct buffer text BUFFER_CLEANUP;
    long long user = 0, system = 0;
    buffer_init(&text, 16384);
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    if (file_read(path, &text, NULL) != 0)
        return -1;
    const char *at = strrchr(text.data, ')');
    if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld",
                      &user, &system) != 2)
        return -1;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double bench_processor_s(const struct bench_server *server)
{
    return bench_process_s(server->process);
}

void bench_server_settle(const struct bench_server *server, int most_s)
{
    char request[256], answer[4096];
    int64_t start_us = instant_monotonic_us(),
            end_us = start_us + most_s * INT64_C(1000000);
    size_t length = bench_get(server, "/city", NULL, request, sizeof request);
    while (load_once(server->port, request, length, answer, sizeof answer) != 200 &&
           instant_monotonic_us() < end_us)
        instant_sleep_ms(200); // an upgrade, with a copy of the older data
    while (bench_metric(server, "gridcase_search_complete") < 1) {
        if (instant_monotonic_us() > end_us) {
            printf("  the search index is still being made beside this\n");
            return;
        }
        instant_sleep_ms(500);
    }
    double took_s = (double)(instant_monotonic_us() - start_us) / 1e6;
    if (took_s > 10)
        printf("  (waited %.0f s for the store's upgrade and its search index)\n", took_s);
}
