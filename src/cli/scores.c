// SPDX-License-Identifier: MPL-2.0
// gridcase scores: the formulas of a city, checking tables of one's own, and the league
// table of a period. See gridcase-scores(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/city/city.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/evaluation/scores.h>
#include <gridcase/rules/zone.h>

enum { PATH_SIZE = 4096, TABLE_BYTES = 4 * 1024 * 1024, SCORES_ARENA = 512 * 1024 * 1024 };

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

// ---- list ----
static void print_score(const struct evaluation *evaluation, const struct score *score,
                        const char *language)
{
    char from[DATE_TEXT_SIZE] = "-";
    if (score->from_day > 0)
        date_to_text(score->from_day, from);
    printf("%s\t%s\t%s\tby %s\tfrom %s\t%s\n", score->code, score->version,
           label_text(&score->name, language), score->by, from, score->source);
    for (size_t i = 0; i < score->part_count; i++) {
        const struct score_part *part = &score->parts[i];
        const struct indicator *measure =
            part->measure >= 0 ? evaluation_measure(evaluation, (size_t)part->measure)
                               : NULL;
        printf("\t%g%%\t%s\t%s\t%s\t%s\n", part->weight, part->code,
               score_kind_to_str(part->kind), measure != NULL ? measure->code : "-",
               label_text(&part->name, language));
    }
}

static int list(int argc, char **argv, struct error *error)
{
    struct office office = {0};
    const struct score *score = NULL;
    const char *data = cli_data_folder(&argc, argv);
    const char *language = cli_option(&argc, argv, "--language");
    int code = cli_words(argc, argv, 1, 1, error);
    if (code == 0)
        code = office_open(&office, data, argv[0], error);
    for (size_t i = 0;
         code == 0 && (score = scores_at(city_scores(office.city), i)) != NULL; i++)
        print_score(city_evaluation(office.city), score,
                    language != NULL ? language : "en");
    office_close(&office);
    return code;
}

// ---- check ----
struct folder {
    const char *path;
    struct table *tables[8];
    size_t count;
    int code;
    struct error error;
};

// A table of the folder, if it is there: what is not stands as the standard has it.
static const struct table *find_table(void *context, const char *name)
{
    struct folder *folder = context;
    char file[80], whole[PATH_SIZE];
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, TABLE_BYTES);
    snprintf(file, sizeof file, "%s.csv", name);
    if (folder->code != 0 ||
        folder->count == sizeof folder->tables / sizeof *folder->tables)
        return NULL;
    folder->code = file_path(whole, sizeof whole, folder->path, file, &folder->error);
    if (folder->code != 0 || !file_exists(whole))
        return NULL;
    folder->code = file_read(whole, &text, &folder->error);
    if (folder->code == 0)
        folder->code =
            table_parse_csv(name, whole, text.length > 0 ? text.data : "", text.length,
                            &folder->tables[folder->count], &folder->error);
    return folder->code == 0 ? folder->tables[folder->count++] : NULL;
}

static void print_problem(void *context, enum rules_severity severity,
                          const struct table *table, size_t row, const char *column,
                          const char *slug, const char *message)
{
    struct error place = {0};
    (void)context, (void)severity;
    if (table != NULL && row != RULES_NO_ROW)
        table_error(table, row, column, slug, &place, "%s", message);
    fprintf(stderr, "%s [%s]\n", place.message[0] != '\0' ? place.message : message, slug);
}

static int check(int argc, char **argv, struct error *error)
{
    static const struct rules_report REPORT = {print_problem, NULL};
    struct office office = {0};
    struct folder folder = {0};
    struct scores *scores = NULL;
    const char *data = cli_data_folder(&argc, argv);
    int code = cli_words(argc, argv, 2, 2, error);
    if (code == 0)
        code = office_open(&office, data, argv[0], error);
    folder.path = argc > 1 ? argv[1] : "";
    struct evaluation_source source = {find_table, &folder};
    if (code == 0)
        code = scores_new(&source, city_evaluation(office.city), &REPORT, &scores, error);
    if (code == 0 && folder.code != 0) {
        code = folder.code;
        *error = folder.error;
    }
    if (code == 0 && folder.count == 0)
        code = error_set(error, ERROR_NOT_FOUND, "scores.no_tables",
                         "%s: no scores.csv, score_parts.csv, score_brackets.csv or "
                         "score_grades.csv",
                         folder.path);
    if (code == 0)
        printf("%zu scores: each can be reckoned\n", scores_count(scores));
    scores_free(scores);
    for (size_t i = 0; i < folder.count; i++)
        table_free(folder.tables[i]);
    office_close(&office);
    return code;
}

