// SPDX-License-Identifier: MPL-2.0
// Lives of a clock: four bytes an event (effect, unit and amount, time that passed twice).
#include <stdlib.h>

#include <gridcase/rules/clock.h>

#include "rules_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct calendar *calendars[2];

static void open_calendars(void)
{
    static const char step[] = "setting,value\nworking_day,step\nstep_cut_off,17:00\n"
                               "step_restart,08:30\n";
    static const char days[] = "date,to,kind\n2015-03-08,2015-03-12,holiday\n"
                               "2015-03-14,,workday\n";
    struct table *settings = NULL, *holidays = NULL;
    if (table_parse_csv("s", "s", step, sizeof step - 1, &settings, NULL) ||
        table_parse_csv("d", "d", days, sizeof days - 1, &holidays, NULL))
        abort();
    struct calendar_source source = {.zone = "America/New_York", .days = holidays};
    if (calendar_new(&source, NULL, &calendars[0], NULL))
        abort();
    source.settings = settings;
    if (calendar_new(&source, NULL, &calendars[1], NULL))
        abort();
    table_free(settings);
    table_free(holidays);
}

static void check(const struct clock *clock, const struct calendar *calendar, int64_t now)
{
    int64_t whole = clock_whole_ms(clock, calendar);
    if (whole >= 0 &&
        clock_used_ms(clock, calendar, now) + clock_left_ms(clock, calendar, now) != whole)
        abort();
    if (clock->due_ms != INSTANT_NONE && clock->yellow_at_ms != INSTANT_NONE &&
        clock->yellow_at_ms > clock->due_ms)
        abort();
    if ((clock_light(clock, now) == CLOCK_LIGHT_RED) != clock_is_over(clock, now))
        abort();
}

static void ignore(void *context, const struct clock_interval *interval)
{
    size_t *count = context;
    if (interval->to_ms < interval->from_ms || ++*count > 3000)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct clock_event events[1000];
    if (!calendars[0])
        open_calendars();
    if (size < 1)
        return 0;
    const struct calendar *calendar = calendars[data[0] & 1];
    struct clock clock;
    size_t count = 0;
    int64_t now = 1425700000000; // 2015-03-07, before summer time
    clock_init(&clock);
    for (size_t i = 1; i + 4 <= size && count < 1000; i += 4) {
        struct clock_event event = {.effect =
                                        (enum clock_effect)(data[i] % CLOCK_EFFECT_COUNT)};
        now += ((int64_t)data[i + 2] * 256 + data[i + 3]) * 61001;
        event.at_ms = now;
        event.limit.unit = (enum limit_unit)(data[i] / 8 % LIMIT_UNIT_COUNT);
        event.limit.milli =
            event.limit.unit == LIMIT_NONE ? 0 : ((int64_t)data[i + 1] + 1) * 250;
        if (clock_apply(&clock, calendar, &event, NULL) == 0)
            events[count++] = event;
        check(&clock, calendar, now);
    }
    size_t intervals = 0;
    struct clock_explain_request request = {.calendar = calendar,
                                            .events = events,
                                            .count = count,
                                            .language = "en",
                                            .visit = ignore,
                                            .context = &intervals};
    struct clock_explanation explanation;
    if (clock_explain(&request, &explanation, NULL))
        abort();
    if (explanation.clock.due_ms != clock.due_ms)
        abort();
    return 0;
}
