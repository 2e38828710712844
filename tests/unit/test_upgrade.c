// SPDX-License-Identifier: MPL-2.0
// Data folders of an older program: made by running only the old migrations.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/file.h>
#include <gridcase/db/db.h>
#include <gridcase/db/query_text.h>

#include "../../src/db/db_internal.h"
#include "assert_ok.h"
#include "fault/temporary.h"

enum { OLD = 30, PROBES = 200 }; // a program that knew accounts but no photos

static struct error error;
static char folder[256];
static char data[300];
static char told[4][600];
static int told_count;

#define assert_fails(call, expected_code, expected_slug)                                   \
    do {                                                                                   \
        assert_int_equal((call), (expected_code));                                         \
        assert_string_equal(error.slug, (expected_slug));                                  \
    } while (0)

static void tell(void *context, const char *copy)
{
    (void)context;
    if (told_count < 4)
        snprintf(told[told_count++], sizeof told[0], "%s", copy);
}

// An installation of an older program, with something in each database.
static void make_old(void)
{
    struct db_store *store = NULL;
    struct db *db = NULL;
    db_migrations_until(OLD);
    assert_ok(db_store_open(data, DB_STORE_CREATE | DB_STORE_UNSAFE, &store, &error));
    assert_ok(db_store_city_create(store, "old", 42, &error));
    assert_ok(db_open(store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
    for (int i = 0; i < PROBES; i++) {
        char word[32];
        snprintf(word, sizeof word, "probe %d", i);
        assert_ok(db_execute(
            db, QUERY_PROBE_INSERT,
            (struct db_value[]){DB_TEXT(word), DB_INT(i), DB_NULL, DB_NULL, DB_NULL}, 5,
            &error));
    }
    db_close(db);
    db_store_close(store);
    db_migrations_until(INT_MAX);
}

static int64_t epoch_of(struct db_store *store)
{
    struct db *db = NULL;
    int64_t epoch = 0;
    assert_ok(db_open(store, "old", DB_CASES, DB_READ, &db, &error));
    struct db_statement *s = NULL;
    assert_ok(db_prepare(db, QUERY_CHANGE_RANGE, &s, &error));
    assert_int_equal(db_step(s, &error), DB_ROW);
    epoch = db_column_int(s, 2);
    db_finish(s);
    db_close(db);
    return epoch;
}

static int64_t old_epoch(void)
{
    struct db_store *store = NULL;
    db_migrations_until(OLD);
    assert_ok(db_store_open(data, 0, &store, &error));
    int64_t epoch = epoch_of(store);
    db_store_close(store);
    db_migrations_until(INT_MAX);
    return epoch;
}

static int set_up(void **state)
{
    (void)state;
    temporary_folder(folder, sizeof folder);
    snprintf(data, sizeof data, "%s/data", folder);
    told_count = 0;
    db_on_upgrade(tell, NULL);
    make_old();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_migrations_until(INT_MAX);
    temporary_remove(folder);
    return 0;
}

static void copy_path(char *out, size_t size)
{
    snprintf(out, size, "%s/cities/old/cases.db.before-%04d", data,
             db_migration_newest(DB_CASES));
}

static void an_old_folder_is_upgraded_with_a_copy_kept(void **state)
{
    (void)state;
    struct db_store *store = NULL;
    char copy[600], used[600];
    int64_t before = old_epoch();
    copy_path(copy, sizeof copy);
    assert_true(db_migration_newest(DB_CASES) > OLD);
    assert_ok(db_store_open(data, 0, &store, &error));
    assert_int_equal(epoch_of(store), before);
    db_store_close(store);
    assert_int_equal(told_count, 1); // the others had nothing to do
    assert_string_equal(told[0], copy);
    assert_true(file_exists(copy));
    // The copy is a database that the old program opens: put back, nothing is lost.
    snprintf(used, sizeof used, "%s/cities/old/cases.db", data);
    assert_int_equal(rename(copy, used), 0);
    assert_int_equal(old_epoch(), before);
}

static void a_folder_without_pending_migrations_gets_no_copy(void **state)
{
    (void)state;
    struct db_store *store = NULL;
    struct db *db = NULL;
    for (int i = 0; i < 3; i++) {
        assert_ok(db_store_open(data, 0, &store, &error));
        assert_ok(db_open(store, "old", DB_CASES, DB_READ, &db, &error));
        db = db_close(db);
        store = db_store_close(store);
    }
    assert_int_equal(told_count, 1); // the first time only
}

static void a_newer_folder_is_refused_with_a_clear_sentence(void **state)
{
    (void)state;
    struct db_store *store = NULL;
    struct db *db = NULL;
    assert_ok(db_store_open(data, 0, &store, &error));
    assert_ok(db_open(store, "old", DB_CASES, DB_READ, &db, &error));
    db = db_close(db);
    store = db_store_close(store);
    db_migrations_until(OLD); // the older program again
    assert_ok(db_store_open(data, 0, &store, &error));
    assert_fails(db_open(store, "old", DB_CASES, DB_READ, &db, &error), ERROR_STORE,
                 "db.newer");
    assert_non_null(strstr(error.message, "a newer gridcase has been here"));
    db_store_close(store);
}

static void a_reader_changes_nothing(void **state)
{
    (void)state;
    struct db_store *store = NULL;
    struct db *db = NULL;
    assert_ok(db_store_open(data, DB_STORE_READ_ONLY, &store, &error));
    assert_fails(db_open(store, "old", DB_CASES, DB_READ, &db, &error), ERROR_STORE,
                 "db.older");
    db_store_close(store);
    assert_int_equal(told_count, 0);
    (void)old_epoch();
}

// Whatever fails while the copy is made or the migrations run, the old program goes on.
static int fail_after;
static int64_t failing_write(int fd, const void *bytes, size_t length)
{
    return (int64_t)write(fd, bytes, length);
}
static int failing_rename(const char *from, const char *to)
{
    return fail_after == 1 ? -1 : rename(from, to);
}
static int failing_open(const char *path, int flags, unsigned mode)
{
    return fail_after == 2 && strstr(path, ".before-") ? -1
                                                       : open(path, flags, (mode_t)mode);
}
static int real_mkdir(const char *path, unsigned mode)
{
    return mkdir(path, (mode_t)mode);
}

static void a_failed_upgrade_leaves_the_old_folder_usable(void **state)
{
    (void)state;
    static const struct file_system broken = {.open = failing_open,
                                              .write = failing_write,
                                              .sync = fsync,
                                              .close = close,
                                              .rename = failing_rename,
                                              .unlink = unlink,
                                              .make_directory = real_mkdir};
    char copy[600];
    int64_t before = old_epoch();
    copy_path(copy, sizeof copy);
    for (fail_after = 1; fail_after <= 2; fail_after++) {
        struct db_store *store = NULL;
        struct db *db = NULL;
        file_system_set(&broken);
        assert_ok(db_store_open(data, 0, &store, &error));
        int code = db_open(store, "old", DB_CASES, DB_READ, &db, &error);
        assert_int_equal(code, ERROR_IO);
        assert_string_equal(error.slug, "db.io");
        db_store_close(store);
        file_system_set(NULL);
        assert_false(file_exists(copy));
        assert_int_equal(old_epoch(), before);
    }
    assert_int_equal(told_count, 0);
}

// A small disk with too little room: refused before anything was written.
static void a_disk_without_room_for_the_copy_is_told(void **state)
{
    (void)state;
    char disk[300], small[600];
    snprintf(disk, sizeof disk, "%s/disk", folder);
    assert_int_equal(file_make_directory(disk, &error), 0);
    if (mount("gridcase-test", disk, "tmpfs", 0, "size=9m") != 0) {
        print_message("NOT TESTED: mounting a small disk needs root\n");
        skip();
    }
    snprintf(small, sizeof small, "%s/data", disk);
    char kept[300];
    memcpy(kept, data, sizeof kept);
    snprintf(data, sizeof data, "%.290s", small);
    make_old();
    struct db_store *store = NULL;
    struct db *db = NULL;
    int opened = db_store_open(data, 0, &store, &error);
    int code = opened ? opened : db_open(store, "old", DB_CASES, DB_READ, &db, &error);
    db_close(db);
    db_store_close(store);
    struct error first = error;
    int64_t epoch = old_epoch();
    memcpy(data, kept, sizeof kept);
    umount2(disk, MNT_DETACH);
    assert_int_equal(opened, 0);
    assert_int_equal(code, ERROR_IO);
    assert_string_equal(first.slug, "upgrade.no_space");
    assert_true(epoch > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_old_folder_is_upgraded_with_a_copy_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_folder_without_pending_migrations_gets_no_copy,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_folder_is_refused_with_a_clear_sentence,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_upgrade_leaves_the_old_folder_usable,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_disk_without_room_for_the_copy_is_told, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
