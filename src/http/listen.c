// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen_internal.h"

enum { LISTEN_BACKLOG = 4096 };

uint64_t http_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) {
        return 0;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    return (uint64_t)limit.rlim_cur;
}

static int listen_unix(const char *path, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return error_set(error, ERROR_INPUT, "http.bad_address",
                         "%s: too long for a socket file", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return error_errno(error, "http.listen", path);
    }
    unlink(path);
    // The folder is private to the data's owner; the mode is set before anyone can listen.
    mode_t before = umask(0177);
    int failed = bind(descriptor, (struct sockaddr *)(void *)&address, sizeof(address));
    umask(before);
    if (failed || listen(descriptor, LISTEN_BACKLOG)) {
        int code = error_errno(error, "http.listen", path);
        close(descriptor);
        return code;
    }
    return descriptor;
}

static uint16_t port_of(int descriptor)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
        struct sockaddr_storage storage;
    } address = {0};
    socklen_t length = sizeof(address);
    if (getsockname(descriptor, &address.any, &length)) {
        return 0;
    }
    return address.any.sa_family == AF_INET6 ? ntohs(address.in6.sin6_port)
                                             : ntohs(address.in4.sin_port);
}

static int listen_tcp(const struct http_server_options *options, uint16_t *ret_port,
                      struct error *error)
{
    char port[8];
    snprintf(port, sizeof(port), "%u", (unsigned)options->port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(options->address, port, &hints, &found);
    if (failed) {
        return error_set(error, ERROR_INPUT, "http.bad_address", "%s: %s", options->address,
                         gai_strerror(failed));
    }
    int one = 1;
    int code = 0;
    int descriptor =
        socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0 ||
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
        bind(descriptor, found->ai_addr, found->ai_addrlen) ||
        listen(descriptor, LISTEN_BACKLOG)) {
        const char *why = strerror(errno);
        code = error_set(error, ERROR_IO, "http.listen", "listen on %s port %u: %s",
                         options->address, (unsigned)options->port, why);
        if (descriptor >= 0) {
            close(descriptor);
        }
    }
    freeaddrinfo(found);
    if (code) {
        return code;
    }
    *ret_port = port_of(descriptor);
    return descriptor;
}

int http_listen(const struct http_server_options *options, uint16_t *ret_port,
                struct error *error)
{
    *ret_port = 0;
    return options->unix_path ? listen_unix(options->unix_path, error)
                              : listen_tcp(options, ret_port, error);
}
