// SPDX-License-Identifier: MPL-2.0
// Handles, the statement cache and the short forms: what is the same on every engine.
#include <gridcase/db/db.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/instant.h>

#include "db_internal.h"

enum { STATEMENT_CEILING = 64 * 1024 };

// ---- handles ----

struct db *db_connect(const struct db_engine *engine, const struct db_target *target,
                      struct error *error)
{
    void *connection = NULL;
    if (engine->connect(target, &connection, error) != 0)
        return NULL;
    struct db *db = memory_new(sizeof *db);
    db->engine = engine;
    db->connection = connection;
    db->mode = target->mode;
    db->by_query = memory_array(QUERY_COUNT, sizeof *db->by_query);
    if (!db->by_query)
        abort();
    return db;
}

static void statement_free(struct db_statement *statement)
{
    statement->db->engine->release(statement->native);
    free(statement);
}

static void list_free(struct db_statement *list)
{
    while (list) {
        struct db_statement *next = list->next;
        statement_free(list);
        list = next;
    }
}

struct db *db_destroy(struct db *db)
{
    if (!db)
        return NULL;
    for (int query = 0; query < QUERY_COUNT; query++)
        list_free(db->by_query[query]);
    list_free(db->by_parts);
    if (db->engine->in_transaction(db->connection)) {
        struct error ignored = {0};
        (void)db->engine->control(db->connection, DB_CONTROL_ROLLBACK, 0, &ignored);
    }
    db->engine->disconnect(db->connection);
    rollup_done(&db->rollup);
    free(db->by_query);
    free(db);
    return NULL;
}

void db_set_budget(struct db *db, int64_t budget_us)
{
    db->engine->set_budget(db->connection, budget_us);
}

struct db_store *db_store_of(const struct db *db)
{
    return db->place->store;
}

const char *db_slug(const struct db *db)
{
    return db->place->slug;
}

enum db_database db_database_of(const struct db *db)
{
    return db->place->database;
}

bool db_is_writer(const struct db *db)
{
    return db->mode == DB_WRITE;
}

int64_t db_changes(const struct db *db)
{
    return db->engine->changes(db->connection);
}

bool db_in_transaction(const struct db *db)
{
    return db->level > 0;
}

// ---- statements ----

static int check_query(const struct db *db, enum query_id query, bool part,
                       struct error *error)
{
    if ((int)query < 0 || query >= QUERY_COUNT)
        return error_set(error, ERROR_BUG, "db.misuse", "no query %d", (int)query);
    const struct db_query_text *text = &db_query_texts[query];
    if (text->part && !part)
        return error_set(error, ERROR_BUG, "db.misuse", "%s is only a part", text->name);
    // A handle that is being migrated belongs to no place yet.
    if (db->place && strcmp(text->database, "any") != 0 &&
        strcmp(text->database, db_database_to_str(db->place->database)) != 0)
        return error_set(error, ERROR_BUG, "db.misuse", "%s is for %s, not for %s",
                         text->name, text->database,
                         db_database_to_str(db->place->database));
    return 0;
}

const char *db_text_of(const struct db_engine *engine, enum query_id query)
{
    const struct db_query_text *text = &db_query_texts[query];
    return engine->twins && text->postgres ? text->postgres : text->text;
}

static int statement_make(struct db *db, const struct db_text *text, const char *name,
                          struct db_statement **ret_statement, struct error *error)
{
    void *native = NULL;
    int code = db->engine->prepare(db->connection, text, &native, error);
    if (code != 0) {
        error_prefix(error, "%s", name);
        return code;
    }
    struct db_statement *statement = memory_new(sizeof *statement);
    statement->db = db;
    statement->native = native;
    *ret_statement = statement;
    return 0;
}

static void hand_out(struct db_statement *statement, struct db_statement **ret_statement)
{
    statement->out = true;
    statement->fresh = true;
    error_clear(&statement->bind_error);
    *ret_statement = statement;
}

int db_prepare(struct db *db, enum query_id query, struct db_statement **ret_statement,
               struct error *error)
{
    int code = check_query(db, query, false, error);
    if (code != 0)
        return code;
    for (struct db_statement *s = db->by_query[query]; s; s = s->next)
        if (!s->out) {
            hand_out(s, ret_statement);
            return 0;
        }
    const char *text = db_text_of(db->engine, query);
    struct db_text whole = {text, strlen(text), db_query_texts[query].many};
    struct db_statement *made = NULL;
    code = statement_make(db, &whole, db_query_texts[query].name, &made, error);
    if (code != 0)
        return code;
    made->parts[0] = query;
    made->next = db->by_query[query];
    db->by_query[query] = made;
    hand_out(made, ret_statement);
    return 0;
}

