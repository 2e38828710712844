// SPDX-License-Identifier: MPL-2.0
// One case played again from its history: chain of digests, step, tasks, clocks, fact row.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "recount_internal.h"

enum {
    PLAY_ARENA = 512 * 1024 * 1024,
    SIDES_MOST = 256,
    MEDIA_TEXT_MOST = CASE_MEDIA_MOST * (HASH_HEX_SIZE + 8),
};

// One case after the other: what belongs to a case is set anew by begin().
struct recount_player {
    const struct city_snapshot *city;
    struct recount_sums sums;
    struct hash *hash;  // working memory
    struct buffer text; // likewise
    struct recount_batch *batch;
    struct case_work stored; // as the tables say
    struct case_work played; // as the history says
    struct case_move move;
    struct actor actor;
    uint8_t before[HASH_SIZE];
    int64_t seq, received_ms;
    int64_t task_acted[CASE_TASKS_PER_CASE + 1]; // last effective time per task
    const char *step;
    int stage;
    bool inputs_gone;      // those of some row were erased: whether files came is not known
    struct case_past past; // sides
    struct history_row sides[SIDES_MOST];
    const struct process *process; // in force at the row that is played
    struct recount_place place;
    struct json *inputs; // of the row that is played; NULL: not needed
};

#define FIND(...)                                                                          \
    recount_find(&replay->batch->findings, replay->stored.row.case_id, __VA_ARGS__)

// ---- the chain ----
static void check_digest(struct recount_player *replay, struct history_row *row)
{
    static const uint8_t none[HASH_SIZE];
    uint8_t digest[HASH_SIZE];
    history_row_digest(replay->hash, &replay->text, row, replay->before, digest);
    if (memcmp(row->digest, digest, HASH_SIZE) != 0)
        FIND("chain.broken", "history row %lld is not what was sealed",
             (long long)row->entry.seq);
    // Go on from what is stored: one changed row is one finding.
    if (memcmp(row->digest, none, HASH_SIZE) != 0)
        memcpy(replay->before, row->digest, HASH_SIZE);
}

// ---- the move ----
static const struct process_action *action_of(const struct recount_player *replay,
                                              const char *code, const char *from,
                                              const char *to)
{
    const struct process *process = replay->process;
    int step = *from != '\0' ? process_step_find(process, from) : -1;
    size_t count = 0;
    const int *rows = process_actions_from(process, step, &count);
    for (size_t i = 0; i < count; i++) {
        const struct process_action *action = process_action(process, (size_t)rows[i]);
        if (strcmp(action->code, code) == 0 &&
            strcmp(process_step(process, (size_t)action->to)->code, to) == 0)
            return action;
    }
    bool changed = strcmp(code, "process_changed") == 0; // may lead anywhere
    return changed || strcmp(from, to) == 0 ? case_builtin_action(code) : NULL;
}

static void play_clocks(struct recount_player *replay, const char *effects)
{
    struct case_work *work = &replay->played;
    // Stage clocks that stopped never move again.
    size_t live = 0;
    for (size_t i = 0; i < work->clock_count; i++) {
        work->clocks[i].changed = false;
        if (work->clocks[i].task_no == 0 || work->clocks[i].clock.status != CLOCK_STOPPED)
            work->clocks[live++] = work->clocks[i];
    }
    work->clock_count = live;
    size_t length = 0;
    for (const char *piece;
         effects != NULL && (piece = text_next(&effects, ';', &length)) != NULL;) {
        struct case_noted noted;
        if (length == 0)
            continue;
        if (!case_noted_effect(work->arena, piece, length, &noted)) {
            FIND("clock.unreadable", "'%.*s'", (int)length, piece);
            continue;
        }
        struct error refusal = {0};
        const struct calendar *then = city_calendar(replay->city, noted.calendar_version);
        if (then != NULL)
            work->calendar = then;
        struct case_turn turn = {.kind = noted.kind,
                                 .task_no = noted.task_no,
                                 .effect = noted.effect,
                                 .limit = noted.has_limit ? &noted.limit : NULL,
                                 .at_ms = noted.at_ms != INSTANT_NONE ? noted.at_ms
                                                                      : work->effective_ms,
                                 .order = noted.order};
        int code = case_clock_turn(work, &turn, &refusal);
        if (code != 0)
            FIND("clock.impossible", "history row %lld: %s", (long long)replay->seq,
                 refusal.message);
        struct case_clock_row *row = case_clock_find(work, noted.kind, noted.task_no);
        if (row != NULL && noted.due_ms != INSTANT_NONE)
            row->clock.due_ms = noted.due_ms;
    }
    buffer_clear(&work->clock_effect);
}

