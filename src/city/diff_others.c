// SPDX-License-Identifier: MPL-2.0
// Areas, tables and components of a model beside those in force; and the whole comparison.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "diff_internal.h"

enum { WHAT_SIZE = 128, COMPONENTS_LISTED = 1000 };

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
}

// ---- areas ----
struct area_row {
    const char *what, *code; // "level ward"
    uint8_t digest[HASH_SIZE];
    double area_m2, lon_deg, lat_deg;
    bool matched;
};

struct area_rows {
    struct area_row *row;
    size_t count, capacity;
};

static int compare_rows(const void *left, const void *right)
{
    const struct area_row *x = left, *y = right;
    int order = strcmp(x->what, y->what);
    return order ? order : strcmp(x->code, y->code);
}

static int add_row(struct diff_run *run, struct db_statement *source,
                   struct area_rows *rows, struct error *error)
{
    size_t length = 0;
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity * 2 + 256;
        struct area_row *bigger = realloc(rows->row, capacity * sizeof(*bigger));
        if (!bigger)
            return no_memory(error);
        rows->row = bigger;
        rows->capacity = capacity;
    }
    struct area_row row = {arena_format(run->arena, "%s %s", db_column_text(source, 0),
                                        db_column_text(source, 1)),
                           arena_text(run->arena, db_column_text(source, 2)),
                           {0},
                           db_column_double(source, 4),
                           db_column_double(source, 5),
                           db_column_double(source, 6),
                           false};
    const void *digest = db_column_blob(source, 3, &length);
    if (!row.what || !row.code)
        return no_memory(error);
    if (length == HASH_SIZE)
        memcpy(row.digest, digest, HASH_SIZE);
    rows->row[rows->count++] = row;
    return 0;
}

static int read_areas(struct diff_run *run, struct area_rows *rows, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *source = NULL;
    int code = db_prepare(run->db, QUERY_CITY_DIFF_AREAS, &source, error);
    if (code < 0)
        return code;
    db_bind_int(source, 1, run->version);
    while ((code = db_step(source, error)) == DB_ROW) {
        code = add_row(run, source, rows, error);
        if (code < 0)
            return code;
    }
    if (rows->count)
        qsort(rows->row, rows->count, sizeof(*rows->row), compare_rows);
    return code < 0 ? code : 0;
}

static int compare_area(struct diff_run *run, const struct model_area *area,
                        struct area_rows *rows, struct error *error)
{
    char what[WHAT_SIZE];
    uint8_t digest[HASH_SIZE];
    BUFFER_CLEANUP struct buffer wkb;
    buffer_init(&wkb, BUFFER_CEILING_FILE);
    snprintf(what, sizeof(what), "%s %s",
             area->layer->family == MODEL_LEVEL ? "level" : "coverage", area->layer->code);
    struct area_row key = {.what = what, .code = area->code};
    struct area_row *was =
        rows->count ? bsearch(&key, rows->row, rows->count, sizeof(key), compare_rows)
                    : NULL;
    struct city_difference d = {.kind = was ? CITY_DIFF_CHANGED : CITY_DIFF_NEW,
                                .what = what,
                                .code = area->code,
                                .before_m2 = was ? was->area_m2 : 0,
                                .after_m2 = area->area_m2,
                                .common = was ? 0 : 1,
                                .lon_deg = area->inside.x / GEO_LATTICE_PER_DEG,
                                .lat_deg = area->inside.y / GEO_LATTICE_PER_DEG};
    geo_polygon_to_wkb(area->polygon, &wkb);
    int code = buffer_check(&wkb, error);
    if (code < 0)
        return code;
    area_digest(area, &wkb, digest);
    if (was)
        was->matched = true;
    if (was && memcmp(was->digest, digest, HASH_SIZE) == 0)
        return 0;
    return diff_add(run->diff, &d, error);
}

int diff_areas(struct diff_run *run, struct error *error)
{
    struct area_rows rows = {0};
    int code = read_areas(run, &rows, error);
    for (size_t i = 0; i < run->model->area_count && code == 0; i++)
        if (is_stored_area(&run->model->area[i]))
            code = compare_area(run, &run->model->area[i], &rows, error);
    for (size_t i = 0; i < rows.count && code == 0; i++) {
        const struct area_row *was = &rows.row[i];
        struct city_difference d = {.kind = CITY_DIFF_CLOSED,
                                    .what = was->what,
                                    .code = was->code,
                                    .before_m2 = was->area_m2,
                                    .common = 1,
                                    .lon_deg = was->lon_deg,
                                    .lat_deg = was->lat_deg};
        if (!was->matched)
            code = diff_add(run->diff, &d, error);
    }
    free(rows.row);
    return code;
}

