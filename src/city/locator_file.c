// SPDX-License-Identifier: MPL-2.0
// The image of a locator in a file: written whole, mapped, and believed only after every
// reference in it was checked.
#include "locator_internal.h"

#include <string.h>

#include <gridcase/core/arena.h>

enum { SHIFT_MOST = 20 };

static int damaged(struct error *error, const char *what)
{
    return error_set(error, ERROR_INPUT, "locator.file", "locator file: %s", what);
}

// FNV-1a over 64-bit words: finds what a disk or a truncated copy does, no more.
uint64_t locator_checksum(const void *image, size_t length)
{
    const unsigned char *bytes = image;
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 2 * sizeof(uint64_t); i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        sum = (sum ^ word) * UINT64_C(0x100000001b3);
        sum ^= sum >> 29;
    }
    return sum;
}

int locator_attach(struct locator *locator, const void *image, size_t length,
                   struct error *error)
{
    const struct locator_header *header = image;
    if (length < sizeof *header || header->magic != LOCATOR_MAGIC)
        return damaged(error, "not a locator");
    if (header->format != LOCATOR_FORMAT)
        return damaged(error, "of another format version");
    const uint64_t most = UINT64_C(1) << 34;
    if (header->bytes != length || length % 8 != 0 || header->shift > SHIFT_MOST ||
        header->supers > most || header->directories > most || header->blocks > most ||
        header->words > most)
        return damaged(error, "damaged or truncated");
    uint64_t words = header->supers + header->directories * LOCATOR_SUPER_BLOCKS +
                     header->blocks * LOCATOR_BLOCK_PIXELS + header->words;
    uint64_t needed = sizeof *header + words * sizeof(uint32_t);
    const unsigned super_shift = header->shift + LOCATOR_BLOCK_BITS + LOCATOR_SUPER_BITS;
    uint64_t rows = header->height >> super_shift, columns = header->width >> super_shift;
    if ((needed + 7) / 8 * 8 != length || columns != header->super_columns ||
        header->width != columns << super_shift || header->height != rows << super_shift ||
        (columns != 0 && rows > most / columns) || rows * columns != header->supers)
        return damaged(error, "damaged or truncated");
    locator->header = header;
    locator->supers = (const uint32_t *)(header + 1);
    locator->directories = locator->supers + header->supers;
    locator->blocks = locator->directories + header->directories * LOCATOR_SUPER_BLOCKS;
    locator->records = locator->blocks + header->blocks * LOCATOR_BLOCK_PIXELS;
    return 0;
}

// Words of a record, 0 when it does not fit into what is left.
static uint64_t record_words(const uint32_t *record, uint64_t left)
{
    const uint32_t candidates = record[0] & 0xFF, edges = (record[0] >> 8) & 0xFFFF;
    const bool wide = record[0] & LOCATOR_WIDE;
    uint64_t words = 1 + candidates;
    words += wide ? 2 + (uint64_t)edges * 6 : (1 + edges + 3) / 4 + (uint64_t)edges * 2;
    if (words > left || candidates == 0 ||
        candidates > (wide ? LOCATOR_CANDIDATES : LOCATOR_COMPACT_CANDIDATES))
        return 0;
    uint64_t used = UINT64_MAX >> (64 - candidates), set = 0;
    const uint32_t *word = record + 1 + candidates;
    if (wide) {
        for (uint32_t i = 0; i <= edges; i++)
            set |= i == 0 ? word[0] | (uint64_t)word[1] << 32
                          : word[6 * i] | (uint64_t)word[6 * i + 1] << 32;
    } else {
        for (uint32_t i = 0; i <= edges; i++)
            set |= ((const uint8_t *)word)[i];
    }
    return (set & ~used) ? 0 : words;
}

static int check_references(const struct locator *locator, struct error *error)
{
    const struct locator_header *header = locator->header;
    for (uint64_t i = 0; i < header->supers; i++)
        if (locator->supers[i] > header->directories)
            return damaged(error, "a reference leads nowhere");
    for (uint64_t i = 0; i < header->directories * LOCATOR_SUPER_BLOCKS; i++)
        if (!(locator->directories[i] & LOCATOR_FLAG) &&
            locator->directories[i] > header->blocks)
            return damaged(error, "a reference leads nowhere");
    for (uint64_t i = 0; i < header->blocks * LOCATOR_BLOCK_PIXELS; i++) {
        uint32_t word = locator->blocks[i];
        if (!(word & LOCATOR_FLAG))
            continue;
        uint64_t at = word & ~LOCATOR_FLAG;
        if (at >= header->words ||
            record_words(locator->records + at, header->words - at) == 0)
            return damaged(error, "a border pixel is broken");
    }
    return 0;
}

int locator_write(const struct locator *locator, const char *path, struct error *error)
{
    return file_write_atomic(path, locator->header, (size_t)locator->header->bytes, error);
}

int locator_open(const char *path, int64_t model_version, struct locator **ret_locator,
                 struct error *error)
{
    LOCATOR_CLEANUP struct locator *locator = memory_new(sizeof *locator);
    int status = file_map_open(path, &locator->map, error);
    if (status == 0)
        status = locator_attach(locator, locator->map.data, locator->map.length, error);
    if (status == 0 && locator->header->checksum !=
                           locator_checksum(locator->map.data, locator->map.length))
        status = damaged(error, "its checksum does not fit");
    if (status == 0 && model_version != 0 &&
        locator->header->model_version != model_version)
        status = damaged(error, "of another model version");
    if (status == 0)
        status = check_references(locator, error);
    if (status != 0)
        return status;
    *ret_locator = locator;
    locator = NULL;
    return 0;
}
