// SPDX-License-Identifier: MPL-2.0
// Running a replay: the record's moves, in order of time, as machine jobs of the writer
// lane, at most WINDOW of them on the way.
#include <gridcase/cases/replay.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/city.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>

#include "replay_internal.h"

enum { WINDOW = 512, TICK_MS = 200, PROGRESS_US = 1000000, PATH_SIZE = 4096 };

struct replay {
    struct db_store *store;
    const struct city_snapshot *city;
    const struct replay_options *options;
    struct replay_record record;
    struct db_lane *lane;
    struct actor actor;
    // Real time = real_base + (record time - record_base) / speed; the case's own times
    // follow it only when live.
    int64_t record_base_ms, real_base_ms;
    int64_t told_us; // of the last progress
    pthread_mutex_t lock;
    pthread_cond_t landed;
    unsigned on_the_way;
    struct replay_progress progress; // under lock
};

struct step {
    struct replay *replay;
    struct replay_event event;
    int64_t done_ms;
    bool repeated; // set by work
    bool optional_miss;
};

// Time that a move of the row is given.
static int64_t time_given(const struct replay *replay, int64_t record_ms)
{
    if (!replay->options->live || record_ms < replay->record_base_ms)
        return record_ms;
    return replay->real_base_ms +
           (int64_t)((double)(record_ms - replay->record_base_ms) / replay->options->speed);
}

static int report(struct step *step, struct db *db, int64_t done_ms,
                  struct case_result *ret_result, struct error *error)
{
    struct replay *replay = step->replay;
    struct replay_row *row = &replay->record.rows[step->event.row];
    struct case_draft draft;
    uint8_t key[16], digest[HASH_SIZE];
    replay_draft(&replay->record, row, done_ms, &draft);
    replay_key(&replay->record, row, "report", row->times[0], key);
    hash_bytes(key, sizeof key, digest);
    struct case_move move = {.actor = &replay->actor,
                             .draft = &draft,
                             .received_ms = done_ms,
                             .done_ms = done_ms,
                             .key = key,
                             .body_digest = digest,
                             .mark = replay->record.map.moves[0].mark};
    int status = case_apply(db, replay->city, &move, ret_result, error);
    if (status == 0)
        row->case_id = ret_result->case_id;
    return status;
}

static int apply_move(struct step *step, struct db *db, struct case_result *ret_result,
                      struct error *error)
{
    struct replay *replay = step->replay;
    struct replay_row *row = &replay->record.rows[step->event.row];
    const struct replay_move *from = &replay->record.map.moves[step->event.move];
    ARENA_CLEANUP struct arena *arena = arena_new(64 * 1024);
    struct case_input inputs[REPLAY_INPUTS_MOST];
    uint8_t key[16], digest[HASH_SIZE];
    replay_key(&replay->record, row, from->action, step->event.at_ms, key);
    hash_bytes(key, sizeof key, digest);
    struct case_move move = {.actor = &replay->actor,
                             .action = from->action,
                             .case_id = row->case_id,
                             .received_ms = step->done_ms,
                             .done_ms = step->done_ms,
                             .key = key,
                             .body_digest = digest,
                             .inputs = inputs,
                             .mark = from->mark};
    move.input_count =
        replay_inputs(replay->city, &replay->record, row, from, arena, inputs);
    int status = case_apply(db, replay->city, &move, ret_result, error);
    step->optional_miss = status != 0 && from->optional &&
                          (strcmp(error->slug, "case.not_possible") == 0 ||
                           strcmp(error->slug, "case.guard") == 0);
    if (step->optional_miss)
        return 0;
    return status;
}

// On the lane, perhaps more than once. A row whose case is not known here (an interrupted
// replay goes on) is reported again: its key finds the case.
static int work(struct db *db, void *context, struct error *error)
{
    struct step *step = context;
    struct replay_row *row = &step->replay->record.rows[step->event.row];
    struct case_result result = {0};
    int64_t reported_ms = step->done_ms;
    int status = 0;
    if (step->event.move != 0 && row->times[0] < reported_ms)
        reported_ms = row->times[0];
    if (step->event.move == 0 || row->case_id == 0)
        status = report(step, db, reported_ms, &result, error);
    if (status == 0 && step->event.move != 0)
        status = apply_move(step, db, &result, error);
    step->repeated = result.repeated;
    return status;
}

