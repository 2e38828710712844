// SPDX-License-Identifier: MPL-2.0
// Routes learned from made-up records: what is to be found is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>
#include <gridcase/geo/territory.h>
#include <gridcase/rules/route_learn.h>

#include "assert_ok.h"

enum { WEST, EAST, ODD, QUEUES, DAYS = 200, CASES = 4000, SIDE_M = 2000 };

static struct error error;
static const uint32_t departments[QUEUES] = {7, 7, 3};
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

// Class 0 goes west or east of the middle, one case in ten goes wrong; class 1 goes to one
// queue everywhere; class 2 has no case; half of class 3 lies nowhere.
static struct route_sample *make_record(void)
{
    struct route_sample *samples = memory_array(CASES, sizeof *samples);
    assert_non_null(samples);
    for (size_t i = 0; i < CASES; i++) {
        static const uint32_t classes[] = {0, 1, 3};
        struct route_sample *one = &samples[i];
        one->day = (int32_t)draw(DAYS);
        one->class = classes[draw(3)];
        one->x_m = draw(SIDE_M / 20) * 20;
        one->y_m = draw(SIDE_M / 20) * 20;
        one->placed = one->class != 3 || draw(2);
        one->queue = one->class == 1 || one->x_m < SIDE_M / 2.0 ? WEST : EAST;
        if (draw(10) == 0)
            one->queue = ODD;
    }
    return samples;
}

static const struct route_world world = {4, QUEUES, departments};

static void finds_where_a_border_runs(void **state)
{
    (void)state;
    struct route_sample *samples = make_record();
    struct route_places *places = NULL;
    assert_ok(route_learn_places(&world, samples, CASES, DAYS, &places, &error));
    assert_int_equal(places->classes[1].queue, WEST);
    assert_int_equal(places->classes[1].site_count, 0); // the place plays no part
    assert_int_equal(places->classes[2].queue, ROUTE_NOBODY);
    const struct route_class *class = &places->classes[0];
    assert_true(class->site_count > 500);
    size_t wrong = 0;
    for (size_t i = class->first_site; i < class->first_site + class->site_count; i++) {
        const struct route_site *site = &places->sites[i];
        if (fabs(site->x_m - SIDE_M / 2.0) > 100)
            wrong += site->queue != (site->x_m < SIDE_M / 2.0 ? WEST : EAST);
    }
    assert_true(wrong < class->site_count / 100);
    places = route_places_free(places);
    free(samples);
}

static void learns_nothing_from_later_days(void **state)
{
    (void)state;
    struct route_sample *samples = make_record();
    struct route_places *before = NULL, *after = NULL;
    assert_ok(route_learn_places(&world, samples, CASES, DAYS / 2, &before, &error));
    for (size_t i = 0; i < CASES; i++)
        if (samples[i].day >= DAYS / 2)
            samples[i].queue = ODD;
    assert_ok(route_learn_places(&world, samples, CASES, DAYS / 2, &after, &error));
    assert_int_equal(before->site_count, after->site_count);
    for (size_t i = 0; i < before->site_count; i++)
        assert_int_equal(before->sites[i].queue, after->sites[i].queue);
    route_places_free(before);
    route_places_free(after);
    free(samples);
}

static void takes_an_empty_record(void **state)
{
    (void)state;
    struct route_places *places = NULL;
    struct route_keys *keys = NULL;
    assert_ok(route_learn_places(&world, NULL, 0, DAYS, &places, &error));
    for (size_t i = 0; i < world.classes; i++)
        assert_int_equal(places->classes[i].queue, ROUTE_NOBODY);
    assert_ok(route_learn_keys(&world, NULL, 0, DAYS, &keys, &error));
    assert_int_equal(keys->count, 0);
    route_places_free(places);
    route_keys_free(keys);
}

static uint32_t first_rule(const struct route_keys *keys, uint32_t class,
                           uint32_t condition, uint32_t area)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct route_key_rule *rule = &keys->rules[i];
        if (rule->class == class && (!rule->condition || rule->condition == condition) &&
            (!rule->area || rule->area == area))
            return rule->queue;
    }
    return ROUTE_NOBODY;
}

