// SPDX-License-Identifier: MPL-2.0
// City snapshot: one city's model at one model version, immutable and reference-counted.
//
// A snapshot is read by any thread without a lock. It holds the city's identity, its area
// levels, areas, unit grids, departments, coverage layers and the rules objects (catalogue,
// calendar, routing, process) of the current and of all earlier versions, because a case
// keeps the version it was filed under. Ids of levels, areas, grids, departments, classes,
// conditions and coverage areas are stable over model versions: a code that left the model
// stays findable by its id (flag closed). Everything returned is borrowed until the
// caller's reference is given back.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/rules/limit.h>

struct buffer;
struct db;
struct evaluation;
struct scores;
struct calendar;
struct catalogue;
struct db_store;
struct near_index;
struct place_index;
struct process;
struct report_plan;
struct roster;
struct routing;
struct table;
struct words;

enum {
    CITY_LEVEL_LIMIT = 8,     // area levels of a city
    CITY_LANGUAGE_LIMIT = 4,  // languages of a city
    CITY_COVERAGE_LIMIT = 64, // coverage layers of a city
};

enum city_level_kind {
    CITY_NESTING, // every unit grid lies in exactly one area of the level
    CITY_OVERLAY, // found by point only
    CITY_LEVEL_KIND_COUNT,
};
const char *city_level_kind_to_str(enum city_level_kind kind); // "nesting", "overlay"

// A text in the city's languages, by the position of the language in city_languages().
// An untranslated entry is NULL.
struct city_names {
    const char *text[CITY_LANGUAGE_LIMIT];
};

struct city_level {
    int64_t id;
    const char *code; // "neighborhood"
    struct city_names name;
    enum city_level_kind kind;
    size_t position; // 0 = the highest; index into grid->areas and place->areas
};

struct city_area {
    int64_t id;
    size_t level; // position of its level
    const char *code;
    struct city_names name;
    double lon_deg, lat_deg; // a point inside
    double west_deg, south_deg, east_deg, north_deg;
    const char *area_class; // "" when the model has none
    bool closed;            // not in the current model version
};

struct city_grid {
    int64_t id;
    const char *code;
    double lon_deg, lat_deg; // a point inside
    double area_m2;
    int64_t areas[CITY_LEVEL_LIMIT]; // area id per nesting level; 0 at overlay levels
    const char *area_class;          // "" when the model has none
    bool closed;
};

struct city_department {
    int64_t id;
    int64_t parent; // department id; 0 at a root
    const char *code;
    struct city_names name;
    const char *kind; // word of the model: "centre", "department", "queue" ...; may be ""
    bool closed;
    // Levels of command and of supervision: 0 none, 1 the centre's own, more: further down.
    int command, supervision;
    struct limit desk_limit; // a desk's own time for a case; LIMIT_NONE: none
    int inner_percent;       // of the handling limit, given to units below; 0: none
    bool silent;             // has no login: the desk or centre above acts for it
    int64_t company;         // whose people may not check each other: a department id
};
// A desk receives cases and dispatches them on: level of command 2 or more, in force.
static inline bool city_department_is_desk(const struct city_department *department)
{
    return department != NULL && department->command >= 2 && !department->closed;
}

// One area of a coverage layer (a department's service area); need not nest in grids.
struct city_coverage_area {
    int64_t id;
    size_t layer; // position in the list of coverage layers
    const char *code;
    int64_t department; // department id that serves it; 0 when the layer names none
};

// What lies under a point.
struct city_place {
    int64_t grid; // unit grid id; 0 outside every grid
    // Area id per level position, 0 when there is none: nesting levels from the grid (so
    // that a straddling grid's cases all count in one area), overlay levels by the point.
    int64_t areas[CITY_LEVEL_LIMIT];
    int64_t coverage[CITY_COVERAGE_LIMIT]; // coverage area id per layer; 0 = none
    const char *area_class;                // of the grid; "" outside
};

struct city_snapshot; // opaque

// ---- life ----
// Reads the current model version of a city out of city.db and system.db. The caller gets
// one reference. ERROR_NOT_FOUND "city.unknown" when there is no such city, "city.empty"
// when no model was loaded yet; ERROR_STORE, ERROR_INPUT for a broken stored model.
int city_snapshot_open(struct db_store *store, const char *slug,
                       struct city_snapshot **ret_snapshot,
                       struct error *error) ERROR_MUST_CHECK;
