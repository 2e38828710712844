// SPDX-License-Identifier: MPL-2.0
// Between the recount of a city and that of one case.
#pragma once

#include <gridcase/cases/recount.h>

#include "case_internal.h"

enum { RECOUNT_FINDINGS = 1000 };

struct recount_sum {
    bool used;
    int table; // 0 department, 1 area
    int64_t day, id;
    int64_t figures[FIGURE_COUNT];
};

struct recount {
    const struct city_snapshot *city; // borrowed
    struct arena *texts;
    struct recount_finding findings[RECOUNT_FINDINGS];
    size_t finding_count;
    uint64_t problems, cases;
    int64_t after; // the last case looked at
    bool finished;
    struct recount_sum *sums;
    size_t sum_room, sum_count;
};

void recount_find(struct recount *recount, int64_t case_id, const char *slug,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
int recount_add_fact(struct recount *recount, const struct fact *fact,
                     struct error *error) ERROR_MUST_CHECK;
// Everything about one case; findings are no error.
int recount_case(struct recount *recount, struct db *db, int64_t case_id,
                 struct error *error) ERROR_MUST_CHECK;
