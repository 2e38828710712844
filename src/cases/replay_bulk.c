// SPDX-License-Identifier: MPL-2.0
// A record loaded as whole lives: each row with its moves, in the order of the reports.
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/bulk.h>
#include <gridcase/cases/replay.h>
#include <gridcase/city/city.h>
#include <gridcase/core/arena.h>

#include "replay_internal.h"

struct loading {
    const struct city_snapshot *city;
    const struct replay_options *options;
    struct replay_record record;
    struct actor actor;
    struct replay_progress progress;
    // Rows in the order of their reports, and the events of each row: events[first[r]] ...
    uint32_t *order, *first;
    struct replay_event *events; // sorted by row, then by time
    size_t lives;
};

static int by_row(const void *a_event, const void *b_event)
{
    const struct replay_event *a = a_event, *b = b_event;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return a->move < b->move ? -1 : a->move > b->move;
}

static int arrange(struct loading *loading, struct error *error)
{
    const struct replay_record *record = &loading->record;
    loading->order = memory_array(record->row_count + 1, sizeof *loading->order);
    loading->first = memory_array(record->row_count + 1, sizeof *loading->first);
    loading->events = memory_array(record->event_count + 1, sizeof *loading->events);
    if (!loading->order || !loading->first || !loading->events)
        return error_set(error, ERROR_LIMIT, "bulk.memory", "the record is too long");
    for (size_t i = 0; i < record->event_count; i++)
        if (record->events[i].move == 0) // events are in order of time
            loading->order[loading->lives++] = record->events[i].row;
    if (record->event_count > 0) {
        memcpy(loading->events, record->events,
               record->event_count * sizeof *loading->events);
        qsort(loading->events, record->event_count, sizeof *loading->events, by_row);
    }
    size_t at = 0;
    for (size_t row = 0; row <= record->row_count; row++) {
        while (at < record->event_count && loading->events[at].row < row)
            at++;
        loading->first[row] = (uint32_t)at;
    }
    return 0;
}

static void fill_report(const struct loading *loading, const struct replay_row *row,
                        struct arena *arena, struct case_move *move)
{
    struct case_draft *draft = arena_alloc(arena, sizeof *draft);
    uint8_t *key = arena_alloc(arena, 16), *digest = arena_alloc(arena, HASH_SIZE);
    replay_draft(&loading->record, row, move->done_ms, draft);
    replay_key(&loading->record, row, "report", row->times[0], key);
    hash_bytes(key, 16, digest);
    move->draft = draft;
    move->key = key;
    move->body_digest = digest;
}

static void fill_move(const struct loading *loading, const struct replay_row *row,
                      const struct replay_event *event, struct arena *arena,
                      struct case_life_move *out)
{
    const struct replay_move *from = &loading->record.map.moves[event->move];
    out->optional = from->optional;
    out->move = (struct case_move){.actor = &loading->actor,
                                   .action = from->action,
                                   .received_ms = event->at_ms,
                                   .done_ms = event->at_ms,
                                   .mark = from->mark};
    if (event->move == 0) {
        fill_report(loading, row, arena, &out->move);
        return;
    }
    struct case_input *inputs = arena_array(arena, REPLAY_INPUTS_MOST, sizeof *inputs);
    out->move.input_count =
        replay_inputs(loading->city, &loading->record, row, from, arena, inputs);
    out->move.inputs = inputs;
}

static int life(void *context, int64_t index, struct arena *arena,
                struct case_life *ret_life, struct error *error)
{
    const struct loading *loading = context;
    if (index >= (int64_t)loading->lives)
        return 0;
    uint32_t number = loading->order[index];
    const struct replay_row *row = &loading->record.rows[number];
    const struct replay_event *events = &loading->events[loading->first[number]];
    size_t count = loading->first[number + 1] - loading->first[number];
    struct case_life_move *moves = arena_array(arena, count, sizeof *moves);
    if (!moves)
        return error_set(error, ERROR_LIMIT, "bulk.memory", "the record is too long");
    // What happened at the report's own instant comes after it.
    size_t made = 1;
    for (size_t i = 0; i < count; i++) {
        bool report = events[i].move == 0;
        if (report || made < count)
            fill_move(loading, row, &events[i], arena, &moves[report ? 0 : made++]);
    }
    *ret_life = (struct case_life){moves, count};
    return 1;
}

static void refused(void *context, int64_t index, size_t move, const struct error *why)
{
    const struct loading *loading = context;
    const struct replay_record *record = &loading->record;
    const struct replay_row *row = &record->rows[loading->order[index]];
    struct error told = *why;
    if (!loading->options->refused)
        return;
    error_prefix(&told, "move %zu of the life", move + 1);
    loading->options->refused(loading->options->refused_context,
                              table_line(record->table, row->row),
                              table_cell(record->table, row->row, record->map.id), &told);
}

static void copy_progress(struct replay_progress *out, const struct case_bulk_progress *in)
{
    out->reports = in->lives;
    out->moves = in->moves - in->lives;
    out->repeated = in->repeated;
    out->moves_refused = in->refused;
}

static void progress(void *context, const struct case_bulk_progress *made)
{
    struct loading *loading = context;
    copy_progress(&loading->progress, made);
    if (loading->options->progress)
        loading->options->progress(loading->options->progress_context, &loading->progress);
}

static int load(struct loading *loading, struct db_store *store, struct error *error)
{
    const struct replay_options *options = loading->options;
    struct replay_load from = {.source = options->source,
                               .map_path = options->map,
                               .most_rows = options->most_rows,
                               .shift_to_now = options->shift_to_now,
                               .now_ms = instant_now_ms(),
                               .refused = options->refused,
                               .refused_context = options->refused_context};
    struct case_bulk_options bulk = {.life = life,
                                     .refused = refused,
                                     .progress = progress,
                                     .context = loading,
                                     .stop = options->stop};
    struct case_bulk_progress made = {0};
    int code = replay_record_read(loading->city, &from, &loading->record,
                                  &loading->progress.rows_refused, error);
    if (code == 0)
        code = arrange(loading, error);
    if (code != 0)
        return code;
    loading->progress.rows = (int64_t)table_rows(loading->record.table);
    code = case_bulk_fill(store, loading->city, &bulk, &made, error);
    if (code != 0 && strcmp(error->slug, "bulk.not_empty") == 0) {
        error_clear(error);
        code = case_bulk_add(store, loading->city, &bulk, &made, error);
    }
    copy_progress(&loading->progress, &made);
    return code;
}

int replay_load_lives(struct db_store *store, const struct city_snapshot *city,
                      const struct replay_options *options,
                      struct replay_progress *ret_progress, struct error *error)
{
    struct loading loading = {.city = city, .options = options, .actor = actor_system()};
    int code = load(&loading, store, error);
    *ret_progress = loading.progress;
    replay_record_done(&loading.record);
    free(loading.order);
    free(loading.first);
    free(loading.events);
    return code;
}
