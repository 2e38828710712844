// SPDX-License-Identifier: MPL-2.0
// Connections to a PostgreSQL server, shared by the databases of all cities.
//
// A handle has a connection only as long as its transaction; so a few serve hundreds of
// cities. A city comes home to the same connection as far as that is free, because a
// server's process keeps what it has learnt of every schema and never forgets: one that has
// seen many, or is old, is closed when it comes back, and its place opened anew when it is
// wanted. Writers always find a quarter of the places free of readers, and a writer never
// waits for a second connection: so readers that wait for a writer do not end in a knot.
#include "db_postgres.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

enum {
    WAIT_MS = 5000,        // for a connection, unless the budget is shorter
    SCHEMAS_MOST = 96,     // that one connection sees in its life
    STATEMENTS_MOST = 512, // known to one connection
    BUCKETS = 1024,
};

struct pg_pool {
    char address[DB_ADDRESS_SIZE];
    unsigned users; // handles; guarded by pools.mutex
    struct pg_pool *next;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t given;
    struct pg_slot *slots[DB_CONNECTIONS_MOST];
    unsigned most, taken, reading;
    int64_t suspect_us; // what was opened before may have died with the server
    int64_t retry_us;   // no attempt to connect before
    int64_t backoff_ms;
    struct db_connection_counters counters;
};

struct known {
    uint8_t key[PG_KEY_SIZE]; // of schema and text
    Oid *types;
    int count;
    bool prepared;
    bool barred; // it has failed: not prepared any more
    unsigned no;
    unsigned runs;
    uint64_t used; // the slot's clock
    struct known *next;
};

struct pg_slot {
    struct pg_link link; // first: a link in use is found back from it
    bool taken, open;    // guarded by the pool; the rest belongs to who has taken it
    int64_t born_us, used_us;
    int64_t seen[SCHEMAS_MOST];
    unsigned seen_count;
    struct known *buckets[BUCKETS];
    unsigned known_count, no;
    uint64_t clock;
};

static struct {
    pthread_mutex_t mutex;
    struct pg_pool *list;
    unsigned most;
    int64_t age_us;
} pools = {.mutex = PTHREAD_MUTEX_INITIALIZER,
           .most = DB_CONNECTIONS,
           .age_us = DB_CONNECTION_AGE_S * 1000000LL};

void db_connections_limit(unsigned most, int64_t age_ms)
{
    pthread_mutex_lock(&pools.mutex);
    pools.most = most < DB_CONNECTIONS_LEAST  ? DB_CONNECTIONS_LEAST
                 : most > DB_CONNECTIONS_MOST ? DB_CONNECTIONS_MOST
                                              : most;
    pools.age_us = age_ms * 1000;
    pthread_mutex_unlock(&pools.mutex);
}

// ---- what a connection knows ----

static void known_free(struct known *known)
{
    free(known->types);
    free(known);
}

static void forget(struct pg_slot *slot)
{
    for (int i = 0; i < BUCKETS; i++)
        while (slot->buckets[i]) {
            struct known *next = slot->buckets[i]->next;
            known_free(slot->buckets[i]);
            slot->buckets[i] = next;
        }
    slot->known_count = 0;
}

static unsigned bucket_of(const uint8_t key[PG_KEY_SIZE])
{
    return (key[0] | (unsigned)key[1] << 8) % BUCKETS;
}

// Takes the one that was used longest ago out of the table.
static struct known *take_oldest(struct pg_slot *slot)
{
    struct known **oldest = NULL;
    for (int i = 0; i < BUCKETS; i++)
        for (struct known **at = &slot->buckets[i]; *at; at = &(*at)->next)
            if (!oldest || (*at)->used < (*oldest)->used)
                oldest = at;
    struct known *known = *oldest;
    *oldest = known->next;
    slot->known_count--;
    return known;
}

static bool takes(const struct known *known, const Oid *types, int count)
{
    for (int i = 0; i < count; i++)
        if (types[i] != 0 && types[i] != known->types[i])
            return false;
    return known->count == count;
}

