// SPDX-License-Identifier: MPL-2.0
// The store: location, lock, databases in use, pool of readers.
#include <gridcase/db/store.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

static const char *const database_names[DB_DATABASE_COUNT] = {"system", "city", "cases",
                                                              "search", "tracks"};

const char *db_database_to_str(enum db_database database)
{
    return database_names[database];
}

// ---- engines ----

enum { ENGINES_MAX = 4 };
static const struct db_engine *engines[ENGINES_MAX] = {&db_engine_sqlite,
                                                       &db_engine_postgres};

void db_engine_register(const struct db_engine *engine)
{
    for (int i = 0; i < ENGINES_MAX; i++)
        if (!engines[i] || engines[i] == engine) {
            engines[i] = engine;
            return;
        }
    abort();
}

int db_engine_of(const char *location, const struct db_engine **ret_engine,
                 const char **ret_rest, struct error *error)
{
    const char *colon = strchr(location, ':'), *slash = strchr(location, '/');
    if (!colon || (slash && slash < colon)) {
        *ret_engine = &db_engine_sqlite;
        *ret_rest = location;
        return 0;
    }
    size_t length = (size_t)(colon - location);
    for (int i = 0; i < ENGINES_MAX && engines[i]; i++)
        if (strlen(engines[i]->prefix) == length &&
            memcmp(engines[i]->prefix, location, length) == 0) {
            *ret_engine = engines[i];
            *ret_rest = colon + 1;
            return 0;
        }
    return error_set(error, ERROR_INPUT, "store.location", "%s: unknown kind of store",
                     location);
}

// ---- lock ----

static int lock_take(struct db_store *store, struct error *error)
{
    char path[DB_PATH_SIZE], text[64] = "";
    int code = file_path(path, sizeof path, store->folder, "lock", error);
    if (code != 0)
        return code;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return error_errno(error, "db.io", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t got = errno == EWOULDBLOCK ? read(fd, text, sizeof text - 1) : -1;
        code = got < 0 ? error_errno(error, "db.io", path)
                       : error_set(error, ERROR_BUSY, "store.locked",
                                   "%s is in use by process %.20s", store->folder,
                                   text_trim(text));
        close(fd);
        return code;
    }
    int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)length) != length) {
        // Only the message for others would miss the number: a full disk may be read.
    }
    store->lock_fd = fd;
    code =
        store->engine->own ? store->engine->own(store->address, &store->owner, error) : 0;
    if (code == 0)
        db_store_look_around(store);
    return code;
}

void db_store_look_around(struct db_store *store)
{
    int64_t count = 0;
    struct error ignored = {0};
    if (store->owner && store->engine->count_owners &&
        store->engine->count_owners(store->owner, &count, &ignored) == 0)
        atomic_store(&store->others, count > 1);
}

bool db_store_has_others(const struct db_store *store)
{
    return atomic_load(&store->others);
}

int db_store_alone(struct db_store *store, struct error *error)
{
    return store->owner && store->engine->alone ? store->engine->alone(store->owner, error)
                                                : 0;
}

void db_store_alone_over(struct db_store *store)
{
    if (store->owner && store->engine->alone)
        store->engine->alone_over(store->owner);
}

// ---- open and close ----

static int prepare_folder(struct db_store *store, struct error *error)
{
    char path[DB_PATH_SIZE];
    int code = file_path(path, sizeof path, store->folder, "cities", error);
    if (code != 0)
        return code;
    char marker[DB_PATH_SIZE];
    code = file_path(marker, sizeof marker, store->folder, DB_STORE_UNFINISHED, error);
    if (code == 0 && !(store->flags & DB_STORE_RESTORING) && file_exists(marker))
        code = error_set(error, ERROR_STORE, "store.unfinished",
                         "%s: a restore was cut short here; restore again", store->folder);
    if (code != 0)
        return code;
    if (store->flags & DB_STORE_CREATE)
        return file_make_directory(path, error);
    if (!file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "store.missing", "%s: no store there",
                         store->folder);
    return 0;
}

// A folder that names a server keeps its databases there, unless the location said an
// engine of files.
static int take_address(struct db_store *store, struct error *error)
{
    int code = db_address_read(store->folder, store->address, error);
    if (code != 0)
        return code;
    if (*store->address && !store->engine_given)
        store->engine = &db_engine_postgres;
    if (store->engine->own && !*store->address)
        return error_set(error, ERROR_NOT_FOUND, "store.missing",
                         "%s: no file %s says where its databases are", store->folder,
                         DB_STORE_ADDRESS);
    if (!store->engine->own && *store->address)
        return error_set(error, ERROR_CONFLICT, "store.elsewhere",
                         "%s: its databases are not in the folder, see %s there",
                         store->folder, DB_STORE_ADDRESS);
    return 0;
}

