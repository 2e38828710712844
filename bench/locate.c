// SPDX-License-Identifier: MPL-2.0
// Bench of the locator: point -> unit grid, against GEOS' STRtree with prepared polygons on
// the same cells and points in the same run, one thread each.
//
//   build/bench/locate [BUILD] [CELLS ...]     cells: 100000 and 1000000 when none is named
//
// The cells are irregular, of about 24 vertices and 100 m, and share noded borders. The
// file is written, mapped and asked; "one by one" is locator_find(), "batch" is
// locator_find_many(). A sample of a million points, half of them on borders and corners,
// is compared with brute force (every edge of the cells near the point, own arithmetic).
#include <inttypes.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <geos_c.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/text.h>

__extension__ typedef __int128 wide;

enum {
    BENDS = 5, // vertices between two corners of a cell: 4 + 4 x 5 = 24 in a ring
    RING = 4 * (BENDS + 1),
    SIDE = 10000, // lattice steps: about 100 m
    POINTS = 4000000,
    GEOS_POINTS = 400000,
    CHECKED = 1000000,
    ROUNDS = 3,
};
static const struct geo_point origin = {1163000000, 398000000};

static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
    return (uint32_t)(mix(chance_state++) % below);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Bytes of memory in use by the process (heap, mapped or not), for differences.
static double resident_mb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long total = 0;
    long resident = 0;
    if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static void die(const char *what)
{
    fprintf(stderr, "bench locate: %s\n", what);
    exit(1);
}

static void *checked(void *memory)
{
    if (!memory)
        die("not enough memory");
    return memory;
}

// ---- cells ----
struct mesh {
    int32_t columns, rows;
    size_t count;
    struct geo_point *ring; // RING points per cell
    struct geo_polygon *polygon;
    struct locator_shape *shape;
};

static struct geo_point node(int32_t i, int32_t j)
{
    uint64_t z = mix((uint64_t)(uint32_t)i << 32 | (uint32_t)j);
    return (struct geo_point){origin.x + i * SIDE + (int32_t)(z % (SIDE / 2)) - SIDE / 4,
                              origin.y + j * SIDE + (int32_t)((z >> 32) % (SIDE / 2)) -
                                  SIDE / 4};
}

// Vertices of the border from node (i, j) to its eastern or northern neighbour, without
// the last one; the same numbers whoever asks.
static void border(int32_t i, int32_t j, bool up, struct geo_point out[BENDS + 1])
{
    struct geo_point a = node(i, j);
    struct geo_point b = up ? node(i, j + 1) : node(i + 1, j);
    out[0] = a;
    for (int32_t k = 1; k <= BENDS; k++) {
        uint64_t z =
            mix(mix((uint64_t)(uint32_t)i << 32 | (uint32_t)j) + (uint64_t)(k * 2 + up));
        const int32_t jitter = SIDE / 12;
        out[k].x = a.x + (int32_t)((int64_t)(b.x - a.x) * k / (BENDS + 1)) +
                   (int32_t)(z % (uint64_t)jitter) - jitter / 2;
        out[k].y = a.y + (int32_t)((int64_t)(b.y - a.y) * k / (BENDS + 1)) +
                   (int32_t)((z >> 32) % (uint64_t)jitter) - jitter / 2;
    }
}

static void cell_ring(int32_t i, int32_t j, struct geo_point *out)
{
    struct geo_point back[BENDS + 1];
    border(i, j, false, out);
    border(i + 1, j, true, out + BENDS + 1);
    out += 2 * (BENDS + 1);
    border(i, j + 1, false, back);
    *out++ = node(i + 1, j + 1);
    for (int k = BENDS; k > 0; k--)
        *out++ = back[k];
    border(i, j, true, back);
    *out++ = node(i, j + 1);
    for (int k = BENDS; k > 0; k--)
        *out++ = back[k];
}

static uint32_t one_part[] = {0, 1};
static uint32_t one_ring[] = {0, RING};

