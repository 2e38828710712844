// SPDX-License-Identifier: MPL-2.0
// A calendar being built from its tables.
#pragma once

#include "calendar_internal.h"
#include "rules_internal.h"

struct calendar_build {
    struct calendar *calendar;
    const struct calendar_source *source;
    struct rules_check check;
    uint8_t *plan_rank;          // per day: 0 no plan yet, 1 base, 2 each year, 3 dated
    size_t *plan_row;            // per day: the row of calendar_plans that gave the plan
    unsigned weekdays;           // of a period whose row names none, as bits
    int64_t published_until_day; // INT64_MAX: not said
    int64_t last_named_day;      // the latest holiday or make-up day, INT64_MIN: none
};

// Each reads one table (or its default) and reports what is wrong.
void calendar_read_settings(struct calendar_build *build);
void calendar_read_periods(struct calendar_build *build);
void calendar_read_plans(struct calendar_build *build);
void calendar_read_days(struct calendar_build *build);
void calendar_read_seasons(struct calendar_build *build);
// Codes of the sets of opening hours; then one of them.
size_t calendar_list_hours(struct calendar_build *build, const char *codes[CALENDAR_HOURS]);
void calendar_read_hours(struct calendar_build *build, const char *code,
                         bool *ret_holidays);
// "1-5", "mon,wed", "6;7" as bits 1 << weekday; 0 when it is none.
unsigned calendar_read_weekdays(const char *text);
// "08:30" as minutes, 24:00 included; -1 when it is none.
int32_t calendar_read_minute(const char *text);
