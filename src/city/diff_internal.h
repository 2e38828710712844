// SPDX-License-Identifier: MPL-2.0
// Comparing a model with the city in force; only for the city room.
#pragma once

#include <gridcase/city/diff.h>

#include "store_internal.h"

enum { ARENA_CEILING_DIFF = 512 * 1024 * 1024 };

struct city_diff {
    struct arena *arena;
    struct city_difference *item;
    size_t count, capacity;
    int64_t version;
};

// diff may be NULL in both. Texts are copied.
int diff_add(struct city_diff *diff, const struct city_difference *difference,
             struct error *error) ERROR_MUST_CHECK;
void diff_sort(struct city_diff *diff);

// A unit grid in force.
struct diff_grid {
    int64_t id;
    const char *code, *model_code, *area_class;
    double area_m2, lon_deg, lat_deg;
    struct geo_polygon *polygon;
    const char *chain[CITY_LEVEL_LIMIT]; // area code by the model's level; NULL none
    bool other_level;                    // lies in an area of a level that the model lacks
    bool matched;
};

struct diff_renewal { // a grid of the model that needs a new code
    struct model_area *grid;
    struct diff_grid *was; // NULL: it has a code that another one had before
    double common;
};

struct diff_run {
    struct city_model *model;
    struct city_diff *diff; // or NULL
    struct db *db;
    int64_t version; // in force
    struct arena *arena;
    struct diff_grid *grid; // by code
    size_t grid_count;
    struct diff_renewal *renew;
    size_t renew_count;
};

// ---- diff_grids.c ----
int diff_grids(struct diff_run *run, struct error *error) ERROR_MUST_CHECK;
struct diff_grid *diff_grid_of_code(const struct diff_run *run, const char *code);
void diff_grids_done(struct diff_run *run);
// ---- diff_match.c ----
// match, zeroed: per grid of the layer the one in force, or NULL.
int diff_match(struct diff_run *run, const struct model_layer *layer,
               struct diff_grid **match, struct error *error) ERROR_MUST_CHECK;
// ---- diff_renew.c ----
// Gives run->renew their codes.
int diff_renew(struct diff_run *run, struct error *error) ERROR_MUST_CHECK;
// ---- diff_others.c ----
int diff_areas(struct diff_run *run, struct error *error) ERROR_MUST_CHECK;
int diff_tables(struct diff_run *run, struct error *error) ERROR_MUST_CHECK;
int diff_components(struct diff_run *run, struct error *error) ERROR_MUST_CHECK;
