// SPDX-License-Identifier: MPL-2.0
// Does the age of a city show? On PostgreSQL, with and without a hundred million old rows
// of history and as many of the change stream, in turns within one run: intake, queue, map,
// a case with its history. See docs/scale-out.md.
//
//   growth BUILD     environment: SCALE (1: millions of cases), BENCH_HISTORY (100:
//   millions
//                    of old rows), BENCH_SECONDS (5), BENCH_ROUNDS (3), GRIDCASE_BENCH_DATA
//
// The old rows lie below id 0 in partitions of the usual size, which are attached and
// detached: so both are the same city on the same disk. They have no cases, so the
// reference to case_file is moved from the table to its newest partition.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "support/lives.h"
#include "support/load.h"
#include "support/server.h"
#include "support/store.h"

enum { PORT = 18943, READERS = 4, WRITERS = 16, PAUSE_US = 20000, ROUNDS_MOST = 20 };
enum { CASES_A_PART = 1048576, MOVES = 6, CHANGES_A_PART = 8388608, TEXT = 4096 };
#define SCHEMA "SET search_path TO gridcase_" BENCH_CITY "_cases, public; "

enum view { INTAKE, QUEUE, MAP, CASE, VIEW_COUNT };
static const char *const VIEWS[VIEW_COUNT] = {
    "intake, 16 clients", "first queue page of a department",
    "map: open cases on the screen", "a case with its history"};

struct bench {
    struct bench_server server;
    struct bench_data data;
    double seconds;
    char dispatcher[256], department[256], collector[256], number[64];
    enum view view;
    int history_parts, change_parts;
};

struct figures {
    double p50_ms, p99_ms, rate;
};

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value;
    return text && text_to_double(text, strlen(text), &value, NULL) == 0 ? value
                                                                         : otherwise;
}

// ---- the old rows ----
static void make_history(const struct bench *bench, int part)
{
    char text[TEXT];
    snprintf(
        text, sizeof text,
        SCHEMA
        "SET maintenance_work_mem = '512MB'; SET synchronous_commit = off; BEGIN; "
        "CREATE TABLE history_m%d (LIKE history INCLUDING DEFAULTS INCLUDING CONSTRAINTS); "
        "INSERT INTO history_m%d (case_id, seq, action, kind, mark, step_from, step_to, "
        "stage_to, task_no, task_version, actor_id, system, on_behalf_of, department_id, "
        "clock_effect, done_at, received_at, salt, digest, company_id, "
        "behalf_department_id) "
        "SELECT -%lld + c, s, 'feed_back', 7, 3, 'handling', 'check', 5, 3, 2, 777, 0, 0, "
        "12, 'handling.0 met', 1500000000000 + c * 1000, 1500000000000 + c * 1000, "
        "int8send(c) || int8send(s), "
        "int8send(c) || int8send(s) || int8send(c) || int8send(s), 0, 0 "
        "FROM generate_series(CAST(0 AS bigint), %d) c, "
        "generate_series(CAST(1 AS bigint), %d) s; "
        "ALTER TABLE history_m%d ADD PRIMARY KEY (case_id, seq); "
        "ALTER TABLE history_m%d ADD CHECK (case_id >= -%lld AND case_id < -%lld); COMMIT",
        part, part, (long long)part * CASES_A_PART, CASES_A_PART - 1, MOVES, part, part,
        (long long)part * CASES_A_PART, (long long)(part - 1) * CASES_A_PART);
    bench_server_ask(bench->data.folder, text);
}

static void make_changes(const struct bench *bench, int part)
{
    char text[TEXT];
    snprintf(text, sizeof text,
             SCHEMA
             "SET maintenance_work_mem = '512MB'; SET synchronous_commit = off; BEGIN; "
             "CREATE TABLE change_m%d (LIKE change INCLUDING DEFAULTS INCLUDING "
             "CONSTRAINTS); "
             "INSERT INTO change_m%d SELECT -%lld + g, -1 - g / 6, g %% 6 + 1, 7, 5, "
             "1500000000000 + g * 100, 0 FROM generate_series(CAST(0 AS bigint), %d) g; "
             "ALTER TABLE change_m%d ADD PRIMARY KEY (position); ALTER TABLE change_m%d "
             "ADD CHECK (position >= -%lld AND position < -%lld); COMMIT",
             part, part, (long long)part * CHANGES_A_PART, CHANGES_A_PART - 1, part, part,
             (long long)part * CHANGES_A_PART, (long long)(part - 1) * CHANGES_A_PART);
    bench_server_ask(bench->data.folder, text);
}

static bool is_there(const struct bench *bench, const char *table, int part)
{
    char text[200];
    snprintf(text, sizeof text,
             SCHEMA "SELECT CASE WHEN to_regclass('%s_m%d') IS NULL THEN 0 ELSE 1 END",
             table, part);
    return bench_server_ask(bench->data.folder, text) > 0;
}

