// SPDX-License-Identifier: MPL-2.0
// The one door: whole lives of cases, who may do what, and what is kept about it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
#define MINUTE INT64_C(60000)
#define HOUR INT64_C(3600000)

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
    assert_ok(db_store_open(location, DB_STORE_CREATE | DB_STORE_UNSAFE, &w->store, &error));
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

static struct actor person(int64_t id, enum role role, int64_t area_id, int64_t department_id)
{
    struct actor actor = {.person_id = id};
    assert_ok(actor_add_grant(&actor, (struct role_grant){role, area_id, department_id}, &error));
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

static int report_as(struct world *w, const struct actor *actor, int64_t class_id, double lon,
                     double lat, struct case_result *result)
{
    struct case_draft draft = {.class_id = class_id,
                               .has_point = lon >= 0,
                               .point = {lon, lat, CASE_WGS84, -1},
                               .description = "There is something.",
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
    return move(w, &(struct case_move){.actor = actor, .action = "report", .draft = &draft,
                                       .received_ms = w->now_ms, .done_ms = INSTANT_NONE},
                result);
}

// Acts on the case's open task as somebody who has just looked at it.
static int act(struct world *w, const struct actor *actor, int64_t case_id, const char *action,
               const struct case_input *inputs, size_t count)
{
    struct actor eye = actor_system();
    char number[CASE_NUMBER_SIZE] = "";
    struct case_detail detail;
    struct case_result result;
    (void)number;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(case_read_by_id(w->db, w->city, &eye, case_id, w->now_ms, w->arena, &detail, &error));
    int64_t task_id = detail.summary.task_id, version = detail.summary.task_version;
    for (size_t i = 0; i < detail.task_count; i++)
        for (size_t k = 0; k < detail.allowed_count; k++)
            if (strcmp(detail.allowed[k].action->code, action) == 0)
                task_id = detail.allowed[k].task_id, version = detail.allowed[k].task_version;
    int code = case_apply(w->db, w->city,
                          &(struct case_move){.actor = actor, .action = action, .case_id = case_id,
                                              .task_id = task_id, .task_version = version,
                                              .received_ms = w->now_ms, .done_ms = INSTANT_NONE,
                                              .inputs = inputs, .input_count = count},
                          &result, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static struct case_detail look(struct world *w, int64_t case_id)
{
    struct actor eye = actor_system();
    struct case_detail detail;
    assert_ok(case_read_by_id(w->db, w->city, &eye, case_id, w->now_ms, w->arena, &detail, &error));
    return detail;
}

__attribute__((unused)) static const struct process_step *step_of(struct world *w, int64_t case_id)
{
    struct case_detail detail = look(w, case_id);
    return process_step(detail.process,
                        (size_t)process_step_find(detail.process, detail.summary.step));
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
    assert_string_equal(detail.history[1].clock_effect, "handling stop");
    assert_int_equal(case_light(&detail.summary, w.now_ms), CLOCK_LIGHT_GREEN);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boston_case_is_routed_timed_and_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
