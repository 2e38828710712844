// SPDX-License-Identifier: MPL-2.0
// Reads which of a move's two times moves which clock: clocks.csv of gridcase-catalogue(5).
#include <string.h>

#include <gridcase/core/text.h>

#include "catalogue_internal.h"

enum { LATE_DEFAULT_MS = 5 * 60 * 1000 };

const struct catalogue_time *catalogue_time(const struct catalogue *catalogue, int kind)
{
    return &catalogue->times[kind > 0 && kind < PROCESS_CLOCK_COUNT ? kind : 0];
}

static void set_defaults(struct catalogue *catalogue)
{
    for (int i = 0; i < PROCESS_CLOCK_COUNT; i++)
        catalogue->times[i] = (struct catalogue_time){.late_ms = LATE_DEFAULT_MS};
    catalogue->times[PROCESS_CLOCK_ACCEPT].starts_received = true;
    catalogue->times[PROCESS_CLOCK_VERIFY].starts_received = true;
    catalogue->times[PROCESS_CLOCK_CHECK].starts_received = true;
}

static void read_choice(struct catalogue_build *build, size_t row, const char *column,
                        bool *ret_received)
{
    const char *word = table_value(build->source->clocks, row, column);
    if (strcmp(word, "received") == 0)
        *ret_received = true;
    else if (strcmp(word, "done") == 0)
        *ret_received = false;
    else if (*word != '\0')
        rules_error(&build->check, build->source->clocks, row, column, "limit.time_unknown",
                    "'%.40s' is neither 'done' nor 'received'", word);
}

static void read_late(struct catalogue_build *build, size_t row, int64_t *ret_late_ms)
{
    const char *text = table_value(build->source->clocks, row, "late_after");
    struct limit limit;
    struct error error;
    if (*text == '\0')
        return;
    int code = limit_parse(text, "minute", &limit, NULL, &error);
    if (code != 0 || !calendar_is_continuous(&limit) || limit.unit == LIMIT_NONE ||
        limit.season[0] != '\0')
        rules_error(&build->check, build->source->clocks, row, "late_after",
                    "limit.time_unknown", "'%.40s' is no natural time like 15 minutes",
                    text);
    else if (limit.unit == LIMIT_MINUTE)
        *ret_late_ms = limit.milli * 60;
    else
        *ret_late_ms = limit.milli * (limit.unit == LIMIT_URGENT_HOUR ? 3600 : 86400);
}

void catalogue_read_times(struct catalogue_build *build)
{
    static const char *const columns[] = {"clock", NULL};
    static const char *const known[] = {"clock",      "starts", "stops",
                                        "late_after", "note",   NULL};
    const struct table *table = build->source->clocks;
    bool seen[PROCESS_CLOCK_COUNT] = {false};
    set_defaults(build->catalogue);
    if (!table || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, NULL);
    for (size_t row = 0; row < table_rows(table); row++) {
        const char *word = table_value(table, row, "clock");
        int kind = process_clock_from_str(word);
        if (kind <= PROCESS_CLOCK_NONE) {
            rules_error(&build->check, table, row, "clock", "limit.clock_invalid",
                        "'%.40s' is no clock", word);
            continue;
        }
        if (seen[kind])
            rules_error(&build->check, table, row, "clock", "limit.duplicate",
                        "the clock '%.40s' has two rows", word);
        seen[kind] = true;
        struct catalogue_time *time = &build->catalogue->times[kind];
        read_choice(build, row, "starts", &time->starts_received);
        read_choice(build, row, "stops", &time->stops_received);
        read_late(build, row, &time->late_ms);
    }
}
