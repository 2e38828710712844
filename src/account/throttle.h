// SPDX-License-Identifier: MPL-2.0
// How often signing in may fail: per login and per address. Private to the account room.
//
// A login has 5 failures free, an address 30; from then on each failure doubles the wait,
// from one second up to 15 minutes. An hour without a failure begins anew; signing in
// clears the login's count (not the address's: one's own account would wash off guesses at
// others).
#pragma once

#include "account_internal.h"

enum throttle_kind { THROTTLE_LOGIN = 1, THROTTLE_ADDRESS = 2 };

// Digest of salt and text, for throttle rows.
int throttle_key(struct db *db, const char *text, uint8_t out[HASH_SIZE],
                 struct error *error) ERROR_MUST_CHECK;
// Milliseconds until the next attempt; 0: now.
int throttle_wait(struct db *db, enum throttle_kind kind, const uint8_t key[HASH_SIZE],
                  int64_t now_ms, int64_t *ret_wait_ms,
                  struct error *error) ERROR_MUST_CHECK;
int throttle_fail(struct db *db, enum throttle_kind kind, const uint8_t key[HASH_SIZE],
                  int64_t now_ms, struct error *error) ERROR_MUST_CHECK;
int throttle_clear(struct db *db, enum throttle_kind kind, const uint8_t key[HASH_SIZE],
                   struct error *error) ERROR_MUST_CHECK;
