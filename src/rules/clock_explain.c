// SPDX-License-Identifier: MPL-2.0
// How a deadline came about: events replayed, the time between them taken apart.
#include <string.h>

#include "calendar_internal.h"

#include <gridcase/rules/clock.h>

enum {
    EVENTS_MOST = 10000,
    PERIOD_DAYS_MOST = 31, // up to so many days each period is shown, then days, ...
    DAY_DAYS_MOST = 400,
    WEEK_DAYS_MOST = 400 * 7,
    STEPS_MOST = 400,
};

struct explain {
    const struct calendar *calendar;
    struct limit limit;
    const char *language;
    void (*visit)(void *context, const struct clock_interval *interval);
    void *context;
    enum clock_detail detail;
    struct clock_interval pending; // not handed on yet: the next one may continue it
    bool has_pending;
};

static void flush(struct explain *explain)
{
    if (explain->has_pending)
        explain->visit(explain->context, &explain->pending);
    explain->has_pending = false;
}

static bool may_merge(enum clock_why why)
{
    return why == CLOCK_WHY_CONTINUOUS || why == CLOCK_WHY_ORDERED ||
           (why >= CLOCK_WHY_LUNCH && why <= CLOCK_WHY_STOPPED);
}

// Hands an interval on; a night that passes midnight, or a weekend, becomes one.
static void emit(struct explain *explain, struct clock_interval interval)
{
    struct clock_interval *pending = &explain->pending;
    if (!interval.name)
        interval.name = "";
    if (explain->has_pending && may_merge(interval.why) && pending->why == interval.why &&
        pending->number == interval.number && pending->to_ms == interval.from_ms &&
        strcmp(pending->name, interval.name) == 0) {
        pending->to_ms = interval.to_ms;
        pending->counted_ms += interval.counted_ms;
        return;
    }
    flush(explain);
    *pending = interval;
    explain->has_pending = true;
}

static bool is_out_of_season(const struct explain *explain, int64_t instant_ms)
{
    const struct calendar *calendar = explain->calendar;
    if (!explain->limit.season[0])
        return false;
    int season = calendar_season_find(calendar, explain->limit.season);
    size_t day = calendar_day_index(calendar, instant_ms);
    return season < 0 || !(calendar->in_season[day] >> season & 1);
}

static const char *season_name(const struct explain *explain)
{
    int season = calendar_season_find(explain->calendar, explain->limit.season);
    return season < 0
               ? explain->limit.season
               : label_text(&explain->calendar->seasons[season].name, explain->language);
}

static enum clock_why why_of_piece(enum calendar_why why)
{
    static const enum clock_why whys[CALENDAR_WHY_COUNT] = {
        [CALENDAR_OPEN] = CLOCK_WHY_PERIOD,     [CALENDAR_OPEN_MAKE_UP] = CLOCK_WHY_MAKE_UP,
        [CALENDAR_LUNCH] = CLOCK_WHY_LUNCH,     [CALENDAR_NIGHT] = CLOCK_WHY_NIGHT,
        [CALENDAR_WEEKEND] = CLOCK_WHY_WEEKEND, [CALENDAR_HOLIDAY] = CLOCK_WHY_HOLIDAY,
    };
    return whys[why];
}

// The stretch that begins at from: one period, one gap, or the rest of a day.
static struct clock_interval next_piece(const struct explain *explain, int64_t from_ms)
{
    struct calendar_piece piece;
    calendar_piece_at(calendar_of(explain->calendar, &explain->limit), from_ms,
                      explain->language, &piece);
    struct clock_interval interval = {
        .from_ms = from_ms, .to_ms = piece.to_ms, .why = why_of_piece(piece.why)};
    if (piece.why == CALENDAR_HOLIDAY || piece.why == CALENDAR_OPEN_MAKE_UP)
        interval.name = piece.name;
    if (is_out_of_season(explain, from_ms) || calendar_is_continuous(&explain->limit)) {
        size_t day = calendar_day_index(explain->calendar, from_ms);
        int64_t end_ms = explain->calendar->start_ms[day + 1];
        interval.to_ms = end_ms > from_ms ? end_ms : piece.to_ms;
        interval.why = CLOCK_WHY_CONTINUOUS;
        interval.name = "";
    }
    if (is_out_of_season(explain, from_ms)) {
        interval.why = CLOCK_WHY_OUT_OF_SEASON;
        interval.name = season_name(explain);
    }
    return interval;
}

