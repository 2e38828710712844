// SPDX-License-Identifier: MPL-2.0
// The writer lane, on an engine that fails on command.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/db/lane.h>

#include "assert_ok.h"
#include "fault/engine_fault.h"
#include "fault/temporary.h"

static struct {
    char folder[256];
    char location[300];
    struct db_store *store;
    struct db_lane *lane;
} fixture;

static struct error error;

static void open_lane(unsigned flags)
{
    assert_ok(
        db_store_open(fixture.location, DB_STORE_CREATE | flags, &fixture.store, &error));
    assert_ok(db_lane_get(fixture.store, NULL, DB_SYSTEM, &fixture.lane, &error));
}

static void close_lane(void)
{
    fixture.lane = db_lane_put(fixture.lane);
    fixture.store = db_store_close(fixture.store);
}

static int set_up(void **state)
{
    (void)state;
    engine_fault_disarm();
    temporary_folder(fixture.folder, sizeof fixture.folder);
    snprintf(fixture.location, sizeof fixture.location, "fault:%s/data", fixture.folder);
    open_lane(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine_fault_disarm();
    close_lane();
    temporary_remove(fixture.folder);
    return 0;
}

// ---- jobs that note what happens to them ----

enum { NOTES = 2048 };
struct note {
    int number;
    int runs;     // of work
    int slices;   // wanted
    int reached;  // moved on by slice_committed
    bool fails;   // after its insert
    bool visible; // seen by a reader when done was called
    int order;    // in which it was told, from 1
    struct error error;
};
static struct note notes[NOTES];
static int told; // on the lane's thread; read after drain()
static sem_t all_told, gate, at_gate;

static int insert(struct db *db, const char *word, int64_t number, struct error *e)
{
    return db_execute(
        db, QUERY_PROBE_INSERT,
        (struct db_value[]){DB_TEXT(word), DB_INT(number), DB_NULL, DB_NULL, DB_NULL}, 5,
        e);
}

static int note_work(struct db *db, void *context, struct error *e)
{
    struct note *note = context;
    char word[32];
    note->runs++;
    // Nothing about its least: on a busy machine a slice may be over before it begins.
    assert_true(db_lane_time_left_us(db) <= 20000);
    snprintf(word, sizeof word, "%d.%d", note->number, note->reached);
    int code = insert(db, word, note->number, e);
    if (code == 0)
        code = db_rollup_add(db, QUERY_PROBE_SUM_ADD, (int64_t[]){note->number % 3, 7}, 2,
                             (int64_t[]){1, note->number}, 2, e);
    if (code == 0 && note->fails)
        code = error_set(e, ERROR_CONFLICT, "test.refused", "this one is refused");
    if (code == 0 && note->reached + 1 < note->slices)
        return DB_LANE_MORE;
    return code;
}

static void note_slice(void *context)
{
    struct note *note = context;
    note->reached++;
}

static bool is_visible(const struct note *note)
{
    DB_READER_CLEANUP struct db *reader = NULL;
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct error e = {0};
    char word[32];
    snprintf(word, sizeof word, "%d.%d", note->number, note->reached);
    if (db_reader_borrow(fixture.store, NULL, DB_SYSTEM, &reader, &e) != 0 ||
        db_prepare(reader, QUERY_PROBE_BY_WORD, &row, &e) != 0)
        return false;
    db_bind_text(row, 1, word);
    return db_step(row, &e) == DB_ROW;
}

static void note_done(void *context, const struct error *e)
{
    struct note *note = context;
    note->order = ++told;
    if (e)
        note->error = *e;
    note->visible = is_visible(note);
    sem_post(&all_told);
}

static int gate_work(struct db *db, void *context, struct error *e)
{
    (void)db;
    (void)context;
    (void)e;
    sem_post(&at_gate);
    sem_wait(&gate);
    return 0;
}

static void begin_notes(void)
{
    memset(notes, 0, sizeof notes);
    for (int i = 0; i < NOTES; i++)
        notes[i].number = i;
    told = 0;
    sem_init(&all_told, 0, 0);
    sem_init(&gate, 0, 0);
    sem_init(&at_gate, 0, 0);
}

static void submit(int number, enum db_priority priority)
{
    struct db_lane_job job = {.priority = priority,
                              .work = note_work,
                              .slice_committed = note_slice,
                              .done = note_done,
                              .context = &notes[number]};
    assert_ok(db_lane_submit(fixture.lane, &job, &error));
}

// Holds the lane in a batch of its own, so that what is submitted next waits together.
static void close_gate(void)
{
    struct db_lane_job job = {.priority = DB_PEOPLE, .work = gate_work};
    assert_ok(db_lane_submit(fixture.lane, &job, &error));
    sem_wait(&at_gate);
}

static void open_gate(void)
{
    sem_post(&gate);
}

static void wait_told(int count)
{
    for (int i = 0; i < count; i++)
        sem_wait(&all_told);
}

static int64_t count_probes(void)
{
    DB_READER_CLEANUP struct db *reader = NULL;
    int64_t count = -1;
    assert_ok(db_reader_borrow(fixture.store, NULL, DB_SYSTEM, &reader, &error));
    assert_ok(db_fetch_int(reader, QUERY_PROBE_COUNT, NULL, 0, &count, &error));
    return count;
}

static struct db_lane_counters counters(void)
{
    struct db_lane_counters now;
    db_lane_count(fixture.lane, &now);
    return now;
}

// ---- tests ----

static void a_batch_is_one_commit_and_told_after_it(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    struct db_lane_counters before = counters();
    for (int i = 0; i < 200; i++)
        submit(i, DB_PEOPLE);
    assert_int_equal(counters().waiting[DB_PEOPLE], 200);
    open_gate();
    wait_told(200);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(notes[i].order, i + 1);
        assert_int_equal(notes[i].runs, 1);
        assert_int_equal(notes[i].error.code, 0);
        assert_true(notes[i].visible);
    }
    struct db_lane_counters after = counters();
    assert_int_equal(after.commits - before.commits, 1);
    assert_true(after.syncs - before.syncs >= 1);
    assert_int_equal(after.jobs - before.jobs, 201); // with the gate
    assert_int_equal(count_probes(), 200);
}

