// SPDX-License-Identifier: MPL-2.0
// One input holds several CSV tables, separated by lines of "---".
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <gridcase/core/table.h>

// Fills tables[0 .. most - 1]; those that are missing or no CSV stay NULL.
static inline void rules_input_read(const uint8_t *data, size_t size, struct table **tables,
                                    size_t most)
{
    const char *at = (const char *)data, *end = at + size;
    for (size_t i = 0; i < most; i++)
        tables[i] = NULL;
    for (size_t i = 0; i < most && at < end; i++) {
        const char *stop = memmem(at, (size_t)(end - at), "---\n", 4);
        size_t length = (size_t)((stop ? stop : end) - at);
        if (table_parse_csv("t", "t", at, length, &tables[i], NULL))
            tables[i] = NULL;
        at = stop ? stop + 4 : end;
    }
}

static inline void rules_input_done(struct table **tables, size_t most)
{
    for (size_t i = 0; i < most; i++)
        table_free(tables[i]);
}
