// SPDX-License-Identifier: MPL-2.0
// A roster: life and questions.
#include <stdlib.h>
#include <string.h>

#include "roster_internal.h"

enum { ARENA_CEILING_ROSTER = 256 * 1024 * 1024, MINUTE_MS = 60000, DAY_MINUTES = 1440 };

int roster_new(const struct roster_source *source, const struct rules_report *report,
               struct roster **ret_roster, struct error *error)
{
    struct roster_build build = {.source = source, .check = {.report = report}};
    build.roster = memory_new(sizeof *build.roster);
    build.roster->arena = arena_new(ARENA_CEILING_ROSTER);
    build.roster->calendar = source->calendar;
    build.roster->homes = memory_array(ROSTER_HOME_SLOTS, sizeof *build.roster->homes);
    if (build.roster->homes == NULL) {
        roster_free(build.roster);
        return error_set(error, ERROR_LIMIT, "roster.too_many", "out of memory");
    }
    roster_read_shifts(&build);
    roster_read_rows(&build);
    roster_read_officers(&build);
    roster_read_vehicles(&build);
    int code = rules_check_result(&build.check, "roster.invalid", error);
    if (code == 0)
        code = roster_index_persons(build.roster, error);
    if (code != 0) {
        roster_free(build.roster);
        return code;
    }
    *ret_roster = build.roster;
    return 0;
}

struct roster *roster_free(struct roster *roster)
{
    if (roster != NULL) {
        rules_index_done(&roster->by_login);
        free(roster->homes);
        free(roster->rows);
        free(roster->persons);
        free(roster->person_rows);
        free(roster->person_first);
        arena_free(roster->arena);
        free(roster);
    }
    return NULL;
}

size_t roster_shifts(const struct roster *roster)
{
    return roster->shift_count;
}
const struct roster_shift *roster_shift(const struct roster *roster, size_t index)
{
    return &roster->shifts[index];
}
size_t roster_rows(const struct roster *roster)
{
    return roster->row_count;
}
const struct roster_row *roster_row(const struct roster *roster, size_t index)
{
    return &roster->rows[index];
}
size_t roster_officers(const struct roster *roster)
{
    return roster->officer_count;
}
const struct roster_officer *roster_officer(const struct roster *roster, size_t index)
{
    return &roster->officers[index];
}
size_t roster_vehicles(const struct roster *roster)
{
    return roster->vehicle_count;
}
const struct roster_vehicle *roster_vehicle(const struct roster *roster, size_t index)
{
    return &roster->vehicles[index];
}

// ---- persons ----
size_t roster_persons(const struct roster *roster)
{
    return roster->person_count;
}
const char *roster_person_login(const struct roster *roster, size_t person)
{
    return roster->persons[person].login;
}

int64_t roster_person_id(const struct roster *roster, size_t person)
{
    return atomic_load_explicit(&roster->persons[person].id, memory_order_relaxed);
}

void roster_learn(const struct roster *roster, const char *login, int64_t person_id)
{
    size_t person = 0;
    if (rules_index_find(&roster->by_login, login, &person))
        atomic_store_explicit(&roster->persons[person].id, person_id, memory_order_relaxed);
}

bool roster_person_find(const struct roster *roster, int64_t person_id, size_t *ret_person)
{
    for (size_t i = 0; person_id != 0 && i < roster->person_count; i++)
        if (roster_person_id(roster, i) == person_id) {
            *ret_person = i;
            return true;
        }
    return false;
}

// ---- homes ----
// The person's slot, or the free one where it belongs; NULL: every slot is taken.
static struct roster_home *home_slot(const struct roster *roster, int64_t person_id)
{
    size_t at = (size_t)rules_hash_mix(0, (uint64_t)person_id) & (ROSTER_HOME_SLOTS - 1);
    for (size_t i = 0; i < ROSTER_HOME_SLOTS; i++) {
        struct roster_home *slot = &roster->homes[(at + i) & (ROSTER_HOME_SLOTS - 1)];
        int64_t taken = atomic_load_explicit(&slot->person_id, memory_order_acquire);
        if (taken == 0 || taken == person_id)
            return slot;
    }
    return NULL;
}

bool roster_learn_home(const struct roster *roster, int64_t person_id,
                       int64_t department_id)
{
    atomic_size_t *count = (atomic_size_t *)(uintptr_t)&roster->home_count;
    for (;;) {
        struct roster_home *slot = home_slot(roster, person_id);
        int64_t free_slot = 0;
        if (slot == NULL || atomic_load(count) >= ROSTER_HOMES_MOST)
            return false;
        // Somebody else may take the slot at the same time: then look for the next one.
        bool won = atomic_compare_exchange_strong(&slot->person_id, &free_slot, person_id);
        if (!won && free_slot != person_id)
            continue;
        atomic_fetch_add(count, won);
        atomic_store_explicit(&slot->department_id, department_id, memory_order_release);
        return true;
    }
}

