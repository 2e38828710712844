// SPDX-License-Identifier: MPL-2.0
// What holds for every calendar and every clock, tried on random ones with a fixed seed.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/instant.h>
#include <gridcase/rules/clock.h>

#include "../../src/rules/calendar_internal.h"
#include "rules_support.h"

static const char *const zones[] = {
    "Asia/Shanghai",     "America/New_York",  "Australia/Lord_Howe", "Pacific/Apia",
    "America/Sao_Paulo", "Africa/Casablanca", "America/Havana",      "UTC",
};
enum { ZONES = sizeof zones / sizeof *zones, CALENDARS = 24, TRIES = 400 };

static void random_periods(uint64_t *seed, struct buffer *out)
{
    buffer_append_text(out, "weekdays,opens,closes\n");
    for (int day = 1; day <= 7; day++) {
        int64_t minute = support_between(seed, 0, 600);
        int64_t periods = day == 3 ? 2 : support_between(seed, 0, 4);
        for (int64_t i = 0; i < periods && minute < 1400; i++) {
            int64_t closes = minute + support_between(seed, 1, 400);
            if (closes > 1440 || (i + 1 == periods && support_between(seed, 0, 5) == 0))
                closes = 1440;
            buffer_format(out, "%d,%02d:%02d,%02d:%02d\n", day, (int)minute / 60,
                          (int)minute % 60, (int)closes / 60, (int)closes % 60);
            minute = closes + support_between(seed, 0, 200);
        }
    }
}

static void random_days(uint64_t *seed, struct buffer *out)
{
    buffer_append_text(out, "date,kind,name_en\n");
    int64_t day = date_to_day(2009, 1, 1);
    for (int i = 0; i < 200; i++) {
        char text[DATE_TEXT_SIZE];
        day += support_between(seed, 1, 60);
        date_to_text(day, text);
        buffer_format(out, "%s,%s,day %d\n", text,
                      support_between(seed, 0, 2) ? "holiday" : "workday", i);
    }
}

static struct calendar *random_calendar(uint64_t *seed)
{
    BUFFER_CLEANUP struct buffer periods, days;
    buffer_init(&periods, BUFFER_CEILING_LINE);
    buffer_init(&days, BUFFER_CEILING_LINE);
    random_periods(seed, &periods);
    random_days(seed, &days);
    TABLE_CLEANUP struct table *period_table = support_table("periods", periods.data);
    TABLE_CLEANUP struct table *day_table = support_table("days", days.data);
    TABLE_CLEANUP struct table *settings = support_table(
        "settings", "setting,value\nstep_cut_off,17:00\nstep_restart,08:30\n");
    TABLE_CLEANUP struct table *seasons =
        support_table("seasons", "season,from,to\nplanting,10-15,04-20\n");
    struct calendar_source source = {.zone = zones[support_between(seed, 0, ZONES - 1)],
                                     .version = 7,
                                     .settings = settings,
                                     .periods = period_table,
                                     .days = day_table,
                                     .seasons = seasons};
    struct calendar *calendar;
    struct error error;
    if (calendar_new(&source, NULL, &calendar, &error))
        fail_msg("%s", error.message);
    return calendar;
}

static int64_t random_instant(uint64_t *seed)
{
    return support_between(seed, support_utc("2008-01-01T00:00:00Z"),
                           support_utc("2027-01-01T00:00:00Z"));
}

// Small amounts and large ones equally often.
static int64_t random_amount(uint64_t *seed)
{
    int64_t most = (int64_t)1 << support_between(seed, 1, 37); // up to four years
    return support_between(seed, 1, most);
}

static struct limit random_measure(uint64_t *seed)
{
    static const enum limit_unit units[] = {LIMIT_MINUTE,       LIMIT_URGENT_HOUR,
                                            LIMIT_WORKING_HOUR, LIMIT_WORKING_DAY,
                                            LIMIT_WORKING_HOUR, LIMIT_NATURAL_DAY};
    struct limit limit = {.unit = units[support_between(seed, 0, 5)], .milli = 1000};
    if (support_between(seed, 0, 4) == 0)
        memcpy(limit.season, "planting", sizeof "planting");
    return limit;
}