static struct known *find(struct pg_slot *slot, const struct pg_use *use)
{
    struct known *known = slot->buckets[bucket_of(use->key)];
    while (known && memcmp(known->key, use->key, PG_KEY_SIZE) != 0)
        known = known->next;
    return known;
}

static struct known *learn(struct pg_slot *slot, struct pg_use *use)
{
    struct known *known = memory_new(sizeof *known);
    if (slot->known_count == STATEMENTS_MOST) {
        struct known *gone = take_oldest(slot);
        if (gone->prepared)
            use->drop = gone->no;
        known_free(gone);
    }
    memcpy(known->key, use->key, PG_KEY_SIZE);
    known->types = memory_array((size_t)use->count + 1, sizeof *known->types);
    if (!known->types)
        abort();
    known->count = use->count;
    known->next = slot->buckets[bucket_of(use->key)];
    slot->buckets[bucket_of(use->key)] = known;
    slot->known_count++;
    return known;
}

void pg_pool_statement(struct pg_connection *connection, struct pg_use *use)
{
    struct pg_slot *slot = connection->slot;
    use->drop = use->no = 0;
    use->prepare = false;
    if (!slot || !slot->link.direct)
        return;
    struct known *known = find(slot, use);
    if (!known)
        known = learn(slot, use);
    known->used = ++slot->clock;
    if (known->runs++ == 0 || known->barred)
        return;
    if (!known->prepared || !takes(known, use->types, use->count)) {
        for (int i = 0; i < use->count; i++)
            if (use->types[i] != 0)
                known->types[i] = use->types[i];
        if (known->prepared)
            use->drop = known->no;
        known->no = ++slot->no;
        known->prepared = use->prepare = true;
    }
    use->no = known->no;
    use->known_types = known->types;
}

// A name that may be there, or not, cannot be given again nor dropped. That is rare: when
// the very run that prepares a statement fails, or its tables have changed.
void pg_pool_statement_failed(struct pg_connection *connection, const struct pg_use *use,
                              const struct error *error)
{
    struct known *known = connection->slot ? find(connection->slot, use) : NULL;
    if (known && (use->prepare || (use->no != 0 && (strstr(error->message, "(0A000)") ||
                                                    strstr(error->message, "(26000)")))))
        known->barred = true;
}

// ---- places ----

static void slot_close(struct pg_slot *slot)
{
    pg_link_close(&slot->link);
    forget(slot);
    slot->seen_count = 0;
}

static bool is_worn(const struct pg_slot *slot, int64_t now_us)
{
    return slot->link.handle &&
           (slot->seen_count == SCHEMAS_MOST || now_us - slot->born_us > pools.age_us);
}

static void see(struct pg_slot *slot, int64_t schema)
{
    for (unsigned i = 0; i < slot->seen_count; i++)
        if (slot->seen[i] == schema)
            return;
    if (slot->seen_count < SCHEMAS_MOST)
        slot->seen[slot->seen_count++] = schema;
}

// The place nearest to the city's home that is free. Called with the pool locked.
static struct pg_slot *pick(struct pg_pool *pool, const struct pg_connection *connection)
{
    unsigned readers_most = pool->most - pool->most / 4;
    if (pool->taken >= pool->most || (!connection->writer && pool->reading >= readers_most))
        return NULL;
    for (unsigned i = 0; i < pool->most; i++) {
        unsigned at = (unsigned)((connection->home + i) % pool->most);
        if (!pool->slots[at])
            pool->slots[at] = memory_new(sizeof *pool->slots[at]);
        if (!pool->slots[at]->taken)
            return pool->slots[at];
    }
    return NULL;
}

static int64_t wait_end_us(const struct pg_connection *connection, int64_t now_us)
{
    int64_t end_us = now_us + WAIT_MS * 1000LL;
    return connection->budget_end_us > 0 && connection->budget_end_us < end_us
               ? connection->budget_end_us
               : end_us;
}

