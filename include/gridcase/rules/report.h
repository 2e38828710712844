// SPDX-License-Identifier: MPL-2.0
// Validation of tables collects every problem instead of stopping at the first.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/table.h>

enum rules_severity { RULES_WARNING, RULES_ERROR, RULES_SEVERITY_COUNT };

#define RULES_NO_ROW SIZE_MAX // the whole table is meant

struct rules_report {
    // table may be NULL (a table that should be there is not); column may be NULL. slug is
    // stable ("calendar.period_overlap"); message is English and borrowed for the call.
    void (*report)(void *context, enum rules_severity severity, const struct table *table,
                   size_t row, const char *column, const char *slug, const char *message);
    void *context;
};
// A builder that is given such a report (NULL is allowed) reports all problems, returns 0
// when none of them was an error, and ERROR_INPUT "<module>.invalid" otherwise; the
// struct error then tells how many there were and names the first.
const char *rules_severity_to_str(enum rules_severity severity);
