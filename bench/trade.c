// SPDX-License-Identifier: MPL-2.0
// What a large process table costs: the same lives under the tables of a first loop and
// under 60 steps, 400 actions, 2,000 filing conditions and 500 coverage polygons, in turns,
// in the same run.
//
//   trade BUILD      environment: ROUNDS (9), LIVES (150) of each round
//
// What is timed is this program's processor: the rules are worked out here, on whichever
// engine the rows are written.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <gridcase/cases/case.h>
#include <gridcase/city/city.h>
#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/catalogue.h>

#include "support/store.h"

enum { SIDE = 40, PATH = 9, ROUNDS_MOST = 99 };
#define MOST_RATIO 1.3

struct size {
    const char *slug;
    int steps, actions, classes, columns, rows; // two conditions a class
};
static const struct size SMALL = {"small", PATH, 12, 10, 5, 1};
static const struct size LARGE = {"large", 60, 400, 1000, 25, 20};

// The lives that are timed: nine moves each.
static const struct {
    const char *code, *kind, *from, *to, *stage, *task, *effects;
} MOVES[PATH] = {
    {"report", "reported", "-", "accept", "accept", "accept", ""},
    {"accept", "accepted", "accept", "file", "file", "file", ""},
    {"file", "filed", "file", "dispatch", "dispatch", "dispatch", ""},
    {"dispatch", "sent", "dispatch", "sign", "handle", "handle",
     "assign(route) resume_or_restart(handling)"},
    {"sign", "signed", "sign", "handle", "handle", "handle", ""},
    {"feed_back", "fed_back", "handle", "review", "check", "review", "stop(handling)"},
    {"accept_feedback", "reviewed", "review", "check", "check", "check", ""},
    {"check", "checked", "check", "close", "close", "close", ""},
    {"close", "case_closed", "close", "closed", "ended", "", ""},
};

// ---- models ----
static FILE *create(const char *folder, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void write_squares(const char *folder, const char *name, const char *letter,
                          int columns, int rows)
{
    FILE *file = create(folder, name);
    double wide = SIDE * 0.001 / columns, high = SIDE * 0.001 / rows;
    fputs("{\"type\":\"FeatureCollection\",\"features\":[\n", file);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            double w = 120 + x * wide, s = 30 + y * high;
            fprintf(file,
                    "%s{\"type\":\"Feature\",\"properties\":{\"code\":\"%s%03d%03d\","
                    "\"name\":\"%s\",\"department\":\"d%d\"},\"geometry\":{\"type\":"
                    "\"Polygon\",\"coordinates\":[[[%.6f,%.6f],[%.6f,%.6f],[%.6f,%.6f],"
                    "[%.6f,%.6f],[%.6f,%.6f]]]}}",
                    x + y > 0 ? ",\n" : "", letter, y, x, letter, (x + y) % 20 + 1, w, s,
                    w + wide, s, w + wide, s + high, w, s + high, w, s);
        }
    fputs("\n]}\n", file);
    fclose(file);
}

static void write_catalogue(const char *folder, const struct size *size)
{
    FILE *classes = create(folder, "classes.csv"),
         *conditions = create(folder, "conditions.csv"),
         *limits = create(folder, "limits.csv"), *routing = create(folder, "routing.csv");
    fputs("code,kind,major,minor,name_en\n", classes);
    fputs("code,class,name_en,closing_en\n", conditions);
    fputs("condition,area_class,urgency,limit\n", limits);
    fputs("class,condition,layer,department,name\n", routing);
    for (int i = 0; i < size->classes; i++) {
        fprintf(classes, "c%04d,event,%02d,%03d,Class %d\n", i, i / 100 + 1, i % 100, i);
        for (int k = 1; k <= 2; k++) {
            fprintf(conditions, "c%04d-%d,c%04d,Condition %d,Done\n", i, k, i, k);
            fprintf(limits, "c%04d-%d,,,%d working hours\n", i, k, 2 + i % 6);
        }
        fprintf(routing, "c%04d,,squads,,squad of the place\n", i);
    }
    fclose(classes);
    fclose(conditions);
    fclose(limits);
    fclose(routing);
    FILE *departments = create(folder, "departments.csv");
    fputs("code,parent,kind,name_en\ncentre,,centre,Centre\n", departments);
    for (int i = 1; i <= 20; i++)
        fprintf(departments, "d%d,centre,department,Department %d\n", i, i);
    fclose(departments);
}

