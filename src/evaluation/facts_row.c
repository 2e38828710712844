// SPDX-License-Identifier: MPL-2.0
// A fact row of the store as the narrow row that figures count.
#include "evaluation_internal.h"

#include <gridcase/rules/calendar.h>
#include <gridcase/rules/clock.h>
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

void facts_row_read(struct db_statement *s, const struct calendar *calendar,
                    struct facts_row *ret_row)
{
    struct facts_row row = {0};
    int64_t opened_ms = db_column_int(s, OPENED_AT),
            closed_ms = db_column_int(s, CLOSED_AT);
    int64_t target = db_column_int(s, IMPORTED_IN_TIME);
    row.wide[FACTS_CASE] = narrow_id(db_column_int(s, CASE_ID));
    row.wide[FACTS_CLASS] = narrow_id(db_column_int(s, CLASS_ID));
    row.wide[FACTS_DEPARTMENT] = narrow_id(db_column_int(s, DEPARTMENT_ID));
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        row.wide[FACTS_AREA + i] = narrow_id(db_column_int(s, AREA_1 + i));
    row.narrow[FACTS_OPENED] = day_of(calendar, opened_ms);
    row.narrow[FACTS_ENDED] = day_of(calendar, closed_ms);
    row.narrow[FACTS_FLAGS] = (uint16_t)(db_column_int(s, SOURCE) & FACTS_SOURCE);
    if (closed_ms == 0)
        row.narrow[FACTS_FLAGS] |= FACTS_OPEN;
    else if (seconds(closed_ms) > seconds(opened_ms))
        row.wide[FACTS_DURATION_S] = seconds(closed_ms) - seconds(opened_ms);
    if (closed_ms != 0 && db_column_int(s, OUTCOME) == PROCESS_CLOSED) {
        row.narrow[FACTS_FLAGS] |= FACTS_CLOSED;
        if (target >= 0)
            row.narrow[FACTS_FLAGS] |= target != 0 ? FACTS_TARGET_MET : FACTS_TARGET_MISSED;
    }
    judge(s, calendar, &row);
    *ret_row = row;
}
