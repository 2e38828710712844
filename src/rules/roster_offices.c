// SPDX-License-Identifier: MPL-2.0
// duty_officers.csv and vehicles.csv; gridcase-roster(5).
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "roster_internal.h"

static int64_t department_of(struct roster_build *build, const struct table *table,
                             size_t row, bool needed)
{
    const char *code = table_value(table, row, "department");
    if (*code == '\0' && !needed)
        return 0;
    int64_t id = build->source->department_id(build->source->context, code);
    if (id == 0)
        rules_error(&build->check, table, row, "department", "roster.department_unknown",
                    "there is no department '%.60s'", code);
    return id;
}

// Digits, blanks, + - ( ) / , ; and letters for an extension: what people write.
static bool phone_good(const char *text)
{
    size_t digits = 0;
    for (const char *c = text; *c; c++)
        digits += *c >= '0' && *c <= '9';
    return digits >= 3 && strlen(text) <= 100;
}

static const char *phone_of(struct roster_build *build, const struct table *table,
                            size_t row, const char *column)
{
    const char *text = table_value(table, row, column);
    if (*text && !phone_good(text))
        rules_error(&build->check, table, row, column, "roster.phone_invalid",
                    "'%.60s' is no telephone number", text);
    return arena_text(build->roster->arena, text);
}

static const char *text_of(struct roster_build *build, const struct table *table,
                           size_t row, const char *column)
{
    const char *text = table_value(table, row, column);
    if (strlen(text) > 400)
        rules_error(&build->check, table, row, column, "roster.text_long",
                    "more than 400 bytes");
    return arena_text(build->roster->arena, text);
}

// ---- duty_officers.csv ----
static void read_officer(struct roster_build *build, size_t row)
{
    const struct table *table = build->source->duty_officers;
    struct roster_officer officer = {
        .department_id = department_of(build, table, row, true),
        .name = text_of(build, table, row, "name"),
        .phone = phone_of(build, table, row, "phone"),
        .night_phone = phone_of(build, table, row, "night_phone"),
        .note = text_of(build, table, row, "note")};
    bool dated = roster_read_dates(build, table, row, &officer.first_day, &officer.last_day,
                                   &officer.weekdays);
    if (officer.phone[0] == '\0' && officer.night_phone[0] == '\0')
        rules_error(&build->check, table, row, "phone", "roster.phone_missing",
                    "neither a phone nor a night_phone");
    else if (dated && officer.department_id != 0)
        build->roster->officers[build->roster->officer_count++] = officer;
}

void roster_read_officers(struct roster_build *build)
{
    static const char *const columns[] = {"department", NULL};
    static const char *const known[] = {"department",  "name", "phone",
                                        "night_phone", "from", "to",
                                        "weekdays",    "note", NULL};
    const struct table *table = build->source->duty_officers;
    if (table == NULL || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, NULL);
    size_t rows = table_rows(table);
    build->roster->officers =
        rows <= ROSTER_OFFICERS_MOST
            ? arena_array(build->roster->arena, rows + 1, sizeof(struct roster_officer))
            : NULL;
    if (build->roster->officers == NULL) {
        rules_error(&build->check, table, RULES_NO_ROW, NULL, "roster.too_many",
                    "more than %d rows", ROSTER_OFFICERS_MOST);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        read_officer(build, row);
}

// ---- vehicles.csv ----
static void read_vehicle(struct roster_build *build, struct rules_index *codes, size_t row)
{
    const struct table *table = build->source->vehicles;
    const char *state = table_value(table, row, "state");
    struct roster_vehicle vehicle = {.department_id =
                                         department_of(build, table, row, true),
                                     .plate = text_of(build, table, row, "plate"),
                                     .phone = phone_of(build, table, row, "phone"),
                                     .note = text_of(build, table, row, "note")};
    if (!rules_code_good(&build->check, table, row, "code", 0))
        return;
    vehicle.code = arena_text(build->roster->arena, table_value(table, row, "code"));
    if (!rules_index_add(codes, vehicle.code, row, NULL))
        rules_error(&build->check, table, row, "code", "roster.vehicle_twice",
                    "the vehicle '%s' stands there already", vehicle.code);
    vehicle.out_of_service = strcmp(state, "out") == 0;
    if (*state && !vehicle.out_of_service && strcmp(state, "ready") != 0)
        rules_error(&build->check, table, row, "state", "roster.state_unknown",
                    "'%.40s' is neither ready nor out", state);
    label_read(table, row, "name", build->roster->arena, &vehicle.name);
    label_read(table, row, "kind", build->roster->arena, &vehicle.kind);
    if (vehicle.department_id != 0)
        build->roster->vehicles[build->roster->vehicle_count++] = vehicle;
}

void roster_read_vehicles(struct roster_build *build)
{
    static const char *const columns[] = {"code", "department", NULL};
    static const char *const known[] = {"code", "department", "plate", "phone", "state",
                                        "name", "kind",       "note",  NULL};
    static const char *const prefixes[] = {"name_", "kind_", NULL};
    const struct table *table = build->source->vehicles;
    if (table == NULL || !rules_needs_columns(&build->check, table, columns))
        return;
    rules_known_columns(&build->check, table, known, prefixes);
    size_t rows = table_rows(table);
    build->roster->vehicles =
        rows <= ROSTER_VEHICLES_MOST
            ? arena_array(build->roster->arena, rows + 1, sizeof(struct roster_vehicle))
            : NULL;
    if (build->roster->vehicles == NULL) {
        rules_error(&build->check, table, RULES_NO_ROW, NULL, "roster.too_many",
                    "more than %d rows", ROSTER_VEHICLES_MOST);
        return;
    }
    struct rules_index codes;
    rules_index_init(&codes, rows);
    for (size_t row = 0; row < rows; row++)
        read_vehicle(build, &codes, row);
    rules_index_done(&codes);
}
