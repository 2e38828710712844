// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/instant.h>
#include <gridcase/rules/zone.h>

static struct zone *open_zone(const char *name)
{
    struct zone *zone;
    struct error error;
    if (zone_new(name, &zone, &error))
        fail_msg("%s", error.message);
    return zone;
}

static int64_t utc(const char *text)
{
    int64_t ms;
    assert_int_equal(instant_from_text(text, strlen(text), &ms, NULL), 0);
    return ms;
}

static int64_t local(const struct zone *zone, const char *text)
{
    int64_t ms;
    struct error error;
    if (zone_from_text(zone, text, strlen(text), &ms, &error))
        fail_msg("%s", error.message);
    return ms;
}

static void dates_go_both_ways(void **state)
{
    (void)state;
    for (int64_t day = -800000; day < 800000; day++) {
        int32_t year, month, day_of_month;
        date_from_day(day, &year, &month, &day_of_month);
        assert_int_equal(date_to_day(year, month, day_of_month), day);
        assert_true(month >= 1 && month <= 12 && day_of_month >= 1 && day_of_month <= 31);
    }
    assert_int_equal(date_to_day(1970, 1, 1), 0);
    assert_int_equal(date_weekday(0), 4);
    assert_int_equal(date_weekday(-4), 7);
    assert_int_equal(date_weekday(date_to_day(2025, 10, 1)), 3);
}

static void dates_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"2025-2-01", "2025-02-30", "2025-13-01",
                                      "20250201",  "2025-02-29", "2025-02-1x",
                                      "",          "2025-00-10"};
    int64_t day;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(date_from_text(bad[i], strlen(bad[i]), &day, NULL), ERROR_INPUT);
    assert_int_equal(date_from_text("2024-02-29", 10, &day, NULL), 0);
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    assert_string_equal(text, "2024-02-29");
}

static void almaty_is_five_hours_east_in_2025(void **state)
{
    (void)state;
    struct zone *zone = open_zone("Asia/Almaty");
    assert_int_equal(zone_offset_s(zone, utc("2025-01-01T00:00:00Z")), 5 * 3600);
    assert_int_equal(zone_offset_s(zone, utc("2024-01-01T00:00:00Z")), 6 * 3600);
    zone_free(zone);
}

static void new_york_changes_twice_a_year_until_2037(void **state)
{
    (void)state;
    struct zone *zone = open_zone("America/New_York");
    assert_int_equal(zone_offset_s(zone, utc("2025-03-09T06:59:59Z")), -5 * 3600);
    assert_int_equal(zone_offset_s(zone, utc("2025-03-09T07:00:00Z")), -4 * 3600);
    assert_int_equal(zone_offset_s(zone, utc("2025-11-02T05:59:59Z")), -4 * 3600);
    assert_int_equal(zone_offset_s(zone, utc("2025-11-02T06:00:00Z")), -5 * 3600);
    assert_int_equal(zone_offset_s(zone, utc("2037-07-01T00:00:00Z")), -4 * 3600);
    zone_free(zone);
}

static void twice_means_the_first_and_never_the_end_of_the_gap(void **state)
{
    (void)state;
    struct zone *zone = open_zone("America/New_York");
    assert_int_equal(local(zone, "2025-11-02 01:30"), utc("2025-11-02T05:30:00Z"));
    assert_int_equal(local(zone, "2025-11-02 02:00"), utc("2025-11-02T07:00:00Z"));
    assert_int_equal(local(zone, "2025-03-09 02:30"), utc("2025-03-09T07:00:00Z"));
    assert_int_equal(local(zone, "2025-03-09 03:00"), utc("2025-03-09T07:00:00Z"));
    assert_int_equal(local(zone, "2025-03-09 01:59:59.5"), utc("2025-03-09T06:59:59.500Z"));
    zone_free(zone);
    zone = open_zone("Australia/Lord_Howe"); // half an hour
    assert_int_equal(local(zone, "2025-04-06 01:45"), utc("2025-04-05T14:45:00Z"));
    assert_int_equal(local(zone, "2025-04-06 02:00"), utc("2025-04-05T15:30:00Z"));
    assert_int_equal(local(zone, "2025-10-05 02:15"), utc("2025-10-04T15:30:00Z"));
    zone_free(zone);
}

static void samoa_left_out_a_day(void **state)
{
    (void)state;
    struct zone *zone = open_zone("Pacific/Apia");
    int64_t change = utc("2011-12-30T10:00:00Z");
    assert_int_equal(local(zone, "2011-12-29 23:59:59.999"), change - 1);
    assert_int_equal(local(zone, "2011-12-30 12:00"), change);
    assert_int_equal(local(zone, "2011-12-31 00:00"), change);
    struct zone_local there;
    zone_local(zone, change, &there);
    assert_int_equal(there.day, 31);
    assert_int_equal(there.weekday, 6);
    zone_free(zone);
}

static void local_time_never_goes_backwards(void **state)
{
    (void)state;
    static const char *const names[] = {
        "America/New_York",  "Australia/Lord_Howe", "Pacific/Apia",   "America/Sao_Paulo",
        "Africa/Casablanca", "Asia/Shanghai",       "America/Havana", "Pacific/Kwajalein"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        struct zone *zone = open_zone(names[n]);
        int64_t before = INT64_MIN;
        for (int64_t step = 0; step < 48 * 365 * 44; step++) {
            int64_t day = date_to_day(1990, 1, 1) + step / 48;
            int64_t ms = zone_instant(zone, day, step % 48 * 1800000);
            assert_true(ms >= before);
            before = ms;
            struct zone_local there;
            zone_local(zone, ms, &there);
            int64_t back = zone_instant(
                zone, date_to_day(there.year, there.month, there.day),
                ((int64_t)there.hour * 3600 + there.minute * 60 + there.second) * 1000);
            assert_int_equal(back, ms); // what exists is found again
        }
        zone_free(zone);
    }
}

static void unknown_zones_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "Mars/Base", "/etc/passwd", "../zoneinfo/UTC",
                                      "Asia/Shang hai"};
    struct zone *zone;
    struct error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(zone_new(bad[i], &zone, &error), ERROR_INPUT);
        assert_string_equal(error.slug, "zone.unknown");
    }
    assert_int_equal(zone_new(NULL, &zone, &error), ERROR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_go_both_ways),
        cmocka_unit_test(dates_are_read_strictly),
        cmocka_unit_test(almaty_is_five_hours_east_in_2025),
        cmocka_unit_test(new_york_changes_twice_a_year_until_2037),
        cmocka_unit_test(twice_means_the_first_and_never_the_end_of_the_gap),
        cmocka_unit_test(samoa_left_out_a_day),
        cmocka_unit_test(local_time_never_goes_backwards),
        cmocka_unit_test(unknown_zones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
