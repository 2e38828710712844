// SPDX-License-Identifier: MPL-2.0
// Power cuts under load: what was acknowledged is there afterwards, nothing is half there,
// and the sums are right. The same check must find a store that does not wait for the disk
// and a photo store that does not sync.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/db/lane.h>

#include "../src/db/db_internal.h"
#include "fault/powercut_vfs.h"
#include "fault/temporary.h"

enum { CLIENTS = 4, WRITES_MAX = 100000, ROUNDS = 24 };

static struct {
    char folder[256];
    char data[300];
    struct db_store *store;
    struct db_lane *lane;
    unsigned flags;
    bool photos; // each write names a file written before it
} town;

static atomic_uchar acknowledged[WRITES_MAX]; // 1: the client was told
static atomic_int next_write;

// ---- the workload ----

static void words_of(int number, char first[32], char second[32])
{
    snprintf(first, 32, "%d.a", number);
    snprintf(second, 32, "%d.b", number);
}

static void photo_of(int number, char path[512])
{
    snprintf(path, 512, "%s/photo-%d", town.data, number);
}

static int insert(struct db *db, const char *word, int number, const void *bytes,
                  size_t length, struct error *error)
{
    return db_execute(db, QUERY_PROBE_INSERT,
                      (struct db_value[]){DB_TEXT(word), DB_INT(number), DB_NULL,
                                          DB_BLOB(bytes, length), DB_NULL},
                      5, error);
}

// Two rows and a sum: all of it or nothing.
static int write_pair(struct db *db, void *context, struct error *error)
{
    int number = *(int *)context;
    char first[32], second[32], filling[700];
    words_of(number, first, second);
    memset(filling, 'a' + number % 26, sizeof filling);
    int code = insert(db, first, number, filling, sizeof filling, error);
    if (code == 0)
        code = insert(db, second, number, filling, (size_t)(number % 600), error);
    if (code == 0)
        code = db_rollup_add(db, QUERY_PROBE_SUM_ADD, (int64_t[]){number % 5, 0}, 2,
                             (int64_t[]){1, number}, 2, error);
    return code;
}

static int write_one(int number, struct error *error)
{
    if (town.photos) {
        char path[512], text[64];
        photo_of(number, path);
        snprintf(text, sizeof text, "photo %d", number);
        int code = file_write_atomic(path, text, strlen(text), error);
        if (code != 0)
            return code;
    }
    return db_lane_call(town.lane, number % 3 ? DB_PEOPLE : DB_MACHINES, write_pair,
                        &number, error);
}

static void *client(void *context)
{
    (void)context;
    for (;;) {
        int number = atomic_fetch_add(&next_write, 1);
        struct error error = {0};
        if (number >= WRITES_MAX || write_one(number, &error) != 0)
            return NULL;
        atomic_store(&acknowledged[number], 1);
    }
}

static int open_town(struct error *error)
{
    int code = db_store_open(town.data, DB_STORE_CREATE | town.flags, &town.store, error);
    if (code == 0)
        code = db_lane_get(town.store, NULL, DB_SYSTEM, &town.lane, error);
    return code;
}

static void close_town(void)
{
    town.lane = db_lane_put(town.lane);
    town.store = db_store_close(town.store);
}

// Works until the power goes, perhaps while the store is still opening.
static void work_until_dark(uint64_t operations)
{
    struct error error = {0};
    pthread_t threads[CLIENTS];
    powercut_after(operations);
    if (open_town(&error) == 0) {
        for (int i = 0; i < CLIENTS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, client, NULL), 0);
        for (int i = 0; i < CLIENTS; i++)
            pthread_join(threads[i], NULL);
    }
    assert_true(powercut_is_off());
    close_town();
}

// ---- the check ----

struct verdict {
    int acknowledged, lost, halves, wrong_sums, no_photo, corrupt;
    char what[600];
};

static bool has(struct db *db, const char *word)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct error error = {0};
    if (db_prepare(db, QUERY_PROBE_BY_WORD, &row, &error) != 0)
        return false;
    db_bind_text(row, 1, word);
    return db_step(row, &error) == DB_ROW;
}

