// SPDX-License-Identifier: MPL-2.0
// Figures by dimensions, and the list of cases behind each of them.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { FIGURES_ARENA = 512 * 1024 * 1024 };

static const char *word(struct api_call *call, const char *name)
{
    return http_request_query(call->request, name);
}

void figures_words(struct api_call *call, struct figure_words *ret_words)
{
    struct figure_words words = {
        .measures = word(call, "measures"),
        .by = word(call, "by"),
        .from = word(call, "from"),
        .to = word(call, "to"),
        .department = word(call, "department"),
        .lead = word(call, "lead"),
        .area = word(call, "area"),
        .outside = word(call, "outside"),
        .class_id = word(call, "class"),
        .major = word(call, "major"),
        .source = word(call, "source"),
        .weekday = word(call, "weekday"),
        .hour = word(call, "hour"),
    };
    for (int i = 0; i < FIGURE_ID_COUNT; i++) {
        words.ids[i] = word(call, figure_id_to_str((enum figure_id)i));
    }
    *ret_words = words;
}

int figures_read_words(struct api_call *call, struct figure_query *ret_query,
                       struct error *error)
{
    struct figure_words words;
    figures_words(call, &words);
    return figure_query_read(&words, call->snapshot, call->now_ms, ret_query, error);
}

// with_language: a table, whose words are in one.
int figures_read(struct api_call *call, bool with_language, struct figure_query *ret_query,
                 struct error *error)
{
    static const char *const names[] = {"language", "measures", "by", FIGURES_FILTER_NAMES,
                                        NULL};
    int code = api_query_only(call, with_language ? names : names + 1, error);
    return code ? code : figures_read_words(call, ret_query, error);
}

int figures_read_with(struct api_call *call, const char *measures,
                      const struct evaluation *evaluation, struct figure_query *ret_query,
                      struct error *error)
{
    static const char *const names[] = {"measures", "by", FIGURES_FILTER_NAMES, NULL};
    struct figure_words words;
    figures_words(call, &words);
    words.measures = measures;
    int code = api_query_only(call, names, error);
    return code ? code
                : figure_query_read_with(&words, call->snapshot, evaluation, call->now_ms,
                                         ret_query, error);
}

// ---- the query of the cases behind a row ----

static void put_escaped(struct buffer *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || strchr("-_.,", c);
        if (plain) {
            buffer_append_char(out, (char)c);
        } else {
            buffer_append_char(out, '%');
            buffer_append_char(out, hex[c >> 4]);
            buffer_append_char(out, hex[c & 15]);
        }
    }
}

static void put_period(struct buffer *out, int64_t from_day, int64_t to_day)
{
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    date_to_text(from_day, from);
    date_to_text(to_day, to);
    buffer_format(out, "from=%s&to=%s", from, to);
}

// The filters of the request and those of the row's keys; where several may hold at once
// they stand side by side.
static void put_filters(struct api_call *call, struct buffer *out,
                        const struct figure_key *keys, size_t count)
{
    static const struct {
        const char *name;
        bool several;
    } filters[] = {
        {"department", true},   {"area", true},
        {"outside", true},      {"lead", false},
        {"class", false},       {"major", false},
        {"source", false},      {"weekday", false},
        {"hour", false},        {"grid", false},
        {"duty_grid", false},   {"desk", false},
        {"company", false},     {"checker_company", false},
        {"reported_by", false}, {"accepted_by", false},
        {"verified_by", false}, {"filed_by", false},
        {"sent_by", false},     {"checked_by", false},
        {"closed_by", false},
    };
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        const char *values[3];
        size_t found = 0;
        const char *asked = word(call, filters[i].name);
        if (asked && (*asked || strcmp(filters[i].name, "major") == 0)) {
            values[found++] = asked;
        }
        for (size_t k = 0; k < count; k++) {
            if (text_equal(keys[k].filter, filters[i].name)) {
                found = filters[i].several ? found : 0;
                values[found++] = keys[k].value;
            }
        }
        for (size_t k = 0; k < found; k++) {
            buffer_append_text(out, k ? "," : "&");
            buffer_append_text(out, k ? "" : filters[i].name);
            buffer_append_text(out, k ? "" : "=");
            put_escaped(out, values[k]);
        }
    }
}

