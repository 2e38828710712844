// SPDX-License-Identifier: MPL-2.0
// Runs tests/tables/routing.txt, and compares the compiled form with a walk over the rules.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/routing.h>

#include "rules_support.h"

enum { NAMES = 200, PARTS = 40 };

// Names of a city in the order they are told: the id is the place in the list.
struct name {
    enum routing_name kind;
    int64_t parent;
    char code[32];
};

struct city {
    struct name names[NAMES];
    size_t name_count;
    struct buffer classes, conditions, rules;
    struct catalogue *catalogue;
    struct routing *routing;
};

static int64_t find_name(void *context, enum routing_name kind, int64_t parent,
                         const char *code)
{
    const struct city *city = context;
    for (size_t i = 0; i < city->name_count; i++)
        if (city->names[i].kind == kind && city->names[i].parent == parent &&
            strcmp(city->names[i].code, code) == 0)
            return (int64_t)i + 1;
    return 0;
}

static int64_t add_name(struct city *city, enum routing_name kind, int64_t parent,
                        const char *code)
{
    assert_true(city->name_count < NAMES);
    struct name *name = &city->names[city->name_count++];
    name->kind = kind;
    name->parent = parent;
    snprintf(name->code, sizeof name->code, "%s", code);
    return (int64_t)city->name_count;
}

static void city_init(struct city *city)
{
    memset(city, 0, sizeof *city);
    buffer_init(&city->classes, BUFFER_CEILING_REPLY);
    buffer_init(&city->conditions, BUFFER_CEILING_REPLY);
    buffer_init(&city->rules, BUFFER_CEILING_REPLY);
    buffer_append_text(&city->classes, "code,kind,name_en\n");
    buffer_append_text(&city->conditions, "code,class,name_en\n");
    buffer_append_text(&city->rules, "class,condition,layer,coverage,level,area,component,"
                                     "department,assistants,name\n");
}

static void city_done(struct city *city)
{
    routing_free(city->routing);
    catalogue_free(city->catalogue);
    buffer_done(&city->classes);
    buffer_done(&city->conditions);
    buffer_done(&city->rules);
}

static int city_build(struct city *city, struct support_report *report, struct error *error)
{
    TABLE_CLEANUP struct table *classes = support_table("classes", city->classes.data);
    TABLE_CLEANUP struct table *conditions =
        support_table("conditions", city->conditions.data);
    TABLE_CLEANUP struct table *rules = support_table("routing", city->rules.data);
    struct catalogue_source source = {.classes = classes, .conditions = conditions};
    if (catalogue_new(&source, NULL, &city->catalogue, error))
        fail_msg("%s", error->message);
    struct routing_names names = {find_name, city};
    struct routing_source routing = {rules, 3, city->catalogue, &names};
    return routing_new(&routing, report ? &report->report : NULL, &city->routing, error);
}

static size_t split(char *text, char separator, char **parts)
{
    size_t count = 0;
    for (char *at = text; at && count < PARTS; count++) {
        char *next = strchr(at, separator);
        if (next)
            *next = '\0';
        parts[count] = text_trim(at);
        at = next ? next + 1 : NULL;
    }
    return count;
}

// ---- reading the table ----

static void read_names(struct city *city, char *line)
{
    char *words[PARTS];
    size_t count = split(line, ' ', words);
    int64_t parent = 0;
    enum routing_name kind = ROUTING_NAME_DEPARTMENT;
    if (strcmp(words[0], "department") != 0) {
        bool layer = strcmp(words[0], "layer") == 0;
        words[1][strlen(words[1]) - 1] = '\0';
        parent =
            add_name(city, layer ? ROUTING_NAME_LAYER : ROUTING_NAME_LEVEL, 0, words[1]);
        kind = layer ? ROUTING_NAME_COVERAGE : ROUTING_NAME_AREA;
    }
    for (size_t i = parent ? 2 : 1; i < count; i++)
        add_name(city, kind, parent, words[i]);
}

