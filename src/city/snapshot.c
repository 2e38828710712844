// SPDX-License-Identifier: MPL-2.0
// City snapshot: life and look-ups.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "snapshot_internal.h"

enum { ARENA_CEILING_SNAPSHOT = 2000 * 1024 * 1024 };

// ---- life ----
static int read_version(struct city_snapshot *city, struct db *db, struct error *error)
{
    int code = db_fetch_int(db, QUERY_CITY_VERSION_VALID, NULL, 0, &city->version, error);
    if (code == ERROR_NOT_FOUND)
        return error_set(error, ERROR_NOT_FOUND, "city.empty",
                         "city %s has no model yet: gridcase city load", city->slug);
    if (code == 0)
        code = db_fetch_int(db, QUERY_CITY_VERSION_LOADED,
                            (struct db_value[]){DB_INT(city->version)}, 1, &city->loaded_ms,
                            error);
    return code;
}

static int read_all(struct city_snapshot *city, struct db_store *store, struct db *db,
                    struct error *error)
{
    int code = read_version(city, db, error);
    if (code != 0)
        return code;
    struct snapshot_opening *opening = snapshot_open_grids_begin(city, store);
    code = snapshot_read_settings(city, db, error);
    if (code == 0)
        code = snapshot_read_areas(city, db, error);
    if (code == 0)
        code = snapshot_read_grids(city, db, error);
    if (code == 0)
        code = snapshot_read_rules(city, db, error);
    struct locator *grids = snapshot_open_grids_end(opening);
    if (code == 0)
        return snapshot_read_map(city, store, db, grids, error);
    locator_free(grids);
    return code;
}

int city_snapshot_open(struct db_store *store, const char *slug,
                       struct city_snapshot **ret_snapshot, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    int code = db_reader_borrow(store, slug, DB_CITY, &db, error);
    if (code < 0)
        return code;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = memory_new(sizeof(*city));
    atomic_init(&city->references, 1);
    city->arena = arena_new(ARENA_CEILING_SNAPSHOT);
    city->slug = arena_text(city->arena, slug);
    // One transaction: all of it is of one version.
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    code = db_begin(db, DB_READ, &transaction, error);
    if (code == 0)
        code = read_all(city, store, db, error);
    if (code < 0)
        return code;
    *ret_snapshot = city;
    city = NULL;
    return 0;
}

struct city_snapshot *city_snapshot_ref(const struct city_snapshot *snapshot)
{
    struct city_snapshot *city = (struct city_snapshot *)(uintptr_t)snapshot;
    atomic_fetch_add_explicit(&city->references, 1, memory_order_relaxed);
    return city;
}

static void free_rules(struct city_snapshot *city)
{
    roster_free(city->roster); // before its calendar
    words_free(city->words);
    scores_free(city->scores);
    evaluation_free(city->evaluation);
    report_plan_free(city->report_plan);
    for (size_t i = 0; i < city->rules_count[CITY_CATALOGUE]; i++)
        catalogue_free(city->rules[CITY_CATALOGUE][i].as.catalogue);
    for (size_t i = 0; i < city->rules_count[CITY_CALENDAR]; i++)
        calendar_free(city->rules[CITY_CALENDAR][i].as.calendar);
    for (size_t i = 0; i < city->rules_count[CITY_ROUTING]; i++)
        routing_free(city->rules[CITY_ROUTING][i].as.routing);
    for (size_t i = 0; i < city->rules_count[CITY_PROCESS]; i++)
        process_free(city->rules[CITY_PROCESS][i].as.process);
}

struct city_snapshot *city_snapshot_free(struct city_snapshot *city)
{
    if (!city || atomic_fetch_sub_explicit(&city->references, 1, memory_order_acq_rel) > 1)
        return NULL;
    free_rules(city);
    for (size_t i = 0; i < city->level_count; i++)
        locator_free(city->level_locator[i]);
    for (size_t i = 0; i < city->layer_count; i++)
        locator_free(city->layer[i].locator);
    locator_free(city->grids);
    near_index_free(city->components);
    place_index_free(city->places);
    table_free(city->staff);
    arena_free(city->arena);
    free(city);
    return NULL;
}

