// SPDX-License-Identifier: MPL-2.0
// Scores: their formulas, league tables of a period, and the points that people give.
#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/evaluation/scores.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { SCORES_ARENA = 256 * 1024 * 1024 };

static void put_day(struct json_writer *json, const char *name, int64_t day)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    json_put_text(json, name, text);
}

static void put_span(struct json_writer *json, const struct figure_query *query)
{
    put_day(json, "from", query->from_day);
    put_day(json, "to", query->to_day);
}

static void put_number(struct json_writer *json, const char *name, double value)
{
    if (isnan(value)) {
        json_put_null(json, name);
    } else {
        json_put_double(json, name, value, 6);
    }
}

// ---- formulas ----

static void put_part(struct json_writer *json, const struct city_snapshot *city,
                     const struct score_part *part)
{
    const struct indicator *measure =
        part->measure >= 0
            ? evaluation_measure(city_evaluation(city), (size_t)part->measure)
            : NULL;
    json_begin_object(json, NULL);
    json_put_text(json, "code", part->code);
    label_put(json, "name", &part->name);
    json_put_text(json, "kind", score_kind_to_str(part->kind));
    if (measure) {
        json_put_text(json, "measure", measure->code);
        json_put_text(json, "unit", indicator_unit_to_str(measure->unit));
    } else {
        json_put_null(json, "measure");
        json_put_null(json, "unit");
    }
    json_put_double(json, "weight", part->weight, 3);
    json_end_object(json);
}

static void put_score(struct json_writer *json, const char *name,
                      const struct city_snapshot *city, const struct score *score)
{
    json_begin_object(json, name);
    json_put_text(json, "code", score->code);
    json_put_text(json, "version", score->version);
    json_put_text(json, "by", score->by);
    label_put(json, "name", &score->name);
    json_put_text(json, "source", score->source);
    json_begin_array(json, "parts");
    for (size_t i = 0; i < score->part_count; i++) {
        put_part(json, city, &score->parts[i]);
    }
    json_end_array(json);
    json_end_object(json);
}

void scores_put_grades(struct json_writer *json, const struct city_snapshot *city)
{
    const struct score_grade *grade = NULL;
    json_begin_array(json, "grades");
    for (size_t i = 0; (grade = scores_grade(city_scores(city), i)); i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "code", grade->code);
        put_number(json, "from", grade->from > -1e8 ? grade->from : (double)NAN);
        json_put_text(json, "colour", grade->colour);
        label_put(json, "name", &grade->name);
        json_end_object(json);
    }
    json_end_array(json);
}

// Those in force today.
int scores_list(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {NULL};
    const struct city_snapshot *city = call->snapshot;
    const struct score *score = NULL;
    struct figure_query query;
    struct figure_words words = {0};
    (void)db;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figure_query_read(&words, city, call->now_ms, &query, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
    for (size_t i = 0; (score = scores_at(city_scores(city), i)); i++) {
        if (scores_find(city_scores(city), score->code, query.today) == score) {
            put_score(json, NULL, city, score);
        }
    }
    json_end_array(json);
    scores_put_grades(json, city);
    api_answer_send(call, 200, &answer);
    return 0;
}

// ---- league tables ----

static bool by_person(const struct figure_query *query)
{
    return query->by_count > 0 && query->by[0].dimension == FIGURE_BY_ID &&
           query->by[0].level >= FIGURE_ID_REPORTED_BY;
}

static void put_row(struct api_view *view, const struct score_query *query,
                    const struct score_answer *found, const struct score_row *row)
{
    const struct figure_row of = {.keys = {row->key}};
    struct json_writer *json = view->json;
    json_begin_object(json, NULL);
    json_put_int(json, "rank", (int64_t)row->rank);
    if (row->rank_before) {
        json_put_int(json, "rank_before", (int64_t)row->rank_before);
    } else {
        json_put_null(json, "rank_before");
    }
    json_put_int(json, "id", row->key.id);
    json_put_text(json, "code", row->key.code);
    figures_put_label(view, &found->query.by[0], &row->key);
    put_number(json, "points", row->points);
    put_number(json, "before", row->before);
    if (row->grade) {
        json_put_text(json, "grade", row->grade->code);
    } else {
        json_put_null(json, "grade");
    }
    json_begin_array(json, "parts");
    for (size_t i = 0; i < query->score->part_count; i++) {
        json_begin_object(json, NULL);
        put_number(json, "value", row->parts[i].value);
        put_number(json, "points", row->parts[i].points);
        json_end_object(json);
    }
    json_end_array(json);
    figures_put_list(view->call, json, &found->query, &of);
    json_end_object(json);
}

static void put_found(struct api_call *call, struct db *db, const struct score_query *query,
                      const struct score_answer *found)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    // Whoever may not read the staff sees their own row, with its rank among all.
    bool all = !by_person(&found->query) || api_may(call, RIGHT_STAFF_READ);
    put_span(json, &found->query);
    put_day(json, "today", found->query.today);
    json_put_instant(json, "as_of", found->query.now_ms);
    json_begin_object(json, "before");
    put_span(json, &found->before);
    json_end_object(json);
    put_score(json, "score", call->snapshot, query->score);
    scores_put_grades(json, call->snapshot);
    json_put_int(json, "ranked", (int64_t)found->count);
    json_begin_array(json, "rows");
    for (size_t i = 0; i < found->count; i++) {
        if (all || found->rows[i].key.id == call->session.actor.person_id) {
            put_row(&view, query, found, &found->rows[i]);
        }
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
}

static const char *word(struct api_call *call, const char *name)
{
    return http_request_query(call->request, name);
}

// The score of the address, in the version that is in force on the last day of the period.
static int find_score(struct api_call *call, int64_t day, const struct score **ret_score,
                      struct error *error)
{
    *ret_score = scores_find(city_scores(call->snapshot), call->parameters[0], day);
    return *ret_score ? 0
                      : error_set(error, ERROR_NOT_FOUND, "scores.unknown",
                                  "there is no such score in that period");
}

// The stretch of the same length directly before, unless another one is named.
static void read_before(struct api_call *call, const struct figure_query *period,
                        struct score_query *query)
{
    char *from = arena_alloc(call->arena, DATE_TEXT_SIZE);
    char *to = arena_alloc(call->arena, DATE_TEXT_SIZE);
    int64_t days = period->to_day - period->from_day + 1;
    date_to_text(period->from_day - days, from);
    date_to_text(period->from_day - 1, to);
    bool named = word(call, "before_from") && word(call, "before_to");
    query->before_from = named ? word(call, "before_from") : from;
    query->before_to = named ? word(call, "before_to") : to;
}

int scores_get(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"by", "before_from", "before_to",
                                        FIGURES_FILTER_NAMES, NULL};
    struct score_query query = {.now_ms = call->now_ms};
    struct score_answer found;
    struct figure_query period;
    int code = api_query_only(call, names, error);
    if (!code) {
        figures_words(call, &query.words);
        code =
            figure_query_read(&query.words, call->snapshot, call->now_ms, &period, error);
    }
    if (!code) {
        code = find_score(call, period.to_day, &query.score, error);
    }
    if (code) {
        return code;
    }
    read_before(call, &period, &query);
    struct arena *arena ARENA_CLEANUP = arena_new(SCORES_ARENA);
    code = scores_compute(call->city->facts, db, call->snapshot, &call->session.actor,
                          &query, arena, &found, error);
    if (!code) {
        figures_log_trouble(call, &found.trouble);
        put_found(call, db, &query, &found);
    }
    return code;
}

