// SPDX-License-Identifier: MPL-2.0
// Outlines in units of a tile: cut at its margin, cleaned, checked.
#include <stdlib.h>
#include <string.h>

#include "tile_internal.h"

enum {
    LOW = -TILE_MARGIN,
    HIGH = TILE_EXTENT + TILE_MARGIN,
    FEW_EDGES = 48, // up to here every pair of edges is looked at
};

// ---- memory ----
struct tile_vertex *outline_room(struct tile_outline *outline, size_t more)
{
    size_t need = outline->count + more;
    if (need > outline->capacity && !outline->failed) {
        size_t bigger = need * 2 + 256;
        struct tile_vertex *fresh = realloc(outline->vertex, bigger * sizeof(*fresh));
        outline->failed = fresh == NULL;
        if (fresh) {
            outline->vertex = fresh;
            outline->capacity = bigger;
        }
    }
    return outline->failed ? NULL : outline->vertex + outline->count;
}

// The vertices from start to the end become a ring.
bool outline_ring(struct tile_outline *outline, size_t start, bool hole)
{
    if (outline->ring_count == outline->ring_capacity) {
        size_t bigger = outline->ring_capacity * 2 + 16;
        struct tile_ring *fresh = realloc(outline->ring, bigger * sizeof(*fresh));
        if (!fresh) {
            outline->failed = true;
            return false;
        }
        outline->ring = fresh;
        outline->ring_capacity = bigger;
    }
    outline->ring[outline->ring_count++] =
        (struct tile_ring){start, outline->count - start, hole};
    return true;
}

void outline_clear(struct tile_outline *outline)
{
    outline->count = 0;
    outline->ring_count = 0;
}

void outline_done(struct tile_outline *outline)
{
    free(outline->vertex);
    free(outline->ring);
    *outline = (struct tile_outline){0};
}

// ---- cleaning ----
static int64_t cross(struct tile_vertex a, struct tile_vertex b, struct tile_vertex c)
{
    return ((int64_t)b.x - a.x) * ((int64_t)c.y - a.y) -
           ((int64_t)b.y - a.y) * ((int64_t)c.x - a.x);
}

static bool same(struct tile_vertex a, struct tile_vertex b)
{
    return a.x == b.x && a.y == b.y;
}

int64_t tile_area2(const struct tile_vertex *vertex, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0, before = count - 1; i < count; before = i++)
        sum += (int64_t)vertex[before].x * vertex[i].y -
               (int64_t)vertex[i].x * vertex[before].y;
    return sum;
}

// Whether the middle of three is of no use: repeated, straight, or the end of a spike.
static bool idle(struct tile_vertex a, struct tile_vertex b, struct tile_vertex c)
{
    return same(a, b) || cross(a, b, c) == 0;
}

size_t tile_clean(struct tile_vertex *vertex, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        vertex[used++] = vertex[i];
        while (used >= 3 && idle(vertex[used - 3], vertex[used - 2], vertex[used - 1])) {
            vertex[used - 2] = vertex[used - 1];
            used--;
        }
        if (used == 2 && same(vertex[0], vertex[1]))
            used = 1;
    }
    // Where the end meets the beginning.
    size_t from = 0;
    bool changed = true;
    while (changed && used - from >= 3) {
        changed = false;
        if (idle(vertex[used - 2], vertex[used - 1], vertex[from])) {
            used--;
            changed = true;
        } else if (idle(vertex[used - 1], vertex[from], vertex[from + 1])) {
            from++;
            changed = true;
        }
    }
    if (used - from < 3)
        return 0;
    memmove(vertex, vertex + from, (used - from) * sizeof(*vertex));
    return used - from;
}

// ---- cutting: one side after the other ----
struct side {
    bool vertical; // compares x
    bool low;
    int32_t at;
};

static bool inside(const struct side *side, struct tile_vertex v)
{
    int32_t value = side->vertical ? v.x : v.y;
    return side->low ? value >= side->at : value <= side->at;
}

// Rounded the same way from both ends of the edge.
static int32_t along(int64_t from, int64_t to, int64_t over, int64_t whole)
{
    if (whole < 0) {
        over = -over;
        whole = -whole;
    }
    const int64_t product = (to - from) * over * 2 + whole;
    const int64_t two = whole * 2;
    const int64_t quotient = product / two - (product % two < 0);
    return (int32_t)(from + quotient);
}

