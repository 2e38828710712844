// SPDX-License-Identifier: MPL-2.0
// Rollups summed over a transaction: each counter row is written once per commit.
#include <stdlib.h>
#include <string.h>

#include "db_internal.h"

enum {
    ROLLUP_CEILING = 4 * 1024 * 1024,
    KEPT_KEYS = 3, // columns of a kept row before its keys
};

void rollup_cut(struct rollup *rollup, size_t count)
{
    if (count < rollup->count)
        rollup->count = count;
}

void rollup_done(struct rollup *rollup)
{
    free(rollup->entries);
    *rollup = (struct rollup){0};
}

static int grow(struct rollup *rollup, struct error *error)
{
    if (rollup->count < rollup->capacity)
        return 0;
    size_t capacity = rollup->capacity ? rollup->capacity * 2 : 256;
    struct rollup_entry *entries =
        capacity > ROLLUP_CEILING
            ? NULL
            : realloc(rollup->entries, capacity * sizeof *rollup->entries);
    if (!entries)
        return error_set(error, ERROR_LIMIT, "db.rollup_full",
                         "more than %zu rollup changes in a transaction", rollup->count);
    rollup->entries = entries;
    rollup->capacity = capacity;
    return 0;
}

int db_rollup_add(struct db *db, enum query_id query, const int64_t *keys, size_t key_count,
                  const int64_t *deltas, size_t delta_count, struct error *error)
{
    if (db->level == 0 || db->transaction_mode != DB_WRITE)
        return error_set(error, ERROR_BUG, "db.misuse",
                         "a rollup needs a write transaction");
    if (key_count > DB_ROLLUP_KEYS || delta_count > DB_ROLLUP_DELTAS || (int)query < 0 ||
        query >= QUERY_COUNT ||
        (size_t)db_query_texts[query].parameters != key_count + delta_count)
        return error_set(error, ERROR_BUG, "db.misuse",
                         "rollup of query %d with %zu keys, %zu deltas", (int)query,
                         key_count, delta_count);
    int code = grow(&db->rollup, error);
    if (code != 0)
        return code;
    struct rollup_entry *entry = &db->rollup.entries[db->rollup.count++];
    memset(entry, 0, sizeof *entry);
    entry->query = query;
    entry->key_count = (uint8_t)key_count;
    entry->delta_count = (uint8_t)delta_count;
    if (key_count > 0)
        memcpy(entry->keys, keys, key_count * sizeof *keys);
    if (delta_count > 0)
        memcpy(entry->deltas, deltas, delta_count * sizeof *deltas);
    return 0;
}

static int compare(const void *a_entry, const void *b_entry)
{
    const struct rollup_entry *a = a_entry, *b = b_entry;
    if (a->query != b->query)
        return a->query < b->query ? -1 : 1;
    for (size_t i = 0; i < DB_ROLLUP_KEYS; i++) // unused keys are 0
        if (a->keys[i] != b->keys[i])
            return a->keys[i] < b->keys[i] ? -1 : 1;
    return 0;
}

static int write_entry(const struct rollup_entry *entry, struct db *db, struct error *error)
{
    struct db_value values[DB_ROLLUP_KEYS + DB_ROLLUP_DELTAS];
    size_t count = 0;
    for (size_t i = 0; i < entry->key_count; i++)
        values[count++] = DB_INT(entry->keys[i]);
    for (size_t i = 0; i < entry->delta_count; i++)
        values[count++] = DB_INT(entry->deltas[i]);
    return db_execute(db, entry->query, values, count, error);
}

// The query that a kept row names; -1: of a newer program.
static int query_named(const char *name)
{
    for (int i = 0; name && i < QUERY_COUNT; i++)
        if (strcmp(db_query_texts[i].name, name) == 0)
            return i;
    return -1;
}

static int add_kept(struct db *db, struct db_statement *row, struct error *error)
{
    int64_t keys[DB_ROLLUP_KEYS], deltas[DB_ROLLUP_DELTAS];
    int query = query_named(db_column_text(row, 0));
    if (query < 0)
        return error_set(error, ERROR_STORE, "db.newer",
                         "an unknown figure was kept: %.60s", db_column_text(row, 0));
    for (int i = 0; i < DB_ROLLUP_KEYS; i++)
        keys[i] = db_column_int(row, KEPT_KEYS + i);
    for (int i = 0; i < DB_ROLLUP_DELTAS; i++)
        deltas[i] = db_column_int(row, KEPT_KEYS + DB_ROLLUP_KEYS + i);
    return db_rollup_add(db, (enum query_id)query, keys, (size_t)db_column_int(row, 1),
                         deltas, (size_t)db_column_int(row, 2), error);
}

int rollup_take_kept(struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_ROLLUP_NEW_TAKE, &row, error);
    while (code == 0 && (code = db_step(row, error)) == DB_ROW)
        code = add_kept(db, row, error);
    return code;
}

void rollup_sum(struct rollup *rollup)
{
    size_t at = 0, count = 0;
    if (rollup->count == 0)
        return;
    qsort(rollup->entries, rollup->count, sizeof *rollup->entries, compare);
    while (at < rollup->count) {
        struct rollup_entry sum = rollup->entries[at++];
        while (at < rollup->count && compare(&sum, &rollup->entries[at]) == 0) {
            for (size_t i = 0; i < DB_ROLLUP_DELTAS; i++)
                sum.deltas[i] += rollup->entries[at].deltas[i];
            at++;
        }
        rollup->entries[count++] = sum;
    }
    rollup->count = count;
}

int rollup_flush(struct rollup *rollup, struct db *db, struct error *error)
{
    int code = 0;
    rollup_sum(rollup);
    for (size_t i = 0; code == 0 && i < rollup->count; i++)
        code = write_entry(&rollup->entries[i], db, error);
    if (code == 0)
        rollup->count = 0;
    return code;
}
