// SPDX-License-Identifier: MPL-2.0
// The image of a locator, in memory and in its file, and the arithmetic of a border pixel.
//
// Sections in order: header, supers, directories, blocks, records. A super is a square of
// 64 x 64 blocks, a block one of 32 x 32 pixels, a pixel one of 2^shift lattice steps.
//   super      0: nothing in it; n: directory n-1
//   directory  64 x 64 entries: 0 empty; UNIFORM|id: all of it; n: block n-1
//   block      32 x 32 pixels: 0 empty; id: all of it; BORDER|w: record at word w
//   record     word 0: candidates (8 bits), edges (16), wide (1); then candidate ids; then
//     compact: a byte of parities and a byte of mask per edge, padded to words; edges as
//              4 int16 relative to the pixel's south-west lattice point
//     wide:    64 bits of parities; edges as 4 int32 (absolute) and 64 bits of mask
// Bit i of the parities says whether the pixel's reference corner is in candidate i; an
// edge between corner and point flips the candidates of its mask. What is set afterwards
// holds the point; the lowest bit wins.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/file.h>

enum {
    LOCATOR_BLOCK_BITS = 5,
    LOCATOR_BLOCK = 32,
    LOCATOR_BLOCK_PIXELS = 1024,
    LOCATOR_SUPER_BITS = 6,
    LOCATOR_SUPER = 64,
    LOCATOR_SUPER_BLOCKS = 4096,
    LOCATOR_CANDIDATES = 64,
    LOCATOR_COMPACT_CANDIDATES = 8,
    LOCATOR_FORMAT = 1,
};
#define LOCATOR_FLAG  UINT32_C(0x80000000) // UNIFORM in directories, BORDER in blocks
#define LOCATOR_WIDE  UINT32_C(0x01000000) // in a record's first word
#define LOCATOR_MAGIC UINT64_C(0x317461636f6c6367) // "gclocat1"

struct locator_header {
    uint64_t magic;
    uint64_t checksum; // of everything behind this field
    uint64_t bytes;    // of the whole image
    int64_t model_version;
    uint32_t format;
    uint32_t shift;
    int64_t west, south;    // lattice point of the first pixel
    uint64_t width, height; // lattice steps covered
    uint64_t super_columns;
    uint64_t supers, directories, blocks, words, shapes;
};

struct locator {
    const struct locator_header *header;
    const uint32_t *supers;
    const uint32_t *directories;
    const uint32_t *blocks;
    const uint32_t *records;
    void *memory;        // owned image, or NULL
    struct file_map map; // or a mapped one
};

// Points header and sections into an image of length bytes; checks sizes only.
int locator_attach(struct locator *locator, const void *image, size_t length,
                   struct error *error) ERROR_MUST_CHECK;
uint64_t locator_checksum(const void *image, size_t length);

// Does the edge a-b cross the way from the pixel's reference corner to the point?
// Coordinates relative to the pixel's south-west lattice point; a is the lower end (the
// western one of a level edge). The corner lies at (-1/2, -1/2) and a trace to the north,
// so no vertex lies on the way's lines. The way goes north along x = -1/2, then east along
// y + a trace (the half-open rule) to x + a little.
#define LOCATOR_CROSSES(name, number)                                                      \
    static inline bool name(number ax, number ay, number bx, number by, number x,          \
                            number y)                                                      \
    {                                                                                      \
        bool crosses = false;                                                              \
        const number dx = bx - ax, dy = by - ay;                                           \
        if (ay <= y && y < by && dx * (y - ay) <= (x - ax) * dy) {                         \
            const number west = (2 * ax + 1) * dy + 2 * dx * (y - ay);                     \
            crosses = west > 0 || (west == 0 && dx > 0);                                   \
        }                                                                                  \
        if ((ax < 0) != (bx < 0)) {                                                        \
            const number at = dy * (-1 - 2 * ax);                                          \
            const number south = (2 * ay + 1) * dx + at, north = 2 * (ay - y) * dx + at;   \
            if (dx > 0 ? south > 0 && north <= 0 : south < 0 && north >= 0)                \
                crosses = !crosses;                                                        \
        }                                                                                  \
        return crosses;                                                                    \
    }
__extension__ typedef __int128 locator_wide_number;
LOCATOR_CROSSES(locator_crosses, int64_t)
LOCATOR_CROSSES(locator_crosses_wide, locator_wide_number)
