// SPDX-License-Identifier: MPL-2.0
// gridcase indicators: the words of definitions, checking tables, listing, and what a
// changed definition would have done to past months. See gridcase-indicators(1).
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
#include <gridcase/evaluation/figures.h>

enum {
    PATH_SIZE = 4096,
    TABLE_BYTES = 4 * 1024 * 1024,
    TRY_ARENA = 512 * 1024 * 1024,
    TABLES_MOST = 8,
};

static int words(int argc, char **argv, struct error *error)
{
    struct buffer out BUFFER_CLEANUP;
    int code = cli_words(argc, argv, 0, 0, error);
    if (code != 0)
        return code;
    buffer_init(&out, BUFFER_CEILING_FILE);
    expression_words(&out);
    fwrite(out.data, 1, out.length, stdout);
    return 0;
}

// ---- tables of a folder ----
struct folder {
    struct table *tables[TABLES_MOST];
    size_t count;
};

static void folder_done(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        table_free(folder->tables[i]);
    folder->count = 0;
}

static const struct table *find_table(void *context, const char *name)
{
    struct folder *folder = context;
    for (size_t i = 0; i < folder->count; i++)
        if (text_equal(table_name(folder->tables[i]), name))
            return folder->tables[i];
    return NULL;
}

static int read_folder(const char *path, struct folder *folder, struct error *error)
{
    int code = 0;
    const char *name = NULL;
    for (size_t i = 0; code == 0 && (name = evaluation_table_name(i)) != NULL; i++) {
        char file[80], whole[PATH_SIZE];
        struct buffer text BUFFER_CLEANUP;
        buffer_init(&text, TABLE_BYTES);
        snprintf(file, sizeof file, "%s.csv", name);
        code = file_path(whole, sizeof whole, path, file, error);
        if (code != 0 || !file_exists(whole))
            continue;
        code = file_read(whole, &text, error);
        if (code == 0)
            code = table_parse_csv(name, whole, text.length > 0 ? text.data : "",
                                   text.length, &folder->tables[folder->count], error);
        folder->count += code == 0;
    }
    if (code == 0 && folder->count == 0)
        code = error_set(error, ERROR_NOT_FOUND, "indicators.no_tables",
                         "%s: no counts.csv, indicators.csv, own_counts.csv ...", path);
    return code;
}

static int check(int argc, char **argv, struct error *error)
{
    struct folder folder = {0};
    struct evaluation *evaluation = NULL;
    int code = cli_words(argc, argv, 1, 1, error);
    if (code == 0)
        code = read_folder(argv[0], &folder, error);
    struct evaluation_source source = {find_table, &folder};
    if (code == 0)
        code = evaluation_new(&source, &cli_rules_report, &evaluation, error);
    folder_done(&folder);
    if (code != 0)
        return code;
    size_t counts = 0, all = evaluation_measures(evaluation);
    for (size_t i = 0; i < all; i++)
        counts += evaluation_measure(evaluation, i)->is_count;
    printf("%zu counts, %zu indicators: each can be reckoned\n", counts, all - counts);
    evaluation_free(evaluation);
    return 0;
}

// ---- list ----
static void print_all(const struct evaluation *evaluation, const char *language)
{
    for (size_t i = 0; i < evaluation_measures(evaluation); i++) {
        const struct indicator *measure = evaluation_measure(evaluation, i);
        printf("%s\t%s\t%s\t%s\t", measure->code, label_text(&measure->name, language),
               indicator_unit_to_str(measure->unit), measure->version);
        if (!measure->is_count) {
            printf("%s\t%s\n", measure->formula.text, measure->source);
            continue;
        }
        printf("on %s", expression_word(measure->on)->name);
        if (measure->until >= 0)
            printf(" until %s", expression_word((enum fact_field)measure->until)->name);
        if (measure->when.text[0] != '\0')
            printf(" when %s", measure->when.text);
        if (measure->value.text[0] != '\0')
            printf(" value %s", measure->value.text);
        printf("\t%s\n", measure->source);
    }
}

static int list(int argc, char **argv, struct error *error)
{
    struct db_store *store = NULL;
    struct city_snapshot *city = NULL;
    struct evaluation *standard = NULL;
    const char *data = cli_data_folder(&argc, argv);
    const char *language = cli_option(&argc, argv, "--language");
    int code = cli_words(argc, argv, 0, 1, error);
    if (code == 0 && argc > 0)
        code = db_store_open(data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0 && argc > 0)
        code = city_snapshot_open(store, argv[0], &city, error);
    else if (code == 0)
        code = evaluation_new(&(struct evaluation_source){0}, NULL, &standard, error);
    if (code == 0)
        print_all(city != NULL ? city_evaluation(city) : standard,
                  language != NULL ? language : "en");
    evaluation_free(standard);
    city_snapshot_free(city);
    db_store_close(store);
    return code;
}

// ---- try ----
struct trial {
    struct db_store *store;
    struct city_snapshot *city;
    struct db *db;
    struct facts *facts;
    struct folder folder;
    struct evaluation *draft;
    struct arena *arena;
    struct figure_words words;
};

static int trial_open(struct trial *trial, int argc, char **argv, const char *data,
                      struct error *error)
{
    struct evaluation_source source = {find_table, &trial->folder};
    int code = cli_words(argc, argv, 2, 2, error);
    if (code == 0)
        code = read_folder(argv[1], &trial->folder, error);
    if (code == 0)
        code = db_store_open(data, DB_STORE_READ_ONLY, &trial->store, error);
    if (code == 0)
        code = city_snapshot_open(trial->store, argv[0], &trial->city, error);
    if (code == 0)
        code = db_open(trial->store, argv[0], DB_CASES, DB_READ, &trial->db, error);
    if (code == 0)
        code = evaluation_draft(city_evaluation(trial->city), &source, &cli_rules_report,
                                &trial->draft, error);
    return code;
}

