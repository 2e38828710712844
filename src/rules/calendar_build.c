// SPDX-License-Identifier: MPL-2.0
// Builds a calendar: reads the tables, then adds up open time day by day.
#include "calendar_build.h"

#include <stdlib.h>
#include <string.h>

// Above what any tables can need (the index takes 0.7 MB, and 0.2 MB for each season).
#define CALENDAR_CEILING ((size_t)8 << 30)

static int64_t open_in_day(const struct calendar *calendar, size_t day)
{
    const struct calendar_pattern *pattern = calendar_pattern(calendar, day);
    int64_t open_ms = 0;
    for (int i = 0; i < pattern->count; i++)
        open_ms += calendar_minute(calendar, day, pattern->closes_min[i]) -
                   calendar_minute(calendar, day, pattern->opens_min[i]);
    return open_ms;
}

static void mark_odd_days(struct calendar *calendar)
{
    for (size_t i = 0; i <= calendar->day_count; i++)
        calendar->start_ms[i] =
            zone_instant(calendar->zone, calendar->first_day + (int64_t)i, 0);
    for (size_t i = 0; i < calendar->day_count; i++) {
        int64_t start_ms = calendar->start_ms[i], end_ms = calendar->start_ms[i + 1];
        if (end_ms - start_ms != CALENDAR_DAY_MS ||
            zone_changes(calendar->zone, start_ms, end_ms))
            calendar->flags[i] |= CALENDAR_DAY_ODD;
    }
}

// Stepped limits count the days that the weekly pattern works; with step_holidays, what
// holidays and make-up days make of it. A day that the date line left out never counts.
static bool is_step_day(const struct calendar *calendar, size_t day)
{
    if (calendar->start_ms[day] == calendar->start_ms[day + 1])
        return false;
    if (calendar->step_holidays)
        return calendar_pattern(calendar, day)->count > 0;
    int32_t weekday = date_weekday(calendar->first_day + (int64_t)day);
    return calendar->plans[calendar->plan[day]].weekdays[weekday].count > 0;
}

void calendar_build_index(struct calendar *calendar)
{
    mark_odd_days(calendar);
    for (size_t i = 0; i < calendar->day_count; i++) {
        int64_t open_ms = open_in_day(calendar, i);
        int64_t all_ms = calendar->start_ms[i + 1] - calendar->start_ms[i];
        bool step = is_step_day(calendar, i);
        if (step)
            calendar->flags[i] |= CALENDAR_DAY_STEP;
        calendar->open_ms[i + 1] = calendar->open_ms[i] + open_ms;
        calendar->steps[i + 1] = calendar->steps[i] + (step ? 1 : 0);
        for (size_t s = 0; s < calendar->season_count; s++) {
            struct calendar_season *season = &calendar->seasons[s];
            bool in = calendar->in_season[i] >> s & 1;
            season->open_ms[i + 1] = season->open_ms[i] + (in ? open_ms : 0);
            season->all_ms[i + 1] = season->all_ms[i] + (in ? all_ms : 0);
        }
    }
}

static void make_arrays(struct calendar_build *build)
{
    struct calendar *calendar = build->calendar;
    struct arena *arena = calendar->arena;
    calendar->first_day = date_to_day(CALENDAR_FIRST_YEAR, 1, 1);
    size_t count =
        (size_t)(date_to_day(CALENDAR_LAST_YEAR + 1, 1, 1) - calendar->first_day);
    calendar->day_count = count;
    calendar->start_ms = arena_array(arena, count + 1, sizeof *calendar->start_ms);
    calendar->open_ms = arena_array(arena, count + 1, sizeof *calendar->open_ms);
    calendar->steps = arena_array(arena, count + 1, sizeof *calendar->steps);
    calendar->plan = arena_array(arena, count, sizeof *calendar->plan);
    calendar->pattern = arena_array(arena, count, sizeof *calendar->pattern);
    calendar->flags = arena_array(arena, count, sizeof *calendar->flags);
    calendar->in_season = arena_array(arena, count, sizeof *calendar->in_season);
    calendar->note = arena_array(arena, count, sizeof *calendar->note);
    build->plan_rank = memory_array(count, sizeof *build->plan_rank);
    build->plan_row = memory_array(count, sizeof *build->plan_row);
}

// The weekly pattern of each day, before holidays and make-up days change it.
static void fill_weekdays(struct calendar *calendar)
{
    for (size_t i = 0; i < calendar->day_count; i++)
        calendar->pattern[i] = (uint8_t)date_weekday(calendar->first_day + (int64_t)i);
}

