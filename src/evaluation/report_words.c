// SPDX-License-Identifier: MPL-2.0
// Figures and periods as people say them; the first page in plain words.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

// Thousands apart: 1713 is "1,713".
static void count_text(double value, char out[REPORT_VALUE_SIZE])
{
    char plain[32];
    size_t kept = 0;
    snprintf(plain, sizeof(plain), "%.0f", value);
    size_t length = strlen(plain);
    for (size_t i = 0; i < length && kept + 2 < REPORT_VALUE_SIZE; i++) {
        if (i > 0 && (length - i) % 3 == 0 && plain[i - 1] != '-') {
            out[kept++] = ',';
        }
        out[kept++] = plain[i];
    }
    out[kept] = '\0';
}

static void seconds_text(double seconds, bool chinese, char out[REPORT_VALUE_SIZE])
{
    if (seconds < 48 * 3600.0) {
        snprintf(out, REPORT_VALUE_SIZE, chinese ? "%.1f 小时" : "%.1f h", seconds / 3600);
    } else {
        snprintf(out, REPORT_VALUE_SIZE, chinese ? "%.1f 天" : "%.1f days",
                 seconds / 86400);
    }
}

void report_value(const struct report_measure *measure, double value, bool chinese,
                  char out[REPORT_VALUE_SIZE])
{
    if (isnan(value)) {
        snprintf(out, REPORT_VALUE_SIZE, "–");
    } else if (measure->unit == REPORT_SHARE) {
        snprintf(out, REPORT_VALUE_SIZE, "%.1f %%", value * 100);
    } else if (measure->unit == REPORT_SECONDS) {
        seconds_text(value, chinese, out);
    } else if (measure->unit == REPORT_NUMBER && value != floor(value)) {
        snprintf(out, REPORT_VALUE_SIZE, "%.2f", value);
    } else {
        count_text(value, out);
    }
}

void report_change(const struct report *report, const struct report_measure *measure,
                   double now, double before, char out[REPORT_VALUE_SIZE], int *ret_good)
{
    char size[REPORT_VALUE_SIZE];
    double change = now - before;
    bool share = measure->unit == REPORT_SHARE;
    *ret_good = 0;
    if (isnan(change)) {
        snprintf(out, REPORT_VALUE_SIZE, "–");
        return;
    }
    if (fabs(change) < (share ? 0.0005 : 0.5)) {
        snprintf(out, REPORT_VALUE_SIZE, "%s", REPORT_TEXT(report, "the same", "持平"));
        return;
    }
    if (share) {
        snprintf(size, sizeof(size), REPORT_TEXT(report, "%.1f points", "%.1f 个百分点"),
                 fabs(change) * 100);
    } else {
        report_value(measure, fabs(change), report->chinese, size);
    }
    snprintf(out, REPORT_VALUE_SIZE, "%s %.30s", change > 0 ? "+" : "−", size);
    *ret_good = change > 0 ? measure->better : -measure->better;
}

const char *report_period_words(const struct report_period *period, bool chinese,
                                struct arena *arena)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    int32_t year;
    int32_t month;
    int32_t day;
    date_from_day(period->from_day, &year, &month, &day);
    date_to_text(period->from_day, from);
    date_to_text(period->to_day, to);
    switch (period->every) {
    case REPORT_MONTH:
        return chinese ? arena_format(arena, "%d 年 %d 月", (int)year, (int)month)
                       : arena_format(arena, "%s %d", months[(month - 1) % 12], (int)year);
    case REPORT_QUARTER:
        return arena_format(arena, chinese ? "%d 年第 %d 季度" : "%d, quarter %d",
                            (int)year, (int)(month - 1) / 3 + 1);
    case REPORT_YEAR:
        return arena_format(arena, chinese ? "%d 年" : "%d", (int)year);
    case REPORT_WEEK:
    case REPORT_EVERY_COUNT:
        break;
    }
    return arena_format(arena, chinese ? "%s（%s 至 %s）" : "%s (%s to %s)", period->code,
                        from, to);
}

