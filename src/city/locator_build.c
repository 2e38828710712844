// SPDX-License-Identifier: MPL-2.0
// Building: one strip of blocks after the other, from south to north. In a strip each
// polygon adds, in the order of building, where it covers the pixels' reference corners
// (32 bits per row and block) and which of its edges touch which pixels; then each block of
// the strip is finished and forgotten.
#include "locator_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

enum { SHIFT_LEAST = 4, SHIFT_MOST = 20, PIXELS_ACROSS = 10, TRIES = 4 };

typedef locator_wide_number wide;

struct words { // a growing array of 32-bit words
    uint32_t *data;
    size_t count, room;
};

struct edge { // lower end first; relative to the strip's west, south
    int64_t ax, ay, bx, by;
};

struct touch { // an edge of a cover touches a pixel
    uint16_t pixel;
    uint16_t cover;
    struct edge edge;
};

struct cover { // a polygon in a block
    uint32_t id;
    uint32_t rows[LOCATOR_BLOCK]; // bit c: corner of column c lies inside
};

struct cell { // a block being made
    struct cover *covers;
    size_t cover_count, cover_room;
    struct touch *touches;
    size_t touch_count, touch_room;
};

struct builder {
    const struct locator_shape *shapes;
    struct geo_box *boxes;
    size_t count;
    unsigned shift;
    int64_t west, south;
    size_t super_columns, super_rows;
    struct words supers, directories, blocks, records;
    struct cell *cells;              // of the strip
    size_t cell_count;               // blocks in a strip
    uint32_t (*rows)[LOCATOR_BLOCK]; // of the polygon in the strip, per block
    uint32_t *carry;                 // rows toggled from this block on, bit per row
    struct edge *edges;
    size_t edge_count, edge_room;
    bool failed; // out of memory
    bool too_dense;
};

static uint32_t *add_words(struct builder *builder, struct words *words, size_t more)
{
    static uint32_t scratch[64 * 1024]; // written to and forgotten when memory is gone
    if (words->count + more > words->room) {
        size_t room = words->room ? words->room * 2 : 4096;
        while (room < words->count + more)
            room *= 2;
        uint32_t *data = realloc(words->data, room * sizeof *data);
        if (!data) {
            builder->failed = true;
            return scratch;
        }
        words->data = data;
        words->room = room;
    }
    uint32_t *added = words->data + words->count;
    memset(added, 0, more * sizeof *added);
    words->count += more;
    return added;
}

// Room for one more element; false (and failed) when memory is gone.
static bool grow(struct builder *builder, void **data, size_t count, size_t *room,
                 size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? *room * 2 : 16;
    void *bigger = realloc(*data, more * size);
    if (!bigger) {
        builder->failed = true;
        return false;
    }
    *data = bigger;
    *room = more;
    return true;
}

// ---- a polygon's edges in a strip ----

static void add_edge(struct builder *builder, struct geo_point from, struct geo_point to,
                     int64_t south, int64_t height)
{
    bool upward = from.y < to.y || (from.y == to.y && from.x <= to.x);
    struct geo_point a = upward ? from : to, b = upward ? to : from;
    if (b.y < south || a.y > south + height || (a.x == b.x && a.y == b.y))
        return;
    if (!grow(builder, (void **)&builder->edges, builder->edge_count, &builder->edge_room,
              sizeof *builder->edges))
        return;
    builder->edges[builder->edge_count++] =
        (struct edge){a.x - builder->west, a.y - south, b.x - builder->west, b.y - south};
}

static void collect_edges(struct builder *builder, const struct geo_polygon *polygon,
                          int64_t south, int64_t height)
{
    builder->edge_count = 0;
    for (size_t ring = 0; ring < polygon->ring_count; ring++) {
        size_t first = polygon->ring_start[ring], end = polygon->ring_start[ring + 1];
        for (size_t i = first; i < end; i++)
            add_edge(builder, polygon->point[i],
                     polygon->point[i + 1 < end ? i + 1 : first], south, height);
    }
}

static wide floor_div(wide a, wide b) // b > 0
{
    return a / b - (a % b < 0);
}

