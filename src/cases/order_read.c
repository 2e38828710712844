// SPDX-License-Identifier: MPL-2.0
// Time orders as they are read, and their words.
#include <string.h>

#include "order_internal.h"

static const char *word(const char *const *words, int count, int number)
{
    return number > 0 && number < count ? words[number] : "?";
}

const char *case_order_what_to_str(int what)
{
    static const char *const WORDS[] = {"", "pause", "extend"};
    return word(WORDS, 3, what);
}

const char *case_order_scope_to_str(int scope)
{
    static const char *const WORDS[] = {"", "handling", "all"};
    return word(WORDS, 3, scope);
}

const char *case_order_state_to_str(int state)
{
    static const char *const WORDS[] = {"", "working", "in_force", "lifting", "done"};
    return word(WORDS, 5, state);
}

const char *case_order_why_to_str(int why)
{
    static const char *const WORDS[] = {"",     "moved",   "ended",  "no_clock",
                                        "held", "refused", "unknown"};
    return word(WORDS, 7, why);
}

void case_order_read(struct db_statement *s, struct arena *arena,
                     struct case_order *ret_order)
{
    *ret_order = (struct case_order){
        .id = db_column_int(s, 0),
        .what = (enum case_order_what)db_column_int(s, 1),
        .scope = (enum case_order_scope)db_column_int(s, 2),
        .state = (enum case_order_state)db_column_int(s, 3),
        .title = arena_text(arena, db_column_text(s, 4)),
        .reason = arena_text(arena, db_column_text(s, 5)),
        .filter = arena_text(arena, db_column_text(s, 6)),
        .amount = {.unit = (enum limit_unit)db_column_int(s, 7),
                   .milli = db_column_int(s, 8)},
        .until_ms = db_column_instant(s, 9),
        .signed_by = db_column_int(s, 10),
        .signed_ms = db_column_int(s, 11),
        .lifted_by = db_column_int(s, 12),
        .lifted_ms = db_column_instant(s, 13),
        .ended_ms = db_column_instant(s, 14),
        .listed = db_column_int(s, 16),
        .next = db_column_int(s, 17),
        .worked = db_column_int(s, 18),
        .moved = db_column_int(s, 19),
        .skipped = db_column_int(s, 20),
    };
    size_t length = 0;
    const void *digest = db_column_blob(s, 15, &length);
    if (digest != NULL && length == HASH_SIZE)
        memcpy(ret_order->digest, digest, HASH_SIZE);
}

int case_order_load(struct db *db, int64_t order_id, struct arena *arena,
                    struct case_order *ret_order, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TIME_ORDER_LOAD, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, order_id);
    code = db_step(s, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "order.unknown", "there is no such order");
    if (code == DB_ROW)
        case_order_read(s, arena, ret_order);
    return code < 0 ? code : 0;
}

int case_order_list(struct db *db, struct arena *arena, struct case_order **ret_orders,
                    size_t *ret_count, struct error *error)
{
    enum { MOST = 200 };
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct case_order *orders = arena_array(arena, MOST, sizeof *orders);
    if (orders == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for the orders");
    int code = db_prepare(db, QUERY_TIME_ORDERS, &s, error);
    if (code != 0)
        return code;
    size_t count = 0;
    while (count < MOST && (code = db_step(s, error)) == DB_ROW)
        case_order_read(s, arena, &orders[count++]);
    if (code < 0)
        return code;
    *ret_orders = orders;
    *ret_count = count;
    return 0;
}

int case_order_told(struct db *db, const struct case_order_page *page, struct arena *arena,
                    struct case_order_told **ret_told, size_t *ret_count,
                    struct error *error)
{
    size_t most = page->most;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct case_order_told *told = arena_array(arena, most, sizeof *told);
    if (told == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for the cases");
    int code = db_prepare(db, QUERY_TIME_ORDER_CASES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, page->order_id);
    db_bind_int(s, 2, page->after);
    db_bind_int(s, 3, (int64_t)most);
    size_t count = 0;
    while (count < most && (code = db_step(s, error)) == DB_ROW) {
        const char *number = db_column_text(s, 1);
        told[count++] = (struct case_order_told){
            .case_id = db_column_int(s, 0),
            .number = arena_text(arena, number != NULL ? number : ""),
            .why = (enum case_order_why)db_column_int(s, 2),
            .at_ms = db_column_int(s, 3)};
    }
    if (code < 0)
        return code;
    *ret_told = told;
    *ret_count = count;
    return 0;
}