struct city_snapshot *city_snapshot_ref(const struct city_snapshot *snapshot);
// Gives one reference back; takes NULL, returns NULL. The last one frees.
struct city_snapshot *city_snapshot_free(struct city_snapshot *snapshot);
static inline void city_snapshot_cleanup(struct city_snapshot **snapshot)
{
    *snapshot = city_snapshot_free(*snapshot);
}
#define CITY_SNAPSHOT_CLEANUP __attribute__((cleanup(city_snapshot_cleanup)))

// ---- identity ----
const char *city_slug(const struct city_snapshot *city);
const char *city_name(const struct city_snapshot *city, const char *language);
struct city_names city_names(const struct city_snapshot *city);
// The name of a city whose model is not in memory, out of its database: "" when it has none
// in that language, or no model, or no room for it.
int city_name_read(struct db *db, const char *language, char *ret_name, size_t size,
                   struct error *error) ERROR_MUST_CHECK;
const char *city_region_code(const struct city_snapshot *city);
const char *city_time_zone(const struct city_snapshot *city); // "America/New_York"
const char *city_number_prefix(const struct city_snapshot *city);
const char *city_attribution(const struct city_snapshot *city); // plain text, one line
const char *city_host_name(const struct city_snapshot *city);   // "" when it has none
bool city_is_demo(const struct city_snapshot *city);
int64_t city_model_version(const struct city_snapshot *city);
// When that version became valid: with it, tells models of the same number apart.
int64_t city_model_loaded_ms(const struct city_snapshot *city);
// Whether it is still the model in force; db is a reader of city.db.
int city_is_current(struct db *db, const struct city_snapshot *city, bool *ret_current,
                    struct error *error) ERROR_MUST_CHECK;
// In a writing transaction on cases.db: it is, and stays so until the transaction ends.
// ERROR_BUSY "city.model_changed": read it anew and repeat. Costs nothing where no other
// server works with the store.
int city_hold_current(struct db *db, const struct city_snapshot *city,
                      struct error *error) ERROR_MUST_CHECK;
size_t city_languages(const struct city_snapshot *city);
const char *city_language(const struct city_snapshot *city, size_t index); // "en", "zh-CN"
// The names' text in that language; when it is missing the first text there is; never NULL.
const char *city_names_text(const struct city_snapshot *city,
                            const struct city_names *names, const char *language);
// West, south, east, north: the outer bounds of the unit grids in force, degrees; zeros
// for a city without grids.
void city_bbox(const struct city_snapshot *city, double ret_wsen_deg[4]);
// Any key of city.ini as "section.key" ("display.max_clusters"); fallback when absent.
const char *city_setting(const struct city_snapshot *city, const char *key,
                         const char *fallback);

// ---- model ----
size_t city_levels(const struct city_snapshot *city);
const struct city_level *city_level(const struct city_snapshot *city, size_t position);
const struct city_level *city_level_by_code(const struct city_snapshot *city,
                                            const char *code);
// Counts include closed ones; by_id and by_code give NULL when there is none, by_code
// finds only what is in force.
size_t city_areas(const struct city_snapshot *city);
const struct city_area *city_area(const struct city_snapshot *city, size_t index);
const struct city_area *city_area_by_id(const struct city_snapshot *city, int64_t id);
const struct city_area *city_area_by_code(const struct city_snapshot *city, size_t level,
                                          const char *code);
size_t city_grids(const struct city_snapshot *city);
const struct city_grid *city_grid(const struct city_snapshot *city, size_t index);
const struct city_grid *city_grid_by_id(const struct city_snapshot *city, int64_t id);
const struct city_grid *city_grid_by_code(const struct city_snapshot *city,
                                          const char *code);
size_t city_departments(const struct city_snapshot *city);
const struct city_department *city_department(const struct city_snapshot *city,
                                              size_t index);
const struct city_department *city_department_by_id(const struct city_snapshot *city,
                                                    int64_t id);
const struct city_department *city_department_by_code(const struct city_snapshot *city,
                                                      const char *code);
// True when inner is outer or stands below it in the tree.
bool city_department_within(const struct city_snapshot *city, int64_t inner, int64_t outer);
size_t city_coverage_layers(const struct city_snapshot *city);
const char *city_coverage_layer(const struct city_snapshot *city, size_t layer); // code
int64_t city_coverage_layer_id(const struct city_snapshot *city, size_t layer);
const struct city_coverage_area *city_coverage_by_id(const struct city_snapshot *city,
                                                     int64_t id);

