// SPDX-License-Identifier: MPL-2.0
// Figures of the time before this system.
#include <gridcase/evaluation/before.h>

#include <string.h>

#include <gridcase/core/text.h>

static bool fits(const char *text, size_t most)
{
    return text != NULL && text_characters(text, strlen(text)) <= most;
}

int before_entry_add(struct db *db, const struct evaluation *evaluation,
                     const struct before_entry *entry, struct error *error)
{
    if (evaluation_find(evaluation, entry->code, strlen(entry->code)) < 0)
        return error_set(error, ERROR_INPUT, "indicators.before",
                         "there is no figure of that code");
    if (!fits(entry->value, BEFORE_SHORT) || !fits(entry->period, BEFORE_SHORT) ||
        !fits(entry->source, BEFORE_LONG))
        return error_set(error, ERROR_INPUT, "indicators.before",
                         "value and period are at most %d characters, the source %d",
                         BEFORE_SHORT, BEFORE_LONG);
    if (*entry->value != '\0' && text_is_blank(entry->period))
        return error_set(error, ERROR_INPUT, "indicators.before",
                         "a value belongs to a period");
    return db_execute(db, QUERY_FIGURE_BEFORE_ADD,
                      (struct db_value[]){DB_TEXT(entry->code), DB_TEXT(entry->value),
                                          DB_TEXT(entry->period), DB_TEXT(entry->source),
                                          DB_INT(entry->entered_by),
                                          DB_INT(entry->entered_at_ms)},
                      6, error);
}

int before_entries_read(struct db *db, struct arena *arena,
                        struct before_entry **ret_entries, size_t *ret_count,
                        struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct before_entry *entries = arena_array(arena, BEFORE_MOST, sizeof *entries);
    size_t count = 0;
    int code = entries == NULL ? error_set(error, ERROR_LIMIT, "figures.memory",
                                           "no room for the figures of before")
                               : db_prepare(db, QUERY_FIGURE_BEFORE_LIST, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, BEFORE_MOST);
    while ((code = db_step(row, error)) == DB_ROW && count < BEFORE_MOST)
        entries[count++] =
            (struct before_entry){.code = arena_text(arena, db_column_text(row, 0)),
                                  .value = arena_text(arena, db_column_text(row, 1)),
                                  .period = arena_text(arena, db_column_text(row, 2)),
                                  .source = arena_text(arena, db_column_text(row, 3)),
                                  .entered_by = db_column_int(row, 4),
                                  .entered_at_ms = db_column_int(row, 5)};
    if (code < 0)
        return code;
    *ret_entries = entries;
    *ret_count = count;
    return 0;
}
