// SPDX-License-Identifier: MPL-2.0
// Arithmetic of working time over the index of days.
#include "calendar_internal.h"

#include <string.h>

#include <gridcase/core/instant.h>

_Thread_local uint64_t calendar_operations;

// What a limit is counted along: a prefix sum over days, and what counts inside a day.
struct track {
    const struct calendar *calendar;
    const int64_t *sums; // NULL: every millisecond counts
    bool open_only;      // false: whole days
    int season;          // -1: none
};

int64_t calendar_version(const struct calendar *calendar)
{
    return calendar->version;
}

const struct zone *calendar_zone(const struct calendar *calendar)
{
    return calendar->zone;
}

void calendar_local(const struct calendar *calendar, int64_t instant_ms,
                    struct zone_local *ret_local)
{
    zone_local(calendar->zone, instant_ms, ret_local);
}

int64_t calendar_day(const struct calendar *calendar, int64_t instant_ms)
{
    struct zone_local local;
    zone_local(calendar->zone, instant_ms, &local);
    return date_to_day(local.year, local.month, local.day);
}

int64_t calendar_day_start(const struct calendar *calendar, int64_t day)
{
    return zone_instant(calendar->zone, day, 0);
}

int calendar_season_find(const struct calendar *calendar, const char *code)
{
    for (size_t i = 0; i < calendar->season_count; i++)
        if (strcmp(calendar->seasons[i].code, code) == 0)
            return (int)i;
    return -1;
}

bool calendar_has_season(const struct calendar *calendar, const char *season)
{
    return calendar_season_find(calendar, season) >= 0;
}

