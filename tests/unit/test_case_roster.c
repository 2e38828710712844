// SPDX-License-Identifier: MPL-2.0
// Verification and check tasks go to whoever is on duty; nobody looks at their own missed
// report.
#include "case_world.h"

#include <gridcase/cases/missed.h>
#include <gridcase/rules/roster.h>

#define ROSTER "person,duty_grid,shift,from,to,weekdays,backup\n"
// Unit grids of street 201 and of 203, which lies north of it.
enum { WEST = 201 };

static int64_t call_in(struct world *w, enum process_source source)
{
    struct actor acceptor = person(20, ROLE_ACCEPTOR, 0, 0);
    struct case_result result;
    struct case_draft draft = {.class_id = 1,
                               .has_point = true,
                               .point = {0.0005, 0.0005, GEO_WGS84, -1},
                               .description = "A hole, says a citizen.",
                               .source = source,
                               .imported_due_ms = INSTANT_NONE};
    assert_ok(move(w,
                   &(struct case_move){.actor = &acceptor,
                                       .action = "report",
                                       .draft = &draft,
                                       .received_ms = w->now_ms,
                                       .done_ms = INSTANT_NONE},
                   &result));
    assert_ok(act(w, &acceptor, result.case_id, "send_verify", NOTE("please look")));
    return result.case_id;
}

static int64_t holder(struct world *w, int64_t case_id)
{
    return look(w, case_id).summary.holder_person_id;
}

static int verify(struct world *w, int64_t person_id, int64_t case_id)
{
    struct actor collector = person(person_id, ROLE_COLLECTOR, 0, 0);
    return act(w, &collector, case_id, "verify", (struct case_input[]){{"result", "there"}},
               1);
}

static int64_t duty_grid_of(struct world *w, int64_t case_id)
{
    struct case_detail detail = look(w, case_id);
    return detail.summary.areas[1];
}

static void the_one_with_the_fewest_tasks_is_sent(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    fake_city_roster(w.city, ROSTER "p1,S1,day,,,,\np2,S1,day,,,,\np3,S1,day,,,,yes\n"
                                    "p4,S2,day,,,,\n");
    int64_t first = call_in(&w, PROCESS_SOURCE_LEADER);
    assert_int_equal(duty_grid_of(&w, first), WEST);
    int64_t second = call_in(&w, PROCESS_SOURCE_LEADER);
    int64_t third = call_in(&w, PROCESS_SOURCE_LEADER);
    assert_int_equal(holder(&w, first), 1);
    assert_int_equal(holder(&w, second), 2);
    assert_int_equal(holder(&w, third), 1);
    assert_ok(verify(&w, 1, first));
    assert_ok(verify(&w, 2, third)); // on duty in the same duty grid
    assert_int_equal(holder(&w, call_in(&w, PROCESS_SOURCE_LEADER)), 1);
    assert_recount(&w);
    world_end(&w);
}

static void without_anybody_there_the_nearest_goes_and_then_anybody(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    fake_city_roster(w.city, ROSTER "p3,S1,day,,,,yes\np4,S2,night,,,,\n");
    assert_int_equal(holder(&w, call_in(&w, PROCESS_SOURCE_LEADER)), 3); // a backup
    w.now_ms += 12 * HOUR;                                               // 21:00
    assert_int_equal(holder(&w, call_in(&w, PROCESS_SOURCE_LEADER)), 4); // from next door
    fake_city_roster(w.city, ROSTER "p3,S1,day,,,,yes\n");
    int64_t free = call_in(&w, PROCESS_SOURCE_LEADER);
    assert_int_equal(holder(&w, free), 0);
    assert_ok(verify(&w, 9, free));
    fake_city_roster(w.city, ROSTER "p3,S1,night,,,,\n");
    roster_learn(w.city->roster, "p3", 0); // has left
    assert_int_equal(holder(&w, call_in(&w, PROCESS_SOURCE_LEADER)), 0);
    assert_recount(&w);
    world_end(&w);
}

static void others_may_go_once_the_shift_is_over(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    fake_city_roster(w.city, ROSTER "p1,S1,day,,,,\np2,S1,night,,,,\np4,S2,day,,,,\n");
    int64_t one = call_in(&w, PROCESS_SOURCE_LEADER);
    assert_int_equal(holder(&w, one), 1);
    assert_fails(verify(&w, 4, one), ERROR_DENIED, "case.holder"); // walks elsewhere
    w.now_ms += 11 * HOUR;                                         // 20:00
    assert_ok(verify(&w, 2, one));                                 // relieved
    w.now_ms += 13 * HOUR;
    int64_t two = call_in(&w, PROCESS_SOURCE_LEADER);
    assert_int_equal(holder(&w, two), 1);
    w.now_ms += 10 * HOUR; // 19:00: the day is over for number 1
    assert_ok(verify(&w, 4, two));
    world_end(&w);
}

