// SPDX-License-Identifier: MPL-2.0
// A city that grows on PostgreSQL: partitions are there before they are needed, and nobody
// notices where one ends.
#include "case_world.h"

#include <stdlib.h>

#include "../src/db/db_postgres.h"

#define LAST_OF_FIRST INT64_C(1048575)

// Within a writing transaction of the world's handle.
static void script(struct world *w, const char *text)
{
    struct pg_connection *connection = w->db->connection;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(pg_link_script(connection->link, text, &error));
    assert_ok(db_commit(&transaction, &error));
}

static void assert_partitions(struct world *w, const char *table, int count)
{
    char text[300];
    snprintf(
        text, sizeof text,
        "DO $$ BEGIN IF (SELECT count(*) FROM pg_inherits WHERE inhparent = "
        "to_regclass('%s')) <> %d THEN RAISE 'not %d partitions of %s'; END IF; END $$",
        table, count, count, table);
    script(w, text);
}

static void make_room(struct world *w)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(db_make_room(w->db, &error));
    assert_ok(db_commit(&transaction, &error));
}

// A report with a key of its own.
static int report_keyed(struct world *w, const struct actor *actor, uint8_t number,
                        struct case_result *result)
{
    uint8_t key[16] = {number}, digest[HASH_SIZE] = {number};
    struct case_draft draft = {.class_id = 1,
                               .has_point = true,
                               .point = {0.0015, 0.0015, GEO_WGS84, -1},
                               .description = "There is something.",
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
    return move(w,
                &(struct case_move){.actor = actor,
                                    .action = "report",
                                    .draft = &draft,
                                    .key = key,
                                    .body_digest = digest,
                                    .received_ms = w->now_ms,
                                    .done_ms = INSTANT_NONE},
                result);
}

// As if a million cases had been: a row takes the last id of the first partition.
static void grow_old(struct world *w)
{
    script(w, "CREATE TEMP TABLE old ON COMMIT DROP AS SELECT * FROM case_file LIMIT 1;"
              "UPDATE old SET case_id = 1048575, number = 'OLD';"
              "INSERT INTO case_file SELECT * FROM old;"
              "INSERT INTO case_serial (day, serial) VALUES (-1, 1048575)"
              " ON CONFLICT (day) DO UPDATE SET serial = 1048575");
    make_room(w);
}

static void cases_go_on_in_the_next_partition(void **state)
{
    (void)state;
    struct world w;
    struct case_result first, again, next;
    struct actor system = actor_system();
    world_begin(&w, "standard");
    assert_partitions(&w, "history", 1);
    assert_partitions(&w, "change", 1);
    assert_ok(report_keyed(&w, &system, 1, &first));
    make_room(&w);
    assert_partitions(&w, "history", 1); // there is room for half a million more
    grow_old(&w);
    assert_partitions(&w, "history", 2);
    assert_partitions(&w, "change", 1);
    assert_ok(report_keyed(&w, &system, 2, &next));
    assert_true(next.case_id > LAST_OF_FIRST);
    script(&w, "DELETE FROM case_file WHERE number = 'OLD'");
    script(&w, "DO $$ BEGIN IF (SELECT count(*) FROM history_p1) = 0 OR "
               "(SELECT count(*) FROM history_p0) = 0 THEN RAISE 'not where it belongs'; "
               "END IF; END $$");
    // Keys are known in all partitions: what comes again is answered, not done.
    assert_ok(report_keyed(&w, &system, 1, &again));
    assert_int_equal(again.case_id, first.case_id);
    assert_ok(report_keyed(&w, &system, 2, &again));
    assert_int_equal(again.case_id, next.case_id);
    w.now_ms += MINUTE;
    struct actor acceptor = person(4, ROLE_ACCEPTOR, 0, 0);
    assert_ok(act(&w, &acceptor, next.case_id, "accept", NULL, 0));
    assert_int_equal(look(&w, next.case_id).history_count, 2);
    assert_recount(&w);
    world_end(&w);
}

// Keys are rows of their own, kept by the database: whoever writes history keeps them.
static void a_key_goes_with_its_row(void **state)
{
    (void)state;
    struct world w;
    struct case_result result;
    struct actor system = actor_system();
    world_begin(&w, "standard");
    assert_ok(report_keyed(&w, &system, 1, &result));
    script(&w, "DO $$ BEGIN IF (SELECT count(*) FROM request_key k JOIN history h USING "
               "(idempotency_key, case_id, seq, actor_id, body_digest)) <> 1 THEN RAISE "
               "'not kept'; END IF; END $$");
    script(&w, "UPDATE history SET idempotency_key = NULL, body_digest = NULL");
    script(&w, "DO $$ BEGIN IF (SELECT count(*) FROM request_key) <> 0 THEN RAISE "
               "'still there'; END IF; END $$");
    assert_ok(report_keyed(&w, &system, 1, &result)); // expired: another case
    assert_int_equal(findings(&w, "case.differs"), 0);
    script(&w, "DELETE FROM history WHERE idempotency_key IS NOT NULL;"
               "DO $$ BEGIN IF (SELECT count(*) FROM request_key) <> 0 THEN RAISE "
               "'still there'; END IF; END $$");
    world_end(&w);
}

static void many_partitions_are_made_at_once_and_only_once(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    script(&w, "DO $$ BEGIN IF grow_to('history', 5000000, 1048576) <> 5 OR "
               "grow_to('history', 5000000, 1048576) <> 0 THEN RAISE 'wrong'; END IF; "
               "END $$");
    assert_partitions(&w, "history", 6);
    make_room(&w);
    assert_partitions(&w, "history", 6);
    assert_fails(db_make_room(w.db, &error), ERROR_BUG, "db.misuse"); // not while writing
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_go_on_in_the_next_partition),
        cmocka_unit_test(a_key_goes_with_its_row),
        cmocka_unit_test(many_partitions_are_made_at_once_and_only_once),
    };
    setenv("GRIDCASE_ENGINE", "postgres", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
