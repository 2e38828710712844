// SPDX-License-Identifier: MPL-2.0
// How deadlines are explained, as text that can be read aloud.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/instant.h>
#include <gridcase/rules/clock.h>

#include "rules_support.h"

struct story {
    struct calendar *calendar;
    struct clock_event events[8];
    size_t count;
    struct buffer text;
    struct clock_explanation explanation;
};

static void story_init(struct story *story, bool stepped)
{
    memset(story, 0, sizeof *story);
    TABLE_CLEANUP struct table *days =
        support_table("days", "date,to,kind,name_zh,name_en\n"
                              "2025-10-01,2025-10-08,holiday,国庆节,National Day\n"
                              "2025-10-11,,workday,调休,make-up day\n");
    TABLE_CLEANUP struct table *settings =
        support_table("settings", stepped ? "setting,value\nworking_day,step\n"
                                            "step_cut_off,17:00\nstep_restart,08:30\n"
                                          : "setting,value\n");
    TABLE_CLEANUP struct table *seasons =
        support_table("seasons", "season,from,to,name_en\nplanting,03-01,04-30,planting\n");
    struct calendar_source source = {.zone = "Asia/Shanghai",
                                     .version = 12,
                                     .settings = settings,
                                     .days = days,
                                     .seasons = seasons};
    assert_int_equal(calendar_new(&source, NULL, &story->calendar, NULL), 0);
    buffer_init(&story->text, BUFFER_CEILING_LINE);
}

static void story_done(struct story *story)
{
    calendar_free(story->calendar);
    buffer_done(&story->text);
}

static void tell(struct story *story, enum clock_effect effect, const char *at,
                 const char *limit)
{
    struct clock_event *event = &story->events[story->count++];
    event->effect = effect;
    event->at_ms = support_local(story->calendar, at);
    assert_int_equal(limit_parse(limit, NULL, &event->limit, NULL, NULL), 0);
}

static void put_time(struct story *story, int64_t at)
{
    buffer_format(&story->text, "%.11s", support_show(story->calendar, at) + 5);
}

static void listen(void *context, const struct clock_interval *interval)
{
    struct story *story = context;
    put_time(story, interval->from_ms);
    buffer_append_text(&story->text, " - ");
    put_time(story, interval->to_ms);
    buffer_format(&story->text, " %dm %s", (int)(interval->counted_ms / 60000),
                  clock_why_to_str(interval->why));
    if (interval->number)
        buffer_format(&story->text, " %d", (int)interval->number);
    if (interval->name[0])
        buffer_format(&story->text, " (%s)", interval->name);
    buffer_append_char(&story->text, '\n');
}

static void expect_story(struct story *story, const char *text)
{
    struct error error;
    struct clock_explain_request request = {.calendar = story->calendar,
                                            .events = story->events,
                                            .count = story->count,
                                            .language = "en",
                                            .visit = listen,
                                            .context = story};
    buffer_clear(&story->text);
    if (clock_explain(&request, &story->explanation, &error))
        fail_msg("%s", error.message);
    assert_string_equal(story->text.data ? story->text.data : "", text);
}

static void working_hours_are_explained_period_by_period(void **state)
{
    (void)state;
    struct story story;
    story_init(&story, false);
    tell(&story, CLOCK_EFFECT_START, "2025-09-30 17:30", "6工作时");
    expect_story(&story, "09-30 17:30 - 09-30 18:00 30m period\n"
                         "09-30 18:00 - 10-01 00:00 0m night\n"
                         "10-01 00:00 - 10-09 00:00 0m holiday (National Day)\n"
                         "10-09 00:00 - 10-09 08:00 0m night\n"
                         "10-09 08:00 - 10-09 12:00 240m period\n"
                         "10-09 12:00 - 10-09 14:00 0m lunch\n"
                         "10-09 14:00 - 10-09 15:30 90m period\n");
    assert_int_equal(story.explanation.detail, CLOCK_DETAIL_PERIOD);
    assert_int_equal(story.explanation.calendar_version, 12);
    assert_int_equal(story.explanation.until_ms, story.explanation.clock.due_ms);
    story_done(&story);
}

