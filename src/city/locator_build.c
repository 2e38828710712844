// SPDX-License-Identifier: MPL-2.0
// Building a locator: edges are sorted into cells from the root down; the shapes that hold
// a cell's corner are known by walking from corner to corner and noting the edges crossed.
#include <gridcase/city/locator.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "locator_build_internal.h"

enum {
    PIXELS_PER_SHAPE = 10, // along the side of a typical shape
    PIXEL_LEAST_SHIFT = 6,
    PIXEL_MOST_SHIFT = 20,
    FEW_EDGES = 4,       // a cell of any size with no more becomes a record
    CROWD = 24,          // a pixel with more is split
    ROOT_MOST = 1 << 22, // cells
    MARGIN = 2, // lattice steps by which edges are thickened when sorted into cells
};

int builder_too_dense(struct builder *b, const struct cell *cell)
{
    return error_set(b->error, ERROR_LIMIT, "locator.too_dense",
                     "more than %d polygons or %d edges meet at %.7f, %.7f",
                     LOCATOR_CANDIDATES, LOCATOR_EDGES,
                     (double)cell->west / GEO_LATTICE_PER_DEG,
                     (double)cell->south / GEO_LATTICE_PER_DEG);
}

static int out_of_memory(struct error *error)
{
    (void)error_set(error, ERROR_LIMIT, "locator.memory", "not enough memory");
    return ERROR_LIMIT; // so that an analyser knows
}

uint32_t builder_value(const struct builder *b, uint32_t shape)
{
    return b->direct ? (uint32_t)b->shapes[shape].id : shape + 1;
}

// ---- arrays that grow ----
// Grows by half; what is new holds anything.
static void *grown(void *array, size_t *capacity, size_t needed, size_t size)
{
    size_t more = *capacity + *capacity / 2;
    more = more < needed + 1024 ? needed + 1024 : more;
    void *bigger = realloc(array, more * size);
    if (bigger)
        *capacity = more;
    return bigger;
}

int builder_reserve_entries(struct builder *b, size_t count, size_t *ret_at)
{
    if (b->entry_count + count > b->entry_capacity) {
        uint32_t *bigger = grown(b->entries, &b->entry_capacity, b->entry_count + count,
                                 sizeof(*b->entries));
        if (!bigger)
            return out_of_memory(b->error);
        b->entries = bigger;
    }
    *ret_at = b->entry_count;
    b->entry_count += count;
    if (b->entry_count / LOCATOR_UNIT > LOCATOR_ENTRY_MASK)
        return out_of_memory(b->error);
    return 0;
}

// A record that fits into a cache line does not straddle two.
int builder_reserve_words(struct builder *b, size_t count, size_t *ret_at)
{
    size_t at = b->word_count;
    if (count <= 8 && at % 8 + count > 8)
        at = (at + 7) & ~(size_t)7;
    if (at + count > b->word_capacity) {
        uint64_t *bigger =
            grown(b->records, &b->word_capacity, at + count, sizeof(*b->records));
        if (!bigger)
            return out_of_memory(b->error);
        b->records = bigger;
    }
    memset(b->records + b->word_count, 0,
           (at + count - b->word_count) * sizeof(*b->records));
    b->word_count = at + count;
    if (b->word_count > LOCATOR_ENTRY_MASK)
        return out_of_memory(b->error);
    *ret_at = at;
    return 0;
}

// ---- sorting edges into the cells of a block ----
struct grid {
    struct cell first; // south-western cell
    uint32_t columns, rows;
};

struct bins {
    size_t *start; // columns * rows + 1
    uint32_t *edge;
};

struct span {
    int64_t low, high;
};

