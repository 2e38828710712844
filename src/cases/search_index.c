// SPDX-License-Identifier: MPL-2.0
// Keeping the index: what has changed is read, cut, compared with what the index holds, and
// the difference is written.
#include <stdlib.h>
#include <string.h>

#include "search_internal.h"

enum {
    CHANGES_MOST = 2000,           // of one batch
    CASES_MOST = 500,              // of one batch
    BATCH_BYTES = 8 * 1024 * 1024, // of an arena, then a batch ends early
    WORDS_KNOWN = 32768,
};

struct batch_case {
    int64_t case_id, version;
    struct search_doc doc;
};

struct case_search_batch {
    struct case_search_state from; // where the index stood when it was read
    struct case_search_state next;
    struct batch_case cases[CASES_MOST];
    size_t count;
};

struct case_search_writer {
    uint64_t known[WORDS_KNOWN]; // hashes of words that are in the list of words
    bool pending;                // a batch was written, its commit not told yet
};

// ---- where it stands ----

int case_search_state(struct db *index, struct case_search_state *ret_state,
                      struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct case_search_state state = {.known = false};
    int code = db_prepare(index, QUERY_SEARCH_STATE, &s, error);
    if (code == 0)
        code = db_step(s, error);
    if (code < 0)
        return code;
    if (code == DB_ROW)
        state = (struct case_search_state){.known = db_column_int(s, 1) == SEARCH_RULES,
                                           .epoch = db_column_int(s, 0),
                                           .position = db_column_int(s, 2),
                                           .below = db_column_int(s, 3),
                                           .begun = db_column_int(s, 4)};
    if (code == DB_ROW && !state.known)
        return error_set(error, ERROR_CONFLICT, "search.outdated",
                         "the index was cut by other rules");
    *ret_state = state;
    return 0;
}

int case_search_lag(struct db *db, const struct case_search_state *state, int64_t now_ms,
                    struct case_search_lag *ret_lag, struct error *error)
{
    struct case_stream stream = {0};
    struct case_search_lag lag = {0, 0};
    int64_t at_ms = now_ms;
    int code = case_stream(db, &stream, error);
    if (code != 0)
        return code;
    if (stream.last > state->position) {
        lag.changes = stream.last - state->position;
        code = db_fetch_int(db, QUERY_SEARCH_CHANGE_AFTER,
                            (struct db_value[]){DB_INT(state->position)}, 1, &at_ms, error);
        lag.ms = now_ms > at_ms ? now_ms - at_ms : 0;
    }
    if (code == 0)
        *ret_lag = lag;
    return code;
}

// ---- reading ----

static int add_case(struct case_search_batch *batch, struct db *db,
                    const struct city_snapshot *city, const struct case_row *row,
                    struct arena *arena, struct error *error)
{
    struct batch_case *one = &batch->cases[batch->count];
    *one = (struct batch_case){.case_id = row->case_id, .version = row->version};
    int code = search_doc_read(db, city, row, arena, &one->doc, error);
    batch->count += code == 0;
    return code;
}

static int begin_anew(struct case_search_batch *batch, struct db *db,
                      const struct case_stream *stream, struct error *error)
{
    int64_t last = 0;
    int code = db_fetch_int(db, QUERY_SEARCH_LAST_CASE, NULL, 0, &last, error);
    batch->next = (struct case_search_state){
        .known = true,
        .epoch = stream->epoch,
        .position = stream->last,
        .below = last > 0 ? last + 1 : 0,
        .begun = last + 1,
    };
    return code;
}

static bool has_case(const struct case_search_batch *batch, int64_t case_id)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->cases[i].case_id == case_id)
            return true;
    return false;
}

