// SPDX-License-Identifier: MPL-2.0
// Batches of fixes in DB_TRACKS, and what a track says of a visit.
#include <gridcase/cases/track.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/db/db.h>

enum { KEY_SIZE = 16, SECOND_MS = 1000 };

// ---- writing ----

static int check(const struct track_batch *batch, struct error *error)
{
    const struct track_fix *fixes = batch->fixes;
    if (batch->count == 0 || batch->count > TRACK_FIXES_MOST)
        return error_set(error, ERROR_INPUT, "track.too_many", "1 to %d fixes a batch",
                         TRACK_FIXES_MOST);
    for (size_t i = 1; i < batch->count; i++)
        if (fixes[i].at_ms < fixes[i - 1].at_ms)
            return error_set(error, ERROR_INPUT, "track.order",
                             "fixes come in the order of their time");
    if (fixes[batch->count - 1].at_ms - fixes[0].at_ms > TRACK_SPAN_MOST_MS)
        return error_set(error, ERROR_INPUT, "track.span",
                         "a batch is no longer than %d hours",
                         TRACK_SPAN_MOST_MS / 3600000);
    return 0;
}

// DB_ROW: it is there.
static int find(struct db *db, const struct track_batch *batch, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TRACK_OF_KEY, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, batch->key, KEY_SIZE);
    code = db_step(s, error);
    if (code != DB_ROW)
        return code;
    size_t length = 0;
    const void *digest = db_column_blob(s, 1, &length);
    bool same = db_column_int(s, 0) == batch->person_id && length == HASH_SIZE &&
                memcmp(digest, batch->digest, HASH_SIZE) == 0;
    return same ? DB_ROW
                : error_set(error, ERROR_CONFLICT, "case.key_reused",
                            "this Idempotency-Key was used for another batch");
}

int track_add(struct db *db, const struct track_batch *batch, struct error *error)
{
    uint8_t packed[TRACK_PACKED_MOST];
    int code = check(batch, error);
    if (code == 0)
        code = find(db, batch, error);
    if (code != 0)
        return code == DB_ROW ? 0 : code;
    int64_t begun_s = batch->fixes[0].at_ms / SECOND_MS,
            ended_s = batch->fixes[batch->count - 1].at_ms / SECOND_MS;
    size_t length = track_pack(batch->fixes, batch->count, packed);
    code = db_execute(
        db, QUERY_TRACK_ADD,
        (struct db_value[]){DB_INT(batch->person_id), DB_BLOB(batch->key, KEY_SIZE),
                            DB_BLOB(batch->digest, HASH_SIZE), DB_INT(batch->received_ms),
                            DB_INT(begun_s * SECOND_MS), DB_INT(ended_s * SECOND_MS),
                            DB_INT((int64_t)batch->count), DB_BLOB(packed, length)},
        8, error);
    for (size_t i = 0; i < batch->walked_count && code == 0; i++)
        code = db_execute(db, QUERY_TRACK_GRID_ADD,
                          (struct db_value[]){DB_INT(batch->walked[i].day),
                                              DB_INT(batch->walked[i].grid_id),
                                              DB_INT(batch->walked[i].fixes)},
                          3, error);
    return code;
}

int track_erase(struct db *db, int64_t person_id, int64_t *ret_fixes, struct error *error)
{
    int64_t fixes = 0;
    int code = db_fetch_int(db, QUERY_TRACK_PERSON_FIXES,
                            (struct db_value[]){DB_INT(person_id)}, 1, &fixes, error);
    if (code == 0)
        code = db_execute(db, QUERY_TRACK_ERASE, (struct db_value[]){DB_INT(person_id)}, 1,
                          error);
    if (code == 0)
        *ret_fixes = fixes;
    return code;
}

int track_sweep(struct db *db, int64_t before_ms, int64_t most, int64_t *ret_batches,
                struct error *error)
{
    int code = db_execute(db, QUERY_TRACK_SWEEP,
                          (struct db_value[]){DB_INT(before_ms), DB_INT(most)}, 2, error);
    if (code == 0)
        *ret_batches = db_changes(db);
    return code;
}

// ---- reading ----

