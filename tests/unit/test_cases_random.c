// SPDX-License-Identifier: MPL-2.0
// Users at random: whatever they do, no case gets stuck and all figures hold.
#include "random_users.h"

// A slice at a time, so that people move cases whose clocks are not there yet.
static int upkeep(struct world *w)
{
    unsigned done = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(w->db, DB_WRITE, &transaction, &error);
    if (code == 0)
        code = case_upkeep_run(w->db, w->city, w->now_ms, 3, &done, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static int upkeep_all(struct world *w)
{
    unsigned done = 1;
    int code = 0;
    while (code == 0 && done > 0) {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        code = db_begin(w->db, DB_WRITE, &transaction, &error);
        if (code == 0)
            code = case_upkeep_run(w->db, w->city, w->now_ms, 200, &done, &error);
        if (code == 0)
            code = db_commit(&transaction, &error);
    }
    return code;
}

// What the system does by itself when nobody has.
static void ring(struct world *w)
{
    unsigned done = 1;
    while (done > 0)
        assert_ok(case_timers_run(w->db, w->city, w->now_ms, 50, &done, &error));
}

// Every case can be brought to its end.
static void finish_all(struct world *w, const struct actor *people, size_t person_count,
                       const int64_t *cases, size_t count)
{
    fake_departments[6].closed = true;
    fake_departments[4].closed = true; // the higher desk, too
    assert_ok(upkeep_all(w));
    for (size_t i = 0; i < count; i++) {
        for (int tries = 0; tries < 20000 && look(w, cases[i]).summary.task_id != 0;
             tries++) {
            w->now_ms += MINUTE;
            random_move(w, people, person_count, cases[i], true);
            if (tries % 50 == 0) {
                ring(w);
                arena_free(w->arena);
                w->arena = arena_new(256 * 1024 * 1024);
            }
        }
        assert_int_equal(look(w, cases[i]).summary.stage, PROCESS_ENDED);
    }
}

static bool is_leaf(const struct world *w, int64_t department_id)
{
    for (size_t i = 0; i < city_departments(w->city); i++)
        if (city_department(w->city, i)->parent == department_id)
            return false;
    return true;
}

static bool is_of(const struct case_detail *detail, int64_t department_id)
{
    bool own = detail->summary.department_id == department_id;
    for (size_t i = 0; i < detail->task_count; i++)
        own |= detail->tasks[i].open && detail->tasks[i].department_id == department_id;
    return own;
}

// The open work of somebody of one department: what it leads or has an open task of, each
// once, by deadline, however long the pages are. Returns how many it does not lead.
static size_t department_list_holds(struct world *w, const struct actor *who,
                                    const int64_t *cases, size_t count)
{
    const int64_t department_id = who->grants[0].department_id;
    struct case_filter filter = case_filter_all();
    struct case_page page = {0};
    size_t expected = 0, found = 0, others = 0;
    int64_t before = INT64_MIN;
    arena_free(w->arena);
    w->arena = arena_new(256 * 1024 * 1024);
    for (size_t i = 0; i < count; i++) {
        const struct case_detail detail = look(w, cases[i]);
        expected +=
            detail.summary.closed_ms == INSTANT_NONE && is_of(&detail, department_id);
    }
    filter.open = 1;
    filter.sort = CASE_SORT_DUE;
    do {
        filter.cursor = page.next_cursor;
        filter.limit = 1 + random_below(9);
        assert_ok(
            case_list(w->db, w->city, who, &filter, w->now_ms, w->arena, &page, &error));
        for (size_t i = 0; i < page.count; i++) {
            const struct case_summary *one = &page.items[i];
            const struct case_detail detail = look(w, one->id);
            const int64_t due = one->clock.state.due_ms == INSTANT_NONE
                                    ? INT64_MAX
                                    : one->clock.state.due_ms;
            assert_true(is_of(&detail, department_id));
            assert_true(due >= before);
            before = due;
            others += one->department_id != department_id;
        }
        found += page.count;
    } while (page.next_cursor != NULL);
    assert_int_equal(found, expected);
    return others;
}

// A case that two departments help with.
static int64_t ask_for_help(struct world *w, const struct actor *people)
{
    struct case_result result;
    assert_ok(report_as(w, &people[0], 1, 0.0015, 0.0015, &result));
    const int64_t case_id = result.case_id;
    const struct case_input inputs[] = {{"department", "2"}, {"assistants", "3,4"}};
    assert_ok(act(w, &people[1], case_id, "accept", NULL, 0));
    assert_ok(act(w, &people[2], case_id, "file", NULL, 0));
    assert_ok(act(w, &people[3], case_id, "dispatch", inputs, 2));
    return case_id;
}

static void play_at_random(const char *process, unsigned moves)
{
    struct world w;
    world_begin(&w, process);
    random_form_store(&w);
    struct actor people[] = {
        person(1, ROLE_COLLECTOR, 0, 0),    person(2, ROLE_ACCEPTOR, 0, 0),
        person(3, ROLE_SHIFT_LEADER, 0, 0), person(4, ROLE_DISPATCHER, 0, 0),
        person(5, ROLE_DEPARTMENT, 0, 2),   person(6, ROLE_DEPARTMENT, 0, 3),
        person(7, ROLE_DEPARTMENT, 0, 4),   person(8, ROLE_INSPECTOR, 101, 0),
        person(9, ROLE_MANAGER, 0, 0),      person(10, ROLE_DISPATCHER, 0, 5),
        person(11, ROLE_DISPATCHER, 0, 7),  person(12, ROLE_DEPARTMENT, 0, 6),
        person(13, ROLE_DEPARTMENT, 0, 8),  person(14, ROLE_DEPARTMENT, 0, 11),
        person(15, ROLE_DEPARTMENT, 0, 10),
    };
    const size_t count = sizeof people / sizeof people[0];
    static int64_t cases[8000];
    const size_t most = moves / 10;
    size_t case_count = 0;
    unsigned made = 0;
    size_t others = 0;
    for (unsigned i = 0; i < moves * 4 && made < moves; i++) {
        w.now_ms += (int64_t)random_below(40) * MINUTE;
        if (made > moves / 4 * (w.city->later_count + 1) && w.city->later_count < 3)
            fake_city_calendar(w.city, CALENDARS[w.city->later_count]);
        if (i % 7 == 0)
            assert_ok(upkeep(&w));
        if (i % 11 == 0)
            ring(&w);
        if (i % 500 == 0)
            for (size_t k = 0; k < count; k++)
                if (people[k].grants[0].role == ROLE_DEPARTMENT &&
                    is_leaf(&w, people[k].grants[0].department_id))
                    others += department_list_holds(&w, &people[k], cases, case_count);
        if (i % 97 == 0) // the lower desk leaves the model and comes back
            fake_departments[6].closed = !fake_departments[6].closed;
        if (case_count < 20 || (case_count < most && random_below(12) == 0)) {
            struct case_result result;
            double lon = random_below(8) == 0 ? -1 : 0.0001 * random_below(100);
            assert_ok(report_as(&w, &people[random_below(8)], 1 + random_below(3), lon,
                                0.0044, &result));
            cases[case_count++] = result.case_id;
            if (strcmp(process, "standard") == 0 && case_count % 16 == 0)
                cases[case_count++] = ask_for_help(&w, people);
        }
        made += random_move(&w, people, count, cases[random_below((unsigned)case_count)],
                            false);
    }
    assert_true(made > moves / 2);
    assert_true(others > 0 || strcmp(process, "standard") != 0);
    assert_recount(&w);
    finish_all(&w, people, count, cases, case_count);
    assert_recount(&w);
    fake_departments[4].closed = fake_departments[6].closed = false;
    world_end(&w);
}

static void random_users_never_get_a_case_stuck(void **state)
{
    (void)state;
    random_state = 20250602;
    bool long_run = getenv("GRIDCASE_LONG") != NULL;
    play_at_random("boston", long_run ? 20000 : 1500);
    play_at_random("standard", long_run ? 80000 : 3500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_users_never_get_a_case_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
