// SPDX-License-Identifier: MPL-2.0
// A fact row of the store as the narrow row that figures count.
#include "evaluation_internal.h"

#include <gridcase/rules/calendar.h>
#include <gridcase/rules/clock.h>
#include <gridcase/rules/limit.h>
#include <gridcase/rules/process.h>

enum column { // of the part facts_columns
    CASE_ID,
    CLASS_ID,
    DEPARTMENT_ID,
    SOURCE,
    OUTCOME,
    OPENED_AT,
    FED_BACK_AT,
    CLOSED_AT,
    DUE_AT,
    HANDLED_IN_TIME,
    IMPORTED_IN_TIME,
    EXEMPTED,
    CLOCK_STATUS,
    ACCEPTED_AT,
    VERIFIED_AT,
    FILED_AT,
    SENT_AT,
    SIGNED_AT,
    CHECKED_AT,
    DESK_ID,
    GRID_ID,
    DUTY_GRID_ID,
    REPORTED_BY, // and who did the other things, up to who closed it
    COMPANY_ID = REPORTED_BY + 7,
    CHECKER_COMPANY_ID,
    STAGE,
    MARK,
    VERIFY_RESULT,
    CHECK_RESULT,
    FORCED,
    ONE_SIDED,
    LATE_RECEIVED,
    CLOSED_IN_TIME,                 // and the other verdicts, up to satisfied
    RETURNED = CLOSED_IN_TIME + 11, // and the other counters, up to contacts
    MISSED = RETURNED + 15,
    FED_BACK_BARE,
    CHECKED_BARE,
    AREA_1,
};

static uint32_t narrow_id(int64_t id)
{
    return id > 0 && id <= UINT32_MAX ? (uint32_t)id : 0;
}

