// SPDX-License-Identifier: MPL-2.0
// Clocks of a case: stage limits run beside the handling limit, each on its own clock with
// its own verdict; an extension moves the deadline and nothing else.
#include "case_world.h"

#include "case_facts.h"

static const struct case_clock *clock_of(const struct case_detail *detail, int kind)
{
    for (size_t i = 0; i < detail->clock_count; i++)
        if ((int)detail->clocks[i].kind == kind)
            return &detail->clocks[i];
    return NULL;
}

static void stage_limits_run_on_clocks_of_their_own(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    struct case_result result;
    assert_ok(report_as(&w, &collector, 1, 0.0015, 0.0015, &result));
    int64_t id = result.case_id;
    struct case_detail detail = look(&w, id);
    const struct case_clock *accept = clock_of(&detail, PROCESS_CLOCK_ACCEPT);
    assert_non_null(accept);
    assert_int_equal(accept->state.status, CLOCK_RUNNING);
    assert_int_equal(accept->state.due_ms, w.now_ms + 15 * MINUTE);
    const struct case_clock *handling = clock_of(&detail, PROCESS_CLOCK_HANDLING);
    int64_t due_ms = handling ? handling->state.due_ms : INSTANT_NONE;

    w.now_ms += 14 * MINUTE; // in time
    assert_ok(act(&w, &acceptor, id, "accept", NULL, 0));
    detail = look(&w, id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_ACCEPT)->state.status, CLOCK_STOPPED);
    assert_int_equal(fact(&w, "accepted_in_time", id), 1);
    assert_int_equal(fact(&w, "accepted_by", id), 2);
    assert_ok(act(&w, &leader, id, "file", NULL, 0));
    assert_int_equal(fact(&w, "filed_in_time", id), -1); // the stage has no limit

    w.now_ms += 16 * MINUTE; // one minute late
    assert_ok(act(&w, &dispatcher, id, "dispatch",
                  (struct case_input[]){{"department", "2"}}, 1));
    assert_int_equal(fact(&w, "sent_in_time", id), 0);
    assert_int_equal(fact(&w, "handled_in_time", id), -1);
    detail = look(&w, id);
    handling = clock_of(&detail, PROCESS_CLOCK_HANDLING);
    assert_non_null(handling);
    assert_int_equal(handling->state.status, CLOCK_RUNNING);
    assert_true(handling->state.due_ms != INSTANT_NONE);
    assert_true(due_ms == INSTANT_NONE || due_ms == handling->state.due_ms);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_SIGN)->state.due_ms, w.now_ms + HOUR);
    assert_recount(&w);
    world_end(&w);
}

// The standard process with a row more: whoever dispatches may extend.
static void with_extension(struct world *w)
{
    char steps[400], actions[400];
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, 1 << 20);
    world_begin(w, "standard");
    fake_city_free(w->city);
    snprintf(steps, sizeof steps, "grids/standard/process/steps.csv");
    snprintf(actions, sizeof actions, "%s/actions.csv", w->folder);
    assert_ok(file_read("grids/standard/process/actions.csv", &text, &error));
    buffer_append_text(
        &text, "extend,extended,handle,=,case,dispatcher,,"
               "\"extend(handling,original) count(extended)\",opinion:text!,延期,Extend\n");
    assert_ok(file_write_atomic(actions, text.data, text.length, &error));
    w->city = fake_city_new(steps, actions);
}

static void an_extension_moves_the_deadline_alone(void **state)
{
    (void)state;
    struct world w;
    with_extension(&w);
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    struct actor roads = person(5, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    assert_ok(report_as(&w, &collector, 1, 0.0015, 0.0015, &result));
    int64_t id = result.case_id;
    assert_ok(act(&w, &acceptor, id, "accept", NULL, 0));
    assert_ok(act(&w, &leader, id, "file", NULL, 0));
    assert_ok(act(&w, &dispatcher, id, "dispatch",
                  (struct case_input[]){{"department", "2"}}, 1));
    assert_ok(act(&w, &roads, id, "sign", NULL, 0));
    struct case_detail before = look(&w, id);
    w.now_ms += HOUR;
    assert_ok(act(&w, &dispatcher, id, "extend", NOTE("The spare part is late.")));
    struct case_detail after = look(&w, id);
    const struct case_clock *was = clock_of(&before, PROCESS_CLOCK_HANDLING);
    const struct case_clock *is = clock_of(&after, PROCESS_CLOCK_HANDLING);
    assert_true(is->state.due_ms > was->state.due_ms);
    assert_int_equal(is->state.started_at_ms, was->state.started_at_ms);
    assert_int_equal(is->state.status, CLOCK_RUNNING);
    assert_int_equal(fact(&w, "extended", id), 1);
    assert_int_equal(fact(&w, "due_at", id), is->state.due_ms);
    assert_string_equal(after.summary.step, before.summary.step);
    assert_recount(&w);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_limits_run_on_clocks_of_their_own),
        cmocka_unit_test(an_extension_moves_the_deadline_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
