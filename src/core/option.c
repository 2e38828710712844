// SPDX-License-Identifier: MPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/ini.h>
#include <gridcase/core/option.h>
#include <gridcase/core/text.h>

const struct option option_table[OPTION_COUNT] = {
    [OPTION_ADDRESS] = {"address", OPTION_TEXT, "127.0.0.1", 0, 0,
                        "numeric address to listen on"},
    [OPTION_PORT] = {"port", OPTION_INT, "8080", 0, 65535, "port; 0: any free one"},
    [OPTION_LAN] = {"lan", OPTION_FLAG, "no", 0, 0,
                    "listen on all addresses of this machine, not only loopback"},
    [OPTION_DEMO_LOGINS] = {"demo-logins", OPTION_FLAG, "no", 0, 0,
                            "listen beyond loopback although demo logins exist"},
    [OPTION_HEALTH] = {"health", OPTION_TEXT, "127.0.0.1:0", 0, 0,
                       "address:port of /health and /metrics; port 0: any free one"},
    [OPTION_WEB] = {"web", OPTION_TEXT, "", 0, 0,
                    "folder with the built pages; empty: the one beside the program"},
    [OPTION_TRUSTED_PROXY] = {"trusted-proxy", OPTION_LIST, "", 0, 0,
                              "addresses or networks (10.0.0.0/8) whose X-Forwarded-For, "
                              "-Proto and -Host are believed"},
    [OPTION_TLS_CERTIFICATE] =
        {"tls-certificate", OPTION_TEXT, "", 0, 0,
         "PEM file with the certificate and its chain; set: speak HTTPS"},
    [OPTION_TLS_KEY] = {"tls-key", OPTION_TEXT, "", 0, 0,
                        "PEM file with the certificate's key"},
    [OPTION_TLS_REDIRECT_PORT] = {"tls-redirect-port", OPTION_INT, "0", 0, 65535,
                                  "port that sends http to https; 0: none"},
    [OPTION_TLS_HSTS_S] = {"tls-hsts-s", OPTION_INT, "0", 0, 63072000,
                           "seconds that browsers remember to use https only; 0: not told"},
    [OPTION_STORE_LISTEN] =
        {"store-listen", OPTION_TEXT, "", 0, 0,
         "postgresql:// address of the database server itself, where the store's leads "
         "through a pooler: words between servers; empty: the store's"},
    [OPTION_BACKUP_TO] = {"backup-to", OPTION_TEXT, "", 0, 0,
                          "folder that the server keeps backups in; empty: none are made"},
    [OPTION_BACKUP_EVERY_H] = {"backup-every-h", OPTION_INT, "24", 1, 8760,
                               "hours between two backups that the server makes"},
    [OPTION_BACKUP_KEEP] = {"backup-keep", OPTION_INT, "7", 1, 10000,
                            "backups kept; the oldest go first"},
    [OPTION_BACKUP_MB_PER_S] = {"backup-mb-per-s", OPTION_INT, "64", 0, 100000,
                                "pace of a backup, so that the server is not slowed; 0: "
                                "as fast as the disk"},
    [OPTION_MAIL_SERVER] = {"mail-server", OPTION_TEXT, "", 0, 0,
                            "host:port that takes mails; empty: none are sent"},
    [OPTION_MAIL_SECURITY] = {"mail-security", OPTION_TEXT, "starttls", 0, 0,
                              "how it is spoken to: starttls, tls or none"},
    [OPTION_MAIL_FROM] = {"mail-from", OPTION_TEXT, "", 0, 0, "address mails are from"},
    [OPTION_MAIL_USER] = {"mail-user", OPTION_TEXT, "", 0, 0,
                          "name to sign in with; empty: without"},
    [OPTION_MAIL_PASSWORD_FILE] = {"mail-password-file", OPTION_TEXT, "", 0, 0,
                                   "file with the password, in its first line"},
    [OPTION_MAIL_AUTHORITY] =
        {"mail-authority", OPTION_TEXT, "", 0, 0,
         "PEM file of certificates trusted there; empty: the system's"},
    [OPTION_HEALTH_DISK_WARNING_PERCENT] = {"health-disk-warning-percent", OPTION_INT, "15",
                                            0, 100, "free disk below this is a warning"},
    [OPTION_HEALTH_DISK_CRITICAL_PERCENT] = {"health-disk-critical-percent", OPTION_INT,
                                             "5", 0, 100,
                                             "free disk below this is critical"},
    [OPTION_HEALTH_DISK_DAYS] = {"health-disk-days", OPTION_INT, "14", 0, 3650,
                                 "a disk full within these days, growing as it did, is a "
                                 "warning"},
    [OPTION_HEALTH_BACKUP_WARNING_H] = {"health-backup-warning-h", OPTION_INT, "26", 1,
                                        87600,
                                        "a last backup older than this is a warning"},
    [OPTION_HEALTH_BACKUP_CRITICAL_H] = {"health-backup-critical-h", OPTION_INT, "74", 1,
                                         87600,
                                         "a last backup older than this is critical"},
    [OPTION_HEALTH_TLS_WARNING_DAYS] = {"health-tls-warning-days", OPTION_INT, "21", 0,
                                        3650,
                                        "a certificate that ends sooner is a warning"},
    [OPTION_HEALTH_TLS_CRITICAL_DAYS] = {"health-tls-critical-days", OPTION_INT, "7", 0,
                                         3650,
                                         "a certificate that ends sooner is critical"},
    [OPTION_HEALTH_CLOCK_STEP_MS] =
        {"health-clock-step-ms", OPTION_INT, "1000", 10, 3600000,
         "a clock set by more than this is a warning for a day"},
    [OPTION_THREADS] = {"threads", OPTION_INT, "2", 1, 8, "threads that speak HTTP"},
    [OPTION_WORKERS] = {"workers", OPTION_INT, "2", 1, 64, "threads for slow work"},
    [OPTION_WORKER_QUEUE] = {"worker-queue", OPTION_INT, "256", 1, 100000,
                             "slow jobs that may wait; more are answered 503"},
    [OPTION_CONNECTIONS] = {"connections", OPTION_INT, "4096", 16, 100000,
                            "most open connections; half of them may be event streams"},
    [OPTION_IDLE_S] = {"idle-s", OPTION_INT, "60", 1, 3600,
                       "seconds after which a silent connection is closed"},
    [OPTION_HEADERS_S] = {"headers-s", OPTION_INT, "20", 1, 3600,
                          "seconds in which a request's headers must come"},
    [OPTION_CITIES_OPEN] = {"cities-open", OPTION_INT, "32", 1, 10000,
                            "cities kept open while others may be closed"},
    [OPTION_CITY_IDLE_S] = {"city-idle-s", OPTION_INT, "900", 1, 86400,
                            "seconds after which a city nobody asks for is closed"},
    [OPTION_STORE_CONNECTIONS] = {"store-connections", OPTION_INT, "20", 4, 400,
                                  "most connections to the database server, shared by "
                                  "all cities"},
    [OPTION_STORE_CONNECTION_AGE_S] = {"store-connection-age-s", OPTION_INT, "3600", 1,
                                       86400,
                                       "seconds after which such a connection is closed "
                                       "and made anew"},
    [OPTION_PHOTO_BYTES] = {"photo-bytes", OPTION_INT, "15000000", 1000, 64000000,
                            "largest photo in bytes"},
    [OPTION_SOUND_BYTES] = {"sound-bytes", OPTION_INT, "25000000", 1000, 128000000,
                            "largest sound in bytes"},
    [OPTION_VIDEO_BYTES] = {"video-bytes", OPTION_INT, "100000000", 1000, 128000000,
                            "largest video in bytes"},
    [OPTION_DOCUMENT_BYTES] = {"document-bytes", OPTION_INT, "25000000", 1000, 128000000,
                               "largest PDF in bytes"},
    [OPTION_MEDIA_FREE_PERCENT] = {"media-free-percent", OPTION_INT, "5", 0, 90,
                                   "free disk below which only photos are taken"},
    [OPTION_PHOTO_FREE_PERCENT] =
        {"photo-free-percent", OPTION_INT, "2", 0, 90,
         "free disk below which photos are refused, too; reports never are"},
    [OPTION_UPLOAD_BYTES_PERSON] = {"upload-bytes-person", OPTION_INT, "500000000", 1000000,
                                    INT64_MAX, "announced by one person, not whole yet"},
    [OPTION_UPLOAD_BYTES_CITY] = {"upload-bytes-city", OPTION_INT, "10000000000", 1000000,
                                  INT64_MAX, "the same of all people of a city"},
    [OPTION_UPLOAD_LIFE_H] = {"upload-life-h", OPTION_INT, "72", 1, 8760,
                              "hours after which an upload that stopped is given up"},
    [OPTION_LOG] = {"log", OPTION_TEXT, "info", 0, 0, "debug, info, warning or error"},
};

