// SPDX-License-Identifier: MPL-2.0
// Reads calendar.csv, calendar_periods.csv and calendar_plans.csv; gridcase-calendar(5).
#include <string.h>

#include <gridcase/core/text.h>

#include "calendar_build.h"

enum { WEEKDAYS_WORKING = 0x3E, WEEKDAYS_ALL = 0xFE }; // Monday to Friday as bits 1 to 5

int32_t calendar_read_minute(const char *text)
{
    if (strlen(text) != 5 || text[2] != ':' || strspn(text, "0123456789") != 2 ||
        strspn(text + 3, "0123456789") != 2)
        return -1;
    int32_t hour = (text[0] - '0') * 10 + text[1] - '0';
    int32_t minute = (text[3] - '0') * 10 + text[4] - '0';
    if (minute > 59 || hour > 24 || (hour == 24 && minute > 0))
        return -1;
    return hour * 60 + minute;
}

// One weekday of length bytes: 1..7 or mon..sun; 0 when it is none.
static int read_weekday(const char *text, size_t length)
{
    static const char names[] = "montuewedthufrisatsun";
    if (length == 1 && *text >= '1' && *text <= '7')
        return *text - '0';
    if (length != 3)
        return 0;
    for (int i = 0; i < 7; i++) {
        bool same = true;
        for (int k = 0; k < 3; k++)
            same = same && (text[k] | 0x20) == names[i * 3 + k];
        if (same)
            return i + 1;
    }
    return 0;
}

unsigned calendar_read_weekdays(const char *text)
{
    unsigned bits = 0;
    while (*text) {
        size_t length = strcspn(text, ",; ");
        size_t dash = strcspn(text, "-");
        if (length > 0) {
            int first = read_weekday(text, dash < length ? dash : length);
            int last =
                dash < length ? read_weekday(text + dash + 1, length - dash - 1) : first;
            if (!first || !last || last < first)
                return 0;
            for (int day = first; day <= last; day++)
                bits |= 1U << day;
        }
        text += length;
        text += strspn(text, ",; ");
    }
    return bits;
}

// ---- calendar.csv: setting, value ----

static void read_day_hours(struct calendar_build *build, size_t row, const char *value)
{
    double hours = 0;
    if (text_to_double(value, strlen(value), &hours, NULL) || hours < 0.25 || hours > 24) {
        rules_error(&build->check, build->source->settings, row, "value",
                    "calendar.hours_invalid",
                    "'%.40s' is no number of hours between 0.25 and 24", value);
        return;
    }
    build->calendar->day_open_ms = (int64_t)(hours * 60 + 0.5) * CALENDAR_MINUTE_MS;
}

static void read_time_setting(struct calendar_build *build, size_t row, int32_t *ret_minute)
{
    const char *value = table_value(build->source->settings, row, "value");
    int32_t minute = calendar_read_minute(value);
    if (minute < 0)
        rules_error(&build->check, build->source->settings, row, "value",
                    "calendar.time_invalid", "'%.40s' is not a time like 17:00", value);
    else
        *ret_minute = minute;
}

static void read_choice(struct calendar_build *build, size_t row, const char *no,
                        const char *yes, bool *ret_choice)
{
    const char *value = table_value(build->source->settings, row, "value");
    if (strcmp(value, yes) == 0)
        *ret_choice = true;
    else if (strcmp(value, no) == 0)
        *ret_choice = false;
    else
        rules_error(&build->check, build->source->settings, row, "value",
                    "calendar.value_invalid", "'%.40s' is neither '%s' nor '%s'", value, no,
                    yes);
}

static void read_published(struct calendar_build *build, size_t row, const char *value)
{
    struct error error;
    if (*value && date_from_text(value, strlen(value), &build->published_until_day, &error))
        rules_error(&build->check, build->source->settings, row, "value",
                    "calendar.date_invalid", "%s", error.message);
}

static void read_setting(struct calendar_build *build, size_t row)
{
    struct calendar *calendar = build->calendar;
    const char *name = table_value(build->source->settings, row, "setting");
    const char *value = table_value(build->source->settings, row, "value");
    if (strcmp(name, "working_day") == 0)
        read_choice(build, row, "hours", "step", &calendar->working_day_steps);
    else if (strcmp(name, "hours_per_day") == 0)
        read_day_hours(build, row, value);
    else if (strcmp(name, "step_cut_off") == 0)
        read_time_setting(build, row, &calendar->step_cut_off_min);
    else if (strcmp(name, "step_restart") == 0)
        read_time_setting(build, row, &calendar->step_restart_min);
    else if (strcmp(name, "step_holidays") == 0)
        read_choice(build, row, "count", "skip", &calendar->step_holidays);
    else if (strcmp(name, "published_until") == 0)
        read_published(build, row, value);
    else
        rules_error(&build->check, build->source->settings, row, "setting",
                    "calendar.setting_unknown", "there is no setting '%.40s'", name);
}

