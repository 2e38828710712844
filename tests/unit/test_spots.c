// SPDX-License-Identifier: MPL-2.0
// Hot spots and repeats against a plain look at every pair of cases, while cases come and
// end; the file of the columns is written anew in between.
#include "case_world.h"

#include <gridcase/evaluation/spots.h>

#include "../../src/evaluation/evaluation_internal.h"

#define DAY_MS INT64_C(86400000)

static uint64_t random_state;
static unsigned random_below(unsigned most)
{
    random_state =
        random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % most;
}

enum { RECORDS = 900 };

struct record {
    int64_t id, class_id, grid, day;
    double lon, lat;
    int64_t opened_ms, closed_ms; // 0: open
};
struct town {
    struct world world;
    struct facts *facts;
    struct record records[RECORDS];
    size_t count;
};

static int64_t day_of(int64_t instant_ms) // Shanghai
{
    return (instant_ms + 8 * HOUR) / DAY_MS;
}

static void report_one(struct town *town, const struct actor *actor, int64_t class_id,
                       double lon, double lat)
{
    struct case_result result;
    struct world *w = &town->world;
    assert_true(town->count < RECORDS);
    assert_ok(report_as(w, actor, class_id, lon, lat, &result));
    struct record *record = &town->records[town->count++];
    *record =
        (struct record){.id = result.case_id,
                        .class_id = class_id,
                        .grid = (int64_t)(lat * 1000) * 10 + (int64_t)(lon * 1000) + 1,
                        .day = day_of(w->now_ms),
                        .lon = lon,
                        .lat = lat,
                        .opened_ms = w->now_ms};
}

static void end_one(struct town *town, const struct actor *actor)
{
    struct record *record = &town->records[random_below((unsigned)town->count)];
    struct case_input opinion = {"opinion", "Nothing there."};
    if (record->closed_ms != 0)
        return;
    assert_ok(act(&town->world, actor, record->id, "void", &opinion, 1));
    record->closed_ms = town->world.now_ms;
}

// Eight corners of the town, each some metres wide; a busy last week at the first.
static void town_lives(struct town *town, int days)
{
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    for (int day = 0; day < days; day++) {
        unsigned reports = random_below(7) + (day >= days - 7 ? 4 : 0);
        for (unsigned i = 0; i < reports; i++) {
            unsigned corner = i >= 6 || (day >= days - 7 && i < 4) ? 0 : random_below(8);
            double lon = 0.0005 + 0.001 * (corner % 4) + 0.0000045 * random_below(60);
            double lat = 0.0005 + 0.001 * (corner / 4) + 0.0000045 * random_below(60);
            report_one(town, &dispatcher, 1 + random_below(2), lon, lat);
            town->world.now_ms += 600000;
        }
        for (unsigned i = 0; i < 6; i++)
            end_one(town, &dispatcher);
        town->world.now_ms += DAY_MS - (int64_t)reports * 600000;
    }
}

static void town_begin(struct town *town)
{
    world_begin(&town->world, "boston");
    town->count = 0;
    town->facts = facts_new(NULL);
    facts_rewrite_at(town->facts, 50);
}

static void town_end(struct town *town)
{
    facts_free(town->facts);
    world_end(&town->world);
}

static struct figure_query period(struct town *town, int64_t from_day, int64_t to_day)
{
    struct figure_words words = {0};
    struct figure_query query;
    assert_ok(
        figure_query_read(&words, town->world.city, town->world.now_ms, &query, &error));
    query.from_day = from_day;
    query.to_day = to_day;
    return query;
}

// ---- hot spots ----
static int64_t count_of(const struct town *town, int64_t grid, int64_t class_id,
                        int64_t from_day, int64_t to_day)
{
    int64_t count = 0;
    for (size_t i = 0; i < town->count; i++)
        count += town->records[i].grid == grid && town->records[i].class_id == class_id &&
                 town->records[i].day >= from_day && town->records[i].day <= to_day;
    return count;
}

static const struct hot_spot *found_in(const struct hot_answer *answer, int64_t grid,
                                       int64_t class_id)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->spots[i].place_id == grid && answer->spots[i].class_id == class_id)
            return &answer->spots[i];
    return NULL;
}

