// SPDX-License-Identifier: MPL-2.0
#include "session_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

enum { SLOTS = 64, KEEP_MS = 1000 };

struct slot {
    struct session_key key;
    bool full;
    struct account_session session;
};

struct session_cache {
    pthread_mutex_t lock;
    struct slot *slots; // made with the first session
};

struct session_cache *session_cache_new(void)
{
    struct session_cache *cache = memory_new(sizeof(*cache));
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

struct session_cache *session_cache_free(struct session_cache *cache)
{
    if (cache) {
        free(cache->slots);
        pthread_mutex_destroy(&cache->lock);
        free(cache);
    }
    return NULL;
}

void session_cache_clear(struct session_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    free(cache->slots);
    cache->slots = NULL;
    pthread_mutex_unlock(&cache->lock);
}

void session_cache_key(const char *token, size_t length, bool bearer, struct db_lane *lane,
                       int64_t now_ms, struct session_key *ret_key)
{
    struct db_lane_counters counters;
    db_lane_count(lane, &counters);
    hash_bytes(token, length, ret_key->digest);
    ret_key->digest[0] ^= bearer ? 1 : 0; // a cookie's token is none for programs
    ret_key->commits = counters.commits;
    ret_key->now_ms = now_ms;
}

static struct slot *slot_of(struct session_cache *cache, const struct session_key *key)
{
    return &cache->slots[key->digest[1] % SLOTS];
}

bool session_cache_get(struct session_cache *cache, const struct session_key *key,
                       struct account_session *ret_session)
{
    pthread_mutex_lock(&cache->lock);
    const struct slot *slot = cache->slots ? slot_of(cache, key) : NULL;
    const int64_t age_ms = slot && slot->full ? key->now_ms - slot->key.now_ms : -1;
    const bool found = age_ms >= 0 && age_ms < KEEP_MS &&
                       slot->key.commits == key->commits &&
                       memcmp(slot->key.digest, key->digest, HASH_SIZE) == 0 &&
                       key->now_ms < slot->session.expires_at_ms;
    if (found)
        *ret_session = slot->session;
    pthread_mutex_unlock(&cache->lock);
    return found;
}

void session_cache_put(struct session_cache *cache, const struct session_key *key,
                       const struct account_session *session)
{
    pthread_mutex_lock(&cache->lock);
    if (!cache->slots)
        cache->slots = calloc(SLOTS, sizeof(*cache->slots));
    if (cache->slots)
        *slot_of(cache, key) = (struct slot){*key, true, *session};
    pthread_mutex_unlock(&cache->lock);
}
