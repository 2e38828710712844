// SPDX-License-Identifier: MPL-2.0
// What a case takes from the city's rules: a calendar that changes, the departments of a
// component, an urgency, the local day in its number.
#include "case_world.h"

#define DAY (24 * HOUR)

static void done(struct world *w)
{
    assert_recount(w);
    world_end(w);
}

static struct case_draft draft_of(int64_t class_id)
{
    static const struct case_reporter ANN = {.name = "Ann"};
    return (struct case_draft){.class_id = class_id,
                               .has_point = true,
                               .point = {0.0015, 0.0015, GEO_WGS84, -1},
                               .description = "There is something.",
                               .reporter = &ANN,
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
}

static int report(struct world *w, const struct case_draft *draft, int64_t *ret_case_id)
{
    struct actor nobody = actor_nobody();
    struct case_result result = {0};
    int code = move(w,
                    &(struct case_move){.actor = &nobody,
                                        .draft = draft,
                                        .received_ms = w->now_ms,
                                        .done_ms = INSTANT_NONE},
                    &result);
    *ret_case_id = result.case_id;
    return code;
}

static int64_t reported(struct world *w, int64_t class_id)
{
    struct case_draft draft = draft_of(class_id);
    int64_t case_id = 0;
    assert_ok(report(w, &draft, &case_id));
    return case_id;
}

// The system acts: no role, holder or version is asked for.
static void system_acts(struct world *w, int64_t case_id, const char *action)
{
    struct actor system = actor_system();
    struct case_result result;
    assert_ok(move(w,
                   &(struct case_move){.actor = &system,
                                       .action = action,
                                       .case_id = case_id,
                                       .received_ms = w->now_ms,
                                       .done_ms = INSTANT_NONE,
                                       .inputs = (struct case_input[]){{"opinion", "So."}},
                                       .input_count = 1},
                   &result));
}

static int64_t due_of(struct world *w, int64_t case_id)
{
    return look(w, case_id).summary.clock.state.due_ms;
}

static unsigned upkeep(struct world *w, unsigned most)
{
    unsigned count = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(case_upkeep_run(w->db, w->city, w->now_ms, most, &count, &error));
    assert_ok(db_commit(&transaction, &error));
    return count;
}

// Slices until nothing is left; returns how many cases were looked at.
static unsigned run_pass(struct world *w, unsigned most)
{
    unsigned all = 0, count = most;
    while (count == most)
        all += count = upkeep(w, most);
    return all;
}

#define TUESDAY_OFF "date,kind,name_en\n2025-06-03,holiday,Storm\n"

static void a_new_calendar_moves_running_clocks_only(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    assert_int_equal(run_pass(&w, 10), 0);
    w.now_ms = MORNING + 6 * HOUR; // 15:00: 4 working hours end on Tuesday 09:00
    int64_t running = reported(&w, 1), paused = reported(&w, 1), closed = reported(&w, 1);
    int64_t tuesday = MORNING + DAY;
    assert_int_equal(due_of(&w, running), tuesday);
    w.now_ms += HOUR;
    system_acts(&w, paused, "ask");
    system_acts(&w, closed, "close");
    int64_t closed_due = due_of(&w, closed);
    fake_city_calendar(w.city, TUESDAY_OFF);
    w.now_ms += HOUR;
    assert_int_equal(run_pass(&w, 10), 1);
    assert_int_equal(due_of(&w, running), tuesday + DAY);
    assert_int_equal(due_of(&w, paused), INSTANT_NONE);
    assert_int_equal(due_of(&w, closed), closed_due);
    assert_int_equal(look(&w, paused).history_count, 2);
    assert_int_equal(look(&w, closed).history_count, 2);
    struct case_detail detail = look(&w, running);
    assert_int_equal(detail.history_count, 2);
    const struct case_history_row *row = &detail.history[1];
    assert_int_equal(row->kind, PROCESS_CALENDAR_CHANGED);
    assert_true(row->system);
    assert_string_equal(row->from, row->to);
    assert_string_equal(row->clock_effect, "handling recompute @2");
    assert_string_equal(row->inputs,
                        "{\"handling\":{\"due_before\":\"2025-06-03T01:00:00.000Z\","
                        "\"due_after\":\"2025-06-04T01:00:00.000Z\"}}");
    assert_int_equal(detail.clocks[0].state.calendar_version, 2);
    // A pass that is over does nothing more; what was paused goes on under the new
    // calendar.
    assert_int_equal(run_pass(&w, 10), 0);
    system_acts(&w, paused, "answer"); // Monday 17:00, 3 of 4 hours left
    assert_int_equal(due_of(&w, paused), tuesday + DAY + HOUR);
    done(&w);
}

static void a_pass_goes_on_where_it_was_cut_off(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    w.now_ms = MORNING + 6 * HOUR;
    int64_t cases[25];
    for (int i = 0; i < 25; i++)
        cases[i] = reported(&w, i % 5 == 0 ? 3 : 1); // every fifth has no limit
    fake_city_calendar(w.city, TUESDAY_OFF);
    assert_int_equal(upkeep(&w, 7), 7);
    db_close(w.db);
    assert_ok(db_open(w.store, "t", DB_CASES, DB_WRITE, &w.db, &error));
    assert_int_equal(run_pass(&w, 7), 18);
    for (int i = 0; i < 25; i++)
        assert_int_equal(look(&w, cases[i]).history_count, i % 5 == 0 ? 1 : 2);
    // The next calendar takes the holiday back: another pass, from the beginning.
    fake_city_calendar(w.city, "date,kind,name_en\n");
    assert_int_equal(run_pass(&w, 7), 25);
    assert_int_equal(due_of(&w, cases[1]), MORNING + DAY);
    done(&w);
}

static void a_calendar_that_changes_no_deadline_leaves_no_trace(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    int64_t id = reported(&w, 1); // ends on Monday
    fake_city_calendar(w.city, TUESDAY_OFF);
    assert_int_equal(run_pass(&w, 10), 1);
    assert_int_equal(look(&w, id).history_count, 1);
    assert_int_equal(run_pass(&w, 10), 0);
    w.now_ms += HOUR;
    system_acts(&w, id, "close"); // counted by calendar 2, started by calendar 1
    assert_string_equal(look(&w, id).history[1].clock_effect, "handling stop @2");
    done(&w);
}

static int64_t counted(const struct case_explained *clock)
{
    int64_t sum_ms = 0;
    for (size_t i = 0; i < clock->interval_count; i++)
        sum_ms += clock->intervals[i].counted_ms;
    return sum_ms;
}

static void a_deadline_is_explained_across_calendars(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    w.now_ms = MORNING + 6 * HOUR;
    int64_t id = reported(&w, 1); // 3 hours on Monday, 1 on Tuesday
    w.now_ms += HOUR;
    fake_city_calendar(w.city, TUESDAY_OFF);
    assert_int_equal(run_pass(&w, 10), 1); // Wednesday 09:00
    system_acts(&w, id, "ask");            // 3 hours left
    w.now_ms += 2 * DAY;
    fake_city_calendar(w.city, "date,kind,name_en\n2025-06-05,holiday,Flood\n");
    assert_int_equal(run_pass(&w, 10), 0); // it stands
    system_acts(&w, id, "answer");         // Wednesday 16:00
    struct case_explained *clocks;
    size_t count;
    assert_ok(case_explain(w.db, w.city, id, "en", w.arena, &clocks, &count, &error));
    const struct case_explained *clock = &clocks[0];
    // Friday 09:00: Wednesday 16:00 to 18:00 is two, Thursday is off.
    assert_int_equal(clock->clock.state.due_ms, MORNING + 4 * DAY);
    assert_int_equal(clock->explanation.clock.due_ms, clock->clock.state.due_ms);
    assert_int_equal(clock->explanation.calendar_version, 3);
    assert_int_equal(clock->event_count, 4);
    assert_int_equal(clock->events[1].effect, CLOCK_EFFECT_RECOMPUTE);
    assert_int_equal(calendar_version(clock->events[1].calendar), 2);
    assert_int_equal(calendar_version(clock->events[3].calendar), 3);
    assert_int_equal(counted(clock), 4 * HOUR);
    assert_int_equal(clock->intervals[clock->interval_count - 1].to_ms,
                     clock->clock.state.due_ms);
    done(&w);
}

// ---- components ----
static void the_departments_of_a_component_route_its_case(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct case_component cover = {.id = 77,
                                   .code = "99990101000077",
                                   .class_id = 4,
                                   .owner_id = 2,
                                   .maintainer_id = 3,
                                   .competent_id = 1};
    struct case_draft draft = draft_of(4);
    draft.component = &cover;
    int64_t id = 0;
    assert_ok(report(&w, &draft, &id));
    struct case_detail detail = look(&w, id);
    assert_int_equal(detail.summary.department_id, 3);
    assert_string_equal(detail.component.code, "99990101000077");
    assert_int_equal(detail.component.maintainer_id, 3);
    assert_non_null(strstr(detail.history[0].inputs, "\"component\":\"99990101000077\""));
    cover.maintainer_id = 0;
    assert_ok(report(&w, &draft, &id));
    assert_int_equal(look(&w, id).summary.department_id, 2);
    draft.component = NULL;
    assert_ok(report(&w, &draft, &id));
    detail = look(&w, id);
    assert_int_equal(detail.component.id, 0);
    assert_string_equal(detail.summary.queue, "manual");
    draft.component = &cover;
    draft.class_id = 1;
    assert_fails(report(&w, &draft, &id), ERROR_INPUT, "case.component_class");
    done(&w);
}

// ---- urgency ----
static void an_urgency_chooses_the_limit(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "boston");
    struct case_draft draft = draft_of(1);
    draft.urgency = "urgent";
    int64_t id = 0;
    assert_ok(report(&w, &draft, &id));
    assert_int_equal(due_of(&w, id), MORNING + HOUR); // 1 working hour instead of 4
    assert_string_equal(look(&w, id).urgency, "urgent");
    struct case_explained *clocks;
    size_t count;
    assert_ok(case_explain(w.db, w.city, id, "en", w.arena, &clocks, &count, &error));
    assert_non_null(strstr(clocks[0].rule, "1 working hour"));
    assert_int_equal(clocks[0].limit_line, 2);
    draft.urgency = "never heard of";
    assert_fails(report(&w, &draft, &id), ERROR_INPUT, "case.urgency_unknown");
    draft.urgency = "";
    assert_ok(report(&w, &draft, &id));
    assert_int_equal(due_of(&w, id), MORNING + 6 * HOUR);
    done(&w);
}

