// SPDX-License-Identifier: MPL-2.0
// Loads ranges of cases with a handful of statements, each in the order of the case ids.
#include <stdlib.h>
#include <string.h>

#include "recount_internal.h"

enum { LOAD_ARENA = 512 * 1024 * 1024, ROOM_LEAST = 1024 };

struct range {
    struct db *db;
    int64_t after, last;
    size_t at; // the life that the walk has reached
};

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "recount.memory", "no memory for the cases");
}

// Room for one more item.
static int grow(void **items, size_t *room, size_t count, size_t size, struct error *error)
{
    if (count < *room)
        return 0;
    size_t more = *room > 0 ? 2 * *room : ROOM_LEAST;
    void *grown = realloc(*items, more * size);
    if (grown == NULL)
        return no_memory(error);
    *items = grown;
    *room = more;
    return 0;
}

// The life of that case; rows come in the order of the cases. NULL: there is none.
static struct recount_life *walk_to(struct recount_batch *batch, struct range *range,
                                    int64_t case_id)
{
    while (range->at < batch->count && batch->lives[range->at].row.case_id < case_id)
        range->at++;
    return range->at < batch->count && batch->lives[range->at].row.case_id == case_id
               ? &batch->lives[range->at]
               : NULL;
}

static int load_rows(struct recount_batch *batch, struct range *range, unsigned most,
                     struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    enum query_id parts[] = {QUERY_CASE_COLUMNS, QUERY_RECOUNT_CASES};
    int code = db_prepare_parts(range->db, parts, 2, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, range->after);
    db_bind_int(s, 2, most);
    while ((code = db_step(s, error)) == DB_ROW && batch->count < most) {
        struct recount_life *life = &batch->lives[batch->count++];
        *life = (struct recount_life){.has_fact = false};
        case_row_read(s, batch->arena, &life->row);
        life->survivor = life->row.case_id;
    }
    range->last = batch->count == most ? batch->lives[most - 1].row.case_id : INT64_MAX;
    return code < 0 ? code : 0;
}

// A statement with that range, at its first row.
static int begin(struct range *range, enum query_id query, struct db_statement **ret_s,
                 struct error *error)
{
    int code = db_prepare(range->db, query, ret_s, error);
    if (code != 0)
        return code;
    bool tasks = query == QUERY_RECOUNT_TASKS;
    int64_t last = tasks && range->last > INT64_MAX >> CASE_TASK_SHIFT
                       ? INT64_MAX >> CASE_TASK_SHIFT
                       : range->last;
    db_bind_int(*ret_s, 1,
                tasks ? (range->after + 1) * (1 << CASE_TASK_SHIFT) : range->after);
    db_bind_int(*ret_s, 2,
                tasks ? last * (1 << CASE_TASK_SHIFT) + CASE_TASKS_PER_CASE : last);
    range->at = 0;
    return 0;
}

static const char *text_of(struct arena *arena, struct db_statement *s, int column)
{
    const char *text = db_column_text(s, column);
    return text != NULL ? arena_text(arena, text) : "";
}

static void read_blob(struct db_statement *s, int column, void *out, size_t size)
{
    size_t length = 0;
    const void *bytes = db_column_blob(s, column, &length);
    if (bytes != NULL && length == size)
        memcpy(out, bytes, size);
}

// Digests of texts that are there are left to whoever plays.
static void read_history(struct db_statement *s, const char *number, struct arena *arena,
                         struct history_row *row)
{
    *row = (struct history_row){
        .entry = {.number = number,
                  .seq = db_column_int(s, 0),
                  .action = text_of(arena, s, 1),
                  .kind = (int)db_column_int(s, 2),
                  .mark = (int)db_column_int(s, 3),
                  .step_from = text_of(arena, s, 4),
                  .step_to = text_of(arena, s, 5),
                  .task_no = db_column_int(s, 7),
                  .task_version = db_column_int(s, 8),
                  .actor_id = db_column_int(s, 9),
                  .system = db_column_int(s, 10) != 0,
                  .on_behalf_of = db_column_int(s, 11),
                  .department_id = db_column_int(s, 12),
                  .company_id = db_column_int(s, 22),
                  .behalf_department_id = db_column_int(s, 23),
                  .clock_effect = text_of(arena, s, 17),
                  .done_ms = db_column_int(s, 18),
                  .received_ms = db_column_int(s, 19)},
        .stage_to = (int)db_column_int(s, 6),
        .opinion = arena_text(arena, db_column_text(s, 13)),
        .inputs = arena_text(arena, db_column_text(s, 14)),
    };
    if (row->opinion == NULL)
        read_blob(s, 15, row->entry.opinion_digest, HASH_SIZE);
    if (row->inputs == NULL)
        read_blob(s, 16, row->entry.inputs_digest, HASH_SIZE);
    read_blob(s, 20, row->salt, sizeof row->salt);
    read_blob(s, 21, row->digest, HASH_SIZE);
}

