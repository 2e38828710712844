// SPDX-License-Identifier: MPL-2.0
// Runs tests/tables/clocks.txt, which says itself how it is read.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/clock.h>

#include "rules_support.h"

enum { CALENDARS = 24, PARTS = 32 };

struct draft { // a calendar as tables of text
    char name[40];
    char zone[64];
    struct buffer settings, plans, periods, days, seasons, hours;
    struct calendar *calendar;
};

static struct draft drafts[CALENDARS];
static size_t draft_count;
static int line_number;
static int failures;

static void fail_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void fail_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "clocks.txt:%d: ", line_number);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    failures++;
}

static struct draft *find_draft(const char *name)
{
    for (size_t i = 0; i < draft_count; i++)
        if (strcmp(drafts[i].name, name) == 0)
            return &drafts[i];
    fail_line("no calendar '%s'", name);
    return NULL;
}

static struct draft *new_draft(const char *name)
{
    struct draft *draft = &drafts[draft_count++];
    assert_true(draft_count < CALENDARS);
    snprintf(draft->name, sizeof draft->name, "%s", name);
    buffer_init(&draft->settings, BUFFER_CEILING_LINE);
    buffer_init(&draft->plans, BUFFER_CEILING_LINE);
    buffer_init(&draft->periods, BUFFER_CEILING_LINE);
    buffer_init(&draft->days, BUFFER_CEILING_LINE);
    buffer_init(&draft->seasons, BUFFER_CEILING_LINE);
    buffer_append_text(&draft->settings, "setting,value\n");
    buffer_append_text(&draft->plans, "plan,from,to\n");
    buffer_append_text(&draft->periods, "plan,weekdays,opens,closes\n");
    buffer_append_text(&draft->days, "date,to,kind,name_zh\n");
    buffer_append_text(&draft->seasons, "season,from,to\n");
    buffer_init(&draft->hours, BUFFER_CEILING_LINE);
    buffer_append_text(&draft->hours, "hours,weekdays,opens,closes,holidays\n");
    return draft;
}

static void copy_rows(struct buffer *to, const struct buffer *from)
{
    buffer_clear(to);
    buffer_append(to, from->data, from->length);
}

static size_t split(char *text, const char *separators, char **parts)
{
    size_t count = 0;
    char *save = NULL;
    for (char *part = strtok_r(text, separators, &save); part && count < PARTS;
         part = strtok_r(NULL, separators, &save))
        parts[count++] = text_trim(part);
    return count;
}

static void add_period(struct draft *draft, char **words, size_t count)
{
    const char *plan = count == 4 ? words[1] : "";
    char *dash = strchr(words[count - 1], '-');
    assert_non_null(dash);
    *dash = '\0';
    buffer_format(&draft->periods, "%s,%s,%s,%s\n", plan, words[count - 2],
                  words[count - 1], dash + 1);
}

// hours CODE 1-7 08:30-21:30 open|closed, which is about holidays
static void add_hours(struct draft *draft, char **words)
{
    char *dash = strchr(words[3], '-');
    assert_non_null(dash);
    *dash = '\0';
    buffer_format(&draft->hours, "%s,%s,%s,%s,%s\n", words[1], words[2], words[3], dash + 1,
                  words[4]);
}

static void add_day(struct draft *draft, char **words, size_t count)
{
    char *dots = strstr(words[1], "..");
    if (dots)
        *dots = '\0';
    buffer_format(&draft->days, "%s,%s,%s,%s\n", words[1], dots ? dots + 2 : "", words[0],
                  count > 2 ? words[2] : "");
}

static void like(struct draft *draft, const char *name)
{
    const struct draft *other = find_draft(name);
    if (!other)
        return;
    memcpy(draft->zone, other->zone, sizeof draft->zone);
    copy_rows(&draft->settings, &other->settings);
    copy_rows(&draft->plans, &other->plans);
    copy_rows(&draft->periods, &other->periods);
    copy_rows(&draft->days, &other->days);
    copy_rows(&draft->seasons, &other->seasons);
    copy_rows(&draft->hours, &other->hours);
}

