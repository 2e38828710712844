// SPDX-License-Identifier: MPL-2.0
// History rows and the chain of digests over them: gridcase-history(5), form 1.
#include <string.h>

#include "case_internal.h"

void history_text_digest(const uint8_t salt[16], const char *text, uint8_t out[HASH_SIZE])
{
    if (text == NULL) {
        memset(out, 0, HASH_SIZE);
        return;
    }
    struct hash *hash = hash_new();
    hash_add(hash, salt, 16);
    hash_add(hash, text, strlen(text));
    hash_finish(hash, out);
}

static void take_text_digest(struct hash *hash, const uint8_t salt[16], const char *text,
                             uint8_t out[HASH_SIZE])
{
    if (text == NULL)
        return; // as kept
    hash_add(hash, salt, 16);
    hash_add(hash, text, strlen(text));
    hash_take(hash, out);
}

static void add_line(struct hash *hash, const char *name, const char *value)
{
    hash_add(hash, name, strlen(name));
    hash_add(hash, " ", 1);
    hash_add(hash, value, strlen(value));
    hash_add(hash, "\n", 1);
}

static void write_number(struct buffer *out, const char *name, int64_t value)
{
    buffer_append_text(out, name);
    buffer_append_char(out, ' ');
    buffer_append_int(out, value);
    buffer_append_char(out, '\n');
}

// No printf: a recount writes tens of millions of these.
static void write_words(struct buffer *out, const char *a, const char *b, const char *c)
{
    buffer_append_text(out, a);
    buffer_append_text(out, b);
    buffer_append_text(out, c);
}

static void write_digest(struct buffer *out, const char *name,
                         const uint8_t digest[HASH_SIZE])
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(digest, hex);
    buffer_append_text(out, name);
    buffer_append_char(out, ' ');
    buffer_append(out, hex, 2 * HASH_SIZE);
    buffer_append_char(out, '\n');
}

// One line per field, name, blank, value; numbers decimal, digests in lower-case
// hexadecimal, instants in milliseconds. Only the clock effect, the last line, may be long.
static void write_entry(const struct history_entry *entry, const uint8_t before[HASH_SIZE],
                        struct buffer *text)
{
    buffer_append_text(text, "gridcase-history 1\n");
    write_digest(text, "before", before);
    write_words(text, "case ", entry->number, "\n");
    write_number(text, "seq", entry->seq);
    write_words(text, "action ", entry->action, " ");
    write_words(text, process_kind_to_str(entry->kind), "\n", "");
    write_number(text, "mark", entry->mark);
    write_words(text, "step ", entry->step_from, " > ");
    write_words(text, entry->step_to, "\n", "");
    buffer_append_text(text, "task ");
    buffer_append_int(text, entry->task_no);
    buffer_append_char(text, '.');
    buffer_append_int(text, entry->task_version);
    write_words(text, "\nactor ", entry->system ? "system " : "", "");
    buffer_append_int(text, entry->actor_id);
    buffer_append_char(text, '\n');
    write_number(text, "on_behalf_of", entry->on_behalf_of);
    write_number(text, "department", entry->department_id);
    if (entry->company_id != 0) // rows of before the levels of command have no such line
        write_number(text, "company", entry->company_id);
    if (entry->behalf_department_id != 0)
        write_number(text, "behalf", entry->behalf_department_id);
    write_number(text, "done", entry->done_ms);
    write_number(text, "received", entry->received_ms);
    write_digest(text, "opinion", entry->opinion_digest);
    write_digest(text, "inputs", entry->inputs_digest);
}

void history_digest(const struct history_entry *entry, const uint8_t before[HASH_SIZE],
                    uint8_t out[HASH_SIZE])
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_LINE);
    write_entry(entry, before, &text);
    struct hash *hash = hash_new();
    hash_add(hash, text.data, text.length);
    add_line(hash, "clock", entry->clock_effect);
    hash_finish(hash, out);
}

void history_row_digest(struct hash *hash, struct buffer *text, struct history_row *row,
                        const uint8_t before[HASH_SIZE], uint8_t out[HASH_SIZE])
{
    take_text_digest(hash, row->salt, row->opinion, row->entry.opinion_digest);
    take_text_digest(hash, row->salt, row->inputs, row->entry.inputs_digest);
    buffer_clear(text);
    write_entry(&row->entry, before, text);
    hash_add(hash, text->data, text->length);
    add_line(hash, "clock", row->entry.clock_effect);
    hash_take(hash, out);
}

void history_canonical(const struct history_entry *entry, const uint8_t before[HASH_SIZE],
                       struct buffer *out)
{
    write_entry(entry, before, out);
    buffer_format(out, "clock %s\n", entry->clock_effect);
}

static void read_text_digest(struct db_statement *s, int text, int erased,
                             const uint8_t *salt, uint8_t out[HASH_SIZE])
{
    size_t length = 0;
    const void *kept = db_column_blob(s, erased, &length);
    if (db_column_is_null(s, text) && kept != NULL && length == HASH_SIZE)
        memcpy(out, kept, HASH_SIZE);
    else
        history_text_digest(salt, db_column_text(s, text), out);
}

