// SPDX-License-Identifier: MPL-2.0
// Proving roots: what the store says now against what it said when they were made, and
// against those that were kept outside.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "seal_internal.h"

// ---- roots kept outside ----
static int read_line(const char *line, size_t length, struct seal_outside *ret_root,
                     struct error *error)
{
    const char *words[6] = {0};
    size_t lengths[6] = {0}, count = 0;
    for (size_t at = 0; at < length && count < 6;) {
        while (at < length && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
            at++;
        size_t from = at;
        while (at < length && line[at] != ' ' && line[at] != '\t' && line[at] != '\r')
            at++;
        if (at > from) {
            words[count] = line + from;
            lengths[count++] = at - from;
        }
    }
    struct seal_outside root = {0};
    if (count != 6 || text_to_int(words[1], lengths[1], &root.number, NULL) != 0 ||
        root.number < 1 || hash_from_hex(words[5], lengths[5], root.root, NULL) != 0)
        return error_set(error, ERROR_INPUT, "root.line",
                         "'%.*s' is no root: root NUMBER TIME POSITION ROWS DIGEST",
                         length > 100 ? 100 : (int)length, line);
    *ret_root = root;
    return 0;
}

int seal_outside_read(const char *text, size_t length, struct seal_outside **ret_roots,
                      size_t *ret_count, struct error *error)
{
    struct seal_outside *roots = NULL;
    size_t count = 0, room = 0;
    int code = 0;
    for (size_t at = 0; at < length && code == 0;) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', length - at);
        size_t size = end != NULL ? (size_t)(end - line) : length - at;
        at += size + 1;
        if (size < 5 || memcmp(line, "root ", 5) != 0)
            continue;
        if (count == room) {
            room = room > 0 ? 2 * room : 64;
            struct seal_outside *more =
                count < SEAL_OUTSIDE_MOST ? realloc(roots, room * sizeof *more) : NULL;
            if (more == NULL) {
                code = error_set(error, ERROR_LIMIT, "root.too_many",
                                 "more than %d roots, or no memory", SEAL_OUTSIDE_MOST);
                break;
            }
            roots = more;
        }
        code = read_line(line, size, &roots[count], error);
        count += code == 0;
    }
    if (code == 0 && count == 0)
        code = error_set(error, ERROR_INPUT, "root.none", "no line begins with 'root '");
    if (code != 0) {
        free(roots);
        return code;
    }
    *ret_roots = roots;
    *ret_count = count;
    return 0;
}

// ---- proving ----
struct proving {
    struct db *db;
    const struct seal_outside *outside;
    size_t count;
    seal_found *found;
    void *context;
    struct seal_proof proof;
    struct case_seal before; // the root before
};

