// SPDX-License-Identifier: MPL-2.0
// The one door: whole lives of cases, who may do what, and what is kept about it.
#include "case_world.h"

#include <sqlite3.h>

static void a_boston_case_is_routed_timed_and_closed(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor nobody = actor_nobody();
    struct actor roads = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    assert_ok(report_as(&w, &nobody, 1, 0.0015, 0.0015, &result));
    assert_string_equal(result.number, "T202506020001");
    struct case_detail detail = look(&w, result.case_id);
    assert_int_equal(detail.summary.stage, PROCESS_HANDLE);
    assert_int_equal(detail.summary.department_id, 2);
    assert_int_equal(detail.summary.grid_id, 12);
    assert_int_equal(detail.summary.areas[0], 101);
    assert_int_equal(detail.summary.clock.kind, PROCESS_CLOCK_HANDLING);
    // 4 working hours from 09:00: 3 h before lunch, 1 h after.
    assert_int_equal(detail.summary.clock.state.due_ms, MORNING + 6 * HOUR);
    w.now_ms += HOUR;
    assert_ok(act(&w, &roads, result.case_id, "close",
                  (struct case_input[]){{"opinion", "Filled."}}, 1));
    detail = look(&w, result.case_id);
    assert_int_equal(detail.summary.outcome, PROCESS_CLOSED);
    assert_int_equal(detail.history_count, 2);
    assert_string_equal(detail.history[1].clock_effect, "handling stop @1");
    assert_int_equal(case_light(&detail.summary, w.now_ms), CLOCK_LIGHT_GREEN);
    assert_recount(&w);
    world_end(&w);
}

static void rework_and_close(struct world *w, int64_t id)
{
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    struct actor roads = person(5, ROLE_DEPARTMENT, 0, 2);
    assert_ok(act(w, &collector, id, "check",
                  (struct case_input[]){{"result", "fail"}, {"opinion", "No."}}, 2));
    assert_step(w, id, "sign");
    assert_int_equal(look(w, id).clocks[0].state.status, CLOCK_RUNNING);
    assert_int_not_equal(look(w, id).clocks[0].state.consumed_ms, 0);
    assert_ok(act(w, &roads, id, "sign", NULL, 0));
    assert_ok(act(w, &roads, id, "feed_back", NOTE("Again.")));
    assert_ok(act(w, &dispatcher, id, "accept_feedback", NULL, 0));
    assert_ok(
        act(w, &collector, id, "check", (struct case_input[]){{"result", "pass"}}, 1));
    assert_ok(act(w, &leader, id, "close", NULL, 0));
    struct case_detail detail = look(w, id);
    assert_int_equal(detail.summary.outcome, PROCESS_CLOSED);
    assert_int_equal(detail.summary.task_id, 0);
    w->now_ms += HOUR;
    assert_ok(act(w, &leader, id, "reopen", NOTE("It is back.")));
    assert_step(w, id, "dispatch");
}

