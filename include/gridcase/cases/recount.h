// SPDX-License-Identifier: MPL-2.0
// Proving that what is kept beside the cases is what the cases say.
//
// For every case: history chain and sequence, case row against the last history row, tasks
// and clocks against the step, fact row rebuilt; over all: rollups summed anew, the R*Tree
// against open work with a point, change stream positions. Reads only; in slices.
#pragma once

#include <gridcase/cases/case.h>

struct recount;

// Starts a recount. The city's snapshot is borrowed until recount_free.
struct recount *recount_new(const struct city_snapshot *city);
struct recount *recount_free(struct recount *recount);
// Works through at most `most` cases; 1: more to do, 0: finished, negative: store error.
// All slices of one recount must see the same data: run them in one read transaction or
// while nobody writes (a case that moved in between is read as it is when its turn comes,
// rollups are compared for what had been counted by then).
int recount_slice(struct recount *recount, struct db *db, unsigned most,
                  struct error *error) ERROR_MUST_CHECK;
struct recount_finding {
    int64_t case_id;  // 0: not about one case
    const char *slug; // "chain.broken", "rollup.differs", "task.orphan" ...
    const char *message;
};
size_t recount_findings(const struct recount *recount); // kept: the first 1,000
const struct recount_finding *recount_finding(const struct recount *recount, size_t index);
uint64_t recount_cases(const struct recount *recount);
uint64_t recount_problems(const struct recount *recount); // all of them
// Cases whose history is of before places were part of it: class, grid and areas of their
// rows are taken as they stand.
uint64_t recount_unplaced(const struct recount *recount);
