// SPDX-License-Identifier: MPL-2.0
#include <gridcase/rules/zone.h>

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

enum { DAY_MS = 86400 * 1000, CHANGES_MOST = 1024 };
// No offset was ever further from UTC than this.
#define OFFSET_MOST_MS ((int64_t)16 * 3600 * 1000)
#define FIRST_S        ((int64_t)0)          // 1970-01-01
#define LAST_S         ((int64_t)2145916800) // 2038-01-01

// offsets[k] holds from at_ms[k - 1] until at_ms[k].
struct zone {
    char *name;
    size_t count; // of changes
    int64_t at_ms[CHANGES_MOST];
    int32_t offsets_s[CHANGES_MOST + 1];
};

struct reading {
    GTimeZone *source;
    struct zone *zone;
    bool full;
};

static void read_change(struct reading *reading, int64_t at_s, int interval)
{
    struct zone *zone = reading->zone;
    int32_t offset_s = g_time_zone_get_offset(reading->source, interval);
    if (offset_s == zone->offsets_s[zone->count])
        return; // only the name or the summer-time flag changed
    if (zone->count == CHANGES_MOST) {
        reading->full = true;
        return;
    }
    zone->at_ms[zone->count++] = at_s * 1000;
    zone->offsets_s[zone->count] = offset_s;
}

static int interval_at(const struct reading *reading, int64_t at_s)
{
    return g_time_zone_find_interval(reading->source, G_TIME_TYPE_UNIVERSAL, at_s);
}

// The intervals at low and high differ: halves the stretch until each change is found. The
// depth is that of a binary search over seconds.
static void read_changes(struct reading *reading, int64_t low_s, int64_t high_s)
{
    int low = interval_at(reading, low_s);
    int high = interval_at(reading, high_s);
    if (low == high)
        return;
    if (high_s - low_s == 1) {
        read_change(reading, high_s, high);
        return;
    }
    int64_t middle_s = low_s + (high_s - low_s) / 2;
    read_changes(reading, low_s, middle_s);
    read_changes(reading, middle_s, high_s);
}

static bool is_zone_name(const char *name)
{
    if (!name || *name == '\0' || *name == '/' || strlen(name) > 63 || strstr(name, ".."))
        return false;
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("/_+-", *c))
            return false;
    return true;
}

int zone_new(const char *name, struct zone **ret_zone, struct error *error)
{
    GTimeZone *source = is_zone_name(name) ? g_time_zone_new_identifier(name) : NULL;
    if (!source)
        return error_set(error, ERROR_INPUT, "zone.unknown", "no time zone named '%.63s'",
                         name ? name : "");
    struct zone *zone = memory_new(sizeof *zone);
    zone->name = memory_text(name);
    struct reading reading = {.source = source, .zone = zone};
    zone->offsets_s[0] = g_time_zone_get_offset(source, interval_at(&reading, FIRST_S));
    read_changes(&reading, FIRST_S, LAST_S);
    g_time_zone_unref(source);
    if (reading.full) {
        zone_free(zone);
        return error_set(error, ERROR_LIMIT, "zone.too_many_changes",
                         "time zone '%s' changes more than %d times", name, CHANGES_MOST);
    }
    *ret_zone = zone;
    return 0;
}

