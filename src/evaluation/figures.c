// SPDX-License-Identifier: MPL-2.0
// Figures and the cases behind them, from the columns.
#include "figures_internal.h"

#include <stdlib.h>

static int count(struct facts *facts, const struct facts_state *state,
                 const struct city_snapshot *city, const struct actor *actor,
                 const struct figure_query *query, struct arena *arena,
                 struct figure_answer *answer, struct error *error)
{
    struct figure_cells cells;
    struct figure_scope scope;
    int code = figure_cells_make(city, query, state->class_most, arena, &cells, error);
    if (code == 0)
        code =
            figure_scope_make(city, actor, query, state->class_most, arena, &scope, error);
    for (size_t i = 0; code == 0 && i < facts_blocks(facts); i++) {
        struct facts_block block = facts_block(facts, i);
        figure_cells_add(&cells, &scope, &block);
    }
    return code != 0 ? code : figure_cells_tell(&cells, arena, answer, error);
}

static int count_rollups(struct db *db, const struct city_snapshot *city,
                         const struct figure_query *query, const struct figure_scope *scope,
                         struct arena *arena, struct figure_answer *answer,
                         struct error *error)
{
    struct figure_cells cells;
    int code = figure_cells_make(city, query, 0, arena, &cells, error);
    if (code == 0)
        code = figures_rollup_add(db, &cells, scope, answer, error);
    return code != 0 ? code : figure_cells_tell(&cells, arena, answer, error);
}

int figures_compute(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, const struct figure_query *query,
                    struct arena *arena, struct figure_answer *ret_answer,
                    struct error *error)
{
    struct facts_state state;
    struct figure_scope scope;
    struct figure_answer answer = {0};
    int code = figure_scope_make(city, actor, query, 0, arena, &scope, error);
    if (code == 0 && figures_rollup_fits(query, &scope)) {
        code = count_rollups(db, city, query, &scope, arena, &answer, error);
    } else if (code == 0) {
        code = facts_hold(facts, db, city, &state, error);
        if (code != 0)
            return code;
        answer = (struct figure_answer){
            .epoch = state.epoch, .position = state.position, .trouble = state.trouble};
        code = count(facts, &state, city, actor, query, arena, &answer, error);
        facts_release(facts);
    }
    if (code == 0)
        *ret_answer = answer;
    return code;
}

// ---- lists ----
struct listing {
    const struct figure_query *query;
    enum figure_measure measure;
    int64_t before; // ids below this one
    int64_t *ids;   // the largest found so far, a ring
    size_t most;    // room of the ring
    size_t found;   // below `before`
    int64_t total;
};

static void keep(struct listing *listing, int64_t id)
{
    listing->total++;
    if (id < listing->before)
        listing->ids[listing->found++ % listing->most] = id;
}

static int compare(const void *a_id, const void *b_id)
{
    int64_t a = *(const int64_t *)a_id, b = *(const int64_t *)b_id;
    return (a < b) - (a > b); // largest first
}

// Ids of the file rise, so the ring ends with the largest of them.
static void list_file(struct listing *listing, const struct facts *facts,
                      const struct figure_scope *scope)
{
    for (size_t i = 0; i < facts_blocks(facts); i++) {
        struct facts_block block = facts_block(facts, i);
        for (size_t row = 0; !block.changed && row < block.count; row++)
            if (figure_counts(listing->query, listing->measure, &block, row) &&
                (!scope->filtered || figure_scope_fits(scope, &block, row)) &&
                !facts_is_replaced(facts, block.wide[FACTS_CASE][row]))
                keep(listing, block.wide[FACTS_CASE][row]);
    }
}

// The changed ones in no order: those below `before`, all of them.
static int list_changed(struct listing *listing, const struct facts *facts,
                        const struct figure_scope *scope, int64_t **ret_ids,
                        size_t *ret_count, struct error *error)
{
    size_t room = 0;
    for (size_t i = 0; i < facts_blocks(facts); i++) {
        struct facts_block block = facts_block(facts, i);
        room += block.changed && block.weight > 0 ? block.count : 0;
    }
    int64_t *ids = calloc(room + 1, sizeof *ids);
    if (ids == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for a list");
    for (size_t i = 0; i < facts_blocks(facts); i++) {
        struct facts_block block = facts_block(facts, i);
        for (size_t row = 0; block.changed && block.weight > 0 && row < block.count;
             row++) {
            int64_t id = block.wide[FACTS_CASE][row];
            if (!figure_counts(listing->query, listing->measure, &block, row) ||
                (scope->filtered && !figure_scope_fits(scope, &block, row)))
                continue;
            listing->total++;
            if (id < listing->before)
                ids[(*ret_count)++] = id;
        }
    }
    *ret_ids = ids;
    return 0;
}

// The largest of both, in order.
static void merge(const struct listing *listing, const int64_t *changed, size_t count,
                  size_t most, struct figure_list *list)
{
    size_t kept = listing->found < listing->most ? listing->found : listing->most;
    size_t a = 0, b = 0;
    while (list->count < most && (a < kept || b < count))
        list->case_ids[list->count++] =
            b == count || (a < kept && listing->ids[a] > changed[b]) ? listing->ids[a++]
                                                                     : changed[b++];
    bool more = a < kept || b < count || listing->found > kept;
    list->next = more ? list->case_ids[list->count - 1] : 0;
    list->total = listing->total;
}

static int list(struct facts *facts, const struct figure_scope *scope,
                struct listing *listing, size_t most, struct figure_list *list,
                struct error *error)
{
    int64_t *changed = NULL;
    size_t count = 0;
    list_file(listing, facts, scope);
    int code = list_changed(listing, facts, scope, &changed, &count, error);
    if (code != 0)
        return code;
    size_t kept = listing->found < listing->most ? listing->found : listing->most;
    qsort(listing->ids, kept, sizeof *listing->ids, compare);
    qsort(changed, count, sizeof *changed, compare);
    merge(listing, changed, count, most, list);
    free(changed);
    return 0;
}

int figures_list(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct actor *actor, const struct figure_query *query,
                 enum figure_measure measure, int64_t before, size_t most,
                 struct arena *arena, struct figure_list *ret_list, struct error *error)
{
    struct facts_state state;
    struct figure_scope scope;
    struct figure_list found = {.case_ids = arena_array(arena, most, sizeof(int64_t))};
    struct listing listing = {.query = query,
                              .measure = measure,
                              .before = before,
                              .most = most,
                              .ids = arena_array(arena, most, sizeof(int64_t))};
    if (most == 0 || found.case_ids == NULL || listing.ids == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no room for a list");
    int code = facts_hold(facts, db, city, &state, error);
    if (code != 0)
        return code;
    found.trouble = state.trouble;
    code = figure_scope_make(city, actor, query, state.class_most, arena, &scope, error);
    if (code == 0)
        code = list(facts, &scope, &listing, most, &found, error);
    facts_release(facts);
    if (code == 0)
        *ret_list = found;
    return code;
}
