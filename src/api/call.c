// SPDX-License-Identifier: MPL-2.0
// What happens on the headers, who is calling, and how errors are told.
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "session_cache.h"

// ---- errors ----

#define FULL_DISK_LOG_US 60000000LL

unsigned api_status(const struct error *error)
{
    static const struct {
        const char *slug;
        unsigned status;
    } special[] = {
        {"case.stale", 412},
        {"case.key_reused", 422},
        {"case.version_required", 428},
        {"account.throttled", 429},
        {"account.too_many_tokens", 409},
        {"password.busy", 503},
        {"search.nothing", 422},
        {"search.too_long", 422},
        {"http.content_type", 415},
        {"media.type_unknown", 415},
        {"media.heic", 415},
        {"media.webp", 415},
        {"media.two_kinds", 415},
        {"media.digest", 422},
        {"media.uploads_person", 429},
        {"media.disk_low", 507},
        {"disk.full", 507},
        {"http.method", 405},
    };
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (strcmp(special[i].slug, error->slug) == 0) {
            return special[i].status;
        }
    }
    // A full disk has its own answer; anything else that a file or socket does is ours.
    return error->code == ERROR_IO ? 500 : (unsigned)error_http_status(error->code);
}

// Once a minute: whoever watches has to know, and the log may lie on the same disk.
static void log_full_disk(struct api_call *call, const struct error *error)
{
    static atomic_llong next_us;
    long long now_us = instant_monotonic_us();
    long long due_us = atomic_load(&next_us);
    if (now_us >= due_us &&
        atomic_compare_exchange_strong(&next_us, &due_us, now_us + FULL_DISK_LOG_US)) {
        log_event(LOG_ERROR, "disk.full", "id=%s code=%s text=\"%s\"",
                  http_request_id(call->request), error->slug, error->message);
    }
}

void api_reply_error(struct api_call *call, const struct error *error)
{
    unsigned status = api_status(error);
    struct error told = *error;
    if (status >= 500 && error->code != ERROR_BUSY && status != 507) {
        log_event(LOG_ERROR, "http.failed", "id=%s operation=%s code=%s text=\"%s\"",
                  http_request_id(call->request),
                  call->route ? call->route->operation : "-", error->slug, error->message);
        error_set(&told, error->code, error->slug, "the server failed; see its log");
    }
    if (status == 507) {
        log_full_disk(call, error);
    }
    if (status == 401) {
        http_reply_header(call->request, "WWW-Authenticate", "Bearer");
    }
    http_reply_problem_status(call->request, status, &told, call->error_members);
}

void api_reply_misses(struct api_call *call, const struct error *error)
{
    if (error->code != ERROR_NOT_FOUND && call->missing.code == 0) {
        call->missing = *error;
    }
}

// ---- who is calling ----

const char *api_session_token(struct api_call *call, bool *ret_bearer)
{
    const char *header = http_request_header(call->request, "Authorization");
    if (header && strncmp(header, "Bearer ", 7) == 0) {
        *ret_bearer = true;
        return header + 7;
    }
    *ret_bearer = false;
    char name[96] = "gridcase";
    if (call->by_host && http_request_is_secure(call->request)) {
        snprintf(name, sizeof(name), "__Host-gridcase");
    } else if (!call->by_host && call->city) {
        snprintf(name, sizeof(name), "gridcase_%s", call->city->slug);
    }
    return http_request_cookie(call->request, name);
}

// A city's own host gets a cookie that no other host can set (where browsers take it: over
// https); a city on a path gets one for its path only.
void api_session_cookie(struct api_call *call, const char *token, int64_t max_age_s)
{
    char text[512];
    const char *tail = "HttpOnly; SameSite=Strict";
    const char *secure = http_request_is_secure(call->request) ? "; Secure" : "";
    if (call->by_host) {
        snprintf(text, sizeof(text), "%sgridcase=%s; Path=/; Max-Age=%lld; %s%s",
                 secure[0] ? "__Host-" : "", token, (long long)max_age_s, tail, secure);
    } else {
        snprintf(text, sizeof(text), "gridcase_%s=%s; Path=/%s; Max-Age=%lld; %s%s",
                 call->city->slug, token, call->city->slug, (long long)max_age_s, tail,
                 secure);
    }
    http_reply_header(call->request, "Set-Cookie", text);
}

