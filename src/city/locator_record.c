// SPDX-License-Identifier: MPL-2.0
// The leaves of a locator that edges cross: their records.
#include <stdlib.h>
#include <string.h>

#include "locator_build_internal.h"

bool cover_toggle(struct cover *cover, uint32_t shape)
{
    size_t at = 0;
    while (at < cover->count && cover->shape[at] < shape)
        at++;
    size_t behind = cover->count - at;
    if (at < cover->count && cover->shape[at] == shape) {
        memmove(cover->shape + at, cover->shape + at + 1,
                (behind - 1) * sizeof(*cover->shape));
        cover->count--;
        return true;
    }
    if (cover->count == LOCATOR_CANDIDATES)
        return false;
    memmove(cover->shape + at + 1, cover->shape + at, behind * sizeof(*cover->shape));
    cover->shape[at] = shape;
    cover->count++;
    return true;
}

// A record in the making: each distinct edge once, with the shapes on its sides.
struct draft {
    struct cover candidates;
    size_t edge_count;
    uint32_t edge[LOCATOR_EDGES]; // first of the equal ones
    uint64_t mask[LOCATOR_EDGES];
    uint64_t base;
};

static bool add_candidate(struct cover *candidates, uint32_t shape)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (candidates->shape[i] == shape)
            return true;
    return cover_toggle(candidates, shape);
}

static uint64_t candidate_bit(const struct cover *candidates, uint32_t shape)
{
    size_t i = 0;
    while (candidates->shape[i] != shape)
        i++;
    return UINT64_C(1) << i;
}

static bool same_edge(const struct builder_edge *a, const struct builder_edge *b)
{
    return a->a.x == b->a.x && a->a.y == b->a.y && a->b.x == b->b.x && a->b.y == b->b.y;
}

// Edges that a shape passes twice cancel out and are dropped.
static void drop_idle_edges(struct draft *draft)
{
    size_t kept = 0;
    for (size_t i = 0; i < draft->edge_count; i++) {
        if (!draft->mask[i])
            continue;
        draft->edge[kept] = draft->edge[i];
        draft->mask[kept++] = draft->mask[i];
    }
    draft->edge_count = kept;
}

static bool fill_draft(const struct builder *b, const struct cell *cell,
                       struct edge_list list, const struct cover *corner,
                       struct draft *draft)
{
    draft->candidates = *corner;
    draft->edge_count = 0;
    for (size_t i = 0; i < list.count; i++)
        if (!add_candidate(&draft->candidates, b->edges[list.edge[i]].shape))
            return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct builder_edge *e = &b->edges[list.edge[i]];
        size_t at = 0;
        while (at < draft->edge_count && !same_edge(&b->edges[draft->edge[at]], e))
            at++;
        if (at == draft->edge_count) {
            if (at == LOCATOR_EDGES)
                return false;
            draft->edge[at] = list.edge[i];
            draft->mask[at] = 0;
            draft->edge_count++;
        }
        draft->mask[at] ^= candidate_bit(&draft->candidates, e->shape);
    }
    drop_idle_edges(draft);
    draft->base = 0;
    for (size_t i = 0; i < corner->count; i++)
        draft->base |= candidate_bit(&draft->candidates, corner->shape[i]);
    for (size_t i = 0; i < draft->edge_count; i++)
        if (edge_north(&b->edges[draft->edge[i]], cell_last(cell->west, cell->shift),
                       cell_last(cell->south, cell->shift)))
            draft->base ^= draft->mask[i];
    return true;
}

static bool fits(int64_t coordinate, int64_t first)
{
    return coordinate - first >= INT16_MIN && coordinate - first <= INT16_MAX;
}

static bool is_small(const struct builder *b, const struct cell *cell,
                     const struct draft *draft)
{
    if (cell->shift > 15 || draft->candidates.count > LOCATOR_SMALL_CANDIDATES ||
        draft->edge_count > UINT8_MAX)
        return false;
    for (size_t i = 0; i < draft->edge_count; i++) {
        const struct builder_edge *e = &b->edges[draft->edge[i]];
        if (!fits(e->a.x, cell->west) || !fits(e->b.x, cell->west) ||
            !fits(e->a.y, cell->south) || !fits(e->b.y, cell->south))
            return false;
    }
    return true;
}

static void write_small(const struct builder *b, const struct cell *cell,
                        const struct draft *draft, uint8_t *out)
{
    size_t edges = draft->edge_count;
    size_t candidates = draft->candidates.count;
    out[0] = (uint8_t)edges;
    out[1] = (uint8_t)candidates;
    out[2] = (uint8_t)draft->base;
    uint32_t *candidate = (void *)(out + locator_small_candidates_at(edges));
    for (size_t i = 0; i < candidates; i++)
        candidate[i] = builder_value(b, draft->candidates.shape[i]);
    int16_t *edge = (void *)(out + locator_small_edges_at(edges, candidates));
    for (size_t i = 0; i < edges; i++, edge += 4) {
        const struct builder_edge *e = &b->edges[draft->edge[i]];
        out[4 + i] = (uint8_t)draft->mask[i];
        edge[0] = (int16_t)(e->a.x - cell->west);
        edge[1] = (int16_t)(e->a.y - cell->south);
        edge[2] = (int16_t)(e->b.x - cell->west);
        edge[3] = (int16_t)(e->b.y - cell->south);
    }
}

static void write_wide(const struct builder *b, const struct draft *draft, uint64_t *out)
{
    size_t edges = draft->edge_count;
    size_t candidates = draft->candidates.count;
    struct locator_wide_head *head = (void *)out;
    head->candidates = (uint8_t)candidates;
    head->kind = 1;
    head->edges = (uint32_t)edges;
    out[1] = draft->base;
    memcpy(out + 2, draft->mask, edges * sizeof(*out));
    uint32_t *candidate = (void *)(out + 2 + edges);
    for (size_t i = 0; i < candidates; i++)
        candidate[i] = builder_value(b, draft->candidates.shape[i]);
    struct geo_point *end = (void *)(out + 2 + edges + (candidates + 1) / 2);
    for (size_t i = 0; i < edges; i++) {
        *end++ = b->edges[draft->edge[i]].a;
        *end++ = b->edges[draft->edge[i]].b;
    }
}

int builder_record(struct builder *b, const struct cell *cell, struct edge_list list,
                   const struct cover *corner, uint32_t *ret_entry)
{
    struct draft draft;
    bool last_resort = cell->shift <= LOCATOR_SPLIT_SHIFT;
    if (!fill_draft(b, cell, list, corner, &draft))
        return last_resort ? builder_too_dense(b, cell) : BUILDER_CROWDED;
    if (!last_resort && draft.candidates.count > LOCATOR_SMALL_CANDIDATES)
        return BUILDER_CROWDED;
    if (draft.edge_count == 0) {
        *ret_entry = corner->count ? builder_value(b, corner->shape[0]) : 0;
        return 0;
    }
    bool small = is_small(b, cell, &draft);
    size_t words = small ? locator_small_words(draft.edge_count, draft.candidates.count)
                         : locator_wide_words(draft.edge_count, draft.candidates.count);
    size_t at = 0;
    int code = builder_reserve_words(b, words, &at);
    if (code < 0)
        return code;
    if (small)
        write_small(b, cell, &draft, (uint8_t *)(b->records + at));
    else
        write_wide(b, &draft, b->records + at);
    *ret_entry = locator_entry(LOCATOR_KIND_RECORD, at);
    return 0;
}
