// SPDX-License-Identifier: MPL-2.0
// gridcase route: rules proposed from a city's own record. See gridcase-route(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/cases/route_propose.h>
#include <gridcase/city/city.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/zone.h>

enum { TOLD_CLASSES = 15 };

struct telling {
    int told, most;
};

static void tell_class(void *context, const char *class_name, int64_t cases, int64_t right)
{
    struct telling *telling = context;
    if (telling->told == telling->most)
        return;
    if (telling->told++ == 0)
        printf("\nClasses with the most wrong answers:\n   cases   right\n");
    printf("%8" PRId64 "  %5.1f %%  %s\n", cases, 100.0 * (double)right / (double)cases,
           class_name);
}

static int read_day(const char *text, size_t length, int32_t *ret_day, struct error *error)
{
    int64_t day = 0;
    if (date_from_text(text, length, &day, NULL) < 0 || day < 0 || day > INT32_MAX - 1)
        return error_set(error, ERROR_INPUT, "cli.usage", "'%.*s' is no day (YYYY-MM-DD)",
                         (int)(length < 40 ? length : 40), text);
    *ret_day = (int32_t)day;
    return 0;
}

static int take_days(const char *until, const char *judge,
                     struct route_propose_options *options, struct error *error)
{
    const char *dots = judge ? strstr(judge, "..") : NULL;
    if (!until || !dots)
        return error_set(error, ERROR_INPUT, "cli.usage",
                         "--until DAY and --judge DAY..DAY are needed");
    int code = read_day(until, strlen(until), &options->learn_until_day, error);
    if (code == 0)
        code = read_day(judge, (size_t)(dots - judge), &options->judge_from_day, error);
    if (code == 0)
        code = read_day(dots + 2, strlen(dots + 2), &options->judge_until_day, error);
    options->learn_until_day++; // both ends are included
    options->judge_until_day++;
    if (code == 0 && (options->judge_from_day < options->learn_until_day ||
                      options->judge_until_day <= options->judge_from_day))
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         "the days judged have to come after those learned from");
    return code;
}

static double share(int64_t part, int64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void tell(const struct route_report *report, const char *folder)
{
    printf("%" PRId64 " rows, %" PRId64 " without a known class, department or time.\n",
           report->rows, report->rows_unusable);
    printf("Learned from %" PRId64 " cases: %" PRId64 " rules, %" PRId64
           " coverage layers.\n",
           report->learned, report->rules, report->layers);
    printf("Judged by %" PRId64 " later cases; %" PRId64
           " matched no rule and count as wrong.\n",
           report->judged, report->unmatched);
    printf("                        department    queue\n");
    printf("by these rules            %6.2f %%  %6.2f %%\n",
           share(report->department_right, report->judged),
           share(report->queue_right, report->judged));
    printf("by the class's majority   %6.2f %%  %6.2f %%\n",
           share(report->plain_department_right, report->judged),
           share(report->plain_queue_right, report->judged));
    if (folder)
        printf("The proposal is in %s; nothing is in force until it is loaded.\n", folder);
}

static int run_learn(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    struct telling telling = {0, TOLD_CLASSES};
    struct route_propose_options options = {.told = tell_class, .told_context = &telling};
    struct route_report report;
    struct db_store *store = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    const char *until = cli_option(&argc, argv, "--until");
    const char *judge = cli_option(&argc, argv, "--judge");
    options.map = cli_option(&argc, argv, "--map");
    options.folder = cli_option(&argc, argv, "--to");
    options.keys = cli_flag(&argc, argv, "--keys") != 0;
    int code = take_days(until, judge, &options, error);
    if (code == 0 && !options.map)
        code = error_set(error, ERROR_INPUT, "cli.usage", "--map FILE is needed");
    if (code == 0)
        code = cli_words(argc, argv, 2, 2, error);
    if (code == 0)
        code = db_store_open(data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0)
        code = city_snapshot_open(store, argv[0], &city, error);
    if (code == 0) {
        options.source = argv[1];
        code = route_propose(city, &options, &report, error);
    }
    if (code == 0) {
        printf("\n");
        tell(&report, options.folder);
    }
    city = city_snapshot_free(city);
    db_store_close(store);
    return code;
}

const struct cli_command cli_route_commands[] = {
    {"route", "learn",
     "CITY RECORD --map FILE --until DAY --judge DAY..DAY [--keys] [--to FOLDER]",
     "propose routing rules from a record and judge them", run_learn},
    {NULL, NULL, NULL, NULL, NULL},
};
