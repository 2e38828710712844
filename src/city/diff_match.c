// SPDX-License-Identifier: MPL-2.0
// Which grid of a model is which grid in force: the same code at the same place; the same
// place under another code (a layer that was made anew has numbered its grids anew); the
// same code elsewhere; the code that the file had when the importer gave a new one.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diff_internal.h"

static const double NEAR_SHARE = 0.001; // surfaces of the same place

// ---- places ----
static int compare_boxes(const struct geo_box *a, const struct geo_box *b)
{
    const int32_t x[] = {a->west, a->south, a->east, a->north};
    const int32_t y[] = {b->west, b->south, b->east, b->north};
    for (int i = 0; i < 4; i++)
        if (x[i] != y[i])
            return x[i] > y[i] ? 1 : -1;
    return 0;
}

struct boxed {
    struct geo_box box;
    struct diff_grid *grid;
};

static int compare_boxed(const void *left, const void *right)
{
    const struct boxed *x = left, *y = right;
    int order = compare_boxes(&x->box, &y->box);
    return order ? order : strcmp(x->grid->code, y->grid->code);
}

static bool same_place(const struct model_area *now, const struct diff_grid *was)
{
    struct geo_box a = geo_polygon_box(now->polygon), b = geo_polygon_box(was->polygon);
    return compare_boxes(&a, &b) == 0 &&
           fabs(now->area_m2 - was->area_m2) <= NEAR_SHARE * was->area_m2;
}

static size_t first_in_box(const struct boxed *boxed, size_t count,
                           const struct geo_box *box)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_boxes(&boxed[middle].box, box) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void take(struct diff_grid **match, struct diff_grid *grid)
{
    *match = grid;
    grid->matched = true;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

// Codes of the file, sorted. NULL when memory runs out.
static const char **file_codes(const struct diff_run *run, const struct model_layer *layer)
{
    const char **code = memory_array(layer->count + 1, sizeof(*code));
    for (size_t i = 0; code && i < layer->count; i++)
        code[i] = run->model->area[layer->first + i].code;
    if (code && layer->count)
        qsort(code, layer->count, sizeof(*code), compare_texts);
    return code;
}

static bool has_code(const char *const *codes, size_t count, const char *code)
{
    return bsearch(&code, codes, count, sizeof(*codes), compare_texts) != NULL;
}

// Grids that were only numbered anew: their code, or that of their place, stands for
// another place now. A code that nobody knew at a place whose own is gone is the office's
// new name for it.
static int match_places(struct diff_run *run, const struct model_layer *layer,
                        struct diff_grid **match, struct error *error)
{
    struct boxed *boxed = memory_array(run->grid_count + 1, sizeof(*boxed));
    const char **codes = file_codes(run, layer);
    size_t count = 0;
    if (!boxed || !codes) {
        free(boxed);
        free(codes);
        return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
    }
    for (size_t i = 0; i < run->grid_count; i++)
        if (!run->grid[i].matched)
            boxed[count++] =
                (struct boxed){geo_polygon_box(run->grid[i].polygon), &run->grid[i]};
    if (count)
        qsort(boxed, count, sizeof(*boxed), compare_boxed);
    for (size_t i = 0; i < layer->count; i++) {
        const struct model_area *now = &run->model->area[layer->first + i];
        struct geo_box box = geo_polygon_box(now->polygon);
        bool known = diff_grid_of_code(run, now->code) != NULL;
        if (match[i])
            continue;
        for (size_t k = first_in_box(boxed, count, &box);
             k < count && !match[i] && compare_boxes(&boxed[k].box, &box) == 0; k++)
            if (!boxed[k].grid->matched &&
                (known || has_code(codes, layer->count, boxed[k].grid->code)) &&
                same_place(now, boxed[k].grid))
                take(&match[i], boxed[k].grid);
    }
    free(boxed);
    free(codes);
    return 0;
}

// ---- codes of the file ----
static int compare_model_codes(const void *left, const void *right)
{
    const struct diff_grid *const *x = left, *const *y = right;
    return strcmp((*x)->model_code, (*y)->model_code);
}

static int match_file_codes(struct diff_run *run, const struct model_layer *layer,
                            struct diff_grid **match, struct error *error)
{
    struct diff_grid **named = memory_array(run->grid_count + 1, sizeof(*named));
    size_t count = 0;
    if (!named)
        return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
    for (size_t i = 0; i < run->grid_count; i++)
        if (!run->grid[i].matched && run->grid[i].model_code[0])
            named[count++] = &run->grid[i];
    if (count)
        qsort(named, count, sizeof(*named), compare_model_codes);
    for (size_t i = 0; i < layer->count && count; i++) {
        struct diff_grid key = {.model_code = run->model->area[layer->first + i].code};
        struct diff_grid *wanted = &key;
        if (match[i])
            continue;
        struct diff_grid **found =
            bsearch(&wanted, named, count, sizeof(*named), compare_model_codes);
        if (found && !(*found)->matched)
            take(&match[i], *found);
    }
    free(named);
    return 0;
}

int diff_match(struct diff_run *run, const struct model_layer *layer,
               struct diff_grid **match, struct error *error)
{
    for (size_t i = 0; i < layer->count; i++) {
        const struct model_area *now = &run->model->area[layer->first + i];
        struct diff_grid *found = diff_grid_of_code(run, now->code);
        if (found && same_place(now, found))
            take(&match[i], found);
    }
    int code = match_places(run, layer, match, error);
    for (size_t i = 0; i < layer->count && code == 0; i++) {
        struct diff_grid *found =
            match[i] ? NULL
                     : diff_grid_of_code(run, run->model->area[layer->first + i].code);
        if (found && !found->matched)
            take(&match[i], found);
    }
    return code == 0 ? match_file_codes(run, layer, match, error) : code;
}
