// SPDX-License-Identifier: MPL-2.0
// Time orders are signed and lifted here; order_work.c works them off.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "order_internal.h"

static void put_big_endian(uint8_t out[8], int64_t number)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
}

static int check_text(const char *text, size_t most, const char *name, struct error *error)
{
    size_t length = text != NULL ? strlen(text) : 0;
    if (length == 0 || !text_is_utf8(text, length) || text_characters(text, length) > most)
        return error_set(error, ERROR_INPUT, "order.text",
                         "%s is a text of 1 to %zu characters", name, most);
    return 0;
}

static int check(const struct case_order_draft *draft, struct error *error)
{
    int code = check_text(draft->title, CASE_ORDER_TITLE_MOST, "title", error);
    if (code == 0)
        code = check_text(draft->reason, CASE_ORDER_REASON_MOST, "reason", error);
    if (code != 0)
        return code;
    if (draft->what == CASE_ORDER_EXTEND &&
        (draft->amount.unit == LIMIT_NONE || draft->amount.milli <= 0 ||
         draft->amount.season[0] != '\0' || draft->amount.hours[0] != '\0'))
        return error_set(error, ERROR_INPUT, "order.amount",
                         "an extension gives a time like 2 working days");
    if (draft->what == CASE_ORDER_PAUSE && draft->until_ms != INSTANT_NONE &&
        draft->until_ms <= draft->now_ms)
        return error_set(error, ERROR_INPUT, "order.until",
                         "the pause would end before it begins");
    if (draft->count == 0)
        return error_set(error, ERROR_INPUT, "order.empty", "no case fits");
    if (draft->count > CASE_ORDER_CASES)
        return error_set(error, ERROR_LIMIT, "order.too_many", "more than %d cases",
                         CASE_ORDER_CASES);
    return 0;
}

// SHA-256 of everything that is signed; gridcase-order(5).
static void digest_order(const struct case_order_draft *draft, const uint8_t *list,
                         uint8_t out[HASH_SIZE])
{
    struct hash *hash = hash_new();
    struct buffer head BUFFER_CLEANUP;
    buffer_init(&head, BUFFER_CEILING_LINE);
    buffer_format(&head,
                  "gridcase order 1\nwhat %s\nscope %s\nunit %s\nmilli %lld\n"
                  "until %lld\nsigned_by %lld\nsigned_at %lld\nlisted %zu\n",
                  case_order_what_to_str((int)draft->what),
                  case_order_scope_to_str((int)draft->scope),
                  limit_unit_to_str(draft->amount.unit), (long long)draft->amount.milli,
                  (long long)(draft->until_ms == INSTANT_NONE ? 0 : draft->until_ms),
                  (long long)draft->actor->person_id, (long long)draft->now_ms,
                  draft->count);
    hash_add(hash, head.data, head.length);
    const char *texts[] = {draft->title, draft->reason, draft->filter};
    for (size_t i = 0; i < 3; i++) {
        hash_add(hash, texts[i], strlen(texts[i]));
        hash_add(hash, "\n", 1);
    }
    hash_add(hash, list, draft->count * ORDER_ITEM_BYTES);
    hash_finish(hash, out);
}

// DB_ROW: signed before with this key.
static int look_up_key(struct db *db, const struct case_order_draft *draft, int64_t *ret_id,
                       struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    if (draft->key == NULL)
        return 0;
    int code = db_prepare(db, QUERY_TIME_ORDER_BY_KEY, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, draft->key, 16);
    code = db_step(s, error);
    if (code == DB_ROW)
        *ret_id = db_column_int(s, 0);
    return code;
}

static struct db_value instant_or_null(int64_t instant_ms)
{
    return instant_ms == INSTANT_NONE ? DB_NULL : DB_INT(instant_ms);
}

static int add(struct db *db, const struct case_order_draft *draft, const uint8_t *list,
               int64_t *ret_id, struct error *error)
{
    uint8_t digest[HASH_SIZE];
    digest_order(draft, list, digest);
    bool extend = draft->what == CASE_ORDER_EXTEND;
    return db_fetch_int(
        db, QUERY_TIME_ORDER_ADD,
        (struct db_value[]){DB_INT((int64_t)draft->what), DB_INT((int64_t)draft->scope),
                            DB_TEXT(draft->title), DB_TEXT(draft->reason),
                            DB_TEXT(draft->filter),
                            DB_INT(extend ? (int64_t)draft->amount.unit : 0),
                            DB_INT(extend ? draft->amount.milli : 0),
                            extend ? DB_NULL : instant_or_null(draft->until_ms),
                            DB_INT(draft->actor->person_id), DB_INT(draft->now_ms),
                            DB_BLOB(list, draft->count * ORDER_ITEM_BYTES),
                            DB_BLOB(digest, HASH_SIZE), DB_INT((int64_t)draft->count),
                            draft->key != NULL ? DB_BLOB(draft->key, 16) : DB_NULL},
        14, ret_id, error);
}

int case_order_sign(struct db *db, const struct case_order_draft *draft, int64_t *ret_id,
                    struct error *error)
{
    int code = look_up_key(db, draft, ret_id, error);
    if (code != 0)
        return code == DB_ROW ? 0 : code;
    code = check(draft, error);
    if (code != 0)
        return code;
    uint8_t *list = memory_array(draft->count, ORDER_ITEM_BYTES);
    for (size_t i = 0; i < draft->count; i++) {
        put_big_endian(list + i * ORDER_ITEM_BYTES, draft->items[i].case_id);
        put_big_endian(list + i * ORDER_ITEM_BYTES + 8, draft->items[i].version);
    }
    code = add(db, draft, list, ret_id, error);
    free(list);
    return code;
}

int case_order_lift(struct db *db, int64_t order_id, const struct actor *actor,
                    int64_t now_ms, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(256 * 1024);
    struct case_order order;
    int code = case_order_load(db, order_id, arena, &order, error);
    if (code != 0)
        return code;
    if (order.state != CASE_ORDER_IN_FORCE)
        return error_set(error, ERROR_CONFLICT, "order.not_in_force",
                         "only a pause in force can be lifted: this order is %s",
                         case_order_state_to_str((int)order.state));
    // A server clock that was set back does not end a pause before it began.
    int64_t at_ms = now_ms > order.signed_ms ? now_ms : order.signed_ms;
    return db_execute(
        db, QUERY_TIME_ORDER_LIFT,
        (struct db_value[]){DB_INT(order_id), DB_INT(actor->person_id), DB_INT(at_ms)}, 3,
        error);
}
