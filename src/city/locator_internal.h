// SPDX-License-Identifier: MPL-2.0
// The form of a locator in memory and in its file.
//
// A tree of square cells over the lattice. The root is an array of width x height cells;
// each cell is one 32-bit entry: a value (no shape, or one shape that covers the cell), a
// block of 32 x 32 or 8 x 8 smaller cells, or a record with the edges that cross the cell.
//
// A record tells the shapes of a point p from the cell's last lattice point, its corner.
// The path from p straight east to the corner's column and then straight north to the
// corner never leaves the cell, so only edges that meet the cell can cross it. Summed up,
// an edge's crossings with the two legs come to
//     east_of(edge, p) xor (end east of the corner's column and north of p's row)
// for each of its two ends, and a constant that is folded into the record's base mask.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/file.h>

__extension__ typedef __int128 locator_wide_int;

enum {
    LOCATOR_FILE_VERSION = 1,
    LOCATOR_BLOCK_SHIFT = 5, // a block has 32 x 32 cells
    LOCATOR_SPLIT_SHIFT = 3, // a block of a crowded cell has 8 x 8
    LOCATOR_UNIT = 64,       // blocks are addressed in 64 entries
    LOCATOR_CANDIDATES = 64, // shapes of one cell at most
    LOCATOR_SMALL_CANDIDATES = 8,
    LOCATOR_EDGES = 1024, // of one cell at most
    LOCATOR_HASH_SIZE = 32,
};
#define LOCATOR_ORDER UINT32_C(0x01020304)

// ---- entries: two bits of kind, thirty of value ----
#define LOCATOR_ENTRY_BITS   30
#define LOCATOR_ENTRY_MASK   ((UINT32_C(1) << LOCATOR_ENTRY_BITS) - 1)
#define LOCATOR_KIND_VALUE   UINT32_C(0) // 0: none; else an id, or 1 + index into ids
#define LOCATOR_KIND_BLOCK   UINT32_C(1)
#define LOCATOR_KIND_SPLIT   UINT32_C(2)
#define LOCATOR_KIND_RECORD  UINT32_C(3) // offset in 8-byte words
#define LOCATOR_LARGEST_FILE (UINT64_C(1) << 38)

// The file: this head, then root, entries, records, ids, each padded to 64 bytes, in the
// byte order of the machine that wrote it (order tells).
struct locator_head {
    char magic[8]; // "GCLOCAT"
    uint32_t order;
    uint32_t version;
    int64_t model_version;
    uint64_t shapes;
    uint32_t root_shift;     // log2 of a root cell's side
    uint32_t root_x, root_y; // first root cell, in cells of the shifted lattice
    uint32_t root_width, root_height;
    uint32_t direct;  // values are ids themselves
    uint64_t entries; // count of 32-bit entries
    uint64_t words;   // count of 8-byte words in records
    uint64_t ids;     // count; 0 when direct
    uint8_t
        hash[LOCATOR_HASH_SIZE]; // SHA-256 of the head with this field zero, and the rest
    uint8_t spare[16];           // zero; makes the head 128 bytes
};

_Static_assert(sizeof(struct locator_head) == 128, "the head is two cache lines");

struct locator {
    struct locator_head head;
    const uint32_t *root;
    const uint32_t *entries;
    const uint64_t *records;
    const int64_t *ids; // NULL when direct
    uint64_t bytes;
    struct file_map map; // when it came from a file
    void *owned[4];      // root, entries, records, ids when it was built
};

// ---- records ----
// Small: at most 8 shapes, edges within 16 bits of the cell's first lattice point.
// Bytes: edge count, candidate count, base mask, 0; a mask byte per edge, padded to 4;
// candidates of 4 bytes, padded to 8; edges of 4 x 16 bits (ax, ay, bx, by), ay <= by.
struct locator_small {
    uint8_t edges, candidates, base, kind;
};
// Wide: words: this head, base mask, a mask per edge, candidates in pairs, edges of
// 4 x 32 bits in lattice coordinates.
struct locator_wide_head {
    uint8_t zero, candidates, unused, kind; // kind 1
    uint32_t edges;
};

static inline size_t locator_small_candidates_at(size_t edges)
{
    return 4 + ((edges + 3) & ~(size_t)3);
}

static inline size_t locator_small_edges_at(size_t edges, size_t candidates)
{
    return (locator_small_candidates_at(edges) + 4 * candidates + 7) & ~(size_t)7;
}

static inline size_t locator_small_words(size_t edges, size_t candidates)
{
    return locator_small_edges_at(edges, candidates) / 8 + edges;
}

static inline size_t locator_wide_words(size_t edges, size_t candidates)
{
    return 2 + edges + (candidates + 1) / 2 + 2 * edges;
}

// The lattice shifted to start at 0, so that cells are found by shifting right.
static inline uint32_t locator_shifted(int32_t coordinate)
{
    return (uint32_t)coordinate ^ UINT32_C(0x80000000);
}

static inline uint32_t locator_entry(uint32_t kind, uint64_t value)
{
    return kind << LOCATOR_ENTRY_BITS | (uint32_t)value;
}

// A wide record opened.
struct locator_wide {
    size_t edges, candidates;
    uint64_t base;
    const uint64_t *masks;
    const uint32_t *candidate;
    const int32_t *edge;
};

static inline struct locator_wide locator_wide_open(const uint64_t *record)
{
    const struct locator_wide_head *head = (const void *)record;
    const uint64_t *candidates = record + 2 + head->edges;
    return (struct locator_wide){
        .edges = head->edges,
        .candidates = head->candidates,
        .base = record[1],
        .masks = record + 2,
        .candidate = (const void *)candidates,
        .edge = (const void *)(candidates + (head->candidates + 1U) / 2),
    };
}

static inline int64_t locator_id_of(const struct locator *locator, uint32_t value)
{
    return !locator->ids || value == 0 ? value : locator->ids[value - 1];
}

// ---- shared by the rooms of the locator ----
// True when every offset in the arrays stays inside them and the tree ends.
bool locator_is_sound(const struct locator *locator);
// Sets pointers into an image that begins with the head; false when it does not fit.
bool locator_lay_out(struct locator *locator, const void *image, size_t length);
size_t locator_padded(size_t bytes);