static void counting_undoes_adding(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int c = 0; c < CALENDARS; c++) {
        struct calendar *calendar = random_calendar(&seed);
        for (int i = 0; i < TRIES; i++) {
            struct limit measure = random_measure(&seed);
            int64_t from = random_instant(&seed), amount = random_amount(&seed) / 4 + 1;
            int64_t to = calendar_add(calendar, &measure, from, amount);
            if (to >= calendar->start_ms[calendar->day_count])
                continue; // a seldom open calendar ran into its end
            assert_int_equal(calendar_count(calendar, &measure, from, to), amount);
            assert_true(calendar_count(calendar, &measure, from, to - 1) < amount);
            assert_int_equal(calendar_add(calendar, &measure, from, 0), from);
        }
        calendar_free(calendar);
    }
}

static void counting_is_additive_and_adding_monotonic(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int c = 0; c < CALENDARS; c++) {
        struct calendar *calendar = random_calendar(&seed);
        for (int i = 0; i < TRIES; i++) {
            struct limit measure = random_measure(&seed);
            int64_t a = random_instant(&seed), b = a + random_amount(&seed),
                    d = b + random_amount(&seed), amount = random_amount(&seed) / 4;
            assert_int_equal(calendar_count(calendar, &measure, a, b) +
                                 calendar_count(calendar, &measure, b, d),
                             calendar_count(calendar, &measure, a, d));
            assert_true(calendar_count(calendar, &measure, a, b) <= b - a);
            assert_true(calendar_add(calendar, &measure, a, amount) <=
                        calendar_add(calendar, &measure, b, amount));
            assert_true(calendar_add(calendar, &measure, a, amount) <=
                        calendar_add(calendar, &measure, a, amount + 1));
        }
        calendar_free(calendar);
    }
}

// The slow way: minute by minute, asking the wall clock.
static int64_t count_slowly(const struct calendar *calendar, int64_t from, int64_t to)
{
    int64_t open = 0;
    for (int64_t at = from; at < to; at += 60000) {
        struct zone_local local;
        calendar_local(calendar, at, &local);
        int64_t day = date_to_day(local.year, local.month, local.day);
        size_t index = (size_t)(day - calendar->first_day);
        if (calendar->flags[index] & CALENDAR_DAY_HOLIDAY)
            continue;
        const struct calendar_pattern *pattern = calendar_pattern(calendar, index);
        int minute = local.hour * 60 + local.minute;
        for (int i = 0; i < pattern->count; i++)
            if (minute >= pattern->opens_min[i] && minute < pattern->closes_min[i])
                open += 60000;
    }
    return open;
}

static void counting_agrees_with_the_wall_clock(void **state)
{
    (void)state;
    uint64_t seed = 3;
    struct limit measure = {.unit = LIMIT_WORKING_HOUR, .milli = 1000};
    for (int c = 0; c < CALENDARS; c++) {
        struct calendar *calendar = random_calendar(&seed);
        for (int i = 0; i < 40; i++) {
            int64_t from = random_instant(&seed) / 60000 * 60000;
            int64_t to = from + support_between(&seed, 1, 60 * 24 * 20) * 60000;
            // An hour that happens twice counts once for a period that only touches it:
            // such stretches are the business of the table of clocks.
            if (zone_changes(calendar_zone(calendar), from - 86400000, to + 86400000))
                continue;
            assert_int_equal(calendar_count(calendar, &measure, from, to),
                             count_slowly(calendar, from, to));
        }
        calendar_free(calendar);
    }
}

static void pieces_add_up(void **state)
{
    (void)state;
    uint64_t seed = 4;
    struct limit measure = {.unit = LIMIT_WORKING_HOUR, .milli = 1000};
    for (int c = 0; c < CALENDARS; c++) {
        struct calendar *calendar = random_calendar(&seed);
        int64_t from = random_instant(&seed), to = from + (int64_t)400 * 86400000, open = 0;
        for (int64_t at = from; at < to;) {
            struct calendar_piece piece;
            calendar_piece_at(calendar, at, "en", &piece);
            assert_true(piece.from_ms <= at && piece.to_ms > at);
            int64_t end = piece.to_ms < to ? piece.to_ms : to;
            if (piece.why == CALENDAR_OPEN || piece.why == CALENDAR_OPEN_MAKE_UP)
                open += end - at;
            at = end;
        }
        assert_int_equal(open, calendar_count(calendar, &measure, from, to));
        calendar_free(calendar);
    }
}

