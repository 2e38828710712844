// SPDX-License-Identifier: MPL-2.0
// The set of open cases: read once, then kept up to date from the change stream.
#include <stdlib.h>
#include <string.h>

#include "points_internal.h"

enum { WORDS_CEILING = 1024 * 1024, NEWS_CEILING = 16 * 1024 * 1024 };

struct case_points *case_points_new(void)
{
    struct case_points *points = memory_new(sizeof *points);
    pthread_rwlock_init(&points->lock, NULL);
    points->words = arena_new(WORDS_CEILING);
    return points;
}

static void empty(struct case_points *points)
{
    for (size_t i = 0; i < points->case_count; i++)
        free(points->cases[i].holders);
    for (size_t i = 0; i < points->bucket_count; i++)
        free(points->buckets[i].dots);
    free(points->cases);
    free(points->buckets);
    point_map_done(&points->by_case);
    point_map_done(&points->by_place);
    points->cases = NULL;
    points->buckets = NULL;
    points->case_count = points->case_capacity = points->used = 0;
    points->bucket_count = points->bucket_capacity = 0;
    points->free_slot = 0;
    points->ready = false;
}

struct case_points *case_points_free(struct case_points *points)
{
    if (points != NULL) {
        empty(points);
        arena_free(points->words);
        pthread_rwlock_destroy(&points->lock);
        free(points);
    }
    return NULL;
}

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "tile.memory", "out of memory for points");
}

// ---- one case more or less ----
static void note(struct case_points *points, int64_t position, struct tile_point at)
{
    const uint64_t place = points->log_count++ % POINT_LOG;
    if (points->log_count > POINT_LOG)
        points->log_floor = points->log[place].position;
    points->log[place].position = position;
    points->log[place].at = at;
}

static uint64_t place_key(struct tile_point at)
{
    return (uint64_t)(at.x >> POINT_BUCKET_SHIFT) << 32 | at.y >> POINT_BUCKET_SHIFT;
}

static struct point_bucket *bucket_at(struct case_points *points, struct tile_point at,
                                      uint32_t *ret_index)
{
    uint32_t index = 0;
    if (!point_map_find(&points->by_place, place_key(at), &index)) {
        if (points->bucket_count == points->bucket_capacity) {
            const size_t bigger = points->bucket_capacity * 2 + 64;
            struct point_bucket *fresh = realloc(points->buckets, bigger * sizeof *fresh);
            if (fresh == NULL)
                return NULL;
            points->buckets = fresh;
            points->bucket_capacity = bigger;
        }
        index = (uint32_t)points->bucket_count;
        if (!point_map_put(&points->by_place, place_key(at), index))
            return NULL;
        points->buckets[points->bucket_count++] = (struct point_bucket){
            .x = at.x >> POINT_BUCKET_SHIFT, .y = at.y >> POINT_BUCKET_SHIFT};
    }
    *ret_index = index;
    return &points->buckets[index];
}

static bool add_dot(struct case_points *points, const struct point_dot *dot)
{
    uint32_t index = 0;
    struct point_bucket *bucket = bucket_at(points, dot->at, &index);
    if (bucket == NULL)
        return false;
    if (bucket->count == bucket->capacity) {
        const uint32_t bigger = bucket->capacity * 2 + 8;
        struct point_dot *fresh = realloc(bucket->dots, bigger * sizeof *fresh);
        if (fresh == NULL)
            return false;
        bucket->dots = fresh;
        bucket->capacity = bigger;
    }
    points->cases[dot->slot].bucket = index;
    points->cases[dot->slot].place = bucket->count;
    bucket->dots[bucket->count++] = *dot;
    return true;
}

static struct tile_point remove_dot(struct case_points *points, uint32_t slot)
{
    const struct point_case *one = &points->cases[slot];
    struct point_bucket *bucket = &points->buckets[one->bucket];
    const struct tile_point at = bucket->dots[one->place].at;
    const struct point_dot last = bucket->dots[--bucket->count];
    if (last.slot != slot) {
        bucket->dots[one->place] = last;
        points->cases[last.slot].place = one->place;
    }
    return at;
}

