// SPDX-License-Identifier: MPL-2.0
// The walk over a period: slices of ids, each case judged on both sides, what flips told.
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/diff.h>
#include <gridcase/core/text.h>

#include "what_if_internal.h"

enum { SLICE_IDS = 2000, SLICE_ARENA = 256 * 1024 * 1024, ROWS_MOST = 100000 };

// A case of the slice.
struct looked {
    struct case_row row;
    enum what_if_outcome outcome;
    bool clocked, played; // has a limit; its history is needed
    int64_t in_time;      // verdict of the fact row: -1 none
};

struct walk {
    struct db *db;
    struct what_if_judge judge;
    const struct what_if_options *options;
    struct arena *arena, *slice; // of the answer; of the slice
    struct what_if_result result;
    struct what_if_case *ring; // the newest WHAT_IF_LIST_MOST
    size_t told;               // in all
    struct looked *looked;
    size_t looked_count;
};

static int no_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "what_if.memory", "no memory for the cases");
}

// ---- totals ----
static struct what_if_row *row_of(struct what_if_row *rows, size_t *count, int64_t id)
{
    size_t low = 0, high = *count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < *count && rows[low].id == id)
        return &rows[low];
    if (*count == ROWS_MOST)
        return NULL;
    memmove(&rows[low + 1], &rows[low], (*count - low) * sizeof *rows);
    rows[low] = (struct what_if_row){.id = id};
    ++*count;
    return &rows[low];
}

static void count_in(struct what_if_row *row, const struct what_if_case *one, bool late)
{
    if (row == NULL)
        return;
    row->cases++;
    row->to_late += one->late_flips && late;
    row->to_in_time += one->late_flips && !late;
    row->elsewhere += one->route_flips;
}

static bool is_late(enum what_if_verdict verdict)
{
    return verdict == WHAT_IF_LATE || verdict == WHAT_IF_OVERDUE;
}

static void count(struct walk *walk, const struct looked *looked,
                  const struct what_if_case *one)
{
    struct what_if_result *result = &walk->result;
    bool late = is_late(one->draft.clock.verdict);
    count_in(
        row_of(result->departments, &result->department_count, looked->row.department_id),
        one, late);
    count_in(row_of(result->classes, &result->class_count, one->class_id), one, late);
    result->to_late += one->late_flips && late;
    result->to_in_time += one->late_flips && !late;
    result->elsewhere += one->route_flips;
    result->due_moved += looked->played && one->now.clock.due_ms != one->draft.clock.due_ms;
    enum what_if_verdict now = one->now.clock.verdict;
    result->since += looked->played && looked->in_time >= 0 &&
                     (now == WHAT_IF_IN_TIME || now == WHAT_IF_LATE) &&
                     (looked->in_time != 0) != (now == WHAT_IF_IN_TIME);
}

// ---- one case ----
static enum what_if_verdict verdict_then(const struct walk *walk,
                                         const struct looked *looked)
{
    const struct case_row *row = &looked->row;
    if (looked->in_time >= 0)
        return looked->in_time != 0 ? WHAT_IF_IN_TIME : WHAT_IF_LATE;
    if (row->closed_ms != INSTANT_NONE || row->clock_kind != PROCESS_CLOCK_HANDLING)
        return WHAT_IF_NONE;
    return clock_is_over(&row->clock, walk->options->now_ms) ? WHAT_IF_OVERDUE
                                                             : WHAT_IF_RUNNING;
}

static int keep(struct walk *walk, const struct what_if_case *one, struct error *error)
{
    struct what_if_case *kept = &walk->ring[walk->told++ % WHAT_IF_LIST_MOST];
    *kept = *one;
    kept->number = arena_text(walk->arena, one->number);
    if (kept->number == NULL)
        return no_memory(error);
    return walk->options->told != NULL
               ? walk->options->told(walk->options->context, one, error)
               : 0;
}

// The history has been played by now.
static int conclude(struct walk *walk, struct looked *looked, struct error *error)
{
    struct what_if_judge *judge = &walk->judge;
    const struct city_department *lead =
        city_department_by_id(judge->city, looked->row.department_id);
    struct what_if_case one = {.number = looked->row.number,
                               .case_id = looked->row.case_id,
                               .class_id = looked->row.place.class_id,
                               .opened_ms = looked->row.opened_ms,
                               .department = lead != NULL ? lead->code : "",
                               .handled_ms = INSTANT_NONE,
                               .was = verdict_then(walk, looked)};
    one.now.clock.due_ms = one.draft.clock.due_ms = INSTANT_NONE;
    if (looked->played)
        what_if_conclude(judge, &one);
    int code = what_if_send(judge, &one, error);
    if (code != 0)
        return code;
    one.late_flips = is_late(one.now.clock.verdict) != is_late(one.draft.clock.verdict);
    one.route_flips = !text_equal(one.now.route.department, one.draft.route.department);
    walk->result.clocked += looked->clocked;
    count(walk, looked, &one);
    return one.late_flips || one.route_flips ? keep(walk, &one, error) : 0;
}

