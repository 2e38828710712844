// SPDX-License-Identifier: MPL-2.0
// Shifts, rosters, duty officers, vehicles and labels from their tables. What is taken
// answers questions: rows lie in order, nobody is in two places at once, shifts have a
// length.
#include <stdlib.h>

#include <gridcase/rules/roster.h>
#include <gridcase/rules/words.h>

#include "rules_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t NOON = INT64_C(1795320000000); // a Sunday of November 2026

static int64_t id_of(void *context, const char *code)
{
    (void)context;
    return code[0] >= 'A' && code[0] <= 'Z' ? code[0] - 'A' + 1 : 0;
}

// Of one person, the main rows that run at an instant all come from one line.
static void ask(const struct roster *roster, int64_t instant_ms)
{
    int64_t today = roster_today(roster, instant_ms), starts = 0, ends = 0;
    for (size_t person = 0; person < roster_persons(roster); person++) {
        size_t count = 0;
        int64_t line = -1;
        const size_t *rows = roster_rows_of_person(roster, person, &count);
        for (size_t i = 0; i < count; i++) {
            const struct roster_row *row = roster_row(roster, rows[i]);
            if (row->person != person)
                abort();
            if (!roster_row_at(roster, row, today, instant_ms, &starts, &ends) || row->backup)
                continue;
            if (starts > instant_ms || ends <= instant_ms ||
                (line >= 0 && line != row->line))
                abort();
            line = row->line;
        }
    }
}

static void walk(const struct roster *roster)
{
    for (size_t i = 0; i < roster_rows(roster); i++) {
        size_t first = 0, count = 0;
        const struct roster_row *row = roster_row(roster, i);
        roster_rows_of_grid(roster, row->area_id, &first, &count);
        if (i < first || i >= first + count || row->shift >= roster_shifts(roster) ||
            (i > 0 && roster_row(roster, i - 1)->area_id > row->area_id))
            abort();
    }
    for (size_t i = 0; i < roster_shifts(roster); i++)
        if (roster_shift(roster, i)->ends_min <= roster_shift(roster, i)->starts_min)
            abort();
    for (int hour = 0; hour < 48; hour++)
        ask(roster, NOON + hour * INT64_C(3600000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct calendar *calendar;
    struct calendar_source zone = {.zone = "Europe/Berlin"};
    if (!calendar && calendar_new(&zone, NULL, &calendar, NULL) != 0)
        abort();
    struct table *tables[5];
    struct roster *roster = NULL;
    struct words *words = NULL;
    rules_input_read(data, size, tables, 5);
    struct roster_source source = {.shifts = tables[0],
                                   .rosters = tables[1],
                                   .duty_officers = tables[2],
                                   .vehicles = tables[3],
                                   .calendar = calendar,
                                   .has_level = true,
                                   .department_id = id_of,
                                   .duty_grid_id = id_of};
    if (roster_new(&source, NULL, &roster, NULL) == 0)
        walk(roster);
    if (words_new(tables[4], NULL, &words, NULL) == 0)
        words_label(words, PROCESS_WORDS_TASK, PROCESS_TASK_VERIFY, "zh-CN");
    words_free(words);
    roster_free(roster);
    rules_input_done(tables, 5);
    return 0;
}
