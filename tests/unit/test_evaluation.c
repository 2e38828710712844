// SPDX-License-Identifier: MPL-2.0
// Tables of counts and indicators: what is refused, at which row, and what a city's own
// rows do to the standard.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/evaluation.h>
#include <gridcase/rules/zone.h>

#include "assert_ok.h"

struct model {
    const char *names[4], *texts[4]; // tables as CSV
    struct table *tables[4];
};

static const struct table *find(void *context, const char *name)
{
    struct model *model = context;
    struct error error = {0};
    for (size_t i = 0; i < 4 && model->names[i] != NULL; i++) {
        if (!text_equal(model->names[i], name))
            continue;
        if (model->tables[i] == NULL)
            assert_ok(table_parse_csv(name, name, model->texts[i], strlen(model->texts[i]),
                                      &model->tables[i], &error));
        return model->tables[i];
    }
    return NULL;
}

struct told {
    char slug[64], column[64];
    int64_t line;
};

static void tell(void *context, enum rules_severity severity, const struct table *table,
                 size_t row, const char *column, const char *slug, const char *message)
{
    struct told *told = context;
    (void)message;
    if (severity != RULES_ERROR || told->slug[0] != '\0')
        return;
    snprintf(told->slug, sizeof told->slug, "%s", slug);
    snprintf(told->column, sizeof told->column, "%s", column != NULL ? column : "");
    told->line = table != NULL && row != RULES_NO_ROW ? table_line(table, row) : 0;
}

static int read_model(struct model *model, struct told *told, struct evaluation **ret)
{
    struct rules_report report = {tell, told};
    struct evaluation_source source = {find, model};
    struct error error = {0};
    int code = evaluation_new(&source, &report, ret, &error);
    for (size_t i = 0; i < 4; i++)
        table_free(model->tables[i]);
    if (code != 0)
        assert_string_equal(error.slug, "indicators.invalid");
    return code;
}

#define COUNTS     "code,name_en,on,until,when,value,unit\n"
#define INDICATORS "code,name_en,formula,if_zero,unit\n"
static const struct {
    const char *table, *text, *slug, *column;
    int64_t line;
} WRONG[] = {
    {"own_counts", COUNTS "a,A,opened,,filed,,\nB b,B,opened,,,,\n", "indicators.code",
     "code", 3},
    {"own_counts", COUNTS "a,A,someday,,,,\n", "indicators.day", "on", 2},
    {"own_counts", COUNTS "a,A,source,,,,\n", "indicators.day", "on", 2},
    {"own_counts", COUNTS "a,,opened,,,,\n", "indicators.name", "name", 2},
    {"own_counts", COUNTS "a,A,opened,,filed and,,\n", "indicators.expression", "when", 2},
    {"own_counts", COUNTS "a,A,opened,,fild,,\n", "indicators.expression", "when", 2},
    {"own_counts", COUNTS "a,A,opened,,handled_in_time,,\n", "indicators.expression",
     "when", 2},
    {"own_counts", COUNTS "a,A,opened,,outcome = gone,,\n", "indicators.expression", "when",
     2},
    {"own_counts", COUNTS "a,A,opened,,opened > 3,,\n", "indicators.expression", "when", 2},
    {"own_counts", COUNTS "a,A,opened,,,filed,\n", "indicators.expression", "value", 2},
    {"own_counts", COUNTS "a,A,opened,,,reworked,cases\n", "indicators.unit", "unit", 2},
    {"own_counts", COUNTS "a,A,opened,,,,miles\n", "indicators.unit", "unit", 2},
    {"own_counts", COUNTS "a,A,opened,,,,\na,A,opened,,,,\n", "indicators.twice", "code",
     3},
    {"own_counts", COUNTS "closing_rate,A,opened,,,,\n", "indicators.twice", "code", 2},
    {"own_indicators", INDICATORS "x,X,opened / closed,,share\n", "indicators.zero",
     "if_zero", 2},
    {"own_indicators", INDICATORS "x,X,opened / closed,none,share\n", "indicators.zero",
     "if_zero", 2},
    {"own_indicators", INDICATORS "x,X,opened / 0,blank,share\n",
     "indicators.divides_by_zero", "formula", 2},
    {"own_indicators", INDICATORS "x,X,opened / (closed - closed),blank,share\n",
     "indicators.divides_by_zero", "formula", 2},
    {"own_indicators", INDICATORS "x,X,opened + opend,,number\n",
     "indicators.count_unknown", "formula", 2},
    {"own_indicators", INDICATORS "x,X,(opened,,number\n", "indicators.formula", "formula",
     2},
    {"own_indicators", INDICATORS "x,X,y + 1,,number\ny,Y,z,,number\nz,Z,x * 2,,number\n",
     "indicators.circle", "formula", 2},
    {"own_indicators", INDICATORS "x,X,x + 1,,number\n", "indicators.circle", "formula", 2},
    {"given", "code,from,to,value\nc,2026-01-01,2026-01-31,7\nc,2026-01-31,2026-02-05,7\n",
     "indicators.overlap", "from", 3},
    {"given", "code,from,to,value\nc,2026-02-30,2026-01-31,7\n", "indicators.date", "from",
     2},
    {"given", "code,from,to,value\nc,2026-02-03,2026-02-01,7\n", "indicators.date", "to",
     2},
    {"before", "code,value,period\nnobody_knows,7,2005\n", "indicators.count_unknown",
     "code", 2},
    {"missed", "class,within\n*,soon\n", "indicators.number", "within", 2},
    {"own_counts", "code,on\na,opened\n", "table.missing_column", "when", 0},
};

