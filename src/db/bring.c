// SPDX-License-Identifier: MPL-2.0
// Bringing a table from one database into another: both are read in order of the key, side
// by side, and where they differ the row is put.
#include <gridcase/db/rows.h>

#include <string.h>

#include "db_internal.h"

// Of one transaction: what a process that dies has to do again.
enum { BATCH_ROWS = 20000, BATCH_BYTES = 8 * 1024 * 1024 };

struct bringing {
    struct db_bring *bring;
    struct db_rows *from, *seen;
    struct db_transaction moment; // of seen
    struct db_transaction batch;  // of to
    void *put;                    // the statement; NULL until it is needed
    bool filling;                 // the engine's fast way is open
    bool removes;                 // instead of putting
    int has_from, has_seen;       // DB_ROW: there is a row
    int64_t batch_rows, batch_bytes;
    struct hash *hash;
};

// ---- comparing ----

static int compare_values(const struct db_value *a, const struct db_value *b)
{
    if (a->type == DB_TYPE_INT)
        return a->as.integer < b->as.integer ? -1 : a->as.integer > b->as.integer;
    size_t least = a->length < b->length ? a->length : b->length;
    const void *x = a->type == DB_TYPE_TEXT ? a->as.text : a->as.bytes;
    const void *y = b->type == DB_TYPE_TEXT ? b->as.text : b->as.bytes;
    int order = least > 0 ? memcmp(x, y, least) : 0;
    return order != 0 ? order : a->length < b->length ? -1 : a->length > b->length;
}

// Which row comes first; one that is not there comes last.
static int compare(const struct bringing *b)
{
    const struct db_table *table = b->bring->table;
    if (b->has_from != DB_ROW || b->has_seen != DB_ROW)
        return b->has_from == DB_ROW ? -1 : 1;
    const struct db_value *from = db_rows_values(b->from), *seen = db_rows_values(b->seen);
    int order = 0;
    for (size_t i = 0; order == 0 && i < table->key_count; i++)
        order = compare_values(&from[table->key[i]], &seen[table->key[i]]);
    return order;
}

static bool same(const struct bringing *b)
{
    const struct buffer *from = db_rows_bytes(b->from), *seen = db_rows_bytes(b->seen);
    return from->length == seen->length &&
           memcmp(from->data, seen->data, from->length) == 0;
}

// ---- writing ----

static int end_filling(struct bringing *b, struct error *error)
{
    struct db *to = b->bring->to;
    if (!b->filling)
        return 0;
    b->filling = false;
    return to->engine->fill_end(to->connection, error);
}

static int end_batch(struct bringing *b, struct error *error)
{
    struct db *to = b->bring->to;
    int code = end_filling(b, error);
    if (code == 0 && b->batch.db)
        code = db_commit(&b->batch, error);
    if (code == 0 && b->batch_rows > 0)
        to->engine->upkeep(to->connection, DB_UPKEEP_BUSY);
    b->batch_rows = b->batch_bytes = 0;
    return code;
}

static int begin_batch(struct bringing *b, struct error *error)
{
    if (b->batch_rows >= BATCH_ROWS || b->batch_bytes >= BATCH_BYTES) {
        int code = end_batch(b, error);
        if (code != 0)
            return code;
    }
    b->batch_rows++;
    if (b->batch.db)
        return 0;
    int code = db_begin(b->bring->to, DB_WRITE, &b->batch, error);
    return code == 0 ? db_make_room(b->bring->to, error) : code;
}

static int run(struct bringing *b, const char *text, const struct db_value *values,
               size_t count, struct error *error)
{
    struct db *to = b->bring->to;
    const struct db_text whole = {text, strlen(text), false};
    int code = end_filling(b, error);
    if (code == 0 && !b->put)
        code = to->engine->prepare(to->connection, &whole, &b->put, error);
    for (size_t i = 0; code == 0 && i < count; i++)
        code = to->engine->bind(b->put, (int)i + 1, &values[i], error);
    if (code == 0)
        code = to->engine->step(b->put, error);
    if (b->put)
        to->engine->reset(b->put);
    return code < 0 ? code : 0;
}

// Behind the last row that is there nothing can be in the way: the fast way will do.
static int fill(struct bringing *b, struct error *error)
{
    struct db *to = b->bring->to;
    const struct db_table *table = b->bring->table;
    int code = 0;
    if (!b->filling)
        code = to->engine->fill_begin(to->connection, table->fill, error);
    b->filling = code == 0;
    for (size_t i = 0; code == 0 && i < table->column_count; i++) {
        const struct db_value *value = &db_rows_values(b->from)[i];
        bool shape = table->columns[i].kind == DB_KIND_SHAPE;
        size_t first = i == 0 ? table->column_count : 0;
        code = to->engine->fill_value(to->connection, first, value, shape, error);
    }
    return code;
}

