// SPDX-License-Identifier: MPL-2.0
// gridcase store copy: see gridcase-store(1).
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/backup/copy.h>
#include <gridcase/cli/cli.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "check.h"

enum { PATH_SIZE = 4096, BAR = 24, TELL_MS = 200, CONTROL_S = 30, HOLD_S = 120 };

struct copying {
    char from[PATH_SIZE], to[PATH_SIZE]; // folders
    bool quiet, bar;
    enum copy_state told;
    char told_what[96];
    int64_t told_us;
};

// ---- telling ----

static void tell_bar(struct copying *copying, const struct copy_progress *progress)
{
    int64_t now_us = instant_monotonic_us();
    if (now_us - copying->told_us < (int64_t)TELL_MS * 1000)
        return;
    copying->told_us = now_us;
    int64_t all = progress->all > 0 ? progress->all : 1;
    int64_t done = progress->done < all ? progress->done : all;
    int filled = (int)(done * BAR / all);
    fprintf(stderr, "\r%-11s [%.*s%.*s] %3d %%  %-40.40s\033[K",
            copy_state_to_str(progress->state), filled, "########################",
            BAR - filled, "                        ", (int)(done * 100 / all),
            progress->what);
}

// Without a terminal a line for each state of each city.
static void tell(void *context, const struct copy_progress *progress)
{
    struct copying *copying = context;
    if (copying->quiet)
        return;
    if (copying->bar) {
        tell_bar(copying, progress);
        return;
    }
    size_t length = strcspn(progress->what, ":");
    if (progress->state == copying->told &&
        strncmp(progress->what, copying->told_what, length) == 0)
        return;
    copying->told = progress->state;
    snprintf(copying->told_what, sizeof copying->told_what, "%.*s", (int)length,
             progress->what);
    fprintf(stderr, "%s: %s\n", copying->told_what, copy_state_to_str(progress->state));
}

static void clear_bar(const struct copying *copying)
{
    if (copying->bar && !copying->quiet)
        fprintf(stderr, "\r\033[K");
}

static void print_handed_over(const struct copy_city_result *result)
{
    char compared[INSTANT_TEXT_SIZE];
    instant_to_text(result->compared_ms, compared);
    printf("%s: digest %s of both as of %s; %lld rows that may have changed since were "
           "compared again\n",
           result->slug, result->digest.hex, compared, (long long)result->held_rows);
    printf(
        "%s: nobody could write for %.1f s; it is out of service here now, its work goes "
        "on in the copy\n",
        result->slug, (double)result->held_ms / 1000);
}

static void done(void *context, const struct copy_city_result *result)
{
    char taken[INSTANT_TEXT_SIZE];
    clear_bar(context);
    instant_to_text(result->taken_ms, taken);
    printf("%s: %lld rows as of %s, %lld put and %lld removed here%s, %lld files of photos "
           "(%lld new), %.1f s\n",
           result->slug, (long long)result->rows, taken, (long long)result->put,
           (long long)result->removed, result->went_on ? ", the rest was there" : "",
           (long long)result->photos, (long long)result->photos_new,
           (double)result->took_ms / 1000);
    if (result->held_ms == 0)
        printf("%s: digest %s of both\n", result->slug, result->digest.hex);
    else
        print_handed_over(result);
    fflush(stdout);
}

static void settled(void *context, const char *slug)
{
    clear_bar(context);
    printf("%s: had moved already; it is in service in the copy now\n", slug);
    fflush(stdout);
}

static int check(void *context, const char *slug, struct error *error)
{
    struct copying *copying = context;
    clear_bar(copying);
    printf("%s: ", slug);
    fflush(stdout);
    return cli_check_city(copying->to, slug, CLI_CHECK_QUIET, error);
}

static int ask_server(const struct copying *copying, const char *path, const char *body,
                      struct error *error)
{
    BUFFER_CLEANUP struct buffer answer;
    buffer_init(&answer, BUFFER_CEILING_LINE);
    return control_run(copying->from, path, body, CONTROL_S, &answer, error);
}