static uint64_t cost_of(const struct calendar *calendar, const struct limit *measure,
                        int64_t from, int64_t amount)
{
    uint64_t before = calendar_operations;
    int64_t to = calendar_add(calendar, measure, from, amount);
    assert_int_equal(calendar_count(calendar, measure, from, to), amount);
    return calendar_operations - before;
}

static void ten_years_cost_what_ten_minutes_cost(void **state)
{
    (void)state;
    struct calendar_source source = {.zone = "Asia/Shanghai"};
    struct calendar *calendar;
    assert_int_equal(calendar_new(&source, NULL, &calendar, NULL), 0);
    struct limit measure = {.unit = LIMIT_WORKING_HOUR, .milli = 1000};
    int64_t ten_years = (int64_t)10 * 250 * 8 * 3600 * 1000;
    uint64_t seed = 5, most_short = 0, most_long = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t from = random_instant(&seed);
        uint64_t brief = cost_of(calendar, &measure, from, 600000);
        uint64_t lengthy = cost_of(calendar, &measure, from, ten_years);
        most_short = brief > most_short ? brief : most_short;
        most_long = lengthy > most_long ? lengthy : most_long;
    }
    print_message("ten minutes: at most %d look-ups, ten years: %d\n", (int)most_short,
                  (int)most_long);
    assert_true(most_long <= most_short + 4);
    assert_true(most_long <= 80);
    calendar_free(calendar);
}

static struct limit random_limit(uint64_t *seed)
{
    struct limit limit = {
        .unit = (enum limit_unit)support_between(seed, LIMIT_MINUTE, LIMIT_CALENDAR_DAY),
        .milli = support_between(seed, 1, 30) * 1000,
    };
    if (!calendar_is_continuous(&limit) && support_between(seed, 0, 3) == 0 &&
        limit.unit < LIMIT_STEP_DAY)
        limit.milli += 500;
    return limit;
}

static void pausing_for_no_time_changes_nothing(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (int c = 0; c < CALENDARS; c++) {
        struct calendar *calendar = random_calendar(&seed);
        for (int i = 0; i < TRIES; i++) {
            struct limit limit = random_limit(&seed);
            int64_t start = random_instant(&seed);
            struct clock clock;
            clock_init(&clock);
            assert_int_equal(clock_start(&clock, calendar, &limit, start, NULL), 0);
            struct clock before = clock;
            int64_t length = clock.due_ms - start;
            int64_t at = start + (length > 0 ? support_between(&seed, 0, length) : 0);
            assert_int_equal(clock_pause(&clock, calendar, at, NULL), 0);
            assert_int_equal(clock_resume(&clock, calendar, at, NULL), 0);
            if (at == before.due_ms)
                continue;
            // The deadline may slide inside closed time, never across open time.
            assert_int_equal(calendar_count(calendar, &limit, start, clock.due_ms),
                             calendar_count(calendar, &limit, start, before.due_ms));
            if (!calendar_is_stepped(calendar, &limit) ||
                calendar_count(calendar, &limit, start, at) > 0)
                assert_int_equal(clock.due_ms, before.due_ms);
            assert_false(clock_recompute(&clock, calendar, at));
        }
        calendar_free(calendar);
    }
}

