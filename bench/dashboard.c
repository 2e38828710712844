// SPDX-License-Identifier: MPL-2.0
// What managers look at: the requests of the dashboard's first screen, with one million
// cases and with ten, five years of them; and the month's bulletin as PDF.
//
//   dashboard BUILD   environment: SCALE (1; 10 measures 1 and 10), BENCH_SECONDS (3) of
//                     each view, GRIDCASE_BENCH_DATA (support/lives.h)
//
// Targets are for the median at the client, which asks one view after the other; the
// server's processor time for each stands beside it.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

#include "support/lives.h"
#include "support/load.h"
#include "support/server.h"
#include "support/timed.h"

enum { PORT = 18923, WARM_S = 300, PDF_S = 5 };
static const double VIEW_MS = 10, GROWTH = 1.3;

enum span { NONE, MONTH, BEFORE, YEAR, FIVE_YEARS };
#define HONEST                                                                             \
    "closing_rate,reopened_share,unchecked_share,one_sided_share,forced_share,"            \
    "suspended_share,gone_again_share"
// The first seven are the first screen, of which each has targets.
static const struct view {
    const char *name, *path;
    enum span span;
    bool target;
} VIEWS[] = {
    {"what is open, and today", "/summary", NONE, true},
    {"the month", "/figures?", MONTH, true},
    {"the month before", "/figures?", BEFORE, true},
    {"the month by day", "/figures?by=day&", MONTH, true},
    {"the month by department", "/figures?by=department&", MONTH, true},
    {"behind its closing rate", "/figures?by=department&measures=" HONEST "&", MONTH, true},
    {"a year by month", "/figures?by=month&", YEAR, true},
    {"five years by quarter", "/figures?by=quarter&", FIVE_YEARS, false},
    {"five years, department by year", "/figures?by=department,year&", FIVE_YEARS, false},
};
enum { VIEW_COUNT = sizeof VIEWS / sizeof VIEWS[0] };

struct bench {
    struct bench_server server;
    struct bench_data data;
    double seconds;
    char manager[256];
    int64_t today;
    const struct view *view;
    int missed;
};

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value;
    return text && text_to_double(text, strlen(text), &value, NULL) == 0 ? value
                                                                         : otherwise;
}

static void judge(struct bench *bench, bool met, const char *what)
{
    printf("       %s: %s\n", met ? "met" : "MISSED", what);
    bench->missed += !met;
}

// The first and the last day of the month that lies so many before the present one.
static void month(int64_t today, int before, int64_t *ret_first, int64_t *ret_last)
{
    int year = 0, number = 0, day = 0;
    date_from_day(today, &year, &number, &day);
    int64_t first = today - day + 1, last = today;
    for (int i = 0; i < before; i++) {
        last = first - 1;
        date_from_day(last, &year, &number, &day);
        first = last - day + 1;
    }
    *ret_first = first;
    *ret_last = last;
}

static void add_span(const struct bench *bench, char *path, size_t size)
{
    char first[DATE_TEXT_SIZE], last[DATE_TEXT_SIZE];
    int64_t from = 0, to = bench->today;
    size_t length = strlen(path);
    if (bench->view->span == NONE)
        return;
    month(bench->today, bench->view->span == BEFORE, &from, &to);
    if (bench->view->span == YEAR)
        from = to - 364;
    if (bench->view->span == FIVE_YEARS)
        from = to - 1826;
    date_to_text(from, first);
    date_to_text(to, last);
    snprintf(path + length, size - length, "from=%s&to=%s", first, last);
}

static size_t look(void *context, unsigned client, char *out, size_t room)
{
    struct bench *bench = context;
    char path[512];
    (void)client;
    snprintf(path, sizeof path, "%s", bench->view->path);
    add_span(bench, path, sizeof path);
    return bench_get(&bench->server, path, bench->manager, out, room);
}

// Until the columns are there: their first reader makes them.
static void warm(struct bench *bench)
{
    static char answer[1024 * 1024];
    char request[1024];
    int64_t start_us = instant_monotonic_us();
    bench->view = &VIEWS[VIEW_COUNT - 1];
    size_t length = look(bench, 0, request, sizeof request);
    int status = 0;
    while ((status = load_once(PORT, request, length, answer, sizeof answer)) != 200) {
        if (instant_monotonic_us() - start_us > WARM_S * INT64_C(1000000)) {
            fprintf(stderr, "dashboard bench: figures answered %d\n", status);
            exit(1);
        }
        instant_sleep_ms(200);
    }
    double took_s = (double)(instant_monotonic_us() - start_us) / 1e6;
    printf("  the first figures after %.1f s\n", took_s);
}

