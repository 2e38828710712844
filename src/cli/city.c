// SPDX-License-Identifier: MPL-2.0
// gridcase city: makes, checks, loads and lists cities. See gridcase-city(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/cases/case.h>
#include <gridcase/cases/proposal.h>
#include <gridcase/city/city.h>
#include <gridcase/city/load.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>

enum { PATH_SIZE = 4096, TOLD_PER_SLUG = 10, TOLD_PER_KIND = 20, SLICE = 100 };

struct report_options {
    const char *file; // --report: the whole report as CSV
    int all;          // --all: print every finding
    int quiet;        // --quiet: print errors only
};

static void take_report_options(int *argc, char **argv, struct report_options *ret_options)
{
    ret_options->file = cli_option(argc, argv, "--report");
    ret_options->all = cli_flag(argc, argv, "--all");
    ret_options->quiet = cli_flag(argc, argv, "--quiet");
}

// How many findings of this slug come before this one.
static size_t seen_before(const struct city_report *report, size_t index)
{
    const char *slug = city_report_item(report, index)->slug;
    size_t count = 0;
    for (size_t i = 0; i < index && count <= TOLD_PER_SLUG; i++)
        count += text_equal(city_report_item(report, i)->slug, slug);
    return count;
}

static int write_report(const struct city_report *report, const char *path,
                        struct error *error)
{
    BUFFER_CLEANUP struct buffer csv;
    buffer_init(&csv, BUFFER_CEILING_FILE);
    city_report_csv(report, &csv);
    int code = buffer_check(&csv, error);
    return code < 0 ? code : file_write_atomic(path, csv.data, csv.length, error);
}

static int tell_report(const struct city_report *report,
                       const struct report_options *options, struct error *error)
{
    for (size_t i = 0; i < city_report_count(report); i++) {
        const struct city_finding *finding = city_report_item(report, i);
        if (options->quiet && finding->severity != CITY_ERROR)
            continue;
        size_t before = options->all ? 0 : seen_before(report, i);
        if (before > TOLD_PER_SLUG)
            continue;
        BUFFER_CLEANUP struct buffer line;
        buffer_init(&line, BUFFER_CEILING_LINE);
        city_finding_text(finding, &line);
        if (before < TOLD_PER_SLUG)
            fprintf(stderr, "%s\n", line.data ? line.data : "");
        else
            fprintf(stderr, "%s %s: %zu in all (--all or --report FILE lists them)\n",
                    city_severity_to_str(finding->severity), finding->slug,
                    city_report_count_slug(report, finding->slug));
    }
    if (!options->quiet || city_report_count_of(report, CITY_ERROR))
        fprintf(stderr, "%zu errors, %zu warnings, %zu notes\n",
                city_report_count_of(report, CITY_ERROR),
                city_report_count_of(report, CITY_WARNING),
                city_report_count_of(report, CITY_NOTE));
    return options->file ? write_report(report, options->file, error) : 0;
}

static int refuse_errors(const struct city_report *report, struct error *error)
{
    size_t count = city_report_count_of(report, CITY_ERROR);
    if (count == 0)
        return 0;
    return error_set(error, ERROR_INPUT, "model.errors", "the model has %zu error%s", count,
                     count == 1 ? "" : "s");
}

// ---- check ----
static int run_check(int argc, char **argv, struct error *error)
{
    struct report_options options;
    take_report_options(&argc, argv, &options);
    int code = cli_words(argc, argv, 1, 1, error);
    if (code < 0)
        return code;
    CITY_MODEL_CLEANUP struct city_model *model = NULL;
    struct city_report *report = city_report_new();
    code = city_setup_check(argv[0], report, &model, error);
    if (code == 0)
        code = tell_report(report, &options, error);
    if (code == 0)
        code = refuse_errors(report, error);
    city_report_free(report);
    return code;
}

// ---- new ----
static int new_in_store(const char *data, const char *slug, const struct city_model *model,
                        struct error *error)
{
    struct db_store *store = NULL;
    char token[TOKEN_TEXT_SIZE];
    int code = db_store_open(data, DB_STORE_CREATE, &store, error);
    if (code == 0)
        code = city_setup_new(store, slug, model, instant_now_ms(), token, error);
    if (code == 0) {
        printf("City %s was made in %s.\n", slug, data);
        if (token[0])
            printf("The first administrator opens this address within 72 hours, once:\n"
                   "    /%s/console/#link=%s\n",
                   slug, token);
    }
    db_store_close(store);
    return code;
}

