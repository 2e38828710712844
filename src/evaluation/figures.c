// SPDX-License-Identifier: MPL-2.0
// Figures and the cases behind them, from the columns.
#include "figures_internal.h"

#include <stdlib.h>

#include <gridcase/rules/calendar.h>

static int count(struct facts *facts, const struct facts_state *state,
                 const struct city_snapshot *city, const struct actor *actor,
                 const struct figure_query *query, struct arena *arena,
                 struct figure_answer *answer, struct error *error)
{
    struct figure_cells cells;
    struct figure_scope scope;
    int code =
        figure_cells_make(city, query, facts, state->class_most, arena, &cells, error);
    if (code == 0)
        code =
            figure_scope_make(city, actor, query, state->class_most, arena, &scope, error);
    cells.whole = code == 0 && !scope.filtered && cells.width == 1 && !cells.clock;
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
    int code = figure_cells_make(city, query, NULL, 0, arena, &cells, error);
    cells.whole = code == 0 && !scope->filtered && cells.width == 1;
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
    const struct figure_count *counts; // a case that counts for one of them is listed
    size_t count_count;
    struct fact_clock clock;
    int64_t before; // ids below this one
    int64_t *ids;   // the largest found so far, a ring
    size_t most;    // room of the ring
    size_t found;   // below `before`
    int64_t total;
    int32_t marks[FACT_CHUNK], more[FACT_CHUNK];
};

// Rows of a chunk that are listed, in marks.
static size_t mark(struct listing *listing, const struct figure_scope *scope,
                   const struct facts_block *block, size_t from)
{
    size_t count = block->count - from < FACT_CHUNK ? block->count - from : FACT_CHUNK;
    struct fact_rows rows = {.block = block, .from = from, .count = count};
    for (size_t k = 0; k < listing->count_count; k++) {
        int32_t *out = k == 0 ? listing->marks : listing->more;
        figure_marks(listing->query, &listing->counts[k], &listing->clock, &rows, out);
        for (size_t i = 0; k > 0 && i < count; i++)
            listing->marks[i] |= listing->more[i];
    }
    for (size_t i = 0; scope->filtered && i < count; i++)
        if (listing->marks[i] != 0 && !figure_scope_fits(scope, block, from + i))
            listing->marks[i] = 0;
    return count;
}

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
        for (size_t from = 0; !block.changed && from < block.count; from += FACT_CHUNK) {
            size_t count = mark(listing, scope, &block, from);
            for (size_t row = 0; row < count; row++)
                if (listing->marks[row] != 0 &&
                    !facts_is_replaced(facts, block.wide[FACTS_CASE][from + row]))
                    keep(listing, block.wide[FACTS_CASE][from + row]);
        }
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
        bool wanted = block.changed && block.weight > 0;
        for (size_t from = 0; wanted && from < block.count; from += FACT_CHUNK) {
            size_t count = mark(listing, scope, &block, from);
            for (size_t row = 0; row < count; row++) {
                int64_t id = block.wide[FACTS_CASE][from + row];
                listing->total += listing->marks[row] != 0;
                if (listing->marks[row] != 0 && id < listing->before)
                    ids[(*ret_count)++] = id;
            }
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

// The counts whose cases are meant: the measure itself, or those above or below its line.
static size_t counts_meant(const struct figure_query *query, size_t measure, bool below,
                           const struct indicator **ret_counts)
{
    const struct indicator *of = evaluation_measure(query->evaluation, measure);
    size_t count = 0;
    if (of == NULL)
        return 0;
    if (of->is_count) {
        ret_counts[0] = of;
        return 1;
    }
    uint32_t bits = !of->quotient ? UINT32_MAX : below ? of->below : of->above;
    for (size_t i = 0; i < of->part_count; i++) {
        const struct indicator *part =
            evaluation_measure(query->evaluation, (size_t)of->parts[i]);
        if ((bits >> i & 1) != 0 && part->is_count)
            ret_counts[count++] = part;
    }
    return count;
}

static int make_listing(const struct city_snapshot *city, size_t measure, bool below,
                        uint32_t class_most, struct arena *arena, struct listing *listing,
                        struct error *error)
{
    const struct indicator *meant[INDICATOR_PARTS_MOST];
    size_t count = counts_meant(listing->query, measure, below, meant);
    struct figure_count *counts = arena_array(arena, count + 1, sizeof *counts);
    int code = counts == NULL
                   ? error_set(error, ERROR_LIMIT, "figures.memory", "no room for a list")
                   : 0;
    if (code == 0 && count == 0)
        code = error_set(error, ERROR_INPUT, "figures.no_list",
                         "no cases stand behind this figure");
    for (size_t i = 0; i < count && code == 0; i++)
        code = figure_count_make(meant[i], city, listing->query, class_most, arena,
                                 &counts[i], error);
    listing->counts = counts;
    listing->count_count = count;
    return code;
}

int figures_list(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct actor *actor, const struct figure_query *query,
                 size_t measure, bool below, int64_t before, size_t most,
                 struct arena *arena, struct figure_list *ret_list, struct error *error)
{
    struct facts_state state;
    struct figure_scope scope;
    struct figure_list found = {.case_ids = arena_array(arena, most, sizeof(int64_t))};
    struct listing listing = {.query = query,
                              .before = before,
                              .most = most,
                              .clock = {.zone = calendar_zone(city_calendar(city, 0))},
                              .ids = arena_array(arena, most, sizeof(int64_t))};
    if (most == 0 || found.case_ids == NULL || listing.ids == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no room for a list");
    int code = facts_hold(facts, db, city, &state, error);
    if (code != 0)
        return code;
    found.trouble = state.trouble;
    code = figure_scope_make(city, actor, query, state.class_most, arena, &scope, error);
    if (code == 0)
        code = make_listing(city, measure, below, state.class_most, arena, &listing, error);
    if (code == 0)
        code = list(facts, &scope, &listing, most, &found, error);
    facts_release(facts);
    if (code == 0)
        *ret_list = found;
    return code;
}
