// SPDX-License-Identifier: MPL-2.0
// Hot spots: a place against its own past, class by class.
#include "spot_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MOST = 1 << 20, HOT_LEAST = 3 };

// Counts of one place and class: the period first, then the stretches before it.
struct counting {
    const struct hot_query *query;
    int column;      // of the place
    size_t length;   // days of a stretch
    size_t stride;   // counts of a key
    uint64_t *keys;  // open addressing; 0: free
    int32_t *counts; // room * stride
    size_t used, room;
};

static void counting_done(struct counting *counting)
{
    free(counting->keys);
    free(counting->counts);
}

static size_t slot_of(const struct counting *counting, uint64_t key)
{
    size_t at = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (counting->room - 1);
    while (counting->keys[at] != 0 && counting->keys[at] != key)
        at = (at + 1) & (counting->room - 1);
    return at;
}

static int grow(struct counting *counting, struct error *error)
{
    struct counting old = *counting;
    size_t room = old.room > 0 ? 2 * old.room : 4096;
    if (room > KEYS_MOST)
        return spots_too_many(error);
    counting->room = room;
    counting->keys = calloc(room, sizeof *counting->keys);
    counting->counts = calloc(room * counting->stride, sizeof *counting->counts);
    if (counting->keys == NULL || counting->counts == NULL) {
        counting_done(counting);
        *counting = old;
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for %zu places",
                         room);
    }
    for (size_t i = 0; i < old.room; i++) {
        if (old.keys[i] == 0)
            continue;
        size_t at = slot_of(counting, old.keys[i]);
        counting->keys[at] = old.keys[i];
        memcpy(counting->counts + at * counting->stride, old.counts + i * old.stride,
               old.stride * sizeof *old.counts);
    }
    counting_done(&old);
    return 0;
}

static int count_row(void *context, const struct facts_block *block, size_t row,
                     struct error *error)
{
    struct counting *counting = context;
    const uint32_t *places = block->wide[counting->column];
    uint64_t place = places != NULL ? places[row] : 0;
    uint64_t class_id = block->wide[FACTS_CLASS][row];
    int64_t day = block->narrow[FACTS_OPENED][row];
    if (place == 0 || class_id == 0)
        return 0;
    if (2 * (counting->used + 1) > counting->room) {
        int code = grow(counting, error);
        if (code != 0)
            return code;
    }
    uint64_t key = place << 32 | class_id;
    size_t at = slot_of(counting, key);
    counting->used += counting->keys[at] == 0;
    counting->keys[at] = key;
    int64_t back = counting->query->figures.to_day - day;
    counting->counts[at * counting->stride + (size_t)back / counting->length] +=
        (int32_t)block->weight;
    return 0;
}

// The first day on which anything was reported; 0: never.
static int64_t first_day_of(const struct facts *facts)
{
    int64_t first = 0;
    for (size_t i = 0; i < facts_blocks(facts); i++) {
        struct facts_block block = facts_block(facts, i);
        for (size_t row = 0; row < block.count; row++) {
            uint16_t day = block.narrow[FACTS_OPENED][row];
            if (day != 0 && (first == 0 || day < first))
                first = day;
            if (!block.changed && block.first_day > 0 && first <= block.first_day)
                break; // nothing earlier in this block
        }
    }
    return first;
}

static double distance(const struct hot_spot *spot)
{
    return ((double)spot->now - spot->usual) / sqrt(spot->usual + 1);
}

static int by_distance(const void *a_spot, const void *b_spot)
{
    const struct hot_spot *a = a_spot, *b = b_spot;
    double x = distance(a), y = distance(b);
    if (x > y || x < y)
        return (x < y) - (x > y);
    if (a->place_id != b->place_id)
        return (a->place_id > b->place_id) - (a->place_id < b->place_id);
    return (a->class_id > b->class_id) - (a->class_id < b->class_id);
}

static bool is_hot(const struct hot_spot *spot)
{
    return spot->now >= HOT_LEAST && (double)spot->now >= 2 * spot->usual &&
           spot->now > spot->before;
}

static int tell(const struct counting *counting, size_t windows, struct arena *arena,
                struct hot_answer *answer, struct error *error)
{
    struct hot_spot *found = calloc(counting->used + 1, sizeof *found);
    size_t count = 0, most = counting->query->most;
    if (found == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for hot spots");
    for (size_t i = 0; i < counting->room && windows >= 2; i++) {
        const int32_t *counts = counting->counts + i * counting->stride;
        struct hot_spot spot = {.place_id = (int64_t)(counting->keys[i] >> 32),
                                .class_id = (int64_t)(counting->keys[i] & UINT32_MAX),
                                .now = counts[0]};
        int64_t sum = 0;
        for (size_t k = 1; k <= windows; k++) {
            sum += counts[k];
            spot.before = counts[k] > spot.before ? counts[k] : spot.before;
        }
        spot.usual = (double)sum / (double)windows;
        if (is_hot(&spot))
            found[count++] = spot;
    }
    qsort(found, count, sizeof *found, by_distance);
    answer->total = (int64_t)count;
    answer->count = count < most ? count : most;
    answer->spots = arena_array(arena, answer->count + 1, sizeof *answer->spots);
    if (answer->spots != NULL)
        memcpy(answer->spots, found, answer->count * sizeof *found);
    free(found);
    return answer->spots != NULL ? 0 : spots_too_many(error);
}

// Earlier stretches that begin no earlier than the record does.
static size_t whole_windows(const struct hot_query *query, size_t length, int64_t first)
{
    int64_t days = first > 0 ? query->figures.from_day - first : 0;
    size_t whole = days > 0 ? (size_t)days / length : 0;
    return whole < query->windows ? whole : query->windows;
}

static int count_all(const struct facts *facts, const struct figure_scope *scope,
                     const struct hot_query *query, struct arena *arena,
                     struct hot_answer *answer, struct error *error)
{
    const struct figure_query *figures = &query->figures;
    size_t length = (size_t)(figures->to_day - figures->from_day + 1);
    answer->windows = whole_windows(query, length, first_day_of(facts));
    struct counting counting = {.query = query,
                                .column = query->level < 0 ? FACTS_GRID
                                                           : FACTS_AREA + query->level,
                                .length = length,
                                .stride = answer->windows + 1};
    struct spot_span span = {figures->from_day - (int64_t)(answer->windows * length),
                             figures->to_day, INT64_MAX};
    int code = spots_walk(facts, scope, &span, count_row, &counting, error);
    if (code == 0)
        code = tell(&counting, answer->windows, arena, answer, error);
    counting_done(&counting);
    return code;
}

int spots_hot(struct facts *facts, struct db *db, const struct city_snapshot *city,
              const struct actor *actor, const struct hot_query *query, struct arena *arena,
              struct hot_answer *ret_answer, struct error *error)
{
    struct facts_state state;
    struct figure_scope scope;
    struct hot_answer answer = {0};
    int code = facts_hold(facts, db, city, &state, error);
    if (code != 0)
        return code;
    answer.trouble = state.trouble;
    code = figure_scope_make(city, actor, &query->figures, state.class_most, arena, &scope,
                             error);
    if (code == 0)
        code = count_all(facts, &scope, query, arena, &answer, error);
    facts_release(facts);
    if (code == 0)
        *ret_answer = answer;
    return code;
}
