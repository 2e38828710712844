// SPDX-License-Identifier: MPL-2.0
// Taking down who called, came or wrote; answering them; forgetting them.
#include <string.h>

#include <gridcase/core/text.h>

#include "contact_internal.h"

static const char *const CHANNELS[CONTACT_CHANNEL_COUNT] = {
    [CONTACT_CALL] = "call",
    [CONTACT_VISIT] = "visit",
    [CONTACT_MESSAGE] = "message",
    [CONTACT_WEB] = "web",
};
static const char *const PURPOSES[CONTACT_PURPOSE_COUNT] = {
    [CONTACT_OPENED] = "opened", [CONTACT_JOINED] = "joined", [CONTACT_ASKED] = "asked"};

const char *contact_channel_to_str(int channel)
{
    return channel > 0 && channel < CONTACT_CHANNEL_COUNT ? CHANNELS[channel] : NULL;
}

// Words begin at 1.
static int number_of(const char *const *words, int count, const char *text)
{
    for (int i = 1; i < count; i++)
        if (text_equal(words[i], text))
            return i;
    return -1;
}

int contact_channel_from_str(const char *text)
{
    return number_of(CHANNELS, CONTACT_CHANNEL_COUNT, text);
}

const char *contact_purpose_to_str(int purpose)
{
    return purpose > 0 && purpose < CONTACT_PURPOSE_COUNT ? PURPOSES[purpose] : NULL;
}

int contact_purpose_from_str(const char *text)
{
    return number_of(PURPOSES, CONTACT_PURPOSE_COUNT, text);
}

// ---- who it was ----
static struct db_value text_or_null(const char *text)
{
    return text != NULL && *text != '\0' ? DB_TEXT(text) : DB_NULL;
}

int case_reporter_add(struct db *db, const struct case_reporter *reporter, int64_t *ret_id,
                      struct error *error)
{
    static const struct case_reporter UNKNOWN = {.anonymous = true};
    char digits[PHONE_DIGITS_SIZE], tail[PHONE_TAIL_SIZE];
    const struct case_reporter *who = reporter != NULL ? reporter : &UNKNOWN;
    phone_digits(who->phone, digits, tail);
    return db_fetch_int(
        db, QUERY_REPORTER_ADD,
        (struct db_value[]){DB_TEXT(who->name), DB_TEXT(who->phone), DB_TEXT(who->email),
                            DB_INT(who->agreed), text_or_null(who->address),
                            who->voice != NULL ? DB_BLOB(who->voice, HASH_SIZE) : DB_NULL,
                            DB_INT(who->anonymous), text_or_null(digits),
                            text_or_null(tail)},
        9, ret_id, error);
}

// ---- a request that came before ----
static int key_reused(struct error *error)
{
    return error_set(error, ERROR_CONFLICT, "case.key_reused",
                     "the Idempotency-Key was used for another request");
}

static bool same_request(struct db_statement *s, int digest_column, int person_column,
                         const uint8_t *body_digest, const struct actor *actor)
{
    size_t length = 0;
    const void *digest = db_column_blob(s, digest_column, &length);
    return digest != NULL && length == HASH_SIZE && body_digest != NULL &&
           memcmp(digest, body_digest, HASH_SIZE) == 0 &&
           db_column_int(s, person_column) == actor->person_id;
}

// DB_ROW: it is there already.
static int look_up(struct db *db, const struct contact_new *contact,
                   struct contact_result *ret_result, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CONTACT_BY_KEY, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, contact->key, 16);
    code = db_step(s, error);
    if (code != DB_ROW)
        return code;
    if (!same_request(s, 3, 4, contact->body_digest, contact->actor))
        return key_reused(error);
    *ret_result = (struct contact_result){.id = db_column_int(s, 0),
                                          .case_id = db_column_int(s, 1),
                                          .named_id = db_column_int(s, 2),
                                          .repeated = true};
    return DB_ROW;
}

