// SPDX-License-Identifier: MPL-2.0
// The writer lane: one thread, one transaction for all that wait, one sync.
#include <gridcase/db/lane.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

enum {
    MACHINES_LEAST = 16, // of a batch are machines' while they wait, so none starves
    IDLE_MS = 1000,      // without work before the log is copied
    GUARDED_BATCHES = 64,
};

struct node {
    struct db_lane_job job;
    struct node *next;
    int code; // of the last run: work's, or the store's
    struct error error;
};

struct batch {
    struct node **nodes;
    size_t count;
    bool unclean;
};

struct queue {
    struct node *first, **end;
    uint64_t count;
};

struct db_lane {
    struct db_place *place;
    struct db *db;         // this and the next used by the lane's thread only
    unsigned guarded_left; // batches whose jobs get a savepoint each
    pthread_t thread;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t wake;
    struct queue queues[DB_PRIORITY_COUNT];
    bool stopping;
    struct db_lane_counters counters;
};

// ---- queues ----

static void queue_put(struct queue *queue, struct node *node)
{
    node->next = NULL;
    *queue->end = node;
    queue->end = &node->next;
    queue->count++;
}

static struct node *queue_take(struct queue *queue)
{
    struct node *node = queue->first;
    queue->first = node->next;
    if (!queue->first)
        queue->end = &queue->first;
    queue->count--;
    return node;
}

static void queue_put_back(struct queue *queue, struct node *node)
{
    node->next = queue->first;
    queue->first = node;
    if (queue->end == &queue->first)
        queue->end = &node->next;
    queue->count++;
}

// Does the next batch run beside other servers' writers? Only where there are any: alone,
// taking the turn costs nothing.
static bool is_beside(const struct db_lane *lane, const struct node *node)
{
    return node->job.beside && lane->db->engine->fetch_apart &&
           atomic_load(&lane->place->store->others);
}

// People first; what is left, and never less than a few, is the machines'. Where others
// write, a batch is of jobs that all run beside them, or that all need the turn.
static size_t drain(struct db_lane *lane, struct node *nodes[DB_LANE_BATCH])
{
    const struct node *first = lane->queues[DB_PEOPLE].first;
    first = first ? first : lane->queues[DB_MACHINES].first;
    const bool beside = is_beside(lane, first);
    const bool others = atomic_load(&lane->place->store->others);
    lane->db->want_beside = beside;
    struct queue *people = &lane->queues[DB_PEOPLE];
    struct queue *machines = &lane->queues[DB_MACHINES];
    uint64_t reserved = machines->count < MACHINES_LEAST ? machines->count : MACHINES_LEAST;
    size_t count = 0;
    while (people->count > 0 && count < DB_LANE_BATCH - reserved &&
           (!others || is_beside(lane, people->first) == beside))
        nodes[count++] = queue_take(people);
    while (machines->count > 0 && count < DB_LANE_BATCH &&
           (!others || is_beside(lane, machines->first) == beside))
        nodes[count++] = queue_take(machines);
    return count;
}

// ---- running ----

static void roll_back_to(struct db *db, unsigned level)
{
    while (db->level > level) {
        struct db_transaction inner = {.db = db, .level = db->level};
        db_rollback(&inner);
    }
}

// Does the city hold still? Then a job fails before it has done anything.
static bool is_held(struct db *db, struct node *node)
{
    if (!atomic_load(&db->place->held))
        return false;
    node->code = error_set(&node->error, ERROR_BUSY, "city.held",
                           "%s is being moved to another store, nobody may write to it now",
                           db->place->slug);
    return true;
}

// Runs a job's work. Leaves its result in the node.
static void work(struct db *db, struct node *node)
{
    unsigned level = db->level;
    error_clear(&node->error);
    if (is_held(db, node))
        return;
    db->slice_end_us = instant_monotonic_us() + DB_LANE_SLICE_MS * 1000;
    node->code = node->job.work(db, node->job.context, &node->error);
    if (node->code >= 0 && db->level != level)
        node->code = error_set(&node->error, ERROR_BUG, "db.misuse",
                               "a job left the transaction of %s open", db->where);
    roll_back_to(db, level);
    if (node->code < 0 && node->error.code == 0)
        error_set(&node->error, node->code, "db.job_failed", "a job failed silently");
}

// A savepoint copies every page that its job touches, though hardly any job fails after it
// has written something. So a batch first runs without: false when a job did fail so, and
// only the whole transaction can be rolled back.
static bool run_bare(struct db *db, struct node *node)
{
    size_t rollups = db->rollup.count;
    db->wrote = false;
    work(db, node);
    if (node->code >= 0)
        return true;
    rollup_cut(&db->rollup, rollups);
    return !db->wrote && !db->engine->is_spoiled(db->connection);
}

