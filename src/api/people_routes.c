// SPDX-License-Identifier: MPL-2.0
// People of the city: the list, one command, codes to print.
#include <stdlib.h>
#include <string.h>

#include <gridcase/account/command.h>
#include <gridcase/account/lookups.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { STAFF_PAGE = 200, CODES_MOST = 500 };

// ---- the list ----

// A company's desk has its own people only: the first company that it acts for.
static int64_t company_of(const struct actor *actor)
{
    struct account_sight sight;
    account_sight(actor, RIGHT_STAFF_READ, &sight);
    return sight.everything ? 0 : sight.company_count > 0 ? sight.company_ids[0] : -1;
}

int staff_list(struct api_call *call, struct db *db, struct error *error)
{
    const char *after = http_request_query(call->request, "cursor");
    struct account_people which = {after ? after : "", STAFF_PAGE,
                                   company_of(&call->session.actor)};
    int count = 0;
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    int code = account_people_write(db, &which, json, "items", &count, error);
    json_put_bool(json, "more", count == STAFF_PAGE);
    if (!code) {
        api_answer_send(call, 200, &answer);
    }
    return code;
}

// ---- one command ----

static void command_done(void *data)
{
    account_command_free(data);
}

int staff_command_prepare(struct api_call *call, struct error *error)
{
    const struct json *body = NULL;
    struct account_command *command = NULL;
    int code = api_body(call, &body, error);
    if (code) {
        return code;
    }
    struct account_lookups lookups = account_lookups_of(call->snapshot);
    code = account_command_new(body, &lookups, &command, error);
    if (code) {
        return code;
    }
    call->data = command;
    call->data_done = command_done;
    return account_command_is_secret(command)
               ? error_set(error, ERROR_INPUT, "person.command",
                           "links and passwords are made in a shell: here take a code")
               : 0;
}

int staff_command(struct api_call *call, struct db *db, struct error *error)
{
    struct account_command *command = call->data;
    int64_t before = 0;
    int code = account_audit_last(db, &before, error);
    if (!code) {
        code = account_command_run(db, command, call->now_ms, error);
    }
    if (!code) {
        code = account_audit_by(db, before, call->session.actor.person_id, error);
    }
    return code ? code
                : account_roster_person(db, city_roster(call->snapshot),
                                        account_command_login(command), error);
}

int staff_command_reply(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_LINE);
    account_command_write(call->data, &body);
    changes_sessions(call->api->changes, call->city); // streams look at their rights again
    http_reply_header(call->request, "Cache-Control", "no-store");
    http_reply_json(call->request, 200, &body);
    return 0;
}

// ---- codes ----

struct codes {
    const char *logins[CODES_MOST];
    size_t count;
    bool all; // whoever has no password yet
    struct {
        char login[ACCOUNT_LOGIN_MOST + 1];
        char name[ACCOUNT_NAME_MOST + 1];
        char code[ACCOUNT_CODE_SIZE];
    } made[CODES_MOST];
    size_t made_count;
};

int staff_codes_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"logins", NULL};
    const struct json *body = NULL, *logins = NULL;
    struct codes *codes = arena_alloc(call->arena, sizeof(*codes));
    if (!codes) {
        return error_set(error, ERROR_LIMIT, "http.request_too_large", "out of memory");
    }
    call->data = codes;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_array(body, "logins", JSON_OPTIONAL, &logins, error);
    }
    codes->all = !logins;
    codes->count = json_array_length(logins);
    if (!code && codes->count > CODES_MOST) {
        code = error_set(error, ERROR_LIMIT, "staff.too_many_codes",
                         "at most %d codes at once", CODES_MOST);
    }
    for (size_t i = 0; i < codes->count && !code; i++) {
        codes->logins[i] = json_as_text(json_array_item(logins, i));
        if (!codes->logins[i]) {
            code = error_set(error, ERROR_INPUT, "json.wrong_type", "logins are texts");
        }
    }
    return code;
}

static int make_code(struct api_call *call, struct db *db, const char *login,
                     struct error *error)
{
    struct codes *codes = call->data;
    struct account_person person;
    char text[ACCOUNT_CODE_SIZE];
    int code = account_person_by_login(db, login, &person, error);
    account_code_new(text);
    if (!code) {
        code = account_code_add(db, person.id, call->now_ms, text, error);
    }
    if (code) {
        return error_prefix(error, "%.64s", login);
    }
    memcpy(codes->made[codes->made_count].login, person.login, sizeof(person.login));
    memcpy(codes->made[codes->made_count].name, person.name, sizeof(person.name));
    memcpy(codes->made[codes->made_count].code, text, sizeof(text));
    codes->made_count++;
    return 0;
}

int staff_codes(struct api_call *call, struct db *db, struct error *error)
{
    struct codes *codes = call->data;
    int64_t before = 0;
    int code = account_audit_last(db, &before, error);
    codes->made_count = 0; // it may be run again
    if (!code && codes->all) {
        code = account_people_waiting(db, "", CODES_MOST, call->arena, codes->logins,
                                      &codes->count, error);
    }
    for (size_t i = 0; i < codes->count && !code; i++) {
        code = make_code(call, db, codes->logins[i], error);
    }
    return code ? code : account_audit_by(db, before, call->session.actor.person_id, error);
}

int staff_codes_reply(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    const struct codes *codes = call->data;
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
    for (size_t i = 0; i < codes->made_count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "login", codes->made[i].login);
        json_put_text(json, "name", codes->made[i].name);
        json_put_text(json, "code", codes->made[i].code);
        json_end_object(json);
    }
    json_end_array(json);
    json_put_instant(json, "expires_at",
                     call->now_ms + (int64_t)ACCOUNT_CODE_LIFE_H * 3600 * 1000);
    json_put_bool(json, "more", codes->all && codes->made_count == CODES_MOST);
    api_answer_send_private(call, 200, &answer);
    return 0;
}