static void read_calendar_line(struct draft *draft, char *line)
{
    char *words[PARTS];
    size_t count = split(line, " ", words);
    if (strcmp(words[0], "zone") == 0)
        snprintf(draft->zone, sizeof draft->zone, "%s", words[1]);
    else if (strcmp(words[0], "like") == 0)
        like(draft, words[1]);
    else if (strcmp(words[0], "open") == 0 && count >= 3)
        add_period(draft, words, count);
    else if (strcmp(words[0], "set") == 0 && count == 3)
        buffer_format(&draft->settings, "%s,%s\n", words[1], words[2]);
    else if (strcmp(words[0], "plan") == 0)
        buffer_format(&draft->plans, "%s,%s,%s\n", words[1], count > 2 ? words[2] : "",
                      count > 3 ? words[3] : "");
    else if (strcmp(words[0], "hours") == 0 && count == 5)
        add_hours(draft, words);
    else if (strcmp(words[0], "season") == 0 && count == 4)
        buffer_format(&draft->seasons, "%s,%s,%s\n", words[1], words[2], words[3]);
    else if (strcmp(words[0], "holiday") == 0 || strcmp(words[0], "workday") == 0)
        add_day(draft, words, count);
    else
        fail_line("'%s' is not understood", words[0]);
}

static const struct calendar *get_calendar(const char *name)
{
    struct draft *draft = find_draft(name);
    if (!draft || draft->calendar)
        return draft ? draft->calendar : NULL;
    TABLE_CLEANUP struct table *settings = support_table("calendar", draft->settings.data);
    TABLE_CLEANUP struct table *plans = support_table("plans", draft->plans.data);
    TABLE_CLEANUP struct table *periods = support_table("periods", draft->periods.data);
    TABLE_CLEANUP struct table *days = support_table("days", draft->days.data);
    TABLE_CLEANUP struct table *seasons = support_table("seasons", draft->seasons.data);
    TABLE_CLEANUP struct table *hours = support_table("hours", draft->hours.data);
    struct calendar_source source = {
        draft->zone, 1 + (draft - drafts), settings, plans, periods, days, seasons, hours};
    struct error error;
    if (calendar_new(&source, NULL, &draft->calendar, &error))
        fail_line("calendar %s: %s", name, error.message);
    return draft->calendar;
}

// ---- one case ----

struct run {
    const struct calendar *calendar;
    struct clock clock;
    int64_t last_ms;
    struct error refused; // of the last event, code 0 when it was allowed
};

static bool read_limit(const char *text, struct limit *ret_limit)
{
    struct error error;
    if (!limit_parse(text, NULL, ret_limit, NULL, &error))
        return true;
    fail_line("%s", error.message);
    return false;
}

// The instant written in two words; seconds are optional.
static int64_t read_instant(const struct run *run, const char *date, const char *time)
{
    char text[40];
    snprintf(text, sizeof text, "%s %s", date, time);
    return support_local(run->calendar, text);
}

static void apply_event(struct run *run, const char *text)
{
    struct clock_event event = {.effect = CLOCK_EFFECT_RECOMPUTE};
    char word[20], date[20], time[20];
    int used = 0;
    if (sscanf(text, "%19s %19s %19s %n", word, date, time, &used) < 3) {
        fail_line("'%s' is not understood", text);
        return;
    }
    const char *rest = text + used;
    event.at_ms = run->last_ms = read_instant(run, date, time);
    if (strcmp(word, "calendar") == 0) {
        run->calendar = get_calendar(rest);
    } else if (clock_effect_from_str(word, &event.effect, NULL)) {
        fail_line("'%s' is no event", word);
        return;
    }
    if (event.effect == CLOCK_EFFECT_RESTART && *rest == '\0')
        event.limit = run->clock.limit;
    else if (event.effect == CLOCK_EFFECT_RESTART && !read_limit(rest, &event.limit))
        return;
    if (event.effect == CLOCK_EFFECT_EXTEND && !read_limit(rest + 3, &event.limit))
        return;
    run->refused.code = 0;
    (void)!clock_apply(&run->clock, run->calendar, &event, &run->refused);
}

// "1h30m", "-2h", "45m" in milliseconds.
static int64_t read_duration(const char *text)
{
    int64_t sign = *text == '-' ? -1 : 1, total = 0, number = 0;
    for (text += sign < 0; *text && *text != ' '; text++) {
        if (*text >= '0' && *text <= '9') {
            number = number * 10 + (*text - '0');
        } else {
            total += number * (*text == 'h' ? 3600000 : *text == 'm' ? 60000 : 1000);
            number = 0;
        }
    }
    return sign * total;
}

static int64_t instant_at(const struct run *run, const char *text)
{
    const char *at = strstr(text, " at ");
    return at ? support_local(run->calendar, at + 4) : run->last_ms;
}

