// SPDX-License-Identifier: MPL-2.0
// The recount: goes through all cases, and compares rollups, points and changes at the end.
#include <gridcase/cases/recount.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recount_internal.h"

struct recount *recount_new(const struct city_snapshot *city)
{
    struct recount *recount = memory_new(sizeof *recount);
    recount->city = city;
    recount->texts = arena_new((size_t)4 * 1024 * 1024);
    return recount;
}

struct recount *recount_free(struct recount *recount)
{
    if (recount != NULL) {
        arena_free(recount->texts);
        free(recount->sums);
        free(recount);
    }
    return NULL;
}

void recount_find(struct recount *recount, int64_t case_id, const char *slug,
                  const char *format, ...)
{
    char message[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    recount->problems++;
    if (recount->finding_count == RECOUNT_FINDINGS)
        return;
    recount->findings[recount->finding_count++] =
        (struct recount_finding){case_id, slug, arena_text(recount->texts, message)};
}

// ---- sums of the rollups: an open hash table by table, day and id ----
static size_t slot_of(const struct recount *recount, int table, int64_t day, int64_t id)
{
    uint64_t hash = (uint64_t)day * UINT64_C(0x9e3779b97f4a7c15) +
                    (uint64_t)id * UINT64_C(0xc2b2ae3d27d4eb4f) + (uint64_t)table;
    hash ^= hash >> 29;
    size_t at = (size_t)hash & (recount->sum_room - 1);
    for (;; at = (at + 1) & (recount->sum_room - 1)) {
        const struct recount_sum *sum = &recount->sums[at];
        if (!sum->used || (sum->table == table && sum->day == day && sum->id == id))
            return at;
    }
}

static int make_room(struct recount *recount, struct error *error)
{
    if (2 * recount->sum_count < recount->sum_room)
        return 0;
    size_t room = recount->sum_room, old_room = room;
    struct recount_sum *old = recount->sums;
    room = room > 0 ? 2 * room : 4096;
    struct recount_sum *sums = calloc(room, sizeof *sums);
    if (sums == NULL)
        return error_set(error, ERROR_LIMIT, "recount.memory", "no memory for the sums");
    recount->sums = sums;
    recount->sum_room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].used)
            recount->sums[slot_of(recount, old[i].table, old[i].day, old[i].id)] = old[i];
    free(old);
    return 0;
}

static int add_sum(struct recount *recount, int table, int64_t id,
                   const struct fact_day *day, struct error *error)
{
    int code = make_room(recount, error);
    if (code != 0)
        return code;
    struct recount_sum *sum = &recount->sums[slot_of(recount, table, day->day, id)];
    if (!sum->used) {
        *sum =
            (struct recount_sum){.used = true, .table = table, .day = day->day, .id = id};
        recount->sum_count++;
    }
    for (int i = 0; i < FIGURE_COUNT; i++)
        sum->figures[i] += day->figures[i];
    return 0;
}

int recount_add_fact(struct recount *recount, const struct fact *fact, struct error *error)
{
    struct fact_day days[FACT_DAYS];
    int count = fact_days(fact, city_calendar(recount->city, 0), days);
    int code = 0;
    for (int i = 0; i < count && code == 0; i++) {
        code = add_sum(recount, 0, fact->values[FACT_DEPARTMENT_ID], &days[i], error);
        for (int k = 0; k < CITY_LEVEL_LIMIT && code == 0; k++)
            if (fact->values[FACT_AREA_1 + k] != 0)
                code = add_sum(recount, 1, fact->values[FACT_AREA_1 + k], &days[i], error);
    }
    return code;
}

// Takes what the table says off the sums; what is left is wrong.
static int compare_rollup(struct recount *recount, struct db *db, int table,
                          struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(
        db, table == 0 ? QUERY_RECOUNT_ROLLUP_DEPARTMENT : QUERY_RECOUNT_ROLLUP_AREA, &s,
        error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        struct fact_day day = {.day = db_column_int(s, 0)};
        for (int i = 0; i < FIGURE_COUNT; i++)
            day.figures[i] = -db_column_int(s, 2 + i);
        code = add_sum(recount, table, db_column_int(s, 1), &day, error);
    }
    return code;
}

