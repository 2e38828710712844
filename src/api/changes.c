// SPDX-License-Identifier: MPL-2.0
// Change streams: one thread looks after every subscriber of every city. What it tells
// comes from the change rows of committed moves, filtered by what the person may see now.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/http/stream.h>

#include "api_internal.h"
#include "routes_internal.h"

enum {
    QUEUE_CEILING = 256 * 1024, // bytes that may wait for one subscriber
    PASS_MS = 1000,             // without any word, look again after this
    SESSION_MS = 5000,          // sessions are looked at anew after this
    CHANGES_MOST = 500,         // of one look
    ARENA_CEILING = 64 * 1024 * 1024,
};

struct subscriber {
    struct subscriber *next;
    struct api_city *city; // one reference
    struct http_stream *stream;
    struct account_session session;
    int64_t epoch;
    int64_t position;
    int64_t checked_ms; // monotonic, when the session was looked at
};

struct changes {
    struct api *api;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool started;
    bool awake;
    bool sessions; // look at all sessions again
    bool stop;
    struct subscriber *incoming; // under the lock
    struct subscriber *list;     // the thread's own
    atomic_size_t count;
};

struct word { // one event as it is sent
    const char *event;
    const char *id;
    const char *data;
};

// What one pass has found out about a city.
struct look {
    struct api_city *city;
    struct db *db;
    struct city_snapshot *snapshot;
    struct case_stream stream;
    bool failed;
    // Words for those who see everything, from this position on: made once.
    bool shared;
    int64_t shared_from;
    int64_t shared_to;
    struct word *words;
    size_t word_count;
};

static void subscriber_free(struct changes *changes, struct subscriber *subscriber)
{
    http_stream_free(subscriber->stream);
    atomic_fetch_sub(&subscriber->city->streams, 1);
    api_city_unref(changes->api, subscriber->city);
    atomic_fetch_sub(&changes->count, 1);
    free(subscriber);
}

// ---- one pass ----

static void look_done(struct look *look)
{
    look->db = db_reader_return(look->db);
    look->snapshot = city_snapshot_free(look->snapshot);
    *look = (struct look){0};
}

static void look_at(struct api *api, struct look *look, struct api_city *city)
{
    if (look->city == city) {
        return;
    }
    look_done(look);
    struct error error = {0};
    look->city = city;
    look->snapshot = api_city_snapshot(api, city);
    int code = look->snapshot
                   ? db_reader_borrow(api->store, city->slug, DB_CASES, &look->db, &error)
                   : ERROR_BUSY;
    if (!code) {
        code = case_stream(look->db, &look->stream, &error);
    }
    if (!code && look->stream.waiting) {
        api_city_number(api, city);
    }
    look->failed = code != 0;
    if (code) {
        log_event(LOG_WARNING, "changes.failed", "city=%s code=%s", city->slug, error.slug);
    }
}

static struct word make_word(struct arena *arena, int64_t epoch,
                             const struct case_change *change)
{
    BUFFER_CLEANUP struct buffer data;
    struct json_writer json;
    bool gone = change->sight == CASE_GONE;
    buffer_init(&data, BUFFER_CEILING_LINE);
    json_writer_init(&json, &data);
    json_begin_object(&json, NULL);
    json_put_text(&json, "number", change->number);
    if (!gone) {
        json_put_int(&json, "version", change->version);
        json_put_text(&json, "kind", process_kind_to_str((int)change->kind));
        json_put_text(&json, "stage", process_stage_to_str((int)change->stage));
        json_put_instant(&json, "at", change->at_ms);
    }
    json_end_object(&json);
    return (struct word){
        .event = gone ? "gone" : "case",
        .id =
            arena_format(arena, "%lld-%lld", (long long)epoch, (long long)change->position),
        .data = arena_copy(arena, data.data, data.length),
    };
}

// Reads the next changes for a subscriber; fills look->words. Moves *position on.
static int read_words(struct look *look, struct subscriber *subscriber, struct arena *arena,
                      struct error *error)
{
    struct case_change *list = NULL;
    int code = case_changes(look->db, look->snapshot, &subscriber->session.actor,
                            subscriber->position, CHANGES_MOST, arena, &list,
                            &look->word_count, &look->shared_to, error);
    if (code) {
        return code;
    }
    look->words = arena_array(arena, look->word_count + 1, sizeof(struct word));
    for (size_t i = 0; look->words && i < look->word_count; i++) {
        look->words[i] = make_word(arena, look->stream.epoch, &list[i]);
    }
    struct account_sight sight;
    account_sight(&subscriber->session.actor, RIGHT_CASE_READ, &sight);
    look->shared = sight.everything && look->words;
    look->shared_from = subscriber->position;
    return look->words ? 0 : error_set(error, ERROR_LIMIT, "changes.arena", "too much");
}

