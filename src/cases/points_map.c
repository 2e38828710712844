// SPDX-License-Identifier: MPL-2.0
// A table of numbers by numbers.
#include <stdlib.h>

#include "points_internal.h"

static size_t home(const struct point_map *map, uint64_t key)
{
    key *= UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(key ^ key >> 32) & (map->capacity - 1);
}

static size_t seek(const struct point_map *map, uint64_t key)
{
    size_t at = home(map, key);
    while (map->slot[at].value != 0 && map->slot[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return at;
}

bool point_map_find(const struct point_map *map, uint64_t key, uint32_t *ret_value)
{
    if (map->capacity == 0)
        return false;
    const size_t at = seek(map, key);
    if (map->slot[at].value == 0)
        return false;
    *ret_value = map->slot[at].value - 1;
    return true;
}

static bool grow(struct point_map *map)
{
    struct point_map bigger = {.capacity = map->capacity ? map->capacity * 2 : 1024,
                               .count = map->count};
    bigger.slot = calloc(bigger.capacity, sizeof(*bigger.slot));
    if (bigger.slot == NULL)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slot[i].value != 0)
            bigger.slot[seek(&bigger, map->slot[i].key)] = map->slot[i];
    free(map->slot);
    *map = bigger;
    return true;
}

bool point_map_put(struct point_map *map, uint64_t key, uint32_t value)
{
    if (map->count * 2 >= map->capacity && !grow(map))
        return false;
    const size_t at = seek(map, key);
    map->count += map->slot[at].value == 0;
    map->slot[at].key = key;
    map->slot[at].value = value + 1;
    return true;
}

// Closes the gap, so that nothing behind it is lost.
void point_map_remove(struct point_map *map, uint64_t key)
{
    if (map->capacity == 0)
        return;
    size_t gap = seek(map, key);
    if (map->slot[gap].value == 0)
        return;
    map->count--;
    const size_t mask = map->capacity - 1;
    for (size_t at = (gap + 1) & mask; map->slot[at].value != 0; at = (at + 1) & mask) {
        const size_t wanted = home(map, map->slot[at].key);
        if (((at - wanted) & mask) >= ((at - gap) & mask)) {
            map->slot[gap] = map->slot[at];
            gap = at;
        }
    }
    map->slot[gap].value = 0;
}

void point_map_done(struct point_map *map)
{
    free(map->slot);
    *map = (struct point_map){0};
}
