// SPDX-License-Identifier: MPL-2.0
// Sessions, bearer tokens, one-time links.
#include "account_internal.h"

#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

enum { TOUCH_AFTER_MS = 10 * 60 * 1000, KEEP_MS = 24 * 3600 * 1000 };
static const int64_t audit_noise_ms = 90LL * 24 * 3600 * 1000;
static const int64_t token_life_ms = 365LL * 24 * 3600 * 1000;

static int gone(struct error *error)
{
    return error_set(error, ERROR_UNAUTHENTICATED, "account.session_gone",
                     "the session has ended: sign in again");
}

// Columns of session_find and session_again; the statement stands before its first row.
static int session_read(struct db_statement *row, int64_t now_ms,
                        struct account_session *ret_session, struct error *error)
{
    int code = db_step(row, error);
    if (code <= 0)
        return code < 0 ? code : gone(error);
    int64_t seen_at_ms = db_column_int(row, 4);
    struct account_session session = {
        .session_id = db_column_int(row, 0),
        .bearer = db_column_int(row, 2) != 0,
        .demo = db_column_int(row, 3) != 0,
        .must_change_password = db_column_int(row, 7) != 0,
        .expires_at_ms = db_column_int(row, 5),
        .actor = {.person_id = db_column_int(row, 1)},
    };
    if (!session.bearer && now_ms - seen_at_ms > ACCOUNT_SESSION_IDLE_MS)
        return gone(error);
    // Not while the clock is behind the last use: when it comes back, all would have idled.
    session.touch_due = now_ms - seen_at_ms > TOUCH_AFTER_MS;
    if (!db_column_is_null(row, 6)) {
        code = actor_add_department(&session.actor, db_column_int(row, 6), error);
        if (code != 0)
            return code;
    }
    do {
        int added = account_actor_add_row(&session.actor, row, 8, error);
        if (added != 0)
            return added;
    } while ((code = db_step(row, error)) == DB_ROW);
    if (code == 0)
        *ret_session = session;
    return code;
}

int account_session_find(struct db *db, const char *token, size_t length, bool bearer,
                         int64_t now_ms, struct account_session *ret_session,
                         struct error *error)
{
    if (length != TOKEN_TEXT_SIZE - 1)
        return gone(error);
    uint8_t digest[HASH_SIZE];
    hash_bytes(token, length, digest);
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_SESSION_FIND, &row, error);
    if (code != 0)
        return code;
    db_bind_blob(row, 1, digest, sizeof digest);
    db_bind_int(row, 2, now_ms);
    struct account_session session;
    code = session_read(row, now_ms, &session, error);
    if (code != 0)
        return code;
    if (session.bearer !=
        bearer) // a cookie's token is none for programs, and the other way
        return gone(error);
    *ret_session = session;
    return 0;
}

int account_session_again(struct db *db, int64_t session_id, int64_t now_ms,
                          struct account_session *ret_session, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_SESSION_AGAIN, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, session_id);
    db_bind_int(row, 2, now_ms);
    return session_read(row, now_ms, ret_session, error);
}

int account_session_touch(struct db *db, int64_t session_id, int64_t now_ms,
                          struct error *error)
{
    const struct db_value values[] = {DB_INT(session_id), DB_INT(now_ms)};
    return db_execute(db, QUERY_SESSION_TOUCH, values, 2, error);
}

int account_session_end(struct db *db, int64_t session_id, int64_t now_ms,
                        struct error *error)
{
    const struct db_value values[] = {DB_INT(session_id)};
    int64_t person_id = 0;
    int code = db_fetch_int(db, QUERY_SESSION_PERSON, values, 1, &person_id, error);
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        return 0;
    }
    if (code == 0)
        code = db_execute(db, QUERY_SESSION_END, values, 1, error);
    return code != 0 ? code : account_audit(db, person_id, "signed_out", now_ms, error);
}

