// SPDX-License-Identifier: MPL-2.0
// Signing in and out, changing the password, one-time links. Passwords are hashed in the
// worker pool; what is written goes through the lane.
#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

struct session_data {
    const char *login;
    const char *password;
    const char *new_password;
    const char *link;
    char address[64];
    struct account_login sign_in;
    struct account_password_change change;
    char encoded[PASSWORD_ENCODED_SIZE];
};

static struct session_data *data_new(struct api_call *call, struct error *error)
{
    struct session_data *data = arena_alloc(call->arena, sizeof(*data));
    if (!data) {
        error_set(error, ERROR_LIMIT, "http.request_too_large", "the request is too large");
        return NULL;
    }
    snprintf(data->address, sizeof(data->address), "%s", http_request_peer(call->request));
    call->data = data;
    return data;
}

// ---- what a session is told ----

static void put_start_actions(struct api_call *call, struct json_writer *json)
{
    const struct process_action *actions[8];
    size_t count = case_start_actions(call->snapshot, &call->session.actor, actions, 8);
    json_begin_array(json, "start_actions");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        api_put_action(json, actions[i]);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_rights(struct api_call *call, struct json_writer *json)
{
    json_begin_array(json, "rights");
    for (int i = 0; i < RIGHT_COUNT; i++) {
        if (api_may(call, (enum right)i)) {
            json_put_text(json, NULL, right_to_str((enum right)i));
        }
    }
    json_end_array(json);
}

static int reply_session(struct api_call *call, struct db *db, struct error *error)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    int code =
        account_person_write(db, call->session.actor.person_id, json, "person", error);
    if (code) {
        return code;
    }
    json_put_bool(json, "must_change_password", call->session.must_change_password);
    json_put_bool(json, "demo", call->session.demo);
    json_put_instant(json, "expires_at", call->session.expires_at_ms);
    put_rights(call, json);
    put_start_actions(call, json);
    api_put_city(json, "city", call->snapshot);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

int session_get(struct api_call *call, struct db *db, struct error *error)
{
    return reply_session(call, db, error);
}

// ---- signing in ----

int session_login_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"login", "password", NULL};
    const struct json *body = NULL;
    struct session_data *data = data_new(call, error);
    int code = data ? api_body(call, &body, error) : error->code;
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "login", JSON_REQUIRED, 256, &data->login, error);
    }
    if (!code) {
        code = json_get_text(body, "password", JSON_REQUIRED, 1024, &data->password, error);
    }
    return code;
}

static int finish_login(struct db *db, void *context, struct error *error)
{
    return account_login_finish(db, context, error);
}

static void reply_retry(struct api_call *call, int retry_s)
{
    char text[16];
    char members[32];
    snprintf(text, sizeof(text), "%d", retry_s > 0 ? retry_s : 1);
    snprintf(members, sizeof(members), "\"retry_after_s\":%s", text);
    http_reply_header(call->request, "Retry-After", text);
    call->error_members = arena_text(call->arena, members);
}

static int sign_in(struct api_call *call, struct db *db, struct error *error)
{
    struct session_data *data = call->data;
    int retry_s = 0;
    int code = account_login_begin(db, data->login, data->address, call->now_ms,
                                   &data->sign_in, &retry_s, error);
    if (!code) {
        code = account_login_verify(&data->sign_in, data->password, strlen(data->password),
                                    error);
        retry_s = PASSWORD_RETRY_S;
    }
    if (!code) {
        code =
            db_lane_call(call->city->lane, DB_PEOPLE, finish_login, &data->sign_in, error);
    }
    if (!code) {
        code = account_login_result(&data->sign_in, error);
    }
    if (code == ERROR_BUSY) {
        reply_retry(call, retry_s);
    }
    return code;
}

int session_login(struct api_call *call, struct db *db, struct error *error)
{
    struct session_data *data = call->data;
    int code = sign_in(call, db, error);
    if (!code) {
        code = account_session_find(db, data->sign_in.token, strlen(data->sign_in.token),
                                    false, call->now_ms, &call->session, error);
    }
    if (!code) {
        int64_t left_s = (call->session.expires_at_ms - call->now_ms) / 1000;
        api_session_cookie(call, data->sign_in.token, left_s);
        code = reply_session(call, db, error);
    }
    return code;
}

