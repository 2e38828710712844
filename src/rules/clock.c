// SPDX-License-Identifier: MPL-2.0
#include <gridcase/rules/clock.h>

#include <string.h>

// Years 0 to 9999: beyond lies only nonsense.
#define INSTANT_LEAST_MS    ((int64_t)-62167219200000)
#define INSTANT_MOST_MS     ((int64_t)253402300800000)
#define EXTENDED_MILLI_MOST ((int64_t)10 * LIMIT_MILLI_MOST)

void clock_init(struct clock *clock)
{
    *clock = (struct clock){
        .status = CLOCK_IDLE,
        .started_at_ms = INSTANT_NONE,
        .since_ms = INSTANT_NONE,
        .due_ms = INSTANT_NONE,
        .yellow_at_ms = INSTANT_NONE,
    };
}

// The limit with what was granted on top of it in its own unit.
static struct limit granted(const struct clock *clock)
{
    struct limit limit = clock->limit;
    limit.milli += clock->extended_milli;
    return limit;
}

int64_t clock_whole_ms(const struct clock *clock, const struct calendar *calendar)
{
    struct limit limit = granted(clock);
    if (limit.unit == LIMIT_NONE || clock->status == CLOCK_IDLE)
        return -1;
    if (!calendar_is_stepped(calendar, &limit))
        return calendar_amount_ms(calendar, &limit) + clock->extended_ms;
    int64_t due_ms = calendar_due(calendar, &limit, clock->started_at_ms);
    return calendar_count(calendar, &limit, clock->started_at_ms, due_ms) +
           clock->extended_ms;
}

int64_t clock_used_ms(const struct clock *clock, const struct calendar *calendar,
                      int64_t now_ms)
{
    if (clock->status != CLOCK_RUNNING)
        return clock->consumed_ms;
    return clock->consumed_ms +
           calendar_count(calendar, &clock->limit, clock->since_ms, now_ms);
}

int64_t clock_left_ms(const struct clock *clock, const struct calendar *calendar,
                      int64_t now_ms)
{
    int64_t whole_ms = clock_whole_ms(clock, calendar);
    return whole_ms < 0 ? INT64_MAX : whole_ms - clock_used_ms(clock, calendar, now_ms);
}

static void compute_stepped_due(struct clock *clock, const struct calendar *calendar)
{
    struct limit limit = granted(clock);
    int64_t due_ms = calendar_due(calendar, &limit, clock->started_at_ms);
    clock->due_ms =
        calendar_add(calendar, &limit, due_ms, clock->paused_ms + clock->extended_ms);
}

// 80 % of the limit's measure; a stepped limit without any open time in it is measured
// day and night.
static void compute_yellow(struct clock *clock, const struct calendar *calendar,
                           int64_t whole_ms)
{
    if (whole_ms <= 0 && clock->due_ms > clock->since_ms) {
        clock->yellow_at_ms = clock->since_ms + (clock->due_ms - clock->since_ms) / 5 * 4;
        return;
    }
    int64_t left_ms = whole_ms / 5 * 4 + whole_ms % 5 * 4 / 5 - clock->consumed_ms;
    if (left_ms > 0)
        clock->yellow_at_ms =
            calendar_add(calendar, &clock->limit, clock->since_ms, left_ms);
    else if (clock->yellow_at_ms == INSTANT_NONE || clock->yellow_at_ms > clock->since_ms)
        clock->yellow_at_ms = clock->since_ms;
}