static int read_changes(struct case_search_batch *batch, struct db *db,
                        const struct city_snapshot *city, struct arena *arena,
                        struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_SEARCH_CHANGES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, batch->next.position);
    db_bind_int(s, 2, CHANGES_MOST);
    while (batch->count < CASES_MOST && arena_used(arena) < BATCH_BYTES &&
           (code = db_step(s, error)) == DB_ROW) {
        struct arena *scratch ARENA_CLEANUP = arena_new(256 * 1024);
        struct case_row row;
        int64_t position = db_column_int(s, 0), case_id = db_column_int(s, 1);
        code = 0;
        // What lies below is read when its turn comes.
        if (case_id >= batch->next.below && !has_case(batch, case_id)) {
            code = case_row_load(db, case_id, scratch, &row, error);
            if (code == 0)
                code = add_case(batch, db, city, &row, arena, error);
        }
        if (code != 0)
            return code;
        batch->next.position = position;
    }
    return code < 0 ? code : 0;
}

static int read_older(struct case_search_batch *batch, struct db *db,
                      const struct city_snapshot *city, struct arena *arena,
                      struct error *error)
{
    const enum query_id parts[] = {QUERY_CASE_COLUMNS, QUERY_CASE_WALK_OLDER};
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare_parts(db, parts, 2, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 2, batch->next.below);
    while (batch->count < CASES_MOST && arena_used(arena) < BATCH_BYTES) {
        struct case_row row;
        code = db_step(s, error);
        if (code != DB_ROW)
            break;
        case_row_read(s, NULL, &row);
        code = add_case(batch, db, city, &row, arena, error);
        if (code != 0)
            return code;
        batch->next.below = row.case_id;
        code = DB_ROW;
    }
    if (code == DB_DONE)
        batch->next.below = 0;
    return code < 0 ? code : 0;
}

int case_search_batch_read(struct db *db, const struct city_snapshot *city,
                           const struct case_search_state *state, struct arena *arena,
                           struct case_search_batch **ret_batch, struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct case_stream stream = {0};
    struct case_search_batch *batch = arena_alloc(arena, sizeof *batch);
    *ret_batch = NULL;
    if (batch == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for a batch");
    int code = db_begin(db, DB_READ, &transaction, error); // one moment for all of it
    if (code == 0)
        code = case_stream(db, &stream, error);
    if (code != 0)
        return code;
    batch->from = batch->next = *state;
    if (!state->known)
        code = begin_anew(batch, db, &stream, error);
    else if (state->epoch != stream.epoch || state->position > stream.last ||
             (state->position < stream.first - 1))
        code = error_set(error, ERROR_CONFLICT, "search.outdated",
                         "the index belongs to other cases");
    else if (state->position < stream.last)
        code = read_changes(batch, db, city, arena, error);
    else if (state->below > 0)
        code = read_older(batch, db, city, arena, error);
    else
        return 0;
    if (code == 0)
        *ret_batch = batch;
    return code;
}

size_t case_search_batch_cases(const struct case_search_batch *batch)
{
    return batch->count;
}

// ---- writing ----

struct case_search_writer *case_search_writer_new(void)
{
    return memory_new(sizeof(struct case_search_writer));
}

struct case_search_writer *case_search_writer_free(struct case_search_writer *writer)
{
    free(writer);
    return NULL;
}

static uint64_t hash_of(const char *word, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)word[i]) * UINT64_C(1099511628211);
    return hash != 0 ? hash : 1;
}

// New words join the list of words; those seen lately are not asked for again.
static int keep_words(struct case_search_writer *writer, struct db *index,
                      const struct search_doc *doc, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < doc->count && code == 0; i++) {
        const struct search_token *token = &doc->tokens[i];
        if (!search_is_word(token->text, token->length))
            continue;
        uint64_t hash = hash_of(token->text, token->length);
        uint64_t *slot = &writer->known[hash % WORDS_KNOWN];
        if (*slot == hash)
            continue;
        *slot = hash;
        code = db_execute(index, QUERY_SEARCH_WORD_ADD,
                          (struct db_value[]){DB_TEXT(token->text)}, 1, error);
    }
    return code;
}

