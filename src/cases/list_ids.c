// SPDX-License-Identifier: MPL-2.0
// A page of cases that somebody else has chosen, by their ids.
#include "case_internal.h"

int case_list_ids(struct db *db, const struct city_snapshot *city,
                  const struct actor *actor, const int64_t *ids, size_t count,
                  struct arena *arena, struct case_page *ret_page, struct error *error)
{
    struct case_page page = {.items = arena_array(arena, count + 1, sizeof *page.items)};
    struct account_sight sight;
    account_sight(actor, RIGHT_CASE_READ, &sight);
    if (page.items == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for %zu cases",
                         count);
    for (size_t i = 0; i < count; i++) {
        struct case_row row;
        bool visible = false;
        int code = case_row_load(db, ids[i], arena, &row, error);
        if (code == 0)
            code = case_row_visible(db, city, &sight, &row, &visible, error);
        if (code != 0)
            return code;
        if (visible)
            case_summarise(&row, arena, &page.items[page.count++]);
    }
    *ret_page = page;
    return 0;
}
