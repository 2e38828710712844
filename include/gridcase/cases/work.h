// SPDX-License-Identifier: MPL-2.0
// The open work of a person, and handing it to somebody else: of a leaver, of somebody ill.
#pragma once

#include <gridcase/cases/read.h>

struct actor;
struct city_snapshot;
struct db;

enum { WORK_LIST_MOST = 500, WORK_OPINION_MOST = 400 };

struct work_item {
    struct case_summary summary; // of the case; its task may be another one
    int64_t task_id;
    enum process_task kind;
    int64_t opened_ms;
};
// Open tasks that a person holds, oldest first, at most WORK_LIST_MOST, as the actor may
// see them; *ret_total tells how many there are. In the arena.
int case_work_list(struct db *db, const struct city_snapshot *city,
                   const struct actor *actor, int64_t person_id, struct arena *arena,
                   struct work_item **ret_items, size_t *ret_count, int64_t *ret_total,
                   struct error *error) ERROR_MUST_CHECK;

// Gives an open task that `from` holds to another person, as a move of the actor that the
// history keeps. to 0: whoever is on duty where the step asks the roster, else whoever has
// the task's role. ERROR_CONFLICT "case.stale" when `from` does not hold it any more,
// "work.role" when `to` has not the role of the task, "work.nobody" when it is of a person
// alone and needs one; ERROR_NOT_FOUND "case.unknown_task", "account.person_unknown".
// opinion: why, at most WORK_OPINION_MOST bytes; "" for none. In a write transaction.
struct case_handing {
    const struct actor *actor;
    int64_t task_id, from, to;
    const char *opinion;
    int64_t now_ms;
};
int case_hand_on(struct db *db, const struct city_snapshot *city,
                 const struct case_handing *handing, struct error *error) ERROR_MUST_CHECK;
