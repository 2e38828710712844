// SPDX-License-Identifier: MPL-2.0
// What advising a shift of work knows: who holds what, and how fast they usually are.
#pragma once

#include <gridcase/account/actor.h>
#include <gridcase/evaluation/shift.h>

#include "evaluation_internal.h"
#include "shift_plan.h"

// What one holder finished in the last SHIFT_DAYS days.
struct shift_tally {
    uint64_t key; // role + 1 and person, or 0 and department
    int64_t done;
    uint32_t days; // bit n: n + 1 days ago
};
struct shift_tallies { // open addressing; the room is a power of two
    struct shift_tally *slots;
    size_t room, count;
};
int shift_tally_add(struct shift_tallies *tallies, uint64_t key, int64_t days_ago,
                    struct error *error) ERROR_MUST_CHECK;
const struct shift_tally *shift_tally_find(const struct shift_tallies *tallies,
                                           uint64_t key); // NULL: nothing
static inline uint64_t shift_key(int role, uint32_t id)
{
    return (uint64_t)(unsigned)(role + 1) << 32 | id;
}

// A piece of work with what is told of it.
struct shift_item {
    uint32_t case_id, class_id, party;
    int64_t task_id, due_ms;
    int64_t areas[CITY_LEVEL_LIMIT];
    const char *number; // NULL: read later
    bool listed;
};
struct shift_desk {
    struct facts *facts;
    struct db *db;
    const struct city_snapshot *city;
    const struct calendar *calendar;
    struct figure_scope sight, filter;
    int64_t now_ms, today;
    struct arena *arena;
    struct shift_tallies tallies;
    uint8_t *finished; // by department and class: finished one in the last year
    size_t departments, classes;
    uint64_t *seen; // open cases that the actor sees: id, and whether it is to be told
    size_t seen_count, seen_room;
    struct shift_item *items;
    size_t item_count, item_room;
    struct shift_party *parties;
    struct actor *actors; // of parties that are people, in their order
    uint32_t *groups;     // number of each party's group
    size_t party_count, party_room;
    int64_t *overdue; // by department
};
// Everything below frees with the desk.
void shift_desk_done(struct shift_desk *desk);
// From the columns: open work of departments, and everybody's pace.
int shift_read_facts(struct shift_desk *desk, const struct actor *actor,
                     const struct figure_query *query, struct error *ret_trouble,
                     struct error *error) ERROR_MUST_CHECK;
// Open tasks of people; those without tasks who could take some.
int shift_read_tasks(struct shift_desk *desk, struct error *error) ERROR_MUST_CHECK;
int shift_item_add(struct shift_desk *desk, const struct shift_item *item,
                   struct error *error) ERROR_MUST_CHECK;
// The party's index.
int shift_party_add(struct shift_desk *desk, const struct shift_party *party,
                    uint32_t group, uint32_t *ret_index,
                    struct error *error) ERROR_MUST_CHECK;
