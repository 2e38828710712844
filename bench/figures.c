// SPDX-License-Identifier: MPL-2.0
// Bench of figures: crosses of two dimensions over five years out of the columnar facts,
// against the same counted by SQL over the fact table, cell by cell, in the same run.
//
//   figures BUILD [facts]     environment: SCALE (1), GRIDCASE_BENCH_DATA, support/lives.h
//
// With `facts` the fact rows of a small store are multiplied in a copy of it instead of
// filling whole lives: the same columns, in a minute instead of a quarter of an hour. The
// columns' file is written anew in each run, beside the data. One thread; figures are told
// in its processor time, which on a quiet machine is the time that passes.
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/zone.h>

#include "support/lives.h"
#include "support/scan.h"
#include "support/store.h"

enum { ROUNDS = 5, FIVE_YEARS = 1826, SMALL = 60000 };
static const double FIVE_YEARS_MS = 250, MONTH_MS = 30;

struct bench {
    struct bench_data data;
    struct db_store *store;
    struct db *db;
    struct city_snapshot *city;
    struct facts *facts;
    struct bench_scan *scan;
    int64_t now_ms;
    int failures;
};

static _Noreturn void stop_with(const char *what, const char *why)
{
    fprintf(stderr, "figures: %s: %s\n", what, why);
    exit(1);
}

static double ms_since(int64_t start_us)
{
    return (double)(instant_monotonic_us() - start_us) / 1000;
}

// Of this thread: others may use the machine too.
static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double process_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void judge(struct bench *bench, const char *what, double ms, double most)
{
    bool good = ms <= most;
    bench->failures += !good;
    printf("  %-44s %7.1f ms   at most %.0f: %s\n", what, ms, most, good ? "yes" : "NO");
}

// ---- data ----
static void run(sqlite3 *db, const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        stop_with(text, why);
}

// Columns of fact with the instants moved by `shift`; classes and departments mixed.
static void multiply(sqlite3 *db, int64_t times)
{
    sqlite3_stmt *columns = NULL;
    char text[8000], shifted[200];
    snprintf(text, sizeof text, "INSERT INTO fact SELECT old.case_id * %" PRId64 " + k",
             times);
    if (sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info('fact') WHERE cid > 0",
                           -1, &columns, NULL) != SQLITE_OK)
        stop_with("columns", sqlite3_errmsg(db));
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(columns, 0);
        size_t length = strlen(name);
        if (length > 3 && strcmp(name + length - 3, "_at") == 0)
            snprintf(shifted, sizeof shifted, ", iif(%s = 0, 0, %s + k * 1000)", name,
                     name);
        else if (strcmp(name, "class_id") == 0)
            snprintf(shifted, sizeof shifted, ", 1 + (class_id + k * 7) %% 100");
        else if (strcmp(name, "department_id") == 0)
            snprintf(shifted, sizeof shifted,
                     ", iif(department_id = 0, 0, 1 + (department_id + k * 3) %% 40)");
        else
            snprintf(shifted, sizeof shifted, ", %s", name);
        strncat(text, shifted, sizeof text - strlen(text) - 1);
    }
    sqlite3_finalize(columns);
    snprintf(shifted, sizeof shifted,
             " FROM old, (WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n"
             " WHERE k + 1 < %" PRId64 ") SELECT k FROM n) ORDER BY 1",
             times);
    strncat(text, shifted, sizeof text - strlen(text) - 1);
    // Of the small store most cases are open: all but the latest are closed here.
    run(db,
        "CREATE TEMP TABLE old AS SELECT * FROM fact;"
        "UPDATE old SET closed_at = opened_at + (1 + case_id % 200) * 3600000,"
        " outcome = 1, stage = 7, handled_in_time = iif(handled_in_time >= 0,"
        " handled_in_time, iif(due_at = 0, -1,"
        " opened_at + (1 + case_id % 200) * 3600000 <= due_at))"
        " WHERE closed_at = 0 AND case_id * 200 < (SELECT max(case_id) FROM fact) * 199;"
        "DELETE FROM fact");
    run(db, text);
}

