// SPDX-License-Identifier: MPL-2.0
// A load generator for one HTTP server on loopback: keep-alive clients, one request each on
// the way, one thread, bounded in time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_options {
    uint16_t port;
    unsigned clients;
    double seconds;
    // Asked once a second from then on; the load goes on until it says yes, at most
    // most_seconds. NULL: enough.
    bool (*enough)(void *context);
    double most_seconds;
    // Writes a whole request (head and body) to out; returns its length, at most room.
    // client counts from 0 to clients - 1.
    size_t (*request)(void *context, unsigned client, char *out, size_t room);
    // Told of each whole answer (head and body), before the client's next request. NULL.
    void (*answered)(void *context, unsigned client, int status, const char *answer);
    int64_t pause_us; // between an answer and the client's next request; 0: none
    void *context;
};

struct load_result {
    uint64_t good;   // answers 200 .. 299
    uint64_t bad;    // other answers
    uint64_t broken; // connections that died
    int first_bad_status;
    char first_bad[512]; // that answer's body, cut
    double seconds;
    double p50_ms, p99_ms, worst_ms; // of good answers
};

// 0, or -1 when not even one connection could be made.
int load_drive(const struct load_options *options, struct load_result *ret_result);

// One request on a connection of its own; returns the status (0: none) and copies head and
// body, cut at size.
int load_once(uint16_t port, const char *request, size_t length, char *out, size_t size);
