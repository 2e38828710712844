// SPDX-License-Identifier: MPL-2.0
// Time orders: one signed decision over the clocks of many cases, worked in slices.
#include "case_world.h"

#include <sqlite3.h>

#include <gridcase/cases/order.h>

#include "case_facts.h"

static struct actor collector, acceptor, leader, dispatcher, crew, parks_crew, manager;

static void begin(struct world *w)
{
    world_begin(w, "standard");
    collector = person(1, ROLE_COLLECTOR, 0, 0);
    acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    crew = person(5, ROLE_DEPARTMENT, 0, 2);
    parks_crew = person(6, ROLE_DEPARTMENT, 0, 3);
    manager = person(7, ROLE_MANAGER, 0, 0);
}

// A pothole in the step handle: 4 working hours from now.
static int64_t in_hand(struct world *w)
{
    struct case_result result;
    assert_ok(report_as(w, &collector, 1, 0.0015, 0.0015, &result));
    assert_ok(act(w, &acceptor, result.case_id, "accept", NULL, 0));
    assert_ok(act(w, &leader, result.case_id, "file", NULL, 0));
    struct case_input department[] = {{"department", "2"}};
    assert_ok(act(w, &dispatcher, result.case_id, "dispatch", department, 1));
    assert_ok(act(w, &crew, result.case_id, "sign", NULL, 0));
    return result.case_id;
}

static struct case_order_draft typhoon(struct world *w, const struct case_order_item *items,
                                       size_t count)
{
    return (struct case_order_draft){.actor = &leader,
                                     .what = CASE_ORDER_PAUSE,
                                     .scope = CASE_ORDER_HANDLING,
                                     .title = "Typhoon",
                                     .reason = "Order 12 of the flood office.",
                                     .filter = "open=1",
                                     .until_ms = INSTANT_NONE,
                                     .now_ms = w->now_ms,
                                     .items = items,
                                     .count = count};
}

