// SPDX-License-Identifier: MPL-2.0
// report_groups, payment, report_mails: gridcase-report(5).
#include <gridcase/rules/report_plan.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

#include "rules_internal.h"

enum { PLAN_ARENA = 8 * 1024 * 1024, ROWS_MOST = 2000, DAYS_LATE_MOST = 28 };

struct report_plan {
    struct arena *arena;
    size_t group_count, member_count, payment_count, mailing_count;
    struct report_group groups[REPORT_GROUPS_MOST];
    struct report_member *members;
    struct payment_rule *payments;
    struct report_mailing *mailings;
};

struct reading {
    struct report_plan *plan;
    const struct report_plan_source *source;
    struct rules_check check;
};

static const char *const payment_kinds[PAYMENT_KIND_COUNT] = {
    [PAYMENT_FIXED] = "fixed",
    [PAYMENT_EACH] = "each",
    [PAYMENT_ONCE] = "once",
    [PAYMENT_PERCENT] = "percent",
};
static const char *const payment_bys[PAYMENT_BY_COUNT] = {
    [PAYMENT_REPORTER] = "reporter", [PAYMENT_CHECKER] = "checker"};
static const char *const everies[REPORT_EVERY_COUNT] = {
    [REPORT_WEEK] = "week",
    [REPORT_MONTH] = "month",
    [REPORT_QUARTER] = "quarter",
    [REPORT_YEAR] = "year",
};
// As enum report_format (evaluation/report.h) numbers them.
static const char *const formats[REPORT_FORMATS] = {"pdf", "xlsx", "csv", "json", "docx"};

const char *payment_kind_to_str(enum payment_kind kind)
{
    return (unsigned)kind < PAYMENT_KIND_COUNT ? payment_kinds[kind] : "";
}

const char *report_every_to_str(enum report_every every)
{
    return (unsigned)every < REPORT_EVERY_COUNT ? everies[every] : "";
}

static int find_word(const char *const *words, size_t count, const char *text,
                     size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
            return (int)i;
    return -1;
}

static const char *cell(struct reading *reading, const struct table *table, size_t row,
                        const char *column)
{
    return arena_text(reading->plan->arena, table_value(table, row, column));
}

static bool is_department(struct reading *reading, const char *code)
{
    return reading->source->department_id(reading->source->context, code) != 0;
}

static void check_measure(struct reading *reading, const struct table *table, size_t row,
                          const char *code)
{
    if (reading->source->has_measure &&
        !reading->source->has_measure(reading->source->context, code))
        rules_error(&reading->check, table, row, "measure", "reports.measure_unknown",
                    "there is no count or indicator '%.60s'", code);
}

// ---- groups ----
static int group_named(struct reading *reading, const struct table *table, size_t row)
{
    struct report_plan *plan = reading->plan;
    const char *code = table_value(table, row, "group");
    for (size_t i = 0; i < plan->group_count; i++)
        if (text_equal(plan->groups[i].code, code))
            return (int)i;
    if (!rules_code_good(&reading->check, table, row, "group", 0))
        return -1;
    if (plan->group_count == REPORT_GROUPS_MOST) {
        rules_error(&reading->check, table, row, "group", "reports.groups_many",
                    "more than %d groups", REPORT_GROUPS_MOST);
        return -1;
    }
    struct report_group *group = &plan->groups[plan->group_count];
    const char *measure = cell(reading, table, row, "measure");
    group->code = cell(reading, table, row, "group");
    group->measure = measure[0] ? measure : "on_time_rate";
    label_read(table, row, "name", plan->arena, &group->name);
    if (group->name.count == 0)
        rules_error(&reading->check, table, row, "name", "reports.name_missing",
                    "the group has no name in any language");
    check_measure(reading, table, row, group->measure);
    return (int)plan->group_count++;
}

