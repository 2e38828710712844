// SPDX-License-Identifier: MPL-2.0
// Storing a model: versions, ids that stay, what is closed, what is swept, and the snapshot
// that comes of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/city/city.h>
#include <gridcase/city/diff.h>
#include <gridcase/city/geometry.h>
#include <gridcase/city/load.h>
#include <gridcase/city/place.h>
#include <gridcase/core/file.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/routing.h>

#include "assert_ok.h"
#include "fault/postgres.h"
#include "fault/temporary.h"
#include "unit/model_folder.h"

static const int64_t NOW = 1760000000000;

static struct {
    char folder[256]; // data
    char model[256];
    struct db_store *store;
} fixture;

static struct error error;

static struct city_load_result load(const struct model_edit *edits)
{
    struct city_load_result result = {0};
    struct city_report *report = city_report_new();
    temporary_folder(fixture.model, sizeof fixture.model);
    model_folder_write(fixture.model, edits);
    assert_ok(city_setup_load(fixture.store, "tinytown", fixture.model, NOW, report,
                              &result, &error));
    for (size_t i = 0; i < city_report_count(report); i++)
        if (city_report_item(report, i)->severity == CITY_ERROR)
            fail_msg("%s", city_report_item(report, i)->message);
    city_report_free(report);
    temporary_remove(fixture.model);
    return result;
}

static struct city_snapshot *open_city(void)
{
    struct city_snapshot *city = NULL;
    assert_ok(city_snapshot_open(fixture.store, "tinytown", &city, &error));
    return city;
}

static int set_up(void **state)
{
    (void)state;
    temporary_folder(fixture.folder, sizeof fixture.folder);
    char location[300];
    snprintf(location, sizeof location, "%s/data", fixture.folder);
    engine_store(location);
    assert_ok(db_store_open(location, DB_STORE_CREATE, &fixture.store, &error));
    struct city_report *report = city_report_new();
    struct city_model *model CITY_MODEL_CLEANUP = NULL;
    char token[TOKEN_TEXT_SIZE];
    assert_ok(city_model_read_identity("fixtures/tinytown", report, &model, &error));
    assert_ok(city_setup_new(fixture.store, "tinytown", model, NOW, token, &error));
    assert_string_equal(token, ""); // a demo needs no first administrator
    city_report_free(report);
    struct city_load_result result = load(NULL);
    assert_int_equal(result.version, 1);
    assert_int_equal(result.grids_new, 9);
    assert_int_equal(result.components_new, 4);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture.store = db_store_close(fixture.store);
    temporary_remove(fixture.folder);
    return 0;
}

// ---- the snapshot ----
static void holds_identity_and_levels(void **state)
{
    (void)state;
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_string_equal(city_slug(city), "tinytown");
    assert_string_equal(city_name(city, "zh-CN"), "小镇");
    assert_string_equal(city_name(city, "en-GB"), "Tinytown");
    assert_string_equal(city_name(city, "fr"), "小镇"); // the first there is
    assert_string_equal(city_time_zone(city), "Asia/Shanghai");
    assert_string_equal(city_setting(city, "city.number_prefix", ""), "TT");
    assert_string_equal(city_setting(city, "display.nothing", "7"), "7");
    assert_true(city_is_demo(city));
    assert_int_equal(city_levels(city), 2);
    assert_int_equal(city_level_by_code(city, "district")->kind, CITY_NESTING);
    assert_int_equal(city_level_by_code(city, "patrol")->kind, CITY_OVERLAY);
    assert_null(city_level_by_code(city, "ward"));
    const struct city_area *area = city_area_by_code(city, 0, "D2");
    assert_non_null(area);
    assert_string_equal(city_names_text(city, &area->name, "zh-CN"), "河东区");
    assert_string_equal(city_names_text(city, &area->name, "en"), "Rivereast");
    assert_null(city_area_by_code(city, 1, "D2"));
    assert_ptr_equal(city_area_by_id(city, area->id), area);
    const struct city_department *squad = city_department_by_code(city, "squad1");
    const struct city_department *centre = city_department_by_code(city, "centre");
    const struct city_department *roads = city_department_by_code(city, "roads");
    assert_true(city_department_within(city, squad->id, centre->id));
    assert_false(city_department_within(city, squad->id, roads->id));
    assert_int_equal(table_rows(city_staff(city)), 12);
}

