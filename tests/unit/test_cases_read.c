// SPDX-License-Identifier: MPL-2.0
// What is read of cases: lists, maps, figures, the change stream, explained deadlines.
#include "case_world.h"

static void pages_come_in_order(struct world *w)
{
    struct actor eye = actor_system();
    struct case_filter filter = case_filter_all();
    struct case_page page;
    filter.open = 1;
    filter.sort = CASE_SORT_DUE;
    filter.limit = 7;
    unsigned seen = 0;
    int64_t last = 0;
    do {
        assert_ok(
            case_list(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &page, &error));
        for (size_t i = 0; i < page.count; i++, seen++) {
            int64_t due_ms = page.items[i].clock.state.due_ms;
            due_ms = due_ms == INSTANT_NONE ? INT64_MAX : due_ms; // without limit: last
            assert_true(due_ms >= last);
            last = due_ms;
        }
        filter.cursor = page.next_cursor;
    } while (page.next_cursor != NULL);
    assert_int_equal(seen, 60);
    filter.cursor = "x1.2";
    assert_fails(
        case_list(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &page, &error),
        ERROR_INPUT, "case.cursor");
}

static int64_t counted(struct world *w, const struct actor *actor,
                       const struct case_filter *filter)
{
    int64_t count = 0;
    assert_ok(case_count(w->db, w->city, actor, filter, w->now_ms, &count, &error));
    return count;
}

static void everybody_counts_their_own(struct world *w)
{
    struct actor eye = actor_system();
    struct actor roads = person(7, ROLE_DEPARTMENT, 0, 2);
    struct actor east = person(8, ROLE_INSPECTOR, 102, 0);
    struct actor outsider = person(9, ROLE_DEPARTMENT, 0, 4);
    struct case_filter filter = case_filter_all();
    filter.open = 1;
    assert_int_equal(counted(w, &roads, &filter), 30);
    assert_int_equal(counted(w, &east, &filter), 30);
    assert_int_equal(counted(w, &outsider, &filter), 0);
    filter.department_id = 1; // the centre, with all below it
    assert_int_equal(counted(w, &eye, &filter), 60);
    filter.department_id = 0;
    filter.queue = "mine";
    assert_int_equal(counted(w, &roads, &filter), 30);
}

static void the_map_shows_a_box(struct world *w)
{
    struct actor eye = actor_system();
    struct case_filter filter = case_filter_all();
    filter.open = 1;
    filter.has_box = true;
    filter.west_deg = 0, filter.east_deg = 0.0029, filter.south_deg = 0,
    filter.north_deg = 1;
    filter.limit = 100;
    struct case_map map;
    assert_ok(case_map(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &map, &error));
    assert_int_equal(map.count, 18);
    assert_false(map.truncated);
    filter.limit = 10;
    assert_ok(case_map(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &map, &error));
    assert_int_equal(map.count, 10);
    assert_true(map.truncated);
}

static void lists_page_and_filter(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor nobody = actor_nobody();
    struct case_result result;
    for (int i = 0; i < 60; i++) {
        w.now_ms += MINUTE;
        assert_ok(
            report_as(&w, &nobody, 1 + i % 2, 0.0005 + 0.001 * (i % 10), 0.0015, &result));
    }
    pages_come_in_order(&w);
    everybody_counts_their_own(&w);
    the_map_shows_a_box(&w);
    struct case_figures figures;
    assert_ok(case_figures(w.db, w.city, 0, w.now_ms, w.arena, &figures, &error));
    assert_int_equal(figures.open, 60);
    assert_int_equal(figures.opened_today, 60);
    assert_int_equal(figures.department_count, 2);
    assert_int_equal(figures.area_count, 2);
    assert_int_equal(figures.by_area[0].open, 30);
    world_end(&w);
}

static void changes_show_what_may_be_seen_and_what_is_gone(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor west = person(8, ROLE_INSPECTOR, 101, 0),
                 east = person(9, ROLE_INSPECTOR, 102, 0);
    struct case_result result;
    assert_ok(report_as(&w, &acceptor, 1, 0.0015, 0.0015, &result));
    assert_ok(act(&w, &acceptor, result.case_id, "correct",
                  (struct case_input[]){{"point", "0.0075,0.0015"}, {"opinion", "East."}},
                  2));
    struct case_change *changes;
    size_t count;
    int64_t last;
    assert_ok(case_changes(w.db, w.city, &west, 0, 100, w.arena, &changes, &count, &last,
                           &error));
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].sight, CASE_GONE);
    assert_string_equal(changes[0].number, result.number);
    assert_ok(case_changes(w.db, w.city, &east, 0, 100, w.arena, &changes, &count, &last,
                           &error));
    assert_int_equal(count, 2);
    assert_int_equal(changes[1].sight, CASE_SEEN);
    assert_int_equal(last, 2);
    bool visible = true;
    assert_ok(case_visible(w.db, w.city, &west, result.case_id, &visible, &error));
    assert_false(visible);
    assert_recount(&w);
    world_end(&w);
}

static void a_deadline_is_explained(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    assert_ok(report_as(&w, &clerk, 1, 0.0015, 0.0015, &result));
    w.now_ms += HOUR;
    assert_ok(act(&w, &clerk, result.case_id, "ask", NOTE("Where?")));
    w.now_ms += 24 * HOUR;
    assert_ok(act(&w, &clerk, result.case_id, "answer", NOTE("There.")));
    struct case_explained *clocks;
    size_t count;
    assert_ok(
        case_explain(w.db, w.city, result.case_id, "en", w.arena, &clocks, &count, &error));
    assert_int_equal(clocks[0].clock.kind, PROCESS_CLOCK_HANDLING);
    assert_int_equal(clocks[0].event_count, 3);
    assert_int_equal(clocks[0].explanation.clock.due_ms, clocks[0].clock.state.due_ms);
    assert_true(clocks[0].interval_count >= 3);
    assert_non_null(strstr(clocks[0].rule, "4 working hours"));
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_page_and_filter),
        cmocka_unit_test(changes_show_what_may_be_seen_and_what_is_gone),
        cmocka_unit_test(a_deadline_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