static int finish(struct walk *walk, struct looked *looked, struct error *error)
{
    struct what_if_result *result = &walk->result;
    result->cases++;
    if (looked->outcome == WHAT_IF_JUDGED)
        return conclude(walk, looked, error);
    result->no_class += looked->outcome == WHAT_IF_NO_CLASS;
    result->chain += looked->outcome == WHAT_IF_CHAIN;
    result->unreadable += looked->outcome == WHAT_IF_UNREADABLE;
    return 0;
}

// ---- one slice ----
static int read_rows(struct walk *walk, int64_t from, int64_t until, bool *ret_played,
                     struct error *error)
{
    static const enum query_id parts[] = {QUERY_CASE_COLUMNS, QUERY_WHAT_IF_SLICE};
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    int code = db_prepare_parts(walk->db, parts, 2, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, from);
    db_bind_int(s, 2, until);
    db_bind_int(s, 3, walk->options->from_ms);
    db_bind_int(s, 4, walk->options->to_ms);
    walk->looked_count = 0;
    while ((code = db_step(s, error)) == DB_ROW) {
        struct looked *looked = &walk->looked[walk->looked_count++];
        *looked = (struct looked){.in_time = -1};
        case_row_read(s, walk->slice, &looked->row);
        looked->outcome = what_if_take(&walk->judge, &looked->row);
        if (looked->outcome == WHAT_IF_JUDGED)
            looked->played = what_if_needs_clocks(&walk->judge, &looked->clocked);
        *ret_played |= looked->played;
    }
    return code < 0 ? code : 0;
}

static int read_verdicts(struct walk *walk, int64_t from, int64_t until,
                         struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    size_t at = 0;
    int code = db_prepare(walk->db, QUERY_WHAT_IF_WAS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, from);
    db_bind_int(s, 2, until);
    while ((code = db_step(s, error)) == DB_ROW) {
        int64_t id = db_column_int(s, 0);
        while (at < walk->looked_count && walk->looked[at].row.case_id < id)
            at++;
        if (at < walk->looked_count && walk->looked[at].row.case_id == id)
            walk->looked[at].in_time = db_column_int(s, 1);
    }
    return code < 0 ? code : 0;
}

// Finishes the cases before an id; the next one is taken up.
static int advance(struct walk *walk, size_t *at, bool *taken, int64_t id,
                   struct error *error)
{
    int code = 0;
    while (code == 0 && *at < walk->looked_count && walk->looked[*at].row.case_id < id) {
        struct looked *looked = &walk->looked[*at];
        if (!*taken)
            (void)what_if_take(&walk->judge, &looked->row); // judged when it was read
        code = finish(walk, looked, error);
        *taken = false;
        ++*at;
    }
    if (!*taken && *at < walk->looked_count) {
        (void)what_if_take(&walk->judge, &walk->looked[*at].row);
        *taken = true;
    }
    return code;
}

static int play(struct walk *walk, int64_t from, int64_t until, bool played,
                struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    size_t at = 0;
    bool taken = false;
    int code = 0;
    if (played)
        code = db_prepare(walk->db, QUERY_WHAT_IF_EFFECTS, &s, error);
    if (code == 0 && played) {
        db_bind_int(s, 1, from);
        db_bind_int(s, 2, until);
    }
    while (code == 0 && played && (code = db_step(s, error)) == DB_ROW) {
        int64_t id = db_column_int(s, 0);
        code = advance(walk, &at, &taken, id, error);
        struct looked *looked = at < walk->looked_count ? &walk->looked[at] : NULL;
        if (code == 0 && looked != NULL && looked->row.case_id == id && looked->played &&
            looked->outcome == WHAT_IF_JUDGED)
            looked->outcome =
                what_if_play(&walk->judge, db_column_text(s, 1), db_column_int(s, 2));
    }
    return code < 0 ? code : advance(walk, &at, &taken, INT64_MAX, error);
}

static int look(struct walk *walk, int64_t from, int64_t until, struct error *error)
{
    bool played = false;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    walk->slice = walk->judge.arena = arena_new(SLICE_ARENA);
    int code = db_begin(walk->db, DB_READ, &transaction, error);
    if (code == 0)
        code = read_rows(walk, from, until, &played, error);
    if (code == 0 && played)
        code = read_verdicts(walk, from, until, error);
    if (code == 0)
        code = play(walk, from, until, played, error);
    if (code == 0)
        code = db_commit(&transaction, error);
    walk->slice = arena_free(walk->slice);
    return code;
}

// ---- the whole ----
static int64_t flips(const struct what_if_row *row)
{
    return row->to_late + row->to_in_time + row->elsewhere;
}

