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

#include <gridcase/cases/play.h>
#include <gridcase/cases/read.h>
#include <gridcase/cases/recount.h>
#include <gridcase/core/file.h>
#include <gridcase/db/db.h>

#include "city_world.h"

enum { FROM_S = 1789948800 }; // Monday 2026-09-21, 08:00 in the city
#define FROM_MS (INT64_C(1000) * FROM_S)
#define SPAN_MS (INT64_C(3) * 24 * 3600 * 1000)

static struct play_progress play(struct city_world *town, uint64_t seed)
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
static void describe(struct city_world *town, struct arena *arena, struct buffer *out,
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

static void assert_recounts(struct city_world *town)
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
        struct city_world town;
        size_t cases = 0, ended = 0;
        struct arena *arena ARENA_CLEANUP = arena_new(64 * 1024 * 1024);
        buffer_init(&texts[i], BUFFER_CEILING_FILE);
        city_world_open(&town, "haidian");
        made[i] = play(&town, i == 2 ? 8 : 7);
        describe(&town, arena, &texts[i], &cases, &ended);
        assert_int_equal(cases, made[i].reports);
        assert_true(cases > 70 && cases < 200); // 40 a day
        assert_true(ended > cases / 4);
        assert_true(made[i].moves > made[i].reports * 5);
        assert_int_equal(made[i].given_up, 0);
        assert_recounts(&town);
        city_world_close(&town);
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
    struct city_world town;
    city_world_open(&town, "haidian");
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
    city_world_close(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_cases),
        cmocka_unit_test(a_plan_is_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
