// SPDX-License-Identifier: MPL-2.0
// shifts.csv and rosters.csv; gridcase-roster(5).
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gridcase/core/text.h>

#include <gridcase/rules/process.h>

#include "calendar_build.h"
#include "roster_internal.h"

enum { WEEKDAYS_ALL = 0xFE, DAY_MINUTES = CALENDAR_DAY_MINUTES, GRIDS_A_ROW = 64 };

bool roster_read_dates(struct roster_build *build, const struct table *table, size_t row,
                       int64_t *ret_first, int64_t *ret_last, unsigned *ret_weekdays)
{
    const char *from = table_value(table, row, "from");
    const char *to = table_value(table, row, "to");
    const char *weekdays = table_value(table, row, "weekdays");
    struct error error = {0};
    const char *column = NULL;
    *ret_first = INT64_MIN;
    *ret_last = INT64_MAX;
    *ret_weekdays = WEEKDAYS_ALL;
    if (*from && date_from_text(from, strlen(from), ret_first, &error) != 0)
        column = "from";
    else if (*to && date_from_text(to, strlen(to), ret_last, &error) != 0)
        column = "to";
    if (column != NULL) {
        rules_error(&build->check, table, row, column, "roster.date_invalid", "%s",
                    error.message);
        return false;
    }
    if (*ret_last < *ret_first) {
        rules_error(&build->check, table, row, "to", "roster.date_invalid",
                    "%s lies before %s", to, from);
        return false;
    }
    if (*weekdays && (*ret_weekdays = calendar_read_weekdays(weekdays)) == 0) {
        rules_error(&build->check, table, row, "weekdays", "roster.weekdays_invalid",
                    "'%.40s' are no weekdays like 1-5 or sat,sun (1 is Monday)", weekdays);
        return false;
    }
    return true;
}

// ---- shifts.csv ----
static int find_shift(const struct roster *roster, const char *code)
{
    for (size_t i = 0; i < roster->shift_count; i++)
        if (strcmp(roster->shifts[i].code, code) == 0)
            return (int)i;
    return -1;
}

static int32_t read_minute(struct roster_build *build, size_t row, const char *column)
{
    const struct table *table = build->source->shifts;
    const char *text = table_value(table, row, column);
    int32_t minute = calendar_read_minute(text);
    if (minute < 0)
        rules_error(&build->check, table, row, column, "roster.time_invalid",
                    "'%.40s' is not a time like 07:30", text);
    return minute;
}

static void read_shift(struct roster_build *build, size_t row)
{
    const struct table *table = build->source->shifts;
    struct roster *roster = build->roster;
    const char *code = table_value(table, row, "code");
    int32_t starts = read_minute(build, row, "starts");
    int32_t ends = read_minute(build, row, "ends");
    if (!rules_code_good(&build->check, table, row, "code", 0) || starts < 0 || ends < 0)
        return;
    if (find_shift(roster, code) >= 0) {
        rules_error(&build->check, table, row, "code", "roster.shift_twice",
                    "the shift '%s' stands there already", code);
        return;
    }
    if (starts == ends || starts == DAY_MINUTES) {
        rules_error(&build->check, table, row, "ends", "roster.shift_empty",
                    "the shift lasts no time; write a whole day as 00:00 to 24:00");
        return;
    }
    if (roster->shift_count == ROSTER_SHIFTS_MOST) {
        rules_error(&build->check, table, row, "code", "roster.too_many",
                    "more than %d shifts", ROSTER_SHIFTS_MOST);
        return;
    }
    struct roster_shift *shift = &roster->shifts[roster->shift_count++];
    shift->code = arena_text(roster->arena, code);
    shift->starts_min = starts;
    shift->ends_min = ends < starts ? ends + DAY_MINUTES : ends;
    label_read(table, row, "name", roster->arena, &shift->name);
}

void roster_read_shifts(struct roster_build *build)
{
    static const char *const columns[] = {"code", "starts", "ends", NULL};
    static const char *const known[] = {"code", "starts", "ends", "name", "note", NULL};
    static const char *const prefixes[] = {"name_", NULL};
    const struct table *table = build->source->shifts;
    if (table == NULL || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, prefixes);
    for (size_t row = 0; row < table_rows(table); row++)
        read_shift(build, row);
}

