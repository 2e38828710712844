// SPDX-License-Identifier: MPL-2.0
// SHA-256, random bytes and identifiers made of them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

enum { HASH_SIZE = 32, HASH_HEX_SIZE = 65, UUID_TEXT_SIZE = 37, TOKEN_TEXT_SIZE = 44 };

struct hash; // a running SHA-256

struct hash *hash_new(void);
void hash_add(struct hash *hash, const void *bytes, size_t length);
// Writes the digest and frees the running hash.
void hash_finish(struct hash *hash, uint8_t out[HASH_SIZE]);
// The digest of what was added so far; the hash begins anew.
void hash_take(struct hash *hash, uint8_t out[HASH_SIZE]);
struct hash *hash_free(struct hash *hash); // drops it without a digest
void hash_bytes(const void *bytes, size_t length, uint8_t out[HASH_SIZE]);
void hash_to_hex(const uint8_t digest[HASH_SIZE], char out[HASH_HEX_SIZE]);
int hash_from_hex(const char *text, size_t length, uint8_t out[HASH_SIZE],
                  struct error *error) ERROR_MUST_CHECK;

// Cryptographic random bytes; aborts when the system has none.
void random_bytes(void *out, size_t length);
// UUIDv7 (RFC 9562): time-ordered, so that keys made together lie together in an index.
void uuid_new(int64_t now_ms, uint8_t out[16]);
void uuid_to_text(const uint8_t uuid[16], char out[UUID_TEXT_SIZE]);
// Any RFC 9562 form with dashes; lower or upper case.
int uuid_from_text(const char *text, size_t length, uint8_t out[16],
                   struct error *error) ERROR_MUST_CHECK;
// 256 random bits as 43 characters of base64url: sessions, bearer tokens, one-time links.
void token_new(char out[TOKEN_TEXT_SIZE]);