static void explain_pieces(struct explain *explain, int64_t from_ms, int64_t to_ms)
{
    while (from_ms < to_ms) {
        struct clock_interval interval = next_piece(explain, from_ms);
        if (interval.to_ms > to_ms)
            interval.to_ms = to_ms;
        interval.counted_ms = calendar_count(explain->calendar, &explain->limit,
                                             interval.from_ms, interval.to_ms);
        emit(explain, interval);
        from_ms = interval.to_ms;
    }
}

// The first day of the next day, week or month.
static int64_t next_chunk_day(const struct explain *explain, int64_t day)
{
    int32_t year, month, day_of_month;
    if (explain->detail == CLOCK_DETAIL_DAY)
        return day + 1;
    if (explain->detail == CLOCK_DETAIL_WEEK)
        return day + 8 - date_weekday(day);
    date_from_day(day, &year, &month, &day_of_month);
    return month == 12 ? date_to_day(year + 1, 1, 1) : date_to_day(year, month + 1, 1);
}

static int64_t counted_days(const struct explain *explain, int64_t from_ms, int64_t to_ms)
{
    int64_t days = 0;
    while (from_ms < to_ms) {
        int64_t day = calendar_day(explain->calendar, from_ms);
        int64_t end_ms = calendar_day_start(explain->calendar, day + 1);
        if (end_ms <= from_ms)
            end_ms = from_ms + CALENDAR_DAY_MS;
        if (end_ms > to_ms)
            end_ms = to_ms;
        if (calendar_count(explain->calendar, &explain->limit, from_ms, end_ms) > 0)
            days++;
        from_ms = end_ms;
    }
    return days;
}

static void explain_chunks(struct explain *explain, int64_t from_ms, int64_t to_ms)
{
    while (from_ms < to_ms) {
        int64_t day = next_chunk_day(explain, calendar_day(explain->calendar, from_ms));
        int64_t end_ms = calendar_day_start(explain->calendar, day);
        if (end_ms <= from_ms)
            end_ms = from_ms + CALENDAR_DAY_MS;
        if (end_ms > to_ms)
            end_ms = to_ms;
        struct clock_interval interval = next_piece(explain, from_ms);
        interval.to_ms = end_ms;
        interval.counted_ms =
            calendar_count(explain->calendar, &explain->limit, from_ms, end_ms);
        if (interval.counted_ms > 0) {
            interval.why = CLOCK_WHY_DAYS;
            interval.name = "";
            interval.number = counted_days(explain, from_ms, end_ms);
        }
        emit(explain, interval);
        from_ms = end_ms;
    }
}

static void explain_running(struct explain *explain, int64_t from_ms, int64_t to_ms)
{
    if (from_ms >= to_ms)
        return;
    if (calendar_is_continuous(&explain->limit) && !explain->limit.season[0])
        emit(explain, (struct clock_interval){.from_ms = from_ms,
                                              .to_ms = to_ms,
                                              .counted_ms = to_ms - from_ms,
                                              .why = CLOCK_WHY_CONTINUOUS});
    else if (explain->detail == CLOCK_DETAIL_PERIOD)
        explain_pieces(explain, from_ms, to_ms);
    else
        explain_chunks(explain, from_ms, to_ms);
}

// ---- stepped limits ----

// The holiday that a step passes over, "" when none.
static const char *holiday_between(const struct explain *explain, int64_t from_ms,
                                   int64_t to_ms)
{
    int64_t last = calendar_day(explain->calendar, to_ms);
    int64_t first = calendar_day(explain->calendar, from_ms) + 1;
    for (int64_t day = first; day < last && day < first + 60; day++) {
        struct calendar_piece piece;
        calendar_piece_at(explain->calendar, calendar_day_start(explain->calendar, day),
                          explain->language, &piece);
        if (piece.why == CALENDAR_HOLIDAY)
            return piece.name;
    }
    return "";
}

static void emit_step(struct explain *explain, enum clock_why why, int64_t from_ms,
                      int64_t to_ms, int64_t number)
{
    struct clock_interval interval = {
        .from_ms = from_ms, .to_ms = to_ms, .why = why, .number = number, .name = ""};
    interval.counted_ms =
        calendar_count(explain->calendar, &explain->limit, from_ms, to_ms);
    if (explain->limit.unit != LIMIT_CALENDAR_DAY)
        interval.name = holiday_between(explain, from_ms, to_ms);
    emit(explain, interval);
}

