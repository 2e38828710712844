// SPDX-License-Identifier: MPL-2.0
// Was somebody there before a case was closed? Told on demand, from tracks.
#include <string.h>

#include <gridcase/evaluation/visits.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { VISITS_ARENA = 256 * 1024 * 1024, LISTED_BY_DEFAULT = 100 };

static const char *const lists[] = {"untracked", "unvisited", "visited"};
_Static_assert(TRACK_NOT_FULL == 0 && TRACK_NOT_THERE == 1 && TRACK_THERE == 2, "lists");

static int read_list(struct api_call *call, struct visit_query *query, struct error *error)
{
    const char *of = http_request_query(call->request, "of");
    const char *list = http_request_query(call->request, "list");
    int64_t limit = LISTED_BY_DEFAULT;
    int number = of ? visit_of_from_str(of) : (int)VISIT_CLOSED;
    if (number < 0) {
        return error_set(error, ERROR_INPUT, "visits.of", "of is closed or verified");
    }
    query->of = (enum visit_of)number;
    query->list = TRACK_NOT_THERE;
    for (int i = 0; list && i < 3; i++) {
        if (strcmp(lists[i], list) == 0) {
            query->list = (enum track_visit)i;
            list = NULL;
        }
    }
    if (list) {
        return error_set(error, ERROR_INPUT, "visits.list",
                         "list is visited, unvisited or untracked");
    }
    int code = api_query_int(call, "limit", 0, VISIT_LIST_MOST, &limit, error);
    query->most = (size_t)limit;
    return code;
}

static void put_counts(struct json_writer *json, const char *name,
                       const struct visit_count *counts)
{
    json_begin_object(json, name);
    json_put_int(json, "cases", counts->cases);
    json_put_int(json, "visited", counts->visited);
    json_put_int(json, "unvisited", counts->unvisited);
    json_put_int(json, "untracked", counts->untracked);
    json_put_int(json, "seen", counts->seen);
    json_put_int(json, "nobody", counts->nobody);
    json_end_object(json);
}

static void put_case(struct api_view *view, const struct visit_case *one)
{
    struct json_writer *json = view->json;
    json_begin_object(json, NULL);
    json_put_text(json, "number", one->number);
    if (one->person_id) {
        json_begin_object(json, "person");
        json_put_int(json, "id", one->person_id);
        json_put_text(json, "name", api_person_name(view, one->person_id));
        json_end_object(json);
    } else {
        json_put_null(json, "person");
    }
    if (one->answered_ms) {
        json_put_instant(json, "answered_at", one->answered_ms);
    } else {
        json_put_null(json, "answered_at");
    }
    json_end_object(json);
}

static void put_head(struct json_writer *json, const struct api_call *call,
                     const struct visit_query *query)
{
    char day[DATE_TEXT_SIZE];
    int64_t days = api_track_days(call->snapshot);
    date_to_text(query->figures.from_day, day);
    json_put_text(json, "from", day);
    date_to_text(query->figures.to_day, day);
    json_put_text(json, "to", day);
    date_to_text(query->figures.today, day);
    json_put_text(json, "today", day);
    json_put_instant(json, "as_of", query->figures.now_ms);
    if (days) {
        json_put_int(json, "keep_days", days);
    } else {
        json_put_null(json, "keep_days"); // nothing is recorded
    }
    json_put_int(json, "near_m", TRACK_NEAR_M);
    json_put_int(json, "before_s", TRACK_BEFORE_MS / 1000);
    json_put_int(json, "gap_s", TRACK_GAP_MS / 1000);
}

int visits_get(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"of", "list", "limit", FIGURES_FILTER_NAMES, NULL};
    DB_READER_CLEANUP struct db *tracks = NULL;
    struct visit_query query = {0};
    struct visit_answer found;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figures_read_words(call, &query.figures, error);
    }
    if (!code) {
        code = read_list(call, &query, error);
    }
    if (!code) {
        code = api_tracks_read(call, &tracks, error);
    }
    if (code) {
        return code;
    }
    struct arena *arena ARENA_CLEANUP = arena_new(VISITS_ARENA);
    struct visit_place place = {call->city->facts, db, tracks, call->snapshot,
                                &call->session.actor};
    code = visits_count(&place, &query, arena, &found, error);
    if (code) {
        return code;
    }
    figures_log_trouble(call, &found.trouble);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    put_head(json, call, &query);
    for (int of = 0; of < VISIT_OF_COUNT; of++) {
        put_counts(json, visit_of_to_str((enum visit_of)of), &found.counts[of]);
    }
    json_put_text(json, "of", visit_of_to_str(query.of));
    json_put_text(json, "list", lists[query.list]);
    json_put_int(json, "total", found.total);
    json_begin_array(json, "cases");
    for (size_t i = 0; i < found.count; i++) {
        put_case(&view, &found.cases[i]);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}