static void remove_case(struct case_points *points, uint32_t slot)
{
    struct point_case *one = &points->cases[slot];
    point_map_remove(&points->by_case, (uint64_t)one->case_id);
    free(one->holders);
    *one = (struct point_case){.next_free = points->free_slot};
    points->free_slot = slot + 1;
    points->used--;
}

static bool new_slot(struct case_points *points, uint32_t *ret_slot)
{
    if (points->free_slot != 0) {
        *ret_slot = points->free_slot - 1;
        points->free_slot = points->cases[*ret_slot].next_free;
    } else {
        if (points->case_count == points->case_capacity) {
            const size_t bigger = points->case_capacity * 2 + 256;
            struct point_case *fresh =
                bigger < UINT32_MAX ? realloc(points->cases, bigger * sizeof *fresh) : NULL;
            if (fresh == NULL)
                return false;
            points->cases = fresh;
            points->case_capacity = bigger;
        }
        *ret_slot = (uint32_t)points->case_count++;
    }
    points->cases[*ret_slot] = (struct point_case){0};
    points->used++;
    return true;
}

// Steps of a process are few: kept once each.
static const char *step_word(struct case_points *points, const char *step)
{
    const size_t most = sizeof points->steps / sizeof *points->steps;
    for (size_t i = 0; i < points->step_count; i++)
        if (strcmp(points->steps[i], step) == 0)
            return points->steps[i];
    const char *word = arena_text(points->words, step);
    if (word != NULL && points->step_count < most)
        points->steps[points->step_count++] = word;
    return word;
}

// When its light turns: a light is the same between the instants of its clock.
static void set_lights(struct point_dot *dot, const struct case_row *row)
{
    const int64_t due = row->clock.due_ms;
    const int64_t instants[] = {row->clock.yellow_at_ms, due,
                                due == INSTANT_NONE ? INSTANT_NONE : due + 1};
    size_t turns = 0;
    dot->light[0] = (uint8_t)case_row_light(row, 0);
    dot->turn_ms[0] = dot->turn_ms[1] = INT64_MAX;
    for (size_t i = 0; i < 3; i++) {
        const uint8_t light = instants[i] == INSTANT_NONE
                                  ? dot->light[turns]
                                  : (uint8_t)case_row_light(row, instants[i]);
        if (light != dot->light[turns] && turns < 2) {
            dot->turn_ms[turns++] = instants[i];
            dot->light[turns] = light;
        }
    }
    for (size_t i = turns + 1; i < 3; i++)
        dot->light[i] = dot->light[turns];
}

static void fill_case(struct case_points *points, struct point_case *one,
                      const struct case_row *row)
{
    *one = (struct point_case){.case_id = row->case_id,
                               .due_sort_ms = case_due_sort(row),
                               .opened_ms = row->opened_ms,
                               .department_id = (int32_t)row->department_id,
                               .grid_id = (int32_t)row->place.grid_id,
                               .reported_by = row->reported_by,
                               .holder_person = row->holder_person,
                               .holder_department = (int32_t)row->holder_department,
                               .class_id = (int32_t)row->place.class_id,
                               .condition_id = (int32_t)row->place.condition_id,
                               .stage = (int16_t)row->stage,
                               .queue = (int16_t)row->queue,
                               .source = (int16_t)row->source,
                               .holder_role = (int16_t)row->holder_role,
                               .bucket = POINT_NO_BUCKET,
                               .step = step_word(points, row->step)};
    for (size_t i = 0; i < CITY_LEVEL_LIMIT; i++)
        one->areas[i] = (int32_t)row->place.areas[i];
    memcpy(one->number, row->number, sizeof one->number);
}