static void write_steps(const char *folder, const struct size *size)
{
    FILE *file = create(folder, "steps.csv");
    fputs("code,stage,task,holder,outcome,clock,timer,queue,name_en\n", file);
    for (int i = 0; i < PATH; i++)
        fprintf(file, "%s,%s,%s,%s,%s,,,,%s\n", MOVES[i].to, MOVES[i].stage, MOVES[i].task,
                i < PATH - 1 ? "role:dispatcher" : "", i < PATH - 1 ? "" : "closed",
                MOVES[i].to);
    for (int i = PATH; i < size->steps; i++)
        fprintf(file, "side%d,handle,handle,role:dispatcher,,,,,Side %d\n", i, i);
    fclose(file);
}

// Rows that stand before the one that is wanted: a third of the same action, refused by a
// guard, the others of other actions.
static int write_decoys(FILE *file, int move, int count)
{
    static const char *const GUARDS[] = {"source(video)", "done(appealed)",
                                         "below(urged,0)", "clock(handling,overdue)"};
    for (int i = 0; i < count; i++) {
        bool same = i % 3 == 0;
        if (move == 0 || same)
            fprintf(file, "%s,%s,%s,%s,,staff system,\"%s\",%s,,X\n", MOVES[move].code,
                    MOVES[move].kind, MOVES[move].from, MOVES[move].to,
                    GUARDS[move == 0 ? 0 : i / 3 % 4], MOVES[move].effects);
        else
            fprintf(file, "note%d_%d,commented,%s,=,case,staff,,,opinion:text!,X\n", move,
                    i, MOVES[move].from);
    }
    return count;
}

static void write_actions(const char *folder, const struct size *size)
{
    FILE *file = create(folder, "actions.csv");
    fputs("code,kind,from,to,task,roles,guards,effects,inputs,name_en\n", file);
    int sides = size->steps - PATH, rows = PATH + 2 * sides;
    for (int i = 0; i < PATH; i++) {
        int decoys = (size->actions - PATH - 2 * sides) / PATH;
        rows += write_decoys(file, i, decoys);
        fprintf(file, "%s,%s,%s,%s,,staff system,,%s,,X\n", MOVES[i].code, MOVES[i].kind,
                MOVES[i].from, MOVES[i].to, MOVES[i].effects);
    }
    for (int i = PATH; i < size->steps; i++)
        fprintf(file,
                "go%d,passed_on,%s,side%d,,dispatcher,,,opinion:text!,X\n"
                "back%d,passed_on,side%d,%s,,dispatcher,,,opinion:text!,X\n",
                i, MOVES[1 + i % (PATH - 1)].from, i, i, i, MOVES[1 + i % (PATH - 1)].from);
    fclose(file);
    printf("%s: %d steps, %d actions, %d conditions, %d coverage polygons\n", size->slug,
           size->steps, rows, 2 * size->classes, size->columns * size->rows);
}

static void write_model(const char *folder, const struct size *size)
{
    mkdir(folder, 0777);
    write_squares(folder, "districts.geojson", "D", 2, 2);
    write_squares(folder, "grids.geojson", "G", SIDE, SIDE);
    write_squares(folder, "squads.geojson", "Q", size->columns, size->rows);
    write_catalogue(folder, size);
    write_steps(folder, size);
    write_actions(folder, size);
    FILE *file = create(folder, "city.ini");
    fprintf(file,
            "[city]\nslug = %s\nname.en = %s\nregion = 999902\ntime_zone = Asia/Shanghai\n"
            "languages = en\nnumber_prefix = B\nattribution = Made up\n"
            "[level district]\nkind = nesting\ntitle.en = District\n"
            "source = districts.geojson\ncode = code\nname = name\n"
            "[grids]\nsource = grids.geojson\ncode = code\n"
            "[coverage squads]\nsource = squads.geojson\ncode = code\n"
            "department = department\n"
            "[table departments]\nsource = departments.csv\n"
            "[table classes]\nsource = classes.csv\nwidth.major = 2\nwidth.minor = 3\n"
            "[table conditions]\nsource = conditions.csv\n[table limits]\n"
            "source = limits.csv\n[table routing]\nsource = routing.csv\n"
            "[table process_steps]\nsource = steps.csv\n"
            "[table process_actions]\nsource = actions.csv\n",
            size->slug, size->slug);
    fclose(file);
}

// ---- lives ----
struct town {
    const struct size *size;
    struct db_store *store;
    struct db *db;
    struct city_snapshot *city;
    double us[ROUNDS_MOST]; // a move, by round
};

static void must(int code, const struct error *error)
{
    if (code < 0) {
        fprintf(stderr, "trade: %s: %s\n", error->slug, error->message);
        exit(1);
    }
}