void figures_put_list(struct api_call *call, struct json_writer *json,
                      const struct figure_query *query, const struct figure_row *row)
{
    BUFFER_CLEANUP struct buffer list;
    int64_t from = query->from_day;
    int64_t to = query->to_day;
    buffer_init(&list, BUFFER_CEILING_LINE);
    for (size_t i = 0; row && i < query->by_count; i++) {
        if (!row->keys[i].filter) {
            from = row->keys[i].from_day;
            to = row->keys[i].to_day;
        }
    }
    put_period(&list, from, to);
    put_filters(call, &list, row ? row->keys : NULL, row ? query->by_count : 0);
    json_put_text(json, "list", list.data);
}

// ---- the answer ----

static void put_day(struct json_writer *json, const char *name, int64_t day)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    json_put_text(json, name, text);
}

// The only count above, or below, the line of a quotient; NULL: there are several, or none.
static const char *only_part(const struct figure_query *query,
                             const struct indicator *measure, uint32_t bits)
{
    const char *only = NULL;
    for (size_t i = 0; measure->quotient && i < measure->part_count; i++) {
        if (bits >> i & 1) {
            if (only) {
                return NULL;
            }
            only = evaluation_measure(query->evaluation, (size_t)measure->parts[i])->code;
        }
    }
    return only;
}

