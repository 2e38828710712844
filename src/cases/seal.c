// SPDX-License-Identifier: MPL-2.0
// Making roots: gridcase-root(5).
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/rules/calendar.h>

#include "seal_internal.h"

enum { DAY_MS = 24 * 3600 * 1000 };

// ---- canonical forms ----
size_t seal_row_leaf(const char *number, int64_t seq, const uint8_t digest[HASH_SIZE],
                     char out[SEAL_LEAF_SIZE])
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(digest, hex);
    int length =
        snprintf(out, SEAL_LEAF_SIZE, "row %.60s %" PRId64 " %s\n", number, seq, hex);
    return length > 0 ? (size_t)length : 0;
}

static size_t frozen_leaf(const char *period, int64_t version,
                          const uint8_t digest[HASH_SIZE], char out[SEAL_LEAF_SIZE])
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(digest, hex);
    int length = snprintf(out, SEAL_LEAF_SIZE, "frozen %.20s %" PRId64 " %s\n", period,
                          version, hex);
    return length > 0 ? (size_t)length : 0;
}

void seal_root(const struct case_seal *seal, uint8_t out[HASH_SIZE])
{
    char before[HASH_HEX_SIZE], tree[HASH_HEX_SIZE], text[500];
    hash_to_hex(seal->before, before);
    hash_to_hex(seal->tree, tree);
    int length = snprintf(
        text, sizeof text,
        "gridcase-root 1\nbefore %s\nnumber %" PRId64 "\nmade %" PRId64 "\nlast %" PRId64
        "\nrows %" PRId64 "\nfrozen %" PRId64 "\ntree %s\n",
        before, seal->number, seal->made_ms, seal->last, seal->rows, seal->frozen, tree);
    hash_bytes(text, length > 0 ? (size_t)length : 0, out);
}

void case_seal_line(const struct case_seal *seal, char out[SEAL_LINE_SIZE])
{
    char made[INSTANT_TEXT_SIZE], root[HASH_HEX_SIZE];
    instant_to_text(seal->made_ms, made);
    hash_to_hex(seal->root, root);
    snprintf(out, SEAL_LINE_SIZE, "root %" PRId64 " %s %" PRId64 " %" PRId64 " %s",
             seal->number, made, seal->last, seal->rows, root);
}

// ---- reading ----
static void read_digest(struct db_statement *s, int column, uint8_t out[HASH_SIZE])
{
    size_t length = 0;
    const void *bytes = db_column_blob(s, column, &length);
    memset(out, 0, HASH_SIZE);
    if (bytes != NULL && length == HASH_SIZE)
        memcpy(out, bytes, HASH_SIZE);
}

void seal_read(struct db_statement *s, struct case_seal *seal)
{
    *seal = (struct case_seal){.number = db_column_int(s, 0),
                               .made_ms = db_column_int(s, 1),
                               .last = db_column_int(s, 2),
                               .rows = db_column_int(s, 3),
                               .frozen_last = db_column_int(s, 4),
                               .frozen = db_column_int(s, 5)};
    read_digest(s, 6, seal->tree);
    read_digest(s, 7, seal->root);
}

static int fetch_one(struct db *db, enum query_id query, const int64_t *value,
                     struct case_seal *ret_seal, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, query, &s, error);
    if (code != 0)
        return code;
    if (value != NULL)
        db_bind_int(s, 1, *value);
    code = db_step(s, error);
    *ret_seal = (struct case_seal){0};
    if (code == DB_ROW)
        seal_read(s, ret_seal);
    return code < 0 ? code : 0;
}

static int take_before(struct db *db, struct case_seal *seal, struct error *error)
{
    struct case_seal before;
    int64_t number = seal->number - 1;
    if (number <= 0)
        return 0;
    int code = fetch_one(db, QUERY_PROOF_ROOT_BY_NUMBER, &number, &before, error);
    if (code != 0)
        return code;
    seal->after = before.last;
    memcpy(seal->before, before.root, HASH_SIZE);
    return 0;
}

