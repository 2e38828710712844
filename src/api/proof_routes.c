// SPDX-License-Identifier: MPL-2.0
// Roots over all histories, for everybody, and receipts of single cases.
#include <gridcase/cases/seal.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { ROOTS_PAGE = 100 };

static void put_root(struct json_writer *json, const struct case_seal *seal)
{
    char root[HASH_HEX_SIZE];
    char line[SEAL_LINE_SIZE];
    hash_to_hex(seal->root, root);
    case_seal_line(seal, line);
    json_begin_object(json, NULL);
    json_put_int(json, "number", seal->number);
    json_put_instant(json, "made_at", seal->made_ms);
    json_put_int(json, "position", seal->last);
    json_put_int(json, "rows", seal->rows);
    json_put_int(json, "frozen", seal->frozen);
    json_put_text(json, "root", root);
    json_put_text(json, "line", line);
    json_end_object(json);
}

int proof_roots(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"before", NULL};
    struct case_seal *seals = NULL;
    size_t count = 0;
    int64_t before = 0;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = api_query_int(call, "before", 1, INT64_MAX, &before, error);
    }
    if (!code) {
        code = case_seal_list(db, before, ROOTS_PAGE, call->arena, &seals, &count, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        put_root(json, &seals[i]);
    }
    json_end_array(json);
    if (count > 0 && seals[count - 1].number > 1) {
        json_put_int(json, "next_before", seals[count - 1].number);
    } else {
        json_put_null(json, "next_before");
    }
    api_answer_send(call, 200, &answer);
    return 0;
}

int proof_receipt(struct api_call *call, struct db *db, struct error *error)
{
    int64_t case_id = 0;
    bool visible = false;
    int code = case_find(db, call->parameters[0], &case_id, error);
    if (!code) {
        code = case_visible(db, call->snapshot, &call->session.actor, case_id, &visible,
                            error);
    }
    if (!code && !visible) {
        code = error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
    }
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    if (!code) {
        code = case_receipt(db, case_id, &body, error);
    }
    if (!code) {
        api_reply_json(call, 200, &body);
    }
    return code;
}
