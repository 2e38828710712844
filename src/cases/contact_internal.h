// SPDX-License-Identifier: MPL-2.0
// What files about contacts and merged cases share, and what the one door asks of them.
#pragma once

#include <gridcase/cases/contact.h>

#include "case_internal.h"

// ---- contact_move.c: moves that stand in no process table ----
// code of case_builtin_action; json: its inputs. The caller has looked at rights.
int case_builtin_move(struct db *db, const struct city_snapshot *city,
                      const struct case_move *move, const char *code, const char *json,
                      struct error *error) ERROR_MUST_CHECK;
// The contact that opens a case, after its row: also that of a whole life.
int contact_open(struct db *db, const struct case_row *row, const struct case_draft *draft,
                 struct error *error) ERROR_MUST_CHECK;
// What a move of a case does to those who wait for its end.
int contact_follow(struct case_work *work, const struct case_row *before,
                   struct error *error) ERROR_MUST_CHECK;
// What a call back of the process meant for the person who opened the case.
enum contact_try {
    CONTACT_NOT_REACHED, // or not content: will be called again
    CONTACT_TOLD,
    CONTACT_GIVEN_UP,
};
enum contact_try contact_try_of(const struct fact *fact, bool stays);
int contact_called_back(struct db *db, const struct case_row *row, enum contact_try result,
                        int64_t at_ms, int64_t person_id,
                        struct error *error) ERROR_MUST_CHECK;
// Whether whoever opened the case left a number or an address to write to.
int contact_can_be_called(const struct case_work *work, bool *ret_can,
                          struct error *error) ERROR_MUST_CHECK;

// ---- merge.c ----
// The effect merge(): finds the open case that the input names.
int case_merge_choose(struct case_work *work, const char *input,
                      struct error *error) ERROR_MUST_CHECK;
// After the duplicate has been stored: the other case takes it in.
int case_merge_store(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
// Where a case lies: itself, or what it was merged into.
int case_survivor(struct db *db, int64_t case_id, int64_t *ret_id,
                  struct error *error) ERROR_MUST_CHECK;
