// SPDX-License-Identifier: MPL-2.0
// The digest of a city: the same on every engine, before a backup and after it was
// restored, before a copy to another store and after.
//
// SHA-256 over a line per table of cases and city model, in order of name: database, name,
// rows, SHA-256 of its rows. Who is signed in, failures to sign in, links that end by
// themselves and the number that tells a stream from a restored one are not part of it.
#pragma once

#include <gridcase/db/rows.h>

struct city_digest {
    int64_t rows;
    char hex[HASH_HEX_SIZE];
};
// Does the table count for the digest?
bool city_digest_counts(const char *table);
// Both handles are in a transaction.
int city_digest_take(struct db *cases, struct db *city, const struct db_teller *teller,
                     struct city_digest *ret_digest, struct error *error) ERROR_MUST_CHECK;

// The same out of digests that are known already, a table after the other.
struct city_digest_line {
    enum db_database database;
    const char *table;
    struct db_digest digest;
};
// Sorts the lines.
void city_digest_of(struct city_digest_line *lines, size_t count,
                    struct city_digest *ret_digest);