void point_case_row(const struct point_case *one, struct case_row *row)
{
    memcpy(row->number, one->number, sizeof one->number);
    row->case_id = one->case_id;
    row->step = one->step;
    row->stage = one->stage;
    row->queue = one->queue;
    row->source = one->source;
    row->opened_ms = one->opened_ms;
    row->department_id = one->department_id;
    row->reported_by = one->reported_by;
    row->holder_person = one->holder_person;
    row->holder_department = one->holder_department;
    row->holder_role = one->holder_role;
    row->place.class_id = one->class_id;
    row->place.condition_id = one->condition_id;
    row->place.grid_id = one->grid_id;
    for (size_t i = 0; i < CITY_LEVEL_LIMIT; i++)
        row->place.areas[i] = one->areas[i];
}

// Takes an open case in. Its holders come with it, or one by one.
static int add_case(struct case_points *points, const struct case_row *row,
                    struct point_held *held, struct error *error)
{
    uint32_t slot = 0;
    if (!new_slot(points, &slot))
        return no_memory(error);
    struct point_case *one = &points->cases[slot];
    fill_case(points, one, row);
    one->holders = held->holders;
    one->holder_count = held->count;
    *held = (struct point_held){0};
    struct point_dot dot = {.case_id = row->case_id, .slot = slot};
    if (row->place.has_point) {
        dot.at = tile_project(row->place.point.lon_deg, row->place.point.lat_deg);
        set_lights(&dot, row);
    }
    if (one->step == NULL ||
        !point_map_put(&points->by_case, (uint64_t)row->case_id, slot) ||
        (row->place.has_point && !add_dot(points, &dot))) {
        remove_case(points, slot);
        return no_memory(error);
    }
    return 0;
}

// ---- all of them ----
static int take_one(void *context, const struct case_row *row, struct error *error)
{
    struct point_held none = {0};
    return add_case(context, row, &none, error);
}

static int hold_one(void *context, int64_t case_id, const struct case_holder *holder,
                    struct error *error)
{
    struct case_points *points = context;
    uint32_t slot = 0;
    if (!point_map_find(&points->by_case, (uint64_t)case_id, &slot))
        return 0;
    struct point_case *one = &points->cases[slot];
    struct point_held held = {one->holders, one->holder_count};
    bool good = point_held_add(&held, holder->department_id, holder->person_id);
    one->holders = held.holders;
    one->holder_count = held.count;
    return good ? 0 : no_memory(error);
}

static int begin_anew(struct case_points *points, struct db *db,
                      const struct case_stream *stream, struct error *error)
{
    const struct point_reader reader = {take_one, hold_one, points};
    empty(points);
    points->log_count = 0;
    points->log_floor = points->position = stream->last;
    points->epoch = stream->epoch;
    int code = point_read_all(db, &reader, error);
    if (code != 0)
        empty(points);
    points->ready = code == 0;
    return code;
}

// ---- what has changed ----
static bool place_of(const struct case_points *points, uint32_t slot,
                     struct tile_point *ret_at)
{
    const struct point_case *one = &points->cases[slot];
    if (one->bucket == POINT_NO_BUCKET)
        return false;
    *ret_at = points->buckets[one->bucket].dots[one->place].at;
    return true;
}

static int take_change(struct case_points *points, struct point_news *news, size_t i,
                       struct error *error)
{
    const int64_t position = news->positions[i];
    const uint64_t key = (uint64_t)news->ids[i];
    uint32_t slot = 0;
    struct tile_point at;
    if (point_map_find(&points->by_case, key, &slot)) {
        if (place_of(points, slot, &at))
            note(points, position, remove_dot(points, slot));
        remove_case(points, slot);
    }
    if (!news->cases[i].open)
        return 0;
    int code = add_case(points, &news->cases[i].row, &news->cases[i].held, error);
    if (code != 0)
        points->ready = false; // a case is missing: read anew
    else if (point_map_find(&points->by_case, key, &slot) && place_of(points, slot, &at))
        note(points, position, at);
    return code;
}