static void copy_folder(const char *from, const char *to)
{
    char command[2000];
    const char *const arguments[] = {"cp", "-r", "--", from, to, NULL};
    snprintf(command, sizeof command, "%s to %s", from, to);
    pid_t child = fork();
    int status = -1;
    if (child == 0) {
        execvp("cp", (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        stop_with("copying", command);
}

static void make_facts(const char *build, struct bench_data *data)
{
    struct bench_data small;
    char marker[900], database[900];
    int64_t times = (bench_cases() + SMALL - 1) / SMALL;
    bench_data_open(build, SMALL, &small);
    *data = small;
    snprintf(data->folder, sizeof data->folder, "%.700s-facts-%" PRId64, small.folder,
             times);
    data->cases = times * SMALL;
    snprintf(marker, sizeof marker, "%s/multiplied", data->folder);
    snprintf(database, sizeof database, "%s/cities/%s/cases.db", data->folder, BENCH_CITY);
    if (access(marker, F_OK) == 0)
        return;
    copy_folder(small.folder, data->folder);
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        stop_with("opening", database);
    run(db,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;"
        "PRAGMA temp_store = MEMORY; BEGIN");
    multiply(db, times);
    run(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(db);
    FILE *done = fopen(marker, "w");
    if (done == NULL || fclose(done) != 0)
        stop_with("marker", marker);
}

static void open_all(struct bench *bench)
{
    char path[900];
    struct error error = {0};
    struct facts_state state;
    if (db_store_open(bench->data.folder, 0, &bench->store, &error) != 0 ||
        city_snapshot_open(bench->store, BENCH_CITY, &bench->city, &error) != 0 ||
        db_reader_borrow(bench->store, BENCH_CITY, DB_CASES, &bench->db, &error) != 0)
        stop_with("store", error.message);
    bench->scan = bench_scan_open(&bench->data);
    // Of its own: others may be at work on the same data.
    snprintf(path, sizeof path, "%s-columns-%ld", bench->data.folder, (long)getpid());
    bench->facts = facts_new(path);
    bench->now_ms = instant_now_ms() / 1000 * 1000;
    int64_t start = instant_monotonic_us();
    double used_ms = process_ms();
    if (facts_hold(bench->facts, bench->db, bench->city, &state, &error) != 0)
        stop_with("columns", error.message);
    facts_release(bench->facts);
    printf("  %-44s %7.1f s, %.1f s of processor\n", "columns written anew",
           ms_since(start) / 1000, (process_ms() - used_ms) / 1000);
    facts_free(bench->facts);
    bench->facts = facts_new(path);
    start = instant_monotonic_us();
    if (facts_hold(bench->facts, bench->db, bench->city, &state, &error) != 0)
        stop_with("columns", error.message);
    facts_release(bench->facts);
    printf("  %-44s %7.1f ms\n", "the file opened and checked", ms_since(start));
    struct stat info;
    if (stat(path, &info) == 0)
        printf("  %-44s %7.1f bytes a case, %" PRIu64 " cases\n", "the file",
               (double)info.st_size / (double)state.cases, state.cases);
    unlink(path); // it is mapped: however this ends, nothing is left
}

// ---- asking ----
static struct figure_query ask(struct bench *bench, const char *by, const char *measures,
                               int64_t from, int64_t to)
{
    struct error error = {0};
    struct figure_query query;
    char first[DATE_TEXT_SIZE], last[DATE_TEXT_SIZE];
    date_to_text(from, first);
    date_to_text(to, last);
    struct figure_words words = {.measures = measures, .by = by, .from = first, .to = last};
    if (figure_query_read(&words, bench->city, bench->now_ms, &query, &error) != 0)
        stop_with(by, error.message);
    return query;
}

static double compute(struct bench *bench, const struct figure_query *query,
                      struct arena *arena, struct figure_answer *answer)
{
    struct error error = {0};
    struct actor eye = actor_system();
    double start = cpu_ms();
    if (figures_compute(bench->facts, bench->db, bench->city, &eye, query, arena, answer,
                        &error) != 0)
        stop_with("figures", error.message);
    return cpu_ms() - start;
}

static void time_cross(struct bench *bench, const char *by, const char *measures,
                       int64_t days, double most)
{
    int64_t today = (bench->now_ms + 8 * INT64_C(3600000)) / 86400000;
    struct figure_query query = ask(bench, by, measures, today - days + 1, today);
    double best = INFINITY;
    size_t rows = 0;
    char what[100];
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *arena = arena_new((size_t)1 << 30);
        struct figure_answer answer;
        double ms = compute(bench, &query, arena, &answer);
        best = ms < best ? ms : best;
        rows = answer.row_count;
        arena_free(arena);
    }
    snprintf(what, sizeof what, "%s, %s: %zu rows", by,
             measures == NULL ? "all seven" : measures, rows);
    judge(bench, what, best, most);
}

// ---- against SQL ----
struct check {
    const char *by, *measures;
    const char *keys, *counts; // of the scan: two keys, then the measures
    const char *day;           // the instant that has to be in the period
    const char *where;
};

#define MONTH_SQLITE(at)                                                                   \
    "CAST(strftime('%Y', (" at " + 28800000) / 1000, 'unixepoch') AS INTEGER) * 12 + "     \
    "CAST(strftime('%m', (" at " + 28800000) / 1000, 'unixepoch') AS INTEGER)"
#define MONTH_POSTGRES(at)                                                                 \
    "CAST(extract(year FROM to_timestamp((" at " + 28800000) / 1000) AT TIME ZONE 'UTC')"  \
    " * 12 + extract(month FROM to_timestamp((" at " + 28800000) / 1000)"                  \
    " AT TIME ZONE 'UTC') AS integer)"
#define COUNT(condition) "sum(CASE WHEN " condition " THEN 1 ELSE 0 END)"

static int64_t key_number(const struct figure_by *by, const struct figure_key *key)
{
    int year = 0, month = 0, day = 0;
    if (by->dimension != FIGURE_BY_MONTH)
        return key->id;
    date_from_day(key->id, &year, &month, &day);
    return year * 12 + month;
}

static size_t count_wrong(const struct figure_query *query,
                          const struct figure_answer *answer,
                          const struct bench_cell *cells, size_t count)
{
    size_t wrong = count != answer->row_count;
    for (size_t i = 0; i < answer->row_count; i++) {
        const struct figure_row *row = &answer->rows[i];
        const struct bench_cell *found =
            bench_cell_find(cells, count,
                            bench_cell_key(key_number(&query->by[0], &row->keys[0]),
                                           key_number(&query->by[1], &row->keys[1])));
        for (size_t k = 0; k < query->measure_count; k++)
            wrong += found == NULL || fabs(found->values[k] - row->values[k]) > 1e-6;
    }
    return wrong;
}

static void compare(struct bench *bench, const struct check *check)
{
    int64_t to = (bench->now_ms + 8 * INT64_C(3600000)) / 86400000,
            from = to - FIVE_YEARS + 1;
    struct figure_query query = ask(bench, check->by, check->measures, from, to);
    struct arena *arena = arena_new((size_t)1 << 30);
    struct figure_answer answer;
    struct bench_cell *cells = NULL;
    char text[2000];
    double scan_ms = 0, ms = compute(bench, &query, arena, &answer);
    snprintf(text, sizeof text,
             "SELECT %s, %s FROM fact WHERE (%s + 28800000) / 86400000 BETWEEN %" PRId64
             " AND %" PRId64 "%s GROUP BY 1, 2",
             check->keys, check->counts, check->day, from, to, check->where);
    size_t count = bench_scan_ask(bench->scan, text, &cells, &scan_ms);
    size_t wrong = count_wrong(&query, &answer, cells, count);
    bench->failures += wrong > 0;
    printf("  %-26s %7zu cells %8.1f ms, SQL %9.1f ms: %5.0f times; %s\n", check->by, count,
           ms, scan_ms, scan_ms / ms, wrong == 0 ? "equal" : "NOT EQUAL");
    free(cells);
    arena_free(arena);
}

static void compare_all(struct bench *bench)
{
    bool server = bench_on_server();
    const struct check list[] = {
        {"department,month", "opened,closed_of_opened,to_close",
         server ? "department_id, " MONTH_POSTGRES("opened_at")
                : "department_id, " MONTH_SQLITE("opened_at"),
         "count(*), " COUNT("outcome = 1") ", " COUNT("outcome = 1 OR closed_at = 0"),
         "opened_at", ""},
        {"class,month", "closed,mean_time_to_close",
         server ? "class_id, " MONTH_POSTGRES("closed_at")
                : "class_id, " MONTH_SQLITE("closed_at"),
         "count(*), avg(closed_at / 1000 - opened_at / 1000), "
         "sum(closed_at / 1000 - opened_at / 1000)",
         "closed_at", " AND outcome = 1"},
        {"department,class", "opened", "department_id, class_id", "count(*)", "opened_at",
         ""},
        {"area:street,source", "ended", "area_2, source", "count(*)", "closed_at", ""},
    };
    printf("cell by cell against a scan of the fact table by %s:\n",
           server ? "psql, time that passed" : "SQLite, processor time");
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        compare(bench, &list[i]);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    const char *build = argc > 1 ? argv[1] : "build";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2 && strcmp(argv[2], "facts") == 0 && bench_on_server())
        stop_with("facts", "rows are multiplied in SQLite's file only");
    if (argc > 2 && strcmp(argv[2], "facts") == 0)
        make_facts(build, &bench.data);
    else
        bench_data_open(build, bench_cases(), &bench.data);
    printf("%" PRId64 " cases in %s\n", bench.data.cases, bench.data.folder);
    open_all(&bench);
    static const char *const CROSSES[] = {
        "department,month", "class,month",       "department,class",  "area:district,week",
        "source,day",       "area:street,month", "area:street,class", "class,area:district",
    };
    double scale = (double)bench.data.cases / 1e7;
    double most = FIVE_YEARS_MS * (scale > 1 ? scale : 1);
    printf("five years, two dimensions (best of %d):\n", ROUNDS);
    for (size_t i = 0; i < sizeof CROSSES / sizeof CROSSES[0]; i++)
        time_cross(&bench, CROSSES[i], NULL, FIVE_YEARS, most);
    time_cross(&bench, "department,month", "opened,closed", FIVE_YEARS, most);
    // By their definitions alone, as every count of a city's own.
    time_cross(&bench, "department,month", "valid,filed_rightly", FIVE_YEARS, most);
    time_cross(&bench, "class,quarter", "rework_rate,detection_rate", FIVE_YEARS, most);
    time_cross(&bench, "weekday,hour", "opened", FIVE_YEARS, most);
    time_cross(&bench, "reported_by,year", "valid_rate", FIVE_YEARS, most);
    time_cross(&bench, "area:community", "opened,closing_rate", FIVE_YEARS, most);
    printf("one month:\n");
    time_cross(&bench, "checked_by,department", "check_on_time_rate", 30, MONTH_MS);
    time_cross(&bench, "department,day", NULL, 30, MONTH_MS);
    time_cross(&bench, "area:street,class", NULL, 30, MONTH_MS);
    compare_all(&bench);
    facts_free(bench.facts);
    bench_scan_close(bench.scan);
    db_reader_return(bench.db);
    city_snapshot_free(bench.city);
    db_store_close(bench.store);
    return bench.failures > 0;
}
