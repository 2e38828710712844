// SPDX-License-Identifier: MPL-2.0
// Rows of a table in order of its key, as bytes that are the same on every engine.
//
// A value is a letter and its bytes: 'n'; 'i' and eight, the highest first; 'd' and the
// eight of the IEEE number, of zero only the positive; 't' and 'b' with their length before
// them, a shape as 'b'.
#include <gridcase/db/rows.h>

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "db_internal.h"

enum { ROW_CEILING = 64 * 1024 * 1024, TELL_EVERY = 4096 };

struct db_rows {
    const struct db_engine *engine;
    const struct db_table *table;
    void *native;
    struct db_value values[DB_COLUMNS_MAX];
    struct buffer bytes;
};

int db_rows_open(struct db *db, const struct db_table *table, const struct db_range *range,
                 struct db_rows **ret_rows, struct error *error)
{
    const char *text = range ? table->read_range : table->read;
    struct db_text whole = {text, strlen(text), true};
    void *native = NULL;
    if (!db_in_transaction(db))
        return error_set(error, ERROR_BUG, "db.misuse", "rows are read in a transaction");
    int code = db->engine->prepare(db->connection, &whole, &native, error);
    for (int i = 0; code == 0 && range && i < 2; i++) {
        struct db_value end = DB_INT(i == 0 ? range->first : range->last);
        code = db->engine->bind(native, i + 1, &end, error);
    }
    if (code != 0) {
        if (native)
            db->engine->release(native);
        return error_prefix(error, "%s", table->name);
    }
    struct db_rows *rows = memory_new(sizeof *rows);
    rows->engine = db->engine;
    rows->table = table;
    rows->native = native;
    buffer_init(&rows->bytes, ROW_CEILING);
    *ret_rows = rows;
    return 0;
}

static void put_number(struct buffer *out, char letter, uint64_t bits)
{
    char bytes[9] = {letter};
    for (int i = 8; i > 0; i--, bits >>= 8)
        bytes[i] = (char)(bits & 0xff);
    buffer_append(out, bytes, sizeof bytes);
}

static struct db_value value_of(const struct db_rows *rows, int column)
{
    const struct db_engine *engine = rows->engine;
    size_t length = 0;
    if (engine->column_is_null(rows->native, column))
        return DB_NULL;
    switch (rows->table->columns[column].kind) {
    case DB_KIND_INT:
        return DB_INT(engine->column_int(rows->native, column));
    case DB_KIND_DOUBLE:
        return DB_DOUBLE(engine->column_double(rows->native, column));
    case DB_KIND_TEXT: {
        const char *text = engine->column_text(rows->native, column);
        return (struct db_value){
            .type = DB_TYPE_TEXT, .length = strlen(text), .as.text = text};
    }
    case DB_KIND_BLOB:
    case DB_KIND_SHAPE:
        break;
    }
    const void *bytes = engine->column_blob(rows->native, column, &length);
    return DB_BLOB(bytes, length);
}

static void put_value(struct buffer *out, const struct db_value *value)
{
    uint64_t bits = 0;
    double real = value->as.real + 0.0; // -0.0 + 0.0 is 0.0
    switch (value->type) {
    case DB_TYPE_NULL:
        buffer_append_char(out, 'n');
        return;
    case DB_TYPE_INT:
        put_number(out, 'i', (uint64_t)value->as.integer);
        return;
    case DB_TYPE_DOUBLE:
        memcpy(&bits, &real, sizeof bits);
        put_number(out, 'd', bits);
        return;
    case DB_TYPE_TEXT:
        put_number(out, 't', value->length);
        buffer_append(out, value->as.text, value->length);
        return;
    case DB_TYPE_BLOB:
        put_number(out, 'b', value->length);
        buffer_append(out, value->as.bytes, value->length);
        return;
    }
}

int db_rows_next(struct db_rows *rows, struct error *error)
{
    int code = rows->engine->step(rows->native, error);
    if (code != DB_ROW)
        return code == DB_DONE ? code : error_prefix(error, "%s", rows->table->name);
    buffer_clear(&rows->bytes);
    for (size_t i = 0; i < rows->table->column_count; i++) {
        rows->values[i] = value_of(rows, (int)i);
        put_value(&rows->bytes, &rows->values[i]);
    }
    code = buffer_check(&rows->bytes, error);
    return code == 0 ? DB_ROW : error_prefix(error, "a row of %s", rows->table->name);
}

const struct db_value *db_rows_values(const struct db_rows *rows)
{
    return rows->values;
}

const struct buffer *db_rows_bytes(const struct db_rows *rows)
{
    return &rows->bytes;
}

struct db_rows *db_rows_close(struct db_rows *rows)
{
    if (!rows)
        return NULL;
    rows->engine->release(rows->native);
    buffer_done(&rows->bytes);
    free(rows);
    return NULL;
}

int db_table_count(struct db *db, const struct db_table *table, int64_t *ret_rows,
                   struct error *error)
{
    struct db_text whole = {table->count, strlen(table->count), false};
    void *native = NULL;
    int code = db->engine->prepare(db->connection, &whole, &native, error);
    if (code == 0)
        code = db->engine->step(native, error);
    if (code == DB_ROW)
        *ret_rows = db->engine->column_int(native, 0);
    if (native)
        db->engine->release(native);
    return code < 0 ? error_prefix(error, "%s", table->name) : 0;
}

int db_teller_tell(const struct db_teller *teller, int64_t rows, bool last,
                   struct error *error)
{
    int64_t more = rows % TELL_EVERY;
    if (!teller || !teller->tell || (!last && more != 0))
        return 0;
    if (teller->tell(teller->context, last ? more : TELL_EVERY))
        return 0;
    return error_set(error, ERROR_BUSY, "copy.stopped", "stopped");
}

int db_table_digest(struct db *db, const struct db_table *table,
                    const struct db_teller *teller, struct db_digest *ret_digest,
                    struct error *error)
{
    struct db_rows *rows = NULL;
    struct db_digest digest = {0};
    struct hash *hash = hash_new();
    int code = db_rows_open(db, table, NULL, &rows, error);
    while (code == 0 && (code = db_rows_next(rows, error)) == DB_ROW) {
        hash_add(hash, rows->bytes.data, rows->bytes.length);
        digest.rows++;
        code = db_teller_tell(teller, digest.rows, false, error);
    }
    db_rows_close(rows);
    if (code == 0)
        code = db_teller_tell(teller, digest.rows, true, error);
    hash_finish(hash, digest.sha256);
    if (code == 0)
        *ret_digest = digest;
    return code;
}