enum { FROM_SIZE = 300, LIST_MOST = 8192, NAME_SIZE = 64 };

struct value {
    char *text;
    char from[FROM_SIZE];
};

struct options {
    struct value values[OPTION_COUNT];
};

struct options *options_new(void)
{
    struct options *options = memory_new(sizeof(*options));
    for (int i = 0; i < OPTION_COUNT; i++) {
        options->values[i].text = memory_text(option_table[i].fallback);
        memcpy(options->values[i].from, "default", sizeof("default"));
    }
    return options;
}

struct options *options_free(struct options *options)
{
    for (int i = 0; options && i < OPTION_COUNT; i++) {
        free(options->values[i].text);
    }
    free(options);
    return NULL;
}

static int flag_value(const char *text) // 1, 0, or -1 for neither
{
    static const char *const yes[] = {"yes", "1", "true", "on"};
    static const char *const no[] = {"no", "0", "false", "off", ""};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(text, yes[i]) == 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (strcmp(text, no[i]) == 0) {
            return 0;
        }
    }
    return -1;
}

// A flag of a list, given again.
static int add_to_list(struct value *value, const char *text, struct error *error)
{
    size_t size = strlen(value->text) + strlen(text) + 2;
    char *both = size > LIST_MOST ? NULL : memory_new(size);
    if (!both || text_format(both, size, "%s,%s", value->text, text)) {
        free(both);
        return error_set(error, ERROR_LIMIT, "option.invalid", "a list is too long");
    }
    free(value->text);
    value->text = both;
    return 0;
}

