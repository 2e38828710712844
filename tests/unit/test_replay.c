// SPDX-License-Identifier: MPL-2.0
// Replaying a small record on tinytown: what is played, what is refused, and that a second
// run makes nothing twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include <gridcase/cases/read.h>
#include <gridcase/cases/recount.h>
#include <gridcase/cases/replay.h>
#include <gridcase/city/load.h>
#include <gridcase/core/arena.h>
#include <gridcase/db/db.h>

#include "../../src/cases/replay_internal.h"
#include "fault/postgres.h"
#include "fault/temporary.h"
#include <gridcase/rules/zone.h>

struct town {
    char folder[256];
    struct db_store *store;
    struct city_snapshot *city;
};

static void must(int status, const struct error *error)
{
    if (status != 0)
        fail_msg("%s (%s)", error->message, error->slug);
}

static int open_town(void **state)
{
    struct town *town = memory_new(sizeof *town);
    struct error error = {0};
    temporary_folder(town->folder, sizeof town->folder);
    engine_store(town->folder);
    must(db_store_open(town->folder, DB_STORE_CREATE, &town->store, &error), &error);
    must(db_store_city_create(town->store, "tinytown", instant_now_ms(), &error), &error);
    struct city_report *report = city_report_new();
    struct city_model *model = NULL;
    struct city_load_result loaded;
    must(city_model_read("fixtures/tinytown", report, &model, &error), &error);
    must(city_model_store(town->store, "tinytown", model, report, instant_now_ms(), &loaded,
                          &error),
         &error);
    city_model_free(model);
    city_report_free(report);
    must(city_snapshot_open(town->store, "tinytown", &town->city, &error), &error);
    *state = town;
    return 0;
}

static int close_town(void **state)
{
    struct town *town = *state;
    city_snapshot_free(town->city);
    db_store_close(town->store);
    temporary_remove(town->folder);
    free(town);
    return 0;
}

struct refusals {
    char ids[64];
    char slugs[256];
};

static void note_refused(void *context, int64_t line, const char *row_id,
                         const struct error *error)
{
    struct refusals *refusals = context;
    size_t used = strlen(refusals->ids), words = strlen(refusals->slugs);
    snprintf(refusals->ids + used, sizeof refusals->ids - used, "%s@%lld ", row_id,
             (long long)line);
    snprintf(refusals->slugs + words, sizeof refusals->slugs - words, "%s ", error->slug);
}

static struct replay_progress play(struct town *town, struct refusals *refusals)
{
    struct replay_options options = {.source = "fixtures/replay/record.csv",
                                     .map = "fixtures/replay/map.ini",
                                     .refused = note_refused,
                                     .refused_context = refusals};
    struct replay_progress progress = {0};
    struct error error = {0};
    must(replay_run(town->store, town->city, &options, &progress, &error), &error);
    return progress;
}

static struct case_page list(struct town *town, struct arena *arena, int open)
{
    struct error error = {0};
    DB_READER_CLEANUP struct db *db = NULL;
    must(db_reader_borrow(town->store, "tinytown", DB_CASES, &db, &error), &error);
    struct case_filter filter = case_filter_all();
    filter.open = open;
    struct actor actor = actor_system();
    struct case_page page;
    must(case_list(db, town->city, &actor, &filter, instant_now_ms(), arena, &page, &error),
         &error);
    return page;
}

static void rows_become_cases_and_bad_rows_are_named(void **state)
{
    struct refusals refusals = {0};
    struct replay_progress progress = play(*state, &refusals);
    assert_string_equal(refusals.ids, "R-4@5 R-5@6 R-6@7 ");
    assert_string_equal(refusals.slugs, "replay.before_report replay.class replay.time ");
    assert_int_equal(progress.rows, 7);
    assert_int_equal(progress.rows_refused, 3);
    assert_int_equal(progress.reports, 4);
    assert_int_equal(progress.moves, 20);
    assert_int_equal(progress.moves_refused, 0);
    ARENA_CLEANUP struct arena *arena = arena_new(1 << 22);
    assert_int_equal(list(*state, arena, 1).count, 2);
    assert_int_equal(list(*state, arena, 0).count, 2);
}

