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

enum { POINT_NO_BUCKET = UINT32_MAX };

// What figures, filters and rights need of it; figures look at the first line alone. Ids of
// the model are small numbers.
struct point_case {
    int64_t case_id; // 0: a free slot
    int64_t due_sort_ms;
    int32_t areas[CITY_LEVEL_LIMIT];
    int32_t department_id;
    int16_t stage, queue, source, holder_role;
    int64_t holder_person, reported_by;
    int64_t opened_ms;
    int32_t holder_department, grid_id, class_id, condition_id;
    const char *step;            // of the set's words
    struct case_holder *holders; // of its tasks, owned
    uint32_t holder_count;
    uint32_t bucket, place; // where its dot is; POINT_NO_BUCKET: it has no point
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

// ---- what is read (points_read.c) ----
enum { POINT_HOLDERS_MOST = 256, POINT_IDS = 64 };
struct point_held {              // who holds or held a task of the case
    struct case_holder *holders; // owned
    uint32_t count;
};
// Once each, up to POINT_HOLDERS_MOST.
bool point_held_add(struct point_held *held, int64_t department_id, int64_t person_id);

// Cases as they are now.
struct point_news {
    size_t count;
    int64_t ids[POINT_IDS];
    int64_t positions[POINT_IDS]; // of the last change
    int64_t up_to;                // all changes until here are in
    struct {
        bool open; // it is there and open
        struct case_row row;
        struct point_held held;
    } cases[POINT_IDS];
};
// The next changes after a position: at most POINT_IDS cases, with all that is kept of
// them; up_to stays 0 at the end. words: for texts of the rows.
int point_news_read(struct db *db, int64_t after, struct arena *words,
                    struct point_news *news, struct error *error) ERROR_MUST_CHECK;
void point_news_done(struct point_news *news);
// Calls take for each open case, then hold for each holder of one, cases in any order.
struct point_reader {
    int (*take)(void *context, const struct case_row *row, struct error *error);
    int (*hold)(void *context, int64_t case_id, const struct case_holder *holder,
                struct error *error);
    void *context;
};
int point_read_all(struct db *db, const struct point_reader *reader,
                   struct error *error) ERROR_MUST_CHECK;

// The row of a case as far as filters and rights look at it; row: from case_row_init.
void point_case_row(const struct point_case *one, struct case_row *row);

bool point_map_find(const struct point_map *map, uint64_t key, uint32_t *ret_value);
bool point_map_put(struct point_map *map, uint64_t key, uint32_t value);
void point_map_remove(struct point_map *map, uint64_t key);
void point_map_done(struct point_map *map);
