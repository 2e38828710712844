// SPDX-License-Identifier: MPL-2.0
// The items of health at their limits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <gridcase/api/health.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>

#include "assert_ok.h"
#include "fault/temporary.h"

#define HOUR ((int64_t)3600 * 1000)
#define DAY  (24 * HOUR)
static const int64_t NOW = 1795330000000;

static struct error error;
static struct health health;
static struct health_limits limits;

static int set_up(void **state)
{
    (void)state;
    struct options *options = options_new();
    health_limits_from(options, &limits);
    options_free(options);
    health_init(&health);
    return 0;
}

static const struct health_item *last(void)
{
    return &health.items[health.count - 1];
}

static void a_backup_gets_old(void **state)
{
    (void)state;
    static const struct {
        int64_t age_ms;
        enum health_level level;
    } ages[] = {{0, HEALTH_OK},
                {25 * HOUR, HEALTH_OK},
                {26 * HOUR, HEALTH_WARNING},
                {73 * HOUR, HEALTH_WARNING},
                {74 * HOUR, HEALTH_CRITICAL},
                {-5 * HOUR, HEALTH_OK}}; // a clock that was set back
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
        struct backup_state backup = {.taken_ms = NOW - ages[i].age_ms,
                                      .failed_ms = INSTANT_NONE};
        health_backup(&health, &limits, &backup, NOW);
        assert_int_equal(last()->level, ages[i].level);
    }
}

static void a_backup_that_failed_or_was_never_made_is_told(void **state)
{
    (void)state;
    struct backup_state never = {.taken_ms = INSTANT_NONE, .failed_ms = INSTANT_NONE};
    health_backup(&health, &limits, &never, NOW);
    assert_int_equal(last()->level, HEALTH_WARNING);
    struct backup_state failed = {
        .taken_ms = NOW - HOUR, .failed_ms = NOW, .failure = "no room on /mnt"};
    health_backup(&health, &limits, &failed, NOW);
    assert_int_equal(last()->level, HEALTH_WARNING);
    assert_non_null(strstr(last()->text, "no room on /mnt"));
    failed.taken_ms = INSTANT_NONE;
    health_backup(&health, &limits, &failed, NOW);
    assert_int_equal(last()->level, HEALTH_CRITICAL);
    struct backup_state harmed = {
        .taken_ms = NOW - HOUR, .failed_ms = INSTANT_NONE, .problems = 2};
    health_backup(&health, &limits, &harmed, NOW);
    assert_int_equal(last()->level, HEALTH_WARNING);
}

static void a_certificate_ends(void **state)
{
    (void)state;
    struct http_tls_state tls = {.enabled = true, .names = "city.example"};
    static const struct {
        int64_t left_ms;
        enum health_level level;
    } ends[] = {{90 * DAY, HEALTH_OK},
                {21 * DAY, HEALTH_OK},
                {20 * DAY, HEALTH_WARNING},
                {6 * DAY, HEALTH_CRITICAL},
                {-1, HEALTH_CRITICAL}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        tls.not_after_ms = NOW + ends[i].left_ms;
        health_tls(&health, &limits, &tls, NOW);
        assert_int_equal(last()->level, ends[i].level);
    }
    assert_non_null(strstr(last()->text, "has ended"));
    tls.not_after_ms = NOW + 90 * DAY;
    error_set(&tls.failure, ERROR_INPUT, "tls.mismatch", "another key");
    health_tls(&health, &limits, &tls, NOW);
    assert_int_equal(last()->level, HEALTH_WARNING);
    assert_non_null(strstr(last()->text, "another key"));
    size_t before = health.count;
    tls.enabled = false;
    health_tls(&health, &limits, &tls, NOW);
    assert_int_equal(health.count, before);
}

static void a_disk_fills(void **state)
{
    (void)state;
    struct health_samples samples = {0};
    assert_true(health_days_left(&samples, 1000) < 0);
    health_samples_add(&samples, NOW, 10000);
    health_samples_add(&samples, NOW + 12 * HOUR, 9000);
    assert_true(health_days_left(&samples, 9000) < 0); // half a day tells nothing
    health_samples_add(&samples, NOW + 2 * DAY, 8000);
    assert_true(health_days_left(&samples, 8000) > 7.99);
    assert_true(health_days_left(&samples, 8000) < 8.01);
    health_samples_add(&samples, NOW + 3 * DAY, 12000); // something was removed
    assert_true(health_days_left(&samples, 12000) < 0);
}

