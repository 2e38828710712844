// SPDX-License-Identifier: MPL-2.0
// Intake: durable reports over HTTP against the same statements committed one by one on the
// same file, and against a bare probe, all in one run. See docs/performance.md.
//
//   intake BUILD      environment: BENCH_CASES (1000000; 100000 on PostgreSQL),
//   BENCH_SECONDS (10)
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gridcase/cases/case.h>
#include <gridcase/city/city.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/catalogue.h>

#include "support/load.h"
#include "support/probe.h"
#include "support/probe_server.h"
#include "support/store.h"

enum { FILL_BATCH = 2000, LANE_BATCH = 64, PATH_SIZE = 1024, PORT = 18973 };
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
    double checkpoints; // when the present load began
    int missed;
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

struct filling {
    struct bench *bench;
    int64_t done, start_ms, step_ms;
};

static int fill_some(struct db *db, void *context, struct error *error)
{
    struct filling *filling = context;
    int status = 0;
    for (int n = 0; n < FILL_BATCH && filling->done < filling->bench->cases; n++) {
        status = fill_one(filling->bench, db,
                          filling->start_ms + filling->step_ms * filling->done, error);
        if (status != 0)
            return status;
        if (++filling->done % 100000 == 0)
            fprintf(stderr, "\rfilling: %lld cases ", (long long)filling->done);
    }
    return filling->done < filling->bench->cases ? DB_LANE_MORE : 0;
}

// Through a writer lane, which keeps the log short.
static void run_in_lane(struct bench *bench, void *context,
                        int (*work)(struct db *db, void *context, struct error *error))
{
    struct error error = {0};
    struct db_lane *lane = NULL;
    if (db_lane_get(bench->store, slug, DB_CASES, &lane, &error) != 0 ||
        db_lane_call(lane, DB_PEOPLE, work, context, &error) != 0)
        stop_with("in the lane", &error);
    db_lane_put(lane);
}

static void fill(struct bench *bench)
{
    int64_t span_ms = INT64_C(3) * 365 * 86400000;
    struct filling filling = {.bench = bench,
                              .start_ms = instant_now_ms() - span_ms,
                              .step_ms = span_ms / bench->cases};
    run_in_lane(bench, &filling, fill_some);
    fprintf(stderr, "\n");
}

static void open_store(struct bench *bench, unsigned flags)
{
    struct error error = {0};
    if (db_store_open(bench->folder, flags, &bench->store, &error) != 0)
        stop_with("store", &error);
    if (!bench->city && city_snapshot_open(bench->store, slug, &bench->city, &error) != 0)
        stop_with("city", &error);
}

static void close_store(struct bench *bench)
{
    bench->store = db_store_close(bench->store); // the city stays: reports are made of it
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
    bench_store_new(bench->folder);
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

// ---- the same statements without HTTP, some to a commit ----

struct direct {
    struct bench *bench;
    int batch;
    int64_t count, end_us;
    double cpu_seconds; // of the lane's thread when it began, then used
};

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

// Bytes that this process has written so far, wherever they went.
static double written(void)
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, 4096);
    long long bytes = 0;
    if (file_read("/proc/self/io", &text, NULL) != 0)
        return 0;
    const char *at = strstr(text.data, "wchar: ");
    return at && sscanf(at, "wchar: %lld", &bytes) == 1 ? (double)bytes : 0;
}

// Each call is one transaction of the lane.
static int direct_some(struct db *db, void *context, struct error *error)
{
    struct direct *direct = context;
    if (direct->count == 0)
        direct->cpu_seconds = cpu_seconds();
    for (int i = 0; i < direct->batch; i++, direct->count++) {
        struct case_result result;
        int status =
            report(direct->bench, db, instant_now_ms(), CASE_MARK_LIVE, &result, error);
        if (status != 0)
            return status;
    }
    if (instant_monotonic_us() < direct->end_us)
        return DB_LANE_MORE;
    direct->cpu_seconds = cpu_seconds() - direct->cpu_seconds;
    return 0;
}

// Reports a second with that many to each commit.
static double without_http(struct bench *bench, int batch)
{
    open_store(bench, 0);
    double before = written();
    int64_t start_us = instant_monotonic_us();
    struct direct direct = {.bench = bench,
                            .batch = batch,
                            .end_us = start_us + (int64_t)(bench->seconds * 1e6)};
    run_in_lane(bench, &direct, direct_some);
    double took_s = (double)(instant_monotonic_us() - start_us) / 1e6;
    double cpu_us = direct.cpu_seconds * 1e6 / (double)direct.count;
    double each = (written() - before) / 1024 / (double)direct.count;
    close_store(bench);
    double rate = (double)direct.count / took_s;
    printf(
        "same statements, %3d to a commit, no HTTP:      %8.0f reports/s; each %.0f us of "
        "processor%s, %.0f KB written\n",
        batch, rate, cpu_us, bench_on_server() ? " here, without PostgreSQL's" : "", each);
    return rate;
}

// ---- over HTTP ----

