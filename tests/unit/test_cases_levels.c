// SPDX-License-Identifier: MPL-2.0
// Levels of command: whose time runs while a case goes down the levels and up again, what
// each level's share was, and who sees and holds it there.
#include <string.h>

#include <gridcase/cases/order.h>
#include <gridcase/media/media.h>
#include <gridcase/rules/calendar.h>

#include "case_world.h"

enum { NORTH = 5, SWEEPERS = 6, STREET = 7, TEAM = 8 };

struct office {
    struct world world;
    struct actor collector, acceptor, leader, centre, north, street, sweepers, team;
    int64_t case_id;
};

static void office_begin(struct office *o)
{
    world_begin(&o->world, "standard");
    o->collector = person(1, ROLE_COLLECTOR, 0, 0);
    o->acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    o->leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    o->centre = person(4, ROLE_DISPATCHER, 0, 0);
    o->north = person(5, ROLE_DISPATCHER, 0, NORTH);
    o->street = person(6, ROLE_DISPATCHER, 0, STREET);
    o->sweepers = person(7, ROLE_DEPARTMENT, 0, SWEEPERS);
    o->team = person(8, ROLE_DEPARTMENT, 0, TEAM);
    struct case_result result;
    assert_ok(report_as(&o->world, &o->collector, 1, 0.0015, 0.0015, &result));
    o->case_id = result.case_id;
    assert_ok(act(&o->world, &o->acceptor, o->case_id, "accept", NULL, 0));
    assert_ok(act(&o->world, &o->leader, o->case_id, "file", NULL, 0));
}

static void to(struct office *o, const struct actor *actor, const char *action,
               const char *department)
{
    struct case_input input = {"department", department};
    assert_ok(act(&o->world, actor, o->case_id, action, &input, 1));
}

static void says(struct office *o, const struct actor *actor, const char *action)
{
    assert_ok(act(&o->world, actor, o->case_id, action, NOTE("So it is.")));
}

static const struct case_clock *clock_of(const struct case_detail *detail, int kind,
                                         size_t number)
{
    for (size_t i = 0; i < detail->clock_count; i++)
        if ((int)detail->clocks[i].kind == kind && number-- == 0)
            return &detail->clocks[i];
    fail_msg("no clock %s", process_clock_to_str(kind));
    return NULL;
}

static int64_t share_of(const struct case_detail *detail, int64_t department_id)
{
    for (size_t i = 0; i < detail->share_count; i++)
        if (detail->shares[i].department_id == department_id)
            return detail->shares[i].counted_ms / MINUTE;
    return -1;
}

static void the_outer_clock_runs_through_and_the_shares_add_up(void **state)
{
    (void)state;
    struct office o;
    office_begin(&o);
    struct world *w = &o.world;
    to(&o, &o.centre, "dispatch", "5");
    w->now_ms += 20 * MINUTE;
    to(&o, &o.north, "pass_on", "7");
    w->now_ms += 10 * MINUTE;
    to(&o, &o.street, "pass_on", "8");
    w->now_ms += 15 * MINUTE;
    assert_ok(act(w, &o.team, o.case_id, "sign", NULL, 0));
    w->now_ms += 45 * MINUTE;
    says(&o, &o.team, "feed_back");
    struct case_detail detail = look(w, o.case_id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_HANDLING, 0)->state.status,
                     CLOCK_RUNNING);
    w->now_ms += 5 * MINUTE;
    assert_ok(act(w, &o.street, o.case_id, "endorse", NULL, 0));
    w->now_ms += 25 * MINUTE;
    assert_ok(act(w, &o.north, o.case_id, "endorse", NULL, 0));
    detail = look(w, o.case_id);
    assert_string_equal(detail.summary.step, "review");
    const struct clock *handling = &clock_of(&detail, PROCESS_CLOCK_HANDLING, 0)->state;
    assert_int_equal(handling->status, CLOCK_STOPPED);
    assert_int_equal(handling->consumed_ms, 120 * MINUTE);
    assert_int_equal(share_of(&detail, NORTH), 45);
    assert_int_equal(share_of(&detail, STREET), 15);
    assert_int_equal(share_of(&detail, TEAM), 60);
    // The desk's own clock counts the same; what it gives those below, the time below.
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_DESK, 0)->state.consumed_ms,
                     45 * MINUTE);
    const struct clock *inner = &clock_of(&detail, PROCESS_CLOCK_INNER, 0)->state;
    assert_int_equal(inner->limit.milli, 2000); // half of four working hours
    assert_int_equal(inner->status, CLOCK_PAUSED);
    assert_int_equal(inner->consumed_ms, 75 * MINUTE);
    assert_recount(w);
    world_end(w);
}

