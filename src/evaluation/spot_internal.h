// SPDX-License-Identifier: MPL-2.0
// Walking the columns row by row, for what is no sum of figures.
#pragma once

#include <gridcase/evaluation/spots.h>

#include "evaluation_internal.h"

// Rows that were reported in these days, or before them and ended no earlier than
// ended_from.
struct spot_span {
    int64_t from_day, to_day;
    int64_t ended_from; // INT64_MAX: those do not count
};
// Every row that counts. A block's weight -1: takes what a row of the file said away again;
// whoever wants rows one by one passes over those, and over those of the file that are
// replaced.
typedef int spot_row(void *context, const struct facts_block *block, size_t row,
                     struct error *error);
int spots_walk(const struct facts *facts, const struct figure_scope *scope,
               const struct spot_span *span, spot_row *each, void *context,
               struct error *error) ERROR_MUST_CHECK;
int spots_too_many(struct error *error);
