// SPDX-License-Identifier: MPL-2.0
// Places by words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/city/place.h>

static int fit(const char *typed, const char *name)
{
    PLACE_QUERY_CLEANUP struct place_query *query = place_query_new(typed);
    return place_query_fit(query, name);
}

static void beginnings_of_words_fit(void **state)
{
    (void)state;
    assert_true(fit("bea st", "Beacon Street"));
    assert_true(fit("street beacon", "Beacon Street"));
    assert_true(fit("BROOKLEY rd", "Brookley Road"));
    assert_true(fit("martin luther king blvd", "Martin Luther King Jr. Boulevard"));
    assert_true(fit("st james", "Saint James") == 0);
    assert_true(fit("o'brien", "Obrien Highway"));
    assert_false(fit("acon", "Beacon Street"));
    assert_false(fit("beacon hill", "Beacon Street"));
    assert_false(fit("", "Beacon Street"));
    assert_false(fit(" .,;% ", "Beacon Street"));
}

static void better_names_come_first(void **state)
{
    (void)state;
    assert_true(fit("beacon street", "Beacon Street") > fit("beacon", "Beacon Street"));
    assert_true(fit("beacon", "Beacon Street") > fit("street", "Beacon Street"));
    assert_true(fit("charles", "Charles Street") > fit("charles", "Charlesgate West"));
}

static void a_pasted_address_holds_the_name(void **state)
{
    (void)state;
    assert_true(fit("104 Brookley Rd Jamaica Plain MA 02130", "Brookley Road"));
    assert_false(fit("104 Brookley Rd Jamaica Plain MA 02130", "Brookline Avenue"));
    assert_false(fit("104 Brookley Rd Jamaica Plain MA 02130", "Plain"));
}

static void chinese_is_found_anywhere(void **state)
{
    (void)state;
    assert_true(fit("中山", "中山路"));
    assert_true(fit("山路", "中山路"));
    assert_false(fit("路中", "中山路"));
}

static void nothing_is_too_long(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_false(fit(text, "Beacon Street"));
    for (size_t i = 1; i < sizeof(text) - 1; i += 2) {
        text[i] = ' ';
    }
    assert_false(fit(text, "Beacon Street"));
    assert_false(fit("beacon", ""));
    assert_false(fit("beacon", NULL));
}

// Two streets that cross, a third that does not, a landmark.
static void streets_crossings_and_landmarks(void **state)
{
    (void)state;
    struct geo_point a[] = {
        {-710000000, 423000000}, {-709900000, 423000000}, {-709800000, 423000000}};
    struct geo_point b[] = {{-709900000, 422900000}, {-709900000, 423000000}};
    struct geo_point c[] = {{-700000000, 420000000}, {-700000000, 420100000}};
    struct geo_line lines[] = {{3, a}, {2, b}, {2, c}};
    struct place_street streets[] = {{"Beacon Street", &lines[0]},
                                     {"Charles Street", &lines[1]},
                                     {"Beaconsfield Road", &lines[2]}};
    struct place_landmark landmarks[] = {{"市政府", {-709950000, 423000000}}};
    struct place_index *index = NULL;
    struct error error = {0};
    struct place_hit hits[PLACE_HITS_MOST];
    assert_int_equal(place_index_new(streets, 3, landmarks, 1, &index, &error), 0);
    struct place_query *query = place_query_new("17 beacon st");
    assert_int_equal(place_search(index, query, hits, 5), 1);
    assert_string_equal(hits[0].name, "Beacon Street");
    assert_int_equal(hits[0].low.x, -710000000);
    assert_int_equal(hits[0].high.x, -709800000);
    assert_int_equal(hits[0].point.y, 423000000);
    place_query_free(query);
    query = place_query_new("beacon");
    assert_int_equal(place_search(index, query, hits, 5), 2);
    assert_int_equal(place_search(index, query, hits, 1), 1);
    assert_int_equal(place_search(index, query, hits, 0), 0);
    place_query_free(query);
    static const char *const both[] = {"charles & beacon", "Beacon St and Charles St",
                                       "INTERSECTION of Beacon St & Charles St Boston MA"};
    for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
        query = place_query_new(both[i]);
        assert_int_equal(place_search(index, query, hits, 5), 1);
        assert_int_equal(hits[0].kind, PLACE_CROSSING);
        assert_int_equal(hits[0].point.x, -709900000);
        place_query_free(query);
    }
    query = place_query_new("市政");
    assert_int_equal(place_search(index, query, hits, 5), 1);
    assert_int_equal(hits[0].kind, PLACE_LANDMARK);
    place_query_free(query);
    place_index_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings_of_words_fit),
        cmocka_unit_test(better_names_come_first),
        cmocka_unit_test(a_pasted_address_holds_the_name),
        cmocka_unit_test(chinese_is_found_anywhere),
        cmocka_unit_test(nothing_is_too_long),
        cmocka_unit_test(streets_crossings_and_landmarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
