// SPDX-License-Identifier: MPL-2.0
// gridcase grid: unit grids made out of communities, roads and water. See gridcase-grid(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/grid.h>
#include <gridcase/geo/layer.h>

enum { SOURCES_MOST = 32, ARENA_CEILING = 512 * 1024 * 1024, CODE_MOST = 60 };
enum { PART_REGION, PART_STREET, PART_COMMUNITY, PART_SERIAL };

// ---- layers named on the command line ----
struct source {
    struct geo_layer_options options;
    uint8_t strength; // of a line without one of its own
    struct geo_layer *layer;
};

struct make_run {
    struct arena *arena;
    struct source areas;
    struct source along[SOURCES_MOST];
    size_t along_count;
    const char *code, *name, *prefix, *crs, *path, *strength;
    int digits; // of the serial
    bool free_codes, force;
    struct grid_area *area;
    const char **area_name;
    struct grid_along *line;
    size_t line_count, line_capacity;
    struct grid_input input;
    struct grid_plane *plane;
};

static int memory_out(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "grid.memory", "out of memory");
}

// "FILE[,layer=NAME][,crs=CRS][,encoding=NAME]".
static int read_source(struct make_run *run, const char *text, struct source *ret_source,
                       struct error *error)
{
    static const char *const keys[] = {",layer=", ",crs=", ",encoding="};
    char *copy = arena_text(run->arena, text);
    if (!copy)
        return memory_out(error);
    const char **values[] = {&ret_source->options.layer, &ret_source->options.crs,
                             &ret_source->options.encoding};
    char *found[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++)
        found[i] = strstr(copy, keys[i]);
    for (int i = 0; i < 3; i++)
        if (found[i]) {
            *found[i] = '\0';
            *values[i] = found[i] + strlen(keys[i]);
        }
    ret_source->options.path = copy;
    int code = geo_layer_read(&ret_source->options, &ret_source->layer, error);
    if (code < 0)
        error_prefix(error, "%s", copy);
    return code;
}

static int take_along(int *argc, char **argv, struct make_run *run, struct error *error)
{
    static const struct {
        const char *option;
        uint8_t strength;
    } kinds[] = {{"--water", 8}, {"--roads", 4}, {"--lines", 2}};
    int code = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        const char *text;
        while (code == 0 && (text = cli_option(argc, argv, kinds[i].option))) {
            if (run->along_count == SOURCES_MOST)
                return error_set(error, ERROR_INPUT, "cli.usage", "more than %d layers",
                                 SOURCES_MOST);
            struct source *source = &run->along[run->along_count++];
            source->strength = kinds[i].strength;
            code = read_source(run, text, source, error);
        }
    }
    return code;
}

static int number_option(int *argc, char **argv, const char *name, double *value,
                         struct error *error)
{
    const char *text = cli_option(argc, argv, name);
    if (!text)
        return 0;
    if (text_to_double(text, strlen(text), value, NULL) < 0)
        return error_set(error, ERROR_INPUT, "cli.usage", "%s %.40s is no number", name,
                         text);
    return 0;
}

static int take_options(int *argc, char **argv, struct make_run *run, struct error *error)
{
    double digits = 3;
    run->code = cli_option(argc, argv, "--code");
    run->name = cli_option(argc, argv, "--name");
    run->prefix = cli_option(argc, argv, "--prefix");
    run->crs = cli_option(argc, argv, "--crs");
    run->strength = cli_option(argc, argv, "--strength");
    run->free_codes = cli_flag(argc, argv, "--free-codes");
    run->force = cli_flag(argc, argv, "--force");
    run->input.size_m2 = 10000;
    run->input.snap_m = 0.03;
    run->input.gap_m2 = 100;
    int code = number_option(argc, argv, "--size", &run->input.size_m2, error);
    if (code == 0)
        code = number_option(argc, argv, "--snap", &run->input.snap_m, error);
    if (code == 0)
        code = number_option(argc, argv, "--gap", &run->input.gap_m2, error);
    if (code == 0)
        code = number_option(argc, argv, "--digits", &digits, error);
    run->digits = (int)digits;
    if (code == 0 && (digits < 1 || digits > 6 || digits != run->digits))
        code = error_set(error, ERROR_INPUT, "cli.usage", "--digits is one of 1 to 6");
    if (code == 0 && run->digits != 3 && !run->free_codes)
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         "a code of 15 digits ends in a serial of 3: --free-codes allows "
                         "others");
    if (code == 0 && !(run->input.snap_m >= 0 && run->input.snap_m <= 10))
        code = error_set(error, ERROR_INPUT, "cli.usage", "--snap is between 0 and 10 m");
    run->input.serial_most = 9;
    for (int i = 1; i < run->digits; i++)
        run->input.serial_most = run->input.serial_most * 10 + 9;
    return code;
}

