// SPDX-License-Identifier: MPL-2.0
// What commands ask of a running server over its socket file. Whoever may open the file is
// the owner of the data folder: no session, every right.
#include <string.h>

#include <gridcase/cases/recount.h>
#include <gridcase/core/text.h>
#include <gridcase/db/stats.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { CHECK_SLICE = 2000, CONTROL_BODY = 64 * 1024 };

static void put_one(void *context, struct api_city *city)
{
    struct api_call *call = context;
    struct json_writer *json = call->data;
    bool open = api_city_is_open(call->api, city);
    json_begin_object(json, NULL);
    json_put_text(json, "slug", city->slug);
    json_put_bool(json, "open", open);
    json_put_text(json, "failure", city->failure.code ? city->failure.message : NULL);
    json_put_int(json, "streams", atomic_load(&city->streams));
    json_end_object(json);
}

int control_status(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    call->data = &json;
    json_begin_object(&json, NULL);
    json_put_text(&json, "version", GRIDCASE_VERSION);
    struct http_server *server = api_server(call->api);
    json_put_int(&json, "port", server ? http_server_port(server) : 0);
    json_put_instant(&json, "started_at", call->api->started_ms);
    json_begin_array(&json, "cities");
    api_cities_each(call->api, put_one, call);
    json_end_array(&json);
    json_end_object(&json);
    call->data = NULL;
    http_reply_json(call->request, 200, &body);
    return 0;
}

int control_statements(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    struct db_statement_figures list[DB_STATS_MOST];
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    size_t count = db_statements_costly(list, DB_STATS_MOST);
    json_put_instant(json, "since", call->api->started_ms);
    json_begin_array(json, "statements");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "name", list[i].name);
        json_put_int(json, "calls", list[i].calls);
        json_put_double(json, "total_ms", list[i].total_ms, 3);
        json_put_double(json, "mean_ms", list[i].mean_ms, 3);
        json_put_double(json, "worst_ms", list[i].worst_ms, 3);
        json_end_object(json);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

static void tell_model(void *context, struct api_city *city)
{
    relay_tell(context, city, API_NEWS_MODEL);
}

// A city was added or its host changed: read the list again.
int control_cities(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    int code = api_cities_load(call->api, error);
    if (!code) {
        api_cities_each(call->api, tell_model, call->api);
        http_reply_empty(call->request, 204);
    }
    return code;
}

int control_city(struct api_call *call, struct api_city **ret_city, struct error *error)
{
    return api_city_named(call->api, call->parameters[0], ret_city, error);
}

int control_reload(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (!code) {
        code = api_city_reload(call->api, city, error);
    }
    if (!code) {
        relay_tell(call->api, city, API_NEWS_MODEL);
        http_reply_empty(call->request, 204);
    }
    api_city_unref(call->api, city);
    return code;
}

static void reply_findings(struct api_call *call, const struct recount *recount)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "cases", (int64_t)recount_cases(recount));
    json_put_int(json, "problems", (int64_t)recount_problems(recount));
    json_begin_array(json, "findings");
    for (size_t i = 0; i < recount_findings(recount); i++) {
        const struct recount_finding *finding = recount_finding(recount, i);
        json_begin_object(json, NULL);
        json_put_int(json, "case", finding->case_id);
        json_put_text(json, "slug", finding->slug);
        json_put_text(json, "message", finding->message);
        json_end_object(json);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
}

static int check_city(struct api_call *call, struct api_city *city, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot = NULL;
    int code = api_city_open(call->api, city, error);
    if (!code) {
        snapshot = api_city_snapshot(call->api, city);
        code = db_reader_borrow(call->api->store, city->slug, DB_CASES, &db, error);
    }
    if (!code) {
        code = db_begin(db, DB_READ, &transaction, error);
    }
    if (code) {
        return code;
    }
    struct recount *recount = recount_new(snapshot);
    do {
        code = recount_slice(recount, db, CHECK_SLICE, error);
    } while (code > 0 && !atomic_load(&call->api->stopping));
    if (code == 0) {
        reply_findings(call, recount);
    } else if (code > 0) {
        code = error_set(error, ERROR_BUSY, "server.stopping", "the server stops");
    }
    recount_free(recount);
    db_rollback(&transaction);
    return code;
}

