// SPDX-License-Identifier: MPL-2.0
#include "lives.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gridcase/cases/bulk.h>
#include <gridcase/city/city.h>
#include <gridcase/core/file.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>

#include "server.h"
#include "store.h"

enum { YEARS = 5, MOVES_MOST = 8, BYTES_A_CASE = 2600, SPARE_BYTES = 1 << 30 };
enum { SETTLE_S = 900, SETTLE_PORT = 18963 };
static const int64_t DAY_MS = 86400000, HOUR_MS = 3600000;

struct making {
    const struct city_snapshot *city;
    int64_t cases, start_ms, step_ms;
    struct actor system;
};

static _Noreturn void stop_with(const char *what, const struct error *error)
{
    fprintf(stderr, "bench data: %s: %s (%s)\n", what, error->message, error->slug);
    exit(1);
}

// ---- one life, made of its number alone ----
struct random {
    uint64_t state;
};

static uint64_t roll(struct random *random) // splitmix64
{
    uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

struct made {
    struct making *making;
    struct random random;
    struct arena *arena;
    struct case_life_move *moves;
    size_t count;
    int64_t at_ms;
};

static void add(struct made *made, const char *action, int64_t after_ms,
                struct case_input *inputs, size_t count, int64_t person)
{
    struct actor *actor = arena_alloc(made->arena, sizeof *actor);
    *actor = made->making->system;
    actor->person_id = person;
    made->at_ms += after_ms;
    made->moves[made->count++].move = (struct case_move){.actor = actor,
                                                         .action = action,
                                                         .received_ms = made->at_ms,
                                                         .done_ms = made->at_ms,
                                                         .inputs = inputs,
                                                         .input_count = count,
                                                         .mark = CASE_MARK_SYNTHETIC};
}

static struct case_input *input(struct made *made, const char *name, const char *value)
{
    struct case_input *one = arena_alloc(made->arena, sizeof *one);
    *one = (struct case_input){name, value};
    return one;
}

static const char *describe(struct made *made)
{
    static const char *const TEXTS[] = {"井盖破损，有行人绊倒的危险",
                                        "路灯不亮，夜间漆黑一片",
                                        "垃圾堆积，异味很大",
                                        "路面塌陷，车辆绕行",
                                        "broken and dangerous, please mend it soon",
                                        "the lamp has been dark for a week",
                                        "garbage lies about, it smells",
                                        "water stands on the road after the rain"};
    static const char *const WHERE[] = {
        "学校门口",      "公园旁",        "菜市场对面",      "地铁站出口",
        "by the school", "at the corner", "near the bridge", "in front of the shop"};
    uint64_t r = roll(&made->random);
    return arena_format(made->arena, "%s，%s %llu号", WHERE[r % 8], TEXTS[r / 8 % 8],
                        (unsigned long long)(r / 64 % 2000));
}

static void report(struct made *made)
{
    struct making *making = made->making;
    const struct catalogue *catalogue = city_catalogue(making->city, 0);
    uint64_t r = roll(&made->random);
    const struct catalogue_class *class =
        catalogue_class(catalogue, r % catalogue_class_count(catalogue));
    const struct city_grid *grid =
        city_grid(making->city, roll(&made->random) % city_grids(making->city));
    struct case_draft *draft = arena_alloc(made->arena, sizeof *draft);
    uint8_t *key = arena_alloc(made->arena, 16), *digest = arena_alloc(made->arena, 32);
    double shift = (double)(r >> 20 & 1023) / 1023 - 0.5;
    *draft = (struct case_draft){
        .class_id = class->id,
        .condition_id =
            catalogue_condition(catalogue, class->first_condition + (r >> 16 & 1))->id,
        .has_point = true,
        .point = {.lon_deg = grid->lon_deg + shift * 8e-4,
                  .lat_deg = grid->lat_deg - shift * 8e-4,
                  .accuracy_m = 8},
        .address = (r >> 30 & 3) == 0 ? arena_format(made->arena, "Street %llu",
                                                     (unsigned long long)(r >> 32 & 255))
                                      : NULL,
        .description = describe(made),
        .source = (enum process_source)(r >> 40 & 1 ? PROCESS_SOURCE_HOTLINE
                                                    : PROCESS_SOURCE_COLLECTOR),
        .imported_due_ms = INSTANT_NONE};
    memcpy(key, &r, 8);
    r = roll(&made->random);
    memcpy(key + 8, &r, 8);
    for (int i = 0; i < 6; i++)
        key[i] = (uint8_t)((uint64_t)made->at_ms >> (40 - 8 * i));
    key[6] = (uint8_t)(0x70 | (key[6] & 0x0F));
    key[8] = (uint8_t)(0x80 | (key[8] & 0x3F));
    memcpy(digest, key, 16);
    add(made, "report", 0, NULL, 0, (int64_t)(r % 500 + 1));
    struct case_move *move = &made->moves[0].move;
    move->draft = draft;
    move->key = key;
    move->body_digest = digest;
}

static const char *department(struct made *made)
{
    const struct making *making = made->making;
    size_t count = city_departments(making->city);
    const struct city_department *one =
        city_department(making->city, 1 + roll(&made->random) % (count - 1));
    return arena_format(made->arena, "%lld", (long long)one->id);
}

// Filed, sent, done, checked, closed, as far as `stage`; now and then sent on or checked
// twice.
static void handle(struct made *made, unsigned stage)
{
    uint64_t r = roll(&made->random);
    int64_t person = (int64_t)(r % 300 + 501);
    if (stage > 0)
        add(made, "file", (int64_t)(r % 1000 + 60) * 1000, NULL, 0, person);
    if (stage > 1)
        add(made, "dispatch", (int64_t)(r >> 10 & 1023) * 1000,
            input(made, "department", department(made)), 1, person + 1);
    if (stage > 2)
        add(made, "feed_back", (int64_t)(r >> 20 & 63) * HOUR_MS + HOUR_MS / 2,
            input(made, "opinion", "已处理。 Done."), 1, person + 2);
    if (stage > 2 && (r >> 26 & 15) == 0) {
        add(made, "check", HOUR_MS, input(made, "result", "fail"), 1, person + 3);
        add(made, "feed_back", (int64_t)(r >> 30 & 31) * HOUR_MS,
            input(made, "opinion", "再次处理。 Done again."), 1, person + 2);
    }
    if (stage > 3)
        add(made, "check", (int64_t)(r >> 36 & 7) * HOUR_MS, input(made, "result", "pass"),
            1, person + 3);
    if (stage > 4)
        add(made, "close", (int64_t)(r >> 40 & 1023) * 1000, NULL, 0, person);
}

// The last 50,000 of all are open, somewhere on their way; of the others five in eight were
// put aside after the report, the others went all the way: 3.6 moves in the mean.
static int make_life(void *context, int64_t index, struct arena *arena,
                     struct case_life *ret_life, struct error *error)
{
    struct making *making = context;
    (void)error;
    if (index >= making->cases)
        return 0;
    struct made made = {.making = making,
                        .random = {(uint64_t)index * 2 + 1},
                        .arena = arena,
                        .at_ms = making->start_ms + making->step_ms * index};
    made.moves = arena_array(arena, MOVES_MOST, sizeof *made.moves);
    report(&made);
    uint64_t r = roll(&made.random);
    if (index >= making->cases - BENCH_OPEN_CASES)
        handle(&made, (unsigned)(r % 100 < 10   ? 0
                                 : r % 100 < 20 ? 1
                                 : r % 100 < 85 ? 2
                                                : 3));
    else if (r % 8 < 3)
        handle(&made, 5);
    else
        add(&made, "void", (int64_t)(r >> 8 & 16383) * 1000,
            input(&made, "opinion", "重复上报。 Reported twice."), 1, 501);
    *ret_life = (struct case_life){.moves = made.moves, .count = made.count};
    return 1;
}

// ---- filling ----
static void tell(void *context, const struct case_bulk_progress *progress)
{
    const struct making *making = context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rfilling: %lld of %lld cases ", (long long)progress->lives,
                (long long)making->cases);
}