// The lowest partition begins at 0 from now on; what names the whole table is let go.
static void make_way(const struct bench *bench)
{
    static const char TEXT_OF_WAY[] = SCHEMA
        "DO $$ DECLARE bound text; one record; made boolean := false; BEGIN "
        "FOR one IN SELECT conname, conrelid FROM pg_constraint WHERE contype = 'f' AND "
        "conparentid = 0 AND conrelid IN (to_regclass('history'), "
        "to_regclass('change_before')) LOOP "
        "EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', CAST(one.conrelid AS "
        "regclass), one.conname); made := true; END LOOP; "
        "IF made THEN "
        "SELECT substring(pg_get_expr(relpartbound, oid) FROM 'TO \\((.*)\\)') INTO bound "
        "FROM pg_class WHERE oid = to_regclass('history_p0'); "
        "ALTER TABLE history DETACH PARTITION history_p0; "
        "ALTER TABLE history_p0 ADD FOREIGN KEY (case_id) REFERENCES case_file (case_id); "
        "EXECUTE 'ALTER TABLE history ATTACH PARTITION history_p0 FOR VALUES FROM (0) TO ' "
        "|| '(' || bound || ')'; "
        "SELECT substring(pg_get_expr(relpartbound, oid) FROM 'TO \\((.*)\\)') INTO bound "
        "FROM pg_class WHERE oid = to_regclass('change_p0'); "
        "ALTER TABLE change DETACH PARTITION change_p0; "
        "EXECUTE 'ALTER TABLE change ATTACH PARTITION change_p0 FOR VALUES FROM (0) TO ' "
        "|| '(' || bound || ')'; END IF; END $$";
    bench_server_ask(bench->data.folder, TEXT_OF_WAY);
}

static void make_old_rows(const struct bench *bench)
{
    int64_t start_us = instant_monotonic_us();
    for (int part = 1; part <= bench->history_parts; part++)
        if (!is_there(bench, "history", part))
            make_history(bench, part);
    for (int part = 1; part <= bench->change_parts; part++)
        if (!is_there(bench, "change", part))
            make_changes(bench, part);
    make_way(bench);
    printf("old rows: %.1f million of history, %.1f million changes, made in %.0f s\n",
           (double)bench->history_parts * CASES_A_PART * MOVES / 1e6,
           (double)bench->change_parts * CHANGES_A_PART / 1e6,
           (double)(instant_monotonic_us() - start_us) / 1e6);
}

// All at once: a view is measured with all of them, or with none.
static void attach(const struct bench *bench, bool yes)
{
    static const struct {
        const char *table;
        long long step;
    } TABLES[] = {{"history", CASES_A_PART}, {"change", CHANGES_A_PART}};
    static char text[64 * 1024];
    size_t length = (size_t)snprintf(text, sizeof text, SCHEMA "BEGIN; ");
    for (int t = 0; t < 2; t++)
        for (int part = 1; part <= (t ? bench->change_parts : bench->history_parts); part++)
            length +=
                (size_t)(yes ? snprintf(
                                   text + length, sizeof text - length,
                                   "ALTER TABLE %s ATTACH PARTITION %s_m%d FOR VALUES FROM "
                                   "(-%lld) TO (%s%lld); ",
                                   TABLES[t].table, TABLES[t].table, part,
                                   part * TABLES[t].step, part > 1 ? "-" : "",
                                   (part - 1) * TABLES[t].step)
                             : snprintf(text + length, sizeof text - length,
                                        "ALTER TABLE %s DETACH PARTITION %s_m%d; ",
                                        TABLES[t].table, TABLES[t].table, part));
    snprintf(text + length, sizeof text - length, "COMMIT");
    bench_server_ask(bench->data.folder, text);
}

