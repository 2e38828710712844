// SPDX-License-Identifier: MPL-2.0
// Routes by class, condition and area: a table. What was seen seldom leans on the more
// general: class <- area <- condition <- both.
#include "route_learn_internal.h"

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

static const double half_life_days = 60;
static const double lean = 3; // weight of the more general table, in cases

enum context { BY_CLASS, BY_AREA, BY_CONDITION, BY_BOTH, CONTEXTS };

// Recent weight of a queue in a context.
struct tally {
    uint32_t class, condition, area; // 0 where the context does not look
    uint32_t queue;
    double weight;
};

struct tallies {
    struct tally *tally; // sorted
    size_t count;
};

static int compare_context(const struct tally *a, const struct tally *b)
{
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->condition != b->condition)
        return a->condition < b->condition ? -1 : 1;
    if (a->area != b->area)
        return a->area < b->area ? -1 : 1;
    return 0;
}

static int by_context(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    int order = compare_context(x, y);
    if (order != 0)
        return order;
    return x->queue < y->queue ? -1 : x->queue > y->queue;
}

static struct tally tally_of(const struct route_sample *sample, enum context context)
{
    bool condition = context == BY_CONDITION || context == BY_BOTH;
    bool area = context == BY_AREA || context == BY_BOTH;
    return (struct tally){.class = sample->class,
                          .condition = condition ? sample->condition : 0,
                          .area = area ? sample->area : 0,
                          .queue = sample->queue};
}

static int count_up(struct tallies *tallies, const struct route_sample *samples,
                    size_t count, int32_t day_end, enum context context,
                    struct error *error)
{
    tallies->tally = memory_array(count + 1, sizeof *tallies->tally);
    if (!tallies->tally)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (samples[i].day >= day_end)
            continue;
        struct tally one = tally_of(&samples[i], context);
        if ((context == BY_AREA || context == BY_BOTH) && one.area == 0)
            continue;
        if ((context == BY_CONDITION || context == BY_BOTH) && one.condition == 0)
            continue;
        one.weight = route_recency(day_end - 1 - samples[i].day, half_life_days);
        tallies->tally[kept++] = one;
    }
    qsort(tallies->tally, kept, sizeof *tallies->tally, by_context);
    for (size_t i = 0; i < kept; i++) {
        struct tally *last = tallies->count ? &tallies->tally[tallies->count - 1] : NULL;
        if (last && by_context(last, &tallies->tally[i]) == 0)
            last->weight += tallies->tally[i].weight;
        else
            tallies->tally[tallies->count++] = tallies->tally[i];
    }
    return 0;
}