// Called with the pool locked. NULL: no place has become free in time.
static struct pg_slot *wait_for_slot(struct pg_pool *pool,
                                     const struct pg_connection *connection)
{
    int64_t began_us = instant_monotonic_us();
    int64_t end_us = wait_end_us(connection, began_us);
    struct timespec until = {.tv_sec = end_us / 1000000,
                             .tv_nsec = end_us % 1000000 * 1000};
    struct pg_slot *slot = pick(pool, connection);
    bool waited = !slot;
    while (!slot && instant_monotonic_us() < end_us) {
        (void)pthread_cond_timedwait(&pool->given, &pool->mutex, &until);
        slot = pick(pool, connection);
    }
    int64_t took_us = instant_monotonic_us() - began_us;
    pool->counters.waits += waited;
    if (waited && took_us > pool->counters.wait_worst_us)
        pool->counters.wait_worst_us = took_us;
    return slot;
}

static int backoff_error(const struct pg_pool *pool, int64_t now_us, struct error *error)
{
    return error_set(error, ERROR_BUSY, "store.unavailable",
                     "the database does not answer; it is tried again in %d ms",
                     (int)((pool->retry_us - now_us) / 1000));
}

// Opens the link of a place that is ours.
static int slot_open(struct pg_pool *pool, struct pg_slot *slot, struct error *error)
{
    slot_close(slot);
    int code = pg_link_open(&slot->link, pool->address, error);
    if (code == 0)
        code = pg_own_renew(pool->address, error);
    int64_t now_us = instant_monotonic_us();
    pthread_mutex_lock(&pool->mutex);
    if (code == 0) {
        slot->born_us = now_us;
        slot->open = true;
        pool->retry_us = pool->backoff_ms = 0;
        pool->counters.opened++;
    } else {
        pool->backoff_ms = pool->backoff_ms == 0 ? PG_BACKOFF_MS : pool->backoff_ms * 2;
        if (pool->backoff_ms > PG_BACKOFF_MOST)
            pool->backoff_ms = PG_BACKOFF_MOST;
        pool->retry_us = now_us + pool->backoff_ms * 1000;
    }
    pthread_mutex_unlock(&pool->mutex);
    if (code != 0)
        slot_close(slot);
    return code;
}

const char *pg_pool_address(const struct pg_connection *connection)
{
    return connection->pool->address;
}

int pg_pool_take(struct pg_connection *connection, struct error *error)
{
    struct pg_pool *pool = connection->pool;
    if (connection->slot)
        return 0;
    pthread_mutex_lock(&pool->mutex);
    int64_t now_us = instant_monotonic_us();
    struct pg_slot *slot = now_us < pool->retry_us ? NULL : wait_for_slot(pool, connection);
    int code = 0;
    bool open = false;
    if (slot) {
        slot->taken = true;
        pool->taken++;
        pool->reading += connection->writer ? 0 : 1;
        open = pg_link_is_up(&slot->link) && slot->born_us >= pool->suspect_us &&
               !is_worn(slot, now_us);
    } else if (now_us < pool->retry_us) {
        code = backoff_error(pool, now_us, error);
    } else if (connection->budget_end_us > 0) {
        connection->was_over_budget = true;
        code = error_set(error, ERROR_BUSY, "db.over_budget",
                         "no connection was free within the budget");
    } else {
        code = error_set(error, ERROR_BUSY, "store.busy",
                         "all %u connections to the database are in use", pool->most);
    }
    pthread_mutex_unlock(&pool->mutex);
    if (!slot)
        return code;
    connection->slot = slot;
    connection->link = &slot->link;
    if (!open)
        code = slot_open(pool, slot, error);
    if (code != 0)
        pg_pool_give(connection);
    else
        see(slot, connection->lock_key);
    return code;
}