// Condition 2 goes to ODD except in area 2; everything else follows the area.
static void writes_keys_from_special_to_general(void **state)
{
    (void)state;
    struct route_sample *samples = memory_array(CASES, sizeof *samples);
    struct route_keys *keys = NULL;
    assert_non_null(samples);
    for (size_t i = 0; i < CASES; i++) {
        struct route_sample *one = &samples[i];
        *one = (struct route_sample){.day = (int32_t)draw(DAYS),
                                     .class = 0,
                                     .condition = 1 + draw(2),
                                     .area = 1 + draw(2)};
        one->queue = one->area == 1 ? WEST : EAST;
        if (one->condition == 2 && one->area == 1)
            one->queue = ODD;
    }
    assert_ok(route_learn_keys(&world, samples, CASES, DAYS, &keys, &error));
    assert_int_equal(first_rule(keys, 0, 1, 1), WEST);
    assert_int_equal(first_rule(keys, 0, 1, 2), EAST);
    assert_int_equal(first_rule(keys, 0, 2, 1), ODD);
    assert_int_equal(first_rule(keys, 0, 2, 2), EAST);
    assert_true(first_rule(keys, 0, 0, 0) != ROUTE_NOBODY);
    assert_int_equal(first_rule(keys, 1, 1, 1), ROUTE_NOBODY);
    route_keys_free(keys);
    free(samples);
}

// Every point lies in the territory of its nearest site, and the box is covered once.
static void territories_follow_the_nearest_site(void **state)
{
    (void)state;
    enum { SITES = 300, LABELS = 5 };
    struct geo_box box = {-710000, 423000000, 0, 423700000};
    struct geo_site sites[SITES];
    struct geo_polygon *territory[LABELS];
    for (size_t i = 0; i < SITES; i++)
        sites[i] = (struct geo_site){
            {box.west + (int32_t)draw(70) * 10000, box.south + (int32_t)i * 2000},
            draw(LABELS - 1)};
    assert_ok(geo_territories(sites, SITES, box, territory, LABELS, &error));
    assert_null(territory[LABELS - 1]);
    double stretch = cos(42.335 * 0.017453292519943295);
    size_t wrong = 0;
    for (int i = 0; i < 3000; i++) {
        struct geo_point point = {box.west + (int32_t)draw(710000),
                                  box.south + (int32_t)draw(700000)};
        double best = HUGE_VAL;
        uint32_t label = 0, hits = 0, found = 0;
        for (size_t k = 0; k < SITES; k++) {
            double d = hypot((point.x - sites[k].at.x) * stretch, point.y - sites[k].at.y);
            if (d < best) {
                best = d;
                label = sites[k].label;
            }
        }
        for (uint32_t k = 0; k < LABELS; k++)
            if (territory[k] && geo_polygon_holds(territory[k], point)) {
                hits++;
                found = k;
            }
        wrong += hits != 1 || found != label;
    }
    assert_true(wrong <= 3); // on a border, to within a lattice step
    for (uint32_t k = 0; k < LABELS; k++)
        geo_polygon_free(territory[k]);
}

static void one_site_owns_all(void **state)
{
    (void)state;
    struct geo_box box = {0, 0, 1000000, 1000000};
    struct geo_site site = {{500000, 500000}, 1};
    struct geo_polygon *territory[2];
    assert_ok(geo_territories(&site, 1, box, territory, 2, &error));
    assert_null(territory[0]);
    assert_true(geo_polygon_holds(territory[1], (struct geo_point){10, 999990}));
    geo_polygon_free(territory[1]);
    assert_ok(geo_territories(NULL, 0, box, territory, 2, &error));
    assert_null(territory[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_where_a_border_runs),
        cmocka_unit_test(learns_nothing_from_later_days),
        cmocka_unit_test(takes_an_empty_record),
        cmocka_unit_test(writes_keys_from_special_to_general),
        cmocka_unit_test(territories_follow_the_nearest_site),
        cmocka_unit_test(one_site_owns_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
