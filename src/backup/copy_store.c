// SPDX-License-Identifier: MPL-2.0
// Which cities are copied, what state they are in meanwhile, and handing them over.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "backup_internal.h"
#include "copy_internal.h"

// Rounds of catching up before nobody may write: none more after one that was as short as
// the last may be, or that brought few cases.
enum {
    ROUNDS_MOST = 6,
    SHORT_MS = 5000,
    FEW_CASES = 200,
    HOLD_TRIES = 60,
    HOLD_MS = 120000, // ends by itself, should this command die
    HELD = 3,         // databases of a city
};

struct city_row {
    char slug[64], state[16], host[256], reason[1200];
};
struct rows {
    struct city_row *list;
    size_t count;
};

struct copy_run {
    const struct copy_options *options;
    struct db_store *from, *to;
    struct rows cities;
    struct city_copy **copies;           // of cities, for handing over
    size_t settled;                      // that had moved already
    char from_path[1024], to_path[1024]; // of the folders: what rows say
};

// ---- rows of cities ----

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%.*s", (int)size - 1, text ? text : "");
}

static int add_row(void *context, const struct db_city_row *row)
{
    struct rows *rows = context;
    void *more = realloc(rows->list, (rows->count + 1) * sizeof *rows->list);
    if (!more)
        abort();
    rows->list = more;
    struct city_row *city = &rows->list[rows->count++];
    copy_text(city->slug, sizeof city->slug, row->slug);
    copy_text(city->state, sizeof city->state, row->state);
    copy_text(city->host, sizeof city->host, row->host);
    copy_text(city->reason, sizeof city->reason, row->reason);
    return 0;
}

static const struct city_row *find_row(const struct rows *rows, const char *slug)
{
    for (size_t i = 0; i < rows->count; i++)
        if (text_equal(rows->list[i].slug, slug))
            return &rows->list[i];
    return NULL;
}

static int set_row(struct db_store *store, const struct city_row *row, const char *state,
                   const char *reason, struct error *error)
{
    return db_store_city_set(store, row->slug, state, row->host[0] ? row->host : NULL,
                             reason, error);
}

// ---- the place of a copy ----

// What a half copy says of itself, and how it is known again.
static void half_reason(const struct copy_run *run, char out[1200])
{
    copy_half_reason(run->from_path, out);
}

static int take_place(struct copy_run *run, const struct city_row *row, bool *ret_went_on,
                      struct error *error)
{
    struct rows there = {0};
    char reason[1200];
    half_reason(run, reason);
    int code = db_store_city_each(run->to, add_row, &there, error);
    const struct city_row *other = find_row(&there, row->slug);
    bool half = other && ((text_equal(other->state, "off") &&
                           strncmp(other->reason, reason, strlen(reason)) == 0) ||
                          text_equal(other->state, "new"));
    if (code == 0 && other && !half && !run->options->again)
        code = error_set(error, ERROR_CONFLICT, "copy.exists",
                         "city %s is there already (%s); --again makes it what it is here",
                         row->slug, other->state);
    *ret_went_on = other != NULL;
    if (code == 0 && !other)
        code = db_store_city_create(run->to, row->slug, instant_now_ms(), error);
    if (code == 0)
        code = set_row(run->to, row, "off", reason, error);
    free(there.list);
    return code;
}

// ---- one city ----

static int copy_one(struct copy_run *run, struct city_copy *copy,
                    const struct city_row *row, struct error *error)
{
    int64_t begun_us = instant_monotonic_us();
    int code = take_place(run, row, &copy->result.went_on, error);
    if (code == 0)
        code = city_copy_open(copy, error);
    if (code == 0)
        code = city_copy_moment(copy, error);
    if (code == 0)
        code = city_copy_all(copy, error);
    city_copy_moment_end(copy);
    if (code == 0)
        code = city_copy_compare(copy, false, error);
    if (code == 0) {
        city_copy_tell(copy, COPY_PHOTOS, "");
        code = city_copy_photos(copy, error);
    }
    city_copy_close(copy);
    if (code == 0)
        code = city_copy_tracks(copy, false, error);
    if (code == 0 && run->options->check) {
        city_copy_tell(copy, COPY_RECOUNTS, "");
        code = run->options->check(run->options->context, row->slug, error);
    }
    copy->result.took_ms = (instant_monotonic_us() - begun_us) / 1000;
    return code == 0 ? 0 : error_prefix(error, "%s", row->slug);
}

static int finish_one(struct copy_run *run, struct city_copy *copy,
                      const struct city_row *row, struct error *error)
{
    int code =
        set_row(run->to, row, row->state, row->reason[0] ? row->reason : NULL, error);
    if (code == 0 && run->options->done)
        run->options->done(run->options->context, &copy->result);
    return code;
}

// ---- handing over ----

