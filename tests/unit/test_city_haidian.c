// SPDX-License-Identifier: MPL-2.0
// Haidian's model: a Chinese city in CGCS2000 with survey axes and 15-digit grid codes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/cases/replay.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/rules/catalogue.h>

#include "city_world.h"
#include "fault/postgres.h"

static struct city_world haidian;

static int set_up(void **state)
{
    (void)state;
    city_world_open(&haidian, "haidian");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    city_world_close(&haidian);
    return 0;
}

static void loads_without_errors_or_warnings(void **state)
{
    (void)state;
    assert_int_equal(city_report_count_of(haidian.report, CITY_ERROR), 0);
    assert_int_equal(city_report_count_of(haidian.report, CITY_WARNING), 0);
    assert_int_equal(haidian.result.components, 821);
    assert_int_equal(haidian.result.grids, 168);
    double area_m2 = 0;
    for (size_t i = 0; i < city_grids(haidian.city); i++)
        area_m2 += city_grid(haidian.city, i)->area_m2;
    assert_true(fabs(area_m2 - 1.670e6) < 0.002e6); // as published with the blocks
}

// 6 digits of the district, 3 of the subdistrict, 3 of the community, 3 of its own.
static void grid_codes_tell_their_areas(void **state)
{
    (void)state;
    for (size_t i = 0; i < city_grids(haidian.city); i++) {
        const struct city_grid *grid = city_grid(haidian.city, i);
        assert_int_equal(strlen(grid->code), 15);
        for (size_t level = 0, digits = 6; level < 3; level++, digits += 3) {
            const struct city_area *area =
                city_area_by_id(haidian.city, grid->areas[level]);
            assert_non_null(area);
            assert_int_equal(strlen(area->code), digits);
            assert_memory_equal(area->code, grid->code, digits);
        }
    }
}

static void parts_of_codes_have_columns_of_their_own(void **state)
{
    (void)state;
    DB_READER_CLEANUP struct db *db = NULL;
    assert_int_equal(db_reader_borrow(haidian.store, "haidian", DB_CITY, &db, &error), 0);
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    assert_int_equal(db_prepare(db, QUERY_CITY_CODE_PARTS, &row, &error), 0);
    assert_int_equal(db_step(row, &error), DB_ROW);
    assert_int_equal(db_column_int(row, 0), 168);
    assert_int_equal(db_column_int(row, 1), 821);
    assert_int_equal(db_column_int(row, 2), 0);
}

// The component table is in metres with X to the north: read the other way round, its
// points would lie off New Guinea.
static void survey_axes_are_understood(void **state)
{
    (void)state;
    size_t summaries = 0;
    for (size_t i = 0; i < city_report_count(haidian.report); i++)
        summaries +=
            text_equal(city_report_item(haidian.report, i)->slug, "point.no_grid") ||
            text_equal(city_report_item(haidian.report, i)->slug, "point.summary");
    assert_int_equal(summaries, 0);
}

// The numbers of 2007 and of 2013 say different things; the crosswalk knows which.
static void the_crosswalk_tells_2007_from_2013(void **state)
{
    (void)state;
    const struct catalogue *catalogue = city_catalogue(haidian.city, 0);
    static const struct {
        const char *was, *now;
    } known[] = {{"c0118", "c0137"}, // street lamp; c0118 is a septic tank's cover now
                 {"e0401", "e0505"}, // road collapse: the majors changed places
                 {"e0501", "e0401"}, // street vendor
                 {"c0117", NULL}};   // poles were split into power and telecom
    assert_int_equal(catalogue_class_count(catalogue), 164);
    assert_int_equal(catalogue_former_count(catalogue), 135);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct catalogue_former *one =
            catalogue_former_find(catalogue, "2007", known[i].was);
        assert_non_null(one);
        if (known[i].now)
            assert_string_equal(catalogue_class(catalogue, one->class_index)->code,
                                known[i].now);
        else
            assert_true(one->class_index == CATALOGUE_NO_CLASS);
    }
}

// A record of a running system: classes of 2007, positions of a map service.
static void a_record_of_2007_in_gcj02_is_understood(void **state)
{
    (void)state;
    char record[300], map[300];
    double lon = 116.3520, lat = 40.0030;
    struct replay_progress progress = {0};
    snprintf(record, sizeof record, "%s/record.csv", haidian.folder);
    snprintf(map, sizeof map, "%s/map.ini", haidian.folder);
    geo_datum_shift(GEO_GCJ02, &lon, &lat);
    FILE *file = fopen(record, "w");
    assert_non_null(file);
    fprintf(file,
            "id,opened,type,x,y\n1,2026-10-12 09:00:00,c0118,%.7f,%.7f\n"
            "2,2026-10-12 09:01:00,c0117,%.7f,%.7f\n", // no class of today
            lon, lat, lon, lat);
    fclose(file);
    file = fopen(map, "w");
    assert_non_null(file);
    fprintf(file, "[record]\nid = id\nopened = opened\nclass = type\nlon = x\nlat = y\n"
                  "time_format = YYYY-MM-DD hh:mm:ss\ndatum = GCJ-02\nedition = "
                  "2007\n[sources]\ndefault = system\n");
    fclose(file);
    struct replay_options options = {.source = record, .map = map};
    assert_ok(replay_run(haidian.store, haidian.city, &options, &progress, &error));
    assert_int_equal(progress.reports, 1);
    assert_int_equal(progress.rows_refused, 1);
    struct arena *arena ARENA_CLEANUP = arena_new(16 * 1024 * 1024);
    DB_READER_CLEANUP struct db *db = NULL;
    struct actor machine = actor_system();
    struct case_filter filter = case_filter_all();
    struct case_page page;
    assert_ok(db_reader_borrow(haidian.store, "haidian", DB_CASES, &db, &error));
    assert_ok(case_list(db, haidian.city, &machine, &filter, 0, arena, &page, &error));
    assert_int_equal(page.count, 1);
    const struct case_summary *one = &page.items[0];
    assert_string_equal(city_class_code(haidian.city, one->class_id), "c0137");
    assert_int_equal(one->datum, GEO_GCJ02);
    assert_true(fabs(one->lon_deg - 116.3520) < 2e-7 &&
                fabs(one->lat_deg - 40.0030) < 2e-7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_without_errors_or_warnings),
        cmocka_unit_test(grid_codes_tell_their_areas),
        cmocka_unit_test(parts_of_codes_have_columns_of_their_own),
        cmocka_unit_test(survey_axes_are_understood),
        cmocka_unit_test(the_crosswalk_tells_2007_from_2013),
        cmocka_unit_test(a_record_of_2007_in_gcj02_is_understood),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