static void read_group(struct reading *reading, const struct table *table, size_t row)
{
    const char *department = cell(reading, table, row, "department");
    const char *kind = cell(reading, table, row, "kind");
    int group = group_named(reading, table, row);
    if ((department[0] == '\0') == (kind[0] == '\0'))
        rules_error(&reading->check, table, row, "department", "reports.member",
                    "a row names either a department or a kind of departments");
    else if (department[0] && !is_department(reading, department))
        rules_error(&reading->check, table, row, "department", "reports.department_unknown",
                    "there is no department '%.60s'", department);
    else if (group >= 0 && reading->plan->member_count < REPORT_MEMBERS_MOST)
        reading->plan->members[reading->plan->member_count++] =
            (struct report_member){(size_t)group, department, kind};
}

// ---- payment ----
static double number_of(struct reading *reading, const struct table *table, size_t row,
                        const char *column, double fallback)
{
    const char *text = table_value(table, row, column);
    size_t length = strlen(text);
    double value = fallback;
    bool percent = length > 0 && text[length - 1] == '%';
    while (length > 0 && (text[length - 1] == '%' || text[length - 1] == ' '))
        length--;
    if (text[0] && text_to_double(text, length, &value, NULL) < 0)
        rules_error(&reading->check, table, row, column, "reports.number",
                    "'%.40s' is no number", text);
    return text[0] && percent ? value / 100 : value;
}

static int64_t day_of(struct reading *reading, const struct table *table, size_t row,
                      const char *column, int64_t fallback)
{
    const char *text = table_value(table, row, column);
    int64_t day = fallback;
    if (text[0] && date_from_text(text, strlen(text), &day, NULL) < 0)
        rules_error(&reading->check, table, row, column, "reports.date",
                    "'%.40s' is no date like 2026-10-01", text);
    return day;
}

static void read_payment(struct reading *reading, const struct table *table, size_t row)
{
    const char *kind = table_value(table, row, "kind");
    const char *by = table_value(table, row, "by");
    int found_kind = find_word(payment_kinds, PAYMENT_KIND_COUNT, kind, strlen(kind));
    int found_by = by[0] ? find_word(payment_bys, PAYMENT_BY_COUNT, by, strlen(by)) : 0;
    struct payment_rule rule = {
        .company = cell(reading, table, row, "company"),
        .code = cell(reading, table, row, "item"),
        .kind = (enum payment_kind)found_kind,
        .by = (enum payment_by)found_by,
        .measure = cell(reading, table, row, "measure"),
        .amount = number_of(reading, table, row, "amount", (double)NAN),
        .least = number_of(reading, table, row, "at_least", (double)-INFINITY),
        .most = number_of(reading, table, row, "below", (double)INFINITY),
        .currency = cell(reading, table, row, "currency"),
        .from_day = day_of(reading, table, row, "from", INT64_MIN),
        .to_day = day_of(reading, table, row, "to", INT64_MAX),
        .line = table_line(table, row)};
    label_read(table, row, "name", reading->plan->arena, &rule.name);
    if (found_kind < 0)
        rules_error(&reading->check, table, row, "kind", "reports.payment_kind",
                    "'%.40s' is none of fixed, each, once, percent", kind);
    if (found_by < 0)
        rules_error(&reading->check, table, row, "by", "reports.payment_by",
                    "'%.40s' is neither reporter nor checker", by);
    if (!text_equal(rule.company, "*") && !is_department(reading, rule.company))
        rules_error(&reading->check, table, row, "company", "reports.department_unknown",
                    "there is no company '%.60s'", rule.company);
    if (found_kind != PAYMENT_FIXED || rule.measure[0])
        check_measure(reading, table, row, rule.measure);
    if (found_kind == PAYMENT_PERCENT && fabs(rule.amount) > 1)
        rules_error(&reading->check, table, row, "amount", "reports.percent",
                    "a percentage is written like 5%% or -5%%");
    if (isnan(rule.amount))
        rules_error(&reading->check, table, row, "amount", "reports.number",
                    "the amount is missing");
    if (rule.name.count == 0)
        rules_error(&reading->check, table, row, "name", "reports.name_missing",
                    "the item has no name in any language");
    if (rules_code_good(&reading->check, table, row, "item", 0))
        reading->plan->payments[reading->plan->payment_count++] = rule;
}

