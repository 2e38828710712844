// SPDX-License-Identifier: MPL-2.0
// gridcase backup, gridcase restore: see gridcase-backup(1), gridcase-restore(1).
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/backup/backup.h>
#include <gridcase/cli/cli.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "check.h"

enum { POLL_MS = 200, CONTROL_S = 30, TELL_MS = 200, DEFAULT_MB_PER_S = 64 };

struct order {
    const char *data;
    char target[BACKUP_PATH_SIZE]; // absolute
    int64_t keep, bytes_per_s;
    bool has_rate, quiet;
};

// ---- telling ----

static void tell(void *context, const struct backup_progress *progress)
{
    int64_t *told_us = context;
    int64_t now_us = instant_monotonic_us();
    if (!isatty(2) || now_us - *told_us < (int64_t)TELL_MS * 1000)
        return;
    *told_us = now_us;
    fprintf(stderr, "\r%-40s %6lld of %lld MB\033[K", progress->what,
            (long long)(progress->done / 1000000), (long long)(progress->bytes / 1000000));
}

static void tell_end(void)
{
    if (isatty(2))
        fprintf(stderr, "\r\033[K");
}

static int tell_result(const struct order *order, const struct backup_result *result,
                       struct error *error)
{
    char taken[INSTANT_TEXT_SIZE];
    instant_to_text(result->taken_ms, taken);
    printf("%s/%s: %u cities, %.1f MB, %lld photos (%lld new, %.1f MB), %.1f s\n",
           order->target, result->name, result->cities, (double)result->bytes / 1e6,
           (long long)result->photos, (long long)result->photos_copied,
           (double)result->photo_bytes / 1e6, (double)result->took_ms / 1000);
    printf("Everything acknowledged before %s is in it.\n", taken);
    if (result->removed > 0)
        printf("%u older backups were removed.\n", result->removed);
    if (result->left_out > 0)
        return error_set(error, ERROR_STORE, "backup.left_out",
                         "the backup was made, but %u cities could not be read and are not "
                         "in it (left_out in manifest.json): run gridcase check",
                         result->left_out);
    if (result->problems == 0)
        return 0;
    return error_set(error, ERROR_STORE, "backup.photos",
                     "the backup was made, but %lld photos are missing or damaged in the "
                     "data folder: run gridcase check --photos",
                     (long long)result->problems);
}

// ---- through the server ----

static int ask_server(const struct order *order, int64_t *ret_serial, struct error *error)
{
    BUFFER_CLEANUP struct buffer body;
    BUFFER_CLEANUP struct buffer answer;
    JSON_CLEANUP struct json *document = NULL;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_LINE);
    buffer_init(&answer, BUFFER_CEILING_LINE);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    json_put_text(&json, "target", order->target);
    json_put_int(&json, "keep", order->keep);
    if (order->has_rate)
        json_put_int(&json, "bytes_per_s", order->bytes_per_s);
    json_end_object(&json);
    int code =
        control_run(order->data, "/control/backup", body.data, CONTROL_S, &answer, error);
    if (code == 0)
        code = json_parse(answer.data ? answer.data : "", answer.length, &document, error);
    if (code == 0)
        code = json_get_int(document, "serial", JSON_REQUIRED, 1, INT64_MAX, ret_serial,
                            error);
    return code;
}

static int take_number(const struct json *from, const char *name, int64_t *out,
                       struct error *error)
{
    return json_get_int(from, name, JSON_REQUIRED, 0, INT64_MAX, out, error);
}

static int take_result(const struct json *from, struct backup_result *out,
                       struct error *error)
{
    const char *name = NULL;
    int64_t cities = 0, removed = 0, left_out = 0;
    if (json_get_text(from, "name", JSON_REQUIRED, BACKUP_NAME_SIZE - 1, &name, error) ||
        take_number(from, "taken_ms", &out->taken_ms, error) ||
        take_number(from, "took_ms", &out->took_ms, error) ||
        take_number(from, "cities", &cities, error) ||
        take_number(from, "bytes", &out->bytes, error) ||
        take_number(from, "photos", &out->photos, error) ||
        take_number(from, "photos_copied", &out->photos_copied, error) ||
        take_number(from, "photo_bytes", &out->photo_bytes, error) ||
        take_number(from, "problems", &out->problems, error) ||
        take_number(from, "removed", &removed, error) ||
        take_number(from, "left_out", &left_out, error))
        return error->code;
    out->cities = (unsigned)cities;
    out->removed = (unsigned)removed;
    out->left_out = (unsigned)left_out;
    return text_format(out->name, sizeof out->name, "%s", name);
}