// The move to a working day and behind the cut-off hour; returns where stepping begins.
static int64_t explain_step_begin(struct explain *explain, int64_t from_ms)
{
    struct limit none = explain->limit;
    none.milli = 0;
    int64_t begin_ms = calendar_due(explain->calendar, &none, from_ms);
    if (explain->limit.unit == LIMIT_CALENDAR_DAY)
        return begin_ms;
    int64_t day_ms = calendar_step_day(explain->calendar, from_ms);
    if (day_ms > from_ms && day_ms <= begin_ms) {
        emit_step(explain, CLOCK_WHY_NEXT_DAY, from_ms, day_ms, 0);
        from_ms = day_ms;
    }
    if (begin_ms != from_ms)
        emit_step(explain, CLOCK_WHY_CUT_OFF, from_ms, begin_ms, 0);
    return begin_ms;
}

static void explain_steps(struct explain *explain, const struct clock *clock)
{
    struct limit limit = clock->limit;
    limit.milli += clock->extended_milli;
    explain->limit = limit;
    int64_t from_ms = clock->started_at_ms;
    int64_t due_ms = calendar_due(explain->calendar, &limit, from_ms);
    int64_t at_ms = explain_step_begin(explain, from_ms);
    int64_t steps = limit.milli / 1000;
    int64_t stride = limit.unit == LIMIT_CALENDAR_DAY ? steps : 1 + steps / STEPS_MOST;
    if (stride < 1)
        stride = 1;
    for (int64_t step = 0; step < steps;) {
        struct limit part = limit;
        step = step + stride < steps ? step + stride : steps;
        part.milli = step * 1000;
        int64_t next_ms = calendar_due(explain->calendar, &part, from_ms);
        emit_step(explain, CLOCK_WHY_STEP, at_ms, next_ms, step);
        at_ms = next_ms;
    }
    if (at_ms < due_ms) // the fraction
        emit_step(explain, CLOCK_WHY_PERIOD, at_ms, due_ms, 0);
}

// ---- replay ----

static int replay(struct clock *clock, const struct calendar **calendar,
                  const struct clock_event *event, struct error *error)
{
    if (event->calendar)
        *calendar = event->calendar;
    return clock_apply(clock, *calendar, event, error);
}

struct replay_end {
    struct clock clock;
    const struct calendar *calendar;     // in force at the end
    const struct calendar *due_calendar; // that the deadline was computed with
    const struct calendar *run_calendar; // before the first event of the last run
    bool started;
    size_t run;         // index of the last start or restart
    int64_t running_ms; // of the last run, up to its deadline
};

static int replay_all(const struct calendar *calendar, const struct clock_event *events,
                      size_t count, struct replay_end *end, struct error *error)
{
    *end = (struct replay_end){
        .calendar = calendar, .due_calendar = calendar, .run_calendar = calendar};
    clock_init(&end->clock);
    for (size_t i = 0; i < count; i++) {
        bool fresh = events[i].effect == CLOCK_EFFECT_START ||
                     events[i].effect == CLOCK_EFFECT_RESTART;
        if (fresh) {
            end->started = true;
            end->run = i;
            end->run_calendar = end->calendar;
            end->running_ms = 0;
        }
        bool ran = end->clock.status == CLOCK_RUNNING && !fresh;
        int64_t since_ms = end->clock.since_ms;
        int code = replay(&end->clock, &end->calendar, &events[i], error);
        if (code)
            return error_prefix(error, "event %zu", i + 1);
        if (end->clock.calendar_version == calendar_version(end->calendar))
            end->due_calendar = end->calendar;
        if (ran && end->clock.status != CLOCK_RUNNING)
            end->running_ms += end->clock.since_ms - since_ms;
    }
    if (end->clock.status == CLOCK_RUNNING) {
        int64_t last_ms = events[count - 1].at_ms; // may lie far behind the deadline
        if (end->clock.due_ms > last_ms)
            last_ms = end->clock.due_ms;
        if (last_ms > end->clock.since_ms)
            end->running_ms += last_ms - end->clock.since_ms;
    }
    return 0;
}