// ---- identity ----
const char *city_slug(const struct city_snapshot *city)
{
    return city->slug;
}
struct city_names city_names(const struct city_snapshot *city)
{
    return city->name;
}
bool city_is_demo(const struct city_snapshot *city)
{
    return city->demo;
}
int64_t city_model_version(const struct city_snapshot *city)
{
    return city->version;
}
int64_t city_model_loaded_ms(const struct city_snapshot *city)
{
    return city->loaded_ms;
}
size_t city_languages(const struct city_snapshot *city)
{
    return city->language_count;
}

const char *city_language(const struct city_snapshot *city, size_t index)
{
    return index < city->language_count ? city->language[index] : "";
}

const char *city_name(const struct city_snapshot *city, const char *language)
{
    return city_names_text(city, &city->name, language);
}

const char *city_region_code(const struct city_snapshot *city)
{
    return snapshot_setting(city, "city", "region");
}

const char *city_time_zone(const struct city_snapshot *city)
{
    return snapshot_setting(city, "city", "time_zone");
}

const char *city_number_prefix(const struct city_snapshot *city)
{
    return snapshot_setting(city, "city", "number_prefix");
}

const char *city_attribution(const struct city_snapshot *city)
{
    return snapshot_setting(city, "city", "attribution");
}

const char *city_host_name(const struct city_snapshot *city)
{
    return snapshot_setting(city, "city", "host");
}

const char *city_names_text(const struct city_snapshot *city,
                            const struct city_names *names, const char *language)
{
    const char *any = NULL;
    const char *primary = NULL;
    size_t length = language ? strcspn(language, "-_") : 0;
    for (size_t i = 0; i < city->language_count; i++) {
        const char *text = names->text[i];
        if (!text || !text[0])
            continue;
        if (language && strcasecmp(city->language[i], language) == 0)
            return text;
        if (length && !primary && strncasecmp(city->language[i], language, length) == 0 &&
            strcspn(city->language[i], "-_") == length)
            primary = text;
        if (!any)
            any = text;
    }
    return primary ? primary : any ? any : "";
}

const struct roster *city_roster(const struct city_snapshot *city)
{
    return city->roster;
}

const struct words *city_words(const struct city_snapshot *city)
{
    return city->words;
}

const struct scores *city_scores(const struct city_snapshot *city)
{
    return city->scores;
}

const struct evaluation *city_evaluation(const struct city_snapshot *city)
{
    return city->evaluation;
}

int city_roster_level(const struct city_snapshot *city)
{
    return city->roster_level;
}

void city_bbox(const struct city_snapshot *city, double ret_wsen_deg[4])
{
    memcpy(ret_wsen_deg, city->bbox, sizeof(city->bbox));
}

const char *city_setting(const struct city_snapshot *city, const char *key,
                         const char *fallback)
{
    const char *dot = strchr(key, '.');
    for (size_t i = 0; dot && i < city->setting_count; i++) {
        const struct snapshot_setting *setting = &city->setting[i];
        if (strncmp(setting->section, key, (size_t)(dot - key)) == 0 &&
            !setting->section[dot - key] && text_equal(setting->key, dot + 1))
            return setting->value;
    }
    return fallback;
}

// ---- levels and areas ----
const char *city_level_kind_to_str(enum city_level_kind kind)
{
    static const char *const words[CITY_LEVEL_KIND_COUNT] = {"nesting", "overlay"};
    return kind < CITY_LEVEL_KIND_COUNT ? words[kind] : "";
}

size_t city_levels(const struct city_snapshot *city)
{
    return city->level_count;
}

const struct city_level *city_level(const struct city_snapshot *city, size_t position)
{
    return position < city->level_count ? &city->level[position] : NULL;
}