static int64_t ceil_div(wide a, wide b)
{
    return (int64_t)-floor_div(-a, b);
}

// First column whose corner lies east of where the edge crosses the corners' line of a row.
static int64_t column_east_of(const struct edge *edge, int64_t row, unsigned shift)
{
    const int64_t line2 = 2 * (row << shift) - 1; // doubled: the line lies at a half
    const wide den = edge->by - edge->ay;
    const wide num =
        2 * (wide)edge->ax * den + (wide)(edge->bx - edge->ax) * (line2 - 2 * edge->ay);
    // Corners lie a trace north of the line: an edge that leans west has passed them.
    const int64_t least2 = ceil_div(num + (edge->bx < edge->ax ? 0 : 1), den);
    const int64_t least = ceil_div((wide)least2 + 1, 2);
    return ceil_div(least, (wide)1 << shift);
}

// Toggles the corners east of the edge in each row of the strip whose line it crosses.
static void cover_edge(struct builder *builder, const struct edge *edge, size_t first_block,
                       size_t block_count)
{
    const unsigned shift = builder->shift;
    // Row r's line lies between lattice rows (r << shift) - 1 and r << shift.
    int64_t from = ceil_div((wide)edge->ay + 1, (wide)1 << shift);
    int64_t to = (int64_t)floor_div(edge->by, (wide)1 << shift);
    if (from < 0)
        from = 0;
    if (to > LOCATOR_BLOCK - 1)
        to = LOCATOR_BLOCK - 1;
    for (int64_t row = from; row <= to; row++) {
        int64_t column =
            column_east_of(edge, row, shift) - (int64_t)first_block * LOCATOR_BLOCK;
        if (column < 0)
            column = 0;
        size_t block = (size_t)column >> LOCATOR_BLOCK_BITS;
        if (block >= block_count)
            continue;
        builder->rows[block][row] ^= UINT32_MAX << ((size_t)column & (LOCATOR_BLOCK - 1));
        builder->carry[block + 1] ^= UINT32_C(1) << row;
    }
}

static struct cover *add_cover(struct builder *builder, struct cell *cell, uint32_t id)
{
    if (cell->cover_count > 0 && cell->covers[cell->cover_count - 1].id == id)
        return &cell->covers[cell->cover_count - 1];
    if (cell->cover_count == UINT16_MAX) {
        builder->too_dense = true;
        return NULL;
    }
    if (!grow(builder, (void **)&cell->covers, cell->cover_count, &cell->cover_room,
              sizeof *cell->covers))
        return NULL;
    struct cover *cover = &cell->covers[cell->cover_count++];
    *cover = (struct cover){.id = id};
    return cover;
}

static void add_touch(struct builder *builder, const struct edge *edge, int64_t column,
                      int64_t row, uint32_t id)
{
    if (column < 0 || (size_t)(column >> LOCATOR_BLOCK_BITS) >= builder->cell_count)
        return;
    struct cell *cell = &builder->cells[column >> LOCATOR_BLOCK_BITS];
    if (!add_cover(builder, cell, id) ||
        !grow(builder, (void **)&cell->touches, cell->touch_count, &cell->touch_room,
              sizeof *cell->touches))
        return;
    uint16_t pixel = (uint16_t)(row * LOCATOR_BLOCK + (column & (LOCATOR_BLOCK - 1)));
    cell->touches[cell->touch_count++] =
        (struct touch){pixel, (uint16_t)(cell->cover_count - 1), *edge};
}

// Columns that the edge may touch between two lattice rows: a little too many at worst.
static void touch_row(struct builder *builder, const struct edge *edge, int64_t row,
                      uint32_t id)
{
    const unsigned shift = builder->shift;
    double low = (double)(row << shift) - 1, high = (double)((row + 1) << shift);
    double ax = (double)edge->ax, ay = (double)edge->ay, bx = (double)edge->bx,
           by = (double)edge->by;
    double from = ax, to = bx;
    if (by > ay) {
        double slope = (bx - ax) / (by - ay);
        if (ay < low)
            from = ax + (low - ay) * slope;
        if (by > high)
            to = bx - (by - high) * slope;
    }
    double least = fmin(from, to) - 1, most = fmax(from, to) + 1;
    int64_t first = (int64_t)floor(least) >> shift, last = (int64_t)ceil(most) >> shift;
    for (int64_t column = first; column <= last; column++)
        add_touch(builder, edge, column, row, id);
}