// ---- taking one down ----
static int check_words(const char *text, struct error *error)
{
    if (text == NULL)
        return 0;
    size_t length = strlen(text);
    if (!text_is_utf8(text, length) || text_characters(text, length) > CONTACT_WORDS_MOST)
        return error_set(error, ERROR_INPUT, "contact.words",
                         "what was said is UTF-8 of at most %d characters",
                         CONTACT_WORDS_MOST);
    return 0;
}

static int case_named(struct db *db, const struct city_snapshot *city,
                      const struct contact_new *contact, struct contact_result *result,
                      struct error *error)
{
    int64_t named = 0;
    bool visible = false;
    if (contact->number == NULL)
        return contact->purpose == CONTACT_ASKED
                   ? 0
                   : error_set(error, ERROR_INPUT, "contact.no_case",
                               "say which case it joins");
    int code = case_find(db, contact->number, &named, error);
    if (code == 0)
        code = case_visible(db, city, contact->actor, named, &visible, error);
    if (code == 0 && !visible)
        code = error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no case '%.40s'",
                         contact->number);
    if (code == 0)
        code = case_survivor(db, named, &result->case_id, error);
    result->named_id = result->case_id != named ? named : 0;
    return code;
}

static int state_of(struct db *db, int64_t case_id, bool *ret_ended, struct error *error)
{
    struct case_row row;
    struct arena *arena ARENA_CLEANUP = arena_new(256 * 1024);
    int code = case_row_load(db, case_id, arena, &row, error);
    *ret_ended = code == 0 && row.closed_ms != INSTANT_NONE;
    return code;
}

static int store_row(struct db *db, const struct contact_new *contact, bool due,
                     struct contact_result *result, struct error *error)
{
    int64_t reporter_id = 0, at_ms = contact->received_ms;
    int code = case_reporter_add(db, contact->reporter, &reporter_id, error);
    if (code != 0)
        return code;
    bool told = contact->told != NULL && *contact->told != '\0';
    bool wants = contact->contact.wants_answer;
    return db_fetch_int(
        db, QUERY_CONTACT_ADD,
        (struct db_value[]){
            DB_INT(at_ms), DB_INT(contact->contact.channel), DB_INT(contact->purpose),
            result->case_id != 0 ? DB_INT(result->case_id) : DB_NULL,
            result->named_id != 0 ? DB_INT(result->named_id) : DB_NULL, DB_INT(reporter_id),
            DB_INT(contact->actor->person_id), text_or_null(contact->contact.words),
            DB_INT(wants), due && wants && !told ? DB_INT(at_ms) : DB_NULL,
            told ? DB_INT(at_ms) : DB_NULL, DB_INT(told ? contact->actor->person_id : 0),
            DB_INT(told ? 1 : 0), DB_INT(told ? 1 : -1), text_or_null(contact->told),
            DB_BLOB(contact->key, 16), DB_BLOB(contact->body_digest, HASH_SIZE)},
        17, &result->id, error);
}

// The case's own history says that there was a contact; never whose.
static int note(struct db *db, const struct city_snapshot *city,
                const struct contact_new *contact, const struct contact_result *result,
                struct error *error)
{
    BUFFER_CLEANUP struct buffer out;
    struct json_writer writer;
    buffer_init(&out, BUFFER_CEILING_LINE);
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "channel",
                  contact_channel_to_str((int)contact->contact.channel));
    json_put_int(&writer, "contact", result->id);
    json_put_text(&writer, "purpose", contact_purpose_to_str((int)contact->purpose));
    json_end_object(&writer);
    int code = buffer_check(&out, error);
    struct case_move move = {.actor = contact->actor,
                             .case_id = result->case_id,
                             .received_ms = contact->received_ms,
                             .done_ms = INSTANT_NONE};
    return code != 0 ? code
                     : case_builtin_move(db, city, &move, "contacted", out.data, error);
}

