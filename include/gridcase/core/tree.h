// SPDX-License-Identifier: MPL-2.0
// Merkle trees over SHA-256 as RFC 6962 (section 2.1) has them, leaf by leaf in constant
// memory: leaf = SHA-256(0x00 bytes), node = SHA-256(0x01 left right), and the left part of
// n leaves holds the largest power of two below n. Of no leaf: SHA-256 of nothing.
#pragma once

#include <stdbool.h>

#include <gridcase/core/hash.h>

enum { TREE_DEPTH = 63 };
#define TREE_NO_LEAF UINT64_MAX

struct tree {
    uint64_t count;  // leaves added
    uint64_t target; // the leaf whose path is wanted; TREE_NO_LEAF
    unsigned height; // of the stack
    struct tree_part {
        uint8_t digest[HASH_SIZE];
        unsigned level; // 2^level leaves
        bool holds;     // the target
    } parts[TREE_DEPTH + 1];
    size_t path_count;
    uint8_t path[TREE_DEPTH][HASH_SIZE]; // of the target, whole after tree_root
};

void tree_init(struct tree *tree, uint64_t target);
void tree_add(struct tree *tree, const void *bytes, size_t length);
// Of all leaves added. Ends the tree: nothing is added afterwards.
void tree_root(struct tree *tree, uint8_t out[HASH_SIZE]);
// The root that follows from one leaf and its path (RFC 9162, section 2.1.3.2): false when
// the path does not fit the index and the number of leaves.
bool tree_root_of(const void *bytes, size_t length, uint64_t index, uint64_t count,
                  const uint8_t (*path)[HASH_SIZE], size_t path_count,
                  uint8_t out[HASH_SIZE]);