// Finds an idle statement of these parts and moves it to the front; drops the one that was
// used longest ago when the list is full.
static struct db_statement *parts_find(struct db *db, const enum query_id *parts,
                                       size_t count)
{
    struct db_statement **victim = NULL;
    size_t length = 0;
    for (struct db_statement **at = &db->by_parts; *at; at = &(*at)->next, length++) {
        struct db_statement *s = *at;
        if (s->out)
            continue;
        if (s->part_count == count && memcmp(s->parts, parts, count * sizeof *parts) == 0) {
            *at = s->next;
            s->next = db->by_parts;
            db->by_parts = s;
            return s;
        }
        victim = at;
    }
    if (length >= DB_PARTS_CACHE && victim) {
        struct db_statement *gone = *victim;
        *victim = gone->next;
        statement_free(gone);
    }
    return NULL;
}

int db_prepare_parts(struct db *db, const enum query_id *parts, size_t count,
                     struct db_statement **ret_statement, struct error *error)
{
    if (count < 1 || count > DB_PARTS_MAX)
        return error_set(error, ERROR_BUG, "db.misuse", "%zu parts", count);
    struct db_statement *found = parts_find(db, parts, count);
    if (found) {
        hand_out(found, ret_statement);
        return 0;
    }
    BUFFER_CLEANUP struct buffer text;
    bool many = false;
    buffer_init(&text, STATEMENT_CEILING);
    for (size_t i = 0; i < count; i++) {
        int code = check_query(db, parts[i], true, error);
        if (code != 0)
            return code;
        buffer_append_text(&text, db_text_of(db->engine, parts[i]));
        buffer_append_char(&text, '\n');
        many |= db_query_texts[parts[i]].many;
    }
    int code = buffer_check(&text, error);
    struct db_text whole = {text.data, text.length, many};
    if (code == 0)
        code = statement_make(db, &whole, db_query_texts[parts[0]].name, &found, error);
    if (code != 0)
        return code;
    memcpy(found->parts, parts, count * sizeof *parts);
    found->part_count = count;
    found->next = db->by_parts;
    db->by_parts = found;
    hand_out(found, ret_statement);
    return 0;
}

struct db_statement *db_finish(struct db_statement *statement)
{
    if (!statement)
        return NULL;
    const struct db_engine *engine = statement->db->engine;
    engine->reset(statement->native);
    engine->clear(statement->native);
    statement->out = false;
    return NULL;
}

void db_reset(struct db_statement *statement)
{
    statement->db->engine->reset(statement->native);
    statement->fresh = true;
}

static const char *name_of(const struct db_statement *statement)
{
    return db_query_texts[statement->parts[0]].name;
}

// The lost transaction of an engine that dropped it by itself must not be followed by
// writes that would commit one by one.
static int check_step(struct db_statement *statement, struct error *error)
{
    struct db *db = statement->db;
    if (statement->bind_error.code != 0) {
        *error = statement->bind_error;
        return error_prefix(error, "%s", name_of(statement));
    }
    if (db->level > 0 && !db->engine->in_transaction(db->connection))
        return error_set(error, ERROR_STORE, "db.transaction_lost",
                         "%s: the store has dropped the transaction begun at %s",
                         name_of(statement), db->where);
    bool writes = db->engine->writes(statement->native);
    if (db->mode == DB_READ && writes)
        return error_set(error, ERROR_BUG, "db.misuse", "%s writes, the handle only reads",
                         name_of(statement));
    db->wrote |= writes;
    return 0;
}

int db_step(struct db_statement *statement, struct error *error)
{
    struct error own = {0};
    struct error *filled = error ? error : &own;
    if (statement->fresh) {
        int code = check_step(statement, filled);
        if (code != 0)
            return code;
        statement->fresh = false;
        statement->rows = 0;
    }
    int code = db_step_counted(statement, filled);
    if (code < 0)
        error_prefix(filled, "%s", name_of(statement));
    return code;
}

// ---- binding ----

static void bind(struct db_statement *statement, int index, const struct db_value *value)
{
    struct error error = {0};
    if (statement->db->engine->bind(statement->native, index, value, &error) != 0 &&
        statement->bind_error.code == 0)
        statement->bind_error = error;
}

void db_bind_int(struct db_statement *statement, int index, int64_t value)
{
    bind(statement, index, &DB_INT(value));
}

void db_bind_double(struct db_statement *statement, int index, double value)
{
    if (!isfinite(value)) {
        if (statement->bind_error.code == 0)
            error_set(&statement->bind_error, ERROR_INPUT, "db.not_finite",
                      "$%d is not a finite number", index);
        return;
    }
    bind(statement, index, &DB_DOUBLE(value));
}

