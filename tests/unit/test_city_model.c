// SPDX-License-Identifier: MPL-2.0
// Checking a model: each kind of mistake is told with file, layer, row and reason.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/city/load.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "fault/temporary.h"
#include "unit/model_folder.h"

enum { EDITS = 4 };

struct mistake {
    const char *name;
    struct model_edit edits[EDITS];
    // The finding expected: any text may be NULL; row 0: not looked at.
    enum city_severity severity;
    const char *slug, *file, *layer;
    int64_t row;
    const char *message; // part of it
};

static const struct mistake mistakes[] = {
    {.name = "a layer that is no layer",
     .edits = {{"layers/grids.geojson", NULL, "{ \"type\": \"FeatureColl"}},
     .severity = CITY_ERROR,
     .slug = "layer.driver",
     .file = "layers_grids.geojson",
     .layer = "grids",
     .message = "cannot be read"},
    {.name = "a layer that is not there",
     .edits = {{"city.ini", "layers/patrols.geojson", "layers/beats.geojson"}},
     .severity = CITY_ERROR,
     .slug = "layer.missing",
     .layer = "level patrol",
     .message = "no such file"},
    {.name = "a wrong CRS",
     .edits = {{"city.ini", "source = layers/districts.geojson",
                "crs = EPSG:2249\nsource = layers/districts.geojson"}},
     .severity = CITY_ERROR,
     .slug = "geometry.unusable",
     .layer = "level district",
     .message = "polygon without area"},
    {.name = "a level that does not reach all grids",
     .edits = {{"city.ini", "source = layers/districts.geojson",
                "source = layers/districts.geojson\nsnap_m = 0.1"},
               {"layers/districts.geojson", "120.003,", "120.002,"}},
     .severity = CITY_ERROR,
     .slug = "grid.nowhere",
     .layer = "grids",
     .message = "lies in no area of level district"},
    {.name = "feet that the file calls degrees",
     .edits = {{"layers/districts.geojson", "120.0,", "739827.0,"}},
     .severity = CITY_ERROR,
     .slug = "geometry.unusable",
     .file = "layers_districts.geojson",
     .layer = "level district",
     .message = "declare the true one"},
    {.name = "an unknown CRS",
     .edits = {{"city.ini", "source = layers/districts.geojson",
                "crs = EPSG:999999\nsource = layers/districts.geojson"}},
     .severity = CITY_ERROR,
     .slug = "layer.crs",
     .layer = "level district",
     .message = "EPSG:999999"},
    {.name = "points without CRS",
     .edits = {{"city.ini", "crs = EPSG:4326\nlon = lon\nlat = lat\ncode",
                "lon = lon\nlat = lat\ncode"}},
     .severity = CITY_ERROR,
     .slug = "layer.crs_missing",
     .layer = "components cover",
     .message = "declare one"},
    {.name = "a gap between grids",
     .edits =
         {{"layers/grids.geojson",
           "[[[120.001, 30.001], [120.002, 30.001], [120.002, 30.002], [120.001, 30.002], "
           "[120.001, 30.001]]]",
           "[[[120.001, 30.001], [120.0019, 30.001], [120.0019, 30.002], [120.001, "
           "30.002], "
           "[120.001, 30.001]]]"}},
     .severity = CITY_ERROR,
     .slug = "area.gap",
     .file = "layers_grids.geojson",
     .layer = "grids",
     .message = " m2 beside T"},
    {.name = "grids that overlap",
     .edits =
         {{"layers/grids.geojson",
           "[[[120.001, 30.001], [120.002, 30.001], [120.002, 30.002], [120.001, 30.002], "
           "[120.001, 30.001]]]",
           "[[[120.001, 30.001], [120.0021, 30.001], [120.0021, 30.002], [120.001, "
           "30.002], "
           "[120.001, 30.001]]]"}},
     .severity = CITY_ERROR,
     .slug = "area.overlap",
     .layer = "grids",
     .message = "T22 overlaps T23"},
    {.name = "a gap within the tolerance",
     .edits =
         {{"layers/grids.geojson",
           "[[[120.001, 30.001], [120.002, 30.001], [120.002, 30.002], [120.001, 30.002], "
           "[120.001, 30.001]]]",
           "[[[120.001, 30.001], [120.0019, 30.001], [120.0019, 30.002], [120.001, "
           "30.002], "
           "[120.001, 30.001]]]"},
          {"city.ini", "[grids]", "[grids]\ngap_m2 = 2000"}},
     .severity = CITY_WARNING,
     .slug = "area.gap",
     .layer = "grids",
     .message = "gap of 1"},
    {.name = "an invalid ring",
     .edits =
         {{"layers/grids.geojson",
           "[[[120.0, 30.0], [120.001, 30.0], [120.001, 30.001], [120.0, 30.001], "
           "[120.0, 30.0]]]",
           "[[[120.0, 30.0], [120.001, 30.0], [120.001, 30.001], [120.0, 30.001], "
           "[120.0, 30.0005], [120.0001, 30.0005], [120.0, 30.0005], [120.0, 30.0]]]"}},
     .severity = CITY_WARNING,
     .slug = "geometry.repaired",
     .layer = "grids",
     .message = "invalid polygon, repaired: "},
    {.name = "a code used twice",
     .edits = {{"layers/grids.geojson", "\"T33\"", "\"T32\""}},
     .severity = CITY_ERROR,
     .slug = "code.duplicate",
     .file = "layers_grids.geojson",
     .layer = "grids",
     .row = 8,
     .message = "code \"T32\" is also that of row 7"},
    {.name = "a code against the pattern",
     .edits = {{"layers/grids.geojson", "\"T33\"", "\"X33\""}},
     .severity = CITY_ERROR,
     .slug = "code.pattern",
     .layer = "grids",
     .row = 8,
     .message = "does not follow the pattern T[1-3][1-3]"},
    {.name = "0101 turned into 101",
     .edits = {{"tables/covers.csv", "000003,", "3,"}},
     .severity = CITY_ERROR,
     .slug = "code.number",
     .file = "tables_covers.csv",
     .layer = "components cover",
     .row = 4,
     .message = "the spreadsheet has stored this code as a number"},
    {.name = "01 turned into 1 in a table",
     .edits = {{"tables/classes.csv", "c0101,component,01,01", "c0101,component,01,1"}},
     .severity = CITY_ERROR,
     .slug = "code.number",
     .file = "tables_classes.csv",
     .layer = "table classes",
     .row = 2,
     .message = "minor \"1\" should have 2 characters"},
    {.name = "a department that does not exist, in a layer",
     .edits = {{"layers/squads.geojson", "\"squad2\"", "\"squad9\""}},
     .severity = CITY_ERROR,
     .slug = "department.unknown",
     .layer = "coverage squads",
     .row = 1,
     .message = "squad9"},
    {.name = "a department that does not exist, of a component",
     .edits = {{"tables/covers.csv", "water,water,roads", "water,water,raods"}},
     .severity = CITY_ERROR,
     .slug = "department.unknown",
     .file = "tables_covers.csv",
     .row = 2,
     .message = "maintainer department \"raods\""},
    {.name = "a department that does not exist, in the routing",
     .edits = {{"tables/routing.csv", ",parks,,garbage", ",cleaners,,garbage"}},
     .severity = CITY_ERROR,
     .slug = "routing.unknown",
     .file = "tables_routing.csv",
     .layer = "table routing",
     .row = 5,
     .message = "cleaners"},
    {.name = "a department below itself",
     .edits = {{"tables/departments.csv", "centre,,centre", "centre,squad1,centre"}},
     .severity = CITY_ERROR,
     .slug = "department.circle",
     .layer = "table departments",
     .row = 2,
     .message = "stands below itself"},
    {.name = "a condition that routes nowhere",
     .edits = {{"tables/routing.csv", "e0110,,,,,parks,,garbage\n", ""}},
     .severity = CITY_ERROR,
     .slug = "routing.nowhere",
     .layer = "table routing",
     .message = "e0110"},
    {.name = "periods of a day that overlap",
     .edits = {{"tables/calendar_periods.csv", "1-5,14:00,18:00", "1-5,11:00,18:00"}},
     .severity = CITY_ERROR,
     .slug = "calendar.period_overlap",
     .file = "tables_calendar_periods.csv",
     .row = 3,
     .message = "overlaps another period"},
    {.name = "a process with a dead end",
     .edits = {{"city.ini", "source = ../../grids/standard/process/steps.csv",
                "source = dead_end_steps.csv"},
               {"city.ini", "source = ../../grids/standard/process/actions.csv",
                "source = dead_end_actions.csv"}},
     .severity = CITY_ERROR,
     .slug = "process.graph",
     .file = "dead_end_steps.csv",
     .layer = "table process_steps",
     .message = "limbo"},
    {.name = "a component of no class",
     .edits = {{"city.ini", "class_is = c0101", "class_is = c0199"}},
     .severity = CITY_ERROR,
     .slug = "component.class",
     .layer = "components cover",
     .row = 2,
     .message = "class \"c0199\" is not in the catalogue"},
    {.name = "a point in no grid",
     .edits = {{"tables/covers.csv", "120.0005,30.00098", "121.0005,30.00098"}},
     .severity = CITY_ERROR,
     .slug = "point.no_grid",
     .file = "tables_covers.csv",
     .row = 2,
     .message = "lies in no unit grid"},
    {.name = "a point in no grid, within the tolerance",
     .edits = {{"tables/covers.csv", "120.0005,30.00098", "121.0005,30.00098"},
               {"city.ini", "straddle_share = 0.999",
                "straddle_share = 0.999\npoints_outside_share = 0.3"}},
     .severity = CITY_WARNING,
     .slug = "point.no_grid",
     .row = 2},
    {.name = "a grid that straddles a nesting level",
     .edits = {{"city.ini", "[level patrol]\nkind = overlay",
                "[level patrol]\nkind = nesting"}},
     .severity = CITY_WARNING,
     .slug = "grid.straddles",
     .layer = "grids",
     .row = 3,
     .message = "T21 straddles the border of patrol P1: 50.0 % in it, also in P2"},
    {.name = "garbled names",
     .edits = {{"tables/departments.csv", "市政道路处", "ÊÐÕþµÀÂ·´¦"}},
     .severity = CITY_ERROR,
     .slug = "layer.encoding",
     .layer = "table departments",
     .message = "garbled"},
    {.name = "an unknown key in city.ini",
     .edits = {{"city.ini", "[streets]", "[streets]\nnmae = name"}},
     .severity = CITY_ERROR,
     .slug = "ini.key",
     .file = "city.ini",
     .layer = "streets",
     .message = "nmae"},
    {.name = "a column that is not there",
     .edits = {{"city.ini", "department = department", "department = office"}},
     .severity = CITY_ERROR,
     .slug = "layer.field",
     .layer = "coverage squads",
     .message = "the layer has no such column"},
    {.name = "an unknown time zone",
     .edits = {{"city.ini", "Asia/Shanghai", "Asia/Shanghigh"}},
     .severity = CITY_ERROR,
     .slug = "zone.unknown",
     .message = "Asia/Shanghigh"},
};

