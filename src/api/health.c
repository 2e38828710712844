// SPDX-License-Identifier: MPL-2.0
// The items of health: each from what it is told, so that the server and a command without
// one say the same.
#include <gridcase/api/health.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

// A sandbox may forbid to ask the kernel; this file tells too, where that service runs.
#define TIMESYNC "/run/systemd/timesync/synchronized"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

static const char *const level_names[HEALTH_LEVEL_COUNT] = {"ok", "warning", "critical"};

const char *health_level_to_str(enum health_level level)
{
    return level < HEALTH_LEVEL_COUNT ? level_names[level] : "critical";
}

void health_limits_from(const struct options *options, struct health_limits *out)
{
    *out = (struct health_limits){
        .disk_warning_percent = options_int(options, OPTION_HEALTH_DISK_WARNING_PERCENT),
        .disk_critical_percent = options_int(options, OPTION_HEALTH_DISK_CRITICAL_PERCENT),
        .disk_days = options_int(options, OPTION_HEALTH_DISK_DAYS),
        .backup_warning_ms = options_int(options, OPTION_HEALTH_BACKUP_WARNING_H) * HOUR_MS,
        .backup_critical_ms =
            options_int(options, OPTION_HEALTH_BACKUP_CRITICAL_H) * HOUR_MS,
        .tls_warning_ms = options_int(options, OPTION_HEALTH_TLS_WARNING_DAYS) * DAY_MS,
        .tls_critical_ms = options_int(options, OPTION_HEALTH_TLS_CRITICAL_DAYS) * DAY_MS,
        .clock_step_ms = options_int(options, OPTION_HEALTH_CLOCK_STEP_MS),
    };
}

void health_init(struct health *health)
{
    memset(health, 0, sizeof(*health));
    health->disk_free_percent = health->disk_days = health->backup_age_s = -1;
    health->tls_days = health->clock_error_ms = -1;
}

void health_add(struct health *health, const char *name, enum health_level level,
                const char *format, ...)
{
    if (health->count == HEALTH_ITEMS) {
        struct health_item *last = &health->items[HEALTH_ITEMS - 1];
        last->level = level > last->level ? level : last->level;
        return;
    }
    struct health_item *item = &health->items[health->count++];
    va_list list;
    snprintf(item->name, sizeof(item->name), "%s", name);
    item->level = level;
    va_start(list, format);
    vsnprintf(item->text, sizeof(item->text), format, list);
    va_end(list);
}

enum health_level health_worst(const struct health *health)
{
    enum health_level worst = HEALTH_OK;
    for (size_t i = 0; i < health->count; i++) {
        worst = health->items[i].level > worst ? health->items[i].level : worst;
    }
    return worst;
}

void health_put(const struct health *health, struct json_writer *json)
{
    json_put_text(json, "level", health_level_to_str(health_worst(health)));
    json_begin_array(json, "items");
    for (size_t i = 0; i < health->count; i++) {
        const struct health_item *item = &health->items[i];
        json_begin_object(json, NULL);
        json_put_text(json, "name", item->name);
        json_put_text(json, "level", health_level_to_str(item->level));
        json_put_text(json, "text", item->text);
        json_end_object(json);
    }
    json_end_array(json);
}

// ---- disk ----

void health_samples_add(struct health_samples *samples, int64_t at_ms, int64_t free_bytes)
{
    if (samples->count == HEALTH_SAMPLES) {
        memmove(samples->list, samples->list + 1,
                (HEALTH_SAMPLES - 1) * sizeof(samples->list[0]));
        samples->count--;
    }
    samples->list[samples->count].at_ms = at_ms;
    samples->list[samples->count++].free_bytes = free_bytes;
}

void health_samples_write(const struct health_samples *samples, struct buffer *out)
{
    for (size_t i = 0; i < samples->count; i++) {
        buffer_format(out, "%s%lld:%lld", i ? "," : "", (long long)samples->list[i].at_ms,
                      (long long)samples->list[i].free_bytes);
    }
}

void health_samples_read(struct health_samples *samples, const char *text)
{
    const char *cursor = text;
    size_t length = 0;
    struct error ignored = {0};
    samples->count = 0;
    for (const char *part; (part = text_next(&cursor, ',', &length));) {
        const char *colon = memchr(part, ':', length);
        int64_t at_ms = 0;
        int64_t bytes = 0;
        size_t before = colon ? (size_t)(colon - part) : 0;
        if (!colon || text_to_int(part, before, &at_ms, &ignored) ||
            text_to_int(colon + 1, length - before - 1, &bytes, &ignored)) {
            continue;
        }
        health_samples_add(samples, at_ms, bytes);
    }
}

double health_days_left(const struct health_samples *samples, int64_t free_bytes)
{
    if (samples->count < 2) {
        return -1;
    }
    size_t last = samples->count - 1;
    double days = (double)(samples->list[last].at_ms - samples->list[0].at_ms) / DAY_MS;
    double used =
        (double)samples->list[0].free_bytes - (double)samples->list[last].free_bytes;
    return days < 1 || used <= 0 ? -1 : (double)free_bytes / (used / days);
}

