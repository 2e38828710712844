// SPDX-License-Identifier: MPL-2.0
// What people look at all day: the first page of a department's queue, the map of open
// cases, figures and filters, at the client, with one million cases and with ten (the same
// 50,000 open); and how soon a server that was killed in the middle of its work shows the
// queue again. See docs/performance.md.
//
//   queue BUILD      environment: SCALE (1; 10 measures 1 and 10), BENCH_SECONDS (10),
//                    GRIDCASE_BENCH_DATA
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <gridcase/city/city.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/catalogue.h>

#include "support/lives.h"
#include "support/load.h"
#include "support/server.h"
#include "support/store.h"

enum { PORT = 18993, CLIENTS = 4, PAUSE_US = 20000, START_LIMIT_MS = 500, MEMORY_MB = 150 };
enum { WARM_US = 20000 };
static const double P99_MS = 5, GROWTH = 1.3;

// What is asked for. The first two have targets. The box is one where crash() reports nothing.
static const struct view {
    const char *name, *path;
    bool department; // asked by a department's user, else by a dispatcher
    bool target;
    enum { ALL, CLASS, COMMUNITY } filter; // one of a hundred, of four thousand
} VIEWS[] = {
    {"first queue page of a department", "/cases?open=1&sort=due&limit=50", true, true,
     ALL},
    {"map: open cases on the screen", "/geo/cases?open=1&bbox=114.20,22.70,114.23,22.72",
     false, true, ALL},
    {"map: a department's, all of the city",
     "/geo/cases?open=1&bbox=114.0,22.5,114.32,22.82", true, false, ALL},
    {"first queue page of everything", "/cases?open=1&sort=due&limit=50", false, false,
     ALL},
    {"queue of a class", "/cases?open=1&sort=due&limit=50", false, false, CLASS},
    {"queue of a community", "/cases?open=1&sort=due&limit=50", false, false, COMMUNITY},
    {"queue, red only", "/cases?open=1&sort=due&limit=50&light=red", false, false, ALL},
    {"newest of all years", "/cases?limit=50", false, false, ALL},
    {"newest of a class, all years", "/cases?limit=50", false, false, CLASS},
    {"newest of a community, all years", "/cases?limit=50", false, false, COMMUNITY},
    {"headline figures", "/summary", false, false, ALL},
};
enum { VIEW_COUNT = sizeof VIEWS / sizeof VIEWS[0] };

struct bench {
    struct bench_server server;
    struct bench_data data;
    double seconds;
    char dispatcher[256], department[256], collector[256];
    const struct view *view;
    int64_t class_id, area_id;
    int missed;
};

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value;
    return text && text_to_double(text, strlen(text), &value, NULL) == 0 ? value
                                                                         : otherwise;
}

static void check(struct bench *bench, bool met, const char *what)
{
    printf("       %s: %s\n", met ? "met" : "MISSED", what);
    bench->missed += !met;
}

// ---- looking ----
static size_t look(void *context, unsigned client, char *out, size_t room)
{
    struct bench *bench = context;
    const struct view *view = bench->view;
    char path[256], filter[64] = "";
    (void)client;
    if (view->filter != ALL)
        snprintf(filter, sizeof filter, "&%s=%lld",
                 view->filter == CLASS ? "class" : "area",
                 (long long)(view->filter == CLASS ? bench->class_id : bench->area_id));
    snprintf(path, sizeof path, "%s%s", view->path, filter);
    return bench_get(&bench->server, path,
                     view->department ? bench->department : bench->dispatcher, out, room);
}

static double measure(struct bench *bench, const struct view *view, double seconds)
{
    char text[160];
    struct load_result result;
    struct load_options options = {.port = PORT,
                                   .clients = CLIENTS,
                                   .seconds = seconds,
                                   .request = look,
                                   .pause_us = PAUSE_US,
                                   .context = bench};
    double processor_s = bench_processor_s(&bench->server);
    bench->view = view;
    if (load_drive(&options, &result) != 0) {
        fprintf(stderr, "queue bench: no connection\n");
        exit(1);
    }
    processor_s = bench_processor_s(&bench->server) - processor_s;
    printf("  %-38s p50 %7.2f ms   p99 %7.2f ms   worst %7.1f ms   (%llu, each %.2f ms of "
           "processor)\n",
           view->name, result.p50_ms, result.p99_ms, result.worst_ms,
           (unsigned long long)result.good,
           processor_s * 1e3 / (double)(result.good > 0 ? result.good : 1));
    if (result.bad + result.broken > 0) {
        printf("FAIL: %llu refused (%d: %s), %llu broken\n", (unsigned long long)result.bad,
               result.first_bad_status, result.first_bad,
               (unsigned long long)result.broken);
        bench->missed++;
    }
    snprintf(text, sizeof text, "p99 %.2f ms (target under %.0f)", result.p99_ms, P99_MS);
    if (view->target)
        check(bench, result.p99_ms < P99_MS, text);
    return result.p50_ms;
}

