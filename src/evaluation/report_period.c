// SPDX-License-Identifier: MPL-2.0
// Weeks (from Monday, ISO 8601), months, quarters and years, and those beside them.
#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/evaluation/report.h>
#include <gridcase/rules/zone.h>

// The Monday of week 1 of an ISO year: the week with 4 January.
static int64_t first_monday(int32_t year)
{
    int64_t fourth = date_to_day(year, 1, 4);
    return fourth - (date_weekday(fourth) - 1);
}

static void set_week(int64_t day, struct report_period *period)
{
    int32_t year;
    int32_t month;
    int32_t in_month;
    int64_t monday = day - (date_weekday(day) - 1);
    date_from_day(monday + 3, &year, &month, &in_month); // its Thursday tells the year
    int64_t week = (monday - first_monday(year)) / 7 + 1;
    snprintf(period->code, sizeof(period->code), "%04d-W%02d", (int)year % 10000,
             (int)week);
    period->from_day = monday;
    period->to_day = monday + 6;
    period->before_from = monday - 7;
    period->before_to = monday - 1;
    period->year_from = monday - 7 * 52L;
    period->year_to = period->year_from + 6;
}

// Months from 0 since the year 0: its first day.
static int64_t month_day(int64_t months)
{
    return date_to_day((int32_t)(months / 12), (int32_t)(months % 12) + 1, 1);
}

static void set_months(int64_t day, int length, struct report_period *period)
{
    int32_t year;
    int32_t month;
    int32_t in_month;
    date_from_day(day, &year, &month, &in_month);
    int64_t first = ((int64_t)year * 12 + month - 1) / length * length;
    period->from_day = month_day(first);
    period->to_day = month_day(first + length) - 1;
    period->before_from = month_day(first - length);
    period->before_to = period->from_day - 1;
    period->year_from = month_day(first - 12);
    period->year_to = month_day(first - 12 + length) - 1;
    if (length == 12) {
        snprintf(period->code, sizeof(period->code), "%04d", (int)year % 10000);
    } else if (length == 3) {
        snprintf(period->code, sizeof(period->code), "%04d-Q%d", (int)year % 10000,
                 (int)(first % 12 / 3) + 1);
    } else {
        snprintf(period->code, sizeof(period->code), "%04d-%02d", (int)year % 10000,
                 (int)(first % 12) + 1);
    }
}

void report_period_of(enum report_every every, int64_t day,
                      struct report_period *ret_period)
{
    *ret_period = (struct report_period){.every = every};
    if (every == REPORT_WEEK) {
        set_week(day, ret_period);
    } else {
        set_months(day,
                   every == REPORT_MONTH     ? 1
                   : every == REPORT_QUARTER ? 3
                                             : 12,
                   ret_period);
    }
}

static int number(const char *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

int report_period_read(const char *text, struct report_period *ret_period,
                       struct error *error)
{
    size_t length = text ? strlen(text) : 0;
    int year = length >= 4 ? number(text, 4) : -1;
    struct report_period period = {0};
    bool known = year >= 1971 && year <= 2150;
    if (known && length == 4) {
        report_period_of(REPORT_YEAR, date_to_day(year, 1, 1), &period);
    } else if (known && length == 7 && text[5] == 'Q' && number(text + 6, 1) >= 1) {
        int month = number(text + 6, 1) * 3;
        report_period_of(REPORT_QUARTER, date_to_day(year, month > 12 ? 12 : month, 1),
                         &period);
    } else if (known && length == 8 && text[5] == 'W' && number(text + 6, 2) >= 1) {
        report_period_of(REPORT_WEEK, first_monday(year) + 7 * (number(text + 6, 2) - 1),
                         &period);
    } else if (known && length == 7 && number(text + 5, 2) >= 1 &&
               number(text + 5, 2) <= 12) {
        report_period_of(REPORT_MONTH, date_to_day(year, number(text + 5, 2), 1), &period);
    }
    if (!period.code[0] ||
        !text_equal(period.code, text)) { // also a week 53 that the year has not
        return error_set(error, ERROR_INPUT, "report.period",
                         "a period is 2026-10 (month), 2026-W41 (week), 2026-Q3 (quarter) "
                         "or 2026 (year)");
    }
    *ret_period = period;
    return 0;
}