void calendar_read_settings(struct calendar_build *build)
{
    static const char *const columns[] = {"setting", "value", NULL};
    static const char *const other[] = {"setting", "value", "note", NULL};
    const struct table *table = build->source->settings;
    build->calendar->day_open_ms = (int64_t)8 * 60 * CALENDAR_MINUTE_MS;
    build->calendar->step_cut_off_min = CALENDAR_DAY_MINUTES;
    build->calendar->step_restart_min = 0;
    build->calendar->step_holidays = true;
    if (!table || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, other, NULL);
    for (size_t row = 0; row < table_rows(table); row++) {
        for (size_t before = 0; before < row; before++)
            if (text_equal(table_value(table, before, "setting"),
                           table_value(table, row, "setting")))
                rules_error(&build->check, table, row, "setting", "calendar.setting_twice",
                            "'%.40s' is set twice", table_value(table, row, "setting"));
        if (row > 100)
            break; // there are six settings: the errors above have said enough
        read_setting(build, row);
    }
}

// ---- calendar_periods.csv: plan, weekdays, opens, closes ----

static struct calendar_plan *add_plan(struct calendar *calendar, const char *code)
{
    for (size_t i = 0; i < calendar->plan_count; i++)
        if (strcmp(calendar->plans[i].code, code) == 0)
            return &calendar->plans[i];
    if (calendar->plan_count == CALENDAR_PLANS || strlen(code) > 63)
        return NULL;
    struct calendar_plan *plan = &calendar->plans[calendar->plan_count++];
    plan->code = arena_text(calendar->arena, code);
    return plan;
}

// Puts a period in order; the opposite of 0 when it overlaps or there is no room.
static int add_period(struct calendar_pattern *pattern, int32_t opens, int32_t closes)
{
    int at = 0;
    while (at < pattern->count && pattern->opens_min[at] < opens)
        at++;
    if ((at > 0 && pattern->closes_min[at - 1] > opens) ||
        (at < pattern->count && pattern->opens_min[at] < closes))
        return 1;
    if (pattern->count == CALENDAR_PERIODS)
        return 2;
    for (int i = pattern->count; i > at; i--) {
        pattern->opens_min[i] = pattern->opens_min[i - 1];
        pattern->closes_min[i] = pattern->closes_min[i - 1];
    }
    pattern->opens_min[at] = (int16_t)opens;
    pattern->closes_min[at] = (int16_t)closes;
    pattern->count++;
    return 0;
}

static void put_period(struct calendar_build *build, const struct table *table, size_t row,
                       const int32_t period[2])
{
    const char *days = table_value(table, row, "weekdays");
    unsigned weekdays = *days ? calendar_read_weekdays(days) : build->weekdays;
    int32_t opens = period[0], closes = period[1];
    struct calendar_plan *plan = add_plan(build->calendar, table_value(table, row, "plan"));
    if (!plan) {
        rules_error(&build->check, table, row, "plan", "calendar.too_many_plans",
                    "more than %d plans, or a code over 63 bytes", CALENDAR_PLANS);
        return;
    }
    for (int day = 1; day <= 7; day++) {
        if (!(weekdays >> day & 1))
            continue;
        int problem = add_period(&plan->weekdays[day], opens, closes);
        if (problem == 1)
            rules_error(&build->check, table, row, "opens", "calendar.period_overlap",
                        "%s-%s overlaps another period of weekday %d in plan '%.40s'",
                        table_value(table, row, "opens"), table_value(table, row, "closes"),
                        day, plan->code);
        else if (problem == 2)
            rules_error(&build->check, table, row, "opens", "calendar.too_many_periods",
                        "weekday %d has more than %d periods", day, CALENDAR_PERIODS);
        if (problem)
            return;
    }
}

