// SPDX-License-Identifier: MPL-2.0
// Synthetic cases: the same from the same seed, marked, by the process, and a recount
// agrees.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/cases/play.h>
#include <gridcase/cases/read.h>
#include <gridcase/cases/recount.h>
#include <gridcase/city/city.h>
#include <gridcase/core/file.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>

#include "fault/temporary.h"

static struct error error;

#define assert_ok(call)                                                                    \
    do {                                                                                   \
        int code_ = (call);                                                                \
        if (code_ < 0)                                                                     \
            fail_msg("%s: %d %s: %s", #call, code_, error.slug, error.message);            \
    } while (0)

enum { FROM_S = 1789948800 }; // Monday 2026-09-21, 08:00 in the city
#define FROM_MS (INT64_C(1000) * FROM_S)
#define SPAN_MS (INT64_C(3) * 24 * 3600 * 1000)

struct town {
    char folder[256];
    struct db_store *store;
    struct city_snapshot *city;
};

static void open_town(struct town *town)
{
    char location[300], token[TOKEN_TEXT_SIZE];
    struct city_load_result result;
    struct city_report *report = city_report_new();
    struct city_model *model CITY_MODEL_CLEANUP = NULL;
    temporary_folder(town->folder, sizeof town->folder);
    snprintf(location, sizeof location, "%s/data", town->folder);
    assert_ok(db_store_open(location, DB_STORE_CREATE, &town->store, &error));
    assert_ok(city_model_read_identity("grids/haidian", report, &model, &error));
    assert_ok(city_setup_new(town->store, "haidian", model, 1, token, &error));
    assert_ok(city_setup_load(town->store, "haidian", "grids/haidian", 1, report, &result,
                              &error));
    assert_ok(city_snapshot_open(town->store, "haidian", &town->city, &error));
    city_report_free(report);
}

static void close_town(struct town *town)
{
    city_snapshot_free(town->city);
    db_store_close(town->store);
    temporary_remove(town->folder);
}

static struct play_progress play(struct town *town, uint64_t seed)
{
    struct play_progress progress = {0};
    struct play_options options = {.plan = "grids/haidian/play.ini",
                                   .seed = seed,
                                   .from_ms = FROM_MS,
                                   .to_ms = FROM_MS + SPAN_MS};
    assert_ok(play_run(town->store, town->city, &options, &progress, &error));
    return progress;
}

// Number, step and description of each case, one after the other.
static void describe(struct town *town, struct arena *arena, struct buffer *out,
                     size_t *ret_cases, size_t *ret_ended)
{
    DB_READER_CLEANUP struct db *db = NULL;
    struct actor machine = actor_system();
    struct case_filter filter = case_filter_all();
    struct case_page page = {0};
    *ret_cases = *ret_ended = 0;
    filter.limit = 500;
    assert_ok(db_reader_borrow(town->store, "haidian", DB_CASES, &db, &error));
    assert_ok(case_list(db, town->city, &machine, &filter, FROM_MS + SPAN_MS, arena, &page,
                        &error));
    for (size_t i = 0; i < page.count; i++) {
        const struct case_summary *one = &page.items[i];
        assert_int_equal(one->mark, CASE_MARK_SYNTHETIC);
        assert_true(one->opened_ms >= FROM_MS && one->opened_ms <= FROM_MS + SPAN_MS);
        buffer_format(out, "%s %s %s %lld\n", one->number, one->step, one->description,
                      (long long)one->closed_ms);
        *ret_ended += one->stage == PROCESS_ENDED;
    }
    *ret_cases = page.count;
}

static void assert_recounts(struct town *town)
{
    DB_READER_CLEANUP struct db *db = NULL;
    struct recount *recount = recount_new(town->city);
    int code = 0;
    assert_ok(db_reader_borrow(town->store, "haidian", DB_CASES, &db, &error));
    while ((code = recount_slice(recount, db, 1000, &error)) == 1)
        ;
    assert_int_equal(code, 0);
    if (recount_problems(recount) > 0)
        fail_msg("%s: %s", recount_finding(recount, 0)->slug,
                 recount_finding(recount, 0)->message);
    recount_free(recount);
}

static void the_same_seed_gives_the_same_cases(void **state)
{
    (void)state;
    struct buffer texts[3];
    struct play_progress made[3];
    for (int i = 0; i < 3; i++) {
        struct town town;
        size_t cases = 0, ended = 0;
        struct arena *arena ARENA_CLEANUP = arena_new(64 * 1024 * 1024);
        buffer_init(&texts[i], BUFFER_CEILING_FILE);
        open_town(&town);
        made[i] = play(&town, i == 2 ? 8 : 7);
        describe(&town, arena, &texts[i], &cases, &ended);
        assert_int_equal(cases, made[i].reports);
        assert_true(cases > 70 && cases < 200); // 40 a day
        assert_true(ended > cases / 4);
        assert_true(made[i].moves > made[i].reports * 5);
        assert_int_equal(made[i].given_up, 0);
        assert_recounts(&town);
        close_town(&town);
    }
    assert_string_equal(texts[0].data, texts[1].data);
    assert_string_not_equal(texts[0].data, texts[2].data);
    assert_int_equal(made[0].moves, made[1].moves);
    for (int i = 0; i < 3; i++)
        buffer_done(&texts[i]);
}

static void a_plan_is_read_strictly(void **state)
{
    (void)state;
    static const char good[] =
        "[play]\ncases_per_day = 3\nhours = 1 1 1 1 1 1 1 1 1 1 1 1 1 "
        "1 1 1 1 1 1 1 1 1 1 1\n[sources]\ncollector = 1\n";
    static const char *const bad[] = {
        "",                              // nothing compulsory
        "[kinds]\nflown = 1\n",          // no such kind
        "[kinds]\nmoon.sent = 1\n",      // no such stage
        "[classes]\nx9999 = 1\n",        // no such class
        "[delays]\nhandle = soon\n",     // no delay
        "[delays]\nhandle = 5 h\n",      // no such unit
        "[delays]\nnobody = 5 min\n",    // no such task
        "[choices]\npass = -1\n",        // a negative weight
        "[surprise]\nx = 1\n",           // no such section
        "[play]\nawake = 21:30-07:00\n", // backwards
    };
    struct town town;
    open_town(&town);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[300], text[600];
        struct play_progress progress;
        snprintf(path, sizeof path, "%s/plan.ini", town.folder);
        // Sections may stand twice, but [play] with its keys only once.
        snprintf(text, sizeof text, "%s%s", i == 0 ? "" : good, bad[i]);
        assert_ok(file_write_atomic(path, text, strlen(text), &error));
        struct play_options options = {
            .plan = path, .from_ms = FROM_MS, .to_ms = FROM_MS + 1};
        if (play_run(town.store, town.city, &options, &progress, &error) != ERROR_INPUT)
            fail_msg("taken: %s", bad[i]);
        assert_string_equal(error.slug, "play.plan");
    }
    close_town(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_cases),
        cmocka_unit_test(a_plan_is_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
