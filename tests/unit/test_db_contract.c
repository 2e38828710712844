// SPDX-License-Identifier: MPL-2.0
// What every engine promises. Written over a table of engines: another one joins by a row.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/query_text.h>

#include "assert_ok.h"
#include "fault/engine_fault.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

static const struct {
    const char *prefix; // of the location
} engines[] = {
    {"sqlite"},
    {"fault"}, // the twin that passes everything on, until it is told to fail
    {"postgresql"},
};
enum { ENGINE_COUNT = sizeof engines / sizeof engines[0] };

struct fixture {
    char folder[256];
    char location[300];
    struct db_store *store;
};

static struct error error;

#define assert_fails(call, expected_code, expected_slug)                                   \
    do {                                                                                   \
        assert_int_equal((call), (expected_code));                                         \
        assert_string_equal(error.slug, (expected_slug));                                  \
    } while (0)

static void set_up(struct fixture *f, const char *prefix)
{
    temporary_folder(f->folder, sizeof f->folder);
    snprintf(f->location, sizeof f->location, "%s:%s/data", prefix, f->folder);
    if (strcmp(prefix, "postgresql") == 0)
        postgres_store(strchr(f->location, ':') + 1);
    assert_ok(db_store_open(f->location, DB_STORE_CREATE, &f->store, &error));
}

static void tear_down(struct fixture *f)
{
    f->store = db_store_close(f->store);
    temporary_remove(f->folder);
}