static struct mesh mesh_new(size_t count)
{
    struct mesh m = {0};
    while ((size_t)m.columns * (size_t)m.columns < count)
        m.columns++;
    m.rows = (int32_t)((count + (size_t)m.columns - 1) / (size_t)m.columns);
    m.count = (size_t)m.columns * (size_t)m.rows;
    m.ring = checked(calloc(m.count * RING, sizeof(*m.ring)));
    m.polygon = checked(calloc(m.count, sizeof(*m.polygon)));
    m.shape = checked(calloc(m.count, sizeof(*m.shape)));
    for (size_t c = 0; c < m.count; c++) {
        cell_ring((int32_t)(c % (size_t)m.columns), (int32_t)(c / (size_t)m.columns),
                  m.ring + c * RING);
        m.polygon[c] =
            (struct geo_polygon){1, one_part, 1, one_ring, RING, m.ring + c * RING};
        m.shape[c] = (struct locator_shape){(int64_t)c + 1, &m.polygon[c]};
    }
    return m;
}

static void mesh_done(struct mesh *m)
{
    free(m->ring);
    free(m->polygon);
    free(m->shape);
}

// ---- points ----
static struct geo_point any_point(const struct mesh *m)
{
    return (struct geo_point){
        origin.x - SIDE / 2 + (int32_t)chance((uint32_t)(m->columns + 1) * SIDE),
        origin.y - SIDE / 2 + (int32_t)chance((uint32_t)(m->rows + 1) * SIDE)};
}

// On a corner, on or beside a border, half of the time; anywhere otherwise.
static struct geo_point awkward_point(const struct mesh *m)
{
    const struct geo_point *ring = m->ring + (size_t)chance((uint32_t)m->count) * RING;
    uint32_t k = chance(RING);
    struct geo_point a = ring[k];
    struct geo_point b = ring[(k + 1) % RING];
    switch (chance(8)) {
    case 0:
        return a;
    case 1:
        return (struct geo_point){(a.x + b.x) / 2, (a.y + b.y) / 2};
    case 2:
        return (struct geo_point){a.x + (int32_t)chance(3) - 1,
                                  a.y + (int32_t)chance(3) - 1};
    case 3: {
        int32_t t = (int32_t)chance(1000);
        return (struct geo_point){a.x + (b.x - a.x) * t / 1000,
                                  a.y + (b.y - a.y) * t / 1000};
    }
    default:
        return any_point(m);
    }
}

// ---- brute force ----
static bool ring_holds(const struct geo_point *ring, struct geo_point p)
{
    bool inside = false;
    for (size_t i = 0; i < RING; i++) {
        struct geo_point a = ring[i];
        struct geo_point b = ring[(i + 1) % RING];
        if ((a.y > p.y) == (b.y > p.y))
            continue;
        wide left = (wide)(p.x - a.x) * (b.y - a.y);
        wide right = (wide)(b.x - a.x) * (p.y - a.y);
        inside ^= b.y > a.y ? left < right : left > right;
    }
    return inside;
}

// Cells reach less than one cell's side over their place in the mesh.
static int64_t brute(const struct mesh *m, struct geo_point p)
{
    int32_t column = (p.x - origin.x + SIDE) / SIDE - 1;
    int32_t row = (p.y - origin.y + SIDE) / SIDE - 1;
    for (int32_t j = row - 1; j <= row + 1; j++)
        for (int32_t i = column - 1; i <= column + 1; i++) {
            if (i < 0 || j < 0 || i >= m->columns || j >= m->rows)
                continue;
            size_t c = (size_t)j * (size_t)m->columns + (size_t)i;
            if (ring_holds(m->ring + c * RING, p))
                return (int64_t)c + 1;
        }
    return 0;
}

static size_t mismatches(const struct mesh *m, const struct locator *locator)
{
    struct geo_point p[1000];
    int64_t ids[1000];
    size_t wrong = 0;
    chance_state = 77;
    for (size_t done = 0; done < CHECKED; done += 1000) {
        for (size_t i = 0; i < 1000; i++)
            p[i] = awkward_point(m);
        locator_find_many(locator, p, 1000, ids);
        for (size_t i = 0; i < 1000; i++) {
            int64_t right = brute(m, p[i]);
            wrong += ids[i] != right || locator_find(locator, p[i]) != right;
        }
    }
    return wrong;
}