static double measure(struct bench *bench, const struct view *view)
{
    char text[200];
    struct load_result result;
    struct load_options options = {.port = PORT,
                                   .clients = 1,
                                   .seconds = bench->seconds,
                                   .request = look,
                                   .pause_us = 2000,
                                   .context = bench};
    bench->view = view;
    double used_s = bench_processor_s(&bench->server);
    if (load_drive(&options, &result) != 0 || result.good == 0 ||
        result.bad + result.broken > 0) {
        fprintf(stderr, "dashboard bench: %s: %d: %s\n", view->name,
                result.first_bad_status, result.first_bad);
        exit(1);
    }
    used_s = bench_processor_s(&bench->server) - used_s;
    double used_ms = used_s * 1e3 / (double)result.good;
    printf("  %-32s p50 %7.2f ms   p99 %7.2f ms   (%llu, each %.2f ms of processor)\n",
           view->name, result.p50_ms, result.p99_ms, (unsigned long long)result.good,
           used_ms);
    snprintf(text, sizeof text, "p50 %.2f ms (target under %.0f)", result.p50_ms, VIEW_MS);
    if (view->target)
        judge(bench, result.p50_ms < VIEW_MS, text);
    return result.p50_ms;
}

// The whole command: a process that opens store, city and columns, and writes pages.
static void measure_bulletin(struct bench *bench, const char *build)
{
    char program[1024], period[DATE_TEXT_SIZE], out[900], text[120];
    int64_t first = 0, last = 0;
    struct bench_timed timed;
    month(bench->today, 1, &first, &last);
    date_to_text(first, period);
    period[7] = '\0';
    snprintf(program, sizeof program, "%s/gridcase", build);
    snprintf(out, sizeof out, "%s-bulletin-%ld.pdf", bench->data.folder, (long)getpid());
    const char *const arguments[] = {
        program, "report", BENCH_CITY, "--period",         period, "--format", "pdf",
        "--out", out,      "--data",   bench->data.folder, NULL};
    bench_timed_run(arguments, &timed);
    unlink(out);
    printf("  bulletin of %s as PDF: %.2f s, %.2f s of processor\n", period, timed.passed_s,
           timed.processor_s);
    snprintf(text, sizeof text, "%.2f s (target under %d)", timed.passed_s, PDF_S);
    judge(bench, timed.passed_s < PDF_S, text);
}

static void measure_size(struct bench *bench, const char *build, int64_t cases,
                         double medians[VIEW_COUNT])
{
    bench_data_open(build, cases, &bench->data);
    printf("%lld cases of five years, %d of them open\n", (long long)cases,
           BENCH_OPEN_CASES);
    bench->today = (instant_now_ms() + 8 * INT64_C(3600000)) / 86400000;
    bench_server_start(build, bench->data.folder, BENCH_CITY, PORT, &bench->server);
    bench_server_settle(&bench->server, BENCH_SETTLE_S);
    bench_sign_in(&bench->server, "dispatcher1", bench->manager, sizeof bench->manager);
    warm(bench);
    for (int i = 0; i < VIEW_COUNT; i++)
        medians[i] = measure(bench, &VIEWS[i]);
    measure_bulletin(bench, build);
    bench_server_stop(&bench->server);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    const char *build = argc > 1 ? argv[1] : "build";
    double small[VIEW_COUNT], large[VIEW_COUNT];
    int64_t cases = bench_cases();
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench.seconds = setting("BENCH_SECONDS", 3);
    measure_size(&bench, build, cases >= 10000000 ? 1000000 : cases, small);
    if (cases >= 10000000) {
        measure_size(&bench, build, cases, large);
        for (int i = 0; i < VIEW_COUNT; i++) {
            char text[160];
            double growth = large[i] / small[i];
            snprintf(text, sizeof text, "%.2f times the median of a million: %s", growth,
                     VIEWS[i].name);
            if (VIEWS[i].target)
                judge(&bench, growth <= GROWTH, text);
            else
                printf("       %s\n", text);
        }
    }
    printf(bench.missed > 0 ? "%d targets missed\n" : "all targets met (%d missed)\n",
           bench.missed);
    return bench.missed > 0;
}
