// SPDX-License-Identifier: MPL-2.0
// Calendars from five tables: settings, plans, periods, days, seasons.
#include <stdlib.h>

#include <gridcase/rules/calendar.h>

#include "rules_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_adding(const struct calendar *calendar, enum limit_unit unit)
{
    struct limit limit = {.unit = unit, .milli = 3000};
    for (int64_t from = 1000000000000; from < 1600000000000; from += 77777777777) {
        int64_t due = calendar_due(calendar, &limit, from);
        int64_t amount = calendar_amount_ms(calendar, &limit);
        struct zone_local local;
        calendar_local(calendar, due, &local);
        if (due < from)
            abort();
        if (amount >= 0 && local.year < 2038 &&
            calendar_count(calendar, &limit, from, due) != amount)
            abort();
        struct calendar_piece piece;
        calendar_piece_at(calendar, due, "en", &piece);
        if (piece.to_ms <= due)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table *tables[6];
    rules_input_read(data, size, tables, 6);
    struct calendar_source source = {"America/New_York", 1,         tables[0], tables[1],
                                     tables[2],          tables[3], tables[4], tables[5]};
    struct calendar *calendar;
    if (calendar_new(&source, NULL, &calendar, NULL) == 0) {
        for (int unit = LIMIT_MINUTE; unit < LIMIT_UNIT_COUNT; unit++)
            try_adding(calendar, (enum limit_unit)unit);
        calendar_free(calendar);
    }
    rules_input_done(tables, 6);
    return 0;
}