static void trial_close(struct trial *trial)
{
    facts_free(trial->facts);
    evaluation_free(trial->draft);
    db_close(trial->db);
    city_snapshot_free(trial->city);
    db_store_close(trial->store);
    folder_done(&trial->folder);
    arena_free(trial->arena);
}

static int figures_of(struct trial *trial, const struct evaluation *evaluation,
                      struct figure_query *query, struct figure_answer *answer,
                      struct error *error)
{
    struct actor eye = actor_system();
    int code = figure_query_read_with(&trial->words, trial->city, evaluation,
                                      instant_now_ms(), query, error);
    return code != 0 ? code
                     : figures_compute(trial->facts, trial->db, trial->city, &eye, query,
                                       trial->arena, answer, error);
}

static void print_value(double value)
{
    if (isnan(value))
        printf("\t-");
    else
        printf("\t%.6g", value);
}

static const struct figure_row *same_row(const struct figure_answer *answer,
                                         const struct figure_row *row)
{
    for (size_t i = 0; i < answer->row_count; i++)
        if (answer->rows[i].keys[0].id == row->keys[0].id &&
            answer->rows[i].keys[1].id == row->keys[1].id)
            return &answer->rows[i];
    return NULL;
}

static void print_pair(const char *keys, const char *code, const double *now,
                       const double *then)
{
    printf("%s\t%s", keys, code);
    print_value(now != NULL ? *now : (double)NAN);
    print_value(then != NULL ? *then : (double)NAN);
    print_value(now != NULL && then != NULL ? *then - *now : (double)NAN);
    printf("\n");
}

static void print_trial(struct trial *trial, const struct figure_query *now,
                        const struct figure_answer *of_now, const struct figure_query *then,
                        const struct figure_answer *of_then)
{
    printf("# rows\tmeasure\tnow\tdraft\tdifference\n");
    for (size_t m = 0; m < then->measure_count; m++) {
        const char *code = figure_measure(then, m)->code;
        size_t at = 0;
        while (at < now->measure_count && !text_equal(figure_measure(now, at)->code, code))
            at++;
        bool known = at < now->measure_count;
        for (size_t i = 0; i < of_then->row_count; i++) {
            const struct figure_row *row = &of_then->rows[i];
            const struct figure_row *before = known ? same_row(of_now, row) : NULL;
            const char *keys = arena_format(trial->arena, "%s %s", row->keys[0].code,
                                            then->by_count > 1 ? row->keys[1].code : "");
            print_pair(keys != NULL ? keys : "", code,
                       before != NULL ? &before->values[at] : NULL, &row->values[m]);
        }
        print_pair("total", code, known ? &of_now->totals[at] : NULL, &of_then->totals[m]);
    }
}

// The measures that are known today as well: a new one has no figure of now.
static const char *known_today(struct trial *trial)
{
    const struct evaluation *today = city_evaluation(trial->city);
    const char *cursor = trial->words.measures, *kept = "";
    size_t length = 0;
    for (const char *word; (word = text_next(&cursor, ',', &length)) != NULL;)
        if (evaluation_find(today, word, length) >= 0)
            kept = arena_format(trial->arena, "%s%s%.*s", kept, kept[0] != '\0' ? "," : "",
                                (int)length, word);
    return kept;
}

static int try_draft(int argc, char **argv, struct error *error)
{
    struct figure_query now = {0}, then = {0};
    struct figure_answer of_now = {0}, of_then = {0};
    struct trial trial = {.arena = arena_new(TRY_ARENA), .facts = facts_new(NULL)};
    const char *data = cli_data_folder(&argc, argv);
    trial.words.measures = cli_option(&argc, argv, "--measures");
    trial.words.by = cli_option(&argc, argv, "--by");
    trial.words.from = cli_option(&argc, argv, "--from");
    trial.words.to = cli_option(&argc, argv, "--to");
    if (trial.words.by == NULL)
        trial.words.by = "month";
    int code = trial_open(&trial, argc, argv, data, error);
    if (code == 0 && trial.words.measures == NULL)
        code = error_set(error, ERROR_INPUT, "cli.usage", "--measures CODE,... is missing");
    if (code == 0)
        code = figures_of(&trial, trial.draft, &then, &of_then, error);
    const char *asked = trial.words.measures;
    if (code == 0 && (trial.words.measures = known_today(&trial))[0] != '\0')
        code = figures_of(&trial, city_evaluation(trial.city), &now, &of_now, error);
    trial.words.measures = asked;
    if (code == 0)
        print_trial(&trial, &now, &of_now, &then, &of_then);
    trial_close(&trial);
    return code;
}

const struct cli_command cli_indicators_commands[] = {
    {"indicators", "words", "", "the words of conditions, values and formulas", words},
    {"indicators", "check", "FOLDER",
     "check counts.csv, indicators.csv, own_counts.csv ...", check},
    {"indicators", "list", "[CITY] [--language TAG] [--data FOLDER]",
     "every count and indicator with its definition", list},
    {"indicators", "try",
     "CITY FOLDER --measures CODE,... [--by month] [--from DATE] [--to DATE] "
     "[--data FOLDER]",
     "what changed definitions would have made of past months", try_draft},
    {NULL, NULL, NULL, NULL, NULL},
};
