// SPDX-License-Identifier: MPL-2.0
// Done and received: what a device's clock is worth, which of the two times moves which
// clock, what came late, and limits in chains.
#include "case_world.h"

#include "case_facts.h"

struct office {
    struct actor collector, acceptor, leader, dispatcher, crew;
};

static struct office people(void)
{
    return (struct office){person(1, ROLE_COLLECTOR, 0, 0), person(2, ROLE_ACCEPTOR, 0, 0),
                           person(3, ROLE_SHIFT_LEADER, 0, 0),
                           person(4, ROLE_DISPATCHER, 0, 0),
                           person(5, ROLE_DEPARTMENT, 0, 2)};
}

static int64_t report_class(struct world *w, const struct office *office, int64_t class_id,
                            const struct case_device *device)
{
    struct case_draft draft = {.class_id = class_id,
                               .has_point = true,
                               .point = {0.0015, 0.0015, GEO_WGS84, -1},
                               .description = "",
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
    struct case_result result;
    assert_ok(move(w,
                   &(struct case_move){.actor = &office->collector,
                                       .draft = &draft,
                                       .received_ms = w->now_ms,
                                       .done_ms = INSTANT_NONE,
                                       .device = device},
                   &result));
    return result.case_id;
}

// As act, done on a device.
static int act_on(struct world *w, const struct actor *actor, int64_t id,
                  const char *action, const struct case_device *device)
{
    struct case_detail detail = look(w, id);
    struct case_result result;
    return move(w,
                &(struct case_move){.actor = actor,
                                    .action = action,
                                    .case_id = id,
                                    .task_id = detail.summary.task_id,
                                    .task_version = detail.summary.task_version,
                                    .received_ms = w->now_ms,
                                    .done_ms = INSTANT_NONE,
                                    .device = device,
                                    .inputs = (struct case_input[]){{"opinion", "Done."}},
                                    .input_count = 1},
                &result);
}

// A case in the step handle, dispatched now.
static int64_t in_hand(struct world *w, const struct office *office, int64_t class_id)
{
    int64_t id = report_class(w, office, class_id, NULL);
    assert_ok(act(w, &office->acceptor, id, "accept", NULL, 0));
    assert_ok(act(w, &office->leader, id, "file", NULL, 0));
    struct case_input department[] = {{"department", "2"}};
    assert_ok(act(w, &office->dispatcher, id, "dispatch", department, 1));
    assert_ok(act(w, &office->crew, id, "sign", NULL, 0));
    return id;
}

static const struct case_clock *clock_of(const struct case_detail *detail, int kind)
{
    for (size_t i = 0; i < detail->clock_count; i++)
        if ((int)detail->clocks[i].kind == kind)
            return &detail->clocks[i];
    return NULL;
}

static int64_t opened(struct world *w, int64_t id)
{
    return look(w, id).summary.opened_ms;
}

static void a_phone_whose_clock_is_two_days_ahead_is_corrected(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    const int64_t ahead_ms = 48 * HOUR;
    w.now_ms = MORNING + 3 * HOUR;
    // Done two hours ago, by a clock two days ahead.
    struct case_device device = {.done_ms = MORNING + HOUR + ahead_ms,
                                 .sent_ms = w.now_ms + ahead_ms,
                                 .has_skew = true,
                                 .skew_ms = -ahead_ms,
                                 .seen_ms = MORNING};
    int64_t id = report_class(&w, &office, 1, &device);
    assert_int_equal(opened(&w, id), MORNING + HOUR);
    // It never measured: what its clock says when it sends does as well.
    device.has_skew = false;
    assert_int_equal(opened(&w, report_class(&w, &office, 1, &device)), MORNING + HOUR);
    // It neither measured nor says when it sends: not later than it was received.
    device.sent_ms = INSTANT_NONE;
    assert_int_equal(opened(&w, report_class(&w, &office, 1, &device)), w.now_ms);
    // Two days behind.
    device = (struct case_device){.done_ms = MORNING + HOUR - ahead_ms,
                                  .sent_ms = INSTANT_NONE,
                                  .has_skew = true,
                                  .skew_ms = ahead_ms};
    assert_int_equal(opened(&w, report_class(&w, &office, 1, &device)), MORNING + HOUR);
    // Never before the last thing that it had seen from the server.
    device.seen_ms = MORNING + 2 * HOUR;
    assert_int_equal(opened(&w, report_class(&w, &office, 1, &device)), MORNING + 2 * HOUR);
    // A clock that was never set counts from receipt.
    device = (struct case_device){.done_ms = 0, .sent_ms = INSTANT_NONE};
    assert_int_equal(opened(&w, report_class(&w, &office, 1, &device)), w.now_ms);
    // Nonsense stays bounded.
    device = (struct case_device){.done_ms = INT64_C(253402300799999),
                                  .sent_ms = INT64_C(-62167219200000),
                                  .has_skew = true,
                                  .skew_ms = INT64_C(253402300799999)};
    assert_int_equal(opened(&w, report_class(&w, &office, 1, &device)), w.now_ms);
    assert_int_equal(stored(&w, "SELECT COUNT(*) FROM move_time"), 7);
    assert_int_equal(stored(&w, "SELECT skew_ms FROM move_time WHERE case_id = 2"),
                     -ahead_ms);
    assert_recount(&w);
    world_end(&w);
}

static void the_centre_s_clock_starts_when_the_report_arrives(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    w.now_ms = MORNING + 3 * HOUR;
    struct case_device device = {
        .done_ms = MORNING, .sent_ms = INSTANT_NONE, .seen_ms = MORNING};
    int64_t id = report_class(&w, &office, 1, &device);
    struct case_detail detail = look(&w, id);
    const struct case_clock *accept = clock_of(&detail, PROCESS_CLOCK_ACCEPT);
    assert_non_null(accept);
    assert_int_equal(accept->state.started_at_ms, MORNING + 3 * HOUR);
    assert_int_equal(accept->state.due_ms, MORNING + 3 * HOUR + 15 * MINUTE);
    w.now_ms += 10 * MINUTE;
    assert_ok(act(&w, &office.acceptor, id, "accept", NULL, 0));
    assert_int_equal(fact(&w, "accepted_in_time", id), 1);
    assert_recount(&w);
    world_end(&w);
}

static void a_crew_s_feedback_counts_when_it_was_done_and_may_be_contested(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    int64_t id = in_hand(&w, &office, 1); // 4 working hours from 09:00: due 15:00
    w.now_ms = MORNING + 9 * HOUR;        // 18:00
    struct case_device device = {.done_ms = MORNING + 5 * HOUR, // 14:00
                                 .sent_ms = INSTANT_NONE,
                                 .seen_ms = MORNING};
    assert_ok(act_on(&w, &office.crew, id, "feed_back", &device));
    assert_int_equal(fact(&w, "handled_in_time", id), 1);
    assert_int_equal(fact(&w, "late_received", id), 1);
    struct case_detail detail = look(&w, id);
    const struct case_clock *handling = clock_of(&detail, PROCESS_CLOCK_HANDLING);
    assert_int_equal(handling->state.since_ms, MORNING + 5 * HOUR);
    const struct case_history_row *last = &detail.history[detail.history_count - 1];
    assert_int_equal(last->done_ms, MORNING + 5 * HOUR);
    assert_int_equal(last->received_ms, MORNING + 9 * HOUR);
    assert_recount(&w);

    w.now_ms += MINUTE;
    assert_ok(act(&w, &office.dispatcher, id, "contest_time", NOTE("Nobody was there.")));
    assert_int_equal(fact(&w, "handled_in_time", id), 0);
    assert_int_equal(fact(&w, "late_received", id), 1);
    assert_int_equal(fact(&w, "contested", id), 1);
    detail = look(&w, id);
    handling = clock_of(&detail, PROCESS_CLOCK_HANDLING);
    assert_int_equal(handling->state.since_ms, MORNING + 9 * HOUR);
    assert_fails(act(&w, &office.dispatcher, id, "contest_time", NOTE("Again.")),
                 ERROR_CONFLICT, "case.guard");
    assert_recount(&w);

    // Rework takes all of it back; this time it comes at once.
    w.now_ms += MINUTE;
    assert_ok(act(&w, &office.dispatcher, id, "rework", NOTE("Not flat.")));
    assert_int_equal(fact(&w, "late_received", id), 0);
    assert_ok(act(&w, &office.crew, id, "sign", NULL, 0));
    assert_ok(act(&w, &office.crew, id, "feed_back", NOTE("Flat.")));
    assert_int_equal(fact(&w, "late_received", id), 0);
    assert_int_equal(fact(&w, "handled_in_time", id), 0);
    assert_recount(&w);

    struct case_explained *clocks = NULL;
    size_t count = 0;
    assert_ok(case_explain(w.db, w.city, id, "en", w.arena, &clocks, &count, &error));
    bool seen = false;
    for (size_t i = 0; i < count; i++)
        if (clocks[i].clock.kind == PROCESS_CLOCK_HANDLING)
            for (size_t k = 0; k < clocks[i].interval_count; k++)
                seen |= clocks[i].intervals[k].to_ms == MORNING + 9 * HOUR;
    assert_true(seen); // the explanation follows what was contested
    world_end(&w);
}

static void each_part_of_a_chain_has_its_own_deadline(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    int64_t id = in_hand(&w, &office, 5);
    struct case_detail detail = look(&w, id);
    assert_int_equal(detail.summary.clock.kind, PROCESS_CLOCK_SAFE);
    assert_int_equal(detail.summary.clock.state.due_ms, MORNING + 2 * HOUR);
    assert_int_equal(fact(&w, "due_at", id), MORNING + 2 * HOUR);
    w.now_ms += HOUR;
    assert_ok(act(&w, &office.crew, id, "part_done", NOTE("Fenced.")));
    detail = look(&w, id);
    assert_int_equal(detail.summary.clock.kind, PROCESS_CLOCK_REPAIR);
    // 16 working hours from Monday 10:00: Wednesday 10:00.
    assert_int_equal(detail.summary.clock.state.due_ms, MORNING + 49 * HOUR);
    // A return pauses the part, a refusal lets it go on.
    w.now_ms = MORNING + 2 * HOUR;
    assert_ok(act(&w, &office.crew, id, "ask_extension", NOTE("Rain.")));
    assert_ok(act(&w, &office.dispatcher, id, "extend", NOTE("Yes.")));
    detail = look(&w, id);
    assert_int_equal(detail.summary.clock.state.due_ms, MORNING + 97 * HOUR);
    w.now_ms = MORNING + 24 * HOUR;
    assert_ok(act(&w, &office.crew, id, "feed_back", NOTE("Repaired.")));
    assert_int_equal(fact(&w, "handled_in_time", id), 1);
    detail = look(&w, id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_REPAIR)->state.status, CLOCK_STOPPED);
    assert_recount(&w);
    world_end(&w);
}

