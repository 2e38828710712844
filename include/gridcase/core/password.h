// SPDX-License-Identifier: MPL-2.0
// Passwords: Argon2id, 19 MiB, two passes, one lane; at most two at a time in a process.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <gridcase/core/error.h>

enum {
    PASSWORD_ENCODED_SIZE = 128, // "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" with the NUL
    PASSWORD_LEAST = 10,         // characters
    PASSWORD_MOST = 256,         // bytes
    PASSWORD_NEW_SIZE = 15,      // what password_new writes, with the NUL
    PASSWORD_RETRY_S = 2,        // what a client is told to wait when all places are taken
};

// Waits at most 250 ms for one of the two places: ERROR_BUSY "password.busy" beyond (answer
// Retry-After PASSWORD_RETRY_S). Takes about 25 ms of a core: never on an HTTP thread and
// never inside a transaction. ERROR_LIMIT "password.too_long".
int password_hash(const char *password, size_t length, char out[PASSWORD_ENCODED_SIZE],
                  struct error *error) ERROR_MUST_CHECK;
// encoded NULL or "": an unknown login; works just as long and answers false.
// ERROR_BUSY as above; a wrong password is 0 and *ret_right = false.
int password_verify(const char *encoded, const char *password, size_t length,
                    bool *ret_right, struct error *error) ERROR_MUST_CHECK;
// Is the encoded form of other parameters than today's, so that it should be made anew?
bool password_is_stale(const char *encoded);
// ERROR_INPUT "password.too_short", "password.too_long", "password.not_text",
// "password.too_plain" (one character repeated, or the login itself).
int password_check_new(const char *password, size_t length, const char *login,
                       struct error *error) ERROR_MUST_CHECK;
// Twelve characters without look-alikes in three groups ("k7mf-2qrx-hd4t"), 59 bits: for
// demo logins and for passwords that an administrator hands over.
void password_new(char out[PASSWORD_NEW_SIZE]);
// How many hashes may run at once; 2 unless a test says otherwise.
void password_set_places(unsigned places);
