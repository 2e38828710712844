// SPDX-License-Identifier: MPL-2.0
// Checking a receipt, without any store: gridcase-receipt(5).
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/json.h>
#include <gridcase/core/text.h>

#include "seal_internal.h"

enum { TEXT_MOST = 256 * 1024, INDEX_MOST = 1 << 30 };

struct checking {
    const struct json *roots;
    const struct seal_outside *outside;
    size_t count;
    const char *number;
    struct seal_receipt_proof proof;
    uint8_t before[HASH_SIZE];
};

static int get_digest(const struct json *object, const char *name, uint8_t out[HASH_SIZE],
                      struct error *error)
{
    const char *hex = NULL;
    int code = json_get_text(object, name, JSON_REQUIRED, 64, &hex, error);
    return code != 0 ? code : hash_from_hex(hex, strlen(hex), out, error);
}

// Line `name value` of a canonical text, as it must be.
static bool has_line(const char *text, const char *name, const char *value)
{
    char line[200];
    int length = snprintf(line, sizeof line, "\n%s %s\n", name, value);
    return length > 0 && (size_t)length < sizeof line && strstr(text, line) != NULL;
}

static int check_text(struct checking *checking, const struct json *row, int64_t seq,
                      uint8_t digest[HASH_SIZE], struct error *error)
{
    const char *text = NULL;
    uint8_t counted[HASH_SIZE];
    char before[HASH_HEX_SIZE], place[24];
    int code = json_get_text(row, "text", JSON_REQUIRED, TEXT_MOST, &text, error);
    if (code == 0)
        code = get_digest(row, "digest", digest, error);
    if (code != 0)
        return code;
    hash_bytes(text, strlen(text), counted);
    hash_to_hex(checking->before, before);
    snprintf(place, sizeof place, "%" PRId64, seq);
    if (memcmp(counted, digest, HASH_SIZE) != 0 ||
        !text_starts(text, "gridcase-history 1\n") || !has_line(text, "before", before) ||
        !has_line(text, "case", checking->number) || !has_line(text, "seq", place))
        return error_set(error, ERROR_INPUT, "receipt.chain",
                         "row %" PRId64 " is not what its digest says, or does not follow "
                         "from the row before it",
                         seq);
    memcpy(checking->before, digest, HASH_SIZE);
    return 0;
}

static int read_seal(const struct json *object, struct case_seal *seal, struct error *error)
{
    int code =
        json_get_int(object, "number", JSON_REQUIRED, 1, INT64_MAX, &seal->number, error);
    if (code == 0)
        code = json_get_int(object, "made", JSON_REQUIRED, 0, INT64_MAX, &seal->made_ms,
                            error);
    if (code == 0)
        code =
            json_get_int(object, "last", JSON_REQUIRED, 0, INT64_MAX, &seal->last, error);
    if (code == 0)
        code =
            json_get_int(object, "rows", JSON_REQUIRED, 0, INDEX_MOST, &seal->rows, error);
    if (code == 0)
        code = json_get_int(object, "frozen", JSON_REQUIRED, 0, INDEX_MOST, &seal->frozen,
                            error);
    if (code == 0)
        code = get_digest(object, "before", seal->before, error);
    if (code == 0)
        code = get_digest(object, "tree", seal->tree, error);
    return code != 0 ? code : get_digest(object, "root", seal->root, error);
}

static int find_seal(const struct checking *checking, int64_t number,
                     struct case_seal *ret_seal, struct error *error)
{
    uint8_t root[HASH_SIZE];
    for (size_t i = 0; i < json_array_length(checking->roots); i++) {
        *ret_seal = (struct case_seal){0};
        int code = read_seal(json_array_item(checking->roots, i), ret_seal, error);
        if (code != 0)
            return code;
        if (ret_seal->number != number)
            continue;
        seal_root(ret_seal, root);
        if (memcmp(root, ret_seal->root, HASH_SIZE) != 0)
            return error_set(error, ERROR_INPUT, "receipt.root",
                             "root %" PRId64 " is not what its parts say", number);
        return 0;
    }
    return error_set(error, ERROR_INPUT, "receipt.form", "root %" PRId64 " is not told",
                     number);
}

