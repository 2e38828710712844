// SPDX-License-Identifier: MPL-2.0
// Words between servers: LISTEN and NOTIFY on a connection of their own.
#include "db_postgres.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

enum { TOKEN_SIZE = 17, FIRST_MS = 3000 };

struct pg_wake {
    struct pg_link link;
    char address[DB_ADDRESS_SIZE];
    int64_t retry_us;       // no attempt to connect before
    char token[TOKEN_SIZE]; // begins our own words: they are not for us
};

static int listen(struct pg_wake *wake, struct error *error)
{
    return pg_link_script(&wake->link, "LISTEN gridcase", error);
}

// Tells what has come; *own is set when a word of ours was among it.
static void take(struct pg_wake *wake, const struct db_hearing *hearing, bool *own)
{
    PGnotify *word;
    while ((word = PQnotifies(wake->link.handle)) != NULL) {
        bool ours = text_starts(word->extra, wake->token);
        const char *blank = strchr(word->extra, ' ');
        if (!ours && blank && hearing)
            hearing->hear(hearing->context, blank + 1);
        *own |= ours;
        PQfreemem(word);
    }
}

// 1: there is something to read at the server's or the caller's end.
static int wait_for(struct pg_wake *wake, int fd, int ms)
{
    struct pollfd ends[] = {{.fd = PQsocket(wake->link.handle), .events = POLLIN},
                            {.fd = fd, .events = POLLIN}};
    return poll(ends, 2, ms);
}

// Said on a connection of its own: while a pooler has lent the listening one a process of
// the server, that process's words would come through.
static int say_aside(const struct pg_wake *wake, struct error *error)
{
    struct pg_link aside = {0};
    const char *values[] = {wake->token};
    int64_t ignored = 0;
    int code = pg_link_open(&aside, wake->address, error);
    if (code == 0)
        code = pg_link_ask(&aside, QUERY_POSTGRES_WAKE, values, 1, &ignored, error);
    pg_link_close(&aside);
    return code;
}

static int no_wake(struct error *error)
{
    return error_set(error, ERROR_INPUT, "store.no_wake",
                     "a NOTIFY does not come back: --store-listen needs the address of the "
                     "database server itself, not of a pooler");
}

static int hear_oneself(struct pg_wake *wake, struct error *error)
{
    int64_t end_us = instant_monotonic_us() + FIRST_MS * 1000LL;
    bool own = false;
    int code = say_aside(wake, error);
    while (code == 0 && !own && instant_monotonic_us() < end_us) {
        (void)wait_for(wake, -1, 100);
        if (PQconsumeInput(wake->link.handle) == 0)
            return pg_error(&wake->link, NULL, error);
        take(wake, NULL, &own);
    }
    return code == 0 && !own ? no_wake(error) : code;
}

int pg_wake_open(const char *address, bool must, void **ret_wake, struct error *error)
{
    struct pg_wake *wake = memory_new(sizeof *wake);
    uint64_t random = 0;
    random_bytes(&random, sizeof random);
    snprintf(wake->token, sizeof wake->token, "%016llx", (unsigned long long)random);
    snprintf(wake->address, sizeof wake->address, "%s", address);
    int code = pg_link_open(&wake->link, wake->address, error);
    if (code == 0)
        code = listen(wake, error);
    if (code == 0) // nothing comes through a pooler: not worth the wait
        code = wake->link.direct || must ? hear_oneself(wake, error) : no_wake(error);
    if (code != 0) {
        pg_wake_close(wake);
        return code;
    }
    *ret_wake = wake;
    return 0;
}

void pg_wake_close(void *given)
{
    struct pg_wake *wake = given;
    pg_link_close(&wake->link);
    free(wake);
}

int pg_wake_send(void *given, const char *words, struct error *error)
{
    struct pg_wake *wake = given;
    char text[TOKEN_SIZE + DB_WAKE_WORDS + 2];
    int64_t ignored = 0;
    if (text_format(text, sizeof text, "%s %s", wake->token, words) != 0)
        return error_set(error, ERROR_BUG, "db.misuse", "too many words");
    if (!pg_link_is_up(&wake->link)) // the next look connects
        return error_set(error, ERROR_BUSY, "store.unavailable", "nobody hears");
    const char *values[] = {text};
    return pg_link_ask(&wake->link, QUERY_POSTGRES_WAKE, values, 1, &ignored, error);
}

// Nobody waits for this connection: an attempt now and then will do.
static int again(struct pg_wake *wake, const struct db_hearing *hearing,
                 struct error *error)
{
    int code = ERROR_BUSY;
    pg_link_close(&wake->link);
    if (instant_monotonic_us() >= wake->retry_us) {
        wake->retry_us = instant_monotonic_us() + PG_BACKOFF_MOST * 1000LL / 2;
        code = pg_link_open(&wake->link, wake->address, error);
        if (code == 0)
            code = listen(wake, error);
    }
    if (code != 0) {
        struct pollfd end = {.fd = hearing->fd, .events = POLLIN};
        (void)poll(&end, 1, hearing->ms);
    }
    return code;
}

int pg_wake_hear(void *given, const struct db_hearing *hearing, struct error *error)
{
    struct pg_wake *wake = given;
    bool own = false;
    if (!pg_link_is_up(&wake->link)) {
        int code = again(wake, hearing, error);
        if (code != 0)
            return code;
        hearing->hear(hearing->context, "*");
    }
    take(wake, hearing, &own); // what came with an answer
    if (wait_for(wake, hearing->fd, hearing->ms) > 0 &&
        PQconsumeInput(wake->link.handle) == 0)
        return pg_error(&wake->link, NULL, error);
    take(wake, hearing, &own);
    return 0;
}