static void a_second_run_makes_nothing_twice(void **state)
{
    struct refusals refusals = {0};
    struct replay_progress first = play(*state, &refusals);
    struct replay_progress second = play(*state, &refusals);
    assert_int_equal(second.reports, 0);
    assert_int_equal(second.moves, 0);
    assert_int_equal(second.repeated, first.reports + first.moves);
    ARENA_CLEANUP struct arena *arena = arena_new(1 << 22);
    assert_int_equal(list(*state, arena, -1).count, 4);
}

static struct replay_progress load(struct town *town, struct refusals *refusals)
{
    struct replay_options options = {.source = "fixtures/replay/record.csv",
                                     .map = "fixtures/replay/map.ini",
                                     .refused = note_refused,
                                     .refused_context = refusals};
    struct replay_progress progress = {0};
    struct error error = {0};
    must(replay_load_lives(town->store, town->city, &options, &progress, &error), &error);
    return progress;
}

static void the_record_is_loaded_as_whole_lives(void **state)
{
    struct town *town = *state;
    struct refusals refusals = {0};
    struct replay_progress first = load(town, &refusals);
    assert_string_equal(refusals.ids, "R-4@5 R-5@6 R-6@7 ");
    assert_int_equal(first.rows, 7);
    assert_int_equal(first.rows_refused, 3);
    assert_int_equal(first.reports, 4);
    assert_int_equal(first.moves, 20);
    assert_int_equal(first.moves_refused, 0);
    ARENA_CLEANUP struct arena *arena = arena_new(1 << 22);
    assert_int_equal(list(town, arena, 1).count, 2);
    assert_int_equal(list(town, arena, 0).count, 2);
    // Into a city with cases: what is there is left out.
    struct replay_progress second = load(town, &refusals);
    assert_int_equal(second.reports, 0);
    assert_int_equal(second.repeated, 4);
    assert_int_equal(list(town, arena, -1).count, 4);
}

static void recorded_times_hold_and_filled_moves_are_marked(void **state)
{
    struct town *town = *state;
    struct refusals refusals = {0};
    play(town, &refusals);
    ARENA_CLEANUP struct arena *arena = arena_new(1 << 22);
    struct case_page closed = list(town, arena, 0);
    const struct case_summary *summary = NULL;
    for (size_t i = 0; i < closed.count; i++)
        if (strcmp(closed.items[i].description, "Bags beside the bin") == 0)
            summary = &closed.items[i];
    assert_non_null(summary);
    int64_t opened_ms = 0, closed_ms = 0;
    assert_int_equal(instant_from_text("2026-03-02T01:10:00Z", 20, &opened_ms, NULL), 0);
    assert_int_equal(instant_from_text("2026-03-02T07:45:13Z", 20, &closed_ms, NULL), 0);
    assert_true(summary->opened_ms == opened_ms);
    assert_true(summary->closed_ms == closed_ms);
    assert_int_equal(summary->source, PROCESS_SOURCE_STAFF);
    struct error error = {0};
    DB_READER_CLEANUP struct db *db = NULL;
    must(db_reader_borrow(town->store, "tinytown", DB_CASES, &db, &error), &error);
    struct actor actor = actor_system();
    struct case_detail detail;
    must(case_read(db, town->city, &actor, summary->number, instant_now_ms(), arena,
                   &detail, &error),
         &error);
    assert_int_equal(detail.history_count, 9);
    for (size_t i = 0; i < detail.history_count; i++) {
        bool recorded = detail.history[i].kind == PROCESS_REPORTED ||
                        detail.history[i].kind == PROCESS_FED_BACK;
        assert_int_equal(detail.history[i].mark,
                         recorded ? CASE_MARK_RECORDED : CASE_MARK_FILLED);
    }
    bool imported = false;
    for (size_t i = 0; i < detail.clock_count; i++)
        imported |= detail.clocks[i].kind == PROCESS_CLOCK_IMPORTED;
    assert_true(imported);
}