int db_store_open(const char *location, unsigned flags, struct db_store **ret_store,
                  struct error *error)
{
    const char *folder = NULL;
    const struct db_engine *engine = NULL;
    int code = db_engine_of(location, &engine, &folder, error);
    if (code != 0)
        return code;
    struct db_store *store = memory_new(sizeof *store);
    store->engine_given = folder != location;
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->changed, NULL);
    pthread_mutex_init(&store->creation, NULL);
    store->engine = engine;
    store->flags = flags;
    store->lock_fd = -1;
    if (text_format(store->folder, sizeof store->folder, "%s", folder) != 0)
        code =
            error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s", folder);
    if (code == 0)
        code = prepare_folder(store, error);
    if (code == 0)
        code = take_address(store, error);
    if (code == 0 && !(flags & (DB_STORE_READ_ONLY | DB_STORE_LOCKED_OK)))
        code = lock_take(store, error);
    struct db_place *place = NULL;
    if (code == 0)
        code = db_place_enter(store, NULL, DB_SYSTEM, DB_READ, &place, error);
    if (code != 0) {
        db_store_close(store);
        return code;
    }
    db_place_leave(place, DB_READ);
    *ret_store = store;
    return 0;
}

static void place_empty(struct db_place *place)
{
    while (place->idle) {
        struct db *next = place->idle->next;
        db_destroy(place->idle);
        place->idle = next;
    }
    place->idle_count = 0;
}

struct db_store *db_store_close(struct db_store *store)
{
    if (!store)
        return NULL;
    for (struct db_place *place = store->places; place; place = place->next) {
        place_empty(place); // readers first: the lane's last checkpoint wants to be alone
        place->lane = db_lane_stop(place->lane);
        place_empty(place); // what the last ones who were told have read with
    }
    while (store->places) {
        struct db_place *next = store->places->next;
        pthread_mutex_destroy(&store->places->opening);
        free(store->places);
        store->places = next;
    }
    if (store->owner)
        store->engine->disown(store->owner);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    pthread_mutex_destroy(&store->creation);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->mutex);
    free(store);
    return NULL;
}

int db_store_count_owners(struct db_store *store, int64_t *ret_count, struct error *error)
{
    void *owner = NULL;
    *ret_count = 1;
    if (!store->engine->count_owners)
        return 0;
    int code = store->engine->own(store->address, &owner, error);
    if (code == 0) {
        code = store->engine->count_owners(owner, ret_count, error);
        store->engine->disown(owner);
        --*ret_count;
    }
    return code;
}

bool db_store_has_files(const struct db_store *store)
{
    return store->engine->copy_begin != NULL;
}

const char *db_store_folder(const struct db_store *store)
{
    return store->folder;
}

int db_store_city_path(const struct db_store *store, const char *slug, const char *name,
                       char *out, size_t size)
{
    return text_format(out, size, name ? "%s/cities/%s/%s" : "%s/cities/%s%s",
                       store->folder, slug, name ? name : "");
}

// ---- places ----

static struct db_place *place_find(struct db_store *store, const char *slug,
                                   enum db_database database)
{
    for (struct db_place *place = store->places; place; place = place->next)
        if (place->database == database && strcmp(place->slug, slug) == 0)
            return place;
    struct db_place *place = memory_new(sizeof *place);
    pthread_mutex_init(&place->opening, NULL);
    place->store = store;
    place->database = database;
    snprintf(place->slug, sizeof place->slug, "%s", slug);
    place->next = store->places;
    store->places = place;
    return place;
}

void db_store_city_hold(struct db_store *store, const char *slug, bool held)
{
    static const enum db_database databases[] = {DB_CITY, DB_CASES, DB_TRACKS};
    pthread_mutex_lock(&store->mutex);
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++)
        atomic_store(&place_find(store, slug, databases[i])->held, held);
    pthread_mutex_unlock(&store->mutex);
}

struct db_target db_target_of(const struct db_store *store, const char *slug,
                              enum db_database database, enum db_mode mode)
{
    return (struct db_target){
        .folder = store->folder,
        .address = store->address,
        .slug = slug,
        .database = database,
        .mode = mode,
        .unsafe = (store->flags & DB_STORE_UNSAFE) != 0,
        .holds = (store->flags & DB_STORE_HOLDS) != 0,
    };
}

