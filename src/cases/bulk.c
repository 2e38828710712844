// SPDX-License-Identifier: MPL-2.0
// Filling an empty store: threads play batches of lives, which are numbered in order, and
// the calling thread stores them in order.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/cases/recount.h>
#include <gridcase/db/load.h>

#include "bulk_internal.h"

enum {
    THREADS_MOST = 64,
    SLOTS_MORE = 3, // batches on the way besides those being played
    DAY_FIRST = -40000,
    DAY_COUNT = 140000, // from 1860 to 2243
    PROGRESS_BATCHES = 20,
};

struct batch {
    struct arena *arena;
    struct bulk_life lives[BULK_BATCH];
    size_t count;
    bool ready;
    int code; // of a failure that ends everything
    struct error error;
};

struct fill {
    struct db_load *load;
    const struct city_snapshot *city;
    const struct case_bulk_options *options;
    unsigned threads, slots;
    struct batch *batches;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t changed;
    int64_t next_play, next_number, next_store;
    int64_t end; // first batch that has no lives; INT64_MAX: not known yet
    bool failed;
    // Of whoever's turn it is to number: lives of each day, cases.
    int32_t *serials;
    int64_t cases;
    struct case_bulk_progress progress; // of the calling thread
};

// ---- playing ----
static int play_batch(struct fill *fill, struct bulk_player *player, struct batch *batch,
                      int64_t number)
{
    const struct case_bulk_options *options = fill->options;
    int code = 0;
    batch->count = 0;
    for (int64_t i = 0; i < BULK_BATCH; i++) {
        struct case_life life = {0};
        struct bulk_life *out = &batch->lives[batch->count];
        memset(out, 0, sizeof *out);
        out->index = number * BULK_BATCH + i;
        code =
            options->life(options->context, out->index, batch->arena, &life, &batch->error);
        if (code <= 0)
            return code;
        code = bulk_play(player, &life, batch->arena, out, &batch->error);
        if (code != 0)
            return code;
        batch->count++;
    }
    return 0;
}

static int number_life(struct fill *fill, struct bulk_life *life, struct error *error)
{
    const struct calendar *calendar = city_calendar(fill->city, 0);
    int64_t day = calendar_day(calendar, life->row.opened_ms);
    if (day < DAY_FIRST || day >= DAY_FIRST + DAY_COUNT)
        return error_set(error, ERROR_INPUT, "case.time", "life %lld: opened in no time",
                         (long long)life->index);
    life->row.case_id = ++fill->cases;
    return case_number(fill->city, life->row.opened_ms, ++fill->serials[day - DAY_FIRST],
                       life->row.number, error);
}

static void number_batch(struct fill *fill, struct batch *batch)
{
    for (size_t i = 0; i < batch->count && batch->code == 0; i++)
        if (!batch->lives[i].left_out)
            batch->code = number_life(fill, &batch->lives[i], &batch->error);
}

// Waits for its turn; false when everything ends.
static bool take_turn(struct fill *fill, int64_t *ret_number)
{
    pthread_mutex_lock(&fill->lock);
    int64_t number = fill->next_play++;
    while (!fill->failed && number < fill->end &&
           number >= fill->next_store + (int64_t)fill->slots)
        pthread_cond_wait(&fill->changed, &fill->lock);
    bool goes_on = !fill->failed && number < fill->end;
    pthread_mutex_unlock(&fill->lock);
    *ret_number = number;
    return goes_on;
}

static void wait_to_number(struct fill *fill, int64_t number)
{
    pthread_mutex_lock(&fill->lock);
    while (!fill->failed && fill->next_number != number)
        pthread_cond_wait(&fill->changed, &fill->lock);
    pthread_mutex_unlock(&fill->lock);
}

static void numbered(struct fill *fill, const struct batch *batch, int64_t number)
{
    pthread_mutex_lock(&fill->lock);
    fill->next_number = number + 1;
    if (batch->count < BULK_BATCH && fill->end > number + 1)
        fill->end = number + 1;
    pthread_cond_broadcast(&fill->changed);
    pthread_mutex_unlock(&fill->lock);
}

