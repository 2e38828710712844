// SPDX-License-Identifier: MPL-2.0
// Open cases as points for tiles: whatever people do, a tile that is kept is the tile that
// would be made now, and it shows exactly what the list's map shows.
#include <gridcase/cases/points.h>

#include "random_users.h"
#include "tile_decode.h"

enum { VIEWERS = 7, FILTERS = 7, KEPT = 4000 };

struct kept {
    struct tile_id tile;
    unsigned viewer, filter;
    int64_t position, until_ms;
    char *bytes;
    size_t length;
    bool full;
};

struct stage_play {
    struct world w;
    struct case_points *points;
    struct tile_pen *pen;
    struct actor viewers[VIEWERS];
    struct kept kept[KEPT];
    unsigned reused, remade, outdated;
    unsigned late, mine;
};

static struct case_filter filter_no(unsigned number)
{
    struct case_filter filter = case_filter_all();
    filter.open = 1;
    filter.limit = CASE_MAP_MOST;
    switch (number) {
    case 1:
        filter.light = CLOCK_LIGHT_RED;
        break;
    case 2:
        filter.department_id = 2;
        break;
    case 3:
        filter.stage = PROCESS_HANDLE;
        break;
    case 4:
        filter.class_id = 2;
        break;
    case 5:
        filter.queue = "mine";
        break;
    case 6:
        filter.light = CLOCK_LIGHT_GREEN;
        filter.area_id = 101;
        break;
    default:
        break;
    }
    return filter;
}

static void make(struct stage_play *play, struct case_points *points,
                 const struct kept *what, struct buffer *out, int64_t *position,
                 int64_t *until_ms)
{
    const struct case_filter filter = filter_no(what->filter);
    buffer_clear(out);
    assert_ok(case_points_tile(points, play->w.city, &play->viewers[what->viewer], &filter,
                               play->w.now_ms, &what->tile, play->pen, out, position,
                               until_ms, &error));
}

// One of some hundred tiles, so that the same are asked for again.
static struct tile_id random_tile(void)
{
    const unsigned z = random_below(4) ? 14 + random_below(6) : 4 * random_below(6);
    const bool far = random_below(10) == 0; // where "9,9" is
    const struct tile_point at = far ? tile_project(9, 9)
                                     : tile_project(0.0025 * random_below(4) + 0.001,
                                                    0.0025 * random_below(4) + 0.001);
    return (struct tile_id){z, (uint32_t)((uint64_t)at.x >> (32 - z)),
                            (uint32_t)((uint64_t)at.y >> (32 - z))};
}

// What the server does for a request.
static void ask(struct stage_play *play, struct case_points *anew)
{
    struct kept what = {.tile = random_tile(),
                        .viewer = random_below(VIEWERS),
                        .filter = random_below(FILTERS)};
    struct kept *place = NULL;
    struct buffer now;
    int64_t position = 0, until_ms = 0;
    buffer_init(&now, BUFFER_CEILING_FILE);
    for (size_t i = 0; i < KEPT && place == NULL; i++) {
        struct kept *one = &play->kept[i];
        if (!one->full || (memcmp(&one->tile, &what.tile, sizeof what.tile) == 0 &&
                           one->viewer == what.viewer && one->filter == what.filter))
            place = one;
    }
    assert_non_null(place);
    make(play, anew != NULL ? anew : play->points, &what, &now, &position, &until_ms);
    if (place->full && play->w.now_ms < place->until_ms &&
        case_points_same(play->points, &what.tile, place->position, &position)) {
        assert_int_equal(place->length, now.length);
        if (now.length > 0)
            assert_memory_equal(place->bytes, now.data, now.length);
        place->position = position;
        play->reused++;
    } else {
        play->outdated +=
            place->full &&
            (place->length != now.length ||
             (now.length > 0 && memcmp(place->bytes, now.data, now.length) != 0));
        play->remade++;
        make(play, play->points, &what, &now, &position, &until_ms);
        free(place->bytes);
        *place = what;
        place->bytes = buffer_take(&now, &place->length);
        place->position = position;
        place->until_ms = until_ms;
        place->full = true;
    }
    buffer_done(&now);
}

