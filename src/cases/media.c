// SPDX-License-Identifier: MPL-2.0
#include <gridcase/cases/media.h>

#include <gridcase/db/db.h>

int case_media_cases(struct db *db, const uint8_t sha256[HASH_SIZE],
                     int64_t ret_case_ids[CASE_MEDIA_CASES_MOST], size_t *ret_count,
                     struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CASE_MEDIA_CASES, &row, error);
    if (code != 0)
        return code;
    db_bind_blob(row, 1, sha256, HASH_SIZE);
    size_t count = 0;
    while ((code = db_step(row, error)) == DB_ROW && count < CASE_MEDIA_CASES_MOST)
        ret_case_ids[count++] = db_column_int(row, 0);
    if (code < 0)
        return code;
    *ret_count = count;
    return 0;
}

int case_media_arrived(struct db *db, const uint8_t sha256[HASH_SIZE], int64_t now_ms,
                       struct error *error)
{
    const struct db_value values[] = {DB_BLOB(sha256, HASH_SIZE), DB_INT(now_ms)};
    return db_execute(db, QUERY_CASE_MEDIA_RECEIVED, values, 2, error);
}