// ---- GEOS ----
struct geos_side {
    GEOSContextHandle_t context;
    GEOSSTRtree *tree;
    GEOSGeometry **cell;
    const GEOSPreparedGeometry **prepared;
};

static void complain(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

static struct geos_side geos_new(const struct mesh *m)
{
    struct geos_side g = {.context = initGEOS_r(complain, complain)};
    g.tree = GEOSSTRtree_create_r(g.context, 10);
    g.cell = checked(calloc(m->count, sizeof(GEOSGeometry *)));
    g.prepared = checked(calloc(m->count, sizeof(GEOSPreparedGeometry *)));
    for (size_t c = 0; c < m->count; c++) {
        GEOSCoordSequence *sequence = GEOSCoordSeq_create_r(g.context, RING + 1, 2);
        for (unsigned i = 0; i <= RING; i++) {
            const struct geo_point *p = &m->ring[c * RING + i % RING];
            GEOSCoordSeq_setXY_r(g.context, sequence, i, p->x / GEO_LATTICE_PER_DEG,
                                 p->y / GEO_LATTICE_PER_DEG);
        }
        GEOSGeometry *ring = GEOSGeom_createLinearRing_r(g.context, sequence);
        g.cell[c] = GEOSGeom_createPolygon_r(g.context, ring, NULL, 0);
        g.prepared[c] = GEOSPrepare_r(g.context, g.cell[c]);
        GEOSSTRtree_insert_r(g.context, g.tree, g.cell[c], (void *)(c + 1));
    }
    return g;
}

struct visit {
    const struct geos_side *g;
    const GEOSGeometry *point;
    int64_t found;
};

static void visit_cell(void *item, void *context)
{
    struct visit *visit = context;
    size_t id = (size_t)item;
    if (!visit->found &&
        GEOSPreparedIntersects_r(visit->g->context, visit->g->prepared[id - 1],
                                 visit->point) == 1)
        visit->found = (int64_t)id;
}

static int64_t geos_find(const struct geos_side *g, struct geo_point p)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(
        g->context, p.x / GEO_LATTICE_PER_DEG, p.y / GEO_LATTICE_PER_DEG);
    struct visit visit = {g, point, 0};
    GEOSSTRtree_query_r(g->context, g->tree, point, visit_cell, &visit);
    GEOSGeom_destroy_r(g->context, point);
    return visit.found;
}

static void geos_done(struct geos_side *g, size_t count)
{
    for (size_t c = 0; c < count; c++) {
        GEOSPreparedGeom_destroy_r(g->context, g->prepared[c]);
        GEOSGeom_destroy_r(g->context, g->cell[c]);
    }
    GEOSSTRtree_destroy_r(g->context, g->tree);
    finishGEOS_r(g->context);
    free(g->cell);
    free(g->prepared);
}

// ---- the runs ----
static int64_t sink; // keeps the compiler from leaving work out

static double one_by_one(const struct locator *locator, const struct geo_point *p)
{
    double start = now_s();
    int64_t sum = 0;
    for (size_t i = 0; i < POINTS; i++)
        sum += locator_find(locator, p[i]);
    sink += sum;
    return POINTS / (now_s() - start);
}

static double in_batches(const struct locator *locator, const struct geo_point *p,
                         int64_t *ids)
{
    double start = now_s();
    for (size_t i = 0; i < POINTS; i += 10000)
        locator_find_many(locator, p + i, 10000, ids);
    sink += ids[0];
    return POINTS / (now_s() - start);
}

static double geos_rate(const struct geos_side *g, const struct geo_point *p)
{
    for (size_t i = 0; i < GEOS_POINTS; i++) // builds the tree, warms the prepared indexes
        sink += geos_find(g, p[i]);
    double start = now_s();
    for (size_t i = 0; i < GEOS_POINTS; i++)
        sink += geos_find(g, p[i]);
    return GEOS_POINTS / (now_s() - start);
}

