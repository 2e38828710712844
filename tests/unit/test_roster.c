// SPDX-License-Identifier: MPL-2.0
// Rosters, offices and labels: what a table may say, and who is on duty when.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gridcase/rules/roster.h>
#include <gridcase/rules/words.h>
#include <stdio.h>
#include <string.h>

#include "rules_support.h"

static const char SHIFTS[] = "code,starts,ends,name_en,name_zh\n"
                             "early,07:00,14:30,Early,早班\n"
                             "late,14:00,21:30,Late,晚班\n"
                             "night,21:30,07:00,Night,夜班\n";
static const char STAFF[] = "login,name,role\nann,Ann,collector\nbob,Bob,collector\n"
                            "cyd,Cyd,acceptor\n";

static int64_t department_id(void *context, const char *code)
{
    (void)context;
    return strcmp(code, "roads") == 0 ? 7 : 0;
}

static int64_t duty_grid_id(void *context, const char *code)
{
    (void)context;
    return code[0] == 'D' && code[1] >= '1' && code[1] <= '9' && code[2] == '\0'
               ? 100 + code[1] - '0'
               : 0;
}

struct made {
    struct calendar *calendar;
    struct roster *roster;
    struct support_report report;
    int code;
};

static void make(struct made *made, const char *shifts, const char *rosters,
                 const char *officers, const char *vehicles)
{
    struct error error = {0};
    TABLE_CLEANUP struct table *shift_table = support_table("shifts", shifts);
    TABLE_CLEANUP struct table *row_table = support_table("rosters", rosters);
    TABLE_CLEANUP struct table *staff = support_table("staff", STAFF);
    TABLE_CLEANUP struct table *officer_table =
        officers ? support_table("duty_officers", officers) : NULL;
    TABLE_CLEANUP struct table *vehicle_table =
        vehicles ? support_table("vehicles", vehicles) : NULL;
    memset(made, 0, sizeof *made);
    assert_int_equal(calendar_new(&(struct calendar_source){.zone = "Asia/Shanghai"}, NULL,
                                  &made->calendar, &error),
                     0);
    support_report_init(&made->report);
    struct roster_source source = {.shifts = shift_table,
                                   .rosters = row_table,
                                   .duty_officers = officer_table,
                                   .vehicles = vehicle_table,
                                   .staff = staff,
                                   .calendar = made->calendar,
                                   .has_level = true,
                                   .department_id = department_id,
                                   .duty_grid_id = duty_grid_id};
    made->code = roster_new(&source, &made->report.report, &made->roster, &error);
}

static void done(struct made *made)
{
    roster_free(made->roster);
    calendar_free(made->calendar);
}

struct wrong {
    const char *rosters; // below the header person,duty_grid,shift,from,to,weekdays,backup
    const char *slug;    // NULL: nothing is wrong
    int64_t line;
};

static const struct wrong wrongs[] = {
    {"ann,D1,early,,,,\n", NULL, 0},
    {"ANN,D1|D2 | D3,early,,,,\n", NULL, 0},
    {"ann,D1,early,,,,\nann,D1,late,,,1-5,\n", "roster.person_twice", 3}, // 14:00 to 14:30
    {"ann,D1,early,,,1,\nann,D2,early,,,2-7,\n", NULL, 0},
    {"ann,D1,early,,,1-3,\nann,D2,early,,,3-5,\n", "roster.person_twice", 3},
    {"ann,D1,early,2026-11-02,2026-11-06,,\nann,D2,early,2026-11-06,,,\n",
     "roster.person_twice", 3},
    {"ann,D1,early,2026-11-02,2026-11-06,,\nann,D2,early,2026-11-07,,,\n", NULL, 0},
    // The night of Monday runs into Tuesday's early shift only where they touch: not at
    // all.
    {"ann,D1,night,,,1,\nann,D2,early,,,2,\n", NULL, 0},
    {"ann,D1,night,,,1,\nann,D1,night,,,1,\n", "roster.person_twice", 3},
    {"ann,D1|D1,early,,,,\n", "roster.person_twice", 2},
    {"ann,D1,early,,,,\nann,D2,early,,,,yes\n", NULL, 0}, // stands behind others
    {"ann,D1,early,,,,\nann,D1,early,,,,yes\n", "roster.person_twice", 3}, // not herself
    {"ann,D1,noon,,,,\n", "roster.shift_unknown", 2},
    {"ann,X9,early,,,,\n", "roster.grid_unknown", 2},
    {"ann,,early,,,,\n", "roster.grid_unknown", 2},
    {",D1,early,,,,\n", "roster.person_missing", 2},
    {"ann,D1,early,2026-02-30,,,\n", "roster.date_invalid", 2},
    {"ann,D1,early,2026-03-02,2026-03-01,,\n", "roster.date_invalid", 2},
    {"ann,D1,early,,,8,\n", "roster.weekdays_invalid", 2},
    {"ann,D1,early,,,,maybe\n", "roster.yes_or_no", 2},
};

