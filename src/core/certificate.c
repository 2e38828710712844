// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/certificate.h>

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/text.h>

enum {
    PATH_SIZE = 4096,
    FILE_MOST = 1024 * 1024,
    SERIAL_SIZE = 16,
    KEY_ID_SIZE = 64,
    EARLY_MS = 3600 * 1000, // devices whose clocks are a little late
};
static const int64_t day_ms = (int64_t)24 * 3600 * 1000;

struct pair {
    gnutls_x509_crt_t certificate;
    gnutls_x509_privkey_t key;
};

static void pair_done(struct pair *pair)
{
    if (pair->certificate)
        gnutls_x509_crt_deinit(pair->certificate);
    if (pair->key)
        gnutls_x509_privkey_deinit(pair->key);
    *pair = (struct pair){0};
}

static int failed(struct error *error, const char *what, int code)
{
    return error_set(error, ERROR_INPUT, "certificate.broken", "%.300s: %s", what,
                     gnutls_strerror(code));
}

// ---- files ----

static int write_pem(const char *folder, const char *name, const gnutls_datum_t *pem,
                     const gnutls_datum_t *chain, struct error *error)
{
    char path[PATH_SIZE];
    const struct file_part parts[] = {
        {pem->data, pem->size, 0},
        {chain ? chain->data : NULL, chain ? chain->size : 0, 0}};
    int code = file_path(path, sizeof path, folder, name, error);
    // Never readable by others, not even for a moment.
    mode_t before = umask(0077);
    if (code == 0)
        code = file_write_parts_atomic(path, parts, 2, error);
    umask(before);
    return code;
}

static int write_key(const char *folder, const char *name, gnutls_x509_privkey_t key,
                     struct error *error)
{
    gnutls_datum_t pem = {0};
    int code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
                                                 GNUTLS_PKCS_PLAIN, &pem);
    if (code < 0)
        return failed(error, name, code);
    code = write_pem(folder, name, &pem, NULL, error);
    gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return code;
}

static int read_datum(const char *folder, const char *name, struct buffer *out,
                      gnutls_datum_t *ret_datum, struct error *error)
{
    char path[PATH_SIZE];
    int code = file_path(path, sizeof path, folder, name, error);
    if (code == 0)
        code = file_read(path, out, error);
    if (code == 0)
        *ret_datum = (gnutls_datum_t){(unsigned char *)out->data, (unsigned)out->length};
    return code;
}

static int read_pair(const char *folder, struct pair *pair, struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    BUFFER_CLEANUP struct buffer key;
    gnutls_datum_t datum;
    buffer_init(&text, FILE_MOST);
    buffer_init(&key, FILE_MOST);
    int code = read_datum(folder, "ca.pem", &text, &datum, error);
    if (code != 0)
        return code;
    gnutls_x509_crt_init(&pair->certificate);
    int broken = gnutls_x509_crt_import(pair->certificate, &datum, GNUTLS_X509_FMT_PEM);
    if (broken < 0)
        return failed(error, "ca.pem", broken);
    code = read_datum(folder, "ca.key", &key, &datum, error);
    if (code != 0)
        return code;
    gnutls_x509_privkey_init(&pair->key);
    broken = gnutls_x509_privkey_import2(pair->key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
    return broken < 0 ? failed(error, "ca.key", broken) : 0;
}

// ---- making ----

// What both kinds have; 0 or GnuTLS's code.
static int begin(struct pair *pair, const char *name, int64_t from_ms, int64_t to_ms)
{
    uint8_t serial[SERIAL_SIZE];
    uint8_t id[KEY_ID_SIZE];
    size_t id_size = sizeof id;
    random_bytes(serial, sizeof serial);
    serial[0] &= 0x7f; // a positive number
    gnutls_x509_crt_init(&pair->certificate);
    gnutls_x509_privkey_init(&pair->key);
    int code = gnutls_x509_privkey_generate(
        pair->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (code >= 0)
        code = gnutls_x509_crt_set_version(pair->certificate, 3);
    if (code >= 0)
        code = gnutls_x509_crt_set_serial(pair->certificate, serial, sizeof serial);
    if (code >= 0)
        code = gnutls_x509_crt_set_activation_time(pair->certificate,
                                                   (time_t)((from_ms - EARLY_MS) / 1000));
    if (code >= 0)
        code =
            gnutls_x509_crt_set_expiration_time(pair->certificate, (time_t)(to_ms / 1000));
    if (code >= 0)
        code = gnutls_x509_crt_set_dn_by_oid(pair->certificate, GNUTLS_OID_X520_COMMON_NAME,
                                             0, name, (unsigned)strlen(name));
    if (code >= 0)
        code = gnutls_x509_crt_set_key(pair->certificate, pair->key);
    if (code >= 0)
        code = gnutls_x509_crt_get_key_id(pair->certificate, 0, id, &id_size);
    if (code >= 0)
        code = gnutls_x509_crt_set_subject_key_id(pair->certificate, id, id_size);
    return code;
}

static int new_authority(const char *folder, const struct certificate_order *order,
                         struct pair *pair, struct error *error)
{
    gnutls_datum_t pem = {0};
    int code = begin(pair, order->name, order->now_ms,
                     order->now_ms + order->authority_days * day_ms);
    if (code >= 0)
        code = gnutls_x509_crt_set_basic_constraints(pair->certificate, 1, 0);
    if (code >= 0)
        code = gnutls_x509_crt_set_key_usage(pair->certificate, GNUTLS_KEY_KEY_CERT_SIGN |
                                                                    GNUTLS_KEY_CRL_SIGN);
    if (code >= 0)
        code = gnutls_x509_crt_sign2(pair->certificate, pair->certificate, pair->key,
                                     GNUTLS_DIG_SHA256, 0);
    if (code >= 0)
        code = gnutls_x509_crt_export2(pair->certificate, GNUTLS_X509_FMT_PEM, &pem);
    if (code < 0)
        return failed(error, "making the authority", code);
    int written = write_key(folder, "ca.key", pair->key, error);
    if (written == 0)
        written = write_pem(folder, "ca.pem", &pem, NULL, error);
    gnutls_free(pem.data);
    return written;
}

static bool is_host_name(const char *host)
{
    size_t length = strlen(host);
    return length > 0 && length < 254 && host[0] != '-' && host[0] != '.' &&
           strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length;
}

static int add_host(gnutls_x509_crt_t certificate, const char *host, struct error *error)
{
    uint8_t address[16];
    unsigned size = inet_pton(AF_INET, host, address) == 1    ? 4
                    : inet_pton(AF_INET6, host, address) == 1 ? 16
                                                              : 0;
    if (size == 0 && !is_host_name(host))
        return error_set(error, ERROR_INPUT, "certificate.host",
                         "%.100s: a host is a name in lower case or an address", host);
    int code = size
                   ? gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS,
                                                          address, size, GNUTLS_FSAN_APPEND)
                   : gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME,
                                                          host, (unsigned)strlen(host),
                                                          GNUTLS_FSAN_APPEND);
    return code < 0 ? failed(error, host, code) : 0;
}

