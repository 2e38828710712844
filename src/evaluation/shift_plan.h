// SPDX-License-Identifier: MPL-2.0
// The smallest shift of work, by itself: holders with a pace, pieces of work with
// deadlines.
//
// The rule: everybody works what they hold in the order of the deadlines, each piece taking
// the time it usually takes them, and leaves to the end what cannot be reached in time; a
// piece that would be left so is given to somebody of the same group who may take it and
// reaches it in time without one of their own going late.
//
// Why that is the fewest: pieces of one holder take equally long, so a move frees or takes
// one place, and avoids one lateness at most. Here each move avoids exactly one. Which
// piece is given away of those that cannot all be reached: the one with the latest
// deadline, which fits wherever an earlier one would have fitted. A test compares with all
// ways there are.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

enum { SHIFT_LATE_MOST = 500 }; // of one group: the earliest deadlines are looked at

struct shift_holder {
    uint32_t group;
    int64_t piece_ms; // office time a piece takes; 0: not known, neither gives nor takes
    int64_t before;   // pieces that come first whatever happens: those late already
    // Written by shift_plan:
    int64_t held, late; // within their time; of them not to be reached
    int64_t given, taken;
};
struct shift_piece {
    uint32_t holder; // index
    int64_t left_ms; // office time until its deadline
    uint64_t order;  // of pieces with the same deadline
    // Written by shift_plan:
    bool late;       // would not be reached where it lies
    int32_t to;      // holder that takes it; -1: stays
    int64_t from_ms; // office time until it would be reached where it lies
    int64_t to_ms;   // ... by whoever takes it
};
struct shift_work {
    struct shift_holder *holders;
    size_t holder_count;
    struct shift_piece *pieces; // put in order of group, holder, deadline
    size_t piece_count;
    // Whether a holder of the same group may take a piece of another.
    bool (*may)(const void *context, const struct shift_piece *piece, uint32_t holder);
    const void *context;
    int64_t passed_over; // written: late, beyond SHIFT_LATE_MOST of their group
};
int shift_plan(struct shift_work *work, struct error *error) ERROR_MUST_CHECK;