static void the_standard_loop_runs_through(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    struct actor roads = person(5, ROLE_DEPARTMENT, 0, 2);
    struct actor parks = person(6, ROLE_DEPARTMENT, 0, 3);
    struct case_result result;
    assert_ok(report_as(&w, &collector, 1, 0.0015, 0.0015, &result));
    int64_t id = result.case_id;
    assert_step(&w, id, "accept");
    w.now_ms += MINUTE;
    assert_fails(act(&w, &dispatcher, id, "accept", NULL, 0), ERROR_DENIED, "case.role");
    assert_ok(act(&w, &acceptor, id, "accept", NULL, 0));
    w.now_ms += MINUTE;
    assert_ok(act(&w, &leader, id, "file", NULL, 0));
    w.now_ms += 20 * MINUTE;
    assert_fails(act(&w, &dispatcher, id, "dispatch", NULL, 0), ERROR_INPUT, "case.input");
    assert_ok(act(&w, &dispatcher, id, "dispatch",
                  (struct case_input[]){{"department", "3"}}, 1));
    w.now_ms += MINUTE;
    assert_fails(act(&w, &roads, id, "sign", NULL, 0), ERROR_DENIED, "case.role");
    // Wrong department: returned, sent to the right one, whose clock begins anew.
    assert_ok(act(&w, &parks, id, "return", NOTE("Not ours.")));
    assert_int_equal(look(&w, id).clocks[0].state.status, CLOCK_PAUSED);
    w.now_ms += HOUR;
    assert_fails(act(&w, &dispatcher, id, "redispatch",
                     (struct case_input[]){{"department", "3"}}, 1),
                 ERROR_CONFLICT, "case.guard");
    assert_ok(act(&w, &dispatcher, id, "redispatch",
                  (struct case_input[]){{"department", "2"}}, 1));
    assert_int_equal(look(&w, id).clocks[0].state.started_at_ms, w.now_ms);
    w.now_ms += MINUTE;
    assert_ok(act(&w, &roads, id, "sign", NULL, 0));
    w.now_ms += HOUR;
    assert_ok(act(&w, &roads, id, "feed_back", NOTE("Filled.")));
    assert_int_equal(look(&w, id).clocks[0].state.status, CLOCK_STOPPED);
    w.now_ms += MINUTE;
    assert_ok(act(&w, &dispatcher, id, "accept_feedback", NULL, 0));
    w.now_ms += MINUTE;
    // Failed check: rework on the same clock, then passed and closed.
    rework_and_close(&w, id);
    assert_recount(&w);
    world_end(&w);
}

static void a_request_to_void_is_a_task_beside_the_step(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_result result;
    assert_ok(report_as(&w, &acceptor, 1, 0.0015, 0.0015, &result));
    assert_ok(act(&w, &acceptor, result.case_id, "ask_void", NOTE("Double.")));
    struct case_detail detail = look(&w, result.case_id);
    assert_int_equal(detail.task_count, 2);
    assert_string_equal(detail.summary.step, "accept");
    assert_int_equal(detail.tasks[1].kind, PROCESS_TASK_APPROVE_VOID);
    assert_int_equal(detail.tasks[1].holder_role, ROLE_SHIFT_LEADER);
    assert_fails(act(&w, &acceptor, result.case_id, "ask_void", NOTE("Double.")),
                 ERROR_CONFLICT, "case.guard");
    assert_ok(act(&w, &leader, result.case_id, "refuse_void", NOTE("No.")));
    assert_false(look(&w, result.case_id).tasks[1].open);
    assert_ok(act(&w, &acceptor, result.case_id, "ask_void", NOTE("Really.")));
    assert_ok(act(&w, &leader, result.case_id, "void", NOTE("Yes.")));
    detail = look(&w, result.case_id);
    assert_int_equal(detail.summary.outcome, PROCESS_VOIDED);
    for (size_t i = 0; i < detail.task_count; i++)
        assert_false(detail.tasks[i].open);
    assert_recount(&w);
    world_end(&w);
}

