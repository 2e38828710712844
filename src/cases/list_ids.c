// SPDX-License-Identifier: MPL-2.0
// Pages of cases that somebody else has chosen, by their ids: some of them to a statement.
#include "case_internal.h"

void case_bind_ids(struct db_statement *statement, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < CASE_IDS_MOST; i++)
        db_bind_int(statement, CASE_IDS_FIRST + (int)i, i < count ? ids[i] : 0);
}

static int read_rows(struct db *db, const int64_t *ids, size_t count, struct arena *arena,
                     struct case_row rows[CASE_IDS_MOST], struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    const enum query_id parts[] = {QUERY_CASE_COLUMNS, QUERY_CASE_WALK_IDS};
    size_t found = 0;
    int code = db_prepare_parts(db, parts, 2, &s, error);
    if (code != 0)
        return code;
    case_bind_ids(s, ids, count);
    while ((code = db_step(s, error)) == DB_ROW)
        for (size_t i = 0; i < count; i++)
            if (ids[i] == db_column_int(s, 0)) {
                case_row_read(s, arena, &rows[i]);
                found++;
            }
    if (code == 0 && found < count)
        return error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
    return code;
}

int case_list_ids(struct db *db, const struct city_snapshot *city,
                  const struct actor *actor, const int64_t *ids, size_t count,
                  struct arena *arena, struct case_page *ret_page, struct error *error)
{
    struct case_page page = {.items = arena_array(arena, count + 1, sizeof *page.items)};
    struct case_row *rows = arena_array(arena, CASE_IDS_MOST, sizeof *rows);
    struct account_sight sight;
    account_sight(actor, RIGHT_CASE_READ, &sight);
    if (page.items == NULL || rows == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for %zu cases",
                         count);
    for (size_t from = 0; from < count; from += CASE_IDS_MOST) {
        const size_t some = count - from < CASE_IDS_MOST ? count - from : CASE_IDS_MOST;
        int code = read_rows(db, ids + from, some, arena, rows, error);
        for (size_t i = 0; code == 0 && i < some; i++) {
            bool visible = false;
            code = case_row_visible(db, city, &sight, &rows[i], &visible, error);
            if (code == 0 && visible)
                case_summarise(&rows[i], arena, &page.items[page.count++]);
        }
        if (code != 0)
            return code;
    }
    *ret_page = page;
    return 0;
}
