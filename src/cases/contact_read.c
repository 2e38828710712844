// SPDX-License-Identifier: MPL-2.0
// Reading contacts: of a case, of a number, of those who wait; merged cases.
#include <stdlib.h>
#include <string.h>

#include "contact_internal.h"

static const char *kept(struct arena *arena, struct db_statement *s, int column)
{
    const char *text = db_column_text(s, column);
    return arena_text(arena, text != NULL ? text : "");
}

static void read_row(struct db_statement *s, struct arena *arena, struct contact_row *row)
{
    size_t length = 0;
    *row = (struct contact_row){
        .id = db_column_int(s, 0),
        .at_ms = db_column_int(s, 1),
        .channel = (enum contact_channel)db_column_int(s, 2),
        .purpose = (enum contact_purpose)db_column_int(s, 3),
        .case_id = db_column_int(s, 4),
        .named_id = db_column_int(s, 5),
        .number = kept(arena, s, 6),
        .named = kept(arena, s, 7),
        .lies_id = db_column_int(s, 8),
        .reporter_id = db_column_int(s, 9),
        .taken_by = db_column_int(s, 10),
        .name = kept(arena, s, 11),
        .phone = kept(arena, s, 12),
        .email = kept(arena, s, 13),
        .address = kept(arena, s, 14),
        .agreed = db_column_int(s, 15) != 0,
        .anonymous = db_column_int(s, 16) != 0,
        .erased = !db_column_is_null(s, 17),
        .words = kept(arena, s, 19),
        .told = kept(arena, s, 20),
        .wants_answer = db_column_int(s, 21) != 0,
        .due_ms = db_column_instant(s, 22),
        .answered_ms = db_column_instant(s, 23),
        .answered_by = db_column_int(s, 24),
        .tries = db_column_int(s, 25),
        .reached = (int)db_column_int(s, 26),
    };
    const void *voice = db_column_blob(s, 18, &length);
    row->has_voice = voice != NULL && length == HASH_SIZE;
    if (row->has_voice)
        memcpy(row->voice, voice, HASH_SIZE);
}

static int prepare(struct db *db, enum query_id where, struct db_statement **ret_statement,
                   struct error *error)
{
    return db_prepare_parts(db, (enum query_id[]){QUERY_CONTACT_COLUMNS, where}, 2,
                            ret_statement, error);
}

int contact_by_id(struct db *db, int64_t id, struct arena *arena,
                  struct contact_row *ret_row, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = prepare(db, QUERY_CONTACT_ONE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, id);
    code = db_step(s, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "contact.unknown",
                         "there is no such contact");
    if (code == DB_ROW)
        read_row(s, arena, ret_row);
    return code < 0 ? code : 0;
}

int contact_of_case(struct db *db, int64_t case_id, struct arena *arena,
                    struct contact_row **ret_rows, size_t *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct contact_row *rows = arena_array(arena, CONTACT_CASE_MOST, sizeof *rows);
    size_t count = 0;
    if (rows == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much",
                         "the case does not fit in memory");
    int code = prepare(db, QUERY_CONTACT_CASE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, CONTACT_CASE_MOST);
    while (count < CONTACT_CASE_MOST && (code = db_step(s, error)) == DB_ROW)
        read_row(s, arena, &rows[count++]);
    *ret_rows = rows;
    *ret_count = count;
    return code < 0 ? code : 0;
}

// ---- lists, as an actor may see them ----
struct looking {
    struct db *db;
    const struct city_snapshot *city;
    const struct actor *actor;
    struct account_sight cases, reporters;
    struct arena *arena;
};

// False: nothing for this actor.
static int look(struct looking *with, struct contact_item *item, bool *ret_seen,
                struct error *error)
{
    struct case_row row;
    *ret_seen = true;
    if (item->row.lies_id == 0) {
        item->whole =
            with->reporters.everything || item->row.taken_by == with->actor->person_id;
        return 0;
    }
    int code = case_row_load(with->db, item->row.lies_id, with->arena, &row, error);
    if (code == 0)
        code = case_row_visible(with->db, with->city, &with->cases, &row, &item->has_case,
                                error);
    if (code == 0 && item->has_case)
        code = case_row_visible(with->db, with->city, &with->reporters, &row, &item->whole,
                                error);
    *ret_seen = item->has_case;
    if (code == 0 && item->has_case)
        case_summarise(&row, with->arena, &item->summary);
    return code;
}

static int look_at_all(struct looking *with, struct contact_item *items, size_t *count,
                       struct error *error)
{
    size_t kept_count = 0;
    int code = 0;
    for (size_t i = 0; i < *count && code == 0; i++) {
        bool seen = false;
        code = look(with, &items[i], &seen, error);
        if (seen)
            items[kept_count++] = items[i];
    }
    *count = kept_count;
    return code;
}

static struct looking looking(struct db *db, const struct city_snapshot *city,
                              const struct actor *actor, struct arena *arena)
{
    struct looking with = {.db = db, .city = city, .actor = actor, .arena = arena};
    account_sight(actor, RIGHT_CASE_READ, &with.cases);
    account_sight(actor, RIGHT_REPORTER_READ, &with.reporters);
    return with;
}

