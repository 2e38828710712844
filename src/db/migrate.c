// SPDX-License-Identifier: MPL-2.0
// Migrations: append-only, hashed, each in a transaction of its own.
#include <limits.h>
#include <string.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

enum { MIGRATIONS_MAX = 256 };

static int known_until = INT_MAX;

void db_migrations_until(int number)
{
    known_until = number;
}

static bool applies(const struct db_migration_text *migration, enum db_database database)
{
    return migration->number <= known_until &&
           (strcmp(migration->database, "any") == 0 ||
            strcmp(migration->database, db_database_to_str(database)) == 0);
}

int db_migration_newest(enum db_database database)
{
    int newest = 0;
    for (size_t i = 0; i < db_migration_count; i++)
        if (applies(&db_migration_texts[i], database))
            newest = db_migration_texts[i].number;
    return newest;
}

// Of the file, and of its twin where the engine takes it.
static void hash_of(const struct db_engine *engine,
                    const struct db_migration_text *migration, char out[HASH_HEX_SIZE])
{
    uint8_t digest[HASH_SIZE];
    struct hash *hash = hash_new();
    hash_add(hash, migration->text, strlen(migration->text));
    if (engine->twins && migration->postgres_twin)
        hash_add(hash, migration->postgres_twin, strlen(migration->postgres_twin));
    hash_finish(hash, digest);
    hash_to_hex(digest, out);
}

// Compares one row of the migration table with what this program brings.
static int check_row(enum db_database database, struct db_statement *row, bool *applied,
                     struct error *error)
{
    int64_t number = db_column_int(row, 0);
    const char *name = db_column_text(row, 1), *sha256 = db_column_text(row, 2);
    for (size_t i = 0; i < db_migration_count && i < MIGRATIONS_MAX; i++) {
        const struct db_migration_text *migration = &db_migration_texts[i];
        if (migration->number != number || !applies(migration, database))
            continue;
        char hex[HASH_HEX_SIZE];
        hash_of(row->db->engine, migration, hex);
        if (!text_equal(migration->sha256 ? migration->sha256 : hex, sha256))
            return error_set(error, ERROR_STORE, "db.migration_changed",
                             "migration %d (%s) was changed after it had been applied",
                             migration->number, migration->name);
        applied[i] = true;
        return 0;
    }
    return error_set(error, ERROR_STORE, "db.newer",
                     "a newer gridcase has been here: this one does not know migration "
                     "%lld (%s); use the newer program, or restore a backup made before",
                     (long long)number, name);
}

static int read_applied(struct db *db, enum db_database database, bool *applied,
                        struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_MIGRATION_LIST, &row, error);
    if (code != 0)
        return code;
    while ((code = db_step(row, error)) == DB_ROW) {
        code = check_row(database, row, applied, error);
        if (code != 0)
            return code;
    }
    return code;
}

static int apply(struct db *db, const struct db_migration_text *migration,
                 struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    char hex[HASH_HEX_SIZE];
    hash_of(db->engine, migration, hex);
    const char *text = db->engine->twins ? migration->postgres : migration->text;
    int code = db_begin(db, DB_WRITE, &transaction, error);
    if (code == 0)
        code = db->engine->run_script(db->connection, text, error);
    if (code == 0)
        code = db_execute(
            db, QUERY_MIGRATION_INSERT,
            (struct db_value[]){DB_INT(migration->number), DB_TEXT(migration->name),
                                DB_TEXT(migration->sha256 ? migration->sha256 : hex),
                                DB_INT(instant_now_ms())},
            4, error);
    if (code == 0)
        code = db_commit(&transaction, error);
    if (code != 0)
        error_prefix(error, "migration %04d_%s", migration->number, migration->name);
    return code;
}

static bool is_pending(const bool *applied, size_t i, enum db_database database)
{
    return !applied[i] && applies(&db_migration_texts[i], database);
}

static const struct db_migration_text *first_pending(const bool *applied,
                                                     enum db_database database)
{
    for (size_t i = 0; i < db_migration_count; i++)
        if (is_pending(applied, i, database))
            return &db_migration_texts[i];
    return NULL;
}

static int look(struct db *db, enum db_database database, bool *applied,
                struct error *error)
{
    bool is_new = true;
    int code = db->engine->is_new(db->connection, &is_new, error);
    return code == 0 && !is_new ? read_applied(db, database, applied, error) : code;
}

// All of them or none: a failure leaves the database to the program that made it.
static int apply_pending(struct db *db, enum db_database database, bool *applied,
                         struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_WRITE, &transaction, error);
    // Whoever waited for another server's turn finds its migrations.
    if (code == 0 && db->engine->own)
        code = look(db, database, applied, error);
    for (size_t i = 0; code == 0 && i < db_migration_count; i++)
        if (is_pending(applied, i, database))
            code = apply(db, &db_migration_texts[i], error);
    if (code == 0)
        code = db_commit(&transaction, error);
    // No log is left that would be laid over a copy put back in the database's place.
    if (code == 0)
        db->engine->upkeep(db->connection, DB_UPKEEP_LAST);
    return code;
}

static int keep_copy(struct db *db, const char *folder, enum db_database database,
                     struct error *error)
{
    char name[32];
    if (text_format(name, sizeof name, "%s.db", db_database_to_str(database)) != 0)
        return error_set(error, ERROR_BUG, "db.misuse", "a database's name is long");
    return db_keep_copy(db, folder, name, db_migration_newest(database), error);
}

int db_migrate(struct db_store *store, struct db *db, enum db_database database,
               const char *folder, struct error *error)
{
    bool applied[MIGRATIONS_MAX] = {false};
    bool is_new = true;
    if (db_migration_count > MIGRATIONS_MAX)
        return error_set(error, ERROR_BUG, "db.misuse", "more than %d migrations",
                         MIGRATIONS_MAX);
    int code = db->engine->is_new(db->connection, &is_new, error);
    if (code == 0 && !is_new)
        code = read_applied(db, database, applied, error);
    const struct db_migration_text *first = first_pending(applied, database);
    if (code != 0 || !first)
        return code;
    if (db->mode == DB_READ)
        return error_set(error, ERROR_STORE, "db.older",
                         "migration %d (%s) has not been applied yet", first->number,
                         first->name);
    if (!is_new && folder && db->engine->copy_begin)
        code = keep_copy(db, folder, database, error);
    if (code == 0 && !is_new)
        code = db_store_alone(store, error);
    if (code == 0) {
        code = apply_pending(db, database, applied, error);
        if (!is_new)
            db_store_alone_over(store);
    }
    return code;
}
