// SPDX-License-Identifier: MPL-2.0
// The rows of the columns that were reported in a span of days.
#include "spot_internal.h"

int spots_too_many(struct error *error)
{
    return error_set(error, ERROR_INPUT, "spots.too_many",
                     "more than %d cases to compare: ask for a shorter period or less",
                     SPOT_CASES_MOST);
}

static bool within(const struct spot_span *span, uint16_t opened, uint16_t ended)
{
    return opened <= span->to_day &&
           (opened >= span->from_day || ended >= span->ended_from);
}

int spots_walk(const struct facts *facts, const struct figure_scope *scope,
               const struct spot_span *span, spot_row *each, void *context,
               struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < facts_blocks(facts) && code == 0; i++) {
        struct facts_block block = facts_block(facts, i);
        if (block.first_day > span->to_day)
            continue;
        const uint16_t *opened = block.narrow[FACTS_OPENED],
                       *ended = block.narrow[FACTS_ENDED];
        for (size_t row = 0; row < block.count && code == 0; row++)
            if (within(span, opened[row], ended[row]) &&
                (!scope->filtered || figure_scope_fits(scope, &block, row)))
                code = each(context, &block, row, error);
    }
    return code;
}
