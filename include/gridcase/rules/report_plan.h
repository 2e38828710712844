// SPDX-License-Identifier: MPL-2.0
// What a city's reports are made by: groups of departments that are ranked among
// themselves, rules by which collection companies are paid, and to whom which report is
// sent when. Tables report_groups, payment and report_mails of the model
// (gridcase-report(5)); without them the standard groups hold, and nothing is paid or sent.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/label.h>
#include <gridcase/rules/report.h>

struct report_plan; // immutable, any thread

enum { REPORT_GROUPS_MOST = 32, REPORT_MEMBERS_MOST = 2000 };
struct report_group {
    const char *code;
    struct label name;
    const char *measure; // by which its members are ranked
};
struct report_member { // of a group
    size_t group;
    const char *department, *kind; // codes; one of them is ""
};

enum payment_kind {
    PAYMENT_FIXED,   // amount for each month of the period
    PAYMENT_EACH,    // amount times the measure
    PAYMENT_ONCE,    // amount while the measure is within its bounds
    PAYMENT_PERCENT, // of what stands above, while the measure is within its bounds
    PAYMENT_KIND_COUNT
};
const char *payment_kind_to_str(enum payment_kind kind); // "fixed" ...
enum payment_by { PAYMENT_REPORTER, PAYMENT_CHECKER, PAYMENT_BY_COUNT };
struct payment_rule {
    const char *company; // department code, "*": every collection company
    const char *code;
    struct label name;
    enum payment_kind kind;
    enum payment_by by;  // whose cases the measure counts
    const char *measure; // "" of a fixed one
    double amount;       // negative: taken away
    double least, most;  // [least, most); infinite: open
    const char *currency;
    int64_t from_day, to_day; // the contract's time, both count; INT64_MIN/MAX: open
    int64_t line;
};

enum report_every {
    REPORT_WEEK,
    REPORT_MONTH,
    REPORT_QUARTER,
    REPORT_YEAR,
    REPORT_EVERY_COUNT
};
const char *report_every_to_str(enum report_every every); // "week" ...
enum { REPORT_FORMATS = 5, REPORT_ADDRESSES_MOST = 32 };
struct report_mailing {
    const char *code;
    bool payment; // the payment sheet; else the bulletin
    enum report_every every;
    int day;    // 1: the day after the period's end
    int minute; // of the day, local time
    const char *language;
    uint8_t formats; // bits of enum report_format (evaluation/report.h)
    size_t address_count;
    const char *addresses[REPORT_ADDRESSES_MOST];
    int64_t line;
};

struct report_plan_source {
    const struct table *(*find)(void *context, const char *name); // NULL: none
    // A department's id by its code, 0: there is none. Is there a measure of this code?
    // NULL: not asked.
    int64_t (*department_id)(void *context, const char *code);
    bool (*has_measure)(void *context, const char *code);
    void *context;
};
// ERROR_INPUT "reports.invalid".
int report_plan_new(const struct report_plan_source *source,
                    const struct rules_report *report, struct report_plan **ret_plan,
                    struct error *error) ERROR_MUST_CHECK;
struct report_plan *report_plan_free(struct report_plan *plan); // takes NULL, returns NULL

size_t report_plan_groups(const struct report_plan *plan);
const struct report_group *report_plan_group(const struct report_plan *plan, size_t index);
// The group of a department: its own row, else that of its kind; -1: none.
int report_plan_group_of(const struct report_plan *plan, const char *department,
                         const char *kind);
size_t report_plan_payments(const struct report_plan *plan);
const struct payment_rule *report_plan_payment(const struct report_plan *plan,
                                               size_t index);
size_t report_plan_mailings(const struct report_plan *plan);
const struct report_mailing *report_plan_mailing(const struct report_plan *plan,
                                                 size_t index);