// What a server keeps in memory it makes when it is first asked for: open cases, columns.
// Asks for each view until its answer comes at once.
static void warm(struct bench *bench)
{
    static char answer[8 * 1024 * 1024];
    const int64_t begin_us = instant_monotonic_us();
    const int64_t end_us = begin_us + BENCH_SETTLE_S * INT64_C(1000000);
    for (int i = 0; i < VIEW_COUNT; i++) {
        int64_t took_us = 0;
        bench->view = &VIEWS[i];
        do {
            char request[1024];
            const int64_t from_us = instant_monotonic_us();
            size_t length = look(bench, 0, request, sizeof request);
            (void)load_once(PORT, request, length, answer, sizeof answer);
            took_us = instant_monotonic_us() - from_us;
            if (took_us > WARM_US)
                instant_sleep_ms(500);
        } while (took_us > WARM_US && instant_monotonic_us() < end_us);
    }
    printf("  (%.0f s until each view came at once)\n",
           (double)(instant_monotonic_us() - begin_us) / 1e6);
}

// ---- a crash ----
static size_t report(void *context, unsigned client, char *out, size_t room)
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
                 "\"description\":\"just before the crash\"}",
                 key[14] * 3, key[15] * 3);
    int total = snprintf(out, room,
                         "POST /%s/api/v1/cases HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         "Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                         "Cookie: %s\r\nIdempotency-Key: %s\r\nPrefer: return=minimal\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         BENCH_CITY, PORT, PORT, bench->collector, uuid, length, body);
    return total > 0 && (size_t)total < room ? (size_t)total : 0;
}

// Logs on the disk now, in MB.
static double log_mb(const struct bench *bench)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/cities/%s/cases.db-wal", bench->data.folder,
             BENCH_CITY);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    double bytes = fseek(file, 0, SEEK_END) == 0 ? (double)ftell(file) : 0;
    fclose(file);
    return bytes / 1e6;
}

static bool has_log(void *context)
{
    return log_mb(context) >= 64;
}

static void crash(struct bench *bench)
{
    struct load_result result;
    struct load_options options = {.port = PORT,
                                   .clients = 64,
                                   .seconds = bench_on_server() ? 5 : 0.5,
                                   .enough = bench_on_server() ? NULL : has_log,
                                   .most_seconds = 30,
                                   .request = report,
                                   .context = bench};
    int status;
    if (load_drive(&options, &result) != 0) {
        fprintf(stderr, "queue bench: no connection\n");
        exit(1);
    }
    kill(bench->server.process, SIGKILL);
    waitpid(bench->server.process, &status, 0);
    printf("  killed after %llu reports with a log of %.0f MB\n",
           (unsigned long long)result.good, log_mb(bench));
}

static void start_again(struct bench *bench, const char *build)
{
    static char answer[1024 * 1024];
    char request[1024], text[160];
    size_t length;
    bench_server_start(build, bench->data.folder, BENCH_CITY, PORT, &bench->server);
    double listening_ms = (double)(instant_monotonic_us() - bench->server.start_us) / 1e3;
    length = bench_get(&bench->server, VIEWS[0].path, bench->department, request,
                       sizeof request);
    int status = load_once(PORT, request, length, answer, sizeof answer);
    double page_ms = (double)(instant_monotonic_us() - bench->server.start_us) / 1e3;
    printf("  (%.0f ms of processor time)\n", bench_processor_s(&bench->server) * 1e3);
    printf("  start with that log: listens after %.0f ms, first queue page (%d) after %.0f "
           "ms\n",
           listening_ms, status, page_ms);
    snprintf(text, sizeof text, "first queue page %.0f ms after process start (target %d)",
             page_ms, START_LIMIT_MS);
    check(bench, status == 200 && page_ms < START_LIMIT_MS, text);
}