// ---- stable ids of the catalogue's codes ----
// The catalogue objects carry these ids themselves (catalogue_class.id); these find them
// for codes of every version. 0 / NULL when unknown. A condition's code is unique in the
// catalogue.
int64_t city_class_id(const struct city_snapshot *city, const char *class_code);
const char *city_class_code(const struct city_snapshot *city, int64_t id);
int64_t city_condition_id(const struct city_snapshot *city, const char *condition_code);
const char *city_condition_code(const struct city_snapshot *city, int64_t id);

// ---- rules, by version ----
// A rules table's version is the model version in which it last changed; current() tells
// the one in force. Version 0 stands for the one in force. NULL for an unknown version.
enum city_rules {
    CITY_CATALOGUE,
    CITY_CALENDAR,
    CITY_ROUTING,
    CITY_PROCESS,
    CITY_RULES_COUNT,
};
int64_t city_rules_current(const struct city_snapshot *city, enum city_rules rules);
const struct catalogue *city_catalogue(const struct city_snapshot *city, int64_t version);
const struct calendar *city_calendar(const struct city_snapshot *city, int64_t version);
const struct routing *city_routing(const struct city_snapshot *city, int64_t version);
const struct process *city_process(const struct city_snapshot *city, int64_t version);
// The staff table of the current model version, NULL when the model has none.
const struct table *city_staff(const struct city_snapshot *city);

// ---- who is on duty (rules/roster.h), and the city's own labels (rules/words.h) ----
const struct roster *city_roster(const struct city_snapshot *city); // never NULL
const struct words *city_words(const struct city_snapshot *city);   // never NULL
// Counts and indicators of the model in force (rules/evaluation.h); never NULL.
const struct evaluation *city_evaluation(const struct city_snapshot *city);
// Scores and grades of the model in force (rules/score.h); never NULL.
const struct scores *city_scores(const struct city_snapshot *city);
// Groups, payment and mailings of the model in force (rules/report_plan.h); never NULL.
const struct report_plan *city_report_plan(const struct city_snapshot *city);
// Are there any mailings? Without opening the city; a reader of city.db.
int city_has_mailings(struct db *db, bool *ret_has, struct error *error) ERROR_MUST_CHECK;
// The office's template of the bulletin (DOCX) in a language; a reader of city.db.
// ERROR_NOT_FOUND "report.no_template".
int city_report_template(struct db *db, const struct city_snapshot *city,
                         const char *language, struct buffer *out,
                         struct error *error) ERROR_MUST_CHECK;
int city_roster_level(const struct city_snapshot *city); // position; -1: no duty grids

// Somebody on duty near a point at an instant.
struct city_duty {
    int64_t person_id; // 0: the login is in the roster but nobody has it
    const char *login;
    int64_t area_id; // the duty grid
    size_t shift;    // index in the roster
    int64_t starts_ms, ends_ms;
    bool backup;
    double distance_m; // 0: the point's own duty grid; else between the middles
};
// On duty for the duty grid (main before backup), then for the others, nearest first, up to
// `most`; those whose person is not known are left out. area_id 0: none of its own; has
// lon/lat NAN: no others either. Returns how many.
size_t city_on_duty(const struct city_snapshot *city, int64_t area_id, double lon_deg,
                    double lat_deg, int64_t instant_ms, struct city_duty *out, size_t most);

// ---- what stands around (place.h) ----
// Components as they stood when the snapshot was opened; ids are those of city.db.
const struct near_index *city_components_near(const struct city_snapshot *city);
const struct place_index *city_place_words(const struct city_snapshot *city);

// ---- point ----
// Fills *ret_place; a point outside every grid is no error (grid 0). ERROR_INPUT
// "point.invalid" for NaN, infinity or degrees out of range.
int city_locate(const struct city_snapshot *city, double lon_deg, double lat_deg,
                struct city_place *ret_place, struct error *error) ERROR_MUST_CHECK;
// Unit grid id at the point, or of the nearest one within tolerance_m (at most 2,000): what
// a collector just outside every grid may have meant. 0 when there is none;
// *ret_distance_m is written when there is one.
int64_t city_nearest_grid(const struct city_snapshot *city, double lon_deg, double lat_deg,
                          double tolerance_m, double *ret_distance_m);
