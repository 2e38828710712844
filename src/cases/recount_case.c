// SPDX-License-Identifier: MPL-2.0
// One case played again from its history: chain of digests, step, tasks, clocks, fact row.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "contact_internal.h"
#include "recount_internal.h"

enum {
    CASE_RECOUNT_ARENA = 8 * 1024 * 1024,
    SIDES_MOST = 256,
    MEDIA_TEXT_MOST = CASE_MEDIA_MOST * (HASH_HEX_SIZE + 8),
};

struct replay {
    struct recount *recount;
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
};

#define FIND(...) recount_find(replay->recount, replay->stored.row.case_id, __VA_ARGS__)

// ---- the chain ----
static void check_digest(struct replay *replay, struct db_statement *s)
{
    size_t length = 0;
    uint8_t digest[HASH_SIZE];
    struct history_entry entry;
    history_entry_read(s, replay->stored.row.number, &entry);
    history_digest(&entry, replay->before, digest);
    const void *bytes = db_column_blob(s, 21, &length);
    if (bytes == NULL || length != HASH_SIZE || memcmp(bytes, digest, HASH_SIZE) != 0)
        FIND("chain.broken", "history row %lld is not what was sealed",
             (long long)entry.seq);
    // Go on from what is stored: one changed row is one finding.
    if (bytes != NULL && length == HASH_SIZE)
        memcpy(replay->before, bytes, HASH_SIZE);
}

// ---- the move ----
static const struct process_action *action_of(const struct replay *replay, const char *code,
                                              const char *from, const char *to)
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