// ---- one size ----
static void find_ids(struct bench *bench)
{
    struct error error = {0};
    struct db_store *store = NULL;
    struct city_snapshot *city = NULL;
    if (db_store_open(bench->data.folder, 0, &store, &error) != 0 ||
        city_snapshot_open(store, BENCH_CITY, &city, &error) != 0) {
        fprintf(stderr, "queue bench: %s\n", error.message);
        exit(1);
    }
    bench->class_id = catalogue_class_find(city_catalogue(city, 0), "e0503")->id;
    bench->area_id = city_area_by_code(city, 2, "C030030")->id;
    city_snapshot_free(city);
    db_store_close(store);
}

static void measure_size(struct bench *bench, const char *build, int64_t cases,
                         double medians[VIEW_COUNT])
{
    bench_data_open(build, cases, &bench->data);
    find_ids(bench);
    printf("%lld cases, %d grids, %d of them open\n", (long long)cases, 102400,
           BENCH_OPEN_CASES);
    bench_server_start(build, bench->data.folder, BENCH_CITY, PORT, &bench->server);
    bench_server_settle(&bench->server, BENCH_SETTLE_S);
    bench_sign_in(&bench->server, "dispatcher1", bench->dispatcher,
                  sizeof bench->dispatcher);
    bench_sign_in(&bench->server, "department1", bench->department,
                  sizeof bench->department);
    bench_sign_in(&bench->server, "collector1", bench->collector, sizeof bench->collector);
    warm(bench);
    for (int i = 0; i < VIEW_COUNT; i++)
        medians[i] = measure(bench, &VIEWS[i], VIEWS[i].target ? bench->seconds : 2);
    printf("  server's memory %.0f MB\n", bench_memory_mb(&bench->server));
    crash(bench);
    start_again(bench, build);
    bench_server_stop(&bench->server);
}

// ---- an idle server with the demo city ----
static void run_program(const char *const arguments[])
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
            execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "queue bench: %s %s %s failed\n", arguments[0], arguments[1],
                arguments[2]);
        exit(1);
    }
}

static void measure_idle(struct bench *bench, const char *build)
{
    char folder[] = "/tmp/gridcase-bench-XXXXXX", program[1024], text[160];
    snprintf(program, sizeof program, "%s/gridcase", build);
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(1);
    }
    const char *const make[] = {program,        "city",   "new",  "boston",
                                "grids/boston", "--data", folder, NULL};
    const char *const load[] = {program,        "city",   "load", "boston",
                                "grids/boston", "--data", folder, NULL};
    const char *const play[] = {program,   "replay",
                                "boston",  "grids/boston/replay/record.csv.gz",
                                "--map",   "grids/boston/replay/map.ini",
                                "--speed", "max",
                                "--limit", "15000",
                                "--data",  folder,
                                NULL};
    bench_store_new(folder);
    run_program(make);
    run_program(load);
    run_program(play);
    bench_server_start(build, folder, "boston", PORT, &bench->server);
    char request[256], answer[65536];
    size_t length = bench_get(&bench->server, "/city", NULL, request, sizeof request);
    int status = load_once(PORT, request, length, answer, sizeof answer);
    instant_sleep_ms(3000);
    double memory = bench_memory_mb(&bench->server);
    snprintf(text, sizeof text, "idle with the demo city (%d): %.0f MB (target under %d)",
             status, memory, MEMORY_MB);
    check(bench, status == 200 && memory > 0 && memory < MEMORY_MB, text);
    bench_server_stop(&bench->server);
    const char *const drop[] = {"/bin/rm", "-rf", folder, NULL};
    run_program(drop);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    const char *build = argc > 1 ? argv[1] : "build";
    double small[VIEW_COUNT], large[VIEW_COUNT];
    int64_t cases = bench_cases();
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench.seconds = setting("BENCH_SECONDS", 10);
    measure_size(&bench, build, cases >= 10000000 ? 1000000 : cases, small);
    if (cases >= 10000000) {
        measure_size(&bench, build, cases, large);
        for (int i = 0; i < VIEW_COUNT; i++) {
            double growth = large[i] / small[i];
            char text[160];
            snprintf(text, sizeof text, "%.2f times the median of a million: %s", growth,
                     VIEWS[i].name);
            if (VIEWS[i].target)
                check(&bench, growth <= GROWTH, text);
            else
                printf("       %s\n", text);
        }
    }
    if (!getenv("BENCH_NO_IDLE"))
        measure_idle(&bench, build);
    printf(bench.missed > 0
               ? "%d targets missed: docs/performance.md tells where the time goes\n"
               : "all targets met\n",
           bench.missed);
    return 0;
}
