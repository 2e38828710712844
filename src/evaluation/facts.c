// SPDX-License-Identifier: MPL-2.0
// The columns of a city, caught up from the change log by whoever reads them.
#include "evaluation_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

enum { SLICE = 20000 };

struct facts {
    char path[1024];
    pthread_mutex_t catching; // one catches up at a time
    pthread_rwlock_t lock;    // guards all below
    bool known;               // something was read
    int64_t epoch, position;
    uint32_t class_most;
    char zone[64]; // days were counted in it
    size_t levels;
    struct facts_columns changed;
    struct facts_columns replaced; // rows of the file
    uint32_t *slots;               // case id -> row of changed + 1; open hash table
    size_t slot_room;
};

struct facts *facts_new(const char *path)
{
    struct facts *facts = memory_new(sizeof *facts);
    if (path != NULL && text_format(facts->path, sizeof facts->path, "%s", path) != 0)
        facts->path[0] = '\0'; // too long for any file: in memory alone
    pthread_mutex_init(&facts->catching, NULL);
    pthread_rwlock_init(&facts->lock, NULL);
    return facts;
}

static void forget(struct facts *facts)
{
    facts_columns_done(&facts->changed);
    facts_columns_done(&facts->replaced);
    free(facts->slots);
    facts->slots = NULL;
    facts->slot_room = 0;
    facts->known = false;
}

struct facts *facts_free(struct facts *facts)
{
    if (facts != NULL) {
        forget(facts);
        pthread_mutex_destroy(&facts->catching);
        pthread_rwlock_destroy(&facts->lock);
        free(facts);
    }
    return NULL;
}

