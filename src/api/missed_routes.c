// SPDX-License-Identifier: MPL-2.0
// Reports that a collector missed: the list, one case's judgement, disputes and decisions.
#include <gridcase/cases/missed.h>
#include <gridcase/cases/read.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/calendar.h>

#include "api_internal.h"
#include "routes_internal.h"

static void put_person(struct api_view *view, const char *name, int64_t id)
{
    if (!id) {
        json_put_null(view->json, name);
        return;
    }
    json_begin_object(view->json, name);
    json_put_int(view->json, "id", id);
    json_put_text(view->json, "name", api_person_name(view, id));
    json_end_object(view->json);
}

static void put_word(struct api_view *view, const char *name, int64_t by, int64_t at_ms,
                     const char *text)
{
    if (!at_ms) {
        json_put_null(view->json, name);
        return;
    }
    json_begin_object(view->json, name);
    put_person(view, "by", by);
    json_put_instant(view->json, "at", at_ms);
    json_put_text(view->json, "reason", text);
    json_end_object(view->json);
}

// What whoever asks may say to it: the rules are those of cases/missed.c.
static void put_may(struct api_view *view, const struct missed_report *report)
{
    const struct actor *actor = &view->call->session.actor;
    bool decides = api_may(view->call, RIGHT_ORDER_SIGN);
    bool own = report->person_id == actor->person_id;
    json_put_bool(view->json, "may_dispute",
                  report->missed && report->state == MISSED_STANDS && (own || decides));
    json_put_bool(view->json, "may_decide",
                  report->state == MISSED_DISPUTED && decides && !own &&
                      report->disputed_by != actor->person_id);
}

static void put_report(struct api_view *view, const char *name,
                       const struct missed_report *report)
{
    static const char *const whys[] = {"missed", "nobody_on_duty", "found_before"};
    const struct city_snapshot *city = view->call->snapshot;
    const struct city_grid *grid = city_grid_by_id(city, report->grid_id);
    const struct city_area *duty = city_area_by_id(city, report->duty_grid_id);
    const char *class_code = city_class_code(city, report->class_id);
    struct json_writer *json = view->json;
    json_begin_object(json, name);
    json_put_text(json, "number", report->number);
    json_put_text(json, "class", class_code ? class_code : "");
    json_put_text(json, "grid", grid ? grid->code : "");
    json_put_text(json, "duty_grid", duty ? duty->code : "");
    json_put_instant(json, "opened_at", report->opened_ms);
    json_put_instant(json, "judged_at", report->judged_ms);
    json_put_bool(json, "missed", report->missed);
    json_put_text(json, "why", whys[report->why]);
    json_put_int(json, "within_s", report->within_ms / 1000);
    put_person(view, "whose", report->person_id);
    json_put_text(json, "state", missed_state_to_str(report->state));
    put_word(view, "dispute", report->disputed_by, report->disputed_ms, report->dispute);
    put_word(view, "decision", report->decided_by, report->decided_ms, report->decision);
    put_may(view, report);
    json_end_object(json);
}

// Whoever reads the staff sees everybody's, a company its own people's, others their own.
static void narrow(struct api_call *call, struct missed_query *query)
{
    struct account_sight sight;
    account_sight(&call->session.actor, RIGHT_STAFF_READ, &sight);
    if (!sight.everything && sight.company_count > 0) {
        query->home_id = sight.company_ids[0];
    } else if (!sight.everything) {
        query->person_id = call->session.actor.person_id;
    }
}

// from and to are days of the city, both ends count; without them: whenever.
static int read_period(struct api_call *call, struct missed_query *query,
                       struct error *error)
{
    struct figure_words words = {.from = http_request_query(call->request, "from"),
                                 .to = http_request_query(call->request, "to")};
    struct figure_query period;
    query->from_ms = INT64_MIN;
    query->till_ms = INT64_MAX;
    if (!words.from && !words.to) {
        return 0;
    }
    int code = figure_query_read(&words, call->snapshot, call->now_ms, &period, error);
    if (!code) {
        const struct calendar *calendar = city_calendar(call->snapshot, 0);
        query->from_ms = calendar_day_start(calendar, period.from_day);
        query->till_ms = calendar_day_start(calendar, period.to_day + 1);
    }
    return code;
}