static int sign(struct world *w, const struct case_order_draft *draft, int64_t *ret_id)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    int code = case_order_sign(w->db, draft, ret_id, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

// One slice, committed or lost.
static unsigned slice(struct world *w, unsigned most, bool commit)
{
    unsigned done = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(case_order_work(w->db, w->city, w->now_ms, most, &done, &error));
    if (commit)
        assert_ok(db_commit(&transaction, &error));
    return done;
}

static void work(struct world *w)
{
    while (slice(w, 3, true) > 0)
        ;
}

static int lift(struct world *w, int64_t order_id)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    int code = case_order_lift(w->db, order_id, &leader, w->now_ms, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static struct case_order order(struct world *w, int64_t id)
{
    struct case_order order;
    assert_ok(case_order_load(w->db, id, w->arena, &order, &error));
    return order;
}

static struct case_clock handling(struct world *w, int64_t id)
{
    struct case_detail detail = look(w, id);
    for (size_t i = 0; i < detail.clock_count; i++)
        if (detail.clocks[i].kind == PROCESS_CLOCK_HANDLING)
            return detail.clocks[i];
    fail_msg("no handling clock");
    return (struct case_clock){0};
}

static struct case_order_item item(struct world *w, int64_t id)
{
    return (struct case_order_item){id, look(w, id).summary.version};
}

static const char *why(struct world *w, int64_t order_id, int64_t case_id)
{
    struct case_order_told *told = NULL;
    size_t count = 0;
    assert_ok(case_order_told(w->db, &(struct case_order_page){order_id, 0, 100}, w->arena,
                              &told, &count, &error));
    for (size_t i = 0; i < count; i++)
        if (told[i].case_id == case_id)
            return case_order_why_to_str((int)told[i].why);
    return "";
}

static void a_pause_stops_all_clocks_at_one_instant_and_gives_the_time_back(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct case_order_item items[7];
    for (size_t i = 0; i < 7; i++)
        items[i] = item(&w, in_hand(&w));
    w.now_ms = MORNING + HOUR; // 10:00
    struct case_order_draft draft = typhoon(&w, items, 7);
    int64_t id = 0;
    assert_ok(sign(&w, &draft, &id));
    assert_int_equal(handling(&w, items[6].case_id).state.status, CLOCK_RUNNING);
    w.now_ms += 20 * MINUTE; // the server was busy
    work(&w);
    assert_int_equal(order(&w, id).state, CASE_ORDER_IN_FORCE);
    assert_int_equal(order(&w, id).worked, 7);
    for (size_t i = 0; i < 7; i++) {
        struct case_clock clock = handling(&w, items[i].case_id);
        assert_int_equal(clock.state.status, CLOCK_PAUSED);
        assert_int_equal(clock.state.since_ms, MORNING + HOUR);
        assert_int_equal(clock.extensions, 0);
    }
    assert_recount(&w);
    w.now_ms = MORNING + 25 * HOUR; // the next day, 10:00
    assert_ok(lift(&w, id));
    assert_fails(lift(&w, id), ERROR_CONFLICT, "order.not_in_force");
    work(&w);
    assert_int_equal(order(&w, id).state, CASE_ORDER_DONE);
    for (size_t i = 0; i < 7; i++) {
        struct case_clock clock = handling(&w, items[i].case_id);
        assert_int_equal(clock.state.status, CLOCK_RUNNING);
        // 1 of 4 hours was used; 10:00-12:00, 14:00-15:00.
        assert_int_equal(clock.state.due_ms, MORNING + 30 * HOUR);
        assert_int_equal(fact(&w, "ordered_ms", items[i].case_id), 24 * HOUR);
        assert_int_equal(fact(&w, "extended", items[i].case_id), 0);
        assert_int_equal(fact(&w, "suspended", items[i].case_id), 0);
    }
    struct case_detail detail = look(&w, items[0].case_id);
    const struct case_history_row *last = &detail.history[detail.history_count - 1];
    assert_int_equal(last->kind, PROCESS_ORDERED);
    assert_non_null(strstr(last->inputs, "Typhoon"));
    assert_recount(&w);
    world_end(&w);
}

static void take_orders_away(const struct world *w)
{
    char path[400];
    sqlite3 *file = NULL;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    assert_int_equal(sqlite3_open_v2(path, &file, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(file, "ALTER TABLE time_order RENAME TO away", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
}

static void the_explanation_names_the_order(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct case_order_item items[] = {item(&w, in_hand(&w))};
    struct case_order_draft draft = typhoon(&w, items, 1);
    draft.until_ms = MORNING + 2 * HOUR;
    int64_t id = 0, second = 0;
    assert_ok(sign(&w, &draft, &id));
    work(&w);
    w.now_ms = MORNING + 3 * HOUR;
    work(&w); // ends by itself, at its end
    assert_int_equal(order(&w, id).state, CASE_ORDER_DONE);
    assert_int_equal(order(&w, id).lifted_ms, MORNING + 2 * HOUR);
    draft.what = CASE_ORDER_EXTEND;
    draft.amount = (struct limit){.unit = LIMIT_WORKING_HOUR, .milli = 2000};
    draft.now_ms = w.now_ms;
    assert_ok(sign(&w, &draft, &second));
    work(&w);
    struct case_explained *clocks = NULL;
    size_t count = 0;
    bool paused = false, given = false;
    assert_ok(case_explain(w.db, w.city, items[0].case_id, "zh-CN", w.arena, &clocks,
                           &count, &error));
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < clocks[i].interval_count; k++) {
            const struct clock_interval *interval = &clocks[i].intervals[k];
            paused |= interval->why == CLOCK_WHY_ORDERED && interval->number == id &&
                      interval->from_ms == MORNING && interval->to_ms == MORNING + 2 * HOUR;
            given |= interval->why == CLOCK_WHY_GIVEN && interval->number == second;
        }
    }
    assert_true(paused);
    assert_true(given);
    assert_recount(&w);
    // An order that cannot be read is no order without a title.
    take_orders_away(&w);
    struct error told = {0};
    assert_int_equal(case_explain(w.db, w.city, items[0].case_id, "zh-CN", w.arena, &clocks,
                                  &count, &told),
                     ERROR_STORE);
    assert_int_equal(told.code, ERROR_STORE);
    world_end(&w);
}

static void work_goes_on_under_a_pause_and_clocks_stay_still(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    int64_t reworked = in_hand(&w), returned = in_hand(&w), other = in_hand(&w);
    int64_t suspended = in_hand(&w);
    assert_ok(act(&w, &crew, other, "feed_back", NOTE("Done.")));
    struct case_order_item items[] = {item(&w, reworked), item(&w, returned),
                                      item(&w, suspended)};
    w.now_ms = MORNING + HOUR;
    struct case_order_draft draft = typhoon(&w, items, 3);
    int64_t id = 0;
    assert_ok(sign(&w, &draft, &id));
    work(&w);
    w.now_ms = MORNING + 2 * HOUR;
    // Handed in under the pause, sent back: the clock stands again.
    assert_ok(act(&w, &crew, reworked, "feed_back", NOTE("Done.")));
    assert_int_equal(fact(&w, "handled_in_time", reworked), 1);
    assert_int_equal(fact(&w, "ordered_ms", reworked), HOUR);
    w.now_ms = MORNING + 3 * HOUR;
    assert_ok(act(&w, &dispatcher, reworked, "rework", NOTE("Not flat.")));
    assert_int_equal(handling(&w, reworked).state.status, CLOCK_PAUSED);
    // Recalled and sent to another department: a new clock, and it stands too.
    struct case_input parks[] = {{"department", "3"}, {"opinion", "Theirs."}};
    assert_ok(act(&w, &dispatcher, returned, "recall", parks, 2));
    assert_int_equal(handling(&w, returned).state.status, CLOCK_PAUSED);
    assert_int_equal(handling(&w, returned).state.consumed_ms, 0);
    // Returned under the pause: when the order ends it still waits for the dispatcher.
    assert_ok(act(&w, &parks_crew, returned, "return", NOTE("Not ours.")));
    assert_int_equal(handling(&w, other).state.status, CLOCK_STOPPED); // not listed
    assert_recount(&w);
    w.now_ms = MORNING + 25 * HOUR;
    assert_ok(lift(&w, id));
    work(&w);
    assert_int_equal(handling(&w, reworked).state.status, CLOCK_RUNNING);
    assert_int_equal(handling(&w, returned).state.status, CLOCK_PAUSED);
    assert_ok(act(&w, &dispatcher, returned, "refuse_return", NOTE("It is.")));
    assert_int_equal(handling(&w, returned).state.status, CLOCK_RUNNING);
    assert_int_equal(handling(&w, suspended).state.status, CLOCK_RUNNING);
    assert_int_equal(fact(&w, "ordered_ms", suspended), 24 * HOUR);
    assert_recount(&w);
    world_end(&w);
}

static void an_extension_is_given_in_each_clock_s_own_measure(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    int64_t id = in_hand(&w), order_id = 0;
    struct case_order_item items[] = {item(&w, id)};
    struct case_order_draft draft = typhoon(&w, items, 1);
    draft.what = CASE_ORDER_EXTEND;
    assert_fails(sign(&w, &draft, &order_id), ERROR_INPUT, "order.amount");
    // One natural day after Monday 15:00: 7 of its hours are worked.
    draft.amount = (struct limit){.unit = LIMIT_NATURAL_DAY, .milli = 1000};
    assert_ok(sign(&w, &draft, &order_id));
    work(&w);
    assert_int_equal(order(&w, order_id).state, CASE_ORDER_DONE);
    assert_int_equal(handling(&w, id).state.due_ms, MORNING + 30 * HOUR);
    assert_int_equal(handling(&w, id).extensions, 0);
    assert_int_equal(fact(&w, "extended", id), 0);
    assert_int_equal(fact(&w, "ordered_ms", id), 24 * HOUR);
    assert_recount(&w);
    world_end(&w);
}

static void what_moved_meanwhile_is_reported_not_skipped_in_silence(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    int64_t still = in_hand(&w), commented = in_hand(&w), ended = in_hand(&w);
    int64_t handed_in = in_hand(&w);
    struct case_order_item items[] = {item(&w, still),
                                      item(&w, commented),
                                      item(&w, ended),
                                      item(&w, handed_in),
                                      {4711, 1}};
    struct case_order_draft draft = typhoon(&w, items, 5);
    int64_t id = 0, second = 0;
    assert_ok(sign(&w, &draft, &id));
    assert_ok(act(&w, &leader, commented, "comment", NOTE("Look.")));
    assert_ok(act(&w, &manager, ended, "force", NOTE("Enough.")));
    assert_ok(act(&w, &crew, handed_in, "feed_back", NOTE("Done.")));
    work(&w);
    assert_string_equal(why(&w, id, still), "");
    assert_string_equal(why(&w, id, commented), "moved");
    assert_string_equal(why(&w, id, ended), "ended");
    assert_string_equal(why(&w, id, handed_in), "no_clock");
    assert_string_equal(why(&w, id, 4711), "unknown");
    assert_int_equal(handling(&w, commented).state.status, CLOCK_PAUSED);
    struct case_order done = order(&w, id);
    assert_int_equal(done.worked, 2);
    assert_int_equal(done.moved, 1);
    assert_int_equal(done.skipped, 3);
    // What one order holds, another does not take.
    assert_ok(sign(&w, &draft, &second));
    work(&w);
    assert_string_equal(why(&w, second, still), "held");
    assert_recount(&w);
    world_end(&w);
}

static void a_crash_in_the_middle_loses_and_repeats_nothing(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct case_order_item items[6];
    for (size_t i = 0; i < 6; i++)
        items[i] = item(&w, in_hand(&w));
    struct case_order_draft draft = typhoon(&w, items, 6);
    draft.what = CASE_ORDER_EXTEND;
    draft.amount = (struct limit){.unit = LIMIT_WORKING_HOUR, .milli = 1000};
    int64_t id = 0, next_ms = 0;
    assert_ok(sign(&w, &draft, &id));
    assert_int_equal(slice(&w, 2, true), 2);
    assert_int_equal(slice(&w, 2, false), 2); // lost before its commit
    db_close(w.db);
    assert_ok(db_open(w.store, "t", DB_CASES, DB_WRITE, &w.db, &error));
    assert_ok(case_order_next(w.db, &next_ms, &error));
    assert_int_equal(next_ms, 1); // it waits
    assert_int_equal(order(&w, id).next, 2);
    work(&w);
    assert_ok(case_order_next(w.db, &next_ms, &error));
    assert_int_equal(next_ms, INSTANT_NONE);
    for (size_t i = 0; i < 6; i++) // 4 hours and 1: Monday 09:00 to 16:00
        assert_int_equal(handling(&w, items[i].case_id).state.due_ms, MORNING + 7 * HOUR);
    assert_recount(&w);
    world_end(&w);
}

static void what_makes_no_sense_is_not_signed(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct case_order_item items[] = {item(&w, in_hand(&w))};
    struct case_order_draft draft = typhoon(&w, items, 1);
    int64_t id = 0, again = 0;
    draft.until_ms = w.now_ms - MINUTE;
    assert_fails(sign(&w, &draft, &id), ERROR_INPUT, "order.until");
    draft = typhoon(&w, items, 0);
    assert_fails(sign(&w, &draft, &id), ERROR_INPUT, "order.empty");
    draft = typhoon(&w, items, CASE_ORDER_CASES + 1);
    assert_fails(sign(&w, &draft, &id), ERROR_LIMIT, "order.too_many");
    draft = typhoon(&w, items, 1);
    draft.title = "";
    assert_fails(sign(&w, &draft, &id), ERROR_INPUT, "order.text");
    static const uint8_t key[16] = {1, 2, 3};
    draft = typhoon(&w, items, 1);
    draft.key = key;
    assert_ok(sign(&w, &draft, &id));
    assert_ok(sign(&w, &draft, &again)); // the answer was lost: the same order
    assert_int_equal(again, id);
    assert_int_equal(stored(&w, "SELECT COUNT(*) FROM time_order"), 1);
    assert_fails(lift(&w, 99), ERROR_NOT_FOUND, "order.unknown");
    world_end(&w);
}

static void every_clock_of_a_case_stands_when_the_order_says_so(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct case_result result;
    assert_ok(report_as(&w, &collector, 1, 0.0015, 0.0015, &result)); // 15 minutes run
    int64_t id = result.case_id, order_id = 0;
    struct case_order_item items[] = {item(&w, id)};
    struct case_order_draft draft = typhoon(&w, items, 1);
    draft.scope = CASE_ORDER_ALL;
    assert_ok(sign(&w, &draft, &order_id));
    work(&w);
    struct case_detail detail = look(&w, id);
    assert_int_equal(detail.summary.clock.state.status, CLOCK_PAUSED);
    w.now_ms += HOUR;
    assert_ok(act(&w, &acceptor, id, "accept", NULL, 0));
    assert_int_equal(fact(&w, "accepted_in_time", id), 1);
    assert_ok(act(&w, &leader, id, "file", NULL, 0));
    detail = look(&w, id); // the next stage's clock stands as well
    assert_int_equal(detail.summary.clock.kind, PROCESS_CLOCK_DISPATCH);
    assert_int_equal(detail.summary.clock.state.status, CLOCK_PAUSED);
    w.now_ms += HOUR;
    assert_ok(lift(&w, order_id));
    work(&w);
    detail = look(&w, id);
    assert_int_equal(detail.summary.clock.state.status, CLOCK_RUNNING);
    assert_int_equal(detail.summary.clock.state.due_ms, w.now_ms + 15 * MINUTE);
    assert_recount(&w);
    world_end(&w);
}

static void a_new_calendar_says_what_it_moved(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    w.now_ms = MORNING + 8 * HOUR; // 17:00: 1 hour today, 3 tomorrow
    int64_t moved = in_hand(&w);
    w.now_ms += MINUTE;
    int64_t ended = in_hand(&w);
    assert_ok(act(&w, &crew, ended, "feed_back", NOTE("Done.")));
    fake_city_calendar(w.city, "date,kind\n2025-06-03,holiday\n");
    unsigned done = 0;
    assert_ok(case_upkeep_run(w.db, w.city, w.now_ms, 100, &done, &error));
    struct case_calendar_change *changes = NULL;
    struct case_calendar_moved *list = NULL;
    size_t count = 0;
    assert_ok(case_calendar_changes(w.db, w.arena, &changes, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].moved, 1);
    assert_int_equal(changes[0].later, 1);
    assert_int_equal(changes[0].earlier, 0);
    struct case_calendar_page page = {changes[0].version, 0, 100};
    assert_ok(case_calendar_moved(w.db, &page, w.arena, &list, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].case_id, moved);
    assert_int_equal(list[0].due_before_ms, MORNING + 26 * HOUR);
    assert_int_equal(list[0].due_after_ms, MORNING + 50 * HOUR);
    struct case_calendar_change change;
    assert_fails(case_calendar_change(w.db, 99, &change, &error), ERROR_NOT_FOUND,
                 "calendar_change.unknown");
    assert_recount(&w);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_stops_all_clocks_at_one_instant_and_gives_the_time_back),
        cmocka_unit_test(the_explanation_names_the_order),
        cmocka_unit_test(work_goes_on_under_a_pause_and_clocks_stay_still),
        cmocka_unit_test(an_extension_is_given_in_each_clock_s_own_measure),
        cmocka_unit_test(what_moved_meanwhile_is_reported_not_skipped_in_silence),
        cmocka_unit_test(a_crash_in_the_middle_loses_and_repeats_nothing),
        cmocka_unit_test(what_makes_no_sense_is_not_signed),
        cmocka_unit_test(every_clock_of_a_case_stands_when_the_order_says_so),
        cmocka_unit_test(a_new_calendar_says_what_it_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
