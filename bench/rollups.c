// SPDX-License-Identifier: MPL-2.0
// Headline figures out of the rollups that every move keeps, against a covering index over
// the same cases: the narrowest one there can be, made for these questions alone, and read
// by the engine's own stock program in the same run. Equal row for row.
//
//   rollups BUILD     environment: SCALE (1), GRIDCASE_BENCH_DATA (support/lives.h)
//
// Both are told in processor time of one thread; on PostgreSQL, whose work is another
// process's, in time that passed.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/zone.h>

#include "support/scan.h"
#include "support/store.h"

enum { ROUNDS = 200, SCANS = 3, FOR_SCALE = 10000000 };
static const double TIMES = 1000;

struct bench {
    struct bench_data data;
    struct db_store *store;
    struct db *db;
    struct city_snapshot *city;
    struct facts *facts; // none is read: a figure that needed them would not be a rollup's
    struct bench_scan *scan;
    int64_t now_ms, today;
    int missed;
};

static const struct question {
    const char *name, *by, *measures;
    int days;         // up to today
    bool target;      // else for information
    const char *keys; // of the scan
    const char *counts;
    const char *where;
} QUESTIONS[] = {
    {"today, the whole city", NULL, "opened,ended,closed", 1, true, "0, 0",
     "sum(CASE WHEN opened_day >= %" PRId64 " THEN 1 ELSE 0 END), "
     "sum(CASE WHEN closed_day >= %" PRId64 " THEN 1 ELSE 0 END), "
     "sum(CASE WHEN closed_day >= %" PRId64 " AND outcome = 1 THEN 1 ELSE 0 END)",
     ""},
    {"30 days by department", "department", "opened,ended,closed", 30, true,
     "department_id, 0",
     "sum(CASE WHEN opened_day >= %" PRId64 " THEN 1 ELSE 0 END), "
     "sum(CASE WHEN closed_day >= %" PRId64 " THEN 1 ELSE 0 END), "
     "sum(CASE WHEN closed_day >= %" PRId64 " AND outcome = 1 THEN 1 ELSE 0 END)",
     ""},
    {"open now, by department", "department", "open", 1, false, "department_id, 0",
     "count(*)", "WHERE closed_day = 0"},
    {"24 months by department and month", "department,month", "opened", 730, false,
     "department_id, opened_month", "count(*)", "WHERE opened_day >= %" PRId64},
};

static _Noreturn void stop_with(const char *what, const char *why)
{
    fprintf(stderr, "rollups: %s: %s\n", what, why);
    exit(1);
}

