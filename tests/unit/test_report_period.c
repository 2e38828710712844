// SPDX-License-Identifier: MPL-2.0
// Periods of reports with those beside them, and what a mail's head may hold.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/evaluation/report.h>
#include <gridcase/notify/mail.h>
#include <gridcase/rules/zone.h>

#include "unit/assert_ok.h"

static void day_is(int64_t day, const char *expected)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    assert_string_equal(text, expected);
}

static void a_period_knows_its_days_and_those_beside_it(void **state)
{
    static const struct {
        const char *code, *days[6];
    } periods[] = {
        {"2026-10",
         {"2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30", "2025-10-01",
          "2025-10-31"}},
        {"2024-02",
         {"2024-02-01", "2024-02-29", "2024-01-01", "2024-01-31", "2023-02-01",
          "2023-02-28"}},
        {"2026-Q1",
         {"2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31", "2025-01-01",
          "2025-03-31"}},
        {"2024",
         {"2024-01-01", "2024-12-31", "2023-01-01", "2023-12-31", "2023-01-01",
          "2023-12-31"}},
        {"2026-W01",
         {"2025-12-29", "2026-01-04", "2025-12-22", "2025-12-28", "2024-12-30",
          "2025-01-05"}},
        {"2026-W53",
         {"2026-12-28", "2027-01-03", "2026-12-21", "2026-12-27", "2025-12-29",
          "2026-01-04"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        struct error error = {0};
        struct report_period period;
        struct report_period again;
        assert_ok(report_period_read(periods[i].code, &period, &error));
        int64_t days[6] = {period.from_day,  period.to_day,    period.before_from,
                           period.before_to, period.year_from, period.year_to};
        for (int k = 0; k < 6; k++) {
            day_is(days[k], periods[i].days[k]);
        }
        for (int64_t day = period.from_day; day <= period.to_day; day++) {
            report_period_of(period.every, day, &again);
            assert_string_equal(again.code, periods[i].code);
        }
    }
}

static void what_is_no_period_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",      "2026-13", "2026-00", "2026-Q5",  "2026-Q0", "2025-W53", "2026-W00",
        "26-10", "2026-1",  "1850",    "2026-10x", "2026/10", "2026-W54", "abcd"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct error error = {0};
        struct report_period period;
        assert_int_equal(report_period_read(wrong[i], &period, &error), ERROR_INPUT);
        assert_string_equal(error.slug, "report.period");
    }
}

static void a_mail_has_no_lines_that_nobody_wrote(void **state)
{
    struct error error = {0};
    struct buffer out;
    struct mail mail = {.from = "a@example.org",
                        .to = "b@example.org",
                        .subject = "月报",
                        .text = "x",
                        .id = "key-1",
                        .date_ms = 1793520000000};
    (void)state;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    assert_ok(mail_write(&mail, &out, &error));
    assert_non_null(strstr(out.data, "Date: Sun, 01 Nov 2026 08:00:00 +0000\r\n"));
    assert_non_null(strstr(out.data, "Subject: =?UTF-8?B?5pyI5oql?=\r\n"));
    mail.subject = "x\r\nBcc: c@example.org";
    assert_int_equal(mail_write(&mail, &out, &error), ERROR_INPUT);
    mail.subject = "x";
    static const char *const wrong[] = {"",      "a",     "@b",          "a@",     "a@b@c",
                                        "a b@c", "<a@b>", "a@b\r\nX: y", "ä@b.org"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        mail.to = wrong[i];
        assert_int_equal(mail_write(&mail, &out, &error), ERROR_INPUT);
        assert_string_equal(error.slug, "mail.address");
    }
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_knows_its_days_and_those_beside_it),
        cmocka_unit_test(what_is_no_period_is_refused),
        cmocka_unit_test(a_mail_has_no_lines_that_nobody_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
