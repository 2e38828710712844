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
    uint64_t unplaced; // cases whose history does not say where they count
    int64_t after;     // the last case looked at
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

// ---- recount_place.c: what a history says of class, place and words of its case ----
struct recount_place {
    bool begun; // the first row was read
    bool whole; // and says where the case counts: rows of before that form do not
    bool moved; // by a row of before that form
    int64_t class_id, condition_id, grid_id;
    int64_t areas[CITY_LEVEL_LIMIT];
    bool has_point;
    double lon_deg, lat_deg;
    const char *address, *source, *urgency, *external_id, *component; // arena
    const char *description;                                          // NULL: erased
    int64_t opened_ms, reported_by;
    int64_t ended_ms; // INSTANT_NONE while open
};
// A row of the query history_list, whose inputs are of an action of that process.
void recount_place_row(struct recount_place *place, struct db_statement *s,
                       struct arena *arena);
// Where the case row says otherwise: the finding's message, else NULL. Call until NULL.
const char *recount_place_differs(const struct recount_place *place,
                                  const struct case_row *row, unsigned *cursor);
