// SPDX-License-Identifier: MPL-2.0
// The index inside a calendar: one entry per local day, with prefix sums.
#pragma once

#include <gridcase/core/arena.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/label.h>

enum {
    CALENDAR_FIRST_YEAR = 2000,
    CALENDAR_LAST_YEAR = 2037, // tzdata files know the changes up to here
    CALENDAR_PERIODS = 8,      // a day
    CALENDAR_PLANS = 200,
    CALENDAR_SEASONS = 8,
    CALENDAR_HOURS = 8,
    CALENDAR_DAY_MINUTES = 1440,
    CALENDAR_DAY_MS = 86400000,
    CALENDAR_MINUTE_MS = 60000,
};

enum calendar_day_flag {
    CALENDAR_DAY_HOLIDAY = 1,
    CALENDAR_DAY_MAKE_UP = 2,
    CALENDAR_DAY_STEP = 4, // counts as a day for stepped limits
    CALENDAR_DAY_ODD = 8,  // the zone's offset changes in it: local times need the zone
};

// The periods of one weekday of one plan, sorted, apart from each other.
struct calendar_pattern {
    int32_t count;
    int16_t opens_min[CALENDAR_PERIODS];
    int16_t closes_min[CALENDAR_PERIODS];
};

struct calendar_plan {
    const char *code;
    struct calendar_pattern weekdays[8]; // 1 = Monday .. 7 = Sunday; 0 is empty
};

struct calendar_season {
    const char *code;
    struct label name;
    int64_t *open_ms; // as below, for days inside the season only
    int64_t *all_ms;
};

struct calendar {
    struct arena *arena;
    struct zone *zone;
    int64_t version;
    // settings
    bool working_day_steps;
    int64_t day_open_ms;      // hours_per_day
    int32_t step_cut_off_min; // CALENDAR_DAY_MINUTES: never
    int32_t step_restart_min;
    bool step_holidays;         // true: holidays are skipped and make-up days count
    int64_t published_until_ms; // INT64_MAX: nothing is provisional
    // per local day; day i is first_day + i
    int64_t first_day;
    size_t day_count;
    int64_t *start_ms;   // day_count + 1 local midnights, never falling
    int64_t *open_ms;    // day_count + 1: open time before day i
    int32_t *steps;      // day_count + 1: days that count as steps before day i
    uint16_t *plan;      // index into plans
    uint8_t *pattern;    // weekday whose periods hold, 0 = none
    uint8_t *flags;      // enum calendar_day_flag
    uint8_t *in_season;  // a bit per season
    uint16_t *note;      // 0, or 1 + index into notes
    struct label *notes; // names of holidays and make-up days
    size_t note_count;
    struct calendar_plan plans[CALENDAR_PLANS];
    size_t plan_count;
    struct calendar_season seasons[CALENDAR_SEASONS];
    size_t season_count;
    // Sets of opening hours: calendars of their own, with the same zone, days and seasons.
    struct calendar *hours[CALENDAR_HOURS];
    const char *hours_code[CALENDAR_HOURS];
    size_t hours_count;
};

// Entries looked at by searches, per thread: tests prove with it that ten years cost what
// ten minutes cost.
extern _Thread_local uint64_t calendar_operations;

// Fills start_ms .. steps and the season sums from plan, pattern, flags and in_season.
void calendar_build_index(struct calendar *calendar);
// Index of the day that holds the instant: 0 .. day_count - 1; instants outside get an end.
size_t calendar_day_index(const struct calendar *calendar, int64_t instant_ms);
const struct calendar_pattern *calendar_pattern(const struct calendar *calendar,
                                                size_t day);
// A local time of a day as an instant.
int64_t calendar_minute(const struct calendar *calendar, size_t day, int32_t minute);
// -1 when there is none.
int calendar_season_find(const struct calendar *calendar, const char *code);
// Stepped limits: the instant moved to the first day that counts, at the same time of day,
// before any cut-off hour is looked at.
int64_t calendar_step_day(const struct calendar *calendar, int64_t instant_ms);
