// SPDX-License-Identifier: MPL-2.0
// Two stores on one PostgreSQL database: what may be written beside each other, numbers in
// blocks, the outbox, and words between servers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/wake.h>

#include "assert_ok.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

#include "../src/db/db_internal.h"

enum { STORES = 2, DAY = 20000 };

static struct error error;
static struct {
    char folder[256];
    struct db_store *stores[STORES];
    struct db_lane *lanes[STORES];
} town;

static int set_up(void **state)
{
    (void)state;
    char data[STORES][300], from[320], to[320];
    BUFFER_CLEANUP struct buffer address;
    buffer_init(&address, 2000);
    temporary_folder(town.folder, sizeof town.folder);
    for (int i = 0; i < STORES; i++)
        snprintf(data[i], sizeof data[i], "%s/%d", town.folder, i);
    postgres_store(data[0]);
    snprintf(from, sizeof from, "%s/store-address", data[0]);
    snprintf(to, sizeof to, "%s/store-address", data[1]);
    assert_ok(file_read(from, &address, &error));
    assert_ok(file_make_directory(data[1], &error));
    assert_ok(file_write_atomic(to, address.data, address.length, &error));
    for (int i = 0; i < STORES; i++)
        assert_ok(db_store_open(data[i], DB_STORE_CREATE, &town.stores[i], &error));
    assert_ok(db_store_city_create(town.stores[0], "alpha", 1, &error));
    for (int i = 0; i < STORES; i++) {
        db_store_look_around(town.stores[i]);
        assert_true(db_store_has_others(town.stores[i]));
        assert_ok(db_lane_get(town.stores[i], "alpha", DB_CASES, &town.lanes[i], &error));
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < STORES; i++) {
        town.lanes[i] = db_lane_put(town.lanes[i]);
        town.stores[i] = db_store_close(town.stores[i]);
    }
    temporary_remove(town.folder);
    return 0;
}

// ---- jobs ----

struct job {
    sem_t inside, go, over;
    bool waits; // inside, until it may go
    bool needs; // asks for the turn
    int runs, runs_beside;
    int64_t serial;
    struct error error;
};

static void job_init(struct job *job)
{
    *job = (struct job){0};
    sem_init(&job->inside, 0, 0);
    sem_init(&job->go, 0, 0);
    sem_init(&job->over, 0, 0);
}

static int add_change(struct db *db, struct error *why)
{
    int64_t id = 0;
    int code = db_fetch_int(db, QUERY_CHANGE_ADD,
                            (struct db_value[]){DB_INT(1), DB_INT(1), DB_INT(1), DB_INT(1),
                                                DB_INT(1), DB_INT(0)},
                            6, &id, why);
    db_outbox_added(db);
    return code;
}

static int work(struct db *db, void *context, struct error *why)
{
    struct job *job = context;
    job->runs++;
    job->runs_beside += db_is_beside(db);
    int code = db_fetch_block(db, QUERY_CASE_SERIAL_NEXT, DAY, &job->serial, why);
    if (code == 0)
        code = add_change(db, why);
    if (code == 0 && job->needs)
        code = db_needs_turn(db, why);
    if (code == 0 && job->waits) {
        sem_post(&job->inside);
        sem_wait(&job->go);
    }
    return code;
}

static void done(void *context, const struct error *why)
{
    struct job *job = context;
    if (why)
        job->error = *why;
    sem_post(&job->over);
}

static void submit(struct db_lane *lane, struct job *job, bool beside)
{
    struct db_lane_job one = {.work = work, .done = done, .context = job, .beside = beside};
    assert_ok(db_lane_submit(lane, &one, &error));
}

static void finish(struct job *job)
{
    sem_wait(&job->over);
    assert_int_equal(job->error.code, 0);
}

static int64_t number_of(enum query_id query)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int64_t count = -1;
    assert_ok(db_reader_borrow(town.stores[0], "alpha", DB_CASES, &db, &error));
    assert_ok(db_fetch_int(db, query, NULL, 0, &count, &error));
    return count;
}

// ---- tests ----

static void a_job_that_may_runs_while_another_holds_its_transaction_open(void **state)
{
    (void)state;
    struct job held, beside, alone;
    job_init(&held);
    job_init(&beside);
    job_init(&alone);
    held.waits = true;
    submit(town.lanes[0], &held, true);
    sem_wait(&held.inside);
    submit(town.lanes[1], &beside, true);
    finish(&beside);
    // It is told, though what began before it is not; that one's number is not its own.
    assert_int_equal(number_of(QUERY_BULK_POSITION), 1);
    assert_int_not_equal(beside.serial, held.serial);
    assert_int_equal(held.runs_beside + beside.runs_beside, 2);
    // What needs the turn waits for who is beside.
    submit(town.lanes[1], &alone, false);
    instant_sleep_ms(50);
    assert_int_equal(sem_trywait(&alone.over), -1);
    sem_post(&held.go);
    finish(&held);
    finish(&alone);
    assert_int_equal(alone.runs_beside, 0);
    assert_int_equal(number_of(QUERY_BULK_POSITION), 3);
    assert_int_equal(number_of(QUERY_CHANGE_WAITING), 0);
}

