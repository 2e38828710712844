// SPDX-License-Identifier: MPL-2.0
// gridcase what-if: which cases of a period would have gone late, in time or elsewhere by a
// draft of the model. See gridcase-what-if(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/what_if.h>
#include <gridcase/city/draft.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

enum { ARENA = 256 * 1024 * 1024, LIST_DEFAULT = 30, PATH_SIZE = 4096 };

struct trial {
    struct db_store *store;
    struct city_snapshot *city;
    struct db *db;
    struct city_draft *draft;
    struct city_report *report;
    struct city_diff *diff;
    struct arena *arena;
    struct buffer csv;
    const char *table; // --table FILE
    int64_t limit;
    struct what_if_options options;
};

static int open_trial(struct trial *trial, const char *data, char **argv,
                      struct error *error)
{
    char folder[PATH_SIZE];
    if (realpath(argv[1], folder) == NULL)
        return error_errno(error, "model.missing", argv[1]);
    int code = db_store_open(data, DB_STORE_READ_ONLY, &trial->store, error);
    if (code == 0)
        code = city_snapshot_open(trial->store, argv[0], &trial->city, error);
    if (code == 0)
        code = db_open(trial->store, argv[0], DB_CASES, DB_READ, &trial->db, error);
    if (code == 0)
        code = city_draft_open(trial->store, argv[0], folder, trial->report, trial->diff,
                               &trial->draft, error);
    return code;
}

static void close_trial(struct trial *trial)
{
    city_draft_close(trial->draft);
    city_diff_free(trial->diff);
    city_report_free(trial->report);
    db_close(trial->db);
    city_snapshot_free(trial->city);
    db_store_close(trial->store);
    buffer_done(&trial->csv);
    arena_free(trial->arena);
}

// ---- words ----
static const char *limit_words(const struct limit *limit, char *out, size_t size)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    if (limit->unit != LIMIT_NONE)
        limit_text(limit, "en", &text);
    snprintf(out, size, "%.*s", (int)text.length, text.length > 0 ? text.data : "");
    return *out != '\0' ? out : "-";
}

static const char *instant_words(int64_t instant_ms, char *out)
{
    if (instant_ms == INSTANT_NONE)
        return "-";
    instant_to_text(instant_ms, out);
    return out;
}

static const char *department_words(const struct what_if_route *route)
{
    return route->department[0] != '\0' ? route->department : "by hand";
}

static const char *class_code(const struct trial *trial, int64_t class_id)
{
    const char *code = city_class_code(trial->city, class_id);
    return code != NULL ? code : "-";
}

// ---- the file with every case ----
static void put_side(struct buffer *csv, const struct what_if_side *side)
{
    char limit[100], due[INSTANT_TEXT_SIZE];
    buffer_format(csv, ",%s,%" PRId64 ",%s,%s,%s,%" PRId64 ",",
                  limit_words(&side->clock.limit, limit, sizeof limit),
                  side->clock.limit_line, instant_words(side->clock.due_ms, due),
                  what_if_verdict_to_str(side->clock.verdict),
                  department_words(&side->route), side->route.line);
    buffer_append_char(csv, '"');
    for (const char *at = side->route.rule; *at != '\0'; at++) {
        if (*at == '"')
            buffer_append_char(csv, '"');
        buffer_append_char(csv, *at);
    }
    buffer_append_char(csv, '"');
}

static int put_case(void *context, const struct what_if_case *one, struct error *error)
{
    struct trial *trial = context;
    struct buffer *csv = &trial->csv;
    char opened[INSTANT_TEXT_SIZE], handled[INSTANT_TEXT_SIZE];
    buffer_format(csv, "%s,%s,%s,%s,%s,%s,%d,%d", one->number,
                  instant_words(one->opened_ms, opened), one->department,
                  class_code(trial, one->class_id), instant_words(one->handled_ms, handled),
                  what_if_verdict_to_str(one->was), one->late_flips, one->route_flips);
    put_side(csv, &one->now);
    put_side(csv, &one->draft);
    buffer_append_char(csv, '\n');
    return buffer_check(csv, error);
}

static void begin_table(struct trial *trial)
{
    static const char *const SIDE[] = {"limit",      "limit_line", "due", "verdict",
                                       "department", "rule_line",  "rule"};
    buffer_append_text(
        &trial->csv,
        "case,reported,department,class,handled,was,verdict_flips,department_flips");
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < sizeof SIDE / sizeof *SIDE; k++)
            buffer_format(&trial->csv, ",%s_%s", i == 0 ? "now" : "draft", SIDE[k]);
    buffer_append_char(&trial->csv, '\n');
    trial->options.told = put_case;
    trial->options.context = trial;
}

// ---- for a person ----
static void print_case(const struct trial *trial, const struct what_if_case *one)
{
    char opened[INSTANT_TEXT_SIZE], now[INSTANT_TEXT_SIZE], draft[INSTANT_TEXT_SIZE];
    char handled[INSTANT_TEXT_SIZE], limit[100], other[100];
    printf("%s\t%s\t%s\t%s\n", one->number, instant_words(one->opened_ms, opened),
           one->department, class_code(trial, one->class_id));
    if (one->late_flips)
        printf("  %s -> %s: %s, due %s -> %s, due %s; handled %s\n",
               what_if_verdict_to_str(one->now.clock.verdict),
               what_if_verdict_to_str(one->draft.clock.verdict),
               limit_words(&one->now.clock.limit, limit, sizeof limit),
               instant_words(one->now.clock.due_ms, now),
               limit_words(&one->draft.clock.limit, other, sizeof other),
               instant_words(one->draft.clock.due_ms, draft),
               instant_words(one->handled_ms, handled));
    if (one->route_flips)
        printf("  %s -> %s: line %" PRId64 " \"%s\" -> line %" PRId64 " \"%s\"\n",
               department_words(&one->now.route), department_words(&one->draft.route),
               one->now.route.line, one->now.route.rule, one->draft.route.line,
               one->draft.route.rule);
}

