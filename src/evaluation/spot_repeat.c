// SPDX-License-Identifier: MPL-2.0
// The same problem on the same spot again, after it had been ended.
#include "spot_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

// Cases of one square that are compared with a new one, the latest first: an import that
// puts thousands on one point does not take for ever.
enum { COMPARED_MOST = 256 };

struct placed {
    uint32_t id, class_id;
    bool of_period, has_point, repeats;
    const char *number;
    double lon_deg, lat_deg;
    int64_t opened_ms, closed_ms;
    size_t up;       // union-find: of the same spot
    size_t previous; // of the same square, + 1; 0: none
};

struct finding {
    const struct facts *facts;
    const struct repeat_query *query;
    struct arena *arena;
    struct placed *cases;
    size_t count, room;
    size_t *squares; // hash table: last case of a square, + 1
    size_t square_room;
    double m_per_lon, m_per_lat;
};

// ---- candidates: by the columns, then where they lie ----
static int add_row(void *context, const struct facts_block *block, size_t row,
                   struct error *error)
{
    struct finding *finding = context;
    uint32_t id = block->wide[FACTS_CASE][row];
    if (block->weight < 0 || block->wide[FACTS_CLASS][row] == 0 ||
        (!block->changed && facts_is_replaced(finding->facts, id)))
        return 0;
    if (finding->count == SPOT_CASES_MOST)
        return spots_too_many(error);
    if (finding->count == finding->room) {
        size_t room = finding->room > 0 ? 2 * finding->room : 4096;
        struct placed *cases = realloc(finding->cases, room * sizeof *cases);
        if (cases == NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for cases");
        finding->cases = cases;
        finding->room = room;
    }
    finding->cases[finding->count] = (struct placed){
        .id = id,
        .class_id = block->wide[FACTS_CLASS][row],
        .of_period = block->narrow[FACTS_OPENED][row] >= finding->query->figures.from_day,
    };
    finding->count++;
    return 0;
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const struct placed *)a)->id, y = ((const struct placed *)b)->id;
    return (x > y) - (x < y);
}

static int by_time(const void *a_case, const void *b_case)
{
    const struct placed *a = a_case, *b = b_case;
    if (a->opened_ms != b->opened_ms)
        return (a->opened_ms > b->opened_ms) - (a->opened_ms < b->opened_ms);
    return by_id(a, b);
}

static void read_point(struct finding *finding, struct db_statement *row,
                       struct placed *one)
{
    one->has_point = true;
    one->number = arena_text(finding->arena, db_column_text(row, 1));
    one->lon_deg = db_column_double(row, 2);
    one->lat_deg = db_column_double(row, 3);
    one->opened_ms = db_column_int(row, 4);
    one->closed_ms = db_column_int(row, 5);
    one->has_point = one->number != NULL;
}

static int read_points(struct finding *finding, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    qsort(finding->cases, finding->count, sizeof *finding->cases, by_id);
    int code = db_prepare(db, QUERY_SPOT_POINTS, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, finding->cases[0].id);
    db_bind_int(row, 2, finding->cases[finding->count - 1].id);
    size_t at = 0;
    while ((code = db_step(row, error)) == DB_ROW) {
        int64_t id = db_column_int(row, 0);
        while (at < finding->count && finding->cases[at].id < id)
            at++;
        if (at < finding->count && finding->cases[at].id == id)
            read_point(finding, row, &finding->cases[at]);
    }
    if (code < 0)
        return code;
    size_t kept = 0;
    for (size_t i = 0; i < finding->count; i++)
        if (finding->cases[i].has_point)
            finding->cases[kept++] = finding->cases[i];
    finding->count = kept;
    qsort(finding->cases, kept, sizeof *finding->cases, by_time);
    return 0;
}

// ---- who repeats whom ----
static size_t root_of(struct placed *cases, size_t at)
{
    while (cases[at].up != at)
        at = cases[at].up = cases[cases[at].up].up;
    return at;
}

static size_t square_of(const struct finding *finding, const struct placed *one, int east,
                        int north)
{
    double reach = finding->query->reach_m;
    uint64_t x =
        (uint64_t)(int64_t)(floor(one->lon_deg * finding->m_per_lon / reach) + east);
    uint64_t y =
        (uint64_t)(int64_t)(floor(one->lat_deg * finding->m_per_lat / reach) + north);
    uint64_t hash = (x * UINT64_C(0x9e3779b97f4a7c15)) ^
                    (y * UINT64_C(0xc2b2ae3d27d4eb4f)) ^
                    (one->class_id * UINT64_C(0x165667b19e3779f9));
    return (size_t)((hash ^ (hash >> 29)) & (finding->square_room - 1));
}

static bool repeats(const struct finding *finding, const struct placed *later,
                    const struct placed *earlier)
{
    double x = (later->lon_deg - earlier->lon_deg) * finding->m_per_lon;
    double y = (later->lat_deg - earlier->lat_deg) * finding->m_per_lat;
    double reach = finding->query->reach_m;
    int64_t since_ms = later->opened_ms - earlier->closed_ms;
    return earlier->class_id == later->class_id && earlier->closed_ms > 0 &&
           since_ms >= 0 && since_ms <= finding->query->within_days * DAY_MS &&
           x * x + y * y <= reach * reach;
}

static void compare(struct finding *finding, size_t at)
{
    struct placed *later = &finding->cases[at];
    for (int k = 0; k < 9 && later->of_period; k++) {
        size_t square = square_of(finding, later, k % 3 - 1, k / 3 - 1), compared = 0;
        for (size_t i = finding->squares[square]; i != 0 && compared < COMPARED_MOST;
             i = finding->cases[i - 1].previous, compared++) {
            if (!repeats(finding, later, &finding->cases[i - 1]))
                continue;
            later->repeats = true;
            finding->cases[root_of(finding->cases, i - 1)].up = root_of(finding->cases, at);
        }
    }
    size_t own = square_of(finding, later, 0, 0);
    later->previous = finding->squares[own];
    finding->squares[own] = at + 1;
}

