// SPDX-License-Identifier: MPL-2.0
#include "shift_plan.h"

#include <stdlib.h>
#include <string.h>

struct place { // a free place in a holder's queue
    int64_t end_ms;
    int32_t owner; // of the late pieces; -1: free
    uint32_t seen; // by which search
};
struct group {
    struct shift_work *work;
    size_t begin, end; // its pieces
    struct shift_piece **late;
    size_t late_count;
    struct place *places; // late_count for each holder of the group
    size_t *place_counts;
    uint32_t *members; // holders of the group
    size_t member_count;
    uint32_t search;
};

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for the shift");
}

// ---- order ----
static _Thread_local const struct shift_holder *sorted_holders;

static int by_deadline(const void *a_piece, const void *b_piece)
{
    const struct shift_piece *a = a_piece, *b = b_piece;
    uint32_t x = sorted_holders[a->holder].group, y = sorted_holders[b->holder].group;
    if (x != y)
        return (x > y) - (x < y);
    if (a->holder != b->holder)
        return (a->holder > b->holder) - (a->holder < b->holder);
    if (a->left_ms != b->left_ms)
        return (a->left_ms > b->left_ms) - (a->left_ms < b->left_ms);
    return (a->order > b->order) - (a->order < b->order);
}

static int late_by_deadline(const void *a_late, const void *b_late)
{
    const struct shift_piece *a = *(struct shift_piece *const *)a_late,
                             *b = *(struct shift_piece *const *)b_late;
    if (a->left_ms != b->left_ms)
        return (a->left_ms > b->left_ms) - (a->left_ms < b->left_ms);
    return (a->order > b->order) - (a->order < b->order);
}

static bool may(const struct group *group, const struct shift_piece *piece, uint32_t holder)
{
    const struct shift_work *work = group->work;
    return holder != piece->holder && work->holders[holder].piece_ms > 0 &&
           work->may(work->context, piece, holder);
}

static bool has_taker(const struct group *group, const struct shift_piece *piece)
{
    for (size_t i = 0; i < group->member_count; i++)
        if (may(group, piece, group->members[i]))
            return true;
    return false;
}

// ---- what each holder cannot reach ----
// Of the pieces up to one that is too many: the last that somebody may take, or the last.
static void drop_one(struct group *group, size_t begin, size_t at)
{
    struct shift_piece *pieces = group->work->pieces;
    struct shift_piece *chosen = &pieces[at];
    for (size_t i = at + 1; i-- > begin;)
        if (!pieces[i].late && has_taker(group, &pieces[i])) {
            chosen = &pieces[i];
            break;
        }
    chosen->late = true;
}

static void look_at_holder(struct group *group, size_t begin, size_t end)
{
    struct shift_piece *pieces = group->work->pieces;
    struct shift_holder *holder = &group->work->holders[pieces[begin].holder];
    int64_t kept = holder->before;
    holder->held = (int64_t)(end - begin);
    for (size_t i = begin; i < end && holder->piece_ms > 0; i++) {
        if ((kept + 1) * holder->piece_ms > pieces[i].left_ms) {
            drop_one(group, begin, i);
            holder->late++;
        } else {
            kept++;
        }
    }
    int64_t last = kept;
    for (size_t i = begin; i < end; i++)
        if (pieces[i].late)
            pieces[i].from_ms = ++last * holder->piece_ms;
}

// ---- who could reach it ----
// The holder's own work as late as it may lie: what is free then is free as early as can
// be.
static int find_places(struct group *group, size_t member, struct error *error)
{
    const struct shift_work *work = group->work;
    uint32_t id = group->members[member];
    const struct shift_holder *holder = &work->holders[id];
    struct place *places = &group->places[member * group->late_count];
    size_t begin = group->begin, end, kept = 0, found = 0;
    while (begin < group->end && work->pieces[begin].holder != id)
        begin++;
    for (end = begin; end < group->end && work->pieces[end].holder == id; end++)
        kept += !work->pieces[end].late;
    int64_t most = (int64_t)(kept + group->late_count), at = most + 1;
    if (holder->piece_ms <= 0)
        return 0;
    uint8_t *taken = calloc((size_t)most + 2, 1);
    if (taken == NULL)
        return no_memory(error);
    for (size_t i = end; i-- > begin;) {
        if (work->pieces[i].late)
            continue;
        int64_t until = work->pieces[i].left_ms / holder->piece_ms - holder->before;
        at = at - 1 < until ? at - 1 : until;
        if (at > 0)
            taken[at] = 1;
    }
    for (int64_t i = 1; i <= most && found < group->late_count; i++)
        if (!taken[i])
            places[found++] = (struct place){
                .end_ms = (holder->before + i) * holder->piece_ms, .owner = -1};
    group->place_counts[member] = found;
    free(taken);
    return 0;
}

// The earliest free place that the piece may have.
static struct place *free_place(struct group *group, const struct shift_piece *piece)
{
    struct place *best = NULL;
    for (size_t m = 0; m < group->member_count; m++) {
        if (!may(group, piece, group->members[m]))
            continue;
        struct place *places = &group->places[m * group->late_count];
        for (size_t i = 0; i < group->place_counts[m] && places[i].end_ms <= piece->left_ms;
             i++)
            if (places[i].owner < 0) {
                if (best == NULL || places[i].end_ms < best->end_ms)
                    best = &places[i];
                break;
            }
    }
    return best;
}