static void print_rows(const char *head, const struct what_if_row *rows, size_t count)
{
    printf("\n%s\tcases\twould be late\twould be in time\twould go elsewhere\n", head);
    for (size_t i = 0; i < count; i++)
        printf("%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", rows[i].code,
               rows[i].cases, rows[i].to_late, rows[i].to_in_time, rows[i].elsewhere);
}

static void print_result(const struct trial *trial, const struct what_if_result *result)
{
    printf("cases %" PRId64 "\twith a limit %" PRId64 "\twould be late %" PRId64
           "\twould be in time %" PRId64 "\twould go elsewhere %" PRId64
           "\tother deadline %" PRId64 "\n",
           result->cases, result->clocked, result->to_late, result->to_in_time,
           result->elsewhere, result->due_moved);
    if (result->no_class + result->chain + result->unreadable > 0)
        printf("not compared: %" PRId64
               " whose class or condition the draft has not, %" PRId64
               " whose limit becomes another chain, %" PRId64
               " whose moves do not fit the draft's limit\n",
               result->no_class, result->chain, result->unreadable);
    if (result->since > 0)
        printf("%" PRId64 " would be judged otherwise than they were by the rules in force "
               "already\n",
               result->since);
    print_rows("department", result->departments, result->department_count);
    print_rows("class", result->classes, result->class_count);
    if (result->listed > 0)
        printf("\n");
    for (size_t i = 0; i < result->listed && (int64_t)i < trial->limit; i++)
        print_case(trial, &result->list[i]);
}

// ---- the command ----
static int read_period(struct trial *trial, const char *from, const char *to,
                       struct error *error)
{
    const struct calendar *calendar = city_calendar(trial->city, 0);
    int64_t now_ms = instant_now_ms(), to_day = calendar_day(calendar, now_ms);
    int64_t from_day = 0;
    int code = to != NULL ? date_from_text(to, strlen(to), &to_day, error) : 0;
    from_day = to_day - WHAT_IF_DAYS + 1;
    if (code == 0 && from != NULL)
        code = date_from_text(from, strlen(from), &from_day, error);
    if (code == 0 && from_day > to_day)
        code = error_set(error, ERROR_INPUT, "cli.usage", "--from is after --to");
    trial->options.now_ms = now_ms;
    trial->options.from_ms = calendar_day_start(calendar, from_day);
    trial->options.to_ms = calendar_day_start(calendar, to_day + 1);
    return code;
}

static void tell_findings(const struct city_report *report)
{
    for (size_t i = 0; i < city_report_count(report); i++) {
        if (city_report_item(report, i)->severity != CITY_ERROR)
            continue;
        BUFFER_CLEANUP struct buffer line;
        buffer_init(&line, BUFFER_CEILING_LINE);
        city_finding_text(city_report_item(report, i), &line);
        fprintf(stderr, "%.*s\n", (int)line.length, line.length > 0 ? line.data : "");
    }
}

static int try_out(struct trial *trial, struct error *error)
{
    struct what_if_result result;
    trial->options.same_calendar = what_if_same_calendar(trial->diff);
    if (trial->table != NULL)
        begin_table(trial);
    int code = what_if_run(trial->db, trial->city, city_draft_snapshot(trial->draft),
                           &trial->options, trial->arena, &result, error);
    if (code == 0)
        print_result(trial, &result);
    if (code == 0 && trial->table != NULL)
        code = file_write_atomic(trial->table, trial->csv.data, trial->csv.length, error);
    return code;
}

static int run(int argc, char **argv, struct error *error)
{
    struct trial trial = {.arena = arena_new(ARENA),
                          .report = city_report_new(),
                          .diff = city_diff_new(),
                          .limit = LIST_DEFAULT};
    const char *data = cli_data_folder(&argc, argv);
    const char *from = cli_option(&argc, argv, "--from");
    const char *to = cli_option(&argc, argv, "--to");
    const char *limit = cli_option(&argc, argv, "--limit");
    trial.table = cli_option(&argc, argv, "--table");
    buffer_init(&trial.csv, BUFFER_CEILING_FILE);
    int code = cli_words(argc, argv, 2, 2, error);
    if (code == 0 && limit != NULL &&
        (text_to_int(limit, strlen(limit), &trial.limit, error) != 0 || trial.limit < 0 ||
         trial.limit > WHAT_IF_LIST_MOST))
        code = error_set(error, ERROR_INPUT, "cli.usage", "--limit is 0 to %d",
                         WHAT_IF_LIST_MOST);
    if (code == 0)
        code = open_trial(&trial, data, argv, error);
    if (code != 0)
        tell_findings(trial.report);
    if (code == 0)
        code = read_period(&trial, from, to, error);
    if (code == 0)
        code = try_out(&trial, error);
    close_trial(&trial);
    return code;
}

const struct cli_command cli_what_if_commands[] = {
    {"what-if", NULL,
     "CITY FOLDER [--from DATE] [--to DATE] [--limit N] [--table FILE] [--data FOLDER]",
     "which cases a draft of the model would have judged or sent otherwise", run},
    {NULL, NULL, NULL, NULL, NULL},
};
