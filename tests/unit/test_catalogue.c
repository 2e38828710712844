// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/process.h>

#include "rules_support.h"

static const char classes_csv[] =
    "kind,major,major_name_zh,major_name_en,minor,code,name_zh,"
    "name_en,public\n"
    "component,01,公用设施,Public utilities,01,,上水井盖,"
    "Water supply cover,\n"
    "event,01,市容环境,Appearance,13,,道路破损,Damaged road,yes\n"
    "service,,,,,lamps,路灯咨询,Street lamps,no\n";
static const char conditions_csv[] = "code,class,name_zh,name_en,closing_zh,limit\n"
                                     "c0101-1,c0101,丢失,missing,已恢复,2紧急工作时\n"
                                     "e0113-1,e0113,破损,broken,已修复,\n"
                                     "c0101-2,c0101,破损,broken,已更换,\n";
static const char limits_csv[] = "condition,area_class,urgency,limit,unit\n"
                                 "c0101-2,,,4,working_hour\n"
                                 "e0113-1,,,5工作日,\n"
                                 "e0113-1,2,,7工作日,\n"
                                 "e0113-1,,urgent,1工作日,\n"
                                 "e0113-1,2,urgent,2工作日,\n";
static const char stages_csv[] = "clock,area_class,limit\n"
                                 "accept,,15分钟\n"
                                 "accept,2,120分钟\n"
                                 "verify,,30分钟\n";

struct tables {
    struct table *classes, *conditions, *limits, *stages;
    struct catalogue *catalogue;
    struct support_report report;
    struct error error;
    int code;
};

static void build(struct tables *tables, struct catalogue_source source,
                  const char *classes, const char *conditions, const char *limits)
{
    memset(tables, 0, sizeof *tables);
    support_report_init(&tables->report);
    tables->classes = support_table("classes.csv", classes);
    tables->conditions = conditions ? support_table("conditions.csv", conditions) : NULL;
    tables->limits = limits ? support_table("limits.csv", limits) : NULL;
    tables->stages = support_table("stage_limits.csv", stages_csv);
    source.classes = tables->classes;
    source.conditions = tables->conditions;
    source.limits = tables->limits;
    source.stage_limits = tables->stages;
    source.version = 4;
    tables->code =
        catalogue_new(&source, &tables->report.report, &tables->catalogue, &tables->error);
}

static void done(struct tables *tables)
{
    table_free(tables->classes);
    table_free(tables->conditions);
    table_free(tables->limits);
    table_free(tables->stages);
    catalogue_free(tables->catalogue);
}

static void build_good(struct tables *tables)
{
    build(tables, (struct catalogue_source){0}, classes_csv, conditions_csv, limits_csv);
    if (tables->code)
        fail_msg("%s", tables->error.message);
}

static void codes_are_built_from_their_parts(void **state)
{
    (void)state;
    struct tables tables;
    build_good(&tables);
    const struct catalogue *catalogue = tables.catalogue;
    assert_int_equal(catalogue_version(catalogue), 4);
    assert_int_equal(catalogue_class_count(catalogue), 3);
    assert_int_equal(catalogue_condition_count(catalogue), 4);
    const struct catalogue_class *cover = catalogue_class_find(catalogue, "c0101");
    assert_non_null(cover);
    assert_int_equal(cover->kind, CATALOGUE_COMPONENT);
    assert_int_equal(cover->condition_count, 2);
    assert_string_equal(catalogue_condition(catalogue, cover->first_condition)->code,
                        "c0101-1");
    assert_string_equal(catalogue_condition(catalogue, cover->first_condition + 1)->code,
                        "c0101-2");
    assert_string_equal(label_text(&cover->name, "zh-CN"), "上水井盖");
    assert_string_equal(label_text(&cover->name, "zh"), "上水井盖");
    assert_string_equal(label_text(&cover->name, "de"), "Water supply cover");
    assert_string_equal(label_text(&cover->major_name, "en-GB"), "Public utilities");
    assert_true(cover->is_public);
    const struct catalogue_class *lamps = catalogue_class_find(catalogue, "lamps");
    assert_false(lamps->is_public);
    assert_int_equal(lamps->condition_count, 1);
    const struct catalogue_condition *implicit =
        catalogue_condition_find(catalogue, "lamps");
    assert_true(implicit->implicit);
    assert_string_equal(label_text(&implicit->name, "en"), "Street lamps");
    assert_null(catalogue_class_find(catalogue, "c0102"));
    assert_null(catalogue_condition_find(catalogue, NULL));
    done(&tables);
}