static struct db_target target_of(const struct db_place *place, enum db_mode mode)
{
    return db_target_of(place->store, place->slug, place->database, mode);
}

static int connect_and_migrate(struct db_place *place, const struct db_target *target,
                               struct error *error)
{
    struct db *db = db_connect(place->store->engine, target, error);
    if (!db)
        return error->code;
    char folder[DB_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", place->store->folder);
    int code = 0;
    if (*place->slug &&
        db_store_city_path(place->store, place->slug, NULL, folder, sizeof folder) != 0)
        code = error_set(error, ERROR_LIMIT, "file.long_path", "path too long");
    // What can be made anew needs no copy.
    if (code == 0)
        code = db_migrate(place->store, db, place->database,
                          place->database == DB_SEARCH ? NULL : folder, error);
    db_destroy(db);
    return code;
}

// First use in this process: brings the database up to date, or checks that it is.
static int place_migrate(struct db_place *place, bool makes, struct error *error)
{
    unsigned flags = place->store->flags;
    struct db_target target =
        target_of(place, flags & DB_STORE_READ_ONLY ? DB_READ : DB_WRITE);
    // A database that is missing is an error, not a new one, once its city is there.
    if (target.mode == DB_WRITE)
        target.create = place->database == DB_SYSTEM   ? (flags & DB_STORE_CREATE) != 0
                        : place->database == DB_SEARCH ? true
                        : place->database == DB_TRACKS
                            ? makes // by the first batch
                            : strcmp(place->slug, place->store->creating) == 0;
    int code = connect_and_migrate(place, &target, error);
    if (code == ERROR_STORE && place->database == DB_SEARCH && target.mode == DB_WRITE) {
        // Broken, or of another version: begun anew.
        code = place->store->engine->remove_search(&target, error);
        if (code == 0) {
            error_clear(error);
            code = connect_and_migrate(place, &target, error);
        }
    }
    if (code != 0)
        error_prefix(error, "%s%s%s.db", place->slug, *place->slug ? "/" : "",
                     db_database_to_str(place->database));
    return code;
}

// A city that another server has made gets its folder here, too.
static bool made_elsewhere(struct db_store *store, const char *slug, const char *path)
{
    struct error ignored = {0};
    return store->engine->own && !(store->flags & DB_STORE_READ_ONLY) &&
           db_store_city_exists(store, slug) && file_make_directory(path, &ignored) == 0;
}

static int check_slug(struct db_store *store, const char *slug, struct error *error)
{
    char path[DB_PATH_SIZE];
    if (!text_is_slug(slug))
        return error_set(error, ERROR_INPUT, "city.bad_slug",
                         "a city's short name is 1 to 63 lower-case letters, digits, '-'");
    if (db_store_city_path(store, slug, NULL, path, sizeof path) != 0 ||
        (!file_exists(path) && !made_elsewhere(store, slug, path)))
        return error_set(error, ERROR_NOT_FOUND, "city.unknown", "no city %s", slug);
    return 0;
}

static int place_ready(struct db_place *place, bool makes, struct error *error)
{
    int code = 0;
    pthread_mutex_lock(&place->opening);
    if (!place->migrated) {
        code = place->database == DB_CASES
                   ? db_photos_link(place->store, place->slug, error)
                   : 0;
        if (code == 0)
            code = place_migrate(place, makes, error);
        place->migrated = code == 0;
    }
    pthread_mutex_unlock(&place->opening);
    return code;
}

int db_place_enter(struct db_store *store, const char *slug, enum db_database database,
                   enum db_mode mode, struct db_place **ret_place, struct error *error)
{
    struct error own = {0};
    int code = 0;
    if (!error)
        error = &own;
    if ((database == DB_SYSTEM) != (slug == NULL))
        return error_set(error, ERROR_BUG, "db.misuse", "city and database do not match");
    if (mode == DB_WRITE && (store->flags & DB_STORE_READ_ONLY))
        return error_set(error, ERROR_BUG, "db.misuse", "the store is open for reading");
    if (slug && (code = check_slug(store, slug, error)) != 0)
        return code;
    pthread_mutex_lock(&store->mutex);
    struct db_place *place = place_find(store, slug ? slug : "", database);
    if (place->removed)
        code = error_set(error, ERROR_NOT_FOUND, "city.unknown", "no city %s", slug);
    else if (mode == DB_WRITE && place->writer_taken)
        code = error_set(error, ERROR_BUSY, "db.writer_taken",
                         "somebody else writes to %s%s%s.db", place->slug,
                         *place->slug ? "/" : "", db_database_to_str(database));
    if (code == 0) {
        place->out++;
        place->used_us = instant_monotonic_us();
        if (mode == DB_WRITE)
            place->writer_taken = true;
    }
    bool makes = place->makes;
    pthread_mutex_unlock(&store->mutex);
    if (code != 0)
        return code;
    code = place_ready(place, makes || mode == DB_WRITE, error);
    if (code != 0) {
        db_place_leave(place, mode);
        return code;
    }
    *ret_place = place;
    return 0;
}

void db_place_make(struct db_store *store, const char *slug, enum db_database database)
{
    pthread_mutex_lock(&store->mutex);
    place_find(store, slug, database)->makes = true;
    pthread_mutex_unlock(&store->mutex);
}

void db_place_leave(struct db_place *place, enum db_mode mode)
{
    pthread_mutex_lock(&place->store->mutex);
    place->out--;
    place->used_us = instant_monotonic_us();
    if (mode == DB_WRITE)
        place->writer_taken = false;
    pthread_mutex_unlock(&place->store->mutex);
}

// ---- handles ----

struct db *db_new(struct db_place *place, enum db_mode mode, struct error *error)
{
    struct db_target target = target_of(place, mode);
    struct db *db = db_connect(place->store->engine, &target, error);
    if (db)
        db->place = place;
    return db;
}

// Takes the lane out of a place, closes it, and wakes who waits for that. Called with the
// store locked, which is let go meanwhile.
static void lane_let_go(struct db_place *place, struct db *idle)
{
    struct db_store *store = place->store;
    struct db_lane *lane = place->lane;
    place->lane = NULL;
    place->lane_changing = true;
    pthread_mutex_unlock(&store->mutex);
    while (idle) { // readers first: the lane's last checkpoint wants to be alone
        struct db *next = idle->next;
        db_destroy(idle);
        idle = next;
    }
    db_lane_stop(lane);
    pthread_mutex_lock(&store->mutex);
    place->lane_changing = false;
    pthread_cond_broadcast(&store->changed);
}

// A lane that nobody holds does not stand in the way of a handle that writes.
static void make_way(struct db_store *store, const char *slug, enum db_database database)
{
    pthread_mutex_lock(&store->mutex);
    for (struct db_place *place = store->places; place; place = place->next) {
        if (place->database != database || strcmp(place->slug, slug ? slug : "") != 0)
            continue;
        while (place->lane_changing)
            pthread_cond_wait(&store->changed, &store->mutex);
        if (place->lane && place->lane_users == 0)
            lane_let_go(place, NULL);
    }
    pthread_mutex_unlock(&store->mutex);
}

int db_open(struct db_store *store, const char *slug, enum db_database database,
            enum db_mode mode, struct db **ret_db, struct error *error)
{
    struct error own = {0};
    struct db_place *place = NULL;
    error = error ? error : &own;
    if (mode == DB_WRITE)
        make_way(store, slug, database);
    int code = db_place_enter(store, slug, database, mode, &place, error);
    if (code != 0 || !place)
        return code;
    struct db *db = db_new(place, mode, error);
    if (!db) {
        db_place_leave(place, mode);
        return error->code;
    }
    *ret_db = db;
    return 0;
}

struct db *db_close(struct db *db)
{
    if (!db)
        return NULL;
    struct db_place *place = db->place;
    enum db_mode mode = db->mode;
    if (mode == DB_WRITE && db->level == 0)
        db->engine->upkeep(db->connection, DB_UPKEEP_LAST);
    db_destroy(db);
    db_place_leave(place, mode);
    return NULL;
}

int db_reader_borrow(struct db_store *store, const char *slug, enum db_database database,
                     struct db **ret_db, struct error *error)
{
    struct error own = {0};
    struct db_place *place = NULL;
    error = error ? error : &own;
    int code = db_place_enter(store, slug, database, DB_READ, &place, error);
    if (code != 0 || !place)
        return code;
    pthread_mutex_lock(&store->mutex);
    struct db *db = place->idle;
    if (db) {
        place->idle = db->next;
        place->idle_count--;
        store->counters.readers_idle--;
    }
    pthread_mutex_unlock(&store->mutex);
    if (!db) {
        db = db_new(place, DB_READ, error);
        if (!db) {
            db_place_leave(place, DB_READ);
            return error->code;
        }
        pthread_mutex_lock(&store->mutex);
        store->counters.readers_open++;
        pthread_mutex_unlock(&store->mutex);
    }
    *ret_db = db;
    return 0;
}

struct db *db_reader_return(struct db *db)
{
    if (!db)
        return NULL;
    struct db_place *place = db->place;
    struct db_store *store = place->store;
    bool over = db->engine->was_over_budget(db->connection);
    // A transaction left open would pin the log: such a handle is not kept.
    bool keep = db->level == 0 && !db->engine->in_transaction(db->connection);
    if (keep)
        db->engine->set_budget(db->connection, 0);
    pthread_mutex_lock(&store->mutex);
    store->counters.over_budget += over ? 1 : 0;
    keep = keep && place->idle_count < DB_IDLE_READERS && !place->removed;
    if (keep) {
        db->next = place->idle;
        place->idle = db;
        place->idle_count++;
        store->counters.readers_idle++;
    } else {
        store->counters.readers_open--;
    }
    pthread_mutex_unlock(&store->mutex);
    if (!keep)
        db_destroy(db);
    db_place_leave(place, DB_READ);
    return NULL;
}

// Closes what is idle in a place. Called with the store locked, which is let go meanwhile.
// False when somebody uses the place, or nothing was there.
static bool place_let_go(struct db_place *place)
{
    struct db_store *store = place->store;
    struct db *idle = place->idle;
    unsigned own = place->lane ? 1 : 0; // the lane's own handle counts as out
    if (place->out > own || place->lane_users > 0 || place->lane_changing ||
        (!idle && !place->lane))
        return false;
    store->counters.readers_open -= place->idle_count;
    store->counters.readers_idle -= place->idle_count;
    place->idle = NULL;
    place->idle_count = 0;
    lane_let_go(place, idle);
    return true;
}

unsigned db_store_close_idle(struct db_store *store, int64_t idle_ms)
{
    unsigned closed = 0;
    int64_t before_us = instant_monotonic_us() - idle_ms * 1000;
    pthread_mutex_lock(&store->mutex);
    // Places are never taken out of the list while the store is open.
    for (struct db_place *place = store->places; place; place = place->next)
        if (place->used_us <= before_us && place_let_go(place))
            closed++;
    pthread_mutex_unlock(&store->mutex);
    if (store->engine->tidy)
        store->engine->tidy(store->address, idle_ms);
    return closed;
}

int db_places_close(struct db_store *store, const char *slug, struct error *error)
{
    int code = 0;
    pthread_mutex_lock(&store->mutex);
    for (struct db_place *place = store->places; place; place = place->next)
        if (strcmp(place->slug, slug) == 0)
            place->removed = true; // nobody comes in from now on
    for (struct db_place *place = store->places; place; place = place->next)
        if (strcmp(place->slug, slug) == 0) {
            (void)place_let_go(place);
            if (place->out > 0 || place->lane)
                code =
                    error_set(error, ERROR_BUSY, "city.in_use", "city %s is in use", slug);
        }
    pthread_mutex_unlock(&store->mutex);
    if (code != 0)
        db_places_renew(store, slug);
    return code;
}

void db_places_renew(struct db_store *store, const char *slug)
{
    pthread_mutex_lock(&store->mutex);
    for (struct db_place *place = store->places; place; place = place->next)
        if (strcmp(place->slug, slug) == 0) {
            place->removed = false;
            place->migrated = false;
        }
    pthread_mutex_unlock(&store->mutex);
}

int db_store_discard_search(struct db_store *store, const char *slug, struct error *error)
{
    int code = check_slug(store, slug, error);
    if (code != 0)
        return code;
    pthread_mutex_lock(&store->mutex);
    struct db_place *place = place_find(store, slug, DB_SEARCH);
    bool removed = place->removed;
    place->removed = true; // nobody comes in meanwhile
    (void)place_let_go(place);
    struct db_target target = target_of(place, DB_WRITE);
    bool busy = removed || place->out > 0 || place->lane || place->lane_changing;
    pthread_mutex_unlock(&store->mutex);
    code = busy ? error_set(error, ERROR_BUSY, "city.in_use", "the index of %s is in use",
                            slug)
                : store->engine->remove_search(&target, error);
    pthread_mutex_lock(&store->mutex);
    place->removed = removed;
    place->migrated &= busy;
    pthread_mutex_unlock(&store->mutex);
    return code;
}

void db_store_count(struct db_store *store, struct db_store_counters *ret_counters)
{
    pthread_mutex_lock(&store->mutex);
    *ret_counters = store->counters;
    ret_counters->lanes = 0;
    for (struct db_place *place = store->places; place; place = place->next)
        ret_counters->lanes += place->lane ? 1 : 0;
    pthread_mutex_unlock(&store->mutex);
}
