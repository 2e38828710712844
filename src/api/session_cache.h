// SPDX-License-Identifier: MPL-2.0
// Sessions found a moment ago. A found session is used again while nothing at all has been
// committed in the city since it was read, and for a second at most: whoever was told that
// a session has ended, a right was taken or a password changed, finds it so everywhere.
#pragma once

#include <gridcase/account/account.h>
#include <gridcase/core/hash.h>
#include <gridcase/db/lane.h>

struct session_cache;

struct session_key {
    uint8_t digest[HASH_SIZE]; // of the token and of how it came
    uint64_t commits;          // of the city's lane, counted before the session is read
    int64_t now_ms;
};

struct session_cache *session_cache_new(void);
struct session_cache *session_cache_free(struct session_cache *cache); // takes NULL
// The city was closed: its lane counts anew.
void session_cache_clear(struct session_cache *cache);
void session_cache_key(const char *token, size_t length, bool bearer, struct db_lane *lane,
                       int64_t now_ms, struct session_key *ret_key);
bool session_cache_get(struct session_cache *cache, const struct session_key *key,
                       struct account_session *ret_session);
void session_cache_put(struct session_cache *cache, const struct session_key *key,
                       const struct account_session *session);
