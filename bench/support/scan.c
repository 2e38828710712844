// SPDX-License-Identifier: MPL-2.0
#include "scan.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store.h"

enum { LINE_SIZE = 400 };

struct bench_scan {
    sqlite3 *db; // NULL: on a server
    char folder[768], beside[800];
};
struct cells {
    struct bench_cell *cells;
    size_t count, room;
};

static _Noreturn void stop_with(const char *what, const char *why)
{
    fprintf(stderr, "bench scan: %s: %.300s\n", what, why);
    exit(1);
}

static struct bench_cell *next_cell(struct cells *cells)
{
    if (cells->count == cells->room) {
        cells->room = cells->room > 0 ? 2 * cells->room : 1 << 16;
        cells->cells = realloc(cells->cells, cells->room * sizeof *cells->cells);
        if (cells->cells == NULL)
            stop_with("cells", "no memory");
    }
    struct bench_cell *cell = &cells->cells[cells->count++];
    *cell = (struct bench_cell){0};
    return cell;
}

struct bench_scan *bench_scan_open(const struct bench_data *data)
{
    struct bench_scan *scan = calloc(1, sizeof *scan);
    char path[900], text[2200];
    if (scan == NULL)
        stop_with("scan", "no memory");
    snprintf(scan->folder, sizeof scan->folder, "%s", data->folder);
    if (bench_on_server()) {
        bench_scan_do(scan, "DROP SCHEMA IF EXISTS beside CASCADE");
        bench_scan_do(scan, "CREATE SCHEMA beside");
        return scan;
    }
    snprintf(path, sizeof path, "%s/cities/%s/cases.db", data->folder, BENCH_CITY);
    snprintf(scan->beside, sizeof scan->beside, "%.760s-scan-%ld.db", data->folder,
             (long)getpid());
    unlink(scan->beside);
    if (sqlite3_open_v2(":memory:", &scan->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
                        NULL) != SQLITE_OK)
        stop_with(path, sqlite3_errmsg(scan->db));
    snprintf(text, sizeof text,
             "ATTACH 'file:%s?mode=ro' AS city; ATTACH 'file:%s?mode=rwc' AS beside;"
             "PRAGMA beside.journal_mode = OFF; PRAGMA beside.synchronous = OFF;"
             "PRAGMA beside.cache_size = -65536; PRAGMA city.cache_size = -65536;",
             path, scan->beside);
    bench_scan_do(scan, text);
    unlink(scan->beside); // it is open: however this ends, nothing is left
    return scan;
}

void bench_scan_close(struct bench_scan *scan)
{
    if (scan->db == NULL)
        bench_scan_do(scan, "DROP SCHEMA beside CASCADE");
    sqlite3_close(scan->db);
    free(scan);
}

static double processor_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

// ---- on a server: psql, one process of a query ----
// "key|key|value|..." into a cell.
static void take_line(char *line, struct cells *cells)
{
    struct bench_cell *cell = next_cell(cells);
    int64_t keys[2] = {0, 0};
    char *at = line;
    for (int i = 0; i < 6 && at != NULL; i++) {
        char *bar = strchr(at, '|');
        if (i < 2)
            keys[i] = strtoll(at, NULL, 10);
        else
            cell->values[i - 2] = strtod(at, NULL);
        at = bar != NULL ? bar + 1 : NULL;
    }
    cell->key = bench_cell_key(keys[0], keys[1]);
}

static void run_psql(struct bench_scan *scan, const char *text, struct cells *cells,
                     double *ret_ms)
{
    char address[1024], line[LINE_SIZE];
    int ends[2], status = -1;
    bench_store_address(scan->folder, address, sizeof address);
    if (pipe(ends) != 0)
        stop_with("pipe", "none left");
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execlp(
            "psql", "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", address, "-c",
            "SET search_path TO gridcase_" BENCH_CITY "_cases, public; "
            "SET client_min_messages = warning; SET max_parallel_workers_per_gather = 0; "
            "SET work_mem = '256MB'; SET jit = off",
            "-c", "\\timing on", "-c", text, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *answer = fdopen(ends[0], "r");
    while (answer != NULL && fgets(line, sizeof line, answer) != NULL) {
        if (sscanf(line, "Time: %lf ms", ret_ms) != 1 && cells != NULL)
            take_line(line, cells);
    }
    fclose(answer);
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        stop_with("psql", text);
}

// ---- both ----
void bench_scan_do(struct bench_scan *scan, const char *text)
{
    char *why = NULL;
    double ms = 0;
    if (scan->db == NULL)
        run_psql(scan, text, NULL, &ms);
    else if (sqlite3_exec(scan->db, text, NULL, NULL, &why) != SQLITE_OK)
        stop_with(text, why);
}

static int compare_cells(const void *a_cell, const void *b_cell)
{
    uint64_t a = ((const struct bench_cell *)a_cell)->key;
    uint64_t b = ((const struct bench_cell *)b_cell)->key;
    return (a > b) - (a < b);
}

static void ask_sqlite(struct bench_scan *scan, const char *text, struct cells *cells)
{
    sqlite3_stmt *s = NULL;
    int code = 0;
    if (sqlite3_prepare_v2(scan->db, text, -1, &s, NULL) != SQLITE_OK)
        stop_with(text, sqlite3_errmsg(scan->db));
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        struct bench_cell *cell = next_cell(cells);
        cell->key = bench_cell_key(sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1));
        for (int i = 2; i < sqlite3_column_count(s) && i < 6; i++)
            cell->values[i - 2] = sqlite3_column_double(s, i);
    }
    if (code != SQLITE_DONE)
        stop_with(text, sqlite3_errmsg(scan->db));
    sqlite3_finalize(s);
}

size_t bench_scan_ask(struct bench_scan *scan, const char *text,
                      struct bench_cell **ret_cells, double *ret_ms)
{
    struct cells cells = {0};
    double ms = processor_ms();
    if (scan->db != NULL) {
        ask_sqlite(scan, text, &cells);
        ms = processor_ms() - ms;
    } else {
        run_psql(scan, text, &cells, &ms);
    }
    if (cells.count > 0)
        qsort(cells.cells, cells.count, sizeof *cells.cells, compare_cells);
    *ret_cells = cells.cells;
    *ret_ms = ms;
    return cells.count;
}

const struct bench_cell *bench_cell_find(const struct bench_cell *cells, size_t count,
                                         uint64_t key)
{
    struct bench_cell wanted = {.key = key};
    return count > 0 ? bsearch(&wanted, cells, count, sizeof wanted, compare_cells) : NULL;
}
