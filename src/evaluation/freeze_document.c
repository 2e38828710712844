// SPDX-License-Identifier: MPL-2.0
// The document of a frozen period: gridcase-frozen(5).
#include <math.h>
#include <string.h>

#include <gridcase/rules/calendar.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/zone.h>

#include "freeze_internal.h"

enum { CORRECTIONS_TOLD = 500 };

void freeze_put_value(struct json_writer *json, const char *name, double value)
{
    double whole = 0;
    if (isfinite(value) && !(fabs(modf(value, &whole)) > 0) && fabs(value) < 9e15)
        json_put_int(json, name, (int64_t)value);
    else
        json_put_double(json, name, value, 9);
}

static void put_day(struct json_writer *json, const char *name, int64_t day)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    json_put_text(json, name, text);
}

static void put_names(struct json_writer *json, const struct city_snapshot *city,
                      const struct city_names *names)
{
    json_begin_object(json, "name");
    for (size_t i = 0; i < city_languages(city); i++)
        if (names->text[i] != NULL)
            json_put_text(json, city_language(city, i), names->text[i]);
    json_end_object(json);
}

// Departments and areas may be called otherwise later, or be no more.
static void put_key(struct json_writer *json, const struct city_snapshot *city,
                    const struct figure_by *by, const struct figure_key *key)
{
    const struct city_department *department =
        by->dimension == FIGURE_BY_DEPARTMENT ? city_department_by_id(city, key->id) : NULL;
    const struct city_area *area =
        by->dimension == FIGURE_BY_AREA ? city_area_by_id(city, key->id) : NULL;
    json_put_int(json, "id", key->id);
    json_put_text(json, "code", key->code);
    if (department != NULL)
        put_names(json, city, &department->name);
    if (area != NULL)
        put_names(json, city, &area->name);
}

static void put_values(struct json_writer *json, size_t count, const double *values)
{
    json_begin_array(json, "values");
    for (size_t i = 0; i < count; i++)
        freeze_put_value(json, NULL, values[i]);
    json_end_array(json);
}

static void put_table(struct json_writer *json, const struct city_snapshot *city,
                      const struct freeze_table *table)
{
    const struct figure_answer *answer = &table->answer;
    json_begin_object(json, NULL);
    json_put_text(json, "by", table->by);
    json_begin_array(json, "rows");
    for (size_t i = 0; i < answer->row_count && table->query.by_count > 0; i++) {
        json_begin_object(json, NULL);
        put_key(json, city, &table->query.by[0], &answer->rows[i].keys[0]);
        put_values(json, table->query.measure_count, answer->rows[i].values);
        json_end_object(json);
    }
    if (table->query.by_count == 0) {
        json_begin_object(json, NULL);
        put_values(json, table->query.measure_count, answer->totals);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_rules(struct json_writer *json, const struct city_snapshot *city)
{
    json_begin_object(json, "rules");
    json_put_int(json, "model", city_model_version(city));
    json_put_int(json, "catalogue", city_rules_current(city, CITY_CATALOGUE));
    json_put_int(json, "calendar", city_rules_current(city, CITY_CALENDAR));
    json_put_int(json, "routing", city_rules_current(city, CITY_ROUTING));
    json_put_int(json, "process", city_rules_current(city, CITY_PROCESS));
    json_put_text(json, "time_zone", city_time_zone(city));
    json_end_object(json);
}

// What was corrected since the version before.
static int put_corrections(struct json_writer *json, const struct freeze_writing *writing,
                           struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    const struct calendar *calendar = city_calendar(writing->place->city, 0);
    int64_t end_ms = calendar_day_start(calendar, writing->order->period.to_day + 1);
    const struct db_value range[] = {DB_INT(writing->before->position),
                                     DB_INT(writing->figures->position), DB_INT(end_ms)};
    int64_t count = 0;
    int code = db_fetch_int(writing->place->reader, QUERY_FROZEN_CORRECTION_COUNT, range, 3,
                            &count, error);
    if (code == 0)
        code = db_prepare(writing->place->reader, QUERY_FROZEN_CORRECTIONS, &s, error);
    if (code != 0)
        return code;
    db_bind_values(s, range, 3);
    db_bind_int(s, 4, CORRECTIONS_TOLD);
    json_put_int(json, "correction_count", count);
    json_begin_array(json, "corrections");
    while ((code = db_step(s, error)) == DB_ROW) {
        json_begin_object(json, NULL);
        json_put_text(json, "case", db_column_text(s, 1));
        json_put_int(json, "seq", db_column_int(s, 2));
        json_put_text(json, "kind", process_kind_to_str((int)db_column_int(s, 3)));
        json_put_instant(json, "at", db_column_int(s, 4));
        json_end_object(json);
    }
    json_end_array(json);
    return code;
}

int freeze_write(const struct freeze_writing *writing, struct buffer *out,
                 size_t *ret_differs, struct error *error)
{
    const struct freeze_order *order = writing->order;
    const struct city_snapshot *city = writing->place->city;
    struct json_writer json;
    int code = 0;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_put_text(&json, "form", "gridcase-frozen 1");
    json_put_text(&json, "city", city_slug(city));
    json_put_text(&json, "period", order->period.code);
    put_day(&json, "from", order->period.from_day);
    put_day(&json, "to", order->period.to_day);
    json_put_int(&json, "version", writing->before->version + 1);
    json_put_instant(&json, "made_at", order->now_ms);
    json_put_text(&json, "reason", order->reason != NULL ? order->reason : "");
    json_put_int(&json, "position", writing->figures->position);
    put_rules(&json, city);
    code =
        freeze_put_definitions(&json, writing->figures->evaluation, writing->arena, error);
    freeze_put_measures(&json, &writing->figures->tables[0].query);
    json_begin_array(&json, "tables");
    for (size_t i = 0; i < writing->figures->count; i++)
        put_table(&json, city, &writing->figures->tables[i]);
    json_end_array(&json);
    *ret_differs = 1;
    if (code == 0 && writing->before->version > 0) {
        json_begin_object(&json, "since");
        json_put_int(&json, "version", writing->before->version);
        json_put_bool(&json, "same_definitions", writing->before->evaluation != NULL);
        *ret_differs = freeze_put_differences(&json, writing);
        code = put_corrections(&json, writing, error);
        json_end_object(&json);
    }
    if (code == 0 && *ret_differs > 0) // else it is not kept
        code = freeze_put_bulletin(&json, writing, out, error);
    json_end_object(&json);
    return code != 0 ? code : buffer_check(out, error);
}
