// SPDX-License-Identifier: MPL-2.0
// When an office works: plans of daily periods, holidays, make-up workdays, seasons, and
// the arithmetic of working time. gridcase-calendar(5) describes the tables.
//
// A calendar is immutable and may be used by any thread. It is indexed from 2000-01-01 to
// 2037-12-31 local time: counting and adding cost O(log days) however long the time is.
// Instants outside are treated as the nearest end; what would end later ends there.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/rules/limit.h>
#include <gridcase/rules/report.h>
#include <gridcase/rules/zone.h>

struct calendar;

// Tables are borrowed for the call; each may be NULL. Without periods: Monday to Friday,
// 08:00-12:00 and 14:00-18:00.
struct calendar_source {
    const char *zone;             // IANA name, compulsory
    int64_t version;              // kept, shown by explain
    const struct table *settings; // calendar.csv
    const struct table *plans;    // calendar_plans.csv
    const struct table *periods;  // calendar_periods.csv
    const struct table *days;     // calendar_days.csv
    const struct table *seasons;  // calendar_seasons.csv
    const struct table *hours;    // calendar_hours.csv: opening hours beside the office's
};

// ERROR_INPUT "calendar.invalid" after reporting all problems, "zone.unknown".
int calendar_new(const struct calendar_source *source, const struct rules_report *report,
                 struct calendar **ret_calendar, struct error *error) ERROR_MUST_CHECK;
struct calendar *calendar_free(struct calendar *calendar);
static inline void calendar_cleanup(struct calendar **calendar)
{
    *calendar = calendar_free(*calendar);
}

int64_t calendar_version(const struct calendar *calendar);
const struct zone *calendar_zone(const struct calendar *calendar);

// ---- local time, for case numbers, daily figures and imports ----
void calendar_local(const struct calendar *calendar, int64_t instant_ms,
                    struct zone_local *ret_local);
int64_t calendar_day(const struct calendar *calendar,
                     int64_t instant_ms);                                 // days since 1970
int64_t calendar_day_start(const struct calendar *calendar, int64_t day); // local midnight

// ---- arithmetic by limit ----
// A limit is *measured* (continuous, working hours, days of so many hours) or *stepped*
// (step_day, calendar_day, and working_day where the calendar says step).
bool calendar_is_stepped(const struct calendar *calendar, const struct limit *limit);
// Counts day and night: minutes, urgent hours and days, natural days (and LIMIT_NONE),
// unless the limit names opening hours.
bool calendar_is_continuous(const struct limit *limit);
// Time in the limit's measure: milliseconds of continuous or open time (inside its season).
// For stepped limits: open (working) time. 0 when to <= from.
int64_t calendar_count(const struct calendar *calendar, const struct limit *limit,
                       int64_t from_ms, int64_t to_ms);
// The first instant u >= from with count(from, u) = amount_ms.
int64_t calendar_add(const struct calendar *calendar, const struct limit *limit,
                     int64_t from_ms, int64_t amount_ms);
// The whole amount of a measured limit in milliseconds of its measure; -1 for stepped ones
// and for LIMIT_NONE.
int64_t calendar_amount_ms(const struct calendar *calendar, const struct limit *limit);
// The deadline of a limit that starts at from: add for measured ones, the step rule for
// stepped ones; INSTANT_NONE for LIMIT_NONE. A fraction of a stepped day is added after the
// whole steps as that part of hours_per_day of open time (calendar_day: of 24 hours).
int64_t calendar_due(const struct calendar *calendar, const struct limit *limit,
                     int64_t from_ms);
// The deadline lies beyond the last published holidays (and depends on them), or beyond
// the calendar's own end.
bool calendar_is_provisional(const struct calendar *calendar, const struct limit *limit,
                             int64_t due_ms);
bool calendar_has_season(const struct calendar *calendar, const char *season);
bool calendar_has_hours(const struct calendar *calendar, const char *hours);
// The calendar that a limit is counted in: that of its opening hours, else (also when the
// hours are gone) the given one. Borrowed from it.
const struct calendar *calendar_of(const struct calendar *calendar,
                                   const struct limit *limit);

// ---- why an instant is open or closed ----
enum calendar_why {
    CALENDAR_OPEN,         // a working period
    CALENDAR_OPEN_MAKE_UP, // a working period of a make-up workday
    CALENDAR_LUNCH,        // between two periods of a day
    CALENDAR_NIGHT,        // before the first or after the last period of a day
    CALENDAR_WEEKEND,      // a weekday without periods
    CALENDAR_HOLIDAY,
    CALENDAR_WHY_COUNT
};
struct calendar_piece {
    int64_t from_ms;
    int64_t to_ms; // exclusive; the next change, at most the end of the local day
    enum calendar_why why;
    const char *name; // of the holiday or make-up day in the language asked, else ""
    const char *plan; // code of the plan in force, "" for the default
};
const char *calendar_why_to_str(enum calendar_why why);
void calendar_piece_at(const struct calendar *calendar, int64_t instant_ms,
                       const char *language, struct calendar_piece *ret_piece);
