// SPDX-License-Identifier: MPL-2.0
// The definitions behind figures: counts, indicators, what the city has entered, and the
// figures of before.
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/label.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

static void put_count(struct json_writer *json, const struct indicator *count)
{
    json_put_text(json, "on", expression_word(count->on)->name);
    if (count->until >= 0) {
        json_put_text(json, "until", expression_word((enum fact_field)count->until)->name);
    }
    json_put_text(json, "when", count->when.text);
    json_put_text(json, "value", count->value.text);
}

static void put_parts(struct json_writer *json, const char *name,
                      const struct evaluation *evaluation,
                      const struct indicator *indicator, uint32_t bits)
{
    json_begin_array(json, name);
    for (size_t i = 0; i < indicator->part_count; i++) {
        if (bits >> i & 1) {
            json_put_text(
                json, NULL,
                evaluation_measure(evaluation, (size_t)indicator->parts[i])->code);
        }
    }
    json_end_array(json);
}

static void put_formula(struct json_writer *json, const struct evaluation *evaluation,
                        const struct indicator *indicator)
{
    json_put_text(json, "formula", indicator->formula.text);
    put_parts(json, "parts", evaluation, indicator, UINT32_MAX);
    if (indicator->quotient) {
        put_parts(json, "above", evaluation, indicator, indicator->above);
        put_parts(json, "below", evaluation, indicator, indicator->below);
    }
    if (indicator->zero == INDICATOR_ZERO_NUMBER) {
        json_put_double(json, "if_zero", indicator->zero_value, 6);
    } else {
        json_put_null(json, "if_zero");
    }
    json_put_bool(json, "lacks_given", indicator->lacks_given);
}

static void put_measure(struct json_writer *json, const struct evaluation *evaluation,
                        const struct indicator *measure)
{
    json_begin_object(json, NULL);
    json_put_text(json, "code", measure->code);
    json_put_text(json, "version", measure->version);
    json_put_bool(json, "count", measure->is_count);
    label_put(json, "label", &measure->name);
    label_put(json, "note", &measure->note);
    json_put_text(json, "unit", indicator_unit_to_str(measure->unit));
    json_put_text(json, "better", indicator_better_to_str(measure->better));
    json_put_bool(json, "stock", measure->stock);
    json_put_bool(json, "own", measure->own);
    json_put_text(json, "source", measure->source);
    if (measure->is_count) {
        put_count(json, measure);
    } else {
        put_formula(json, evaluation, measure);
    }
    json_end_object(json);
}

static void put_given(struct json_writer *json, const struct evaluation *evaluation)
{
    json_begin_array(json, "given");
    for (size_t i = 0; i < evaluation_given(evaluation); i++) {
        const struct given_number *given = evaluation_given_at(evaluation, i);
        char day[DATE_TEXT_SIZE];
        json_begin_object(json, NULL);
        json_put_text(json, "code", given->code);
        date_to_text(given->from_day, day);
        json_put_text(json, "from", day);
        date_to_text(given->to_day, day);
        json_put_text(json, "to", day);
        json_put_double(json, "value", given->value, 6);
        json_put_text(json, "note", given->note);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_before(struct json_writer *json, const struct evaluation *evaluation)
{
    json_begin_array(json, "before");
    for (size_t i = 0; i < evaluation_before(evaluation); i++) {
        const struct figure_before *before = evaluation_before_at(evaluation, i);
        json_begin_object(json, NULL);
        json_put_text(json, "code", before->code);
        label_put(json, "label", &before->name);
        json_put_text(json, "value", before->value);
        json_put_text(json, "period", before->period);
        json_put_text(json, "source", before->source);
        json_end_object(json);
    }
    json_end_array(json);
}

int indicators_get(struct api_call *call, struct db *db, struct error *error)
{
    const struct evaluation *evaluation = city_evaluation(call->snapshot);
    char digest[HASH_HEX_SIZE];
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    (void)db;
    (void)error;
    hash_to_hex(evaluation_digest(evaluation), digest);
    json_put_int(json, "model_version", city_model_version(call->snapshot));
    json_put_text(json, "digest", digest);
    json_begin_array(json, "measures");
    for (size_t i = 0; i < evaluation_measures(evaluation); i++) {
        put_measure(json, evaluation, evaluation_measure(evaluation, i));
    }
    json_end_array(json);
    put_given(json, evaluation);
    put_before(json, evaluation);
    api_answer_send_private(call, 200, &answer);
    return 0;
}