static double best(double a, double b)
{
    return a > b ? a : b;
}

static bool judge(const char *what, double value, double least)
{
    printf("  %-44s %8.1f x   (target %.0f x)  %s\n", what, value, least,
           value >= least ? "met" : "MISSED");
    return value >= least;
}

static struct locator *build_and_map(const struct mesh *m)
{
    struct error error = {0};
    struct locator *built = NULL;
    struct locator *mapped = NULL;
    char path[64];
    double start = now_s();
    if (locator_build(m->shape, m->count, 1, &built, &error) < 0 ||
        text_format(path, sizeof(path), "/tmp/gridcase-bench-%d.locator", (int)getpid()) !=
            0)
        die(error.message);
    double built_s = now_s();
    if (locator_write(built, path, &error) < 0)
        die(error.message);
    locator_free(built);
    malloc_trim(0);
    double written_s = now_s();
    if (locator_open(path, 1, &mapped, &error) < 0)
        die(error.message);
    printf("  build %.2f s, write %.2f s, open with checks %.2f s, file %.1f MB\n",
           built_s - start, written_s - built_s, now_s() - written_s,
           (double)locator_bytes(mapped) / 1e6);
    unlink(path);
    return mapped;
}

static bool run(size_t cells)
{
    struct mesh m = mesh_new(cells);
    printf("%zu irregular cells, %d vertices each, %.0f km2\n", m.count, RING,
           (double)m.count * 0.0085);
    struct geo_point *p = checked(malloc(POINTS * sizeof(*p)));
    int64_t *ids = checked(malloc(10000 * sizeof(*ids)));
    chance_state = 1;
    for (size_t i = 0; i < POINTS; i++)
        p[i] = any_point(&m);
    struct locator *locator = build_and_map(&m);
    double before = resident_mb();
    struct geos_side g = geos_new(&m);
    double geos = 0, single = 0, batch = 0;
    for (int round = 0; round < ROUNDS; round++) { // interleaved: the machine is shared
        geos = best(geos, geos_rate(&g, p));
        single = best(single, one_by_one(locator, p));
        batch = best(batch, in_batches(locator, p, ids));
    }
    double geos_mb = resident_mb() - before;
    double mb = (double)locator_bytes(locator) / 1e6;
    size_t wrong = mismatches(&m, locator);
    printf("  GEOS STRtree + prepared   %8.3f M/s   %7.1f MB\n", geos / 1e6, geos_mb);
    printf("  locator, one by one       %8.3f M/s   %7.1f MB\n", single / 1e6, mb);
    printf("  locator, batch            %8.3f M/s\n", batch / 1e6);
    bool good = judge("one by one / GEOS", single / geos, m.count > 500000 ? 15 : 20);
    judge("batch / GEOS", batch / geos, m.count > 500000 ? 15 : 20);
    printf("  %-44s %8.2f     (target <= 1)    %s\n", "memory / GEOS", mb / geos_mb,
           mb <= geos_mb ? "met" : "MISSED");
    printf("  %-44s %8zu     of %d points   %s\n", "mismatches with brute force", wrong,
           CHECKED, wrong == 0 ? "met" : "MISSED");
    geos_done(&g, m.count);
    locator_free(locator);
    mesh_done(&m);
    free(p);
    free(ids);
    malloc_trim(0);
    return good && wrong == 0 && mb <= geos_mb;
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {100000, 1000000};
    bool good = true;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 2; i < argc; i++) {
        int64_t cells = 0;
        if (text_to_int(argv[i], strlen(argv[i]), &cells, NULL) < 0 || cells < 100)
            die("usage: locate [BUILD] [CELLS ...]");
        good &= run((size_t)cells);
    }
    for (size_t i = 0; argc <= 2 && i < sizeof(sizes) / sizeof(*sizes); i++)
        good &= run(sizes[i]);
    printf("locate: %s\n", good ? "all targets met" : "a target was MISSED");
    return sink == 0; // never; a missed target is a finding, not a failure to run
}
