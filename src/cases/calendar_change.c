// SPDX-License-Identifier: MPL-2.0
// Upkeep: a new calendar moves the deadlines of running clocks, as moves of the system that
// keep old and new; idempotency keys expire.
#include <stdlib.h>
#include <string.h>

#include "case_internal.h"

enum { UPKEEP_AT_ONCE = 256, UPKEEP_ARENA = 1024 * 1024 };
static const int64_t KEY_LIFE_MS = INT64_C(90) * 24 * 3600 * 1000;

const struct process_action *case_builtin_action(const char *code)
{
    static const struct process_action ACTIONS[] = {
        {.code = "calendar_changed", .kind = PROCESS_CALENDAR_CHANGED, .stays = true},
        {.code = "process_changed", .kind = PROCESS_PROCESS_CHANGED, .stays = true},
        {.code = "media_received", .kind = PROCESS_MEDIA_ADDED, .stays = true},
        {.code = "time_order", .kind = PROCESS_ORDERED, .stays = true},
        {.code = "task_handed", .kind = PROCESS_TASK_HANDED, .stays = true},
        {.code = "contacted", .kind = PROCESS_CONTACTED, .stays = true},
        {.code = "answered", .kind = PROCESS_ANSWERED, .stays = true},
        {.code = "took_in", .kind = PROCESS_TOOK_IN, .stays = true},
    };
    for (size_t i = 0; i < sizeof ACTIONS / sizeof ACTIONS[0]; i++)
        if (strcmp(code, ACTIONS[i].code) == 0)
            return &ACTIONS[i];
    return NULL;
}

static void put_due(struct json_writer *writer, const char *name, int64_t due_ms)
{
    if (due_ms == INSTANT_NONE)
        json_put_null(writer, name);
    else
        json_put_instant(writer, name, due_ms);
}

// Whether the calendar changes what people see of a clock.
static bool changes(const struct case_clock_row *row, const struct calendar *calendar)
{
    struct clock next = row->clock;
    return row->kind != PROCESS_CLOCK_IMPORTED && row->clock.limit.unit != LIMIT_NONE &&
           clock_recompute(&next, calendar, row->clock.since_ms);
}

// What a new calendar did to the cases of one slice.
struct calendar_tally {
    int64_t looked, moved, earlier, later;
};

static int note_moved(struct case_work *work, const struct case_clock_row *row,
                      int64_t due_before_ms, struct calendar_tally *tally,
                      struct error *error)
{
    int64_t due_after_ms = row->clock.due_ms;
    tally->earlier += due_after_ms < due_before_ms;
    tally->later += due_after_ms > due_before_ms;
    return db_execute(
        work->db, QUERY_CALENDAR_MOVED_ADD,
        (struct db_value[]){DB_INT(calendar_version(work->calendar)),
                            DB_INT(work->row.case_id), DB_INT(row->kind),
                            DB_INT(row->task_no),
                            due_before_ms == INSTANT_NONE ? DB_NULL : DB_INT(due_before_ms),
                            due_after_ms == INSTANT_NONE ? DB_NULL : DB_INT(due_after_ms)},
        6, error);
}

// Recomputes each running clock; the history row says from when to when. A clock whose
// deadline stays only gets the calendar's version. *ret_moved: whether one changed.
static int move_clocks(struct case_work *work, struct calendar_tally *tally,
                       bool *ret_moved, struct error *error)
{
    bool moved = false;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_LINE);
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    for (size_t i = 0; i < work->clock_count; i++) {
        struct case_clock_row *row = &work->clocks[i];
        if (row->clock.status != CLOCK_RUNNING ||
            row->clock.calendar_version >= calendar_version(work->calendar))
            continue;
        if (!changes(row, work->calendar)) {
            row->clock.calendar_version = calendar_version(work->calendar);
            row->changed = true;
            continue;
        }
        moved = true;
        int64_t due_ms = row->clock.due_ms;
        int code = case_clock_move(work, row->kind, row->task_no, CLOCK_EFFECT_RECOMPUTE,
                                   NULL, error);
        if (code == 0 && due_ms != row->clock.due_ms)
            code = note_moved(work, row, due_ms, tally, error);
        if (code != 0)
            return code;
        json_begin_object(&writer, process_clock_to_str(row->kind));
        put_due(&writer, "due_before", due_ms);
        put_due(&writer, "due_after", row->clock.due_ms);
        json_end_object(&writer);
    }
    json_end_object(&writer);
    int code = buffer_check(&out, error);
    if (code == 0)
        work->inputs.json = arena_copy(work->arena, out.data, out.length);
    *ret_moved = moved;
    return code;
}