static uint32_t seconds(int64_t instant_ms)
{
    int64_t s = instant_ms / 1000;
    return instant_ms <= 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

static uint16_t day_of(const struct calendar *calendar, int64_t instant_ms)
{
    if (instant_ms <= 0)
        return 0;
    int64_t day = calendar_day(calendar, instant_ms);
    return day < 1 ? 1 : day > UINT16_MAX ? UINT16_MAX : (uint16_t)day;
}

// Ended without having been work to do: nothing was to be handled.
static bool is_excused(int64_t outcome)
{
    return outcome == PROCESS_DECLINED || outcome == PROCESS_NOT_ACCEPTED ||
           outcome == PROCESS_VOIDED || outcome == PROCESS_MERGED;
}

static void judge(struct db_statement *s, const struct calendar *calendar,
                  struct facts_row *row)
{
    int64_t closed_ms = db_column_int(s, CLOSED_AT), due_ms = db_column_int(s, DUE_AT);
    int64_t handled_ms = db_column_int(s, FED_BACK_AT),
            verdict = db_column_int(s, HANDLED_IN_TIME);
    uint16_t *narrow = row->narrow;
    if (handled_ms == 0)
        handled_ms = closed_ms;
    bool paused = closed_ms == 0 && db_column_int(s, CLOCK_STATUS) == CLOCK_PAUSED;
    if (due_ms > 0 && !paused) {
        row->wide[FACTS_DUE_S] = seconds(due_ms);
        narrow[FACTS_DUE] = day_of(calendar, due_ms);
    }
    if (is_excused(db_column_int(s, OUTCOME)) || db_column_int(s, EXEMPTED) != 0)
        return;
    if (verdict == 1 && handled_ms != 0) {
        narrow[FACTS_FLAGS] |= FACTS_IN_TIME;
        narrow[FACTS_JUDGED] = day_of(calendar, handled_ms);
    } else if (verdict == 0 && handled_ms != 0) {
        bool passed = row->wide[FACTS_DUE_S] != 0 && due_ms < handled_ms;
        narrow[FACTS_FLAGS] |= FACTS_LATE;
        narrow[FACTS_JUDGED] = day_of(calendar, passed ? due_ms : handled_ms);
        if (passed) {
            narrow[FACTS_FLAGS] |= FACTS_WAS_OVERDUE;
            narrow[FACTS_LEFT] = day_of(calendar, handled_ms);
        }
    } else if (verdict < 0 && closed_ms == 0 && row->wide[FACTS_DUE_S] != 0) {
        narrow[FACTS_FLAGS] |= FACTS_PENDING;
        narrow[FACTS_JUDGED] = narrow[FACTS_DUE];
    }
}

// Instants that are one column of the store each.
static void read_instants(struct db_statement *s, const struct calendar *calendar,
                          struct facts_row *row)
{
    static const struct {
        enum column from;
        enum facts_wide seconds;
        enum facts_narrow day;
    } INSTANTS[] = {
        {OPENED_AT, FACTS_OPENED_S, FACTS_OPENED},
        {ACCEPTED_AT, FACTS_ACCEPTED_S, FACTS_ACCEPTED},
        {VERIFIED_AT, FACTS_VERIFIED_S, FACTS_VERIFIED},
        {FILED_AT, FACTS_FILED_S, FACTS_FILED},
        {SENT_AT, FACTS_SENT_S, FACTS_SENT},
        {SIGNED_AT, FACTS_SIGNED_S, FACTS_SIGNED},
        {FED_BACK_AT, FACTS_FED_BACK_S, FACTS_FED_BACK},
        {CHECKED_AT, FACTS_CHECKED_S, FACTS_CHECKED},
        {CLOSED_AT, FACTS_ENDED_S, FACTS_ENDED},
    };
    for (size_t i = 0; i < sizeof INSTANTS / sizeof INSTANTS[0]; i++) {
        int64_t at_ms = db_column_int(s, (int)INSTANTS[i].from);
        row->wide[INSTANTS[i].seconds] = seconds(at_ms);
        row->narrow[INSTANTS[i].day] = day_of(calendar, at_ms);
    }
    row->narrow[FACTS_HANDLED] = row->narrow[FACTS_FED_BACK] != 0
                                     ? row->narrow[FACTS_FED_BACK]
                                     : row->narrow[FACTS_ENDED];
}

static uint32_t bits(struct db_statement *s, int column, uint32_t most)
{
    int64_t value = db_column_int(s, column);
    return value <= 0 ? 0 : value > most ? most : (uint32_t)value;
}

// Small numbers side by side; facts_field.c takes them apart again.
static void pack(struct db_statement *s, struct facts_row *row)
{
    static const int VERDICTS[FACTS_VERDICT_COUNT] = {
        HANDLED_IN_TIME,    IMPORTED_IN_TIME,   CLOSED_IN_TIME,     CLOSED_IN_TIME + 1,
        CLOSED_IN_TIME + 2, CLOSED_IN_TIME + 3, CLOSED_IN_TIME + 4, CLOSED_IN_TIME + 5,
        CLOSED_IN_TIME + 6, CLOSED_IN_TIME + 7, CLOSED_IN_TIME + 8, CLOSED_IN_TIME + 9,
        CLOSED_IN_TIME + 10};
    static const struct {
        int column;
        unsigned shift, bits;
    } STATE[] = {{STAGE, 0, 4},          {OUTCOME, 4, 4},        {MARK, 8, 3},
                 {VERIFY_RESULT, 11, 4}, {CHECK_RESULT, 15, 4},  {EXEMPTED, 19, 1},
                 {FORCED, 20, 1},        {ONE_SIDED, 21, 1},     {LATE_RECEIVED, 22, 1},
                 {MISSED, 23, 1},        {FED_BACK_BARE, 24, 1}, {CHECKED_BARE, 25, 1}};
    for (size_t i = 0; i < FACTS_VERDICT_COUNT; i++) {
        int64_t verdict = db_column_int(s, VERDICTS[i]);
        uint32_t code = verdict < 0 ? 0 : verdict == 0 ? 1 : 2;
        row->wide[FACTS_VERDICTS] |= code << (2 * i);
    }
    for (size_t i = 0; i < sizeof STATE / sizeof STATE[0]; i++)
        row->wide[FACTS_STATE] |= bits(s, STATE[i].column, (1U << STATE[i].bits) - 1)
                                  << STATE[i].shift;
    for (int i = 0; i < 15; i++)
        row->wide[FACTS_COUNTERS + i / 4] |= bits(s, RETURNED + i, 255) << (8 * (i % 4));
}

static void read_ids(struct db_statement *s, struct facts_row *row)
{
    row->wide[FACTS_CASE] = narrow_id(db_column_int(s, CASE_ID));
    row->wide[FACTS_CLASS] = narrow_id(db_column_int(s, CLASS_ID));
    row->wide[FACTS_DEPARTMENT] = narrow_id(db_column_int(s, DEPARTMENT_ID));
    row->wide[FACTS_DESK] = narrow_id(db_column_int(s, DESK_ID));
    row->wide[FACTS_GRID] = narrow_id(db_column_int(s, GRID_ID));
    row->wide[FACTS_DUTY_GRID] = narrow_id(db_column_int(s, DUTY_GRID_ID));
    row->wide[FACTS_COMPANY] = narrow_id(db_column_int(s, COMPANY_ID));
    row->wide[FACTS_CHECKER_COMPANY] = narrow_id(db_column_int(s, CHECKER_COMPANY_ID));
    for (int i = 0; i < 7; i++)
        row->wide[FACTS_REPORTED_BY + i] = narrow_id(db_column_int(s, REPORTED_BY + i));
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        row->wide[FACTS_AREA + i] = narrow_id(db_column_int(s, AREA_1 + i));
}

void facts_row_read(struct db_statement *s, const struct calendar *calendar,
                    struct facts_row *ret_row)
{
    struct facts_row row = {0};
    int64_t opened_ms = db_column_int(s, OPENED_AT),
            closed_ms = db_column_int(s, CLOSED_AT);
    int64_t target = db_column_int(s, IMPORTED_IN_TIME);
    read_ids(s, &row);
    read_instants(s, calendar, &row);
    pack(s, &row);
    row.narrow[FACTS_FLAGS] = (uint16_t)(db_column_int(s, SOURCE) & FACTS_SOURCE);
    if (closed_ms == 0)
        row.narrow[FACTS_FLAGS] |= FACTS_OPEN;
    else if (seconds(closed_ms) > seconds(opened_ms))
        row.wide[FACTS_DURATION_S] = seconds(closed_ms) - seconds(opened_ms);
    if (closed_ms > opened_ms)
        row.wide[FACTS_WORK_S] = seconds(calendar_count(
            calendar, &(struct limit){.unit = LIMIT_WORKING_HOUR}, opened_ms, closed_ms));
    if (closed_ms != 0 && db_column_int(s, OUTCOME) == PROCESS_CLOSED) {
        row.narrow[FACTS_FLAGS] |= FACTS_CLOSED;
        if (target >= 0)
            row.narrow[FACTS_FLAGS] |= target != 0 ? FACTS_TARGET_MET : FACTS_TARGET_MISSED;
    }
    judge(s, calendar, &row);
    *ret_row = row;
}
