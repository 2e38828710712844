// SPDX-License-Identifier: MPL-2.0
// Forecasts by hand: records with known shares of their time, and what follows from them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "../../src/evaluation/ahead_internal.h"
#include "assert_ok.h"

static struct error error;

#define HOUR_S 3600u
#define NOW_S  (2000 * 24 * HOUR_S)

// Forty past cases of department 7 and class 3, due at NOW - 10 h .. NOW - 49 h, each with
// ten hours: number k was handled when k / 20 of its time was gone, so 0..20 in time (21 of
// them), 21..39 late (19).
static size_t past_cases(struct ahead_record *records, uint32_t department_id)
{
    for (uint32_t k = 0; k < 40; k++) {
        uint32_t due_s = NOW_S - (10 + k) * HOUR_S, start_s = due_s - 10 * HOUR_S;
        records[k] = (struct ahead_record){.case_id = 100 * department_id + k,
                                           .department_id = department_id,
                                           .class_id = 3,
                                           .major_id = 1,
                                           .start_s = start_s,
                                           .due_s = due_s,
                                           .handled_s = start_s + k * HOUR_S / 2,
                                           .share = (float)k / 20,
                                           .late = k > 20};
    }
    return 40;
}

static struct ahead_record open_case(uint32_t department_id, uint32_t class_id)
{
    return (struct ahead_record){.case_id = 9000,
                                 .department_id = department_id,
                                 .class_id = class_id,
                                 .major_id = class_id == 3 || class_id == 4 ? 1 : 2,
                                 .start_s = NOW_S - 5 * HOUR_S,
                                 .due_s = NOW_S + 5 * HOUR_S,
                                 .share = 2};
}

static struct ahead_forecast ask(const struct ahead_record *records, size_t count,
                                 const struct ahead_record *of, double gone, bool load)
{
    struct ahead_model model;
    struct ahead_forecast forecast;
    assert_ok(ahead_model_init(&model, records, count, &error));
    ahead_model_stand(&model, NOW_S);
    ahead_forecast(&model, of, gone, load, &forecast);
    ahead_model_done(&model);
    return forecast;
}

static void says_what_became_of_those_that_had_come_as_far(void **state)
{
    (void)state;
    struct ahead_record records[41];
    size_t count = past_cases(records, 7);
    struct ahead_record one = records[count++] = open_case(7, 3);
    // Just begun: shares above 0 are 39 cases, 19 of them above 1.
    struct ahead_forecast forecast = ask(records, count, &one, 0, false);
    assert_int_equal(forecast.basis, AHEAD_OF_CLASS);
    assert_int_equal(forecast.past, 39);
    assert_int_equal(forecast.late, 19);
    assert_true(fabs(forecast.probability - 19.0 / 39) < 1e-12);
    // At 0.41 those with k = 9..39 had come as far: 31; at 0.46 30; at 0.5 29, too few.
    forecast = ask(records, count, &one, 0.41, false);
    assert_int_equal(forecast.past, 31);
    assert_int_equal(forecast.late, 19);
    assert_int_equal(ask(records, count, &one, 0.46, false).past, 30);
    assert_int_equal(ask(records, count, &one, 0.5, false).basis, AHEAD_UNKNOWN);
}

static void falls_back_to_the_narrowest_past_that_is_enough(void **state)
{
    (void)state;
    struct ahead_record records[82];
    size_t count = past_cases(records, 7);
    struct ahead_record other = open_case(7, 4), far = open_case(7, 5),
                        stranger = open_case(8, 5);
    // Class 4 has no past: its major class has; class 5 is of another one.
    assert_int_equal(ask(records, count, &other, 0, false).basis, AHEAD_OF_MAJOR);
    assert_int_equal(ask(records, count, &far, 0, false).basis, AHEAD_OF_DEPARTMENT);
    assert_int_equal(ask(records, count, &stranger, 0, false).basis, AHEAD_OF_ALL);
    // At 0.5 one department has 29 left; with a second one everybody together has 58.
    count += past_cases(records + count, 9);
    struct ahead_record one = open_case(7, 3);
    struct ahead_forecast forecast = ask(records, count, &one, 0.5, false);
    assert_int_equal(forecast.basis, AHEAD_OF_ALL);
    assert_int_equal(forecast.past, 58);
    assert_int_equal(forecast.late, 38);
}

