// SPDX-License-Identifier: MPL-2.0
// A stack of whole parts, the largest first: adding a leaf is counting by one in binary.
#include <gridcase/core/tree.h>

#include <assert.h>
#include <string.h>

static void leaf(const void *bytes, size_t length, uint8_t out[HASH_SIZE])
{
    struct hash *hash = hash_new();
    hash_add(hash, "\0", 1);
    hash_add(hash, bytes, length);
    hash_finish(hash, out);
}

static void node(const uint8_t left[HASH_SIZE], const uint8_t right[HASH_SIZE],
                 uint8_t out[HASH_SIZE])
{
    struct hash *hash = hash_new();
    hash_add(hash, "\1", 1);
    hash_add(hash, left, HASH_SIZE);
    hash_add(hash, right, HASH_SIZE);
    hash_finish(hash, out);
}

void tree_init(struct tree *tree, uint64_t target)
{
    tree->count = 0;
    tree->target = target;
    tree->height = 0;
    tree->path_count = 0;
}

// The two last parts become one; the sibling of the one that holds the target is a step of
// its path.
static void join(struct tree *tree)
{
    struct tree_part *left = &tree->parts[tree->height - 2];
    const struct tree_part *right = &tree->parts[tree->height - 1];
    if (left->holds || right->holds)
        memcpy(tree->path[tree->path_count++], left->holds ? right->digest : left->digest,
               HASH_SIZE);
    node(left->digest, right->digest, left->digest);
    left->holds = left->holds || right->holds;
    left->level++;
    tree->height--;
}

void tree_add(struct tree *tree, const void *bytes, size_t length)
{
    assert(tree->height <= TREE_DEPTH);
    struct tree_part *part = &tree->parts[tree->height++];
    leaf(bytes, length, part->digest);
    part->level = 0;
    part->holds = tree->count == tree->target;
    tree->count++;
    while (tree->height > 1 &&
           tree->parts[tree->height - 2].level == tree->parts[tree->height - 1].level)
        join(tree);
}

void tree_root(struct tree *tree, uint8_t out[HASH_SIZE])
{
    if (tree->count == 0) {
        hash_bytes("", 0, out);
        return;
    }
    while (tree->height > 1)
        join(tree);
    memcpy(out, tree->parts[0].digest, HASH_SIZE);
}

bool tree_root_of(const void *bytes, size_t length, uint64_t index, uint64_t count,
                  const uint8_t (*path)[HASH_SIZE], size_t path_count,
                  uint8_t out[HASH_SIZE])
{
    if (index >= count)
        return false;
    uint64_t last = count - 1;
    leaf(bytes, length, out);
    for (size_t i = 0; i < path_count; i++) {
        if (last == 0)
            return false;
        if ((index & 1) != 0 || index == last) {
            node(path[i], out, out);
            while ((index & 1) == 0 && index != 0) {
                index >>= 1;
                last >>= 1;
            }
        } else {
            node(out, path[i], out);
        }
        index >>= 1;
        last >>= 1;
    }
    return last == 0;
}