// The run of tallies of one context, NULL when there is none.
static const struct tally *find_run(const struct tallies *tallies, const struct tally *key,
                                    size_t *ret_count)
{
    size_t low = 0, high = tallies->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_context(&tallies->tally[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < tallies->count && compare_context(&tallies->tally[end], key) == 0)
        end++;
    *ret_count = end - low;
    return end > low ? &tallies->tally[low] : NULL;
}

struct keys {
    const struct route_world *world;
    struct tallies by[CONTEXTS];
    struct route_votes votes;
    double *chance; // per queue, while a context chain is walked
    struct route_key_rule *rule;
    size_t count, capacity;
};

// chance = (seen + lean * chance) / (all seen + lean), for the queues of this context and
// those before it (votes.voted remembers them).
static void lean_on(struct keys *keys, enum context context, const struct tally *key)
{
    size_t count = 0;
    const struct tally *run = find_run(&keys->by[context], key, &count);
    if (!run)
        return;
    double all = 0;
    bool first = keys->votes.voted_count == 0;
    for (size_t i = 0; i < count; i++)
        all += run[i].weight;
    double scale = first ? 1 / all : 1 / (all + lean);
    for (size_t i = 0; i < keys->votes.voted_count; i++)
        keys->chance[keys->votes.voted[i]] *= lean * scale;
    for (size_t i = 0; i < count; i++) {
        route_votes_add(&keys->votes, run[i].queue, 1); // remembers the queue
        keys->chance[run[i].queue] += run[i].weight * scale;
    }
}

static uint32_t answer(struct keys *keys, uint32_t class, uint32_t condition, uint32_t area)
{
    struct route_votes *votes = &keys->votes;
    route_votes_clear(votes);
    lean_on(keys, BY_CLASS, &(struct tally){.class = class});
    if (area)
        lean_on(keys, BY_AREA, &(struct tally){.class = class, .area = area});
    if (condition)
        lean_on(keys, BY_CONDITION,
                &(struct tally){.class = class, .condition = condition});
    if (condition && area)
        lean_on(keys, BY_BOTH,
                &(struct tally){.class = class, .condition = condition, .area = area});
    size_t count = votes->voted_count; // now let the chances be the votes
    for (size_t i = 0; i < count; i++) {
        uint32_t queue = votes->voted[i];
        votes->department[votes->world->department[queue]] = 0;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t queue = votes->voted[i];
        votes->weight[queue] = keys->chance[queue];
        votes->department[votes->world->department[queue]] += keys->chance[queue];
        keys->chance[queue] = 0;
    }
    return route_votes_pick(votes);
}

static int add_rule(struct keys *keys, struct route_key_rule rule, struct error *error)
{
    if (keys->count == keys->capacity) {
        size_t capacity = keys->capacity * 2 + 256;
        struct route_key_rule *bigger = memory_array(capacity, sizeof *bigger);
        if (!bigger)
            return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
        if (keys->count)
            memcpy(bigger, keys->rule, keys->count * sizeof *bigger);
        free(keys->rule);
        keys->rule = bigger;
        keys->capacity = capacity;
    }
    keys->rule[keys->count++] = rule;
    return 0;
}

// The rules of one class: condition and area together, then condition, area, class.
static int rules_of_condition(struct keys *keys, uint32_t class, uint32_t condition,
                              const struct tallies *areas, size_t first,
                              struct error *error)
{
    uint32_t alone = answer(keys, class, condition, 0);
    uint32_t last = 0;
    for (size_t i = first; i < areas->count && areas->tally[i].class == class; i++) {
        uint32_t area = areas->tally[i].area;
        if (area == last)
            continue;
        last = area;
        uint32_t queue = answer(keys, class, condition, area);
        int code =
            queue == alone
                ? 0
                : add_rule(keys, (struct route_key_rule){class, condition, area, queue},
                           error);
        if (code < 0)
            return code;
    }
    // Without this row the rules by area below would answer for the condition.
    return add_rule(keys, (struct route_key_rule){class, condition, 0, alone}, error);
}

static size_t first_of_class(const struct tallies *tallies, uint32_t class)
{
    size_t low = 0, high = tallies->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tallies->tally[middle].class < class)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int rules_of_class(struct keys *keys, uint32_t class, struct error *error)
{
    const struct tallies *conditions = &keys->by[BY_CONDITION], *areas = &keys->by[BY_AREA];
    size_t first_area = first_of_class(areas, class);
    uint32_t last = 0, plain = answer(keys, class, 0, 0);
    int code = 0;
    if (plain == ROUTE_NOBODY)
        return 0;
    for (size_t i = first_of_class(conditions, class);
         i < conditions->count && conditions->tally[i].class == class && code == 0; i++) {
        if (conditions->tally[i].condition == last)
            continue;
        last = conditions->tally[i].condition;
        code = rules_of_condition(keys, class, last, areas, first_area, error);
    }
    last = 0;
    for (size_t i = first_area;
         i < areas->count && areas->tally[i].class == class && code == 0; i++) {
        if (areas->tally[i].area == last)
            continue;
        last = areas->tally[i].area;
        uint32_t queue = answer(keys, class, 0, last);
        if (queue != plain)
            code = add_rule(keys, (struct route_key_rule){class, 0, last, queue}, error);
    }
    if (code == 0)
        code = add_rule(keys, (struct route_key_rule){class, 0, 0, plain}, error);
    return code;
}

static int learn(struct keys *keys, const struct route_sample *samples, size_t count,
                 int32_t day_end, struct error *error)
{
    int code = route_votes_init(&keys->votes, keys->world, error);
    if (code < 0)
        return code;
    keys->chance = memory_array(keys->world->queues + 1, sizeof *keys->chance);
    if (!keys->chance || count > ROUTE_SAMPLES_MOST)
        return error_set(error, ERROR_LIMIT, "route.too_large",
                         "the record is too large to learn from");
    for (enum context i = 0; i < CONTEXTS && code == 0; i++)
        code = count_up(&keys->by[i], samples, count, day_end, i, error);
    for (size_t c = 0; c < keys->world->classes && code == 0; c++)
        code = rules_of_class(keys, (uint32_t)c, error);
    return code;
}

int route_learn_keys(const struct route_world *world, const struct route_sample *samples,
                     size_t count, int32_t day_end, struct route_keys **ret_keys,
                     struct error *error)
{
    struct keys keys = {.world = world};
    struct route_keys *result = memory_new(sizeof *result);
    int code = result ? learn(&keys, samples, count, day_end, error)
                      : error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    route_votes_done(&keys.votes);
    for (size_t i = 0; i < CONTEXTS; i++)
        free(keys.by[i].tally);
    free(keys.chance);
    if (code < 0) {
        free(keys.rule);
        free(result);
        return code;
    }
    result->rules = keys.rule;
    result->count = keys.count;
    *ret_keys = result;
    return 0;
}

struct route_keys *route_keys_free(struct route_keys *keys)
{
    if (keys) {
        free(keys->rules);
        free(keys);
    }
    return NULL;
}
