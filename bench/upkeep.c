// SPDX-License-Identifier: MPL-2.0
// What evaluation costs intake: reports with all that figures and proofs need written
// beside them (row of figures, rollups, chain of digests), and the same reports without, in
// turns in one run on one store. Then what is done later for each report: its row in the
// columns, its leaf in the night's root.
//
//   upkeep BUILD      environment: SCALE (1; more is as one), BENCH_SECONDS (3) of each
//                     turn, BENCH_ROUNDS (7), GRIDCASE_BENCH_DATA (support/lives.h)
//
// The product cannot leave these writes out. This program is linked with the two functions
// that make them wrapped (Makefile), and runs the lane and the server itself.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gridcase/cases/case.h>
#include <gridcase/cases/seal.h>
#include <gridcase/cli/cli.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>
#include <gridcase/evaluation/facts.h>
#include <gridcase/rules/catalogue.h>

#include "../src/cases/case_internal.h"
#include "support/lives.h"
#include "support/load.h"
#include "support/server.h"
#include "support/store.h"

enum { PORT = 18933, CLIENTS = 64, LANE_BATCH = 64, ROUNDS_MOST = 99 };
enum { WITHOUT_FACTS = 1, WITHOUT_CHAIN = 2, WITHOUT_BOTH = 3, KINDS = 4 };
static const char *const KIND_NAMES[KINDS] = {"everything", "without figures",
                                              "without the chain", "without both"};
static const double SHARE_MOST = 25;

static volatile int *without; // shared with the server's process

// ---- what can be left out ----
int __real_fact_store(struct case_work *work, struct error *error);
int __wrap_fact_store(struct case_work *work, struct error *error);
void __real_history_seal(struct history_row *row, const char *number,
                         uint8_t digest[HASH_SIZE]);
void __wrap_history_seal(struct history_row *row, const char *number,
                         uint8_t digest[HASH_SIZE]);

int __wrap_fact_store(struct case_work *work, struct error *error)
{
    return (*without & WITHOUT_FACTS) != 0 ? 0 : __real_fact_store(work, error);
}

void __wrap_history_seal(struct history_row *row, const char *number,
                         uint8_t digest[HASH_SIZE])
{
    if ((*without & WITHOUT_CHAIN) != 0)
        row->entry.number = number;
    else
        __real_history_seal(row, number, digest);
}

struct bench {
    struct bench_data data;
    double seconds;
    int rounds, missed;
    struct db_store *store;
    struct city_snapshot *city;
    uint64_t random;
    struct bench_server server;
    char collector[256];
    double later_us; // of processor, for each report: columns and root
};

static _Noreturn void stop_with(const char *what, const struct error *error)
{
    fprintf(stderr, "upkeep bench: %s: %s (%s)\n", what, error->message, error->slug);
    exit(1);
}

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value;
    return text && text_to_double(text, strlen(text), &value, NULL) == 0 ? value
                                                                         : otherwise;
}

static double processor_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static uint64_t roll(struct bench *bench) // xorshift64*
{
    bench->random ^= bench->random >> 12;
    bench->random ^= bench->random << 25;
    bench->random ^= bench->random >> 27;
    return bench->random * UINT64_C(2685821657736338717);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, int count)
{
    double sorted[ROUNDS_MOST];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, by_size);
    return sorted[count / 2];
}

static void judge(struct bench *bench, const char *what, double share)
{
    bool met = share <= SHARE_MOST;
    printf("    %s: %.1f %% (target at most %.0f): %s\n", what, share, SHARE_MOST,
           met ? "met" : "MISSED");
    bench->missed += !met;
}

// ---- in the writer lane, without HTTP ----
struct turn {
    struct bench *bench;
    int64_t count, end_us;
    double used_us, took_us;
};

