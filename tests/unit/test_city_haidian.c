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

#include <gridcase/core/text.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_without_errors_or_warnings),
        cmocka_unit_test(grid_codes_tell_their_areas),
        cmocka_unit_test(survey_axes_are_understood),
        cmocka_unit_test(the_crosswalk_tells_2007_from_2013),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
