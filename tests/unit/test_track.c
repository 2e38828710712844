// SPDX-License-Identifier: MPL-2.0
// Tracks: packed and taken apart again, taken once, read by day, erased, swept; and what
// they say of a visit, against a plain look at every fix.
#include "case_world.h"

#include <math.h>

#include <gridcase/cases/track.h>
#include <gridcase/db/db.h>

static uint64_t random_state = 20261122;
static int64_t random_below(int64_t most)
{
    random_state =
        random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(random_state >> 33) % most;
}

static const int64_t BEGUN_MS = INT64_C(1700000000000);

// A walk: now and then the phone knows better or worse where it is, now and then nothing.
static size_t walk(struct track_fix *fixes, size_t count, int64_t at_ms)
{
    double lon = 120 + (double)random_below(1000) / 1e4,
           lat = -30 + (double)random_below(600000) / 1e4;
    for (size_t i = 0; i < count; i++) {
        fixes[i] = (struct track_fix){.at_ms = at_ms,
                                      .lon_deg = round(lon * 1e6) / 1e6,
                                      .lat_deg = round(lat * 1e6) / 1e6,
                                      .accuracy_m = (int)random_below(8) > 0
                                                        ? (int)random_below(60)
                                                        : TRACK_ACCURACY_MOST_M};
        at_ms += 1000 * (15 + random_below(50) + (random_below(60) == 0 ? 300 : 0));
        lon += (double)(random_below(9) - 4) / 1e5;
        lat += (double)(random_below(9) - 4) / 1e5;
    }
    return count;
}

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    static struct track_fix fixes[TRACK_FIXES_MOST], back[TRACK_FIXES_MOST];
    static uint8_t packed[TRACK_PACKED_MOST];
    for (int round = 0; round < 200; round++) {
        size_t count = walk(fixes, (size_t)(1 + random_below(300)), BEGUN_MS), found = 0;
        size_t length = track_pack(fixes, count, packed);
        assert_true(length <= 1 + count * 12);
        assert_ok(
            track_unpack(packed, length, BEGUN_MS, back, TRACK_FIXES_MOST, &found, &error));
        assert_int_equal(found, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(back[i].at_ms, fixes[i].at_ms);
            assert_true(fabs(back[i].lon_deg - fixes[i].lon_deg) < 1e-9);
            assert_true(fabs(back[i].lat_deg - fixes[i].lat_deg) < 1e-9);
            assert_int_equal(back[i].accuracy_m, fixes[i].accuracy_m);
        }
        // Torn: told, or read as fewer; never more, never out of this world.
        packed[random_below((int64_t)length)] ^= (uint8_t)(1 + random_below(255));
        if (track_unpack(packed, length, BEGUN_MS, back, TRACK_FIXES_MOST, &found,
                         &error) == 0)
            for (size_t i = 0; i < found; i++)
                assert_true(fabs(back[i].lon_deg) <= 180 && fabs(back[i].lat_deg) <= 90);
    }
}

static struct track_batch batch_of(const struct track_fix *fixes, size_t count,
                                   int64_t person_id, uint8_t number)
{
    static uint8_t keys[256][16], digests[256][HASH_SIZE];
    memset(keys[number], number, 16);
    memset(digests[number], number, HASH_SIZE);
    return (struct track_batch){.person_id = person_id,
                                .received_ms = fixes[count - 1].at_ms + 1000,
                                .key = keys[number],
                                .digest = digests[number],
                                .fixes = fixes,
                                .count = count};
}

static int put(struct db *db, const struct track_batch *batch)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(db, DB_WRITE, &transaction, &error));
    int code = track_add(db, batch, &error);
    if (code == 0)
        assert_ok(db_commit(&transaction, &error));
    return code;
}

static void count_grid(void *context, int64_t grid_id)
{
    *(int64_t *)context += grid_id;
}

