// SPDX-License-Identifier: MPL-2.0
// Whole recorded lives of cases, many at once: old cases of a city, the data of benches.
//
// A life is the report and the later moves of one case. Each is played in memory by the
// code that case_apply uses (process, guards, inputs, clocks, routing, facts, chain of
// digests) and then stored as it ended: case row, tasks, clocks, history, fact, rollups,
// change rows, open points are the rows that case_apply would have left, life after life.
// A life with a move that its process does not allow is left out and told by number.
//
// Every move says where it comes from: marks LIVE are refused. A life always makes a new
// case: what is there is never touched. Left to its callers: nobody is told anything before
// the lives are there, and people who act need no task version (a record has none). Photos
// cannot come this way.
//
// Keys of reports are kept, so that a life that is there already is known again; keys of
// later moves are not (they would have expired).
#pragma once

#include <stdatomic.h>

#include <gridcase/cases/case.h>
#include <gridcase/db/store.h>

struct case_life_move {
    // [0]: with draft; the others without (case_id is 0, task_id may be). mark: not LIVE.
    struct case_move move;
    bool optional; // left out where the process has it not, or a guard refuses it
};
struct case_life {
    const struct case_life_move *moves;
    size_t count;
};

struct case_bulk_progress {
    int64_t lives, moves; // stored
    int64_t repeated;     // were there already
    int64_t refused;
};

struct case_bulk_options {
    // Life number `index`, counted from 0: 1 and the life, 0 when there are no more (then
    // none has a higher number), negative: the whole load fails. What it hands out lives in
    // the arena, or longer than the load. Numbers come in order, but called from several
    // threads at once. Lives should be ordered by the time of the report.
    int (*life)(void *context, int64_t index, struct arena *arena,
                struct case_life *ret_life, struct error *error);
    // A life that is left out; move counts from 0. One at a time. May be NULL.
    void (*refused)(void *context, int64_t index, size_t move, const struct error *error);
    // Now and then, from the calling thread. May be NULL.
    void (*progress)(void *context, const struct case_bulk_progress *progress);
    void *context;
    unsigned threads;        // that play; 0: one for each processor
    const atomic_bool *stop; // NULL: never; ends the load as ERROR_BUSY "bulk.stopped"
};

// Fills a store without cases, all or nothing (db/load.h): nothing is there until
// everything is there, recounted and synced. ERROR_CONFLICT "bulk.not_empty" when it has
// cases; ERROR_STORE "bulk.recount" when the recount finds a problem; nobody may use the
// city meanwhile.
int case_bulk_fill(struct db_store *store, const struct city_snapshot *city,
                   const struct case_bulk_options *options,
                   struct case_bulk_progress *ret_progress,
                   struct error *error) ERROR_MUST_CHECK;

// Adds lives to a store in use, as machine jobs of its writer lane, some to a commit. Each
// life is stored whole or not at all; run again after an interruption it goes on where it
// was, because lives whose report's key is there are left out ("repeated"): every report
// needs a key (ERROR_INPUT "bulk.no_key"). Readers of the change stream see the moves.
int case_bulk_add(struct db_store *store, const struct city_snapshot *city,
                  const struct case_bulk_options *options,
                  struct case_bulk_progress *ret_progress,
                  struct error *error) ERROR_MUST_CHECK;