static void put_measures(struct json_writer *json, const struct figure_query *query)
{
    json_begin_array(json, "measures");
    for (size_t i = 0; i < query->measure_count; i++) {
        const struct indicator *measure = figure_measure(query, i);
        const char *above = only_part(query, measure, measure->above);
        const char *below = only_part(query, measure, measure->below);
        json_begin_object(json, NULL);
        json_put_text(json, "code", measure->code);
        label_put(json, "label", &measure->name);
        json_put_text(json, "unit", indicator_unit_to_str(measure->unit));
        json_put_text(json, "better", indicator_better_to_str(measure->better));
        json_put_bool(json, "stock", measure->stock);
        json_put_bool(json, "count", measure->is_count);
        json_put_text(json, "version", measure->version);
        if (above) {
            json_put_text(json, "numerator", above);
        }
        if (below) {
            json_put_text(json, "denominator", below);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

int figures_decimals(const struct indicator *measure, int of_share)
{
    return measure->is_count                    ? 0
           : measure->unit == INDICATOR_SHARE   ? of_share
           : measure->unit == INDICATOR_SECONDS ? 1
           : measure->unit == INDICATOR_MONEY   ? 2
                                                : 3;
}

const struct catalogue_class *figures_class_of_major(const struct city_snapshot *city,
                                                     const char *major)
{
    const struct catalogue_class *found = NULL;
    for (size_t i = 0; (found = catalogue_class(city_catalogue(city, 0), i)); i++) {
        if (major[0] && strcmp(found->major, major) == 0) {
            return found;
        }
    }
    return NULL;
}

// People, companies, desks, grids: ids of the fact row.
static void put_id_label(struct api_view *view, const struct figure_by *by,
                         const struct figure_key *key)
{
    const struct city_snapshot *city = view->call->snapshot;
    const struct city_department *department = NULL;
    const struct city_area *area = NULL;
    const char *plain = NULL;
    if (key->id && by->level >= FIGURE_ID_REPORTED_BY) {
        plain = api_person_name(view, key->id);
    } else if (key->id && by->level == FIGURE_ID_GRID) {
        plain = key->code;
    }
    if (plain) {
        json_begin_object(view->json, "label");
        for (size_t i = 0; i < city_languages(city); i++) {
            json_put_text(view->json, city_language(city, i), plain);
        }
        json_end_object(view->json);
    } else if (by->level == FIGURE_ID_DUTY_GRID &&
               (area = city_area_by_id(city, key->id))) {
        api_put_names(view->json, "label", city, &area->name);
    } else if (by->level > FIGURE_ID_DUTY_GRID && by->level < FIGURE_ID_REPORTED_BY &&
               (department = city_department_by_id(city, key->id))) {
        api_put_names(view->json, "label", city, &department->name);
    } else {
        json_put_null(view->json, "label");
    }
}

void figures_put_label(struct api_view *view, const struct figure_by *by,
                       const struct figure_key *key)
{
    const struct city_snapshot *city = view->call->snapshot;
    const struct city_department *department = NULL;
    const struct city_area *area = NULL;
    const struct catalogue *catalogue = city_catalogue(city, 0);
    const struct catalogue_class *of_class = NULL;
    struct json_writer *json = view->json;
    if (by->dimension == FIGURE_BY_ID) {
        put_id_label(view, by, key);
    } else if (by->dimension == FIGURE_BY_SOURCE) {
        api_put_words(json, "label", city, PROCESS_WORDS_SOURCE, (int)key->id);
    } else if (by->dimension == FIGURE_BY_DEPARTMENT &&
               (department = city_department_by_id(city, key->id))) {
        api_put_names(json, "label", city, &department->name);
    } else if (by->dimension == FIGURE_BY_AREA && (area = city_area_by_id(city, key->id))) {
        api_put_names(json, "label", city, &area->name);
    } else if (by->dimension == FIGURE_BY_CLASS &&
               (of_class = catalogue_class_by_id(catalogue, key->id))) {
        label_put(json, "label", &of_class->name);
    } else if (by->dimension == FIGURE_BY_MAJOR &&
               (of_class = figures_class_of_major(city, key->code))) {
        label_put(json, "label", &of_class->major_name);
    } else {
        json_put_null(json, "label");
    }
}

static void put_values(struct json_writer *json, const char *name,
                       const struct figure_query *query, const double *values)
{
    json_begin_array(json, name);
    for (size_t i = 0; i < query->measure_count; i++) {
        const struct indicator *measure = figure_measure(query, i);
        if (measure->is_count && !isnan(values[i])) {
            json_put_int(json, NULL, (int64_t)values[i]);
        } else {
            json_put_double(json, NULL, values[i], figures_decimals(measure, 6));
        }
    }
    json_end_array(json);
}

static void put_row(struct api_view *view, const struct figure_query *query,
                    const struct figure_row *row)
{
    struct json_writer *json = view->json;
    json_begin_object(json, NULL);
    json_begin_array(json, "keys");
    for (size_t i = 0; i < query->by_count; i++) {
        const struct figure_key *key = &row->keys[i];
        json_begin_object(json, NULL);
        json_put_int(json, "id", key->id);
        json_put_text(json, "code", key->code);
        figures_put_label(view, &query->by[i], key);
        if (!key->filter) {
            put_day(json, "from", key->from_day);
            put_day(json, "to", key->to_day);
        }
        json_end_object(json);
    }
    json_end_array(json);
    put_values(json, "values", query, row->values);
    figures_put_list(view->call, json, query, row);
    json_end_object(json);
}

void figures_put(struct api_view *view, const char *name, const struct figure_query *query,
                 const struct figure_answer *answer)
{
    char position[48];
    struct api_call *call = view->call;
    struct json_writer *json = view->json;
    json_begin_object(json, name);
    put_day(json, "from", query->from_day);
    put_day(json, "to", query->to_day);
    put_day(json, "today", query->today);
    json_put_instant(json, "as_of", query->now_ms);
    snprintf(position, sizeof(position), "%lld-%lld", (long long)answer->epoch,
             (long long)answer->position);
    json_put_text(json, "position", position);
    json_put_text(json, "source", answer->from_rollup ? "rollup" : "facts");
    put_measures(json, query);
    json_begin_array(json, "dimensions");
    for (size_t i = 0; i < query->by_count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "code",
                      figure_by_to_str(call->snapshot, &query->by[i], call->arena));
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "rows");
    for (size_t i = 0; i < answer->row_count; i++) {
        put_row(view, query, &answer->rows[i]);
    }
    json_end_array(json);
    put_values(json, "totals", query, answer->totals);
    figures_put_list(call, json, query, NULL);
    json_end_object(json);
}

// Figures live in memory then: slower to begin with, and right all the same.
void figures_log_trouble(struct api_call *call, const struct error *trouble)
{
    if (trouble->code) {
        log_event(LOG_WARNING, "figures.file", "city=%s code=%s text=\"%s\"",
                  call->city->slug, trouble->slug, trouble->message);
    }
}

int figures_by(struct api_call *call, struct db *db, struct error *error)
{
    struct figure_query query;
    struct figure_answer answer;
    int code = figures_read(call, false, &query, error);
    if (code) {
        return code;
    }
    struct arena *arena ARENA_CLEANUP = arena_new(FIGURES_ARENA);
    code = figures_compute(call->city->facts, db, call->snapshot, &call->session.actor,
                           &query, arena, &answer, error);
    if (code) {
        return code;
    }
    figures_log_trouble(call, &answer.trouble);
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    struct api_view view;
    api_view_init(&view, call, db, &json);
    figures_put(&view, NULL, &query, &answer);
    api_reply_json(call, 200, &body);
    return 0;
}

// ---- the list behind a figure ----

bool figures_asked_for(struct api_call *call)
{
    static const char *const names[] = {
        "figure",    "figure_part", "from",        "to",          "lead",
        "outside",   "major",       "weekday",     "hour",        "desk",
        "duty_grid", "company",     "reported_by", "accepted_by", "sent_by",
        "filed_by",  "verified_by", "checked_by",  "closed_by",   "checker_company"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (word(call, names[i])) {
            return true;
        }
    }
    return false;
}

// A rate's cases are those of its numerator, or of its denominator.
static int which_measure(struct api_call *call, size_t *ret_measure, bool *ret_below,
                         struct error *error)
{
    const struct evaluation *evaluation = city_evaluation(call->snapshot);
    const char *figure = word(call, "figure");
    const char *part = word(call, "figure_part");
    *ret_below = text_equal(part, "denominator");
    if (part && *part && !*ret_below && strcmp(part, "numerator") != 0) {
        return error_set(error, ERROR_INPUT, "figures.filter",
                         "figure_part is numerator or denominator");
    }
    int measure = figure ? evaluation_find(evaluation, figure, strlen(figure)) : -1;
    if (measure < 0) {
        return error_set(error, ERROR_INPUT, "figures.measure",
                         "figure names no measure; the other words go with it");
    }
    *ret_measure = (size_t)measure;
    return 0;
}

static int read_cursor(struct api_call *call, int64_t *ret_before, struct error *error)
{
    const char *cursor = word(call, "cursor");
    *ret_before = INT64_MAX;
    if (!cursor || !*cursor) {
        return 0;
    }
    if (*cursor != 'f' || text_to_int(cursor + 1, strlen(cursor + 1), ret_before, NULL)) {
        return error_set(error, ERROR_INPUT, "case.cursor",
                         "the cursor is not one of this list");
    }
    return 0;
}

int figures_behind(struct api_call *call, struct db *db, int64_t before, size_t most,
                   struct figure_list *ret_list, struct error *error)
{
    struct figure_query query;
    size_t measure = 0;
    bool below = false;
    int code = which_measure(call, &measure, &below, error);
    if (!code) {
        code = figures_read_words(call, &query, error);
    }
    if (!code) {
        code = figures_list(call->city->facts, db, call->snapshot, &call->session.actor,
                            &query, measure, below, before, most, call->arena, ret_list,
                            error);
    }
    if (!code) {
        figures_log_trouble(call, &ret_list->trouble);
    }
    return code;
}

int figures_list_cases(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"figure", "figure_part", FIGURES_FILTER_NAMES,
                                        "limit",  "cursor",      NULL};
    struct figure_list list = {0};
    struct case_page page = {0};
    struct case_stream stream = {0};
    int64_t before = 0;
    int64_t limit = 50;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = read_cursor(call, &before, error);
    }
    if (!code) {
        code = api_query_int(call, "limit", 1, 500, &limit, error);
    }
    if (!code) { // before the list: what changes in between is told twice, never lost
        code = case_stream(db, &stream, error);
    }
    if (!code) {
        code = figures_behind(call, db, before, (size_t)limit, &list, error);
    }
    if (!code) {
        code = case_list_ids(db, call->snapshot, &call->session.actor, list.case_ids,
                             list.count, call->arena, &page, error);
    }
    if (code) {
        return code;
    }
    if (list.next) {
        page.next_cursor = arena_format(call->arena, "f%lld", (long long)list.next);
    }
    cases_reply_page(call, db, &page, &stream, list.total);
    return 0;
}