static void chains_grids_by_largest_share(void **state)
{
    (void)state;
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    const struct city_grid *grid = city_grid_by_code(city, "T23");
    assert_non_null(grid);
    assert_int_equal(grid->areas[0], city_area_by_code(city, 0, "D2")->id);
    assert_int_equal(grid->areas[1], 0);        // an overlay level
    assert_string_equal(grid->area_class, "2"); // of its district
    assert_string_equal(city_grid_by_code(city, "T22")->area_class, "1"); // its own
    assert_true(fabs(grid->area_m2 - 96.49 * 110.85) < 100);
    assert_null(city_grid_by_code(city, "T44"));
}

struct spot {
    double lon, lat;
    const char *grid, *district, *patrol, *squad; // "" for none
};

static const struct spot spots[] = {
    {120.0005, 30.0005, "T11", "D1", "P1", "S1"},
    {120.0025, 30.0025, "T33", "D2", "P2", ""},   // a corner that no squad serves
    {120.0018, 30.0018, "T22", "D1", "P2", "S2"}, // the level's border cuts the grid
    {120.0018, 30.0012, "T22", "D1", "P1", "S2"},
    {120.0035, 30.0005, "", "", "", ""},
    // On borders and corners: one grid, by the half-open rule the one in the north and
    // east.
    {120.001, 30.0005, "T12", "D1", "P1", "S1"},
    {120.0005, 30.001, "T21", "D1", "P1", "S1"},
    {120.001, 30.001, "T22", "D1", "P1", "S1"},
    {120.0, 30.0, "T11", "D1", "P1", "S1"},
    {120.003, 30.0005, "", "", "", ""},
};

static const char *area_code(const struct city_snapshot *city, int64_t id)
{
    const struct city_area *area = city_area_by_id(city, id);
    return area ? area->code : "";
}

