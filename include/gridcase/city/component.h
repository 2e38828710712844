// SPDX-License-Identifier: MPL-2.0
// One component of the city's register, as it stands now.
#pragma once

#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>

struct city_snapshot;
struct db;

struct city_component {
    int64_t id;
    const char *code; // its identity, never used again
    int64_t class_id; // 0: no class of the catalogues
    const char *name;
    const char *state;                             // "intact", "damaged", "lost" ...
    int64_t competent_id, owner_id, maintainer_id; // departments, 0: none
    double lon_deg, lat_deg;
};

// By code, or with code NULL by id. Reads city.db; texts live in the arena. ERROR_NOT_FOUND
// "component.unknown".
int city_component_find(struct db *db, const struct city_snapshot *city, const char *code,
                        int64_t id, struct arena *arena,
                        struct city_component *ret_component,
                        struct error *error) ERROR_MUST_CHECK;
// All that stand somewhere, by id, at most `most`, until visit returns other than 0. Texts
// live in the arena.
int city_components_each(struct db *db, const struct city_snapshot *city, int64_t most,
                         struct arena *arena,
                         int (*visit)(void *context,
                                      const struct city_component *component),
                         void *context, struct error *error) ERROR_MUST_CHECK;