// A random life of a clock; returns the number of events.
static size_t random_life(uint64_t *seed, const struct limit *limit,
                          struct clock_event events[20])
{
    size_t count = (size_t)support_between(seed, 1, 19);
    int64_t at = random_instant(seed);
    events[0] =
        (struct clock_event){.effect = CLOCK_EFFECT_START, .at_ms = at, .limit = *limit};
    bool runs = true;
    for (size_t i = 1; i < count; i++) {
        at += random_amount(seed) / 64;
        events[i] = (struct clock_event){.at_ms = at, .limit = *limit};
        int64_t choice = support_between(seed, 0, 9);
        if (choice == 0)
            events[i].effect = CLOCK_EFFECT_RESTART;
        else if (choice == 1)
            events[i].effect = CLOCK_EFFECT_EXTEND;
        else
            events[i].effect = runs ? CLOCK_EFFECT_PAUSE : CLOCK_EFFECT_RESUME;
        if (choice == 0)
            runs = true;
        else if (choice > 1)
            runs = !runs;
    }
    return count;
}

static void used_and_left_are_the_whole(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int c = 0; c < CALENDARS; c++) {
        struct calendar *calendar = random_calendar(&seed);
        for (int i = 0; i < TRIES; i++) {
            struct clock_event events[20];
            struct limit limit = random_limit(&seed);
            size_t count = random_life(&seed, &limit, events);
            struct clock clock;
            clock_init(&clock);
            for (size_t k = 0; k < count; k++) {
                assert_int_equal(clock_apply(&clock, calendar, &events[k], NULL), 0);
                int64_t now = events[k].at_ms;
                int64_t whole = clock_whole_ms(&clock, calendar);
                int64_t left = clock_left_ms(&clock, calendar, now);
                assert_int_equal(clock_used_ms(&clock, calendar, now) + left, whole);
                if (clock.status == CLOCK_RUNNING && clock.due_ms > now &&
                    clock.due_ms < calendar->start_ms[calendar->day_count])
                    assert_int_equal(calendar_count(calendar, &limit, now, clock.due_ms),
                                     left);
                if (clock.yellow_at_ms != INSTANT_NONE && clock.due_ms != INSTANT_NONE)
                    assert_true(clock.yellow_at_ms <= clock.due_ms);
            }
        }
        calendar_free(calendar);
    }
}

struct seen {
    size_t count;
    int64_t counted_ms;
    int64_t end_ms;
    bool contiguous;
};

static void look(void *context, const struct clock_interval *interval)
{
    struct seen *seen = context;
    if (seen->count > 0 && interval->from_ms != seen->end_ms)
        seen->contiguous = false;
    assert_true(interval->to_ms >= interval->from_ms);
    assert_true(interval->counted_ms >= 0 &&
                interval->counted_ms <= interval->to_ms - interval->from_ms);
    assert_non_null(interval->name);
    seen->end_ms = interval->to_ms;
    seen->counted_ms += interval->counted_ms;
    seen->count++;
}

static void explained_time_adds_up(void **state)
{
    (void)state;
    uint64_t seed = 8;
    size_t most = 0;
    for (int c = 0; c < CALENDARS; c++) {
        struct calendar *calendar = random_calendar(&seed);
        for (int i = 0; i < 60; i++) {
            struct clock_event events[20];
            struct limit limit = random_limit(&seed);
            struct seen seen = {.contiguous = true};
            struct clock_explain_request request = {.calendar = calendar,
                                                    .events = events,
                                                    .language = "en",
                                                    .visit = look,
                                                    .context = &seen};
            request.count = random_life(&seed, &limit, events);
            struct clock_explanation explanation;
            struct error error;
            if (clock_explain(&request, &explanation, &error))
                fail_msg("%s", error.message);
            most = seen.count > most ? seen.count : most;
            assert_true(seen.count <= 500 + 2 * request.count);
            if (calendar_is_stepped(calendar, &limit))
                continue;
            assert_true(seen.contiguous);
            assert_int_equal(seen.counted_ms, clock_used_ms(&explanation.clock, calendar,
                                                            explanation.until_ms));
        }
        calendar_free(calendar);
    }
    print_message("at most %zu intervals\n", most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting_undoes_adding),
        cmocka_unit_test(counting_is_additive_and_adding_monotonic),
        cmocka_unit_test(counting_agrees_with_the_wall_clock),
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(ten_years_cost_what_ten_minutes_cost),
        cmocka_unit_test(pausing_for_no_time_changes_nothing),
        cmocka_unit_test(used_and_left_are_the_whole),
        cmocka_unit_test(explained_time_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
