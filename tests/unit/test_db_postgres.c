// SPDX-License-Identifier: MPL-2.0
// What happens when connections to PostgreSQL die.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>

#include "assert_ok.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

#include "../src/db/db_internal.h"

static struct error error;

static struct {
    char folder[256], data[300];
    struct db_store *store;
} town;

static int set_up(void **state)
{
    (void)state;
    temporary_folder(town.folder, sizeof town.folder);
    snprintf(town.data, sizeof town.data, "%s/data", town.folder);
    postgres_store(town.data);
    assert_ok(db_store_open(town.data, DB_STORE_CREATE, &town.store, &error));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    town.store = db_store_close(town.store);
    temporary_remove(town.folder);
    return 0;
}

static int insert_probe(struct db *db, const char *word)
{
    return db_execute(
        db, QUERY_PROBE_INSERT,
        (struct db_value[]){DB_TEXT(word), DB_NULL, DB_NULL, DB_NULL, DB_NULL}, 5, &error);
}

static int64_t count_probes(struct db *db)
{
    int64_t count = -1;
    assert_ok(db_fetch_int(db, QUERY_PROBE_COUNT, NULL, 0, &count, &error));
    return count;
}

static void a_connection_that_died_idle_is_not_noticed(void **state)
{
    (void)state;
    DB_CLEANUP struct db *db = NULL;
    DB_READER_CLEANUP struct db *reader = NULL;
    assert_ok(db_open(town.store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
    assert_ok(db_reader_borrow(town.store, NULL, DB_SYSTEM, &reader, &error));
    assert_int_equal(count_probes(reader), 0);
    assert_ok(insert_probe(db, "before"));
    postgres_cut();
    assert_int_equal(count_probes(reader), 1);
    DB_TRANSACTION_CLEANUP struct db_transaction write = {0};
    assert_ok(db_begin(db, DB_WRITE, &write, &error));
    assert_ok(insert_probe(db, "after"));
    assert_ok(db_commit(&write, &error));
    assert_int_equal(count_probes(reader), 2);
}

static void a_transaction_whose_connection_dies_is_gone_as_a_whole(void **state)
{
    (void)state;
    DB_CLEANUP struct db *db = NULL;
    assert_ok(db_open(town.store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
    {
        DB_TRANSACTION_CLEANUP struct db_transaction write = {0};
        assert_ok(db_begin(db, DB_WRITE, &write, &error));
        assert_ok(insert_probe(db, "one"));
        postgres_cut();
        assert_int_equal(insert_probe(db, "two"), ERROR_BUSY);
        assert_string_equal(error.slug, "store.unavailable");
        assert_true(insert_probe(db, "three") < 0); // not by itself on a new connection
        assert_true(db_commit(&write, &error) < 0);
    }
    {
        DB_TRANSACTION_CLEANUP struct db_transaction write = {0};
        assert_ok(db_begin(db, DB_WRITE, &write, &error));
        assert_ok(insert_probe(db, "two"));
        postgres_cut();
        assert_true(db_commit(&write, &error) < 0); // it had not reached the server
    }
    assert_int_equal(count_probes(db), 0);
}

static int add_one(struct db *db, void *context, struct error *filled)
{
    int *runs = context;
    char word[32];
    snprintf(word, sizeof word, "run %d", ++*runs);
    if (*runs == 1)
        postgres_cut(); // in the middle of the batch
    return db_execute(
        db, QUERY_PROBE_INSERT,
        (struct db_value[]){DB_TEXT(word), DB_NULL, DB_NULL, DB_NULL, DB_NULL}, 5, filled);
}

static void a_lane_goes_on_after_a_cut(void **state)
{
    (void)state;
    struct db_lane *lane = NULL;
    int runs = 0;
    assert_ok(db_lane_get(town.store, NULL, DB_SYSTEM, &lane, &error));
    assert_int_equal(db_lane_call(lane, DB_PEOPLE, add_one, &runs, &error), ERROR_BUSY);
    assert_string_equal(error.slug, "store.unavailable");
    assert_ok(db_lane_call(lane, DB_PEOPLE, add_one, &runs, &error));
    lane = db_lane_put(lane);
    DB_READER_CLEANUP struct db *reader = NULL;
    assert_ok(db_reader_borrow(town.store, NULL, DB_SYSTEM, &reader, &error));
    assert_int_equal(count_probes(reader), 1);
}

static void write_other(char *other, size_t size)
{
    char from[320], to[320];
    BUFFER_CLEANUP struct buffer address;
    buffer_init(&address, 2000);
    snprintf(other, size, "%s/other", town.folder);
    snprintf(from, sizeof from, "%s/store-address", town.data);
    snprintf(to, sizeof to, "%s/store-address", other);
    assert_ok(file_read(from, &address, &error));
    assert_ok(file_make_directory(other, &error));
    assert_ok(file_write_atomic(to, address.data, address.length, &error));
}

static void expect_alone(struct db_store *store, bool may)
{
    assert_int_equal(db_store_alone(store, &error), may ? 0 : ERROR_BUSY);
    if (may)
        db_store_alone_over(store);
    else
        assert_string_equal(error.slug, "store.locked");
}

static void write_something(struct db_store *store, const char *word)
{
    DB_CLEANUP struct db *db = NULL;
    assert_ok(db_open(store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
    assert_ok(insert_probe(db, word));
}

static void two_folders_share_a_database_and_either_can_have_it_alone(void **state)
{
    (void)state;
    char other[300];
    struct db_store *second = NULL, *third = NULL;
    write_other(other, sizeof other);
    assert_false(db_store_has_others(town.store));
    expect_alone(town.store, true);
    assert_ok(db_store_open(other, DB_STORE_CREATE, &second, &error));
    assert_true(db_store_has_others(second));
    db_store_look_around(town.store);
    assert_true(db_store_has_others(town.store));
    expect_alone(town.store, false);
    postgres_cut(); // both locks are lost, and taken again by whoever comes back
    write_something(town.store, "a");
    write_something(second, "b");
    expect_alone(second, false);
    second = db_store_close(second);
    // Nested, as a load in which something is migrated; and over only with the outer one.
    assert_ok(db_store_alone(town.store, &error));
    assert_ok(db_store_alone(town.store, &error));
    db_store_alone_over(town.store);
    assert_int_equal(db_store_open(other, DB_STORE_CREATE, &third, &error), ERROR_BUSY);
    assert_string_equal(error.slug, "store.locked");
    db_store_alone_over(town.store);
    assert_ok(db_store_open(other, DB_STORE_CREATE, &third, &error));
    db_store_look_around(town.store);
    assert_true(db_store_has_others(town.store));
    third = db_store_close(third);
    for (int i = 0; i < 200 && db_store_has_others(town.store); i++) {
        instant_sleep_ms(20); // until its process at the server has ended
        db_store_look_around(town.store);
    }
    assert_false(db_store_has_others(town.store));
}

static void an_address_is_said_once(void **state)
{
    (void)state;
    assert_int_equal(db_store_use(town.data, "postgresql:///elsewhere", &error),
                     ERROR_CONFLICT);
    assert_int_equal(db_store_use(town.data, "mysql://x", &error), ERROR_INPUT);
    assert_int_equal(db_store_use(town.data, "postgresql://a\nb", &error), ERROR_INPUT);
}

// ---- connections that cities share ----

static int set_up_few(void **state)
{
    db_connections_limit(4, 3600 * 1000);
    return set_up(state);
}

static int tear_down_few(void **state)
{
    int code = tear_down(state);
    db_connections_limit(DB_CONNECTIONS, DB_CONNECTION_AGE_S * 1000);
    return code;
}

static void many_handles_share_few_connections(void **state)
{
    (void)state;
    enum { HANDLES = 12 };
    struct db *handles[HANDLES] = {0};
    struct db_connection_counters counters;
    for (int i = 0; i < HANDLES; i++)
        assert_ok(db_open(town.store, NULL, DB_SYSTEM, i == 0 ? DB_WRITE : DB_READ,
                          &handles[i], &error));
    for (int round = 0; round < 3; round++) {
        assert_ok(insert_probe(handles[0], (const char *[]){"one", "two", "three"}[round]));
        for (int i = 0; i < HANDLES; i++)
            assert_int_equal(count_probes(handles[i]), round + 1);
    }
    db_connections_count(town.store, &counters);
    assert_int_equal(counters.most, 4);
    assert_int_equal(counters.in_use, 0);
    assert_true(counters.open >= 1 && counters.open <= 4);
    assert_true(counters.opened <= 4);
    for (int i = 0; i < HANDLES; i++)
        db_close(handles[i]);
}

static void readers_leave_a_connection_for_who_writes(void **state)
{
    (void)state;
    struct db *readers[4] = {0}, *writer = NULL;
    struct db_transaction open[4] = {0};
    assert_ok(db_open(town.store, NULL, DB_SYSTEM, DB_WRITE, &writer, &error));
    for (int i = 0; i < 4; i++)
        assert_ok(db_open(town.store, NULL, DB_SYSTEM, DB_READ, &readers[i], &error));
    for (int i = 0; i < 3; i++)
        assert_ok(db_begin(readers[i], DB_READ, &open[i], &error));
    db_set_budget(readers[3], 30000);
    assert_int_equal(db_begin(readers[3], DB_READ, &open[3], &error), ERROR_BUSY);
    assert_string_equal(error.slug, "db.over_budget");
    assert_ok(insert_probe(writer, "written meanwhile"));
    db_rollback(&open[1]);
    db_set_budget(readers[3], 0);
    assert_ok(db_begin(readers[3], DB_READ, &open[3], &error));
    assert_int_equal(count_probes(readers[3]), 1);
    for (int i = 0; i < 4; i++) {
        db_rollback(&open[i]);
        db_close(readers[i]);
    }
    db_close(writer);
}

static void an_old_connection_is_closed_and_made_anew(void **state)
{
    (void)state;
    struct db_connection_counters counters;
    town.store = db_store_close(town.store);
    db_connections_limit(4, 0); // older than that at once
    assert_ok(db_store_open(town.data, 0, &town.store, &error));
    DB_READER_CLEANUP struct db *reader = NULL;
    assert_ok(db_reader_borrow(town.store, NULL, DB_SYSTEM, &reader, &error));
    for (int i = 0; i < 3; i++)
        assert_int_equal(count_probes(reader), 0);
    db_connections_count(town.store, &counters);
    assert_true(counters.retired >= 3);
    assert_int_equal(counters.open, 0);
}

static void outside_a_transaction_no_city_is_named(void **state)
{
    (void)state;
    DB_CLEANUP struct db *db = NULL;
    assert_ok(db_store_city_create(town.store, "t", 1, &error));
    assert_ok(db_open(town.store, "t", DB_CASES, DB_WRITE, &db, &error));
    {
        DB_TRANSACTION_CLEANUP struct db_transaction write = {0};
        assert_ok(db_begin(db, DB_WRITE, &write, &error));
        assert_ok(db_commit(&write, &error));
    }
    assert_true(postgres_ask(db, "SELECT count(*) FROM gridcase_t_cases.case_file") == 0);
    assert_true(postgres_ask(db, "SELECT count(*) FROM case_file") == -1);
    // A city's tables, with its partitions: a server's process learns and keeps each.
    long long tables = postgres_ask(
        db, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname LIKE 'gridcase\\_t\\_%' AND c.relkind IN ('r', 'p')");
    print_message("%lld tables a city\n", tables);
    assert_in_range(tables, 30, 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_connection_that_died_idle_is_not_noticed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_transaction_whose_connection_dies_is_gone_as_a_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lane_goes_on_after_a_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            two_folders_share_a_database_and_either_can_have_it_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_is_said_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_handles_share_few_connections, set_up_few,
                                        tear_down_few),
        cmocka_unit_test_setup_teardown(readers_leave_a_connection_for_who_writes,
                                        set_up_few, tear_down_few),
        cmocka_unit_test_setup_teardown(an_old_connection_is_closed_and_made_anew,
                                        set_up_few, tear_down_few),
        cmocka_unit_test_setup_teardown(outside_a_transaction_no_city_is_named, set_up_few,
                                        tear_down_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
