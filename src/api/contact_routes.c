// SPDX-License-Identifier: MPL-2.0
// Contacts: who called before, who joins or asks, who waits for an answer; looks behind the
// mask; duplicates near a point. A number stands in a body, never in an address, where
// proxies and histories of browsers would keep it.
#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { WAITING_PAGE = 50, WAITING_PAGE_MOST = 200, LOOKS_PAGE = 100 };

struct contact_data {
    const char *phone;
    struct api_told told;
    struct contact_new new;
    struct contact_answer answer;
    struct contact_unmasking unmasking;
    struct contact_result result;
    int64_t id;
    bool everywhere;
    int64_t erased;
};

static struct contact_data *data_new(struct api_call *call)
{
    struct contact_data *data = arena_alloc(call->arena, sizeof(*data));
    call->data = data;
    return data;
}

// The body, with no members but these.
static int read_body(struct api_call *call, const char *const *names,
                     const struct json **ret_body, struct error *error)
{
    int code = api_body(call, ret_body, error);
    return code ? code : json_only(*ret_body, names, error);
}

static int read_id(struct api_call *call, int64_t *ret_id, struct error *error)
{
    const char *text = call->parameters[0];
    struct error ignored = {0};
    return text_to_int(text, strlen(text), ret_id, &ignored)
               ? error_set(error, ERROR_NOT_FOUND, "contact.unknown",
                           "there is no such contact")
               : 0;
}

static struct json_writer *begin_view(struct api_call *call, struct db *db,
                                      struct api_answer *answer, struct api_view *view)
{
    struct json_writer *json = api_answer_begin(answer);
    api_view_init(view, call, db, json);
    view->people = true; // who takes calls knows colleagues
    return json;
}

static void put_items(struct api_view *view, const struct contact_item *items, size_t count)
{
    json_begin_array(view->json, "items");
    for (size_t i = 0; i < count; i++) {
        api_put_contact(view, NULL, &items[i].row,
                        items[i].has_case ? &items[i].summary : NULL, items[i].whole);
    }
    json_end_array(view->json);
}

// ---- who called before ----

int contacts_find_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"phone", NULL};
    const struct json *body = NULL;
    struct contact_data *data = data_new(call);
    int code = read_body(call, names, &body, error);
    if (!code) {
        code = json_get_text(body, "phone", JSON_REQUIRED, 40, &data->phone, error);
    }
    return code;
}

