// SPDX-License-Identifier: MPL-2.0
// A locator's file: written once, mapped, trusted only after checksum and structure agree.
#include <gridcase/city/locator.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/hash.h>

#include "locator_internal.h"

size_t locator_padded(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static struct file_part part(const void *bytes, size_t length)
{
    return (struct file_part){bytes, length, locator_padded(length) - length};
}

// Of the head, its hash taken as zeros, and what follows it.
static void hash_parts(const struct locator_head *head, const struct file_part *parts,
                       size_t count, uint8_t out[LOCATOR_HASH_SIZE])
{
    static const char zeros[FILE_PADDING_MOST];
    struct locator_head blank = *head;
    memset(blank.hash, 0, sizeof(blank.hash));
    struct hash *hash = hash_new();
    hash_add(hash, &blank, sizeof(blank));
    for (size_t i = 0; i < count; i++) {
        hash_add(hash, parts[i].bytes, parts[i].length);
        hash_add(hash, zeros, parts[i].padding);
    }
    hash_finish(hash, out);
}

int locator_write(const struct locator *locator, const char *path, struct error *error)
{
    struct locator_head head = locator->head;
    struct file_part parts[] = {
        part(&head, sizeof(head)),
        part(locator->root, (size_t)head.root_width * head.root_height * 4),
        part(locator->entries, head.entries * 4),
        part(locator->records, head.words * 8),
        part(locator->ids, head.ids * 8),
    };
    size_t count = sizeof(parts) / sizeof(*parts);
    hash_parts(&head, parts + 1, count - 1, head.hash);
    return file_write_parts_atomic(path, parts, count, error);
}

// ---- reading ----
bool locator_lay_out(struct locator *locator, const void *image, size_t length)
{
    if (length < locator_padded(sizeof(locator->head)))
        return false;
    memcpy(&locator->head, image, sizeof(locator->head));
    const struct locator_head *head = &locator->head;
    if (memcmp(head->magic, "GCLOCAT", 8) != 0 || head->order != LOCATOR_ORDER ||
        head->version != LOCATOR_FILE_VERSION)
        return false;
    uint64_t root = (uint64_t)head->root_width * head->root_height;
    if (root > LOCATOR_LARGEST_FILE || head->entries > LOCATOR_LARGEST_FILE ||
        head->words > LOCATOR_LARGEST_FILE || head->ids > LOCATOR_LARGEST_FILE)
        return false;
    size_t at[5] = {locator_padded(sizeof(*head))};
    at[1] = at[0] + locator_padded(root * 4);
    at[2] = at[1] + locator_padded(head->entries * 4);
    at[3] = at[2] + locator_padded(head->words * 8);
    at[4] = at[3] + locator_padded(head->ids * 8);
    const char *bytes = image;
    locator->root = (const void *)(bytes + at[0]);
    locator->entries = (const void *)(bytes + at[1]);
    locator->records = (const void *)(bytes + at[2]);
    locator->ids = head->ids ? (const void *)(bytes + at[3]) : NULL;
    locator->bytes = at[4];
    return at[4] == length;
}

static bool hash_agrees(const struct locator *locator, const void *image)
{
    uint8_t hash[LOCATOR_HASH_SIZE];
    size_t begin = locator_padded(sizeof(locator->head));
    struct file_part rest = part((const char *)image + begin, locator->bytes - begin);
    hash_parts(&locator->head, &rest, 1, hash);
    return memcmp(hash, locator->head.hash, sizeof(hash)) == 0;
}

static bool value_is_sound(const struct locator *locator, uint32_t value)
{
    return !locator->ids || value <= locator->head.ids;
}

static bool record_is_sound(const struct locator *locator, uint64_t at, uint32_t shift)
{
    uint64_t left = locator->head.words - at;
    const uint64_t *record = locator->records + at;
    const uint8_t *small = (const void *)record;
    size_t candidates = small[1];
    const uint32_t *candidate;
    uint64_t used;
    if (small[3] == 0) {
        size_t edges = small[0];
        if (shift > 15 || candidates > LOCATOR_SMALL_CANDIDATES ||
            locator_small_words(edges, candidates) > left)
            return false;
        candidate = (const void *)(small + locator_small_candidates_at(edges));
        used = small[2];
        for (size_t i = 0; i < edges; i++)
            used |= small[4 + i];
    } else {
        const struct locator_wide_head *head = (const void *)record;
        if (left < 2 || head->kind != 1 || head->edges > LOCATOR_EDGES ||
            candidates > LOCATOR_CANDIDATES ||
            locator_wide_words(head->edges, candidates) > left)
            return false;
        candidate = (const void *)(record + 2 + head->edges);
        used = record[1];
        for (size_t i = 0; i < head->edges; i++)
            used |= record[2 + i];
    }
    for (size_t i = 0; i < candidates; i++)
        if (candidate[i] == 0 || candidate[i] > LOCATOR_ENTRY_MASK ||
            !value_is_sound(locator, candidate[i]))
            return false;
    return candidates == LOCATOR_CANDIDATES || used >> candidates == 0;
}

// Blocks refer only to blocks behind them, so a walk ends; each is walked once, because
// the builder lays a block's children behind it and never shares them.
struct walk {
    const struct locator *locator;
    uint64_t visited; // entries; more than there are means shared blocks
};

static bool entry_is_sound(struct walk *walk, uint32_t entry, uint32_t shift,
                           uint64_t least)
{
    const struct locator_head *head = &walk->locator->head;
    uint32_t kind = entry >> LOCATOR_ENTRY_BITS;
    uint64_t value = entry & LOCATOR_ENTRY_MASK;
    if (kind == LOCATOR_KIND_VALUE)
        return value_is_sound(walk->locator, entry);
    if (kind == LOCATOR_KIND_RECORD)
        return value < head->words && record_is_sound(walk->locator, value, shift);
    uint32_t step = kind == LOCATOR_KIND_BLOCK ? LOCATOR_BLOCK_SHIFT : LOCATOR_SPLIT_SHIFT;
    uint64_t cells = UINT64_C(1) << 2 * step;
    uint64_t at = value * LOCATOR_UNIT;
    walk->visited += cells;
    if (shift < step || at < least || at + cells > head->entries ||
        walk->visited > head->entries)
        return false;
    for (uint64_t i = 0; i < cells; i++)
        if (!entry_is_sound(walk, walk->locator->entries[at + i], shift - step, at + cells))
            return false;
    return true;
}

bool locator_is_sound(const struct locator *locator)
{
    const struct locator_head *head = &locator->head;
    if (head->root_shift > 31 || head->direct > 1 || (head->direct && head->ids) ||
        (!head->direct && head->ids != head->shapes))
        return false;
    uint64_t across = UINT64_C(1) << (32 - head->root_shift); // cells around the globe
    if ((uint64_t)head->root_x + head->root_width > across ||
        (uint64_t)head->root_y + head->root_height > across)
        return false;
    struct walk walk = {locator, 0};
    uint64_t root = (uint64_t)head->root_width * head->root_height;
    for (uint64_t i = 0; i < root; i++)
        if (!entry_is_sound(&walk, locator->root[i], head->root_shift, 0))
            return false;
    return true;
}

int locator_open(const char *path, int64_t model_version, struct locator **ret_locator,
                 struct error *error)
{
    struct locator *locator = calloc(1, sizeof(*locator));
    if (!locator)
        return error_set(error, ERROR_LIMIT, "locator.memory", "not enough memory");
    int code = file_map_open(path, &locator->map, error);
    if (code == ERROR_IO && error && strcmp(error->slug, "file.empty") == 0)
        code = error_set(error, ERROR_INPUT, "locator.file", "%s: empty", path);
    const void *image = locator->map.data;
    if (code == 0 && !locator_lay_out(locator, image, locator->map.length))
        code =
            error_set(error, ERROR_INPUT, "locator.file",
                      "%s: truncated, or not a locator of this version and machine", path);
    if (code == 0 && model_version != 0 && locator->head.model_version != model_version)
        code = error_set(error, ERROR_INPUT, "locator.file",
                         "%s: of model version %" PRId64 ", not %" PRId64, path,
                         locator->head.model_version, model_version);
    if (code == 0 && (!hash_agrees(locator, image) || !locator_is_sound(locator)))
        code = error_set(error, ERROR_INPUT, "locator.file", "%s: damaged", path);
    if (code < 0) {
        locator_free(locator);
        return code;
    }
    *ret_locator = locator;
    return 0;
}