static void make_up_days_weekends_and_pauses_are_named(void **state)
{
    (void)state;
    struct story story;
    story_init(&story, false);
    tell(&story, CLOCK_EFFECT_START, "2025-10-10 17:00", "6工作时");
    tell(&story, CLOCK_EFFECT_PAUSE, "2025-10-11 10:00", "");
    tell(&story, CLOCK_EFFECT_RESUME, "2025-10-11 17:00", "");
    tell(&story, CLOCK_EFFECT_EXTEND, "2025-10-11 17:30", "1工作时");
    expect_story(&story, "10-10 17:00 - 10-10 18:00 60m period\n"
                         "10-10 18:00 - 10-11 08:00 0m night\n"
                         "10-11 08:00 - 10-11 10:00 120m make_up (make-up day)\n"
                         "10-11 10:00 - 10-11 17:00 0m paused\n"
                         "10-11 17:00 - 10-11 17:30 30m make_up (make-up day)\n"
                         "10-11 17:30 - 10-11 17:30 0m extended\n"
                         "10-11 17:30 - 10-11 18:00 30m make_up (make-up day)\n"
                         "10-11 18:00 - 10-12 00:00 0m night\n"
                         "10-12 00:00 - 10-13 00:00 0m weekend\n"
                         "10-13 00:00 - 10-13 08:00 0m night\n"
                         "10-13 08:00 - 10-13 11:00 180m period\n");
    story_done(&story);
}

static void only_the_last_run_is_told(void **state)
{
    (void)state;
    struct story story;
    story_init(&story, false);
    tell(&story, CLOCK_EFFECT_START, "2025-10-13 08:00", "6工作时");
    tell(&story, CLOCK_EFFECT_RESTART, "2025-10-13 09:00", "2工作时");
    tell(&story, CLOCK_EFFECT_STOP, "2025-10-13 10:00", "");
    expect_story(&story, "10-13 09:00 - 10-13 10:00 60m period\n");
    assert_int_equal(story.explanation.clock.status, CLOCK_STOPPED);
    tell(&story, CLOCK_EFFECT_RESUME, "2025-10-13 10:30", "");
    expect_story(&story, "10-13 09:00 - 10-13 10:00 60m period\n"
                         "10-13 10:00 - 10-13 10:30 0m stopped\n"
                         "10-13 10:30 - 10-13 11:30 60m period\n");
    story_done(&story);
}

static void continuous_and_seasonal_limits_are_explained(void **state)
{
    (void)state;
    struct story story;
    story_init(&story, false);
    tell(&story, CLOCK_EFFECT_START, "2025-10-01 23:00", "2紧急工作时");
    expect_story(&story, "10-01 23:00 - 10-02 01:00 120m continuous\n");
    story.count = 0;
    tell(&story, CLOCK_EFFECT_START, "2025-02-28 10:00", "种植季节1自然日");
    expect_story(&story, "02-28 10:00 - 03-01 00:00 0m out_of_season (planting)\n"
                         "03-01 00:00 - 03-02 00:00 1440m continuous\n");
    story.count = 0;
    tell(&story, CLOCK_EFFECT_START, "2025-10-01 23:00", "无");
    expect_story(&story, "");
    story_done(&story);
}

// Explains one limit and tells how fine, and whether the text begins as said.
static enum clock_detail detail_of(struct story *story, const char *limit,
                                   const char *begin)
{
    struct clock_explain_request request = {.calendar = story->calendar,
                                            .events = story->events,
                                            .count = 1,
                                            .language = "en",
                                            .visit = listen,
                                            .context = story};
    story->count = 0;
    tell(story, CLOCK_EFFECT_START, "2025-09-22 12:00", limit);
    buffer_clear(&story->text);
    assert_int_equal(clock_explain(&request, &story->explanation, NULL), 0);
    if (strncmp(story->text.data, begin, strlen(begin)) != 0)
        assert_string_equal(story->text.data, begin);
    return story->explanation.detail;
}

