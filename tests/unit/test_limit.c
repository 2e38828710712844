// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/rules/limit.h>

static void what_offices_write_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hint;
        enum limit_unit unit;
        int64_t milli;
        const char *season;
    } rows[] = {
        {"2紧急工作时", NULL, LIMIT_URGENT_HOUR, 2000, ""},
        {"2 紧急工作时 ", "", LIMIT_URGENT_HOUR, 2000, ""},
        {"１．５工作时", NULL, LIMIT_WORKING_HOUR, 1500, ""},
        {"4小时", NULL, LIMIT_WORKING_HOUR, 4000, ""},
        {"5个工作日", NULL, LIMIT_WORKING_DAY, 5000, ""},
        {"2紧急工作日", NULL, LIMIT_URGENT_DAY, 2000, ""},
        {"15自然日", NULL, LIMIT_NATURAL_DAY, 15000, ""},
        {"15分钟", NULL, LIMIT_MINUTE, 15000, ""},
        {"种植季节15工作日", NULL, LIMIT_WORKING_DAY, 15000, "planting"},
        {"15工作日（season spring）", NULL, LIMIT_WORKING_DAY, 15000, "spring"},
        {"15 working days in the planting season", NULL, LIMIT_WORKING_DAY, 15000,
         "planting"},
        {"1 Working Day", NULL, LIMIT_WORKING_DAY, 1000, ""},
        {"120 calendar days", NULL, LIMIT_CALENDAR_DAY, 120000, ""},
        {"10 step days", NULL, LIMIT_STEP_DAY, 10000, ""},
        {"5个工作日内", NULL, LIMIT_WORKING_DAY, 5000, ""},
        {"24小时以内", NULL, LIMIT_WORKING_HOUR, 24000, ""},
        {"限2紧急工作时", NULL, LIMIT_URGENT_HOUR, 2000, ""},
        {"within 3 working days", NULL, LIMIT_WORKING_DAY, 3000, ""},
        {"半个工作日", NULL, LIMIT_WORKING_DAY, 500, ""},
        {"两小时", NULL, LIMIT_WORKING_HOUR, 2000, ""},
        {"十五个工作日", NULL, LIMIT_WORKING_DAY, 15000, ""},
        {"二十工作日", NULL, LIMIT_WORKING_DAY, 20000, ""},
        {"15工作日（种植季节）", NULL, LIMIT_WORKING_DAY, 15000, "planting"},
        {"种植季节内十五个工作日", NULL, LIMIT_WORKING_DAY, 15000, "planting"},
        {"0.125 urgent hours", NULL, LIMIT_URGENT_HOUR, 125, ""},
        {"3", "working_day", LIMIT_WORKING_DAY, 3000, ""},
        {"3", "工作日", LIMIT_WORKING_DAY, 3000, ""},
        {"3", "Urgent_Hour", LIMIT_URGENT_HOUR, 3000, ""},
        {"", NULL, LIMIT_NONE, 0, ""},
        {"无", "working_day", LIMIT_NONE, 0, ""},
        {"none", NULL, LIMIT_NONE, 0, ""},
        {"No limit", NULL, LIMIT_NONE, 0, ""},
        {"-", NULL, LIMIT_NONE, 0, ""},
        {"10000工作时", NULL, LIMIT_WORKING_HOUR, LIMIT_MILLI_MOST, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct limit limit;
        struct error error;
        if (limit_parse(rows[i].text, rows[i].hint, &limit, NULL, &error))
            fail_msg("%s", error.message);
        if (limit.unit != rows[i].unit || limit.milli != rows[i].milli ||
            strcmp(limit.season, rows[i].season) != 0)
            fail_msg("'%s' was read as %lld of %s in '%s'", rows[i].text,
                     (long long)limit.milli, limit_unit_to_str(limit.unit), limit.season);
    }
}

static void what_could_mean_two_things_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "2天",
        "3 days",
        "2 hours",
        "5",
        "工作日",
        "0工作日",
        "-2工作时",
        "1.2345工作时",
        "1.工作时",
        "10001工作时",
        "2 fortnights",
        "2工作日3工作时",
        "99999999999999999999工作时",
        "2 none",
        "1e3工作时",
        "种植季节",
        "2-3工作日",
        "2 3工作日",
        "2_3工作日",
        "－2工作日",
        "2,5工作时",
        "2工作日(season UPPER CASE!)",
        "2工作日(season)",
        "2工作日(hours)",
        "2工作日(hours centre)(hours crew)",
        "种植季节2工作日(season spring)",
        "一二工作日",
        "零工作日",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaa",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct limit limit = {.unit = LIMIT_STEP_DAY};
        struct error error;
        if (limit_parse(bad[i], NULL, &limit, NULL, &error) != ERROR_INPUT)
            fail_msg("'%s' was read", bad[i]);
        assert_string_equal(error.slug, "limit.invalid");
        assert_int_equal(limit.unit, LIMIT_STEP_DAY); // not written on failure
    }
    struct limit limit;
    assert_int_equal(limit_parse("3", "moons", &limit, NULL, NULL), ERROR_INPUT);
    assert_int_equal(limit_parse("", "working_day", &limit, NULL, NULL), ERROR_INPUT);
}

static void the_text_wins_over_the_unit_column(void **state)
{
    (void)state;
    struct limit limit;
    bool conflict;
    assert_int_equal(limit_parse("2紧急工作时", "working_hour", &limit, &conflict, NULL),
                     0);
    assert_int_equal(limit.unit, LIMIT_URGENT_HOUR);
    assert_true(conflict);
    assert_int_equal(limit_parse("2紧急工作时", "urgent_hour", &limit, &conflict, NULL), 0);
    assert_false(conflict);
    assert_int_equal(limit_parse("2", "urgent_hour", &limit, &conflict, NULL), 0);
    assert_false(conflict);
}