static void *play(void *context)
{
    struct fill *fill = context;
    struct bulk_player *player = bulk_player_new(fill->city);
    int64_t number = 0;
    while (take_turn(fill, &number)) {
        struct batch *batch = &fill->batches[number % fill->slots];
        batch->arena = arena_new(BULK_ARENA);
        batch->code = play_batch(fill, player, batch, number);
        wait_to_number(fill, number);
        number_batch(fill, batch);
        numbered(fill, batch, number);
        for (size_t i = 0; i < batch->count && batch->code == 0; i++)
            if (!batch->lives[i].left_out)
                bulk_seal(&batch->lives[i]);
        pthread_mutex_lock(&fill->lock);
        batch->ready = true;
        pthread_cond_broadcast(&fill->changed);
        pthread_mutex_unlock(&fill->lock);
    }
    bulk_player_free(player);
    return NULL;
}

// ---- storing ----
static void tell_refusal(const struct fill *fill, const struct bulk_life *life)
{
    if (fill->options->refused != NULL)
        fill->options->refused(fill->options->context, life->index, life->refused_move,
                               &life->refusal);
}

static int store_batch(struct fill *fill, struct batch *batch, int64_t *position,
                       struct error *error)
{
    struct db *db = db_load_handle(fill->load);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    if (batch->code != 0) {
        *error = batch->error;
        return batch->code;
    }
    int code = db_begin(db, DB_WRITE, &transaction, error);
    for (size_t i = 0; i < batch->count && code == 0; i++) {
        struct bulk_life *life = &batch->lives[i];
        if (life->left_out) {
            fill->progress.refused++;
            tell_refusal(fill, life);
            continue;
        }
        code = bulk_store(db, fill->city, life, position, error);
        fill->progress.lives++;
        fill->progress.moves += (int64_t)life->move_count;
    }
    return code != 0 ? code : db_commit(&transaction, error);
}

static bool stopped(const struct fill *fill)
{
    return fill->options->stop != NULL && atomic_load(fill->options->stop);
}

// The next batch, when it is ready; NULL at the end.
static struct batch *wait_for_batch(struct fill *fill)
{
    pthread_mutex_lock(&fill->lock);
    struct batch *batch = &fill->batches[fill->next_store % fill->slots];
    while (fill->next_store < fill->end && !batch->ready)
        pthread_cond_wait(&fill->changed, &fill->lock);
    bool at_end = fill->next_store >= fill->end;
    pthread_mutex_unlock(&fill->lock);
    return at_end ? NULL : batch;
}

static int store_all(struct fill *fill, struct error *error)
{
    int64_t position = 0;
    int code = 0;
    for (struct batch *batch; code == 0 && (batch = wait_for_batch(fill)) != NULL;) {
        code = store_batch(fill, batch, &position, error);
        if (code == 0 && stopped(fill))
            code = error_set(error, ERROR_BUSY, "bulk.stopped", "the load was stopped");
        batch->arena = arena_free(batch->arena);
        pthread_mutex_lock(&fill->lock);
        batch->ready = false;
        fill->next_store++;
        fill->failed = code != 0;
        pthread_cond_broadcast(&fill->changed);
        pthread_mutex_unlock(&fill->lock);
        if (fill->options->progress != NULL && fill->next_store % PROGRESS_BATCHES == 0)
            fill->options->progress(fill->options->context, &fill->progress);
    }
    return code;
}

static int store_serials(struct fill *fill, struct error *error)
{
    struct db *db = db_load_handle(fill->load);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_WRITE, &transaction, error);
    for (int64_t i = 0; i < DAY_COUNT && code == 0; i++)
        if (fill->serials[i] > 0)
            code = db_execute(
                db, QUERY_BULK_SERIAL_PUT,
                (struct db_value[]){DB_INT(DAY_FIRST + i), DB_INT(fill->serials[i])}, 2,
                error);
    if (code == 0)
        code = db_execute(db, QUERY_BULK_KEYS_DONE, NULL, 0, error);
    return code != 0 ? code : db_commit(&transaction, error);
}

