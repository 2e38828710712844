// SPDX-License-Identifier: MPL-2.0
// The certificate that the server shows, and its renewal: the two files are looked at every
// few seconds; when they changed, belong together and are not over, new connections get
// them. A broken pair changes nothing but what health tells.
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "http_internal.h"

enum {
    CHAIN_MOST = 16,
    FILE_MOST = 1024 * 1024,
    LOOK_S = 3,      // between two looks at the files
    RETIRED_S = 600, // handshakes with what was replaced are over after this
    NAMES_MOST = 32,
};

// One certificate chain with its key. GnuTLS borrows them during a handshake.
struct pair {
    gnutls_pcert_st chain[CHAIN_MOST];
    unsigned count;
    gnutls_privkey_t key;
    int64_t not_before_ms, not_after_ms;
    char names[256];
    int64_t retired_us;
    struct pair *next;
};

struct stamp {
    struct timespec changed;
    ino_t inode;
    off_t size;
};

struct http_tls {
    char *certificate;
    char *key;
    pthread_mutex_t lock;    // guards what follows
    pthread_mutex_t looking; // one thread looks at the files at a time
    struct pair *current;
    struct pair *retired;
    struct stamp stamps[2];
    struct http_tls_state state;
    int64_t looked_us;
};

// The callback of libmicrohttpd has no context: one server of a process speaks TLS.
static pthread_mutex_t only_lock = PTHREAD_MUTEX_INITIALIZER;
static struct http_tls *only;

static struct pair *pair_free(struct pair *pair)
{
    for (unsigned i = 0; pair && i < pair->count; i++) {
        gnutls_pcert_deinit(&pair->chain[i]);
    }
    if (pair && pair->key) {
        gnutls_privkey_deinit(pair->key);
    }
    free(pair);
    return NULL;
}

static int broken(const char *path, int failed, struct error *error)
{
    return error_set(error, ERROR_INPUT, "tls.broken", "%s: %s", path,
                     gnutls_strerror(failed));
}

static int read_pem(const char *path, struct buffer *out, gnutls_datum_t *ret_datum,
                    struct error *error)
{
    int code = file_read(path, out, error);
    if (!code && out->length == 0) {
        code = error_set(error, ERROR_INPUT, "tls.broken", "%s: empty", path);
    }
    if (!code) {
        *ret_datum = (gnutls_datum_t){.data = (unsigned char *)out->data,
                                      .size = (unsigned)out->length};
    }
    return code;
}

static int read_chain(const char *path, struct pair *pair, struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    gnutls_datum_t datum;
    unsigned count = CHAIN_MOST;
    buffer_init(&text, FILE_MOST);
    int code = read_pem(path, &text, &datum, error);
    if (code) {
        return code;
    }
    int failed = gnutls_pcert_list_import_x509_raw(
        pair->chain, &count, &datum, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);
    if (failed < 0) {
        return broken(path, failed, error);
    }
    pair->count = count;
    return count > 0 ? 0
                     : error_set(error, ERROR_INPUT, "tls.broken",
                                 "%s: no certificate in it", path);
}

