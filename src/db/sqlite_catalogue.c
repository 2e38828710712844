// SPDX-License-Identifier: MPL-2.0
// What tables there are: an empty database in memory that has had every migration tells.
#include <gridcase/db/rows.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

#include "db_spatialite.h"
#include "db_sqlite.h"

struct made {
    struct db_catalogue catalogue;
    struct db_table tables[DB_TABLES_MAX];
    bool done;
};

static struct {
    pthread_mutex_t mutex;
    struct made made[DB_DATABASE_COUNT];
} all = {.mutex = PTHREAD_MUTEX_INITIALIZER};

struct names {
    char *list[DB_TABLES_MAX];
    size_t count;
};

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    names->count = 0;
}

static bool names_have(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0)
            return true;
    return false;
}

static int ask(sqlite3 *handle, enum query_id query, const char *table,
               sqlite3_stmt **ret_statement, struct error *error)
{
    int code = sqlite3_prepare_v2(handle, db_query_texts[query].text, -1, ret_statement, 0);
    if (code == SQLITE_OK && table)
        code = sqlite3_bind_text(*ret_statement, 1, table, -1, SQLITE_TRANSIENT);
    return code == SQLITE_OK ? 0 : sqlite_error(handle, code, error);
}

static int too_many(struct error *error, const char *what)
{
    return error_set(error, ERROR_BUG, "db.misuse", "the catalogue has too many %s", what);
}

// 1: a row; 0: the end.
static int next(sqlite3 *handle, sqlite3_stmt *statement, struct error *error)
{
    int code = sqlite3_step(statement);
    return code == SQLITE_ROW    ? 1
           : code == SQLITE_DONE ? 0
                                 : sqlite_error(handle, code, error);
}

