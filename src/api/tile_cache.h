// SPDX-License-Identifier: MPL-2.0
// Tiles as they are sent, kept in memory: one bounded cache for all cities, least recently
// used out first. Entries are counted references, so that a reply may outlive its place.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TILE_KEY_MOST = 2048, TILE_ETAG_SIZE = 40 };

struct tile_cache;
struct tile_entry {
    atomic_int references;
    struct tile_entry *next; // in its chain
    struct tile_entry *newer, *older;
    uint64_t hash;
    size_t key_length;
    char *key;
    size_t length; // of bytes, gzip; 0: an empty tile
    char *bytes;
    char etag[TILE_ETAG_SIZE]; // of the plain bytes, without quotes
    atomic_llong position;     // case tiles: up to date with changes up to here
    int64_t valid_until_ms;    // case tiles: a light turns then
};

struct tile_cache *tile_cache_new(size_t ceiling_bytes);
struct tile_cache *tile_cache_free(struct tile_cache *cache); // takes NULL, returns NULL
// One reference, or NULL.
struct tile_entry *tile_cache_get(struct tile_cache *cache, const char *key, size_t length);
// A new entry with one reference and room for bytes; NULL when memory is gone.
struct tile_entry *tile_entry_new(const char *key, size_t key_length, const char *bytes,
                                  size_t length);
// Keeps the entry in place of an older one of its key; the caller's reference stays.
void tile_cache_put(struct tile_cache *cache, struct tile_entry *entry);
struct tile_entry *tile_entry_free(struct tile_entry *entry); // gives a reference back
struct tile_cache_figures {
    uint64_t hits, misses;
    size_t entries, bytes;
};
void tile_cache_figures(struct tile_cache *cache, struct tile_cache_figures *ret);
