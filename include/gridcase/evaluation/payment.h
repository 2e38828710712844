// SPDX-License-Identifier: MPL-2.0
// What collection companies are to be paid for a period, item by item, by the rules of
// their contracts (table payment, gridcase-report(5)).
#pragma once

#include <gridcase/evaluation/report.h>

struct payment_item {
    const struct payment_rule *rule; // of the snapshot
    const char *name, *measure;      // in the sheet's language; measure "" of a fixed one
    enum report_unit unit;
    double value; // of the measure; of a fixed one the months; NaN: there is none
    double sum;   // in the currency, rounded to hundredths
    int64_t from_day, to_day; // of the period, inside the contract
};
struct payment_company {
    int64_t id;
    const char *code, *name, *currency;
    size_t item_count;
    struct payment_item *items;
    double total;
};
struct payment_sheet {
    struct report_period period;
    const char *city, *slug, *language, *made;
    bool chinese, running;
    int64_t made_ms, position;
    size_t company_count;
    struct payment_company *companies;
};
// Lives in the arena. ERROR_NOT_FOUND "payment.no_rules": the model has none.
int payment_make(const struct report_sources *sources, const struct report_period *period,
                 const char *language, int64_t now_ms, struct arena *arena,
                 struct payment_sheet *ret_sheet, struct error *error) ERROR_MUST_CHECK;
// PDF, XLSX, CSV, JSON; ERROR_INPUT "payment.format" for a template's.
int payment_write(const struct payment_sheet *sheet, const struct report_write *how,
                  struct buffer *out, struct error *error) ERROR_MUST_CHECK;