static struct tile_vertex meet(const struct side *side, struct tile_vertex a,
                               struct tile_vertex b)
{
    if (b.x < a.x || (b.x == a.x && b.y < a.y)) {
        struct tile_vertex swap = a;
        a = b;
        b = swap;
    }
    if (side->vertical)
        return (struct tile_vertex){
            side->at, along(a.y, b.y, (int64_t)side->at - a.x, (int64_t)b.x - a.x)};
    return (struct tile_vertex){
        along(a.x, b.x, (int64_t)side->at - a.y, (int64_t)b.y - a.y), side->at};
}

static size_t cut_side(const struct side *side, const struct tile_vertex *in, size_t count,
                       struct tile_vertex *out, bool *simple)
{
    size_t used = 0, crossings = 0;
    for (size_t i = 0, before = count - 1; i < count; before = i++) {
        const bool was = inside(side, in[before]), is = inside(side, in[i]);
        if (was != is) {
            out[used++] = meet(side, in[before], in[i]);
            crossings++;
        }
        if (is)
            out[used++] = in[i];
        *simple &= (side->vertical ? in[i].x : in[i].y) != side->at;
    }
    *simple &= crossings <= 2;
    return used;
}

// A side adds a vertex for each crossing: never more than there were.
size_t tile_cut_ring(struct tile_outline *outline, size_t start, bool *simple)
{
    static const struct side sides[] = {
        {true, true, LOW}, {true, false, HIGH}, {false, true, LOW}, {false, false, HIGH}};
    size_t count = outline->count - start;
    for (size_t i = 0; i < sizeof(sides) / sizeof(*sides) && count > 0; i++) {
        if (!outline_room(outline, 2 * count))
            return 0;
        struct tile_vertex *in = outline->vertex + start;
        const size_t cut = cut_side(&sides[i], in, count, in + count, simple);
        memmove(in, in + count, cut * sizeof(*in));
        count = cut;
        outline->count = start + count;
    }
    return count;
}

// ---- lines ----
static unsigned out_code(struct tile_vertex v)
{
    return (v.x < LOW    ? 1u
            : v.x > HIGH ? 2u
                         : 0u) |
           (v.y < LOW    ? 4u
            : v.y > HIGH ? 8u
                         : 0u);
}

// The piece of an edge inside the margin; false when there is none.
static bool cut_edge(struct tile_vertex *a, struct tile_vertex *b)
{
    static const struct side sides[] = {
        {true, true, LOW}, {true, false, HIGH}, {false, true, LOW}, {false, false, HIGH}};
    for (unsigned i = 0; i < 4; i++) {
        const bool a_in = inside(&sides[i], *a), b_in = inside(&sides[i], *b);
        if (!a_in && !b_in)
            return false;
        if (!a_in)
            *a = meet(&sides[i], *a, *b);
        else if (!b_in)
            *b = meet(&sides[i], *a, *b);
    }
    return true;
}

static void end_piece(struct tile_outline *outline, size_t start)
{
    size_t used = start;
    for (size_t i = start; i < outline->count; i++) { // straight vertices go
        struct tile_vertex *v = outline->vertex;
        if (used > start && same(v[used - 1], v[i]))
            continue;
        if (used >= start + 2 && cross(v[used - 2], v[used - 1], v[i]) == 0 &&
            ((int64_t)v[used - 1].x - v[used - 2].x) * ((int64_t)v[i].x - v[used - 1].x) +
                    ((int64_t)v[used - 1].y - v[used - 2].y) *
                        ((int64_t)v[i].y - v[used - 1].y) >
                0)
            used--;
        v[used++] = v[i];
    }
    outline->count = used;
    if (used - start < 2)
        outline->count = start;
    else
        outline_ring(outline, start, false);
}

void tile_cut_line(struct tile_outline *outline, const struct tile_vertex *vertex,
                   size_t count)
{
    size_t start = outline->count;
    bool open = false;
    for (size_t i = 1; i < count && !outline->failed; i++) {
        struct tile_vertex a = vertex[i - 1], b = vertex[i];
        const unsigned leaves = out_code(b);
        if ((out_code(a) & leaves) != 0 || !cut_edge(&a, &b)) {
            if (open)
                end_piece(outline, start);
            open = false;
            continue;
        }
        struct tile_vertex *room = outline_room(outline, 2);
        if (!room)
            return;
        if (!open) {
            start = outline->count;
            outline->vertex[outline->count++] = a;
            open = true;
        }
        outline->vertex[outline->count++] = b;
        if (leaves != 0) {
            end_piece(outline, start);
            open = false;
        }
    }
    if (open && !outline->failed)
        end_piece(outline, start);
}

// ---- checking ----
struct line {
    struct tile_vertex a, b;
    int32_t top, bottom; // least and greatest y
    uint32_t ring, at, last;
};