static int by_time(const void *a_fix, const void *b_fix)
{
    const struct track_fix *a = a_fix, *b = b_fix;
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

struct reading {
    struct track_fix *fixes;
    size_t count, room;
};

static int add_batch(struct reading *reading, struct db_statement *s, struct error *error)
{
    size_t length = 0, added = 0;
    const void *bytes = db_column_blob(s, 1, &length);
    int64_t fixes = db_column_int(s, 2);
    if (fixes <= 0 || fixes > TRACK_FIXES_MOST || bytes == NULL)
        return error_set(error, ERROR_STORE, "track.torn", "a batch of fixes is torn");
    if (reading->count + (size_t)fixes > TRACK_DAY_MOST + TRACK_FIXES_MOST)
        return error_set(error, ERROR_LIMIT, "track.too_many",
                         "more than %d fixes: ask for a shorter time", TRACK_DAY_MOST);
    if (reading->count + (size_t)fixes > reading->room) {
        size_t room = 2 * (reading->count + (size_t)fixes);
        struct track_fix *more = realloc(reading->fixes, room * sizeof *more);
        if (more == NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for a track");
        reading->fixes = more;
        reading->room = room;
    }
    int code = track_unpack(bytes, length, db_column_int(s, 0),
                            reading->fixes + reading->count, (size_t)fixes, &added, error);
    if (code == 0)
        reading->count += added;
    return code;
}

// Two phones of one person may tell of the same minutes.
static void put_in_order(struct reading *reading)
{
    for (size_t i = 1; i < reading->count; i++)
        if (reading->fixes[i].at_ms < reading->fixes[i - 1].at_ms) {
            qsort(reading->fixes, reading->count, sizeof *reading->fixes, by_time);
            return;
        }
}

static int read_batches(struct db *db, int64_t person_id, int64_t from_ms, int64_t to_ms,
                        struct reading *reading, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TRACK_BATCHES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, person_id);
    db_bind_int(s, 2, from_ms);
    db_bind_int(s, 3, to_ms);
    db_bind_int(s, 4, to_ms + TRACK_SPAN_MOST_MS);
    while ((code = db_step(s, error)) == DB_ROW) {
        code = add_batch(reading, s, error);
        if (code != 0)
            return code;
    }
    return code;
}

int track_read(struct db *db, int64_t person_id, int64_t from_ms, int64_t to_ms,
               struct arena *arena, struct track_fix **ret_fixes, size_t *ret_count,
               struct error *error)
{
    struct reading reading = {0};
    int code = read_batches(db, person_id, from_ms, to_ms, &reading, error);
    put_in_order(&reading);
    size_t first = 0, end = code == 0 ? reading.count : 0;
    while (first < end && reading.fixes[first].at_ms < from_ms)
        first++;
    while (end > first && reading.fixes[end - 1].at_ms > to_ms)
        end--;
    struct track_fix *fixes =
        code == 0 ? arena_array(arena, end - first + 1, sizeof *fixes) : NULL;
    if (code == 0 && fixes == NULL)
        code = error_set(error, ERROR_LIMIT, "figures.memory", "no memory for a track");
    if (code == 0) {
        if (end > first)
            memcpy(fixes, reading.fixes + first, (end - first) * sizeof *fixes);
        *ret_fixes = fixes;
        *ret_count = end - first;
    }
    free(reading.fixes);
    return code;
}

int track_next_person(struct db *db, int64_t after_id, int64_t *ret_person_id,
                      struct error *error)
{
    return db_fetch_int(db, QUERY_TRACK_NEXT_PERSON, (struct db_value[]){DB_INT(after_id)},
                        1, ret_person_id, error);
}

int track_sum(struct db *db, int64_t person_id, int64_t from_ms, int64_t to_ms,
              struct track_sum *ret_sum, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TRACK_SUM, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, person_id);
    db_bind_int(s, 2, from_ms);
    db_bind_int(s, 3, to_ms);
    code = db_step(s, error);
    if (code < 0)
        return code;
    *ret_sum = (struct track_sum){.batches = db_column_int(s, 0),
                                  .fixes = db_column_int(s, 1),
                                  .first_ms = db_column_int(s, 2),
                                  .last_ms = db_column_int(s, 3)};
    return 0;
}

int track_grids(struct db *db, int64_t from_day, int64_t to_day,
                void (*visit)(void *context, int64_t grid_id), void *context,
                struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TRACK_GRIDS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, from_day);
    db_bind_int(s, 2, to_day);
    while ((code = db_step(s, error)) == DB_ROW)
        visit(context, db_column_int(s, 0));
    return code;
}

// ---- was somebody there? ----

static bool is_near(const struct track_fix *fix, const struct track_answer *answer)
{
    static const double M_PER_DEG = 111195;
    double y = (fix->lat_deg - answer->lat_deg) * M_PER_DEG;
    double x =
        (fix->lon_deg - answer->lon_deg) * M_PER_DEG * cos(answer->lat_deg * M_PI / 180);
    return x * x + y * y <= (double)TRACK_NEAR_M * TRACK_NEAR_M;
}

// The first fix at or after an instant, by halving.
static size_t first_from(const struct track_fix *fixes, size_t count, int64_t at_ms)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fixes[middle].at_ms < at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum track_visit track_visited(const struct track_fix *fixes, size_t count,
                               const struct track_answer *answer, bool *ret_seen)
{
    int64_t from_ms = answer->at_ms - TRACK_BEFORE_MS, last_ms = from_ms;
    bool full = true, seen = false;
    for (size_t i = first_from(fixes, count, from_ms);
         i < count && fixes[i].at_ms <= answer->at_ms; i++) {
        if (fixes[i].accuracy_m > TRACK_GOOD_M)
            continue;
        full &= fixes[i].at_ms - last_ms <= TRACK_GAP_MS;
        last_ms = fixes[i].at_ms;
        seen |= is_near(&fixes[i], answer);
    }
    full &= answer->at_ms - last_ms <= TRACK_GAP_MS;
    *ret_seen = seen;
    return !full ? TRACK_NOT_FULL : seen ? TRACK_THERE : TRACK_NOT_THERE;
}