const struct city_level *city_level_by_code(const struct city_snapshot *city,
                                            const char *code)
{
    for (size_t i = 0; i < city->level_count; i++)
        if (text_equal(city->level[i].code, code))
            return &city->level[i];
    return NULL;
}

// All rows that are found by id begin with the id.
static int compare_id(const void *key, const void *row)
{
    int64_t a = *(const int64_t *)key;
    int64_t b = *(const int64_t *)row;
    return (a > b) - (a < b);
}

#define FIND_ID(rows, count, id)                                                           \
    ((rows) ? bsearch(&(id), (rows), (count), sizeof(*(rows)), compare_id) : NULL)

size_t city_areas(const struct city_snapshot *city)
{
    return city->area_count;
}

const struct city_area *city_area(const struct city_snapshot *city, size_t index)
{
    return index < city->area_count ? &city->area[index] : NULL;
}

const struct city_area *city_area_by_id(const struct city_snapshot *city, int64_t id)
{
    return FIND_ID(city->area, city->area_count, id);
}

const struct city_area *city_area_by_code(const struct city_snapshot *city, size_t level,
                                          const char *code)
{
    size_t low = 0;
    size_t high = city->area_open;
    while (code && low < high) {
        size_t middle = (low + high) / 2;
        const struct city_area *area = city->area_by_code[middle];
        int order = area->level != level ? (area->level > level ? 1 : -1)
                                         : strcmp(area->code, code);
        if (order == 0)
            return area;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// ---- unit grids ----
size_t city_grids(const struct city_snapshot *city)
{
    return city->grid_count;
}

const struct city_grid *city_grid(const struct city_snapshot *city, size_t index)
{
    return index < city->grid_count ? &city->grid[index] : NULL;
}

const struct city_grid *city_grid_by_id(const struct city_snapshot *city, int64_t id)
{
    return FIND_ID(city->grid, city->grid_count, id);
}

const struct city_grid *city_grid_by_code(const struct city_snapshot *city,
                                          const char *code)
{
    size_t low = 0;
    size_t high = city->grid_open;
    while (code && low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(city->grid_by_code[middle]->code, code);
        if (order == 0)
            return city->grid_by_code[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// ---- departments ----
size_t city_departments(const struct city_snapshot *city)
{
    return city->department_count;
}

const struct city_department *city_department(const struct city_snapshot *city,
                                              size_t index)
{
    return index < city->department_count ? &city->department[index] : NULL;
}

const struct city_department *city_department_by_id(const struct city_snapshot *city,
                                                    int64_t id)
{
    return FIND_ID(city->department, city->department_count, id);
}

const struct city_department *city_department_by_code(const struct city_snapshot *city,
                                                      const char *code)
{
    for (size_t i = 0; i < city->department_count; i++)
        if (!city->department[i].closed && text_equal(city->department[i].code, code))
            return &city->department[i];
    return NULL;
}

bool city_department_within(const struct city_snapshot *city, int64_t inner, int64_t outer)
{
    const struct city_department *at = city_department_by_id(city, inner);
    for (size_t i = 0; at && i <= city->department_count; i++) {
        if (at->id == outer)
            return true;
        at = at->parent ? city_department_by_id(city, at->parent) : NULL;
    }
    return false;
}

// ---- coverage ----
size_t city_coverage_layers(const struct city_snapshot *city)
{
    return city->layer_count;
}

const char *city_coverage_layer(const struct city_snapshot *city, size_t layer)
{
    return layer < city->layer_count ? city->layer[layer].code : NULL;
}

int64_t city_coverage_layer_id(const struct city_snapshot *city, size_t layer)
{
    return layer < city->layer_count ? city->layer[layer].id : 0;
}

const struct city_coverage_area *city_coverage_by_id(const struct city_snapshot *city,
                                                     int64_t id)
{
    return FIND_ID(city->coverage, city->coverage_count, id);
}

// ---- codes of the catalogue ----
static int64_t code_id(const struct snapshot_code *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(codes[i].code, code))
            return codes[i].id;
    return 0;
}

int64_t city_class_id(const struct city_snapshot *city, const char *class_code)
{
    return code_id(city->class_code, city->class_count, class_code);
}

const char *city_class_code(const struct city_snapshot *city, int64_t id)
{
    const struct snapshot_code *found = FIND_ID(city->class_code, city->class_count, id);
    return found ? found->code : NULL;
}

int64_t city_condition_id(const struct city_snapshot *city, const char *condition_code)
{
    return code_id(city->condition_code, city->condition_count, condition_code);
}

const char *city_condition_code(const struct city_snapshot *city, int64_t id)
{
    const struct snapshot_code *found =
        FIND_ID(city->condition_code, city->condition_count, id);
    return found ? found->code : NULL;
}

// ---- rules ----
int64_t city_rules_current(const struct city_snapshot *city, enum city_rules rules)
{
    size_t count = city->rules_count[rules];
    return count ? city->rules[rules][count - 1].version : 0;
}

static const struct snapshot_rules *rules_at(const struct city_snapshot *city,
                                             enum city_rules rules, int64_t version)
{
    if (version == 0)
        version = city_rules_current(city, rules);
    for (size_t i = 0; i < city->rules_count[rules]; i++)
        if (city->rules[rules][i].version == version)
            return &city->rules[rules][i];
    return NULL;
}

const struct catalogue *city_catalogue(const struct city_snapshot *city, int64_t version)
{
    const struct snapshot_rules *found = rules_at(city, CITY_CATALOGUE, version);
    return found ? found->as.catalogue : NULL;
}

const struct calendar *city_calendar(const struct city_snapshot *city, int64_t version)
{
    const struct snapshot_rules *found = rules_at(city, CITY_CALENDAR, version);
    return found ? found->as.calendar : NULL;
}

const struct routing *city_routing(const struct city_snapshot *city, int64_t version)
{
    const struct snapshot_rules *found = rules_at(city, CITY_ROUTING, version);
    return found ? found->as.routing : NULL;
}

const struct process *city_process(const struct city_snapshot *city, int64_t version)
{
    const struct snapshot_rules *found = rules_at(city, CITY_PROCESS, version);
    return found ? found->as.process : NULL;
}

const struct table *city_staff(const struct city_snapshot *city)
{
    return city->staff;
}

const struct near_index *city_components_near(const struct city_snapshot *city)
{
    return city->components;
}

const struct place_index *city_place_words(const struct city_snapshot *city)
{
    return city->places;
}

// ---- point ----
int city_locate(const struct city_snapshot *city, double lon_deg, double lat_deg,
                struct city_place *ret_place, struct error *error)
{
    struct geo_point point;
    int code = geo_point_from_deg(lon_deg, lat_deg, &point, error);
    if (code < 0)
        return code;
    struct city_place place = {.area_class = ""};
    place.grid = locator_find(city->grids, point);
    const struct city_grid *grid = city_grid_by_id(city, place.grid);
    if (grid)
        place.area_class = grid->area_class;
    for (size_t i = 0; i < city->level_count; i++)
        if (city->level[i].kind == CITY_OVERLAY)
            place.areas[i] = locator_find(city->level_locator[i], point);
        else if (grid)
            place.areas[i] = grid->areas[i];
    for (size_t i = 0; i < city->layer_count; i++)
        place.coverage[i] = locator_find(city->layer[i].locator, point);
    *ret_place = place;
    return 0;
}

int64_t city_nearest_grid(const struct city_snapshot *city, double lon_deg, double lat_deg,
                          double tolerance_m, double *ret_distance_m)
{
    struct geo_point point;
    if (geo_point_from_deg(lon_deg, lat_deg, &point, NULL) < 0)
        return 0;
    return locator_nearest(city->grids, point, tolerance_m, ret_distance_m);
}
