// SPDX-License-Identifier: MPL-2.0
// Places that stand out: where more is reported than that place's own past would lead one
// to expect, and where the same problem came back on the same spot. docs/figures.md defines
// both.
//
// What an actor may not see is not counted, as in figures.h.
#pragma once

#include <gridcase/evaluation/figures.h>

enum {
    SPOT_WINDOWS_MOST = 24,
    SPOT_CASES_MOST = 3000000, // looked at for one answer
    SPOT_LIST_MOST = 200,      // spots in an answer
    SPOT_NUMBERS_MOST = 20,    // cases named with a spot
};

// ---- hot spots ----
// The period of `figures` against as many earlier stretches of the same length, directly
// before each other. A place is an area of a level, or a unit grid.
struct hot_query {
    struct figure_query figures; // period and filters; of measures and by nothing is used
    int level;                   // position of the level of areas; -1: unit grids
    size_t windows;              // 2..SPOT_WINDOWS_MOST
    size_t most;                 // 1..SPOT_LIST_MOST
};
struct hot_spot {
    int64_t place_id, class_id;
    int64_t now;    // reported in the period
    double usual;   // mean of the earlier stretches
    int64_t before; // most in one of them
};
struct hot_answer {
    size_t windows;         // earlier stretches that the city's record covers whole
    size_t count;           // of spots told
    int64_t total;          // of spots there are
    struct hot_spot *spots; // arena; the farthest from their own past first
    struct error trouble;   // of the columns' file
};
// A place and class is hot when the period has at least 3 cases, twice the usual number,
// and more than any earlier stretch. With fewer than 2 whole earlier stretches nothing is
// said: windows tells how many there are. ERROR_INPUT "spots.too_many".
int spots_hot(struct facts *facts, struct db *db, const struct city_snapshot *city,
              const struct actor *actor, const struct hot_query *query, struct arena *arena,
              struct hot_answer *ret_answer, struct error *error) ERROR_MUST_CHECK;

// ---- the same spot again ----
// A case repeats another when it is of the same class, lies within reach_m of it, and was
// reported no earlier than the other one's end and no more than within_days after it.
struct repeat_query {
    struct figure_query figures; // the repeating case was reported in this period
    int within_days;             // 1..366
    int reach_m;                 // 1..500
    size_t most;                 // 1..SPOT_LIST_MOST
};
struct repeat_case {
    int64_t case_id;
    const char *number;
    int64_t opened_ms, closed_ms; // 0: open
    bool repeats;                 // another one of the spot
};
struct repeat_spot {
    int64_t class_id;
    int64_t repeats;         // cases of the period that repeat another of the spot
    int64_t cases;           // all of the spot: those, and what they repeat
    double lon_deg, lat_deg; // of the newest
    size_t count;            // of those named, newest first
    struct repeat_case *named;
};
struct repeat_answer {
    int64_t arrivals; // of the period, with a point
    int64_t repeats;  // of these
    size_t count;
    int64_t total;             // of spots
    struct repeat_spot *spots; // arena; most repeats first
    struct error trouble;
};
int spots_repeats(struct facts *facts, struct db *db, const struct city_snapshot *city,
                  const struct actor *actor, const struct repeat_query *query,
                  struct arena *arena, struct repeat_answer *ret_answer,
                  struct error *error) ERROR_MUST_CHECK;

// ---- how far collectors came ----
struct coverage_query {
    struct figure_query figures; // reported in this period; its areas narrow the grids, too
    size_t level;                // of areas, nesting
    struct db *tracks;           // DB_TRACKS; NULL: nobody has brought any
};
struct coverage {
    int64_t area_id; // 0: grids in no area of the level
    int64_t grids;   // in force
    int64_t visited; // of them: collectors reported something there
    int64_t others;  // of them: others reported something there, and no collector did
    int64_t reports; // of collectors, in these grids
    int64_t walked;  // of the grids: tracks show somebody on shift there in the period
};
struct coverage_answer {
    struct coverage total;
    size_t count;
    struct coverage *areas; // arena; those that have grids, in the city's order
    struct error trouble;
};
// ERROR_INPUT "spots.level" for a level whose areas are not made of unit grids.
int spots_coverage(struct facts *facts, struct db *db, const struct city_snapshot *city,
                   const struct actor *actor, const struct coverage_query *query,
                   struct arena *arena, struct coverage_answer *ret_answer,
                   struct error *error) ERROR_MUST_CHECK;