static void find(struct proving *proving, const char *slug, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void find(struct proving *proving, const char *slug, const char *format, ...)
{
    char message[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    proving->proof.problems++;
    proving->found(proving->context, slug, message);
}

static void compare_outside(struct proving *proving, const struct case_seal *seal)
{
    for (size_t i = 0; i < proving->count; i++) {
        const struct seal_outside *root = &proving->outside[i];
        if (root->number != seal->number)
            continue;
        if (memcmp(root->root, seal->root, HASH_SIZE) != 0) {
            find(proving, "root.outside",
                 "root %" PRId64 " is not the one that was kept outside", seal->number);
            continue;
        }
        proving->proof.matched++;
        proving->proof.last_matched = seal->number;
        proving->proof.covered = proving->proof.rows;
    }
}

// The rows of one root, computed anew.
static int prove_tree(struct proving *proving, struct case_seal *seal, struct error *error)
{
    struct tree tree;
    uint8_t digest[HASH_SIZE];
    struct seal_leaves leaves = {.after = seal->after,
                                 .last = seal->last,
                                 .frozen_after = proving->before.frozen_last,
                                 .frozen_last = seal->frozen_last,
                                 .trees = &tree,
                                 .tree_count = 1};
    tree_init(&tree, TREE_NO_LEAF);
    int code = seal_add_leaves(proving->db, &leaves, error);
    if (code != 0)
        return code;
    proving->proof.rows += leaves.rows;
    tree_root(&tree, digest);
    if (leaves.rows != seal->rows)
        find(proving, leaves.rows < seal->rows ? "root.rows_dropped" : "root.rows_added",
             "root %" PRId64 " covers %" PRId64 " rows, there are %" PRId64, seal->number,
             seal->rows, leaves.rows);
    if (leaves.frozen != seal->frozen)
        find(proving, "root.frozen",
             "root %" PRId64 " covers %" PRId64 " frozen figures, there are %" PRId64,
             seal->number, seal->frozen, leaves.frozen);
    if (memcmp(digest, seal->tree, HASH_SIZE) != 0)
        find(proving, "root.tree",
             "the rows under root %" PRId64 " are not those that were sealed",
             seal->number);
    return 0;
}

static int prove_root(struct proving *proving, struct case_seal *seal, struct error *error)
{
    uint8_t digest[HASH_SIZE];
    if (seal->number != proving->before.number + 1)
        find(proving, "root.gap", "root %" PRId64 " follows root %" PRId64, seal->number,
             proving->before.number);
    seal->after = proving->before.last;
    memcpy(seal->before, proving->before.root, HASH_SIZE);
    if (seal->last < seal->after || seal->frozen_last < proving->before.frozen_last)
        find(proving, "root.backwards", "root %" PRId64 " ends before the root before it",
             seal->number);
    int code = prove_tree(proving, seal, error);
    if (code != 0)
        return code;
    seal_root(seal, digest);
    if (memcmp(digest, seal->root, HASH_SIZE) != 0)
        find(proving, "root.chain",
             "root %" PRId64 " does not follow from the root before it", seal->number);
    compare_outside(proving, seal);
    proving->before = *seal;
    proving->proof.roots++;
    return 0;
}

static int prove_roots(struct proving *proving, struct error *error)
{
    for (;;) {
        // One at a time: the statement is not held while rows are read.
        struct case_seal seal;
        struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
        int code = db_prepare(proving->db, QUERY_PROOF_ROOT_LIST, &s, error);
        if (code != 0)
            return code;
        db_bind_int(s, 1, proving->before.number);
        db_bind_int(s, 2, 1);
        code = db_step(s, error);
        if (code != DB_ROW)
            return code;
        seal_read(s, &seal);
        s = db_finish(s);
        code = prove_root(proving, &seal, error);
        if (code != 0)
            return code;
    }
}

static int prove_frozen(struct proving *proving, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(proving->db, QUERY_FROZEN_DOCUMENTS, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        uint8_t digest[HASH_SIZE];
        size_t length = 0;
        const char *text = db_column_text(s, 2);
        const void *kept = db_column_blob(s, 3, &length);
        hash_bytes(text != NULL ? text : "", text != NULL ? strlen(text) : 0, digest);
        proving->proof.frozen++;
        if (kept == NULL || length != HASH_SIZE || memcmp(kept, digest, HASH_SIZE) != 0)
            find(proving, "frozen.changed",
                 "the figures of %s, version %" PRId64 ", are not those that were frozen",
                 db_column_text(s, 0), db_column_int(s, 1));
        code = 0;
    }
    return code;
}

static void find_unknown(struct proving *proving)
{
    for (size_t i = 0; i < proving->count; i++)
        if (proving->outside[i].number > proving->before.number)
            find(proving, "root.missing",
                 "root %" PRId64 " was kept outside; the store ends with root %" PRId64
                 ": rows were dropped, or an older copy was restored",
                 proving->outside[i].number, proving->before.number);
}

int case_seal_prove(struct db *db, const struct seal_outside *outside, size_t count,
                    seal_found *found, void *context, struct seal_proof *ret_proof,
                    struct error *error)
{
    struct proving proving = {
        .db = db, .outside = outside, .count = count, .found = found, .context = context};
    int code = prove_roots(&proving, error);
    if (code == 0)
        code = prove_frozen(&proving, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_PROOF_UNSEALED,
                            (struct db_value[]){DB_INT(proving.before.last)}, 1,
                            &proving.proof.unsealed, error);
    if (code != 0)
        return code;
    find_unknown(&proving);
    *ret_proof = proving.proof;
    return 0;
}