static void locates_points(void **state)
{
    (void)state;
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    for (size_t i = 0; i < sizeof spots / sizeof *spots; i++) {
        struct city_place place;
        assert_ok(city_locate(city, spots[i].lon, spots[i].lat, &place, &error));
        const struct city_grid *grid = city_grid_by_id(city, place.grid);
        const struct city_coverage_area *squad =
            city_coverage_by_id(city, place.coverage[0]);
        assert_string_equal(grid ? grid->code : "", spots[i].grid);
        assert_string_equal(area_code(city, place.areas[0]), spots[i].district);
        assert_string_equal(area_code(city, place.areas[1]), spots[i].patrol);
        assert_string_equal(squad ? squad->code : "", spots[i].squad);
    }
    struct city_place place;
    assert_int_equal(city_locate(city, (double)NAN, 30, &place, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "point.invalid");
    assert_int_equal(city_locate(city, 30.0005, 120.0005, &place, &error), ERROR_INPUT);
}

static void knows_what_stands_around(void **state)
{
    (void)state;
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    struct geo_point point = {1200005000, 300009000};
    struct near_hit hits[2];
    assert_int_equal(near_index_find(city_components_near(city), point, 30, hits, 2), 1);
    assert_true(hits[0].distance_m < 10);
    struct place_words words;
    char text[200];
    place_find(city_place_words(city), (struct geo_point){1200010000, 300011000}, &words);
    place_text(&words, "zh-CN", text, sizeof text);
    assert_non_null(strstr(text, "学府路"));
}

static void carries_ids_into_the_catalogue(void **state)
{
    (void)state;
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    const struct catalogue *catalogue = city_catalogue(city, 0);
    const struct catalogue_class *class = catalogue_class_find(catalogue, "e0113");
    assert_int_equal(class->id, city_class_id(city, "e0113"));
    assert_string_equal(city_class_code(city, class->id), "e0113");
    assert_int_equal(catalogue_condition_find(catalogue, "e0113-2")->id,
                     city_condition_id(city, "e0113-2"));
    assert_int_equal(city_class_id(city, "x"), 0);
    assert_null(city_catalogue(city, 99));
    assert_non_null(city_calendar(city, 0));
    assert_true(process_steps(city_process(city, 0)) > 3);
    struct routing_hit hit = {city_coverage_layer_id(city, 0), 0,
                              city_department_by_code(city, "squad2")->id};
    struct routing_query query = {.class_id = city_class_id(city, "e0401"),
                                  .condition_id = city_condition_id(city, "e0401-1"),
                                  .hits = &hit,
                                  .hit_count = 1};
    struct routing_answer answer;
    routing_answer(city_routing(city, 0), &query, &answer);
    assert_int_equal(answer.lead, hit.department_id);
}

// ---- versions ----
static void an_unchanged_model_makes_no_version(void **state)
{
    (void)state;
    struct city_load_result result = load(NULL);
    assert_true(result.unchanged);
    assert_int_equal(result.version, 1);
    assert_int_equal(result.components_new + result.components_changed, 0);
}

static void a_changed_grid_is_closed_and_made_anew(void **state)
{
    (void)state;
    struct city_snapshot *before CITY_SNAPSHOT_CLEANUP = open_city();
    int64_t old = city_grid_by_code(before, "T22")->id;
    int64_t same = city_grid_by_code(before, "T33")->id;
    const struct model_edit edits[] = {
        {"layers/grids.geojson", "{\"code\": \"T22\", \"class\": \"1\"}",
         "{\"code\": \"T22\", \"class\": \"3\"}"},
        {"layers/grids.geojson", "\"T11\"", "\"T19\""}, // gone, and a new code in its place
        {"city.ini", "T[1-3][1-3]", "T[1-3][1-9]"},
        {0}};
    struct city_load_result result = load(edits);
    assert_int_equal(result.version, 2);
    assert_int_equal(result.grids_new, 2);
    assert_int_equal(result.grids_closed, 2);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    const struct city_grid *grid = city_grid_by_code(city, "T22");
    assert_int_not_equal(grid->id, old);
    assert_string_equal(grid->area_class, "3");
    assert_true(city_grid_by_id(city, old)->closed); // old cases keep their grid
    assert_string_equal(city_grid_by_id(city, old)->area_class, "1");
    assert_int_equal(city_grid_by_code(city, "T33")->id, same);
    assert_null(city_grid_by_code(city, "T11"));
    struct city_place place;
    assert_ok(city_locate(city, 120.0005, 30.0005, &place, &error));
    assert_string_equal(city_grid_by_id(city, place.grid)->code, "T19");
    // The snapshot taken before goes on as it was.
    assert_string_equal(city_grid_by_code(before, "T22")->area_class, "1");
    assert_ok(city_locate(before, 120.0005, 30.0005, &place, &error));
    assert_string_equal(city_grid_by_id(before, place.grid)->code, "T11");
}

static void cases_keep_their_version_of_the_rules(void **state)
{
    (void)state;
    const struct model_edit edits[] = {
        {"tables/limits.csv", "e0113-1,,,5工作日", "e0113-1,,,7工作日"}, {0}};
    assert_int_equal(load(edits).version, 2);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_int_equal(city_rules_current(city, CITY_CATALOGUE), 2);
    assert_int_equal(city_rules_current(city, CITY_CALENDAR), 1);
    assert_int_equal(city_rules_current(city, CITY_PROCESS), 1);
    struct limit limit;
    for (int64_t version = 1; version <= 2; version++) {
        const struct catalogue *catalogue = city_catalogue(city, version);
        assert_int_equal(catalogue_version(catalogue), version);
        catalogue_limit(catalogue, catalogue_condition_find(catalogue, "e0113-1"), "", "",
                        &limit, NULL);
        assert_int_equal(limit.milli, version == 1 ? 5000 : 7000);
    }
    assert_int_equal(catalogue_class_find(city_catalogue(city, 1), "e0113")->id,
                     catalogue_class_find(city_catalogue(city, 2), "e0113")->id);
}

static void a_department_that_left_keeps_its_name(void **state)
{
    (void)state;
    int64_t id;
    {
        struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
        id = city_department_by_code(city, "squad1")->id;
    }
    const struct model_edit edits[] = {
        {"tables/departments.csv", "squad1,enforcement,squad,执法一中队,First Squad\n", ""},
        {"layers/squads.geojson", "\"squad1\"", "\"squad2\""},
        {"tables/staff.csv", "squad1,郑勇,department,,squad1,\n", ""},
        {0}};
    load(edits);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    const struct city_department *gone = city_department_by_id(city, id);
    assert_true(gone->closed);
    assert_string_equal(city_names_text(city, &gone->name, "en"), "First Squad");
    assert_null(city_department_by_code(city, "squad1"));
}

static void components_change_row_by_row(void **state)
{
    (void)state;
    const struct model_edit edits[] = {
        {"tables/covers.csv", "30.00098,intact", "30.00098,lost"}, {0}};
    struct city_load_result result = load(edits);
    assert_int_equal(result.grids_new + result.areas_changed, 0);
    assert_int_equal(result.components_changed, 1);
    assert_int_equal(result.components_new, 0);
}

static void told_of_a_code_that_comes_back(void **state)
{
    (void)state;
    const struct model_edit edits[] = {{"layers/grids.geojson", "\"T11\"", "\"T19\""},
                                       {"city.ini", "T[1-3][1-3]", "T[1-3][1-9]"},
                                       {0}};
    load(edits); // T11 is gone
    struct city_report *report = city_report_new();
    struct city_model *model CITY_MODEL_CLEANUP = NULL;
    assert_ok(city_setup_check("fixtures/tinytown", report, &model, &error));
    assert_ok(city_model_diff(fixture.store, "tinytown", model, report, NULL, &error));
    assert_int_equal(city_report_count_slug(report, "grid.code_reused"), 1);
    assert_int_equal(city_report_count_of(report, CITY_ERROR), 0);
    city_report_free(report);
}

// ---- bad luck ----
// What a load that was killed leaves: a version that never became valid.
static void leave_half_a_load(void)
{
    DB_CLEANUP struct db *db = NULL;
    assert_ok(db_open(fixture.store, "tinytown", DB_CITY, DB_WRITE, &db, &error));
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(db, DB_WRITE, &transaction, &error));
    assert_ok(db_execute(db, QUERY_CITY_VERSION_INSERT,
                         (struct db_value[]){DB_INT(2), DB_INT(NOW), DB_TEXT("x")}, 3,
                         &error));
    int64_t id = 0;
    assert_ok(db_fetch_int(db, QUERY_CITY_GRID_OPEN, (struct db_value[]){DB_TEXT("T22")}, 1,
                           &id, &error));
    assert_ok(db_execute(db, QUERY_CITY_GRID_CLOSE,
                         (struct db_value[]){DB_INT(id), DB_INT(2)}, 2, &error));
    assert_ok(db_execute(db, QUERY_CITY_TABLE_INSERT,
                         (struct db_value[]){DB_TEXT("limits"), DB_INT(2), DB_TEXT("x"),
                                             DB_BLOB("y", 1), DB_TEXT("rubbish")},
                         5, &error));
    assert_ok(db_commit(&transaction, &error));
}

