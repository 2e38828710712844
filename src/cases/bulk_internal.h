// SPDX-License-Identifier: MPL-2.0
// Between playing lives, storing them and the two ways of loading.
#pragma once

#include <gridcase/cases/bulk.h>

#include "case_internal.h"

enum {
    BULK_MOVES_MOST = 1000,         // of one life
    BULK_ARENA = 512 * 1024 * 1024, // of one batch
    BULK_BATCH = 500,               // lives played, numbered and stored together
};

struct bulk_move {
    bool moved; // to other areas than these
    int64_t areas_before[CITY_LEVEL_LIMIT];
};

// A life that has been played: what will be stored.
struct bulk_life {
    int64_t index;
    const struct case_draft *draft;
    struct case_row row; // as it ends; number, id and digest come later
    struct case_task_row *tasks;
    size_t task_count;
    struct case_clock_row *clocks;
    size_t clock_count;
    struct history_row *history;
    struct bulk_move *moves;
    size_t move_count; // of history and moves
    struct fact fact;
    bool left_out; // refused, or there already
    size_t refused_move;
    struct error refusal;
};

// ---- bulk_life.c ----
struct bulk_player; // scratch memory of one thread
struct bulk_player *bulk_player_new(const struct city_snapshot *city);
struct bulk_player *bulk_player_free(struct bulk_player *player);
// Plays a life; a refusal is in *ret_life and no error. Results live in the arena.
int bulk_play(struct bulk_player *player, const struct case_life *life, struct arena *arena,
              struct bulk_life *ret_life, struct error *error) ERROR_MUST_CHECK;
// Chains the history, once the life has its number.
void bulk_seal(struct bulk_life *life);

// ---- bulk_store.c ----
// Writes a life that has its id, number and chain. position: of the last change, moved on.
int bulk_store(struct db *db, const struct city_snapshot *city, struct bulk_life *life,
               int64_t *position, struct error *error) ERROR_MUST_CHECK;
