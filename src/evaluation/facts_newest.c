// SPDX-License-Identifier: MPL-2.0
// The newest cases of a class or an area, from the end of the columns.
#include <stdlib.h>

#include "evaluation_internal.h"

struct seeking {
    const struct facts *facts;
    int area_column; // FACTS_CASE: any
    uint32_t area_id, class_id;
    uint32_t before; // ids below this one
};

static bool fits(const struct seeking *seeking, const struct facts_block *block, size_t row)
{
    return (seeking->class_id == 0 || block->wide[FACTS_CLASS][row] == seeking->class_id) &&
           (seeking->area_column == FACTS_CASE ||
            block->wide[seeking->area_column][row] == seeking->area_id) &&
           block->wide[FACTS_CASE][row] < seeking->before;
}

static bool has_columns(const struct seeking *seeking, const struct facts_block *block)
{
    return seeking->area_column == FACTS_CASE || block->wide[seeking->area_column] != NULL;
}

// Ids rise within the file's blocks and from one to the next.
static size_t seek_file(const struct seeking *seeking, int64_t *ids, size_t most)
{
    size_t count = 0;
    for (size_t i = facts_blocks(seeking->facts); i-- > 0 && count < most;) {
        const struct facts_block block = facts_block(seeking->facts, i);
        if (block.changed || !has_columns(seeking, &block))
            continue;
        for (size_t row = block.count; row-- > 0 && count < most;)
            if (fits(seeking, &block, row) &&
                !facts_is_replaced(seeking->facts, block.wide[FACTS_CASE][row]))
                ids[count++] = block.wide[FACTS_CASE][row];
    }
    return count;
}

static int compare(const void *a_id, const void *b_id)
{
    const int64_t a = *(const int64_t *)a_id, b = *(const int64_t *)b_id;
    return (a < b) - (a > b); // largest first
}

// Changed rows are in no order: the largest of them, in a heap whose top is the smallest.
static void sift(int64_t *heap, size_t count)
{
    for (size_t at = 0, child = 1; child < count; at = child, child = 2 * at + 1) {
        child += child + 1 < count && heap[child + 1] < heap[child];
        if (heap[at] <= heap[child])
            break;
        const int64_t id = heap[at];
        heap[at] = heap[child];
        heap[child] = id;
    }
}

static size_t seek_changed(const struct seeking *seeking, int64_t *ids, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < facts_blocks(seeking->facts); i++) {
        const struct facts_block block = facts_block(seeking->facts, i);
        const bool wanted =
            block.changed && block.weight > 0 && has_columns(seeking, &block);
        for (size_t row = 0; wanted && row < block.count; row++) {
            const int64_t id = block.wide[FACTS_CASE][row];
            if (!fits(seeking, &block, row) || (count == most && id <= ids[0]))
                continue;
            if (count < most) {
                ids[count++] = id;
                if (count == most) // sorted downwards is no heap: turn it round
                    qsort(ids, count, sizeof *ids, compare);
                for (size_t k = 0; count == most && k < count / 2; k++) {
                    const int64_t other = ids[k];
                    ids[k] = ids[count - 1 - k];
                    ids[count - 1 - k] = other;
                }
            } else {
                ids[0] = id;
                sift(ids, count);
            }
        }
    }
    qsort(ids, count, sizeof *ids, compare);
    return count;
}

static size_t merge(const int64_t *a_ids, size_t a_count, const int64_t *b_ids,
                    size_t b_count, int64_t *ids, size_t most)
{
    size_t a = 0, b = 0, count = 0;
    while (count < most && (a < a_count || b < b_count))
        ids[count++] =
            b == b_count || (a < a_count && a_ids[a] > b_ids[b]) ? a_ids[a++] : b_ids[b++];
    return count;
}

int facts_newest(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct facts_newest *ask, int64_t *ids, size_t most,
                 size_t *ret_count, struct error *error)
{
    const struct city_area *area = city_area_by_id(city, ask->area_id);
    struct seeking seeking = {.facts = facts,
                              .area_column = ask->area_id == 0 ? FACTS_CASE : FACTS_AREA,
                              .area_id = (uint32_t)ask->area_id,
                              .class_id = (uint32_t)ask->class_id,
                              .before = ask->before > UINT32_MAX ? UINT32_MAX
                                                                 : (uint32_t)ask->before};
    struct facts_state state;
    *ret_count = 0;
    if (ask->area_id != 0 && area == NULL)
        return 0; // it holds nothing
    if (area != NULL)
        seeking.area_column += (int)area->level;
    int64_t *found = calloc(2 * most + 1, sizeof *found);
    if (found == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for a list");
    int code = facts_hold_near(facts, db, city, &state, error);
    if (code == 0) {
        const size_t in_file = seek_file(&seeking, found, most);
        const size_t changed = seek_changed(&seeking, found + most, most);
        facts_release(facts);
        *ret_count = merge(found, in_file, found + most, changed, ids, most);
    }
    free(found);
    return code;
}
