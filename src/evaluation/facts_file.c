// SPDX-License-Identifier: MPL-2.0
// Reading the file of the columns through a map, after every byte of it was checked once.
#include "facts_file.h"

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>

#include "facts_layout.h"

struct facts_file {
    struct file_map map;
    struct facts_about about;
    size_t groups;
    uint32_t *first; // case id of each group
    struct days {
        uint16_t first, last;
        bool has_open;
    } * days; // of each group
};

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

uint64_t facts_checksum(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint64_t lanes[4] = {1, 2, 3, 4}, sum = length;
    for (; length >= sizeof lanes; length -= sizeof lanes, at += sizeof lanes) {
        uint64_t words[4];
        memcpy(words, at, sizeof words);
        for (int i = 0; i < 4; i++)
            lanes[i] = rotate(lanes[i] + words[i] * UINT64_C(0xc2b2ae3d27d4eb4f), 31) *
                       UINT64_C(0x9e3779b185ebca87);
    }
    for (; length > 0; length--)
        sum = rotate(sum ^ *at++ * UINT64_C(0x27d4eb2f165667c5), 11) *
              UINT64_C(0x9e3779b185ebca87);
    for (int i = 0; i < 4; i++)
        sum = rotate(sum ^ lanes[i], 27) * UINT64_C(0x165667b19e3779f9) + lanes[i];
    return sum ^ sum >> 32;
}

size_t facts_group_room(uint64_t rows, uint64_t group)
{
    uint64_t left = rows - group * FACTS_GROUP;
    return left >= FACTS_GROUP ? FACTS_GROUP : (size_t)((left + 15) / 16 * 16);
}

size_t facts_group_bytes(size_t room, uint32_t levels)
{
    return room * ((FACTS_AREA + (size_t)levels) * sizeof(uint32_t) +
                   FACTS_NARROW * sizeof(uint16_t));
}

static int torn(const char *path, const char *why, struct error *error)
{
    return error_set(error, ERROR_STORE, "figures.file", "%s: %s", path, why);
}

static uint64_t head_sum(const struct facts_head *head)
{
    return facts_checksum(head, offsetof(struct facts_head, checksum));
}

static const unsigned char *group_at(const struct facts_file *file, size_t group)
{
    const unsigned char *start = file->map.data;
    return start + sizeof(struct facts_head) +
           group * facts_group_bytes(FACTS_GROUP, file->about.levels);
}

// The tail says how much there is; then every group against its sum.
static int check(struct facts_file *file, const char *path, struct error *error)
{
    const unsigned char *start = file->map.data;
    struct facts_head head, tail;
    if (file->map.length < 2 * sizeof head)
        return torn(path, "too short", error);
    memcpy(&head, start, sizeof head);
    memcpy(&tail, start + file->map.length - sizeof tail, sizeof tail);
    if (memcmp(head.magic, FACTS_MAGIC, sizeof head.magic) != 0 ||
        memcmp(tail.magic, FACTS_MAGIC, sizeof tail.magic) != 0)
        return torn(path, "no file of columns, or not finished", error);
    if (head.version != FACTS_VERSION || tail.version != FACTS_VERSION ||
        head.order != FACTS_ORDER)
        return torn(path, "of another version or machine", error);
    if (head_sum(&tail) != tail.checksum || tail.about.levels > CITY_LEVEL_LIMIT ||
        tail.about.rows > UINT32_MAX ||
        memchr(tail.about.zone, '\0', sizeof tail.about.zone) == NULL)
        return torn(path, "its tail is damaged", error);
    file->about = tail.about;
    file->groups = (size_t)((tail.about.rows + FACTS_GROUP - 1) / FACTS_GROUP);
    size_t last =
        file->groups > 0 ? facts_group_room(tail.about.rows, file->groups - 1) : 0;
    size_t full = file->groups > 0 ? file->groups - 1 : 0;
    size_t sums = sizeof head + full * facts_group_bytes(FACTS_GROUP, tail.about.levels) +
                  facts_group_bytes(last, tail.about.levels);
    if (file->map.length != sums + file->groups * sizeof(uint64_t) + sizeof tail)
        return torn(path, "its length is wrong", error);
    if (facts_checksum(start + sums, file->groups * sizeof(uint64_t)) != tail.sums_checksum)
        return torn(path, "its list of sums is damaged", error);
    for (size_t i = 0; i < file->groups; i++) {
        uint64_t sum;
        memcpy(&sum, start + sums + i * sizeof sum, sizeof sum);
        size_t room = facts_group_room(tail.about.rows, i);
        if (facts_checksum(group_at(file, i), facts_group_bytes(room, tail.about.levels)) !=
            sum)
            return torn(path, "a group is damaged", error);
    }
    return 0;
}

