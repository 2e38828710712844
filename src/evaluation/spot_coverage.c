// SPDX-License-Identifier: MPL-2.0
// Unit grids in which collectors reported anything, and those in which only others did.
#include "spot_internal.h"

#include <stdlib.h>

#include <gridcase/cases/track.h>
#include <gridcase/rules/process.h>

struct visiting {
    size_t room;         // grid ids are below
    int32_t *collectors; // reports by grid id
    int32_t *others;
    uint8_t *walked;
};

static int count_row(void *context, const struct facts_block *block, size_t row,
                     struct error *error)
{
    struct visiting *visiting = context;
    uint32_t grid = block->wide[FACTS_GRID][row];
    unsigned source = block->narrow[FACTS_FLAGS][row] & FACTS_SOURCE;
    (void)error;
    if (grid != 0 && grid < visiting->room)
        (source == PROCESS_SOURCE_COLLECTOR ? visiting->collectors
                                            : visiting->others)[grid] +=
            (int32_t)block->weight;
    return 0;
}

static void note_walked(void *context, int64_t grid_id)
{
    struct visiting *visiting = context;
    if (grid_id > 0 && (uint64_t)grid_id < visiting->room)
        visiting->walked[grid_id] = 1;
}

static bool is_asked_for(const struct city_snapshot *city,
                         const struct coverage_query *query, const struct city_grid *grid)
{
    const struct figure_ids *areas = &query->figures.areas;
    for (size_t i = 0; i < areas->count; i++) {
        const struct city_area *area = city_area_by_id(city, areas->ids[i]);
        if (area == NULL || grid->areas[area->level] != area->id)
            return false;
    }
    return !grid->closed;
}

static void add(struct coverage *to, const struct visiting *visiting, int64_t grid_id)
{
    int32_t collectors = visiting->collectors[grid_id], others = visiting->others[grid_id];
    to->grids++;
    to->walked += visiting->walked[grid_id];
    to->visited += collectors > 0;
    to->others += collectors <= 0 && others > 0;
    to->reports += collectors > 0 ? collectors : 0;
}

static int tell(const struct visiting *visiting, const struct city_snapshot *city,
                const struct coverage_query *query, struct arena *arena,
                struct coverage_answer *answer, struct error *error)
{
    size_t count = city_areas(city), room = 1;
    for (size_t i = 0; i < count; i++)
        if ((size_t)city_area(city, i)->id >= room)
            room = (size_t)city_area(city, i)->id + 1;
    struct coverage *by_id = arena_array(arena, room, sizeof *by_id);
    answer->areas = arena_array(arena, count + 1, sizeof *answer->areas);
    if (by_id == NULL || answer->areas == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no room for the areas");
    for (size_t i = 0; i < city_grids(city); i++) {
        const struct city_grid *grid = city_grid(city, i);
        if (!is_asked_for(city, query, grid))
            continue;
        int64_t area = grid->areas[query->level];
        add(&by_id[area >= 0 && (size_t)area < room ? area : 0], visiting, grid->id);
        add(&answer->total, visiting, grid->id);
    }
    if (by_id[0].grids > 0)
        answer->areas[answer->count++] = by_id[0];
    for (size_t i = 0; i < count; i++) {
        int64_t id = city_area(city, i)->id;
        if (by_id[id].grids == 0)
            continue;
        by_id[id].area_id = id;
        answer->areas[answer->count++] = by_id[id];
    }
    return 0;
}

static int visiting_new(const struct city_snapshot *city, struct arena *arena,
                        struct visiting *visiting, struct error *error)
{
    visiting->room = 1;
    for (size_t i = 0; i < city_grids(city); i++)
        if ((size_t)city_grid(city, i)->id >= visiting->room)
            visiting->room = (size_t)city_grid(city, i)->id + 1;
    visiting->collectors = arena_array(arena, visiting->room, sizeof(int32_t));
    visiting->others = arena_array(arena, visiting->room, sizeof(int32_t));
    visiting->walked = arena_array(arena, visiting->room, 1);
    return visiting->collectors != NULL && visiting->others != NULL &&
                   visiting->walked != NULL
               ? 0
               : error_set(error, ERROR_LIMIT, "figures.memory", "no room for the grids");
}

static int count_all(struct facts *facts, const struct facts_state *state,
                     const struct city_snapshot *city, const struct actor *actor,
                     const struct coverage_query *query, struct arena *arena,
                     struct visiting *visiting, struct error *error)
{
    struct figure_scope scope;
    struct spot_span span = {query->figures.from_day, query->figures.to_day, INT64_MAX};
    int code = figure_scope_make(city, actor, &query->figures, state->class_most, arena,
                                 &scope, error);
    return code != 0 ? code : spots_walk(facts, &scope, &span, count_row, visiting, error);
}

int spots_coverage(struct facts *facts, struct db *db, const struct city_snapshot *city,
                   const struct actor *actor, const struct coverage_query *query,
                   struct arena *arena, struct coverage_answer *ret_answer,
                   struct error *error)
{
    struct facts_state state;
    struct coverage_answer answer = {0};
    struct visiting visiting = {0};
    const struct city_level *level = city_level(city, query->level);
    if (level == NULL || level->kind != CITY_NESTING)
        return error_set(error, ERROR_INPUT, "spots.level",
                         "areas of that level are not made of unit grids");
    int code = visiting_new(city, arena, &visiting, error);
    if (code == 0)
        code = facts_hold(facts, db, city, &state, error);
    if (code != 0)
        return code;
    answer.trouble = state.trouble;
    code = count_all(facts, &state, city, actor, query, arena, &visiting, error);
    facts_release(facts);
    if (code == 0 && query->tracks != NULL)
        code = track_grids(query->tracks, query->figures.from_day, query->figures.to_day,
                           note_walked, &visiting, error);
    if (code == 0)
        code = tell(&visiting, city, query, arena, &answer, error);
    if (code == 0)
        *ret_answer = answer;
    return code;
}