static void refused(void *context, int64_t index, size_t move, const struct error *error)
{
    (void)context;
    fprintf(stderr, "bench data: life %lld, move %zu: %s (%s)\n", (long long)index, move,
            error->message, error->slug);
    exit(1);
}

static void run(const char *const arguments[])
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "bench data: %s %s %s failed\n", arguments[0], arguments[1],
                arguments[2]);
        exit(1);
    }
}

static void run_program(const char *program, const char *verb, const char *model,
                        const char *folder)
{
    const char *const arguments[] = {program, "city",   verb,   BENCH_CITY,
                                     model,   "--data", folder, NULL};
    run(arguments);
}

static void make_city(const char *build, const char *folder)
{
    char program[800], model[800];
    snprintf(program, sizeof program, "%s/gridcase", build);
    snprintf(model, sizeof model, "%s/model", folder);
    if (bench_city_write(model) != 0)
        exit(1);
    bench_store_new(folder);
    run_program(program, "new", model, folder);
    run_program(program, "load", model, folder);
}

static void fill(struct bench_data *data)
{
    struct error error = {0};
    struct db_store *store = NULL;
    struct city_snapshot *city = NULL;
    struct case_bulk_progress progress = {0};
    if (db_store_open(data->folder, 0, &store, &error) != 0 ||
        city_snapshot_open(store, BENCH_CITY, &city, &error) != 0)
        stop_with("store", &error);
    struct making making = {.city = city,
                            .cases = data->cases,
                            .step_ms = YEARS * 365 * DAY_MS / data->cases,
                            .system = actor_system()};
    making.start_ms = instant_now_ms() - making.step_ms * data->cases - 4 * DAY_MS;
    struct case_bulk_options options = {
        .life = make_life, .refused = refused, .progress = tell, .context = &making};
    if (case_bulk_fill(store, city, &options, &progress, &error) != 0)
        stop_with("filling", &error);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\n");
    printf("filled: %lld cases, %lld moves\n", (long long)progress.lives,
           (long long)progress.moves);
    city_snapshot_free(city);
    db_store_close(store);
}

