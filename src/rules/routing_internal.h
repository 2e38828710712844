// SPDX-License-Identifier: MPL-2.0
// The compiled form of a routing table.
#pragma once

#include <gridcase/core/arena.h>
#include <gridcase/rules/routing.h>

#include "rules_internal.h"

// Who a rule sends to: a department's id, or one of these.
enum routing_target {
    ROUTING_TARGET_COMPONENT = -3, // minus the link: -3 owner, -4 maintainer, -5 competent
    ROUTING_TARGET_COVERAGE = -2,
    ROUTING_TARGET_MANUAL = -1,
};

struct routing_rule {
    int64_t lead;
    int64_t assistants[ROUTING_ASSISTANTS];
    uint8_t assistant_count;
    int64_t line;
    const char *name;
    uint32_t shape;
    int64_t coverage_id; // 0: any of the shape's layer
};

// What a rule looks at. Rules of one shape are found by one look-up for each hit.
struct routing_shape {
    bool by_class, by_condition, by_coverage, by_area;
    int64_t layer_id; // 0: the point does not matter
    int64_t level_id;
    bool coverage_department; // the coverage area has to name a department
    uint8_t links;            // a bit per enum routing_link that has to be there
    int8_t link;              // the link whose department is compared, -1 = none
    uint32_t first_rule;      // lowest number of its rules
};

struct routing_key {
    uint32_t shape;
    int64_t class_id, condition_id, coverage_id, area_id, link_id; // 0 where not looked at
};

struct routing_entry {
    struct routing_key key;
    uint32_t rule; // index + 1, 0 = free slot
};

struct routing {
    struct arena *arena;
    int64_t version;
    struct routing_rule *rules;
    size_t rule_count;
    struct routing_shape *shapes; // in the order of first_rule
    size_t shape_count;
    struct routing_entry *entries; // open addressing, room is a power of two
    size_t room;
    size_t entry_count;
};

// The rule (index + 1) of exactly this key, 0 when there is none.
uint32_t routing_find(const struct routing *routing, const struct routing_key *key);
// The slot of the key, or the free one where it belongs.
struct routing_entry *routing_slot(const struct routing *routing,
                                   const struct routing_key *key);