static void a_desk_is_late_by_its_own_limit_while_the_case_is_not(void **state)
{
    (void)state;
    struct office o;
    office_begin(&o);
    struct world *w = &o.world;
    to(&o, &o.centre, "dispatch", "5");
    w->now_ms += 61 * MINUTE;
    struct case_detail detail = look(w, o.case_id);
    assert_true(clock_is_over(&clock_of(&detail, PROCESS_CLOCK_DESK, 0)->state, w->now_ms));
    assert_int_equal(case_light(&detail.summary, w->now_ms), CLOCK_LIGHT_GREEN);
    world_end(w);
}

static void a_return_goes_up_level_by_level_with_its_clocks(void **state)
{
    (void)state;
    struct office o;
    office_begin(&o);
    struct world *w = &o.world;
    to(&o, &o.centre, "dispatch", "5");
    to(&o, &o.north, "pass_on", "6");
    assert_ok(act(w, &o.sweepers, o.case_id, "sign", NULL, 0));
    w->now_ms += 30 * MINUTE;
    says(&o, &o.sweepers, "return");
    struct case_detail detail = look(w, o.case_id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_INNER, 0)->state.status, CLOCK_PAUSED);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_HANDLING, 0)->state.status,
                     CLOCK_RUNNING);
    w->now_ms += 10 * MINUTE;
    says(&o, &o.north, "return_up");
    detail = look(w, o.case_id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_HANDLING, 0)->state.status,
                     CLOCK_PAUSED);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_DESK, 0)->state.status, CLOCK_STOPPED);
    assert_int_equal(detail.summary.department_id, NORTH);
    // Refused: the desk has it again, on a clock of its own, and the outer one goes on.
    w->now_ms += 10 * MINUTE;
    says(&o, &o.centre, "refuse_return");
    detail = look(w, o.case_id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_DESK, 1)->state.status, CLOCK_RUNNING);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_HANDLING, 0)->state.consumed_ms,
                     40 * MINUTE);
    assert_recount(w);
    world_end(w);
}

#define FORM "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0"
static void store_form(struct world *w)
{
    struct media_file form = {
        .type = MEDIA_PDF, .bytes = 1, .taken = {.accuracy_m = -1, .at_ms = INSTANT_NONE}};
    memset(form.sha256, 0xf0, sizeof form.sha256);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(media_file_store(w->db, &form, 0, w->now_ms, &error));
    assert_ok(db_commit(&transaction, &error));
}

static void inner_limits_stand_while_the_case_is_suspended(void **state)
{
    (void)state;
    struct office o;
    office_begin(&o);
    struct world *w = &o.world;
    store_form(w);
    to(&o, &o.centre, "dispatch", "5");
    to(&o, &o.north, "pass_on", "6");
    assert_ok(act(w, &o.sweepers, o.case_id, "sign", NULL, 0));
    w->now_ms += 30 * MINUTE;
    const struct case_input asked[] = {
        {"opinion", "Frost."}, {"until", "2025-06-20T00:00:00Z"}, {"document", FORM}};
    assert_ok(act(w, &o.sweepers, o.case_id, "ask_suspension", asked, 3));
    assert_ok(act(w, &o.north, o.case_id, "endorse_suspension", NULL, 0));
    assert_ok(act(w, &o.centre, o.case_id, "suspend", NULL, 0));
    struct case_detail detail = look(w, o.case_id);
    assert_string_equal(detail.summary.step, "suspended");
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_INNER, 0)->state.status, CLOCK_PAUSED);
    w->now_ms += 20 * MINUTE;
    says(&o, &o.centre, "resume");
    w->now_ms += 10 * MINUTE;
    says(&o, &o.sweepers, "feed_back");
    detail = look(w, o.case_id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_INNER, 0)->state.consumed_ms,
                     40 * MINUTE);
    assert_recount(w);
    world_end(w);
}

// A typhoon: all clocks of the case stand, and the work goes on under it.
static int64_t typhoon(struct office *o)
{
    struct world *w = &o->world;
    struct case_order_item item = {o->case_id, look(w, o->case_id).summary.version};
    struct case_order_draft draft = {.actor = &o->leader,
                                     .what = CASE_ORDER_PAUSE,
                                     .scope = CASE_ORDER_ALL,
                                     .title = "Typhoon",
                                     .reason = "It blows.",
                                     .filter = "open=1",
                                     .until_ms = INSTANT_NONE,
                                     .now_ms = w->now_ms,
                                     .items = &item,
                                     .count = 1};
    int64_t id = 0;
    unsigned done = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(case_order_sign(w->db, &draft, &id, &error));
    assert_ok(case_order_work(w->db, w->city, w->now_ms, 10, &done, &error));
    assert_ok(db_commit(&transaction, &error));
    return id;
}