// ---- mailings ----
static int minute_of(struct reading *reading, const struct table *table, size_t row)
{
    const char *text = table_value(table, row, "time");
    if (text[0] == '\0')
        return 8 * 60;
    int hour = (text[0] - '0') * 10 + text[1] - '0';
    bool fine = strlen(text) == 5 && text[2] == ':' && strspn(text, "0123456789") == 2 &&
                strspn(text + 3, "0123456789") == 2 && hour < 24 && text[3] < '6';
    if (!fine)
        rules_error(&reading->check, table, row, "time", "reports.time",
                    "'%.20s' is no time like 08:00", text);
    return fine ? hour * 60 + (text[3] - '0') * 10 + text[4] - '0' : 0;
}

static void read_formats(struct reading *reading, const struct table *table, size_t row,
                         struct report_mailing *mailing)
{
    const char *cursor = table_value(table, row, "formats");
    size_t length;
    if (cursor[0] == '\0')
        mailing->formats = 1; // pdf
    for (const char *word = text_next(&cursor, ' ', &length); word;
         word = text_next(&cursor, ' ', &length)) {
        int format = find_word(formats, REPORT_FORMATS, word, length);
        if (length > 0 && format < 0)
            rules_error(&reading->check, table, row, "formats", "reports.format",
                        "'%.*s' is none of pdf, xlsx, csv, json, docx", (int)length, word);
        else if (length > 0)
            mailing->formats |= (uint8_t)(1U << format);
    }
}

static void read_addresses(struct reading *reading, const struct table *table, size_t row,
                           struct report_mailing *mailing)
{
    const char *cursor = table_value(table, row, "to");
    size_t length;
    for (const char *word = text_next(&cursor, ' ', &length); word;
         word = text_next(&cursor, ' ', &length)) {
        const char *at = memchr(word, '@', length);
        if (length == 0)
            continue;
        if (!at || at == word || at + 1 == word + length)
            rules_error(&reading->check, table, row, "to", "reports.address",
                        "'%.*s' is no mail address", (int)length, word);
        else if (mailing->address_count == REPORT_ADDRESSES_MOST)
            rules_error(&reading->check, table, row, "to", "reports.addresses_many",
                        "more than %d addresses", REPORT_ADDRESSES_MOST);
        else
            mailing->addresses[mailing->address_count++] =
                arena_copy(reading->plan->arena, word, length);
    }
    if (mailing->address_count == 0)
        rules_error(&reading->check, table, row, "to", "reports.address",
                    "no mail address to send it to");
}

static void read_mailing(struct reading *reading, const struct table *table, size_t row)
{
    const char *every = table_value(table, row, "every");
    const char *report = table_value(table, row, "report");
    const char *day = table_value(table, row, "day");
    int found = find_word(everies, REPORT_EVERY_COUNT, every, strlen(every));
    int64_t days = 1;
    struct report_mailing mailing = {.code = cell(reading, table, row, "code"),
                                     .payment = text_equal(report, "payment"),
                                     .every = (enum report_every)found,
                                     .minute = minute_of(reading, table, row),
                                     .language = cell(reading, table, row, "language"),
                                     .line = table_line(table, row)};
    if (!mailing.payment && !text_equal(report, "bulletin"))
        rules_error(&reading->check, table, row, "report", "reports.report",
                    "'%.40s' is neither bulletin nor payment", report);
    if (found < 0)
        rules_error(&reading->check, table, row, "every", "reports.every",
                    "'%.40s' is none of week, month, quarter, year", every);
    if (day[0] && (text_to_int(day, strlen(day), &days, NULL) < 0 || days < 1 ||
                   days > DAYS_LATE_MOST))
        rules_error(&reading->check, table, row, "day", "reports.day",
                    "the day is 1 to %d: so many days after the period's end",
                    DAYS_LATE_MOST);
    mailing.day = (int)days;
    read_formats(reading, table, row, &mailing);
    read_addresses(reading, table, row, &mailing);
    for (size_t i = 0; i < reading->plan->mailing_count; i++)
        if (text_equal(reading->plan->mailings[i].code, mailing.code))
            rules_error(&reading->check, table, row, "code", "reports.twice",
                        "'%.40s' is there already", mailing.code);
    if (rules_code_good(&reading->check, table, row, "code", 0))
        reading->plan->mailings[reading->plan->mailing_count++] = mailing;
}

