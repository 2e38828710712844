// SPDX-License-Identifier: MPL-2.0
// Figures of the time before this system, entered once by whoever may freeze figures, to be
// shown beside today's. They stand beside those of the table before.csv
// (gridcase-indicators(5)) and come before them.
#pragma once

#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/db/db.h>
#include <gridcase/rules/evaluation.h>

enum { BEFORE_MOST = 1000, BEFORE_SHORT = 60, BEFORE_LONG = 300 }; // rows, characters

struct before_entry {
    const char *code;   // of a measure
    const char *value;  // as it was told: "26.7 %"; "": taken back
    const char *period; // in words
    const char *source;
    int64_t entered_by, entered_at_ms;
};
// In a transaction of the caller's. ERROR_INPUT "indicators.before": there is no such
// measure, or a text is too long, or a value without its period.
int before_entry_add(struct db *db, const struct evaluation *evaluation,
                     const struct before_entry *entry,
                     struct error *error) ERROR_MUST_CHECK;
// The newest of each code, by code; those taken back too. Texts live in arena.
int before_entries_read(struct db *db, struct arena *arena,
                        struct before_entry **ret_entries, size_t *ret_count,
                        struct error *error) ERROR_MUST_CHECK;
