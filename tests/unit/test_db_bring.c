// SPDX-License-Identifier: MPL-2.0
// Rows brought from one engine's database into another's, and digests that do not know
// which engine it is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/db/db.h>
#include <gridcase/db/rows.h>

#include "assert_ok.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

static struct error error;

// ---- two stores ----

struct side {
    char folder[256];
    struct db_store *store;
    struct db *writer, *reader;
};

static void open_side(struct side *side, const char *prefix)
{
    char location[300];
    temporary_folder(side->folder, sizeof side->folder);
    snprintf(location, sizeof location, "%s:%s/data", prefix, side->folder);
    if (strcmp(prefix, "postgresql") == 0)
        postgres_store(strchr(location, ':') + 1);
    assert_ok(db_store_open(location, DB_STORE_CREATE, &side->store, &error));
    assert_ok(db_open(side->store, NULL, DB_SYSTEM, DB_WRITE, &side->writer, &error));
    assert_ok(db_open(side->store, NULL, DB_SYSTEM, DB_READ, &side->reader, &error));
}

static void close_side(struct side *side)
{
    side->writer = db_close(side->writer);
    side->reader = db_close(side->reader);
    side->store = db_store_close(side->store);
    temporary_remove(side->folder);
}

static const struct db_table *table_of(const char *name)
{
    const struct db_catalogue *catalogue = NULL;
    assert_ok(db_catalogue(DB_SYSTEM, &catalogue, &error));
    const struct db_table *table = db_catalogue_find(catalogue, name);
    assert_non_null(table);
    return table;
}

static struct db_digest digest_of(const struct side *side, const char *table)
{
    DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
    struct db_digest digest;
    assert_ok(db_begin(side->reader, DB_READ, &moment, &error));
    assert_ok(db_table_digest(side->reader, table_of(table), NULL, &digest, &error));
    return digest;
}

static void assert_same(const struct side *a, const struct side *b, const char *table)
{
    struct db_digest x = digest_of(a, table), y = digest_of(b, table);
    assert_int_equal(x.rows, y.rows);
    assert_memory_equal(x.sha256, y.sha256, HASH_SIZE);
}

static struct db_bring bring_of(const struct side *from, const struct side *to,
                                const char *table)
{
    return (struct db_bring){.from = from->reader,
                             .to = to->writer,
                             .seen = to->reader,
                             .table = table_of(table)};
}

static void bring(const struct side *from, const struct side *to, struct db_bring *ret_done)
{
    DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
    struct db_bring probes = bring_of(from, to, "probe");
    assert_ok(db_begin(from->reader, DB_READ, &moment, &error));
    assert_ok(db_bring_rows(&probes, &error));
    struct db_digest digest = probes.digest;
    int64_t put = probes.put, rows = probes.rows;
    if (probes.extra > 0)
        assert_ok(db_bring_removals(&probes, &error));
    probes.put = put;
    probes.rows = rows;
    probes.digest = digest;
    *ret_done = probes;
}

// ---- what is brought ----

static void add_probe(struct side *side, const char *word, struct db_value number,
                      struct db_value fraction, struct db_value bytes)
{
    assert_ok(db_execute(
        side->writer, QUERY_PROBE_INSERT,
        (struct db_value[]){DB_TEXT(word), number, fraction, bytes, DB_NULL}, 5, &error));
}

static void fill(struct side *side, int count)
{
    char word[32];
    DB_TRANSACTION_CLEANUP struct db_transaction all = {0};
    assert_ok(db_begin(side->writer, DB_WRITE, &all, &error));
    add_probe(side, "\xe4\xba\x95\xe7\x9b\x96", DB_INT(INT64_MAX), DB_DOUBLE(-0.0),
              DB_NULL);
    add_probe(side, "tab\tand\nline", DB_NULL, DB_DOUBLE(0.1), DB_BLOB("\0\xff", 2));
    add_probe(side, "tiny", DB_INT(0), DB_DOUBLE(5e-324), DB_BLOB("", 0));
    add_probe(side, "huge", DB_INT(1), DB_DOUBLE(-1.7976931348623157e308), DB_NULL);
    for (int i = 0; i < count; i++) {
        snprintf(word, sizeof word, "word %d", i);
        add_probe(side, word, DB_INT(i), DB_DOUBLE(i / 7.0), DB_BLOB(word, 4));
    }
    assert_ok(db_commit(&all, &error));
}

static const char *const pairs[][2] = {{"sqlite", "postgresql"}, {"postgresql", "sqlite"}};

static void each_pair(void (*check)(struct side *from, struct side *to))
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct side from = {0}, to = {0};
        open_side(&from, pairs[i][0]);
        open_side(&to, pairs[i][1]);
        check(&from, &to);
        close_side(&from);
        close_side(&to);
    }
}

static void check_brought(struct side *from, struct side *to)
{
    struct db_bring done;
    fill(from, 300);
    bring(from, to, &done);
    assert_int_equal(done.rows, 304);
    assert_int_equal(done.put, 304);
    assert_same(from, to, "probe");
    struct db_digest digest = digest_of(from, "probe");
    assert_memory_equal(done.digest.sha256, digest.sha256, HASH_SIZE);
    // Once more: nothing to do.
    bring(from, to, &done);
    assert_int_equal(done.rows, 304);
    assert_int_equal(done.put, 0);
}

