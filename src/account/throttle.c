// SPDX-License-Identifier: MPL-2.0
#include "throttle.h"

#include <string.h>

enum {
    FREE_LOGIN = 5,
    FREE_ADDRESS = 30,
    WAIT_LEAST_MS = 1000,
    WAIT_MOST_MS = 15 * 60 * 1000,
    FORGET_MS = 60 * 60 * 1000,
    FAILURES_MOST = 1000000,
    SET_BACK_MS = 60 * 1000, // less is two threads' idea of now, or a clock being trimmed
};

int throttle_key(struct db *db, const char *text, uint8_t out[HASH_SIZE],
                 struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_ACCOUNT_SALT, &row, error);
    if (code != 0)
        return code;
    code = db_step(row, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_STORE, "db.corrupt", "the accounts' salt is missing");
    if (code < 0)
        return code;
    size_t length = 0;
    const void *salt = db_column_blob(row, 0, &length);
    struct hash *hash = hash_new();
    hash_add(hash, salt, length);
    hash_add(hash, text, strlen(text));
    hash_finish(hash, out);
    return 0;
}

struct throttle_row {
    int64_t failures; // 0: no row
    int64_t failed_at_ms;
    int64_t blocked_until_ms;
};

static int row_find(struct db *db, enum throttle_kind kind, const uint8_t key[HASH_SIZE],
                    struct throttle_row *ret_row, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_THROTTLE_FIND, &row, error);
    if (code != 0)
        return code;
    db_bind_int(row, 1, kind);
    db_bind_blob(row, 2, key, HASH_SIZE);
    code = db_step(row, error);
    if (code < 0)
        return code;
    *ret_row = (struct throttle_row){0};
    if (code == DB_ROW)
        *ret_row = (struct throttle_row){.failures = db_column_int(row, 0),
                                         .failed_at_ms = db_column_int(row, 1),
                                         .blocked_until_ms = db_column_int(row, 2)};
    return 0;
}

int throttle_wait(struct db *db, enum throttle_kind kind, const uint8_t key[HASH_SIZE],
                  int64_t now_ms, int64_t *ret_wait_ms, struct error *error)
{
    struct throttle_row row;
    int code = row_find(db, kind, key, &row, error);
    if (code != 0)
        return code;
    int64_t wait_ms = row.failures > 0 ? row.blocked_until_ms - now_ms : 0;
    // A failure in the future: the clock was set back. To wait until then would lock people
    // out for as long as it was ahead; the next failure counts from the new time.
    if (row.failed_at_ms > now_ms + SET_BACK_MS)
        wait_ms = 0;
    *ret_wait_ms = wait_ms > 0 ? wait_ms : 0;
    return 0;
}

static int64_t wait_after(enum throttle_kind kind, int64_t failures)
{
    int64_t over = failures - (kind == THROTTLE_LOGIN ? FREE_LOGIN : FREE_ADDRESS);
    if (over < 0)
        return 0;
    int64_t wait_ms = WAIT_LEAST_MS;
    for (int64_t i = 0; i < over && wait_ms < WAIT_MOST_MS; i++)
        wait_ms *= 2;
    return wait_ms < WAIT_MOST_MS ? wait_ms : WAIT_MOST_MS;
}

int throttle_fail(struct db *db, enum throttle_kind kind, const uint8_t key[HASH_SIZE],
                  int64_t now_ms, struct error *error)
{
    struct throttle_row row;
    int code = row_find(db, kind, key, &row, error);
    if (code != 0)
        return code;
    if (now_ms - row.failed_at_ms > FORGET_MS)
        row.failures = 0;
    if (row.failures < FAILURES_MOST)
        row.failures++;
    const struct db_value values[] = {DB_INT(kind), DB_BLOB(key, HASH_SIZE),
                                      DB_INT(row.failures), DB_INT(now_ms),
                                      DB_INT(now_ms + wait_after(kind, row.failures))};
    return db_execute(db, QUERY_THROTTLE_SET, values, 5, error);
}

int throttle_clear(struct db *db, enum throttle_kind kind, const uint8_t key[HASH_SIZE],
                   struct error *error)
{
    const struct db_value values[] = {DB_INT(kind), DB_BLOB(key, HASH_SIZE)};
    return db_execute(db, QUERY_THROTTLE_CLEAR, values, 2, error);
}
