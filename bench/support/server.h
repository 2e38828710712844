// SPDX-License-Identifier: MPL-2.0
// The real server on loopback, for benches that measure it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_server {
    pid_t process;
    uint16_t port, health_port;
    const char *folder, *city;
    int64_t start_us; // just before its process was made
};

// Starts BUILD/gridcase serve on a data folder and returns when it listens. Exits with a
// message when it does not within a minute.
void bench_server_start(const char *build, const char *folder, const char *city,
                        uint16_t port, struct bench_server *ret_server);
void bench_server_stop(struct bench_server *server);
// Signs in with a login of the demo logins ("login<TAB>password"); cookie: "name=value".
void bench_sign_in(const struct bench_server *server, const char *login, char *cookie,
                   size_t size);
// A GET request ready to be sent; cookie may be NULL. Returns its length.
size_t bench_get(const struct bench_server *server, const char *path, const char *cookie,
                 char *out, size_t room);
// A counter of the metrics page; -1 when it is not there.
double bench_metric(const struct bench_server *server, const char *name);
// Resident memory of the server's process in MB.
double bench_memory_mb(const struct bench_server *server);
// Processor time that the server has used so far, in seconds.
double bench_processor_s(const struct bench_server *server);
double bench_process_s(pid_t process); // the same of any process; -1: it has ended
// Waits until the store is upgraded and its search index has all cases (the first server on
// new data makes it, in the background), `most_s` at the longest: then the bench goes on,
// and says what it measures beside.
void bench_server_settle(const struct bench_server *server, int most_s);
