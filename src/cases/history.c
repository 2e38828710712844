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
// hexadecimal, instants in milliseconds. Only the clock effect may be long.
void history_digest(const struct history_entry *entry, const uint8_t before[HASH_SIZE],
                    uint8_t out[HASH_SIZE])
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_LINE);
    buffer_append_text(&text, "gridcase-history 1\n");
    write_digest(&text, "before", before);
    buffer_format(&text, "case %s\n", entry->number);
    write_number(&text, "seq", entry->seq);
    buffer_format(&text, "action %s %s\n", entry->action, process_kind_to_str(entry->kind));
    write_number(&text, "mark", entry->mark);
    buffer_format(&text, "step %s > %s\n", entry->step_from, entry->step_to);
    buffer_format(&text, "task %lld.%lld\n", (long long)entry->task_no,
                  (long long)entry->task_version);
    buffer_format(&text, "actor %s%lld\n", entry->system ? "system " : "",
                  (long long)entry->actor_id);
    write_number(&text, "on_behalf_of", entry->on_behalf_of);
    write_number(&text, "department", entry->department_id);
    write_number(&text, "done", entry->done_ms);
    write_number(&text, "received", entry->received_ms);
    write_digest(&text, "opinion", entry->opinion_digest);
    write_digest(&text, "inputs", entry->inputs_digest);
    struct hash *hash = hash_new();
    hash_add(hash, text.data, text.length);
    add_line(hash, "clock", entry->clock_effect);
    hash_finish(hash, out);
}

static const char *opinion_of(const struct case_work *work)
{
    return *work->inputs.opinion != '\0' ? work->inputs.opinion : NULL;
}

static const char *clock_effect_of(const struct case_work *work)
{
    return work->clock_effect.length > 0 ? work->clock_effect.data : "";
}

static int64_t version_of_task(struct case_work *work)
{
    const struct case_task_row *task = case_task_find(work, work->task_no);
    return task != NULL ? task->version : 0;
}

int history_seal(struct case_work *work, const char *step_from, struct error *error)
{
    struct case_row *row = &work->row;
    const struct actor *actor = work->move->actor;
    int code = buffer_check(&work->clock_effect, error);
    if (code != 0)
        return code;
    row->version++;
    struct history_entry entry = {.number = row->number,
                                  .seq = row->version,
                                  .action = work->action->code,
                                  .kind = (int)work->action->kind,
                                  .mark = (int)work->move->mark,
                                  .step_from = step_from,
                                  .step_to = row->step,
                                  .task_no = work->task_no,
                                  .task_version = version_of_task(work),
                                  .actor_id = actor->person_id,
                                  .on_behalf_of = actor->on_behalf_of,
                                  .department_id = row->department_id,
                                  .system = actor->system,
                                  .done_ms = work->effective_ms,
                                  .received_ms = work->move->received_ms,
                                  .clock_effect = clock_effect_of(work)};
    history_text_digest(work->salt, opinion_of(work), entry.opinion_digest);
    history_text_digest(work->salt, work->inputs.json, entry.inputs_digest);
    uint8_t before[HASH_SIZE];
    memcpy(before, row->digest, HASH_SIZE);
    history_digest(&entry, before, row->digest);
    return 0;
}

int history_add(struct case_work *work, const char *step_from, struct error *error)
{
    const struct case_row *row = &work->row;
    const struct case_move *move = work->move;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_HISTORY_ADD, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, row->case_id);
    db_bind_int(s, 2, row->version);
    db_bind_text(s, 3, work->action->code);
    db_bind_int(s, 4, (int64_t)work->action->kind);
    db_bind_int(s, 5, (int64_t)move->mark);
    db_bind_text(s, 6, step_from);
    db_bind_text(s, 7, row->step);
    db_bind_int(s, 8, row->stage);
    db_bind_int(s, 9, work->task_no);
    db_bind_int(s, 10, version_of_task(work));
    db_bind_int(s, 11, move->actor->person_id);
    db_bind_int(s, 12, move->actor->system);
    db_bind_int(s, 13, move->actor->on_behalf_of);
    db_bind_int(s, 14, row->department_id);
    db_bind_text(s, 15, opinion_of(work));
    db_bind_text(s, 16, work->inputs.json);
    db_bind_text(s, 17, clock_effect_of(work));
    db_bind_int(s, 18, work->effective_ms);
    db_bind_int(s, 19, move->received_ms);
    if (move->key != NULL)
        db_bind_blob(s, 20, move->key, 16);
    if (move->key != NULL && move->body_digest != NULL)
        db_bind_blob(s, 21, move->body_digest, HASH_SIZE);
    db_bind_blob(s, 22, work->salt, sizeof work->salt);
    db_bind_blob(s, 23, row->digest, HASH_SIZE);
    code = db_step(s, error);
    return code < 0 ? error_prefix(error, "history") : 0;
}