// ---- spots ----
struct group {
    size_t root;
    int64_t repeats, cases;
    size_t newest;
};

static int by_repeats(const void *a_group, const void *b_group)
{
    const struct group *a = a_group, *b = b_group;
    if (a->repeats != b->repeats)
        return (a->repeats < b->repeats) - (a->repeats > b->repeats);
    return (a->newest < b->newest) - (a->newest > b->newest);
}

static int name_cases(struct finding *finding, const struct group *group,
                      struct repeat_spot *spot, struct error *error)
{
    size_t most =
        group->cases < SPOT_NUMBERS_MOST ? (size_t)group->cases : (size_t)SPOT_NUMBERS_MOST;
    spot->named = arena_array(finding->arena, most, sizeof *spot->named);
    if (spot->named == NULL)
        return spots_too_many(error);
    for (size_t i = finding->count; i-- > 0 && spot->count < most;) {
        const struct placed *one = &finding->cases[i];
        if (root_of(finding->cases, i) != group->root)
            continue;
        spot->named[spot->count++] = (struct repeat_case){.case_id = one->id,
                                                          .number = one->number,
                                                          .opened_ms = one->opened_ms,
                                                          .closed_ms = one->closed_ms,
                                                          .repeats = one->repeats};
    }
    return 0;
}

static int tell_spots(struct finding *finding, const struct group *groups, size_t count,
                      struct repeat_answer *answer, struct error *error)
{
    size_t most = finding->query->most;
    answer->count = count < most ? count : most;
    answer->total = (int64_t)count;
    answer->spots = arena_array(finding->arena, answer->count + 1, sizeof *answer->spots);
    if (answer->spots == NULL)
        return spots_too_many(error);
    int code = 0;
    for (size_t i = 0; i < answer->count && code == 0; i++) {
        const struct placed *newest = &finding->cases[groups[i].newest];
        answer->spots[i] = (struct repeat_spot){.class_id = newest->class_id,
                                                .repeats = groups[i].repeats,
                                                .cases = groups[i].cases,
                                                .lon_deg = newest->lon_deg,
                                                .lat_deg = newest->lat_deg};
        code = name_cases(finding, &groups[i], &answer->spots[i], error);
    }
    return code;
}

static int tell(struct finding *finding, struct repeat_answer *answer, struct error *error)
{
    struct group *groups = calloc(finding->count + 1, sizeof *groups);
    size_t count = 0;
    if (groups == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for spots");
    for (size_t i = 0; i < finding->count; i++) { // newest is the last one seen
        const struct placed *one = &finding->cases[i];
        struct group *group = &groups[root_of(finding->cases, i)];
        group->root = root_of(finding->cases, i);
        group->repeats += one->repeats;
        group->cases++;
        group->newest = i;
        answer->arrivals += one->of_period;
        answer->repeats += one->repeats;
    }
    for (size_t i = 0; i < finding->count; i++)
        if (groups[i].repeats > 0)
            groups[count++] = groups[i];
    qsort(groups, count, sizeof *groups, by_repeats);
    int code = tell_spots(finding, groups, count, answer, error);
    free(groups);
    return code;
}

static int find(struct finding *finding, struct db *db, struct repeat_answer *answer,
                struct error *error)
{
    int code = finding->count > 0 ? read_points(finding, db, error) : 0;
    if (code != 0 || finding->count == 0)
        return code;
    finding->square_room = 1024;
    while (finding->square_room < 2 * finding->count)
        finding->square_room *= 2;
    finding->squares = calloc(finding->square_room, sizeof *finding->squares);
    if (finding->squares == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for squares");
    finding->m_per_lat = 111195;
    finding->m_per_lon = 111195 * cos(finding->cases[0].lat_deg * M_PI / 180);
    for (size_t i = 0; i < finding->count; i++)
        finding->cases[i].up = i;
    for (size_t i = 0; i < finding->count; i++)
        compare(finding, i);
    return tell(finding, answer, error);
}

static int gather(struct facts *facts, const struct facts_state *state,
                  const struct city_snapshot *city, const struct actor *actor,
                  struct finding *finding, struct error *error)
{
    const struct figure_query *figures = &finding->query->figures;
    struct figure_scope scope;
    struct spot_span span = {figures->from_day, figures->to_day,
                             figures->from_day - finding->query->within_days - 1};
    int code = figure_scope_make(city, actor, figures, state->class_most, finding->arena,
                                 &scope, error);
    return code != 0 ? code : spots_walk(facts, &scope, &span, add_row, finding, error);
}

int spots_repeats(struct facts *facts, struct db *db, const struct city_snapshot *city,
                  const struct actor *actor, const struct repeat_query *query,
                  struct arena *arena, struct repeat_answer *ret_answer,
                  struct error *error)
{
    struct facts_state state;
    struct repeat_answer answer = {0};
    struct finding finding = {.facts = facts, .query = query, .arena = arena};
    int code = facts_hold(facts, db, city, &state, error);
    if (code != 0)
        return code;
    answer.trouble = state.trouble;
    code = gather(facts, &state, city, actor, &finding, error);
    facts_release(facts);
    if (code == 0)
        code = find(&finding, db, &answer, error);
    free(finding.cases);
    free(finding.squares);
    if (code == 0)
        *ret_answer = answer;
    return code;
}
