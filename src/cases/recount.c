// SPDX-License-Identifier: MPL-2.0
// The recount: goes through all cases, and compares rollups, points and changes at the end.
#include <gridcase/cases/recount.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recount_internal.h"

enum { TEXTS_MOST = 4 * 1024 * 1024 };

struct recount {
    const struct city_snapshot *city; // borrowed
    struct recount_crew *crew;
    struct recount_sums sums;
    struct recount_findings findings;
    uint64_t cases;
    uint64_t unplaced; // cases whose history does not say where they count
    int64_t history_rows, history_strays, fact_strays, task_strays;
    int64_t after; // the last case loaded
    bool loaded, finished;
};

struct recount *recount_new(const struct city_snapshot *city)
{
    struct recount *recount = memory_new(sizeof *recount);
    recount->city = city;
    recount->after = -1;
    recount_sums_begin(&recount->sums);
    recount->crew = recount_crew_new(city, &recount->sums);
    return recount;
}

struct recount *recount_free(struct recount *recount)
{
    if (recount != NULL) {
        recount_crew_free(recount->crew);
        recount_findings_done(&recount->findings);
        free(recount);
    }
    return NULL;
}

// ---- findings ----
static void keep(struct recount_findings *findings, int64_t case_id, const char *slug,
                 const char *message)
{
    if (findings->items == NULL) {
        findings->items = memory_new(RECOUNT_FINDINGS * sizeof *findings->items);
        findings->texts = arena_new(TEXTS_MOST);
    }
    if (findings->count < RECOUNT_FINDINGS)
        findings->items[findings->count++] =
            (struct recount_finding){case_id, slug, arena_text(findings->texts, message)};
}

void recount_find(struct recount_findings *findings, int64_t case_id, const char *slug,
                  const char *format, ...)
{
    char message[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    findings->problems++;
    keep(findings, case_id, slug, message);
}

void recount_findings_take(struct recount_findings *into,
                           const struct recount_findings *from)
{
    into->problems += from->problems;
    for (size_t i = 0; i < from->count; i++)
        keep(into, from->items[i].case_id, from->items[i].slug, from->items[i].message);
}

void recount_findings_done(struct recount_findings *findings)
{
    free(findings->items);
    arena_free(findings->texts);
    *findings = (struct recount_findings){0};
}

// ---- over all cases ----
static int compare_points(struct recount *recount, struct db *db, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_RECOUNT_POINTS, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        bool stray = db_column_int(s, 1) != 0;
        recount_find(&recount->findings, db_column_int(s, 0),
                     stray ? "point.stray" : "point.missing",
                     stray ? "the index of open points holds it, but it is not open"
                           : "it is open, but the index of open points lacks it");
        code = 0;
    }
    return code;
}

static int compare_strays(struct recount *recount, struct db *db, struct error *error)
{
    int64_t changes = 0;
    int code = db_fetch_int(db, QUERY_RECOUNT_CHANGES, NULL, 0, &changes, error);
    const struct {
        const char *slug;
        int64_t rows;
    } STRAYS[] = {{"history.stray", recount->history_strays},
                  {"fact.stray", recount->fact_strays},
                  {"task.stray", recount->task_strays},
                  {"change.missing", recount->history_rows - changes}};
    for (size_t i = 0; code == 0 && i < sizeof STRAYS / sizeof STRAYS[0]; i++)
        if (STRAYS[i].rows != 0)
            recount_find(&recount->findings, 0, STRAYS[i].slug, "%lld rows",
                         (long long)STRAYS[i].rows);
    return code;
}

static int find_media_strays(struct recount *recount, struct db *db, struct error *error)
{
    static const char *const SLUGS[] = {"media.stray", "media.missing"};
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_RECOUNT_MEDIA, &s, error);
    if (code == 0)
        code = db_step(s, error);
    for (int i = 0; code == DB_ROW && i < 2; i++)
        if (db_column_int(s, i) != 0)
            recount_find(&recount->findings, 0, SLUGS[i], "%lld rows",
                         (long long)db_column_int(s, i));
    return code < 0 ? code : 0;
}

// ---- slices ----
static void take(void *context, struct recount_batch *batch)
{
    struct recount *recount = context;
    recount_findings_take(&recount->findings, &batch->findings);
    recount->cases += batch->count;
    recount->unplaced += batch->unplaced;
    recount->history_rows += (int64_t)batch->history_count + batch->history_strays;
    recount->history_strays += batch->history_strays;
    recount->fact_strays += batch->fact_strays;
    recount->task_strays += batch->task_strays;
}

static int load(struct recount *recount, struct db *db, unsigned most, struct error *error)
{
    int64_t last = 0;
    struct recount_batch *batch =
        recount_crew_free_batch(recount->crew, take, recount, error);
    if (batch == NULL)
        return error->code;
    int code = recount_load(batch, db, recount->after, most, &last, error);
    if (code != 0) {
        recount_unload(batch);
        return code;
    }
    recount_crew_loaded(recount->crew);
    recount->after = last;
    recount->loaded = last == INT64_MAX;
    return 0;
}

static int finish(struct recount *recount, struct db *db, struct error *error)
{
    int code = recount_crew_finish(recount->crew, take, recount, error);
    if (code != 0)
        return code;
    recount_crew_sums(recount->crew, &recount->sums);
    recount->finished = true;
    code = recount_sums_compare(&recount->sums, db, city_calendar(recount->city, 0),
                                &recount->findings, error);
    if (code == 0)
        code = compare_points(recount, db, error);
    if (code == 0)
        code = compare_strays(recount, db, error);
    return code != 0 ? code : find_media_strays(recount, db, error);
}

int recount_slice(struct recount *recount, struct db *db, unsigned most,
                  struct error *error)
{
    int code = 0;
    if (recount->finished)
        return 0;
    for (unsigned done = 0; done < most && !recount->loaded && code == 0;) {
        unsigned some = most - done < RECOUNT_BATCH ? most - done : RECOUNT_BATCH;
        code = load(recount, db, some, error);
        done += some;
    }
    if (code != 0)
        return code;
    return recount->loaded ? finish(recount, db, error) : 1;
}

size_t recount_findings(const struct recount *recount)
{
    return recount->findings.count;
}

const struct recount_finding *recount_finding(const struct recount *recount, size_t index)
{
    return index < recount->findings.count ? &recount->findings.items[index] : NULL;
}

uint64_t recount_cases(const struct recount *recount)
{
    return recount->cases;
}

uint64_t recount_problems(const struct recount *recount)
{
    return recount->findings.problems;
}

uint64_t recount_unplaced(const struct recount *recount)
{
    return recount->unplaced;
}