static int list_names(sqlite3 *handle, enum query_id query, const char *table,
                      struct names *names, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = ask(handle, query, table, &statement, error);
    while (code == 0 && (code = next(handle, statement, error)) == 1) {
        code = names->count == DB_TABLES_MAX ? too_many(error, "tables") : 0;
        if (code == 0)
            names->list[names->count++] =
                memory_text((const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return code;
}

// ---- one table ----

static int read_columns(sqlite3 *handle, struct db_table *table, struct error *error)
{
    struct db_table_column *columns = memory_array(DB_COLUMNS_MAX, sizeof *columns);
    sqlite3_stmt *statement = NULL;
    table->columns = columns;
    int code = ask(handle, QUERY_CATALOGUE_COLUMN_LIST, table->name, &statement, error);
    while (code == 0 && (code = next(handle, statement, error)) == 1) {
        int place = sqlite3_column_int(statement, 2);
        if (table->column_count == DB_COLUMNS_MAX || place > DB_KEY_MAX) {
            code = too_many(error, "columns");
            break;
        }
        if (place > 0) {
            table->key[place - 1] = table->column_count;
            table->key_count++;
        }
        columns[table->column_count].name =
            memory_text((const char *)sqlite3_column_text(statement, 0));
        columns[table->column_count++].kind =
            (enum db_kind)sqlite3_column_int(statement, 1);
        code = 0;
    }
    sqlite3_finalize(statement);
    return code;
}

static int read_texts(sqlite3 *handle, struct db_table *table, struct error *error)
{
    const char **texts[] = {&table->read,   &table->read_range, &table->put,
                            &table->remove, &table->count,      &table->fill};
    sqlite3_stmt *statement = NULL;
    int code = ask(handle, QUERY_CATALOGUE_TEXTS, table->name, &statement, error);
    if (code == 0)
        code = next(handle, statement, error);
    for (int i = 0; code == 1 && i < 6; i++) {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        if (text)
            *texts[i] = memory_text(text);
        else
            code = error_set(error, ERROR_BUG, "db.misuse", "table %s has no primary key",
                             table->name);
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

// ---- order ----

static bool parents_are_in(sqlite3 *handle, const char *name, const struct made *made,
                           int *ret_code, struct error *error)
{
    struct names parents = {0};
    *ret_code = list_names(handle, QUERY_CATALOGUE_PARENT_LIST, name, &parents, error);
    bool in = *ret_code == 0;
    for (size_t i = 0; in && i < parents.count; i++)
        in = db_catalogue_find(&made->catalogue, parents.list[i]) != NULL;
    names_free(&parents);
    return in;
}

static int add_table(sqlite3 *handle, struct made *made, const char *name,
                     struct error *error)
{
    struct db_table *table = &made->tables[made->catalogue.count];
    *table = (struct db_table){.name = memory_text(name)};
    int code = read_columns(handle, table, error);
    if (code == 0)
        code = read_texts(handle, table, error);
    made->catalogue.count += code == 0;
    return code;
}

// Tables whose parents are in, until all are.
static int order_tables(sqlite3 *handle, struct made *made, const struct names *names,
                        struct error *error)
{
    int code = 0;
    made->catalogue.tables = made->tables;
    for (bool more = true; code == 0 && more;) {
        more = false;
        for (size_t i = 0; code == 0 && i < names->count; i++) {
            const char *name = names->list[i];
            if (strcmp(name, "migration") == 0 ||
                db_catalogue_find(&made->catalogue, name) ||
                !parents_are_in(handle, name, made, &code, error))
                continue;
            code = add_table(handle, made, name, error);
            more = true;
        }
    }
    if (code == 0 && made->catalogue.count + 1 != names->count)
        code = error_set(error, ERROR_BUG, "db.misuse", "tables name each other in turn");
    return code;
}

// ---- the empty database ----

static int migrate(sqlite3 *handle, enum db_database database, struct error *error)
{
    const char *wanted = db_database_to_str(database);
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < db_migration_count; i++)
        if (text_equal(db_migration_texts[i].database, "any") ||
            text_equal(db_migration_texts[i].database, wanted))
            code = sqlite3_exec(handle, db_migration_texts[i].text, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : sqlite_error(handle, code, error);
}

static void drop_known(struct names *names, const struct names *known)
{
    size_t kept = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (names_have(known, names->list[i]))
            free(names->list[i]);
        else
            names->list[kept++] = names->list[i];
    }
    names->count = kept;
}

// known: what SpatiaLite itself has made.
static int look(sqlite3 *handle, enum db_database database, struct made *made,
                struct error *error)
{
    struct names known = {0}, names = {0};
    sqlite3_stmt *statement = NULL;
    int code = 0;
    if (database == DB_CITY) {
        code = ask(handle, QUERY_SYSTEM_SPATIAL_INIT, NULL, &statement, error);
        if (code == 0)
            code = next(handle, statement, error);
        sqlite3_finalize(statement);
        code = code < 0 ? code : 0;
    }
    if (code == 0)
        code = list_names(handle, QUERY_CATALOGUE_TABLE_LIST, NULL, &known, error);
    if (code == 0)
        code = migrate(handle, database, error);
    if (code == 0)
        code = list_names(handle, QUERY_CATALOGUE_TABLE_LIST, NULL, &names, error);
    drop_known(&names, &known);
    if (code == 0)
        code = order_tables(handle, made, &names, error);
    names_free(&known);
    names_free(&names);
    return code;
}

static int make(enum db_database database, struct made *made, struct error *error)
{
    sqlite3 *handle = NULL;
    void *spatial = NULL;
    int code = sqlite3_open(":memory:", &handle);
    if (code != SQLITE_OK)
        code = sqlite_error(handle, code, error);
    if (code == 0 && database == DB_CITY) {
        spatial = spatialite_attach(handle);
        if (!spatial)
            code = error_set(error, ERROR_STORE, "db.failed", "SpatiaLite did not start");
    }
    if (code == 0)
        code = look(handle, database, made, error);
    sqlite3_close(handle);
    spatialite_detach(spatial);
    if (code != 0) // what a failed attempt has is not many bytes
        made->catalogue.count = 0;
    made->done = code == 0;
    return code == 0 ? 0
                     : error_prefix(error, "catalogue of %s", db_database_to_str(database));
}

int db_catalogue(enum db_database database, const struct db_catalogue **ret_catalogue,
                 struct error *error)
{
    struct made *made = &all.made[database];
    int code = 0;
    pthread_mutex_lock(&all.mutex);
    if (!made->done)
        code = make(database, made, error);
    pthread_mutex_unlock(&all.mutex);
    if (code == 0)
        *ret_catalogue = &made->catalogue;
    return code;
}

const struct db_table *db_catalogue_find(const struct db_catalogue *catalogue,
                                         const char *name)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->tables[i].name, name) == 0)
            return &catalogue->tables[i];
    return NULL;
}