int control_check(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (!code) {
        code = check_city(call, city, error);
    }
    api_city_unref(call->api, city);
    return code;
}

int control_seal(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (!code) {
        code = api_city_open(call->api, city, error);
    }
    if (!code) {
        code = api_city_seal(call->api, city, call->now_ms, error);
    }
    if (!code) {
        http_reply_text(call->request, 200, "sealed");
    }
    api_city_unref(call->api, city);
    return code;
}

// One row a route; a route that takes long is SLOW. Bodies are JSON.
const struct api_route api_control_routes[] = {
    {.http = {HTTP_GET, "/status"},
     .operation = "control_status",
     .summary = "Version, port and cities of the running server",
     .mode = API_READ,
     .handler = control_status},
    {.http = {HTTP_GET, "/statements"},
     .operation = "control_statements",
     .summary = "The statements that have cost this server most",
     .mode = API_READ,
     .handler = control_statements},
    {.http = {HTTP_POST, "/cities"},
     .operation = "control_cities",
     .summary = "Read the list of cities again",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_cities},
    {.http = {HTTP_POST, "/cities/{city}/reload"},
     .operation = "control_reload",
     .summary = "Read a city's model again and swap it in",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_reload},
    {.http = {HTTP_POST, "/cities/{city}/hold"},
     .operation = "control_hold",
     .summary = "Nobody may write to a city while it is handed over",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_hold},
    {.http = {HTTP_POST, "/cities/{city}/check"},
     .operation = "control_check",
     .summary = "Recount a city and tell what differs",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_check},
    {.http = {HTTP_POST, "/cities/{city}/seal"},
     .operation = "control_seal",
     .summary = "Make the root over what came since the last one",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_seal},
    {.http = {HTTP_POST, "/cities/{city}/freeze"},
     .operation = "control_freeze",
     .summary = "Freeze the figures of a period",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_freeze},
    {.http = {HTTP_POST, "/cities/{city}/search"},
     .operation = "control_search_rebuild",
     .summary = "Make the index of a city anew, while it serves",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_search_rebuild},
    {.http = {HTTP_GET, "/cities/{city}/search"},
     .operation = "control_search_status",
     .summary = "How far the index of a city has come",
     .mode = API_SLOW,
     .handler = control_search_status},
    {.http = {HTTP_POST, "/cities/{city}/person"},
     .operation = "control_person",
     .summary = "Carry out a command about people",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = 64 * 1024,
     .handler = control_person},
    {.http = {HTTP_POST, "/cities/{city}/process"},
     .operation = "control_process",
     .summary = "Move open cases to the process in force",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = 64 * 1024,
     .handler = control_process},
    {.http = {HTTP_POST, "/city/load"},
     .operation = "control_city_load",
     .summary = "Load a city's model from a folder and swap it in",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_city_load},
    {.http = {HTTP_GET, "/health"},
     .operation = "control_health",
     .summary = "Disk, backup, clock, certificate, cities",
     .mode = API_READ,
     .handler = control_health},
    {.http = {HTTP_POST, "/backup"},
     .operation = "control_backup",
     .summary = "Start a backup",
     .mode = API_READ,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_backup},
    {.http = {HTTP_GET, "/backup"},
     .operation = "control_backup_state",
     .summary = "How far the backup is, or how the last one ended",
     .mode = API_READ,
     .handler = control_backup_state},
    {.http = {HTTP_POST, "/replay"},
     .operation = "control_replay",
     .summary = "Start playing a record into a city",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_replay},
    {.http = {HTTP_POST, "/play"},
     .operation = "control_play",
     .summary = "Start making up cases of a city, in real time",
     .mode = API_SLOW,
     .body = API_JSON,
     .body_limit = CONTROL_BODY,
     .handler = control_play},
};
const size_t api_control_route_count =
    sizeof(api_control_routes) / sizeof(api_control_routes[0]);
