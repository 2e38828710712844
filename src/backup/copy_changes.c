// SPDX-License-Identifier: MPL-2.0
// What has changed in a city since a moment, brought into its copy, and compared there
// while nobody may write.
//
// When a city is handed over, both sides are first read whole and compared while it works,
// as of one moment. Under the hold only this is brought and compared again:
//
// - Rows that a case owns (case_file, case_task, case_clock, history, case_media, fact,
//   move_time, case_successor), of all cases that may have changed. Every move of a case
//   puts a row into the change stream in its own transaction; what changes such a row
//   without one is known by other ways:
//     keys of requests that have expired  history; the changes passed by case_epoch's
//     cursor timers that the process refused     case_task; cases with a timer, here or
//     there a calendar that moves no deadline   case_clock; cases with a running clock a
//     time order's mark on a clock      case_clock; cases of the lists of orders in force
//   and every case that is open, here or there, is compared besides.
// - The stream itself (change, change_before) above the moment's position: it is only added
//   to.
// - Every other table as a whole, large ones too: whatever its rows are, they change
// without
//   the stream. That is the model with all components (city.db); people, roles, sessions,
//   links, throttles, audit; reporters (erased), contacts, merges (a survivor that is
//   merged follows), unmaskings, missed reports (disputed); files and who sent them;
//   orders, calendar changes; rollups, frozen figures, roots, scores, serials. A table that
//   a migration adds is among these unless its key begins with case_id or task_id: it must
//   be put into `whole_tables` when such a row may change without a move.
//
// Nobody but the copy writes to the other side, which is out of service until the end.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "copy_internal.h"

// Ranges of cases that are brought one by one: more are joined where the gaps are small.
enum { RANGES_MOST = 200, TASKS_A_CASE = 1024, ORDER_ITEM = 16 };

struct changed {
    struct copy_point after;
    int64_t *cases;
    size_t count, room;
    struct db_range ranges[RANGES_MOST];
    size_t range_count;
};

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int add_case(struct changed *changed, int64_t case_id, struct error *error)
{
    if (changed->count == changed->room) {
        size_t room = changed->room * 2 + 1024;
        int64_t *more = realloc(changed->cases, room * sizeof *more);
        if (!more)
            return error_set(error, ERROR_LIMIT, "copy.too_much",
                             "no memory for %zu changed cases", room);
        changed->cases = more;
        changed->room = room;
    }
    changed->cases[changed->count++] = case_id;
    return 0;
}

// The cases of an order's list: eight bytes each of the case and of its version.
static int add_order(struct changed *changed, const uint8_t *list, size_t length,
                     struct error *error)
{
    int code = 0;
    for (size_t at = 0; code == 0 && at + ORDER_ITEM <= length; at += ORDER_ITEM) {
        uint64_t id = 0;
        for (size_t i = 0; i < sizeof id; i++)
            id = id << 8 | list[at + i];
        code = add_case(changed, (int64_t)id, error);
    }
    return code;
}

// after: bound when the query asks for it, that is unless negative.
static int add_cases(struct db *db, enum query_id query, int64_t after,
                     struct changed *changed, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    int code = db_prepare(db, query, &s, error);
    if (code != 0)
        return code;
    if (after >= 0)
        db_bind_int(s, 1, after);
    while ((code = db_step(s, error)) == DB_ROW) {
        size_t length = 0;
        const uint8_t *list =
            query == QUERY_COPY_ORDERS ? db_column_blob(s, 0, &length) : NULL;
        code = query == QUERY_COPY_ORDERS ? add_order(changed, list, length, error)
                                          : add_case(changed, db_column_int(s, 0), error);
        if (code != 0)
            return code;
    }
    return code;
}

// What may change without a move, as it is here or as it is there.
static int add_unmoved(struct db *db, struct changed *changed, struct error *error)
{
    int code = add_cases(db, QUERY_COPY_OPEN, -1, changed, error);
    return code == 0 ? add_cases(db, QUERY_COPY_ORDERS, -1, changed, error) : code;
}