// A set read from nothing makes the same tiles as the one that followed the changes.
static void compare_with_fresh(struct stage_play *play)
{
    struct case_points *anew = case_points_new();
    struct buffer a, b;
    int64_t position = 0, until_ms = 0, other_until_ms = 0;
    buffer_init(&a, BUFFER_CEILING_FILE);
    buffer_init(&b, BUFFER_CEILING_FILE);
    assert_ok(case_points_refresh(anew, play->w.db, true, &error));
    for (int i = 0; i < 60; i++) {
        const struct kept what = {.tile = random_tile(),
                                  .viewer = random_below(VIEWERS),
                                  .filter = random_below(FILTERS)};
        make(play, play->points, &what, &a, &position, &until_ms);
        make(play, anew, &what, &b, &position, &other_until_ms);
        assert_int_equal(a.length, b.length);
        if (a.length > 0)
            assert_memory_equal(a.data, b.data, a.length);
        assert_int_equal(until_ms, other_until_ms);
    }
    struct case_points_state state, fresh;
    case_points_state(play->points, &state);
    case_points_state(anew, &fresh);
    assert_int_equal(state.count, fresh.count);
    for (int i = 0; i < 40; i++)
        ask(play, anew);
    case_points_free(anew);
    buffer_done(&a);
    buffer_done(&b);
}

// All tiles of a zoom together show as many cases as the map of the list does.
static void compare_with_map(struct stage_play *play, unsigned viewer, unsigned number)
{
    const struct case_filter filter = filter_no(number);
    struct case_map map;
    struct buffer out;
    size_t shown = 0;
    buffer_init(&out, BUFFER_CEILING_FILE);
    assert_ok(case_map(play->w.db, play->w.city, &play->viewers[viewer], &filter,
                       play->w.now_ms, play->w.arena, &map, &error));
    assert_false(map.truncated);
    const unsigned z = random_below(5);
    for (uint32_t y = 0; y < 1u << z; y++)
        for (uint32_t x = 0; x < 1u << z; x++) {
            const struct kept what = {
                .tile = {z, x, y}, .viewer = viewer, .filter = number};
            struct decoded_tile tile;
            int64_t position = 0, until_ms = 0;
            make(play, play->points, &what, &out, &position, &until_ms);
            assert_true(decode_tile(out.data, out.length, &tile));
            const struct decoded_layer *layer = decoded_find(&tile, "cases");
            for (size_t i = 0; layer != NULL && i < layer->feature_count; i++) {
                const struct decoded_value *count =
                    decoded_get(layer, &layer->features[i], "count");
                shown += count != NULL ? (size_t)count->number : 1;
            }
            decoded_done(&tile);
        }
    assert_int_equal(shown, map.count);
    buffer_done(&out);
}

// The same figures as counted in the store, for everybody and at every level.
static void compare_figures(struct stage_play *play)
{
    struct world *w = &play->w;
    for (size_t level = 0; level < 2; level++) {
        struct case_figures told, counted;
        assert_ok(case_points_figures(play->points, w->db, w->city, level, w->now_ms,
                                      w->arena, &told, &error));
        assert_ok(
            case_figures(w->db, w->city, level, w->now_ms, w->arena, &counted, &error));
        assert_true(told.open > 0 && told.department_count > 0 && told.area_count > 0);
        assert_int_equal(told.open, counted.open);
        assert_int_equal(told.overdue, counted.overdue);
        assert_int_equal(told.opened_today, counted.opened_today);
        assert_int_equal(told.closed_today, counted.closed_today);
        assert_int_equal(told.where, counted.where);
        assert_int_equal(told.manual, counted.manual);
        assert_memory_equal(told.by_stage, counted.by_stage, sizeof told.by_stage);
        assert_int_equal(told.department_count, counted.department_count);
        assert_memory_equal(told.by_department, counted.by_department,
                            told.department_count * sizeof *told.by_department);
        assert_int_equal(told.area_count, counted.area_count);
        assert_memory_equal(told.by_area, counted.by_area,
                            told.area_count * sizeof *told.by_area);
        play->late += (unsigned)told.overdue;
    }
    for (unsigned viewer = 0; viewer < VIEWERS; viewer++) {
        const struct actor *actor = &play->viewers[viewer];
        struct case_filter mine = case_filter_all();
        int64_t count = 0;
        mine.open = 1;
        mine.queue = "mine";
        mine.sort = CASE_SORT_DUE;
        assert_ok(case_count(w->db, w->city, actor, &mine, w->now_ms, &count, &error));
        assert_int_equal(case_points_mine(play->points, w->city, actor, w->now_ms), count);
        play->mine += (unsigned)count;
    }
}

