// SPDX-License-Identifier: MPL-2.0
// Frozen periods: listed, read as they were frozen, frozen; for whoever sees the whole
// city.
#include <string.h>

#include <gridcase/cases/seal.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/freeze.h>

#include "api_internal.h"
#include "routes_internal.h"

// A document tells the figures of all departments and areas.
static int require_whole_city(struct api_call *call, struct error *error)
{
    struct account_sight sight;
    account_sight(&call->session.actor, RIGHT_CASE_READ, &sight);
    return sight.everything ? 0
                            : error_set(error, ERROR_DENIED, "freeze.whole_city",
                                        "frozen figures are those of the whole city");
}

static int put_frozen(struct api_view *view, struct db *db, const char *name,
                      const struct frozen *frozen, struct error *error)
{
    struct json_writer *json = view->json;
    struct case_seal seal;
    char digest[HASH_HEX_SIZE];
    int code = case_seal_of_frozen(db, frozen->id, &seal, error);
    if (code) {
        return code;
    }
    hash_to_hex(frozen->digest, digest);
    if (name) {
        json_begin_object(json, NULL);
    }
    json_put_text(json, "period", frozen->period);
    json_put_int(json, "version", frozen->version);
    json_put_instant(json, "made_at", frozen->made_ms);
    json_put_text(json, "made_by",
                  frozen->made_by ? api_person_name(view, frozen->made_by) : NULL);
    json_put_text(json, "reason", frozen->reason);
    json_put_int(json, "position", frozen->position);
    json_put_text(json, "digest", digest);
    if (seal.number) {
        json_put_int(json, "root", seal.number);
    } else {
        json_put_null(json, "root");
    }
    if (name) {
        json_end_object(json);
    }
    return 0;
}

int frozen_list(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"period", NULL};
    const char *period = http_request_query(call->request, "period");
    struct frozen *list = NULL;
    size_t count = 0;
    int code = require_whole_city(call, error);
    if (!code) {
        code = api_query_only(call, names, error);
    }
    if (!code) {
        code = freeze_list(db, period && *period ? period : NULL, call->arena, &list,
                           &count, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = api_answer_begin(&answer);
    api_view_init(&view, call, db, json);
    view.people = true;
    json_begin_array(json, "items");
    for (size_t i = 0; i < count && !code; i++) {
        code = put_frozen(&view, db, "item", &list[i], error);
    }
    json_end_array(json);
    if (!code) {
        api_answer_send(call, 200, &answer);
    }
    return code;
}

int frozen_get(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"version", NULL};
    enum { DOCUMENT_ARENA = 64 * 1024 * 1024 };
    struct arena *arena ARENA_CLEANUP = arena_new(DOCUMENT_ARENA);
    struct frozen frozen;
    const char *text = NULL;
    int64_t version = 0;
    int code = require_whole_city(call, error);
    if (!code) {
        code = api_query_only(call, names, error);
    }
    if (!code) {
        code = api_query_int(call, "version", 1, INT64_MAX, &version, error);
    }
    if (!code) {
        code =
            freeze_document(db, call->parameters[0], version, arena, &text, &frozen, error);
    }
    if (code) {
        return code;
    }
    // Byte for byte what was frozen: its SHA-256 is the digest that a root covers.
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    buffer_append_text(&body, text);
    api_reply_tagged(call, "application/json", &body);
    return 0;
}

// ---- freezing ----

static int freeze(struct api_call *call, struct api_city *city, struct freeze_order *order,
                  struct frozen *ret_frozen, struct error *error)
{
    const struct json *body = NULL;
    const char *period = NULL;
    static const char *const names[] = {"period", "reason", NULL};
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "period", JSON_REQUIRED, 20, &period, error);
    }
    if (!code) {
        code = json_get_text(body, "reason", JSON_OPTIONAL, FREEZE_REASON_MOST,
                             &order->reason, error);
    }
    if (!code) {
        code = freeze_period_read(period, &order->period, error);
    }
    DB_READER_CLEANUP struct db *db = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot =
        api_city_snapshot(call->api, city);
    if (!code) {
        code = db_reader_borrow(call->api->store, city->slug, DB_CASES, &db, error);
    }
    struct freeze_place place = {db, city->lane, city->facts, snapshot, city->media};
    return code ? code : freeze_period_now(&place, order, call->arena, ret_frozen, error);
}

int frozen_freeze(struct api_call *call, struct db *db, struct error *error)
{
    struct frozen frozen;
    struct freeze_order order = {.now_ms = call->now_ms,
                                 .person_id = call->session.actor.person_id,
                                 .key = call->has_key ? call->key : NULL,
                                 .body_digest = call->has_key ? call->body_digest : NULL};
    int code = freeze(call, call->city, &order, &frozen, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = api_answer_begin(&answer);
    api_view_init(&view, call, db, json);
    view.people = true;
    code = put_frozen(&view, db, NULL, &frozen, error);
    if (!code) {
        api_answer_send(call, 201, &answer);
    }
    return code;
}

int control_freeze(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    struct frozen frozen;
    struct freeze_order order = {.now_ms = call->now_ms};
    int code = control_city(call, &city, error);
    if (!code) {
        code = api_city_open(call->api, city, error);
    }
    if (!code) {
        code = freeze(call, city, &order, &frozen, error);
    }
    if (!code) {
        char digest[HASH_HEX_SIZE];
        char text[200];
        hash_to_hex(frozen.digest, digest);
        code = text_format(text, sizeof(text), "%s version %lld %s", frozen.period,
                           (long long)frozen.version, digest);
        if (!code) {
            http_reply_text(call->request, 200, text);
        }
    }
    api_city_unref(call->api, city);
    return code;
}

int api_city_renew_frozen(struct api *api, struct api_city *city, int64_t now_ms,
                          struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot = api_city_snapshot(api, city);
    unsigned made = 0;
    int code = db_reader_borrow(api->store, city->slug, DB_CASES, &db, error);
    struct freeze_place place = {db, city->lane, city->facts, snapshot, city->media};
    if (!code) {
        code = freeze_renew(&place, now_ms, &made, error);
    }
    if (!code && made > 0) {
        log_event(LOG_INFO, "frozen.renewed", "city=%s versions=%u", city->slug, made);
    }
    return code;
}