// The choices made, and whether files were named, out of the inputs kept as JSON.
static void read_choices(struct case_work *work, const struct process_action *action,
                         const struct json *document)
{
    work->inputs.choice = 0;
    work->inputs.media_count = 0;
    memset(work->inputs.words, 0, sizeof work->inputs.words);
    if (document == NULL)
        return;
    for (size_t i = 0; i < action->input_count; i++) {
        const char *word = NULL;
        if (action->inputs[i].type == PROCESS_INPUT_MEDIA &&
            json_get_text(document, action->inputs[i].name, JSON_OPTIONAL, MEDIA_TEXT_MOST,
                          &word, NULL) == 0 &&
            word != NULL && strspn(word, ", ") < strlen(word))
            work->inputs.media_count = 1; // how many does not matter
        if (action->inputs[i].type != PROCESS_INPUT_CHOICE ||
            json_get_text(document, action->inputs[i].name, JSON_OPTIONAL, 100, &word,
                          NULL) != 0 ||
            word == NULL)
            continue;
        work->inputs.words[i] = arena_text(work->arena, word);
        const char *cursor = action->inputs[i].choices;
        size_t length = 0;
        int number = 1;
        for (const char *piece; (piece = text_next(&cursor, '|', &length)) != NULL;
             number++)
            if (strlen(word) == length && memcmp(piece, word, length) == 0)
                work->inputs.choice = number;
    }
}

static void check_order(struct recount_player *replay, const struct history_row *row)
{
    int64_t seq = row->entry.seq, task_no = row->entry.task_no;
    int64_t done_ms = row->entry.done_ms;
    if (seq != replay->seq + 1)
        FIND("history.gap", "row %lld follows row %lld", (long long)seq,
             (long long)replay->seq);
    replay->seq = seq;
    if (strcmp(row->entry.step_from, replay->step) != 0)
        FIND("history.step", "row %lld leaves '%s', the case was in '%s'", (long long)seq,
             row->entry.step_from, replay->step);
    if (task_no >= 0 && task_no <= CASE_TASKS_PER_CASE) {
        if (task_no > 0 && done_ms < replay->task_acted[task_no])
            FIND("history.backwards", "row %lld was done before the task's last move",
                 (long long)seq);
        replay->task_acted[task_no] = done_ms;
    }
}

// Who acted for whom, as guards and marks of one-sided cases look at it.
static void note_side(struct recount_player *replay, const struct history_row *row)
{
    struct case_work *work = &replay->played;
    struct error refusal = {0};
    work->known_company = true;
    work->company_id = row->entry.company_id;
    replay->actor.system = row->entry.system;
    work->past = &replay->past;
    if (case_side_note(work, &refusal) != 0)
        FIND("fact.side", "history row %lld: %s", (long long)replay->seq, refusal.message);
    work->past = NULL;
    replay->actor.system = false;
    const struct history_row side = {.entry = {.kind = row->entry.kind,
                                               .actor_id = row->entry.actor_id,
                                               .company_id = work->company_id},
                                     .stage_to = row->stage_to};
    for (size_t i = 0; i < replay->past.count; i++) {
        const struct history_row *known = &replay->sides[i];
        if (known->entry.kind == side.entry.kind && known->stage_to == side.stage_to &&
            known->entry.actor_id == side.entry.actor_id &&
            known->entry.company_id == side.entry.company_id)
            return;
    }
    if (replay->past.count < SIDES_MOST)
        replay->sides[replay->past.count++] = side;
}

// The version of the process that the move of kind process_changed names; 0: none.
static int64_t version_in(const struct json *document, const char *name)
{
    int64_t version = 0;
    if (document == NULL ||
        json_get_int(document, name, JSON_OPTIONAL, 1, INT64_MAX, &version, NULL) != 0)
        return 0;
    return version;
}

static struct json *parse(const char *text)
{
    struct json *document = NULL;
    if (text == NULL || json_parse(text, strlen(text), &document, NULL) != 0)
        return NULL;
    return document;
}

