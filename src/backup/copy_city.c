// SPDX-License-Identifier: MPL-2.0
// The databases of a city from one store to another.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>

#include "copy_internal.h"

// ---- telling ----

const char *copy_state_to_str(enum copy_state state)
{
    static const char *const words[COPY_STATE_COUNT] = {
        "beginning", "copying", "comparing", "photos", "recounting", "catching up", "held"};
    return words[state];
}

void city_copy_tell(struct city_copy *copy, enum copy_state state, const char *what)
{
    struct copy_progress *progress = &copy->progress;
    progress->state = state;
    snprintf(progress->what, sizeof progress->what, "%s%s%s", copy->slug, *what ? ": " : "",
             what);
    if (copy->options->tell)
        copy->options->tell(copy->options->context, progress);
}

static bool tell_rows(void *context, int64_t rows)
{
    struct city_copy *copy = context;
    copy->progress.done += rows;
    if (copy->options->tell)
        copy->options->tell(copy->options->context, &copy->progress);
    return !copy->options->stop || !atomic_load(copy->options->stop);
}

void city_copy_expect(struct city_copy *copy, int64_t rows)
{
    copy->progress.done = 0;
    copy->progress.all = rows;
}

// ---- handles ----

int city_copy_open(struct city_copy *copy, struct error *error)
{
    static const enum db_database databases[COPY_SIDES] = {DB_CITY, DB_CASES};
    int code = 0;
    for (int i = 0; code == 0 && i < COPY_SIDES; i++) {
        struct copy_side *side = &copy->sides[i];
        side->database = databases[i];
        code = db_catalogue(side->database, &side->catalogue, error);
        if (code == 0)
            code = db_open(copy->from, copy->slug, side->database, DB_READ, &side->from,
                           error);
        if (code == 0)
            code =
                db_open(copy->to, copy->slug, side->database, DB_WRITE, &side->to, error);
        if (code == 0)
            code =
                db_open(copy->to, copy->slug, side->database, DB_READ, &side->seen, error);
    }
    return code;
}

void city_copy_close(struct city_copy *copy)
{
    city_copy_moment_end(copy);
    for (int i = 0; i < COPY_SIDES; i++) {
        struct copy_side *side = &copy->sides[i];
        side->from = db_close(side->from);
        side->seen = db_close(side->seen);
        side->to = db_close(side->to);
    }
}

// The cases first: the model that they name is in the copy of the model for certain.
int city_copy_moment(struct city_copy *copy, struct error *error)
{
    struct case_stream stream = {0};
    int64_t keys = 0;
    int code = 0;
    city_copy_moment_end(copy);
    copy->result.taken_ms = instant_now_ms();
    for (int i = COPY_SIDES - 1; code == 0 && i >= 0; i--) {
        struct copy_side *side = &copy->sides[i];
        code = db_begin(side->from, DB_READ, &side->moment, error);
        if (code == 0 && side->database == DB_CASES)
            code = case_stream(side->from, &stream, error);
        if (code == 0 && side->database == DB_CASES)
            code = db_fetch_int(side->from, QUERY_COPY_KEYS_EXPIRED, NULL, 0, &keys, error);
    }
    copy->epoch = stream.epoch;
    copy->there = (struct copy_point){.position = stream.last, .keys = keys};
    return code;
}

void city_copy_moment_end(struct city_copy *copy)
{
    for (int i = 0; i < COPY_SIDES; i++)
        db_rollback(&copy->sides[i].moment);
}

// ---- a table ----

struct db_bring city_copy_bring(struct city_copy *copy, struct copy_side *side,
                                const struct db_table *table, const struct db_range *range)
{
    return (struct db_bring){.from = side->from,
                             .to = side->to,
                             .seen = side->seen,
                             .table = table,
                             .range = range,
                             .teller = {tell_rows, copy}};
}

static void note_digest(struct city_copy *copy, const struct copy_side *side,
                        const struct db_bring *bring)
{
    copy->result.rows += bring->rows;
    if (city_digest_counts(bring->table->name))
        copy->lines[copy->line_count++] =
            (struct city_digest_line){side->database, bring->table->name, bring->digest};
}

// What is no table: points of open cases, an index that SQLite keeps as a virtual table.
static int make_points(struct city_copy *copy, struct error *error)
{
    struct db *to = copy->sides[1].to;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(to, DB_WRITE, &transaction, error);
    if (code == 0)
        code = db_execute(to, QUERY_COPY_POINT_CLEAR, NULL, 0, error);
    if (code == 0)
        code = db_execute(to, QUERY_COPY_POINT_FILL, NULL, 0, error);
    return code == 0 ? db_commit(&transaction, error) : code;
}

int city_copy_end(struct city_copy *copy, bool filled, struct error *error)
{
    int code = make_points(copy, error);
    for (int i = 0; code == 0 && i < COPY_SIDES; i++)
        code = db_bring_end(copy->sides[i].to, filled, error);
    return code;
}

static int remove_extra(struct city_copy *copy, struct copy_side *side, struct error *error)
{
    int code = 0;
    for (size_t i = side->catalogue->count; code == 0 && i-- > 0;) {
        struct db_bring bring =
            city_copy_bring(copy, side, &side->catalogue->tables[i], NULL);
        bring.teller.tell = NULL;
        if (copy->extra[i])
            code = db_bring_removals(&bring, error);
        copy->result.removed += bring.extra;
    }
    return code;
}