// Runs one check with a writing handle of the system database on every engine.
static void each_engine(void (*check)(struct fixture *f, struct db *db))
{
    for (int i = 0; i < ENGINE_COUNT; i++) {
        struct fixture f = {0};
        struct db *db = NULL;
        set_up(&f, engines[i].prefix);
        assert_ok(db_open(f.store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
        check(&f, db);
        db = db_close(db);
        tear_down(&f);
    }
}

static int insert_probe(struct db *db, const char *word, int64_t number)
{
    return db_execute(
        db, QUERY_PROBE_INSERT,
        (struct db_value[]){DB_TEXT(word), DB_INT(number), DB_NULL, DB_NULL, DB_NULL}, 5,
        &error);
}

static int64_t count_probes(struct db *db)
{
    int64_t count = -1;
    assert_ok(db_fetch_int(db, QUERY_PROBE_COUNT, NULL, 0, &count, &error));
    return count;
}

// ---- statements ----

static void check_values(struct fixture *f, struct db *db)
{
    (void)f;
    static const uint8_t bytes[] = {0, 1, 255, 0};
    int64_t id = 0;
    assert_ok(db_fetch_int(db, QUERY_PROBE_INSERT,
                           (struct db_value[]){DB_TEXT("\xe6\x97\xa5 word"),
                                               DB_INT(INT64_MAX), DB_DOUBLE(-0.1),
                                               DB_BLOB(bytes, sizeof bytes), DB_NULL},
                           5, &id, &error));
    assert_true(id > 0);
    assert_int_equal(db_changes(db), 1);
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    assert_ok(db_prepare(db, QUERY_PROBE_BY_WORD, &row, &error));
    db_bind_text_length(row, 1, "\xe6\x97\xa5 word and more", 8);
    assert_int_equal(db_step(row, &error), DB_ROW);
    assert_int_equal(db_columns(row), 6);
    assert_int_equal(db_column_int(row, 0), id);
    assert_true(db_column_int(row, 1) == INT64_MAX);
    assert_true(fabs(db_column_double(row, 2) + 0.1) < 1e-15);
    size_t length = 0;
    const void *blob = db_column_blob(row, 3, &length);
    assert_int_equal(length, sizeof bytes);
    assert_memory_equal(blob, bytes, sizeof bytes);
    assert_true(db_column_is_null(row, 4));
    assert_int_equal(db_column_int(row, 4), 0);
    assert_true(db_column_instant(row, 4) == INSTANT_NONE);
    assert_null(db_column_text(row, 4));
    assert_string_equal(db_column_text(row, 5), "\xe6\x97\xa5 word");
    assert_int_equal(db_column_length(row, 5), 8);
    assert_int_equal(db_step(row, &error), DB_DONE);
    db_reset(row);
    db_bind_text(row, 1, "absent");
    assert_int_equal(db_step(row, &error), DB_DONE);
}

static void values_come_back_as_they_went_in(void **state)
{
    (void)state;
    each_engine(check_values);
}

static void check_empty_values(struct fixture *f, struct db *db)
{
    (void)f;
    assert_ok(db_execute(
        db, QUERY_PROBE_INSERT,
        (struct db_value[]){DB_TEXT("empty"), DB_NULL, DB_NULL, DB_BLOB("", 0), DB_NULL}, 5,
        &error));
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    assert_ok(db_prepare(db, QUERY_PROBE_BY_WORD, &row, &error));
    db_bind_text(row, 1, "empty");
    assert_int_equal(db_step(row, &error), DB_ROW);
    assert_true(db_column_is_null(row, 1));
    assert_false(db_column_is_null(row, 3));
    assert_int_equal(db_column_length(row, 3), 0);
}

static void empty_bytes_are_not_null(void **state)
{
    (void)state;
    each_engine(check_empty_values);
}

static void check_constraints(struct fixture *f, struct db *db)
{
    (void)f;
    assert_ok(insert_probe(db, "one", 1));
    assert_fails(insert_probe(db, "one", 2), ERROR_CONFLICT, "db.unique");
    assert_fails(insert_probe(db, "two", -1), ERROR_CONFLICT, "db.check");
    assert_fails(insert_probe(db, NULL, 1), ERROR_CONFLICT, "db.not_null");
    assert_fails(db_execute(db, QUERY_PROBE_INSERT,
                            (struct db_value[]){DB_TEXT("child"), DB_NULL, DB_NULL, DB_NULL,
                                                DB_INT(999)},
                            5, &error),
                 ERROR_CONFLICT, "db.foreign_key");
    assert_int_equal(count_probes(db), 1);
}

static void broken_constraints_have_codes(void **state)
{
    (void)state;
    each_engine(check_constraints);
}

static void check_misuse(struct fixture *f, struct db *db)
{
    int64_t value = 0;
    assert_fails(db_execute(db, QUERY_PROBE_INSERT, NULL, 0, &error), ERROR_BUG,
                 "db.misuse");
    struct db_statement *part = NULL;
    assert_fails(db_prepare(db, QUERY_PROBE_PART_WORD, &part, &error), ERROR_BUG,
                 "db.misuse");
    assert_fails(db_prepare(db, QUERY_SYSTEM_SPATIAL_CHECK, &part, &error), ERROR_BUG,
                 "db.misuse");
    assert_fails(db_fetch_int(db, QUERY_SYSTEM_SETTING_GET,
                              (struct db_value[]){DB_TEXT("none")}, 1, &value, &error),
                 ERROR_NOT_FOUND, "db.no_row");
    assert_fails(db_execute(db, QUERY_PROBE_INSERT,
                            (struct db_value[]){DB_TEXT("nan"), DB_NULL,
                                                DB_DOUBLE((double)NAN), DB_NULL, DB_NULL},
                            5, &error),
                 ERROR_INPUT, "db.not_finite");
    struct db *second = NULL;
    assert_fails(db_open(f->store, NULL, DB_SYSTEM, DB_WRITE, &second, &error), ERROR_BUSY,
                 "db.writer_taken");
    assert_int_equal(count_probes(db), 0);
}

static void misuse_is_told(void **state)
{
    (void)state;
    each_engine(check_misuse);
}

static void check_parts(struct fixture *f, struct db *db)
{
    (void)f;
    assert_ok(insert_probe(db, "a", 1));
    assert_ok(insert_probe(db, "b", 2));
    assert_ok(insert_probe(db, "c", 3));
    static const enum query_id parts[] = {QUERY_PROBE_PART_SELECT, QUERY_PROBE_PART_NUMBER,
                                          QUERY_PROBE_PART_ORDER};
    for (int round = 0; round < 3; round++) {
        DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
        assert_ok(db_prepare_parts(db, parts, 3, &row, &error));
        db_bind_text(row, 1, "not in the text: ignored");
        db_bind_int(row, 2, 2);
        db_bind_int(row, 3, 10);
        assert_int_equal(db_step(row, &error), DB_ROW);
        assert_string_equal(db_column_text(row, 1), "b");
        assert_int_equal(db_step(row, &error), DB_ROW);
        assert_string_equal(db_column_text(row, 1), "c");
        assert_int_equal(db_step(row, &error), DB_DONE);
    }
    static const enum query_id other[] = {QUERY_PROBE_PART_SELECT, QUERY_PROBE_PART_WORD};
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    assert_ok(db_prepare_parts(db, other, 2, &row, &error));
    db_bind_text(row, 1, "a");
    assert_int_equal(db_step(row, &error), DB_ROW);
    assert_int_equal(db_step(row, &error), DB_DONE);
}

static void parts_make_statements(void **state)
{
    (void)state;
    each_engine(check_parts);
}

static void check_reuse(struct fixture *f, struct db *db)
{
    (void)f;
    assert_ok(insert_probe(db, "a", 1));
    assert_ok(insert_probe(db, "b", 2));
    DB_STATEMENT_CLEANUP struct db_statement *outer = NULL;
    assert_ok(db_prepare(db, QUERY_PROBE_BY_WORD, &outer, &error));
    db_bind_text(outer, 1, "a");
    assert_int_equal(db_step(outer, &error), DB_ROW);
    {
        DB_STATEMENT_CLEANUP struct db_statement *inner = NULL;
        assert_ok(db_prepare(db, QUERY_PROBE_BY_WORD, &inner, &error));
        assert_ptr_not_equal(inner, outer);
        assert_int_equal(db_step(inner, &error), DB_DONE); // nothing bound: NULL
    }
    assert_string_equal(db_column_text(outer, 5), "a");
    const struct db_statement *was = outer;
    outer = db_finish(outer);
    assert_ok(db_prepare(db, QUERY_PROBE_BY_WORD, &outer, &error));
    (void)was;
    assert_int_equal(db_step(outer, &error), DB_DONE); // bindings are gone
}

static void a_statement_may_be_out_twice(void **state)
{
    (void)state;
    each_engine(check_reuse);
}

// ---- handles ----

static void check_readers(struct fixture *f, struct db *db)
{
    DB_READER_CLEANUP struct db *reader = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction write = {0}, read = {0};
    assert_ok(db_reader_borrow(f->store, NULL, DB_SYSTEM, &reader, &error));
    assert_false(db_is_writer(reader));
    assert_fails(insert_probe(reader, "x", 1), ERROR_BUG, "db.misuse");
    assert_fails(db_begin(reader, DB_WRITE, &write, &error), ERROR_BUG, "db.misuse");
    assert_ok(db_begin(db, DB_WRITE, &write, &error));
    assert_ok(insert_probe(db, "x", 1));
    assert_int_equal(count_probes(reader), 0); // no dirty reads, no waiting
    assert_ok(db_begin(reader, DB_READ, &read, &error));
    assert_int_equal(count_probes(reader), 0);
    assert_ok(db_commit(&write, &error));
    assert_int_equal(count_probes(reader), 0); // its snapshot
    assert_ok(db_commit(&read, &error));
    assert_int_equal(count_probes(reader), 1);
}

static void readers_see_what_is_committed(void **state)
{
    (void)state;
    each_engine(check_readers);
}

static void check_budget(struct fixture *f, struct db *db)
{
    (void)db;
    DB_READER_CLEANUP struct db *reader = NULL;
    int64_t value = 0;
    assert_ok(db_reader_borrow(f->store, NULL, DB_SYSTEM, &reader, &error));
    db_set_budget(reader, DB_READ_BUDGET_US);
    int64_t began_us = instant_monotonic_us();
    assert_fails(db_fetch_int(reader, QUERY_PROBE_ENDLESS, (struct db_value[]){DB_INT(0)},
                              1, &value, &error),
                 ERROR_BUSY, "db.over_budget");
    int64_t took_us = instant_monotonic_us() - began_us;
    assert_in_range(took_us, DB_READ_BUDGET_US - 1000, 2000000);
    reader = db_reader_return(reader);
    struct db_store_counters counters;
    db_store_count(f->store, &counters);
    assert_int_equal(counters.over_budget, 1);
    assert_int_equal(counters.readers_idle, 1);
    assert_ok(db_reader_borrow(f->store, NULL, DB_SYSTEM, &reader, &error));
    instant_sleep_ms(30);
    assert_int_equal(count_probes(reader), 0); // a returned reader has no budget
}

static void a_reader_over_its_budget_is_stopped(void **state)
{
    (void)state;
    each_engine(check_budget);
}

// ---- transactions ----

static void check_nesting(struct fixture *f, struct db *db)
{
    (void)f;
    DB_TRANSACTION_CLEANUP struct db_transaction outer = {0};
    assert_false(db_in_transaction(db));
    assert_ok(db_begin(db, DB_WRITE, &outer, &error));
    assert_ok(insert_probe(db, "outer", 1));
    {
        DB_TRANSACTION_CLEANUP struct db_transaction inner = {0};
        assert_ok(db_begin(db, DB_WRITE, &inner, &error));
        assert_ok(insert_probe(db, "dropped", 1));
        // goes out of scope without a commit
    }
    {
        DB_TRANSACTION_CLEANUP struct db_transaction inner = {0};
        assert_ok(db_begin(db, DB_WRITE, &inner, &error));
        assert_ok(insert_probe(db, "kept", 1));
        assert_ok(db_commit(&inner, &error));
    }
    {
        DB_TRANSACTION_CLEANUP struct db_transaction inner = {0};
        assert_ok(db_begin(db, DB_WRITE, &inner, &error));
        assert_fails(insert_probe(db, "kept", 1), ERROR_CONFLICT, "db.unique");
        // its level is spoiled, the outer one is not
    }
    assert_int_equal(count_probes(db), 2);
    assert_true(db_in_transaction(db));
    assert_ok(db_commit(&outer, &error));
    assert_false(db_in_transaction(db));
    assert_int_equal(count_probes(db), 2);
    assert_fails(db_commit(&outer, &error), ERROR_BUG, "db.misuse");
    assert_ok(db_begin(db, DB_WRITE, &outer, &error));
    assert_ok(insert_probe(db, "gone", 1));
    db_rollback(&outer);
    db_rollback(&outer);
    assert_int_equal(count_probes(db), 2);
}

static void transactions_nest(void **state)
{
    (void)state;
    each_engine(check_nesting);
}

static int add(struct db *db, int64_t day, int64_t kind, int64_t count, int64_t total)
{
    return db_rollup_add(db, QUERY_PROBE_SUM_ADD, (int64_t[]){day, kind}, 2,
                         (int64_t[]){count, total}, 2, &error);
}

static void assert_sum(struct db *db, int64_t day, int64_t kind, int64_t count,
                       int64_t total)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    assert_ok(db_prepare(db, QUERY_PROBE_SUM_GET, &row, &error));
    db_bind_int(row, 1, day);
    db_bind_int(row, 2, kind);
    assert_int_equal(db_step(row, &error), DB_ROW);
    assert_int_equal(db_column_int(row, 0), count);
    assert_int_equal(db_column_int(row, 1), total);
}

static void check_rollups(struct fixture *f, struct db *db)
{
    (void)f;
    assert_fails(add(db, 1, 1, 1, 1), ERROR_BUG, "db.misuse"); // no transaction
    for (int round = 1; round <= 2; round++) {
        DB_TRANSACTION_CLEANUP struct db_transaction outer = {0};
        assert_ok(db_begin(db, DB_WRITE, &outer, &error));
        assert_ok(add(db, 1, 1, 1, 10));
        assert_ok(add(db, 2, 1, 1, -5));
        {
            DB_TRANSACTION_CLEANUP struct db_transaction inner = {0};
            assert_ok(db_begin(db, DB_WRITE, &inner, &error));
            assert_ok(add(db, 1, 1, 100, 100)); // rolled back with its savepoint
            assert_ok(add(db, 9, 9, 1, 1));
        }
        {
            DB_TRANSACTION_CLEANUP struct db_transaction inner = {0};
            assert_ok(db_begin(db, DB_WRITE, &inner, &error));
            assert_ok(add(db, 1, 1, 2, 20));
            assert_ok(db_commit(&inner, &error));
        }
        assert_ok(db_commit(&outer, &error));
        assert_sum(db, 1, 1, 3 * round, 30 * round);
        assert_sum(db, 2, 1, round, -5 * round);
    }
    {
        DB_TRANSACTION_CLEANUP struct db_transaction dropped = {0};
        assert_ok(db_begin(db, DB_WRITE, &dropped, &error));
        assert_ok(add(db, 1, 1, 1, 1));
    }
    int64_t rows = 0;
    assert_ok(db_fetch_int(db, QUERY_PROBE_SUM_ROWS, NULL, 0, &rows, &error));
    assert_int_equal(rows, 2);
    assert_sum(db, 1, 1, 6, 60);
}

static void rollups_are_summed_and_rolled_back(void **state)
{
    (void)state;
    each_engine(check_rollups);
}

static void check_rollup_equality(struct fixture *f, struct db *db)
{
    (void)f;
    int64_t count[4][3] = {{0}}, total[4][3] = {{0}};
    uint32_t seed = 12345;
    for (int batch = 0; batch < 20; batch++) {
        DB_TRANSACTION_CLEANUP struct db_transaction outer = {0};
        assert_ok(db_begin(db, DB_WRITE, &outer, &error));
        for (int i = 0; i < 50; i++) {
            seed = seed * 1664525u + 1013904223u;
            int day = (int)(seed >> 28) % 4, kind = (int)(seed >> 20) % 3;
            int64_t delta = (int64_t)(seed >> 8) % 1000 - 500;
            DB_TRANSACTION_CLEANUP struct db_transaction inner = {0};
            assert_ok(db_begin(db, DB_WRITE, &inner, &error));
            assert_ok(add(db, day, kind, 1, delta));
            if ((seed >> 16) % 5 == 0)
                continue; // rolled back
            assert_ok(db_commit(&inner, &error));
            count[day][kind]++;
            total[day][kind] += delta;
        }
        assert_ok(db_commit(&outer, &error));
    }
    for (int day = 0; day < 4; day++)
        for (int kind = 0; kind < 3; kind++)
            if (count[day][kind] > 0)
                assert_sum(db, day, kind, count[day][kind], total[day][kind]);
}

static void summed_rollups_equal_single_ones(void **state)
{
    (void)state;
    each_engine(check_rollup_equality);
}

// ---- stores, migrations, cities ----

static int count_cities(void *context, const struct db_city_row *city)
{
    int *count = context;
    assert_string_equal(city->slug, *count == 0 ? "alpha" : "beta-2");
    assert_string_equal(city->state, *count == 0 ? "ready" : "new");
    assert_int_equal(city->created_ms, 42);
    (*count)++;
    return 0;
}

static void cities_are_created_listed_and_removed(void **state)
{
    (void)state;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        struct fixture f = {0};
        int count = 0;
        struct db *db = NULL;
        set_up(&f, engines[i].prefix);
        assert_ok(db_store_city_create(f.store, "beta-2", 42, &error));
        assert_ok(db_store_city_create(f.store, "alpha", 42, &error));
        assert_fails(db_store_city_create(f.store, "alpha", 42, &error), ERROR_CONFLICT,
                     "city.exists");
        assert_fails(db_store_city_create(f.store, "../x", 42, &error), ERROR_INPUT,
                     "city.bad_slug");
        assert_ok(
            db_store_city_set(f.store, "alpha", "ready", "alpha.example", NULL, &error));
        assert_ok(db_store_city_each(f.store, count_cities, &count, &error));
        assert_int_equal(count, 2);
        assert_true(db_store_city_exists(f.store, "alpha"));
        assert_false(db_store_city_exists(f.store, "gamma"));
        assert_fails(db_open(f.store, "gamma", DB_CASES, DB_READ, &db, &error),
                     ERROR_NOT_FOUND, "city.unknown");
        assert_ok(db_open(f.store, "alpha", DB_CITY, DB_WRITE, &db, &error));
        assert_fails(db_store_city_remove(f.store, "alpha", &error), ERROR_BUSY,
                     "city.in_use");
        db = db_close(db);
        assert_ok(db_reader_borrow(f.store, "alpha", DB_CASES, &db, &error));
        db = db_reader_return(db);
        assert_ok(db_store_city_remove(f.store, "alpha", &error));
        assert_false(db_store_city_exists(f.store, "alpha"));
        assert_fails(db_reader_borrow(f.store, "alpha", DB_CASES, &db, &error),
                     ERROR_NOT_FOUND, "city.unknown");
        assert_ok(db_store_city_create(f.store, "alpha", 42, &error));
        assert_ok(db_reader_borrow(f.store, "alpha", DB_CASES, &db, &error));
        db = db_reader_return(db);
        assert_true(db_store_close_idle(f.store, 0) > 0);
        tear_down(&f);
    }
}

