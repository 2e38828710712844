// SPDX-License-Identifier: MPL-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/city/place.h>

static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
    chance_state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = chance_state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) % below);
}

// Great-circle distance, which has nothing in common with how the index measures.
static double haversine_m(struct geo_point a, struct geo_point b)
{
    const double rad = M_PI / 180 / 1e7;
    double dy = ((double)b.y - a.y) * rad / 2;
    double dx = ((double)b.x - a.x) * rad / 2;
    double h = sin(dy) * sin(dy) + cos(a.y * rad) * cos(b.y * rad) * sin(dx) * sin(dx);
    return 2 * 6371008.8 * asin(sqrt(h));
}

// ---- nearest things ----
static struct near_index *new_near(const struct near_item *items, size_t count)
{
    struct near_index *index = NULL;
    struct error error = {0};
    if (near_index_new(items, count, &index, &error) != 0)
        fail_msg("%s", error.message);
    return index;
}

static void the_nearest_come_first_and_agree_with_brute_force(void **state)
{
    (void)state;
    enum { ITEMS = 3000, MOST = 7 };
    static const struct geo_point corners[] = {
        {1163000000, 398000000}, {-710000000, 423000000}, {0, 0}, {-5000, -338000000}};
    for (size_t c = 0; c < sizeof(corners) / sizeof(*corners); c++) {
        struct near_item items[ITEMS];
        chance_state = c;
        for (int i = 0; i < ITEMS; i++)
            items[i] = (struct near_item){i + 1,
                                          {corners[c].x + (int32_t)chance(300000),
                                           corners[c].y + (int32_t)chance(300000)}};
        struct near_index *index = new_near(items, ITEMS);
        for (int round = 0; round < 300; round++) {
            struct geo_point p = {corners[c].x - 30000 + (int32_t)chance(360000),
                                  corners[c].y - 30000 + (int32_t)chance(360000)};
            double radius_m = chance(400);
            struct near_hit hits[MOST];
            size_t found = near_index_find(index, p, radius_m, hits, MOST);
            size_t inside = 0;
            for (int i = 0; i < ITEMS; i++)
                inside += haversine_m(items[i].point, p) < radius_m * 0.999;
            assert_true(found >= (inside < MOST ? inside : MOST));
            for (size_t h = 0; h < found; h++) {
                double right_m = haversine_m(items[hits[h].id - 1].point, p);
                assert_true(fabs(hits[h].distance_m - right_m) < 0.001 * right_m + 0.02);
                assert_true(hits[h].distance_m <= radius_m);
                assert_true(h == 0 || hits[h - 1].distance_m <= hits[h].distance_m);
            }
            size_t nearer = 0; // than the last one found
            for (int i = 0; found && i < ITEMS; i++)
                nearer +=
                    haversine_m(items[i].point, p) < hits[found - 1].distance_m * 0.999;
            assert_true(nearer <= found - (found > 0));
        }
        near_index_free(index);
    }
}

static void an_empty_index_finds_nothing(void **state)
{
    (void)state;
    struct near_index *index = new_near(NULL, 0);
    struct near_hit hit;
    assert_int_equal(near_index_find(index, (struct geo_point){0, 0}, 100, &hit, 1), 0);
    near_index_free(index);
    assert_null(near_index_free(NULL));
}

static void odd_radii_and_places_are_harmless(void **state)
{
    (void)state;
    const struct near_item items[] = {{4, {0, 0}},
                                      {5, {0, 0}},
                                      {6, {1799999999, 899999999}},
                                      {7, {-1800000000, -900000000}}};
    struct near_index *index = new_near(items, 4);
    struct near_hit hits[4];
    assert_int_equal(near_index_find(index, (struct geo_point){0, 0}, 0, hits, 4), 2);
    assert_int_equal(near_index_find(index, (struct geo_point){0, 0}, -1, hits, 4), 0);
    assert_int_equal(near_index_find(index, (struct geo_point){0, 0}, nan(""), hits, 4), 0);
    assert_int_equal(near_index_find(index, (struct geo_point){0, 0}, 1e300, hits, 4), 2);
    assert_int_equal(near_index_find(index, (struct geo_point){0, 0}, 10, hits, 0), 0);
    assert_int_equal(near_index_find(index, (struct geo_point){0, 0}, 10, hits, 1), 1);
    assert_int_equal(
        near_index_find(index, (struct geo_point){1800000000, 900000000}, 2000, hits, 4),
        1);
    assert_int_equal(hits[0].id, 6);
    assert_int_equal(
        near_index_find(index, (struct geo_point){-1800000000, -900000000}, 2000, hits, 4),
        1);
    assert_int_equal(hits[0].id, 7);
    near_index_free(index);
}

// ---- the place in words ----
// At the equator near 0, 0 a metre is 89.93 lattice steps both ways.
enum { METRE = 90, KM = 90 * 1000 };

static struct geo_point a_points[] = {{-KM, 0}, {0, 0}, {KM, 0}};
static struct geo_point b_points[] = {{0, -KM}, {0, 0}, {0, KM}};
static struct geo_point a_again[] = {{KM, 0}, {2 * KM, 0}};
static struct geo_point c_points[] = {{-KM, 5 * KM}, {KM, 7 * KM}};
static const struct geo_line a_line = {3, a_points}, b_line = {3, b_points},
                             a_more = {2, a_again}, c_line = {2, c_points};

