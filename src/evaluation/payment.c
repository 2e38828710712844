// SPDX-License-Identifier: MPL-2.0
// Reckoning: each item on its own, in the order of the table; a percentage is of the sum of
// those above it. Amounts are rounded item by item, so that the sheet adds up as printed.
#include <gridcase/evaluation/payment.h>

#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

static int out_of_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "report.memory", "the sheet is too large");
}

// ---- which companies ----

static bool has_company(const struct payment_sheet *sheet, int64_t id)
{
    for (size_t i = 0; i < sheet->company_count; i++) {
        if (sheet->companies[i].id == id) {
            return true;
        }
    }
    return false;
}

static void add_company(struct report_job *job, struct payment_sheet *sheet, int64_t id)
{
    const struct city_department *department = city_department_by_id(job->from->city, id);
    if (id != 0 && department && !has_company(sheet, id)) {
        sheet->companies[sheet->company_count++] = (struct payment_company){
            .id = id,
            .code = department->code,
            .name = city_names_text(job->from->city, &department->name, sheet->language),
            .currency = ""};
    }
}

// For whom anybody has reported or checked in the period, and whom a rule names.
static int list_companies(struct report_job *job, struct payment_sheet *sheet,
                          struct error *error)
{
    static const char *const dimensions[] = {"company", "checker_company"};
    const struct report_plan *plan = city_report_plan(job->from->city);
    bool all = false;
    sheet->companies = arena_array(job->arena, city_departments(job->from->city) + 1,
                                   sizeof(*sheet->companies));
    if (!sheet->companies) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < report_plan_payments(plan); i++) {
        const char *code = report_plan_payment(plan, i)->company;
        const struct city_department *named =
            city_department_by_code(job->from->city, code);
        all = all || strcmp(code, "*") == 0;
        add_company(job, sheet, named ? named->id : 0);
    }
    int code = 0;
    for (size_t d = 0; d < 2 && all && !code; d++) {
        struct report_asked asked;
        struct report_ask ask = {.measures = "opened",
                                 .by = dimensions[d],
                                 .from_day = sheet->period.from_day,
                                 .to_day = sheet->period.to_day};
        code = report_ask(job, &ask, &asked, error);
        for (size_t i = 0; !code && i < asked.answer.row_count; i++) {
            add_company(job, sheet, asked.answer.rows[i].keys[0].id);
        }
        sheet->position = code ? 0 : asked.answer.position;
    }
    return code;
}

// ---- items ----

static double months(const struct report_period *period)
{
    static const double counts[REPORT_EVERY_COUNT] = {
        [REPORT_WEEK] = 7 / 30.4375,
        [REPORT_MONTH] = 1,
        [REPORT_QUARTER] = 3,
        [REPORT_YEAR] = 12,
    };
    return counts[period->every];
}

static int ask_value(struct report_job *job, const struct payment_company *company,
                     struct payment_item *item, struct error *error)
{
    const struct report_period *period = &job->report->period;
    struct report_measure measure;
    struct report_asked asked;
    struct report_ask ask = {
        .measures = item->rule->measure,
        .from_day = item->from_day,
        .to_day = item->to_day,
        .filter = item->rule->by == PAYMENT_CHECKER ? "checker_company" : "company",
        .value = arena_format(job->arena, "%lld", (long long)company->id)};
    if (item->rule->kind == PAYMENT_FIXED) {
        double days = (double)(period->to_day - period->from_day + 1);
        item->unit = REPORT_NUMBER;
        item->measure = "";
        item->value = months(period) * (double)(item->to_day - item->from_day + 1) / days;
        return 0;
    }
    int code = report_ask(job, &ask, &asked, error);
    if (!code) {
        report_measure_of(job, &asked.query, 0, &measure);
        item->measure = measure.name;
        item->unit = measure.unit;
        item->value = asked.answer.totals[0];
    }
    return code;
}

static double cents(double sum)
{
    return round(sum * 100) / 100;
}

static double sum_of(const struct payment_item *item, double above)
{
    const struct payment_rule *rule = item->rule;
    bool within = item->value >= rule->least && item->value < rule->most; // NaN: no
    switch (rule->kind) {
    case PAYMENT_FIXED:
    case PAYMENT_EACH:
        return isnan(item->value) ? 0 : cents(rule->amount * item->value);
    case PAYMENT_ONCE:
        return within ? cents(rule->amount) : 0;
    case PAYMENT_PERCENT:
        return within ? cents(rule->amount * above) : 0;
    case PAYMENT_KIND_COUNT:
        break;
    }
    return 0;
}

static int reckon(struct report_job *job, struct payment_company *company,
                  struct error *error)
{
    const struct report_plan *plan = city_report_plan(job->from->city);
    const struct report_period *period = &job->report->period;
    size_t count = report_plan_payments(plan);
    int code = 0;
    company->items = arena_array(job->arena, count + 1, sizeof(*company->items));
    if (!company->items) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < count && !code; i++) {
        const struct payment_rule *rule = report_plan_payment(plan, i);
        struct payment_item item = {
            .rule = rule,
            .name = label_text(&rule->name, job->report->language),
            .from_day =
                rule->from_day > period->from_day ? rule->from_day : period->from_day,
            .to_day = rule->to_day < period->to_day ? rule->to_day : period->to_day};
        bool applies =
            strcmp(rule->company, "*") == 0 || strcmp(rule->company, company->code) == 0;
        if (!applies || item.from_day > item.to_day) {
            continue; // another's, or not under contract then
        }
        code = ask_value(job, company, &item, error);
        item.sum = code ? 0 : sum_of(&item, company->total);
        company->total = cents(company->total + item.sum);
        company->currency = rule->currency[0] ? rule->currency : company->currency;
        company->items[company->item_count++] = item;
    }
    return code;
}

int payment_make(const struct report_sources *sources, const struct report_period *period,
                 const char *language, int64_t now_ms, struct arena *arena,
                 struct payment_sheet *ret_sheet, struct error *error)
{
    const struct calendar *calendar = city_calendar(sources->city, 0);
    struct zone_local local;
    struct report report = {.period = *period,
                            .language = arena_text(arena, language),
                            .chinese = text_starts(language, "zh")};
    struct report_job job = {
        .from = sources, .report = &report, .arena = arena, .now_ms = now_ms};
    if (report_plan_payments(city_report_plan(sources->city)) == 0) {
        return error_set(error, ERROR_NOT_FOUND, "payment.no_rules",
                         "the city's model has no table payment");
    }
    zone_local(calendar_zone(calendar), now_ms, &local);
    *ret_sheet = (struct payment_sheet){
        .period = *period,
        .city = city_name(sources->city, language),
        .slug = city_slug(sources->city),
        .language = report.language,
        .chinese = report.chinese,
        .running = period->to_day >= calendar_day(calendar, now_ms),
        .made_ms = now_ms,
        .made = arena_format(arena, "%04d-%02d-%02d %02d:%02d", (int)local.year,
                             (int)local.month, (int)local.day, (int)local.hour,
                             (int)local.minute)};
    int code = list_companies(&job, ret_sheet, error);
    for (size_t i = 0; i < ret_sheet->company_count && !code; i++) {
        code = reckon(&job, &ret_sheet->companies[i], error);
    }
    return code;
}