static struct span cells_of(double low, double high, int64_t origin, uint32_t shift,
                            uint32_t count)
{
    // Cutting the fraction off takes less than one of the margin's two steps.
    int64_t first = (int64_t)low - MARGIN - origin;
    int64_t last = (int64_t)high + MARGIN - origin;
    struct span span = {first < 0 ? 0 : first >> shift, last < 0 ? -1 : last >> shift};
    if (span.high >= count)
        span.high = (int64_t)count - 1;
    return span;
}

// Columns of the row that the edge (thickened) touches.
static struct span columns_of(const struct grid *grid, const struct builder_edge *e,
                              int64_t row, bool one_row)
{
    double x0 = e->a.x, x1 = e->b.x;
    if (!one_row) {
        double height = (double)e->b.y - e->a.y;
        double slope = ((double)e->b.x - e->a.x) / height;
        double south =
            (double)(grid->first.south + (row << grid->first.shift)) - MARGIN - e->a.y;
        double north = south + (double)(INT64_C(1) << grid->first.shift) + 2.0 * MARGIN;
        double low = south < 0 ? 0 : south;
        double high = north > height ? height : north;
        x0 = e->a.x + slope * low;
        x1 = e->a.x + slope * high;
    }
    return cells_of(x0 < x1 ? x0 : x1, x0 < x1 ? x1 : x0, grid->first.west,
                    grid->first.shift, grid->columns);
}

// Counts the edge in each cell it touches (counting), or stores it there.
static void sort_edge(const struct builder *b, const struct grid *grid,
                      const struct bins *bins, uint32_t edge, bool counting)
{
    const struct builder_edge *e = &b->edges[edge];
    struct span rows =
        cells_of(e->a.y, e->b.y, grid->first.south, grid->first.shift, grid->rows);
    bool one_row = rows.low == rows.high || e->a.y == e->b.y;
    for (int64_t row = rows.low; row <= rows.high; row++) {
        struct span columns = columns_of(grid, e, row, one_row);
        for (int64_t column = columns.low; column <= columns.high; column++) {
            size_t *at = &bins->start[row * grid->columns + column];
            if (counting)
                ++*at;
            else
                bins->edge[--*at] = edge;
        }
    }
}

static void bins_done(struct bins *bins)
{
    free(bins->start);
    free(bins->edge);
}

// list.edge NULL stands for all edges. Within a cell edges keep no particular order.
static int bins_fill(struct builder *b, const struct grid *grid, struct edge_list list,
                     struct bins *ret_bins)
{
    size_t cells = (size_t)grid->columns * grid->rows;
    struct bins bins = {calloc(cells + 1, sizeof(*bins.start)), NULL};
    if (!bins.start)
        return out_of_memory(b->error);
    for (size_t i = 0; i < list.count; i++)
        sort_edge(b, grid, &bins, list.edge ? list.edge[i] : (uint32_t)i, true);
    size_t sum = 0;
    for (size_t i = 0; i < cells; i++) {
        sum += bins.start[i];
        bins.start[i] = sum;
    }
    bins.start[cells] = sum;
    bins.edge = malloc((sum + 1) * sizeof(*bins.edge));
    if (!bins.edge) {
        bins_done(&bins);
        return out_of_memory(b->error);
    }
    for (size_t i = 0; i < list.count; i++)
        sort_edge(b, grid, &bins, list.edge ? list.edge[i] : (uint32_t)i, false);
    *ret_bins = bins;
    return 0;
}

static struct edge_list bin(const struct bins *bins, size_t cell)
{
    return (struct edge_list){bins->edge + bins->start[cell],
                              bins->start[cell + 1] - bins->start[cell]};
}

// ---- walking from corner to corner ----
static int walk_east(struct builder *b, const struct cell *cell, struct edge_list list,
                     struct cover *cover)
{
    int64_t north = cell_last(cell->south, cell->shift);
    int64_t east = cell_last(cell->west, cell->shift);
    for (size_t i = 0; i < list.count; i++) {
        const struct builder_edge *e = &b->edges[list.edge[i]];
        if (edge_east(e, cell->west - 1, north) != edge_east(e, east, north) &&
            !cover_toggle(cover, e->shape))
            return builder_too_dense(b, cell);
    }
    return 0;
}