static void cases_without_a_place_or_a_route_wait_in_queues(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor nobody = actor_nobody();
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    struct case_result lost, outside, vague;
    assert_ok(report_as(&w, &nobody, 1, -1, 0, &lost));
    assert_ok(report_as(&w, &nobody, 1, 5, 5, &outside));
    assert_ok(report_as(&w, &nobody, 3, 0.0015, 0.0015, &vague));
    assert_string_equal(look(&w, lost.case_id).summary.queue, "where");
    assert_string_equal(look(&w, outside.case_id).summary.queue, "where");
    assert_string_equal(look(&w, vague.case_id).summary.queue, "manual");
    assert_fails(act(&w, &acceptor, lost.case_id, "locate",
                     (struct case_input[]){{"point", "7,7"}}, 1),
                 ERROR_CONFLICT, "case.guard");
    assert_ok(act(&w, &acceptor, lost.case_id, "locate",
                  (struct case_input[]){{"point", "0.0061,0.0012,15,wgs84"}}, 1));
    struct case_detail detail = look(&w, lost.case_id);
    assert_string_equal(detail.summary.step, "handle");
    assert_int_equal(detail.summary.areas[0], 102);
    assert_ok(act(&w, &dispatcher, vague.case_id, "assign",
                  (struct case_input[]){{"department", "3"}}, 1));
    assert_string_equal(look(&w, vague.case_id).summary.queue, "");
    struct case_filter filter = case_filter_all();
    struct case_page page;
    struct actor eye = actor_system();
    filter.queue = "where";
    filter.sort = CASE_SORT_DUE;
    assert_ok(case_list(w.db, w.city, &eye, &filter, w.now_ms, w.arena, &page, &error));
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].id, outside.case_id);
    assert_recount(&w);
    world_end(&w);
}

static void bad_reports_are_refused(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor nobody = actor_nobody();
    struct case_result result;
    assert_fails(report_as(&w, &nobody, 99, 0.001, 0.001, &result), ERROR_INPUT,
                 "case.class_unknown");
    struct case_draft draft = {.class_id = 1,
                               .has_point = true,
                               .point = {181, 0, GEO_WGS84, -1},
                               .imported_due_ms = INSTANT_NONE};
    struct case_move bad = {.actor = &nobody,
                            .action = "report",
                            .draft = &draft,
                            .received_ms = w.now_ms,
                            .done_ms = INSTANT_NONE};
    assert_fails(move(&w, &bad, &result), ERROR_INPUT, "point.invalid");
    draft.point.lon_deg = (double)NAN;
    assert_fails(move(&w, &bad, &result), ERROR_INPUT, "point.invalid");
    draft.point.lon_deg = 0.001;
    draft.description = "\xff\xfe";
    assert_fails(move(&w, &bad, &result), ERROR_INPUT, "case.text");
    draft.description = "";
    bad.action = "fly";
    assert_fails(move(&w, &bad, &result), ERROR_NOT_FOUND, "case.unknown_action");
    bad.action = "close";
    assert_fails(move(&w, &bad, &result), ERROR_CONFLICT, "case.not_possible");
    bad.action = "report";
    bad.done_ms = w.now_ms + HOUR;
    assert_fails(move(&w, &bad, &result), ERROR_INPUT, "case.time");
    // A device whose clock was reset does not date the case back: it counts from receipt.
    bad.done_ms = 946684800000; // 2000-01-01
    assert_ok(move(&w, &bad, &result));
    assert_int_equal(strncmp(result.number + 1, "2000", 4) == 0, 0);
    assert_fails(move(&w,
                      &(struct case_move){.actor = &nobody,
                                          .action = "close",
                                          .case_id = 77,
                                          .received_ms = w.now_ms},
                      &result),
                 ERROR_NOT_FOUND, "case.unknown");
    world_end(&w);
}

static int with_key(struct world *w, const struct actor *actor, const uint8_t key[16],
                    const uint8_t digest[HASH_SIZE], struct case_result *result)
{
    struct case_draft draft = {.class_id = 1, .imported_due_ms = INSTANT_NONE};
    return move(w,
                &(struct case_move){.actor = actor,
                                    .action = "report",
                                    .draft = &draft,
                                    .key = key,
                                    .body_digest = digest,
                                    .received_ms = w->now_ms,
                                    .done_ms = INSTANT_NONE},
                result);
}