static int read_old(struct db *index, int64_t case_id, bool built, struct arena *arena,
                    struct search_doc *ret_doc, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(index, built ? QUERY_SEARCH_BUILT : QUERY_SEARCH_DOC, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, built ? -case_id : case_id);
    code = db_step(s, error);
    *ret_doc = (struct search_doc){.arena = arena, .limit = SEARCH_OPEN_TOKENS};
    if (code == DB_ROW)
        search_doc_parse(db_column_text(s, 0), db_column_length(s, 0), arena, ret_doc);
    return code < 0 ? code : 0;
}

static int write_difference(struct db *index, int64_t case_id, enum query_id query,
                            const struct search_doc *doc, const struct search_doc *other,
                            struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    search_doc_less(doc, other, &text);
    int code = buffer_check(&text, error);
    if (code != 0 || text.length == 0)
        return code;
    return db_execute(index, query,
                      (struct db_value[]){DB_INT(case_id), DB_TEXT(text.data)}, 2, error);
}

static int write_case(struct case_search_writer *writer, struct db *index,
                      const struct batch_case *one, bool built, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(8 * 1024 * 1024);
    BUFFER_CLEANUP struct buffer text;
    struct search_doc old, now = one->doc; // the batch may be written again: not changed
    buffer_init(&text, BUFFER_CEILING_REPLY);
    search_doc_write(&one->doc, &text);
    int code = buffer_check(&text, error);
    if (code == 0)
        code = read_old(index, one->case_id, built, arena, &old, error);
    if (code == 0)
        code = keep_words(writer, index, &one->doc, error);
    if (code != 0)
        return code;
    search_doc_copy(&now, arena);
    search_doc_open(&old);
    search_doc_open(&now);
    code =
        write_difference(index, one->case_id, QUERY_SEARCH_INDEX_REMOVE, &old, &now, error);
    if (code == 0)
        code = write_difference(index, one->case_id, QUERY_SEARCH_INDEX_ADD, &now, &old,
                                error);
    if (code == 0)
        code = db_execute(index, built ? QUERY_SEARCH_BUILT_PUT : QUERY_SEARCH_DOC_PUT,
                          (struct db_value[]){DB_INT(built ? -one->case_id : one->case_id),
                                              DB_INT(one->version), DB_TEXT(text.data)},
                          3, error);
    return code;
}

// Another server of the store keeps the same index: what it has written since this batch
// was read is not written again.
static int check_unmoved(struct db *index, const struct case_search_batch *batch,
                         struct error *error)
{
    struct case_search_state now = {0};
    if (!db_store_has_others(db_store_of(index)))
        return 0;
    int code = case_search_state(index, &now, error);
    if (code == 0 &&
        (now.known != batch->from.known || now.epoch != batch->from.epoch ||
         now.position != batch->from.position || now.below != batch->from.below))
        return error_set(error, ERROR_BUSY, "search.moved", "another server was first");
    return code;
}

int case_search_batch_write(struct case_search_writer *writer, struct db *index,
                            const struct case_search_batch *batch, struct error *error)
{
    const struct case_search_state *next = &batch->next;
    int code = check_unmoved(index, batch, error);
    if (writer->pending) // a batch was lost: so were its words
        memset(writer->known, 0, sizeof writer->known);
    writer->pending = true;
    for (size_t i = 0; i < batch->count && code == 0; i++)
        code = write_case(writer, index, &batch->cases[i],
                          batch->cases[i].case_id < next->begun, error);
    if (code == 0)
        code = db_execute(index, QUERY_SEARCH_STATE_PUT,
                          (struct db_value[]){DB_INT(next->epoch), DB_INT(SEARCH_RULES),
                                              DB_INT(next->position), DB_INT(next->below),
                                              DB_INT(next->begun)},
                          5, error);
    return code;
}

struct case_search_state case_search_batch_done(struct case_search_writer *writer,
                                                const struct case_search_batch *batch)
{
    writer->pending = false;
    return batch->next;
}