int contact_find(struct db *db, const struct city_snapshot *city, const struct actor *actor,
                 const char *phone, struct arena *arena, struct contact_item **ret_items,
                 size_t *ret_count, struct error *error)
{
    enum { LOOK_AT_MOST = 4 * CONTACT_FIND_MOST };
    char digits[PHONE_DIGITS_SIZE], tail[PHONE_TAIL_SIZE];
    phone_digits(phone, digits, tail);
    if (strlen(digits) < CONTACT_DIGITS_LEAST)
        return error_set(error, ERROR_INPUT, "contact.number_short",
                         "a number has at least %d digits", CONTACT_DIGITS_LEAST);
    struct contact_item *items = arena_array(arena, CONTACT_FIND_MOST, sizeof *items);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    size_t count = 0;
    int code = items == NULL ? error_set(error, ERROR_LIMIT, "case.too_much",
                                         "the contacts do not fit in memory")
                             : prepare(db, QUERY_CONTACT_PHONE, &s, error);
    if (code != 0)
        return code;
    db_bind_text(s, 1, tail);
    db_bind_int(s, 2, LOOK_AT_MOST);
    while (count < CONTACT_FIND_MOST && (code = db_step(s, error)) == DB_ROW) {
        const char *other = db_column_text(s, 27);
        if (other == NULL || !phone_same(digits, other))
            continue;
        items[count] = (struct contact_item){.has_case = false};
        read_row(s, arena, &items[count++].row);
    }
    s = db_finish(s);
    struct looking with = looking(db, city, actor, arena);
    if (code >= 0)
        code = look_at_all(&with, items, &count, error);
    *ret_items = items;
    *ret_count = count;
    return code < 0 ? code : 0;
}

int contact_waiting(struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, struct contact_place *place, unsigned limit,
                    struct arena *arena, struct contact_item **ret_items, size_t *ret_count,
                    struct error *error)
{
    struct contact_item *items = arena_array(arena, limit, sizeof *items);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    size_t count = 0;
    int code = items == NULL ? error_set(error, ERROR_LIMIT, "case.too_much",
                                         "the contacts do not fit in memory")
                             : prepare(db, QUERY_CONTACT_DUE_AFTER, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, place->due_ms);
    db_bind_int(s, 2, place->id);
    db_bind_int(s, 3, limit);
    while (count < limit && (code = db_step(s, error)) == DB_ROW) {
        items[count] = (struct contact_item){.has_case = false};
        read_row(s, arena, &items[count++].row);
    }
    s = db_finish(s);
    if (count > 0)
        *place = (struct contact_place){items[count - 1].row.due_ms,
                                        items[count - 1].row.id, count == limit};
    else
        place->more = false;
    struct looking with = looking(db, city, actor, arena);
    if (code >= 0)
        code = look_at_all(&with, items, &count, error);
    *ret_items = items;
    *ret_count = count;
    return code < 0 ? code : 0;
}

int contact_waiting_count(struct db *db, int64_t *ret_count, struct error *error)
{
    return db_fetch_int(db, QUERY_CONTACT_DUE_COUNT,
                        (struct db_value[]){DB_INT(CONTACT_WAITING_MOST)}, 1, ret_count,
                        error);
}

int contact_voice_cases(struct db *db, const uint8_t sha256[HASH_SIZE], int64_t *ret_ids,
                        size_t most, size_t *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CONTACT_VOICE_CASES, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, sha256, HASH_SIZE);
    db_bind_int(s, 2, (int64_t)most);
    size_t count = 0;
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        ret_ids[count++] = db_column_int(s, 0);
    *ret_count = count;
    return code < 0 ? code : 0;
}

// ---- looks behind the mask ----
int contact_looks(struct db *db, int64_t case_id, int64_t before_id, unsigned limit,
                  struct arena *arena, struct contact_look **ret_looks, size_t *ret_count,
                  struct error *error)
{
    struct contact_look *looks = arena_array(arena, limit, sizeof *looks);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    size_t count = 0;
    int code =
        looks == NULL
            ? error_set(error, ERROR_LIMIT, "case.too_much",
                        "the list does not fit in memory")
            : db_prepare(db, case_id != 0 ? QUERY_UNMASKING_OF_CASE : QUERY_UNMASKING_LIST,
                         &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, before_id > 0 ? before_id : INT64_MAX);
    db_bind_int(s, 2, limit);
    if (case_id != 0)
        db_bind_int(s, 3, case_id);
    while (count < limit && (code = db_step(s, error)) == DB_ROW)
        looks[count++] = (struct contact_look){.id = db_column_int(s, 0),
                                               .case_id = db_column_int(s, 1),
                                               .number = kept(arena, s, 2),
                                               .person_id = db_column_int(s, 3),
                                               .reason = kept(arena, s, 4),
                                               .at_ms = db_column_int(s, 5)};
    *ret_looks = looks;
    *ret_count = count;
    return code < 0 ? code : 0;
}

// ---- merged cases ----
static int number_of(struct db *db, int64_t case_id, struct arena *arena,
                     const char **ret_number, struct error *error)
{
    struct case_row row;
    int code = case_row_load(db, case_id, arena, &row, error);
    if (code == 0)
        *ret_number = arena_text(arena, row.number);
    return code;
}

int case_merged_read(struct db *db, int64_t case_id, struct arena *arena,
                     struct case_merged *ret_merged, struct error *error)
{
    struct case_merged merged = {.into = ""};
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int64_t survivor = 0;
    int code = case_survivor(db, case_id, &survivor, error);
    if (code == 0 && survivor != case_id) {
        merged.into_id = survivor;
        code = number_of(db, survivor, arena, &merged.into, error);
    }
    if (code == 0)
        code = db_prepare(db, QUERY_CASE_MERGE_LIST, &s, error);
    if (code != 0)
        return code;
    merged.duplicates = arena_array(arena, CASE_MERGED_MOST, sizeof *merged.duplicates);
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, CASE_MERGED_MOST);
    while (merged.duplicates != NULL && merged.duplicate_count < CASE_MERGED_MOST &&
           (code = db_step(s, error)) == DB_ROW)
        merged.duplicates[merged.duplicate_count++] = kept(arena, s, 0);
    *ret_merged = merged;
    return code < 0 ? code : 0;
}
