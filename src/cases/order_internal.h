// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <gridcase/cases/order.h>

#include "case_internal.h"

enum { ORDER_ITEM_BYTES = 16, ORDER_SLICE_MOST = 256 };

// Columns in the order of time_orders. Texts are copied into the arena.
void case_order_read(struct db_statement *statement, struct arena *arena,
                     struct case_order *ret_order);
// One case of the list.
struct order_case {
    const struct case_order *order;
    struct case_order_item item;
    int64_t now_ms;
    int why;         // after: 0 treated, else enum case_order_why
    int64_t version; // after: the case's version before
};
// Treats it, or lets it go: moves and stores it.
int case_order_treat(struct db *db, const struct city_snapshot *city,
                     struct order_case *one, struct error *error) ERROR_MUST_CHECK;