static void touch_edge(struct builder *builder, const struct edge *edge, uint32_t id)
{
    int64_t first = (edge->ay - 1) >> builder->shift,
            last = (edge->by + 1) >> builder->shift;
    if (first < 0)
        first = 0;
    if (last > LOCATOR_BLOCK - 1)
        last = LOCATOR_BLOCK - 1;
    for (int64_t row = first; row <= last; row++)
        touch_row(builder, edge, row, id);
}

// ---- a polygon in a strip ----

static void add_shape(struct builder *builder, size_t index, int64_t south, int64_t height)
{
    const struct locator_shape *shape = &builder->shapes[index];
    const unsigned block_shift = builder->shift + LOCATOR_BLOCK_BITS;
    const struct geo_box box = builder->boxes[index];
    size_t first = (size_t)((box.west - builder->west) >> block_shift);
    size_t last = (size_t)((box.east - builder->west) >> block_shift);
    size_t count = last - first + 1;
    memset(builder->rows, 0, count * sizeof *builder->rows);
    memset(builder->carry, 0, (count + 1) * sizeof *builder->carry);
    collect_edges(builder, shape->polygon, south, height);
    for (size_t i = 0; i < builder->edge_count; i++) {
        cover_edge(builder, &builder->edges[i], first, count);
        touch_edge(builder, &builder->edges[i], (uint32_t)shape->id);
    }
    uint32_t carried = 0;
    for (size_t block = 0; block < count; block++) {
        carried ^= builder->carry[block];
        uint32_t any = 0;
        for (int row = 0; row < LOCATOR_BLOCK; row++) {
            builder->rows[block][row] ^= (carried >> row & 1) ? UINT32_MAX : 0;
            any |= builder->rows[block][row];
        }
        if (!any)
            continue;
        struct cover *cover =
            add_cover(builder, &builder->cells[first + block], (uint32_t)shape->id);
        if (cover)
            memcpy(cover->rows, builder->rows[block], sizeof cover->rows);
    }
}

// ---- finishing a block ----

struct border {                          // a pixel being made
    uint16_t covers[LOCATOR_CANDIDATES]; // ascending
    size_t cover_count;
    struct edge edges[4096];
    uint64_t masks[4096];
    size_t edge_count;
};

static int by_pixel(const void *a, const void *b)
{
    const struct touch *x = a, *y = b;
    if (x->pixel != y->pixel)
        return x->pixel < y->pixel ? -1 : 1;
    return (x->cover > y->cover) - (x->cover < y->cover);
}

static size_t candidate_of(const struct border *border, uint16_t cover)
{
    size_t i = 0;
    while (border->covers[i] != cover)
        i++;
    return i;
}

static bool same_edge(const struct edge *a, const struct edge *b)
{
    return a->ax == b->ax && a->ay == b->ay && a->bx == b->bx && a->by == b->by;
}

// Candidates: polygons with an edge in the pixel, and those that cover its corner.
static bool find_candidates(const struct cell *cell, const struct touch *touch,
                            size_t count, uint16_t pixel, struct border *border)
{
    border->cover_count = 0;
    const uint32_t bit = UINT32_C(1) << (pixel % LOCATOR_BLOCK);
    size_t next = 0;
    for (size_t cover = 0; cover < cell->cover_count; cover++) {
        bool touched = false;
        for (; next < count && touch[next].cover == cover; next++)
            touched = true;
        if (!touched && !(cell->covers[cover].rows[pixel / LOCATOR_BLOCK] & bit))
            continue;
        if (border->cover_count == LOCATOR_CANDIDATES)
            return false;
        border->covers[border->cover_count++] = (uint16_t)cover;
    }
    return true;
}