static int walk_south(struct builder *b, const struct cell *cell, struct edge_list list,
                      struct cover *cover)
{
    int64_t north = cell_last(cell->south, cell->shift);
    for (size_t i = 0; i < list.count; i++) {
        const struct builder_edge *e = &b->edges[list.edge[i]];
        if (edge_north(e, cell->west - 1, north) !=
                edge_north(e, cell->west - 1, cell->south - 1) &&
            !cover_toggle(cover, e->shape))
            return builder_too_dense(b, cell);
    }
    return 0;
}

// ---- the tree ----
static int make_cell(struct builder *b, const struct cell *cell, struct edge_list list,
                     const struct cover corners[2], uint32_t *ret_entry);

// Fills a grid of cells: the root (into root), or a block (into b->entries at `at`).
// west is the cover of the lattice point just west of the northern row's last one.
struct target {
    uint32_t *root;
    size_t at;
};

static int fill_row(struct builder *b, const struct grid *grid, uint32_t row,
                    const struct bins *bins, struct cover *cover, struct target target)
{
    struct cell cell = grid->first;
    cell.south += (int64_t)row << cell.shift;
    for (uint32_t column = 0; column < grid->columns; column++) {
        size_t index = (size_t)row * grid->columns + column;
        struct edge_list list = bin(bins, index);
        uint32_t entry = cover->count ? builder_value(b, cover->shape[0]) : 0;
        if (list.count) {
            struct cover corners[2] = {*cover};
            corners[1] = *cover;
            int code = walk_east(b, &cell, list, &corners[1]);
            if (code == 0)
                code = make_cell(b, &cell, list, corners, &entry);
            if (code < 0)
                return code;
            *cover = corners[1];
        }
        *(target.root ? target.root + index : b->entries + target.at + index) = entry;
        cell.west += INT64_C(1) << cell.shift;
    }
    return 0;
}

static int fill_grid(struct builder *b, const struct grid *grid, struct edge_list list,
                     const struct cover *west, struct target target)
{
    struct bins bins = {0};
    int code = bins_fill(b, grid, list, &bins);
    struct cover start = *west;
    for (uint32_t row = grid->rows; code == 0 && row-- > 0;) {
        struct cover cover = start;
        code = fill_row(b, grid, row, &bins, &cover, target);
        struct cell cell = grid->first;
        cell.south += (int64_t)row << cell.shift;
        if (code == 0)
            code = walk_south(b, &cell, bin(&bins, (size_t)row * grid->columns), &start);
    }
    bins_done(&bins);
    return code;
}

// corners: of the lattice point west of the cell's northern row, and of its last one.
static int make_cell(struct builder *b, const struct cell *cell, struct edge_list list,
                     const struct cover corners[2], uint32_t *ret_entry)
{
    bool is_pixel = cell->shift <= b->pixel_shift;
    if (list.count <= (is_pixel ? CROWD : FEW_EDGES) ||
        cell->shift <= LOCATOR_SPLIT_SHIFT) {
        int code = builder_record(b, cell, list, &corners[1], ret_entry);
        if (code != BUILDER_CROWDED)
            return code;
    }
    uint32_t step = is_pixel ? LOCATOR_SPLIT_SHIFT : LOCATOR_BLOCK_SHIFT;
    struct grid grid = {*cell, UINT32_C(1) << step, UINT32_C(1) << step};
    grid.first.shift -= step;
    struct target target = {0};
    int code = builder_reserve_entries(b, (size_t)1 << 2 * step, &target.at);
    if (code == 0)
        code = fill_grid(b, &grid, list, &corners[0], target);
    *ret_entry = locator_entry(is_pixel ? LOCATOR_KIND_SPLIT : LOCATOR_KIND_BLOCK,
                               target.at / LOCATOR_UNIT);
    return code;
}