static void done(void *context, const struct error *failed)
{
    struct step *step = context;
    struct replay *replay = step->replay;
    const struct replay_row *row = &replay->record.rows[step->event.row];
    if (failed && replay->options->refused)
        replay->options->refused(
            replay->options->refused_context, table_line(replay->record.table, row->row),
            table_cell(replay->record.table, row->row, replay->record.map.id), failed);
    pthread_mutex_lock(&replay->lock);
    struct replay_progress *progress = &replay->progress;
    if (failed)
        progress->moves_refused++;
    else if (step->repeated)
        progress->repeated++;
    else if (step->event.move == 0)
        progress->reports++;
    else if (!step->optional_miss)
        progress->moves++;
    progress->record_ms = step->event.at_ms;
    replay->on_the_way--;
    pthread_cond_signal(&replay->landed);
    pthread_mutex_unlock(&replay->lock);
    free(step);
}

static int send(struct replay *replay, const struct replay_event *event,
                struct error *error)
{
    pthread_mutex_lock(&replay->lock);
    while (replay->on_the_way >= WINDOW)
        pthread_cond_wait(&replay->landed, &replay->lock);
    replay->on_the_way++;
    pthread_mutex_unlock(&replay->lock);
    struct step *step = memory_new(sizeof *step);
    *step = (struct step){
        .replay = replay, .event = *event, .done_ms = time_given(replay, event->at_ms)};
    struct db_lane_job job = {
        .priority = DB_MACHINES, .work = work, .done = done, .context = step};
    int status = db_lane_submit(replay->lane, &job, error);
    if (status != 0) {
        free(step);
        pthread_mutex_lock(&replay->lock);
        replay->on_the_way--;
        pthread_mutex_unlock(&replay->lock);
    }
    return status;
}

static void wait_for_all(struct replay *replay)
{
    pthread_mutex_lock(&replay->lock);
    while (replay->on_the_way > 0)
        pthread_cond_wait(&replay->landed, &replay->lock);
    pthread_mutex_unlock(&replay->lock);
}

// ---- where a demo's record stands: "shift_days record_ms" in a file of the city ----

static int position_path(const struct replay *replay, char *out, struct error *error)
{
    if (db_store_city_path(replay->store, city_slug(replay->city), "replay.position", out,
                           PATH_SIZE) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path",
                         "the data folder's path is too long");
    return 0;
}

static int position_write(struct replay *replay, int64_t record_ms, struct error *error)
{
    char path[PATH_SIZE], text[64];
    int status = position_path(replay, path, error);
    if (status == 0)
        status = text_format(text, sizeof text, "%lld %lld\n",
                             (long long)replay->record.shift_days, (long long)record_ms);
    if (status == 0)
        status = file_write_atomic(path, text, strlen(text), error);
    return status;
}

static int position_read(struct replay *replay, struct replay_load *load,
                         int64_t *ret_record_ms, struct error *error)
{
    char path[PATH_SIZE];
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, 64);
    int status = position_path(replay, path, error);
    if (status != 0 || !file_exists(path))
        return status;
    status = file_read(path, &text, error);
    if (status != 0)
        return status;
    const char *blank = strchr(text.data, ' ');
    const char *end = blank ? strchr(blank, '\n') : NULL;
    if (!end ||
        text_to_int(text.data, (size_t)(blank - text.data), &load->shift_days, NULL) ||
        text_to_int(blank + 1, (size_t)(end - blank - 1), ret_record_ms, NULL))
        return error_set(error, ERROR_INPUT, "replay.position", "%s cannot be read", path);
    load->has_shift = true;
    return 0;
}

// ---- the loop ----

static bool stopped(const struct replay *replay)
{
    return replay->options->stop && atomic_load(replay->options->stop);
}

static int tell(struct replay *replay, bool at_once, struct error *error)
{
    int64_t now_us = instant_monotonic_us();
    if (!at_once && now_us - replay->told_us < PROGRESS_US)
        return 0;
    replay->told_us = now_us;
    pthread_mutex_lock(&replay->lock);
    struct replay_progress progress = replay->progress;
    pthread_mutex_unlock(&replay->lock);
    if (replay->options->progress)
        replay->options->progress(replay->options->progress_context, &progress);
    if (replay->options->live && progress.record_ms > 0)
        return position_write(replay, progress.record_ms, error);
    return 0;
}