int account_end_everybody(struct db *db, struct error *error)
{
    int code = db_execute(db, QUERY_SESSION_END_BROWSERS, NULL, 0, error);
    return code == 0 ? db_execute(db, QUERY_LINK_END_EVERYBODY, NULL, 0, error) : code;
}

int account_sweep(struct db *db, int64_t now_ms, struct error *error)
{
    const struct db_value before[] = {DB_INT(now_ms - KEEP_MS)};
    const struct db_value noise[] = {DB_INT(now_ms - audit_noise_ms)};
    int code = db_execute(db, QUERY_SESSION_SWEEP, before, 1, error);
    if (code == 0)
        code = db_execute(db, QUERY_LINK_SWEEP, before, 1, error);
    if (code == 0)
        code = db_execute(db, QUERY_THROTTLE_SWEEP, before, 1, error);
    if (code == 0)
        code = db_execute(db, QUERY_ACCOUNT_AUDIT_SWEEP, noise, 1, error);
    return code;
}

// ---- bearer tokens ----
int account_token_add(struct db *db, int64_t person_id, const char *name, int64_t now_ms,
                      int64_t expires_at_ms, const char token[TOKEN_TEXT_SIZE],
                      int64_t *ret_id, struct error *error)
{
    size_t length = strlen(name);
    if (text_is_blank(name) || !text_is_utf8(name, length) ||
        text_characters(name, length) > 100)
        return error_set(error, ERROR_INPUT, "account.token_name",
                         "a token's name has 1 to 100 characters");
    if (expires_at_ms == INSTANT_NONE)
        expires_at_ms = now_ms + token_life_ms;
    if (expires_at_ms <= now_ms)
        return error_set(error, ERROR_INPUT, "account.token_past",
                         "the token would have expired already");
    int64_t count = 0;
    int code = db_fetch_int(db, QUERY_TOKEN_COUNT, (struct db_value[]){DB_INT(person_id)},
                            1, &count, error);
    if (code == 0 && count >= ACCOUNT_TOKENS_MOST)
        return error_set(error, ERROR_LIMIT, "account.too_many_tokens",
                         "a person has at most %d tokens", ACCOUNT_TOKENS_MOST);
    uint8_t digest[HASH_SIZE];
    hash_bytes(token, strlen(token), digest);
    const struct db_value values[] = {DB_BLOB(digest, sizeof digest),
                                      DB_INT(person_id),
                                      DB_INT(1),
                                      DB_INT(0),
                                      DB_TEXT(name),
                                      DB_INT(now_ms),
                                      DB_INT(expires_at_ms)};
    if (code == 0)
        code = db_execute(db, QUERY_SESSION_ADD, values, 7, error);
    if (code == 0)
        code = account_audit(db, person_id, "token_made", now_ms, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_TOKEN_BY_DIGEST, values, 1, ret_id, error);
    return code;
}

int account_token_end(struct db *db, int64_t person_id, int64_t token_id, int64_t now_ms,
                      struct error *error)
{
    const struct db_value values[] = {DB_INT(token_id), DB_INT(person_id)};
    int code = db_execute(db, QUERY_TOKEN_END, values, 2, error);
    if (code != 0)
        return code;
    if (db_changes(db) == 0)
        return error_set(error, ERROR_NOT_FOUND, "account.token_unknown",
                         "there is no such token");
    return account_audit(db, person_id, "token_ended", now_ms, error);
}

// ---- one-time links ----
struct new_link {
    const char *token;
    int64_t hours;
    const char *kind; // for the audit
};