void health_disk(struct health *health, const struct health_limits *limits,
                 const char *folder, const struct health_samples *samples)
{
    struct statvfs disk;
    char days_text[64] = "";
    if (statvfs(folder, &disk) || disk.f_blocks == 0) {
        health_add(health, "disk", HEALTH_CRITICAL, "the disk cannot be asked: %s",
                   strerror(errno));
        return;
    }
    int64_t free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
    // Of what is there for us: blocks that only root may take are not.
    double all = (double)(disk.f_blocks - disk.f_bfree + disk.f_bavail);
    double percent = 100.0 * (double)disk.f_bavail / all;
    double days = health_days_left(samples, free_bytes);
    enum health_level level = percent < (double)limits->disk_critical_percent
                                  ? HEALTH_CRITICAL
                              : percent < (double)limits->disk_warning_percent ||
                                      (days >= 0 && days < (double)limits->disk_days)
                                  ? HEALTH_WARNING
                                  : HEALTH_OK;
    if (days >= 0) {
        snprintf(days_text, sizeof(days_text), ", full in about %.0f days as it grows",
                 days);
    }
    health->disk_free_percent = percent;
    health->disk_days = days;
    health_add(health, "disk", level, "%.1f %% free (%.1f GB)%s", percent,
               (double)free_bytes / 1e9, days_text);
}

// ---- backup ----

void health_backup(struct health *health, const struct health_limits *limits,
                   const struct backup_state *state, int64_t now_ms)
{
    char failure[300] = "";
    char taken[INSTANT_TEXT_SIZE];
    bool failed = state->failed_ms != INSTANT_NONE;
    if (failed) {
        snprintf(failure, sizeof(failure), "; the latest one failed: %s", state->failure);
    }
    if (state->taken_ms == INSTANT_NONE) {
        health_add(health, "backup", failed ? HEALTH_CRITICAL : HEALTH_WARNING,
                   "none was made yet%s", failure);
        return;
    }
    int64_t age_ms = now_ms > state->taken_ms ? now_ms - state->taken_ms : 0;
    enum health_level level =
        age_ms >= limits->backup_critical_ms ? HEALTH_CRITICAL
        : age_ms >= limits->backup_warning_ms || failed || state->problems > 0
            ? HEALTH_WARNING
            : HEALTH_OK;
    instant_to_text(state->taken_ms, taken);
    health->backup_age_s = (double)age_ms / 1000;
    health_add(health, "backup", level, "%.1f hours old (%s, %.1f MB, %lld photos%s)%s",
               (double)age_ms / HOUR_MS, taken, (double)state->bytes / 1e6,
               (long long)state->photos,
               state->problems > 0 ? ", not everything could be read" : "", failure);
}

// ---- certificate ----

void health_tls(struct health *health, const struct health_limits *limits,
                const struct http_tls_state *state, int64_t now_ms)
{
    char end[INSTANT_TEXT_SIZE];
    if (!state->enabled) {
        return;
    }
    int64_t left_ms = state->not_after_ms - now_ms;
    enum health_level level = left_ms < limits->tls_critical_ms  ? HEALTH_CRITICAL
                              : left_ms < limits->tls_warning_ms ? HEALTH_WARNING
                                                                 : HEALTH_OK;
    instant_to_text(state->not_after_ms, end);
    health->tls_days = (double)left_ms / DAY_MS;
    if (state->failure.code) {
        level = level > HEALTH_WARNING ? level : HEALTH_WARNING;
        health_add(health, "tls", level,
                   "the certificate for %.60s ends %s; the new files are not taken: %.120s",
                   state->names, end, state->failure.message);
        return;
    }
    health_add(health, "tls", level, "the certificate for %.120s %s %s", state->names,
               left_ms < 0 ? "has ended" : "ends", end);
}

// ---- clock ----

void health_clock(struct health *health, const struct health_limits *limits,
                  int64_t step_ms, int64_t stepped_ms)
{
    struct timex clock = {0};
    int state = adjtimex(&clock);
    bool known = state >= 0;
    bool synchronised = known && state != TIME_ERROR && !(clock.status & STA_UNSYNC);
    char step[160] = "";
    bool stepped = step_ms >= limits->clock_step_ms || -step_ms >= limits->clock_step_ms;
    if (stepped) {
        char at[INSTANT_TEXT_SIZE];
        instant_to_text(stepped_ms, at);
        snprintf(step, sizeof(step), "; it was set by %+.1f s at %s",
                 (double)step_ms / 1000, at);
    }
    if (synchronised) {
        health->clock_error_ms = (double)clock.maxerror / 1000;
    }
    if (!known && access(TIMESYNC, F_OK) == 0) {
        health_add(health, "clock", stepped ? HEALTH_WARNING : HEALTH_OK,
                   "synchronised, systemd-timesyncd says%s", step);
    } else if (!known) {
        health_add(health, "clock", stepped ? HEALTH_WARNING : HEALTH_OK,
                   "the system does not tell whether the clock is synchronised%s", step);
    } else if (!synchronised) {
        health_add(health, "clock", HEALTH_WARNING,
                   "not synchronised: deadlines are only as right as it is%s", step);
    } else {
        health_add(health, "clock", stepped ? HEALTH_WARNING : HEALTH_OK,
                   "synchronised, error at most %.0f ms%s", (double)clock.maxerror / 1000,
                   step);
    }
}
