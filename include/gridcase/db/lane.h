// SPDX-License-Identifier: MPL-2.0
// The writer lane: everything that writes to one database goes through its one thread.
//
// The lane drains the jobs that wait (DB_LANE_BATCH at most) into one transaction, as if a
// savepoint each, commits once and only then tells each of them: durable is what has been
// told. It waits for nobody: no timer, no added latency when idle.
//
// A job's work may be run again (the store threw the transaction away, or another job of
// the batch did): until it is told, it changes nothing but the database and its own result,
// and it sets its result anew each time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/db/db.h>

struct db_lane;

enum { DB_LANE_BATCH = 256, DB_LANE_SLICE_MS = 20, DB_LANE_QUEUE = 65536 };

enum db_priority {
    DB_PEOPLE,   // somebody waits for the answer
    DB_MACHINES, // sensors, imports, replays, timers, upkeep: after people, never starved
    DB_PRIORITY_COUNT
};

enum { DB_LANE_MORE = 1 };

struct db_lane_job {
    enum db_priority priority;
    // Runs on the lane's thread inside a savepoint of the batch. 0: done; DB_LANE_MORE:
    // this slice is done, commit it and call again (long work stays under DB_LANE_SLICE_MS
    // a slice, see db_lane_time_left); negative: rolled back to the savepoint, the others
    // go on. Never blocks, never touches the network.
    int (*work)(struct db *db, void *context, struct error *error);
    // After the commit of a slice that asked for more: the place to move a cursor on. May
    // be NULL. Lane's thread.
    void (*slice_committed)(void *context);
    // Once, at the end: error is NULL when everything is committed and synced, else why not
    // (the job's own error, or the store's). Lane's thread: be short, hand on.
    void (*done)(void *context, const struct error *error);
    void *context;
    // May run while other servers write (see db_is_beside); needs nobody's turn.
    bool beside;
};

// The lane of a database, started on first use, shared. ERROR_NOT_FOUND "city.unknown";
// ERROR_BUSY "db.writer_taken". Give it back with db_lane_put; the store closes lanes that
// nobody holds (db_store_close_idle, db_store_close).
int db_lane_get(struct db_store *store, const char *slug, enum db_database database,
                struct db_lane **ret_lane, struct error *error) ERROR_MUST_CHECK;
struct db_lane *db_lane_put(struct db_lane *lane); // takes NULL, returns NULL

// Queues a copy of *job. ERROR_BUSY "server.busy" when DB_LANE_QUEUE jobs of its priority
// wait (done is not called then). From any thread.
int db_lane_submit(struct db_lane *lane, const struct db_lane_job *job,
                   struct error *error) ERROR_MUST_CHECK;
// Submits and waits until it is committed or failed. Never from an HTTP thread or from the
// lane's own. Returns work's code or the store's.
int db_lane_call(struct db_lane *lane, enum db_priority priority,
                 int (*work)(struct db *db, void *context, struct error *error),
                 void *context, struct error *error) ERROR_MUST_CHECK;
// Microseconds that the running slice has left; negative when it is over. Only in work.
int64_t db_lane_time_left_us(const struct db *db);

struct db_lane_counters {
    uint64_t jobs;        // told that they are committed
    uint64_t failed;      // told an error
    uint64_t repeated;    // run again because a transaction was lost
    uint64_t batches;     // transactions tried
    uint64_t commits;     // transactions that committed and changed something
    uint64_t syncs;       // times that a commit waited for the disk to have the log
    uint64_t checkpoints; // log copied into the database and begun anew
    uint64_t waiting[DB_PRIORITY_COUNT];
    uint64_t log_pages;          // in the write-ahead log now
    int64_t commit_worst_us;     // slowest commit
    int64_t checkpoint_worst_us; // longest pause that a checkpoint step made
};
void db_lane_count(struct db_lane *lane, struct db_lane_counters *ret_counters);