// ---- tables ----
struct lines {
    char *text; // copied and cut at the line ends
    const char **line;
    size_t count;
};

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int split_lines(struct arena *arena, const char *text, struct lines *ret_lines)
{
    size_t count = 1;
    ret_lines->text = arena_text(arena, text);
    for (const char *c = text; *c; c++)
        count += *c == '\n';
    ret_lines->line = arena_array(arena, count + 1, sizeof(char *));
    if (!ret_lines->text || !ret_lines->line)
        return -1;
    for (char *at = ret_lines->text; at && *at;) {
        char *end = strchr(at, '\n');
        if (end)
            *end++ = '\0';
        ret_lines->line[ret_lines->count++] = at;
        at = end;
    }
    qsort(ret_lines->line, ret_lines->count, sizeof(char *), compare_texts);
    return 0;
}

// Lines that only one of two sorted lists has.
static void count_lines(const struct lines *was, const struct lines *now, size_t *ret_gone,
                        size_t *ret_new)
{
    size_t i = 0, k = 0;
    *ret_gone = *ret_new = 0;
    while (i < was->count || k < now->count) {
        int order = i == was->count   ? 1
                    : k == now->count ? -1
                                      : strcmp(was->line[i], now->line[k]);
        *ret_gone += order < 0;
        *ret_new += order > 0;
        i += order <= 0;
        k += order >= 0;
    }
}

static int compare_table(struct diff_run *run, const char *name, const char *text,
                         struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct lines was = {0}, now = {0};
    size_t gone = 0, fresh = 0;
    char what[WHAT_SIZE], detail[80];
    int code = db_prepare(run->db, QUERY_CITY_TABLE_NEWEST, &row, error);
    if (code < 0)
        return code;
    db_bind_text(row, 1, name);
    db_bind_int(row, 2, run->version);
    code = db_step(row, error);
    const char *stored = code == DB_ROW ? db_column_text(row, 0) : NULL;
    if (code < 0 || (stored ? strcmp(stored, text) == 0 : !text[0]))
        return code < 0 ? code : 0;
    if (split_lines(run->arena, stored ? stored : "", &was) < 0 ||
        split_lines(run->arena, text, &now) < 0)
        return no_memory(error);
    count_lines(&was, &now, &gone, &fresh);
    snprintf(what, sizeof(what), text_equal(name, "city.ini") ? "%s" : "table %s", name);
    snprintf(detail, sizeof(detail), "%zu lines new, %zu gone", fresh, gone);
    struct city_difference d = {.kind = !stored || !stored[0] ? CITY_DIFF_NEW
                                        : text[0]             ? CITY_DIFF_CHANGED
                                                              : CITY_DIFF_CLOSED,
                                .what = what,
                                .common = 1,
                                .reason = "lines",
                                .lines_new = fresh,
                                .lines_gone = gone,
                                .detail = detail};
    return diff_add(run->diff, &d, error);
}

static int compare_removed(struct diff_run *run, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(run->db, QUERY_CITY_TABLE_NAMES, &row, error);
    if (code < 0)
        return code;
    db_bind_int(row, 1, run->version);
    while ((code = db_step(row, error)) == DB_ROW) {
        const char *name = db_column_text(row, 0);
        if (!is_pseudo_table(name) && !model_table(run->model, name))
            code = compare_table(run, name, "", error);
        if (code < 0)
            return code;
    }
    return code < 0 ? code : 0;
}

static int compare_base(struct diff_run *run, enum model_layer_family family,
                        const char *name, struct error *error)
{
    uint8_t digest[HASH_SIZE];
    bool same = false;
    base_digest(run->model, model_layer_of(run->model, family, NULL), digest);
    int code = table_same(run->db, name, run->version, digest, &same, error);
    struct city_difference d = {.kind = CITY_DIFF_CHANGED, .what = name, .common = 1};
    return code < 0 || same ? code : diff_add(run->diff, &d, error);
}