static int check_outside(struct checking *checking, const struct case_seal *seal,
                         struct error *error)
{
    for (size_t i = 0; i < checking->count; i++) {
        if (checking->outside[i].number != seal->number)
            continue;
        if (memcmp(checking->outside[i].root, seal->root, HASH_SIZE) != 0)
            return error_set(error, ERROR_INPUT, "receipt.root",
                             "root %" PRId64 " is not the one that was kept outside",
                             seal->number);
        checking->proof.outside++;
        return 0;
    }
    return 0;
}

static int check_path(struct checking *checking, const struct json *row, int64_t seq,
                      const uint8_t digest[HASH_SIZE], struct error *error)
{
    int64_t number = 0, index = 0;
    const struct json *path = NULL;
    uint8_t steps[TREE_DEPTH][HASH_SIZE], root[HASH_SIZE];
    struct case_seal seal;
    char leaf[SEAL_LEAF_SIZE];
    int code = json_get_int(row, "root", JSON_OPTIONAL, 1, INT64_MAX, &number, error);
    if (code != 0 || number == 0)
        return code;
    code = json_get_int(row, "index", JSON_REQUIRED, 0, INDEX_MOST, &index, error);
    if (code == 0)
        code = json_get_array(row, "path", JSON_REQUIRED, &path, error);
    if (code == 0)
        code = find_seal(checking, number, &seal, error);
    size_t count = json_array_length(path);
    for (size_t i = 0; i < count && i < TREE_DEPTH && code == 0; i++) {
        const char *hex = json_as_text(json_array_item(path, i));
        code = hash_from_hex(hex != NULL ? hex : "", hex != NULL ? strlen(hex) : 0,
                             steps[i], error);
    }
    if (code != 0)
        return code;
    size_t length = seal_row_leaf(checking->number, seq, digest, leaf);
    if (count > TREE_DEPTH ||
        !tree_root_of(leaf, length, (uint64_t)index, (uint64_t)(seal.rows + seal.frozen),
                      (const uint8_t(*)[HASH_SIZE])steps, count, root) ||
        memcmp(root, seal.tree, HASH_SIZE) != 0)
        return error_set(error, ERROR_INPUT, "receipt.path",
                         "the way of row %" PRId64 " does not lead to root %" PRId64, seq,
                         number);
    checking->proof.sealed++;
    if (seal.number > checking->proof.last_root)
        checking->proof.last_root = seal.number;
    return check_outside(checking, &seal, error);
}

static int check(struct checking *checking, const struct json *receipt, struct error *error)
{
    const char *form = NULL;
    const struct json *rows = NULL;
    int code = json_get_text(receipt, "form", JSON_REQUIRED, 40, &form, error);
    if (code == 0 && strcmp(form, "gridcase-receipt 1") != 0)
        code =
            error_set(error, ERROR_INPUT, "receipt.form", "this is no receipt of form 1");
    if (code == 0)
        code = json_get_text(receipt, "case", JSON_REQUIRED, 39, &checking->number, error);
    if (code == 0)
        code = json_get_array(receipt, "rows", JSON_REQUIRED, &rows, error);
    if (code == 0)
        code = json_get_array(receipt, "roots", JSON_REQUIRED, &checking->roots, error);
    for (size_t i = 0; i < json_array_length(rows) && code == 0; i++) {
        const struct json *row = json_array_item(rows, i);
        uint8_t digest[HASH_SIZE];
        code = check_text(checking, row, (int64_t)i + 1, digest, error);
        if (code == 0)
            code = check_path(checking, row, (int64_t)i + 1, digest, error);
        checking->proof.rows++;
    }
    return code;
}

int seal_receipt_check(const char *text, size_t length, const struct seal_outside *outside,
                       size_t count, struct seal_receipt_proof *ret_proof,
                       struct error *error)
{
    struct json *receipt JSON_CLEANUP = NULL;
    struct checking checking = {.outside = outside, .count = count};
    int code = json_parse(text, length, &receipt, error);
    if (code == 0)
        code = check(&checking, receipt, error);
    if (code != 0)
        return code;
    snprintf(checking.proof.number, sizeof checking.proof.number, "%s", checking.number);
    *ret_proof = checking.proof;
    return 0;
}