// *ret_moved: how many cases have moved.
static int list_changed(struct city_copy *copy, struct changed *changed, int64_t *ret_moved,
                        struct error *error)
{
    const struct copy_side *side = &copy->sides[1];
    DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
    int code =
        add_cases(side->from, QUERY_COPY_CHANGED, changed->after.position, changed, error);
    *ret_moved = (int64_t)changed->count;
    if (code == 0)
        code = add_cases(side->from, QUERY_COPY_KEYS_CHANGED, changed->after.keys, changed,
                         error);
    if (code == 0)
        code = add_unmoved(side->from, changed, error);
    if (code == 0)
        code = db_begin(side->seen, DB_READ, &moment, error);
    return code == 0 ? add_unmoved(side->seen, changed, error) : code;
}

// The gaps that may stay: as many as there are ranges to spare, the widest.
static int64_t least_gap(const struct changed *changed)
{
    if (changed->count <= RANGES_MOST)
        return 1;
    int64_t *gaps = memory_array(changed->count, sizeof *gaps);
    for (size_t i = 1; i < changed->count; i++)
        gaps[i - 1] = changed->cases[i] - changed->cases[i - 1];
    qsort(gaps, changed->count - 1, sizeof *gaps, compare_ids);
    int64_t gap = gaps[changed->count - RANGES_MOST] + 1;
    free(gaps);
    return gap;
}

static void make_ranges(struct changed *changed)
{
    if (changed->count == 0)
        return;
    qsort(changed->cases, changed->count, sizeof *changed->cases, compare_ids);
    int64_t gap = least_gap(changed);
    for (size_t i = 0; i < changed->count; i++) {
        struct db_range *last = &changed->ranges[changed->range_count];
        int64_t id = changed->cases[i];
        if (changed->range_count > 0 && id - last[-1].last <= gap)
            last[-1].last = id;
        else if (changed->range_count < RANGES_MOST)
            changed->ranges[changed->range_count++] = (struct db_range){id, id};
        else
            last[-1].last = id;
    }
}

// Tables of cases whose rows may change though the case has not moved and is not open.
static const char *const whole_tables[] = {"case_merge", "missed_report"};

// How a table's key begins: 1 with the case, 1024 with the task; 0 otherwise, or as a
// whole.
static int64_t per_case(const struct db_table *table)
{
    for (size_t i = 0; i < sizeof whole_tables / sizeof whole_tables[0]; i++)
        if (strcmp(table->name, whole_tables[i]) == 0)
            return 0;
    const char *first = table->columns[table->key[0]].name;
    return strcmp(first, "case_id") == 0   ? 1
           : strcmp(first, "task_id") == 0 ? TASKS_A_CASE
                                           : 0;
}

enum bring_way { BRING_PUT, BRING_REMOVE, BRING_LOOK };

// One table's part of the change: by case, the stream from where it was, others as a whole.
static int bring_table(struct city_copy *copy, struct copy_side *side, size_t table,
                       const struct changed *changed, enum bring_way way,
                       struct db_bring *ret_sum, struct error *error)
{
    const struct db_table *t = &side->catalogue->tables[table];
    int64_t factor = side->database == DB_CASES ? per_case(t) : 0;
    bool stream = t->key_count == 1 && strcmp(t->columns[t->key[0]].name, "position") == 0;
    size_t parts = factor > 0 ? changed->range_count : 1;
    int code = 0;
    for (size_t i = 0; code == 0 && i < parts; i++) {
        const struct db_range *cases = &changed->ranges[i];
        struct db_range range = {changed->after.position + 1, INT64_MAX};
        if (factor > 0)
            range =
                (struct db_range){cases->first * factor, (cases->last + 1) * factor - 1};
        struct db_bring bring =
            city_copy_bring(copy, side, t, factor > 0 || stream ? &range : NULL);
        bring.teller.tell = NULL;
        bring.only_looks = way == BRING_LOOK;
        code = way == BRING_REMOVE ? db_bring_removals(&bring, error)
                                   : db_bring_rows(&bring, error);
        ret_sum->rows += bring.rows;
        ret_sum->put += bring.put;
        ret_sum->extra += bring.extra;
    }
    return code;
}