// ---- looking ----
static size_t report(const struct bench *bench, char *out, size_t room)
{
    char uuid[UUID_TEXT_SIZE], body[300];
    uint8_t key[16];
    uuid_new(instant_now_ms(), key);
    uuid_to_text(key, uuid);
    int length = snprintf(body, sizeof body,
                          "{\"class\":\"e0503\",\"point\":{\"lon\":114.2%03d,\"lat\":"
                          "22.6%03d},\"description\":\"another of many\"}",
                          key[14] * 3, key[15] * 3);
    int total = snprintf(out, room,
                         "POST /%s/api/v1/cases HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         "Origin: http://127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                         "Cookie: %s\r\nIdempotency-Key: %s\r\nPrefer: return=minimal\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         BENCH_CITY, PORT, PORT, bench->collector, uuid, length, body);
    return total > 0 && (size_t)total < room ? (size_t)total : 0;
}

static size_t look(void *context, unsigned client, char *out, size_t room)
{
    const struct bench *bench = context;
    char path[128];
    (void)client;
    switch (bench->view) {
    case QUEUE:
        return bench_get(&bench->server, "/cases?open=1&sort=due&limit=50",
                         bench->department, out, room);
    case MAP:
        return bench_get(&bench->server, "/geo/cases?open=1&bbox=114.10,22.60,114.13,22.62",
                         bench->dispatcher, out, room);
    case CASE:
        snprintf(path, sizeof path, "/cases/%s", bench->number);
        return bench_get(&bench->server, path, bench->dispatcher, out, room);
    case INTAKE:
    case VIEW_COUNT:
        break;
    }
    return report(bench, out, room);
}

static struct figures measure(struct bench *bench, enum view view)
{
    struct load_result result;
    bench->view = view;
    struct load_options options = {.port = PORT,
                                   .clients = view == INTAKE ? WRITERS : READERS,
                                   .seconds = bench->seconds,
                                   .request = look,
                                   .pause_us = view == INTAKE ? 0 : PAUSE_US,
                                   .context = bench};
    if (load_drive(&options, &result) != 0 || result.good == 0) {
        fprintf(stderr, "growth bench: %s: %d %s\n", VIEWS[view], result.first_bad_status,
                result.first_bad);
        exit(1);
    }
    if (result.bad + result.broken > 0)
        printf("FAIL: %llu refused (%d: %s), %llu broken\n", (unsigned long long)result.bad,
               result.first_bad_status, result.first_bad,
               (unsigned long long)result.broken);
    return (struct figures){result.p50_ms, result.p99_ms,
                            (double)result.good / result.seconds};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle(const double *values, int count)
{
    double sorted[ROUNDS_MOST];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return sorted[count / 2];
}

static void tell(enum view view, const struct figures *young, const struct figures *old,
                 int rounds)
{
    double p50[2][ROUNDS_MOST], p99[2][ROUNDS_MOST], rate[2][ROUNDS_MOST];
    for (int i = 0; i < rounds; i++)
        for (int k = 0; k < 2; k++) {
            const struct figures *one = k ? &old[i] : &young[i];
            p50[k][i] = one->p50_ms;
            p99[k][i] = one->p99_ms;
            rate[k][i] = one->rate;
        }
    printf("%-34s p50 %7.2f -> %7.2f ms (%.2fx)   p99 %7.2f -> %7.2f ms (%.2fx)",
           VIEWS[view], middle(p50[0], rounds), middle(p50[1], rounds),
           middle(p50[1], rounds) / middle(p50[0], rounds), middle(p99[0], rounds),
           middle(p99[1], rounds), middle(p99[1], rounds) / middle(p99[0], rounds));
    if (view == INTAKE)
        printf("   %.0f -> %.0f reports/s (%.2fx)", middle(rate[0], rounds),
               middle(rate[1], rounds), middle(rate[1], rounds) / middle(rate[0], rounds));
    printf("\n");
}

// In turns, the other one first every second time.
static void compare(struct bench *bench, int rounds)
{
    static struct figures figures[VIEW_COUNT][2][ROUNDS_MOST];
    bool now = false;
    for (int i = 0; i < rounds; i++)
        for (int half = 0; half < 2; half++) {
            bool old = (half + i) % 2 != 0;
            if (old != now)
                attach(bench, old);
            now = old;
            for (int view = 0; view < VIEW_COUNT; view++)
                figures[view][old][i] = measure(bench, (enum view)view);
        }
    if (now)
        attach(bench, false);
    printf("without -> with the old rows, the middle of %d rounds of %.0f s each:\n",
           rounds, bench->seconds);
    for (int view = 0; view < VIEW_COUNT; view++)
        tell((enum view)view, figures[view][0], figures[view][1], rounds);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    const char *build = argc > 1 ? argv[1] : "build";
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!bench_on_server()) {
        printf("only with ENGINE=postgres: a file of SQLite has no partitions\n");
        return 0;
    }
    double rows = setting("BENCH_HISTORY", 100) * 1e6;
    int rounds = (int)setting("BENCH_ROUNDS", 3);
    bench.seconds = setting("BENCH_SECONDS", 5);
    bench.history_parts = (int)(rows / MOVES / CASES_A_PART + 0.999);
    bench.change_parts = (int)(rows / CHANGES_A_PART + 0.999);
    bench_data_open(build, bench_cases(), &bench.data);
    bench_server_text(bench.data.folder,
                      SCHEMA "SELECT number FROM case_file WHERE version > 5 LIMIT 1",
                      bench.number, sizeof bench.number);
    make_old_rows(&bench);
    bench_server_start(build, bench.data.folder, BENCH_CITY, PORT, &bench.server);
    bench_server_settle(&bench.server, BENCH_SETTLE_S);
    bench_sign_in(&bench.server, "dispatcher1", bench.dispatcher, sizeof bench.dispatcher);
    bench_sign_in(&bench.server, "department1", bench.department, sizeof bench.department);
    bench_sign_in(&bench.server, "collector1", bench.collector, sizeof bench.collector);
    compare(&bench, rounds < 1 ? 1 : rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds);
    bench_server_stop(&bench.server);
    return 0;
}