// ---- the whole ----
static void read_table(struct reading *reading, const char *name,
                       const char *const *columns, const char *const *known,
                       void (*read)(struct reading *, const struct table *, size_t))
{
    static const char *const prefixes[] = {"name_", NULL};
    const struct table *table = reading->source->find(reading->source->context, name);
    if (table == NULL || !rules_needs_columns(&reading->check, table, columns))
        return;
    rules_known_columns(&reading->check, table, known, prefixes);
    if (table_rows(table) > ROWS_MOST) {
        rules_error(&reading->check, table, RULES_NO_ROW, NULL, "reports.rows_many",
                    "more than %d rows", ROWS_MOST);
        return;
    }
    for (size_t row = 0; row < table_rows(table); row++)
        read(reading, table, row);
}

int report_plan_new(const struct report_plan_source *source,
                    const struct rules_report *report, struct report_plan **ret_plan,
                    struct error *error)
{
    static const char *const groups[] = {"group", "department", "kind", NULL};
    static const char *const groups_known[] = {"group",   "name", "department", "kind",
                                               "measure", "note", NULL};
    static const char *const payment[] = {"company", "item",   "kind",
                                          "measure", "amount", NULL};
    static const char *const payment_known[] = {
        "company",  "item",  "name",     "kind", "measure", "by",   "amount",
        "at_least", "below", "currency", "from", "to",      "note", NULL};
    static const char *const mails[] = {"code", "report", "every", "to", NULL};
    static const char *const mails_known[] = {"code", "report",   "every",   "day",
                                              "time", "language", "formats", "to",
                                              "note", NULL};
    struct report_plan *plan = memory_new(sizeof *plan);
    struct reading reading = {plan, source, {.report = report}};
    plan->arena = arena_new(PLAN_ARENA);
    plan->members = arena_array(plan->arena, REPORT_MEMBERS_MOST, sizeof(*plan->members));
    plan->payments = arena_array(plan->arena, ROWS_MOST, sizeof(*plan->payments));
    plan->mailings = arena_array(plan->arena, ROWS_MOST, sizeof(*plan->mailings));
    read_table(&reading, "report_groups", groups, groups_known, read_group);
    read_table(&reading, "payment", payment, payment_known, read_payment);
    read_table(&reading, "report_mails", mails, mails_known, read_mailing);
    int code = rules_check_result(&reading.check, "reports.invalid", error);
    if (code != 0)
        report_plan_free(plan);
    else
        *ret_plan = plan;
    return code;
}

struct report_plan *report_plan_free(struct report_plan *plan)
{
    if (plan != NULL) {
        arena_free(plan->arena);
        free(plan);
    }
    return NULL;
}

size_t report_plan_groups(const struct report_plan *plan)
{
    return plan->group_count;
}

const struct report_group *report_plan_group(const struct report_plan *plan, size_t index)
{
    return index < plan->group_count ? &plan->groups[index] : NULL;
}

int report_plan_group_of(const struct report_plan *plan, const char *department,
                         const char *kind)
{
    int of_kind = -1;
    for (size_t i = 0; i < plan->member_count; i++) {
        const struct report_member *member = &plan->members[i];
        if (member->department[0] && text_equal(member->department, department))
            return (int)member->group;
        if (of_kind < 0 && member->kind[0] && text_equal(member->kind, kind))
            of_kind = (int)member->group;
    }
    return of_kind;
}

size_t report_plan_payments(const struct report_plan *plan)
{
    return plan->payment_count;
}

const struct payment_rule *report_plan_payment(const struct report_plan *plan, size_t index)
{
    return index < plan->payment_count ? &plan->payments[index] : NULL;
}

size_t report_plan_mailings(const struct report_plan *plan)
{
    return plan->mailing_count;
}

const struct report_mailing *report_plan_mailing(const struct report_plan *plan,
                                                 size_t index)
{
    return index < plan->mailing_count ? &plan->mailings[index] : NULL;
}