static void each_mistake_is_told_with_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        char rosters[600];
        struct made made;
        snprintf(rosters, sizeof rosters,
                 "person,duty_grid,shift,from,to,weekdays,backup\n%s", wrongs[i].rosters);
        make(&made, SHIFTS, rosters, NULL, NULL);
        if (wrongs[i].slug == NULL && made.code != 0)
            fail_msg("row %zu: %s", i, made.report.messages[0]);
        if (wrongs[i].slug != NULL) {
            assert_int_equal(made.code, ERROR_INPUT);
            if (support_reported_line(&made.report, wrongs[i].slug) != wrongs[i].line)
                fail_msg("row %zu: %s expected at %lld, first was %s: %s", i,
                         wrongs[i].slug, (long long)wrongs[i].line, made.report.slugs[0],
                         made.report.messages[0]);
        }
        done(&made);
    }
}

static void people_without_the_role_are_a_warning(void **state)
{
    (void)state;
    struct made made;
    make(&made, SHIFTS,
         "person,duty_grid,shift\nann,D1,early\ncyd,D2,early\nzoe,D3,early\n", NULL, NULL);
    assert_int_equal(made.code, 0);
    assert_int_equal(support_reported_line(&made.report, "roster.not_collector"), 3);
    assert_int_equal(support_reported_line(&made.report, "roster.person_unknown"), 4);
    done(&made);
}

static size_t on_duty(const struct made *made, int64_t area, const char *when,
                      const char **ret_login)
{
    size_t first, count, found = 0;
    int64_t starts, ends;
    roster_rows_of_grid(made->roster, area, &first, &count);
    for (size_t i = first; i < first + count; i++) {
        const struct roster_row *row = roster_row(made->roster, i);
        int64_t at = support_local(made->calendar, when);
        if (roster_row_at(made->roster, row, roster_today(made->roster, at), at, &starts,
                          &ends)) {
            *ret_login =
                found == 0 ? roster_person_login(made->roster, row->person) : *ret_login;
            found++;
        }
    }
    return found;
}

static void duty_follows_shifts_days_and_nights(void **state)
{
    (void)state;
    struct made made;
    const char *login = "";
    make(&made, SHIFTS,
         "person,duty_grid,shift,from,to,weekdays,backup\n"
         "bob,D2,early,,,1-5,yes\n"
         "ann,D1|D2,early,2026-11-02,2026-11-30,1-5,\n"
         "bob,D1,night,,,,\n",
         NULL, NULL);
    assert_int_equal(made.code, 0);
    assert_int_equal(on_duty(&made, 101, "2026-11-23 07:00", &login), 1); // a Monday
    assert_string_equal(login, "ann");
    assert_int_equal(on_duty(&made, 101, "2026-11-23 06:59", &login), 1);
    assert_string_equal(login, "bob"); // still Sunday's night
    assert_int_equal(on_duty(&made, 101, "2026-11-23 14:30", &login), 0);
    assert_int_equal(on_duty(&made, 101, "2026-11-22 10:00", &login), 0); // Sunday
    assert_int_equal(on_duty(&made, 101, "2026-12-01 10:00", &login), 0);
    assert_int_equal(on_duty(&made, 102, "2026-11-23 10:00", &login), 2);
    assert_string_equal(login, "ann"); // backups come last, wherever they stand
    assert_int_equal(on_duty(&made, 103, "2026-11-23 10:00", &login), 0);
    assert_int_equal(roster_person_id(made.roster, 0), 0);
    roster_learn(made.roster, "ann", 42);
    roster_learn(made.roster, "nobody", 43);
    size_t first, count;
    roster_rows_of_grid(made.roster, 101, &first, &count);
    assert_int_equal(roster_person_id(made.roster, roster_row(made.roster, first)->person),
                     42);
    done(&made);
}