static int run_new(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    int code = cli_store(&argc, argv, data, error);
    if (code == 0)
        code = cli_words(argc, argv, 2, 2, error);
    if (code < 0)
        return code;
    if (control_is_running(data))
        return error_set(error, ERROR_BUSY, "store.locked",
                         "stop the server first: a new city is made without it");
    CITY_MODEL_CLEANUP struct city_model *model = NULL;
    struct city_report *report = city_report_new();
    code = city_model_read_identity(argv[1], report, &model, error);
    if (code == 0 && !text_equal(city_model_slug(model), argv[0]))
        code = error_set(error, ERROR_INPUT, "city.other_slug",
                         "%s is the model of city \"%s\", not of \"%s\"", argv[1],
                         city_model_slug(model), argv[0]);
    if (code == 0)
        code = new_in_store(data, argv[0], model, error);
    city_report_free(report);
    return code;
}

// ---- load ----
struct calendar_pass {
    const struct city_snapshot *city;
    int64_t now_ms;
    unsigned done;
};

static void tell_result(const char *slug, const struct city_load_result *result)
{
    if (result->unchanged)
        printf("City %s: nothing changed, version %lld stays.\n", slug,
               (long long)result->version);
    else
        printf("City %s: version %lld with %zu grids (%zu new, %zu closed), %zu areas "
               "changed.\n",
               slug, (long long)result->version, result->grids, result->grids_new,
               result->grids_closed, result->areas_changed);
    printf("%zu components (%zu new, %zu changed).\n", result->components,
           result->components_new, result->components_changed);
}

static int calendar_slice(struct db *db, void *context, struct error *error)
{
    struct calendar_pass *pass = context;
    return case_upkeep_run(db, pass->city, pass->now_ms, SLICE, &pass->done, error);
}

// Running clocks take on the calendar that was loaded.
static int settle_clocks(struct db_store *store, const char *slug, struct error *error)
{
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    struct calendar_pass pass = {.now_ms = instant_now_ms(), .done = SLICE};
    struct db_lane *lane = NULL;
    int code = city_snapshot_open(store, slug, &city, error);
    if (code == 0)
        code = db_lane_get(store, slug, DB_CASES, &lane, error);
    pass.city = city;
    while (code == 0 && pass.done == SLICE)
        code = db_lane_call(lane, DB_MACHINES, calendar_slice, &pass, error);
    db_lane_put(lane);
    return code;
}

static int load_in_store(const char *data, char **argv,
                         const struct report_options *options, struct error *error)
{
    struct city_report *report = city_report_new();
    struct city_load_result result = {0};
    struct db_store *store = NULL;
    int code = db_store_open(data, 0, &store, error);
    if (code == 0)
        code = city_setup_load(store, argv[0], argv[1], instant_now_ms(), report, &result,
                               error);
    if (code == 0 && city_report_count_of(report, CITY_ERROR) == 0)
        code = settle_clocks(store, argv[0], error);
    db_store_close(store);
    struct error untold;
    if (tell_report(report, options, code == 0 ? error : &untold) < 0 && code == 0)
        code = error->code;
    if (code == 0)
        code = refuse_errors(report, error);
    if (code == 0)
        tell_result(argv[0], &result);
    city_report_free(report);
    return code;
}

// The server owns the folder: it loads, we wait.
static int hand_over(const char *data, char **argv, struct error *error)
{
    char folder[PATH_SIZE];
    if (!realpath(argv[1], folder))
        return error_errno(error, "model.missing", argv[1]);
    BUFFER_CLEANUP struct buffer body;
    BUFFER_CLEANUP struct buffer answer;
    buffer_init(&body, BUFFER_CEILING_LINE);
    buffer_init(&answer, BUFFER_CEILING_REPLY);
    struct json_writer writer;
    json_writer_init(&writer, &body);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "city", argv[0]);
    json_put_text(&writer, "folder", folder);
    json_end_object(&writer);
    int code = control_run(data, "/control/city/load", body.data, 600, &answer, error);
    if (code == 0)
        printf("%s\n", answer.data ? answer.data : "");
    return code;
}

