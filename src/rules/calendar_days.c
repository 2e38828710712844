// SPDX-License-Identifier: MPL-2.0
// Reads what is tied to dates: calendar_plans.csv, calendar_days.csv, calendar_seasons.csv.
#include <string.h>

#include <gridcase/core/text.h>

#include "calendar_build.h"

// A stretch of dates as a table writes it.
struct stretch {
    bool yearly;         // MM-DD, again each year, may pass the new year
    int32_t from, to;    // yearly: month * 100 + day
    int64_t first, last; // dated: days since 1970
};

static int32_t read_month_day(const char *text)
{
    if (strlen(text) != 5 || text[2] != '-' || strspn(text, "0123456789") != 2 ||
        strspn(text + 3, "0123456789") != 2)
        return 0;
    int32_t month = (text[0] - '0') * 10 + text[1] - '0';
    int32_t day = (text[3] - '0') * 10 + text[4] - '0';
    static const int32_t most[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > most[month - 1])
        return 0;
    return month * 100 + day;
}

static bool read_stretch(struct calendar_build *build, const struct table *table,
                         size_t row, struct stretch *ret)
{
    const char *from = table_value(table, row, "from");
    const char *to = table_value(table, row, "to");
    *ret = (struct stretch){.first = INT64_MIN, .last = INT64_MAX};
    ret->from = read_month_day(from);
    ret->to = read_month_day(to);
    if (ret->from && ret->to) {
        ret->yearly = true;
        return true;
    }
    if ((*from && date_from_text(from, strlen(from), &ret->first, NULL)) ||
        (*to && date_from_text(to, strlen(to), &ret->last, NULL))) {
        rules_error(&build->check, table, row, "from", "calendar.dates_invalid",
                    "'%.20s' to '%.20s': write two dates like 2025-05-01, or two days of "
                    "each year like 05-01",
                    from, to);
        return false;
    }
    if (ret->first > ret->last) {
        rules_error(&build->check, table, row, "to", "calendar.dates_backwards",
                    "the last day is before the first");
        return false;
    }
    return true;
}

static bool stretch_holds(const struct stretch *stretch, int64_t day)
{
    if (!stretch->yearly)
        return day >= stretch->first && day <= stretch->last;
    int32_t year, month, month_day;
    date_from_day(day, &year, &month, &month_day);
    int32_t now = month * 100 + month_day;
    if (stretch->from <= stretch->to)
        return now >= stretch->from && now <= stretch->to;
    return now >= stretch->from || now <= stretch->to;
}

// ---- calendar_plans.csv: plan, from, to ----

static int find_plan(const struct calendar *calendar, const char *code)
{
    for (size_t i = 0; i < calendar->plan_count; i++)
        if (strcmp(calendar->plans[i].code, code) == 0)
            return (int)i;
    return -1;
}

static void spread_plan(struct calendar_build *build, size_t row, uint16_t plan,
                        const struct stretch *stretch)
{
    struct calendar *calendar = build->calendar;
    bool base = stretch->first == INT64_MIN && stretch->last == INT64_MAX;
    uint8_t rank = stretch->yearly ? 2 : base ? 1 : 3;
    bool told = false;
    for (size_t i = 0; i < calendar->day_count; i++) {
        int64_t day = calendar->first_day + (int64_t)i;
        if (!stretch_holds(stretch, day) || build->plan_rank[i] > rank)
            continue;
        if (build->plan_rank[i] == rank && !told) {
            char date[DATE_TEXT_SIZE];
            date_to_text(day, date);
            rules_error(&build->check, build->source->plans, row, "from",
                        "calendar.plan_overlap",
                        "on %s the plan of line %lld holds as well", date,
                        (long long)table_line(build->source->plans, build->plan_row[i]));
            told = true;
        }
        build->plan_rank[i] = rank;
        build->plan_row[i] = row;
        calendar->plan[i] = plan;
    }
}

// Days without a plan follow the one before them (the first: the one after); beyond the
// last plan's end that makes deadlines provisional, between two plans it is an error.
static void close_gaps(struct calendar_build *build)
{
    struct calendar *calendar = build->calendar;
    size_t first = 0;
    while (first < calendar->day_count && build->plan_rank[first] == 0)
        first++;
    if (first == calendar->day_count)
        return;
    for (size_t i = 0; i < first; i++)
        calendar->plan[i] = calendar->plan[first];
    size_t gap = 0; // first day of a gap under way, 0 = none
    for (size_t i = first + 1; i < calendar->day_count; i++) {
        if (build->plan_rank[i] == 0) {
            calendar->plan[i] = calendar->plan[i - 1];
            if (!gap)
                gap = i;
        } else if (gap) {
            char date[DATE_TEXT_SIZE];
            date_to_text(calendar->first_day + (int64_t)gap, date);
            rules_error(&build->check, build->source->plans, RULES_NO_ROW, "from",
                        "calendar.plan_gap", "no plan holds from %s on", date);
            return;
        }
    }
}