// When things happened in a group: what a period needs not look at.
static struct days days_of(const struct facts_block *block)
{
    struct days days = {.first = UINT16_MAX};
    for (int column = 0; column < FACTS_FLAGS; column++) {
        const uint16_t *values = block->narrow[column];
        uint16_t last = 0;
        for (size_t i = 0; i < block->count; i++)
            last = values[i] > last ? values[i] : last;
        days.last = last > days.last ? last : days.last;
    }
    for (size_t i = 0; i < block->count; i++) {
        uint16_t opened = block->narrow[FACTS_OPENED][i];
        days.first = opened < days.first ? opened : days.first;
        days.has_open |= (block->narrow[FACTS_FLAGS][i] & FACTS_OPEN) != 0;
    }
    return days;
}

static int index_groups(struct facts_file *file, struct error *error)
{
    file->first = calloc(file->groups + 1, sizeof *file->first);
    file->days = calloc(file->groups + 1, sizeof *file->days);
    if (file->first == NULL || file->days == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for an index");
    for (size_t i = 0; i < file->groups; i++) {
        struct facts_block block = facts_file_block(file, i);
        file->first[i] = block.wide[FACTS_CASE][0];
        file->days[i] = days_of(&block);
    }
    return 0;
}

int facts_file_open(const char *path, struct facts_file **ret_file, struct error *error)
{
    struct facts_file *file = memory_new(sizeof *file);
    int code = file_map_open(path, &file->map, error);
    if (code == 0)
        code = check(file, path, error);
    if (code == 0)
        code = index_groups(file, error);
    if (code != 0) {
        facts_file_free(file);
        return code;
    }
    *ret_file = file;
    return 0;
}

struct facts_file *facts_file_free(struct facts_file *file)
{
    if (file != NULL) {
        file_map_close(&file->map);
        free(file->first);
        free(file->days);
        free(file);
    }
    return NULL;
}

const struct facts_about *facts_file_about(const struct facts_file *file)
{
    return &file->about;
}

size_t facts_file_blocks(const struct facts_file *file)
{
    return file->groups;
}

struct facts_block facts_file_block(const struct facts_file *file, size_t index)
{
    size_t room = facts_group_room(file->about.rows, index);
    uint64_t left = file->about.rows - (uint64_t)index * FACTS_GROUP;
    const unsigned char *at = group_at(file, index);
    struct facts_block block = {.count = left < FACTS_GROUP ? (size_t)left : FACTS_GROUP,
                                .weight = 1,
                                .first_day = file->days[index].first,
                                .last_day = file->days[index].last,
                                .has_open = file->days[index].has_open};
    // Groups begin at multiples of 64, columns at multiples of 32: aligned.
    for (size_t i = 0; i < FACTS_AREA + (size_t)file->about.levels; i++) {
        block.wide[i] = (const void *)at;
        at += room * sizeof(uint32_t);
    }
    for (size_t i = 0; i < FACTS_NARROW; i++) {
        block.narrow[i] = (const void *)at;
        at += room * sizeof(uint16_t);
    }
    return block;
}

struct facts_row facts_block_row(const struct facts_block *block, size_t at)
{
    struct facts_row row;
    for (int i = 0; i < FACTS_WIDE; i++)
        row.wide[i] = block->wide[i] != NULL ? block->wide[i][at] : 0;
    for (int i = 0; i < FACTS_NARROW; i++)
        row.narrow[i] = block->narrow[i][at];
    return row;
}

// The last place of `count` rising ids whose id is not above; 0 when all are.
static size_t last_below(const uint32_t *ids, size_t count, uint32_t id)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (ids[middle] <= id)
            low = middle;
        else
            high = middle;
    }
    return low;
}

bool facts_file_find(const struct facts_file *file, uint32_t case_id,
                     struct facts_row *ret_row)
{
    if (file->groups == 0)
        return false;
    struct facts_block block =
        facts_file_block(file, last_below(file->first, file->groups, case_id));
    size_t at = last_below(block.wide[FACTS_CASE], block.count, case_id);
    if (block.wide[FACTS_CASE][at] != case_id)
        return false;
    *ret_row = facts_block_row(&block, at);
    return true;
}
