// SPDX-License-Identifier: MPL-2.0
// gridcase play: a city's cases made up from a plan and a seed. See gridcase-play(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/play.h>
#include <gridcase/city/city.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

enum { PATH_SIZE = 4096, DAYS_USUAL = 28, DAYS_MOST = 3660 };

static void print_progress(void *context, const struct play_progress *progress)
{
    (void)context;
    cli_print_moves(progress->reports, progress->moves, progress->at_ms);
}

static int play_here(struct db_store *store, const char *slug, struct play_options *options,
                     struct error *error)
{
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    struct play_progress progress = {0};
    int code = city_snapshot_open(store, slug, &city, error);
    if (code != 0)
        return code;
    options->stop = cli_stop_on_signal();
    options->progress = print_progress;
    code = play_run(store, city, options, &progress, error);
    printf(
        "%lld synthetic reports and %lld moves made, %lld tries refused, %lld cases given "
        "up\n",
        (long long)progress.reports, (long long)progress.moves, (long long)progress.refused,
        (long long)progress.given_up);
    return code;
}

// The server owns the folder: it plays, in real time.
static int hand_over(const char *data, const char *slug, const struct play_options *options,
                     struct error *error)
{
    char plan[PATH_SIZE];
    if (!options->live)
        return error_set(error, ERROR_BUSY, "play.server_runs",
                         "a server is running: it can only play --live");
    if (!realpath(options->plan, plan))
        return error_errno(error, "play.plan", options->plan);
    struct buffer body BUFFER_CLEANUP, answer BUFFER_CLEANUP;
    buffer_init(&body, BUFFER_CEILING_LINE);
    buffer_init(&answer, BUFFER_CEILING_LINE);
    struct json_writer writer;
    json_writer_init(&writer, &body);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "city", slug);
    json_put_text(&writer, "plan", plan);
    json_put_int(&writer, "seed", (int64_t)(options->seed & INT64_MAX));
    json_put_double(&writer, "speed", options->speed, 6);
    json_end_object(&writer);
    int code = control_run(data, "/control/play", body.data, 60, &answer, error);
    if (code == 0)
        printf("the server plays it: %s\n", answer.data ? answer.data : "");
    return code;
}

static int read_number(const char *option, const char *text, int64_t least, int64_t most,
                       int64_t *value, struct error *error)
{
    if (text && (text_to_int(text, strlen(text), value, NULL) < 0 || *value < least ||
                 *value > most))
        return error_set(error, ERROR_INPUT, "cli.usage", "%s takes %lld to %lld", option,
                         (long long)least, (long long)most);
    return 0;
}

static int read_options(int *argc, char **argv, struct play_options *options,
                        struct error *error)
{
    const char *days_text = cli_option(argc, argv, "--days");
    const char *seed_text = cli_option(argc, argv, "--seed");
    const char *speed_text = cli_option(argc, argv, "--speed");
    int64_t days = DAYS_USUAL, seed = 1;
    options->plan = cli_option(argc, argv, "--plan");
    options->live = cli_flag(argc, argv, "--live") != 0;
    options->speed = 1;
    int code = cli_words(*argc, argv, 1, 1, error);
    if (code == 0 && !options->plan)
        code = error_set(error, ERROR_INPUT, "cli.usage", "--plan FILE.ini is missing");
    if (code == 0 && (options->live ? days_text : speed_text) != NULL)
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         "--days goes without --live, --speed with it");
    if (code == 0)
        code = read_number("--days", days_text, 1, DAYS_MOST, &days, error);
    if (code == 0)
        code = read_number("--seed", seed_text, 0, INT64_MAX, &seed, error);
    if (code == 0 && speed_text &&
        (text_to_double(speed_text, strlen(speed_text), &options->speed, NULL) < 0 ||
         !(options->speed >= 0.1 && options->speed <= 1000)))
        code = error_set(error, ERROR_INPUT, "cli.usage", "--speed takes 0.1 to 1000");
    options->seed = (uint64_t)seed;
    options->to_ms = instant_now_ms();
    options->from_ms = options->to_ms - days * 24 * 3600 * 1000;
    return code;
}

static int run(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    struct play_options options = {0};
    struct db_store *store = NULL;
    int code = read_options(&argc, argv, &options, error);
    if (code != 0)
        return code;
    code = db_store_open(data, 0, &store, error);
    if (code == ERROR_BUSY && control_is_running(data))
        return hand_over(data, argv[0], &options, error);
    if (code == 0)
        code = play_here(store, argv[0], &options, error);
    db_store_close(store);
    return code;
}

const struct cli_command cli_play_commands[] = {
    {"play", NULL, "CITY --plan FILE.ini [--days N] [--seed N] | --live [--speed N]",
     "make up a city's cases from a plan and a seed", run},
    {0},
};