static void open_town(const char *build, const char *folder, const struct size *size,
                      struct town *town)
{
    char model[600], data[600], command[2400];
    struct error error = {0};
    snprintf(model, sizeof model, "%s/%s", folder, size->slug);
    snprintf(data, sizeof data, "%s/data-%s", folder, size->slug);
    write_model(model, size);
    if (mkdir(data, 0700) != 0)
        exit(1);
    bench_store_new(data);
    snprintf(
        command, sizeof command,
        "%s/gridcase city new %s %s --data %s >%s.log 2>&1 && "
        "%s/gridcase city load %s %s --data %s >>%s.log 2>&1 || { cat %s.log; exit 1; }",
        build, size->slug, model, data, model, build, size->slug, model, data, model,
        model);
    if (system(command) != 0)
        exit(1);
    *town = (struct town){.size = size};
    must(db_store_open(data, 0, &town->store, &error), &error);
    must(city_snapshot_open(town->store, size->slug, &town->city, &error), &error);
    must(db_open(town->store, size->slug, DB_CASES, DB_WRITE, &town->db, &error), &error);
}

static void live(struct town *town, unsigned number, int64_t now_ms)
{
    struct actor actor = actor_system();
    const struct catalogue *catalogue = city_catalogue(town->city, 0);
    unsigned class_index = number * 7919u % (unsigned)town->size->classes;
    const struct catalogue_class *class = catalogue_class(catalogue, class_index);
    struct case_draft draft = {
        .class_id = class->id,
        .condition_id =
            catalogue_condition(catalogue, class->first_condition + number % 2)->id,
        .has_point = true,
        .point = {120 + 0.0005 + 0.001 * (number * 31 % SIDE),
                  30 + 0.0005 + 0.001 * (number * 17 % SIDE), 0, -1},
        .description = "A hole in the road, half a metre wide.",
        .source = PROCESS_SOURCE_COLLECTOR,
        .imported_due_ms = INSTANT_NONE};
    struct case_result result = {0};
    struct error error = {0};
    for (int i = 0; i < PATH; i++)
        must(case_apply(town->db, town->city,
                        &(struct case_move){.actor = &actor,
                                            .action = MOVES[i].code,
                                            .case_id = result.case_id,
                                            .draft = i == 0 ? &draft : NULL,
                                            .received_ms = now_ms + i * 60000,
                                            .done_ms = INSTANT_NONE,
                                            .mark = CASE_MARK_SYNTHETIC},
                        &result, &error),
             &error);
}

// Of this thread: what others do at the same time does not count.
static double processor_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

// Microseconds of processor a move, a hundred moves or so to a transaction.
static double play(struct town *town, unsigned first, unsigned lives)
{
    struct error error = {0};
    double begin_us = processor_us();
    for (unsigned i = 0; i < lives;) {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        must(db_begin(town->db, DB_WRITE, &transaction, &error), &error);
        for (unsigned k = 0; k < 12 && i < lives; k++, i++)
            live(town, first + i, 1748826000000 + (int64_t)(first + i) * 1000);
        must(db_commit(&transaction, &error), &error);
    }
    return (processor_us() - begin_us) / lives / PATH;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const double *values, int count)
{
    double sorted[ROUNDS_MOST];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, by_size);
    return sorted[count / 2];
}

static int setting(const char *name, int otherwise, int most)
{
    const char *text = getenv(name);
    long value = text != NULL ? strtol(text, NULL, 10) : otherwise;
    return value < 1 ? 1 : value > most ? most : (int)value;
}

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build";
    int rounds = setting("ROUNDS", 9, ROUNDS_MOST);
    unsigned lives = (unsigned)setting("LIVES", 150, 100000);
    char folder[] = "/tmp/trade-bench-XXXXXX", command[100];
    struct town small, large;
    double ratios[ROUNDS_MOST];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mkdtemp(folder) == NULL) {
        perror("mkdtemp");
        return 1;
    }
    open_town(build, folder, &SMALL, &small);
    open_town(build, folder, &LARGE, &large);
    play(&small, 0, lives); // warm
    play(&large, 0, lives);
    for (int i = 0; i < rounds; i++) {
        unsigned first = (unsigned)(i + 1) * lives;
        small.us[i] = play(&small, first, lives);
        large.us[i] = play(&large, first, lives);
        ratios[i] = large.us[i] / small.us[i];
    }
    double ratio = median(ratios, rounds);
    printf("a move, processor: small %.1f us, large %.1f us (medians of %d rounds of %u "
           "lives of %d "
           "moves)\nratio %.2f, at most %.1f wanted\n",
           median(small.us, rounds), median(large.us, rounds), rounds, lives, PATH, ratio,
           MOST_RATIO);
    if (bench_on_server())
        printf("of this program; the server's part is the same for both\n");
    struct town *towns[] = {&small, &large};
    for (int i = 0; i < 2; i++) {
        char data[600];
        snprintf(data, sizeof data, "%s/data-%s", folder, towns[i]->size->slug);
        db_close(towns[i]->db);
        city_snapshot_free(towns[i]->city);
        db_store_close(towns[i]->store);
        bench_store_drop(data);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || ratio > MOST_RATIO;
}
