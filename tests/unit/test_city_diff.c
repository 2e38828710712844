// SPDX-License-Identifier: MPL-2.0
// A changed model: what it would change is told before it is loaded; a grid of another
// shape is closed and gets a new code, which it keeps; codes are never used again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/city/city.h>
#include <gridcase/city/diff.h>
#include <gridcase/city/load.h>
#include <gridcase/city/place.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>

#include "assert_ok.h"
#include "fault/temporary.h"
#include "unit/model_folder.h"

static const int64_t NOW = 1760000000000;

static struct {
    char folder[256]; // data
    char model[256];
    struct db_store *store;
} fixture;

static struct error error;

#define GRIDS "layers/grids.geojson"
#define T22                                                                                \
    "[[[120.001, 30.001], [120.002, 30.001], [120.002, 30.002], [120.001, 30.002], "       \
    "[120.001, 30.001]]]"
#define T23                                                                                \
    "[[[120.002, 30.001], [120.003, 30.001], [120.003, 30.002], [120.002, 30.002], "       \
    "[120.002, 30.001]]]"
// The border between T22 and T23, moved to the west.
#define BORDER(x)                                                                          \
    {GRIDS, T22,                                                                           \
     "[[[120.001, 30.001], [" x ", 30.001], [" x ", 30.002], [120.001, 30.002], "          \
     "[120.001, 30.001]]]"},                                                               \
    {                                                                                      \
        GRIDS, T23,                                                                        \
            "[[[" x ", 30.001], [120.003, 30.001], [120.003, 30.002], [" x                 \
            ", 30.002], [" x ", 30.001]]]"                                                 \
    }

static struct city_load_result load(const struct model_edit *edits, size_t errors)
{
    struct city_load_result result = {0};
    struct city_report *report = city_report_new();
    temporary_folder(fixture.model, sizeof fixture.model);
    model_folder_write(fixture.model, edits);
    assert_ok(city_setup_load(fixture.store, "tinytown", fixture.model, NOW, report,
                              &result, &error));
    for (size_t i = 0; i < city_report_count(report); i++)
        if (city_report_item(report, i)->severity == CITY_ERROR && !errors)
            fail_msg("%s", city_report_item(report, i)->message);
    assert_int_equal(city_report_count_of(report, CITY_ERROR), errors);
    city_report_free(report);
    temporary_remove(fixture.model);
    return result;
}

static struct city_diff *diff_of(const struct model_edit *edits)
{
    struct city_report *report = city_report_new();
    struct city_diff *diff = city_diff_new();
    temporary_folder(fixture.model, sizeof fixture.model);
    model_folder_write(fixture.model, edits);
    assert_ok(
        city_setup_diff(fixture.store, "tinytown", fixture.model, report, diff, &error));
    assert_int_equal(city_report_count_of(report, CITY_ERROR), 0);
    city_report_free(report);
    temporary_remove(fixture.model);
    return diff;
}

static const struct city_difference *find(const struct city_diff *diff, const char *what,
                                          const char *code)
{
    for (size_t i = 0; i < city_diff_count(diff); i++)
        if (text_equal(city_diff_item(diff, i)->what, what) &&
            text_equal(city_diff_item(diff, i)->code, code))
            return city_diff_item(diff, i);
    fail_msg("no difference of %s %s", what, code);
    return NULL;
}

static struct city_snapshot *open_city(void)
{
    struct city_snapshot *city = NULL;
    assert_ok(city_snapshot_open(fixture.store, "tinytown", &city, &error));
    return city;
}

static void assert_code_at(const struct city_snapshot *city, double lon, const char *code)
{
    struct city_place place;
    assert_ok(city_locate(city, lon, 30.0015, &place, &error));
    assert_string_equal(city_grid_by_id(city, place.grid)->code, code);
}