// Real instant at which an event is played; INSTANT_NONE: at once.
static int64_t play_at(const struct replay *replay, const struct replay_event *event)
{
    if (replay->options->speed <= 0)
        return INSTANT_NONE;
    return replay->real_base_ms +
           (int64_t)((double)(event->at_ms - replay->record_base_ms) /
                     replay->options->speed);
}

static int wait_until(struct replay *replay, int64_t instant_ms, struct error *error)
{
    int status = 0;
    while (status == 0 && !stopped(replay)) {
        int64_t left = instant_ms - instant_now_ms();
        if (left <= 0)
            break;
        instant_sleep_ms(left < TICK_MS ? left : TICK_MS);
        status = tell(replay, false, error);
    }
    return status;
}

// A pause longer than the gap is left out: the record's clock jumps to the event.
static void cut_pause(struct replay *replay, const struct replay_event *event)
{
    const struct replay_options *options = replay->options;
    int64_t now_ms = instant_now_ms(), gap_ms = (int64_t)(options->gap_s * 1000);
    if (!options->live || gap_ms <= 0 || play_at(replay, event) - now_ms <= gap_ms)
        return;
    replay->record_base_ms = event->at_ms;
    replay->real_base_ms = now_ms + gap_ms;
}

static int run(struct replay *replay, struct error *error)
{
    const struct replay_record *record = &replay->record;
    const int64_t from_ms = replay->record_base_ms;
    int status = 0;
    for (size_t i = 0; status == 0 && i < record->event_count && !stopped(replay); i++) {
        const struct replay_event *event = &record->events[i];
        if (replay->options->live && event->at_ms <= from_ms)
            continue;
        cut_pause(replay, event);
        if (replay->options->until_now && event->at_ms > instant_now_ms())
            break;
        int64_t when_ms = play_at(replay, event);
        if (when_ms != INSTANT_NONE)
            status = wait_until(replay, when_ms, error);
        if (status == 0 && !stopped(replay))
            status = send(replay, event, error);
        if (status == 0)
            status = tell(replay, false, error);
    }
    wait_for_all(replay);
    return status;
}

static int start(struct replay *replay, struct error *error)
{
    const struct replay_options *options = replay->options;
    int64_t now_ms = instant_now_ms(), from_ms = INSTANT_NONE, refused = 0;
    struct replay_load load = {.source = options->source,
                               .map_path = options->map,
                               .most_rows = options->most_rows,
                               .shift_to_now = options->shift_to_now || options->live,
                               .now_ms = now_ms,
                               .refused = options->refused,
                               .refused_context = options->refused_context};
    int status = load.shift_to_now ? position_read(replay, &load, &from_ms, error) : 0;
    if (status == 0)
        status = replay_record_read(replay->city, &load, &replay->record, &refused, error);
    if (status != 0)
        return status;
    replay->progress.rows = (int64_t)table_rows(replay->record.table);
    replay->progress.rows_refused = refused;
    replay->real_base_ms = now_ms;
    replay->record_base_ms =
        replay->record.event_count > 0 ? replay->record.events[0].at_ms : 0;
    if (options->live)
        replay->record_base_ms = from_ms != INSTANT_NONE ? from_ms : now_ms;
    return 0;
}

int replay_run(struct db_store *store, const struct city_snapshot *city,
               const struct replay_options *options, struct replay_progress *ret_progress,
               struct error *error)
{
    if (options->live && options->speed <= 0)
        return error_set(error, ERROR_INPUT, "replay.speed",
                         "a live replay needs a speed above 0");
    struct replay replay = {
        .store = store, .city = city, .options = options, .actor = actor_system()};
    pthread_mutex_init(&replay.lock, NULL);
    pthread_cond_init(&replay.landed, NULL);
    int status = start(&replay, error);
    if (status == 0)
        status = db_lane_get(store, city_slug(city), DB_CASES, &replay.lane, error);
    if (status == 0)
        status = run(&replay, error);
    if (status == 0)
        status = tell(&replay, true, error);
    if (status == 0 && options->shift_to_now && options->until_now && !stopped(&replay))
        status = position_write(&replay, instant_now_ms(), error);
    *ret_progress = replay.progress;
    db_lane_put(replay.lane);
    replay_record_done(&replay.record);
    pthread_cond_destroy(&replay.landed);
    pthread_mutex_destroy(&replay.lock);
    return status;
}
