// SPDX-License-Identifier: MPL-2.0
// A process is replaced while cases sit in steps that it no longer has: refused with the
// list, or mapped by the office; their history and the recount stay whole.
#include "case_world.h"

#include <gridcase/cases/process_move.h>

static struct table *map_of(const char *csv)
{
    return fake_table("map", csv);
}

// A world of cases under the standard process, with Boston's in force from now on.
static void begin(struct world *w, int64_t ids[3])
{
    world_begin(w, "standard");
    struct actor collector = person(1, ROLE_COLLECTOR, 0, 0),
                 acceptor = person(2, ROLE_ACCEPTOR, 0, 0),
                 leader = person(3, ROLE_SHIFT_LEADER, 0, 0),
                 dispatcher = person(4, ROLE_DISPATCHER, 0, 0),
                 roads = person(5, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    for (int i = 0; i < 3; i++) {
        assert_ok(report_as(w, &collector, 1, 0.0015, 0.0015, &result));
        ids[i] = result.case_id;
    }
    for (int i = 1; i < 3; i++) {
        assert_ok(act(w, &acceptor, ids[i], "accept", NULL, 0));
        assert_ok(act(w, &leader, ids[i], "file", NULL, 0));
        assert_ok(act(w, &dispatcher, ids[i], "dispatch",
                      (struct case_input[]){{"department", "2"}}, 1));
        assert_ok(act(w, &roads, ids[i], "sign", NULL, 0));
    }
    assert_ok(act(w, &roads, ids[2], "feed_back", NOTE("Filled.")));
    fake_city_process(w->city, "boston");
}

static int run(struct world *w, const struct table *map, unsigned *ret_done)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(w->db, DB_WRITE, &transaction, &error);
    if (code == 0)
        code = process_move_run(w->db, w->city, map, w->now_ms, 100, ret_done, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static void steps_that_are_gone_refuse_the_move_with_the_list(void **state)
{
    (void)state;
    struct world w;
    int64_t ids[3];
    unsigned done = 0;
    begin(&w, ids);
    assert_fails(run(&w, NULL, &done), ERROR_CONFLICT, "process.steps_left");
    struct process_move_plan plan;
    assert_ok(process_move_plan(w.db, w.city, NULL, w.arena, &plan, &error));
    assert_int_equal(plan.count, 3); // accept, handle, review
    assert_int_equal(plan.unplaced, 2);
    assert_int_equal(plan.cases, 3);
    assert_step(&w, ids[0], "accept");
    // What is not moved goes on as it began.
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    assert_ok(act(&w, &acceptor, ids[0], "accept", NULL, 0));
    assert_step(&w, ids[0], "file");
    assert_recount(&w);
    world_end(&w);
}

static void an_office_maps_the_steps_and_every_case_goes_on(void **state)
{
    (void)state;
    struct world w;
    int64_t ids[3];
    unsigned done = 0;
    begin(&w, ids);
    struct table *wrong TABLE_CLEANUP = map_of("from,to\naccept,nowhere\n");
    assert_fails(run(&w, wrong, &done), ERROR_INPUT, "process.map");
    struct table *ended TABLE_CLEANUP = map_of("from,to\naccept,closed\n");
    assert_fails(run(&w, ended, &done), ERROR_INPUT, "process.map");
    struct table *twice TABLE_CLEANUP = map_of("from,to\naccept,sort\naccept,where\n");
    assert_fails(run(&w, twice, &done), ERROR_INPUT, "process.map");
    struct table *map TABLE_CLEANUP = map_of("from,to\naccept,sort\nreview,handle\n");
    w.now_ms += HOUR;
    assert_ok(run(&w, map, &done));
    assert_int_equal(done, 3);
    assert_step(&w, ids[0], "sort");
    assert_step(&w, ids[1], "handle");
    assert_step(&w, ids[2], "handle");
    assert_ok(run(&w, map, &done));
    assert_int_equal(done, 0);
    assert_recount(&w);
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0),
                 roads = person(5, ROLE_DEPARTMENT, 0, 2);
    assert_ok(act(&w, &dispatcher, ids[0], "assign",
                  (struct case_input[]){{"department", "2"}}, 1));
    for (int i = 0; i < 3; i++) {
        assert_ok(act(&w, &roads, ids[i], "close", NULL, 0));
        assert_step(&w, ids[i], "closed");
    }
    assert_recount(&w);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_that_are_gone_refuse_the_move_with_the_list),
        cmocka_unit_test(an_office_maps_the_steps_and_every_case_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
