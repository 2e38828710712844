// SPDX-License-Identifier: MPL-2.0
// Inside of a roster and of one being built from its tables.
#pragma once

#include <stdatomic.h>

#include <gridcase/core/arena.h>
#include <gridcase/rules/roster.h>

#include "rules_internal.h"

struct roster_person {
    const char *login; // lower case
    _Atomic int64_t id;
};

enum { ROSTER_HOME_SLOTS = 32768 };

struct roster_home { // open addressing by person; a slot once taken stays that person's
    _Atomic int64_t person_id, department_id;
};

struct roster {
    struct arena *arena;
    struct roster_home *homes;
    atomic_size_t home_count;
    const struct calendar *calendar;
    struct roster_shift shifts[ROSTER_SHIFTS_MOST];
    size_t shift_count;
    struct roster_row *rows; // by duty grid, then as in the table
    size_t row_count;
    struct roster_person *persons;
    size_t person_count;
    struct rules_index by_login;
    size_t *person_rows;  // row indexes by person
    size_t *person_first; // person_count + 1: where each begins in them
    struct roster_officer *officers;
    size_t officer_count;
    struct roster_vehicle *vehicles;
    size_t vehicle_count;
};

struct roster_build {
    struct roster *roster;
    const struct roster_source *source;
    struct rules_check check;
};

// Each reads one table and reports what is wrong. roster_tables.c, roster_offices.c
void roster_read_shifts(struct roster_build *build);
void roster_read_rows(struct roster_build *build);
void roster_read_officers(struct roster_build *build);
void roster_read_vehicles(struct roster_build *build);
// The columns "from", "to", "weekdays" of a row; blank: always. False when reported.
bool roster_read_dates(struct roster_build *build, const struct table *table, size_t row,
                       int64_t *ret_first, int64_t *ret_last, unsigned *ret_weekdays);
int roster_index_persons(struct roster *roster, struct error *error) ERROR_MUST_CHECK;
// Reports persons who are in two places at once. roster_twice.c
void roster_check_twice(struct roster_build *build);