static void play_clocks(struct replay *replay, const char *effects)
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
        const struct calendar *then =
            city_calendar(replay->recount->city, noted.calendar_version);
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
                         const char *json)
{
    struct json *document JSON_CLEANUP = NULL;
    work->inputs.choice = 0;
    work->inputs.media_count = 0;
    memset(work->inputs.words, 0, sizeof work->inputs.words);
    if (json == NULL || json_parse(json, strlen(json), &document, NULL) != 0)
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

static void check_order(struct replay *replay, struct db_statement *s)
{
    int64_t seq = db_column_int(s, 0), task_no = db_column_int(s, 7);
    int64_t done_ms = db_column_int(s, 18);
    if (seq != replay->seq + 1)
        FIND("history.gap", "row %lld follows row %lld", (long long)seq,
             (long long)replay->seq);
    replay->seq = seq;
    if (strcmp(db_column_text(s, 4), replay->step) != 0)
        FIND("history.step", "row %lld leaves '%s', the case was in '%s'", (long long)seq,
             db_column_text(s, 4), replay->step);
    if (task_no >= 0 && task_no <= CASE_TASKS_PER_CASE) {
        if (task_no > 0 && done_ms < replay->task_acted[task_no])
            FIND("history.backwards", "row %lld was done before the task's last move",
                 (long long)seq);
        replay->task_acted[task_no] = done_ms;
    }
}

// Who acted for whom, as guards and marks of one-sided cases look at it.
static void note_side(struct replay *replay, struct db_statement *s)
{
    struct case_work *work = &replay->played;
    struct error refusal = {0};
    work->known_company = true;
    work->company_id = db_column_int(s, 22);
    replay->actor.system = db_column_int(s, 10) != 0;
    work->past = &replay->past;
    if (case_side_note(work, &refusal) != 0)
        FIND("fact.side", "history row %lld: %s", (long long)replay->seq, refusal.message);
    work->past = NULL;
    replay->actor.system = false;
    const struct history_row side = {.entry = {.kind = (int)db_column_int(s, 2),
                                               .actor_id = db_column_int(s, 9),
                                               .company_id = work->company_id},
                                     .stage_to = (int)db_column_int(s, 6)};
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
static int64_t version_in(const char *json, const char *name)
{
    struct json *document JSON_CLEANUP = NULL;
    int64_t version = 0;
    if (json == NULL || json_parse(json, strlen(json), &document, NULL) != 0 ||
        json_get_int(document, name, JSON_OPTIONAL, 1, INT64_MAX, &version, NULL) != 0)
        return 0;
    return version;
}

// The process that the case began with.
static int first_process(struct replay *replay, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    replay->process = replay->stored.process;
    int code = db_prepare(replay->stored.db, QUERY_HISTORY_FIRST_INPUTS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, replay->stored.row.case_id);
    db_bind_int(s, 2, PROCESS_PROCESS_CHANGED);
    code = db_step(s, error);
    int64_t version =
        code == DB_ROW ? version_in(db_column_text(s, 0), "process_before") : 0;
    if (version != 0 && city_process(replay->recount->city, version) != NULL)
        replay->process = city_process(replay->recount->city, version);
    return code < 0 ? code : 0;
}

static void play_row(struct replay *replay, struct db_statement *s)
{
    struct case_work *work = &replay->played;
    check_order(replay, s);
    check_digest(replay, s);
    recount_place_row(&replay->place, s, work->arena);
    const struct process_action *action =
        action_of(replay, db_column_text(s, 1), db_column_text(s, 4), db_column_text(s, 5));
    replay->step = arena_text(work->arena, db_column_text(s, 5));
    if (action == NULL) {
        FIND("history.unknown_action", "row %lld: its process has no such action",
             (long long)replay->seq);
        return;
    }
    int64_t next = action->kind == PROCESS_PROCESS_CHANGED
                       ? version_in(db_column_text(s, 14), "process_after")
                       : 0;
    if (next != 0 && city_process(replay->recount->city, next) != NULL)
        replay->process = city_process(replay->recount->city, next);
    const struct process *process = replay->process;
    const struct process_step *to =
        process_step(process, (size_t)process_step_find(process, replay->step));
    if (to == NULL)
        return; // check_order has told
    work->action = action;
    work->is_new = replay->seq == 1;
    work->effective_ms = db_column_int(s, 18);
    work->row.stage = (int)to->stage;
    work->row.outcome = (int)to->outcome;
    work->row.department_id = db_column_int(s, 12);
    work->row.kinds_done |= INT64_C(1) << (int)action->kind;
    read_choices(work, action, db_column_text(s, 14));
    replay->inputs_gone |= db_column_is_null(s, 14) && !db_column_is_null(s, 16);
    replay->move.mark = (enum case_mark)db_column_int(s, 3);
    replay->actor.person_id = db_column_int(s, 9);
    replay->actor.system = db_column_int(s, 10) != 0;
    replay->move.received_ms = db_column_int(s, 19);
    play_clocks(replay, db_column_text(s, 17));
    for (size_t i = 0; i < action->effect_count; i++)
        if (action->effects[i].word == PROCESS_EFFECT_COUNT_UP)
            work->fact.values[FACT_RETURNED + action->effects[i].numbers[0]]++;
    fact_move(work, replay->stage);
    note_side(replay, s);
    if ((int)to->stage != PROCESS_ENDED)
        replay->place.ended_ms = INSTANT_NONE;
    else if (replay->stage != PROCESS_ENDED)
        replay->place.ended_ms = work->effective_ms;
    replay->stage = (int)to->stage;
}

static int play_history(struct replay *replay, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(replay->stored.db, QUERY_HISTORY_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, replay->stored.row.case_id);
    db_bind_int(s, 2, 0);
    db_bind_int(s, 3, 0);
    while ((code = db_step(s, error)) == DB_ROW)
        play_row(replay, s);
    return code;
}

// ---- comparing ----
static void compare_row(struct replay *replay)
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
        replay->recount->unplaced++;
}

static void compare_tasks(struct replay *replay)
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

static void compare_clocks(struct replay *replay)
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
static bool was_duty_grid(const struct replay *replay, int64_t area_id)
{
    const int64_t *areas = replay->stored.row.place.areas;
    bool found = area_id == 0;
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        found = found || areas[i] == area_id;
    return found;
}

static void compare_facts(struct replay *replay)
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

static int compare_contacts(struct replay *replay, struct error *error)
{
    const char *wrong = NULL;
    int64_t stored = 0, counted = 0;
    int code = contact_recount(&replay->stored, &wrong, &stored, &counted, error);
    if (code == 0 && wrong != NULL)
        FIND(wrong, "the case says %lld, its contacts and duplicates %lld",
             (long long)stored, (long long)counted);
    return code;
}

static int play(struct replay *replay, int64_t case_id, struct error *error)
{
    struct case_work *stored = &replay->stored, *played = &replay->played;
    int code = case_work_load(stored, case_id, error);
    if (code != 0)
        return code;
    *played = *stored;
    played->clock_count = 0;
    played->row.kinds_done = 0;
    memset(&played->fact, 0, sizeof played->fact);
    replay->step = "";
    replay->stage = PROCESS_REPORT;
    code = first_process(replay, error);
    if (code == 0)
        code = play_history(replay, error);
    if (code != 0)
        return code;
    compare_row(replay);
    compare_tasks(replay);
    compare_clocks(replay);
    compare_facts(replay);
    code = compare_contacts(replay, error);
    return code != 0 ? code : recount_add_fact(replay->recount, &stored->fact, error);
}

int recount_case(struct recount *recount, struct db *db, int64_t case_id,
                 struct error *error)
{
    struct replay *replay = memory_new(sizeof *replay);
    struct arena *arena = arena_new(CASE_RECOUNT_ARENA);
    replay->recount = recount;
    replay->move = (struct case_move){.actor = &replay->actor, .case_id = case_id};
    replay->stored = (struct case_work){
        .db = db, .city = recount->city, .arena = arena, .move = &replay->move};
    replay->past.rows = replay->sides;
    buffer_init(&replay->stored.clock_effect, BUFFER_CEILING_LINE);
    int code = play(replay, case_id, error);
    buffer_done(&replay->played.clock_effect);
    arena_free(arena);
    free(replay);
    return code;
}
