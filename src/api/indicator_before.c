// SPDX-License-Identifier: MPL-2.0
// Figures of the time before this system: entered.
#include <gridcase/evaluation/before.h>

#include "api_internal.h"
#include "routes_internal.h"

int indicators_before_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"code", "value", "period", "source", NULL};
    const struct json *body = NULL;
    struct before_entry *entry = arena_alloc(call->arena, sizeof(*entry));
    call->data = entry;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "code", JSON_REQUIRED, 63, &entry->code, error);
    }
    if (!code) {
        code = json_get_text(body, "value", JSON_REQUIRED, 4 * BEFORE_SHORT, &entry->value,
                             error);
    }
    if (!code) {
        code = json_get_text(body, "period", JSON_REQUIRED, 4 * BEFORE_SHORT,
                             &entry->period, error);
    }
    if (!code) {
        code = json_get_text(body, "source", JSON_REQUIRED, 4 * BEFORE_LONG, &entry->source,
                             error);
    }
    entry->entered_by = call->session.actor.person_id;
    entry->entered_at_ms = call->now_ms;
    return code;
}

int indicators_before_enter(struct api_call *call, struct db *db, struct error *error)
{
    return before_entry_add(db, city_evaluation(call->snapshot), call->data, error);
}

int indicators_before_reply(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    http_reply_empty(call->request, 204);
    return 0;
}
