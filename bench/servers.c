// SPDX-License-Identifier: MPL-2.0
// One server and two on the same PostgreSQL store: durable reports a second in one city and
// in two, by turns in one run, with the processor time that servers and database used.
//
//   servers BUILD     only with `make bench ENGINE=postgres PARTS=servers`
//                     environment: BENCH_SECONDS (8) of each load, BENCH_ROUNDS (3)
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gridcase/core/file.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "support/load.h"
#include "support/server.h"
#include "support/store.h"

enum { SERVERS = 2, CLIENTS = 64, PATH_SIZE = 1024, PORT = 18990 };
static const char model[] = "fixtures/tinytown";

struct bench {
    const char *build;
    char folders[SERVERS][PATH_SIZE];
    struct bench_server servers[SERVERS];
    char cookies[SERVERS][512];
    double seconds;
    int rounds;
};

struct round {
    struct bench *bench;
    int server;
    unsigned clients;
    struct load_result result;
    pthread_t thread;
};

static void stop_with(const char *what)
{
    fprintf(stderr, "servers bench: %s\n", what);
    exit(1);
}

static void run_program(const char *build, const char *const arguments[])
{
    char path[PATH_SIZE];
    int status = -1;
    snprintf(path, sizeof path, "%s/gridcase", build);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execv(path, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    if (waitpid(child, &status, 0) < 0 || status != 0)
        stop_with(arguments[2]);
}

// Two folders on one database; the city is made in the first.
static void make_store(struct bench *bench)
{
    char from[PATH_SIZE + 32], to[PATH_SIZE + 32];
    BUFFER_CLEANUP struct buffer text;
    struct error error = {0};
    const char *folder = bench->folders[0];
    buffer_init(&text, 4096);
    bench_store_new(folder);
    run_program(bench->build, (const char *const[]){"gridcase", "city", "new", "tinytown",
                                                    model, "--data", folder, NULL});
    run_program(bench->build, (const char *const[]){"gridcase", "city", "load", "tinytown",
                                                    model, "--data", folder, NULL});
    snprintf(from, sizeof from, "%s/store-address", folder);
    snprintf(to, sizeof to, "%s/store-address", bench->folders[1]);
    if (file_read(from, &text, &error) != 0 ||
        file_make_directory(bench->folders[1], &error) != 0 ||
        file_write_atomic(to, text.data, text.length, &error) != 0)
        stop_with(error.message);
}

static size_t request(void *context, unsigned client, char *out, size_t room)
{
    const struct round *round = context;
    const struct bench *bench = round->bench;
    uint8_t key[16];
    char id[37];
    static const char body[] =
        "{\"class\":\"e0110\",\"condition\":\"e0110-1\",\"point\":{\"lon\":120.0005,"
        "\"lat\":"
        "30.0005},\"description\":\"bags beside the bin\",\"source\":\"collector\"}";
    (void)client;
    uuid_new(instant_now_ms(), key);
    uuid_to_text(key, id);
    int length =
        snprintf(out, room,
                 "POST /tinytown/api/v1/cases HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                 "Content-Type: application/json\r\nPrefer: return=minimal\r\n"
                 "Cookie: %s\r\nIdempotency-Key: %s\r\nContent-Length: %zu\r\n\r\n%s",
                 (int)bench->servers[round->server].port, bench->cookies[round->server], id,
                 sizeof body - 1, body);
    return (size_t)length;
}

static void *load(void *context)
{
    struct round *round = context;
    struct load_options options = {.port = round->bench->servers[round->server].port,
                                   .clients = round->clients,
                                   .seconds = round->bench->seconds,
                                   .request = request,
                                   .context = round};
    if (load_drive(&options, &round->result) != 0)
        stop_with("no connection");
    return NULL;
}

// What has been used so far.
struct used {
    double servers_s, database_s, commits;
};

static struct used used_now(const struct bench *bench, int servers)
{
    struct used used = {.database_s = bench_server_processor_s(bench->folders[0])};
    for (int i = 0; i < servers; i++) {
        used.servers_s += bench_processor_s(&bench->servers[i]);
        used.commits += bench_metric(&bench->servers[i], "gridcase_commits_total");
    }
    return used;
}

static void print_used(const struct used *since, const struct used *now, double good)
{
    printf(
        "            a report: %.3f commits, %.2f ms of a processor in the servers, %.2f "
        "in the database\n",
        (now->commits - since->commits) / good,
        (now->servers_s - since->servers_s) * 1000 / good,
        (now->database_s - since->database_s) * 1000 / good);
}

// The same clients on the first server alone, or half of them on each. Reports a second.
static double measure(struct bench *bench, int servers)
{
    struct round rounds[SERVERS] = {{0}};
    double good = 0, seconds = 0, p99_ms = 0;
    const struct used since = used_now(bench, servers);
    for (int i = 0; i < servers; i++) {
        rounds[i] = (struct round){
            .bench = bench, .server = i, .clients = CLIENTS / (unsigned)servers};
        if (pthread_create(&rounds[i].thread, NULL, load, &rounds[i]) != 0)
            stop_with("no thread");
    }
    for (int i = 0; i < servers; i++) {
        pthread_join(rounds[i].thread, NULL);
        const struct load_result *result = &rounds[i].result;
        good += (double)result->good;
        seconds = result->seconds > seconds ? result->seconds : seconds;
        p99_ms = result->p99_ms > p99_ms ? result->p99_ms : p99_ms;
        if (result->bad + result->broken > 0)
            printf("  %llu bad answers, the first %d: %.200s\n",
                   (unsigned long long)(result->bad + result->broken),
                   result->first_bad_status, result->first_bad);
    }
    const struct used now = used_now(bench, servers);
    printf("  %d server%s %8.0f reports/s   p99 %6.1f ms   servers used %4.2f processors, "
           "the database %4.2f\n",
           servers, servers == 1 ? " " : "s", good / seconds, p99_ms,
           (now.servers_s - since.servers_s) / seconds,
           (now.database_s - since.database_s) / seconds);
    print_used(&since, &now, good);
    return good / seconds;
}

static void start(struct bench *bench, int i)
{
    bench_server_start(bench->build, bench->folders[i], "tinytown",
                       (uint16_t)(PORT + 2 * i), &bench->servers[i]);
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return one < two ? -1 : one > two;
}

// A server alone takes the turn of the city; with the other one idle it does not any more.
static void run(struct bench *bench)
{
    double ratios[16], beside[16];
    start(bench, 0);
    bench_sign_in(&bench->servers[0], "collector1", bench->cookies[0],
                  sizeof bench->cookies[0]);
    printf("alone:\n");
    (void)measure(bench, 1); // warm
    const double alone = measure(bench, 1);
    start(bench, 1);
    memcpy(bench->cookies[1], bench->cookies[0], sizeof bench->cookies[1]);
    while (bench_metric(&bench->servers[0], "gridcase_other_servers") < 1)
        instant_sleep_ms(100);
    printf("with another beside:\n");
    for (int i = 0; i < bench->rounds; i++) {
        double one = measure(bench, 1);
        ratios[i] = measure(bench, 2) / one;
        beside[i] = one / alone;
    }
    qsort(ratios, (size_t)bench->rounds, sizeof ratios[0], compare);
    qsort(beside, (size_t)bench->rounds, sizeof beside[0], compare);
    printf("one with an idle one beside / alone: %.2f (median of %d)\n",
           beside[bench->rounds / 2], bench->rounds);
    printf("two servers / one: %.2f (median of %d; %ld processors for servers, database "
           "and clients together)\n",
           ratios[bench->rounds / 2], bench->rounds, sysconf(_SC_NPROCESSORS_ONLN));
    for (int i = 0; i < SERVERS; i++)
        bench_server_stop(&bench->servers[i]);
}

int main(int argc, char **argv)
{
    const char *seconds = getenv("BENCH_SECONDS"), *rounds = getenv("BENCH_ROUNDS");
    struct bench bench = {.build = argc > 1 ? argv[1] : "build",
                          .seconds = seconds ? strtod(seconds, NULL) : 8,
                          .rounds = rounds ? (int)strtol(rounds, NULL, 10) : 3};
    char base[] = "/tmp/gridcase-bench-servers-XXXXXX";
    if (!bench_on_server()) {
        printf("several servers share a store on PostgreSQL only: ENGINE=postgres\n");
        return 0;
    }
    if (bench.rounds < 1 || bench.rounds > 16 || !(bench.seconds > 0) || !mkdtemp(base))
        stop_with("BENCH_SECONDS, BENCH_ROUNDS (1 to 16) or the temporary folder");
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < SERVERS; i++)
        snprintf(bench.folders[i], PATH_SIZE, "%s/servers%d", base, i);
    make_store(&bench);
    run(&bench);
    fflush(stdout);
    return execlp("rm", "rm", "-rf", base, (char *)NULL);
}