int seal_fetch(struct db *db, enum query_id query, int64_t value,
               struct case_seal *ret_seal, struct error *error)
{
    int code = fetch_one(db, query, &value, ret_seal, error);
    return code == 0 ? take_before(db, ret_seal, error) : code;
}

int case_seal_last(struct db *db, struct case_seal *ret_seal, struct error *error)
{
    int code = fetch_one(db, QUERY_PROOF_ROOT_LAST, NULL, ret_seal, error);
    return code == 0 ? take_before(db, ret_seal, error) : code;
}

int case_seal_of_frozen(struct db *db, int64_t frozen_id, struct case_seal *ret_seal,
                        struct error *error)
{
    return seal_fetch(db, QUERY_PROOF_ROOT_OF_FROZEN, frozen_id, ret_seal, error);
}

int case_seal_list(struct db *db, int64_t before_number, unsigned most, struct arena *arena,
                   struct case_seal **ret_seals, size_t *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    if (most < 1 || most > SEAL_LIST_MOST)
        most = SEAL_LIST_MOST;
    int code = db_prepare(db, QUERY_PROOF_ROOT_NEWEST, &s, error);
    if (code != 0)
        return code;
    struct case_seal *seals = arena_array(arena, most, sizeof *seals);
    if (seals == NULL)
        return error_set(error, ERROR_LIMIT, "root.too_many", "no room for %u roots", most);
    db_bind_int(s, 1, before_number > 0 ? before_number : INT64_MAX);
    db_bind_int(s, 2, most);
    size_t count = 0;
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        seal_read(s, &seals[count++]);
    if (code < 0)
        return code;
    for (size_t i = 0; i + 1 < count; i++) {
        seals[i].after = seals[i + 1].last;
        memcpy(seals[i].before, seals[i + 1].root, HASH_SIZE);
    }
    code = count > 0 ? take_before(db, &seals[count - 1], error) : 0;
    *ret_seals = seals;
    *ret_count = count;
    return code;
}

// ---- leaves ----
static void add_leaf(struct seal_leaves *leaves, const char *leaf, size_t length)
{
    for (size_t i = 0; i < leaves->tree_count; i++)
        tree_add(&leaves->trees[i], leaf, length);
}

static int add_rows(struct db *db, struct seal_leaves *leaves, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_PROOF_ROWS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, leaves->after);
    db_bind_int(s, 2, leaves->last);
    while ((code = db_step(s, error)) == DB_ROW) {
        uint8_t digest[HASH_SIZE];
        char leaf[SEAL_LEAF_SIZE];
        const char *number = db_column_text(s, 1);
        read_digest(s, 3, digest);
        if (leaves->row != NULL)
            leaves->row(leaves->context, db_column_int(s, 0), (uint64_t)leaves->rows);
        add_leaf(
            leaves, leaf,
            seal_row_leaf(number != NULL ? number : "", db_column_int(s, 2), digest, leaf));
        leaves->rows++;
    }
    return code;
}

static int add_frozen(struct db *db, struct seal_leaves *leaves, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_PROOF_FROZEN_LEAVES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, leaves->frozen_after);
    db_bind_int(s, 2, leaves->frozen_last);
    while ((code = db_step(s, error)) == DB_ROW) {
        uint8_t digest[HASH_SIZE];
        char leaf[SEAL_LEAF_SIZE];
        const char *period = db_column_text(s, 1);
        read_digest(s, 3, digest);
        add_leaf(
            leaves, leaf,
            frozen_leaf(period != NULL ? period : "", db_column_int(s, 2), digest, leaf));
        leaves->frozen++;
    }
    return code;
}

int seal_add_leaves(struct db *db, struct seal_leaves *leaves, struct error *error)
{
    leaves->rows = 0;
    leaves->frozen = 0;
    int code = leaves->last > leaves->after ? add_rows(db, leaves, error) : 0;
    if (code == 0 && leaves->frozen_last > leaves->frozen_after)
        code = add_frozen(db, leaves, error);
    return code;
}