static int catch_up(struct city_copy *copy, struct error *error)
{
    int64_t cases = 0, before = INT64_MAX;
    int code = 0;
    for (int round = 0; code == 0 && round < ROUNDS_MOST; round++) {
        int64_t begun_us = instant_monotonic_us();
        code = city_copy_changes(copy, &cases, error);
        if (cases <= FEW_CASES ||
            cases >= before || // or it comes in as fast as it is brought
            instant_monotonic_us() - begun_us < SHORT_MS * INT64_C(1000))
            break;
        before = cases;
    }
    return code;
}

// All of both sides once, as of one moment while the city works: what remains to be
// compared under the hold is what changes from then on.
static int compare_and_catch_up(struct city_copy *copy, struct error *error)
{
    int code = catch_up(copy, error);
    if (code == 0)
        code = city_copy_compare(copy, true, error);
    if (code == 0)
        code = city_copy_photos(copy, error);
    if (code == 0)
        code = city_copy_tracks(copy, false, error);
    return code == 0 ? catch_up(copy, error) : code;
}

// The turn of whoever writes to a database, taken from a working server.
static int hold_database(struct db *db, struct db_transaction *turn, struct error *error)
{
    int code = ERROR_BUSY;
    for (int i = 0; i < HOLD_TRIES && code == ERROR_BUSY; i++) {
        error_clear(error);
        code = db_begin_settled(db, turn, error);
    }
    return code;
}

// The last of it, while nobody writes. Of the two rows the one here is changed first: from
// its commit on the city has moved. Whoever dies right after leaves it out of service on
// both sides, and complete there: copy_settle puts it into service.
static int last_of_it(struct copy_run *run, struct city_copy *copy,
                      const struct city_row *row, struct db_store *writing,
                      struct error *error)
{
    char reason[1200];
    int code = city_copy_last(copy, error);
    if (code == 0)
        code = city_copy_photos(copy, error);
    if (code == 0)
        code = city_copy_tracks(copy, true, error);
    city_copy_close(copy); // the other store's handles: its row is written by a lane
    copy_complete_reason(run->from_path, reason);
    if (code == 0)
        code = set_row(run->to, row, "off",
                       text_equal(row->state, "ready") ? reason
                       : row->reason[0]                ? row->reason
                                                       : NULL,
                       error);
    if (code == 0)
        code = db_store_city_hold_all(writing, row->slug, HOLD_MS, error);
    copy_moved_reason(run->to_path, reason);
    if (code == 0)
        code = set_row(writing, row, "off", reason, error);
    if (code == 0)
        code =
            set_row(run->to, row, row->state, row->reason[0] ? row->reason : NULL, error);
    return code;
}

// A server that cannot be told would go on with what was moved: it is not moved then.
static int released(struct copy_run *run, const struct city_row *row,
                    struct db_store *writing, int code, struct error *error)
{
    const struct copy_options *options = run->options;
    struct error own = {0};
    char reason[1200];
    int failed = options->hold(options->context, row->slug, false, &own);
    if (code != 0 || failed == 0)
        return code;
    half_reason(run, reason);
    if (set_row(run->to, row, "off", reason, error) == 0 &&
        set_row(writing, row, row->state, row->reason[0] ? row->reason : NULL, error) == 0)
        *error = own;
    return failed;
}

// Every process that works with the store hears that nobody may write, in words; whatever
// writes already is waited for.
static int hold_all(struct copy_run *run, const struct city_row *row,
                    struct db_store *writing, struct error *error)
{
    const struct copy_options *options = run->options;
    int code = 0;
    if (options->hold)
        code = options->hold(options->context, row->slug, true, error);
    return code == 0 ? db_store_city_hold_all(writing, row->slug, HOLD_MS, error) : code;
}

// The databases whose turns are taken; tracks only where there are any.
static int open_held(struct db_store *writing, const char *slug, struct db *dbs[HELD],
                     struct error *error)
{
    static const enum db_database databases[HELD] = {DB_CITY, DB_CASES, DB_TRACKS};
    int code = 0;
    for (int i = 0; code == 0 && i < HELD; i++) {
        code = db_open(writing, slug, databases[i], DB_WRITE, &dbs[i], error);
        if (code == ERROR_NOT_FOUND && databases[i] == DB_TRACKS) {
            error_clear(error);
            code = 0;
        }
    }
    return code;
}

static int hold_and_hand_over(struct copy_run *run, struct city_copy *copy,
                              const struct city_row *row, struct db_store *writing,
                              struct error *error)
{
    struct db *dbs[HELD] = {NULL};
    struct db_transaction turns[HELD] = {{0}};
    struct error ignored = {0};
    int code = open_held(writing, row->slug, dbs, error);
    int64_t begun_us = instant_monotonic_us();
    if (code == 0)
        code = hold_all(run, row, writing, error);
    city_copy_tell(copy, COPY_HOLDS, "");
    for (int i = 0; code == 0 && i < HELD; i++)
        code = dbs[i] ? hold_database(dbs[i], &turns[i], error) : 0;
    if (code == 0)
        code = last_of_it(run, copy, row, writing, error);
    // Whoever waits for the turn must hear of it before: what they write would be lost.
    if (run->options->hold)
        code = released(run, row, writing, code, error);
    if (db_store_city_hold_all(writing, row->slug, 0, &ignored) != 0)
        error_clear(&ignored); // it ends by itself
    for (int i = 0; i < HELD; i++) {
        db_rollback(&turns[i]);
        db_close(dbs[i]);
    }
    copy->result.held_ms = (instant_monotonic_us() - begun_us) / 1000;
    return code;
}