static void ids_stay_what_the_city_says(void **state)
{
    (void)state;
    struct tables tables;
    build_good(&tables);
    catalogue_set_class_id(tables.catalogue, 0, 900);
    catalogue_set_class_id(tables.catalogue, 1, 17);
    catalogue_set_condition_id(tables.catalogue, 3, 500);
    assert_int_equal(catalogue_index(tables.catalogue, NULL), 0);
    assert_string_equal(catalogue_class_by_id(tables.catalogue, 900)->code, "c0101");
    assert_string_equal(catalogue_class_by_id(tables.catalogue, 17)->code, "e0113");
    assert_null(catalogue_class_by_id(tables.catalogue, 1));
    assert_string_equal(catalogue_condition_by_id(tables.catalogue, 500)->code, "lamps");
    catalogue_set_class_id(tables.catalogue, 1, 900);
    assert_int_equal(catalogue_index(tables.catalogue, NULL), ERROR_BUG);
    done(&tables);
}

static void expect_limit(const struct tables *tables, const char *condition,
                         const char *area, const char *urgency, int64_t milli, int64_t line)
{
    struct limit limit;
    int64_t found;
    catalogue_limit(tables->catalogue,
                    catalogue_condition_find(tables->catalogue, condition), area, urgency,
                    &limit, &found);
    assert_int_equal(limit.milli, milli);
    assert_int_equal(found, line);
}

static void the_row_that_says_most_wins(void **state)
{
    (void)state;
    struct tables tables;
    build_good(&tables);
    expect_limit(&tables, "e0113-1", NULL, NULL, 5000, 3);
    expect_limit(&tables, "e0113-1", "1", "", 5000, 3);
    expect_limit(&tables, "e0113-1", "2", "", 7000, 4);
    expect_limit(&tables, "e0113-1", "1", "urgent", 1000, 5);
    expect_limit(&tables, "e0113-1", "2", "urgent", 2000, 6);
    expect_limit(&tables, "e0113-1", "2", "calm", 7000, 4);
    expect_limit(&tables, "c0101-1", "2", "calm", 2000, 2); // stands in conditions
    expect_limit(&tables, "lamps", "2", "urgent", 0, 0);    // no limit
    struct limit limit;
    catalogue_stage_limit(tables.catalogue, "accept", "2", NULL, &limit, NULL);
    assert_int_equal(limit.milli, 120000);
    catalogue_stage_limit(tables.catalogue, "accept", NULL, NULL, &limit, NULL);
    assert_int_equal(limit.milli, 15000);
    catalogue_stage_limit(tables.catalogue, "sign", NULL, NULL, &limit, NULL);
    assert_int_equal(limit.unit, LIMIT_NONE);
    done(&tables);
}

static void codes_kept_as_numbers_are_found(void **state)
{
    (void)state;
    struct tables tables;
    build(&tables, (struct catalogue_source){.major_width = 2, .minor_width = 2},
          "kind,major,minor,name_en\n"
          "event,01,13,good\n"
          "event,1,13,lost zero\n"
          "event,01,13.0,became a number\n"
          "event,001,13,too long\n",
          NULL, NULL);
    assert_int_equal(tables.code, ERROR_INPUT);
    assert_string_equal(tables.error.slug, "catalogue.invalid");
    assert_int_equal(support_reported(&tables.report, "code.number"), 2);
    assert_int_equal(support_reported_line(&tables.report, "code.number"), 3);
    assert_non_null(strstr(tables.report.messages[0],
                           "the spreadsheet has stored this code as a number"));
    assert_int_equal(support_reported_line(&tables.report, "code.width"), 5);
    done(&tables);
}

static void problems_of_all_tables_are_reported(void **state)
{
    (void)state;
    struct tables tables;
    build(&tables, (struct catalogue_source){0},
          "code,kind,name_en,colour\n"
          "a,event,A,red\n"
          "a,event,again,\n"
          "b,animal,B,\n"
          "c,event,,\n"
          "d e,event,D,\n",
          "code,class,name_en\n"
          "a1,a,one\n"
          "a1,a,twice\n"
          "x1,x,nowhere\n",
          "condition,limit,unit\n"
          "a1,2天,\n"
          "a1,2紧急工作时,working_hour\n"
          "nobody,2工作时,\n"
          "a1,3工作时,\n");
    assert_int_equal(tables.code, ERROR_INPUT);
    const struct support_report *report = &tables.report;
    assert_int_equal(support_reported_line(report, "catalogue.kind_unknown"), 4);
    assert_int_equal(support_reported_line(report, "catalogue.name_missing"), 5);
    assert_int_equal(support_reported_line(report, "code.invalid"), 6);
    assert_int_equal(support_reported(report, "code.duplicate"), 2);
    assert_int_equal(support_reported_line(report, "catalogue.class_unknown"), 4);
    assert_int_equal(support_reported_line(report, "limit.invalid"), 2);
    assert_int_equal(support_reported_line(report, "catalogue.condition_unknown"), 4);
    assert_int_equal(support_reported(report, "limit.duplicate"), 1);
    assert_int_equal(support_reported_line(report, "limit.unit_conflict"), 3);
    assert_int_equal(support_reported(report, "table.unknown_column"), 1);
    done(&tables);
}