// Runs one job in a savepoint of the open transaction.
static void run_guarded(struct db *db, struct node *node)
{
    struct db_transaction savepoint = {0};
    error_clear(&node->error);
    node->code = db_begin(db, DB_WRITE, &savepoint, &node->error);
    if (node->code != 0)
        return;
    work(db, node);
    if (node->code < 0) {
        db_rollback(&savepoint);
        return;
    }
    int code = db_commit(&savepoint, &node->error);
    if (code != 0)
        node->code = code;
}

static int commit(struct db_lane *lane, struct db_transaction *transaction,
                  struct error *error)
{
    int64_t began_us = instant_monotonic_us();
    int code = db_commit(transaction, error);
    int64_t took_us = instant_monotonic_us() - began_us;
    pthread_mutex_lock(&lane->mutex);
    lane->counters.batches++;
    if (took_us > lane->counters.commit_worst_us)
        lane->counters.commit_worst_us = took_us;
    pthread_mutex_unlock(&lane->mutex);
    return code;
}

// Jobs that were not run, because machines have had their time, go back to their queue.
static void give_back(struct db_lane *lane, struct node **nodes, size_t count)
{
    pthread_mutex_lock(&lane->mutex);
    while (count > 0) {
        struct node *node = nodes[--count];
        queue_put_back(&lane->queues[node->job.priority], node);
    }
    pthread_mutex_unlock(&lane->mutex);
}

// One transaction for all. Returns 0 when it is committed, *ret_run of the jobs were run;
// negative when the store has dropped it: nothing has happened then. batch->unclean: a bare
// job left something behind, the same again with guards will do.
static int run_together(struct db_lane *lane, struct batch *batch, bool guarded,
                        size_t *ret_run, struct error *error)
{
    struct node **nodes = batch->nodes;
    size_t count = batch->count;
    struct db *db = lane->db;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_WRITE, &transaction, error);
    if (code != 0)
        return code;
    int64_t machines_end_us = 0;
    size_t run = 0;
    for (; run < count; run++) {
        if (nodes[run]->job.priority == DB_MACHINES) {
            int64_t now_us = instant_monotonic_us();
            if (machines_end_us == 0)
                machines_end_us = now_us + DB_LANE_SLICE_MS * 1000;
            else if (now_us >= machines_end_us)
                break;
        }
        bool clean = true;
        if (guarded)
            run_guarded(db, nodes[run]);
        else
            clean = run_bare(db, nodes[run]);
        if (!db->engine->in_transaction(db->connection))
            return error_set(error, ERROR_STORE, "db.transaction_lost",
                             "the store has dropped a batch: %.200s",
                             nodes[run]->error.message);
        if (!clean) {
            batch->unclean = true;
            return error_set(error, ERROR_CONFLICT, "db.job_unclean",
                             "a job failed after it had written: %.200s",
                             nodes[run]->error.message);
        }
    }
    code = commit(lane, &transaction, error);
    if (code == 0)
        *ret_run = run;
    return code;
}

static void run_alone(struct db_lane *lane, struct node *node)
{
    lane->db->want_beside = false; // nothing can get in its way
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct error error = {0};
    int code = db_begin(lane->db, DB_WRITE, &transaction, &error);
    if (code == 0) {
        work(lane->db, node);
        if (node->code < 0)
            return; // all is rolled back
        code = commit(lane, &transaction, &error);
    }
    if (code != 0) {
        node->code = code;
        node->error = error;
    }
}

// ---- telling ----

static void tell(struct db_lane *lane, struct node **nodes, size_t count)
{
    struct db_engine_counters engine = {0};
    lane->db->engine->count(lane->db->connection, &engine);
    pthread_mutex_lock(&lane->mutex);
    lane->counters.commits = engine.commits;
    lane->counters.syncs = engine.syncs;
    lane->counters.log_pages = engine.log_pages;
    for (size_t i = 0; i < count; i++) {
        lane->counters.jobs += nodes[i]->code == 0;
        lane->counters.failed += nodes[i]->code < 0;
    }
    pthread_mutex_unlock(&lane->mutex);
    for (size_t i = 0; i < count; i++) {
        struct node *node = nodes[i];
        if (node->code > 0) {
            if (node->job.slice_committed)
                node->job.slice_committed(node->job.context);
            pthread_mutex_lock(&lane->mutex);
            queue_put(&lane->queues[node->job.priority], node);
            pthread_mutex_unlock(&lane->mutex);
            continue;
        }
        if (node->job.done)
            node->job.done(node->job.context, node->code < 0 ? &node->error : NULL);
        free(node);
    }
}