static int sign_server(struct pair *server, const struct pair *authority,
                       const struct certificate_order *order, struct error *error)
{
    uint8_t id[KEY_ID_SIZE];
    size_t id_size = sizeof id;
    gnutls_x509_crt_t certificate;
    int code =
        begin(server, order->hosts[0], order->now_ms, order->now_ms + order->days * day_ms);
    certificate = server->certificate;
    for (size_t i = 0; code >= 0 && i < order->host_count; i++) {
        int refused = add_host(certificate, order->hosts[i], error);
        if (refused != 0)
            return refused;
    }
    if (code >= 0)
        code = gnutls_x509_crt_set_basic_constraints(certificate, 0, -1);
    if (code >= 0)
        code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (code >= 0)
        code =
            gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (code >= 0)
        code = gnutls_x509_crt_get_key_id(authority->certificate, 0, id, &id_size);
    if (code >= 0)
        code = gnutls_x509_crt_set_authority_key_id(certificate, id, id_size);
    if (code >= 0)
        code = gnutls_x509_crt_sign2(certificate, authority->certificate, authority->key,
                                     GNUTLS_DIG_SHA256, 0);
    return code < 0 ? failed(error, "signing (do ca.pem and ca.key belong together?)", code)
                    : 0;
}

static int write_server(const char *folder, const struct pair *server,
                        const struct pair *authority, struct error *error)
{
    gnutls_datum_t pem = {0}, chain = {0};
    int code = gnutls_x509_crt_export2(server->certificate, GNUTLS_X509_FMT_PEM, &pem);
    if (code >= 0)
        code = gnutls_x509_crt_export2(authority->certificate, GNUTLS_X509_FMT_PEM, &chain);
    int written = code < 0 ? failed(error, "server.pem", code)
                           : write_key(folder, "server.key", server->key, error);
    if (written == 0)
        written = write_pem(folder, "server.pem", &pem, &chain, error);
    gnutls_free(pem.data);
    gnutls_free(chain.data);
    return written;
}

int certificate_make(const char *folder, const struct certificate_order *order,
                     int *ret_new, struct error *error)
{
    struct pair authority = {0}, server = {0};
    char path[PATH_SIZE];
    if (order->host_count < 1 || order->host_count > CERTIFICATE_HOSTS_MOST)
        return error_set(error, ERROR_INPUT, "certificate.host", "1 to %d hosts are named",
                         (int)CERTIFICATE_HOSTS_MOST);
    int code = file_make_directory(folder, error);
    if (code == 0)
        code = file_path(path, sizeof path, folder, "ca.pem", error);
    if (code == 0) {
        *ret_new = !file_exists(path);
        code = *ret_new ? new_authority(folder, order, &authority, error)
                        : read_pair(folder, &authority, error);
    }
    if (code == 0)
        code = sign_server(&server, &authority, order, error);
    if (code == 0)
        code = write_server(folder, &server, &authority, error);
    pair_done(&authority);
    pair_done(&server);
    return code;
}