// Sets due_ms, yellow_at_ms and provisional of a clock that runs since since_ms.
static void compute_due(struct clock *clock, const struct calendar *calendar)
{
    clock->calendar_version = calendar_version(calendar);
    clock->provisional = false;
    if (clock->limit.unit == LIMIT_NONE) {
        clock->due_ms = INSTANT_NONE;
        clock->yellow_at_ms = INSTANT_NONE;
        return;
    }
    int64_t whole_ms = clock_whole_ms(clock, calendar);
    int64_t left_ms = whole_ms - clock->consumed_ms;
    if (calendar_is_stepped(calendar, &clock->limit))
        compute_stepped_due(clock, calendar);
    else if (left_ms > 0 && !calendar_has_season(calendar, clock->limit.season) &&
             clock->limit.season[0])
        clock->due_ms = calendar_due(calendar, &clock->limit, clock->since_ms);
    else if (left_ms > 0)
        clock->due_ms = calendar_add(calendar, &clock->limit, clock->since_ms, left_ms);
    else if (clock->due_ms == INSTANT_NONE)
        clock->due_ms = clock->since_ms; // the limit shrank while the clock stood
    compute_yellow(clock, calendar, whole_ms);
    if (clock->yellow_at_ms > clock->due_ms)
        clock->yellow_at_ms = clock->due_ms;
    clock->provisional = calendar_is_provisional(calendar, &clock->limit, clock->due_ms);
}

static void begin_run(struct clock *clock, const struct calendar *calendar,
                      const struct limit *limit, int64_t now_ms)
{
    clock_init(clock);
    clock->status = CLOCK_RUNNING;
    clock->limit = *limit;
    clock->started_at_ms = now_ms;
    clock->since_ms = now_ms;
    compute_due(clock, calendar);
}

// While a clock stands, a deadline ahead has no instant; one that was reached stays.
static void forget_future(struct clock *clock, int64_t now_ms)
{
    if (clock->due_ms != INSTANT_NONE && clock->due_ms > now_ms) {
        clock->due_ms = INSTANT_NONE;
        clock->provisional = false;
    }
    if (clock->yellow_at_ms != INSTANT_NONE && clock->yellow_at_ms > now_ms)
        clock->yellow_at_ms = INSTANT_NONE;
}

// Time since the clock was paused or stopped: it moves the deadline of a stepped limit;
// when that had passed before, the clock was not worth pausing and the time counts as used.
static void add_pause(struct clock *clock, const struct calendar *calendar, int64_t now_ms)
{
    if (!calendar_is_stepped(calendar, &clock->limit))
        return;
    int64_t pause_ms = calendar_count(calendar, &clock->limit, clock->since_ms, now_ms);
    if (clock->due_ms == INSTANT_NONE || clock->due_ms > clock->since_ms)
        clock->paused_ms += pause_ms;
    else
        clock->consumed_ms += pause_ms;
}

static int apply_pause(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
                       struct error *error)
{
    if (clock->status != CLOCK_RUNNING)
        return error_set(error, ERROR_CONFLICT, "clock.not_running",
                         "a clock that is %s cannot be paused",
                         clock_status_to_str(clock->status));
    clock->consumed_ms = clock_used_ms(clock, calendar, now_ms);
    clock->status = CLOCK_PAUSED;
    clock->since_ms = now_ms;
    forget_future(clock, now_ms);
    return 0;
}

static int apply_resume(struct clock *clock, const struct calendar *calendar,
                        int64_t now_ms, struct error *error)
{
    if (clock->status != CLOCK_PAUSED && clock->status != CLOCK_STOPPED)
        return error_set(error, ERROR_CONFLICT, "clock.not_paused",
                         "a clock that is %s cannot be resumed",
                         clock_status_to_str(clock->status));
    add_pause(clock, calendar, now_ms);
    clock->status = CLOCK_RUNNING;
    clock->since_ms = now_ms;
    compute_due(clock, calendar);
    return 0;
}

static int apply_stop(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
                      struct error *error)
{
    if (clock->status != CLOCK_RUNNING && clock->status != CLOCK_PAUSED)
        return error_set(error, ERROR_CONFLICT, "clock.not_running",
                         "a clock that is %s cannot be stopped",
                         clock_status_to_str(clock->status));
    if (clock->status == CLOCK_PAUSED)
        add_pause(clock, calendar, now_ms);
    clock->consumed_ms = clock_used_ms(clock, calendar, now_ms);
    clock->status = CLOCK_STOPPED;
    clock->since_ms = now_ms;
    return 0;
}