// A place for a late piece, another late piece being given another place for it if need be.
static bool give(struct group *group, int32_t index)
{
    const struct shift_piece *piece = group->late[index];
    struct place *free = free_place(group, piece);
    if (free != NULL) {
        free->owner = index;
        return true;
    }
    for (size_t m = 0; m < group->member_count; m++) {
        if (!may(group, piece, group->members[m]))
            continue;
        struct place *places = &group->places[m * group->late_count];
        for (size_t i = 0; i < group->place_counts[m] && places[i].end_ms <= piece->left_ms;
             i++) {
            if (places[i].seen == group->search)
                continue;
            places[i].seen = group->search;
            if (give(group, places[i].owner)) {
                places[i].owner = index;
                return true;
            }
        }
    }
    return false;
}

static void keep_moves(struct group *group)
{
    struct shift_work *work = group->work;
    for (size_t m = 0; m < group->member_count; m++)
        for (size_t i = 0; i < group->place_counts[m]; i++) {
            const struct place *place = &group->places[m * group->late_count + i];
            if (place->owner < 0)
                continue;
            struct shift_piece *piece = group->late[place->owner];
            piece->to = (int32_t)group->members[m];
            piece->to_ms = place->end_ms;
            work->holders[piece->holder].given++;
            work->holders[group->members[m]].taken++;
        }
}

// ---- one group ----
static int collect_late(struct group *group, struct error *error)
{
    struct shift_work *work = group->work;
    size_t count = 0;
    for (size_t i = group->begin; i < group->end; i++)
        count += work->pieces[i].late && has_taker(group, &work->pieces[i]);
    group->late = calloc(count + 1, sizeof(*group->late));
    if (group->late == NULL)
        return no_memory(error);
    for (size_t i = group->begin; i < group->end; i++)
        if (work->pieces[i].late && has_taker(group, &work->pieces[i]))
            group->late[group->late_count++] = &work->pieces[i];
    qsort(group->late, count, sizeof(*group->late), late_by_deadline);
    if (count > SHIFT_LATE_MOST) {
        work->passed_over += (int64_t)(count - SHIFT_LATE_MOST);
        group->late_count = SHIFT_LATE_MOST;
    }
    return 0;
}

static int place_all(struct group *group, struct error *error)
{
    group->places =
        calloc(group->member_count * group->late_count + 1, sizeof(*group->places));
    group->place_counts = calloc(group->member_count + 1, sizeof(*group->place_counts));
    int code = group->places == NULL || group->place_counts == NULL ? no_memory(error) : 0;
    for (size_t m = 0; m < group->member_count && code == 0; m++)
        code = find_places(group, m, error);
    for (size_t i = 0; i < group->late_count && code == 0; i++) {
        group->search++;
        (void)give(group, (int32_t)i);
    }
    if (code == 0)
        keep_moves(group);
    return code;
}

static int plan_group(struct group *group, struct error *error)
{
    struct shift_work *work = group->work;
    uint32_t number = work->holders[work->pieces[group->begin].holder].group;
    group->members = calloc(work->holder_count + 1, sizeof(*group->members));
    if (group->members == NULL)
        return no_memory(error);
    for (uint32_t i = 0; i < work->holder_count; i++)
        if (work->holders[i].group == number)
            group->members[group->member_count++] = i;
    for (size_t i = group->begin, begin = i; i < group->end; i++)
        if (i + 1 == group->end ||
            work->pieces[i + 1].holder != work->pieces[begin].holder) {
            look_at_holder(group, begin, i + 1);
            begin = i + 1;
        }
    int code = collect_late(group, error);
    return code == 0 && group->late_count > 0 ? place_all(group, error) : code;
}

int shift_plan(struct shift_work *work, struct error *error)
{
    int code = 0;
    work->passed_over = 0;
    for (size_t i = 0; i < work->holder_count; i++)
        work->holders[i].held = work->holders[i].late = work->holders[i].given =
            work->holders[i].taken = 0;
    for (size_t i = 0; i < work->piece_count; i++) {
        work->pieces[i].late = false;
        work->pieces[i].to = -1;
        work->pieces[i].from_ms = work->pieces[i].to_ms = 0;
    }
    sorted_holders = work->holders;
    if (work->piece_count > 0)
        qsort(work->pieces, work->piece_count, sizeof(*work->pieces), by_deadline);
    for (size_t begin = 0, end; begin < work->piece_count && code == 0; begin = end) {
        uint32_t number = work->holders[work->pieces[begin].holder].group;
        for (end = begin; end < work->piece_count &&
                          work->holders[work->pieces[end].holder].group == number;)
            end++;
        struct group group = {.work = work, .begin = begin, .end = end};
        code = plan_group(&group, error);
        free(group.late);
        free(group.places);
        free(group.place_counts);
        free(group.members);
    }
    return code;
}