// ---- signing out ----

int session_end(struct api_call *call, struct db *db, struct error *error)
{
    return account_session_end(db, call->session.session_id, call->now_ms, error);
}

int session_end_reply(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    changes_sessions(call->api->changes, call->city);
    api_session_cookie(call, "", 0);
    http_reply_empty(call->request, 204);
    return 0;
}

// ---- the password ----

int session_password_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"old", "new", NULL};
    const struct json *body = NULL;
    struct session_data *data = data_new(call, error);
    int code = data ? api_body(call, &body, error) : error->code;
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "old", JSON_REQUIRED, 1024, &data->password, error);
    }
    if (!code) {
        code = json_get_text(body, "new", JSON_REQUIRED, 1024, &data->new_password, error);
    }
    return code;
}

struct password_job {
    struct account_password_change *change;
    int64_t keep_session_id;
};

static int finish_password(struct db *db, void *context, struct error *error)
{
    struct password_job *job = context;
    return account_password_finish(db, job->change, job->keep_session_id, error);
}

int session_password(struct api_call *call, struct db *db, struct error *error)
{
    struct session_data *data = call->data;
    struct password_job job = {&data->change, call->session.session_id};
    int code = account_password_begin(db, call->session.actor.person_id, data->address,
                                      call->now_ms, &data->change, error);
    if (!code) {
        code = account_password_verify(&data->change, data->password, data->new_password,
                                       error);
    }
    if (!code) {
        code = db_lane_call(call->city->lane, DB_PEOPLE, finish_password, &job, error);
    }
    if (!code) {
        code = account_password_result(&data->change, error);
    }
    if (!code) {
        changes_sessions(call->api->changes, call->city);
        http_reply_empty(call->request, 204);
    }
    return code;
}

// ---- one-time links ----

int session_link_get(struct api_call *call, struct db *db, struct error *error)
{
    int64_t person_id = 0;
    char login[ACCOUNT_LOGIN_MOST + 1];
    const char *token = call->parameters[0];
    int code =
        account_link_find(db, token, strlen(token), call->now_ms, &person_id, login, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_text(json, "login", login);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

int session_link_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"link", "password", NULL};
    const struct json *body = NULL;
    struct session_data *data = data_new(call, error);
    int code = data ? api_body(call, &body, error) : error->code;
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "link", JSON_REQUIRED, 128, &data->link, error);
    }
    if (!code) {
        code = json_get_text(body, "password", JSON_REQUIRED, 1024, &data->password, error);
    }
    return code;
}

struct link_job {
    const struct session_data *data;
    int64_t now_ms;
};

static int use_link(struct db *db, void *context, struct error *error)
{
    const struct link_job *job = context;
    return account_link_use(db, job->data->link, strlen(job->data->link),
                            job->data->encoded, job->now_ms, error);
}

int session_link_use(struct api_call *call, struct db *db, struct error *error)
{
    struct session_data *data = call->data;
    struct link_job job = {data, call->now_ms};
    int64_t person_id = 0;
    char login[ACCOUNT_LOGIN_MOST + 1];
    size_t length = strlen(data->password);
    int code = account_link_find(db, data->link, strlen(data->link), call->now_ms,
                                 &person_id, login, error);
    if (!code) {
        code = password_check_new(data->password, length, login, error);
    }
    if (!code) {
        code = password_hash(data->password, length, data->encoded, error);
    }
    if (!code) {
        code = db_lane_call(call->city->lane, DB_PEOPLE, use_link, &job, error);
    }
    if (code == ERROR_BUSY) {
        reply_retry(call, PASSWORD_RETRY_S);
    }
    if (!code) {
        changes_sessions(call->api->changes, call->city);
        http_reply_empty(call->request, 204);
    }
    return code;
}
