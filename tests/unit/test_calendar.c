// SPDX-License-Identifier: MPL-2.0
// Tables of a calendar: what they mean, and what is reported about bad ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/instant.h>
#include <gridcase/rules/calendar.h>

#include "rules_support.h"

struct texts {
    const char *settings, *plans, *periods, *days, *seasons, *hours;
};

static struct table *maybe(const char *name, const char *csv)
{
    return csv ? support_table(name, csv) : NULL;
}

// Builds and tells what was reported; NULL when it was refused.
static struct calendar *build(const struct texts *texts, struct support_report *report)
{
    TABLE_CLEANUP struct table *settings = maybe("calendar.csv", texts->settings);
    TABLE_CLEANUP struct table *plans = maybe("calendar_plans.csv", texts->plans);
    TABLE_CLEANUP struct table *periods = maybe("calendar_periods.csv", texts->periods);
    TABLE_CLEANUP struct table *days = maybe("calendar_days.csv", texts->days);
    TABLE_CLEANUP struct table *seasons = maybe("calendar_seasons.csv", texts->seasons);
    TABLE_CLEANUP struct table *hours = maybe("calendar_hours.csv", texts->hours);
    struct calendar_source source = {"Asia/Shanghai", 5,    settings, plans,
                                     periods,         days, seasons,  hours};
    struct calendar *calendar = NULL;
    struct error error;
    support_report_init(report);
    int code = calendar_new(&source, &report->report, &calendar, &error);
    if (code) {
        assert_int_equal(code, ERROR_INPUT);
        assert_string_equal(error.slug, "calendar.invalid");
        assert_null(calendar);
    }
    return calendar;
}

static void refused(const struct texts *texts, const char *slug, int64_t line)
{
    struct support_report report;
    struct calendar *calendar = build(texts, &report);
    if (calendar)
        fail_msg("%s: was accepted", slug);
    if (support_reported_line(&report, slug) != line)
        fail_msg("%s: line %d, not %d; the first is %s: %s", slug,
                 (int)support_reported_line(&report, slug), (int)line, report.slugs[0],
                 report.messages[0]);
}

