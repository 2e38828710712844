// SPDX-License-Identifier: MPL-2.0
// Bearer tokens of the signed-in person, and the list of people.
#include <string.h>

#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { STAFF_PAGE = 200 };

struct token_data {
    const char *name;
    int64_t expires_at_ms;
    char token[TOKEN_TEXT_SIZE];
    int64_t id;
};

int tokens_list(struct api_call *call, struct db *db, struct error *error)
{
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    int code =
        account_tokens_write(db, call->session.actor.person_id, &json, "items", error);
    json_end_object(&json);
    if (!code) {
        http_reply_json(call->request, 200, &body);
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
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_LINE);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    json_put_int(&json, "id", data->id);
    json_put_text(&json, "name", data->name);
    json_put_text(&json, "token", data->token);
    json_end_object(&json);
    http_reply_json(call->request, 201, &body);
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

int staff_list(struct api_call *call, struct db *db, struct error *error)
{
    const char *after = http_request_query(call->request, "cursor");
    int count = 0;
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    int code = account_people_write(db, after ? after : "", STAFF_PAGE, &json, "items",
                                    &count, error);
    json_put_bool(&json, "more", count == STAFF_PAGE);
    json_end_object(&json);
    if (!code) {
        api_reply_json(call, 200, &body);
    }
    return code;
}