static enum clock_detail choose_detail(int64_t running_ms)
{
    int64_t days = running_ms / CALENDAR_DAY_MS;
    if (days <= PERIOD_DAYS_MOST)
        return CLOCK_DETAIL_PERIOD;
    if (days <= DAY_DAYS_MOST)
        return CLOCK_DETAIL_DAY;
    return days <= WEEK_DAYS_MOST ? CLOCK_DETAIL_WEEK : CLOCK_DETAIL_MONTH;
}

struct clock_standing {
    enum clock_status status;
    int64_t order; // that made the clock stand, 0: none
};

static void explain_span(struct explain *explain, const struct clock_standing *standing,
                         int64_t from_ms, int64_t to_ms)
{
    enum clock_status status = standing->status;
    enum clock_why why = status == CLOCK_PAUSED ? CLOCK_WHY_PAUSED : CLOCK_WHY_STOPPED;
    bool stepped = calendar_is_stepped(explain->calendar, &explain->limit);
    if (from_ms >= to_ms)
        return;
    if (status == CLOCK_RUNNING && !stepped)
        explain_running(explain, from_ms, to_ms);
    else if (status == CLOCK_PAUSED && standing->order != 0)
        emit(explain, (struct clock_interval){.from_ms = from_ms,
                                              .to_ms = to_ms,
                                              .why = CLOCK_WHY_ORDERED,
                                              .number = standing->order});
    else if (status == CLOCK_PAUSED || status == CLOCK_STOPPED)
        emit(explain,
             (struct clock_interval){.from_ms = from_ms, .to_ms = to_ms, .why = why});
}

// The calendar that counts the time before an event: what changes a clock counts all the
// time since the last change, also what ran before calendars changed in between.
static const struct calendar *counting_calendar(const struct clock_explain_request *request,
                                                size_t event,
                                                const struct calendar *in_force)
{
    for (; event < request->count; event++) {
        if (request->events[event].calendar)
            in_force = request->events[event].calendar;
        if (request->events[event].effect != CLOCK_EFFECT_RECOMPUTE)
            break;
    }
    return in_force;
}

// The spans between the events of the last run, then up to the deadline.
static int explain_run(struct explain *explain, const struct replay_end *end,
                       const struct clock_explain_request *request, int64_t *ret_until_ms,
                       struct error *error)
{
    const struct clock_event *events = request->events;
    size_t count = request->count;
    struct clock clock;
    clock_init(&clock);
    const struct calendar *in_force = end->run_calendar;
    int64_t cursor_ms = 0, order = 0;
    for (size_t i = end->run; i < count; i++) {
        struct clock_event event = events[i];
        if (i == end->run) {
            event.effect = CLOCK_EFFECT_START;
            event.at_ms = end->clock.started_at_ms;
        }
        int64_t at_ms = event.at_ms > cursor_ms || i == end->run ? event.at_ms : cursor_ms;
        explain->calendar = counting_calendar(request, i, in_force);
        if (i > end->run)
            explain_span(explain, &(struct clock_standing){clock.status, order}, cursor_ms,
                         at_ms);
        int code = replay(&clock, &in_force, &event, error);
        if (code)
            return code;
        explain->calendar = in_force;
        explain->limit = clock.limit;
        cursor_ms = clock.since_ms > at_ms ? clock.since_ms : at_ms;
        if (event.effect == CLOCK_EFFECT_EXTEND)
            emit(explain,
                 (struct clock_interval){.from_ms = cursor_ms,
                                         .to_ms = cursor_ms,
                                         .why = event.order != 0 ? CLOCK_WHY_GIVEN
                                                                 : CLOCK_WHY_EXTENDED,
                                         .number = event.order});
        else // what an order ends by a recompute stands for another reason from here on
            order = event.effect == CLOCK_EFFECT_PAUSE ? event.order : 0;
    }
    *ret_until_ms = cursor_ms;
    if (clock.status == CLOCK_RUNNING && clock.due_ms != INSTANT_NONE &&
        clock.due_ms > cursor_ms) {
        explain_span(explain, &(struct clock_standing){CLOCK_RUNNING, 0}, cursor_ms,
                     clock.due_ms);
        *ret_until_ms = clock.due_ms;
    }
    return 0;
}

