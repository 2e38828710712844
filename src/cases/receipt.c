// SPDX-License-Identifier: MPL-2.0
// Receipts: one case's history with the way from each row to its root: gridcase-receipt(5).
#include <string.h>

#include <gridcase/core/json.h>

#include "case_internal.h"
#include "seal_internal.h"

enum { RECEIPT_ROWS = 1000, RECEIPT_ARENA = 64 * 1024 * 1024 };

struct receipt_row {
    int64_t seq, received_ms;
    int64_t position; // 0: not sealed yet, or not found yet
    int64_t root;     // number, 0: not sealed yet
    uint64_t index;
    uint8_t digest[HASH_SIZE];
    const char *text;
    size_t path_count;
    uint8_t (*path)[HASH_SIZE];
};

struct receipt {
    struct db *db;
    struct arena *arena;
    int64_t case_id;
    struct case_row row;
    struct receipt_row rows[RECEIPT_ROWS];
    size_t count;
    struct case_seal *seals; // that a row lies under
    size_t seal_count;
    // While the leaves of one root go by.
    int64_t root;
    struct tree *trees;
    size_t targets[RECEIPT_ROWS], target_count;
};

// ---- the rows ----
static int read_row(struct receipt *receipt, struct db_statement *s,
                    uint8_t before[HASH_SIZE], struct error *error)
{
    struct buffer text BUFFER_CLEANUP;
    struct history_entry entry;
    if (receipt->count == RECEIPT_ROWS)
        return error_set(error, ERROR_LIMIT, "receipt.too_long",
                         "a receipt has room for %d rows", RECEIPT_ROWS);
    struct receipt_row *row = &receipt->rows[receipt->count++];
    buffer_init(&text, 2 * BUFFER_CEILING_LINE);
    history_entry_read(s, receipt->row.number, &entry);
    history_canonical(&entry, before, &text);
    int code = buffer_check(&text, error);
    if (code != 0)
        return code;
    *row = (struct receipt_row){.seq = entry.seq,
                                .received_ms = entry.received_ms,
                                .text = arena_copy(receipt->arena, text.data, text.length)};
    size_t length = 0;
    const void *digest = db_column_blob(s, 21, &length);
    if (digest == NULL || length != HASH_SIZE)
        return error_set(error, ERROR_STORE, "receipt.digest",
                         "history row %lld has no digest", (long long)entry.seq);
    memcpy(row->digest, digest, HASH_SIZE);
    memcpy(before, digest, HASH_SIZE);
    return 0;
}

static int read_rows(struct receipt *receipt, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    uint8_t before[HASH_SIZE] = {0};
    int code = db_prepare(receipt->db, QUERY_HISTORY_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, receipt->case_id);
    db_bind_int(s, 2, 0);
    db_bind_int(s, 3, 0);
    while ((code = db_step(s, error)) == DB_ROW) {
        code = read_row(receipt, s, before, error);
        if (code != 0)
            return code;
    }
    return code;
}

// ---- where they stand in the change stream ----
static int find_in(struct receipt *receipt, int64_t after, int64_t last,
                   struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(receipt->db, QUERY_PROOF_CASE_POSITIONS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, receipt->case_id);
    db_bind_int(s, 2, after);
    db_bind_int(s, 3, last);
    while ((code = db_step(s, error)) == DB_ROW)
        for (size_t i = 0; i < receipt->count; i++)
            if (receipt->rows[i].seq == db_column_int(s, 1))
                receipt->rows[i].position = db_column_int(s, 0);
    return code;
}

// The stream has no index by case. A row came before the first root made since then, so
// one day's stretch is enough, but for what was imported with times of its own.
static int find_positions(struct receipt *receipt, struct error *error)
{
    struct case_seal seal;
    bool missing = false;
    int code = 0;
    for (size_t i = 0; i < receipt->count && code == 0; i++) {
        struct receipt_row *row = &receipt->rows[i];
        if (row->position != 0)
            continue;
        code =
            seal_fetch(receipt->db, QUERY_PROOF_ROOT_SINCE, row->received_ms, &seal, error);
        if (code == 0 && seal.number != 0)
            code = find_in(receipt, seal.after, seal.last, error);
        missing = missing || row->position == 0;
    }
    if (code == 0 && missing)
        code = case_seal_last(receipt->db, &seal, error);
    if (code == 0 && missing && seal.number != 0)
        code = find_in(receipt, 0, seal.last, error);
    return code;
}

static bool known_seal(const struct receipt *receipt, int64_t number)
{
    for (size_t i = 0; i < receipt->seal_count; i++)
        if (receipt->seals[i].number == number)
            return true;
    return false;
}

static int find_seals(struct receipt *receipt, struct error *error)
{
    int code = 0;
    receipt->seals = arena_array(receipt->arena, RECEIPT_ROWS, sizeof *receipt->seals);
    if (receipt->seals == NULL)
        return error_set(error, ERROR_LIMIT, "receipt.too_long", "no room for the roots");
    for (size_t i = 0; i < receipt->count && code == 0; i++) {
        struct receipt_row *row = &receipt->rows[i];
        struct case_seal seal;
        if (row->position == 0)
            continue;
        code =
            seal_fetch(receipt->db, QUERY_PROOF_ROOT_COVERING, row->position, &seal, error);
        if (code != 0 || seal.number == 0)
            continue;
        row->root = seal.number;
        if (!known_seal(receipt, seal.number))
            receipt->seals[receipt->seal_count++] = seal;
    }
    return code;
}

