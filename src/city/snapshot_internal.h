// SPDX-License-Identifier: MPL-2.0
// Inside of a city snapshot; only for the city room.
#pragma once

#include <stdatomic.h>

#include <gridcase/city/city.h>
#include <gridcase/city/locator.h>
#include <gridcase/city/place.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/table.h>
#include <gridcase/db/db.h>

#include "rules_set.h"

struct snapshot_setting {
    const char *section, *key, *value;
};

struct snapshot_code { // registry of classes, conditions, departments
    int64_t id;
    const char *code;
};

struct snapshot_layer { // coverage layer
    int64_t id;
    const char *code;
    struct locator *locator;
};

struct snapshot_rules { // one version of one kind of rules
    int64_t version;
    union {
        struct catalogue *catalogue;
        struct calendar *calendar;
        struct routing *routing;
        struct process *process;
    } as;
};

struct city_snapshot {
    atomic_int references;
    struct arena *arena;
    const char *slug;
    int64_t version, loaded_ms;
    struct snapshot_setting *setting;
    size_t setting_count;
    size_t language_count;
    const char *language[CITY_LANGUAGE_LIMIT];
    struct city_names name;
    bool demo;
    double bbox[4];

    size_t level_count;
    struct city_level level[CITY_LEVEL_LIMIT];
    struct locator *level_locator[CITY_LEVEL_LIMIT]; // overlay levels
    size_t layer_count;
    struct snapshot_layer layer[CITY_COVERAGE_LIMIT];

    // By id; *_by_code: those in force, by code (areas: by level, then code).
    struct city_area *area;
    size_t area_count;
    const struct city_area **area_by_code;
    size_t area_open;
    struct city_coverage_area *coverage;
    size_t coverage_count;
    struct city_grid *grid;
    size_t grid_count;
    const struct city_grid **grid_by_code;
    size_t grid_open;
    struct city_department *department;
    size_t department_count;

    struct snapshot_code *class_code, *condition_code; // by id
    size_t class_count, condition_count;

    struct snapshot_rules *rules[CITY_RULES_COUNT]; // by version
    size_t rules_count[CITY_RULES_COUNT];
    struct table *staff;
    int roster_level; // position; -1: the city has no duty grids
    struct roster *roster;
    struct words *words;
    struct evaluation *evaluation;
    struct scores *scores;
    struct report_plan *report_plan;
    struct locator *grids;
    struct near_index *components;
    struct place_index *places;
};

// Filling in, in this order. Each reads what it needs at city->version.
int snapshot_read_settings(struct city_snapshot *city, struct db *db,
                           struct error *error) ERROR_MUST_CHECK;
int snapshot_read_areas(struct city_snapshot *city, struct db *db,
                        struct error *error) ERROR_MUST_CHECK;
int snapshot_read_grids(struct city_snapshot *city, struct db *db,
                        struct error *error) ERROR_MUST_CHECK;
int snapshot_read_rules(struct city_snapshot *city, struct db *db,
                        struct error *error) ERROR_MUST_CHECK;
// The file of the unit grids' locator is large: it is opened and checked beside the reading
// of everything else. begin needs city->version; end joins, and gives what there is.
struct snapshot_opening;
struct snapshot_opening *snapshot_open_grids_begin(const struct city_snapshot *city,
                                                   const struct db_store *store);
struct locator *snapshot_open_grids_end(struct snapshot_opening *opening); // takes NULL
// grids: the locator that was opened, taken; NULL: it has to be made anew.
int snapshot_read_map(struct city_snapshot *city, struct db_store *store, struct db *db,
                      struct locator *grids, struct error *error) ERROR_MUST_CHECK;

// Value of section and key in city.ini; "" when absent.
const char *snapshot_setting(const struct city_snapshot *city, const char *section,
                             const char *key);
// Texts of the keys "<prefix>.<language>" of a section.
struct city_names snapshot_names(const struct city_snapshot *city, const char *section,
                                 const char *prefix);
// Newest text of a table up to a version, parsed; NULL when the model has none then.
int snapshot_table(struct db *db, const char *name, int64_t version,
                   struct table **ret_table, struct error *error) ERROR_MUST_CHECK;