// A row of periods, or of the opening hours of a centre.
static void read_period(struct calendar_build *build, const struct table *table, size_t row)
{
    const char *days = table_value(table, row, "weekdays");
    int32_t opens = calendar_read_minute(table_value(table, row, "opens"));
    int32_t closes = calendar_read_minute(table_value(table, row, "closes"));
    if (*days && calendar_read_weekdays(days) == 0)
        rules_error(&build->check, table, row, "weekdays", "calendar.weekdays_invalid",
                    "'%.40s' are no weekdays like 1-5 or sat,sun (1 is Monday)", days);
    else if (opens < 0)
        rules_error(&build->check, table, row, "opens", "calendar.time_invalid",
                    "'%.40s' is not a time like 08:30", table_value(table, row, "opens"));
    else if (closes < 0)
        rules_error(&build->check, table, row, "closes", "calendar.time_invalid",
                    "'%.40s' is not a time like 17:30 or 24:00",
                    table_value(table, row, "closes"));
    else if (opens >= closes)
        rules_error(&build->check, table, row, "closes", "calendar.period_backwards",
                    "the period ends before it begins; write one that passes midnight as "
                    "two, until 24:00 and from 00:00");
    else
        put_period(build, table, row, (int32_t[]){opens, closes});
}

void calendar_read_periods(struct calendar_build *build)
{
    static const char *const columns[] = {"opens", "closes", NULL};
    static const char *const known[] = {"plan",   "weekdays", "opens",
                                        "closes", "note",     NULL};
    const struct table *table = build->source->periods;
    build->weekdays = WEEKDAYS_WORKING;
    if (!table) {
        struct calendar_plan *plan = add_plan(build->calendar, "");
        for (int day = 1; day <= 5; day++) {
            add_period(&plan->weekdays[day], 8 * 60, 12 * 60);
            add_period(&plan->weekdays[day], 14 * 60, 18 * 60);
        }
        return;
    }
    if (!rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, NULL);
    for (size_t row = 0; row < table_rows(table); row++)
        read_period(build, table, row);
    if (build->calendar->plan_count == 0 && build->check.errors == 0)
        rules_error(&build->check, table, RULES_NO_ROW, NULL, "calendar.no_periods",
                    "the calendar never opens: there is no period");
}

// ---- calendar_hours.csv: hours, weekdays, opens, closes, holidays ----

static bool hours_code_good(struct calendar_build *build, size_t row, const char *code)
{
    if (*code != '\0' && strlen(code) < LIMIT_HOURS_SIZE &&
        strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(code))
        return true;
    rules_error(&build->check, build->source->hours, row, "hours", "calendar.hours_code",
                "'%.40s' is no code of up to %d small letters and digits", code,
                LIMIT_HOURS_SIZE - 1);
    return false;
}

size_t calendar_list_hours(struct calendar_build *build, const char *codes[CALENDAR_HOURS])
{
    static const char *const columns[] = {"hours", "opens", "closes", NULL};
    static const char *const known[] = {"hours",    "weekdays", "opens", "closes",
                                        "holidays", "note",     NULL};
    const struct table *table = build->source->hours;
    size_t count = 0;
    if (!table || !rules_needs_columns(&build->check, table, columns))
        return 0;
    rules_known_columns(&build->check, table, known, NULL);
    for (size_t row = 0; row < table_rows(table); row++) {
        const char *code = table_value(table, row, "hours");
        size_t i = 0;
        if (!hours_code_good(build, row, code))
            continue;
        while (i < count && strcmp(codes[i], code) != 0)
            i++;
        if (i == CALENDAR_HOURS) {
            rules_error(&build->check, table, row, "hours", "calendar.too_many_hours",
                        "more than %d sets of opening hours", CALENDAR_HOURS);
            return count;
        }
        if (i == count)
            codes[count++] = code;
    }
    return count;
}

// Opening hours know no plans. *ret_holidays: whether holidays close them.
void calendar_read_hours(struct calendar_build *build, const char *code, bool *ret_holidays)
{
    const struct table *table = build->source->hours;
    bool first = true;
    build->weekdays = WEEKDAYS_ALL;
    *ret_holidays = true;
    for (size_t row = 0; row < table_rows(table); row++) {
        if (strcmp(table_value(table, row, "hours"), code) != 0)
            continue;
        const char *word = table_value(table, row, "holidays");
        bool open = strcmp(word, "open") == 0;
        if (!open && *word != '\0' && strcmp(word, "closed") != 0)
            rules_error(&build->check, table, row, "holidays", "calendar.value_invalid",
                        "'%.40s' is neither 'closed' nor 'open'", word);
        else if (!first && open == *ret_holidays)
            rules_error(&build->check, table, row, "holidays", "calendar.value_invalid",
                        "the rows of '%.40s' differ about holidays", code);
        *ret_holidays = !open;
        first = false;
        read_period(build, table, row);
    }
}
