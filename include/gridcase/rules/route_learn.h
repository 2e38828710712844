// SPDX-License-Identifier: MPL-2.0
// Learning routes from a city's own record: who really got the cases of a class, at a place
// or under a condition. gridcase route learn turns what is learned here into a proposal of
// tables; nothing of it is in force before an office has read and loaded it.
//
// Two ways:
// - places: each point of a class asks the newest and nearest cases of that class around
// it.
//   How many, how near and how new is chosen per class, by letting each choice foretell the
//   last two months of the record from what came before them.
// - keys: a table by class, condition and area, where a seldom seen combination leans on
// the
//   more general ones (Dirichlet smoothing).
// In both a department is chosen first and then a queue of it, so that many queues of the
// right department are not outvoted by one queue of a wrong one.
//
// Pure arithmetic on indexes; the caller gives them meaning.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

#define ROUTE_NOBODY UINT32_MAX

enum {
    ROUTE_FOLD_DAYS = 30, // of the two stretches that choose among the ways
    ROUTE_SAMPLES_MOST = 20 * 1000 * 1000,
};

struct route_sample {
    int32_t day;        // when the case was opened, days; any origin
    uint32_t class;     // index below classes
    uint32_t queue;     // who got it, index below queues
    bool placed;        // false: its point says nothing of its place
    double x_m, y_m;    // metres in any local plane; only when placed
    uint32_t condition; // 0: not known
    uint32_t area;      // 0: not known
};

struct route_world {
    size_t classes, queues;
    const uint32_t *department; // of each queue: equal numbers belong together
};

// ---- places ----
struct route_site {
    double x_m, y_m;
    uint32_t queue; // who gets what lies nearest to this point
};
struct route_class {
    uint32_t queue; // where the place is not known, or plays no part; ROUTE_NOBODY: no case
    size_t first_site, site_count; // 0: the place plays no part
};
struct route_places {
    struct route_class *classes; // as many as in the world
    struct route_site *sites;
    size_t site_count;
};

// Learns from the samples of days before day_end. ERROR_LIMIT "route.too_large".
int route_learn_places(const struct route_world *world, const struct route_sample *samples,
                       size_t count, int32_t day_end, struct route_places **ret_places,
                       struct error *error) ERROR_MUST_CHECK;
struct route_places *route_places_free(struct route_places *places);
static inline void route_places_cleanup(struct route_places **places)
{
    *places = route_places_free(*places);
}

// ---- keys ----
struct route_key_rule {
    uint32_t class;
    uint32_t condition, area; // 0: any
    uint32_t queue;
};
struct route_keys {
    struct route_key_rule *rules; // what says most comes first, as a routing table needs it
    size_t count;
};

// A rule that would answer as the more general one below it is left out.
int route_learn_keys(const struct route_world *world, const struct route_sample *samples,
                     size_t count, int32_t day_end, struct route_keys **ret_keys,
                     struct error *error) ERROR_MUST_CHECK;
struct route_keys *route_keys_free(struct route_keys *keys);
static inline void route_keys_cleanup(struct route_keys **keys)
{
    *keys = route_keys_free(*keys);
}