static int run_threads(struct fill *fill, struct error *error)
{
    pthread_t threads[THREADS_MOST];
    unsigned started = 0;
    while (started < fill->threads &&
           pthread_create(&threads[started], NULL, play, fill) == 0)
        started++;
    int code = started > 0
                   ? store_all(fill, error)
                   : error_set(error, ERROR_BUSY, "server.busy", "no thread for a load");
    pthread_mutex_lock(&fill->lock);
    fill->failed = true; // nobody begins another batch
    pthread_cond_broadcast(&fill->changed);
    pthread_mutex_unlock(&fill->lock);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return code;
}

static int check_empty(struct db *db, struct error *error)
{
    int64_t last = 0, position = 0;
    int code = db_fetch_int(db, QUERY_CASE_ID_LAST, NULL, 0, &last, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_BULK_POSITION, NULL, 0, &position, error);
    if (code == 0 && (last != 0 || position != 0))
        code = error_set(error, ERROR_CONFLICT, "bulk.not_empty",
                         "the city has cases: only an empty one is filled");
    return code;
}

static int recount_everything(struct fill *fill, struct error *error)
{
    struct db *db = db_load_handle(fill->load);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_READ, &transaction, error); // locks are taken once
    if (code != 0)
        return code;
    struct recount *recount = recount_new(fill->city);
    do {
        code = recount_slice(recount, db, 1000, error);
    } while (code == 1 && !stopped(fill));
    if (code == 1)
        code = error_set(error, ERROR_BUSY, "bulk.stopped", "the load was stopped");
    const struct recount_finding *first = recount_finding(recount, 0);
    if (code == 0 && first != NULL)
        code = error_set(error, ERROR_STORE, "bulk.recount",
                         "%llu problems, the first: case %lld: %s: %s",
                         (unsigned long long)recount_problems(recount),
                         (long long)first->case_id, first->slug, first->message);
    recount_free(recount);
    return code;
}

static int fill_and_publish(struct fill *fill, struct error *error)
{
    int code = run_threads(fill, error);
    if (code == 0)
        code = store_serials(fill, error);
    if (code == 0)
        code = db_load_index(fill->load, error);
    if (code == 0)
        code = recount_everything(fill, error);
    return code != 0 ? code : db_load_publish(fill->load, error);
}

int case_bulk_fill(struct db_store *store, const struct city_snapshot *city,
                   const struct case_bulk_options *options,
                   struct case_bulk_progress *ret_progress, struct error *error)
{
    struct fill *fill = memory_new(sizeof *fill);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    fill->city = city;
    fill->options = options;
    fill->end = INT64_MAX;
    fill->threads = options->threads > 0 ? options->threads
                                         : (unsigned)(processors > 0 ? processors : 1);
    if (fill->threads > THREADS_MOST)
        fill->threads = THREADS_MOST;
    fill->slots = fill->threads + SLOTS_MORE;
    fill->batches = memory_array(fill->slots, sizeof *fill->batches);
    fill->serials = memory_array(DAY_COUNT, sizeof *fill->serials);
    pthread_mutex_init(&fill->lock, NULL);
    pthread_cond_init(&fill->changed, NULL);
    int code = fill->batches == NULL || fill->serials == NULL
                   ? error_set(error, ERROR_LIMIT, "bulk.memory", "no memory for a load")
                   : db_load_begin(store, city_slug(city), DB_CASES, &fill->load, error);
    if (code == 0)
        code = check_empty(db_load_handle(fill->load), error);
    if (code == 0)
        code = fill_and_publish(fill, error);
    if (code == 0)
        *ret_progress = fill->progress;
    db_load_end(fill->load);
    for (unsigned i = 0; fill->batches != NULL && i < fill->slots; i++)
        arena_free(fill->batches[i].arena);
    pthread_cond_destroy(&fill->changed);
    pthread_mutex_destroy(&fill->lock);
    free(fill->batches);
    free(fill->serials);
    free(fill);
    return code;
}
