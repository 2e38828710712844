// SPDX-License-Identifier: MPL-2.0
// A private authority and certificates of it, for servers that only known devices use.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

enum { CERTIFICATE_DAYS_MOST = 3650, CERTIFICATE_HOSTS_MOST = 32 };

struct certificate_order {
    const char *const *hosts; // names and addresses that the server is asked for by
    size_t host_count;
    int64_t days;           // how long the server's certificate lasts
    int64_t authority_days; // and that of a new authority
    const char *name;       // of a new authority
    int64_t now_ms;
};

// Writes folder/server.pem (with the chain) and folder/server.key, signed by folder/ca.pem
// with folder/ca.key, which are made when they are not there (*ret_new then). Keys are
// ECDSA P-256, readable by the owner only; each file appears whole. A server that uses the
// two files takes the new ones up. ERROR_INPUT "certificate.host", "certificate.broken"
// (the authority's files).
int certificate_make(const char *folder, const struct certificate_order *order,
                     int *ret_new, struct error *error) ERROR_MUST_CHECK;