// ---- the way up ----
static void see_row(void *context, int64_t position, uint64_t index)
{
    struct receipt *receipt = context;
    for (size_t i = 0; i < receipt->target_count; i++) {
        struct receipt_row *row = &receipt->rows[receipt->targets[i]];
        if (row->position != position)
            continue;
        row->index = index;
        receipt->trees[i].target = index;
    }
}

static int keep_paths(struct receipt *receipt, const struct case_seal *seal,
                      struct error *error)
{
    for (size_t i = 0; i < receipt->target_count; i++) {
        struct receipt_row *row = &receipt->rows[receipt->targets[i]];
        struct tree *tree = &receipt->trees[i];
        uint8_t root[HASH_SIZE];
        tree_root(tree, root);
        if (memcmp(root, seal->tree, HASH_SIZE) != 0)
            return error_set(error, ERROR_STORE, "receipt.root",
                             "the rows under root %lld are not those that were sealed",
                             (long long)seal->number);
        row->path_count = tree->path_count;
        row->path = arena_array(receipt->arena, tree->path_count + 1, HASH_SIZE);
        if (row->path == NULL)
            return error_set(error, ERROR_LIMIT, "receipt.too_long", "no room for a path");
        memcpy(row->path, tree->path, tree->path_count * HASH_SIZE);
    }
    return 0;
}

static int climb(struct receipt *receipt, const struct case_seal *seal, struct error *error)
{
    struct case_seal before = {0};
    receipt->target_count = 0;
    for (size_t i = 0; i < receipt->count; i++)
        if (receipt->rows[i].root == seal->number)
            receipt->targets[receipt->target_count++] = i;
    receipt->trees =
        arena_array(receipt->arena, receipt->target_count, sizeof *receipt->trees);
    if (receipt->trees == NULL)
        return error_set(error, ERROR_LIMIT, "receipt.too_long", "no room for the trees");
    for (size_t i = 0; i < receipt->target_count; i++)
        tree_init(&receipt->trees[i], TREE_NO_LEAF);
    int code = seal_fetch(receipt->db, QUERY_PROOF_ROOT_BY_NUMBER, seal->number - 1,
                          &before, error);
    if (code != 0)
        return code;
    struct seal_leaves leaves = {.after = seal->after,
                                 .last = seal->last,
                                 .frozen_after = before.frozen_last,
                                 .frozen_last = seal->frozen_last,
                                 .trees = receipt->trees,
                                 .tree_count = receipt->target_count,
                                 .row = see_row,
                                 .context = receipt};
    code = seal_add_leaves(receipt->db, &leaves, error);
    return code != 0 ? code : keep_paths(receipt, seal, error);
}

// ---- as JSON ----
static void put_digest(struct json_writer *json, const char *name,
                       const uint8_t digest[HASH_SIZE])
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(digest, hex);
    json_put_text(json, name, hex);
}

static void put_row(struct json_writer *json, const struct receipt_row *row)
{
    json_begin_object(json, NULL);
    json_put_int(json, "seq", row->seq);
    json_put_text(json, "text", row->text);
    put_digest(json, "digest", row->digest);
    if (row->root != 0) {
        json_put_int(json, "root", row->root);
        json_put_int(json, "index", (int64_t)row->index);
        json_begin_array(json, "path");
        for (size_t i = 0; i < row->path_count; i++)
            put_digest(json, NULL, row->path[i]);
        json_end_array(json);
    }
    json_end_object(json);
}

static void put_seal(struct json_writer *json, const struct case_seal *seal)
{
    json_begin_object(json, NULL);
    json_put_int(json, "number", seal->number);
    json_put_int(json, "made", seal->made_ms);
    json_put_int(json, "last", seal->last);
    json_put_int(json, "rows", seal->rows);
    json_put_int(json, "frozen", seal->frozen);
    put_digest(json, "before", seal->before);
    put_digest(json, "tree", seal->tree);
    put_digest(json, "root", seal->root);
    json_end_object(json);
}

static int write_receipt(const struct receipt *receipt, struct buffer *out,
                         struct error *error)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_put_text(&json, "form", "gridcase-receipt 1");
    json_put_text(&json, "case", receipt->row.number);
    json_begin_array(&json, "rows");
    for (size_t i = 0; i < receipt->count; i++)
        put_row(&json, &receipt->rows[i]);
    json_end_array(&json);
    json_begin_array(&json, "roots");
    for (size_t i = 0; i < receipt->seal_count; i++)
        put_seal(&json, &receipt->seals[i]);
    json_end_array(&json);
    json_end_object(&json);
    return buffer_check(out, error);
}

static int make(struct receipt *receipt, struct buffer *out, struct error *error)
{
    // One moment for history, stream and roots.
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(receipt->db, DB_READ, &transaction, error);
    if (code == 0)
        code = case_row_load(receipt->db, receipt->case_id, receipt->arena, &receipt->row,
                             error);
    if (code == 0)
        code = read_rows(receipt, error);
    if (code == 0)
        code = find_positions(receipt, error);
    if (code == 0)
        code = find_seals(receipt, error);
    for (size_t i = 0; i < receipt->seal_count && code == 0; i++)
        code = climb(receipt, &receipt->seals[i], error);
    return code != 0 ? code : write_receipt(receipt, out, error);
}

int case_receipt(struct db *db, int64_t case_id, struct buffer *out, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(RECEIPT_ARENA);
    struct receipt *receipt = arena_array(arena, 1, sizeof *receipt);
    if (receipt == NULL)
        return error_set(error, ERROR_LIMIT, "receipt.too_long", "no room for a receipt");
    memset(receipt, 0, sizeof *receipt);
    receipt->db = db;
    receipt->arena = arena;
    receipt->case_id = case_id;
    return make(receipt, out, error);
}