// What the record does not say is in the history, and in no figure about a stage, a check
// or a person.
static void filled_moves_stay_out_of_figures(void **state)
{
    struct town *town = *state;
    struct refusals refusals = {0};
    play(town, &refusals);
    char path[400];
    sqlite3 *file = NULL;
    sqlite3_stmt *row = NULL;
    snprintf(path, sizeof path, "%s/cities/tinytown/cases.db", town->folder);
    assert_int_equal(sqlite3_open_v2(path, &file, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    static const char question[] =
        "SELECT f.accepted_at, f.verified_at, f.filed_at, f.sent_at, f.signed_at,"
        "  f.checked_at, f.accepted_by, f.verified_by, f.filed_by, f.sent_by, f.checked_by,"
        "  f.closed_by, f.verify_result, f.check_result, f.accepted_in_time + 1,"
        "  f.verified_in_time + 1, f.filed_in_time + 1, f.sent_in_time + 1,"
        "  f.signed_in_time + 1, f.reviewed_in_time + 1, f.checked_in_time + 1,"
        "  f.fed_back_at, f.closed_at, f.handled_in_time"
        "  FROM fact f JOIN case_file c ON c.case_id = f.case_id"
        "  WHERE c.description = 'Bags beside the bin'";
    assert_int_equal(sqlite3_prepare_v2(file, question, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    for (int i = 0; i < 21; i++)
        if (sqlite3_column_int64(row, i) != 0)
            fail_msg("%s is %lld", sqlite3_column_name(row, i),
                     (long long)sqlite3_column_int64(row, i));
    assert_true(sqlite3_column_int64(row, 21) > 0); // recorded: the department's feedback
    assert_true(sqlite3_column_int64(row, 22) > 0); // the case did end
    assert_true(sqlite3_column_int64(row, 23) >= 0);
    assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
}

static void a_placeholder_point_waits_in_the_where_queue(void **state)
{
    struct town *town = *state;
    struct refusals refusals = {0};
    play(town, &refusals);
    ARENA_CLEANUP struct arena *arena = arena_new(1 << 22);
    struct case_page open = list(town, arena, 1);
    size_t waiting = 0;
    for (size_t i = 0; i < open.count; i++)
        if (strcmp(open.items[i].queue, "where") == 0) {
            waiting++;
            assert_false(open.items[i].has_point);
            assert_string_equal(open.items[i].description, "Nobody knows where");
        }
    assert_int_equal(waiting, 1);
}

static void local_times_follow_the_format(void **state)
{
    (void)state;
    struct zone *zone = NULL;
    struct error error = {0};
    must(zone_new("America/New_York", &zone, &error), &error);
    static const char format[] = "MM/DD/YYYY hh:mm:ss AP";
    int64_t instant = 0;
    char text[INSTANT_TEXT_SIZE];
    must(replay_time(zone, format, "01/01/2015 12:20:09 AM", &instant, &error), &error);
    instant_to_text(instant, text);
    assert_string_equal(text, "2015-01-01T05:20:09.000Z");
    must(replay_time(zone, format, "07/01/2015 12:20:09 PM", &instant, &error), &error);
    instant_to_text(instant, text);
    assert_string_equal(text, "2015-07-01T16:20:09.000Z");
    must(replay_time(zone, format, "", &instant, &error), &error);
    assert_true(instant == INSTANT_NONE);
    static const char *const bad[] = {"13/01/2015 01:00:00 AM", "01/01/2015 00:00:00 AM",
                                      "01/01/2015 01:00:00 XM", "01/01/2015 01:00:00 AM ",
                                      "02/30/2015 01:00:00 AM", "1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(replay_time(zone, format, bad[i], &instant, &error), ERROR_INPUT);
    zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_become_cases_and_bad_rows_are_named, open_town,
                                        close_town),
        cmocka_unit_test_setup_teardown(a_second_run_makes_nothing_twice, open_town,
                                        close_town),
        cmocka_unit_test_setup_teardown(the_record_is_loaded_as_whole_lives, open_town,
                                        close_town),
        cmocka_unit_test_setup_teardown(recorded_times_hold_and_filled_moves_are_marked,
                                        open_town, close_town),
        cmocka_unit_test_setup_teardown(filled_moves_stay_out_of_figures, open_town,
                                        close_town),
        cmocka_unit_test_setup_teardown(a_placeholder_point_waits_in_the_where_queue,
                                        open_town, close_town),
        cmocka_unit_test(local_times_follow_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