static void an_empty_catalogue_is_refused(void **state)
{
    (void)state;
    struct tables tables;
    build(&tables, (struct catalogue_source){0}, "code,kind,name_en\n", NULL, NULL);
    assert_int_equal(support_reported(&tables.report, "catalogue.empty"), 1);
    done(&tables);
    build(&tables, (struct catalogue_source){0}, "code,name_en\na,A\n", NULL, NULL);
    assert_int_equal(support_reported(&tables.report, "table.missing_column"), 1);
    done(&tables);
    struct catalogue *catalogue;
    struct catalogue_source nothing = {0};
    assert_int_equal(catalogue_new(&nothing, NULL, &catalogue, NULL), ERROR_INPUT);
}

static void seasons_are_checked_against_the_calendar(void **state)
{
    (void)state;
    struct calendar_source days = {.zone = "Asia/Shanghai"};
    struct calendar *calendar;
    assert_int_equal(calendar_new(&days, NULL, &calendar, NULL), 0);
    struct tables tables;
    build(
        &tables, (struct catalogue_source){.calendar = calendar},
        "code,kind,name_en\na,event,A\nb,event,B\n", NULL,
        "condition,limit,hours\na,种植季节15工作日,\nb,1.5步进工作日,\nb,1工作时,centre\n");
    assert_int_equal(support_reported_line(&tables.report, "limit.season_unknown"), 2);
    assert_int_equal(support_reported_line(&tables.report, "limit.step_fraction"), 3);
    assert_int_equal(support_reported_line(&tables.report, "limit.hours_unknown"), 4);
    done(&tables);
    calendar_free(calendar);
}

