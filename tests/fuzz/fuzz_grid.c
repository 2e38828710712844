// SPDX-License-Identifier: MPL-2.0
// Degenerate areas and lines: whatever they are, cutting them ends, and what comes out has
// no gap and no overlap, and exactly the surface of what could be cut.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/geo/grid.h>
#include <gridcase/geo/partition.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AREAS = 3, LINES = 8, POINTS = 12 };

struct bytes {
    const uint8_t *at;
    size_t left;
};

static unsigned take(struct bytes *bytes)
{
    if (!bytes->left)
        return 0;
    bytes->left--;
    return *bytes->at++;
}

// Coarse and fine places, so that points meet, nearly meet, and lie on lines.
static struct geo_point take_point(struct bytes *bytes)
{
    static const int32_t fine[] = {0, 0, 0, 0, 0, 1, -1, 2};
    unsigned x = take(bytes), y = take(bytes);
    return (struct geo_point){1163500000 + (int32_t)(x >> 3) * 2000 + fine[x & 7],
                              400000000 + (int32_t)(y >> 3) * 1500 + fine[y & 7]};
}

static struct geo_polygon *take_polygon(struct bytes *bytes)
{
    uint8_t wkb[16 + (POINTS + 1) * 16];
    size_t count = 3 + take(bytes) % (POINTS - 3), n = 1;
    uint32_t head[] = {3, 1, (uint32_t)count + 1};
    double first[2] = {0, 0};
    wkb[0] = 1;
    memcpy(wkb + n, head, sizeof head);
    n += sizeof head;
    for (size_t i = 0; i <= count; i++) {
        double both[2];
        if (i < count) {
            struct geo_point p = take_point(bytes);
            both[0] = p.x / GEO_LATTICE_PER_DEG;
            both[1] = p.y / GEO_LATTICE_PER_DEG;
        }
        if (i == 0)
            memcpy(first, both, sizeof first);
        memcpy(wkb + n, i < count ? both : first, sizeof both);
        n += sizeof both;
    }
    struct geo_polygon *polygon = NULL;
    return geo_polygon_from_wkb(wkb, n, &polygon, NULL) == 0 ? polygon : NULL;
}

static void on_flaw(void *context, const struct geo_flaw *flaw)
{
    (void)context;
    if (flaw->kind == GEO_OVERLAP)
        abort();
}

static void check(const struct grid_result *result)
{
    struct geo_polygon **cell = calloc(result->count + 1, sizeof(*cell));
    for (size_t i = 0; i < result->count; i++) {
        cell[i] = result->cell[i].polygon;
        if (!cell[i] || cell[i]->point_count < 3 || !(result->cell[i].area_m2 > 0))
            abort();
    }
    if (geo_partition_flaws(cell, result->count, on_flaw, NULL, NULL) < 0)
        abort();
    free(cell);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const codes[AREAS] = {"1", "2", "3"};
    struct bytes bytes = {data, size};
    struct grid_area area[AREAS];
    struct grid_along along[LINES];
    struct geo_point point[LINES][POINTS];
    if (size > 400)
        return 0;
    struct grid_input input = {.area = area,
                               .along = along,
                               .area_count = 1 + take(&bytes) % AREAS,
                               .along_count = take(&bytes) % (LINES + 1),
                               .snap_m = take(&bytes) % 4 * 0.02,
                               .serial_most = 999};
    input.size_m2 = 1000 + take(&bytes) * 200;
    for (size_t i = 0; i < input.area_count; i++)
        area[i] = (struct grid_area){take_polygon(&bytes), codes[i]};
    for (size_t i = 0; i < input.along_count; i++) {
        unsigned head = take(&bytes);
        along[i] = (struct grid_along){point[i], head % (POINTS + 1), (head & 0x80) != 0,
                                       (uint8_t)(1 + head % 9)};
        for (size_t k = 0; k < along[i].count; k++)
            point[i][k] = take_point(&bytes);
    }
    struct grid_result result;
    struct error error = {0};
    int code = grid_make(&input, &result, &error);
    if (code == 0) {
        check(&result);
        grid_result_done(&result);
    } else if (code == ERROR_BUG) {
        abort();
    }
    for (size_t i = 0; i < input.area_count; i++)
        geo_polygon_free(area[i].polygon);
    return 0;
}
