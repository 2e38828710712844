// SPDX-License-Identifier: MPL-2.0
// The real deadlines of a city's quarter, from limits and a calendar in table form.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/clock.h>

#include "rules_support.h"

#define FIXTURE "fixtures/boston_2011q3/"
#define MODEL   "grids/boston/tables/" // the demo city itself

static struct table *open_table(const char *folder, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s%s", folder, name);
    return support_table_file(path);
}

static struct calendar *read_calendar(const char *folder)
{
    bool model = strcmp(folder, MODEL) == 0;
    TABLE_CLEANUP struct table *settings = open_table(folder, "calendar.csv");
    TABLE_CLEANUP struct table *periods = open_table(folder, "calendar_periods.csv");
    TABLE_CLEANUP struct table *days =
        model ? open_table(folder, "calendar_days.csv") : NULL;
    struct calendar_source source = {.zone = "America/New_York",
                                     .version = 1,
                                     .settings = settings,
                                     .periods = periods,
                                     .days = days};
    struct calendar *calendar;
    struct error error;
    if (calendar_new(&source, NULL, &calendar, &error))
        fail_msg("%s", error.message);
    return calendar;
}

static struct catalogue *read_catalogue(const char *folder, const struct calendar *calendar)
{
    TABLE_CLEANUP struct table *classes = open_table(folder, "classes.csv");
    TABLE_CLEANUP struct table *limits = open_table(folder, "limits.csv");
    struct catalogue_source source = {
        .classes = classes, .limits = limits, .version = 1, .calendar = calendar};
    struct catalogue *catalogue;
    struct error error;
    if (catalogue_new(&source, NULL, &catalogue, &error))
        fail_msg("%s", error.message);
    return catalogue;
}

static void reproduce(const char *folder)
{
    struct calendar *calendar = read_calendar(folder);
    struct catalogue *catalogue = read_catalogue(folder, calendar);
    TABLE_CLEANUP struct table *deadlines = open_table(FIXTURE, "deadlines.csv");
    size_t close = 0;
    for (size_t row = 0; row < table_rows(deadlines); row++) {
        const struct catalogue_condition *condition =
            catalogue_condition_find(catalogue, table_value(deadlines, row, "condition"));
        assert_non_null(condition);
        struct limit limit;
        catalogue_limit(catalogue, condition, NULL, NULL, &limit, NULL);
        struct clock clock;
        clock_init(&clock);
        assert_int_equal(
            clock_start(&clock, calendar, &limit,
                        support_local(calendar, table_value(deadlines, row, "opened")),
                        NULL),
            0);
        int64_t target = support_local(calendar, table_value(deadlines, row, "target"));
        int64_t miss = clock.due_ms - target;
        close += miss >= -30000 && miss <= 30000;
        assert_false(clock.provisional);
    }
    print_message("%zu of %zu real deadlines to within 30 s\n", close,
                  table_rows(deadlines));
    assert_int_equal(table_rows(deadlines), 24799);
    assert_true(close >= 24405);
    catalogue_free(catalogue);
    calendar_free(calendar);
}

static void real_deadlines_are_reproduced(void **state)
{
    (void)state;
    reproduce(FIXTURE);
}

static void the_demo_city_reproduces_them_too(void **state)
{
    (void)state;
    reproduce(MODEL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_deadlines_are_reproduced),
        cmocka_unit_test(the_demo_city_reproduces_them_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
