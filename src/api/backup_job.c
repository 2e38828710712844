// SPDX-License-Identifier: MPL-2.0
// Backups that the server makes: one at a time, in a thread of its own, when a command asks
// or when the schedule says so.
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gridcase/backup/backup.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

enum {
    NAP_MS = 250,
    FIRST_MS = 3000,           // after the start, when there is no backup yet
    RETRY_MS = 15 * 60 * 1000, // after a failure
    NICE = 10,
    LOWEST_BEST_EFFORT = (2 << 13) | 7, // of ioprio_set
};

struct order {
    char target[BACKUP_PATH_SIZE];
    int64_t bytes_per_s;
    unsigned keep;
};

struct backup_keeper {
    struct api *api;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    pthread_mutex_t lock; // guards what follows
    bool asked, running;
    int64_t serial, ended; // of the order that was taken, and of the last that ended
    struct order order;
    struct backup_progress progress;
    struct backup_result result;
    struct error error;
    int64_t next_us; // the schedule is not looked at before
};

static void tell(void *context, const struct backup_progress *progress)
{
    struct backup_keeper *keeper = context;
    pthread_mutex_lock(&keeper->lock);
    keeper->progress = *progress;
    pthread_mutex_unlock(&keeper->lock);
}

static void run(struct backup_keeper *keeper, const struct order *order)
{
    struct error error = {0};
    struct backup_result result = {0};
    struct backup_options options = {.target = order->target,
                                     .bytes_per_s = order->bytes_per_s,
                                     .keep = order->keep,
                                     .stop = &keeper->stop,
                                     .tell = tell,
                                     .context = keeper};
    int code = backup_run(keeper->api->store, &options, &result, &error);
    if (code) {
        log_event(LOG_ERROR, "backup.failed", "code=%s text=\"%s\"", error.slug,
                  error.message);
    } else {
        log_event(
            result.problems || result.left_out ? LOG_WARNING : LOG_INFO, "backup.made",
            "name=%s cities=%u left_out=%u mb=%lld photos=%lld new=%lld problems=%lld "
            "ms=%lld",
            result.name, result.cities, result.left_out,
            (long long)(result.bytes / 1000000), (long long)result.photos,
            (long long)result.photos_copied, (long long)result.problems,
            (long long)result.took_ms);
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->running = false;
    keeper->ended = keeper->serial;
    keeper->result = result;
    keeper->error = code ? error : (struct error){0};
    keeper->next_us = instant_monotonic_us() + (code ? (int64_t)RETRY_MS * 1000 : 0);
    pthread_mutex_unlock(&keeper->lock);
}

// Is it time? Only looked at now and then; reads one row.
static bool is_due(struct backup_keeper *keeper, struct order *order)
{
    const struct api_options *options = &keeper->api->options;
    struct backup_state state;
    struct error ignored = {0};
    if (!options->backup_to || !options->backup_to[0] || options->backup_every_ms <= 0 ||
        instant_monotonic_us() < keeper->next_us ||
        backup_state_read(keeper->api->store, &state, &ignored) ||
        text_format(order->target, sizeof(order->target), "%s", options->backup_to)) {
        return false;
    }
    order->bytes_per_s = options->backup_bytes_per_s;
    order->keep = options->backup_keep;
    int64_t now_ms = instant_now_ms();
    // A clock that was set back does not put the next one off for ever.
    return state.taken_ms == INSTANT_NONE || state.taken_ms > now_ms ||
           now_ms - state.taken_ms >= options->backup_every_ms;
}

static bool take_order(struct backup_keeper *keeper, struct order *order)
{
    bool due = is_due(keeper, order);
    pthread_mutex_lock(&keeper->lock);
    bool asked = keeper->asked;
    if (asked) {
        *order = keeper->order;
    }
    if (asked || due) {
        keeper->asked = false;
        keeper->running = true;
        keeper->serial += !asked; // a command's has one already
    }
    pthread_mutex_unlock(&keeper->lock);
    return asked || due;
}

static void *keeper_run(void *context)
{
    struct backup_keeper *keeper = context;
    pid_t thread = (pid_t)syscall(SYS_gettid);
    // People first, where the system has a say in it; that it has not is no error.
    (void)setpriority(PRIO_PROCESS, (id_t)thread, NICE);
    (void)syscall(SYS_ioprio_set, 1, thread, LOWEST_BEST_EFFORT);
    struct order *order = memory_new(sizeof(*order));
    while (!atomic_load(&keeper->stop)) {
        if (take_order(keeper, order)) {
            run(keeper, order);
        }
        instant_sleep_ms(NAP_MS);
    }
    free(order);
    return NULL;
}

int api_backups_start(struct api *api, struct error *error)
{
    struct backup_keeper *keeper = memory_new(sizeof(*keeper));
    keeper->api = api;
    keeper->next_us = instant_monotonic_us() + (int64_t)FIRST_MS * 1000;
    pthread_mutex_init(&keeper->lock, NULL);
    api->backups = keeper;
    if (pthread_create(&keeper->thread, NULL, keeper_run, keeper)) {
        return error_set(error, ERROR_IO, "backup.start", "no thread for backups");
    }
    keeper->started = true;
    return 0;
}

void api_backups_stop(struct api *api)
{
    struct backup_keeper *keeper = api->backups;
    if (keeper && keeper->started) {
        atomic_store(&keeper->stop, true);
        pthread_join(keeper->thread, NULL);
        keeper->started = false;
    }
}

void api_backups_free(struct api *api)
{
    if (api->backups) {
        pthread_mutex_destroy(&api->backups->lock);
        free(api->backups);
        api->backups = NULL;
    }
}

// ---- control routes ----

static int read_order(struct api_call *call, struct order *order, struct error *error)
{
    static const char *const names[] = {"target", "keep", "bytes_per_s", NULL};
    const struct json *body = NULL;
    const char *target = NULL;
    int64_t keep = 0;
    order->bytes_per_s = call->api->options.backup_bytes_per_s;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "target", JSON_REQUIRED, BACKUP_PATH_SIZE - 1, &target,
                             error);
    }
    if (!code) {
        code = json_get_int(body, "keep", JSON_OPTIONAL, 0, 10000, &keep, error);
    }
    if (!code) {
        code = json_get_int(body, "bytes_per_s", JSON_OPTIONAL, 0, INT64_MAX,
                            &order->bytes_per_s, error);
    }
    if (!code && (target[0] != '/' ||
                  text_format(order->target, sizeof(order->target), "%s", target))) {
        code = error_set(error, ERROR_INPUT, "backup.target",
                         "the target's path begins with a slash");
    }
    order->keep = (unsigned)keep;
    return code;
}

