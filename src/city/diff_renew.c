// SPDX-License-Identifier: MPL-2.0
// New codes for grids of another shape: the next serial that no grid of the community ever
// had. Codes are never used again.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "diff_internal.h"

enum { SERIAL_DIGITS = 3 };

// Every code there is or was, sorted; those given here are put in as well.
struct codes {
    const char **code;
    size_t count, capacity;
};

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
}

static int add_code(struct codes *codes, const char *code, struct error *error)
{
    if (codes->count == codes->capacity) {
        size_t capacity = codes->capacity * 2 + 1024;
        const char **bigger = realloc(codes->code, capacity * sizeof(*bigger));
        if (!bigger)
            return no_memory(error);
        codes->code = bigger;
        codes->capacity = capacity;
    }
    codes->code[codes->count++] = code;
    return code ? 0 : no_memory(error);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int read_codes(struct diff_run *run, struct codes *codes, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    const struct model_layer *layer = model_layer_of(run->model, MODEL_GRIDS, NULL);
    int code = db_prepare(run->db, QUERY_CITY_DIFF_CODES, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, run->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        code = add_code(codes, arena_text(run->arena, db_column_text(row, 0)), error);
        if (code < 0)
            return code;
    }
    for (size_t i = 0; i < layer->count && code >= 0; i++)
        code = add_code(codes, run->model->area[layer->first + i].code, error);
    if (codes->count)
        qsort(codes->code, codes->count, sizeof(char *), compare_texts);
    return code < 0 ? code : 0;
}

// How many digits at the code's end are its serial.
static size_t serial_digits(const char *code)
{
    size_t length = strlen(code), digits = 0;
    while (digits < SERIAL_DIGITS && digits < length && code[length - digits - 1] >= '0' &&
           code[length - digits - 1] <= '9')
        digits++;
    return digits;
}

// Marks the serials that codes of the same beginning and length have.
static size_t mark_used(const struct codes *codes, const char *code, size_t digits,
                        char *used)
{
    size_t length = strlen(code), most = 0, low = 0, high = codes->count;
    while (low < high) { // the first code of this beginning
        size_t middle = (low + high) / 2;
        if (strncmp(codes->code[middle], code, length - digits) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < codes->count && strncmp(codes->code[low], code, length - digits) == 0;
         low++) {
        int64_t serial = 0;
        if (strlen(codes->code[low]) != length ||
            text_to_int(codes->code[low] + length - digits, digits, &serial, NULL) < 0 ||
            serial < 0)
            continue;
        used[serial] = 1;
        most = (size_t)serial > most ? (size_t)serial : most;
    }
    return most;
}

// Behind the highest one; when that is the end, the lowest that was never used.
static size_t free_serial(const struct codes *codes, const char *code, size_t digits)
{
    char used[1000] = {0};
    size_t limit = digits == 3 ? 999 : digits == 2 ? 99 : digits == 1 ? 9 : 0;
    size_t most = limit ? mark_used(codes, code, digits, used) : 0;
    if (most < limit)
        return most + 1;
    for (size_t serial = 1; serial <= limit; serial++)
        if (!used[serial])
            return serial;
    return 0;
}

static int give_code(struct diff_run *run, struct codes *codes, struct model_area *grid,
                     struct error *error)
{
    struct model_where where = {grid->layer->file, grid->layer->section, grid->row};
    size_t digits = serial_digits(grid->code), length = strlen(grid->code);
    size_t serial = free_serial(codes, grid->code, digits);
    if (!serial) {
        model_report(
            run->model, CITY_ERROR, "grid.serials", &where,
            "%s has another shape than the grid of this code, and %s: give it a code "
            "that no grid had",
            grid->code,
            digits ? "no serial is left for a new code" : "it does not end in digits");
        return 0;
    }
    const char *code = arena_format(run->model->arena, "%.*s%0*zu", (int)(length - digits),
                                    grid->code, (int)digits, serial);
    if (!code)
        return no_memory(error);
    grid->model_code = grid->code;
    grid->code = code;
    size_t at = codes->count;
    int added = add_code(codes, code, error);
    for (; added == 0 && at > 0 && strcmp(codes->code[at - 1], code) > 0; at--) {
        codes->code[at] = codes->code[at - 1];
        codes->code[at - 1] = code;
    }
    return added;
}

static int tell(struct diff_run *run, size_t index, struct error *error)
{
    const struct model_area *grid = run->renew[index].grid;
    const struct diff_grid *was = run->renew[index].was;
    struct model_where where = {grid->layer->file, grid->layer->section, grid->row};
    struct city_difference d = {.kind = was ? CITY_DIFF_RENEWED : CITY_DIFF_NEW,
                                .what = "grids",
                                .code = was ? was->code : grid->code,
                                .new_code = grid->code,
                                .reason = was ? "" : "taken",
                                .detail =
                                    was ? "" : "its code in the file was that of another",
                                .before_m2 = was ? was->area_m2 : 0,
                                .after_m2 = grid->area_m2,
                                .common = run->renew[index].common,
                                .lon_deg = grid->inside.x / GEO_LATTICE_PER_DEG,
                                .lat_deg = grid->inside.y / GEO_LATTICE_PER_DEG,
                                .id = was ? was->id : 0};
    if (!grid->model_code)
        return 0; // no code was left: told as an error
    if (was)
        model_report(
            run->model, CITY_NOTE, "grid.renewed", &where,
            "%s changed its shape (%.0f m2, before %.0f): it is closed, and %s takes "
            "its place",
            was->code, grid->area_m2, was->area_m2, grid->code);
    else
        model_report(run->model, CITY_NOTE, "grid.renewed", &where,
                     "code %s was that of another grid: this one becomes %s",
                     grid->model_code, grid->code);
    return diff_add(run->diff, &d, error);
}

// Components name the grid they stand in.
struct renamed {
    const char *from, *to; // addresses
};

static int compare_renamed(const void *left, const void *right)
{
    const struct renamed *x = left, *y = right;
    return ((uintptr_t)x->from > (uintptr_t)y->from) -
           ((uintptr_t)x->from < (uintptr_t)y->from);
}

static int rename_components(struct diff_run *run, struct error *error)
{
    const struct model_layer *layer = model_layer_of(run->model, MODEL_GRIDS, NULL);
    struct renamed *renamed = memory_array(layer->count + 1, sizeof(*renamed));
    size_t count = 0;
    if (!renamed)
        return no_memory(error);
    for (size_t i = layer->first; i < layer->first + layer->count; i++)
        if (run->model->area[i].model_code &&
            !text_equal(run->model->area[i].model_code, run->model->area[i].code))
            renamed[count++] =
                (struct renamed){run->model->area[i].model_code, run->model->area[i].code};
    if (count)
        qsort(renamed, count, sizeof(*renamed), compare_renamed);
    for (size_t i = 0; i < run->model->component_count && count; i++) {
        struct renamed key = {run->model->component[i].grid_code, NULL};
        const struct renamed *found =
            bsearch(&key, renamed, count, sizeof(key), compare_renamed);
        if (found)
            run->model->component[i].grid_code = found->to;
    }
    free(renamed);
    return 0;
}

int diff_renew(struct diff_run *run, struct error *error)
{
    struct codes codes = {0};
    int code = run->renew_count ? read_codes(run, &codes, error) : 0;
    for (size_t i = 0; i < run->renew_count && code == 0; i++) {
        code = give_code(run, &codes, run->renew[i].grid, error);
        if (code == 0)
            code = tell(run, i, error);
    }
    free(codes.code);
    return code == 0 && model_layer_of(run->model, MODEL_GRIDS, NULL)
               ? rename_components(run, error)
               : code;
}
