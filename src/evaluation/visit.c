// SPDX-License-Identifier: MPL-2.0
// Answers on the spot against tracks: candidates by the columns, where they lie from the
// cases, then the track of each person once, day by day.
#include <gridcase/evaluation/visits.h>

#include <stdlib.h>
#include <string.h>

#include "spot_internal.h"

enum { TRACK_ARENA = 16 * 1024 * 1024, STRETCH_MS = 86400 * 1000, PEOPLE_MOST = 100000 };

const char *visit_of_to_str(enum visit_of of)
{
    static const char *const words[VISIT_OF_COUNT] = {"closed", "verified"};
    return words[of];
}

int visit_of_from_str(const char *text)
{
    for (int i = 0; i < VISIT_OF_COUNT; i++)
        if (strcmp(visit_of_to_str((enum visit_of)i), text) == 0)
            return i;
    return -1;
}

struct answered { // by one person, of one case
    uint32_t case_id, person_id, at_s;
    uint8_t of; // enum visit_of
    uint8_t verdict;
    bool has_point, seen;
    double lon_deg, lat_deg;
};

struct looking {
    const struct visit_place *place;
    const struct visit_query *query;
    struct visit_answer *answer;
    struct arena *arena;
    struct answered *list;
    size_t count, room;
    uint32_t *people; // who has a track, rising
    size_t person_count;
};

// ---- candidates ----