void history_entry_read(struct db_statement *s, const char *number,
                        struct history_entry *ret_entry)
{
    size_t length = 0;
    uint8_t salt[16] = {0};
    const void *bytes = db_column_blob(s, 20, &length);
    if (bytes != NULL && length == sizeof salt)
        memcpy(salt, bytes, sizeof salt);
    *ret_entry = (struct history_entry){.number = number,
                                        .seq = db_column_int(s, 0),
                                        .action = db_column_text(s, 1),
                                        .kind = (int)db_column_int(s, 2),
                                        .mark = (int)db_column_int(s, 3),
                                        .step_from = db_column_text(s, 4),
                                        .step_to = db_column_text(s, 5),
                                        .task_no = db_column_int(s, 7),
                                        .task_version = db_column_int(s, 8),
                                        .actor_id = db_column_int(s, 9),
                                        .system = db_column_int(s, 10) != 0,
                                        .on_behalf_of = db_column_int(s, 11),
                                        .department_id = db_column_int(s, 12),
                                        .company_id = db_column_int(s, 22),
                                        .behalf_department_id = db_column_int(s, 23),
                                        .clock_effect = db_column_text(s, 17),
                                        .done_ms = db_column_int(s, 18),
                                        .received_ms = db_column_int(s, 19)};
    read_text_digest(s, 13, 15, salt, ret_entry->opinion_digest);
    read_text_digest(s, 14, 16, salt, ret_entry->inputs_digest);
}

static int64_t version_of_task(struct case_work *work)
{
    const struct case_task_row *task = case_task_find(work, work->task_no);
    return task != NULL ? task->version : 0;
}

int history_make(struct case_work *work, const char *step_from, struct history_row *out,
                 struct error *error)
{
    struct case_row *row = &work->row;
    const struct case_move *move = work->move;
    const struct actor *actor = move->actor;
    int code = buffer_check(&work->clock_effect, error);
    if (code != 0)
        return code;
    row->version++;
    *out = (struct history_row){
        .entry = {.seq = row->version,
                  .action = work->action->code,
                  .kind = (int)work->action->kind,
                  .mark = (int)move->mark,
                  .step_from = step_from,
                  .step_to = row->step,
                  .task_no = work->task_no,
                  .task_version = version_of_task(work),
                  .actor_id = actor->person_id,
                  .on_behalf_of = actor->on_behalf_of,
                  .department_id = row->department_id,
                  .company_id = work->company_id,
                  .behalf_department_id = work->behalf_department_id,
                  .system = actor->system,
                  .done_ms = work->effective_ms,
                  .received_ms = move->received_ms,
                  .clock_effect =
                      work->clock_effect.length > 0 ? work->clock_effect.data : ""},
        .stage_to = row->stage,
        .opinion = *work->inputs.opinion != '\0' ? work->inputs.opinion : NULL,
        .inputs = work->inputs.json,
        .key = move->key,
        .body_digest = move->key != NULL ? move->body_digest : NULL};
    memcpy(out->salt, work->salt, sizeof out->salt);
    return 0;
}

void history_seal(struct history_row *row, const char *number, uint8_t digest[HASH_SIZE])
{
    row->entry.number = number;
    history_text_digest(row->salt, row->opinion, row->entry.opinion_digest);
    history_text_digest(row->salt, row->inputs, row->entry.inputs_digest);
    history_digest(&row->entry, digest, row->digest);
    memcpy(digest, row->digest, HASH_SIZE);
}

int history_write(struct db *db, int64_t case_id, const struct history_row *row,
                  struct error *error)
{
    const struct history_entry *entry = &row->entry;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_HISTORY_ADD, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, entry->seq);
    db_bind_text(s, 3, entry->action);
    db_bind_int(s, 4, entry->kind);
    db_bind_int(s, 5, entry->mark);
    db_bind_text(s, 6, entry->step_from);
    db_bind_text(s, 7, entry->step_to);
    db_bind_int(s, 8, row->stage_to);
    db_bind_int(s, 9, entry->task_no);
    db_bind_int(s, 10, entry->task_version);
    db_bind_int(s, 11, entry->actor_id);
    db_bind_int(s, 12, entry->system);
    db_bind_int(s, 13, entry->on_behalf_of);
    db_bind_int(s, 14, entry->department_id);
    db_bind_text(s, 15, row->opinion);
    db_bind_text(s, 16, row->inputs);
    db_bind_text(s, 17, entry->clock_effect);
    db_bind_int(s, 18, entry->done_ms);
    db_bind_int(s, 19, entry->received_ms);
    if (row->key != NULL)
        db_bind_blob(s, 20, row->key, 16);
    if (row->key != NULL && row->body_digest != NULL)
        db_bind_blob(s, 21, row->body_digest, HASH_SIZE);
    db_bind_blob(s, 22, row->salt, sizeof row->salt);
    db_bind_blob(s, 23, row->digest, HASH_SIZE);
    db_bind_int(s, 24, entry->company_id);
    db_bind_int(s, 25, entry->behalf_department_id);
    code = db_step(s, error);
    return code < 0 ? error_prefix(error, "history") : 0;
}