static void the_same_key_a_thousand_times_makes_one_case(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0),
                 other = person(9, ROLE_ACCEPTOR, 0, 0);
    uint8_t key[16], digest[HASH_SIZE] = {1}, body[HASH_SIZE] = {2};
    uuid_new(w.now_ms, key);
    struct case_result first, again;
    assert_ok(with_key(&w, &acceptor, key, digest, &first));
    assert_false(first.repeated);
    for (int i = 0; i < 999; i++) {
        assert_ok(with_key(&w, &acceptor, key, digest, &again));
        assert_true(again.repeated);
        assert_int_equal(again.case_id, first.case_id);
        assert_int_equal(again.change, 0);
        assert_string_equal(again.number, first.number);
    }
    assert_fails(with_key(&w, &acceptor, key, body, &again), ERROR_CONFLICT,
                 "case.key_reused");
    assert_fails(with_key(&w, &other, key, digest, &again), ERROR_CONFLICT,
                 "case.key_reused");
    struct case_stream stream;
    assert_ok(case_stream(w.db, &stream, &error));
    assert_int_equal(stream.last, 1);
    assert_recount(&w);
    world_end(&w);
}

static void of_two_dispatchers_one_wins_and_a_comment_disturbs_neither(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor nobody = actor_nobody();
    struct actor one = person(4, ROLE_DISPATCHER, 0, 0),
                 two = person(5, ROLE_DISPATCHER, 0, 0);
    struct actor inspector = person(6, ROLE_INSPECTOR, 0, 0);
    struct case_result result, moved;
    assert_ok(report_as(&w, &nobody, 3, 0.0015, 0.0015, &result));
    struct case_detail seen = look(&w, result.case_id);
    assert_ok(act(&w, &inspector, result.case_id, "comment", NOTE("Look at this.")));
    struct case_input roads[] = {{"department", "2"}}, parks[] = {{"department", "3"}};
    struct case_move first = {.actor = &one,
                              .action = "assign",
                              .case_id = result.case_id,
                              .task_id = seen.summary.task_id,
                              .task_version = seen.summary.task_version,
                              .received_ms = w.now_ms,
                              .done_ms = INSTANT_NONE,
                              .inputs = roads,
                              .input_count = 1};
    struct case_move second = first;
    second.actor = &two;
    second.inputs = parks;
    assert_ok(move(&w, &first, &moved));
    assert_fails(move(&w, &second, &moved), ERROR_CONFLICT, "case.stale");
    struct case_history_row *rows;
    size_t count;
    assert_ok(case_history(w.db, result.case_id, second.task_id, second.task_version,
                           w.arena, &rows, &count, &error));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].action, "assign");
    assert_int_equal(rows[0].actor_id, 4);
    assert_int_equal(look(&w, result.case_id).summary.department_id, 2);
    second.task_id = 0;
    second.task_version = 0;
    second.action = "transfer";
    struct case_input both[] = {{"department", "3"}, {"opinion", "Parks."}};
    second.inputs = both;
    second.input_count = 2;
    assert_fails(move(&w, &second, &moved), ERROR_INPUT, "case.version_required");
    assert_recount(&w);
    world_end(&w);
}

static void time_never_goes_backwards_on_a_task(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor collector = person(1, ROLE_COLLECTOR, 0, 0);
    struct case_result result;
    assert_ok(report_as(&w, &collector, 1, 0.0015, 0.0015, &result));
    w.now_ms -= 3 * HOUR; // the server's clock was set back
    assert_ok(act(&w, &acceptor, result.case_id, "accept", NULL, 0));
    struct case_detail detail = look(&w, result.case_id);
    assert_int_equal(detail.history[1].done_ms, MORNING);
    assert_int_equal(detail.history[1].received_ms, MORNING - 3 * HOUR);
    assert_recount(&w);
    world_end(&w);
}