static void a_broken_load_is_invisible_and_swept(void **state)
{
    (void)state;
    db_store_close_idle(fixture.store, 0);
    leave_half_a_load();
    {
        struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
        assert_int_equal(city_model_version(city), 1);
        assert_false(city_grid_by_code(city, "T22")->closed);
        assert_int_equal(city_rules_current(city, CITY_CATALOGUE), 1);
    }
    assert_true(load(NULL).unchanged);
    const struct model_edit edits[] = {{"city.ini", "Made up for tests", "Made up"}, {0}};
    struct city_load_result result = load(edits);
    assert_false(result.unchanged);
    assert_int_equal(result.grids_new + result.grids_closed, 0);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_string_equal(city_attribution(city), "Made up");
}

static void a_model_with_errors_changes_nothing(void **state)
{
    (void)state;
    const struct model_edit edits[] = {{"tables/staff.csv", "district:D2", "district:D9"},
                                       {0}};
    struct city_load_result result = {0};
    struct city_report *report = city_report_new();
    temporary_folder(fixture.model, sizeof fixture.model);
    model_folder_write(fixture.model, edits);
    assert_ok(city_setup_load(fixture.store, "tinytown", fixture.model, NOW, report,
                              &result, &error));
    assert_int_equal(city_report_count_of(report, CITY_ERROR), 1);
    assert_int_equal(city_report_count_slug(report, "staff.area_unknown"), 1);
    assert_int_equal(result.version, 0);
    city_report_free(report);
    temporary_remove(fixture.model);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    assert_int_equal(city_model_version(city), 1);
}

