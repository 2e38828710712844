// SPDX-License-Identifier: MPL-2.0
// gridcase ahead: which open cases will go late, and how well that held on past days. See
// gridcase-ahead(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/city/city.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/evaluation/ahead.h>
#include <gridcase/evaluation/shift.h>
#include <gridcase/rules/zone.h>

enum { AHEAD_ARENA = 256 * 1024 * 1024 };

struct office {
    struct db_store *store;
    struct city_snapshot *city;
    struct db *db;
    struct facts *facts;
    struct arena *arena;
};

static int office_open(struct office *office, const char *data, const char *slug,
                       struct error *error)
{
    int code = db_store_open(data, DB_STORE_READ_ONLY, &office->store, error);
    if (code == 0)
        code = city_snapshot_open(office->store, slug, &office->city, error);
    if (code == 0)
        code = db_open(office->store, slug, DB_CASES, DB_READ, &office->db, error);
    return code;
}

static void office_close(struct office *office)
{
    facts_free(office->facts);
    db_close(office->db);
    city_snapshot_free(office->city);
    db_store_close(office->store);
    arena_free(office->arena);
}

static const char *department_code(const struct office *office, int64_t id)
{
    const struct city_department *department = city_department_by_id(office->city, id);
    return department != NULL ? department->code : "-";
}

// ---- the open cases ----
static void print_forecasts(const struct office *office, const struct ahead_answer *answer)
{
    printf("open %" PRId64 "\tlate already %" PRId64 "\tlikely late %" PRId64
           "\texpected late %.1f\tnothing said %" PRId64 "\tpast cases %" PRId64 "\n\n",
           answer->open, answer->overdue, answer->likely, answer->expected, answer->unknown,
           answer->past);
    printf("department\topen\tlate already\tlikely late\texpected late\tload\tusual\n");
    for (size_t i = 0; i < answer->department_count; i++) {
        const struct ahead_department *one = &answer->departments[i];
        printf("%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%.1f\t%.0f\t%.1f\n",
               department_code(office, one->id), one->open, one->overdue, one->likely,
               one->expected, one->load, one->usual);
    }
    printf("\nlate\tcase\tdue (UTC)\tdepartment\tclass\tgone\twent late\tof\tlike it by\n");
    for (size_t i = 0; i < answer->count; i++) {
        const struct ahead_case *one = &answer->cases[i];
        char due[INSTANT_TEXT_SIZE];
        const char *class_code = city_class_code(office->city, one->class_id);
        instant_to_text(one->due_ms, due);
        printf("%.0f%%\t%s\t%s\t%s\t%s\t%.0f%%\t%" PRId64 "\t%" PRId64 "\t%s\n",
               100 * one->forecast.probability, one->number, due,
               department_code(office, one->department_id),
               class_code != NULL ? class_code : "-", 100 * one->forecast.gone,
               one->forecast.late, one->forecast.past,
               ahead_basis_to_str(one->forecast.basis));
    }
}

// ---- how well it held ----
static void print_calibration(const struct ahead_calibration *told)
{
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
    date_to_text(told->from_day, from);
    date_to_text(told->to_day, to);
    printf("%s to %s, every %" PRId64 " days at noon: %" PRId64 " days, %" PRId64
           " forecasts, %" PRId64 " went late; nothing said of %" PRId64
           ", not known yet of %" PRId64 "\n\n",
           from, to, told->step_days, told->stands, told->count, told->late, told->unknown,
           told->pending);
    printf("forecast\tcases\tmean forecast\twent late\n");
    for (int i = 0; i < AHEAD_TENTHS; i++) {
        const struct ahead_tenth *tenth = &told->tenths[i];
        printf("%d-%d%%\t%" PRId64, 100 / AHEAD_TENTHS * i, 100 / AHEAD_TENTHS * (i + 1),
               tenth->count);
        if (tenth->count > 0)
            printf("\t%.1f%%\t%.1f%%\n", 100 * tenth->expected / (double)tenth->count,
                   100 * (double)tenth->late / (double)tenth->count);
        else
            printf("\t-\t-\n");
    }
    if (told->count > 0)
        printf("\nBrier score (0: never wrong)\tforecast %.4f\twithout load %.4f\t"
               "one share for all %.4f\n",
               told->brier, told->brier_plain, told->brier_base);
}

// ---- the smallest shift of work ----
static const char *party_name(const struct office *office, const struct shift_party *party)
{
    return party->role < 0 ? department_code(office, party->id) : party->login;
}

