// SPDX-License-Identifier: MPL-2.0
// Votes for queues, shared by the two ways of learning routes.
#pragma once

#include <gridcase/rules/route_learn.h>

// Weights per queue; only the queues that were voted for are looked at and cleared.
struct route_votes {
    const struct route_world *world;
    double *weight;     // per queue
    double *department; // per department number
    uint32_t *voted;    // queues with a weight
    size_t voted_count;
};

int route_votes_init(struct route_votes *votes, const struct route_world *world,
                     struct error *error) ERROR_MUST_CHECK;
void route_votes_done(struct route_votes *votes);
void route_votes_clear(struct route_votes *votes);
void route_votes_add(struct route_votes *votes, uint32_t queue, double weight);
// The strongest queue of the strongest department; ROUTE_NOBODY without votes. The first
// voted for wins a tie.
uint32_t route_votes_pick(struct route_votes *votes);

// 2^(-age / half_life_days).
double route_recency(int32_t age_days, double half_life_days);
