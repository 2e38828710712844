// SPDX-License-Identifier: MPL-2.0
// Whole lives of cases over HTTP: report, file, dispatch, feed back, check, close by the
// people whose work that is, and one search for it, against the real server with a million
// cases in its store. Beside it, in the same run, the bare probe. See docs/performance.md.
//
//   lives BUILD      environment: SCALE (1), BENCH_SECONDS (10), BENCH_CLIENTS (64),
//                    GRIDCASE_BENCH_DATA
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/city.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/catalogue.h>

#include "support/lives.h"
#include "support/load.h"
#include "support/probe.h"
#include "support/server.h"
#include "support/store.h"

enum { PORT = 18983, CLIENTS_MOST = 4096, PEOPLE = 8, STEPS = 7 };
enum { TARGET = 600, STRETCH = 1000 };

enum person { REPORTER, LEADER, DISPATCHER, COLLECTOR, DEPARTMENT, PERSON_COUNT };

struct life {
    int step;       // of STEPS
    unsigned place; // among the departments
    char number[40];
    long long task, version;
};

struct bench {
    struct bench_server server;
    struct bench_data data;
    const struct city_snapshot *city;
    double seconds;
    unsigned clients;
    bool whole; // the whole case in each answer
    uint64_t random;
    char cookies[PERSON_COUNT][256], departments[PEOPLE][256];
    int64_t department_ids[PEOPLE];
    struct life lives[CLIENTS_MOST];
    uint64_t done, lost;
    double checkpoints;
    int missed;
};

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value;
    return text && text_to_double(text, strlen(text), &value, NULL) == 0 ? value
                                                                         : otherwise;
}

static uint64_t roll(struct bench *bench) // xorshift64*
{
    bench->random ^= bench->random >> 12;
    bench->random ^= bench->random << 25;
    bench->random ^= bench->random >> 27;
    return bench->random * UINT64_C(2685821657736338717);
}

// ---- requests ----
static size_t post(const struct bench *bench, const char *path, const char *cookie,
                   const char *more, const char *body, char *out, size_t room)
{
    char uuid[UUID_TEXT_SIZE];
    uint8_t key[16];
    uuid_new(instant_now_ms(), key);
    uuid_to_text(key, uuid);
    int length = snprintf(
        out, room,
        "POST /%s/api/v1/cases%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n"
        "Cookie: %s\r\nIdempotency-Key: %s\r\n%s%s"
        "Content-Length: %zu\r\n\r\n%s",
        BENCH_CITY, path, PORT, PORT, cookie, uuid,
        bench->whole ? "" : "Prefer: return=minimal\r\n", more, strlen(body), body);
    return length > 0 && (size_t)length < room ? (size_t)length : 0;
}

static size_t report(struct bench *bench, struct life *life, char *out, size_t room)
{
    const struct catalogue *catalogue = city_catalogue(bench->city, 0);
    const struct catalogue_class *class =
        catalogue_class(catalogue, roll(bench) % catalogue_class_count(catalogue));
    const struct city_grid *grid =
        city_grid(bench->city, roll(bench) % city_grids(bench->city));
    char body[600];
    life->place = (unsigned)(roll(bench) % PEOPLE);
    snprintf(body, sizeof body,
             "{\"class\":%lld,\"condition\":%lld,\"point\":{\"lon\":%.6f,\"lat\":%.6f,"
             "\"accuracy_m\":8},\"description\":\"井盖破损，bench %06llx, please mend it\","
             "\"source\":\"collector\"}",
             (long long)class->id,
             (long long)catalogue_condition(catalogue, class->first_condition)->id,
             grid->lon_deg, grid->lat_deg, (unsigned long long)roll(bench) & 0xffffff);
    return post(bench, "", bench->cookies[REPORTER], "", body, out, room);
}

