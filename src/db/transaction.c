// SPDX-License-Identifier: MPL-2.0
// Transactions that nest: the outermost is the store's, inner ones are savepoints.
#include <gridcase/db/db.h>

#include "db_internal.h"

int db_begin_at(struct db *db, enum db_mode mode, struct db_transaction *ret_transaction,
                const char *where, struct error *error)
{
    int code;
    if (mode == DB_WRITE &&
        (db->mode == DB_READ || (db->level > 0 && db->transaction_mode == DB_READ)))
        return error_set(error, ERROR_BUG, "db.misuse",
                         "%s: no write inside a handle or transaction that reads", where);
    if (db->level == DB_LEVELS)
        return error_set(error, ERROR_BUG, "db.misuse", "%s: transactions too deep", where);
    if (db->level == 0) {
        bool beside = mode == DB_WRITE && db->want_beside;
        code = db->engine->control(db->connection,
                                   beside             ? DB_CONTROL_BEGIN_BESIDE
                                   : mode == DB_WRITE ? DB_CONTROL_BEGIN_WRITE
                                                      : DB_CONTROL_BEGIN_READ,
                                   0, error);
        if (code == 0) {
            db->transaction_mode = mode;
            db->beside = beside;
            db->outbox = false;
            db->watches = false;
            db->where = where;
            rollup_cut(&db->rollup, 0);
        }
    } else if (!db->engine->in_transaction(db->connection)) {
        code = error_set(error, ERROR_STORE, "db.transaction_lost",
                         "the store has dropped the transaction begun at %s", db->where);
    } else {
        code = db->engine->control(db->connection, DB_CONTROL_SAVEPOINT, db->level, error);
    }
    if (code != 0) {
        error_prefix(error, "%s", where);
        return code;
    }
    db->level++;
    db->rollup_marks[db->level] = db->rollup.count;
    *ret_transaction = (struct db_transaction){.db = db, .level = db->level};
    return 0;
}

// Ends a level that the caller closes in order; anything else is a programmer's error.
static int take(struct db_transaction *transaction, struct error *error)
{
    struct db *db = transaction->db;
    if (!db)
        return error_set(error, ERROR_BUG, "db.misuse", "the transaction is not open");
    if (transaction->level != db->level)
        return error_set(error, ERROR_BUG, "db.misuse",
                         "level %u ended while %u is open, begun at %s", transaction->level,
                         db->level, db->where);
    return 0;
}

int db_commit(struct db_transaction *transaction, struct error *error)
{
    int code = take(transaction, error);
    if (code != 0)
        return code;
    struct db *db = transaction->db;
    if (!db->engine->in_transaction(db->connection))
        code = error_set(error, ERROR_STORE, "db.transaction_lost",
                         "the store has dropped the transaction begun at %s", db->where);
    else if (db->level == 1)
        code = db_outbox_commit(db, error);
    else
        code =
            db->engine->control(db->connection, DB_CONTROL_RELEASE, db->level - 1, error);
    if (code != 0) {
        db_rollback(transaction);
        return code;
    }
    db->level--;
    transaction->db = NULL;
    return 0;
}

void db_rollback(struct db_transaction *transaction)
{
    struct db *db = transaction->db;
    struct error ignored = {0};
    if (!db || take(transaction, &ignored) != 0)
        return;
    rollup_cut(&db->rollup, db->rollup_marks[db->level]);
    db->watches = false; // what a level has locked goes with it
    db->level--;
    transaction->db = NULL;
    // An engine that has dropped everything by itself leaves nothing to roll back.
    if (db->engine->in_transaction(db->connection))
        (void)db->engine->control(
            db->connection, db->level == 0 ? DB_CONTROL_ROLLBACK : DB_CONTROL_ROLLBACK_TO,
            db->level, &ignored);
}

int db_make_room(struct db *db, struct error *error)
{
    if (db->level == 0 || db->transaction_mode != DB_WRITE)
        return error_set(error, ERROR_BUG, "db.misuse", "room is made while writing");
    return db->engine->make_room ? db->engine->make_room(db->connection, error) : 0;
}
