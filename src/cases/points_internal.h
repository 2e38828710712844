// SPDX-License-Identifier: MPL-2.0
// Inside of the set of points; only for the cases room.
#pragma once

#include <pthread.h>

#include <gridcase/cases/points.h>

#include "case_internal.h"

enum {
    POINT_NONE = -1,
    POINT_BUCKET_SHIFT = 16,    // a bucket is a tile of zoom 16
    POINT_LOG = 65536,          // latest changes remembered
    POINT_CHANGES_MOST = 20000, // further behind: read anew
};

// What drawing needs of a case, one after the other in its bucket.
struct point_dot {
    struct tile_point at;
    int64_t case_id;
    uint32_t slot;
    uint8_t light[3];   // at first, after the first and after the second turn
    int64_t turn_ms[2]; // INT64_MAX: never
};

// What filters and rights need of it.
struct point_case {
    int64_t case_id; // 0: a free slot
    int64_t opened_ms;
    int64_t areas[CITY_LEVEL_LIMIT];
    int64_t department_id, grid_id;
    int64_t reported_by, holder_person, holder_department;
    int64_t class_id, condition_id;
    int16_t stage, queue, source, holder_role;
    const char *step;            // of the set's words
    struct case_holder *holders; // of its tasks, owned
    uint32_t holder_count;
    uint32_t bucket, place; // where its dot is
    uint32_t next_free;
    char number[CASE_NUMBER_SIZE];
};

struct point_bucket {
    uint32_t x, y; // of the tile of zoom 16
    struct point_dot *dots;
    uint32_t count, capacity;
};

// Numbers by numbers, open addressing.
struct point_map {
    struct {
        uint64_t key;
        uint32_t value; // + 1; 0: empty
    } * slot;
    size_t count, capacity; // capacity: power of two
};

struct case_points {
    pthread_rwlock_t lock;
    bool ready;
    int64_t epoch, position;
    struct point_case *cases;
    size_t case_count, case_capacity; // with free slots
    size_t used;
    uint32_t free_slot; // + 1; 0: none
    struct point_bucket *buckets;
    size_t bucket_count, bucket_capacity;
    struct point_map by_case, by_place;
    struct arena *words;
    const char *steps[256];
    size_t step_count;
    // A ring of where things changed; complete after log_floor.
    struct {
        int64_t position;
        struct tile_point at;
    } log[POINT_LOG];
    uint64_t log_count;
    int64_t log_floor;
};

bool point_map_find(const struct point_map *map, uint64_t key, uint32_t *ret_value);
bool point_map_put(struct point_map *map, uint64_t key, uint32_t value);
void point_map_remove(struct point_map *map, uint64_t key);
void point_map_done(struct point_map *map);