static size_t act(struct bench *bench, const struct life *life, char *out, size_t room)
{
    static const char *const ACTIONS[] = {"",          "file",  "dispatch",
                                          "feed_back", "check", "close"};
    const char *const cookies[] = {NULL,
                                   bench->cookies[LEADER],
                                   bench->cookies[DISPATCHER],
                                   bench->departments[life->place],
                                   bench->cookies[COLLECTOR],
                                   bench->cookies[LEADER]};
    char path[80], match[80], body[200], inputs[120] = "{}";
    if (life->step == 2)
        snprintf(inputs, sizeof inputs, "{\"department\":%lld}",
                 (long long)bench->department_ids[life->place]);
    if (life->step == 3)
        snprintf(inputs, sizeof inputs, "{\"opinion\":\"已处理 Done.\"}");
    if (life->step == 4)
        snprintf(inputs, sizeof inputs, "{\"result\":\"pass\"}");
    snprintf(path, sizeof path, "/%s/actions", life->number);
    snprintf(match, sizeof match, "If-Match: \"%lld.%lld\"\r\n", life->task, life->version);
    snprintf(body, sizeof body, "{\"action\":\"%s\",\"inputs\":%s}", ACTIONS[life->step],
             inputs);
    return post(bench, path, cookies[life->step], match, body, out, room);
}

static size_t request(void *context, unsigned client, char *out, size_t room)
{
    struct bench *bench = context;
    struct life *life = &bench->lives[client];
    char path[80];
    if (life->step == 0)
        return report(bench, life, out, room);
    if (life->step < STEPS - 1)
        return act(bench, life, out, room);
    snprintf(path, sizeof path, "/cases?number=%s&limit=10", life->number);
    return bench_get(&bench->server, path, bench->cookies[DISPATCHER], out, room);
}

