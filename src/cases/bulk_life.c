// SPDX-License-Identifier: MPL-2.0
// A life played in memory: between two moves the case is made as loading it would.
#include <stdlib.h>
#include <string.h>

#include "bulk_internal.h"

struct bulk_player {
    struct case_work work;
    struct case_past past;
    // Of the life so far. Clocks of stages that are over stay here.
    struct case_task_row tasks[CASE_TASKS_PER_CASE];
    struct case_clock_row *clocks;
    size_t clock_count, clock_room;
};

struct bulk_player *bulk_player_new(const struct city_snapshot *city)
{
    struct bulk_player *player = memory_new(sizeof *player);
    player->work.city = city;
    player->clock_room = CASE_TASKS_PER_CASE + 64;
    player->clocks = memory_array(player->clock_room, sizeof *player->clocks);
    if (player->clocks == NULL)
        abort();
    buffer_init(&player->work.clock_effect, BUFFER_CEILING_LINE);
    return player;
}

struct bulk_player *bulk_player_free(struct bulk_player *player)
{
    if (player != NULL) {
        buffer_done(&player->work.clock_effect);
        free(player->clocks);
        free(player);
    }
    return NULL;
}

// ---- between two moves ----
static void keep_tasks(struct bulk_player *player)
{
    struct case_work *work = &player->work;
    size_t open = 0;
    for (size_t i = 0; i < work->task_count; i++) {
        struct case_task_row *task = &work->tasks[i];
        if (task->added || task->changed)
            player->tasks[task->no - 1] = *task;
        task->added = task->changed = false;
        if (task->closed_ms == INSTANT_NONE)
            work->tasks[open++] = *task;
    }
    work->task_count = open;
}

static int keep_clock(struct bulk_player *player, const struct case_clock_row *clock,
                      struct error *error)
{
    for (size_t i = 0; i < player->clock_count; i++)
        if (player->clocks[i].kind == clock->kind &&
            player->clocks[i].task_no == clock->task_no) {
            player->clocks[i] = *clock;
            return 0;
        }
    if (player->clock_count == player->clock_room)
        return error_set(error, ERROR_LIMIT, "case.too_many_clocks", "more than %zu clocks",
                         player->clock_room);
    player->clocks[player->clock_count++] = *clock;
    return 0;
}

static int by_kind(const void *a_row, const void *b_row)
{
    const struct case_clock_row *a = a_row, *b = b_row;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->task_no < b->task_no ? -1 : a->task_no > b->task_no;
}

static int keep_clocks(struct bulk_player *player, struct error *error)
{
    struct case_work *work = &player->work;
    size_t live = 0;
    int code = 0;
    for (size_t i = 0; i < work->clock_count && code == 0; i++) {
        struct case_clock_row *clock = &work->clocks[i];
        if (clock->changed)
            code = keep_clock(player, clock, error);
        clock->changed = false;
        if (clock->task_no == 0 || clock->clock.status == CLOCK_RUNNING ||
            clock->clock.status == CLOCK_PAUSED)
            work->clocks[live++] = *clock;
    }
    work->clock_count = live;
    qsort(work->clocks, live, sizeof work->clocks[0], by_kind);
    return code;
}

static int keep(struct bulk_player *player, const struct history_row *made,
                struct bulk_life *life, struct error *error)
{
    struct case_work *work = &player->work;
    struct history_row *row = &life->history[life->move_count];
    struct bulk_move *move = &life->moves[life->move_count];
    *row = *made;
    row->entry.clock_effect =
        work->clock_effect.length > 0
            ? arena_copy(work->arena, work->clock_effect.data, work->clock_effect.length)
            : "";
    if (row->entry.clock_effect == NULL)
        return error_set(error, ERROR_LIMIT, "bulk.memory", "the lives are too long");
    move->moved = case_place_moved(work);
    if (move->moved)
        memcpy(move->areas_before, work->place_before.areas, sizeof move->areas_before);
    if (life->move_count > 0)
        row->key = row->body_digest = NULL;
    player->past.count = ++life->move_count;
    keep_tasks(player);
    return keep_clocks(player, error);
}

// Forgets what belongs to one move; the case stays.
static void turn(struct case_work *work)
{
    work->fact_before = work->fact;
    work->place_before = work->row.place;
    work->department_before = work->row.department_id;
    work->is_new = false;
    work->routed = false;
    work->action = NULL;
    work->task_no = 0;
    work->behalf_department_id = 0;
    work->company_id = 0;
    memset(&work->inputs, 0, sizeof work->inputs);
    buffer_clear(&work->clock_effect);
}