static void offices_are_checked(void **state)
{
    (void)state;
    struct made made;
    make(&made, SHIFTS, "person,duty_grid,shift\n",
         "department,name,phone,night_phone,from,to\n"
         "roads,Eve,010 5550-1234,,2026-11-01,2026-11-30\nroads,,,110x,,\nrail,,1234,,,\n"
         "roads,Kim,,,,\n",
         "code,department,kind_en,state\nSW1,roads,Sweeper,\nSW1,roads,Sweeper,out\n"
         "SW2,roads,Sweeper,lost\n");
    assert_int_equal(made.code, ERROR_INPUT);
    assert_int_equal(support_reported_line(&made.report, "roster.department_unknown"), 4);
    assert_int_equal(support_reported_line(&made.report, "roster.phone_missing"), 5);
    assert_int_equal(support_reported_line(&made.report, "roster.vehicle_twice"), 3);
    assert_int_equal(support_reported_line(&made.report, "roster.state_unknown"), 4);
    assert_int_equal(made.report.count, 4); // "110x" is a number as people write them
    done(&made);
}

static void a_city_swaps_verify_and_check_and_nothing_else(void **state)
{
    (void)state;
    struct words *words = NULL;
    struct error error = {0};
    TABLE_CLEANUP struct table *table = support_table(
        "labels", "list,code,name_zh,name_en\ntask,verify,核查,\ntask,check,核实,Verify\n");
    assert_int_equal(words_new(table, NULL, &words, &error), 0);
    assert_int_equal(words_count(words), 2);
    assert_string_equal(
        words_label(words, PROCESS_WORDS_TASK, PROCESS_TASK_VERIFY, "zh-CN"), "核查");
    assert_string_equal(words_label(words, PROCESS_WORDS_TASK, PROCESS_TASK_CHECK, "en"),
                        "Verify");
    assert_string_equal(words_label(words, PROCESS_WORDS_STAGE, PROCESS_CHECK, "zh-CN"),
                        process_word_label(PROCESS_WORDS_STAGE, PROCESS_CHECK, "zh-CN"));
    assert_string_equal(words_label(NULL, PROCESS_WORDS_TASK, PROCESS_TASK_CHECK, "en"),
                        "Check");
    words_free(words);
    struct support_report report;
    support_report_init(&report);
    TABLE_CLEANUP struct table *bad =
        support_table("labels", "list,code,name_en\ntasks,verify,A\ntask,verfy,A\n"
                                "task,verify,A\ntask,verify,B\ntask,check,\n");
    assert_int_equal(words_new(bad, &report.report, &words, &error), ERROR_INPUT);
    assert_int_equal(support_reported_line(&report, "labels.list_unknown"), 2);
    assert_int_equal(support_reported_line(&report, "labels.code_unknown"), 3);
    assert_int_equal(support_reported_line(&report, "labels.twice"), 5);
    assert_int_equal(support_reported_line(&report, "labels.empty"), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_told_with_its_row),
        cmocka_unit_test(people_without_the_role_are_a_warning),
        cmocka_unit_test(duty_follows_shifts_days_and_nights),
        cmocka_unit_test(offices_are_checked),
        cmocka_unit_test(a_city_swaps_verify_and_check_and_nothing_else),
    };
    return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
