// SPDX-License-Identifier: MPL-2.0
// Tells the other servers of the store what was committed here, and hears what was there:
// at most one message in SPACE_MS, whatever the number of moves. A word only wakes. What
// it wakes reads the databases, and looks there by itself, too (changes.c, timers.c), so a
// word that is lost costs time and nothing else.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gridcase/core/log.h>
#include <gridcase/db/wake.h>

#include "api_internal.h"
#include "session_cache.h"

enum { SPACE_MS = 20, PASS_MS = 1000, WORD_MOST = 80 };

struct relay {
    struct api *api;
    struct db_wake *wake;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    int event; // an eventfd: something is to be told
    int64_t sent_us;
    bool failed; // told once
};

static const char letters[] = {'c', 's', 'm'}; // in the order of enum api_news

// ---- telling ----

struct message {
    struct relay *relay;
    struct buffer text;
};

static void send_message(struct message *message)
{
    struct relay *relay = message->relay;
    struct error error = {0};
    if (message->text.length == 0) {
        return;
    }
    if (db_wake_send(relay->wake, message->text.data, &error) == 0) {
        relay->failed = false;
    } else if (!relay->failed) {
        relay->failed = true;
        log_event(LOG_WARNING, "relay.failed", "code=%s text=\"%s\"", error.slug,
                  error.message);
    }
    buffer_clear(&message->text);
}

static void collect(void *context, struct api_city *city)
{
    struct message *message = context;
    unsigned news = atomic_exchange(&city->news, 0);
    for (size_t i = 0; i < sizeof(letters); i++) {
        if ((news & (1u << i)) == 0) {
            continue;
        }
        if (message->text.length > DB_WAKE_WORDS - WORD_MOST) {
            send_message(message);
        }
        buffer_format(&message->text, "%s%c:%s", message->text.length > 0 ? " " : "",
                      letters[i], city->slug);
    }
}

static void tell(struct relay *relay)
{
    struct message message = {.relay = relay};
    uint64_t count = 0;
    if (read(relay->event, &count, sizeof(count)) < 0 && errno != EAGAIN) {
        log_event(LOG_ERROR, "relay.event", "errno=%d", errno);
    }
    buffer_init(&message.text, BUFFER_CEILING_REPLY);
    api_cities_each(relay->api, collect, &message);
    send_message(&message);
    buffer_done(&message.text);
    relay->sent_us = instant_monotonic_us();
}

void relay_tell(struct api *api, struct api_city *city, enum api_news news)
{
    struct relay *relay = api->relay;
    const uint64_t one = 1;
    if (!relay || (atomic_fetch_or(&city->news, 1u << news) & (1u << news)) != 0) {
        return; // nobody to tell, or told together with what waits
    }
    if (write(relay->event, &one, sizeof(one)) < 0 && errno != EAGAIN) {
        log_event(LOG_ERROR, "relay.event", "errno=%d", errno);
    }
}

// ---- hearing ----

static void take_word(struct api *api, const char *word, size_t length)
{
    char slug[64];
    struct api_city *city = NULL;
    struct error error = {0};
    if (length < 3 || length - 2 >= sizeof(slug) || word[1] != ':') {
        return; // of a newer program
    }
    memcpy(slug, word + 2, length - 2);
    slug[length - 2] = '\0';
    if (api_city_named(api, slug, &city, &error)) {
        return;
    }
    if (word[0] == 'c') {
        atomic_store(&city->changed, true);
        changes_wake(api->changes, city, false);
    } else if (word[0] == 's') {
        session_cache_clear(city->sessions);
        changes_wake(api->changes, city, true);
    } else if (word[0] == 'm' && api_city_is_open(api, city)) {
        api_city_refresh(api, city);
    }
    api_city_unref(api, city);
}

static void look_anew(void *context, struct api_city *city)
{
    struct api *api = context;
    atomic_store(&city->changed, true);
    session_cache_clear(city->sessions);
    changes_wake(api->changes, city, true);
}

static void hear(void *context, const char *words)
{
    struct relay *relay = context;
    if (strcmp(words, "*") == 0) {
        api_cities_each(relay->api, look_anew, relay->api);
        return;
    }
    while (*words) {
        size_t length = strcspn(words, " ");
        take_word(relay->api, words, length);
        words += length + strspn(words + length, " ");
    }
}

// ---- life ----

static void *relay_run(void *context)
{
    struct relay *relay = context;
    bool pending = false;
    while (!atomic_load(&relay->stop)) {
        int64_t since_ms = (instant_monotonic_us() - relay->sent_us) / 1000;
        struct error error = {0};
        int wait_ms = pending ? (int)(SPACE_MS - since_ms) : PASS_MS;
        // While something waits for its time the event stands: only others are waited for.
        int code = db_wake_hear(relay->wake, pending ? -1 : relay->event,
                                wait_ms > 0 ? wait_ms : 0, hear, relay, &error);
        (void)code; // it is connected again, or tried
        pending = true;
        if (instant_monotonic_us() - relay->sent_us >= SPACE_MS * 1000) {
            tell(relay);
            pending = false;
        }
    }
    return NULL;
}

int relay_new(struct api *api, struct error *error)
{
    struct relay *relay = memory_new(sizeof(*relay));
    relay->api = api;
    relay->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int code = relay->event < 0 ? error_errno(error, "relay.event", "eventfd")
                                : db_wake_open(api->store, api->options.store_listen,
                                               &relay->wake, error);
    if (!code && relay->wake) {
        api->relay = relay;
        relay->started = pthread_create(&relay->thread, NULL, relay_run, relay) == 0;
        return relay->started
                   ? 0
                   : error_set(error, ERROR_IO, "relay.start", "no thread for the relay");
    }
    if (relay->event >= 0) {
        close(relay->event);
    }
    free(relay);
    return code;
}

void relay_stop(struct api *api)
{
    struct relay *relay = api->relay;
    const uint64_t one = 1;
    if (relay && relay->started) {
        atomic_store(&relay->stop, true);
        if (write(relay->event, &one, sizeof(one)) < 0) {
            log_event(LOG_WARNING, "relay.event", "errno=%d", errno); // within a pass
        }
        pthread_join(relay->thread, NULL);
        relay->started = false;
    }
}

void relay_free(struct api *api)
{
    struct relay *relay = api->relay;
    relay_stop(api);
    if (relay) {
        db_wake_close(relay->wake);
        close(relay->event);
        free(relay);
        api->relay = NULL;
    }
}
