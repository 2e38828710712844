// SPDX-License-Identifier: MPL-2.0
// gridcase replay: plays a record of real service requests. See gridcase-replay(1).
#include <gridcase/cli/cli.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/account/account.h>
#include <gridcase/cases/replay.h>
#include <gridcase/city/city.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>

enum { PATH_SIZE = 4096, TOLD_REFUSALS = 20 };

static void print_progress(void *context, const struct replay_progress *progress)
{
    (void)context;
    cli_print_moves(progress->reports, progress->moves, progress->record_ms);
}

// The first refusals are printed; all of them go into --refused.
struct refusals {
    int told;
    FILE *file; // NULL: not asked for
};

static void put_cell(FILE *file, const char *text)
{
    fputs(",\"", file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void print_refused(void *context, int64_t line, const char *row_id,
                          const struct error *error)
{
    struct refusals *refusals = context;
    if (refusals->told++ < TOLD_REFUSALS)
        fprintf(stderr, "line %lld, %s: %s (%s)\n", (long long)line, row_id, error->message,
                error->slug);
    if (!refusals->file)
        return;
    fprintf(refusals->file, "%lld", (long long)line);
    put_cell(refusals->file, row_id);
    put_cell(refusals->file, error->slug);
    put_cell(refusals->file, error->message);
    fputc('\n', refusals->file);
}

static int open_refusals(const char *path, struct refusals *refusals, struct error *error)
{
    if (path && !(refusals->file = fopen(path, "w")))
        return error_errno(error, "replay.refused", path);
    if (refusals->file)
        fputs("line,id,code,reason\n", refusals->file);
    return 0;
}

// `status`: how the replay went, which is told before what the list's file says.
static int close_refusals(struct refusals *refusals, int status, struct error *error)
{
    if (refusals->told > TOLD_REFUSALS)
        fprintf(stderr, "... and %d more refusals\n", refusals->told - TOLD_REFUSALS);
    if (!refusals->file)
        return status;
    bool failed = ferror(refusals->file) != 0;
    failed = fclose(refusals->file) != 0 || failed;
    if (status == 0 && failed)
        return error_errno(error, "replay.refused", "the list of refused rows");
    return status;
}

static int read_speed(const char *text, double *ret_speed, struct error *error)
{
    *ret_speed = 0;
    if (!text || strcmp(text, "max") == 0)
        return 0;
    int status = text_to_double(text, strlen(text), ret_speed, error);
    if (status == 0 && (*ret_speed <= 0 || *ret_speed > 1e6))
        status = error_set(error, ERROR_INPUT, "cli.usage",
                           "--speed is a number above 0, or max");
    return status;
}

// The server owns the folder: it plays, we wait.
static int hand_over(const char *data, const char *slug,
                     const struct replay_options *options, struct error *error)
{
    char source[PATH_SIZE], map[PATH_SIZE];
    if (!realpath(options->source, source) || !realpath(options->map, map))
        return error_errno(error, "replay.file", "record or map");
    struct buffer body BUFFER_CLEANUP, answer BUFFER_CLEANUP;
    buffer_init(&body, BUFFER_CEILING_LINE);
    buffer_init(&answer, BUFFER_CEILING_LINE);
    struct json_writer writer;
    json_writer_init(&writer, &body);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "city", slug);
    json_put_text(&writer, "source", source);
    json_put_text(&writer, "map", map);
    json_put_double(&writer, "speed", options->speed, 6);
    json_put_double(&writer, "gap_s", options->gap_s, 3);
    json_put_bool(&writer, "shift_to_now", options->shift_to_now);
    json_put_bool(&writer, "until_now", options->until_now);
    json_put_bool(&writer, "live", options->live);
    json_put_int(&writer, "most_rows", options->most_rows);
    json_end_object(&writer);
    int status = control_run(data, "/control/replay", body.data, 60, &answer, error);
    if (status == 0)
        printf("the server plays it: %s\n", answer.data ? answer.data : "");
    return status;
}

// Tasks of a roster go to people by their ids.
static int learn_roster(struct db_store *store, const char *slug,
                        const struct city_snapshot *city, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int status = db_reader_borrow(store, slug, DB_CASES, &db, error);
    return status != 0 ? status : account_roster_learn(db, city_roster(city), error);
}

static int play_here(struct db_store *store, const char *slug, bool bulk,
                     struct replay_options *options, struct error *error)
{
    options->stop = cli_stop_on_signal();
    options->progress = print_progress;
    options->refused = print_refused;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    int status = city_snapshot_open(store, slug, &city, error);
    if (status == 0)
        status = learn_roster(store, slug, city, error);
    if (status != 0)
        return status;
    struct replay_progress progress = {0};
    status =
        (bulk ? replay_load_lives : replay_run)(store, city, options, &progress, error);
    printf("%lld rows: %lld refused; %lld reports and %lld moves made, %lld were there "
           "already, "
           "%lld %s refused\n",
           (long long)progress.rows, (long long)progress.rows_refused,
           (long long)progress.reports, (long long)progress.moves,
           (long long)progress.repeated, (long long)progress.moves_refused,
           bulk ? "rows" : "moves");
    return status;
}

// Whole lives come at once: nothing is played in time, and no server may be running.
static int check_bulk(const struct replay_options *options, const char *speed,
                      const char *gap, struct error *error)
{
    if (speed || gap || options->until_now || options->live)
        return error_set(error, ERROR_INPUT, "cli.usage",
                         "--bulk goes with --map, --limit and --shift-to-now only");
    return 0;
}

static int run(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    struct replay_options options = {.map = cli_option(&argc, argv, "--map")};
    const char *speed = cli_option(&argc, argv, "--speed");
    const char *most = cli_option(&argc, argv, "--limit");
    const char *gap = cli_option(&argc, argv, "--gap");
    options.shift_to_now = cli_flag(&argc, argv, "--shift-to-now");
    options.until_now = cli_flag(&argc, argv, "--until-now");
    options.live = cli_flag(&argc, argv, "--live");
    const char *refused = cli_option(&argc, argv, "--refused");
    bool bulk = cli_flag(&argc, argv, "--bulk") != 0;
    int status = cli_words(argc, argv, 2, 2, error);
    if (status == 0 && bulk)
        status = check_bulk(&options, speed, gap, error);
    if (status == 0 && !options.map)
        status = error_set(error, ERROR_INPUT, "cli.usage", "--map FILE.ini is missing");
    if (status == 0)
        status = read_speed(speed, &options.speed, error);
    if (status == 0 && gap)
        status = text_to_double(gap, strlen(gap), &options.gap_s, error);
    if (status == 0 && most)
        status = text_to_int(most, strlen(most), &options.most_rows, error);
    if (status != 0)
        return status;
    options.source = argv[1];
    struct db_store *store = NULL;
    status = db_store_open(data, 0, &store, error);
    if (status == ERROR_BUSY && !bulk && !refused && control_is_running(data))
        return hand_over(data, argv[0], &options, error);
    struct refusals refusals = {0};
    options.refused_context = &refusals;
    if (status == 0)
        status = open_refusals(refused, &refusals, error);
    if (status == 0)
        status = play_here(store, argv[0], bulk, &options, error);
    status = close_refusals(&refusals, status, error);
    db_store_close(store);
    return status;
}

const struct cli_command cli_replay_commands[] = {
    {"replay", NULL,
     "CITY FILE --map FILE.ini [--speed N|max] [--shift-to-now] [--until-now] [--live] "
     "[--gap SECONDS] [--limit ROWS] [--bulk] [--refused FILE]",
     "play a record of real service requests", run},
    {0},
};