// ---- areas and their codes ----
static int area_code(struct make_run *run, const struct geo_feature *feature,
                     const char *text, const char **ret_code, struct error *error)
{
    const char *code =
        arena_format(run->arena, "%s%s", run->prefix ? run->prefix : "", text);
    if (!code)
        return memory_out(error);
    size_t length = strlen(code);
    bool digits = strspn(code, "0123456789") == length;
    if (!text[0])
        return error_set(error, ERROR_INPUT, "grid.area_code", "feature %lld has no %s",
                         (long long)feature->row, run->code);
    if (!run->free_codes && (length != 12 || !digits))
        return error_set(
            error, ERROR_INPUT, "grid.area_code",
            "feature %lld: area code \"%.40s\" is not 12 digits (region 6, street "
            "3, community 3): --prefix puts digits before it, --free-codes "
            "allows any",
            (long long)feature->row, code);
    if (length > CODE_MOST)
        return error_set(error, ERROR_INPUT, "grid.area_code",
                         "feature %lld: area code \"%.40s...\" is too long",
                         (long long)feature->row, code);
    *ret_code = code;
    return 0;
}

static int compare_codes(const void *left, const void *right)
{
    const struct grid_area *x = left, *y = right;
    return strcmp(x->code, y->code);
}

// One area for each code; the order of the file does not matter.
static int check_codes(struct make_run *run, struct error *error)
{
    if (run->input.area_count)
        qsort(run->area, run->input.area_count, sizeof(*run->area), compare_codes);
    for (size_t i = 1; i < run->input.area_count; i++)
        if (text_equal(run->area[i - 1].code, run->area[i].code))
            return error_set(error, ERROR_INPUT, "grid.area_code",
                             "area code \"%s\" stands twice", run->area[i].code);
    return 0;
}

static int take_areas(struct make_run *run, struct error *error)
{
    struct geo_layer *layer = run->areas.layer;
    int field = geo_layer_field(layer, run->code);
    size_t features = geo_layer_features(layer), repaired = 0;
    run->area = memory_array(features + 1, sizeof(*run->area));
    int code = 0;
    if (!run->area)
        return memory_out(error);
    if (field < 0)
        return error_set(error, ERROR_INPUT, "layer.field", "%s has no column \"%.60s\"",
                         run->areas.options.path, run->code);
    for (size_t i = 0; i < features && code == 0; i++) {
        struct geo_feature *feature = geo_layer_feature(layer, i);
        if (!feature->polygon)
            return error_set(error, ERROR_INPUT, "geometry.unusable",
                             "%s: feature %lld has no usable polygon%s%s",
                             run->areas.options.path, (long long)feature->row,
                             feature->problem ? ": " : "",
                             feature->problem ? feature->problem : "");
        repaired += feature->repaired != NULL;
        struct grid_area *area = &run->area[run->input.area_count++];
        area->polygon = feature->polygon;
        code = area_code(run, feature, geo_layer_text(layer, i, field), &area->code, error);
    }
    if (code == 0 && repaired)
        fprintf(stderr, "%zu of %zu areas were invalid and have been repaired.\n", repaired,
                features);
    run->input.area = run->area;
    return code == 0 ? check_codes(run, error) : code;
}

// ---- what to cut along ----
static uint8_t strength_of(const struct make_run *run, const struct source *source,
                           size_t i)
{
    static const char *const columns[] = {"strength", "highway", "railway", "waterway",
                                          "natural"};
    const struct geo_layer *layer = source->layer;
    if (run->strength) {
        uint8_t own = grid_strength_of(
            geo_layer_text(layer, i, geo_layer_field(layer, run->strength)));
        return own ? own : source->strength;
    }
    for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++) {
        uint8_t own =
            grid_strength_of(geo_layer_text(layer, i, geo_layer_field(layer, columns[c])));
        if (own)
            return own;
    }
    return source->strength;
}

static int add_line(struct make_run *run, const struct grid_along *line,
                    struct error *error)
{
    if (run->line_count == run->line_capacity) {
        size_t capacity = run->line_capacity * 2 + 1024;
        struct grid_along *bigger = realloc(run->line, capacity * sizeof(*bigger));
        if (!bigger)
            return memory_out(error);
        run->line = bigger;
        run->line_capacity = capacity;
    }
    run->line[run->line_count++] = *line;
    return 0;
}