static int compare_rollups(struct recount *recount, struct db *db, struct error *error)
{
    int code = compare_rollup(recount, db, 0, error);
    if (code == 0)
        code = compare_rollup(recount, db, 1, error);
    for (size_t i = 0; i < recount->sum_room && code == 0; i++) {
        const struct recount_sum *sum = &recount->sums[i];
        for (int k = 0; sum->used && k < FIGURE_COUNT; k++)
            if (sum->figures[k] != 0)
                recount_find(recount, 0, "rollup.differs",
                             "%s %lld on day %lld: figure %d is off by %lld",
                             sum->table == 0 ? "department" : "area", (long long)sum->id,
                             (long long)sum->day, k, (long long)-sum->figures[k]);
    }
    return code;
}

static int compare_points(struct recount *recount, struct db *db, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_RECOUNT_POINTS, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        bool stray = db_column_int(s, 1) != 0;
        recount_find(recount, db_column_int(s, 0), stray ? "point.stray" : "point.missing",
                     stray ? "the index of open points holds it, but it is not open"
                           : "it is open, but the index of open points lacks it");
        code = 0;
    }
    return code;
}

static int compare_strays(struct recount *recount, struct db *db, struct error *error)
{
    static const char *const SLUGS[] = {"history.stray", "fact.stray", "task.stray",
                                        "change.missing"};
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_RECOUNT_STRAYS, &s, error);
    if (code == 0)
        code = db_step(s, error);
    for (int i = 0; code == DB_ROW && i < 4; i++)
        if (db_column_int(s, i) != 0)
            recount_find(recount, 0, SLUGS[i], "%lld rows", (long long)db_column_int(s, i));
    return code < 0 ? code : 0;
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
            recount_find(recount, 0, SLUGS[i], "%lld rows", (long long)db_column_int(s, i));
    return code < 0 ? code : 0;
}

// ---- slices ----
static int next_ids(struct recount *recount, struct db *db, unsigned most, int64_t *ids,
                    unsigned *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    enum query_id parts[] = {QUERY_CASE_COLUMNS, QUERY_CASE_WALK_OLDEST};
    int code = db_prepare_parts(db, parts, 2, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 2, recount->after);
    unsigned count = 0;
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        ids[count++] = db_column_int(s, 0);
    *ret_count = count;
    return code < 0 ? code : 0;
}

int recount_slice(struct recount *recount, struct db *db, unsigned most,
                  struct error *error)
{
    enum { AT_ONCE = 1000 };
    int64_t ids[AT_ONCE];
    unsigned count = 0;
    if (recount->finished)
        return 0;
    int code = next_ids(recount, db, most < AT_ONCE ? most : AT_ONCE, ids, &count, error);
    for (unsigned i = 0; i < count && code == 0; i++) {
        code = recount_case(recount, db, ids[i], error);
        recount->after = ids[i];
        recount->cases++;
    }
    if (code != 0)
        return code;
    if (count > 0)
        return 1;
    recount->finished = true;
    code = compare_rollups(recount, db, error);
    if (code == 0)
        code = compare_points(recount, db, error);
    if (code == 0)
        code = compare_strays(recount, db, error);
    return code != 0 ? code : find_media_strays(recount, db, error);
}

size_t recount_findings(const struct recount *recount)
{
    return recount->finding_count;
}

const struct recount_finding *recount_finding(const struct recount *recount, size_t index)
{
    return index < recount->finding_count ? &recount->findings[index] : NULL;
}

uint64_t recount_cases(const struct recount *recount)
{
    return recount->cases;
}

uint64_t recount_problems(const struct recount *recount)
{
    return recount->problems;
}

uint64_t recount_unplaced(const struct recount *recount)
{
    return recount->unplaced;
}
