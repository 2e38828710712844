// SPDX-License-Identifier: MPL-2.0
// A load under way: its cursor through the phases and what it has learnt; city room only.
#pragma once

#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>

#include "model_internal.h"

// Where the load stands. Moves on only when a slice is committed, so that a slice that has
// to be run again starts where the last committed one ended.
struct load_cursor {
    int phase;
    size_t index;
    size_t changes; // tables, areas, grids, base map
    struct city_load_result result;
    uint32_t rules; // bit per enum city_rules: gets a new version
};

struct load_job {
    struct city_model *model;
    const char *slug;
    int64_t now_ms;
    int64_t version;  // being written
    int64_t previous; // in force, 0: none
    struct load_cursor committed, next;
    int64_t level_id[MODEL_LAYERS_MOST]; // of levels and coverage layers
    int64_t *area_id;      // registry id of levels' and coverage areas, row id of grids
    int64_t *shape_id;     // row kept or made for levels' and coverage areas
    struct table *classes; // code columns of the registries
};

enum { PHASE_AGAIN = 0, PHASE_DONE = 1 };
// One small piece of a phase: PHASE_AGAIN, PHASE_DONE or an error.
typedef int load_phase(struct load_job *job, struct db *db, struct error *error);

load_phase phase_sweep, phase_version, phase_settings, phase_tables, phase_rules,
    phase_registries, phase_areas, phase_grids, phase_close, phase_streets, phase_places,
    phase_valid, phase_components;

// Runs phases in slices on the city's writer lane until all are committed.
int load_run(struct db_lane *lane, struct load_job *job, load_phase *const *phases,
             size_t count, struct error *error) ERROR_MUST_CHECK;

// Digest over length-prefixed texts and bytes.
void digest_text(struct hash *hash, const char *text);
void area_digest(const struct model_area *area, const struct buffer *wkb,
                 uint8_t digest[HASH_SIZE]);
void base_digest(const struct city_model *model, const struct model_layer *layer,
                 uint8_t digest[HASH_SIZE]); // of streets or places
void component_digest(const struct model_component *c, uint8_t digest[HASH_SIZE]);
bool is_stored_area(const struct model_area *area); // of a level or a coverage layer
// city.ini in canonical form.
void ini_text(const struct city_model *model, struct buffer *out);
// A name in model_table that is no office table.
bool is_pseudo_table(const char *name);
// Newest text of a stored table up to a version is this one?
int table_same(struct db *db, const char *name, int64_t version,
               const uint8_t digest[HASH_SIZE], bool *ret_same,
               struct error *error) ERROR_MUST_CHECK;