// DOMAIN: what the public reports in a collector's grid and shift is the collector's miss.
static void nobody_verifies_their_own_missed_report(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    fake_city_roster(w.city, ROSTER "p1,S1,day,,,,\np3,S1,day,,,,yes\np4,S2,day,,,,\n");
    int64_t missed = call_in(&w, PROCESS_SOURCE_HOTLINE);
    assert_int_equal(holder(&w, missed), 3); // not number 1, whose beat it is
    assert_fails(verify(&w, 1, missed), ERROR_CONFLICT, "case.own_missed_report");
    assert_ok(verify(&w, 3, missed));
    fake_city_roster(w.city, ROSTER "p1,S1,day,,,,\n");
    missed = call_in(&w, PROCESS_SOURCE_CITIZEN);
    assert_int_equal(holder(&w, missed), 0); // nobody else is there: anybody, but not they
    assert_fails(verify(&w, 1, missed), ERROR_CONFLICT, "case.own_missed_report");
    w.now_ms += 12 * HOUR; // nor in the evening: it was reported in their shift
    assert_fails(verify(&w, 1, missed), ERROR_CONFLICT, "case.own_missed_report");
    assert_ok(verify(&w, 9, missed));
    assert_int_equal(holder(&w, call_in(&w, PROCESS_SOURCE_HOTLINE)), 0);
    assert_recount(&w);
    world_end(&w);
}

static struct missed_report judged(struct world *w, int64_t verifier)
{
    struct actor acceptor = person(20, ROLE_ACCEPTOR, 0, 0),
                 leader = person(21, ROLE_SHIFT_LEADER, 0, 0);
    struct missed_report report = {0};
    int64_t case_id = call_in(w, PROCESS_SOURCE_HOTLINE);
    assert_ok(verify(w, verifier, case_id));
    assert_ok(act(w, &acceptor, case_id, "accept", NULL, 0));
    assert_fails(missed_get(w->db, case_id, w->arena, &report, &error), ERROR_NOT_FOUND,
                 "missed.unknown");
    assert_ok(act(w, &leader, case_id, "file", NULL, 0));
    assert_ok(missed_get(w->db, case_id, w->arena, &report, &error));
    return report;
}

// By the standard rule: somebody was on duty and had not reported the class for a day.
static void a_missed_report_is_judged_with_the_filing(void **state)
{
    (void)state;
    struct world w;
    struct case_result result;
    struct actor walker = person(1, ROLE_COLLECTOR, 0, 0),
                 other = person(4, ROLE_COLLECTOR, 0, 0);
    world_begin(&w, "standard");
    fake_city_roster(w.city, ROSTER "p1,S1,day,,,,\np3,S1,day,,,,yes\np4,S2,day,,,,\n");
    struct missed_report report = judged(&w, 3);
    assert_true(report.missed && report.why == MISSED_YES);
    assert_int_equal(report.person_id, 1);
    assert_int_equal(report.duty_grid_id, WEST);
    struct missed_words words = {report.case_id, &other, w.now_ms, "not mine"};
    assert_fails(missed_dispute(w.db, &words, false, &error), ERROR_DENIED,
                 "missed.not_yours");
    words.actor = &walker;
    assert_ok(missed_dispute(w.db, &words, false, &error));
    assert_fails(missed_decide(w.db, &words, true, &error), ERROR_DENIED,
                 "missed.own_dispute");
    words.actor = &other;
    assert_ok(missed_decide(w.db, &words, false, &error));
    assert_fails(missed_decide(w.db, &words, false, &error), ERROR_CONFLICT,
                 "missed.not_disputed");
    w.now_ms += HOUR;
    assert_ok(report_as(&w, &walker, 1, 0.0005, 0.0005, &result));
    w.now_ms += HOUR;
    assert_int_equal(judged(&w, 3).why, MISSED_FOUND_BEFORE);
    w.now_ms += 58 * HOUR; // 21:00
    report = judged(&w, 9);
    assert_true(!report.missed && report.why == MISSED_NOBODY_ON_DUTY);
    assert_recount(&w);
    world_end(&w);
}

static void the_queue_of_a_collector_is_the_beat(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    fake_city_roster(w.city, ROSTER "p1,S1,day,,,,\np2,S1,day,,,,yes\np4,S2,day,,,,\n");
    call_in(&w, PROCESS_SOURCE_LEADER);
    static const int64_t people[] = {1, 2, 4};
    static const size_t expected[] = {1, 1, 0}; // the backup sees it, next door does not
    for (size_t i = 0; i < 3; i++) {
        struct actor collector = person(people[i], ROLE_COLLECTOR, 0, 0);
        struct case_filter filter = case_filter_all();
        struct case_page page;
        filter.queue = "mine";
        filter.sort = CASE_SORT_DUE;
        assert_ok(
            case_list(w.db, w.city, &collector, &filter, w.now_ms, w.arena, &page, &error));
        assert_int_equal(page.count, expected[i]);
    }
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_with_the_fewest_tasks_is_sent),
        cmocka_unit_test(without_anybody_there_the_nearest_goes_and_then_anybody),
        cmocka_unit_test(others_may_go_once_the_shift_is_over),
        cmocka_unit_test(nobody_verifies_their_own_missed_report),
        cmocka_unit_test(a_missed_report_is_judged_with_the_filing),
        cmocka_unit_test(the_queue_of_a_collector_is_the_beat),
    };
    return cmocka_run_group_tests_name("case roster", tests, NULL, NULL);
}
