// SPDX-License-Identifier: MPL-2.0
// Adding lives to a store in use: a machine job of the writer lane, some lives to a slice.
#include <stdlib.h>

#include <gridcase/db/lane.h>

#include "bulk_internal.h"

enum { SLICE_LIVES = 64 };

struct refusal {
    int64_t index;
    size_t move;
    struct error error;
};

struct add {
    const struct city_snapshot *city;
    const struct case_bulk_options *options;
    struct bulk_player *player;
    struct case_bulk_progress progress; // committed
    int64_t next;                       // number of the first life that is not
    // Of the slice that runs: set anew each time that it is run.
    struct case_bulk_progress slice;
    int64_t slice_next;
    struct refusal refusals[SLICE_LIVES];
    size_t refusal_count;
    bool at_end;
};

static int number(struct db *db, const struct city_snapshot *city, struct bulk_life *life,
                  struct error *error)
{
    int64_t day = calendar_day(city_calendar(city, 0), life->row.opened_ms), serial = 0;
    int code = db_fetch_block(db, QUERY_CASE_SERIAL_NEXT, day, &serial, error);
    if (code == 0)
        code = case_number(city, life->row.opened_ms, serial, life->row.number, error);
    if (code == 0)
        code = db_fetch_block(db, QUERY_CASE_ID_NEXT, -1, &life->row.case_id, error);
    return code;
}

// 1: it is there already.
static int is_known(struct db *db, const struct case_life *life, struct error *error)
{
    int64_t known = 0;
    if (life->count == 0)
        return 0; // refused later
    const struct case_move *report = &life->moves[0].move;
    if (report->key == NULL)
        return error_set(error, ERROR_INPUT, "bulk.no_key",
                         "a life that is added needs a key of its report");
    int code =
        db_fetch_int(db, QUERY_BULK_KEY_KNOWN,
                     (struct db_value[]){DB_BLOB(report->key, 16)}, 1, &known, error);
    return code != 0 ? code : known > 0;
}

static int add_life(struct add *add, struct db *db, const struct case_life *life,
                    struct arena *arena, struct error *error)
{
    struct bulk_life made = {.index = add->slice_next};
    int64_t position = 0;
    int code = bulk_play(add->player, life, arena, &made, error);
    if (code == 0 && made.left_out) {
        add->refusals[add->refusal_count++] =
            (struct refusal){made.index, made.refused_move, made.refusal};
        add->slice.refused++;
        return 0;
    }
    if (code == 0)
        code = db_fetch_int(db, QUERY_BULK_POSITION, NULL, 0, &position, error);
    if (code == 0)
        code = number(db, add->city, &made, error);
    if (code != 0)
        return code;
    bulk_seal(&made);
    code = bulk_store(db, add->city, &made, &position, error);
    add->slice.lives++;
    add->slice.moves += (int64_t)made.move_count;
    return code;
}

// In the lane: lives until the slice is over.
static int work(struct db *db, void *context, struct error *error)
{
    struct add *add = context;
    ARENA_CLEANUP struct arena *arena = arena_new(BULK_ARENA);
    add->slice = add->progress;
    add->slice_next = add->next;
    add->refusal_count = 0;
    add->at_end = false;
    for (int i = 0; i < SLICE_LIVES && db_lane_time_left_us(db) > 0; i++) {
        struct case_life life = {0};
        int code =
            add->options->life(add->options->context, add->slice_next, arena, &life, error);
        if (code == 0) {
            add->at_end = true;
            return 0;
        }
        if (code > 0)
            code = is_known(db, &life, error);
        if (code == 1)
            add->slice.repeated++;
        else if (code == 0)
            code = add_life(add, db, &life, arena, error);
        if (code < 0)
            return code;
        add->slice_next++;
    }
    return 0;
}

static void slice_committed(struct add *add)
{
    const struct case_bulk_options *options = add->options;
    add->progress = add->slice;
    add->next = add->slice_next;
    for (size_t i = 0; i < add->refusal_count && options->refused != NULL; i++)
        options->refused(options->context, add->refusals[i].index, add->refusals[i].move,
                         &add->refusals[i].error);
    if (options->progress != NULL)
        options->progress(options->context, &add->progress);
}

int case_bulk_add(struct db_store *store, const struct city_snapshot *city,
                  const struct case_bulk_options *options,
                  struct case_bulk_progress *ret_progress, struct error *error)
{
    struct db_lane *lane = NULL;
    int code = db_lane_get(store, city_slug(city), DB_CASES, &lane, error);
    if (code != 0)
        return code;
    struct add *add = memory_new(sizeof *add);
    add->city = city;
    add->options = options;
    add->player = bulk_player_new(city);
    while (code == 0 && !add->at_end) {
        if (options->stop != NULL && atomic_load(options->stop)) {
            code = error_set(error, ERROR_BUSY, "bulk.stopped", "the load was stopped");
            break;
        }
        code = db_lane_call(lane, DB_MACHINES, work, add, error);
        if (code == 0)
            slice_committed(add);
    }
    *ret_progress = add->progress; // also of a load that was cut short
    bulk_player_free(add->player);
    free(add);
    db_lane_put(lane);
    return code;
}