int diff_tables(struct diff_run *run, struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_FILE);
    ini_text(run->model, &text);
    int code = buffer_check(&text, error);
    if (code == 0)
        code = compare_table(run, "city.ini", text.data ? text.data : "", error);
    for (size_t i = 0; i < run->model->table_count && code == 0; i++) {
        buffer_clear(&text);
        table_write_csv(run->model->table[i], &text);
        code = buffer_check(&text, error);
        if (code == 0)
            code = compare_table(run, table_name(run->model->table[i]),
                                 text.data ? text.data : "", error);
    }
    if (code == 0)
        code = compare_removed(run, error);
    if (code == 0)
        code = compare_base(run, MODEL_STREETS, "layer streets", error);
    if (code == 0)
        code = compare_base(run, MODEL_PLACES, "layer places", error);
    return code;
}

// ---- components: a register, so that what the file lacks stays ----
static int compare_component(struct diff_run *run, const struct model_component *c,
                             size_t *listed, size_t *counts, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    uint8_t digest[HASH_SIZE];
    size_t length = 0;
    int code = db_prepare(run->db, QUERY_CITY_COMPONENT_GET, &row, error);
    if (code < 0)
        return code;
    db_bind_text(row, 1, c->code);
    code = db_step(row, error);
    if (code < 0)
        return code;
    component_digest(c, digest);
    const void *stored = code == DB_ROW ? db_column_blob(row, 1, &length) : NULL;
    if (stored && length == HASH_SIZE && memcmp(stored, digest, HASH_SIZE) == 0)
        return 0;
    enum city_diff_kind kind = code == DB_ROW ? CITY_DIFF_CHANGED : CITY_DIFF_NEW;
    counts[kind]++;
    struct city_difference d = {.kind = kind,
                                .what = "components",
                                .code = c->code,
                                .common = 1,
                                .lon_deg = c->point.x / GEO_LATTICE_PER_DEG,
                                .lat_deg = c->point.y / GEO_LATTICE_PER_DEG};
    if ((*listed)++ >= COMPONENTS_LISTED)
        return 0;
    return diff_add(run->diff, &d, error);
}

int diff_components(struct diff_run *run, struct error *error)
{
    size_t listed = 0, counts[CITY_DIFF_KIND_COUNT] = {0};
    int code = 0;
    for (size_t i = 0; i < run->model->component_count && code == 0; i++)
        code = compare_component(run, &run->model->component[i], &listed, counts, error);
    if (code < 0 || listed <= COMPONENTS_LISTED)
        return code;
    char detail[120];
    snprintf(detail, sizeof(detail), "%zu new, %zu changed; %d are listed",
             counts[CITY_DIFF_NEW], counts[CITY_DIFF_CHANGED], COMPONENTS_LISTED);
    struct city_difference d = {.kind = CITY_DIFF_CHANGED,
                                .what = "components in all",
                                .common = 1,
                                .detail = detail};
    return diff_add(run->diff, &d, error);
}

// ---- all ----
static int run_all(struct diff_run *run, struct error *error)
{
    int code = diff_grids(run, error);
    if (code == 0)
        code = diff_renew(run, error);
    if (code == 0 && run->diff)
        code = diff_areas(run, error);
    if (code == 0 && run->diff)
        code = diff_tables(run, error);
    if (code == 0 && run->diff)
        code = diff_components(run, error);
    diff_sort(run->diff);
    return code;
}

int city_model_diff(struct db_store *store, const char *slug, struct city_model *model,
                    struct city_report *report, struct city_diff *diff, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    ARENA_CLEANUP struct arena *arena = arena_new(ARENA_CEILING_DIFF);
    struct diff_run run = {.model = model, .diff = diff, .arena = arena};
    int code = db_reader_borrow(store, slug, DB_CITY, &db, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_CITY_VERSION_VALID, NULL, 0, &run.version, error);
    if (code == ERROR_NOT_FOUND && db) { // nothing to compare with: all is new
        error_clear(error);
        code = 0;
    }
    if (code < 0 || (!run.version && !diff))
        return code;
    run.db = db;
    model->report = report;
    if (diff)
        diff->version = run.version;
    code = run_all(&run, error);
    model->report = NULL;
    diff_grids_done(&run);
    return code;
}