static void each_wrong_row_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct model model = {{WRONG[i].table}, {WRONG[i].text}, {NULL}};
        struct told told = {{0}, {0}, 0};
        struct evaluation *evaluation = NULL;
        if (read_model(&model, &told, &evaluation) == 0)
            fail_msg("taken: %s", WRONG[i].text);
        if (strcmp(told.slug, WRONG[i].slug) != 0 ||
            strcmp(told.column, WRONG[i].column) != 0 || told.line != WRONG[i].line)
            fail_msg("%s: told %s at %s, line %lld", WRONG[i].text, told.slug, told.column,
                     (long long)told.line);
    }
}

static const struct indicator *measure(const struct evaluation *evaluation,
                                       const char *code)
{
    int at = evaluation_find(evaluation, code, strlen(code));
    assert_true(at >= 0);
    return evaluation_measure(evaluation, (size_t)at);
}

static void a_citys_rows_replace_and_add(void **state)
{
    (void)state;
    struct evaluation *standard = NULL, *own = NULL, *draft = NULL;
    struct error error = {0};
    struct told told = {{0}, {0}, 0};
    assert_ok(evaluation_new(&(struct evaluation_source){0}, NULL, &standard, &error));
    struct model model = {
        {"own_counts", "own_indicators"},
        {COUNTS "closed,Closed by us,ended,,closed or outcome = forced,,\nlong,Long,ended,,"
                "\"closed and seconds(opened, ended) > 2 d and not class in (x1, x2)\",,\n",
         INDICATORS "closing_rate,Ours,(closed_of_opened + 1) / opened,0.5,share\n"},
        {NULL}};
    assert_int_equal(read_model(&model, &told, &own), 0);
    assert_int_equal(evaluation_measures(own), evaluation_measures(standard) + 1);
    // The house's own sum is recognised by its definition, not by its code.
    assert_int_equal(measure(standard, "closed")->sum, INDICATOR_SUM_CLOSED);
    assert_int_equal(measure(own, "closed")->sum, INDICATOR_SUM_NONE);
    assert_true(measure(own, "closed")->own && !measure(own, "opened")->own);
    const struct indicator *rate = measure(own, "closing_rate");
    assert_true(rate->quotient && rate->zero == INDICATOR_ZERO_NUMBER);
    assert_int_equal(rate->part_count, 2);
    assert_int_equal(rate->above, 1);
    assert_int_equal(rate->below, 2);
    assert_memory_not_equal(evaluation_digest(own), evaluation_digest(standard), HASH_SIZE);
    // A draft begins from the city's tables.
    struct model changed = {
        {"given"}, {"code,from,to,value\nm,2026-01-01,2026-01-10,20\n"}, {NULL}};
    struct evaluation_source source = {find, &changed};
    assert_ok(evaluation_draft(own, &source, NULL, &draft, &error));
    table_free(changed.tables[0]);
    assert_int_equal(evaluation_measures(draft), evaluation_measures(own));
    assert_string_equal(measure(draft, "closed")->when.text, "closed or outcome = forced");
    int64_t day = date_to_day(2026, 1, 1);
    assert_true(evaluation_given_sum(draft, "m", day, day + 4) == 10);
    assert_true(isnan(evaluation_given_sum(draft, "m", day, day + 10)));
    assert_true(isnan(evaluation_given_sum(draft, "n", day, day)));
    evaluation_free(draft);
    evaluation_free(own);
    evaluation_free(standard);
}

// ---- formulas ----
static int letter(void *context, const char *name, size_t length)
{
    (void)context;
    return length == 1 && *name >= 'a' && *name <= 'd' ? *name - 'a' : -1;
}

static void formulas_reckon_as_on_paper(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value; // NaN: none
    } LIST[] = {
        {"a", 2},
        {"a + b * c", 17},
        {"(a + b) * c", 25},
        {"a - b - c", -6},
        {"-a + b", 1},
        {"a / b / c", 2.0 / 15},
        {"c * (b - (a - 1))", 10},
        {"a / d", NAN},
        {"1 + a / d", NAN},
        {"0.5*a+b*.5", 2.5},
    };
    const double values[] = {2, 3, 5, 0};
    for (size_t i = 0; i < sizeof LIST / sizeof LIST[0]; i++) {
        struct arena *arena = arena_new(1 << 16);
        struct expression formula;
        struct error error = {0};
        int code = expression_of_names(LIST[i].text, letter, NULL, arena, &formula, &error);
        if (LIST[i].text[0] == '0') { // a number begins with a digit
            assert_int_equal(code, ERROR_INPUT);
        } else {
            assert_int_equal(code, 0);
            double value = expression_number(&formula, values);
            assert_true(isnan(value) == isnan(LIST[i].value));
            assert_true(isnan(value) || fabs(value - LIST[i].value) < 1e-12);
        }
        arena_free(arena);
    }
    struct arena *arena = arena_new(1 << 20);
    struct expression formula;
    char deep[2001];
    memset(deep, '(', 2000);
    deep[2000] = '\0';
    assert_int_equal(expression_of_facts(deep, EXPRESSION_TRUTH, arena, &formula, NULL),
                     ERROR_INPUT);
    assert_int_equal(
        expression_of_facts("opened + opened > 1", EXPRESSION_TRUTH, arena, &formula, NULL),
        ERROR_INPUT);
    assert_int_equal(
        expression_of_facts("due + 2 d < ended", EXPRESSION_TRUTH, arena, &formula, NULL),
        0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_row_is_told_with_its_place),
        cmocka_unit_test(a_citys_rows_replace_and_add),
        cmocka_unit_test(formulas_reckon_as_on_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