void pg_pool_give(struct pg_connection *connection)
{
    struct pg_pool *pool = connection->pool;
    struct pg_slot *slot = connection->slot;
    if (!slot)
        return;
    int64_t now_us = instant_monotonic_us();
    bool broken = slot->link.handle && !pg_link_is_up(&slot->link);
    // Never to the next one with a transaction of ours.
    bool dirty =
        slot->link.handle && PQtransactionStatus(slot->link.handle) != PQTRANS_IDLE;
    bool worn = !broken && !dirty && is_worn(slot, now_us);
    if (broken || dirty || worn)
        slot_close(slot);
    connection->slot = NULL;
    connection->link = NULL;
    pthread_mutex_lock(&pool->mutex);
    slot->open = slot->link.handle != NULL;
    slot->taken = false;
    slot->used_us = now_us;
    pool->taken--;
    pool->reading -= connection->writer ? 0 : 1;
    pool->counters.retired += worn ? 1 : 0;
    if (broken)
        pool->suspect_us = now_us;
    pthread_cond_broadcast(&pool->given);
    pthread_mutex_unlock(&pool->mutex);
}

bool pg_pool_waits(const struct pg_connection *connection)
{
    struct pg_pool *pool = connection->pool;
    pthread_mutex_lock(&pool->mutex);
    bool waits = pool->retry_us > instant_monotonic_us();
    pthread_mutex_unlock(&pool->mutex);
    return waits;
}

// ---- pools ----

static struct pg_pool *pool_new(const char *address)
{
    struct pg_pool *pool = memory_new(sizeof *pool);
    pthread_condattr_t attributes;
    snprintf(pool->address, sizeof pool->address, "%s", address);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->given, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&pool->mutex, NULL);
    pool->most = pools.most;
    return pool;
}

struct pg_pool *pg_pool_join(const char *address)
{
    pthread_mutex_lock(&pools.mutex);
    struct pg_pool *pool = pools.list;
    while (pool && !text_equal(pool->address, address))
        pool = pool->next;
    if (!pool) {
        pool = pool_new(address);
        pool->next = pools.list;
        pools.list = pool;
    }
    pool->users++;
    pthread_mutex_unlock(&pools.mutex);
    return pool;
}

void pg_pool_leave(struct pg_pool *pool)
{
    pthread_mutex_lock(&pools.mutex);
    bool last = --pool->users == 0;
    struct pg_pool **at = &pools.list;
    while (last && *at != pool)
        at = &(*at)->next;
    if (last)
        *at = pool->next;
    pthread_mutex_unlock(&pools.mutex);
    if (!last)
        return;
    for (unsigned i = 0; i < pool->most; i++)
        if (pool->slots[i]) {
            slot_close(pool->slots[i]);
            free(pool->slots[i]);
        }
    pthread_cond_destroy(&pool->given);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

// One idle place that has not been used since, made ours. NULL: no more.
static struct pg_slot *take_idle(struct pg_pool *pool, int64_t before_us)
{
    struct pg_slot *found = NULL;
    pthread_mutex_lock(&pool->mutex);
    for (unsigned i = 0; i < pool->most && !found && pool->taken < pool->most; i++) {
        struct pg_slot *slot = pool->slots[i];
        if (slot && !slot->taken && slot->open && slot->used_us <= before_us)
            found = slot;
    }
    if (found) {
        found->taken = true;
        pool->taken++;
    }
    pthread_mutex_unlock(&pool->mutex);
    return found;
}

void pg_pool_tidy(const char *address, int64_t idle_ms)
{
    int64_t before_us = instant_monotonic_us() - idle_ms * 1000;
    struct pg_pool *pool = pg_pool_join(address);
    for (struct pg_slot *slot; (slot = take_idle(pool, before_us));) {
        slot_close(slot);
        pthread_mutex_lock(&pool->mutex);
        slot->taken = slot->open = false;
        pool->taken--;
        pthread_cond_broadcast(&pool->given);
        pthread_mutex_unlock(&pool->mutex);
    }
    pg_pool_leave(pool);
}

void pg_pool_count(const char *address, struct db_connection_counters *ret_counters)
{
    struct pg_pool *pool = pg_pool_join(address);
    pthread_mutex_lock(&pool->mutex);
    *ret_counters = pool->counters;
    ret_counters->most = pool->most;
    ret_counters->in_use = pool->taken;
    ret_counters->open = 0;
    for (unsigned i = 0; i < pool->most; i++)
        ret_counters->open += pool->slots[i] && pool->slots[i]->open ? 1 : 0;
    pthread_mutex_unlock(&pool->mutex);
    pg_pool_leave(pool);
}