static int set_up(void **state)
{
    (void)state;
    char location[300], token[TOKEN_TEXT_SIZE];
    temporary_folder(fixture.folder, sizeof fixture.folder);
    snprintf(location, sizeof location, "%s/data", fixture.folder);
    assert_ok(db_store_open(location, DB_STORE_CREATE, &fixture.store, &error));
    struct city_report *report = city_report_new();
    struct city_model *model CITY_MODEL_CLEANUP = NULL;
    assert_ok(city_model_read_identity("fixtures/tinytown", report, &model, &error));
    assert_ok(city_setup_new(fixture.store, "tinytown", model, NOW, token, &error));
    city_report_free(report);
    load(NULL, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture.store = db_store_close(fixture.store);
    temporary_remove(fixture.folder);
    return 0;
}

// ---- shapes ----
static const struct model_edit moved[] = {BORDER("120.0017"), {0}};

static void a_grid_of_another_shape_gets_a_new_code(void **state)
{
    (void)state;
    int64_t old;
    {
        struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
        old = city_grid_by_code(city, "T22")->id;
    }
    {
        struct city_diff *diff CITY_DIFF_CLEANUP = diff_of(moved);
        assert_int_equal(city_diff_version(diff), 1);
        assert_int_equal(city_diff_count_of(diff, "grids", CITY_DIFF_RENEWED), 2);
        assert_int_equal(city_diff_count_of(diff, "grids", CITY_DIFF_NEW), 0);
        assert_int_equal(city_diff_count_of(diff, "grids", CITY_DIFF_CLOSED), 0);
        const struct city_difference *d = find(diff, "grids", "T22");
        assert_string_equal(d->new_code, "T34");
        assert_int_equal(d->id, old);
        assert_true(d->common > 0.69 && d->common < 0.71);
        assert_true(d->after_m2 > 0.69 * d->before_m2 && d->after_m2 < 0.71 * d->before_m2);
        assert_string_equal(find(diff, "grids", "T23")->new_code, "T35");
        struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
        assert_int_equal(city_model_version(city), 1); // nothing has happened yet
    }
    assert_int_equal(load(moved, 0).version, 2);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_null(city_grid_by_code(city, "T22"));
    assert_true(city_grid_by_id(city, old)->closed); // what old cases name
    assert_string_equal(city_grid_by_id(city, old)->code, "T22");
    assert_code_at(city, 120.0015, "T34");
    assert_code_at(city, 120.0019, "T35");
    assert_non_null(city_grid_by_code(city, "T12")); // has another point, not another shape
}

static void a_new_code_stays_with_its_grid(void **state)
{
    (void)state;
    load(moved, 0);
    struct city_load_result same = load(moved, 0); // the file still says T22
    assert_int_equal(same.grids_new + same.grids_closed + same.areas_changed, 0);
    const struct model_edit adopted[] = {BORDER("120.0017"),
                                         {GRIDS, "\"T22\"", "\"T34\""},
                                         {GRIDS, "\"T23\"", "\"T35\""},
                                         {"city.ini", "T[1-3][1-3]", "T[1-3][1-9]"},
                                         {0}};
    struct city_load_result result = load(adopted, 0);
    assert_int_equal(result.grids_new + result.grids_closed, 0);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_code_at(city, 120.0015, "T34");
}

static void no_code_is_used_twice(void **state)
{
    (void)state;
    const struct model_edit again[] = {BORDER("120.0014"), {0}};
    load(moved, 0);
    load(again, 0);
    {
        struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
        assert_code_at(city, 120.0012, "T36");
        assert_code_at(city, 120.0019, "T37");
    }
    load(NULL, 0); // the border is where it was at first: T22 was closed long ago
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_code_at(city, 120.0012, "T38");
    assert_null(city_grid_by_code(city, "T22"));
}

static void a_code_of_another_place_is_not_taken_over(void **state)
{
    (void)state;
    const struct model_edit gone[] = {
        {GRIDS, "\"T11\"", "\"T19\""}, {"city.ini", "T[1-3][1-3]", "T[1-3][1-9]"}, {0}};
    load(gone, 0); // T11 is closed
    const struct model_edit elsewhere[] = {{GRIDS, "\"T11\"", "\"T19\""},
                                           {GRIDS, "\"T33\"", "\"T11\""},
                                           {"city.ini", "T[1-3][1-3]", "T[1-3][1-9]"},
                                           {0}};
    struct city_diff *diff CITY_DIFF_CLEANUP = diff_of(elsewhere);
    assert_int_equal(city_diff_count_of(diff, "grids", CITY_DIFF_NEW), 1);
    assert_int_equal(city_diff_count_of(diff, "grids", CITY_DIFF_CLOSED), 1);
    assert_string_equal(find(diff, "grids", "T34")->new_code, "T34");
    load(elsewhere, 0);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_null(city_grid_by_code(city, "T11"));
    assert_null(city_grid_by_code(city, "T33"));
    assert_non_null(city_grid_by_code(city, "T34"));
}

static void a_grid_that_comes_back_keeps_its_code(void **state)
{
    (void)state;
    const struct model_edit other[] = {
        {GRIDS, "\"T11\"", "\"T19\""}, {"city.ini", "T[1-3][1-3]", "T[1-3][1-9]"}, {0}};
    load(other, 0); // the wrong file, and then the right one again
    struct city_diff *diff CITY_DIFF_CLEANUP = diff_of(NULL);
    assert_int_equal(find(diff, "grids", "T11")->kind, CITY_DIFF_NEW);
    assert_string_equal(find(diff, "grids", "T11")->detail, "comes back as it was");
    load(NULL, 0);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_non_null(city_grid_by_code(city, "T11"));
}

// A layer that was made anew numbers its grids anew: those that are what they were keep
// their codes, in whatever order they are numbered now.
static void numbers_of_a_layer_made_anew_change_nothing(void **state)
{
    (void)state;
    const struct model_edit turned[] = {{GRIDS, "\"T11\"", "\"T?\""},
                                        {GRIDS, "\"T12\"", "\"T11\""},
                                        {GRIDS, "\"T13\"", "\"T12\""},
                                        {GRIDS, "\"T?\"", "\"T13\""},
                                        {0}};
    struct city_diff *diff CITY_DIFF_CLEANUP = diff_of(turned);
    for (int kind = 0; kind < CITY_DIFF_KIND_COUNT; kind++)
        assert_int_equal(city_diff_count_of(diff, "grids", (enum city_diff_kind)kind), 0);
    struct city_load_result result = load(turned, 0);
    assert_int_equal(result.grids_new + result.grids_closed, 0);
    // One is cut in two, and all behind it are counted on: only the cut one is another.
    const struct model_edit cut[] = {
        {GRIDS, "\"T23\"", "\"T24\""},
        {GRIDS,
         "{\"type\": \"Feature\", \"properties\": {\"code\": \"T22\", \"class\": \"1\"}, "
         "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": " T22 "}},",
         "{\"type\": \"Feature\", \"properties\": {\"code\": \"T22\", \"class\": \"1\"}, "
         "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[[120.001, 30.001], "
         "[120.0015, "
         "30.001], [120.0015, 30.002], [120.001, 30.002], [120.001, 30.001]]]}},\n"
         "{\"type\": \"Feature\", \"properties\": {\"code\": \"T23\", \"class\": \"1\"}, "
         "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[[120.0015, 30.001], "
         "[120.002, "
         "30.001], [120.002, 30.002], [120.0015, 30.002], [120.0015, 30.001]]]}},"},
        {"city.ini", "T[1-3][1-3]", "T[1-3][1-9]"},
        {0}};
    load(cut, 0);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_code_at(city, 120.0012, "T34"); // T22 was another shape
    assert_code_at(city, 120.0018, "T35"); // the file's T23 goes on beside it
    assert_null(city_grid_by_code(city, "T22"));
    assert_code_at(city, 120.0025, "T23"); // as before, whatever number the file gives it
}

