// SPDX-License-Identifier: MPL-2.0
// Unit grids of a model beside those in force: who is who, and whose shape changed.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/geo/partition.h>

#include "diff_internal.h"

// A shape with at least this share of the surface in common is the same: what surveying,
// noding and rounding move. grids: same_shape_share.
static const double SAME_SHARE = 0.999;

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
}

// ---- what is in force ----
static int read_polygon(struct db_statement *row, int column,
                        struct geo_polygon **ret_polygon, struct error *error)
{
    size_t length = 0;
    const void *wkb = db_column_blob(row, column, &length);
    return geo_polygon_from_wkb(wkb, length, ret_polygon, error);
}

static int add_grid(struct diff_run *run, struct db_statement *row, size_t *capacity,
                    struct error *error)
{
    if (run->grid_count == *capacity) {
        size_t wanted = *capacity * 2 + 1024;
        struct diff_grid *bigger = realloc(run->grid, wanted * sizeof(*bigger));
        if (!bigger)
            return no_memory(error);
        run->grid = bigger;
        *capacity = wanted;
    }
    struct diff_grid *grid = &run->grid[run->grid_count];
    *grid = (struct diff_grid){.id = db_column_int(row, 0)};
    grid->code = arena_text(run->arena, db_column_text(row, 1));
    grid->model_code = arena_text(run->arena, db_column_text(row, 2));
    grid->area_class = arena_text(run->arena, db_column_text(row, 3));
    grid->area_m2 = db_column_double(row, 4);
    grid->lon_deg = db_column_double(row, 5);
    grid->lat_deg = db_column_double(row, 6);
    if (!grid->code || !grid->model_code || !grid->area_class)
        return no_memory(error);
    run->grid_count++;
    return read_polygon(row, 7, &grid->polygon, error);
}

static int compare_codes(const void *left, const void *right)
{
    const struct diff_grid *x = left, *y = right;
    return strcmp(x->code, y->code);
}

static int read_grids(struct diff_run *run, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    size_t capacity = 0;
    int code = db_prepare(run->db, QUERY_CITY_DIFF_GRIDS, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, run->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        code = add_grid(run, row, &capacity, error);
        if (code < 0)
            return code;
    }
    if (run->grid_count)
        qsort(run->grid, run->grid_count, sizeof(*run->grid), compare_codes);
    return code < 0 ? code : 0;
}

struct diff_grid *diff_grid_of_code(const struct diff_run *run, const char *code)
{
    struct diff_grid key = {.code = code};
    return run->grid_count
               ? bsearch(&key, run->grid, run->grid_count, sizeof(key), compare_codes)
               : NULL;
}