int contacts_find(struct api_call *call, struct db *db, struct error *error)
{
    const struct contact_data *data = call->data;
    struct contact_item *items = NULL;
    size_t count = 0;
    int code = contact_find(db, call->snapshot, &call->session.actor, data->phone,
                            call->arena, &items, &count, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = begin_view(call, db, &answer, &view);
    put_items(&view, items, count);
    json_put_bool(json, "more", count == CONTACT_FIND_MOST);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- who waits ----

// "due.id" of the last item of the page before.
static int read_cursor(struct api_call *call, struct contact_place *ret_place,
                       struct error *error)
{
    const char *cursor = http_request_query(call->request, "cursor");
    const char *dot = cursor ? strchr(cursor, '.') : NULL;
    struct error ignored = {0};
    if (!cursor) {
        return 0;
    }
    if (!dot || text_to_int(cursor, (size_t)(dot - cursor), &ret_place->due_ms, &ignored) ||
        text_to_int(dot + 1, strlen(dot + 1), &ret_place->id, &ignored)) {
        return error_set(error, ERROR_INPUT, "case.cursor", "no cursor of this list");
    }
    return 0;
}

int contacts_waiting(struct api_call *call, struct db *db, struct error *error)
{
    int64_t limit = WAITING_PAGE, total = 0;
    struct contact_place place = {0};
    struct contact_item *items = NULL;
    size_t count = 0;
    char cursor[64] = "";
    int code = read_cursor(call, &place, error);
    if (!code) {
        code = api_query_int(call, "limit", 1, WAITING_PAGE_MOST, &limit, error);
    }
    if (!code) {
        code = contact_waiting(db, call->snapshot, &call->session.actor, &place,
                               (unsigned)limit, call->arena, &items, &count, error);
    }
    if (!code) {
        code = contact_waiting_count(db, &total, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = begin_view(call, db, &answer, &view);
    put_items(&view, items, count);
    json_put_int(json, "total", total);
    if (place.more && text_format(cursor, sizeof(cursor), "%lld.%lld",
                                  (long long)place.due_ms, (long long)place.id) == 0) {
        json_put_text(json, "next_cursor", cursor);
    } else {
        json_put_null(json, "next_cursor");
    }
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- joins or asks ----

static int read_purpose(const struct json *body, enum contact_purpose *ret_purpose,
                        struct error *error)
{
    const char *purpose = NULL;
    int code = json_get_text(body, "purpose", JSON_REQUIRED, 20, &purpose, error);
    if (code) {
        return code;
    }
    int number = contact_purpose_from_str(purpose);
    if (number != CONTACT_JOINED && number != CONTACT_ASKED) {
        return error_set(error, ERROR_INPUT, "case.input", "purpose is joined or asked");
    }
    *ret_purpose = (enum contact_purpose)number;
    return 0;
}

int contacts_add_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"purpose",  "number",  "told",
                                        "reporter", "contact", NULL};
    const struct json *body = NULL;
    struct contact_data *data = data_new(call);
    struct contact_new *new = &data->new;
    int code = read_body(call, names, &body, error);
    if (!code) {
        code = read_purpose(body, &new->purpose, error);
    }
    if (!code) {
        code = json_get_text(body, "number", JSON_OPTIONAL, CASE_NUMBER_SIZE - 1,
                             &new->number, error);
    }
    if (!code) {
        code = json_get_text(body, "told", JSON_OPTIONAL, CONTACT_WORDS_MOST, &new->told,
                             error);
    }
    if (!code) {
        code = api_read_told(body, &data->told, error);
    }
    if (code) {
        return code;
    }
    data->told.reporter.anonymous |= !data->told.has_reporter;
    if (!data->told.has_contact) { // an answer is wanted where one can be given
        data->told.contact.wants_answer =
            data->told.reporter.phone || data->told.reporter.email;
    }
    new->actor = &call->session.actor;
    new->contact = data->told.contact;
    new->reporter = &data->told.reporter;
    new->received_ms = call->now_ms;
    new->key = call->key;
    new->body_digest = call->body_digest;
    return 0;
}

int contacts_add(struct api_call *call, struct db *db, struct error *error)
{
    struct contact_data *data = call->data;
    int code = api_check_voice(call, db, &data->told, error);
    return code ? code : contact_add(db, call->snapshot, &data->new, &data->result, error);
}

static int reply_contact(struct api_call *call, struct db *db, int64_t id, unsigned status,
                         struct error *error)
{
    struct contact_row row;
    int code = contact_by_id(db, id, call->arena, &row, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = begin_view(call, db, &answer, &view);
    api_put_contact(&view, "contact", &row, NULL, true);
    (void)json;
    api_answer_send_private(call, status, &answer);
    return 0;
}

int contacts_add_reply(struct api_call *call, struct db *db, struct error *error)
{
    const struct contact_data *data = call->data;
    return reply_contact(call, db, data->result.id, 201, error);
}

// ---- told what became of it ----

int contacts_answer_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"reached", "final", "told", NULL};
    const struct json *body = NULL;
    struct contact_data *data = data_new(call);
    struct contact_answer *answer = &data->answer;
    int code = read_id(call, &answer->id, error);
    if (!code) {
        code = read_body(call, names, &body, error);
    }
    if (!code) {
        code = json_get_bool(body, "reached", JSON_REQUIRED, &answer->reached, error);
    }
    if (!code) {
        code = json_get_bool(body, "final", JSON_OPTIONAL, &answer->final, error);
    }
    if (!code) {
        code = json_get_text(body, "told", JSON_OPTIONAL, CONTACT_WORDS_MOST, &answer->told,
                             error);
    }
    answer->actor = &call->session.actor;
    answer->received_ms = call->now_ms;
    answer->key = call->key;
    answer->body_digest = call->body_digest;
    return code;
}

int contacts_answer(struct api_call *call, struct db *db, struct error *error)
{
    const struct contact_data *data = call->data;
    return contact_answer(db, call->snapshot, &data->answer, error);
}

int contacts_answer_reply(struct api_call *call, struct db *db, struct error *error)
{
    const struct contact_data *data = call->data;
    return reply_contact(call, db, data->answer.id, 200, error);
}

// ---- forgotten ----

int contacts_erase_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"everywhere", NULL};
    const struct json *body = NULL;
    struct contact_data *data = data_new(call);
    int code = read_id(call, &data->id, error);
    if (!code) {
        code = read_body(call, names, &body, error);
    }
    if (!code) {
        code = json_get_bool(body, "everywhere", JSON_OPTIONAL, &data->everywhere, error);
    }
    return code;
}

// Within the person's own cases; what is about no case, whoever may erase at all.
int contacts_erase(struct api_call *call, struct db *db, struct error *error)
{
    struct contact_data *data = call->data;
    struct contact_row row;
    struct case_detail detail;
    int code = contact_by_id(db, data->id, call->arena, &row, error);
    if (!code && row.lies_id) {
        code = case_read_by_id(db, call->snapshot, &call->session.actor, row.lies_id,
                               call->now_ms, call->arena, &detail, error);
        if (!code && !api_may_case(call, RIGHT_REPORTER_ERASE, &detail)) {
            code =
                error_set(error, ERROR_DENIED, "account.denied",
                          "the right '%s' is missing", right_to_str(RIGHT_REPORTER_ERASE));
        }
    }
    return code ? code
                : contact_erase(db, &call->session.actor, data->id, data->everywhere,
                                call->now_ms, &data->erased, error);
}

int contacts_erase_reply(struct api_call *call, struct db *db, struct error *error)
{
    const struct contact_data *data = call->data;
    (void)db;
    (void)error;
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "erased", data->erased);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- behind the mask ----

