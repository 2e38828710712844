// SPDX-License-Identifier: MPL-2.0
// Limits as an office writes them: "2紧急工作时", "1.5 working hours", "5工作日".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

enum limit_unit {
    LIMIT_NONE,         // "none": there is no deadline
    LIMIT_MINUTE,       // "minute": day and night
    LIMIT_URGENT_HOUR,  // "urgent_hour", 紧急工作时: day and night, weekends, holidays
    LIMIT_URGENT_DAY,   // "urgent_day", 紧急工作日: 24 hours each, day and night
    LIMIT_NATURAL_DAY,  // "natural_day", 自然日: 24 hours each, day and night
    LIMIT_WORKING_HOUR, // "working_hour", 工作时: only while the calendar is open
    LIMIT_WORKING_DAY, // "working_day", 工作日: what the calendar says a working day is:
                       //   hours_per_day of open time, or a step
    LIMIT_STEP_DAY,    // "step_day": the same time of day on the n-th next working day
    LIMIT_CALENDAR_DAY, // "calendar_day": the same wall-clock time n days on
    LIMIT_UNIT_COUNT
};

enum { LIMIT_SEASON_SIZE = 24, LIMIT_HOURS_SIZE = 24, LIMIT_MILLI_MOST = 10000 * 1000 };

// Plain data: copy it, store its members.
struct limit {
    enum limit_unit unit;
    int64_t milli; // thousandths of the unit, 0 .. LIMIT_MILLI_MOST
    // Code of a season of the calendar ("planting"): only time inside the season counts.
    // "" for none.
    char season[LIMIT_SEASON_SIZE];
    // Code of a set of opening hours of the calendar ("centre"): only time inside them
    // counts, also of minutes and hours that run day and night otherwise. "": the office's.
    char hours[LIMIT_HOURS_SIZE];
};

const char *limit_unit_to_str(enum limit_unit unit); // the code in quotes above
int limit_unit_from_str(const char *text, enum limit_unit *ret_unit,
                        struct error *error) ERROR_MUST_CHECK;

// Reads a limit. unit_hint is the unit column's word ("" or NULL for none): it is used only
// when the text is a bare number; a unit inside the text wins (*ret_conflict, if not NULL,
// says that the two disagree). Blank, "none", "无", "无时限" with no number: LIMIT_NONE.
// Also "5个工作日内", "两小时", "半个工作日", "15工作日（种植季节）", "15 minutes (hours
// centre)". A word that does not say whether working time is meant (天, days) is an error.
// ERROR_INPUT "limit.invalid".
int limit_parse(const char *text, const char *unit_hint, struct limit *ret_limit,
                bool *ret_conflict, struct error *error) ERROR_MUST_CHECK;
// "1.5工作时" for zh*, "1.5 working hours" otherwise. limit_parse reads it back.
void limit_text(const struct limit *limit, const char *language, struct buffer *out);
bool limit_equal(const struct limit *a, const struct limit *b);
// Same unit and season: amounts may be added.
bool limit_same_measure(const struct limit *a, const struct limit *b);

// ---- chains: one limit after another ----
enum limit_part {
    LIMIT_PART_WHOLE,   // no chain
    LIMIT_PART_SAFE,    // "safe": fenced, danger removed
    LIMIT_PART_REPAIR,  // "repair"
    LIMIT_PART_RESTORE, // "restore": surface, green, signs
    LIMIT_PART_COUNT
};
// At most one limit of each part, in the order of the enum; a whole limit stands alone.
struct limit_chain {
    struct limit limits[LIMIT_PART_COUNT]; // by part; LIMIT_NONE: the chain has none
    bool named[LIMIT_PART_COUNT];
};
const char *limit_part_to_str(enum limit_part part); // "" for WHOLE
int limit_part_from_str(const char *text, enum limit_part *ret_part,
                        struct error *error) ERROR_MUST_CHECK;
// Reads "围挡2紧急工作时；修复5工作日；恢复10工作日", "make safe 2 urgent hours; repair 5
// working days", or a single limit. Pieces without a word are safe, repair and restore in
// this order when there is more than one. Otherwise as limit_parse, also its errors.
int limit_chain_parse(const char *text, const char *unit_hint,
                      struct limit_chain *ret_chain, bool *ret_conflict,
                      struct error *error) ERROR_MUST_CHECK;