static int put(struct bringing *b, struct error *error)
{
    const struct db_table *table = b->bring->table;
    const struct db_engine *engine = b->bring->to->engine;
    int code = begin_batch(b, error);
    if (code != 0)
        return code;
    b->bring->put++;
    b->batch_bytes += (int64_t)db_rows_bytes(b->from)->length;
    if (engine->fill_begin && b->has_seen != DB_ROW)
        return fill(b, error);
    return run(b, table->put, db_rows_values(b->from), table->column_count, error);
}

static int take_out(struct bringing *b, struct error *error)
{
    const struct db_table *table = b->bring->table;
    struct db_value key[DB_KEY_MAX];
    int code = begin_batch(b, error);
    for (size_t i = 0; i < table->key_count; i++)
        key[i] = db_rows_values(b->seen)[table->key[i]];
    return code == 0 ? run(b, table->remove, key, table->key_count, error) : code;
}

// ---- walking ----

static int step_from(struct bringing *b, struct error *error)
{
    b->has_from = db_rows_next(b->from, error);
    if (b->has_from != DB_ROW)
        return b->has_from;
    b->bring->rows++;
    if (b->hash)
        hash_add(b->hash, db_rows_bytes(b->from)->data, db_rows_bytes(b->from)->length);
    b->bring->digest.rows++;
    return db_teller_tell(&b->bring->teller, b->bring->digest.rows, false, error);
}

// At the end of what is there the moment is let go, so that a log may begin anew.
static int step_seen(struct bringing *b, struct error *error)
{
    b->has_seen = db_rows_next(b->seen, error);
    if (b->has_seen != DB_DONE)
        return b->has_seen < 0 ? b->has_seen : 0;
    b->seen = db_rows_close(b->seen);
    db_rollback(&b->moment);
    return 0;
}

static int walk(struct bringing *b, struct error *error)
{
    int code = step_seen(b, error);
    if (code == 0)
        code = step_from(b, error);
    while (code == 0 && (b->has_from == DB_ROW || b->has_seen == DB_ROW)) {
        int order = compare(b);
        bool other = order < 0 || (order == 0 && !same(b));
        if (order > 0) {
            b->bring->extra++;
            code = b->removes ? take_out(b, error) : 0;
        } else if (other && b->bring->only_looks) {
            b->bring->put++;
        } else if (other && !b->removes) {
            code = put(b, error);
        }
        if (code == 0 && order >= 0)
            code = step_seen(b, error);
        if (code == 0 && order <= 0)
            code = step_from(b, error);
    }
    return code == 0 ? end_batch(b, error) : code;
}

static int bring_all(struct bringing *b, struct error *error)
{
    struct db_bring *bring = b->bring;
    bring->digest = (struct db_digest){0};
    int code = db_begin(bring->seen, DB_READ, &b->moment, error);
    if (code == 0)
        code = db_rows_open(bring->seen, bring->table, bring->range, &b->seen, error);
    if (code == 0)
        code = db_rows_open(bring->from, bring->table, bring->range, &b->from, error);
    if (code == 0)
        code = walk(b, error);
    if (code == 0)
        code = db_teller_tell(&bring->teller, bring->digest.rows, true, error);
    if (b->filling)
        bring->to->engine->fill_drop(bring->to->connection);
    if (b->put)
        bring->to->engine->release(b->put);
    db_rollback(&b->batch);
    db_rows_close(b->seen);
    db_rows_close(b->from);
    db_rollback(&b->moment);
    return code == 0 ? 0 : error_prefix(error, "%s", bring->table->name);
}

int db_bring_rows(struct db_bring *bring, struct error *error)
{
    struct bringing b = {.bring = bring, .hash = hash_new()};
    int code = bring_all(&b, error);
    hash_finish(b.hash, bring->digest.sha256);
    return code;
}

int db_bring_removals(struct db_bring *bring, struct error *error)
{
    struct bringing b = {.bring = bring, .removes = true};
    bring->extra = 0;
    return bring_all(&b, error);
}

int db_bring_end(struct db *to, bool filled, struct error *error)
{
    to->engine->upkeep(to->connection, DB_UPKEEP_LAST);
    return to->engine->fill_over ? to->engine->fill_over(to->connection, filled, error) : 0;
}