struct touch {
    int64_t session_id;
    int64_t now_ms;
};

static int touch_work(struct db *db, void *context, struct error *error)
{
    const struct touch *touch = context;
    return account_session_touch(db, touch->session_id, touch->now_ms, error);
}

static void touch_done(void *context, const struct error *error)
{
    (void)error; // the next request tries again
    free(context);
}

static void touch_session(struct api_call *call)
{
    struct touch *touch = memory_new(sizeof(*touch));
    *touch = (struct touch){call->session.session_id, instant_now_ms()};
    struct db_lane_job job = {.priority = DB_MACHINES,
                              .work = touch_work,
                              .done = touch_done,
                              .context = touch,
                              .beside = true};
    struct error error = {0};
    if (!call->city->lane || db_lane_submit(call->city->lane, &job, &error)) {
        free(touch);
    }
}

static int read_session(struct api_call *call, const char *token, bool bearer,
                        struct account_session *ret_session, struct error *error)
{
    struct session_key key;
    const int64_t now_ms = instant_now_ms();
    session_cache_key(token, strlen(token), bearer, call->city->lane, now_ms, &key);
    if (session_cache_get(call->city->sessions, &key, ret_session)) {
        return 0;
    }
    DB_READER_CLEANUP struct db *db = NULL;
    int code = db_reader_borrow(call->api->store, call->city->slug, DB_CASES, &db, error);
    if (!code) {
        code = account_session_find(db, token, strlen(token), bearer, now_ms, ret_session,
                                    error);
    }
    if (!code) {
        session_cache_put(call->city->sessions, &key, ret_session);
    }
    return code;
}

static int find_session(struct api_call *call, struct error *error)
{
    bool bearer = false;
    const char *token = api_session_token(call, &bearer);
    call->session.actor = actor_nobody();
    if (!token || !*token) {
        return 0;
    }
    struct account_session session;
    int code = read_session(call, token, bearer, &session, error);
    if (!code) {
        call->session = session;
        if (session.touch_due) {
            touch_session(call);
        }
    }
    return code;
}

// A page that keeps work for one person says whose it is: the session of another one, made
// in the same browser meanwhile, must not send it.
static int check_person(struct api_call *call, struct error *error)
{
    const char *text = http_request_header(call->request, "Gridcase-Person");
    int64_t id = 0;
    struct error ignored = {0};
    bool nobody = actor_is_nobody(&call->session.actor); // is told to sign in
    if (text && !nobody &&
        (text_to_int(text, strlen(text), &id, &ignored) ||
         id != call->session.actor.person_id)) {
        return error_set(error, ERROR_CONFLICT, "account.other_person",
                         "somebody else is signed in here now");
    }
    return 0;
}

int api_authenticate(struct api_call *call, struct error *error)
{
    if (!call->city) { // the socket file: whoever may open it is the owner of the data
        call->session.actor = actor_system();
        call->authenticated = true;
        return 0;
    }
    int code = find_session(call, error);
    call->authenticated = true;
    bool public = call->route->right == RIGHT_PUBLIC;
    if (code == ERROR_UNAUTHENTICATED && public) {
        error_clear(error);
        code = 0;
    }
    if (!code) {
        code = check_person(call, error);
    }
    if (code) {
        return code;
    }
    if (call->session.must_change_password && !public &&
        !(call->route->flags & API_UNSETTLED)) {
        return error_set(error, ERROR_DENIED, "account.must_change_password",
                         "the password must be changed first");
    }
    return account_require(&call->session.actor, call->route->right, NULL, error);
}

bool api_may(const struct api_call *call, enum right right)
{
    return account_may(&call->session.actor, right, NULL);
}

// ---- on the headers ----

static int check_content_type(struct api_call *call, struct error *error)
{
    const char *type = http_request_content_type(call->request);
    bool fits = true;
    if (call->route->body == API_JSON) {
        fits = strcmp(type, "application/json") == 0;
    } else if (call->route->body == API_FILE) { // its bytes say what it is
        fits = text_starts(type, "image/") || text_starts(type, "audio/") ||
               text_starts(type, "video/") || strcmp(type, "application/pdf") == 0 ||
               strcmp(type, "application/octet-stream") == 0;
    } else if (call->route->body == API_UPLOAD) {
        fits = strcmp(type, "application/offset+octet-stream") == 0;
    }
    static const char *const names[] = {
        [API_NO_BODY] = "nothing",
        [API_JSON] = "application/json",
        [API_FILE] = "an image, sound, video or PDF",
        [API_UPLOAD] = "application/offset+octet-stream",
    };
    return fits ? 0
                : error_set(error, ERROR_INPUT, "http.content_type",
                            "this address takes %s", names[call->route->body]);
}

