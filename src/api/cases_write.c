// SPDX-License-Identifier: MPL-2.0
// Reports and actions: read and checked on the HTTP thread, applied in the writer lane,
// answered after the commit.
#include <stdio.h>
#include <string.h>

#include <gridcase/city/component.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/shape.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"

struct move_data {
    struct case_draft draft;
    struct api_told told;
    struct case_component component;
    struct case_input inputs[CASE_INPUTS_MOST];
    uint8_t media[CASE_MEDIA_MOST][HASH_SIZE];
    uint8_t media_shows[CASE_MEDIA_MOST];
    struct case_move move;
    struct case_device device;
    struct case_result result;
};

static struct move_data *data_new(struct api_call *call)
{
    struct move_data *data = arena_alloc(call->arena, sizeof(*data));
    if (data) {
        call->data = data;
        data->move = (struct case_move){
            .actor = &call->session.actor,
            .received_ms = call->now_ms,
            .done_ms = INSTANT_NONE,
            .key = call->has_key ? call->key : NULL,
            .body_digest = call->has_key ? call->body_digest : NULL,
            .mark = CASE_MARK_LIVE,
        };
    }
    return data;
}

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "http.request_too_large",
                     "the request is too large");
}

// ---- a report ----

// Class and condition are named by id or by code; another type names nothing.
static bool is_unknown(const struct error *error)
{
    return strcmp(error->slug, "json.wrong_type") == 0;
}

static int read_class(const struct json *body, const struct catalogue *catalogue,
                      int64_t *ret_id, struct error *error)
{
    const char *code_text = NULL;
    struct error ignored = {0};
    if (json_get_int(body, "class", JSON_OPTIONAL, 1, INT64_MAX, ret_id, &ignored) == 0) {
        return 0;
    }
    int code = json_get_text(body, "class", JSON_REQUIRED, 64, &code_text, error);
    if (!code) {
        const struct catalogue_class *class = catalogue_class_find(catalogue, code_text);
        if (!class) {
            return error_set(error, ERROR_INPUT, "case.class_unknown",
                             "the catalogue has no such class");
        }
        *ret_id = class->id;
    } else if (code && is_unknown(error)) {
        code = error_set(error, ERROR_INPUT, "case.class_unknown",
                         "the catalogue has no such class");
    }
    return code;
}

static int read_condition(const struct json *body, const struct catalogue *catalogue,
                          int64_t *ret_id, struct error *error)
{
    const char *code_text = NULL;
    struct error ignored = {0};
    if (json_get_int(body, "condition", JSON_OPTIONAL, 1, INT64_MAX, ret_id, &ignored) ==
        0) {
        return 0;
    }
    int code = json_get_text(body, "condition", JSON_OPTIONAL, 64, &code_text, error);
    if (!code && code_text) {
        const struct catalogue_condition *condition =
            catalogue_condition_find(catalogue, code_text);
        if (!condition) {
            return error_set(error, ERROR_INPUT, "case.condition_unknown",
                             "the catalogue has no such condition");
        }
        *ret_id = condition->id;
    } else if (code && is_unknown(error)) {
        code = error_set(error, ERROR_INPUT, "case.condition_unknown",
                         "the catalogue has no such condition");
    }
    return code;
}

// By id or by code, out of the city's register.
static int read_component(struct api_call *call, const struct json *body,
                          struct move_data *data, struct error *error)
{
    int64_t id = 0;
    const char *code_text = NULL;
    struct city_component found;
    struct error ignored = {0};
    int code = 0;
    if (json_get_int(body, "component", JSON_OPTIONAL, 1, INT64_MAX, &id, &ignored)) {
        code = json_get_text(body, "component", JSON_OPTIONAL, 64, &code_text, error);
    }
    if (code || (!id && !code_text)) {
        return code;
    }
    DB_READER_CLEANUP struct db *db = NULL;
    code = db_reader_borrow(call->api->store, call->city->slug, DB_CITY, &db, error);
    if (!code) {
        code = city_component_find(db, call->snapshot, code_text, id, call->arena, &found,
                                   error);
    }
    if (code == ERROR_NOT_FOUND) {
        return error_set(error, ERROR_INPUT, "case.component_unknown",
                         "the register has no such component");
    }
    if (!code) {
        data->component = (struct case_component){.id = found.id,
                                                  .code = found.code,
                                                  .class_id = found.class_id,
                                                  .owner_id = found.owner_id,
                                                  .maintainer_id = found.maintainer_id,
                                                  .competent_id = found.competent_id};
        data->draft.component = &data->component;
    }
    return code;
}