static void a_part_that_was_late_makes_the_handling_late(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    int64_t id = in_hand(&w, &office, 5);
    w.now_ms += 3 * HOUR;
    assert_ok(act(&w, &office.crew, id, "part_done", NOTE("Fenced, late.")));
    w.now_ms += HOUR;
    assert_ok(act(&w, &office.crew, id, "feed_back", NOTE("Repaired.")));
    assert_int_equal(fact(&w, "handled_in_time", id), 0);
    assert_recount(&w);
    // Corrected to a class without a chain, no part is left.
    assert_ok(act(&w, &office.dispatcher, id, "rework", NOTE("Again.")));
    struct case_input to_pothole[] = {{"class", "1"}, {"opinion", "A pothole."}};
    assert_ok(act(&w, &office.dispatcher, id, "correct", to_pothole, 2));
    struct case_detail detail = look(&w, id);
    assert_int_equal(detail.summary.clock.kind, PROCESS_CLOCK_HANDLING);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_REPAIR)->state.status, CLOCK_STOPPED);
    struct case_input to_pipe[] = {{"class", "5"}, {"opinion", "A pipe after all."}};
    assert_ok(act(&w, &office.dispatcher, id, "correct", to_pipe, 2));
    detail = look(&w, id);
    assert_int_equal(detail.summary.clock.kind, PROCESS_CLOCK_SAFE);
    assert_recount(&w);
    world_end(&w);
}