static void what_needs_the_turn_is_repeated_with_it(void **state)
{
    (void)state;
    struct job job;
    job_init(&job);
    job.needs = true;
    submit(town.lanes[0], &job, true);
    finish(&job);
    assert_int_equal(job.runs_beside, job.runs - 1);
    assert_true(job.runs > 1);
    assert_int_equal(number_of(QUERY_BULK_POSITION), 1); // nothing is left of the other run
}

static void numbers_of_two_stores_never_meet(void **state)
{
    (void)state;
    enum { EACH = 100 };
    static struct job jobs[STORES][EACH];
    bool seen[8 * EACH] = {false};
    for (int i = 0; i < EACH; i++)
        for (int k = 0; k < STORES; k++) {
            job_init(&jobs[k][i]);
            submit(town.lanes[k], &jobs[k][i], i % 10 != 9); // some with the turn
        }
    for (int i = 0; i < EACH; i++)
        for (int k = 0; k < STORES; k++) {
            int64_t serial = (finish(&jobs[k][i]), jobs[k][i].serial);
            assert_in_range(serial, 1, 8 * EACH - 1);
            assert_false(seen[serial]);
            seen[serial] = true;
        }
    assert_int_equal(number_of(QUERY_BULK_POSITION), STORES * EACH); // without a hole
    assert_int_equal(number_of(QUERY_CHANGE_WAITING), 0);
}

// As programs did that numbered their changes after the commit, and died before.
static int leave(struct db *db)
{
    enum { AREA = 7 };
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    db->want_beside = true;
    int code = db_begin(db, DB_WRITE, &transaction, &error);
    if (code == 0)
        code = add_change(db, &error);
    db->outbox = false;
    if (code == 0)
        code = db_commit(&transaction, &error);
    (void)postgres_ask(
        db,
        "INSERT INTO gridcase_alpha_cases.rollup_new (query, keys, deltas, key_1, key_2, "
        "key_3, key_4, key_5, key_6, delta_1, delta_2, delta_3, delta_4, delta_5, "
        "delta_6, delta_7, delta_8, delta_9, delta_10, delta_11, delta_12) SELECT "
        "'rollup_area_add', 2, 10, 20000, 7, 0, 0, 0, 0, n, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
        "0, 0 FROM generate_series(2, 3) n RETURNING 1");
    return code;
}

static void who_wants_it_settled_finds_what_another_has_left(void **state)
{
    (void)state;
    DB_CLEANUP struct db *db = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    town.lanes[0] = db_lane_put(town.lanes[0]);
    assert_ok(db_open(town.stores[0], "alpha", DB_CASES, DB_WRITE, &db, &error));
    assert_ok(leave(db));
    assert_int_equal(number_of(QUERY_CHANGE_WAITING), 3);
    db->want_beside = false;
    assert_ok(db_begin_settled(db, &transaction, &error));
    db_rollback(&transaction);
    assert_int_equal(number_of(QUERY_CHANGE_WAITING), 0);
    assert_int_equal(number_of(QUERY_BULK_POSITION), 1);
    assert_int_equal(
        postgres_ask(db, "SELECT opened FROM gridcase_alpha_cases.rollup_area WHERE day = "
                         "20000 AND area_id = 7"),
        5);
}

static int add_figure(struct db *db)
{
    static const int64_t keys[] = {DAY, 1}, deltas[10] = {1};
    return db_rollup_add(db, QUERY_ROLLUP_AREA_ADD, keys, 2, deltas, 10, &error);
}