static int read_people(struct looking *looking, struct error *error)
{
    int64_t id = 0;
    int code = 0;
    size_t room = 0;
    while (looking->place->tracks != NULL && looking->person_count < PEOPLE_MOST) {
        code = track_next_person(looking->place->tracks, id, &id, error);
        if (code != 0 || id == 0 || id > UINT32_MAX)
            break;
        if (looking->person_count == room) {
            room = room > 0 ? 2 * room : 1024;
            uint32_t *more = realloc(looking->people, room * sizeof *more);
            if (more == NULL)
                return error_set(error, ERROR_LIMIT, "figures.memory", "no memory");
            looking->people = more;
        }
        looking->people[looking->person_count++] = (uint32_t)id;
    }
    return code;
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int add(struct looking *looking, const struct answered *one, struct error *error)
{
    if (looking->count == SPOT_CASES_MOST)
        return spots_too_many(error);
    if (looking->count == looking->room) {
        size_t room = looking->room > 0 ? 2 * looking->room : 4096;
        struct answered *list = realloc(looking->list, room * sizeof *list);
        if (list == NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for cases");
        looking->list = list;
        looking->room = room;
    }
    looking->list[looking->count++] = *one;
    return 0;
}

static int take(struct looking *looking, const struct answered *one, struct error *error)
{
    struct visit_count *counts = &looking->answer->counts[one->of];
    bool listed = looking->query->most > 0 && one->of == looking->query->of &&
                  looking->query->list == TRACK_NOT_FULL;
    counts->cases++;
    counts->nobody += one->person_id == 0;
    bool known = one->person_id != 0 &&
                 bsearch(&one->person_id, looking->people, looking->person_count,
                         sizeof *looking->people, compare_ids) != NULL;
    if (!known)
        counts->untracked++;
    return known || listed ? add(looking, one, error) : 0;
}

static int take_row(void *context, const struct facts_block *block, size_t row,
                    struct error *error)
{
    struct looking *looking = context;
    struct answered one = {.case_id = block->wide[FACTS_CASE][row],
                           .person_id = block->wide[FACTS_CHECKED_BY][row],
                           .at_s = block->wide[FACTS_CHECKED_S][row],
                           .of = VISIT_CLOSED};
    uint32_t verifier = block->wide[FACTS_VERIFIED_BY][row],
             verified_s = block->wide[FACTS_VERIFIED_S][row];
    int code = 0;
    if (block->weight < 0 ||
        (!block->changed && facts_is_replaced(looking->place->facts, one.case_id)))
        return 0;
    if (one.at_s == 0) { // nobody checked
        one.person_id = verifier;
        one.at_s = verified_s;
    }
    if ((block->narrow[FACTS_FLAGS][row] & FACTS_CLOSED) != 0)
        code = take(looking, &one, error);
    if (code == 0 && verified_s != 0) {
        one.of = VISIT_VERIFIED;
        one.person_id = verifier;
        one.at_s = verified_s;
        code = take(looking, &one, error);
    }
    return code;
}

static int gather(struct looking *looking, const struct facts_state *state,
                  struct error *error)
{
    const struct visit_place *place = looking->place;
    const struct figure_query *figures = &looking->query->figures;
    struct figure_scope scope;
    struct spot_span span = {figures->from_day, figures->to_day, INT64_MAX};
    int code = figure_scope_make(place->city, place->actor, figures, state->class_most,
                                 looking->arena, &scope, error);
    return code != 0 ? code
                     : spots_walk(place->facts, &scope, &span, take_row, looking, error);
}

// ---- where they lie ----

static int by_case(const void *a_one, const void *b_one)
{
    const struct answered *a = a_one, *b = b_one;
    return (a->case_id > b->case_id) - (a->case_id < b->case_id);
}

static int by_person(const void *a_one, const void *b_one)
{
    const struct answered *a = a_one, *b = b_one;
    if (a->person_id != b->person_id)
        return (a->person_id > b->person_id) - (a->person_id < b->person_id);
    return (a->at_s > b->at_s) - (a->at_s < b->at_s);
}

static int by_newest(const void *a_one, const void *b_one)
{
    const struct answered *a = a_one, *b = b_one;
    if (a->at_s != b->at_s)
        return (a->at_s < b->at_s) - (a->at_s > b->at_s);
    return by_case(b_one, a_one);
}

static int read_points(struct looking *looking, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct answered *list = looking->list;
    qsort(list, looking->count, sizeof *list, by_case);
    int code = db_prepare(looking->place->db, QUERY_SPOT_POINTS, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, list[0].case_id);
    db_bind_int(row, 2, list[looking->count - 1].case_id);
    size_t at = 0;
    while ((code = db_step(row, error)) == DB_ROW) {
        int64_t id = db_column_int(row, 0);
        while (at < looking->count && list[at].case_id < id)
            at++;
        for (; at < looking->count && list[at].case_id == id; at++) {
            list[at].has_point = true;
            list[at].lon_deg = db_column_double(row, 2);
            list[at].lat_deg = db_column_double(row, 3);
        }
    }
    return code;
}

// ---- judging ----

// Answers of one person within a day, in order of time.
static int judge_stretch(struct looking *looking, struct answered *first, size_t count,
                         struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(TRACK_ARENA);
    struct track_fix *fixes = NULL;
    size_t fix_count = 0;
    int code =
        track_read(looking->place->tracks, first->person_id,
                   (int64_t)first->at_s * 1000 - TRACK_BEFORE_MS,
                   (int64_t)first[count - 1].at_s * 1000, arena, &fixes, &fix_count, error);
    for (size_t i = 0; i < count && code == 0; i++) {
        struct track_answer answer = {(int64_t)first[i].at_s * 1000, first[i].lon_deg,
                                      first[i].lat_deg};
        first[i].verdict =
            first[i].has_point
                ? (uint8_t)track_visited(fixes, fix_count, &answer, &first[i].seen)
                : TRACK_NOT_FULL;
    }
    return code;
}

static int judge(struct looking *looking, struct error *error)
{
    struct answered *list = looking->list;
    qsort(list, looking->count, sizeof *list, by_person);
    size_t end = 0;
    int code = 0;
    for (size_t at = 0; at < looking->count && code == 0; at = end) {
        for (end = at + 1; end < looking->count &&
                           list[end].person_id == list[at].person_id &&
                           list[end].at_s - list[at].at_s < STRETCH_MS / 1000;)
            end++;
        if (bsearch(&list[at].person_id, looking->people, looking->person_count,
                    sizeof *looking->people, compare_ids) == NULL)
            continue; // counted already
        code = judge_stretch(looking, &list[at], end - at, error);
        for (size_t i = at; i < end && code == 0; i++) {
            struct visit_count *counts = &looking->answer->counts[list[i].of];
            counts->visited += list[i].verdict == TRACK_THERE;
            counts->unvisited += list[i].verdict == TRACK_NOT_THERE;
            counts->untracked += list[i].verdict == TRACK_NOT_FULL;
            counts->seen += list[i].verdict == TRACK_NOT_FULL && list[i].seen;
        }
    }
    return code;
}

// ---- the list ----

static int name_case(struct looking *looking, const struct answered *one,
                     struct visit_case *out, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(looking->place->db, QUERY_VISIT_NUMBER, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, one->case_id);
    code = db_step(row, error);
    *out = (struct visit_case){.case_id = one->case_id,
                               .person_id = one->person_id,
                               .answered_ms = (int64_t)one->at_s * 1000};
    if (code == DB_ROW)
        out->number = arena_text(looking->arena, db_column_text(row, 0));
    if (code >= 0 && out->number == NULL)
        code = error_set(error, ERROR_LIMIT, "figures.memory", "no room for cases");
    return code < 0 ? code : 0;
}

static int tell(struct looking *looking, struct error *error)
{
    const struct visit_query *query = looking->query;
    struct visit_answer *answer = looking->answer;
    struct answered *list = looking->list;
    size_t count = 0;
    for (size_t i = 0; i < looking->count; i++)
        if (list[i].of == query->of && list[i].verdict == (uint8_t)query->list)
            list[count++] = list[i];
    qsort(list, count, sizeof *list, by_newest);
    answer->total = (int64_t)count;
    count = count < query->most ? count : query->most;
    answer->cases = arena_array(looking->arena, count + 1, sizeof *answer->cases);
    if (answer->cases == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no room for cases");
    int code = 0;
    for (; answer->count < count && code == 0; answer->count++)
        code =
            name_case(looking, &list[answer->count], &answer->cases[answer->count], error);
    return code;
}

static int look(struct looking *looking, struct error *error)
{
    struct facts_state state;
    const struct visit_place *place = looking->place;
    int code = read_people(looking, error);
    if (code == 0)
        code = facts_hold(place->facts, place->db, place->city, &state, error);
    if (code != 0)
        return code;
    looking->answer->trouble = state.trouble;
    code = gather(looking, &state, error);
    facts_release(place->facts);
    if (code == 0 && looking->count > 0 && looking->person_count > 0)
        code = read_points(looking, error);
    if (code == 0)
        code = judge(looking, error);
    return code == 0 ? tell(looking, error) : code;
}

int visits_count(const struct visit_place *place, const struct visit_query *query,
                 struct arena *arena, struct visit_answer *ret_answer, struct error *error)
{
    struct visit_answer answer = {0};
    struct looking looking = {
        .place = place, .query = query, .answer = &answer, .arena = arena};
    int code = look(&looking, error);
    free(looking.list);
    free(looking.people);
    if (code == 0)
        *ret_answer = answer;
    return code;
}