static int read_key(const char *path, struct pair *pair, struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    gnutls_datum_t datum;
    buffer_init(&text, FILE_MOST);
    int code = read_pem(path, &text, &datum, error);
    int failed = code ? 0 : gnutls_privkey_init(&pair->key);
    if (!code && failed >= 0) {
        failed =
            gnutls_privkey_import_x509_raw(pair->key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
        gnutls_memset(text.data, 0, text.length);
    }
    return code || failed >= 0 ? code : broken(path, failed, error);
}

static bool key_id(gnutls_pubkey_t key, unsigned char out[64], size_t *ret_length)
{
    *ret_length = 64;
    return gnutls_pubkey_get_key_id(key, 0, out, ret_length) >= 0;
}

static bool belong_together(const struct pair *pair)
{
    unsigned char left[64];
    unsigned char right[64];
    size_t left_length = 0;
    size_t right_length = 0;
    gnutls_pubkey_t key = NULL;
    if (gnutls_pubkey_init(&key) < 0) {
        return false;
    }
    bool same = gnutls_pubkey_import_privkey(key, pair->key, 0, 0) >= 0 &&
                key_id(key, left, &left_length) &&
                key_id(pair->chain[0].pubkey, right, &right_length) &&
                left_length == right_length && memcmp(left, right, left_length) == 0;
    gnutls_pubkey_deinit(key);
    return same;
}

static void add_name(struct pair *pair, const char *name, size_t length, unsigned type)
{
    size_t used = strlen(pair->names);
    if (type != GNUTLS_SAN_DNSNAME || used + length + 2 > sizeof(pair->names)) {
        return;
    }
    snprintf(pair->names + used, sizeof(pair->names) - used, "%s%.*s", used ? " " : "",
             (int)length, name);
}

static int read_dates(const char *path, struct pair *pair, struct error *error)
{
    gnutls_x509_crt_t leaf = NULL;
    int failed = gnutls_pcert_export_x509(&pair->chain[0], &leaf);
    if (failed < 0) {
        return broken(path, failed, error);
    }
    pair->not_before_ms = (int64_t)gnutls_x509_crt_get_activation_time(leaf) * 1000;
    pair->not_after_ms = (int64_t)gnutls_x509_crt_get_expiration_time(leaf) * 1000;
    for (unsigned i = 0; i < NAMES_MOST; i++) {
        char name[256];
        size_t size = sizeof(name);
        int type = gnutls_x509_crt_get_subject_alt_name(leaf, i, name, &size, NULL);
        if (type < 0) {
            break;
        }
        add_name(pair, name, size, (unsigned)type);
    }
    gnutls_x509_crt_deinit(leaf);
    return 0;
}

static int pair_load(const struct http_tls *tls, struct pair **ret_pair,
                     struct error *error)
{
    struct pair *pair = memory_new(sizeof(*pair));
    int code = read_chain(tls->certificate, pair, error);
    if (!code) {
        code = read_key(tls->key, pair, error);
    }
    if (!code && !belong_together(pair)) {
        code = error_set(error, ERROR_INPUT, "tls.mismatch",
                         "%s is not the key of the certificate %s", tls->key,
                         tls->certificate);
    }
    if (!code) {
        code = read_dates(tls->certificate, pair, error);
    }
    if (code) {
        pair_free(pair);
        return code;
    }
    *ret_pair = pair;
    return 0;
}

static void stamp_of(const char *path, struct stamp *out)
{
    struct stat state;
    *out = (struct stamp){0};
    if (stat(path, &state) == 0) {
        *out = (struct stamp){
            .changed = state.st_mtim, .inode = state.st_ino, .size = state.st_size};
    }
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
    return a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec && a->inode == b->inode &&
           a->size == b->size;
}

// With the lock held.
static void put_in_place(struct http_tls *tls, struct pair *pair)
{
    if (tls->current) {
        tls->current->retired_us = instant_monotonic_us();
        tls->current->next = tls->retired;
        tls->retired = tls->current;
    }
    tls->current = pair;
    tls->state.enabled = true;
    tls->state.not_after_ms = pair->not_after_ms;
    tls->state.loaded_ms = instant_now_ms();
    tls->state.loads++;
    memcpy(tls->state.names, pair->names, sizeof(pair->names));
    error_clear(&tls->state.failure);
}

static void drop_retired(struct http_tls *tls, int64_t before_us)
{
    for (struct pair **at = &tls->retired; *at;) {
        struct pair *pair = *at;
        if (pair->retired_us <= before_us) {
            *at = pair->next;
            pair_free(pair);
        } else {
            at = &pair->next;
        }
    }
}

// What comes new must be in force; what is there at the start may be over (health tells).
static int check_dates(const struct pair *pair, const struct pair *current,
                       struct error *error)
{
    int64_t now_ms = instant_now_ms();
    if (current && pair->not_after_ms <= now_ms && current->not_after_ms > now_ms) {
        return error_set(error, ERROR_INPUT, "tls.expired",
                         "the new certificate is over already");
    }
    if (current && pair->not_before_ms > now_ms && current->not_after_ms > now_ms) {
        return error_set(error, ERROR_INPUT, "tls.not_yet",
                         "the new certificate is not in force yet");
    }
    return 0;
}

static int load(struct http_tls *tls, struct error *error)
{
    struct pair *pair = NULL;
    struct stamp stamps[2];
    stamp_of(tls->certificate, &stamps[0]);
    stamp_of(tls->key, &stamps[1]);
    int code = pair_load(tls, &pair, error);
    if (!code) {
        code = check_dates(pair, tls->current, error);
    }
    pthread_mutex_lock(&tls->lock);
    if (code) {
        tls->state.failure = *error;
        pair = pair_free(pair);
    } else {
        put_in_place(tls, pair);
        tls->stamps[0] = stamps[0];
        tls->stamps[1] = stamps[1];
    }
    drop_retired(tls, instant_monotonic_us() - (int64_t)RETIRED_S * 1000000);
    pthread_mutex_unlock(&tls->lock);
    return code;
}

void http_tls_look(struct http_tls *tls)
{
    struct stamp now[2];
    struct error ignored = {0}; // kept in state.failure
    pthread_mutex_lock(&tls->looking);
    stamp_of(tls->certificate, &now[0]);
    stamp_of(tls->key, &now[1]);
    if (tls->state.failure.code || !same_stamp(&now[0], &tls->stamps[0]) ||
        !same_stamp(&now[1], &tls->stamps[1])) {
        int code = load(tls, &ignored);
        (void)code;
    }
    pthread_mutex_unlock(&tls->looking);
}

void http_tls_watch(struct http_tls *tls, int64_t now_us)
{
    if (now_us - tls->looked_us >= (int64_t)LOOK_S * 1000000) {
        tls->looked_us = now_us;
        http_tls_look(tls);
    }
}

void http_tls_state(struct http_tls *tls, struct http_tls_state *ret)
{
    pthread_mutex_lock(&tls->lock);
    *ret = tls->state;
    pthread_mutex_unlock(&tls->lock);
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                    const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                    gnutls_pcert_st **ret_chain, unsigned *ret_count,
                    gnutls_privkey_t *ret_key)
{
    (void)session;
    (void)names;
    (void)name_count;
    (void)algorithms;
    (void)algorithm_count;
    int code = -1;
    pthread_mutex_lock(&only_lock);
    if (only) {
        pthread_mutex_lock(&only->lock);
        *ret_chain = only->current->chain;
        *ret_count = only->current->count;
        *ret_key = only->current->key;
        code = 0;
        pthread_mutex_unlock(&only->lock);
    }
    pthread_mutex_unlock(&only_lock);
    return code;
}

void *http_tls_callback(void)
{
    // POSIX lets a function stand in a void pointer; libmicrohttpd asks for that.
    union {
        gnutls_certificate_retrieve_function2 *function;
        void *pointer;
    } both = {.function = retrieve};
    return both.pointer;
}

int http_tls_new(const char *certificate, const char *key, struct http_tls **ret_tls,
                 struct error *error)
{
    if (!certificate || !key || !*certificate || !*key) {
        return error_set(error, ERROR_INPUT, "tls.files",
                         "a certificate and its key belong together: set tls-certificate "
                         "and tls-key");
    }
    struct http_tls *tls = memory_new(sizeof(*tls));
    pthread_mutex_init(&tls->lock, NULL);
    pthread_mutex_init(&tls->looking, NULL);
    tls->certificate = memory_text(certificate);
    tls->key = memory_text(key);
    int code = load(tls, error);
    pthread_mutex_lock(&only_lock);
    if (!code && only) {
        code = error_set(error, ERROR_BUG, "tls.second", "two servers speak TLS");
    } else if (!code) {
        only = tls;
    }
    pthread_mutex_unlock(&only_lock);
    if (code) {
        http_tls_free(tls);
        return code;
    }
    *ret_tls = tls;
    return 0;
}

struct http_tls *http_tls_free(struct http_tls *tls)
{
    if (!tls) {
        return NULL;
    }
    pthread_mutex_lock(&only_lock);
    only = only == tls ? NULL : only;
    pthread_mutex_unlock(&only_lock);
    drop_retired(tls, INT64_MAX);
    pair_free(tls->current);
    pthread_mutex_destroy(&tls->looking);
    pthread_mutex_destroy(&tls->lock);
    free(tls->certificate);
    free(tls->key);
    free(tls);
    return NULL;
}