static void read_class(struct city *city, char *line)
{
    char *words[PARTS];
    size_t count = split(line, ' ', words);
    words[2][strcspn(words[2], ":")] = '\0';
    buffer_format(&city->classes, "%s,%s,%s\n", words[2], words[1], words[2]);
    for (size_t i = 3; i < count; i++)
        buffer_format(&city->conditions, "%s,%s,%s\n", words[i], words[2], words[i]);
}

static void read_rule(struct city *city, char *line)
{
    char *parts[PARTS];
    size_t count = split(line + strlen("rule "), '|', parts);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++)
        buffer_format(&city->rules, "%s\"%s\"", i ? "," : "", parts[i]);
    buffer_append_char(&city->rules, '\n');
}

struct question {
    struct routing_query query;
    struct routing_hit hits[16];
    struct routing_place places[16];
};

static void read_where(const struct city *city, struct question *question, char *text)
{
    char *parts[PARTS];
    size_t count = split(text, ';', parts);
    for (size_t i = 0; i < count && *parts[i]; i++) {
        char *area = strchr(parts[i], '=');
        *area++ = '\0';
        char *department = strchr(area, ':');
        if (department)
            *department++ = '\0';
        void *context = (void *)(uintptr_t)city;
        int64_t layer = find_name(context, ROUTING_NAME_LAYER, 0, parts[i]);
        int64_t level = find_name(context, ROUTING_NAME_LEVEL, 0, parts[i]);
        if (layer)
            question->hits[question->query.hit_count++] = (struct routing_hit){
                layer, find_name(context, ROUTING_NAME_COVERAGE, layer, area),
                department ? find_name(context, ROUTING_NAME_DEPARTMENT, 0, department)
                           : 0};
        else
            question->places[question->query.place_count++] = (struct routing_place){
                level, find_name(context, ROUTING_NAME_AREA, level, area)};
    }
    question->query.hits = question->hits;
    question->query.places = question->places;
}

static void read_component(const struct city *city, struct question *question, char *text)
{
    static const char *const links[] = {"owner", "maintainer", "competent"};
    char *parts[PARTS];
    size_t count = split(text, ';', parts);
    for (size_t i = 0; i < count && *parts[i]; i++) {
        char *department = strchr(parts[i], '=');
        *department++ = '\0';
        for (int link = 0; link < ROUTING_LINKS; link++)
            if (strcmp(parts[i], links[link]) == 0)
                question->query.links[link] = find_name(
                    (void *)(uintptr_t)city, ROUTING_NAME_DEPARTMENT, 0, department);
    }
}

static void show_answer(const struct city *city, const struct routing_answer *answer,
                        char out[200])
{
    int length = snprintf(out, 200, "%s",
                          answer->manual ? "manual" : city->names[answer->lead - 1].code);
    for (size_t i = 0; i < answer->assistant_count; i++)
        length += snprintf(out + length, (size_t)(200 - length), ", %s",
                           city->names[answer->assistants[i] - 1].code);
}

// 0 when the case goes where the row says.
static int run_case(const struct city *city, char *line, int number)
{
    char *columns[PARTS], *what[PARTS];
    struct question question = {0};
    struct routing_answer answer;
    char shown[200];
    assert_int_equal(split(line, '|', columns), 5);
    assert_int_equal(split(columns[0], '/', what), 2);
    question.query.class_id = catalogue_class_find(city->catalogue, what[0])->id;
    question.query.condition_id = catalogue_condition_find(city->catalogue, what[1])->id;
    read_where(city, &question, columns[1]);
    read_component(city, &question, columns[2]);
    routing_answer(city->routing, &question.query, &answer);
    show_answer(city, &answer, shown);
    if (strcmp(shown, columns[3]) == 0 && answer.rule == strtol(columns[4], NULL, 10))
        return 0;
    fprintf(stderr, "routing.txt:%d: rule %d: %s; not rule %s: %s\n", number,
            (int)answer.rule, shown, columns[4], columns[3]);
    return 1;
}

