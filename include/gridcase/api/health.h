// SPDX-License-Identifier: MPL-2.0
// How an installation is: a list of items with a level each, for people, monitors and
// metrics. The limits between the levels are settings.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/backup/backup.h>
#include <gridcase/core/error.h>
#include <gridcase/core/json.h>
#include <gridcase/core/option.h>
#include <gridcase/http/server.h>

enum health_level { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_LEVEL_COUNT };
const char *health_level_to_str(enum health_level level); // "ok", "warning", "critical"

struct health_limits {
    int64_t disk_warning_percent, disk_critical_percent, disk_days;
    int64_t backup_warning_ms, backup_critical_ms;
    int64_t tls_warning_ms, tls_critical_ms;
    int64_t clock_step_ms;
};
void health_limits_from(const struct options *options, struct health_limits *out);

enum { HEALTH_ITEMS = 48 };
struct health_item {
    char name[80]; // "disk", "backup", "clock", "tls", "city boston"
    enum health_level level;
    char text[300]; // a sentence
};
struct health {
    struct health_item items[HEALTH_ITEMS];
    size_t count;
    // Figures for metrics; negative: not known.
    double disk_free_percent, disk_days, backup_age_s, tls_days, clock_error_ms;
};
void health_init(struct health *health);
// What does not fit any more raises the level of the last item.
void health_add(struct health *health, const char *name, enum health_level level,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
enum health_level health_worst(const struct health *health);
// Members level and items [{name, level, text}] of the object begun.
void health_put(const struct health *health, struct json_writer *json);

// ---- the items ----
// Free space now and then, in order of time: how fast the disk fills.
enum { HEALTH_SAMPLES = 60 };
struct health_samples {
    size_t count;
    struct {
        int64_t at_ms, free_bytes;
    } list[HEALTH_SAMPLES];
};
// Forgets the oldest when there is no room. "ms:bytes,ms:bytes" and back; what cannot be
// read is left out.
void health_samples_add(struct health_samples *samples, int64_t at_ms, int64_t free_bytes);
void health_samples_write(const struct health_samples *samples, struct buffer *out);
void health_samples_read(struct health_samples *samples, const char *text);
// What a server has kept of them in the store; none: no server has run for long.
struct db_store;
int health_samples_load(struct db_store *store, struct health_samples *samples,
                        struct error *error) ERROR_MUST_CHECK;
// Days until nothing is free at the pace of the samples; negative: not known (less than a
// day of them), or not filling.
double health_days_left(const struct health_samples *samples, int64_t free_bytes);

void health_disk(struct health *health, const struct health_limits *limits,
                 const char *folder, const struct health_samples *samples);
// The databases' server, where there is one: "store". Is what was acknowledged safe when it
// is lost?
void health_store(struct health *health, struct db_store *store);
void health_backup(struct health *health, const struct health_limits *limits,
                   const struct backup_state *state, int64_t now_ms);
void health_tls(struct health *health, const struct health_limits *limits,
                const struct http_tls_state *state, int64_t now_ms);
// step_ms 0: the clock was not set within the last day.
void health_clock(struct health *health, const struct health_limits *limits,
                  int64_t step_ms, int64_t stepped_ms);
