// SPDX-License-Identifier: MPL-2.0
// What writing beside others needs: series of numbers in blocks, and an outbox that is
// numbered when its rows are committed. Where one transaction at a time writes, nothing of
// it is left but the statement that takes the next number.
#include <gridcase/db/db.h>

#include <string.h>

#include "db_internal.h"

bool db_is_beside(const struct db *db)
{
    return db->level > 0 && db->beside;
}

int db_needs_turn(const struct db *db, struct error *error)
{
    return db_is_beside(db)
               ? error_set(error, ERROR_BUSY, "db.needs_turn", "nobody may write beside")
               : 0;
}

// ---- what others may change ----

int db_watch(struct db *db, enum db_database other, enum query_id query, int64_t *ret_value,
             struct error *error)
{
    const struct db_store *store = db->place->store;
    if (!db->engine->watch || !atomic_load(&store->others))
        return DB_DONE;
    if (db->level == 0 || db->transaction_mode != DB_WRITE)
        return error_set(error, ERROR_BUG, "db.misuse",
                         "watching needs a write transaction");
    if (!db->watches) {
        struct db_target target = db_target_of(store, db->place->slug, other, DB_READ);
        struct db_text text = {.text = db_text_of(db->engine, query)};
        int code = db->engine->watch(db->connection, &target, &text, &db->watched, error);
        if (code != 0)
            return code;
        db->watches = true;
    }
    *ret_value = db->watched;
    return DB_ROW;
}

// ---- series ----

static struct db_block *block_of(struct db *db, enum query_id query, int64_t key)
{
    for (int i = 0; i < DB_BLOCKS; i++)
        if (db->blocks[i].size > 0 && db->blocks[i].query == query &&
            db->blocks[i].key == key)
            return &db->blocks[i];
    struct db_block *block = &db->blocks[db->block_turn++ % DB_BLOCKS];
    *block = (struct db_block){.query = query, .key = key};
    return block;
}

// Blocks grow with use: a quiet day leaves few gaps.
static int block_fill(struct db *db, struct db_block *block, struct error *error)
{
    int64_t last = 0, size = block->size == 0 ? 1 : block->size * 2;
    size = size > DB_BLOCK_MOST ? DB_BLOCK_MOST : size;
    struct db_text text = {.text = db_text_of(db->engine, block->query)};
    const int64_t values[] = {block->key, size};
    text.length = strlen(text.text);
    int code = db->engine->fetch_apart(db->connection, &text, values, 2, &last, error);
    if (code == 0) {
        block->size = size;
        block->next = last - size + 1;
        block->end = last + 1;
    }
    return code;
}

int db_fetch_block(struct db *db, enum query_id query, int64_t key, int64_t *ret_value,
                   struct error *error)
{
    if (!db_is_beside(db) || !db->engine->fetch_apart)
        return db_fetch_int(db, query, (struct db_value[]){DB_INT(key), DB_INT(1)}, 2,
                            ret_value, error);
    struct db_block *block = block_of(db, query, key);
    int code = block->next < block->end ? 0 : block_fill(db, block, error);
    if (code == 0)
        *ret_value = block->next++;
    return code;
}

// ---- the outbox ----

void db_outbox_added(struct db *db)
{
    db->outbox = db->engine->fetch_apart != NULL;
}

// What the last statements of a transaction are, one after the other.
struct finale {
    struct db *db;
    bool turn, number;
    size_t at;
};

static bool next_of_finale(void *context, struct db_last *ret_last)
{
    struct finale *finale = context;
    struct db *db = finale->db;
    enum query_id query;
    ret_last->count = 0;
    if (finale->turn) {
        finale->turn = false;
        query = QUERY_CHANGE_TURN;
    } else if (finale->at < db->rollup.count) {
        const struct rollup_entry *entry = &db->rollup.entries[finale->at++];
        query = entry->query;
        memcpy(ret_last->values, entry->keys, entry->key_count * sizeof *entry->keys);
        memcpy(ret_last->values + entry->key_count, entry->deltas,
               entry->delta_count * sizeof *entry->deltas);
        ret_last->count = (size_t)entry->key_count + entry->delta_count;
    } else if (finale->number) {
        finale->number = false;
        query = QUERY_CHANGE_NUMBER;
    } else {
        return false;
    }
    ret_last->text = db_text_of(db->engine, query);
    return true;
}

// Whoever commits beside others numbers its own changes: it takes the turn for that as its
// last step but this, in the round trip of the commit, so nobody waits for a server that
// has stopped between the two. A statement of its own sees what the one before has
// committed.
int db_outbox_commit(struct db *db, struct error *error)
{
    bool shared = db->outbox || db->rollup.count > 0;
    if (!db->engine->commit_after || !shared) {
        int code = rollup_flush(&db->rollup, db, error);
        return code == 0 ? db->engine->control(db->connection, DB_CONTROL_COMMIT, 0, error)
                         : code;
    }
    struct finale finale = {.db = db, .turn = db->beside, .number = db->outbox};
    rollup_sum(&db->rollup);
    int code = db->engine->commit_after(db->connection, next_of_finale, &finale, error);
    if (code == 0)
        db->rollup.count = 0;
    return code;
}

int db_outbox_left(struct db *db, struct error *error)
{
    int64_t count = 0;
    int code = db->engine->fetch_apart
                   ? db_fetch_int(db, QUERY_CHANGE_NUMBER, NULL, 0, &count, error)
                   : 0;
    return code == 0 && db->engine->fetch_apart ? rollup_take_kept(db, error) : code;
}

int db_begin_settled_at(struct db *db, struct db_transaction *ret_transaction,
                        const char *where, struct error *error)
{
    enum { TRIES = 20 };
    bool boxed = db->engine->fetch_apart && db->place->database == DB_CASES;
    for (int i = 0; i < TRIES; i++) {
        int64_t waiting = 0;
        int code = db_begin_at(db, DB_WRITE, ret_transaction, where, error);
        if (code == 0 && boxed)
            code = db_fetch_int(db, QUERY_CHANGE_WAITING, NULL, 0, &waiting, error);
        if (code == 0 && waiting == 0)
            return 0;
        if (code == 0)
            code = db_outbox_left(db, error);
        if (code == 0) // others may come in before we are back
            code = db_commit(ret_transaction, error);
        if (code != 0) {
            db_rollback(ret_transaction);
            return code;
        }
    }
    return error_set(error, ERROR_BUSY, "db.busy", "others write all the time");
}

int db_outbox_take_all(struct db *db, struct error *error)
{
    static const enum query_id queries[] = {
        QUERY_COPY_OUTBOX_CHANGES, QUERY_COPY_OUTBOX_BEFORE, QUERY_COPY_OUTBOX_CLEAR};
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int64_t kept = 0;
    int code = db_begin(db, DB_WRITE, &transaction, error);
    for (size_t i = 0; code == 0 && i < sizeof queries / sizeof queries[0]; i++)
        code = db_execute(db, queries[i], NULL, 0, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_COPY_ROLLUP_COUNT, NULL, 0, &kept, error);
    while (code == 0 && kept > 0) {
        code = rollup_take_kept(db, error);
        if (code == 0)
            code = db_fetch_int(db, QUERY_COPY_ROLLUP_COUNT, NULL, 0, &kept, error);
    }
    return code == 0 ? db_commit(&transaction, error) : code;
}
