// SPDX-License-Identifier: MPL-2.0
// Tables of scores: the standard ones stand, wrong ones are told row by row, versions and
// brackets mean what the manual says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/rules/score.h>
#include <gridcase/rules/zone.h>

#include "assert_ok.h"

static struct error error;

struct model { // tables of a city by name, NULL: none
    struct table *scores, *parts, *brackets, *grades;
};

static const struct table *find(void *context, const char *name)
{
    const struct model *model = context;
    return strcmp(name, "scores") == 0           ? model->scores
           : strcmp(name, "score_parts") == 0    ? model->parts
           : strcmp(name, "score_brackets") == 0 ? model->brackets
           : strcmp(name, "score_grades") == 0   ? model->grades
                                                 : NULL;
}

static struct table *table(const char *name, const char *text)
{
    struct table *made = NULL;
    if (text != NULL)
        assert_ok(table_parse_csv(name, name, text, strlen(text), &made, &error));
    return made;
}

static struct evaluation *standard(void)
{
    struct evaluation *evaluation = NULL;
    assert_ok(evaluation_new(&(struct evaluation_source){0}, NULL, &evaluation, &error));
    return evaluation;
}

struct told {
    char slugs[400];
};

static void note(void *context, enum rules_severity severity, const struct table *of,
                 size_t row, const char *column, const char *slug, const char *message)
{
    struct told *told = context;
    size_t used = strlen(told->slugs);
    (void)of, (void)column, (void)message;
    if (severity == RULES_ERROR)
        snprintf(told->slugs + used, sizeof told->slugs - used, "%s:%zd ", slug,
                 row == RULES_NO_ROW ? -1 : (ssize_t)row);
}

// The scores of these texts; what is wrong with them, in order.
static struct scores *build(const char *scores, const char *parts, const char *brackets,
                            struct told *told)
{
    struct evaluation *evaluation = standard();
    struct model model = {table("scores", scores), table("score_parts", parts),
                          table("score_brackets", brackets), NULL};
    struct evaluation_source source = {find, &model};
    struct rules_report report = {note, told};
    struct scores *made = NULL;
    told->slugs[0] = '\0';
    int code = scores_new(&source, evaluation, &report, &made, &error);
    assert_int_equal(code != 0, told->slugs[0] != '\0');
    table_free(model.scores);
    table_free(model.parts);
    table_free(model.brackets);
    evaluation_free(evaluation);
    return made;
}

static int64_t day(const char *text)
{
    int64_t out = 0;
    assert_ok(date_from_text(text, strlen(text), &out, &error));
    return out;
}

static void the_standard_tables_stand(void **state)
{
    (void)state;
    struct told told;
    struct scores *scores = build(NULL, NULL, NULL, &told);
    assert_non_null(scores);
    assert_int_equal(scores_count(scores), 7);
    for (size_t i = 0; i < scores_count(scores); i++) {
        const struct score *score = scores_at(scores, i);
        assert_true(fabs(score->weights - 100) < 1e-9);
        assert_true(score->name.count >= 2);
    }
    // GB/T 30428.4: 90 A, 75 B, 60 C, 40 D, below E.
    static const struct {
        double points;
        const char *grade;
    } GRADES[] = {{100, "A"}, {90, "A"}, {89.99, "B"}, {75, "B"},
                  {60, "C"},  {40, "D"}, {39.99, "E"}, {-5, "E"}};
    for (size_t i = 0; i < sizeof GRADES / sizeof GRADES[0]; i++)
        assert_string_equal(scores_grade_of(scores, GRADES[i].points)->code,
                            GRADES[i].grade);
    scores_free(scores);
}

static void brackets_and_rates_give_the_published_points(void **state)
{
    (void)state;
    struct told told;
    struct scores *scores = build(NULL, NULL, NULL, &told);
    struct score_part part = {.kind = SCORE_BRACKET};
    static const struct {
        const char *bracket, *area_class;
        double value, points;
    } ROWS[] = {
        {"department_volume", "", 50, 100},  {"department_volume", "", 51, 90},
        {"department_volume", "", 1000, 40}, {"department_volume", "", 1001, 0},
        {"acceptor_volume", "", 100, 0},     {"acceptor_volume", "", 101, 40},
        {"acceptor_volume", "", 2001, 100},  {"area_volume", "", 0, 100},
        {"area_volume", "", 2, 90},          {"area_volume", "", 3, 75},
        {"area_volume", "2", 3, 90},         {"area_volume", "2", 9, 40},
        {"area_volume", "2", 10, 0},         {"area_volume", "9", 3, 75},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        part.bracket = ROWS[i].bracket;
        assert_true(scores_points(scores, &part, ROWS[i].area_class, ROWS[i].value) ==
                    ROWS[i].points);
    }
    struct score_part rate = {.kind = SCORE_RATE, .full = 0.7};
    assert_true(scores_points(scores, &rate, "", 0.7) == 100);
    assert_true(fabs(scores_points(scores, &rate, "", 0.35) - 50) < 1e-9);
    assert_true(scores_points(scores, &rate, "", (double)NAN) == 100); // nothing to do
    struct score_part inverse = {.kind = SCORE_INVERSE};
    assert_true(scores_points(scores, &inverse, "", 1.5) == 0);
    struct score_part each = {.kind = SCORE_EACH, .full = -0.5, .least = -3};
    assert_true(scores_points(scores, &each, "", 4) == -2);
    assert_true(scores_points(scores, &each, "", 100) == -3);
    assert_true(scores_points(scores, &each, "", (double)NAN) == 0);
    scores_free(scores);
}

