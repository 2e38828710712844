// SPDX-License-Identifier: MPL-2.0
// Bearer tokens of the signed-in person.
#include <string.h>

#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

struct token_data {
    const char *name;
    int64_t expires_at_ms;
    char token[TOKEN_TEXT_SIZE];
    int64_t id;
};

int tokens_list(struct api_call *call, struct db *db, struct error *error)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    int code =
        account_tokens_write(db, call->session.actor.person_id, json, "items", error);
    if (!code) {
        api_answer_send_private(call, 200, &answer);
    }
    return code;
}

int tokens_add_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"name", "expires_at", NULL};
    const struct json *body = NULL;
    const char *expires = NULL;
    struct token_data *data = arena_alloc(call->arena, sizeof(*data));
    call->data = data;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "name", JSON_REQUIRED, 100, &data->name, error);
    }
    if (!code) {
        code = json_get_text(body, "expires_at", JSON_OPTIONAL, 40, &expires, error);
    }
    data->expires_at_ms = INSTANT_NONE;
    if (!code && expires) {
        code = instant_from_text(expires, strlen(expires), &data->expires_at_ms, error);
    }
    if (!code && call->session.bearer) {
        code = error_set(error, ERROR_DENIED, "account.needs_session",
                         "a token cannot make tokens: sign in");
    }
    token_new(data->token);
    return code;
}

int tokens_add(struct api_call *call, struct db *db, struct error *error)
{
    struct token_data *data = call->data;
    return account_token_add(db, call->session.actor.person_id, data->name, call->now_ms,
                             data->expires_at_ms, data->token, &data->id, error);
}

int tokens_add_reply(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    struct token_data *data = call->data;
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "id", data->id);
    json_put_text(json, "name", data->name);
    json_put_text(json, "token", data->token);
    api_answer_send_private(call, 201, &answer);
    return 0;
}

int tokens_end_prepare(struct api_call *call, struct error *error)
{
    const char *text = call->parameters[0];
    struct token_data *data = arena_alloc(call->arena, sizeof(*data));
    call->data = data;
    struct error ignored = {0};
    return text_to_int(text, strlen(text), &data->id, &ignored)
               ? error_set(error, ERROR_NOT_FOUND, "account.token_unknown",
                           "there is no such token")
               : 0;
}

int tokens_end(struct api_call *call, struct db *db, struct error *error)
{
    const struct token_data *data = call->data;
    return account_token_end(db, call->session.actor.person_id, data->id, call->now_ms,
                             error);
}

int tokens_end_reply(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    changes_sessions(call->api->changes, call->city);
    http_reply_empty(call->request, 204);
    return 0;
}
