// SPDX-License-Identifier: MPL-2.0
// Intake: durable reports over HTTP against the same statements committed one by one on the
// same file, and against a bare probe, all in one run. See docs/performance.md.
//
//   intake BUILD      environment: BENCH_CASES (1000000), BENCH_SECONDS (10)
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gridcase/cases/case.h>
#include <gridcase/city/city.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/catalogue.h>

#include "support/load.h"
#include "support/probe.h"

enum { FILL_BATCH = 2000, PATH_SIZE = 1024, PORT = 18973 };
static const char slug[] = "boston";

struct bench {
    const char *build;
    char folder[PATH_SIZE];
    int64_t cases;
    double seconds;
    struct db_store *store;
    struct city_snapshot *city;
    uint64_t random;
    pid_t server;
    char cookie[512];
};

static uint64_t next_random(struct bench *bench) // xorshift64*
{
    bench->random ^= bench->random >> 12;
    bench->random ^= bench->random << 25;
    bench->random ^= bench->random >> 27;
    return bench->random * UINT64_C(2685821657736338717);
}

static void stop_with(const char *what, const struct error *error)
{
    fprintf(stderr, "intake bench: %s: %s (%s)\n", what, error->message, error->slug);
    exit(1);
}

static void start_program(struct bench *bench, const char *const arguments[],
                          pid_t *ret_child)
{
    (void)bench;
    pid_t child = fork();
    if (child == 0) {
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    *ret_child = child;
}

static void run_program(struct bench *bench, const char *const arguments[])
{
    pid_t child;
    int status;
    start_program(bench, arguments, &child);
    if (waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "intake bench: %s %s failed\n", arguments[0], arguments[1]);
        exit(1);
    }
}

// ---- a store with a million lives in it ----

struct made { // what one report is made of
    struct case_draft draft;
    char description[128];
};

static void make_report(struct bench *bench, struct made *made)
{
    const struct catalogue *catalogue = city_catalogue(bench->city, 0);
    const struct catalogue_class *class =
        catalogue_class(catalogue, next_random(bench) % catalogue_class_count(catalogue));
    const struct city_grid *grid =
        city_grid(bench->city, next_random(bench) % city_grids(bench->city));
    snprintf(made->description, sizeof made->description,
             "bench %016llx: broken, dangerous, please mend it soon",
             (unsigned long long)next_random(bench));
    made->draft = (struct case_draft){
        .class_id = class->id,
        .condition_id = catalogue_condition(catalogue, class->first_condition)->id,
        .has_point = true,
        .point = {.lon_deg = grid->lon_deg, .lat_deg = grid->lat_deg, .accuracy_m = 8},
        .description = made->description,
        .source = PROCESS_SOURCE_HOTLINE,
        .imported_due_ms = INSTANT_NONE};
}

static int report(struct bench *bench, struct db *db, int64_t at_ms, enum case_mark mark,
                  struct case_result *ret_result, struct error *error)
{
    struct made made;
    make_report(bench, &made);
    uint8_t key[16], digest[HASH_SIZE];
    uuid_new(at_ms, key);
    hash_bytes(key, sizeof key, digest);
    struct actor actor = actor_system();
    struct case_move move = {.actor = &actor,
                             .draft = &made.draft,
                             .received_ms = at_ms,
                             .done_ms = INSTANT_NONE,
                             .key = key,
                             .body_digest = digest,
                             .mark = mark};
    return case_apply(db, bench->city, &move, ret_result, error);
}

static int close_case(struct bench *bench, struct db *db, int64_t case_id, int64_t at_ms,
                      struct error *error)
{
    struct actor actor = actor_system();
    struct case_result result;
    struct case_move move = {.actor = &actor,
                             .action = "close",
                             .case_id = case_id,
                             .received_ms = at_ms,
                             .done_ms = INSTANT_NONE,
                             .mark = CASE_MARK_SYNTHETIC};
    return case_apply(db, bench->city, &move, &result, error);
}

// One in twenty stays open.
static int fill_one(struct bench *bench, struct db *db, int64_t at_ms, struct error *error)
{
    struct case_result result;
    int status = report(bench, db, at_ms, CASE_MARK_SYNTHETIC, &result, error);
    if (status == 0 && next_random(bench) % 20 != 0) {
        status = close_case(bench, db, result.case_id, at_ms + 3600000, error);
        if (status == ERROR_CONFLICT || status == ERROR_DENIED) {
            error_clear(error); // waits to be routed by hand: stays open
            status = 0;
        }
    }
    return status;
}

static void fill(struct bench *bench)
{
    struct error error = {0};
    DB_CLEANUP struct db *db = NULL;
    if (db_open(bench->store, slug, DB_CASES, DB_WRITE, &db, &error) != 0)
        stop_with("open", &error);
    int64_t span_ms = INT64_C(3) * 365 * 86400000, start_ms = instant_now_ms() - span_ms;
    for (int64_t i = 0; i < bench->cases;) {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        if (db_begin(db, DB_WRITE, &transaction, &error) != 0)
            stop_with("begin", &error);
        for (int n = 0; n < FILL_BATCH && i < bench->cases; n++, i++)
            if (fill_one(bench, db, start_ms + span_ms / bench->cases * i, &error) != 0)
                stop_with("fill", &error);
        if (db_commit(&transaction, &error) != 0)
            stop_with("commit", &error);
        if (i % 100000 == 0)
            fprintf(stderr, "\rfilling: %lld cases ", (long long)i);
    }
    fprintf(stderr, "\n");
}