static bool can_share(const struct look *look, const struct subscriber *subscriber)
{
    struct account_sight sight;
    account_sight(&subscriber->session.actor, RIGHT_CASE_READ, &sight);
    return look->shared && sight.everything && look->shared_from == subscriber->position;
}

static int catch_up(struct look *look, struct subscriber *subscriber, struct arena *arena,
                    struct error *error)
{
    while (subscriber->position < look->stream.last) {
        int code = 0;
        if (!can_share(look, subscriber)) {
            code = read_words(look, subscriber, arena, error);
        }
        for (size_t i = 0; !code && i < look->word_count; i++) {
            const struct word *word = &look->words[i];
            code = http_stream_send(subscriber->stream, word->event, word->id, word->data,
                                    error);
        }
        if (code) {
            return code;
        }
        if (look->shared_to <= subscriber->position) {
            break;
        }
        subscriber->position = look->shared_to;
    }
    return 0;
}

// Negative when the subscriber is to go.
static int serve(struct changes *changes, struct look *look, struct subscriber *subscriber,
                 bool sessions, struct arena *arena)
{
    struct error error = {0};
    int64_t now_ms = instant_monotonic_us() / 1000;
    if (!http_stream_is_open(subscriber->stream)) {
        return ERROR_NOT_FOUND;
    }
    look_at(changes->api, look, subscriber->city);
    if (look->failed) {
        return 0; // another time
    }
    if (sessions || now_ms - subscriber->checked_ms > SESSION_MS) {
        int code = account_session_again(look->db, subscriber->session.session_id,
                                         instant_now_ms(), &subscriber->session, &error);
        if (code == ERROR_UNAUTHENTICATED ||
            (!code && !account_may(&subscriber->session.actor, RIGHT_CASE_READ, NULL))) {
            return ERROR_UNAUTHENTICATED;
        }
        subscriber->checked_ms = now_ms;
    }
    if (subscriber->epoch != look->stream.epoch) {
        return ERROR_CONFLICT; // comes back and is told to reset
    }
    int code = catch_up(look, subscriber, arena, &error);
    return code == ERROR_BUSY || code == ERROR_STORE ? 0 : code;
}

static void pass(struct changes *changes, bool sessions)
{
    struct look look = {0};
    struct arena *arena = arena_new(ARENA_CEILING);
    struct subscriber **at = &changes->list;
    while (*at) {
        struct subscriber *subscriber = *at;
        if (serve(changes, &look, subscriber, sessions, arena) < 0) {
            *at = subscriber->next;
            subscriber_free(changes, subscriber);
        } else {
            at = &subscriber->next;
        }
    }
    look_done(&look);
    arena_free(arena);
}

static void take_incoming(struct changes *changes)
{
    while (changes->incoming) {
        struct subscriber *subscriber = changes->incoming;
        changes->incoming = subscriber->next;
        // Kept beside others of the same city, so that a pass opens each city once.
        struct subscriber **at = &changes->list;
        while (*at && (*at)->city != subscriber->city) {
            at = &(*at)->next;
        }
        subscriber->next = *at;
        *at = subscriber;
    }
}

static void *changes_run(void *context)
{
    struct changes *changes = context;
    pthread_mutex_lock(&changes->lock);
    while (!changes->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += PASS_MS / 1000;
        while (!changes->awake && !changes->stop &&
               pthread_cond_timedwait(&changes->wake, &changes->lock, &until) == 0) {
        }
        bool sessions = changes->sessions;
        changes->awake = false;
        changes->sessions = false;
        take_incoming(changes);
        pthread_mutex_unlock(&changes->lock);
        pass(changes, sessions);
        pthread_mutex_lock(&changes->lock);
    }
    take_incoming(changes);
    pthread_mutex_unlock(&changes->lock);
    while (changes->list) {
        struct subscriber *subscriber = changes->list;
        changes->list = subscriber->next;
        subscriber_free(changes, subscriber);
    }
    return NULL;
}

// ---- life ----