// Behind the standard process: a step that cases come to and never leave.
static const char dead_end_step[] =
    "limbo,accept,accept,role:acceptor,,accept,,,某处,Limbo\n";
static const char dead_end_action[] =
    "stray,passed_on,accept,limbo,,acceptor,,,,误入,Stray\n";

static bool ends(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool fits(const struct city_finding *finding, const struct mistake *mistake)
{
    return finding->severity == mistake->severity &&
           strcmp(finding->slug, mistake->slug) == 0 &&
           (!mistake->file || ends(finding->file, mistake->file)) &&
           (!mistake->layer || strcmp(finding->layer, mistake->layer) == 0) &&
           (!mistake->row || finding->row == mistake->row) &&
           (!mistake->message || strstr(finding->message, mistake->message));
}

static void print_report(const struct city_report *report)
{
    for (size_t i = 0; i < city_report_count(report); i++) {
        struct buffer line BUFFER_CLEANUP;
        buffer_init(&line, BUFFER_CEILING_LINE);
        city_finding_text(city_report_item(report, i), &line);
        print_message("    %s\n", line.data);
    }
}

static void copy_with(const char *folder, const char *name, const char *source,
                      const char *more)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    struct buffer text BUFFER_CLEANUP;
    struct error error = {0};
    buffer_init(&text, BUFFER_CEILING_FILE);
    assert_int_equal(file_read(source, &text, &error), 0);
    buffer_append_text(&text, more);
    assert_int_equal(file_write_atomic(path, text.data, text.length, &error), 0);
}

