// SPDX-License-Identifier: MPL-2.0
// Looking ahead: open cases that will go late, and how well such forecasts held.
#include <string.h>

#include <gridcase/evaluation/ahead.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { AHEAD_ARENA = 256 * 1024 * 1024, LIMIT_BY_DEFAULT = 50 };

static void put_class(struct json_writer *json, const struct city_snapshot *city,
                      int64_t class_id)
{
    const struct catalogue_class *found =
        catalogue_class_by_id(city_catalogue(city, 0), class_id);
    json_begin_object(json, "class");
    json_put_int(json, "id", class_id);
    json_put_text(json, "code", city_class_code(city, class_id));
    if (found) {
        label_put(json, "name", &found->name);
    } else {
        json_put_null(json, "name");
    }
    json_end_object(json);
}

static void put_case(struct json_writer *json, const struct city_snapshot *city,
                     const struct ahead_case *one)
{
    const struct ahead_forecast *forecast = &one->forecast;
    json_begin_object(json, NULL);
    json_put_text(json, "number", one->number);
    api_put_department(json, "department", city, one->department_id);
    put_class(json, city, one->class_id);
    json_put_instant(json, "due_at", one->due_ms);
    json_put_double(json, "probability", forecast->probability, 4);
    json_put_double(json, "gone", forecast->gone, 4);
    json_put_text(json, "basis", ahead_basis_to_str(forecast->basis));
    json_put_int(json, "past", forecast->past);
    json_put_int(json, "late", forecast->late);
    json_put_double(json, "load", forecast->load, 0);
    json_put_double(json, "usual", forecast->usual, 1);
    json_end_object(json);
}

static void put_department(struct json_writer *json, const struct city_snapshot *city,
                           const struct ahead_department *one)
{
    json_begin_object(json, NULL);
    json_put_int(json, "id", one->id);
    api_put_department(json, "department", city, one->id);
    json_put_int(json, "open", one->open);
    json_put_int(json, "overdue", one->overdue);
    json_put_int(json, "likely", one->likely);
    json_put_double(json, "expected", one->expected, 1);
    json_put_double(json, "load", one->load, 0);
    json_put_double(json, "usual", one->usual, 1);
    json_end_object(json);
}

static void put_found(struct api_call *call, const struct ahead_query *query,
                      const struct ahead_answer *found)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_instant(json, "as_of", query->figures.now_ms);
    json_put_int(json, "open", found->open);
    json_put_int(json, "overdue", found->overdue);
    json_put_int(json, "likely", found->likely);
    json_put_int(json, "unknown", found->unknown);
    json_put_double(json, "expected", found->expected, 1);
    json_put_int(json, "past", found->past);
    json_put_int(json, "past_least", AHEAD_PAST_LEAST);
    json_begin_array(json, "departments");
    for (size_t i = 0; i < found->department_count; i++) {
        put_department(json, call->snapshot, &found->departments[i]);
    }
    json_end_array(json);
    json_begin_array(json, "cases");
    for (size_t i = 0; i < found->count; i++) {
        put_case(json, call->snapshot, &found->cases[i]);
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
}

#define AHEAD_FILTER_NAMES "department", "lead", "area", "outside", "class", "major"

int ahead_get(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {AHEAD_FILTER_NAMES, "limit", NULL};
    struct ahead_query query = {0};
    struct ahead_answer found;
    int64_t limit = LIMIT_BY_DEFAULT;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figures_read_words(call, &query.figures, error);
    }
    if (!code) {
        code = api_query_int(call, "limit", 1, AHEAD_LIST_MOST, &limit, error);
    }
    if (code) {
        return code;
    }
    query.most = (size_t)limit;
    struct arena *arena ARENA_CLEANUP = arena_new(AHEAD_ARENA);
    code = ahead_forecasts(call->city->facts, db, call->snapshot, &call->session.actor,
                           &query, arena, &found, error);
    if (!code) {
        figures_log_trouble(call, &found.trouble);
        put_found(call, &query, &found);
    }
    return code;
}

// ---- how well it held ----

static void put_day(struct json_writer *json, const char *name, int64_t day)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    json_put_text(json, name, text);
}

static void put_score(struct json_writer *json, const char *name, int64_t count,
                      double value)
{
    if (count > 0) {
        json_put_double(json, name, value, 6);
    } else {
        json_put_null(json, name);
    }
}

static void put_calibration(struct api_call *call, const struct ahead_calibration *told)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    put_day(json, "from", told->from_day);
    put_day(json, "to", told->to_day);
    json_put_int(json, "step_days", told->step_days);
    json_put_int(json, "days", told->stands);
    json_put_int(json, "forecasts", told->count);
    json_put_int(json, "late", told->late);
    json_put_int(json, "unknown", told->unknown);
    json_put_int(json, "pending", told->pending);
    json_begin_array(json, "tenths");
    for (int i = 0; i < AHEAD_TENTHS; i++) {
        const struct ahead_tenth *tenth = &told->tenths[i];
        json_begin_object(json, NULL);
        json_put_double(json, "from", (double)i / AHEAD_TENTHS, 1);
        json_put_int(json, "forecasts", tenth->count);
        json_put_int(json, "late", tenth->late);
        json_put_double(json, "expected", tenth->expected, 2);
        json_end_object(json);
    }
    json_end_array(json);
    put_score(json, "brier", told->count, told->brier);
    put_score(json, "brier_without_load", told->count, told->brier_plain);
    put_score(json, "brier_base", told->count, told->brier_base);
    api_answer_send(call, 200, &answer);
}

int ahead_get_calibration(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {AHEAD_FILTER_NAMES, "from", "to", NULL};
    struct ahead_query query = {0};
    struct ahead_calibration told;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figures_read_words(call, &query.figures, error);
    }
    if (!code) {
        code = ahead_calibrate(call->city->facts, db, call->snapshot, &call->session.actor,
                               &query, &told, error);
    }
    if (!code) {
        figures_log_trouble(call, &told.trouble);
        put_calibration(call, &told);
    }
    return code;
}