// One commit brings moves, positions and figures; what fails in it leaves nothing.
static void a_batch_beside_others_commits_once(void **state)
{
    (void)state;
    DB_CLEANUP struct db *db = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct db_engine_counters before, now;
    town.lanes[0] = db_lane_put(town.lanes[0]);
    assert_ok(db_open(town.stores[0], "alpha", DB_CASES, DB_WRITE, &db, &error));
    db->want_beside = true;
    for (int round = 0; round < 3; round++) { // also with what was prepared by then
        db->engine->count(db->connection, &before);
        assert_ok(db_begin(db, DB_WRITE, &transaction, &error));
        assert_ok(add_change(db, &error));
        assert_ok(add_figure(db));
        assert_ok(add_figure(db));
        assert_ok(db_commit(&transaction, &error));
        db->engine->count(db->connection, &now);
        assert_int_equal(now.commits - before.commits, 1);
        assert_int_equal(number_of(QUERY_BULK_POSITION), round + 1);
        assert_int_equal(number_of(QUERY_CHANGE_WAITING), 0);
    }
    // A figure too large for its column: the commit fails and nothing is left.
    assert_ok(db_begin(db, DB_WRITE, &transaction, &error));
    assert_ok(add_change(db, &error));
    assert_ok(db_rollup_add(db, QUERY_ROLLUP_AREA_ADD, (int64_t[]){DAY, 1}, 2,
                            (int64_t[10]){INT64_MAX}, 10, &error));
    assert_int_equal(db_commit(&transaction, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "db.bad_value");
    assert_false(db_in_transaction(db));
    assert_int_equal(number_of(QUERY_BULK_POSITION), 3);
    assert_int_equal(
        postgres_ask(
            db, "SELECT opened FROM gridcase_alpha_cases.rollup_area WHERE area_id = 1"),
        6);
}

static void refused(struct db_lane *lane)
{
    struct job job;
    job_init(&job);
    submit(lane, &job, true);
    sem_wait(&job.over);
    assert_int_equal(job.error.code, ERROR_BUSY);
    assert_string_equal(job.error.slug, "city.held");
}

// Whoever comes is told at once; whoever waits for the turn already, when it has it.
static void nobody_writes_to_a_city_that_one_holds_for_all(void **state)
{
    (void)state;
    struct job first, waits, again;
    job_init(&first);
    job_init(&waits);
    job_init(&again);
    first.waits = true;
    submit(town.lanes[0], &first, false);
    sem_wait(&first.inside);
    submit(town.lanes[1], &waits, true);
    instant_sleep_ms(50);
    assert_ok(db_store_city_hold_all(town.stores[0], "alpha", 60000, &error));
    sem_post(&first.go);
    finish(&first); // it had begun before
    sem_wait(&waits.over);
    assert_string_equal(waits.error.slug, "city.held");
    for (int i = 0; i < STORES; i++)
        refused(town.lanes[i]);
    assert_int_equal(number_of(QUERY_BULK_POSITION), 1);
    assert_ok(db_store_city_hold_all(town.stores[1], "alpha", 0, &error));
    submit(town.lanes[1], &again, true);
    finish(&again);
    // Its time over, it is no more; a city that has moved stays so.
    assert_ok(db_store_city_hold_all(town.stores[0], "alpha", 1, &error));
    instant_sleep_ms(5);
    job_init(&again);
    submit(town.lanes[1], &again, true);
    finish(&again);
    assert_ok(
        db_store_city_set(town.stores[0], "alpha", "off", NULL, "moved to /b", &error));
    refused(town.lanes[1]);
}

static void keep_words(void *context, const char *words)
{
    char *kept = context;
    snprintf(kept, 64, "%s", words);
}

static void words_reach_others_or_it_is_said_that_they_do_not(void **state)
{
    (void)state;
    struct db_wake *one = NULL, *two = NULL;
    char heard[64] = "";
    assert_ok(db_wake_open(town.stores[0], NULL, &one, &error));
    if (getenv("GRIDCASE_TEST_POSTGRES_DIRECT")) { // through a pooler
        assert_null(one);
        assert_int_equal(
            db_wake_open(town.stores[0], town.stores[0]->address, &one, &error),
            ERROR_INPUT);
        assert_string_equal(error.slug, "store.no_wake");
        return;
    }
    assert_non_null(one);
    assert_ok(db_wake_open(town.stores[1], town.stores[1]->address, &two, &error));
    assert_ok(db_wake_send(one, "c:alpha s:beta", &error));
    for (int i = 0; i < 50 && !*heard; i++)
        assert_ok(db_wake_hear(two, -1, 100, keep_words, heard, &error));
    assert_string_equal(heard, "c:alpha s:beta");
    heard[0] = '\0'; // nobody hears what they have said themselves
    assert_ok(db_wake_hear(one, -1, 20, keep_words, heard, &error));
    assert_string_equal(heard, "");
    postgres_cut(); // and says that words may have been lost
    for (int i = 0; i < 50 && !*heard; i++) {
        struct error cut = {0};
        int code = db_wake_hear(one, -1, 100, keep_words, heard, &cut);
        assert_true(code == 0 || code == ERROR_BUSY);
    }
    assert_string_equal(heard, "*");
    db_wake_close(one);
    db_wake_close(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_job_that_may_runs_while_another_holds_its_transaction_open, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(what_needs_the_turn_is_repeated_with_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(numbers_of_two_stores_never_meet, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_batch_beside_others_commits_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nobody_writes_to_a_city_that_one_holds_for_all,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_wants_it_settled_finds_what_another_has_left,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_reach_others_or_it_is_said_that_they_do_not,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