static int set(struct options *options, int id, const char *text, const char *from,
               struct error *error)
{
    const struct option *option = &option_table[id];
    int64_t number = 0;
    struct error ignored = {0};
    if (option->type == OPTION_INT && (text_to_int(text, strlen(text), &number, &ignored) ||
                                       number < option->least || number > option->most)) {
        return error_set(error, ERROR_INPUT, "option.invalid",
                         "%s: %s is a whole number between %lld and %lld", from,
                         option->name, (long long)option->least, (long long)option->most);
    }
    if (option->type == OPTION_FLAG && flag_value(text) < 0) {
        return error_set(error, ERROR_INPUT, "option.invalid", "%s: %s is yes or no", from,
                         option->name);
    }
    struct value *value = &options->values[id];
    if (option->type == OPTION_LIST && strncmp(from, "--", 2) == 0 &&
        strncmp(value->from, "--", 2) == 0) {
        return add_to_list(value, text, error);
    }
    free(value->text);
    value->text = memory_text(text);
    return text_format(value->from, sizeof(value->from), "%s", from)
               ? error_set(error, ERROR_LIMIT, "option.invalid", "a name is too long")
               : 0;
}

static int find(const char *name)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(option_table[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

// Sections besides [server] whose settings begin with their name.
static bool is_family(const char *section)
{
    return strcmp(section, "tls") == 0 || strcmp(section, "backup") == 0 ||
           strcmp(section, "mail") == 0 || strcmp(section, "health") == 0;
}

static int read_entry(struct options *options, const struct ini *ini,
                      const struct ini_entry *entry, const char *path, struct error *error)
{
    char name[NAME_SIZE];
    bool server = strcmp(entry->section, "server") == 0;
    if (!server && !is_family(entry->section)) {
        return 0;
    }
    int id = text_format(name, sizeof(name), "%s%s%s", server ? "" : entry->section,
                         server ? "" : "-", entry->key)
                 ? -1
                 : find(name);
    if (id < 0) {
        return ini_error(ini, entry, "option.unknown", error,
                         "no setting of [%s] is called %s", entry->section, entry->key);
    }
    char from[FROM_SIZE];
    if (text_format(from, sizeof(from), "%s:%lld", path, (long long)entry->line)) {
        return error_set(error, ERROR_LIMIT, "option.invalid", "a name is too long");
    }
    return set(options, id, entry->value, from, error);
}

int options_read_file(struct options *options, const char *path, struct error *error)
{
    INI_CLEANUP struct ini *ini = NULL;
    int code = ini_read(path, &ini, error);
    for (size_t i = 0; !code && i < ini_entries(ini); i++) {
        code = read_entry(options, ini, ini_entry(ini, i), path, error);
    }
    return code;
}

int options_read_environment(struct options *options, struct error *error)
{
    int code = 0;
    for (int i = 0; i < OPTION_COUNT && !code; i++) {
        char name[64];
        code = text_format(name, sizeof(name), "GRIDCASE_%s", option_table[i].name);
        for (char *c = name; *c; c++) {
            *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
        }
        const char *text = getenv(name);
        if (!code && text) {
            code = set(options, i, text, name, error);
        }
    }
    return code;
}

static void drop(int *argc, char **argv, int at, int count)
{
    memmove(argv + at, argv + at + count, (size_t)(*argc - at - count) * sizeof(argv[0]));
    *argc -= count;
}

// How many words of argv were used from `at` on; 0: not ours.
static int take_flag(struct options *options, int argc, char **argv, int at,
                     struct error *error)
{
    char name[64];
    const char *word = argv[at];
    if (strncmp(word, "--", 2) != 0) {
        return 0;
    }
    size_t length = strcspn(word + 2, "=");
    if (text_format(name, sizeof(name), "%.*s", (int)length, word + 2)) {
        return 0;
    }
    int id = find(name);
    if (id < 0) {
        return 0;
    }
    const char *value = word[2 + length] == '=' ? word + 3 + length : NULL;
    int used = 1;
    if (!value && option_table[id].type == OPTION_FLAG) {
        value = "yes";
    } else if (!value && at + 1 < argc) {
        value = argv[at + 1];
        used = 2;
    }
    if (!value) {
        return error_set(error, ERROR_INPUT, "cli.usage", "%s needs a value", word);
    }
    int code = set(options, id, value, word, error);
    return code ? code : used;
}

int options_read_flags(struct options *options, int *argc, char **argv, struct error *error)
{
    for (int at = 0; at < *argc;) {
        int used = take_flag(options, *argc, argv, at, error);
        if (used < 0) {
            return used;
        }
        if (used) {
            drop(argc, argv, at, used);
        } else {
            at++;
        }
    }
    return 0;
}

const char *options_text(const struct options *options, enum option_id id)
{
    return options->values[id].text;
}

int64_t options_int(const struct options *options, enum option_id id)
{
    int64_t number = 0;
    struct error ignored = {0};
    const char *text = options->values[id].text; // was checked when set
    return text_to_int(text, strlen(text), &number, &ignored) ? 0 : number;
}

bool options_flag(const struct options *options, enum option_id id)
{
    return flag_value(options->values[id].text) == 1;
}

void options_write(const struct options *options, struct buffer *out)
{
    buffer_append_text(out, "[server]\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &option_table[i];
        buffer_format(out, "\n# %s\n# ", option->help);
        if (option->type == OPTION_INT) {
            buffer_format(out, "%lld to %lld, ", (long long)option->least,
                          (long long)option->most);
        } else if (option->type == OPTION_FLAG) {
            buffer_append_text(out, "yes or no, ");
        }
        buffer_format(out, "default %s; from %s\n%s = %s\n",
                      option->fallback[0] ? option->fallback : "empty",
                      options->values[i].from, option->name, options->values[i].text);
    }
}