static bool find_edges(const struct touch *touch, size_t count, struct border *border)
{
    border->edge_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t known = 0;
        while (known < border->edge_count &&
               !same_edge(&border->edges[known], &touch[i].edge))
            known++;
        if (known == border->edge_count) {
            if (known == sizeof border->edges / sizeof border->edges[0])
                return false;
            border->edges[known] = touch[i].edge;
            border->masks[known] = 0;
            border->edge_count++;
        }
        // An edge that a polygon has twice does not change what is inside it.
        border->masks[known] ^= UINT64_C(1) << candidate_of(border, touch[i].cover);
    }
    return true;
}

static bool fits_compact(const struct border *border, int64_t x, int64_t y)
{
    if (border->cover_count > LOCATOR_COMPACT_CANDIDATES)
        return false;
    for (size_t i = 0; i < border->edge_count; i++) {
        const struct edge *edge = &border->edges[i];
        const int64_t c[4] = {edge->ax - x, edge->ay - y, edge->bx - x, edge->by - y};
        for (int k = 0; k < 4; k++)
            if (c[k] < INT16_MIN || c[k] > INT16_MAX)
                return false;
    }
    return true;
}

static void write_compact(const struct border *border, uint64_t inside, int64_t x,
                          int64_t y, uint32_t *word)
{
    uint8_t *masks = (uint8_t *)word;
    int16_t *edge = (int16_t *)(word + (1 + border->edge_count + 3) / 4);
    masks[0] = (uint8_t)inside;
    for (size_t i = 0; i < border->edge_count; i++, edge += 4) {
        masks[1 + i] = (uint8_t)border->masks[i];
        edge[0] = (int16_t)(border->edges[i].ax - x);
        edge[1] = (int16_t)(border->edges[i].ay - y);
        edge[2] = (int16_t)(border->edges[i].bx - x);
        edge[3] = (int16_t)(border->edges[i].by - y);
    }
}

static void write_wide(const struct builder *builder, const struct border *border,
                       uint64_t inside, int64_t south, uint32_t *word)
{
    word[0] = (uint32_t)inside;
    word[1] = (uint32_t)(inside >> 32);
    word += 2;
    for (size_t i = 0; i < border->edge_count; i++, word += 6) {
        const struct edge *e = &border->edges[i];
        const int32_t c[4] = {(int32_t)(e->ax + builder->west), (int32_t)(e->ay + south),
                              (int32_t)(e->bx + builder->west), (int32_t)(e->by + south)};
        memcpy(word, c, sizeof c);
        word[4] = (uint32_t)border->masks[i];
        word[5] = (uint32_t)(border->masks[i] >> 32);
    }
}

// Appends the record of a border pixel; returns its word for the block.
static uint32_t write_record(struct builder *builder, const struct cell *cell,
                             const struct border *border, uint16_t pixel, int64_t column,
                             int64_t south)
{
    const int64_t x = column << builder->shift;
    const int64_t y = (int64_t)(pixel / LOCATOR_BLOCK) << builder->shift;
    const bool compact = fits_compact(border, x, y);
    const size_t head = 1 + border->cover_count;
    const size_t words =
        head + (compact ? (1 + border->edge_count + 3) / 4 + border->edge_count * 2
                        : 2 + border->edge_count * 6);
    const size_t at = builder->records.count;
    if (at + words >= LOCATOR_FLAG) {
        builder->failed = true;
        return 0;
    }
    uint32_t *record = add_words(builder, &builder->records, words);
    record[0] = (uint32_t)border->cover_count | (uint32_t)border->edge_count << 8 |
                (compact ? 0 : LOCATOR_WIDE);
    uint64_t inside = 0;
    for (size_t i = 0; i < border->cover_count; i++) {
        const struct cover *cover = &cell->covers[border->covers[i]];
        record[1 + i] = cover->id;
        if (cover->rows[pixel / LOCATOR_BLOCK] >> (pixel % LOCATOR_BLOCK) & 1)
            inside |= UINT64_C(1) << i;
    }
    if (compact)
        write_compact(border, inside, x, y, record + head);
    else
        write_wide(builder, border, inside, south, record + head);
    return LOCATOR_FLAG | (uint32_t)at;
}