// What came before an instant goes; of a person all goes; where they walked stays.
static void some_goes_some_stays(struct world *w, struct db *db, int64_t first_ms)
{
    struct track_sum sum;
    int64_t gone = 0, grids = 0;
    assert_ok(track_sweep(db, first_ms + 1001, 10, &gone, &error));
    assert_int_equal(gone, 1);
    assert_ok(track_erase(db, 7, &gone, &error));
    assert_int_equal(gone, 200);
    assert_ok(track_sum(db, 7, 0, INT64_MAX, &sum, &error));
    assert_int_equal(sum.fixes, 0);
    assert_ok(track_sum(db, 9, 0, INT64_MAX, &sum, &error));
    assert_int_equal(sum.fixes, 100);
    assert_ok(track_grids(db, 19000, 19000, count_grid, &grids, &error));
    assert_int_equal(grids, 11);
    assert_int_equal(track_sum(db, 9, 0, INT64_MAX, &sum, &error), 0);
    db = db_close(db);
    world_end(w);
}

static void batches_are_taken_once_and_read_by_time(void **state)
{
    (void)state;
    static struct track_fix fixes[4][100];
    struct world w;
    struct db *db = NULL;
    struct track_fix *read = NULL;
    struct track_sum sum;
    size_t count = 0;
    int64_t next = 0;
    world_begin(&w, "boston");
    assert_int_equal(db_open(w.store, "t", DB_TRACKS, DB_READ, &db, &error),
                     ERROR_NOT_FOUND);
    assert_string_equal(error.slug, "db.missing");
    assert_ok(db_open(w.store, "t", DB_TRACKS, DB_WRITE, &db, &error));
    for (uint8_t i = 0; i < 4; i++) {
        walk(fixes[i], 100, BEGUN_MS + i * INT64_C(7200000));
        struct track_batch batch = batch_of(fixes[i], 100, i < 3 ? 7 : 9, i);
        struct track_walked walked[2] = {{19000, 5, 40}, {19000, 6, 60}};
        batch.walked = walked;
        batch.walked_count = 2;
        assert_ok(put(db, &batch));
        assert_ok(put(db, &batch)); // sent again
    }
    struct track_batch other = batch_of(fixes[1], 99, 7, 0);
    other.digest = batch_of(fixes[1], 99, 7, 1).digest;
    assert_int_equal(put(db, &other), ERROR_CONFLICT);
    assert_string_equal(error.slug, "case.key_reused");
    assert_ok(track_sum(db, 7, 0, INT64_MAX, &sum, &error));
    assert_int_equal(sum.batches, 3);
    assert_int_equal(sum.fixes, 300);
    assert_int_equal(sum.first_ms, fixes[0][0].at_ms);
    assert_int_equal(sum.last_ms, fixes[2][99].at_ms);
    // From the middle of one batch to the middle of another, both ends counted.
    assert_ok(track_read(db, 7, fixes[0][50].at_ms, fixes[1][49].at_ms, w.arena, &read,
                         &count, &error));
    size_t wanted = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 100; k++)
            wanted += fixes[i][k].at_ms >= fixes[0][50].at_ms &&
                      fixes[i][k].at_ms <= fixes[1][49].at_ms;
    assert_int_equal(count, wanted);
    for (size_t i = 1; i < count; i++)
        assert_true(read[i].at_ms >= read[i - 1].at_ms);
    assert_ok(track_next_person(db, 0, &next, &error));
    assert_int_equal(next, 7);
    assert_ok(track_next_person(db, 7, &next, &error));
    assert_int_equal(next, 9);
    assert_ok(track_next_person(db, 9, &next, &error));
    assert_int_equal(next, 0);
    some_goes_some_stays(&w, db, fixes[0][99].at_ms);
}

static void what_is_no_batch_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct db *db = NULL;
    struct track_fix fixes[2] = {{BEGUN_MS, 1, 2, 3}, {BEGUN_MS - 1000, 1, 2, 3}};
    struct track_batch batch = batch_of(fixes, 2, 7, 1);
    world_begin(&w, "boston");
    assert_ok(db_open(w.store, "t", DB_TRACKS, DB_WRITE, &db, &error));
    assert_int_equal(put(db, &batch), ERROR_INPUT);
    assert_string_equal(error.slug, "track.order");
    fixes[1].at_ms = BEGUN_MS + TRACK_SPAN_MOST_MS + 1;
    assert_int_equal(put(db, &batch), ERROR_INPUT);
    assert_string_equal(error.slug, "track.span");
    batch.count = TRACK_FIXES_MOST + 1;
    assert_int_equal(put(db, &batch), ERROR_INPUT);
    assert_string_equal(error.slug, "track.too_many");
    db = db_close(db);
    world_end(&w);
}

// ---- visits ----

