// SPDX-License-Identifier: MPL-2.0
// Who holds what, and how fast they usually are: out of the columns, and the open tasks.
#include "shift_internal.h"

#include <stdlib.h>
#include <string.h>

#include <gridcase/account/account.h>
#include <gridcase/core/instant.h>
#include <gridcase/rules/calendar.h>

enum { OPEN_MOST = 4000000 };

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for the shift");
}

// ---- arrays that grow ----
static int grow(void **array, size_t *room, size_t count, size_t size, struct error *error)
{
    if (count < *room)
        return 0;
    size_t more = *room > 0 ? 2 * *room : 1024;
    void *wider = realloc(*array, more * size);
    if (wider == NULL)
        return no_memory(error);
    *array = wider;
    *room = more;
    return 0;
}

int shift_item_add(struct shift_desk *desk, const struct shift_item *item,
                   struct error *error)
{
    void *array = desk->items;
    int code = grow(&array, &desk->item_room, desk->item_count, sizeof(*item), error);
    desk->items = array;
    if (code == 0)
        desk->items[desk->item_count++] = *item;
    return code;
}

int shift_party_add(struct shift_desk *desk, const struct shift_party *party,
                    uint32_t group, uint32_t *ret_index, struct error *error)
{
    if (desk->party_count == desk->party_room) {
        size_t room = desk->party_room > 0 ? 2 * desk->party_room : 256;
        struct shift_party *parties = realloc(desk->parties, room * sizeof(*parties));
        desk->parties = parties != NULL ? parties : desk->parties;
        struct actor *actors = realloc(desk->actors, room * sizeof(*actors));
        desk->actors = actors != NULL ? actors : desk->actors;
        uint32_t *groups = realloc(desk->groups, room * sizeof(*groups));
        desk->groups = groups != NULL ? groups : desk->groups;
        if (parties == NULL || actors == NULL || groups == NULL)
            return no_memory(error);
        desk->party_room = room;
    }
    *ret_index = (uint32_t)desk->party_count;
    desk->parties[desk->party_count] = *party;
    desk->actors[desk->party_count] = actor_nobody();
    desk->groups[desk->party_count++] = group;
    return 0;
}

void shift_desk_done(struct shift_desk *desk)
{
    free(desk->tallies.slots);
    free(desk->finished);
    free(desk->seen);
    free(desk->items);
    free(desk->parties);
    free(desk->actors);
    free(desk->groups);
    free(desk->overdue);
}

// ---- what was finished ----
static struct shift_tally *slot_of(const struct shift_tallies *tallies, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (tallies->room - 1);
    while (tallies->slots[at].done > 0 && tallies->slots[at].key != key)
        at = (at + 1) & (tallies->room - 1);
    return &tallies->slots[at];
}

static int tallies_grow(struct shift_tallies *tallies, struct error *error)
{
    struct shift_tallies wider = {.room = tallies->room > 0 ? 2 * tallies->room : 4096,
                                  .count = tallies->count};
    wider.slots = calloc(wider.room, sizeof(*wider.slots));
    if (wider.slots == NULL)
        return no_memory(error);
    for (size_t i = 0; i < tallies->room; i++)
        if (tallies->slots[i].done > 0)
            *slot_of(&wider, tallies->slots[i].key) = tallies->slots[i];
    free(tallies->slots);
    *tallies = wider;
    return 0;
}

int shift_tally_add(struct shift_tallies *tallies, uint64_t key, int64_t days_ago,
                    struct error *error)
{
    int code = 2 * tallies->count >= tallies->room ? tallies_grow(tallies, error) : 0;
    if (code != 0)
        return code;
    struct shift_tally *tally = slot_of(tallies, key);
    tallies->count += tally->done == 0;
    tally->key = key;
    tally->done++;
    tally->days |= UINT32_C(1) << (days_ago - 1);
    return 0;
}

const struct shift_tally *shift_tally_find(const struct shift_tallies *tallies,
                                           uint64_t key)
{
    const struct shift_tally *tally = tallies->room > 0 ? slot_of(tallies, key) : NULL;
    return tally != NULL && tally->done > 0 ? tally : NULL;
}

// Days before today: today is not over.
static int tally_day(struct shift_desk *desk, uint64_t key, uint16_t day,
                     struct error *error)
{
    int64_t ago = desk->today - day;
    bool counts = day != 0 && (uint32_t)key != 0 && ago >= 1 && ago <= SHIFT_DAYS;
    return counts ? shift_tally_add(&desk->tallies, key, ago, error) : 0;
}