static int run_load(int argc, char **argv, struct error *error)
{
    struct report_options options;
    const char *data = cli_data_folder(&argc, argv);
    take_report_options(&argc, argv, &options);
    int code = cli_words(argc, argv, 2, 2, error);
    if (code < 0)
        return code;
    return control_is_running(data) ? hand_over(data, argv, error)
                                    : load_in_store(data, argv, &options, error);
}

// ---- diff ----
static int tell_difference(struct db *db, const struct city_difference *item,
                           struct error *error)
{
    int64_t open_cases = 0;
    int code = 0;
    if (item->kind == CITY_DIFF_RENEWED || item->kind == CITY_DIFF_CLOSED)
        code = proposal_open_cases(db, item->id, &open_cases, error);
    printf("  %s %s", city_diff_kind_to_str(item->kind), item->code);
    if (item->kind == CITY_DIFF_RENEWED)
        printf(" -> %s", item->new_code);
    if (item->before_m2 > 0 && item->after_m2 > 0 && item->common < 1)
        printf(": %.0f -> %.0f m2", item->before_m2, item->after_m2);
    if (item->kind == CITY_DIFF_RENEWED)
        printf(", %.1f %% in common", 100 * item->common);
    if (item->detail[0])
        printf(": %s", item->detail);
    if (open_cases)
        printf("; %lld open case%s keep%s %s", (long long)open_cases,
               open_cases == 1 ? "" : "s", open_cases == 1 ? "s" : "", item->code);
    printf("\n");
    return code;
}

static void tell_head(const struct city_diff *diff, const char *what)
{
    printf("%-24s", what);
    for (int kind = 0; kind < CITY_DIFF_KIND_COUNT; kind++)
        printf(" %6zu %s", city_diff_count_of(diff, what, (enum city_diff_kind)kind),
               city_diff_kind_to_str((enum city_diff_kind)kind));
    printf("\n");
}

static int tell_diff(struct db *db, const struct city_diff *diff, int all,
                     struct error *error)
{
    const struct city_difference *last = NULL;
    size_t told = 0;
    int code = 0;
    printf("Against model version %lld: %zu differences\n",
           (long long)city_diff_version(diff), city_diff_count(diff));
    for (size_t i = 0; i < city_diff_count(diff) && code == 0; i++) {
        const struct city_difference *item = city_diff_item(diff, i);
        if (!last || !text_equal(last->what, item->what))
            tell_head(diff, item->what);
        if (!last || !text_equal(last->what, item->what) || last->kind != item->kind)
            told = 0;
        last = item;
        if (all || told < TOLD_PER_KIND)
            code = tell_difference(db, item, error);
        else if (told == TOLD_PER_KIND)
            printf("  ... (--all lists them, --table FILE writes them)\n");
        told++;
    }
    return code;
}

struct diff_options {
    struct report_options report;
    const char *table; // --table FILE: the differences as CSV
    int propose;
};

static int write_diff(const struct city_diff *diff, const char *path, struct error *error)
{
    BUFFER_CLEANUP struct buffer csv;
    buffer_init(&csv, BUFFER_CEILING_FILE);
    city_diff_csv(diff, &csv);
    int code = buffer_check(&csv, error);
    return code < 0 ? code : file_write_atomic(path, csv.data, csv.length, error);
}

static int diff_and_tell(struct db_store *store, char **argv,
                         const struct diff_options *options, struct city_report *report,
                         struct error *error)
{
    CITY_DIFF_CLEANUP struct city_diff *diff = city_diff_new();
    DB_READER_CLEANUP struct db *db = NULL;
    char folder[PATH_SIZE];
    if (!realpath(argv[1], folder))
        return error_errno(error, "model.missing", argv[1]);
    int code = city_setup_diff(store, argv[0], folder, report, diff, error);
    if (code == 0)
        code = tell_report(report, &options->report, error);
    if (code == 0)
        code = refuse_errors(report, error);
    if (code == 0)
        code = db_reader_borrow(store, argv[0], DB_CASES, &db, error);
    if (code == 0)
        code = tell_diff(db, diff, options->report.all, error);
    if (code == 0 && options->table)
        code = write_diff(diff, options->table, error);
    if (code == 0 && options->propose) {
        struct proposal proposal = {folder, diff, report, instant_now_ms()};
        code = proposal_write(store, argv[0], &proposal, error);
        if (code == 0)
            printf("Proposed: an administrator of %s sees it and may load it.\n", argv[0]);
    }
    return code;
}

