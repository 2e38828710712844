// SPDX-License-Identifier: MPL-2.0
// Who is on duty: shifts, the roster of collectors (person x duty grid x shift), duty
// officers of departments and vehicles, out of a city's tables. gridcase-roster(5).
//
// A duty grid (责任网格) is an area of the city's roster level. Persons are named by their
// login; the ids of the store are learnt later (roster_learn), so that a person who was
// added, or closed, after the model was loaded is known at once. Everything else is
// immutable; any thread may read.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/label.h>
#include <gridcase/rules/report.h>

enum {
    ROSTER_SHIFTS_MOST = 32,
    ROSTER_ROWS_MOST = 200000,      // person x duty grid x shift x range of dates
    ROSTER_PERSON_ROWS_MOST = 2000, // of one person
    ROSTER_OFFICERS_MOST = 5000,
    ROSTER_VEHICLES_MOST = 20000,
    ROSTER_HOMES_MOST = 24576,
};

struct roster;

struct roster_shift {
    const char *code;
    struct label name;
    int32_t starts_min; // after local midnight of its day
    int32_t ends_min;   // beyond 1440: it ends on the next day
};

// One person in one duty grid and shift, over a range of dates.
struct roster_row {
    size_t person;               // index, see roster_person
    int64_t area_id;             // the duty grid
    size_t shift;                // index
    int64_t first_day, last_day; // local days since 1970, both included
    unsigned weekdays;           // bits 1 << weekday, 1 = Monday
    bool backup;
    int64_t line;
};

struct roster_officer {
    int64_t department_id;
    const char *name, *phone, *night_phone, *note; // "" without
    int64_t first_day, last_day;
    unsigned weekdays;
};

struct roster_vehicle {
    const char *code;
    struct label name, kind;
    const char *plate, *phone, *note;
    int64_t department_id;
    bool out_of_service;
};

struct roster_source { // tables are borrowed for the call; each may be NULL
    const struct table *shifts, *rosters, *duty_officers, *vehicles;
    const struct table *staff;       // to tell logins that nobody has; may be NULL
    const struct calendar *calendar; // borrowed for the roster's life: local time
    bool has_level;                  // the city names a roster level
    void *context;                   // of the two below: ids, 0 when unknown
    int64_t (*department_id)(void *context, const char *code);
    int64_t (*duty_grid_id)(void *context, const char *code);
};

// ERROR_INPUT "roster.invalid" after reporting every problem. A city without these tables
// has an empty roster.
int roster_new(const struct roster_source *source, const struct rules_report *report,
               struct roster **ret_roster, struct error *error) ERROR_MUST_CHECK;
struct roster *roster_free(struct roster *roster); // takes NULL, returns NULL

size_t roster_shifts(const struct roster *roster);
const struct roster_shift *roster_shift(const struct roster *roster, size_t index);
size_t roster_rows(const struct roster *roster); // by duty grid
const struct roster_row *roster_row(const struct roster *roster, size_t index);
size_t roster_officers(const struct roster *roster);
const struct roster_officer *roster_officer(const struct roster *roster, size_t index);
size_t roster_vehicles(const struct roster *roster);
const struct roster_vehicle *roster_vehicle(const struct roster *roster, size_t index);

// ---- persons ----
size_t roster_persons(const struct roster *roster);
const char *roster_person_login(const struct roster *roster, size_t person); // lower case
int64_t roster_person_id(const struct roster *roster, size_t person);        // 0: not known
// Tells the id of a login (0: nobody open has it). Any thread, at any time.
void roster_learn(const struct roster *roster, const char *login, int64_t person_id);

// Where people belong: a department of the city model, as their accounts say. Of everybody,
// on a roster or not, at most ROSTER_HOMES_MOST; false when there is no more room.
bool roster_learn_home(const struct roster *roster, int64_t person_id,
                       int64_t department_id);
int64_t roster_home(const struct roster *roster, int64_t person_id); // 0: none known

// ---- questions ----
// When a row's shift runs that holds the instant; false when none does. today: the local
// day of the instant (calendar_day), asked for once by who looks at many rows.
bool roster_row_at(const struct roster *roster, const struct roster_row *row, int64_t today,
                   int64_t instant_ms, int64_t *ret_starts_ms, int64_t *ret_ends_ms);
int64_t roster_today(const struct roster *roster, int64_t instant_ms);
// A person by id, false when the roster has none such.
bool roster_person_find(const struct roster *roster, int64_t person_id, size_t *ret_person);
// Rows of a person: indexes for roster_row, in the order of duty grids.
const size_t *roster_rows_of_person(const struct roster *roster, size_t person,
                                    size_t *ret_count);
// Is the person on duty at the instant: anywhere (area_id 0), or in this duty grid, as
// backup too or not.
bool roster_on_duty(const struct roster *roster, int64_t person_id, int64_t area_id,
                    bool backup_too, int64_t instant_ms);
// Rows of a duty grid as a range of indexes.
void roster_rows_of_grid(const struct roster *roster, int64_t area_id, size_t *ret_first,
                         size_t *ret_count);
// Does the row hold on that local day, and from when to when?
bool roster_row_on_day(const struct roster *roster, const struct roster_row *row,
                       int64_t day, int64_t *ret_starts_ms, int64_t *ret_ends_ms);
bool roster_officer_on_day(const struct roster_officer *officer, int64_t day);