int64_t roster_home(const struct roster *roster, int64_t person_id)
{
    struct roster_home *slot = person_id != 0 ? home_slot(roster, person_id) : NULL;
    return slot != NULL && atomic_load(&slot->person_id) == person_id
               ? atomic_load_explicit(&slot->department_id, memory_order_acquire)
               : 0;
}

int roster_index_persons(struct roster *roster, struct error *error)
{
    size_t *first = roster->person_first =
        memory_array(roster->person_count + 2, sizeof *roster->person_first);
    roster->person_rows = memory_array(roster->row_count + 1, sizeof *roster->person_rows);
    if (first == NULL || roster->person_rows == NULL)
        return error_set(error, ERROR_LIMIT, "roster.too_many", "out of memory");
    // Counted one place further on, summed up, then moved back by filling in.
    for (size_t i = 0; i < roster->row_count; i++)
        first[roster->rows[i].person + 2]++;
    for (size_t i = 2; i < roster->person_count + 2; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < roster->row_count; i++)
        roster->person_rows[first[roster->rows[i].person + 1]++] = i;
    return 0;
}

const size_t *roster_rows_of_person(const struct roster *roster, size_t person,
                                    size_t *ret_count)
{
    *ret_count = roster->person_first[person + 1] - roster->person_first[person];
    return roster->person_rows + roster->person_first[person];
}

// ---- questions ----
static bool on_day(int64_t first_day, int64_t last_day, unsigned weekdays, int64_t day)
{
    return day >= first_day && day <= last_day && (weekdays >> date_weekday(day) & 1);
}

bool roster_officer_on_day(const struct roster_officer *officer, int64_t day)
{
    return on_day(officer->first_day, officer->last_day, officer->weekdays, day);
}

static int64_t local_minute(const struct roster *roster, int64_t day, int32_t minute)
{
    const struct zone *zone = calendar_zone(roster->calendar);
    int32_t past = minute / DAY_MINUTES;
    return zone_instant(zone, day + past,
                        (int64_t)(minute - past * DAY_MINUTES) * MINUTE_MS);
}

bool roster_row_on_day(const struct roster *roster, const struct roster_row *row,
                       int64_t day, int64_t *ret_starts_ms, int64_t *ret_ends_ms)
{
    if (!on_day(row->first_day, row->last_day, row->weekdays, day))
        return false;
    const struct roster_shift *shift = &roster->shifts[row->shift];
    *ret_starts_ms = local_minute(roster, day, shift->starts_min);
    *ret_ends_ms = local_minute(roster, day, shift->ends_min);
    return true;
}

int64_t roster_today(const struct roster *roster, int64_t instant_ms)
{
    return calendar_day(roster->calendar, instant_ms);
}

bool roster_row_at(const struct roster *roster, const struct roster_row *row, int64_t today,
                   int64_t instant_ms, int64_t *ret_starts_ms, int64_t *ret_ends_ms)
{
    for (int64_t day = today; day >= today - 1; day--) { // a night shift began yesterday
        int64_t starts = 0, ends = 0;
        if (roster_row_on_day(roster, row, day, &starts, &ends) && instant_ms >= starts &&
            instant_ms < ends) {
            *ret_starts_ms = starts;
            *ret_ends_ms = ends;
            return true;
        }
    }
    return false;
}

void roster_rows_of_grid(const struct roster *roster, int64_t area_id, size_t *ret_first,
                         size_t *ret_count)
{
    size_t low = 0, high = roster->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (roster->rows[middle].area_id < area_id)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_first = low;
    while (low < roster->row_count && roster->rows[low].area_id == area_id)
        low++;
    *ret_count = low - *ret_first;
}

bool roster_on_duty(const struct roster *roster, int64_t person_id, int64_t area_id,
                    bool backup_too, int64_t instant_ms)
{
    size_t person = 0, count = 0;
    int64_t today = roster_today(roster, instant_ms), starts = 0, ends = 0;
    if (!roster_person_find(roster, person_id, &person))
        return false;
    const size_t *rows = roster_rows_of_person(roster, person, &count);
    for (size_t i = 0; i < count; i++) {
        const struct roster_row *row = &roster->rows[rows[i]];
        if ((area_id == 0 || row->area_id == area_id) && (backup_too || !row->backup) &&
            roster_row_at(roster, row, today, instant_ms, &starts, &ends))
            return true;
    }
    return false;
}
