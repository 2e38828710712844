// SPDX-License-Identifier: MPL-2.0
// The definitions behind figures: counts, indicators, what the city has entered, and the
// figures of before.
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/evaluation/before.h>
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

static void put_before_row(struct api_view *view, const struct label *name,
                           const struct before_entry *entry)
{
    struct json_writer *json = view->json;
    json_begin_object(json, NULL);
    json_put_text(json, "code", entry->code);
    label_put(json, "label", name);
    json_put_text(json, "value", entry->value);
    json_put_text(json, "period", entry->period);
    json_put_text(json, "source", entry->source);
    if (entry->entered_at_ms) {
        json_put_text(json, "by", api_person_name(view, entry->entered_by));
        json_put_instant(json, "at", entry->entered_at_ms);
    } else {
        json_put_null(json, "by");
        json_put_null(json, "at");
    }
    json_end_object(json);
}

// The city's table, where nobody has entered another value since; then what was entered.
static void put_before(struct api_view *view, const struct evaluation *evaluation,
                       const struct before_entry *entries, size_t count)
{
    json_begin_array(view->json, "before");
    for (size_t i = 0; i < evaluation_before(evaluation); i++) {
        const struct figure_before *row = evaluation_before_at(evaluation, i);
        bool entered = false;
        for (size_t k = 0; k < count && !entered; k++) {
            entered = *entries[k].value && text_equal(entries[k].code, row->code);
        }
        if (!entered) {
            put_before_row(view, &row->name,
                           &(struct before_entry){.code = row->code,
                                                  .value = row->value,
                                                  .period = row->period,
                                                  .source = row->source});
        }
    }
    for (size_t k = 0; k < count; k++) {
        int at = evaluation_find(evaluation, entries[k].code, strlen(entries[k].code));
        if (*entries[k].value && at >= 0) {
            put_before_row(view, &evaluation_measure(evaluation, (size_t)at)->name,
                           &entries[k]);
        }
    }
    json_end_array(view->json);
}

// What the words of conditions mean, so that a page can say a definition in words.
static void put_words(struct json_writer *json)
{
    const struct expression_word *word = NULL;
    json_begin_array(json, "words");
    for (int i = 0; (word = expression_word((enum fact_field)i)); i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "word", word->name);
        json_put_text(json, "type", expression_type_to_str(word->type));
        json_begin_object(json, "label");
        json_put_text(json, "en", word->label_en);
        json_put_text(json, "zh-CN", word->label_zh);
        json_end_object(json);
        json_end_object(json);
    }
    json_end_array(json);
}

int indicators_get(struct api_call *call, struct db *db, struct error *error)
{
    const struct evaluation *evaluation = city_evaluation(call->snapshot);
    char digest[HASH_HEX_SIZE];
    struct before_entry *entries = NULL;
    size_t count = 0;
    int code = before_entries_read(db, call->arena, &entries, &count, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    view.people = api_may(call, RIGHT_STAFF_READ);
    hash_to_hex(evaluation_digest(evaluation), digest);
    json_put_int(json, "model_version", city_model_version(call->snapshot));
    json_put_text(json, "digest", digest);
    json_begin_array(json, "measures");
    for (size_t i = 0; i < evaluation_measures(evaluation); i++) {
        put_measure(json, evaluation, evaluation_measure(evaluation, i));
    }
    json_end_array(json);
    put_given(json, evaluation);
    put_before(&view, evaluation, entries, count);
    put_words(json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}
