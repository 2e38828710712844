// SPDX-License-Identifier: MPL-2.0
// Answers from the compiled form.
#include <stdlib.h>
#include <string.h>

#include "routing_internal.h"

static uint64_t hash_key(const struct routing_key *key)
{
    uint64_t hash = rules_hash_mix(key->shape, (uint64_t)key->class_id);
    hash = rules_hash_mix(hash, (uint64_t)key->condition_id);
    hash = rules_hash_mix(hash, (uint64_t)key->coverage_id);
    hash = rules_hash_mix(hash, (uint64_t)key->area_id);
    return rules_hash_mix(hash, (uint64_t)key->link_id);
}

static bool same_key(const struct routing_key *a, const struct routing_key *b)
{
    return a->shape == b->shape && a->class_id == b->class_id &&
           a->condition_id == b->condition_id && a->coverage_id == b->coverage_id &&
           a->area_id == b->area_id && a->link_id == b->link_id;
}

struct routing_entry *routing_slot(const struct routing *routing,
                                   const struct routing_key *key)
{
    size_t slot = (size_t)hash_key(key) & (routing->room - 1);
    while (routing->entries[slot].rule && !same_key(&routing->entries[slot].key, key))
        slot = (slot + 1) & (routing->room - 1);
    return &routing->entries[slot];
}

uint32_t routing_find(const struct routing *routing, const struct routing_key *key)
{
    return routing_slot(routing, key)->rule;
}

int64_t routing_version(const struct routing *routing)
{
    return routing->version;
}

size_t routing_rule_count(const struct routing *routing)
{
    return routing->rule_count;
}

struct routing *routing_free(struct routing *routing)
{
    if (routing) {
        free(routing->entries);
        arena_free(routing->arena);
        free(routing);
    }
    return NULL;
}

static size_t hit_count(const struct routing_query *query)
{
    return query->hit_count < ROUTING_HITS ? query->hit_count : ROUTING_HITS;
}

static size_t place_count(const struct routing_query *query)
{
    return query->place_count < ROUTING_HITS ? query->place_count : ROUTING_HITS;
}

static bool hit_fits(const struct routing_shape *shape, const struct routing_hit *hit)
{
    return hit->layer_id == shape->layer_id &&
           (!shape->coverage_department || hit->department_id > 0);
}

static uint32_t lower(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a ? a : b;
    return a < b ? a : b;
}

// Tries the areas of the shape's level.
static uint32_t find_by_area(const struct routing *routing,
                             const struct routing_shape *shape,
                             const struct routing_query *query, struct routing_key *key)
{
    if (!shape->level_id)
        return routing_find(routing, key);
    uint32_t best = 0;
    for (size_t i = 0; i < place_count(query); i++) {
        if (query->places[i].level_id != shape->level_id)
            continue;
        key->area_id = shape->by_area ? query->places[i].area_id : 0;
        best = lower(best, routing_find(routing, key));
        if (!shape->by_area)
            break;
    }
    return best;
}

// The lowest rule of a shape that fits, index + 1; 0 when none does.
static uint32_t find_in_shape(const struct routing *routing, uint32_t number,
                              const struct routing_query *query)
{
    const struct routing_shape *shape = &routing->shapes[number];
    struct routing_key key = {.shape = number};
    for (int link = 0; link < ROUTING_LINKS; link++)
        if ((shape->links >> link & 1) && query->links[link] <= 0)
            return 0;
    if (shape->by_class)
        key.class_id = query->class_id;
    if (shape->by_condition)
        key.condition_id = query->condition_id;
    if (shape->link >= 0)
        key.link_id = query->links[shape->link];
    if (!shape->layer_id)
        return find_by_area(routing, shape, query, &key);
    uint32_t best = 0;
    for (size_t i = 0; i < hit_count(query); i++) {
        if (!hit_fits(shape, &query->hits[i]))
            continue;
        key.coverage_id = shape->by_coverage ? query->hits[i].coverage_id : 0;
        best = lower(best, find_by_area(routing, shape, query, &key));
        if (!shape->by_coverage)
            break;
    }
    return best;
}

// A target as a department; 0 when it names none here.
static int64_t resolve(const struct routing *routing, const struct routing_rule *rule,
                       const struct routing_query *query, int64_t target)
{
    if (target > 0)
        return target;
    if (target <= ROUTING_TARGET_COMPONENT)
        return query->links[ROUTING_TARGET_COMPONENT - target];
    if (target != ROUTING_TARGET_COVERAGE)
        return 0;
    const struct routing_shape *shape = &routing->shapes[rule->shape];
    for (size_t i = 0; i < hit_count(query); i++) {
        const struct routing_hit *hit = &query->hits[i];
        if (hit->layer_id == shape->layer_id && hit->department_id > 0 &&
            (rule->coverage_id == 0 || rule->coverage_id == hit->coverage_id))
            return hit->department_id;
    }
    return 0;
}

static void add_assistant(struct routing_answer *answer, int64_t department)
{
    if (department <= 0 || department == answer->lead)
        return;
    for (size_t i = 0; i < answer->assistant_count; i++)
        if (answer->assistants[i] == department)
            return;
    answer->assistants[answer->assistant_count++] = department;
}

void routing_answer(const struct routing *routing, const struct routing_query *query,
                    struct routing_answer *ret_answer)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < routing->shape_count; i++) {
        if (best && best <= routing->shapes[i].first_rule)
            break; // all rules of this shape and of those behind come later
        best = lower(best, find_in_shape(routing, i, query));
    }
    *ret_answer = (struct routing_answer){.manual = true, .name = ""};
    if (!best)
        return;
    const struct routing_rule *rule = &routing->rules[best - 1];
    ret_answer->rule = best;
    ret_answer->line = rule->line;
    ret_answer->name = rule->name;
    ret_answer->lead = resolve(routing, rule, query, rule->lead);
    ret_answer->manual = ret_answer->lead <= 0;
    if (ret_answer->manual)
        return;
    for (size_t i = 0; i < rule->assistant_count; i++)
        add_assistant(ret_answer, resolve(routing, rule, query, rule->assistants[i]));
}
