// SPDX-License-Identifier: MPL-2.0
// A store of the test's own with a fake city, and short ways to report, act and look.
// Included by one program at a time: fake_city.h stands in for the city room.
#pragma once

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

#include "assert_ok.h"
#include "fake_city.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

static struct error error;
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

static const char *world_prefix = ""; // of the store's location: an engine's name

static inline void world_begin(struct world *w, const char *process)
{
    char location[300], steps[200], actions[200];
    memset(w, 0, sizeof *w);
    temporary_folder(w->folder, sizeof w->folder);
    snprintf(location, sizeof location, "%s/data", w->folder);
    snprintf(steps, sizeof steps, "grids/%s/process/steps.csv", process);
    snprintf(actions, sizeof actions, "grids/%s/process/actions.csv", process);
    engine_store(location);
    snprintf(location, sizeof location, "%s%s/data", world_prefix, w->folder);
    assert_ok(
        db_store_open(location, DB_STORE_CREATE | DB_STORE_UNSAFE, &w->store, &error));
    assert_ok(db_store_city_create(w->store, "t", 1, &error));
    assert_ok(db_open(w->store, "t", DB_CASES, DB_WRITE, &w->db, &error));
    w->city = fake_city_new(steps, actions);
    w->arena = arena_new(256 * 1024 * 1024);
    w->now_ms = MORNING;
}

static inline void world_end(struct world *w)
{
    db_close(w->db);
    db_store_close(w->store);
    fake_city_free(w->city);
    arena_free(w->arena);
    temporary_remove(w->folder);
}

static inline struct actor person(int64_t id, enum role role, int64_t area_id,
                                  int64_t department_id)
{
    struct actor actor = {.person_id = id};
    assert_ok(
        actor_add_grant(&actor, (struct role_grant){role, area_id, department_id}, &error));
    return actor;
}

static inline int move(struct world *w, const struct case_move *move,
                       struct case_result *result)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(w->db, DB_WRITE, &transaction, &error);
    if (code == 0)
        code = case_apply(w->db, w->city, move, result, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static inline int report_as(struct world *w, const struct actor *actor, int64_t class_id,
                            double lon, double lat, struct case_result *result)
{
    struct case_draft draft = {.class_id = class_id,
                               .has_point = lon >= 0,
                               .point = {lon, lat, GEO_WGS84, -1},
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
static inline int act(struct world *w, const struct actor *actor, int64_t case_id,
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

static inline struct case_detail look(struct world *w, int64_t case_id)
{
    struct actor eye = actor_system();
    struct case_detail detail;
    assert_ok(case_read_by_id(w->db, w->city, &eye, case_id, w->now_ms, w->arena, &detail,
                              &error));
    return detail;
}

static inline void assert_step(struct world *w, int64_t case_id, const char *step)
{
    struct case_detail detail = look(w, case_id);
    assert_string_equal(detail.summary.step, step);
}

// The whole recount finds nothing.
static inline void assert_recount(struct world *w)
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

static inline uint64_t findings(struct world *w, const char *slug)
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

#define NOTE(text) ((struct case_input[]){{"opinion", text}}), 1
