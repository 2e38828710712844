// SPDX-License-Identifier: MPL-2.0
// Columnar facts: one narrow row of numbers per case, kept as columns for figures.
//
// The fact table is what counts; the columns are a copy that can be thrown away at any
// time. They are caught up from the change log whenever somebody reads, up to the last
// committed move. Rows that changed since the file was written stand in memory beside it,
// together with the rows of the file that they replace: a figure is the sum over the file,
// minus the replaced rows, plus the changed ones. docs/figures.md says what a figure
// counts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/city/city.h>
#include <gridcase/core/error.h>
#include <gridcase/db/db.h>

// Columns of 32 bits. Seconds count from 1970, 0 = none; ids are the city's, 0 = none.
enum facts_wide {
    FACTS_CASE,
    FACTS_DURATION_S, // from report to end; 0 while open
    FACTS_WORK_S,     // the same in the office time of the city's calendar
    FACTS_DUE_S,      // handling deadline; 0: none, or its clock is paused now
    FACTS_OPENED_S,
    FACTS_ACCEPTED_S,
    FACTS_VERIFIED_S,
    FACTS_FILED_S,
    FACTS_SENT_S,
    FACTS_SIGNED_S,
    FACTS_FED_BACK_S,
    FACTS_CHECKED_S,
    FACTS_ENDED_S,
    FACTS_DEPARTMENT, // lead
    FACTS_DESK,
    FACTS_CLASS,
    FACTS_GRID,
    FACTS_DUTY_GRID,
    FACTS_REPORTED_BY,
    FACTS_ACCEPTED_BY,
    FACTS_VERIFIED_BY,
    FACTS_FILED_BY,
    FACTS_SENT_BY,
    FACTS_CHECKED_BY,
    FACTS_CLOSED_BY,
    FACTS_COMPANY,                   // of who reported
    FACTS_CHECKER_COMPANY,           // of who looked last
    FACTS_VERDICTS,                  // two bits each: 0 unknown, 1 no, 2 yes (facts_row.c)
    FACTS_STATE,                     // stage, outcome, mark, results, marks
    FACTS_COUNTERS,                  // four columns of four counters, up to 255 each
    FACTS_AREA = FACTS_COUNTERS + 4, // and the levels below it
    FACTS_WIDE = FACTS_AREA + CITY_LEVEL_LIMIT,
};
// Columns of 16 bits. Days count from 1970 in the city's time, 0 = none.
enum facts_narrow {
    FACTS_OPENED,
    FACTS_ENDED,  // however
    FACTS_DUE,    // of the handling deadline
    FACTS_JUDGED, // handled in time, or the deadline passed: whichever was first
    FACTS_LEFT,   // handled after the deadline: overdue from due to this day
    FACTS_ACCEPTED,
    FACTS_VERIFIED,
    FACTS_FILED,
    FACTS_SENT,
    FACTS_SIGNED,
    FACTS_FED_BACK,
    FACTS_CHECKED,
    FACTS_HANDLED, // fed back, or ended without
    FACTS_FLAGS,
    FACTS_NARROW,
};
enum facts_flag {
    FACTS_SOURCE = 31, // mask: enum process_source
    FACTS_CLOSED = 32, // outcome closed
    FACTS_OPEN = 64,
    FACTS_IN_TIME = 128, // handled in time
    FACTS_LATE = 256,    // handled late
    FACTS_PENDING = 512, // open, not handled, with a deadline: overdue once that is past
    FACTS_WAS_OVERDUE = 1024,
    FACTS_TARGET_MET = 2048, // closed by the source's own target
    FACTS_TARGET_MISSED = 4096,
};

struct facts_row {
    uint32_t wide[FACTS_WIDE];
    uint16_t narrow[FACTS_NARROW];
};

// Rows side by side. weight -1: take what they say away again.
struct facts_block {
    size_t count;
    int64_t weight;
    bool changed;                 // in memory; false: of the file
    uint16_t first_day, last_day; // nothing happened before, nothing after, as far as known
    bool has_open;
    const uint32_t *wide[FACTS_WIDE]; // NULL: a level the city does not have
    const uint16_t *narrow[FACTS_NARROW];
};

struct facts; // of one city; every thread may use it

// path: the file, in the city's folder; NULL: in memory alone. Nothing is read yet.
struct facts *facts_new(const char *path);
struct facts *facts_free(struct facts *facts); // takes NULL, returns NULL

// Catches up and holds the columns still until facts_release. May take long: not on an HTTP
// thread. ERROR_BUSY "figures.building" while another thread reads everything anew.
struct facts_state {
    int64_t epoch, position; // of the change log: all up to here is counted
    uint64_t cases;
    uint32_t class_most;  // the largest class id there is
    struct error trouble; // code 0: none; else why the file could not be written this time
};
int facts_hold(struct facts *facts, struct db *db, const struct city_snapshot *city,
               struct facts_state *ret_state, struct error *error) ERROR_MUST_CHECK;
// The same when little is left to catch up with; else ERROR_BUSY "figures.building", and
// somebody should call facts_hold in the background.
int facts_hold_near(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    struct facts_state *ret_state, struct error *error) ERROR_MUST_CHECK;
void facts_release(struct facts *facts);

// The newest cases of a class, of an area, or of both, the largest id first: those whose id
// is below `before`. It looks at the columns from their end on, and no further than it
// must. Holds as facts_hold_near does.
struct facts_newest {
    int64_t class_id, area_id; // 0: any
    int64_t before;
};
int facts_newest(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct facts_newest *ask, int64_t *ids, size_t most,
                 size_t *ret_count, struct error *error) ERROR_MUST_CHECK;

// Between hold and release. Case ids rise within the file's blocks and from one to the
// next.
size_t facts_blocks(const struct facts *facts);
struct facts_block facts_block(const struct facts *facts, size_t index);
// The file's row of this case is no longer true.
bool facts_is_replaced(const struct facts *facts, uint32_t case_id);
