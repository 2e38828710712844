// SPDX-License-Identifier: MPL-2.0
// The one door: whole lives of cases, who may do what, and what is kept about it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include <gridcase/cases/case.h>
#include <gridcase/cases/read.h>
#include <gridcase/cases/recount.h>
#include <gridcase/db/db.h>

#include "fake_city.h"
#include "fault/temporary.h"

static struct error error;
#define assert_ok(call)                                                                    \
    do {                                                                                   \
        int code_ = (call);                                                                \
        if (code_ < 0)                                                                     \
            fail_msg("%s: %d %s: %s", #call, code_, error.slug, error.message);            \
    } while (0)
#define assert_fails(call, expected_code, expected_slug)                                   \
    do {                                                                                   \
        int code_ = (call);                                                                \
        if (code_ != (expected_code) || strcmp(error.slug, expected_slug) != 0)            \
            fail_msg("%s: %d %s: %s", #call, code_, error.slug, error.message);            \
        error_clear(&error);                                                               \
    } while (0)

// Monday 2025-06-02 09:00 in Shanghai.
#define MORNING INT64_C(1748826000000)
#define MINUTE  INT64_C(60000)
#define HOUR    INT64_C(3600000)

struct world {
    char folder[256];
    struct db_store *store;
    struct db *db;
    struct city_snapshot *city;
    struct arena *arena;
    int64_t now_ms;
};

static void world_begin(struct world *w, const char *process)
{
    char location[300], steps[200], actions[200];
    memset(w, 0, sizeof *w);
    temporary_folder(w->folder, sizeof w->folder);
    snprintf(location, sizeof location, "%s/data", w->folder);
    snprintf(steps, sizeof steps, "grids/%s/process/steps.csv", process);
    snprintf(actions, sizeof actions, "grids/%s/process/actions.csv", process);
    assert_ok(
        db_store_open(location, DB_STORE_CREATE | DB_STORE_UNSAFE, &w->store, &error));
    assert_ok(db_store_city_create(w->store, "t", 1, &error));
    assert_ok(db_open(w->store, "t", DB_CASES, DB_WRITE, &w->db, &error));
    w->city = fake_city_new(steps, actions);
    w->arena = arena_new(256 * 1024 * 1024);
    w->now_ms = MORNING;
}

static void world_end(struct world *w)
{
    db_close(w->db);
    db_store_close(w->store);
    fake_city_free(w->city);
    arena_free(w->arena);
    temporary_remove(w->folder);
}

static struct actor person(int64_t id, enum role role, int64_t area_id,
                           int64_t department_id)
{
    struct actor actor = {.person_id = id};
    assert_ok(
        actor_add_grant(&actor, (struct role_grant){role, area_id, department_id}, &error));
    return actor;
}

static int move(struct world *w, const struct case_move *move, struct case_result *result)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(w->db, DB_WRITE, &transaction, &error);
    if (code == 0)
        code = case_apply(w->db, w->city, move, result, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static int report_as(struct world *w, const struct actor *actor, int64_t class_id,
                     double lon, double lat, struct case_result *result)
{
    struct case_draft draft = {.class_id = class_id,
                               .has_point = lon >= 0,
                               .point = {lon, lat, CASE_WGS84, -1},
                               .description = "There is something.",
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
    return move(w,
                &(struct case_move){.actor = actor,
                                    .action = "report",
                                    .draft = &draft,
                                    .received_ms = w->now_ms,
                                    .done_ms = INSTANT_NONE},
                result);
}

// Acts on the case's open task as somebody who has just looked at it.
static int act(struct world *w, const struct actor *actor, int64_t case_id,
               const char *action, const struct case_input *inputs, size_t count)
{
    struct case_detail detail;
    struct case_result result;
    struct actor eye = actor_system();
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(case_read_by_id(w->db, w->city, &eye, case_id, w->now_ms, w->arena, &detail,
                              &error));
    int64_t task_id = 0, version = 0;
    for (size_t k = 0; k < detail.allowed_count; k++)
        if (strcmp(detail.allowed[k].action->code, action) == 0) {
            task_id = detail.allowed[k].task_id;
            version = detail.allowed[k].task_version;
        }
    if (task_id == 0 && detail.summary.task_id != 0 && detail.allowed_count == 0) {
        task_id = detail.summary.task_id;
        version = detail.summary.task_version;
    }
    int code = case_apply(w->db, w->city,
                          &(struct case_move){.actor = actor,
                                              .action = action,
                                              .case_id = case_id,
                                              .task_id = task_id,
                                              .task_version = version,
                                              .received_ms = w->now_ms,
                                              .done_ms = INSTANT_NONE,
                                              .inputs = inputs,
                                              .input_count = count},
                          &result, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static struct case_detail look(struct world *w, int64_t case_id)
{
    struct actor eye = actor_system();
    struct case_detail detail;
    assert_ok(case_read_by_id(w->db, w->city, &eye, case_id, w->now_ms, w->arena, &detail,
                              &error));
    return detail;
}

static void assert_step(struct world *w, int64_t case_id, const char *step)
{
    struct case_detail detail = look(w, case_id);
    assert_string_equal(detail.summary.step, step);
}

// The whole recount finds nothing.
static void assert_recount(struct world *w)
{
    struct recount *recount = recount_new(w->city);
    int code;
    while ((code = recount_slice(recount, w->db, 100, &error)) == 1)
        ;
    assert_ok(code);
    for (size_t i = 0; i < recount_findings(recount); i++) {
        const struct recount_finding *finding = recount_finding(recount, i);
        print_error("case %lld: %s: %s\n", (long long)finding->case_id, finding->slug,
                    finding->message);
    }
    assert_int_equal(recount_problems(recount), 0);
    recount_free(recount);
}

static uint64_t findings(struct world *w, const char *slug)
{
    struct recount *recount = recount_new(w->city);
    while (recount_slice(recount, w->db, 100, &error) == 1)
        ;
    uint64_t count = 0;
    for (size_t i = 0; i < recount_findings(recount); i++)
        count += strcmp(recount_finding(recount, i)->slug, slug) == 0;
    recount_free(recount);
    return count;
}

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

#define NOTE(text) ((struct case_input[]){{"opinion", text}}), 1

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
    assert_ok(act(&w, &collector, id, "check",
                  (struct case_input[]){{"result", "fail"}, {"opinion", "No."}}, 2));
    assert_step(&w, id, "sign");
    assert_int_equal(look(&w, id).clocks[0].state.status, CLOCK_RUNNING);
    assert_int_not_equal(look(&w, id).clocks[0].state.consumed_ms, 0);
    assert_ok(act(&w, &roads, id, "sign", NULL, 0));
    assert_ok(act(&w, &roads, id, "feed_back", NOTE("Again.")));
    assert_ok(act(&w, &dispatcher, id, "accept_feedback", NULL, 0));
    assert_ok(
        act(&w, &collector, id, "check", (struct case_input[]){{"result", "pass"}}, 1));
    assert_ok(act(&w, &leader, id, "close", NULL, 0));
    struct case_detail detail = look(&w, id);
    assert_int_equal(detail.summary.outcome, PROCESS_CLOSED);
    assert_int_equal(detail.summary.task_id, 0);
    w.now_ms += HOUR;
    assert_ok(act(&w, &leader, id, "reopen", NOTE("It is back.")));
    assert_step(&w, id, "dispatch");
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
                               .point = {181, 0, CASE_WGS84, -1},
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
        assert_int_equal(again.change, first.change);
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
    assert_ok(case_timers_run(w.db, w.city, w.now_ms, 100, &done, &error));
    assert_int_equal(done, 0);
    assert_recount(&w);
    world_end(&w);
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
    assert_ok(db_execute(
        w.db, QUERY_TEST_TAMPER_OPINION,
        (struct db_value[]){DB_INT(result.case_id), DB_INT(2), DB_TEXT("Never said.")}, 3,
        &error));
    assert_int_equal(findings(&w, "chain.broken"), 1);
    assert_ok(db_execute(
        w.db, QUERY_TEST_TAMPER_OPINION,
        (struct db_value[]){DB_INT(result.case_id), DB_INT(2), DB_TEXT("First.")}, 3,
        &error));
    assert_recount(&w);
    assert_ok(db_execute(
        w.db, QUERY_TEST_TAMPER_TIME,
        (struct db_value[]){DB_INT(result.case_id), DB_INT(3), DB_INT(60000)}, 3, &error));
    assert_int_equal(findings(&w, "chain.broken"), 1);
    assert_ok(db_execute(w.db, QUERY_TEST_DROP_HISTORY,
                         (struct db_value[]){DB_INT(result.case_id), DB_INT(3)}, 2,
                         &error));
    assert_int_equal(findings(&w, "chain.end"), 1);
    world_end(&w);
}

static void lists_page_and_filter(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct actor nobody = actor_nobody(), eye = actor_system();
    struct actor roads = person(7, ROLE_DEPARTMENT, 0, 2);
    struct actor east = person(8, ROLE_INSPECTOR, 102, 0);
    struct actor outsider = person(9, ROLE_DEPARTMENT, 0, 4);
    struct case_result result;
    for (int i = 0; i < 60; i++) {
        w.now_ms += MINUTE;
        assert_ok(
            report_as(&w, &nobody, 1 + i % 2, 0.0005 + 0.001 * (i % 10), 0.0015, &result));
    }
    struct case_filter filter = case_filter_all();
    struct case_page page;
    filter.open = 1;
    filter.sort = CASE_SORT_DUE;
    filter.limit = 7;
    unsigned seen = 0;
    int64_t last = 0;
    do {
        assert_ok(case_list(w.db, w.city, &eye, &filter, w.now_ms, w.arena, &page, &error));
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
    assert_fails(case_list(w.db, w.city, &eye, &filter, w.now_ms, w.arena, &page, &error),
                 ERROR_INPUT, "case.cursor");
    filter.cursor = NULL;
    int64_t count = 0;
    assert_ok(case_count(w.db, w.city, &roads, &filter, w.now_ms, &count, &error));
    assert_int_equal(count, 30);
    assert_ok(case_count(w.db, w.city, &east, &filter, w.now_ms, &count, &error));
    assert_int_equal(count, 30);
    assert_ok(case_count(w.db, w.city, &outsider, &filter, w.now_ms, &count, &error));
    assert_int_equal(count, 0);
    filter.department_id = 1; // the centre, with all below it
    assert_ok(case_count(w.db, w.city, &eye, &filter, w.now_ms, &count, &error));
    assert_int_equal(count, 60);
    filter.department_id = 0;
    filter.queue = "mine";
    assert_ok(case_count(w.db, w.city, &roads, &filter, w.now_ms, &count, &error));
    assert_int_equal(count, 30);
    filter = case_filter_all();
    filter.open = 1;
    filter.has_box = true;
    filter.west_deg = 0, filter.east_deg = 0.0029, filter.south_deg = 0,
    filter.north_deg = 1;
    filter.limit = 100;
    struct case_map map;
    assert_ok(case_map(w.db, w.city, &eye, &filter, w.now_ms, w.arena, &map, &error));
    assert_int_equal(map.count, 18);
    assert_false(map.truncated);
    filter.limit = 10;
    assert_ok(case_map(w.db, w.city, &eye, &filter, w.now_ms, w.arena, &map, &error));
    assert_int_equal(map.count, 10);
    assert_true(map.truncated);
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
    struct table *days TABLE_CLEANUP =
        fake_table("days", "date,kind,name_en\n2025-06-02,holiday,Dragon Boat\n");
    assert_ok(calendar_new(
        &(struct calendar_source){.zone = "Asia/Shanghai", .version = 2, .days = days},
        NULL, &w.city->next_calendar, &error));
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

// ---- random users ----
static uint64_t random_state;
static unsigned random_below(unsigned most)
{
    random_state =
        random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % most;
}

static int distance_to_end(const struct process *process, int step)
{
    int distance[200];
    for (size_t i = 0; i < process_steps(process); i++)
        distance[i] = process_step(process, i)->stage == PROCESS_ENDED ? 0 : 1000;
    for (size_t round = 0; round < process_steps(process); round++)
        for (size_t i = 0; i < process_actions(process); i++) {
            const struct process_action *action = process_action(process, i);
            if (action->from >= 0 && distance[action->to] + 1 < distance[action->from])
                distance[action->from] = distance[action->to] + 1;
        }
    return distance[step];
}

static size_t invent_inputs(const struct process_action *action, struct case_input *inputs)
{
    static const char *const DEPARTMENTS[] = {"2", "3", "4"};
    static const char *const POINTS[] = {"0.0012,0.0033", "0.0077,0.0081", "9,9"};
    size_t count = 0;
    for (size_t i = 0; i < action->input_count; i++) {
        const struct process_input *input = &action->inputs[i];
        const char *value = "Said so.";
        if (!input->required && random_below(3) > 0)
            continue;
        if (input->type == PROCESS_INPUT_DEPARTMENT)
            value = DEPARTMENTS[random_below(3)];
        else if (input->type == PROCESS_INPUT_POINT)
            value = POINTS[random_below(3)];
        else if (input->type == PROCESS_INPUT_CLASS)
            value = "2";
        else if (input->type == PROCESS_INPUT_CONDITION ||
                 input->type == PROCESS_INPUT_MEDIA)
            continue;
        else if (input->type == PROCESS_INPUT_CHOICE)
            value = random_below(2)               ? "pass"
                    : strchr(input->choices, 'g') ? "gone"
                                                  : "fail";
        if (input->type == PROCESS_INPUT_CHOICE && strstr(input->choices, value) == NULL)
            value = "there";
        inputs[count++] = (struct case_input){input->name, value};
    }
    return count;
}

// One random move of one random person; towards the end when hurry.
static bool random_move(struct world *w, const struct actor *people, size_t person_count,
                        int64_t case_id, bool hurry)
{
    struct arena *arena = arena_new(16 * 1024 * 1024);
    const struct actor *actor = &people[random_below((unsigned)person_count)];
    struct case_detail detail;
    struct error refused = {0};
    bool moved = false;
    if (case_read_by_id(w->db, w->city, actor, case_id, w->now_ms, arena, &detail,
                        &refused) == 0 &&
        detail.allowed_count > 0) {
        const struct case_allowed *allowed =
            &detail.allowed[random_below((unsigned)detail.allowed_count)];
        int here = process_step_find(detail.process, detail.summary.step);
        bool away = distance_to_end(detail.process, allowed->action->to) >=
                    distance_to_end(detail.process, here);
        struct case_input inputs[CASE_INPUTS_MOST];
        struct case_result result;
        struct case_move one = {.actor = actor,
                                .action = allowed->action->code,
                                .case_id = case_id,
                                .task_id = allowed->task_id,
                                .task_version = allowed->task_version,
                                .received_ms = w->now_ms,
                                .done_ms = INSTANT_NONE,
                                .inputs = inputs,
                                .input_count = invent_inputs(allowed->action, inputs)};
        if (!hurry || !away || random_below(4) == 0) {
            int code = move(w, &one, &result);
            if (code != 0 && code != ERROR_CONFLICT && code != ERROR_INPUT)
                fail_msg("%s: %s %s", one.action, error.slug, error.message);
            moved = code == 0;
        }
    }
    arena_free(arena);
    return moved;
}

static void play_at_random(const char *process, unsigned moves)
{
    struct world w;
    world_begin(&w, process);
    struct actor people[] = {
        person(1, ROLE_COLLECTOR, 0, 0),    person(2, ROLE_ACCEPTOR, 0, 0),
        person(3, ROLE_SHIFT_LEADER, 0, 0), person(4, ROLE_DISPATCHER, 0, 0),
        person(5, ROLE_DEPARTMENT, 0, 2),   person(6, ROLE_DEPARTMENT, 0, 3),
        person(7, ROLE_DEPARTMENT, 0, 4),   person(8, ROLE_INSPECTOR, 101, 0),
    };
    const size_t count = sizeof people / sizeof people[0];
    int64_t cases[400];
    size_t case_count = 0;
    unsigned made = 0;
    for (unsigned i = 0; i < moves * 4 && made < moves; i++) {
        w.now_ms += (int64_t)random_below(40) * MINUTE;
        if (case_count < 20 || (case_count < 400 && random_below(12) == 0)) {
            struct case_result result;
            double lon = random_below(8) == 0 ? -1 : 0.0001 * random_below(100);
            assert_ok(report_as(&w, &people[random_below(8)], 1 + random_below(3), lon,
                                0.0044, &result));
            cases[case_count++] = result.case_id;
        }
        made += random_move(&w, people, count, cases[random_below((unsigned)case_count)],
                            false);
    }
    assert_true(made > moves / 2);
    assert_recount(&w);
    // Every case can be brought to its end.
    for (size_t i = 0; i < case_count; i++) {
        for (int tries = 0; tries < 20000 && look(&w, cases[i]).summary.task_id != 0;
             tries++) {
            w.now_ms += MINUTE;
            random_move(&w, people, count, cases[i], true);
            if (tries % 50 == 0) {
                arena_free(w.arena);
                w.arena = arena_new(256 * 1024 * 1024);
            }
        }
        assert_int_equal(look(&w, cases[i]).summary.stage, PROCESS_ENDED);
    }
    assert_recount(&w);
    world_end(&w);
}

static void random_users_never_get_a_case_stuck(void **state)
{
    (void)state;
    random_state = 20250602;
    play_at_random("boston", 2000);
    play_at_random("standard", 3000);
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
        cmocka_unit_test(lists_page_and_filter),
        cmocka_unit_test(changes_show_what_may_be_seen_and_what_is_gone),
        cmocka_unit_test(a_deadline_is_explained),
        cmocka_unit_test(a_new_calendar_moves_running_clocks_and_says_so),
        cmocka_unit_test(a_move_that_is_run_again_makes_the_same),
        cmocka_unit_test(keys_of_reports_never_expire_others_do),
        cmocka_unit_test(random_users_never_get_a_case_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