static int copy_side(struct city_copy *copy, struct copy_side *side, struct error *error)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < side->catalogue->count; i++) {
        const struct db_table *table = &side->catalogue->tables[i];
        struct db_bring bring = city_copy_bring(copy, side, table, NULL);
        city_copy_tell(copy, COPY_ROWS, table->name);
        code = db_bring_rows(&bring, error);
        copy->extra[i] = bring.extra > 0;
        copy->result.put += bring.put;
        note_digest(copy, side, &bring);
    }
    return code == 0 ? remove_extra(copy, side, error) : code;
}

static int make_room(struct city_copy *copy, struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct db *to = copy->sides[1].to;
    int64_t made = 0;
    int code = db_begin(to, DB_WRITE, &transaction, error);
    if (code == 0)
        code = db_fetch_int(to, QUERY_COPY_ROOM,
                            (struct db_value[]){DB_INT(copy->there.position)}, 1, &made,
                            error);
    return code == 0 ? db_commit(&transaction, error) : code;
}

static int count_rows(struct city_copy *copy, int64_t *ret_rows, struct error *error)
{
    int64_t all = 0;
    int code = 0;
    for (int i = 0; code == 0 && i < COPY_SIDES; i++)
        for (size_t t = 0; code == 0 && t < copy->sides[i].catalogue->count; t++) {
            int64_t rows = 0;
            code = db_table_count(copy->sides[i].from, &copy->sides[i].catalogue->tables[t],
                                  &rows, error);
            all += rows;
        }
    *ret_rows = all;
    return code;
}

int city_copy_all(struct city_copy *copy, struct error *error)
{
    int64_t rows = 0;
    copy->line_count = 0;
    copy->result.rows = 0;
    city_copy_tell(copy, COPY_BEGINS, "");
    int code = count_rows(copy, &rows, error);
    if (code == 0)
        code = make_room(copy, error);
    city_copy_expect(copy, rows);
    for (int i = 0; code == 0 && i < COPY_SIDES; i++)
        code = copy_side(copy, &copy->sides[i], error);
    return code == 0 ? city_copy_end(copy, true, error) : code;
}

// ---- reading back ----

struct reading {
    struct city_copy *copy;
    struct db_teller teller;
    bool from;
    struct city_digest_line lines[COPY_SIDES * DB_TABLES_MAX];
    size_t count;
    int code;
    struct error error;
    pthread_t thread;
};

static int read_side(struct reading *reading, struct copy_side *side)
{
    DB_TRANSACTION_CLEANUP struct db_transaction moment = {0};
    struct db *db = reading->from ? side->from : side->seen;
    int code = reading->from ? 0 : db_begin(db, DB_READ, &moment, &reading->error);
    for (size_t t = 0; code == 0 && t < side->catalogue->count; t++) {
        const struct db_table *table = &side->catalogue->tables[t];
        struct city_digest_line *line = &reading->lines[reading->count];
        if (!city_digest_counts(table->name))
            continue;
        *line = (struct city_digest_line){.database = side->database, .table = table->name};
        code = db_table_digest(db, table, &reading->teller, &line->digest, &reading->error);
        reading->count++;
    }
    return code;
}

static void *read_all(void *context)
{
    struct reading *reading = context;
    for (int i = 0; reading->code == 0 && i < COPY_SIDES; i++)
        reading->code = read_side(reading, &reading->copy->sides[i]);
    return NULL;
}

static int compare_lines(struct city_copy *copy, const struct city_digest_line *other,
                         struct error *error)
{
    for (size_t i = 0; i < copy->line_count; i++) {
        const struct city_digest_line *a = &copy->lines[i], *b = &other[i];
        if (a->digest.rows != b->digest.rows ||
            memcmp(a->digest.sha256, b->digest.sha256, HASH_SIZE) != 0)
            return error_set(
                error, ERROR_STORE, "copy.differs",
                "%s: %s has %lld rows and the copy %lld, or others; copy again", copy->slug,
                a->table, (long long)a->digest.rows, (long long)b->digest.rows);
    }
    return 0;
}

// Both at once, each as it was at the moment that is held.
static int read_both(struct city_copy *copy, struct reading *from, struct error *error)
{
    struct reading *back = memory_new(sizeof *back);
    *back = (struct reading){.copy = copy, .teller = {tell_rows, copy}};
    bool beside = from && pthread_create(&from->thread, NULL, read_all, from) == 0;
    if (from && !beside)
        read_all(from);
    read_all(back);
    if (beside)
        pthread_join(from->thread, NULL);
    struct reading *failed = from && from->code != 0 ? from : back->code != 0 ? back : NULL;
    if (from && !failed) {
        memcpy(copy->lines, from->lines, sizeof copy->lines);
        copy->line_count = from->count;
    }
    if (failed)
        *error = failed->error;
    int code = failed ? failed->code : compare_lines(copy, back->lines, error);
    free(back);
    return code;
}

int city_copy_compare(struct city_copy *copy, bool both, struct error *error)
{
    struct reading *from = NULL;
    city_copy_expect(copy, copy->result.rows);
    city_copy_tell(copy, COPY_COMPARES, "");
    if (both) {
        from = memory_new(sizeof *from);
        *from = (struct reading){.copy = copy, .from = true};
    }
    int code = read_both(copy, from, error);
    free(from);
    if (code == 0) {
        copy->compared = copy->there;
        copy->result.compared_ms = copy->result.taken_ms;
    }
    // What several servers had not numbered at that moment.
    if (code == 0)
        code = db_outbox_take_all(copy->sides[1].to, error);
    if (code == 0)
        code = db_bring_end(copy->sides[1].to, false, error);
    if (code == 0)
        city_digest_of(copy->lines, copy->line_count, &copy->result.digest);
    return code;
}
