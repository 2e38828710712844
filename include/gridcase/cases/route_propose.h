// SPDX-License-Identifier: MPL-2.0
// gridcase route learn: rules proposed from a city's own record, and what they would have
// answered in a later time. gridcase-route(1) describes command and files.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct city_snapshot;

struct route_propose_options {
    const char *source;      // the record: CSV, CSV.gz, or any table that OGR reads
    const char *map;         // section [learn] of a file as in gridcase-route(1)
    int32_t learn_until_day; // first day that is not learned from; days since 1970, local
    int32_t judge_from_day, judge_until_day; // the days judged: from .. until - 1
    bool keys; // conditions and areas named in the record count too; else type and point
    const char *folder; // where the proposal is written; NULL: only the report
    // One line for each class, worst first; may be NULL.
    void (*told)(void *context, const char *class_name, int64_t cases, int64_t right);
    void *told_context;
};

struct route_report {
    int64_t rows, rows_unusable; // no such class or department, no time
    int64_t learned, judged;
    int64_t department_right, queue_right; // of the judged, by the proposed rules
    int64_t unmatched;                     // of the judged: no rule; counts as wrong
    int64_t plain_department_right, plain_queue_right; // by majority of the class alone
    int64_t rules, layers;
};

// ERROR_INPUT "route.map" for a map that cannot be used, "route.empty" when nothing is left
// to learn from or to judge.
int route_propose(const struct city_snapshot *city,
                  const struct route_propose_options *options,
                  struct route_report *ret_report, struct error *error) ERROR_MUST_CHECK;