static int report(struct bench *bench, struct db *db, struct error *error)
{
    const struct catalogue *catalogue = city_catalogue(bench->city, 0);
    const struct catalogue_class *class =
        catalogue_class(catalogue, roll(bench) % catalogue_class_count(catalogue));
    const struct city_grid *grid =
        city_grid(bench->city, roll(bench) % city_grids(bench->city));
    int64_t now_ms = instant_now_ms();
    uint8_t key[16], digest[HASH_SIZE];
    uuid_new(now_ms, key);
    hash_bytes(key, sizeof key, digest);
    struct case_draft draft = {
        .class_id = class->id,
        .condition_id = catalogue_condition(catalogue, class->first_condition)->id,
        .has_point = true,
        .point = {.lon_deg = grid->lon_deg, .lat_deg = grid->lat_deg, .accuracy_m = 8},
        .description = "broken and dangerous, please mend it soon",
        .source = PROCESS_SOURCE_HOTLINE,
        .imported_due_ms = INSTANT_NONE};
    struct actor actor = actor_system();
    struct case_result result;
    struct case_move move = {.actor = &actor,
                             .draft = &draft,
                             .received_ms = now_ms,
                             .done_ms = INSTANT_NONE,
                             .key = key,
                             .body_digest = digest,
                             .mark = CASE_MARK_LIVE};
    return case_apply(db, bench->city, &move, &result, error);
}

// Each call is one transaction of the lane.
static int report_some(struct db *db, void *context, struct error *error)
{
    struct turn *turn = context;
    if (turn->count == 0) {
        turn->used_us = processor_us();
        turn->took_us = (double)instant_monotonic_us();
    }
    for (int i = 0; i < LANE_BATCH; i++, turn->count++) {
        int code = report(turn->bench, db, error);
        if (code != 0)
            return code;
    }
    if (instant_monotonic_us() < turn->end_us)
        return DB_LANE_MORE;
    turn->used_us = processor_us() - turn->used_us;
    turn->took_us = (double)instant_monotonic_us() - turn->took_us;
    return 0;
}

// Microseconds a report: of the lane's processor, or on a server, whose work is another
// process's, that passed.
static double one_turn(struct bench *bench, struct db_lane *lane, int kind)
{
    struct error error = {0};
    struct turn turn = {.bench = bench,
                        .end_us = instant_monotonic_us() +
                                  (int64_t)(bench->seconds * 1e6 / KINDS)};
    *without = kind;
    int code = db_lane_call(lane, DB_PEOPLE, report_some, &turn, &error);
    *without = 0;
    if (code != 0)
        stop_with("in the lane", &error);
    return (bench_on_server() ? turn.took_us : turn.used_us) / (double)turn.count;
}

static void measure_lane(struct bench *bench)
{
    double us[KINDS][ROUNDS_MOST];
    struct error error = {0};
    struct db_lane *lane = NULL;
    if (db_lane_get(bench->store, BENCH_CITY, DB_CASES, &lane, &error) != 0)
        stop_with("lane", &error);
    one_turn(bench, lane, 0); // warm
    for (int i = 0; i < bench->rounds; i++)
        for (int kind = 0; kind < KINDS; kind++)
            us[kind][i] = one_turn(bench, lane, kind);
    db_lane_put(lane);
    printf("  in the lane, %d reports to a commit, no HTTP (medians of %d turns):\n",
           LANE_BATCH, bench->rounds);
    for (int kind = 0; kind < KINDS; kind++)
        printf("    %-20s %7.1f us %s\n", KIND_NAMES[kind], median(us[kind], bench->rounds),
               bench_on_server() ? "that passed" : "of processor");
    double all = median(us[0], bench->rounds);
    double bare = median(us[WITHOUT_BOTH], bench->rounds);
    judge(bench, "share of the lane", 100 * (all - bare) / all);
    if (!bench_on_server())
        judge(bench, "with what is done later",
              100 * (all - bare + bench->later_us) / (all + bench->later_us));
}

// ---- what is done later ----
static void hold(struct facts *facts, struct bench *bench, struct db *db, uint64_t *cases)
{
    struct error error = {0};
    struct facts_state state;
    if (facts_hold(facts, db, bench->city, &state, &error) != 0)
        stop_with("columns", &error);
    facts_release(facts);
    *cases = state.cases;
}