static void samples_are_kept_as_text_and_are_bounded(void **state)
{
    (void)state;
    struct health_samples samples = {0};
    struct health_samples again = {0};
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    for (int i = 0; i < 100; i++)
        health_samples_add(&samples, NOW + i * HOUR, 1000 - i);
    assert_int_equal(samples.count, HEALTH_SAMPLES);
    assert_int_equal(samples.list[0].free_bytes, 1000 - 40);
    health_samples_write(&samples, &text);
    health_samples_read(&again, text.data);
    assert_int_equal(again.count, samples.count);
    assert_memory_equal(again.list, samples.list, sizeof samples.list);
    health_samples_read(&again, "x,1:2,:,3:4:5,9:");
    assert_int_equal(again.count, 1);
}

static void the_disk_and_the_clock_of_this_machine_can_be_asked(void **state)
{
    (void)state;
    struct health_samples none = {0};
    health_disk(&health, &limits, "/", &none);
    assert_true(health.disk_free_percent > 0 && health.disk_free_percent <= 100);
    limits.disk_warning_percent = 101;
    health_disk(&health, &limits, "/", &none);
    assert_int_equal(last()->level, HEALTH_WARNING);
    limits.disk_critical_percent = 101;
    health_disk(&health, &limits, "/", &none);
    assert_int_equal(last()->level, HEALTH_CRITICAL);
    health_disk(&health, &limits, "/nowhere/at/all", &none);
    assert_int_equal(last()->level, HEALTH_CRITICAL);
    health_clock(&health, &limits, 5000, NOW);
    assert_int_equal(last()->level, HEALTH_WARNING);
    assert_non_null(strstr(last()->text, "set by +5.0 s"));
}

static void the_worst_level_counts_and_the_list_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(health_worst(&health), HEALTH_OK);
    for (int i = 0; i < HEALTH_ITEMS; i++)
        health_add(&health, "x", HEALTH_OK, "%s", "fine");
    health_add(&health, "one more", HEALTH_CRITICAL, "%s", "not shown");
    assert_int_equal(health.count, HEALTH_ITEMS);
    assert_int_equal(health_worst(&health), HEALTH_CRITICAL);
}

// A command without a server tells from them how long the disk lasts.
static void what_a_server_has_kept_is_read_from_the_store(void **state)
{
    (void)state;
    char folder[256];
    struct db_store *store = NULL;
    struct db *db = NULL;
    struct health_samples samples = {0};
    temporary_folder(folder, sizeof folder);
    assert_ok(db_store_open(folder, DB_STORE_CREATE, &store, &error));
    assert_ok(health_samples_load(store, &samples, &error));
    assert_int_equal(samples.count, 0);
    assert_ok(db_open(store, NULL, DB_SYSTEM, DB_WRITE, &db, &error));
    assert_ok(db_execute(
        db, QUERY_SYSTEM_SETTING_SET,
        (struct db_value[]){DB_TEXT("health.disk"),
                            DB_TEXT("1795330000000:9000000000,1795502800000:7000000000")},
        2, &error));
    db = db_close(db);
    assert_ok(health_samples_load(store, &samples, &error));
    assert_int_equal(samples.count, 2);
    assert_true(health_days_left(&samples, 7000000000) > 6.9);
    assert_true(health_days_left(&samples, 7000000000) < 7.1);
    db_store_close(store);
    temporary_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_backup_gets_old, set_up),
        cmocka_unit_test_setup(a_backup_that_failed_or_was_never_made_is_told, set_up),
        cmocka_unit_test_setup(a_certificate_ends, set_up),
        cmocka_unit_test_setup(a_disk_fills, set_up),
        cmocka_unit_test(what_a_server_has_kept_is_read_from_the_store),
        cmocka_unit_test_setup(samples_are_kept_as_text_and_are_bounded, set_up),
        cmocka_unit_test_setup(the_disk_and_the_clock_of_this_machine_can_be_asked, set_up),
        cmocka_unit_test_setup(the_worst_level_counts_and_the_list_is_bounded, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
