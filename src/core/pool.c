// SPDX-License-Identifier: MPL-2.0
// Jobs wait in one list per key; the keys that have any stand in a ring, and each worker
// takes the first job of the key at the ring's head and moves that key to its end.
#include <gridcase/core/pool.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>

struct job {
    struct job *next;
    void (*work)(void *context);
    void *context;
};

struct lane {
    struct lane *next;
    uint64_t key;
    struct job *first, *last;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t *threads;
    unsigned thread_count;
    unsigned queued;
    unsigned ceiling;
    struct lane *first, *last;
    bool stopping;
};

static struct job *take(struct pool *pool)
{
    struct lane *lane = pool->first;
    struct job *job = lane->first;
    pool->first = lane->next;
    if (!pool->first)
        pool->last = NULL;
    lane->first = job->next;
    lane->next = NULL;
    if (!lane->first) {
        free(lane);
    } else {
        if (pool->last)
            pool->last->next = lane;
        else
            pool->first = lane;
        pool->last = lane;
    }
    pool->queued--;
    return job;
}

static void *run(void *context)
{
    struct pool *pool = context;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->first && !pool->stopping)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (!pool->first)
            break;
        struct job *job = take(pool);
        pthread_mutex_unlock(&pool->lock);
        job->work(job->context);
        free(job);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct pool *pool_new(unsigned threads, unsigned queue_ceiling)
{
    struct pool *pool = memory_new(sizeof *pool);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->ceiling = queue_ceiling;
    pool->threads = memory_new((threads ? threads : 1) * sizeof *pool->threads);
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&pool->threads[i], NULL, run, pool) != 0)
            abort();
        pool->thread_count++;
    }
    return pool;
}

struct pool *pool_free(struct pool *pool)
{
    if (!pool)
        return NULL;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
    return NULL;
}

static void append(struct pool *pool, uint64_t key, struct job *job)
{
    struct lane *lane = pool->first;
    while (lane && lane->key != key)
        lane = lane->next;
    if (lane) {
        lane->last->next = job;
        lane->last = job;
        return;
    }
    lane = memory_new(sizeof *lane);
    *lane = (struct lane){.key = key, .first = job, .last = job};
    if (pool->last)
        pool->last->next = lane;
    else
        pool->first = lane;
    pool->last = lane;
}

int pool_submit(struct pool *pool, uint64_t key, void (*work)(void *context), void *context,
                struct error *error)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->stopping || pool->queued >= pool->ceiling) {
        pthread_mutex_unlock(&pool->lock);
        return error_set(error, ERROR_BUSY, "server.busy", "too much is waiting already");
    }
    struct job *job = memory_new(sizeof *job);
    *job = (struct job){.work = work, .context = context};
    append(pool, key, job);
    pool->queued++;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    return 0;
}