static void values_survive_the_way(void **state)
{
    (void)state;
    each_pair(check_brought);
}

static void check_differences(struct side *from, struct side *to)
{
    struct db_bring done;
    fill(from, 20);
    bring(from, to, &done);
    assert_ok(db_bring_end(to->writer, true, &error)); // numbers are drawn on behind them
    // What is too many there goes, what is missing comes, also behind what is there.
    add_probe(to, "stranger", DB_INT(5), DB_NULL, DB_NULL);
    add_probe(to, "another", DB_INT(6), DB_NULL, DB_NULL);
    bring(from, to, &done);
    assert_int_equal(done.put, 0);
    assert_int_equal(done.extra, 2);
    assert_same(from, to, "probe");
    add_probe(from, "later", DB_INT(7), DB_NULL, DB_NULL);
    bring(from, to, &done);
    assert_int_equal(done.put, 1);
    assert_same(from, to, "probe");
}

static void only_differences_are_brought(void **state)
{
    (void)state;
    each_pair(check_differences);
}

static bool stop_at_once(void *context, int64_t rows)
{
    *(int64_t *)context += rows;
    return false;
}

static void check_resumed(struct side *from, struct side *to)
{
    struct db_bring done;
    int64_t told = 0;
    fill(from, 30000);
    {
        DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
        struct db_bring probes = bring_of(from, to, "probe");
        probes.teller = (struct db_teller){stop_at_once, &told};
        assert_ok(db_begin(from->reader, DB_READ, &moment, &error));
        assert_int_equal(db_bring_rows(&probes, &error), ERROR_BUSY);
        assert_string_equal(error.slug, "copy.stopped");
    }
    assert_int_equal(told, 4096);
    assert_int_equal(digest_of(to, "probe").rows, 0);   // the batch was rolled back
    add_probe(to, "half", DB_INT(1), DB_NULL, DB_NULL); // as if a batch had been there
    bring(from, to, &done);
    assert_int_equal(done.put, 30004);
    assert_same(from, to, "probe");
}

static void a_stop_leaves_whole_batches(void **state)
{
    (void)state;
    each_pair(check_resumed);
}

// ---- the catalogue ----

static void parents_come_first(void **state)
{
    (void)state;
    const struct db_catalogue *cases = NULL, *city = NULL;
    assert_ok(db_catalogue(DB_CASES, &cases, &error));
    assert_ok(db_catalogue(DB_CITY, &city, &error));
    const struct db_table *file = db_catalogue_find(cases, "case_file");
    const struct db_table *history = db_catalogue_find(cases, "history");
    const struct db_table *reporter = db_catalogue_find(cases, "reporter");
    assert_true(reporter < file && file < history);
    assert_null(db_catalogue_find(cases, "migration"));
    assert_null(db_catalogue_find(cases, "case_open_point")); // an index
    assert_null(db_catalogue_find(city, "geometry_columns")); // SpatiaLite's own
    assert_int_equal(history->key_count, 2);
    assert_string_equal(history->columns[history->key[1]].name, "seq");
    const struct db_table *grid = db_catalogue_find(city, "unit_grid");
    bool shape = false;
    for (size_t i = 0; i < grid->column_count; i++)
        shape |= grid->columns[i].kind == DB_KIND_SHAPE;
    assert_true(shape);
}

// Each statement of each table runs on each engine.
static void check_table(struct db *db, const struct db_table *table)
{
    static const struct db_range range = {1, 2};
    DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
    struct db_rows *rows = NULL;
    assert_ok(db_begin(db, DB_READ, &moment, &error));
    bool number = table->columns[table->key[0]].kind == DB_KIND_INT;
    for (int i = 0; i < 1 + number; i++) {
        assert_ok(db_rows_open(db, table, i == 1 ? &range : NULL, &rows, &error));
        int code = db_rows_next(rows, &error);
        if (code < 0)
            fail_msg("%s: %s", table->name, error.message);
        rows = db_rows_close(rows);
    }
}

static void every_table_is_on_both_engines(void **state)
{
    (void)state;
    static const char *const engines[] = {"sqlite", "postgresql"};
    for (int i = 0; i < 2; i++) {
        struct side side = {0};
        open_side(&side, engines[i]);
        side.writer = db_close(side.writer);
        assert_ok(db_store_city_create(side.store, "town", 1000, &error));
        for (int d = DB_CITY; d <= DB_CASES; d++) {
            const struct db_catalogue *catalogue = NULL;
            struct db *db = NULL;
            assert_ok(db_catalogue((enum db_database)d, &catalogue, &error));
            assert_ok(
                db_open(side.store, "town", (enum db_database)d, DB_READ, &db, &error));
            for (size_t t = 0; t < catalogue->count; t++)
                check_table(db, &catalogue->tables[t]);
            db_close(db);
        }
        close_side(&side);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_survive_the_way),
        cmocka_unit_test(only_differences_are_brought),
        cmocka_unit_test(a_stop_leaves_whole_batches),
        cmocka_unit_test(parents_come_first),
        cmocka_unit_test(every_table_is_on_both_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