// Published until: as said, else the end of the year of the last holiday; never beyond the
// last day that a plan covers.
static void settle_published(struct calendar_build *build)
{
    struct calendar *calendar = build->calendar;
    int64_t until_day = build->published_until_day;
    if (until_day == INT64_MAX && build->last_named_day != INT64_MIN) {
        int32_t year, month, day;
        date_from_day(build->last_named_day, &year, &month, &day);
        until_day = date_to_day(year, 12, 31);
    }
    size_t covered = calendar->day_count;
    while (covered > 0 && build->plan_rank[covered - 1] == 0)
        covered--;
    int64_t covered_day = calendar->first_day + (int64_t)covered - 1;
    if (covered < calendar->day_count && covered_day < until_day)
        until_day = covered_day;
    calendar->published_until_ms =
        until_day == INT64_MAX ? INT64_MAX : zone_instant(calendar->zone, until_day + 1, 0);
}

static struct calendar *calendar_begin(const struct calendar_source *source,
                                       struct zone *zone)
{
    struct calendar *calendar = memory_new(sizeof *calendar);
    calendar->arena = arena_new(CALENDAR_CEILING);
    calendar->zone = zone;
    calendar->version = source->version;
    return calendar;
}

// One set of opening hours. What is wrong with the tables that it shares was told before.
static void build_hours(struct calendar_build *whole, const char *code)
{
    struct calendar *calendar = whole->calendar, *hours;
    struct zone *zone;
    struct error error;
    if (zone_new(whole->source->zone, &zone, &error) != 0)
        return; // it was there a moment ago
    hours = calendar_begin(whole->source, zone);
    calendar->hours_code[calendar->hours_count] = arena_text(calendar->arena, code);
    calendar->hours[calendar->hours_count++] = hours;
    struct calendar_build build = {.calendar = hours,
                                   .source = whole->source,
                                   .check = {.report = NULL},
                                   .published_until_day = INT64_MAX,
                                   .last_named_day = INT64_MIN};
    bool holidays = true;
    make_arrays(&build);
    calendar_read_settings(&build);
    build.check = whole->check;
    calendar_read_hours(&build, code, &holidays);
    whole->check = build.check;
    build.check = (struct rules_check){.report = NULL};
    memset(build.plan_rank, 1, hours->day_count);
    fill_weekdays(hours);
    if (holidays)
        calendar_read_days(&build);
    calendar_read_seasons(&build);
    settle_published(&build);
    hours->working_day_steps = false;
    free(build.plan_rank);
    free(build.plan_row);
    if (hours->plan_count > 0)
        calendar_build_index(hours);
}

static void build_all_hours(struct calendar_build *build)
{
    const char *codes[CALENDAR_HOURS];
    size_t count = calendar_list_hours(build, codes);
    for (size_t i = 0; i < count && build->check.errors == 0; i++)
        build_hours(build, codes[i]);
}

int calendar_new(const struct calendar_source *source, const struct rules_report *report,
                 struct calendar **ret_calendar, struct error *error)
{
    struct zone *zone;
    int code = zone_new(source->zone, &zone, error);
    if (code)
        return code;
    struct calendar *calendar = calendar_begin(source, zone);
    struct calendar_build build = {
        .calendar = calendar,
        .source = source,
        .check = {.report = report},
        .published_until_day = INT64_MAX,
        .last_named_day = INT64_MIN,
    };
    make_arrays(&build);
    calendar_read_settings(&build);
    calendar_read_periods(&build);
    calendar_read_plans(&build);
    fill_weekdays(calendar);
    calendar_read_days(&build);
    calendar_read_seasons(&build);
    settle_published(&build);
    free(build.plan_rank);
    free(build.plan_row);
    build_all_hours(&build);
    code = rules_check_result(&build.check, "calendar.invalid", error);
    if (code) {
        calendar_free(calendar);
        return code;
    }
    calendar_build_index(calendar);
    *ret_calendar = calendar;
    return 0;
}

struct calendar *calendar_free(struct calendar *calendar)
{
    if (calendar) {
        for (size_t i = 0; i < calendar->hours_count; i++)
            calendar_free(calendar->hours[i]);
        zone_free(calendar->zone);
        arena_free(calendar->arena);
        free(calendar);
    }
    return NULL;
}