static void write_dead_end(const char *folder)
{
    copy_with(folder, "dead_end_steps.csv", "grids/standard/process/steps.csv",
              dead_end_step);
    copy_with(folder, "dead_end_actions.csv", "grids/standard/process/actions.csv",
              dead_end_action);
}

static void tells_each_mistake(void **state)
{
    (void)state;
    size_t missed = 0;
    for (size_t m = 0; m < sizeof mistakes / sizeof *mistakes; m++) {
        const struct mistake *mistake = &mistakes[m];
        struct error error = {0};
        char folder[256];
        temporary_folder(folder, sizeof folder);
        write_dead_end(folder);
        model_folder_write(folder, mistake->edits);
        struct city_report *report = city_report_new();
        struct city_model *model CITY_MODEL_CLEANUP = NULL;
        int code = city_model_read(folder, report, &model, &error);
        if (code < 0)
            fail_msg("%s: %s", mistake->name, error.message);
        bool found = false;
        for (size_t i = 0; i < city_report_count(report); i++)
            found = found || fits(city_report_item(report, i), mistake);
        if (!found) {
            missed++;
            print_message("not told: %s (%s)\n", mistake->name, mistake->slug);
            print_report(report);
        }
        // What must stop a load has to be an error, what is tolerated must not.
        bool refused = city_report_count_of(report, CITY_ERROR) > 0;
        if (refused != (mistake->severity == CITY_ERROR)) {
            missed++;
            print_message("wrongly %s: %s\n", refused ? "refused" : "let through",
                          mistake->name);
            print_report(report);
        }
        city_report_free(report);
        temporary_remove(folder);
    }
    assert_int_equal(missed, 0);
}