static int run_once(struct db_lane *lane, struct batch *batch, size_t *ret_run,
                    struct error *error)
{
    bool guarded = lane->guarded_left > 0;
    if (guarded)
        lane->guarded_left--;
    int code = run_together(lane, batch, guarded, ret_run, error);
    if (batch->unclean && batch->count > 1) {
        // Where one job does that, more will: the next batches are guarded from the start.
        lane->guarded_left = GUARDED_BATCHES;
        error_clear(error);
        code = run_together(lane, batch, true, ret_run, error);
    }
    return code;
}

// What stood in the way of a job that ran beside others does not when it is alone:
// another's lock, a key that another has just used, rows that it may not touch without its
// turn.
static bool needs_turn(const struct node *node)
{
    return node->code < 0 && (text_equal(node->error.slug, "db.needs_turn") ||
                              text_equal(node->error.slug, "db.unique") ||
                              text_equal(node->error.slug, "db.busy"));
}

static void run_batch(struct db_lane *lane, struct node **nodes, size_t count)
{
    struct error error = {0};
    struct batch batch = {.nodes = nodes, .count = count};
    const bool beside = lane->db->want_beside;
    size_t run = count, held = 0;
    // Not even the turn is waited for.
    while (held < count && is_held(lane->db, nodes[held]))
        held++;
    if (held == count) {
        tell(lane, nodes, count);
        return;
    }
    int code = run_once(lane, &batch, &run, &error);
    if (code == 0) {
        give_back(lane, nodes + run, count - run);
        for (size_t i = 0; beside && i < run; i++)
            if (needs_turn(nodes[i]))
                run_alone(lane, nodes[i]);
    } else if (count == 1 && (!beside || text_equal(error.slug, "store.uncertain"))) {
        // A job that failed by itself keeps its own error.
        if (nodes[0]->code >= 0 || nodes[0]->error.code == 0) {
            nodes[0]->code = code;
            nodes[0]->error = error;
        }
    } else {
        pthread_mutex_lock(&lane->mutex);
        lane->counters.repeated += count;
        pthread_mutex_unlock(&lane->mutex);
        for (size_t i = 0; i < count; i++)
            run_alone(lane, nodes[i]);
    }
    tell(lane, nodes, run);
}

static void upkeep(struct db_lane *lane, enum db_upkeep upkeep)
{
    struct db_engine_counters engine = {0};
    lane->db->engine->upkeep(lane->db->connection, upkeep);
    lane->db->engine->count(lane->db->connection, &engine);
    pthread_mutex_lock(&lane->mutex);
    lane->counters.checkpoints = engine.checkpoints;
    lane->counters.checkpoint_worst_us = engine.checkpoint_worst_us;
    lane->counters.log_pages = engine.log_pages;
    pthread_mutex_unlock(&lane->mutex);
}

// True when there is work; false when the lane stops. Called with the mutex held.
static bool wait_for_work(struct db_lane *lane, bool *dirty)
{
    while (lane->queues[DB_PEOPLE].count + lane->queues[DB_MACHINES].count == 0) {
        if (lane->stopping)
            return false;
        if (!*dirty) {
            pthread_cond_wait(&lane->wake, &lane->mutex);
            continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += IDLE_MS / 1000;
        if (pthread_cond_timedwait(&lane->wake, &lane->mutex, &until) != 0 &&
            lane->queues[DB_PEOPLE].count + lane->queues[DB_MACHINES].count == 0) {
            pthread_mutex_unlock(&lane->mutex);
            upkeep(lane, DB_UPKEEP_IDLE);
            pthread_mutex_lock(&lane->mutex);
            *dirty = false;
        }
    }
    return true;
}

static void *lane_main(void *context)
{
    struct db_lane *lane = context;
    struct node *nodes[DB_LANE_BATCH];
    bool dirty = true; // what an earlier process left in the log is copied too
    pthread_mutex_lock(&lane->mutex);
    while (wait_for_work(lane, &dirty)) {
        size_t count = drain(lane, nodes);
        pthread_mutex_unlock(&lane->mutex);
        run_batch(lane, nodes, count);
        upkeep(lane, DB_UPKEEP_BUSY);
        dirty = true;
        pthread_mutex_lock(&lane->mutex);
    }
    pthread_mutex_unlock(&lane->mutex);
    return NULL;
}

// ---- public ----

static int lane_new(struct db_place *place, struct db_lane **ret_lane, struct error *error)
{
    struct db *db = db_new(place, DB_WRITE, error);
    if (!db)
        return error->code;
    struct db_lane *lane = memory_new(sizeof *lane);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lane->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&lane->mutex, NULL);
    lane->place = place;
    lane->db = db;
    for (int i = 0; i < DB_PRIORITY_COUNT; i++)
        lane->queues[i].end = &lane->queues[i].first;
    if (pthread_create(&lane->thread, NULL, lane_main, lane) != 0) {
        pthread_cond_destroy(&lane->wake);
        pthread_mutex_destroy(&lane->mutex);
        free(lane);
        db_destroy(db);
        return error_set(error, ERROR_BUSY, "server.busy", "no thread for a writer lane");
    }
    *ret_lane = lane;
    return 0;
}