// Adds an extension to the grant, without moving the deadline yet.
static int grant(struct clock *clock, const struct calendar *calendar,
                 const struct limit *by, struct error *error)
{
    if (limit_same_measure(by, &clock->limit)) {
        if (clock->extended_milli + by->milli > EXTENDED_MILLI_MOST)
            return error_set(error, ERROR_LIMIT, "clock.extension_too_long",
                             "the extensions add up to too much");
        clock->extended_milli += by->milli;
        return 0;
    }
    bool same_track = strcmp(by->season, clock->limit.season) == 0 &&
                      strcmp(by->hours, clock->limit.hours) == 0 &&
                      calendar_is_continuous(by) == calendar_is_continuous(&clock->limit);
    int64_t amount_ms = calendar_amount_ms(calendar, by);
    if (!same_track || amount_ms < 0)
        return error_set(error, ERROR_INPUT, "clock.extension_unit",
                         "a limit in the unit %s cannot be extended by the unit %s",
                         limit_unit_to_str(clock->limit.unit), limit_unit_to_str(by->unit));
    clock->extended_ms += amount_ms;
    return 0;
}

static int apply_extend(struct clock *clock, const struct calendar *calendar,
                        const struct limit *by, struct error *error)
{
    if (clock->status != CLOCK_RUNNING && clock->status != CLOCK_PAUSED)
        return error_set(error, ERROR_CONFLICT, "clock.not_running",
                         "a clock that is %s cannot be extended",
                         clock_status_to_str(clock->status));
    if (clock->limit.unit == LIMIT_NONE)
        return error_set(error, ERROR_CONFLICT, "clock.no_limit",
                         "a clock without limit cannot be extended");
    int code = grant(clock, calendar, by, error);
    if (code)
        return code;
    int64_t old_due_ms = clock->due_ms;
    int64_t since_ms = clock->since_ms;
    bool stepped = calendar_is_stepped(calendar, &clock->limit);
    bool used_up = !stepped && clock_whole_ms(clock, calendar) <= clock->consumed_ms;
    if (used_up && old_due_ms != INSTANT_NONE) // missed before the last pause
        clock->due_ms = calendar_due(calendar, by, old_due_ms);
    else
        compute_due(clock, calendar);
    if (clock->status == CLOCK_PAUSED)
        forget_future(clock, since_ms);
    return 0;
}

bool clock_recompute(struct clock *clock, const struct calendar *calendar, int64_t now_ms)
{
    (void)now_ms;
    if (clock->status != CLOCK_RUNNING)
        return false;
    struct clock before = *clock;
    compute_due(clock, calendar);
    return before.due_ms != clock->due_ms || before.yellow_at_ms != clock->yellow_at_ms ||
           before.provisional != clock->provisional;
}

static int apply(struct clock *clock, const struct calendar *calendar,
                 const struct clock_event *event, int64_t now_ms, struct error *error)
{
    switch (event->effect) {
    case CLOCK_EFFECT_START:
        if (clock->status != CLOCK_IDLE)
            return error_set(error, ERROR_CONFLICT, "clock.not_idle",
                             "the clock was started already");
        begin_run(clock, calendar, &event->limit, now_ms);
        return 0;
    case CLOCK_EFFECT_RESTART:
        begin_run(clock, calendar, &event->limit, now_ms);
        return 0;
    case CLOCK_EFFECT_PAUSE:
        return apply_pause(clock, calendar, now_ms, error);
    case CLOCK_EFFECT_RESUME:
        return apply_resume(clock, calendar, now_ms, error);
    case CLOCK_EFFECT_EXTEND:
        return apply_extend(clock, calendar, &event->limit, error);
    case CLOCK_EFFECT_STOP:
        return apply_stop(clock, calendar, now_ms, error);
    case CLOCK_EFFECT_RECOMPUTE:
        clock_recompute(clock, calendar, now_ms);
        return 0;
    default:
        return error_set(error, ERROR_BUG, "clock.effect_unknown", "no such clock effect");
    }
}

