// SPDX-License-Identifier: MPL-2.0
// Clocks: a limit that runs, is paused, resumed, restarted, extended and stopped.
//
// Pure arithmetic over a plain struct: the cases room stores its members as columns. All
// changes go through clock_apply, so that a list of events can be replayed and explained.
//
// Measured limits: consumed time is counted in the limit's own measure. Stepped limits have
// no inverse: what is consumed or left is counted in the calendar's open time, and a pause
// moves the deadline by the open time that was paused.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/instant.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/limit.h>

enum clock_status {
    CLOCK_IDLE,    // never started
    CLOCK_RUNNING, //
    CLOCK_PAUSED,  // suspended, returned, waiting
    CLOCK_STOPPED, // work handed in; may be resumed (rework)
    CLOCK_STATUS_COUNT
};

enum clock_effect {
    CLOCK_EFFECT_START,     // from idle; limit needed
    CLOCK_EFFECT_PAUSE,     // running -> paused
    CLOCK_EFFECT_RESUME,    // paused or stopped -> running, the remainder goes on
    CLOCK_EFFECT_RESTART,   // any -> running with the whole limit anew; extensions are gone
    CLOCK_EFFECT_EXTEND,    // running or paused; limit is what is added to the deadline
    CLOCK_EFFECT_STOP,      // running or paused -> stopped
    CLOCK_EFFECT_RECOMPUTE, // the calendar changed: only running clocks change
    CLOCK_EFFECT_COUNT
};

enum clock_light {
    CLOCK_LIGHT_NONE,   // no limit, or not started
    CLOCK_LIGHT_GREEN,  // under 80 % of the limit
    CLOCK_LIGHT_YELLOW, // 80 to 100 %
    CLOCK_LIGHT_RED,    // over
    CLOCK_LIGHT_COUNT
};

// Zero-initialised with CLOCK_IDLE: use clock_init. Every member is plain and may be
// stored.
struct clock {
    enum clock_status status;
    struct limit limit;       // as granted at the last start or restart
    int64_t extended_milli;   // granted on top, in thousandths of the limit's own unit
    int64_t extended_ms;      // granted on top in another unit of the same measure
    int64_t started_at_ms;    // of this run
    int64_t since_ms;         // when the present status began ("running since")
    int64_t consumed_ms;      // in the limit's measure, before since_ms
    int64_t paused_ms;        // stepped limits: open time paused, moves the deadline
    int64_t due_ms;           // INSTANT_NONE: no limit, or paused before the deadline
    int64_t yellow_at_ms;     // 80 % of the limit is used; INSTANT_NONE likewise
    int64_t calendar_version; // that due_ms was computed with
    bool provisional;         // due_ms lies beyond the published holidays
};

struct clock_event {
    enum clock_effect effect;
    int64_t at_ms;
    struct limit limit; // START, RESTART (unit LIMIT_NONE runs without deadline), EXTEND
    int64_t order;      // only for clock_explain: number of the time order, 0 none
    // Only for clock_explain: the calendar in force from this event on; NULL: as before.
    const struct calendar *calendar;
};

void clock_init(struct clock *clock);
// Changes the clock, or leaves it as it was: ERROR_CONFLICT "clock.not_idle",
// "clock.not_running", "clock.not_paused" (RESUME), "clock.not_started",
// "clock.no_limit" (EXTEND); ERROR_INPUT "clock.extension_unit". An instant before since_ms
// (a clock set back) counts as since_ms. RECOMPUTE of a clock that does not run is no error
// and changes nothing. A deadline that was missed before a pause stays missed.
//
// An extension is given in the limit's own measure: continuous units for continuous limits,
// working hours and days for each other; for stepped limits the same unit, or working
// hours.
int clock_apply(struct clock *clock, const struct calendar *calendar,
                const struct clock_event *event, struct error *error) ERROR_MUST_CHECK;

// The same as single calls.
int clock_start(struct clock *clock, const struct calendar *calendar,
                const struct limit *limit, int64_t now_ms,
                struct error *error) ERROR_MUST_CHECK;
int clock_restart(struct clock *clock, const struct calendar *calendar,
                  const struct limit *limit, int64_t now_ms,
                  struct error *error) ERROR_MUST_CHECK;
int clock_pause(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
                struct error *error) ERROR_MUST_CHECK;
int clock_resume(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
                 struct error *error) ERROR_MUST_CHECK;
int clock_extend(struct clock *clock, const struct calendar *calendar,
                 const struct limit *by, int64_t now_ms,
                 struct error *error) ERROR_MUST_CHECK;
