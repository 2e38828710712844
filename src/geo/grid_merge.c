// SPDX-License-Identifier: MPL-2.0
// Small faces join a neighbour, smallest first: rather over a weak border than a strong
// one, rather where they touch along a great part, and so that sizes come near the wanted
// one.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "grid_internal.h"

// Shares of the wanted size.
static const double TINY = 0.35; // below it a cell has to join another
static const double SMALL = 0.7; // below it, it may
static const double LARGE = 1.5; // above it a cell is cut
static const double THIN = 0.14; // narrower than this share of the wanted side: no cell
enum { BARRIER = 8 };            // a border that only what is tiny gives up

struct link {
    uint32_t to;
    float length_m, weighted; // strength times length
};

struct links {
    struct link *link;
    size_t count, capacity;
};

struct heap_item {
    double m2;
    uint32_t face;
};

struct merge {
    struct grid_map *map;
    struct links *links; // per face
    struct heap_item *heap;
    size_t heap_count, heap_capacity;
    double size_m2;
    enum grid_pass pass;
};

// ---- links between neighbours ----
static bool add_link(struct links *links, struct link link)
{
    if (links->count == links->capacity) {
        size_t capacity = links->capacity * 2 + 8;
        struct link *bigger = realloc(links->link, capacity * sizeof(*bigger));
        if (!bigger)
            return false;
        links->link = bigger;
        links->capacity = capacity;
    }
    links->link[links->count++] = link;
    return true;
}

static int make_links(struct merge *merge, struct error *error)
{
    const struct grid_map *map = merge->map;
    for (size_t i = 0; i < map->edge_count; i++) {
        const struct grid_edge *e = &map->edge[i];
        if (e->right == GRID_NONE || e->left == e->right ||
            map->face[e->left].area == GRID_NONE ||
            map->face[e->left].area != map->face[e->right].area)
            continue;
        float weighted = e->length_m * (float)e->strength;
        if (!add_link(&merge->links[e->left],
                      (struct link){e->right, e->length_m, weighted}) ||
            !add_link(&merge->links[e->right],
                      (struct link){e->left, e->length_m, weighted}))
            return grid_memory(error);
    }
    return 0;
}

static int compare_links(const void *left, const void *right)
{
    const struct link *x = left, *y = right;
    if (x->to != y->to)
        return x->to > y->to ? 1 : -1;
    if (x->length_m != y->length_m) // so that sums do not hang on the order
        return x->length_m > y->length_m ? 1 : -1;
    return (x->weighted > y->weighted) - (x->weighted < y->weighted);
}

// One link for each neighbouring group.
static void tidy_links(struct merge *merge, uint32_t group)
{
    struct links *links = &merge->links[group];
    size_t kept = 0;
    for (size_t i = 0; i < links->count; i++) {
        links->link[i].to = grid_group(merge->map, links->link[i].to);
        if (links->link[i].to != group)
            links->link[kept++] = links->link[i];
    }
    if (kept)
        qsort(links->link, kept, sizeof(struct link), compare_links);
    size_t count = 0;
    for (size_t i = 0; i < kept; i++) {
        if (count && links->link[count - 1].to == links->link[i].to) {
            links->link[count - 1].length_m += links->link[i].length_m;
            links->link[count - 1].weighted += links->link[i].weighted;
        } else {
            links->link[count++] = links->link[i];
        }
    }
    links->count = count;
}

// ---- smallest first ----
static bool before(const struct heap_item *a, const struct heap_item *b)
{
    return a->m2 != b->m2 ? a->m2 < b->m2 : a->face < b->face;
}

static bool push(struct merge *merge, uint32_t face)
{
    if (merge->heap_count == merge->heap_capacity) {
        size_t capacity = merge->heap_capacity * 2 + 1024;
        struct heap_item *bigger = realloc(merge->heap, capacity * sizeof(*bigger));
        if (!bigger)
            return false;
        merge->heap = bigger;
        merge->heap_capacity = capacity;
    }
    struct heap_item item = {merge->map->face[face].m2, face};
    size_t at = merge->heap_count++;
    while (at > 0 && before(&item, &merge->heap[(at - 1) / 2])) {
        merge->heap[at] = merge->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    merge->heap[at] = item;
    return true;
}

static struct heap_item pop(struct merge *merge)
{
    struct heap_item *heap = merge->heap;
    struct heap_item top = heap[0], item = heap[--merge->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= merge->heap_count)
            break;
        if (child + 1 < merge->heap_count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &item))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
    return top;
}

