// SPDX-License-Identifier: MPL-2.0
// Migrations: append-only, hashed, each in a transaction of its own.
#include <string.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

enum { MIGRATIONS_MAX = 256 };

static bool applies(const struct db_migration_text *migration, enum db_database database)
{
    return strcmp(migration->database, "any") == 0 ||
           strcmp(migration->database, db_database_to_str(database)) == 0;
}

static void hash_of(const struct db_migration_text *migration, char out[HASH_HEX_SIZE])
{
    uint8_t digest[HASH_SIZE];
    hash_bytes(migration->text, strlen(migration->text), digest);
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
        hash_of(migration, hex);
        if (!text_equal(migration->sha256 ? migration->sha256 : hex, sha256))
            return error_set(error, ERROR_STORE, "db.migration_changed",
                             "migration %d (%s) was changed after it had been applied",
                             migration->number, migration->name);
        applied[i] = true;
        return 0;
    }
    return error_set(error, ERROR_STORE, "db.newer",
                     "migration %lld (%s) is unknown: a newer gridcase has been here",
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
    hash_of(migration, hex);
    int code = db_begin(db, DB_WRITE, &transaction, error);
    if (code == 0)
        code = db->engine->run_script(db->connection, migration->text, error);
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

int db_migrate(struct db *db, enum db_database database, struct error *error)
{
    bool applied[MIGRATIONS_MAX] = {false};
    bool is_new = true;
    if (db_migration_count > MIGRATIONS_MAX)
        return error_set(error, ERROR_BUG, "db.misuse", "more than %d migrations",
                         MIGRATIONS_MAX);
    int code = db->engine->is_new(db->connection, &is_new, error);
    if (code == 0 && !is_new)
        code = read_applied(db, database, applied, error);
    for (size_t i = 0; code == 0 && i < db_migration_count; i++) {
        const struct db_migration_text *migration = &db_migration_texts[i];
        if (applied[i] || !applies(migration, database))
            continue;
        if (db->mode == DB_READ)
            return error_set(error, ERROR_STORE, "db.older",
                             "migration %d (%s) has not been applied yet",
                             migration->number, migration->name);
        code = apply(db, migration, error);
    }
    return code;
}