int cases_unmask_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"reason", NULL};
    const struct json *body = NULL;
    struct contact_data *data = data_new(call);
    int code = read_body(call, names, &body, error);
    if (!code) {
        code = json_get_text(body, "reason", JSON_REQUIRED, 500, &data->unmasking.reason,
                             error);
    }
    data->unmasking.actor = &call->session.actor;
    data->unmasking.now_ms = call->now_ms;
    data->unmasking.key = call->key;
    data->unmasking.body_digest = call->body_digest;
    return code;
}

int cases_unmask(struct api_call *call, struct db *db, struct error *error)
{
    struct contact_data *data = call->data;
    struct case_detail detail;
    int code = case_read(db, call->snapshot, &call->session.actor, call->parameters[0],
                         call->now_ms, call->arena, &detail, error);
    if (!code && !api_may_case(call, RIGHT_REPORTER_UNMASK, &detail)) {
        code = error_set(error, ERROR_DENIED, "account.denied", "the right '%s' is missing",
                         right_to_str(RIGHT_REPORTER_UNMASK));
    }
    data->unmasking.case_id = code ? 0 : detail.summary.id;
    return code ? code : contact_unmask(db, &data->unmasking, error);
}

int cases_unmask_reply(struct api_call *call, struct db *db, struct error *error)
{
    const struct contact_data *data = call->data;
    struct contact_row *rows = NULL;
    size_t count = 0;
    int code =
        contact_of_case(db, data->unmasking.case_id, call->arena, &rows, &count, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = begin_view(call, db, &answer, &view);
    json_begin_array(json, "contacts");
    for (size_t i = 0; i < count; i++) {
        api_put_contact(&view, NULL, &rows[i], NULL, true);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

int unmaskings_list(struct api_call *call, struct db *db, struct error *error)
{
    const char *number = http_request_query(call->request, "number");
    int64_t case_id = 0, before = 0;
    struct contact_look *looks = NULL;
    size_t count = 0;
    int code = number ? case_find(db, number, &case_id, error) : 0;
    if (!code) {
        code = api_query_int(call, "before", 1, INT64_MAX, &before, error);
    }
    if (!code) {
        code = contact_looks(db, case_id, before, LOOKS_PAGE, call->arena, &looks, &count,
                             error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = begin_view(call, db, &answer, &view);
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_put_int(json, "id", looks[i].id);
        json_put_instant(json, "at", looks[i].at_ms);
        json_put_text(json, "number", looks[i].number);
        json_put_text(json, "person", api_person_name(&view, looks[i].person_id));
        json_put_text(json, "reason", looks[i].reason);
        json_end_object(json);
    }
    json_end_array(json);
    json_put_bool(json, "more", count == LOOKS_PAGE);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- the same problem? ----

static int read_class(struct api_call *call, int64_t *ret_id, struct error *error)
{
    const char *text = http_request_query(call->request, "class");
    const struct catalogue *catalogue = city_catalogue(call->snapshot, 0);
    struct error ignored = {0};
    const struct catalogue_class *class = NULL;
    if (text && text_to_int(text, strlen(text), ret_id, &ignored) == 0) {
        return 0;
    }
    class = text ? catalogue_class_find(catalogue, text) : NULL;
    if (!class) {
        return error_set(error, ERROR_INPUT, "case.class_unknown",
                         "the catalogue has no such class");
    }
    *ret_id = class->id;
    return 0;
}

static void put_near(struct api_view *view, const struct case_near *items, size_t count,
                     const struct catalogue_class *class)
{
    struct json_writer *json = view->json;
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_put_double(json, "distance_m", items[i].distance_m, 1);
        json_put_int(json, "contacts", items[i].contacts);
        api_put_summary(view, "case", &items[i].summary);
        json_end_object(json);
    }
    json_end_array(json);
    json_put_int(json, "near_m", class ? class->near_m : 0);
    json_put_int(json, "near_days", class ? class->near_days : 0);
}

int cases_duplicates(struct api_call *call, struct db *db, struct error *error)
{
    int64_t class_id = 0, except_id = 0;
    double lon_deg = NAN, lat_deg = NAN;
    struct case_near *items = NULL;
    size_t count = 0;
    const char *except = http_request_query(call->request, "except");
    int code = read_class(call, &class_id, error);
    if (!code) {
        code = api_query_double(call, "lon", &lon_deg, error);
    }
    if (!code) {
        code = api_query_double(call, "lat", &lat_deg, error);
    }
    if (!code && (isnan(lon_deg) || isnan(lat_deg))) {
        code = error_set(error, ERROR_INPUT, "point.invalid", "lon and lat are missing");
    }
    if (!code) {
        code = api_check_degrees(call->snapshot, lon_deg, lat_deg, error);
    }
    if (!code && except) {
        code = case_find(db, except, &except_id, error);
    }
    if (!code) {
        code =
            case_near(db, call->snapshot, &call->session.actor, class_id, lon_deg, lat_deg,
                      except_id, call->now_ms, call->arena, &items, &count, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    (void)begin_view(call, db, &answer, &view);
    view.people = false;
    put_near(&view, items, count,
             catalogue_class_by_id(city_catalogue(call->snapshot, 0), class_id));
    api_answer_send(call, 200, &answer);
    return 0;
}