static void tinytown_is_clean(void **state)
{
    (void)state;
    struct error error = {0};
    struct city_report *report = city_report_new();
    struct city_model *model CITY_MODEL_CLEANUP = NULL;
    assert_int_equal(city_model_read("fixtures/tinytown", report, &model, &error), 0);
    assert_int_equal(city_report_count_of(report, CITY_ERROR), 0);
    assert_int_equal(city_report_count_of(report, CITY_WARNING), 0);
    assert_int_equal(city_model_grids(model), 9);
    struct buffer csv BUFFER_CLEANUP;
    buffer_init(&csv, BUFFER_CEILING_FILE);
    city_report_csv(report, &csv);
    assert_true(text_starts(csv.data, "severity,slug,file,layer,row,message\n"));
    city_report_free(report);
}

static void a_folder_without_settings_is_no_model(void **state)
{
    (void)state;
    struct error error = {0};
    struct city_report *report = city_report_new();
    struct city_model *model = NULL;
    assert_int_equal(city_model_read("fixtures", report, &model, &error), ERROR_NOT_FOUND);
    assert_string_equal(error.slug, "model.missing");
    city_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tinytown_is_clean),
        cmocka_unit_test(tells_each_mistake),
        cmocka_unit_test(a_folder_without_settings_is_no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