static int read_datum(const struct json *point, enum geo_datum *ret, struct error *error)
{
    const char *text = "wgs84";
    int code = json_get_text(point, "datum", JSON_OPTIONAL, 16, &text, error);
    return code ? code : geo_datum_from_str(text, strlen(text), ret, error);
}

static int read_point(const struct json *body, const struct city_snapshot *city,
                      struct case_draft *draft, struct error *error)
{
    static const char *const names[] = {"lon", "lat", "accuracy_m", "datum", NULL};
    const struct json *point = NULL;
    struct case_point at = {.accuracy_m = -1};
    int code = json_get_object(body, "point", JSON_OPTIONAL, &point, error);
    if (code || !point) {
        return code;
    }
    code = json_only(point, names, error);
    if (!code) {
        code = json_get_double(point, "lon", JSON_REQUIRED, &at.lon_deg, error);
    }
    if (!code) {
        code = json_get_double(point, "lat", JSON_REQUIRED, &at.lat_deg, error);
    }
    if (!code) {
        code = json_get_double(point, "accuracy_m", JSON_OPTIONAL, &at.accuracy_m, error);
    }
    if (!code) {
        code = read_datum(point, &at.datum, error);
    }
    if (!code) {
        code = api_check_degrees(city, at.lon_deg, at.lat_deg, error);
    }
    if (!code) {
        geo_datum_unshift(at.datum, &at.lon_deg, &at.lat_deg);
    }
    draft->has_point = !code;
    draft->point = at;
    return code;
}

static int read_told(const struct json *body, struct move_data *data, struct error *error)
{
    int code = api_read_told(body, &data->told, error);
    data->draft.reporter = data->told.has_reporter ? &data->told.reporter : NULL;
    data->draft.contact = data->told.has_contact ? &data->told.contact : NULL;
    return code;
}

// "sha256", or {"sha256": ..., "stage": "before" | "after" | "check"}
static int read_medium(const struct json *item, struct move_data *data, size_t at,
                       struct error *error)
{
    static const char *const names[] = {"sha256", "stage", NULL};
    const char *hex = json_as_text(item);
    const char *stage = NULL;
    int code = 0;
    if (!hex && json_value_is_object(item)) {
        code = json_only(item, names, error);
        if (!code) {
            code = json_get_text(item, "sha256", JSON_REQUIRED, HASH_HEX_SIZE, &hex, error);
        }
        if (!code) {
            code = json_get_text(item, "stage", JSON_OPTIONAL, 20, &stage, error);
        }
    }
    if (code) {
        return code;
    }
    int shows = stage ? case_shows_from_str(stage, strlen(stage)) : CASE_SHOWS_STAGE;
    if (!hex || hash_from_hex(hex, strlen(hex), data->media[at], error)) {
        return error_set(error, ERROR_INPUT, "case.input", "media: not a SHA-256");
    }
    if (shows < 0) {
        return error_set(error, ERROR_INPUT, "case.input",
                         "media: stage is before, after or check");
    }
    data->media_shows[at] = (uint8_t)shows;
    return 0;
}

static int read_media(const struct json *body, struct move_data *data, struct error *error)
{
    const struct json *media = NULL;
    int code = json_get_array(body, "media", JSON_OPTIONAL, &media, error);
    size_t count = media ? json_array_length(media) : 0;
    if (count > CASE_MEDIA_MOST) {
        return error_set(error, ERROR_INPUT, "case.input", "media: at most %d photos",
                         CASE_MEDIA_MOST);
    }
    for (size_t i = 0; i < count && !code; i++) {
        code = read_medium(json_array_item(media, i), data, i, error);
    }
    data->draft.media = (const uint8_t(*)[HASH_SIZE])data->media;
    data->draft.media_shows = data->media_shows;
    data->draft.media_count = count;
    return code;
}