int clock_stop(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
               struct error *error) ERROR_MUST_CHECK;
// True when due_ms, yellow_at_ms or provisional changed.
bool clock_recompute(struct clock *clock, const struct calendar *calendar, int64_t now_ms);

// Used and whole time in the limit's measure. clock_whole_ms is -1 without a limit.
int64_t clock_used_ms(const struct clock *clock, const struct calendar *calendar,
                      int64_t now_ms);
int64_t clock_whole_ms(const struct clock *clock, const struct calendar *calendar);
// whole - used, negative when over; INT64_MAX without a limit.
int64_t clock_left_ms(const struct clock *clock, const struct calendar *calendar,
                      int64_t now_ms);

// Needs no calendar: compares instants. A stopped clock keeps the light of its stop.
// Exactly at the deadline is still in time.
enum clock_light clock_light(const struct clock *clock, int64_t now_ms);
bool clock_is_over(const struct clock *clock, int64_t now_ms);

const char *clock_status_to_str(enum clock_status status);
int clock_status_from_str(const char *text, enum clock_status *ret,
                          struct error *error) ERROR_MUST_CHECK;
const char *clock_effect_to_str(enum clock_effect effect); // "start", "pause", ...
int clock_effect_from_str(const char *text, enum clock_effect *ret,
                          struct error *error) ERROR_MUST_CHECK;
const char *clock_light_to_str(enum clock_light light); // "none" "green" "yellow" "red"

// ---- explain: how a deadline came about ----
enum clock_why {
    CLOCK_WHY_PERIOD,     // open time, counted
    CLOCK_WHY_MAKE_UP,    // open time of a make-up workday, counted
    CLOCK_WHY_CONTINUOUS, // day and night, counted
    CLOCK_WHY_LUNCH,
    CLOCK_WHY_NIGHT,
    CLOCK_WHY_WEEKEND,
    CLOCK_WHY_HOLIDAY,
    CLOCK_WHY_OUT_OF_SEASON,
    CLOCK_WHY_PAUSED,
    CLOCK_WHY_STOPPED,
    CLOCK_WHY_STEP,     // one step of a stepped limit: number says which
    CLOCK_WHY_NEXT_DAY, // stepped: the start moved to the next working day, same time
    CLOCK_WHY_CUT_OFF,  // stepped: at or after the cut-off hour, moved to the restart time
    CLOCK_WHY_SHIFT,    // stepped: the deadline moved by the time paused
    CLOCK_WHY_EXTENDED, // an extension was granted at from (from = to)
    CLOCK_WHY_ORDERED,  // paused by a time order: number says which
    CLOCK_WHY_GIVEN,    // a time order extended at from (from = to): number says which
    CLOCK_WHY_DAYS,     // several days or weeks in one line: number says how many open days
    CLOCK_WHY_COUNT
};

struct clock_interval {
    int64_t from_ms;
    int64_t to_ms;
    int64_t counted_ms; // in the limit's measure
    enum clock_why why;
    int64_t number;   // see the enum; else 0
    const char *name; // holiday or make-up day, season; else ""; borrowed for the call
};

enum clock_detail { // how fine the intervals are: at most 500, and 2 for each event
    CLOCK_DETAIL_PERIOD,
    CLOCK_DETAIL_DAY,
    CLOCK_DETAIL_WEEK,
    CLOCK_DETAIL_MONTH,
    CLOCK_DETAIL_COUNT
};

struct clock_explanation {
    struct clock clock; // after the last event
    enum clock_detail detail;
    int64_t calendar_version;
    // Where the intervals end: the deadline of a running clock, else the last event.
    int64_t until_ms;
};

struct clock_explain_request {
    const struct calendar *calendar; // in force when the first event happened
    const struct clock_event *events;
    size_t count;         // at most 10,000
    const char *language; // for names of holidays and seasons
    void (*visit)(void *context, const struct clock_interval *interval);
    void *context;
};

// Replays the events and calls visit for each interval of the last run (since the last
// start or restart) in order. Stepped limits: first the steps, then the pauses, then the
// shift they cause. ERROR_CONFLICT when the events do not fit each other.
int clock_explain(const struct clock_explain_request *request,
                  struct clock_explanation *ret_explanation,
                  struct error *error) ERROR_MUST_CHECK;
const char *clock_why_to_str(enum clock_why why);
const char *clock_detail_to_str(enum clock_detail detail);
// The rule in words: "2 working hours: counted in working periods"; zh and en.
void clock_rule_text(const struct calendar *calendar, const struct limit *limit,
                     const char *language, struct buffer *out);