static int sign(int64_t value)
{
    return (value > 0) - (value < 0);
}

static bool in_span(int32_t a, int32_t b, int32_t v)
{
    return a < b ? v >= a && v <= b : v >= b && v <= a;
}

static bool on_line(const struct line *l, struct tile_vertex v)
{
    return in_span(l->a.x, l->b.x, v.x) && in_span(l->a.y, l->b.y, v.y);
}

// Whether two edges have a point in common.
static bool lines_touch(const struct line *p, const struct line *q)
{
    const int a = sign(cross(p->a, p->b, q->a)), b = sign(cross(p->a, p->b, q->b));
    const int c = sign(cross(q->a, q->b, p->a)), d = sign(cross(q->a, q->b, p->b));
    if (a * b < 0 && c * d < 0)
        return true;
    return (a == 0 && on_line(p, q->a)) || (b == 0 && on_line(p, q->b)) ||
           (c == 0 && on_line(q, p->a)) || (d == 0 && on_line(q, p->b));
}

static bool adjoin(const struct line *p, const struct line *q)
{
    return p->ring == q->ring &&
           (p->at + 1 == q->at || q->at + 1 == p->at || (p->at == 0 && q->at == p->last) ||
            (q->at == 0 && p->at == p->last));
}

static bool apart_in_x(const struct line *p, const struct line *q)
{
    const int32_t p_low = p->a.x < p->b.x ? p->a.x : p->b.x;
    const int32_t p_high = p->a.x < p->b.x ? p->b.x : p->a.x;
    const int32_t q_low = q->a.x < q->b.x ? q->a.x : q->b.x;
    const int32_t q_high = q->a.x < q->b.x ? q->b.x : q->a.x;
    return p_high < q_low || q_high < p_low;
}

static int by_top(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return (x->top > y->top) - (x->top < y->top);
}

static bool pairs_free(struct line *lines, size_t count)
{
    if (count > FEW_EDGES)
        qsort(lines, count, sizeof(*lines), by_top);
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++) {
            const struct line *p = &lines[i], *q = &lines[k];
            if (count > FEW_EDGES && q->top > p->bottom)
                break;
            if (q->top > p->bottom || q->bottom < p->top || apart_in_x(p, q) ||
                adjoin(p, q))
                continue;
            if (lines_touch(p, q))
                return false;
        }
    return true;
}

static bool ring_holds(const struct tile_vertex *vertex, size_t count, struct tile_vertex p)
{
    bool holds = false;
    for (size_t i = 0, before = count - 1; i < count; before = i++) {
        struct tile_vertex a = vertex[before], b = vertex[i];
        if ((a.y > p.y) == (b.y > p.y))
            continue;
        const int64_t turn = cross(a, b, p);
        holds ^= b.y > a.y ? turn > 0 : turn < 0;
    }
    return holds;
}

static bool holes_fit(const struct tile_outline *outline)
{
    const struct tile_ring *outer = NULL;
    for (size_t i = 0; i < outline->ring_count; i++) {
        const struct tile_ring *ring = &outline->ring[i];
        if (!ring->hole)
            outer = ring;
        else if (!outer || !ring_holds(outline->vertex + outer->start, outer->count,
                                       outline->vertex[ring->start]))
            return false;
    }
    return true;
}

// Outer rings inside each other cannot come about by rounding: where no edges touch, rings
// that lay beside each other still do.
bool tile_is_simple(const struct tile_outline *outline)
{
    struct line few[FEW_EDGES * 2];
    size_t total = 0;
    for (size_t i = 0; i < outline->ring_count; i++)
        total += outline->ring[i].count;
    struct line *lines = total > FEW_EDGES * 2 ? malloc(total * sizeof(*lines)) : few;
    if (!lines)
        return false;
    size_t used = 0;
    for (size_t r = 0; r < outline->ring_count; r++) {
        const struct tile_ring *ring = &outline->ring[r];
        const struct tile_vertex *v = outline->vertex + ring->start;
        for (size_t i = 0; i < ring->count; i++) {
            struct line *l = &lines[used++];
            *l = (struct line){.a = v[i], .b = v[i + 1 < ring->count ? i + 1 : 0]};
            l->top = l->a.y < l->b.y ? l->a.y : l->b.y;
            l->bottom = l->a.y < l->b.y ? l->b.y : l->a.y;
            l->ring = (uint32_t)r;
            l->at = (uint32_t)i;
            l->last = (uint32_t)ring->count - 1;
        }
    }
    const bool simple = pairs_free(lines, used) && holes_fit(outline);
    if (lines != few)
        free(lines);
    return simple;
}