static void fill_borders(struct builder *builder, struct cell *cell, size_t block,
                         int64_t south, uint32_t pixels[LOCATOR_BLOCK_PIXELS])
{
    struct border *border = memory_new(sizeof *border);
    qsort(cell->touches, cell->touch_count, sizeof *cell->touches, by_pixel);
    for (size_t i = 0, end; i < cell->touch_count; i = end) {
        uint16_t pixel = cell->touches[i].pixel;
        for (end = i; end < cell->touch_count && cell->touches[end].pixel == pixel; end++)
            ;
        if (!find_candidates(cell, cell->touches + i, end - i, pixel, border) ||
            !find_edges(cell->touches + i, end - i, border)) {
            builder->too_dense = true;
            break;
        }
        int64_t column = (int64_t)block * LOCATOR_BLOCK + pixel % LOCATOR_BLOCK;
        pixels[pixel] = write_record(builder, cell, border, pixel, column, south);
    }
    free(border);
}

static void fill_inside(const struct cell *cell, uint32_t pixels[LOCATOR_BLOCK_PIXELS])
{
    for (size_t i = 0; i < cell->cover_count; i++)
        for (int row = 0; row < LOCATOR_BLOCK; row++)
            for (uint32_t bits = cell->covers[i].rows[row]; bits; bits &= bits - 1) {
                uint32_t *pixel = &pixels[row * LOCATOR_BLOCK + __builtin_ctz(bits)];
                if (*pixel == 0)
                    *pixel = cell->covers[i].id;
            }
}

static uint32_t *directory_entry(struct builder *builder, size_t column, size_t row)
{
    uint32_t *super =
        &builder->supers
             .data[(row / LOCATOR_SUPER) * builder->super_columns + column / LOCATOR_SUPER];
    if (*super == 0) {
        add_words(builder, &builder->directories, LOCATOR_SUPER_BLOCKS);
        *super = (uint32_t)(builder->directories.count / LOCATOR_SUPER_BLOCKS);
    }
    return &builder->directories
                .data[(size_t)(*super - 1) * LOCATOR_SUPER_BLOCKS +
                      (row % LOCATOR_SUPER) * LOCATOR_SUPER + column % LOCATOR_SUPER];
}

static void finish_cell(struct builder *builder, size_t block, size_t strip, int64_t south)
{
    struct cell *cell = &builder->cells[block];
    if (cell->cover_count == 0)
        return;
    uint32_t pixels[LOCATOR_BLOCK_PIXELS] = {0};
    fill_borders(builder, cell, block, south, pixels);
    fill_inside(cell, pixels);
    bool uniform = !(pixels[0] & LOCATOR_FLAG);
    for (int i = 1; uniform && i < LOCATOR_BLOCK_PIXELS; i++)
        uniform = pixels[i] == pixels[0];
    if (!builder->failed && !(uniform && pixels[0] == 0)) {
        uint32_t entry = LOCATOR_FLAG | pixels[0];
        if (!uniform) {
            memcpy(add_words(builder, &builder->blocks, LOCATOR_BLOCK_PIXELS), pixels,
                   sizeof pixels);
            entry = (uint32_t)(builder->blocks.count / LOCATOR_BLOCK_PIXELS);
        }
        if (!builder->failed)
            *directory_entry(builder, block, strip) = entry;
    }
    cell->cover_count = 0;
    cell->touch_count = 0;
}

// ---- the whole ----

struct order { // shapes by where they begin in the south
    int32_t south;
    uint32_t index;
};