static void texts_are_read_back(void **state)
{
    (void)state;
    static const char *const languages[] = {"zh-CN", "en", "de"};
    static const char *const seasons[] = {"", "planting", "spring2"};
    static const int64_t amounts[] = {1,    10,   500,   1000,
                                      1500, 2000, 12345, LIMIT_MILLI_MOST};
    for (int unit = LIMIT_MINUTE; unit < LIMIT_UNIT_COUNT; unit++) {
        for (size_t i = 0; i < 3 * 3 * 8; i++) {
            struct limit limit = {.unit = (enum limit_unit)unit, .milli = amounts[i % 8]};
            memcpy(limit.season, seasons[i / 8 % 3], strlen(seasons[i / 8 % 3]) + 1);
            BUFFER_CLEANUP struct buffer text;
            buffer_init(&text, BUFFER_CEILING_LINE);
            limit_text(&limit, languages[i / 24], &text);
            struct limit again;
            struct error error;
            if (limit_parse(text.data, NULL, &again, NULL, &error))
                fail_msg("%s", error.message);
            assert_true(limit_equal(&limit, &again));
        }
    }
}

static void texts_read_well(void **state)
{
    (void)state;
    static const struct {
        struct limit limit;
        const char *language, *text;
    } rows[] = {
        {{LIMIT_URGENT_HOUR, 2000, "", ""}, "zh-CN", "2紧急工作时"},
        {{LIMIT_WORKING_HOUR, 1500, "", ""}, "zh", "1.5工作时"},
        {{LIMIT_WORKING_HOUR, 1500, "", ""}, "en", "1.5 working hours"},
        {{LIMIT_WORKING_DAY, 1000, "", ""}, "en-US", "1 working day"},
        {{LIMIT_WORKING_DAY, 15000, "planting", ""}, "zh-CN", "种植季节15工作日"},
        {{LIMIT_WORKING_DAY, 15000, "planting", ""},
         NULL,
         "15 working days in the planting season"},
        {{LIMIT_MINUTE, 15000, "", "centre"}, "zh", "15分钟（时段 centre）"},
        {{LIMIT_WORKING_DAY, 15000, "planting", "crew"},
         "en",
         "15 working days in the planting season (hours crew)"},
        {{LIMIT_NONE, 0, "", ""}, "zh-CN", "无时限"},
        {{LIMIT_NONE, 0, "", ""}, "en", "no limit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUFFER_CLEANUP struct buffer text;
        buffer_init(&text, BUFFER_CEILING_LINE);
        limit_text(&rows[i].limit, rows[i].language, &text);
        assert_string_equal(text.data, rows[i].text);
    }
}

// A chain as "safe 2000 urgent_hour; repair 5000 working_day".
static void chains_are_read_as_offices_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *chain;
    } rows[] = {
        {"2紧急工作时", "whole 2000 urgent_hour"},
        {"", "whole 0 none"},
        {"围挡2紧急工作时；修复5工作日；恢复10工作日",
         "safe 2000 urgent_hour;repair 5000 working_day;restore 10000 working_day"},
        {"2紧急工作时围挡; 种植季节15工作日恢复",
         "safe 2000 urgent_hour;restore 15000 working_day planting"},
        {"make safe 2 urgent hours; repair 5 working days",
         "safe 2000 urgent_hour;repair 5000 working_day"},
        {"2紧急工作时；1.5工作时", "safe 2000 urgent_hour;repair 1500 working_hour"},
        {"修复: 3工作日", "repair 3000 working_day"},
        {"修复5工作日；围挡2紧急工作时", "refused"}, // the other way round
        {"围挡2紧急工作时；围挡2紧急工作时", "refused"},
        {"围挡2紧急工作时；修复", "refused"},
        {"围挡2紧急工作时；修复3天", "refused"},
        {"1工作时;1工作时;1工作时;1工作时", "refused"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct limit_chain chain;
        BUFFER_CLEANUP struct buffer text;
        buffer_init(&text, BUFFER_CEILING_LINE);
        if (limit_chain_parse(rows[i].text, NULL, &chain, NULL, NULL))
            buffer_append_text(&text, "refused");
        else
            for (int part = 0; part < LIMIT_PART_COUNT; part++)
                if (chain.named[part])
                    buffer_format(
                        &text, "%s%s %lld %s%s%s", text.length > 0 ? ";" : "",
                        part == 0 ? "whole" : limit_part_to_str((enum limit_part)part),
                        (long long)chain.limits[part].milli,
                        limit_unit_to_str(chain.limits[part].unit),
                        chain.limits[part].season[0] ? " " : "", chain.limits[part].season);
        assert_string_equal(text.data, rows[i].chain);
    }
}

static void units_have_names(void **state)
{
    (void)state;
    for (int unit = 0; unit < LIMIT_UNIT_COUNT; unit++) {
        enum limit_unit again;
        assert_int_equal(
            limit_unit_from_str(limit_unit_to_str((enum limit_unit)unit), &again, NULL), 0);
        assert_int_equal(again, unit);
    }
    enum limit_unit unit;
    assert_int_equal(limit_unit_from_str("moon", &unit, NULL), ERROR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_offices_write_is_understood),
        cmocka_unit_test(what_could_mean_two_things_is_refused),
        cmocka_unit_test(the_text_wins_over_the_unit_column),
        cmocka_unit_test(texts_are_read_back),
        cmocka_unit_test(texts_read_well),
        cmocka_unit_test(chains_are_read_as_offices_write_them),
        cmocka_unit_test(units_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
