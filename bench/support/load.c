// SPDX-License-Identifier: MPL-2.0
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gridcase/core/instant.h>

enum {
    REQUEST_ROOM = 4096,
    ANSWER_ROOM = 64 * 1024, // at first
    ANSWER_MOST = 64 * 1024 * 1024,
    EVENTS = 256,
    DRAIN_US = 10000000
};

struct client {
    int fd;
    unsigned number;
    int64_t next_us; // when the next request is sent, while it pauses
    bool pauses;
    char request[REQUEST_ROOM];
    size_t request_length, sent;
    char *answer;
    size_t got, room;
    int64_t began_us;
    bool busy;
};

struct load {
    const struct load_options *options;
    struct load_result *result;
    struct client *clients;
    uint32_t *latencies_us;
    size_t latency_count, latency_room;
    int poll;
    unsigned busy;
    bool over; // nothing new is sent
};

static int connect_to(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void drop(struct load *load, struct client *client)
{
    load->result->broken++;
    close(client->fd);
    client->fd = -1;
    if (client->busy)
        load->busy--;
    client->busy = false;
}

static void push(struct load *load, struct client *client)
{
    while (client->sent < client->request_length) {
        ssize_t sent = send(client->fd, client->request + client->sent,
                            client->request_length - client->sent, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            return; // level-triggered: told again
        if (sent <= 0) {
            drop(load, client);
            return;
        }
        client->sent += (size_t)sent;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(load->poll, EPOLL_CTL_MOD, client->fd, &event);
}

static void begin(struct load *load, struct client *client)
{
    client->request_length = load->options->request(load->options->context, client->number,
                                                    client->request, REQUEST_ROOM);
    client->pauses = false;
    client->sent = client->got = 0;
    client->began_us = instant_monotonic_us();
    if (!client->busy)
        load->busy++;
    client->busy = true;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = client};
    epoll_ctl(load->poll, EPOLL_CTL_MOD, client->fd, &event);
    push(load, client);
}

// Length of a whole answer in the buffer, 0 when more must come. *ret_status is its status.
static size_t whole_answer(const char *text, size_t length, int *ret_status)
{
    const char *end = memmem(text, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - text) + 4, body = 0;
    for (const char *line = text; line < end; line++) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (strncasecmp(line, "content-length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
        if (!next)
            break;
        line = next;
    }
    if (sscanf(text, "HTTP/1.1 %3d", ret_status) != 1)
        *ret_status = 0;
    return length >= head + body ? head + body : 0;
}

static void count(struct load *load, const struct client *client, int status)
{
    struct load_result *result = load->result;
    if (status < 200 || status > 299) {
        if (result->bad++ == 0) {
            result->first_bad_status = status;
            const char *body = memmem(client->answer, client->got, "\r\n\r\n", 4);
            snprintf(result->first_bad, sizeof result->first_bad, "%.*s", 500,
                     body ? body + 4 : "");
        }
        return;
    }
    result->good++;
    if (load->latency_count == load->latency_room) {
        size_t room = load->latency_room ? load->latency_room * 2 : 65536;
        uint32_t *more = realloc(load->latencies_us, room * sizeof *more);
        if (!more)
            return;
        load->latencies_us = more;
        load->latency_room = room;
    }
    load->latencies_us[load->latency_count++] =
        (uint32_t)(instant_monotonic_us() - client->began_us);
}

// Room for more of an answer; false when it is too large.
static bool make_room(struct client *client)
{
    if (client->got + 1 < client->room)
        return true;
    size_t room = client->room ? 4 * client->room : ANSWER_ROOM;
    char *more = room <= ANSWER_MOST ? realloc(client->answer, room) : NULL;
    if (!more)
        return false;
    client->answer = more;
    client->room = room;
    return true;
}

static void pull(struct load *load, struct client *client, bool more)
{
    if (!make_room(client)) {
        drop(load, client);
        return;
    }
    ssize_t got = recv(client->fd, client->answer + client->got,
                       client->room - 1 - client->got, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        drop(load, client);
        return;
    }
    client->got += (size_t)got;
    client->answer[client->got] = '\0';
    int status = 0;
    if (whole_answer(client->answer, client->got, &status) == 0)
        return;
    count(load, client, status);
    if (load->options->answered)
        load->options->answered(load->options->context, client->number, status,
                                client->answer);
    if (more && load->options->pause_us == 0) {
        begin(load, client);
        return;
    }
    client->busy = false;
    load->busy--;
    client->pauses = more;
    client->next_us = instant_monotonic_us() + load->options->pause_us;
    struct epoll_event event = {.events = 0, .data.ptr = client};
    epoll_ctl(load->poll, EPOLL_CTL_MOD, client->fd, &event);
}

// Those whose pause is over go on. Returns how long to wait for the next, in milliseconds.
static int wake_up(struct load *load)
{
    int64_t now_us = instant_monotonic_us(), first_us = now_us + 100000;
    for (unsigned i = 0; load->options->pause_us > 0 && i < load->options->clients; i++) {
        struct client *client = &load->clients[i];
        if (client->fd < 0 || !client->pauses)
            continue;
        if (load->over)
            client->pauses = false;
        else if (client->next_us <= now_us)
            begin(load, client);
        else if (client->next_us < first_us)
            first_us = client->next_us;
    }
    return (int)((first_us - now_us + 999) / 1000);
}

static bool is_going_on(const struct load *load)
{
    if (load->busy > 0)
        return true;
    for (unsigned i = 0; i < load->options->clients; i++)
        if (load->clients[i].fd >= 0 && load->clients[i].pauses)
            return true;
    return false;
}

static int open_clients(struct load *load)
{
    int opened = 0;
    for (unsigned i = 0; i < load->options->clients; i++) {
        struct client *client = &load->clients[i];
        client->number = i;
        client->fd = connect_to(load->options->port);
        if (client->fd < 0) {
            load->result->broken++;
            continue;
        }
        fcntl(client->fd, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = 0, .data.ptr = client};
        epoll_ctl(load->poll, EPOLL_CTL_ADD, client->fd, &event);
        opened++;
    }
    return opened;
}

// Where the load ends: a second later when the caller has not seen enough.
static int64_t longer(const struct load *load, int64_t start, int64_t end, int64_t now)
{
    const struct load_options *options = load->options;
    if (now < end || !options->enough || load->over ||
        now >= start + (int64_t)(options->most_seconds * 1e6))
        return end;
    return options->enough(options->context) ? end : now + 1000000;
}

static void loop(struct load *load)
{
    struct epoll_event events[EVENTS];
    int64_t start = instant_monotonic_us();
    int64_t end = start + (int64_t)(load->options->seconds * 1e6);
    for (unsigned i = 0; i < load->options->clients; i++)
        if (load->clients[i].fd >= 0)
            begin(load, &load->clients[i]);
    for (int64_t now = start; is_going_on(load) && now < end + DRAIN_US;
         now = instant_monotonic_us()) {
        end = longer(load, start, end, now);
        load->over = now >= end;
        int wait_ms = wake_up(load);
        int some = epoll_wait(load->poll, events, EVENTS, wait_ms);
        for (int i = 0; i < some; i++) {
            struct client *client = events[i].data.ptr;
            if (client->fd < 0)
                continue;
            if (events[i].events & EPOLLOUT)
                push(load, client);
            else
                pull(load, client, !load->over);
        }
    }
    load->result->broken += load->busy; // no answer within the drain
    load->result->seconds = (double)(instant_monotonic_us() - start) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int load_drive(const struct load_options *options, struct load_result *ret_result)
{
    *ret_result = (struct load_result){0};
    struct load load = {.options = options, .result = ret_result};
    load.clients = calloc(options->clients, sizeof *load.clients);
    load.poll = epoll_create1(EPOLL_CLOEXEC);
    if (!load.clients || load.poll < 0)
        return -1;
    int opened = open_clients(&load);
    if (opened > 0)
        loop(&load);
    for (unsigned i = 0; i < options->clients; i++) {
        if (load.clients[i].fd > 0)
            close(load.clients[i].fd);
        free(load.clients[i].answer);
    }
    if (load.latency_count > 0) {
        qsort(load.latencies_us, load.latency_count, sizeof *load.latencies_us, by_value);
        ret_result->p50_ms = load.latencies_us[load.latency_count / 2] / 1e3;
        ret_result->p99_ms = load.latencies_us[load.latency_count * 99 / 100] / 1e3;
        ret_result->worst_ms = load.latencies_us[load.latency_count - 1] / 1e3;
    }
    free(load.latencies_us);
    free(load.clients);
    close(load.poll);
    return opened > 0 ? 0 : -1;
}

int load_once(uint16_t port, const char *request, size_t length, char *out, size_t size)
{
    int fd = connect_to(port), status = 0;
    if (fd < 0)
        return 0;
    struct timeval timeout = {.tv_sec = 30};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    size_t got = 0;
    if (send(fd, request, length, MSG_NOSIGNAL) == (ssize_t)length) {
        while (got + 1 < size) {
            ssize_t more = recv(fd, out + got, size - 1 - got, 0);
            if (more <= 0)
                break;
            got += (size_t)more;
            if (whole_answer(out, got, &status) > 0)
                break;
        }
    }
    out[got] = '\0';
    close(fd);
    return status;
}