static int add_feature(struct make_run *run, const struct geo_feature *feature,
                       uint8_t strength, struct error *error)
{
    int code = 0;
    if (feature->line)
        return add_line(run,
                        &(struct grid_along){feature->line->point,
                                             feature->line->point_count, false, strength},
                        error);
    for (size_t r = 0; feature->polygon && r < feature->polygon->ring_count && code == 0;
         r++) {
        const struct geo_polygon *p = feature->polygon;
        code = add_line(run,
                        &(struct grid_along){p->point + p->ring_start[r],
                                             p->ring_start[r + 1] - p->ring_start[r], true,
                                             strength},
                        error);
    }
    return code;
}

static int take_lines(struct make_run *run, struct error *error)
{
    int code = 0;
    for (size_t s = 0; s < run->along_count && code == 0; s++) {
        struct source *source = &run->along[s];
        size_t before = run->line_count;
        for (size_t i = 0; i < geo_layer_features(source->layer) && code == 0; i++)
            code = add_feature(run, geo_layer_feature(source->layer, i),
                               strength_of(run, source, i), error);
        if (code == 0 && run->line_count == before)
            fprintf(stderr, "%s: no lines or polygons to cut along.\n",
                    source->options.path);
    }
    run->input.along = run->line;
    run->input.along_count = run->line_count;
    return code;
}

// ---- writing ----
static int fill_row(struct make_run *run, const struct grid_cell *cell,
                    struct grid_row *row, struct error *error)
{
    const char *area = run->area[cell->area].code;
    const char *serial = arena_format(run->arena, "%0*u", run->digits, cell->serial);
    row->code = serial ? arena_format(run->arena, "%s%s", area, serial) : NULL;
    row->part[PART_SERIAL] = serial;
    if (run->free_codes) {
        row->part[PART_REGION] = area;
    } else {
        row->part[PART_REGION] = arena_format(run->arena, "%.6s", area);
        row->part[PART_STREET] = arena_format(run->arena, "%.3s", area + 6);
        row->part[PART_COMMUNITY] = arena_format(run->arena, "%.3s", area + 9);
    }
    row->polygon = cell->polygon;
    if (!row->code || !row->part[PART_REGION])
        return memory_out(error);
    return grid_plane_area(run->plane, cell->polygon, &row->area_m2, error);
}

static void tell_figures(const struct grid_figures *f, double size_m2)
{
    printf("%zu cells, together %.0f m2\n", f->count, f->sum_m2);
    printf("median %.0f m2, 10 %% below %.0f, 10 %% above %.0f, least %.0f, most %.0f\n",
           f->median_m2, f->tenth_m2, f->ninetieth_m2, f->least_m2, f->most_m2);
    printf("%.1f %% of the cells and %.1f %% of the surface are between %.0f and %.0f m2; "
           "variation %.2f\n",
           100 * f->near_share, 100 * f->near_area, 0.5 * size_m2, 1.5 * size_m2,
           f->variation);
}

static int tell_rows(const struct grid_row *row, size_t count, double size_m2,
                     struct error *error)
{
    struct grid_figures figures;
    double *area = memory_array(count + 1, sizeof(*area));
    if (!area)
        return memory_out(error);
    for (size_t i = 0; i < count; i++)
        area[i] = row[i].area_m2;
    grid_figures(area, count, size_m2, &figures);
    free(area);
    tell_figures(&figures, size_m2);
    return 0;
}

static int write_cells(struct make_run *run, const struct grid_result *result,
                       struct error *error)
{
    struct grid_sheet sheet = {.count = result->count};
    sheet.part_name[PART_REGION] = run->free_codes ? "area" : "region";
    sheet.part_name[PART_STREET] = run->free_codes ? NULL : "street";
    sheet.part_name[PART_COMMUNITY] = run->free_codes ? NULL : "community";
    sheet.part_name[PART_SERIAL] = "serial";
    struct grid_row *row = memory_array(result->count + 1, sizeof(*row));
    int code = 0;
    if (!row)
        return memory_out(error);
    for (size_t i = 0; i < result->count && code == 0; i++)
        code = fill_row(run, &result->cell[i], &row[i], error);
    sheet.row = row;
    if (code == 0)
        code = grid_write(run->path, run->plane, &sheet, error);
    if (code == 0) {
        printf("%s: cells of %zu areas, surfaces in %s.\n", run->path,
               run->input.area_count, grid_plane_name(run->plane));
        printf("%zu faces between borders and lines; %zu pieces by cutting large ones.\n",
               result->faces, result->cuts);
        code = tell_rows(row, result->count, run->input.size_m2, error);
    }
    free(row);
    return code;
}