static int take_error(const struct json *from, struct error *error)
{
    const char *code = "control.refused", *detail = "the server failed";
    int64_t kind = ERROR_STORE;
    if (json_get_text(from, "code", JSON_OPTIONAL, 60, &code, NULL) != 0 ||
        json_get_text(from, "detail", JSON_OPTIONAL, 600, &detail, NULL) != 0 ||
        json_get_int(from, "kind", JSON_OPTIONAL, -100, -1, &kind, NULL) != 0)
        kind = ERROR_STORE;
    return error_set(error, (int)kind, code, "%s", detail);
}

// One look; *ret_ended when ours is over.
static int look(const struct order *order, int64_t serial, bool *ret_ended,
                struct backup_result *result, struct error *error)
{
    static int64_t told_us;
    BUFFER_CLEANUP struct buffer answer;
    JSON_CLEANUP struct json *document = NULL;
    const struct json *failure = NULL, *made = NULL;
    struct backup_progress progress = {0};
    const char *what = "";
    int64_t ended = 0;
    buffer_init(&answer, BUFFER_CEILING_LINE);
    int code = control_run(order->data, "/control/backup", NULL, CONTROL_S, &answer, error);
    if (code == 0)
        code = json_parse(answer.data ? answer.data : "", answer.length, &document, error);
    if (code != 0 || take_number(document, "ended", &ended, error) ||
        json_get_text(document, "what", JSON_OPTIONAL, 95, &what, error) ||
        take_number(document, "done", &progress.done, error) ||
        take_number(document, "bytes", &progress.bytes, error) ||
        json_get_object(document, "error", JSON_OPTIONAL, &failure, error) ||
        json_get_object(document, "result", JSON_OPTIONAL, &made, error))
        return error->code;
    snprintf(progress.what, sizeof progress.what, "%s", what);
    *ret_ended = ended >= serial;
    if (!*ret_ended) {
        if (!order->quiet)
            tell(&told_us, &progress);
        return 0;
    }
    if (failure)
        return take_error(failure, error);
    return made ? take_result(made, result, error)
                : error_set(error, ERROR_BUG, "control.broken", "no result came");
}

static int backup_by_server(const struct order *order, struct backup_result *result,
                            struct error *error)
{
    int64_t serial = 0;
    bool ended = false;
    int code = ask_server(order, &serial, error);
    while (code == 0 && !ended) {
        instant_sleep_ms(POLL_MS);
        code = look(order, serial, &ended, result, error);
    }
    return code;
}

// ---- without one ----

static int backup_here(const struct order *order, struct backup_result *result,
                       struct error *error)
{
    int64_t told_us = 0;
    struct db_store *store = NULL;
    struct backup_options options = {.target = order->target,
                                     .bytes_per_s =
                                         order->has_rate ? order->bytes_per_s : 0,
                                     .keep = (unsigned)order->keep,
                                     .tell = order->quiet ? NULL : tell,
                                     .context = &told_us};
    int code = db_store_open(order->data, 0, &store, error);
    if (code == 0)
        code = backup_run(store, &options, result, error);
    db_store_close(store);
    return code;
}

static int take_int(int *argc, char **argv, const char *name, int64_t *ret,
                    struct error *error)
{
    const char *text = cli_option(argc, argv, name);
    int64_t value = 0;
    if (!text)
        return 0;
    if (text_to_int(text, strlen(text), &value, error) != 0 || value < 0 || value > 100000)
        return error_set(error, ERROR_INPUT, "cli.usage",
                         "%s is a whole number from 0 to 100000", name);
    *ret = value;
    return 1;
}

