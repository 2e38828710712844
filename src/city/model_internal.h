// SPDX-License-Identifier: MPL-2.0
// A model folder in memory, between reading and storing; only for the city room.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gridcase/city/city.h>
#include <gridcase/city/load.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/ini.h>
#include <gridcase/core/table.h>
#include <gridcase/geo/layer.h>
#include <gridcase/geo/shape.h>

enum { MODEL_TABLES_MOST = 64, MODEL_LAYERS_MOST = 80 };

enum model_layer_family {
    MODEL_LEVEL,
    MODEL_GRIDS,
    MODEL_COVERAGE,
    MODEL_COMPONENTS,
    MODEL_STREETS,
    MODEL_PLACES,
    MODEL_BOUNDARY,
    MODEL_FAMILY_COUNT,
};

// One section of city.ini that names a layer. Texts are borrowed from the ini.
struct model_layer {
    enum model_layer_family family;
    const char *section; // "level ward"
    const char *code;    // "ward"; "" for grids, streets ...
    struct city_names name;
    enum city_level_kind kind;
    struct geo_layer *data;
    const char *file;    // as in city.ini
    size_t first, count; // of model->areas / ->components
};

struct model_area { // of a level, of the grids, of a coverage layer
    struct model_layer *layer;
    int64_t row;
    const char *code;
    const char *model_code; // unit grids: as in the file, when code is a new one; else NULL
    const char *names;      // lines "language<TAB>name"; language is empty for any
    const char *area_class;
    const char *department;      // coverage
    struct geo_polygon *polygon; // owned
    struct geo_point inside;
    double area_m2;
    // Unit grids only: per level position the area (index in model->areas) with the largest
    // share; SIZE_MAX when none.
    size_t chain[CITY_LEVEL_LIMIT];
    float share[CITY_LEVEL_LIMIT];
};

struct model_component {
    struct model_layer *layer;
    int64_t row;
    const char *code, *class_code, *name, *state, *note;
    const char *competent, *owner, *maintainer; // department codes
    struct geo_point point;
    const char *grid_code; // "" outside
};

struct city_model {
    struct arena *arena;
    struct city_report *report; // borrowed while reading
    char *folder;
    struct ini *ini;
    size_t language_count;
    const char *language[CITY_LANGUAGE_LIMIT];
    size_t table_count;
    struct table *table[MODEL_TABLES_MOST]; // name = "classes" ...
    size_t layer_count;
    struct model_layer layer[MODEL_LAYERS_MOST];
    size_t level_count;      // levels come first in layer[], in the order of city.ini
    struct model_area *area; // all levels, then grids, then coverage
    size_t area_count;
    struct model_component *component;
    size_t component_count;
    struct locator *grids; // of the unit grids; NULL when they are broken
};

struct model_where {
    const char *file, *layer;
    int64_t row;
};
void model_report(struct city_model *model, enum city_severity severity, const char *slug,
                  const struct model_where *where, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// ---- city.ini ----
// Value of "key" in the layer's section; "" when absent.
const char *model_key(const struct city_model *model, const char *section, const char *key);
// Value as a number; fallback when absent; an error in the report when it is none. Looks in
// the layer's own section first, then in [tolerance].
double model_number(struct city_model *model, const char *section, const char *key,
                    double fallback);
int model_read_settings(struct city_model *model, struct error *error) ERROR_MUST_CHECK;
// Path of a file named in city.ini, relative to the folder; arena.
const char *model_path(struct city_model *model, const char *file);

// ---- tables ----
void model_read_tables(struct city_model *model);
struct table *model_table(const struct city_model *model, const char *name);
// Checks codes against a declared pattern and width and for doubles.
struct model_codes;
struct model_codes *model_codes_new(struct city_model *model, const char *section);
struct model_codes *model_codes_free(struct model_codes *codes);
void model_codes_check(struct model_codes *codes, const char *code,
                       const struct model_where *where);
bool model_has_department(const struct city_model *model, const char *code);
void model_check_departments(struct city_model *model);
// Catalogue, calendar, routing and process are built and thrown away.
void model_check_rules(struct city_model *model);

// ---- layers ----
void model_read_layers(struct city_model *model);
void model_check_layers(struct city_model *model);
struct model_layer *model_layer_of(struct city_model *model, enum model_layer_family family,
                                   const char *code); // code NULL: the first
// Locator of the polygons of one layer, ids = index in model->area + 1. NULL (told in the
// report) when it cannot be built.
struct locator *model_locator(struct city_model *model, const struct model_layer *layer);