static bool has_photo(int number)
{
    char path[512], text[64];
    BUFFER_CLEANUP struct buffer bytes;
    struct error error = {0};
    buffer_init(&bytes, BUFFER_CEILING_LINE);
    photo_of(number, path);
    snprintf(text, sizeof text, "photo %d", number);
    return file_read(path, &bytes, &error) == 0 && bytes.length == strlen(text) &&
           memcmp(bytes.data, text, bytes.length) == 0;
}

static void check_sums(struct db *db, const int64_t count[5], const int64_t total[5],
                       struct verdict *verdict)
{
    for (int day = 0; day < 5; day++) {
        DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
        struct error error = {0};
        int64_t stored_count = 0, stored_total = 0;
        if (db_prepare(db, QUERY_PROBE_SUM_GET, &row, &error) != 0) {
            verdict->corrupt++;
            return;
        }
        db_bind_int(row, 1, day);
        db_bind_int(row, 2, 0);
        int code = db_step(row, &error);
        if (code < 0)
            verdict->corrupt++;
        if (code == DB_ROW) {
            stored_count = db_column_int(row, 0);
            stored_total = db_column_int(row, 1);
        }
        if (stored_count != count[day] || stored_total != total[day])
            verdict->wrong_sums++;
    }
}

static struct verdict check(void)
{
    struct verdict verdict = {0};
    struct error error = {0};
    struct db *db = NULL;
    if (open_town(&error) != 0 ||
        db_open(town.store, NULL, DB_SYSTEM, DB_READ, &db, &error) != 0) {
        verdict.corrupt = 1;
        snprintf(verdict.what, sizeof verdict.what, "%s", error.message);
        close_town();
        return verdict;
    }
    int64_t count[5] = {0}, total[5] = {0};
    for (int number = 0; number < atomic_load(&next_write) && number < WRITES_MAX;
         number++) {
        char first[32], second[32];
        words_of(number, first, second);
        bool a = has(db, first), b = has(db, second);
        verdict.acknowledged += atomic_load(&acknowledged[number]);
        verdict.lost += atomic_load(&acknowledged[number]) && !a;
        verdict.halves += a != b;
        verdict.no_photo += town.photos && a && !has_photo(number);
        count[number % 5] += a;
        total[number % 5] += a ? number : 0;
    }
    check_sums(db, count, total, &verdict);
    db_close(db);
    close_town();
    return verdict;
}

static bool clean(const struct verdict *v)
{
    return v->lost + v->halves + v->wrong_sums + v->no_photo + v->corrupt == 0;
}

// ---- tests ----