// ---- changed rows ----
static size_t slot_of(const struct facts *facts, uint32_t case_id)
{
    size_t at =
        (size_t)(case_id * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (facts->slot_room - 1);
    while (facts->slots[at] != 0 &&
           facts->changed.wide[FACTS_CASE][facts->slots[at] - 1] != case_id)
        at = (at + 1) & (facts->slot_room - 1);
    return at;
}

static int make_slots(struct facts *facts, size_t rows, struct error *error)
{
    if (2 * rows < facts->slot_room)
        return 0;
    size_t room = facts->slot_room > 0 ? facts->slot_room : 1024;
    while (room <= 2 * rows)
        room *= 2;
    uint32_t *slots = calloc(room, sizeof *slots);
    if (slots == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for %zu rows",
                         rows);
    free(facts->slots);
    facts->slots = slots;
    facts->slot_room = room;
    for (size_t i = 0; i < facts->changed.count; i++)
        facts->slots[slot_of(facts, facts->changed.wide[FACTS_CASE][i])] = (uint32_t)i + 1;
    return 0;
}

static int put(struct facts *facts, const struct facts_row *row, struct error *error)
{
    struct facts_columns *changed = &facts->changed;
    int code = make_slots(facts, changed->count + 1, error);
    if (code == 0)
        code = facts_columns_room(changed, changed->count + 1, error);
    if (code != 0)
        return code;
    if (row->wide[FACTS_CLASS] > facts->class_most)
        facts->class_most = row->wide[FACTS_CLASS];
    size_t slot = slot_of(facts, row->wide[FACTS_CASE]);
    if (facts->slots[slot] == 0)
        facts->slots[slot] = (uint32_t)++changed->count;
    facts_columns_set(changed, facts->slots[slot] - 1, row);
    return 0;
}

// ---- catching up ----
struct gathered {
    struct facts_row *rows;
    size_t count, room;
};

static int gather(struct gathered *gathered, struct db *db, enum query_id walk,
                  int64_t after, const struct calendar *calendar, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    enum query_id parts[] = {QUERY_FACTS_COLUMNS, walk};
    int code = db_prepare_parts(db, parts, 2, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, after);
    db_bind_int(s, 2, SLICE);
    gathered->count = 0;
    while ((code = db_step(s, error)) == DB_ROW) {
        if (gathered->count == gathered->room) {
            size_t room = gathered->room > 0 ? 2 * gathered->room : 256;
            struct facts_row *rows = realloc(gathered->rows, room * sizeof *rows);
            if (rows == NULL)
                return error_set(error, ERROR_LIMIT, "figures.memory",
                                 "no memory for %zu rows", room);
            gathered->rows = rows;
            gathered->room = room;
        }
        facts_row_read(s, calendar, &gathered->rows[gathered->count++]);
    }
    return code;
}

static int take(struct facts *facts, const struct gathered *gathered, struct error *error)
{
    int code = 0;
    pthread_rwlock_wrlock(&facts->lock);
    for (size_t i = 0; i < gathered->count && code == 0; i++)
        code = put(facts, &gathered->rows[i], error);
    pthread_rwlock_unlock(&facts->lock);
    return code;
}

// Everything, in slices: what changes meanwhile is read again by the next catching up.
static int read_all(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    struct gathered *gathered, struct error *error)
{
    int64_t after = 0;
    int code = 0;
    do {
        code = gather(gathered, db, QUERY_FACTS_WALK_ALL, after, city_calendar(city, 0),
                      error);
        if (code == 0)
            code = take(facts, gathered, error);
        if (gathered->count > 0)
            after = gathered->rows[gathered->count - 1].wide[FACTS_CASE];
    } while (code == 0 && gathered->count == SLICE);
    return code;
}

static bool fits(const struct facts *facts, const struct city_snapshot *city,
                 const struct case_stream *stream)
{
    return facts->known && facts->epoch == stream->epoch &&
           facts->position <= stream->last && facts->position >= stream->first - 1 &&
           facts->levels == city_levels(city) &&
           strcmp(facts->zone, city_time_zone(city)) == 0;
}

static int begin_anew(struct facts *facts, struct db *db, const struct city_snapshot *city,
                      const struct case_stream *stream, struct gathered *gathered,
                      struct error *error)
{
    pthread_rwlock_wrlock(&facts->lock);
    forget(facts);
    facts->class_most = 0;
    facts->epoch = stream->epoch;
    facts->position = stream->last;
    facts->levels = city_levels(city);
    int code = text_format(facts->zone, sizeof facts->zone, "%s", city_time_zone(city));
    pthread_rwlock_unlock(&facts->lock);
    if (code == 0)
        code = read_all(facts, db, city, gathered, error);
    facts->known = code == 0;
    return code;
}

// In one read transaction: the rows are those of the position.
static int catch_up(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    struct gathered *gathered, struct error *error)
{
    struct case_stream stream = {0};
    int code = case_stream(db, &stream, error);
    if (code == 0 && !fits(facts, city, &stream))
        code = begin_anew(facts, db, city, &stream, gathered, error);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    if (code == 0)
        code = db_begin(db, DB_READ, &transaction, error);
    if (code == 0)
        code = case_stream(db, &stream, error);
    if (code != 0 || stream.last == facts->position)
        return code;
    code = gather(gathered, db, QUERY_FACTS_WALK_CHANGED, facts->position,
                  city_calendar(city, 0), error);
    if (code == 0)
        code = take(facts, gathered, error);
    if (code == 0)
        facts->position = stream.last;
    return code;
}

int facts_hold(struct facts *facts, struct db *db, const struct city_snapshot *city,
               struct facts_state *ret_state, struct error *error)
{
    struct gathered gathered = {0};
    pthread_mutex_lock(&facts->catching);
    int code = catch_up(facts, db, city, &gathered, error);
    if (code == 0) {
        pthread_rwlock_rdlock(&facts->lock);
        *ret_state = (struct facts_state){facts->epoch, facts->position,
                                          facts->changed.count, facts->class_most};
    }
    pthread_mutex_unlock(&facts->catching);
    free(gathered.rows);
    return code;
}

void facts_release(struct facts *facts)
{
    pthread_rwlock_unlock(&facts->lock);
}

// ---- reading ----
size_t facts_blocks(const struct facts *facts)
{
    (void)facts;
    return 1;
}

struct facts_block facts_block(const struct facts *facts, size_t index)
{
    (void)index;
    struct facts_block block = {
        .count = facts->changed.count, .weight = 1, .changed = true};
    for (int i = 0; i < FACTS_WIDE; i++)
        block.wide[i] = facts->changed.wide[i];
    for (int i = 0; i < FACTS_NARROW; i++)
        block.narrow[i] = facts->changed.narrow[i];
    return block;
}

bool facts_is_replaced(const struct facts *facts, uint32_t case_id)
{
    return facts->slot_room > 0 && facts->slots[slot_of(facts, case_id)] != 0;
}