// The process that the case began with: the first change of it names the one before.
static void first_process(struct recount_player *replay, const struct history_row *rows,
                          size_t count)
{
    replay->process = replay->stored.process;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].entry.kind != PROCESS_PROCESS_CHANGED)
            continue;
        struct json *document JSON_CLEANUP = parse(rows[i].inputs);
        int64_t version = version_in(document, "process_before");
        if (version != 0 && city_process(replay->city, version) != NULL)
            replay->process = city_process(replay->city, version);
        return;
    }
}

// Whether a choice or files are in these inputs, so that they are to be parsed.
static bool has_choices(const struct process_action *action, const char *inputs)
{
    for (size_t i = 0; action != NULL && inputs != NULL && i < action->input_count; i++)
        if ((action->inputs[i].type == PROCESS_INPUT_CHOICE ||
             action->inputs[i].type == PROCESS_INPUT_MEDIA) &&
            strstr(inputs, action->inputs[i].name) != NULL)
            return true;
    return false;
}

// What the row did to step, stage and process. NULL: the process has no such thing.
static const struct process_step *move_on(struct recount_player *replay,
                                          const struct process_action *action)
{
    int64_t next = action->kind == PROCESS_PROCESS_CHANGED
                       ? version_in(replay->inputs, "process_after")
                       : 0;
    if (next != 0 && city_process(replay->city, next) != NULL)
        replay->process = city_process(replay->city, next);
    const struct process *process = replay->process;
    return process_step(process, (size_t)process_step_find(process, replay->step));
}

static void play_move(struct recount_player *replay, const struct history_row *row,
                      const struct process_action *action, const struct process_step *to)
{
    struct case_work *work = &replay->played;
    work->action = action;
    work->is_new = replay->seq == 1;
    work->effective_ms = row->entry.done_ms;
    work->row.stage = (int)to->stage;
    work->row.outcome = (int)to->outcome;
    work->row.department_id = row->entry.department_id;
    work->row.kinds_done |= INT64_C(1) << (int)action->kind;
    read_choices(work, action, replay->inputs);
    replay->inputs_gone |= row->inputs == NULL && recount_erased(row->entry.inputs_digest);
    replay->move.mark = (enum case_mark)row->entry.mark;
    replay->actor.person_id = row->entry.actor_id;
    replay->actor.system = row->entry.system;
    replay->move.received_ms = row->entry.received_ms;
    play_clocks(replay, row->entry.clock_effect);
    for (size_t i = 0; i < action->effect_count; i++)
        if (action->effects[i].word == PROCESS_EFFECT_COUNT_UP)
            work->fact.values[FACT_RETURNED + action->effects[i].numbers[0]]++;
    fact_move(work, replay->stage);
    note_side(replay, row);
    if ((int)to->stage != PROCESS_ENDED)
        replay->place.ended_ms = INSTANT_NONE;
    else if (replay->stage != PROCESS_ENDED)
        replay->place.ended_ms = work->effective_ms;
    replay->stage = (int)to->stage;
}

static void play_row(struct recount_player *replay, struct history_row *row)
{
    struct case_work *work = &replay->played;
    check_order(replay, row);
    const struct process_action *action =
        action_of(replay, row->entry.action, row->entry.step_from, row->entry.step_to);
    bool of_place = recount_place_needs(&replay->place, row);
    bool changes = action != NULL && action->kind == PROCESS_PROCESS_CHANGED;
    struct json *inputs JSON_CLEANUP =
        of_place || changes || has_choices(action, row->inputs) ? parse(row->inputs) : NULL;
    replay->inputs = inputs;
    recount_place_row(&replay->place, row, of_place ? inputs : NULL, work->arena);
    check_digest(replay, row);
    replay->step = row->entry.step_to;
    if (action == NULL) {
        FIND("history.unknown_action", "row %lld: its process has no such action",
             (long long)replay->seq);
    } else {
        const struct process_step *to = move_on(replay, action);
        if (to != NULL) // check_order has told
            play_move(replay, row, action, to);
    }
    replay->inputs = NULL;
}