static void a_store_has_one_owner(void **state)
{
    (void)state;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        struct fixture f = {0};
        struct db_store *second = NULL;
        struct db *db = NULL;
        set_up(&f, engines[i].prefix);
        assert_fails(db_store_open(f.location, DB_STORE_CREATE, &second, &error),
                     ERROR_BUSY, "store.locked");
        assert_ok(db_store_open(f.location, DB_STORE_READ_ONLY, &second, &error));
        assert_fails(db_open(second, NULL, DB_SYSTEM, DB_WRITE, &db, &error), ERROR_BUG,
                     "db.misuse");
        assert_ok(db_open(second, NULL, DB_SYSTEM, DB_READ, &db, &error));
        assert_int_equal(count_probes(db), 0);
        db = db_close(db);
        second = db_store_close(second);
        f.store = db_store_close(f.store);
        assert_ok(db_store_open(f.location, 0, &f.store, &error));
        tear_down(&f);
        assert_fails(db_store_open(f.location, 0, &second, &error), ERROR_NOT_FOUND,
                     "store.missing");
    }
}

// Writes a row into the migration table as another version of the program would.
static void forge_migration(struct fixture *f, int64_t number, const char *sha256)
{
    struct db *db = NULL;
    assert_ok(db_open(f->store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
    assert_ok(db_execute(
        db, QUERY_MIGRATION_INSERT,
        (struct db_value[]){DB_INT(number), DB_TEXT("forged"), DB_TEXT(sha256), DB_INT(1)},
        4, &error));
    db = db_close(db);
    f->store = db_store_close(f->store);
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        struct fixture f = {0};
        set_up(&f, engines[i].prefix);
        forge_migration(&f, 9999,
                        "0000000000000000000000000000000000000000000000000000000000000000");
        assert_fails(db_store_open(f.location, 0, &f.store, &error), ERROR_STORE,
                     "db.newer");
        assert_fails(db_store_open(f.location, DB_STORE_READ_ONLY, &f.store, &error),
                     ERROR_STORE, "db.newer");
        temporary_remove(f.folder);
    }
}

// Every statement of sql/queries is prepared on every database that it is for, and has the
// parameters that its text shows.
static void prepare_all(struct db *db, const char *database, const char *location)
{
    int bad = 0;
    for (int query = 0; query < QUERY_COUNT; query++) {
        const struct db_query_text *text = &db_query_texts[query];
        if (text->part ||
            (strcmp(text->database, database) != 0 && strcmp(text->database, "any") != 0))
            continue;
        struct db_statement *statement = NULL;
        assert_ok(db_prepare(db, (enum query_id)query, &statement, &error));
        assert_int_equal(engine_fault_parameters(statement), text->parameters);
        int seen = text->parameters;
        if (strncmp(location, "postgresql", 10) == 0 &&
            postgres_check(statement, &seen) != 0)
            bad++;
        else
            assert_int_equal(seen, text->parameters);
        statement = db_finish(statement);
    }
    assert_int_equal(bad, 0);
}

static void every_statement_is_prepared(void **state)
{
    (void)state;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        struct fixture f = {0};
        set_up(&f, engines[i].prefix);
        assert_ok(db_store_city_create(f.store, "town", 42, &error));
        for (int database = 0; database < DB_DATABASE_COUNT; database++) {
            struct db *db = NULL;
            assert_ok(db_open(f.store, database == DB_SYSTEM ? NULL : "town",
                              (enum db_database)database, DB_WRITE, &db, &error));
            prepare_all(db, db_database_to_str((enum db_database)database), f.location);
            db = db_close(db);
        }
        tear_down(&f);
    }
}

