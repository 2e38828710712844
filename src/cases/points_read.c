// SPDX-License-Identifier: MPL-2.0
// What the set of open cases reads: all of them in two statements, and what has changed
// some cases at a time.
#include <stdlib.h>
#include <string.h>

#include "points_internal.h"

enum { CHANGES_A_TIME = 500 };

bool point_held_add(struct point_held *held, int64_t department_id, int64_t person_id)
{
    for (uint32_t i = 0; i < held->count; i++)
        if (held->holders[i].department_id == department_id &&
            held->holders[i].person_id == person_id)
            return true;
    if (held->count == POINT_HOLDERS_MOST)
        return true;
    if ((held->count & (held->count - 1)) == 0) { // 0, 1, 2, 4, 8 ...: twice the room
        const size_t room = held->count == 0 ? 1 : 2 * (size_t)held->count;
        struct case_holder *fresh = realloc(held->holders, room * sizeof *fresh);
        if (fresh == NULL)
            return false;
        held->holders = fresh;
    }
    held->holders[held->count++] = (struct case_holder){department_id, person_id};
    return true;
}

// ---- all ----
static int read_cases(struct db *db, const struct point_reader *reader, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    const enum query_id parts[] = {QUERY_CASE_COLUMNS, QUERY_CASE_WALK_OPEN};
    int code = db_prepare_parts(db, parts, 2, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        struct case_row row;
        case_row_read(s, NULL, &row);
        code = reader->take(reader->context, &row, error);
    }
    return code;
}

static int read_holders(struct db *db, const struct point_reader *reader,
                        struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    const enum query_id parts[] = {QUERY_CASE_HOLDERS, QUERY_CASE_HOLDERS_OPEN};
    int code = db_prepare_parts(db, parts, 2, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        const struct case_holder holder = {db_column_int(s, 1), db_column_int(s, 2)};
        code = reader->hold(reader->context, db_column_int(s, 0), &holder, error);
    }
    return code;
}

int point_read_all(struct db *db, const struct point_reader *reader, struct error *error)
{
    int code = read_cases(db, reader, error);
    return code != 0 ? code : read_holders(db, reader, error);
}

// ---- changes ----
static size_t index_of(const struct point_news *news, int64_t case_id)
{
    size_t i = 0;
    while (i < news->count && news->ids[i] != case_id)
        i++;
    return i;
}

static int read_changes(struct db *db, int64_t after, struct point_news *news,
                        struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CHANGE_CASES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, after);
    db_bind_int(s, 2, CHANGES_A_TIME);
    while ((code = db_step(s, error)) == DB_ROW) {
        const int64_t position = db_column_int(s, 0), case_id = db_column_int(s, 1);
        const size_t i = index_of(news, case_id);
        if (i == POINT_IDS)
            return 0;
        news->count += i == news->count;
        news->ids[i] = case_id;
        news->positions[i] = position;
        news->up_to = position;
    }
    return code;
}

static int read_rows(struct db *db, struct arena *words, struct point_news *news,
                     struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    const enum query_id parts[] = {QUERY_CASE_COLUMNS, QUERY_CASE_WALK_IDS};
    int code = db_prepare_parts(db, parts, 2, &s, error);
    if (code != 0)
        return code;
    case_bind_ids(s, news->ids, news->count);
    while ((code = db_step(s, error)) == DB_ROW) {
        const size_t i = index_of(news, db_column_int(s, 0));
        if (i == news->count)
            continue;
        case_row_read(s, words, &news->cases[i].row);
        news->cases[i].open = news->cases[i].row.closed_ms == INSTANT_NONE;
    }
    return code;
}

static int read_held(struct db *db, struct point_news *news, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    const enum query_id parts[] = {QUERY_CASE_HOLDERS, QUERY_CASE_HOLDERS_IDS};
    int code = db_prepare_parts(db, parts, 2, &s, error);
    if (code != 0)
        return code;
    case_bind_ids(s, news->ids, news->count);
    while ((code = db_step(s, error)) == DB_ROW) {
        const size_t i = index_of(news, db_column_int(s, 0));
        if (i < news->count && news->cases[i].open &&
            !point_held_add(&news->cases[i].held, db_column_int(s, 1), db_column_int(s, 2)))
            return error_set(error, ERROR_LIMIT, "tile.memory", "out of memory for points");
    }
    return code;
}

int point_news_read(struct db *db, int64_t after, struct arena *words,
                    struct point_news *news, struct error *error)
{
    _Static_assert(POINT_IDS == (int)CASE_IDS_MOST, "a statement takes them all");
    memset(news, 0, sizeof *news);
    int code = read_changes(db, after, news, error);
    if (code == 0 && news->count > 0)
        code = read_rows(db, words, news, error);
    if (code == 0 && news->count > 0)
        code = read_held(db, news, error);
    return code;
}

void point_news_done(struct point_news *news)
{
    for (size_t i = 0; i < news->count; i++) {
        free(news->cases[i].held.holders);
        news->cases[i].held = (struct point_held){0};
    }
}
