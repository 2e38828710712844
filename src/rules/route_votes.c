// SPDX-License-Identifier: MPL-2.0
#include "route_learn_internal.h"

#include <math.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>

int route_votes_init(struct route_votes *votes, const struct route_world *world,
                     struct error *error)
{
    size_t departments = 0;
    for (size_t i = 0; i < world->queues; i++)
        if (world->department[i] >= departments)
            departments = (size_t)world->department[i] + 1;
    *votes = (struct route_votes){.world = world};
    votes->weight = memory_array(world->queues + 1, sizeof *votes->weight);
    votes->department = memory_array(departments + 1, sizeof *votes->department);
    votes->voted = memory_array(world->queues + 1, sizeof *votes->voted);
    if (votes->weight && votes->department && votes->voted)
        return 0;
    route_votes_done(votes);
    return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
}

void route_votes_done(struct route_votes *votes)
{
    free(votes->weight);
    free(votes->department);
    free(votes->voted);
    *votes = (struct route_votes){0};
}

void route_votes_clear(struct route_votes *votes)
{
    for (size_t i = 0; i < votes->voted_count; i++) {
        votes->weight[votes->voted[i]] = 0;
        votes->department[votes->world->department[votes->voted[i]]] = 0;
    }
    votes->voted_count = 0;
}

void route_votes_add(struct route_votes *votes, uint32_t queue, double weight)
{
    if (!(weight > 0))
        return;
    if (votes->weight[queue] == 0) // weights are positive: no vote yet
        votes->voted[votes->voted_count++] = queue;
    votes->weight[queue] += weight;
    votes->department[votes->world->department[queue]] += weight;
}

uint32_t route_votes_pick(struct route_votes *votes)
{
    const uint32_t *department = votes->world->department;
    uint32_t best = ROUTE_NOBODY;
    for (size_t i = 0; i < votes->voted_count; i++) {
        uint32_t queue = votes->voted[i];
        if (best == ROUTE_NOBODY) {
            best = queue;
            continue;
        }
        double difference =
            votes->department[department[queue]] - votes->department[department[best]];
        bool better = department[queue] == department[best]
                          ? votes->weight[queue] > votes->weight[best]
                          : difference > 0;
        if (better)
            best = queue;
    }
    return best;
}

double route_recency(int32_t age_days, double half_life_days)
{
    return exp2(-(age_days > 0 ? age_days : 0) / half_life_days);
}