static int read_instant(const struct json *object, const char *name, int64_t *ret_ms,
                        struct error *error)
{
    const char *text = NULL;
    int code = json_get_text(object, name, JSON_OPTIONAL, 40, &text, error);
    return code || !text ? code : instant_from_text(text, strlen(text), ret_ms, error);
}

// When it was done: as somebody says, or by a device's own clock with what it knows of it.
static int read_times(const struct json *body, struct move_data *data, struct error *error)
{
    static const char *const names[] = {"done_at", "sent_at", "skew_ms", "seen_at", NULL};
    static const int64_t most_ms = INT64_C(8640000000000000); // of JavaScript's Date
    const struct json *object = NULL;
    struct case_device *device = &data->device;
    int code = read_instant(body, "done_at", &data->move.done_ms, error);
    if (!code) {
        code = json_get_object(body, "device", JSON_OPTIONAL, &object, error);
    }
    if (code || !object) {
        return code;
    }
    *device = (struct case_device){
        .done_ms = INSTANT_NONE, .sent_ms = INSTANT_NONE, .skew_ms = INT64_MIN};
    code = json_only(object, names, error);
    if (!code) {
        code = read_instant(object, "done_at", &device->done_ms, error);
    }
    if (!code) {
        code = read_instant(object, "sent_at", &device->sent_ms, error);
    }
    if (!code) {
        code = read_instant(object, "seen_at", &device->seen_ms, error);
    }
    if (!code) {
        code = json_get_int(object, "skew_ms", JSON_OPTIONAL, -most_ms, most_ms,
                            &device->skew_ms, error);
    }
    if (!code && device->done_ms == INSTANT_NONE) {
        return error_set(error, ERROR_INPUT, "case.input", "device: done_at is missing");
    }
    device->has_skew = device->skew_ms != INT64_MIN;
    data->move.device = device;
    return code;
}

static int read_texts(struct api_call *call, const struct json *body,
                      struct move_data *data, struct error *error)
{
    const char *source = NULL;
    int code = json_get_text(body, "address", JSON_OPTIONAL, CASE_ADDRESS_MOST,
                             &data->draft.address, error);
    if (!code) {
        code = json_get_text(body, "description", JSON_REQUIRED, CASE_DESCRIPTION_MOST,
                             &data->draft.description, error);
    }
    if (!code) {
        code = json_get_text(body, "source", JSON_OPTIONAL, 32, &source, error);
    }
    if (!code) {
        code = read_times(body, data, error);
    }
    int number = PROCESS_SOURCE_STAFF;
    if (actor_is_nobody(&call->session.actor)) {
        number = PROCESS_SOURCE_CITIZEN;
    }
    if (!code && source && (number = process_source_from_str(source)) < 0) {
        code = error_set(error, ERROR_INPUT, "case.input", "source: no such word");
    }
    data->draft.source = (enum process_source)number;
    return code;
}

int cases_report_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"action",      "class",    "condition", "component",
                                        "urgency",     "point",    "address",   "follows",
                                        "description", "reporter", "contact",   "source",
                                        "media",       "done_at",  "device",    NULL};
    const struct json *body = NULL;
    const struct catalogue *catalogue = city_catalogue(call->snapshot, 0);
    struct move_data *data = data_new(call);
    int code = data ? api_body(call, &body, error) : no_memory(error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "action", JSON_OPTIONAL, 64, &data->move.action, error);
    }
    if (!code) {
        code = json_get_text(body, "follows", JSON_OPTIONAL, CASE_NUMBER_SIZE - 1,
                             &data->draft.follows, error);
    }
    if (!code) {
        code = read_class(body, catalogue, &data->draft.class_id, error);
    }
    if (!code) {
        code = read_condition(body, catalogue, &data->draft.condition_id, error);
    }
    if (!code) {
        code = read_component(call, body, data, error);
    }
    if (!code) {
        code =
            json_get_text(body, "urgency", JSON_OPTIONAL, 64, &data->draft.urgency, error);
    }
    if (!code) {
        code = read_point(body, call->snapshot, &data->draft, error);
    }
    if (!code) {
        code = read_told(body, data, error);
    }
    if (!code) {
        code = read_media(body, data, error);
    }
    if (!code) {
        code = read_texts(call, body, data, error);
    }
    if (!code) {
        data->draft.imported_due_ms = INSTANT_NONE;
        data->move.draft = &data->draft;
    }
    return code;
}

