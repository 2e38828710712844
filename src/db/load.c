// SPDX-License-Identifier: MPL-2.0
// Loading on a copy: who may, and when the copy takes the database's place.
#include <gridcase/db/load.h>

#include <stdlib.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>

#include "db_internal.h"

struct db_load {
    struct db_place *place;
    struct db *writer; // of the database itself: nobody else writes meanwhile
    struct db *copy;
    bool indexed;
};

static struct db_target target_of(const struct db_place *place, enum db_mode mode)
{
    struct db_target target =
        db_target_of(place->store, place->slug, place->database, mode);
    target.load = true;
    return target;
}

// Bars the place when nobody but the load has it open; its idle readers are closed.
static int bar(struct db_load *load, struct error *error)
{
    struct db_place *place = load->place;
    struct db_store *store = place->store;
    int code = 0;
    pthread_mutex_lock(&store->mutex);
    if (place->out > 1 || place->lane || place->lane_changing)
        code =
            error_set(error, ERROR_BUSY, "city.in_use", "city %s is in use", place->slug);
    struct db *idle = code == 0 ? place->idle : NULL;
    if (code == 0) {
        store->counters.readers_open -= place->idle_count;
        store->counters.readers_idle -= place->idle_count;
        place->removed = true;
        place->idle = NULL;
        place->idle_count = 0;
    }
    pthread_mutex_unlock(&store->mutex);
    while (idle) {
        struct db *next = idle->next;
        db_destroy(idle);
        idle = next;
    }
    return code;
}

static void unbar(struct db_load *load)
{
    pthread_mutex_lock(&load->place->store->mutex);
    load->place->removed = false;
    load->place->migrated = false;
    pthread_mutex_unlock(&load->place->store->mutex);
}

static int connect_copy(struct db_load *load, enum db_mode mode, struct db **ret_db,
                        struct error *error)
{
    struct db_target target = target_of(load->place, mode);
    struct db *db = db_connect(load->place->store->engine, &target, error);
    if (!db)
        return error->code;
    db->place = load->place;
    *ret_db = db;
    return 0;
}

int db_load_begin(struct db_store *store, const char *slug, enum db_database database,
                  struct db_load **ret_load, struct error *error)
{
    struct error own = {0};
    struct db *writer = NULL;
    error = error ? error : &own;
    int code = db_store_alone(store, error);
    if (code != 0)
        return code;
    code = db_open(store, slug, database, DB_WRITE, &writer, error);
    if (code != 0) {
        db_store_alone_over(store);
        return code;
    }
    struct db_load *load = memory_new(sizeof *load);
    load->place = writer->place;
    load->writer = writer;
    struct db_target target = target_of(load->place, DB_WRITE);
    code = bar(load, error);
    if (code == 0) {
        unbar(load);
        code = store->engine->load_copy(writer->connection, &target, error);
    }
    if (code == 0)
        code = connect_copy(load, DB_WRITE, &load->copy, error);
    if (code == 0)
        code = store->engine->load_indexes(load->copy->connection, false, error);
    if (code != 0) {
        db_load_end(load);
        return code;
    }
    *ret_load = load;
    return 0;
}

struct db *db_load_handle(struct db_load *load)
{
    return load->copy;
}

int db_load_reader(struct db_load *load, struct db **ret_db, struct error *error)
{
    int code = connect_copy(load, DB_READ, ret_db, error);
    if (code == 0) {
        pthread_mutex_lock(&load->place->store->mutex);
        load->place->out++; // db_close gives it back
        pthread_mutex_unlock(&load->place->store->mutex);
    }
    return code;
}

int db_load_index(struct db_load *load, struct error *error)
{
    int code =
        load->indexed
            ? 0
            : load->place->store->engine->load_indexes(load->copy->connection, true, error);
    load->indexed = load->indexed || code == 0;
    return code;
}

int db_load_publish(struct db_load *load, struct error *error)
{
    struct db_place *place = load->place;
    int code = db_load_index(load, error);
    if (code == 0)
        code = bar(load, error);
    if (code != 0)
        return code;
    load->copy = db_destroy(load->copy);
    // The old database is brought up to date without its log, which would not fit the new.
    load->writer->engine->upkeep(load->writer->connection, DB_UPKEEP_LAST);
    load->writer = db_destroy(load->writer);
    struct db_target target = target_of(place, DB_WRITE);
    code = place->store->engine->load_publish(&target, error);
    unbar(load);
    return code;
}

struct db_load *db_load_end(struct db_load *load)
{
    if (!load)
        return NULL;
    struct db_place *place = load->place;
    struct db_target target = target_of(place, DB_WRITE);
    db_destroy(load->copy);
    place->store->engine->load_discard(&target);
    db_destroy(load->writer);
    db_place_leave(place, DB_WRITE);
    db_store_alone_over(place->store);
    free(load);
    return NULL;
}