static void print_shift(const struct office *office, const struct shift_answer *answer)
{
    printf("looked at %" PRId64 "\twould not be reached in time %" PRId64
           "\tavoided by moving as many %" PRId64 "\tpace not known %" PRId64
           "\tnot looked at %" PRId64 "\n\n",
           answer->looked_at, answer->late, answer->avoided, answer->unknown,
           answer->passed_over);
    printf("holder\tholds\tlate already\tusual a day\tnot reached\tgives\ttakes\n");
    for (size_t i = 0; i < answer->party_count; i++) {
        const struct shift_party *one = &answer->parties[i];
        printf("%s\t%" PRId64 "\t%" PRId64 "\t%.2f\t%" PRId64 "\t%" PRId64 "\t%" PRId64
               "\n",
               party_name(office, one), one->held, one->overdue, one->a_day, one->late,
               one->given, one->taken);
    }
    printf("\ncase\tfrom\tto\tdue (UTC)\treached there\tinstead of\n");
    for (size_t i = 0; i < answer->count; i++) {
        const struct shift_move *one = &answer->moves[i];
        char due[INSTANT_TEXT_SIZE], here[INSTANT_TEXT_SIZE], there[INSTANT_TEXT_SIZE];
        instant_to_text(one->due_ms, due);
        instant_to_text(one->from_at_ms, here);
        instant_to_text(one->to_at_ms, there);
        printf("%s\t%s\t%s\t%s\t%s\t%s\n", one->number,
               party_name(office, &answer->parties[one->from]),
               party_name(office, &answer->parties[one->to]), due, there, here);
    }
}

static int tell_shift(struct office *office, const struct ahead_query *query,
                      struct error *error)
{
    struct actor eye = actor_system();
    struct shift_answer answer;
    int code = shift_advise(office->facts, office->db, office->city, &eye, &query->figures,
                            office->arena, &answer, error);
    if (code == 0)
        print_shift(office, &answer);
    return code;
}

static int read_limit(const char *text, size_t *ret_most, struct error *error)
{
    int64_t most = 30;
    if (text != NULL && (text_to_int(text, strlen(text), &most, error) != 0 || most < 1 ||
                         most > AHEAD_LIST_MOST))
        return error_set(error, ERROR_INPUT, "cli.usage", "--limit is 1 to %d",
                         AHEAD_LIST_MOST);
    *ret_most = (size_t)most;
    return 0;
}

// Everything, or what one department and those below it lead.
static int read_words(const struct office *office, const char *code,
                      struct figure_words *words, struct error *error)
{
    if (code == NULL)
        return 0;
    const struct city_department *department = city_department_by_code(office->city, code);
    if (department == NULL)
        return error_set(error, ERROR_NOT_FOUND, "department.unknown",
                         "there is no department '%s'", code);
    words->department = arena_format(office->arena, "%" PRId64, department->id);
    return 0;
}

static int tell(struct office *office, const struct ahead_query *query, bool calibrate,
                struct error *error)
{
    struct actor eye = actor_system();
    struct ahead_calibration calibration;
    struct ahead_answer answer;
    int code = calibrate ? ahead_calibrate(office->facts, office->db, office->city, &eye,
                                           query, &calibration, error)
                         : ahead_forecasts(office->facts, office->db, office->city, &eye,
                                           query, office->arena, &answer, error);
    if (code == 0 && calibrate)
        print_calibration(&calibration);
    else if (code == 0)
        print_forecasts(office, &answer);
    return code;
}

static int run(int argc, char **argv, struct error *error)
{
    struct office office = {.arena = arena_new(AHEAD_ARENA), .facts = facts_new(NULL)};
    const char *data = cli_data_folder(&argc, argv);
    bool calibrate = cli_flag(&argc, argv, "--calibrate") != 0;
    bool shift = cli_flag(&argc, argv, "--shift") != 0;
    const char *limit = cli_option(&argc, argv, "--limit");
    struct figure_words words = {.from = cli_option(&argc, argv, "--from"),
                                 .to = cli_option(&argc, argv, "--to")};
    const char *department = cli_option(&argc, argv, "--department");
    struct ahead_query query = {0};
    int code = cli_words(argc, argv, 1, 1, error);
    if (code == 0 && !calibrate && (words.from != NULL || words.to != NULL))
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         "--from and --to go with --calibrate");
    if (code == 0 && calibrate && shift)
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         "--shift and --calibrate do not go together");
    if (code == 0)
        code = read_limit(limit, &query.most, error);
    if (code == 0)
        code = office_open(&office, data, argv[0], error);
    if (code == 0)
        code = read_words(&office, department, &words, error);
    if (code == 0)
        code =
            figure_query_read(&words, office.city, instant_now_ms(), &query.figures, error);
    if (code == 0)
        code = shift ? tell_shift(&office, &query, error)
                     : tell(&office, &query, calibrate, error);
    office_close(&office);
    return code;
}

const struct cli_command cli_ahead_commands[] = {
    {"ahead", NULL,
     "CITY [--department CODE] [--limit N] [--shift] "
     "[--calibrate [--from DATE] [--to DATE]] [--data FOLDER]",
     "which open cases will go late, what shift of work avoids it, how well that held",
     run},
    {NULL, NULL, NULL, NULL, NULL},
};