// Everything is read before anything is touched: a reader that runs out of its budget
// leaves the set as it was, as far as it had come.
static int follow(struct case_points *points, struct db *db, int64_t last,
                  struct error *error)
{
    struct point_news *news = memory_new(sizeof *news);
    int code = 0;
    while (code == 0 && points->position < last) {
        struct arena *words ARENA_CLEANUP = arena_new(NEWS_CEILING);
        code = point_news_read(db, points->position, words, news, error);
        for (size_t i = 0; i < news->count && code == 0; i++)
            code = take_change(points, news, i, error);
        if (code == 0) // holes at the end
            points->position = news->up_to != 0 ? news->up_to : last;
        point_news_done(news);
    }
    free(news);
    return code;
}

static bool is_far_behind(const struct case_points *points,
                          const struct case_stream *stream)
{
    return !points->ready || points->epoch != stream->epoch ||
           stream->last < points->position || stream->first > points->position + 1 ||
           stream->last - points->position > POINT_CHANGES_MOST;
}

static int catch_up(struct case_points *points, struct db *db,
                    const struct case_stream *stream, struct error *error)
{
    return is_far_behind(points, stream) ? begin_anew(points, db, stream, error)
                                         : follow(points, db, stream->last, error);
}

static bool take_lock(struct case_points *points, bool write, bool wait)
{
    if (write)
        return (wait ? pthread_rwlock_wrlock(&points->lock)
                     : pthread_rwlock_trywrlock(&points->lock)) == 0;
    return (wait ? pthread_rwlock_rdlock(&points->lock)
                 : pthread_rwlock_tryrdlock(&points->lock)) == 0;
}

int case_points_refresh(struct case_points *points, struct db *db, bool wait,
                        struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct case_stream stream = {0};
    int code = db_begin(db, DB_READ, &transaction, error);
    if (code == 0)
        code = case_stream(db, &stream, error);
    if (code != 0)
        return code;
    // Before this lock another thread may have gone further than this reader sees.
    if (!take_lock(points, false, wait))
        return error_set(error, ERROR_BUSY, "db.over_budget", "points are being read");
    const bool behind =
        !points->ready || points->epoch != stream.epoch || points->position < stream.last;
    pthread_rwlock_unlock(&points->lock);
    if (!behind)
        return 0;
    if (!take_lock(points, true, wait))
        return error_set(error, ERROR_BUSY, "db.over_budget", "points are being read");
    if (!points->ready || points->epoch != stream.epoch || points->position < stream.last)
        code = catch_up(points, db, &stream, error);
    pthread_rwlock_unlock(&points->lock);
    return code;
}

// ---- what others ask ----
bool case_points_is_ready(struct case_points *points)
{
    bool ready = pthread_rwlock_tryrdlock(&points->lock) == 0;
    if (ready) { // whoever reads it anew has the lock
        ready = points->ready;
        pthread_rwlock_unlock(&points->lock);
    }
    return ready;
}

void case_points_state(struct case_points *points, struct case_points_state *ret_state)
{
    pthread_rwlock_rdlock(&points->lock);
    *ret_state = (struct case_points_state){
        .epoch = points->epoch,
        .position = points->position,
        .count = points->used,
        .bytes = sizeof *points + points->case_capacity * sizeof(struct point_case) +
                 points->used * (sizeof(struct point_dot) + 64) +
                 points->bucket_capacity * sizeof(struct point_bucket)};
    pthread_rwlock_unlock(&points->lock);
}

bool case_points_same(struct case_points *points, const struct tile_id *tile, int64_t since,
                      int64_t *ret_position)
{
    const struct tile_box box = tile_id_box(tile, 0);
    pthread_rwlock_rdlock(&points->lock);
    bool same = points->ready && since >= points->log_floor && since <= points->position;
    const uint64_t kept = points->log_count < POINT_LOG ? points->log_count : POINT_LOG;
    // From the newest back to what the asker knows.
    for (uint64_t i = 1; same && i <= kept; i++) {
        const uint64_t place = (points->log_count - i) % POINT_LOG;
        if (points->log[place].position <= since)
            break;
        const struct tile_point at = points->log[place].at;
        same = !(at.x >= box.west && at.x <= box.east && at.y >= box.north &&
                 at.y <= box.south);
    }
    *ret_position = points->position;
    pthread_rwlock_unlock(&points->lock);
    return same;
}