static void hold_first_plan(struct calendar_build *build)
{
    if (build->calendar->plan_count > 1)
        rules_error(&build->check, build->source->periods, RULES_NO_ROW, "plan",
                    "calendar.plans_missing",
                    "there are several plans, but calendar_plans does not say when each "
                    "holds");
    memset(build->plan_rank, 1, build->calendar->day_count);
}

void calendar_read_plans(struct calendar_build *build)
{
    static const char *const columns[] = {"plan", NULL};
    static const char *const known[] = {"plan", "from", "to", "note", NULL};
    static const char *const prefixes[] = {"name_", NULL};
    const struct table *table = build->source->plans;
    if (!table || table_rows(table) == 0) {
        hold_first_plan(build);
        return;
    }
    if (!rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, prefixes);
    bool used[CALENDAR_PLANS] = {false};
    for (size_t row = 0; row < table_rows(table); row++) {
        struct stretch stretch;
        int plan = find_plan(build->calendar, table_value(table, row, "plan"));
        if (plan < 0) {
            rules_error(&build->check, table, row, "plan", "calendar.plan_unknown",
                        "the plan '%.40s' has no periods", table_value(table, row, "plan"));
            continue;
        }
        used[plan] = true;
        if (read_stretch(build, table, row, &stretch))
            spread_plan(build, row, (uint16_t)plan, &stretch);
    }
    close_gaps(build);
    for (size_t i = 0; i < build->calendar->plan_count; i++)
        if (!used[i])
            rules_warning(&build->check, build->source->periods, RULES_NO_ROW, "plan",
                          "calendar.plan_unused", "the plan '%.40s' never holds",
                          build->calendar->plans[i].code);
}

// ---- calendar_days.csv: date, to, kind, works_as, name_* ----

static uint16_t add_note(struct calendar_build *build, size_t row)
{
    struct calendar *calendar = build->calendar;
    struct label *label = &calendar->notes[calendar->note_count];
    label_read(build->source->days, row, "name", calendar->arena, label);
    return (uint16_t)++calendar->note_count;
}

// The weekday whose periods a make-up day follows: as said, else the first with periods.
static uint8_t make_up_weekday(struct calendar_build *build, size_t row, size_t day)
{
    const struct calendar *calendar = build->calendar;
    const char *as = table_value(build->source->days, row, "works_as");
    const struct calendar_plan *plan = &calendar->plans[calendar->plan[day]];
    uint8_t weekday = 0;
    if (*as) {
        unsigned bits = calendar_read_weekdays(as);
        for (uint8_t i = 1; i <= 7; i++)
            if (bits == 1U << i)
                weekday = i;
        if (!weekday || plan->weekdays[weekday].count == 0)
            rules_error(&build->check, build->source->days, row, "works_as",
                        "calendar.works_as_invalid",
                        "'%.20s' is no weekday on which the office works", as);
        return weekday;
    }
    for (uint8_t i = 1; i <= 7; i++)
        if (plan->weekdays[i].count > 0)
            return i;
    return 0;
}

static void mark_day(struct calendar_build *build, size_t row, size_t day, bool holiday)
{
    struct calendar *calendar = build->calendar;
    if (calendar->flags[day] & (CALENDAR_DAY_HOLIDAY | CALENDAR_DAY_MAKE_UP)) {
        char date[DATE_TEXT_SIZE];
        date_to_text(calendar->first_day + (int64_t)day, date);
        rules_error(&build->check, build->source->days, row, "date", "calendar.day_twice",
                    "%s is listed twice", date);
        return;
    }
    calendar->flags[day] |= holiday ? CALENDAR_DAY_HOLIDAY : CALENDAR_DAY_MAKE_UP;
    calendar->pattern[day] = holiday ? 0 : make_up_weekday(build, row, day);
    calendar->note[day] = (uint16_t)calendar->note_count;
}

