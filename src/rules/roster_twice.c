// SPDX-License-Identifier: MPL-2.0
// A roster must not send a person to two places at once.
#include <stdlib.h>
#include <string.h>

#include "roster_internal.h"

enum { WEEK = 7, DAY_MINUTES = 1440 };

// Monday is 1; day 0, 1970-01-01, was a Thursday.
static int weekday(int64_t day)
{
    return (int)(((day + 3) % WEEK + WEEK) % WEEK) + 1;
}

// Is there a day of a such that the day `later` days after it is one of b?
static bool share_day(const struct roster_row *a, const struct roster_row *b, int later)
{
    int64_t b_first = b->first_day == INT64_MIN ? INT64_MIN : b->first_day - later;
    int64_t b_last = b->last_day == INT64_MAX ? INT64_MAX : b->last_day - later;
    int64_t first = a->first_day > b_first ? a->first_day : b_first;
    int64_t last = a->last_day < b_last ? a->last_day : b_last;
    if (first > last)
        return false;
    if (first == INT64_MIN)
        first = last == INT64_MAX ? 0 : last - WEEK;
    for (int64_t day = first; day <= last && day < first + WEEK; day++)
        if ((a->weekdays >> weekday(day) & 1) && (b->weekdays >> weekday(day + later) & 1))
            return true;
    return false;
}

static bool same_time(const struct roster *roster, const struct roster_row *a,
                      const struct roster_row *b)
{
    const struct roster_shift *one = &roster->shifts[a->shift];
    const struct roster_shift *two = &roster->shifts[b->shift];
    for (int later = -1; later <= 1; later++)
        if (one->starts_min < two->ends_min + later * DAY_MINUTES &&
            two->starts_min + later * DAY_MINUTES < one->ends_min && share_day(a, b, later))
            return true;
    return false;
}

// Rows of the same line are one duty over several grids. A backup may stand behind others
// while on duty, but not behind itself.
static bool contradict(const struct roster_row *a, const struct roster_row *b)
{
    if (a->line == b->line && a->area_id != b->area_id)
        return false;
    return a->area_id == b->area_id || (!a->backup && !b->backup);
}

static int by_person(const void *a, const void *b)
{
    const struct roster_row *one = *(const struct roster_row *const *)a;
    const struct roster_row *two = *(const struct roster_row *const *)b;
    if (one->person != two->person)
        return one->person < two->person ? -1 : 1;
    return one->line < two->line ? -1 : one->line > two->line;
}

static size_t row_of_line(const struct table *table, int64_t line)
{
    for (size_t row = 0; row < table_rows(table); row++)
        if (table_line(table, row) == line)
            return row;
    return RULES_NO_ROW;
}

static void check_person(struct roster_build *build, const struct roster_row **rows,
                         size_t count)
{
    const struct table *table = build->source->rosters;
    const struct roster *roster = build->roster;
    const char *login = roster->persons[rows[0]->person].login;
    if (count > ROSTER_PERSON_ROWS_MOST) {
        rules_error(&build->check, table, row_of_line(table, rows[0]->line), "person",
                    "roster.too_many", "'%s' has more than %d rows", login,
                    ROSTER_PERSON_ROWS_MOST);
        return;
    }
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            if (!contradict(rows[k], rows[i]) || !same_time(roster, rows[k], rows[i]))
                continue;
            rules_error(&build->check, table, row_of_line(table, rows[i]->line), "person",
                        "roster.person_twice",
                        "'%s' is on duty at the same time by row %lld", login,
                        (long long)rows[k]->line);
            break;
        }
}

void roster_check_twice(struct roster_build *build)
{
    const struct roster *roster = build->roster;
    const struct roster_row **rows = memory_array(roster->row_count + 1, sizeof(void *));
    if (rows == NULL) {
        rules_error(&build->check, build->source->rosters, RULES_NO_ROW, NULL,
                    "roster.too_many", "out of memory");
        return;
    }
    for (size_t i = 0; i < roster->row_count; i++)
        rows[i] = &roster->rows[i];
    qsort(rows, roster->row_count, sizeof(void *), by_person);
    for (size_t i = 0, first = 0; i < roster->row_count; i++) {
        bool last = i + 1 == roster->row_count || rows[i + 1]->person != rows[i]->person;
        if (!last)
            continue;
        check_person(build, rows + first, i + 1 - first);
        first = i + 1;
    }
    free(rows);
}