int clock_apply(struct clock *clock, const struct calendar *calendar,
                const struct clock_event *event, struct error *error)
{
    int64_t now_ms = event->at_ms;
    if (now_ms < INSTANT_LEAST_MS || now_ms > INSTANT_MOST_MS)
        return error_set(error, ERROR_INPUT, "clock.instant",
                         "the instant is out of range");
    bool fresh =
        event->effect == CLOCK_EFFECT_START || event->effect == CLOCK_EFFECT_RESTART;
    if (clock->status == CLOCK_IDLE && !fresh && event->effect != CLOCK_EFFECT_RECOMPUTE)
        return error_set(error, ERROR_CONFLICT, "clock.not_started",
                         "the clock was never started");
    if (clock->since_ms != INSTANT_NONE && now_ms < clock->since_ms)
        now_ms = clock->since_ms;
    struct clock next = *clock;
    int code = apply(&next, calendar, event, now_ms, error);
    if (!code)
        *clock = next;
    return code;
}

static int apply_one(struct clock *clock, const struct calendar *calendar,
                     enum clock_effect effect, const struct limit *limit, int64_t now_ms,
                     struct error *error)
{
    struct clock_event event = {.effect = effect, .at_ms = now_ms};
    if (limit)
        event.limit = *limit;
    return clock_apply(clock, calendar, &event, error);
}

int clock_start(struct clock *clock, const struct calendar *calendar,
                const struct limit *limit, int64_t now_ms, struct error *error)
{
    return apply_one(clock, calendar, CLOCK_EFFECT_START, limit, now_ms, error);
}

int clock_restart(struct clock *clock, const struct calendar *calendar,
                  const struct limit *limit, int64_t now_ms, struct error *error)
{
    return apply_one(clock, calendar, CLOCK_EFFECT_RESTART, limit, now_ms, error);
}

int clock_pause(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
                struct error *error)
{
    return apply_one(clock, calendar, CLOCK_EFFECT_PAUSE, NULL, now_ms, error);
}

int clock_resume(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
                 struct error *error)
{
    return apply_one(clock, calendar, CLOCK_EFFECT_RESUME, NULL, now_ms, error);
}

int clock_extend(struct clock *clock, const struct calendar *calendar,
                 const struct limit *by, int64_t now_ms, struct error *error)
{
    return apply_one(clock, calendar, CLOCK_EFFECT_EXTEND, by, now_ms, error);
}

int clock_stop(struct clock *clock, const struct calendar *calendar, int64_t now_ms,
               struct error *error)
{
    return apply_one(clock, calendar, CLOCK_EFFECT_STOP, NULL, now_ms, error);
}

// The instant that counts for lights: a clock that stands keeps the light of that moment.
static int64_t judged_at(const struct clock *clock, int64_t now_ms)
{
    if (clock->status == CLOCK_PAUSED || clock->status == CLOCK_STOPPED)
        return now_ms < clock->since_ms ? now_ms : clock->since_ms;
    return now_ms;
}

bool clock_is_over(const struct clock *clock, int64_t now_ms)
{
    return clock->due_ms != INSTANT_NONE && judged_at(clock, now_ms) > clock->due_ms;
}

enum clock_light clock_light(const struct clock *clock, int64_t now_ms)
{
    if (clock->status == CLOCK_IDLE || clock->limit.unit == LIMIT_NONE)
        return CLOCK_LIGHT_NONE;
    if (clock_is_over(clock, now_ms))
        return CLOCK_LIGHT_RED;
    if (clock->yellow_at_ms != INSTANT_NONE &&
        judged_at(clock, now_ms) >= clock->yellow_at_ms)
        return CLOCK_LIGHT_YELLOW;
    return CLOCK_LIGHT_GREEN;
}