static void long_limits_are_told_by_day_week_or_month(void **state)
{
    (void)state;
    struct story story;
    story_init(&story, false);
    assert_int_equal(detail_of(&story, "30工作日",
                               "09-22 12:00 - 09-23 00:00 240m days 1\n"
                               "09-23 00:00 - 09-24 00:00 480m days 1\n"
                               "09-24 00:00 - 09-25 00:00 480m days 1\n"
                               "09-25 00:00 - 09-26 00:00 480m days 1\n"
                               "09-26 00:00 - 09-27 00:00 480m days 1\n"
                               "09-27 00:00 - 09-29 00:00 0m weekend\n"
                               "09-29 00:00 - 09-30 00:00 480m days 1\n"
                               "09-30 00:00 - 10-01 00:00 480m days 1\n"
                               "10-01 00:00 - 10-09 00:00 0m holiday (National Day)\n"),
                     CLOCK_DETAIL_DAY);
    assert_int_equal(detail_of(&story, "400工作日",
                               "09-22 12:00 - 09-29 00:00 2160m days 5\n"
                               "09-29 00:00 - 10-06 00:00 960m days 2\n"
                               "10-06 00:00 - 10-13 00:00 1440m days 3\n"),
                     CLOCK_DETAIL_WEEK);
    assert_int_equal(detail_of(&story, "2500工作日",
                               "09-22 12:00 - 10-01 00:00 3120m days 7\n"
                               "10-01 00:00 - 11-01 00:00 8640m days 18\n"),
                     CLOCK_DETAIL_MONTH);
    story_done(&story);
}

static void steps_are_explained_one_by_one(void **state)
{
    (void)state;
    struct story story;
    story_init(&story, true);
    tell(&story, CLOCK_EFFECT_START, "2025-09-27 18:00", "2工作日"); // a Saturday evening
    expect_story(&story, "09-27 18:00 - 09-29 18:00 480m next_day\n"
                         "09-29 18:00 - 09-30 08:30 30m cut_off\n"
                         "09-30 08:30 - 10-09 08:30 480m step 1 (National Day)\n"
                         "10-09 08:30 - 10-10 08:30 480m step 2\n");
    tell(&story, CLOCK_EFFECT_PAUSE, "2025-09-30 10:00", "");
    tell(&story, CLOCK_EFFECT_RESUME, "2025-09-30 12:00", "");
    expect_story(&story, "09-27 18:00 - 09-29 18:00 480m next_day\n"
                         "09-29 18:00 - 09-30 08:30 30m cut_off\n"
                         "09-30 08:30 - 10-09 08:30 480m step 1 (National Day)\n"
                         "10-09 08:30 - 10-10 08:30 480m step 2\n"
                         "09-30 10:00 - 09-30 12:00 0m paused\n"
                         "10-10 08:30 - 10-10 10:30 120m shift\n");
    story.count = 0;
    tell(&story, CLOCK_EFFECT_START, "2025-09-27 18:00", "3 calendar days");
    expect_story(&story, "09-27 18:00 - 09-30 18:00 960m step 3\n");
    story_done(&story);
}

static void a_new_calendar_holds_from_its_event_on(void **state)
{
    (void)state;
    struct story story, other;
    story_init(&story, false);
    story_init(&other, false);
    struct calendar_source source = {.zone = "Asia/Shanghai", .version = 13};
    TABLE_CLEANUP struct table *days =
        support_table("days", "date,kind,name_en\n2025-10-14,holiday,Power cut\n");
    source.days = days;
    calendar_free(other.calendar);
    assert_int_equal(calendar_new(&source, NULL, &other.calendar, NULL), 0);
    tell(&story, CLOCK_EFFECT_START, "2025-10-13 16:00", "4工作时");
    tell(&story, CLOCK_EFFECT_RECOMPUTE, "2025-10-13 17:00", "");
    story.events[1].calendar = other.calendar;
    expect_story(&story, "10-13 16:00 - 10-13 17:00 60m period\n"
                         "10-13 17:00 - 10-13 18:00 60m period\n"
                         "10-13 18:00 - 10-14 00:00 0m night\n"
                         "10-14 00:00 - 10-15 00:00 0m holiday (Power cut)\n"
                         "10-15 00:00 - 10-15 08:00 0m night\n"
                         "10-15 08:00 - 10-15 10:00 120m period\n");
    assert_int_equal(story.explanation.calendar_version, 13);
    story_done(&story);
    story_done(&other);
}

