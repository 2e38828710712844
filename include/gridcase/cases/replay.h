// SPDX-License-Identifier: MPL-2.0
// Replaying a record of real service requests through the one door.
//
// Each row of the record becomes a report and the moves that a map (gridcase-replay(5))
// names, each at its recorded time; what the record does not say follows the map's stated
// rule and is marked as filled in. Every move has an idempotency key made from the record,
// so that a replay which was interrupted can simply be run again.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct city_snapshot;
struct db_store;

struct replay_progress {
    int64_t rows;         // of the record that were read
    int64_t rows_refused; // closed before opened, unreadable time, unknown class ...
    int64_t reports;      // cases that were reported now
    int64_t moves;        // later moves made now
    int64_t repeated;     // were there already
    int64_t moves_refused;
    int64_t record_ms; // time of the last move, in the record's own time
};

struct replay_options {
    const char *source; // CSV, or CSV.gz, or anything OGR reads as a table
    const char *map;    // the map's file
    // Seconds of the record per second of real time; 0: as fast as possible.
    double speed;
    // Move the record by whole weeks, so that the map's pivot falls into the last week: a
    // demo city whose cases are of today. Weekdays and times of day stay.
    bool shift_to_now;
    // Stop at the first move that lies in the future (of real time, after the shift).
    bool until_now;
    // Go on from the record's present: the first move after it happens now, the others
    // follow at `speed`. Implies shift_to_now.
    bool live;
    // Live only: a longer pause than this (seconds of real time) is cut short; 0: none is.
    double gap_s;
    int64_t most_rows;       // 0: all
    const atomic_bool *stop; // may be NULL; looked at every 200 ms at least
    // Called about every second from the replaying thread; may be NULL.
    void (*progress)(void *context, const struct replay_progress *progress);
    void *progress_context;
    // One line for each row or move that was refused; may be NULL.
    void (*refused)(void *context, int64_t line, const char *row_id,
                    const struct error *error);
    void *refused_context;
};

// Runs until the record ends, until_now holds or *stop is set. Never from the lane's own
// thread. ERROR_INPUT for a map or record that cannot be used.
int replay_run(struct db_store *store, const struct city_snapshot *city,
               const struct replay_options *options, struct replay_progress *ret_progress,
               struct error *error) ERROR_MUST_CHECK;

// The same record as whole lives, without waiting (cases/bulk.h): source, map, most_rows,
// shift_to_now, stop and the callbacks count. A city without cases gets all or nothing, at
// once; one with cases gets them life by life, and what is there already is left out. A row
// with a move that the process does not allow is left out whole (moves_refused counts such
// rows) and told with the number of the move.
int replay_load_lives(struct db_store *store, const struct city_snapshot *city,
                      const struct replay_options *options,
                      struct replay_progress *ret_progress, struct error *error);
