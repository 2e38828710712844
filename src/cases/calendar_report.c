// SPDX-License-Identifier: MPL-2.0
// What a new calendar moved, as the office reads it.
#include <gridcase/cases/order.h>

#include "case_internal.h"

static struct case_calendar_change read_change(struct db_statement *s)
{
    return (struct case_calendar_change){.version = db_column_int(s, 0),
                                         .began_ms = db_column_int(s, 1),
                                         .last_ms = db_column_int(s, 2),
                                         .looked = db_column_int(s, 3),
                                         .moved = db_column_int(s, 4),
                                         .earlier = db_column_int(s, 5),
                                         .later = db_column_int(s, 6)};
}

int case_calendar_changes(struct db *db, struct arena *arena,
                          struct case_calendar_change **ret_changes, size_t *ret_count,
                          struct error *error)
{
    enum { MOST = 200 };
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct case_calendar_change *changes = arena_array(arena, MOST, sizeof *changes);
    if (changes == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for the changes");
    int code = db_prepare(db, QUERY_CALENDAR_CHANGES, &s, error);
    if (code != 0)
        return code;
    size_t count = 0;
    while (count < MOST && (code = db_step(s, error)) == DB_ROW)
        changes[count++] = read_change(s);
    if (code < 0)
        return code;
    *ret_changes = changes;
    *ret_count = count;
    return 0;
}

int case_calendar_change(struct db *db, int64_t version,
                         struct case_calendar_change *ret_change, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CALENDAR_CHANGE_LOAD, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, version);
    code = db_step(s, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "calendar_change.unknown",
                         "that version of the calendar has moved nothing");
    if (code == DB_ROW)
        *ret_change = read_change(s);
    return code < 0 ? code : 0;
}

int case_calendar_moved(struct db *db, const struct case_calendar_page *page,
                        struct arena *arena, struct case_calendar_moved **ret_moved,
                        size_t *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct case_calendar_moved *moved = arena_array(arena, page->most, sizeof *moved);
    if (moved == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for the deadlines");
    int code = db_prepare(db, QUERY_CALENDAR_MOVED_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, page->version);
    db_bind_int(s, 2, page->after);
    db_bind_int(s, 3, (int64_t)page->most);
    size_t count = 0;
    while (count < page->most && (code = db_step(s, error)) == DB_ROW)
        moved[count++] =
            (struct case_calendar_moved){.case_id = db_column_int(s, 0),
                                         .number = arena_text(arena, db_column_text(s, 1)),
                                         .kind = (int)db_column_int(s, 2),
                                         .task_no = db_column_int(s, 3),
                                         .due_before_ms = db_column_instant(s, 4),
                                         .due_after_ms = db_column_instant(s, 5),
                                         .department_id = db_column_int(s, 6)};
    if (code < 0)
        return code;
    *ret_moved = moved;
    *ret_count = count;
    return 0;
}