static int change_calendar(struct case_work *work, struct calendar_tally *tally,
                           struct error *error)
{
    int code = case_begin_known(work, error);
    if (code != 0)
        return code;
    struct case_row before = work->row;
    work->action = case_builtin_action("calendar_changed");
    work->effective_ms = work->move->received_ms > work->row.opened_ms
                             ? work->move->received_ms
                             : work->row.opened_ms;
    work->inputs.opinion = "";
    random_bytes(work->salt, sizeof work->salt);
    bool moved = false;
    code = move_clocks(work, tally, &moved, error);
    tally->looked++;
    tally->moved += moved;
    if (code == 0 && !moved)
        return case_clocks_store(work, error);
    return code != 0 ? code : case_store(work, &before, error);
}

static int recompute(struct db *db, const struct city_snapshot *city,
                     const struct case_move *move, struct calendar_tally *tally,
                     struct error *error)
{
    struct case_work *work = memory_new(sizeof *work);
    work->db = db;
    work->city = city;
    work->move = move;
    work->arena = arena_new(UPKEEP_ARENA);
    buffer_init(&work->clock_effect, BUFFER_CEILING_LINE);
    int code = change_calendar(work, tally, error);
    buffer_done(&work->clock_effect);
    arena_free(work->arena);
    free(work);
    return code;
}

static int outdated(struct db *db, int64_t version, unsigned most, int64_t *ids,
                    unsigned *ret_count, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_CLOCKS_OUTDATED, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, version);
    db_bind_int(s, 2, most);
    unsigned count = 0;
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        ids[count++] = db_column_int(s, 0);
    *ret_count = count;
    return code < 0 ? code : 0;
}

struct expiring {
    int64_t position, case_id, seq;
    bool report;
};

static int expire_keys(struct db *db, int64_t now_ms, unsigned most, unsigned *ret_count,
                       struct error *error)
{
    struct expiring keys[UPKEEP_AT_ONCE];
    unsigned count = 0;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_KEYS_EXPIRING, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, now_ms - KEY_LIFE_MS);
    db_bind_int(s, 2, most);
    while (count < most && (code = db_step(s, error)) == DB_ROW)
        keys[count++] =
            (struct expiring){db_column_int(s, 0), db_column_int(s, 1), db_column_int(s, 2),
                              db_column_int(s, 3) == PROCESS_REPORTED};
    code = code < 0 ? code : 0;
    for (unsigned i = 0; i < count && code == 0; i++)
        if (!keys[i].report) // a report's key never expires
            code = db_execute(
                db, QUERY_KEY_EXPIRE,
                (struct db_value[]){DB_INT(keys[i].case_id), DB_INT(keys[i].seq)}, 2,
                error);
    if (code == 0 && count > 0)
        code = db_execute(db, QUERY_KEYS_EXPIRED,
                          (struct db_value[]){DB_INT(keys[count - 1].position)}, 1, error);
    *ret_count = count;
    return code;
}

static int note_change(struct db *db, int64_t version, int64_t now_ms,
                       const struct calendar_tally *tally, struct error *error)
{
    if (tally->looked == 0)
        return 0;
    return db_execute(db, QUERY_CALENDAR_CHANGE_ADD,
                      (struct db_value[]){DB_INT(version), DB_INT(now_ms),
                                          DB_INT(tally->looked), DB_INT(tally->moved),
                                          DB_INT(tally->earlier), DB_INT(tally->later)},
                      6, error);
}

int case_upkeep_run(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                    unsigned most, unsigned *ret_done, struct error *error)
{
    int64_t ids[UPKEEP_AT_ONCE];
    unsigned count = 0, expired = 0, levels = 0;
    if (most > UPKEEP_AT_ONCE)
        most = UPKEEP_AT_ONCE;
    int64_t version = calendar_version(city_calendar(city, 0));
    int code = outdated(db, version, most, ids, &count, error);
    struct actor system = actor_system();
    struct calendar_tally tally = {0};
    for (unsigned i = 0; i < count && code == 0; i++) {
        struct case_move move = {.actor = &system,
                                 .case_id = ids[i],
                                 .received_ms = now_ms,
                                 .done_ms = INSTANT_NONE};
        code = recompute(db, city, &move, &tally, error);
    }
    if (code == 0)
        code = note_change(db, version, now_ms, &tally, error);
    if (code == 0 && count < most)
        code = expire_keys(db, now_ms, most - count, &expired, error);
    if (code == 0 && count + expired < most)
        code = case_levels_upkeep(db, city, now_ms, most - count - expired, &levels, error);
    if (code == 0)
        *ret_done = count + expired + levels;
    return code;
}