struct zone *zone_free(struct zone *zone)
{
    if (zone) {
        free(zone->name);
        free(zone);
    }
    return NULL;
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

// Number of changes at or before the instant = index of the offset in force.
static size_t segment(const struct zone *zone, int64_t instant_ms)
{
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at_ms[middle] <= instant_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset_s(const struct zone *zone, int64_t instant_ms)
{
    return zone->offsets_s[segment(zone, instant_ms)];
}

bool zone_changes(const struct zone *zone, int64_t from_ms, int64_t to_ms)
{
    return to_ms > from_ms && segment(zone, to_ms - 1) != segment(zone, from_ms - 1);
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

void zone_local(const struct zone *zone, int64_t instant_ms, struct zone_local *ret_local)
{
    int32_t offset_s = zone_offset_s(zone, instant_ms);
    int64_t local_ms = instant_ms + (int64_t)offset_s * 1000;
    int64_t day = floor_divide(local_ms, DAY_MS);
    int32_t rest = (int32_t)(local_ms - day * DAY_MS);
    date_from_day(day, &ret_local->year, &ret_local->month, &ret_local->day);
    ret_local->hour = rest / 3600000;
    ret_local->minute = rest / 60000 % 60;
    ret_local->second = rest / 1000 % 60;
    ret_local->milli = rest % 1000;
    ret_local->weekday = date_weekday(day);
    ret_local->offset_s = offset_s;
}

int64_t zone_instant(const struct zone *zone, int64_t day, int64_t time_ms)
{
    int64_t local_ms = day * DAY_MS + time_ms;
    // Segments that end so early cannot hold this local time: start behind them, and take
    // the first one that has not ended yet (its first occurrence).
    size_t k = segment(zone, local_ms - OFFSET_MOST_MS);
    while (k < zone->count &&
           local_ms - (int64_t)zone->offsets_s[k] * 1000 >= zone->at_ms[k])
        k++;
    int64_t instant_ms = local_ms - (int64_t)zone->offsets_s[k] * 1000;
    if (k > 0 && instant_ms < zone->at_ms[k - 1])
        return zone->at_ms[k - 1]; // skipped: the first instant after the gap
    return instant_ms;
}

// ---- dates of the Gregorian calendar ----

int64_t date_to_day(int32_t year, int32_t month, int32_t day)
{
    // Years begin in March, so that the leap day is the last one (civil-from-days method).
    int64_t y = year - (month <= 2);
    int64_t era = floor_divide(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

void date_from_day(int64_t day, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day)
{
    int64_t z = day + 719468;
    int64_t era = floor_divide(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    *ret_day = (int32_t)(day_of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int32_t)(month < 10 ? month + 3 : month - 9);
    *ret_year = (int32_t)(year_of_era + era * 400 + (*ret_month <= 2));
}

int32_t date_weekday(int64_t day)
{
    int64_t from_monday = (day + 3) % 7; // 1970-01-01 was a Thursday
    return (int32_t)(from_monday < 0 ? from_monday + 8 : from_monday + 1);
}

void date_to_text(int64_t day, char out[DATE_TEXT_SIZE])
{
    int32_t year, month, day_of_month;
    date_from_day(day, &year, &month, &day_of_month);
    if (text_format(out, DATE_TEXT_SIZE, "%04d-%02d-%02d", year, month, day_of_month))
        out[0] = '\0';
}

static bool read_digits(const char *text, size_t count, int32_t *ret_value)
{
    int32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *ret_value = value;
    return true;
}

int date_from_text(const char *text, size_t length, int64_t *ret_day, struct error *error)
{
    int32_t year = 0, month = 0, day = 0, back_year, back_month, back_day;
    if (length == 10 && text[4] == '-' && text[7] == '-' && read_digits(text, 4, &year) &&
        read_digits(text + 5, 2, &month) && read_digits(text + 8, 2, &day) && month >= 1 &&
        month <= 12 && day >= 1) {
        int64_t days = date_to_day(year, month, day);
        date_from_day(days, &back_year, &back_month, &back_day);
        if (back_year == year && back_month == month && back_day == day) {
            *ret_day = days;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "date.invalid",
                     "'%.*s' is not a date like 2025-10-01",
                     (int)(length < 40 ? length : 40), text);
}

// "hh:mm", "hh:mm:ss" or "hh:mm:ss.fff" into milliseconds of the day; -1 when it is none.
static int64_t read_time(const char *text, size_t length)
{
    int32_t hour, minute, second = 0, milli = 0;
    if (length < 5 || text[2] != ':' || !read_digits(text, 2, &hour) ||
        !read_digits(text + 3, 2, &minute))
        return -1;
    if (length > 5 && (length < 8 || text[5] != ':' || !read_digits(text + 6, 2, &second)))
        return -1;
    if (length > 8) {
        size_t digits = length - 9;
        if (text[8] != '.' || digits < 1 || digits > 3 ||
            !read_digits(text + 9, digits, &milli))
            return -1;
        for (; digits < 3; digits++)
            milli *= 10;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return -1;
    return ((int64_t)hour * 3600 + minute * 60 + second) * 1000 + milli;
}

int zone_from_text(const struct zone *zone, const char *text, size_t length,
                   int64_t *ret_ms, struct error *error)
{
    int64_t day = 0;
    if (length >= 16 && (text[10] == ' ' || text[10] == 'T') &&
        !date_from_text(text, 10, &day, NULL)) {
        int64_t time_ms = read_time(text + 11, length - 11);
        if (time_ms >= 0) {
            *ret_ms = zone_instant(zone, day, time_ms);
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "zone.invalid_time",
                     "'%.*s' is not a local time like 2025-10-01 08:30:00",
                     (int)(length < 40 ? length : 40), text);
}