// A running server says in words that nobody may write, and lets go of what waits; at the
// end it looks at its cities first, so that what was moved stays closed.
static int hold(void *context, const char *slug, bool held, struct error *error)
{
    struct copying *copying = context;
    char path[160], body[64];
    int code = 0;
    if (!control_is_running(copying->from))
        return 0;
    snprintf(path, sizeof path, "/control/cities/%.63s/hold", slug);
    snprintf(body, sizeof body, "{\"seconds\":%d}", held ? HOLD_S : 0);
    if (!held)
        code = ask_server(copying, "/control/cities", "{}", error);
    return code == 0 ? ask_server(copying, path, body, error) : code;
}

// ---- where ----

static bool is_address(const char *word)
{
    return text_starts(word, "postgresql://") || text_starts(word, "postgres://");
}

// A folder, with or without its engine; or the address of databases, whose folder is data.
static int place_of(const char *word, const char *data, bool make, char out[PATH_SIZE],
                    struct error *error)
{
    char address[PATH_SIZE];
    const char *folder = text_starts(word, "sqlite:") ? word + strlen("sqlite:") : word;
    if (is_address(word) && !data)
        return error_set(error, ERROR_INPUT, "cli.usage",
                         "--data FOLDER says where the photos of %.40s... lie", word);
    if (text_format(out, PATH_SIZE, "%s", is_address(word) ? data : folder) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         word);
    if (!is_address(word))
        return 0;
    int code = file_path(address, sizeof address, out, DB_STORE_ADDRESS, error);
    if (code == 0 && !make && !file_exists(address))
        code = error_set(error, ERROR_NOT_FOUND, "store.missing",
                         "%.300s: no file %s says where its databases are", out,
                         DB_STORE_ADDRESS);
    return code == 0 ? db_store_use(out, word, error) : code;
}

static int refuse_other_engine(const char *word, const char *folder, struct error *error)
{
    char address[PATH_SIZE];
    int code = file_path(address, sizeof address, folder, DB_STORE_ADDRESS, error);
    if (code == 0 && text_starts(word, "sqlite:") && file_exists(address))
        code = error_set(error, ERROR_CONFLICT, "store.elsewhere",
                         "%.300s: its databases are not in the folder", folder);
    return code;
}

static int run_copy(int argc, char **argv, struct error *error)
{
    struct copying copying = {.quiet = cli_flag(&argc, argv, "--quiet") != 0,
                              .bar = isatty(2) == 1,
                              .told = COPY_STATE_COUNT};
    struct copy_options options = {.again = cli_flag(&argc, argv, "--again") != 0,
                                   .hand_over = cli_flag(&argc, argv, "--hand-over") != 0,
                                   .tell = tell,
                                   .check = check,
                                   .hold = hold,
                                   .done = done,
                                   .settled = settled,
                                   .context = &copying};
    const char *from = cli_option(&argc, argv, "--from");
    const char *to = cli_option(&argc, argv, "--to");
    const char *data = cli_option(&argc, argv, "--data");
    options.city = cli_option(&argc, argv, "--city");
    int code = cli_words(argc, argv, 0, 0, error);
    if (code == 0 && (!from || !to || (is_address(from) && is_address(to))))
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         from && to ? "name one of the two by its folder"
                                    : "--from and --to are needed");
    if (code == 0)
        code = place_of(from, data, false, copying.from, error);
    if (code == 0)
        code = refuse_other_engine(from, copying.from, error);
    if (code == 0)
        code = place_of(to, data, true, copying.to, error);
    if (code == 0)
        code = refuse_other_engine(to, copying.to, error);
    if (code != 0)
        return code;
    options.from = copying.from;
    options.to = copying.to;
    options.stop = cli_stop_on_signal();
    code = store_copy(&options, error);
    clear_bar(&copying);
    return code;
}

const struct cli_command cli_store_commands[] = {
    {"store", "copy",
     "--from FOLDER|ADDRESS --to FOLDER|ADDRESS [--data FOLDER] [--city CITY] "
     "[--hand-over] "
     "[--again] [--quiet]",
     "copy cities to another store, of the same or another engine", run_copy},
    {0},
};