static int set_up(void **state)
{
    (void)state;
    temporary_folder(town.folder, sizeof town.folder);
    snprintf(town.data, sizeof town.data, "%s/data", town.folder);
    town.flags = 0;
    town.photos = false;
    atomic_store(&next_write, 0);
    memset(acknowledged, 0, sizeof acknowledged);
    powercut_start(town.folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    powercut_stop();
    temporary_remove(town.folder);
    return 0;
}

// Returns the first verdict that is not clean, or the last one.
static struct verdict cut_again_and_again(enum powercut_loss loss, int rounds,
                                          uint32_t seed)
{
    struct verdict verdict = {0};
    for (int round = 0; round < rounds; round++) {
        seed = seed * 1664525u + 1013904223u;
        // The first rounds cut while the store is being made.
        work_until_dark(round < 12 ? 3 + 5u * (unsigned)round : 40 + (seed >> 8) % 3000);
        powercut_restore(loss, seed);
        verdict = check();
        if (!clean(&verdict))
            break;
    }
    return verdict;
}

static void assert_clean(const struct verdict *v)
{
    if (!clean(v))
        fail_msg("acknowledged %d: lost %d, halves %d, wrong sums %d, photos missing %d, "
                 "corrupt %d %s",
                 v->acknowledged, v->lost, v->halves, v->wrong_sums, v->no_photo,
                 v->corrupt, v->what);
    assert_true(v->acknowledged > 100);
}

static void nothing_acknowledged_is_lost(void **state)
{
    (void)state;
    struct verdict verdict = cut_again_and_again(POWERCUT_FORGETS_ALL, ROUNDS, 1);
    assert_clean(&verdict);
}

static void torn_and_reordered_writes_do_no_harm(void **state)
{
    (void)state;
    struct verdict verdict = cut_again_and_again(POWERCUT_KEEPS_SOME, ROUNDS, 2);
    assert_clean(&verdict);
}

static void photos_are_there_before_their_rows(void **state)
{
    (void)state;
    town.photos = true;
    struct verdict verdict = cut_again_and_again(POWERCUT_FORGETS_ALL, ROUNDS, 3);
    assert_clean(&verdict);
    verdict = cut_again_and_again(POWERCUT_KEEPS_SOME, ROUNDS, 4);
    assert_clean(&verdict);
}

static void a_store_that_does_not_wait_is_found_out(void **state)
{
    (void)state;
    town.flags = DB_STORE_UNSAFE;
    struct verdict verdict = cut_again_and_again(POWERCUT_FORGETS_ALL, ROUNDS, 5);
    assert_true(verdict.lost > 0 || verdict.corrupt > 0);
}

static void a_photo_store_that_does_not_sync_is_found_out(void **state)
{
    (void)state;
    struct error error = {0};
    town.photos = true;
    assert_int_equal(open_town(&error), 0); // folders are made with care
    close_town();
    powercut_forget_file_syncs(true);
    struct verdict verdict = {0};
    for (uint32_t round = 0; round < ROUNDS && verdict.no_photo == 0; round++) {
        work_until_dark(200 + 100 * round);
        powercut_restore(POWERCUT_FORGETS_ALL, round);
        verdict = check();
        assert_int_equal(verdict.lost + verdict.halves + verdict.corrupt, 0);
    }
    assert_true(verdict.no_photo > 0);
}

static void a_full_disk_is_clear_and_passes(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(open_town(&error), 0);
    for (int number = 0; number < 50; number++) {
        assert_int_equal(write_one(number, &error), 0);
        atomic_store(&acknowledged[number], 1);
    }
    powercut_fill(true);
    int refused = 0;
    for (int number = 50; number < 250; number++) {
        error_clear(&error);
        if (write_one(number, &error) == 0) {
            atomic_store(&acknowledged[number], 1); // fits into the log as it is
            continue;
        }
        assert_int_equal(error.code, ERROR_IO);
        assert_string_equal(error.slug, "disk.full");
        refused++;
    }
    assert_true(refused > 0);
    town.photos = true;
    assert_int_equal(write_one(250, &error), ERROR_IO);
    assert_string_equal(error.slug, "disk.full");
    town.photos = false;
    powercut_fill(false);
    for (int number = 300; number < 350; number++) {
        assert_int_equal(write_one(number, &error), 0);
        atomic_store(&acknowledged[number], 1);
    }
    atomic_store(&next_write, 350);
    close_town();
    struct verdict verdict = check();
    assert_clean(&verdict);
}

static void a_passing_failure_of_the_disk_is_survived(void **state)
{
    (void)state;
    struct error error = {0};
    int number = 0;
    assert_int_equal(open_town(&error), 0);
    for (uint64_t round = 0; round < 40; round++) {
        powercut_after(1 + round); // in the middle of writing, syncing or copying the log
        while (number < WRITES_MAX && write_one(number, &error) == 0)
            atomic_store(&acknowledged[number++], 1);
        number++;
        assert_int_equal(error.code, ERROR_IO);
        powercut_resume();
        error_clear(&error);
        assert_int_equal(write_one(number, &error), 0);
        atomic_store(&acknowledged[number++], 1);
    }
    for (int i = 0; i < 100; i++, number++) {
        assert_int_equal(write_one(number, &error), 0);
        atomic_store(&acknowledged[number], 1);
    }
    powercut_after(1);
    assert_int_equal(write_one(number++, &error), ERROR_IO);
    atomic_store(&next_write, number);
    close_town();
    powercut_restore(POWERCUT_FORGETS_ALL, 6);
    struct verdict verdict = check();
    assert_clean(&verdict);
}

int main(void)
{
    powercut_register();
    db_sqlite_log_limits(120, 20); // so that checkpoints fall in each round
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        test(nothing_acknowledged_is_lost),
        test(torn_and_reordered_writes_do_no_harm),
        test(photos_are_there_before_their_rows),
        test(a_store_that_does_not_wait_is_found_out),
        test(a_photo_store_that_does_not_sync_is_found_out),
        test(a_full_disk_is_clear_and_passes),
        test(a_passing_failure_of_the_disk_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