static void a_chain_has_a_limit_for_each_part(void **state)
{
    (void)state;
    struct tables tables;
    build(&tables, (struct catalogue_source){0},
          "code,kind,name_en\na,event,A\nb,event,B\n", NULL,
          "condition,area_class,part,limit\n"
          "a,,,围挡2紧急工作时；修复5工作日\n"
          "a,2,repair,7工作日\n"
          "b,,safe,2紧急工作时\nb,,restore,10工作日\nb,,,30自然日\n");
    if (tables.code)
        fail_msg("%s", tables.error.message);
    static const struct {
        const char *condition, *area_class;
        enum limit_part part;
        int64_t milli, line;
    } rows[] = {
        {"a", "", LIMIT_PART_WHOLE, 0, 0},       {"a", "", LIMIT_PART_SAFE, 2000, 2},
        {"a", "", LIMIT_PART_REPAIR, 5000, 2},   {"a", "2", LIMIT_PART_REPAIR, 7000, 3},
        {"a", "", LIMIT_PART_RESTORE, 0, 0},     {"b", "", LIMIT_PART_SAFE, 2000, 4},
        {"b", "", LIMIT_PART_RESTORE, 10000, 5}, {"b", "", LIMIT_PART_WHOLE, 30000, 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct limit limit;
        int64_t line;
        catalogue_part_limit(
            tables.catalogue, catalogue_condition_find(tables.catalogue, rows[i].condition),
            rows[i].part, &(struct catalogue_where){rows[i].area_class, ""}, &limit, &line);
        assert_int_equal(limit.milli, rows[i].milli);
        assert_int_equal(line, rows[i].line);
    }
    done(&tables);
    build(&tables, (struct catalogue_source){0}, "code,kind,name_en\na,event,A\n", NULL,
          "condition,part,limit\na,safe,围挡2紧急工作时；修复5工作日\na,polish,1工作日\n");
    assert_int_equal(support_reported_line(&tables.report, "limit.part_unknown"), 2);
    done(&tables);
}

static void which_time_moves_which_clock_is_a_table(void **state)
{
    (void)state;
    struct tables tables;
    TABLE_CLEANUP struct table *clocks = support_table(
        "clocks.csv", "clock,starts,stops,late_after\n"
                      "handling,received,,30 minutes\ncheck,done,received,\n");
    build(&tables, (struct catalogue_source){.clocks = clocks}, classes_csv, NULL, NULL);
    if (tables.code)
        fail_msg("%s", tables.error.message);
    const struct catalogue *catalogue = tables.catalogue;
    assert_true(catalogue_time(catalogue, PROCESS_CLOCK_HANDLING)->starts_received);
    assert_false(catalogue_time(catalogue, PROCESS_CLOCK_HANDLING)->stops_received);
    assert_int_equal(catalogue_time(catalogue, PROCESS_CLOCK_HANDLING)->late_ms, 1800000);
    assert_false(catalogue_time(catalogue, PROCESS_CLOCK_CHECK)->starts_received);
    assert_true(catalogue_time(catalogue, PROCESS_CLOCK_CHECK)->stops_received);
    assert_true(catalogue_time(catalogue, PROCESS_CLOCK_ACCEPT)->starts_received);
    assert_false(catalogue_time(catalogue, PROCESS_CLOCK_DISPATCH)->starts_received);
    done(&tables);
    TABLE_CLEANUP struct table *wrong =
        support_table("clocks.csv", "clock,starts,late_after\nmoon,done,\nfile,seen,\n"
                                    "check,,2工作时\naccept,done,\naccept,done,\n");
    build(&tables, (struct catalogue_source){.clocks = wrong}, classes_csv, NULL, NULL);
    assert_int_equal(support_reported_line(&tables.report, "limit.clock_invalid"), 2);
    assert_int_equal(support_reported(&tables.report, "limit.time_unknown"), 2);
    assert_int_equal(support_reported_line(&tables.report, "limit.duplicate"), 6);
    done(&tables);
}

static void a_former_edition_has_codes_of_its_own(void **state)
{
    (void)state;
    struct tables tables;
    TABLE_CLEANUP struct table *good =
        support_table("former_classes.csv", "edition,kind,major,minor,name_zh,class,note\n"
                                            "2007,event,01,10,道路破损,e0113,\n"
                                            "2007,event,01,13,外立面不洁,,\n"
                                            "2005,event,01,10,别的,c0101,\n");
    build(&tables, (struct catalogue_source){.former_classes = good}, classes_csv, NULL,
          NULL);
    assert_int_equal(tables.code, 0);
    assert_int_equal(catalogue_former_count(tables.catalogue), 3);
    const struct catalogue_former *one =
        catalogue_former_find(tables.catalogue, "2007", "e0110");
    assert_non_null(one);
    assert_string_equal(catalogue_class(tables.catalogue, one->class_index)->code, "e0113");
    one = catalogue_former_find(tables.catalogue, "2007", "e0113"); // another thing then
    assert_non_null(one);
    assert_true(one->class_index == CATALOGUE_NO_CLASS);
    assert_null(catalogue_former_find(tables.catalogue, "2013", "e0110"));
    done(&tables);
    TABLE_CLEANUP struct table *wrong =
        support_table("former_classes.csv", "edition,kind,major,minor,name_zh,class\n"
                                            "2007,event,01,10,一,e0113\n"
                                            "2007,event,01,10,二,e0113\n"
                                            "2007,event,01,11,三,e9999\n"
                                            ",event,01,12,四,e0113\n"
                                            "2007,moon,01,12,五,e0113\n");
    build(&tables, (struct catalogue_source){.former_classes = wrong}, classes_csv, NULL,
          NULL);
    assert_int_equal(tables.code, ERROR_INPUT);
    assert_int_equal(support_reported_line(&tables.report, "code.duplicate"), 3);
    assert_int_equal(support_reported_line(&tables.report, "catalogue.class_unknown"), 4);
    assert_int_equal(support_reported_line(&tables.report, "catalogue.edition"), 5);
    assert_int_equal(support_reported_line(&tables.report, "catalogue.kind_unknown"), 6);
    done(&tables);
}

static void the_listing_is_json(void **state)
{
    (void)state;
    struct tables tables;
    build_good(&tables);
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    struct json_writer writer;
    json_writer_init(&writer, &out);
    catalogue_put(tables.catalogue, &writer);
    struct json *document;
    struct error error;
    if (json_parse(out.data, out.length, &document, &error))
        fail_msg("%s", error.message);
    json_free(document);
    assert_non_null(strstr(out.data, "\"limit_text\":{\"zh-CN\":\"2紧急工作时\",\"en\":\"2 "
                                     "urgent working hours\"}"));
    assert_non_null(strstr(out.data, "\"limit\":null"));
    assert_non_null(strstr(out.data, "\"unit\":\"working_hour\""));
    done(&tables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_built_from_their_parts),
        cmocka_unit_test(ids_stay_what_the_city_says),
        cmocka_unit_test(the_row_that_says_most_wins),
        cmocka_unit_test(codes_kept_as_numbers_are_found),
        cmocka_unit_test(problems_of_all_tables_are_reported),
        cmocka_unit_test(an_empty_catalogue_is_refused),
        cmocka_unit_test(seasons_are_checked_against_the_calendar),
        cmocka_unit_test(a_chain_has_a_limit_for_each_part),
        cmocka_unit_test(which_time_moves_which_clock_is_a_table),
        cmocka_unit_test(a_former_edition_has_codes_of_its_own),
        cmocka_unit_test(the_listing_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
