// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/hash.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <gridcase/core/arena.h>

struct hash {
    gnutls_hash_hd_t handle;
};

struct hash *hash_new(void)
{
    struct hash *hash = memory_new(sizeof *hash);
    if (gnutls_hash_init(&hash->handle, GNUTLS_DIG_SHA256) != 0)
        abort();
    return hash;
}

void hash_add(struct hash *hash, const void *bytes, size_t length)
{
    if (length > 0 && gnutls_hash(hash->handle, bytes, length) != 0)
        abort();
}

void hash_finish(struct hash *hash, uint8_t out[HASH_SIZE])
{
    gnutls_hash_deinit(hash->handle, out);
    free(hash);
}

void hash_take(struct hash *hash, uint8_t out[HASH_SIZE])
{
    gnutls_hash_output(hash->handle, out);
}

struct hash *hash_free(struct hash *hash)
{
    if (hash) {
        uint8_t unused[HASH_SIZE];
        hash_finish(hash, unused);
    }
    return NULL;
}

void hash_bytes(const void *bytes, size_t length, uint8_t out[HASH_SIZE])
{
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, length ? bytes : "", length, out) != 0)
        abort();
}

void hash_to_hex(const uint8_t digest[HASH_SIZE], char out[HASH_HEX_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH_SIZE; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[HASH_HEX_SIZE - 1] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// count bytes from 2*count hexadecimal digits.
static int from_hex(const char *text, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

int hash_from_hex(const char *text, size_t length, uint8_t out[HASH_SIZE],
                  struct error *error)
{
    uint8_t digest[HASH_SIZE];
    if (length != HASH_HEX_SIZE - 1 || from_hex(text, HASH_SIZE, digest) != 0)
        return error_set(error, ERROR_INPUT, "text.not_a_hash",
                         "a SHA-256 is 64 hexadecimal digits");
    memcpy(out, digest, sizeof digest);
    return 0;
}

void random_bytes(void *out, size_t length)
{
    if (gnutls_rnd(GNUTLS_RND_NONCE, out, length) != 0)
        abort();
}

void uuid_new(int64_t now_ms, uint8_t out[16])
{
    random_bytes(out, 16);
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
    out[6] = (uint8_t)(0x70 | (out[6] & 0x0F));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3F));
}

void uuid_to_text(const uint8_t uuid[16], char out[UUID_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = hex[uuid[i] >> 4];
        *p++ = hex[uuid[i] & 15];
    }
    *p = '\0';
}

int uuid_from_text(const char *text, size_t length, uint8_t out[16], struct error *error)
{
    char digits[32];
    size_t count = 0;
    bool good = length == UUID_TEXT_SIZE - 1;
    for (size_t i = 0; good && i < length; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash)
            good = text[i] == '-';
        else
            digits[count++] = text[i];
    }
    uint8_t uuid[16];
    if (!good || from_hex(digits, 16, uuid) != 0)
        return error_set(error, ERROR_INPUT, "text.not_a_uuid",
                         "a UUID looks like 01890a5d-ac96-774b-bcce-b302099a8057");
    memcpy(out, uuid, sizeof uuid);
    return 0;
}

void token_new(char out[TOKEN_TEXT_SIZE])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t bytes[TOKEN_TEXT_SIZE - 1];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        out[i] = letters[bytes[i] & 63];
    out[TOKEN_TEXT_SIZE - 1] = '\0';
}