static struct place_index *town(bool chinese)
{
    const struct place_street streets[] = {{chinese ? "A街" : "A St", &a_line},
                                           {chinese ? "B街" : "B St", &b_line},
                                           {chinese ? "A街" : "A St", &a_more},
                                           {"C St", &c_line},
                                           {"", &b_line},
                                           {NULL, &c_line}};
    const struct place_landmark landmarks[] = {
        {"Town Hall", {50000, 50000}}, {"Kiosk", {0, 30 * METRE}}, {"", {3 * KM, 3 * KM}}};
    struct place_index *index = NULL;
    struct error error = {0};
    if (place_index_new(streets, 6, landmarks, 3, &index, &error) != 0)
        fail_msg("%s", error.message);
    return index;
}

static const struct {
    struct geo_point p;
    enum place_kind kind;
    enum place_side side;
    const char *en, *zh;
} named[] = {
    {{0, 25 * METRE},
     PLACE_CROSSING,
     PLACE_N,
     "25 m north of the crossing of A St and B St",
     "A街与B街路口以北25米"},
    {{-20 * METRE, -20 * METRE},
     PLACE_CROSSING,
     PLACE_SW,
     "28 m south-west of the crossing of A St and B St",
     "A街与B街路口以西南28米"},
    {{2 * METRE, METRE},
     PLACE_CROSSING,
     PLACE_AT,
     "at the crossing of A St and B St",
     "A街与B街路口"},
    // 62 m from the crossing, 32 m from the kiosk
    {{0, 62 * METRE}, PLACE_LANDMARK, PLACE_N, "32 m north of Kiosk", "Kiosk以北32米"},
    {{50000 + 10 * METRE, 50000},
     PLACE_LANDMARK,
     PLACE_E,
     "10 m east of Town Hall",
     "Town Hall以东10米"},
    {{50000, 50001}, PLACE_LANDMARK, PLACE_AT, "at Town Hall", "Town Hall"},
    {{500 * METRE, -100 * METRE},
     PLACE_STREET,
     PLACE_S,
     "100 m south of A St",
     "A街以南100米"},
    {{500 * METRE, 3 * METRE}, PLACE_STREET, PLACE_AT, "on A St", "A街"},
    // where the street goes on under the same name there is no crossing
    {{KM, 10 * METRE}, PLACE_STREET, PLACE_N, "10 m north of A St", "A街以北10米"},
    {{2 * KM + 40 * METRE, 40 * METRE},
     PLACE_STREET,
     PLACE_NE,
     "57 m north-east of A St",
     "A街以东北57米"},
    {{500 * METRE, -151 * METRE}, PLACE_NOTHING, PLACE_AT, "", ""},
    {{3 * KM, 3 * KM}, PLACE_NOTHING, PLACE_AT, "", ""},
    {{1800000000, 900000000}, PLACE_NOTHING, PLACE_AT, "", ""},
};

static void places_are_named(void **state)
{
    (void)state;
    struct place_index *english = town(false);
    struct place_index *chinese = town(true);
    for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
        struct place_words words;
        char text[200];
        place_find(english, named[i].p, &words);
        assert_int_equal(words.kind, named[i].kind);
        assert_int_equal(words.side, named[i].side);
        place_text(&words, "en", text, sizeof(text));
        assert_string_equal(text, named[i].en);
        place_find(chinese, named[i].p, &words);
        place_text(&words, "zh-CN", text, sizeof(text));
        assert_string_equal(text, named[i].zh);
    }
    place_index_free(english);
    place_index_free(chinese);
}

static void a_slanted_street_is_measured_at_right_angles(void **state)
{
    (void)state;
    struct place_index *index = town(false);
    struct place_words words;
    // C St runs at 45 degrees through (0, 6 km); 100 m away at right angles to the
    // south-east.
    place_find(index, (struct geo_point){6364, 6 * KM - 6364}, &words);
    assert_int_equal(words.kind, PLACE_STREET);
    assert_string_equal(words.name, "C St");
    assert_int_equal(words.side, PLACE_SE);
    assert_true(fabs(words.distance_m - 100) < 0.5);
    place_index_free(index);
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct place_index *index = town(true);
    struct place_words words;
    place_find(index, (struct geo_point){0, 25 * METRE}, &words);
    char whole[200];
    place_text(&words, "zh", whole, sizeof(whole));
    for (size_t size = 1; size < sizeof(whole); size++) {
        char text[200];
        memset(text, 'x', sizeof(text));
        place_text(&words, "zh", text, size);
        size_t length = strnlen(text, size);
        assert_true(length < size);
        assert_memory_equal(text, whole, length);
        // What is cut off begins a character: no byte of the form 10xxxxxx.
        assert_true(((unsigned char)whole[length] & 0xC0) != 0x80);
    }
    place_index_free(index);
}

static void a_city_without_streets_has_no_places(void **state)
{
    (void)state;
    struct place_index *index = NULL;
    struct place_words words;
    char text[10] = "x";
    assert_int_equal(place_index_new(NULL, 0, NULL, 0, &index, NULL), 0);
    place_find(index, (struct geo_point){0, 0}, &words);
    assert_int_equal(words.kind, PLACE_NOTHING);
    place_text(&words, "en", text, sizeof(text));
    assert_string_equal(text, "");
    place_index_free(index);
    assert_null(place_index_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_come_first_and_agree_with_brute_force),
        cmocka_unit_test(an_empty_index_finds_nothing),
        cmocka_unit_test(odd_radii_and_places_are_harmless),
        cmocka_unit_test(places_are_named),
        cmocka_unit_test(a_slanted_street_is_measured_at_right_angles),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(a_city_without_streets_has_no_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
