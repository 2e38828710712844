// SPDX-License-Identifier: MPL-2.0
// Figures against those of the version before: which differ, and from what to what.
#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "freeze_internal.h"

enum { DIFFERENCES_TOLD = 1000, MEASURES_MOST = 256 };

struct comparing {
    struct json_writer *json;
    const struct freeze_table *table;
    int places[MEASURES_MOST]; // of the query's measures in the document before; -1: not
                               // there
    size_t count;
};

static const struct json *find_table(const struct json *document, const char *by)
{
    const struct json *tables = NULL;
    if (json_get_array(document, "tables", JSON_OPTIONAL, &tables, NULL) != 0)
        return NULL;
    for (size_t i = 0; i < json_array_length(tables); i++) {
        const struct json *table = json_array_item(tables, i), *rows = NULL;
        const char *own = NULL;
        if (json_get_text(table, "by", JSON_OPTIONAL, 100, &own, NULL) == 0 &&
            text_equal(own, by) &&
            json_get_array(table, "rows", JSON_OPTIONAL, &rows, NULL) == 0)
            return rows;
    }
    return NULL;
}

// hint: where it was looked for last; rows mostly stand in the same order.
static const struct json *find_row(const struct json *rows, int64_t id, size_t *hint)
{
    size_t count = json_array_length(rows);
    for (size_t i = 0; i < count; i++) {
        const struct json *row = json_array_item(rows, (*hint + i) % count);
        int64_t own = 0;
        if (json_get_int(row, "id", JSON_OPTIONAL, INT64_MIN, INT64_MAX, &own, NULL) == 0 &&
            own == id) {
            *hint = (*hint + i + 1) % count;
            return row;
        }
    }
    return NULL;
}

static double value_of(const struct json *row, int place)
{
    const struct json *values = NULL;
    double value = (double)NAN;
    if (row == NULL || place < 0 ||
        json_get_array(row, "values", JSON_OPTIONAL, &values, NULL) != 0)
        return value;
    (void)json_as_double(json_array_item(values, (size_t)place), &value);
    return value;
}

static bool same(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return fabs(a - b) <= 1e-8 + 1e-12 * fabs(a);
}

static void compare_row(struct comparing *comparing, const struct figure_key *key,
                        const double *values, const struct json *before)
{
    for (size_t i = 0; i < comparing->table->query.measure_count; i++) {
        double was = value_of(before, comparing->places[i]);
        double is = values != NULL ? values[i] : (double)NAN;
        // Rows without cases are not told: none is nothing, not a difference.
        bool nothing = (isnan(was) || !(fabs(was) > 0)) && (isnan(is) || !(fabs(is) > 0)) &&
                       (values == NULL || before == NULL);
        if (same(was, is) || nothing || comparing->places[i] < 0)
            continue;
        if (comparing->count++ >= DIFFERENCES_TOLD)
            continue;
        json_begin_object(comparing->json, NULL);
        json_put_text(comparing->json, "by", comparing->table->by);
        if (key != NULL) {
            json_put_int(comparing->json, "id", key->id);
            json_put_text(comparing->json, "code", key->code);
        }
        json_put_text(comparing->json, "measure",
                      freeze_measure_code(&comparing->table->query, i));
        freeze_put_value(comparing->json, "was", was);
        freeze_put_value(comparing->json, "is", is);
        json_end_object(comparing->json);
    }
}

// Rows that were told and are no more.
static void compare_gone(struct comparing *comparing, const struct json *before)
{
    const struct figure_answer *answer = &comparing->table->answer;
    for (size_t i = 0; i < json_array_length(before); i++) {
        const struct json *row = json_array_item(before, i);
        int64_t id = 0;
        bool found =
            json_get_int(row, "id", JSON_OPTIONAL, INT64_MIN, INT64_MAX, &id, NULL) != 0;
        for (size_t k = 0; k < answer->row_count && !found; k++)
            found = answer->rows[k].keys[0].id == id;
        const char *code = "";
        (void)!json_get_text(row, "code", JSON_OPTIONAL, 200, &code, NULL);
        if (!found)
            compare_row(comparing, &(struct figure_key){.id = id, .code = code}, NULL, row);
    }
}

static void compare_table(struct comparing *comparing, const struct json *document)
{
    const struct freeze_table *table = comparing->table;
    const struct json *before = find_table(document, table->by);
    size_t hint = 0;
    if (before == NULL)
        return;
    if (table->query.by_count == 0) {
        compare_row(comparing, NULL, table->answer.totals, json_array_item(before, 0));
        return;
    }
    for (size_t i = 0; i < table->answer.row_count; i++)
        compare_row(comparing, &table->answer.rows[i].keys[0], table->answer.rows[i].values,
                    find_row(before, table->answer.rows[i].keys[0].id, &hint));
    compare_gone(comparing, before);
}

static void find_places(struct comparing *comparing, const struct json *document)
{
    const struct json *measures = NULL;
    if (json_get_array(document, "measures", JSON_OPTIONAL, &measures, NULL) != 0)
        measures = NULL;
    for (size_t i = 0; i < comparing->table->query.measure_count && i < MEASURES_MOST;
         i++) {
        const char *code = freeze_measure_code(&comparing->table->query, i);
        comparing->places[i] = -1;
        for (size_t k = 0; k < json_array_length(measures); k++) {
            const char *own = NULL;
            if (json_get_text(json_array_item(measures, k), "code", JSON_OPTIONAL, 100,
                              &own, NULL) == 0 &&
                text_equal(own, code))
                comparing->places[i] = (int)k;
        }
    }
}

size_t freeze_put_differences(struct json_writer *json,
                              const struct freeze_writing *writing)
{
    struct comparing comparing = {.json = json};
    json_begin_array(json, "differences");
    for (size_t i = 0; i < writing->figures->count; i++) {
        comparing.table = &writing->figures->tables[i];
        find_places(&comparing, writing->before->document);
        compare_table(&comparing, writing->before->document);
    }
    json_end_array(json);
    json_put_int(json, "difference_count", (int64_t)comparing.count);
    return comparing.count;
}