int contact_add(struct db *db, const struct city_snapshot *city,
                const struct contact_new *contact, struct contact_result *ret_result,
                struct error *error)
{
    struct contact_result result = {0};
    bool ended = true; // about no case: can be answered at once
    int code = look_up(db, contact, ret_result, error);
    if (code != 0)
        return code == DB_ROW ? 0 : code;
    code = check_words(contact->contact.words, error);
    if (code == 0)
        code = check_words(contact->told, error);
    if (code == 0)
        code = case_named(db, city, contact, &result, error);
    if (code == 0 && result.case_id != 0)
        code = state_of(db, result.case_id, &ended, error);
    if (code == 0 && ended && contact->purpose == CONTACT_JOINED)
        code = error_set(error, ERROR_CONFLICT, "contact.case_ended",
                         "the case has ended: there is nothing to join");
    if (code == 0)
        code = store_row(db, contact, ended, &result, error);
    if (code == 0 && result.case_id != 0)
        code = note(db, city, contact, &result, error);
    if (code == 0)
        *ret_result = result;
    return code;
}

// ---- answering ----
static int may_answer(struct db *db, const struct city_snapshot *city,
                      const struct actor *actor, const struct contact_row *row,
                      struct arena *arena, struct error *error)
{
    struct account_sight sight;
    struct case_row of;
    bool may = false;
    account_sight(actor, RIGHT_REPORTER_READ, &sight);
    int code = 0;
    if (row->lies_id != 0) {
        code = case_row_load(db, row->lies_id, arena, &of, error);
        if (code == 0)
            code = case_row_visible(db, city, &sight, &of, &may, error);
    } else {
        may = sight.everything || row->taken_by == actor->person_id;
    }
    if (code == 0 && !may)
        code = error_set(error, ERROR_DENIED, "account.denied", "the right '%s' is missing",
                         right_to_str(RIGHT_REPORTER_READ));
    return code;
}

static int store_answer(struct db *db, const struct contact_answer *answer,
                        const struct contact_row *row, struct error *error)
{
    bool done = answer->reached || answer->final;
    struct db_value due = row->due_ms != INSTANT_NONE ? DB_INT(row->due_ms) : DB_NULL;
    return db_execute(db, QUERY_CONTACT_TRIED,
                      (struct db_value[]){DB_INT(row->id), DB_INT(answer->reached),
                                          text_or_null(answer->told), done ? DB_NULL : due,
                                          done ? DB_INT(answer->received_ms) : DB_NULL,
                                          DB_INT(answer->actor->person_id)},
                      6, error);
}

static int note_answer(struct db *db, const struct city_snapshot *city,
                       const struct contact_answer *answer, const struct contact_row *row,
                       struct error *error)
{
    BUFFER_CLEANUP struct buffer out;
    struct json_writer writer;
    buffer_init(&out, BUFFER_CEILING_LINE);
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    json_put_int(&writer, "contact", row->id);
    json_put_bool(&writer, "reached", answer->reached);
    json_end_object(&writer);
    int code = buffer_check(&out, error);
    struct case_move move = {.actor = answer->actor,
                             .case_id = row->lies_id,
                             .received_ms = answer->received_ms,
                             .done_ms = INSTANT_NONE,
                             .key = answer->key,
                             .body_digest = answer->body_digest};
    return code != 0 ? code
                     : case_builtin_move(db, city, &move, "answered", out.data, error);
}

// Whether the key's first use was this very answer: the history has it.
static int answered_before(struct db *db, const struct contact_answer *answer,
                           bool *ret_before, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_BY_KEY, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, answer->key, 16);
    code = db_step(s, error);
    *ret_before = code == DB_ROW;
    if (code == DB_ROW && !same_request(s, 2, 3, answer->body_digest, answer->actor))
        return key_reused(error);
    return code < 0 ? code : 0;
}