// ---- a life ----
static void begin(struct bulk_player *player, const struct case_life *life,
                  struct arena *arena, struct bulk_life *out)
{
    struct case_work *work = &player->work;
    player->past = (struct case_past){.rows = out->history};
    player->clock_count = 0;
    work->past = &player->past;
    work->arena = arena;
    work->task_count = work->clock_count = 0;
    memset(&work->fact, 0, sizeof work->fact);
    turn(work);
    work->is_new = true;
    out->draft = life->moves[0].move.draft;
}

static int check_move(const struct case_life_move *given, size_t number,
                      struct error *error)
{
    const struct case_move *move = &given->move;
    if ((number == 0) != (move->draft != NULL) || move->case_id != 0)
        return error_set(error, ERROR_INPUT, "bulk.life",
                         "a life is one report and then moves of its case");
    if (move->mark == CASE_MARK_LIVE)
        return error_set(error, ERROR_INPUT, "bulk.mark",
                         "a recorded move says where it comes from: its mark is live");
    if (move->draft != NULL && move->draft->media_count > 0)
        return error_set(error, ERROR_INPUT, "bulk.media", "photos cannot come this way");
    return 0;
}

static bool may_miss(const struct case_life_move *given, const struct error *error)
{
    return given->optional && (strcmp(error->slug, "case.not_possible") == 0 ||
                               strcmp(error->slug, "case.guard") == 0);
}

static int play_move(struct bulk_player *player, const struct case_life_move *given,
                     struct bulk_life *out, struct error *error)
{
    struct case_work *work = &player->work;
    struct case_row before;
    struct history_row made;
    int code = check_move(given, out->move_count, error);
    if (code != 0)
        return code;
    work->move = &given->move;
    code = case_make(work, &before, &made, error);
    if (code == 0 && work->inputs.media_count > 0)
        code = error_set(error, ERROR_INPUT, "bulk.media", "photos cannot come this way");
    if (code == 0)
        code = keep(player, &made, out, error);
    turn(work);
    return code;
}

static int finish(struct bulk_player *player, struct arena *arena, struct bulk_life *out,
                  struct error *error)
{
    struct case_work *work = &player->work;
    out->row = work->row;
    out->fact = work->fact;
    out->task_count = (size_t)work->row.task_count;
    out->tasks = arena_array(arena, out->task_count, sizeof *out->tasks);
    out->clock_count = player->clock_count;
    out->clocks = arena_array(arena, out->clock_count, sizeof *out->clocks);
    if ((out->tasks == NULL && out->task_count > 0) ||
        (out->clocks == NULL && out->clock_count > 0))
        return error_set(error, ERROR_LIMIT, "bulk.memory", "the lives are too long");
    if (out->task_count > 0)
        memcpy(out->tasks, player->tasks, out->task_count * sizeof *out->tasks);
    qsort(player->clocks, out->clock_count, sizeof *player->clocks, by_kind);
    if (out->clock_count > 0)
        memcpy(out->clocks, player->clocks, out->clock_count * sizeof *out->clocks);
    return 0;
}

int bulk_play(struct bulk_player *player, const struct case_life *life, struct arena *arena,
              struct bulk_life *out, struct error *error)
{
    if (life->count == 0 || life->count > BULK_MOVES_MOST) {
        out->left_out = true;
        error_set(&out->refusal, ERROR_INPUT, "bulk.life", "a life has 1 to %d moves",
                  BULK_MOVES_MOST);
        return 0;
    }
    out->history = arena_array(arena, life->count, sizeof *out->history);
    out->moves = arena_array(arena, life->count, sizeof *out->moves);
    if (out->history == NULL || out->moves == NULL)
        return error_set(error, ERROR_LIMIT, "bulk.memory", "the lives are too long");
    begin(player, life, arena, out);
    for (size_t i = 0; i < life->count; i++) {
        int code = play_move(player, &life->moves[i], out, &out->refusal);
        if (code != 0 && i > 0 && may_miss(&life->moves[i], &out->refusal)) {
            error_clear(&out->refusal);
            continue;
        }
        if (code != 0) {
            out->left_out = true;
            out->refused_move = i;
            return 0;
        }
    }
    return finish(player, arena, out, error);
}

void bulk_seal(struct bulk_life *life)
{
    for (size_t i = 0; i < life->move_count; i++)
        history_seal(&life->history[i], life->row.number, life->row.digest);
}