// ---- comparing ----
static void compare_row(struct recount_player *replay)
{
    const struct case_row *stored = &replay->stored.row, *played = &replay->played.row;
    if (stored->version != replay->seq)
        FIND("case.version", "the row says %lld, the history %lld",
             (long long)stored->version, (long long)replay->seq);
    if (memcmp(stored->digest, replay->before, HASH_SIZE) != 0)
        FIND("chain.end", "the case row names another last digest: rows were dropped");
    if (strcmp(stored->step, replay->step) != 0 || stored->stage != played->stage ||
        stored->outcome != played->outcome)
        FIND("case.step", "the row says '%s', the history '%s'", stored->step,
             replay->step);
    if (stored->department_id != played->department_id)
        FIND("case.department", "the row says %lld, the history %lld",
             (long long)stored->department_id, (long long)played->department_id);
    if (stored->kinds_done != played->kinds_done)
        FIND("case.kinds", "the kinds of action done differ");
    unsigned cursor = 0;
    const char *what = NULL;
    while ((what = recount_place_differs(&replay->place, stored, &cursor)) != NULL)
        FIND("case.differs", "%s in the case row is not what the history says", what);
    if (!replay->place.whole || replay->place.moved)
        replay->batch->unplaced++;
}

static void compare_tasks(struct recount_player *replay)
{
    struct case_work *work = &replay->stored;
    const struct case_row *row = &work->row;
    const struct case_task_row *own = case_task_find(work, row->task_no);
    for (size_t i = 0; i < work->task_count; i++) // what was opened after the end may stay
        if (row->stage == PROCESS_ENDED &&
            (!work->tasks[i].aside || work->tasks[i].opened_ms < row->closed_ms))
            FIND("task.orphan", "an ended case has an open task '%s'",
                 process_task_to_str(work->tasks[i].kind));
    if (row->stage != PROCESS_ENDED && own == NULL)
        FIND("task.missing", "step '%s' has no open task", row->step);
    if (own != NULL &&
        (own->version != row->task_version || own->kind != row->task_kind ||
         own->role != row->holder_role || own->department_id != row->holder_department))
        FIND("task.differs", "the case row tells the step's task otherwise");
}

static bool same_clock(const struct clock *a, const struct clock *b)
{
    return a->status == b->status && a->started_at_ms == b->started_at_ms &&
           a->since_ms == b->since_ms && a->consumed_ms == b->consumed_ms &&
           a->paused_ms == b->paused_ms && a->due_ms == b->due_ms &&
           a->extended_milli == b->extended_milli && a->extended_ms == b->extended_ms;
}

static void compare_clocks(struct recount_player *replay)
{
    struct case_work *stored = &replay->stored;
    for (size_t i = 0; i < stored->clock_count; i++) {
        const struct case_clock_row *row = &stored->clocks[i];
        if (row->kind == PROCESS_CLOCK_HOLD)
            continue;
        const struct case_clock_row *played =
            case_clock_find(&replay->played, row->kind, row->task_no);
        bool runs = row->clock.status == CLOCK_RUNNING || row->clock.status == CLOCK_PAUSED;
        if (runs && stored->row.stage == PROCESS_ENDED)
            FIND("clock.runs", "clock '%s' of an ended case still runs",
                 process_clock_to_str(row->kind));
        if (played == NULL || !same_clock(&row->clock, &played->clock))
            FIND("clock.differs", "clock '%s' is not what the history makes it",
                 process_clock_to_str(row->kind));
    }
}

// A city may name another level of duty grids later: the case keeps the one it was filed
// in.
static bool was_duty_grid(const struct recount_player *replay, int64_t area_id)
{
    const int64_t *areas = replay->stored.row.place.areas;
    bool found = area_id == 0;
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        found = found || areas[i] == area_id;
    return found;
}

static void compare_facts(struct recount_player *replay)
{
    const int64_t *stored = replay->stored.fact.values,
                  *played = replay->played.fact.values;
    for (int i = 0; i < FACT_COUNT; i++)
        if (stored[i] != played[i] &&
            !(i == FACT_GRID_DUTY_ID && was_duty_grid(replay, stored[i])) &&
            !(replay->inputs_gone && (i == FACT_FED_BACK_BARE || i == FACT_CHECKED_BARE)))
            FIND("fact.differs", "column %d is %lld, the history says %lld", i + 1,
                 (long long)stored[i], (long long)played[i]);
}

// Contacts of the case and duplicates that it took in.
static void compare_beside(struct recount_player *replay, const struct recount_life *life)
{
    const int64_t *fact = replay->stored.fact.values;
    bool gone = life->survivor != life->row.case_id;
    if (life->contacts != fact[FACT_CONTACTS])
        FIND("contact.differs", "the case says %lld, its contacts and duplicates %lld",
             (long long)fact[FACT_CONTACTS], (long long)life->contacts);
    else if (life->merged != fact[FACT_MERGED_IN])
        FIND("merge.differs", "the case says %lld, its contacts and duplicates %lld",
             (long long)fact[FACT_MERGED_IN], (long long)life->merged);
    else if (life->astray != 0)
        FIND("merge.astray", "the case says %lld, its contacts and duplicates %lld",
             (long long)life->survivor, (long long)life->astray);
    else if (gone != (life->row.outcome == PROCESS_MERGED))
        FIND("merge.outcome", "the case says %lld, its contacts and duplicates %lld",
             (long long)life->row.outcome, (long long)life->survivor);
}

