// SPDX-License-Identifier: MPL-2.0
// Reading frozen figures.
#include <stdio.h>
#include <string.h>

#include "freeze_internal.h"

static void read_frozen(struct db_statement *s, struct arena *arena, struct frozen *frozen)
{
    size_t length = 0;
    const char *period = db_column_text(s, 1), *reason = db_column_text(s, 5);
    const void *digest = db_column_blob(s, 7, &length);
    *frozen = (struct frozen){.id = db_column_int(s, 0),
                              .version = db_column_int(s, 2),
                              .made_ms = db_column_int(s, 3),
                              .made_by = db_column_int(s, 4),
                              .reason = arena_text(arena, reason != NULL ? reason : ""),
                              .position = db_column_int(s, 6),
                              .bytes = db_column_int(s, 8)};
    snprintf(frozen->period, sizeof frozen->period, "%s", period != NULL ? period : "");
    if (digest != NULL && length == HASH_SIZE)
        memcpy(frozen->digest, digest, HASH_SIZE);
}

int freeze_list(struct db *db, const char *period, struct arena *arena,
                struct frozen **ret_list, size_t *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    size_t count = 0;
    int code = db_prepare(db, period != NULL ? QUERY_FROZEN_OF_PERIOD : QUERY_FROZEN_LIST,
                          &s, error);
    if (code != 0)
        return code;
    struct frozen *list = arena_array(arena, FREEZE_LIST_MOST, sizeof *list);
    if (list == NULL)
        return error_set(error, ERROR_LIMIT, "freeze.too_many", "no room for the list");
    if (period != NULL)
        db_bind_text(s, 1, period);
    else
        db_bind_int(s, 1, FREEZE_LIST_MOST);
    while (count < FREEZE_LIST_MOST && (code = db_step(s, error)) == DB_ROW)
        read_frozen(s, arena, &list[count++]);
    if (code < 0)
        return code;
    *ret_list = list;
    *ret_count = count;
    return 0;
}

int freeze_by_key(struct db *db, const struct freeze_order *order, struct arena *arena,
                  struct frozen *ret_frozen, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    size_t length = 0;
    *ret_frozen = (struct frozen){0};
    if (order->key == NULL)
        return 0;
    int code = db_prepare(db, QUERY_FROZEN_BY_KEY, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, order->key, 16);
    code = db_step(s, error);
    if (code != DB_ROW)
        return code;
    const void *digest = db_column_blob(s, 9, &length);
    bool same = digest != NULL && order->body_digest != NULL && length == HASH_SIZE &&
                memcmp(digest, order->body_digest, HASH_SIZE) == 0;
    if (!same || db_column_int(s, 4) != order->person_id)
        return error_set(error, ERROR_CONFLICT, "freeze.key_reused",
                         "the Idempotency-Key was used for another request");
    read_frozen(s, arena, ret_frozen);
    return 0;
}

int freeze_document(struct db *db, const char *period, int64_t version, struct arena *arena,
                    const char **ret_text, struct frozen *ret_frozen, struct error *error)
{
    struct frozen *list = NULL, *found = NULL;
    size_t count = 0;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    uint8_t digest[HASH_SIZE];
    int code = freeze_list(db, period, arena, &list, &count, error);
    for (size_t i = 0; i < count && code == 0 && found == NULL; i++)
        if (version == 0 || list[i].version == version)
            found = &list[i];
    if (code == 0 && found == NULL)
        code = error_set(error, ERROR_NOT_FOUND, "freeze.unknown",
                         "%.20s is not frozen in such a version", period);
    if (code == 0)
        code = db_prepare(db, QUERY_FROZEN_DOCUMENT, &s, error);
    if (code != 0)
        return code;
    db_bind_text(s, 1, found->period);
    db_bind_int(s, 2, found->version);
    code = db_step(s, error);
    if (code != DB_ROW)
        return code < 0 ? code
                        : error_set(error, ERROR_STORE, "frozen.changed",
                                    "the document of %s is gone", found->period);
    const char *text = arena_text(arena, db_column_text(s, 0));
    if (text == NULL)
        return error_set(error, ERROR_LIMIT, "freeze.too_many", "no room for the document");
    hash_bytes(text, strlen(text), digest);
    if (memcmp(digest, found->digest, HASH_SIZE) != 0)
        return error_set(error, ERROR_STORE, "frozen.changed",
                         "the figures of %s, version %lld, are not those that were frozen",
                         found->period, (long long)found->version);
    *ret_text = text;
    *ret_frozen = *found;
    return 0;
}