static double metres(const struct track_fix *fix, const struct track_answer *answer)
{
    double east = (fix->lon_deg - answer->lon_deg) * cos(answer->lat_deg * M_PI / 180);
    return hypot(east, fix->lat_deg - answer->lat_deg) * 111195;
}

static enum track_visit plainly(const struct track_fix *fixes, size_t count,
                                const struct track_answer *answer, bool *ret_seen)
{
    int64_t from = answer->at_ms - TRACK_BEFORE_MS;
    bool full = true;
    *ret_seen = false;
    // Each stretch of just over the gap, second by second, has a good fix in it.
    for (int64_t at = from; at + TRACK_GAP_MS < answer->at_ms; at += 1000) {
        bool any = false;
        for (size_t i = 0; i < count; i++)
            any |= fixes[i].accuracy_m <= TRACK_GOOD_M && fixes[i].at_ms > at &&
                   fixes[i].at_ms <= at + TRACK_GAP_MS;
        full &= any;
    }
    for (size_t i = 0; i < count; i++)
        *ret_seen |= fixes[i].accuracy_m <= TRACK_GOOD_M && fixes[i].at_ms >= from &&
                     fixes[i].at_ms <= answer->at_ms &&
                     metres(&fixes[i], answer) <= TRACK_NEAR_M;
    return !full ? TRACK_NOT_FULL : *ret_seen ? TRACK_THERE : TRACK_NOT_THERE;
}

static void visits_are_as_a_plain_look_says(void **state)
{
    (void)state;
    static struct track_fix fixes[200];
    int found[3] = {0};
    for (int round = 0; round < 400; round++) {
        size_t count = walk(fixes, 200, BEGUN_MS);
        const struct track_fix *by = &fixes[random_below(200)];
        struct track_answer answer = {by->at_ms + 1000 * random_below(1200),
                                      by->lon_deg + (double)(random_below(300) - 150) / 1e5,
                                      by->lat_deg};
        bool seen = false, wanted_seen = false;
        enum track_visit visit = track_visited(fixes, count, &answer, &seen);
        assert_int_equal(visit, plainly(fixes, count, &answer, &wanted_seen));
        assert_int_equal(seen, wanted_seen);
        found[visit]++;
    }
    for (int i = 0; i < 3; i++)
        assert_true(found[i] > 5);
}

// One fix a minute, for half an hour, at the place or 60 m away; the hand-made cases.
static void hand_made_visits(void **state)
{
    (void)state;
    static struct track_fix fixes[31];
    struct track_answer answer = {BEGUN_MS + 30 * 60000, 120, 30};
    bool seen = false;
    for (int i = 0; i <= 30; i++)
        fixes[i] = (struct track_fix){BEGUN_MS + i * INT64_C(60000), 120, 30 + 0.00054, 8};
    assert_int_equal(track_visited(fixes, 31, &answer, &seen), TRACK_NOT_THERE); // 60 m
    fixes[20].lat_deg = 30 + 0.00044;                                            // 49 m
    assert_int_equal(track_visited(fixes, 31, &answer, &seen), TRACK_THERE);
    fixes[20].accuracy_m = 51; // but who knows
    assert_int_equal(track_visited(fixes, 31, &answer, &seen), TRACK_NOT_THERE);
    fixes[20].accuracy_m = 50;
    for (int i = 22; i < 27; i++)
        fixes[i].accuracy_m = 99; // six minutes without a good one
    assert_int_equal(track_visited(fixes, 31, &answer, &seen), TRACK_NOT_FULL);
    assert_true(seen);
    fixes[24].accuracy_m = 10;
    assert_int_equal(track_visited(fixes, 31, &answer, &seen), TRACK_THERE);
    assert_int_equal(track_visited(fixes, 25, &answer, &seen), TRACK_NOT_FULL); // then off
    assert_int_equal(track_visited(fixes + 6, 25, &answer, &seen), TRACK_NOT_FULL);
    assert_int_equal(track_visited(fixes + 5, 26, &answer, &seen), TRACK_THERE);
    assert_int_equal(track_visited(NULL, 0, &answer, &seen), TRACK_NOT_FULL);
    assert_false(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(batches_are_taken_once_and_read_by_time),
        cmocka_unit_test(what_is_no_batch_is_refused),
        cmocka_unit_test(visits_are_as_a_plain_look_says),
        cmocka_unit_test(hand_made_visits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