static void lost_locators_are_made_anew(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/data/cities/tinytown/locator-1.bin", fixture.folder);
    assert_int_equal(unlink(path), 0);
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    struct city_place place;
    assert_ok(city_locate(city, 120.0015, 30.0015, &place, &error));
    assert_string_equal(city_grid_by_id(city, place.grid)->code, "T22");
    assert_int_equal(file_exists(path), 1);
}

static void a_city_without_model_says_so(void **state)
{
    (void)state;
    struct city_snapshot *city = NULL;
    assert_int_equal(city_snapshot_open(fixture.store, "nowhere", &city, &error),
                     ERROR_NOT_FOUND);
    assert_ok(db_store_city_create(fixture.store, "blank", NOW, &error));
    assert_int_equal(city_snapshot_open(fixture.store, "blank", &city, &error),
                     ERROR_NOT_FOUND);
    assert_string_equal(error.slug, "city.empty");
}

// ---- the map ----
static size_t features_of(struct buffer *text, bool *ret_truncated)
{
    struct json *document JSON_CLEANUP = NULL;
    const struct json *features = NULL;
    assert_ok(json_parse(text->data, text->length, &document, &error));
    assert_ok(json_get_array(document, "features", JSON_REQUIRED, &features, &error));
    assert_ok(json_get_bool(document, "truncated", JSON_REQUIRED, ret_truncated, &error));
    return json_array_length(features);
}

static void the_box_of_the_city_holds_its_grids_whole(void **state)
{
    (void)state;
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    double box[4];
    city_bbox(city, box);
    const double expected[4] = {120, 30, 120.003, 30.003};
    for (int i = 0; i < 4; i++)
        assert_true(fabs(box[i] - expected[i]) < 1e-7);
}

static void gives_the_map_as_geojson(void **state)
{
    (void)state;
    struct city_snapshot *city CITY_SNAPSHOT_CLEANUP = open_city();
    DB_READER_CLEANUP struct db *db = NULL;
    assert_ok(db_reader_borrow(fixture.store, "tinytown", DB_CITY, &db, &error));
    struct city_bbox corner = {120.0001, 30.0001, 120.0009, 30.0009};
    struct city_bbox all = {119, 29, 121, 31};
    struct city_bbox backwards = {121, 29, 119, 31};
    bool truncated = false;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    assert_ok(city_grids_geojson(db, city, &corner, 100, &out, &error));
    assert_int_equal(features_of(&out, &truncated), 1);
    assert_non_null(strstr(out.data, "\"code\":\"T11\""));
    assert_non_null(strstr(out.data, "MultiPolygon"));
    buffer_clear(&out);
    assert_ok(city_grids_geojson(db, city, &all, 5, &out, &error));
    assert_int_equal(features_of(&out, &truncated), 5);
    assert_true(truncated);
    buffer_clear(&out);
    assert_ok(city_areas_geojson(db, city, 0, "en", &out, &error));
    assert_int_equal(features_of(&out, &truncated), 2);
    assert_false(truncated);
    assert_non_null(strstr(out.data, "Riverwest"));
    buffer_clear(&out);
    assert_ok(city_streets_geojson(db, city, &all, 0, &out, &error));
    assert_int_equal(features_of(&out, &truncated), 4);
    buffer_clear(&out);
    assert_ok(city_components_geojson(db, city, &all, 0, &out, &error));
    assert_int_equal(features_of(&out, &truncated), 4);
    assert_int_equal(city_grids_geojson(db, city, &backwards, 5, &out, &error),
                     ERROR_INPUT);
    assert_int_equal(city_areas_geojson(db, city, 9, "en", &out, &error), ERROR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(holds_identity_and_levels),
        TEST(chains_grids_by_largest_share),
        TEST(locates_points),
        TEST(knows_what_stands_around),
        TEST(carries_ids_into_the_catalogue),
        TEST(an_unchanged_model_makes_no_version),
        TEST(a_changed_grid_is_closed_and_made_anew),
        TEST(cases_keep_their_version_of_the_rules),
        TEST(a_department_that_left_keeps_its_name),
        TEST(components_change_row_by_row),
        TEST(told_of_a_code_that_comes_back),
        TEST(a_broken_load_is_invisible_and_swept),
        TEST(a_model_with_errors_changes_nothing),
        TEST(lost_locators_are_made_anew),
        TEST(a_city_without_model_says_so),
        TEST(the_box_of_the_city_holds_its_grids_whole),
        TEST(gives_the_map_as_geojson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