static int load_history(struct recount_batch *batch, struct range *range,
                        struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = begin(range, QUERY_RECOUNT_HISTORY, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        struct recount_life *life = walk_to(batch, range, db_column_int(s, 24));
        if (life == NULL) {
            batch->history_strays++;
            code = 0;
            continue;
        }
        code = grow((void **)&batch->history, &batch->history_room, batch->history_count,
                    sizeof *batch->history, error);
        if (code != 0)
            return code;
        if (life->history_count++ == 0)
            life->history_at = batch->history_count;
        read_history(s, life->row.number, batch->arena,
                     &batch->history[batch->history_count++]);
        code = arena_used(batch->arena) > LOAD_ARENA / 2 ? no_memory(error) : 0;
    }
    return code;
}

static int load_tasks(struct recount_batch *batch, struct range *range, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = begin(range, QUERY_RECOUNT_TASKS, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        int64_t case_id = db_column_int(s, 0) >> CASE_TASK_SHIFT;
        struct recount_life *life = walk_to(batch, range, case_id);
        code = 0;
        if (life == NULL)
            batch->task_strays++;
        if (life == NULL || life->task_count == CASE_TASKS_OPEN)
            continue;
        code = grow((void **)&batch->tasks, &batch->task_room, batch->task_count,
                    sizeof *batch->tasks, error);
        if (code != 0)
            return code;
        if (life->task_count++ == 0)
            life->task_at = batch->task_count;
        case_task_read(s, &batch->tasks[batch->task_count++]);
    }
    return code;
}

static int load_clocks(struct recount_batch *batch, struct range *range,
                       struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = begin(range, QUERY_RECOUNT_CLOCKS, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        struct recount_life *life = walk_to(batch, range, db_column_int(s, 24));
        code = 0;
        if (life == NULL || life->clock_count == CASE_CLOCKS_LIVE)
            continue;
        code = grow((void **)&batch->clocks, &batch->clock_room, batch->clock_count,
                    sizeof *batch->clocks, error);
        if (code != 0)
            return code;
        if (life->clock_count++ == 0)
            life->clock_at = batch->clock_count;
        case_clock_read(s, &batch->clocks[batch->clock_count++]);
    }
    return code;
}

static int load_facts(struct recount_batch *batch, struct range *range, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = begin(range, QUERY_RECOUNT_FACTS, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        struct recount_life *life = walk_to(batch, range, db_column_int(s, FACT_COUNT));
        code = 0;
        if (life == NULL) {
            batch->fact_strays++;
            continue;
        }
        life->has_fact = true;
        for (int i = 0; i < FACT_COUNT; i++)
            life->fact.values[i] = db_column_int(s, i);
    }
    return code;
}

static int by_id(const void *key, const void *life)
{
    int64_t a = *(const int64_t *)key, b = ((const struct recount_life *)life)->row.case_id;
    return (a > b) - (a < b);
}

static int load_beside(struct recount_batch *batch, struct range *range,
                       struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = begin(range, QUERY_RECOUNT_BESIDE, &s, error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        int64_t case_id = db_column_int(s, 0), value = db_column_int(s, 2);
        struct recount_life *life =
            bsearch(&case_id, batch->lives, batch->count, sizeof *batch->lives, by_id);
        code = 0;
        if (life == NULL)
            continue; // its foreign key says otherwise
        switch (db_column_int(s, 1)) {
        case 0:
            life->contacts = value;
            break;
        case 1:
            life->merged = value;
            break;
        default:
            life->survivor = value;
            life->astray = db_column_int(s, 3);
            break;
        }
    }
    return code;
}

int recount_load(struct recount_batch *batch, struct db *db, int64_t after, unsigned most,
                 int64_t *ret_last, struct error *error)
{
    struct range range = {.db = db, .after = after};
    batch->arena = arena_new(LOAD_ARENA);
    int code = load_rows(batch, &range, most, error);
    if (code == 0)
        code = load_history(batch, &range, error);
    if (code == 0)
        code = load_tasks(batch, &range, error);
    if (code == 0)
        code = load_clocks(batch, &range, error);
    if (code == 0)
        code = load_facts(batch, &range, error);
    if (code == 0)
        code = load_beside(batch, &range, error);
    if (code == 0)
        *ret_last = range.last;
    return code;
}

void recount_unload(struct recount_batch *batch)
{
    batch->arena = arena_free(batch->arena);
    recount_findings_done(&batch->findings);
    batch->count = batch->history_count = batch->task_count = batch->clock_count = 0;
    batch->history_strays = batch->fact_strays = batch->task_strays = 0;
    batch->unplaced = 0;
}

void recount_batch_done(struct recount_batch *batch)
{
    recount_unload(batch);
    free(batch->history);
    free(batch->tasks);
    free(batch->clocks);
}