static void forget(struct stage_play *play)
{
    arena_free(play->w.arena);
    play->w.arena = arena_new(256 * 1024 * 1024);
}

static void play_at_random(struct stage_play *play, unsigned rounds)
{
    struct world *w = &play->w;
    struct actor people[] = {
        person(1, ROLE_COLLECTOR, 0, 0),    person(2, ROLE_ACCEPTOR, 0, 0),
        person(3, ROLE_SHIFT_LEADER, 0, 0), person(4, ROLE_DISPATCHER, 0, 0),
        person(5, ROLE_DEPARTMENT, 0, 2),   person(6, ROLE_DEPARTMENT, 0, 3),
        person(7, ROLE_DEPARTMENT, 0, 4),   person(8, ROLE_INSPECTOR, 101, 0),
    };
    int64_t cases[600];
    size_t count = 0;
    for (unsigned i = 0; i < rounds; i++) {
        w->now_ms += (int64_t)random_below(i % 50 == 0 ? 3000 : 20) * MINUTE;
        for (unsigned k = 0; k < 3; k++) {
            struct case_result result;
            if (count < 30 || (count < 600 && random_below(4) == 0)) {
                const double lon = random_below(9) == 0 ? -1 : 0.0001 * random_below(100);
                assert_ok(report_as(w, &people[random_below(8)], 1 + random_below(3), lon,
                                    0.0001 * random_below(100), &result));
                cases[count++] = result.case_id;
            } else {
                random_move(w, people, sizeof people / sizeof *people,
                            cases[random_below((unsigned)count)], random_below(3) == 0);
            }
        }
        assert_ok(case_points_refresh(play->points, w->db, i % 2 == 0, &error));
        for (int k = 0; k < 40; k++)
            ask(play, NULL);
        if (i % 40 == 0) {
            compare_with_fresh(play);
            compare_with_map(play, random_below(VIEWERS), random_below(FILTERS));
            compare_figures(play);
            forget(play);
        }
    }
    for (unsigned viewer = 0; viewer < VIEWERS; viewer++)
        for (unsigned filter = 0; filter < FILTERS; filter++)
            compare_with_map(play, viewer, filter);
}

static void a_kept_tile_is_the_tile_made_now(void **state)
{
    (void)state;
    static const char *const processes[] = {"standard", "boston"};
    for (unsigned p = 0; p < 2; p++) {
        struct stage_play *play = calloc(1, sizeof *play);
        random_state = 20260601 + p;
        world_begin(&play->w, processes[p]);
        play->points = case_points_new();
        play->pen = tile_pen_new();
        play->viewers[0] = actor_system();
        play->viewers[1] = person(2, ROLE_ACCEPTOR, 0, 0);
        play->viewers[2] = person(5, ROLE_DEPARTMENT, 0, 2);
        play->viewers[3] = person(6, ROLE_DEPARTMENT, 0, 3);
        play->viewers[4] = person(8, ROLE_INSPECTOR, 101, 0);
        play->viewers[5] = person(1, ROLE_COLLECTOR, 102, 0);
        play->viewers[6] = person(9, ROLE_DEPARTMENT, 101, 4);
        play_at_random(play, 500);
        // It means something only when tiles were reused, and made anew for a reason.
        print_message("%s: %u reused, %u made, %u of them were out of date\n", processes[p],
                      play->reused, play->remade, play->outdated);
        assert_true(play->late > 100 && play->mine > 100);
        assert_true(play->reused > 2000 && play->remade > 2000 && play->outdated > 100);
        for (size_t i = 0; i < KEPT; i++)
            free(play->kept[i].bytes);
        case_points_free(play->points);
        tile_pen_free(play->pen);
        world_end(&play->w);
        free(play);
    }
}