// ---- points that people give ----

int scores_entries(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"from", "to", NULL};
    struct score_entry *entries = NULL;
    struct figure_query period;
    struct figure_words words = {.from = word(call, "from"), .to = word(call, "to")};
    size_t count = 0;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figure_query_read(&words, call->snapshot, call->now_ms, &period, error);
    }
    if (!code) {
        code = score_entries_read(db, call->parameters[0], period.from_day, period.to_day,
                                  call->arena, &entries, &count, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_put_int(json, "id", entries[i].id);
        json_put_text(json, "part", entries[i].part);
        json_put_int(json, "subject", entries[i].subject_id);
        put_number(json, "points", entries[i].taken_back ? (double)NAN : entries[i].points);
        json_put_text(json, "reason", entries[i].reason);
        json_put_text(json, "by", api_person_name(&view, entries[i].entered_by));
        json_put_instant(json, "at", entries[i].entered_at_ms);
        json_end_object(json);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// Without points: what was given is taken back.
static int read_points(const struct json *body, struct score_entry *entry,
                       struct error *error)
{
    entry->points = (double)NAN;
    int code = json_get_double(body, "points", JSON_OPTIONAL, &entry->points, error);
    entry->taken_back = isnan(entry->points);
    return code;
}

static int read_period(const struct json *body, struct score_entry *entry,
                       struct error *error)
{
    const char *from = NULL;
    const char *to = NULL;
    int code = json_get_text(body, "from", JSON_REQUIRED, 10, &from, error);
    if (!code) {
        code = json_get_text(body, "to", JSON_REQUIRED, 10, &to, error);
    }
    if (!code) {
        code = date_from_text(from, strlen(from), &entry->from_day, error);
    }
    return code ? code : date_from_text(to, strlen(to), &entry->to_day, error);
}

int scores_enter_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"part",   "subject", "from", "to",
                                        "points", "reason",  NULL};
    const struct json *body = NULL;
    struct score_entry *entry = arena_alloc(call->arena, sizeof(*entry));
    call->data = entry;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "part", JSON_REQUIRED, 63, &entry->part, error);
    }
    if (!code) {
        code = json_get_int(body, "subject", JSON_REQUIRED, 1, UINT32_MAX,
                            &entry->subject_id, error);
    }
    if (!code) {
        code = json_get_text(body, "reason", JSON_REQUIRED, 1000, &entry->reason, error);
    }
    if (!code) {
        code = read_period(body, entry, error);
    }
    if (!code) {
        code = read_points(body, entry, error);
    }
    entry->score = call->parameters[0];
    entry->entered_by = call->session.actor.person_id;
    entry->entered_at_ms = call->now_ms;
    return code;
}

int scores_enter(struct api_call *call, struct db *db, struct error *error)
{
    return score_entry_add(db, city_scores(call->snapshot), call->data, error);
}

int scores_enter_reply(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    http_reply_empty(call->request, 204);
    return 0;
}
