// SPDX-License-Identifier: MPL-2.0
// A time zone as a table of its changes, read once from the system's tzdata.
//
// Immutable after zone_new, so any thread may use it. Changes are known from 1970 to the
// end of 2037 (where tzdata files end); before and after, the nearest known offset holds.
//
// Rule for local times: one that happens twice (clocks set back) means its first
// occurrence; one that never happens (clocks set forward, or a whole day left out at the
// date line) means the first instant after the gap. So the way from local time to instants
// never goes backwards.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct zone;

struct zone_local {
    int32_t year;
    int32_t month;    // 1..12
    int32_t day;      // 1..31
    int32_t hour;     // 0..23
    int32_t minute;   // 0..59
    int32_t second;   // 0..59
    int32_t milli;    // 0..999
    int32_t weekday;  // 1 = Monday .. 7 = Sunday
    int32_t offset_s; // east of UTC
};

// name is an IANA name ("Asia/Shanghai"). ERROR_INPUT "zone.unknown" otherwise.
int zone_new(const char *name, struct zone **ret_zone,
             struct error *error) ERROR_MUST_CHECK;
struct zone *zone_free(struct zone *zone);
const char *zone_name(const struct zone *zone);

void zone_local(const struct zone *zone, int64_t instant_ms, struct zone_local *ret_local);
// day: days since 1970-01-01 as a local date; time_ms: wall-clock milliseconds after its
// midnight, 0 .. 24 h (24:00 is the next midnight).
int64_t zone_instant(const struct zone *zone, int64_t day, int64_t time_ms);
int32_t zone_offset_s(const struct zone *zone, int64_t instant_ms);
// Is there a change of offset in from <= t < to?
bool zone_changes(const struct zone *zone, int64_t from_ms, int64_t to_ms);
// "2011-07-01 01:32:33" or with T, seconds and fraction optional: local time of this zone.
int zone_from_text(const struct zone *zone, const char *text, size_t length,
                   int64_t *ret_ms, struct error *error) ERROR_MUST_CHECK;

// Days since 1970-01-01 of a date of the Gregorian calendar, and back.
int64_t date_to_day(int32_t year, int32_t month, int32_t day);
void date_from_day(int64_t day, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day);
int32_t date_weekday(int64_t day); // 1 = Monday .. 7 = Sunday
enum { DATE_TEXT_SIZE = 16 };
void date_to_text(int64_t day, char out[DATE_TEXT_SIZE]); // "2025-10-01"
// "2025-10-01" only. ERROR_INPUT "date.invalid".
int date_from_text(const char *text, size_t length, int64_t *ret_day,
                   struct error *error) ERROR_MUST_CHECK;