static void mark_days(struct calendar_build *build, size_t row, int64_t first, int64_t last)
{
    struct calendar *calendar = build->calendar;
    const char *kind = table_value(build->source->days, row, "kind");
    bool holiday = strcmp(kind, "holiday") == 0;
    if (!holiday && strcmp(kind, "workday") != 0) {
        rules_error(&build->check, build->source->days, row, "kind",
                    "calendar.kind_unknown", "'%.40s' is neither 'holiday' nor 'workday'",
                    kind);
        return;
    }
    int64_t end_day = calendar->first_day + (int64_t)calendar->day_count;
    if (first < calendar->first_day || last >= end_day) {
        rules_error(&build->check, build->source->days, row, "date",
                    "calendar.date_out_of_range", "calendars reach from %d to %d",
                    CALENDAR_FIRST_YEAR, CALENDAR_LAST_YEAR);
        return;
    }
    add_note(build, row);
    for (int64_t day = first; day <= last; day++)
        mark_day(build, row, (size_t)(day - calendar->first_day), holiday);
    if (last > build->last_named_day)
        build->last_named_day = last;
}

void calendar_read_days(struct calendar_build *build)
{
    static const char *const columns[] = {"date", "kind", NULL};
    static const char *const known[] = {"date", "to", "kind", "works_as", "note", NULL};
    static const char *const prefixes[] = {"name", NULL};
    const struct table *table = build->source->days;
    if (!table || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, prefixes);
    size_t rows = table_rows(table);
    if (rows > build->calendar->day_count) {
        rules_error(&build->check, table, RULES_NO_ROW, NULL, "calendar.too_many_days",
                    "more rows than days");
        return;
    }
    build->calendar->notes =
        arena_array(build->calendar->arena, rows + 1, sizeof *build->calendar->notes);
    for (size_t row = 0; row < rows; row++) {
        const char *date = table_value(table, row, "date");
        const char *to = table_value(table, row, "to");
        struct error error;
        int64_t first, last;
        if (date_from_text(date, strlen(date), &first, &error))
            rules_error(&build->check, table, row, "date", "calendar.date_invalid", "%s",
                        error.message);
        else if (*to && date_from_text(to, strlen(to), &last, &error))
            rules_error(&build->check, table, row, "to", "calendar.date_invalid", "%s",
                        error.message);
        else if (*to && last < first)
            rules_error(&build->check, table, row, "to", "calendar.dates_backwards",
                        "the last day is before the first");
        else
            mark_days(build, row, first, *to ? last : first);
    }
}

// ---- calendar_seasons.csv: season, from, to, name_* ----

static int add_season(struct calendar_build *build, size_t row)
{
    struct calendar *calendar = build->calendar;
    const struct table *table = build->source->seasons;
    const char *code = table_value(table, row, "season");
    int found = calendar_season_find(calendar, code);
    if (found >= 0)
        return found;
    if (calendar->season_count == CALENDAR_SEASONS) {
        rules_error(&build->check, table, row, "season", "calendar.too_many_seasons",
                    "more than %d seasons", CALENDAR_SEASONS);
        return -1;
    }
    if (strlen(code) == 0 || strlen(code) >= LIMIT_SEASON_SIZE ||
        strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(code)) {
        rules_error(&build->check, table, row, "season", "calendar.season_invalid",
                    "'%.40s' is no code of up to %d small letters and digits", code,
                    LIMIT_SEASON_SIZE - 1);
        return -1;
    }
    struct calendar_season *season = &calendar->seasons[calendar->season_count];
    season->code = arena_text(calendar->arena, code);
    label_read(table, row, "name", calendar->arena, &season->name);
    season->open_ms =
        arena_array(calendar->arena, calendar->day_count + 1, sizeof *season->open_ms);
    season->all_ms =
        arena_array(calendar->arena, calendar->day_count + 1, sizeof *season->all_ms);
    if (!season->code || !season->open_ms || !season->all_ms) {
        rules_error(&build->check, table, row, "season", "calendar.too_large",
                    "the tables of the calendar are too large");
        return -1;
    }
    return (int)calendar->season_count++;
}

void calendar_read_seasons(struct calendar_build *build)
{
    static const char *const columns[] = {"season", "from", "to", NULL};
    static const char *const known[] = {"season", "from", "to", "note", NULL};
    static const char *const prefixes[] = {"name", NULL};
    struct calendar *calendar = build->calendar;
    const struct table *table = build->source->seasons;
    if (!table || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, prefixes);
    for (size_t row = 0; row < table_rows(table); row++) {
        struct stretch stretch;
        if (!read_stretch(build, table, row, &stretch))
            continue;
        int season = add_season(build, row);
        if (season < 0)
            continue;
        for (size_t i = 0; i < calendar->day_count; i++)
            if (stretch_holds(&stretch, calendar->first_day + (int64_t)i))
                calendar->in_season[i] |= (uint8_t)(1U << season);
    }
}