// ---- numbers ----
static void assert_number(struct world *w, const char *utc, const char *number)
{
    assert_ok(instant_from_text(utc, strlen(utc), &w->now_ms, &error));
    assert_string_equal(look(w, reported(w, 3)).summary.number, number);
}

static void numbers_begin_anew_at_local_midnight(void **state)
{
    (void)state;
    struct world w;
    fake_zone = "America/New_York";
    world_begin(&w, "boston");
    // Spring forward: 2025-03-09 has 23 hours, its midnight is 05:00 UTC, the next 04:00.
    assert_number(&w, "2025-03-09T04:59:59.999Z", "T202503080001");
    assert_number(&w, "2025-03-09T05:00:00.000Z", "T202503090001");
    assert_number(&w, "2025-03-09T06:59:59.000Z", "T202503090002");
    assert_number(&w, "2025-03-09T07:00:00.000Z", "T202503090003");
    assert_number(&w, "2025-03-10T03:59:59.999Z", "T202503090004");
    assert_number(&w, "2025-03-10T04:00:00.000Z", "T202503100001");
    // Fall back: 2025-11-02 has 25 hours; the hour that comes twice is of the same day.
    assert_number(&w, "2025-11-02T04:00:00.000Z", "T202511020001");
    assert_number(&w, "2025-11-02T05:30:00.000Z", "T202511020002");
    assert_number(&w, "2025-11-02T06:30:00.000Z", "T202511020003");
    assert_number(&w, "2025-11-03T04:59:59.999Z", "T202511020004");
    assert_number(&w, "2025-11-03T05:00:00.000Z", "T202511030001");
    // A clock set back counts on where that day stood: no number twice.
    assert_number(&w, "2025-11-02T12:00:00.000Z", "T202511020005");
    done(&w);
    // A zone whose summer time begins at midnight: the day begins at 01:00.
    fake_zone = "America/Santiago";
    world_begin(&w, "boston");
    assert_number(&w, "2025-09-07T03:59:59.999Z", "T202509060001");
    assert_number(&w, "2025-09-07T04:00:00.000Z", "T202509070001");
    // Summer time ends at midnight: 23:00 to 24:00 comes twice, the day is not over.
    assert_number(&w, "2026-04-05T02:30:00.000Z", "T202604040001");
    assert_number(&w, "2026-04-05T03:30:00.000Z", "T202604040002");
    assert_number(&w, "2026-04-05T04:00:00.000Z", "T202604050001");
    done(&w);
    fake_zone = "Asia/Shanghai";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_calendar_moves_running_clocks_only),
        cmocka_unit_test(a_pass_goes_on_where_it_was_cut_off),
        cmocka_unit_test(a_calendar_that_changes_no_deadline_leaves_no_trace),
        cmocka_unit_test(a_deadline_is_explained_across_calendars),
        cmocka_unit_test(the_departments_of_a_component_route_its_case),
        cmocka_unit_test(an_urgency_chooses_the_limit),
        cmocka_unit_test(numbers_begin_anew_at_local_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