static int by_south(const void *a, const void *b)
{
    const struct order *x = a, *y = b;
    if (x->south != y->south)
        return x->south < y->south ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_index(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void run_strips(struct builder *builder, const struct order *order, uint32_t *active)
{
    const int64_t height = (int64_t)LOCATOR_BLOCK << builder->shift;
    size_t strips = builder->super_rows * LOCATOR_SUPER, next = 0, active_count = 0;
    for (size_t strip = 0; strip < strips && !builder->failed && !builder->too_dense;
         strip++) {
        int64_t south = builder->south + (int64_t)strip * height;
        size_t kept = 0;
        for (size_t i = 0; i < active_count; i++)
            if (builder->boxes[active[i]].north >= south)
                active[kept++] = active[i];
        active_count = kept;
        for (; next < builder->count && order[next].south < south + height; next++)
            active[active_count++] = order[next].index;
        if (active_count == 0)
            continue;
        qsort(active, active_count, sizeof *active, by_index);
        for (size_t i = 0; i < active_count; i++)
            add_shape(builder, active[i], south, height);
        for (size_t block = 0; block < builder->cell_count; block++)
            finish_cell(builder, block, strip, south);
    }
}

static unsigned choose_shift(const struct builder *builder)
{
    double *sizes = memory_array(builder->count, sizeof *sizes);
    if (!sizes)
        return SHIFT_MOST / 2;
    for (size_t i = 0; i < builder->count; i++)
        sizes[i] = sqrt(((double)builder->boxes[i].east - builder->boxes[i].west + 1) *
                        ((double)builder->boxes[i].north - builder->boxes[i].south + 1));
    // The median, by counting: powers of two are all that matters.
    size_t counts[64] = {0}, below = 0;
    for (size_t i = 0; i < builder->count; i++)
        counts[(int)fmax(0, round(log2(fmax(sizes[i] / PIXELS_ACROSS, 1))))]++;
    free(sizes);
    unsigned shift = 0;
    while (shift < SHIFT_MOST && (below += counts[shift]) * 2 < builder->count)
        shift++;
    return shift < SHIFT_LEAST ? SHIFT_LEAST : shift;
}

static void lay_out(struct builder *builder, struct geo_box all)
{
    const int64_t step = (int64_t)1
                         << (builder->shift + LOCATOR_BLOCK_BITS + LOCATOR_SUPER_BITS);
    builder->west = (int64_t)floor_div(all.west, step) * step;
    builder->south = (int64_t)floor_div(all.south, step) * step;
    builder->super_columns = (size_t)((all.east - builder->west) / step + 1);
    builder->super_rows = (size_t)((all.north - builder->south) / step + 1);
    builder->cell_count = builder->super_columns * LOCATOR_SUPER;
}

static void forget(struct builder *builder)
{
    for (size_t i = 0; builder->cells && i < builder->cell_count; i++) {
        free(builder->cells[i].covers);
        free(builder->cells[i].touches);
    }
    free(builder->cells);
    free(builder->rows);
    free(builder->carry);
    free(builder->edges);
    free(builder->supers.data);
    free(builder->directories.data);
    free(builder->blocks.data);
    free(builder->records.data);
    builder->cells = NULL;
    builder->rows = NULL;
    builder->carry = NULL;
    builder->edges = NULL;
    builder->edge_room = 0;
    builder->supers = builder->directories = builder->blocks = builder->records =
        (struct words){0};
}

static int attempt(struct builder *builder, struct geo_box all, struct error *error)
{
    lay_out(builder, all);
    add_words(builder, &builder->supers, builder->super_columns * builder->super_rows);
    builder->cells = memory_array(builder->cell_count, sizeof *builder->cells);
    builder->rows = memory_array(builder->cell_count + 1, sizeof *builder->rows);
    builder->carry = memory_array(builder->cell_count + 2, sizeof *builder->carry);
    struct order *order = memory_array(builder->count, sizeof *order);
    uint32_t *active = memory_array(builder->count, sizeof *active);
    if (!builder->cells || !builder->rows || !builder->carry || !order || !active)
        builder->failed = true;
    for (size_t i = 0; order && i < builder->count; i++)
        order[i] = (struct order){builder->boxes[i].south, (uint32_t)i};
    if (!builder->failed) {
        qsort(order, builder->count, sizeof *order, by_south);
        run_strips(builder, order, active);
    }
    free(order);
    free(active);
    if (builder->failed)
        return error_set(error, ERROR_LIMIT, "locator.memory",
                         "not enough memory for the locator");
    return 0;
}

static int assemble(const struct builder *builder, int64_t model_version,
                    struct locator **ret_locator, struct error *error)
{
    struct locator_header header = {
        .magic = LOCATOR_MAGIC,
        .model_version = model_version,
        .format = LOCATOR_FORMAT,
        .shift = builder->shift,
        .west = builder->west,
        .south = builder->south,
        .super_columns = builder->super_columns,
        .supers = builder->supers.count,
        .directories = builder->directories.count / LOCATOR_SUPER_BLOCKS,
        .blocks = builder->blocks.count / LOCATOR_BLOCK_PIXELS,
        .words = builder->records.count,
        .shapes = builder->count,
    };
    const unsigned super_shift = builder->shift + LOCATOR_BLOCK_BITS + LOCATOR_SUPER_BITS;
    header.width = (uint64_t)builder->super_columns << super_shift;
    header.height = (uint64_t)builder->super_rows << super_shift;
    const struct words *sections[] = {&builder->supers, &builder->directories,
                                      &builder->blocks, &builder->records};
    size_t bytes = sizeof header;
    for (int i = 0; i < 4; i++)
        bytes += sections[i]->count * sizeof(uint32_t);
    bytes = (bytes + 7) / 8 * 8;
    header.bytes = bytes;
    unsigned char *image = memory_array(bytes, 1);
    if (!image)
        return error_set(error, ERROR_LIMIT, "locator.memory",
                         "not enough memory for the locator");
    memcpy(image, &header, sizeof header);
    unsigned char *at = image + sizeof header;
    for (int i = 0; i < 4; i++) {
        if (sections[i]->count > 0)
            memcpy(at, sections[i]->data, sections[i]->count * sizeof(uint32_t));
        at += sections[i]->count * sizeof(uint32_t);
    }
    ((struct locator_header *)(void *)image)->checksum = locator_checksum(image, bytes);
    struct locator *locator = memory_new(sizeof *locator);
    locator->memory = image;
    int status = locator_attach(locator, image, bytes, error);
    if (status != 0)
        locator_free(locator);
    else
        *ret_locator = locator;
    return status;
}

static int measure(struct builder *builder, struct geo_box *ret_all, struct error *error)
{
    struct geo_box all = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (size_t i = 0; i < builder->count; i++) {
        if (builder->shapes[i].id < 1 || builder->shapes[i].id >= (int64_t)LOCATOR_FLAG)
            return error_set(error, ERROR_BUG, "locator.id",
                             "shape ids go from 1 to 2^31 - 1");
        struct geo_box box = geo_polygon_box(builder->shapes[i].polygon);
        if (box.west > box.east)
            box = (struct geo_box){0, 0, 0, 0};
        if ((int64_t)box.east - box.west > 1800000000)
            return error_set(error, ERROR_INPUT, "locator.wraps",
                             "a polygon is wider than half the globe");
        builder->boxes[i] = box;
        all.west = box.west < all.west ? box.west : all.west;
        all.south = box.south < all.south ? box.south : all.south;
        all.east = box.east > all.east ? box.east : all.east;
        all.north = box.north > all.north ? box.north : all.north;
    }
    *ret_all = builder->count ? all : (struct geo_box){0, 0, 0, 0};
    return 0;
}

int locator_build(const struct locator_shape *shapes, size_t count, int64_t model_version,
                  struct locator **ret_locator, struct error *error)
{
    struct builder builder = {.shapes = shapes, .count = count};
    builder.boxes = memory_array(count, sizeof *builder.boxes);
    if (!builder.boxes || count >= UINT32_MAX)
        return error_set(error, ERROR_LIMIT, "locator.memory", "too many shapes");
    struct geo_box all = {0, 0, 0, 0};
    int status = measure(&builder, &all, error);
    builder.shift = choose_shift(&builder);
    for (int i = 0; status == 0 && i < TRIES; i++) {
        builder.too_dense = false;
        status = attempt(&builder, all, error);
        if (status != 0 || !builder.too_dense)
            break;
        forget(&builder);
        builder.shift = builder.shift > 3 ? builder.shift - 3 : 0;
    }
    if (status == 0 && builder.too_dense)
        status = error_set(error, ERROR_LIMIT, "locator.too_dense",
                           "more than %d polygons meet in one place", LOCATOR_CANDIDATES);
    if (status == 0)
        status = assemble(&builder, model_version, ret_locator, error);
    forget(&builder);
    free(builder.boxes);
    return status;
}