// The server may stand in another folder.
static int make_absolute(const char *path, char out[BACKUP_PATH_SIZE], struct error *error)
{
    char here[BACKUP_PATH_SIZE];
    if (path[0] != '/' && !getcwd(here, sizeof here))
        return error_errno(error, "backup.target", "the current folder");
    if (text_format(out, BACKUP_PATH_SIZE, "%s%s%s", path[0] == '/' ? "" : here,
                    path[0] == '/' ? "" : "/", path) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         path);
    return 0;
}

static int run_backup(int argc, char **argv, struct error *error)
{
    struct order order = {.data = cli_data_folder(&argc, argv),
                          .quiet = cli_flag(&argc, argv, "--quiet") != 0};
    struct backup_result result = {0};
    int64_t rate = 0;
    int code = take_int(&argc, argv, "--keep", &order.keep, error);
    if (code >= 0)
        code = take_int(&argc, argv, "--mb-per-s", &rate, error);
    order.has_rate = code > 0;
    order.bytes_per_s = rate * 1000000;
    if (code >= 0)
        code = cli_words(argc, argv, 1, 2, error);
    if (code < 0)
        return code;
    if (argc == 2)
        order.data = argv[0];
    code = make_absolute(argv[argc - 1], order.target, error);
    if (code == 0)
        code = control_is_running(order.data) ? backup_by_server(&order, &result, error)
                                              : backup_here(&order, &result, error);
    tell_end();
    return code == 0 ? tell_result(&order, &result, error) : code;
}

// ---- restore ----

struct checking {
    const char *data;
    const char *left_out;
    struct error *error;
};

static int check_one(void *context, const struct db_city_row *city)
{
    struct checking *checking = context;
    char name[80];
    snprintf(name, sizeof name, " %s ", city->slug);
    if (strstr(checking->left_out, name)) {
        printf("%s: not in the backup\n", city->slug);
        return 0;
    }
    printf("%s: ", city->slug);
    fflush(stdout);
    int code = cli_check_city(checking->data, city->slug, CLI_CHECK_QUIET, checking->error);
    return code == 0 ? 0 : error_prefix(checking->error, "%s", city->slug);
}

static int check_all(const char *data, const char *left_out, struct error *error)
{
    struct db_store *store = NULL;
    struct checking checking = {.data = data, .left_out = left_out, .error = error};
    int code = db_store_open(data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0)
        code = db_store_city_each(store, check_one, &checking, error);
    db_store_close(store);
    return code;
}

static int run_restore(int argc, char **argv, struct error *error)
{
    int64_t told_us = 0;
    const char *data = cli_data_folder(&argc, argv);
    const char *address = cli_option(&argc, argv, "--store");
    bool verify = cli_flag(&argc, argv, "--verify") != 0;
    bool quiet = cli_flag(&argc, argv, "--quiet") != 0;
    struct restore_result result = {0};
    int code = cli_words(argc, argv, 1, verify ? 1 : 2, error);
    if (code != 0)
        return code;
    if (argc == 2)
        data = argv[1];
    struct restore_options options = {.backup = argv[0],
                                      .data = verify ? NULL : data,
                                      .store = address,
                                      .tell = quiet ? NULL : tell,
                                      .context = &told_us};
    code = backup_restore(&options, &result, error);
    tell_end();
    if (code != 0)
        return code;
    char taken[INSTANT_TEXT_SIZE];
    instant_to_text(result.taken_ms, taken);
    printf("%s: as of %s, %u cities, %lld files, %.1f MB, all as the manifest says\n",
           result.backup, taken, result.cities, (long long)result.files,
           (double)result.bytes / 1e6);
    if (verify)
        return 0;
    code = check_all(data, result.left_out, error);
    if (code == 0 && result.left_out[0])
        return error_set(error, ERROR_STORE, "restore.left_out",
                         "restored, but these cities were not in the backup:%s",
                         result.left_out);
    if (code == 0)
        printf("%s is ready. People sign in anew; bearer tokens still work.\n", data);
    return code;
}

const struct cli_command cli_backup_commands[] = {
    {"backup", NULL, "[DATA] TARGET [--keep N] [--mb-per-s N] [--quiet]",
     "copy a data folder while people work", run_backup},
    {"restore", NULL, "BACKUP [DATA] [--store ADDRESS] [--quiet] | BACKUP --verify",
     "make a data folder out of a backup, and check it", run_restore},
    {0},
};