static struct geo_box all_areas(const struct make_run *run)
{
    struct geo_box all = geo_polygon_box(run->area[0].polygon);
    for (size_t i = 1; i < run->input.area_count; i++) {
        struct geo_box box = geo_polygon_box(run->area[i].polygon);
        all.west = box.west < all.west ? box.west : all.west;
        all.south = box.south < all.south ? box.south : all.south;
        all.east = box.east > all.east ? box.east : all.east;
        all.north = box.north > all.north ? box.north : all.north;
    }
    return all;
}

static int make(struct make_run *run, struct error *error)
{
    struct grid_result result = {0};
    int code = take_areas(run, error);
    if (code == 0 && !run->input.area_count)
        code = error_set(error, ERROR_INPUT, "grid.area", "%s holds no areas",
                         run->areas.options.path);
    if (code == 0)
        code = take_lines(run, error);
    if (code == 0)
        code =
            grid_plane_open(run->crs, all_areas(run), !run->free_codes, &run->plane, error);
    if (code == 0)
        code = grid_make(&run->input, &result, error);
    if (code == 0 && result.overlaps)
        fprintf(stderr,
                "%.2f m2 lie in more than one area (%zu places): the area with the lower "
                "code has them.\n",
                result.overlap_m2, result.overlaps);
    if (code == 0 && result.gaps)
        fprintf(stderr,
                "%.2f m2 between areas (%zu places) were given to the area beside them.\n",
                result.gap_m2, result.gaps);
    if (code == 0)
        code = write_cells(run, &result, error);
    grid_result_done(&result);
    return code;
}

static void make_done(struct make_run *run)
{
    geo_layer_free(run->areas.layer);
    for (size_t i = 0; i < run->along_count; i++)
        geo_layer_free(run->along[i].layer);
    grid_plane_free(run->plane);
    free(run->area);
    free(run->line);
    arena_free(run->arena);
}

static int run_make(int argc, char **argv, struct error *error)
{
    struct make_run run = {.arena = arena_new(ARENA_CEILING)};
    const char *areas = cli_option(&argc, argv, "--areas");
    run.path = cli_option(&argc, argv, "--out");
    int code = take_options(&argc, argv, &run, error);
    if (code == 0 && (!areas || !run.path || !run.code))
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         "--areas FILE, --code COLUMN and --out FILE are needed");
    if (code == 0 && !run.force && file_exists(run.path))
        code = error_set(error, ERROR_CONFLICT, "grid.exists",
                         "%s is there already: --force replaces it", run.path);
    if (code == 0)
        code = take_along(&argc, argv, &run, error);
    if (code == 0)
        code = cli_words(argc, argv, 0, 0, error);
    if (code == 0)
        code = read_source(&run, areas, &run.areas, error);
    if (code == 0)
        code = make(&run, error);
    make_done(&run);
    return code;
}

// ---- show ----
static int run_show(int argc, char **argv, struct error *error)
{
    struct make_run run = {.arena = arena_new(ARENA_CEILING)};
    double size_m2 = 10000;
    double *area = NULL;
    struct grid_figures figures;
    size_t count = 0;
    int code = number_option(&argc, argv, "--size", &size_m2, error);
    if (code == 0)
        code = cli_words(argc, argv, 1, 1, error);
    if (code == 0)
        code = read_source(&run, argv[0], &run.areas, error);
    size_t features = code == 0 ? geo_layer_features(run.areas.layer) : 0;
    area = memory_array(features + 1, sizeof(*area));
    if (code == 0 && !area)
        code = memory_out(error);
    for (size_t i = 0; area && i < features && code == 0; i++) {
        const struct geo_feature *feature = geo_layer_feature(run.areas.layer, i);
        if (feature->polygon)
            area[count++] = geo_polygon_area_m2(feature->polygon);
    }
    if (code == 0) {
        grid_figures(area, count, size_m2, &figures);
        tell_figures(&figures, size_m2);
    }
    free(area);
    make_done(&run);
    return code;
}

const struct cli_command cli_grid_commands[] = {
    {"grid", "make",
     "--areas FILE --code COLUMN --out FILE [--roads FILE] [--water FILE] [--lines FILE] "
     "[--size M2] [--crs CRS] [--prefix DIGITS]",
     "cut areas into unit grids", run_make},
    {"grid", "show", "FILE [--size M2]", "how many grids a layer has and how even they are",
     run_show},
    {NULL, NULL, NULL, NULL, NULL},
};
