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
    FACTS_DUE_S,      // handling deadline; 0: none, or its clock is paused now
    FACTS_DEPARTMENT, // lead
    FACTS_CLASS,
    FACTS_AREA, // and the levels below it
    FACTS_WIDE = FACTS_AREA + CITY_LEVEL_LIMIT,
};
// Columns of 16 bits. Days count from 1970 in the city's time, 0 = none.
enum facts_narrow {
    FACTS_OPENED,
    FACTS_ENDED,  // however
    FACTS_DUE,    // of the handling deadline
    FACTS_JUDGED, // handled in time, or the deadline passed: whichever was first
    FACTS_LEFT,   // handled after the deadline: overdue from due to this day
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
void facts_release(struct facts *facts);

// Between hold and release. Case ids rise within the file's blocks and from one to the
// next.
size_t facts_blocks(const struct facts *facts);
struct facts_block facts_block(const struct facts *facts, size_t index);
// The file's row of this case is no longer true.
bool facts_is_replaced(const struct facts *facts, uint32_t case_id);