// Last index i with sums[i] <= value (with strict: < value), 0 when there is none.
static size_t last_at_most(const int64_t *sums, size_t count, int64_t value, bool strict)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        calendar_operations++;
        if (strict ? sums[middle] < value : sums[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

size_t calendar_day_index(const struct calendar *calendar, int64_t instant_ms)
{
    return last_at_most(calendar->start_ms, calendar->day_count, instant_ms, false);
}

const struct calendar_pattern *calendar_pattern(const struct calendar *calendar, size_t day)
{
    return &calendar->plans[calendar->plan[day]].weekdays[calendar->pattern[day]];
}

int64_t calendar_minute(const struct calendar *calendar, size_t day, int32_t minute)
{
    if (minute == CALENDAR_DAY_MINUTES)
        return calendar->start_ms[day + 1];
    if (calendar->flags[day] & CALENDAR_DAY_ODD)
        return zone_instant(calendar->zone, calendar->first_day + (int64_t)day,
                            (int64_t)minute * CALENDAR_MINUTE_MS);
    return calendar->start_ms[day] + (int64_t)minute * CALENDAR_MINUTE_MS;
}

static const struct calendar *find_hours(const struct calendar *calendar, const char *code)
{
    for (size_t i = 0; i < calendar->hours_count; i++)
        if (strcmp(calendar->hours_code[i], code) == 0)
            return calendar->hours[i];
    return NULL;
}

bool calendar_has_hours(const struct calendar *calendar, const char *hours)
{
    return find_hours(calendar, hours) != NULL;
}

const struct calendar *calendar_of(const struct calendar *calendar,
                                   const struct limit *limit)
{
    if (limit->hours[0] == '\0')
        return calendar;
    const struct calendar *hours = find_hours(calendar, limit->hours);
    return hours != NULL ? hours : calendar;
}

bool calendar_is_stepped(const struct calendar *calendar, const struct limit *limit)
{
    calendar = calendar_of(calendar, limit);
    return limit->unit == LIMIT_STEP_DAY || limit->unit == LIMIT_CALENDAR_DAY ||
           (limit->unit == LIMIT_WORKING_DAY && calendar->working_day_steps);
}

bool calendar_is_continuous(const struct limit *limit)
{
    return limit->unit == LIMIT_NONE ||
           (limit->unit <= LIMIT_NATURAL_DAY && limit->hours[0] == '\0');
}

static bool is_open_only(const struct limit *limit)
{
    return !calendar_is_continuous(limit);
}

static struct track track_open(const struct calendar *calendar, const char *season,
                               bool open_only)
{
    struct track track = {.calendar = calendar, .open_only = open_only, .season = -1};
    if (season[0])
        track.season = calendar_season_find(calendar, season);
    if (track.season >= 0)
        track.sums = open_only ? calendar->seasons[track.season].open_ms
                               : calendar->seasons[track.season].all_ms;
    else if (open_only)
        track.sums = calendar->open_ms;
    return track;
}

static struct track track_of(const struct calendar *calendar, const struct limit *limit)
{
    return track_open(calendar_of(calendar, limit), limit->season, is_open_only(limit));
}

// Counted time of a day before the instant.
static int64_t counted_in_day(const struct track *track, size_t day, int64_t instant_ms)
{
    const struct calendar *calendar = track->calendar;
    if (track->season >= 0 && !(calendar->in_season[day] >> track->season & 1))
        return 0;
    if (!track->open_only)
        return instant_ms - calendar->start_ms[day];
    const struct calendar_pattern *pattern = calendar_pattern(calendar, day);
    int64_t counted_ms = 0;
    for (int i = 0; i < pattern->count; i++) {
        int64_t opens_ms = calendar_minute(calendar, day, pattern->opens_min[i]);
        int64_t closes_ms = calendar_minute(calendar, day, pattern->closes_min[i]);
        calendar_operations++;
        if (instant_ms <= opens_ms)
            break;
        counted_ms += (instant_ms < closes_ms ? instant_ms : closes_ms) - opens_ms;
    }
    return counted_ms;
}

// Counted time from the beginning of the index to the instant.
static int64_t track_position(const struct track *track, int64_t instant_ms)
{
    const struct calendar *calendar = track->calendar;
    if (!track->sums)
        return instant_ms;
    if (instant_ms <= calendar->start_ms[0])
        return 0;
    if (instant_ms >= calendar->start_ms[calendar->day_count])
        return track->sums[calendar->day_count];
    size_t day = calendar_day_index(calendar, instant_ms);
    return track->sums[day] + counted_in_day(track, day, instant_ms);
}

// The first instant at which so much was counted; the end of the index when it never is.
static int64_t track_find(const struct track *track, int64_t position_ms)
{
    const struct calendar *calendar = track->calendar;
    if (!track->sums)
        return position_ms;
    if (position_ms > track->sums[calendar->day_count])
        return calendar->start_ms[calendar->day_count];
    size_t day = last_at_most(track->sums, calendar->day_count, position_ms, true);
    int64_t rest_ms = position_ms - track->sums[day];
    if (!track->open_only)
        return calendar->start_ms[day] + rest_ms;
    const struct calendar_pattern *pattern = calendar_pattern(calendar, day);
    for (int i = 0; i < pattern->count; i++) {
        int64_t opens_ms = calendar_minute(calendar, day, pattern->opens_min[i]);
        int64_t closes_ms = calendar_minute(calendar, day, pattern->closes_min[i]);
        calendar_operations++;
        if (rest_ms <= closes_ms - opens_ms)
            return opens_ms + rest_ms;
        rest_ms -= closes_ms - opens_ms;
    }
    return calendar->start_ms[day + 1];
}

static int64_t track_add(const struct track *track, int64_t from_ms, int64_t amount_ms)
{
    if (amount_ms <= 0)
        return from_ms;
    int64_t to_ms = track_find(track, track_position(track, from_ms) + amount_ms);
    return to_ms > from_ms ? to_ms : from_ms; // from lies beyond the index
}

int64_t calendar_count(const struct calendar *calendar, const struct limit *limit,
                       int64_t from_ms, int64_t to_ms)
{
    if (to_ms <= from_ms)
        return 0;
    struct track track = track_of(calendar, limit);
    return track_position(&track, to_ms) - track_position(&track, from_ms);
}

int64_t calendar_add(const struct calendar *calendar, const struct limit *limit,
                     int64_t from_ms, int64_t amount_ms)
{
    struct track track = track_of(calendar, limit);
    return track_add(&track, from_ms, amount_ms);
}

int64_t calendar_amount_ms(const struct calendar *calendar, const struct limit *limit)
{
    if (calendar_is_stepped(calendar, limit))
        return -1;
    switch (limit->unit) {
    case LIMIT_MINUTE:
        return limit->milli * 60;
    case LIMIT_URGENT_HOUR:
    case LIMIT_WORKING_HOUR:
        return limit->milli * 3600;
    case LIMIT_URGENT_DAY:
    case LIMIT_NATURAL_DAY:
        return limit->milli * 86400;
    case LIMIT_WORKING_DAY:
        return limit->milli * calendar->day_open_ms / 1000;
    default:
        return -1;
    }
}

// The first instant from here on that lies in the season.
static int64_t season_begin(const struct calendar *calendar, const char *season,
                            int64_t from_ms)
{
    struct track track = track_open(calendar, season, false);
    if (track.season < 0)
        return from_ms;
    int64_t next_ms = track_add(&track, from_ms, 1);
    return next_ms > from_ms + 1 ? next_ms - 1 : from_ms;
}

// The n-th step day after the given one; n = 0 is the day itself when it is a step day,
// else the next one that is.
static int64_t step_from(const struct calendar *calendar, int64_t day, int64_t n)
{
    int64_t index = day - calendar->first_day;
    if (index < 0)
        index = 0;
    if (index >= (int64_t)calendar->day_count)
        return day;
    bool counts = calendar->flags[index] & CALENDAR_DAY_STEP;
    int64_t wanted = calendar->steps[index] + n + (!counts && n > 0 ? 0 : 1);
    // The first day i with steps[i + 1] >= wanted.
    size_t low = (size_t)index, high = calendar->day_count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        calendar_operations++;
        if (calendar->steps[middle + 1] >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return calendar->first_day + (int64_t)low;
}

struct moment { // a local date and time of day
    int64_t day;
    int64_t time_ms;
};

static struct moment moment_of(const struct calendar *calendar, int64_t instant_ms)
{
    struct zone_local local;
    zone_local(calendar->zone, instant_ms, &local);
    return (struct moment){
        .day = date_to_day(local.year, local.month, local.day),
        .time_ms = ((int64_t)local.hour * 3600 + local.minute * 60 + local.second) * 1000 +
                   local.milli,
    };
}

// Where a stepped limit begins to step: on a step day before the cut-off hour.
static struct moment step_begin(const struct calendar *calendar, struct moment moment)
{
    moment.day = step_from(calendar, moment.day, 0);
    if (moment.time_ms >= (int64_t)calendar->step_cut_off_min * CALENDAR_MINUTE_MS) {
        moment.day = step_from(calendar, moment.day, 1);
        moment.time_ms = (int64_t)calendar->step_restart_min * CALENDAR_MINUTE_MS;
    }
    return moment;
}

int64_t calendar_step_day(const struct calendar *calendar, int64_t instant_ms)
{
    struct moment moment = moment_of(calendar, instant_ms);
    int64_t day = step_from(calendar, moment.day, 0);
    return day == moment.day ? instant_ms
                             : zone_instant(calendar->zone, day, moment.time_ms);
}

static int64_t stepped_due(const struct calendar *calendar, const struct limit *limit,
                           int64_t from_ms)
{
    int64_t whole = limit->milli / 1000;
    int64_t part = limit->milli % 1000;
    if (limit->season[0])
        from_ms = season_begin(calendar, limit->season, from_ms);
    struct moment moment = moment_of(calendar, from_ms);
    if (limit->unit == LIMIT_CALENDAR_DAY) {
        moment.day += whole;
        return zone_instant(calendar->zone, moment.day, moment.time_ms) + part * 86400;
    }
    moment = step_begin(calendar, moment);
    moment.day = step_from(calendar, moment.day, whole);
    int64_t due_ms = zone_instant(calendar->zone, moment.day, moment.time_ms);
    struct track track = track_of(calendar, limit);
    return track_add(&track, due_ms, part * calendar->day_open_ms / 1000);
}

int64_t calendar_due(const struct calendar *calendar, const struct limit *limit,
                     int64_t from_ms)
{
    calendar = calendar_of(calendar, limit);
    if (limit->unit == LIMIT_NONE)
        return INSTANT_NONE;
    if (limit->season[0] && !calendar_has_season(calendar, limit->season)) {
        int64_t end_ms =
            calendar->start_ms[calendar->day_count]; // a season that never comes
        return end_ms > from_ms ? end_ms : from_ms;
    }
    if (calendar_is_stepped(calendar, limit))
        return stepped_due(calendar, limit, from_ms);
    return calendar_add(calendar, limit, from_ms, calendar_amount_ms(calendar, limit));
}

bool calendar_is_provisional(const struct calendar *calendar, const struct limit *limit,
                             int64_t due_ms)
{
    calendar = calendar_of(calendar, limit);
    if (due_ms == INSTANT_NONE || limit->unit == LIMIT_NONE)
        return false;
    bool holidays_matter = is_open_only(limit) && limit->unit != LIMIT_CALENDAR_DAY;
    if (calendar_is_stepped(calendar, limit) && !calendar->step_holidays)
        holidays_matter = false;
    if (due_ms >= calendar->start_ms[calendar->day_count])
        return holidays_matter || limit->season[0] != '\0';
    return holidays_matter && due_ms > calendar->published_until_ms;
}

// ---- why an instant is open or closed ----

const char *calendar_why_to_str(enum calendar_why why)
{
    static const char *const names[CALENDAR_WHY_COUNT] = {
        "period", "make_up", "lunch", "night", "weekend", "holiday",
    };
    return (unsigned)why < CALENDAR_WHY_COUNT ? names[why] : "?";
}

// The stretch of the day around the instant, which is not in a holiday and has periods.
static void piece_in_day(const struct calendar *calendar, size_t day, int64_t instant_ms,
                         struct calendar_piece *piece)
{
    const struct calendar_pattern *pattern = calendar_pattern(calendar, day);
    bool make_up = calendar->flags[day] & CALENDAR_DAY_MAKE_UP;
    piece->why = CALENDAR_NIGHT;
    for (int i = 0; i < pattern->count; i++) {
        int64_t opens_ms = calendar_minute(calendar, day, pattern->opens_min[i]);
        int64_t closes_ms = calendar_minute(calendar, day, pattern->closes_min[i]);
        if (instant_ms < opens_ms) {
            piece->to_ms = opens_ms;
            piece->why = i > 0 ? CALENDAR_LUNCH : CALENDAR_NIGHT;
            return;
        }
        if (instant_ms < closes_ms) {
            piece->from_ms = opens_ms;
            piece->to_ms = closes_ms;
            piece->why = make_up ? CALENDAR_OPEN_MAKE_UP : CALENDAR_OPEN;
            return;
        }
        piece->from_ms = closes_ms;
    }
}

void calendar_piece_at(const struct calendar *calendar, int64_t instant_ms,
                       const char *language, struct calendar_piece *ret_piece)
{
    size_t day = calendar_day_index(calendar, instant_ms);
    *ret_piece = (struct calendar_piece){
        .from_ms = calendar->start_ms[day],
        .to_ms = calendar->start_ms[day + 1],
        .why = CALENDAR_WEEKEND,
        .name = "",
        .plan = calendar->plans[calendar->plan[day]].code,
    };
    if (instant_ms < ret_piece->from_ms || instant_ms >= ret_piece->to_ms) {
        bool before = instant_ms < ret_piece->from_ms; // outside the index
        ret_piece->from_ms = instant_ms;
        ret_piece->to_ms = before ? calendar->start_ms[0] : instant_ms + CALENDAR_DAY_MS;
        return;
    }
    if (calendar->note[day])
        ret_piece->name = label_text(&calendar->notes[calendar->note[day] - 1], language);
    if (calendar->flags[day] & CALENDAR_DAY_HOLIDAY)
        ret_piece->why = CALENDAR_HOLIDAY;
    else if (calendar_pattern(calendar, day)->count > 0)
        piece_in_day(calendar, day, instant_ms, ret_piece);
}