// The case that the report goes on with: one that the person sees, and that has ended.
static int find_previous(struct api_call *call, struct db *db, struct case_draft *draft,
                         struct error *error)
{
    bool visible = false, ended = false;
    int code = case_find(db, draft->follows, &draft->follows_id, error);
    if (!code) {
        code = case_visible(db, call->snapshot, &call->session.actor, draft->follows_id,
                            &visible, error);
    }
    if (!code && !visible) {
        return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
    }
    if (!code) {
        code = case_has_ended(db, draft->follows_id, &ended, error);
    }
    if (!code && !ended) {
        return error_set(error, ERROR_CONFLICT, "case.follows_open",
                         "a case that is still open has no successor");
    }
    return code;
}

int cases_report(struct api_call *call, struct db *db, struct error *error)
{
    struct move_data *data = call->data;
    int code = api_check_voice(call, db, &data->told, error);
    if (!code && data->draft.follows) {
        code = find_previous(call, db, &data->draft, error);
    }
    return code ? code : case_apply(db, call->snapshot, &data->move, &data->result, error);
}

// A minimal answer warns, too: a collector may stand elsewhere than the device believes.
static void put_outside(struct api_call *call, struct json_writer *json)
{
    const struct move_data *data = call->data;
    const struct case_draft *draft = data->move.draft;
    struct city_place place;
    struct error ignored = {0};
    if (draft && draft->has_point &&
        city_locate(call->snapshot, draft->point.lon_deg, draft->point.lat_deg, &place,
                    &ignored) == 0 &&
        !place.grid) {
        struct api_point point = {draft->point.lon_deg, draft->point.lat_deg};
        api_put_outside(json, call->snapshot, &point);
    }
}

// What is told when the whole case is not wanted, or may not be seen any more.
static void reply_result(struct api_call *call, const struct case_result *result,
                         unsigned status)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_text(json, "number", result->number);
    json_put_int(json, "version", result->version);
    if (result->task_id) { // what the next action on it compares with
        json_put_int(json, "task", result->task_id);
        json_put_int(json, "task_version", result->task_version);
    }
    put_outside(call, json);
    api_answer_send(call, status, &answer);
}

static int reply_moved(struct api_call *call, struct db *db, unsigned status,
                       struct error *error)
{
    struct move_data *data = call->data;
    const char *prefer = http_request_header(call->request, "Prefer");
    if (prefer && strstr(prefer, "return=minimal")) {
        http_reply_header(call->request, "Preference-Applied", "return=minimal");
        reply_result(call, &data->result, status);
        return 0;
    }
    int code = cases_reply_detail(call, db, data->result.number, status, error);
    if (code == ERROR_NOT_FOUND) { // it has left this person's sight by the move
        error_clear(error);
        reply_result(call, &data->result, status);
        code = 0;
    }
    return code;
}

int cases_report_reply(struct api_call *call, struct db *db, struct error *error)
{
    struct move_data *data = call->data;
    char location[256];
    snprintf(location, sizeof(location), "%s%s/api/v1/cases/%s", call->by_host ? "" : "/",
             call->by_host ? "" : call->city->slug, data->result.number);
    http_reply_header(call->request, "Location", location);
    return reply_moved(call, db, 201, error);
}

// ---- an action ----

// If-Match: "task.version". Absent: no task is named; case_apply says if it must be.
static int read_if_match(struct api_call *call, struct case_move *move, struct error *error)
{
    const char *text = http_request_header(call->request, "If-Match");
    if (!text) {
        return 0;
    }
    size_t length = strlen(text);
    const char *dot = strchr(text, '.');
    struct error ignored = {0};
    if (length < 5 || text[0] != '"' || text[length - 1] != '"' || !dot ||
        text_to_int(text + 1, (size_t)(dot - text) - 1, &move->task_id, &ignored) ||
        text_to_int(dot + 1, length - (size_t)(dot - text) - 2, &move->task_version,
                    &ignored) ||
        move->task_id < 1 || move->task_version < 1) {
        return error_set(error, ERROR_INPUT, "http.if_match",
                         "If-Match is \"task.version\", as \"17.3\"");
    }
    return 0;
}