const char *report_title(const struct report *report, struct arena *arena)
{
    static const char *const english[REPORT_EVERY_COUNT] = {
        "Weekly bulletin", "Monthly bulletin", "Quarterly bulletin", "Annual bulletin"};
    static const char *const chinese[REPORT_EVERY_COUNT] = {
        "城市管理评价周报", "城市管理评价月报", "城市管理评价季报", "城市管理评价年报"};
    return report->chinese
               ? arena_format(arena, "%s%s", report->city, chinese[report->period.every])
               : arena_format(arena, "%s: %s", report->city, english[report->period.every]);
}

// ---- in plain words ----

static void put_headline(const struct report *report, struct buffer *out)
{
    for (size_t i = 0; i < REPORT_SHOWN; i++) {
        char now[REPORT_VALUE_SIZE];
        char before[REPORT_VALUE_SIZE];
        char year[REPORT_VALUE_SIZE];
        int good;
        report_value(&report->measures[i], report->now[i], report->chinese, now);
        report_change(report, &report->measures[i], report->now[i], report->before[i],
                      before, &good);
        report_change(report, &report->measures[i], report->now[i], report->year[i], year,
                      &good);
        buffer_format(out,
                      REPORT_TEXT(report, "%s: %s (period before: %s; year before: %s)\n",
                                  "%s：%s（环比 %s；同比 %s）\n"),
                      report->measures[i].name, now, before, year);
    }
}

static void put_groups(const struct report *report, struct buffer *out)
{
    for (size_t g = 0; g < report->group_count; g++) {
        const struct report_table *group = &report->groups[g];
        buffer_format(out, REPORT_TEXT(report, "\n%s, by %s\n", "\n%s（按%s）\n"),
                      group->name, group->by.name);
        for (size_t i = 0; i < group->count; i++) {
            char value[REPORT_VALUE_SIZE];
            if (group->lines[i].rank == 0) {
                continue;
            }
            report_value(&group->by, group->lines[i].rank_value, report->chinese, value);
            buffer_format(out, "%d. %s  %s\n", group->lines[i].rank, group->lines[i].name,
                          value);
        }
    }
}

static void put_doubts(const struct report *report, struct buffer *out)
{
    buffer_format(out, "\n%s\n", report_honesty_title(report));
    for (size_t i = 0; i < report->doubt_count; i++) {
        char share[REPORT_VALUE_SIZE];
        const struct report_doubt *doubt = &report->doubts[i];
        report_value(&doubt->measure, doubt->now, report->chinese, share);
        if (doubt->cases > 0) {
            buffer_format(
                out, REPORT_TEXT(report, "%s: %s (%.0f cases)\n", "%s：%s（%.0f 件）\n"),
                doubt->measure.name, share, doubt->cases);
        }
    }
    buffer_format(out, "%s\n", report->visits_note);
}

void report_words(const struct report *report, struct buffer *out)
{
    struct arena *arena ARENA_CLEANUP = arena_new(1024 * 1024);
    buffer_format(out, "%s, %s\n\n", report_title(report, arena),
                  report_period_words(&report->period, report->chinese, arena));
    put_headline(report, out);
    if (report->doubt_count > 0) {
        put_doubts(report, out);
    }
    put_groups(report, out);
    if (report->overdue.count > 0) {
        buffer_format(out, "\n%s\n", report->overdue.name);
    }
    for (size_t i = 0; i < report->overdue.count; i++) {
        buffer_format(out, "%s  %.0f\n", report->overdue.lines[i].name,
                      report->overdue.lines[i].now[REPORT_OVERDUE]);
    }
    if (report->spot_count > 0) {
        buffer_append_text(out, REPORT_TEXT(report, "\nWorst spots\n", "\n问题突出点位\n"));
    }
    for (size_t i = 0; i < report->spot_count; i++) {
        buffer_format(out, "%zu. %s  %s %.0f\n", i + 1, report->spots[i].place,
                      report->spots[i].class_name ? report->spots[i].class_name : "",
                      report->spots[i].cases);
    }
    buffer_format(out, REPORT_TEXT(report, "\nAs of %s\n%s%s", "\n统计时间 %s\n%s%s"),
                  report->made, report->root, report->root[0] ? "\n" : "");
}