static int run_diff(int argc, char **argv, struct error *error)
{
    struct diff_options options = {.table = cli_option(&argc, argv, "--table")};
    const char *data = cli_data_folder(&argc, argv);
    take_report_options(&argc, argv, &options.report);
    options.propose = cli_flag(&argc, argv, "--propose");
    int code = cli_words(argc, argv, 2, 2, error);
    struct db_store *store = NULL;
    struct city_report *report = city_report_new();
    if (code == 0)
        code = db_store_open(data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0)
        code = diff_and_tell(store, argv, &options, report, error);
    city_report_free(report);
    db_store_close(store);
    return code;
}

// ---- list, show ----
static int print_city(void *context, const struct db_city_row *city)
{
    (void)context;
    printf("%-24s %-8s %s%s%s\n", city->slug, city->state, city->host ? city->host : "",
           city->reason ? " " : "", city->reason ? city->reason : "");
    return 0;
}

static int open_to_read(const char *data, struct db_store **ret_store, struct error *error)
{
    return db_store_open(data, DB_STORE_READ_ONLY, ret_store, error);
}

static int run_list(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    int code = cli_words(argc, argv, 0, 0, error);
    struct db_store *store = NULL;
    if (code == 0)
        code = open_to_read(data, &store, error);
    if (code == 0)
        code = db_store_city_each(store, print_city, NULL, error);
    db_store_close(store);
    return code;
}

static void show_levels(const struct city_snapshot *city)
{
    for (size_t i = 0; i < city_levels(city); i++) {
        const struct city_level *level = city_level(city, i);
        size_t count = 0;
        for (size_t a = 0; a < city_areas(city); a++)
            count += city_area(city, a)->level == i && !city_area(city, a)->closed;
        printf("level %-18s %zu areas, %s\n", level->code, count,
               city_level_kind_to_str(level->kind));
    }
}

static void show(const struct city_snapshot *city)
{
    double box[4];
    size_t grids = 0;
    size_t departments = 0;
    city_bbox(city, box);
    for (size_t i = 0; i < city_grids(city); i++)
        grids += !city_grid(city, i)->closed;
    for (size_t i = 0; i < city_departments(city); i++)
        departments += !city_department(city, i)->closed;
    printf("city %s: %s\n", city_slug(city), city_name(city, "en"));
    printf("model version           %lld%s\n", (long long)city_model_version(city),
           city_is_demo(city) ? " (demo)" : "");
    printf("time zone               %s\n", city_time_zone(city));
    printf("box                     %.5f,%.5f,%.5f,%.5f\n", box[0], box[1], box[2], box[3]);
    printf("unit grids              %zu\n", grids);
    show_levels(city);
    printf("coverage layers         %zu\n", city_coverage_layers(city));
    printf("departments             %zu\n", departments);
    for (int rules = 0; rules < CITY_RULES_COUNT; rules++) {
        static const char *const words[CITY_RULES_COUNT] = {"catalogue", "calendar",
                                                            "routing", "process"};
        printf("%-10s version      %lld\n", words[rules],
               (long long)city_rules_current(city, (enum city_rules)rules));
    }
    printf("%s\n", city_attribution(city));
}

static int run_show(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    int code = cli_words(argc, argv, 1, 1, error);
    struct db_store *store = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    if (code == 0)
        code = open_to_read(data, &store, error);
    if (code == 0)
        code = city_snapshot_open(store, argv[0], &city, error);
    if (code == 0)
        show(city);
    city = city_snapshot_free(city);
    db_store_close(store);
    return code;
}

const struct cli_command cli_city_commands[] = {
    {"city", "new", "CITY FOLDER", "make a city from a model folder's city.ini", run_new},
    {"city", "load", "CITY FOLDER [--report FILE] [--all] [--quiet]",
     "check a model folder and store it as a new version", run_load},
    {"city", "diff",
     "CITY FOLDER [--propose] [--table FILE] [--report FILE] [--all] [--quiet]",
     "what loading a model folder would change", run_diff},
    {"city", "check", "FOLDER [--report FILE] [--all] [--quiet]",
     "check a model folder, change nothing", run_check},
    {"city", "list", "", "list the cities of a data folder", run_list},
    {"city", "show", "CITY", "what a city's model holds", run_show},
    {NULL, NULL, NULL, NULL, NULL},
};