// ---- rosters.csv ----
static bool login_lower(const char *text, char *out, size_t size)
{
    size_t length = strlen(text);
    if (length < 2 || length >= size)
        return false;
    for (size_t i = 0; i <= length; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    return true;
}

static size_t person_of(struct roster *roster, const char *login)
{
    size_t found = 0;
    if (rules_index_find(&roster->by_login, login, &found))
        return found;
    struct roster_person *person = &roster->persons[roster->person_count];
    person->login = arena_text(roster->arena, login);
    rules_index_add(&roster->by_login, person->login, roster->person_count, NULL);
    return roster->person_count++;
}

static void check_staff(struct roster_build *build, size_t row, const char *login)
{
    const struct table *table = build->source->rosters, *staff = build->source->staff;
    const char *wanted = process_role_to_str(PROCESS_COLLECTOR);
    bool there = false, collector = false;
    if (staff == NULL)
        return;
    for (size_t i = 0; i < table_rows(staff) && !collector; i++) {
        if (strcasecmp(table_value(staff, i, "login"), login) != 0)
            continue;
        there = true;
        collector = text_equal(table_value(staff, i, "role"), wanted);
    }
    if (!there)
        rules_warning(&build->check, table, row, "person", "roster.person_unknown",
                      "'%s' is not in the staff table", login);
    else if (!collector)
        rules_warning(&build->check, table, row, "person", "roster.not_collector",
                      "'%s' does not have the role collector", login);
}

static bool read_yes(struct roster_build *build, const struct table *table, size_t row,
                     const char *column)
{
    const char *text = table_value(table, row, column);
    if (*text == '\0' || strcmp(text, "no") == 0 || strcmp(text, "0") == 0)
        return false;
    if (strcmp(text, "yes") != 0 && strcmp(text, "1") != 0)
        rules_error(&build->check, table, row, column, "roster.yes_or_no",
                    "'%.40s' is neither yes nor no", text);
    return true;
}

static void add_grids(struct roster_build *build, size_t row, struct roster_row line)
{
    const struct table *table = build->source->rosters;
    const char *cursor = table_value(table, row, "duty_grid");
    struct roster *roster = build->roster;
    size_t length = 0, count = 0;
    for (const char *piece; (piece = text_next(&cursor, '|', &length)) != NULL; count++) {
        char code[64];
        if (count == GRIDS_A_ROW || roster->row_count == ROSTER_ROWS_MOST) {
            rules_error(&build->check, table, row, "duty_grid", "roster.too_many",
                        "more than %d duty grids in a row, or %d rows", GRIDS_A_ROW,
                        ROSTER_ROWS_MOST);
            return;
        }
        bool fits = length > 0 && length < sizeof code;
        snprintf(code, sizeof code, "%.*s", fits ? (int)length : 0, piece);
        line.area_id = fits ? build->source->duty_grid_id(build->source->context, code) : 0;
        if (line.area_id == 0)
            rules_error(&build->check, table, row, "duty_grid", "roster.grid_unknown",
                        "there is no duty grid '%.*s'", length < 60 ? (int)length : 60,
                        piece);
        else
            roster->rows[roster->row_count++] = line;
    }
    if (count == 0)
        rules_error(&build->check, table, row, "duty_grid", "roster.grid_unknown",
                    "no duty grid");
}

static void read_row(struct roster_build *build, size_t row)
{
    const struct table *table = build->source->rosters;
    const char *shift = table_value(table, row, "shift");
    struct roster_row line = {.line = table_line(table, row)};
    char login[65];
    if (!login_lower(table_value(table, row, "person"), login, sizeof login)) {
        rules_error(&build->check, table, row, "person", "roster.person_missing",
                    "'%.40s' is no login", table_value(table, row, "person"));
        return;
    }
    int found = find_shift(build->roster, shift);
    if (found < 0) {
        rules_error(&build->check, table, row, "shift", "roster.shift_unknown",
                    "there is no shift '%.40s'", shift);
        return;
    }
    if (!roster_read_dates(build, table, row, &line.first_day, &line.last_day,
                           &line.weekdays))
        return;
    line.backup = read_yes(build, table, row, "backup");
    line.shift = (size_t)found;
    line.person = person_of(build->roster, login);
    check_staff(build, row, login);
    add_grids(build, row, line);
}

static int by_grid(const void *a, const void *b)
{
    const struct roster_row *one = a, *two = b;
    if (one->area_id != two->area_id)
        return one->area_id < two->area_id ? -1 : 1;
    if (one->backup != two->backup)
        return one->backup ? 1 : -1;
    return one->line < two->line ? -1 : one->line > two->line;
}

static bool room(struct roster_build *build, size_t rows)
{
    struct roster *roster = build->roster;
    size_t most =
        rows * GRIDS_A_ROW < ROSTER_ROWS_MOST ? rows * GRIDS_A_ROW : ROSTER_ROWS_MOST;
    roster->rows = memory_array(most + 1, sizeof *roster->rows);
    roster->persons = memory_array(rows + 1, sizeof *roster->persons);
    return roster->rows != NULL && roster->persons != NULL;
}

void roster_read_rows(struct roster_build *build)
{
    static const char *const columns[] = {"person", "duty_grid", "shift", NULL};
    static const char *const known[] = {"person",   "duty_grid", "shift", "from", "to",
                                        "weekdays", "backup",    "note",  NULL};
    const struct table *table = build->source->rosters;
    if (table == NULL || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, NULL);
    if (table_rows(table) > ROSTER_ROWS_MOST || !room(build, table_rows(table))) {
        rules_error(&build->check, table, RULES_NO_ROW, NULL, "roster.too_many",
                    "more than %d rows", ROSTER_ROWS_MOST);
        return;
    }
    if (!build->source->has_level && table_rows(table) > 0) {
        rules_error(&build->check, table, RULES_NO_ROW, "duty_grid", "roster.no_level",
                    "city.ini says nothing about duty grids: [roster] level = ...");
        return;
    }
    rules_index_init(&build->roster->by_login, table_rows(table));
    for (size_t row = 0; row < table_rows(table); row++)
        read_row(build, row);
    qsort(build->roster->rows, build->roster->row_count, sizeof *build->roster->rows,
          by_grid);
    roster_check_twice(build);
}
