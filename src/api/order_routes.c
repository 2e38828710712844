// SPDX-License-Identifier: MPL-2.0
// Time orders: signed over what a list shows, lifted, read with the cases they report; and
// what a new calendar moved. The list is read in the worker pool, only its ids go through
// the lane.
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/order.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

enum {
    LIST_PAGE = 500,
    LIST_PAGE_ARENA = 16 * 1024 * 1024,
    TOLD_PAGE = 200,
    MOVED_PAGE = 500,
    FILTER_MOST = 2000,
};

static int read_id(struct api_call *call, const char *slug, int64_t *ret_id,
                   struct error *error)
{
    const char *text = call->parameters[0];
    struct error ignored = {0};
    return text_to_int(text, strlen(text), ret_id, &ignored)
               ? error_set(error, ERROR_NOT_FOUND, slug, "there is no such number")
               : 0;
}

static void put_signer(struct api_view *view, const char *name, int64_t id)
{
    if (id == 0) {
        json_put_null(view->json, name);
    } else {
        json_put_text(view->json, name, api_person_name(view, id));
    }
}

static void put_instant(struct json_writer *json, const char *name, int64_t instant_ms)
{
    if (instant_ms == INSTANT_NONE) {
        json_put_null(json, name);
    } else {
        json_put_instant(json, name, instant_ms);
    }
}

// ---- reading ----

static void put_amount(struct json_writer *json, const struct api_view *view,
                       const struct limit *amount)
{
    if (amount->unit == LIMIT_NONE) {
        json_put_null(json, "amount");
        return;
    }
    json_begin_object(json, "amount");
    for (size_t i = 0; i < city_languages(view->call->snapshot); i++) {
        BUFFER_CLEANUP struct buffer text;
        const char *language = city_language(view->call->snapshot, i);
        buffer_init(&text, BUFFER_CEILING_LINE);
        limit_text(amount, language, &text);
        json_put_text(json, language, text.data);
    }
    json_end_object(json);
}

static void put_order(struct api_view *view, const char *name,
                      const struct case_order *order)
{
    struct json_writer *json = view->json;
    char digest[HASH_HEX_SIZE];
    hash_to_hex(order->digest, digest);
    json_begin_object(json, name);
    json_put_int(json, "id", order->id);
    json_put_text(json, "what", case_order_what_to_str((int)order->what));
    json_put_text(json, "scope", case_order_scope_to_str((int)order->scope));
    json_put_text(json, "state", case_order_state_to_str((int)order->state));
    json_put_text(json, "title", order->title);
    json_put_text(json, "reason", order->reason);
    json_put_text(json, "filter", order->filter);
    put_amount(json, view, &order->amount);
    put_instant(json, "until", order->until_ms);
    put_signer(view, "signed_by", order->signed_by);
    json_put_instant(json, "signed_at", order->signed_ms);
    put_signer(view, "lifted_by", order->lifted_by);
    put_instant(json, "lifted_at", order->lifted_ms);
    put_instant(json, "ended_at", order->ended_ms);
    json_put_text(json, "digest", digest);
    json_put_int(json, "listed", order->listed);
    json_put_int(json, "next", order->next);
    json_put_int(json, "worked", order->worked);
    json_put_int(json, "moved", order->moved);
    json_put_int(json, "skipped", order->skipped);
    json_end_object(json);
}