static void check_room(const char *folder, int64_t cases)
{
    int64_t free_bytes = file_free_bytes(folder);
    int64_t needed =
        cases * BYTES_A_CASE * 5 / 4 + SPARE_BYTES; // indexes are sorted on disk
    if (free_bytes >= 0 && free_bytes < needed) {
        fprintf(
            stderr,
            "bench data: %lld cases need %.0f GB in %s, where %.0f GB are free; choose a "
            "smaller SCALE or another GRIDCASE_BENCH_DATA\n",
            (long long)cases, (double)needed / 1e9, folder, (double)free_bytes / 1e9);
        exit(1);
    }
}

int64_t bench_cases(void)
{
    const char *text = getenv("SCALE");
    double scale = 1;
    if (text && *text &&
        (text_to_double(text, strlen(text), &scale, NULL) != 0 || scale < 0.06 ||
         scale > 100)) {
        fprintf(stderr, "SCALE is millions of cases: 1 or 10\n");
        exit(1);
    }
    return (int64_t)(scale * 1e6);
}

// A server runs on the new store until the search index is made: copies have it then.
static void settle(const char *build, const struct bench_data *data)
{
    struct bench_server server;
    bench_server_start(build, data->folder, BENCH_CITY, SETTLE_PORT, &server);
    bench_server_settle(&server, data->cases > 2000000 ? BENCH_SETTLE_S : SETTLE_S);
    bench_server_stop(&server);
}

void bench_data_open(const char *build, int64_t cases, struct bench_data *ret_data)
{
    struct bench_data data = {.cases = cases};
    struct error error = {0};
    char marker[800], above[600];
    const char *root = getenv("GRIDCASE_BENCH_DATA");
    if (root && *root)
        snprintf(above, sizeof above, "%s", root);
    else
        snprintf(above, sizeof above, "%s/bench-data", build);
    snprintf(data.folder, sizeof data.folder, "%s/%g%s", above, (double)cases / 1e6,
             bench_engine_suffix());
    snprintf(marker, sizeof marker, "%s/filled", data.folder);
    if (file_make_directory(data.folder, &error) != 0)
        stop_with("folder", &error);
    if (!file_exists(marker)) {
        int64_t start_us = instant_monotonic_us();
        check_room(data.folder, cases);
        char loaded[800];
        snprintf(loaded, sizeof loaded, "%s/loaded", data.folder);
        if (!file_exists(loaded)) {
            make_city(build, data.folder);
            if (file_write_atomic(loaded, "", 0, &error) != 0)
                stop_with("marker", &error);
        }
        fill(&data);
        data.filled_seconds = (double)(instant_monotonic_us() - start_us) / 1e6;
        if (file_write_atomic(marker, "", 0, &error) != 0)
            stop_with("marker", &error);
        memcpy(data.original, data.folder, sizeof data.original);
        settle(build, &data);
    }
    memcpy(data.original, data.folder, sizeof data.original);
    *ret_data = data;
}

void bench_data_copy(const char *build, int64_t cases, const char *name,
                     struct bench_data *ret_data)
{
    struct bench_data data;
    char copy[800];
    bench_data_open(build, cases, &data);
    check_room(data.folder, cases); // as much again
    snprintf(copy, sizeof copy, "%s-%s", data.folder, name);
    const char *const drop[] = {"rm", "-rf", copy, NULL};
    const char *const make[] = {"cp", "-r", "--reflink=auto", data.folder, copy, NULL};
    run(drop);
    run(make);
    bench_store_copy(data.folder, copy);
    snprintf(data.folder, sizeof data.folder, "%s", copy);
    *ret_data = data;
}

void bench_data_drop(const struct bench_data *data)
{
    const char *const drop[] = {"rm", "-rf", data->folder, NULL};
    if (strcmp(data->folder, data->original) == 0)
        return; // no copy
    bench_store_drop(data->folder);
    run(drop);
}