static int add_link(struct db *db, int64_t person_id, int64_t now_ms,
                    const struct new_link *link, struct error *error)
{
    struct account_person person;
    int code = account_person_by_id(db, person_id, &person, error);
    if (code != 0)
        return code;
    if (person.closed_at_ms != INSTANT_NONE)
        return error_set(error, ERROR_CONFLICT, "account.closed", "the account is closed");
    uint8_t digest[HASH_SIZE];
    hash_bytes(link->token, strlen(link->token), digest);
    const struct db_value values[] = {DB_BLOB(digest, sizeof digest), DB_INT(person_id),
                                      DB_INT(now_ms),
                                      DB_INT(now_ms + link->hours * 3600 * 1000)};
    code = db_execute(db, QUERY_LINK_END_ALL, (struct db_value[]){DB_INT(person_id)}, 1,
                      error);
    if (code == 0)
        code = db_execute(db, QUERY_LINK_ADD, values, 4, error);
    return code != 0 ? code : account_audit(db, person_id, link->kind, now_ms, error);
}

int account_link_add(struct db *db, int64_t person_id, int64_t now_ms,
                     const char token[TOKEN_TEXT_SIZE], struct error *error)
{
    const struct new_link link = {token, ACCOUNT_LINK_LIFE_H, "link_made"};
    return add_link(db, person_id, now_ms, &link, error);
}

// ---- codes to print: Crockford's base 32, in three groups of four ----
static const char code_letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum { CODE_LETTERS = 12, CODE_GROUP = 4 };

void account_code_new(char out[ACCOUNT_CODE_SIZE])
{
    uint8_t bytes[CODE_LETTERS];
    random_bytes(bytes, sizeof bytes);
    size_t length = 0;
    for (size_t i = 0; i < CODE_LETTERS; i++) {
        if (i > 0 && i % CODE_GROUP == 0)
            out[length++] = '-';
        out[length++] = code_letters[bytes[i] & 31];
    }
    out[length] = '\0';
}

// What was typed as it was printed; the text itself when it is no code.
static const char *code_typed(const char *text, size_t length, char out[ACCOUNT_CODE_SIZE],
                              size_t *ret_length)
{
    size_t count = 0, put = 0;
    *ret_length = length;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == ' ' || c == '-')
            continue;
        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
        if (c == '\0' || strchr(code_letters, c) == NULL || count == CODE_LETTERS)
            return text;
        if (count > 0 && count % CODE_GROUP == 0)
            out[put++] = '-';
        out[put++] = c;
        count++;
    }
    if (count != CODE_LETTERS)
        return text;
    out[put] = '\0';
    *ret_length = put;
    return out;
}

int account_code_add(struct db *db, int64_t person_id, int64_t now_ms,
                     const char code_text[ACCOUNT_CODE_SIZE], struct error *error)
{
    const struct new_link link = {code_text, ACCOUNT_CODE_LIFE_H, "code_made"};
    return add_link(db, person_id, now_ms, &link, error);
}

int account_link_find(struct db *db, const char *token, size_t length, int64_t now_ms,
                      int64_t *ret_person_id, char ret_login[ACCOUNT_LOGIN_MOST + 1],
                      struct error *error)
{
    uint8_t digest[HASH_SIZE];
    char typed[ACCOUNT_CODE_SIZE];
    size_t used = length;
    const char *text = code_typed(token, length, typed, &used);
    hash_bytes(text, used, digest);
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_LINK_FIND, &row, error);
    if (code != 0)
        return code;
    db_bind_blob(row, 1, digest, sizeof digest);
    db_bind_int(row, 2, now_ms);
    code = db_step(row, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "account.link_gone",
                         "this link was used already, or is too old");
    if (code < 0)
        return code;
    *ret_person_id = db_column_int(row, 0);
    account_copy(ret_login, ACCOUNT_LOGIN_MOST + 1, db_column_text(row, 1));
    return 0;
}

int account_link_use(struct db *db, const char *token, size_t length, const char *encoded,
                     int64_t now_ms, struct error *error)
{
    int64_t person_id = 0;
    char login[ACCOUNT_LOGIN_MOST + 1];
    int code = account_link_find(db, token, length, now_ms, &person_id, login, error);
    if (code == 0)
        code = account_password_set(db, person_id, encoded, false, now_ms, error);
    return code != 0 ? code : account_audit(db, person_id, "link_used", now_ms, error);
}
