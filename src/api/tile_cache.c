// SPDX-License-Identifier: MPL-2.0
#include "tile_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

enum { CHAINS = 8192 };

struct tile_cache {
    pthread_mutex_t lock;
    size_t ceiling, bytes, entries;
    uint64_t hits, misses;
    struct tile_entry *newest, *oldest;
    struct tile_entry *chain[CHAINS];
};

struct tile_cache *tile_cache_new(size_t ceiling_bytes)
{
    struct tile_cache *cache = memory_new(sizeof(*cache));
    pthread_mutex_init(&cache->lock, NULL);
    cache->ceiling = ceiling_bytes;
    return cache;
}

static uint64_t hash_of(const char *key, size_t length)
{
    uint64_t hash = 14695981039346656037u; // FNV-1a
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

static size_t weight(const struct tile_entry *entry)
{
    return sizeof(*entry) + entry->key_length + entry->length + 64;
}

struct tile_entry *tile_entry_new(const char *key, size_t key_length, const char *bytes,
                                  size_t length)
{
    struct tile_entry *entry = calloc(1, sizeof(*entry) + key_length + length + 1);
    if (entry) {
        atomic_init(&entry->references, 1);
        entry->key = (char *)(entry + 1);
        entry->key_length = key_length;
        memcpy(entry->key, key, key_length);
        entry->bytes = entry->key + key_length;
        entry->length = length;
        if (length)
            memcpy(entry->bytes, bytes, length);
        entry->hash = hash_of(key, key_length);
    }
    return entry;
}

struct tile_entry *tile_entry_free(struct tile_entry *entry)
{
    if (entry &&
        atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) == 1)
        free(entry);
    return NULL;
}

// ---- with the lock held ----
static struct tile_entry **find(struct tile_cache *cache, uint64_t hash, const char *key,
                                size_t length)
{
    struct tile_entry **at = &cache->chain[hash % CHAINS];
    while (*at && ((*at)->hash != hash || (*at)->key_length != length ||
                   memcmp((*at)->key, key, length) != 0))
        at = &(*at)->next;
    return at;
}

static void unlink_age(struct tile_cache *cache, struct tile_entry *entry)
{
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        cache->newest = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        cache->oldest = entry->newer;
    entry->newer = entry->older = NULL;
}

static void link_newest(struct tile_cache *cache, struct tile_entry *entry)
{
    entry->older = cache->newest;
    entry->newer = NULL;
    if (cache->newest)
        cache->newest->newer = entry;
    else
        cache->oldest = entry;
    cache->newest = entry;
}

static void drop(struct tile_cache *cache, struct tile_entry **at)
{
    struct tile_entry *entry = *at;
    *at = entry->next;
    entry->next = NULL;
    unlink_age(cache, entry);
    cache->bytes -= weight(entry);
    cache->entries--;
    tile_entry_free(entry);
}

// ---- for users ----
struct tile_entry *tile_cache_get(struct tile_cache *cache, const char *key, size_t length)
{
    const uint64_t hash = hash_of(key, length);
    pthread_mutex_lock(&cache->lock);
    struct tile_entry *entry = *find(cache, hash, key, length);
    if (entry) {
        atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
        unlink_age(cache, entry);
        link_newest(cache, entry);
        cache->hits++;
    } else {
        cache->misses++;
    }
    pthread_mutex_unlock(&cache->lock);
    return entry;
}

void tile_cache_put(struct tile_cache *cache, struct tile_entry *entry)
{
    pthread_mutex_lock(&cache->lock);
    struct tile_entry **at = find(cache, entry->hash, entry->key, entry->key_length);
    if (*at)
        drop(cache, at);
    at = &cache->chain[entry->hash % CHAINS];
    entry->next = *at;
    *at = entry;
    atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    link_newest(cache, entry);
    cache->bytes += weight(entry);
    cache->entries++;
    while (cache->bytes > cache->ceiling && cache->oldest != entry) {
        struct tile_entry *old = cache->oldest;
        drop(cache, find(cache, old->hash, old->key, old->key_length));
    }
    pthread_mutex_unlock(&cache->lock);
}

struct tile_cache *tile_cache_free(struct tile_cache *cache)
{
    if (cache) {
        while (cache->oldest) {
            struct tile_entry *old = cache->oldest;
            drop(cache, find(cache, old->hash, old->key, old->key_length));
        }
        pthread_mutex_destroy(&cache->lock);
        free(cache);
    }
    return NULL;
}

void tile_cache_figures(struct tile_cache *cache, struct tile_cache_figures *ret)
{
    pthread_mutex_lock(&cache->lock);
    *ret = (struct tile_cache_figures){cache->hits, cache->misses, cache->entries,
                                       cache->bytes};
    pthread_mutex_unlock(&cache->lock);
}