static struct case_filter plain(void)
{
    return filter_no(0);
}

// Number of cases that a viewer is shown in the tile around a point.
static size_t shown_at(struct world *w, struct case_points *points, struct tile_pen *pen,
                       const struct actor *viewer, double lon, double lat)
{
    const struct tile_point at = tile_project(lon, lat);
    const struct tile_id tile = {18, at.x >> 14, at.y >> 14};
    const struct case_filter filter = plain();
    struct buffer out;
    struct decoded_tile decoded;
    int64_t position = 0, until_ms = 0;
    size_t shown = 0;
    buffer_init(&out, BUFFER_CEILING_FILE);
    assert_ok(case_points_refresh(points, w->db, true, &error));
    assert_ok(case_points_tile(points, w->city, viewer, &filter, w->now_ms, &tile, pen,
                               &out, &position, &until_ms, &error));
    assert_true(decode_tile(out.data, out.length, &decoded));
    const struct decoded_layer *layer = decoded_find(&decoded, "cases");
    for (size_t i = 0; layer != NULL && i < layer->feature_count; i++) {
        const struct decoded_value *count =
            decoded_get(layer, &layer->features[i], "count");
        shown += count != NULL ? (size_t)count->number : 1;
    }
    decoded_done(&decoded);
    buffer_done(&out);
    return shown;
}

static void a_change_elsewhere_leaves_a_tile_alone(void **state)
{
    (void)state;
    struct world w;
    struct case_result result;
    int64_t position = 0;
    world_begin(&w, "standard");
    struct case_points *points = case_points_new();
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    assert_ok(report_as(&w, &acceptor, 1, 0.001, 0.001, &result));
    assert_ok(case_points_refresh(points, w.db, true, &error));
    const struct tile_point here = tile_project(0.001, 0.001),
                            there = tile_project(0.009, 0.009);
    const struct tile_id tile = {18, here.x >> 14, here.y >> 14};
    const struct tile_id other = {18, there.x >> 14, there.y >> 14};
    struct case_points_state before;
    case_points_state(points, &before);
    assert_ok(report_as(&w, &acceptor, 1, 0.009, 0.009, &result));
    assert_ok(case_points_refresh(points, w.db, true, &error));
    assert_true(case_points_same(points, &tile, before.position, &position));
    assert_true(position > before.position);
    assert_false(case_points_same(points, &other, before.position, &position));
    assert_false(
        case_points_same(points, &(struct tile_id){0, 0, 0}, before.position, &position));
    // What it has never heard of is not vouched for.
    assert_false(case_points_same(points, &tile, before.position - 1, &position));
    assert_false(case_points_same(points, &tile, position + 1, &position));
    case_points_free(points);
    world_end(&w);
}

static void a_case_appears_for_those_who_may_see_it(void **state)
{
    (void)state;
    struct world w;
    struct case_result result;
    world_begin(&w, "standard");
    struct case_points *points = case_points_new();
    struct tile_pen *pen = tile_pen_new();
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    struct actor clerk = person(5, ROLE_DEPARTMENT, 0, 2);
    struct actor nobody = actor_nobody();
    assert_ok(report_as(&w, &acceptor, 1, 0.0044, 0.0044, &result));
    assert_int_equal(shown_at(&w, points, pen, &acceptor, 0.0044, 0.0044), 1);
    assert_int_equal(shown_at(&w, points, pen, &clerk, 0.0044, 0.0044), 0);
    assert_int_equal(shown_at(&w, points, pen, &nobody, 0.0044, 0.0044), 0);
    // Ten in one place are one point with a count, and all of them are counted.
    for (int i = 0; i < 9; i++)
        assert_ok(report_as(&w, &leader, 1, 0.0044, 0.0044, &result));
    assert_int_equal(shown_at(&w, points, pen, &acceptor, 0.0044, 0.0044), 10);
    case_points_free(points);
    tile_pen_free(pen);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_elsewhere_leaves_a_tile_alone),
        cmocka_unit_test(a_case_appears_for_those_who_may_see_it),
        cmocka_unit_test(a_kept_tile_is_the_tile_made_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