static int hand_over(struct copy_run *run, struct error *error)
{
    struct db_store *writing = NULL;
    int code = db_store_open(run->options->from, DB_STORE_LOCKED_OK | DB_STORE_HOLDS,
                             &writing, error);
    for (size_t i = 0; code == 0 && i < run->cities.count; i++) {
        const struct city_row *row = &run->cities.list[i];
        struct city_copy *copy = run->copies[i];
        if (!copy)
            continue;
        code = city_copy_open(copy, error);
        if (code == 0)
            code = compare_and_catch_up(copy, error);
        if (code == 0)
            code = hold_and_hand_over(run, copy, row, writing, error);
        city_copy_close(copy);
        if (code == 0 && run->options->done)
            run->options->done(run->options->context, &copy->result);
    }
    db_store_close(writing);
    return code;
}

// ---- all of it ----

static bool is_wanted(const struct copy_run *run, const struct city_row *row)
{
    return (!run->options->city || text_equal(run->options->city, row->slug)) &&
           !text_starts(row->reason, "being copied from ") &&
           !text_starts(row->reason, "moved to ");
}

static void tell_settled(void *context, const char *slug)
{
    struct copy_run *run = context;
    run->settled++;
    if (run->options->settled)
        run->options->settled(run->options->context, slug);
}

static int copy_settings(struct copy_run *run, struct error *error)
{
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE];
    struct backup_digest digest;
    int code = backup_path(from, error, "%s/gridcase.ini", db_store_folder(run->from));
    if (code == 0)
        code = backup_path(to, error, "%s/gridcase.ini", db_store_folder(run->to));
    if (code != 0 || !file_exists(from) || file_exists(to))
        return code;
    return backup_copy_file(from, to, true, NULL, &digest, error);
}

static int copy_cities(struct copy_run *run, struct error *error)
{
    int code = 0;
    size_t wanted = 0;
    for (size_t i = 0; code == 0 && i < run->cities.count; i++) {
        const struct city_row *row = &run->cities.list[i];
        if (!is_wanted(run, row))
            continue;
        struct city_copy *copy = memory_new(sizeof *copy);
        *copy = (struct city_copy){
            .options = run->options, .from = run->from, .to = run->to, .slug = row->slug};
        snprintf(copy->result.slug, sizeof copy->result.slug, "%s", row->slug);
        run->copies[i] = copy;
        wanted++;
        code = copy_one(run, copy, row, error);
        if (code == 0 && !run->options->hand_over)
            code = finish_one(run, copy, row, error);
    }
    if (code == 0 && wanted == 0 && run->settled == 0)
        code = error_set(error, ERROR_NOT_FOUND, "city.unknown", "no city%s%s to copy",
                         run->options->city ? " " : "",
                         run->options->city ? run->options->city : "");
    return code;
}

static void keep_path(const struct db_store *store, char *out, size_t size)
{
    char *path = realpath(db_store_folder(store), NULL);
    snprintf(out, size, "%s", path ? path : db_store_folder(store));
    free(path);
}

static bool same_folder(struct copy_run *run)
{
    keep_path(run->from, run->from_path, sizeof run->from_path);
    keep_path(run->to, run->to_path, sizeof run->to_path);
    return strcmp(run->from_path, run->to_path) == 0;
}

int store_copy(const struct copy_options *options, struct error *error)
{
    struct copy_run run = {.options = options};
    int code = db_store_open(options->from, DB_STORE_READ_ONLY, &run.from, error);
    if (code == 0)
        code = db_store_open(options->to, DB_STORE_CREATE, &run.to, error);
    if (code == 0 && same_folder(&run))
        code =
            error_set(error, ERROR_INPUT, "copy.same", "a store is not copied to itself");
    if (code == 0 && options->hand_over)
        code = copy_settle(run.to, run.from, tell_settled, &run, error);
    if (code == 0)
        code = db_store_city_each(run.from, add_row, &run.cities, error);
    run.copies = memory_array(run.cities.count + 1, sizeof *run.copies);
    for (size_t i = 0; i < run.cities.count; i++)
        run.copies[i] = NULL;
    if (code == 0)
        code = copy_settings(&run, error);
    if (code == 0)
        code = copy_cities(&run, error);
    if (code == 0 && options->hand_over)
        code = hand_over(&run, error);
    for (size_t i = 0; i < run.cities.count; i++)
        free(run.copies[i]);
    free(run.copies);
    free(run.cities.list);
    db_store_close(run.to);
    db_store_close(run.from);
    return code;
}
