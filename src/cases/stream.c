// SPDX-License-Identifier: MPL-2.0
// The change stream: what an actor may see of it now.
#include <string.h>

#include "case_internal.h"

enum { CHANGES_MOST = 1000 };

struct reading {
    struct db *db;
    const struct city_snapshot *city;
    struct account_sight sight;
    struct arena *arena;
};

// SEEN when it may be seen now; GONE when it was seen in the areas before this change.
static int sight_of(struct reading *reading, struct db_statement *s, bool moved,
                    struct case_change *change, struct error *error)
{
    struct arena *scratch ARENA_CLEANUP = arena_new(256 * 1024);
    struct case_row row;
    bool visible = false;
    int code = case_row_load(reading->db, change->case_id, scratch, &row, error);
    if (code == 0)
        code = case_row_visible(reading->db, reading->city, &reading->sight, &row, &visible,
                                error);
    if (code != 0)
        return code;
    change->number = arena_text(reading->arena, row.number);
    change->sight = visible ? CASE_SEEN : CASE_HIDDEN;
    if (visible || !moved)
        return 0;
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        row.place.areas[i] = db_column_int(s, 7 + i);
    code = case_row_visible(reading->db, reading->city, &reading->sight, &row, &visible,
                            error);
    if (visible)
        change->sight = CASE_GONE;
    return code;
}

static int read_changes(struct reading *reading, struct db_statement *s, unsigned most,
                        struct case_change *changes, size_t *ret_count, int64_t *last,
                        struct error *error)
{
    int code = 0;
    unsigned looked = 0;
    size_t count = 0;
    while (looked++ < most && (code = db_step(s, error)) == DB_ROW) {
        struct case_change change = {
            .position = db_column_int(s, 0),
            .case_id = db_column_int(s, 1),
            .version = db_column_int(s, 2),
            .kind = (enum process_kind)db_column_int(s, 3),
            .stage = (enum process_stage)db_column_int(s, 4),
            .at_ms = db_column_int(s, 5),
        };
        code = sight_of(reading, s, db_column_int(s, 6) != 0, &change, error);
        if (code != 0)
            return code;
        *last = change.position;
        if (change.sight != CASE_HIDDEN)
            changes[count++] = change;
    }
    *ret_count = count;
    return code < 0 ? code : 0;
}

int case_changes(struct db *db, const struct city_snapshot *city, const struct actor *actor,
                 int64_t after, unsigned most, struct arena *arena,
                 struct case_change **ret_changes, size_t *ret_count, int64_t *ret_last,
                 struct error *error)
{
    if (most < 1 || most > CHANGES_MOST)
        most = CHANGES_MOST;
    struct reading reading = {.db = db, .city = city, .arena = arena};
    account_sight(actor, RIGHT_CASE_READ, &reading.sight);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CHANGE_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, after);
    db_bind_int(s, 2, most);
    struct case_change *changes = arena_array(arena, most, sizeof *changes);
    if (changes == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for %u changes",
                         most);
    int64_t last = after;
    size_t count = 0;
    code = read_changes(&reading, s, most, changes, &count, &last, error);
    if (code != 0)
        return code;
    *ret_changes = changes;
    *ret_count = count;
    *ret_last = last;
    return 0;
}

int case_stream(struct db *db, struct case_stream *ret_stream, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CHANGE_RANGE, &s, error);
    if (code != 0)
        return code;
    code = db_step(s, error);
    if (code == DB_ROW)
        *ret_stream = (struct case_stream){.epoch = db_column_int(s, 2),
                                           .first = db_column_int(s, 0),
                                           .last = db_column_int(s, 1),
                                           .waiting = db_column_int(s, 3) != 0};
    return code < 0 ? code : 0;
}

int case_stream_renew(struct db *db, struct error *error)
{
    enum { EPOCH_MOST = 1000000000 };
    for (int tries = 0; tries < 10; tries++) {
        uint64_t number = 0;
        random_bytes(&number, sizeof number);
        int code = db_execute(
            db, QUERY_CASE_EPOCH_RENEW,
            (struct db_value[]){DB_INT((int64_t)(number % EPOCH_MOST) + 1)}, 1, error);
        if (code != 0 || db_changes(db) == 1)
            return code;
    }
    return error_set(error, ERROR_BUG, "case.epoch", "no new number for the change stream");
}

int case_media_visible(struct db *db, const struct city_snapshot *city,
                       const struct actor *actor, const uint8_t sha256[HASH_SIZE],
                       bool *ret_visible, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_MEDIA_CASES, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, sha256, HASH_SIZE);
    bool visible = false;
    while (!visible && (code = db_step(s, error)) == DB_ROW) {
        code = case_visible(db, city, actor, db_column_int(s, 0), &visible, error);
        if (code != 0)
            return code;
    }
    if (code >= 0)
        *ret_visible = visible;
    return code < 0 ? code : 0;
}