static size_t http_report(void *context, unsigned client, char *out, size_t room)
{
    (void)client;
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
    for (int i = 0; i < 6000; i++) {
        instant_sleep_ms(5);
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

static bool saw_checkpoint(void *context)
{
    const struct bench *bench = context;
    return metric("gridcase_checkpoints_total") > bench->checkpoints;
}

static void check(struct bench *bench, const char *what, bool met)
{
    if (!met)
        bench->missed++;
    printf("               %s: %s\n", met ? "met" : "MISSED", what);
}

static void print_load(const struct load_result *result, unsigned clients, double rate)
{
    printf("%5u clients  %8.0f reports/s in %.0f s   p50 %6.1f ms  p99 %6.1f ms  worst "
           "%6.1f ms\n",
           clients, rate, result->seconds, result->p50_ms, result->p99_ms,
           result->worst_ms);
    printf("               %llu answered, %llu refused, %llu broken\n",
           (unsigned long long)result->good, (unsigned long long)result->bad,
           (unsigned long long)result->broken);
    if (result->bad > 0)
        printf("               first refusal %d: %s\n", result->first_bad_status,
               result->first_bad);
}

// Until a checkpoint has fallen into the run, six times the usual length at most.
static double over_http(struct bench *bench, unsigned clients, struct load_result *result)
{
    struct load_options options = {.port = PORT,
                                   .clients = clients,
                                   .seconds = bench->seconds,
                                   .enough = bench_on_server() ? NULL : saw_checkpoint,
                                   .most_seconds = bench->seconds * 6,
                                   .request = http_report,
                                   .context = bench};
    double commits = metric("gridcase_commits_total"),
           syncs = metric("gridcase_syncs_total");
    bench->checkpoints = metric("gridcase_checkpoints_total");
    if (load_drive(&options, result) != 0) {
        fprintf(stderr, "intake bench: no connection\n");
        exit(1);
    }
    commits = metric("gridcase_commits_total") - commits;
    syncs = metric("gridcase_syncs_total") - syncs;
    double checkpoints = metric("gridcase_checkpoints_total") - bench->checkpoints;
    double rate = (double)result->good / result->seconds;
    print_load(result, clients, rate);
    printf("               %.0f commits, %.0f syncs, %.0f whole checkpoints in the run%s; "
           "slowest commit so far %.0f ms\n",
           commits, syncs, checkpoints, checkpoints > 0 ? "" : " (steps of one only)",
           metric("gridcase_lane_commit_worst_seconds") * 1e3);
    if (syncs < commits || commits <= 0) {
        printf("FAIL: fewer syncs than commits: synchronous=FULL is not in force\n");
        exit(1);
    }
    return rate;
}

// The first page of the queue, from the start of the process; for information.
static void first_page(struct bench *bench, int64_t start_us)
{
    static char answer[1024 * 1024];
    char request[1024];
    int64_t listening_us = instant_monotonic_us();
    sign_in(bench);
    int64_t signed_in_us = instant_monotonic_us();
    int length = snprintf(request, sizeof request,
                          "GET /%s/api/v1/cases?open=1&sort=due&limit=50 HTTP/1.1\r\n"
                          "Host: 127.0.0.1:%d\r\nCookie: %s\r\n\r\n",
                          slug, PORT, bench->cookie);
    int status = load_once(PORT, request, (size_t)length, answer, sizeof answer);
    int64_t end_us = instant_monotonic_us();
    printf(
        "start: first answer after %.0f ms, first queue page (%d) after %.0f ms, of which "
        "sign-in %.0f ms, the page %.1f ms\n",
        (double)(listening_us - start_us) / 1e3, status, (double)(end_us - start_us) / 1e3,
        (double)(signed_in_us - listening_us) / 1e3, (double)(end_us - signed_in_us) / 1e3);
}

static void measure_http(struct bench *bench, double baseline, double probe)
{
    struct load_result result;
    char text[160];
    double rate = over_http(bench, 64, &result);
    snprintf(text, sizeof text, "%.2fx the same statements one by one (target 3)",
             rate / baseline);
    check(bench, text, rate >= 3 * baseline);
    snprintf(text, sizeof text, "%.2fx the bare probe (target 1.5)", rate / probe);
    check(bench, text, rate >= 1.5 * probe);
    snprintf(text, sizeof text, "p99 %.1f ms (target under 50), worst %.1f ms (under 500)",
             result.p99_ms, result.worst_ms);
    check(bench, text, result.p99_ms < 50 && result.worst_ms < 500);
    static const unsigned many[] = {512, 2000};
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        double crowded = over_http(bench, many[i], &result);
        snprintf(text, sizeof text, "no stall: %.2fx the rate of 64 clients, none broken",
                 crowded / rate);
        check(bench, text, crowded > 0.5 * rate && result.broken == 0);
    }
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
    struct bench bench = {
        .build = argc > 1 ? argv[1] : "build",
        // Through the lane a server takes some ms for each.
        .cases = (int64_t)setting("BENCH_CASES", bench_on_server() ? 1e5 : 1e6),
        .seconds = setting("BENCH_SECONDS", 10),
        .random = UINT64_C(0x9E3779B97F4A7C15)};
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(bench.folder, sizeof bench.folder, "%s/bench-data-%lld%s", bench.build,
             (long long)bench.cases, bench_engine_suffix());
    prepare(&bench);
    double probe = bench_on_server()
                       ? probe_server_run(bench.folder, bench.cases, bench.seconds)
                       : probe_run(bench.folder, bench.cases, bench.seconds);
    printf("bare probe, one-row %s, %lld rows in it: %8.0f reports/s\n",
           bench_on_server() ? "commits by pgbench on one connection" : "FULL commits",
           (long long)bench.cases, probe);
    double baseline = without_http(&bench, 1);
    without_http(&bench, LANE_BATCH);
    if (getenv("BENCH_NO_HTTP"))
        return 0;
    int64_t start_us = instant_monotonic_us();
    start_server(&bench);
    first_page(&bench, start_us);
    measure_http(&bench, baseline, probe);
    stop_server(&bench);
    city_snapshot_free(bench.city);
    if (bench.missed > 0)
        printf("%d targets missed: docs/performance.md tells where the time goes\n",
               bench.missed);
    else
        printf("all targets met\n");
    return 0;
}