static void another_department_begins_the_chain_anew(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    int64_t id = in_hand(&w, &office, 5);
    w.now_ms += 3 * HOUR; // late
    assert_ok(act(&w, &office.crew, id, "part_done", NOTE("Fenced.")));
    struct case_input parks[] = {{"department", "3"}, {"opinion", "Theirs."}};
    assert_ok(act(&w, &office.dispatcher, id, "recall", parks, 2));
    struct case_detail detail = look(&w, id);
    assert_int_equal(detail.summary.clock.kind, PROCESS_CLOCK_SAFE);
    assert_int_equal(detail.summary.clock.state.due_ms, w.now_ms + 2 * HOUR);
    struct actor other = person(6, ROLE_DEPARTMENT, 0, 3);
    w.now_ms += HOUR;
    assert_ok(act(&w, &other, id, "sign", NULL, 0));
    assert_ok(act(&w, &other, id, "feed_back", NOTE("All of it.")));
    assert_int_equal(fact(&w, "handled_in_time", id), 1);
    assert_recount(&w);
    world_end(&w);
}

static void an_extension_after_the_deadline_is_refused(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    int64_t id = in_hand(&w, &office, 1);
    w.now_ms = MORNING + 8 * HOUR; // due at 15:00
    assert_fails(act(&w, &office.crew, id, "ask_extension", NOTE("Too late.")),
                 ERROR_CONFLICT, "case.guard");
    world_end(&w);
}

static void a_resumption_in_the_past_and_30_february_are_refused(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct office office = people();
    int64_t id = in_hand(&w, &office, 1);
    static const char document[] =
        "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0";
    struct case_input inputs[] = {
        {"until", "2025-05-01T00:00:00Z"}, {"opinion", "Frost."}, {"document", document}};
    assert_fails(act(&w, &office.crew, id, "ask_suspension", inputs, 3), ERROR_CONFLICT,
                 "case.guard");
    inputs[0].value = "2026-02-30T00:00:00Z";
    assert_fails(act(&w, &office.crew, id, "ask_suspension", inputs, 3), ERROR_INPUT,
                 "text.not_an_instant");
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phone_whose_clock_is_two_days_ahead_is_corrected),
        cmocka_unit_test(the_centre_s_clock_starts_when_the_report_arrives),
        cmocka_unit_test(a_crew_s_feedback_counts_when_it_was_done_and_may_be_contested),
        cmocka_unit_test(each_part_of_a_chain_has_its_own_deadline),
        cmocka_unit_test(a_part_that_was_late_makes_the_handling_late),
        cmocka_unit_test(another_department_begins_the_chain_anew),
        cmocka_unit_test(an_extension_after_the_deadline_is_refused),
        cmocka_unit_test(a_resumption_in_the_past_and_30_february_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