static void fill_lane(struct bench *bench)
{
    struct error error = {0};
    struct db_lane *lane = NULL;
    if (db_lane_get(bench->store, BENCH_CITY, DB_CASES, &lane, &error) != 0)
        stop_with("lane", &error);
    for (int i = 0; i < KINDS; i++)
        one_turn(bench, lane, 0);
    db_lane_put(lane);
}

static void measure_later(struct bench *bench)
{
    char path[900];
    struct error error = {0};
    struct db *db = NULL;
    struct case_seal seal;
    uint64_t before = 0, after = 0;
    snprintf(path, sizeof path, "%s/cities/%s/facts", bench->data.folder, BENCH_CITY);
    struct facts *facts = facts_new(path);
    if (db_open(bench->store, BENCH_CITY, DB_CASES, DB_READ, &db, &error) != 0)
        stop_with("store", &error);
    hold(facts, bench, db, &before);
    fill_lane(bench);
    double columns_us = processor_us();
    hold(facts, bench, db, &after);
    columns_us = (processor_us() - columns_us) / (double)(after - before);
    double root_us = processor_us();
    if (case_seal_make(db, instant_now_ms(), &seal, &error) != 0)
        stop_with("root", &error);
    root_us = (processor_us() - root_us) / (double)(seal.rows > 0 ? seal.rows : 1);
    bench->later_us = columns_us + root_us;
    printf(
        "  later, by others than the lane, of processor: %.1f us to take a report into the "
        "columns (%llu of them), %.1f us for its leaf in a root (%lld rows)\n",
        columns_us, (unsigned long long)(after - before), root_us, (long long)seal.rows);
    facts_free(facts);
    db_close(db);
}

