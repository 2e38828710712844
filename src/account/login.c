// SPDX-License-Identifier: MPL-2.0
// Signing in and changing a password: read, hash, write.
#include "throttle.h"

#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

static int wait_error(int64_t wait_ms, int *ret_retry_s, struct error *error)
{
    int wait_s = (int)((wait_ms + 999) / 1000);
    if (ret_retry_s != NULL)
        *ret_retry_s = wait_s;
    return error_set(error, ERROR_BUSY, "account.throttled",
                     "too many failures: try again in %d s", wait_s);
}

static int longest_wait(struct db *db, const struct account_login *login,
                        int64_t *ret_wait_ms, struct error *error)
{
    int64_t by_login = 0, by_address = 0;
    int code = throttle_wait(db, THROTTLE_LOGIN, login->login_key, login->now_ms, &by_login,
                             error);
    if (code == 0)
        code = throttle_wait(db, THROTTLE_ADDRESS, login->address_key, login->now_ms,
                             &by_address, error);
    if (code == 0)
        *ret_wait_ms = by_login > by_address ? by_login : by_address;
    return code;
}

// first is the person's id (by login) or the login (by person).
static int credential_find(struct db *db, enum query_id query, struct db_value key,
                           struct account_login *login, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, query, &row, error);
    if (code != 0)
        return code;
    db_bind_values(row, &key, 1);
    code = db_step(row, error);
    if (code <= 0)
        return code;
    if (query == QUERY_CREDENTIAL_BY_LOGIN)
        login->person_id = db_column_int(row, 0);
    else
        code = text_format(login->login, sizeof login->login, "%s", db_column_text(row, 0));
    if (code >= 0)
        code = text_format(login->encoded, sizeof login->encoded, "%s",
                           db_column_text(row, 1));
    if (code != 0)
        return error_set(error, ERROR_STORE, "db.corrupt", "a credential is too long");
    login->demo = db_column_int(row, 2) != 0;
    login->must_change_password = db_column_int(row, 3) != 0;
    return 0;
}

static int keys_and_wait(struct db *db, struct account_login *login, const char *address,
                         int *ret_retry_s, struct error *error)
{
    int code = throttle_key(db, login->login, login->login_key, error);
    if (code == 0)
        code = throttle_key(db, address, login->address_key, error);
    int64_t wait_ms = 0;
    if (code == 0)
        code = longest_wait(db, login, &wait_ms, error);
    if (code == 0 && wait_ms > 0)
        code = wait_error(wait_ms, ret_retry_s, error);
    return code;
}

int account_login_begin(struct db *db, const char *login, const char *address,
                        int64_t now_ms, struct account_login *ret_login, int *ret_retry_s,
                        struct error *error)
{
    struct account_login begun = {.now_ms = now_ms};
    int code = account_login_fold(login, begun.login, error);
    if (code == 0)
        code = keys_and_wait(db, &begun, address, ret_retry_s, error);
    if (code == 0)
        code = credential_find(db, QUERY_CREDENTIAL_BY_LOGIN, DB_TEXT(begun.login), &begun,
                               error);
    if (code == 0)
        *ret_login = begun;
    return code;
}

int account_login_verify(struct account_login *login, const char *password, size_t length,
                         struct error *error)
{
    bool right = false;
    int code = password_verify(login->encoded, password, length, &right, error);
    if (code != 0)
        return code;
    if (right && password_is_stale(login->encoded))
        code = password_hash(password, length, login->rehashed, error);
    if (code != 0)
        return code;
    login->right = right;
    if (right) {
        token_new(login->token);
        login->expires_at_ms =
            login->now_ms + (int64_t)ACCOUNT_SESSION_MOST_H * 3600 * 1000;
    }
    return 0;
}

// Nothing that was read before counts any more: throttled, closed, password changed?
static int check_again(struct db *db, struct account_login *login, struct error *error)
{
    int64_t wait_ms = 0;
    int code = longest_wait(db, login, &wait_ms, error);
    if (code != 0)
        return code;
    login->throttled = wait_ms > 0;
    if (!login->right)
        return 0;
    int64_t same = 0;
    const struct db_value values[] = {DB_INT(login->person_id), DB_TEXT(login->encoded)};
    code = db_fetch_int(db, QUERY_CREDENTIAL_IS, values, 2, &same, error);
    if (code == 0 && same == 0)
        login->right = false;
    return code;
}

static int record_failure(struct db *db, const struct account_login *login,
                          struct error *error)
{
    int code = throttle_fail(db, THROTTLE_LOGIN, login->login_key, login->now_ms, error);
    if (code == 0)
        code =
            throttle_fail(db, THROTTLE_ADDRESS, login->address_key, login->now_ms, error);
    if (code == 0)
        code = account_audit(db, login->person_id, "failed", login->now_ms, error);
    return code;
}

static int record_success(struct db *db, const struct account_login *login,
                          struct error *error)
{
    int code = throttle_clear(db, THROTTLE_LOGIN, login->login_key, error);
    if (code == 0 && login->rehashed[0] != '\0') {
        const struct db_value values[] = {DB_INT(login->person_id), DB_TEXT(login->encoded),
                                          DB_TEXT(login->rehashed)};
        code = db_execute(db, QUERY_CREDENTIAL_REHASH, values, 3, error);
    }
    return code;
}