static void every_row_of_routing_holds(void **state)
{
    (void)state;
    struct city city;
    struct error error;
    size_t length;
    char *text = support_file("tests/tables/routing.txt", &length);
    int number = 0, wrong = 0, cases = 0;
    city_init(&city);
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        char *trimmed = text_trim(line);
        number++;
        if (text_starts(trimmed, "rule ")) {
            read_rule(&city, trimmed);
        } else if (text_starts(trimmed, "class ")) {
            read_class(&city, trimmed);
        } else if (strchr(trimmed, '|') && *trimmed != '#') {
            if (!city.routing && city_build(&city, NULL, &error))
                fail_msg("%s", error.message);
            wrong += run_case(&city, trimmed, number);
            cases++;
        } else if (*trimmed && *trimmed != '#') {
            read_names(&city, trimmed);
        }
        line = end + 1;
    }
    free(text);
    print_message("%d cases, %d wrong\n", cases, wrong);
    assert_true(cases >= 25);
    assert_int_equal(wrong, 0);
    assert_int_equal(routing_version(city.routing), 3);
    city_done(&city);
}

// ---- validation ----

static void problems_are_all_reported(void **state)
{
    (void)state;
    struct city city;
    struct support_report report;
    struct error error;
    city_init(&city);
    support_report_init(&report);
    add_name(&city, ROUTING_NAME_DEPARTMENT, 0, "roads");
    buffer_append_text(&city.classes, "a,event,a\nb,event,b\n");
    buffer_append_text(&city.conditions, "a1,a,a1\nb1,b,b1\n");
    buffer_append_text(&city.rules, "a,,,,,,,nobody,,\n"       // line 2
                                    "zz,,,,,,,roads,,\n"       // 3
                                    "a,b1,,,,,,roads,,\n"      // 4
                                    ",,nolayer,,,,,roads,,\n"  // 5
                                    ",,,x,,,,roads,,\n"        // 6
                                    ",,,,,,uncle,roads,,\n"    // 7
                                    ",,,,,,,@coverage,,\n"     // 8
                                    "a,,,,,,,roads,roads;x,\n" // 9
                                    ",,,,,,,,,\n");            // 10
    assert_int_equal(city_build(&city, &report, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "routing.invalid");
    assert_non_null(strstr(error.message, "9 errors"));
    assert_non_null(strstr(error.message, "routing:2"));
    assert_int_equal(support_reported_line(&report, "routing.other_class"), 4);
    assert_int_equal(support_reported_line(&report, "routing.no_layer"), 6);
    assert_int_equal(support_reported_line(&report, "routing.link_unknown"), 7);
    assert_int_equal(support_reported(&report, "routing.unknown"), 6);
    city_done(&city);
}

static void conditions_that_route_nowhere_are_errors(void **state)
{
    (void)state;
    struct city city;
    struct support_report report;
    struct error error;
    city_init(&city);
    support_report_init(&report);
    add_name(&city, ROUTING_NAME_DEPARTMENT, 0, "roads");
    buffer_append_text(&city.classes, "a,event,a\nb,event,b\nc,event,c\n");
    buffer_append_text(&city.conditions, "a1,a,a1\na2,a,a2\n");
    buffer_append_text(&city.rules, "a,a1,,,,,,roads,,\nb,,,,,,,@manual,,\n");
    assert_int_equal(city_build(&city, &report, &error), ERROR_INPUT);
    assert_int_equal(support_reported(&report, "routing.nowhere"), 2); // a2 and c
    city_done(&city);
}

static void rules_that_never_answer_are_warned_of(void **state)
{
    (void)state;
    struct city city;
    struct support_report report;
    struct error error;
    city_init(&city);
    support_report_init(&report);
    int64_t layer = add_name(&city, ROUTING_NAME_LAYER, 0, "l");
    add_name(&city, ROUTING_NAME_COVERAGE, layer, "x");
    add_name(&city, ROUTING_NAME_DEPARTMENT, 0, "roads");
    buffer_append_text(&city.classes, "a,event,a\nb,event,b\n");
    buffer_append_text(&city.rules, "a,,l,x,,,,roads,,\n"
                                    "a,,l,x,,,,roads,,again\n" // never
                                    "a,,,,,,,roads,,\n"
                                    "a,a,l,,,,,roads,,\n" // never
                                    "*,,l,,,,,roads,,\n"  // b
                                    "*,,,,,,,roads,,\n"
                                    "b,,,,,,,roads,,\n"); // never
    assert_int_equal(city_build(&city, &report, &error), 0);
    assert_int_equal(support_reported(&report, "routing.unreachable"), 3);
    assert_int_equal(support_reported_line(&report, "routing.unreachable"), 3);
    assert_int_equal(report.severities[0], RULES_WARNING);
    city_done(&city);
}

// ---- the compiled form against the obvious one ----

struct plain_rule { // 0 = any
    int64_t class_id, condition_id, layer, coverage, level, area;
    int link; // -1 none
    int64_t lead;
};

static bool plain_fits(const struct plain_rule *rule, const struct routing_query *query)
{
    bool hit = rule->layer == 0, placed = rule->level == 0;
    for (size_t i = 0; i < query->hit_count; i++)
        hit = hit || (query->hits[i].layer_id == rule->layer &&
                      (!rule->coverage || query->hits[i].coverage_id == rule->coverage));
    for (size_t i = 0; i < query->place_count; i++)
        placed = placed || (query->places[i].level_id == rule->level &&
                            (!rule->area || query->places[i].area_id == rule->area));
    return hit && placed && (rule->link < 0 || query->links[rule->link] > 0) &&
           (!rule->class_id || rule->class_id == query->class_id) &&
           (!rule->condition_id || rule->condition_id == query->condition_id);
}

enum { CLASSES = 60, LAYERS = 3, AREAS = 12, DEPARTMENTS = 20 };

static void name_everything(struct city *city)
{
    char code[32];
    for (int i = 0; i < DEPARTMENTS; i++) {
        snprintf(code, sizeof code, "d%d", i);
        add_name(city, ROUTING_NAME_DEPARTMENT, 0, code);
    }
    for (int layer = 0; layer < LAYERS; layer++) {
        snprintf(code, sizeof code, "l%d", layer);
        int64_t parent = add_name(city, ROUTING_NAME_LAYER, 0, code);
        int64_t level = add_name(city, ROUTING_NAME_LEVEL, 0, code);
        for (int i = 0; i < AREAS; i++) {
            snprintf(code, sizeof code, "a%d", i);
            add_name(city, ROUTING_NAME_COVERAGE, parent, code);
            add_name(city, ROUTING_NAME_AREA, level, code);
        }
    }
    for (int i = 0; i < CLASSES; i++) {
        buffer_format(&city->classes, "c%d,event,x\n", i);
        buffer_format(&city->conditions, "c%d-1,c%d,x\nc%d-2,c%d,x\n", i, i, i, i);
    }
}

static void random_rule(struct city *city, uint64_t *seed, struct plain_rule *rule)
{
    static const char *const links[] = {"owner", "maintainer", "competent"};
    char class_code[32] = "", condition[32] = "", layer[32] = "", coverage[32] = "",
         level[32] = "", area[32] = "";
    *rule = (struct plain_rule){.link = (int)support_between(seed, -8, 2)};
    if (rule->link < 0)
        rule->link = -1;
    int number = (int)support_between(seed, 0, CLASSES - 1);
    if (support_between(seed, 0, 9)) {
        snprintf(class_code, sizeof class_code, "c%d", number);
        rule->class_id = number + 1;
        if (support_between(seed, 0, 2) == 0) {
            snprintf(condition, sizeof condition, "c%d-2", number);
            rule->condition_id = number * 2 + 2;
        }
    }
    if (support_between(seed, 0, 3)) {
        snprintf(layer, sizeof layer, "l%d", (int)support_between(seed, 0, LAYERS - 1));
        rule->layer = find_name(city, ROUTING_NAME_LAYER, 0, layer);
        if (support_between(seed, 0, 4)) {
            snprintf(coverage, sizeof coverage, "a%d",
                     (int)support_between(seed, 0, AREAS - 1));
            rule->coverage = find_name(city, ROUTING_NAME_COVERAGE, rule->layer, coverage);
        }
    }
    if (support_between(seed, 0, 3) == 0) {
        snprintf(level, sizeof level, "l%d", (int)support_between(seed, 0, LAYERS - 1));
        snprintf(area, sizeof area, "a%d", (int)support_between(seed, 0, AREAS - 1));
        rule->level = find_name(city, ROUTING_NAME_LEVEL, 0, level);
        rule->area = find_name(city, ROUTING_NAME_AREA, rule->level, area);
    }
    rule->lead = support_between(seed, 1, DEPARTMENTS);
    buffer_format(&city->rules, "%s,%s,%s,%s,%s,%s,%s,d%d,,\n", class_code, condition,
                  layer, coverage, level, area, rule->link < 0 ? "" : links[rule->link],
                  (int)rule->lead - 1);
}

static void random_question(struct city *city, uint64_t *seed, struct question *question)
{
    char code[32];
    *question = (struct question){0};
    int number = (int)support_between(seed, 0, CLASSES - 1);
    question->query.class_id = number + 1;
    question->query.condition_id = number * 2 + support_between(seed, 1, 2);
    for (int i = 0; i < 2 * LAYERS; i++) {
        snprintf(code, sizeof code, "l%d", (int)support_between(seed, 0, LAYERS - 1));
        int64_t layer = find_name(city, ROUTING_NAME_LAYER, 0, code);
        int64_t level = find_name(city, ROUTING_NAME_LEVEL, 0, code);
        snprintf(code, sizeof code, "a%d", (int)support_between(seed, 0, AREAS - 1));
        if (i % 2)
            question->hits[question->query.hit_count++] = (struct routing_hit){
                layer, find_name(city, ROUTING_NAME_COVERAGE, layer, code), 0};
        else
            question->places[question->query.place_count++] = (struct routing_place){
                level, find_name(city, ROUTING_NAME_AREA, level, code)};
    }
    for (int link = 0; link < ROUTING_LINKS; link++)
        question->query.links[link] = support_between(seed, -2, DEPARTMENTS);
    question->query.hits = question->hits;
    question->query.places = question->places;
}

static void the_compiled_form_agrees_with_a_walk(void **state)
{
    (void)state;
    enum { RULES = 3000, QUESTIONS = 20000 };
    static struct plain_rule rules[RULES];
    static struct question questions[QUESTIONS];
    struct city city;
    struct error error;
    uint64_t seed = 11;
    city_init(&city);
    name_everything(&city);
    for (int i = 0; i < RULES; i++)
        random_rule(&city, &seed, &rules[i]);
    buffer_append_text(&city.rules, ",,,,,,,@manual,,\n");
    if (city_build(&city, NULL, &error))
        fail_msg("%s", error.message);
    for (int i = 0; i < QUESTIONS; i++) {
        random_question(&city, &seed, &questions[i]);
        questions[i].query.hits = questions[i].hits;
        questions[i].query.places = questions[i].places;
    }
    int64_t start_us = instant_monotonic_us(), manual = 0;
    struct routing_answer answer;
    for (int i = 0; i < QUESTIONS; i++) {
        routing_answer(city.routing, &questions[i].query, &answer);
        manual += answer.manual;
    }
    int64_t spent_us = instant_monotonic_us() - start_us;
    for (int i = 0; i < QUESTIONS; i++) {
        int64_t expected = 0;
        while (expected < RULES && !plain_fits(&rules[expected], &questions[i].query))
            expected++;
        routing_answer(city.routing, &questions[i].query, &answer);
        assert_int_equal(answer.rule, expected + 1);
        assert_int_equal(answer.lead, expected < RULES ? rules[expected].lead : 0);
        assert_int_equal(answer.line, expected + 2);
    }
    print_message("%d rules, %.2f us an answer, %d to the manual queue\n", RULES,
                  (double)spent_us / QUESTIONS, (int)manual);
    city_done(&city);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_routing_holds),
        cmocka_unit_test(problems_are_all_reported),
        cmocka_unit_test(conditions_that_route_nowhere_are_errors),
        cmocka_unit_test(rules_that_never_answer_are_warned_of),
        cmocka_unit_test(the_compiled_form_agrees_with_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