static int check_key(struct api_call *call, struct error *error)
{
    const char *text = http_request_header(call->request, "Idempotency-Key");
    if (!text) {
        return call->route->flags & API_KEYED
                   ? error_set(error, ERROR_INPUT, "http.key_required",
                               "the header Idempotency-Key (a UUID) is required")
                   : 0;
    }
    size_t length = strlen(text);
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    struct error why = {0};
    if (uuid_from_text(text, length, call->key, &why)) {
        return error_set(error, ERROR_INPUT, "http.key_malformed",
                         "Idempotency-Key is not a UUID");
    }
    call->has_key = true;
    return 0;
}

static int admit(struct api_call *call, struct error *error)
{
    bool unsafe = !http_request_is_safe(call->request);
    if (unsafe && call->city && !http_request_same_origin(call->request)) {
        return error_set(error, ERROR_DENIED, "http.cross_origin",
                         "requests that change something come from this site's own pages");
    }
    int code = unsafe ? check_content_type(call, error) : 0;
    if (!code && unsafe) {
        code = check_key(call, error);
    }
    if (!code && (!call->city || api_city_is_open(call->api, call->city))) {
        code = api_authenticate(call, error);
    }
    if (!code && call->route->body != API_NO_BODY) {
        http_request_allow_body(call->request, call->route->body_limit,
                                call->route->body == API_FILE ||
                                    call->route->body == API_UPLOAD);
    }
    return code;
}

void api_call_route(struct api_call *call, const struct api_route *routes, size_t count,
                    size_t first)
{
    struct http_match match;
    struct error error = {0};
    http_route_find(call->request, first, &routes->http, count, sizeof(routes[0]), &match);
    if (!match.route) {
        char allow[96];
        if (match.other_method) {
            http_match_allow(&match, allow, sizeof(allow));
            http_reply_header(call->request, "Allow", allow);
            error_set(&error, ERROR_INPUT, "http.method", "this address takes %s", allow);
        } else {
            error_set(&error, ERROR_NOT_FOUND, "http.no_such_address", "no such address");
        }
        api_reply_error(call, &error);
        return;
    }
    call->route = (const struct api_route *)(const void *)match.route;
    memcpy(call->parameters, match.parameters, sizeof(call->parameters));
    if (admit(call, &error)) {
        api_reply_error(call, &error);
    }
}

struct api_call *api_call_new(struct api *api, struct http_request *request)
{
    struct arena *arena = http_request_arena(request);
    struct api_call *call = arena_alloc(arena, sizeof(*call));
    if (call) {
        call->api = api;
        call->request = request;
        call->arena = arena;
        http_request_set_user(request, call);
    }
    return call;
}

// ---- inputs ----

int api_body(struct api_call *call, const struct json **ret_body, struct error *error)
{
    if (!call->body) {
        size_t length = 0;
        const char *text = http_request_body(call->request, &length);
        int code = json_parse(text, length, &call->body, error);
        if (code) {
            return code;
        }
    }
    if (!json_value_is_object(call->body)) {
        return error_set(error, ERROR_INPUT, "json.not_object",
                         "the body is not an object");
    }
    *ret_body = call->body;
    return 0;
}

int api_query_int(struct api_call *call, const char *name, int64_t least, int64_t most,
                  int64_t *ret, struct error *error)
{
    const char *text = http_request_query(call->request, name);
    int64_t value = 0;
    if (!text) {
        return 0;
    }
    if (text_to_int(text, strlen(text), &value, error) || value < least || value > most) {
        return error_set(error, ERROR_INPUT, "api.bad_parameter",
                         "%s is not a whole number between %lld and %lld", name,
                         (long long)least, (long long)most);
    }
    *ret = value;
    return 0;
}

