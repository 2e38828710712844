// SPDX-License-Identifier: MPL-2.0
// Tracks of people on shift from one store to another: a database of its own, which many
// cities have none of. It is no part of a city's digest: it proves nothing, and goes after
// some weeks.
#include <stdio.h>
#include <string.h>

#include <gridcase/db/rows.h>

#include "copy_internal.h"

enum { LATE_DAYS = 5 }; // phones bring fixes of the last three

struct bringing {
    struct city_copy *copy;
    const struct db_catalogue *catalogue;
    struct db *from, *to, *seen;
    struct db_transaction moment;
};

// False: there are none at `from`.
static int open_from(struct bringing *b, bool *ret_there, struct error *error)
{
    struct error why = {0};
    int code = db_open(b->copy->from, b->copy->slug, DB_TRACKS, DB_READ, &b->from, &why);
    *ret_there = code == 0;
    if (code == ERROR_NOT_FOUND && strcmp(why.slug, "db.missing") == 0)
        return 0;
    if (code != 0)
        *error = why;
    return code;
}

static int open_rest(struct bringing *b, struct error *error)
{
    int code = db_catalogue(DB_TRACKS, &b->catalogue, error);
    if (code == 0)
        code = db_open(b->copy->to, b->copy->slug, DB_TRACKS, DB_WRITE, &b->to, error);
    if (code == 0)
        code = db_open(b->copy->to, b->copy->slug, DB_TRACKS, DB_READ, &b->seen, error);
    return code == 0 ? db_begin(b->from, DB_READ, &b->moment, error) : code;
}

static int bring_table(struct bringing *b, const struct db_table *table,
                       const struct db_range *range, bool only_looks, struct error *error)
{
    struct db_bring bring = {.from = b->from,
                             .to = b->to,
                             .seen = b->seen,
                             .table = table,
                             .range = range,
                             .only_looks = only_looks};
    int code = db_bring_rows(&bring, error);
    if (code == 0 && only_looks && bring.put + bring.extra > 0)
        return error_set(error, ERROR_STORE, "copy.differs",
                         "%s: %s has %lld rows and the copy others; copy again",
                         b->copy->slug, table->name, (long long)bring.rows);
    if (code == 0 && bring.extra > 0)
        code = db_bring_removals(&bring, error);
    return code;
}

static int bring_tables(struct bringing *b, bool only_looks, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < b->catalogue->count && code == 0; i++)
        code = bring_table(b, &b->catalogue->tables[i], NULL, only_looks, error);
    return code;
}

// Is something that was brought gone since: erased, or too old?
static int lost_some(struct bringing *b, const struct db_table *table, bool *ret_lost,
                     struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
    int64_t from = 0, seen = 0;
    int code = db_begin(b->seen, DB_READ, &moment, error);
    if (code == 0)
        code = db_table_count(b->from, table, &from, error);
    if (code == 0)
        code = db_table_count(b->seen, table, &seen, error);
    *ret_lost = from != seen;
    return code;
}

// What came since: batches rise, days of unit grids change for as long as phones are late.
static int bring_late(struct bringing *b, struct error *error)
{
    static const int64_t DAY_MS = 86400000;
    int64_t last = 0, today = b->copy->result.taken_ms / DAY_MS;
    int code = db_fetch_int(b->seen, QUERY_TRACK_LAST, NULL, 0, &last, error);
    for (size_t i = 0; i < b->catalogue->count && code == 0; i++) {
        const struct db_table *table = &b->catalogue->tables[i];
        bool batches = strcmp(table->name, "track") == 0, lost = false;
        struct db_range range = {batches ? last + 1 : today - LATE_DAYS, INT64_MAX};
        code = bring_table(b, table, &range, false, error);
        if (code == 0)
            code = lost_some(b, table, &lost, error);
        if (code == 0 && lost)
            code = bring_table(b, table, NULL, false, error);
    }
    return code;
}

static void close_all(struct bringing *b)
{
    db_rollback(&b->moment);
    db_close(b->from);
    db_close(b->seen);
    db_close(b->to);
}

int city_copy_tracks(struct city_copy *copy, bool late, struct error *error)
{
    struct bringing b = {.copy = copy};
    bool there = false;
    int code = open_from(&b, &there, error);
    if (code == 0 && there) {
        code = open_rest(&b, error);
        if (code == 0)
            code = late ? bring_late(&b, error) : bring_tables(&b, false, error);
        if (code == 0 && !late)
            code = bring_tables(&b, true, error);
        if (code == 0)
            code = db_bring_end(b.to, !late, error);
    }
    close_all(&b);
    return code == 0 ? 0 : error_prefix(error, "tracks");
}