static void a_failing_job_leaves_the_others_alone(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    for (int i = 0; i < 50; i++) {
        notes[i].fails = i % 7 == 3;
        submit(i, DB_PEOPLE);
    }
    open_gate();
    wait_told(50);
    int failed = 0;
    for (int i = 0; i < 50; i++) {
        failed += notes[i].fails;
        assert_int_equal(notes[i].error.code, notes[i].fails ? ERROR_CONFLICT : 0);
        assert_int_equal(notes[i].visible, !notes[i].fails);
    }
    assert_int_equal(count_probes(), 50 - failed);
    assert_int_equal(counters().failed, failed);
    assert_int_equal(counters().repeated, 0);
}

static void a_dropped_transaction_is_repeated_one_by_one(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    notes[5].fails = true;
    for (int i = 0; i < 30; i++)
        submit(i, DB_PEOPLE);
    // Each insert takes two steps, a row and the end. The sixth job fails after its insert,
    // so the batch begins again with savepoints: there the third is struck.
    engine_fault_arm(FAULT_STEP, 17, 1, true, ERROR_IO, "disk.full");
    open_gate();
    wait_told(30);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(notes[i].error.code, i == 5 ? ERROR_CONFLICT : 0);
        assert_int_equal(notes[i].runs, i <= 2 ? 3 : i <= 5 ? 2 : 1);
        assert_int_equal(notes[i].visible, i != 5);
    }
    assert_int_equal(count_probes(), 29);
    assert_int_equal(counters().repeated, 30);
}

static void a_failed_commit_is_repeated_one_by_one(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    for (int i = 0; i < 10; i++)
        submit(i, DB_PEOPLE);
    engine_fault_arm(FAULT_COMMIT, 1, 1, true, ERROR_IO, "db.io"); // 1: the gate's own
    open_gate();
    wait_told(10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(notes[i].error.code, 0);
        assert_int_equal(notes[i].runs, 2);
    }
    assert_int_equal(count_probes(), 10);
}

static void a_full_disk_is_told_and_recovered_from(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    for (int i = 0; i < 20; i++)
        submit(i, DB_PEOPLE);
    engine_fault_arm(FAULT_COMMIT, 1, 1000, false, ERROR_IO, "disk.full");
    open_gate();
    wait_told(20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(notes[i].error.code, ERROR_IO);
        assert_string_equal(notes[i].error.slug, "disk.full");
        assert_false(notes[i].visible);
    }
    assert_int_equal(count_probes(), 0);
    submit(20, DB_PEOPLE);
    wait_told(1);
    assert_string_equal(notes[20].error.slug, "disk.full");
    engine_fault_disarm();
    submit(21, DB_PEOPLE);
    wait_told(1);
    assert_int_equal(notes[21].error.code, 0);
    assert_int_equal(count_probes(), 1);
}