static double clock_ms(void)
{
    struct timespec now;
    clock_gettime(bench_on_server() ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

// The columns that the questions need and no others, in the order that suits them best.
static void make_index(struct bench *bench)
{
    static const char *const SQLITE[] = {
        "CREATE TABLE beside.covering (department_id INTEGER NOT NULL, opened_month "
        "INTEGER "
        "NOT NULL, opened_day INTEGER NOT NULL, closed_day INTEGER NOT NULL, outcome "
        "INTEGER "
        "NOT NULL, case_id INTEGER NOT NULL, PRIMARY KEY (department_id, opened_month, "
        "opened_day, closed_day, outcome, case_id)) WITHOUT ROWID",
        "INSERT INTO beside.covering SELECT department_id, CAST(strftime('%Y', (opened_at "
        "+ "
        "28800000) / 1000, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', (opened_at "
        "+ "
        "28800000) / 1000, 'unixepoch') AS INTEGER), (opened_at + 28800000) / 86400000, "
        "CASE "
        "WHEN closed_at = 0 THEN 0 ELSE (closed_at + 28800000) / 86400000 END, outcome, "
        "case_id FROM fact ORDER BY 1, 2, 3, 4, 5, 6",
    };
    static const char *const POSTGRES[] = {
        "CREATE UNLOGGED TABLE beside.covering AS SELECT department_id, CAST(extract(year "
        "FROM to_timestamp((opened_at + 28800000) / 1000) AT TIME ZONE 'UTC') * 12 + "
        "extract(month FROM to_timestamp((opened_at + 28800000) / 1000) AT TIME ZONE "
        "'UTC') "
        "AS integer) AS opened_month, CAST((opened_at + 28800000) / 86400000 AS integer) "
        "AS "
        "opened_day, CAST(CASE WHEN closed_at = 0 THEN 0 ELSE (closed_at + 28800000) / "
        "86400000 END AS integer) AS closed_day, outcome FROM fact",
        "CREATE INDEX covering_all ON beside.covering (department_id, opened_month, "
        "opened_day, closed_day, outcome)",
        "VACUUM ANALYZE beside.covering",
    };
    bool server = bench_on_server();
    const char *const *texts = server ? POSTGRES : SQLITE;
    for (size_t i = 0; i < (server ? 3U : 2U); i++)
        bench_scan_do(bench->scan, texts[i]);
}

static void open_all(struct bench *bench, const char *build)
{
    struct error error = {0};
    bench_data_open(build, bench_cases(), &bench->data);
    if (db_store_open(bench->data.folder, 0, &bench->store, &error) != 0 ||
        city_snapshot_open(bench->store, BENCH_CITY, &bench->city, &error) != 0 ||
        db_reader_borrow(bench->store, BENCH_CITY, DB_CASES, &bench->db, &error) != 0)
        stop_with("store", error.message);
    bench->facts = facts_new(NULL);
    bench->now_ms = instant_now_ms();
    bench->today = (bench->now_ms + 8 * INT64_C(3600000)) / 86400000;
    bench->scan = bench_scan_open(&bench->data);
    printf("%" PRId64 " cases in %s; ", bench->data.cases, bench->data.folder);
    int64_t start_us = instant_monotonic_us();
    make_index(bench);
    printf("the covering index was made in %.1f s\n",
           (double)(instant_monotonic_us() - start_us) / 1e6);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The median of many: the first reads pages.
static double ask(struct bench *bench, const struct question *question, struct arena *keep,
                  struct figure_query *query, struct figure_answer *ret_answer)
{
    double times[ROUNDS];
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
    struct error error = {0};
    struct actor eye = actor_system();
    date_to_text(bench->today - question->days + 1, from);
    date_to_text(bench->today, to);
    struct figure_words words = {
        .measures = question->measures, .by = question->by, .from = from, .to = to};
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *arena = i == 0 ? keep : arena_new((size_t)1 << 28);
        struct figure_answer answer;
        double start = clock_ms();
        if (figure_query_read(&words, bench->city, bench->now_ms, query, &error) != 0 ||
            figures_compute(bench->facts, bench->db, bench->city, &eye, query, arena,
                            &answer, &error) != 0)
            stop_with(question->name, error.message);
        times[i] = clock_ms() - start;
        if (i == 0)
            *ret_answer = answer;
        else
            arena_free(arena);
    }
    qsort(times, ROUNDS, sizeof times[0], by_size);
    return times[ROUNDS / 2];
}

static double scan(struct bench *bench, const struct question *question,
                   struct bench_cell **ret_cells, size_t *ret_count)
{
    int64_t from = bench->today - question->days + 1;
    char counts[600], where[200], text[1200];
    double best_ms = (double)INFINITY;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(counts, sizeof counts, question->counts, from, from, from);
    snprintf(where, sizeof where, question->where, from);
#pragma GCC diagnostic pop
    snprintf(text, sizeof text, "SELECT %s, %s FROM beside.covering %s GROUP BY 1, 2",
             question->keys, counts, where);
    for (int i = 0; i < SCANS; i++) {
        double ms = 0;
        free(*ret_cells);
        *ret_count = bench_scan_ask(bench->scan, text, ret_cells, &ms);
        best_ms = ms < best_ms ? ms : best_ms;
    }
    return best_ms;
}

static int64_t key_number(const struct figure_by *by, const struct figure_key *key)
{
    int year = 0, month = 0, day = 0;
    if (by->dimension != FIGURE_BY_MONTH)
        return key->id;
    date_from_day(key->id, &year, &month, &day);
    return year * 12 + month;
}

// A row of nothing may be missing on either side.
static size_t count_wrong(const struct figure_query *query,
                          const struct figure_answer *answer,
                          const struct bench_cell *cells, size_t count)
{
    size_t wrong = 0;
    double ours = 0, theirs = 0;
    for (size_t i = 0; i < answer->row_count; i++) {
        int64_t keys[2] = {0, 0};
        for (size_t k = 0; k < query->by_count; k++)
            keys[k] = key_number(&query->by[k], &answer->rows[i].keys[k]);
        const struct bench_cell *cell =
            bench_cell_find(cells, count, bench_cell_key(keys[0], keys[1]));
        for (size_t k = 0; k < query->measure_count; k++) {
            double value = cell != NULL ? cell->values[k] : 0;
            wrong += fabs(value - answer->rows[i].values[k]) > 1e-6;
            ours += answer->rows[i].values[k];
        }
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < query->measure_count; k++)
            theirs += cells[i].values[k];
    return wrong + (fabs(ours - theirs) > 1e-6);
}

static void compare(struct bench *bench, const struct question *question)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct figure_query query;
    struct figure_answer answer;
    struct bench_cell *cells = NULL;
    size_t count = 0;
    double scan_ms = scan(bench, question, &cells, &count);
    double ms = ask(bench, question, arena, &query, &answer);
    size_t wrong = count_wrong(&query, &answer, cells, count);
    double times = scan_ms / ms;
    bool large = bench->data.cases >= FOR_SCALE;
    printf("  %-34s %5zu rows %8.3f ms, covering index %8.1f ms: %6.0f times; %s, %s",
           question->name, answer.row_count, ms, scan_ms, times,
           wrong == 0 ? "equal row for row" : "NOT EQUAL",
           answer.from_rollup ? "of rollups" : "NOT OF ROLLUPS");
    bench->missed += wrong > 0 || !answer.from_rollup;
    if (!question->target)
        printf("\n");
    else if (large)
        printf("; target %.0f: %s\n", TIMES, times >= TIMES ? "met" : "MISSED");
    else
        printf("; target %.0f times with ten million\n", TIMES);
    bench->missed += question->target && large && times < TIMES;
    free(cells);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_all(&bench, argc > 1 ? argv[1] : "build");
    for (size_t i = 0; i < sizeof QUESTIONS / sizeof QUESTIONS[0]; i++)
        compare(&bench, &QUESTIONS[i]);
    bench_scan_close(bench.scan);
    facts_free(bench.facts);
    db_reader_return(bench.db);
    city_snapshot_free(bench.city);
    db_store_close(bench.store);
    printf(bench.missed > 0 ? "%d missed\n" : "all equal, no target missed (%d)\n",
           bench.missed);
    return bench.missed > 0;
}