void db_bind_text_length(struct db_statement *statement, int index, const char *text,
                         size_t length)
{
    struct db_value value = DB_TEXT(text);
    value.length = length;
    bind(statement, index, text ? &value : &DB_NULL);
}

void db_bind_text(struct db_statement *statement, int index, const char *text)
{
    db_bind_text_length(statement, index, text, text ? strlen(text) : 0);
}

void db_bind_blob(struct db_statement *statement, int index, const void *bytes,
                  size_t length)
{
    bind(statement, index, bytes ? &DB_BLOB(bytes, length) : &DB_NULL);
}

void db_bind_null(struct db_statement *statement, int index)
{
    bind(statement, index, &DB_NULL);
}

void db_bind_instant(struct db_statement *statement, int index, int64_t instant_ms)
{
    bind(statement, index, instant_ms == INSTANT_NONE ? &DB_NULL : &DB_INT(instant_ms));
}

void db_bind_match(struct db_statement *statement, int index,
                   const struct db_match_group *groups, size_t count)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, STATEMENT_CEILING);
    statement->db->engine->match_text(groups, count, &text);
    struct error error = {0};
    if (buffer_check(&text, &error) != 0 && statement->bind_error.code == 0)
        statement->bind_error = error;
    else
        db_bind_text_length(statement, index, text.data, text.length);
}

void db_bind_values(struct db_statement *statement, const struct db_value *values,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int index = (int)i + 1;
        switch (values[i].type) {
        case DB_TYPE_TEXT:
            db_bind_text(statement, index, values[i].as.text);
            break;
        case DB_TYPE_BLOB:
            db_bind_blob(statement, index, values[i].as.bytes, values[i].length);
            break;
        case DB_TYPE_DOUBLE:
            db_bind_double(statement, index, values[i].as.real);
            break;
        case DB_TYPE_INT:
        case DB_TYPE_NULL:
            bind(statement, index, &values[i]);
            break;
        }
    }
}

// ---- columns ----

int db_columns(const struct db_statement *statement)
{
    return statement->db->engine->columns(statement->native);
}

bool db_column_is_null(struct db_statement *statement, int column)
{
    return statement->db->engine->column_is_null(statement->native, column);
}

int64_t db_column_int(struct db_statement *statement, int column)
{
    return statement->db->engine->column_int(statement->native, column);
}

int64_t db_column_instant(struct db_statement *statement, int column)
{
    return db_column_is_null(statement, column) ? INSTANT_NONE
                                                : db_column_int(statement, column);
}

double db_column_double(struct db_statement *statement, int column)
{
    return statement->db->engine->column_double(statement->native, column);
}

const char *db_column_text(struct db_statement *statement, int column)
{
    return statement->db->engine->column_text(statement->native, column);
}

const void *db_column_blob(struct db_statement *statement, int column, size_t *ret_length)
{
    return statement->db->engine->column_blob(statement->native, column, ret_length);
}

size_t db_column_length(struct db_statement *statement, int column)
{
    size_t length = 0;
    (void)statement->db->engine->column_blob(statement->native, column, &length);
    return length;
}

// ---- short forms ----

static int prepare_with(struct db *db, enum query_id query, const struct db_value *values,
                        size_t count, struct db_statement **ret_statement,
                        struct error *error)
{
    int code = check_query(db, query, false, error);
    if (code != 0)
        return code;
    if ((size_t)db_query_texts[query].parameters != count)
        return error_set(error, ERROR_BUG, "db.misuse", "%s has %d parameters, %zu given",
                         db_query_texts[query].name, db_query_texts[query].parameters,
                         count);
    code = db_prepare(db, query, ret_statement, error);
    if (code == 0)
        db_bind_values(*ret_statement, values, count);
    return code;
}

int db_execute(struct db *db, enum query_id query, const struct db_value *values,
               size_t count, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *statement = NULL;
    int code = prepare_with(db, query, values, count, &statement, error);
    if (code != 0 || !statement)
        return code;
    do {
        code = db_step(statement, error);
    } while (code == DB_ROW);
    return code;
}

int db_fetch_int(struct db *db, enum query_id query, const struct db_value *values,
                 size_t count, int64_t *ret_value, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *statement = NULL;
    int code = prepare_with(db, query, values, count, &statement, error);
    if (code != 0 || !statement)
        return code;
    code = db_step(statement, error);
    if (code < 0)
        return code;
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "db.no_row", "%s: no row",
                         db_query_texts[query].name);
    int64_t value = db_column_int(statement, 0);
    while (code == DB_ROW) // a statement that writes must run to its end
        code = db_step(statement, error);
    if (code == 0)
        *ret_value = value;
    return code;
}