int account_login_finish(struct db *db, struct account_login *login, struct error *error)
{
    int code = check_again(db, login, error);
    if (code != 0 || login->throttled)
        return code;
    if (!login->right)
        return record_failure(db, login, error);
    code = record_success(db, login, error);
    if (code != 0)
        return code;
    uint8_t digest[HASH_SIZE];
    hash_bytes(login->token, strlen(login->token), digest);
    const struct db_value values[] = {DB_BLOB(digest, sizeof digest),
                                      DB_INT(login->person_id),
                                      DB_INT(0),
                                      DB_INT(login->demo),
                                      DB_TEXT(""),
                                      DB_INT(login->now_ms),
                                      DB_INT(login->expires_at_ms)};
    code = db_execute(db, QUERY_SESSION_ADD, values, 7, error);
    if (code == 0)
        code = account_audit(db, login->person_id, "signed_in", login->now_ms, error);
    return code;
}

int account_login_result(const struct account_login *login, struct error *error)
{
    if (login->throttled)
        return error_set(error, ERROR_BUSY, "account.throttled",
                         "too many failures: try again later");
    if (!login->right)
        return error_set(error, ERROR_UNAUTHENTICATED, "account.wrong",
                         "login or password is wrong");
    return 0;
}

// ---- changing one's password ----
int account_password_begin(struct db *db, int64_t person_id, const char *address,
                           int64_t now_ms, struct account_password_change *ret_change,
                           struct error *error)
{
    struct account_password_change change = {
        .login = {.now_ms = now_ms, .person_id = person_id}};
    int code = credential_find(db, QUERY_CREDENTIAL_BY_PERSON, DB_INT(person_id),
                               &change.login, error);
    if (code == 0 && change.login.encoded[0] == '\0')
        return error_set(error, ERROR_NOT_FOUND, "account.no_password",
                         "this person has no password");
    if (code == 0)
        code = keys_and_wait(db, &change.login, address, NULL, error);
    if (code == 0)
        *ret_change = change;
    return code;
}

int account_password_verify(struct account_password_change *change,
                            const char *old_password, const char *new_password,
                            struct error *error)
{
    struct account_login *login = &change->login;
    size_t length = strlen(new_password);
    int code = password_check_new(new_password, length, login->login, error);
    if (code == 0 && text_equal(old_password, new_password))
        return error_set(error, ERROR_INPUT, "password.same",
                         "the new password is the old one");
    bool right = false;
    if (code == 0)
        code = password_verify(login->encoded, old_password, strlen(old_password), &right,
                               error);
    if (code == 0 && right)
        code = password_hash(new_password, length, change->encoded, error);
    if (code == 0)
        login->right = right;
    return code;
}

int account_password_finish(struct db *db, struct account_password_change *change,
                            int64_t keep_session_id, struct error *error)
{
    struct account_login *login = &change->login;
    int code = check_again(db, login, error);
    if (code != 0 || login->throttled)
        return code;
    if (!login->right)
        return record_failure(db, login, error);
    const struct db_value credential[] = {DB_INT(login->person_id),
                                          DB_TEXT(change->encoded), DB_INT(0), DB_INT(0),
                                          DB_INT(login->now_ms)};
    const struct db_value others[] = {DB_INT(login->person_id), DB_INT(keep_session_id)};
    code = throttle_clear(db, THROTTLE_LOGIN, login->login_key, error);
    if (code == 0)
        code = db_execute(db, QUERY_CREDENTIAL_SET, credential, 5, error);
    if (code == 0)
        code = db_execute(db, QUERY_SESSION_END_OTHERS, others, 2, error);
    if (code == 0)
        code = db_execute(db, QUERY_LINK_END_ALL, others, 1, error);
    if (code == 0)
        code = account_audit(db, login->person_id, "password", login->now_ms, error);
    return code;
}

int account_password_result(const struct account_password_change *change,
                            struct error *error)
{
    if (change->login.throttled)
        return error_set(error, ERROR_BUSY, "account.throttled",
                         "too many failures: try again later");
    if (!change->login.right)
        return error_set(error, ERROR_DENIED, "account.wrong", "the old password is wrong");
    return 0;
}

int account_password_set(struct db *db, int64_t person_id, const char *encoded,
                         bool must_change, int64_t now_ms, struct error *error)
{
    const struct db_value credential[] = {DB_INT(person_id), DB_TEXT(encoded), DB_INT(0),
                                          DB_INT(must_change), DB_INT(now_ms)};
    const struct db_value all[] = {DB_INT(person_id), DB_INT(0)};
    int code = db_execute(db, QUERY_CREDENTIAL_SET, credential, 5, error);
    if (code == 0)
        code = db_execute(db, QUERY_SESSION_END_OTHERS, all, 2, error);
    if (code == 0)
        code = db_execute(db, QUERY_LINK_END_ALL, all, 1, error);
    return code != 0 ? code : account_audit(db, person_id, "password", now_ms, error);
}