static int tally_row(struct shift_desk *desk, const struct facts_block *block, size_t row,
                     struct error *error)
{
    static const struct {
        enum role role;
        enum facts_wide person;
        enum facts_narrow day;
    } WORK[] = {{ROLE_ACCEPTOR, FACTS_ACCEPTED_BY, FACTS_ACCEPTED},
                {ROLE_COLLECTOR, FACTS_VERIFIED_BY, FACTS_VERIFIED},
                {ROLE_COLLECTOR, FACTS_CHECKED_BY, FACTS_CHECKED},
                {ROLE_SHIFT_LEADER, FACTS_FILED_BY, FACTS_FILED},
                {ROLE_SHIFT_LEADER, FACTS_CLOSED_BY, FACTS_ENDED},
                {ROLE_DISPATCHER, FACTS_SENT_BY, FACTS_SENT}};
    uint32_t department = block->wide[FACTS_DEPARTMENT][row];
    uint32_t class_id = block->wide[FACTS_CLASS][row];
    uint16_t handled = block->narrow[FACTS_HANDLED][row];
    int code = tally_day(desk, shift_key(-1, department), handled, error);
    for (size_t i = 0; i < sizeof WORK / sizeof *WORK && code == 0; i++)
        code =
            tally_day(desk, shift_key((int)WORK[i].role, block->wide[WORK[i].person][row]),
                      block->narrow[WORK[i].day][row], error);
    if (handled != 0 && desk->today - handled <= SHIFT_CLASS_DAYS &&
        department < desk->departments && class_id < desk->classes)
        desk->finished[department * desk->classes + class_id] = 1;
    return code;
}

// ---- open work of departments ----
static int see(struct shift_desk *desk, uint32_t id, bool listed, struct error *error)
{
    void *array = desk->seen;
    int code =
        desk->seen_count < OPEN_MOST
            ? grow(&array, &desk->seen_room, desk->seen_count, sizeof(uint64_t), error)
            : no_memory(error);
    desk->seen = array;
    if (code == 0)
        desk->seen[desk->seen_count++] = (uint64_t)id << 1 | listed;
    return code;
}

static int open_row(struct shift_desk *desk, const struct facts_block *block, size_t row,
                    struct error *error)
{
    uint32_t id = block->wide[FACTS_CASE][row];
    uint16_t flags = block->narrow[FACTS_FLAGS][row];
    uint32_t department = block->wide[FACTS_DEPARTMENT][row];
    int64_t due_ms = block->wide[FACTS_DUE_S][row] * INT64_C(1000);
    bool listed = !desk->filter.filtered || figure_scope_fits(&desk->filter, block, row);
    int code = (flags & FACTS_OPEN) != 0 ? see(desk, id, listed, error) : 0;
    if (code != 0 || (flags & FACTS_PENDING) == 0 || due_ms == 0 || department == 0 ||
        department >= desk->departments)
        return code;
    if (due_ms <= desk->now_ms) {
        desk->overdue[department]++;
        return 0;
    }
    return shift_item_add(
        desk,
        &(struct shift_item){.case_id = id,
                             .class_id = block->wide[FACTS_CLASS][row],
                             .party = department, // an id, until it has one
                             .due_ms = due_ms,
                             .listed = listed},
        error);
}

static int walk(struct shift_desk *desk, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < facts_blocks(desk->facts) && code == 0; i++) {
        struct facts_block block = facts_block(desk->facts, i);
        for (size_t row = 0; row < block.count && block.weight > 0 && code == 0; row++) {
            if ((!block.changed &&
                 facts_is_replaced(desk->facts, block.wide[FACTS_CASE][row])) ||
                (desk->sight.filtered && !figure_scope_fits(&desk->sight, &block, row)))
                continue;
            code = tally_row(desk, &block, row, error);
            if (code == 0)
                code = open_row(desk, &block, row, error);
        }
    }
    return code;
}

static int by_id(const void *a_id, const void *b_id)
{
    uint64_t a = *(const uint64_t *)a_id, b = *(const uint64_t *)b_id;
    return (a > b) - (a < b);
}

static int make_room(struct shift_desk *desk, uint32_t class_most, struct error *error)
{
    desk->classes = (size_t)class_most + 1;
    for (size_t i = 0; i < city_departments(desk->city); i++) {
        size_t id = (size_t)city_department(desk->city, i)->id;
        desk->departments = id >= desk->departments ? id + 1 : desk->departments;
    }
    desk->finished = calloc(desk->departments * desk->classes + 1, 1);
    desk->overdue = calloc(desk->departments + 1, sizeof(*desk->overdue));
    return desk->finished == NULL || desk->overdue == NULL ? no_memory(error) : 0;
}