int api_query_double(struct api_call *call, const char *name, double *ret,
                     struct error *error)
{
    const char *text = http_request_query(call->request, name);
    if (!text) {
        return 0;
    }
    if (text_to_double(text, strlen(text), ret, error)) {
        return error_set(error, ERROR_INPUT, "api.bad_parameter", "%s is not a number",
                         name);
    }
    return 0;
}

int api_query_box(struct api_call *call, double ret_box[4], bool *ret_has,
                  struct error *error)
{
    const char *text = http_request_query(call->request, "bbox");
    double box[4];
    size_t count = 0;
    *ret_has = false;
    if (!text) {
        return 0;
    }
    const char *cursor = text;
    size_t length = 0;
    for (const char *part; (part = text_next(&cursor, ',', &length)); count++) {
        if (count == 4 || text_to_double(part, length, &box[count], error)) {
            count = 9;
            break;
        }
    }
    if (count != 4 || box[0] > box[2] || box[1] > box[3] || box[0] < -180 || box[2] > 180 ||
        box[1] < -90 || box[3] > 90) {
        return error_set(error, ERROR_INPUT, "api.bad_bbox",
                         "bbox is west,south,east,north in degrees");
    }
    memcpy(ret_box, box, sizeof(box));
    *ret_has = true;
    return 0;
}

int api_query_only(struct api_call *call, const char *const *names, struct error *error)
{
    for (size_t i = 0; i < http_request_queries(call->request); i++) {
        const char *name = NULL;
        const char *value = NULL;
        http_request_query_at(call->request, i, &name, &value);
        size_t at = 0;
        while (names[at] && strcmp(names[at], name) != 0) {
            at++;
        }
        if (!names[at]) {
            return error_set(error, ERROR_INPUT, "api.unknown_parameter",
                             "no parameter is called \"%s\"", name);
        }
        if (http_request_query_count(call->request, name) > 1) {
            return error_set(error, ERROR_INPUT, "api.double_parameter",
                             "\"%s\" is given twice", name);
        }
    }
    return 0;
}

// ---- replies ----

void api_reply_tagged(struct api_call *call, const char *type, struct buffer *body)
{
    if (call->missing.code) {
        return;
    }
    if (!body->failed) {
        uint64_t tag = 14695981039346656037u; // FNV-1a: a tag, not a secret
        for (size_t i = 0; i < body->length; i++) {
            tag = (tag ^ (unsigned char)body->data[i]) * 1099511628211u;
        }
        char etag[32];
        snprintf(etag, sizeof(etag), "\"%016llx\"", (unsigned long long)tag);
        http_reply_header(call->request, "Cache-Control", "private, no-cache");
        if (http_reply_not_modified(call->request, etag)) {
            return;
        }
    }
    http_reply_buffer(call->request, 200, type, body);
}

void api_reply_json(struct api_call *call, unsigned status, struct buffer *body)
{
    if (call->missing.code) {
        return;
    }
    if (status == 200 && http_request_is_safe(call->request)) {
        api_reply_tagged(call, "application/json", body);
    } else {
        http_reply_json(call->request, status, body);
    }
}

struct json_writer *api_answer_begin(struct api_answer *answer)
{
    buffer_init(&answer->body, BUFFER_CEILING_REPLY);
    json_writer_init(&answer->json, &answer->body);
    json_begin_object(&answer->json, NULL);
    return &answer->json;
}

void api_answer_send(struct api_call *call, unsigned status, struct api_answer *answer)
{
    json_end_object(&answer->json);
    api_reply_json(call, status, &answer->body);
}

void api_answer_send_private(struct api_call *call, unsigned status,
                             struct api_answer *answer)
{
    json_end_object(&answer->json);
    if (!call->missing.code) {
        http_reply_json(call->request, status, &answer->body);
    }
}

void api_answer_cleanup(struct api_answer *answer)
{
    buffer_done(&answer->body);
}

bool api_reply_model_tag(struct api_call *call, const char *what)
{
    char etag[96];
    // With the server's start: another data folder or a newer program at the same address
    // may tell the same version otherwise.
    snprintf(etag, sizeof(etag), "\"%s-%lld-%llx\"", what,
             (long long)city_model_version(call->snapshot),
             (unsigned long long)call->api->started_ms);
    http_reply_header(call->request, "Cache-Control", "private, no-cache");
    return http_reply_not_modified(call->request, etag);
}
