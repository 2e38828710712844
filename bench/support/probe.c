// SPDX-License-Identifier: MPL-2.0
// Stock SQLite with the log of its tuned settings (WAL, FULL, checkpoint at 100,000 pages).
// Nothing of gridcase is in it, so its statements stand here and not in sql/.
#include "support/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

enum { FILLING = 220, FILL_BATCH = 5000 };

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
    "PRAGMA wal_autocheckpoint = 100000;"
    "CREATE TABLE IF NOT EXISTS report (id INTEGER PRIMARY KEY, number TEXT NOT NULL, grid "
    "INTEGER NOT "
    "NULL,"
    " department INTEGER NOT NULL, stage INTEGER NOT NULL, opened_at INTEGER NOT NULL,"
    " due_at INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL, text TEXT NOT NULL);"
    "CREATE UNIQUE INDEX IF NOT EXISTS report_number ON report (number);"
    "CREATE INDEX IF NOT EXISTS report_queue ON report (department, stage, due_at);"
    "CREATE INDEX IF NOT EXISTS report_grid ON report (grid, opened_at);"
    "CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY, report INTEGER NOT NULL,"
    " at INTEGER NOT NULL, action INTEGER NOT NULL, note TEXT NOT NULL);"
    "CREATE VIRTUAL TABLE IF NOT EXISTS place USING rtree (id, west, east, south, north);";
static const char insert_report[] =
    "INSERT INTO report VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5 + 86400000, ?6, ?7, ?8)";
static const char insert_history[] = "INSERT INTO history VALUES (NULL, ?1, ?2, 1, '')";
static const char insert_place[] = "INSERT INTO place VALUES (?1, ?2, ?2, ?3, ?3)";

static sqlite3 *handle;
static sqlite3_stmt *report, *history, *place;
static uint64_t seed = 88172645463325252u;

static void check(int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE)
        return;
    fprintf(stderr, "probe: %s\n", sqlite3_errmsg(handle));
    exit(1);
}

static uint64_t chance(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static void step(sqlite3_stmt *statement)
{
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
}

static void insert(int64_t id)
{
    char number[32], filling[FILLING + 1];
    double lon = -71.2 + (double)chance(1000000) * 2e-7;
    double lat = 42.2 + (double)chance(1000000) * 2e-7;
    snprintf(number, sizeof number, "BOS-20261122-%08lld", (long long)id);
    memset(filling, 'a' + (int)chance(26), FILLING);
    filling[FILLING] = '\0';
    sqlite3_bind_int64(report, 1, id);
    sqlite3_bind_text(report, 2, number, -1, SQLITE_STATIC);
    sqlite3_bind_int64(report, 3, (int64_t)chance(4366));
    sqlite3_bind_int64(report, 4, (int64_t)chance(40));
    sqlite3_bind_int64(report, 5, 1795000000000 + id * 37);
    sqlite3_bind_double(report, 6, lon);
    sqlite3_bind_double(report, 7, lat);
    sqlite3_bind_text(report, 8, filling, FILLING, SQLITE_STATIC);
    step(report);
    sqlite3_bind_int64(history, 1, id);
    sqlite3_bind_int64(history, 2, 1795000000000 + id * 37);
    step(history);
    sqlite3_bind_int64(place, 1, id);
    sqlite3_bind_double(place, 2, lon);
    sqlite3_bind_double(place, 3, lat);
    step(place);
}

static void run(const char *text)
{
    check(sqlite3_exec(handle, text, NULL, NULL, NULL));
}

static void begin(const char *path)
{
    check(sqlite3_open_v2(path, &handle,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                          NULL));
    run(schema);
    check(sqlite3_prepare_v2(handle, insert_report, -1, &report, NULL));
    check(sqlite3_prepare_v2(handle, insert_history, -1, &history, NULL));
    check(sqlite3_prepare_v2(handle, insert_place, -1, &place, NULL));
}

static int64_t rows_there(void)
{
    sqlite3_stmt *statement = NULL;
    check(sqlite3_prepare_v2(handle, "SELECT max(id) FROM report", -1, &statement, NULL));
    int64_t rows =
        sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return rows;
}

static int64_t fill(int64_t cases)
{
    int64_t rows = rows_there();
    if (rows >= cases)
        return rows;
    run("BEGIN");
    while (rows < cases) {
        insert(++rows);
        if (rows % FILL_BATCH == 0)
            run("COMMIT; BEGIN");
    }
    run("COMMIT");
    run("PRAGMA wal_checkpoint(TRUNCATE)"); // the run pays only for itself
    return rows;
}

double probe_run(const char *folder, int64_t cases, double seconds)
{
    char path[4096];
    if (text_format(path, sizeof path, "%s/probe.db", folder) != 0) {
        fprintf(stderr, "probe: path too long\n");
        exit(1);
    }
    begin(path);
    int64_t rows = fill(cases), first = rows;
    int64_t began_us = instant_monotonic_us(), now_us = began_us;
    while (now_us < began_us + (int64_t)(seconds * 1e6)) {
        run("BEGIN IMMEDIATE");
        insert(++rows);
        run("COMMIT");
        now_us = instant_monotonic_us();
    }
    sqlite3_finalize(report);
    sqlite3_finalize(history);
    sqlite3_finalize(place);
    sqlite3_close(handle);
    return (double)(rows - first) * 1e6 / (double)(now_us - began_us);
}