// ---- one case after the other ----
static int begin(struct recount_player *replay, const struct recount_life *life,
                 struct error *error)
{
    const struct recount_batch *batch = replay->batch;
    struct case_work *stored = &replay->stored, *played = &replay->played;
    stored->row = life->row;
    stored->task_count = life->task_count;
    if (life->task_count > 0)
        memcpy(stored->tasks, &batch->tasks[life->task_at],
               life->task_count * sizeof *stored->tasks);
    stored->clock_count = life->clock_count;
    if (life->clock_count > 0)
        memcpy(stored->clocks, &batch->clocks[life->clock_at],
               life->clock_count * sizeof *stored->clocks);
    stored->fact = life->fact;
    stored->process = city_process(replay->city, life->row.process_version);
    stored->catalogue = city_catalogue(replay->city, life->row.catalogue_version);
    stored->calendar = city_calendar(replay->city, 0);
    if (stored->process == NULL || stored->catalogue == NULL || stored->calendar == NULL)
        return error_set(error, ERROR_BUG, "case.no_rules",
                         "the city has no process, catalogue or calendar for the case");
    struct buffer kept = played->clock_effect; // its memory
    *played = *stored;
    played->clock_effect = kept;
    buffer_clear(&played->clock_effect);
    played->clock_count = 0;
    played->row.kinds_done = 0;
    memset(&played->fact, 0, sizeof played->fact);
    replay->move.case_id = life->row.case_id;
    memset(replay->before, 0, sizeof replay->before);
    memset(replay->task_acted, 0, sizeof replay->task_acted);
    memset(&replay->actor, 0, sizeof replay->actor);
    replay->seq = 0;
    replay->step = "";
    replay->stage = PROCESS_REPORT;
    replay->inputs_gone = false;
    replay->past.count = 0;
    replay->place = (struct recount_place){0};
    return 0;
}

static int play(struct recount_player *replay, const struct recount_life *life,
                struct error *error)
{
    struct history_row *rows = &replay->batch->history[life->history_at];
    int code = begin(replay, life, error);
    if (code != 0)
        return code;
    if (!life->has_fact) {
        FIND("fact.missing", "the case has no row of figures");
        return 0;
    }
    first_process(replay, rows, life->history_count);
    for (size_t i = 0; i < life->history_count; i++)
        play_row(replay, &rows[i]);
    compare_row(replay);
    compare_tasks(replay);
    compare_clocks(replay);
    compare_facts(replay);
    compare_beside(replay, life);
    recount_sums_add(&replay->sums, &life->fact, replay->stored.calendar);
    return 0;
}

void recount_play(struct recount_player *player, struct recount_batch *batch)
{
    struct arena *arena = arena_new(PLAY_ARENA);
    player->batch = batch;
    player->stored.arena = arena;
    batch->code = 0;
    for (size_t i = 0; i < batch->count && batch->code == 0; i++)
        batch->code = play(player, &batch->lives[i], &batch->error);
    player->batch = NULL;
    arena_free(arena);
}

struct recount_player *recount_player_new(const struct city_snapshot *city,
                                          const struct recount_sums *sums)
{
    struct recount_player *player = memory_new(sizeof *player);
    player->city = city;
    player->hash = hash_new();
    player->move = (struct case_move){.actor = &player->actor};
    player->stored = (struct case_work){.city = city, .move = &player->move};
    player->past.rows = player->sides;
    buffer_init(&player->text, BUFFER_CEILING_LINE);
    buffer_init(&player->played.clock_effect, BUFFER_CEILING_LINE);
    recount_sums_like(&player->sums, sums);
    return player;
}

struct recount_player *recount_player_free(struct recount_player *player)
{
    if (player != NULL) {
        hash_free(player->hash);
        buffer_done(&player->text);
        buffer_done(&player->played.clock_effect);
        free(player);
    }
    return NULL;
}

const struct recount_sums *recount_player_sums(const struct recount_player *player)
{
    return &player->sums;
}