static void a_store_that_does_not_begin_is_told(void **state)
{
    (void)state;
    begin_notes();
    engine_fault_arm(FAULT_BEGIN, 0, 1000, false, ERROR_BUSY, "db.busy");
    for (int i = 0; i < 3; i++)
        submit(i, DB_PEOPLE);
    wait_told(3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(notes[i].error.slug, "db.busy");
    engine_fault_disarm();
}

static void people_go_before_machines_and_starve_nobody(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    for (int i = 0; i < 600; i++)
        submit(i, DB_MACHINES);
    for (int i = 1000; i < 1600; i++)
        submit(i, DB_PEOPLE);
    open_gate();
    wait_told(1200);
    int last_person = 0, first_machine = NOTES, early_machines = 0;
    for (int i = 1000; i < 1600; i++)
        last_person = notes[i].order > last_person ? notes[i].order : last_person;
    for (int i = 0; i < 600; i++) {
        first_machine = notes[i].order < first_machine ? notes[i].order : first_machine;
        early_machines += notes[i].order < last_person;
        if (i > 0)
            assert_true(notes[i].order > notes[i - 1].order);
    }
    assert_int_equal(first_machine, 241); // after the people of the first batch
    assert_true(early_machines >= 2 && early_machines <= 64);
    assert_int_equal(count_probes(), 1200);
}

static void long_work_passes_in_slices(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    notes[0].slices = 40;
    submit(0, DB_MACHINES);
    for (int i = 1; i <= 10; i++)
        submit(i, DB_PEOPLE);
    open_gate();
    wait_told(11);
    assert_int_equal(notes[0].order, 11);
    assert_int_equal(notes[0].runs, 40);
    assert_int_equal(notes[0].reached, 39);
    assert_int_equal(count_probes(), 50);
}

static void a_slice_that_is_lost_is_repeated(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    notes[0].slices = 5;
    submit(0, DB_MACHINES);
    submit(1, DB_MACHINES);
    engine_fault_arm(FAULT_STEP, 1, 1, true, ERROR_IO, "disk.full");
    open_gate();
    wait_told(2);
    assert_int_equal(notes[0].error.code, 0);
    assert_int_equal(notes[1].error.code, 0);
    assert_int_equal(notes[0].runs, 6);
    assert_int_equal(count_probes(), 6);
}

static void sums_of_a_lane_equal_a_recount(void **state)
{
    (void)state;
    begin_notes();
    int64_t count[3] = {0}, total[3] = {0};
    for (int i = 0; i < 1000; i++) {
        notes[i].fails = i % 11 == 0;
        if (!notes[i].fails) {
            count[i % 3]++;
            total[i % 3] += i;
        }
        if (i == 500)
            engine_fault_arm(FAULT_STEP, 100, 1, true, ERROR_IO, "disk.full");
        submit(i, i % 2 ? DB_PEOPLE : DB_MACHINES);
    }
    wait_told(1000);
    DB_READER_CLEANUP struct db *reader = NULL;
    assert_ok(db_reader_borrow(fixture.store, NULL, DB_SYSTEM, &reader, &error));
    for (int day = 0; day < 3; day++) {
        DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
        assert_ok(db_prepare(reader, QUERY_PROBE_SUM_GET, &row, &error));
        db_bind_int(row, 1, day);
        db_bind_int(row, 2, 7);
        assert_int_equal(db_step(row, &error), DB_ROW);
        assert_int_equal(db_column_int(row, 0), count[day]);
        assert_int_equal(db_column_int(row, 1), total[day]);
    }
}

static int call_insert(struct db *db, void *context, struct error *e)
{
    return insert(db, context, 1, e);
}

static int call_leaves_open(struct db *db, void *context, struct error *e)
{
    struct db_transaction left = {0};
    int code = db_begin(db, DB_WRITE, &left, e);
    return code != 0 ? code : insert(db, context, 1, e);
}

static int call_silent(struct db *db, void *context, struct error *e)
{
    (void)db;
    (void)context;
    (void)e;
    return ERROR_DENIED;
}

static void call(const char *word)
{
    char copy[32];
    snprintf(copy, sizeof copy, "%s", word);
    assert_ok(db_lane_call(fixture.lane, DB_PEOPLE, call_insert, copy, &error));
}

static void each_commit_waits_for_the_disk(void **state)
{
    (void)state;
    struct db_lane_counters before = counters();
    for (int i = 0; i < 25; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%d", i);
        call(word);
    }
    struct db_lane_counters after = counters();
    assert_int_equal(after.commits - before.commits, 25);
    assert_true(after.syncs - before.syncs >= 25);
    close_lane();
    open_lane(DB_STORE_UNSAFE);
    call("unsafe");
    assert_int_equal(counters().commits, 1);
    assert_int_equal(counters().syncs, 0);
}

static void bad_jobs_are_told(void **state)
{
    (void)state;
    char word[] = "open";
    assert_int_equal(db_lane_call(fixture.lane, DB_PEOPLE, call_leaves_open, word, &error),
                     ERROR_BUG);
    assert_string_equal(error.slug, "db.misuse");
    assert_int_equal(db_lane_call(fixture.lane, DB_PEOPLE, call_silent, NULL, &error),
                     ERROR_DENIED);
    assert_string_equal(error.slug, "db.job_failed");
    struct db_lane_job nothing = {.priority = DB_PEOPLE};
    assert_int_equal(db_lane_submit(fixture.lane, &nothing, &error), ERROR_BUG);
    assert_int_equal(count_probes(), 0);
    call("after");
    assert_int_equal(count_probes(), 1);
}

static void a_full_queue_is_refused(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    struct db_lane_job job = {.priority = DB_MACHINES, .work = call_silent};
    for (int i = 0; i < DB_LANE_QUEUE; i++)
        assert_ok(db_lane_submit(fixture.lane, &job, &error));
    assert_int_equal(db_lane_submit(fixture.lane, &job, &error), ERROR_BUSY);
    assert_string_equal(error.slug, "server.busy");
    submit(0, DB_PEOPLE); // people have a queue of their own
    open_gate();
    wait_told(1);
    assert_true(notes[0].visible);
}

static void closing_runs_what_waits(void **state)
{
    (void)state;
    begin_notes();
    close_gate();
    for (int i = 0; i < 400; i++)
        submit(i, i % 2 ? DB_PEOPLE : DB_MACHINES);
    open_gate();
    close_lane();
    assert_int_equal(told, 400);
    open_lane(0);
    assert_int_equal(count_probes(), 400);
}

static void an_idle_lane_is_closed_and_opened_again(void **state)
{
    (void)state;
    call("one");
    assert_int_equal(db_store_close_idle(fixture.store, 0), 0); // held by this test
    fixture.lane = db_lane_put(fixture.lane);
    assert_int_equal(db_store_close_idle(fixture.store, 60000), 0); // used just now
    assert_int_equal(db_store_close_idle(fixture.store, 0), 1);
    struct db *db = NULL;
    assert_ok(db_open(fixture.store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
    struct db_lane *refused = NULL;
    assert_int_equal(db_lane_get(fixture.store, NULL, DB_SYSTEM, &refused, &error),
                     ERROR_BUSY);
    db = db_close(db);
    assert_ok(db_lane_get(fixture.store, NULL, DB_SYSTEM, &fixture.lane, &error));
    call("two");
    assert_int_equal(count_probes(), 2);
}

enum { GETTERS = 8, ROUNDS = 40 };

static void *getter(void *context)
{
    struct error e = {0};
    for (int i = 0; i < ROUNDS; i++) {
        struct db_lane *lane = NULL;
        char word[32];
        if (db_lane_get(fixture.store, "town", DB_CASES, &lane, &e) != 0)
            return context;
        db_lane_put(lane);
        snprintf(word, sizeof word, "%d", i);
        (void)db_store_close_idle(fixture.store, 0);
    }
    return NULL;
}

static void lanes_open_and_close_under_many_hands(void **state)
{
    (void)state;
    pthread_t threads[GETTERS];
    assert_ok(db_store_city_create(fixture.store, "town", 1, &error));
    for (int i = 0; i < GETTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, getter, &fixture), 0);
    for (int i = 0; i < GETTERS; i++) {
        void *failed = &fixture;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

int main(void)
{
    engine_fault_register();
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        test(a_batch_is_one_commit_and_told_after_it),
        test(a_failing_job_leaves_the_others_alone),
        test(a_dropped_transaction_is_repeated_one_by_one),
        test(a_failed_commit_is_repeated_one_by_one),
        test(a_full_disk_is_told_and_recovered_from),
        test(a_store_that_does_not_begin_is_told),
        test(people_go_before_machines_and_starve_nobody),
        test(long_work_passes_in_slices),
        test(a_slice_that_is_lost_is_repeated),
        test(sums_of_a_lane_equal_a_recount),
        test(each_commit_waits_for_the_disk),
        test(bad_jobs_are_told),
        test(a_full_queue_is_refused),
        test(closing_runs_what_waits),
        test(an_idle_lane_is_closed_and_opened_again),
        test(lanes_open_and_close_under_many_hands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