static void what_surveying_moves_is_the_same_grid(void **state)
{
    (void)state;
    const struct model_edit edits[] = {BORDER("120.0019999"), {0}};
    struct city_diff *diff CITY_DIFF_CLEANUP = diff_of(edits);
    assert_int_equal(city_diff_count_of(diff, "grids", CITY_DIFF_RENEWED), 0);
    load(edits, 0);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_non_null(city_grid_by_code(city, "T22"));
    assert_non_null(city_grid_by_code(city, "T23"));
}

static void says_when_no_code_is_left(void **state)
{
    (void)state;
    const struct model_edit named[] = {
        {GRIDS, "\"T22\"", "\"TXX\""}, {"city.ini", "T[1-3][1-3]", "T[1-3X][1-3X]"}, {0}};
    load(named, 0);
    const struct model_edit changed[] = {BORDER("120.0017"),
                                         {GRIDS, "\"T22\"", "\"TXX\""},
                                         {"city.ini", "T[1-3][1-3]", "T[1-3X][1-3X]"},
                                         {0}};
    struct city_load_result result = load(changed, 1);
    assert_int_equal(result.version, 0); // refused
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_int_equal(city_model_version(city), 2);
    assert_non_null(city_grid_by_code(city, "TXX"));
}

// ---- the rest ----
static void tells_classes_tables_areas_and_components(void **state)
{
    (void)state;
    const struct model_edit edits[] = {
        {GRIDS, "{\"code\": \"T22\", \"class\": \"1\"}",
         "{\"code\": \"T22\", \"class\": \"3\"}"},
        {"tables/limits.csv", "e0113-1,,,5工作日", "e0113-1,,,7工作日"},
        {"tables/covers.csv", "30.00098,intact", "30.00098,lost"},
        {"city.ini", "Made up for tests", "Made up"},
        {"tables/departments.csv", "squad1,enforcement,squad,执法一中队,First Squad\n", ""},
        {"layers/squads.geojson", "\"squad1\"", "\"squad2\""},
        {"tables/staff.csv", "squad1,郑勇,department,,squad1,\n", ""},
        {0}};
    struct city_diff *diff CITY_DIFF_CLEANUP = diff_of(edits);
    assert_string_equal(find(diff, "grids", "T22")->detail, "class 1 -> 3");
    assert_int_equal(find(diff, "grids", "T22")->kind, CITY_DIFF_CHANGED);
    assert_string_equal(find(diff, "table limits", "")->detail, "1 lines new, 1 gone");
    assert_string_equal(find(diff, "table departments", "")->detail, "0 lines new, 1 gone");
    assert_int_equal(find(diff, "city.ini", "")->kind, CITY_DIFF_CHANGED);
    assert_int_equal(city_diff_count_of(diff, "components", CITY_DIFF_CHANGED), 1);
    assert_true(city_diff_count_of(diff, "coverage squads", CITY_DIFF_CHANGED) > 0);
    struct buffer csv BUFFER_CLEANUP;
    buffer_init(&csv, BUFFER_CEILING_FILE);
    city_diff_csv(diff, &csv);
    assert_non_null(strstr(csv.data, "changed,grids,T22,,"));
    load(edits, 0);
    struct city_diff *nothing CITY_DIFF_CLEANUP = diff_of(edits);
    // The folder's own path stands in city.ini.
    assert_int_equal(city_diff_count(nothing),
                     city_diff_count_of(nothing, "city.ini", CITY_DIFF_CHANGED));
    char one[65], two[65];
    city_diff_tag(diff, one);
    city_diff_tag(nothing, two);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_grid_of_another_shape_gets_a_new_code, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_code_stays_with_its_grid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_code_is_used_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_code_of_another_place_is_not_taken_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_grid_that_comes_back_keeps_its_code, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(numbers_of_a_layer_made_anew_change_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_surveying_moves_is_the_same_grid, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(says_when_no_code_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_classes_tables_areas_and_components, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