static void open_store(struct bench *bench, unsigned flags)
{
    struct error error = {0};
    if (db_store_open(bench->folder, flags, &bench->store, &error) != 0)
        stop_with("store", &error);
    if (city_snapshot_open(bench->store, slug, &bench->city, &error) != 0)
        stop_with("city", &error);
}

static void close_store(struct bench *bench)
{
    bench->city = city_snapshot_free(bench->city);
    bench->store = db_store_close(bench->store);
}

static void prepare(struct bench *bench)
{
    char marker[PATH_SIZE], program[PATH_SIZE];
    snprintf(marker, sizeof marker, "%s/filled", bench->folder);
    snprintf(program, sizeof program, "%s/gridcase", bench->build);
    if (file_exists(marker))
        return;
    const char *const new_city[] = {program,        "city",   "new",         slug,
                                    "grids/boston", "--data", bench->folder, NULL};
    const char *const load_city[] = {program,        "city",   "load",        slug,
                                     "grids/boston", "--data", bench->folder, NULL};
    run_program(bench, new_city);
    run_program(bench, load_city);
    open_store(bench, DB_STORE_UNSAFE);
    int64_t start_us = instant_monotonic_us();
    fill(bench);
    printf("filled %lld cases in %.0f s (not durable: only to have them)\n",
           (long long)bench->cases, (double)(instant_monotonic_us() - start_us) / 1e6);
    close_store(bench);
    struct error error = {0};
    if (file_write_atomic(marker, "", 0, &error) != 0)
        stop_with("marker", &error);
}

// ---- the same statements, committed one by one ----

static double one_by_one(struct bench *bench)
{
    struct error error = {0};
    open_store(bench, 0);
    DB_CLEANUP struct db *db = NULL;
    if (db_open(bench->store, slug, DB_CASES, DB_WRITE, &db, &error) != 0)
        stop_with("open", &error);
    int64_t start_us = instant_monotonic_us(), now_us = start_us, count = 0;
    for (; now_us < start_us + (int64_t)(bench->seconds * 1e6); count++) {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        struct case_result result;
        if (db_begin(db, DB_WRITE, &transaction, &error) != 0 ||
            report(bench, db, instant_now_ms(), CASE_MARK_LIVE, &result, &error) != 0 ||
            db_commit(&transaction, &error) != 0)
            stop_with("one by one", &error);
        now_us = instant_monotonic_us();
    }
    db = db_close(db);
    close_store(bench);
    return (double)count / ((double)(now_us - start_us) / 1e6);
}

// ---- over HTTP ----

static size_t http_report(void *context, char *out, size_t room)
{
    struct bench *bench = context;
    struct made made;
    make_report(bench, &made);
    char body[1024], uuid[UUID_TEXT_SIZE];
    uint8_t key[16];
    uuid_new(instant_now_ms(), key);
    uuid_to_text(key, uuid);
    int length =
        snprintf(body, sizeof body,
                 "{\"class\":%lld,\"point\":{\"lon\":%.7f,\"lat\":%.7f,"
                 "\"accuracy_m\":8},\"description\":\"%s\",\"source\":\"hotline\"}",
                 (long long)made.draft.class_id, made.draft.point.lon_deg,
                 made.draft.point.lat_deg, made.description);
    int total =
        snprintf(out, room,
                 "POST /%s/api/v1/cases HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                 "Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                 "Cookie: %s\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s",
                 slug, PORT, PORT, bench->cookie, uuid, length, body);
    return total > 0 && (size_t)total < room ? (size_t)total : 0;
}

static int get(const char *path, char *answer, size_t size, uint16_t port)
{
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", path, port);
    return load_once(port, request, (size_t)length, answer, size);
}

static void start_server(struct bench *bench)
{
    char program[PATH_SIZE], port[16], health[32], answer[4096];
    snprintf(program, sizeof program, "%s/gridcase", bench->build);
    snprintf(port, sizeof port, "%d", PORT);
    snprintf(health, sizeof health, "127.0.0.1:%d", PORT + 1);
    const char *const arguments[] = {program, "serve",    "--data", bench->folder, "--port",
                                     port,    "--health", health,   NULL};
    start_program(bench, arguments, &bench->server);
    for (int i = 0; i < 300; i++) {
        instant_sleep_ms(100);
        if (get("/boston/api/v1/city", answer, sizeof answer, PORT) == 200)
            return;
    }
    fprintf(stderr, "intake bench: the server does not answer\n");
    exit(1);
}

static void stop_server(struct bench *bench)
{
    int status;
    kill(bench->server, SIGTERM);
    waitpid(bench->server, &status, 0);
}

