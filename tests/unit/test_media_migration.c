// SPDX-License-Identifier: MPL-2.0
// A data folder from before sound and videos: its photos, and which cases show them, are
// there after the upgrade.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/cases/media.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/hash.h>
#include <gridcase/db/db.h>
#include <gridcase/media/media.h>

#include "../../src/db/db_internal.h"
#include "fault/temporary.h"

static struct error error;

#define ZEROS16       "00000000000000000000000000000000"
#define DIGEST(first) "x'" first ZEROS16 "000000000000000000000000000000'"

static void run(sqlite3 *old, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(old, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %.200s", message, text);
}

// A case with nothing in it: 1 or a text where something has to stand.
static void add_case(sqlite3 *old)
{
    sqlite3_stmt *columns = NULL;
    BUFFER_CLEANUP struct buffer names, values;
    buffer_init(&names, BUFFER_CEILING_LINE);
    buffer_init(&values, BUFFER_CEILING_LINE);
    assert_int_equal(sqlite3_prepare_v2(old,
                                        "SELECT name, type FROM pragma_table_info"
                                        "('case_file') WHERE \"notnull\" = 1 AND pk = 0",
                                        -1, &columns, NULL),
                     SQLITE_OK);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(columns, 1);
        buffer_format(&names, ", %s", (const char *)sqlite3_column_text(columns, 0));
        buffer_append_text(&values, strcmp(type, "INTEGER") == 0 ? ", 1"
                                    : strcmp(type, "TEXT") == 0  ? ", 'x'"
                                                                 : ", zeroblob(32)");
    }
    sqlite3_finalize(columns);
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    buffer_format(&text, "INSERT INTO case_file (case_id%s) VALUES (3%s)", names.data,
                  values.data);
    run(old, text.data);
}

// cases.db as the program before had left it: migrations up to the one given.
static void make_old(const char *path, int last)
{
    sqlite3 *old = NULL;
    assert_int_equal(sqlite3_open(path, &old), SQLITE_OK);
    for (size_t i = 0; i < db_migration_count; i++) {
        const struct db_migration_text *migration = &db_migration_texts[i];
        if (migration->number > last || (strcmp(migration->database, "any") != 0 &&
                                         strcmp(migration->database, "cases") != 0))
            continue;
        uint8_t digest[HASH_SIZE];
        char hex[HASH_HEX_SIZE], text[300];
        hash_bytes(migration->text, strlen(migration->text), digest);
        hash_to_hex(digest, hex);
        run(old, migration->text);
        snprintf(text, sizeof text, "INSERT INTO migration VALUES (%d, '%s', '%s', 1)",
                 migration->number, migration->name, hex);
        run(old, text);
    }
    run(old,
        "PRAGMA foreign_keys = OFF;"
        "INSERT INTO person VALUES (7, 'seven', 'Seven', NULL, 1, NULL);"
        "INSERT INTO media_file VALUES (zeroblob(32), 'image/jpeg', 900, 64, 96, 7, 5),"
        " (" DIGEST("01") ", 'image/png', 800, 10, 20, NULL, 6);");
    add_case(old);
    // Reported with a photo by person 7, handled with another; one is still to come.
    for (int seq = 1; seq <= 3; seq++) {
        char text[600];
        snprintf(
            text, sizeof text,
            "INSERT INTO history (case_id, seq, action, kind, mark, step_from, step_to,"
            " stage_to, task_no, task_version, actor_id, system, on_behalf_of,"
            " department_id, clock_effect, done_at, received_at, salt, digest)"
            " VALUES (3, %d, 'x', 0, 0, '', 'a', 1, 0, 0, %d, 0, 0, 0, '', 1, 1,"
            " zeroblob(16), zeroblob(32))",
            seq, seq == 1 ? 7 : 8);
        run(old, text);
    }
    run(old, "INSERT INTO case_media VALUES (3, zeroblob(32), 1, 0, 50),"
             " (3, " DIGEST("01") ", 2, 4, 60), (3, " DIGEST("02") ", 3, 5, NULL)");
    sqlite3_close(old);
}

struct row {
    int64_t shows, named_by, seq;
    bool received;
};

static void expect_rows(struct db *db, const struct row *rows, size_t count)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    assert_int_equal(db_prepare(db, QUERY_CASE_MEDIA_LIST, &s, &error), 0);
    db_bind_int(s, 1, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(db_step(s, &error), DB_ROW);
        assert_int_equal(db_column_int(s, 1), rows[i].seq);
        assert_int_equal(!db_column_is_null(s, 3), rows[i].received);
        assert_int_equal(db_column_int(s, 5), rows[i].shows);
        assert_int_equal(db_column_int(s, 6), rows[i].named_by);
    }
    assert_int_equal(db_step(s, &error), DB_DONE);
}

static void an_old_folder_keeps_its_photos(void **state)
{
    (void)state;
    char folder[256], data[300], path[400];
    struct db_store *store = NULL;
    struct db *db = NULL;
    temporary_folder(folder, sizeof folder);
    snprintf(data, sizeof data, "%s/data", folder);
    assert_int_equal(db_store_open(data, DB_STORE_CREATE, &store, &error), 0);
    assert_int_equal(db_store_city_create(store, "t", 1, &error), 0);
    store = db_store_close(store);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/cities/t/cases.db%s", data, ends[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/cities/t/cases.db", data);
    make_old(path, 40);
    assert_int_equal(db_store_open(data, 0, &store, &error), 0);
    int code = db_store_city_migrate(store, "t", &error);
    if (code != 0)
        fail_msg("%s: %s", error.slug, error.message);
    assert_int_equal(db_open(store, "t", DB_CASES, DB_WRITE, &db, &error), 0);
    uint8_t sha256[HASH_SIZE] = {0};
    struct media_file file;
    bool sent = false;
    assert_int_equal(media_file_find(db, sha256, &file, &error), 0);
    assert_int_equal(file.type, MEDIA_JPEG);
    assert_int_equal(file.bytes, 900);
    assert_int_equal(file.height_px, 96);
    assert_false(file.cleaned);
    assert_false(file.taken.has_place);
    assert_int_equal(media_sent_by(db, sha256, 7, &sent, &error), 0);
    assert_true(sent);
    assert_int_equal(media_sent_by(db, sha256, 8, &sent, &error), 0);
    assert_false(sent);
    expect_rows(db, (struct row[]){{1, 7, 1, true}, {2, 8, 2, true}, {3, 8, 3, false}}, 3);
    int64_t cases[CASE_MEDIA_CASES_MOST];
    size_t count = 0;
    assert_int_equal(case_media_cases(db, sha256, cases, &count, &error), 0);
    assert_int_equal(count, 1);
    db_close(db);
    db_store_close(store);
    temporary_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_old_folder_keeps_its_photos)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