// ---- table ----
static const char *name_of(const struct city_snapshot *city, const struct score *score,
                           const struct score_row *row, const char *language)
{
    const struct city_department *department = NULL;
    const struct city_area *area = NULL;
    if (text_equal(score->by, "department") &&
        (department = city_department_by_id(city, row->key.id)) != NULL)
        return city_names_text(city, &department->name, language);
    if (text_equal(score->by, "area") &&
        (area = city_area_by_id(city, row->key.id)) != NULL)
        return city_names_text(city, &area->name, language);
    return "";
}

static void print_rows(const struct office *office, const struct score *score,
                       const struct score_answer *answer, const char *language)
{
    printf("rank\tbefore\tcode\tname\tpoints\tgrade");
    for (size_t i = 0; i < score->part_count; i++)
        printf("\t%s", score->parts[i].code);
    printf("\n");
    for (size_t r = 0; r < answer->count; r++) {
        const struct score_row *row = &answer->rows[r];
        printf("%zu\t", row->rank);
        if (row->rank_before > 0)
            printf("%zu", row->rank_before);
        printf("\t%s\t%s\t%.2f\t%s",
               row->key.code[0] != '\0' ? row->key.code : row->key.value,
               name_of(office->city, score, row, language), row->points,
               row->grade != NULL ? row->grade->code : "");
        for (size_t i = 0; i < score->part_count; i++)
            isnan(row->parts[i].points) ? printf("\t-")
                                        : printf("\t%.2f", row->parts[i].points);
        printf("\n");
    }
}

// Today in the city, or the last day that was asked for.
static int find_score(struct office *office, struct score_query *query, const char *code,
                      struct error *error)
{
    struct figure_query period;
    struct figure_words words = {.from = query->words.from, .to = query->words.to};
    int failed = figure_query_read(&words, office->city, query->now_ms, &period, error);
    if (failed != 0)
        return failed;
    char *from = arena_alloc(office->arena, DATE_TEXT_SIZE),
         *to = arena_alloc(office->arena, DATE_TEXT_SIZE);
    date_to_text(2 * period.from_day - period.to_day - 1, from);
    date_to_text(period.from_day - 1, to);
    query->before_from = from;
    query->before_to = to;
    query->score = scores_find(city_scores(office->city), code, period.to_day);
    return query->score != NULL ? 0
                                : error_set(error, ERROR_NOT_FOUND, "scores.unknown",
                                            "there is no such score in that period");
}

static int table(int argc, char **argv, struct error *error)
{
    struct office office = {.arena = arena_new(SCORES_ARENA), .facts = facts_new(NULL)};
    struct actor eye = actor_system();
    struct score_answer answer;
    const char *data = cli_data_folder(&argc, argv);
    const char *language = cli_option(&argc, argv, "--language");
    struct score_query query = {.now_ms = instant_now_ms()};
    query.words.from = cli_option(&argc, argv, "--from");
    query.words.to = cli_option(&argc, argv, "--to");
    query.words.by = cli_option(&argc, argv, "--by");
    int code = cli_words(argc, argv, 2, 2, error);
    if (code == 0)
        code = office_open(&office, data, argv[0], error);
    if (code == 0)
        code = find_score(&office, &query, argv[1], error);
    if (code == 0)
        code = scores_compute(office.facts, office.db, office.city, &eye, &query,
                              office.arena, &answer, error);
    if (code == 0)
        print_rows(&office, query.score, &answer, language != NULL ? language : "en");
    office_close(&office);
    return code;
}

const struct cli_command cli_scores_commands[] = {
    {"scores", "list", "CITY [--language TAG] [--data FOLDER]",
     "every score of a city with its parts and weights", list},
    {"scores", "check", "CITY FOLDER [--data FOLDER]",
     "check scores.csv, score_parts.csv ... against the city's indicators", check},
    {"scores", "table",
     "CITY SCORE [--from DATE] [--to DATE] [--by DIMENSION] [--language TAG] "
     "[--data FOLDER]",
     "the league table of a period", table},
    {NULL, NULL, NULL, NULL, NULL},
};