static void every_database_of_a_text_is_known(void **state)
{
    (void)state;
    for (int query = 0; query < QUERY_COUNT; query++) {
        const char *name = db_query_texts[query].database;
        bool known = strcmp(name, "any") == 0 || strcmp(name, "sqlite") == 0 ||
                     strcmp(name, "postgres") == 0;
        for (int i = 0; i < DB_DATABASE_COUNT; i++)
            known = known || strcmp(name, db_database_to_str((enum db_database)i)) == 0;
        if (!known)
            fail_msg("%s: database %s", db_query_texts[query].name, name);
    }
}

int main(void)
{
    engine_fault_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_went_in),
        cmocka_unit_test(empty_bytes_are_not_null),
        cmocka_unit_test(broken_constraints_have_codes),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(parts_make_statements),
        cmocka_unit_test(a_statement_may_be_out_twice),
        cmocka_unit_test(readers_see_what_is_committed),
        cmocka_unit_test(a_reader_over_its_budget_is_stopped),
        cmocka_unit_test(transactions_nest),
        cmocka_unit_test(rollups_are_summed_and_rolled_back),
        cmocka_unit_test(summed_rollups_equal_single_ones),
        cmocka_unit_test(cities_are_created_listed_and_removed),
        cmocka_unit_test(a_store_has_one_owner),
        cmocka_unit_test(a_newer_schema_is_refused),
        cmocka_unit_test(every_statement_is_prepared),
        cmocka_unit_test(every_database_of_a_text_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