// ---- whom to join ----
static bool is_thin(const struct merge *merge, const struct grid_face *face)
{
    return 2 * face->m2 < face->perimeter_m * THIN * sqrt(merge->size_m2);
}

// How far cells of this much surface are from the wanted size: 0 is met.
static double unevenness(const struct merge *merge, double m2)
{
    double share = m2 / merge->size_m2;
    if (merge->pass == GRID_ROUGH && share > LARGE)
        share /= round(share);
    return fabs(log(share));
}

static double score(const struct merge *merge, const struct grid_face *face,
                    const struct grid_face *other, const struct link *link)
{
    double together = face->m2 + other->m2;
    double length = (double)link->length_m;
    double around = fmax(face->perimeter_m + other->perimeter_m - 2 * length, 1e-3);
    double round_share = 4 * M_PI * together / (around * around);
    double contact = length / fmax(face->perimeter_m, 1e-3);
    double strength = (double)link->weighted / fmax(length, 1e-6) / GRID_STRENGTH_MOST;
    return contact + 0.8 * round_share - unevenness(merge, together) - 1.2 * strength;
}

static bool may_join(const struct merge *merge, const struct grid_face *face,
                     const struct grid_face *other, const struct link *link)
{
    bool tiny = face->m2 < TINY * merge->size_m2 || is_thin(merge, face);
    double together = face->m2 + other->m2;
    if (tiny)
        return true;
    if (link->weighted >= link->length_m * (float)BARRIER)
        return false;
    return unevenness(merge, together) < unevenness(merge, face->m2) &&
           together <= LARGE * merge->size_m2;
}

static const struct link *best_link(struct merge *merge, uint32_t group)
{
    const struct grid_face *face = &merge->map->face[group];
    const struct link *best = NULL;
    double best_score = 0;
    for (size_t i = 0; i < merge->links[group].count; i++) {
        const struct link *link = &merge->links[group].link[i];
        const struct grid_face *other = &merge->map->face[link->to];
        if (!may_join(merge, face, other, link))
            continue;
        double value = score(merge, face, other, link);
        if (!best || value > best_score) {
            best = link;
            best_score = value;
        }
    }
    return best;
}

static bool join(struct merge *merge, uint32_t group, struct link link)
{
    struct grid_map *map = merge->map;
    struct grid_face *into = &map->face[link.to];
    struct links *from = &merge->links[group];
    into->m2 += map->face[group].m2;
    into->perimeter_m += map->face[group].perimeter_m - 2 * (double)link.length_m;
    map->face[group].group = link.to;
    for (size_t i = 0; i < from->count; i++)
        if (!add_link(&merge->links[link.to], from->link[i]))
            return false;
    free(from->link);
    *from = (struct links){0};
    return push(merge, link.to);
}

static int run(struct merge *merge, struct error *error)
{
    const struct grid_map *map = merge->map;
    for (uint32_t i = 0; i < map->face_count; i++)
        if (map->face[i].area != GRID_NONE && !push(merge, i))
            return grid_memory(error);
    while (merge->heap_count) {
        struct heap_item item = pop(merge);
        const struct grid_face *face = &map->face[item.face];
        if (face->group != item.face || face->m2 != item.m2)
            continue; // joined or grown since
        if (face->m2 >= SMALL * merge->size_m2 &&
            !(is_thin(merge, face) && face->m2 < LARGE * merge->size_m2))
            continue;
        if (merge->pass == GRID_LAST && face->m2 >= TINY * merge->size_m2 &&
            !is_thin(merge, face))
            continue;
        tidy_links(merge, item.face);
        const struct link *best = best_link(merge, item.face);
        if (best && !join(merge, item.face, *best))
            return grid_memory(error);
    }
    return 0;
}

int grid_merge(const struct grid_input *input, struct grid_map *map, enum grid_pass pass,
               struct error *error)
{
    struct merge merge = {.map = map, .size_m2 = input->size_m2, .pass = pass};
    merge.links = memory_array(map->face_count + 1, sizeof(*merge.links));
    int code = merge.links ? make_links(&merge, error) : grid_memory(error);
    if (code == 0)
        code = run(&merge, error);
    for (size_t i = 0; merge.links && i < map->face_count; i++)
        free(merge.links[i].link);
    free(merge.links);
    free(merge.heap);
    return code;
}
