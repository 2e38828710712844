// SPDX-License-Identifier: MPL-2.0
// The fact row of a case: numbers only, in the order of the table's columns.
#pragma once

#include <stdint.h>

enum fact_column {
    FACT_CLASS_ID,
    FACT_CONDITION_ID,
    FACT_DEPARTMENT_ID,
    FACT_GRID_ID,
    FACT_AREA_1,
    FACT_AREA_2,
    FACT_AREA_3,
    FACT_AREA_4,
    FACT_AREA_5,
    FACT_AREA_6,
    FACT_AREA_7,
    FACT_AREA_8,
    FACT_SOURCE,
    FACT_MARK,
    FACT_STAGE,
    FACT_OUTCOME,
    FACT_REPORTED_BY,
    FACT_OPENED_AT,
    FACT_ACCEPTED_AT,
    FACT_VERIFIED_AT,
    FACT_FILED_AT,
    FACT_SENT_AT,
    FACT_SIGNED_AT,
    FACT_FED_BACK_AT,
    FACT_CHECKED_AT,
    FACT_CLOSED_AT,
    FACT_DUE_AT,
    FACT_HANDLED_IN_TIME,
    FACT_CLOSED_IN_TIME,
    FACT_IMPORTED_IN_TIME,
    FACT_ACCEPTED_IN_TIME,
    FACT_VERIFIED_IN_TIME,
    FACT_FILED_IN_TIME,
    FACT_SENT_IN_TIME,
    FACT_SIGNED_IN_TIME,
    FACT_REVIEWED_IN_TIME,
    FACT_CHECKED_IN_TIME,
    FACT_ACCEPTED_BY,
    FACT_VERIFIED_BY,
    FACT_FILED_BY,
    FACT_SENT_BY,
    FACT_CHECKED_BY,
    FACT_CLOSED_BY,
    FACT_VERIFY_RESULT,
    FACT_CHECK_RESULT,
    FACT_RETURNED,
    FACT_REWORKED,
    FACT_RESENT,
    FACT_EXTENDED,
    FACT_SUSPENDED,
    FACT_REOPENED,
    FACT_URGED,
    FACT_CORRECTED,
    FACT_SUPERVISED,
    FACT_ASSISTED,
    FACT_PASSED_ON,
    FACT_APPEALED,
    FACT_CONTESTED,
    FACT_MERGED_IN,
    FACT_EXEMPTED, // 0 or 1, like the next three
    FACT_FORCED,
    FACT_ONE_SIDED,
    FACT_LATE_RECEIVED,
    FACT_REACHED, // -1 nobody asked, 0 no, 1 yes, like the next two
    FACT_SOLVED,
    FACT_SATISFIED,
    FACT_CONTACTS,
    FACT_ORDERED_MS,
    FACT_DESK_DEPARTMENT_ID,
    FACT_GRID_DUTY_ID,
    FACT_REPORTER_COMPANY_ID,
    FACT_CHECKER_COMPANY_ID, // who checked last; verified, where nobody has checked
    FACT_FED_BACK_BARE,      // 0 or 1: here, without a photo or other file
    FACT_CHECKED_BARE,       // likewise
    FACT_COUNT,
};

struct fact {
    int64_t values[FACT_COUNT];
};

// What a fact row adds to the rollups of one local day.
enum fact_figure {
    FIGURE_OPENED,
    FIGURE_FILED,
    FIGURE_SENT,
    FIGURE_FED_BACK,
    FIGURE_HANDLED_IN_TIME,
    FIGURE_HANDLED_LATE,
    FIGURE_ENDED,
    FIGURE_CLOSED,
    FIGURE_CLOSED_IN_TIME,
    FIGURE_CLOSED_LATE,
    FIGURE_COUNT,
};
enum { FACT_DAYS = 5 }; // opened, filed, sent, fed back, ended
struct fact_day {
    int64_t day;
    int64_t figures[FIGURE_COUNT];
};
struct calendar;
// Days with their figures; none twice. Returns how many.
int fact_days(const struct fact *fact, const struct calendar *calendar,
              struct fact_day ret_days[FACT_DAYS]);
