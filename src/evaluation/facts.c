// SPDX-License-Identifier: MPL-2.0
// The columns of a city, caught up from the change log by whoever reads them.
#include "facts_file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/calendar.h>

enum {
    SLICE = 20000,
    CHANGED_LEAST = 20000, // rows beside the file before it is written anew ...
    CHANGED_SHARE = 50,    // ... or this part of its rows
    NEAR = 5000,           // changes to catch up with that are little
};

struct facts {
    char path[1024];          // "": in memory alone
    pthread_mutex_t catching; // one catches up at a time
    atomic_bool building;     // and reads everything anew
    pthread_rwlock_t lock;    // guards what readers look at: all below but `known`
    bool known;               // something was read
    struct facts_about about; // of what is known; rows are those of the file
    struct facts_file *file;  // NULL: none
    size_t rewrite_at;        // rows beside the file
    size_t rewrite_least;
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
    facts->rewrite_least = CHANGED_LEAST;
    pthread_mutex_init(&facts->catching, NULL);
    pthread_rwlock_init(&facts->lock, NULL);
    return facts;
}

void facts_rewrite_at(struct facts *facts, size_t rows)
{
    facts->rewrite_least = rows;
    facts->rewrite_at = rows;
}

// With the lock held for writing.
static void forget(struct facts *facts)
{
    facts->file = facts_file_free(facts->file);
    facts_columns_done(&facts->changed);
    facts_columns_done(&facts->replaced);
    free(facts->slots);
    facts->slots = NULL;
    facts->slot_room = 0;
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

static bool same_row(const struct facts *facts, const struct facts_row *a,
                     const struct facts_row *b)
{
    size_t wide = FACTS_AREA + (size_t)facts->about.levels;
    return memcmp(a->wide, b->wide, wide * sizeof *a->wide) == 0 &&
           memcmp(a->narrow, b->narrow, sizeof a->narrow) == 0;
}

// A row that the file does not have yet, or no longer has right.
static int put_new(struct facts *facts, const struct facts_row *row, struct error *error)
{
    struct facts_columns *changed = &facts->changed, *replaced = &facts->replaced;
    struct facts_row old;
    bool in_file =
        facts->file != NULL && facts_file_find(facts->file, row->wide[FACTS_CASE], &old);
    if (in_file && same_row(facts, row, &old))
        return 0;
    int code = make_slots(facts, changed->count + 1, error);
    if (code == 0)
        code = facts_columns_room(changed, changed->count + 1, error);
    if (code == 0 && in_file)
        code = facts_columns_room(replaced, replaced->count + 1, error);
    if (code != 0)
        return code;
    if (in_file)
        facts_columns_set(replaced, replaced->count++, &old);
    facts->slots[slot_of(facts, row->wide[FACTS_CASE])] = (uint32_t)changed->count + 1;
    facts_columns_set(changed, changed->count++, row);
    return 0;
}

static int put(struct facts *facts, const struct facts_row *row, struct error *error)
{
    uint32_t case_id = row->wide[FACTS_CASE];
    uint32_t known = facts->slot_room > 0 ? facts->slots[slot_of(facts, case_id)] : 0;
    if (row->wide[FACTS_CLASS] > facts->about.class_most)
        facts->about.class_most = row->wide[FACTS_CLASS];
    if (known == 0)
        return put_new(facts, row, error);
    facts_columns_set(&facts->changed, known - 1, row);
    return 0;
}

// ---- catching up ----
struct gathered {
    struct facts_row *rows;
    size_t count, room;
};

struct walk {
    enum query_id part;
    int64_t after, second; // its two parameters
};

static int gather(struct gathered *gathered, struct db *db, const struct walk *walk,
                  const struct calendar *calendar, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    enum query_id parts[] = {QUERY_FACTS_COLUMNS, walk->part};
    int code = db_prepare_parts(db, parts, 2, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, walk->after);
    db_bind_int(s, 2, walk->second);
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
// writer NULL: into memory.
static int read_all(struct facts *facts, struct facts_writer *writer, struct db *db,
                    const struct calendar *calendar, struct gathered *gathered,
                    struct error *error)
{
    int64_t after = 0;
    int code = 0;
    do {
        struct walk walk = {QUERY_FACTS_WALK_ALL, after, SLICE};
        code = gather(gathered, db, &walk, calendar, error);
        if (code == 0 && writer == NULL)
            code = take(facts, gathered, error);
        for (size_t i = 0; i < gathered->count && code == 0 && writer != NULL; i++)
            code = facts_writer_add(writer, &gathered->rows[i], error);
        if (gathered->count > 0)
            after = gathered->rows[gathered->count - 1].wide[FACTS_CASE];
    } while (code == 0 && gathered->count == SLICE);
    return code;
}

// The file takes the place of what was known. NULL: nothing was.
static void use_file(struct facts *facts, struct facts_file *file,
                     const struct facts_about *about)
{
    pthread_rwlock_wrlock(&facts->lock);
    forget(facts);
    facts->about = *about;
    facts->file = file;
    facts->rewrite_at = facts->rewrite_least;
    if (about->rows / CHANGED_SHARE > facts->rewrite_at)
        facts->rewrite_at = (size_t)(about->rows / CHANGED_SHARE);
    pthread_rwlock_unlock(&facts->lock);
}

static int write_all_rows(struct facts *facts, const struct facts_about *about,
                          struct db *db, const struct calendar *calendar,
                          struct gathered *gathered, struct error *error)
{
    struct facts_writer *writer = NULL;
    struct facts_file *file = NULL;
    int code = facts_writer_new(facts->path, about, &writer, error);
    if (code == 0)
        code = read_all(facts, writer, db, calendar, gathered, error);
    if (code == 0)
        code = facts_writer_finish(writer, error);
    facts_writer_free(writer);
    if (code == 0)
        code = facts_file_open(facts->path, &file, error);
    if (code == 0)
        use_file(facts, file, facts_file_about(file));
    return code;
}

// A disk that takes no file is no reason to have no figures: they live in memory then.
static int begin_anew(struct facts *facts, struct db *db, const struct city_snapshot *city,
                      const struct case_stream *stream, struct gathered *gathered,
                      struct error *trouble, struct error *error)
{
    struct facts_about about = {.epoch = stream->epoch,
                                .position = stream->last,
                                .levels = (uint32_t)city_levels(city)};
    const struct calendar *calendar = city_calendar(city, 0);
    about.calendar = calendar_version(calendar);
    int code = db_fetch_int(db, QUERY_MISSED_TURN, NULL, 0, &about.missed, error);
    if (code != 0)
        return code;
    code = text_format(about.zone, sizeof about.zone, "%s", city_time_zone(city));
    if (code != 0)
        return error_set(error, ERROR_LIMIT, "figures.zone", "the zone's name is too long");
    facts->known = false;
    atomic_store(&facts->building, true);
    use_file(facts, NULL, &about);
    if (facts->path[0] != '\0') {
        code = write_all_rows(facts, &about, db, calendar, gathered, trouble);
    }
    if (facts->file == NULL) {
        if (code != 0)
            use_file(facts, NULL, &about);
        code = read_all(facts, NULL, db, calendar, gathered, error);
    }
    atomic_store(&facts->building, false);
    facts->known = code == 0;
    return code;
}

// ---- the file written anew out of itself and what changed ----
struct rewriting {
    const struct facts *facts;
    struct facts_writer *writer;
    const uint32_t *order; // rows of changed by rising case id
    size_t next;
};

static int add_changed_below(struct rewriting *r, uint64_t case_id, struct error *error)
{
    const struct facts_block changed = facts_block(r->facts, facts_blocks(r->facts) - 2);
    int code = 0;
    while (code == 0 && r->next < changed.count &&
           changed.wide[FACTS_CASE][r->order[r->next]] < case_id) {
        struct facts_row row = facts_block_row(&changed, r->order[r->next++]);
        code = facts_writer_add(r->writer, &row, error);
    }
    return code;
}

static int add_all_rows(struct rewriting *r, struct error *error)
{
    const struct facts *facts = r->facts;
    int code = 0;
    for (size_t i = 0; facts->file != NULL && i < facts_file_blocks(facts->file); i++) {
        struct facts_block block = facts_file_block(facts->file, i);
        for (size_t at = 0; at < block.count && code == 0; at++) {
            uint32_t case_id = block.wide[FACTS_CASE][at];
            struct facts_row row = facts_block_row(&block, at);
            code = add_changed_below(r, case_id, error);
            if (code == 0 && !facts_is_replaced(facts, case_id))
                code = facts_writer_add(r->writer, &row, error);
        }
    }
    return code == 0 ? add_changed_below(r, UINT64_MAX, error) : code;
}

static int compare_ids(const void *a_row, const void *b_row, void *context)
{
    const uint32_t *ids = context;
    uint32_t a = ids[*(const uint32_t *)a_row], b = ids[*(const uint32_t *)b_row];
    return (a > b) - (a < b);
}

static int rewrite(struct facts *facts, struct error *error)
{
    size_t count = facts->changed.count;
    uint32_t *order = calloc(count + 1, sizeof *order);
    struct rewriting r = {.facts = facts, .order = order};
    struct facts_file *file = NULL;
    if (order == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory to sort rows");
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, count, sizeof *order, compare_ids, facts->changed.wide[FACTS_CASE]);
    int code = facts_writer_new(facts->path, &facts->about, &r.writer, error);
    if (code == 0)
        code = add_all_rows(&r, error);
    if (code == 0)
        code = facts_writer_finish(r.writer, error);
    facts_writer_free(r.writer);
    free(order);
    if (code == 0)
        code = facts_file_open(facts->path, &file, error);
    if (code == 0)
        use_file(facts, file, facts_file_about(file));
    return code;
}

// ---- catching up ----
static bool fits(const struct facts_about *about, const struct city_snapshot *city,
                 const struct case_stream *stream)
{
    return about->epoch == stream->epoch && about->position <= stream->last &&
           about->position >= stream->first - 1 && about->levels == city_levels(city) &&
           strcmp(about->zone, city_time_zone(city)) == 0 &&
           about->calendar == calendar_version(city_calendar(city, 0)) &&
           // to read the rest row by row would be slower than everything in order
           stream->last - about->position <= (int64_t)(about->rows / 4 + 5 * SLICE);
}

// What a server before us has left. A file that is torn or old is no trouble: it is written
// anew.
static void find_file(struct facts *facts)
{
    struct facts_file *file = NULL;
    if (facts->path[0] == '\0' || facts_file_open(facts->path, &file, NULL) != 0)
        return;
    use_file(facts, file, facts_file_about(file));
    facts->known = true;
}

// The end of the change log and the rows up to it, in one read transaction.
static int read_changes(struct facts *facts, struct db *db, const struct calendar *calendar,
                        struct gathered *gathered, struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct case_stream stream = {0};
    int64_t turn = 0;
    int code = db_begin(db, DB_READ, &transaction, error);
    if (code == 0)
        code = case_stream(db, &stream, error);
    if (code == 0)
        code = db_fetch_int(db, QUERY_MISSED_TURN, NULL, 0, &turn, error);
    if (code != 0 || (stream.last == facts->about.position && turn == facts->about.missed))
        return code;
    struct walk walk = {QUERY_FACTS_WALK_CHANGED, facts->about.position,
                        facts->about.missed};
    code = gather(gathered, db, &walk, calendar, error);
    if (code == 0)
        code = take(facts, gathered, error);
    if (code == 0) {
        facts->about.position = stream.last;
        facts->about.missed = turn;
    }
    return code;
}

static int catch_up_near(struct facts *facts, struct db *db,
                         const struct city_snapshot *city, struct gathered *gathered,
                         struct error *error)
{
    struct case_stream stream = {0};
    if (!facts->known)
        find_file(facts);
    int code = case_stream(db, &stream, error);
    if (code == 0 && (!facts->known || !fits(&facts->about, city, &stream) ||
                      stream.last - facts->about.position > NEAR))
        code = error_set(error, ERROR_BUSY, "figures.building",
                         "figures are being prepared; ask again in a moment");
    return code != 0 ? code
                     : read_changes(facts, db, city_calendar(city, 0), gathered, error);
}

static int catch_up(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    struct gathered *gathered, struct error *trouble, struct error *error)
{
    struct case_stream stream = {0};
    if (!facts->known)
        find_file(facts);
    int code = case_stream(db, &stream, error);
    if (code == 0 && (!facts->known || !fits(&facts->about, city, &stream)))
        code = begin_anew(facts, db, city, &stream, gathered, trouble, error);
    if (code == 0)
        code = read_changes(facts, db, city_calendar(city, 0), gathered, error);
    // Without a new file the rows beside the old one go on counting.
    if (code == 0 && facts->path[0] != '\0' && facts->changed.count >= facts->rewrite_at &&
        rewrite(facts, trouble) != 0)
        facts->rewrite_at = 2 * facts->changed.count;
    return code;
}

// With `catching` held, which is given back.
static int hold(struct facts *facts, int code, struct facts_state *state,
                struct facts_state *ret_state)
{
    if (code == 0) {
        pthread_rwlock_rdlock(&facts->lock);
        state->epoch = facts->about.epoch;
        state->position = facts->about.position;
        state->class_most = facts->about.class_most;
        state->cases = facts->about.rows + facts->changed.count - facts->replaced.count;
        *ret_state = *state;
    }
    pthread_mutex_unlock(&facts->catching);
    return code;
}

static int begin_catching(struct facts *facts, struct error *error)
{
    if (pthread_mutex_trylock(&facts->catching) == 0)
        return 0;
    if (atomic_load(&facts->building))
        return error_set(error, ERROR_BUSY, "figures.building",
                         "figures are being prepared; ask again in a moment");
    pthread_mutex_lock(&facts->catching);
    return 0;
}

int facts_hold(struct facts *facts, struct db *db, const struct city_snapshot *city,
               struct facts_state *ret_state, struct error *error)
{
    struct gathered gathered = {0};
    struct facts_state state = {0};
    int code = begin_catching(facts, error);
    if (code != 0)
        return code;
    code = catch_up(facts, db, city, &gathered, &state.trouble, error);
    free(gathered.rows);
    return hold(facts, code, &state, ret_state);
}

int facts_hold_near(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    struct facts_state *ret_state, struct error *error)
{
    struct gathered gathered = {0};
    struct facts_state state = {0};
    int code = begin_catching(facts, error);
    if (code != 0)
        return code;
    code = catch_up_near(facts, db, city, &gathered, error);
    free(gathered.rows);
    return hold(facts, code, &state, ret_state);
}

void facts_release(struct facts *facts)
{
    pthread_rwlock_unlock(&facts->lock);
}

// ---- reading: the file's groups, the changed rows, the replaced ones ----
size_t facts_blocks(const struct facts *facts)
{
    return (facts->file != NULL ? facts_file_blocks(facts->file) : 0) + 2;
}

struct facts_block facts_block(const struct facts *facts, size_t index)
{
    size_t in_file = facts->file != NULL ? facts_file_blocks(facts->file) : 0;
    if (index < in_file)
        return facts_file_block(facts->file, index);
    bool added = index == in_file;
    const struct facts_columns *columns = added ? &facts->changed : &facts->replaced;
    struct facts_block block = {.count = columns->count,
                                .weight = added ? 1 : -1,
                                .changed = true,
                                .last_day = UINT16_MAX,
                                .has_open = true};
    for (int i = 0; i < FACTS_WIDE; i++)
        block.wide[i] = columns->wide[i];
    for (int i = 0; i < FACTS_NARROW; i++)
        block.narrow[i] = columns->narrow[i];
    return block;
}

bool facts_is_replaced(const struct facts *facts, uint32_t case_id)
{
    return facts->slot_room > 0 && facts->slots[slot_of(facts, case_id)] != 0;
}