// ---- over HTTP ----
// A short answer: the whole case tells figures, too.
static size_t http_report(void *context, unsigned client, char *out, size_t room)
{
    struct bench *bench = context;
    char uuid[UUID_TEXT_SIZE], body[300];
    uint8_t key[16];
    (void)client;
    uuid_new(instant_now_ms(), key);
    uuid_to_text(key, uuid);
    int length =
        snprintf(body, sizeof body,
                 "{\"class\":\"e0503\",\"point\":{\"lon\":114.1%03d,\"lat\":22.6%03d},"
                 "\"description\":\"broken and dangerous\"}",
                 key[14] * 3, key[15] * 3);
    int total = snprintf(out, room,
                         "POST /%s/api/v1/cases HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         "Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                         "Cookie: %s\r\nIdempotency-Key: %s\r\nPrefer: return=minimal\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         BENCH_CITY, PORT, PORT, bench->collector, uuid, length, body);
    return total > 0 && (size_t)total < room ? (size_t)total : 0;
}

// The server in a process of this program: the same code, these two functions wrapped.
static void start_server(struct bench *bench)
{
    extern const struct cli_command cli_serve_commands[];
    char port[16], answer[4096], request[256];
    char option_data[] = "--data", option_port[] = "--port";
    struct bench_server server = {.port = PORT,
                                  .folder = bench->data.folder,
                                  .city = BENCH_CITY,
                                  .start_us = instant_monotonic_us()};
    snprintf(port, sizeof port, "%d", PORT);
    fflush(stdout);
    server.process = fork();
    if (server.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        struct error error = {0};
        char *arguments[] = {option_data, bench->data.folder, option_port, port, NULL};
        int status = cli_serve_commands[0].run(4, arguments, &error);
        if (status < 0)
            fprintf(stderr, "upkeep bench: %s\n", error.message);
        _exit(status == 0 ? 0 : 1);
    }
    size_t length = bench_get(&server, "/city", NULL, request, sizeof request);
    for (int i = 0; i < 30000; i++) {
        if (load_once(PORT, request, length, answer, sizeof answer) == 200) {
            bench->server = server;
            return;
        }
        instant_sleep_ms(5);
    }
    fprintf(stderr, "upkeep bench: the server does not answer\n");
    exit(1);
}

struct pace {
    double rate, used_us; // reports a second, the server's processor for each
};

static struct pace load(struct bench *bench, int kind)
{
    struct load_result result;
    struct load_options options = {.port = PORT,
                                   .clients = CLIENTS,
                                   .seconds = bench->seconds,
                                   .request = http_report,
                                   .context = bench};
    *without = kind;
    double used_s = bench_processor_s(&bench->server);
    if (load_drive(&options, &result) != 0 || result.good == 0 ||
        result.bad + result.broken > 0) {
        fprintf(stderr, "upkeep bench: %llu refused (%d: %s), %llu broken\n",
                (unsigned long long)result.bad, result.first_bad_status, result.first_bad,
                (unsigned long long)result.broken);
        exit(1);
    }
    used_s = bench_processor_s(&bench->server) - used_s;
    *without = 0;
    return (struct pace){(double)result.good / result.seconds,
                         used_s * 1e6 / (double)result.good};
}

static void measure_http(struct bench *bench)
{
    double on[ROUNDS_MOST], off[ROUNDS_MOST], shares[ROUNDS_MOST];
    double used_on[ROUNDS_MOST], used_off[ROUNDS_MOST];
    start_server(bench);
    bench_sign_in(&bench->server, "collector1", bench->collector, sizeof bench->collector);
    load(bench, 0); // warm
    for (int i = 0; i < bench->rounds; i++) {
        struct pace with, bare;
        if (i % 2 == 0) { // who is first changes
            with = load(bench, 0);
            bare = load(bench, WITHOUT_BOTH);
        } else {
            bare = load(bench, WITHOUT_BOTH);
            with = load(bench, 0);
        }
        on[i] = with.rate;
        off[i] = bare.rate;
        shares[i] = 100 * (1 - with.rate / bare.rate);
        used_on[i] = with.used_us;
        used_off[i] = bare.used_us;
    }
    bench_server_stop(&bench->server);
    double with_us = median(used_on, bench->rounds);
    double bare_us = median(used_off, bench->rounds);
    printf("  over HTTP, %d clients (medians of %d turns): %.0f reports/s, without %.0f; "
           "server's processor %.0f and %.0f us a report\n",
           CLIENTS, bench->rounds, median(on, bench->rounds), median(off, bench->rounds),
           with_us, bare_us);
    judge(bench, "share of the throughput (median of the turns')",
          median(shares, bench->rounds));
    judge(bench, "share of the server's processor", 100 * (with_us - bare_us) / with_us);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.random = UINT64_C(0x9E3779B97F4A7C15)};
    const char *build = argc > 1 ? argv[1] : "build";
    int64_t cases = bench_cases() > 1000000 ? 1000000 : bench_cases();
    struct error error = {0};
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    without = mmap(NULL, sizeof *without, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (without == MAP_FAILED)
        return 1;
    bench.seconds = setting("BENCH_SECONDS", 3);
    bench.rounds = (int)setting("BENCH_ROUNDS", 7);
    bench.rounds = bench.rounds < 1             ? 1
                   : bench.rounds > ROUNDS_MOST ? ROUNDS_MOST
                                                : bench.rounds;
    bench_data_copy(build, cases, "upkeep", &bench.data);
    printf("%lld cases; reports with and without figures and chain, in turns\n",
           (long long)cases);
    measure_http(&bench); // forks: no thread of ours yet
    if (db_store_open(bench.data.folder, 0, &bench.store, &error) != 0 ||
        city_snapshot_open(bench.store, BENCH_CITY, &bench.city, &error) != 0)
        stop_with("store", &error);
    measure_later(&bench);
    measure_lane(&bench);
    city_snapshot_free(bench.city);
    db_store_close(bench.store);
    bench_data_drop(&bench.data);
    printf(bench.missed > 0 ? "%d targets missed\n" : "all targets met (%d missed)\n",
           bench.missed);
    return bench.missed > 0;
}
