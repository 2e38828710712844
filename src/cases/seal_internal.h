// SPDX-License-Identifier: MPL-2.0
// Leaves and roots in their canonical form: gridcase-root(5).
#pragma once

#include <gridcase/cases/seal.h>
#include <gridcase/core/tree.h>
#include <gridcase/db/db.h>

enum { SEAL_LEAF_SIZE = 200 };
// "row NUMBER SEQ DIGEST"; returns its length.
size_t seal_row_leaf(const char *number, int64_t seq, const uint8_t digest[HASH_SIZE],
                     char out[SEAL_LEAF_SIZE]);
// Root of a seal whose other fields are there.
void seal_root(const struct case_seal *seal, uint8_t out[HASH_SIZE]);
// Columns of the queries proof_root_*; after and before are the caller's.
void seal_read(struct db_statement *s, struct case_seal *seal);
int seal_fetch(struct db *db, enum query_id query, int64_t value,
               struct case_seal *ret_seal,
               struct error *error) ERROR_MUST_CHECK; // number 0: none; with what is before
// Adds the leaves of (after, last] and of the frozen figures (frozen_after, frozen_last].
// row may be NULL.
struct seal_leaves {
    int64_t after, last, frozen_after, frozen_last;
    struct tree *trees; // each gets every leaf
    size_t tree_count;
    void (*row)(void *context, int64_t position, uint64_t index); // before it is added
    void *context;
    int64_t rows, frozen; // out
};
int seal_add_leaves(struct db *db, struct seal_leaves *leaves,
                    struct error *error) ERROR_MUST_CHECK;