static void events_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct story story;
    story_init(&story, false);
    tell(&story, CLOCK_EFFECT_START, "2025-10-13 16:00", "4工作时");
    tell(&story, CLOCK_EFFECT_RESUME, "2025-10-13 17:00", "");
    struct clock_explain_request request = {.calendar = story.calendar,
                                            .events = story.events,
                                            .count = story.count,
                                            .visit = listen,
                                            .context = &story};
    struct error error;
    assert_int_equal(clock_explain(&request, &story.explanation, &error), ERROR_CONFLICT);
    assert_string_equal(error.slug, "clock.not_paused");
    assert_non_null(strstr(error.message, "event 2"));
    story_done(&story);
}

static void rules_are_put_into_words(void **state)
{
    (void)state;
    static const struct {
        bool stepped;
        const char *limit, *language, *text;
    } rows[] = {
        {false, "2工作时", "en", "2 working hours: counted in working periods"},
        {false, "5工作日", "zh-CN", "5工作日：只计工作时段，每个工作日8小时"},
        {false, "2紧急工作时", "zh-CN", "2紧急工作时：昼夜连续计时"},
        {true, "2工作日", "en",
         "2 working days: from working day to working day, same time of day; from 17:00 on "
         "it "
         "begins next working day 08:30; holidays are skipped"},
        {true, "3 calendar days", "en", "3 calendar days: same wall-clock time"},
        {false, "无", "en", "no limit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct story story;
        struct limit limit;
        story_init(&story, rows[i].stepped);
        assert_int_equal(limit_parse(rows[i].limit, NULL, &limit, NULL, NULL), 0);
        clock_rule_text(story.calendar, &limit, rows[i].language, &story.text);
        assert_string_equal(story.text.data, rows[i].text);
        story_done(&story);
    }
}

static void clock_words_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < CLOCK_STATUS_COUNT; i++) {
        enum clock_status status;
        assert_int_equal(
            clock_status_from_str(clock_status_to_str((enum clock_status)i), &status, NULL),
            0);
        assert_int_equal(status, i);
    }
    for (int i = 0; i < CLOCK_EFFECT_COUNT; i++) {
        enum clock_effect effect;
        assert_int_equal(
            clock_effect_from_str(clock_effect_to_str((enum clock_effect)i), &effect, NULL),
            0);
        assert_int_equal(effect, i);
    }
    for (int i = 0; i < CLOCK_WHY_COUNT; i++)
        assert_string_not_equal(clock_why_to_str((enum clock_why)i), "?");
    enum clock_effect effect;
    assert_int_equal(clock_effect_from_str("explode", &effect, NULL), ERROR_INPUT);
    assert_string_equal(clock_light_to_str(CLOCK_LIGHT_YELLOW), "yellow");
    assert_string_equal(clock_detail_to_str(CLOCK_DETAIL_WEEK), "week");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(working_hours_are_explained_period_by_period),
        cmocka_unit_test(make_up_days_weekends_and_pauses_are_named),
        cmocka_unit_test(only_the_last_run_is_told),
        cmocka_unit_test(continuous_and_seasonal_limits_are_explained),
        cmocka_unit_test(long_limits_are_told_by_day_week_or_month),
        cmocka_unit_test(steps_are_explained_one_by_one),
        cmocka_unit_test(a_new_calendar_holds_from_its_event_on),
        cmocka_unit_test(events_that_do_not_fit_are_refused),
        cmocka_unit_test(rules_are_put_into_words),
        cmocka_unit_test(clock_words_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