#define SCORES "score,version,from,by,name_en\n"
#define PARTS  "score,version,part,kind,measure,weight,bracket,full,least,by,name_en\n"

static void a_new_formula_leaves_past_periods_as_they_were(void **state)
{
    (void)state;
    struct told told;
    struct scores *scores = build(SCORES "d,old,,department,D\n"
                                         "d,new,2026-07-01,department,D\n",
                                  PARTS "d,old,a,rate,closing_rate,100,,,,,A\n"
                                        "d,new,a,rate,on_time_rate,100,,,,,A\n",
                                  NULL, &told);
    assert_non_null(scores);
    assert_string_equal(scores_find(scores, "d", day("2026-06-30"))->version, "old");
    assert_string_equal(scores_find(scores, "d", day("2026-07-01"))->version, "new");
    assert_null(scores_find(scores, "e", day("2026-07-01")));
    scores_free(scores);
}

static void wrong_tables_are_told_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *scores, *parts, *brackets, *told;
    } CASES[] = {
        {SCORES "d,1,,department,D\n", PARTS "d,1,a,rate,nothing,100,,,,,A\n", NULL,
         "scores.measure:0 "},
        {SCORES "d,1,,department,D\n", PARTS "d,1,a,rate,opened,100,,,,,A\n", NULL,
         "scores.not_a_share:0 "},
        {SCORES "d,1,,department,D\n", PARTS "d,1,a,rate,closing_rate,60,,,,,A\n", NULL,
         "scores.weights:-1 "},
        {SCORES "d,1,,mayor,D\n", PARTS "d,1,a,rate,closing_rate,100,,,,,A\n", NULL,
         "scores.by:0 "},
        {SCORES "d,1,soon,department,D\n", PARTS "d,1,a,rate,closing_rate,100,,,,,A\n",
         NULL, "scores.from:0 "},
        {SCORES "d,1,,department,D\nd,1,,department,D\n",
         PARTS "d,1,a,rate,closing_rate,100,,,,,A\n", NULL, "scores.twice:1 "},
        {SCORES "d,1,,department,D\n",
         PARTS "d,1,a,guess,closing_rate,100,,,,,A\nd,1,b,rate,closing_rate,100,,,,,B\n",
         NULL, "scores.kind:0 "},
        {SCORES "d,1,,department,D\n",
         PARTS "e,1,a,rate,closing_rate,100,,,,,A\nd,1,b,rate,closing_rate,100,,,,,B\n",
         NULL, "scores.unknown:0 "},
        {SCORES "d,1,,department,D\n", PARTS "d,1,a,bracket,opened,100,none,,,,A\n", NULL,
         "scores.bracket:0 "},
        {SCORES "d,1,,department,D\n", PARTS "d,1,a,rate,closing_rate,100,,1.5,,,A\n", NULL,
         "scores.full:0 "},
        {SCORES "d,1,,department,D\n",
         PARTS "d,1,a,rate,closing_rate,100,,,,,A\nd,1,b,adjust,opened,,,,,,B\n", NULL,
         "scores.measure:1 "},
        {SCORES "d,1,,department,D\n",
         PARTS "d,1,a,rate,closing_rate,100,,,,,A\nd,1,a,adjust,,5,,,,,\n", NULL,
         "scores.twice:1 scores.no_name:1 scores.weight:1 scores.weights:-1 "},
        {SCORES "d,1,,department,D\n", PARTS "d,1,a,bracket,opened,100,b,,,,A\n",
         "bracket,area_class,up_to,points\nb,,9,50\nb,,3,200\n",
         "scores.points:1 scores.order:1 "},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct told told;
        struct scores *scores =
            build(CASES[i].scores, CASES[i].parts, CASES[i].brackets, &told);
        if (strcmp(told.slugs, CASES[i].told) != 0)
            fail_msg("%zu: %s, not %s", i, told.slugs, CASES[i].told);
        assert_null(scores);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_tables_stand),
        cmocka_unit_test(brackets_and_rates_give_the_published_points),
        cmocka_unit_test(a_new_formula_leaves_past_periods_as_they_were),
        cmocka_unit_test(wrong_tables_are_told_by_row),
    };
    return cmocka_run_group_tests_name("scores", tests, NULL, NULL);
}