int cases_act_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"action", "inputs",    "done_at",
                                        "device", "on_behalf", NULL};
    const struct json *body = NULL;
    const struct json *inputs = NULL;
    struct move_data *data = data_new(call);
    int code = data ? api_body(call, &body, error) : no_memory(error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "action", JSON_REQUIRED, 64, &data->move.action, error);
    }
    if (!code) {
        code = json_get_object(body, "inputs", JSON_OPTIONAL, &inputs, error);
    }
    if (!code && inputs) {
        code = case_inputs_from_json(call->arena, inputs, data->inputs,
                                     &data->move.input_count, error);
    }
    if (!code) { // who spoke for a department without login
        code = json_get_text(body, "on_behalf", JSON_OPTIONAL, CASE_BEHALF_MOST,
                             &data->move.behalf, error);
    }
    if (!code) {
        code = read_times(body, data, error);
    }
    if (!code) {
        data->move.inputs = data->inputs;
        code = read_if_match(call, &data->move, error);
    }
    return code;
}

// What others did since the version that this person saw.
static void tell_changes(struct api_call *call, struct db *db)
{
    struct move_data *data = call->data;
    struct case_history_row *rows = NULL;
    size_t count = 0;
    struct error ignored = {0};
    if (case_history(db, data->move.case_id, data->move.task_id, data->move.task_version,
                     call->arena, &rows, &count, &ignored)) {
        return;
    }
    BUFFER_CLEANUP struct buffer text;
    struct json_writer json;
    struct api_view view;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &text);
    api_view_init(&view, call, db, &json);
    json_begin_object(&json, NULL);
    api_put_history(&view, "changed", rows, count, city_process(call->snapshot, 0));
    json_end_object(&json);
    if (!text.failed && text.length > 2) { // without the braces
        call->error_members = arena_copy(call->arena, text.data + 1, text.length - 2);
    }
}

// A case that the person may not see is not there; but a repeat of what they did while they
// could gets its first answer.
static int apply_unseen(struct api_call *call, struct db *db, struct error *error)
{
    struct move_data *data = call->data;
    struct error why = {0};
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_WRITE, &transaction, error);
    if (code) {
        return code;
    }
    if (data->move.key) {
        code = case_apply(db, call->snapshot, &data->move, &data->result, &why);
        if (!code && data->result.repeated) {
            return db_commit(&transaction, error);
        }
        if (code == ERROR_BUSY || code == ERROR_IO || code == ERROR_STORE) {
            *error = why; // of the store: what it would have answered is not known
            return code;
        }
    }
    return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
}

int cases_act(struct api_call *call, struct db *db, struct error *error)
{
    struct move_data *data = call->data;
    bool visible = false;
    call->error_members = NULL; // may be run again
    int code = case_find(db, call->parameters[0], &data->move.case_id, error);
    if (!code) {
        code = case_visible(db, call->snapshot, &call->session.actor, data->move.case_id,
                            &visible, error);
    }
    if (code) {
        return code;
    }
    if (!visible) {
        return apply_unseen(call, db, error);
    }
    code = case_apply(db, call->snapshot, &data->move, &data->result, error);
    if (code && strcmp(error->slug, "case.stale") == 0) {
        tell_changes(call, db);
    }
    return code;
}

// What the action would change. Nothing is written.
int cases_preview(struct api_call *call, struct db *db, struct error *error)
{
    struct move_data *data = call->data;
    bool visible = false;
    int code = case_find(db, call->parameters[0], &data->move.case_id, error);
    if (!code) {
        code = case_visible(db, call->snapshot, &call->session.actor, data->move.case_id,
                            &visible, error);
    }
    if (!code && !visible) {
        return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
    }
    return code ? code : cases_reply_preview(call, db, &data->move, error);
}

int cases_act_reply(struct api_call *call, struct db *db, struct error *error)
{
    return reply_moved(call, db, 200, error);
}