int contact_answer(struct db *db, const struct city_snapshot *city,
                   const struct contact_answer *answer, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(512 * 1024);
    struct contact_row row;
    bool before = false;
    int code = contact_by_id(db, answer->id, arena, &row, error);
    if (code == 0)
        code = may_answer(db, city, answer->actor, &row, arena, error);
    if (code == 0)
        code = answered_before(db, answer, &before, error);
    if (code != 0 || before)
        return code;
    if (row.answered_ms != INSTANT_NONE)
        return error_set(error, ERROR_CONFLICT, "contact.answered",
                         "the person has been answered already");
    code = check_words(answer->told, error);
    if (code == 0)
        code = store_answer(db, answer, &row, error);
    if (code == 0 && row.lies_id != 0)
        code = note_answer(db, city, answer, &row, error);
    return code;
}

// ---- forgetting ----
enum { SAME_MOST = 1000 };

static int erase_one(struct db *db, const struct actor *actor, int64_t reporter_id,
                     int64_t now_ms, int64_t *count, struct error *error)
{
    int code = db_execute(
        db, QUERY_REPORTER_ERASE,
        (struct db_value[]){DB_INT(reporter_id), DB_INT(now_ms), DB_INT(actor->person_id)},
        3, error);
    if (code == 0)
        *count += db_changes(db);
    return code != 0 ? code
                     : db_execute(db, QUERY_CONTACT_ERASE,
                                  (struct db_value[]){DB_INT(reporter_id)}, 1, error);
}

static int same_people(struct db *db, const char *phone, int64_t *ids, size_t *ret_count,
                       struct error *error)
{
    char digits[PHONE_DIGITS_SIZE], tail[PHONE_TAIL_SIZE];
    phone_digits(phone, digits, tail);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_REPORTER_SAME_TAIL, &s, error);
    if (code != 0)
        return code;
    db_bind_text(s, 1, tail);
    size_t count = 0;
    while (count < SAME_MOST && (code = db_step(s, error)) == DB_ROW) {
        const char *other = db_column_text(s, 1);
        if (other != NULL && phone_same(digits, other))
            ids[count++] = db_column_int(s, 0);
    }
    *ret_count = count;
    return code < 0 ? code : 0;
}

int contact_erase(struct db *db, const struct actor *actor, int64_t id, bool everywhere,
                  int64_t now_ms, int64_t *ret_count, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(512 * 1024);
    struct contact_row row;
    int64_t ids[SAME_MOST], erased = 0;
    size_t count = 0;
    int code = contact_by_id(db, id, arena, &row, error);
    if (code == 0 && everywhere && *row.phone != '\0')
        code = same_people(db, row.phone, ids, &count, error);
    if (code == 0)
        code = erase_one(db, actor, row.reporter_id, now_ms, &erased, error);
    for (size_t i = 0; i < count && code == 0; i++)
        code = erase_one(db, actor, ids[i], now_ms, &erased, error);
    if (code == 0)
        *ret_count = erased;
    return code;
}

// ---- behind the mask ----
int contact_unmask(struct db *db, const struct contact_unmasking *unmasking,
                   struct error *error)
{
    const char *reason = unmasking->reason;
    if (reason == NULL || *reason == '\0' || check_words(reason, error) != 0)
        return error_set(error, ERROR_INPUT, "contact.reason",
                         "a look behind the mask needs its reason");
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_UNMASKING_BY_KEY, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, unmasking->key, 16);
    code = db_step(s, error);
    if (code == DB_ROW)
        return same_request(s, 2, 1, unmasking->body_digest, unmasking->actor)
                   ? 0
                   : key_reused(error);
    return code < 0
               ? code
               : db_execute(db, QUERY_UNMASKING_ADD,
                            (struct db_value[]){DB_INT(unmasking->case_id),
                                                DB_INT(unmasking->actor->person_id),
                                                DB_TEXT(reason), DB_INT(unmasking->now_ms),
                                                DB_BLOB(unmasking->key, 16),
                                                DB_BLOB(unmasking->body_digest, HASH_SIZE)},
                            6, error);
}