// ---- from shapes to edges ----
static size_t count_edges(const struct locator_shape *shapes, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += shapes[i].polygon->point_count;
    return sum;
}

static void add_ring(struct builder *b, uint32_t shape, const struct geo_point *point,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct geo_point a = point[i];
        struct geo_point c = point[i + 1 < count ? i + 1 : 0];
        bool swap = a.y > c.y || (a.y == c.y && a.x > c.x);
        if (a.x != c.x || a.y != c.y)
            b->edges[b->edge_count++] =
                (struct builder_edge){swap ? c : a, swap ? a : c, shape};
    }
}

static int take_shapes(struct builder *b, size_t count, struct geo_box *box)
{
    b->direct = true;
    *box = (struct geo_box){INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (size_t i = 0; i < count; i++) {
        const struct locator_shape *shape = &b->shapes[i];
        struct geo_box own = geo_polygon_box(shape->polygon);
        if (shape->id < 1)
            return error_set(b->error, ERROR_INPUT, "locator.id", "id %" PRId64, shape->id);
        if (own.west <= own.east && (int64_t)own.east - own.west > INT64_C(1800000000))
            return error_set(b->error, ERROR_INPUT, "locator.wraps",
                             "polygon %" PRId64 " is wider than half the globe: cut it "
                             "at the 180th meridian",
                             shape->id);
        b->direct = b->direct && shape->id <= (int64_t)LOCATOR_ENTRY_MASK;
        box->west = own.west < box->west ? own.west : box->west;
        box->south = own.south < box->south ? own.south : box->south;
        box->east = own.east > box->east ? own.east : box->east;
        box->north = own.north > box->north ? own.north : box->north;
        const struct geo_polygon *p = shape->polygon;
        for (size_t r = 0; r < p->ring_count; r++)
            add_ring(b, (uint32_t)i, p->point + p->ring_start[r],
                     p->ring_start[r + 1] - p->ring_start[r]);
    }
    return 0;
}

// Side of the median shape's box, by a histogram of half powers of two.
static double typical_side(const struct locator_shape *shapes, size_t count)
{
    size_t histogram[65] = {0};
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        struct geo_box box = geo_polygon_box(shapes[i].polygon);
        if (box.west > box.east)
            continue;
        double width = (double)box.east - box.west + 1;
        double height = (double)box.north - box.south + 1;
        histogram[(size_t)(log2(width * height))]++;
        seen++;
    }
    size_t below = 0;
    for (size_t i = 0; i < 65; i++) {
        below += histogram[i];
        if (below * 2 >= seen && below)
            return exp2(((double)i + 0.5) / 2);
    }
    return 1;
}

// Sizes pixel and root so that the root stays small whatever the extent.
static struct grid choose_grid(struct builder *b, size_t count, struct geo_box box,
                               struct locator_head *head)
{
    double shift = floor(log2(typical_side(b->shapes, count) / PIXELS_PER_SHAPE) + 0.5);
    b->pixel_shift = shift < PIXEL_LEAST_SHIFT  ? PIXEL_LEAST_SHIFT
                     : shift > PIXEL_MOST_SHIFT ? PIXEL_MOST_SHIFT
                                                : (uint32_t)shift;
    head->root_shift = b->pixel_shift + LOCATOR_BLOCK_SHIFT;
    size_t generous = 4096 + 4 * count;
    for (;; b->pixel_shift++, head->root_shift++) {
        uint64_t width = 0;
        uint64_t height = 0;
        for (int level = 0; level < 2; level++) {
            head->root_x = locator_shifted(box.west) >> head->root_shift;
            head->root_y = locator_shifted(box.south) >> head->root_shift;
            width = (locator_shifted(box.east) >> head->root_shift) - head->root_x + 1;
            height = (locator_shifted(box.north) >> head->root_shift) - head->root_y + 1;
            if (level == 1 || width * height <= generous)
                break;
            head->root_shift += LOCATOR_BLOCK_SHIFT;
        }
        head->root_width = (uint32_t)width;
        head->root_height = (uint32_t)height;
        if (width * height <= ROOT_MOST)
            break;
        head->root_shift = b->pixel_shift + LOCATOR_BLOCK_SHIFT;
    }
    struct cell first = {((int64_t)head->root_x << head->root_shift) + INT32_MIN,
                         ((int64_t)head->root_y << head->root_shift) + INT32_MIN,
                         head->root_shift};
    return (struct grid){first, head->root_width, head->root_height};
}

