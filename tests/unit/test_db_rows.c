// SPDX-License-Identifier: MPL-2.0
// Statements that may answer very many rows, on every engine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/db/db.h>

#include "assert_ok.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

static struct error error;

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

enum { MANY = 6000 };

// Rows come one after another while other statements are run on the same handle, and while
// a transaction begins and ends there.
static void check_many(struct db *db)
{
    DB_TRANSACTION_CLEANUP struct db_transaction all = {0};
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    char word[32];
    assert_ok(db_begin(db, DB_WRITE, &all, &error));
    for (int i = 0; i < MANY; i++) {
        snprintf(word, sizeof word, "word %d", i);
        assert_ok(insert_probe(db, word, i));
    }
    assert_ok(db_commit(&all, &error));
    assert_ok(db_prepare(db, QUERY_PROBE_LIST, &row, &error));
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(db_step(row, &error), DB_ROW);
        snprintf(word, sizeof word, "word %d", i);
        assert_string_equal(db_column_text(row, 1), word);
        if (i % 500 == 77)
            assert_int_equal(count_probes(db), MANY);
        if (i == 1000 || i == 3000) {
            DB_TRANSACTION_CLEANUP struct db_transaction inner = {0};
            assert_ok(db_begin(db, DB_WRITE, &inner, &error));
            assert_ok(
                db_execute(db, QUERY_PROBE_SUM_ADD,
                           (struct db_value[]){DB_INT(i), DB_INT(1), DB_INT(1), DB_INT(1)},
                           4, &error));
            assert_ok(db_commit(&inner, &error));
        }
    }
    assert_int_equal(db_step(row, &error), DB_DONE);
    db_reset(row);
    assert_int_equal(db_step(row, &error), DB_ROW); // and dropped before its end
    row = db_finish(row);
    int64_t sums = 0;
    assert_ok(db_fetch_int(db, QUERY_PROBE_SUM_ROWS, NULL, 0, &sums, &error));
    assert_int_equal(sums, 2);
}

static void many_rows_are_stepped_through(void **state)
{
    (void)state;
    static const char *const prefixes[] = {"sqlite", "postgresql"};
    for (int i = 0; i < 2; i++) {
        char folder[256], location[300];
        struct db_store *store = NULL;
        struct db *db = NULL;
        temporary_folder(folder, sizeof folder);
        snprintf(location, sizeof location, "%s:%s/data", prefixes[i], folder);
        if (i == 1)
            postgres_store(strchr(location, ':') + 1);
        assert_ok(db_store_open(location, DB_STORE_CREATE, &store, &error));
        assert_ok(db_open(store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
        check_many(db);
        db = db_close(db);
        store = db_store_close(store);
        temporary_remove(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_rows_are_stepped_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