static int compare_ids(const void *left, const void *right)
{
    const struct diff_grid *const *x = left, *const *y = right;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static void set_chain(const struct diff_run *run, struct diff_grid *grid, const char *level,
                      const char *area)
{
    for (size_t p = 0; p < run->model->level_count; p++)
        if (text_equal(run->model->layer[p].code, level)) {
            grid->chain[p] = area;
            return;
        }
    grid->other_level = true;
}

// Rows come by id, so one walk beside the grids by id is enough.
static int read_chains(struct diff_run *run, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct diff_grid **by_id = memory_array(run->grid_count + 1, sizeof(*by_id));
    size_t at = 0;
    if (!by_id)
        return no_memory(error);
    int code = db_prepare(run->db, QUERY_CITY_DIFF_CHAINS, &row, error);
    if (code < 0) {
        free(by_id);
        return code;
    }
    for (size_t i = 0; i < run->grid_count; i++)
        by_id[i] = &run->grid[i];
    if (run->grid_count)
        qsort(by_id, run->grid_count, sizeof(*by_id), compare_ids);
    db_bind_int(row, 1, run->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        int64_t id = db_column_int(row, 0);
        while (at < run->grid_count && by_id[at]->id < id)
            at++;
        const char *area = arena_text(run->arena, db_column_text(row, 2));
        if (at < run->grid_count && by_id[at]->id == id && area)
            set_chain(run, by_id[at], db_column_text(row, 1), area);
    }
    free(by_id);
    return code < 0 ? code : 0;
}

// ---- shapes ----
static bool same_points(const struct geo_polygon *a, const struct geo_polygon *b)
{
    return a->point_count == b->point_count && a->ring_count == b->ring_count &&
           memcmp(a->point, b->point, a->point_count * sizeof(*a->point)) == 0 &&
           memcmp(a->ring_start, b->ring_start, (a->ring_count + 1) * sizeof(uint32_t)) ==
               0;
}

// Surface in common over the surface of both together.
static int common_share(struct geo_polygon *now, struct geo_polygon *was, double *ret_share,
                        struct error *error)
{
    struct geo_share *shares = NULL;
    size_t count = 0;
    double now_m2 = geo_polygon_area_m2(now), was_m2 = geo_polygon_area_m2(was);
    *ret_share = 0;
    int code = geo_partition_shares(&now, 1, &was, 1, 0, &shares, &count, error);
    if (code == 0 && count) {
        double common_m2 = shares[0].share * now_m2;
        *ret_share = common_m2 / (now_m2 + was_m2 - common_m2);
    }
    free(shares);
    return code;
}

static double same_share(const struct diff_run *run, const struct model_area *grid)
{
    return model_number(run->model, grid->layer->section, "same_shape_share", SAME_SHARE);
}

// ---- one by one ----
static struct city_difference describe(const struct model_area *now,
                                       const struct diff_grid *was)
{
    struct city_difference d = {.what = "grids",
                                .code = was   ? was->code
                                        : now ? now->code
                                              : ""};
    d.new_code = d.detail = "";
    d.common = 1;
    if (now) {
        d.after_m2 = now->area_m2;
        d.lon_deg = now->inside.x / GEO_LATTICE_PER_DEG;
        d.lat_deg = now->inside.y / GEO_LATTICE_PER_DEG;
    }
    if (was) {
        d.id = was->id;
        d.before_m2 = was->area_m2;
    }
    if (was && !now) {
        d.lon_deg = was->lon_deg;
        d.lat_deg = was->lat_deg;
    }
    return d;
}

// What else than the shape is another: class, areas above it. Empty: nothing.
static void tell_rest(const struct diff_run *run, const struct model_area *now,
                      const struct diff_grid *was, struct buffer *out)
{
    if (!text_equal(now->area_class, was->area_class))
        buffer_format(out, "class %s -> %s", was->area_class[0] ? was->area_class : "none",
                      now->area_class[0] ? now->area_class : "none");
    for (size_t p = 0; p < run->model->level_count; p++) {
        const char *area =
            now->chain[p] == SIZE_MAX ? NULL : run->model->area[now->chain[p]].code;
        if (!text_equal(area, was->chain[p]))
            buffer_format(out, "%s%s %s -> %s", out->length ? "; " : "",
                          run->model->layer[p].code, was->chain[p] ? was->chain[p] : "none",
                          area ? area : "none");
    }
    if (was->other_level)
        buffer_append_text(out, out->length ? "; a level is gone" : "a level is gone");
}

static int put_renew(struct diff_run *run, struct model_area *now, struct diff_grid *was,
                     double common)
{
    run->renew[run->renew_count++] = (struct diff_renewal){now, was, common};
    return 0;
}

static int compare_grid(struct diff_run *run, struct model_area *now, struct diff_grid *was,
                        struct error *error)
{
    bool same = same_points(now->polygon, was->polygon);
    struct city_difference d = describe(now, was);
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    int code = same ? 0 : common_share(now->polygon, was->polygon, &d.common, error);
    if (code < 0)
        return code;
    if (!same && d.common < same_share(run, now))
        return put_renew(run, now, was, d.common);
    if (!text_equal(now->code, was->code)) { // found by the code of the file
        now->model_code = now->code;
        now->code = arena_text(run->model->arena, was->code);
    } else if (was->model_code[0]) {
        now->model_code = arena_text(run->model->arena, was->model_code);
    }
    if (!now->code)
        return no_memory(error);
    tell_rest(run, now, was, &text);
    if (!same && !text.length) {
        buffer_append_text(&text, "border moved slightly");
        d.reason = "moved";
    }
    d.kind = CITY_DIFF_CHANGED;
    d.detail = text.data;
    return text.length ? diff_add(run->diff, &d, error) : 0;
}

// A code that a closed grid had: the same grid again keeps it, another one may not have it.
static int compare_new(struct diff_run *run, struct model_area *now, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct geo_polygon *polygon = NULL;
    struct model_where where = {now->layer->file, now->layer->section, now->row};
    struct city_difference d = describe(now, NULL);
    if (diff_grid_of_code(run, now->code)) // which goes on under this code elsewhere
        return put_renew(run, now, NULL, 1);
    int code = db_prepare(run->db, QUERY_CITY_DIFF_GRID_WAS, &row, error);
    if (code < 0)
        return code;
    db_bind_text(row, 1, now->code);
    db_bind_int(row, 2, run->version);
    code = db_step(row, error);
    if (code == DB_DONE)
        return diff_add(run->diff, &d, error);
    if (code == DB_ROW)
        code = read_polygon(row, 0, &polygon, error);
    if (code == 0)
        code = common_share(now->polygon, polygon, &d.common, error);
    geo_polygon_free(polygon);
    if (code < 0)
        return code;
    if (d.common < same_share(run, now))
        return put_renew(run, now, NULL, 1);
    model_report(
        run->model, CITY_WARNING, "grid.code_reused", &where,
        "code %s was that of a grid closed in version %lld, which comes back as it was",
        now->code, (long long)db_column_int(row, 1));
    d.common = 1;
    d.reason = "returned";
    d.detail = "comes back as it was";
    return diff_add(run->diff, &d, error);
}

static int compare_all(struct diff_run *run, const struct model_layer *layer,
                       struct diff_grid **match, struct error *error)
{
    int code = diff_match(run, layer, match, error);
    for (size_t i = 0; i < layer->count && code == 0; i++) {
        struct model_area *now = &run->model->area[layer->first + i];
        code = match[i] ? compare_grid(run, now, match[i], error)
                        : compare_new(run, now, error);
    }
    for (size_t i = 0; i < run->grid_count && code == 0; i++) {
        if (run->grid[i].matched)
            continue;
        struct city_difference d = describe(NULL, &run->grid[i]);
        d.kind = CITY_DIFF_CLOSED;
        code = diff_add(run->diff, &d, error);
    }
    return code;
}

int diff_grids(struct diff_run *run, struct error *error)
{
    const struct model_layer *layer = model_layer_of(run->model, MODEL_GRIDS, NULL);
    int code = read_grids(run, error);
    if (code == 0)
        code = read_chains(run, error);
    if (code < 0 || !layer)
        return code;
    struct diff_grid **match = memory_array(layer->count + 1, sizeof(*match));
    run->renew = memory_array(layer->count + 1, sizeof(*run->renew));
    code = match && run->renew ? compare_all(run, layer, match, error) : no_memory(error);
    free(match);
    return code;
}

void diff_grids_done(struct diff_run *run)
{
    for (size_t i = 0; i < run->grid_count; i++)
        geo_polygon_free(run->grid[i].polygon);
    free(run->grid);
    free(run->renew);
}