struct db_lane *db_lane_stop(struct db_lane *lane)
{
    if (!lane)
        return NULL;
    pthread_mutex_lock(&lane->mutex);
    lane->stopping = true;
    pthread_cond_signal(&lane->wake);
    pthread_mutex_unlock(&lane->mutex);
    pthread_join(lane->thread, NULL);
    db_close(lane->db);
    pthread_cond_destroy(&lane->wake);
    pthread_mutex_destroy(&lane->mutex);
    free(lane);
    return NULL;
}

// The place's lane with one more reference, when it has one. A lane that is being closed is
// waited for: its writer must have gone before the next one opens.
static struct db_lane *lane_of(struct db_store *store, const char *slug,
                               enum db_database database)
{
    struct db_lane *found = NULL;
    pthread_mutex_lock(&store->mutex);
    for (struct db_place *place = store->places; place; place = place->next) {
        if (place->database != database || strcmp(place->slug, slug) != 0)
            continue;
        while (place->lane_changing)
            pthread_cond_wait(&store->changed, &store->mutex);
        found = place->lane;
        if (found) {
            place->lane_users++;
            place->used_us = instant_monotonic_us();
        } else {
            place->lane_changing = true; // by the caller, who opens it
        }
        break;
    }
    pthread_mutex_unlock(&store->mutex);
    return found;
}

static void lane_settle(struct db_place *place, struct db_lane *lane)
{
    pthread_mutex_lock(&place->store->mutex);
    place->lane_changing = false;
    place->lane = lane;
    place->lane_users += lane ? 1 : 0;
    pthread_cond_broadcast(&place->store->changed);
    pthread_mutex_unlock(&place->store->mutex);
}

int db_lane_get(struct db_store *store, const char *slug, enum db_database database,
                struct db_lane **ret_lane, struct error *error)
{
    struct error own = {0};
    struct db_place *place = NULL, *writer = NULL;
    error = error ? error : &own;
    // Entering for reading makes and migrates the place; then the lane's turn is taken.
    int code = db_place_enter(store, slug, database, DB_READ, &place, error);
    if (code == ERROR_NOT_FOUND && database == DB_TRACKS &&
        strcmp(error->slug, "db.missing") == 0) { // the first who writes makes it
        error_clear(error);
        db_place_make(store, slug, database);
        code = db_place_enter(store, slug, database, DB_READ, &place, error);
    }
    if (code != 0)
        return code;
    struct db_lane *lane = lane_of(store, slug ? slug : "", database);
    if (!lane) {
        code = db_place_enter(store, slug, database, DB_WRITE, &writer, error);
        if (code == 0 && (code = lane_new(writer, &lane, error)) != 0)
            db_place_leave(writer, DB_WRITE);
        lane_settle(place, lane);
    }
    db_place_leave(place, DB_READ);
    if (code == 0)
        *ret_lane = lane;
    return code;
}

struct db_lane *db_lane_put(struct db_lane *lane)
{
    if (!lane)
        return NULL;
    struct db_store *store = lane->place->store;
    pthread_mutex_lock(&store->mutex);
    lane->place->lane_users--;
    lane->place->used_us = instant_monotonic_us();
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

int db_lane_submit(struct db_lane *lane, const struct db_lane_job *job, struct error *error)
{
    if (!job->work || (int)job->priority < 0 || job->priority >= DB_PRIORITY_COUNT)
        return error_set(error, ERROR_BUG, "db.misuse", "a job without work or priority");
    struct node *node = memory_new(sizeof *node);
    node->job = *job;
    pthread_mutex_lock(&lane->mutex);
    struct queue *queue = &lane->queues[job->priority];
    bool full = queue->count >= DB_LANE_QUEUE || lane->stopping;
    if (!full) {
        queue_put(queue, node);
        pthread_cond_signal(&lane->wake);
    }
    pthread_mutex_unlock(&lane->mutex);
    if (!full)
        return 0;
    free(node);
    return error_set(error, ERROR_BUSY, "server.busy", "too many jobs wait to be written");
}

int64_t db_lane_time_left_us(const struct db *db)
{
    return db->slice_end_us - instant_monotonic_us();
}

void db_lane_count(struct db_lane *lane, struct db_lane_counters *ret_counters)
{
    pthread_mutex_lock(&lane->mutex);
    *ret_counters = lane->counters;
    for (int i = 0; i < DB_PRIORITY_COUNT; i++)
        ret_counters->waiting[i] = lane->queues[i].count;
    pthread_mutex_unlock(&lane->mutex);
}