int changes_new(struct api *api, struct changes **ret_changes, struct error *error)
{
    struct changes *changes = memory_new(sizeof(*changes));
    pthread_condattr_t attributes;
    changes->api = api;
    pthread_mutex_init(&changes->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changes->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&changes->thread, NULL, changes_run, changes)) {
        changes_free(changes);
        return error_set(error, ERROR_IO, "changes.start", "no thread for change streams");
    }
    changes->started = true;
    *ret_changes = changes;
    return 0;
}

void changes_stop(struct changes *changes)
{
    if (changes && changes->started) {
        pthread_mutex_lock(&changes->lock);
        changes->stop = true;
        pthread_cond_signal(&changes->wake);
        pthread_mutex_unlock(&changes->lock);
        pthread_join(changes->thread, NULL);
        changes->started = false;
    }
}

struct changes *changes_free(struct changes *changes)
{
    if (changes) {
        changes_stop(changes);
        pthread_cond_destroy(&changes->wake);
        pthread_mutex_destroy(&changes->lock);
        free(changes);
    }
    return NULL;
}

static void wake(struct changes *changes, bool sessions)
{
    pthread_mutex_lock(&changes->lock);
    changes->sessions |= sessions;
    if (!changes->awake) {
        changes->awake = true;
        pthread_cond_signal(&changes->wake);
    }
    pthread_mutex_unlock(&changes->lock);
}

void changes_notify(struct changes *changes, struct api_city *city)
{
    changes_wake(changes, city, false);
    relay_tell(changes->api, city, API_NEWS_CASES);
}

void changes_sessions(struct changes *changes, struct api_city *city)
{
    changes_wake(changes, city, true);
    relay_tell(changes->api, city, API_NEWS_SESSIONS);
}

void changes_wake(struct changes *changes, struct api_city *city, bool sessions)
{
    if (atomic_load(&city->streams) > 0) {
        wake(changes, sessions);
    }
}

size_t changes_count(struct changes *changes)
{
    return atomic_load(&changes->count);
}

// ---- the route ----

// "<epoch>-<position>"; false when it is none of ours.
static bool parse_id(const char *text, int64_t *ret_epoch, int64_t *ret_position)
{
    const char *dash = text[0] ? strchr(text + 1, '-') : NULL;
    struct error ignored = {0};
    return dash && text_to_int(text, (size_t)(dash - text), ret_epoch, &ignored) == 0 &&
           text_to_int(dash + 1, strlen(dash + 1), ret_position, &ignored) == 0;
}

static int subscribe(struct api_call *call, const struct case_stream *stream,
                     int64_t position, struct http_stream *http, struct error *error)
{
    struct changes *changes = call->api->changes;
    struct subscriber *subscriber = memory_new(sizeof(*subscriber));
    subscriber->city = api_city_ref(call->api, call->city);
    subscriber->stream = http;
    subscriber->session = call->session;
    subscriber->epoch = stream->epoch;
    subscriber->position = position;
    subscriber->checked_ms = instant_monotonic_us() / 1000;
    atomic_fetch_add(&subscriber->city->streams, 1);
    atomic_fetch_add(&changes->count, 1);
    pthread_mutex_lock(&changes->lock);
    bool stopped = changes->stop;
    if (!stopped) {
        subscriber->next = changes->incoming;
        changes->incoming = subscriber;
        changes->awake = true;
        pthread_cond_signal(&changes->wake);
    }
    pthread_mutex_unlock(&changes->lock);
    if (stopped) {
        subscriber_free(changes, subscriber);
        return error_set(error, ERROR_BUSY, "server.stopping", "the server stops");
    }
    return 0;
}

int changes_open(struct api_call *call, struct db *db, struct error *error)
{
    struct case_stream stream;
    struct http_stream *http = NULL;
    const char *last = http_request_header(call->request, "Last-Event-ID");
    const char *since = last ? last : http_request_query(call->request, "since");
    int64_t epoch = 0;
    int64_t position = 0;
    int code = case_stream(db, &stream, error);
    if (!code) {
        code = http_stream_open(call->request, QUEUE_CEILING, &http, error);
    }
    if (code) {
        return code;
    }
    bool reset = since && (!parse_id(since, &epoch, &position) || epoch != stream.epoch ||
                           position < stream.first - 1 || position > stream.last);
    if (!since || reset) {
        position = stream.last;
    }
    if (reset) {
        char id[48];
        struct error ignored = {0};
        snprintf(id, sizeof(id), "%lld-%lld", (long long)stream.epoch,
                 (long long)stream.last);
        if (http_stream_send(http, "reset", id, "{}", &ignored)) {
            position = stream.last; // gone already: the next pass notices
        }
    }
    return subscribe(call, &stream, position, http, error);
}