static void what_is_not_handled_and_past_its_time_counts_as_late(void **state)
{
    (void)state;
    struct ahead_record records[41];
    size_t count = past_cases(records, 7);
    struct ahead_record one = open_case(7, 3);
    records[5].handled_s = 0; // was 0.25
    records[5].share = 2;
    records[5].late = true;
    records[count - 1].handled_s = NOW_S + HOUR_S; // late, and nobody knew then how late
    struct ahead_forecast forecast = ask(records, count, &one, 0, false);
    assert_int_equal(forecast.past, 39);
    assert_int_equal(forecast.late, 20);
}

static void nothing_is_known_before_its_deadline_or_after_a_year(void **state)
{
    (void)state;
    struct ahead_record records[40];
    struct ahead_model model;
    struct ahead_forecast forecast;
    size_t count = past_cases(records, 7);
    struct ahead_record one = open_case(7, 3);
    assert_ok(ahead_model_init(&model, records, count, &error));
    ahead_model_stand(&model, NOW_S - 20 * HOUR_S); // those due up to then: k = 10..39
    assert_int_equal(model.known, 30);
    assert_int_equal(model.known_late, 19);
    ahead_forecast(&model, &one, 0, false, &forecast);
    assert_int_equal(forecast.past, 30);
    ahead_model_stand(&model, NOW_S - 21 * HOUR_S);
    ahead_forecast(&model, &one, 0, false, &forecast);
    assert_int_equal(forecast.basis, AHEAD_UNKNOWN);
    // A year after the deadlines: those at least 365 days ago are left out.
    ahead_model_stand(&model, NOW_S + 365 * 24 * HOUR_S - 30 * HOUR_S); // k = 0..19 left
    assert_int_equal(model.known, 20);
    ahead_model_done(&model);
}

static void more_work_than_usual_stretches_the_time_that_is_left(void **state)
{
    (void)state;
    assert_true(fabs(ahead_stretch(4, 4) - 1) < 1e-12);
    assert_true(fabs(ahead_stretch(9, 4) - 1.5) < 1e-12); // the root of 9/4
    assert_true(fabs(ahead_stretch(100, 4) - 2) < 1e-12); // at most 2
    assert_true(fabs(ahead_stretch(1, 16) - 0.5) < 1e-12);
    assert_true(fabs(ahead_stretch(5, 0.5) - 1) < 1e-12); // hardly any past: no word
    struct ahead_record records[46];
    size_t count = past_cases(records, 7);
    struct ahead_record one = open_case(7, 3);
    struct ahead_model model;
    struct ahead_forecast forecast;
    for (size_t i = 0; i < 4; i++)
        records[count++] = one;
    // The first start is 59 hours ago: too short to say what is usual.
    assert_ok(ahead_model_init(&model, records, count, &error));
    ahead_model_stand(&model, NOW_S);
    assert_true(fabs(ahead_load_of(&model, 7)->now - 4) < 1e-12);
    assert_true(fabs(ahead_load_of(&model, 7)->usual) < 1e-12);
    assert_null(ahead_load_of(&model, 8));
    ahead_forecast(&model, &one, 0, true, &forecast);
    assert_int_equal(forecast.late, 19);
    ahead_model_done(&model);
    // With one that began 30 days ago and took all its time, up to 5 h ago.
    records[count++] = (struct ahead_record){.case_id = 1,
                                             .department_id = 7,
                                             .class_id = 3,
                                             .major_id = 1,
                                             .start_s = NOW_S - 720 * HOUR_S,
                                             .due_s = NOW_S - 5 * HOUR_S,
                                             .handled_s = NOW_S - 5 * HOUR_S,
                                             .share = 1};
    assert_ok(ahead_model_init(&model, records, count, &error));
    ahead_model_stand(&model, NOW_S);
    // 0 + .5 + 1 .. + 10 h (k = 0..20: 105 h), 19 * 10 h of the late ones within their
    // time, 4 * 5 h of the open ones, 715 h of the long one, in 720 h.
    assert_true(fabs(ahead_load_of(&model, 7)->usual - 1030.0 / 720) < 1e-9);
    // The root of 4 / 1.4306 is 1.6722: what took more than 0.598 of its time then is late
    // now, k = 12..39 and the long one.
    ahead_forecast(&model, &one, 0, true, &forecast);
    assert_int_equal(forecast.past, 40);
    assert_int_equal(forecast.late, 29);
    ahead_model_done(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_became_of_those_that_had_come_as_far),
        cmocka_unit_test(falls_back_to_the_narrowest_past_that_is_enough),
        cmocka_unit_test(what_is_not_handled_and_past_its_time_counts_as_late),
        cmocka_unit_test(nothing_is_known_before_its_deadline_or_after_a_year),
        cmocka_unit_test(more_work_than_usual_stretches_the_time_that_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