// ---- making ----
static int look_ahead(struct db *db, const struct case_seal *last, int64_t *ret_position,
                      int64_t *ret_frozen, struct error *error)
{
    int code = db_fetch_int(db, QUERY_PROOF_STRETCH,
                            (struct db_value[]){DB_INT(last->last), DB_INT(SEAL_ROWS_MOST)},
                            2, ret_position, error);
    return code != 0
               ? code
               : db_fetch_int(db, QUERY_PROOF_FROZEN_MOST, NULL, 0, ret_frozen, error);
}

static int make(struct db *db, int64_t now_ms, struct case_seal *seal, struct error *error)
{
    struct case_seal last;
    int64_t position = 0, frozen = 0;
    int code = case_seal_last(db, &last, error);
    if (code == 0)
        code = look_ahead(db, &last, &position, &frozen, error);
    if (code != 0)
        return code;
    *seal = (struct case_seal){0};
    if (position <= last.last && frozen <= last.frozen_last)
        return 0;
    struct tree tree;
    struct seal_leaves leaves = {.after = last.last,
                                 .last = position > last.last ? position : last.last,
                                 .frozen_after = last.frozen_last,
                                 .frozen_last = frozen,
                                 .trees = &tree,
                                 .tree_count = 1};
    tree_init(&tree, TREE_NO_LEAF);
    code = seal_add_leaves(db, &leaves, error);
    if (code != 0)
        return code;
    *seal = (struct case_seal){.number = last.number + 1,
                               .made_ms = now_ms,
                               .after = leaves.after,
                               .last = leaves.last,
                               .rows = leaves.rows,
                               .frozen_last = leaves.frozen_last,
                               .frozen = leaves.frozen};
    memcpy(seal->before, last.root, HASH_SIZE);
    tree_root(&tree, seal->tree);
    seal_root(seal, seal->root);
    return 0;
}

int case_seal_make(struct db *db, int64_t now_ms, struct case_seal *ret_seal,
                   struct error *error)
{
    // One moment for the last root, the end of the stretch and its rows.
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_READ, &transaction, error);
    return code != 0 ? code : make(db, now_ms, ret_seal, error);
}

int case_seal_add(struct db *db, const struct case_seal *seal, bool *ret_added,
                  struct error *error)
{
    struct case_seal last;
    int code = case_seal_last(db, &last, error);
    if (code != 0)
        return code;
    *ret_added =
        last.number + 1 == seal->number && memcmp(last.root, seal->before, HASH_SIZE) == 0;
    if (!*ret_added)
        return 0;
    return db_execute(db, QUERY_PROOF_ROOT_ADD,
                      (struct db_value[]){DB_INT(seal->number), DB_INT(seal->made_ms),
                                          DB_INT(seal->last), DB_INT(seal->rows),
                                          DB_INT(seal->frozen_last), DB_INT(seal->frozen),
                                          DB_BLOB(seal->tree, HASH_SIZE),
                                          DB_BLOB(seal->root, HASH_SIZE)},
                      8, error);
}

int case_seal_due(struct db *db, const struct calendar *calendar, int64_t now_ms,
                  bool *ret_due, struct error *error)
{
    struct case_seal last;
    int64_t position = 0, frozen = 0;
    *ret_due = false;
    int code = case_seal_last(db, &last, error);
    if (code == 0)
        code = look_ahead(db, &last, &position, &frozen, error);
    if (code != 0)
        return code;
    bool news = position > last.last || frozen > last.frozen_last;
    bool over = now_ms - last.made_ms >= DAY_MS;
    if (calendar != NULL)
        over = calendar_day(calendar, now_ms) > calendar_day(calendar, last.made_ms);
    // A stretch that was cut goes on at once.
    *ret_due = news && (last.number == 0 || over || last.rows == SEAL_ROWS_MOST);
    return 0;
}
