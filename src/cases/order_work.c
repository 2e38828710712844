// SPDX-License-Identifier: MPL-2.0
// Time orders are worked off in slices: cases and how far the order came in one
// transaction.
#include <string.h>

#include "order_internal.h"

static const int64_t BUDGET_US = 10000; // of one slice

static int64_t big_endian(const uint8_t bytes[8])
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

static int read_slice(struct db *db, const struct case_order *order, unsigned most,
                      struct case_order_item *items, unsigned *ret_count,
                      struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TIME_ORDER_SLICE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, order->id);
    db_bind_int(s, 2, order->next * ORDER_ITEM_BYTES + 1);
    db_bind_int(s, 3, (int64_t)most * ORDER_ITEM_BYTES);
    code = db_step(s, error);
    if (code < 0)
        return code;
    size_t length = 0;
    const uint8_t *bytes = code == DB_ROW ? db_column_blob(s, 0, &length) : NULL;
    *ret_count = bytes != NULL ? (unsigned)(length / ORDER_ITEM_BYTES) : 0;
    for (unsigned i = 0; i < *ret_count; i++)
        items[i] = (struct case_order_item){big_endian(bytes + i * ORDER_ITEM_BYTES),
                                            big_endian(bytes + i * ORDER_ITEM_BYTES + 8)};
    return 0;
}

static int tell(struct db *db, const struct order_case *one, struct error *error)
{
    return db_execute(db, QUERY_TIME_ORDER_CASE_ADD,
                      (struct db_value[]){DB_INT(one->order->id), DB_INT(one->item.case_id),
                                          DB_INT(one->why), DB_INT(one->version),
                                          DB_INT(one->now_ms)},
                      5, error);
}

static struct db_value instant_or_null(int64_t instant_ms)
{
    return instant_ms == INSTANT_NONE ? DB_NULL : DB_INT(instant_ms);
}

static int store(struct db *db, const struct case_order *order, struct error *error)
{
    return db_execute(db, QUERY_TIME_ORDER_WENT_ON,
                      (struct db_value[]){DB_INT(order->id), DB_INT((int64_t)order->state),
                                          DB_INT(order->next), DB_INT(order->worked),
                                          DB_INT(order->moved), DB_INT(order->skipped),
                                          instant_or_null(order->lifted_ms),
                                          instant_or_null(order->ended_ms)},
                      8, error);
}

static void count(struct case_order *order, int why)
{
    if (order->state == CASE_ORDER_LIFTING)
        return; // told when it was worked
    if (why == 0 || why == CASE_ORDER_MOVED)
        order->worked++;
    else
        order->skipped++;
    order->moved += why == CASE_ORDER_MOVED;
}

static void conclude(struct case_order *order, int64_t now_ms)
{
    if (order->next < order->listed)
        return;
    if (order->state == CASE_ORDER_WORKING && order->what == CASE_ORDER_PAUSE) {
        order->state = CASE_ORDER_IN_FORCE;
        return;
    }
    order->state = CASE_ORDER_DONE;
    order->ended_ms = now_ms;
}

// Up to *done cases; says how many it was.
static int work_on(struct db *db, const struct city_snapshot *city,
                   struct case_order *order, int64_t now_ms, unsigned *done,
                   struct error *error)
{
    struct case_order_item items[ORDER_SLICE_MOST];
    unsigned found = 0, most = *done;
    int code = read_slice(db, order, most, items, &found, error);
    *done = 0;
    int64_t begun_us = instant_monotonic_us();
    for (unsigned i = 0; i < found && code == 0; i++) {
        struct order_case one = {.order = order, .item = items[i], .now_ms = now_ms};
        code = case_order_treat(db, city, &one, error);
        if (code == 0 && one.why != 0 && order->state == CASE_ORDER_WORKING)
            code = tell(db, &one, error);
        count(order, one.why);
        order->next++;
        ++*done;
        if (instant_monotonic_us() - begun_us > BUDGET_US)
            break;
    }
    if (code != 0)
        return code;
    if (found == 0)
        order->next = order->listed; // a list that was cut short
    conclude(order, now_ms);
    return store(db, order, error);
}

static int waiting(struct db *db, int64_t now_ms, int64_t *ret_id, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TIME_ORDER_WAITING, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, now_ms);
    code = db_step(s, error);
    *ret_id = code == DB_ROW ? db_column_int(s, 0) : 0;
    return code < 0 ? code : 0;
}

int case_order_work(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                    unsigned most, unsigned *ret_done, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(256 * 1024);
    struct case_order order;
    int64_t id = 0;
    *ret_done = 0;
    if (most > ORDER_SLICE_MOST)
        most = ORDER_SLICE_MOST;
    int code = waiting(db, now_ms, &id, error);
    if (code != 0 || id == 0 || most == 0)
        return code;
    code = case_order_load(db, id, arena, &order, error);
    if (code != 0)
        return code;
    if (order.state == CASE_ORDER_IN_FORCE) { // its end has come
        order.state = CASE_ORDER_LIFTING;
        order.lifted_ms = order.until_ms;
        order.next = 0;
    }
    *ret_done = most;
    return work_on(db, city, &order, now_ms, ret_done, error);
}

int case_order_next(struct db *db, int64_t *ret_ms, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TIME_ORDER_NEXT, &s, error);
    if (code != 0)
        return code;
    code = db_step(s, error);
    *ret_ms = code == DB_ROW ? db_column_instant(s, 0) : INSTANT_NONE;
    return code < 0 ? code : 0;
}