static int by_flips(const void *a_row, const void *b_row)
{
    const struct what_if_row *a = a_row, *b = b_row;
    if (flips(a) != flips(b))
        return (flips(a) < flips(b)) - (flips(a) > flips(b));
    return (a->id > b->id) - (a->id < b->id);
}

static int tell(struct walk *walk, struct what_if_result *ret_result, struct error *error)
{
    struct what_if_result *result = &walk->result;
    const struct city_snapshot *city = walk->judge.city;
    size_t kept = walk->told < WHAT_IF_LIST_MOST ? walk->told : WHAT_IF_LIST_MOST;
    struct what_if_case *list = arena_array(walk->arena, kept + 1, sizeof *list);
    struct what_if_row *departments =
        arena_array(walk->arena, result->department_count + 1, sizeof *result->departments);
    struct what_if_row *classes =
        arena_array(walk->arena, result->class_count + 1, sizeof *result->classes);
    if (list == NULL || departments == NULL || classes == NULL)
        return no_memory(error);
    for (size_t i = 0; i < kept; i++)
        list[i] = walk->ring[(walk->told - 1 - i) % WHAT_IF_LIST_MOST];
    for (size_t i = 0; i < result->department_count; i++) {
        departments[i] = result->departments[i];
        const struct city_department *one = city_department_by_id(city, departments[i].id);
        departments[i].code = one != NULL ? one->code : "";
    }
    for (size_t i = 0; i < result->class_count; i++) {
        classes[i] = result->classes[i];
        const char *code = city_class_code(city, classes[i].id);
        classes[i].code = code != NULL ? code : "";
    }
    if (result->department_count > 0)
        qsort(departments, result->department_count, sizeof *departments, by_flips);
    if (result->class_count > 0)
        qsort(classes, result->class_count, sizeof *classes, by_flips);
    *ret_result = *result;
    ret_result->listed = kept;
    ret_result->list = list;
    ret_result->departments = departments;
    ret_result->classes = classes;
    return 0;
}

static int read_ids(struct db *db, int64_t ret_ids[2], struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    int code = db_prepare(db, QUERY_WHAT_IF_IDS, &s, error);
    if (code == 0)
        code = db_step(s, error);
    if (code != DB_ROW)
        return code;
    ret_ids[0] = db_column_int(s, 0);
    ret_ids[1] = db_column_int(s, 1);
    return 0;
}

static int run(struct walk *walk, struct error *error)
{
    const struct what_if_options *options = walk->options;
    int64_t ids[2] = {0, -1};
    int code = read_ids(walk->db, ids, error);
    for (int64_t id = ids[0]; code == 0 && id <= ids[1]; id += SLICE_IDS) {
        if (options->stop != NULL && atomic_load(options->stop))
            return error_set(error, ERROR_BUSY, "what_if.stopped", "stopped on the way");
        code = look(walk, id, id + SLICE_IDS, error);
        int64_t done = id + SLICE_IDS - ids[0], of = ids[1] - ids[0] + 1;
        if (code == 0 && options->progress != NULL)
            options->progress(options->context, done < of ? done : of, of);
    }
    return code;
}

bool what_if_same_calendar(const struct city_diff *diff)
{
    for (size_t i = 0; i < city_diff_count(diff); i++) {
        const char *what = city_diff_item(diff, i)->what;
        if (text_starts(what, "table calendar") || text_equal(what, "city.ini"))
            return false;
    }
    return true;
}

int what_if_run(struct db *db, const struct city_snapshot *city,
                const struct city_snapshot *draft, const struct what_if_options *options,
                struct arena *arena, struct what_if_result *ret_result, struct error *error)
{
    struct walk walk = {.db = db,
                        .judge = {.city = city,
                                  .draft = draft,
                                  .now_ms = options->now_ms,
                                  .same_calendar = options->same_calendar},
                        .options = options,
                        .arena = arena};
    walk.ring = calloc(WHAT_IF_LIST_MOST, sizeof *walk.ring);
    walk.looked = calloc(SLICE_IDS, sizeof *walk.looked);
    walk.result.departments = calloc(ROWS_MOST, sizeof *walk.result.departments);
    walk.result.classes = calloc(ROWS_MOST, sizeof *walk.result.classes);
    bool room = walk.ring != NULL && walk.looked != NULL &&
                walk.result.departments != NULL && walk.result.classes != NULL;
    struct what_if_row *rows[] = {walk.result.departments, walk.result.classes};
    int code = room ? 0 : no_memory(error);
    if (code == 0) {
        what_if_judge_begin(&walk.judge);
        code = run(&walk, error);
    }
    if (code == 0)
        code = tell(&walk, ret_result, error);
    what_if_judge_end(&walk.judge);
    free(walk.ring);
    free(walk.looked);
    free(rows[0]);
    free(rows[1]);
    return code;
}