int control_backup(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct backup_keeper *keeper = call->api->backups;
    struct order order = {0};
    int64_t serial = 0;
    int code = read_order(call, &order, error);
    if (code) {
        return code;
    }
    pthread_mutex_lock(&keeper->lock);
    if (keeper->asked || keeper->running) {
        code = error_set(error, ERROR_BUSY, "backup.running",
                         "the server is making a backup already");
    } else {
        keeper->order = order;
        keeper->asked = true;
        keeper->progress = (struct backup_progress){0};
        serial = ++keeper->serial;
    }
    pthread_mutex_unlock(&keeper->lock);
    if (!code) {
        BUFFER_CLEANUP struct buffer body;
        buffer_init(&body, BUFFER_CEILING_LINE);
        buffer_format(&body, "{\"serial\":%lld}", (long long)serial);
        http_reply_json(call->request, 202, &body);
    }
    return code;
}

static void put_end(struct json_writer *json, const struct backup_keeper *keeper)
{
    const struct backup_result *result = &keeper->result;
    if (keeper->error.code) {
        json_begin_object(json, "error");
        json_put_text(json, "code", keeper->error.slug);
        json_put_text(json, "detail", keeper->error.message);
        json_put_int(json, "kind", keeper->error.code);
        json_end_object(json);
        return;
    }
    json_begin_object(json, "result");
    json_put_text(json, "name", result->name);
    json_put_int(json, "taken_ms", result->taken_ms);
    json_put_int(json, "took_ms", result->took_ms);
    json_put_int(json, "cities", result->cities);
    json_put_int(json, "bytes", result->bytes);
    json_put_int(json, "photos", result->photos);
    json_put_int(json, "photos_copied", result->photos_copied);
    json_put_int(json, "photo_bytes", result->photo_bytes);
    json_put_int(json, "problems", result->problems);
    json_put_int(json, "removed", result->removed);
    json_put_int(json, "left_out", result->left_out);
    json_end_object(json);
}

int control_backup_state(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    struct backup_keeper *keeper = call->api->backups;
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    pthread_mutex_lock(&keeper->lock);
    json_put_bool(json, "running", keeper->running || keeper->asked);
    json_put_int(json, "serial", keeper->serial);
    json_put_int(json, "ended", keeper->ended);
    json_put_text(json, "what", keeper->progress.what);
    json_put_int(json, "done", keeper->progress.done);
    json_put_int(json, "bytes", keeper->progress.bytes);
    if (keeper->ended > 0) {
        put_end(json, keeper);
    }
    pthread_mutex_unlock(&keeper->lock);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

bool api_backup_is_running(struct api *api)
{
    pthread_mutex_lock(&api->backups->lock);
    bool running = api->backups->running;
    pthread_mutex_unlock(&api->backups->lock);
    return running;
}
