// SPDX-License-Identifier: MPL-2.0
// Reports from outside that a collector missed (漏报): judged by the city's rule
// (gridcase-indicators(5)) in the transaction of the filing, disputed by whom it concerns,
// decided by somebody else. Figures count those that stand: not excused.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/account/actor.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/db/db.h>

enum missed_state {
    MISSED_STANDS,
    MISSED_DISPUTED,
    MISSED_UPHELD,
    MISSED_EXCUSED,
    MISSED_STATE_COUNT,
};
const char *missed_state_to_str(enum missed_state state); // "stands" ...
int missed_state_from_str(const char *text);              // -1: none
enum missed_why { MISSED_YES, MISSED_NOBODY_ON_DUTY, MISSED_FOUND_BEFORE };

struct missed_report {
    int64_t case_id;
    const char *number;
    int64_t class_id, grid_id, opened_ms, judged_ms;
    bool missed;
    enum missed_why why;
    int64_t person_id, duty_grid_id; // 0: nobody, none
    int64_t within_ms;
    enum missed_state state;
    int64_t disputed_by, disputed_ms; // 0: not
    const char *dispute;
    int64_t decided_by, decided_ms;
    const char *decision;
};
enum { MISSED_WORDS_MOST = 4000, MISSED_PAGE = 200 };

// Texts live in arena. ERROR_NOT_FOUND "missed.unknown": no such report was judged.
int missed_get(struct db *db, int64_t case_id, struct arena *arena,
               struct missed_report *ret_report, struct error *error) ERROR_MUST_CHECK;
struct missed_query {
    int state;                // < 0: all
    int64_t before;           // cases below this id; INT64_MAX: from the newest
    int64_t person_id;        // only what counts against this person; 0: everybody's
    int64_t home_id;          // only people of this department or company; 0: all
    int64_t from_ms, till_ms; // reported in [from, till)
};
struct missed_page {
    struct missed_report *reports; // newest first, at most MISSED_PAGE
    size_t count;
    int64_t next;                       // ask for what lies before it; 0: that was all
    int64_t states[MISSED_STATE_COUNT]; // how many there are of each, whatever the page
};
// Those that were missed. Texts live in arena.
int missed_list(struct db *db, const struct missed_query *query, struct arena *arena,
                struct missed_page *ret_page, struct error *error) ERROR_MUST_CHECK;

struct missed_words {
    int64_t case_id;
    const struct actor *actor;
    int64_t now_ms;
    const char *reason; // compulsory
};
// By the person it counts against, or whoever may decide (deciding true).
// ERROR_DENIED "missed.not_yours", ERROR_CONFLICT "missed.not_open": it was not missed, or
// has been disputed; ERROR_INPUT "missed.reason".
int missed_dispute(struct db *db, const struct missed_words *words, bool deciding,
                   struct error *error) ERROR_MUST_CHECK;
// ERROR_CONFLICT "missed.not_disputed", ERROR_DENIED "missed.own_dispute".
int missed_decide(struct db *db, const struct missed_words *words, bool excused,
                  struct error *error) ERROR_MUST_CHECK;