static int look_again(struct city_copy *copy, struct copy_side *side,
                      const struct changed *changed, struct error *error)
{
    int code = 0;
    for (size_t t = 0; code == 0 && t < side->catalogue->count; t++) {
        struct db_bring sum = {0};
        if (!copy->touched[t])
            continue;
        code = bring_table(copy, side, t, changed, BRING_LOOK, &sum, error);
        if (code == 0 && (sum.put > 0 || sum.extra > 0))
            code = error_set(
                error, ERROR_STORE, "copy.differs",
                "%s: %s has %lld rows that the copy has not as they are here, and the copy "
                "%lld too many; copy again",
                copy->slug, side->catalogue->tables[t].name, (long long)sum.put,
                (long long)sum.extra);
    }
    return code;
}

// Those that others name come first, and what is too many goes the other way round. A table
// where nothing had to be put was compared on the way; others are read again when `looks`.
static int bring_changes(struct city_copy *copy, struct copy_side *side,
                         const struct changed *changed, bool looks, struct error *error)
{
    size_t count = side->catalogue->count;
    int code = 0;
    memset(copy->extra, 0, sizeof copy->extra);
    memset(copy->touched, 0, sizeof copy->touched);
    for (size_t t = 0; code == 0 && t < count; t++) {
        struct db_bring sum = {0};
        code = bring_table(copy, side, t, changed, BRING_PUT, &sum, error);
        copy->result.put += sum.put;
        copy->result.held_rows += looks ? sum.rows : 0;
        copy->extra[t] = sum.extra > 0;
        copy->touched[t] = sum.put > 0 || sum.extra > 0;
        copy->progress.done++;
        city_copy_tell(copy, copy->progress.state, side->catalogue->tables[t].name);
    }
    for (size_t t = count; code == 0 && t-- > 0;) {
        struct db_bring sum = {0};
        if (copy->extra[t])
            code = bring_table(copy, side, t, changed, BRING_REMOVE, &sum, error);
        copy->result.removed += sum.extra;
    }
    return code == 0 && looks ? look_again(copy, side, changed, error) : code;
}

static int bring_since(struct city_copy *copy, const struct copy_point *after, bool looks,
                       int64_t *ret_cases, struct error *error)
{
    struct changed *changed = memory_new(sizeof *changed);
    int64_t epoch = copy->epoch;
    changed->after = *after;
    copy->progress.state = looks ? COPY_HOLDS : COPY_CATCHES;
    int code = city_copy_moment(copy, error);
    if (code == 0 && copy->epoch != epoch)
        code = error_set(error, ERROR_CONFLICT, "copy.other_stream",
                         "%s was restored while it was copied: copy it again", copy->slug);
    if (code == 0)
        code = list_changed(copy, changed, ret_cases, error);
    if (code == 0)
        make_ranges(changed);
    city_copy_expect(
        copy, (int64_t)(copy->sides[0].catalogue->count + copy->sides[1].catalogue->count));
    for (int i = 0; code == 0 && i < COPY_SIDES; i++)
        code = bring_changes(copy, &copy->sides[i], changed, looks, error);
    if (code == 0)
        code = city_copy_end(copy, false, error);
    free(changed->cases);
    free(changed);
    return code;
}

int city_copy_changes(struct city_copy *copy, int64_t *ret_cases, struct error *error)
{
    struct copy_point after = copy->there;
    return bring_since(copy, &after, false, ret_cases, error);
}

int city_copy_last(struct city_copy *copy, struct error *error)
{
    struct copy_point after = copy->compared;
    int64_t cases = 0;
    return bring_since(copy, &after, true, &cases, error);
}