int shift_read_facts(struct shift_desk *desk, const struct actor *actor,
                     const struct figure_query *query, struct error *ret_trouble,
                     struct error *error)
{
    struct facts_state state;
    struct figure_words none = {0};
    struct figure_query all;
    int code = facts_hold(desk->facts, desk->db, desk->city, &state, error);
    if (code != 0)
        return code;
    *ret_trouble = state.trouble;
    code = make_room(desk, state.class_most, error);
    if (code == 0)
        code = figure_query_read(&none, desk->city, desk->now_ms, &all, error);
    if (code == 0)
        code = figure_scope_make(desk->city, actor, &all, state.class_most, desk->arena,
                                 &desk->sight, error);
    if (code == 0)
        code = figure_scope_make(desk->city, actor, query, state.class_most, desk->arena,
                                 &desk->filter, error);
    if (code == 0)
        code = walk(desk, error);
    facts_release(desk->facts);
    if (code == 0 && desk->seen_count > 0)
        qsort(desk->seen, desk->seen_count, sizeof(*desk->seen), by_id);
    return code;
}

// ---- tasks of people ----
// Whether the actor sees the case; *ret_listed: and asked for it.
static bool is_seen(const struct shift_desk *desk, int64_t case_id, bool *ret_listed)
{
    size_t low = 0, high = desk->seen_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (desk->seen[middle] >> 1 < (uint64_t)case_id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == desk->seen_count || desk->seen[low] >> 1 != (uint64_t)case_id)
        return false;
    *ret_listed = (desk->seen[low] & 1) != 0;
    return true;
}

// A person in a post, taken up when first met; closed accounts and strangers to the post
// only hold.
static int person(struct shift_desk *desk, int64_t person_id, int role, uint32_t *ret_index,
                  struct error *error)
{
    for (size_t i = 0; i < desk->party_count; i++)
        if (desk->parties[i].role == role && desk->parties[i].id == person_id) {
            *ret_index = (uint32_t)i;
            return 0;
        }
    struct account_person account;
    struct actor actor;
    int code = account_person_by_id(desk->db, person_id, &account, error);
    if (code == 0)
        code = account_person_actor(desk->db, person_id, &actor, error);
    if (code == 0)
        code = shift_party_add(
            desk,
            &(struct shift_party){.id = person_id,
                                  .role = role,
                                  .name = arena_text(desk->arena, account.name),
                                  .login = arena_text(desk->arena, account.login)},
            (uint32_t)role, ret_index, error);
    if (code == 0 && account.closed_at_ms == INSTANT_NONE)
        desk->actors[*ret_index] = actor;
    return code;
}

static int add_task(struct shift_desk *desk, struct db_statement *s, int64_t *last_task,
                    struct error *error)
{
    struct shift_item item = {.task_id = db_column_int(s, 0),
                              .due_ms = db_column_int(s, 3),
                              .case_id = (uint32_t)db_column_int(s, 4),
                              .class_id = (uint32_t)db_column_int(s, 6)};
    bool again = item.task_id == *last_task; // another clock of it
    *last_task = item.task_id;
    if (again || !is_seen(desk, item.case_id, &item.listed))
        return 0;
    int code =
        person(desk, db_column_int(s, 1), (int)db_column_int(s, 2), &item.party, error);
    if (code != 0)
        return code;
    if (item.due_ms <= desk->now_ms) {
        desk->parties[item.party].overdue++;
        return 0;
    }
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        item.areas[i] = db_column_int(s, 7 + i);
    item.number = arena_text(desk->arena, db_column_text(s, 5));
    return item.number != NULL ? shift_item_add(desk, &item, error) : no_memory(error);
}

int shift_read_tasks(struct shift_desk *desk, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    int64_t last_task = 0;
    uint32_t posts = 0, index;
    size_t first = desk->party_count;
    int code = db_prepare(desk->db, QUERY_SHIFT_TASKS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, SHIFT_TASKS_MOST);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW)
        code = add_task(desk, s, &last_task, error);
    if (code < 0)
        return code;
    for (size_t i = first; i < desk->party_count; i++)
        posts |= UINT32_C(1) << desk->parties[i].role;
    for (size_t i = 0; i < desk->tallies.room && code == 0; i++) {
        const struct shift_tally *tally = &desk->tallies.slots[i];
        int role = (int)(tally->key >> 32) - 1;
        if (tally->done >= SHIFT_DONE_LEAST && role >= 0 && (posts >> role & 1) != 0)
            code = person(desk, (uint32_t)tally->key, role, &index, error);
    }
    return code;
}
