// SPDX-License-Identifier: MPL-2.0
// gridcase play: a city's cases made up, from a plan and a seed, through the one door.
//
// Reports arrive by hour, weekday, class and source; the city's own people and rosters move
// them on by the city's own process, with delays, returns, rework and complaints as often
// as the plan says. Every move is marked synthetic. The same plan, seed, model and people
// give the same cases. gridcase-play(5) describes the plan.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct city_snapshot;
struct db_store;

struct play_progress {
    int64_t reports, moves;
    int64_t refused;  // moves that were tried and that the process did not allow
    int64_t given_up; // cases that nobody moved for a month
    int64_t at_ms;    // of the last move
};

struct play_options {
    const char *plan; // the plan's file
    uint64_t seed;
    int64_t from_ms, to_ms; // what is played at once; to_ms at most now
    // Instead: from now on, in real time, until *stop. Open synthetic cases go on unless
    // somebody has touched them. speed: how many times as many and as fast.
    bool live;
    double speed;
    const atomic_bool *stop; // may be NULL; looked at every 200 ms at least
    // About every second from the playing thread; may be NULL.
    void (*progress)(void *context, const struct play_progress *progress);
    void *progress_context;
};

// Never from the lane's own thread. ERROR_INPUT "play.plan" for a plan that cannot be used.
int play_run(struct db_store *store, const struct city_snapshot *city,
             const struct play_options *options, struct play_progress *ret_progress,
             struct error *error) ERROR_MUST_CHECK;