static void a_timer_closes_what_nobody_answers(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    assert_ok(report_as(&w, &clerk, 1, 0.0015, 0.0015, &result));
    w.now_ms += HOUR;
    assert_ok(act(&w, &clerk, result.case_id, "ask", NOTE("Which lamp?")));
    int64_t next = 0;
    assert_ok(case_timers_next(w.db, &next, &error));
    assert_int_equal(next, w.now_ms + 30 * 24 * HOUR);
    unsigned done = 9;
    assert_ok(case_timers_run(w.db, w.city, w.now_ms + HOUR, 100, &done, &error));
    assert_int_equal(done, 0);
    w.now_ms += 40 * 24 * HOUR;
    assert_ok(case_timers_run(w.db, w.city, w.now_ms, 100, &done, &error));
    assert_int_equal(done, 1);
    struct case_detail detail = look(&w, result.case_id);
    assert_int_equal(detail.summary.outcome, PROCESS_NO_ANSWER);
    assert_int_equal(detail.history[2].done_ms, next); // the instant at which it fell due
    assert_true(detail.history[2].system);
    // Once: not when asked again, nor when the clock is set back and comes there again.
    const int64_t again[] = {0, -20 * 24 * HOUR, 0, HOUR};
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++) {
        assert_ok(case_timers_run(w.db, w.city, w.now_ms + again[i], 100, &done, &error));
        assert_int_equal(done, 0);
    }
    assert_int_equal(look(&w, result.case_id).history_count, 3);
    assert_recount(&w);
    world_end(&w);
}

// Does what no code of the product does: changes a history behind its back, as somebody
// with the file and sqlite3 would.
static void tamper(const struct world *w, const char *statement, int64_t case_id)
{
    char path[400], text[400];
    sqlite3 *file = NULL;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    sqlite3_snprintf(sizeof text, text, statement, (long long)case_id);
    assert_int_equal(sqlite3_open_v2(path, &file, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(file, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(file), 1);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
}

static void tampering_is_found(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    assert_ok(report_as(&w, &clerk, 1, 0.0015, 0.0015, &result));
    assert_ok(act(&w, &clerk, result.case_id, "comment", NOTE("First.")));
    assert_ok(act(&w, &clerk, result.case_id, "close", NOTE("Second.")));
    assert_recount(&w);
    tamper(&w,
           "UPDATE history SET opinion = 'Never said.' WHERE case_id = %lld AND seq = 2",
           result.case_id);
    assert_int_equal(findings(&w, "chain.broken"), 1);
    tamper(&w, "UPDATE history SET opinion = 'First.' WHERE case_id = %lld AND seq = 2",
           result.case_id);
    assert_recount(&w);
    tamper(&w,
           "UPDATE history SET done_at = done_at + 60000 WHERE case_id = %lld AND seq = 3",
           result.case_id);
    assert_int_equal(findings(&w, "chain.broken"), 1);
    tamper(&w, "DELETE FROM history WHERE case_id = %lld AND seq = 3", result.case_id);
    assert_int_equal(findings(&w, "chain.end"), 1);
    world_end(&w);
}

static void a_new_calendar_moves_running_clocks_and_says_so(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result running, ended;
    assert_ok(report_as(&w, &clerk, 1, 0.0015, 0.0015, &running));
    assert_ok(report_as(&w, &clerk, 1, 0.0015, 0.0015, &ended));
    assert_ok(act(&w, &clerk, ended.case_id, "close", NULL, 0));
    // From now on Monday 2025-06-02 is a holiday.
    fake_city_calendar(w.city, "date,kind,name_en\n2025-06-02,holiday,Dragon Boat\n");
    unsigned done = 0;
    w.now_ms += HOUR;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w.db, DB_WRITE, &transaction, &error));
    assert_ok(case_upkeep_run(w.db, w.city, w.now_ms, 100, &done, &error));
    assert_ok(db_commit(&transaction, &error));
    assert_int_equal(done, 1);
    struct case_detail detail = look(&w, running.case_id);
    assert_int_equal(detail.history[1].kind, PROCESS_CALENDAR_CHANGED);
    assert_non_null(strstr(detail.history[1].inputs, "due_before"));
    // 4 working hours on Tuesday from 08:00.
    assert_int_equal(detail.summary.clock.state.due_ms, MORNING + 27 * HOUR);
    assert_int_equal(look(&w, ended.case_id).history_count, 2);
    assert_ok(case_upkeep_run(w.db, w.city, w.now_ms, 100, &done, &error));
    assert_int_equal(done, 0);
    struct case_explained *clocks;
    size_t count;
    assert_ok(case_explain(w.db, w.city, running.case_id, "en", w.arena, &clocks, &count,
                           &error));
    assert_int_equal(clocks[0].explanation.clock.due_ms, clocks[0].clock.state.due_ms);
    assert_recount(&w);
    world_end(&w);
}