static void expect_instant(const struct run *run, const char *what, int64_t is,
                           const char *text)
{
    int64_t want =
        strcmp(text, "none") == 0 ? INT64_MIN : support_local(run->calendar, text);
    if (is != want)
        fail_line("%s is %s, not %s", what, support_show(run->calendar, is), text);
}

static void expect_duration(const char *what, int64_t is, const char *text)
{
    if (is != read_duration(text))
        fail_line("%s is %.4f h, not %s", what, (double)is / 3600000.0, text);
}

static void expect_word(const char *what, const char *is, const char *text)
{
    if (strncmp(text, is, strlen(is)) != 0)
        fail_line("%s is %s, not %s", what, is, text);
}

static void expect(struct run *run, const char *text)
{
    struct clock *clock = &run->clock;
    if (text_starts(text, "due "))
        expect_instant(run, "due", clock->due_ms, text + 4);
    else if (text_starts(text, "yellow "))
        expect_instant(run, "yellow", clock->yellow_at_ms, text + 7);
    else if (text_starts(text, "used "))
        expect_duration("used", clock_used_ms(clock, run->calendar, instant_at(run, text)),
                        text + 5);
    else if (text_starts(text, "left "))
        expect_duration("left", clock_left_ms(clock, run->calendar, instant_at(run, text)),
                        text + 5);
    else if (text_starts(text, "light "))
        expect_word("light", clock_light_to_str(clock_light(clock, instant_at(run, text))),
                    text + 6);
    else if (text_starts(text, "status "))
        expect_word("status", clock_status_to_str(clock->status), text + 7);
    else if (text_starts(text, "refused "))
        expect_word("refusal", run->refused.code ? run->refused.slug : "nothing", text + 8);
    else if (strcmp(text, "provisional") == 0 || strcmp(text, "firm") == 0)
        expect_word("deadline", clock->provisional ? "provisional" : "firm", text);
    else
        fail_line("'%s' is not understood", text);
}

static void run_case(char *line)
{
    char *columns[5] = {NULL};
    char *parts[PARTS];
    size_t count = 0;
    for (char *at = line; at && count < 5; count++) {
        char *bar = strchr(at, '|');
        if (bar)
            *bar = '\0';
        columns[count] = text_trim(at);
        at = bar ? bar + 1 : NULL;
    }
    struct run run = {.calendar = count == 5 ? get_calendar(columns[0]) : NULL};
    struct limit limit;
    if (!run.calendar || !read_limit(columns[1], &limit)) {
        fail_line("not a case of five columns");
        return;
    }
    clock_init(&run.clock);
    run.last_ms = support_local(run.calendar, columns[2]);
    if (clock_start(&run.clock, run.calendar, &limit, run.last_ms, &run.refused))
        fail_line("%s", run.refused.message);
    run.refused.code = 0;
    size_t events = split(columns[3], ";", parts);
    for (size_t i = 0; i < events; i++)
        apply_event(&run, parts[i]);
    bool refusal_expected = strstr(columns[4], "refused") != NULL;
    if (run.refused.code && !refusal_expected)
        fail_line("%s", run.refused.message);
    size_t expectations = split(columns[4], ";", parts);
    for (size_t i = 0; i < expectations; i++)
        expect(&run, parts[i]);
    if (expectations == 0)
        fail_line("nothing is expected");
}

static void every_row_of_clocks_holds(void **state)
{
    (void)state;
    size_t length;
    char *text = support_file("tests/tables/clocks.txt", &length);
    struct draft *open = NULL;
    int cases = 0;
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        char *trimmed = text_trim(line);
        line_number++;
        if (*trimmed == '[') {
            trimmed[strlen(trimmed) - 1] = '\0';
            open = new_draft(trimmed + strlen("[calendar "));
        } else if (strchr(trimmed, '|') && *trimmed != '#') {
            run_case(trimmed);
            cases++;
        } else if (*trimmed && *trimmed != '#' && open) {
            read_calendar_line(open, trimmed);
        }
        line = end + 1;
    }
    free(text);
    print_message("%d cases, %d wrong\n", cases, failures);
    assert_true(cases >= 100);
    assert_int_equal(failures, 0);
    for (size_t i = 0; i < draft_count; i++) {
        calendar_free(drafts[i].calendar);
        buffer_done(&drafts[i].settings);
        buffer_done(&drafts[i].plans);
        buffer_done(&drafts[i].periods);
        buffer_done(&drafts[i].days);
        buffer_done(&drafts[i].seasons);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_of_clocks_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
