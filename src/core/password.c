// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/password.h>

#include <argon2.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/text.h>

enum {
    MEMORY_KIB = 19 * 1024,
    PASSES = 2,
    LANES = 1,
    SALT_BYTES = 16,
    DIGEST_BYTES = 32,
    WAIT_MS = 250,
};
static const char PARAMETERS[] = "$argon2id$v=19$m=19456,t=2,p=1$";

// ---- places: each hash takes 19 MiB and a core, so only a few run at once ----
static pthread_mutex_t places_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t places_freed = PTHREAD_COND_INITIALIZER;
static unsigned places_most = 2;
static unsigned places_taken;

static int place_take(struct error *error)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&places_mutex);
    int waited = 0;
    while (places_taken >= places_most && waited != ETIMEDOUT)
        waited =
            pthread_cond_clockwait(&places_freed, &places_mutex, CLOCK_MONOTONIC, &until);
    bool taken = places_taken < places_most;
    if (taken)
        places_taken++;
    pthread_mutex_unlock(&places_mutex);
    if (!taken)
        return error_set(error, ERROR_BUSY, "password.busy",
                         "too many sign-ins at once: try again in %d s", PASSWORD_RETRY_S);
    return 0;
}

static void place_give(void)
{
    pthread_mutex_lock(&places_mutex);
    places_taken--;
    pthread_cond_signal(&places_freed);
    pthread_mutex_unlock(&places_mutex);
}

void password_set_places(unsigned places)
{
    pthread_mutex_lock(&places_mutex);
    places_most = places;
    pthread_cond_broadcast(&places_freed);
    pthread_mutex_unlock(&places_mutex);
}

static int length_check(size_t length, struct error *error)
{
    if (length > PASSWORD_MOST)
        return error_set(error, ERROR_LIMIT, "password.too_long",
                         "a password has at most %d bytes", PASSWORD_MOST);
    return 0;
}

int password_hash(const char *password, size_t length, char out[PASSWORD_ENCODED_SIZE],
                  struct error *error)
{
    int code = length_check(length, error);
    if (code == 0)
        code = place_take(error);
    if (code != 0)
        return code;
    uint8_t salt[SALT_BYTES];
    random_bytes(salt, sizeof salt);
    char encoded[PASSWORD_ENCODED_SIZE];
    int result = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, length, salt,
                                       sizeof salt, DIGEST_BYTES, encoded, sizeof encoded);
    place_give();
    if (result != ARGON2_OK)
        return error_set(error, ERROR_BUSY, "password.failed", "hashing a password: %s",
                         argon2_error_message(result));
    memcpy(out, encoded, sizeof encoded);
    return 0;
}

// The work of a verification without anything to compare with.
static int work_in_vain(const char *password, size_t length)
{
    static const uint8_t salt[SALT_BYTES] = "nobody at home.";
    uint8_t digest[DIGEST_BYTES];
    return argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password, length, salt, sizeof salt,
                             digest, sizeof digest);
}

int password_verify(const char *encoded, const char *password, size_t length,
                    bool *ret_right, struct error *error)
{
    int code = length_check(length, error);
    if (code == 0)
        code = place_take(error);
    if (code != 0)
        return code;
    bool known = encoded != NULL && encoded[0] != '\0';
    int result =
        known ? argon2id_verify(encoded, password, length) : work_in_vain(password, length);
    place_give();
    if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
        return error_set(error, ERROR_BUSY, "password.failed", "verifying a password: %s",
                         argon2_error_message(result));
    *ret_right = known && result == ARGON2_OK;
    return 0;
}

bool password_is_stale(const char *encoded)
{
    return encoded == NULL || !text_starts(encoded, PARAMETERS);
}

// "aaaaaaaaaa", "1212121212", "passwordpassword": a shorter thing said again and again.
static bool is_repetition(const char *password, size_t length)
{
    for (size_t period = 1; period * 2 <= length; period++) {
        if (memcmp(password, password + period, length - period) == 0)
            return true;
    }
    return false;
}

// "1234567890", "qwertyuiop123": a stretch of a keyboard's row or of the alphabet, and
// little else.
static bool is_row(const char *password, size_t length)
{
    static const char *const rows[] = {"01234567890", "09876543210", "qwertyuiop",
                                       "abcdefghijklmnopqrstuvwxyz"};
    size_t best = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (const char *from = rows[i]; *from != '\0'; from++) {
            size_t same = 0;
            while (same < length && from[same] != '\0' && from[same] == password[same])
                same++;
            best = same > best ? same : best;
        }
    }
    return best + PASSWORD_LEAST / 2 > length;
}

int password_check_new(const char *password, size_t length, const char *login,
                       struct error *error)
{
    int code = length_check(length, error);
    if (code != 0)
        return code;
    if (!text_is_utf8(password, length))
        return error_set(error, ERROR_INPUT, "password.not_text",
                         "the password is not valid text");
    if (text_characters(password, length) < PASSWORD_LEAST)
        return error_set(error, ERROR_INPUT, "password.too_short",
                         "a password has at least %d characters", PASSWORD_LEAST);
    bool is_login =
        login != NULL && strlen(login) == length && memcmp(login, password, length) == 0;
    if (is_login || is_repetition(password, length) || is_row(password, length))
        return error_set(error, ERROR_INPUT, "password.too_plain",
                         "the password is too easy to guess");
    return 0;
}

void password_new(char out[PASSWORD_NEW_SIZE])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    enum { COUNT = sizeof letters - 1, GROUP = 5 };
    for (size_t i = 0; i + 1 < PASSWORD_NEW_SIZE; i++) {
        if (i % GROUP == GROUP - 1) {
            out[i] = '-';
            continue;
        }
        uint8_t byte;
        do { // no letter more often than another
            random_bytes(&byte, 1);
        } while (byte >= 256 / COUNT * COUNT);
        out[i] = letters[byte % COUNT];
    }
    out[PASSWORD_NEW_SIZE - 1] = '\0';
}