static void a_move_that_is_run_again_makes_the_same(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor nobody = actor_nobody();
    struct case_draft draft = {.class_id = 1, .imported_due_ms = INSTANT_NONE};
    struct case_move report = {.actor = &nobody,
                               .action = "report",
                               .draft = &draft,
                               .received_ms = w.now_ms,
                               .done_ms = INSTANT_NONE};
    struct case_result first, again;
    {
        DB_TRANSACTION_CLEANUP struct db_transaction lost = {0};
        assert_ok(db_begin(w.db, DB_WRITE, &lost, &error));
        assert_ok(case_apply(w.db, w.city, &report, &first, &error));
    } // rolled back
    assert_ok(move(&w, &report, &again));
    assert_int_equal(again.case_id, first.case_id);
    assert_string_equal(again.number, first.number);
    assert_int_equal(again.change, first.change);
    assert_recount(&w);
    world_end(&w);
}

static void keys_of_reports_never_expire_others_do(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    uint8_t key[16], other[16], digest[HASH_SIZE] = {1};
    uuid_new(w.now_ms, key);
    uuid_new(w.now_ms, other);
    struct case_result first, again;
    assert_ok(with_key(&w, &acceptor, key, digest, &first));
    struct case_move comment = {.actor = &acceptor,
                                .action = "comment",
                                .case_id = first.case_id,
                                .key = other,
                                .body_digest = digest,
                                .received_ms = w.now_ms,
                                .done_ms = INSTANT_NONE,
                                .inputs = (struct case_input[]){{"opinion", "Once."}},
                                .input_count = 1};
    assert_ok(move(&w, &comment, &again));
    assert_ok(move(&w, &comment, &again));
    assert_true(again.repeated);
    w.now_ms += 91 * 24 * HOUR;
    unsigned done = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w.db, DB_WRITE, &transaction, &error));
    assert_ok(case_upkeep_run(w.db, w.city, w.now_ms, 100, &done, &error));
    assert_ok(db_commit(&transaction, &error));
    assert_int_equal(done, 2);
    assert_ok(with_key(&w, &acceptor, key, digest, &again));
    assert_true(again.repeated);
    assert_ok(move(&w, &comment, &again));
    assert_false(again.repeated);
    assert_recount(&w);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boston_case_is_routed_timed_and_closed),
        cmocka_unit_test(the_standard_loop_runs_through),
        cmocka_unit_test(a_request_to_void_is_a_task_beside_the_step),
        cmocka_unit_test(cases_without_a_place_or_a_route_wait_in_queues),
        cmocka_unit_test(bad_reports_are_refused),
        cmocka_unit_test(the_same_key_a_thousand_times_makes_one_case),
        cmocka_unit_test(of_two_dispatchers_one_wins_and_a_comment_disturbs_neither),
        cmocka_unit_test(time_never_goes_backwards_on_a_task),
        cmocka_unit_test(a_timer_closes_what_nobody_answers),
        cmocka_unit_test(tampering_is_found),
        cmocka_unit_test(a_new_calendar_moves_running_clocks_and_says_so),
        cmocka_unit_test(a_move_that_is_run_again_makes_the_same),
        cmocka_unit_test(keys_of_reports_never_expire_others_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
