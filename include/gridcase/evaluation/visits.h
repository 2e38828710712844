// SPDX-License-Identifier: MPL-2.0
// Was somebody there? Answers given on the spot (checks, verifications) against the tracks
// of those who gave them (cases/track.h). docs/tracks.md defines the three figures.
//
// What an actor may not see is not counted, as in figures.h.
#pragma once

#include <gridcase/cases/track.h>
#include <gridcase/evaluation/figures.h>

enum visit_of {
    VISIT_CLOSED,   // closed cases: the last check, or verification where nobody checked
    VISIT_VERIFIED, // verified cases: the verification
    VISIT_OF_COUNT,
};
const char *visit_of_to_str(enum visit_of of); // "closed", "verified"
int visit_of_from_str(const char *text);       // -1: none

struct visit_query {
    struct figure_query figures; // of cases that were reported in this period
    enum visit_of of;            // of the list
    enum track_visit list;       // which cases are named
    size_t most;                 // 0..VISIT_LIST_MOST
};
enum { VISIT_LIST_MOST = 500 };

struct visit_count {
    int64_t cases;     // visited + unvisited + untracked
    int64_t visited;   // a full track came within reach
    int64_t unvisited; // a full track never did
    int64_t untracked; // no full track: nobody can say
    int64_t seen;      // of the untracked: what there is of a track came within reach
    int64_t nobody;    // of the untracked: nobody answered on the spot at all
};
struct visit_case {
    int64_t case_id, person_id, answered_ms;
    const char *number;
};
struct visit_answer {
    struct visit_count counts[VISIT_OF_COUNT];
    size_t count;
    int64_t total;            // of cases that the list could name
    struct visit_case *cases; // arena; the newest answer first
    struct error trouble;     // of the columns' file
};
// tracks: a handle of DB_TRACKS; NULL: nobody has brought any. ERROR_INPUT
// "spots.too_many".
struct visit_place {
    struct facts *facts;
    struct db *db, *tracks;
    const struct city_snapshot *city;
    const struct actor *actor;
};
int visits_count(const struct visit_place *place, const struct visit_query *query,
                 struct arena *arena, struct visit_answer *ret_answer,
                 struct error *error) ERROR_MUST_CHECK;