int orders_list(struct api_call *call, struct db *db, struct error *error)
{
    struct case_order *orders = NULL;
    size_t count = 0;
    int code = case_order_list(db, call->arena, &orders, &count, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = api_answer_begin(&answer);
    api_view_init(&view, call, db, json);
    view.people = true;
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        put_order(&view, NULL, &orders[i]);
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
    return 0;
}

static int reply_order(struct api_call *call, struct db *db, int64_t id, unsigned status,
                       struct error *error)
{
    int64_t after = 0;
    size_t count = 0;
    struct case_order order;
    struct case_order_told *told = NULL;
    int code = api_query_int(call, "after", 0, INT64_MAX, &after, error);
    if (!code) {
        code = case_order_load(db, id, call->arena, &order, error);
    }
    if (!code) {
        code = case_order_told(db, &(struct case_order_page){id, after, TOLD_PAGE},
                               call->arena, &told, &count, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct api_view view;
    struct json_writer *json = api_answer_begin(&answer);
    api_view_init(&view, call, db, json);
    view.people = true;
    put_order(&view, "order", &order);
    json_begin_array(json, "told");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "number", told[i].number);
        json_put_text(json, "why", case_order_why_to_str((int)told[i].why));
        json_put_instant(json, "at", told[i].at_ms);
        json_end_object(json);
    }
    json_end_array(json);
    if (count == TOLD_PAGE) {
        json_put_int(json, "next_after", told[count - 1].case_id);
    } else {
        json_put_null(json, "next_after");
    }
    api_answer_send(call, status, &answer);
    return 0;
}

int orders_get(struct api_call *call, struct db *db, struct error *error)
{
    int64_t id = 0;
    int code = read_id(call, "order.unknown", &id, error);
    return code ? code : reply_order(call, db, id, 200, error);
}

// ---- signing ----

struct signing {
    struct case_order_draft draft;
    struct case_order_item *items;
    size_t count;
    int64_t id;
};

static int read_what(const struct json *body, struct case_order_draft *draft,
                     struct error *error)
{
    const char *what = NULL, *scope = "handling", *amount = NULL, *until = NULL;
    int code = json_get_text(body, "what", JSON_REQUIRED, 20, &what, error);
    if (!code) {
        code = json_get_text(body, "scope", JSON_OPTIONAL, 20, &scope, error);
    }
    if (!code) {
        code = json_get_text(body, "amount", JSON_OPTIONAL, 100, &amount, error);
    }
    if (!code) {
        code = json_get_text(body, "until", JSON_OPTIONAL, 40, &until, error);
    }
    if (code) {
        return code;
    }
    bool extend = strcmp(what, "extend") == 0, all = strcmp(scope, "all") == 0;
    if ((!extend && strcmp(what, "pause") != 0) ||
        (!all && strcmp(scope, "handling") != 0)) {
        return error_set(error, ERROR_INPUT, "case.input",
                         "what is pause or extend, scope handling or all");
    }
    draft->what = extend ? CASE_ORDER_EXTEND : CASE_ORDER_PAUSE;
    draft->scope = all ? CASE_ORDER_ALL : CASE_ORDER_HANDLING;
    if (amount && extend) {
        code = limit_parse(amount, NULL, &draft->amount, NULL, error);
    }
    if (until && !extend && !code) {
        code = instant_from_text(until, strlen(until), &draft->until_ms, error);
    }
    return code;
}

static int read_draft(struct api_call *call, struct case_order_draft *draft,
                      struct error *error)
{
    static const char *const names[] = {"what",   "scope", "title", "reason",
                                        "amount", "until", NULL};
    const struct json *body = NULL;
    const char *query = strchr(http_request_target(call->request), '?');
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = read_what(body, draft, error);
    }
    if (!code) {
        code = json_get_text(body, "title", JSON_REQUIRED, CASE_ORDER_TITLE_MOST,
                             &draft->title, error);
    }
    if (!code) {
        code = json_get_text(body, "reason", JSON_REQUIRED, CASE_ORDER_REASON_MOST,
                             &draft->reason, error);
    }
    if (!code && query && strlen(query) > FILTER_MOST) {
        code = error_set(error, ERROR_INPUT, "case.filter", "the filter is too long");
    }
    draft->filter = query ? query + 1 : "";
    draft->actor = &call->session.actor;
    draft->now_ms = call->now_ms;
    draft->key = call->has_key ? call->key : NULL;
    return code;
}

static int take_page(struct signing *signing, const struct case_page *page,
                     struct error *error)
{
    if (signing->count + page->count > CASE_ORDER_CASES) {
        return error_set(error, ERROR_LIMIT, "order.too_many", "more than %d cases",
                         CASE_ORDER_CASES);
    }
    for (size_t i = 0; i < page->count; i++) {
        signing->items[signing->count++] =
            (struct case_order_item){page->items[i].id, page->items[i].version};
    }
    return 0;
}

// Open cases of the filter that the signer sees, page by page.
static int read_list(struct api_call *call, struct db *db, struct signing *signing,
                     struct error *error)
{
    char cursor[128] = "";
    struct case_filter filter;
    int code = api_case_filter(call, &filter, error);
    filter.open = 1;
    filter.limit = LIST_PAGE;
    filter.cursor = NULL;
    while (!code) {
        ARENA_CLEANUP struct arena *arena = arena_new(LIST_PAGE_ARENA);
        struct case_page page;
        code = api_case_page(call, db, &filter, arena, &page, error);
        if (!code) {
            code = take_page(signing, &page, error);
        }
        if (code || !page.next_cursor) {
            return code;
        }
        if (text_format(cursor, sizeof(cursor), "%s", page.next_cursor)) {
            return error_set(error, ERROR_BUG, "case.cursor", "a cursor does not fit");
        }
        filter.cursor = cursor;
    }
    return code;
}