// Signs in as the acceptor of the demo logins ("login<TAB>password..." lines).
static void sign_in(struct bench *bench)
{
    char path[PATH_SIZE], request[1024], body[256], answer[8192];
    char login[64] = "", password[128] = "";
    snprintf(path, sizeof path, "%s/cities/%s/demo-logins.txt", bench->folder, slug);
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, 65536);
    struct error error = {0};
    if (file_read(path, &text, &error) != 0)
        stop_with("logins", &error);
    for (char *line = text.data; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "acceptor", 8) == 0 &&
            sscanf(line, "%63s %127s", login, password) == 2)
            break;
    }
    int length = snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}",
                          login, password);
    int total = snprintf(request, sizeof request,
                         "POST /%s/api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         "Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         slug, PORT, PORT, length, body);
    int status = load_once(PORT, request, (size_t)total, answer, sizeof answer);
    const char *cookie = strcasestr(answer, "\r\nset-cookie: ");
    if (status != 200 || !cookie) {
        fprintf(stderr, "intake bench: sign-in as '%s' failed: %d\n", login, status);
        exit(1);
    }
    cookie += strlen("\r\nset-cookie: ");
    snprintf(bench->cookie, sizeof bench->cookie, "%.*s", (int)strcspn(cookie, ";\r"),
             cookie);
}

// A counter of the metrics page; -1 when it is not there.
static double metric(const char *name)
{
    static char answer[256 * 1024];
    if (get("/metrics", answer, sizeof answer, PORT + 1) != 200)
        return -1;
    for (char *line = strstr(answer, "\r\n\r\n"); line; line = strchr(line + 1, '\n')) {
        const char *at = line + 1;
        size_t length = strlen(name);
        if (strncmp(at, name, length) == 0 && (at[length] == ' ' || at[length] == '{')) {
            const char *value = strchr(at, ' ');
            double number;
            size_t digits = strcspn(value + 1, "\r\n");
            if (text_to_double(value + 1, digits, &number, NULL) == 0)
                return number;
        }
    }
    return -1;
}

static double over_http(struct bench *bench, unsigned clients, double baseline,
                        double probe)
{
    struct load_options options = {.port = PORT,
                                   .clients = clients,
                                   .seconds = bench->seconds,
                                   .request = http_report,
                                   .context = bench};
    struct load_result result;
    double commits = metric("gridcase_commits_total"),
           syncs = metric("gridcase_syncs_total"),
           checkpoints = metric("gridcase_checkpoints_total");
    if (load_run(&options, &result) != 0) {
        fprintf(stderr, "intake bench: no connection\n");
        exit(1);
    }
    commits = metric("gridcase_commits_total") - commits;
    syncs = metric("gridcase_syncs_total") - syncs;
    checkpoints = metric("gridcase_checkpoints_total") - checkpoints;
    double rate = (double)result.good / result.seconds;
    printf("%5u clients  %8.0f reports/s  %5.2fx one by one  %5.2fx probe   p50 %6.1f ms  "
           "p99 %6.1f ms  worst %6.1f ms\n",
           clients, rate, rate / baseline, rate / probe, result.p50_ms, result.p99_ms,
           result.worst_ms);
    printf("               %llu answered, %llu refused, %llu broken; %.0f commits, %.0f "
           "syncs, "
           "%.0f checkpoints\n",
           (unsigned long long)result.good, (unsigned long long)result.bad,
           (unsigned long long)result.broken, commits, syncs, checkpoints);
    if (result.bad > 0)
        printf("               first refusal %d: %s\n", result.first_bad_status,
               result.first_bad);
    if (syncs < commits || commits <= 0) {
        printf("FAIL: fewer syncs than commits: synchronous=FULL is not in force\n");
        exit(1);
    }
    return rate;
}

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value;
    return text && text_to_double(text, strlen(text), &value, NULL) == 0 ? value
                                                                         : otherwise;
}

int main(int argc, char **argv)
{
    struct bench bench = {.build = argc > 1 ? argv[1] : "build",
                          .cases = (int64_t)setting("BENCH_CASES", 1e6),
                          .seconds = setting("BENCH_SECONDS", 10),
                          .random = UINT64_C(0x9E3779B97F4A7C15)};
    signal(SIGPIPE, SIG_IGN);
    snprintf(bench.folder, sizeof bench.folder, "%s/bench-data-%lld", bench.build,
             (long long)bench.cases);
    prepare(&bench);
    double probe = probe_run(bench.folder, bench.cases, bench.seconds);
    printf("bare probe, one-row FULL commits, %lld rows in it:  %8.0f reports/s\n",
           (long long)bench.cases, probe);
    double baseline = one_by_one(&bench);
    printf("same statements one by one, same file:             %8.0f reports/s\n",
           baseline);
    start_server(&bench);
    sign_in(&bench);
    over_http(&bench, 64, baseline, probe);
    over_http(&bench, 512, baseline, probe);
    over_http(&bench, 2000, baseline, probe);
    stop_server(&bench);
    return 0;
}