static void explain_shift(struct explain *explain, const struct clock *clock)
{
    struct limit limit = clock->limit;
    limit.milli += clock->extended_milli;
    int64_t from_ms = calendar_due(explain->calendar, &limit, clock->started_at_ms);
    if (clock->due_ms != INSTANT_NONE && clock->due_ms > from_ms)
        emit(explain,
             (struct clock_interval){.from_ms = from_ms,
                                     .to_ms = clock->due_ms,
                                     .counted_ms = clock->paused_ms + clock->extended_ms,
                                     .why = CLOCK_WHY_SHIFT});
}

int clock_explain(const struct clock_explain_request *request,
                  struct clock_explanation *ret_explanation, struct error *error)
{
    const struct clock_event *events = request->events;
    size_t count = request->count;
    struct replay_end end;
    if (count > EVENTS_MOST)
        return error_set(error, ERROR_LIMIT, "clock.too_many_events",
                         "a clock with more than %d events is not explained", EVENTS_MOST);
    int code = replay_all(request->calendar, events, count, &end, error);
    if (code)
        return code;
    struct explain explain = {.calendar = end.due_calendar,
                              .limit = end.clock.limit,
                              .language = request->language,
                              .visit = request->visit,
                              .context = request->context,
                              .detail = choose_detail(end.running_ms)};
    int64_t until_ms = INSTANT_NONE;
    bool stepped = end.started && calendar_is_stepped(end.due_calendar, &end.clock.limit);
    if (stepped)
        explain_steps(&explain, &end.clock);
    if (end.started)
        code = explain_run(&explain, &end, request, &until_ms, error);
    explain.calendar = end.due_calendar;
    if (!code && stepped)
        explain_shift(&explain, &end.clock);
    flush(&explain);
    *ret_explanation = (struct clock_explanation){
        .clock = end.clock,
        .detail = stepped ? CLOCK_DETAIL_PERIOD : explain.detail,
        .calendar_version = calendar_version(end.due_calendar),
        .until_ms = until_ms,
    };
    return code;
}

// ---- the rule in words ----

static void put_minute(int32_t minute, struct buffer *out)
{
    buffer_format(out, "%02d:%02d", minute / 60, minute % 60);
}

static void put_step_rule(const struct calendar *calendar, bool zh, struct buffer *out)
{
    buffer_append_text(out, zh ? "：逐个工作日顺延，保持时刻"
                               : ": from working day to working day, same time of day");
    if (calendar->step_cut_off_min < CALENDAR_DAY_MINUTES) {
        buffer_append_text(out, zh ? "；" : "; from ");
        put_minute(calendar->step_cut_off_min, out);
        buffer_append_text(out,
                           zh ? "起视为次一工作日" : " on it begins next working day ");
        put_minute(calendar->step_restart_min, out);
    }
    if (calendar->step_holidays)
        buffer_append_text(out, zh ? "；跳过节假日" : "; holidays are skipped");
    else
        buffer_append_text(out, zh ? "；节假日照算" : "; holidays count");
}

void clock_rule_text(const struct calendar *calendar, const struct limit *limit,
                     const char *language, struct buffer *out)
{
    bool zh = language && strncmp(language, "zh", 2) == 0;
    limit_text(limit, language, out);
    if (limit->unit == LIMIT_NONE)
        return;
    if (limit->unit == LIMIT_CALENDAR_DAY) {
        buffer_append_text(out, zh ? "：保持时刻" : ": same wall-clock time");
    } else if (calendar_is_stepped(calendar, limit)) {
        put_step_rule(calendar, zh, out);
    } else if (calendar_is_continuous(limit)) {
        buffer_append_text(out, zh ? "：昼夜连续计时" : ": counted day and night");
    } else if (limit->hours[0]) {
        buffer_append_text(out,
                           zh ? "：只计其开放时间" : ": counted in these opening hours");
    } else {
        buffer_append_text(out, zh ? "：只计工作时段" : ": counted in working periods");
        if (limit->unit == LIMIT_WORKING_DAY) {
            int64_t minutes = calendar->day_open_ms / CALENDAR_MINUTE_MS;
            buffer_append_text(out, zh ? "，每个工作日" : ", a working day is ");
            buffer_format(out, "%g", (double)minutes / 60.0);
            buffer_append_text(out, zh ? "小时" : " hours");
        }
    }
}
