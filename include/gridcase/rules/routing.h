// SPDX-License-Identifier: MPL-2.0
// Routing: which department a case goes to. Ordered rules, the first that matches answers;
// what no rule matches goes to the manual queue. gridcase-routing(5) describes the table.
//
// Immutable, any thread. Rules are grouped by the set of things they look at, each group is
// a hash table: an answer costs a few look-ups, not a walk over the rules.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/report.h>

struct routing;

enum routing_name {
    ROUTING_NAME_DEPARTMENT, // parent is 0
    ROUTING_NAME_LAYER,      // coverage layer; parent is 0
    ROUTING_NAME_COVERAGE,   // area of a coverage layer; parent is the layer's id
    ROUTING_NAME_LEVEL,      // area level; parent is 0
    ROUTING_NAME_AREA,       // area of a level; parent is the level's id
};

// How codes of the table become the ids that a query carries (all > 0).
struct routing_names {
    // 0 when there is no such thing.
    int64_t (*find)(void *context, enum routing_name name, int64_t parent,
                    const char *code);
    void *context;
};

struct routing_source {
    const struct table *table; // borrowed for the call, as the others
    int64_t version;
    const struct catalogue *catalogue; // with its final ids
    const struct routing_names *names;
};

// ERROR_INPUT "routing.invalid" after reporting all problems: unknown codes, rules that can
// never answer (a rule above answers the same question, warning), conditions for which no
// rule exists (error "routing.nowhere").
int routing_new(const struct routing_source *source, const struct rules_report *report,
                struct routing **ret_routing, struct error *error) ERROR_MUST_CHECK;
struct routing *routing_free(struct routing *routing);
static inline void routing_cleanup(struct routing **routing)
{
    *routing = routing_free(*routing);
}
int64_t routing_version(const struct routing *routing);
size_t routing_rule_count(const struct routing *routing);

enum routing_link { ROUTING_OWNER, ROUTING_MAINTAINER, ROUTING_COMPETENT, ROUTING_LINKS };
enum { ROUTING_ASSISTANTS = 8, ROUTING_HITS = 64 };

struct routing_hit { // the point lies in an area of a coverage layer
    int64_t layer_id;
    int64_t coverage_id;
    int64_t department_id; // of that area, 0 when it names none
};
struct routing_place { // the point lies in an area of a level
    int64_t level_id;
    int64_t area_id;
};

// What is known of a case; ids from the catalogue and from routing_names, 0 = not known.
struct routing_query {
    int64_t class_id;
    int64_t condition_id;
    const struct routing_hit *hits; // at most ROUTING_HITS are looked at
    size_t hit_count;
    const struct routing_place *places; // at most ROUTING_HITS
    size_t place_count;
    int64_t links[ROUTING_LINKS]; // departments of the component, 0 = none
};

struct routing_answer {
    bool manual; // nothing matched, or the rule says so: the manual queue
    int64_t lead;
    int64_t assistants[ROUTING_ASSISTANTS]; // never the lead, none twice
    size_t assistant_count;
    int64_t rule;     // 1-based number of the rule that matched, 0 when none did
    int64_t line;     // its line in the table
    const char *name; // its name column, borrowed from the routing; ""
};

void routing_answer(const struct routing *routing, const struct routing_query *query,
                    struct routing_answer *ret_answer);
