// SPDX-License-Identifier: MPL-2.0
// Settings of the server: one table feeds file, environment, flags and `gridcase config`.
//
// What is said later wins: default, file ([server] name = value), environment
// (GRIDCASE_NAME, dashes as underscores), flag (--name value). In the file, the settings of
// a family may also stand in a section of their own: [backup] to = X is backup-to.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// A list is one text, parts between commas; a flag given again adds to it.
enum option_type { OPTION_TEXT, OPTION_INT, OPTION_FLAG, OPTION_LIST };

enum option_id {
    OPTION_ADDRESS,
    OPTION_PORT,
    OPTION_LAN,
    OPTION_DEMO_LOGINS,
    OPTION_HEALTH,
    OPTION_WEB,
    OPTION_TRUSTED_PROXY,
    OPTION_TLS_CERTIFICATE,
    OPTION_TLS_KEY,
    OPTION_TLS_REDIRECT_PORT,
    OPTION_TLS_HSTS_S,
    OPTION_STORE_LISTEN,
    OPTION_BACKUP_TO,
    OPTION_BACKUP_EVERY_H,
    OPTION_BACKUP_KEEP,
    OPTION_BACKUP_MB_PER_S,
    OPTION_MAIL_SERVER,
    OPTION_MAIL_SECURITY,
    OPTION_MAIL_FROM,
    OPTION_MAIL_USER,
    OPTION_MAIL_PASSWORD_FILE,
    OPTION_MAIL_AUTHORITY,
    OPTION_HEALTH_DISK_WARNING_PERCENT,
    OPTION_HEALTH_DISK_CRITICAL_PERCENT,
    OPTION_HEALTH_DISK_DAYS,
    OPTION_HEALTH_BACKUP_WARNING_H,
    OPTION_HEALTH_BACKUP_CRITICAL_H,
    OPTION_HEALTH_TLS_WARNING_DAYS,
    OPTION_HEALTH_TLS_CRITICAL_DAYS,
    OPTION_HEALTH_CLOCK_STEP_MS,
    OPTION_THREADS,
    OPTION_WORKERS,
    OPTION_WORKER_QUEUE,
    OPTION_CONNECTIONS,
    OPTION_IDLE_S,
    OPTION_HEADERS_S,
    OPTION_CITIES_OPEN,
    OPTION_CITY_IDLE_S,
    OPTION_STORE_CONNECTIONS,
    OPTION_STORE_CONNECTION_AGE_S,
    OPTION_PHOTO_BYTES,
    OPTION_SOUND_BYTES,
    OPTION_VIDEO_BYTES,
    OPTION_DOCUMENT_BYTES,
    OPTION_MEDIA_FREE_PERCENT,
    OPTION_PHOTO_FREE_PERCENT,
    OPTION_UPLOAD_BYTES_PERSON,
    OPTION_UPLOAD_BYTES_CITY,
    OPTION_UPLOAD_LIFE_H,
    OPTION_LOG,
    OPTION_COUNT
};

struct option {
    const char *name;
    enum option_type type;
    const char *fallback;
    int64_t least, most; // of OPTION_INT
    const char *help;    // one line
};
extern const struct option option_table[OPTION_COUNT];

struct options; // values and where they come from

struct options *options_new(void); // all defaults
struct options *options_free(struct options *options);
// ERROR_INPUT "option.unknown", "option.invalid" naming the place.
int options_read_file(struct options *options, const char *path,
                      struct error *error) ERROR_MUST_CHECK;
int options_read_environment(struct options *options, struct error *error) ERROR_MUST_CHECK;
// Takes the flags it knows out of argv; a flag without value is "--name".
int options_read_flags(struct options *options, int *argc, char **argv,
                       struct error *error) ERROR_MUST_CHECK;
const char *options_text(const struct options *options, enum option_id id); // "": not set
int64_t options_int(const struct options *options, enum option_id id);
bool options_flag(const struct options *options, enum option_id id);
// As a settings file with comments: name, help, range, default, and where the value is
// from.
void options_write(const struct options *options, struct buffer *out);