int orders_preview(struct api_call *call, struct db *db, struct error *error)
{
    struct signing signing = {.items =
                                  memory_array(CASE_ORDER_CASES, sizeof(*signing.items))};
    int code = read_list(call, db, &signing, error);
    free(signing.items);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "listed", (int64_t)signing.count);
    api_answer_send(call, 200, &answer);
    return 0;
}

static int sign(struct db *db, void *context, struct error *error)
{
    struct signing *signing = context;
    return case_order_sign(db, &signing->draft, &signing->id, error);
}

int orders_sign(struct api_call *call, struct db *db, struct error *error)
{
    struct signing signing = {.draft = {.until_ms = INSTANT_NONE}};
    int code = read_draft(call, &signing.draft, error);
    signing.items = memory_array(CASE_ORDER_CASES, sizeof(*signing.items));
    if (!code) {
        code = read_list(call, db, &signing, error);
    }
    signing.draft.items = signing.items;
    signing.draft.count = signing.count;
    if (!code) {
        code = db_lane_call(call->city->lane, DB_PEOPLE, sign, &signing, error);
    }
    free(signing.items);
    if (code) {
        return code;
    }
    atomic_store(&call->city->changed, true);  // the worker looks at once
    DB_READER_CLEANUP struct db *fresh = NULL; // one that sees the order
    code = db_reader_borrow(call->api->store, call->city->slug, DB_CASES, &fresh, error);
    return code ? code : reply_order(call, fresh, signing.id, 201, error);
}

// ---- lifting ----

int orders_lift_prepare(struct api_call *call, struct error *error)
{
    int64_t *id = arena_alloc(call->arena, sizeof(*id));
    call->data = id;
    return read_id(call, "order.unknown", id, error);
}

int orders_lift(struct api_call *call, struct db *db, struct error *error)
{
    const int64_t *id = call->data;
    int code = case_order_lift(db, *id, &call->session.actor, call->now_ms, error);
    if (!code) {
        atomic_store(&call->city->changed, true);
    }
    return code;
}

int orders_lift_reply(struct api_call *call, struct db *db, struct error *error)
{
    const int64_t *id = call->data;
    return reply_order(call, db, *id, 200, error);
}

// ---- what a new calendar moved ----

static void put_change(struct json_writer *json, const char *name,
                       const struct case_calendar_change *change)
{
    json_begin_object(json, name);
    json_put_int(json, "version", change->version);
    json_put_instant(json, "began_at", change->began_ms);
    json_put_instant(json, "last_at", change->last_ms);
    json_put_int(json, "looked", change->looked);
    json_put_int(json, "moved", change->moved);
    json_put_int(json, "earlier", change->earlier);
    json_put_int(json, "later", change->later);
    json_end_object(json);
}

int calendar_changes_list(struct api_call *call, struct db *db, struct error *error)
{
    struct case_calendar_change *changes = NULL;
    size_t count = 0;
    int code = case_calendar_changes(db, call->arena, &changes, &count, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        put_change(json, NULL, &changes[i]);
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
    return 0;
}

// Where the next page begins: after the last case that is whole on this one.
static int64_t whole_until(const struct case_calendar_moved *moved, size_t *count)
{
    if (*count < MOVED_PAGE) {
        return 0;
    }
    size_t whole = *count;
    while (whole > 1 && moved[whole - 2].case_id == moved[whole - 1].case_id) {
        whole--;
    }
    if (whole > 1) {
        *count = whole - 1;
    }
    return moved[*count - 1].case_id;
}

int calendar_changes_get(struct api_call *call, struct db *db, struct error *error)
{
    struct case_calendar_page page = {.most = MOVED_PAGE};
    struct case_calendar_change change;
    struct case_calendar_moved *moved = NULL;
    size_t count = 0;
    int code = read_id(call, "calendar_change.unknown", &page.version, error);
    if (!code) {
        code = api_query_int(call, "after", 0, INT64_MAX, &page.after, error);
    }
    if (!code) {
        code = case_calendar_change(db, page.version, &change, error);
    }
    if (!code) {
        code = case_calendar_moved(db, &page, call->arena, &moved, &count, error);
    }
    if (code) {
        return code;
    }
    int64_t next = whole_until(moved, &count);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    put_change(json, "change", &change);
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "number", moved[i].number);
        json_put_text(json, "clock", process_clock_to_str(moved[i].kind));
        json_put_int(json, "department", moved[i].department_id);
        put_instant(json, "due_before", moved[i].due_before_ms);
        put_instant(json, "due_after", moved[i].due_after_ms);
        json_end_object(json);
    }
    json_end_array(json);
    if (next) {
        json_put_int(json, "next_after", next);
    } else {
        json_put_null(json, "next_after");
    }
    api_answer_send(call, 200, &answer);
    return 0;
}