static int read_query(struct api_call *call, struct missed_query *query,
                      struct error *error)
{
    static const char *const names[] = {"state", "before", "from", "to", NULL};
    const char *word = http_request_query(call->request, "state");
    *query = (struct missed_query){.state = -1, .before = INT64_MAX};
    int code = api_query_only(call, names, error);
    if (!code && word && *word) {
        query->state = missed_state_from_str(word);
        code = query->state >= 0
                   ? 0
                   : error_set(error, ERROR_INPUT, "missed.state",
                               "state is stands, disputed, upheld or excused");
    }
    if (!code) {
        code = api_query_int(call, "before", 1, INT64_MAX, &query->before, error);
    }
    narrow(call, query);
    return code ? code : read_period(call, query, error);
}

int missed_reports(struct api_call *call, struct db *db, struct error *error)
{
    struct missed_query query;
    struct missed_page page;
    int code = read_query(call, &query, error);
    if (!code) {
        code = missed_list(db, &query, call->arena, &page, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    json_begin_object(json, "states");
    for (int i = 0; i < MISSED_STATE_COUNT; i++) {
        json_put_int(json, missed_state_to_str((enum missed_state)i), page.states[i]);
    }
    json_end_object(json);
    json_begin_array(json, "items");
    for (size_t i = 0; i < page.count; i++) {
        put_report(&view, NULL, &page.reports[i]);
    }
    json_end_array(json);
    if (page.next) {
        json_put_int(json, "next_before", page.next);
    } else {
        json_put_null(json, "next_before");
    }
    api_answer_send_private(call, 200, &answer);
    return 0;
}

static int reply(struct api_call *call, struct db *db, struct error *error)
{
    struct missed_report report;
    int64_t case_id = 0;
    int code = case_find(db, call->parameters[0], &case_id, error);
    if (!code) {
        code = missed_get(db, case_id, call->arena, &report, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = api_answer_begin(&answer);
    api_view_init(&view, call, db, json);
    put_report(&view, "report", &report);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

int missed_one(struct api_call *call, struct db *db, struct error *error)
{
    return reply(call, db, error);
}

// ---- disputes ----
struct missed_said {
    const char *reason;
    bool excused;
};

static int read_said(struct api_call *call, bool deciding, struct error *error)
{
    static const char *const names[] = {"reason", "excused", NULL};
    static const char *const plain[] = {"reason", NULL};
    const struct json *body = NULL;
    struct missed_said *said = arena_alloc(call->arena, sizeof(*said));
    call->data = said;
    int code = said ? api_body(call, &body, error)
                    : error_set(error, ERROR_LIMIT, "api.memory", "out of memory");
    if (!code) {
        code = json_only(body, deciding ? names : plain, error);
    }
    if (!code) {
        code = json_get_text(body, "reason", JSON_REQUIRED, 16000, &said->reason, error);
    }
    if (!code && deciding) {
        code = json_get_bool(body, "excused", JSON_REQUIRED, &said->excused, error);
    }
    return code;
}

int missed_dispute_prepare(struct api_call *call, struct error *error)
{
    return read_said(call, false, error);
}

int missed_decide_prepare(struct api_call *call, struct error *error)
{
    return read_said(call, true, error);
}

static struct missed_words words_of(const struct api_call *call, int64_t case_id)
{
    const struct missed_said *said = call->data;
    return (struct missed_words){case_id, &call->session.actor, call->now_ms, said->reason};
}

int missed_dispute_write(struct api_call *call, struct db *db, struct error *error)
{
    int64_t case_id = 0;
    int code = case_find(db, call->parameters[0], &case_id, error);
    if (code) {
        return code;
    }
    struct missed_words words = words_of(call, case_id);
    bool deciding = account_may(&call->session.actor, RIGHT_ORDER_SIGN, NULL);
    return missed_dispute(db, &words, deciding, error);
}

int missed_decide_write(struct api_call *call, struct db *db, struct error *error)
{
    const struct missed_said *said = call->data;
    int64_t case_id = 0;
    int code = case_find(db, call->parameters[0], &case_id, error);
    if (code) {
        return code;
    }
    struct missed_words words = words_of(call, case_id);
    return missed_decide(db, &words, said->excused, error);
}