static size_t compare_hot(struct town *town, int64_t length, size_t windows)
{
    struct actor eye = actor_system();
    struct hot_answer answer;
    int64_t to = day_of(town->world.now_ms - DAY_MS), from = to - length + 1;
    int64_t whole = (from - town->records[0].day) / length;
    struct hot_query query = {period(town, from, to), -1, windows, SPOT_LIST_MOST};
    assert_ok(spots_hot(town->facts, town->world.db, town->world.city, &eye, &query,
                        town->world.arena, &answer, &error));
    whole = whole < (int64_t)windows ? whole : (int64_t)windows;
    assert_int_equal(answer.windows, whole);
    size_t hot = 0;
    for (int64_t grid = 1; grid <= 100; grid++)
        for (int64_t class_id = 1; class_id <= 2; class_id++) {
            int64_t now = count_of(town, grid, class_id, from, to), sum = 0, most = 0;
            for (int64_t k = 1; k <= whole; k++) {
                int64_t then =
                    count_of(town, grid, class_id, from - k * length, to - k * length);
                sum += then;
                most = then > most ? then : most;
            }
            bool is_hot = whole >= 2 && now >= 3 && now * whole >= 2 * sum && now > most;
            const struct hot_spot *spot = found_in(&answer, grid, class_id);
            assert_int_equal(spot != NULL, is_hot);
            if (spot == NULL)
                continue;
            assert_int_equal(spot->now, now);
            assert_int_equal(spot->before, most);
            assert_true(fabs(spot->usual - (double)sum / (double)whole) < 1e-9);
            hot++;
        }
    assert_int_equal(answer.total, hot);
    return hot;
}

static void hot_spots_are_those_that_a_plain_count_finds(void **state)
{
    (void)state;
    static struct town town;
    random_state = 11;
    town_begin(&town);
    size_t hot = 0;
    for (int round = 0; round < 4; round++) {
        town_lives(&town, 30);
        hot += compare_hot(&town, 7, 3) + compare_hot(&town, 7, 12) +
               compare_hot(&town, 10, 5);
    }
    assert_true(hot >= 4); // the busy corner at least, each time
    // A year has no year before it here: nothing is said.
    assert_int_equal(compare_hot(&town, 100, 2), 0);
    town_end(&town);
}

// ---- repeats ----
static bool repeats(const struct record *later, const struct record *earlier, int within,
                    double reach)
{
    double x = (later->lon - earlier->lon) * 111195 * cos(later->lat * M_PI / 180);
    double y = (later->lat - earlier->lat) * 111195;
    int64_t since = later->opened_ms - earlier->closed_ms;
    return later != earlier && later->class_id == earlier->class_id &&
           earlier->closed_ms != 0 && since >= 0 && since <= within * DAY_MS &&
           sqrt(x * x + y * y) <= reach;
}

static size_t compare_repeats(struct town *town, int days, int within, int reach)
{
    struct actor eye = actor_system();
    struct repeat_answer answer;
    int64_t to = day_of(town->world.now_ms), from = to - days + 1, arrivals = 0, again = 0;
    struct repeat_query query = {period(town, from, to), within, reach, SPOT_LIST_MOST};
    assert_ok(spots_repeats(town->facts, town->world.db, town->world.city, &eye, &query,
                            town->world.arena, &answer, &error));
    for (size_t i = 0; i < town->count; i++) {
        const struct record *later = &town->records[i];
        bool found = false;
        if (later->day < from || later->day > to)
            continue;
        for (size_t k = 0; k < town->count && !found; k++)
            found = repeats(later, &town->records[k], within, reach);
        arrivals++;
        again += found;
    }
    assert_int_equal(answer.arrivals, arrivals);
    assert_int_equal(answer.repeats, again);
    int64_t told = 0;
    for (size_t i = 0; i < answer.count; i++) {
        told += answer.spots[i].repeats;
        assert_true(answer.spots[i].cases > answer.spots[i].repeats ||
                    answer.spots[i].repeats > 1);
        assert_true(i == 0 || answer.spots[i].repeats <= answer.spots[i - 1].repeats);
    }
    assert_int_equal(told, again);
    return (size_t)again;
}

static void repeats_are_those_that_a_look_at_every_pair_finds(void **state)
{
    (void)state;
    static struct town town;
    random_state = 12;
    town_begin(&town);
    size_t again = 0;
    for (int round = 0; round < 3; round++) {
        town_lives(&town, 25);
        again += compare_repeats(&town, 30, 30, 30) + compare_repeats(&town, 7, 3, 10) +
                 compare_repeats(&town, 200, 366, 500);
    }
    assert_true(again > 100);
    town_end(&town);
}

// ---- who sees what ----
static void a_department_hears_of_its_own_cases_alone(void **state)
{
    (void)state;
    static struct town town;
    struct actor parks = person(9, ROLE_DEPARTMENT, 0, 3);
    struct repeat_answer answer;
    random_state = 13;
    town_begin(&town);
    town_lives(&town, 20);
    struct repeat_query query = {
        period(&town, day_of(town.world.now_ms) - 30, day_of(town.world.now_ms)), 30, 30,
        10};
    assert_ok(spots_repeats(town.facts, town.world.db, town.world.city, &parks, &query,
                            town.world.arena, &answer, &error));
    int64_t lamps = 0; // class 2 goes to the parks
    for (size_t i = 0; i < town.count; i++)
        lamps += town.records[i].class_id == 2;
    assert_int_equal(answer.arrivals, lamps);
    town_end(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hot_spots_are_those_that_a_plain_count_finds),
        cmocka_unit_test(repeats_are_those_that_a_look_at_every_pair_finds),
        cmocka_unit_test(a_department_hears_of_its_own_cases_alone),
    };
    return cmocka_run_group_tests_name("spots", tests, NULL, NULL);
}