static void bad_periods_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *periods, *slug;
        int64_t line;
    } rows[] = {
        {"weekdays,opens,closes\n1-5,08:00,12:00\n3,11:00,13:00\n",
         "calendar.period_overlap", 3},
        {"weekdays,opens,closes\n1-5,14:00,18:00\n5,08:00,14:01\n",
         "calendar.period_overlap", 3},
        {"weekdays,opens,closes\n1-5,22:00,06:00\n", "calendar.period_backwards", 2},
        {"weekdays,opens,closes\n1-5,08:00,08:00\n", "calendar.period_backwards", 2},
        {"weekdays,opens,closes\n1-5,8:00,12:00\n", "calendar.time_invalid", 2},
        {"weekdays,opens,closes\n1-5,08:00,24:01\n", "calendar.time_invalid", 2},
        {"weekdays,opens,closes\n1-8,08:00,12:00\n", "calendar.weekdays_invalid", 2},
        {"weekdays,opens,closes\n5-1,08:00,12:00\n", "calendar.weekdays_invalid", 2},
        {"weekdays,opens,closes\nfunday,08:00,12:00\n", "calendar.weekdays_invalid", 2},
        {"weekdays,opens\n1-5,08:00\n", "table.missing_column", 0},
        {"weekdays,opens,closes\n", "calendar.no_periods", 0},
        {"plan,opens,closes\na,08:00,12:00\nb,08:00,12:00\n", "calendar.plans_missing", 0},
        {"opens,closes\n00:00,01:00\n02:00,03:00\n04:00,05:00\n06:00,07:00\n08:00,09:00\n"
         "10:00,11:00\n12:00,13:00\n14:00,15:00\n16:00,17:00\n",
         "calendar.too_many_periods", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refused(&(struct texts){.periods = rows[i].periods}, rows[i].slug, rows[i].line);
}

static void bad_days_settings_and_seasons_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct texts texts;
        const char *slug;
        int64_t line;
    } rows[] = {
        {{.days = "date,kind\n2025-02-29,holiday\n"}, "calendar.date_invalid", 2},
        {{.days = "date,to,kind\n2025-10-08,2025-10-01,holiday\n"},
         "calendar.dates_backwards",
         2},
        {{.days = "date,kind\n2025-10-01,feast\n"}, "calendar.kind_unknown", 2},
        {{.days = "date,to,kind\n2025-10-01,2025-10-08,holiday\n2025-10-05,,workday\n"},
         "calendar.day_twice",
         3},
        {{.days = "date,kind\n1999-10-01,holiday\n"}, "calendar.date_out_of_range", 2},
        {{.days = "date,to,kind\n2025-10-01,2099-10-08,holiday\n"},
         "calendar.date_out_of_range",
         2},
        {{.days = "date,kind,works_as\n2025-10-11,workday,7\n"},
         "calendar.works_as_invalid",
         2},
        {{.settings = "setting,value\ncoffee,10:00\n"}, "calendar.setting_unknown", 2},
        {{.settings = "setting,value\nworking_day,night\n"}, "calendar.value_invalid", 2},
        {{.settings = "setting,value\nhours_per_day,0\n"}, "calendar.hours_invalid", 2},
        {{.settings = "setting,value\nhours_per_day,25\n"}, "calendar.hours_invalid", 2},
        {{.settings = "setting,value\nstep_cut_off,5pm\n"}, "calendar.time_invalid", 2},
        {{.settings = "setting,value\npublished_until,2025\n"}, "calendar.date_invalid", 2},
        {{.settings = "setting,value\nworking_day,step\nworking_day,hours\n"},
         "calendar.setting_twice",
         3},
        {{.seasons = "season,from,to\nplanting,03-01,\n"}, "calendar.dates_invalid", 2},
        {{.days = "date,kind\n2025-02-30,holiday\n"}, "calendar.date_invalid", 2},
        {{.plans = "plan,from,to\n,2025-02-30,2025-04-01\n"}, "calendar.dates_invalid", 2},
        {{.hours = "hours,opens,closes\nCentre!,08:30,21:30\n"}, "calendar.hours_code", 2},
        {{.hours = "hours,opens,closes\ncentre,21:30,08:30\n"},
         "calendar.period_backwards",
         2},
        {{.hours = "hours,opens,closes,holidays\ncentre,08:30,21:30,maybe\n"},
         "calendar.value_invalid",
         2},
        {{.hours = "hours,weekdays,opens,closes,holidays\ncentre,1-5,08:30,21:30,open\n"
                   "centre,6,09:00,18:00,closed\n"},
         "calendar.value_invalid",
         3},
        {{.seasons = "season,from,to\nplanting,02-30,04-01\n"},
         "calendar.dates_invalid",
         2},
        {{.seasons = "season,from,to\nPlanting!,03-01,04-30\n"},
         "calendar.season_invalid",
         2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refused(&rows[i].texts, rows[i].slug, rows[i].line);
}

static void plans_must_neither_overlap_nor_leave_gaps(void **state)
{
    (void)state;
    static const char periods[] = "plan,opens,closes\na,08:00,12:00\nb,09:00,12:00\n";
    refused(&(struct texts){.periods = periods, .plans = "plan,from,to\na,,\nb,,\n"},
            "calendar.plan_overlap", 3);
    refused(&(struct texts){.periods = periods,
                            .plans = "plan,from,to\na,01-01,06-30\nb,06-30,12-31\n"},
            "calendar.plan_overlap", 3);
    refused(&(struct texts){.periods = periods,
                            .plans = "plan,from,to\na,,2024-12-31\nb,2025-01-02,\n"},
            "calendar.plan_gap", 0);
    refused(
        &(struct texts){.periods = periods, .plans = "plan,from,to\na,,\nc,05-01,06-01\n"},
        "calendar.plan_unknown", 3);
    struct support_report report;
    struct calendar *calendar =
        build(&(struct texts){.periods = periods, .plans = "plan,from,to\na,,\n"}, &report);
    assert_non_null(calendar);
    assert_int_equal(support_reported(&report, "calendar.plan_unused"), 1);
    calendar_free(calendar);
}

static void all_problems_are_reported_at_once(void **state)
{
    (void)state;
    struct texts texts = {
        .settings = "setting,value\ncoffee,10:00\n",
        .periods = "weekdays,opens,closes\n1-5,12:00,08:00\n9,08:00,12:00\n1,08:00,12:00\n",
        .days = "date,kind,colour\n2025-10-32,holiday,red\n",
        .seasons = "season,from,to\nplanting,x,y\n",
    };
    struct support_report report;
    assert_null(build(&texts, &report));
    size_t errors = 0;
    for (size_t i = 0; i < report.count; i++)
        errors += report.severities[i] == RULES_ERROR;
    assert_int_equal(errors, 5);
    assert_int_equal(support_reported(&report, "table.unknown_column"), 1);
}

static void dated_plans_win_over_yearly_ones(void **state)
{
    (void)state;
    struct texts texts = {
        .periods = "plan,opens,closes\nbase,08:00,12:00\nsummer,07:00,11:00\n"
                   "games,00:00,24:00\n",
        .plans = "plan,from,to\nsummer,05-01,09-30\ngames,2025-07-01,2025-07-31\nbase,,\n",
    };
    struct support_report report;
    struct calendar *calendar = build(&texts, &report);
    assert_non_null(calendar);
    struct limit hour = {.unit = LIMIT_WORKING_HOUR, .milli = 1000};
    static const struct {
        const char *from, *due;
    } rows[] = {{"2025-04-30 00:00", "2025-04-30 09:00"},
                {"2025-05-01 00:00", "2025-05-01 08:00"},
                {"2025-06-30 12:00", "2025-07-01 01:00"},
                {"2025-07-31 23:30", "2025-08-01 07:30"},
                {"2025-10-01 00:00", "2025-10-01 09:00"}};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(
            support_show(calendar, calendar_due(calendar, &hour,
                                                support_local(calendar, rows[i].from))),
            support_show(calendar, support_local(calendar, rows[i].due)));
    struct calendar_piece piece;
    calendar_piece_at(calendar, support_local(calendar, "2025-07-02 03:00"), "en", &piece);
    assert_string_equal(piece.plan, "games");
    calendar_free(calendar);
}

static void make_up_days_work_as_told(void **state)
{
    (void)state;
    struct texts texts = {
        .periods = "weekdays,opens,closes\n1-4,08:00,12:00\n5,10:00,11:00\n",
        .days = "date,kind,works_as,name_zh,name_en\n"
                "2025-10-11,workday,,调休,make-up\n"
                "2025-10-18,workday,fri,调休,make-up\n"
                "2025-10-13,holiday,,假,holiday\n",
    };
    struct support_report report;
    struct calendar *calendar = build(&texts, &report);
    assert_non_null(calendar);
    struct calendar_piece piece;
    calendar_piece_at(calendar, support_local(calendar, "2025-10-11 08:30"), "zh-CN",
                      &piece);
    assert_int_equal(piece.why, CALENDAR_OPEN_MAKE_UP);
    assert_string_equal(piece.name, "调休");
    calendar_piece_at(calendar, support_local(calendar, "2025-10-18 08:30"), "en", &piece);
    assert_int_equal(piece.why, CALENDAR_NIGHT);
    assert_int_equal(piece.to_ms, support_local(calendar, "2025-10-18 10:00"));
    calendar_piece_at(calendar, support_local(calendar, "2025-10-13 08:30"), "en", &piece);
    assert_int_equal(piece.why, CALENDAR_HOLIDAY);
    assert_string_equal(piece.name, "holiday");
    calendar_piece_at(calendar, support_local(calendar, "2025-10-12 08:30"), "en", &piece);
    assert_int_equal(piece.why, CALENDAR_WEEKEND);
    assert_string_equal(calendar_why_to_str(piece.why), "weekend");
    calendar_free(calendar);
}

static void deadlines_beyond_the_published_holidays_are_provisional(void **state)
{
    (void)state;
    struct support_report report;
    struct texts texts = {.days = "date,kind\n2025-10-01,holiday\n"};
    struct calendar *calendar = build(&texts, &report);
    struct limit day = {.unit = LIMIT_WORKING_DAY, .milli = 1000};
    struct limit natural = {.unit = LIMIT_NATURAL_DAY, .milli = 1000};
    int64_t end = support_local(calendar, "2026-01-01 00:00");
    assert_false(calendar_is_provisional(calendar, &day, end));
    assert_true(calendar_is_provisional(calendar, &day, end + 1));
    assert_false(calendar_is_provisional(calendar, &natural, end + 1));
    assert_false(calendar_is_provisional(calendar, &day, INSTANT_NONE));
    calendar_free(calendar);
    texts.days = NULL; // no holidays are known at all: none are expected
    calendar = build(&texts, &report);
    assert_false(calendar_is_provisional(calendar, &day, end + 1));
    calendar_free(calendar);
    texts.settings = "setting,value\npublished_until,2025-06-30\n";
    calendar = build(&texts, &report);
    assert_true(calendar_is_provisional(calendar, &day, end));
    calendar_free(calendar);
}

static void what_lies_beyond_the_index_ends_at_its_end(void **state)
{
    (void)state;
    struct support_report report;
    struct calendar *calendar = build(&(struct texts){.days = NULL}, &report);
    struct limit limit = {.unit = LIMIT_WORKING_DAY, .milli = LIMIT_MILLI_MOST};
    int64_t end = support_local(calendar, "2038-01-01 00:00");
    assert_int_equal(
        calendar_due(calendar, &limit, support_local(calendar, "2026-01-01 00:00")), end);
    assert_int_equal(calendar_due(calendar, &limit, end + 5), end + 5);
    assert_int_equal(
        calendar_count(calendar, &limit, 0, support_local(calendar, "2000-01-01 00:00")),
        0);
    assert_true(calendar_is_provisional(calendar, &limit, end));
    struct limit season = {.unit = LIMIT_NATURAL_DAY, .milli = 1000, .season = "never"};
    assert_false(calendar_has_season(calendar, "never"));
    assert_int_equal(calendar_due(calendar, &season, 0), end);
    calendar_free(calendar);
}

static void local_dates_number_cases(void **state)
{
    (void)state;
    struct support_report report;
    struct calendar *calendar = build(&(struct texts){.days = NULL}, &report);
    struct zone_local local;
    calendar_local(calendar, support_utc("2025-12-31T16:00:00Z"), &local);
    assert_int_equal(local.year, 2026);
    assert_int_equal(local.offset_s, 8 * 3600);
    int64_t day = calendar_day(calendar, support_utc("2025-12-31T15:59:59Z"));
    assert_int_equal(day, date_to_day(2025, 12, 31));
    assert_int_equal(calendar_day_start(calendar, day),
                     support_utc("2025-12-30T16:00:00Z"));
    assert_int_equal(calendar_version(calendar), 5);
    calendar_free(calendar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_periods_are_refused),
        cmocka_unit_test(bad_days_settings_and_seasons_are_refused),
        cmocka_unit_test(plans_must_neither_overlap_nor_leave_gaps),
        cmocka_unit_test(all_problems_are_reported_at_once),
        cmocka_unit_test(dated_plans_win_over_yearly_ones),
        cmocka_unit_test(make_up_days_work_as_told),
        cmocka_unit_test(deadlines_beyond_the_published_holidays_are_provisional),
        cmocka_unit_test(what_lies_beyond_the_index_ends_at_its_end),
        cmocka_unit_test(local_dates_number_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