// ---- answers ----
static long long number_after(const char *answer, const char *name)
{
    const char *at = strstr(answer, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

// The whole case lists its tasks, of which one is open; the short answer names it.
static void note_task(struct life *life, const char *answer)
{
    const char *open = strstr(answer, "\"state\":\"open\"");
    if (open) {
        const char *id = open; // back over the holder
        while (id > answer &&
               (strncmp(id, "{\"id\":", 6) != 0 ||
                strncmp(id + 6 + strspn(id + 6, "0123456789"), ",\"kind\"", 7) != 0))
            id--;
        life->task = number_after(id, "{\"id\":");
        life->version = number_after(open, "\"version\":");
        return;
    }
    life->task = number_after(answer, "\"task\":");
    life->version = number_after(answer, "\"task_version\":");
}

static void answered(void *context, unsigned client, int status, const char *answer)
{
    struct bench *bench = context;
    struct life *life = &bench->lives[client];
    const char *body = strstr(answer, "\r\n\r\n");
    if (status < 200 || status > 299 || !body) {
        bench->lost++;
        life->step = 0;
        return;
    }
    if (life->step == 0) {
        const char *number = strstr(body, "\"number\":\"");
        snprintf(life->number, sizeof life->number, "%.*s",
                 number ? (int)strcspn(number + 10, "\"") : 0, number ? number + 10 : "");
    }
    if (life->step == STEPS - 1) {
        bench->done += strstr(body, life->number) != NULL;
        bench->lost += strstr(body, life->number) == NULL;
        life->step = 0;
        return;
    }
    note_task(life, body);
    life->step++;
}

// ---- the run ----
static bool saw_checkpoint(void *context)
{
    const struct bench *bench = context;
    return bench_metric(&bench->server, "gridcase_checkpoints_total") > bench->checkpoints;
}

static double run(struct bench *bench, bool whole, unsigned clients)
{
    struct load_result result;
    struct load_options options = {.port = PORT,
                                   .clients = clients,
                                   .seconds = bench->seconds,
                                   .enough = bench_on_server() ? NULL : saw_checkpoint,
                                   .most_seconds = bench->seconds * 6,
                                   .request = request,
                                   .answered = answered,
                                   .context = bench};
    memset(bench->lives, 0, sizeof bench->lives);
    bench->whole = whole;
    bench->done = bench->lost = 0;
    double processor_s = bench_processor_s(&bench->server);
    double commits = bench_metric(&bench->server, "gridcase_commits_total");
    double syncs = bench_metric(&bench->server, "gridcase_syncs_total");
    bench->checkpoints = bench_metric(&bench->server, "gridcase_checkpoints_total");
    if (load_drive(&options, &result) != 0) {
        fprintf(stderr, "lives bench: no connection\n");
        exit(1);
    }
    commits = bench_metric(&bench->server, "gridcase_commits_total") - commits;
    syncs = bench_metric(&bench->server, "gridcase_syncs_total") - syncs;
    double rate = (double)bench->done / result.seconds;
    printf("%4u clients, %s: %7.0f lives/s in %.0f s   each call p50 %.1f ms  p99 %.1f ms  "
           "worst %.0f ms\n",
           clients, whole ? "whole answers  " : "minimal answers", rate, result.seconds,
           result.p50_ms, result.p99_ms, result.worst_ms);
    processor_s = bench_processor_s(&bench->server) - processor_s;
    printf("       %llu lives, %llu calls, %llu refused, %llu broken; %.0f commits, %.0f "
           "syncs, %.0f whole checkpoints; %.2f ms of the server's processor a life\n",
           (unsigned long long)bench->done, (unsigned long long)result.good,
           (unsigned long long)result.bad, (unsigned long long)result.broken, commits,
           syncs,
           bench_metric(&bench->server, "gridcase_checkpoints_total") - bench->checkpoints,
           processor_s * 1e3 / (double)(bench->done > 0 ? bench->done : 1));
    if (result.bad > 0)
        printf("       first refusal %d: %s\n", result.first_bad_status, result.first_bad);
    if (result.bad > 0 || bench->lost > 0 || result.broken > 0 || syncs < commits) {
        printf("FAIL: %llu calls or searches went wrong, or fewer syncs than commits\n",
               (unsigned long long)bench->lost);
        bench->missed++;
    }
    return rate;
}

static void sign_in(struct bench *bench)
{
    static const char *const LOGINS[] = {"collector1", "leader1", "dispatcher1",
                                         "collector1"};
    for (int i = 0; i < DEPARTMENT; i++)
        bench_sign_in(&bench->server, LOGINS[i], bench->cookies[i],
                      sizeof bench->cookies[i]);
    for (int i = 0; i < PEOPLE; i++) {
        char login[32], code[16];
        snprintf(login, sizeof login, "department%d", i + 1);
        snprintf(code, sizeof code, "d%02d", i + 1);
        bench_sign_in(&bench->server, login, bench->departments[i],
                      sizeof bench->departments[i]);
        const struct city_department *department =
            city_department_by_code(bench->city, code);
        bench->department_ids[i] = department ? department->id : 0;
    }
}

static void tell(struct bench *bench, double rate, double probe)
{
    bool met = rate >= TARGET;
    printf("       %s: %.0f lives/s (target %d, stretch %d: %s)\n", met ? "met" : "MISSED",
           rate, TARGET, STRETCH, rate >= STRETCH ? "met" : "not met");
    printf("       %.2f lives for each bare FULL commit: %.1f changes of a case, each with "
           "every index, history, digest, outbox and rollups, per commit of one bare row\n",
           rate / probe, rate * (STEPS - 1) / probe);
    bench->missed += !met;
}

int main(int argc, char **argv)
{
    static struct bench bench = {.random = UINT64_C(0x9E3779B97F4A7C15)};
    const char *build = argc > 1 ? argv[1] : "build";
    struct error error = {0};
    struct db_store *store = NULL;
    struct city_snapshot *city = NULL;
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench.seconds = setting("BENCH_SECONDS", 10);
    bench.clients = (unsigned)setting("BENCH_CLIENTS", 64);
    if (bench.clients < 1 || bench.clients > CLIENTS_MOST)
        bench.clients = 64;
    bench_data_copy(build, bench_cases(), "lives", &bench.data);
    if (db_store_open(bench.data.folder, 0, &store, &error) != 0 ||
        city_snapshot_open(store, BENCH_CITY, &city, &error) != 0) {
        fprintf(stderr, "lives bench: %s\n", error.message);
        return 1;
    }
    db_store_close(store);
    bench.city = city;
    double probe = probe_run(bench.data.original, bench.data.cases, bench.seconds);
    printf("bare probe, one-row FULL commits, %lld rows in it: %.0f/s\n",
           (long long)bench.data.cases, probe);
    bench_server_start(build, bench.data.folder, BENCH_CITY, PORT, &bench.server);
    bench_server_settle(&bench.server, BENCH_SETTLE_S);
    sign_in(&bench);
    if (!getenv("BENCH_WHOLE_ONLY"))
        tell(&bench, run(&bench, false, bench.clients), probe);
    if (!getenv("BENCH_MINIMAL_ONLY"))
        run(&bench, true, bench.clients);
    bench_server_stop(&bench.server);
    city_snapshot_free(city);
    printf(bench.missed > 0 ? "missed: docs/performance.md tells where the time goes\n"
                            : "all targets met\n");
    return 0;
}
