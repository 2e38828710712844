// SPDX-License-Identifier: MPL-2.0
// The newest cases of a class or an area: the columns name the cases that walking all of
// them finds.
#include <gridcase/evaluation/facts.h>

#include "../../src/evaluation/evaluation_internal.h"
#include "random_users.h"

struct office {
    struct world world;
    struct facts *facts;
    const struct case_filter *filter; // of the list that asks
};

// Reports and whatever comes after them.
static void work(struct world *w, struct actor *people, size_t count, unsigned moves)
{
    static int64_t cases[2000];
    static size_t case_count;
    for (unsigned i = 0; i < moves; i++) {
        w->now_ms += (int64_t)random_below(40) * MINUTE;
        if (i % 3 == 0) {
            struct case_result result;
            const double lon = random_below(8) == 0 ? -1 : 0.0001 * random_below(100);
            assert_ok(report_as(w, &people[random_below(8)], 1 + random_below(3), lon,
                                0.0044, &result));
            cases[case_count++] = result.case_id;
        }
        random_move(w, people, count, cases[random_below((unsigned)case_count)], true);
    }
}

static int newest_find(void *context, struct db *db, int64_t before, int64_t *ids,
                       size_t most, size_t *ret_count, struct error *failure)
{
    struct office *office = context;
    const struct case_filter *filter = office->filter;
    return facts_newest(office->facts, db, office->world.city,
                        &(struct facts_newest){filter->class_id, filter->area_id, before},
                        ids, most, ret_count, failure);
}

// All pages of a list with the columns' help are those without it.
static size_t compare_newest(struct office *office, const struct actor *eye,
                             struct case_filter filter)
{
    const struct case_newest newest = {newest_find, office};
    struct world *w = &office->world;
    struct case_page with = {0}, without = {0};
    size_t count = 0;
    office->filter = &filter;
    do {
        filter.limit = 1 + random_below(9);
        filter.cursor = with.next_cursor;
        filter.newest = &newest;
        assert_ok(
            case_list(w->db, w->city, eye, &filter, w->now_ms, w->arena, &with, &error));
        filter.cursor = without.next_cursor;
        filter.newest = NULL;
        assert_ok(
            case_list(w->db, w->city, eye, &filter, w->now_ms, w->arena, &without, &error));
        assert_int_equal(with.count, without.count);
        for (size_t i = 0; i < with.count; i++)
            assert_int_equal(with.items[i].id, without.items[i].id);
        count += with.count;
    } while (with.next_cursor != NULL && without.next_cursor != NULL);
    assert_true(with.next_cursor == without.next_cursor); // both at their end
    return count;
}

static void the_newest_of_a_class_or_area_are_found_in_the_columns(void **state)
{
    (void)state;
    static const int64_t CLASSES[] = {0, 1, 2, 3, 77},
                         AREAS[] = {0, 101, 102, 201, 204, 777};
    struct actor people[] = {
        person(1, ROLE_COLLECTOR, 0, 0),    person(2, ROLE_ACCEPTOR, 0, 0),
        person(3, ROLE_SHIFT_LEADER, 0, 0), person(4, ROLE_DISPATCHER, 0, 0),
        person(5, ROLE_DEPARTMENT, 0, 2),   person(6, ROLE_DEPARTMENT, 0, 3),
        person(8, ROLE_INSPECTOR, 101, 0),  person(9, ROLE_MANAGER, 0, 0),
    };
    char path[300];
    struct actor eyes[] = {actor_system(), person(8, ROLE_INSPECTOR, 101, 0)};
    struct office office;
    struct facts_state held;
    size_t total = 0;
    random_state = 11;
    world_begin(&office.world, "standard");
    snprintf(path, sizeof path, "%s/data/cities/t/facts", office.world.folder);
    office.facts = facts_new(path);
    facts_rewrite_at(office.facts, 90); // so that rows stand beside the file, too
    for (int round = 0; round < 5; round++) {
        work(&office.world, people, sizeof people / sizeof *people, 120);
        if (round != 3) { // once nobody has caught up: they are found all the same
            assert_ok(facts_hold(office.facts, office.world.db, office.world.city, &held,
                                 &error));
            facts_release(office.facts);
        }
        for (size_t i = 0; i < 5 * 6 * 2 * 2; i++) {
            struct case_filter filter = case_filter_all();
            filter.class_id = CLASSES[i % 5];
            filter.area_id = AREAS[i / 5 % 6];
            filter.open = i / 30 % 2 == 0 ? -1 : 0;
            total += compare_newest(&office, &eyes[i / 60], filter);
        }
    }
    assert_true(total > 1000);
    // Columns that were never read are not read for a list: all cases are walked.
    facts_free(office.facts);
    office.facts = facts_new(NULL);
    struct case_filter filter = case_filter_all();
    filter.class_id = 1;
    assert_true(compare_newest(&office, &eyes[0], filter) > 10);
    facts_free(office.facts);
    world_end(&office.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_of_a_class_or_area_are_found_in_the_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
