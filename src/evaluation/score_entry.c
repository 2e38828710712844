// SPDX-License-Identifier: MPL-2.0
// Points that people give for a part of a score.
#include <gridcase/evaluation/scores.h>

#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>

static const struct score_part *part_of(const struct score *score, const char *code)
{
    for (size_t i = 0; score != NULL && i < score->part_count; i++)
        if (text_equal(score->parts[i].code, code))
            return &score->parts[i];
    return NULL;
}

static int check(const struct scores *scores, const struct score_entry *entry,
                 struct error *error)
{
    const struct score *score = scores_find(scores, entry->score, entry->to_day);
    const struct score_part *part = part_of(score, entry->part);
    if (part == NULL || (part->kind != SCORE_MANUAL && part->kind != SCORE_ADJUST))
        return error_set(error, ERROR_INPUT, "scores.entry",
                         "the score has no part of that name to which people give points");
    double least = part->kind == SCORE_ADJUST ? -100 : 0;
    if (!entry->taken_back &&
        (isnan(entry->points) || entry->points < least || entry->points > 100))
        return error_set(error, ERROR_INPUT, "scores.entry", "points are %g to 100", least);
    if (entry->from_day > entry->to_day || entry->reason == NULL ||
        entry->reason[0] == '\0' || strlen(entry->reason) > 1000)
        return error_set(error, ERROR_INPUT, "scores.entry",
                         "a period and a reason of at most 1000 bytes belong to it");
    return 0;
}

int score_entry_add(struct db *db, const struct scores *scores,
                    const struct score_entry *entry, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *statement = NULL;
    int code = check(scores, entry, error);
    if (code == 0)
        code = db_prepare(db, QUERY_SCORE_ENTRY_ADD, &statement, error);
    if (code != 0)
        return code;
    db_bind_text(statement, 1, entry->score);
    db_bind_text(statement, 2, entry->part);
    db_bind_int(statement, 3, entry->subject_id);
    db_bind_int(statement, 4, entry->from_day);
    db_bind_int(statement, 5, entry->to_day);
    if (entry->taken_back)
        db_bind_null(statement, 6);
    else
        db_bind_int(statement, 6, (int64_t)llround(entry->points * 1000));
    db_bind_text(statement, 7, entry->reason);
    db_bind_int(statement, 8, entry->entered_by);
    db_bind_int(statement, 9, entry->entered_at_ms);
    return db_step(statement, error);
}

int score_entries_read(struct db *db, const char *score, int64_t from_day, int64_t to_day,
                       struct arena *arena, struct score_entry **ret_entries,
                       size_t *ret_count, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    struct score_entry *entries = NULL;
    size_t count = 0, room = 0;
    int code = db_prepare(db, QUERY_SCORE_ENTRIES, &row, error);
    if (code != 0)
        return code;
    db_bind_text(row, 1, score);
    db_bind_int(row, 2, from_day);
    db_bind_int(row, 3, to_day);
    db_bind_int(row, 4, SCORE_ENTRIES_MOST);
    while ((code = db_step(row, error)) == DB_ROW) {
        if (count == room) {
            room = room > 0 ? 2 * room : 64;
            struct score_entry *more = arena_array(arena, room, sizeof *more);
            if (more == NULL)
                return error_set(error, ERROR_LIMIT, "figures.memory",
                                 "no room for the points that were given");
            if (count > 0)
                memcpy(more, entries, count * sizeof *more);
            entries = more;
        }
        entries[count++] =
            (struct score_entry){.id = db_column_int(row, 0),
                                 .score = score,
                                 .part = arena_text(arena, db_column_text(row, 1)),
                                 .subject_id = db_column_int(row, 2),
                                 .from_day = from_day,
                                 .to_day = to_day,
                                 .taken_back = db_column_is_null(row, 3),
                                 .points = (double)db_column_int(row, 3) / 1000,
                                 .reason = arena_text(arena, db_column_text(row, 4)),
                                 .entered_by = db_column_int(row, 5),
                                 .entered_at_ms = db_column_int(row, 6)};
    }
    if (code < 0)
        return code;
    *ret_entries = entries;
    *ret_count = count;
    return 0;
}