static void a_time_order_holds_the_clocks_of_desks_and_the_work_goes_on(void **state)
{
    (void)state;
    struct office o;
    office_begin(&o);
    struct world *w = &o.world;
    to(&o, &o.centre, "dispatch", "5");
    w->now_ms += 20 * MINUTE;
    int64_t order_id = typhoon(&o);
    struct case_detail detail = look(w, o.case_id);
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_DESK, 0)->state.status, CLOCK_PAUSED);
    w->now_ms += 30 * MINUTE;
    to(&o, &o.north, "pass_on", "6");
    assert_ok(act(w, &o.sweepers, o.case_id, "sign", NULL, 0));
    says(&o, &o.sweepers, "feed_back");
    assert_string_equal(look(w, o.case_id).summary.step, "desk_review");
    w->now_ms += 30 * MINUTE;
    unsigned done = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(case_order_lift(w->db, order_id, &o.leader, w->now_ms, &error));
    assert_ok(case_order_work(w->db, w->city, w->now_ms, 10, &done, &error));
    assert_ok(db_commit(&transaction, &error));
    w->now_ms += 10 * MINUTE;
    assert_ok(act(w, &o.north, o.case_id, "endorse", NULL, 0));
    detail = look(w, o.case_id);
    assert_string_equal(detail.summary.step, "review");
    assert_int_equal(clock_of(&detail, PROCESS_CLOCK_DESK, 0)->state.consumed_ms,
                     30 * MINUTE);
    assert_recount(w);
    world_end(w);
}

static bool sees(struct world *w, const struct actor *actor, int64_t case_id)
{
    bool visible = false;
    assert_ok(case_visible(w->db, w->city, actor, case_id, &visible, &error));
    struct case_filter filter = case_filter_all();
    struct case_page page = {0};
    bool listed = false;
    assert_ok(
        case_list(w->db, w->city, actor, &filter, w->now_ms, w->arena, &page, &error));
    for (size_t i = 0; i < page.count; i++)
        listed |= page.items[i].id == case_id;
    assert_int_equal(listed, visible);
    return visible;
}

static bool has_as_mine(struct world *w, const struct actor *actor, int64_t case_id)
{
    struct case_filter filter = case_filter_all();
    struct case_page page = {0};
    bool mine = false;
    filter.queue = "mine";
    filter.sort = CASE_SORT_DUE;
    assert_ok(
        case_list(w->db, w->city, actor, &filter, w->now_ms, w->arena, &page, &error));
    for (size_t i = 0; i < page.count; i++)
        mine |= page.items[i].id == case_id;
    return mine;
}

static void each_level_sees_its_part_and_holds_its_own(void **state)
{
    (void)state;
    struct office o;
    office_begin(&o);
    struct world *w = &o.world;
    assert_false(sees(w, &o.north, o.case_id));
    assert_true(has_as_mine(w, &o.centre, o.case_id));
    to(&o, &o.centre, "dispatch", "5");
    assert_true(sees(w, &o.north, o.case_id));
    assert_false(sees(w, &o.street, o.case_id));
    assert_true(has_as_mine(w, &o.north, o.case_id));
    assert_false(has_as_mine(w, &o.centre, o.case_id));
    to(&o, &o.north, "pass_on", "7");
    assert_true(has_as_mine(w, &o.street, o.case_id));
    assert_false(has_as_mine(w, &o.north, o.case_id));
    to(&o, &o.street, "pass_on", "8");
    assert_true(has_as_mine(w, &o.team, o.case_id));
    assert_false(sees(w, &o.sweepers, o.case_id));
    assert_ok(act(w, &o.team, o.case_id, "sign", NULL, 0));
    says(&o, &o.team, "feed_back");
    assert_ok(act(w, &o.street, o.case_id, "endorse", NULL, 0));
    assert_ok(act(w, &o.north, o.case_id, "endorse", NULL, 0));
    // The centre's review is the centre's, though the case lies in the desk's part.
    assert_true(has_as_mine(w, &o.centre, o.case_id));
    assert_false(has_as_mine(w, &o.north, o.case_id));
    assert_true(sees(w, &o.north, o.case_id));
    struct case_detail detail = {0};
    assert_ok(case_read_by_id(w->db, w->city, &o.north, o.case_id, w->now_ms, w->arena,
                              &detail, &error));
    for (size_t i = 0; i < detail.allowed_count; i++)
        assert_string_not_equal(detail.allowed[i].action->code, "accept_feedback");
    world_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outer_clock_runs_through_and_the_shares_add_up),
        cmocka_unit_test(a_desk_is_late_by_its_own_limit_while_the_case_is_not),
        cmocka_unit_test(a_return_goes_up_level_by_level_with_its_clocks),
        cmocka_unit_test(inner_limits_stand_while_the_case_is_suspended),
        cmocka_unit_test(a_time_order_holds_the_clocks_of_desks_and_the_work_goes_on),
        cmocka_unit_test(each_level_sees_its_part_and_holds_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