static int make_tree(struct builder *b, size_t count, struct locator *locator)
{
    struct geo_box box;
    size_t most = count_edges(b->shapes, count);
    if (most >= UINT32_MAX || count > LOCATOR_ENTRY_MASK - 1)
        return out_of_memory(b->error);
    b->edges = malloc((most + 1) * sizeof(*b->edges));
    if (!b->edges)
        return out_of_memory(b->error);
    int code = take_shapes(b, count, &box);
    if (code < 0 || b->edge_count == 0)
        return code;
    struct grid grid = choose_grid(b, count, box, &locator->head);
    uint32_t *root = calloc((size_t)grid.columns * grid.rows + 1, sizeof(*root));
    if (!root)
        return out_of_memory(b->error);
    locator->owned[0] = root;
    struct cover nothing = {0};
    struct edge_list all = {NULL, b->edge_count};
    return fill_grid(b, &grid, all, &nothing, (struct target){root, 0});
}

// Gives back what growing took too much.
static void *fitted(void *array, size_t bytes)
{
    void *smaller = array ? realloc(array, bytes ? bytes : 1) : NULL;
    return smaller ? smaller : array;
}

static int give_arrays(struct builder *b, size_t count, struct locator *locator)
{
    struct locator_head *head = &locator->head;
    head->entries = b->entry_count;
    head->words = b->word_count;
    head->direct = b->direct;
    head->ids = b->direct ? 0 : count;
    head->shapes = count;
    locator->owned[1] = fitted(b->entries, b->entry_count * sizeof(*b->entries));
    locator->owned[2] = fitted(b->records, b->word_count * sizeof(*b->records));
    b->entries = NULL;
    b->records = NULL;
    if (head->ids) {
        int64_t *ids = malloc(head->ids * sizeof(*ids));
        if (!ids)
            return out_of_memory(b->error);
        for (size_t i = 0; i < count; i++)
            ids[i] = b->shapes[i].id;
        locator->owned[3] = ids;
    }
    locator->root = locator->owned[0];
    locator->entries = locator->owned[1];
    locator->records = locator->owned[2];
    locator->ids = locator->owned[3];
    locator->bytes = locator_padded(sizeof(*head)) +
                     locator_padded((size_t)head->root_width * head->root_height * 4) +
                     locator_padded(head->entries * 4) + locator_padded(head->words * 8) +
                     locator_padded(head->ids * 8);
    return 0;
}

int locator_build(const struct locator_shape *shapes, size_t count, int64_t model_version,
                  struct locator **ret_locator, struct error *error)
{
    struct locator *locator = calloc(1, sizeof(*locator));
    if (!locator)
        return out_of_memory(error);
    locator->head = (struct locator_head){.magic = "GCLOCAT",
                                          .order = LOCATOR_ORDER,
                                          .version = LOCATOR_FILE_VERSION,
                                          .model_version = model_version};
    struct builder b = {.shapes = shapes, .error = error};
    int code = make_tree(&b, count, locator);
    if (code == 0)
        code = give_arrays(&b, count, locator);
    free(b.edges);
    free(b.entries);
    free(b.records);
    if (code < 0) {
        locator_free(locator);
        return code;
    }
    *ret_locator = locator;
    return 0;
}
